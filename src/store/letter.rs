//! Letters on paper, and what was signed and has not left.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::error::StoreError;
use super::outbound;
use super::row;
use super::view::View;
use crate::domain::document::DocumentKey;
use crate::domain::letter::{PaperLetter, PaperSending, PaperState};
use crate::domain::outbound::OutboundState;

impl View<'_> {
    /// What of a document goes on paper, in the order of its list of recipients.
    pub fn paper_letters(
        &self,
        key: &DocumentKey,
    ) -> Result<Vec<(PaperLetter, PaperState)>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT place, agency, state FROM paper_letter
                 WHERE document = ?1 ORDER BY position",
            )?
            .query_and_then([row::key(key)], |row| {
                let agency: Option<String> = row.get(1)?;
                let agency = agency.map(row::from_word).transpose()?;
                let letter = PaperLetter { place: row.get(0)?, agency };
                Ok((letter, row::from_json(&row.get::<_, String>(2)?)?))
            })?
            .collect()
    }

    /// Documents that owe at least one letter, the oldest first.
    pub fn owing_paper(&self, limit: u32) -> Result<Vec<DocumentKey>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT DISTINCT document FROM paper_letter WHERE owed = 1
                 ORDER BY document LIMIT ?1",
            )?
            .query_and_then([limit], |row| {
                row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
            })?
            .collect()
    }

    /// What was signed and has not left, with the time of the personal signature, the oldest
    /// first.
    pub fn unsent(&self, limit: u32) -> Result<Vec<(DocumentKey, Timestamp)>, StoreError> {
        self.connection
            .prepare_cached("SELECT document, signed_at FROM unsent ORDER BY signed_at LIMIT ?1")?
            .query_and_then([limit], |row| {
                let key = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                Ok((row::from_key(key)?, row::time(&row.get::<_, String>(1)?)?))
            })?
            .collect()
    }
}

/// The personal signature starts the term for sending.
pub(super) fn signed(
    connection: &Connection,
    key: &DocumentKey,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO unsent VALUES (?1, ?2)")?
        .execute(params![row::key(key), at.to_string()])?;
    Ok(())
}

/// It has left, or never will.
pub(super) fn left(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM unsent WHERE document = ?1")?
        .execute([row::key(key)])?;
    Ok(())
}

/// A letter that is owed already is owed once.
pub(super) fn owed(
    connection: &Connection,
    key: &DocumentKey,
    letters: &[PaperLetter],
) -> Result<(), StoreError> {
    use OutboundState::{Issued, Recalled};
    outbound::stands_in(connection, key, &[Issued, Recalled])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO paper_letter (document, place, position, agency, state, owed)
         SELECT ?1, ?2, coalesce(max(position) + 1, 0), ?3, ?4, 1
         FROM paper_letter WHERE document = ?1
         ON CONFLICT DO NOTHING",
    )?;
    for letter in letters {
        insert.execute(params![
            row::key(key),
            letter.place,
            letter.agency.as_ref().map(|code| code.as_str()),
            row::json(&PaperState::Owed)?,
        ])?;
    }
    Ok(())
}

pub(super) fn sent(
    connection: &Connection,
    key: &DocumentKey,
    place: &str,
    sending: &PaperSending,
) -> Result<(), StoreError> {
    put(connection, key, place, &PaperState::Sent(sending.clone()))
}

pub(super) fn dropped(
    connection: &Connection,
    key: &DocumentKey,
    place: &str,
    reason: &str,
) -> Result<(), StoreError> {
    put(connection, key, place, &PaperState::Dropped { reason: reason.to_owned() })
}

fn put(
    connection: &Connection,
    key: &DocumentKey,
    place: &str,
    state: &PaperState,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE paper_letter SET state = ?3, owed = 0 WHERE document = ?1 AND place = ?2",
        )?
        .execute(params![row::key(key), place, row::json(state)?])?;
    super::user::exactly_one(changed, || format!("{key} owes no letter to {place}"))
}
