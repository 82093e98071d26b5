//! What stands between a sealed document and its recipients: competence, malware, the term,
//! and what goes on paper.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 3 and Điều 19: the clerk sends what carries both
//! signatures, scanned before; Quyết định 28/2018/QĐ-TTg Điều 6 khoản 2: on the day of the
//! signature or the morning of the next working day, urgent documents at once; Quyết định
//! 01/2019/QĐ-UBND Điều 6 khoản 2 and Điều 14 khoản 4: what goes on paper beside.

mod error;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Office, OfficeError};
use crate::domain::calendar;
use crate::domain::document::{DocumentKey, FileRef, Urgency};
use crate::domain::gate::looks::Scanned;
use crate::domain::identity::Owner;
use crate::domain::letter::{self, PaperGround, PaperLetter, PaperSending, PaperState};
use crate::domain::operation::Change;
use crate::domain::outbound::{LeavingScan, OutboundDocument, OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::{Act, Role};
use crate::domain::text;
use crate::signing::report::Report;
use crate::store::Writer;

pub use error::LeavingError;

/// Why this office lets documents leave that nothing has scanned; absent where it does not.
const UNSCANNED: &str = "issue.unscanned";

/// How a document leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssueOrder {
    /// The issued document of ours whose place it takes.
    pub replaces: Option<DocumentKey>,
    /// Why it leaves although no scanner has looked through it; empty: then it does not.
    pub unscanned: String,
}

/// What was signed and has not left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    pub document: OutboundDocument,
    pub signed_at: Timestamp,
    /// Until when it is to be sent, by the profile.
    pub due: Timestamp,
    pub late: bool,
}

/// A document with what of it goes on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperTask {
    pub document: OutboundDocument,
    pub letters: Vec<(PaperLetter, PaperState)>,
    pub grounds: Vec<PaperGround>,
}

impl PaperTask {
    /// How many letters are still to be sent.
    pub fn owed(&self) -> usize {
        self.letters.iter().filter(|(_, state)| *state == PaperState::Owed).count()
    }
}

impl Office {
    /// Refuses to seal what was not signed, in this very form, by somebody competent: the
    /// chain says who signed and in what role, and the certificate must be that person's
    /// (Nghị định 30/2020/NĐ-CP Điều 32 khoản 2: only what a competent person has signed).
    pub(super) fn require_competence(
        &self,
        document: &OutboundDocument,
        main: &FileRef,
        report: &Report,
    ) -> Result<(), Problem> {
        let deed = self.store().history(&document.key)?.into_iter().rev().find_map(|operation| {
            match operation.change {
                Change::OutboundSigned { kind: SignatureKind::Personal, file, serial, .. } => {
                    Some((operation.user, operation.role, file, serial))
                }
                _ => None,
            }
        });
        let signer = &document.metadata.signer.full_name;
        let Some((user, role, file, serial)) = deed else {
            return Err(LeavingError::NotCompetent(signer.clone()).into());
        };
        if file.blob != main.blob {
            return Err(LeavingError::SignedFileChanged.into());
        }
        if role != Some(Role::Leader) {
            return Err(LeavingError::NotCompetent(self.display_name(&user)).into());
        }
        let mut certificates = report.signatures.iter().filter_map(|one| one.certificate.as_ref());
        let certificate = certificates.find(|one| one.serial_hex() == serial);
        let certificate = certificate.ok_or(LeavingError::SignedFileChanged)?;
        let links = self.certificate_links()?;
        let own = Owner::Person(user.clone());
        let theirs = match super::people::owner(&links, certificate) {
            Some(owner) => *owner == own,
            // Nothing is settled about this person's certificates: the name has decided when
            // it signed.
            None => links.iter().all(|link| link.owner != own),
        };
        if theirs {
            return Ok(());
        }
        let (holder, user) = (certificate.subject().label(), self.display_name(&user));
        Err(LeavingError::CertificateNotTheirs { holder, user }.into())
    }

    /// Has the very bytes that leave looked through. Malware never leaves; what nothing has
    /// scanned does only for a reason, given now or once for the office.
    pub(super) fn scan_leaving(
        &self,
        document: &OutboundDocument,
        reason: &str,
    ) -> Result<LeavingScan, Problem> {
        let mut files = Vec::with_capacity(document.files.len());
        for file in &document.files {
            files.push((file.name.as_str(), self.file(file)?));
        }
        let scanned = self.scan(files.iter().map(|(name, bytes)| (*name, &**bytes)))?;
        let code = match scanned {
            Scanned::Clean { by } => return Ok(LeavingScan::Clean { by }),
            Scanned::Found { file, malware, .. } => {
                return Err(LeavingError::Infected { file, malware }.into());
            }
            Scanned::NotSet => "none".to_owned(),
            Scanned::Broken { code, .. } => code,
        };
        // A scanner that is set and does not answer is mended; the office's standing reason
        // is for an office without one.
        let standing = if code == "none" { self.unscanned_reason()? } else { None };
        let reason = text::tidy(reason);
        let reason = if reason.is_empty() { standing.unwrap_or_default() } else { reason };
        if reason.is_empty() {
            return Err(LeavingError::NotScanned(code).into());
        }
        if reason.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        Ok(LeavingScan::Unscanned { code, reason })
    }

    /// Why this office lets documents leave without a scanner, if it does.
    pub fn unscanned_reason(&self) -> Result<Option<String>, Problem> {
        Ok(self.store().setting(UNSCANNED)?.filter(|reason| !reason.is_empty()))
    }

    /// Sets it; an empty reason takes it back.
    pub fn set_unscanned_reason(&self, reason: &str) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        let reason = text::tidy(reason);
        if reason.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        Ok(self.store().set_setting(UNSCANNED, &reason)?)
    }

    // The term.

    /// What was signed and has not left, what is due first before the others.
    pub fn unsent(&self, limit: u32) -> Result<Vec<Unsent>, Problem> {
        self.actor(Act::ViewQueues)?;
        let now = Timestamp::now();
        let mut rows = Vec::new();
        for (key, signed_at) in self.store().unsent(limit)? {
            let document = self.outbound_document(key)?;
            let due = self.send_by(document.metadata.urgency, signed_at);
            rows.push(Unsent { document, signed_at, due, late: due < now });
        }
        rows.sort_by_key(|row| row.due);
        Ok(rows)
    }

    /// Until when a document that is signed must leave; `None` for one that is not, or has
    /// left.
    pub fn sending_term(&self, document: &OutboundDocument) -> Option<Timestamp> {
        document.signed_at.map(|at| self.send_by(document.metadata.urgency, at))
    }

    fn send_by(&self, urgency: Urgency, signed_at: Timestamp) -> Timestamp {
        let deadline = &self.profile().deadlines().send;
        let due = if urgency > Urgency::Normal { deadline.urgent } else { deadline.normal };
        due.after(signed_at, self.profile().holidays())
    }

    // Paper.

    /// Why a document goes on paper as well, by the profile and by who drafted it.
    pub fn paper_grounds(&self, document: &OutboundDocument) -> Vec<PaperGround> {
        let mut grounds = self.profile().paper_grounds(&document.metadata);
        if grounds.is_empty() && document.metadata.paper_follows {
            grounds.push(PaperGround::Wanted);
        }
        grounds
    }

    /// Documents of which something is still to be printed, stamped and sent, oldest first.
    pub fn paper_tasks(&self, limit: u32) -> Result<Vec<PaperTask>, Problem> {
        self.actor(Act::ViewQueues)?;
        let keys = self.store().owing_paper(limit)?;
        keys.into_iter().map(|key| self.paper_task(key)).collect()
    }

    /// What of one document goes on paper.
    pub fn paper_task(&self, key: DocumentKey) -> Result<PaperTask, Problem> {
        self.actor(Act::ViewQueues)?;
        let document = self.outbound_document(key)?;
        let letters = self.store().paper_letters(&key)?;
        let grounds = self.paper_grounds(&document);
        Ok(PaperTask { document, letters, grounds })
    }

    /// Adds an addressee on paper to an issued document.
    pub fn add_letter(&self, key: DocumentKey, place: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        let place = text::tidy(place);
        if place.is_empty() || place.chars().count() > self.profile().field_lengths().issuer {
            return Err(OfficeError::FieldInvalid("place").into());
        }
        let document = self.outbound_document(key)?;
        if document.state != OutboundState::Issued {
            return Err(Self::wrong_state(document.state));
        }
        let letters = vec![PaperLetter { place, agency: None }];
        self.store().write(&actor, move |writer| {
            writer.append(Change::PaperOwed { key, letters })?;
            Ok(())
        })
    }

    /// Records that a letter was sent: how, when, and who took it. What was recorded before
    /// is corrected by recording it again; both stay in the history.
    pub fn letter_sent(
        &self,
        key: DocumentKey,
        place: &str,
        sending: PaperSending,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        let place = self.letter_of(key, place)?;
        let issued = self.outbound_document(key)?.issued_at.map(|at| calendar::local(at).date());
        let today = calendar::local(Timestamp::now()).date();
        if sending.on > today || issued.is_some_and(|issued| sending.on < issued) {
            return Err(LeavingError::WrongDay(sending.on.to_string()).into());
        }
        let sending = PaperSending {
            by: text::tidy(&sending.by),
            reference: text::tidy(&sending.reference),
            ..sending
        };
        self.store().write(&actor, move |writer| {
            writer.append(Change::PaperSent { key, place, sending })?;
            Ok(())
        })
    }

    /// Records that a letter is not sent after all, and why.
    pub fn letter_dropped(&self, key: DocumentKey, place: &str, why: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        let (place, reason) = (self.letter_of(key, place)?, text::tidy(why));
        if reason.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        self.store().write(&actor, move |writer| {
            writer.append(Change::PaperDropped { key, place, reason })?;
            Ok(())
        })
    }

    /// The letter to a place, which may be given in part where it is the only one that fits.
    fn letter_of(&self, key: DocumentKey, place: &str) -> Result<String, Problem> {
        let wanted = text::fold(&text::tidy(place));
        let letters = self.store().paper_letters(&key)?;
        let names = || letters.iter().map(|(letter, _)| &letter.place);
        if let Some(whole) = names().find(|known| text::fold(known) == wanted) {
            return Ok(whole.clone());
        }
        let mut parts = names().filter(|known| text::fold(known).contains(&wanted));
        match (parts.next(), parts.next()) {
            (Some(only), None) if !wanted.is_empty() => Ok(only.clone()),
            _ => Err(LeavingError::NoSuchLetter(place.to_owned()).into()),
        }
    }

    /// The letters that a document owes, as part of the transaction that issues it.
    pub(super) fn owe_letters(
        writer: &mut Writer<'_>,
        document: &OutboundDocument,
    ) -> Result<(), Problem> {
        let letters = letter::owed(&document.metadata);
        if !letters.is_empty() {
            writer.append(Change::PaperOwed { key: document.key, letters })?;
        }
        Ok(())
    }

    /// Today by Vietnam's clock, for what happens on paper.
    pub fn today() -> Date {
        calendar::local(Timestamp::now()).date()
    }
}
