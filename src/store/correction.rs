//! The fields of inbound documents as people write them, and those that nobody has confirmed.
//!
//! The fields stand in the document's row; what they were before stands in the chain of
//! operations, which is the history that people read. Nothing is ever overwritten there.

use rusqlite::{Connection, OptionalExtension, params};

use super::duplicate;
use super::error::StoreError;
use super::inbound;
use super::row;
use super::user::exactly_one;
use super::view::View;
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::inbound::InboundState;
use crate::domain::operation::Change;

impl View<'_> {
    /// Names of the fields that the program filled in and nobody has confirmed.
    pub fn proposed_fields(&self, key: &DocumentKey) -> Result<Vec<String>, StoreError> {
        let fields: Option<String> = self
            .connection
            .prepare_cached("SELECT fields FROM inbound_proposed WHERE document = ?1")?
            .query_row([row::key(key)], |row| row.get(0))
            .optional()?;
        Ok(row::maybe_json(fields)?.unwrap_or_default())
    }
}

/// Whoever writes the fields has looked at all of them: none is unconfirmed any more.
pub(super) fn corrected(
    connection: &Connection,
    key: &DocumentKey,
    metadata: &Metadata,
    reason: &str,
) -> Result<(), StoreError> {
    let standing: Option<(String, bool)> = connection
        .prepare_cached("SELECT state, registration IS NOT NULL FROM inbound WHERE key = ?1")?
        .query_row([row::key(key)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let missing = || StoreError::NotFound(format!("inbound document {key}"));
    let (state, registered) = standing.ok_or_else(missing)?;
    let state: InboundState = row::from_word(state)?;
    if state.is_gone() {
        return Err(StoreError::conflict(format!("inbound {key} is {state:?}")));
    }
    // A row of the register changes only with a reason.
    if registered && reason.trim().is_empty() {
        return Err(StoreError::conflict(format!("a correction of {key} without a reason")));
    }
    put(connection, key, metadata)?;
    connection
        .prepare_cached("DELETE FROM inbound_proposed WHERE document = ?1")?
        .execute([row::key(key)])?;
    Ok(())
}

/// Only a document that has just arrived is filled in by itself.
pub(super) fn proposed(
    connection: &Connection,
    key: &DocumentKey,
    metadata: &Metadata,
    fields: &[String],
) -> Result<(), StoreError> {
    let state: Option<String> = connection
        .prepare_cached("SELECT state FROM inbound WHERE key = ?1")?
        .query_row([row::key(key)], |row| row.get(0))
        .optional()?;
    let state = state.map(row::from_word::<InboundState>).transpose()?;
    if state != Some(InboundState::Arrived) {
        return Err(StoreError::conflict(format!("inbound {key} is not just here: {state:?}")));
    }
    put(connection, key, metadata)?;
    connection
        .prepare_cached(
            "INSERT INTO inbound_proposed VALUES (?1, ?2)
             ON CONFLICT (document) DO UPDATE SET fields = excluded.fields",
        )?
        .execute(params![row::key(key), row::json(&fields)?])?;
    Ok(())
}

/// Only a document that nobody has sent yet is joined by a packet, and once. What a packet
/// states has been said by somebody; only a row of the register keeps what it says and what
/// is unconfirmed of it.
pub(super) fn joined(connection: &Connection, change: &Change) -> Result<(), StoreError> {
    let Change::InboundJoined { key, packet, sender, sender_name, metadata, files } = change else {
        return Err(StoreError::Internal("not a joining packet".to_owned()));
    };
    let changed = connection
        .prepare_cached(
            "UPDATE inbound SET sender = ?2, sender_name = ?3, packet = ?4, files = ?5
             WHERE key = ?1 AND sender IS NULL AND state NOT IN ('returned', 'recalled')",
        )?
        .execute(params![
            row::key(key),
            sender.as_str(),
            sender_name,
            packet.0,
            row::json(files)?,
        ])?;
    exactly_one(changed, || format!("no packet joins inbound {key}"))?;
    connection
        .prepare_cached(
            "DELETE FROM inbound_proposed WHERE document IN
             (SELECT key FROM inbound WHERE key = ?1 AND registration IS NULL)",
        )?
        .execute([row::key(key)])?;
    put(connection, key, metadata)
}

/// Puts the fields into the row, and their words in the place of the old ones into the index.
fn put(connection: &Connection, key: &DocumentKey, metadata: &Metadata) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE inbound SET metadata = ?2, document_id = ?3 WHERE key = ?1")?
        .execute(params![
            row::key(key),
            row::json(metadata)?,
            metadata.document_id.as_ref().map(ToString::to_string),
        ])?;
    // Another number or date may be that of a document that is here already.
    duplicate::described(connection, key, metadata)?;
    inbound::reindex(connection, key)
}
