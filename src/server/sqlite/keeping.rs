//! What the operators look at and after, in SQLite.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::mail::{PACKET, packet_of};
use super::offices::quota;
use super::{Sqlite, code, failed, maybe_time, signed, unreadable, unsigned};
use crate::domain::agency::AgencyCode;
use crate::server::storage::{
    Age, Backlog, Keeping, Link, Mailbox, Notes, Packet, Quota, Refusals, Stored, Volume, Work,
};

impl Keeping for Sqlite {
    fn allowance<'a>(&'a self, sender: &'a AgencyCode, day: Date) -> Work<'a, (Volume, Quota)> {
        self.read(move |connection| allowance(connection, sender, day))
    }

    fn volumes(&self, since: Date) -> Work<'_, Vec<(Date, Volume)>> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT day, sum(packets), sum(bytes) FROM volume WHERE day >= ?1
                     GROUP BY day ORDER BY day",
                )
                .and_then(|mut s| {
                    s.query_map([since.to_string()], |row| Ok((day(row, 0)?, volume(row, 1)?)))?
                        .collect()
                })
                .map_err(failed)
        })
    }

    fn mailboxes(&self, since: Timestamp) -> Work<'_, Vec<Mailbox>> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT a.code, coalesce(w.waiting, 0), w.oldest, coalesce(w.lapsed, 0), s.seen_at
                     FROM agency a
                     LEFT JOIN presence s ON s.office = a.code
                     LEFT JOIN (SELECT d.recipient,
                                       count(*) FILTER (WHERE p.retired_at IS NULL) AS waiting,
                                       min(p.received_at) FILTER (WHERE p.retired_at IS NULL)
                                           AS oldest,
                                       count(*) FILTER (WHERE p.retired_at >= ?1) AS lapsed
                                FROM delivery d JOIN packet p ON p.id = d.packet
                                WHERE d.outcome IS NULL
                                GROUP BY d.recipient) w ON w.recipient = a.code
                     WHERE a.disabled_at IS NULL
                       AND (EXISTS (SELECT 1 FROM office_key k WHERE k.agency = a.code)
                            OR EXISTS (SELECT 1 FROM office_certificate c
                                       WHERE c.agency = a.code AND c.revoked_at IS NULL))
                     ORDER BY a.code",
                )
                .and_then(|mut s| {
                    s.query_map([since.to_string()], |row| {
                        Ok(Mailbox {
                            office: code(row, 0)?,
                            waiting: unsigned(row, 1)?,
                            oldest: maybe_time(row, 2)?,
                            lapsed: unsigned(row, 3)?,
                            seen_at: maybe_time(row, 4)?,
                        })
                    })?
                    .collect()
                })
                .map_err(failed)
        })
    }

    fn backlog(&self) -> Work<'_, Backlog> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT count(*), min(p.received_at), (SELECT count(*) FROM upload)
                     FROM delivery d JOIN packet p ON p.id = d.packet
                     WHERE d.outcome IS NULL AND p.retired_at IS NULL",
                )
                .and_then(|mut s| {
                    s.query_row([], |row| {
                        Ok(Backlog {
                            deliveries: unsigned(row, 0)?,
                            oldest: maybe_time(row, 1)?,
                            uploads: unsigned(row, 2)?,
                        })
                    })
                })
                .map_err(failed)
        })
    }

    fn note<'a>(&'a self, day: Date, notes: &'a Notes) -> Work<'a, ()> {
        self.write_lazily(move |tx| {
            // Only offices that there are: a caller may name any.
            let mut seen = tx
                .prepare_cached(
                    "INSERT INTO presence (office, seen_at)
                     SELECT code, ?2 FROM agency WHERE code = ?1
                     ON CONFLICT (office) DO UPDATE SET seen_at = excluded.seen_at",
                )
                .map_err(failed)?;
            for (office, at) in &notes.seen {
                seen.execute(params![office.as_str(), at.to_string()]).map_err(failed)?;
            }
            let mut refused = tx
                .prepare_cached(
                    "INSERT INTO refusal (day, office, reason, count)
                     SELECT ?1, code, ?3, ?4 FROM agency WHERE code = ?2
                     ON CONFLICT (day, office, reason)
                     DO UPDATE SET count = refusal.count + excluded.count",
                )
                .map_err(failed)?;
            for (office, reason, count) in &notes.refused {
                let values = params![day.to_string(), office.as_str(), reason, signed(*count)];
                refused.execute(values).map_err(failed)?;
            }
            Ok(())
        })
    }

    fn refusals(&self, since: Date) -> Work<'_, Vec<Refusals>> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT day, office, reason, count FROM refusal WHERE day >= ?1
                     ORDER BY day DESC, count DESC, office",
                )
                .and_then(|mut s| {
                    s.query_map([since.to_string()], |row| {
                        Ok(Refusals {
                            day: day(row, 0)?,
                            office: code(row, 1)?,
                            reason: row.get(2)?,
                            count: unsigned(row, 3)?,
                        })
                    })?
                    .collect()
                })
                .map_err(failed)
        })
    }

    fn chain<'a>(
        &'a self,
        sender: &'a AgencyCode,
        number: u64,
        limit: u32,
    ) -> Work<'a, Vec<(Packet, Vec<AgencyCode>)>> {
        self.read(move |connection| {
            let packets: Vec<Packet> = connection
                .prepare_cached(&format!(
                    "SELECT {PACKET} FROM packet p WHERE sender = ?1 AND number > ?2
                     ORDER BY number LIMIT ?3"
                ))
                .and_then(|mut s| {
                    let values = params![sender.as_str(), signed(number), limit];
                    s.query_map(values, packet_of)?.collect()
                })
                .map_err(failed)?;
            let mut statement = connection
                .prepare_cached("SELECT recipient FROM delivery WHERE packet = ?1")
                .map_err(failed)?;
            let mut chain = Vec::with_capacity(packets.len());
            for packet in packets {
                let to = statement
                    .query_map([packet.id.to_string()], |row| code(row, 0))
                    .and_then(Iterator::collect)
                    .map_err(failed)?;
                chain.push((packet, to));
            }
            Ok(chain)
        })
    }

    fn last_link<'a>(&'a self, sender: &'a AgencyCode) -> Work<'a, Link> {
        self.read(move |connection| {
            connection
                .query_row(
                    "SELECT number, link FROM chain WHERE sender = ?1",
                    [sender.as_str()],
                    |row| Ok(Link { number: unsigned(row, 0)?, hash: row.get(1)? }),
                )
                .optional()
                .map(Option::unwrap_or_default)
                .map_err(failed)
        })
    }

    fn retire(&self, age: Age, now: Timestamp, limit: u32) -> Work<'_, u64> {
        self.write(move |tx| {
            let old: BTreeMap<String, String> = tx
                .prepare_cached(
                    "SELECT p.id, p.sha256 FROM packet p
                     WHERE p.retired_at IS NULL AND p.received_at < max(?1, ?2)
                       AND (p.received_at < ?2 OR NOT EXISTS
                            (SELECT 1 FROM delivery d WHERE d.packet = p.id AND d.outcome IS NULL))
                     ORDER BY p.received_at LIMIT ?3",
                )
                .and_then(|mut s| {
                    let values = params![
                        age.confirmed_before.to_string(),
                        age.any_before.to_string(),
                        limit
                    ];
                    s.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
                })
                .map_err(failed)?;
            for (id, sha256) in &old {
                let now = now.to_string();
                tx.execute("UPDATE packet SET retired_at = ?2 WHERE id = ?1", params![id, now])
                    .map_err(failed)?;
                tx.execute(
                    "INSERT INTO doomed (sha256, since) VALUES (?1, ?2)
                     ON CONFLICT (sha256) DO UPDATE SET since = excluded.since",
                    params![sha256, now],
                )
                .map_err(failed)?;
            }
            Ok(old.len() as u64)
        })
    }

    fn doom_unneeded<'a>(&'a self, hashes: &'a [String], now: Timestamp) -> Work<'a, u64> {
        Box::pin(async move {
            let unneeded: Vec<&String> = self
                .read(move |connection| {
                    let mut needed = connection
                        .prepare_cached(
                            "SELECT 1 FROM packet WHERE sha256 = ?1 AND retired_at IS NULL
                             UNION ALL SELECT 1 FROM doomed WHERE sha256 = ?1",
                        )
                        .map_err(failed)?;
                    let mut unneeded = Vec::new();
                    for sha256 in hashes {
                        if !needed.exists([sha256]).map_err(failed)? {
                            unneeded.push(sha256);
                        }
                    }
                    Ok(unneeded)
                })
                .await?;
            // Most often there are none, and looking costs nobody a transaction. Whether one
            // is needed since is seen before its bytes are removed.
            if unneeded.is_empty() {
                return Ok(0);
            }
            let doomed = self.write(move |tx| {
                let mut doomed = 0;
                for sha256 in unneeded {
                    doomed += tx
                        .execute(
                            "INSERT INTO doomed (sha256, since) VALUES (?1, ?2)
                             ON CONFLICT (sha256) DO NOTHING",
                            params![sha256, now.to_string()],
                        )
                        .map_err(failed)?;
                }
                Ok(doomed as u64)
            });
            doomed.await
        })
    }

    fn spare<'a>(&'a self, sha256: &'a str) -> Work<'a, bool> {
        Box::pin(async move {
            let doomed = "SELECT 1 FROM doomed WHERE sha256 = ?1";
            let doomed = self.read(move |connection| {
                connection
                    .prepare_cached(doomed)
                    .and_then(|mut s| s.exists([sha256]))
                    .map_err(failed)
            });
            // Most are not, and looking costs nobody a transaction.
            if !doomed.await? {
                return Ok(true);
            }
            let spared = self.write(move |tx| {
                tx.execute("DELETE FROM doomed WHERE sha256 = ?1 AND claimed_at IS NULL", [sha256])
                    .map_err(failed)?;
                let claimed = "SELECT 1 FROM doomed WHERE sha256 = ?1";
                let claimed = tx.prepare_cached(claimed).and_then(|mut s| s.exists([sha256]));
                Ok(!claimed.map_err(failed)?)
            });
            spared.await
        })
    }

    fn claim_doomed(
        &self,
        before: Timestamp,
        stale: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Work<'_, Vec<String>> {
        self.write(move |tx| {
            let hashes: Vec<String> = tx
                .prepare_cached(
                    "SELECT sha256 FROM doomed
                     WHERE since < ?1 AND (claimed_at IS NULL OR claimed_at < ?2) LIMIT ?3",
                )
                .and_then(|mut s| {
                    let values = params![before.to_string(), stale.to_string(), limit];
                    s.query_map(values, |row| row.get(0))?.collect()
                })
                .map_err(failed)?;
            let mut claimed = Vec::new();
            for sha256 in hashes {
                let needed: Stored<bool> = tx
                    .prepare_cached("SELECT 1 FROM packet WHERE sha256 = ?1 AND retired_at IS NULL")
                    .and_then(|mut s| s.exists([&sha256]))
                    .map_err(failed);
                if needed? {
                    tx.execute("DELETE FROM doomed WHERE sha256 = ?1", [&sha256])
                        .map_err(failed)?;
                } else {
                    tx.execute(
                        "UPDATE doomed SET claimed_at = ?2 WHERE sha256 = ?1",
                        params![sha256, now.to_string()],
                    )
                    .map_err(failed)?;
                    claimed.push(sha256);
                }
            }
            Ok(claimed)
        })
    }

    fn bury<'a>(&'a self, sha256: &'a str) -> Work<'a, ()> {
        self.write_lazily(move |tx| {
            tx.execute("DELETE FROM doomed WHERE sha256 = ?1", [sha256]).map_err(failed)?;
            Ok(())
        })
    }
}

/// See [`Keeping::allowance`].
pub(super) fn allowance(
    connection: &Connection,
    sender: &AgencyCode,
    day: Date,
) -> Stored<(Volume, Quota)> {
    connection
        .prepare_cached(
            "SELECT coalesce(v.bound_packets, v.packets, 0), coalesce(v.bound_bytes, v.bytes, 0),
                    a.day_packets, a.day_bytes
             FROM agency a LEFT JOIN volume v ON v.sender = a.code AND v.day = ?2
             WHERE a.code = ?1",
        )
        .and_then(|mut s| {
            let values = params![sender.as_str(), day.to_string()];
            s.query_row(values, |row| Ok((volume(row, 0)?, quota(row, 2)?))).optional()
        })
        .map(Option::unwrap_or_default)
        .map_err(failed)
}

fn volume(row: &Row<'_>, column: usize) -> rusqlite::Result<Volume> {
    Ok(Volume { packets: unsigned(row, column)?, bytes: unsigned(row, column + 1)? })
}

fn day(row: &Row<'_>, column: usize) -> rusqlite::Result<Date> {
    let text: String = row.get(column)?;
    text.parse().map_err(|e| unreadable(column, e))
}
