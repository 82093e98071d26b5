//! What was found at the gate before acceptance, what was judged by hand, and the errors
//! that were reported.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::error::StoreError;
use super::row;
use super::user::exactly_one;
use super::view::View;
use crate::domain::document::DocumentKey;
use crate::domain::gate::{Gate, Judgement};
use crate::domain::report::{ErrorReport, ReportTo};
use crate::domain::verdict::VerdictSummary;

impl View<'_> {
    pub fn gate(&self, key: &DocumentKey) -> Result<Option<Gate>, StoreError> {
        let body: Option<String> = self
            .connection
            .prepare_cached("SELECT body FROM gate WHERE document = ?1")?
            .query_row([row::key(key)], |row| row.get(0))
            .optional()?;
        row::maybe_json(body)
    }

    pub fn judgements(&self, key: &DocumentKey) -> Result<Vec<Judgement>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM judgement WHERE document = ?1 ORDER BY check_name")?
            .query_and_then([row::key(key)], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }

    pub fn error_reports(&self, key: &DocumentKey) -> Result<Vec<ErrorReport>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM error_report WHERE document = ?1 ORDER BY row")?
            .query_and_then([row::key(key)], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }

    pub fn unseen_error_reports(
        &self,
        user: &str,
        limit: u32,
    ) -> Result<Vec<(DocumentKey, ErrorReport)>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT document, body FROM error_report
                 WHERE reader = ?1 AND seen = 0 ORDER BY row LIMIT ?2",
            )?
            .query_and_then(params![user, limit], |row| {
                let key = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                Ok((row::from_key(key)?, row::from_json(&row.get::<_, String>(1)?)?))
            })?
            .collect()
    }
}

/// The newest look stands; where the signatures were checked anew, so does their verdict.
pub(super) fn gated(
    connection: &Connection,
    key: &DocumentKey,
    gate: &Gate,
    verdict: Option<&VerdictSummary>,
) -> Result<(), StoreError> {
    must_exist(connection, key)?;
    connection
        .prepare_cached(
            "INSERT INTO gate VALUES (?1, 1, ?2)
             ON CONFLICT DO UPDATE SET looks = looks + 1, body = excluded.body",
        )?
        .execute(params![row::key(key), row::json(gate)?])?;
    if let Some(verdict) = verdict {
        connection
            .prepare_cached("UPDATE inbound SET verdict = ?2 WHERE key = ?1")?
            .execute(params![row::key(key), row::json(verdict)?])?;
    }
    Ok(())
}

pub(super) fn judged(
    connection: &Connection,
    key: &DocumentKey,
    judgement: &Judgement,
) -> Result<(), StoreError> {
    must_exist(connection, key)?;
    connection
        .prepare_cached(
            "INSERT INTO judgement VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET body = excluded.body",
        )?
        .execute(params![row::key(key), judgement.check.key(), row::json(judgement)?])?;
    Ok(())
}

pub(super) fn error_reported(
    connection: &Connection,
    key: &DocumentKey,
    report: &ErrorReport,
) -> Result<(), StoreError> {
    must_exist(connection, key)?;
    let reader = match &report.to {
        ReportTo::Sender => "",
        ReportTo::User { user } => user.as_str(),
    };
    connection
        .prepare_cached(
            "INSERT INTO error_report (id, document, reader, body) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            report.id.as_bytes().as_slice(),
            row::key(key),
            reader,
            row::json(report)?
        ])?;
    Ok(())
}

/// Read twice is read once.
pub(super) fn error_report_seen(connection: &Connection, report: Uuid) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached("UPDATE error_report SET seen = 1 WHERE id = ?1 AND reader <> ''")?
        .execute([report.as_bytes().as_slice()])?;
    exactly_one(changed, || format!("there is no report {report}"))
}

fn must_exist(connection: &Connection, key: &DocumentKey) -> Result<(), StoreError> {
    let there = connection
        .prepare_cached("SELECT 1 FROM inbound WHERE key = ?1")?
        .exists([row::key(key)])?;
    if there { Ok(()) } else { Err(StoreError::NotFound(format!("inbound document {key}"))) }
}
