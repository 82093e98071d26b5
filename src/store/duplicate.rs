//! Documents that came twice: what they are known by, and what was decided.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::row;
use super::view::View;
use crate::domain::document::{BlobHash, DocumentKey, Metadata};
use crate::domain::duplicate::{Ground, Twin, code_key, same_issuer};
use crate::domain::operation::Operation;

/// A document that went back, or was called back, may come again.
const HERE: &str = "d.state NOT IN ('returned', 'recalled')";

impl View<'_> {
    pub fn twins(&self, key: &DocumentKey) -> Result<Vec<Twin>, StoreError> {
        let Some(own) = self.inbound(key)? else { return Ok(Vec::new()) };
        let mut twins: Vec<Twin> = Vec::new();
        let mut note = |key: DocumentKey, ground: Ground| match twins
            .iter_mut()
            .find(|twin| twin.key == key)
        {
            Some(twin) => twin.grounds.push(ground),
            None => twins.push(Twin { key, grounds: vec![ground] }),
        };
        if let Some(id) = &own.metadata.document_id {
            let sender = own.sender.as_ref().map(|sender| sender.as_str());
            let sql = format!(
                "SELECT d.key FROM inbound d
                 WHERE d.document_id = ?2 AND d.sender IS ?3 AND d.key <> ?1 AND {HERE}"
            );
            let asked = params![row::key(key), id.to_string(), sender];
            for found in self.keys(&sql, asked)? {
                note(found, Ground::Id);
            }
        }
        let sql = format!(
            "SELECT d.key FROM inbound_code a
             CROSS JOIN inbound_code b ON b.code = a.code AND b.document <> a.document
             CROSS JOIN inbound d ON d.key = b.document
             WHERE a.document = ?1 AND {HERE}"
        );
        for found in self.keys(&sql, params![row::key(key)])? {
            let Some(other) = self.inbound(&found)? else { continue };
            if same_issuer(&own.metadata, &own.sender_name, &other.metadata, &other.sender_name) {
                note(found, Ground::Code);
            }
        }
        let sql = format!(
            "SELECT DISTINCT d.key FROM main_hash a
             CROSS JOIN main_hash b ON b.hash = a.hash AND b.document <> a.document
             CROSS JOIN inbound d ON d.key = b.document
             WHERE a.document = ?1 AND {HERE}"
        );
        for found in self.keys(&sql, params![row::key(key)])? {
            note(found, Ground::Bytes);
        }
        // Keys are made in the order of time.
        twins.sort_by_key(|twin| twin.key);
        Ok(twins)
    }

    fn keys(
        &self,
        sql: &str,
        asked: impl rusqlite::Params,
    ) -> Result<Vec<DocumentKey>, StoreError> {
        self.connection
            .prepare_cached(sql)?
            .query_and_then(asked, |row| {
                row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
            })?
            .collect()
    }

    pub fn with_main_file(&self, blob: &BlobHash) -> Result<Vec<DocumentKey>, StoreError> {
        let sql = format!(
            "SELECT d.key FROM main_hash h CROSS JOIN inbound d ON d.key = h.document
             WHERE h.hash = ?1 AND {HERE}"
        );
        // Keys are made in the order of time.
        let mut found = self.keys(&sql, params![blob.0])?;
        found.sort_unstable();
        Ok(found)
    }

    pub fn duplicate_allowed(
        &self,
        key: &DocumentKey,
        first: &DocumentKey,
    ) -> Result<bool, StoreError> {
        let reason: Option<String> = self
            .connection
            .prepare_cached("SELECT reason FROM duplicate WHERE document = ?1 AND first = ?2")?
            .query_row(params![row::key(key), row::key(first)], |row| row.get(0))
            .optional()?;
        Ok(reason.is_some_and(|reason| !reason.is_empty()))
    }

    /// The packets that brought once more what was here.
    pub fn came_again(&self, key: &DocumentKey) -> Result<Vec<BlobHash>, StoreError> {
        self.connection
            .prepare_cached("SELECT packet FROM came_again WHERE document = ?1")?
            .query_and_then([row::key(key)], |row| Ok(BlobHash(row.get(0)?)))?
            .collect()
    }
}

/// Notes that `blob` is, or was, the main file of a document.
pub(super) fn has_main(
    connection: &Connection,
    key: &DocumentKey,
    blob: &BlobHash,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO main_hash VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![blob.0, row::key(key)])?;
    Ok(())
}

/// Notes number, notation and date of a document, or that they are not known (any more).
pub(super) fn described(
    connection: &Connection,
    key: &DocumentKey,
    metadata: &Metadata,
) -> Result<(), StoreError> {
    match code_key(metadata) {
        Some(code) => connection
            .prepare_cached("INSERT OR REPLACE INTO inbound_code VALUES (?1, ?2)")?
            .execute(params![row::key(key), code])?,
        None => connection
            .prepare_cached("DELETE FROM inbound_code WHERE document = ?1")?
            .execute([row::key(key)])?,
    };
    Ok(())
}

pub(super) fn seen(
    connection: &Connection,
    key: &DocumentKey,
    first: &DocumentKey,
    grounds: &[Ground],
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO duplicate VALUES (?1, ?2, ?3, '')
             ON CONFLICT DO UPDATE SET grounds = excluded.grounds",
        )?
        .execute(params![row::key(key), row::key(first), row::json(&grounds)?])?;
    Ok(())
}

pub(super) fn came_again(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    packet: &BlobHash,
    origin: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO came_again VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?
        .execute(params![row::key(key), packet.0, operation.time.millis, origin])?;
    Ok(())
}

pub(super) fn allowed(
    connection: &Connection,
    key: &DocumentKey,
    first: &DocumentKey,
    reason: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO duplicate VALUES (?1, ?2, '[]', ?3)
             ON CONFLICT DO UPDATE SET reason = excluded.reason",
        )?
        .execute(params![row::key(key), row::key(first), reason])?;
    Ok(())
}
