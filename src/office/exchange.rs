//! The office's outbox and inbox on the line to the provincial server.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 6 khoản 3: states of sending, receiving and processing
//! are tracked and updated automatically.

use jiff::Timestamp;

use super::{Office, OfficeError, SyncReport};
use crate::domain::document::BlobHash;
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::exchange::engine::{self, Kept, OutboxItem, Queues};
use crate::exchange::{InboxItem, Line, Receipt, ServerAddress, Watch};
use crate::i18n::tell;
use crate::store::PacketState;

impl Office {
    /// Sends what waits and fetches what has arrived, once; then takes in what was fetched
    /// and sends the statuses that follow from it.
    pub fn sync(&self) -> Result<SyncReport, Problem> {
        self.sync_watched(&())
    }

    /// The same because somebody asks: what failed lately goes too, without waiting for the
    /// time of its next try.
    pub fn sync_now(&self) -> Result<SyncReport, Problem> {
        self.actor(Act::Sync)?;
        self.store().make_due()?;
        self.sync()
    }

    /// The same over a line that the caller has made, with other patience or other trust.
    pub fn sync_now_over(&self, line: &dyn Line) -> Result<SyncReport, Problem> {
        self.actor(Act::Sync)?;
        self.store().make_due()?;
        self.sync_over(line, &())
    }

    /// The same as [`Self::sync`], watched, so that it can be cancelled.
    pub fn sync_watched(&self, watch: &dyn Watch) -> Result<SyncReport, Problem> {
        self.actor(Act::Sync)?;
        self.sync_over(&*self.server_line()?, watch)
    }

    fn sync_over(&self, line: &dyn Line, watch: &dyn Watch) -> Result<SyncReport, Problem> {
        // What an earlier run kept and a power cut left untaken comes first.
        let mut total = SyncReport::default();
        total.quarantined += self.receive()?.quarantined;
        // Fetching makes statuses, which want to be sent at once (status 01 is automatic);
        // the bound keeps two offices from answering each other for ever.
        for _ in 0..4 {
            let run = engine::sync_once(self, line, Timestamp::now(), watch);
            let taken = self.receive()?;
            total.sent += run.sent;
            total.received += run.received;
            total.problem = run.problem().or(taken.problem);
            total.quarantined += taken.quarantined;
            // An answer to a recall waits here without a document having come.
            let waits = !self.store().outbox_due(Timestamp::now(), 1)?.is_empty();
            if total.problem.is_some() || (!waits && taken.queued == 0 && !run.more) {
                break;
            }
        }
        let counts = self.store().counts()?;
        total.waiting = u32::try_from(counts.outbox_waiting).unwrap_or(u32::MAX);
        total.wedged = u32::try_from(counts.outbox_wedged).unwrap_or(u32::MAX);
        // The line to the province and that to the time stamps fail apart: a problem with
        // one is no reason to leave the other, and stands with the documents.
        let lasting = self.extend_waiting(&mut |_, _| (), &|| watch.cancelled())?;
        (total.extended, total.awaiting_extension) = (lasting.extended, lasting.waiting);
        if total.problem.is_none() && !watch.cancelled() {
            self.freshen_directory(line);
        }
        Ok(total)
    }
}

impl Office {
    /// The line to the server that is set, in its profile; nothing is sent yet.
    pub fn server_line(&self) -> Result<Box<dyn Line>, Problem> {
        let server = self.server_setting()?.ok_or(OfficeError::NoServer)?;
        let agency = self.session().agency.code.clone();
        let mut address = ServerAddress::new(&server.url, agency, server.secret)?;
        address.identity = self.line_identity()?;
        Ok(server.profile.line(address)?)
    }
}

impl Queues for Office {
    fn due(&self, now: Timestamp, limit: u32) -> Kept<Vec<OutboxItem>> {
        let rows = self.store().outbox_due(now, limit)?;
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

    fn parcel_bytes(&self, item: &OutboxItem) -> Kept<Option<Vec<u8>>> {
        // A decision that is taken back takes its status out of the outbox: whoever is first
        // here decides whether it leaves.
        if !self.store().begin_sending(&item.item)? {
            return Ok(None);
        }
        Ok(Some(self.store().blob(&item.packet)?))
    }

    fn sent(&self, item: &str, receipt: &Receipt) -> Kept<()> {
        let change = Change::OutboxSent {
            item: item.to_owned(),
            server_id: receipt.server_id.clone(),
            sent_at: receipt.received_at,
            receipt: receipt.signed.clone(),
        };
        self.by_itself(change)
    }

    fn put_off(&self, item: &str, until: Timestamp, reason: &str) -> Kept<()> {
        Ok(self.store().put_off(item, &until, reason)?)
    }

    fn wedge(&self, item: &str, problem: &Problem) -> Kept<()> {
        // What stands beside the recipient is for the clerk; the cause is in the log.
        self.by_itself(Change::OutboxWedged {
            item: item.to_owned(),
            code: problem.code.to_owned(),
            detail: tell(problem).what,
        })
    }

    fn cursor(&self) -> Kept<Option<String>> {
        Ok(self.store().cursor(&self.server().unwrap_or_default())?)
    }

    fn set_cursor(&self, cursor: &str) -> Kept<()> {
        Ok(self.store().set_cursor(&self.server().unwrap_or_default(), cursor)?)
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
        })
    }
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
