//! From bytes to objects, strictly.
//!
//! A checker of signatures must not be more forgiving than the viewers that people use:
//! what it repaired silently, a viewer might repair differently, and then two people see
//! two documents under one signature. So there is no repair here: bytes that are not an
//! object by ISO 32000-1, 7.2 and 7.3, are an error. Every position is kept, because a
//! signature is made over positions.

use std::ops::Range;

use lopdf::{Dictionary, Object, ObjectId, StringFormat};

use super::storage::{Storage, Window};
use crate::pdf::PdfError;

/// How deeply arrays and dictionaries may nest; real files stay below ten.
const DEPTH: u32 = 64;
/// The longest number, in bytes: of a longer one, as with many zeros before it, some readers take
/// only the beginning.
const LONGEST_NUMBER: usize = 40;
/// Bytes of one object, without its stream; the page tree of a thick book has one megabyte.
const MAX_OBJECT: usize = 16 << 20;

/// Walks over bytes; positions are those of the whole file.
pub(super) struct Lexer<'a> {
    /// The bytes at hand, and where they begin.
    window: Window<'a>,
    start: usize,
    /// Where there are more.
    storage: Option<&'a Storage>,
    /// Bytes in all, and up to where an object may reach.
    len: usize,
    until: usize,
    at: usize,
    /// A dictionary named a key twice: readers differ in which they believe.
    duplicate_keys: bool,
}

/// An indirect object as it stands in the file.
#[derive(Debug, Clone)]
pub struct Indirect {
    pub id: ObjectId,
    /// The object; of a stream its dictionary.
    pub object: Object,
    /// Where a stream's raw bytes are.
    pub stream: Option<Range<usize>>,
    /// Where the members of the outermost dictionary stand, value by value; empty for
    /// objects out of an object stream, which have no place of their own.
    pub members: Vec<(Vec<u8>, Range<usize>)>,
    /// A dictionary in it named a key twice.
    pub duplicate_keys: bool,
}

fn damaged(what: &str, at: usize) -> PdfError {
    PdfError::Damaged(format!("{what} at byte {at}"))
}

pub(super) const fn is_white(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

const fn is_regular(byte: u8) -> bool {
    !is_white(byte) && !is_delimiter(byte)
}

impl<'a> Lexer<'a> {
    /// Over bytes in memory.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        let (window, len) = (Window::Lent(bytes), bytes.len());
        Self { window, start: 0, storage: None, len, until: len, at, duplicate_keys: false }
    }

    /// Over a file, of which windows are read as it goes.
    pub fn over(storage: &'a Storage, at: usize) -> Self {
        Self {
            storage: Some(storage),
            len: storage.len(),
            until: storage.len(),
            ..Self::new(&[], at)
        }
    }

    pub const fn position(&self) -> usize {
        self.at
    }

    pub const fn duplicate_keys(&self) -> bool {
        self.duplicate_keys
    }

    fn peek(&mut self) -> Option<u8> {
        self.byte(self.at)
    }

    fn byte(&mut self, at: usize) -> Option<u8> {
        if at >= self.until {
            return None;
        }
        let here = at.checked_sub(self.start).and_then(|index| self.window.get(index));
        if let Some(byte) = here {
            return Some(*byte);
        }
        (self.start, self.window) = self.storage?.window(at)?;
        self.window.get(at.checked_sub(self.start)?).copied()
    }

    /// What stands here of the bytes at hand; empty at the end.
    fn at_hand(&mut self) -> &[u8] {
        if self.peek().is_none() {
            return &[];
        }
        let (from, until) = (self.at - self.start, self.until - self.start);
        self.window.get(from..until.min(self.window.len())).unwrap_or_default()
    }

    /// From here on one object; it must not be endless.
    fn begin(&mut self) {
        self.until = self.len.min(self.at.saturating_add(MAX_OBJECT));
    }

    /// Passes white space and comments.
    pub fn skip_white(&mut self) {
        while let Some(byte) = self.peek() {
            if is_white(byte) {
                self.at += 1;
            } else if byte == b'%' {
                while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                    self.at += 1;
                }
            } else {
                break;
            }
        }
    }

    /// Passes white space only.
    pub fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_white) {
            self.at += 1;
        }
    }

    /// Takes `word` if it stands here as a word of its own.
    pub fn take(&mut self, word: &[u8]) -> bool {
        let here = self.at;
        let found = (here..).zip(word).all(|(at, byte)| self.byte(at) == Some(*byte))
            && self.byte(here + word.len()).is_none_or(|byte| !is_regular(byte));
        if found {
            self.at += word.len();
        }
        found
    }

    /// `take` or an error that names the word.
    pub fn expect(&mut self, word: &[u8]) -> Result<(), PdfError> {
        self.skip_white();
        if self.take(word) {
            Ok(())
        } else {
            Err(damaged(&format!("no '{}'", String::from_utf8_lossy(word)), self.at))
        }
    }

    /// Takes an operator of a content stream: a word that is no number, no name and no
    /// constant; empty if something else stands here.
    pub fn operator(&mut self) -> Vec<u8> {
        let start = self.at;
        let mut word = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| is_regular(*byte)) {
            word.push(byte);
            self.at += 1;
        }
        let first = word.first().copied().unwrap_or_default();
        let is_word = first.is_ascii_alphabetic() || matches!(first, b'\'' | b'"');
        if is_word && !matches!(word.as_slice(), b"true" | b"false" | b"null") {
            return word;
        }
        self.at = start;
        Vec::new()
    }

    /// A number without sign, as in cross-reference tables and object headers.
    pub fn unsigned(&mut self) -> Result<u64, PdfError> {
        self.skip_white();
        let start = self.at;
        let mut value: u64 = 0;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            value = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(u64::from(byte - b'0')))
                .ok_or_else(|| damaged("a number without end", start))?;
            self.at += 1;
        }
        match self.at - start {
            1..=LONGEST_NUMBER => Ok(value),
            _ => Err(damaged("no number", start)),
        }
    }

    /// Any direct object, or a reference.
    pub fn object(&mut self) -> Result<Object, PdfError> {
        self.begin();
        let object = self.value(0, &mut Vec::new());
        self.until = self.len;
        object
    }

    fn value(
        &mut self,
        depth: u32,
        members: &mut Vec<(Vec<u8>, Range<usize>)>,
    ) -> Result<Object, PdfError> {
        if depth > DEPTH {
            return Err(damaged("objects nested too deeply", self.at));
        }
        self.skip_white();
        match self.peek() {
            Some(b'/') => self.name().map(Object::Name),
            Some(b'(') => self.literal().map(|text| Object::String(text, StringFormat::Literal)),
            Some(b'[') => self.array(depth),
            Some(b'<') if self.byte(self.at + 1) == Some(b'<') => {
                self.dictionary(depth, members).map(Object::Dictionary)
            }
            Some(b'<') => self.hex().map(|text| Object::String(text, StringFormat::Hexadecimal)),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number_or_reference(),
            _ if self.take(b"true") => Ok(Object::Boolean(true)),
            _ if self.take(b"false") => Ok(Object::Boolean(false)),
            _ if self.take(b"null") => Ok(Object::Null),
            _ => Err(damaged("no object", self.at)),
        }
    }

    fn name(&mut self) -> Result<Vec<u8>, PdfError> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| is_regular(*byte)) {
            self.at += 1;
            let escaped = (byte == b'#')
                .then(|| {
                    let high = hex_digit(self.byte(self.at)?)?;
                    let low = hex_digit(self.byte(self.at + 1)?)?;
                    Some(high << 4 | low)
                })
                .flatten();
            match escaped {
                Some(byte) => {
                    self.at += 2;
                    name.push(byte);
                }
                None => name.push(byte),
            }
        }
        Ok(name)
    }

    fn literal(&mut self) -> Result<Vec<u8>, PdfError> {
        let start = self.at;
        self.at += 1;
        let mut text = Vec::new();
        let mut open = 1_u32;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => {
                    open += 1;
                    text.push(byte);
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(text);
                    }
                    text.push(byte);
                }
                b'\\' => self.escape(&mut text),
                b'\r' => {
                    // An end of line in a string is one line feed, however it is written.
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    text.push(b'\n');
                }
                _ => text.push(byte),
            }
        }
        Err(damaged("a string without end", start))
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                // High-order overflow is ignored (7.3.4.2).
                text.push((value & 0xff) as u8);
            }
            other => text.push(other),
        }
    }

    fn hex(&mut self) -> Result<Vec<u8>, PdfError> {
        let start = self.at;
        self.at += 1;
        let mut text = Vec::new();
        let mut half: Option<u8> = None;
        loop {
            if half.is_none() {
                self.pairs(&mut text);
            }
            let Some(byte) = self.peek() else { break };
            self.at += 1;
            if byte == b'>' {
                text.extend(half.map(|high| high << 4));
                return Ok(text);
            }
            if is_white(byte) {
                continue;
            }
            let digit = hex_digit(byte).ok_or_else(|| damaged("no hex digit", self.at - 1))?;
            match half.take() {
                Some(high) => text.push(high << 4 | digit),
                None => half = Some(digit),
            }
        }
        Err(damaged("a hex string without end", start))
    }

    /// Takes pairs of digits for as long as they stand together. A signature's dictionary is one
    /// long string of them, and is read several times in one check: blocks of them are read
    /// without a branch for each.
    fn pairs(&mut self, text: &mut Vec<u8>) {
        let before = text.len();
        let hand = self.at_hand();
        let (blocks, _) = hand.as_chunks::<32>();
        let good = blocks.iter().take_while(|digits| are_hex_digits(*digits)).count();
        text.reserve(16 * good);
        for digits in blocks.iter().take(good) {
            text.extend_from_slice(&bytes_of(digits));
        }
        let rest = hand.get(2 * (text.len() - before)..).unwrap_or_default();
        let pairs = rest.chunks_exact(2).map_while(|pair| match pair {
            [high, low] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
            _ => None,
        });
        text.extend(pairs);
        self.at += 2 * (text.len() - before);
    }

    fn array(&mut self, depth: u32) -> Result<Object, PdfError> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_white();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Object::Array(items));
                }
                Some(_) => items.push(self.value(depth + 1, &mut Vec::new())?),
                None => return Err(damaged("an array without end", start)),
            }
        }
    }

    fn dictionary(
        &mut self,
        depth: u32,
        members: &mut Vec<(Vec<u8>, Range<usize>)>,
    ) -> Result<Dictionary, PdfError> {
        let start = self.at;
        self.at += 2;
        let mut dictionary = Dictionary::new();
        loop {
            self.skip_white();
            match self.peek() {
                Some(b'/') => {
                    let key = self.name()?;
                    self.skip_white();
                    let begin = self.at;
                    let value = self.value(depth + 1, &mut Vec::new())?;
                    if depth == 0 {
                        members.push((key.clone(), begin..self.at));
                    }
                    self.duplicate_keys |= dictionary.has(&key);
                    dictionary.set(key, value);
                }
                Some(b'>') if self.byte(self.at + 1) == Some(b'>') => {
                    self.at += 2;
                    return Ok(dictionary);
                }
                _ => return Err(damaged("a dictionary without end", start)),
            }
        }
    }

    fn number_or_reference(&mut self) -> Result<Object, PdfError> {
        let number = self.number()?;
        let after = self.at;
        // `12 0 R`: only a look ahead tells a reference from three objects.
        if let Object::Integer(first) = number
            && let Ok(first) = u32::try_from(first)
            && self.peek().is_some_and(is_white)
        {
            self.skip_white();
            if let Some(b'0'..=b'9') = self.peek()
                && let Ok(generation) = self.unsigned()
                && let Ok(generation) = u16::try_from(generation)
            {
                self.skip_white();
                if self.take(b"R") {
                    return Ok(Object::Reference((first, generation)));
                }
            }
            self.at = after;
        }
        Ok(number)
    }

    fn number(&mut self) -> Result<Object, PdfError> {
        let start = self.at;
        let mut text = Vec::new();
        while let Some(byte @ (b'0'..=b'9' | b'+' | b'-' | b'.')) = self.peek() {
            text.push(byte);
            self.at += 1;
        }
        if self.peek().is_some_and(is_regular) || text.len() > LONGEST_NUMBER {
            return Err(damaged("no number", start));
        }
        let text = std::str::from_utf8(&text).map_err(|_| damaged("no number", start))?;
        if let Ok(integer) = text.parse::<i64>() {
            return Ok(Object::Integer(integer));
        }
        match text.parse::<f32>() {
            Ok(real) if real.is_finite() => Ok(Object::Real(real)),
            _ => Err(damaged("no number", start)),
        }
    }

    /// `12 0 obj … endobj`. `length` finds the length of a stream whose `/Length` is a
    /// reference.
    pub fn indirect(
        &mut self,
        length: impl Fn(ObjectId) -> Option<i64>,
    ) -> Result<Indirect, PdfError> {
        self.begin();
        let indirect = self.whole_indirect(length);
        self.until = self.len;
        indirect
    }

    fn whole_indirect(
        &mut self,
        length: impl Fn(ObjectId) -> Option<i64>,
    ) -> Result<Indirect, PdfError> {
        let start = self.at;
        let number = u32::try_from(self.unsigned()?)
            .map_err(|_| damaged("an object number too large", start))?;
        let generation = u16::try_from(self.unsigned()?)
            .map_err(|_| damaged("a generation too large", start))?;
        self.expect(b"obj")?;
        let mut members = Vec::new();
        let object = self.value(0, &mut members)?;
        self.skip_white();
        let mut stream = None;
        if let Object::Dictionary(dictionary) = &object
            && self.take(b"stream")
        {
            stream = Some(self.stream(dictionary, length)?);
        }
        self.expect(b"endobj")?;
        let duplicate_keys = self.duplicate_keys;
        Ok(Indirect { id: (number, generation), object, stream, members, duplicate_keys })
    }

    fn stream(
        &mut self,
        dictionary: &Dictionary,
        length: impl Fn(ObjectId) -> Option<i64>,
    ) -> Result<Range<usize>, PdfError> {
        match (self.peek(), self.byte(self.at + 1)) {
            (Some(b'\r'), Some(b'\n')) => self.at += 2,
            (Some(b'\n'), _) => self.at += 1,
            _ => return Err(damaged("a stream without a line end", self.at)),
        }
        let start = self.at;
        let length = match dictionary.get(b"Length") {
            Ok(Object::Integer(length)) => Some(*length),
            Ok(Object::Reference(id)) => length(*id),
            _ => None,
        };
        let end = length
            .and_then(|length| usize::try_from(length).ok())
            .and_then(|length| start.checked_add(length))
            .filter(|end| *end <= self.len)
            .ok_or_else(|| damaged("a stream without a length", start))?;
        self.at = end;
        self.begin();
        self.expect(b"endstream")?;
        Ok(start..end)
    }
}

const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Whether all of it are hex digits; blocks of them are looked at without a branch for each.
pub fn are_hex_digits(text: &[u8]) -> bool {
    text.chunks(64)
        .all(|block| block.iter().fold(true, |good, digit| good & digit.is_ascii_hexdigit()))
}

/// The bytes that 32 hex digits spell.
fn bytes_of(digits: &[u8; 32]) -> [u8; 16] {
    // Letters have bit 6, and their low four bits count from 1.
    let value = |digit: u8| (digit & 0x0f) + 9 * (digit >> 6);
    let (pairs, _) = digits.as_chunks();
    let mut bytes = [0; 16];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(*high) << 4 | value(*low);
    }
    bytes
}

#[cfg(test)]
mod tests;
