//! Long tables, as registers are: columns measured from what stands in them, a head that is
//! repeated on every page, and text that wraps inside its cell.

use std::sync::Arc;

use super::flow::{Mark, Slab};
use super::paragraph::paragraph;
use super::{Align, RegisterColumn, Run, Style};
use crate::pdf::font::Face;

const BORDER: f32 = 0.5;
/// Between a border and the text beside it, and above and below it.
const BESIDE: f32 = 3.0;
const ABOVE: f32 = 2.0;
/// A measured column takes no more than this part of the width.
const WIDEST: f32 = 0.2;
/// A sharing column never gets narrower than this many ems.
const NARROWEST: f32 = 3.5;

/// Sets the rows; each is one strip and carries the head for the page that it may begin.
pub(super) fn register(
    columns: &[RegisterColumn],
    rows: &[Vec<String>],
    size: f32,
    width: f32,
) -> Vec<Slab> {
    let widths = measured(columns, rows, size, width - BORDER);
    let titles = columns.iter().map(|column| Run::bold(column.title.clone()));
    let numbers = (1..=columns.len()).map(|n| Run::italic(format!("({n})")));
    let centre = |runs: Vec<Run>, size: f32| {
        let cells = runs.into_iter().map(|run| (run, Align::Centre)).collect();
        strip(cells, &widths, size)
    };
    let mut head = centre(titles.collect(), size);
    let below = centre(numbers.collect(), size - 2.0);
    head.marks.extend(below.marks.into_iter().map(|mark| mark.moved(0.0, head.height)));
    head.height += below.height;
    let head = Arc::new(head);
    if rows.is_empty() {
        return vec![Slab { before: 0.0, ..Slab::clone(&head) }];
    }
    rows.iter()
        .map(|row| {
            let cells = columns
                .iter()
                .enumerate()
                .map(|(index, column)| {
                    let text = row.get(index).cloned().unwrap_or_default();
                    (Run::plain(text), column.align)
                })
                .collect();
            Slab { head: Some(Arc::clone(&head)), ..strip(cells, &widths, size) }
        })
        .collect()
}

/// One row of cells between borders.
fn strip(cells: Vec<(Run, Align)>, widths: &[f32], size: f32) -> Slab {
    let mut slab = Slab::default();
    let mut x = 0.0;
    let mut edges = vec![0.0];
    for ((run, align), width) in cells.into_iter().zip(widths) {
        let inner = (width - 2.0 * BESIDE).max(1.0);
        let mut y = ABOVE;
        if !run.text.is_empty() {
            for line in paragraph(&[run], &Style::sized(size).align(align), inner) {
                let marks = line.marks.into_iter();
                slab.marks.extend(marks.map(|mark| mark.moved(x + BESIDE, y)));
                y += line.height;
            }
        }
        slab.height = slab.height.max(y + ABOVE);
        x += width;
        edges.push(x);
    }
    let (up, down) = Face::Serif.extent(size);
    slab.height = slab.height.max(up + down + 2.0 * ABOVE);
    let line = |x: f32, y: f32, width: f32, height: f32| Mark::Line { x, y, width, height };
    slab.marks.extend(edges.iter().map(|x| line(*x, 0.0, BORDER, slab.height)));
    slab.marks.push(line(0.0, 0.0, x + BORDER, BORDER));
    slab.marks.push(line(0.0, slab.height, x + BORDER, BORDER));
    slab
}

/// Widths of the columns: those without a share are as wide as their widest cell (or the
/// longest word of their title), the others divide the rest, none narrower than its longest
/// word asks, as far as there is room.
fn measured(columns: &[RegisterColumn], rows: &[Vec<String>], size: f32, width: f32) -> Vec<f32> {
    let around = 2.0 * BESIDE + 0.5;
    let widest_word = |text: &str, face: Face| {
        text.split_whitespace().map(|word| face.width(word, size)).fold(0.0, f32::max)
    };
    let mut widths: Vec<f32> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = rows.iter().filter_map(|row| row.get(index));
            let title = widest_word(&column.title, Face::SerifBold);
            if column.share > 0.0 {
                return title.max(NARROWEST * size) + around;
            }
            let widest = cells.map(|cell| Face::Serif.width(cell, size)).fold(title, f32::max);
            (widest + around).min(WIDEST * width)
        })
        .collect();
    let shares: f32 = columns.iter().map(|column| column.share).sum();
    let taken: f32 = columns
        .iter()
        .zip(&widths)
        .filter(|(column, _)| column.share <= 0.0)
        .map(|(_, width)| width)
        .sum();
    // What a column needs beyond its share is taken from the others, in their proportion.
    let mut fixed = vec![false; columns.len()];
    let (mut room, mut parts) = ((width - taken).max(0.0), shares);
    loop {
        let unit = if parts > 0.0 { room / parts } else { 0.0 };
        let short = columns.iter().enumerate().position(|(index, column)| {
            column.share > 0.0 && !fixed[index] && widths[index] > column.share * unit
        });
        let Some(index) = short else {
            for (index, column) in columns.iter().enumerate() {
                if column.share > 0.0 && !fixed[index] {
                    widths[index] = column.share * unit;
                }
            }
            break;
        };
        fixed[index] = true;
        room = (room - widths[index]).max(0.0);
        parts -= columns[index].share;
    }
    // More columns than the page has room for: all get narrower together.
    let sum: f32 = widths.iter().sum();
    if sum > width && sum > 0.0 {
        widths.iter_mut().for_each(|one| *one *= width / sum);
    }
    widths
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::flow;
    use super::*;

    fn columns() -> Vec<RegisterColumn> {
        let column = |title: &str, share: f32, align: Align| RegisterColumn {
            title: title.to_owned(),
            share,
            align,
        };
        vec![
            column("Ngày đến", 0.0, Align::Centre),
            column("Số đến", 0.0, Align::Centre),
            column("Tên loại và trích yếu", 3.0, Align::Left),
            column("Ghi chú", 1.0, Align::Left),
        ]
    }

    fn row(text: &str) -> Vec<String> {
        ["23/11/2026", "15", text, ""].map(str::to_owned).to_vec()
    }

    #[test]
    fn every_page_begins_with_the_head_once() {
        let rows: Vec<_> = (0..100).map(|_| row(&"văn bản dài ".repeat(12))).collect();
        let slabs = register(&columns(), &rows, 10.0, 700.0);
        let heights: f32 = slabs.iter().map(|slab| slab.height).sum();
        let pages = flow::paginate(slabs, 500.0);
        assert!(pages.len() > 3 && heights > 1500.0);
        let says = |slab: &Slab, wanted: &str| {
            slab.marks.iter().any(|m| matches!(m, Mark::Text { text, .. } if text == wanted))
        };
        for page in &pages {
            let heads = page.iter().filter(|(_, slab)| says(slab, "(1)")).count();
            assert_eq!(heads, 1);
            assert!(says(&page[0].1, "(1)"));
            let bottom = page.iter().map(|(top, slab)| top + slab.height).fold(0.0, f32::max);
            assert!(bottom <= 500.5, "{bottom}");
        }
        let rows_set: usize = pages.iter().map(|page| page.len() - 1).sum();
        assert_eq!(rows_set, 100);
    }

    #[test]
    fn a_date_never_wraps_and_the_subject_takes_the_rest() {
        let widths = measured(&columns(), &[row("ngắn")], 10.0, 700.0);
        assert!(widths[0] >= Face::Serif.width("23/11/2026", 10.0) + 2.0 * BESIDE);
        assert!(widths[2] > 2.5 * widths[3] && widths[2] > 400.0, "{widths:?}");
        let sum: f32 = widths.iter().sum();
        assert!((sum - 700.0).abs() < 0.5, "{widths:?}");
    }

    proptest! {
        #[test]
        fn cells_stay_between_their_borders(texts in prop::collection::vec("[a-zôđ /]{0,80}", 1..12)) {
            let rows: Vec<_> = texts.iter().map(|text| row(text)).collect();
            for slab in register(&columns(), &rows, 10.0, 500.0) {
                for mark in &slab.marks {
                    let right = match mark {
                        Mark::Text { x, face, size, text, .. } => x + face.width(text.trim_end(), *size),
                        Mark::Line { x, width, .. } => x + width,
                        Mark::Ink(_) => 0.0,
                    };
                    prop_assert!(right <= 500.6, "{right}");
                }
            }
        }
    }
}
