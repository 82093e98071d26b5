//! Packets: kept as they came, then taken for what they are, or put into quarantine.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::row;
use super::user::exactly_one;
use super::view::View;
use crate::domain::document::BlobHash;
use crate::domain::operation::Operation;

/// What has become of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PacketState {
    Kept,
    Taken,
    Quarantined,
}

/// A packet, or a file that came in by hand and could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketRow {
    pub hash: BlobHash,
    /// Bytes; 0 for a file put into quarantine without having been kept as a packet.
    pub size: u64,
    pub origin: String,
    pub server_id: String,
    pub state: PacketState,
    /// What it became, once taken.
    pub outcome: String,
    /// Why it is in quarantine: the code of a problem, and detail.
    pub code: String,
    pub detail: String,
    /// When it came into this state, in milliseconds since 1970.
    pub since_millis: i64,
}

const COLUMNS: &str = "hash, size, origin, server_id, state, outcome, code, detail, since_millis";

impl View<'_> {
    pub fn packet(&self, hash: &BlobHash) -> Result<Option<PacketRow>, StoreError> {
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM packet WHERE hash = ?1"))?
            .query_and_then([&hash.0], from_row)?
            .next()
            .transpose()
    }

    pub fn has_packet(&self, hash: &BlobHash) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM packet WHERE hash = ?1")?
            .exists([&hash.0])?)
    }

    /// Whether a packet came under this name of a server, whatever became of it.
    pub fn has_packet_named(&self, server_id: &str) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM packet WHERE server_id = ?1")?
            .exists([server_id])?)
    }

    pub fn packets_to_take(&self, limit: u32) -> Result<Vec<PacketRow>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM packet WHERE state = 'kept' ORDER BY row LIMIT ?1"
            ))?
            .query_and_then([limit], from_row)?
            .collect()
    }

    pub fn quarantine(&self, limit: u32) -> Result<Vec<PacketRow>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM packet WHERE state = 'quarantined'
                 ORDER BY row DESC LIMIT ?1"
            ))?
            .query_and_then([limit], from_row)?
            .collect()
    }
}

fn from_row(row: &Row<'_>) -> Result<PacketRow, StoreError> {
    Ok(PacketRow {
        hash: BlobHash(row.get(0)?),
        size: row::unsigned(row.get(1)?),
        origin: row.get(2)?,
        server_id: row.get(3)?,
        state: row::from_word(row.get(4)?)?,
        outcome: row.get(5)?,
        code: row.get(6)?,
        detail: row.get(7)?,
        since_millis: row.get(8)?,
    })
}

/// A packet that is known already stays what it is: receiving it again changes nothing.
/// One in quarantine is looked at again when it comes another way: who sent it may have
/// been what was wrong.
pub(super) fn kept(
    connection: &Connection,
    operation: &Operation,
    packet: &BlobHash,
    size: u64,
    origin: &str,
    server_id: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO packet (hash, size, origin, server_id, state, since_millis)
             VALUES (?1, ?2, ?3, ?4, 'kept', ?5)
             ON CONFLICT (hash) DO UPDATE SET size = excluded.size, origin = excluded.origin,
                 server_id = excluded.server_id, state = 'kept', code = '', detail = '',
                 since_millis = excluded.since_millis
             WHERE state = 'quarantined' AND server_id <> excluded.server_id",
        )?
        .execute(params![packet.0, row::signed(size), origin, server_id, operation.time.millis])?;
    Ok(())
}

/// One in quarantine may still be taken, by a later version that understands it.
pub(super) fn taken(
    connection: &Connection,
    operation: &Operation,
    packet: &BlobHash,
    outcome: &str,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE packet SET state = 'taken', outcome = ?2, code = '', detail = '',
                 since_millis = ?3
             WHERE hash = ?1 AND state <> 'taken'",
        )?
        .execute(params![packet.0, outcome, operation.time.millis])?;
    exactly_one(changed, || format!("the packet {packet} is not waiting"))
}

/// Also takes in a file that never was a packet, so that its bytes are kept and listed.
pub(super) fn quarantined(
    connection: &Connection,
    operation: &Operation,
    packet: &BlobHash,
    code: &str,
    detail: &str,
) -> Result<(), StoreError> {
    let state: Option<String> = connection
        .prepare_cached("SELECT state FROM packet WHERE hash = ?1")?
        .query_row([&packet.0], |row| row.get(0))
        .optional()?;
    if state.as_deref() == Some("taken") {
        return Err(StoreError::conflict(format!("the packet {packet} has been taken")));
    }
    connection
        .prepare_cached(
            "INSERT INTO packet (hash, size, origin, server_id, state, code, detail, since_millis)
             VALUES (?1, 0, '', '', 'quarantined', ?2, ?3, ?4)
             ON CONFLICT (hash) DO UPDATE SET state = 'quarantined', code = excluded.code,
                 detail = excluded.detail, since_millis = excluded.since_millis",
        )?
        .execute(params![packet.0, code, detail, operation.time.millis])?;
    Ok(())
}
