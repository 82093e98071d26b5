//! Register books: one series of numbers a year, unique and without gaps.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 8 and 11 (Thông tư 01/2019/TT-BNV Điều 4 and 9): the
//! number is unique in the system. Nghị định 30/2020/NĐ-CP Điều 15 and 22: from 01 on 1
//! January to 31 December, one series for paper and electronic.

use serde::{Deserialize, Serialize};

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
