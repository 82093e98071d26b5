//! Connections to the encrypted database, and the migrations that bring it up to date.
//!
//! SQLCipher could also wipe every piece of memory that SQLite frees
//! (`cipher_memory_security`). Measured, that makes reads and bulk writes two to ten times
//! slower; keys are wiped in any case, so it stays off, as is SQLCipher's own default.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use super::disk;
use super::error::StoreError;
use super::keys::Key;

pub(super) const DATABASE: &str = "vanthu.db";

/// One step of the schema; its place in the list, from 1, is its version.
pub(super) type Migration = &'static str;

pub(super) const MIGRATIONS: &[Migration] = &[
    include_str!("migrations/0001_begin.sql"),
    include_str!("migrations/0002_lasting.sql"),
    include_str!("migrations/0003_identities.sql"),
    include_str!("migrations/0004_fields.sql"),
    include_str!("migrations/0005_paper.sql"),
    include_str!("migrations/0006_gate.sql"),
    include_str!("migrations/0007_handling.sql"),
    include_str!("migrations/0008_books.sql"),
    include_str!("migrations/0009_leaving.sql"),
    include_str!("migrations/0010_following.sql"),
    include_str!("migrations/0011_drafts.sql"),
    include_str!("migrations/0012_layout.sql"),
    include_str!("migrations/0013_axis.sql"),
    include_str!("migrations/0014_copies.sql"),
    include_str!("migrations/0015_orders.sql"),
    include_str!("migrations/0016_begun.sql"),
    include_str!("migrations/0017_replaces.sql"),
    include_str!("migrations/0018_unfetched.sql"),
    include_str!("migrations/0019_files.sql"),
    include_str!("migrations/0020_parcels.sql"),
    include_str!("migrations/0021_gone_before.sql"),
];

/// How a connection will be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Create,
    Write,
    Read,
}

/// Opens the database with its key; the wrong key and a damaged file look the same to
/// SQLCipher, and the key file has already ruled out the first.
pub(super) fn open(path: &Path, key: &Key, usage: Use) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if usage == Use::Create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    unlock(&connection, key)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )?;
    // The first touch of the file: a wrong key or a damaged header shows itself here.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    if usage == Use::Read {
        connection.execute_batch("PRAGMA query_only = ON;")?;
    }
    Ok(connection)
}

/// Settings that change the file; not before the version is known to be ours.
pub(super) fn prepare_for_writing(connection: &Connection) -> Result<(), StoreError> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Io(format!("the journal mode is {mode}, not WAL")));
    }
    // The WAL may grow with one large import; it need not stay large.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA journal_size_limit = 33554432;",
    )?;
    Ok(())
}

/// A database in memory with the present schema, for replaying operations.
pub(super) fn scratch() -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;")?;
    connection.set_prepared_statement_cache_capacity(128);
    run(&connection, MIGRATIONS, 0)?;
    Ok(connection)
}

/// Hands the raw key to SQLCipher; both spellings of it are wiped.
fn unlock(connection: &Connection, key: &Key) -> Result<(), StoreError> {
    let hex = Zeroizing::new(hex::encode(key.bytes()));
    let pragma = Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", hex.as_str()));
    connection.execute_batch(&pragma)?;
    // What SQLCipher would print to stderr comes to us as an error anyway.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    Ok(())
}

/// The version of the schema in the file.
pub(super) fn version(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings the database at `path` up to `migrations`. A newer one is refused untouched; an
/// existing older one is copied first, and the copy's path is returned.
pub(super) fn migrate(
    connection: &Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<Option<PathBuf>, StoreError> {
    let found = version(connection)?;
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(StoreError::NewerVersion { found, known });
    }
    prepare_for_writing(connection)?;
    if found == known {
        return Ok(None);
    }
    let copy = if found > 0 { Some(copy_before(connection, path, found)?) } else { None };
    run(connection, migrations, found)?;
    Ok(copy)
}

/// Copies the whole database as it stands, WAL included. The folder is locked and this is
/// the only connection, so nobody writes meanwhile.
fn copy_before(connection: &Connection, path: &Path, version: u32) -> Result<PathBuf, StoreError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    let copy = path.with_extension(format!("db.version-{version}"));
    let fresh = path.with_extension("db.copying");
    fs::copy(path, &fresh)?;
    fs::OpenOptions::new().write(true).open(&fresh)?.sync_all()?;
    disk::settle(&fresh, &copy)?;
    Ok(copy)
}

fn run(connection: &Connection, migrations: &[Migration], from: u32) -> Result<(), StoreError> {
    for (version, migration) in (1u32..).zip(migrations).skip(from as usize) {
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migration = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);";
    const TWO: Migration = "CREATE TABLE b (y INTEGER) STRICT; INSERT INTO b SELECT x FROM a;";
    const BROKEN: Migration = "CREATE TABLE c (z INTEGER) STRICT; INSERT INTO nowhere VALUES (1);";

    fn made() -> (tempfile::TempDir, PathBuf, Key) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(DATABASE);
        let key = Key::random().unwrap();
        let connection = open(&path, &key, Use::Create).unwrap();
        assert_eq!(migrate(&connection, &path, &[ONE]).unwrap(), None);
        (dir, path, key)
    }

    #[test]
    fn an_older_database_is_copied_and_brought_up() {
        let (_dir, path, key) = made();
        let connection = open(&path, &key, Use::Write).unwrap();
        let copy = migrate(&connection, &path, &[ONE, TWO]).unwrap().unwrap();
        assert_eq!(version(&connection).unwrap(), 2);
        let y: i64 = connection.query_row("SELECT y FROM b", [], |row| row.get(0)).unwrap();
        assert_eq!(y, 1);
        let old = open(&copy, &key, Use::Read).unwrap();
        assert_eq!(version(&old).unwrap(), 1);
        let x: i64 = old.query_row("SELECT x FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(x, 1);
    }

    #[test]
    fn a_failing_migration_leaves_the_version_before_it() {
        let (_dir, path, key) = made();
        let connection = open(&path, &key, Use::Write).unwrap();
        assert!(migrate(&connection, &path, &[ONE, TWO, BROKEN]).is_err());
        assert_eq!(version(&connection).unwrap(), 2);
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'c'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn a_newer_database_is_refused() {
        let (_dir, path, key) = made();
        let connection = open(&path, &key, Use::Write).unwrap();
        connection.pragma_update(None, "user_version", 9).unwrap();
        let refused = migrate(&connection, &path, &[ONE]);
        assert_eq!(refused, Err(StoreError::NewerVersion { found: 9, known: 1 }));
    }

    #[test]
    fn another_key_opens_nothing() {
        let (_dir, path, _) = made();
        let result = open(&path, &Key::random().unwrap(), Use::Read);
        assert!(matches!(result, Err(StoreError::Damaged { .. })), "{result:?}");
    }
}
