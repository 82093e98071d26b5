//! Certified copies: each with its number, its file, and what it is a copy of.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::register;
use super::row;
use super::view::View;
use crate::domain::copy::CertifiedCopy;
use crate::domain::document::DocumentKey;

impl View<'_> {
    pub fn certified_copy(&self, id: &DocumentKey) -> Result<Option<CertifiedCopy>, StoreError> {
        let body: Option<String> = self
            .connection
            .prepare_cached("SELECT body FROM certified_copy WHERE id = ?1")?
            .query_row([row::key(id)], |row| row.get(0))
            .optional()?;
        row::maybe_json(body)
    }

    pub fn copies_of(&self, key: &DocumentKey) -> Result<Vec<CertifiedCopy>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM certified_copy WHERE document = ?1 ORDER BY row")?
            .query_and_then([row::key(key)], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }

    pub fn newest_copies(&self, limit: u32) -> Result<Vec<CertifiedCopy>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT body FROM certified_copy WHERE row <= ?1 ORDER BY row DESC LIMIT ?2",
            )?
            .query_and_then(params![i64::MAX, limit], |row| {
                row::from_json(&row.get::<_, String>(0)?)
            })?
            .collect()
    }
}

/// Takes its number and is kept, in one step.
pub(super) fn certified(connection: &Connection, copy: &CertifiedCopy) -> Result<(), StoreError> {
    let there = connection
        .prepare_cached(
            "SELECT 1 FROM inbound WHERE key = ?1 UNION ALL SELECT 1 FROM outbound WHERE key = ?1",
        )?
        .exists([row::key(&copy.of)])?;
    if !there {
        return Err(StoreError::NotFound(format!("document {}", copy.of)));
    }
    let numbering = &copy.numbering;
    register::take(connection, &numbering.book, numbering.number, numbering.date, &copy.id)?;
    let changed = connection
        .prepare_cached(
            "INSERT INTO certified_copy (id, document, body) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![row::key(&copy.id), row::key(&copy.of), row::json(copy)?])?;
    super::user::exactly_one(changed, || format!("the copy {} exists", copy.id))
}
