//! Register books: one series of numbers a year, unique and without gaps.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 8 and 11 (Thông tư 01/2019/TT-BNV Điều 4 and 9): the
//! number is unique in the system. Nghị định 30/2020/NĐ-CP Điều 15 and 22: from 01 on 1
//! January to 31 December, one series for paper and electronic.
//!
//! Every year has the common inbound book without anybody opening it. An office that keeps
//! several (documents of the upper levels, complaints and denunciations, …) opens the others
//! by name, with a rule that says which documents belong there; the clerk may always choose
//! another one. A book once opened goes on from year to year, each year from 1, until it is
//! ended. With several books a number is unique within its book, so it is always written
//! with the book's key.
//!
//! The year of a number is that of the day on which it is taken, by Vietnam's clock
//! ([`registration_day`]).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::agency::{AgencyCode, CodeForm};
use super::calendar;
use super::document::Metadata;

/// Which way documents of a book travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Inbound,
    Outbound,
}

/// Names a register book: direction, year, and the series within the year.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BookId {
    pub direction: Direction,
    pub year: i16,
    /// Series of the rule profile: `""` for the common one, else such as `QPPL`.
    pub series: String,
}

impl BookId {
    pub fn inbound(year: i16) -> Self {
        Self { direction: Direction::Inbound, year, series: String::new() }
    }

    /// The inbound book `series` of a year; `""` is the common one.
    pub fn inbound_series(year: i16, series: &str) -> Self {
        Self { direction: Direction::Inbound, year, series: series.to_owned() }
    }

    pub fn outbound(year: i16, series: &str) -> Self {
        Self { direction: Direction::Outbound, year, series: series.to_owned() }
    }
}

impl std::fmt::Display for BookId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let direction = match self.direction {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        };
        write!(f, "{direction}-{}", self.year)?;
        if !self.series.is_empty() {
            write!(f, "-{}", self.series)?;
        }
        Ok(())
    }
}

/// The longest key of a book, in characters; it is written behind every number.
pub const LONGEST_SERIES: usize = 12;

/// Whether `series` can name a book of its own: letters and digits, as it is written behind a
/// number (`15-KNTC`).
pub fn is_series(series: &str) -> bool {
    let length = series.chars().count();
    (1..=LONGEST_SERIES).contains(&length) && series.chars().all(char::is_alphanumeric)
}

/// The day on which a number taken at `now` is entered, and with it the year's book.
///
/// Nghị định 30/2020/NĐ-CP Điều 22 khoản 2 điểm a has arrival numbers taken one after the
/// other, in the order in which the office takes documents in, from the first to the last day
/// of a year. So a document that arrived on 31 December and is registered on 2 January takes
/// January's number: the old year's book ended with its last number. Midnight is Vietnam's.
pub fn registration_day(now: Timestamp) -> Date {
    calendar::local(now).date()
}

/// How high the sender of a document stands, read off its agency code: 1 for a ministry or a
/// province, 2 for what belongs to it (a department, a district, today a commune), and so on.
pub fn sender_level(code: &AgencyCode) -> Option<u8> {
    let groups: Vec<&str> = code.as_str().split('.').collect();
    let level = match code.form() {
        // Level 1 stands last, and what is not used is `000` or `00`.
        CodeForm::Qcvn2016 => {
            groups.iter().filter(|group| group.bytes().any(|b| b != b'0')).count()
        }
        CodeForm::Decision2020 => groups.len(),
        _ => return None,
    };
    u8::try_from(level).ok().filter(|level| *level > 0)
}

/// Which documents belong into a book. An empty list asks nothing; two empty lists are no
/// rule: such a book is filled by the clerk's choice alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BookRule {
    /// Levels of the sender ([`sender_level`]).
    pub levels: Vec<u8>,
    /// Keys of document types in the rule profile.
    pub types: Vec<String>,
}

impl BookRule {
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty() && self.types.is_empty()
    }

    /// Whether a document from `sender` belongs here.
    pub fn takes(&self, sender: Option<&AgencyCode>, metadata: &Metadata) -> bool {
        let level = || sender.and_then(sender_level).is_some_and(|l| self.levels.contains(&l));
        !self.is_empty()
            && (self.levels.is_empty() || level())
            && (self.types.is_empty() || self.types.contains(&metadata.type_key))
    }
}

/// A register book of one year, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    pub id: BookId,
    /// Empty for the common book, which has no name of its own.
    pub name: String,
    pub rule: BookRule,
    /// The last number taken or given up; 0 for an empty book.
    pub last: u32,
    /// Numbers that were given up.
    pub given_up: u32,
    /// When and why it takes no number any more.
    pub closed: Option<Closing>,
}

/// A book's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    pub at: Timestamp,
    pub reason: String,
}

/// The book among `books` (of one year, open and closed) that a document belongs into: the
/// first open one whose rule takes it, else the common one, else the first that is open.
pub fn book_for<'b>(
    books: &'b [Book],
    sender: Option<&AgencyCode>,
    metadata: &Metadata,
) -> Option<&'b Book> {
    let open = || books.iter().filter(|book| book.closed.is_none());
    open()
        .find(|book| book.rule.takes(sender, metadata))
        .or_else(|| open().find(|book| book.id.series.is_empty()))
        .or_else(|| open().next())
}

/// A number as registers and stamps write it: `15`, and `15-KNTC` in a book with a key.
pub fn written(series: &str, number: u32) -> String {
    if series.is_empty() { number.to_string() } else { format!("{number}-{series}") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn code(text: &str) -> AgencyCode {
        AgencyCode::new(text).unwrap()
    }

    fn book(series: &str, rule: BookRule, closed: bool) -> Book {
        let closed = closed.then(|| Closing { at: Timestamp::UNIX_EPOCH, reason: String::new() });
        let id = BookId::inbound_series(2026, series);
        Book { id, name: String::new(), rule, last: 0, given_up: 0, closed }
    }

    #[test]
    fn the_year_turns_at_midnight_in_vietnam() {
        let before: Timestamp = "2026-12-31T16:59:59Z".parse().unwrap();
        let after: Timestamp = "2026-12-31T17:00:00Z".parse().unwrap();
        assert_eq!(registration_day(before), date(2026, 12, 31));
        assert_eq!(registration_day(after), date(2027, 1, 1));
    }

    #[test]
    fn levels_are_read_off_both_forms_of_codes() {
        for (text, level) in [
            ("000.00.00.H30", 1),
            ("000.00.05.H30", 2),
            ("000.01.05.H30", 3),
            ("H30", 1),
            ("H30.5", 2),
        ] {
            assert_eq!(sender_level(&code(text)), Some(level), "{text}");
        }
    }

    #[test]
    fn a_document_goes_where_the_rule_says_and_never_into_a_closed_book() {
        let upper = BookRule { levels: vec![1], types: Vec::new() };
        let petitions = BookRule { levels: Vec::new(), types: vec!["ĐT".to_owned()] };
        let mut books = vec![
            book("", BookRule::default(), false),
            book("CT", upper, false),
            book("DT", petitions, false),
        ];
        let series = |books: &[Book], sender: &str, type_key: &str| {
            let metadata = Metadata { type_key: type_key.to_owned(), ..Metadata::default() };
            let book = book_for(books, Some(&code(sender)), &metadata);
            book.map(|book| book.id.series.clone())
        };
        assert_eq!(series(&books, "000.00.00.H30", "QĐ").as_deref(), Some("CT"));
        assert_eq!(series(&books, "000.00.05.H30", "ĐT").as_deref(), Some("DT"));
        assert_eq!(series(&books, "000.00.05.H30", "QĐ").as_deref(), Some(""));
        books[1] = book("CT", BookRule { levels: vec![1], types: Vec::new() }, true);
        assert_eq!(series(&books, "000.00.00.H30", "QĐ").as_deref(), Some(""));
        books.retain(|book| book.closed.is_some());
        assert_eq!(series(&books, "000.00.00.H30", "QĐ"), None);
    }

    #[test]
    fn a_number_is_written_with_the_key_of_its_book() {
        assert_eq!(written("", 7), "7");
        assert_eq!(written("KNTC", 15), "15-KNTC");
        assert!(is_series("KNTC") && is_series("Mật2"));
        assert!(!is_series("") && !is_series("a b") && !is_series("a-b"));
    }
}
