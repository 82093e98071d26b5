//! New objects on their way into a file: numbered from the first free number, kept in the
//! order in which they were made, so that the same input always gives the same bytes.

use lopdf::{Dictionary, Object, ObjectId, Stream};

use super::PdfError;

/// Hands out object numbers and keeps what was put under them.
#[derive(Debug)]
pub(crate) struct Pool {
    next: u32,
    objects: Vec<(ObjectId, Object)>,
}

impl Pool {
    /// `first_free` is the first object number that the file does not use yet.
    pub fn new(first_free: u32) -> Self {
        Self { next: first_free.max(1), objects: Vec::new() }
    }

    /// A number for an object that refers to others which do not exist yet.
    pub fn reserve(&mut self) -> ObjectId {
        let id = (self.next, 0);
        self.next += 1;
        id
    }

    pub fn put(&mut self, id: ObjectId, object: impl Into<Object>) {
        self.objects.push((id, object.into()));
    }

    pub fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        let id = self.reserve();
        self.put(id, object);
        id
    }

    /// Adds a stream, compressed where that makes it smaller.
    pub fn add_stream(
        &mut self,
        dictionary: Dictionary,
        content: Vec<u8>,
    ) -> Result<ObjectId, PdfError> {
        let mut stream = Stream::new(dictionary, content);
        stream.compress().map_err(|e| PdfError::BadResource(e.to_string()))?;
        Ok(self.add(stream))
    }

    pub fn into_objects(self) -> Vec<(ObjectId, Object)> {
        self.objects
    }
}

/// A PDF text string: ASCII as it is, everything else as UTF-16BE with its mark
/// (ISO 32000-1, 7.9.2.2).
pub(crate) fn text_string(text: &str) -> Object {
    if text.is_ascii() {
        return Object::string_literal(text);
    }
    let mut bytes = vec![0xFE, 0xFF];
    bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
    Object::String(bytes, lopdf::StringFormat::Hexadecimal)
}
