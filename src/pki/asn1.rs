//! The little ASN.1 that signatures need: a cursor over encoded elements and a few
//! functions that put elements together.
//!
//! Signed bytes must be hashed exactly as they came, and one certificate that a strict
//! decoder dislikes must not make a whole signature unreadable. So reading keeps slices of
//! the original and looks only where it must. Lengths are definite (ITU-T X.690, 8.1.3);
//! indefinite ones are rewritten first by [`to_definite`]. Tags are one byte, which is all
//! that RFC 5280, 5652, 3161 and 6960 use. Nothing here recurses over hostile depth.

use std::borrow::Cow;

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OID: u8 = 0x06;
pub const ENUMERATED: u8 = 0x0a;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// Tag of a constructed context-specific element, `[n]`.
pub const fn context(n: u8) -> u8 {
    0xa0 | n
}

/// Tag of a primitive context-specific element, `[n] IMPLICIT` of a primitive type.
pub const fn context_primitive(n: u8) -> u8 {
    0x80 | n
}

/// How deep constructed elements may nest where indefinite lengths are rewritten.
const MAX_DEPTH: usize = 48;

/// The bytes are not what the format asks for; the text says which part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed ASN.1: {0}")]
pub struct Malformed(pub &'static str);

/// One element: its tag, its content and all of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    pub raw: &'a [u8],
}

impl<'a> Element<'a> {
    /// The only element of `bytes`.
    pub fn whole(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let element = reader.next()?;
        reader.finish()?;
        Ok(element)
    }

    /// The element itself, if it has this tag.
    pub fn tagged(self, tag: u8) -> Result<Self, Malformed> {
        if self.tag == tag { Ok(self) } else { Err(Malformed("unexpected tag")) }
    }

    /// What is inside a constructed element.
    pub fn children(self) -> Reader<'a> {
        Reader::new(self.content)
    }

    pub fn oid(self) -> Result<ObjectIdentifier, Malformed> {
        let content = self.tagged(OID)?.content;
        ObjectIdentifier::from_bytes(content).map_err(|_| Malformed("object identifier"))
    }

    /// The bytes of an INTEGER without the zero that keeps it positive; at least one byte.
    pub fn magnitude(self) -> Result<&'a [u8], Malformed> {
        let bytes = self.tagged(INTEGER)?.content;
        match bytes {
            [] => Err(Malformed("empty integer")),
            _ => Ok(without_leading_zeros(bytes)),
        }
    }

    /// A small non-negative INTEGER.
    pub fn small(self) -> Result<u32, Malformed> {
        match self.tagged(INTEGER)?.content {
            bytes @ [0..=0x7f, ..] if bytes.len() <= 5 => {
                let value = bytes.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
                u32::try_from(value).map_err(|_| Malformed("integer too large"))
            }
            _ => Err(Malformed("integer too large")),
        }
    }

    pub fn boolean(self) -> Result<bool, Malformed> {
        match self.tagged(BOOLEAN)?.content {
            [byte] => Ok(*byte != 0),
            _ => Err(Malformed("boolean")),
        }
    }

    /// The bytes of a BIT STRING that has whole bytes.
    pub fn bits(self) -> Result<&'a [u8], Malformed> {
        match self.tagged(BIT_STRING)?.content {
            [0, bytes @ ..] => Ok(bytes),
            _ => Err(Malformed("bit string")),
        }
    }

    /// UTCTime or GeneralizedTime, always in UTC (RFC 5280, 4.1.2.5). Fractions of a
    /// second are read to the nanosecond (RFC 3161, 2.4.2 allows them).
    pub fn time(self) -> Result<Timestamp, Malformed> {
        const WRONG: Malformed = Malformed("time");
        let text = std::str::from_utf8(self.content).map_err(|_| WRONG)?;
        let text = text.strip_suffix('Z').ok_or(WRONG)?;
        let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
        if !text.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) || fraction.len() > 9 {
            return Err(WRONG);
        }
        let number = |range: std::ops::Range<usize>| -> Result<i16, Malformed> {
            text.get(range).and_then(|digits| digits.parse().ok()).ok_or(WRONG)
        };
        let (year, at) = match (self.tag, text.len()) {
            (UTC_TIME, 12) => match number(0..2)? {
                short @ 0..50 => (2000 + short, 2),
                short => (1900 + short, 2),
            },
            (GENERALIZED_TIME, 14) => (number(0..4)?, 4),
            _ => return Err(WRONG),
        };
        let part = |index: usize| -> Result<i8, Malformed> {
            let start = at + 2 * index;
            i8::try_from(number(start..start + 2)?).map_err(|_| WRONG)
        };
        let nanoseconds = match fraction {
            "" => 0,
            digits => format!("{digits:0<9}").parse::<i32>().map_err(|_| WRONG)?,
        };
        let second = part(4)?.min(59); // a leap second counts as the second before it
        let civil =
            DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, second, nanoseconds)
                .map_err(|_| WRONG)?;
        // 99991231235959Z, "no well-defined expiry", lies beyond what a Timestamp can hold.
        Ok(civil
            .to_zoned(TimeZone::fixed(Offset::UTC))
            .map_or(Timestamp::MAX, |zoned| zoned.timestamp()))
    }
}

/// The bytes without zeros in front, but never empty where there was something.
pub fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros.min(bytes.len().saturating_sub(1))..).unwrap_or_default()
}

/// A cursor over elements that follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, whatever it is.
    #[allow(clippy::should_implement_trait)] // fallible, and an end that is an error
    pub fn next(&mut self) -> Result<Element<'a>, Malformed> {
        let (tag, header, length) = header(self.rest)?;
        let length = length.ok_or(Malformed("indefinite length"))?;
        let end = header.checked_add(length).ok_or(Malformed("length"))?;
        let raw = self.rest.get(..end).ok_or(Malformed("cut short"))?;
        let content = raw.get(header..).ok_or(Malformed("cut short"))?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        Ok(Element { tag, content, raw })
    }

    /// The next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        self.next()?.tagged(tag)
    }

    /// The next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.rest.first() == Some(&tag) { self.next().map(Some) } else { Ok(None) }
    }

    /// That nothing is left.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed("trailing bytes")) }
    }

    /// All elements that are left.
    pub fn all(mut self) -> Result<Vec<Element<'a>>, Malformed> {
        let mut elements = Vec::new();
        while !self.is_empty() {
            elements.push(self.next()?);
        }
        Ok(elements)
    }
}

/// Tag, length of tag and length, and the content's length (`None`: indefinite).
fn header(bytes: &[u8]) -> Result<(u8, usize, Option<usize>), Malformed> {
    let (&tag, rest) = bytes.split_first().ok_or(Malformed("cut short"))?;
    if tag & 0x1f == 0x1f {
        return Err(Malformed("tag of several bytes"));
    }
    let (&first, rest) = rest.split_first().ok_or(Malformed("cut short"))?;
    match first {
        0..0x80 => Ok((tag, 2, Some(usize::from(first)))),
        0x80 => Ok((tag, 2, None)),
        _ => {
            let count = usize::from(first & 0x7f);
            let bytes = rest.get(..count).filter(|_| count <= 4).ok_or(Malformed("length"))?;
            let length = bytes.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
            Ok((tag, 2 + count, Some(length)))
        }
    }
}

/// One extension of a certificate, a list or an answer.
#[derive(Debug, Clone, Copy)]
pub struct Extension<'a> {
    pub id: ObjectIdentifier,
    pub critical: bool,
    /// What is inside extnValue.
    pub value: &'a [u8],
}

/// Extensions ::= SEQUENCE OF SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }.
pub fn extensions(list: Element<'_>) -> Result<Vec<Extension<'_>>, Malformed> {
    let mut found = Vec::new();
    let mut list = list.tagged(SEQUENCE)?.children();
    while !list.is_empty() {
        let mut parts = list.expect(SEQUENCE)?.children();
        let id = parts.expect(OID)?.oid()?;
        let critical = parts.optional(BOOLEAN)?.map(Element::boolean).transpose()?;
        let value = parts.expect(OCTET_STRING)?.content;
        found.push(Extension { id, critical: critical.unwrap_or(false), value });
    }
    Ok(found)
}

/// An element with this tag and content.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    if let Ok(short @ 0..0x80) = u8::try_from(length) {
        out.push(short);
    } else {
        let bytes = length.to_be_bytes();
        let bytes = without_leading_zeros(&bytes);
        out.push(0x80 | bytes.len() as u8);
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(content);
    out
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

/// A SET OF with this tag, in the order that DER asks for (ITU-T X.690, 11.6).
pub fn set_of(tag: u8, mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    element(tag, &elements.concat())
}

pub fn oid(oid: &ObjectIdentifier) -> Vec<u8> {
    element(OID, oid.as_bytes())
}

pub fn octets(bytes: &[u8]) -> Vec<u8> {
    element(OCTET_STRING, bytes)
}

/// A non-negative INTEGER from its big-endian bytes.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let bytes = without_leading_zeros(bytes);
    match bytes {
        [] => element(INTEGER, &[0]),
        [0x80..=0xff, ..] => element(INTEGER, &[&[0], bytes].concat()),
        _ => element(INTEGER, bytes),
    }
}

/// The same value with definite lengths only and strings in one piece.
///
/// Some signing programs write CMS with indefinite lengths (BER); what is signed inside
/// must be DER anyway (RFC 5652, 5.4), so it passes through unchanged.
pub fn to_definite(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    if !holds_indefinite(bytes, 0) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let used = rewrite(bytes, &mut out, 0)?;
    if bytes.get(used..).unwrap_or_default().iter().any(|byte| *byte != 0) {
        return Err(Malformed("trailing bytes"));
    }
    Ok(Cow::Owned(out))
}

/// Appends the first element of `bytes` to `out`; returns how many bytes it took.
fn rewrite(bytes: &[u8], out: &mut Vec<u8>, depth: usize) -> Result<usize, Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed("nested too deep"));
    }
    let (tag, start, length) = header(bytes)?;
    let body = bytes.get(start..).ok_or(Malformed("cut short"))?;
    // A primitive element, or a definite one that holds no indefinite one, stays as it is.
    if let Some(length) = length {
        let end = start.checked_add(length).ok_or(Malformed("length"))?;
        let raw = bytes.get(..end).ok_or(Malformed("cut short"))?;
        let constructed_string = tag == OCTET_STRING | 0x20;
        if !constructed_string && (tag & 0x20 == 0 || !holds_indefinite(raw, 0)) {
            out.extend_from_slice(raw);
            return Ok(end);
        }
    } else if tag & 0x20 == 0 {
        return Err(Malformed("indefinite length of a primitive"));
    }
    let mut content = Vec::new();
    let mut at = 0;
    loop {
        match length {
            Some(length) if at >= length => break,
            None if body.get(at..at + 2) == Some(&[0, 0]) => break,
            _ => at += rewrite(body.get(at..).unwrap_or_default(), &mut content, depth + 1)?,
        }
    }
    if tag == OCTET_STRING | 0x20 {
        let mut joined = Vec::with_capacity(content.len());
        for piece in Reader::new(&content).all()? {
            joined.extend_from_slice(piece.tagged(OCTET_STRING)?.content);
        }
        out.extend_from_slice(&octets(&joined));
    } else {
        out.extend_from_slice(&element(tag, &content));
    }
    Ok(start + at + if length.is_none() { 2 } else { 0 })
}

/// Whether an indefinite length or a string in pieces is anywhere inside.
fn holds_indefinite(raw: &[u8], depth: usize) -> bool {
    let Ok((tag, start, length)) = header(raw) else { return false };
    if length.is_none() || tag == OCTET_STRING | 0x20 {
        return true;
    }
    if tag & 0x20 == 0 || depth > MAX_DEPTH {
        return false;
    }
    let end = length.map_or(raw.len(), |length| start.saturating_add(length));
    let mut rest = raw.get(start..end).unwrap_or_default();
    while !rest.is_empty() {
        match header(rest) {
            Ok((_, _, None)) => return true,
            Ok((_, start, Some(length))) => {
                let Some(piece) = rest.get(..start.saturating_add(length)) else { return false };
                if holds_indefinite(piece, depth + 1) {
                    return true;
                }
                rest = rest.get(piece.len()..).unwrap_or_default();
            }
            Err(_) => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_lengths_and_signs() {
        assert_eq!(element(OCTET_STRING, &[7; 0x80])[..3], [4, 0x81, 0x80]);
        assert_eq!(element(OCTET_STRING, &[7; 0x1234])[..4], [4, 0x82, 0x12, 0x34]);
        assert_eq!(unsigned(&[0, 0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(unsigned(&[0]), [2, 1, 0]);
        assert_eq!(Element::whole(&unsigned(&[1, 0])).unwrap().small(), Ok(256));
    }

    #[test]
    fn times_of_both_kinds() {
        let read = |tag, text: &str| Element::whole(&element(tag, text.as_bytes())).unwrap().time();
        let expected: Timestamp = "2026-11-05T01:02:03Z".parse().unwrap();
        assert_eq!(read(UTC_TIME, "261105010203Z"), Ok(expected));
        assert_eq!(read(GENERALIZED_TIME, "20261105010203Z"), Ok(expected));
        assert_eq!(
            read(GENERALIZED_TIME, "20261105010203.25Z"),
            Ok("2026-11-05T01:02:03.25Z".parse().unwrap())
        );
        assert_eq!(read(GENERALIZED_TIME, "99991231235959Z"), Ok(Timestamp::MAX));
        assert_eq!(read(UTC_TIME, "500101000000Z"), Ok("1950-01-01T00:00:00Z".parse().unwrap()));
        for wrong in ["20261305010203Z", "20261105010203", "2026110501020+Z", "é61105010203Z", "Z"]
        {
            assert!(read(GENERALIZED_TIME, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn indefinite_lengths_become_definite() {
        // SEQUENCE { [0] { OCTET STRING in two pieces } } with indefinite lengths
        let ber = [0x30, 0x80, 0xa0, 0x80, 0x24, 0x80, 4, 1, 1, 4, 2, 2, 3, 0, 0, 0, 0, 0, 0];
        let der = to_definite(&ber).unwrap();
        assert_eq!(der.as_ref(), [0x30, 7, 0xa0, 5, 4, 3, 1, 2, 3]);
        assert!(matches!(to_definite(&der).unwrap(), Cow::Borrowed(_)));
        let deep = [0x30, 0x80].repeat(10_000);
        assert_eq!(to_definite(&deep), Err(Malformed("nested too deep")));
    }

    #[test]
    fn sets_are_sorted() {
        assert_eq!(set_of(SET, vec![vec![4, 1, 9], vec![2, 1, 1]]), [0x31, 6, 2, 1, 1, 4, 1, 9]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = to_definite(&bytes);
            if let Ok(elements) = Reader::new(&bytes).all() {
                for element in elements {
                    let _ = (element.oid(), element.time(), element.small(), element.bits());
                }
            }
        }

        #[test]
        fn what_is_written_is_read(tag in 0u8..0x1f, content in proptest::collection::vec(any::<u8>(), 0..400)) {
            let bytes = element(tag, &content);
            let read = Element::whole(&bytes).unwrap();
            prop_assert_eq!((read.tag, read.content, read.raw), (tag, &content[..], &bytes[..]));
        }
    }
}
