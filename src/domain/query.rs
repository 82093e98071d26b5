//! What a person types into the search field, read.
//!
//! Words in any order, all of which must occur, with or without diacritics; `"a phrase in
//! quotes"`; and fields by their names, `số:45`, `từ:"sở nội vụ"`, `người ký:ánh`,
//! `ngày:2026-11`. A name that is not known is an ordinary word, so nothing that is typed is
//! ever an error. Documents are compared with the query by whole words, the last word of an
//! unfinished query by its beginning.
//!
//! The same words are looked for in the index (room `store`), in the lines of a list and on
//! the pages of a document ([`marks`], [`matches`]), so that what was found is what is shown.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::Date;
use unicode_normalization::char::is_combining_mark;

use super::text::fold;

/// Where a term must occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// In any field, or in the text.
    Any,
    /// Number and notation (số, ký hiệu).
    Code,
    /// Issuing agency and sender (từ).
    From,
    /// Recipients (nơi nhận).
    To,
    /// The signer's name and position (người ký).
    Signer,
    /// Name of the type (loại).
    Type,
    /// Subject (trích yếu).
    Subject,
    /// The document's date (ngày).
    Issued,
    /// The day on which it came (đến).
    Arrived,
    /// Arrival number (số đến).
    ArrivalNumber,
    /// Who sent it, whoever issued it (bên gửi).
    Sender,
    /// Until when it is to be settled (hạn).
    Due,
}

impl Field {
    /// Names as people type them, folded; two words before their one-word beginnings.
    const NAMES: [(&'static str, Self); 30] = [
        ("so den", Self::ArrivalNumber),
        ("arrival", Self::ArrivalNumber),
        ("so", Self::Code),
        ("ky hieu", Self::Code),
        ("number", Self::Code),
        ("tu", Self::From),
        ("noi gui", Self::From),
        ("tac gia", Self::From),
        ("co quan", Self::From),
        ("from", Self::From),
        ("noi nhan", Self::To),
        ("gui", Self::To),
        ("to", Self::To),
        ("nguoi ky", Self::Signer),
        ("ky", Self::Signer),
        ("signer", Self::Signer),
        ("loai", Self::Type),
        ("type", Self::Type),
        ("trich yeu", Self::Subject),
        ("subject", Self::Subject),
        ("ngay", Self::Issued),
        ("date", Self::Issued),
        ("den", Self::Arrived),
        ("ngay den", Self::Arrived),
        ("arrived", Self::Arrived),
        ("ben gui", Self::Sender),
        ("sender", Self::Sender),
        ("han", Self::Due),
        ("thoi han", Self::Due),
        ("due", Self::Due),
    ];

    fn named(folded: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == folded).map(|(_, field)| *field)
    }

    pub const fn is_date(self) -> bool {
        matches!(self, Self::Issued | Self::Arrived | Self::Due)
    }
}

/// One thing that must hold of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub field: Field,
    /// Folded words that follow each other.
    pub words: Vec<String>,
    /// The last word may go on.
    pub prefix: bool,
    /// For fields of dates: from the first to the last day.
    pub days: Option<(Date, Date)>,
}

/// A read query; every term must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    pub terms: Vec<Term>,
    /// Something was typed, but nothing in it can be searched for.
    pub is_void: bool,
}

/// A piece between spaces, with the name before its colon.
struct Piece {
    name: Option<String>,
    value: String,
    quoted: bool,
}

impl Query {
    pub fn parse(typed: &str) -> Self {
        let mut terms = Vec::new();
        let mut pieces = pieces(typed).into_iter().peekable();
        let mut given = false;
        while let Some(mut piece) = pieces.next() {
            given = true;
            let field = match piece.name.take() {
                Some(name) => match Field::named(&fold(&name)) {
                    Some(field) => {
                        // `số: 45`, with a space as one writes it.
                        if piece.value.is_empty()
                            && let Some(next) = pieces.next_if(|next| next.name.is_none())
                        {
                            piece = next;
                        }
                        field
                    }
                    None => {
                        piece.value = format!("{name}:{}", piece.value);
                        Field::Any
                    }
                },
                None => Field::Any,
            };
            let last = pieces.peek().is_none();
            terms.extend(term(field, &piece, last));
        }
        let is_void = given && terms.is_empty();
        Self { terms, is_void }
    }

    /// Nothing was asked: every document is wanted.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && !self.is_void
    }

    /// What to mark in a text: the words looked for, where they may stand in `field`.
    pub fn marked_in(&self, fields: &[Field]) -> Vec<&Term> {
        self.terms
            .iter()
            .filter(|term| !term.words.is_empty() && fields.contains(&term.field))
            .collect()
    }
}

fn term(field: Field, piece: &Piece, last: bool) -> Option<Term> {
    if field.is_date() {
        let days = days(&piece.value)?;
        return Some(Term { field, words: Vec::new(), prefix: false, days: Some(days) });
    }
    let mut words = words(&fold(&piece.value));
    if field == Field::ArrivalNumber {
        // `15-KNTC` names its book, too; the number is what is looked up.
        words.truncate(1);
        words.retain(|word| word.parse::<u32>().is_ok());
    }
    if field == Field::Code
        && let Some(number) = words.first_mut()
    {
        *number = number_word(number);
    }
    let open = words.last().is_some_and(|word| {
        // `số:7` does not mean 70; in a text, a number being typed may still go on.
        !(matches!(field, Field::Code | Field::ArrivalNumber)
            && word.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let prefix = last && !piece.quoted && open;
    (!words.is_empty()).then_some(Term { field, words, prefix, days: None })
}

/// A number without the zeros before it, as `07/QĐ-UBND` and `7/QĐ-UBND` are one.
pub fn number_word(word: &str) -> String {
    let trimmed = word.trim_start_matches('0');
    let bare = if trimmed.is_empty() { word } else { trimmed };
    bare.to_owned()
}

/// Words of a folded text: runs of letters and digits.
pub fn words(folded: &str) -> Vec<String> {
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn pieces(typed: &str) -> Vec<Piece> {
    let is_quote = |c: char| matches!(c, '"' | '“' | '”' | '„' | '«' | '»');
    let mut pieces: Vec<Piece> = Vec::new();
    let mut chars = typed.chars().peekable();
    while let Some(c) = chars.peek().copied() {
        if c.is_whitespace() {
            chars.next();
            continue;
        }
        let mut name = None;
        let mut value = String::new();
        let mut quoted = false;
        while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
            if is_quote(c) && value.is_empty() {
                quoted = true;
                value.extend(std::iter::from_fn(|| chars.next_if(|c| !is_quote(*c))));
                chars.next();
                break;
            }
            if c == ':' && name.is_none() && !value.is_empty() {
                name = Some(two_words(&mut pieces, std::mem::take(&mut value)));
            } else {
                value.push(c);
            }
        }
        pieces.push(Piece { name, value, quoted });
    }
    pieces
}

/// `người ký:` came as two pieces; the first belongs to the name if both together are one.
fn two_words(pieces: &mut Vec<Piece>, name: String) -> String {
    let before = pieces.last().filter(|piece| piece.name.is_none() && !piece.quoted);
    let Some(before) = before else { return name };
    let both = format!("{} {name}", before.value);
    if Field::named(&fold(&both)).is_some() {
        pieces.pop();
        both
    } else {
        name
    }
}

/// The days that a date names: a day, a month, a year, or from one to another (`..`).
/// As people write them here (`23/11/2026`) and as scripts do (`2026-11-23`).
fn days(text: &str) -> Option<(Date, Date)> {
    match text.split_once("..") {
        Some((from, to)) => {
            let (first, last) = (span(from)?.0, span(to)?.1);
            (first <= last).then_some((first, last))
        }
        None => span(text),
    }
}

fn span(text: &str) -> Option<(Date, Date)> {
    let mut parts: Vec<i16> =
        text.trim().split(['-', '/', '.']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    // The year is the long part, wherever it stands.
    if parts.last().is_some_and(|year| *year >= 1000) {
        parts.reverse();
    }
    let small = |n: i16| i8::try_from(n).ok();
    let date = |year, month, day| Date::new(year, small(month)?, small(day)?).ok();
    match *parts.as_slice() {
        [year] if year >= 1000 => Some((date(year, 1, 1)?, date(year, 12, 31)?)),
        [year, month] if year >= 1000 => {
            let first = date(year, month, 1)?;
            Some((first, first.last_of_month()))
        }
        [year, month, day] if year >= 1000 => {
            let day = date(year, month, day)?;
            Some((day, day))
        }
        _ => None,
    }
}

/// Whole years, whole months and single days that together are all days from `first` to
/// `last`: what an index of years, months and days is asked for.
pub fn calendar_parts(first: Date, last: Date) -> Vec<String> {
    let mut parts = Vec::new();
    let mut day = first;
    while day <= last {
        let month_end = day.last_of_month();
        let year_end = day.last_of_year();
        let (part, end) = if day == day.first_of_year() && year_end <= last {
            (day.strftime("%Y").to_string(), year_end)
        } else if day.day() == 1 && month_end <= last {
            (day.strftime("%Y%m").to_string(), month_end)
        } else {
            (day.strftime("%Y%m%d").to_string(), day)
        };
        parts.push(part);
        match end.checked_add(1.day()) {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    parts
}

/// Where the terms stand in a row of words, as ranges of their places, in order and without
/// overlaps.
pub fn matches(row: &[&str], terms: &[&Term]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for start in 0..row.len() {
        let longest =
            terms.iter().filter(|term| begins(&row[start..], term)).map(|t| t.words.len());
        let Some(length) = longest.max() else { continue };
        match found.last_mut() {
            Some(last) if last.end > start => last.end = last.end.max(start + length),
            _ => found.push(start..start + length),
        }
    }
    found
}

fn begins(row: &[&str], term: &Term) -> bool {
    let Some(row) = row.get(..term.words.len()) else { return false };
    let last = term.words.len().saturating_sub(1);
    let code = term.field == Field::Code;
    row.iter().zip(&term.words).enumerate().all(|(i, (there, wanted))| {
        if i == last && term.prefix {
            there.starts_with(wanted.as_str())
        } else {
            *there == wanted || (code && i == 0 && number_word(there) == *wanted)
        }
    })
}

/// Where the terms stand in a text, as ranges of its bytes.
pub fn marks(text: &str, terms: &[&Term]) -> Vec<Range<usize>> {
    if terms.is_empty() {
        return Vec::new();
    }
    let tokens = tokens(text);
    let row: Vec<&str> = tokens.iter().map(|(word, _)| word.as_str()).collect();
    matches(&row, terms)
        .into_iter()
        .filter_map(|range| {
            let (first, last) = (tokens.get(range.start)?, tokens.get(range.end - 1)?);
            Some(first.1.start..last.1.end)
        })
        .collect()
}

/// The folded words of a text with the bytes that each takes in it.
fn tokens(text: &str) -> Vec<(String, Range<usize>)> {
    let mut tokens: Vec<(String, Range<usize>)> = Vec::new();
    let mut inside = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        // A mark of its own belongs to the letter before it.
        if is_combining_mark(c) {
            if inside && let Some((_, range)) = tokens.last_mut() {
                range.end = end;
            }
            continue;
        }
        let folded = fold(c.encode_utf8(&mut [0; 4]));
        if !folded.chars().any(char::is_alphanumeric) {
            inside = false;
            continue;
        }
        match tokens.last_mut().filter(|_| inside) {
            Some((word, range)) => {
                word.push_str(&folded);
                range.end = end;
            }
            None => tokens.push((folded, at..end)),
        }
        inside = true;
    }
    tokens
}

/// A piece of a text around the first place where something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// On one line; dots where something is left out.
    pub text: String,
    /// What was found, as ranges of bytes of `text`.
    pub marks: Vec<Range<usize>>,
}

/// About how many characters of context a snippet shows before what was found, and in all.
const BEFORE: usize = 40;
const LONG: usize = 150;

/// The piece of `text` around the first place of any of the terms; `None` if none occurs.
pub fn snippet(text: &str, terms: &[&Term]) -> Option<Snippet> {
    let first = marks(text, terms).into_iter().next()?;
    let start = edge(text, first.start, BEFORE, true);
    let end = edge(text, first.end.max(start), LONG, false);
    let piece = text.get(start..end)?;
    let mut line = piece.split_whitespace().collect::<Vec<_>>().join(" ");
    if start > 0 {
        line.insert_str(0, "… ");
    }
    if end < text.len() {
        line.push_str(" …");
    }
    let marks = marks(&line, terms);
    Some(Snippet { text: line, marks })
}

/// The beginning of a word about `chars` characters before or after a place.
fn edge(text: &str, at: usize, chars: usize, back: bool) -> usize {
    if back {
        let head = &text[..at];
        match head.char_indices().rev().nth(chars) {
            Some((far, _)) => {
                head[far..].find(char::is_whitespace).map_or(at, |space| far + space + 1)
            }
            None => 0,
        }
    } else {
        let tail = &text[at..];
        match tail.char_indices().nth(chars) {
            Some((far, _)) => tail[..far].rfind(char::is_whitespace).map_or(at + far, |s| at + s),
            None => text.len(),
        }
    }
}

#[cfg(test)]
#[path = "query/tests.rs"]
mod tests;
