//! Certificates and their owners.

use rusqlite::{Connection, params};

use super::error::StoreError;
use super::row;
use super::user::exactly_one;
use super::view::View;
use crate::domain::identity::CertificateLink;

impl View<'_> {
    pub fn certificate_links(&self) -> Result<Vec<CertificateLink>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM certificate_link ORDER BY fingerprint")?
            .query_and_then([], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }
}

pub(super) fn linked(connection: &Connection, link: &CertificateLink) -> Result<(), StoreError> {
    let added = connection
        .prepare_cached(
            "INSERT INTO certificate_link (fingerprint, body) VALUES (?1, ?2)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![link.certificate.fingerprint, row::json(link)?])?;
    exactly_one(added, || format!("certificate {} is linked", link.certificate.serial))
}

pub(super) fn unlinked(connection: &Connection, fingerprint: &str) -> Result<(), StoreError> {
    let removed = connection
        .prepare_cached("DELETE FROM certificate_link WHERE fingerprint = ?1")?
        .execute([fingerprint])?;
    exactly_one(removed, || format!("certificate {fingerprint} is not linked"))
}
