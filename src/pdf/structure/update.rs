//! Incremental updates (ISO 32000-1, 7.5.6): what is added stands after the old bytes,
//! which stay as they are, so that earlier signatures stay valid.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Object, ObjectId, StringFormat, Writer};
use sha2::{Digest as _, Sha256};

use super::{Source, damaged};
use crate::pdf::PdfError;

/// Objects to add to a file or to put in the place of others.
#[derive(Debug)]
pub struct Update<'a> {
    source: &'a Source,
    next: u32,
    objects: BTreeMap<u32, (u16, Body)>,
}

#[derive(Debug)]
enum Body {
    Object(Object),
    /// Bytes written as they are, for objects that are patched afterwards.
    Raw(Vec<u8>),
}

/// The bytes of an update, to be appended to the file.
#[derive(Debug)]
pub struct Revised {
    /// What follows the old bytes.
    pub appended: Vec<u8>,
    /// For every object written, where its body begins in `appended`.
    pub bodies: BTreeMap<u32, usize>,
}

impl<'a> Update<'a> {
    /// # Errors
    /// [`PdfError::Damaged`] when the file has something other than white space after its
    /// end: what is appended to such a file, readers find by repair or not at all.
    pub fn new(source: &'a Source) -> Result<Self, PdfError> {
        let end = source.revisions().last().map_or(0, |revision| revision.end);
        if !source.is_white(end..source.size()) {
            return Err(damaged("something stands after the end of the file"));
        }
        Ok(Self { source, next: source.xref.next_number, objects: BTreeMap::new() })
    }

    /// The first object number that nothing uses yet.
    pub const fn first_free(&self) -> u32 {
        self.next
    }

    /// A fresh id.
    pub const fn allocate(&mut self) -> ObjectId {
        let id = (self.next, 0);
        self.next += 1;
        id
    }

    /// Adds the object `id` or puts `object` in its place.
    pub fn set(&mut self, id: ObjectId, object: Object) {
        self.put(id, Body::Object(object));
    }

    /// Adds an object whose body is already written.
    pub fn set_raw(&mut self, id: ObjectId, body: Vec<u8>) {
        self.put(id, Body::Raw(body));
    }

    fn put(&mut self, id: ObjectId, body: Body) {
        self.next = self.next.max(id.0.saturating_add(1));
        self.objects.insert(id.0, (id.1, body));
    }

    /// The object as it will be after this update.
    pub fn object(&self, id: ObjectId) -> Result<Object, PdfError> {
        match self.objects.get(&id.0) {
            Some((generation, Body::Object(object))) if *generation == id.1 => Ok(object.clone()),
            Some(_) => Err(damaged("an object is asked for that is already written")),
            None => self.source.object(id),
        }
    }

    /// Changes the array that `key` of `owner` holds, wherever it stands: in an object of its
    /// own only that object is written anew, else the owner. Returns the changed owner.
    pub fn change_array(
        &mut self,
        mut owner: Dictionary,
        key: &[u8],
        change: impl FnOnce(&mut Vec<Object>),
    ) -> Result<(Dictionary, bool), PdfError> {
        match owner.get(key) {
            Ok(Object::Reference(id)) => {
                let id = *id;
                let mut array = match self.object(id)? {
                    Object::Array(array) => array,
                    Object::Null => Vec::new(),
                    _ => return Err(damaged("an array is expected")),
                };
                change(&mut array);
                self.set(id, Object::Array(array));
                Ok((owner, false))
            }
            found => {
                let mut array = match found {
                    Ok(Object::Array(array)) => array.clone(),
                    _ => Vec::new(),
                };
                change(&mut array);
                owner.set(key, Object::Array(array));
                Ok((owner, true))
            }
        }
    }

    /// Writes the update: objects, cross-references of the kind the file already has, trailer.
    pub fn write(mut self) -> Result<Revised, PdfError> {
        let start = self.source.size();
        let base = self.source.base;
        let mut out = Vec::new();
        if !matches!(*self.source.read(start.saturating_sub(1)..start)?, [b'\n' | b'\r']) {
            out.push(b'\n');
        }
        let mut places = BTreeMap::new();
        let mut bodies = BTreeMap::new();
        for (number, (generation, body)) in &self.objects {
            places.insert(*number, (start - base + out.len(), *generation));
            out.extend_from_slice(format!("{number} {generation} obj\n").as_bytes());
            bodies.insert(*number, out.len());
            match body {
                Body::Object(object) => write_object(&mut out, object)?,
                Body::Raw(bytes) => out.extend_from_slice(bytes),
            }
            out.extend_from_slice(b"\nendobj\n");
        }
        let xref_at = start - base + out.len();
        let mut trailer = self.trailer(&out);
        if self.source.xref.is_stream {
            let (number, _) = self.allocate();
            places.insert(number, (xref_at, 0));
            trailer.set("Size", i64::from(self.next));
            let (index, rows, width) = stream_rows(&places);
            trailer.set("Type", Object::Name(b"XRef".to_vec()));
            trailer.set("Index", index);
            trailer.set("W", vec![1_i64.into(), width.into(), Object::Integer(2)]);
            out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            write_object(&mut out, &Object::Stream(lopdf::Stream::new(trailer, rows)))?;
            out.extend_from_slice(b"\nendobj\n");
        } else {
            trailer.set("Size", i64::from(self.next));
            out.extend_from_slice(b"xref\n");
            table_rows(&mut out, &places);
            out.extend_from_slice(b"trailer\n");
            write_object(&mut out, &Object::Dictionary(trailer))?;
            out.push(b'\n');
        }
        out.extend_from_slice(format!("startxref\n{xref_at}\n%%EOF\n").as_bytes());
        Ok(Revised { appended: out, bodies })
    }

    /// The old trailer, without what belongs to the old cross-references alone.
    fn trailer(&self, written: &[u8]) -> Dictionary {
        const OF_THE_OLD_ONE: [&[u8]; 10] = [
            b"Prev",
            b"XRefStm",
            b"Size",
            b"Type",
            b"W",
            b"Index",
            b"Length",
            b"Filter",
            b"DecodeParms",
            b"F",
        ];
        let mut trailer = Dictionary::new();
        for (key, value) in self.source.trailer().iter() {
            if !OF_THE_OLD_ONE.contains(&key.as_slice()) {
                trailer.set(key.clone(), value.clone());
            }
        }
        trailer.set("Prev", Object::Integer(i64::try_from(self.source.xref.newest).unwrap_or(0)));
        // The first part names the document for good, the second this state of it (14.4).
        let changed =
            Sha256::new().chain_update(format!("{:?}", trailer.get(b"ID"))).chain_update(written);
        let changed = changed.finalize().get(..16).unwrap_or_default().to_vec();
        let changed = Object::String(changed, StringFormat::Hexadecimal);
        let first = match self.source.member_array(&trailer, b"ID") {
            Ok(Some(parts)) => parts.into_iter().next(),
            _ => None,
        };
        trailer.set("ID", vec![first.unwrap_or_else(|| changed.clone()), changed]);
        trailer
    }
}

fn write_object(out: &mut Vec<u8>, object: &Object) -> Result<(), PdfError> {
    Writer::write_object(out, object).map_err(|error| damaged(error.to_string()))
}

/// Runs of consecutive numbers: first number, and the entries.
fn runs(places: &BTreeMap<u32, (usize, u16)>) -> Vec<(u32, Vec<(usize, u16)>)> {
    let mut runs: Vec<(u32, Vec<(usize, u16)>)> = Vec::new();
    for (number, place) in places {
        match runs.last_mut() {
            Some((first, run)) if first.checked_add(run.len() as u32) == Some(*number) => {
                run.push(*place);
            }
            _ => runs.push((*number, vec![*place])),
        }
    }
    runs
}

fn table_rows(out: &mut Vec<u8>, places: &BTreeMap<u32, (usize, u16)>) {
    for (first, run) in runs(places) {
        out.extend_from_slice(format!("{first} {}\n", run.len()).as_bytes());
        for (offset, generation) in run {
            out.extend_from_slice(format!("{offset:010} {generation:05} n \n").as_bytes());
        }
    }
}

fn stream_rows(places: &BTreeMap<u32, (usize, u16)>) -> (Vec<Object>, Vec<u8>, i64) {
    // Four bytes reach 4 GiB; a larger file takes eight.
    let largest = places.values().map(|(offset, _)| *offset).max().unwrap_or(0);
    let width = if u32::try_from(largest).is_ok() { 4 } else { 8 };
    let mut index = Vec::new();
    let mut rows = Vec::new();
    for (first, run) in runs(places) {
        index.push(i64::from(first).into());
        index.push(Object::Integer(run.len() as i64));
        for (offset, generation) in run {
            rows.push(1);
            let offset = (offset as u64).to_be_bytes();
            rows.extend_from_slice(offset.get(8 - width..).unwrap_or_default());
            rows.extend_from_slice(&generation.to_be_bytes());
        }
    }
    (index, rows, width as i64)
}
