//! Where signatures go on the page.
//!
//! Thông tư 01/2019/TT-BNV Điều 12 and 13; Nghị định 30/2020/NĐ-CP Phụ lục I, phần I, mục
//! II.7 d and II.8. The sizes are data of the rule profile.
//!
//! All of it is worked out on the page as it is shown, in points: rotation, crop and units
//! of the page are undone first and put back at the end, so that A3, landscape and turned
//! pages are no cases of their own. What is found is a *proposal* with a confidence; the
//! window shows it and lets people drag it, and below [`SURE`], or where anything speaks against
//! it, nothing is signed that nobody has looked at.

use jiff::Timestamp;

use super::{Office, OfficeError, Placement};
use crate::domain::document::{DocumentKey, Signer};
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::pdf::appearance::picture_rect;
use crate::pdf::blanks::{Doubt, SURE, Signatory, SignatureBlock, find_signature_blocks};
use crate::pdf::render::RenderedDocument;
use crate::pdf::structure::{PageGeometry, Source};
use crate::pdf::text::PageText;
use crate::pdf::{POINTS_PER_MM, PdfError, Rect};
use crate::rules::Profile;
use crate::t;

mod seal;

use seal::Seal;
pub use seal::seal;

/// Pages whose text is read. A signature stands at the end of the main text; annexes behind it
/// may be long, but nobody signs on page three hundred.
pub(super) const TEXT_PAGES: usize = 300;

/// A place: page from 0, and a rectangle in the page's user space.
pub type Place = (u32, Rect);

/// A place that the office proposes for a signature.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceProposal {
    /// Counted from 0.
    pub page: u32,
    /// In the page's user space: what [`Placement::At`] takes.
    pub rect_user: Rect,
    /// In points from the **top left** of the page as it is shown, y downwards.
    pub rect_shown: Rect,
    /// Width and height of the page as it is shown, in points.
    pub page_shown: (f32, f32),
    /// 0 (a guess) to 1.
    pub confidence: f32,
    /// Whether it may be used without asking, there being no doubt; [`Placement::Automatic`]
    /// does just then.
    pub sure: bool,
    /// Why it is not, each a sentence in the language in force.
    pub why: Vec<String>,
}

/// An image of a stamp and its real width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StampImage<'a> {
    pub png: &'a [u8],
    pub width_mm: f32,
}

impl Office {
    /// Where the signature of `kind` on a document's main file may go: the best place first,
    /// never empty. A place that is not `sure` is to be shown and moved before signing.
    pub fn propose_place(
        &self,
        key: DocumentKey,
        kind: SignatureKind,
    ) -> Result<Vec<PlaceProposal>, Problem> {
        let document = self.outbound_document(key)?;
        let main = super::sign::main_file(&document.files).ok_or_else(|| Self::missing(key))?;
        let source = Source::parse(self.file(main)?)?;
        match kind {
            SignatureKind::Personal => {
                let rendered = self.renderer()?.open_source(&source)?;
                let signer = &document.metadata.signer;
                Ok(personal(&source, &rendered, signer, self.profile())?)
            }
            SignatureKind::Organisation => {
                let image = self.seal_image()?;
                let seal = self.seal_to_place(image.as_deref())?;
                Ok(vec![seal.propose(&source, self.profile())?])
            }
        }
    }

    /// The placement for a rectangle that was dragged on the page as it is shown: points from
    /// its top left, as in [`PlaceProposal::rect_shown`]. Refused where no signature may be.
    pub fn place_at(
        &self,
        key: DocumentKey,
        kind: SignatureKind,
        page: u32,
        rect_shown: Rect,
    ) -> Result<Placement, Problem> {
        let document = self.outbound_document(key)?;
        let main = super::sign::main_file(&document.files).ok_or_else(|| Self::missing(key))?;
        let source = Source::parse(self.file(main)?)?;
        let geometry = source.page_geometry(page + 1)?;
        let rect = geometry.user_from_points(turned_over(rect_shown, &geometry));
        match kind {
            SignatureKind::Personal => check(&source, page, rect, kind)?,
            SignatureKind::Organisation => {
                let image = self.seal_image()?;
                self.seal_to_place(image.as_deref())?.check(&source, page, rect)?;
            }
        }
        Ok(Placement::At { page, rect })
    }

    fn seal_to_place(&self, png: Option<&[u8]>) -> Result<Seal, Problem> {
        let (office, image) = (&self.session().agency.name, self.seal_stamp(png)?);
        Ok(Seal::new(self.profile(), office, image, Timestamp::now())?)
    }

    /// The seal's image with its real size: the setting, else the profile's.
    pub(super) fn seal_stamp<'a>(
        &self,
        png: Option<&'a [u8]>,
    ) -> Result<Option<StampImage<'a>>, Problem> {
        let Some(png) = png else { return Ok(None) };
        let width_mm = self.seal_size_mm()?.unwrap_or(self.profile().seal_geometry().diameter_mm);
        Ok(Some(StampImage { png, width_mm }))
    }
}

/// The places where the personal signature may go, the best first: between position and full
/// name. Never empty: where the text tells nothing, the usual place is proposed, unsure.
pub fn personal(
    source: &Source,
    document: &RenderedDocument,
    signer: &Signer,
    profile: &Profile,
) -> Result<Vec<PlaceProposal>, PdfError> {
    let pages = texts(source, document)?;
    let signatory = Signatory {
        full_name: &signer.full_name,
        position: &signer.position,
        authority: &signer.competence,
    };
    let blocks = find_signature_blocks(&pages, &signatory);
    if blocks.is_empty() {
        let silent = pages.iter().all(|page| page.chars.is_empty());
        let doubt = if silent { Doubt::NoText } else { Doubt::NoName };
        let (page, rect) = fallback(source, profile)?;
        return Ok(vec![proposal(source, page, rect, 0.0, &[doubt])?]);
    }
    blocks.iter().map(|block| from_block(source, block, profile)).collect()
}

/// Where a signature goes whose signer's name is `text`, by that name alone: the position is
/// not known, but one must be set above it, with room between, and at one place only.
///
/// # Errors
/// [`OfficeError::NoPlace`] with what speaks against the place, and [`check`]'s.
pub fn above_text(
    source: &Source,
    document: &RenderedDocument,
    text: &str,
    profile: &Profile,
) -> Result<Place, Problem> {
    let signatory = Signatory { full_name: text, ..Signatory::default() };
    let blocks = find_signature_blocks(&texts(source, document)?, &signatory);
    let unsure = |doubts: &[Doubt]| {
        let why = doubts.iter().map(|doubt| doubt.sentence());
        OfficeError::NoPlace(why.chain([t!("office-place-give")]).collect::<Vec<_>>().join(" "))
    };
    let block = blocks.first().ok_or_else(|| unsure(&[Doubt::NoName]))?;
    if !block.doubts.is_empty() {
        return Err(unsure(&block.doubts).into());
    }
    let found = from_block(source, block, profile)?;
    check(source, found.page, found.rect_user, SignatureKind::Personal)?;
    Ok((found.page, found.rect_user))
}

/// The rectangle of just the size of the image inside `place`, so that no empty border
/// stands around it and the seal is placed against the image.
pub fn fitted_to_image(
    source: &Source,
    (page, rect): Place,
    png: &[u8],
) -> Result<Place, PdfError> {
    let geometry = source.page_geometry(page + 1)?;
    let fitted = picture_rect(png, geometry.points_from_user(rect))?;
    Ok((page, geometry.user_from_points(fitted)))
}

/// Refuses a place that is not wholly on the page, or that covers an earlier signature: a
/// personal one none at all, the seal no more than half of one (it is to cover a third).
pub fn check(source: &Source, page: u32, rect: Rect, kind: SignatureKind) -> Result<(), Problem> {
    may_stand(source, page, rect, &[rect], kind)
}

/// The same for a rectangle of which only `drawn` covers what is under it.
fn may_stand(
    source: &Source,
    page: u32,
    rect: Rect,
    drawn: &[Rect],
    kind: SignatureKind,
) -> Result<(), Problem> {
    let number = page.saturating_add(1);
    let geometry = source.page_geometry(number)?;
    let sane = [rect.x, rect.y, rect.width, rect.height].iter().all(|n| n.is_finite())
        && rect.width > 0.0
        && rect.height > 0.0;
    if !sane || !geometry.crop.holds(&rect, 0.5) {
        return Err(OfficeError::OutsidePage(number).into());
    }
    let most = match kind {
        SignatureKind::Personal => 0.02,
        SignatureKind::Organisation => 0.5,
    };
    let taken = visible_signatures(source)
        .unwrap_or_default()
        .iter()
        .filter(|(there, _)| *there == page)
        .any(|(_, other)| {
            let shared = drawn.iter().filter_map(|part| part.intersection(other));
            shared.map(|shared| shared.area()).sum::<f32>() > most * other.area()
        });
    if taken { Err(OfficeError::PlaceTaken(number).into()) } else { Ok(()) }
}

/// Page and rectangle of every visible signature of a document, in the order of its form.
pub(super) fn visible_signatures(source: &Source) -> Result<Vec<Place>, PdfError> {
    let fields = source.signature_fields()?;
    let visible: Vec<_> = fields
        .iter()
        .filter(|field| field.value.is_some())
        .filter_map(|field| {
            let rect = field.rect.filter(|rect| rect.width > 1.0 && rect.height > 1.0)?;
            Some((field.id, rect))
        })
        .collect();
    if visible.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = vec![None; visible.len()];
    for page in 1..=source.page_count()? {
        let (_, dictionary) = source.page(page)?;
        let annotations = source.member_array(&dictionary, b"Annots")?.unwrap_or_default();
        for (place, (id, rect)) in found.iter_mut().zip(&visible) {
            if annotations.iter().any(|one| one.as_reference().is_ok_and(|one| one == *id)) {
                place.get_or_insert((page - 1, *rect));
            }
        }
    }
    Ok(found.into_iter().flatten().collect())
}

/// The text of the pages as they are shown, in points.
pub(super) fn texts(
    source: &Source,
    document: &RenderedDocument,
) -> Result<Vec<PageText>, PdfError> {
    let pages = document.pages().len().min(TEXT_PAGES).min(source.page_count()? as usize);
    (0..pages as u32)
        .map(|page| Ok(document.text(page)?.shown(&source.page_geometry(page + 1)?)))
        .collect()
}

fn from_block(
    source: &Source,
    block: &SignatureBlock,
    profile: &Profile,
) -> Result<PlaceProposal, PdfError> {
    let geometry = source.page_geometry(block.page + 1)?;
    let rect = inside(fitted(block.rect, profile), &geometry);
    let user = geometry.user_from_points(rect);
    let mut found = proposal(source, block.page, user, block.confidence, &block.doubts)?;
    // A place that is taken already is no place.
    let free = check(source, block.page, user, SignatureKind::Personal).is_ok();
    found.sure = free && block.is_sure();
    Ok(found)
}

/// The usual place: to the right, in the lower third of the last page.
fn fallback(source: &Source, profile: &Profile) -> Result<Place, PdfError> {
    let page = source.page_count()?.max(1);
    let geometry = source.page_geometry(page)?;
    let (width, height) = geometry.shown_points();
    let room = Rect::new(width * 0.5, height * 0.2, width * 0.45, height * 0.12);
    let rect = inside(fitted(room, profile), &geometry);
    Ok((page - 1, geometry.user_from_points(rect)))
}

fn proposal(
    source: &Source,
    page: u32,
    rect_user: Rect,
    confidence: f32,
    doubts: &[Doubt],
) -> Result<PlaceProposal, PdfError> {
    let geometry = source.page_geometry(page + 1)?;
    Ok(PlaceProposal {
        page,
        rect_user,
        rect_shown: turned_over(geometry.points_from_user(rect_user), &geometry),
        page_shown: geometry.shown_points(),
        confidence,
        sure: confidence >= SURE && doubts.is_empty(),
        why: doubts.iter().map(|doubt| doubt.sentence()).collect(),
    })
}

/// From points with the origin at the bottom left to points with the origin at the top left,
/// and back.
fn turned_over(rect: Rect, geometry: &PageGeometry) -> Rect {
    let (_, height) = geometry.shown_points();
    Rect { y: height - rect.y - rect.height, ..rect }
}

/// Moved onto the page where it reaches over an edge.
fn inside(rect: Rect, geometry: &PageGeometry) -> Rect {
    let (width, height) = geometry.shown_points();
    Rect {
        x: rect.x.clamp(0.0, (width - rect.width).max(0.0)),
        y: rect.y.clamp(0.0, (height - rect.height).max(0.0)),
        width: rect.width.min(width),
        height: rect.height.min(height),
    }
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

impl Doubt {
    /// For people, in the language in force.
    pub fn sentence(self) -> String {
        match self {
            Self::NoText => t!("office-place-no-text"),
            Self::NoName => t!("office-place-no-name"),
            Self::NoRoom => t!("office-place-no-room"),
            Self::NoPosition => t!("office-place-no-position"),
            Self::OtherPosition => t!("office-place-other-position"),
            Self::Several => t!("office-place-several"),
        }
    }
}
