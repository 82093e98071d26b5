//! What a document's pages say of it: number, date, issuer, subject, signer and the rest.
//!
//! A document of the administration is laid out as the law draws it (Nghị định
//! 30/2020/NĐ-CP, Phụ lục I, phần I, mục II to IV), so its fields can be read off the page:
//! the issuer stands at the top left, number and date below it side by side, the abstract
//! under the name of the type or behind `V/v`, the signer at the bottom right of the last
//! page of text. Older papers (Thông tư 01/2011/TT-BNV) put the same things in the same
//! places.
//!
//! What is read is a *proposal* with the place where it stands, a confidence and the reasons
//! for it. The clerk takes it or not; nothing read replaces what a packet states. Reading is
//! pure: characters with their places go in ([`Sheet`]), proposals come out ([`read`]).
//!
//! | file | holds |
//! | --- | --- |
//! | `columns` | the head of the first page, cut into its left and right half |
//! | `head` | issuer, number, notation, place, date, stamps |
//! | `title` | type, subject, addressees |
//! | `foot` | signer, recipients |
//! | `phrase` | known words, read through the mistakes of a scan |
//! | `names` | from capitals back to the way names are written |
//! | `compare` | what is stated beside what is read |
//! | `recognise`, `tsv` | pictures of pages, by a program for optical recognition |
//! | `corpus`, `measure` | documents whose fields are known, and how well they are read |
//! | `work` | the use case: the same for a file or a document of the store |

pub(super) mod columns;
mod compare;
pub mod corpus;
mod foot;
pub(super) mod head;
pub mod measure;
pub(super) mod names;
pub(super) mod phrase;
pub mod recognise;
mod title;
mod tsv;
mod value;
mod work;

pub use compare::{Difference, Grade, differences};
pub use value::{Field, Reason, Value};
pub(super) use work::page_sheet;
pub use work::{Seen, is_read, look, read_file, sheets};

use crate::domain::agency::Agency;
use crate::domain::document::Metadata;
use crate::pdf::Rect;
use crate::pdf::text::PageText;
use crate::rules::Profile;
use columns::Head;
use recognise::NotRead;

/// One page of a document, ready to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Counted from 0.
    pub page: u32,
    /// Its characters as the page is shown, in points ([`PageText::shown`]).
    pub text: PageText,
    /// Width and height as shown, in points.
    pub size: (f32, f32),
    pub origin: Origin,
}

/// Where a page's characters come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Origin {
    /// The file itself says them.
    Text,
    /// A program read them off the picture; `certainty` is its own mean, 0 to 1.
    Recognised { certainty: f32 },
    /// A picture that nobody has read.
    Unread,
}

/// Where something stands on the pages.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// Counted from 0.
    pub page: u32,
    /// One for each line, in points from the **top left** of the page as it is shown, y
    /// downwards, as in [`PlaceProposal::rect_shown`](super::PlaceProposal::rect_shown).
    pub rects: Vec<Rect>,
}

/// One field as the pages say it.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub field: Field,
    pub value: Value,
    /// `None` for what stands at no single place, such as the number of pages.
    pub spot: Option<Spot>,
    /// 0 (a guess) to 1.
    pub confidence: f32,
    /// What speaks for the value, and against it.
    pub why: Vec<Reason>,
}

/// Everything that was read off a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// At most one for each field, in the order of [`Field::ALL`].
    pub proposals: Vec<Proposal>,
    /// Pages of the document, whether they were read or not.
    pub pages: u32,
    /// Pages (from 0) that are pictures and that no program read.
    pub unread: Vec<u32>,
    /// Pages (from 0) that were read by optical recognition.
    pub recognised: Vec<u32>,
    /// What those pages say, for search.
    pub recognised_text: String,
    /// Why pages are unread, if some are that should have been read.
    pub not_read: Option<NotRead>,
}

/// Who knows the agencies of the country by their names.
pub trait Agencies {
    /// Agencies in whose names all of `words` occur; the best first, a few only.
    fn named(&self, words: &str) -> Vec<Agency>;
}

/// Nobody: for a file that is read outside an office.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoAgencies;

impl Agencies for NoAgencies {
    fn named(&self, _words: &str) -> Vec<Agency> {
        Vec::new()
    }
}

impl Agencies for [Agency] {
    fn named(&self, words: &str) -> Vec<Agency> {
        let words = crate::domain::text::fold(words);
        let holds = |agency: &&Agency| {
            let name = crate::domain::text::fold(&agency.name);
            words.split_whitespace().all(|word| name.split_whitespace().any(|said| said == word))
        };
        self.iter().filter(holds).take(20).cloned().collect()
    }
}

impl Reading {
    pub fn proposal(&self, field: Field) -> Option<&Proposal> {
        self.proposals.iter().find(|proposal| proposal.field == field)
    }

    /// Whether nothing of the first page could be read, so that silence means nothing.
    pub fn is_blind(&self) -> bool {
        self.unread.contains(&0)
    }

    /// Puts every value of at least `threshold` into `metadata` where it says nothing yet,
    /// and tells which fields those were.
    pub fn fill(&self, metadata: &mut Metadata, threshold: f32) -> Vec<Field> {
        let mut filled = Vec::new();
        for proposal in &self.proposals {
            let silent = proposal.field.stated(metadata).is_empty();
            if silent && proposal.confidence >= threshold && proposal.value.put(metadata) {
                filled.push(proposal.field);
            }
        }
        filled
    }
}

/// What nothing below is looked for: a scan's letters are never as sure as a file's.
const RECOGNISED_AT_BEST: f32 = 0.9;

/// Reads the fields off a document of `pages` pages. `sheets` may be fewer, in their order;
/// the first page is the one that matters most, then the last of the main text.
pub fn read<A: Agencies + ?Sized>(
    sheets: &[Sheet],
    pages: u32,
    profile: &Profile,
    agencies: &A,
) -> Reading {
    let mut found: Vec<Proposal> = Vec::new();
    if let Some(first) = sheets.iter().find(|sheet| sheet.page == 0) {
        let head = Head::of(first);
        found.extend(head::read(&head, profile, agencies));
        let notation = found.iter().find_map(|proposal| match &proposal.value {
            Value::Notation(notation) => Some(notation.clone()),
            _ => None,
        });
        found.extend(title::read(&head, profile, notation.as_deref()));
    }
    found.extend(foot::read(sheets));
    title::with_addressees(&mut found);
    if pages > 0 {
        found.push(Proposal {
            field: Field::Pages,
            value: Value::Pages(pages),
            spot: None,
            confidence: 1.0,
            why: vec![Reason::Counted],
        });
    }
    for proposal in &mut found {
        temper(proposal, sheets);
    }
    let mut proposals: Vec<Proposal> = Vec::new();
    for field in Field::ALL {
        let of = found.iter().filter(|proposal| proposal.field == field);
        proposals.extend(of.max_by(|a, b| a.confidence.total_cmp(&b.confidence)).cloned());
    }
    let from = |wanted: fn(&Origin) -> bool| {
        sheets.iter().filter(|sheet| wanted(&sheet.origin)).map(|sheet| sheet.page).collect()
    };
    Reading {
        proposals,
        pages,
        unread: from(|origin| matches!(origin, Origin::Unread)),
        recognised: from(|origin| matches!(origin, Origin::Recognised { .. })),
        recognised_text: String::new(),
        not_read: None,
    }
}

/// Brings a confidence into its bounds; what was recognised is less sure than what is said.
fn temper(proposal: &mut Proposal, sheets: &[Sheet]) {
    let page = proposal.spot.as_ref().map(|spot| spot.page);
    let origin = sheets.iter().find(|sheet| Some(sheet.page) == page).map(|sheet| sheet.origin);
    if let Some(Origin::Recognised { certainty }) = origin {
        proposal.confidence *= RECOGNISED_AT_BEST * (0.5 + 0.5 * certainty.clamp(0.0, 1.0));
        proposal.why.push(Reason::Recognised);
    }
    let sane = proposal.confidence.is_finite();
    proposal.confidence = if sane { proposal.confidence.clamp(0.0, 1.0) } else { 0.0 };
}

/// Rectangles from the bottom left of a page to rectangles from its top left.
fn spot(sheet: &Sheet, rects: impl IntoIterator<Item = Rect>) -> Spot {
    let height = sheet.size.1;
    let turned = rects.into_iter().map(|rect| Rect { y: height - rect.top(), ..rect });
    Spot { page: sheet.page, rects: turned.collect() }
}

#[cfg(test)]
mod tests;
