//! The leader's personal signature; number and date are taken with it.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 1 and 2 (Thông tư 01/2019/TT-BNV Điều 12): the
//! competent person signs with the personal certificate; number, day, month and year are
//! filled in automatically; then the document goes to the clerk by itself.

use jiff::Timestamp;

use super::batch::{self, Made, Turn};
use super::draft::DraftError;
use super::hand::{Hand, Work};
use super::head::{self, Entry};
use super::review::still_holds;
use super::{Office, OfficeError, Placement, SignOrder, place};
use crate::domain::act::SigningAct;
use crate::domain::document::{Code, DocumentKey, FileRef, Metadata};
use crate::domain::operation::Change;
use crate::domain::outbound::{Numbering, OutboundDocument, OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::pdf::appearance::{Appearance, BLUE, Line};
use crate::pdf::blanks::IssueHead;
use crate::pdf::structure::Source;
use crate::rules::facts::NumberTaken;
use crate::signing::make::{Level, Look};
use crate::store::Actor;

/// What is known of a signature before the PIN is asked for.
pub(super) struct SignaturePlan {
    key: DocumentKey,
    metadata: Metadata,
    main: FileRef,
    /// All of them, as they were when the place was found.
    files: Vec<FileRef>,
    source: Source,
    image: Option<Vec<u8>>,
    /// `None` for an invisible signature.
    place: Option<place::Place>,
    /// What the first page says of number and date.
    head: IssueHead,
}

impl SignaturePlan {
    /// Who is named under the document is who signs it (Nghị định 30/2020/NĐ-CP Điều 13).
    pub(super) fn signer(&self) -> &str {
        &self.metadata.signer.full_name
    }
}

impl Office {
    /// Signs personally. The number is read first, written into the page, signed, and taken
    /// in the transaction that stores the signed bytes: a token that fails consumes none.
    ///
    /// Where the office takes numbers with the seal, the blanks are left open instead, and
    /// there is no number yet.
    pub fn sign(&self, key: DocumentKey, order: &SignOrder) -> Result<Option<Numbering>, Problem> {
        Ok(self.sign_one(key, order)?.numbering)
    }

    /// The same, and with which certificate.
    pub fn sign_one(&self, key: DocumentKey, order: &SignOrder) -> Result<Made, Problem> {
        let actor = self.actor(Act::SignPersonally)?;
        // The place is found before the PIN is spent.
        let plan = self.plan_signature(key, &order.placement)?;
        // And what the page says otherwise than the register would is refused.
        if self.number_taken()? == NumberTaken::PersonalSignature {
            let numbering = self.next_numbering(key, &plan.metadata, Timestamp::now())?.numbering;
            self.head_entry(&plan.metadata, &numbering).openings(&plan.head)?;
        }
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let kind = SignatureKind::Personal;
        let hand = self.hand(order, kind, Some(plan.signer()), &trust, &tsa_urls)?;
        let ready = hand.ready(Timestamp::now())?;
        batch::alone(ready, |turn| self.sign_planned(&actor, &hand, &plan, turn))
    }

    /// The document, if it may come to `next` now.
    pub(super) fn standing(
        &self,
        key: DocumentKey,
        next: OutboundState,
    ) -> Result<OutboundDocument, Problem> {
        let document = self.outbound_document(key)?;
        if document.state.may_become(next) {
            Ok(document)
        } else {
            Err(Self::wrong_state(document.state))
        }
    }

    /// The document, if it is to be signed, and by whoever is at the desk.
    pub(super) fn to_sign(&self, key: DocumentKey) -> Result<OutboundDocument, Problem> {
        let document = self.standing(key, OutboundState::ToSeal)?;
        self.must_be_signer(key)?;
        Ok(document)
    }

    pub(super) fn plan_signature(
        &self,
        key: DocumentKey,
        placement: &Placement,
    ) -> Result<SignaturePlan, Problem> {
        let document = self.to_sign(key)?;
        let main = main_file(&document.files).cloned().ok_or_else(|| Self::missing(key))?;
        let source = Source::parse(self.file(&main)?)?;
        let image = self.signature_image()?;
        let (metadata, files) = (document.metadata, document.files);
        let place = self.personal_place(&source, &metadata, placement)?;
        // Just as large as the image, so that the seal is placed against the image.
        let place = match (place, &image) {
            (Some(place), Some(png)) => Some(place::fitted_to_image(&source, place, png)?),
            (place, _) => place,
        };
        let head = self.issue_head(&source)?;
        Ok(SignaturePlan { key, metadata, main, files, source, image, place, head })
    }

    /// Numbers, signs and stores, when its turn comes.
    pub(super) fn sign_planned(
        &self,
        actor: &Actor,
        hand: &Hand<'_>,
        plan: &SignaturePlan,
        turn: &mut Turn,
    ) -> Result<Made, Problem> {
        let SignaturePlan { key, metadata, main, files, source, image, place, head } = plan;
        let key = *key;
        let at = Timestamp::now();
        let look = |metadata: &Metadata| match place {
            None => Look::Invisible,
            Some((page, rect)) => Look::Visible {
                page: page + 1,
                rect: *rect,
                appearance: personal_look(image.clone(), metadata),
            },
        };
        let mut work = Work::new(SigningAct::Approve, look(metadata));
        let numbered = match self.number_taken()? {
            NumberTaken::PersonalSignature => {
                let numbering = self.numbering_in_turn(key, metadata, at, turn)?;
                work.stamps = self.head_entry(metadata, &numbering).stamps(head)?;
                Some((self.numbered(metadata, &numbering), numbering))
            }
            NumberTaken::OrganisationSignature => {
                (work.stamps, work.keep_open) = head::left_open(&metadata.code, head)?;
                None
            }
        };
        let out = &mut std::io::sink();
        let signed = hand.carry_out(turn.ready(), source, work, at, out)?;
        let file = self.keep_signed(main, &signed)?;
        let certificate = &turn.ready().certificate;
        let made = Made {
            numbering: numbered.as_ref().map(|(_, numbering)| numbering.clone()),
            signer: certificate.subject().label(),
            serial: certificate.serial_hex(),
        };
        let change = Change::OutboundSigned {
            key,
            kind: SignatureKind::Personal,
            file,
            signer: made.signer.clone(),
            serial: made.serial.clone(),
            signed_at: at,
            level: Some(signed.level),
        };
        let planned = (metadata.clone(), files.clone());
        let whose = self.session().clone();
        turn.settle()?;
        self.store().write(actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if !now.state.may_become(OutboundState::ToSeal) {
                return Err(Self::wrong_state(now.state));
            }
            still_holds(writer, key, &whose)?;
            // Taken back, changed and passed on again while the token worked: this signature
            // is not for that.
            if (now.metadata, now.files) != planned {
                return Err(DraftError::OtherVersion.into());
            }
            if let Some((metadata, numbering)) = numbered {
                if !writer.may_take(&key, &numbering.book, numbering.number)? {
                    return Err(OfficeError::NumberMoved.into());
                }
                writer.append(Change::OutboundNumbered { key, numbering, metadata })?;
            }
            writer.append(change)?;
            Ok::<(), Problem>(())
        })?;
        Ok(made)
    }

    /// Number and date as the page writes them.
    pub(super) fn head_entry(&self, metadata: &Metadata, numbering: &Numbering) -> Entry {
        Entry::new(self.numbered(metadata, numbering).code, numbering.date)
    }

    /// The hand that carries out an order in this office.
    pub(super) fn hand<'a>(
        &'a self,
        order: &'a SignOrder,
        kind: SignatureKind,
        holder: Option<&'a str>,
        trust: &'a crate::pki::TrustStore,
        tsa_urls: &'a [String],
    ) -> Result<Hand<'a>, Problem> {
        Ok(Hand {
            token: &order.token,
            certificate: order.certificate.as_deref(),
            pin: &order.pin,
            last_try: order.last_try(),
            office: Some(self),
            kind,
            holder,
            level: if tsa_urls.is_empty() { Level::Bb } else { Level::Bt },
            digest: self.signing_digest()?,
            scheme: None,
            rsa: self.rsa_scheme()?,
            algorithms: self.profile().algorithms(),
            // Without a line now is with a time stamp later (`extend`).
            or_lower: true,
            tsa_urls,
            trust,
            fetch: &self.0.fetch,
        })
    }

    /// The fields of a document that has just been given its number and date.
    pub(super) fn numbered(&self, metadata: &Metadata, numbering: &Numbering) -> Metadata {
        let code = Code {
            number: self.profile().numbering().written(numbering.number),
            notation: metadata.code.notation.clone(),
        };
        let agency = self.session().agency.code.clone();
        let place = (numbering.book.series.as_str(), numbering.number);
        let id = self.profile().document_id_in(agency, numbering.date, place, &code);
        Metadata { document_id: Some(id), code, issued: Some(numbering.date), ..metadata.clone() }
    }

    /// The number and the date that a document takes when its turn comes: what is kept for
    /// it, else the next that nobody before it in the line has.
    pub(super) fn numbering_in_turn(
        &self,
        key: DocumentKey,
        metadata: &Metadata,
        at: Timestamp,
        turn: &Turn,
    ) -> Result<Numbering, Problem> {
        let next = self.next_numbering(key, metadata, at)?;
        if next.held {
            return Ok(next.numbering);
        }
        let Numbering { book, date, .. } = next.numbering;
        let number = turn.reserve(&book, || Ok(self.store().next_number(&book)?))?;
        Ok(Numbering { book, number, date })
    }

    /// Where the personal signature goes; `None` for an invisible one.
    fn personal_place(
        &self,
        source: &Source,
        metadata: &Metadata,
        placement: &Placement,
    ) -> Result<Option<place::Place>, Problem> {
        match placement {
            Placement::Invisible => Ok(None),
            Placement::At { page, rect } => {
                place::check(source, *page, *rect, SignatureKind::Personal)?;
                Ok(Some((*page, *rect)))
            }
            Placement::Automatic => {
                let document = self.renderer()?.open_source(source)?;
                let found = place::personal(source, &document, &metadata.signer, self.profile())?;
                match found.into_iter().next() {
                    Some(best) if best.sure => Ok(Some((best.page, best.rect_user))),
                    best => {
                        let why = best.map(|best| best.why.join(" ")).unwrap_or_default();
                        Err(OfficeError::NoPlace(why).into())
                    }
                }
            }
        }
    }
}

/// The image of the handwritten signature, blue (Thông tư 01/2019/TT-BNV Điều 12); where
/// none is set, the name stands for it.
fn personal_look(image: Option<Vec<u8>>, metadata: &Metadata) -> Appearance {
    match image {
        Some(png) => Appearance { image: Some(png), ..Appearance::default() },
        None => {
            let mut line = Line::new(&metadata.signer.full_name, 12.0);
            line.colour = BLUE;
            Appearance { lines: vec![line], ..Appearance::default() }
        }
    }
}

/// The main file among `files`.
pub(super) fn main_file(files: &[FileRef]) -> Option<&FileRef> {
    files.iter().find(|file| file.main)
}
