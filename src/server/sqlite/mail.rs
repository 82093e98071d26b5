//! Packets and their deliveries, in SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::keeping::allowance;
use super::{
    Sqlite, code, failed, from_word, maybe_time, optional, signed, time, unreadable, unsigned, word,
};
use crate::domain::agency::AgencyCode;
use crate::exchange::{OutboxKind, Outcome, RecipientState};
use crate::server::storage::{
    Added, Arrived, Count, Fetched, Link, Mail, Packet, Sent, Stored, Volume, Work,
};

/// The columns that [`packet`] reads, in its order.
pub(super) const PACKET: &str =
    "p.id, p.sender, p.key, p.kind, p.sha256, p.size, p.received_at, p.number, p.link";
const COLUMNS: usize = 9;
/// The columns that [`state_of`] reads, in its order.
const STATE: &str = "d.recipient, d.fetched_at, d.outcome, d.confirmed_at,
    CASE WHEN d.outcome IS NULL THEN p.retired_at END";
const KEY: &str = "sender = ?1 AND key = ?2";

impl Mail for Sqlite {
    fn add<'a>(
        &'a self,
        packet: &'a Packet,
        to: &'a [AgencyCode],
        count: Count,
    ) -> Work<'a, Option<Added>> {
        self.write(move |tx| {
            let (sender, kind) = (packet.sender.as_str(), word(&packet.kind)?);
            if let Some(before) = find(tx, KEY, params![sender, packet.key])? {
                return Ok(Some(Added::Before(Box::new(before))));
            }
            let bound = match count.quota {
                None => Volume::default(),
                Some(all) => {
                    let (sent, own) = allowance(tx, &packet.sender, count.day)?;
                    if !own.or(all).has_room(sent, packet.size) {
                        return Ok(None);
                    }
                    Volume { packets: 1, bytes: packet.size }
                }
            };
            let last: Option<Link> = tx
                .prepare_cached("SELECT number, link FROM chain WHERE sender = ?1")
                .and_then(|mut s| {
                    let link =
                        |row: &Row<'_>| Ok(Link { number: unsigned(row, 0)?, hash: row.get(1)? });
                    s.query_row([sender], link).optional()
                })
                .map_err(failed)?;
            let link = last.unwrap_or_default().next(packet, to);
            tx.prepare_cached(
                "INSERT INTO packet
                 (id, sender, key, kind, sha256, size, received_at, number, link)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .and_then(|mut s| {
                s.execute(params![
                    packet.id.to_string(),
                    sender,
                    packet.key,
                    kind,
                    packet.sha256,
                    signed(packet.size),
                    packet.received_at.to_string(),
                    signed(link.number),
                    link.hash,
                ])
            })
            .map_err(failed)?;
            tx.prepare_cached(
                "INSERT INTO chain (sender, number, link) VALUES (?1, ?2, ?3)
                 ON CONFLICT (sender) DO UPDATE SET number = excluded.number, link = excluded.link",
            )
            .and_then(|mut s| s.execute(params![sender, signed(link.number), link.hash]))
            .map_err(failed)?;
            tx.prepare_cached(
                "INSERT INTO volume (day, sender, packets, bytes, bound_packets, bound_bytes)
                 VALUES (?1, ?2, 1, ?3, ?4, ?5) ON CONFLICT (day, sender) DO UPDATE
                 SET packets = volume.packets + 1, bytes = volume.bytes + excluded.bytes,
                     bound_packets = coalesce(volume.bound_packets, volume.packets)
                         + excluded.bound_packets,
                     bound_bytes = coalesce(volume.bound_bytes, volume.bytes)
                         + excluded.bound_bytes",
            )
            .and_then(|mut s| {
                let Volume { packets, bytes } = bound;
                let (day, size) = (count.day.to_string(), signed(packet.size));
                s.execute(params![day, sender, size, signed(packets), signed(bytes)])
            })
            .map_err(failed)?;
            let mut insert = tx
                .prepare_cached("INSERT INTO delivery (packet, recipient) VALUES (?1, ?2)")
                .map_err(failed)?;
            for code in to {
                insert.execute(params![packet.id.to_string(), code.as_str()]).map_err(failed)?;
            }
            Ok(Some(Added::New(link)))
        })
    }

    fn by_key<'a>(&'a self, sender: &'a AgencyCode, key: &'a str) -> Work<'a, Option<Sent>> {
        self.read(move |connection| find(connection, KEY, params![sender.as_str(), key]))
    }

    fn sent<'a>(&'a self, sender: &'a AgencyCode, id: Uuid) -> Work<'a, Option<Sent>> {
        self.read(move |connection| {
            find(connection, "sender = ?1 AND id = ?2", params![sender.as_str(), id.to_string()])
        })
    }

    fn outbox<'a>(
        &'a self,
        sender: &'a AgencyCode,
        kind: OutboxKind,
        skip: u32,
        limit: u32,
    ) -> Work<'a, Vec<Sent>> {
        self.read(move |connection| {
            let kind = word(&kind)?;
            // Names of packets grow with time.
            let packets: Vec<Packet> = connection
                .prepare_cached(&format!(
                    "SELECT {PACKET} FROM packet p WHERE sender = ?1 AND kind = ?2
                     ORDER BY id DESC LIMIT ?3 OFFSET ?4"
                ))
                .and_then(|mut s| {
                    let values = params![sender.as_str(), kind, limit, skip];
                    s.query_map(values, packet_of)?.collect()
                })
                .map_err(failed)?;
            let with_deliveries = |packet| {
                let deliveries = deliveries(connection, &packet)?;
                Ok(Sent { packet, deliveries })
            };
            packets.into_iter().map(with_deliveries).collect()
        })
    }

    fn packet(&self, id: Uuid) -> Work<'_, Option<Sent>> {
        self.read(move |connection| find(connection, "id = ?1", params![id.to_string()]))
    }

    fn received<'a>(&'a self, recipient: &'a AgencyCode, limit: u32) -> Work<'a, Vec<Sent>> {
        self.read(move |connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {PACKET}, {STATE} FROM delivery d JOIN packet p ON p.id = d.packet
                     WHERE d.recipient = ?1 ORDER BY d.place DESC LIMIT ?2"
                ))
                .and_then(|mut s| {
                    s.query_map(params![recipient.as_str(), limit], |row| {
                        let deliveries = vec![state_of(row, COLUMNS)?];
                        Ok(Sent { packet: packet_of(row)?, deliveries })
                    })?
                    .collect()
                })
                .map_err(failed)
        })
    }

    fn inbox<'a>(
        &'a self,
        recipient: &'a AgencyCode,
        after: u64,
        waiting: bool,
        limit: u32,
    ) -> Work<'a, Vec<Arrived>> {
        self.read(move |connection| {
            let only = if waiting { "AND d.outcome IS NULL" } else { "" };
            connection
                .prepare_cached(&format!(
                    "SELECT {PACKET}, d.place, d.outcome
                     FROM delivery d JOIN packet p ON p.id = d.packet
                     WHERE d.recipient = ?1 AND d.place > ?2 {only}
                       AND p.retired_at IS NULL
                     ORDER BY d.place LIMIT ?3"
                ))
                .and_then(|mut s| {
                    let values = params![recipient.as_str(), signed(after), limit];
                    s.query_map(values, |row| {
                        Ok(Arrived {
                            packet: packet_of(row)?,
                            place: unsigned(row, COLUMNS)?,
                            outcome: optional(row, COLUMNS + 1)?,
                        })
                    })?
                    .collect()
                })
                .map_err(failed)
        })
    }

    fn fetch<'a>(
        &'a self,
        recipient: &'a AgencyCode,
        id: Uuid,
        now: Timestamp,
    ) -> Work<'a, Option<Fetched>> {
        Box::pin(async move {
            let found = self.read(move |connection| {
                connection
                    .prepare_cached(&format!(
                        "SELECT {PACKET}, d.fetched_at IS NULL, p.retired_at
                         FROM delivery d JOIN packet p ON p.id = d.packet
                         WHERE d.packet = ?1 AND d.recipient = ?2"
                    ))
                    .and_then(|mut s| {
                        s.query_row(params![id.to_string(), recipient.as_str()], |row| {
                            let retired = maybe_time(row, COLUMNS + 1)?;
                            Ok((packet_of(row)?, row.get::<_, bool>(COLUMNS)?, retired))
                        })
                        .optional()
                    })
                    .map_err(failed)
            });
            let Some((packet, first, retired)) = found.await? else { return Ok(None) };
            if let Some(at) = retired {
                return Ok(Some(Fetched::Retired(at)));
            }
            if first {
                let note = self.write(move |tx| {
                    tx.execute(
                        "UPDATE delivery SET fetched_at = ?3
                         WHERE packet = ?1 AND recipient = ?2 AND fetched_at IS NULL",
                        params![id.to_string(), recipient.as_str(), now.to_string()],
                    )
                    .map_err(failed)
                });
                note.await?;
            }
            Ok(Some(Fetched::Here(packet)))
        })
    }

    fn confirm<'a>(
        &'a self,
        recipient: &'a AgencyCode,
        id: Uuid,
        outcome: Outcome,
        now: Timestamp,
    ) -> Work<'a, Option<(Outcome, Timestamp)>> {
        self.write(move |tx| {
            let id = id.to_string();
            tx.execute(
                "UPDATE delivery SET outcome = ?3, confirmed_at = ?4
                 WHERE packet = ?1 AND recipient = ?2 AND outcome IS NULL",
                params![id, recipient.as_str(), word(&outcome)?, now.to_string()],
            )
            .map_err(failed)?;
            tx.query_row(
                "SELECT outcome, confirmed_at FROM delivery WHERE packet = ?1 AND recipient = ?2",
                params![id, recipient.as_str()],
                |row| Ok(optional(row, 0)?.zip(maybe_time(row, 1)?)),
            )
            .optional()
            .map(Option::flatten)
            .map_err(failed)
        })
    }
}

fn find(
    connection: &Connection,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Stored<Option<Sent>> {
    let sql = format!("SELECT {PACKET} FROM packet p WHERE {condition}");
    let found = connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_row(values, packet_of).optional())
        .map_err(failed)?;
    let Some(packet) = found else { return Ok(None) };
    let deliveries = deliveries(connection, &packet)?;
    Ok(Some(Sent { packet, deliveries }))
}

fn deliveries(connection: &Connection, packet: &Packet) -> Stored<Vec<RecipientState>> {
    connection
        .prepare_cached(&format!(
            "SELECT {STATE} FROM delivery d JOIN packet p ON p.id = d.packet
             WHERE d.packet = ?1 ORDER BY d.recipient"
        ))
        .and_then(|mut s| s.query_map([packet.id.to_string()], |row| state_of(row, 0))?.collect())
        .map_err(failed)
}

fn state_of(row: &Row<'_>, first: usize) -> rusqlite::Result<RecipientState> {
    Ok(RecipientState {
        to: code(row, first)?,
        fetched_at: maybe_time(row, first + 1)?,
        outcome: optional(row, first + 2)?,
        confirmed_at: maybe_time(row, first + 3)?,
        lapsed_at: maybe_time(row, first + 4)?,
    })
}

pub(super) fn packet_of(row: &Row<'_>) -> rusqlite::Result<Packet> {
    let id: String = row.get(0)?;
    Ok(Packet {
        id: id.parse().map_err(|e| unreadable(0, e))?,
        sender: code(row, 1)?,
        key: row.get(2)?,
        kind: from_word(3, row.get(3)?)?,
        sha256: row.get(4)?,
        size: unsigned(row, 5)?,
        received_at: time(row, 6)?,
        link: Link { number: unsigned(row, 7)?, hash: row.get(8)? },
    })
}
