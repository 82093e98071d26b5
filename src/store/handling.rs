//! Who has a document in hand, what they noted, which of ours answers it, and what is due.
//!
//! The table `open_work` is kept by triggers (migration 7): whatever moves a document, or
//! changes its term, keeps its row there in order.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, params_from_iter, types::Value};

use super::error::StoreError;
use super::search::Asked;
use super::view::View;
use super::{inbound, outbound, row, search};
use crate::domain::document::DocumentKey;
use crate::domain::handling::{
    Answer, Handler, Note, Participant, Party, Progress, ProgressEntry, Seen, Unit,
};
use crate::domain::inbound::{Assignment, InboundDocument};
use crate::domain::operation::{Change, Operation};

/// Which of the documents with work left are wanted, by their terms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkFilter {
    /// In the hands of one of these; `None` for the whole office.
    pub parties: Option<Vec<Party>>,
    /// Due on this day or later.
    pub from: Option<Date>,
    /// Due on this day or earlier; `None` also for documents without a term.
    pub until: Option<Date>,
    /// Words that must all occur; empty for all.
    pub words: String,
}

/// Before every term, and after every one but "none".
const FIRST: &str = "";
const LAST: &str = "9999-12-31";

impl WorkFilter {
    /// The condition that joins `open_work w` with `inbound d`, and its values; `None` where
    /// the words cannot be searched for.
    fn condition(&self, first: (String, i64)) -> Option<(String, Vec<Value>)> {
        let until = self.until.map_or(LAST.to_owned(), |day| day.to_string());
        let mut values = vec![first.0.into(), first.1.into(), Value::from(until)];
        let mut sql = "(w.due, w.row) > (?1, ?2) AND w.due <= ?3".to_owned();
        if let Some(parties) = &self.parties {
            let places: Vec<String> = parties
                .iter()
                .map(|party| {
                    values.push(Value::from(party.to_string()));
                    format!("?{}", values.len())
                })
                .collect();
            sql += &format!(
                " AND EXISTS (SELECT 1 FROM handler h WHERE h.document = w.document
                     AND h.party IN ({}) AND h.active = 1)",
                places.join(", ")
            );
        }
        match search::asked(&self.words) {
            Asked::Everything => {}
            Asked::Nothing => return None,
            Asked::Index(expression) => {
                values.push(Value::from(expression));
                sql += &format!(
                    " AND w.row IN (SELECT rowid FROM inbound_words
                                    WHERE inbound_words MATCH ?{})",
                    values.len()
                );
            }
        }
        Some((sql, values))
    }

    fn first(&self) -> (String, i64) {
        (self.from.map_or(FIRST.to_owned(), |day| day.to_string()), -1)
    }
}

impl View<'_> {
    /// Documents with work left, what is due first before the others; `after` is the last
    /// key of the page before.
    pub fn work_page(
        &self,
        filter: &WorkFilter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<InboundDocument>, StoreError> {
        let first = match after {
            None => Some(filter.first()),
            Some(key) => self
                .connection
                .prepare_cached("SELECT due, row FROM open_work WHERE document = ?1")?
                .query_row([row::key(&key)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?,
        };
        // The work on it has ended meanwhile: the list begins anew.
        let first = first.unwrap_or_else(|| filter.first());
        let Some((condition, mut values)) = filter.condition(first) else { return Ok(Vec::new()) };
        values.push(Value::from(i64::from(limit)));
        let sql = format!(
            "SELECT {} FROM open_work w CROSS JOIN inbound d
             WHERE d.row = w.row AND {condition} ORDER BY w.due, w.row LIMIT ?{}",
            inbound::COLUMNS,
            values.len()
        );
        self.connection
            .prepare_cached(&sql)?
            .query_and_then(params_from_iter(values), inbound::from_row)?
            .collect()
    }

    /// How many documents [`View::work_page`] would show.
    pub fn work_count(&self, filter: &WorkFilter) -> Result<u64, StoreError> {
        let Some((condition, values)) = filter.condition(filter.first()) else { return Ok(0) };
        let sql = format!("SELECT count(*) FROM open_work w WHERE {condition}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(row::unsigned(statement.query_row(params_from_iter(values), |row| row.get(0))?))
    }

    pub fn units(&self) -> Result<Vec<Unit>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM unit ORDER BY key")?
            .query_and_then([], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }

    /// Everybody who has or had the document, in the order in which they got it.
    pub fn handlers(&self, key: &DocumentKey) -> Result<Vec<Handler>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT party, part, direction, due, given_by, given_at_millis, active
                 FROM handler WHERE document = ?1 ORDER BY position",
            )?
            .query_and_then([row::key(key)], handler)?
            .collect()
    }

    /// Who opened the document first when, oldest first.
    pub fn seen(&self, key: &DocumentKey) -> Result<Vec<Seen>, StoreError> {
        let mut seen = self
            .connection
            .prepare_cached("SELECT user, at_millis FROM seen WHERE document = ?1")?
            .query_and_then([row::key(key)], |row| {
                Ok(Seen { user: row.get(0)?, at: millis(row.get(1)?)? })
            })?
            .collect::<Result<Vec<_>, StoreError>>()?;
        seen.sort_by_key(|seen| seen.at);
        Ok(seen)
    }

    pub fn has_seen(&self, key: &DocumentKey, user: &str) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM seen WHERE document = ?1 AND user = ?2")?
            .exists(params![row::key(key), user])?)
    }

    /// Oldest first.
    pub fn progress(&self, key: &DocumentKey) -> Result<Vec<ProgressEntry>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT user, at_millis, body FROM progress WHERE document = ?1 ORDER BY row",
            )?
            .query_and_then([row::key(key)], |row| {
                Ok(ProgressEntry {
                    user: row.get(0)?,
                    at: millis(row.get(1)?)?,
                    progress: row::from_json(&row.get::<_, String>(2)?)?,
                })
            })?
            .collect()
    }

    /// The notes that `reader` may read, oldest first.
    pub fn notes(&self, key: &DocumentKey, reader: &str) -> Result<Vec<Note>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT user, at_millis, text, private FROM note
                 WHERE document = ?1 AND (private = 0 OR user = ?2) ORDER BY row",
            )?
            .query_and_then(params![row::key(key), reader], |row| {
                Ok(Note {
                    user: row.get(0)?,
                    at: millis(row.get(1)?)?,
                    text: row.get(2)?,
                    private: row.get(3)?,
                })
            })?
            .collect()
    }

    /// Documents of ours that answer an inbound one.
    pub fn answers(&self, key: &DocumentKey) -> Result<Vec<Answer>, StoreError> {
        keys(self.connection, "SELECT outbound FROM answer WHERE inbound = ?1", key)
    }

    /// The inbound documents that one of ours answers.
    pub fn answered(&self, key: &Answer) -> Result<Vec<DocumentKey>, StoreError> {
        keys(self.connection, "SELECT inbound FROM answer WHERE outbound = ?1", key)
    }
}

fn keys(
    connection: &Connection,
    sql: &str,
    key: &DocumentKey,
) -> Result<Vec<DocumentKey>, StoreError> {
    connection
        .prepare_cached(sql)?
        .query_and_then([row::key(key)], |row| {
            row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
        })?
        .collect()
}

fn handler(row: &Row<'_>) -> Result<Handler, StoreError> {
    let due: Option<String> = row.get(3)?;
    let due = due.map(|day| day.parse().map_err(|error| StoreError::damaged("database", error)));
    Ok(Handler {
        party: row::from_word(row.get(0)?)?,
        part: row::from_word(row.get(1)?)?,
        direction: row.get(2)?,
        due: due.transpose()?,
        given_by: row.get(4)?,
        given_at: millis(row.get(5)?)?,
        active: row.get(6)?,
    })
}

fn millis(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|error| StoreError::damaged("database", error))
}

// Applying.

pub(super) fn unit_put(connection: &Connection, unit: &Unit) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO unit VALUES (?1, ?2)")?
        .execute(params![unit.key, row::json(unit)?])?;
    Ok(())
}

/// An assignment gives the document to others than those who had it.
pub(super) fn assigned(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    assignment: &Assignment,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE handler SET active = 0 WHERE document = ?1 AND active = 1")?
        .execute([row::key(key)])?;
    let parts = assignment.participants();
    give(connection, operation, key, &parts, &assignment.direction, assignment.due)
}

pub(super) fn forwarded(
    connection: &Connection,
    operation: &Operation,
    change: &Change,
) -> Result<(), StoreError> {
    let Change::HandlingForwarded { key, from, to, direction, due } = change else {
        return Err(StoreError::Internal("nothing was passed on".to_owned()));
    };
    let mut end = connection.prepare_cached(
        "UPDATE handler SET active = 0 WHERE document = ?1 AND party = ?2 AND active = 1",
    )?;
    if end.execute(params![row::key(key), from.to_string()])? == 0 {
        return Err(StoreError::conflict(format!("{from} does not have {key}")));
    }
    for one in to {
        end.execute(params![row::key(key), one.party.to_string()])?;
    }
    give(connection, operation, key, to, direction, *due)
}

fn give(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    parts: &[Participant],
    direction: &str,
    due: Option<Date>,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO handler
         VALUES (?1, (SELECT coalesce(max(position) + 1, 0) FROM handler WHERE document = ?1),
                 ?2, ?3, ?4, ?5, ?6, ?7, 1)",
    )?;
    for one in parts {
        insert.execute(params![
            row::key(key),
            one.party.to_string(),
            row::word(&one.part)?,
            direction,
            due.map(|day| day.to_string()),
            operation.user,
            operation.time.millis,
        ])?;
    }
    Ok(())
}

pub(super) fn document_seen(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO seen VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![row::key(key), operation.user, operation.time.millis])?;
    Ok(())
}

pub(super) fn progress_noted(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    progress: &Progress,
) -> Result<(), StoreError> {
    written(
        connection,
        "INSERT INTO progress (document, user, at_millis, body) VALUES (?1, ?2, ?3, ?4)",
        params![row::key(key), operation.user, operation.time.millis, row::json(progress)?],
    )?;
    reindex(connection, key)
}

pub(super) fn note_added(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    text: &str,
    private: bool,
) -> Result<(), StoreError> {
    written(
        connection,
        "INSERT INTO note (document, user, at_millis, text, private) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![row::key(key), operation.user, operation.time.millis, text, private],
    )?;
    // What only its writer reads must not make others find the document.
    if private { Ok(()) } else { reindex(connection, key) }
}

fn written(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(super) fn answer_linked(
    connection: &Connection,
    key: &DocumentKey,
    answer: &Answer,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO answer VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![row::key(key), row::key(answer)])?;
    Ok(())
}

/// Indexes a document of either kind anew, with what was noted on it.
fn reindex(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    let inbound = connection
        .prepare_cached("SELECT 1 FROM inbound WHERE key = ?1")?
        .exists([row::key(key)])?;
    if inbound {
        return super::inbound::reindex(connection, key);
    }
    outbound::reindex(connection, key)
}

/// Everything that everybody may read of what was noted on a document.
pub(super) fn noted(connection: &Connection, key: &DocumentKey) -> Result<String, StoreError> {
    let view = View { connection };
    let mut pieces: Vec<String> = connection
        .prepare_cached("SELECT text FROM note WHERE document = ?1 AND private = 0 ORDER BY row")?
        .query_map([row::key(key)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for entry in view.progress(key)? {
        pieces.extend([entry.progress.text, entry.progress.next]);
    }
    Ok(pieces.join("\n"))
}
