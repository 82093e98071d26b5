//! Writes scanned pages one by one into a PDF file.

use std::io::Write;

use lopdf::{Dictionary, Object, ObjectId, StringFormat, dictionary};

use super::jpeg::Jpeg;
use super::png::{Colour, Png};
use super::{Copies, Decoded, Format, Stored, Turn, bmp, placed, tiff, unknown};
use crate::pdf::appearance::real;
use crate::pdf::output::{Output, Properties, TREE};
use crate::pdf::structure::Source;
use crate::pdf::{PdfError, import};

/// A PDF file in the making. Call [`PaperWriter::finish`], else it has no end.
pub struct PaperWriter<W: Write> {
    pub(super) out: Output<W>,
}

impl<W: Write> PaperWriter<W> {
    pub fn begin(out: W) -> Result<Self, PdfError> {
        Ok(Self { out: Output::begin(out)? })
    }

    /// Bytes so far.
    pub const fn size(&self) -> u64 {
        self.out.size()
    }

    /// Adds page `index` (from 0) of an image file.
    ///
    /// # Errors
    /// As [`import::survey`]; [`PdfError::Unreadable`] where nothing can be written.
    pub fn add_image(&mut self, bytes: &[u8], index: u32, turn: Turn) -> Result<(), PdfError> {
        let (stored, image) = match Format::of(bytes) {
            Some(Format::Jpeg) => self.jpeg(bytes)?,
            Some(Format::Png) => self.png(bytes)?,
            Some(Format::Tiff) => self.decoded(tiff::decode(bytes, index)?)?,
            Some(Format::Bmp) => self.decoded(bmp::decode(bytes)?)?,
            Some(Format::Pdf) | None => return Err(unknown()),
        };
        let (matrix, (width, height)) = placed(&stored, turn);
        let content = format!("q {} cm /Page Do Q\n", matrix.written());
        let content = self.out.stream(Dictionary::new(), &[content.as_bytes()])?;
        let page = self.out.add(&dictionary! {
            "Type" => "Page",
            "Parent" => TREE,
            "MediaBox" => vec![0.into(), 0.into(), real(width as f32), real(height as f32)],
            "Resources" => dictionary! { "XObject" => dictionary! { "Page" => image } },
            "Contents" => content,
        })?;
        self.out.page(page);
        Ok(())
    }

    /// Adds page `number` (from 1) of a PDF file. `copies` remembers what has been copied of
    /// that file, so that what its pages share is written once.
    pub fn add_pdf_page(
        &mut self,
        source: &Source,
        number: u32,
        turn: Turn,
        copies: &mut Copies,
    ) -> Result<(), PdfError> {
        let page = import::copy::page(self, source, number, turn, copies)?;
        self.out.page(page);
        Ok(())
    }

    /// Writes what holds the pages together and gives the writer back.
    pub fn finish(self, title: &str) -> Result<W, PdfError> {
        self.out.finish(&Properties { title, language: "vi-VN", ..Properties::default() })
    }

    fn jpeg(&mut self, bytes: &[u8]) -> Result<(Stored, ObjectId), PdfError> {
        let Jpeg { stored, components, adobe } = Jpeg::read(bytes)?;
        let mut image = picture(&stored, 8, device(components));
        image.set("Filter", Object::Name(b"DCTDecode".to_vec()));
        if components == 4 && adobe {
            let upside_down = [1, 0, 1, 0, 1, 0, 1, 0].map(Object::Integer).to_vec();
            image.set("Decode", upside_down);
        }
        Ok((stored, self.out.stream(image, &[bytes])?))
    }

    fn png(&mut self, bytes: &[u8]) -> Result<(Stored, ObjectId), PdfError> {
        let png = Png::read(bytes)?;
        let stored = png.stored;
        let Some(data) = &png.data else {
            return Ok((stored, self.flat_png(bytes, &stored)?));
        };
        let (space, colours) = match png.colour {
            Colour::Grey => (device(1), 1),
            Colour::Rgb => (device(3), 3),
            Colour::Palette(palette) => {
                let last = i64::try_from(palette.len() / 3).unwrap_or(1).saturating_sub(1);
                let palette = Object::String(palette.to_vec(), StringFormat::Hexadecimal);
                (vec!["Indexed".into(), "DeviceRGB".into(), last.into(), palette].into(), 1)
            }
        };
        let mut image = picture(&stored, png.bits, space);
        image.set("Filter", Object::Name(b"FlateDecode".to_vec()));
        image.set(
            "DecodeParms",
            dictionary! {
                "Predictor" => 15,
                "Colors" => colours,
                "BitsPerComponent" => i64::from(png.bits),
                "Columns" => i64::from(stored.width),
            },
        );
        let id = self.out.stream(image, data)?;
        Ok((stored, id))
    }

    /// A PNG with transparency, on white paper; or an interlaced one.
    fn flat_png(&mut self, bytes: &[u8], stored: &Stored) -> Result<ObjectId, PdfError> {
        let decoded = image::load_from_memory_with_format(bytes, image::ImageFormat::Png)
            .map_err(|error| PdfError::BadImage(error.to_string()))?;
        let mut pixels = decoded.into_rgba8();
        let mut rows = Vec::with_capacity(pixels.len() / 4 * 3);
        for image::Rgba([r, g, b, a]) in pixels.pixels_mut() {
            let over_white = |value: u8| {
                let (value, veil) = (u32::from(value), u32::from(*a));
                u8::try_from((value * veil + 255 * (255 - veil) + 127) / 255).unwrap_or(255)
            };
            rows.extend([over_white(*r), over_white(*g), over_white(*b)]);
        }
        self.out.packed_stream(picture(stored, 8, device(3)), &rows)
    }

    fn decoded(&mut self, decoded: Decoded) -> Result<(Stored, ObjectId), PdfError> {
        let Decoded { stored, bits, components, rows } = decoded;
        Ok((stored, self.out.packed_stream(picture(&stored, bits, device(components)), &rows)?))
    }
}

fn picture(stored: &Stored, bits: u8, space: Object) -> Dictionary {
    dictionary! {
        "Type" => "XObject",
        "Subtype" => "Image",
        "Width" => i64::from(stored.width),
        "Height" => i64::from(stored.height),
        "ColorSpace" => space,
        "BitsPerComponent" => i64::from(bits),
    }
}

fn device(components: u8) -> Object {
    let name: &[u8] = match components {
        1 => b"DeviceGray",
        4 => b"DeviceCMYK",
        _ => b"DeviceRGB",
    };
    Object::Name(name.to_vec())
}
