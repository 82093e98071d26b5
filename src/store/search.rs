//! Search over folded words: what clerks type, with or without diacritics.
//!
//! Index and query both pass through [`text::fold`]. A query ([`query::Query`]) is never FTS5
//! syntax: each piece between spaces becomes a quoted phrase, all of them must occur, and the
//! last one matches as a prefix, since it may still be being typed.
//!
//! # Fields
//!
//! The index has one column. What stands in a field is in it a second time, each word behind
//! a mark of that field (a character of Unicode's private use, which FTS5's tokenizer takes as
//! a letter): `từ:"sở nội vụ"` is the phrase of three marked words. Dates are marked words as
//! well, a year, a month and a day each, so that a month is one word and not thirty.
//! Thus a field costs no index of its own, and every query is one walk over one index.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::Connection;

use super::error::StoreError;
use super::{inbound, outbound, row};
use crate::domain::calendar;
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::query::{Field, Query, Term, calendar_parts, number_word, words};
use crate::domain::text;

/// The first of the characters that mark a field's words.
const MARKS: u32 = 0xE000;

fn mark(field: Field) -> Option<char> {
    let place = match field {
        // Not in the index: looked up in the books.
        Field::Any | Field::ArrivalNumber => return None,
        Field::Code => 1,
        Field::From => 2,
        Field::To => 3,
        Field::Signer => 4,
        Field::Type => 5,
        Field::Subject => 6,
        Field::Issued => 7,
        Field::Arrived => 8,
        Field::Sender => 9,
        Field::Due => 10,
    };
    char::from_u32(MARKS + place)
}

/// The FTS5 expression for what a query asks of the index; `None` where it asks nothing.
pub(super) fn expression(query: &Query) -> Option<String> {
    let mut pieces = Vec::new();
    for term in &query.terms {
        if term.field == Field::ArrivalNumber {
            continue;
        }
        let marked = |word: &str| match mark(term.field) {
            Some(mark) => format!("{mark}{word}"),
            None => word.to_owned(),
        };
        if let Some((first, last)) = term.days {
            let parts: Vec<String> = calendar_parts(first, last)
                .iter()
                .map(|part| format!("\"{}\"", marked(part)))
                .collect();
            pieces.push(format!("({})", parts.join(" OR ")));
            continue;
        }
        let phrase: Vec<String> = term.words.iter().map(|word| marked(word)).collect();
        let star = if term.prefix { " *" } else { "" };
        pieces.push(format!("\"{}\"{star}", phrase.join(" ")));
    }
    (!pieces.is_empty()).then(|| pieces.join(" AND "))
}

/// What words ask of a list beside its other conditions.
pub(super) enum Asked {
    Everything,
    /// An expression of the index.
    Index(String),
    /// Nothing that could be found.
    Nothing,
}

pub(super) fn asked(typed: &str) -> Asked {
    let query = Query::parse(typed);
    match expression(&query) {
        _ if query.is_void => Asked::Nothing,
        Some(expression) => Asked::Index(expression),
        None if typed.trim().is_empty() => Asked::Everything,
        None => Asked::Nothing,
    }
}

/// The expression for plain words, where fields have no names: the directory of agencies.
pub(super) fn phrases(words: &str) -> Option<String> {
    let mut query = Query::default();
    let pieces: Vec<&str> = words.split_whitespace().collect();
    for (index, piece) in pieces.iter().enumerate() {
        let words = self::words(&text::fold(piece));
        if !words.is_empty() {
            let prefix = index + 1 == pieces.len();
            query.terms.push(Term { field: Field::Any, words, prefix, days: None });
        }
    }
    expression(&query)
}

/// What is indexed of a document beside its fields.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry<'a> {
    /// Name and code of its sender.
    pub sender: &'a [&'a str],
    /// Its text, as it came.
    pub text: &'a str,
    /// What everybody may read of what was noted on it.
    pub noted: &'a str,
    pub arrived: Option<Timestamp>,
    /// Until when it is to be settled.
    pub due: Option<Date>,
}

/// What is indexed of a document: all its fields in words, and its text (Thông tư
/// 01/2019/TT-BNV chương V: search over all input fields and the content).
pub(super) fn indexed(metadata: &Metadata, entry: Entry<'_>) -> String {
    let code = metadata.code.to_string();
    let code = if code == "/" { "" } else { code.as_str() };
    let document_id = metadata.document_id.as_ref().map(ToString::to_string);
    let signer = [
        metadata.signer.competence.as_str(),
        metadata.signer.position.as_str(),
        metadata.signer.full_name.as_str(),
    ];
    let mut pieces = vec![
        metadata.subject.as_str(),
        code,
        metadata.type_name.as_str(),
        metadata.place.as_str(),
        metadata.drafter_notation.as_str(),
        metadata.notes.as_str(),
        document_id.as_deref().unwrap_or_default(),
    ];
    pieces.extend(signer);
    let issuer: Vec<&str> = metadata
        .issuer
        .iter()
        .flat_map(|party| [party.name.as_str(), party.agency.as_str()])
        .chain([metadata.unlisted_issuer.as_str()])
        .chain(entry.sender.iter().copied())
        .collect();
    let recipients: Vec<&str> = metadata
        .recipients
        .iter()
        .flat_map(|party| [party.name.as_str(), party.agency.as_str()])
        .chain(metadata.other_places.iter().map(String::as_str))
        .collect();
    pieces.extend(&issuer);
    pieces.extend(&recipients);
    pieces.extend(metadata.response_for.iter().map(|answered| answered.code.as_str()));
    pieces.extend([entry.text, entry.noted]);
    pieces.retain(|piece| !piece.is_empty());
    let mut all = text::fold(&pieces.join("\n"));
    // A text may use characters of private use for itself (old fonts do): they are no marks.
    if all.contains(is_mark) {
        all = all.replace(is_mark, " ");
    }

    field(&mut all, Field::Code, &[code]);
    field(&mut all, Field::From, &issuer);
    field(&mut all, Field::To, &recipients);
    field(&mut all, Field::Signer, &signer);
    field(&mut all, Field::Type, &[&metadata.type_name]);
    field(&mut all, Field::Subject, &[&metadata.subject]);
    day(&mut all, Field::Issued, metadata.issued);
    field(&mut all, Field::Sender, entry.sender);
    day(&mut all, Field::Arrived, entry.arrived.map(|at| calendar::local(at).date()));
    day(&mut all, Field::Due, entry.due);
    all
}

fn is_mark(c: char) -> bool {
    (MARKS..MARKS + 16).contains(&u32::from(c))
}

/// The words of a field behind its mark, a line for each value, so that no phrase runs from
/// one into the next.
fn field(all: &mut String, field: Field, values: &[&str]) {
    let Some(mark) = mark(field) else { return };
    for value in values {
        let found = words(&text::fold(value).replace(is_mark, " "));
        for (index, word) in found.iter().enumerate() {
            all.push(if index == 0 { '\n' } else { ' ' });
            all.push(mark);
            // As the query does it, for the number of a code alone.
            let bare =
                if field == Field::Code && index == 0 { number_word(word) } else { word.clone() };
            all.push_str(&bare);
        }
    }
}

fn day(all: &mut String, field: Field, day: Option<Date>) {
    if let (Some(mark), Some(day)) = (mark(field), day) {
        let written = day.strftime(&format!("{mark}%Y {mark}%Y%m {mark}%Y%m%d")).to_string();
        let _ = write!(all, "\n{written}");
    }
}

/// Which form of the index is made here. A database whose index was made by an earlier
/// program is indexed anew when it is opened.
const FORM: &str = "3";
const FORM_SETTING: &str = "search.form";

/// Brings the index of documents to the present form, if an earlier program made it. Takes
/// a few seconds for two thousand documents, once.
pub(super) fn bring_up(connection: &Connection) -> Result<(), StoreError> {
    use rusqlite::OptionalExtension as _;
    let form: Option<String> = connection
        .query_row("SELECT value FROM setting WHERE name = ?1", [FORM_SETTING], |row| row.get(0))
        .optional()?;
    if form.as_deref() == Some(FORM) {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    let inbound = keys(&transaction, "inbound")?;
    for key in &inbound {
        inbound::reindex(&transaction, key)?;
    }
    let outbound = keys(&transaction, "outbound")?;
    for key in &outbound {
        outbound::reindex(&transaction, key)?;
    }
    let (inbound, outbound) = (inbound.len(), outbound.len());
    transaction.execute("INSERT OR REPLACE INTO setting VALUES (?1, ?2)", [FORM_SETTING, FORM])?;
    transaction.commit()?;
    if inbound + outbound > 0 {
        tracing::info!(inbound, outbound, "documents were indexed anew for search");
    }
    Ok(())
}

fn keys(connection: &Connection, table: &str) -> Result<Vec<DocumentKey>, StoreError> {
    connection
        .prepare(&format!("SELECT key FROM {table} ORDER BY row"))?
        .query_and_then([], |found| {
            row::from_key(found.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
        })?
        .collect()
}

/// A document's code as people and packets vary it: folded, without spaces, without
/// leading zeros, so that `07/QĐ-UBND` and `7/QĐ-UBND` are one. `None` without a number.
pub(super) fn code_key(code: &str) -> Option<String> {
    let folded: String = text::fold(code).split_whitespace().collect();
    let trimmed = folded.trim_start_matches('0');
    let numbered = trimmed.chars().next().is_some_and(|first| first != '/');
    numbered.then(|| trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;

    fn asked(typed: &str) -> Option<String> {
        expression(&Query::parse(typed))
    }

    #[test]
    fn pieces_become_phrases_and_the_last_a_prefix() {
        assert_eq!(
            asked("Quyết định 07/QĐ-").as_deref(),
            Some("\"quyet\" AND \"dinh\" AND \"07 qd\" *")
        );
        assert_eq!(asked(" - \" * "), None);
    }

    fn found(typed: &str, metadata: &Metadata) -> bool {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE t USING fts5(words, content = '', contentless_delete = 1,
                 prefix = '2 3', tokenize = 'unicode61 remove_diacritics 0')",
            )
            .unwrap();
        let arrived = "2026-11-23T18:00:00Z".parse().ok();
        let entry = Entry {
            sender: &["Văn phòng UBND tỉnh"],
            text: "về hộ nghèo \u{E001}9",
            noted: "đã gọi điện",
            arrived,
            due: Some(jiff::civil::date(2026, 12, 5)),
        };
        let words = indexed(metadata, entry);
        connection.execute("INSERT INTO t (rowid, words) VALUES (1, ?1)", [words]).unwrap();
        connection
            .prepare("SELECT 1 FROM t WHERE t MATCH ?1")
            .unwrap()
            .exists([asked(typed).unwrap()])
            .unwrap()
    }

    #[test]
    fn fields_are_found_where_they_stand_and_nowhere_else() {
        let metadata = Metadata {
            code: crate::domain::document::Code {
                number: "07".to_owned(),
                notation: "QĐ-UBND".to_owned(),
            },
            type_name: "Quyết định".to_owned(),
            subject: "Về việc khen thưởng năm 2025".to_owned(),
            issued: Some(jiff::civil::date(2026, 11, 20)),
            signer: crate::domain::document::Signer {
                full_name: "Nguyễn Thị Ánh Nguyệt".to_owned(),
                ..Default::default()
            },
            ..Metadata::default()
        };
        for typed in [
            "số:7",
            "số:07/QĐ-UBND",
            "từ:\"văn phòng\"",
            "người ký:nguyet",
            "loại:quyết",
            "trích yếu:\"khen thuong\"",
            "ngày:2026-11",
            "ngày:11/2026",
            "ngày:20/11/2026",
            // Arrived at one in the morning of the 24th in Vietnam.
            "đến:24/11/2026",
            "ngày:2026-01..2026-12",
            "hạn:5/12/2026",
            "due:2026-12",
            "han:2026-12-01..2026-12-07",
            "bên gửi:\"văn phòng\"",
            "đã gọi",
            "hộ nghèo",
            "07/qd",
            "khen \"hộ nghèo\"",
        ] {
            assert!(found(typed, &metadata), "{typed}");
        }
        for typed in [
            "số:70",
            "số:9",
            "từ:nguyet",
            "người ký:khen",
            "loại:khen",
            "ngày:2025",
            "ngày:2026-10",
            "đến:23/11/2026",
            "hạn:2026-11",
            "bên gửi:nguyet",
            "từ:\"gọi điện\"",
            "trích yếu:nghèo",
            "\"nghèo hộ\"",
        ] {
            assert!(!found(typed, &metadata), "{typed}");
        }
    }

    #[test]
    fn codes_compare_without_zeros_and_case() {
        assert_eq!(code_key("007/QĐ-UBND"), code_key("7/qd-ubnd"));
        assert_eq!(code_key("/QĐ-UBND"), None);
        assert_eq!(code_key("00/QĐ-UBND"), None);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_no_syntax(words in any::<String>()) {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch("CREATE VIRTUAL TABLE t USING fts5(words)").unwrap();
            if let Some(expression) = asked(&words) {
                let found: i64 = connection
                    .query_row("SELECT count(*) FROM t WHERE t MATCH ?1", [expression], |row| row.get(0))
                    .unwrap();
                prop_assert_eq!(found, 0);
            }
        }
    }
}
