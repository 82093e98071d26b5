//! The offices: directory, and the keys with which they prove themselves.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::{Stored, Volume, Work};
use crate::domain::agency::{Agency, AgencyCode};
use crate::exchange::Directory;

/// The offices that the server knows.
pub trait Offices: Send + Sync + 'static {
    /// Changes agencies together, or adds them. `change` is given what is known of each of
    /// `codes`, in their order, and gives what is to be put; it may be asked more than once.
    /// What changes nothing does not raise the directory's version.
    fn change_agencies<'a>(
        &'a self,
        codes: &'a [AgencyCode],
        change: AgencyChange<'a>,
    ) -> Work<'a, ()>;

    /// Gives an office another key. The newest that it has ends at `others_until`, if it does
    /// not end before; all others go, and so does that one if it has ended by `key.made_at`.
    /// So there are two at a time at most.
    fn give_key<'a>(
        &'a self,
        code: &'a AgencyCode,
        key: &'a OfficeKey,
        others_until: Timestamp,
    ) -> Work<'a, ()>;

    /// Lets an office call no more, or again; nothing is sent to it meanwhile. `false` if it
    /// is not known.
    fn set_disabled<'a>(&'a self, code: &'a AgencyCode, since: Option<Timestamp>)
    -> Work<'a, bool>;

    /// Sets how much an office may send on a day. `false` if it is not known.
    fn set_quota<'a>(&'a self, code: &'a AgencyCode, quota: Quota) -> Work<'a, bool>;

    /// What is known of an office.
    fn office<'a>(&'a self, code: &'a AgencyCode) -> Work<'a, Option<Office>>;

    /// The keys with which an office may call at `now`, the newest first; none while it is
    /// disabled.
    fn keys<'a>(&'a self, code: &'a AgencyCode, now: Timestamp) -> Work<'a, Vec<OfficeKey>>;

    /// Offices that changed after version `since`, by code, and the version that it is now: a
    /// lower one where this was restored from a backup.
    fn agencies(&self, since: u64) -> Work<'_, Directory>;

    /// Those of `codes` that are no more on `day`.
    fn ended<'a>(&'a self, codes: &'a [AgencyCode], day: Date) -> Work<'a, Vec<Agency>>;

    /// Those of `codes` to which nothing can be sent: they are not known, or may not call.
    fn unknown<'a>(&'a self, codes: &'a [AgencyCode], now: Timestamp) -> Work<'a, Vec<AgencyCode>>;
}

/// What becomes of agencies, from what is known of them.
pub type AgencyChange<'a> = &'a (dyn Fn(Vec<Option<Agency>>) -> Stored<Vec<Agency>> + Send + Sync);

/// An office as its operators know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    pub agency: Agency,
    pub disabled_at: Option<Timestamp>,
    pub quota: Quota,
}

/// How much may be sent on a day; `None` for what the server allows everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota {
    pub packets: Option<u64>,
    pub bytes: Option<u64>,
}

impl Quota {
    /// This quota, and what holds for everybody where it says nothing.
    #[must_use]
    pub fn or(self, all: Self) -> Self {
        Self { packets: self.packets.or(all.packets), bytes: self.bytes.or(all.bytes) }
    }

    /// Whether another packet of so many bytes may be sent on a day of such a volume.
    pub fn has_room(self, sent: Volume, bytes: u64) -> bool {
        let most = |most: Option<u64>| most.unwrap_or(u64::MAX);
        sent.packets < most(self.packets) && sent.bytes.saturating_add(bytes) <= most(self.bytes)
    }
}

/// A key of an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeKey {
    pub id: Uuid,
    /// Sealed with the server's key.
    pub sealed: Vec<u8>,
    pub made_at: Timestamp,
    /// When it ends; `None` for one that has not been replaced.
    pub ends_at: Option<Timestamp>,
}
