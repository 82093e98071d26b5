//! Making signatures last, when there is a line.
//!
//! Signing without a line is the normal case in a commune: a signature is then made at the
//! level that can be had (B-B), and what proves it for the years in which the document must
//! be kept is added later: time stamp, certificates, revocation data (see
//! `signing::make`). This file keeps the queue of files that wait for that.
//!
//! - **When.** After the seal and never between the two signatures, so that the clerk seals
//!   what the leader signed. Issuing tries it first, for a few seconds, so that recipients
//!   get the lasting files where the line permits; every synchronisation (without a server,
//!   too) and the clerk's own wish do the rest. Recalled, returned and abandoned documents are
//!   left as they are.
//! - **What.** Whatever the organisation signed: the main file and the attachments of a sealed
//!   document, a digitised copy of paper, a certified copy. A file is in the queue while its
//!   signatures are below the level that the office wishes, or while its archival time stamp
//!   ends soon and must be renewed (ETSI EN 319 142-1, 5.5). A file that is not valid is never
//!   extended, but for a certified copy: the signatures of others in it are not ours to mend. As
//!   long as one of them may still hold (a service is silent, a root is not trusted yet), the
//!   copy waits, a month at most; then our own lasts, with those that hold, and which do not is kept with the
//!   copy and told in its document's history.
//! - **Kept.** The extended file stands in the place of the one before
//!   ([`Change::SignatureExtended`], one transaction). Every earlier version stays: what was
//!   issued, a recipient has, and [`Office::issued_file`] gives it back, byte for byte the
//!   beginning of the present one.
//! - **Failures** are kept with their reason until the file is extended. Where a service
//!   failed, each run tries again; what mends only by somebody's hand rests longer each time.
//!   When services fail for several files in a row, the run ends: the next would fare no
//!   better.

mod standing;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

pub use standing::{SignedFile, Standing};

use super::{Office, OfficeError};
use crate::domain::calendar;
use crate::domain::copy::Unsecured;
use crate::domain::document::{DocumentKey, FileRef};
use crate::domain::operation::Change;
use crate::domain::problem::{Kind, Problem};
use crate::domain::role::Act;
use crate::domain::verdict::Level;
use crate::i18n;
use crate::pdf::structure::Source;
use crate::pki::fetch::{Fetch, Hurried};
use crate::signing::SigningError;
use crate::signing::check::{CheckOptions, check_source};
use crate::signing::make::{self, Services, Signed, reached, renew_before};
use crate::signing::make::{left_in_copy, own_in_copy, reached_in_copy, still_awaited};
use crate::signing::report::SignatureReport;
use crate::store::{Actor, Durability};

/// An archival time stamp is renewed when it ends within this time.
const RENEWED_AHEAD: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long issuing waits for it.
const WHILE_ISSUING: Duration = Duration::from_secs(6);
/// So many files in a row that failed for want of a service end a run.
const IN_VAIN: u32 = 2;
/// A renewal that failed is tried again after this time: it has months.
const RENEWAL_PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// What failed for another reason than a service rests for an hour, and twice as long each
/// time, at most a day.
const PAUSE_HOURS: u32 = 1;
const LONGEST_PAUSE_HOURS: u32 = 24;
/// Most that are looked at in one run; the rest comes with the next.
const AT_ONCE: u32 = 1000;

/// A file whose signatures wait to be made to last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitingExtension {
    /// The document; of a certified copy, the one that it is a copy of.
    pub key: DocumentKey,
    pub what: SignedFile,
    pub file: FileRef,
    /// Number and notation.
    pub code: String,
    pub subject: String,
    pub state: Standing,
    pub level: Level,
    pub wanted: Level,
    /// Until when its archival time stamp holds, if it has one.
    pub renew_before: Option<Timestamp>,
    /// Tries that failed.
    pub tries: u32,
    pub last_attempt: Option<Timestamp>,
    /// It is not tried again by itself before.
    pub not_before: Option<Timestamp>,
    /// Why the last one failed: a sentence in the language in force.
    pub last_problem: Option<String>,
}

/// A signed file, as the store has it.
struct Found {
    what: SignedFile,
    file: FileRef,
    code: String,
    subject: String,
    state: Standing,
}

/// What one run did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtensionReport {
    pub extended: u32,
    /// Still in the queue.
    pub waiting: u32,
    /// The last problem with a service; other problems stand with their documents.
    pub problem: Option<Problem>,
}

impl Office {
    /// Signed files whose signatures are below the office's wish or end soon. Those that were
    /// not tried yet come first, then those tried longest ago.
    pub fn awaiting_extension(&self) -> Result<Vec<AwaitingExtension>, Problem> {
        self.actor(Act::ViewQueues)?;
        let wanted = self.wanted_level()?;
        let soon = Timestamp::now() + RENEWED_AHEAD;
        let mut rows = Vec::new();
        for waiting in self.store().awaiting_extension(wanted, soon, AT_ONCE)? {
            // What the document has no more is not shown.
            if let Some(found) = self.signed_file(&waiting)? {
                rows.push(self.awaiting(found, waiting, wanted)?);
            }
        }
        Ok(rows)
    }

    /// Extends what waits, because somebody asks. `progress` is told how many of how many are
    /// done; `cancelled` is asked before each.
    ///
    /// # Errors
    /// Only what keeps the run from beginning; all else is in the report and with the files.
    pub fn extend_waiting(
        &self,
        progress: &mut dyn FnMut(u32, u32),
        cancelled: &dyn Fn() -> bool,
    ) -> Result<ExtensionReport, Problem> {
        self.extend_those(&|_| true, progress, cancelled)
    }

    /// The same by itself, so that what rests is left to rest.
    pub fn extend_due(&self, cancelled: &dyn Fn() -> bool) -> Result<ExtensionReport, Problem> {
        let now = Timestamp::now();
        let due = |row: &AwaitingExtension| row.not_before.is_none_or(|until| until <= now);
        self.extend_those(&due, &mut |_, _| (), cancelled)
    }

    fn extend_those(
        &self,
        wished: &dyn Fn(&AwaitingExtension) -> bool,
        progress: &mut dyn FnMut(u32, u32),
        cancelled: &dyn Fn() -> bool,
    ) -> Result<ExtensionReport, Problem> {
        let actor = self.actor(Act::Sync)?;
        let waiting = self.awaiting_extension()?;
        let all = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        let mut report = ExtensionReport::default();
        let mut in_vain = 0;
        for (done, row) in (0..).zip(waiting) {
            progress(done, all);
            if cancelled() {
                break;
            }
            if !wished(&row) {
                continue;
            }
            match self.try_to_extend(&actor, &row.durability(), row.wanted, &self.0.fetch) {
                Ok(_) => {
                    report.extended += 1;
                    in_vain = 0;
                }
                Err(problem) if problem.kind == Kind::Unavailable => {
                    in_vain += 1;
                    report.problem = Some(problem);
                    if in_vain == IN_VAIN {
                        break;
                    }
                }
                Err(_) => in_vain = 0,
            }
        }
        report.waiting = all.saturating_sub(report.extended);
        Ok(report)
    }

    /// Extends the files of one document now, by the clerk's wish; also those that are not in
    /// the queue. Returns the level that all of them have now.
    pub fn extend(&self, key: DocumentKey) -> Result<Level, Problem> {
        let actor = self.actor(Act::Sync)?;
        let wanted = self.wanted_level()?;
        let (mut lowest, mut failed) = (None, None);
        for now in self.store().durability(&key)? {
            if self.signed_file(&now)?.is_none() {
                continue;
            }
            let level = if now.level >= wanted && !ends_soon(&now) {
                now.level
            } else {
                match self.try_to_extend(&actor, &now, wanted, &self.0.fetch) {
                    Ok(level) => level,
                    // The others may be had.
                    Err(problem) => {
                        failed.get_or_insert(problem);
                        continue;
                    }
                }
            };
            lowest = Some(lowest.map_or(level, |lowest: Level| lowest.min(level)));
        }
        if let Some(problem) = failed {
            return Err(problem);
        }
        match lowest {
            Some(level) => Ok(level),
            None => Err(match self.store().inbound(&key)? {
                Some(inbound) => Self::wrong_inbound_state(inbound.state).into(),
                None => Self::wrong_state(self.outbound_document(key)?.state),
            }),
        }
    }

    /// The main file as it was issued: what the recipients have. Afterwards only what makes
    /// its signatures last may have been appended to it.
    pub fn issued_file(&self, key: DocumentKey) -> Result<Arc<[u8]>, Problem> {
        self.actor(Act::ViewQueues)?;
        let mut main: Option<FileRef> = None;
        for operation in self.store().history(&key)? {
            match operation.change {
                Change::OutboundDrafted { files, .. } | Change::OutboundEdited { files, .. } => {
                    main = files.into_iter().find(|file| file.main);
                }
                Change::OutboundSigned { file, .. } => main = Some(file),
                Change::SignatureExtended { before, file, .. }
                    if before.is_none()
                        || before == main.as_ref().map(|main| main.blob.clone()) =>
                {
                    main = Some(file);
                }
                Change::OutboundIssued { .. } => {
                    return self.file(&main.ok_or_else(|| Self::missing(key))?);
                }
                _ => {}
            }
        }
        Err(Self::wrong_state(self.outbound_document(key)?.state))
    }

    /// Before a document leaves: lasting files for its recipients, if the line is up. A
    /// failure is noted and keeps nothing from leaving.
    pub(super) fn extend_before_issue(&self, key: DocumentKey) -> Result<(), Problem> {
        let wanted = self.wanted_level()?;
        let hurried = Hurried::new(&self.0.fetch, WHILE_ISSUING);
        for now in self.store().durability(&key)? {
            if now.level < wanted
                && let Err(problem) = self.try_to_extend(&self.program(), &now, wanted, &hurried)
            {
                tracing::info!(%problem, "issued without being extended");
            }
        }
        Ok(())
    }

    /// Where a signed file is now; `None` if its document has it no more.
    fn signed_file(&self, row: &Durability) -> Result<Option<Found>, Problem> {
        let key = row.document;
        let in_files = |files: Vec<FileRef>| files.into_iter().find(|file| file.blob == row.blob);
        let (state, metadata, files, of_its_own) = match self.store().inbound(&key)? {
            Some(inbound) => {
                let state = Standing::Inbound(inbound.state);
                (state, inbound.metadata, inbound.files, SignedFile::Scan)
            }
            None => {
                let Some(outbound) = self.store().outbound(&key)? else { return Ok(None) };
                let state = Standing::Outbound(outbound.state);
                (state, outbound.metadata, outbound.files, SignedFile::Main)
            }
        };
        if let Some(file) = in_files(files) {
            let what = if file.main { of_its_own } else { SignedFile::Annex };
            let (code, subject) = (metadata.code.to_string(), metadata.subject);
            return Ok(Some(Found { what, file, code, subject, state }));
        }
        let copies = self.store().copies_of(&key)?;
        Ok(copies.into_iter().find(|copy| copy.file.blob == row.blob).map(|copy| Found {
            what: SignedFile::Copy,
            file: copy.file,
            code: copy.written,
            subject: copy.subject,
            state,
        }))
    }

    fn awaiting(
        &self,
        found: Found,
        now: Durability,
        wanted: Level,
    ) -> Result<AwaitingExtension, Problem> {
        let failed = self.store().failed_extension(&now.document, &now.blob)?;
        let sentence = failed.as_ref().map(|failed| {
            let args = failed.args.iter().map(|(name, value)| (name.as_str(), value.clone()));
            i18n::tr_args(&failed.code, &args.collect::<Vec<_>>())
        });
        let Found { what, file, code, subject, state } = found;
        Ok(AwaitingExtension {
            key: now.document,
            what,
            file,
            code,
            subject,
            state,
            level: now.level,
            wanted: wanted.max(now.level),
            renew_before: now.renew_before,
            tries: failed.as_ref().map_or(0, |failed| failed.tries),
            not_before: failed.as_ref().map(|failed| failed.not_before),
            last_attempt: failed.map(|failed| failed.at),
            last_problem: sentence,
        })
    }

    /// One try; if it fails, the reason is kept.
    fn try_to_extend(
        &self,
        actor: &Actor,
        row: &Durability,
        wanted: Level,
        fetch: &dyn Fetch,
    ) -> Result<Level, Problem> {
        let outcome = self.extend_to(actor, row, wanted, fetch);
        if let Err(problem) = &outcome {
            let (key, blob) = (&row.document, &row.blob);
            tracing::info!(%key, %blob, %problem, "signatures were not extended");
            let args = serde_json::to_string(&problem.args).unwrap_or_else(|_| "[]".to_owned());
            let tries = self.store().failed_extension(key, blob)?.map_or(0, |failed| failed.tries);
            let at = Timestamp::now();
            let not_before = at + rest(problem, tries, row.level >= wanted);
            self.store().extension_failed(key, blob, &at, &not_before, problem.code, &args)?;
        }
        outcome
    }

    fn extend_to(
        &self,
        actor: &Actor,
        row: &Durability,
        wanted: Level,
        fetch: &dyn Fetch,
    ) -> Result<Level, Problem> {
        let (key, before) = (row.document, row.blob.clone());
        let found = self.signed_file(row)?.ok_or_else(|| Self::missing(key))?;
        if !found.state.lets_extend() {
            return Err(OfficeError::WrongState { state: found.state.label() }.into());
        }
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let services = Services { tsa_urls: &tsa_urls, fetch };
        let source = Source::parse(self.file(&found.file)?)?;
        // The signatures of others in a copy are theirs to mend.
        let is_copy = found.what == SignedFile::Copy;
        let extend = if is_copy { make::extend_copy } else { make::extend };
        let extended = extend(&source, wanted, &trust, &services)?;
        // What is kept was looked at as it will be: by this the level is known.
        let options = CheckOptions { trust: &trust, at: None, online: Some(fetch) };
        let now = source.with_appended(extended.appended())?;
        let report = check_source(&now, &options)?;
        let left = if is_copy { left_in_copy(&report, wanted) } else { Vec::new() };
        let level = if is_copy { reached_in_copy(&report) } else { reached(&report) };
        if level < wanted {
            let own = own_in_copy(&report).filter(|_| is_copy).map(SignatureReport::deciding);
            return Err(SigningError::NotProvable(own.unwrap_or(report.reasons)).into());
        }
        if let Some(found) = still_awaited(&report).filter(|_| is_copy) {
            return Err(SigningError::NotProvable(found.deciding()).into());
        }
        let unsecured = left.into_iter().map(unsecured).collect();
        let renew_before = renew_before(&report).filter(|_| level == Level::Blta);
        if let Some(end) = renew_before
            && row.level == level
            && row.renew_before.is_some_and(|before| before >= end)
        {
            // The service still stamps with the old certificate: another stamp adds nothing.
            let until = calendar::local(end).strftime("%d/%m/%Y").to_string();
            return Err(OfficeError::NotRenewed { until }.into());
        }
        let file = self.keep_signed(&found.file, &extended)?;
        let at = Timestamp::now();
        let state = found.state.label();
        let replaced = Some(before.clone());
        let change = Change::SignatureExtended {
            key,
            before: replaced,
            file,
            level,
            renew_before,
            at,
            unsecured,
        };
        self.store().write(actor, move |writer| {
            // Signed anew, recalled or extended by another run while the services worked.
            if writer.durability(&key)?.iter().all(|known| known.blob != before) {
                return Err(OfficeError::WrongState { state }.into());
            }
            writer.append(change)?;
            writer.forget_failed_extension(&key, &before)?;
            Ok::<(), Problem>(())
        })?;
        if found.what == SignedFile::Scan
            && let Err(problem) = self.check_again(key)
        {
            // What stands at the gate speaks of the file as it was.
            tracing::warn!(%problem, "an extended copy of paper was not looked at again");
        }
        Ok(level)
    }
}

impl AwaitingExtension {
    fn durability(&self) -> Durability {
        Durability {
            document: self.key,
            blob: self.file.blob.clone(),
            level: self.level,
            renew_before: self.renew_before,
        }
    }
}

fn unsecured(found: &SignatureReport) -> Unsecured {
    let reasons = found.deciding().iter().map(|reason| reason.code().to_owned()).collect();
    Unsecured { signer: found.signer().to_owned(), reasons }
}

/// How long a file that was tried `tries` times before is left alone after a failure.
fn rest(problem: &Problem, tries: u32, renewal: bool) -> SignedDuration {
    if renewal {
        return RENEWAL_PAUSE;
    }
    if problem.kind == Kind::Unavailable {
        return SignedDuration::ZERO;
    }
    let hours = PAUSE_HOURS.saturating_mul(2_u32.saturating_pow(tries)).min(LONGEST_PAUSE_HOURS);
    SignedDuration::from_hours(hours.into())
}

/// How durable all signatures of a file are that has just been signed. Of those that it carried
/// before nobody has asked yet, so they count as the lowest.
pub(super) fn level_after(source: &Source, signed: &Signed) -> Result<Level, Problem> {
    let before = source.signature_fields()?.iter().any(|field| field.value.is_some());
    Ok(if before { Level::Bb } else { signed.level })
}

fn ends_soon(now: &Durability) -> bool {
    now.renew_before.is_some_and(|end| end < Timestamp::now() + RENEWED_AHEAD)
}
