//! What the operators look at and after, in PostgreSQL.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

use super::mail::{PACKET, deliveries, packet_of};
use super::offices::quota;
use super::{
    Fault, Postgres, code, execute, get, one, rows, signed, statement, transaction, unsigned,
};
use crate::domain::agency::AgencyCode;
use crate::server::ServerError;
use crate::server::storage::{
    Age, Backlog, Keeping, Link, Mailbox, Notes, Packet, Quota, Refusals, Volume, Work,
};

impl Keeping for Postgres {
    fn allowance<'a>(&'a self, sender: &'a AgencyCode, day: Date) -> Work<'a, (Volume, Quota)> {
        statement!(self, |client| {
            let row = one(&client, ALLOWANCE, &[&sender.as_str(), &day.to_string()]).await?;
            allowance(row.as_ref())?
        })
    }

    fn volumes(&self, since: Date) -> Work<'_, Vec<(Date, Volume)>> {
        statement!(self, |client| {
            // What the sums of BIGINT are in SQL is wider than what fits here, and they do.
            let sql = "SELECT day, sum(packets)::BIGINT, sum(bytes)::BIGINT FROM volume
                       WHERE day >= $1 GROUP BY day ORDER BY day";
            let mut volumes = Vec::new();
            for row in rows(&client, sql, &[&since.to_string()]).await? {
                volumes.push((day_of(&row, 0)?, volume(&row, 1)?));
            }
            volumes
        })
    }

    fn mailboxes(&self, since: Timestamp) -> Work<'_, Vec<Mailbox>> {
        statement!(self, |client| {
            let sql =
                "SELECT a.code, coalesce(w.waiting, 0), w.oldest, coalesce(w.lapsed, 0), s.seen_at
                       FROM agency a
                       LEFT JOIN presence s ON s.office = a.code
                       LEFT JOIN (SELECT d.recipient,
                                         count(*) FILTER (WHERE p.retired_at IS NULL) AS waiting,
                                         min(p.received_at) FILTER (WHERE p.retired_at IS NULL)
                                             AS oldest,
                                         count(*) FILTER (WHERE p.retired_at >= $1) AS lapsed
                                  FROM delivery d JOIN packet p ON p.id = d.packet
                                  WHERE d.outcome IS NULL
                                  GROUP BY d.recipient) w ON w.recipient = a.code
                       WHERE a.disabled_at IS NULL
                         AND (EXISTS (SELECT 1 FROM office_key k WHERE k.agency = a.code)
                              OR EXISTS (SELECT 1 FROM office_certificate c
                                         WHERE c.agency = a.code AND c.revoked_at IS NULL))";
            let mut mailboxes = Vec::new();
            for row in rows(&client, sql, &[&since]).await? {
                mailboxes.push(Mailbox {
                    office: code(&row, 0)?,
                    waiting: unsigned(&row, 1)?,
                    oldest: get(&row, 2)?,
                    lapsed: unsigned(&row, 3)?,
                    seen_at: get(&row, 4)?,
                });
            }
            mailboxes.sort_by(|a, b| a.office.cmp(&b.office));
            mailboxes
        })
    }

    fn backlog(&self) -> Work<'_, Backlog> {
        statement!(self, |client| {
            let sql = "SELECT count(*), min(p.received_at), (SELECT count(*) FROM upload)
                       FROM delivery d JOIN packet p ON p.id = d.packet
                       WHERE d.outcome IS NULL AND p.retired_at IS NULL";
            match one(&client, sql, &[]).await? {
                Some(row) => Backlog {
                    deliveries: unsigned(&row, 0)?,
                    oldest: get(&row, 1)?,
                    uploads: unsigned(&row, 2)?,
                },
                None => Backlog::default(),
            }
        })
    }

    fn note<'a>(&'a self, day: Date, notes: &'a Notes) -> Work<'a, ()> {
        transaction!(self, |tx| {
            // Only offices that there are: a caller may name any. In the order of the codes,
            // so that two instances never wait for each other.
            let mut seen: Vec<_> = notes.seen.iter().collect();
            seen.sort();
            let offices: Vec<&str> = seen.iter().map(|(office, _)| office.as_str()).collect();
            let times: Vec<Timestamp> = seen.iter().map(|(_, at)| *at).collect();
            let sql = "INSERT INTO presence (office, seen_at)
                       SELECT n.office, n.at FROM unnest($1::TEXT[], $2::TIMESTAMPTZ[]) AS n (office, at)
                       JOIN agency a ON a.code = n.office
                       ORDER BY n.office
                       ON CONFLICT (office) DO UPDATE SET seen_at = excluded.seen_at";
            execute(&tx, sql, &[&offices, &times]).await?;
            let mut refused: Vec<_> = notes.refused.iter().collect();
            refused.sort();
            let sql = "INSERT INTO refusal (office, day, reason, count)
                       SELECT code, $2, $3, $4 FROM agency WHERE code = $1
                       ON CONFLICT (office, day, reason)
                       DO UPDATE SET count = refusal.count + excluded.count";
            for (office, reason, count) in refused {
                let (day, count) = (day.to_string(), signed(*count));
                execute(&tx, sql, &[&office.as_str(), &day, reason, &count]).await?;
            }
        })
    }

    fn refusals(&self, since: Date) -> Work<'_, Vec<Refusals>> {
        statement!(self, |client| {
            let sql = "SELECT day, office, reason, count FROM refusal WHERE day >= $1
                       ORDER BY day DESC, count DESC, office";
            let mut refusals = Vec::new();
            for row in rows(&client, sql, &[&since.to_string()]).await? {
                refusals.push(Refusals {
                    day: day_of(&row, 0)?,
                    office: code(&row, 1)?,
                    reason: get(&row, 2)?,
                    count: unsigned(&row, 3)?,
                });
            }
            refusals
        })
    }

    fn chain<'a>(
        &'a self,
        sender: &'a AgencyCode,
        number: u64,
        limit: u32,
    ) -> Work<'a, Vec<(Packet, Vec<AgencyCode>)>> {
        statement!(self, |client| {
            let sql = format!(
                "SELECT {PACKET} FROM packet p WHERE p.sender = $1 AND p.number > $2
                 ORDER BY p.number LIMIT $3"
            );
            let (number, limit) = (signed(number), i64::from(limit));
            let mut chain: Vec<(Packet, Vec<AgencyCode>)> = Vec::new();
            for row in rows(&client, &sql, &[&sender.as_str(), &number, &limit]).await? {
                chain.push((packet_of(&row)?, Vec::new()));
            }
            let ids: Vec<Uuid> = chain.iter().map(|(packet, _)| packet.id).collect();
            let places: std::collections::HashMap<Uuid, usize> =
                ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
            for (id, state) in deliveries(&client, &ids).await? {
                let entry = places.get(&id).and_then(|place| chain.get_mut(*place));
                if let Some((_, to)) = entry {
                    to.push(state.to);
                }
            }
            chain
        })
    }

    fn last_link<'a>(&'a self, sender: &'a AgencyCode) -> Work<'a, Link> {
        statement!(self, |client| {
            let sql = "SELECT number, link FROM chain WHERE sender = $1";
            match one(&client, sql, &[&sender.as_str()]).await? {
                Some(row) => Link { number: unsigned(&row, 0)?, hash: get(&row, 1)? },
                None => Link::default(),
            }
        })
    }

    fn retire(&self, age: Age, now: Timestamp, limit: u32) -> Work<'_, u64> {
        transaction!(self, |tx| {
            let Age { confirmed_before, any_before } = age;
            // Others at the same work pass over what is claimed here.
            let sql = "SELECT p.id, p.sha256 FROM packet p
                       WHERE p.retired_at IS NULL AND p.received_at < greatest($1::TIMESTAMPTZ, $2::TIMESTAMPTZ)
                         AND (p.received_at < $2::TIMESTAMPTZ OR NOT EXISTS
                              (SELECT 1 FROM delivery d
                               WHERE d.packet = p.id AND d.outcome IS NULL))
                       ORDER BY p.received_at LIMIT $3 FOR UPDATE OF p SKIP LOCKED";
            let limit = i64::from(limit);
            let (mut ids, mut hashes) = (Vec::new(), Vec::new());
            for row in rows(&tx, sql, &[&confirmed_before, &any_before, &limit]).await? {
                ids.push(get::<Uuid>(&row, 0)?);
                hashes.push(get::<String>(&row, 1)?);
            }
            let sql = "UPDATE packet SET retired_at = $2 WHERE id = ANY($1)";
            execute(&tx, sql, &[&ids, &now]).await?;
            hashes.sort();
            hashes.dedup();
            let sql = "INSERT INTO doomed (sha256, since) SELECT unnest($1::TEXT[]), $2
                       ON CONFLICT (sha256) DO UPDATE SET since = excluded.since";
            execute(&tx, sql, &[&hashes, &now]).await?;
            ids.len() as u64
        })
    }

    fn doom_unneeded<'a>(&'a self, hashes: &'a [String], now: Timestamp) -> Work<'a, u64> {
        statement!(self, |client| {
            let sql = "INSERT INTO doomed (sha256, since)
                       SELECT h.sha256, $2 FROM unnest($1::TEXT[]) AS h (sha256)
                       WHERE NOT EXISTS (SELECT 1 FROM packet p
                                         WHERE p.sha256 = h.sha256 AND p.retired_at IS NULL)
                       ON CONFLICT (sha256) DO NOTHING";
            execute(&client, sql, &[&hashes, &now]).await?
        })
    }

    fn spare<'a>(&'a self, sha256: &'a str) -> Work<'a, bool> {
        statement!(self, |client| {
            let sql = "DELETE FROM doomed WHERE sha256 = $1 AND claimed_at IS NULL";
            execute(&client, sql, &[&sha256]).await?;
            let sql = "SELECT 1 FROM doomed WHERE sha256 = $1";
            one(&client, sql, &[&sha256]).await?.is_none()
        })
    }

    fn claim_doomed(
        &self,
        before: Timestamp,
        stale: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Work<'_, Vec<String>> {
        transaction!(self, |tx| {
            let sql = "SELECT sha256 FROM doomed
                       WHERE since < $1 AND (claimed_at IS NULL OR claimed_at < $2)
                       LIMIT $3 FOR UPDATE SKIP LOCKED";
            let limit = i64::from(limit);
            let mut claimed: Vec<String> = Vec::new();
            for row in rows(&tx, sql, &[&before, &stale, &limit]).await? {
                claimed.push(get(&row, 0)?);
            }
            let sql = "SELECT DISTINCT sha256 FROM packet
                       WHERE sha256 = ANY($1) AND retired_at IS NULL";
            let mut needed: Vec<String> = Vec::new();
            for row in rows(&tx, sql, &[&claimed]).await? {
                needed.push(get(&row, 0)?);
            }
            claimed.retain(|sha256| !needed.contains(sha256));
            execute(&tx, "DELETE FROM doomed WHERE sha256 = ANY($1)", &[&needed]).await?;
            let sql = "UPDATE doomed SET claimed_at = $2 WHERE sha256 = ANY($1)";
            execute(&tx, sql, &[&claimed, &now]).await?;
            claimed
        })
    }

    fn bury<'a>(&'a self, sha256: &'a str) -> Work<'a, ()> {
        statement!(self, |client| {
            execute(&client, "DELETE FROM doomed WHERE sha256 = $1", &[&sha256]).await?;
        })
    }
}

/// What [`allowance`] reads, of sender and day.
pub(super) const ALLOWANCE: &str =
    "SELECT coalesce(v.bound_packets, v.packets, 0), coalesce(v.bound_bytes, v.bytes, 0),
            a.day_packets, a.day_bytes
     FROM agency a LEFT JOIN volume v ON v.sender = a.code AND v.day = $2
     WHERE a.code = $1";

pub(super) fn allowance(row: Option<&Row>) -> Result<(Volume, Quota), Fault> {
    match row {
        Some(row) => Ok((volume(row, 0)?, quota(row, 2)?)),
        None => Ok(Default::default()),
    }
}

fn volume(row: &Row, column: usize) -> Result<Volume, Fault> {
    Ok(Volume { packets: unsigned(row, column)?, bytes: unsigned(row, column + 1)? })
}

fn day_of(row: &Row, column: usize) -> Result<Date, Fault> {
    let text: String = get(row, column)?;
    Ok(text.parse().map_err(|e: jiff::Error| ServerError::Database(e.to_string()))?)
}
