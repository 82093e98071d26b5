//! The statuses that a document owes its sender, as items of the outbox.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2: after acceptance the state of the processing is
//! reported back. The key of an item is made from what it says, so that queueing the same
//! thing twice is queueing it once.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::Office;
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::StatusCode;
use crate::domain::document::{BlobHash, DocumentKey, Urgency};
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::problem::Problem;
use crate::packet::{self, Packet, Report, Staff, StatusPacket};
use crate::store::{StoreError, Writer};

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
        let is_queued = |packet: &BlobHash| self.store().is_queued(packet);
        let report = self.report(document, &sender, (code, description), is_queued)?;
        let packet = self.store().put_blob(&report)?;
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
        let is_queued = |packet: &BlobHash| writer.is_queued(packet);
        let report = self.report(document, &sender, (code, description), is_queued)?;
        let packet = writer.put_blob(&report)?;
        let item = status_item(document.key, code, &sender);
        writer.append(queued(item, document, sender, packet))?;
        Ok(())
    }

    fn report(
        &self,
        document: &InboundDocument,
        sender: &AgencyCode,
        (code, description): (StatusCode, &str),
        is_queued: impl Fn(&BlobHash) -> Result<bool, StoreError>,
    ) -> Result<Vec<u8>, Problem> {
        let (_, bytes) = distinct(Timestamp::now(), is_queued, |at| {
            Ok(Packet::Status(StatusPacket::report(Report {
                document: &document.metadata,
                issuer: sender,
                from: &self.session().agency,
                code,
                description,
                at,
                staff: self.staff(),
            })))
        })?;
        Ok(bytes)
    }

    /// The person at the desk, as packets name who is responsible.
    pub(super) fn staff(&self) -> Staff {
        Staff { name: self.session().display_name.clone(), ..Staff::default() }
    }
}

/// The bytes of a packet made at `at`, or as many seconds later as it takes to make them unlike
/// any in the outbox, and the time that they tell.
///
/// Times on the wire have whole seconds (QCVN 102:2016/BTTTT). Whoever is told the same twice
/// within one, such as that a document sent again has arrived again, would get the same bytes
/// and rightly take them for one packet that came twice.
pub(super) fn distinct(
    at: Timestamp,
    is_queued: impl Fn(&BlobHash) -> Result<bool, StoreError>,
    packet: impl Fn(Timestamp) -> Result<Packet, Problem>,
) -> Result<(Timestamp, Vec<u8>), Problem> {
    let mut at = at;
    loop {
        let bytes = packet::write(&packet(at)?)?;
        match at.checked_add(SignedDuration::from_secs(1)) {
            Ok(later) if is_queued(&BlobHash::of(&bytes))? => at = later,
            _ => return Ok((at, bytes)),
        }
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::domain::document::ResponseFor;
    use crate::packet::Organ;

    #[test]
    fn the_same_told_twice_within_a_second_is_two_packets() {
        let told: RefCell<Vec<BlobHash>> = RefCell::default();
        let about = ResponseFor {
            agency: AgencyCode::new("000.01.05.H30"),
            code: "17/QĐ-UBND".to_owned(),
            issued: None,
            document_id: String::new(),
        };
        let noon: Timestamp = "2026-11-30T05:00:00Z".parse().unwrap();
        let mut times = Vec::new();
        for _ in 0..3 {
            let is_queued = |packet: &BlobHash| Ok(told.borrow().contains(packet));
            let bytes = distinct(noon, is_queued, |at| {
                Ok(Packet::Status(StatusPacket {
                    from: Organ { code: about.agency.clone(), ..Organ::default() },
                    response_for: about.clone(),
                    code: StatusCode::Arrived,
                    description: String::new(),
                    at: Some(at),
                    staff: Staff::default(),
                }))
            });
            let (_, bytes) = bytes.unwrap();
            let Ok(Packet::Status(status)) = packet::read(&bytes, &packet::Limits::default())
            else {
                panic!("not a status");
            };
            times.push(status.at.unwrap().duration_since(noon).as_secs());
            told.borrow_mut().push(BlobHash::of(&bytes));
        }
        assert_eq!(times, [0, 1, 2]);
    }
}
