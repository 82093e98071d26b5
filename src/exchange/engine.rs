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
//! - what goes to several as one parcel is noted before its first byte leaves, so that its key
//!   never stands for other recipients;
//! - a packet is kept durably before the server is told so, and one that is kept already is
//!   only confirmed again;
//! - the cursor moves only over packets that are dealt with: kept, or noted as not fetched.
//!
//! One parcel or packet never holds up the others, but for what its recipient is to hear before
//! them of the same document. What fails with it alone rests, for longer each time
//! ([`back_off`]); what fails with the line ends the run.

mod fetching;

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    Answer, ExchangeError, InboxItem, Line, OutboxKind, Parcel, Receipt, Scope, Watch, back_off,
};
use crate::domain::agency::AgencyCode;
use crate::domain::bundle::Bundle;
use crate::domain::document::BlobHash;
use crate::domain::problem::Problem;

/// Outbox items read at once.
const BATCH: u32 = 32;
/// Parcels sent in one run at most.
const MAX_PARCELS: usize = 2_000;
/// Parcels that fail, or packets upon which the line breaks, in a row before sending, or fetching,
/// stops: one bad packet must not keep the others, a bad line must not be tried a hundred times.
const MAX_BROKEN: u32 = 3;
/// So many attempts of what is for several fail by other than the line before each goes alone.
const TOGETHER: u32 = 3;
/// Answers in a row by which the server failed before fetching stops: more than there are lost
/// packets at a server that works.
const MAX_FAULTS: u32 = 10;

const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

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

/// A packet that earlier runs listed and did not bring here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfetched {
    /// As the server listed it.
    pub item: InboxItem,
    /// Failed attempts so far: to fetch it, or to tell that it is given up.
    pub tries: u32,
    /// It rests until then.
    pub until: Timestamp,
    pub wish: Wish,
}

/// What the office wants of a packet that is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To have it, when its time has come.
    Fetch,
    /// A person has given it up, and the server is to be told.
    GiveUp,
    /// Nothing any more: the server has been told.
    Nothing,
}

/// The office's durable outbox and inbox, as the engine needs them. Each call that returns
/// `Ok` has its effect on the disk.
pub trait Queues {
    /// What waits and is due at `now`, urgent first, then oldest first; what is larger than
    /// `most` bytes only if it is urgent.
    fn due(&self, now: Timestamp, most: u64, limit: u32) -> Kept<Vec<OutboxItem>>;
    /// An item is about to be sent: what goes up with it, `most` at most. `None` where it waits no
    /// more. What was begun before is begun again with the same items, until it is parted.
    fn begin_sending(&self, item: &str, most: u32, now: Timestamp) -> Kept<Option<Bundle>>;
    /// The server has none of these: they were never begun.
    fn forget_begun_sending(&self, items: &[String]) -> Kept<()>;
    fn packet(&self, packet: &BlobHash) -> Kept<Vec<u8>>;
    /// The server has all of them.
    fn sent(&self, items: &[String], receipt: &Receipt) -> Kept<()>;
    /// They wait until then; one more failed attempt.
    fn put_off(&self, items: &[String], until: Timestamp, why: &ExchangeError) -> Kept<()>;
    /// They are parked for this reason until a person decides, each by itself.
    fn wedge(&self, items: &[String], problem: &Problem) -> Kept<()>;
    /// Of what would go up with an item these go alone from now on, and the others without them;
    /// where none are named, each goes alone.
    fn part(&self, item: &str, named: &[String]) -> Kept<()>;

    /// How far the inbox has been read.
    fn cursor(&self) -> Kept<Option<String>>;
    fn set_cursor(&self, cursor: &str) -> Kept<()>;
    /// Whether the packet of this name, or the same bytes under another, is kept. The hash is
    /// empty where the server does not tell it.
    fn is_kept(&self, server_id: &str, sha256: &str) -> Kept<bool>;
    /// Keeps a packet's bytes; their hash is checked. What was noted of it is forgotten.
    fn keep_packet(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()>;
    /// The beginning of a packet that an earlier run could not fetch whole.
    fn begun(&self, item: &InboxItem) -> Kept<Vec<u8>>;
    /// Keeps such a beginning in the place of the one before.
    fn keep_begun(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()>;

    /// What earlier runs did not bring here, the longest due first.
    fn unfetched(&self) -> Kept<Vec<Unfetched>>;
    /// Notes a packet that is not here after so many failed attempts, in the place of what was
    /// noted of it before; `None` where nothing is wrong with it. What is wished of it stays.
    fn note_unfetched(
        &self,
        item: &InboxItem,
        tries: u32,
        until: Timestamp,
        error: Option<&ExchangeError>,
    ) -> Kept<()>;
    /// It is here after all.
    fn forget_unfetched(&self, server_id: &str) -> Kept<()>;
    /// The server has been told that it is given up.
    fn told_given_up(&self, server_id: &str) -> Kept<()>;
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
    /// Packets that could not be fetched; they stay at the server and are tried again later.
    pub troubled: Vec<Trouble>,
    /// Packets that stay at the server because they are larger than was wanted.
    pub held: u32,
    /// The server's clock minus this computer's.
    pub skew: Option<SignedDuration>,
    /// There is more to do: run again at once.
    pub more: bool,
    /// Why the run ended early, or left something unsent, if it did.
    pub stopped: Option<Stop>,
}

impl SyncReport {
    /// The same for people.
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

/// Why a run did not do all.
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
        faults: 0,
        unsent: None,
        over: None,
        aside: HashMap::new(),
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
    /// Failures in a row, as [`MAX_BROKEN`] counts them.
    broken: u32,
    /// The same, as [`MAX_FAULTS`] counts them.
    faults: u32,
    /// Why the first parcel that was put off did not go.
    unsent: Option<ExchangeError>,
    /// This office has sent what it may on a day.
    over: Option<ExchangeError>,
    /// What earlier runs did not fetch, by the server's name for it.
    aside: HashMap<String, Unfetched>,
}

impl Run<'_> {
    fn all(&mut self) -> Result<(), Stop> {
        let server = self.line.health()?;
        self.report.skew = Some(server.skew);
        self.send_all(server.packet_limit)?;
        self.broken = 0;
        self.fetch_all()?;
        self.unsent.take().map_or(Ok(()), |error| Err(error.into()))
    }

    /// What answers in the server's place while the server itself can be reached concerns one
    /// packet alone: a filter on the way does not let it pass.
    fn of_one_packet(&self, error: ExchangeError) -> ExchangeError {
        match error {
            ExchangeError::NotTheServer(detail) if self.line.health().is_ok() => {
                ExchangeError::Blocked(detail)
            }
            error => error,
        }
    }

    /// Counts what speaks against the line; whether it is enough to leave it alone.
    fn is_enough(&mut self, error: &ExchangeError) -> bool {
        let is_fault = matches!(error, ExchangeError::ServerFault { .. });
        self.broken = if is_of_the_line(error) { self.broken + 1 } else { 0 };
        self.faults = if is_fault { self.faults + 1 } else { 0 };
        self.broken >= MAX_BROKEN || self.faults >= MAX_FAULTS
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
                // One that went with an item before it.
                if seen.contains(&item.item) {
                    continue;
                }
                self.call_off()?;
                let went = self.send_one(&item, limit, &mut seen)?;
                seen.insert(item.item);
                if went.is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// Breaks where the others need not be tried. What was dealt with is put among `seen`.
    fn send_one(
        &mut self,
        item: &OutboxItem,
        limit: u64,
        seen: &mut HashSet<String>,
    ) -> Result<ControlFlow<()>, Stop> {
        // Statuses and orders have room above the quota: they are not held up by documents.
        if let Some(over) = self.over.clone().filter(|_| is_counted(item)) {
            return self.put_off(item, vec![item.item.clone()], &over).map(|()| GO_ON);
        }
        let most = self.line.most_recipients();
        let begun = self.queues.begin_sending(&item.item, most, self.now)?;
        // Withdrawn since the list was made: there is nothing to send.
        let Some(bundle) = begun else { return Ok(GO_ON) };
        seen.extend(bundle.names());
        let bytes = match self.queues.packet(&item.packet) {
            Ok(bytes) => bytes,
            // Its bytes cannot be had: it alone is parked. If the whole disk is at fault,
            // parking fails too and the run ends.
            Err(problem) => return self.wedge(&bundle, problem).map(|()| GO_ON),
        };
        let size = bytes.len() as u64;
        // What was begun before may be there: the server says what it thinks of its size.
        if size > limit && bundle.fresh {
            let error = ExchangeError::TooLarge { size, limit };
            return self.wedge(&bundle, error.into()).map(|()| GO_ON);
        }
        self.send_bundle(item, bundle, &Arc::from(bytes))
    }

    fn send_bundle(
        &mut self,
        item: &OutboxItem,
        bundle: Bundle,
        bytes: &Arc<[u8]>,
    ) -> Result<ControlFlow<()>, Stop> {
        let Err(error) = self.hand_over(item, &bundle, bytes)? else { return Ok(GO_ON) };
        match error.scope() {
            // Its size is the same for each.
            Scope::Item if matches!(error, ExchangeError::TooLarge { .. }) => {
                self.wedge(&bundle, error.into()).map(|()| GO_ON)
            }
            Scope::Item if bundle.items.len() > 1 => self.send_parts(item, &bundle, &error, bytes),
            Scope::Item => self.wedge(&bundle, error.into()).map(|()| GO_ON),
            // A fault of the whole line says nothing against this parcel: once the line is back
            // (or the secret right, or the clock), it goes without delay.
            Scope::Line => Err(error.into()),
            Scope::Call => self.rest(item, &bundle, error),
        }
    }

    /// What is refused of several may be the fault of some, as of an office that is no more: the
    /// others go without them.
    fn send_parts(
        &mut self,
        item: &OutboxItem,
        bundle: &Bundle,
        error: &ExchangeError,
        bytes: &Arc<[u8]>,
    ) -> Result<ControlFlow<()>, Stop> {
        self.part(bundle, &named_by(error, bundle))?;
        let (most, mut dealt_with) = (self.line.most_recipients(), HashSet::new());
        for (name, _) in &bundle.items {
            if dealt_with.contains(name) {
                continue;
            }
            self.call_off()?;
            let Some(part) = self.queues.begin_sending(name, most, self.now)? else { continue };
            dealt_with.extend(part.names());
            if let Some(over) = self.over.clone().filter(|_| is_counted(item)) {
                self.put_off(item, part.names(), &over)?;
            } else if self.send_bundle(item, part, bytes)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(GO_ON)
    }

    /// See [`Queues::part`]: by one that is of this bundle, which the first due need not be.
    fn part(&self, bundle: &Bundle, named: &[String]) -> Kept<()> {
        bundle.items.first().map_or(Ok(()), |(one, _)| self.queues.part(one, named))
    }

    /// Sends a bundle, unless it is there already, and notes that it is sent; gives why it did not
    /// go.
    fn hand_over(
        &mut self,
        item: &OutboxItem,
        bundle: &Bundle,
        bytes: &Arc<[u8]>,
    ) -> Result<Answer<()>, Stop> {
        let parcel = Parcel {
            key: bundle.key.clone(),
            kind: item.kind,
            order: item.order,
            to: bundle.items.iter().map(|(_, to)| to.clone()).collect(),
            bytes: Arc::clone(bytes),
            tried: item.attempts > 0,
        };
        let before = bundle.former.iter().find_map(|key| {
            let accepted = self.line.accepted(key, bytes);
            accepted.transpose()
        });
        match before.unwrap_or_else(|| self.line.send(&parcel, self.watch)) {
            Ok(receipt) => {
                self.queues.sent(&bundle.names(), &receipt)?;
                self.report.sent += count(&bundle.items);
                self.broken = 0;
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(self.of_one_packet(error))),
        }
    }

    /// A call that broke may have broken upon this parcel: it makes room for the others. Breaks
    /// where these need not be tried.
    fn rest(
        &mut self,
        item: &OutboxItem,
        bundle: &Bundle,
        error: ExchangeError,
    ) -> Result<ControlFlow<()>, Stop> {
        self.put_off(item, bundle.names(), &error)?;
        let over = matches!(error, ExchangeError::OverQuota { .. });
        let gone = is_of_the_line(&error) && self.line.health().is_err();
        if bundle.items.len() > 1 && over && bundle.fresh {
            // Who has nothing of it yet is spared a recall.
            if matches!(self.line.accepted(&bundle.key, &[]), Ok(None)) {
                self.queues.forget_begun_sending(&bundle.names())?;
            }
        } else if bundle.items.len() > 1
            && !(over || is_of_the_line(&error))
            && item.attempts + 1 >= TOGETHER
        {
            // What does not let this pass may not let one of its recipients pass.
            self.part(bundle, &[])?;
        }
        self.unsent.get_or_insert_with(|| error.clone());
        if over && is_counted(item) {
            self.over = Some(error);
            return Ok(GO_ON);
        }
        // A server that fails is not sent all there is in vain: since these rest, the next run
        // comes to those behind them.
        self.broken += 1;
        let enough = self.broken >= MAX_BROKEN;
        Ok(if over || enough || gone { ControlFlow::Break(()) } else { GO_ON })
    }

    fn put_off(
        &mut self,
        item: &OutboxItem,
        names: Vec<String>,
        error: &ExchangeError,
    ) -> Result<(), Stop> {
        // What goes together is due together.
        let which = &item.packet.0;
        let until = back_off::retry_at(self.now, which, item.attempts.saturating_add(1));
        let asked = error.asks_to_wait();
        let asked = asked.map(|wait| back_off::after(self.now, which, wait));
        let until = asked.map_or(until, |asked| asked.max(until));
        tracing::warn!(?names, %error, %until, "a parcel is put off");
        self.queues.put_off(&names, until, error)?;
        self.report.put_off += count(&names);
        Ok(())
    }

    fn wedge(&mut self, bundle: &Bundle, problem: Problem) -> Result<(), Stop> {
        tracing::warn!(parcel = bundle.key, %problem, "a parcel is parked");
        self.queues.wedge(&bundle.names(), &problem)?;
        self.report.wedged += count(&bundle.items);
        Ok(())
    }
}

/// The items of a bundle that an error is about.
fn named_by(error: &ExchangeError, bundle: &Bundle) -> Vec<String> {
    let named = bundle.items.iter().filter(|(_, to)| error.names(to));
    named.map(|(item, _)| item.clone()).collect()
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

/// Whether it is one of those that a quota is for.
fn is_counted(item: &OutboxItem) -> bool {
    item.kind == OutboxKind::Document && !item.order
}

/// What says nothing about the packet that was asked for.
const fn is_of_the_server(error: &ExchangeError) -> bool {
    is_of_the_line(error) || matches!(error, ExchangeError::ServerFault { .. })
}

const fn is_of_the_line(error: &ExchangeError) -> bool {
    matches!(error, ExchangeError::Cut(_) | ExchangeError::TimedOut { .. })
}

#[cfg(test)]
mod model;
