//! PDF files: their structure, their pages as pictures and as text, and what is drawn
//! into them. Knows nothing of offices and their documents.

pub mod appearance;
pub mod blanks;
pub mod compose;
mod error;
pub mod font;
pub mod render;
pub mod structure;
pub mod text;

pub use error::PdfError;

/// A rectangle in PDF user space: points (1/72 inch), origin at the bottom left of the page.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

/// Points in a millimetre.
pub const POINTS_PER_MM: f32 = 72.0 / 25.4;
