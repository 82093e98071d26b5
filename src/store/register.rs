//! Register books: numbers are taken in order, once, and never silently skipped.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};

use super::book;
use super::error::StoreError;
use super::reserve;
use super::row;
use super::view::View;
use crate::domain::book::{BookId, Direction};
use crate::domain::copy::CertifiedCopy;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::InboundDocument;
use crate::domain::operation::Operation;
use crate::domain::outbound::OutboundDocument;

/// One row of a register book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookRow {
    pub number: u32,
    /// When the number was taken; `None` if it was given up unused.
    pub date: Option<Date>,
    /// Why the number will not be used.
    pub given_up: Option<String>,
    /// Why it waits for a document.
    pub reserved: Option<String>,
    /// The document that took the number.
    pub document: Option<BookEntry>,
}

/// A document in a register book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BookEntry {
    Inbound(Box<InboundDocument>),
    Outbound(Box<OutboundDocument>),
    Copy(Box<CertifiedCopy>),
}

impl View<'_> {
    pub fn next_number(&self, book: &BookId) -> Result<u32, StoreError> {
        next(self.connection, book)
    }

    pub fn book(&self, book: &BookId, after: u32, limit: u32) -> Result<Vec<BookRow>, StoreError> {
        type Raw = (u32, Option<String>, Option<String>, Option<Vec<u8>>, Option<String>);
        let rows: Vec<Raw> = self
            .connection
            .prepare_cached(
                "SELECT number, date, given_up, document, NULL FROM book_number
                 WHERE direction = ?1 AND year = ?2 AND series = ?3 AND number > ?4
                 UNION ALL
                 SELECT number, NULL, NULL, NULL, reason FROM reserved_number
                 WHERE direction = ?1 AND year = ?2 AND series = ?3 AND number > ?4
                 ORDER BY number LIMIT ?5",
            )?
            .query_map(
                params![row::word(&book.direction)?, book.year, book.series, after, limit],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
            )?
            .collect::<Result<_, _>>()?;
        rows.into_iter()
            .map(|(number, date, given_up, document, reserved)| {
                let date = date
                    .map(|date| date.parse().map_err(|e| StoreError::damaged("database", e)))
                    .transpose()?;
                let key = document.as_deref().map(row::from_key).transpose()?;
                let document = key.map(|key| self.entry(book.direction, &key)).transpose()?;
                Ok(BookRow { number, date, given_up, reserved, document })
            })
            .collect()
    }

    fn entry(&self, direction: Direction, key: &DocumentKey) -> Result<BookEntry, StoreError> {
        let entry = match direction {
            Direction::Inbound => {
                self.inbound(key)?.map(|document| BookEntry::Inbound(Box::new(document)))
            }
            Direction::Outbound => match self.outbound(key)? {
                Some(document) => Some(BookEntry::Outbound(Box::new(document))),
                None => self.certified_copy(key)?.map(|copy| BookEntry::Copy(Box::new(copy))),
            },
        };
        entry.ok_or_else(|| StoreError::damaged("database", "a register row without document"))
    }
}

/// Takes `number` for a document: one that is kept for it, else the next one of the book.
pub(super) fn take(
    connection: &Connection,
    book: &BookId,
    number: u32,
    date: Date,
    document: &DocumentKey,
) -> Result<(), StoreError> {
    book::expect_open(connection, book)?;
    if !reserve::leave(connection, book, number, Some(document))? {
        expect_next(connection, book, number)?;
    }
    connection
        .prepare_cached("INSERT INTO book_number VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)")?
        .execute(params![
            row::word(&book.direction)?,
            book.year,
            book.series,
            number,
            date.to_string(),
            row::key(document),
        ])?;
    Ok(())
}

/// Gives up a number, taken or next, with the reason; nobody takes it again.
pub(super) fn given_up(
    connection: &Connection,
    book: &BookId,
    number: u32,
    reason: &str,
) -> Result<(), StoreError> {
    let direction = row::word(&book.direction)?;
    let changed = connection
        .prepare_cached(
            "UPDATE book_number SET given_up = ?5
             WHERE direction = ?1 AND year = ?2 AND series = ?3 AND number = ?4
                 AND given_up IS NULL",
        )?
        .execute(params![direction, book.year, book.series, number, reason])?;
    if changed == 1 {
        return Ok(());
    }
    // A number that was taken or reserved may be given up when its year is over; a new one is
    // not taken then.
    if !reserve::leave(connection, book, number, None)? {
        book::expect_open(connection, book)?;
        expect_next(connection, book, number)?;
    }
    connection
        .prepare_cached("INSERT INTO book_number VALUES (?1, ?2, ?3, ?4, NULL, NULL, ?5)")?
        .execute(params![direction, book.year, book.series, number, reason])?;
    Ok(())
}

/// The day on which a document was first passed on (ngày chuyển) is that of the deed.
pub(super) fn forwarded(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO inbound_forwarded VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![row::key(key), operation.time.millis])?;
    Ok(())
}

/// What was passed on in error was not passed on: the register does not say so.
pub(super) fn not_forwarded(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM inbound_forwarded WHERE document = ?1")?
        .execute([row::key(key)])?;
    Ok(())
}

/// The document that holds a number.
pub(super) fn holder(
    connection: &Connection,
    book: &BookId,
    number: u32,
) -> Result<Option<DocumentKey>, StoreError> {
    let holder: Option<Option<Vec<u8>>> = connection
        .prepare_cached(
            "SELECT document FROM book_number
             WHERE direction = ?1 AND year = ?2 AND series = ?3 AND number = ?4",
        )?
        .query_row(params![row::word(&book.direction)?, book.year, book.series, number], |row| {
            row.get(0)
        })
        .optional()?;
    holder.flatten().as_deref().map(row::from_key).transpose()
}

pub(super) fn expect_next(
    connection: &Connection,
    book: &BookId,
    number: u32,
) -> Result<(), StoreError> {
    let next = next(connection, book)?;
    match number.cmp(&next) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Less => Err(StoreError::NumberTaken { book: book.clone(), number }),
        std::cmp::Ordering::Greater => {
            Err(StoreError::NumberGap { book: book.clone(), number, next })
        }
    }
}

pub(super) fn next(connection: &Connection, book: &BookId) -> Result<u32, StoreError> {
    let last: Option<u32> = connection
        .prepare_cached(
            "SELECT number FROM book_number
             WHERE direction = ?1 AND year = ?2 AND series = ?3
             ORDER BY number DESC LIMIT 1",
        )?
        .query_row(params![row::word(&book.direction)?, book.year, book.series], |row| row.get(0))
        .optional()?;
    last.unwrap_or(0)
        .max(reserve::last(connection, book)?)
        .checked_add(1)
        .ok_or_else(|| StoreError::conflict(format!("the book {book} is full")))
}
