//! BMP, as scanners of Windows write it: whole pixels in rows that mostly begin at the bottom.

use super::{Decoded, Ink, Stored, broken};
use crate::pdf::PdfError;

/// Where the description begins, after the file's own head.
const HEAD: usize = 14;

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> Result<[u8; N], PdfError> {
        let bytes = self.0.get(at..at.saturating_add(N)).and_then(|part| part.try_into().ok());
        bytes.ok_or_else(|| broken("the BMP breaks off"))
    }

    fn short(&self, at: usize) -> Result<u16, PdfError> {
        Ok(u16::from_le_bytes(self.bytes(at)?))
    }

    fn long(&self, at: usize) -> Result<u32, PdfError> {
        Ok(u32::from_le_bytes(self.bytes(at)?))
    }

    fn signed(&self, at: usize) -> Result<i32, PdfError> {
        Ok(i32::from_le_bytes(self.bytes(at)?))
    }
}

/// Reads an uncompressed BMP of 1, 4, 8, 24 or 32 bits.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, PdfError> {
    let fields = Fields(bytes);
    let size = fields.long(HEAD)? as usize;
    let (width, height) = (fields.signed(HEAD + 4)?, fields.signed(HEAD + 8)?);
    let (bits, packing) = (fields.short(HEAD + 14)?, fields.long(HEAD + 16)?);
    if size < 40 || packing != 0 || !matches!(bits, 1 | 4 | 8 | 24 | 32) {
        return Err(broken("a kind of BMP that no scanner writes"));
    }
    let per_metre = |at| fields.signed(at).map(|dots| f64::from(dots) * 0.0254);
    let density = (per_metre(HEAD + 24)?, per_metre(HEAD + 28)?);
    let stored = Stored {
        width: u32::try_from(width).unwrap_or(0),
        height: height.unsigned_abs(),
        orientation: 1,
        density: (density.0 > 0.0 && density.1 > 0.0).then_some(density),
        ink: Ink::Colour,
    };
    let stored = stored.check()?;
    let colours = colours(&fields, size, bits)?;
    let bits = usize::from(bits);
    let (width, lines) = (stored.width as usize, stored.height as usize);
    // Rows are filled up to four bytes.
    let row = (width * bits).div_ceil(32) * 4;
    let begin = fields.long(10)? as usize;
    let all = begin.checked_add(row * lines).and_then(|end| bytes.get(begin..end));
    let all = all.ok_or_else(|| broken("the BMP breaks off"))?;
    let grey = colours.iter().all(|[r, g, b]| r == g && g == b) && bits <= 8;
    let mut rows = Vec::with_capacity(width * lines * if grey { 1 } else { 3 });
    for line in 0..lines {
        let line = if height < 0 { line } else { lines - 1 - line };
        let pixels = all.get(line * row..(line + 1) * row).unwrap_or_default();
        if bits >= 24 {
            for pixel in pixels.chunks_exact(bits / 8).take(width) {
                let part = |at: usize| pixel.get(at).copied().unwrap_or(255);
                rows.extend([part(2), part(1), part(0)]);
            }
            continue;
        }
        for x in 0..width {
            let byte = pixels.get(x * bits / 8).copied().unwrap_or(0);
            let index = usize::from(byte) >> (8 - bits - x * bits % 8) & ((1 << bits) - 1);
            let [r, g, b] = colours.get(index).copied().unwrap_or([255; 3]);
            if grey { rows.push(r) } else { rows.extend([r, g, b]) }
        }
    }
    let ink = match (grey, bits) {
        (true, 1) => Ink::Bilevel,
        (true, _) => Ink::Grey,
        _ => Ink::Colour,
    };
    let components = if grey { 1 } else { 3 };
    Ok(Decoded { stored: Stored { ink, ..stored }, bits: 8, components, rows })
}

/// The table of colours of an image of at most eight bits.
fn colours(fields: &Fields<'_>, size: usize, bits: u16) -> Result<Vec<[u8; 3]>, PdfError> {
    if bits > 8 {
        return Ok(Vec::new());
    }
    let most = 1_usize << bits;
    let count = match fields.long(HEAD + 32)? as usize {
        0 => most,
        count => count.min(most),
    };
    (0..count)
        .map(|index| fields.bytes::<4>(HEAD + size + index * 4).map(|[b, g, r, _]| [r, g, b]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pixels across, two down, at 200 dots per inch, from the bottom.
    fn made(bits: u16, colours: &[[u8; 4]], rows: &[u8]) -> Vec<u8> {
        let begin = 14 + 40 + colours.len() as u32 * 4;
        let mut bytes = b"BM".to_vec();
        bytes.extend((begin + rows.len() as u32).to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend(begin.to_le_bytes());
        for value in [40_u32, 2, 2] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(1_u16.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        for value in [0, rows.len() as u32, 7874, 7874, colours.len() as u32, 0] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend(colours.concat());
        bytes.extend(rows);
        bytes
    }

    #[test]
    fn rows_are_turned_over_and_colours_put_in_order() {
        let rows = [1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0];
        let decoded = decode(&made(24, &[], &rows)).unwrap();
        assert_eq!(decoded.rows, [9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4]);
        assert_eq!((decoded.components, decoded.stored.ink), (3, Ink::Colour));
        let density = decoded.stored.density.unwrap();
        assert!((density.0 - 200.0).abs() < 0.1 && (density.1 - 200.0).abs() < 0.1);
    }

    #[test]
    fn a_table_of_greys_is_grey() {
        let table = [[0, 0, 0, 0], [255, 255, 255, 0]];
        let rows = [0b1000_0000, 0, 0, 0, 0b0100_0000, 0, 0, 0];
        let decoded = decode(&made(1, &table, &rows)).unwrap();
        assert_eq!(decoded.rows, [0, 255, 255, 0]);
        assert_eq!((decoded.components, decoded.stored.ink), (1, Ink::Bilevel));
        let red = [[0, 0, 200, 0], [255, 255, 255, 0]];
        assert_eq!(decode(&made(1, &red, &rows)).unwrap().components, 3);
    }

    #[test]
    fn what_breaks_off_is_refused() {
        let whole = made(24, &[], &[1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0]);
        for end in 0..whole.len() {
            assert!(decode(&whole[..end]).is_err(), "{end}");
        }
    }
}
