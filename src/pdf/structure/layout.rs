//! Whether an update that was appended to a file is nothing but what it says.
//!
//! Between the end of one revision and the end of the next there must stand the objects that
//! the new cross-references name, the cross-references themselves, and white space. Objects
//! that nothing names, or tables whose rows other readers cut differently, are how one file
//! is made to say two things: readers that repair find other objects than readers that do
//! not (the incremental-saving and shadow attacks of 2019 and 2021).

use std::collections::BTreeMap;
use std::ops::Range;

use lopdf::{Object, ObjectId};
use memchr::memmem::find_iter;

use super::lexer::{Lexer, is_white};
use super::{Entry, Source};

/// A row of a cross-reference table, its line end included (ISO 32000-1, 7.5.4).
const ROW: usize = 20;
/// The digits of an offset.
const DIGITS: usize = 10;
/// Bytes of the first field in a cross-reference stream, and objects of a file, that every reader
/// takes.
const WIDEST: i64 = 2;
const MOST_OBJECTS: u32 = 1 << 22;

impl Source {
    /// Whether this is `before` with one update behind it in which every byte is accounted for by
    /// the update's cross-references, no dictionary names a key twice, and a reader that repairs
    /// finds the same objects.
    pub fn is_accounted_for(&self, before: &Self) -> bool {
        self.walk_appended(before).is_some()
    }

    /// `None` at the first byte that is not accounted for.
    fn walk_appended(&self, before: &Self) -> Option<()> {
        (!self.xref.is_disputed && !self.xref.is_irregular).then_some(())?;
        let (from, newest) = (before.size(), *self.revisions().last()?);
        self.is_believed().then_some(())?;
        let mut places = self.appended_places(before, newest.xref_at)?;
        // A hybrid file's hidden stream may be named by no entry.
        if let Ok(Object::Integer(hidden)) = self.trailer().get(b"XRefStm") {
            let hidden = usize::try_from(*hidden).ok()?.checked_add(self.base)?;
            if hidden >= from {
                places.entry(hidden).or_insert(self.numbered_at(hidden)?);
            }
        }
        places.remove(&newest.xref_at);

        let mut found = Found::default();
        let mut at = from;
        for (place, id) in places {
            if place > newest.xref_at {
                return None;
            }
            self.is_gap(at..place).then_some(())?;
            at = self.object_end(place, id, &mut found)?;
        }
        self.is_gap(at..newest.xref_at).then_some(())?;
        let mut lexer = self.lexer(newest.xref_at);
        lexer.skip_blanks();
        if lexer.take(b"xref") {
            let table = self.table_end(lexer.position(), newest.end)?;
            lexer = self.lexer(table);
            let trailer = lexer.object().ok()?;
            (matches!(trailer, Object::Dictionary(_)) && !lexer.duplicate_keys()).then_some(())?;
            found.trailers += 1;
        } else {
            let id = self.numbered_at(newest.xref_at)?;
            lexer = self.lexer(self.object_end(newest.xref_at, id, &mut found)?);
        }
        let after = lexer.position();
        lexer.skip_white();
        self.is_gap(after..lexer.position()).then_some(())?;
        lexer.expect(b"startxref").ok()?;
        let (target, end) = self.digits(self.blanks_end(lexer.position()))?;
        let target = usize::try_from(target).ok()?;
        let marked = target.checked_add(self.base)? == newest.xref_at;
        // What `%%EOF` itself is, the revision's end says.
        let blank = self.is_white(end..newest.end.checked_sub(b"%%EOF".len())?);
        let plain = found == Found::in_text(&self.read(from..newest.end).ok()?);
        (marked && blank && plain).then_some(())
    }

    /// Whether all readers believe what the newest cross-references say of themselves, instead of
    /// looking for objects on their own.
    fn is_believed(&self) -> bool {
        let trailer = self.trailer();
        let size = match trailer.get(b"Size") {
            Ok(Object::Integer(size)) => u32::try_from(*size).unwrap_or(u32::MAX),
            _ => return false,
        };
        let kinds =
            trailer.get(b"W").and_then(Object::as_array).ok().and_then(|widths| widths.first());
        let is_narrow =
            kinds.is_some_and(|width| width.as_i64().is_ok_and(|width| width <= WIDEST));
        size <= MOST_OBJECTS
            && self.entries().all(|(number, _)| number < size)
            && (is_narrow || !self.xref.is_stream)
    }

    /// Where the update puts objects, which is within it: a row that leads to older bytes, or
    /// behind the end, is there for another reader.
    fn appended_places(&self, before: &Self, xref_at: usize) -> Option<BTreeMap<usize, ObjectId>> {
        let within = before.size()..=xref_at;
        let mut places = BTreeMap::new();
        for (number, entry) in self.entries().filter(|(n, entry)| before.entry(*n) != *entry) {
            match entry {
                Entry::Free => {}
                Entry::At { offset, generation } => {
                    let new = within.contains(&offset) && number != 0;
                    new.then_some(())?;
                    places.insert(offset, (number, generation)).is_none().then_some(())?;
                }
                Entry::In { stream, .. } => match self.entry(stream) {
                    Entry::At { offset, .. } if within.contains(&offset) => {}
                    _ => return None,
                },
            }
        }
        Some(places)
    }

    /// The id of cross-references that stand at `place`, which need no entry of their own.
    fn numbered_at(&self, place: usize) -> Option<ObjectId> {
        let id = self.lexer(place).indirect(|_| None).ok()?.id;
        match self.entry(id.0) {
            Entry::Free => Some(id),
            Entry::At { offset, .. } if offset == place => Some(id),
            _ => None,
        }
    }

    fn lexer(&self, at: usize) -> Lexer<'_> {
        Lexer::over(&self.file, at)
    }

    /// Where the object `id` at `place` ends; `None` if it is another one, does not read, names a
    /// key twice, or holds objects of which that is so or which the cross-references do not seek
    /// there.
    fn object_end(&self, place: usize, id: ObjectId, found: &mut Found) -> Option<usize> {
        let mut lexer = self.lexer(place);
        let indirect = lexer.indirect(|length| self.stream_length(length)).ok()?;
        (indirect.id == id && !indirect.duplicate_keys).then_some(())?;
        found.objects += 1;
        found.ends += 1;
        found.streams += usize::from(indirect.stream.is_some());
        if let Object::Dictionary(dictionary) = &indirect.object
            && dictionary.has_type(b"ObjStm")
        {
            // Nothing refers to it, so that nobody would see its length change later.
            matches!(dictionary.get(b"Length"), Ok(Object::Integer(_))).then_some(())?;
            let (stream, held) = (id.0, self.object_stream(id.0).ok()?);
            held.is_orderly().then_some(())?;
            let sought = (0..)
                .zip(&held.index)
                .all(|(index, (number, _))| self.entry(*number) == Entry::In { stream, index });
            sought.then_some(())?;
        }
        Some(lexer.position())
    }

    /// White space and harmless comments.
    fn is_gap(&self, gap: Range<usize>) -> bool {
        if gap.start > gap.end {
            return false;
        }
        let mut lexer = self.lexer(gap.start);
        lexer.skip_white();
        // What begins within a comment is not there for a reader that repairs.
        let reaches = lexer.position() >= gap.end && self.is_white(gap.end..lexer.position());
        let Ok(text) = self.read(gap.clone()) else { return false };
        // A comment that looks like structure is meant for a reader that repairs.
        let holds = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
        reaches && !holds(b"obj") && !holds(b"xref") && !holds(b"trailer")
    }

    /// The byte after `trailer`, if the table's rows are cut as the standard says, and its heads
    /// stand on lines of their own.
    fn table_end(&self, start: usize, end: usize) -> Option<usize> {
        let mut at = start;
        loop {
            at = self.blanks_end(at);
            let mut lexer = self.lexer(at);
            if lexer.take(b"trailer") {
                return Some(lexer.position());
            }
            let (number, after) = self.digits(at)?;
            (*self.read(after..after + 1).ok()? == *b" ").then_some(())?;
            let (rows, after) = self.digits(after + 1)?;
            let first = self.blanks_end(after);
            let between = self.read(after..first).ok()?;
            between.iter().any(|byte| matches!(byte, b'\r' | b'\n')).then_some(())?;
            at = first.checked_add(usize::try_from(rows).ok()?.checked_mul(ROW)?)?;
            if at > end {
                return None;
            }
            let table = self.read(first..at).ok()?;
            table.chunks_exact(ROW).all(is_row).then_some(())?;
            // Nobody uses object 0; some readers repair where it is said to be in use.
            (number != 0 || table.get(17).is_none_or(|kind| *kind == b'f')).then_some(())?;
        }
    }

    /// Behind the white space at `at`, where no comment is passed over.
    fn blanks_end(&self, at: usize) -> usize {
        let mut lexer = self.lexer(at);
        lexer.skip_blanks();
        lexer.position()
    }

    /// The number at `at` and the byte after it, of no more digits than a cross-reference has.
    fn digits(&self, at: usize) -> Option<(u64, usize)> {
        let text = self.read(at..self.size().min(at + DIGITS + 1)).ok()?;
        let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = std::str::from_utf8(text.get(..count)?).ok()?;
        (count <= DIGITS).then_some(())?;
        Some((digits.parse().ok()?, at + count))
    }
}

/// What a reader looks for that goes through a file from its beginning, because it does not
/// believe the cross-references.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    objects: usize,
    ends: usize,
    streams: usize,
    trailers: usize,
}

impl Found {
    /// As it stands in the bytes, in streams, strings and comments too.
    fn in_text(text: &[u8]) -> Self {
        let count = |word: &[u8]| find_iter(text, word).count();
        let heads = find_iter(text, b"obj");
        Self {
            objects: heads.filter(|at| is_head(text.get(..*at).unwrap_or_default())).count(),
            ends: count(b"endobj"),
            streams: count(b"endstream"),
            trailers: count(b"trailer"),
        }
    }
}

/// Whether what stands before `obj` makes it the head of an object: a number and a generation,
/// with whatever white space, the zero byte included.
fn is_head(before: &[u8]) -> bool {
    let mut rest = before;
    let mut cut = |is: fn(u8) -> bool| {
        let end = rest.iter().rposition(|byte| !is(*byte)).map_or(0, |at| at + 1);
        let any = end < rest.len();
        rest = rest.get(..end).unwrap_or_default();
        any
    };
    let is_digit: fn(u8) -> bool = |byte| byte.is_ascii_digit();
    cut(is_white);
    cut(is_digit) && cut(is_white) && cut(is_digit)
}

/// `nnnnnnnnnn ggggg n` and two bytes of line end.
fn is_row(row: &[u8]) -> bool {
    let Some((row, end)) = row.split_last_chunk::<2>() else { return false };
    row.iter().enumerate().all(|(place, byte)| match place {
        10 | 16 => *byte == b' ',
        17 => matches!(byte, b'n' | b'f'),
        _ => byte.is_ascii_digit(),
    }) && matches!(end, b" \n" | b" \r" | b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_twenty_bytes() {
        assert!(is_row(b"0000000017 00000 n \n"));
        assert!(is_row(b"0000000017 65535 f\r\n"));
        assert!(!is_row(b"0000000017 00000 n\n0"));
        assert!(!is_row(b"000000017  00000 n \n"));
    }

    #[test]
    fn what_a_reader_finds_that_repairs_is_counted_wherever_it_stands() {
        let text = b"5 0 obj\n<</A(7 0 obj)>>stream\n8\t0\nobj endstream\nendobj trailer 90 obj";
        let found = Found { objects: 3, ends: 1, streams: 1, trailers: 1 };
        assert_eq!(Found::in_text(text), found);
        let far = format!("7 0{}obj {}7 0 obj 7 0\0obj", " ".repeat(100), "0".repeat(100));
        assert_eq!(Found::in_text(far.as_bytes()).objects, 3);
    }
}
