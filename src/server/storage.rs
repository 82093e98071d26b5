//! What the server keeps, apart from the packets' bytes: offices, packets, deliveries,
//! uploads under way, and what the operators look after.
//!
//! A few traits, async, with SQLite and PostgreSQL behind them; nothing above them knows
//! which. What an implementation must hold to stands at each method, and is chosen so that
//! several servers may share one database:
//!
//! - a row is durable when the method returns, unless the method says otherwise;
//! - a cursor never passes a row that becomes visible later. A single writer gives that for
//!   nothing; a database with concurrent writers numbers the deliveries of a recipient under
//!   a lock that lasts until the commit;
//! - what belongs together is written together, or not at all;
//! - every method may be repeated: a caller that heard nothing asks again.

mod certificates;
mod keeping;
mod mail;
mod offices;
mod uploads;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use super::ServerError;
use super::bell::Bell;
use crate::domain::agency::AgencyCode;

pub use certificates::{Certificates, OfficeCertificate};
pub use keeping::{Age, Backlog, Keeping, Mailbox, Notes, Refusals, Volume};
pub use mail::{Added, Arrived, Count, Fetched, Link, Mail, Packet, Sent};
pub use offices::{AgencyChange, Office, OfficeKey, Offices, Quota};
pub use uploads::{Expired, Note, Part, Progress, Uploads};

/// What an answer of the storage is.
pub type Stored<T> = Result<T, ServerError>;

/// Work of the storage under way. A box, because the server holds its storage as an object.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Stored<T>> + Send + 'a>>;

/// The server's memory.
pub trait Storage: Offices + Certificates + Mail + Uploads + Keeping {
    /// Whether it can be written to right now.
    fn ready(&self) -> Work<'_, ()>;

    /// Something that all instances must agree on, such as which key the secrets are sealed
    /// with; `None` if nobody has said yet.
    fn fact<'a>(&'a self, name: &'a str) -> Work<'a, Option<String>>;

    /// Says such a thing; the first word stands, and is given.
    fn settle_fact<'a>(&'a self, name: &'a str, value: &'a str) -> Work<'a, String>;

    /// Tells the other instances that something lies in these mailboxes. At once, and at best:
    /// who does not hear it finds out by looking.
    fn announce(&self, _to: &[AgencyCode]) {}

    /// Rings the bell for what other instances announce, for as long as it is polled. Where
    /// there are no other instances there is nothing to do.
    fn hear(self: Arc<Self>, _bell: Arc<Bell>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// Now, to the microsecond: databases keep no more, and a receipt speaks of what is kept.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
