//! Inbound documents.

use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter, types::Value};

use super::duplicate;
use super::error::StoreError;
use super::handling;
use super::register;
use super::row;
use super::search::{self, Entry};
use super::view::View;
use crate::domain::agency::AgencyCode;
use crate::domain::demand::DemandMark;
use crate::domain::document::{DocumentId, DocumentKey};
use crate::domain::inbound::{Assignment, InboundDocument, InboundState, Registration};
use crate::domain::operation::{Change, Operation};
use crate::domain::query::{Field, Query};

/// Which inbound documents are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InboundFilter {
    /// `None` for every state.
    pub state: Option<InboundState>,
    /// Words that must all occur, diacritics or not; empty for all documents.
    pub words: String,
}

pub(super) const COLUMNS: &str = "d.key, d.state, d.sender, d.sender_name, d.metadata, d.files, \
     d.packet, d.arrived_at, d.verdict, d.registration, d.assignment, d.reason, \
     coalesce((SELECT m.kind || ' ' || m.state FROM demand m \
               WHERE m.document = d.key AND m.state = 'open' ORDER BY m.row LIMIT 1), \
              (SELECT m.kind || ' ' || m.state FROM demand m \
               WHERE m.document = d.key ORDER BY m.row DESC LIMIT 1)), \
     (SELECT p.body FROM paper p WHERE p.document = d.key)";

impl View<'_> {
    pub fn inbound(&self, key: &DocumentKey) -> Result<Option<InboundDocument>, StoreError> {
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM inbound d WHERE d.key = ?1"))?
            .query_and_then([row::key(key)], from_row)?
            .next()
            .transpose()
    }

    pub fn inbound_page(
        &self,
        filter: &InboundFilter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<InboundDocument>, StoreError> {
        let state = filter.state.as_ref().map(row::word).transpose()?;
        let page = page(self.connection, "inbound", COLUMNS, state, &filter.words, after, limit)?;
        let Some((sql, values)) = page else { return Ok(Vec::new()) };
        self.connection
            .prepare_cached(&sql)?
            .query_and_then(params_from_iter(values), from_row)?
            .collect()
    }

    /// How many documents [`View::inbound_page`] would find, counted up to `most`.
    pub fn inbound_count(&self, filter: &InboundFilter, most: u32) -> Result<u64, StoreError> {
        let state = filter.state.as_ref().map(row::word).transpose()?;
        counted(self.connection, "inbound", state, &filter.words, most)
    }

    /// What nobody has decided on yet and whose sender waits to be told, oldest first.
    pub fn unacknowledged(&self, limit: u32) -> Result<Vec<InboundDocument>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM inbound d WHERE d.state = ?1 AND d.sender IS NOT NULL
                 ORDER BY d.row LIMIT ?2"
            ))?
            .query_and_then(params![row::word(&InboundState::Arrived)?, limit], from_row)?
            .collect()
    }

    /// The text of a document, as it was indexed; `None` for a document that is not there.
    /// The index itself keeps no text; it is in the operation that brought the document.
    pub fn text_of(&self, key: &DocumentKey) -> Result<Option<String>, StoreError> {
        let outbound: Option<String> = self
            .connection
            .prepare_cached("SELECT text FROM outbound WHERE key = ?1")?
            .query_row([row::key(key)], |row| row.get(0))
            .optional()?;
        if outbound.is_some() {
            return Ok(outbound);
        }
        let text: Option<Option<String>> = self
            .connection
            .prepare_cached(
                "SELECT json_extract(body, '$.change.text') FROM operation
                 WHERE document = ?1 ORDER BY row LIMIT 1",
            )?
            .query_row([row::key(key)], |row| row.get(0))
            .optional()?;
        Ok(text.flatten())
    }

    /// The newest document of this id from `sender`.
    pub fn find_inbound_by_document_id(
        &self,
        id: &DocumentId,
        sender: Option<&AgencyCode>,
    ) -> Result<Option<InboundDocument>, StoreError> {
        // The newest: a returned document may be sent again under the same id.
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM inbound d WHERE d.document_id = ?1 AND d.sender IS ?2
                 ORDER BY d.row DESC LIMIT 1"
            ))?
            .query_and_then(params![id.to_string(), sender.map(AgencyCode::as_str)], from_row)?
            .next()
            .transpose()
    }
}

/// In a state with fewer documents than this, words are looked up document by document;
/// with more, the documents with the words are looked through for the state.
const FEW: i64 = 500;

/// The statement for one page of a queue, newest first, and its values. Each form walks an
/// index from where the last page ended, so that the millionth row costs what the first
/// does. `None` where nothing can match.
pub(super) fn page(
    connection: &Connection,
    table: &str,
    columns: &str,
    state: Option<String>,
    words: &str,
    after: Option<DocumentKey>,
    limit: u32,
) -> Result<Option<(String, Vec<Value>)>, StoreError> {
    let before: i64 = match after {
        None => i64::MAX,
        Some(key) => connection
            .prepare_cached(&format!("SELECT row FROM {table} WHERE key = ?1"))?
            .query_row([row::key(&key)], |row| row.get(0))
            .optional()?
            .ok_or_else(|| StoreError::NotFound(format!("document {key}")))?,
    };
    let query = Query::parse(words);
    if query.is_void {
        return Ok(None);
    }
    let expression = search::expression(&query);
    let numbered = match numbered(connection, table, &query)? {
        Some(rows) if rows.is_empty() => return Ok(None),
        rows => rows,
    };
    let few = match &state {
        Some(state) => documents_in(connection, table, state)? < FEW,
        None => false,
    } || numbered.is_some();
    // CROSS JOIN keeps SQLite to the order written: the first table leads.
    let (from, row) = match &expression {
        None => (format!("{table} d"), "d.row".to_owned()),
        Some(_) if few => (format!("{table} d CROSS JOIN {table}_words"), "d.row".to_owned()),
        Some(_) => (format!("{table}_words CROSS JOIN {table} d"), format!("{table}_words.rowid")),
    };
    let mut values = vec![Value::from(before), Value::from(i64::from(limit))];
    let mut sql = format!("SELECT {columns} FROM {from} WHERE {row} < ?1");
    if let Some(expression) = expression {
        values.push(Value::from(expression));
        let place = values.len();
        sql += &format!(" AND {table}_words MATCH ?{place} AND d.row = {table}_words.rowid");
    }
    if let Some(rows) = numbered {
        let rows: Vec<String> = rows.iter().map(i64::to_string).collect();
        sql += &format!(" AND d.row IN ({})", rows.join(", "));
    }
    if let Some(state) = state {
        values.push(Value::from(state));
        sql += &format!(" AND d.state = ?{}", values.len());
    }
    sql += &format!(" ORDER BY {row} DESC LIMIT ?2");
    Ok(Some((sql, values)))
}

/// How many rows a queue shows, counted up to `most`: whoever sees "99+" does not wait for the
/// rest to be counted.
pub(super) fn counted(
    connection: &Connection,
    table: &str,
    state: Option<String>,
    words: &str,
    most: u32,
) -> Result<u64, StoreError> {
    let page = page(connection, table, "d.row", state, words, None, most)?;
    let Some((sql, values)) = page else { return Ok(0) };
    let mut statement = connection.prepare_cached(&format!("SELECT count(*) FROM ({sql})"))?;
    Ok(row::unsigned(statement.query_row(params_from_iter(values), |row| row.get(0))?))
}

/// The rows of the documents that took the arrival number asked for: one a year and book.
/// `None` where no number is asked for.
fn numbered(
    connection: &Connection,
    table: &str,
    query: &Query,
) -> Result<Option<Vec<i64>>, StoreError> {
    let mut rows: Option<Vec<i64>> = None;
    for term in query.terms.iter().filter(|term| term.field == Field::ArrivalNumber) {
        let number = term.words.first().and_then(|word| word.parse::<u32>().ok());
        let found = connection
            .prepare_cached(&format!(
                "SELECT d.row FROM book_number b CROSS JOIN {table} d
                 WHERE b.direction = 'inbound' AND b.number = ?1 AND d.key = b.document"
            ))?
            .query_map([number], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        rows = Some(match rows {
            None => found,
            Some(before) => before.into_iter().filter(|row| found.contains(row)).collect(),
        });
    }
    Ok(rows)
}

fn documents_in(connection: &Connection, table: &str, state: &str) -> Result<i64, StoreError> {
    let count = connection
        .prepare_cached("SELECT n FROM counter WHERE what = ?1 AND state = ?2")?
        .query_row([table, state], |row| row.get(0))
        .optional()?;
    Ok(count.unwrap_or(0))
}

pub(super) fn from_row(row: &Row<'_>) -> Result<InboundDocument, StoreError> {
    let sender: Option<String> = row.get(2)?;
    let packet: Option<String> = row.get(6)?;
    Ok(InboundDocument {
        key: row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?,
        state: row::from_word(row.get(1)?)?,
        sender: sender.map(row::from_word).transpose()?,
        sender_name: row.get(3)?,
        metadata: row::from_json(&row.get::<_, String>(4)?)?,
        files: row::from_json(&row.get::<_, String>(5)?)?,
        packet: packet.map(crate::domain::document::BlobHash),
        arrived_at: row::time(&row.get::<_, String>(7)?)?,
        verdict: row::from_json(&row.get::<_, String>(8)?)?,
        registration: row::maybe_json(row.get(9)?)?,
        assignment: row::maybe_json(row.get(10)?)?,
        reason: row.get(11)?,
        paper: row::maybe_json(row.get(13)?)?,
        demand: row.get::<_, Option<String>>(12)?.map(demand_mark).transpose()?,
    })
}

/// `recall open`: what is demanded of a document, and how far that is.
fn demand_mark(words: String) -> Result<DemandMark, StoreError> {
    let (kind, state) = words
        .split_once(' ')
        .ok_or_else(|| StoreError::damaged("database", "a demand without a state"))?;
    Ok(DemandMark {
        kind: row::from_word(kind.to_owned())?,
        state: row::from_word(state.to_owned())?,
    })
}

pub(super) fn arrived(connection: &Connection, change: &Change) -> Result<(), StoreError> {
    let Change::InboundArrived {
        key,
        sender,
        sender_name,
        metadata,
        files,
        packet,
        arrived_at,
        verdict,
        text,
    } = change
    else {
        return Err(StoreError::Internal("not an arrival".to_owned()));
    };
    let row: Option<i64> = connection
        .prepare_cached(
            "INSERT INTO inbound (key, state, sender, sender_name, metadata, files, packet,
                 arrived_at, verdict, document_id)
             VALUES (?1, 'arrived', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT DO NOTHING RETURNING row",
        )?
        .query_row(
            params![
                row::key(key),
                sender.as_ref().map(|code| code.as_str()),
                sender_name,
                row::json(metadata)?,
                row::json(files)?,
                packet.as_ref().map(|hash| hash.0.as_str()),
                arrived_at.to_string(),
                row::json(verdict)?,
                metadata.document_id.as_ref().map(ToString::to_string),
            ],
            |row| row.get(0),
        )
        .optional()?;
    let row = row.ok_or_else(|| StoreError::conflict(format!("the document {key} exists")))?;
    let names = [sender_name.as_str(), sender.as_ref().map_or("", |code| code.as_str())];
    connection
        .prepare_cached("INSERT INTO inbound_words (rowid, words) VALUES (?1, ?2)")?
        .execute(params![
            row,
            search::indexed(
                metadata,
                Entry {
                    sender: &names,
                    text,
                    noted: "",
                    arrived: Some(*arrived_at),
                    due: metadata.due,
                }
            )
        ])?;
    for file in files.iter().filter(|file| file.main) {
        duplicate::has_main(connection, key, &file.blob)?;
    }
    duplicate::described(connection, key, metadata)
}

pub(super) fn moved(
    connection: &Connection,
    key: &DocumentKey,
    from: InboundState,
    to: InboundState,
    reason: &str,
) -> Result<(), StoreError> {
    if matches!(to, InboundState::Registered | InboundState::Assigned) {
        return Err(StoreError::conflict(format!("{to:?} comes of a deed of its own")));
    }
    step(connection, key, from, to)?;
    connection
        .prepare_cached("UPDATE inbound SET reason = ?2 WHERE key = ?1")?
        .execute(params![row::key(key), reason])?;
    Ok(())
}

pub(super) fn registered(
    connection: &Connection,
    key: &DocumentKey,
    registration: &Registration,
) -> Result<(), StoreError> {
    step(connection, key, InboundState::Accepted, InboundState::Registered)?;
    register::take(
        connection,
        &registration.book,
        registration.arrival_number,
        registration.arrival_date,
        key,
    )?;
    connection
        .prepare_cached("UPDATE inbound SET registration = ?2 WHERE key = ?1")?
        .execute(params![row::key(key), row::json(registration)?])?;
    Ok(())
}

/// A decision is taken back: the state before it stands again, and so do the fields that it
/// wrote. Only steps that the domain allows are walked backwards, and never a registration.
pub(super) fn undone(
    connection: &Connection,
    key: &DocumentKey,
    from: InboundState,
    to: InboundState,
) -> Result<(), StoreError> {
    let present = state(connection, key)?;
    let has_way_back = matches!(
        (from, to),
        (InboundState::Accepted | InboundState::Returned, InboundState::Arrived)
            | (InboundState::Assigned, InboundState::Registered)
    );
    if present != from || !has_way_back {
        return Err(StoreError::conflict(format!(
            "inbound {key} is {present:?}, asked back from {from:?} to {to:?}"
        )));
    }
    connection
        .prepare_cached(
            "UPDATE inbound SET state = ?2, reason = '', assignment = NULL WHERE key = ?1",
        )?
        .execute(params![row::key(key), row::word(&to)?])?;
    // The term went with the assignment.
    reindex(connection, key)
}

/// Indexes a document anew: its fields, its text as it came, and what was noted on it.
pub(super) fn reindex(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    let view = View { connection };
    let document = view.inbound(key)?;
    let document = document.ok_or_else(|| StoreError::NotFound(format!("document {key}")))?;
    // The text is long and stands in the operation that brought it, and nowhere else.
    let mut text = String::new();
    for operation in view.history(key)? {
        match operation.change {
            Change::InboundArrived { text: came, .. } => text = came,
            Change::InboundUpdated { update, .. } => {
                if let Some(content) = update.content {
                    text = content.text;
                }
            }
            _ => {}
        }
    }
    let noted = handling::noted(connection, key)?;
    let sender = document.sender.as_ref().map_or("", |code| code.as_str());
    let names = [document.sender_name.as_str(), sender];
    let due = document.assignment.as_ref().and_then(|given| given.due).or(document.metadata.due);
    let row: i64 = connection
        .prepare_cached("SELECT row FROM inbound WHERE key = ?1")?
        .query_row([row::key(key)], |row| row.get(0))?;
    connection.prepare_cached("DELETE FROM inbound_words WHERE rowid = ?1")?.execute([row])?;
    connection
        .prepare_cached("INSERT INTO inbound_words (rowid, words) VALUES (?1, ?2)")?
        .execute(params![
            row,
            search::indexed(
                &document.metadata,
                Entry {
                    sender: &names,
                    text: &text,
                    noted: &noted,
                    arrived: Some(document.arrived_at),
                    due,
                }
            )
        ])?;
    Ok(())
}

/// The first assignment moves the document; a later one names another person or term.
pub(super) fn assigned(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    assignment: &Assignment,
) -> Result<(), StoreError> {
    match state(connection, key)? {
        InboundState::Assigned | InboundState::InProcess => {}
        from => step(connection, key, from, InboundState::Assigned)?,
    }
    connection
        .prepare_cached("UPDATE inbound SET assignment = ?2 WHERE key = ?1")?
        .execute(params![row::key(key), row::json(assignment)?])?;
    handling::assigned(connection, operation, key, assignment)?;
    // The term is searched for.
    reindex(connection, key)
}

fn state(connection: &Connection, key: &DocumentKey) -> Result<InboundState, StoreError> {
    let word: Option<String> = connection
        .prepare_cached("SELECT state FROM inbound WHERE key = ?1")?
        .query_row([row::key(key)], |row| row.get(0))
        .optional()?;
    word.map_or_else(
        || Err(StoreError::NotFound(format!("inbound document {key}"))),
        row::from_word,
    )
}

fn step(
    connection: &Connection,
    key: &DocumentKey,
    from: InboundState,
    to: InboundState,
) -> Result<(), StoreError> {
    let present = state(connection, key)?;
    if present != from || !from.may_become(to) {
        return Err(StoreError::conflict(format!(
            "inbound {key} is {present:?}, asked from {from:?} to {to:?}"
        )));
    }
    connection
        .prepare_cached("UPDATE inbound SET state = ?2 WHERE key = ?1")?
        .execute(params![row::key(key), row::word(&to)?])?;
    Ok(())
}
