//! Long tables, as registers are: columns measured from what is expected in them, a head that
//! is repeated on every page with the numbers of the columns below their titles, and text that
//! wraps inside its cell.

use std::io::Write;

use lopdf::{Dictionary, ObjectId, dictionary};

use super::flow::{Mark, Slab};
use super::paragraph::paragraph;
use super::write::content;
use super::{Align, Block, PageSetup, RegisterColumn, Run, Style, set};
use crate::pdf::PdfError;
use crate::pdf::appearance::real;
use crate::pdf::font::{Embedder, Face, font_resources};
use crate::pdf::output::{Output, Properties, TREE};

const BORDER: f32 = 0.5;
/// Between a border and the text beside it, and above and below it.
const BESIDE: f32 = 3.0;
const ABOVE: f32 = 2.0;
/// A measured column takes no more than this part of the width.
const WIDEST: f32 = 0.2;
/// A sharing column never gets narrower than this many ems.
const NARROWEST: f32 = 3.5;

/// A register in the making: pages in front of it, then rows that come one by one. A page is
/// written when it is full; of a book of a hundred thousand rows one page is in memory.
pub struct Register<W: Write> {
    out: Output<W>,
    setup: PageSetup,
    embedder: Embedder,
    /// The fonts of all pages, written last.
    resources: ObjectId,
    pages: usize,
    rows: Rows,
}

impl<W: Write> Register<W> {
    /// Begins with the pages of `cover`; the rows begin on a page of their own. `size` is that
    /// of the letters, in points.
    ///
    /// # Errors
    /// [`PdfError::BadResource`] where the page has no room for text; [`PdfError::Unreadable`]
    /// where nothing can be written.
    pub fn begin(
        out: W,
        setup: PageSetup,
        cover: &[Block],
        columns: &[RegisterColumn],
        size: f32,
    ) -> Result<Self, PdfError> {
        let cover = set(cover, &setup)?;
        let mut out = Output::begin(out)?;
        let resources = out.reserve();
        let rows = Rows::new(columns, size, setup.measure(), setup.room());
        let embedder = Embedder::new();
        let mut register = Self { out, setup, embedder, resources, pages: 0, rows };
        for page in &cover {
            register.page(page)?;
        }
        Ok(register)
    }

    /// Adds a row: a text for each column.
    pub fn row(&mut self, cells: Vec<String>) -> Result<(), PdfError> {
        match self.rows.push(cells) {
            Some(full) => self.page(&full),
            None => Ok(()),
        }
    }

    /// Writes the last page and what holds the file together; gives the writer back. `language`
    /// is BCP 47.
    pub fn finish(mut self, title: &str, author: &str, language: &str) -> Result<W, PdfError> {
        let last = self.rows.end();
        self.page(&last)?;
        let embedder = &self.embedder;
        let fonts = self.out.put_pool(|pool| embedder.write_into(pool))?;
        let fonts = dictionary! { "Font" => font_resources(&fonts) };
        self.out.put(self.resources, &fonts)?;
        self.out.finish(&Properties { title, author, language })
    }

    fn page(&mut self, slabs: &[(f32, Slab)]) -> Result<(), PdfError> {
        let content = content(self.pages, slabs, &self.setup, &mut self.embedder);
        let content = self.out.packed_stream(Dictionary::new(), content.as_bytes())?;
        let page = self.out.add(&dictionary! {
            "Type" => "Page",
            "Parent" => TREE,
            "MediaBox" => vec![0.into(), 0.into(), real(self.setup.width), real(self.setup.height)],
            "Resources" => self.resources,
            "Contents" => content,
        })?;
        self.out.page(page);
        self.pages += 1;
        Ok(())
    }
}

/// Rows on their way onto pages, each page with the head of the table.
struct Rows {
    aligns: Vec<Align>,
    widths: Vec<f32>,
    size: f32,
    room: f32,
    head: Slab,
    page: Vec<(f32, Slab)>,
    y: f32,
}

impl Rows {
    fn new(columns: &[RegisterColumn], size: f32, width: f32, room: f32) -> Self {
        let widths = measured(columns, size, width - BORDER);
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
        let aligns = columns.iter().map(|column| column.align).collect();
        let (page, y) = (vec![(0.0, head.clone())], head.height);
        Self { aligns, widths, size, room, head, page, y }
    }

    /// Takes a row; gives the page before it, where that is full now.
    fn push(&mut self, cells: Vec<String>) -> Option<Vec<(f32, Slab)>> {
        let cells = cells.into_iter().chain(std::iter::repeat_with(String::new));
        let cells = cells.zip(&self.aligns).map(|(text, align)| (Run::plain(text), *align));
        let slab = strip(cells.collect(), &self.widths, self.size);
        // Rounding must not push a row that fits exactly to the next page; one that no page
        // can hold stands on a page of its own.
        let full = self.y + slab.height > self.room + 0.01 && self.page.len() > 1;
        let full = full.then(|| self.end());
        let height = slab.height;
        self.page.push((self.y, slab));
        self.y += height;
        full
    }

    /// The page as it stands; the next one begins with the head.
    fn end(&mut self) -> Vec<(f32, Slab)> {
        self.y = self.head.height;
        std::mem::replace(&mut self.page, vec![(0.0, self.head.clone())])
    }
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

/// Widths of the columns: those without a share are as wide as what is expected in them (or
/// the longest word of their title), the others divide the rest, none narrower than its
/// longest word asks, as far as there is room.
fn measured(columns: &[RegisterColumn], size: f32, width: f32) -> Vec<f32> {
    let around = 2.0 * BESIDE + 0.5;
    let widest_word = |text: &str, face: Face| {
        text.split_whitespace().map(|word| face.width(word, size)).fold(0.0, f32::max)
    };
    let mut widths: Vec<f32> = columns
        .iter()
        .map(|column| {
            let title = widest_word(&column.title, Face::SerifBold);
            if column.share > 0.0 {
                return title.max(NARROWEST * size) + around;
            }
            let widest = Face::Serif.width(&column.widest, size).max(title);
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

    use super::*;
    use crate::pdf::structure::Source;

    fn columns() -> Vec<RegisterColumn> {
        let column = |title: &str, share: f32, widest: &str| RegisterColumn {
            title: title.to_owned(),
            share,
            widest: widest.to_owned(),
            align: if share > 0.0 { Align::Left } else { Align::Centre },
        };
        vec![
            column("Ngày đến", 0.0, "00/00/0000"),
            column("Số đến", 0.0, "100"),
            column("Tên loại và trích yếu", 3.0, ""),
            column("Ghi chú", 1.0, ""),
        ]
    }

    fn row(text: &str) -> Vec<String> {
        ["23/11/2026", "15", text, ""].map(str::to_owned).to_vec()
    }

    fn pages(texts: impl Iterator<Item = String>, width: f32, room: f32) -> Vec<Vec<(f32, Slab)>> {
        let mut rows = Rows::new(&columns(), 10.0, width, room);
        let mut pages: Vec<_> = texts.filter_map(|text| rows.push(row(&text))).collect();
        pages.push(rows.end());
        pages
    }

    #[test]
    fn every_page_begins_with_the_head_once() {
        let pages = pages((0..100).map(|_| "văn bản dài ".repeat(12)), 700.0, 500.0);
        assert!(pages.len() > 3);
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
        let widths = measured(&columns(), 10.0, 700.0);
        assert!(widths[0] >= Face::Serif.width("23/11/2026", 10.0) + 2.0 * BESIDE);
        assert!(widths[2] > 2.5 * widths[3] && widths[2] > 400.0, "{widths:?}");
        let sum: f32 = widths.iter().sum();
        assert!((sum - 700.0).abs() < 0.5, "{widths:?}");
    }

    /// Counts what is written, so that a test sees it leave.
    struct Sink<'a>(&'a std::cell::Cell<usize>, Vec<u8>);

    impl Write for Sink<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.set(self.0.get() + bytes.len());
            self.1.write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn full_pages_leave_at_once_and_the_file_is_whole() {
        let written = std::cell::Cell::new(0);
        let setup = PageSetup::a4(18.0, 14.0, 20.0, 12.0);
        let cover =
            [Block::Paragraph { runs: vec![Run::plain("SỔ")], style: Style::sized(14.0) }];
        let out = Sink(&written, Vec::new());
        let mut register = Register::begin(out, setup, &cover, &columns(), 10.0).unwrap();
        let mut before = written.get();
        for _ in 0..5 {
            // More than a page holds.
            for number in 0..60 {
                register.row(row(&format!("Về việc thứ {number}"))).unwrap();
            }
            assert!(written.get() > before, "a full page stays in memory");
            before = written.get();
        }
        let file = register.finish("Sổ", "UBND", "vi-VN").unwrap().1;
        let source = Source::parse(file.into()).unwrap();
        assert!(source.page_count().unwrap() >= 6);
        assert!(source.page_geometry(source.page_count().unwrap()).is_ok());
    }

    #[test]
    fn a_register_without_rows_has_its_head() {
        let pages = pages(std::iter::empty(), 700.0, 500.0);
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1]);
    }

    proptest! {
        #[test]
        fn cells_stay_between_their_borders(
            texts in prop::collection::vec("[a-zôđ /]{0,80}", 1..12),
        ) {
            for (_, slab) in pages(texts.into_iter(), 500.0, 300.0).into_iter().flatten() {
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
