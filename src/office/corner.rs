//! The organisation's signature in the top right corner of a first page.
//!
//! An annex that is a file of its own, a scanned inbound document and an electronic copy
//! (sao y, sao lục, trích sao) carry it there: since Nghị định 30/2020/NĐ-CP without an
//! image, a few lines in Times New Roman 10, upright, black (Phụ lục I, phần I, mục II.8;
//! ô 14); under Thông tư 01/2019/TT-BNV a scan shows the seal with name and time. Which, is
//! data of the rule profile.

use jiff::Timestamp;

use super::OfficeError;
use super::place::{StampImage, visible_signatures};
use crate::domain::calendar;
use crate::domain::problem::Problem;
use crate::pdf::appearance::{Appearance, Line, TextSide, picture_rect};
use crate::pdf::structure::Source;
use crate::pdf::{POINTS_PER_MM, PdfError, Rect};
use crate::rules::facts::{AppearanceLine, CornerSignature};
use crate::signing::make::Look;

/// What the lines may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Words<'a> {
    /// Number and notation of the document, such as `07/QĐ-UBND`.
    pub code: &'a str,
    pub organisation: &'a str,
    /// `SAO Y`, `SAO LỤC`, `TRÍCH SAO`.
    pub copy_kind: &'a str,
}

impl Words<'_> {
    /// The texts of a rule's lines; a line without a text is left out.
    pub fn lines(&self, rule: &CornerSignature, at: Timestamp) -> Vec<Line> {
        let text = |line: &AppearanceLine| match line {
            AppearanceLine::Code => self.code.to_owned(),
            AppearanceLine::Organisation => self.organisation.to_owned(),
            AppearanceLine::CopyKind => self.copy_kind.to_owned(),
            AppearanceLine::SigningTime => calendar::iso(at),
        };
        let texts = rule.lines.iter().map(text).filter(|text| !text.is_empty());
        texts.map(|text| Line::new(text, rule.size_pt)).collect()
    }
}

/// The look and the place of a signature in the corner of page 1, just as large as its text
/// and, where the rule shows one, its image. It goes under what signatures stand there.
pub fn look(
    source: &Source,
    rule: &CornerSignature,
    words: &Words<'_>,
    image: Option<StampImage<'_>>,
    at: Timestamp,
) -> Result<Look, Problem> {
    let image = image.filter(|_| rule.image);
    let appearance = Appearance {
        image: image.map(|image| image.png.to_vec()),
        lines: words.lines(rule, at),
        side: TextSide::Below,
        ..Appearance::default()
    };
    let mut size = (appearance.text_width(), appearance.text_height());
    if let Some(image) = image {
        let side = image.width_mm * POINTS_PER_MM;
        let drawn = picture_rect(image.png, Rect::new(0.0, 0.0, side, 10.0 * side))?;
        size = (size.0.max(drawn.width), size.1 + drawn.height);
    }
    if size.0 < 1.0 || size.1 < 1.0 {
        return Ok(Look::Invisible);
    }
    let geometry = source.page_geometry(1)?;
    let (width, height) = geometry.shown_points();
    let right = (width - rule.right_mm * POINTS_PER_MM).max(size.0.min(width));
    let top = height - rule.top_mm * POINTS_PER_MM;
    let mut rect = Rect::new(right - size.0, top - size.1, size.0, size.1);
    for taken in taken(source)? {
        if rect.intersection(&taken).is_some() {
            rect.y = taken.y - rect.height - 2.0;
        }
    }
    let user = geometry.user_from_points(rect);
    if !geometry.crop.holds(&user, 0.5) {
        return Err(OfficeError::OutsidePage(1).into());
    }
    Ok(Look::Visible { page: 1, rect: user, appearance })
}

/// The signatures of page 1 in points, the highest first.
fn taken(source: &Source) -> Result<Vec<Rect>, PdfError> {
    let geometry = source.page_geometry(1)?;
    let mut taken: Vec<Rect> = visible_signatures(source)?
        .into_iter()
        .filter(|(page, _)| *page == 0)
        .map(|(_, rect)| geometry.points_from_user(rect))
        .collect();
    taken.sort_by(|a, b| b.top().total_cmp(&a.top()));
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::layout::{compose, samples};
    use crate::pdf::appearance::{BLACK, demo_seal};
    use crate::pdf::font::Face;
    use crate::rules::Profile;

    fn at() -> Timestamp {
        "2026-11-23T15:04:05+07:00".parse().unwrap()
    }

    fn annex() -> Source {
        Source::parse(compose(&samples().swap_remove(0).sheet).unwrap().into()).unwrap()
    }

    #[test]
    fn an_annex_says_number_and_time_in_ten_points() {
        let profile = Profile::built_in("current").unwrap();
        let words = Words { code: "07/QĐ-UBND", organisation: "UBND", copy_kind: "" };
        let seal = demo_seal("Ủy ban nhân dân xã Tân Bình").unwrap();
        let image = Some(StampImage { png: &seal, width_mm: 36.0 });
        let rule = &profile.signatures().annex;
        let Look::Visible { page, rect, appearance } =
            look(&annex(), rule, &words, image, at()).unwrap()
        else {
            panic!("invisible")
        };
        assert_eq!(page, 1);
        assert_eq!(appearance.image, None, "no image (mục II.8)");
        let texts: Vec<_> = appearance.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["07/QĐ-UBND", "2026-11-23T15:04:05+07:00"]);
        for line in &appearance.lines {
            assert_eq!((line.size, line.face, line.colour), (10.0, Face::Serif, BLACK));
        }
        // In the top margin of an A4 page, to the right.
        assert!(rect.x > 400.0 && rect.right() < 595.0, "{rect:?}");
        assert!(rect.y > 841.0 - 20.0 * POINTS_PER_MM && rect.top() < 841.0, "{rect:?}");
    }

    #[test]
    fn a_scan_shows_the_seal_in_2019_and_words_since_2020() {
        let words =
            Words {
                code: "", organisation: "Ủy ban nhân dân xã Tân Bình", copy_kind: "SAO Y"
            };
        let seal = demo_seal("Ủy ban nhân dân xã Tân Bình").unwrap();
        let image = Some(StampImage { png: &seal, width_mm: 36.0 });
        let seen = |name: &str| {
            let profile = Profile::built_in(name).unwrap();
            let found = look(&annex(), &profile.signatures().copy, &words, image, at()).unwrap();
            let Look::Visible { rect, appearance, .. } = found else { panic!("invisible") };
            (rect, appearance)
        };
        let (rect, appearance) = seen("hau-giang-2019");
        assert!(appearance.image.is_some() && appearance.lines.len() == 2);
        let image = rect.height - appearance.text_height();
        assert!((image - 36.0 * POINTS_PER_MM).abs() < 0.1, "real size: {image}");
        let (_, appearance) = seen("current");
        let texts: Vec<_> = appearance.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["SAO Y", "Ủy ban nhân dân xã Tân Bình", "2026-11-23T15:04:05+07:00"]);
        assert_eq!(appearance.image, None);
    }
}
