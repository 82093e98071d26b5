//! Number and date on the page, honestly.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 2: number, day, month and year are filled in
//! automatically when the document is signed. Many drafts come with some of them typed. What
//! the page says already must be what the register will say; where it is not, nothing is
//! signed and people are told both. Where it is, nothing is drawn over it. A page without a
//! place for a piece is refused too: a number that stands in the register but not on the
//! page helps nobody.

use jiff::civil::Date;

use super::{Office, OfficeError};
use crate::domain::calendar;
use crate::domain::document::{Code, DocumentKey};
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::pdf::PdfError;
use crate::pdf::blanks::{IssueHead, Opening, Part, Slot, Wanted, read_issue_head};
use crate::pdf::font::Face;
use crate::pdf::render::RenderedDocument;
use crate::pdf::structure::Source;
use crate::rules::facts::NumberTaken;
use crate::signing::make::PageStamps;

/// What signing now would write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPreview {
    /// Number and notation that the document would get; no number where it is taken with the
    /// seal and the document is not signed yet.
    pub code: Code,
    pub date: Date,
    /// Whether the page says all of it already, so that nothing is written.
    pub written: bool,
}

/// Number and date as the page writes them (Phụ lục I, phần I, mục II.3 and II.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    code: Code,
    day: String,
    month: String,
    year: String,
}

impl Office {
    /// What number and date a document would get if it were signed (or, where numbers are
    /// taken with the seal, sealed) now. Refused, before any PIN is asked, where the page
    /// says otherwise or has no place for them.
    pub fn preview_numbering(&self, key: DocumentKey) -> Result<NumberPreview, Problem> {
        let document = self.outbound_document(key)?;
        if !matches!(document.state, OutboundState::ToSign | OutboundState::ToSeal) {
            return Err(Self::wrong_state(document.state));
        }
        let main = super::sign::main_file(&document.files).ok_or_else(|| Self::missing(key))?;
        let source = Source::parse(self.file(main)?)?;
        if let Some(numbering) = &document.numbering {
            let code = document.metadata.code.clone();
            return Ok(NumberPreview { code, date: numbering.date, written: true });
        }
        let with_seal = self.number_taken()? == NumberTaken::OrganisationSignature;
        if with_seal && document.state == OutboundState::ToSign {
            let code = document.metadata.code.clone();
            left_open(&code, &self.issue_head(&source)?)?;
            let date = calendar::local(jiff::Timestamp::now()).date();
            return Ok(NumberPreview { code, date, written: false });
        }
        let now = jiff::Timestamp::now();
        let numbering = self.next_numbering(key, &document.metadata, now)?.numbering;
        let (code, date) = (self.numbered(&document.metadata, &numbering).code, numbering.date);
        let entry = Entry::new(code.clone(), date);
        let openings = entry.openings(&self.issue_head(&source)?)?;
        Ok(NumberPreview { code, date, written: openings.is_empty() })
    }

    /// What the first page says of number and date.
    pub(super) fn issue_head(&self, source: &Source) -> Result<IssueHead, Problem> {
        // Without a renderer the page's text is not known, and a document whose number stands
        // in the register but not on its page must not be signed (Điều 14 khoản 2).
        let document = self.renderer()?.open_source(source)?;
        Ok(read(source, &document)?)
    }
}

/// Reads number and date off the first page.
pub fn read(source: &Source, document: &RenderedDocument) -> Result<IssueHead, PdfError> {
    let page = document.text(0)?.shown(&source.page_geometry(1)?);
    Ok(read_issue_head(&page))
}

impl Entry {
    pub fn new(code: Code, date: Date) -> Self {
        // Days below ten and months one and two with a leading zero (mục II.4).
        let month = date.month();
        Self {
            code,
            day: format!("{:02}", date.day()),
            month: if month <= 2 { format!("{month:02}") } else { month.to_string() },
            year: date.year().to_string(),
        }
    }

    /// Where something is to be written on a page with this head, and what.
    pub fn openings(&self, head: &IssueHead) -> Result<Vec<Opening>, OfficeError> {
        let wanted = Wanted {
            number: &self.code.number,
            notation: &self.code.notation,
            day: &self.day,
            month: &self.month,
            year: &self.year,
        };
        if !head.differing(&wanted).is_empty() {
            let (stated, taken) = (head.as_written(), wanted.as_written());
            return Err(OfficeError::HeadDiffers { stated, taken });
        }
        let missing = head.missing();
        if !missing.is_empty() {
            return Err(OfficeError::NoNumberPlace(missing));
        }
        Ok(head.openings(&wanted))
    }

    /// The same, as stamps for the page.
    pub fn stamps(&self, head: &IssueHead) -> Result<Vec<PageStamps>, OfficeError> {
        let stamps: Vec<_> = self.openings(head)?.iter().map(Opening::stamp).collect();
        Ok(if stamps.is_empty() { Vec::new() } else { vec![PageStamps { page: 1, stamps }] })
    }
}

/// What a personal signature writes where numbers are taken with the seal: the notation, which
/// is known, as stamps; and the blanks that it leaves open. Everything else that the page
/// says is compared when the number is known.
pub fn left_open(
    code: &Code,
    head: &IssueHead,
) -> Result<(Vec<PageStamps>, Vec<Opening>), OfficeError> {
    let mut missing = head.missing();
    if head.notation.is_none() {
        missing.push(Part::Notation);
    }
    if !missing.is_empty() {
        return Err(OfficeError::NoNumberPlace(missing));
    }
    let nothing = Wanted { number: "0", notation: &code.notation, day: "0", month: "0", year: "0" };
    if head.differing(&nothing).contains(&Part::Notation) {
        let (stated, taken) = (head.as_written(), head.with_notation(&code.notation).as_written());
        return Err(OfficeError::HeadDiffers { stated, taken });
    }
    let blank = |slot: &Option<Slot>| match slot {
        Some(Slot::Blank(blank) | Slot::Begun { blank, .. }) => Some(*blank),
        _ => None,
    };
    let open = |part, slot, face| {
        let blank = blank(slot)?;
        Some(Opening { part, blank, text: String::new(), face })
    };
    let open: Vec<Opening> = [
        open(Part::Number, &head.number, Face::Serif),
        open(Part::Day, &head.day, Face::SerifItalic),
        open(Part::Month, &head.month, Face::SerifItalic),
        open(Part::Year, &head.year, Face::SerifItalic),
    ]
    .into_iter()
    .flatten()
    .collect();
    let notation = blank(&head.notation)
        .filter(|_| !code.notation.is_empty())
        .map(|blank| blank.stamp(&code.notation, Face::Serif));
    let stamps = notation.map(|stamp| PageStamps { page: 1, stamps: vec![stamp] });
    Ok((stamps.into_iter().collect(), open))
}

/// The pieces in the words of a document.
pub(super) fn named(parts: &[Part]) -> String {
    let name = |part: &Part| match part {
        Part::Number => "Số",
        Part::Notation => "ký hiệu",
        Part::Day => "ngày",
        Part::Month => "tháng",
        Part::Year => "năm",
    };
    parts.iter().map(name).collect::<Vec<_>>().join(", ")
}
