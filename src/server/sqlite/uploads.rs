//! Uploads under way, in SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{Sqlite, failed, json, signed, unsigned};
use crate::server::ServerError;
use crate::server::storage::{Expired, Note, Part, Progress, Stored, Uploads, Work};

impl Uploads for Sqlite {
    fn begin_upload<'a>(
        &'a self,
        note: &'a Note,
        writer: Uuid,
        now: Timestamp,
        most: u32,
    ) -> Work<'a, bool> {
        self.write(move |tx| {
            let text = serde_json::to_string(note)
                .map_err(|e| ServerError::Database(format!("a note cannot be written: {e}")))?;
            let (name, sender) = (note.name(), note.sender.as_str());
            let begun = tx
                .execute(
                    "INSERT INTO upload (name, note, reached, writer, touched_at, sender)
                     SELECT ?1, ?2, 0, ?3, ?4, ?5
                     WHERE (SELECT count(*) FROM upload WHERE sender = ?5) < ?6
                     ON CONFLICT (name) DO NOTHING",
                    params![name, text, writer.to_string(), now.to_string(), sender, most],
                )
                .map_err(failed)?;
            let mut there =
                tx.prepare_cached("SELECT 1 FROM upload WHERE name = ?1").map_err(failed)?;
            Ok(begun == 1 || there.exists([name]).map_err(failed)?)
        })
    }

    fn upload<'a>(&'a self, name: &'a str) -> Work<'a, Option<Progress>> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT note, reached, writer IS NOT NULL FROM upload WHERE name = ?1",
                )
                .and_then(|mut s| {
                    s.query_row([name], |row| {
                        Ok(Progress {
                            note: json(row, 0)?,
                            reached: unsigned(row, 1)?,
                            writing: row.get(2)?,
                        })
                    })
                    .optional()
                })
                .map_err(failed)
        })
    }

    fn take_upload<'a>(
        &'a self,
        name: &'a str,
        reached: u64,
        writer: Uuid,
        now: Timestamp,
    ) -> Work<'a, bool> {
        self.write_lazily(move |tx| {
            let taken = tx
                .prepare_cached(
                    "UPDATE upload SET writer = ?3, touched_at = ?4
                     WHERE name = ?1 AND reached = ?2",
                )
                .and_then(|mut s| {
                    let (writer, now) = (writer.to_string(), now.to_string());
                    s.execute(params![name, signed(reached), writer, now])
                })
                .map_err(failed)?;
            Ok(taken == 1)
        })
    }

    fn grow_upload<'a>(
        &'a self,
        name: &'a str,
        writer: Uuid,
        part: &'a Part,
        now: Timestamp,
    ) -> Work<'a, bool> {
        self.write_lazily(move |tx| {
            let Part { start, length, file } = part;
            let (writer, now) = (writer.to_string(), now.to_string());
            let grown = tx
                .prepare_cached(
                    "UPDATE upload SET reached = ?4, touched_at = ?5
                     WHERE name = ?1 AND writer = ?2 AND reached = ?3",
                )
                .and_then(|mut s| {
                    s.execute(params![name, writer, signed(*start), signed(start + length), now])
                })
                .map_err(failed)?;
            if grown == 0 {
                return Ok(false);
            }
            tx.prepare_cached(
                "INSERT INTO upload_part (upload, start, length, file) VALUES (?1, ?2, ?3, ?4)",
            )
            .and_then(|mut s| s.execute(params![name, signed(*start), signed(*length), file]))
            .map_err(failed)?;
            Ok(true)
        })
    }

    fn leave_upload<'a>(&'a self, name: &'a str, writer: Uuid) -> Work<'a, ()> {
        self.write_lazily(move |tx| {
            tx.execute(
                "UPDATE upload SET writer = NULL WHERE name = ?1 AND writer = ?2",
                params![name, writer.to_string()],
            )
            .map_err(failed)?;
            Ok(())
        })
    }

    fn parts<'a>(&'a self, name: &'a str) -> Work<'a, Vec<Part>> {
        self.read(move |connection| parts(connection, name))
    }

    fn forget_upload<'a>(&'a self, name: &'a str) -> Work<'a, Vec<Part>> {
        self.write_lazily(move |tx| {
            let parts = parts(tx, name)?;
            tx.execute("DELETE FROM upload WHERE name = ?1", [name]).map_err(failed)?;
            Ok(parts)
        })
    }

    fn expire_uploads(&self, before: Timestamp, limit: u32) -> Work<'_, Expired> {
        self.write(move |tx| {
            let names: Vec<String> = tx
                .prepare("SELECT name FROM upload WHERE touched_at < ?1 LIMIT ?2")
                .and_then(|mut s| {
                    s.query_map(params![before.to_string(), limit], |row| row.get(0))?.collect()
                })
                .map_err(failed)?;
            let mut files = Vec::new();
            for name in &names {
                files.extend(parts(tx, name)?.into_iter().map(|part| part.file));
                tx.execute("DELETE FROM upload WHERE name = ?1", [name]).map_err(failed)?;
            }
            Ok((names.len(), files))
        })
    }
}

fn parts(connection: &Connection, name: &str) -> Stored<Vec<Part>> {
    connection
        .prepare_cached(
            "SELECT start, length, file FROM upload_part WHERE upload = ?1 ORDER BY start",
        )
        .and_then(|mut s| {
            s.query_map([name], |row| {
                Ok(Part { start: unsigned(row, 0)?, length: unsigned(row, 1)?, file: row.get(2)? })
            })?
            .collect()
        })
        .map_err(failed)
}
