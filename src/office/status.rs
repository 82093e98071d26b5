//! The statuses that a document owes its sender, as items of the outbox.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2: after acceptance the state of the processing is
//! reported back. The key of an item is made from what it says, so that queueing the same
//! thing twice is queueing it once.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::Office;
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::StatusCode;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::problem::Problem;
use crate::packet::{self, Packet, Report, Staff, StatusPacket};

impl Office {
    /// What tells the sender that `document` is now in `state`; `None` where nobody waits
    /// for it (a document brought by hand, an inner step).
    pub(super) fn status_for(
        &self,
        document: &InboundDocument,
        state: InboundState,
        reason: &str,
    ) -> Result<Option<Change>, Problem> {
        match state.status() {
            Some(code) => self.status_change(document, code, reason),
            None => Ok(None),
        }
    }

    pub(super) fn status_change(
        &self,
        document: &InboundDocument,
        code: StatusCode,
        description: &str,
    ) -> Result<Option<Change>, Problem> {
        let Some(sender) = &document.sender else { return Ok(None) };
        let item = status_item(document.key, code, sender);
        self.status_as(item, document, code, description)
    }

    /// The same as an item of its own in the outbox.
    pub(super) fn status_as(
        &self,
        item: String,
        document: &InboundDocument,
        code: StatusCode,
        description: &str,
    ) -> Result<Option<Change>, Problem> {
        let Some(sender) = document.sender.clone() else { return Ok(None) };
        let metadata = &document.metadata;
        let status = Packet::Status(StatusPacket::report(Report {
            document: metadata,
            issuer: &sender,
            from: &self.session().agency,
            code,
            description,
            at: Timestamp::now(),
            staff: self.staff(),
        }));
        let packet = self.store().put_blob(&packet::write(&status)?)?;
        Ok(Some(Change::OutboxQueued {
            item,
            what: OutboxKind::Status,
            document: document.key,
            recipient: sender,
            packet,
            urgent: metadata.urgency > crate::domain::document::Urgency::Normal,
        }))
    }

    /// The person at the desk, as packets name who is responsible.
    pub(super) fn staff(&self) -> Staff {
        Staff { name: self.session().display_name.clone(), ..Staff::default() }
    }
}

/// The item of the status that a document owes its sender where it stands.
pub(super) fn status_item(key: DocumentKey, code: StatusCode, sender: &AgencyCode) -> String {
    item_key(&["status", &key.to_string(), code.digits(), sender.as_str()])
}

/// The key of an outbox item, made from what it says, so that queueing it twice is once.
pub(super) fn item_key(parts: &[&str]) -> String {
    hex::encode(Sha256::digest(parts.join("\n").as_bytes()))
}
