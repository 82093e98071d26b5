//! What a recall does at each recipient, from all of them or from some; and for whom an update
//! can still be made in the outbox itself.
//!
//! Whoever has the document, or may have it, is asked to cancel it (Quyết định 28/2018/QĐ-TTg
//! Điều 8 khoản 2). For whom nothing has left yet, what waits is taken out of the outbox: a
//! recall that travels beside its document may arrive before it. So is what the server has
//! refused: it has none of it. A document that replaces another is the order to cancel that one,
//! too, and so is never taken out: it leaves, and what is to be said of it follows.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Office;
use super::leaving::LeavingError;
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::SendState;
use crate::domain::follow::{self, Stage};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::outbound::OutboundDocument;
use crate::domain::problem::Problem;
use crate::store::{OutboxItem, Writer};
use crate::t;

/// What a recall does at the recipients that it is meant for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AskedBack {
    meant: Vec<AgencyCode>,
    asked: Vec<AgencyCode>,
    /// Who has cancelled it already.
    cancelled: Vec<AgencyCode>,
    /// Items that wait or are parked, with whom they were for.
    unsent: Vec<(String, AgencyCode)>,
    /// The same for whoever has the document already, and was to get it once more.
    again: Vec<String>,
}

/// Problems with which the server says that it has not taken a packet: it looks for one with the
/// same key first.
const REFUSALS: [&str; 3] =
    ["exchange-recipient-unknown", "exchange-recipient-closed", "exchange-too-large"];

/// Everybody to whom a document went.
pub(super) fn all_of(document: &OutboundDocument) -> Vec<AgencyCode> {
    document.deliveries.iter().map(|one| one.recipient.clone()).collect()
}

impl Office {
    /// What a recall from `meant` would do now.
    pub(super) fn asked_back(
        &self,
        document: &OutboundDocument,
        meant: &[AgencyCode],
    ) -> Result<AskedBack, Problem> {
        let outbox = self.store().outbox_of(&document.key)?;
        AskedBack::of(document, meant, &outbox, |item| Ok(self.store().outbox_begun(item)?))
    }
}

impl AskedBack {
    /// Whoever has cancelled the document already is not asked again. `begun` tells whether the
    /// sending of an item was ever begun.
    fn of(
        document: &OutboundDocument,
        meant: &[AgencyCode],
        outbox: &[OutboxItem],
        begun: impl Fn(&str) -> Result<bool, Problem>,
    ) -> Result<Self, Problem> {
        let mut back = Self { meant: meant.to_vec(), ..Self::default() };
        for delivery in document.deliveries.iter().filter(|one| meant.contains(&one.recipient)) {
            if follow::stage(delivery) == Stage::RecallAgreed {
                back.cancelled.push(delivery.recipient.clone());
                continue;
            }
            let (mut waiting, mut left) = (Vec::new(), false);
            let to_it = |item: &&OutboxItem| {
                item.what == OutboxKind::Document && item.recipient == delivery.recipient
            };
            for item in outbox.iter().filter(to_it) {
                let unsent = match item.state {
                    _ if document.replaces.is_some() => false,
                    SendState::Wedged if REFUSALS.contains(&item.code.as_str()) => true,
                    // Whatever else stopped it, an earlier try may have brought it there.
                    SendState::Waiting | SendState::Wedged => !begun(&item.item)?,
                    SendState::Sent => false,
                };
                if unsent {
                    waiting.push((item.item.clone(), item.recipient.clone()));
                } else {
                    left |= !item.order;
                }
            }
            match left {
                true => {
                    back.asked.push(delivery.recipient.clone());
                    back.again.extend(waiting.into_iter().map(|(item, _)| item));
                }
                false => back.unsent.extend(waiting),
            }
        }
        Ok(back)
    }

    /// Who is to get the order to cancel.
    pub fn asked(&self) -> &[AgencyCode] {
        &self.asked
    }

    /// Who has the document, may have it, or had it until it was cancelled.
    pub fn had_it(&self) -> Vec<AgencyCode> {
        [&self.asked[..], &self.cancelled[..]].concat()
    }

    /// For whom nothing has left yet, each once.
    pub fn spared(&self) -> BTreeSet<AgencyCode> {
        self.unsent.iter().map(|(_, recipient)| recipient.clone()).collect()
    }

    /// Nobody is asked, and nothing taken out.
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.unsent.is_empty()
    }

    /// Puts it into the transaction that recalls; fails where something has moved since.
    pub fn append(
        &self,
        writer: &mut Writer<'_>,
        now: &OutboundDocument,
        reason: &str,
    ) -> Result<(), Problem> {
        let key = now.key;
        self.withdraw(writer, now)?;
        if !self.asked.is_empty() {
            let (recipients, reason) = (self.asked.clone(), reason.to_owned());
            writer.append(Change::RecallAsked { key, recipients, reason, at: Timestamp::now() })?;
        }
        Ok(())
    }

    /// Takes out what has not left, and ends those deliveries; fails where something has moved
    /// since.
    pub fn withdraw(&self, writer: &mut Writer<'_>, now: &OutboundDocument) -> Result<(), Problem> {
        self.take_out(writer, now)?;
        for item in &self.again {
            let (item, document, reason) = (item.clone(), now.key, String::new());
            writer.append(Change::OutboxWithdrawn { item, document, reason })?;
        }
        for (_, recipient) in &self.unsent {
            let (recipient, reason) = (recipient.clone(), t!("recall-before-sent"));
            writer.append(Change::DeliveryClosed { key: now.key, recipient, reason })?;
        }
        Ok(())
    }

    /// Takes out what has not left, to put something else in its place; fails where something
    /// has moved since.
    pub fn take_out(&self, writer: &mut Writer<'_>, now: &OutboundDocument) -> Result<(), Problem> {
        let (key, outbox) = (now.key, writer.outbox_of(&now.key)?);
        let again = Self::of(now, &self.meant, &outbox, |item| Ok(writer.outbox_begun(item)?))?;
        if again != *self {
            return Err(LeavingError::Moved.into());
        }
        for (item, _) in &self.unsent {
            let (item, reason) = (item.clone(), String::new());
            writer.append(Change::OutboxWithdrawn { item, document: key, reason })?;
        }
        Ok(())
    }
}
