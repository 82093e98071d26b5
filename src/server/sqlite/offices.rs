//! The offices and their keys, in SQLite.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::certificates::has_one;
use super::{Sqlite, failed, json, maybe_time, signed, time, unreadable, unsigned};
use crate::domain::agency::{Agency, AgencyCode};
use crate::exchange::Directory;
use crate::server::ServerError;
use crate::server::storage::{AgencyChange, Office, OfficeKey, Offices, Quota, Stored, Work};

impl Offices for Sqlite {
    fn change_agencies<'a>(
        &'a self,
        codes: &'a [AgencyCode],
        change: AgencyChange<'a>,
    ) -> Work<'a, ()> {
        self.write(move |tx| {
            let known: Vec<_> = codes.iter().map(|code| entry(tx, code)).collect::<Stored<_>>()?;
            change(known)?.iter().try_for_each(|agency| put(tx, agency))
        })
    }

    fn give_key<'a>(
        &'a self,
        code: &'a AgencyCode,
        key: &'a OfficeKey,
        others_until: Timestamp,
    ) -> Work<'a, ()> {
        self.write(move |tx| {
            for (index, old) in all_keys(tx, code)?.into_iter().enumerate() {
                let ends_at = old.ends_at.map_or(others_until, |end| end.min(others_until));
                if index > 0 || ends_at <= key.made_at {
                    tx.execute("DELETE FROM office_key WHERE id = ?1", [old.id.to_string()])
                } else {
                    tx.execute(
                        "UPDATE office_key SET ends_at = ?2 WHERE id = ?1",
                        params![old.id.to_string(), ends_at.to_string()],
                    )
                }
                .map_err(failed)?;
            }
            tx.execute(
                "INSERT INTO office_key (id, agency, secret, made_at, ends_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    key.id.to_string(),
                    code.as_str(),
                    key.sealed,
                    key.made_at.to_string(),
                    key.ends_at.map(|at| at.to_string()),
                ],
            )
            .map_err(failed)?;
            Ok(())
        })
    }

    fn set_disabled<'a>(
        &'a self,
        code: &'a AgencyCode,
        since: Option<Timestamp>,
    ) -> Work<'a, bool> {
        self.write(move |tx| {
            let values = params![code.as_str(), since.map(|at| at.to_string())];
            let sql = "UPDATE agency SET disabled_at = ?2 WHERE code = ?1";
            Ok(tx.execute(sql, values).map_err(failed)? == 1)
        })
    }

    fn set_quota<'a>(&'a self, code: &'a AgencyCode, quota: Quota) -> Work<'a, bool> {
        self.write(move |tx| {
            let (packets, bytes) = (quota.packets.map(signed), quota.bytes.map(signed));
            let sql = "UPDATE agency SET day_packets = ?2, day_bytes = ?3 WHERE code = ?1";
            Ok(tx.execute(sql, params![code.as_str(), packets, bytes]).map_err(failed)? == 1)
        })
    }

    fn office<'a>(&'a self, code: &'a AgencyCode) -> Work<'a, Option<Office>> {
        self.read(move |connection| {
            let sql = "SELECT entry, disabled_at, day_packets, day_bytes
                       FROM agency WHERE code = ?1";
            let office = |row: &Row<'_>| {
                Ok(Office {
                    agency: json(row, 0)?,
                    disabled_at: maybe_time(row, 1)?,
                    quota: quota(row, 2)?,
                })
            };
            connection.query_row(sql, [code.as_str()], office).optional().map_err(failed)
        })
    }

    fn keys<'a>(&'a self, code: &'a AgencyCode, now: Timestamp) -> Work<'a, Vec<OfficeKey>> {
        self.read(move |connection| keys(connection, code, now))
    }

    fn agencies(&self, since: u64) -> Work<'_, Directory> {
        self.read(move |connection| {
            let sql = "SELECT coalesce(max(version), 0) FROM agency";
            let version = connection.query_row(sql, [], |row| unsigned(row, 0)).map_err(failed)?;
            let mut statement = connection
                .prepare_cached(
                    "SELECT entry, version FROM agency WHERE version > ?1 ORDER BY code",
                )
                .map_err(failed)?;
            let rows = statement
                .query_map([signed(since)], |row| Ok((json::<Agency>(row, 0)?, unsigned(row, 1)?)))
                .map_err(failed)?;
            let mut directory = Directory { version, agencies: Vec::new(), changed: None };
            for row in rows {
                let (agency, version) = row.map_err(failed)?;
                directory.version = directory.version.max(version);
                directory.agencies.push(agency);
            }
            Ok(directory)
        })
    }

    fn ended<'a>(&'a self, codes: &'a [AgencyCode], day: Date) -> Work<'a, Vec<Agency>> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT entry FROM agency WHERE code = ?1 AND ended_on <= ?2")
                .map_err(failed)?;
            let day = day.to_string();
            let mut ended = Vec::new();
            for code in codes {
                let row = |row: &Row<'_>| json::<Agency>(row, 0);
                ended.extend(
                    statement
                        .query_row([code.as_str(), day.as_str()], row)
                        .optional()
                        .map_err(failed)?,
                );
            }
            Ok(ended)
        })
    }

    fn unknown<'a>(&'a self, codes: &'a [AgencyCode], now: Timestamp) -> Work<'a, Vec<AgencyCode>> {
        self.read(move |connection| {
            let mut unknown = Vec::new();
            for code in codes {
                if keys(connection, code, now)?.is_empty() && !has_one(connection, code, now)? {
                    unknown.push(code.clone());
                }
            }
            Ok(unknown)
        })
    }
}

fn entry(connection: &Connection, code: &AgencyCode) -> Stored<Option<Agency>> {
    let sql = "SELECT entry FROM agency WHERE code = ?1";
    connection.query_row(sql, [code.as_str()], |row| json(row, 0)).optional().map_err(failed)
}

/// Writes an entry, if it is another than the one that is there.
fn put(connection: &Connection, agency: &Agency) -> Stored<()> {
    let entry = serde_json::to_string(agency)
        .map_err(|e| ServerError::Database(format!("an entry cannot be written: {e}")))?;
    let code = agency.code.as_str();
    let known: Option<String> = connection
        .query_row("SELECT entry FROM agency WHERE code = ?1", [code], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    if known.as_deref() == Some(&entry) {
        return Ok(());
    }
    let ended_on = agency.ending.as_ref().map(|ending| ending.on.to_string());
    connection
        .execute(
            "INSERT INTO agency (code, entry, version, ended_on)
             VALUES (?1, ?2, (SELECT coalesce(max(version), 0) + 1 FROM agency), ?3)
             ON CONFLICT (code) DO UPDATE SET entry = excluded.entry,
                 version = excluded.version, ended_on = excluded.ended_on",
            params![code, entry, ended_on],
        )
        .map_err(failed)?;
    Ok(())
}

/// Packets and bytes a day, from two columns.
pub(super) fn quota(row: &Row<'_>, column: usize) -> rusqlite::Result<Quota> {
    let number = |column| row.get(column).map(|number: Option<i64>| number.map(i64::unsigned_abs));
    Ok(Quota { packets: number(column)?, bytes: number(column + 1)? })
}

fn keys(connection: &Connection, code: &AgencyCode, now: Timestamp) -> Stored<Vec<OfficeKey>> {
    let disabled = connection
        .prepare_cached("SELECT 1 FROM agency WHERE code = ?1 AND disabled_at IS NOT NULL")
        .and_then(|mut s| s.exists([code.as_str()]))
        .map_err(failed)?;
    if disabled {
        return Ok(Vec::new());
    }
    let mut keys = all_keys(connection, code)?;
    keys.retain(|key| key.ends_at.is_none_or(|end| end > now));
    Ok(keys)
}

/// Also those that have ended, the newest first.
fn all_keys(connection: &Connection, code: &AgencyCode) -> Stored<Vec<OfficeKey>> {
    connection
        .prepare_cached(
            "SELECT id, secret, made_at, ends_at FROM office_key
             WHERE agency = ?1 ORDER BY made_at DESC, id DESC",
        )
        .and_then(|mut s| s.query_map([code.as_str()], key)?.collect())
        .map_err(failed)
}

fn key(row: &Row<'_>) -> rusqlite::Result<OfficeKey> {
    let id: String = row.get(0)?;
    Ok(OfficeKey {
        id: id.parse().map_err(|e| unreadable(0, e))?,
        sealed: row.get(1)?,
        made_at: time(row, 2)?,
        ends_at: maybe_time(row, 3)?,
    })
}
