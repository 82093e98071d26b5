//! The organisation's signature: the seal, by the clerk alone.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 3 (Thông tư 01/2019/TT-BNV Điều 13); Nghị định
//! 30/2020/NĐ-CP Điều 32: only on documents that the competent person has signed.

use jiff::Timestamp;

use super::batch::{self, Made, Turn};
use super::hand::Hand;
use super::issue::require_signature;
use super::{Office, Placement, SignOrder, place};
use crate::domain::document::{DocumentKey, FileRef};
use crate::domain::operation::Change;
use crate::domain::outbound::{OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::verdict::Level;
use crate::pdf::structure::Source;
use crate::signing::make::Look;
use crate::store::Actor;

/// What is known of a seal before the PIN is asked for.
pub(super) struct SealPlan {
    key: DocumentKey,
    main: FileRef,
    source: Source,
    look: Look,
    at: Timestamp,
    /// How durable the signatures before it are.
    earlier: Vec<Level>,
}

impl Office {
    /// Seals a document whose personal signature holds.
    pub fn seal(&self, key: DocumentKey, order: &SignOrder) -> Result<(), Problem> {
        self.seal_one(key, order).map(drop)
    }

    /// The same, and with which certificate.
    pub fn seal_one(&self, key: DocumentKey, order: &SignOrder) -> Result<Made, Problem> {
        let actor = self.actor(Act::Seal)?;
        let plan = self.plan_seal(key, &order.placement)?;
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let hand = self.hand(order, SignatureKind::Organisation, None, &trust, &tsa_urls);
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
        let verdict = self.judge(&bytes, &expected)?;
        require_signature(&verdict, SignatureKind::Personal)?;
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
                place::seal(&source, placement, self.profile(), office, image, at)?
            }
        };
        Ok(SealPlan { key, main, source, look, at, earlier })
    }

    /// Signs and stores, when its turn comes.
    pub(super) fn seal_planned(
        &self,
        actor: &Actor,
        hand: &Hand<'_>,
        plan: &SealPlan,
        turn: &mut Turn,
    ) -> Result<Made, Problem> {
        let SealPlan { key, main, source, look, at, earlier } = plan;
        let (key, before) = (*key, main.blob.clone());
        let signed = hand.sign(turn.ready(), source, look.clone(), Vec::new(), *at)?;
        let file = self.keep_file(&main.name, "application/pdf", &signed.to_bytes()?, true)?;
        let certificate = &turn.ready().certificate;
        let made = Made {
            numbering: None,
            signer: certificate.subject().label(),
            serial: certificate.serial_hex(),
        };
        let change = Change::OutboundSigned {
            key,
            kind: SignatureKind::Organisation,
            file,
            signer: made.signer.clone(),
            serial: made.serial.clone(),
            signed_at: *at,
            level: earlier.iter().copied().chain([signed.level]).min(),
        };
        self.store().write(actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            let same_file = now.files.iter().any(|file| file.blob == before);
            if !now.state.may_become(OutboundState::ToIssue) || !same_file {
                return Err(Self::wrong_state(now.state));
            }
            writer.append(change)?;
            Ok::<(), Problem>(())
        })?;
        Ok(made)
    }
}
