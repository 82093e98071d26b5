//! What senders demand of documents that came from them, and what was answered.

use std::collections::{BTreeSet, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::error::StoreError;
use super::search::Asked;
use super::user::exactly_one;
use super::view::View;
use super::{inbound, row, search};
use crate::domain::demand::{Demand, DemandAnswer, DemandState, KeptDemand, Update};
use crate::domain::document::{DocumentId, DocumentKey};
use crate::domain::inbound::InboundDocument;
use crate::domain::operation::Operation;

const COLUMNS: &str = "m.body, m.state, m.answer, m.document";

impl View<'_> {
    pub fn demand(&self, id: &DocumentKey) -> Result<Option<KeptDemand>, StoreError> {
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM demand m WHERE m.id = ?1"))?
            .query_and_then([row::key(id)], from_row)?
            .next()
            .transpose()
    }

    /// What was demanded of a document, oldest first.
    pub fn demands_of(&self, key: &DocumentKey) -> Result<Vec<KeptDemand>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM demand m WHERE m.document = ?1 ORDER BY m.row"
            ))?
            .query_and_then([row::key(key)], from_row)?
            .collect()
    }

    /// What the sender of a demand, under any of its codes, demands of the same document, oldest
    /// first: of the one that it was matched with, else of the one that has not come.
    pub fn demands_beside(&self, demand: &Demand) -> Result<Vec<KeptDemand>, StoreError> {
        let about = match (demand.document, DocumentId::parse(&demand.about.document_id)) {
            (Some(key), _) => self.demands_of(&key)?,
            (None, Some(id)) => self.unmatched_demands(&id)?,
            (None, None) => Vec::new(),
        };
        let mut theirs = Vec::new();
        for kept in about {
            if self.is_one_agency(&kept.demand.sender, &demand.sender)? {
                theirs.push(kept);
            }
        }
        Ok(theirs)
    }

    /// The demands that this document takes the place by, oldest first: whom it replaces.
    pub fn replaced_by(&self, key: &DocumentKey) -> Result<Vec<KeptDemand>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM demand m WHERE m.replacement = ?1 ORDER BY m.row"
            ))?
            .query_and_then([row::key(key)], from_row)?
            .collect()
    }

    /// What waits for an answer or for its document, what is due first before the others.
    pub fn pressing_demands(&self, limit: u32) -> Result<Vec<KeptDemand>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM demand m WHERE m.state IN ('waiting', 'open')
                 ORDER BY m.answer_by, m.row LIMIT ?1"
            ))?
            .query_and_then([limit], from_row)?
            .collect()
    }

    pub fn pressing_demand_count(&self) -> Result<u64, StoreError> {
        let mut count = self
            .connection
            .prepare_cached("SELECT count(*) FROM demand WHERE state IN ('waiting', 'open')")?;
        Ok(row::unsigned(count.query_row([], |row| row.get(0))?))
    }

    pub fn demanded(&self, words: &str, limit: u32) -> Result<Vec<DocumentKey>, StoreError> {
        let mut values = vec![Value::from(i64::from(limit))];
        let found = match search::asked(words) {
            Asked::Everything => "",
            Asked::Nothing => return Ok(Vec::new()),
            Asked::Index(expression) => {
                values.push(Value::from(expression));
                "AND d.row IN (SELECT rowid FROM inbound_words WHERE inbound_words MATCH ?2)"
            }
        };
        let sql = format!(
            "SELECT d.key FROM demand m CROSS JOIN inbound d
             WHERE m.state IN ('waiting', 'open') AND d.key = m.document {found}
             ORDER BY m.answer_by, m.row LIMIT ?1"
        );
        let mut seen = HashSet::new();
        let mut keys: Vec<DocumentKey> = self
            .connection
            .prepare_cached(&sql)?
            .query_and_then(params_from_iter(values), |row| {
                row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
            })?
            .collect::<Result<_, _>>()?;
        // A document of which two things are demanded stands where the first is due.
        keys.retain(|key| seen.insert(*key));
        Ok(keys)
    }

    /// Demands whose document has not come, by what its sender calls it; answered ones too.
    pub fn unmatched_demands(&self, id: &DocumentId) -> Result<Vec<KeptDemand>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM demand m
                 WHERE m.document IS NULL AND m.document_id = ?1 ORDER BY m.row"
            ))?
            .query_and_then([id.to_string()], from_row)?
            .collect()
    }

    /// Demands of whichever copy of the document that has this id, and while none has come; and of
    /// the one under this key, which an update may have given another id.
    pub fn demands_about(
        &self,
        id: Option<&DocumentId>,
        key: Option<&DocumentKey>,
    ) -> Result<Vec<KeptDemand>, StoreError> {
        let mut about = id.map_or(Ok(Vec::new()), |id| self.unmatched_demands(id))?;
        let copies = id.map_or(Ok(Vec::new()), |id| self.inbound_of_id(id))?;
        let keys: BTreeSet<_> = copies.iter().map(|copy| copy.key).chain(key.copied()).collect();
        for key in keys {
            about.extend(self.demands_of(&key)?);
        }
        Ok(about)
    }

    /// Whether the sender of a demand waits to have the document back, whichever copy of it.
    pub fn is_asked_back(&self, demand: &Demand) -> Result<bool, StoreError> {
        let id = DocumentId::parse(&demand.about.document_id);
        let about = self.demands_about(id.as_ref(), demand.document.as_ref())?;
        for KeptDemand { demand: other, state, .. } in about {
            // What replaces a document under its own id does not ask for itself.
            let itself = other.replacement.is_some() && other.replacement == demand.document;
            let waits = other.kind.cancels() && !state.is_answered() && !itself;
            if waits && self.is_one_agency(&other.sender, &demand.sender)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What `user` is to be told and has not read.
    pub fn unnoticed_demands(&self, user: &str) -> Result<Vec<KeptDemand>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM demand_told t CROSS JOIN demand m
                 WHERE t.user = ?1 AND t.noticed = 0 AND m.id = t.demand"
            ))?
            .query_and_then([user], from_row)?
            .collect()
    }

    /// The documents of this id, whoever sent them, the newest first. All of them: somebody else
    /// may use the id as well, and must not hide the sender's.
    pub fn inbound_of_id(&self, id: &DocumentId) -> Result<Vec<InboundDocument>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {} FROM inbound d WHERE d.document_id = ?1 ORDER BY d.row DESC",
                inbound::COLUMNS
            ))?
            .query_and_then([id.to_string()], inbound::from_row)?
            .collect()
    }
}

fn from_row(row: &Row<'_>) -> Result<KeptDemand, StoreError> {
    let mut demand: Demand = row::from_json(&row.get::<_, String>(0)?)?;
    let document: Option<Vec<u8>> = row.get(3)?;
    demand.document = document.as_deref().map(row::from_key).transpose()?;
    Ok(KeptDemand {
        demand,
        state: row::from_word(row.get(1)?)?,
        answer: row::maybe_json(row.get(2)?)?,
    })
}

// Applying.

pub(super) fn received(
    connection: &Connection,
    demand: &Demand,
    told: &[String],
) -> Result<(), StoreError> {
    let state = match demand.document {
        Some(_) => DemandState::Open,
        None => DemandState::Waiting,
    };
    let id = DocumentId::parse(&demand.about.document_id);
    let added = connection
        .prepare_cached(
            "INSERT INTO demand (id, kind, sender, document_id, document, replacement, answer_by,
                 state, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            row::key(&demand.id),
            row::word(&demand.kind)?,
            demand.sender.as_str(),
            id.map(|id| id.to_string()),
            demand.document.as_ref().map(row::key),
            demand.replacement.as_ref().map(row::key),
            demand.answer_by.to_string(),
            row::word(&state)?,
            row::json(demand)?,
        ])?;
    exactly_one(added, || format!("the demand {} is known", demand.id))?;
    tell(connection, &demand.id, told)
}

pub(super) fn matched(
    connection: &Connection,
    id: &DocumentKey,
    key: &DocumentKey,
    told: &[String],
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE demand SET document = ?2,
                 state = CASE state WHEN 'waiting' THEN 'open' ELSE state END
             WHERE id = ?1 AND document IS NULL",
        )?
        .execute(params![row::key(id), row::key(key)])?;
    exactly_one(changed, || format!("the demand {id} has its document"))?;
    tell(connection, id, told)
}

pub(super) fn answered(
    connection: &Connection,
    id: &DocumentKey,
    answer: &DemandAnswer,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE demand SET state = ?2, answer = ?3
             WHERE id = ?1 AND state IN ('waiting', 'open')",
        )?
        .execute(params![row::key(id), row::word(&answer.state())?, row::json(answer)?])?;
    exactly_one(changed, || format!("the demand {id} waits for no answer"))
}

pub(super) fn noticed(
    connection: &Connection,
    operation: &Operation,
    id: &DocumentKey,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE demand_told SET noticed = 1 WHERE demand = ?1 AND user = ?2")?
        .execute(params![row::key(id), operation.user])?;
    Ok(())
}

/// An update is applied to the document; its bytes of before stay in the store.
pub(super) fn updated(
    connection: &Connection,
    key: &DocumentKey,
    update: &Update,
) -> Result<(), StoreError> {
    let metadata = &update.metadata;
    let changed = connection
        .prepare_cached(
            "UPDATE inbound SET metadata = ?2, document_id = ?3
             WHERE key = ?1 AND state NOT IN ('returned', 'recalled')",
        )?
        .execute(params![
            row::key(key),
            row::json(metadata)?,
            metadata.document_id.as_ref().map(ToString::to_string),
        ])?;
    exactly_one(changed, || format!("there is nothing to update in {key}"))?;
    if let Some(content) = &update.content {
        connection
            .prepare_cached("UPDATE inbound SET files = ?2, verdict = ?3 WHERE key = ?1")?
            .execute(params![
                row::key(key),
                row::json(&content.files)?,
                row::json(&content.verdict)?,
            ])?;
    }
    inbound::reindex(connection, key)
}

fn tell(connection: &Connection, id: &DocumentKey, told: &[String]) -> Result<(), StoreError> {
    let mut insert = connection
        .prepare_cached("INSERT INTO demand_told VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING")?;
    for user in told {
        insert.execute(params![row::key(id), user])?;
    }
    Ok(())
}

/// The document whose history a demand belongs to: its own, or the demand itself while that
/// waits.
pub(super) fn document_of(
    connection: &Connection,
    id: &DocumentKey,
) -> Result<Option<DocumentKey>, StoreError> {
    let document: Option<Option<Vec<u8>>> = connection
        .prepare_cached("SELECT document FROM demand WHERE id = ?1")?
        .query_row([row::key(id)], |row| row.get(0))
        .optional()?;
    match document.flatten() {
        Some(document) => Ok(Some(row::from_key(&document)?)),
        None => Ok(Some(*id)),
    }
}
