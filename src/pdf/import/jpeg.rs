//! JPEG: its head is read, its data go into the PDF as they are.

use super::exif;
use super::{Ink, Stored, broken};
use crate::pdf::PdfError;

/// What a PDF must say of a JPEG file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Jpeg {
    pub stored: Stored,
    /// 1 grey, 3 colours, 4 inks.
    pub components: u8,
    /// Adobe's programs write four inks upside down, and mark it.
    pub adobe: bool,
}

const START_OF_SCAN: u8 = 0xda;
const END: [u8; 2] = [0xff, 0xd9];

impl Jpeg {
    /// Reads the segments up to the picture's data, and looks for their end: a scanner that
    /// broke off leaves a file without one.
    pub fn read(bytes: &[u8]) -> Result<Self, PdfError> {
        let mut at = 2;
        let mut frame = None;
        let mut adobe = false;
        let mut jfif = None;
        let mut notes = exif::Notes::default();
        loop {
            let (marker, body, next) = segment(bytes, at)?;
            match marker {
                // Baseline, extended and progressive, by Huffman's code (ISO 10918-1, B.1.1.3);
                // the others no viewer of PDF knows.
                0xc0..=0xc2 => frame = Some(start_of_frame(body)?),
                0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                    return Err(broken("a kind of JPEG that PDF does not have"));
                }
                0xe0 => jfif = density(body).or(jfif),
                0xe1 => {
                    if let Some(body) = body.strip_prefix(b"Exif\0\0") {
                        notes = exif::read(body);
                    }
                }
                0xee if body.starts_with(b"Adobe") => adobe = true,
                START_OF_SCAN => break,
                _ => {}
            }
            at = next;
        }
        let (width, height, components) = frame.ok_or_else(|| broken("a JPEG without a frame"))?;
        if !bytes.get(at..).unwrap_or_default().windows(2).rev().any(|pair| pair == END) {
            return Err(broken("the JPEG breaks off"));
        }
        let ink = if components == 1 { Ink::Grey } else { Ink::Colour };
        let stored = Stored {
            width,
            height,
            orientation: notes.orientation.unwrap_or(1),
            density: jfif.or(notes.density),
            ink,
        };
        Ok(Self { stored: stored.check()?, components, adobe })
    }
}

/// The marker at `at`, the segment's body, and where the next one begins.
fn segment(bytes: &[u8], mut at: usize) -> Result<(u8, &[u8], usize), PdfError> {
    let cut = || broken("the JPEG breaks off");
    if bytes.get(at) != Some(&0xff) {
        return Err(broken("a JPEG without its markers"));
    }
    // A marker may have more than one byte of filling before it.
    while bytes.get(at) == Some(&0xff) {
        at += 1;
    }
    let marker = *bytes.get(at).ok_or_else(cut)?;
    let body = at + 1;
    if matches!(marker, 0x01 | 0xd0..=0xd7) {
        return Ok((marker, &[], body));
    }
    let length = bytes.get(body..body + 2).ok_or_else(cut)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let end = body + length.max(2);
    let content = bytes.get(body + 2..end).ok_or_else(cut)?;
    Ok((marker, content, end))
}

fn start_of_frame(body: &[u8]) -> Result<(u32, u32, u8), PdfError> {
    let [bits, h1, h0, w1, w0, components, ..] = *body else {
        return Err(broken("a JPEG's frame breaks off"));
    };
    if bits != 8 || !matches!(components, 1 | 3 | 4) {
        return Err(broken("a kind of JPEG that PDF does not have"));
    }
    Ok((u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into(), components))
}

/// The density of a JFIF segment (JFIF 1.02): unit 1 is the inch, 2 the centimetre.
fn density(body: &[u8]) -> Option<(f64, f64)> {
    let body = body.strip_prefix(b"JFIF\0")?;
    let [_, _, unit, x1, x0, y1, y0, ..] = *body else { return None };
    let both = (f64::from(u16::from_be_bytes([x1, x0])), f64::from(u16::from_be_bytes([y1, y0])));
    exif::per_inch(both, u16::from(unit) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a JPEG of 1654 by 2339, and an end.
    fn made(components: u8, segments: &[u8]) -> Vec<u8> {
        let frame = [8, 0x09, 0x23, 0x06, 0x76, components];
        let mut bytes = vec![0xff, 0xd8];
        bytes.extend(segments);
        bytes.extend([0xff, 0xc0, 0, 8]);
        bytes.extend(frame);
        bytes.extend([0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9]);
        bytes
    }

    const JFIF: [u8; 18] =
        [0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 2, 1, 0, 200, 0, 200, 0, 0];

    #[test]
    fn size_density_and_colours_are_read() {
        let jpeg = Jpeg::read(&made(3, &JFIF)).unwrap();
        assert_eq!((jpeg.stored.width, jpeg.stored.height), (1654, 2339));
        assert_eq!(jpeg.stored.density, Some((200.0, 200.0)));
        assert_eq!(jpeg.stored.ink, Ink::Colour);
        assert_eq!(Jpeg::read(&made(1, &JFIF)).unwrap().stored.ink, Ink::Grey);
        assert_eq!(Jpeg::read(&made(3, &[])).unwrap().stored.density, None);
    }

    #[test]
    fn what_breaks_off_is_refused() {
        let whole = made(3, &JFIF);
        for end in 0..whole.len() {
            assert!(Jpeg::read(&whole[..end]).is_err(), "{end}");
        }
        // Arithmetic coding, and twelve bits.
        let mut other = made(3, &[]);
        other[3] = 0xc9;
        assert!(Jpeg::read(&other).is_err());
        let mut other = made(3, &[]);
        other[6] = 12;
        assert!(Jpeg::read(&other).is_err());
    }
}
