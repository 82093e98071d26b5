//! Packets and their deliveries.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Quota, Work};
use crate::domain::agency::AgencyCode;
use crate::exchange::wire::sha256_hex;
use crate::exchange::{OutboxKind, Outcome, RecipientState};

/// What was sent, and to whom.
pub trait Mail: Send + Sync + 'static {
    /// Accepts a packet with all its deliveries, or none of it. If the sender has used the
    /// key before, nothing is added and that packet is given. The packet becomes the last of
    /// its sender's chain, its own `link` is not looked at. `None`, and nothing is added, if
    /// its day has no room left; of packets that come at the same moment no more get in than
    /// there is room for.
    fn add<'a>(
        &'a self,
        packet: &'a Packet,
        to: &'a [AgencyCode],
        count: Count,
    ) -> Work<'a, Option<Added>>;

    /// The packet that `sender` sent under `key`, with its deliveries.
    fn by_key<'a>(&'a self, sender: &'a AgencyCode, key: &'a str) -> Work<'a, Option<Sent>>;

    /// The packet `id` of `sender`, with its deliveries.
    fn sent<'a>(&'a self, sender: &'a AgencyCode, id: Uuid) -> Work<'a, Option<Sent>>;

    /// What `sender` sent of a kind, newest first, without the first `skip`.
    fn outbox<'a>(
        &'a self,
        sender: &'a AgencyCode,
        kind: OutboxKind,
        skip: u32,
        limit: u32,
    ) -> Work<'a, Vec<Sent>>;

    /// The packet `id`, whoever sent it.
    fn packet(&self, id: Uuid) -> Work<'_, Option<Sent>>;

    /// What went to `recipient`, newest first, with this delivery of each alone.
    fn received<'a>(&'a self, recipient: &'a AgencyCode, limit: u32) -> Work<'a, Vec<Sent>>;

    /// Deliveries to `recipient` with a place after `after`, in their order; `waiting` leaves
    /// out those that were confirmed. What was given up is not among them.
    fn inbox<'a>(
        &'a self,
        recipient: &'a AgencyCode,
        after: u64,
        waiting: bool,
        limit: u32,
    ) -> Work<'a, Vec<Arrived>>;

    /// The packet `id` if it goes to `recipient`; notes when it was first asked for, while
    /// there is something to be had.
    fn fetch<'a>(
        &'a self,
        recipient: &'a AgencyCode,
        id: Uuid,
        now: Timestamp,
    ) -> Work<'a, Option<Fetched>>;

    /// Notes what became of a delivery; the first word stands. Gives the outcome that stands
    /// and its time, `None` if there is no such delivery.
    fn confirm<'a>(
        &'a self,
        recipient: &'a AgencyCode,
        id: Uuid,
        outcome: Outcome,
        now: Timestamp,
    ) -> Work<'a, Option<(Outcome, Timestamp)>>;
}

/// How a packet counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The day in Vietnam.
    pub day: Date,
    /// What an office without a quota of its own may send on a day; `None` for a packet that
    /// is taken however much was sent, and takes no room from others.
    pub quota: Option<Quota>,
}

/// A packet, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    pub id: Uuid,
    pub sender: AgencyCode,
    pub key: String,
    pub kind: OutboxKind,
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    pub received_at: Timestamp,
    pub link: Link,
}

/// A packet's place in the chain of its sender. Each link covers its packet and the link
/// before it, so that none can be changed, left out or put in between afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// From 1; 0 for a packet from before there were chains.
    pub number: u64,
    /// SHA-256, lower-case hex; empty with number 0.
    pub hash: String,
}

impl Link {
    /// The link of `packet` to `to` after this one.
    pub fn next(&self, packet: &Packet, to: &[AgencyCode]) -> Self {
        let number = self.number + 1;
        let mut codes: Vec<&str> = to.iter().map(AgencyCode::as_str).collect();
        codes.sort_unstable();
        let Packet { id, sender, key, kind, sha256, size, received_at, .. } = packet;
        let kind = match kind {
            OutboxKind::Document => "document",
            OutboxKind::Status => "status",
        };
        let (before, to) = (&self.hash, codes.join("\n"));
        let text = format!(
            "VANTHU-CHAIN\n{before}\n{number}\n{id}\n{sender}\n{key}\n{kind}\n{sha256}\n{size}\n\
             {received_at}\n{to}"
        );
        Self { number, hash: sha256_hex(text.as_bytes()) }
    }
}

/// What accepting a packet gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    New(Link),
    /// The key was used before, for this.
    Before(Box<Sent>),
}

/// A packet that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    Here(Packet),
    /// Its bytes were given up when it had grown old.
    Retired(Timestamp),
}

/// A packet as its sender sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub packet: Packet,
    /// By recipient.
    pub deliveries: Vec<RecipientState>,
}

/// A packet as its recipient sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Its place in the order of deliveries, from 1.
    pub place: u64,
    pub packet: Packet,
    pub outcome: Option<Outcome>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(key: &str) -> Packet {
        Packet {
            id: Uuid::nil(),
            sender: AgencyCode::new("H30").unwrap(),
            key: key.to_owned(),
            kind: OutboxKind::Document,
            sha256: "00".repeat(32),
            size: 7,
            received_at: Timestamp::UNIX_EPOCH,
            link: Link::default(),
        }
    }

    #[test]
    fn a_link_covers_its_packet_its_recipients_and_what_was_before() {
        let to = |codes: &[&str]| -> Vec<AgencyCode> {
            codes.iter().map(|code| AgencyCode::new(code).unwrap()).collect()
        };
        let first = Link::default().next(&packet("a"), &to(&["H31", "H32"]));
        assert_eq!(first.number, 1);
        assert_eq!(first, Link::default().next(&packet("a"), &to(&["H32", "H31"])));
        for other in [
            Link::default().next(&packet("b"), &to(&["H31", "H32"])),
            Link::default().next(&packet("a"), &to(&["H31"])),
            Link::default().next(&Packet { size: 8, ..packet("a") }, &to(&["H31", "H32"])),
            first.next(&packet("a"), &to(&["H31", "H32"])),
        ] {
            assert_ne!(other.hash, first.hash);
        }
        // printf 'VANTHU-CHAIN\n\n1\n0000…' | sha256sum
        let known = "18c445ee15675b25873bf4702d34b0ca562e9d22521f0a8ea3960444c50e2067";
        assert_eq!(Link::default().next(&packet("a"), &to(&["H31"])).hash, known);
    }
}
