//! Pages of other PDF files, copied with all that they draw with.
//!
//! Streams are copied as they stand, without being unpacked. What ties a page to the rest of
//! its file is left behind: the tree above it, links, bookmarks, form fields. A scanner's
//! file has none of these; a file with signatures is not for joining, and whoever calls this
//! refuses it first.

use std::collections::HashMap;
use std::sync::Arc;

use lopdf::{Dictionary, Object, ObjectId};

use super::{PageFacts, PaperWriter, Turn, broken, straightened};
use crate::pdf::PdfError;
use crate::pdf::structure::{Indirect, Source};
use std::io::Write;

/// Objects of one file; a page of a scanner has ten.
const MOST: usize = 200_000;

/// What has been copied of one file: its numbers there and in the new file.
#[derive(Debug, Default)]
pub struct Copies(HashMap<ObjectId, ObjectId>);

/// Sizes of the pages as shown.
pub(super) fn pages(bytes: &[u8]) -> Result<Vec<PageFacts>, PdfError> {
    let source = Source::parse(Arc::from(bytes))?;
    let count = source.page_count()?;
    let limit = u32::try_from(super::MAX_PAGES).unwrap_or(u32::MAX);
    if count > limit {
        return Err(PdfError::TooManyPages { pages: count, limit });
    }
    (1..=count)
        .map(|number| {
            let (width, height) = source.page_geometry(number)?.shown_points();
            Ok(PageFacts { width: width.into(), height: height.into(), image: None })
        })
        .collect()
}

/// Copies page `number` (from 1) and returns its new id.
pub(super) fn page<W: Write>(
    writer: &mut PaperWriter<W>,
    source: &Source,
    number: u32,
    turn: Turn,
    copies: &mut Copies,
) -> Result<ObjectId, PdfError> {
    let (_, old) = source.page(number)?;
    let geometry = source.page_geometry(number)?;
    let mut waiting = Vec::new();
    let mut page = Dictionary::new();
    page.set("Type", Object::Name(b"Page".to_vec()));
    page.set("Parent", Object::Reference((2, 0)));
    for key in [&b"MediaBox"[..], b"CropBox", b"Resources", b"UserUnit", b"Group"] {
        if let Some(value) = inherited(source, &old, key)? {
            page.set(key, renumbered(writer, &value, copies, &mut waiting)?);
        }
    }
    let rotate = (i64::from(geometry.rotate) + 90 * i64::from(turn.quarters)) % 360;
    page.set("Rotate", rotate);
    let mut contents = match source.member(&old, b"Contents")? {
        Object::Array(parts) => parts,
        Object::Null => Vec::new(),
        // The reference, not what it leads to.
        _ => old.get(b"Contents").cloned().into_iter().collect(),
    };
    for part in &mut contents {
        *part = renumbered(writer, part, copies, &mut waiting)?;
    }
    if turn.tenths != 0 {
        let matrix = straightened(geometry.crop, turn).written();
        let before =
            writer.out.stream(Dictionary::new(), &[format!("q {matrix} cm\n").as_bytes()])?;
        let after = writer.out.stream(Dictionary::new(), &[b"\nQ\n"])?;
        contents.insert(0, before.into());
        contents.push(after.into());
    }
    page.set("Contents", contents);
    while let Some((from, to)) = waiting.pop() {
        if copies.0.len() > MOST {
            return Err(broken("a page that draws with too many objects"));
        }
        object(writer, source, from, to, copies, &mut waiting)?;
    }
    let id = writer.out.reserve();
    writer.out.put_object(id, &Object::Dictionary(page))?;
    Ok(id)
}

/// A page attribute as it stands, or the one of the page tree above it.
fn inherited(source: &Source, page: &Dictionary, key: &[u8]) -> Result<Option<Object>, PdfError> {
    match page.get(key) {
        Ok(value) => Ok(Some(value.clone())),
        Err(_) => source.inherited(page, key),
    }
}

type Waiting = Vec<(ObjectId, ObjectId)>;

fn object<W: Write>(
    writer: &mut PaperWriter<W>,
    source: &Source,
    from: ObjectId,
    to: ObjectId,
    copies: &mut Copies,
    waiting: &mut Waiting,
) -> Result<(), PdfError> {
    let Some(Indirect { object, stream, .. }) = source.indirect(from)? else {
        return writer.out.put_object(to, &Object::Null);
    };
    // A link leads to a page, a page to the whole tree: neither is part of what is drawn.
    if let Object::Dictionary(dictionary) = &object
        && (dictionary.has_type(b"Page") || dictionary.has_type(b"Pages"))
    {
        return writer.out.put_object(to, &Object::Null);
    }
    let object = renumbered(writer, &object, copies, waiting)?;
    match (object, stream) {
        (Object::Dictionary(dictionary), Some(range)) => {
            writer.out.put_stream(to, dictionary, range.len(), |out| {
                let mut written = Ok(());
                source.feed(range, |bytes| {
                    if written.is_ok() {
                        written = out.write_all(bytes);
                    }
                })?;
                written.map_err(|error| PdfError::Unreadable(error.to_string()))
            })
        }
        (object, _) => writer.out.put_object(to, &object),
    }
}

/// The same object with the numbers of the new file; what it refers to waits to be copied.
fn renumbered<W: Write>(
    writer: &mut PaperWriter<W>,
    object: &Object,
    copies: &mut Copies,
    waiting: &mut Waiting,
) -> Result<Object, PdfError> {
    Ok(match object {
        Object::Reference(from) => {
            let to = match copies.0.get(from) {
                Some(to) => *to,
                None => {
                    let to = writer.out.reserve();
                    copies.0.insert(*from, to);
                    waiting.push((*from, to));
                    to
                }
            };
            Object::Reference(to)
        }
        Object::Array(items) => {
            let items = items.iter().map(|item| renumbered(writer, item, copies, waiting));
            Object::Array(items.collect::<Result<_, _>>()?)
        }
        Object::Dictionary(dictionary) => {
            let mut copy = Dictionary::new();
            for (key, value) in dictionary.iter() {
                // What leads away from the drawing.
                if !matches!(key.as_slice(), b"Parent" | b"StructParent" | b"StructParents") {
                    copy.set(key.clone(), renumbered(writer, value, copies, waiting)?);
                }
            }
            Object::Dictionary(copy)
        }
        other => other.clone(),
    })
}
