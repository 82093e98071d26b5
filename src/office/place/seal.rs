//! The seal: its image in real size and, by the rules of 2019, the organisation's name and the
//! time under it.
//!
//! Both are one rectangle, which is worked out first and then put on the page, so that neither
//! leaves it and what is proposed is what is drawn.

use jiff::Timestamp;

use super::{
    Doubt, Place, PlaceProposal, StampImage, inside, may_stand, proposal, visible_signatures,
};
use crate::domain::calendar;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::office::{OfficeError, Placement};
use crate::pdf::appearance::{Appearance, Line, RED, TextSide, picture_rect};
use crate::pdf::blanks::seal_rect;
use crate::pdf::structure::{PageGeometry, Source};
use crate::pdf::{POINTS_PER_MM, PdfError, Rect};
use crate::rules::Profile;
use crate::rules::facts::AppearanceLine;
use crate::signing::make::Look;

/// The look and the place of the seal: real size, over the left third of the personal
/// signature; under the rules of 2019 with the organisation's name and the time.
///
/// A place that is given is that of all of it, as [`Office::propose_place`] proposes it.
///
/// [`Office::propose_place`]: crate::office::Office::propose_place
pub fn seal(
    source: &Source,
    placement: &Placement,
    profile: &Profile,
    organisation: &str,
    image: Option<StampImage<'_>>,
    at: Timestamp,
) -> Result<Look, Problem> {
    let seal = Seal::new(profile, organisation, image, at)?;
    let (page, rect) = match placement {
        Placement::At { page, rect } => (*page, *rect),
        _ => seal
            .beside_signature(source, profile)?
            .ok_or_else(|| OfficeError::NoPlace(Doubt::NoName.sentence()))?,
    };
    seal.check(source, page, rect)?;
    Ok(Look::Visible { page: page + 1, rect, appearance: seal.appearance })
}

/// A seal that has no place yet.
pub(super) struct Seal {
    appearance: Appearance,
    /// Width and height of the image, or of the room for the words alone, in points.
    core: (f32, f32),
}

impl Seal {
    pub(super) fn new(
        profile: &Profile,
        organisation: &str,
        image: Option<StampImage<'_>>,
        at: Timestamp,
    ) -> Result<Self, PdfError> {
        let rule = profile.seal_geometry();
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
        let mm = image.map_or(rule.diameter_mm, |image| image.width_mm);
        let side = mm * POINTS_PER_MM;
        let core = match image {
            // As wide as the real stamp; its height follows from the image.
            Some(image) => {
                let drawn = picture_rect(image.png, Rect::new(0.0, 0.0, side, 10.0 * side))?;
                (drawn.width, drawn.height)
            }
            None => (side, side),
        };
        let appearance = Appearance {
            image: image.map(|image| image.png.to_vec()),
            lines,
            side: TextSide::Below,
            ..Appearance::default()
        };
        Ok(Self { appearance, core })
    }

    /// Where it is proposed to go: against the personal signature, else in the usual place.
    pub(super) fn propose(
        &self,
        source: &Source,
        profile: &Profile,
    ) -> Result<PlaceProposal, PdfError> {
        let found = self.beside_signature(source, profile)?;
        let (page, rect) = match found {
            Some(found) => found,
            None => self.usual_place(source)?,
        };
        let doubts: &[Doubt] = if found.is_some() { &[] } else { &[Doubt::NoName] };
        let confidence = f32::from(u8::from(found.is_some()));
        let mut proposal = proposal(source, page, rect, confidence, doubts)?;
        proposal.sure &= self.check(source, page, rect).is_ok();
        Ok(proposal)
    }

    /// Refuses a place that is not wholly on the page, or where image or words would cover more
    /// than half of an earlier signature.
    pub(super) fn check(&self, source: &Source, page: u32, rect: Rect) -> Result<(), Problem> {
        let geometry = source.page_geometry(page.saturating_add(1))?;
        let drawn = self.drawn(geometry.points_from_user(rect))?;
        let drawn: Vec<Rect> =
            drawn.into_iter().map(|part| geometry.user_from_points(part)).collect();
        may_stand(source, page, rect, &drawn, SignatureKind::Organisation)
    }

    /// What of `room` the image and the words take, both in points.
    fn drawn(&self, room: Rect) -> Result<Vec<Rect>, PdfError> {
        let Some(png) = self.appearance.image.as_deref() else { return Ok(vec![room]) };
        // A room that is no rectangle is refused as being outside the page.
        if self.appearance.lines.is_empty() || !(room.width > 0.0 && room.height > 0.0) {
            return Ok(vec![room]);
        }
        let below = self.appearance.text_height().min(room.height * 0.6);
        let wide = self.appearance.text_width().min(room.width);
        let spare = (room.width - wide) / 2.0;
        let above = Rect { y: room.y + below, height: room.height - below, ..room };
        let words = Rect::new(room.x + spare, room.y, wide, below);
        Ok(vec![picture_rect(png, above)?, words])
    }

    /// All of it around the image at `core`, kept on the page, in points.
    fn around(&self, core: Rect, geometry: &PageGeometry) -> Rect {
        if self.appearance.image.is_none() {
            return inside(core, geometry);
        }
        // The words stand under the seal, which keeps its real size.
        let below = self.appearance.text_height();
        let wide = self.appearance.text_width().max(core.width);
        let spare = (wide - core.width) / 2.0;
        let all = Rect::new(core.x - spare, core.y - below, wide, core.height + below);
        inside(all, geometry)
    }

    /// Where it belongs with regard to the last visible signature, in user space.
    fn beside_signature(
        &self,
        source: &Source,
        profile: &Profile,
    ) -> Result<Option<Place>, PdfError> {
        let Some((page, signature)) = visible_signatures(source)?.pop() else { return Ok(None) };
        let geometry = source.page_geometry(page + 1)?;
        let (width, height) = geometry.shown_points();
        let sheet = Rect::new(0.0, 0.0, width, height);
        let signature = geometry.points_from_user(signature);
        let covered = seal_rect(signature, self.core, profile.seal_geometry().covers, sheet);
        // Words over words could not be read: a seal without an image stands beside.
        let core = match self.appearance.image {
            Some(_) => covered,
            None => Rect { x: (signature.x - self.core.0).max(sheet.x), ..covered },
        };
        Ok(Some((page, geometry.user_from_points(self.around(core, &geometry)))))
    }

    /// To the right, in the lower third of the last page.
    fn usual_place(&self, source: &Source) -> Result<Place, PdfError> {
        let page = source.page_count()?.max(1);
        let geometry = source.page_geometry(page)?;
        let (width, height) = geometry.shown_points();
        let core = Rect {
            x: width * 0.725 - self.core.0 / 2.0,
            y: height * 0.26 - self.core.1 / 2.0,
            width: self.core.0,
            height: self.core.1,
        };
        Ok((page - 1, geometry.user_from_points(self.around(core, &geometry))))
    }
}
