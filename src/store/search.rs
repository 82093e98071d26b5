//! Search over folded words: what clerks type, with or without diacritics.
//!
//! Index and query both pass through [`text::fold`]. A query is never FTS5 syntax: each
//! piece between spaces becomes a quoted phrase, all of them must occur, and the last one
//! matches as a prefix, since it may still be being typed.

use crate::domain::document::Metadata;
use crate::domain::text;

/// The FTS5 expression for `words`; `None` when nothing in them can be searched for.
pub(super) fn expression(words: &str) -> Option<String> {
    let folded = text::fold(words);
    let phrases: Vec<String> = folded
        .split_whitespace()
        // A piece without a letter or digit is an empty phrase, which matches nothing.
        .filter(|piece| piece.chars().any(char::is_alphanumeric))
        .map(|piece| format!("\"{}\"", piece.replace(['"', '\0'], " ")))
        .collect();
    if phrases.is_empty() {
        return None;
    }
    let mut expression = phrases.join(" AND ");
    // `"07/" *` would ask for a phrase of one whole token anyway; a prefix does no harm.
    expression.push_str(" *");
    Some(expression)
}

/// What is indexed of a document: all its fields in words, and its text (Thông tư
/// 01/2019/TT-BNV chương V: search over all input fields and the content).
pub(super) fn indexed(metadata: &Metadata, names: &[&str], body: &str) -> String {
    let code = metadata.code.to_string();
    let document_id = metadata.document_id.as_ref().map(ToString::to_string);
    let mut pieces = vec![
        metadata.subject.as_str(),
        if code == "/" { "" } else { code.as_str() },
        metadata.type_name.as_str(),
        metadata.place.as_str(),
        metadata.signer.competence.as_str(),
        metadata.signer.position.as_str(),
        metadata.signer.full_name.as_str(),
        metadata.drafter_notation.as_str(),
        metadata.notes.as_str(),
        document_id.as_deref().unwrap_or_default(),
    ];
    for party in metadata.issuer.iter().chain(&metadata.recipients) {
        pieces.extend([party.name.as_str(), party.agency.as_str()]);
    }
    pieces.extend(metadata.other_places.iter().map(String::as_str));
    pieces.extend(metadata.response_for.iter().map(|answered| answered.code.as_str()));
    pieces.extend(names);
    pieces.push(body);
    pieces.retain(|piece| !piece.is_empty());
    text::fold(&pieces.join("\n"))
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

    #[test]
    fn pieces_become_phrases_and_the_last_a_prefix() {
        assert_eq!(
            expression("Quyết định 07/QĐ-").as_deref(),
            Some("\"quyet\" AND \"dinh\" AND \"07/qd-\" *")
        );
        assert_eq!(expression(" - \" * "), None);
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
            if let Some(expression) = expression(&words) {
                let found: i64 = connection
                    .query_row("SELECT count(*) FROM t WHERE t MATCH ?1", [expression], |row| row.get(0))
                    .unwrap();
                prop_assert_eq!(found, 0);
            }
        }
    }
}
