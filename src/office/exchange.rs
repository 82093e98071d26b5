//! The office's outbox and inbox on the line to the provincial server.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 6 khoản 3: states of sending, receiving and processing
//! are tracked and updated automatically.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::line::LineManner;
use super::settings::ServerSetting;
use super::{Office, OfficeError, SyncReport};
use crate::domain::bundle::Bundle;
use crate::domain::document::BlobHash;
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::exchange::back_off;
use crate::exchange::engine::{self, Kept, OutboxItem, Queues, Unfetched, Wish};
use crate::exchange::{ExchangeError, InboxItem, Line, Patience, Receipt, ServerAddress, Watch};
use crate::i18n::tell;
use crate::store::{PacketState, UnfetchedRow};

/// The key of the server's receipts and the server's address; and that key, until somebody was
/// told that it is another one than before.
const RECEIPT_KEY: &str = "server.receipt-key";
const NEW_RECEIPT_KEY: &str = "server.receipt-key-new";

impl Office {
    /// Sends what waits and fetches what has arrived, once; then takes in what was fetched
    /// and sends the statuses that follow from it.
    pub fn sync(&self) -> Result<SyncReport, Problem> {
        self.actor(Act::Sync)?;
        self.exchange(self.line_manner()?)
    }

    /// The same because somebody asks: what failed lately goes too, without waiting for the
    /// time of its next try.
    pub fn sync_now(&self) -> Result<SyncReport, Problem> {
        self.actor(Act::Sync)?;
        self.store().make_due()?;
        let manner = LineManner { limit: self.line_manner()?.limit, ..LineManner::default() };
        let report = self.exchange(manner)?;
        self.heard_of_receipt_key(&report)?;
        Ok(report)
    }

    /// The same over a line that the caller has made, with other patience or other trust.
    pub fn sync_now_over(&self, line: &dyn Line) -> Result<SyncReport, Problem> {
        self.actor(Act::Sync)?;
        let (run, _) = self.begin_exchange();
        self.store().make_due()?;
        let report = self.sync_over(&run, line, u64::MAX)?;
        self.heard_of_receipt_key(&report)?;
        Ok(report)
    }

    /// How long this desk waits before it synchronises by itself again, after so many runs in a
    /// row that failed.
    pub fn until_next_sync(&self, failures: u32) -> Duration {
        let office = self.session().agency.code.as_str();
        let metered = self.line_manner().is_ok_and(|manner| manner.metered);
        let wait = if metered {
            back_off::until_next_metered_sync(office)
        } else {
            back_off::until_next_sync(office, failures)
        };
        wait.unsigned_abs()
    }

    fn exchange(&self, manner: LineManner) -> Result<SyncReport, Problem> {
        if manner.paused {
            // What was fetched before is taken in all the same.
            let taken = self.receive()?;
            let mut total = SyncReport {
                paused: true,
                quarantined: taken.quarantined,
                problem: taken.problem,
                ..SyncReport::default()
            };
            self.count_outbox(&mut total)?;
            return Ok(total);
        }
        let most = if manner.metered { LineManner::SMALL } else { u64::MAX };
        let (run, setting) = self.begin_exchange();
        let line = setting.and_then(|setting| self.line_to(setting.ok_or(OfficeError::NoServer)?));
        let line = line.inspect_err(|_| {
            // The services that make signatures last are others than the server.
            if let Err(problem) = self.extend_due(&|| run.is_called_off()) {
                tracing::warn!(%problem, "signatures were not made to last");
            }
        })?;
        self.sync_over(&run, &*line, most)
    }

    fn sync_over(
        &self,
        run: &Exchanging<'_>,
        line: &dyn Line,
        most: u64,
    ) -> Result<SyncReport, Problem> {
        let called_off = || run.is_called_off();
        // What an earlier run kept and a power cut left untaken comes first.
        let mut total = SyncReport::default();
        total.quarantined += self.receive()?.quarantined;
        // Fetching makes statuses, which want to be sent at once (status 01 is automatic);
        // the bound keeps two offices from answering each other for ever.
        for _ in 0..4 {
            let once = engine::sync_small(self, line, Timestamp::now(), most, &called_off);
            let taken = self.receive()?;
            total.sent += once.sent;
            total.received += once.received;
            total.held = once.held;
            total.skew = once.skew.or(total.skew);
            total.problem = once.problem().or(taken.problem);
            total.quarantined += taken.quarantined;
            // An answer to a recall waits here without a document having come.
            let waits = !self.store().outbox_due(Timestamp::now(), most, 1)?.is_empty();
            if total.problem.is_some() || (!waits && taken.queued == 0 && !once.more) {
                break;
            }
        }
        self.count_outbox(&mut total)?;
        // The line to the province and that to the time stamps fail apart: a problem with
        // one is no reason to leave the other, and stands with the documents.
        let lasting = self.extend_due(&called_off)?;
        (total.extended, total.awaiting_extension) = (lasting.extended, lasting.waiting);
        if total.problem.is_none() && !called_off() {
            self.freshen_directory(line);
        }
        if total.problem.is_none() && self.has_new_receipt_key()? {
            total.problem = Some(OfficeError::NewReceiptKey.into());
        }
        Ok(total)
    }

    /// Begins an exchange with the server that is set, if it can be read, once no other runs.
    fn begin_exchange(&self) -> (Exchanging<'_>, Result<Option<ServerSetting>, Problem>) {
        let alone = lock(&self.0.exchanging);
        // Before the setting is read: what changes after that calls the exchange off.
        let lines = self.0.lines.load(Ordering::Relaxed);
        let setting = self.server_setting();
        let known = setting.as_ref().ok().and_then(Option::as_ref);
        *lock(&self.0.exchanged_with) = known.map(|setting| setting.url.clone());
        (Exchanging { office: self, lines, _alone: alone }, setting)
    }

    /// The address by which is kept how far the exchange has come: that of the server with which
    /// one runs, although another may be set by now, else of the one that is set.
    pub(super) fn exchanged_with(&self) -> Option<String> {
        let running = lock(&self.0.exchanged_with).clone();
        running.or_else(|| self.server())
    }

    /// The line is set otherwise: an exchange that runs is called off, and what it had not sent
    /// or fetched goes with the next.
    pub(super) fn line_has_changed(&self) {
        self.0.lines.fetch_add(1, Ordering::Relaxed);
    }

    /// An ear at the line; `None` where nothing is to be heard of what comes, because the line
    /// is paused or costs, or no server is set.
    pub fn ear(&self) -> Result<Option<Ear>, Problem> {
        self.actor(Act::Sync)?;
        let manner = self.line_manner()?;
        if manner.paused || manner.metered {
            return Ok(None);
        }
        let Some(setting) = self.server_setting()? else { return Ok(None) };
        Ok(Some(Ear { line: self.line_to(setting)?, after: Queues::cursor(self)? }))
    }

    /// Remembers by which key this server signs its receipts. Each receipt is kept with the key
    /// that proves it, whatever comes after.
    fn note_receipt_key(&self, key: &str) -> Result<(), Problem> {
        let server = self.exchanged_with().unwrap_or_default();
        let known = self.store().setting(RECEIPT_KEY)?.unwrap_or_default();
        let told = format!("{key} {server}");
        if known == told {
            return Ok(());
        }
        let changed = known.split_once(' ').is_some_and(|(_, of)| of == server);
        if changed {
            tracing::warn!(known, told, "the server signs its receipts with another key");
            self.store().set_setting(NEW_RECEIPT_KEY, key)?;
        }
        Ok(self.store().set_setting(RECEIPT_KEY, &told)?)
    }

    /// Whether that key has changed and nobody has been told yet.
    fn has_new_receipt_key(&self) -> Result<bool, Problem> {
        Ok(self.store().setting(NEW_RECEIPT_KEY)?.is_some_and(|key| !key.is_empty()))
    }

    /// Who asked for this exchange is told at length. What runs by itself nobody may see, so it
    /// goes on saying it.
    fn heard_of_receipt_key(&self, report: &SyncReport) -> Result<(), Problem> {
        let code = Problem::from(OfficeError::NewReceiptKey).code;
        if report.problem.as_ref().is_some_and(|problem| problem.code == code) {
            self.store().set_setting(NEW_RECEIPT_KEY, "")?;
        }
        Ok(())
    }

    fn count_outbox(&self, total: &mut SyncReport) -> Result<(), Problem> {
        let counts = self.store().counts()?;
        total.waiting = u32::try_from(counts.outbox_waiting).unwrap_or(u32::MAX);
        let parked = counts.outbox_wedged.saturating_add(self.unfetched_count()?);
        total.wedged = u32::try_from(parked).unwrap_or(u32::MAX);
        Ok(())
    }

    /// The line to the server that is set, in its profile; nothing is sent yet.
    pub fn server_line(&self) -> Result<Box<dyn Line>, Problem> {
        self.line_to(self.server_setting()?.ok_or(OfficeError::NoServer)?)
    }

    fn line_to(&self, server: ServerSetting) -> Result<Box<dyn Line>, Problem> {
        let agency = self.session().agency.code.clone();
        let mut address = ServerAddress::new(&server.url, agency, server.secret)?;
        address.identity = self.line_identity()?;
        address.trust = self.line_trust()?;
        let bytes = |limit: NonZeroU32| NonZeroU32::new(limit.get().saturating_mul(1024));
        let rate = self.line_manner()?.limit.and_then(bytes);
        Ok(server.profile.line(address, Patience { rate, ..Patience::default() })?)
    }
}

/// An exchange that runs.
struct Exchanging<'a> {
    office: &'a Office,
    lines: u64,
    _alone: MutexGuard<'a, ()>,
}

impl Exchanging<'_> {
    /// Whether the line is set otherwise than when it began.
    fn is_called_off(&self) -> bool {
        self.office.0.lines.load(Ordering::Relaxed) != self.lines
    }
}

impl Drop for Exchanging<'_> {
    fn drop(&mut self) {
        *lock(&self.office.0.exchanged_with) = None;
    }
}

/// A poisoned lock only says that an exchange broke off; the next begins from what is kept.
fn lock<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hears that something has come, and holds nothing of the office meanwhile.
pub struct Ear {
    line: Box<dyn Line>,
    after: Option<String>,
}

impl Ear {
    /// Waits until something new lies at the server, at most so long; whether it does. `false`
    /// at once where the server cannot tell, or the line is gone.
    pub fn listen(&self, at_most: Duration, watch: &dyn Watch) -> bool {
        match self.line.listen(self.after.as_deref(), at_most, watch) {
            None => false,
            Some(Ok(came)) => came,
            Some(Err(error)) => {
                tracing::debug!(%error, "nothing can be heard of what comes");
                false
            }
        }
    }
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ear").field("after", &self.after).finish_non_exhaustive()
    }
}

impl Queues for Office {
    fn due(&self, now: Timestamp, most: u64, limit: u32) -> Kept<Vec<OutboxItem>> {
        let rows = self.store().outbox_due(now, most, limit)?;
        Ok(rows
            .into_iter()
            .map(|row| OutboxItem {
                item: row.item,
                kind: row.what,
                order: row.order,
                to: row.recipient,
                packet: row.packet,
                urgent: row.urgent,
                attempts: row.tries,
            })
            .collect())
    }

    fn begin_sending(&self, item: &str, most: u32, now: Timestamp) -> Kept<Option<Bundle>> {
        // A decision that is taken back takes its status out of the outbox: whoever is first
        // here decides whether it leaves.
        Ok(self.store().begin_sending(item, most, now)?)
    }

    fn forget_begun_sending(&self, items: &[String]) -> Kept<()> {
        Ok(self.store().forget_begun_sending(items)?)
    }

    fn packet(&self, packet: &BlobHash) -> Kept<Vec<u8>> {
        Ok(self.store().blob(packet)?)
    }

    fn sent(&self, items: &[String], receipt: &Receipt) -> Kept<()> {
        if let Some(signed) = &receipt.signed {
            self.note_receipt_key(&signed.key)?;
        }
        let (items, receipt) = (items.to_vec(), receipt.clone());
        self.store().write(&self.program(), move |writer| {
            for item in items {
                writer.append(Change::OutboxSent {
                    item,
                    server_id: receipt.server_id.clone(),
                    sent_at: receipt.received_at,
                    receipt: receipt.signed.clone(),
                })?;
            }
            Ok(())
        })
    }

    fn put_off(&self, items: &[String], until: Timestamp, why: &ExchangeError) -> Kept<()> {
        let why = tell(&Problem::from(why.clone())).what;
        Ok(self.store().put_off(items, &until, &why)?)
    }

    fn wedge(&self, items: &[String], problem: &Problem) -> Kept<()> {
        // What stands beside the recipient is for the clerk; the cause is in the log.
        let (items, code, told) = (items.to_vec(), problem.code.to_owned(), tell(problem).what);
        self.store().write(&self.program(), move |writer| {
            if let Some(first) = items.first() {
                writer.part(first, &[])?;
            }
            for item in items {
                let (code, detail) = (code.clone(), told.clone());
                writer.append(Change::OutboxWedged { item, code, detail })?;
            }
            Ok(())
        })
    }

    fn part(&self, item: &str, named: &[String]) -> Kept<()> {
        Ok(self.store().part(item, named)?)
    }

    fn cursor(&self) -> Kept<Option<String>> {
        Ok(self.store().cursor(&self.exchanged_with().unwrap_or_default())?)
    }

    fn set_cursor(&self, cursor: &str) -> Kept<()> {
        Ok(self.store().set_cursor(&self.exchanged_with().unwrap_or_default(), cursor)?)
    }

    fn is_kept(&self, server_id: &str, sha256: &str) -> Kept<bool> {
        if sha256.is_empty() {
            return Ok(self.store().has_packet_named(server_id)?);
        }
        // The same bytes that another sender's name put into quarantine get their chance.
        let row = self.store().packet(&BlobHash(sha256.to_owned()))?;
        Ok(row
            .is_some_and(|row| row.state != PacketState::Quarantined || row.server_id == server_id))
    }

    fn keep_packet(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()> {
        let packet = self.store().put_blob(bytes)?;
        self.by_itself(Change::PacketKept {
            packet,
            size: bytes.len() as u64,
            origin: item.from.to_string(),
            server_id: item.id.clone(),
        })?;
        let server = self.exchanged_with().unwrap_or_default();
        self.store().forget_unfetched(&server, &item.id)?;
        Ok(self.store().forget_begun(&server, &item.id)?)
    }

    fn begun(&self, item: &InboxItem) -> Kept<Vec<u8>> {
        let server = self.exchanged_with().unwrap_or_default();
        let Some(hash) = self.store().begun_packet(&server, &item.id)? else {
            return Ok(Vec::new());
        };
        // What cannot be read is no reason to fail: it is fetched from nothing.
        Ok(self.store().blob(&hash).unwrap_or_default())
    }

    fn keep_begun(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()> {
        let server = self.exchanged_with().unwrap_or_default();
        if bytes.is_empty() {
            return Ok(self.store().forget_begun(&server, &item.id)?);
        }
        let hash = self.store().put_blob(bytes)?;
        Ok(self.store().begin_packet(&server, &item.id, &hash)?)
    }

    fn unfetched(&self) -> Kept<Vec<Unfetched>> {
        let server = self.exchanged_with().unwrap_or_default();
        let mut rows = self.store().unfetched(&server)?;
        rows.extend(self.store().given_up_elsewhere(&server)?);
        // What cannot be read any more is listed by the server again.
        Ok(rows.into_iter().filter_map(unfetched).collect())
    }

    fn note_unfetched(
        &self,
        item: &InboxItem,
        tries: u32,
        until: Timestamp,
        error: Option<&ExchangeError>,
    ) -> Kept<()> {
        let problem = error.cloned().map(Problem::from);
        let row = UnfetchedRow {
            server_id: item.id.clone(),
            item: serde_json::to_string(item).map_err(|_| OfficeError::BadSetting("inbox"))?,
            tries,
            not_before: until,
            code: problem.as_ref().map_or("", |problem| problem.code).to_owned(),
            detail: problem.as_ref().map(|problem| tell(problem).what).unwrap_or_default(),
            passes: error.is_none_or(ExchangeError::is_recoverable),
            given_up: String::new(),
            given_up_by: String::new(),
            is_told: false,
        };
        Ok(self.store().note_unfetched(&self.exchanged_with().unwrap_or_default(), row)?)
    }

    fn forget_unfetched(&self, server_id: &str) -> Kept<()> {
        Ok(self.store().forget_unfetched(&self.exchanged_with().unwrap_or_default(), server_id)?)
    }

    fn told_given_up(&self, server_id: &str) -> Kept<()> {
        Ok(self.store().told_given_up(&self.exchanged_with().unwrap_or_default(), server_id)?)
    }
}

/// What the store noted of a packet, as the engine wants it.
fn unfetched(row: UnfetchedRow) -> Option<Unfetched> {
    let wish = match row {
        _ if row.given_up.is_empty() => Wish::Fetch,
        _ if row.is_told => Wish::Nothing,
        _ => Wish::GiveUp,
    };
    let item = serde_json::from_str(&row.item).ok()?;
    Some(Unfetched { item, tries: row.tries, until: row.not_before, wish })
}

impl Office {
    /// One change that the program makes without anybody's decision.
    pub(super) fn by_itself(&self, change: Change) -> Result<(), Problem> {
        self.store().write(&self.program(), move |writer| {
            writer.append(change)?;
            Ok(())
        })
    }
}
