//! A PNG as an image XObject, its transparency as a soft mask (ISO 32000-1, 8.9.5, 11.6.5.3).

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};
use lopdf::{Dictionary, ObjectId, dictionary};

use crate::pdf::PdfError;
use crate::pdf::pool::Pool;

/// A signature or a seal has far fewer pixels on a side; a bomb has more.
const MAX_SIDE: u32 = 4_096;
/// Bytes of the PNG itself.
const MAX_FILE: usize = 8 << 20;

/// An image in the pool.
pub(super) struct Picture {
    pub id: ObjectId,
    pub width: u32,
    pub height: u32,
}

/// Width and height in pixels, from the header alone.
pub(super) fn dimensions(png: &[u8]) -> Result<(u32, u32), PdfError> {
    reader(png)?.into_dimensions().map_err(|e| PdfError::BadResource(e.to_string()))
}

/// What an image of a signature or a seal is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    /// Whether any of it lets the paper show.
    pub transparent: bool,
    /// Mean red, green and blue of what is drawn, 0 to 1.
    pub ink: [f32; 3],
}

impl Look {
    /// The ink of a personal signature (Thông tư 01/2019/TT-BNV Điều 12).
    pub fn is_blue(&self) -> bool {
        let [r, g, b] = self.ink;
        b > r + 0.1 && b > g + 0.03
    }

    /// The ink of a seal (Điều 13).
    pub fn is_red(&self) -> bool {
        let [r, g, b] = self.ink;
        r > g + 0.2 && r > b + 0.2
    }
}

/// Looks an image over, within bounds.
///
/// Fails with [`PdfError::BadResource`] if it is not a PNG or unreasonably large.
pub fn look_over(png: &[u8]) -> Result<Look, PdfError> {
    let decoded = reader(png)?.decode().map_err(|e| PdfError::BadResource(e.to_string()))?;
    let picture = decoded.into_rgba8();
    let (width, height) = picture.dimensions();
    let (mut sum, mut weight, mut transparent) = ([0.0_f64; 3], 0.0_f64, false);
    for pixel in picture.pixels() {
        let [colours @ .., alpha] = pixel.0;
        transparent |= alpha < 128;
        let opacity = f64::from(alpha) / 255.0;
        weight += opacity;
        for (sum, colour) in sum.iter_mut().zip(colours) {
            *sum += opacity * f64::from(colour) / 255.0;
        }
    }
    let ink = sum.map(|sum| (sum / weight.max(f64::MIN_POSITIVE)) as f32);
    Ok(Look { width, height, transparent, ink })
}

/// A small picture of an image: width and height in pixels, neither more than `most`, and its
/// red, green, blue and alpha, row by row.
///
/// Fails as [`look_over`] does.
pub fn thumbnail(png: &[u8], most: (u32, u32)) -> Result<(u32, u32, Vec<u8>), PdfError> {
    let decoded = reader(png)?.decode().map_err(|e| PdfError::BadResource(e.to_string()))?;
    let small = decoded.thumbnail(most.0, most.1).into_rgba8();
    let (width, height) = small.dimensions();
    Ok((width, height, small.into_raw()))
}

/// A reader that refuses what is unreasonably large before it takes memory.
fn reader(png: &[u8]) -> Result<ImageReader<Cursor<&[u8]>>, PdfError> {
    if png.len() > MAX_FILE {
        return Err(PdfError::BadResource(format!("an image of {} bytes", png.len())));
    }
    let mut reader = ImageReader::with_format(Cursor::new(png), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(u64::from(MAX_SIDE) * u64::from(MAX_SIDE) * 8);
    reader.limits(limits);
    Ok(reader)
}

/// Decodes within bounds and adds image and mask; where nothing may be half transparent, a
/// mask of pixels that are drawn or are not (ISO 32000-1, 8.9.6.3).
pub(super) fn add(png: &[u8], pool: &mut Pool, opaque: bool) -> Result<Picture, PdfError> {
    let picture =
        reader(png)?.decode().map_err(|e| PdfError::BadResource(e.to_string()))?.into_rgba8();
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return Err(PdfError::BadResource("an image without pixels".into()));
    }

    let mut colours = Vec::with_capacity(width as usize * height as usize * 3);
    let mut alpha = Vec::with_capacity(width as usize * height as usize);
    for pixel in picture.pixels() {
        let [r, g, b, a] = pixel.0;
        colours.extend([r, g, b]);
        alpha.push(a);
    }
    let plane = |space: &str| {
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Image",
            "Width" => i64::from(width),
            "Height" => i64::from(height),
            "ColorSpace" => space,
            "BitsPerComponent" => 8,
        }
    };
    let mut image = plane("DeviceRGB");
    if alpha.iter().any(|a| *a != u8::MAX) && opaque {
        let (entries, bits) = stencil(width, height, &alpha);
        image.set("Mask", pool.add_stream(entries, bits)?);
    } else if alpha.iter().any(|a| *a != u8::MAX) {
        image.set("SMask", pool.add_stream(plane("DeviceGray"), alpha)?);
    }
    Ok(Picture { id: pool.add_stream(image, colours)?, width, height })
}

/// One bit for each pixel, in rows of whole bytes: 0 is drawn, 1 lets the paper show.
fn stencil(width: u32, height: u32, alpha: &[u8]) -> (Dictionary, Vec<u8>) {
    let row = |pixels: &[u8]| -> Vec<u8> {
        let bits = |eight: &[u8]| {
            let clear = eight.iter().enumerate().filter(|(_, alpha)| **alpha < 128);
            clear.fold(0, |byte, (at, _)| byte | 0x80_u8.checked_shr(at as u32).unwrap_or(0))
        };
        pixels.chunks(8).map(bits).collect()
    };
    let entries = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Image",
        "Width" => i64::from(width),
        "Height" => i64::from(height),
        "ImageMask" => true,
        "BitsPerComponent" => 1,
    };
    (entries, alpha.chunks(width.max(1) as usize).flat_map(row).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A PNG header that promises `side` by `side` pixels, with a correct checksum, and
    /// nothing behind it.
    fn promise(side: u32) -> Vec<u8> {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend(side.to_be_bytes());
        png.extend(side.to_be_bytes());
        png.extend([8, 6, 0, 0, 0]);
        let crc = png[12..].iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (0xEDB8_8320 * (c & 1)))
        });
        png.extend((!crc).to_be_bytes());
        png
    }

    #[test]
    fn huge_images_are_refused_before_memory_is_taken() {
        for side in [MAX_SIDE + 1, 60_000, 0x7FFF_FFFF] {
            let error = add(&promise(side), &mut Pool::new(1), false).err();
            assert!(matches!(error, Some(PdfError::BadResource(_))), "{side}: {error:?}");
        }
        assert!(add(&vec![0; MAX_FILE + 1], &mut Pool::new(1), false).is_err());
    }

    #[test]
    fn a_stencil_has_rows_of_whole_bytes() {
        let alpha =
            [0, 255, 255, 0, 127, 128, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0];
        let (_, bits) = stencil(9, 2, &alpha);
        assert_eq!(bits, [0b1001_1000, 0b1000_0000, 0, 0b1000_0000]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(mut bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = add(&bytes, &mut Pool::new(1), false);
            let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
            png.append(&mut bytes);
            let _ = add(&png, &mut Pool::new(1), true);
        }
    }
}
