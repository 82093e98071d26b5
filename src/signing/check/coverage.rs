//! Which bytes a signature covers, and whether it may say so.
//!
//! The attacks on PDF signatures of 2018 to 2021 (universal forgery, signature wrapping)
//! live on a `/ByteRange` that a lenient reader believes. Here there is one permitted shape:
//! two ranges from the first byte of the file to the end of a revision, with exactly the
//! hex string of `/Contents` between them (ETSI EN 319 142-1, 5.3; ISO 32000-2, 12.8.1).

use std::collections::HashSet;
use std::ops::Range;

use lopdf::Object;

use super::walk::misdirects;
use crate::pdf::PdfError;
use crate::pdf::structure::{ByteRange, Entry, SignatureValue, Source, are_hex_digits};
use crate::signing::Reason;

/// What a signature is made over.
#[derive(Debug)]
pub(super) struct Coverage {
    pub before: Range<usize>,
    pub after: Range<usize>,
    /// The file as it was signed.
    pub signed: Source,
    /// Nothing but white space follows what is signed.
    pub whole: bool,
    /// Readers may see different documents in what is signed.
    pub is_ambiguous: bool,
}

/// # Errors
/// [`Reason::ContentsMalformed`] when the place of the signature value is not one hex string
/// of the signature dictionary, [`Reason::ByteRangeInvalid`] when anything but that string is
/// left out or the end is not the end of a revision, [`Reason::Unsupported`] when the
/// signature dictionary is not an object of its own.
pub(super) fn coverage(source: &Source, value: &SignatureValue) -> Result<Coverage, Reason> {
    let id = value.id.ok_or(Reason::Unsupported)?;
    if value.duplicate_keys {
        // A range that stands there twice is none.
        return Err(match value.byte_range {
            Some(_) => Reason::ContentsMalformed,
            None => Reason::ByteRangeInvalid,
        });
    }
    let hole = value.contents_at.clone().ok_or(Reason::ContentsMalformed)?;
    match source.read(hole.clone()).as_deref() {
        Ok([b'<', inside @ .., b'>']) if are_hex_digits(inside) => {}
        _ => return Err(Reason::ContentsMalformed),
    }
    let end = range_end(value.byte_range.as_ref(), &hole).ok_or(Reason::ByteRangeInvalid)?;
    let after = hole.end..end;
    if end > source.size() {
        return Err(Reason::ByteRangeInvalid);
    }

    // The end of what is signed is the end of a revision.
    let revision = source.revisions().iter().rev().find(|revision| revision.end <= end);
    let revision = revision.ok_or(Reason::ByteRangeInvalid)?;
    if !source.is_white(revision.end..end) || revision.end <= hole.end {
        return Err(Reason::ByteRangeInvalid);
    }
    let signed = source.until(end).map_err(|_| Reason::ByteRangeInvalid)?;

    // The signature dictionary belongs to that very revision, and is still the same one.
    let before_it = match signed.revisions() {
        [.., previous, _] => previous.end,
        _ => 0,
    };
    let place = signed.entry(id.0);
    let in_it = matches!(place, Entry::At { offset, .. } if offset >= before_it);
    if !in_it || place != source.entry(id.0) {
        return Err(Reason::ByteRangeInvalid);
    }
    Ok(Coverage {
        before: 0..hole.start,
        after,
        whole: source.is_white(end..source.size()),
        is_ambiguous: !is_plain(&signed).unwrap_or(false) || is_linear_again(source),
        signed,
    })
}

/// Whether catalog, page tree, pages, their contents and the form read in one way only: the
/// header at byte 0, from which everybody counts, no key and no cross-reference twice, and
/// streams as long as they say. What was signed so is signed; but nobody can say what the signer saw.
fn is_plain(signed: &Source) -> Result<bool, PdfError> {
    let mut seen = HashSet::new();
    let (catalog, _) = signed.catalog()?;
    let mut waiting = vec![catalog];
    waiting.extend(signed.pages()?.iter());
    waiting.extend(signed.fields()?.iter().map(|field| field.id));
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(found) = signed.indirect(id)? else { continue };
        if found.duplicate_keys || misdirects(signed, &found.object) {
            return Ok(false);
        }
        let Object::Dictionary(dictionary) = &found.object else { continue };
        for key in [&b"Pages"[..], b"Parent", b"AcroForm", b"Contents"] {
            match dictionary.get(key) {
                Ok(Object::Reference(id)) => waiting.push(*id),
                Ok(Object::Array(parts)) => {
                    waiting.extend(parts.iter().filter_map(|part| part.as_reference().ok()));
                }
                _ => {}
            }
        }
    }
    Ok(signed.header_at() == 0 && !signed.is_disputed())
}

/// Whether a file that has grown is as long as it said at its beginning that it would be: a
/// reader that believes that it is linearised (ISO 32000-2, annex F) reads the first
/// cross-references and not the last.
fn is_linear_again(source: &Source) -> bool {
    let Some(said) = source.linear_length() else { return false };
    let first = source.revisions().first().map_or(0, |first| first.end);
    let grown = !source.is_white(first..source.size());
    grown && said.is_none_or(|length| length == source.size())
}

/// The end of `[0 a b c]` with the hole exactly from `a` to `b`.
fn range_end(range: Option<&ByteRange>, hole: &Range<usize>) -> Option<usize> {
    let ByteRange(numbers) = range?;
    let numbers: Vec<usize> =
        numbers.iter().map(|number| usize::try_from(*number)).collect::<Result<_, _>>().ok()?;
    match numbers[..] {
        [0, first, second, length] if first == hole.start && second == hole.end => {
            second.checked_add(length)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_shape_of_range_is_believed() {
        let end = |numbers: &[i64]| range_end(Some(&ByteRange(numbers.to_vec())), &(100..200));
        assert_eq!(end(&[0, 100, 200, 50]), Some(250));
        for wrong in [
            &[0, 100, 200][..],
            &[0, 100, 200, 50, 260, 10],
            &[1, 99, 200, 50],
            &[0, 99, 200, 50],
            &[0, 100, 201, 49],
            &[0, 100, 199, 50],
            &[0, 100, 200, -1],
            &[0, -100, 200, 50],
            &[0, 100, 200, i64::MAX],
            &[],
        ] {
            assert!(end(wrong).is_none_or(|end| end > 1 << 40), "{wrong:?}");
        }
        assert_eq!(range_end(None, &(1..2)), None);
    }
}
