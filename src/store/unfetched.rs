//! Packets that the server has for this office and that this desk could not fetch.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::Store;
use super::error::StoreError;
use super::row;
use super::user::exactly_one;
use super::view::View;

/// A packet that is not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfetchedRow {
    pub server_id: String,
    /// As the server listed it, in JSON.
    pub item: String,
    /// Failed attempts so far.
    pub tries: u32,
    pub not_before: Timestamp,
    /// Why it did not come: the code of a problem, and what people are told.
    pub code: String,
    pub detail: String,
    /// Waiting may mend that.
    pub passes: bool,
    /// Why it was given up, and by whom; empty while it is wanted.
    pub given_up: String,
    pub given_up_by: String,
    /// The server knows that it was given up.
    pub is_told: bool,
}

const COLUMNS: &str = "server_id, item, tries, not_before_millis, code, detail, passes,
    given_up, given_up_by, is_told";
/// What somebody has to look at: what waiting does not mend, and what failed more than once.
const STUCK: &str = "given_up = '' AND (tries > 1 OR (tries > 0 AND NOT passes))";

/// What was given up, whatever the address of its server: the names that our own server gives are
/// unique everywhere, and one that has moved must not bring it again.
const GIVEN_UP: &str = "given_up <> '' AND server_id GLOB '????????-????-????-????-????????????'";

impl View<'_> {
    /// All that `server` has and this desk does not, the longest due first.
    pub fn unfetched(&self, server: &str) -> Result<Vec<UnfetchedRow>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM unfetched WHERE server = ?1
                 ORDER BY not_before_millis"
            ))?
            .query_and_then([server], from_row)?
            .collect()
    }

    /// What was given up while the server had another address; there are few.
    pub fn given_up_elsewhere(&self, server: &str) -> Result<Vec<UnfetchedRow>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM unfetched WHERE server <> ?1 AND {GIVEN_UP}"
            ))?
            .query_and_then([server], from_row)?
            .collect()
    }

    /// Those of them that somebody has to look at.
    pub fn unfetched_stuck(
        &self,
        server: &str,
        limit: u32,
    ) -> Result<Vec<UnfetchedRow>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM unfetched WHERE server = ?1 AND {STUCK}
                 ORDER BY server_id LIMIT ?2"
            ))?
            .query_and_then(params![server, limit], from_row)?
            .collect()
    }

    /// How many there are.
    pub fn unfetched_stuck_count(&self, server: &str) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM unfetched WHERE server = ?1 AND {STUCK}");
        let count = self.connection.prepare_cached(&sql)?.query_row([server], |row| row.get(0))?;
        Ok(row::unsigned(count))
    }

    pub fn unfetched_one(
        &self,
        server: &str,
        server_id: &str,
    ) -> Result<Option<UnfetchedRow>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM unfetched WHERE server = ?1 AND server_id = ?2"
            ))?
            .query_and_then([server, server_id], from_row)?
            .next()
            .transpose()
    }
}

fn from_row(row: &Row<'_>) -> Result<UnfetchedRow, StoreError> {
    Ok(UnfetchedRow {
        server_id: row.get(0)?,
        item: row.get(1)?,
        tries: row.get(2)?,
        not_before: Timestamp::from_millisecond(row.get(3)?)
            .map_err(|error| StoreError::damaged("database", error))?,
        code: row.get(4)?,
        detail: row.get(5)?,
        passes: row.get(6)?,
        given_up: row.get(7)?,
        given_up_by: row.get(8)?,
        is_told: row.get(9)?,
    })
}

impl Store {
    /// Notes a packet of `server` that did not come, in the place of what was noted before. What
    /// was given up stays given up.
    pub fn note_unfetched(&self, server: &str, one: UnfetchedRow) -> Result<(), StoreError> {
        let server = server.to_owned();
        self.write_local(move |connection| {
            let elsewhere = connection
                .prepare_cached(&format!(
                    "UPDATE unfetched SET tries = ?3, not_before_millis = ?4
                     WHERE server <> ?1 AND server_id = ?2 AND {GIVEN_UP} AND NOT EXISTS
                         (SELECT 1 FROM unfetched WHERE server = ?1 AND server_id = ?2)"
                ))?
                .execute(params![
                    server,
                    one.server_id,
                    one.tries,
                    one.not_before.as_millisecond()
                ])?;
            if elsewhere > 0 {
                return Ok(());
            }
            connection
                .prepare_cached(
                    "INSERT INTO unfetched (server, server_id, item, tries, not_before_millis,
                         code, detail, passes)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                     ON CONFLICT DO UPDATE SET item = excluded.item, tries = excluded.tries,
                         not_before_millis = excluded.not_before_millis, code = excluded.code,
                         detail = excluded.detail, passes = excluded.passes",
                )?
                .execute(params![
                    server,
                    one.server_id,
                    one.item,
                    one.tries,
                    one.not_before.as_millisecond(),
                    one.code,
                    one.detail,
                    one.passes,
                ])?;
            Ok(())
        })
    }

    /// A packet is given up; the server is still to be told.
    pub fn give_up_unfetched(
        &self,
        server: &str,
        server_id: &str,
        by: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let [server, id, by, reason] = [server, server_id, by, reason].map(str::to_owned);
        self.write_local(move |connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE unfetched SET given_up = ?4, given_up_by = ?3, tries = 0,
                         not_before_millis = 0
                     WHERE server = ?1 AND server_id = ?2 AND given_up = ''",
                )?
                .execute(params![server, id, by, reason])?;
            exactly_one(changed, || format!("the packet {id} is not wanted"))
        })
    }
}

pub(super) fn forget_unfetched(
    connection: &Connection,
    server: &str,
    server_id: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "DELETE FROM unfetched WHERE server_id = ?2 AND (server = ?1 OR ({GIVEN_UP}))"
        ))?
        .execute([server, server_id])?;
    Ok(())
}

pub(super) fn told_given_up(
    connection: &Connection,
    server: &str,
    server_id: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "UPDATE unfetched SET is_told = 1
             WHERE server_id = ?2 AND (server = ?1 OR ({GIVEN_UP}))"
        ))?
        .execute([server, server_id])?;
    Ok(())
}

pub(super) fn make_fetching_due(
    connection: &Connection,
    server: &str,
    server_id: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE unfetched SET not_before_millis = 0 WHERE server = ?1 AND server_id = ?2",
        )?
        .execute([server, server_id])?;
    Ok(())
}
