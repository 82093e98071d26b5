//! The organisation's signature: the seal, by the clerk alone.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 3 (Thông tư 01/2019/TT-BNV Điều 13); Nghị định
//! 30/2020/NĐ-CP Điều 32: only on documents that the competent person has signed. Each
//! attachment that is a PDF of its own is signed in its corner in the same step (Phụ lục I,
//! phần I, mục II.8): all of them or nothing.

use jiff::Timestamp;

use super::batch::{self, Made, Turn};
use super::corner::{self, Words};
use super::extend::level_after;
use super::hand::{Hand, Work};
use super::issue::require_signature;
use super::{Office, OfficeError, Placement, SignOrder, place};
use crate::domain::act::SigningAct;
use crate::domain::document::{DocumentKey, FileRef, Metadata};
use crate::domain::operation::Change;
use crate::domain::outbound::{OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::verdict::Level;
use crate::pdf::blanks::IssueHead;
use crate::pdf::structure::Source;
use crate::signing::make::Look;
use crate::store::Actor;

/// What is known of a seal before the PIN is asked for.
pub(super) struct SealPlan {
    key: DocumentKey,
    metadata: Metadata,
    main: FileRef,
    source: Source,
    look: Look,
    at: Timestamp,
    /// What the first page says of number and date; `None` where they are taken already.
    head: Option<IssueHead>,
    annexes: Vec<(FileRef, Source)>,
    /// How durable the signatures before it are.
    earlier: Vec<Level>,
}

impl Office {
    /// Seals a document whose personal signature holds, and signs its annexes.
    pub fn seal(&self, key: DocumentKey, order: &SignOrder) -> Result<(), Problem> {
        self.seal_one(key, order).map(drop)
    }

    /// The same, and with which certificate.
    pub fn seal_one(&self, key: DocumentKey, order: &SignOrder) -> Result<Made, Problem> {
        let actor = self.actor(Act::Seal)?;
        let plan = self.plan_seal(key, &order.placement)?;
        if let Some(head) = &plan.head {
            // What the page says otherwise than the register would is refused before the PIN.
            let numbering = self.next_numbering(key, &plan.metadata, plan.at)?.numbering;
            self.head_entry(&plan.metadata, &numbering).openings(head)?;
        }
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let hand = self.hand(order, SignatureKind::Organisation, None, &trust, &tsa_urls)?;
        let ready = hand.ready(Timestamp::now())?;
        batch::alone(ready, |turn| self.seal_planned(&actor, &hand, &plan, turn))
    }

    pub(super) fn plan_seal(
        &self,
        key: DocumentKey,
        placement: &Placement,
    ) -> Result<SealPlan, Problem> {
        let document = self.standing(key, OutboundState::ToIssue)?;
        let main = super::sign::main_file(&document.files).cloned();
        let main = main.ok_or_else(|| Self::missing(key))?;
        let bytes = self.file(&main)?;
        let expected = self.expected_of_ours(&document.metadata);
        let (report, verdict) = self.judge_closely(&bytes, &expected)?;
        require_signature(&verdict, SignatureKind::Personal)?;
        self.require_competence(&document, &main, &report)?;
        let earlier = verdict.signatures.iter();
        let earlier =
            earlier.map(|found| Level::from_name(&found.level).unwrap_or_default()).collect();
        let source = Source::parse(bytes)?;
        let at = Timestamp::now();
        let look = match placement {
            Placement::Invisible => Look::Invisible,
            placement => {
                let office = &self.session().agency.name;
                let image = self.seal_image()?;
                let image = self.seal_stamp(image.as_deref())?;
                place::seal(&source, placement, self.profile(), office, image, at)?
            }
        };
        let head = match document.numbering {
            Some(_) => None,
            None => Some(self.issue_head(&source)?),
        };
        let mut annexes = Vec::new();
        for file in document.files.iter().filter(|file| !file.main && is_pdf(file)) {
            let unfit = |problem: Problem| OfficeError::AnnexUnfit {
                name: file.name.clone(),
                why: problem.to_string(),
            };
            let source = Source::parse(self.file(file)?).map_err(|error| unfit(error.into()))?;
            // The place in its corner is there before the PIN is spent.
            let words = Words { code: "0/-", organisation: "", copy_kind: "" };
            let rule = &self.profile().signatures().annex;
            corner::look(&source, rule, &words, None, at).map_err(unfit)?;
            annexes.push((file.clone(), source));
        }
        let metadata = document.metadata;
        Ok(SealPlan { key, metadata, main, source, look, at, head, annexes, earlier })
    }

    /// Signs and stores, when its turn comes.
    pub(super) fn seal_planned(
        &self,
        actor: &Actor,
        hand: &Hand<'_>,
        plan: &SealPlan,
        turn: &mut Turn,
    ) -> Result<Made, Problem> {
        let SealPlan { key, metadata, main, source, look, at, head, annexes, earlier } = plan;
        let (key, before) = (*key, main.blob.clone());
        let mut work = Work::new(SigningAct::Issue, look.clone());
        let numbered = match head {
            None => None,
            Some(head) => {
                let numbering = self.numbering_in_turn(key, metadata, *at, turn)?;
                work.fill = self.head_entry(metadata, &numbering).openings(head)?;
                Some((self.numbered(metadata, &numbering), numbering))
            }
        };
        let code = numbered.as_ref().map_or(&metadata.code, |(metadata, _)| &metadata.code);
        let words = Words {
            code: &code.to_string(),
            organisation: &self.session().agency.name,
            copy_kind: "",
        };
        let out = &mut std::io::sink();
        let signed = hand.carry_out(turn.ready(), source, work, *at, out)?;
        let file = self.keep_signed(main, &signed)?;
        let mut signed_annexes = Vec::new();
        for (annex, source) in annexes {
            let rule = &self.profile().signatures().annex;
            let look = corner::look(source, rule, &words, None, *at)?;
            let work = Work::new(SigningAct::Appendix, look);
            let signed = hand.carry_out(turn.ready(), source, work, *at, out)?;
            let file = self.keep_signed(annex, &signed)?;
            let level = Some(level_after(source, &signed)?);
            signed_annexes.push((annex.blob.clone(), file, level));
        }
        let certificate = &turn.ready().certificate;
        let made = Made {
            numbering: numbered.as_ref().map(|(_, numbering)| numbering.clone()),
            signer: certificate.subject().label(),
            serial: certificate.serial_hex(),
        };
        let (signer, serial, signed_at) = (made.signer.clone(), made.serial.clone(), *at);
        let annexes = signed_annexes.into_iter().map(|(before, file, level)| {
            let (signer, serial) = (signer.clone(), serial.clone());
            Change::OutboundAnnexSigned { key, before, file, signer, serial, signed_at, level }
        });
        let annexes: Vec<Change> = annexes.collect();
        let kind = SignatureKind::Organisation;
        let level = earlier.iter().copied().chain([signed.level]).min();
        let change = Change::OutboundSigned { key, kind, file, signer, serial, signed_at, level };
        if numbered.is_some() {
            turn.settle()?;
        }
        self.store().write(actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            let same_file = now.files.iter().any(|file| file.blob == before);
            if !now.state.may_become(OutboundState::ToIssue) || !same_file {
                return Err(Self::wrong_state(now.state));
            }
            if let Some((metadata, numbering)) = numbered {
                if !writer.may_take(&key, &numbering.book, numbering.number)? {
                    return Err(OfficeError::NumberMoved.into());
                }
                writer.append(Change::OutboundNumbered { key, numbering, metadata })?;
            }
            for annex in annexes {
                writer.append(annex)?;
            }
            writer.append(change)?;
            Ok::<(), Problem>(())
        })?;
        Ok(made)
    }
}

fn is_pdf(file: &FileRef) -> bool {
    file.media_type == "application/pdf"
}
