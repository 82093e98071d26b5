//! Where signatures, number and date go on the page.
//!
//! Thông tư 01/2019/TT-BNV Điều 12 and 13; Nghị định 30/2020/NĐ-CP Phụ lục I, phần I, mục
//! II.7 d and II.8. The sizes are data of the rule profile.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{OfficeError, Placement};
use crate::domain::calendar;
use crate::domain::document::Signer;
use crate::domain::problem::Problem;
use crate::pdf::appearance::{Appearance, Line, RED, TextSide};
use crate::pdf::blanks::{SURE, find_issue_blanks, find_signature_block, seal_rect};
use crate::pdf::render::RenderedDocument;
use crate::pdf::structure::Source;
use crate::pdf::{POINTS_PER_MM, PdfError, Rect};
use crate::rules::Profile;
use crate::rules::facts::AppearanceLine;
use crate::signing::make::{Look, PageStamps};

/// A place: page from 0, and a rectangle in the page's user space.
pub type Place = (u32, Rect);

/// Where the personal signature goes: between position and full name. `None` when the text
/// does not tell it surely; then a person must choose.
pub fn personal(
    document: &RenderedDocument,
    signer: &Signer,
    profile: &Profile,
) -> Result<Option<Place>, PdfError> {
    let pages = texts(document)?;
    let block = find_signature_block(&pages, &signer.full_name, &signer.position);
    Ok(block
        .filter(|block| block.confidence >= SURE)
        .map(|block| (block.page, fitted(block.rect, profile))))
}

/// Where a signature goes whose signer's name is `text`; less sure than [`personal`], since
/// the position is not known.
pub fn above_text(
    document: &RenderedDocument,
    text: &str,
    profile: &Profile,
) -> Result<Option<Place>, PdfError> {
    let block = find_signature_block(&texts(document)?, text, "");
    Ok(block.map(|block| (block.page, fitted(block.rect, profile))))
}

/// Number and date in their blanks on the first page; what is written already stays.
pub fn number_and_date(
    document: &RenderedDocument,
    number: &str,
    date: Date,
) -> Result<Vec<PageStamps>, PdfError> {
    let blanks = find_issue_blanks(&document.text(0)?);
    // Days below ten and months one and two with a leading zero (mục II.4).
    let day = format!("{:02}", date.day());
    let month =
        if date.month() <= 2 { format!("{:02}", date.month()) } else { date.month().to_string() };
    let stamps = blanks.stamps(number, &day, &month, &date.year().to_string());
    Ok(if stamps.is_empty() { Vec::new() } else { vec![PageStamps { page: 1, stamps }] })
}

/// The look and the place of the seal: real size, over the left third of the personal
/// signature; under the rules of 2019 with the organisation's name and the time.
pub fn seal(
    source: &Source,
    placement: &Placement,
    profile: &Profile,
    organisation: &str,
    image: Option<Vec<u8>>,
    at: Timestamp,
) -> Result<Look, Problem> {
    let rule = profile.seal_geometry();
    let diameter = rule.diameter_mm * POINTS_PER_MM;
    let (page, rect) = match placement {
        Placement::At { page, rect } => (*page, *rect),
        _ => {
            let (page, signature) = visible_signature(source)?.ok_or(OfficeError::NoPlace)?;
            let sheet = source.page_geometry(page + 1)?.media;
            let seal = seal_rect(signature, diameter, sheet);
            // Words over words could not be read: a seal without an image stands beside.
            let beside = Rect { x: (signature.x - diameter).max(sheet.x), ..seal };
            (page, if image.is_some() { seal } else { beside })
        }
    };
    let mut lines: Vec<Line> = rule
        .lines
        .iter()
        .filter_map(|line| match line {
            AppearanceLine::Organisation => Some(organisation.to_owned()),
            AppearanceLine::SigningTime => Some(calendar::iso(at)),
            AppearanceLine::Code | AppearanceLine::CopyKind => None,
        })
        .map(|text| Line { colour: RED, ..Line::new(text, rule.size_pt) })
        .collect();
    if image.is_none() && lines.is_empty() {
        lines.push(Line { colour: RED, ..Line::new(organisation, 10.0) });
    }
    // The text stands under the seal, which keeps its real size.
    let below = if image.is_some() { lines.len() as f32 * rule.size_pt * 1.25 } else { 0.0 };
    let rect = Rect { y: rect.y - below, height: rect.height + below, ..rect };
    let appearance = Appearance { image, lines, side: TextSide::Below, ..Appearance::default() };
    Ok(Look::Visible { page: page + 1, rect, appearance })
}

/// The latest visible signature of a document.
fn visible_signature(source: &Source) -> Result<Option<Place>, PdfError> {
    let fields = source.signature_fields()?;
    let visible = fields.iter().rev().filter(|field| field.value.is_some()).find_map(|field| {
        let rect = field.rect.filter(|rect| rect.width > 1.0 && rect.height > 1.0)?;
        Some((field.id, rect))
    });
    let Some((field, rect)) = visible else { return Ok(None) };
    for page in 1..=source.page_count()? {
        let (_, dictionary) = source.page(page)?;
        let annotations = source.member_array(&dictionary, b"Annots")?.unwrap_or_default();
        if annotations.iter().any(|one| one.as_reference().is_ok_and(|id| id == field)) {
            return Ok(Some((page - 1, rect)));
        }
    }
    Ok(None)
}

fn texts(document: &RenderedDocument) -> Result<Vec<crate::pdf::text::PageText>, PdfError> {
    // A signature stands at the end of the main text; annexes behind it may be long, but
    // nobody signs on page three hundred.
    const PAGES: usize = 300;
    (0..document.pages().len().min(PAGES)).map(|page| document.text(page as u32)).collect()
}

/// The signature's image in its room, no larger than the profile's size.
fn fitted(room: Rect, profile: &Profile) -> Rect {
    let rule = &profile.signatures().personal;
    let width = room.width.min(rule.width_mm * POINTS_PER_MM);
    let height = room.height.min(rule.height_mm * POINTS_PER_MM);
    Rect {
        x: room.x + (room.width - width) / 2.0,
        y: room.y + (room.height - height) / 2.0,
        width,
        height,
    }
}
