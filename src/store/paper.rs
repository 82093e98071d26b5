//! What came on paper, and pages that are still being scanned.

use rusqlite::{Connection, OptionalExtension, params};

use super::duplicate;
use super::error::StoreError;
use super::row;
use super::view::View;
use crate::domain::document::{BlobHash, DocumentKey, FileRef};
use crate::domain::paper::{Paper, PaperSeal, Sheaf};
use crate::domain::verdict::VerdictSummary;

impl View<'_> {
    pub fn sheaf(&self, user: &str) -> Result<Option<Sheaf>, StoreError> {
        let body: Option<String> = self
            .connection
            .prepare_cached("SELECT body FROM sheaf WHERE user = ?1")?
            .query_row([user], |row| row.get(0))
            .optional()?;
        body.map(|body| row::from_json(&body)).transpose()
    }
}

pub(super) fn keep_sheaf(
    connection: &Connection,
    user: &str,
    sheaf: &Sheaf,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO sheaf VALUES (?1, ?2)")?
        .execute([user, &row::json(sheaf)?])?;
    // What was taken out can be put back until the sheaf is gone: bytes are only added.
    let mut keep = connection
        .prepare_cached("INSERT INTO sheaf_blob VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for blob in sheaf.blobs() {
        keep.execute([user, &blob.0])?;
    }
    Ok(())
}

pub(super) fn drop_sheaf(connection: &Connection, user: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM sheaf WHERE user = ?1")?.execute([user])?;
    connection.prepare_cached("DELETE FROM sheaf_blob WHERE user = ?1")?.execute([user])?;
    Ok(())
}

pub(super) fn digitised(
    connection: &Connection,
    key: &DocumentKey,
    paper: &Paper,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached("INSERT INTO paper VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![row::key(key), row::json(paper)?])?;
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::conflict(format!("{key} has been digitised already")))
    }
}

/// A copy is signed once, and only the file that was looked at.
pub(super) fn sealed(
    connection: &Connection,
    key: &DocumentKey,
    before: &BlobHash,
    file: &FileRef,
    seal: &PaperSeal,
    verdict: &VerdictSummary,
) -> Result<(), StoreError> {
    let (body, files): (String, String) = connection
        .prepare_cached(
            "SELECT p.body, d.files FROM paper p JOIN inbound d ON d.key = p.document
             WHERE p.document = ?1",
        )?
        .query_row([row::key(key)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or_else(|| StoreError::NotFound(format!("digitised document {key}")))?;
    let mut paper: Paper = row::from_json(&body)?;
    let mut files: Vec<FileRef> = row::from_json(&files)?;
    let main = files.iter_mut().find(|known| known.main && known.blob == *before);
    let (Some(main), None) = (main, &paper.seal) else {
        return Err(StoreError::conflict(format!("the copy {key} has been signed already")));
    };
    *main = file.clone();
    paper.seal = Some(seal.clone());
    connection
        .prepare_cached("UPDATE paper SET body = ?2 WHERE document = ?1")?
        .execute(params![row::key(key), row::json(&paper)?])?;
    connection
        .prepare_cached("UPDATE inbound SET files = ?2, verdict = ?3 WHERE key = ?1")?
        .execute(params![row::key(key), row::json(&files)?, row::json(verdict)?])?;
    duplicate::has_main(connection, key, &file.blob)
}
