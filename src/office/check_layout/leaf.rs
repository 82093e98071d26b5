//! A page as the checker sees it.

use super::area;
use crate::domain::layout::Place;
use crate::office::extract::{self, Origin, Sheet};
use crate::pdf::ink::{Ink, Typeface};
use crate::pdf::render::RenderedDocument;
use crate::pdf::structure::Source;
use crate::pdf::text::{Glyph, PageText, TextLine};
use crate::pdf::{PdfError, Rect};
use crate::rules::facts::FontStyle;

/// Pages of a document that are looked at; nobody sets a longer one by hand.
const PAGES: u32 = 200;
/// What stands higher than this is in the top margin, with a page's number: points.
const TOP_ZONE: f32 = 60.0;
const FOOT_ZONE: f32 = 60.0;

/// One page: the sheet that fields are read off, and how it is set.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    pub sheet: Sheet,
    pub faces: Vec<Typeface>,
    /// Horizontal lines, drawn or set of dashes, from the bottom left of the page as shown.
    pub rules: Vec<Rect>,
    /// Boxes of everything that is drawn.
    pub paths: Vec<Rect>,
    /// Combining marks that are characters of their own.
    pub marks: Vec<Rect>,
    /// The lines of text from the top, without those that stand for a drawn line.
    pub lines: Vec<TextLine>,
}

/// How some characters are set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Set {
    /// Of most letters, in points.
    pub size: f32,
    /// Shares of the letters, 0 to 1.
    pub bold: f32,
    pub italic: f32,
}

impl Set {
    pub fn style(self) -> FontStyle {
        match (self.bold >= 0.5, self.italic >= 0.5) {
            (false, false) => FontStyle::Upright,
            (true, false) => FontStyle::Bold,
            (false, true) => FontStyle::Italic,
            (true, true) => FontStyle::BoldItalic,
        }
    }
}

/// The pages of a file; reading stops after two hundred.
pub fn leaves(source: &Source, document: &RenderedDocument) -> Result<Vec<Leaf>, PdfError> {
    let count = source.page_count()?.min(PAGES);
    (0..count)
        .map(|page| {
            let geometry = source.page_geometry(page + 1)?;
            let ink = document.ink(page)?.shown(&geometry);
            Ok(Leaf::new(page, geometry.shown_points(), ink))
        })
        .collect()
}

impl Leaf {
    /// `ink` as the page is shown, in points ([`Ink::shown`]).
    pub fn new(page: u32, size: (f32, f32), ink: Ink) -> Self {
        let mut rules: Vec<Rect> = ink.rules().collect();
        let mut lines = Vec::new();
        let mut chars = ink.text.chars;
        for line in (PageText { chars: chars.clone() }).lines() {
            if is_dashes(&line.text) {
                // Drawn in the middle of the dashes' height.
                let y = line.baseline + 0.2 * line.size;
                rules.push(Rect::new(line.rect.x, y, line.rect.width, 0.5));
                let inside = |glyph: &Glyph| line.glyphs.iter().any(|known| known == glyph);
                chars.retain(|glyph| !inside(glyph));
            } else {
                lines.push(line);
            }
        }
        let text = PageText { chars };
        let origin = if extract::is_read(&text) { Origin::Text } else { Origin::Unread };
        Self {
            sheet: Sheet { page, text, size, origin },
            faces: ink.faces,
            rules,
            paths: ink.paths,
            marks: ink.marks,
            lines,
        }
    }

    pub fn has_text(&self) -> bool {
        self.sheet.origin == Origin::Text
    }

    pub const fn width(&self) -> f32 {
        self.sheet.size.0
    }

    pub const fn height(&self) -> f32 {
        self.sheet.size.1
    }

    pub fn face(&self, glyph: &Glyph) -> Option<&Typeface> {
        self.faces.get(usize::from(glyph.face))
    }

    /// How letters and figures are set; `None` where there are none.
    pub fn set<'g>(&self, glyphs: impl IntoIterator<Item = &'g Glyph>) -> Option<Set> {
        let letters: Vec<&Glyph> =
            glyphs.into_iter().filter(|glyph| glyph.ch.is_alphanumeric()).collect();
        let mut sizes: Vec<f32> = letters.iter().map(|glyph| glyph.size).collect();
        sizes.sort_by(f32::total_cmp);
        let size = *sizes.get(sizes.len() / 2)?;
        let share = |has: &dyn Fn(&Typeface) -> bool| {
            let count = letters.iter().filter(|g| self.face(g).is_some_and(has)).count();
            count as f32 / letters.len() as f32
        };
        Some(Set { size, bold: share(&|face| face.bold), italic: share(&|face| face.italic) })
    }

    /// The place of rectangles from the bottom left of the page.
    pub fn place(&self, rects: impl IntoIterator<Item = Rect>) -> Place {
        let areas = rects.into_iter().take(MAX_AREAS).map(|rect| area(rect, self.height()));
        Place { page: self.sheet.page, areas: areas.collect() }
    }

    /// The page as a whole.
    pub const fn whole(&self) -> Place {
        Place { page: self.sheet.page, areas: Vec::new() }
    }

    /// The lines of text in rectangles from the **top left**, as the readers of fields name
    /// them.
    pub fn lines_in(&self, rects: &[Rect]) -> Vec<TextLine> {
        rects
            .iter()
            .filter_map(|rect| {
                let shown = Rect { y: self.height() - rect.top(), ..*rect };
                let inside = |glyph: &&Glyph| {
                    let middle = glyph.rect.y + glyph.rect.height / 2.0;
                    shown.x - 1.0 <= glyph.rect.middle()
                        && glyph.rect.middle() <= shown.right() + 1.0
                        && shown.y <= middle
                        && middle <= shown.top()
                        && !glyph.ch.is_whitespace()
                };
                let mut glyphs: Vec<Glyph> =
                    self.sheet.text.chars.iter().filter(inside).copied().collect();
                glyphs.sort_by(|a, b| a.rect.x.total_cmp(&b.rect.x));
                TextLine::new(glyphs)
            })
            .collect()
    }

    /// The line drawn right under a text: its middle near the text's, no farther below than a
    /// line and a half.
    /// `width` is that of the widest line above it.
    pub fn rule_under(&self, text: &TextLine, width: f32) -> Option<Rect> {
        let middle = text.rect.middle();
        let below = |rule: &&Rect| {
            let apart = text.baseline - rule.y;
            (rule.middle() - middle).abs() < 0.12 * text.rect.width.max(100.0)
                && (-0.1 * text.size..1.3 * text.size).contains(&apart)
                // An edge of a table is no such line.
                && rule.width < width.max(60.0) * 1.6
        };
        let nearest = |rule: &Rect| text.baseline - rule.y;
        self.rules.iter().filter(below).min_by(|a, b| nearest(a).total_cmp(&nearest(b))).copied()
    }

    /// The number that stands in the top or bottom margin alone on its line.
    pub fn page_number(&self) -> Option<PageNumber<'_>> {
        let top = self.height() - TOP_ZONE;
        let found = self.lines.iter().filter_map(|line| {
            let at_top = line.baseline > top;
            let at_foot = line.baseline < FOOT_ZONE;
            let text = line.text.trim_matches(|c: char| "-– ".contains(c));
            let alone = self.lines.iter().all(|other| {
                std::ptr::eq(other, line) || (other.baseline - line.baseline).abs() > 3.0
            });
            let number: u32 = text.parse().ok()?;
            ((at_top || at_foot) && alone && text.len() <= 4).then_some(PageNumber {
                line,
                number,
                at_top,
            })
        });
        // At the top it is the first line, at the foot the last one.
        found.into_iter().find(|found| {
            let edge = if found.at_top { self.lines.first() } else { self.lines.last() };
            edge.is_some_and(|edge| std::ptr::eq(edge, found.line))
        })
    }

    /// The lines without the page's number.
    pub fn text_lines(&self) -> impl Iterator<Item = &TextLine> {
        let number = self.page_number().map(|found| found.line as *const TextLine);
        self.lines.iter().filter(move |line| number != Some(std::ptr::from_ref(*line)))
    }

    /// Whether a height lies in a table: between the ends of lines that stand upright.
    pub fn in_table(&self, y: f32) -> bool {
        self.paths
            .iter()
            .any(|path| path.width <= 3.0 && path.height >= 8.0 && path.y <= y && y <= path.top())
    }
}

/// A page's number where it stands.
#[derive(Debug, Clone, Copy)]
pub struct PageNumber<'a> {
    pub line: &'a TextLine,
    pub number: u32,
    pub at_top: bool,
}

/// Rectangles that one finding marks, at most.
const MAX_AREAS: usize = 12;

/// Whether a line of text stands for a drawn one: `-----`, `_____`, `* * *` not.
fn is_dashes(text: &str) -> bool {
    let plain: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    plain.len() >= 3 && plain.iter().all(|c| "-–—_─=¯".contains(*c))
}
