//! The head of the chain, noted a second time outside the database: `head.json`.
//!
//! A hash chain shows what was changed, removed or put in between, but not that its tail
//! was cut off. The note names the last operation, authenticated with a key made from the
//! database's, and an audit finds a database that has less than the note says.
//!
//! What this can and cannot do: it notices that the database alone was replaced by an
//! older copy or lost its tail. It does not notice a whole folder put back to an earlier
//! day, note included, nor somebody who can open the database and make a new note; only
//! a witness elsewhere (the server, another desk) could. The note may lag the database
//! by the last half second before a crash.
//!
//! A note that disagrees is never overwritten: it is set aside as `head-disputed.json`,
//! and every audit reports it until an administrator has looked into it and removed it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::disk;
use super::error::StoreError;
use super::keys::Key;
use super::row;
use crate::domain::operation::Operation;

const FILE: &str = "head.json";
const DISPUTED: &str = "head-disputed.json";

/// Desk, sequence and hash of the last operation, with a MAC over the three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    desk: Uuid,
    sequence: u64,
    hash: String,
    mac: String,
}

impl Note {
    fn signed(key: &Key, desk: Uuid, sequence: u64, hash: String) -> Self {
        let mac = hex::encode(key.mac(&Self::data(desk, sequence, &hash)));
        Self { desk, sequence, hash, mac }
    }

    fn data(desk: Uuid, sequence: u64, hash: &str) -> Vec<u8> {
        format!("{desk}|{sequence}|{hash}").into_bytes()
    }

    fn is_genuine(&self, key: &Key) -> bool {
        let data = Self::data(self.desk, self.sequence, &self.hash);
        hex::decode(&self.mac).is_ok_and(|mac| key.verifies(&data, &mac))
    }
}

/// The note's keeper, on the writer thread.
pub(super) struct HeadFile {
    dir: PathBuf,
    key: Key,
    pending: Option<(Uuid, u64, String)>,
    behind_since: Option<Instant>,
}

impl HeadFile {
    /// Compares the note with the database, and sets a note that disagrees aside.
    pub fn open(dir: &Path, key: &Key, connection: &Connection) -> Result<Self, StoreError> {
        let complaint = match check_note(&dir.join(FILE), &note_key(key), connection)? {
            Standing::Fits => None,
            Standing::Missing => {
                let begun: bool =
                    connection.query_row("SELECT EXISTS (SELECT 1 FROM operation)", [], |row| {
                        row.get(0)
                    })?;
                begun.then_some(Vec::new())
            }
            Standing::Disagrees(bytes) => Some(bytes),
        };
        if let Some(bytes) = complaint {
            tracing::error!("the note of the chain's head does not fit the database");
            if !dir.join(DISPUTED).exists() {
                disk::replace(&dir.join(DISPUTED), &bytes)?;
            }
        }
        Self::noted(dir, key, connection)
    }

    /// Notes the database's head as it stands, even where the chain has not begun: from
    /// here on a missing note means that somebody removed it, and never that the program
    /// ended before its first.
    pub fn noted(dir: &Path, key: &Key, connection: &Connection) -> Result<Self, StoreError> {
        let key = note_key(key);
        let mut head = Self { dir: dir.to_owned(), key, pending: None, behind_since: None };
        let (desk, sequence, hash) = last(connection)?;
        head.moved(desk, sequence, hash);
        head.write()?;
        Ok(head)
    }

    pub fn moved(&mut self, desk: Uuid, sequence: u64, hash: String) {
        self.pending = Some((desk, sequence, hash));
        self.behind_since.get_or_insert_with(Instant::now);
    }

    pub fn is_behind(&self) -> bool {
        self.pending.is_some()
    }

    pub fn is_overdue(&self, lag: Duration) -> bool {
        self.behind_since.is_some_and(|since| since.elapsed() >= lag)
    }

    /// Writes the note, if there is news.
    pub fn write(&mut self) -> Result<(), StoreError> {
        self.behind_since = None;
        let Some((desk, sequence, hash)) = self.pending.take() else { return Ok(()) };
        let note = Note::signed(&self.key, desk, sequence, hash);
        disk::replace(&self.dir.join(FILE), row::json(&note)?.as_bytes())
    }
}

/// Whether the database has at least what the notes beside it say; else what is wrong.
pub(super) fn audit(
    dir: &Path,
    key: &Key,
    connection: &Connection,
) -> Result<Vec<String>, StoreError> {
    let mut problems = Vec::new();
    if dir.join(DISPUTED).exists() {
        problems.push(format!(
            "an earlier note of the chain's head did not fit the database; see {DISPUTED}"
        ));
    }
    if let Standing::Disagrees(_) = check_note(&dir.join(FILE), &note_key(key), connection)? {
        problems.push("the chain does not reach the head that was noted beside it".to_owned());
    }
    Ok(problems)
}

enum Standing {
    Fits,
    Missing,
    Disagrees(Vec<u8>),
}

fn check_note(path: &Path, key: &Key, connection: &Connection) -> Result<Standing, StoreError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Standing::Missing);
        }
        Err(error) => return Err(error.into()),
    };
    let fits = match serde_json::from_slice::<Note>(&bytes) {
        Ok(note) if note.is_genuine(key) && note.sequence == 0 => true,
        Ok(note) if note.is_genuine(key) => {
            let hash: Option<String> = connection
                .prepare_cached("SELECT hash FROM operation WHERE desk = ?1 AND sequence = ?2")?
                .query_row(
                    params![note.desk.as_bytes().as_slice(), row::signed(note.sequence)],
                    |row| row.get(0),
                )
                .optional()?;
            hash.as_deref() == Some(note.hash.as_str())
        }
        _ => false,
    };
    Ok(if fits { Standing::Fits } else { Standing::Disagrees(bytes) })
}

/// This desk's last operation, or the beginning of its chain.
fn last(connection: &Connection) -> Result<(Uuid, u64, String), StoreError> {
    let desk: Vec<u8> = connection.query_row("SELECT id FROM desk", [], |row| row.get(0))?;
    let last = connection
        .prepare_cached(
            "SELECT sequence, hash FROM operation WHERE desk = ?1 ORDER BY sequence DESC LIMIT 1",
        )?
        .query_row([&desk], |row| Ok((row::unsigned(row.get(0)?), row.get(1)?)))
        .optional()?;
    let (sequence, hash) = last.unwrap_or_else(|| (0, Operation::GENESIS.to_owned()));
    Ok((row::uuid(&desk)?, sequence, hash))
}

fn note_key(key: &Key) -> Key {
    key.derive("vanthu chain head 1")
}
