//! Number, notation and date at the head of a first page: what stands there already, and
//! where there is room for the rest.
//!
//! Drafts come with every kind of blank: room, dots, underscores, a year that is begun
//! (`20…`), a month that is written while the day is not. Some come with a number that
//! somebody typed by hand. What is written is read as carefully as what is not, because a
//! signature under a page that says another number than the register is worse than none.

use super::Blank;
use crate::domain::text::tidy;
use crate::pdf::Rect;
use crate::pdf::appearance::Stamp;
use crate::pdf::font::Face;
use crate::pdf::text::{Glyph, PageText, gap, spaced};

/// The pieces of number and date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Number,
    Notation,
    Day,
    Month,
    Year,
}

/// What a page says in the place of one [`Part`].
#[derive(Debug, Clone, PartialEq)]
pub enum Slot {
    /// Nothing yet; there is room.
    Blank(Blank),
    /// The first digits stand there, such as `20` of a year, and room for the others.
    Begun { written: String, blank: Blank },
    /// Written in full.
    Written(String),
}

/// Number and date of a first page. `None` where the page has no place for a piece.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IssueHead {
    pub number: Option<Slot>,
    pub notation: Option<Slot>,
    pub day: Option<Slot>,
    pub month: Option<Slot>,
    pub year: Option<Slot>,
}

/// Number and date as they are to stand on the page, each as it is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    pub number: &'a str,
    pub notation: &'a str,
    pub day: &'a str,
    pub month: &'a str,
    pub year: &'a str,
}

/// Room on the page and what belongs into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    pub part: Part,
    pub blank: Blank,
    pub text: String,
    /// The number upright, the date in italics (mục II.3, II.4).
    pub face: Face,
}

impl Opening {
    pub fn stamp(&self) -> Stamp {
        self.blank.stamp(&self.text, self.face)
    }
}

impl IssueHead {
    /// Pieces that a page must have and this one has no place for. A notation that is missing
    /// is written together with the number.
    pub fn missing(&self) -> Vec<Part> {
        [
            (Part::Number, &self.number),
            (Part::Day, &self.day),
            (Part::Month, &self.month),
            (Part::Year, &self.year),
        ]
        .into_iter()
        .filter_map(|(part, slot)| slot.is_none().then_some(part))
        .collect()
    }

    /// Pieces that are written on the page otherwise than they are wanted.
    pub fn differing(&self, wanted: &Wanted<'_>) -> Vec<Part> {
        let number = |wanted: &str, slot: &Option<Slot>| match slot {
            Some(Slot::Written(written)) => !same_number(written, wanted),
            Some(Slot::Begun { written, .. }) => !wanted.starts_with(written.as_str()),
            Some(Slot::Blank(_)) | None => false,
        };
        let notation = match &self.notation {
            Some(Slot::Written(written)) => {
                !wanted.notation.is_empty() && plain(written) != plain(wanted.notation)
            }
            _ => false,
        };
        [
            (Part::Number, number(wanted.number, &self.number)),
            (Part::Notation, notation),
            (Part::Day, number(wanted.day, &self.day)),
            (Part::Month, number(wanted.month, &self.month)),
            (Part::Year, number(wanted.year, &self.year)),
        ]
        .into_iter()
        .filter_map(|(part, differs)| differs.then_some(part))
        .collect()
    }

    /// Where something is to be written, and what; nothing where it is written already.
    pub fn openings(&self, wanted: &Wanted<'_>) -> Vec<Opening> {
        let whole = format!("{}/{}", wanted.number, wanted.notation);
        let number = match (&self.notation, wanted.notation) {
            (None, notation) if !notation.is_empty() => whole.as_str(),
            _ => wanted.number,
        };
        [
            (Part::Number, &self.number, number, Face::Serif),
            (Part::Notation, &self.notation, wanted.notation, Face::Serif),
            (Part::Day, &self.day, wanted.day, Face::SerifItalic),
            (Part::Month, &self.month, wanted.month, Face::SerifItalic),
            (Part::Year, &self.year, wanted.year, Face::SerifItalic),
        ]
        .into_iter()
        .filter_map(|(part, slot, text, face)| {
            let (blank, text) = match slot.as_ref()? {
                Slot::Written(_) => return None,
                Slot::Blank(blank) => (*blank, text),
                Slot::Begun { written, blank } => (*blank, text.strip_prefix(written.as_str())?),
            };
            (!text.is_empty()).then(|| Opening { part, blank, text: text.to_owned(), face })
        })
        .collect()
    }

    /// The same head with this notation written.
    pub fn with_notation(&self, notation: &str) -> Self {
        Self { notation: Some(Slot::Written(notation.to_owned())), ..self.clone() }
    }

    /// What stands on the page, with an ellipsis for each blank; for messages.
    pub fn as_written(&self) -> String {
        let say = |slot: &Option<Slot>| match slot {
            Some(Slot::Written(text)) => text.clone(),
            Some(Slot::Begun { written, .. }) => format!("{written}…"),
            Some(Slot::Blank(_)) | None => "…".to_owned(),
        };
        format!(
            "Số: {}/{}, ngày {} tháng {} năm {}",
            say(&self.number),
            say(&self.notation),
            say(&self.day),
            say(&self.month),
            say(&self.year)
        )
    }
}

impl Wanted<'_> {
    /// In the same form as [`IssueHead::as_written`].
    pub fn as_written(&self) -> String {
        let Self { number, notation, day, month, year } = self;
        format!("Số: {number}/{notation}, ngày {day} tháng {month} năm {year}")
    }
}

/// `07` and `7` are one number.
fn same_number(a: &str, b: &str) -> bool {
    match (a.parse::<u32>(), b.parse::<u32>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// A notation without what does not matter: spaces, kinds of hyphens, case, and the Icelandic
/// letter that old keyboards give for Đ.
fn plain(notation: &str) -> String {
    tidy(notation)
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            'Ð' | 'ð' => 'đ',
            '‐' | '‑' | '–' | '—' | '−' => '-',
            c => c,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Reads number and date at the head of the first page, as it is shown
/// ([`PageText::shown`]).
///
/// Both stand at the head, at one height: a date in the text below is never taken for one.
pub fn read_issue_head(page: &PageText) -> IssueHead {
    let rows = page.rows();
    let head = || rows.iter().take(HEAD_ROWS);
    let height = |row: &Vec<Glyph>| row.first().map(|glyph| glyph.baseline);
    let code = head().find_map(|row| Some((height(row)?, number_and_notation(row)?)));
    let anchor = code.as_ref().map(|(height, _)| *height);
    let date = head().find_map(|row| {
        let beside = anchor.zip(height(row)).map(|(anchor, y)| (anchor - y).abs() <= BESIDE);
        match beside {
            Some(false) => None,
            // The date follows the place and a comma; beside the number it need not.
            beside => date(row, beside == Some(true)),
        }
    });
    let (number, notation) = code.map(|(_, code)| code).unwrap_or_default();
    let [day, month, year] = date.unwrap_or_default();
    IssueHead { number, notation, day, month, year }
}

/// Agency, number and abstract take no more rows than this.
const HEAD_ROWS: usize = 14;
/// Number and date stand on one line, or nearly.
const BESIDE: f32 = 30.0;
/// No number is longer than this.
const LONGEST: usize = 12;
/// A gap that ends a column, in ems.
const COLUMN: f32 = 1.5;

type Code = (Option<Slot>, Option<Slot>);

/// `Số: 07/QĐ-UBND` and everything that stands for it before it is known.
fn number_and_notation(row: &[Glyph]) -> Option<Code> {
    let start = word(row, 0, "Số").or_else(|| word(row, 0, "SỐ"))?;
    // It begins its column: a `Số` inside a sentence is another matter.
    let alone = start
        .checked_sub(1)
        .and_then(|before| row.get(before))
        .is_none_or(|before| row.get(start).is_none_or(|s| gap(before, s) >= 1.0));
    if !alone {
        return None;
    }
    let named = start + 2;
    let colon = row.get(named).is_some_and(|glyph| glyph.ch == ':');
    let from = if colon { named + 1 } else { named };
    let rest = row.get(from..)?;
    let slash = rest.iter().take(LONGEST).position(|glyph| glyph.ch == '/');
    match slash {
        Some(slash) => {
            let at = from + slash;
            let number = between(row, from, at, 0.4);
            Some((number, notation(row, at)))
        }
        // `Số: ……` without a notation, or `Số: 12`.
        None if colon => {
            let last = row.get(from - 1)?;
            let column = column(rest, last);
            let written = without_fillers(column);
            let number = if written.is_empty() {
                open_end(row, from, 5.0).map(Slot::Blank)
            } else if written.len() <= LONGEST && written.chars().any(|c| c.is_ascii_digit()) {
                Some(Slot::Written(written))
            } else {
                return None;
            };
            Some((number, None))
        }
        None => None,
    }
}

/// What stands behind the stroke.
fn notation(row: &[Glyph], slash: usize) -> Option<Slot> {
    let stroke = row.get(slash)?;
    let rest = row.get(slash + 1..)?;
    let column = column(rest, stroke);
    if without_fillers(column).is_empty() {
        return open_end(row, slash + 1, 5.0).map(Slot::Blank);
    }
    let text = spaced(column);
    Some(Slot::Written(text.trim_matches(is_filler).trim().to_owned()))
}

/// `ngày … tháng … năm …`, with what is written in each place.
fn date(row: &[Glyph], beside: bool) -> Option<[Option<Slot>; 3]> {
    let day = match word(row, 0, ",ngày") {
        Some(at) => at + 5,
        None if beside => word(row, 0, "ngày").or_else(|| word(row, 0, "Ngày"))? + 4,
        None => return None,
    };
    let month = word(row, day, "tháng")?;
    let year = word(row, month, "năm")?;
    Some([
        between(row, day, month, 0.7),
        between(row, month + 5, year, 0.7),
        year_slot(row, year + 3),
    ])
}

/// The year at the end of the row.
fn year_slot(row: &[Glyph], from: usize) -> Option<Slot> {
    let last = row.get(from.checked_sub(1)?)?;
    let column = column(row.get(from..)?, last);
    let digits: String =
        column.iter().map(|glyph| glyph.ch).take_while(char::is_ascii_digit).collect();
    Some(match digits.len() {
        0 if without_fillers(column).is_empty() => Slot::Blank(open_end(row, from, 2.2)?),
        0 => Slot::Written(without_fillers(column)),
        1..=3 => {
            let blank = open_end(row, from + digits.len(), 0.6 * (4 - digits.len()) as f32)?;
            Slot::Begun { written: digits, blank }
        }
        _ => Slot::Written(digits),
    })
}

/// What stands in `row` from `from` until just before `to`.
fn between(row: &[Glyph], from: usize, to: usize, least: f32) -> Option<Slot> {
    let inside = row.get(from..to)?;
    let written = without_fillers(inside);
    if written.is_empty() {
        let (before, after) = (row.get(from.checked_sub(1)?)?, row.get(to)?);
        return blank(before, after, to > from, least).map(Slot::Blank);
    }
    Some(Slot::Written(written))
}

/// The glyphs from the beginning of `rest` that follow `before` without a column's gap.
fn column<'a>(rest: &'a [Glyph], before: &Glyph) -> &'a [Glyph] {
    let mut last = before;
    let mut end = 0;
    for glyph in rest {
        if gap(last, glyph) > COLUMN {
            break;
        }
        last = glyph;
        end += 1;
    }
    rest.get(..end).unwrap_or_default()
}

/// The characters that are no mere filling; blanks are not among the glyphs of a row.
fn without_fillers(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|glyph| glyph.ch).filter(|c| !is_filler(*c)).collect()
}

/// The room after the last word of a column: `ems` wide, or as far as dots go.
fn open_end(row: &[Glyph], end: usize, ems: f32) -> Option<Blank> {
    let last = row.get(end.checked_sub(1)?)?;
    let after = column(row.get(end..)?, last);
    let dots = after.iter().take_while(|glyph| is_filler(glyph.ch)).last();
    let word = !last.ch.is_ascii_digit();
    let x = last.rect.right() + if word { 0.2 * last.size } else { 0.0 };
    let width = match dots {
        Some(dot) => (dot.rect.right() - x).max(0.5 * ems * last.size),
        None => ems * last.size,
    };
    // Not into the next column.
    let next = row.get(end..)?.iter().find(|glyph| !is_filler(glyph.ch));
    let width = next.map_or(width, |next| width.min(next.rect.x - 0.2 * last.size - x));
    (width > 0.0).then_some(Blank {
        rect: room(last, x, width),
        baseline: last.baseline,
        font_size: last.size.max(1.0),
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
        rect: room(before, x, width),
        baseline: before.baseline,
        font_size: size,
        dotted,
    })
}

/// Room on the row of a glyph for whatever figure: a low letter's own box would cut them.
fn room(beside: &Glyph, x: f32, width: f32) -> Rect {
    let bottom = beside.rect.y.min(beside.baseline - 0.25 * beside.size);
    let top = beside.rect.top().max(beside.baseline + 0.8 * beside.size);
    Rect::new(x, bottom, width, top - bottom)
}

/// What people put where a number will stand.
fn is_filler(c: char) -> bool {
    matches!(c, '.' | '…' | '_' | '·' | '‥' | '․' | '\u{a0}' | '⁄')
}

/// Index in the row, from `from` on, where the characters of `word` stand.
fn word(row: &[Glyph], from: usize, word: &str) -> Option<usize> {
    let word: Vec<char> = word.chars().collect();
    let rest = row.get(from..)?;
    rest.windows(word.len())
        .position(|window| window.iter().zip(&word).all(|(glyph, c)| glyph.ch == *c))
        .map(|index| index + from)
}

#[cfg(test)]
mod tests;
