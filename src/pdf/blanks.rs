//! Finds, in the text of a draft, where number and date are to be written and where the
//! signatures belong. Pure functions over [`PageText`].
//!
//! - `Số:      /QĐ-UBND` and `Tân Bình, ngày    tháng    năm 2026`, with room or with dots
//!   between the words (Nghị định 30/2020/NĐ-CP, Phụ lục I, phần I, mục II.3 and II.4).
//! - The personal signature stands between the signer's position and full name, centred
//!   (Thông tư 01/2019/TT-BNV Điều 12; Nghị định 30/2020/NĐ-CP Phụ lục I, mục II.7 d).
//! - The seal, at real size, covers about a third of it, to its left (Điều 13; mục II.8).
//!
//! The signature block comes with a confidence: the window shows the place and lets people
//! move it; what is below [`SURE`] is never signed without being looked at.

mod block;

pub use block::{SignatureBlock, find_signature_block, seal_rect};

use super::Rect;
use super::appearance::{BLACK, Stamp};
use super::font::Face;
use super::text::{Glyph, PageText, gap};

/// From here on a place may be used without asking.
pub const SURE: f32 = 0.75;

/// Diameter of an agency's round seal, in millimetres, where nothing else is known.
pub const SEAL_MM: f32 = 36.0;

/// Room for something that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blank {
    /// From the end of the word before to the beginning of the word after.
    pub rect: Rect,
    pub baseline: f32,
    /// Of the words around it.
    pub font_size: f32,
    /// Whether the blank is filled with dots.
    pub dotted: bool,
}

/// The blanks of a first page. What is written already is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct IssueBlanks {
    pub number: Option<Blank>,
    pub day: Option<Blank>,
    pub month: Option<Blank>,
    pub year: Option<Blank>,
}

impl IssueBlanks {
    /// Whether number, day and month can all be written.
    pub fn is_complete(&self) -> bool {
        self.number.is_some() && self.day.is_some() && self.month.is_some()
    }

    /// The stamps that fill the blanks: the number upright, the date in italics (mục II.3,
    /// II.4). All arguments are written as they are given.
    pub fn stamps(&self, number: &str, day: &str, month: &str, year: &str) -> Vec<Stamp> {
        [
            (self.number, number, Face::Serif),
            (self.day, day, Face::SerifItalic),
            (self.month, month, Face::SerifItalic),
            (self.year, year, Face::SerifItalic),
        ]
        .into_iter()
        .filter_map(|(blank, text, face)| Some(blank?.stamp(text, face)))
        .collect()
    }
}

impl Blank {
    /// Text in the middle of the blank, smaller if it would not fit.
    pub fn stamp(&self, text: &str, face: Face) -> Stamp {
        let natural = face.width(text, self.font_size);
        let squeeze = (self.rect.width / natural.max(f32::MIN_POSITIVE)).min(1.0);
        let size = self.font_size * squeeze;
        let x = self.rect.x + (self.rect.width - natural * squeeze) / 2.0;
        // Over dots the text stands a little higher, so that it can be read.
        let baseline = self.baseline + if self.dotted { 0.12 * size } else { 0.0 };
        Stamp { text: text.to_owned(), face, size, colour: BLACK, x, baseline }
    }
}

/// Looks for the blanks of number and date on the first page of a draft.
///
/// Both stand at the head, at one height: a date in the text below is never taken for one.
pub fn find_issue_blanks(page: &PageText) -> IssueBlanks {
    let rows = page.rows();
    let head = || rows.iter().take(HEAD_ROWS);
    let height = |row: &Vec<Glyph>| row.first().map(|glyph| glyph.baseline);
    let anchor = head().find(|row| position(row, 0, "Số").is_some()).and_then(height);
    let number = head().find_map(|row| number_blank(row));
    let beside = head().filter(|row| match (anchor, height(row)) {
        (Some(anchor), Some(y)) => (anchor - y).abs() <= BESIDE,
        _ => anchor.is_none(),
    });
    let date = beside
        .map(|row| date_blanks(row))
        .find(|(day, month, year)| day.is_some() || month.is_some() || year.is_some());
    let (day, month, year) = date.unwrap_or_default();
    IssueBlanks { number, day, month, year }
}

/// Agency, number and abstract take no more rows than this.
const HEAD_ROWS: usize = 14;
/// Number and date stand on one line, or nearly.
const BESIDE: f32 = 30.0;

/// `Số:` (or `Số`) and `/` with nothing but room or dots between them.
fn number_blank(row: &[Glyph]) -> Option<Blank> {
    let colon = position(row, 0, "Số")? + 2;
    let colon = if row.get(colon)?.ch == ':' { colon + 1 } else { colon };
    let slash = row.iter().skip(colon).position(|g| !is_filler(g.ch))? + colon;
    if row.get(slash)?.ch != '/' {
        return None;
    }
    // A space is 0.25 em; less room than one digit needs is no blank.
    blank(row.get(colon - 1)?, row.get(slash)?, slash > colon, 0.4)
}

/// Blanks in `…, ngày … tháng … năm …`.
fn date_blanks(row: &[Glyph]) -> (Option<Blank>, Option<Blank>, Option<Blank>) {
    let nothing = (None, None, None);
    // The date follows the place and a comma; a date inside the text is not meant.
    let Some(day) = position(row, 0, ",ngày").map(|i| i + 5) else { return nothing };
    let Some(month) = position(row, day, "tháng") else { return nothing };
    let Some(year) = position(row, month, "năm") else { return nothing };
    let between = |from: usize, to: usize| {
        let filler = row.get(from..to)?.iter().all(|g| is_filler(g.ch));
        if !filler {
            return None;
        }
        blank(row.get(from.checked_sub(1)?)?, row.get(to)?, to > from, 0.7)
    };
    let end = year + 3;
    let written = row.get(end).is_some_and(|g| g.ch.is_ascii_digit());
    let year_blank = (!written).then(|| open_end(row, end)).flatten();
    (between(day, month), between(month + 5, year), year_blank)
}

/// The blank after the last word of a row: four digits wide, or as far as dots go.
fn open_end(row: &[Glyph], end: usize) -> Option<Blank> {
    let last = row.get(end.checked_sub(1)?)?;
    let dots = row.iter().skip(end).take_while(|g| is_filler(g.ch)).last();
    let x = last.rect.right() + 0.2 * last.size;
    let width = dots.map_or(2.2 * last.size, |dot| (dot.rect.right() - x).max(last.size));
    Some(Blank {
        rect: Rect::new(x, last.rect.y, width, last.rect.height),
        baseline: last.baseline,
        font_size: last.size,
        dotted: dots.is_some(),
    })
}

/// The room between two glyphs, if it is at least `least` ems wide.
fn blank(before: &Glyph, after: &Glyph, dotted: bool, least: f32) -> Option<Blank> {
    if gap(before, after) < least {
        return None;
    }
    let size = before.size.max(1.0);
    // Half a space stays free on either side.
    let air = 0.12 * size;
    let x = before.rect.right() + air;
    let width = after.rect.x - air - x;
    (width > 0.0).then_some(Blank {
        rect: Rect::new(x, before.rect.y, width, before.rect.height),
        baseline: before.baseline,
        font_size: size,
        dotted,
    })
}

/// What people put where a number will stand.
fn is_filler(c: char) -> bool {
    matches!(c, '.' | '…' | '_' | '·' | '‥' | '․')
}

/// Index in the row, from `from` on, where the characters of `word` stand.
fn position(row: &[Glyph], from: usize, word: &str) -> Option<usize> {
    let word: Vec<char> = word.chars().collect();
    let rest = row.get(from..)?;
    rest.windows(word.len())
        .position(|window| window.iter().zip(&word).all(|(glyph, c)| glyph.ch == *c))
        .map(|index| index + from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pdf::text::tests::set;

    fn head(number: &str, date: &str) -> PageText {
        let mut chars = set("ỦY BAN NHÂN DÂN", 90.0, 780.0, 13.0);
        chars.extend(set("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 270.0, 780.0, 13.0));
        chars.extend(set(number, 110.0, 740.0, 13.0));
        chars.extend(set(date, 310.0, 740.2, 13.0));
        chars.extend(set("Căn cứ Luật ngày 16 tháng 6 năm 2025, ngày   tháng", 90.0, 700.0, 14.0));
        PageText::new(chars)
    }

    #[test]
    fn blanks_of_number_and_date_are_found() {
        let page = head("Số:         /QĐ-UBND", "Tân Bình, ngày      tháng      năm 2026");
        let blanks = find_issue_blanks(&page);
        assert!(blanks.is_complete());
        let number = blanks.number.unwrap();
        assert_eq!((number.baseline, number.font_size, number.dotted), (740.0, 13.0, false));
        let left = 110.0 + Face::Serif.width("Số:", 13.0);
        let right = left + Face::Serif.width("         ", 13.0);
        assert!(number.rect.x > left && number.rect.right() < right);
        assert!(blanks.day.unwrap().rect.right() < blanks.month.unwrap().rect.x);
        assert_eq!(blanks.year, None);
    }

    #[test]
    fn dots_are_blanks_too() {
        let page = head("Số: ……/QĐ-UBND", "Tân Bình, ngày .... tháng …… năm 2026");
        let blanks = find_issue_blanks(&page);
        assert!(blanks.is_complete());
        assert!(blanks.number.unwrap().dotted && blanks.day.unwrap().dotted);
    }

    #[test]
    fn what_is_written_is_no_blank() {
        let page = head("Số: 07/QĐ-UBND", "Tân Bình, ngày 06 tháng 02 năm 2026");
        assert_eq!(find_issue_blanks(&page), IssueBlanks::default());
        let page = head("Số: /QĐ-UBND", "Tân Bình, ngày       tháng 02 năm 2026");
        let blanks = find_issue_blanks(&page);
        assert!(blanks.day.is_some() && blanks.month.is_none());
    }

    #[test]
    fn a_missing_colon_does_not_matter() {
        let page = head("Số         /UBND-VX", "Tân Bình, ngày      tháng      năm 2026");
        assert!(find_issue_blanks(&page).is_complete());
    }

    #[test]
    fn a_date_in_the_text_is_not_the_date_of_the_document() {
        let mut chars = head("Số: 07/UBND-VX", "Tân Bình, ngày 06 tháng 02 năm 2026").chars;
        chars.extend(set("Cuộc họp, ngày       tháng       năm 2026", 90.0, 650.0, 14.0));
        assert_eq!(find_issue_blanks(&PageText::new(chars)), IssueBlanks::default());
    }

    #[test]
    fn a_blank_year_is_found() {
        let page = head("Số:      /TB-UBND", "Tân Bình, ngày     tháng     năm      ");
        let year = find_issue_blanks(&page).year.unwrap();
        assert!(year.rect.width >= Face::SerifItalic.width("2026", year.font_size));
    }

    #[test]
    fn long_numbers_are_squeezed_into_their_blank() {
        let page = head("Số:     /QĐ-UBND", "Tân Bình, ngày      tháng      năm 2026");
        let blanks = find_issue_blanks(&page);
        for text in ["7", "1234", "123456789012"] {
            let stamp = &blanks.stamps(text, "06", "02", "2026")[0];
            let rect = blanks.number.unwrap().rect;
            assert!(stamp.x >= rect.x - 0.01);
            assert!(stamp.x + stamp.face.width(text, stamp.size) <= rect.right() + 0.01);
        }
    }

    proptest! {
        #[test]
        fn any_page_is_survived(
            raw in proptest::collection::vec((prop::sample::select("Số:/,ngàythángnăm.…07".chars().collect::<Vec<_>>()), any::<f32>(), -5f32..5.0, any::<f32>()), 0..40),
        ) {
            let page = PageText::new(raw.into_iter().map(|(ch, x, y, size)| Glyph {
                ch, rect: Rect::new(x, y, size, size), baseline: y, size,
            }));
            let _ = find_issue_blanks(&page);
        }

        #[test]
        fn room_for_the_number_is_found_whatever_its_width(spaces in 4usize..30, size in 11f32..15.0) {
            let text = format!("Số:{}/UBND-VX", " ".repeat(spaces));
            let page = PageText::new(set(&text, 100.0, 700.0, size));
            let blank = find_issue_blanks(&page).number.unwrap();
            let room = Face::Serif.width(&" ".repeat(spaces), size);
            prop_assert!(blank.rect.width <= room && blank.rect.width >= room - 0.3 * size);
        }
    }
}
