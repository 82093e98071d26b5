//! A new PDF file written object by object: what has been written is forgotten but for its
//! place, so that a file of any length takes the memory of its longest object.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Object, ObjectId, StringFormat, dictionary};
use sha2::{Digest, Sha256};

use super::PdfError;
use super::pool::{Pool, text_string};

/// The catalog and the tree of pages; their numbers are known from the beginning.
const CATALOG: ObjectId = (1, 0);
pub(super) const TREE: ObjectId = (2, 0);

/// A file in the making. Call [`Output::finish`], else it has no end.
pub(super) struct Output<W: Write> {
    out: Counted<W>,
    /// Where each object begins; 0 for those that are not written yet.
    places: Vec<u64>,
    pages: Vec<ObjectId>,
}

/// What a file says of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Properties<'a> {
    pub title: &'a str,
    pub author: &'a str,
    /// BCP 47, such as `vi-VN`.
    pub language: &'a str,
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

impl<W: Write> Output<W> {
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

    /// The page object `page`, whose `Parent` is [`TREE`], comes after the pages so far.
    pub fn page(&mut self, page: ObjectId) {
        self.pages.push(page);
    }

    /// Writes what holds the pages together and gives the writer back.
    pub fn finish(mut self, properties: &Properties<'_>) -> Result<W, PdfError> {
        let kids: Vec<Object> = self.pages.iter().copied().map(Object::Reference).collect();
        let count = i64::try_from(kids.len()).unwrap_or(i64::MAX);
        self.put(TREE, &dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count })?;
        self.put(
            CATALOG,
            &dictionary! {
                "Type" => "Catalog",
                "Pages" => TREE,
                "Lang" => Object::string_literal(properties.language),
                "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
            },
        )?;
        let mut information = dictionary! { "Creator" => text_string("Văn Thư") };
        for (key, text) in [("Title", properties.title), ("Author", properties.author)] {
            if !text.is_empty() {
                information.set(key, text_string(text));
            }
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

    /// A number for an object that is written later.
    pub fn reserve(&mut self) -> ObjectId {
        let number = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(0);
        (number, 0)
    }

    pub fn add(&mut self, dictionary: &Dictionary) -> Result<ObjectId, PdfError> {
        let id = self.reserve();
        self.put(id, dictionary)?;
        Ok(id)
    }

    pub fn put(&mut self, id: ObjectId, dictionary: &Dictionary) -> Result<(), PdfError> {
        self.put_object(id, &Object::Dictionary(dictionary.clone()))
    }

    pub fn put_object(&mut self, id: ObjectId, object: &Object) -> Result<(), PdfError> {
        self.open(id)?;
        self.object(object)?;
        self.out.write_all(b"\nendobj\n").map_err(unwritable)
    }

    /// Objects that `make` puts into a pool, under the next free numbers.
    pub fn put_pool<T>(
        &mut self,
        make: impl FnOnce(&mut Pool) -> Result<T, PdfError>,
    ) -> Result<T, PdfError> {
        let mut pool = Pool::new(u32::try_from(self.places.len()).unwrap_or(u32::MAX));
        let made = make(&mut pool)?;
        for (id, object) in pool.into_objects() {
            while self.places.len() <= id.0 as usize {
                self.places.push(0);
            }
            self.put_object(id, &object)?;
        }
        Ok(made)
    }

    /// A stream of these bytes as they are.
    pub fn stream(
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

    /// The same, compressed.
    pub fn packed_stream(
        &mut self,
        mut dictionary: Dictionary,
        content: &[u8],
    ) -> Result<ObjectId, PdfError> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::new(6));
        packed.write_all(content).map_err(unwritable)?;
        let packed = packed.finish().map_err(unwritable)?;
        dictionary.set("Filter", Object::Name(b"FlateDecode".to_vec()));
        self.stream(dictionary, &[&packed])
    }

    /// A stream whose bytes `feed` writes, `length` of them.
    pub fn put_stream(
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
            return Err(PdfError::Damaged("a stream of another length than it says".to_owned()));
        }
        self.out.write_all(b"\nendstream\nendobj\n").map_err(unwritable)
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
