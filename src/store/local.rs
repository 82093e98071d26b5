//! What belongs to this desk alone and is not replicated: settings, the cursors of
//! synchronisation, which packets were fetched, attempts to send, and who looked at what.
//!
//! Losing these tables loses no document: at worst packets are fetched again, which the
//! store recognises, or sent again, which their recipients recognise, and things are tried
//! earlier. The access log is local because each desk can only vouch for what was looked at on
//! it.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::Store;
use super::durability::{extension_failed, forget_failed_extension};
use super::error::StoreError;
use super::outbox::{forget_begun_sending, part};
use super::paper::{drop_sheaf, keep_sheaf};
use super::row;
use super::unfetched::{forget_unfetched, make_fetching_due, told_given_up};
use super::view::View;
use super::writer::Writer;
use crate::domain::document::{BlobHash, DocumentKey};
use crate::domain::paper::Sheaf;

/// How long the beginning of a packet is kept, in milliseconds.
const BEGUN_LASTS: i64 = 7 * 24 * 60 * 60 * 1000;

/// One look at a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub at: Timestamp,
    pub user: String,
    /// What was done, such as `view`, `print`, `export`.
    pub what: String,
}

impl View<'_> {
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?)
    }

    pub fn cursor(&self, server: &str) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT cursor FROM sync_cursor WHERE server = ?1")?
            .query_row([server], |row| row.get(0))
            .optional()?)
    }

    pub fn fetched(&self, server: &str, server_id: &str) -> Result<Option<BlobHash>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT packet FROM fetched WHERE server = ?1 AND server_id = ?2")?
            .query_row([server, server_id], |row| row.get(0).map(BlobHash))
            .optional()?)
    }

    /// The beginning of a packet whose fetching from `server` broke off.
    pub fn begun_packet(
        &self,
        server: &str,
        server_id: &str,
    ) -> Result<Option<BlobHash>, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT hash FROM begun_packet WHERE server = ?1 AND server_id = ?2")?
            .query_row([server, server_id], |row| row.get(0).map(BlobHash))
            .optional()?)
    }

    pub fn accesses(&self, key: &DocumentKey, limit: u32) -> Result<Vec<Access>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT at_millis, user, what FROM access WHERE document = ?1
                 ORDER BY row DESC LIMIT ?2",
            )?
            .query_and_then(params![row::key(key), limit], |row| {
                Ok(Access {
                    at: Timestamp::from_millisecond(row.get(0)?)
                        .map_err(|error| StoreError::damaged("database", error))?,
                    user: row.get(1)?,
                    what: row.get(2)?,
                })
            })?
            .collect()
    }

    pub fn access_count(&self, key: &DocumentKey) -> Result<u64, StoreError> {
        Ok(row::unsigned(
            self.connection
                .prepare_cached("SELECT count(*) FROM access WHERE document = ?1")?
                .query_row([row::key(key)], |row| row.get(0))?,
        ))
    }
}

/// The same changes alone, or as part of a transaction.
macro_rules! local_changes {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: &$kind:ty),*);)*) => {
        impl Store {
            $($(#[$doc])*
            pub fn $name(&self, $($argument: &$kind),*) -> Result<(), StoreError> {
                $(let $argument = $argument.to_owned();)*
                self.write_local(move |connection| $name(connection, $(&$argument),*))
            })*
        }

        impl Writer<'_> {
            $($(#[$doc])*
            pub fn $name(&self, $($argument: &$kind),*) -> Result<(), StoreError> {
                self.must_be_alive()?;
                $name(self.connection, $($argument),*)
            })*
        }
    };
}

local_changes! {
    fn set_setting(name: &str, value: &str);
    /// Several, each a name and its value: all of them or none.
    fn set_settings(rows: &[(String, Zeroizing<String>)]);
    /// Where the next synchronisation with `server` goes on.
    fn set_cursor(server: &str, cursor: &str);
    /// Notes that the packet was fetched under this id, so that it is known when the
    /// server offers it again.
    fn remember_fetched(server: &str, server_id: &str, packet: &BlobHash);
    /// Notes where the beginning of a packet lies whose fetching broke off.
    fn begin_packet(server: &str, server_id: &str, bytes: &BlobHash);
    /// It is here whole, or of no use.
    fn forget_begun(server: &str, server_id: &str);
    /// A packet that could not be fetched is here, or is at that server no more.
    fn forget_unfetched(server: &str, server_id: &str);
    /// The server knows that a packet is given up.
    fn told_given_up(server: &str, server_id: &str);
    /// It is fetched with the next exchange, without waiting for its time.
    fn make_fetching_due(server: &str, server_id: &str);
    /// A try failed; the items are not due before `until`.
    fn put_off(items: &[String], until: &Timestamp, reason: &str);
    /// Everything that waits, to be sent or fetched, is due at once; how often it was tried is remembered.
    fn make_due();
    /// The same of one item.
    fn make_item_due(item: &str);
    /// Forgets the tries of an item, so that it is due at once.
    fn forget_tries(item: &str);
    /// Of what would go up with an item these go alone from now on, or all if none are named.
    fn part(item: &str, named: &[String]);
    /// The server has none of these: they were never begun, and may be taken out.
    fn forget_begun_sending(items: &[String]);
    /// Signatures could not be made to last longer; `args` is JSON.
    fn extension_failed(
        document: &DocumentKey,
        blob: &BlobHash,
        at: &Timestamp,
        not_before: &Timestamp,
        code: &str,
        args: &str
    );
    fn forget_failed_extension(document: &DocumentKey, blob: &BlobHash);
    /// Keeps the pages that `user` has scanned, in the place of those kept before; their bytes
    /// stay as long as this is kept.
    fn keep_sheaf(user: &str, sheaf: &Sheaf);
    fn drop_sheaf(user: &str);
    /// Notes that `user` looked at a document (Thông tư 01/2019/TT-BNV chương V: the system
    /// counts accesses and keeps the history of use of each document).
    fn log_access(user: &str, document: &DocumentKey, what: &str);
}

fn set_setting(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO setting VALUES (?1, ?2)")?
        .execute([name, value])?;
    Ok(())
}

fn set_settings(
    connection: &Connection,
    rows: &[(String, Zeroizing<String>)],
) -> Result<(), StoreError> {
    rows.iter().try_for_each(|(name, value)| set_setting(connection, name, value))
}

fn set_cursor(connection: &Connection, server: &str, cursor: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO sync_cursor VALUES (?1, ?2)")?
        .execute([server, cursor])?;
    Ok(())
}

fn remember_fetched(
    connection: &Connection,
    server: &str,
    server_id: &str,
    packet: &BlobHash,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO fetched VALUES (?1, ?2, ?3)")?
        .execute([server, server_id, &packet.0])?;
    Ok(())
}

fn begin_packet(
    connection: &Connection,
    server: &str,
    server_id: &str,
    bytes: &BlobHash,
) -> Result<(), StoreError> {
    let now = Timestamp::now().as_millisecond();
    // What was never gone on with is at the server no more.
    connection
        .prepare_cached("DELETE FROM begun_packet WHERE at_millis < ?1")?
        .execute([now - BEGUN_LASTS])?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO begun_packet VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![server, server_id, bytes.0, now])?;
    Ok(())
}

fn forget_begun(connection: &Connection, server: &str, server_id: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM begun_packet WHERE server = ?1 AND server_id = ?2")?
        .execute([server, server_id])?;
    Ok(())
}

fn put_off(
    connection: &Connection,
    items: &[String],
    until: &Timestamp,
    reason: &str,
) -> Result<(), StoreError> {
    let mut note = connection.prepare_cached(
        "INSERT INTO outbox_attempt VALUES (?1, 1, ?2, ?3)
         ON CONFLICT DO UPDATE SET tries = tries + 1,
             not_before_millis = excluded.not_before_millis, reason = excluded.reason",
    )?;
    for item in items {
        note.execute(params![item, until.as_millisecond(), reason])?;
    }
    Ok(())
}

fn make_due(connection: &Connection) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE outbox_attempt SET not_before_millis = 0")?.execute([])?;
    connection.prepare_cached("UPDATE unfetched SET not_before_millis = 0")?.execute([])?;
    Ok(())
}

fn make_item_due(connection: &Connection, item: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE outbox_attempt SET not_before_millis = 0 WHERE item = ?1")?
        .execute([item])?;
    Ok(())
}

fn forget_tries(connection: &Connection, item: &str) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM outbox_attempt WHERE item = ?1")?.execute([item])?;
    Ok(())
}

fn log_access(
    connection: &Connection,
    user: &str,
    document: &DocumentKey,
    what: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO access (at_millis, user, document, what) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![Timestamp::now().as_millisecond(), user, row::key(document), what])?;
    Ok(())
}
