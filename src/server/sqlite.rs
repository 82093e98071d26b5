//! The server's memory in one SQLite file: for a province's demonstration, a district, or
//! any single machine.
//!
//! One connection writes, one reads (WAL); `synchronous=FULL`, so that what was answered is
//! on the disk. Whoever needs a connection waits for it without a thread; only while it is
//! used a thread blocks, and so there are never more than two of those.

mod certificates;
mod keeping;
mod mail;
mod offices;
mod uploads;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior, params,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::task::block_in_place;

use super::ServerError;
use super::storage::{Storage, Stored, Work};
use crate::domain::agency::AgencyCode;

/// Every version of the tables; the file's `user_version` says how many were applied.
const MIGRATIONS: &[&str] = &[
    include_str!("sqlite/1.sql"),
    // What an agency sent, by time.
    "CREATE INDEX packet_sent ON packet (sender, kind, id);",
    include_str!("sqlite/3.sql"),
    include_str!("sqlite/4.sql"),
    include_str!("sqlite/5.sql"),
    // When an agency ends, out of its entry.
    "ALTER TABLE agency ADD COLUMN ended_on TEXT;",
    include_str!("sqlite/7.sql"),
];

/// Storage in a SQLite file. Its work needs a runtime of several threads.
#[derive(Debug)]
pub struct Sqlite {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Sqlite {
    /// Opens or creates the file and brings its tables up to date. Blocks.
    pub fn open(path: &Path) -> Stored<Self> {
        let mut writer = connect(path, OpenFlags::default())?;
        // The file is private before anything secret is in it.
        super::blobs::make_private(path)?;
        migrate(&mut writer)?;
        let reader = connect(path, OpenFlags::default())?;
        reader.pragma_update(None, "query_only", true).map_err(failed)?;
        Ok(Self { writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    fn read<'a, T, F>(&'a self, work: F) -> Work<'a, T>
    where
        F: FnOnce(&Connection) -> Stored<T> + Send + 'a,
        T: Send + 'a,
    {
        Box::pin(async move {
            let reader = self.reader.lock().await;
            block_in_place(|| work(&reader))
        })
    }

    /// Runs `work` in a transaction, which is on the disk when this returns.
    fn write<'a, T, F>(&'a self, work: F) -> Work<'a, T>
    where
        F: FnOnce(&Transaction<'_>) -> Stored<T> + Send + 'a,
        T: Send + 'a,
    {
        Box::pin(async move {
            let mut writer = self.writer.lock().await;
            block_in_place(|| within(&mut writer, work))
        })
    }

    /// The same, but it reaches the disk with the next that does.
    fn write_lazily<'a, T, F>(&'a self, work: F) -> Work<'a, T>
    where
        F: FnOnce(&Transaction<'_>) -> Stored<T> + Send + 'a,
        T: Send + 'a,
    {
        Box::pin(async move {
            let mut writer = self.writer.lock().await;
            block_in_place(|| {
                writer.pragma_update(None, "synchronous", "NORMAL").map_err(failed)?;
                let result = within(&mut writer, work);
                writer.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
                result
            })
        })
    }
}

fn within<T>(
    writer: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> Stored<T>,
) -> Stored<T> {
    let transaction =
        writer.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let result = work(&transaction)?;
    transaction.commit().map_err(failed)?;
    Ok(result)
}

impl Storage for Sqlite {
    fn ready(&self) -> Work<'_, ()> {
        // Takes the write lock and gives it back, without a row.
        self.write(|tx| tx.query_row("SELECT 1", [], |_| Ok(())).map_err(failed))
    }

    fn fact<'a>(&'a self, name: &'a str) -> Work<'a, Option<String>> {
        self.read(move |connection| fact(connection, name))
    }

    fn settle_fact<'a>(&'a self, name: &'a str, value: &'a str) -> Work<'a, String> {
        self.write(move |tx| {
            tx.execute(
                "INSERT INTO fact (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING",
                params![name, value],
            )
            .map_err(failed)?;
            Ok(fact(tx, name)?.unwrap_or_default())
        })
    }
}

fn fact(connection: &Connection, name: &str) -> Stored<Option<String>> {
    connection
        .query_row("SELECT value FROM fact WHERE name = ?1", [name], |row| row.get(0))
        .optional()
        .map_err(failed)
}

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

/// SQLite counts in 64 bits with a sign; nothing here comes near their end.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}

fn code(row: &Row<'_>, column: usize) -> rusqlite::Result<AgencyCode> {
    let text: String = row.get(column)?;
    AgencyCode::new(&text).ok_or_else(|| unreadable(column, ServerError::BadCode(text)))
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let text: String = row.get(column)?;
    text.parse().map_err(|e| unreadable(column, e))
}

fn maybe_time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::storage::{
        Added, Count, Keeping as _, Link, Mail as _, Offices as _, Packet, now,
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn what_an_older_server_kept_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.db");
        let old = Connection::open(&file).unwrap();
        for migration in &MIGRATIONS[..2] {
            old.execute_batch(migration).unwrap();
        }
        let id = uuid::Uuid::now_v7();
        old.execute_batch(&format!(
            "INSERT INTO agency VALUES ('H30', '{{\"code\":\"H30\",\"name\":\"Tỉnh\"}}', x'0102', 1);
             INSERT INTO agency VALUES ('H31', '{{\"code\":\"H31\",\"name\":\"Sở\"}}', NULL, 2);
             INSERT INTO packet VALUES
                 ('{id}', 'H30', 'k', 'document', '{}', 7, '2026-11-30T01:02:03Z');
             INSERT INTO delivery (packet, recipient) VALUES ('{id}', 'H30');
             PRAGMA user_version = 2",
            "0".repeat(64)
        ))
        .unwrap();
        drop(old);

        let storage = Sqlite::open(&file).unwrap();
        let (ours, other) = (AgencyCode::new("H30").unwrap(), AgencyCode::new("H31").unwrap());
        let keys = storage.keys(&ours, now()).await.unwrap();
        assert_eq!(
            (keys.len(), keys[0].sealed.as_slice(), keys[0].ends_at),
            (1, &[1, 2][..], None)
        );
        let both = [ours.clone(), other.clone()];
        assert_eq!(storage.unknown(&both, now()).await.unwrap(), [other]);
        let before = storage.by_key(&ours, "k").await.unwrap().unwrap().packet;
        assert_eq!((before.id, before.link), (id, Link::default()));
        // The chain begins with what comes now.
        let packet = Packet {
            id: uuid::Uuid::now_v7(),
            key: "l".into(),
            received_at: now(),
            ..{ storage.by_key(&ours, "k").await.unwrap().unwrap().packet }
        };
        let day = crate::domain::calendar::local(now()).date();
        let count = Count { day, quota: None };
        let added = storage.add(&packet, std::slice::from_ref(&ours), count).await.unwrap();
        assert!(matches!(added, Some(Added::New(Link { number: 1, .. }))), "{added:?}");
        assert_eq!(storage.last_link(&ours).await.unwrap().number, 1);
        assert_eq!(storage.inbox(&ours, 0, true, 10).await.unwrap().len(), 2);
    }
}
