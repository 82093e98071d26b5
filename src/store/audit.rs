//! Audit: is the chain whole, and do the tables say what the operations say?

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::apply::apply;
use super::connection;
use super::error::StoreError;
use super::row;
use super::table::{REPLICATED, SEARCHED};
use super::writer::record;
use super::{Store, head};
use crate::domain::clock::Hlc;
use crate::domain::operation::Operation;

/// What walking the chain showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    pub operations: u64,
    /// Desks whose operations are in the chain.
    pub desks: u64,
    /// Logical times of the first and last operation.
    pub first: Option<Hlc>,
    pub last: Option<Hlc>,
    /// At most [`MOST_PROBLEMS`]; empty when the chain is whole.
    pub problems: Vec<AuditProblem>,
}

impl AuditReport {
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditProblem {
    /// Position in the store, from 1; `None` where the problem is not at one operation.
    pub row: Option<u64>,
    pub kind: AuditProblemKind,
    /// In English, for the log and for experts.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditProblemKind {
    /// The text of an operation does not read, or not back to the same text.
    Unreadable,
    /// The text is not what its hash says.
    Changed,
    /// The columns beside the text contradict it.
    Mislabelled,
    /// The sequence of a desk jumps: something was removed or put in.
    Gap,
    /// It does not follow the operation before it.
    Unlinked,
    /// Logical time runs backwards.
    Backwards,
    /// The chain does not reach the head that was noted beside the database.
    Cut,
    /// A table is not what replaying the operations gives.
    Table,
}

pub const MOST_PROBLEMS: usize = 1000;

/// How far one desk's chain has been followed.
struct Link {
    sequence: u64,
    hash: String,
    time: Hlc,
}

impl Store {
    /// Walks the whole chain: texts, hashes, links, sequences, times, and the noted head.
    pub fn audit(&self) -> Result<AuditReport, StoreError> {
        // A note that is younger than the view would look like a cut.
        self.note_head()?;
        let mut report = self.view(|view| walk(view.connection))?;
        let cut = self.view(|view| head::audit(self.dir(), self.key(), view.connection))?;
        for detail in cut {
            complain(&mut report.problems, None, AuditProblemKind::Cut, detail);
        }
        Ok(report)
    }

    /// Replays all operations into an empty database in memory and compares every
    /// replicated table row by row. Takes memory of the size of the tables.
    pub fn rebuild_and_compare(&self) -> Result<AuditReport, StoreError> {
        let mut report = self.audit()?;
        let problems = self.view(|view| rebuild(view.connection))?;
        for problem in problems {
            complain(&mut report.problems, problem.row, problem.kind, problem.detail);
        }
        Ok(report)
    }
}

fn complain(
    problems: &mut Vec<AuditProblem>,
    row: Option<u64>,
    kind: AuditProblemKind,
    detail: impl ToString,
) {
    if problems.len() < MOST_PROBLEMS {
        problems.push(AuditProblem { row, kind, detail: detail.to_string() });
    }
}

fn walk(connection: &Connection) -> Result<AuditReport, StoreError> {
    use AuditProblemKind::{Backwards, Changed, Gap, Mislabelled, Unlinked, Unreadable};
    let mut desks: BTreeMap<Uuid, Link> = BTreeMap::new();
    let mut report =
        AuditReport { operations: 0, desks: 0, first: None, last: None, problems: Vec::new() };
    let mut expected_row = 0;
    let mut statement = connection.prepare(
        "SELECT row, id, desk, sequence, millis, counter, hash, body FROM operation ORDER BY row",
    )?;
    let mut rows = statement.query([])?;
    while let Some(columns) = rows.next()? {
        let place = row::unsigned(columns.get(0)?);
        let hash: String = columns.get(6)?;
        let body: String = columns.get(7)?;
        let problems = &mut report.problems;
        report.operations += 1;
        expected_row += 1;
        if place != expected_row {
            complain(problems, Some(place), Gap, format!("expected position {expected_row}"));
            expected_row = place;
        }
        if Operation::hash_of(&body) != hash {
            complain(problems, Some(place), Changed, "the text is not what its hash says");
        }
        let operation: Operation = match serde_json::from_str(&body) {
            Ok(operation) => operation,
            Err(error) => {
                complain(problems, Some(place), Unreadable, error);
                continue;
            }
        };
        if operation.canonical().ok().as_deref() != Some(body.as_str()) {
            complain(problems, Some(place), Unreadable, "the text is not in its canonical form");
        }
        if !labels_fit(columns, &operation)? {
            complain(problems, Some(place), Mislabelled, "the columns contradict the text");
        }
        let before = desks.get(&operation.desk);
        let (sequence, previous, time) = before
            .map_or((0, Operation::GENESIS, Hlc::ZERO), |link| {
                (link.sequence, link.hash.as_str(), link.time)
            });
        if operation.sequence != sequence + 1 {
            let detail = format!("sequence {} follows {sequence}", operation.sequence);
            complain(problems, Some(place), Gap, detail);
        }
        if operation.previous != previous {
            complain(problems, Some(place), Unlinked, "it names another predecessor");
        }
        if operation.time <= time {
            complain(problems, Some(place), Backwards, format!("{} after {time}", operation.time));
        }
        report.first = report.first.or(Some(operation.time));
        report.last = Some(operation.time);
        // What follows is judged by the text as it stands, so that one change is one finding.
        let link = Link {
            sequence: operation.sequence,
            hash: Operation::hash_of(&body),
            time: operation.time,
        };
        desks.insert(operation.desk, link);
    }
    report.desks = desks.len() as u64;
    Ok(report)
}

fn labels_fit(columns: &Row<'_>, operation: &Operation) -> Result<bool, StoreError> {
    let id: Vec<u8> = columns.get(1)?;
    let desk: Vec<u8> = columns.get(2)?;
    let time = Hlc { millis: columns.get(4)?, counter: columns.get(5)? };
    Ok(id == operation.id.as_bytes()
        && desk == operation.desk.as_bytes()
        && row::unsigned(columns.get(3)?) == operation.sequence
        && time == operation.time)
}

fn rebuild(original: &Connection) -> Result<Vec<AuditProblem>, StoreError> {
    let mut problems = Vec::new();
    let mut replica = connection::scratch()?;
    let transaction = replica.transaction()?;
    let mut statement = original.prepare("SELECT row, body FROM operation ORDER BY row")?;
    let mut rows = statement.query([])?;
    while let Some(columns) = rows.next()? {
        let place = Some(row::unsigned(columns.get(0)?));
        let body: String = columns.get(1)?;
        let Ok(operation) = serde_json::from_str::<Operation>(&body) else { continue };
        let replayed =
            record(&transaction, &operation).and_then(|_| apply(&transaction, &operation));
        if let Err(error) = replayed {
            complain(&mut problems, place, AuditProblemKind::Table, error);
        }
    }
    transaction.commit()?;
    for (table, order) in REPLICATED {
        let sql = format!("SELECT * FROM {table} ORDER BY {order}");
        compare(original, &replica, table, &sql, &mut problems)?;
    }
    for table in SEARCHED {
        // Index entries without regard to how FTS5 has laid them out.
        let vocabulary = format!(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.{table}_entries
             USING fts5vocab (main, {table}, instance)"
        );
        replica.execute_batch(&vocabulary)?;
        // A table of the connection's own temporary schema: nothing of the file changes.
        original.execute_batch("PRAGMA query_only = OFF;")?;
        let made = original.execute_batch(&vocabulary);
        original.execute_batch("PRAGMA query_only = ON;")?;
        made?;
        let sql = format!(
            "SELECT term, doc, col, offset FROM temp.{table}_entries ORDER BY term, doc, offset"
        );
        compare(original, &replica, table, &sql, &mut problems)?;
    }
    Ok(problems)
}

/// Compares two answers row by row; tells the first difference of a table only.
fn compare(
    original: &Connection,
    replica: &Connection,
    table: &str,
    sql: &str,
    problems: &mut Vec<AuditProblem>,
) -> Result<(), StoreError> {
    let (mut one, mut other) = (original.prepare(sql)?, replica.prepare(sql)?);
    let columns = one.column_count();
    let (mut ours, mut theirs) = (one.query([])?, other.query([])?);
    let mut number = 0u64;
    loop {
        number += 1;
        let difference = match (ours.next()?, theirs.next()?) {
            (None, None) => return Ok(()),
            (Some(_), None) => "the table has a row that no operation gives".to_owned(),
            (None, Some(_)) => "the table lacks a row that the operations give".to_owned(),
            (Some(ours), Some(theirs)) => match first_difference(ours, theirs, columns)? {
                None => continue,
                Some(column) => format!("column {column} differs"),
            },
        };
        let detail = format!("{table}, row {number} in order: {difference}");
        complain(problems, None, AuditProblemKind::Table, detail);
        return Ok(());
    }
}

fn first_difference(
    ours: &Row<'_>,
    theirs: &Row<'_>,
    columns: usize,
) -> Result<Option<usize>, StoreError> {
    for column in 0..columns {
        let (a, b): (ValueRef<'_>, ValueRef<'_>) = (ours.get_ref(column)?, theirs.get_ref(column)?);
        if a != b {
            return Ok(Some(column));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::AuditProblemKind::{Backwards, Changed, Cut, Gap, Mislabelled, Table, Unlinked};
    use super::*;
    use crate::domain::operation::Change;
    use crate::domain::role::Role;
    use crate::store::connection::{DATABASE, Use};
    use crate::store::{Actor, KdfCost};
    use crate::token::Pin;

    /// A folder with five operations, each a new user.
    fn made() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create_with(dir.path(), "be", &Pin::new("x"), KdfCost::FAST).unwrap();
        for name in ["an", "bình", "chi", "dũng", "em"] {
            add(&store, name);
        }
        (dir, store)
    }

    fn add(store: &Store, name: &str) {
        let change = Change::UserAdded {
            user: name.to_owned(),
            display_name: name.to_owned(),
            roles: vec![Role::Drafter],
        };
        let actor = Actor::new("be", Role::Administrator);
        store.write(&actor, move |writer| writer.append(change)).unwrap();
    }

    /// What somebody with the key could do behind the program's back.
    fn tamper(store: &Store, sql: &str) {
        let database = connection::open(&store.dir().join(DATABASE), store.key(), Use::Write);
        let database = database.unwrap();
        let triggers = "DROP TRIGGER operation_kept; DROP TRIGGER operation_unchanged;";
        database.execute_batch(triggers).unwrap();
        database.execute_batch(sql).unwrap();
    }

    fn kinds(report: &AuditReport) -> Vec<AuditProblemKind> {
        report.problems.iter().map(|problem| problem.kind).collect()
    }

    fn found_after(sql: &str) -> Vec<AuditProblemKind> {
        let (_dir, store) = made();
        tamper(&store, sql);
        kinds(&store.audit().unwrap())
    }

    /// Rewrites an operation with a hash that fits it.
    fn forge(store: &Store, row: i64, forged: impl FnOnce(&mut Operation)) {
        let body: String = store
            .view(|view| {
                let sql = "SELECT body FROM operation WHERE row = ?1";
                Ok::<_, StoreError>(view.connection.query_row(sql, [row], |row| row.get(0))?)
            })
            .unwrap();
        let mut operation: Operation = serde_json::from_str(&body).unwrap();
        forged(&mut operation);
        let body = operation.canonical().unwrap();
        let hash = Operation::hash_of(&body);
        let quoted = body.replace('\'', "''");
        tamper(
            store,
            &format!("UPDATE operation SET body = '{quoted}', hash = '{hash}' WHERE row = {row}"),
        );
    }

    #[test]
    fn an_untouched_chain_is_clean() {
        let (_dir, store) = made();
        let report = store.rebuild_and_compare().unwrap();
        assert!(report.is_clean(), "{:?}", report.problems);
        assert_eq!((report.operations, report.desks), (5, 1));
        assert!(report.first < report.last);
    }

    #[test]
    fn the_program_itself_cannot_change_an_operation() {
        let (_dir, store) = made();
        let path = store.dir().join(DATABASE);
        let database = connection::open(&path, store.key(), Use::Write).unwrap();
        assert!(database.execute_batch("UPDATE operation SET body = '' WHERE row = 1").is_err());
        assert!(database.execute_batch("DELETE FROM operation WHERE row = 5").is_err());
    }

    #[test]
    fn a_changed_operation_is_found() {
        let found =
            found_after("UPDATE operation SET body = replace(body, 'chi', 'che') WHERE row = 3");
        assert!(found.contains(&Changed), "{found:?}");
        // With its own hash made to fit, the next one no longer follows it.
        let (_dir, store) = made();
        forge(&store, 3, |operation| operation.user = "kẻ gian".to_owned());
        let report = store.audit().unwrap();
        assert_eq!(kinds(&report), [Unlinked]);
        assert_eq!(report.problems[0].row, Some(4));
    }

    #[test]
    fn a_removed_operation_is_found() {
        let found = found_after("DELETE FROM operation WHERE row = 3");
        assert!(found.contains(&Gap) && found.contains(&Unlinked), "{found:?}");
        let found = found_after("DELETE FROM operation WHERE row = 1");
        assert!(found.contains(&Gap) && found.contains(&Unlinked), "{found:?}");
    }

    #[test]
    fn swapped_operations_are_found() {
        let found = found_after(
            "UPDATE operation SET row = 99 WHERE row = 2; UPDATE operation SET row = 2 WHERE row = 3;
             UPDATE operation SET row = 3 WHERE row = 99;",
        );
        for kind in [Gap, Unlinked, Backwards] {
            assert!(found.contains(&kind), "{found:?}");
        }
    }

    #[test]
    fn an_inserted_operation_is_found() {
        // A genuine text once more, at the end, under a fresh label.
        let found = found_after(
            "INSERT INTO operation (id, desk, sequence, millis, counter, document, hash, body)
             SELECT randomblob(16), desk, 6, millis + 1, 0, document, hash, body
             FROM operation WHERE row = 5",
        );
        for kind in [Gap, Unlinked, Mislabelled] {
            assert!(found.contains(&kind), "{found:?}");
        }
    }

    #[test]
    fn a_forged_label_is_found() {
        let found = found_after("UPDATE operation SET millis = millis - 86400000 WHERE row = 4");
        assert_eq!(found, [Mislabelled]);
    }

    #[test]
    fn a_cut_tail_is_found_and_stays_found() {
        let (dir, store) = made();
        store.note_head().unwrap();
        tamper(&store, "DELETE FROM operation WHERE row = 5");
        assert_eq!(kinds(&store.audit().unwrap()), [Cut]);
        drop(store);
        // Work that goes on does not wash the finding away.
        let store = Store::open(dir.path(), "be", &Pin::new("x")).unwrap();
        assert_eq!(kinds(&store.audit().unwrap()), [Cut]);
        add(&store, "giang");
        assert_eq!(kinds(&store.audit().unwrap()), [Cut]);
    }

    #[test]
    fn an_older_copy_or_a_missing_note_is_found() {
        let (dir, store) = made();
        drop(store);
        let (path, copy) = (dir.path().join(DATABASE), dir.path().join("copy"));
        std::fs::copy(&path, &copy).unwrap();
        let open = || Store::open(dir.path(), "be", &Pin::new("x")).unwrap();
        add(&open(), "giang");
        assert!(open().audit().unwrap().is_clean());
        std::fs::rename(&copy, &path).unwrap();
        assert_eq!(kinds(&open().audit().unwrap()), [Cut]);
        std::fs::remove_file(dir.path().join("head-disputed.json")).unwrap();
        assert!(open().audit().unwrap().is_clean());
        std::fs::remove_file(dir.path().join("head.json")).unwrap();
        assert_eq!(kinds(&open().audit().unwrap()), [Cut]);
    }

    #[test]
    fn an_earlier_note_is_no_complaint() {
        // As after a power cut before the next note: the database is ahead.
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create_with(dir.path(), "be", &Pin::new("x"), KdfCost::FAST).unwrap();
        let path = dir.path().join("head.json");
        let first = std::fs::read(&path).unwrap();
        add(&store, "an");
        drop(store);
        std::fs::write(&path, first).unwrap();
        let store = Store::open(dir.path(), "be", &Pin::new("x")).unwrap();
        assert!(store.audit().unwrap().is_clean());
    }

    #[test]
    fn a_forged_note_is_found() {
        let (dir, store) = made();
        drop(store);
        let path = dir.path().join("head.json");
        let note = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, note.replace("\"sequence\":5", "\"sequence\":4")).unwrap();
        let store = Store::open(dir.path(), "be", &Pin::new("x")).unwrap();
        assert_eq!(kinds(&store.audit().unwrap()), [Cut]);
    }

    #[test]
    fn tables_changed_past_the_operations_are_found() {
        for sql in [
            "UPDATE user SET roles = '[\"administrator\"]' WHERE name = 'an'",
            "DELETE FROM user WHERE name = 'an'",
            "INSERT INTO user (name, display_name, roles) VALUES ('x', 'x', '[]')",
            "INSERT INTO inbound_words (rowid, words) VALUES (7, 'lén lút')",
        ] {
            let (_dir, store) = made();
            tamper(&store, sql);
            assert!(store.audit().unwrap().is_clean());
            assert_eq!(kinds(&store.rebuild_and_compare().unwrap()), [Table], "{sql}");
        }
    }
}
