//! Orders about a document that the line did not take, and that its next update makes wrong: an
//! earlier update, sent after it, would undo it; a recall would cancel the document for somebody
//! who is to have it again.

use super::Office;
use super::leaving::LeavingError;
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::SendState;
use crate::domain::document::DocumentKey;
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::packet::{self, DocumentPacket, Kind, Limits, Packet, ReceiverChange};
use crate::store::{OutboxItem, Writer};

/// What is parked and superseded.
#[derive(Debug, Default)]
pub(super) struct Superseded {
    /// All orders about the document that were parked when this was worked out.
    parked: Vec<String>,
    items: Vec<String>,
    /// What the superseded updates would have said.
    pub document_changed: bool,
    pub receivers: Vec<ReceiverChange>,
}

impl Office {
    /// What an update for `staying` supersedes that adds `added`; `outbox` has what was queued
    /// of the document.
    pub(super) fn superseded(
        &self,
        outbox: &[OutboxItem],
        staying: &[AgencyCode],
        added: &[AgencyCode],
    ) -> Superseded {
        let mut found = Superseded { parked: parked(outbox), ..Superseded::default() };
        for item in outbox.iter().filter(|item| found.parked.contains(&item.item)) {
            let Some(order) = self.order_of(item) else { continue };
            match order.business.kind {
                Kind::Update { document_changed, receivers, .. }
                    if staying.contains(&item.recipient) =>
                {
                    found.document_changed |= document_changed;
                    found.receivers.extend(receivers);
                    found.items.push(item.item.clone());
                }
                Kind::Recall if added.contains(&item.recipient) => {
                    found.items.push(item.item.clone());
                }
                _ => {}
            }
        }
        found
    }

    /// What a packet of a document, or an order about it, says. One that cannot be read was parked
    /// for that, and says nothing.
    pub(super) fn order_of(&self, item: &OutboxItem) -> Option<DocumentPacket> {
        let bytes = self.store().blob(&item.packet).ok()?;
        match packet::read(&bytes, &Limits::default()).ok()? {
            Packet::Document(order) => Some(order),
            Packet::Status(_) => None,
        }
    }
}

impl Superseded {
    /// Takes them out; fails where another order has been parked, or let go, since.
    pub fn take_out(self, writer: &mut Writer<'_>, key: DocumentKey) -> Result<(), Problem> {
        if parked(&writer.outbox_of(&key)?) != self.parked {
            return Err(LeavingError::Moved.into());
        }
        for item in self.items {
            let reason = String::new();
            writer.append(Change::OutboxWithdrawn { item, document: key, reason })?;
        }
        Ok(())
    }
}

fn parked(outbox: &[OutboxItem]) -> Vec<String> {
    let parked = outbox.iter().filter(|item| item.order && item.state == SendState::Wedged);
    parked.map(|item| item.item.clone()).collect()
}
