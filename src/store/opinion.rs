//! Drafts on people's desks: who has them, their versions, what was decided and remarked.
//!
//! The table `draft_desk` is kept by triggers (migration 11): whatever moves a draft gives it to
//! whoever has the role, and back to its drafter by name; an opinion may then name somebody.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use uuid::Uuid;

use super::error::StoreError;
use super::search::Asked;
use super::view::View;
use super::writer::Writer;
use super::{row, search};
use crate::domain::document::{DocumentKey, FileRef};
use crate::domain::operation::{Change, Operation};
use crate::domain::opinion::{
    Comment, GivenOpinion, Holder, KeptComment, Opinion, Reply, Version, VersionKind,
};
use crate::domain::outbound::{OutboundDocument, OutboundState, SignatureKind};

/// Which of the drafts that lie with somebody are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftFilter {
    pub user: String,
    /// States in which a role of the user's may act.
    pub states: Vec<OutboundState>,
    /// Only those that stand here.
    pub state: Option<OutboundState>,
    /// Words that must all occur; empty for all.
    pub words: String,
    /// Only those that somebody else has decided on after this opinion, by its row.
    pub after_opinion: Option<i64>,
}

impl DraftFilter {
    /// The condition on `draft_desk k`, and its values; `None` where the words cannot be
    /// searched for.
    fn condition(&self) -> Result<Option<(String, Vec<Value>)>, StoreError> {
        let mut values =
            vec![Value::from(self.user.clone()), Value::from(row::json(&self.states)?)];
        let mut sql = WITH.to_owned();
        if let Some(state) = &self.state {
            values.push(Value::from(row::word(state)?));
            sql += &format!(" AND k.state = ?{}", values.len());
        }
        if let Some(row) = self.after_opinion {
            values.push(Value::from(row));
            sql += &format!(
                " AND EXISTS (SELECT 1 FROM opinion o WHERE o.document = k.document
                     AND o.row > ?{} AND o.user <> ?1)",
                values.len()
            );
        }
        match search::asked(&self.words) {
            Asked::Everything => {}
            Asked::Nothing => return Ok(None),
            Asked::Index(expression) => {
                values.push(Value::from(expression));
                sql += &format!(
                    " AND k.row IN (SELECT rowid FROM outbound_words
                                    WHERE outbound_words MATCH ?{})",
                    values.len()
                );
            }
        }
        Ok(Some((sql, values)))
    }
}

/// Which rows of `draft_desk k` lie with `?1`, by name or by a role that acts in one of the
/// states of the JSON list `?2`.
const WITH: &str = "(k.holder = ?1 OR (k.holder = ''
                     AND k.state IN (SELECT value FROM json_each(?2))))";

impl View<'_> {
    pub fn drafts_for(
        &self,
        filter: &DraftFilter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<OutboundDocument>, StoreError> {
        let Some((condition, mut values)) = filter.condition()? else { return Ok(Vec::new()) };
        let before = match after {
            None => i64::MAX,
            Some(key) => self
                .connection
                .prepare_cached("SELECT row FROM outbound WHERE key = ?1")?
                .query_row([row::key(&key)], |row| row.get(0))
                .optional()?
                .unwrap_or(i64::MAX),
        };
        values.extend([Value::from(before), Value::from(i64::from(limit))]);
        let sql = format!(
            "SELECT {} FROM draft_desk k CROSS JOIN outbound d
             WHERE d.row = k.row AND k.row < ?{} AND {condition} ORDER BY k.row DESC LIMIT ?{}",
            super::outbound::COLUMNS,
            values.len() - 1,
            values.len()
        );
        self.connection
            .prepare_cached(&sql)?
            .query_and_then(params_from_iter(values), |row| self.outbound_from(row))?
            .collect()
    }

    pub fn draft_count_for(&self, filter: &DraftFilter) -> Result<u64, StoreError> {
        let Some((condition, values)) = filter.condition()? else { return Ok(0) };
        let sql = format!("SELECT count(*) FROM draft_desk k WHERE {condition}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let count = statement.query_row(params_from_iter(values), |row| row.get(0))?;
        Ok(row::unsigned(count))
    }

    pub fn newest_opinion(&self) -> Result<i64, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT coalesce(max(row), 0) FROM opinion")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    pub fn draft_holder(&self, key: &DocumentKey) -> Result<Option<Holder>, StoreError> {
        self.connection
            .prepare_cached("SELECT state, holder FROM draft_desk WHERE document = ?1")?
            .query_and_then([row::key(key)], |row| {
                Ok(Holder { state: row::from_word(row.get(0)?)?, user: row.get(1)? })
            })?
            .next()
            .transpose()
    }

    pub fn versions(&self, key: &DocumentKey) -> Result<Vec<Version>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT number, kind, at_millis, user, file, source, why FROM draft_version
                 WHERE document = ?1 ORDER BY number",
            )?
            .query_and_then([row::key(key)], |row| {
                Ok(Version {
                    number: row.get(0)?,
                    kind: row::from_word(row.get(1)?)?,
                    at: millis(row.get(2)?)?,
                    user: row.get(3)?,
                    file: row::from_json(&row.get::<_, String>(4)?)?,
                    source: row::maybe_json(row.get(5)?)?,
                    why: row.get(6)?,
                })
            })?
            .collect()
    }

    pub fn opinions(&self, key: &DocumentKey) -> Result<Vec<GivenOpinion>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT at_millis, user, role, body FROM opinion WHERE document = ?1 ORDER BY row",
            )?
            .query_and_then([row::key(key)], |row| {
                let role: Option<String> = row.get(2)?;
                Ok(GivenOpinion {
                    at: millis(row.get(0)?)?,
                    user: row.get(1)?,
                    role: role.map(row::from_word).transpose()?,
                    opinion: row::from_json(&row.get::<_, String>(3)?)?,
                })
            })?
            .collect()
    }

    pub fn comments(&self, key: &DocumentKey) -> Result<Vec<KeptComment>, StoreError> {
        let mut comments = self
            .connection
            .prepare_cached(
                "SELECT at_millis, user, body FROM comment WHERE document = ?1 ORDER BY row",
            )?
            .query_and_then([row::key(key)], |row| {
                Ok(KeptComment {
                    at: millis(row.get(0)?)?,
                    user: row.get(1)?,
                    comment: row::from_json(&row.get::<_, String>(2)?)?,
                    replies: Vec::new(),
                })
            })?
            .collect::<Result<Vec<_>, StoreError>>()?;
        for kept in &mut comments {
            kept.replies = self
                .connection
                .prepare_cached(
                    "SELECT at_millis, user, text, settles FROM comment_reply
                     WHERE comment = ?1 ORDER BY row",
                )?
                .query_and_then([kept.comment.id.as_bytes().as_slice()], |row| {
                    Ok(Reply {
                        at: millis(row.get(0)?)?,
                        user: row.get(1)?,
                        text: row.get(2)?,
                        settles: row.get(3)?,
                    })
                })?
                .collect::<Result<_, StoreError>>()?;
        }
        Ok(comments)
    }
}

impl Writer<'_> {
    /// The number of the newest version of a document's main file; 0 where there is none.
    pub fn newest_version(&self, key: &DocumentKey) -> Result<u32, StoreError> {
        newest(self.connection, key)
    }
}

fn newest(connection: &Connection, key: &DocumentKey) -> Result<u32, StoreError> {
    Ok(connection
        .prepare_cached("SELECT coalesce(max(number), 0) FROM draft_version WHERE document = ?1")?
        .query_row([row::key(key)], |row| row.get(0))?)
}

fn millis(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|error| StoreError::damaged("database", error))
}

// Applying.

/// A version of the main file, as one operation makes it.
struct Made<'a> {
    kind: VersionKind,
    file: &'a FileRef,
    source: Option<&'a FileRef>,
    why: &'a str,
}

pub(super) fn drafted(
    connection: &Connection,
    operation: &Operation,
    change: &Change,
) -> Result<(), StoreError> {
    let Change::OutboundDrafted { key, files, source, .. } = change else {
        return Err(StoreError::Internal("not a draft".to_owned()));
    };
    let Some(file) = files.iter().find(|file| file.main) else { return Ok(()) };
    let kind = VersionKind::Drafted;
    version(connection, operation, key, Made { kind, file, source: source.as_ref(), why: "" })
}

pub(super) fn edited(
    connection: &Connection,
    operation: &Operation,
    change: &Change,
) -> Result<(), StoreError> {
    let Change::OutboundEdited { key, files, source, why, .. } = change else {
        return Err(StoreError::Internal("not an edit".to_owned()));
    };
    let Some(file) = files.iter().find(|file| file.main) else { return Ok(()) };
    let kind = VersionKind::Edited;
    version(connection, operation, key, Made { kind, file, source: source.as_ref(), why })
}

pub(super) fn signed(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    kind: SignatureKind,
    file: &FileRef,
) -> Result<(), StoreError> {
    let kind = match kind {
        SignatureKind::Personal => VersionKind::SignedPersonally,
        SignatureKind::Organisation => VersionKind::Sealed,
    };
    version(connection, operation, key, Made { kind, file, source: None, why: "" })
}

/// The same bytes once more are no new version.
fn version(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    made: Made<'_>,
) -> Result<(), StoreError> {
    let number = newest(connection, key)?;
    let before: Option<String> = connection
        .prepare_cached("SELECT file FROM draft_version WHERE document = ?1 AND number = ?2")?
        .query_row(params![row::key(key), number], |row| row.get(0))
        .optional()?;
    if let Some(before) = before
        && row::from_json::<FileRef>(&before)?.blob == made.file.blob
    {
        return Ok(());
    }
    connection
        .prepare_cached("INSERT INTO draft_version VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            row::key(key),
            number + 1,
            row::word(&made.kind)?,
            operation.time.millis,
            operation.user,
            row::json(made.file)?,
            made.source.map(row::json).transpose()?,
            made.why,
        ])?;
    Ok(())
}

pub(super) fn given(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    opinion: &Opinion,
) -> Result<(), StoreError> {
    must_exist(connection, key)?;
    connection
        .prepare_cached(
            "INSERT INTO opinion (document, at_millis, user, role, body)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            row::key(key),
            operation.time.millis,
            operation.user,
            operation.role.as_ref().map(row::word).transpose()?,
            row::json(opinion)?,
        ])?;
    if !opinion.to.is_empty() {
        connection
            .prepare_cached("UPDATE draft_desk SET holder = ?2 WHERE document = ?1")?
            .execute(params![row::key(key), opinion.to])?;
    }
    Ok(())
}

pub(super) fn commented(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    comment: &Comment,
) -> Result<(), StoreError> {
    must_exist(connection, key)?;
    if comment.anchor.is_some_and(|anchor| !anchor.is_sound()) {
        return Err(StoreError::conflict(format!("the comment {} is nowhere", comment.id)));
    }
    let added = connection
        .prepare_cached(
            "INSERT INTO comment (id, document, at_millis, user, body)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            comment.id.as_bytes().as_slice(),
            row::key(key),
            operation.time.millis,
            operation.user,
            row::json(comment)?,
        ])?;
    if added == 1 {
        Ok(())
    } else {
        Err(StoreError::conflict(format!("the comment {} exists", comment.id)))
    }
}

pub(super) fn answered(
    connection: &Connection,
    operation: &Operation,
    key: &DocumentKey,
    comment: Uuid,
    text: &str,
    settles: Option<bool>,
) -> Result<(), StoreError> {
    let known = connection
        .prepare_cached("SELECT 1 FROM comment WHERE id = ?1 AND document = ?2")?
        .exists(params![comment.as_bytes().as_slice(), row::key(key)])?;
    if !known {
        return Err(StoreError::NotFound(format!("comment {comment} on {key}")));
    }
    connection
        .prepare_cached(
            "INSERT INTO comment_reply (comment, at_millis, user, text, settles)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            comment.as_bytes().as_slice(),
            operation.time.millis,
            operation.user,
            text,
            settles,
        ])?;
    Ok(())
}

fn must_exist(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    super::outbound::stands_in(connection, key, &OutboundState::ALL).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{BlobHash, Metadata};
    use crate::domain::role::Role;
    use crate::store::{Actor, KdfCost, Store};
    use crate::token::Pin;

    const MIGRATION: &str = include_str!("migrations/0011_drafts.sql");

    fn file(blob: BlobHash) -> FileRef {
        let (name, media_type) = ("a \"b\".pdf".to_owned(), "application/pdf".to_owned());
        FileRef { blob, name, media_type, size: 1, main: true }
    }

    /// The versions of a store of before are those that replaying its operations gives.
    #[test]
    fn an_older_store_gets_its_versions_from_its_operations() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create_with(dir.path(), "be", &Pin::new("x"), KdfCost::FAST).unwrap();
        let key = DocumentKey::fresh();
        store
            .write(&Actor::new("be", Role::Clerk), move |writer| {
                let blobs = ["một", "hai", "ba"].map(|text| writer.put_blob(text.as_bytes()));
                let [first, second, third] = blobs;
                let files = vec![file(first?)];
                writer.append(Change::OutboundDrafted {
                    key,
                    metadata: Metadata::default(),
                    files: files.clone(),
                    drafted_at: Timestamp::UNIX_EPOCH,
                    text: "Điều 1".to_owned(),
                    source: None,
                    accepted_differences: None,
                })?;
                let second = vec![file(second?)];
                for files in [files, second.clone(), second] {
                    writer.append(Change::OutboundEdited {
                        key,
                        metadata: Metadata::default(),
                        files,
                        text: "Điều 2".to_owned(),
                        source: None,
                        accepted_differences: None,
                        why: String::new(),
                    })?;
                }
                writer.append(Change::OutboundMoved {
                    key,
                    from: OutboundState::Draft,
                    to: OutboundState::InReview,
                    reason: String::new(),
                })?;
                writer.append(Change::OutboundSigned {
                    key,
                    kind: SignatureKind::Personal,
                    file: file(third?),
                    signer: "An".to_owned(),
                    serial: "1".to_owned(),
                    signed_at: Timestamp::UNIX_EPOCH,
                    level: None,
                })
            })
            .unwrap();
        let versions = store.versions(&key).unwrap();
        assert_eq!(versions.len(), 3);
        store
            .write_local(|connection| {
                // As it was before the migration.
                connection.execute_batch(
                    "DROP TRIGGER draft_begun; DROP TRIGGER draft_moved; DROP TABLE draft_desk;
                     DROP TABLE draft_version; DROP TABLE opinion; DROP TABLE comment;
                     DROP TABLE comment_reply; DROP TABLE draft_template;
                     DROP TABLE recipient_group; DROP TABLE draft_form;",
                )?;
                Ok(connection.execute_batch(MIGRATION)?)
            })
            .unwrap();
        assert_eq!(store.versions(&key).unwrap(), versions);
        assert_eq!(store.rebuild_and_compare().unwrap().problems, []);
    }
}
