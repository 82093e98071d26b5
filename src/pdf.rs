//! PDF files: their structure, their pages as pictures and as text, and what is drawn
//! into them. Knows nothing of offices and their documents.

pub mod appearance;
pub mod blanks;
pub mod compose;
pub mod difference;
mod error;
pub mod font;
pub mod import;
pub mod ink;
pub mod intent;
mod output;
mod pool;
pub mod render;
mod srgb;
pub mod structure;
pub mod text;

pub use error::PdfError;

/// Events under this target say that a file was opened: its structure, or to be drawn. Opening
/// is what costs, and a test counts it.
pub(crate) const OPENING: &str = "vanthu::pdf::opening";

/// A rectangle in PDF user space: points (1/72 inch), origin at the bottom left of the page.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Rect {
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    pub fn top(&self) -> f32 {
        self.y + self.height
    }

    /// x of the middle.
    pub fn middle(&self) -> f32 {
        self.x + self.width / 2.0
    }

    /// All four measures times `factor`.
    pub fn scaled(&self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor, self.width * factor, self.height * factor)
    }

    pub fn area(&self) -> f32 {
        self.width * self.height
    }

    /// Whether `other` lies inside, give or take `tolerance`.
    pub fn holds(&self, other: &Self, tolerance: f32) -> bool {
        other.x >= self.x - tolerance
            && other.y >= self.y - tolerance
            && other.right() <= self.right() + tolerance
            && other.top() <= self.top() + tolerance
    }

    /// What both cover; `None` where that is nothing.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let width = self.right().min(other.right()) - x;
        let height = self.top().min(other.top()) - y;
        (width > 0.0 && height > 0.0).then_some(Self::new(x, y, width, height))
    }

    /// The smallest rectangle that holds both.
    pub fn union(&self, other: &Self) -> Self {
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        Self::new(x, y, self.right().max(other.right()) - x, self.top().max(other.top()) - y)
    }
}

/// Points in a millimetre.
pub const POINTS_PER_MM: f32 = 72.0 / 25.4;
