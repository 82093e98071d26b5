//! From blocks to slabs (unbreakable strips of a page), and from slabs to pages.

use super::paragraph::paragraph;
use super::{Align, Block, Run};
use crate::domain::text::compose;
use crate::pdf::appearance::{BLACK, Colour};
use crate::pdf::font::Face;

/// A strip across the page that is never split: a line of text, a row, a set of columns.
#[derive(Debug, Clone, Default)]
pub(super) struct Slab {
    /// Room above; dropped at the head of a page.
    pub before: f32,
    pub height: f32,
    pub marks: Vec<Mark>,
    /// Not the last strip on a page.
    pub glued: bool,
    pub new_page: bool,
}

/// Ink, relative to the top left of its strip; y downwards.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    Text {
        x: f32,
        baseline: f32,
        face: Face,
        size: f32,
        text: String,
        stretch: f32,
    },
    Line {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
    /// The marks that follow have this colour.
    Ink(Colour),
}

impl Slab {
    fn moved(mut self, dx: f32) -> Self {
        self.marks = self.marks.into_iter().map(|mark| mark.moved(dx, 0.0)).collect();
        self
    }
}

impl Mark {
    pub(super) fn moved(self, dx: f32, dy: f32) -> Self {
        match self {
            Self::Text { x, baseline, face, size, text, stretch } => {
                Self::Text { x: x + dx, baseline: baseline + dy, face, size, text, stretch }
            }
            Self::Line { x, y, width, height } => {
                Self::Line { x: x + dx, y: y + dy, width, height }
            }
            Self::Ink(colour) => Self::Ink(colour),
        }
    }
}

/// Sets blocks into strips of this width.
pub(super) fn lay(blocks: &[Block], width: f32) -> Vec<Slab> {
    let mut slabs = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph { runs, style } => slabs.extend(paragraph(runs, style, width)),
            Block::Rule { length, thickness, align, above } => {
                let length = length.clamp(0.0, width);
                let mark = Mark::Line {
                    x: offset(*align, width - length),
                    y: *above,
                    width: length,
                    height: *thickness,
                };
                let height = above + thickness;
                slabs.push(Slab { height, marks: vec![mark], glued: true, ..Slab::default() });
            }
            Block::Framed { run, size, width: wide, height, colour, align } => {
                let x = offset(*align, width - wide);
                slabs.push(framed(run, *size, (*wide, *height), *colour).moved(x));
            }
            Block::Space(height) => slabs.push(Slab { before: *height, ..Slab::default() }),
            Block::Columns(columns) => {
                let mut row = Slab::default();
                let mut x = 0.0;
                for column in columns {
                    let (height, marks) = stack(lay(&column.blocks, column.width));
                    row.height = row.height.max(height);
                    row.marks.extend(marks.into_iter().map(|mark| mark.moved(x, 0.0)));
                    x += column.width;
                }
                slabs.push(row);
            }
            Block::Table { widths, rows } => slabs.extend(table(widths, rows, width)),
            Block::Together(inner) => {
                let mut inner = lay(inner, width);
                if let Some((_, all_but_last)) = inner.split_last_mut() {
                    all_but_last.iter_mut().for_each(|slab| slab.glued = true);
                }
                slabs.extend(inner);
            }
            Block::PageBreak => slabs.push(Slab { new_page: true, ..Slab::default() }),
        }
    }
    slabs
}

/// Distributes strips over pages of this height; each gets its distance from the top.
pub(super) fn paginate(slabs: Vec<Slab>, room: f32) -> Vec<Vec<(f32, Slab)>> {
    // Rounding must not push a block that fits exactly to the next page.
    let room = room + 0.01;
    let mut pages: Vec<Vec<(f32, Slab)>> = vec![Vec::new()];
    let mut y = 0.0;
    let mut rest = slabs.into_iter().peekable();
    while rest.peek().is_some() {
        let mut group = Vec::new();
        for slab in rest.by_ref() {
            let glued = slab.glued;
            group.push(slab);
            if !glued {
                break;
            }
        }
        let height: f32 = group.iter().map(|slab| slab.before + slab.height).sum();
        let lead = group.first().map_or(0.0, |slab| slab.before);
        let begun = pages.last().is_some_and(|page| !page.is_empty());
        let asked = group.iter().any(|slab| slab.new_page);
        // A group that no page can hold begins where it stands and breaks where it must.
        let moves = y + height > room && height - lead <= room;
        if begun && (asked || moves) {
            pages.push(Vec::new());
            y = 0.0;
        }
        for slab in group {
            let at_head = pages.last().is_some_and(Vec::is_empty);
            let before = if at_head { 0.0 } else { slab.before };
            if !at_head && y + before + slab.height > room {
                pages.push(Vec::new());
                y = slab.height;
                push(&mut pages, 0.0, slab);
            } else if slab.marks.is_empty() {
                // Room alone never begins a page.
                y += before + slab.height;
            } else {
                y += before;
                let top = y;
                y += slab.height;
                push(&mut pages, top, slab);
            }
        }
    }
    pages
}

fn push(pages: &mut [Vec<(f32, Slab)>], top: f32, slab: Slab) {
    if let Some(page) = pages.last_mut() {
        page.push((top, slab));
    }
}

/// Strips one under another as one: their height and their marks.
fn stack(slabs: Vec<Slab>) -> (f32, Vec<Mark>) {
    let mut y = 0.0;
    let mut marks = Vec::new();
    for slab in slabs {
        y += slab.before;
        marks.extend(slab.marks.into_iter().map(|mark| mark.moved(0.0, y)));
        y += slab.height;
    }
    (y, marks)
}

/// A word in the middle of its frame.
fn framed(run: &Run, size: f32, (width, height): (f32, f32), colour: Colour) -> Slab {
    let face = Face::serif(run.bold, run.italic);
    let (up, down) = face.extent(size);
    let line = |x: f32, y: f32, width: f32, height: f32| Mark::Line { x, y, width, height };
    let marks = vec![
        Mark::Ink(colour),
        line(0.0, 0.0, width, FRAME),
        line(0.0, height - FRAME, width, FRAME),
        line(0.0, 0.0, FRAME, height),
        line(width - FRAME, 0.0, FRAME, height),
        Mark::Text {
            x: (width - face.width(&run.text, size)) / 2.0,
            baseline: (height + up - down) / 2.0,
            face,
            size,
            text: compose(&run.text),
            stretch: 0.0,
        },
        Mark::Ink(BLACK),
    ];
    Slab { before: 6.0, height, marks, ..Slab::default() }
}

const FRAME: f32 = 1.0;
const BORDER: f32 = 0.6;
const PADDING: f32 = 4.0;

fn table(widths: &[f32], rows: &[Vec<Vec<Block>>], width: f32) -> Vec<Slab> {
    let sum: f32 = widths.iter().sum();
    let scale = if sum > 0.0 { width / sum } else { 0.0 };
    let line = |x: f32, y: f32, width: f32, height: f32| Mark::Line { x, y, width, height };
    let mut slabs: Vec<Slab> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let mut slab = Slab { before: if index == 0 { 6.0 } else { 0.0 }, ..Slab::default() };
        let mut edges = vec![0.0];
        let mut x = 0.0;
        for (part, cell) in widths.iter().zip(row) {
            let inner = (part * scale - 2.0 * PADDING).max(1.0);
            let (height, marks) = stack(lay(cell, inner));
            slab.height = slab.height.max(height + 2.0 * PADDING);
            slab.marks.extend(marks.into_iter().map(|mark| mark.moved(x + PADDING, PADDING)));
            x += part * scale;
            edges.push(x);
        }
        slab.marks.extend(edges.iter().map(|x| line(*x, 0.0, BORDER, slab.height)));
        slab.marks.push(line(0.0, 0.0, x + BORDER, BORDER));
        slab.marks.push(line(0.0, slab.height, x + BORDER, BORDER));
        // The head of the table stays with its first row.
        slab.glued = index == 0 && rows.len() > 1;
        slabs.push(slab);
    }
    slabs
}

/// Distance from the left of something that leaves `slack` free.
pub(super) fn offset(align: Align, slack: f32) -> f32 {
    match align {
        Align::Left | Align::Justify => 0.0,
        Align::Centre => slack.max(0.0) / 2.0,
        Align::Right => slack.max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Style;
    use super::*;

    fn block(text: &str, style: Style) -> Block {
        Block::Paragraph { runs: vec![Run::plain(text)], style }
    }

    fn texts(slabs: &[Slab]) -> Vec<String> {
        let text = |slab: &Slab| {
            slab.marks
                .iter()
                .filter_map(|mark| match mark {
                    Mark::Text { text, .. } => Some(text.as_str()),
                    Mark::Line { .. } | Mark::Ink(_) => None,
                })
                .collect()
        };
        slabs.iter().map(text).collect()
    }

    #[test]
    fn justified_lines_end_at_the_edge() {
        let style = Style { align: Align::Justify, first_indent: 28.0, ..Style::sized(14.0) };
        let slabs = lay(&[block(&"văn bản điện tử ".repeat(20), style)], 300.0);
        assert!(slabs.len() > 3);
        for slab in &slabs[..slabs.len() - 1] {
            let Some(Mark::Text { x, face, size, text, stretch, .. }) = slab.marks.last() else {
                panic!("a line without text")
            };
            let spaces = text.matches(' ').count() as f32;
            let right = x + face.width(text, *size) + spaces * stretch;
            assert!((right - 300.0).abs() < 0.1, "{right}");
        }
    }

    #[test]
    fn no_line_stands_alone() {
        let style = Style::sized(14.0);
        let text = "a ".repeat(400);
        let line = lay(&[block("a", style)], 200.0)[0].height;
        for room in 3..12 {
            let slabs = lay(&[block("đầu", style), block(&text, style)], 200.0);
            let pages = paginate(slabs, room as f32 * line);
            assert!(pages.iter().all(|page| page.len() >= 2), "{room}");
        }
    }

    #[test]
    fn what_belongs_together_moves_together() {
        let style = Style::sized(14.0);
        let line = lay(&[block("a", style)], 200.0)[0].height;
        let many: Vec<Block> = (0..3).map(|_| block("ký", style)).collect();
        let mut blocks: Vec<Block> = (0..8).map(|_| block("dòng", style)).collect();
        blocks.push(Block::Together(many));
        let pages = paginate(lay(&blocks, 200.0), 10.0 * line);
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [8, 3]);
    }

    #[test]
    fn several_spaces_are_kept_for_blanks() {
        let slabs = lay(&[block("Số:      /QĐ-UBND", Style::sized(13.0))], 400.0);
        assert_eq!(texts(&slabs), ["Số:      /QĐ-UBND"]);
    }

    proptest! {
        #[test]
        fn no_word_is_lost_or_too_wide(
            words in proptest::collection::vec("[a-zđơư]{1,60}", 1..40), width in 40f32..400.0,
        ) {
            let style = Style { align: Align::Justify, first_indent: 20.0, ..Style::sized(12.0) };
            let slabs = lay(&[block(&words.join(" "), style)], width);
            let set: String = texts(&slabs).concat().replace(' ', "");
            prop_assert_eq!(set, words.concat());
            for slab in &slabs {
                for mark in &slab.marks {
                    if let Mark::Text { x, face, size, text, .. } = mark {
                        prop_assert!(x + face.width(text, *size) <= width + 0.5);
                    }
                }
            }
        }

        #[test]
        fn pages_are_never_overfull(
            counts in proptest::collection::vec(1usize..60, 1..12), room in 60f32..400.0,
        ) {
            let blocks: Vec<Block> = counts.iter()
                .map(|n| block(&"chữ ".repeat(*n), Style::sized(13.0).before(6.0)))
                .collect();
            let slabs = lay(&blocks, 150.0);
            let total = slabs.len();
            let pages = paginate(slabs, room);
            prop_assert_eq!(pages.iter().map(Vec::len).sum::<usize>(), total);
            for page in &pages {
                for (top, slab) in page {
                    prop_assert!(*top >= 0.0 && top + slab.height <= room + 0.1);
                }
            }
        }
    }
}
