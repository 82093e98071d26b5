//! Uploads under way, in PostgreSQL.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Fault, Postgres, execute, get, json, one, rows, signed, statement, transaction, unsigned,
};
use crate::server::ServerError;
use crate::server::storage::{Expired, Note, Part, Progress, Uploads, Work};

/// For what a power cut may lose; the engine that does not know it does more than is asked.
const LAZILY: &str = "SET LOCAL synchronous_commit = off";

/// Holds back who else begins an upload of the sender, and nobody who sends a packet.
const ALONE: &str = "SELECT code FROM agency WHERE code = $1 FOR NO KEY UPDATE";

impl Uploads for Postgres {
    fn begin_upload<'a>(
        &'a self,
        note: &'a Note,
        writer: Uuid,
        now: Timestamp,
        most: u32,
    ) -> Work<'a, bool> {
        transaction!(self, |tx| {
            let text = serde_json::to_string(note)
                .map_err(|e| ServerError::Database(format!("a note cannot be written: {e}")))?;
            // One beginning of a sender after the other, or two would count the same.
            let (name, sender) = (note.name(), note.sender.as_str());
            one(&tx, ALONE, &[&sender]).await?;
            let sql = "INSERT INTO upload (name, note, reached, writer, touched_at, sender)
                       SELECT $1, $2, 0, $3, $4, $5
                       WHERE (SELECT count(*) FROM upload WHERE sender = $5) < $6
                       ON CONFLICT DO NOTHING";
            let most = i64::from(most);
            let begun = execute(&tx, sql, &[&name, &text, &writer, &now, &sender, &most]).await?;
            let there = "SELECT 1 FROM upload WHERE name = $1";
            begun == 1 || one(&tx, there, &[&name]).await?.is_some()
        })
    }

    fn upload<'a>(&'a self, name: &'a str) -> Work<'a, Option<Progress>> {
        statement!(self, |client| {
            let sql = "SELECT note, reached, writer IS NOT NULL FROM upload WHERE name = $1";
            match one(&client, sql, &[&name]).await? {
                Some(row) => Some(Progress {
                    note: json(&row, 0)?,
                    reached: unsigned(&row, 1)?,
                    writing: get(&row, 2)?,
                }),
                None => None,
            }
        })
    }

    fn take_upload<'a>(
        &'a self,
        name: &'a str,
        reached: u64,
        writer: Uuid,
        now: Timestamp,
    ) -> Work<'a, bool> {
        transaction!(self, |tx| {
            tx.batch_execute(LAZILY).await?;
            let sql = "UPDATE upload SET writer = $3, touched_at = $4
                       WHERE name = $1 AND reached = $2";
            execute(&tx, sql, &[&name, &signed(reached), &writer, &now]).await? == 1
        })
    }

    fn grow_upload<'a>(
        &'a self,
        name: &'a str,
        writer: Uuid,
        part: &'a Part,
        now: Timestamp,
    ) -> Work<'a, bool> {
        transaction!(self, |tx| {
            tx.batch_execute(LAZILY).await?;
            let Part { start, length, file } = part;
            let end = signed(start + length);
            let (start, length) = (signed(*start), signed(*length));
            let sql = "UPDATE upload SET reached = $4, touched_at = $5
                       WHERE name = $1 AND writer = $2 AND reached = $3";
            let grown = execute(&tx, sql, &[&name, &writer, &start, &end, &now]).await? == 1;
            if grown {
                let sql = "INSERT INTO upload_part (upload, start, length, file)
                           VALUES ($1, $2, $3, $4)";
                execute(&tx, sql, &[&name, &start, &length, file]).await?;
            }
            grown
        })
    }

    fn leave_upload<'a>(&'a self, name: &'a str, writer: Uuid) -> Work<'a, ()> {
        transaction!(self, |tx| {
            tx.batch_execute(LAZILY).await?;
            let sql = "UPDATE upload SET writer = NULL WHERE name = $1 AND writer = $2";
            execute(&tx, sql, &[&name, &writer]).await?;
        })
    }

    fn parts<'a>(&'a self, name: &'a str) -> Work<'a, Vec<Part>> {
        statement!(self, |client| { parts(&client, name).await? })
    }

    fn forget_upload<'a>(&'a self, name: &'a str) -> Work<'a, Vec<Part>> {
        transaction!(self, |tx| {
            tx.batch_execute(LAZILY).await?;
            let parts = parts(&tx, name).await?;
            execute(&tx, "DELETE FROM upload WHERE name = $1", &[&name]).await?;
            parts
        })
    }

    fn expire_uploads(&self, before: Timestamp, limit: u32) -> Work<'_, Expired> {
        transaction!(self, |tx| {
            // Others at the same work pass over what is claimed here.
            let sql = "SELECT name FROM upload WHERE touched_at < $1 ORDER BY touched_at LIMIT $2
                       FOR UPDATE SKIP LOCKED";
            let mut names: Vec<String> = Vec::new();
            for row in rows(&tx, sql, &[&before, &i64::from(limit)]).await? {
                names.push(get(&row, 0)?);
            }
            let sql = "SELECT file FROM upload_part WHERE upload = ANY($1)";
            let mut files: Vec<String> = Vec::new();
            for row in rows(&tx, sql, &[&names]).await? {
                files.push(get(&row, 0)?);
            }
            execute(&tx, "DELETE FROM upload WHERE name = ANY($1)", &[&names]).await?;
            (names.len(), files)
        })
    }
}

async fn parts(on: &impl deadpool_postgres::GenericClient, name: &str) -> Result<Vec<Part>, Fault> {
    let sql = "SELECT start, length, file FROM upload_part WHERE upload = $1 ORDER BY start";
    let mut parts = Vec::new();
    for row in rows(on, sql, &[&name]).await? {
        let (start, length) = (unsigned(&row, 0)?, unsigned(&row, 1)?);
        parts.push(Part { start, length, file: get(&row, 2)? });
    }
    Ok(parts)
}
