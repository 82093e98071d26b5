//! Paper that was scanned: images and PDF pages, put together into one PDF file.
//!
//! A page comes out as large as the paper was: pixels divided by dots per inch, nothing
//! scaled to fit. JPEG data go in byte for byte and PNG data as they were compressed; only
//! TIFF and BMP are decoded and compressed anew, without loss. Turning, straightening and the
//! camera's own orientation are one matrix in front of the image, so that no pixel is ever
//! computed again and everything can be taken back.
//!
//! Pages are written one after the other ([`PaperWriter`]): of a hundred pages one is in
//! memory.

mod bmp;
mod copy;
mod exif;
mod jpeg;
pub mod look;
mod png;
mod tiff;
mod writer;

use super::{PdfError, Rect};

pub use copy::Copies;
pub use writer::PaperWriter;

/// Pixels of one scanned page: A3 at 600 dots per inch has seventy million.
pub const MAX_PIXELS: u64 = 100_000_000;
/// Pages of one file.
pub const MAX_PAGES: usize = 2_000;

const MM_PER_INCH: f64 = 25.4;
const POINTS_PER_INCH: f64 = 72.0;

/// What a file of scanned pages is, by its first bytes and never by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    Tiff,
    /// What every scanner of Windows can give.
    Bmp,
    Pdf,
}

impl Format {
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let begins = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
        match begins {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            [b'B', b'M', ..] if begins.len() > 30 => Some(Self::Bmp),
            begins if begins.windows(5).any(|part| part == b"%PDF-") => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// How much colour an image can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Colour,
    Grey,
    /// Black and white alone.
    Bilevel,
}

/// Dots per inch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Density {
    pub x: f64,
    pub y: f64,
    /// The file says so; else it was taken from the shape of the paper.
    pub stated: bool,
}

impl Density {
    /// What the file says, where paper could be so large, else what suits the shape.
    ///
    /// Cameras and some drivers write 72 or 96 whatever they did, which would make a page of
    /// A4 as large as a poster.
    fn of(stated: Option<(f64, f64)>, width: u32, height: u32) -> Self {
        const LONGEST_MM: f64 = 620.0;
        let (w, h) = (f64::from(width), f64::from(height));
        if let Some((x, y)) = stated
            && (20.0..=4800.0).contains(&x)
            && (20.0..=4800.0).contains(&y)
            && (w / x).max(h / y) * MM_PER_INCH <= LONGEST_MM
        {
            return Self { x, y, stated: true };
        }
        let (long, short) = (w.max(h), w.min(h).max(1.0));
        let is_a_sheet = (long / short / std::f64::consts::SQRT_2 - 1.0).abs() < 0.04;
        let dots = if is_a_sheet { long * MM_PER_INCH / 297.0 } else { 200.0 };
        // A strip of paper is no longer than anybody's scanner.
        let dots = dots.max(long * MM_PER_INCH / LONGEST_MM);
        Self { x: dots, y: dots, stated: false }
    }

    pub fn least(&self) -> f64 {
        self.x.min(self.y)
    }
}

/// One page of a file, upright as the file wants it shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageFacts {
    /// Size of the paper in points.
    pub width: f64,
    pub height: f64,
    /// `None` for a page of a PDF, which may hold anything.
    pub image: Option<ImageFacts>,
}

/// What is known of an image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageFacts {
    pub density: Density,
    pub ink: Ink,
}

/// An image as it is stored, before its orientation is applied.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stored {
    width: u32,
    height: u32,
    /// 1 to 8, as EXIF and TIFF number it.
    orientation: u16,
    /// Dots per inch along the stored rows and columns.
    density: Option<(f64, f64)>,
    ink: Ink,
}

impl Stored {
    fn check(self) -> Result<Self, PdfError> {
        let pixels = u64::from(self.width) * u64::from(self.height);
        if self.width == 0 || self.height == 0 {
            return Err(PdfError::BadImage("the image has no pixels".to_owned()));
        }
        if pixels > MAX_PIXELS {
            return Err(PdfError::ImageTooLarge { pixels, limit: MAX_PIXELS });
        }
        Ok(self)
    }

    fn lies(&self) -> bool {
        (5..=8).contains(&self.orientation)
    }

    fn density(&self) -> Density {
        Density::of(self.density, self.width, self.height)
    }

    /// Size of the paper in points, as shown.
    fn size(&self) -> (f64, f64) {
        let density = self.density();
        let width = f64::from(self.width) / density.x * POINTS_PER_INCH;
        let height = f64::from(self.height) / density.y * POINTS_PER_INCH;
        if self.lies() { (height, width) } else { (width, height) }
    }

    fn facts(&self) -> PageFacts {
        let (width, height) = self.size();
        let density = self.density();
        let density = if self.lies() {
            Density { x: density.y, y: density.x, stated: density.stated }
        } else {
            density
        };
        PageFacts { width, height, image: Some(ImageFacts { density, ink: self.ink }) }
    }
}

/// The rows of a page, packed as PDF packs them: each row begins with a byte of its own.
#[derive(Debug)]
struct Decoded {
    stored: Stored,
    bits: u8,
    /// 1 grey, 3 colours, 4 inks.
    components: u8,
    rows: Vec<u8>,
}

/// What a person does to a page: quarter turns clockwise, and the small angle that makes its
/// lines level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    /// 0 to 3.
    pub quarters: u8,
    /// Clockwise, in tenths of a degree.
    pub tenths: i16,
}

impl Turn {
    fn radians(self) -> f64 {
        (f64::from(self.tenths) / 10.0).to_radians()
    }
}

/// The pages of a file, none of which is drawn for this.
///
/// # Errors
/// [`PdfError::BadImage`] for what is damaged or of an unknown kind, [`PdfError::ImageTooLarge`],
/// [`PdfError::TooManyPages`], and what [`Source::parse`](super::structure::Source::parse)
/// finds wrong with a PDF.
pub fn survey(bytes: &[u8]) -> Result<Vec<PageFacts>, PdfError> {
    let one = |stored: Stored| Ok(vec![stored.facts()]);
    match Format::of(bytes) {
        Some(Format::Jpeg) => one(jpeg::Jpeg::read(bytes)?.stored),
        Some(Format::Png) => one(png::Png::read(bytes)?.stored),
        Some(Format::Tiff) => tiff::pages(bytes)?.iter().map(|page| Ok(page.facts())).collect(),
        Some(Format::Bmp) => one(bmp::decode(bytes)?.stored),
        Some(Format::Pdf) => copy::pages(bytes),
        None => Err(unknown()),
    }
}

fn unknown() -> PdfError {
    PdfError::BadImage("neither JPEG, PNG, TIFF, BMP nor PDF".to_owned())
}

fn broken(what: &str) -> PdfError {
    PdfError::BadImage(what.to_owned())
}

/// A map of the plane: `x' = a x + c y + e`, `y' = b x + d y + f`, as PDF writes it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Matrix([f64; 6]);

impl Matrix {
    const fn shift(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    const fn scale(x: f64, y: f64) -> Self {
        Self([x, 0.0, 0.0, y, 0.0, 0.0])
    }

    /// Clockwise, with y upwards.
    fn turn(radians: f64) -> Self {
        let (sin, cos) = radians.sin_cos();
        Self([cos, -sin, sin, cos, 0.0, 0.0])
    }

    /// Exact, so that a page turned four times has the same bytes again.
    const fn quarters(turns: u8) -> Self {
        match turns % 4 {
            1 => Self([0.0, -1.0, 1.0, 0.0, 0.0, 0.0]),
            2 => Self([-1.0, 0.0, 0.0, -1.0, 0.0, 0.0]),
            3 => Self([0.0, 1.0, -1.0, 0.0, 0.0, 0.0]),
            _ => Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        }
    }

    /// From an image as stored to the image as shown, around its middle (EXIF 2.3, tag 0x0112).
    const fn orientation(orientation: u16) -> Self {
        match orientation {
            2 => Self([-1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
            3 => Self([-1.0, 0.0, 0.0, -1.0, 0.0, 0.0]),
            4 => Self([1.0, 0.0, 0.0, -1.0, 0.0, 0.0]),
            5 => Self([0.0, -1.0, -1.0, 0.0, 0.0, 0.0]),
            6 => Self([0.0, -1.0, 1.0, 0.0, 0.0, 0.0]),
            7 => Self([0.0, 1.0, 1.0, 0.0, 0.0, 0.0]),
            8 => Self([0.0, 1.0, -1.0, 0.0, 0.0, 0.0]),
            _ => Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        }
    }

    /// This one first, then `next`.
    fn then(self, next: Self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let [p, q, r, s, t, u] = next.0;
        Self([
            a * p + b * r,
            a * q + b * s,
            c * p + d * r,
            c * q + d * s,
            e * p + f * r + t,
            e * q + f * s + u,
        ])
    }

    /// As the operand of `cm`: six decimals, so that a small angle stays an angle.
    fn written(self) -> String {
        let plain = |value: f64| {
            let text = format!("{value:.6}");
            let text = text.trim_end_matches('0').trim_end_matches('.');
            if text == "-0" { "0".to_owned() } else { text.to_owned() }
        };
        self.0.map(plain).join(" ")
    }
}

/// Where an image lies on its page, and how large that page is.
fn placed(stored: &Stored, turn: Turn) -> (Matrix, (f64, f64)) {
    let (width, height) = stored.size();
    let page = if turn.quarters % 2 == 1 { (height, width) } else { (width, height) };
    let matrix = Matrix::shift(-0.5, -0.5)
        .then(Matrix::orientation(stored.orientation))
        .then(Matrix::scale(width, height))
        .then(Matrix::turn(turn.radians()))
        .then(Matrix::quarters(turn.quarters))
        .then(Matrix::shift(page.0 / 2.0, page.1 / 2.0));
    (matrix, page)
}

/// What turns the content of a page by a small angle around the middle of what is shown.
fn straightened(shown: Rect, turn: Turn) -> Matrix {
    let middle = (f64::from(shown.middle()), f64::from(shown.y + shown.height / 2.0));
    Matrix::shift(-middle.0, -middle.1)
        .then(Matrix::turn(turn.radians()))
        .then(Matrix::shift(middle.0, middle.1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(orientation: u16) -> Stored {
        let density = Some((200.0, 200.0));
        Stored { width: 1654, height: 2339, orientation, density, ink: Ink::Colour }
    }

    /// Where a point of the unit square comes to lie.
    fn at(matrix: Matrix, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = matrix.0;
        (a * x + c * y + e, b * x + d * y + f)
    }

    #[test]
    fn a_page_is_as_large_as_the_paper_was() {
        let facts = stored(1).facts();
        assert!((facts.width / 72.0 * 25.4 - 210.0).abs() < 0.2);
        assert!((facts.height / 72.0 * 25.4 - 297.0).abs() < 0.2);
        // Lying down it is as large, the other way round.
        let lying = stored(6).facts();
        assert_eq!((lying.width, lying.height), (facts.height, facts.width));
    }

    #[test]
    fn a_resolution_nobody_can_mean_is_not_believed() {
        // A photograph of an A4 page, said to be of 72 dots.
        let density = Density::of(Some((72.0, 72.0)), 3508, 2480);
        assert!(!density.stated && (density.x - 300.0).abs() < 1.0, "{density:?}");
        // No resolution, and no sheet.
        let strip = Density::of(None, 1000, 400);
        assert_eq!(strip, Density { x: 200.0, y: 200.0, stated: false });
        // 96 dots of a small picture may well be meant.
        assert!(Density::of(Some((96.0, 96.0)), 800, 600).stated);
        for absurd in [(0.0, 0.0), (f64::NAN, 200.0), (200.0, f64::INFINITY), (1e9, 1e9)] {
            assert!(!Density::of(Some(absurd), 1654, 2339).stated, "{absurd:?}");
        }
    }

    #[test]
    fn the_top_of_what_is_shown_is_the_top_of_the_page() {
        // Orientation 6: the first stored row is the right edge, the first column the top.
        let (matrix, (width, height)) = placed(&stored(6), Turn::default());
        let (x, y) = at(matrix, 0.0, 1.0);
        assert!((x - width).abs() < 0.01 && (y - height).abs() < 0.01, "{x} {y}");
        // Turned clockwise by a quarter, the top left corner is at the top right.
        let turn = Turn { quarters: 1, tenths: 0 };
        let (matrix, (width, height)) = placed(&stored(1), turn);
        assert!(width > height);
        let (x, y) = at(matrix, 0.0, 1.0);
        assert!((x - width).abs() < 0.01 && (y - height).abs() < 0.01, "{x} {y}");
    }

    #[test]
    fn a_page_turned_clockwise_has_its_left_edge_higher() {
        let (matrix, _) = placed(&stored(1), Turn { quarters: 0, tenths: 20 });
        assert!(at(matrix, 0.0, 0.5).1 > at(matrix, 1.0, 0.5).1);
    }

    #[test]
    fn formats_are_known_by_their_bytes() {
        assert_eq!(Format::of(b"\xff\xd8\xff\xe0"), Some(Format::Jpeg));
        assert_eq!(Format::of(b"II*\0"), Some(Format::Tiff));
        assert_eq!(Format::of(b"MM\0*"), Some(Format::Tiff));
        assert_eq!(Format::of(b"\n\n%PDF-1.4"), Some(Format::Pdf));
        for other in [&b""[..], b"II", b"GIF89a", b"PK\x03\x04"] {
            assert_eq!(Format::of(other), None);
            assert!(survey(other).is_err());
        }
    }

    proptest! {
        #[test]
        fn an_image_fills_its_page_however_it_is_turned(
            orientation in 0u16..10, quarters in 0u8..4,
        ) {
            let (matrix, (width, height)) = placed(&stored(orientation), Turn { quarters, tenths: 0 });
            let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
                .map(|(x, y)| at(matrix, x, y));
            let across = |value: fn(&(f64, f64)) -> f64| {
                let values = corners.iter().map(value);
                let (low, high) = (values.clone().fold(f64::MAX, f64::min), values.fold(f64::MIN, f64::max));
                (low, high)
            };
            let (left, right) = across(|corner| corner.0);
            let (bottom, top) = across(|corner| corner.1);
            prop_assert!(left.abs() < 0.01 && bottom.abs() < 0.01);
            prop_assert!((right - width).abs() < 0.01 && (top - height).abs() < 0.01);
        }

        #[test]
        fn whatever_the_bytes_are_they_are_read_or_refused(
            kind in 0usize..5, bytes in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let begin: [&[u8]; 5] = [b"BM",b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"%PDF-1.4\n"];
            let _ = survey(&[begin[kind], &bytes].concat());
        }
    }
}
