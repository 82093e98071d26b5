//! How durably signed files are made, and what was tried to make their signatures last longer.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::duplicate;
use super::error::StoreError;
use super::outbound::stands_in;
use super::row;
use super::view::View;
use crate::domain::copy::{CertifiedCopy, Unsecured};
use crate::domain::document::{BlobHash, DocumentKey, FileRef};
use crate::domain::outbound::OutboundState;
use crate::domain::verdict::Level;

/// How durably one file is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    /// Of a certified copy: the document that it is a copy of.
    pub document: DocumentKey,
    /// The file as it is now.
    pub blob: BlobHash,
    pub level: Level,
    /// The newest archival time stamp ends then; `None` where there is none.
    pub renew_before: Option<Timestamp>,
}

/// Tries to extend a file's signatures, of which none succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedExtension {
    pub tries: u32,
    /// The last of them.
    pub at: Timestamp,
    /// It is not tried again by itself before.
    pub not_before: Timestamp,
    /// Code of its problem, and the facts that the sentence names.
    pub code: String,
    pub args: Vec<(String, String)>,
}

const COLUMNS: &str = "d.document, d.blob, d.level, d.renew_before_millis";

/// What went back or was called back is left as it is, and may come again.
const LEFT: &str = "EXISTS (SELECT 1 FROM inbound i WHERE i.key = d.document
                            AND i.state IN ('returned', 'recalled'))";

/// It was tried, and failed.
const TRIED: &str = "EXISTS (SELECT 1 FROM extension_attempt t
                             WHERE t.document = d.document AND t.blob = d.blob)";

impl View<'_> {
    pub fn durability(&self, key: &DocumentKey) -> Result<Vec<Durability>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM durability d WHERE d.document = ?1 ORDER BY d.blob"
            ))?
            .query_and_then([row::key(key)], durability)?
            .collect()
    }

    pub fn awaiting_extension(
        &self,
        wanted: Level,
        ending_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Durability>, StoreError> {
        let (wanted, ending) = (rank(wanted), ending_before.as_millisecond());
        // Never tried and below the wish, never tried and ending; each through its own index.
        let mut found: Vec<Durability> = self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM durability d
                 WHERE d.level < ?1 AND NOT {TRIED} AND NOT {LEFT}
                 ORDER BY d.level, d.document, d.blob LIMIT ?2"
            ))?
            .query_and_then(params![wanted, limit], durability)?
            .collect::<Result<_, _>>()?;
        let soon: Vec<Durability> = self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM durability d
                 WHERE d.renew_before_millis < ?1 AND d.level >= ?2 AND NOT {TRIED} AND NOT {LEFT}
                 ORDER BY d.renew_before_millis LIMIT ?3"
            ))?
            .query_and_then(params![ending, wanted, limit], durability)?
            .collect::<Result<_, _>>()?;
        let tried: Vec<Durability> = self
            .connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM extension_attempt a
                 CROSS JOIN durability d ON d.document = a.document AND d.blob = a.blob
                 WHERE a.at_millis > ?1 AND (d.level < ?2 OR d.renew_before_millis < ?3)
                   AND NOT {LEFT}
                 ORDER BY a.at_millis LIMIT ?4"
            ))?
            .query_and_then(params![i64::MIN, wanted, ending, limit], durability)?
            .collect::<Result<_, _>>()?;
        found.extend(soon);
        found.extend(tried);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    pub fn failed_extension(
        &self,
        key: &DocumentKey,
        blob: &BlobHash,
    ) -> Result<Option<FailedExtension>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT tries, at_millis, not_before_millis, code, args FROM extension_attempt
                 WHERE document = ?1 AND blob = ?2",
            )?
            .query_and_then(params![row::key(key), blob.0], |row| {
                Ok::<_, StoreError>(FailedExtension {
                    tries: row.get(0)?,
                    at: moment(row.get(1)?)?,
                    not_before: moment(row.get(2)?)?,
                    code: row.get(3)?,
                    args: row::from_json(&row.get::<_, String>(4)?)?,
                })
            })?
            .next()
            .transpose()
    }
}

fn durability(row: &Row<'_>) -> Result<Durability, StoreError> {
    let level: u8 = row.get(2)?;
    let level = Level::ALL.get(usize::from(level)).copied();
    Ok(Durability {
        document: row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?,
        blob: BlobHash(row.get(1)?),
        level: level.ok_or_else(|| StoreError::damaged("database", "an unknown level"))?,
        renew_before: row.get::<_, Option<i64>>(3)?.map(moment).transpose()?,
    })
}

fn moment(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|error| StoreError::damaged("database", error))
}

fn rank(level: Level) -> i64 {
    match level {
        Level::Bb => 0,
        Level::Bt => 1,
        Level::Blt => 2,
        Level::Blta => 3,
    }
}

/// From the organisation's signature on, how durable a file's signatures are is followed; what
/// was not noted counts as nothing that lasts.
pub(super) fn followed(
    connection: &Connection,
    key: &DocumentKey,
    blob: &BlobHash,
    level: Option<Level>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO durability VALUES (?1, ?2, ?3, NULL)")?
        .execute(params![row::key(key), blob.0, rank(level.unwrap_or_default())])?;
    Ok(())
}

/// Another file stands in the place of this one.
pub(super) fn replaced(
    connection: &Connection,
    key: &DocumentKey,
    blob: &BlobHash,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM durability WHERE document = ?1 AND blob = ?2")?
        .execute(params![row::key(key), blob.0])?;
    Ok(())
}

/// A document that is recalled or given up is kept as it is, and so are its copies.
pub(super) fn ended(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM durability WHERE document = ?1")?
        .execute([row::key(key)])?;
    Ok(())
}

/// A new version of a file, in which the signatures last longer: `file` in the place of
/// `before`, which in old operations is the main file. They never last shorter than before;
/// in a certified copy those of others may, which are `unsecured`.
pub(super) fn extended(
    connection: &Connection,
    key: &DocumentKey,
    before: Option<&BlobHash>,
    file: &FileRef,
    level: Level,
    renew_before: Option<Timestamp>,
    unsecured: &[Unsecured],
) -> Result<(), StoreError> {
    let before = match before {
        Some(before) => before.clone(),
        None => main_of_ours(connection, key)?,
    };
    let known: Option<i64> = connection
        .prepare_cached("SELECT level FROM durability WHERE document = ?1 AND blob = ?2")?
        .query_row(params![row::key(key), before.0], |row| row.get(0))
        .optional()?;
    if known.is_none_or(|known| known > rank(level)) {
        return Err(StoreError::conflict(format!(
            "{before} of {key} is not below {}",
            level.name()
        )));
    }
    replaced(connection, key, &before)?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO durability VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            row::key(key),
            file.blob.0,
            rank(level),
            renew_before.map(Timestamp::as_millisecond)
        ])?;
    stand_in(connection, key, &before, file, unsecured)
}

fn main_of_ours(connection: &Connection, key: &DocumentKey) -> Result<BlobHash, StoreError> {
    let files = files_of(connection, "outbound", key)?.unwrap_or_default();
    let main = files.into_iter().find(|file| file.main).map(|file| file.blob);
    main.ok_or_else(|| StoreError::conflict(format!("outbound {key} has no main file")))
}

/// Puts `file` where `before` stood: in a sealed document of ours, in one that came on paper, or
/// in a certified copy of the document.
fn stand_in(
    connection: &Connection,
    key: &DocumentKey,
    before: &BlobHash,
    file: &FileRef,
    unsecured: &[Unsecured],
) -> Result<(), StoreError> {
    for table in ["outbound", "inbound"] {
        let mut files = files_of(connection, table, key)?.unwrap_or_default();
        let Some(known) = files.iter_mut().find(|known| known.blob == *before) else { continue };
        let main = known.main;
        *known = FileRef { main, ..file.clone() };
        if table == "outbound" {
            stands_in(connection, key, &[OutboundState::ToIssue, OutboundState::Issued])?;
        } else if main {
            duplicate::has_main(connection, key, &file.blob)?;
        }
        connection
            .prepare_cached(&format!("UPDATE {table} SET files = ?2 WHERE key = ?1"))?
            .execute(params![row::key(key), row::json(&files)?])?;
        return Ok(());
    }
    let copy =
        View { connection }.copies_of(key)?.into_iter().find(|copy| copy.file.blob == *before);
    let copy = copy.ok_or_else(|| StoreError::conflict(format!("{key} has no file {before}")))?;
    let (file, unsecured) = (file.clone(), unsecured.to_vec());
    let copy = CertifiedCopy { file, unsecured, ..copy };
    connection
        .prepare_cached("UPDATE certified_copy SET body = ?2 WHERE id = ?1")?
        .execute(params![row::key(&copy.id), row::json(&copy)?])?;
    Ok(())
}

fn files_of(
    connection: &Connection,
    table: &str,
    key: &DocumentKey,
) -> Result<Option<Vec<FileRef>>, StoreError> {
    let files: Option<String> = connection
        .prepare_cached(&format!("SELECT files FROM {table} WHERE key = ?1"))?
        .query_row([row::key(key)], |row| row.get(0))
        .optional()?;
    row::maybe_json(files)
}

pub(super) fn extension_failed(
    connection: &Connection,
    document: &DocumentKey,
    blob: &BlobHash,
    at: &Timestamp,
    not_before: &Timestamp,
    code: &str,
    args: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO extension_attempt VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET tries = tries + 1, at_millis = excluded.at_millis,
                 not_before_millis = excluded.not_before_millis,
                 code = excluded.code, args = excluded.args",
        )?
        .execute(params![
            row::key(document),
            blob.0,
            at.as_millisecond(),
            not_before.as_millisecond(),
            code,
            args
        ])?;
    Ok(())
}

pub(super) fn forget_failed_extension(
    connection: &Connection,
    document: &DocumentKey,
    blob: &BlobHash,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM extension_attempt WHERE document = ?1 AND blob = ?2")?
        .execute(params![row::key(document), blob.0])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::Metadata;
    use crate::domain::operation::Change;
    use crate::domain::outbound::SignatureKind;
    use crate::domain::role::Role;
    use crate::store::{Actor, KdfCost, Store};
    use crate::token::Pin;

    const MIGRATION: &str = include_str!("migrations/0019_files.sql");

    /// As the tables were before.
    const BEFORE: &str = "
        CREATE TABLE old AS SELECT * FROM extension_attempt;
        DROP TABLE durability; DROP TABLE extension_attempt;
        CREATE TABLE durability (
            document BLOB PRIMARY KEY,
            level    INTEGER NOT NULL CHECK (level BETWEEN 0 AND 3),
            renew_before_millis INTEGER
        ) STRICT, WITHOUT ROWID;
        INSERT INTO durability
            SELECT key, 0, NULL FROM outbound WHERE state IN ('to_issue', 'issued');
        CREATE TABLE extension_attempt (
            document BLOB PRIMARY KEY, tries INTEGER NOT NULL, at_millis INTEGER NOT NULL,
            code TEXT NOT NULL, args TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO extension_attempt SELECT document, tries, at_millis, code, args FROM old;
        DROP TABLE old;";

    fn file(blob: BlobHash, main: bool) -> FileRef {
        let (name, media_type) = ("a \"b\".pdf".to_owned(), "application/pdf".to_owned());
        FileRef { blob, name, media_type, size: 1, main }
    }

    /// An older store follows its annexes too, and tries again what it tried.
    #[test]
    fn an_older_store_follows_every_file_that_was_signed() {
        use crate::domain::outbound::{Numbering, OutboundState};
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create_with(dir.path(), "be", &Pin::new("x"), KdfCost::FAST).unwrap();
        let key = DocumentKey::fresh();
        let signed = move |kind, blob| Change::OutboundSigned {
            key,
            kind,
            file: file(blob, true),
            signer: "An".to_owned(),
            serial: "1".to_owned(),
            signed_at: Timestamp::UNIX_EPOCH,
            level: None,
        };
        store
            .write(&Actor::new("be", Role::Clerk), move |writer| {
                let blobs = ["một", "hai", "ba", "bốn", "năm"];
                let blobs = blobs.map(|text| writer.put_blob(text.as_bytes()));
                let [main, annex, personal, after, seal] = blobs;
                let annex = annex?;
                writer.append(Change::OutboundDrafted {
                    key,
                    metadata: Metadata::default(),
                    files: vec![file(main?, true), file(annex.clone(), false)],
                    drafted_at: Timestamp::UNIX_EPOCH,
                    text: String::new(),
                    source: None,
                    accepted_differences: None,
                })?;
                writer.append(Change::OutboundMoved {
                    key,
                    from: OutboundState::Draft,
                    to: OutboundState::ToSign,
                    reason: String::new(),
                })?;
                let book = crate::domain::book::BookId::outbound(2026, "");
                let number = writer.next_number(&book)?;
                let date = jiff::civil::date(2026, 3, 4);
                let numbering = Numbering { book, number, date };
                let metadata = Metadata::default();
                writer.append(Change::OutboundNumbered { key, numbering, metadata })?;
                writer.append(signed(SignatureKind::Personal, personal?))?;
                writer.append(Change::OutboundAnnexSigned {
                    key,
                    before: annex,
                    file: file(after?, false),
                    signer: "An".to_owned(),
                    serial: "1".to_owned(),
                    signed_at: Timestamp::UNIX_EPOCH,
                    level: None,
                })?;
                writer.append(signed(SignatureKind::Organisation, seal?))
            })
            .unwrap();
        let followed = store.durability(&key).unwrap();
        assert_eq!(followed.len(), 2);
        let main = followed.iter().find(|one| one.blob == BlobHash::of("năm".as_bytes()));
        let main = &main.unwrap().blob;
        let at = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
        store.extension_failed(&key, main, &at, &at, "signing-no-timestamp", "[]").unwrap();
        let failed = store.failed_extension(&key, main).unwrap();
        store
            .write_local(|connection| {
                connection.execute_batch(BEFORE)?;
                Ok(connection.execute_batch(MIGRATION)?)
            })
            .unwrap();
        assert_eq!(store.durability(&key).unwrap(), followed);
        assert_eq!(store.failed_extension(&key, main).unwrap(), failed);
        assert_eq!(store.rebuild_and_compare().unwrap().problems, []);
    }
}
