//! The gate before acceptance: gathers the evidence, has it looked at, and keeps what was
//! found with its time.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 1. The first look is made when the document
//! arrives and stored in the same transaction; "check again" is a further operation, with
//! the signatures checked anew: revocation data may have come since, and new malware is
//! known tomorrow.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::extract::{Difference, Field, Grade, differences};
use super::opened::Opened;
use super::{Office, OfficeError, labels};
use crate::domain::agency::AgencyCode;
use crate::domain::calendar;
use crate::domain::document::{BlobHash, DocumentId, DocumentKey, Metadata};
use crate::domain::gate::looks::{
    self, Addressed, Agreement, Compared, Competence, Look, Scanned, Stated,
};
use crate::domain::gate::{
    Check, CheckName, CountedFile, Fact, Gate, Judgement, LegalEvidence, Outcome, Way,
    legal_finding,
};
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::report::ErrorReport;
use crate::domain::role::Act;
use crate::domain::secrecy;
use crate::domain::text;
use crate::domain::verdict::VerdictSummary;
use crate::i18n;
use crate::packet::{DocumentPacket, Packet, PacketError};
use crate::rules::RulesError;
use crate::t;

/// A file with its bytes, as it is looked at.
pub(super) struct Looked<'a> {
    pub name: &'a str,
    pub file: &'a Opened<'a>,
    pub main: bool,
}

/// The packet that brought a document.
pub(super) struct Packeted<'a> {
    pub packet: &'a DocumentPacket,
    /// It was fetched from the server, not brought as a file.
    pub over_line: bool,
}

/// What is known of a document when it is looked at.
pub(super) struct Evidence<'a> {
    pub metadata: &'a Metadata,
    pub sender: Option<&'a AgencyCode>,
    pub verdict: &'a VerdictSummary,
    /// The packet that brought it, where one did.
    pub packet: Option<Packeted<'a>>,
    pub files: &'a [Looked<'a>],
    /// The main file's text; empty where there is none to read.
    pub text: &'a str,
    pub scanned: &'a Scanned,
}

/// The gate of one document as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateView {
    /// `None` for a document that came before there was a gate; "check again" makes one.
    pub gate: Option<Gate>,
    pub judgements: Vec<Judgement>,
    pub way: Way,
    /// Reasons to return it that follow from what failed.
    pub proposed: Vec<String>,
    pub reports: Vec<ErrorReport>,
}

impl Office {
    /// What was found at the gate, newest look.
    pub fn gate(&self, key: DocumentKey) -> Result<GateView, Problem> {
        self.actor(Act::ViewQueues)?;
        let gate = self.store().gate(&key)?;
        let way = gate.as_ref().map_or(Way::Open, |gate| gate.way(&self.profile().gate_stops()));
        let proposed = match &gate {
            Some(gate) => self.proposed(gate),
            None => Vec::new(),
        };
        Ok(GateView {
            way,
            proposed,
            judgements: self.store().judgements(&key)?,
            reports: self.store().error_reports(&key)?,
            gate,
        })
    }

    fn proposed(&self, gate: &Gate) -> Vec<String> {
        let reasons = self.profile().proposed_reasons(gate);
        reasons.into_iter().map(|reason| reason.text.to_string()).collect()
    }

    /// Looks again, signatures included, and keeps what is found now.
    pub fn check_again(&self, key: DocumentKey) -> Result<GateView, Problem> {
        let actor = self.actor(Act::ReceiveInbound)?;
        let document = self.inbound_document(key)?;
        if document.state == InboundState::Recalled {
            // Recalled documents are not opened any more, not even to be looked at.
            let state = labels::inbound(document.state);
            return Err(OfficeError::WrongState { state }.into());
        }
        let (gate, verdict) = self.look_again(&document)?;
        self.store().write(&actor, move |writer| {
            writer.append(Change::InboundGated { key, gate, verdict: Some(verdict) })?;
            Ok::<(), Problem>(())
        })?;
        self.gate(key)
    }

    /// Sees to it that the document has a gate: looks now if nobody ever did, or not since its
    /// files are others, as where the power fails between an update and the look that follows.
    pub(super) fn look_if_due(&self, document: &InboundDocument) -> Result<(), Problem> {
        let gate = self.store().gate(&document.key)?;
        if !gate.is_some_and(|gate| gate.is_of(&document.files)) {
            self.check_again(document.key)?;
        }
        Ok(())
    }

    /// A person judges what no program can, and stands for it by name.
    pub fn judge_check(
        &self,
        key: DocumentKey,
        check: CheckName,
        note: &str,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::ReceiveInbound)?;
        let note = text::tidy(note);
        if note.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("note").into());
        }
        let judgement =
            Judgement { check, user: self.session().user.clone(), note, at: Timestamp::now() };
        self.store().write(&actor, move |writer| {
            let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if document.state != InboundState::Arrived {
                let state = labels::inbound(document.state);
                return Err(OfficeError::WrongState { state }.into());
            }
            writer.append(Change::InboundJudged { key, judgement })?;
            Ok(())
        })
    }

    pub(super) fn look_again(
        &self,
        document: &InboundDocument,
    ) -> Result<(Gate, VerdictSummary), Problem> {
        let mut contents = Vec::with_capacity(document.files.len());
        for file in &document.files {
            contents.push(self.file(file)?);
        }
        let opened: Vec<Opened<'_>> =
            contents.iter().map(|bytes| Opened::of(self, bytes)).collect();
        let files: Vec<Looked<'_>> = document
            .files
            .iter()
            .zip(&opened)
            .map(|(about, file)| Looked { name: &about.name, file, main: about.main })
            .collect();
        let none = Opened::new(self, &[]);
        let main = files.iter().find(|file| file.main).map_or(&none, |file| file.file);
        let scanned = self.scan(files.iter().map(|file| (file.name, file.file.bytes())))?;
        let sender = document.sender.as_ref();
        let expected = self.expected_of(&document.metadata, sender, &document.sender_name);
        let verdict = self.judge_opened(main, &expected)?;
        let content = main.content();
        let read = self.packet_of(document)?;
        let packet =
            read.as_ref().map(|(packet, over_line)| Packeted { packet, over_line: *over_line });
        let gate = self.look(&Evidence {
            metadata: &document.metadata,
            sender,
            verdict: &verdict,
            packet,
            files: &files,
            text: &content,
            scanned: &scanned,
        })?;
        Ok((gate, verdict))
    }

    /// The packet that brought a document, and whether it came over the line.
    fn packet_of(
        &self,
        document: &InboundDocument,
    ) -> Result<Option<(DocumentPacket, bool)>, Problem> {
        document.packet.as_ref().map_or(Ok(None), |hash| self.packet_under(hash))
    }

    fn packet_under(&self, hash: &BlobHash) -> Result<Option<(DocumentPacket, bool)>, Problem> {
        let Some(row) = self.store().packet(hash)? else { return Ok(None) };
        let bytes = self.store().blob(hash)?;
        match crate::packet::read(&bytes, &self.packet_limits()) {
            Ok(Packet::Document(packet)) => Ok(Some((packet, !row.server_id.is_empty()))),
            Ok(Packet::Status(_)) | Err(PacketError::NotPacket) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// When the copy that is here was sent last, as far as the packets say that brought it.
    pub(super) fn sent_at(&self, document: &InboundDocument) -> Result<Option<Timestamp>, Problem> {
        let mut sent = None;
        for hash in document.packet.iter().chain(&self.store().came_again(&document.key)?) {
            let told = self.packet_under(hash)?.and_then(|(packet, _)| packet.told_at());
            sent = sent.max(told);
        }
        Ok(sent)
    }

    /// Every look, in the order of [`CheckName::ALL`].
    pub(super) fn look(&self, evidence: &Evidence<'_>) -> Result<Gate, Problem> {
        let files: Vec<CountedFile> = evidence.files.iter().map(counted).collect();
        let through_system = evidence.packet.as_ref().is_some_and(|packet| packet.over_line);
        let mut checks = Vec::with_capacity(CheckName::ALL.len());
        for name in CheckName::ALL {
            let (outcome, facts) = match name {
                CheckName::Signature => looks::signature(evidence.verdict),
                CheckName::Addressee => self.addressee(evidence),
                CheckName::Competence => self.competence(evidence)?,
                CheckName::Attachments => looks::attachments(stated(evidence), &files),
                CheckName::Formats => self.formats(evidence),
                CheckName::Malware => looks::malware(evidence.scanned),
                CheckName::Agreement => self.agreement(evidence),
                CheckName::Secrecy => secrecy(evidence),
            };
            let article = self.profile().gate_article(name).to_owned();
            checks.push(Check { name, outcome, article, facts });
        }
        Ok(Gate {
            checks,
            files,
            legal: legal_finding(evidence.verdict, through_system),
            checked_at: Timestamp::now(),
        })
    }

    fn addressee(&self, evidence: &Evidence<'_>) -> Look {
        let us = &self.session().agency;
        let ours: Vec<AgencyCode> =
            std::iter::once(&us.code).chain(&us.other_codes).cloned().collect();
        let named: Option<Vec<(Option<AgencyCode>, String)>> =
            evidence.packet.as_ref().map(|packet| {
                let to = packet.packet.to.iter();
                to.map(|organ| (organ.code.clone(), organ.name.clone())).collect()
            });
        looks::addressee(Addressed { named: named.as_deref(), ours: &ours })
    }

    fn competence(&self, evidence: &Evidence<'_>) -> Result<Look, Problem> {
        let mut answers = None;
        for about in &evidence.metadata.response_for {
            let ours = match DocumentId::parse(&about.document_id) {
                Some(id) => self.store().find_outbound_by_document_id(&id)?,
                None => None,
            };
            if let Some(ours) = ours {
                answers.get_or_insert(ours.metadata.code.to_string());
            }
        }
        // The hierarchy is what the directory says, never read out of a code.
        let mut superior = None;
        if let Some(sender) = evidence.sender {
            let us = &self.session().agency.code;
            let parent = self.store().agency(us)?.and_then(|us| us.parent);
            if let (Some(parent), Some(known)) = (parent, self.store().agency(sender)?)
                && (known.code == parent || known.other_codes.contains(&parent))
            {
                superior = Some(known.name);
            }
        }
        let known = Competence { answers: answers.as_deref(), superior: superior.as_deref() };
        Ok(looks::competence(known))
    }

    fn formats(&self, evidence: &Evidence<'_>) -> Look {
        let profile = self.profile();
        looks::formats(evidence.files.iter().map(|file| {
            let checked = if file.main {
                profile.check_main_file(file.name, file.file.bytes())
            } else {
                profile.check_attachment(file.name, file.file.bytes())
            };
            let why = checked.err().map(|error| match error {
                RulesError::FormatMismatch { .. } => "format-mismatch",
                _ => "format-forbidden",
            });
            (file.name, why)
        }))
    }

    /// The packet's fields against what the pages say.
    fn agreement(&self, evidence: &Evidence<'_>) -> Look {
        if evidence.packet.is_none() {
            return looks::agreement(&[], "nothing-stated");
        }
        let main = evidence.files.iter().find(|file| file.main);
        // A packet does not wait for optical recognition: a scan is for the clerk to read.
        let reading = main.map(|main| main.file.text_fields());
        let doubtful = self.profile().extraction().doubtful;
        match reading {
            Some(Ok(reading)) if !reading.is_blind() => {
                let found = differences(evidence.metadata, &reading);
                let compared: Vec<Compared> =
                    found.into_iter().filter_map(|one| compared(one, doubtful)).collect();
                looks::agreement(&compared, "no-text")
            }
            Some(Ok(_)) | None => looks::agreement(&[], "no-text"),
            Some(Err(problem)) => {
                tracing::warn!(%problem, "the fields were not read off the pages");
                looks::agreement(&[], "no-reader")
            }
        }
    }
}

/// A difference as the gate keeps it. Pages are counted by another look, and an urgency that
/// is nowhere stamped is stated by the packet alone. What was read too doubtfully says
/// nothing against the packet.
fn compared(found: Difference, doubtful: f32) -> Option<Compared> {
    let agreement = match (found.grade, found.field) {
        (Grade::Differs, _) if found.confidence < doubtful => Agreement::NotFound,
        (_, Field::Pages) | (Grade::NotFound, Field::Urgency) => return None,
        (Grade::Agrees, _) => Agreement::Same,
        (Grade::Alike, _) => Agreement::Alike,
        (Grade::NotStated, _) => Agreement::Unstated,
        (Grade::NotFound, _) => Agreement::NotFound,
        (Grade::Differs, _) => Agreement::Differs,
    };
    Some(Compared {
        field: found.field.key().to_owned(),
        stated: found.stated,
        on_page: found.read.unwrap_or_default(),
        page: found.spot.map_or(0, |spot| spot.page + 1),
        agreement,
    })
}

fn counted(file: &Looked<'_>) -> CountedFile {
    let bytes = file.file.bytes();
    CountedFile {
        name: file.name.to_owned(),
        size: bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(bytes)),
        pages: if file.file.is_pdf() { file.file.page_count().ok() } else { None },
        main: file.main,
    }
}

fn stated<'a>(evidence: &'a Evidence<'_>) -> Stated<'a> {
    match &evidence.packet {
        Some(packet) => Stated {
            pages: packet.packet.other.pages,
            appendixes: &packet.packet.other.appendixes,
            manifest: true,
        },
        None => Stated::default(),
    }
}

/// A document with a mark never gets here when it arrives; a later version of the program
/// may read a stamp that an earlier one did not.
fn secrecy(evidence: &Evidence<'_>) -> Look {
    let mark = secrecy::find_mark(evidence.text)
        .or_else(|| evidence.packet.as_ref().and_then(|packet| secret_field(packet.packet)));
    looks::secrecy(mark, !evidence.text.trim().is_empty())
}

/// A secrecy mark in the fields of a packet: the abstract, the remarks, the sphere of
/// circulation.
pub(super) fn secret_field(packet: &DocumentPacket) -> Option<secrecy::SecrecyMark> {
    [&packet.subject, &packet.content, &packet.other.sphere]
        .into_iter()
        .filter_map(|field| secrecy::find_mark(field))
        .max()
}

// Words.

pub fn check_name(check: CheckName) -> String {
    t!(&format!("gate-check-{}", check.key()))
}

/// How a look ended; why, where it was not made.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::NotDone { why, .. } => t!(&format!("gate-why-{why}")),
        other => t!(&format!("gate-outcome-{}", other.key())),
    }
}

/// A fact as a sentence.
pub fn fact(fact: &Fact) -> String {
    let lang = i18n::language();
    let mut args: Vec<(&str, String)> = fact
        .args
        .iter()
        .map(|(name, value)| {
            let said = match name.as_str() {
                "reason" => i18n::lookup(lang, &format!("reason-{value}"), &[]),
                "problem" => i18n::lookup(lang, value, &[]),
                _ => None,
            };
            (name.as_str(), said.unwrap_or_else(|| value.clone()))
        })
        .collect();
    let place = match fact.code.as_str() {
        code if code.starts_with("field-") => t!(&format!("extract-field-{}", fact.place)),
        _ => fact.place.clone(),
    };
    args.push(("place", place));
    i18n::tr_args(&format!("gate-found-{}", fact.code), &args)
}

/// A signature on which the legal value rests: who, how it was judged, when and by what clock.
pub fn evidence(evidence: &LegalEvidence) -> String {
    let verdict = labels::verdict(evidence.verdict);
    let source = t!(&format!("gate-legal-time-{}", evidence.time_source.key()));
    let time = evidence.signed_at.map(|at| calendar::local(at).strftime("%d/%m/%Y %H:%M"));
    match time {
        Some(time) => format!("{}: {verdict}; {time} ({source})", evidence.signer),
        None => format!("{}: {verdict}; {source}", evidence.signer),
    }
}

/// The names of checks in one line.
pub(super) fn names(checks: &[CheckName]) -> String {
    let names: Vec<String> = checks.iter().map(|check| check_name(*check)).collect();
    names.join("; ")
}
