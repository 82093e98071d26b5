//! The characters of a page with their places, and the lines they stand on.
//!
//! Places are in the page's user space, as in an annotation's `/Rect`, whatever the page's
//! rotation. Characters are composed (NFC) one by one: a base letter that a file shows with
//! separate combining marks becomes one glyph whose box holds both.

use unicode_normalization::char::{compose, is_combining_mark};

use super::Rect;
use super::structure::PageGeometry;
use crate::domain::query::{Term, matches};
use crate::domain::text::{fold, tidy};

/// One character where it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glyph {
    pub ch: char,
    /// From the left to the right edge of its advance, from descent to ascent.
    pub rect: Rect,
    /// x of the pen when it was drawn.
    pub pen: f32,
    /// y of the line it stands on.
    pub baseline: f32,
    /// Font size in points, as shown.
    pub size: f32,
    /// Index into [`Ink::faces`](super::ink::Ink::faces); 0 where nobody asked for faces.
    pub face: u16,
}

/// All characters of one page, in the order in which the file draws them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PageText {
    pub chars: Vec<Glyph>,
}

/// Glyphs on one baseline, from left to right, without a wide gap inside.
#[derive(Debug, Clone, PartialEq)]
pub struct TextLine {
    /// Composed, with one space where the glyphs leave room for one or more.
    pub text: String,
    /// The visible glyphs.
    pub glyphs: Vec<Glyph>,
    pub rect: Rect,
    pub baseline: f32,
    /// The size of most of its glyphs.
    pub size: f32,
}

/// Text that was looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// One rectangle for each line that the text runs over.
    pub rects: Vec<Rect>,
}

impl Found {
    pub fn bounds(&self) -> Rect {
        self.rects.iter().copied().reduce(|a, b| a.union(&b)).unwrap_or(Rect::new(0., 0., 0., 0.))
    }
}

impl PageText {
    /// Takes characters as a reader gives them; composes them and drops what shows nothing.
    pub fn new(raw: impl IntoIterator<Item = Glyph>) -> Self {
        let mut chars: Vec<Glyph> = Vec::new();
        for mut glyph in raw {
            // pdfium marks a hyphen at the end of a line so.
            if glyph.ch == '\u{2}' {
                glyph.ch = '-';
            }
            if glyph.ch.is_control() && !glyph.ch.is_whitespace() {
                continue;
            }
            if is_combining_mark(glyph.ch)
                && let Some(base) = chars.last_mut()
                && let Some(composed) = compose(base.ch, glyph.ch)
            {
                base.ch = composed;
                base.rect = base.rect.union(&glyph.rect);
                continue;
            }
            chars.push(glyph);
        }
        Self { chars }
    }

    /// The same characters on the page as it is shown, in points from its bottom left: the
    /// page's rotation undone, its units and its crop taken into account. What is looked for
    /// by where it stands is looked for here.
    pub fn shown(&self, page: &PageGeometry) -> Self {
        let chars = self.chars.iter().map(|glyph| {
            let at = Rect::new(glyph.pen, glyph.baseline, 0.0, 0.0);
            let at = page.points_from_user(at);
            Glyph {
                ch: glyph.ch,
                rect: page.points_from_user(glyph.rect),
                pen: at.x,
                baseline: at.y,
                size: glyph.size * page.user_unit,
                face: glyph.face,
            }
        });
        Self { chars: chars.collect() }
    }

    /// The whole text in the file's own order, tidied: for search and for reading aloud.
    pub fn plain(&self) -> String {
        let text: String = self.chars.iter().map(|glyph| glyph.ch).collect();
        let lines: Vec<String> = text.lines().map(tidy).filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    }

    /// The visible glyphs grouped by baseline, from the top, each row from left to right.
    /// Two columns that share a baseline share a row.
    pub fn rows(&self) -> Vec<Vec<Glyph>> {
        let mut visible: Vec<Glyph> = self
            .chars
            .iter()
            .filter(|g| !g.ch.is_whitespace() && g.baseline.is_finite() && g.rect.x.is_finite())
            .copied()
            .collect();
        visible.sort_by(|a, b| b.baseline.total_cmp(&a.baseline));
        let mut rows: Vec<Vec<Glyph>> = Vec::new();
        for glyph in visible {
            match rows.last_mut() {
                Some(row)
                    if row.first().is_some_and(|first| {
                        (first.baseline - glyph.baseline).abs() <= 0.3 * glyph.size.max(1.0)
                    }) =>
                {
                    row.push(glyph);
                }
                _ => rows.push(vec![glyph]),
            }
        }
        for row in &mut rows {
            row.sort_by(|a, b| a.rect.x.total_cmp(&b.rect.x));
        }
        rows
    }

    /// The lines of the page from the top: rows, cut where a gap is wider than two ems, or
    /// where beyond a lesser gap the type has another size: two columns that nearly touch.
    pub fn lines(&self) -> Vec<TextLine> {
        let mut lines = Vec::new();
        for row in self.rows() {
            let mut line: Vec<Glyph> = Vec::new();
            for glyph in row {
                let cut = line.last().is_some_and(|last| {
                    let size = glyph.size.max(last.size);
                    let apart = glyph.rect.x - last.rect.right();
                    let other = (glyph.size - last.size).abs() > 0.1 * size;
                    apart > 2.0 * size || (other && apart > 0.6 * size)
                });
                if cut {
                    lines.extend(TextLine::new(std::mem::take(&mut line)));
                }
                line.push(glyph);
            }
            lines.extend(TextLine::new(line));
        }
        lines
    }

    /// Every place where one of the terms stands, as one rectangle for each line that it runs
    /// over. Compared by whole words, without capitals and diacritics, as the search does.
    pub fn find_words(&self, terms: &[&Term]) -> Vec<Vec<Rect>> {
        // Words with the line that each stands on.
        let mut words: Vec<(String, usize, Rect)> = Vec::new();
        for (index, line) in self.lines().iter().enumerate() {
            let mut glyphs = line.glyphs.iter();
            let mut inside = false;
            for c in line.text.chars() {
                let glyph = if c.is_whitespace() { None } else { glyphs.next() };
                let folded = fold(c.encode_utf8(&mut [0; 4]));
                let Some(glyph) = glyph.filter(|_| folded.chars().any(char::is_alphanumeric))
                else {
                    inside = false;
                    continue;
                };
                match words.last_mut().filter(|_| inside) {
                    Some((word, _, rect)) => {
                        word.push_str(&folded);
                        *rect = rect.union(&glyph.rect);
                    }
                    None => words.push((folded, index, glyph.rect)),
                }
                inside = true;
            }
        }
        let row: Vec<&str> = words.iter().map(|(word, ..)| word.as_str()).collect();
        matches(&row, terms)
            .into_iter()
            .filter_map(|range| words.get(range))
            .map(|found| {
                let mut rects: Vec<(usize, Rect)> = Vec::new();
                for (_, line, rect) in found {
                    match rects.last_mut() {
                        Some((last, whole)) if last == line => *whole = whole.union(rect),
                        _ => rects.push((*line, *rect)),
                    }
                }
                rects.into_iter().map(|(_, rect)| rect).collect()
            })
            .collect()
    }

    /// Every place where `needle` stands. White space and line ends count as one space;
    /// capitals and diacritics must agree.
    pub fn find(&self, needle: &str) -> Vec<Found> {
        let needle: Vec<char> = tidy(needle).chars().filter(|c| !c.is_whitespace()).collect();
        let lines = self.lines();
        let flat: Vec<(usize, Glyph)> = lines
            .iter()
            .enumerate()
            .flat_map(|(i, line)| line.glyphs.iter().map(move |g| (i, *g)))
            .collect();
        if needle.is_empty() || flat.len() < needle.len() {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut start = 0;
        while let Some(window) = flat.get(start..start + needle.len()) {
            if window.iter().zip(&needle).all(|((_, glyph), c)| glyph.ch == *c) {
                let mut rects: Vec<(usize, Rect)> = Vec::new();
                for (line, glyph) in window {
                    match rects.last_mut() {
                        Some((last, rect)) if last == line => *rect = rect.union(&glyph.rect),
                        _ => rects.push((*line, glyph.rect)),
                    }
                }
                found.push(Found { rects: rects.into_iter().map(|(_, rect)| rect).collect() });
                start += needle.len();
            } else {
                start += 1;
            }
        }
        found
    }
}

impl TextLine {
    /// A line of visible glyphs in the order of a row; `None` where there are none.
    pub(crate) fn new(glyphs: Vec<Glyph>) -> Option<Self> {
        let rect = glyphs.iter().map(|g| g.rect).reduce(|a, b| a.union(&b))?;
        let baseline = glyphs.first()?.baseline;
        let mut sizes: Vec<f32> = glyphs.iter().map(|g| g.size).collect();
        sizes.sort_by(f32::total_cmp);
        let size = sizes.get(sizes.len() / 2).copied()?;
        Some(Self { text: spaced(&glyphs), glyphs, rect, baseline, size })
    }
}

/// The text of a row of visible glyphs, with a space wherever there is room for one.
pub(crate) fn spaced(glyphs: &[Glyph]) -> String {
    let mut text = String::new();
    let mut last: Option<&Glyph> = None;
    for glyph in glyphs {
        if last.is_some_and(|last| gap(last, glyph) > SPACE) {
            text.push(' ');
        }
        text.push(glyph.ch);
        last = Some(glyph);
    }
    tidy(&text)
}

/// The gap between two glyphs of a row, in ems.
pub(crate) fn gap(left: &Glyph, right: &Glyph) -> f32 {
    (right.rect.x - left.rect.right()) / left.size.max(right.size).max(1.0)
}

/// A gap from here on is a space. A space of Times New Roman is 0.25 em; justified text may
/// make it a little narrower.
pub(crate) const SPACE: f32 = 0.15;

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pdf::font::Face;

    /// Glyphs of `text` from `x` on `baseline`; spaces take their room and are kept.
    pub(crate) fn set(text: &str, x: f32, baseline: f32, size: f32) -> Vec<Glyph> {
        let mut x = x;
        text.chars()
            .map(|ch| {
                let width = Face::Serif.width(&ch.to_string(), size);
                let rect = Rect::new(x, baseline - 0.2 * size, width, size);
                x += width;
                Glyph { ch, pen: rect.x, rect, baseline, size, face: 0 }
            })
            .collect()
    }

    #[test]
    fn columns_share_a_row_but_not_a_line() {
        let mut chars = set("CỘNG HÒA XÃ HỘI", 300.0, 700.0, 13.0);
        chars.extend(set("ỦY BAN NHÂN DÂN", 80.0, 700.5, 12.0));
        let page = PageText::new(chars);
        assert_eq!(page.rows().len(), 1);
        let texts: Vec<String> = page.lines().into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["ỦY BAN NHÂN DÂN", "CỘNG HÒA XÃ HỘI"]);
    }

    #[test]
    fn separate_marks_are_composed_into_one_glyph() {
        let page = PageText::new(set("Quye\u{302}\u{301}t đi\u{323}nh", 80.0, 700.0, 14.0));
        assert_eq!(page.plain(), "Quyết định");
        assert_eq!(page.find("quyết định").len(), 0, "capitals count");
        assert_eq!(page.find("Quyết định").len(), 1);
    }

    #[test]
    fn text_is_found_over_the_end_of_a_line() {
        let mut chars = set("về việc ban hành", 80.0, 700.0, 14.0);
        chars.extend(set("Quy chế làm việc", 80.0, 680.0, 14.0));
        let page = PageText::new(chars);
        let found = page.find("ban  hành Quy chế");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].rects.len(), 2);
        assert_eq!(found[0].bounds().top(), 700.0 + 0.8 * 14.0);
        assert!(page.find("").is_empty() && page.find("ban hành Quy định").is_empty());
    }

    proptest! {
        #[test]
        fn any_glyphs_are_survived(
            raw in proptest::collection::vec((any::<char>(), any::<f32>(), any::<f32>(), any::<f32>()), 0..40),
            needle in ".{0,5}",
        ) {
            let page = PageText::new(raw.into_iter().map(|(ch, x, y, size)| Glyph {
                ch, rect: Rect::new(x, y, size, size), pen: x, baseline: y, size, face: 0,
            }));
            let _ = (page.plain(), page.lines(), page.find(&needle));
        }

        #[test]
        fn a_line_reads_as_it_was_set(words in proptest::collection::vec("[a-zđư]{1,8}", 1..8)) {
            let text = words.join(" ");
            let page = PageText::new(set(&text, 40.0, 500.0, 12.0));
            prop_assert_eq!(&page.lines()[0].text, &text);
            prop_assert!(!page.find(&text).is_empty());
        }
    }
}
