//! Writing: one thread owns the one connection that writes.
//!
//! A piece of work is one IMMEDIATE transaction. It is kept whole when the work returns
//! `Ok` and the commit is on the disk, and it has never been when the work returns `Err`
//! or panics.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use uuid::Uuid;

use super::apply::{self, apply};
use super::blob::Blobs;
use super::error::StoreError;
use super::head::HeadFile;
use super::row;
use super::view::View;
use crate::domain::clock::Hlc;
use crate::domain::document::BlobHash;
use crate::domain::operation::{Change, Operation};
use crate::domain::role::Role;

/// Who does something, and in what role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub user: String,
    /// `None` for what the program does by itself.
    pub role: Option<Role>,
}

impl Actor {
    pub fn new(user: &str, role: Role) -> Self {
        Self { user: user.to_owned(), role: Some(role) }
    }

    /// The program itself, on behalf of nobody (a synchronisation, a demonstration).
    pub fn program() -> Self {
        Self { user: String::new(), role: None }
    }
}

pub(super) type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// What the writer thread owns.
pub(super) struct Desk {
    pub connection: Connection,
    pub id: Uuid,
    pub blobs: Blobs,
    pub head: HeadFile,
}

/// How long the note of the chain's head may lag behind the database.
const HEAD_LAG: Duration = Duration::from_millis(500);

impl Desk {
    /// Works until every handle of the store is gone.
    pub fn work(mut self, jobs: &Receiver<Job>) {
        loop {
            let job = if self.head.is_behind() {
                match jobs.recv_timeout(HEAD_LAG) {
                    Ok(job) => job,
                    Err(RecvTimeoutError::Timeout) => {
                        self.note_head();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            } else {
                match jobs.recv() {
                    Ok(job) => job,
                    Err(_) => break,
                }
            };
            job(&mut self);
            if self.head.is_overdue(HEAD_LAG) {
                self.note_head();
            }
        }
        self.note_head();
        // The last connection folds the WAL into the database and removes it.
        if let Err((_, error)) = self.connection.close() {
            tracing::warn!(%error, "the database did not close");
        }
    }

    fn note_head(&mut self) {
        if let Err(error) = self.head.write() {
            tracing::warn!(%error, "the head of the chain could not be noted");
        }
    }

    /// Runs `f` in one transaction. A panic inside counts as an error.
    pub fn transaction<T, E: From<StoreError>>(
        &mut self,
        actor: &Actor,
        f: impl FnOnce(&mut Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let mut writer = Writer {
            connection: &transaction,
            blobs: &self.blobs,
            desk: self.id,
            actor,
            last: None,
        };
        let answer = match catch_unwind(AssertUnwindSafe(|| f(&mut writer))) {
            Ok(answer) => answer?,
            Err(_) => {
                return Err(StoreError::Internal("a piece of work panicked".to_owned()).into());
            }
        };
        writer.must_be_alive()?;
        let last = writer.last.take();
        transaction.commit().map_err(StoreError::from)?;
        if let Some((sequence, hash)) = last {
            self.head.moved(self.id, sequence, hash);
        }
        Ok(answer)
    }
}

/// A transaction in progress. Reads see what it has written.
pub struct Writer<'t> {
    pub(super) connection: &'t Connection,
    pub(super) blobs: &'t Blobs,
    desk: Uuid,
    actor: &'t Actor,
    /// Sequence and hash of the last operation of this transaction.
    last: Option<(u64, String)>,
}

impl Writer<'_> {
    pub fn view(&self) -> View<'_> {
        View { connection: self.connection }
    }

    /// Appends an operation to the desk's chain and applies it. On an error neither
    /// happened, and the transaction may go on.
    ///
    /// Every blob that the change names must be in the store already.
    pub fn append(&mut self, change: Change) -> Result<Operation, StoreError> {
        self.must_be_alive()?;
        self.connection.execute_batch("SAVEPOINT change")?;
        let appended = self.append_inside(change);
        match &appended {
            Ok(_) => self.connection.execute_batch("RELEASE change")?,
            // After a full disk SQLite may have rolled everything back already.
            Err(_) if self.connection.is_autocommit() => {}
            Err(_) => self.connection.execute_batch("ROLLBACK TO change; RELEASE change")?,
        }
        let (operation, hash) = appended?;
        self.last = Some((operation.sequence, hash));
        Ok(operation)
    }

    /// SQLite rolls a transaction back by itself when the disk is full or fails. What is
    /// written after that would be a transaction of its own: refuse it.
    pub(super) fn must_be_alive(&self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() {
            return Err(StoreError::Database("the transaction was rolled back".to_owned()));
        }
        Ok(())
    }

    fn append_inside(&self, change: Change) -> Result<(Operation, String), StoreError> {
        let blobs: BTreeSet<BlobHash> = apply::named_blobs(&change).into_iter().cloned().collect();
        if let Some(missing) = blobs.into_iter().find_map(|hash| self.missing(hash).transpose()) {
            return Err(StoreError::NoBlob(missing?));
        }
        let (sequence, previous, time) = self.head()?;
        let operation = Operation {
            id: Uuid::now_v7(),
            desk: self.desk,
            sequence: sequence + 1,
            user: self.actor.user.clone(),
            role: self.actor.role,
            time: time.tick(Timestamp::now()),
            change,
            previous,
        };
        let hash = record(self.connection, &operation)?;
        apply(self.connection, &operation)?;
        Ok((operation, hash))
    }

    fn missing(&self, hash: BlobHash) -> Result<Option<BlobHash>, StoreError> {
        let mut known = self.connection.prepare_cached("SELECT 1 FROM blob WHERE hash = ?1")?;
        Ok((!known.exists([&hash.0])?).then_some(hash))
    }

    /// Sequence, hash and time of the desk's last operation.
    fn head(&self) -> Result<(u64, String, Hlc), StoreError> {
        let last = self
            .connection
            .prepare_cached(
                "SELECT sequence, hash, millis, counter FROM operation
                 WHERE desk = ?1 ORDER BY sequence DESC LIMIT 1",
            )?
            .query_row([self.desk.as_bytes().as_slice()], |row| {
                let time = Hlc { millis: row.get(2)?, counter: row.get(3)? };
                Ok((row::unsigned(row.get(0)?), row.get(1)?, time))
            })
            .optional()?;
        Ok(last.unwrap_or_else(|| (0, Operation::GENESIS.to_owned(), Hlc::ZERO)))
    }
}

/// Writes an operation into the chain, and returns its hash.
pub(super) fn record(connection: &Connection, operation: &Operation) -> Result<String, StoreError> {
    let body = operation.canonical().map_err(|error| StoreError::Internal(error.to_string()))?;
    let hash = Operation::hash_of(&body);
    let document = apply::document_of(connection, &operation.change)?;
    connection
        .prepare_cached(
            "INSERT INTO operation (id, desk, sequence, millis, counter, document, hash, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            operation.id.as_bytes().as_slice(),
            operation.desk.as_bytes().as_slice(),
            row::signed(operation.sequence),
            operation.time.millis,
            operation.time.counter,
            document.as_ref().map(row::key),
            hash,
            body,
        ])?;
    Ok(hash)
}
