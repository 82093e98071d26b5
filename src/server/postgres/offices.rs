//! The offices and their keys, in PostgreSQL.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;

use super::{
    Fault, Postgres, code, execute, get, json, one, rows, signed, statement, texts, transaction,
    unsigned,
};
use crate::domain::agency::{Agency, AgencyCode};
use crate::exchange::Directory;
use crate::server::ServerError;
use crate::server::storage::{AgencyChange, Office, OfficeKey, Offices, Quota, Work};

/// The columns that [`key`] reads, in its order.
const KEY: &str = "id, secret, made_at, ends_at";

impl Offices for Postgres {
    fn change_agencies<'a>(
        &'a self,
        codes: &'a [AgencyCode],
        change: AgencyChange<'a>,
    ) -> Work<'a, ()> {
        transaction!(self, |tx| {
            // Who changes the directory does so alone.
            let lock = "SELECT version FROM directory WHERE one = 1 FOR UPDATE";
            let version = one(&tx, lock, &[]).await?.map(|row| get::<i64>(&row, 0)).transpose()?;
            let mut version = version.unwrap_or_default();
            let mut known = Vec::with_capacity(codes.len());
            for code in codes {
                known.push(entry(&tx, code).await?.as_deref().map(parsed).transpose()?);
            }
            for agency in change(known)? {
                put(&tx, &agency, &mut version).await?;
            }
            let sql = "UPDATE directory SET version = $1 WHERE one = 1 AND version < $1";
            execute(&tx, sql, &[&version]).await?;
        })
    }

    fn give_key<'a>(
        &'a self,
        code: &'a AgencyCode,
        key: &'a OfficeKey,
        others_until: Timestamp,
    ) -> Work<'a, ()> {
        transaction!(self, |tx| {
            let code = code.as_str();
            let sql = "UPDATE office_key SET ends_at = $2
                       WHERE agency = $1 AND (ends_at IS NULL OR ends_at > $2)";
            execute(&tx, sql, &[&code, &others_until]).await?;
            let sql = "DELETE FROM office_key WHERE agency = $1 AND (ends_at <= $2 OR id <> (
                           SELECT id FROM office_key WHERE agency = $1
                           ORDER BY made_at DESC, id DESC LIMIT 1))";
            execute(&tx, sql, &[&code, &key.made_at]).await?;
            // The same key again is one whose answer was lost.
            let sql = "INSERT INTO office_key (id, agency, secret, made_at, ends_at)
                       VALUES ($1, $2, $3, $4, $5)
                       ON CONFLICT (id) DO UPDATE SET ends_at = excluded.ends_at";
            let OfficeKey { id, sealed, made_at, ends_at } = key;
            execute(&tx, sql, &[id, &code, sealed, made_at, ends_at]).await?;
        })
    }

    fn set_disabled<'a>(
        &'a self,
        code: &'a AgencyCode,
        since: Option<Timestamp>,
    ) -> Work<'a, bool> {
        statement!(self, |client| {
            let sql = "UPDATE agency SET disabled_at = $2 WHERE code = $1";
            execute(&client, sql, &[&code.as_str(), &since]).await? == 1
        })
    }

    fn set_quota<'a>(&'a self, code: &'a AgencyCode, quota: Quota) -> Work<'a, bool> {
        statement!(self, |client| {
            let (packets, bytes) = (quota.packets.map(signed), quota.bytes.map(signed));
            let sql = "UPDATE agency SET day_packets = $2, day_bytes = $3 WHERE code = $1";
            execute(&client, sql, &[&code.as_str(), &packets, &bytes]).await? == 1
        })
    }

    fn office<'a>(&'a self, code: &'a AgencyCode) -> Work<'a, Option<Office>> {
        statement!(self, |client| {
            let sql = "SELECT entry, disabled_at, day_packets, day_bytes
                       FROM agency WHERE code = $1";
            match one(&client, sql, &[&code.as_str()]).await? {
                Some(row) => Some(Office {
                    agency: json(&row, 0)?,
                    disabled_at: get(&row, 1)?,
                    quota: quota(&row, 2)?,
                }),
                None => None,
            }
        })
    }

    fn keys<'a>(&'a self, code: &'a AgencyCode, now: Timestamp) -> Work<'a, Vec<OfficeKey>> {
        statement!(self, |client| {
            let sql = format!(
                "SELECT {KEY} FROM office_key
                 WHERE agency = $1 AND (ends_at IS NULL OR ends_at > $2)
                   AND EXISTS (SELECT 1 FROM agency a
                               WHERE a.code = office_key.agency AND a.disabled_at IS NULL)
                 ORDER BY made_at DESC, id DESC"
            );
            let found = rows(&client, &sql, &[&code.as_str(), &now]).await?;
            found.iter().map(key).collect::<Result<Vec<_>, _>>()?
        })
    }

    fn agencies(&self, since: u64) -> Work<'_, Directory> {
        statement!(self, |client| {
            // First: what changes in between is told now or with the next question.
            let sql = "SELECT version FROM directory WHERE one = 1";
            let version = one(&client, sql, &[]).await?.map(|row| unsigned(&row, 0)).transpose()?;
            let version = version.unwrap_or_default();
            let sql = "SELECT entry, version FROM agency WHERE version > $1";
            let mut directory = Directory { version, agencies: Vec::new(), changed: None };
            for row in rows(&client, sql, &[&signed(since)]).await? {
                directory.agencies.push(json::<Agency>(&row, 0)?);
                directory.version = directory.version.max(unsigned(&row, 1)?);
            }
            // Here and not there, where the order depends on the database's language.
            directory.agencies.sort_by(|a, b| a.code.cmp(&b.code));
            directory
        })
    }

    fn ended<'a>(&'a self, codes: &'a [AgencyCode], day: Date) -> Work<'a, Vec<Agency>> {
        statement!(self, |client| {
            let sql = "SELECT entry FROM agency WHERE code = ANY($1) AND ended_on <= $2";
            let found = rows(&client, sql, &[&texts(codes), &day.to_string()]).await?;
            found.iter().map(|row| json::<Agency>(row, 0)).collect::<Result<Vec<_>, _>>()?
        })
    }

    fn unknown<'a>(&'a self, codes: &'a [AgencyCode], now: Timestamp) -> Work<'a, Vec<AgencyCode>> {
        statement!(self, |client| {
            let sql = "SELECT a.code FROM agency a
                       WHERE a.code = ANY($1) AND a.disabled_at IS NULL AND (
                           EXISTS (SELECT 1 FROM office_key k WHERE k.agency = a.code
                                   AND (k.ends_at IS NULL OR k.ends_at > $2))
                           OR EXISTS (SELECT 1 FROM office_certificate c WHERE c.agency = a.code
                                      AND c.revoked_at IS NULL
                                      AND c.begins_at <= $2 AND c.ends_at > $2))";
            let mut known = Vec::new();
            for row in rows(&client, sql, &[&texts(codes), &now]).await? {
                known.push(code(&row, 0)?);
            }
            codes.iter().filter(|code| !known.contains(code)).cloned().collect()
        })
    }
}

async fn entry(tx: &impl GenericClient, code: &AgencyCode) -> Result<Option<String>, Fault> {
    let sql = "SELECT entry FROM agency WHERE code = $1";
    one(tx, sql, &[&code.as_str()]).await?.map(|row| get(&row, 0)).transpose()
}

fn parsed(entry: &str) -> Result<Agency, Fault> {
    Ok(serde_json::from_str(entry).map_err(|e| ServerError::Database(e.to_string()))?)
}

/// Writes an entry under the next version, if it is another than the one that is there.
async fn put(tx: &impl GenericClient, agency: &Agency, version: &mut i64) -> Result<(), Fault> {
    let written = serde_json::to_string(agency)
        .map_err(|e| ServerError::Database(format!("an entry cannot be written: {e}")))?;
    let code = agency.code.as_str();
    if entry(tx, &agency.code).await?.as_deref() != Some(&written) {
        *version += 1;
        let ended_on = agency.ending.as_ref().map(|ending| ending.on.to_string());
        let sql = "INSERT INTO agency (code, entry, version, ended_on) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (code) DO UPDATE SET entry = excluded.entry,
                       version = excluded.version, ended_on = excluded.ended_on";
        execute(tx, sql, &[&code, &written, &*version, &ended_on]).await?;
    }
    for sql in [
        "INSERT INTO mailbox (recipient, last) VALUES ($1, 0) ON CONFLICT DO NOTHING",
        "INSERT INTO chain (sender, number, link) VALUES ($1, 0, '') ON CONFLICT DO NOTHING",
    ] {
        execute(tx, sql, &[&code]).await?;
    }
    Ok(())
}

/// Packets and bytes a day, from two columns.
pub(super) fn quota(row: &Row, column: usize) -> Result<Quota, Fault> {
    let number = |column| Ok::<_, Fault>(get::<Option<i64>>(row, column)?.map(i64::unsigned_abs));
    Ok(Quota { packets: number(column)?, bytes: number(column + 1)? })
}

fn key(row: &Row) -> Result<OfficeKey, Fault> {
    Ok(OfficeKey {
        id: get(row, 0)?,
        sealed: get(row, 1)?,
        made_at: get(row, 2)?,
        ends_at: get(row, 3)?,
    })
}
