//! The outbox: what waits to be sent, one item per document and recipient.
//!
//! That an item waits, was sent or is parked is everybody's business and comes of
//! operations. How often this desk tried, when it will try again and what goes up at once is
//! its own (`outbox_attempt`, `outbox_begun`, `parcel`: local tables).

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Store;
use super::error::StoreError;
use super::follow;
use super::outbound;
use super::row;
use super::user::exactly_one;
use super::view::View;
use super::writer::Actor;
use crate::domain::agency::AgencyCode;
use crate::domain::bundle::Bundle;
use crate::domain::delivery::SendState;
use crate::domain::document::{BlobHash, DocumentKey};
use crate::domain::operation::{Change, OutboxKind};

/// Something that waits, was sent, or is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    pub item: String,
    pub what: OutboxKind,
    pub document: DocumentKey,
    pub recipient: AgencyCode,
    pub packet: BlobHash,
    pub urgent: bool,
    /// A recall or an update, and not the document itself.
    pub order: bool,
    pub state: SendState,
    /// Why it is parked: the code of a problem, and detail.
    pub code: String,
    pub detail: String,
    /// The server's receipt, once sent.
    pub server_id: String,
    pub sent_at: Option<Timestamp>,
    /// How often this desk tried in vain since the item was queued or released.
    pub tries: u32,
    /// Why the last try failed.
    pub last_reason: String,
    pub not_before: Option<Timestamp>,
}

/// How often a status is tried before those that were queued after it.
const BEFORE_OTHERS: u32 = 3;

const SELECT: &str = "SELECT o.item, o.what, o.document, o.recipient, o.packet, o.urgent,
    o.state, o.code, o.detail, o.server_id, o.sent_at, a.tries, a.reason, a.not_before_millis,
    o.is_order
    FROM outbox o LEFT JOIN outbox_attempt a ON a.item = o.item";

impl View<'_> {
    /// What waits and is due at `now`; what is larger than `most` bytes only if it is urgent. Of
    /// one document and the orders about it, for one recipient, the first alone: the last to
    /// arrive is what counts. So it is of the statuses about one, until the first has failed
    /// [`BEFORE_OTHERS`] times: what is never taken must not keep the others for ever.
    pub fn outbox_due(
        &self,
        now: Timestamp,
        most: u64,
        limit: u32,
    ) -> Result<Vec<OutboxItem>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "{SELECT} WHERE o.state = 'waiting'
                     AND (a.not_before_millis IS NULL OR a.not_before_millis <= ?1)
                     AND (o.urgent OR ?2 >= (SELECT size FROM blob WHERE hash = o.packet))
                     AND NOT EXISTS (
                         SELECT 1 FROM outbox before
                         WHERE before.document = o.document AND before.recipient = o.recipient
                             AND before.what = o.what AND before.state = 'waiting'
                             AND before.row < o.row
                             AND (before.urgent
                                 OR ?2 >= (SELECT size FROM blob WHERE hash = before.packet))
                             AND (o.what = 'document' OR NOT EXISTS (
                                 SELECT 1 FROM outbox_attempt failed
                                 WHERE failed.item = before.item AND failed.tries >= ?4)))
                 ORDER BY o.urgent DESC, o.row LIMIT ?3"
            ))?
            .query_and_then(
                params![now.as_millisecond(), row::signed(most), limit, BEFORE_OTHERS],
                from_row,
            )?
            .collect()
    }

    pub fn outbox_item(&self, item: &str) -> Result<Option<OutboxItem>, StoreError> {
        self.connection
            .prepare_cached(&format!("{SELECT} WHERE o.item = ?1"))?
            .query_and_then([item], from_row)?
            .next()
            .transpose()
    }

    pub fn outbox_wedged(&self, limit: u32) -> Result<Vec<OutboxItem>, StoreError> {
        self.connection
            .prepare_cached(&format!("{SELECT} WHERE o.state = 'wedged' ORDER BY o.row LIMIT ?1"))?
            .query_and_then([limit], from_row)?
            .collect()
    }

    /// What failed lately and rests until its next try, urgent first, then oldest first.
    pub fn outbox_resting(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxItem>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "{SELECT} WHERE o.state = 'waiting' AND a.not_before_millis > ?1
                 ORDER BY o.urgent DESC, o.row LIMIT ?2"
            ))?
            .query_and_then(params![now.as_millisecond(), limit], from_row)?
            .collect()
    }

    /// Whether a packet with these very bytes waits or was sent.
    pub fn is_queued(&self, packet: &BlobHash) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM outbox WHERE packet = ?1")?
            .exists([&packet.0])?)
    }

    /// Whether its sending was ever begun, so that it may have left the office.
    pub fn outbox_begun(&self, item: &str) -> Result<bool, StoreError> {
        Ok(self
            .connection
            .prepare_cached("SELECT 1 FROM outbox_begun WHERE item = ?1")?
            .exists([item])?)
    }

    pub fn outbox_of(&self, key: &DocumentKey) -> Result<Vec<OutboxItem>, StoreError> {
        self.connection
            .prepare_cached(&format!("{SELECT} WHERE o.document = ?1 ORDER BY o.row"))?
            .query_and_then([row::key(key)], from_row)?
            .collect()
    }
}

impl Store {
    /// Notes that an item is about to be sent, before a byte of it leaves, and with it all that
    /// goes up at once, `most` at most; `None` where it was withdrawn meanwhile. From here on the
    /// decisions behind them cannot be taken back.
    pub fn begin_sending(
        &self,
        item: &str,
        most: u32,
        now: Timestamp,
    ) -> Result<Option<Bundle>, StoreError> {
        let item = item.to_owned();
        self.write(&Actor::program(), move |writer| {
            begin_sending(writer.connection, &item, most, now)
        })
    }
}

/// The server has none of these: they were never begun, and may be taken out.
pub(super) fn forget_begun_sending(
    connection: &Connection,
    items: &[String],
) -> Result<(), StoreError> {
    for item in items {
        connection.prepare_cached("DELETE FROM outbox_begun WHERE item = ?1")?.execute([item])?;
        connection.prepare_cached("DELETE FROM parcel WHERE item = ?1")?.execute([item])?;
    }
    Ok(())
}

fn begin_sending(
    connection: &Connection,
    item: &str,
    most: u32,
    now: Timestamp,
) -> Result<Option<Bundle>, StoreError> {
    let waits = connection
        .prepare_cached("SELECT recipient FROM outbox WHERE item = ?1 AND state = 'waiting'")?
        .query_and_then([item], |row| row::from_word(row.get(0)?))?
        .next()
        .transpose()?;
    let Some(recipient) = waits else { return Ok(None) };
    let alone = vec![(item.to_owned(), recipient)];
    let begun =
        connection.prepare_cached("SELECT 1 FROM outbox_begun WHERE item = ?1")?.exists([item])?;
    if begun {
        let Some(bundle) = bundle_of(connection, item)? else { return Ok(Some(Bundle::of(alone))) };
        let whole = bundle.items.len() <= most as usize && !is_held_back(connection, &bundle.key)?;
        if whole && Bundle::of(bundle.items.clone()).key == bundle.key {
            return Ok(Some(bundle));
        }
        part(connection, item, &[])?;
        let former = bundle_of(connection, item)?.map(|one| one.former).unwrap_or_default();
        return Ok(Some(Bundle { former, ..Bundle::of(alone) }));
    }
    let mut items = alone;
    items.extend(companions(connection, item, most, now)?);
    let bundle = Bundle { fresh: true, ..Bundle::of(items) };
    for (one, _) in &bundle.items {
        connection
            .prepare_cached("INSERT INTO outbox_begun VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute(params![one, now.as_millisecond()])?;
        if bundle.items.len() > 1 {
            connection
                .prepare_cached("INSERT OR REPLACE INTO parcel (item, key) VALUES (?1, ?2)")?
                .execute([one, &bundle.key])?;
        }
    }
    Ok(Some(bundle))
}

/// What goes with an item by what was noted when its sending was first begun, of it what still
/// waits; `None` where nothing was noted.
fn bundle_of(connection: &Connection, item: &str) -> Result<Option<Bundle>, StoreError> {
    let noted: Option<(String, String)> = connection
        .prepare_cached("SELECT key, former FROM parcel WHERE item = ?1")?
        .query_row([item], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((key, former)) = noted else { return Ok(None) };
    let items = connection
        .prepare_cached(
            "SELECT o.item, o.recipient FROM parcel p JOIN outbox o ON o.item = p.item
             WHERE p.key = ?1 AND o.state = 'waiting' ORDER BY o.item",
        )?
        .query_and_then([&key], named)?
        .collect::<Result<Vec<_>, StoreError>>()?;
    let former = former.split_whitespace().map(str::to_owned).collect();
    Ok(Some(Bundle { key, items, former, fresh: false }))
}

/// Whether something earlier about the document waits for one of a parcel's recipients, as what
/// was parked and let go again.
fn is_held_back(connection: &Connection, key: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM parcel p JOIN outbox o ON o.item = p.item
             JOIN outbox before ON before.document = o.document
                 AND before.recipient = o.recipient AND before.row < o.row
             WHERE p.key = ?1 AND o.state = 'waiting' AND before.what = 'document'
                 AND before.state = 'waiting'",
        )?
        .exists([key])?)
}

/// What carries the same packet to others, was never begun and is due with it. Who waits for
/// something earlier about the document waits for that first.
fn companions(
    connection: &Connection,
    item: &str,
    most: u32,
    now: Timestamp,
) -> Result<Vec<(String, AgencyCode)>, StoreError> {
    connection
        .prepare_cached(
            "SELECT o.item, o.recipient FROM outbox one JOIN outbox o ON o.packet = one.packet
             LEFT JOIN outbox_attempt a ON a.item = o.item
             WHERE one.item = ?1 AND one.what = 'document' AND o.item <> one.item
                 AND o.what = 'document' AND o.document = one.document
                 AND o.is_order = one.is_order AND o.urgent = one.urgent
                 AND o.recipient <> one.recipient AND o.state = 'waiting'
                 AND (a.not_before_millis IS NULL OR a.not_before_millis <= ?2)
                 AND NOT EXISTS (SELECT 1 FROM outbox_begun b WHERE b.item = o.item)
                 AND NOT EXISTS (SELECT 1 FROM outbox before
                     WHERE before.document = o.document AND before.recipient = o.recipient
                         AND before.what = 'document' AND before.state = 'waiting'
                         AND before.row < o.row)
             ORDER BY o.row LIMIT ?3",
        )?
        .query_and_then(params![item, now.as_millisecond(), most.saturating_sub(1)], named)?
        .collect()
}

fn named(row: &Row<'_>) -> Result<(String, AgencyCode), StoreError> {
    Ok((row.get(0)?, row::from_word(row.get(1)?)?))
}

/// Of what would go up with an item these go alone from now on, and the others without them;
/// where none are named, each goes alone. The keys they had are remembered: they may have arrived
/// under them.
pub(super) fn part(
    connection: &Connection,
    item: &str,
    named: &[String],
) -> Result<(), StoreError> {
    let Some(bundle) = bundle_of(connection, item)? else { return Ok(()) };
    let alone = |one: &String| named.is_empty() || named.contains(one);
    let (apart, together): (Vec<_>, Vec<_>) =
        bundle.items.into_iter().partition(|(one, _)| alone(one));
    let mut keys: Vec<(String, String)> =
        apart.into_iter().map(|(one, _)| (one.clone(), one)).collect();
    if !together.is_empty() {
        let rest = Bundle::of(together);
        keys.extend(rest.items.into_iter().map(|(one, _)| (one, rest.key.clone())));
    }
    let mut note = connection.prepare_cached(
        "UPDATE parcel SET former = trim(former || ' ' || key), key = ?2
         WHERE item = ?1 AND key <> ?2",
    )?;
    for (one, key) in keys {
        note.execute([one, key])?;
    }
    Ok(())
}

fn from_row(row: &Row<'_>) -> Result<OutboxItem, StoreError> {
    let not_before: Option<i64> = row.get(13)?;
    Ok(OutboxItem {
        item: row.get(0)?,
        what: row::from_word(row.get(1)?)?,
        document: row::from_key(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?,
        recipient: row::from_word(row.get(3)?)?,
        packet: BlobHash(row.get(4)?),
        urgent: row.get(5)?,
        order: row.get(14)?,
        state: row::from_word(row.get(6)?)?,
        code: row.get(7)?,
        detail: row.get(8)?,
        server_id: row.get(9)?,
        sent_at: row::maybe_time(row.get(10)?)?,
        tries: row.get::<_, Option<u32>>(11)?.unwrap_or(0),
        last_reason: row.get::<_, Option<String>>(12)?.unwrap_or_default(),
        not_before: not_before.and_then(|millis| Timestamp::from_millisecond(millis).ok()),
    })
}

/// Queueing the same item again changes nothing, whatever has become of it.
pub(super) fn queued(connection: &Connection, change: &Change) -> Result<(), StoreError> {
    let Change::OutboxQueued { item, what, document, recipient, packet, urgent, order } = change
    else {
        return Err(StoreError::Internal("not an outbox item".to_owned()));
    };
    connection
        .prepare_cached(
            "INSERT INTO outbox (item, what, document, recipient, packet, urgent, is_order, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting') ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            item,
            row::word(what)?,
            row::key(document),
            recipient.as_str(),
            packet.0,
            urgent,
            order,
        ])?;
    match what {
        OutboxKind::Document => outbound::open_delivery(connection, document, recipient),
        OutboxKind::Status => Ok(()),
    }
}

pub(super) fn sent(
    connection: &Connection,
    item: &str,
    server_id: &str,
    sent_at: Timestamp,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE outbox SET state = 'sent', server_id = ?2, sent_at = ?3, code = '', detail = ''
             WHERE item = ?1 AND state <> 'sent'",
        )?
        .execute(params![item, server_id, sent_at.to_string()])?;
    if changed == 0 {
        let known: Option<String> = connection
            .prepare_cached("SELECT server_id FROM outbox WHERE item = ?1")?
            .query_row([item], |row| row.get(0))
            .optional()?;
        return match known {
            Some(known) if known == server_id => Ok(()),
            Some(_) => Err(StoreError::conflict(format!("{item} was sent under another id"))),
            None => Err(StoreError::NotFound(format!("outbox item {item}"))),
        };
    }
    tell_delivery(connection, item, SendState::Sent, "", Some(sent_at))
}

pub(super) fn wedged(
    connection: &Connection,
    item: &str,
    code: &str,
    detail: &str,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE outbox SET state = 'wedged', code = ?2, detail = ?3
             WHERE item = ?1 AND state <> 'sent'",
        )?
        .execute(params![item, code, detail])?;
    exactly_one(changed, || format!("the item {item} is not waiting"))?;
    let reason = if detail.is_empty() { code } else { detail };
    tell_delivery(connection, item, SendState::Wedged, reason, None)
}

/// What waits and was never begun to be sent, or was refused and parked, is taken out; the chain
/// tells that it was there. A document that was to go once more has gone before all the same.
pub(super) fn withdrawn(connection: &Connection, item: &str) -> Result<(), StoreError> {
    let before: Option<String> = connection
        .prepare_cached(
            "SELECT max(sent.sent_at) FROM outbox gone JOIN outbox sent
             ON sent.document = gone.document AND sent.recipient = gone.recipient
             WHERE gone.item = ?1 AND sent.what = 'document' AND sent.is_order = 0
                 AND sent.state = 'sent'",
        )?
        .query_row([item], |row| row.get(0))?;
    match row::maybe_time(before)? {
        Some(at) => tell_delivery(connection, item, SendState::Sent, "", Some(at))?,
        None => tell_delivery(connection, item, SendState::Waiting, "", None)?,
    }
    let changed = connection
        .prepare_cached("DELETE FROM outbox WHERE item = ?1 AND state IN ('waiting', 'wedged')")?
        .execute([item])?;
    exactly_one(changed, || format!("the item {item} does not wait"))
}

pub(super) fn released(connection: &Connection, item: &str) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE outbox SET state = 'waiting', code = '', detail = ''
             WHERE item = ?1 AND state = 'wedged'",
        )?
        .execute([item])?;
    exactly_one(changed, || format!("the item {item} is not parked"))?;
    tell_delivery(connection, item, SendState::Waiting, "", None)
}

/// A document's item carries its state over to the delivery.
fn tell_delivery(
    connection: &Connection,
    item: &str,
    state: SendState,
    reason: &str,
    sent_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE delivery SET send = ?2, reason = ?3, sent_at = ?4
             FROM (SELECT document AS d, recipient AS r FROM outbox
                   WHERE item = ?1 AND what = 'document' AND is_order = 0)
             WHERE document = d AND recipient = r",
        )?
        .execute(params![item, row::word(&state)?, reason, sent_at.map(|at| at.to_string())])?;
    let whose: Option<(Vec<u8>, String)> = connection
        .prepare_cached(
            "SELECT document, recipient FROM outbox WHERE item = ?1 AND what = 'document'",
        )?
        .query_row([item], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match whose {
        Some((key, recipient)) => {
            follow::refresh(connection, &row::from_key(&key)?, &row::from_word(recipient)?)
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An older store says of what was withdrawn before it went once more that it waits.
    #[test]
    fn an_older_store_knows_what_has_gone_before() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE delivery (document, recipient, send, sent_at);
                 CREATE TABLE outbox (document, recipient, what, is_order, state, sent_at);
                 INSERT INTO delivery VALUES
                     (1, 'gone', 'waiting', NULL), (1, 'again', 'waiting', NULL),
                     (1, 'first', 'waiting', NULL), (1, 'ordered', 'waiting', NULL);
                 INSERT INTO outbox VALUES
                     (1, 'gone', 'document', 0, 'sent', '2026-11-01'),
                     (1, 'gone', 'document', 0, 'sent', '2026-11-02'),
                     (1, 'again', 'document', 0, 'sent', '2026-11-01'),
                     (1, 'again', 'document', 0, 'waiting', NULL),
                     (1, 'first', 'document', 0, 'waiting', NULL),
                     (1, 'ordered', 'document', 1, 'sent', '2026-11-01');",
            )
            .unwrap();
        connection.execute_batch(include_str!("migrations/0021_gone_before.sql")).unwrap();
        let sent: Vec<(String, String)> = connection
            .prepare("SELECT recipient, sent_at FROM delivery WHERE send = 'sent'")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(sent, [("gone".to_owned(), "2026-11-02".to_owned())]);
    }
}
