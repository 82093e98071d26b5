//! What the server keeps, apart from the packets' bytes: agencies, packets, deliveries.
//!
//! One trait, blocking, because its work is short; the server calls it off the async
//! threads, in one place. What an implementation must hold to stands at each method, and is
//! chosen so that several servers may share one database:
//!
//! - a row is durable when the method returns;
//! - a cursor never passes a row that becomes visible later. A single writer gives that for
//!   nothing; a database with concurrent writers must number deliveries in commit order (or
//!   end a page before the oldest transaction under way).

use jiff::Timestamp;
use uuid::Uuid;

use super::ServerError;
use crate::domain::agency::{Agency, AgencyCode};
use crate::exchange::{Directory, OutboxKind, Outcome, RecipientState};

/// What an answer of the storage is.
pub type Stored<T> = Result<T, ServerError>;

/// The server's memory.
pub trait Storage: Send + Sync + 'static {
    /// Whether it can be written to right now.
    fn ready(&self) -> Stored<()>;

    /// Adds an agency or changes a known one; `None` leaves its sealed secret as it is. What
    /// changes nothing does not raise the directory's version.
    fn put_agency(&self, agency: &Agency, sealed_secret: Option<&[u8]>) -> Stored<()>;

    /// The sealed secret of an agency that may call.
    fn secret(&self, code: &AgencyCode) -> Stored<Option<Vec<u8>>>;

    /// Agencies that changed after version `since`, by code.
    fn agencies(&self, since: u64) -> Stored<Directory>;

    /// Those of `codes` to which nothing can be sent.
    fn unknown(&self, codes: &[AgencyCode]) -> Stored<Vec<AgencyCode>>;

    /// Accepts a packet with all its deliveries, or none of it. If the sender has used the
    /// key before, nothing is added and that packet is given.
    fn add(&self, packet: &Packet, to: &[AgencyCode]) -> Stored<Added>;

    /// The packet that `sender` sent under `key`, with its deliveries.
    fn by_key(&self, sender: &AgencyCode, key: &str) -> Stored<Option<Sent>>;

    /// The packet `id` of `sender`, with its deliveries.
    fn sent(&self, sender: &AgencyCode, id: Uuid) -> Stored<Option<Sent>>;

    /// Deliveries to `recipient` with a place after `after`, in their order; `waiting` leaves
    /// out those that were confirmed.
    fn inbox(
        &self,
        recipient: &AgencyCode,
        after: u64,
        waiting: bool,
        limit: u32,
    ) -> Stored<Vec<Arrived>>;

    /// The packet `id` if it goes to `recipient`; notes when it was first asked for.
    fn fetch(&self, recipient: &AgencyCode, id: Uuid, now: Timestamp) -> Stored<Option<Packet>>;

    /// Notes what became of a delivery; the first word stands. Gives the outcome that stands
    /// and its time, `None` if there is no such delivery.
    fn confirm(
        &self,
        recipient: &AgencyCode,
        id: Uuid,
        outcome: Outcome,
        now: Timestamp,
    ) -> Stored<Option<(Outcome, Timestamp)>>;
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
}

/// What accepting a packet gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    New,
    /// The key was used before, for this.
    Before(Box<Sent>),
}

/// A packet as its sender sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub packet: Packet,
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
