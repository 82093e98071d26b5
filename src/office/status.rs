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
use crate::domain::document::{BlobHash, DocumentKey, Urgency};
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::problem::Problem;
use crate::packet::{self, Packet, Report, Staff, StatusPacket};
use crate::store::Writer;

impl Office {
    /// What tells the sender of a document something, as an item of its own in the outbox;
    /// `None` where nobody waits for it (a document brought by hand).
    pub(super) fn status_as(
        &self,
        item: String,
        document: &InboundDocument,
        code: StatusCode,
        description: &str,
    ) -> Result<Option<Change>, Problem> {
        let Some(sender) = document.sender.clone() else { return Ok(None) };
        let packet =
            self.store().put_blob(&self.report(document, &sender, code, description)?)?;
        Ok(Some(queued(item, document, sender, packet)))
    }

    /// Tells the sender that `document` is now in `state`, as part of the transaction of the
    /// deed: who the sender is may become known until then.
    pub(super) fn tell(
        &self,
        writer: &mut Writer<'_>,
        document: &InboundDocument,
        state: InboundState,
        description: &str,
    ) -> Result<(), Problem> {
        let Some((code, sender)) = state.status().zip(document.sender.clone()) else {
            return Ok(());
        };
        let packet = writer.put_blob(&self.report(document, &sender, code, description)?)?;
        let item = status_item(document.key, code, &sender);
        writer.append(queued(item, document, sender, packet))?;
        Ok(())
    }

    fn report(
        &self,
        document: &InboundDocument,
        sender: &AgencyCode,
        code: StatusCode,
        description: &str,
    ) -> Result<Vec<u8>, Problem> {
        Ok(packet::write(&Packet::Status(StatusPacket::report(Report {
            document: &document.metadata,
            issuer: sender,
            from: &self.session().agency,
            code,
            description,
            at: Timestamp::now(),
            staff: self.staff(),
        })))?)
    }

    /// The person at the desk, as packets name who is responsible.
    pub(super) fn staff(&self) -> Staff {
        Staff { name: self.session().display_name.clone(), ..Staff::default() }
    }
}

fn queued(
    item: String,
    document: &InboundDocument,
    recipient: AgencyCode,
    packet: BlobHash,
) -> Change {
    Change::OutboxQueued {
        item,
        what: OutboxKind::Status,
        document: document.key,
        recipient,
        packet,
        urgent: document.metadata.urgency > Urgency::Normal,
        order: false,
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
