//! Connections for reading.
//!
//! Opened when needed and kept for the next reader. Nobody waits for a connection, so that
//! a read inside a read cannot hang; how many are open at once is bounded by the threads
//! that read.

use std::path::PathBuf;
use std::sync::Mutex;

use rusqlite::Connection;

use super::connection::{self, Use};
use super::error::StoreError;
use super::keys::Key;
use super::locked;

/// How many idle connections are kept.
const KEPT: usize = 4;

pub(super) struct Pool {
    path: PathBuf,
    key: Key,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub fn new(path: PathBuf, key: Key) -> Self {
        Self { path, key, idle: Mutex::new(Vec::new()) }
    }

    /// Lends a connection to `f`.
    pub fn with<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = locked(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::open(&self.path, &self.key, Use::Read)?,
        };
        let answer = f(&connection);
        let mut idle = locked(&self.idle);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        answer
    }

    pub fn close(&self) {
        locked(&self.idle).clear();
    }
}
