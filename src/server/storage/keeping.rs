//! What the operators look at and after: how much is sent, who fetches, what fails, what may
//! go, and whether the chains hold.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Link, Packet, Quota, Work};
use crate::domain::agency::AgencyCode;

/// The operators' side of the memory. Days are those of Vietnam.
pub trait Keeping: Send + Sync + 'static {
    /// What `sender` has sent on a day of what its quota bounds, and how much it may.
    fn allowance<'a>(&'a self, sender: &'a AgencyCode, day: Date) -> Work<'a, (Volume, Quota)>;

    /// What was sent since a day, day by day.
    fn volumes(&self, since: Date) -> Work<'_, Vec<(Date, Volume)>>;

    /// What waits for each office that may call, and when it was last here; by code. Also for
    /// one whose key or certificate has just ended: what waits for it still does. `since` is
    /// from when on what has lapsed counts.
    fn mailboxes(&self, since: Timestamp) -> Work<'_, Vec<Mailbox>>;

    /// What is under way, of all offices together.
    fn backlog(&self) -> Work<'_, Backlog>;

    /// Notes who was here and what was refused, by office and reason. Counts are added up.
    fn note<'a>(&'a self, day: Date, notes: &'a Notes) -> Work<'a, ()>;

    /// What was refused since a day, the newest first.
    fn refusals(&self, since: Date) -> Work<'_, Vec<Refusals>>;

    /// Packets of a sender's chain behind `number`, in their order, with their recipients.
    fn chain<'a>(
        &'a self,
        sender: &'a AgencyCode,
        number: u64,
        limit: u32,
    ) -> Work<'a, Vec<(Packet, Vec<AgencyCode>)>>;

    /// The last link of a sender's chain, as it was noted beside the packets.
    fn last_link<'a>(&'a self, sender: &'a AgencyCode) -> Work<'a, Link>;

    /// Gives up the bytes of packets that are old enough, at most `limit`; their rows stay.
    /// Gives how many. Of several instances that do this at once each takes others.
    fn retire(&self, age: Age, now: Timestamp, limit: u32) -> Work<'_, u64>;

    /// Dooms those of these hashes that no packet needs and that are not doomed yet: what was
    /// kept and never accepted. Gives how many.
    fn doom_unneeded<'a>(&'a self, hashes: &'a [String], now: Timestamp) -> Work<'a, u64>;

    /// Says that bytes of this hash are about to be kept: they are not removed. `false` while
    /// somebody is just removing them.
    fn spare<'a>(&'a self, sha256: &'a str) -> Work<'a, bool>;

    /// Hashes of bytes that were given up before `before` and that no packet needs; from now
    /// on they are not spared. Those claimed before `stale` and still here are given again.
    fn claim_doomed(
        &self,
        before: Timestamp,
        stale: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Work<'_, Vec<String>>;

    /// The bytes of a claimed hash are gone.
    fn bury<'a>(&'a self, sha256: &'a str) -> Work<'a, ()>;
}

/// How much was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Volume {
    pub packets: u64,
    pub bytes: u64,
}

/// An office's mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub office: AgencyCode,
    /// Deliveries that it has not confirmed.
    pub waiting: u64,
    /// When the oldest of them was accepted.
    pub oldest: Option<Timestamp>,
    /// Deliveries whose bytes were given up before it had confirmed them.
    pub lapsed: u64,
    /// When it last looked into its mailbox; to some minutes.
    pub seen_at: Option<Timestamp>,
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Deliveries that nobody has confirmed, and when the oldest of them was accepted.
    pub deliveries: u64,
    pub oldest: Option<Timestamp>,
    /// Uploads that have begun and not ended.
    pub uploads: u64,
}

/// What is noted now and then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    pub seen: Vec<(AgencyCode, Timestamp)>,
    /// Office as the call named it, reason, how often.
    pub refused: Vec<(AgencyCode, String, u64)>,
}

/// What was refused to an office on a day, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    pub day: Date,
    pub office: AgencyCode,
    pub reason: String,
    pub count: u64,
}

/// When a packet is old enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// Those that every recipient has confirmed, accepted before this.
    pub confirmed_before: Timestamp,
    /// All others, accepted before this.
    pub any_before: Timestamp,
}
