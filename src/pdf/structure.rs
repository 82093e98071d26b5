//! What a PDF file is made of, read lazily and strictly, and extended without rewriting.
//!
//! Signatures live on bytes: where an object stands, where a revision of the file ends,
//! what was appended later. A library that loads a document and writes it anew knows
//! nothing of that, so this room reads the structure itself ([`Source`]) and appends
//! incremental updates ([`Update`]); of `lopdf` it takes the object model, the stream
//! decoders and the writing of single objects.
//!
//! Objects are parsed when they are asked for, and of a file on the disk only the bytes
//! around them are read: five hundred megabytes cost what their cross-reference table costs.

mod content;
mod dss;
mod form;
mod layout;
mod lexer;
mod page;
mod storage;
mod update;
mod xref;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lopdf::{Dictionary, Object, ObjectId};

pub use content::{Operation, operations};
pub use dss::{Kept, SecurityStore, validation_key};
pub(crate) use form::text;
pub use form::{
    ByteRange, Field, FieldLock, Permission, SignatureField, SignatureValue, Transform,
};
pub use lexer::{Indirect, are_hex_digits};
pub use page::PageGeometry;
pub use storage::Reader;
pub use update::{Revised, Update};
pub use xref::{Entry, Revision};

use super::PdfError;
use lexer::{Lexer, is_white};
use storage::Storage;
use xref::Xref;

/// References that lead to references, at most so many.
const HOPS: u32 = 16;
/// Decoded bytes of object streams that are kept for the next object.
const OPENED: usize = 8 << 20;

/// A PDF file, or its first bytes up to the end of one of its revisions.
pub struct Source {
    file: Storage,
    /// Where `%PDF-` stands; offsets in the file count from there.
    base: usize,
    xref: Xref,
    /// By object number, the latest last.
    object_streams: Mutex<VecDeque<(u32, Arc<ObjectStream>)>>,
    pages: OnceLock<Result<Arc<[ObjectId]>, PdfError>>,
}

struct ObjectStream {
    decoded: Vec<u8>,
    /// Object number and offset in `decoded`, by index.
    index: Vec<(u32, usize)>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("size", &self.size()).finish_non_exhaustive()
    }
}

fn damaged(what: impl Into<String>) -> PdfError {
    PdfError::Damaged(what.into())
}

impl Source {
    /// Reads the cross-references of a whole file.
    ///
    /// # Errors
    /// [`PdfError::Empty`], [`PdfError::NotPdf`], [`PdfError::Encrypted`] (also with an empty
    /// password: a signed document is not encrypted) and [`PdfError::Damaged`].
    pub fn parse(bytes: Arc<[u8]>) -> Result<Self, PdfError> {
        tracing::trace!(target: crate::pdf::OPENING, structure = bytes.len());
        Self::over(bytes.into())
    }

    /// The same of a file on the disk, of which no more is read than is asked for.
    ///
    /// # Errors
    /// Also [`PdfError::Unreadable`] and, here and later, [`PdfError::Changed`].
    pub fn open(path: &Path) -> Result<Self, PdfError> {
        Self::over(Storage::open(path)?)
    }

    /// The file as it was when it had only its first `len` bytes.
    pub fn until(&self, len: usize) -> Result<Self, PdfError> {
        Self::over(self.file.until(len))
    }

    /// The file as it will be with `revision` after it; its own bytes are not copied.
    pub fn with_appended(&self, revision: &[u8]) -> Result<Self, PdfError> {
        Self::over(self.file.with_appended(revision)?)
    }

    fn over(file: Storage) -> Result<Self, PdfError> {
        if file.len() == 0 {
            return Err(PdfError::Empty);
        }
        let head = file.read(0..file.len().min(1024))?;
        let base = head.windows(5).position(|window| window == b"%PDF-");
        let base = base.ok_or(PdfError::NotPdf)?;
        drop(head);
        let xref = Xref::read(&file, base)?;
        let object_streams = Mutex::default();
        let source = Self { file, base, xref, object_streams, pages: OnceLock::new() };
        source.catalog()?;
        Ok(source)
    }

    /// Bytes in all.
    pub const fn size(&self) -> usize {
        self.file.len()
    }

    /// The bytes of a range; of a file on the disk no more than 64 MiB.
    pub fn read(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, PdfError> {
        self.file.read(range)
    }

    /// Gives the bytes of a range piece by piece, for hashing and copying.
    pub fn feed(&self, range: Range<usize>, sink: impl FnMut(&[u8])) -> Result<(), PdfError> {
        self.file.feed(range, sink)
    }

    /// Whether a range holds nothing but white space (ISO 32000-1, table 1).
    pub fn is_white(&self, range: Range<usize>) -> bool {
        self.file.all(range, is_white)
    }

    /// Whether a range holds the same bytes as one of another file.
    pub fn holds_same(&self, range: Range<usize>, other: &Self, theirs: Range<usize>) -> bool {
        self.file.same(range, &other.file, theirs)
    }

    /// Whether all that was read of a file on the disk was read from one and the same file.
    /// Asked at the end of a piece of work, before anybody believes its result.
    pub fn intact(&self) -> Result<(), PdfError> {
        self.file.intact()
    }

    /// The file's bytes as a stream, for copying and for pdfium.
    pub fn reader(&self) -> Reader {
        self.file.reader()
    }

    /// Where `%PDF-` stands; anything but 0 means that something stands before the file.
    pub const fn header_at(&self) -> usize {
        self.base
    }

    /// What the first object says of the file's length, if it says that it is linearised
    /// (ISO 32000-2, annex F.3.3); `Some(None)` if that does not read.
    pub fn linear_length(&self) -> Option<Option<usize>> {
        let mut lexer = Lexer::over(&self.file, self.base);
        // The header is a comment.
        lexer.skip_white();
        let first = lexer.indirect(|_| None).ok()?.object;
        let said = first.as_dict().ok().filter(|said| said.has(b"Linearized"))?;
        let length = said.get(b"L").and_then(Object::as_i64).ok();
        Some(length.and_then(|length| usize::try_from(length).ok()))
    }

    /// Oldest first; at least one.
    pub fn revisions(&self) -> &[Revision] {
        &self.xref.revisions
    }

    /// Whether the cross-references say two things of one object, so that readers may see
    /// different documents.
    pub const fn is_disputed(&self) -> bool {
        self.xref.is_disputed
    }

    /// The newest trailer.
    pub const fn trailer(&self) -> &Dictionary {
        &self.xref.trailer
    }

    /// Where every object is.
    pub fn entries(&self) -> impl Iterator<Item = (u32, Entry)> {
        self.xref.entries.iter().copied()
    }

    /// Where object `number` is; `Free` if there is none.
    pub fn entry(&self, number: u32) -> Entry {
        let entries = &self.xref.entries;
        let place = entries.binary_search_by_key(&number, |(number, _)| *number).ok();
        place.and_then(|place| entries.get(place)).map_or(Entry::Free, |(_, entry)| *entry)
    }

    /// The object `id` as it stands in the file; `None` if there is none, which counts as
    /// null (ISO 32000-1, 7.3.10).
    pub fn indirect(&self, id: ObjectId) -> Result<Option<Indirect>, PdfError> {
        match self.entry(id.0) {
            Entry::Free => Ok(None),
            Entry::At { generation, .. } if generation != id.1 => Ok(None),
            Entry::At { offset, .. } => self.indirect_at(offset, id).map(Some),
            Entry::In { .. } if id.1 != 0 => Ok(None),
            Entry::In { stream, index } => self.compressed(id.0, stream, index).map(Some),
        }
    }

    fn indirect_at(&self, offset: usize, id: ObjectId) -> Result<Indirect, PdfError> {
        self.placed(offset, id, |length| self.stream_length(length))
    }

    fn placed(
        &self,
        offset: usize,
        id: ObjectId,
        length: impl Fn(ObjectId) -> Option<i64>,
    ) -> Result<Indirect, PdfError> {
        let indirect = Lexer::over(&self.file, offset).indirect(length)?;
        if indirect.id == id {
            Ok(indirect)
        } else {
            Err(damaged(format!("object {} is not where it should be", id.0)))
        }
    }

    /// A stream's length, if it is an object of its own.
    fn stream_length(&self, id: ObjectId) -> Option<i64> {
        match self.entry(id.0) {
            Entry::In { stream, index } if id.1 == 0 => {
                self.compressed(id.0, stream, index).ok()?.object.as_i64().ok()
            }
            _ => self.plain_length(id),
        }
    }

    /// The same for an object stream, whose length must not stand in another (7.5.7): the two
    /// could ask for each other.
    fn plain_length(&self, id: ObjectId) -> Option<i64> {
        match self.entry(id.0) {
            Entry::At { offset, generation } if generation == id.1 => {
                self.placed(offset, id, |_| None).ok()?.object.as_i64().ok()
            }
            _ => None,
        }
    }

    fn compressed(&self, number: u32, stream: u32, index: u32) -> Result<Indirect, PdfError> {
        let stream = self.object_stream(stream)?;
        let (object, duplicate_keys) = stream.object(number, index)?;
        let members = Vec::new();
        Ok(Indirect { id: (number, 0), object, stream: None, members, duplicate_keys })
    }

    fn object_stream(&self, number: u32) -> Result<Arc<ObjectStream>, PdfError> {
        let opened = || self.object_streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = opened().iter().rfind(|(known, _)| *known == number) {
            return Ok(Arc::clone(known));
        }
        let Entry::At { offset, generation } = self.entry(number) else {
            return Err(damaged("an object stream is missing"));
        };
        let id = (number, generation);
        let indirect = self.placed(offset, id, |length| self.plain_length(length))?;
        let parsed = Arc::new(ObjectStream::read(&indirect, &self.file)?);
        let mut known = opened();
        known.push_back((number, Arc::clone(&parsed)));
        let mut kept: usize = known.iter().map(|(_, stream)| stream.size()).sum();
        while kept > OPENED && known.len() > 1 {
            kept -= known.pop_front().map_or(0, |(_, stream)| stream.size());
        }
        Ok(parsed)
    }

    /// The object `id`, of a stream its dictionary; null if there is none.
    pub fn object(&self, id: ObjectId) -> Result<Object, PdfError> {
        Ok(self.indirect(id)?.map_or(Object::Null, |indirect| indirect.object))
    }

    /// `object` itself, or what it refers to.
    pub fn resolve(&self, object: &Object) -> Result<Object, PdfError> {
        let mut object = object.clone();
        for _ in 0..HOPS {
            match object {
                Object::Reference(id) => object = self.object(id)?,
                direct => return Ok(direct),
            }
        }
        Err(damaged("references go in a circle"))
    }

    /// The member `key`, resolved; null if it is missing.
    pub fn member(&self, dictionary: &Dictionary, key: &[u8]) -> Result<Object, PdfError> {
        dictionary.get(key).map_or(Ok(Object::Null), |object| self.resolve(object))
    }

    /// The member `key` if it is a dictionary (or a stream, of which this is the dictionary).
    pub fn member_dictionary(
        &self,
        dictionary: &Dictionary,
        key: &[u8],
    ) -> Result<Option<Dictionary>, PdfError> {
        Ok(match self.member(dictionary, key)? {
            Object::Dictionary(found) => Some(found),
            _ => None,
        })
    }

    /// The member `key` if it is an array.
    pub fn member_array(
        &self,
        dictionary: &Dictionary,
        key: &[u8],
    ) -> Result<Option<Vec<Object>>, PdfError> {
        Ok(match self.member(dictionary, key)? {
            Object::Array(found) => Some(found),
            _ => None,
        })
    }

    /// The document catalog and its id.
    pub fn catalog(&self) -> Result<(ObjectId, Dictionary), PdfError> {
        let Ok(Object::Reference(id)) = self.xref.trailer.get(b"Root") else {
            return Err(damaged("the trailer names no catalog"));
        };
        match self.object(*id)? {
            Object::Dictionary(catalog) => Ok((*id, catalog)),
            _ => Err(damaged("the catalog is no dictionary")),
        }
    }

    /// The same, of one that all readers decode alike; `None` for another.
    pub fn stream_plain(&self, id: ObjectId) -> Result<Option<Vec<u8>>, PdfError> {
        match self.indirect(id)? {
            Some(Indirect {
                object: Object::Dictionary(dictionary), stream: Some(range), ..
            }) => Ok(xref::decode_structure(&dictionary, &self.read(range)?).ok()),
            _ => Ok(None),
        }
    }

    /// The decoded bytes of a stream object, bounded.
    pub fn stream_decoded(&self, id: ObjectId) -> Result<Option<Vec<u8>>, PdfError> {
        let Some(Indirect { object: Object::Dictionary(dictionary), stream: Some(range), .. }) =
            self.indirect(id)?
        else {
            return Ok(None);
        };
        xref::decode(&dictionary, &self.read(range)?).map(Some)
    }
}

impl ObjectStream {
    fn read(indirect: &Indirect, file: &Storage) -> Result<Self, PdfError> {
        let (Object::Dictionary(dictionary), Some(range)) = (&indirect.object, &indirect.stream)
        else {
            return Err(damaged("an object stream is no stream"));
        };
        if !dictionary.has_type(b"ObjStm") {
            return Err(damaged("an object stream is of another type"));
        }
        let number = |key: &[u8]| {
            let number = dictionary.get(key).and_then(Object::as_i64).ok();
            number.and_then(|number| usize::try_from(number).ok())
        };
        let (Some(count), Some(first)) = (number(b"N"), number(b"First")) else {
            return Err(damaged("an object stream without an index"));
        };
        let decoded = xref::decode_structure(dictionary, &file.read(range.clone())?)?;
        let mut lexer = Lexer::new(&decoded, 0);
        let mut index = Vec::new();
        for _ in 0..count.min(decoded.len()) {
            let number = u32::try_from(lexer.unsigned()?)
                .map_err(|_| damaged("an object number too large"))?;
            let offset = usize::try_from(lexer.unsigned()?).unwrap_or(usize::MAX);
            index.push((number, first.saturating_add(offset)));
        }
        // Readers take the first of them, or the last, or the one that they were sent to.
        let mut numbers: Vec<u32> = index.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        if numbers.windows(2).any(|pair| matches!(pair, [one, next] if one == next)) {
            return Err(damaged("an object stream holds an object twice"));
        }
        Ok(Self { decoded, index })
    }

    /// Whether its objects stand one after the other, each by itself and with no key twice.
    fn is_orderly(&self) -> bool {
        let ends = self.index.iter().skip(1).map(|(_, offset)| *offset);
        let ends = ends.chain([self.decoded.len()]);
        self.index.iter().zip(ends).all(|((_, offset), end)| {
            let mut lexer = Lexer::new(&self.decoded, *offset);
            lexer.object().is_ok() && lexer.position() <= end && !lexer.duplicate_keys()
        })
    }

    /// About the bytes that it takes.
    fn size(&self) -> usize {
        self.decoded.len() + size_of_val(self.index.as_slice())
    }

    fn object(&self, number: u32, index: u32) -> Result<(Object, bool), PdfError> {
        let place = usize::try_from(index).ok().and_then(|index| self.index.get(index));
        match place {
            Some((found, offset)) if *found == number => {
                let mut lexer = Lexer::new(&self.decoded, *offset);
                let object = lexer.object()?;
                Ok((object, lexer.duplicate_keys()))
            }
            _ => Err(damaged(format!("object {number} is not in its object stream"))),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
