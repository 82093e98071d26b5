//! The directory of agencies: present facts, former codes, and what was known when.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::row;
use super::search;
use super::view::View;
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::operation::Operation;
use crate::domain::text;

impl View<'_> {
    pub fn agency(&self, code: &AgencyCode) -> Result<Option<Agency>, StoreError> {
        let body: Option<String> = self
            .connection
            .prepare_cached(
                "SELECT body FROM agency WHERE code = ?1
                 UNION ALL
                 SELECT a.body FROM agency_other_code o JOIN agency a ON a.code = o.code
                 WHERE o.other = ?1
                 LIMIT 1",
            )?
            .query_row([code.as_str()], |row| row.get(0))
            .optional()?;
        row::maybe_json(body)
    }

    /// Whether two codes are one agency's, as far as the directory knows.
    pub fn is_one_agency(&self, one: &AgencyCode, other: &AgencyCode) -> Result<bool, StoreError> {
        if one == other {
            return Ok(true);
        }
        let both = self.agency(one)?.zip(self.agency(other)?);
        Ok(both.is_some_and(|(one, other)| one.code == other.code))
    }

    pub fn agencies(&self, words: &str, limit: u32) -> Result<Vec<Agency>, StoreError> {
        let (sql, words) = match search::phrases(words) {
            Some(expression) => (
                "SELECT a.body FROM agency_words w JOIN agency a ON a.row = w.rowid
                 WHERE agency_words MATCH ?1 ORDER BY w.rank, a.code LIMIT ?2",
                expression,
            ),
            None => ("SELECT body FROM agency WHERE ?1 = '' ORDER BY code LIMIT ?2", String::new()),
        };
        self.connection
            .prepare_cached(sql)?
            .query_and_then(params![words, limit], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }

    pub fn agency_versions(&self, code: &AgencyCode) -> Result<Vec<Agency>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM agency_version WHERE code = ?1 ORDER BY row")?
            .query_and_then([code.as_str()], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }
}

pub(super) fn put(
    connection: &Connection,
    operation: &Operation,
    agency: &Agency,
) -> Result<(), StoreError> {
    let (code, body) = (agency.code.as_str(), row::json(agency)?);
    let row: i64 = connection
        .prepare_cached(
            "INSERT INTO agency (code, body) VALUES (?1, ?2)
             ON CONFLICT (code) DO UPDATE SET body = excluded.body RETURNING row",
        )?
        .query_row(params![code, body], |row| row.get(0))?;
    connection
        .prepare_cached("INSERT INTO agency_version (code, body, from_millis) VALUES (?1, ?2, ?3)")?
        .execute(params![code, body, operation.time.millis])?;

    connection.prepare_cached("DELETE FROM agency_other_code WHERE code = ?1")?.execute([code])?;
    let mut other = connection
        .prepare_cached("INSERT INTO agency_other_code VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for former in &agency.other_codes {
        other.execute([former.as_str(), code])?;
    }

    let mut words = vec![code, agency.name.as_str(), agency.in_charge.as_str()];
    words.extend(agency.former_names());
    words.extend(agency.other_codes.iter().map(AgencyCode::as_str));
    connection.prepare_cached("DELETE FROM agency_words WHERE rowid = ?1")?.execute([row])?;
    connection
        .prepare_cached("INSERT INTO agency_words (rowid, words) VALUES (?1, ?2)")?
        .execute(params![row, text::fold(&words.join("\n"))])?;
    Ok(())
}
