//! Outbound documents and how far each has come at its recipients.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::durability;
use super::error::StoreError;
use super::follow;
use super::handling;
use super::inbound::{counted, page};
use super::letter;
use super::register;
use super::reserve;
use super::row;
use super::search::{self, Entry};
use super::view::View;
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::{Delivery, StatusEntry};
use crate::domain::document::{BlobHash, DocumentId, DocumentKey, FileRef, Metadata};
use crate::domain::operation::Change;
use crate::domain::outbound::{Numbering, OutboundDocument, OutboundState, SignatureKind};
use crate::domain::verdict::Level;

/// Which outbound documents are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutboundFilter {
    /// `None` for every state.
    pub state: Option<OutboundState>,
    /// Words that must all occur, diacritics or not; empty for all documents.
    pub words: String,
}

pub(super) const COLUMNS: &str = "d.key, d.state, d.metadata, d.files, d.drafted_by, d.drafted_at, \
                       d.numbering, d.issued_at, d.reason, \
                       (SELECT k.holder FROM draft_desk k WHERE k.row = d.row), \
                       (SELECT u.signed_at FROM unsent u WHERE u.document = d.key), d.replaces";

impl View<'_> {
    pub fn outbound(&self, key: &DocumentKey) -> Result<Option<OutboundDocument>, StoreError> {
        self.connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM outbound d WHERE d.key = ?1"))?
            .query_and_then([row::key(key)], |row| self.outbound_from(row))?
            .next()
            .transpose()
    }

    pub fn outbound_page(
        &self,
        filter: &OutboundFilter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<OutboundDocument>, StoreError> {
        let state = filter.state.as_ref().map(row::word).transpose()?;
        let page = page(self.connection, "outbound", COLUMNS, state, &filter.words, after, limit)?;
        let Some((sql, values)) = page else { return Ok(Vec::new()) };
        self.connection
            .prepare_cached(&sql)?
            .query_and_then(params_from_iter(values), |row| self.outbound_from(row))?
            .collect()
    }

    /// How many documents [`View::outbound_page`] would find, counted up to `most`.
    pub fn outbound_count(&self, filter: &OutboundFilter, most: u32) -> Result<u64, StoreError> {
        let state = filter.state.as_ref().map(row::word).transpose()?;
        counted(self.connection, "outbound", state, &filter.words, most)
    }

    pub fn find_outbound_by_document_id(
        &self,
        id: &DocumentId,
    ) -> Result<Option<OutboundDocument>, StoreError> {
        self.only_outbound("d.document_id = ?1", &id.to_string())
    }

    pub fn find_outbound_by_status_reference(
        &self,
        agency: Option<&AgencyCode>,
        code: &str,
        date: Option<Date>,
        document_id: &str,
    ) -> Result<Option<OutboundDocument>, StoreError> {
        let id = document_id.trim();
        if !id.is_empty()
            && let Some(found) = self.only_outbound("d.document_id = ?1", id)?
        {
            return Ok(Some(found));
        }
        let Some(code) = search::code_key(code) else { return Ok(None) };
        let mut candidates: Vec<OutboundDocument> = self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM outbound d WHERE d.code = ?1 ORDER BY d.row DESC LIMIT 100"
            ))?
            .query_and_then([code], |row| self.outbound_from(row))?
            .collect::<Result<_, _>>()?;
        candidates.retain(|document| {
            let issuer = document.metadata.issuer.as_ref();
            let same_agency =
                agency.zip(issuer).is_none_or(|(asked, issuer)| *asked == issuer.agency);
            let same_date = date.is_none() || document.metadata.issued == date;
            same_agency && same_date
        });
        Ok(if candidates.len() == 1 { candidates.pop() } else { None })
    }

    /// The one document that fits; `None` when none or several do.
    fn only_outbound(
        &self,
        condition: &str,
        value: &str,
    ) -> Result<Option<OutboundDocument>, StoreError> {
        let mut found: Vec<OutboundDocument> = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM outbound d WHERE {condition} LIMIT 2"))?
            .query_and_then([value], |row| self.outbound_from(row))?
            .collect::<Result<_, _>>()?;
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    pub(super) fn outbound_from(&self, row: &Row<'_>) -> Result<OutboundDocument, StoreError> {
        let key = row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        let state: OutboundState = row::from_word(row.get(1)?)?;
        let issued_at = row::maybe_time(row.get(7)?)?;
        Ok(OutboundDocument {
            key,
            state,
            metadata: row::from_json(&row.get::<_, String>(2)?)?,
            files: row::from_json(&row.get::<_, String>(3)?)?,
            drafted_by: row.get(4)?,
            drafted_at: row::time(&row.get::<_, String>(5)?)?,
            numbering: row::maybe_json(row.get(6)?)?,
            deliveries: self.deliveries(&key)?,
            issued_at,
            reason: row.get(8)?,
            held_by: row.get(9)?,
            signed_at: row::maybe_time(row.get(10)?)?,
            replaces: match row.get_ref(11)?.as_blob_or_null().map_err(rusqlite::Error::from)? {
                Some(bytes) => Some(row::from_key(bytes)?),
                None => None,
            },
        })
    }

    pub(super) fn deliveries(&self, key: &DocumentKey) -> Result<Vec<Delivery>, StoreError> {
        let mut deliveries: Vec<Delivery> = self
            .connection
            .prepare_cached(
                "SELECT recipient, name, send, reason, sent_at FROM delivery
                 WHERE document = ?1 ORDER BY position",
            )?
            .query_and_then([row::key(key)], |row| {
                Ok::<_, StoreError>(Delivery {
                    recipient: row::from_word(row.get(0)?)?,
                    name: row.get(1)?,
                    send: row::from_word(row.get(2)?)?,
                    reason: row.get(3)?,
                    sent_at: row::maybe_time(row.get(4)?)?,
                    statuses: Vec::new(),
                    earlier: 0,
                    recall: None,
                    closed: None,
                })
            })?
            .collect::<Result<_, _>>()?;
        for delivery in &mut deliveries {
            delivery.statuses = self
                .connection
                .prepare_cached(
                    "SELECT code, at, description FROM delivery_status
                     WHERE document = ?1 AND recipient = ?2 ORDER BY position",
                )?
                .query_and_then(params![row::key(key), delivery.recipient.as_str()], |row| {
                    Ok::<_, StoreError>(StatusEntry {
                        code: row::from_word(row.get(0)?)?,
                        at: row::time(&row.get::<_, String>(1)?)?,
                        description: row.get(2)?,
                    })
                })?
                .collect::<Result<_, _>>()?;
            follow::turns(self.connection, key, delivery)?;
        }
        Ok(deliveries)
    }
}

pub(super) fn drafted(
    connection: &Connection,
    user: &str,
    change: &Change,
) -> Result<(), StoreError> {
    let Change::OutboundDrafted { key, metadata, files, drafted_at, text, .. } = change else {
        return Err(StoreError::Internal("not a draft".to_owned()));
    };
    let row: Option<i64> = connection
        .prepare_cached(
            "INSERT INTO outbound (key, state, metadata, files, drafted_by, drafted_at,
                 document_id, code, text)
             VALUES (?1, 'draft', ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO NOTHING RETURNING row",
        )?
        .query_row(
            params![
                row::key(key),
                row::json(metadata)?,
                row::json(files)?,
                user,
                drafted_at.to_string(),
                metadata.document_id.as_ref().map(ToString::to_string),
                search::code_key(&metadata.code.to_string()),
                text,
            ],
            |row| row.get(0),
        )
        .optional()?;
    if row.is_none() {
        return Err(StoreError::conflict(format!("the document {key} exists")));
    }
    reindex(connection, key)
}

/// A draft may be edited until it is signed.
pub(super) fn edited(
    connection: &Connection,
    key: &DocumentKey,
    metadata: &Metadata,
    files: &[FileRef],
    text: &str,
) -> Result<(), StoreError> {
    use OutboundState::{Draft, InFormatCheck, InReview, ToSign};
    stands_in(connection, key, &[Draft, InReview, InFormatCheck, ToSign])?;
    connection
        .prepare_cached("UPDATE outbound SET files = ?2, text = ?3 WHERE key = ?1")?
        .execute(params![row::key(key), row::json(&files)?, text])?;
    put_metadata(connection, key, metadata)
}

pub(super) fn moved(
    connection: &Connection,
    key: &DocumentKey,
    from: OutboundState,
    to: OutboundState,
    reason: &str,
) -> Result<(), StoreError> {
    use OutboundState::{Issued, ToIssue, ToSeal};
    if matches!(to, ToSeal | ToIssue | Issued) {
        return Err(StoreError::conflict(format!("{to:?} comes of a deed of its own")));
    }
    step(connection, key, from, to)?;
    if to.is_final() {
        durability::ended(connection, key)?;
        letter::left(connection, key)?;
        reserve::freed_of(connection, key)?;
    }
    connection
        .prepare_cached("UPDATE outbound SET reason = ?2 WHERE key = ?1")?
        .execute(params![row::key(key), reason])?;
    Ok(())
}

/// Number and date are taken at the signer's (Quyết định 01/2019/QĐ-UBND Điều 14 khoản 2),
/// once.
pub(super) fn numbered(
    connection: &Connection,
    key: &DocumentKey,
    numbering: &Numbering,
    metadata: &Metadata,
) -> Result<(), StoreError> {
    // With the personal signature, or with the seal, as the office numbers.
    stands_in(connection, key, &[OutboundState::ToSign, OutboundState::ToSeal])?;
    if is_numbered(connection, key)? {
        return Err(StoreError::conflict(format!("outbound {key} has a number")));
    }
    register::take(connection, &numbering.book, numbering.number, numbering.date, key)?;
    // What was kept for it and not taken waits again.
    reserve::freed_of(connection, key)?;
    connection
        .prepare_cached("UPDATE outbound SET numbering = ?2 WHERE key = ?1")?
        .execute(params![row::key(key), row::json(numbering)?])?;
    put_metadata(connection, key, metadata)
}

pub(super) fn signed(
    connection: &Connection,
    key: &DocumentKey,
    kind: SignatureKind,
    file: &FileRef,
    level: Option<Level>,
    signed_at: Timestamp,
) -> Result<(), StoreError> {
    use OutboundState::{Draft, InFormatCheck, InReview, ToIssue, ToSeal, ToSign};
    let present = stands_in(connection, key, &[Draft, InReview, InFormatCheck, ToSign, ToSeal])?;
    match (kind, present) {
        (SignatureKind::Personal, ToSign) => {
            step(connection, key, ToSign, ToSeal)?;
            letter::signed(connection, key, signed_at)?;
        }
        (SignatureKind::Personal, Draft | InReview | InFormatCheck) => {}
        (SignatureKind::Organisation, ToSeal) => {
            if !is_numbered(connection, key)? {
                return Err(StoreError::conflict(format!("outbound {key} has no number")));
            }
            step(connection, key, ToSeal, ToIssue)?;
            durability::followed(connection, key, &file.blob, level)?;
        }
        (kind, present) => {
            return Err(StoreError::conflict(format!(
                "outbound {key} is {present:?}, no place for the signature {kind:?}"
            )));
        }
    }
    replace_main(connection, key, file)
}

/// A new version of the main file.
fn replace_main(
    connection: &Connection,
    key: &DocumentKey,
    file: &FileRef,
) -> Result<(), StoreError> {
    let files: String = connection
        .prepare_cached("SELECT files FROM outbound WHERE key = ?1")?
        .query_row([row::key(key)], |row| row.get(0))?;
    let mut files: Vec<FileRef> = row::from_json(&files)?;
    match files.iter_mut().find(|known| known.main) {
        Some(main) => *main = file.clone(),
        None => files.insert(0, file.clone()),
    }
    connection
        .prepare_cached("UPDATE outbound SET files = ?2 WHERE key = ?1")?
        .execute(params![row::key(key), row::json(&files)?])?;
    Ok(())
}

/// The organisation signed an attachment, in the step that seals the document.
pub(super) fn annex_signed(
    connection: &Connection,
    key: &DocumentKey,
    before: &BlobHash,
    file: &FileRef,
    level: Option<Level>,
) -> Result<(), StoreError> {
    stands_in(connection, key, &[OutboundState::ToSeal, OutboundState::ToIssue])?;
    let files: String = connection
        .prepare_cached("SELECT files FROM outbound WHERE key = ?1")?
        .query_row([row::key(key)], |row| row.get(0))?;
    let mut files: Vec<FileRef> = row::from_json(&files)?;
    let annex = files.iter_mut().find(|known| !known.main && known.blob == *before);
    let annex = annex.ok_or_else(|| {
        StoreError::conflict(format!("outbound {key} has no attachment {before}"))
    })?;
    *annex = file.clone();
    durability::replaced(connection, key, before)?;
    durability::followed(connection, key, &file.blob, level)?;
    connection
        .prepare_cached("UPDATE outbound SET files = ?2 WHERE key = ?1")?
        .execute(params![row::key(key), row::json(&files)?])?;
    Ok(())
}

pub(super) fn issued(
    connection: &Connection,
    key: &DocumentKey,
    issued_at: Timestamp,
    replaces: Option<&DocumentKey>,
    recipients: &[AgencyCode],
) -> Result<(), StoreError> {
    step(connection, key, OutboundState::ToIssue, OutboundState::Issued)?;
    connection
        .prepare_cached("UPDATE outbound SET issued_at = ?2, replaces = ?3 WHERE key = ?1")?
        .execute(params![row::key(key), issued_at.to_string(), replaces.map(row::key)])?;
    letter::left(connection, key)?;
    for recipient in recipients {
        open_delivery(connection, key, recipient)?;
    }
    Ok(())
}

/// Opens the delivery to one recipient, unless it is open.
pub(super) fn open_delivery(
    connection: &Connection,
    key: &DocumentKey,
    recipient: &AgencyCode,
) -> Result<(), StoreError> {
    let metadata: Option<String> = connection
        .prepare_cached("SELECT metadata FROM outbound WHERE key = ?1")?
        .query_row([row::key(key)], |row| row.get(0))
        .optional()?;
    let metadata: Metadata = row::maybe_json(metadata)?
        .ok_or_else(|| StoreError::NotFound(format!("outbound document {key}")))?;
    let name = metadata
        .recipients
        .iter()
        .find(|known| known.agency == *recipient)
        .map_or(recipient.as_str(), |known| known.name.as_str());
    connection
        .prepare_cached(
            "INSERT INTO delivery (document, recipient, position, name, send)
             SELECT ?1, ?2, coalesce(max(position) + 1, 0), ?3, 'waiting'
             FROM delivery WHERE document = ?1
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![row::key(key), recipient.as_str(), name])?;
    follow::refresh(connection, key, recipient)
}

/// A status that was received before, word for word, is ignored.
pub(super) fn status_received(
    connection: &Connection,
    key: &DocumentKey,
    recipient: &AgencyCode,
    entry: &StatusEntry,
) -> Result<(), StoreError> {
    let known = connection
        .prepare_cached("SELECT 1 FROM delivery WHERE document = ?1 AND recipient = ?2")?
        .exists(params![row::key(key), recipient.as_str()])?;
    if !known {
        return Err(StoreError::conflict(format!("outbound {key} did not go to {recipient}")));
    }
    connection
        .prepare_cached(
            "INSERT INTO delivery_status (document, recipient, position, code, at, description)
             SELECT ?1, ?2,
                 (SELECT coalesce(max(position) + 1, 0) FROM delivery_status
                  WHERE document = ?1 AND recipient = ?2),
                 ?3, ?4, ?5
             WHERE NOT EXISTS (
                 SELECT 1 FROM delivery_status
                 WHERE document = ?1 AND recipient = ?2
                     AND code = ?3 AND at = ?4 AND description = ?5)",
        )?
        .execute(params![
            row::key(key),
            recipient.as_str(),
            row::word(&entry.code)?,
            entry.at.to_string(),
            entry.description,
        ])?;
    follow::refresh(connection, key, recipient)
}

pub(super) fn put_metadata(
    connection: &Connection,
    key: &DocumentKey,
    metadata: &Metadata,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE outbound SET metadata = ?2, document_id = ?3, code = ?4 WHERE key = ?1",
        )?
        .execute(params![
            row::key(key),
            row::json(metadata)?,
            metadata.document_id.as_ref().map(ToString::to_string),
            search::code_key(&metadata.code.to_string()),
        ])?;
    reindex(connection, key)
}

/// Indexes a document anew: its fields, its text, and what was noted on it.
pub(super) fn reindex(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    let kept: Option<(i64, String, String)> = connection
        .prepare_cached("SELECT row, text, metadata FROM outbound WHERE key = ?1")?
        .query_row([row::key(key)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let kept = kept.ok_or_else(|| StoreError::NotFound(format!("document {key}")))?;
    let (row, text, metadata) = (kept.0, kept.1, row::from_json(&kept.2)?);
    let noted = handling::noted(connection, key)?;
    connection.prepare_cached("DELETE FROM outbound_words WHERE rowid = ?1")?.execute([row])?;
    connection
        .prepare_cached("INSERT INTO outbound_words (rowid, words) VALUES (?1, ?2)")?
        .execute(params![
            row,
            search::indexed(&metadata, Entry { text: &text, noted: &noted, ..Entry::default() })
        ])?;
    Ok(())
}

pub(super) fn is_numbered(connection: &Connection, key: &DocumentKey) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM outbound WHERE key = ?1 AND numbering IS NOT NULL")?
        .exists([row::key(key)])?)
}

/// The document's state, if it is one of `states`; else a conflict.
pub(super) fn stands_in(
    connection: &Connection,
    key: &DocumentKey,
    states: &[OutboundState],
) -> Result<OutboundState, StoreError> {
    let word: Option<String> = connection
        .prepare_cached("SELECT state FROM outbound WHERE key = ?1")?
        .query_row([row::key(key)], |row| row.get(0))
        .optional()?;
    let Some(word) = word else {
        return Err(StoreError::NotFound(format!("outbound document {key}")));
    };
    let present = row::from_word(word)?;
    if states.contains(&present) {
        Ok(present)
    } else {
        Err(StoreError::conflict(format!("outbound {key} is {present:?}, wanted {states:?}")))
    }
}

fn step(
    connection: &Connection,
    key: &DocumentKey,
    from: OutboundState,
    to: OutboundState,
) -> Result<(), StoreError> {
    stands_in(connection, key, &[from])?;
    if !from.may_become(to) {
        return Err(StoreError::conflict(format!("outbound {key}: no way {from:?} to {to:?}")));
    }
    connection
        .prepare_cached("UPDATE outbound SET state = ?2 WHERE key = ?1")?
        .execute(params![row::key(key), row::word(&to)?])?;
    Ok(())
}
