//! Packets and their deliveries, in PostgreSQL.

use deadpool_postgres::GenericClient;
use futures::try_join;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::keeping::{ALLOWANCE, allowance};
use super::{
    Fault, Postgres, Values, code, execute, from_word, get, one, rows, signed, statement, texts,
    transaction, unsigned, word,
};
use crate::domain::agency::AgencyCode;
use crate::exchange::{OutboxKind, Outcome, RecipientState};
use crate::server::ServerError;
use crate::server::storage::{Added, Arrived, Count, Fetched, Link, Mail, Packet, Sent, Work};

/// The columns that [`packet_of`] reads, in its order.
pub(super) const PACKET: &str =
    "p.id, p.sender, p.key, p.kind, p.sha256, p.size, p.received_at, p.number, p.link";
const COLUMNS: usize = 9;
/// The columns that [`state_of`] reads, in its order.
const STATE: &str = "d.recipient, d.fetched_at, d.outcome, d.confirmed_at,
    CASE WHEN d.outcome IS NULL THEN p.retired_at END";
const STATES: usize = 5;
const KEY: &str = "p.sender = $1 AND p.key = $2";
/// The last link of a sender's chain; who reads it so has the sender for himself.
const CHAIN: &str = "SELECT number, link FROM chain WHERE sender = $1 FOR UPDATE";

impl Mail for Postgres {
    fn add<'a>(
        &'a self,
        packet: &'a Packet,
        to: &'a [AgencyCode],
        count: Count,
    ) -> Work<'a, Option<Added>> {
        transaction!(self, |tx| {
            // One packet of a sender after the other: the chain has an order, and a key is
            // looked for, and the day's room, when nobody else can be using it.
            let (sender, day) = (packet.sender.as_str(), count.day.to_string());
            let chain = tx.prepare_cached(CHAIN).await?;
            let room = tx.prepare_cached(ALLOWANCE).await?;
            let (owner, of_day): (Values<'_>, Values<'_>) = (&[&sender], &[&sender, &day]);
            // Both at once on the line, done by the database in this order.
            let (last, room) = try_join!(tx.query_opt(&chain, owner), tx.query_opt(&room, of_day))?;
            let last = last.ok_or_else(|| ServerError::Database("no chain".into()))?;
            let last = Link { number: unsigned(&last, 0)?, hash: get(&last, 1)? };
            let (sent, own) = allowance(room.as_ref())?;
            if let Some(before) = find(&tx, KEY, &[&sender, &packet.key]).await? {
                Some(Added::Before(Box::new(before)))
            } else if count.quota.is_none_or(|all| own.or(all).has_room(sent, packet.size)) {
                let link = last.next(packet, to);
                store(&tx, packet, &link, to, count).await?;
                Some(Added::New(link))
            } else {
                None
            }
        })
    }

    fn by_key<'a>(&'a self, sender: &'a AgencyCode, key: &'a str) -> Work<'a, Option<Sent>> {
        statement!(self, |client| { find(&client, KEY, &[&sender.as_str(), &key]).await? })
    }

    fn sent<'a>(&'a self, sender: &'a AgencyCode, id: Uuid) -> Work<'a, Option<Sent>> {
        statement!(self, |client| {
            find(&client, "p.sender = $1 AND p.id = $2", &[&sender.as_str(), &id]).await?
        })
    }

    fn outbox<'a>(
        &'a self,
        sender: &'a AgencyCode,
        kind: OutboxKind,
        skip: u32,
        limit: u32,
    ) -> Work<'a, Vec<Sent>> {
        statement!(self, |client| {
            // Names of packets grow with time.
            let sql = format!(
                "SELECT {PACKET} FROM packet p WHERE p.sender = $1 AND p.kind = $2
                 ORDER BY p.id DESC LIMIT $3 OFFSET $4"
            );
            let (kind, limit, skip) = (word(&kind)?, i64::from(limit), i64::from(skip));
            let mut sent = Vec::new();
            for row in rows(&client, &sql, &[&sender.as_str(), &kind, &limit, &skip]).await? {
                sent.push(Sent { packet: packet_of(&row)?, deliveries: Vec::new() });
            }
            let ids: Vec<Uuid> = sent.iter().map(|sent| sent.packet.id).collect();
            for (id, state) in deliveries(&client, &ids).await? {
                if let Some(sent) = sent.iter_mut().find(|sent| sent.packet.id == id) {
                    sent.deliveries.push(state);
                }
            }
            sent
        })
    }

    fn packet(&self, id: Uuid) -> Work<'_, Option<Sent>> {
        statement!(self, |client| { find(&client, "p.id = $1", &[&id]).await? })
    }

    fn received<'a>(&'a self, recipient: &'a AgencyCode, limit: u32) -> Work<'a, Vec<Sent>> {
        statement!(self, |client| {
            let sql = format!(
                "SELECT {PACKET}, {STATE} FROM delivery d JOIN packet p ON p.id = d.packet
                 WHERE d.recipient = $1 ORDER BY d.place DESC LIMIT $2"
            );
            let found = rows(&client, &sql, &[&recipient.as_str(), &i64::from(limit)]).await?;
            let sent = found.iter().map(|row| {
                let deliveries = vec![state_of(row, COLUMNS)?];
                Ok::<_, Fault>(Sent { packet: packet_of(row)?, deliveries })
            });
            sent.collect::<Result<Vec<_>, _>>()?
        })
    }

    fn inbox<'a>(
        &'a self,
        recipient: &'a AgencyCode,
        after: u64,
        waiting: bool,
        limit: u32,
    ) -> Work<'a, Vec<Arrived>> {
        statement!(self, |client| {
            let only = if waiting { "AND d.outcome IS NULL" } else { "" };
            let sql = format!(
                "SELECT {PACKET}, d.place, d.outcome
                 FROM delivery d JOIN packet p ON p.id = d.packet
                 WHERE d.recipient = $1 AND d.place > $2 {only} AND p.retired_at IS NULL
                 ORDER BY d.place LIMIT $3"
            );
            let (after, limit) = (signed(after), i64::from(limit));
            let mut arrived = Vec::new();
            for row in rows(&client, &sql, &[&recipient.as_str(), &after, &limit]).await? {
                arrived.push(Arrived {
                    packet: packet_of(&row)?,
                    place: unsigned(&row, COLUMNS)?,
                    outcome: outcome_of(&row, COLUMNS + 1)?,
                });
            }
            arrived
        })
    }

    fn fetch<'a>(
        &'a self,
        recipient: &'a AgencyCode,
        id: Uuid,
        now: Timestamp,
    ) -> Work<'a, Option<Fetched>> {
        statement!(self, |client| {
            let sql = format!(
                "SELECT {PACKET}, d.fetched_at IS NULL, p.retired_at
                 FROM delivery d JOIN packet p ON p.id = d.packet
                 WHERE d.packet = $1 AND d.recipient = $2"
            );
            let row = one(&client, &sql, &[&id, &recipient.as_str()]).await?;
            let retired: Option<Timestamp> = match &row {
                Some(row) => get(row, COLUMNS + 1)?,
                None => None,
            };
            if let Some(row) = &row
                && retired.is_none()
                && get::<bool>(row, COLUMNS)?
            {
                let sql = "UPDATE delivery SET fetched_at = $3
                           WHERE packet = $1 AND recipient = $2 AND fetched_at IS NULL";
                execute(&client, sql, &[&id, &recipient.as_str(), &now]).await?;
            }
            match (row, retired) {
                (None, _) => None,
                (Some(_), Some(at)) => Some(Fetched::Retired(at)),
                (Some(row), None) => Some(Fetched::Here(packet_of(&row)?)),
            }
        })
    }

    fn confirm<'a>(
        &'a self,
        recipient: &'a AgencyCode,
        id: Uuid,
        outcome: Outcome,
        now: Timestamp,
    ) -> Work<'a, Option<(Outcome, Timestamp)>> {
        statement!(self, |client| {
            let recipient = recipient.as_str();
            let sql = "UPDATE delivery SET outcome = $3, confirmed_at = $4
                       WHERE packet = $1 AND recipient = $2 AND outcome IS NULL";
            execute(&client, sql, &[&id, &recipient, &word(&outcome)?, &now]).await?;
            let sql = "SELECT outcome, confirmed_at FROM delivery
                       WHERE packet = $1 AND recipient = $2";
            match one(&client, sql, &[&id, &recipient]).await? {
                Some(row) => outcome_of(&row, 0)?.zip(get(&row, 1)?),
                None => None,
            }
        })
    }
}

/// Writes a packet, its deliveries and its link, under the lock of its sender's chain.
async fn store(
    tx: &deadpool_postgres::Transaction<'_>,
    packet: &Packet,
    link: &Link,
    to: &[AgencyCode],
    count: Count,
) -> Result<(), Fault> {
    let packet_sql = tx
        .prepare_cached(
            "INSERT INTO packet (id, sender, key, kind, sha256, size, received_at, number, link)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .await?;
    // Mailboxes are locked in one order by all, so that two never wait for each other.
    let lock_sql = tx
        .prepare_cached(
            "SELECT recipient FROM mailbox WHERE recipient = ANY($1)
             ORDER BY recipient FOR UPDATE",
        )
        .await?;
    let deliver_sql = tx
        .prepare_cached(
            "WITH given AS (
                 UPDATE mailbox SET last = last + 1 WHERE recipient = ANY($1)
                 RETURNING recipient, last)
             INSERT INTO delivery (recipient, place, packet)
             SELECT recipient, last, $2 FROM given",
        )
        .await?;
    let chain_sql =
        tx.prepare_cached("UPDATE chain SET number = $2, link = $3 WHERE sender = $1").await?;
    let volume_sql = tx
        .prepare_cached(
            "INSERT INTO volume (sender, day, packets, bytes, bound_packets, bound_bytes)
             VALUES ($1, $2, 1, $3, $4, $5) ON CONFLICT (sender, day) DO UPDATE
             SET packets = volume.packets + 1, bytes = volume.bytes + excluded.bytes,
                 bound_packets = coalesce(volume.bound_packets, volume.packets)
                     + excluded.bound_packets,
                 bound_bytes = coalesce(volume.bound_bytes, volume.bytes) + excluded.bound_bytes",
        )
        .await?;

    let (sender, kind, to_texts) = (packet.sender.as_str(), word(&packet.kind)?, texts(to));
    let (size, number, day) = (signed(packet.size), signed(link.number), count.day.to_string());
    let (one, bytes) = if count.quota.is_some() { (1_i64, size) } else { (0, 0) };
    let Packet { id, key, sha256, received_at, .. } = packet;
    let row: Values<'_> =
        &[id, &sender, key, &kind, sha256, &size, received_at, &number, &link.hash];
    let boxes: Values<'_> = &[&to_texts, id];
    let last: Values<'_> = &[&sender, &number, &link.hash];
    let volume: Values<'_> = &[&sender, &day, &size, &one, &bytes];
    // All at once on the line, done by the database in this order.
    let (_, _, delivered, ..) = try_join!(
        tx.execute(&packet_sql, row),
        tx.execute(&lock_sql, &boxes[..1]),
        tx.execute(&deliver_sql, boxes),
        tx.execute(&chain_sql, last),
        tx.execute(&volume_sql, volume),
    )?;
    if delivered == to.len() as u64 {
        Ok(())
    } else {
        Err(ServerError::Database("a recipient has no mailbox".into()).into())
    }
}

async fn find(
    on: &impl GenericClient,
    condition: &str,
    values: Values<'_>,
) -> Result<Option<Sent>, Fault> {
    let sql = format!("SELECT {PACKET} FROM packet p WHERE {condition}");
    let Some(row) = one(on, &sql, values).await? else { return Ok(None) };
    let packet = packet_of(&row)?;
    let deliveries = deliveries(on, &[packet.id]).await?.into_iter().map(|(_, state)| state);
    Ok(Some(Sent { deliveries: deliveries.collect(), packet }))
}

/// The deliveries of packets, by recipient.
pub(super) async fn deliveries(
    on: &impl GenericClient,
    packets: &[Uuid],
) -> Result<Vec<(Uuid, RecipientState)>, Fault> {
    let sql = format!(
        "SELECT {STATE}, d.packet
         FROM delivery d JOIN packet p ON p.id = d.packet WHERE d.packet = ANY($1)"
    );
    let mut found = Vec::new();
    for row in rows(on, &sql, &[&packets]).await? {
        found.push((get(&row, STATES)?, state_of(&row, 0)?));
    }
    found.sort_by(|(_, a), (_, b)| a.to.cmp(&b.to));
    Ok(found)
}

fn state_of(row: &Row, first: usize) -> Result<RecipientState, Fault> {
    Ok(RecipientState {
        to: code(row, first)?,
        fetched_at: get(row, first + 1)?,
        outcome: outcome_of(row, first + 2)?,
        confirmed_at: get(row, first + 3)?,
        lapsed_at: get(row, first + 4)?,
    })
}

fn outcome_of(row: &Row, column: usize) -> Result<Option<Outcome>, Fault> {
    get::<Option<String>>(row, column)?.map(from_word).transpose()
}

pub(super) fn packet_of(row: &Row) -> Result<Packet, Fault> {
    Ok(Packet {
        id: get(row, 0)?,
        sender: code(row, 1)?,
        key: get(row, 2)?,
        kind: from_word(get(row, 3)?)?,
        sha256: get(row, 4)?,
        size: unsigned(row, 5)?,
        received_at: get(row, 6)?,
        link: Link { number: unsigned(row, 7)?, hash: get(row, 8)? },
    })
}
