//! Certified copies: sao y, sao lục, trích sao (Nghị định 30/2020/NĐ-CP Điều 25 to 27).
//!
//! Into an electronic form: the file as it is, or for an extract pictures of its pages, and the
//! organisation's signature in the corner of the first page (kind, name, time; Phụ lục I, phần
//! II). The signatures that the file carries stay whole: ours is appended. Onto paper: pictures
//! of the pages and, under the last, the block with kind, number, place and date, recipients and
//! signer, to be printed, signed and stamped.

use jiff::Timestamp;

use super::corner::{self, Words};
use super::extend::level_after;
use super::hand::Work;
use super::leaving::LeavingError;
use super::stamp::{pictured, tag};
use super::{Office, OfficeError, SignOrder};
use crate::domain::act::SigningAct;
use crate::domain::book::{BookId, registration_day};
use crate::domain::copy::{CertifiedCopy, CopyForm, CopyKind, may_copy_inbound, may_copy_outbound};
use crate::domain::document::{Code, DocumentKey, FileRef, Metadata, Signer, written_date};
use crate::domain::inbound::InboundState;
use crate::domain::operation::Change;
use crate::domain::outbound::{Numbering, OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::domain::verdict::Level;
use crate::pdf::appearance::BLACK;
use crate::pdf::compose::{Align, Drawing, Sheet, Stroke, sheets};
use crate::pdf::render::RenderedDocument;
use crate::pdf::structure::Source;
use crate::pdf::{POINTS_PER_MM, Rect};

/// What copy is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyOrder {
    pub of: DocumentKey,
    pub kind: CopyKind,
    pub to_paper: bool,
    /// Pages of an extract, from 1.
    pub pages: Vec<u32>,
    pub recipients: String,
    /// Who signs the copy on paper.
    pub signer: Signer,
}

/// What somebody sees who is to make a copy of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyDesk {
    /// Those that there are, oldest first.
    pub copies: Vec<CertifiedCopy>,
    /// How many pages the document has.
    pub pages: u32,
    pub from_paper: bool,
    /// What the rules let be made of it: each kind, and whether onto paper.
    pub permitted: Vec<(CopyKind, bool)>,
    /// Who signed the last copy on paper that this office made.
    pub signer: Signer,
}

/// How many copies are looked through for who signed the last one on paper.
const LOOKED_THROUGH: u32 = 50;
/// How often a number on the page is taken anew because somebody else took it.
const ATTEMPTS: u32 = 3;
/// Height of the block under a copy on paper, in points.
const BLOCK: f32 = 175.0;

impl Office {
    /// Makes a copy; an electronic one is signed with `hand`.
    pub fn certify_copy(
        &self,
        order: &CopyOrder,
        hand: Option<&SignOrder>,
    ) -> Result<CertifiedCopy, Problem> {
        let actor = self.actor(Act::Seal)?;
        let (metadata, main, from_paper) = self.original(order.of)?;
        let form = CopyForm::of(from_paper, order.to_paper);
        if !self.profile().permits_copy(order.kind, form) {
            return Err(LeavingError::CopyForm(form.key()).into());
        }
        let whole = order.kind != CopyKind::Extract;
        if whole != order.pages.is_empty() {
            return Err(OfficeError::FieldInvalid("pages").into());
        }
        let recipients = text::tidy(&order.recipients);
        if recipients.chars().count() > self.profile().field_lengths().recipients {
            return Err(OfficeError::FieldInvalid("recipients").into());
        }
        let signer = Signer {
            competence: text::tidy(&order.signer.competence),
            position: text::tidy(&order.signer.position),
            full_name: text::tidy(&order.signer.full_name),
        };
        if order.to_paper && (signer.full_name.is_empty() || signer.position.is_empty()) {
            return Err(OfficeError::FieldInvalid("signer").into());
        }
        let bytes = self.file(&main)?;
        let opened = self.renderer()?.open(bytes.clone())?;
        let count = u32::try_from(opened.pages().len()).unwrap_or(u32::MAX);
        if order.pages.iter().any(|page| !(1..=count).contains(page)) {
            return Err(OfficeError::FieldInvalid("pages").into());
        }
        let at = Timestamp::now();
        let book = BookId::outbound(registration_day(at).year(), &self.copy_series(order.kind)?);
        let signed = match order.to_paper {
            true => None,
            false => Some(self.signed_copy(order, &opened, bytes, hand, at)?),
        };
        for _ in 0..ATTEMPTS {
            let number = self.store().next_number(&book)?;
            let numbering = Numbering { book: book.clone(), number, date: registration_day(at) };
            let code = self.copy_code(order.kind, number);
            let pdf = match &signed {
                Some((signed, _)) => signed.clone(),
                None => {
                    let block = Block { code: &code, numbering: &numbering, signer: &signer };
                    self.printed_copy(order, &opened, &block, &metadata, &recipients)?
                }
            };
            let name = format!("{}-{}", order.kind.type_key(), main.name);
            let copy = CertifiedCopy {
                id: DocumentKey::fresh(),
                kind: order.kind,
                form,
                of: order.of,
                code: metadata.code.to_string(),
                subject: metadata.subject.clone(),
                issuer: metadata.issuer.as_ref().map(|issuer| issuer.agency.clone()),
                pages: order.pages.clone(),
                numbering,
                written: code.to_string(),
                recipients: recipients.clone(),
                signer: signer.clone(),
                file: self.keep_file(&name, "application/pdf", &pdf, true)?,
                by: self.session().user.clone(),
                at,
                unsecured: Vec::new(),
            };
            let (kept, level) = (copy.clone(), signed.as_ref().map(|(_, level)| *level));
            let taken = self.store().write(&actor, move |writer| {
                // The number stands on the paper: another one needs another page.
                if writer.next_number(&copy.numbering.book)? != copy.numbering.number {
                    return Err(OfficeError::NumberMoved.into());
                }
                writer.append(Change::CopyCertified { copy: Box::new(copy), level })?;
                Ok::<(), Problem>(())
            });
            match taken {
                Err(problem) if problem.code == "office-number-moved" => {}
                taken => return taken.map(|()| kept),
            }
        }
        Err(OfficeError::NumberMoved.into())
    }

    /// The copies that were made of a document, oldest first.
    pub fn copies_of(&self, key: DocumentKey) -> Result<Vec<CertifiedCopy>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().copies_of(&key)?)
    }

    /// What there is to know before a copy is made.
    pub fn copy_desk(&self, key: DocumentKey) -> Result<CopyDesk, Problem> {
        let copies = self.copies_of(key)?;
        let (_, _, from_paper) = self.original(key)?;
        let both = CopyKind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]);
        let permitted = both.filter(|(kind, to_paper)| {
            self.profile().permits_copy(*kind, CopyForm::of(from_paper, *to_paper))
        });
        let newest = self.store().newest_copies(LOOKED_THROUGH)?;
        let signer = newest.into_iter().find(|copy| copy.form.is_paper()).map(|copy| copy.signer);
        Ok(CopyDesk {
            copies,
            pages: self.page_count(key)?,
            from_paper,
            permitted: permitted.collect(),
            signer: signer.unwrap_or_default(),
        })
    }

    /// How many pages a document's main file has.
    pub fn page_count(&self, key: DocumentKey) -> Result<u32, Problem> {
        Ok(Source::parse(self.main_file(key)?)?.page_count()?)
    }

    /// A copy, and its file. What its sender has called back is not opened any more, and no copy
    /// of it either (Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2).
    pub fn copy_file(
        &self,
        id: DocumentKey,
    ) -> Result<(CertifiedCopy, std::sync::Arc<[u8]>), Problem> {
        self.actor(Act::ViewQueues)?;
        let copy = self.store().certified_copy(&id)?.ok_or_else(|| Self::missing(id))?;
        let original = self.store().inbound(&copy.of)?;
        if original.is_some_and(|one| one.state == InboundState::Recalled) {
            return Err(OfficeError::Sealed.into());
        }
        let bytes = self.file(&copy.file)?;
        Ok((copy, bytes))
    }

    /// What is copied: its fields, its main file, and whether it came on paper. What was
    /// cancelled, returned or never issued is copied by nobody.
    fn original(&self, key: DocumentKey) -> Result<(Metadata, FileRef, bool), Problem> {
        self.refuse_infected(key)?;
        let main = |files: &[FileRef]| {
            super::sign::main_file(files).cloned().ok_or_else(|| Self::missing(key))
        };
        if let Some(inbound) = self.store().inbound(&key)? {
            if !may_copy_inbound(inbound.state) {
                return Err(Self::wrong_inbound_state(inbound.state).into());
            }
            let main = main(&inbound.files)?;
            return Ok((inbound.metadata, main, inbound.paper.is_some()));
        }
        let outbound = self.outbound_document(key)?;
        if !may_copy_outbound(outbound.state) {
            return Err(Self::wrong_state(outbound.state));
        }
        let main = main(&outbound.files)?;
        Ok((outbound.metadata, main, false))
    }

    /// All kinds are numbered in one series of their own.
    fn copy_series(&self, kind: CopyKind) -> Result<String, Problem> {
        self.series_of(kind.type_key())
    }

    fn copy_code(&self, kind: CopyKind, number: u32) -> Code {
        let notation = self.profile().notation(kind.type_key(), "", None).unwrap_or_default();
        Code { number: self.profile().numbering().written(number), notation }
    }

    /// The file with the organisation's signature in its corner, and how durable the signatures
    /// in it are.
    fn signed_copy(
        &self,
        order: &CopyOrder,
        opened: &RenderedDocument,
        bytes: std::sync::Arc<[u8]>,
        hand: Option<&SignOrder>,
        at: Timestamp,
    ) -> Result<(Vec<u8>, Level), Problem> {
        let hand = hand.ok_or(OfficeError::FieldInvalid("token"))?;
        let base = match order.kind {
            CopyKind::Extract => self.extract(order, opened)?.into(),
            CopyKind::True | CopyKind::Reissued => bytes,
        };
        let source = Source::parse(base)?;
        let (organisation, copy_kind) = (&self.session().agency.name, order.kind.title());
        let words = Words { code: "", organisation, copy_kind };
        // The place is there before the PIN is spent.
        let look = corner::look(&source, &self.profile().copies().corner, &words, None, at)?;
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let hand = self.hand(hand, SignatureKind::Organisation, None, &trust, &tsa_urls)?;
        let mut ready = hand.ready(at)?;
        let work = Work::new(SigningAct::Copy, look);
        let signed = hand.carry_out(&mut ready, &source, work, at, &mut std::io::sink())?;
        Ok((signed.to_bytes()?, level_after(&source, &signed)?))
    }

    /// Pictures of the chosen pages.
    fn extract(&self, order: &CopyOrder, opened: &RenderedDocument) -> Result<Vec<u8>, Problem> {
        let pages = order.pages.iter().map(|page| pictured(opened, page - 1));
        sheets(order.kind.title(), &self.session().agency.name, tag(), pages)
    }

    /// The pages to be printed, with the block under the last.
    fn printed_copy(
        &self,
        order: &CopyOrder,
        opened: &RenderedDocument,
        block: &Block<'_>,
        metadata: &Metadata,
        recipients: &str,
    ) -> Result<Vec<u8>, Problem> {
        let count = u32::try_from(opened.pages().len()).unwrap_or(u32::MAX);
        let all: Vec<u32> =
            if order.pages.is_empty() { (1..=count).collect() } else { order.pages.clone() };
        let (last, before) = all.split_last().ok_or(OfficeError::FieldInvalid("pages"))?;
        let mut end = pictured(opened, last - 1)?;
        let agency = &self.session().agency.name;
        let home = metadata.place.clone();
        let home = if metadata.issuer.as_ref().is_some_and(|one| one.name == *agency) {
            home
        } else {
            self.place_of_office()?
        };
        let drawing = |x: f32, y: f32, width: f32| {
            block.drawing(order.kind, agency, &home, recipients, (x, y, width))
        };
        let margin = 25.0 * POINTS_PER_MM;
        // A page without text is a picture: nobody knows what is free there.
        let has_text = opened.text(last - 1)?.chars.iter().any(|glyph| !glyph.ch.is_whitespace());
        let own = match room_below(&end).filter(|_| has_text) {
            Some(y) => {
                end.drawings.push(drawing(margin, y, end.width - 2.0 * margin));
                None
            }
            // Where the last page is full the block has a page of its own.
            None => {
                let drawings = vec![drawing(margin, margin, 595.0 - 2.0 * margin)];
                Some(Sheet { width: 595.0, height: 842.0, picture: None, drawings })
            }
        };
        let pages = before.iter().map(|page| pictured(opened, page - 1));
        sheets(order.kind.title(), agency, tag(), pages.chain([end].into_iter().chain(own).map(Ok)))
    }

    /// Where this office writes that it is, by what it issued last.
    fn place_of_office(&self) -> Result<String, Problem> {
        let filter = crate::store::OutboundFilter {
            state: Some(OutboundState::Issued),
            ..Default::default()
        };
        let newest = self.store().outbound_page(&filter, None, 1)?;
        Ok(newest.into_iter().next().map(|one| one.metadata.place).unwrap_or_default())
    }
}

/// Where the block fits under whatever is printed on a page, seals and stamps included: points
/// from its top.
fn room_below(sheet: &Sheet) -> Option<f32> {
    const GAP: f32 = 14.0;
    /// What is darker than this in any colour is printed.
    const PAPER: u8 = 240;
    let picture = sheet.picture.as_ref()?;
    let mut rows = picture.rgb.chunks_exact(3 * picture.width.max(1) as usize);
    let lowest = rows.rposition(|row| row.iter().any(|part| *part < PAPER))?;
    let y = (lowest + 1) as f32 * sheet.height / picture.height as f32 + GAP;
    (y + BLOCK + 15.0 * POINTS_PER_MM <= sheet.height).then_some(y)
}

/// What the block under a copy on paper says (Phụ lục I, phần II, mục II).
struct Block<'a> {
    code: &'a Code,
    numbering: &'a Numbering,
    signer: &'a Signer,
}

impl Block<'_> {
    fn drawing(
        &self,
        kind: CopyKind,
        agency: &str,
        home: &str,
        recipients: &str,
        (x, y, width): (f32, f32, f32),
    ) -> Drawing {
        let (left, right) = (width * 0.45, width * 0.55);
        let mut strokes = vec![Stroke::Line(Rect::new(0.0, 0.0, width, 0.8))];
        let mut words = |x: f32, baseline: f32, width: f32, align, bold, size, text: String| {
            strokes.push(Stroke::Words { x, baseline, width, align, bold, size, text });
        };
        use Align::{Centre, Left};
        let date = written_date(self.numbering.date);
        let date = if home.is_empty() { date } else { format!("{home}, {date}") };
        words(0.0, 20.0, left, Centre, true, 12.0, agency.to_uppercase());
        words(left, 20.0, right, Centre, false, 13.0, date);
        words(0.0, 36.0, left, Centre, false, 13.0, format!("Số: {}", self.code));
        words(0.0, 58.0, width, Centre, true, 13.0, kind.title().to_owned());
        words(0.0, 82.0, left, Left, true, 12.0, "Nơi nhận:".to_owned());
        for (line, recipient) in (0_u8..5).zip(lines_of(recipients)) {
            let baseline = 96.0 + 13.0 * f32::from(line);
            words(0.0, baseline, left, Left, false, 11.0, format!("- {recipient};"));
        }
        let titles = [&self.signer.competence, &self.signer.position];
        let mut baseline = 82.0;
        for title in titles.into_iter().filter(|title| !title.is_empty()) {
            words(left, baseline, right, Centre, true, 13.0, title.to_uppercase());
            baseline += 15.0;
        }
        words(left, BLOCK - 6.0, right, Centre, true, 13.0, self.signer.full_name.clone());
        Drawing { x, y, colour: BLACK, strokes }
    }
}

/// The recipients, and where the office's own copy lies.
fn lines_of(recipients: &str) -> Vec<String> {
    let mut lines: Vec<String> = recipients
        .split([';', '\n'])
        .map(|line| line.trim().trim_start_matches('-').trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    if !lines.iter().any(|line| text::fold(line).starts_with("luu")) {
        lines.push("Lưu: VT".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::compose::Picture;

    #[test]
    fn the_block_stands_below_everything_that_is_printed() {
        let (width, height) = (60, 84);
        let page = |printed: Option<usize>| {
            let mut rgb = vec![255; 3 * width * height];
            if let Some(row) = printed {
                // A seal: its red is as bright as the paper.
                rgb[3 * (row * width + 7)..][..3].copy_from_slice(&[255, 20, 30]);
            }
            let picture = Picture { width: 60, height: 84, rgb };
            Sheet { width: 600.0, height: 840.0, picture: Some(picture), drawings: Vec::new() }
        };
        assert_eq!(room_below(&page(Some(39))), Some(414.0));
        assert_eq!(room_below(&page(Some(80))), None, "nothing is free below it");
        assert_eq!(room_below(&page(None)), None);
    }
}
