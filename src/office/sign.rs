//! The leader's personal signature; number and date are taken with it.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 1 and 2 (Thông tư 01/2019/TT-BNV Điều 12): the
//! competent person signs with the personal certificate; number, day, month and year are
//! filled in automatically; then the document goes to the clerk by itself.

use jiff::Timestamp;

use super::hand::Hand;
use super::head::Entry;
use super::{Office, OfficeError, Placement, SignOrder, place};
use crate::domain::book::BookId;
use crate::domain::calendar;
use crate::domain::document::{Code, DocumentKey, FileRef, Metadata};
use crate::domain::operation::Change;
use crate::domain::outbound::{Numbering, OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::pdf::appearance::{Appearance, BLUE, Line};
use crate::pdf::structure::Source;
use crate::signing::make::{Level, Look};

/// How often the number is taken anew when another window was quicker.
const ATTEMPTS: u32 = 3;

impl Office {
    /// Signs personally. The number is read first, written into the page, signed, and taken
    /// in the transaction that stores the signed bytes: a token that fails consumes none.
    pub fn sign(&self, key: DocumentKey, order: &SignOrder) -> Result<Numbering, Problem> {
        let actor = self.actor(Act::SignPersonally)?;
        let document = self.outbound_document(key)?;
        if !document.state.may_become(OutboundState::ToSeal) {
            return Err(Self::wrong_state(document.state));
        }
        let at = Timestamp::now();
        let date = calendar::local(at).date();
        let series = self.profile().book_series(&document.metadata.type_key);
        let book = BookId::outbound(date.year(), series);
        let main = document.files.iter().find(|file| file.main).cloned();
        let main = main.ok_or_else(|| Self::missing(key))?;
        let source = Source::parse(self.file(&main)?)?;
        let image = self.signature_image()?;

        let trust = self.trust()?;
        let tsa_urls = self.tsa_urls()?;
        // Who is named under the document is who signs it (Nghị định 30/2020/NĐ-CP Điều 13).
        let signer = Some(document.metadata.signer.full_name.as_str());
        let hand = self.hand(order, SignatureKind::Personal, signer, &trust, &tsa_urls);
        // The place is found, and what the page says of number and date is compared, before
        // the PIN is spent.
        let place = self.personal_place(&source, &document.metadata, &order.placement)?;
        let place = match (place, &image) {
            (Some(place), Some(png)) => Some(place::fitted_to_image(&source, place, png)?),
            (place, _) => place,
        };
        let head = self.issue_head(&source)?;
        let mut number = self.store().next_number(&book)?;
        let written = |number| {
            let numbering = Numbering { book: book.clone(), number, date };
            let metadata = self.numbered(&document.metadata, &numbering);
            let stamps = Entry::new(metadata.code.clone(), date).stamps(&head)?;
            Ok::<_, OfficeError>((numbering, metadata, stamps))
        };
        written(number)?;
        let mut ready = hand.ready(at)?;
        for _ in 0..ATTEMPTS {
            let (numbering, metadata, stamps) = written(number)?;
            let look = match place {
                None => Look::Invisible,
                Some((page, rect)) => Look::Visible {
                    page: page + 1,
                    rect,
                    appearance: personal_look(image.clone(), &metadata),
                },
            };
            let signed = hand.sign(&mut ready, &source, look, stamps, at)?;
            let bytes = signed.to_bytes()?;
            let file = self.keep_file(&main.name, "application/pdf", &bytes, true)?;
            let change = Change::OutboundSigned {
                key,
                kind: SignatureKind::Personal,
                file,
                signer: ready.certificate.subject().label(),
                serial: ready.certificate.serial_hex(),
                signed_at: at,
            };
            let kept = numbering.clone();
            let before = main.blob.clone();
            let taken = self.store().write(&actor, move |writer| {
                let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
                let same_file = now.files.iter().any(|file| file.blob == before);
                if !now.state.may_become(OutboundState::ToSeal) || !same_file {
                    return Err(Self::wrong_state(now.state));
                }
                if writer.next_number(&numbering.book)? != numbering.number {
                    return Err(OfficeError::NumberMoved.into());
                }
                writer.append(Change::OutboundNumbered { key, numbering, metadata })?;
                writer.append(change)?;
                Ok(())
            });
            match taken {
                Ok(()) => return Ok(kept),
                Err(problem) if problem.code == "office-number-moved" => {
                    number = self.store().next_number(&book)?;
                }
                Err(problem) => return Err(problem),
            }
        }
        Err(OfficeError::NumberMoved.into())
    }

    /// The hand that carries out an order in this office.
    pub(super) fn hand<'a>(
        &'a self,
        order: &'a SignOrder,
        kind: SignatureKind,
        holder: Option<&'a str>,
        trust: &'a crate::pki::TrustStore,
        tsa_urls: &'a [String],
    ) -> Hand<'a> {
        Hand {
            token: &order.token,
            certificate: order.certificate.as_deref(),
            pin: &order.pin,
            kind,
            holder,
            level: if tsa_urls.is_empty() { Level::Bb } else { Level::Bt },
            tsa_urls,
            trust,
            fetch: &self.0.fetch,
        }
    }

    /// The fields of a document that has just been given its number and date.
    fn numbered(&self, metadata: &Metadata, numbering: &Numbering) -> Metadata {
        let code = Code {
            number: self.profile().numbering().written(numbering.number),
            notation: metadata.code.notation.clone(),
        };
        let agency = self.session().agency.code.clone();
        let id = self.profile().document_id(agency, numbering.date, numbering.number, &code);
        Metadata { document_id: Some(id), code, issued: Some(numbering.date), ..metadata.clone() }
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
