//! What the checker of layouts found in outbound documents; the newest check stands.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::row;
use super::view::View;
use crate::domain::document::DocumentKey;
use crate::domain::layout::LayoutCheck;

impl View<'_> {
    pub fn layout_check(&self, key: &DocumentKey) -> Result<Option<LayoutCheck>, StoreError> {
        let body: Option<String> = self
            .connection
            .prepare_cached("SELECT body FROM layout_check WHERE document = ?1")?
            .query_row([row::key(key)], |row| row.get(0))
            .optional()?;
        row::maybe_json(body)
    }
}

pub(super) fn checked(
    connection: &Connection,
    key: &DocumentKey,
    check: &LayoutCheck,
) -> Result<(), StoreError> {
    let there = connection
        .prepare_cached("SELECT 1 FROM outbound WHERE key = ?1")?
        .exists([row::key(key)])?;
    if !there {
        return Err(StoreError::NotFound(format!("outbound document {key}")));
    }
    connection
        .prepare_cached(
            "INSERT INTO layout_check VALUES (?1, 1, ?2)
             ON CONFLICT DO UPDATE SET checks = checks + 1, body = excluded.body",
        )?
        .execute(params![row::key(key), row::json(check)?])?;
    Ok(())
}
