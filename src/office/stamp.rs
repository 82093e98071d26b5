//! The arrival stamp (dấu "ĐẾN"), shown on the preview and printed on a copy, never written
//! into the signed file.
//!
//! Nghị định 30/2020/NĐ-CP Phụ lục IV: 35 x 50 mm with the agency's name, Số, Ngày, Chuyển,
//! Số và ký hiệu HS. A signed file is one whole: even an annotation behind the signature would
//! be a change that every checker reports. So what is printed is another file, made of pictures
//! of the pages, which says of itself on every page that it is a print.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Office, OfficeError};
use crate::domain::book::written;
use crate::domain::calendar;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::InboundDocument;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::i18n::{Lang, language};
use crate::pdf::appearance::{BLACK, RED};
use crate::pdf::compose::{Align, Drawing, Picture, Sheet, Stroke, sheets};
use crate::pdf::render::RenderedDocument;
use crate::pdf::{POINTS_PER_MM, Rect};
use crate::t;

/// Dots per inch of a print copy: what a laser printer shows of text, and a tenth of the
/// memory that 600 would take.
const DOTS: f32 = 200.0;

/// The stamp of one document.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrivalStamp {
    /// The stamp alone, on a page of its own size.
    pub pdf: Arc<[u8]>,
    /// Where it goes on page 1 as it is shown: points, origin at the top left, y downwards.
    pub place: Rect,
}

/// How far the stamp may be moved up or down from its place, in points: a hand would not set it
/// on a line of text that stands so near.
const NEAR: u8 = 20;

impl Office {
    /// The stamp of a registered inbound document; `None` for one that has no number yet.
    pub fn arrival_stamp(&self, key: DocumentKey) -> Result<Option<ArrivalStamp>, Problem> {
        let document = self.inbound_document(key)?;
        if document.registration.is_none() {
            return Ok(None);
        }
        let drawing = self.stamp_drawing(&document);
        let (width, height) = self.stamp_size();
        let sheet = Sheet { width, height, picture: None, drawings: vec![drawing] };
        let page = std::iter::once(Ok::<_, Problem>(sheet));
        let agency = &self.session().agency.name;
        let pdf = sheets(&t!("stamp-title"), agency, tag(), page)?;
        let opened = self.renderer()?.open(self.main_file(key)?)?;
        Ok(Some(ArrivalStamp { pdf: pdf.into(), place: self.stamp_place(&opened)? }))
    }

    /// A copy to be printed: the pages as pictures, with the stamp on the first if `stamped`,
    /// and a line at the foot of each that says what it is. The document itself is read only.
    pub fn print_copy(&self, key: DocumentKey, stamped: bool) -> Result<Vec<u8>, Problem> {
        let actor = self.actor(Act::ViewQueues)?;
        let inbound = self.store().inbound(&key)?;
        let registered = inbound.as_ref().filter(|document| document.registration.is_some());
        let stamp = match (stamped, registered) {
            (false, _) => None,
            (true, Some(document)) => Some(self.stamp_drawing(document)),
            (true, None) => return Err(OfficeError::NotRegistered.into()),
        };
        let opened = self.renderer()?.open(self.main_file(key)?)?;
        let place = match &stamp {
            Some(_) => Some(self.stamp_place(&opened)?),
            None => None,
        };
        let now = calendar::local(Timestamp::now()).strftime("%d/%m/%Y %H:%M").to_string();
        let said = t!("stamp-print-copy", time = now, user = self.session().display_name);
        let count = u32::try_from(opened.pages().len()).unwrap_or(u32::MAX);
        let pages = (0..count).map(|index| {
            let mut sheet = pictured(&opened, index)?;
            sheet.drawings.push(foot(&said, sheet.width, sheet.height));
            if let (0, Some(stamp), Some(place)) = (index, &stamp, place) {
                sheet.drawings.push(Drawing { x: place.x, y: place.y, ..stamp.clone() });
            }
            Ok::<_, Problem>(sheet)
        });
        let copy = sheets(&t!("stamp-print-title"), &self.session().agency.name, tag(), pages)?;
        // Nghị định 30/2020/NĐ-CP Phụ lục VI, phần I: printed copies are counted.
        self.store().log_access(&actor.user, &key, "print")?;
        Ok(copy)
    }

    /// Width and height in points.
    fn stamp_size(&self) -> (f32, f32) {
        let rule = self.profile().arrival_stamp();
        (rule.width_mm * POINTS_PER_MM, rule.height_mm * POINTS_PER_MM)
    }

    /// The profile's first place where nothing stands; where all are taken, the one where the
    /// stamp covers least, moved a little if it covers less there.
    fn stamp_place(&self, opened: &RenderedDocument) -> Result<Rect, Problem> {
        let (width, height) = self.stamp_size();
        let Some(page) = opened.pages().first().copied() else {
            return Ok(Rect::new(0.0, 0.0, width, height));
        };
        let geometry = opened.geometry(0)?;
        let text = opened.text(0)?;
        let ink: Vec<Rect> = text
            .chars
            .iter()
            .filter(|glyph| !glyph.ch.is_whitespace())
            .map(|glyph| geometry.to_shown(glyph.rect))
            .collect();
        let at = |x: f32, y: f32| {
            let x = x.min(page.width - width).max(0.0);
            let y = y.min(page.height - height).max(0.0);
            Rect::new(x, y, width, height)
        };
        let places = self.profile().arrival_stamp().places_mm.iter();
        let places = places.map(|[left, top]| at(left * POINTS_PER_MM, top * POINTS_PER_MM));
        let covered =
            |place: &Rect| ink.iter().filter(|glyph| place.intersection(glyph).is_some()).count();
        let best = places.min_by_key(covered).unwrap_or(Rect::new(0.0, 0.0, width, height));
        // Nearest first; of those that cover as little the first is taken.
        let near = (0..=NEAR).map(f32::from).flat_map(|far| [-far, far]);
        let moved = near.map(|far| at(best.x, best.y + far)).min_by_key(covered);
        Ok(moved.unwrap_or(best))
    }

    fn stamp_drawing(&self, document: &InboundDocument) -> Drawing {
        let (width, height) = self.stamp_size();
        let mut strokes = Drawing::frame(width, height, 1.0).to_vec();
        let (head, middle) = (height * 0.28, height * 0.64);
        let left = width * 0.34;
        let line = |x, y, width, height| Stroke::Line(Rect::new(x, y, width, height));
        strokes.push(line(0.0, head, width, 0.7));
        strokes.push(line(0.0, middle, width, 0.7));
        strokes.push(line(left, head, 0.7, middle - head));
        let words = |x: f32, baseline: f32, width: f32, align, bold, size, text: String| {
            Stroke::Words { x, baseline, width, align, bold, size, text }
        };
        let inner = width - 8.0;
        let agency = self.session().agency.name.to_uppercase();
        strokes.push(words(4.0, head * 0.62, inner, Align::Centre, true, 9.0, agency));
        let arrived = t!("stamp-arrived");
        let baseline = head + (middle - head) * 0.64;
        strokes.push(words(2.0, baseline, left - 4.0, Align::Centre, true, 15.0, arrived));
        let (number, day) = match &document.registration {
            Some(registration) => (
                written(&registration.book.series, registration.arrival_number),
                registration.arrival_date.strftime("%d/%m/%Y").to_string(),
            ),
            None => (String::new(), String::new()),
        };
        let beside = width - left - 8.0;
        let row = (middle - head) / 2.0;
        let number = t!("stamp-number", number = number);
        strokes.push(words(
            left + 4.0,
            head + row * 0.72,
            beside,
            Align::Left,
            false,
            10.0,
            number,
        ));
        let day = t!("stamp-day", day = day);
        let baseline = head + row * 1.68;
        strokes.push(words(left + 4.0, baseline, beside, Align::Left, false, 10.0, day));
        let to = document.assignment.as_ref().map(|assigned| self.display_name(&assigned.user));
        let to = t!("stamp-passed-to", to = to.unwrap_or_default());
        let row = (height - middle) / 2.0;
        strokes.push(words(4.0, middle + row * 0.74, inner, Align::Left, false, 10.0, to));
        let record = t!("stamp-record");
        strokes.push(words(4.0, middle + row * 1.68, inner, Align::Left, false, 10.0, record));
        Drawing { x: 0.0, y: 0.0, colour: RED, strokes }
    }
}

pub(super) fn tag() -> &'static str {
    match language() {
        Lang::Vi => "vi-VN",
        Lang::En => "en-GB",
    }
}

pub(super) fn pictured(opened: &RenderedDocument, index: u32) -> Result<Sheet, Problem> {
    let bitmap = opened.page(index, DOTS / 72.0)?;
    let page = opened.pages().get(index as usize);
    let (width, height) = page.map_or((595.0, 842.0), |page| (page.width, page.height));
    let rgb = bitmap.rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]);
    let picture = Picture { width: bitmap.width, height: bitmap.height, rgb: rgb.collect() };
    Ok(Sheet { width, height, picture: Some(picture), drawings: Vec::new() })
}

/// The line at the foot of a printed page.
fn foot(said: &str, width: f32, height: f32) -> Drawing {
    let words = Stroke::Words {
        x: 20.0,
        baseline: 0.0,
        width: (width - 40.0).max(20.0),
        align: Align::Centre,
        bold: false,
        size: 8.0,
        text: said.to_owned(),
    };
    Drawing { x: 0.0, y: height - 10.0, colour: BLACK, strokes: vec![words] }
}
