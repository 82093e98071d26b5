//! The server's memory in one SQLite file: for a province's demonstration, a district, or
//! any single machine.
//!
//! One connection writes, one reads (WAL); `synchronous=FULL`, so that what was answered is
//! on the disk.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior, params,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::ServerError;
use super::storage::{Added, Arrived, Packet, Sent, Storage, Stored};
use crate::domain::agency::{Agency, AgencyCode};
use crate::exchange::{Directory, Outcome, RecipientState};

/// Every version of the tables; the file's `user_version` says how many were applied.
const MIGRATIONS: &[&str] = &[include_str!("sqlite.sql")];

/// Storage in a SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Sqlite {
    /// Opens or creates the file and brings its tables up to date.
    pub fn open(path: &Path) -> Stored<Self> {
        let mut writer = connect(path, OpenFlags::default())?;
        // The file is private before anything secret is in it.
        super::blobs::make_private(path)?;
        migrate(&mut writer)?;
        let reader = connect(path, OpenFlags::default())?;
        reader.pragma_update(None, "query_only", true).map_err(failed)?;
        Ok(Self { writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    fn read(&self) -> MutexGuard<'_, Connection> {
        // A statement that a panic left unfinished was reset when it was dropped.
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Stored<T>) -> Stored<T> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction =
            writer.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let result = work(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(result)
    }
}

impl Storage for Sqlite {
    fn ready(&self) -> Stored<()> {
        // Takes the write lock and gives it back, without a row.
        self.write(|tx| tx.query_row("SELECT 1", [], |_| Ok(())).map_err(failed))
    }

    fn put_agency(&self, agency: &Agency, sealed_secret: Option<&[u8]>) -> Stored<()> {
        let entry = serde_json::to_string(agency)
            .map_err(|e| ServerError::Database(format!("an entry cannot be written: {e}")))?;
        self.write(|tx| {
            let known: Option<String> = tx
                .query_row(
                    "SELECT entry FROM agency WHERE code = ?1",
                    [agency.code.as_str()],
                    |r| r.get(0),
                )
                .optional()
                .map_err(failed)?;
            if known.as_deref() != Some(&entry) {
                tx.execute(
                    "INSERT INTO agency (code, entry, version)
                     VALUES (?1, ?2, (SELECT coalesce(max(version), 0) + 1 FROM agency))
                     ON CONFLICT (code) DO UPDATE
                     SET entry = excluded.entry, version = excluded.version",
                    params![agency.code.as_str(), entry],
                )
                .map_err(failed)?;
            }
            if let Some(secret) = sealed_secret {
                tx.execute(
                    "UPDATE agency SET secret = ?2 WHERE code = ?1",
                    params![agency.code.as_str(), secret],
                )
                .map_err(failed)?;
            }
            Ok(())
        })
    }

    fn secret(&self, code: &AgencyCode) -> Stored<Option<Vec<u8>>> {
        self.read()
            .prepare_cached("SELECT secret FROM agency WHERE code = ?1")
            .and_then(|mut s| s.query_row([code.as_str()], |row| row.get(0)).optional())
            .map(Option::flatten)
            .map_err(failed)
    }

    fn agencies(&self, since: u64) -> Stored<Directory> {
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        let connection = self.read();
        let mut statement = connection
            .prepare_cached("SELECT entry, version FROM agency WHERE version > ?1 ORDER BY code")
            .map_err(failed)?;
        let rows = statement
            .query_map([since], |row| Ok((json::<Agency>(row, 0)?, row.get::<_, i64>(1)?)))
            .map_err(failed)?;
        let mut directory = Directory { version: since.unsigned_abs(), agencies: Vec::new() };
        for row in rows {
            let (agency, version) = row.map_err(failed)?;
            directory.version = directory.version.max(version.unsigned_abs());
            directory.agencies.push(agency);
        }
        Ok(directory)
    }

    fn unknown(&self, codes: &[AgencyCode]) -> Stored<Vec<AgencyCode>> {
        let connection = self.read();
        let mut statement = connection
            .prepare_cached("SELECT 1 FROM agency WHERE code = ?1 AND secret IS NOT NULL")
            .map_err(failed)?;
        let mut unknown = Vec::new();
        for code in codes {
            if !statement.exists([code.as_str()]).map_err(failed)? {
                unknown.push(code.clone());
            }
        }
        Ok(unknown)
    }

    fn add(&self, packet: &Packet, to: &[AgencyCode]) -> Stored<Added> {
        self.write(|tx| {
            if let Some(before) = find(tx, KEY, params![packet.sender.as_str(), packet.key])? {
                return Ok(Added::Before(Box::new(before)));
            }
            tx.execute(
                "INSERT INTO packet (id, sender, key, kind, sha256, size, received_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    packet.id.to_string(),
                    packet.sender.as_str(),
                    packet.key,
                    word(&packet.kind)?,
                    packet.sha256,
                    i64::try_from(packet.size).unwrap_or(i64::MAX),
                    packet.received_at.to_string(),
                ],
            )
            .map_err(failed)?;
            let mut insert = tx
                .prepare_cached("INSERT INTO delivery (packet, recipient) VALUES (?1, ?2)")
                .map_err(failed)?;
            for code in to {
                insert.execute(params![packet.id.to_string(), code.as_str()]).map_err(failed)?;
            }
            Ok(Added::New)
        })
    }

    fn by_key(&self, sender: &AgencyCode, key: &str) -> Stored<Option<Sent>> {
        find(&self.read(), KEY, params![sender.as_str(), key])
    }

    fn sent(&self, sender: &AgencyCode, id: Uuid) -> Stored<Option<Sent>> {
        find(&self.read(), "sender = ?1 AND id = ?2", params![sender.as_str(), id.to_string()])
    }

    fn inbox(
        &self,
        recipient: &AgencyCode,
        after: u64,
        waiting: bool,
        limit: u32,
    ) -> Stored<Vec<Arrived>> {
        let only = if waiting { "AND d.outcome IS NULL" } else { "" };
        let sql = format!(
            "SELECT {PACKET}, d.place, d.outcome
             FROM delivery d JOIN packet p ON p.id = d.packet
             WHERE d.recipient = ?1 AND d.place > ?2 {only} ORDER BY d.place LIMIT ?3"
        );
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let connection = self.read();
        let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
        statement
            .query_map(params![recipient.as_str(), after, limit], |row| {
                Ok(Arrived {
                    packet: packet(row)?,
                    place: row.get::<_, i64>(7)?.unsigned_abs(),
                    outcome: optional(row, 8)?,
                })
            })
            .and_then(Iterator::collect)
            .map_err(failed)
    }

    fn fetch(&self, recipient: &AgencyCode, id: Uuid, now: Timestamp) -> Stored<Option<Packet>> {
        let id = id.to_string();
        let found = {
            let connection = self.read();
            let sql = format!(
                "SELECT {PACKET}, d.fetched_at IS NULL
                 FROM delivery d JOIN packet p ON p.id = d.packet
                 WHERE d.packet = ?1 AND d.recipient = ?2"
            );
            let mut statement = connection.prepare_cached(&sql).map_err(failed)?;
            statement
                .query_row(params![id, recipient.as_str()], |row| {
                    Ok((packet(row)?, row.get::<_, bool>(7)?))
                })
                .optional()
                .map_err(failed)?
        };
        let Some((packet, first)) = found else { return Ok(None) };
        if first {
            self.write(|tx| {
                tx.execute(
                    "UPDATE delivery SET fetched_at = ?3
                     WHERE packet = ?1 AND recipient = ?2 AND fetched_at IS NULL",
                    params![id, recipient.as_str(), now.to_string()],
                )
                .map_err(failed)
            })?;
        }
        Ok(Some(packet))
    }

    fn confirm(
        &self,
        recipient: &AgencyCode,
        id: Uuid,
        outcome: Outcome,
        now: Timestamp,
    ) -> Stored<Option<(Outcome, Timestamp)>> {
        let id = id.to_string();
        self.write(|tx| {
            tx.execute(
                "UPDATE delivery SET outcome = ?3, confirmed_at = ?4
                 WHERE packet = ?1 AND recipient = ?2 AND outcome IS NULL",
                params![id, recipient.as_str(), word(&outcome)?, now.to_string()],
            )
            .map_err(failed)?;
            tx.query_row(
                "SELECT outcome, confirmed_at FROM delivery WHERE packet = ?1 AND recipient = ?2",
                params![id, recipient.as_str()],
                |row| Ok(optional(row, 0)?.zip(time(row, 1)?)),
            )
            .optional()
            .map(Option::flatten)
            .map_err(failed)
        })
    }
}

/// The columns that [`packet`] reads, in its order.
const PACKET: &str = "p.id, p.sender, p.key, p.kind, p.sha256, p.size, p.received_at";
const KEY: &str = "sender = ?1 AND key = ?2";

fn connect(path: &Path, flags: OpenFlags) -> Stored<Connection> {
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "ON")]
    {
        connection.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|e| match e {
            // Most of them answer with nothing.
            rusqlite::Error::QueryReturnedNoRows => Ok(()),
            e => Err(failed(e)),
        })?;
    }
    Ok(connection)
}

fn migrate(writer: &mut Connection) -> Stored<()> {
    // Two programs may open a new folder at once: the version is read under the lock.
    let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let found: i64 =
        tx.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(ServerError::NewerDatabase { found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for migration in MIGRATIONS.iter().skip(done) {
        tx.execute_batch(migration).map_err(failed)?;
    }
    tx.pragma_update(None, "user_version", known).map_err(failed)?;
    tx.commit().map_err(failed)
}

fn find(
    connection: &Connection,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Stored<Option<Sent>> {
    let sql = format!("SELECT {PACKET} FROM packet p WHERE {condition}");
    let found = connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_row(values, packet).optional())
        .map_err(failed)?;
    let Some(packet) = found else { return Ok(None) };
    let deliveries = connection
        .prepare_cached(
            "SELECT recipient, fetched_at, outcome, confirmed_at
             FROM delivery WHERE packet = ?1 ORDER BY place",
        )
        .and_then(|mut s| {
            s.query_map([packet.id.to_string()], |row| {
                Ok(RecipientState {
                    to: code(row, 0)?,
                    fetched_at: time(row, 1)?,
                    outcome: optional(row, 2)?,
                    confirmed_at: time(row, 3)?,
                })
            })?
            .collect()
        })
        .map_err(failed)?;
    Ok(Some(Sent { packet, deliveries }))
}

fn packet(row: &Row<'_>) -> rusqlite::Result<Packet> {
    let id: String = row.get(0)?;
    Ok(Packet {
        id: id.parse().map_err(|e| unreadable(0, e))?,
        sender: code(row, 1)?,
        key: row.get(2)?,
        kind: from_word(3, row.get(3)?)?,
        sha256: row.get(4)?,
        size: row.get::<_, i64>(5)?.unsigned_abs(),
        received_at: time(row, 6)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?,
    })
}

fn code(row: &Row<'_>, column: usize) -> rusqlite::Result<AgencyCode> {
    let text: String = row.get(column)?;
    AgencyCode::new(&text).ok_or_else(|| unreadable(column, ServerError::BadCode(text)))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|e| unreadable(column, e))).transpose()
}

fn optional<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| from_word(column, text)).transpose()
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| unreadable(column, e))
}

/// An enum's word on the wire is its word in the table.
fn word<T: Serialize>(value: &T) -> Stored<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(ServerError::Database("a value without a word".into())),
    }
}

fn from_word<T: DeserializeOwned>(column: usize, word: String) -> rusqlite::Result<T> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|e| unreadable(column, e))
}

fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

fn failed(error: rusqlite::Error) -> ServerError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => ServerError::DiskFull("the database".into()),
        _ => ServerError::Database(error.to_string()),
    }
}
