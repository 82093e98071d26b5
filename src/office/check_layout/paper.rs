//! The paper, its edges and page numbers, typefaces and characters (Phụ lục I, phần I, mục
//! I).

use super::leaf::Leaf;
use super::{Report, annex, points, span};
use crate::domain::charset::{Charset, detect};
use crate::domain::layout::Rule;
use crate::pdf::text::TextLine;
use crate::pdf::{POINTS_PER_MM, Rect};
use crate::rules::facts::{PageNumberPlace, Span};

/// Paper that is a little larger or smaller was cut, not chosen: millimetres.
const PAPER: f32 = 3.0;
/// Lines with one edge that tell where the edge is.
const SAMPLES: usize = 3;
/// Letters of a typeface that are no mere signs.
const LETTERS: usize = 12;

pub(super) fn check(leaves: &[Leaf], main: usize, report: &mut Report<'_>) {
    size(leaves, report);
    margins(leaves, main, report);
    numbers(leaves, report);
    faces(leaves, report);
    encodings(leaves, report);
}

/// A4, upright or turned.
fn size(leaves: &[Leaf], report: &mut Report<'_>) {
    let asked = report.layout().paper_mm;
    let is = |found: f32, asked: f32| (found - asked).abs() <= PAPER;
    let wrong = |leaf: &&Leaf| {
        let (width, height) = (leaf.width() / POINTS_PER_MM, leaf.height() / POINTS_PER_MM);
        let upright = is(width, asked.0) && is(height, asked.1);
        let turned = is(width, asked.1) && is(height, asked.0);
        !upright && !turned
    };
    if let Some(leaf) = leaves.iter().find(wrong) {
        let (width, height) = (leaf.width() / POINTS_PER_MM, leaf.height() / POINTS_PER_MM);
        report
            .add(Rule::PageSize, "page-size", Some(leaf.whole()))
            .with("found", format!("{} × {} mm", points(width), points(height)))
            .with("asked", format!("{} × {} mm", points(asked.0), points(asked.1)));
    }
}

/// Edges of the text against the edges of the paper. That a margin is too wide shows only
/// where several lines end at it; that it is too narrow shows by one line.
fn margins(leaves: &[Leaf], main: usize, report: &mut Report<'_>) {
    let layout = report.layout();
    let tolerance = layout.check.tolerance_mm;
    let mut told = [false; 4];
    for (at, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| leaf.has_text()) {
        // A table of an annex on turned paper is bound at another edge.
        if leaf.width() > leaf.height() {
            continue;
        }
        let lines: Vec<&TextLine> = leaf.text_lines().collect();
        let Some(edges) = lines.iter().map(|line| line.rect).reduce(|a, b| a.union(&b)) else {
            continue;
        };
        // Lines at the left edge that carry on a full line above: no first lines, no lists.
        let full = |line: &TextLine| line.rect.right() > 0.75 * leaf.width();
        let carried = lines.windows(2).filter(|pair| {
            matches!(pair, [above, line] if full(above) && (line.rect.x - edges.x).abs() < 1.0)
        });
        let carried = carried.count() >= 2;
        let shared = |edge: &dyn Fn(&TextLine) -> f32, at: f32| {
            lines.iter().filter(|line| (edge(line) - at).abs() < 1.0).count() >= SAMPLES
        };
        let left = edges.x / POINTS_PER_MM;
        let right = (leaf.width() - edges.right()) / POINTS_PER_MM;
        let top = (leaf.height() - edges.top()) / POINTS_PER_MM;
        let foot = lines.last().map_or(edges.y, |line| line.rect.y) / POINTS_PER_MM;
        // Leading above the first line and a paragraph's room push it down a little.
        let begun = at == 0 || at < main;
        let sides: [(&str, f32, Span, bool, Rect); 4] = [
            ("left", left, layout.left_mm, carried, Rect::new(0.0, edges.y, edges.x, edges.height)),
            (
                "right",
                right,
                layout.right_mm,
                shared(&|line| line.rect.right(), edges.right()),
                Rect::new(edges.right(), edges.y, leaf.width() - edges.right(), edges.height),
            ),
            (
                "top",
                top - 1.5,
                Span(layout.top_mm.0 - 1.5, layout.top_mm.1),
                begun && top < 60.0,
                Rect::new(edges.x, edges.top(), edges.width, leaf.height() - edges.top()),
            ),
            (
                "bottom",
                foot,
                layout.bottom_mm,
                false,
                Rect::new(edges.x, 0.0, edges.width, edges.y.max(1.0)),
            ),
        ];
        for ((side, found, asked, certain, rect), told) in sides.into_iter().zip(&mut told) {
            let narrow = found < asked.0 - tolerance;
            let wide = certain && found > asked.1 + tolerance;
            if (narrow || wide) && !*told {
                *told = true;
                let shown = if side == "top" { found + 1.5 } else { found };
                let least = if side == "top" { layout.top_mm.0 } else { asked.0 };
                report
                    .add(Rule::Margin, &format!("margin-{side}"), Some(leaf.place([rect])))
                    .with("found", points(shown))
                    .with("asked", span(least, asked.1));
            }
        }
    }
}

/// Page numbers: each in its place, none on the first page.
fn numbers(leaves: &[Leaf], report: &mut Report<'_>) {
    let layout = report.layout();
    let wanted = layout.page_number;
    let code = match wanted {
        PageNumberPlace::TopCentre => "page-number-top",
        PageNumberPlace::BottomRight => "page-number-foot",
    };
    let mut missing = None;
    let mut expected = 0;
    for (at, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| leaf.has_text()) {
        let begins = at == 0 || annex::begins(leaf);
        expected = if begins { 1 } else { expected + 1 };
        let found = leaf.page_number();
        let Some(found) = found else {
            // The first page of an annex may show its number or not.
            if !begins {
                missing.get_or_insert(leaf);
            }
            continue;
        };
        let place = || Some(leaf.place([found.line.rect]));
        if at == 0 {
            if !layout.page_number_on_first {
                report.add(Rule::PageNumber, "page-number-first", place());
            }
            continue;
        }
        let middle = found.line.rect.middle();
        let there = match wanted {
            // In the middle of the paper, or of the text between its margins.
            PageNumberPlace::TopCentre => {
                let edges = leaf.text_lines().map(|line| line.rect).reduce(|a, b| a.union(&b));
                let text = edges.map_or(middle, |edges| edges.middle());
                let paper = leaf.width() / 2.0;
                // Where the left margin is the wider one, as the law has it.
                let usual = paper + (layout.left_mm.0 - layout.right_mm.0) / 2.0 * POINTS_PER_MM;
                let near = |centre: f32| (middle - centre).abs() < 12.0;
                found.at_top && [paper, usual, text].into_iter().any(near)
            }
            PageNumberPlace::BottomRight => !found.at_top && middle > 0.7 * leaf.width(),
        };
        if !there {
            report.add(Rule::PageNumber, code, place());
        }
        let whole = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
        if found.number != expected && found.number != whole {
            report
                .add(Rule::PageNumber, "page-number-count", place())
                .with("found", found.number)
                .with("asked", expected);
        }
        let (bounds, tolerance) = (layout.page_number_pt, layout.check.tolerance_pt);
        let size = found.line.size;
        if size < bounds.0 - tolerance || size > bounds.1 + tolerance {
            report
                .add(Rule::PageNumber, "page-number-size", place())
                .with("found", points(size))
                .with("asked", span(bounds.0, bounds.1));
        }
    }
    if let Some(leaf) = missing {
        report.add(Rule::PageNumber, "page-number-missing", Some(leaf.whole()));
    }
}

/// Typefaces other than the one that the law asks for. What a file does not name is not
/// judged; fonts of the legacy encodings are a matter of their own.
fn faces(leaves: &[Leaf], report: &mut Report<'_>) {
    let layout = report.layout();
    let allowed = |family: &str| {
        let mut known = std::iter::once(&layout.font).chain(&layout.check.substitutes);
        known.any(|known| plain(known) == family)
    };
    // Family, letters, where it is seen first.
    let mut found: Vec<(String, usize, usize, Rect)> = Vec::new();
    let mut all = 0;
    for (at, leaf) in leaves.iter().enumerate() {
        for line in &leaf.lines {
            for glyph in line.glyphs.iter().filter(|glyph| glyph.ch.is_alphabetic()) {
                all += 1;
                let Some(face) = leaf.face(glyph) else { continue };
                let family = face.family();
                let unnamed = family.len() < 3 || family.starts_with("cidfont");
                if unnamed || allowed(&family) || Charset::of_font(&face.name).is_some() {
                    continue;
                }
                match found.iter_mut().find(|known| known.0 == family) {
                    Some(known) => known.1 += 1,
                    None => found.push((family, 1, at, line.rect)),
                }
            }
        }
    }
    for (family, letters, at, rect) in found {
        let Some(leaf) = leaves.get(at).filter(|_| letters >= LETTERS) else { continue };
        let share = (100 * letters).div_ceil(all.max(1));
        report
            .add(Rule::Font, "font", Some(leaf.place([rect])))
            .with("found", family)
            .with("share", share)
            .with("asked", &layout.font);
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Legacy encodings, by font or by what the words say, and marks that stand apart.
fn encodings(leaves: &[Leaf], report: &mut Report<'_>) {
    for charset in Charset::ALL {
        let of = |leaf: &Leaf, line: &TextLine| {
            let by_font = |glyph| {
                leaf.face(glyph).is_some_and(|face| Charset::of_font(&face.name) == Some(charset))
            };
            line.glyphs.iter().filter(|glyph| glyph.ch.is_alphabetic()).take(40).any(by_font)
                || detect(&line.text) == Some(charset)
        };
        let mut seen = leaves.iter().map(|leaf| {
            let lines = leaf.lines.iter().filter(|line| of(leaf, line)).collect::<Vec<_>>();
            (leaf, lines)
        });
        let Some((leaf, lines)) = seen.find(|(_, lines)| !lines.is_empty()) else { continue };
        let meant = lines.first().map(|line| charset.convert(&line.text)).unwrap_or_default();
        report
            .add(Rule::Legacy, "legacy", Some(leaf.place(lines.iter().map(|line| line.rect))))
            .with("found", charset.name())
            .with("meant", meant);
    }
    let apart: usize = leaves.iter().map(|leaf| leaf.marks.len()).sum();
    if let Some(leaf) = leaves.iter().find(|leaf| !leaf.marks.is_empty()) {
        report
            .add(Rule::Decomposed, "decomposed", Some(leaf.place(leaf.marks.iter().copied())))
            .with("found", apart);
    }
}
