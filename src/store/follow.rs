//! Following issued documents: what became of each delivery, and which are still open.
//!
//! Whether a delivery is open is the domain's decision ([`domain::follow`]); here its answer is
//! kept in a table, so that looking at what is open costs nothing however much was issued.
//!
//! [`domain::follow`]: crate::domain::follow

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::outbound;
use super::row;
use super::user::exactly_one;
use super::view::View;
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::{Delivery, RecallAsk, SendState};
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::follow::is_settled;
use crate::domain::outbound::OutboundState;

impl View<'_> {
    pub fn followed(
        &self,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<DocumentKey>, StoreError> {
        let after = after.map_or(Vec::new(), |key| row::key(&key).to_vec());
        self.connection
            .prepare_cached(
                "SELECT DISTINCT document FROM open_delivery WHERE document > ?1
                 ORDER BY document LIMIT ?2",
            )?
            .query_and_then(params![after, limit], |row| {
                row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
            })?
            .collect()
    }

    pub fn answers_arrived(&self, key: &DocumentKey) -> Result<Vec<DocumentKey>, StoreError> {
        self.connection
            .prepare_cached("SELECT inbound FROM answer_arrived WHERE outbound = ?1")?
            .query_and_then([row::key(key)], |row| {
                row::from_key(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
            })?
            .collect()
    }
}

/// What is known of a delivery beside its statuses, which are there already.
pub(super) fn turns(
    connection: &Connection,
    key: &DocumentKey,
    delivery: &mut Delivery,
) -> Result<(), StoreError> {
    type Raw = (u32, Option<String>, Option<String>);
    let raw: Option<Raw> = connection
        .prepare_cached(
            "SELECT earlier, recall, closed FROM delivery_turn
             WHERE document = ?1 AND recipient = ?2",
        )?
        .query_row(params![row::key(key), delivery.recipient.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    if let Some((earlier, recall, closed)) = raw {
        delivery.earlier = usize::try_from(earlier).unwrap_or(usize::MAX);
        delivery.recall = row::maybe_json(recall)?;
        delivery.closed = closed;
    }
    Ok(())
}

/// Notes whether somebody still has to follow a delivery.
pub(super) fn refresh(
    connection: &Connection,
    key: &DocumentKey,
    recipient: &AgencyCode,
) -> Result<(), StoreError> {
    let open = delivery(connection, key, recipient)?.is_some_and(|one| !is_settled(&one));
    let sql = if open {
        "INSERT INTO open_delivery VALUES (?1, ?2) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM open_delivery WHERE document = ?1 AND recipient = ?2"
    };
    connection.prepare_cached(sql)?.execute(params![row::key(key), recipient.as_str()])?;
    Ok(())
}

fn delivery(
    connection: &Connection,
    key: &DocumentKey,
    recipient: &AgencyCode,
) -> Result<Option<Delivery>, StoreError> {
    let all = View { connection }.deliveries(key)?;
    Ok(all.into_iter().find(|one| one.recipient == *recipient))
}

fn known(
    connection: &Connection,
    key: &DocumentKey,
    recipient: &AgencyCode,
) -> Result<Delivery, StoreError> {
    delivery(connection, key, recipient)?
        .ok_or_else(|| StoreError::conflict(format!("outbound {key} did not go to {recipient}")))
}

/// Keeps what is known of a delivery beside its statuses.
fn keep(connection: &Connection, key: &DocumentKey, one: &Delivery) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO delivery_turn VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            row::key(key),
            one.recipient.as_str(),
            u32::try_from(one.earlier).unwrap_or(u32::MAX),
            one.recall.as_ref().map(row::json).transpose()?,
            one.closed,
        ])?;
    refresh(connection, key, &one.recipient)
}

pub(super) fn recall_asked(
    connection: &Connection,
    key: &DocumentKey,
    recipients: &[AgencyCode],
    reason: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    outbound::stands_in(connection, key, &[OutboundState::Issued])?;
    for recipient in recipients {
        ask_back(connection, key, recipient, (reason, at), false)?;
    }
    Ok(())
}

fn ask_back(
    connection: &Connection,
    key: &DocumentKey,
    recipient: &AgencyCode,
    (reason, at): (&str, Timestamp),
    removed: bool,
) -> Result<(), StoreError> {
    let one = known(connection, key, recipient)?;
    let recall = RecallAsk { at, reason: reason.to_owned(), seen: one.statuses.len(), removed };
    keep(connection, key, &Delivery { recall: Some(recall), closed: None, ..one })
}

/// Fields and recipients of an issued document; whoever is taken off the list is asked to
/// cancel it, and whoever comes back on it is followed anew.
pub(super) fn updated(
    connection: &Connection,
    key: &DocumentKey,
    metadata: &Metadata,
    (added, removed): (&[AgencyCode], &[AgencyCode]),
    reason: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    outbound::stands_in(connection, key, &[OutboundState::Issued])?;
    outbound::put_metadata(connection, key, metadata)?;
    for recipient in removed {
        ask_back(connection, key, recipient, (reason, at), true)?;
    }
    for recipient in &metadata.recipients {
        match delivery(connection, key, &recipient.agency)? {
            Some(one) if added.contains(&recipient.agency) => again(connection, key, one)?,
            Some(_) => {}
            None => outbound::open_delivery(connection, key, &recipient.agency)?,
        }
    }
    Ok(())
}

pub(super) fn resent(
    connection: &Connection,
    key: &DocumentKey,
    recipients: &[AgencyCode],
) -> Result<(), StoreError> {
    outbound::stands_in(connection, key, &[OutboundState::Issued])?;
    for recipient in recipients {
        again(connection, key, known(connection, key, recipient)?)?;
    }
    Ok(())
}

/// What was said of a delivery before does not count for what is sent now.
fn again(connection: &Connection, key: &DocumentKey, one: Delivery) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE delivery SET send = ?3, reason = '', sent_at = NULL
             WHERE document = ?1 AND recipient = ?2",
        )?
        .execute(
            params![row::key(key), one.recipient.as_str(), row::word(&SendState::Waiting)?,],
        )?;
    let earlier = one.statuses.len();
    keep(connection, key, &Delivery { earlier, recall: None, closed: None, ..one })
}

pub(super) fn closed(
    connection: &Connection,
    key: &DocumentKey,
    recipient: &AgencyCode,
    reason: &str,
) -> Result<(), StoreError> {
    let one = known(connection, key, recipient)?;
    keep(connection, key, &Delivery { closed: Some(reason.to_owned()), ..one })
}

pub(super) fn answered(
    connection: &Connection,
    key: &DocumentKey,
    inbound: &DocumentKey,
) -> Result<(), StoreError> {
    let there = connection
        .prepare_cached("SELECT 1 FROM outbound WHERE key = ?1")?
        .exists([row::key(key)])?;
    exactly_one(usize::from(there), || format!("there is no outbound document {key}"))?;
    connection
        .prepare_cached("INSERT INTO answer_arrived VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![row::key(key), row::key(inbound)])?;
    Ok(())
}
