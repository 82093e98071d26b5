//! Which register books there are: those opened beside the common one, and which are closed.
//!
//! The numbers themselves are in `register`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::register;
use super::row;
use super::view::View;
use crate::domain::book::{Book, BookId, BookRule, Closing, Direction};
use crate::domain::operation::Operation;

impl View<'_> {
    /// The common book first, then the others by their keys.
    pub fn books(&self, direction: Direction, year: i16) -> Result<Vec<Book>, StoreError> {
        type Raw = (String, String, String);
        let direction_word = row::word(&direction)?;
        let mut rows: Vec<Raw> = vec![(String::new(), String::new(), "{}".to_owned())];
        let opened = self
            .connection
            .prepare_cached(
                "SELECT series, name, rule FROM register_book
                 WHERE direction = ?1 AND from_year <= ?2
                     AND (until_year IS NULL OR until_year >= ?2)
                 ORDER BY series",
            )?
            .query_map(params![direction_word, year], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<Result<Vec<Raw>, _>>()?;
        rows.extend(opened);
        // Outbound series are the rule profile's; here they show by their numbers.
        if direction == Direction::Outbound {
            let used = self.series_of(&direction_word, year)?;
            rows.retain(|(series, ..)| !used.contains(series));
            rows.extend(used.into_iter().map(|series| (series, String::new(), "{}".to_owned())));
        }
        rows.into_iter()
            .map(|(series, name, rule)| {
                let id = BookId { direction, year, series };
                let closed = closing(self.connection, &id)?;
                let last = register::next(self.connection, &id)?.saturating_sub(1);
                let given_up = self.given_up(&direction_word, &id)?;
                Ok(Book { name, rule: row::from_json(&rule)?, last, given_up, closed, id })
            })
            .collect()
    }

    /// Years that have at least one number, newest first.
    pub fn book_years(&self, direction: Direction) -> Result<Vec<i16>, StoreError> {
        let direction = row::word(&direction)?;
        // Leaps from year to year: a book of a hundred thousand numbers is not walked.
        let mut before = self.connection.prepare_cached(
            "SELECT year FROM book_number WHERE direction = ?1 AND year < ?2
             ORDER BY direction DESC, year DESC LIMIT 1",
        )?;
        let mut years = Vec::new();
        let mut bound = i64::MAX;
        while let Some(year) =
            before.query_row(params![direction, bound], |row| row.get::<_, i16>(0)).optional()?
        {
            years.push(year);
            bound = year.into();
        }
        Ok(years)
    }

    /// When a document was first passed on.
    pub fn forwarded_at(
        &self,
        key: &crate::domain::document::DocumentKey,
    ) -> Result<Option<Timestamp>, StoreError> {
        let millis: Option<i64> = self
            .connection
            .prepare_cached("SELECT millis FROM inbound_forwarded WHERE document = ?1")?
            .query_row([row::key(key)], |row| row.get(0))
            .optional()?;
        millis.map(moment).transpose()
    }

    /// Whether fields of a document were corrected after it was registered. The chain itself
    /// says so; what stood there before is in the document's history.
    pub fn corrected_in_book(
        &self,
        key: &crate::domain::document::DocumentKey,
    ) -> Result<bool, StoreError> {
        // Inside the JSON of a text every quotation mark is escaped: these words are the kind
        // of the operation and nothing else.
        Ok(self
            .connection
            .prepare_cached(
                "SELECT 1 FROM operation registered JOIN operation corrected
                     ON corrected.document = registered.document
                 WHERE registered.document = ?1 AND corrected.row > registered.row
                     AND instr(registered.body, '\"change\":\"inbound_registered\"') > 0
                     AND instr(corrected.body, '\"change\":\"inbound_corrected\"') > 0
                 LIMIT 1",
            )?
            .exists([row::key(key)])?)
    }

    fn series_of(&self, direction: &str, year: i16) -> Result<Vec<String>, StoreError> {
        let mut after = self.connection.prepare_cached(
            "SELECT series FROM book_number WHERE direction = ?1 AND year = ?2 AND series > ?3
             ORDER BY series LIMIT 1",
        )?;
        let common = register::next(self.connection, &BookId::outbound(year, ""))? > 1;
        let mut series = if common { vec![String::new()] } else { Vec::new() };
        let mut bound = String::new();
        while let Some(next) = after
            .query_row(params![direction, year, bound], |row| row.get::<_, String>(0))
            .optional()?
        {
            bound.clone_from(&next);
            series.push(next);
        }
        Ok(series)
    }

    fn given_up(&self, direction: &str, id: &BookId) -> Result<u32, StoreError> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT count(*) FROM book_number
                 WHERE direction = ?1 AND year = ?2 AND series = ?3 AND given_up IS NOT NULL",
            )?
            .query_row(params![direction, id.year, id.series], |row| row.get(0))?)
    }
}

fn moment(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|error| StoreError::damaged("database", error))
}

fn closing(connection: &Connection, id: &BookId) -> Result<Option<Closing>, StoreError> {
    let row: Option<(i64, String)> = connection
        .prepare_cached(
            "SELECT at_millis, reason FROM book_closed
             WHERE direction = ?1 AND year = ?2 AND series = ?3",
        )?
        .query_row(params![row::word(&id.direction)?, id.year, id.series], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    row.map(|(millis, reason)| Ok(Closing { at: moment(millis)?, reason })).transpose()
}

/// A number may be taken: the book is there, and open.
pub(super) fn expect_open(connection: &Connection, id: &BookId) -> Result<(), StoreError> {
    if closing(connection, id)?.is_some() {
        return Err(StoreError::BookClosed(id.clone()));
    }
    // The common book is always there, and the outbound ones are the rule profile's.
    if id.direction == Direction::Outbound || id.series.is_empty() {
        return Ok(());
    }
    let there = connection
        .prepare_cached(
            "SELECT 1 FROM register_book WHERE direction = ?1 AND series = ?2
                 AND from_year <= ?3 AND (until_year IS NULL OR until_year >= ?3)",
        )?
        .exists(params![row::word(&id.direction)?, id.series, id.year])?;
    if there { Ok(()) } else { Err(StoreError::NoBook(id.clone())) }
}

/// A new book, or another name or rule for one that is there; one that was ended goes on.
pub(super) fn opened(
    connection: &Connection,
    id: &BookId,
    name: &str,
    rule: &BookRule,
) -> Result<(), StoreError> {
    if id.direction == Direction::Outbound || id.series.is_empty() {
        return Err(StoreError::conflict(format!("the book {id} is opened by nobody")));
    }
    if closing(connection, id)?.is_some() {
        return Err(StoreError::BookClosed(id.clone()));
    }
    connection
        .prepare_cached(
            "INSERT INTO register_book VALUES (?1, ?2, ?3, ?4, ?5, NULL)
             ON CONFLICT DO UPDATE SET name = excluded.name, rule = excluded.rule,
                 from_year = min(from_year, excluded.from_year), until_year = NULL",
        )?
        .execute(params![row::word(&id.direction)?, id.series, name, row::json(rule)?, id.year])?;
    Ok(())
}

pub(super) fn closed(
    connection: &Connection,
    operation: &Operation,
    id: &BookId,
    reason: &str,
    for_good: bool,
) -> Result<(), StoreError> {
    expect_open(connection, id)?;
    let direction = row::word(&id.direction)?;
    connection
        .prepare_cached("INSERT INTO book_closed VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![direction, id.year, id.series, operation.time.millis, reason])?;
    if for_good {
        connection
            .prepare_cached(
                "UPDATE register_book SET until_year = ?3 WHERE direction = ?1 AND series = ?2",
            )?
            .execute(params![direction, id.series, id.year])?;
    }
    Ok(())
}
