//! PNG: its compressed data are what PDF calls Flate with a predictor, so they go in as they
//! are. Only what PDF cannot say (interlacing, transparency) is decoded first.

use flate2::Crc;

use super::{Ink, Stored, broken, exif};
use crate::pdf::PdfError;

/// What a PDF must say of a PNG file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Png<'a> {
    pub stored: Stored,
    pub bits: u8,
    pub colour: Colour<'a>,
    /// The pieces of the compressed data; `None` where the image must be decoded.
    pub data: Option<Vec<&'a [u8]>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Colour<'a> {
    Grey,
    Rgb,
    /// Three bytes each.
    Palette(&'a [u8]),
}

const HEAD: usize = 8;

impl<'a> Png<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Self, PdfError> {
        let mut at = HEAD;
        let mut head = None;
        let mut palette = None;
        let mut density = None;
        let mut notes = exif::Notes::default();
        let mut transparent = false;
        let mut data = Vec::new();
        loop {
            let (kind, body, next) = chunk(bytes, at)?;
            match kind {
                b"IHDR" => head = Some(header(body)?),
                b"PLTE" => palette = Some(body),
                b"tRNS" => transparent = true,
                b"pHYs" => density = per_metre(body),
                b"eXIf" => notes = exif::read(body),
                b"IDAT" => data.push(body),
                b"IEND" => break,
                _ => {}
            }
            at = next;
        }
        let (width, height, bits, kind, interlaced) =
            head.ok_or_else(|| broken("a PNG without a head"))?;
        if data.is_empty() {
            return Err(broken("a PNG without data"));
        }
        let (colour, veiled) = match kind {
            0 => (Colour::Grey, false),
            2 => (Colour::Rgb, false),
            3 => (
                Colour::Palette(palette.ok_or_else(|| broken("a PNG without its palette"))?),
                false,
            ),
            4 => (Colour::Grey, true),
            6 => (Colour::Rgb, true),
            _ => return Err(broken("a PNG of an unknown kind")),
        };
        let ink = match (colour, bits) {
            (Colour::Grey, 1) => Ink::Bilevel,
            (Colour::Grey, _) => Ink::Grey,
            (Colour::Rgb | Colour::Palette(_), _) => Ink::Colour,
        };
        let as_it_is = !(interlaced || transparent || veiled);
        let stored = Stored {
            width,
            height,
            orientation: notes.orientation.unwrap_or(1),
            density: density.or(notes.density),
            ink,
        };
        Ok(Self { stored: stored.check()?, bits, colour, data: as_it_is.then_some(data) })
    }
}

/// Kind and body of the chunk at `at`, and where the next begins; its check sum is checked.
fn chunk(bytes: &[u8], at: usize) -> Result<(&[u8], &[u8], usize), PdfError> {
    let cut = || broken("the PNG breaks off");
    let number = |at: usize| {
        let bytes = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let length = usize::try_from(number(at).ok_or_else(cut)?).map_err(|_| cut())?;
    let body = at + 8;
    let end = body.checked_add(length).ok_or_else(cut)?;
    let (kind, content) = bytes.get(at + 4..body).zip(bytes.get(body..end)).ok_or_else(cut)?;
    let mut sum = Crc::new();
    sum.update(kind);
    sum.update(content);
    if number(end).ok_or_else(cut)? != sum.sum() {
        return Err(broken("the PNG is damaged"));
    }
    Ok((kind, content, end + 4))
}

fn header(body: &[u8]) -> Result<(u32, u32, u8, u8, bool), PdfError> {
    let [w3, w2, w1, w0, h3, h2, h1, h0, bits, kind, _, _, interlaced, ..] = *body else {
        return Err(broken("a PNG's head breaks off"));
    };
    let (width, height) =
        (u32::from_be_bytes([w3, w2, w1, w0]), u32::from_be_bytes([h3, h2, h1, h0]));
    if !matches!(bits, 1 | 2 | 4 | 8 | 16) {
        return Err(broken("a PNG of an unknown depth"));
    }
    Ok((width, height, bits, kind, interlaced != 0))
}

/// Dots per inch from dots per metre (PNG 1.2, 4.2.4.2).
fn per_metre(body: &[u8]) -> Option<(f64, f64)> {
    let [x3, x2, x1, x0, y3, y2, y1, y0, 1, ..] = *body else { return None };
    // Whole dots per inch are written rounded to whole dots per metre.
    let inch = |dots: u32| (f64::from(dots) * 0.0254 * 100.0).round() / 100.0;
    let (x, y) = (u32::from_be_bytes([x3, x2, x1, x0]), u32::from_be_bytes([y3, y2, y1, y0]));
    Some((whole(inch(x)), whole(inch(y))))
}

/// 199.9 dots per inch are 200.
fn whole(dots: f64) -> f64 {
    if (dots - dots.round()).abs() < 0.02 { dots.round() } else { dots }
}
