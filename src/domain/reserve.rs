//! Numbers reserved ahead of their documents (số giữ lại).
//!
//! Nghị định 30/2020/NĐ-CP Điều 15: numbers are given in order, each once. An office that must
//! name a number before its document is ready (a decision that a contract quotes, say) reserves
//! it. A reserved number counts as taken for all other documents, and ends in one of two ways:
//! a document takes it, or it is given up with the reason. Neither leaves a silent gap.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::book::BookId;
use super::document::DocumentKey;

/// The most numbers that are reserved at once: more is a book by itself.
pub const MOST: u32 = 50;

/// A number that waits for its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    pub book: BookId,
    pub number: u32,
    pub reason: String,
    /// Who reserved it, and when.
    pub by: String,
    pub at: Timestamp,
    /// The document that will take it, once one is chosen.
    pub held_for: Option<DocumentKey>,
}

/// Why a document cannot take a reserved number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The document is numbered in another series.
    OtherSeries,
    /// The number is of a year that is over: number and date would contradict each other.
    OtherYear,
}

/// Whether a document that is numbered in `series` on `day` may take a number of `book`.
pub fn fits(book: &BookId, series: &str, day: Date) -> Result<(), Unfit> {
    if book.series != series {
        return Err(Unfit::OtherSeries);
    }
    if book.year != day.year() {
        return Err(Unfit::OtherYear);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_number_stays_in_its_series_and_year() {
        let book = BookId::outbound(2026, "QPPL");
        assert_eq!(fits(&book, "QPPL", date(2026, 12, 31)), Ok(()));
        assert_eq!(fits(&book, "", date(2026, 12, 31)), Err(Unfit::OtherSeries));
        assert_eq!(fits(&book, "QPPL", date(2027, 1, 1)), Err(Unfit::OtherYear));
    }
}
