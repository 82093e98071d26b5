//! The head of a first page, row by row, cut into its two columns.
//!
//! The columns of a head may nearly touch, and a long place before the date reaches over
//! into the left one, so no fixed line parts them. The national title begins the right
//! column; each row is cut at the widest room near that.

use super::Sheet;
use super::phrase;
use crate::pdf::Rect;
use crate::pdf::blanks::{IssueHead, read_issue_head};
use crate::pdf::text::{Glyph, PageText, TextLine, gap};

/// Rows of a first page that are looked at; the head and a long abstract are in them.
const ROWS: usize = 40;
/// Room between two columns, in ems, at least.
const APART: f32 = 0.7;

/// One row of the head.
#[derive(Debug, Clone)]
pub struct Row {
    /// All of it, whatever stands between.
    pub all: TextLine,
    /// What stands in the left column; `None` where the row runs over both.
    pub left: Option<TextLine>,
    pub right: Option<TextLine>,
}

impl Row {
    pub fn baseline(&self) -> f32 {
        self.all.baseline
    }
}

/// The upper part of a first page.
#[derive(Debug)]
pub struct Head<'a> {
    pub sheet: &'a Sheet,
    pub rows: Vec<Row>,
    /// Where the national title was found.
    pub title: Option<Rect>,
    /// The row of number and notation.
    pub number: Option<usize>,
    /// Number and date as they are written, or not yet.
    pub issue: IssueHead,
}

impl<'a> Head<'a> {
    pub fn of(sheet: &'a Sheet) -> Self {
        let rows: Vec<Vec<Glyph>> = sheet.text.rows().into_iter().take(ROWS).collect();
        let found = rows.iter().take(16).find_map(|row| {
            let at = national_title(row)?;
            let title = row.get(at..)?.iter().map(|glyph| glyph.rect);
            title.reduce(|a, b| a.union(&b))
        });
        let boundary = found.map_or(sheet.size.0 * 0.45, |title| title.x - 1.0);
        let rows: Vec<Row> = rows.iter().filter_map(|row| cut(row, boundary, sheet)).collect();
        let number = rows.iter().position(|row| {
            let line = row.left.as_ref().unwrap_or(&row.all);
            behind_number(&line.text).is_some()
        });
        let upper = rows.iter().flat_map(|row| row.all.glyphs.iter().copied());
        let issue = read_issue_head(&PageText::new(upper));
        Self { sheet, rows, title: found, number, issue }
    }

    /// Rows from the one of the number on; all of them where it was not found.
    pub fn below_number(&self) -> &[Row] {
        let from = self.number.unwrap_or(0);
        self.rows.get(from..).unwrap_or_default()
    }

    /// The lines on the left above the number that `are` an agency's name (ô 2), from the top.
    /// What stands far above the rest is a mark of circulation or a line at the page's edge.
    /// Without a number the first `otherwise` rows are looked at.
    pub fn agency_lines(
        &self,
        otherwise: usize,
        are: impl Fn(&TextLine) -> bool,
    ) -> Vec<&TextLine> {
        let until = self.number.unwrap_or(otherwise).min(self.rows.len());
        let above = self.rows.iter().take(until);
        let lines: Vec<&TextLine> =
            above.filter_map(|row| row.left.as_ref()).filter(|line| are(line)).collect();
        let mut block: Vec<&TextLine> = Vec::new();
        for line in lines.into_iter().rev() {
            let near = block.last().is_none_or(|below| {
                line.baseline - below.baseline < 2.4 * line.size.max(below.size)
            });
            if !near {
                break;
            }
            block.push(line);
        }
        block.reverse();
        block
    }
}

/// What follows `Số:` in a line that begins so; `Sở Nội vụ` is no such line.
pub fn behind_number(line: &str) -> Option<&str> {
    let mut chars = line.char_indices();
    let (_, s) = chars.next()?;
    let (_, o) = chars.next()?;
    if !matches!(s, 'S' | 's' | '5') || phrase::skeleton(&o.to_string()) != "o" && o != '6' {
        return None;
    }
    let rest = chars.as_str();
    let rest = rest.trim_start();
    let marked = rest.strip_prefix([':', ';', '.']);
    let next = marked.unwrap_or(rest).trim_start();
    let figures = next.starts_with(|c: char| c.is_ascii_digit() || phrase::is_dot(c) || c == '/');
    (figures || (marked.is_some() && !next.is_empty())).then_some(next)
}

/// Index of the glyph with which the national title or its motto begins.
fn national_title(row: &[Glyph]) -> Option<usize> {
    let chars: Vec<char> = row.iter().map(|glyph| glyph.ch).collect();
    if let Some(at) = phrase::find(&chars, "Cộng hòa xã hội") {
        return Some(at);
    }
    // A scan may have lost a letter somewhere: any part of both lines will do, and the
    // column begins where there is room before it.
    let parts = ["hội chủ nghĩa", "nghĩa Việt Nam", "Độc lập - Tự do", "do - Hạnh phúc"];
    let mut at = parts.iter().find_map(|part| phrase::find(&chars, part))?;
    while let Some(before) = at.checked_sub(1) {
        let (left, right) = (row.get(before)?, row.get(at)?);
        if gap(left, right) > 1.2 {
            break;
        }
        at = before;
    }
    Some(at)
}

/// Cuts one row into its columns.
fn cut(row: &[Glyph], boundary: f32, sheet: &Sheet) -> Option<Row> {
    let all = TextLine::new(row.to_vec())?;
    let before = row.iter().filter(|glyph| glyph.rect.middle() < boundary).count();
    let part = |from: usize, to: usize| TextLine::new(row.get(from..to)?.to_vec());
    if before == row.len() {
        return Some(Row { left: Some(all.clone()), right: None, all });
    }
    if before == 0 {
        return Some(Row { left: None, right: Some(all.clone()), all });
    }
    if let Some(title) = national_title(row).filter(|at| *at > 0) {
        return Some(Row { left: part(0, title), right: part(title, row.len()), all });
    }
    let rooms = row.windows(2).enumerate().filter_map(|(at, pair)| {
        let [left, right] = pair else { return None };
        let middle = (left.rect.right() + right.rect.x) / 2.0;
        let off = (middle - boundary).abs();
        (gap(left, right) > APART && off < 0.25 * sheet.size.0).then_some((at + 1, off))
    });
    if let Some((at, _)) = rooms.min_by(|a, b| a.1.total_cmp(&b.1)) {
        return Some(Row { left: part(0, at), right: part(at, row.len()), all });
    }
    // Without room it is one line; one that only just reaches over belongs to its column.
    let share = (boundary - all.rect.x) / all.rect.width.max(1.0);
    let (left, right) = match share {
        share if share > 0.8 => (Some(all.clone()), None),
        share if share < 0.2 => (None, Some(all.clone())),
        _ => (None, None),
    };
    Some(Row { all, left, right })
}

/// Where the characters of `text` stand in a line, spaces apart.
pub fn within(line: &TextLine, text: &str) -> Option<Rect> {
    let wanted: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    if wanted.is_empty() {
        return None;
    }
    let mut windows = line.glyphs.windows(wanted.len());
    let found =
        windows.find(|window| window.iter().map(|glyph| glyph.ch).eq(wanted.iter().copied()));
    found?.iter().map(|glyph| glyph.rect).reduce(|a, b| a.union(&b))
}
