//! The line to the provincial server: what is sent, what is fetched, and what happens when
//! the line drops.
//!
//! A [`Line`] is one server seen through one *profile*, the way that server wants to be
//! spoken to. [`vanthu::VanthuLine`] speaks the profile of our own server (described in
//! `assets/openapi.yaml`, its vocabulary in [`wire`]), [`axis::AxisLine`] that of the national
//! axis' gateway. Above the line stands [`engine`],
//! which knows no profile: it empties the outbox and fills the inbox through the trait
//! [`engine::Queues`], such that whatever is cut at whatever moment, nothing is lost and
//! nothing arrives twice. On the wire that is *at least once*; in the office, because every
//! parcel carries a key made from its content and every packet is kept before it is
//! confirmed, it is *exactly once*.
//!
//! Everything here blocks and is called off the window's thread. The async work inside runs
//! on a thread of its own, so that a caller may or may not stand in an async context.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::agency::{Agency, AgencyCode};

pub mod address;
pub mod axis;
pub mod back_off;
pub mod coding;
mod connection;
pub mod engine;
mod error;
pub mod vanthu;
pub mod wire;

pub use crate::domain::delivery::SignedReceipt;
pub use crate::domain::operation::OutboxKind;
pub use address::{Identity, ServerAddress, Trust};
pub use connection::Patience;
pub use error::{ExchangeError, Scope};

/// How a server wants to be spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerProfile {
    /// Our own server's.
    #[default]
    Vanthu,
    /// The gateway of the national axis.
    Axis(axis::Quirks),
}

impl ServerProfile {
    /// The words by which a setting names it: profile, then quirks.
    pub fn words(self) -> String {
        match self {
            Self::Vanthu => "vanthu".to_owned(),
            Self::Axis(quirks) => [vec!["axis"], quirks.words()].concat().join(" "),
        }
    }

    /// Reads [`words`](Self::words).
    pub fn read(words: &str) -> Option<Self> {
        let mut words = words.split_whitespace();
        match words.next()? {
            "vanthu" => words.next().is_none().then_some(Self::Vanthu),
            "axis" => axis::Quirks::read(words).map(Self::Axis),
            _ => None,
        }
    }

    /// The line to a server of this profile; nothing is sent yet.
    pub fn line(self, address: ServerAddress, patience: Patience) -> Answer<Box<dyn Line>> {
        let clock = Timestamp::now;
        Ok(match self {
            Self::Vanthu => Box::new(vanthu::VanthuLine::with(address, patience, clock)?),
            Self::Axis(quirks) => Box::new(axis::AxisLine::with(address, quirks, patience, clock)?),
        })
    }
}

/// What a call over the line gives.
pub type Answer<T> = Result<T, ExchangeError>;

/// One server, seen through one profile.
pub trait Line: Send + Sync {
    /// Asks who answers there, without credentials. What is not the server (a hotel's login
    /// page, say) is told apart here, before anything is entrusted to it.
    fn health(&self) -> Answer<ServerInfo>;

    /// Hands a parcel over. The same key again gives the same receipt and no second delivery.
    fn send(&self, parcel: &Parcel, watch: &dyn Watch) -> Answer<Receipt>;

    /// So many recipients a parcel may have at most.
    fn most_recipients(&self) -> u32 {
        1
    }

    /// What the server said when it took these bytes under a key; `None` where it has nothing of
    /// that key, or knows no keys.
    fn accepted(&self, _key: &str, _bytes: &[u8]) -> Answer<Option<Receipt>> {
        Ok(None)
    }

    /// What lies in this office's inbox, oldest first; at most `limit` items.
    fn inbox(&self, listing: Listing<'_>, limit: u32) -> Answer<InboxPage>;

    /// The bytes of one packet, whole and with the promised hash. `begun` may hold what an
    /// earlier call brought; what comes is appended to it, and stays there when the call fails.
    /// A cut connection is taken up again where it broke.
    fn go_on_fetching(
        &self,
        item: &InboxItem,
        begun: &mut Vec<u8>,
        watch: &dyn Watch,
    ) -> Answer<()>;

    /// The same from nothing.
    fn fetch(&self, item: &InboxItem, watch: &dyn Watch) -> Answer<Vec<u8>> {
        let mut bytes = Vec::new();
        self.go_on_fetching(item, &mut bytes, watch)?;
        Ok(bytes)
    }

    /// Waits until something lies in the inbox after the cursor, at most so long; whether it
    /// does. `None`: this server has no call for that.
    fn listen(
        &self,
        _after: Option<&str>,
        _at_most: Duration,
        _watch: &dyn Watch,
    ) -> Option<Answer<bool>> {
        None
    }

    /// Tells the server what became of a packet. The first answer counts, repeating is free.
    fn confirm(&self, server_id: &str, outcome: Outcome) -> Answer<()>;

    /// The agencies that changed after `since` (0 for all).
    fn agencies(&self, since: u64) -> Answer<Directory>;

    /// How far a parcel that this office sent has come.
    fn delivery(&self, server_id: &str) -> Answer<DeliveryState>;

    /// The same of several. What is told goes into `told`, and stays there when a call fails;
    /// what the server does not know is left out.
    fn deliveries(&self, server_ids: &[&str], told: &mut Vec<DeliveryState>) -> Answer<()> {
        for id in server_ids {
            match self.delivery(id) {
                Ok(state) => told.push(state),
                Err(error) if error.scope() == Scope::Item => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Who answers, and how its clock stands to ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    pub version: String,
    pub time: Timestamp,
    /// The server's clock minus this computer's; the half of the round trip is taken off.
    pub skew: SignedDuration,
    /// The largest packet that the server takes, in bytes.
    pub packet_limit: u64,
}

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Made from content: the same thing has the same key, however often it is queued.
    pub key: String,
    pub kind: OutboxKind,
    /// It is about a document that was sent before: an update, or that it is to be cancelled.
    pub order: bool,
    pub to: Vec<AgencyCode>,
    pub bytes: Arc<[u8]>,
    /// An earlier attempt may have reached the server: ask before sending again.
    pub tried: bool,
}

/// The server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub server_id: String,
    pub received_at: Timestamp,
    /// What the server signed; `None` where it signs nothing. Kept as evidence.
    pub signed: Option<SignedReceipt>,
}

/// Which part of the inbox is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing<'a> {
    /// Everything after the cursor, confirmed or not: what this desk has not seen.
    After(Option<&'a str>),
    /// What nobody has confirmed yet, wherever the cursor stands.
    Waiting(Option<&'a str>),
}

/// One packet in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxItem {
    /// Stands for this item's place in the inbox; opaque.
    pub cursor: String,
    /// The server's name for the packet.
    pub id: String,
    pub kind: OutboxKind,
    pub from: AgencyCode,
    /// SHA-256 of the packet, lower-case hex; empty where the server does not tell it.
    pub sha256: String,
    /// Bytes; 0 where the server does not tell.
    pub size: u64,
    pub received_at: Timestamp,
    /// This office has said before what became of it.
    pub confirmed: bool,
}

/// A page of the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxPage {
    pub items: Vec<InboxItem>,
    /// Where the next page begins; `None` when this was the last.
    pub next: Option<String>,
}

/// What became of a packet at this office's door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its bytes are kept durably.
    Kept,
    /// It will not be taken.
    Refused,
}

/// The agencies that a server knows, or those of them that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Ask with this next time; 0 where the server counts none, and knows no histories.
    pub version: u64,
    pub agencies: Vec<Agency>,
    /// Where only the last change of each is told, and no histories: its day, if it had one.
    #[serde(skip)]
    pub changed: Option<BTreeMap<AgencyCode, Option<Date>>>,
}

impl Directory {
    /// What `told` says, and whom it does not name.
    #[must_use]
    pub fn with(self, mut told: Self) -> Self {
        let named: BTreeSet<AgencyCode> =
            told.agencies.iter().map(|one| one.code.clone()).collect();
        told.agencies.extend(self.agencies.into_iter().filter(|one| !named.contains(&one.code)));
        told
    }
}

/// How far a parcel has come, recipient by recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryState {
    pub id: String,
    pub kind: OutboxKind,
    pub sha256: String,
    pub size: u64,
    pub received_at: Timestamp,
    pub receipt: String,
    /// The parcel's place in the chain of its sender, and its link there; 0 and empty where
    /// the server keeps no chains.
    #[serde(default)]
    pub number: u64,
    #[serde(default)]
    pub link: String,
    pub deliveries: Vec<RecipientState>,
}

/// How far a parcel has come at one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientState {
    pub to: AgencyCode,
    /// When the recipient first asked for the bytes.
    pub fetched_at: Option<Timestamp>,
    pub outcome: Option<Outcome>,
    /// When the recipient said so.
    pub confirmed_at: Option<Timestamp>,
    /// When the server gave the bytes up although the recipient had confirmed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapsed_at: Option<Timestamp>,
}

/// Looks on while something long runs, and may call it off.
pub trait Watch: Sync {
    /// So many bytes of so many have passed.
    fn bytes(&self, _done: u64, _of: u64) {}

    /// Asked often; `true` ends the work soon with [`ExchangeError::Cancelled`].
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody looks on.
impl Watch for () {}

/// Only calls off.
impl<F: Fn() -> bool + Sync> Watch for F {
    fn cancelled(&self) -> bool {
        self()
    }
}
