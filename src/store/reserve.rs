//! Reserved numbers: taken by nobody yet, and by nobody else than who may.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::StoreError;
use super::outbound;
use super::register;
use super::row;
use super::user::exactly_one;
use super::view::View;
use super::{book, register::expect_next};
use crate::domain::book::{BookId, Direction};
use crate::domain::document::DocumentKey;
use crate::domain::operation::Operation;
use crate::domain::outbound::OutboundState;
use crate::domain::reserve::Reserved;

const COLUMNS: &str = "direction, year, series, number, reason, user, at_millis, document";

impl View<'_> {
    /// Every number that waits, by book.
    pub fn reserved_numbers(&self) -> Result<Vec<Reserved>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM reserved_number ORDER BY direction, year, series, number"
            ))?
            .query_and_then([], from_row)?
            .collect()
    }

    /// The number that is kept for a document.
    pub fn held_number(&self, key: &DocumentKey) -> Result<Option<Reserved>, StoreError> {
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM reserved_number WHERE document = ?1"))?
            .query_and_then([row::key(key)], from_row)?
            .next()
            .transpose()
    }

    /// Whether a document may take this number of a book now: it is kept for it, or it is
    /// the next one and none is.
    pub fn may_take(
        &self,
        key: &DocumentKey,
        book: &BookId,
        number: u32,
    ) -> Result<bool, StoreError> {
        match self.held_number(key)? {
            Some(held) => Ok(held.book == *book && held.number == number),
            None => Ok(register::next(self.connection, book)? == number),
        }
    }
}

fn from_row(row: &Row<'_>) -> Result<Reserved, StoreError> {
    let direction: Direction = row::from_word(row.get(0)?)?;
    let at: i64 = row.get(6)?;
    let key: Option<Vec<u8>> = row.get(7)?;
    Ok(Reserved {
        book: BookId { direction, year: row.get(1)?, series: row.get(2)? },
        number: row.get(3)?,
        reason: row.get(4)?,
        by: row.get(5)?,
        at: Timestamp::from_millisecond(at)
            .map_err(|error| StoreError::damaged("database", error))?,
        held_for: key.as_deref().map(row::from_key).transpose()?,
    })
}

/// The next numbers of a book are no longer the next.
pub(super) fn reserved(
    connection: &Connection,
    operation: &Operation,
    id: &BookId,
    first: u32,
    count: u32,
    reason: &str,
) -> Result<(), StoreError> {
    if id.direction != Direction::Outbound || count == 0 {
        return Err(StoreError::conflict(format!("{count} numbers of {id} cannot be reserved")));
    }
    book::expect_open(connection, id)?;
    expect_next(connection, id, first)?;
    let end = first
        .checked_add(count)
        .ok_or_else(|| StoreError::conflict(format!("the book {id} is full")))?;
    let direction = row::word(&id.direction)?;
    let mut insert = connection
        .prepare_cached("INSERT INTO reserved_number VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)")?;
    for number in first..end {
        insert.execute(params![
            direction,
            id.year,
            id.series,
            number,
            reason,
            operation.user,
            operation.time.millis,
        ])?;
    }
    Ok(())
}

/// A free reserved number is kept for a document that has none yet.
pub(super) fn held(
    connection: &Connection,
    key: &DocumentKey,
    id: &BookId,
    number: u32,
) -> Result<(), StoreError> {
    use OutboundState::{Draft, InFormatCheck, InReview, ToSeal, ToSign};
    outbound::stands_in(connection, key, &[Draft, InReview, InFormatCheck, ToSign, ToSeal])?;
    if outbound::is_numbered(connection, key)? {
        return Err(StoreError::conflict(format!("outbound {key} has a number")));
    }
    freed_of(connection, key)?;
    let changed = connection
        .prepare_cached(
            "UPDATE reserved_number SET document = ?5
             WHERE direction = ?1 AND year = ?2 AND series = ?3 AND number = ?4
                 AND document IS NULL",
        )?
        .execute(params![row::word(&id.direction)?, id.year, id.series, number, row::key(key)])?;
    exactly_one(changed, || format!("{number} of {id} is not reserved, or kept for another"))
}

pub(super) fn freed(
    connection: &Connection,
    key: &DocumentKey,
    id: &BookId,
    number: u32,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE reserved_number SET document = NULL
             WHERE direction = ?1 AND year = ?2 AND series = ?3 AND number = ?4
                 AND document = ?5",
        )?
        .execute(params![row::word(&id.direction)?, id.year, id.series, number, row::key(key)])?;
    exactly_one(changed, || format!("{number} of {id} is not kept for {key}"))
}

/// A document that is given up lets its reserved number wait again.
pub(super) fn freed_of(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE reserved_number SET document = NULL WHERE document = ?1")?
        .execute([row::key(key)])?;
    Ok(())
}

/// Takes a number out of the reserve: for a document, or to give it up (`None`). `false`
/// where it is not reserved.
pub(super) fn leave(
    connection: &Connection,
    id: &BookId,
    number: u32,
    document: Option<&DocumentKey>,
) -> Result<bool, StoreError> {
    let place = params![row::word(&id.direction)?, id.year, id.series, number];
    let holder: Option<Option<Vec<u8>>> = connection
        .prepare_cached(
            "SELECT document FROM reserved_number
             WHERE direction = ?1 AND year = ?2 AND series = ?3 AND number = ?4",
        )?
        .query_row(place, |row| row.get(0))
        .optional()?;
    let Some(holder) = holder else { return Ok(false) };
    let holder = holder.as_deref().map(row::from_key).transpose()?;
    if holder.as_ref() != document {
        return Err(StoreError::conflict(format!("{number} of {id} is reserved for another")));
    }
    connection
        .prepare_cached(
            "DELETE FROM reserved_number
             WHERE direction = ?1 AND year = ?2 AND series = ?3 AND number = ?4",
        )?
        .execute(params![row::word(&id.direction)?, id.year, id.series, number])?;
    Ok(true)
}

/// The largest reserved number of a book; 0 without any.
pub(super) fn last(connection: &Connection, id: &BookId) -> Result<u32, StoreError> {
    let last: Option<u32> = connection
        .prepare_cached(
            "SELECT number FROM reserved_number
             WHERE direction = ?1 AND year = ?2 AND series = ?3
             ORDER BY number DESC LIMIT 1",
        )?
        .query_row(params![row::word(&id.direction)?, id.year, id.series], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(0))
}
