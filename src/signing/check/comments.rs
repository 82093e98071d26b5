//! Comments on a document whose certification permits them (DocMDP 3).
//!
//! «Evil annotations» (2021) are comments that pass for content: text, stamps, filled shapes
//! that cover what was signed. So only those kinds count as comments that mark what is
//! there, or that show an icon, and only as long as they bring no look that draws anything
//! else than a mark.

use lopdf::{Dictionary, Object, ObjectId};

use super::comparison::Comparison;
use crate::pdf::PdfError;
use crate::pdf::structure::operations;

/// A comment that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    pub page: u32,
    /// `/Subtype`.
    pub kind: String,
}

/// What a comment may hold: no actions, no layers, no files.
const KEYS: [&[u8]; 25] = [
    b"Type",
    b"Subtype",
    b"Rect",
    b"Contents",
    b"P",
    b"NM",
    b"M",
    b"F",
    b"C",
    b"CA",
    b"T",
    b"Popup",
    b"CreationDate",
    b"Subj",
    b"QuadPoints",
    b"Name",
    b"Open",
    b"Parent",
    b"State",
    b"StateModel",
    b"IRT",
    b"RT",
    b"AP",
    b"BS",
    b"Border",
];

/// Lines and curves of the mark over one piece of text.
const STROKES: usize = 16;
/// The thickest line, in points.
const THICKEST: f32 = 3.0;

/// The annotation as a comment, if that is all it is.
pub(super) fn judge(
    comparison: &Comparison,
    page: u32,
    annotation: &Object,
) -> Result<Option<Comment>, PdfError> {
    let Object::Reference(id) = annotation else { return Ok(None) };
    if !comparison.is_added(id.0) {
        return Ok(None);
    }
    let Some(indirect) = comparison.now.indirect(*id)? else { return Ok(None) };
    let Object::Dictionary(comment) = &indirect.object else { return Ok(None) };
    let known = comment.iter().all(|(key, _)| KEYS.contains(&key.as_slice()));
    if indirect.duplicate_keys || indirect.stream.is_some() || !known {
        return Ok(None);
    }
    let kind = comment.get(b"Subtype").and_then(Object::as_name).unwrap_or_default();
    let lawful = match kind {
        b"Text" | b"Popup" => !comment.has(b"AP"),
        b"Highlight" | b"Underline" | b"Squiggly" | b"StrikeOut" => {
            is_mark(comparison, comment, kind == b"Highlight")?
        }
        _ => false,
    };
    let kind = String::from_utf8_lossy(kind).into_owned();
    Ok(lawful.then_some(Comment { page, kind }))
}

/// Whether the look, where there is one, marks text and does not hide it.
fn is_mark(
    comparison: &Comparison,
    comment: &Dictionary,
    may_fill: bool,
) -> Result<bool, PdfError> {
    let now = comparison.now;
    let look = match comment.get(b"AP") {
        Err(_) => return Ok(true),
        Ok(Object::Dictionary(look)) if look.len() == 1 => look,
        Ok(_) => return Ok(false),
    };
    let Ok(Object::Reference(id)) = look.get(b"N") else { return Ok(false) };
    if !comparison.is_added(id.0) {
        return Ok(false);
    }
    let pieces = now.member_array(comment, b"QuadPoints")?.unwrap_or_default().len() / 8;
    draws_a_mark(comparison, *id, may_fill, pieces)
}

fn draws_a_mark(
    comparison: &Comparison,
    id: ObjectId,
    may_fill: bool,
    pieces: usize,
) -> Result<bool, PdfError> {
    let now = comparison.now;
    let Object::Dictionary(form) = now.object(id)? else { return Ok(false) };
    let resources = now.member_dictionary(&form, b"Resources")?.unwrap_or_default();
    let known = |key: &[u8]| matches!(key, b"ExtGState" | b"ProcSet");
    if !resources.iter().all(|(key, _)| known(key)) {
        return Ok(false);
    }
    let states = now.member_dictionary(&resources, b"ExtGState")?.unwrap_or_default();
    let Some(content) = now.stream_decoded(id)? else { return Ok(false) };
    let Ok(operations) = operations(&content) else { return Ok(false) };
    let (mut strokes, mut is_sheer) = (0, false);
    for operation in &operations {
        let number = operation.operands.first().and_then(|n| n.as_float().ok());
        match operation.operator.as_slice() {
            b"q" | b"g" | b"rg" | b"k" | b"G" | b"RG" | b"K" | b"d" | b"j" | b"J" | b"M" | b"m"
            | b"h" | b"n" | b"S" | b"s" => {}
            b"Q" => is_sheer = false,
            b"w" if number.is_some_and(|width| (0.0..=THICKEST).contains(&width)) => {}
            b"l" | b"c" | b"v" | b"y" | b"re" => strokes += 1,
            b"f" | b"f*" if may_fill && is_sheer => {}
            b"gs" => {
                let [Object::Name(name)] = operation.operands.as_slice() else { return Ok(false) };
                let state = now.member_dictionary(&states, name)?.unwrap_or_default();
                // What is multiplied darkens the paper and leaves the ink.
                is_sheer =
                    state.get(b"BM").and_then(Object::as_name).unwrap_or_default() == b"Multiply";
            }
            _ => return Ok(false),
        }
    }
    Ok(strokes <= STROKES * pieces.max(1))
}
