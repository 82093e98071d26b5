//! Whether an update that was appended to a file is nothing but what it says.
//!
//! Between the end of one revision and the end of the next there must stand the objects that
//! the new cross-references name, the cross-references themselves, and white space. Objects
//! that nothing names, or tables whose rows other readers cut differently, are how one file
//! is made to say two things: readers that repair find other objects than readers that do
//! not (the incremental-saving and shadow attacks of 2019 and 2021).

use std::collections::BTreeSet;
use std::ops::Range;

use lopdf::Object;

use super::lexer::Lexer;
use super::{Entry, Source};

/// A row of a cross-reference table, its line end included (ISO 32000-1, 7.5.4).
const ROW: usize = 20;

impl Source {
    /// Whether every byte from `from` to the end of the newest revision is accounted for by
    /// that revision's cross-references, and no dictionary there names a key twice.
    pub fn is_accounted_for(&self, from: usize) -> bool {
        self.walk_appended(from).is_some()
    }

    /// `None` at the first byte that is not accounted for.
    fn walk_appended(&self, from: usize) -> Option<()> {
        (!self.xref.is_disputed && !self.xref.is_shifted).then_some(())?;
        let newest = *self.revisions().last()?;
        let mut places: BTreeSet<usize> = self
            .entries()
            .filter_map(|(_, entry)| match entry {
                Entry::At { offset, .. } if offset >= from && offset < newest.end => Some(offset),
                _ => None,
            })
            .collect();
        // A hybrid file's hidden stream may be named by no entry.
        if let Ok(Object::Integer(hidden)) = self.trailer().get(b"XRefStm") {
            let hidden = usize::try_from(*hidden).ok()?.checked_add(self.base)?;
            places.extend((hidden >= from).then_some(hidden));
        }
        places.remove(&newest.xref_at);

        let mut at = from;
        for place in places {
            if place > newest.xref_at {
                return None;
            }
            self.is_gap(at..place).then_some(())?;
            at = self.object_end(place)?;
        }
        self.is_gap(at..newest.xref_at).then_some(())?;
        let mut lexer = self.lexer(newest.xref_at);
        lexer.skip_blanks();
        if lexer.take(b"xref") {
            let table = self.table_end(lexer.position(), newest.end)?;
            lexer = self.lexer(table);
            let trailer = lexer.object().ok()?;
            (matches!(trailer, Object::Dictionary(_)) && !lexer.duplicate_keys()).then_some(())?;
        } else {
            lexer = self.lexer(self.object_end(newest.xref_at)?);
        }
        let after = lexer.position();
        lexer.skip_white();
        self.is_gap(after..lexer.position()).then_some(())?;
        lexer.expect(b"startxref").ok()?;
        let target = usize::try_from(lexer.unsigned().ok()?).ok()?;
        let end = lexer.position();
        let marked = target.checked_add(self.base)? == newest.xref_at;
        // What `%%EOF` itself is, the revision's end says.
        let blank = self.is_white(end..newest.end.checked_sub(b"%%EOF".len())?);
        (marked && blank).then_some(())
    }

    fn lexer(&self, at: usize) -> Lexer<'_> {
        Lexer::over(&self.file, at)
    }

    /// Where the object at `place` ends; `None` if it does not read, names a key twice, or
    /// holds objects of which that is so or which the cross-references do not seek there.
    fn object_end(&self, place: usize) -> Option<usize> {
        let mut lexer = self.lexer(place);
        let indirect = lexer.indirect(|length| self.stream_length(length)).ok()?;
        let holds_objects = match &indirect.object {
            Object::Dictionary(dictionary) => dictionary.has_type(b"ObjStm"),
            _ => false,
        };
        if holds_objects {
            let stream = indirect.id.0;
            for (index, (number, _)) in (0..).zip(&self.object_stream(stream).ok()?.index) {
                let plain = self.entry(*number) == Entry::In { stream, index }
                    && !self.compressed(*number, stream, index).ok()?.duplicate_keys;
                plain.then_some(())?;
            }
        }
        (!indirect.duplicate_keys).then(|| lexer.position())
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

    /// The byte after `trailer`, if the table's rows are cut as the standard says.
    fn table_end(&self, start: usize, end: usize) -> Option<usize> {
        let mut lexer = self.lexer(start);
        loop {
            lexer.skip_white();
            if lexer.take(b"trailer") {
                return Some(lexer.position());
            }
            lexer.unsigned().ok()?;
            let rows = usize::try_from(lexer.unsigned().ok()?).ok()?;
            lexer.skip_white();
            let first = lexer.position();
            let after = first.checked_add(rows.checked_mul(ROW)?)?;
            if after > end {
                return None;
            }
            let table = self.read(first..after).ok()?;
            table.chunks_exact(ROW).all(is_row).then_some(())?;
            lexer = self.lexer(after);
        }
    }
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
}
