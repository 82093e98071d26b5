//! Writes new PDF files from flowing text: paragraphs, columns, lines and tables on pages.
//!
//! Enough of a typesetter for administrative documents, and no more: greedy line breaking
//! at spaces (Vietnamese is not hyphenated), justification, no single line left alone at the
//! foot or head of a page, blocks that stay together, page numbers in the top margin. Fonts
//! are embedded, the language is stated, and the same input gives the same bytes.

mod flow;
mod paragraph;
mod register;
mod sheet;
mod write;

use super::appearance::Colour;
use super::{POINTS_PER_MM, PdfError};
pub use register::Register;
pub use sheet::{Drawing, Picture, Sheet, Stroke, sheets};

/// A document to be set.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// For the window's title and for search; not shown on the pages.
    pub title: String,
    /// The issuing agency or person, for the file's properties.
    pub author: String,
    /// BCP 47, such as `vi-VN`.
    pub language: String,
    pub page: PageSetup,
    pub blocks: Vec<Block>,
}

/// Paper and margins, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageSetup {
    pub width: f32,
    pub height: f32,
    pub top: f32,
    pub bottom: f32,
    pub left: f32,
    pub right: f32,
    /// Size of the page numbers, from page 2 on; `None` for none.
    pub number_size: Option<f32>,
    pub number_place: NumberPlace,
}

/// Where page numbers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumberPlace {
    /// In the middle of the top margin (Nghị định 30/2020/NĐ-CP).
    #[default]
    TopCentre,
    /// In the bottom margin, at the right edge of the text (Thông tư 01/2011/TT-BNV).
    BottomRight,
}

impl PageSetup {
    /// A4 upright with margins in millimetres: top, bottom, left, right.
    pub fn a4(top: f32, bottom: f32, left: f32, right: f32) -> Self {
        Self {
            width: 210.0 * POINTS_PER_MM,
            height: 297.0 * POINTS_PER_MM,
            top: top * POINTS_PER_MM,
            bottom: bottom * POINTS_PER_MM,
            left: left * POINTS_PER_MM,
            right: right * POINTS_PER_MM,
            number_size: Some(14.0),
            number_place: NumberPlace::TopCentre,
        }
    }

    /// Width of the text.
    pub fn measure(&self) -> f32 {
        self.width - self.left - self.right
    }

    /// Height of the text.
    fn room(&self) -> f32 {
        self.height - self.top - self.bottom
    }
}

/// One thing on the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Paragraph {
        runs: Vec<Run>,
        style: Style,
    },
    /// A horizontal line, with room above it.
    Rule {
        length: f32,
        thickness: f32,
        align: Align,
        above: f32,
    },
    Space(f32),
    /// A word in a single frame, both in one colour: a mark on the document.
    Framed {
        run: Run,
        size: f32,
        width: f32,
        height: f32,
        colour: Colour,
        align: Align,
    },
    /// Side by side, tops aligned; never split over pages.
    Columns(Vec<Column>),
    /// A table with borders; a row is never split over pages.
    Table {
        /// Parts of the width.
        widths: Vec<f32>,
        rows: Vec<Vec<Vec<Block>>>,
    },
    /// Stays on one page if it fits on one.
    Together(Vec<Block>),
    PageBreak,
}

/// A column of a register.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisterColumn {
    pub title: String,
    /// Part of the width that the measured columns leave; 0 for one that is as wide as
    /// `widest`.
    pub share: f32,
    /// The widest that is expected to stand in it; what is wider wraps.
    pub widest: String,
    pub align: Align,
}

/// A column of a given width.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub width: f32,
    pub blocks: Vec<Block>,
}

/// Text in one style.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    pub text: String,
    pub bold: bool,
    pub italic: bool,
}

impl Run {
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn bold(text: impl Into<String>) -> Self {
        Self { text: text.into(), bold: true, italic: false }
    }

    pub fn italic(text: impl Into<String>) -> Self {
        Self { text: text.into(), bold: false, italic: true }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    #[default]
    Left,
    Centre,
    Right,
    /// Both edges; the last line from the left.
    Justify,
}

/// How a paragraph is set; lengths in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    pub size: f32,
    pub align: Align,
    pub first_indent: f32,
    pub left_indent: f32,
    /// Room above; dropped at the head of a page.
    pub before: f32,
    /// Distance of lines in multiples of the typeface's own (1.0 is single).
    pub leading: f32,
    /// Not separated from what follows by a page end.
    pub keep_with_next: bool,
}

impl Style {
    /// From the left, single spaced.
    pub const fn sized(size: f32) -> Self {
        Self {
            size,
            align: Align::Left,
            first_indent: 0.0,
            left_indent: 0.0,
            before: 0.0,
            leading: 1.0,
            keep_with_next: false,
        }
    }

    pub const fn align(mut self, align: Align) -> Self {
        self.align = align;
        self
    }

    pub const fn before(mut self, before: f32) -> Self {
        self.before = before;
        self
    }
}

/// Sets the text on pages and writes a PDF 1.7 file.
///
/// Fails with [`PdfError::BadResource`] if a font cannot be embedded or the page has no
/// room for text.
pub fn compose(composition: &Composition) -> Result<Vec<u8>, PdfError> {
    write::write(composition, &set(&composition.blocks, &composition.page)?)
}

/// Strips with their distance from the top, page by page.
fn set(blocks: &[Block], page: &PageSetup) -> Result<Vec<Vec<(f32, flow::Slab)>>, PdfError> {
    let room = page.room();
    if !(page.measure() >= 20.0 && room >= 20.0) {
        return Err(PdfError::BadResource("the margins leave no room for text".into()));
    }
    Ok(flow::paginate(flow::lay(blocks, page.measure()), room))
}
