//! The sync engine: empties the outbox and fills the inbox, once per call.
//!
//! It holds no state of its own. What is waiting, what is kept (the beginning of a packet that
//! broke off included) and how far the inbox has been read stand in the office's [`Queues`];
//! what has been accepted stands at the server.
//! Every step is such that the run may end after it, by a cut, a kill or a full disk, and
//! the next run completes it:
//!
//! - a parcel is marked as sent only after the server has it, and sending it again under its
//!   key changes nothing;
//! - a packet is kept durably before the server is told so, and one that is kept already is
//!   only confirmed again;
//! - the cursor moves only over packets that are dealt with.
//!
//! Two lists are read. *After the cursor* brings what this desk has not seen, also what was
//! confirmed before (a desk restored from an older backup gets its packets again). *Waiting*
//! brings what nobody has confirmed, wherever the cursor stands (a server restored from an
//! older backup numbers its packets anew; a packet that could not be fetched yesterday is
//! tried again today).

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    Answer, ExchangeError, InboxItem, InboxPage, Line, Listing, OutboxKind, Outcome, Parcel,
    Receipt, Scope, Watch, back_off,
};
use crate::domain::agency::AgencyCode;
use crate::domain::document::BlobHash;
use crate::domain::problem::Problem;

/// Outbox items read at once.
const BATCH: u32 = 32;
/// Parcels sent in one run at most.
const MAX_PARCELS: usize = 2_000;
/// Inbox items listed at once.
const PAGE: u32 = 100;
/// Pages of each list in one run at most.
const MAX_PAGES: u32 = 50;
/// Packets in a row whose fetching breaks before fetching stops: one bad packet must not
/// keep the others, a bad line must not be tried a hundred times.
const MAX_BROKEN: u32 = 3;

/// What a queue's own work gives: it fails only with the office's disk or database.
pub type Kept<T> = Result<T, Problem>;

/// Something that waits in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxItem {
    /// Its key, made from content and recipient.
    pub item: String,
    pub kind: OutboxKind,
    /// See [`Parcel::order`].
    pub order: bool,
    pub to: AgencyCode,
    pub packet: BlobHash,
    pub urgent: bool,
    /// Failed attempts so far.
    pub attempts: u32,
}

/// The office's durable outbox and inbox, as the engine needs them. Each call that returns
/// `Ok` has its effect on the disk.
pub trait Queues {
    /// What waits and is due at `now`, urgent first, then oldest first; what is larger than
    /// `most` bytes only if it is urgent.
    fn due(&self, now: Timestamp, most: u64, limit: u32) -> Kept<Vec<OutboxItem>>;
    /// The packet of an item that is about to be sent; `None` where it waits no more.
    fn parcel_bytes(&self, item: &OutboxItem) -> Kept<Option<Vec<u8>>>;
    /// The server has it.
    fn sent(&self, item: &str, receipt: &Receipt) -> Kept<()>;
    /// It waits until then; one more failed attempt.
    fn put_off(&self, item: &str, until: Timestamp, reason: &str) -> Kept<()>;
    /// It is parked for this reason until a person decides.
    fn wedge(&self, item: &str, problem: &Problem) -> Kept<()>;

    /// How far the inbox has been read.
    fn cursor(&self) -> Kept<Option<String>>;
    fn set_cursor(&self, cursor: &str) -> Kept<()>;
    /// Whether the packet of this name, or the same bytes under another, is kept. The hash is
    /// empty where the server does not tell it.
    fn is_kept(&self, server_id: &str, sha256: &str) -> Kept<bool>;
    /// Keeps a packet's bytes; their hash is checked.
    fn keep_packet(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()>;
    /// The beginning of a packet that an earlier run could not fetch whole.
    fn begun(&self, item: &InboxItem) -> Kept<Vec<u8>>;
    /// Keeps such a beginning in the place of the one before.
    fn keep_begun(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()>;
}

/// What one run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncReport {
    pub sent: u32,
    pub received: u32,
    /// Kept in an earlier run and only confirmed now.
    pub confirmed: u32,
    pub wedged: u32,
    pub put_off: u32,
    /// Packets that could not be fetched; they stay at the server and are tried next time.
    pub troubled: Vec<Trouble>,
    /// Packets that stay at the server because they are larger than was wanted.
    pub held: u32,
    /// The server's clock minus this computer's.
    pub skew: Option<SignedDuration>,
    /// There is more to do: run again at once.
    pub more: bool,
    /// Why the run ended early, if it did.
    pub stopped: Option<Stop>,
}

impl SyncReport {
    /// Why the run ended early, for people.
    pub fn problem(&self) -> Option<Problem> {
        self.stopped.clone().map(Problem::from)
    }
}

/// A packet that could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub server_id: String,
    pub from: AgencyCode,
    pub error: ExchangeError,
}

/// Why a run ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The line or the server.
    Line(ExchangeError),
    /// The office's own disk or database.
    Office(Problem),
}

impl From<ExchangeError> for Stop {
    fn from(error: ExchangeError) -> Self {
        Self::Line(error)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Office(problem)
    }
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Line(error) => error.into(),
            Stop::Office(problem) => problem,
        }
    }
}

/// Sends what is due at `now`, then fetches what has arrived.
pub fn sync_once(
    queues: &dyn Queues,
    line: &dyn Line,
    now: Timestamp,
    watch: &dyn Watch,
) -> SyncReport {
    sync_small(queues, line, now, u64::MAX, watch)
}

/// The same with what is not larger than `most` bytes, and with what is urgent.
pub fn sync_small(
    queues: &dyn Queues,
    line: &dyn Line,
    now: Timestamp,
    most: u64,
    watch: &dyn Watch,
) -> SyncReport {
    let mut run = Run {
        queues,
        line,
        now,
        most,
        watch,
        report: SyncReport::default(),
        broken: 0,
        again: HashSet::new(),
    };
    if let Err(stop) = run.all() {
        tracing::warn!(?stop, "the synchronisation ended early");
        run.report.stopped = Some(stop);
    }
    run.report
}

struct Run<'a> {
    queues: &'a dyn Queues,
    line: &'a dyn Line,
    now: Timestamp,
    most: u64,
    watch: &'a dyn Watch,
    report: SyncReport,
    /// Packets in a row whose fetching broke.
    broken: u32,
    /// Packets to fetch again that were confirmed once: they no longer wait at the server,
    /// so the cursor must not pass them.
    again: HashSet<String>,
}

impl Run<'_> {
    fn all(&mut self) -> Result<(), Stop> {
        let server = self.line.health()?;
        self.report.skew = Some(server.skew);
        // A parcel that breaks the call says nothing against fetching.
        let sending = match self.send_all(server.packet_limit) {
            Err(Stop::Line(error)) if error.scope() == Scope::Call => Err(error),
            other => other.map(Ok)?,
        };
        self.fetch_all()?;
        sending.map_err(Stop::from)
    }

    fn call_off(&self) -> Answer<()> {
        if self.watch.cancelled() { Err(ExchangeError::Cancelled) } else { Ok(()) }
    }

    // Out.

    fn send_all(&mut self, limit: u64) -> Result<(), Stop> {
        let mut seen = HashSet::new();
        loop {
            let mut batch = self.queues.due(self.now, self.most, BATCH)?;
            batch.retain(|item| !seen.contains(&item.item));
            if batch.is_empty() {
                return Ok(());
            }
            batch.sort_by_key(|item| !item.urgent);
            for item in batch {
                if seen.len() >= MAX_PARCELS {
                    self.report.more = true;
                    return Ok(());
                }
                self.call_off()?;
                self.send_one(&item, limit)?;
                seen.insert(item.item);
            }
        }
    }

    fn send_one(&mut self, item: &OutboxItem, limit: u64) -> Result<(), Stop> {
        let bytes = match self.queues.parcel_bytes(item) {
            Ok(Some(bytes)) => bytes,
            // Withdrawn since the list was made: there is nothing to send.
            Ok(None) => return Ok(()),
            // Its bytes cannot be had: it alone is parked. If the whole disk is at fault,
            // parking fails too and the run ends.
            Err(problem) => return self.wedge(item, problem),
        };
        let size = bytes.len() as u64;
        if size > limit {
            return self.wedge(item, ExchangeError::TooLarge { size, limit }.into());
        }
        let parcel = Parcel {
            key: item.item.clone(),
            kind: item.kind,
            order: item.order,
            to: vec![item.to.clone()],
            bytes: Arc::from(bytes),
            tried: item.attempts > 0,
        };
        match self.line.send(&parcel, self.watch) {
            Ok(receipt) => {
                self.queues.sent(&item.item, &receipt)?;
                self.report.sent += 1;
                Ok(())
            }
            Err(error) if error.scope() == Scope::Item => self.wedge(item, error.into()),
            Err(error) => {
                // A fault of the whole line says nothing against this parcel: once the line
                // is back (or the secret right, or the clock), it goes without delay. A call
                // that broke may have broken upon it: it makes room for the others.
                if error.scope() == Scope::Call {
                    let failures = item.attempts.saturating_add(1);
                    let until = back_off::retry_at(self.now, &item.item, failures);
                    let asked = error.asks_to_wait();
                    let asked = asked.map(|wait| back_off::after(self.now, &item.item, wait));
                    let until = asked.map_or(until, |asked| asked.max(until));
                    self.queues.put_off(&item.item, until, &error.to_string())?;
                    self.report.put_off += 1;
                }
                Err(error.into())
            }
        }
    }

    fn wedge(&mut self, item: &OutboxItem, problem: Problem) -> Result<(), Stop> {
        tracing::warn!(item = item.item, %problem, "a parcel is parked");
        self.queues.wedge(&item.item, &problem)?;
        self.report.wedged += 1;
        Ok(())
    }

    // In.

    fn fetch_all(&mut self) -> Result<(), Stop> {
        let mut done = HashSet::new();
        let mut cursor = self.queues.cursor()?;
        // The cursor stands before something that only this list brings again.
        let mut pinned = false;
        for page in 0.. {
            if page == MAX_PAGES {
                self.report.more = !pinned;
                break;
            }
            let InboxPage { items, next } = match self.list(Listing::After(cursor.as_deref())) {
                // The cursor is of another server: begin anew, what is kept is only skipped.
                Err(ExchangeError::Refused { .. }) if page == 0 && cursor.is_some() => {
                    self.list(Listing::After(None))?
                }
                page => page?,
            };
            let taken = self.take_page(&items, &mut done);
            // Also when the page ended early: what is dealt with is not listed again.
            if !pinned {
                let settled =
                    |item: &&InboxItem| done.contains(&item.id) && !self.again.contains(&item.id);
                let settled = items.iter().take_while(settled);
                pinned = settled.clone().count() < items.len();
                if let Some(last) = settled.last() {
                    self.queues.set_cursor(&last.cursor)?;
                }
            }
            taken?;
            if next.is_none() || next == cursor {
                break;
            }
            cursor = next;
        }
        let mut after = None;
        for page in 0.. {
            if page == MAX_PAGES {
                self.report.more = true;
                break;
            }
            let InboxPage { items, next } = self.list(Listing::Waiting(after.as_deref()))?;
            self.take_page(&items, &mut done)?;
            if next.is_none() || next == after {
                break;
            }
            after = next;
        }
        Ok(())
    }

    fn list(&self, listing: Listing<'_>) -> Answer<InboxPage> {
        self.call_off()?;
        self.line.inbox(listing, PAGE)
    }

    /// Deals with each item; those dealt with, for good or for this run, go into `done`.
    fn take_page(&mut self, items: &[InboxItem], done: &mut HashSet<String>) -> Result<(), Stop> {
        for item in items {
            if done.contains(&item.id) {
                continue;
            }
            self.call_off()?;
            match self.take(item) {
                Ok(()) => self.broken = 0,
                Err(Stop::Line(error)) if error.scope() != Scope::Line => {
                    let broken = error.scope() == Scope::Call && error != ExchangeError::Damaged;
                    self.broken = if broken { self.broken + 1 } else { 0 };
                    if item.confirmed && error.is_recoverable() {
                        self.again.insert(item.id.clone());
                    }
                    tracing::warn!(id = item.id, %error, "a packet could not be fetched");
                    self.report.troubled.push(Trouble {
                        server_id: item.id.clone(),
                        from: item.from.clone(),
                        error: error.clone(),
                    });
                    if self.broken >= MAX_BROKEN {
                        return Err(error.into());
                    }
                }
                Err(stop) => return Err(stop),
            }
            done.insert(item.id.clone());
        }
        Ok(())
    }

    fn take(&mut self, item: &InboxItem) -> Result<(), Stop> {
        if self.queues.is_kept(&item.id, &item.sha256)? {
            if !item.confirmed {
                self.line.confirm(&item.id, Outcome::Kept)?;
                self.report.confirmed += 1;
            }
            return Ok(());
        }
        // How urgent it is stands within it; the list tells its size alone.
        if item.size > self.most {
            self.report.held += 1;
            return Ok(());
        }
        let mut bytes = self.queues.begun(item)?;
        let had = bytes.len();
        if let Err(error) = self.line.go_on_fetching(item, &mut bytes, self.watch) {
            if bytes.len() != had {
                self.queues.keep_begun(item, &bytes)?;
            }
            return Err(error.into());
        }
        self.queues.keep_packet(item, &bytes)?;
        self.report.received += 1;
        self.line.confirm(&item.id, Outcome::Kept)?;
        Ok(())
    }
}

#[cfg(test)]
mod model;
