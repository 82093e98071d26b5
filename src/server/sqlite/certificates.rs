//! The certificates of offices, in SQLite.

use std::cmp::Reverse;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Sqlite, code, failed, maybe_time, time};
use crate::domain::agency::AgencyCode;
use crate::server::storage::{Certificates, OfficeCertificate, Stored, Work};

/// The columns that [`certificate`] reads, in its order.
const COLUMNS: &str = "c.fingerprint, c.agency, c.subject, c.begins_at, c.ends_at, c.revoked_at";

impl Certificates for Sqlite {
    fn bind_certificate<'a>(&'a self, certificate: &'a OfficeCertificate) -> Work<'a, bool> {
        self.write(move |tx| {
            let sql = "INSERT INTO office_certificate
                           (fingerprint, agency, subject, begins_at, ends_at)
                       VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT (fingerprint) DO UPDATE SET ends_at = excluded.ends_at
                       WHERE agency = excluded.agency AND revoked_at IS NULL";
            let OfficeCertificate { office, fingerprint, subject, begins_at, ends_at, .. } =
                certificate;
            let (begins_at, ends_at) = (begins_at.to_string(), ends_at.to_string());
            let values = params![fingerprint, office.as_str(), subject, begins_at, ends_at];
            Ok(tx.execute(sql, values).map_err(failed)? == 1)
        })
    }

    fn revoke_certificate<'a>(
        &'a self,
        office: &'a AgencyCode,
        fingerprint: &'a str,
        at: Timestamp,
    ) -> Work<'a, bool> {
        self.write(move |tx| {
            let sql = "UPDATE office_certificate SET revoked_at = coalesce(revoked_at, ?3)
                       WHERE agency = ?1 AND fingerprint = ?2";
            let values = params![office.as_str(), fingerprint, at.to_string()];
            Ok(tx.execute(sql, values).map_err(failed)? == 1)
        })
    }

    fn certificate<'a>(&'a self, fingerprint: &'a str) -> Work<'a, Option<OfficeCertificate>> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM office_certificate c JOIN agency a ON a.code = c.agency
                 WHERE c.fingerprint = ?1 AND a.disabled_at IS NULL"
            );
            connection
                .prepare_cached(&sql)
                .and_then(|mut s| s.query_row([fingerprint], certificate).optional())
                .map_err(failed)
        })
    }

    fn certificates<'a>(&'a self, office: &'a AgencyCode) -> Work<'a, Vec<OfficeCertificate>> {
        self.read(move |connection| {
            let mut all = all_of(connection, office)?;
            // Here and not there: as text, times with and without fractions have another order.
            all.sort_by_key(|one| Reverse(one.ends_at));
            Ok(all)
        })
    }
}

/// Whether an office that is not disabled can prove itself at `now` by a certificate.
pub(super) fn has_one(
    connection: &Connection,
    office: &AgencyCode,
    now: Timestamp,
) -> Stored<bool> {
    let disabled = connection
        .prepare_cached("SELECT 1 FROM agency WHERE code = ?1 AND disabled_at IS NOT NULL")
        .and_then(|mut s| s.exists([office.as_str()]))
        .map_err(failed)?;
    Ok(!disabled && all_of(connection, office)?.iter().any(|one| one.fault(now).is_none()))
}

fn all_of(connection: &Connection, office: &AgencyCode) -> Stored<Vec<OfficeCertificate>> {
    let sql = format!("SELECT {COLUMNS} FROM office_certificate c WHERE c.agency = ?1");
    connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_map([office.as_str()], certificate)?.collect())
        .map_err(failed)
}

fn certificate(row: &Row<'_>) -> rusqlite::Result<OfficeCertificate> {
    Ok(OfficeCertificate {
        fingerprint: row.get(0)?,
        office: code(row, 1)?,
        subject: row.get(2)?,
        begins_at: time(row, 3)?,
        ends_at: time(row, 4)?,
        revoked_at: maybe_time(row, 5)?,
    })
}
