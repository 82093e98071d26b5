//! Making the signatures of issued documents last, when there is a line.
//!
//! Signing without a line is the normal case in a commune: a signature is then made at the
//! level that can be had (B-B), and what proves it for the years in which the document must
//! be kept is added later: time stamp, certificates, revocation data (see
//! `signing::make`). This file keeps the queue of documents that wait for that.
//!
//! - **When.** After the seal and never between the two signatures, so that the clerk seals
//!   what the leader signed. Issuing tries it first, for a few seconds, so that recipients
//!   get the lasting file where the line permits; every synchronisation and the clerk's own
//!   wish do the rest. Recalled and abandoned documents are left as they are.
//! - **What.** A sealed document is in the queue while its signatures are below the level
//!   that the office wishes, or while its archival time stamp ends soon and must be renewed
//!   (ETSI EN 319 142-1, 5.5). A file that is not valid is never extended.
//! - **Kept.** The extended file becomes the present version of the document's main file
//!   ([`Change::SignatureExtended`], one transaction). Every earlier version stays: what was
//!   issued, a recipient has, and [`Office::issued_file`] gives it back, byte for byte the
//!   beginning of the present one.
//! - **Failures** are kept with their reason until the document is extended, and each run
//!   tries again. When services fail for several documents in a row, the run ends: the next
//!   document would fare no better.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Office, OfficeError};
use crate::domain::calendar;
use crate::domain::document::{BlobHash, DocumentKey, FileRef};
use crate::domain::operation::Change;
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::problem::{Kind, Problem};
use crate::domain::role::Act;
use crate::domain::verdict::Level;
use crate::i18n;
use crate::pdf::structure::Source;
use crate::pki::fetch::{Fetch, Hurried};
use crate::signing::SigningError;
use crate::signing::check::{CheckOptions, check_source};
use crate::signing::make::{self, Services, reached, renew_before};
use crate::store::{Actor, Durability};

/// An archival time stamp is renewed when it ends within this time.
const RENEWED_AHEAD: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long issuing waits for it.
const WHILE_ISSUING: Duration = Duration::from_secs(6);
/// So many documents in a row that failed for want of a service end a run.
const IN_VAIN: u32 = 2;
/// A renewal that failed is tried again after this time: it has months.
const RENEWAL_PAUSE: SignedDuration = SignedDuration::from_hours(24);
/// Most that are looked at in one run; the rest comes with the next.
const AT_ONCE: u32 = 1000;

/// A document whose signatures wait to be made to last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitingExtension {
    pub key: DocumentKey,
    /// Number and notation.
    pub code: String,
    pub subject: String,
    pub state: OutboundState,
    pub level: Level,
    pub wanted: Level,
    /// Until when its archival time stamp holds, if it has one.
    pub renew_before: Option<Timestamp>,
    /// Tries that failed.
    pub tries: u32,
    pub last_attempt: Option<Timestamp>,
    /// Why the last one failed: a sentence in the language in force.
    pub last_problem: Option<String>,
}

impl AwaitingExtension {
    /// A renewal that failed lately.
    fn is_resting(&self) -> bool {
        let lately = |at: Timestamp| at + RENEWAL_PAUSE > Timestamp::now();
        self.level >= self.wanted && self.last_attempt.is_some_and(lately)
    }
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
    /// Sealed documents whose signatures are below the office's wish or end soon. Those that
    /// were not tried yet come first, then those tried longest ago.
    pub fn awaiting_extension(&self) -> Result<Vec<AwaitingExtension>, Problem> {
        self.actor(Act::ViewQueues)?;
        let wanted = self.wanted_level()?;
        let soon = Timestamp::now() + RENEWED_AHEAD;
        let mut rows = Vec::new();
        for waiting in self.store().awaiting_extension(wanted, soon, AT_ONCE)? {
            if let Some(document) = self.store().outbound(&waiting.document)? {
                rows.push(self.awaiting(document, waiting, wanted)?);
            }
        }
        rows.sort_by_key(|row| row.last_attempt);
        Ok(rows)
    }

    /// Extends what waits. `progress` is told how many of how many are done; `cancelled` is
    /// asked before each.
    ///
    /// # Errors
    /// Only what keeps the run from beginning; all else is in the report and with the
    /// documents.
    pub fn extend_waiting(
        &self,
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
            if row.is_resting() {
                continue;
            }
            match self.try_to_extend(&actor, row.key, row.wanted, &self.0.fetch) {
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

    /// Extends one document now, by the clerk's wish; also one that is not in the queue.
    /// Returns the level that it has now.
    pub fn extend(&self, key: DocumentKey) -> Result<Level, Problem> {
        let actor = self.actor(Act::Sync)?;
        let wanted = self.wanted_level()?;
        let document = self.outbound_document(key)?;
        match self.store().durability(&key)? {
            None => Err(Self::wrong_state(document.state)),
            Some(now) if now.level >= wanted && !ends_soon(&now) => Ok(now.level),
            Some(_) => self.try_to_extend(&actor, key, wanted, &self.0.fetch),
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
                Change::OutboundSigned { file, .. } | Change::SignatureExtended { file, .. } => {
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

    /// Before a document leaves: a lasting file for its recipients, if the line is up. A
    /// failure is noted and keeps nothing from leaving.
    pub(super) fn extend_before_issue(&self, key: DocumentKey) -> Result<(), Problem> {
        let wanted = self.wanted_level()?;
        let below = self.store().durability(&key)?.is_some_and(|now| now.level < wanted);
        if below {
            let hurried = Hurried::new(&self.0.fetch, WHILE_ISSUING);
            if let Err(problem) = self.try_to_extend(&self.program(), key, wanted, &hurried) {
                tracing::info!(%problem, "issued without being extended");
            }
        }
        Ok(())
    }

    fn awaiting(
        &self,
        document: OutboundDocument,
        now: Durability,
        wanted: Level,
    ) -> Result<AwaitingExtension, Problem> {
        let failed = self.store().failed_extension(&document.key)?;
        let sentence = failed.as_ref().map(|failed| {
            let args = failed.args.iter().map(|(name, value)| (name.as_str(), value.clone()));
            i18n::tr_args(&failed.code, &args.collect::<Vec<_>>())
        });
        Ok(AwaitingExtension {
            key: document.key,
            code: document.metadata.code.to_string(),
            subject: document.metadata.subject,
            state: document.state,
            level: now.level,
            wanted: wanted.max(now.level),
            renew_before: now.renew_before,
            tries: failed.as_ref().map_or(0, |failed| failed.tries),
            last_attempt: failed.map(|failed| failed.at),
            last_problem: sentence,
        })
    }

    /// One try; if it fails, the reason is kept.
    fn try_to_extend(
        &self,
        actor: &Actor,
        key: DocumentKey,
        wanted: Level,
        fetch: &dyn Fetch,
    ) -> Result<Level, Problem> {
        let outcome = self.extend_to(actor, key, wanted, fetch);
        if let Err(problem) = &outcome {
            tracing::info!(%key, %problem, "signatures were not extended");
            let args = serde_json::to_string(&problem.args).unwrap_or_else(|_| "[]".to_owned());
            self.store().extension_failed(&key, &Timestamp::now(), problem.code, &args)?;
        }
        outcome
    }

    fn extend_to(
        &self,
        actor: &Actor,
        key: DocumentKey,
        wanted: Level,
        fetch: &dyn Fetch,
    ) -> Result<Level, Problem> {
        let document = self.outbound_document(key)?;
        let main = super::sign::main_file(&document.files).cloned();
        let main = main.ok_or_else(|| Self::missing(key))?;
        let before = main.blob.clone();
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let services = Services { tsa_urls: &tsa_urls, fetch };
        let source = Source::parse(self.file(&main)?)?;
        let extended = make::extend(&source, wanted, &trust, &services)?;
        // What is kept was looked at as it will be: by this the level is known.
        let options = CheckOptions { trust: &trust, at: None, online: Some(fetch) };
        let now = source.with_appended(extended.appended())?;
        let report = check_source(&now, &options)?;
        let level = reached(&report);
        if level < wanted {
            return Err(SigningError::NotProvable(report.reasons).into());
        }
        let renew_before = renew_before(&report).filter(|_| level == Level::Blta);
        let known = self.store().durability(&key)?;
        if let Some((known, end)) = known.and_then(|known| Some((known, renew_before?)))
            && known.level == level
            && known.renew_before.is_some_and(|before| before >= end)
        {
            // The service still stamps with the old certificate: another stamp adds nothing.
            let until = calendar::local(end).strftime("%d/%m/%Y").to_string();
            return Err(OfficeError::NotRenewed { until }.into());
        }
        let file = self.keep_signed(&main, &extended)?;
        let at = Timestamp::now();
        let change = Change::SignatureExtended { key, file, level, renew_before, at };
        self.store().write(actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            let same_file = is_main(&now, &before);
            if !matches!(now.state, OutboundState::ToIssue | OutboundState::Issued) || !same_file {
                return Err(Self::wrong_state(now.state));
            }
            writer.append(change)?;
            writer.forget_failed_extension(&key)?;
            Ok(level)
        })
    }
}

fn is_main(document: &OutboundDocument, blob: &BlobHash) -> bool {
    document.files.iter().any(|file| file.main && file.blob == *blob)
}

fn ends_soon(now: &Durability) -> bool {
    now.renew_before.is_some_and(|end| end < Timestamp::now() + RENEWED_AHEAD)
}
