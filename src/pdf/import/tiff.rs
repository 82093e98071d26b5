//! TIFF: several pages, many ways of packing them; decoded here, packed anew by the writer.

use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::{Decoded, Ink, MAX_PAGES, MAX_PIXELS, Stored, broken, exif};
use crate::pdf::PdfError;

fn refused(error: tiff::TiffError) -> PdfError {
    PdfError::BadImage(error.to_string())
}

type Open<'a> = Decoder<Cursor<&'a [u8]>>;

fn open(bytes: &[u8]) -> Result<Open<'_>, PdfError> {
    let mut limits = Limits::default();
    let most = usize::try_from(MAX_PIXELS * 4).unwrap_or(usize::MAX);
    limits.decoding_buffer_size = most;
    limits.intermediate_buffer_size = most;
    Ok(Decoder::new(Cursor::new(bytes)).map_err(refused)?.with_limits(limits))
}

/// Every page. Each is decoded once, so that a damaged file is refused when it comes and not
/// when the document is made of it.
pub(super) fn pages(bytes: &[u8]) -> Result<Vec<Stored>, PdfError> {
    let mut decoder = open(bytes)?;
    let mut pages = Vec::new();
    loop {
        pages.push(decode_here(&mut decoder)?.stored);
        if !decoder.more_images() {
            return Ok(pages);
        }
        if pages.len() >= MAX_PAGES {
            let limit = u32::try_from(MAX_PAGES).unwrap_or(u32::MAX);
            return Err(PdfError::TooManyPages { pages: limit.saturating_add(1), limit });
        }
        decoder.next_image().map_err(refused)?;
    }
}

/// Page `index`, from 0.
pub(super) fn decode(bytes: &[u8], index: u32) -> Result<Decoded, PdfError> {
    let mut decoder = open(bytes)?;
    let at = usize::try_from(index).unwrap_or(usize::MAX);
    for _ in 0..at {
        if !decoder.more_images() {
            return Err(PdfError::NoSuchPage { page: index.saturating_add(1), pages: 0 });
        }
        decoder.next_image().map_err(refused)?;
    }
    decode_here(&mut decoder)
}

fn decode_here(decoder: &mut Open<'_>) -> Result<Decoded, PdfError> {
    let (width, height) = decoder.dimensions().map_err(refused)?;
    let orientation = short(decoder, Tag::Orientation).filter(|value| (1..=8).contains(value));
    let stored = Stored {
        width,
        height,
        orientation: orientation.unwrap_or(1),
        density: density(decoder),
        ink: Ink::Colour,
    };
    let stored = stored.check()?;
    let colour = decoder.colortype().map_err(refused)?;
    let (bits, kept, dropped) = match colour {
        ColorType::Gray(bits @ (1 | 2 | 4 | 8 | 16)) => (bits, 1, 0),
        ColorType::Palette(bits @ (1 | 2 | 4 | 8)) => (bits, 1, 0),
        ColorType::GrayA(bits @ (8 | 16)) => (bits, 1, 1),
        ColorType::RGB(bits @ (8 | 16)) => (bits, 3, 0),
        ColorType::RGBA(bits @ (8 | 16)) => (bits, 3, 1),
        ColorType::CMYK(bits @ (8 | 16)) => (bits, 4, 0),
        other => return Err(PdfError::BadImage(format!("a TIFF of the kind {other:?}"))),
    };
    let rows = match decoder.read_image().map_err(refused)? {
        DecodingResult::U8(rows) => rows,
        // PDF wants the larger half of a number first.
        DecodingResult::U16(rows) => rows.into_iter().flat_map(u16::to_be_bytes).collect(),
        _ => return Err(broken("a TIFF of numbers that are no colours")),
    };
    let rows = if dropped == 0 {
        rows
    } else {
        // What is transparent on a scan is a driver's mistake: the colours count.
        let sample = usize::from(bits / 8);
        let whole = sample * (kept + dropped);
        rows.chunks(whole).flat_map(|pixel| pixel.iter().take(sample * kept).copied()).collect()
    };
    let components = u8::try_from(kept).unwrap_or(1);
    if let ColorType::Palette(bits) = colour {
        let colours = palette(decoder)?;
        let rows = unfolded(&rows, &colours, bits, width);
        return expect(Decoded { stored, bits: 8, components: 3, rows });
    }
    let ink = match (components, bits) {
        (1, 1) => Ink::Bilevel,
        (1, _) => Ink::Grey,
        _ => Ink::Colour,
    };
    expect(Decoded { stored: Stored { ink, ..stored }, bits, components, rows })
}

/// Refuses what has fewer or more bytes than its rows need.
fn expect(decoded: Decoded) -> Result<Decoded, PdfError> {
    let Stored { width, height, .. } = decoded.stored;
    let row =
        (u64::from(width) * u64::from(decoded.components) * u64::from(decoded.bits)).div_ceil(8);
    if decoded.rows.len() as u64 == row * u64::from(height) {
        Ok(decoded)
    } else {
        Err(broken("a TIFF whose rows have another length than it says"))
    }
}

fn short(decoder: &mut Open<'_>, tag: Tag) -> Option<u16> {
    decoder.find_tag_unsigned(tag).ok().flatten()
}

fn density(decoder: &mut Open<'_>) -> Option<(f64, f64)> {
    let unit = short(decoder, Tag::ResolutionUnit).unwrap_or(2);
    let x = rational(decoder, Tag::XResolution)?;
    let y = rational(decoder, Tag::YResolution)?;
    exif::per_inch((x, y), unit)
}

fn rational(decoder: &mut Open<'_>, tag: Tag) -> Option<f64> {
    match decoder.find_tag(tag).ok()?? {
        Value::Rational(over, under) if under > 0 => Some(f64::from(over) / f64::from(under)),
        Value::Float(value) => Some(f64::from(value)),
        Value::Double(value) => Some(value),
        Value::Short(value) => Some(f64::from(value)),
        Value::Unsigned(value) => Some(f64::from(value)),
        _ => None,
    }
}

/// Red, green and blue of each colour, eight bits of sixteen.
fn palette(decoder: &mut Open<'_>) -> Result<Vec<[u8; 3]>, PdfError> {
    let map = decoder.get_tag_u16_vec(Tag::ColorMap).map_err(refused)?;
    let count = map.len() / 3;
    let value = |part: usize, index: usize| {
        map.get(part * count + index).map_or(0, |value| value.to_be_bytes()[0])
    };
    Ok((0..count).map(|index| [value(0, index), value(1, index), value(2, index)]).collect())
}

/// Colours for numbers of colours.
fn unfolded(rows: &[u8], colours: &[[u8; 3]], bits: u8, width: u32) -> Vec<u8> {
    let (bits, width) = (usize::from(bits), usize::try_from(width).unwrap_or(0));
    let row = (width * bits).div_ceil(8).max(1);
    let mask = (1_usize << bits) - 1;
    let mut out = Vec::with_capacity(rows.len() / row * width * 3);
    for row in rows.chunks(row) {
        for x in 0..width {
            let byte = row.get(x * bits / 8).copied().unwrap_or(0);
            let index = usize::from(byte) >> (8 - bits - x * bits % 8) & mask;
            out.extend(colours.get(index).copied().unwrap_or_default());
        }
    }
    out
}
