//! How durably the signatures of sealed documents are made, and what was tried to make them
//! last longer.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::StoreError;
use super::outbound::{replace_main, stands_in};
use super::row;
use super::view::View;
use crate::domain::document::{DocumentKey, FileRef};
use crate::domain::outbound::OutboundState;
use crate::domain::verdict::Level;

/// How durably a sealed document is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    pub document: DocumentKey,
    pub level: Level,
    /// The newest archival time stamp ends then; `None` where there is none.
    pub renew_before: Option<Timestamp>,
}

/// Tries to extend a document's signatures, of which none succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedExtension {
    pub tries: u32,
    /// The last of them.
    pub at: Timestamp,
    /// Code of its problem, and the facts that the sentence names.
    pub code: String,
    pub args: Vec<(String, String)>,
}

impl View<'_> {
    pub fn durability(&self, key: &DocumentKey) -> Result<Option<Durability>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT document, level, renew_before_millis FROM durability WHERE document = ?1",
            )?
            .query_and_then([row::key(key)], durability)?
            .next()
            .transpose()
    }

    pub fn awaiting_extension(
        &self,
        wanted: Level,
        ending_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Durability>, StoreError> {
        let mut found: Vec<Durability> = self
            .connection
            .prepare_cached(
                "SELECT document, level, renew_before_millis FROM durability
                 WHERE level < ?1 ORDER BY level, document LIMIT ?2",
            )?
            .query_and_then(params![rank(wanted), limit], durability)?
            .collect::<Result<_, _>>()?;
        let ending: Vec<Durability> = self
            .connection
            .prepare_cached(
                "SELECT document, level, renew_before_millis FROM durability
                 WHERE renew_before_millis < ?1 ORDER BY renew_before_millis LIMIT ?2",
            )?
            .query_and_then(params![ending_before.as_millisecond(), limit], durability)?
            .collect::<Result<_, _>>()?;
        let low = found.len();
        for one in ending {
            if !found.iter().take(low).any(|known| known.document == one.document) {
                found.push(one);
            }
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    pub fn failed_extension(
        &self,
        key: &DocumentKey,
    ) -> Result<Option<FailedExtension>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT tries, at_millis, code, args FROM extension_attempt WHERE document = ?1",
            )?
            .query_and_then([row::key(key)], |row| {
                Ok::<_, StoreError>(FailedExtension {
                    tries: row.get(0)?,
                    at: moment(row.get(1)?)?,
                    code: row.get(2)?,
                    args: row::from_json(&row.get::<_, String>(3)?)?,
                })
            })?
            .next()
            .transpose()
    }
}

fn durability(row: &Row<'_>) -> Result<Durability, StoreError> {
    let level: u8 = row.get(1)?;
    let level = Level::ALL.get(usize::from(level)).copied();
    Ok(Durability {
        document: row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?,
        level: level.ok_or_else(|| StoreError::damaged("database", "an unknown level"))?,
        renew_before: row.get::<_, Option<i64>>(2)?.map(moment).transpose()?,
    })
}

fn moment(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|error| StoreError::damaged("database", error))
}

fn rank(level: Level) -> i64 {
    match level {
        Level::Bb => 0,
        Level::Bt => 1,
        Level::Blt => 2,
        Level::Blta => 3,
    }
}

/// From the seal on, how durable the signatures are is followed.
pub(super) fn sealed(
    connection: &Connection,
    key: &DocumentKey,
    level: Level,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO durability VALUES (?1, ?2, NULL)")?
        .execute(params![row::key(key), rank(level)])?;
    Ok(())
}

/// A document that is recalled or given up is kept as it is.
pub(super) fn ended(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM durability WHERE document = ?1")?
        .execute([row::key(key)])?;
    Ok(())
}

/// A new version of the main file, in which the signatures last longer. They never last
/// shorter than before.
pub(super) fn extended(
    connection: &Connection,
    key: &DocumentKey,
    file: &FileRef,
    level: Level,
    renew_before: Option<Timestamp>,
) -> Result<(), StoreError> {
    stands_in(connection, key, &[OutboundState::ToIssue, OutboundState::Issued])?;
    let before: Option<i64> = connection
        .prepare_cached("SELECT level FROM durability WHERE document = ?1")?
        .query_row([row::key(key)], |row| row.get(0))
        .optional()?;
    if before.is_none_or(|before| before > rank(level)) {
        return Err(StoreError::conflict(format!("outbound {key} is not below {}", level.name())));
    }
    connection.prepare_cached("INSERT OR REPLACE INTO durability VALUES (?1, ?2, ?3)")?.execute(
        params![row::key(key), rank(level), renew_before.map(Timestamp::as_millisecond)],
    )?;
    replace_main(connection, key, file)
}

pub(super) fn extension_failed(
    connection: &Connection,
    document: &DocumentKey,
    at: &Timestamp,
    code: &str,
    args: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO extension_attempt VALUES (?1, 1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET tries = tries + 1, at_millis = excluded.at_millis,
                 code = excluded.code, args = excluded.args",
        )?
        .execute(params![row::key(document), at.as_millisecond(), code, args])?;
    Ok(())
}

pub(super) fn forget_failed_extension(
    connection: &Connection,
    document: &DocumentKey,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM extension_attempt WHERE document = ?1")?
        .execute([row::key(document)])?;
    Ok(())
}
