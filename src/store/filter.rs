//! Searches that a person keeps under a name.
//!
//! They are tools of one person at one desk, like the size of the window, and say nothing
//! about any document: a local table, no operations.

use rusqlite::{Connection, params};

use super::Store;
use super::error::StoreError;
use super::view::View;

/// A search with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedFilter {
    pub name: String,
    /// The queue that it looks into, by its name in scripts: `inbound`, `inbound-arrived`.
    pub queue: String,
    /// As it was typed.
    pub words: String,
}

impl View<'_> {
    pub fn saved_filters(&self, user: &str) -> Result<Vec<SavedFilter>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT name, queue, words FROM saved_filter WHERE user = ?1 ORDER BY name",
            )?
            .query_and_then([user], |row| {
                Ok(SavedFilter { name: row.get(0)?, queue: row.get(1)?, words: row.get(2)? })
            })?
            .collect()
    }
}

impl Store {
    /// Keeps a search; one of the same name is replaced.
    pub fn save_filter(&self, user: &str, filter: &SavedFilter) -> Result<(), StoreError> {
        let (user, filter) = (user.to_owned(), filter.clone());
        self.write_local(move |connection| save(connection, &user, &filter))
    }

    /// Gives a search another name. A search that has that name already is not overwritten.
    pub fn rename_filter(&self, user: &str, name: &str, to: &str) -> Result<(), StoreError> {
        let (user, name, to) = (user.to_owned(), name.to_owned(), to.to_owned());
        self.write_local(move |connection| {
            let changed = connection.execute(
                "UPDATE OR IGNORE saved_filter SET name = ?3 WHERE user = ?1 AND name = ?2",
                params![user, name, to],
            )?;
            if changed == 1 { Ok(()) } else { Err(StoreError::conflict("the name is taken")) }
        })
    }

    pub fn forget_filter(&self, user: &str, name: &str) -> Result<(), StoreError> {
        let (user, name) = (user.to_owned(), name.to_owned());
        self.write_local(move |connection| {
            connection.execute(
                "DELETE FROM saved_filter WHERE user = ?1 AND name = ?2",
                params![user, name],
            )?;
            Ok(())
        })
    }
}

fn save(connection: &Connection, user: &str, filter: &SavedFilter) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR REPLACE INTO saved_filter VALUES (?1, ?2, ?3, ?4)",
        params![user, filter.name, filter.queue, filter.words],
    )?;
    Ok(())
}
