//! Writes a PDF page by page: what has been written is forgotten but for its place.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Object, ObjectId, StringFormat, dictionary};
use sha2::{Digest, Sha256};

use super::jpeg::Jpeg;
use super::png::{Colour, Png};
use super::{Copies, Decoded, Format, Stored, Turn, bmp, broken, placed, tiff, unknown};
use crate::pdf::appearance::real;
use crate::pdf::pool::text_string;
use crate::pdf::structure::Source;
use crate::pdf::{PdfError, import};

const CATALOG: ObjectId = (1, 0);
const TREE: ObjectId = (2, 0);

/// A PDF file in the making. Call [`PaperWriter::finish`], else it has no end.
pub struct PaperWriter<W: Write> {
    out: Counted<W>,
    /// Where each object begins; 0 for those that are not written yet.
    places: Vec<u64>,
    pages: Vec<ObjectId>,
}

struct Counted<W> {
    inner: W,
    at: u64,
    hash: Sha256,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.at += written as u64;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn unwritable(error: impl std::fmt::Display) -> PdfError {
    PdfError::Unreadable(error.to_string())
}

impl<W: Write> PaperWriter<W> {
    pub fn begin(out: W) -> Result<Self, PdfError> {
        let mut out = Counted { inner: out, at: 0, hash: Sha256::new() };
        // 1.7 is what a PAdES signature is written into; the law wants 1.4 or later. The
        // second line marks the file as binary (ISO 32000-1, 7.5.2).
        out.write_all(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n").map_err(unwritable)?;
        Ok(Self { out, places: vec![0; 3], pages: Vec::new() })
    }

    /// Bytes so far.
    pub const fn size(&self) -> u64 {
        self.out.at
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
        let content = self.stream(Dictionary::new(), content.as_bytes())?;
        let page = self.add(&dictionary! {
            "Type" => "Page",
            "Parent" => TREE,
            "MediaBox" => vec![0.into(), 0.into(), real(width as f32), real(height as f32)],
            "Resources" => dictionary! { "XObject" => dictionary! { "Page" => image } },
            "Contents" => content,
        })?;
        self.pages.push(page);
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
        self.pages.push(page);
        Ok(())
    }

    /// Writes what holds the pages together and gives the writer back.
    pub fn finish(mut self, title: &str) -> Result<W, PdfError> {
        let kids: Vec<Object> = self.pages.iter().copied().map(Object::Reference).collect();
        let count = i64::try_from(kids.len()).unwrap_or(i64::MAX);
        self.put(TREE, &dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count })?;
        self.put(
            CATALOG,
            &dictionary! {
                "Type" => "Catalog",
                "Pages" => TREE,
                "Lang" => Object::string_literal("vi-VN"),
                "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
            },
        )?;
        let mut information = dictionary! { "Creator" => text_string("Văn Thư") };
        if !title.is_empty() {
            information.set("Title", text_string(title));
        }
        let information = self.add(&information)?;
        let start = self.out.at;
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.places.len());
        for place in self.places.iter().skip(1) {
            // A number that was given to something that is not there stays free.
            let (place, generation, kind) =
                if *place == 0 { (0, 65_535, 'f') } else { (*place, 0, 'n') };
            table.push_str(&format!("{place:010} {generation:05} {kind} \n"));
        }
        // The same pages give the same identifier; signing adds its own second half.
        let id: Vec<u8> = self.out.hash.clone().finalize().iter().take(16).copied().collect();
        let id = Object::String(id, StringFormat::Hexadecimal);
        let trailer = dictionary! {
            "Size" => i64::try_from(self.places.len()).unwrap_or(i64::MAX),
            "Root" => CATALOG,
            "Info" => information,
            "ID" => vec![id.clone(), id],
        };
        let write = |out: &mut Counted<W>| -> io::Result<()> {
            out.write_all(table.as_bytes())?;
            out.write_all(b"trailer\n")
        };
        write(&mut self.out).map_err(unwritable)?;
        self.object(&Object::Dictionary(trailer))?;
        let end = format!("\nstartxref\n{start}\n%%EOF\n");
        self.out.write_all(end.as_bytes()).map_err(unwritable)?;
        self.out.flush().map_err(unwritable)?;
        Ok(self.out.inner)
    }

    fn jpeg(&mut self, bytes: &[u8]) -> Result<(Stored, ObjectId), PdfError> {
        let Jpeg { stored, components, adobe } = Jpeg::read(bytes)?;
        let mut image = picture(&stored, 8, device(components));
        image.set("Filter", Object::Name(b"DCTDecode".to_vec()));
        if components == 4 && adobe {
            let upside_down = [1, 0, 1, 0, 1, 0, 1, 0].map(Object::Integer).to_vec();
            image.set("Decode", upside_down);
        }
        Ok((stored, self.raw_stream(image, &[bytes])?))
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
        let id = self.raw_stream(image, data)?;
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
        self.flate(picture(stored, 8, device(3)), &rows)
    }

    fn decoded(&mut self, decoded: Decoded) -> Result<(Stored, ObjectId), PdfError> {
        let Decoded { stored, bits, components, rows } = decoded;
        Ok((stored, self.flate(picture(&stored, bits, device(components)), &rows)?))
    }

    /// A stream of rows, compressed piece by piece.
    fn flate(&mut self, mut dictionary: Dictionary, rows: &[u8]) -> Result<ObjectId, PdfError> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::new(6));
        packed.write_all(rows).map_err(unwritable)?;
        let packed = packed.finish().map_err(unwritable)?;
        dictionary.set("Filter", Object::Name(b"FlateDecode".to_vec()));
        self.raw_stream(dictionary, &[&packed])
    }

    pub(super) fn stream(
        &mut self,
        dictionary: Dictionary,
        content: &[u8],
    ) -> Result<ObjectId, PdfError> {
        self.raw_stream(dictionary, &[content])
    }

    fn raw_stream(
        &mut self,
        dictionary: Dictionary,
        pieces: &[&[u8]],
    ) -> Result<ObjectId, PdfError> {
        let id = self.reserve();
        let length = pieces.iter().map(|piece| piece.len()).sum();
        self.put_stream(id, dictionary, length, |out| {
            pieces.iter().try_for_each(|piece| out.write_all(piece).map_err(unwritable))
        })?;
        Ok(id)
    }

    /// A stream whose bytes `feed` writes, `length` of them.
    pub(super) fn put_stream(
        &mut self,
        id: ObjectId,
        mut dictionary: Dictionary,
        length: usize,
        feed: impl FnOnce(&mut dyn Write) -> Result<(), PdfError>,
    ) -> Result<(), PdfError> {
        dictionary.set("Length", i64::try_from(length).unwrap_or(i64::MAX));
        self.open(id)?;
        self.object(&Object::Dictionary(dictionary))?;
        self.out.write_all(b"\nstream\n").map_err(unwritable)?;
        let before = self.out.at;
        feed(&mut self.out)?;
        if self.out.at - before != length as u64 {
            return Err(broken("a stream of another length than it says"));
        }
        self.out.write_all(b"\nendstream\nendobj\n").map_err(unwritable)
    }

    pub(super) fn reserve(&mut self) -> ObjectId {
        let number = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(0);
        (number, 0)
    }

    fn add(&mut self, dictionary: &Dictionary) -> Result<ObjectId, PdfError> {
        let id = self.reserve();
        self.put(id, dictionary)?;
        Ok(id)
    }

    fn put(&mut self, id: ObjectId, dictionary: &Dictionary) -> Result<(), PdfError> {
        self.put_object(id, &Object::Dictionary(dictionary.clone()))
    }

    pub(super) fn put_object(&mut self, id: ObjectId, object: &Object) -> Result<(), PdfError> {
        self.open(id)?;
        self.object(object)?;
        self.out.write_all(b"\nendobj\n").map_err(unwritable)
    }

    fn open(&mut self, id: ObjectId) -> Result<(), PdfError> {
        let at = self.out.at;
        if let Some(place) = self.places.get_mut(id.0 as usize) {
            *place = at;
        }
        self.out.write_all(format!("{} 0 obj\n", id.0).as_bytes()).map_err(unwritable)
    }

    fn object(&mut self, object: &Object) -> Result<(), PdfError> {
        lopdf::Writer::write_object(&mut self.out, object).map_err(unwritable)
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
