//! The certificates of offices, in PostgreSQL.

use jiff::Timestamp;
use tokio_postgres::Row;

use super::{Fault, Postgres, code, execute, get, one, rows, statement};
use crate::domain::agency::AgencyCode;
use crate::server::storage::{Certificates, OfficeCertificate, Work};

/// The columns that [`certificate`] reads, in its order.
const COLUMNS: &str = "c.fingerprint, c.agency, c.subject, c.begins_at, c.ends_at, c.revoked_at";

impl Certificates for Postgres {
    fn bind_certificate<'a>(&'a self, certificate: &'a OfficeCertificate) -> Work<'a, bool> {
        statement!(self, |client| {
            let sql = "INSERT INTO office_certificate
                           (fingerprint, agency, subject, begins_at, ends_at)
                       VALUES ($1, $2, $3, $4, $5)
                       ON CONFLICT (fingerprint) DO UPDATE SET ends_at = excluded.ends_at
                       WHERE office_certificate.agency = excluded.agency
                         AND office_certificate.revoked_at IS NULL";
            let OfficeCertificate { office, fingerprint, subject, begins_at, ends_at, .. } =
                certificate;
            let office = office.as_str();
            execute(&client, sql, &[fingerprint, &office, subject, begins_at, ends_at]).await? == 1
        })
    }

    fn revoke_certificate<'a>(
        &'a self,
        office: &'a AgencyCode,
        fingerprint: &'a str,
        at: Timestamp,
    ) -> Work<'a, bool> {
        statement!(self, |client| {
            let sql = "UPDATE office_certificate SET revoked_at = coalesce(revoked_at, $3)
                       WHERE agency = $1 AND fingerprint = $2";
            execute(&client, sql, &[&office.as_str(), &fingerprint, &at]).await? == 1
        })
    }

    fn certificate<'a>(&'a self, fingerprint: &'a str) -> Work<'a, Option<OfficeCertificate>> {
        statement!(self, |client| {
            let sql = format!(
                "SELECT {COLUMNS} FROM office_certificate c JOIN agency a ON a.code = c.agency
                 WHERE c.fingerprint = $1 AND a.disabled_at IS NULL"
            );
            let row = one(&client, &sql, &[&fingerprint]).await?;
            row.as_ref().map(certificate).transpose()?
        })
    }

    fn certificates<'a>(&'a self, office: &'a AgencyCode) -> Work<'a, Vec<OfficeCertificate>> {
        statement!(self, |client| {
            let sql = format!(
                "SELECT {COLUMNS} FROM office_certificate c
                 WHERE c.agency = $1 ORDER BY c.ends_at DESC"
            );
            let found = rows(&client, &sql, &[&office.as_str()]).await?;
            found.iter().map(certificate).collect::<Result<Vec<_>, _>>()?
        })
    }
}

fn certificate(row: &Row) -> Result<OfficeCertificate, Fault> {
    Ok(OfficeCertificate {
        fingerprint: get(row, 0)?,
        office: code(row, 1)?,
        subject: get(row, 2)?,
        begins_at: get(row, 3)?,
        ends_at: get(row, 4)?,
        revoked_at: get(row, 5)?,
    })
}
