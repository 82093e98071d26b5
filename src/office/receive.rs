//! From a packet's bytes to an inbound document, or to a status of one of ours.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 1: before accepting, completeness, integrity and
//! authenticity are checked. That check is made here, when the packet arrives, and stored
//! with its time; accepting stays the clerk's decision.

mod left;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::draft::refuse_secrets;
use super::gate::{Evidence, Looked, Packeted, secret_field};
use super::refuse::refusal;
use super::scanner::refuse_malware;
use super::verdict::expected_of;
use super::{Office, OfficeError, duplicate};
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::{StatusCode, StatusEntry};
use crate::domain::document::{BlobHash, DocumentId, DocumentKey, FileRef, Metadata};
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::Change;
use crate::domain::problem::{Kind as ProblemKind, Problem};
use crate::domain::role::Act;
use crate::domain::text;
use crate::packet::{self, DocumentPacket, Kind, Organ, Packet, PacketError, StatusPacket};
use crate::pdf::structure::Source;
use crate::signing::check::Expectation;
use crate::store::{PacketRow, PacketState};

/// How the outcome of a packet that became an inbound document begins.
const INBOUND: &str = "inbound ";
/// How the outcome of a packet begins whose document was here already.
const DUPLICATE: &str = "duplicate of ";

/// The code of a change that does not fit what another window has made true meanwhile.
const CONFLICT: &str = "store-conflict";
/// So often in a row another window may be quicker, about one packet.
const RACES: u32 = 3;

/// What became of the packets that waited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    pub documents: u32,
    pub statuses: u32,
    pub duplicates: u32,
    pub quarantined: u32,
    /// Statuses queued for the senders.
    pub queued: u32,
    /// Why a packet stays where it is, if one does; the others were taken.
    pub problem: Option<Problem>,
}

/// What became of a file that somebody brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    Document(DocumentKey),
    /// The office has it already, as this document.
    Duplicate(DocumentKey),
    Status,
    /// Its bytes are kept, out of sight; this is why.
    Quarantined(Problem),
}

impl Office {
    /// Takes every packet that is kept and not taken yet.
    pub(super) fn receive(&self) -> Result<Received, Problem> {
        const BATCH: u32 = 50;
        let mut total = Received::default();
        // What could not be taken stays where it is and must not keep the others.
        let mut stuck = HashSet::new();
        loop {
            let wanted = BATCH.saturating_add(u32::try_from(stuck.len()).unwrap_or(u32::MAX));
            let mut waiting = self.store().packets_to_take(wanted)?;
            waiting.retain(|row| !stuck.contains(&row.hash));
            if waiting.is_empty() {
                return Ok(total);
            }
            for row in waiting {
                match self.take(&row.hash) {
                    Ok(Imported::Document(_)) => {
                        total.documents += 1;
                        total.queued += 1;
                    }
                    Ok(Imported::Duplicate(_)) => total.duplicates += 1,
                    Ok(Imported::Status) => total.statuses += 1,
                    Ok(Imported::Quarantined(problem)) => {
                        total.quarantined += 1;
                        total.queued += u32::from(refusal(&problem).is_some());
                    }
                    // A full disk or a lost database stops everything.
                    Err(problem) if problem.kind == ProblemKind::Unavailable => {
                        return Err(problem);
                    }
                    Err(problem) => {
                        tracing::error!(%problem, packet = %row.hash, "a packet was not taken");
                        stuck.insert(row.hash);
                        total.problem.get_or_insert(problem);
                    }
                }
            }
        }
    }

    /// Brings in a packet or a PDF that came another way: a stick, a mail, a scanner.
    pub fn import(&self, file_name: &str, bytes: Vec<u8>) -> Result<Imported, Problem> {
        self.actor(Act::ReceiveInbound)?;
        let name = text::safe_file_name(file_name);
        let limits = self.profile().limits();
        let limit = if looks_like_pdf(&name, &bytes) {
            limits.main_file_bytes()
        } else {
            limits.packet_bytes()
        };
        let size = bytes.len() as u64;
        if size > limit {
            return Err(OfficeError::FileTooLarge { name, size, limit }.into());
        }
        let packet = self.store().put_blob(&bytes)?;
        // What came over the line and could not be used there gets its chance when a person
        // vouches for it.
        let known = self
            .store()
            .packet(&packet)?
            .is_some_and(|row| row.state != PacketState::Quarantined || row.server_id.is_empty());
        if !known {
            self.by_itself(Change::PacketKept {
                packet: packet.clone(),
                size,
                origin: name,
                server_id: String::new(),
            })?;
        }
        self.take(&packet)
    }

    /// Turns one kept packet into what it means. Whatever is wrong with it, its bytes stay.
    fn take(&self, hash: &BlobHash) -> Result<Imported, Problem> {
        // The clerk brings a file while the line brings its packets: one after the other.
        let _one_at_a_time = self.taking();
        let row = self.store().packet(hash)?;
        let row = row.ok_or_else(|| OfficeError::NoSuchPacket(hash.to_string()))?;
        if row.state == PacketState::Taken {
            return Ok(was_taken(&row.outcome));
        }
        // What is wrong with our own list of trusted certificates is no packet's fault.
        self.trust()?;
        let bytes = self.store().blob(hash)?;
        let mut taken = self.take_for_what_it_is(hash, &row, &bytes);
        // Another window moved the document that this is about, between the look and the
        // write: what is true now is looked at anew.
        for _ in 0..RACES {
            if !taken.as_ref().is_err_and(|problem| problem.code == CONFLICT) {
                break;
            }
            taken = self.take_for_what_it_is(hash, &row, &bytes);
        }
        match taken {
            Ok(Imported::Quarantined(problem)) => {
                Ok(Imported::Quarantined(self.with_procedure(problem)))
            }
            // Whoever said this once need not say it again.
            Err(problem) if row.state == PacketState::Quarantined && row.code == problem.code => {
                Ok(Imported::Quarantined(self.with_procedure(problem)))
            }
            // The sender's fault: quarantine. Our own disk's or database's: try again later.
            Err(problem) if is_about_the_packet(&problem) => {
                self.by_itself(Change::PacketQuarantined {
                    packet: hash.clone(),
                    code: problem.code.to_owned(),
                    detail: problem.cause.clone(),
                })?;
                Ok(Imported::Quarantined(self.with_procedure(problem)))
            }
            other => other,
        }
    }

    fn take_for_what_it_is(
        &self,
        hash: &BlobHash,
        row: &PacketRow,
        bytes: &[u8],
    ) -> Result<Imported, Problem> {
        let by_hand = row.server_id.is_empty();
        if by_hand && looks_like_pdf(&row.origin, bytes) {
            self.take_pdf(hash, &row.origin, bytes.into())
        } else if bytes.starts_with(b"%PDF-") {
            // Over the line a bare PDF says neither whose it is nor for whom.
            Err(PacketError::NotPacket.into())
        } else {
            self.take_packet(hash, row, packet::read(bytes, &self.packet_limits())?)
        }
    }

    /// Who speaks in a packet is whom the server knows as its sender: whoever has a secret
    /// at the server could otherwise recall, or acknowledge, in another agency's name.
    fn take_packet(
        &self,
        hash: &BlobHash,
        row: &PacketRow,
        mut packet: Packet,
    ) -> Result<Imported, Problem> {
        if !row.server_id.is_empty() {
            let from = match &mut packet {
                Packet::Document(document) => &mut document.from,
                Packet::Status(status) => &mut status.from,
            };
            let sender = AgencyCode::new(&row.origin);
            let claimed = from.code.take().or_else(|| sender.clone());
            if !self.same_agency(claimed.as_ref(), sender.as_ref())? {
                let claimed = claimed.map(|code| code.to_string()).unwrap_or_default();
                let sender = row.origin.clone();
                return Err(OfficeError::OtherSender { claimed, sender }.into());
            }
            from.code = claimed;
        }
        match packet {
            Packet::Document(document) => {
                let over_line = !row.server_id.is_empty();
                let taken = self.take_document(hash, &document, over_line);
                match taken {
                    // Whoever brought a file by hand is told by the window.
                    Err(problem) if over_line && row.code != problem.code => {
                        self.refuse(hash, &document, problem)
                    }
                    taken => taken,
                }
            }
            Packet::Status(status) => self.take_status(hash, &status),
        }
    }

    /// Whether two codes are one agency's, as far as the directory knows.
    pub(super) fn same_agency(
        &self,
        one: Option<&AgencyCode>,
        other: Option<&AgencyCode>,
    ) -> Result<bool, Problem> {
        let Some((one, other)) = one.zip(other) else { return Ok(false) };
        if one == other {
            return Ok(true);
        }
        let (one, other) = (self.store().agency(one)?, self.store().agency(other)?);
        Ok(one.zip(other).is_some_and(|(one, other)| one.code == other.code))
    }

    /// The document with these bytes that came by hand or from the same sender. What another
    /// agency sends is its own document, shown beside the first: whoever sends a file before
    /// its issuer does must not swallow the issuer's, and each sender waits for its statuses.
    fn same_bytes(
        &self,
        main: &BlobHash,
        sender: Option<&AgencyCode>,
    ) -> Result<Option<DocumentKey>, Problem> {
        let Some(first) = self.store().with_main_file(main)? else { return Ok(None) };
        let first = self.store().inbound(&first)?;
        let first = first.filter(|first| first.sender.is_none() || first.sender.as_ref() == sender);
        Ok(first.map(|first| first.key))
    }

    /// A PDF without a packet: paper that was scanned, or a file handed over.
    fn take_pdf(&self, hash: &BlobHash, origin: &str, pdf: Arc<[u8]>) -> Result<Imported, Problem> {
        let scanned = self.scan([(origin, &*pdf)])?;
        refuse_malware(&scanned)?;
        let pages = Source::parse(pdf.clone())?.page_count()?;
        let mut content = self.text_of(&pdf);
        refuse_secrets(&content)?;
        // The bytes are those of the main file of a packet that came before.
        if let Some(known) = self.store().with_main_file(hash)? {
            self.came_again(known, hash, origin, "", format!("{DUPLICATE}{known}"))?;
            return Ok(Imported::Duplicate(known));
        }
        // Nobody states the fields of a bare PDF: they are read off its pages.
        let reading = self.read_arrival(&pdf);
        if let Some(recognised) = reading.as_ref().map(|reading| &reading.recognised_text) {
            refuse_secrets(recognised)?;
            content.push_str(recognised);
        }
        let file = self.keep_file(origin, "application/pdf", &pdf, true)?;
        let subject = origin.rsplit_once('.').map_or(origin, |(stem, _)| stem).to_owned();
        let verdict = self.judge(&pdf, &Expectation::default())?;
        let key = DocumentKey::fresh();
        let proposed = reading.and_then(|reading| self.proposed_fields(key, &subject, &reading));
        let metadata = Metadata { subject, pages: Some(pages), ..Metadata::default() };
        let gate = self.look(&Evidence {
            metadata: &metadata,
            sender: None,
            verdict: &verdict,
            packet: None,
            files: &[Looked { name: &file.name, bytes: &pdf, main: true }],
            text: &content,
            scanned: &scanned,
        })?;
        let taken =
            Change::PacketTaken { packet: hash.clone(), outcome: format!("{INBOUND}{key}") };
        let arrived = Change::InboundArrived {
            key,
            sender: None,
            sender_name: String::new(),
            metadata,
            files: vec![file],
            packet: Some(hash.clone()),
            arrived_at: Timestamp::now(),
            verdict,
            text: content,
        };
        self.store().write(&self.program(), move |writer| {
            writer.append(arrived)?;
            writer.append(Change::InboundGated { key, gate, verdict: None })?;
            if let Some(proposed) = proposed {
                writer.append(proposed)?;
            }
            duplicate::note(writer, key)?;
            writer.append(taken)?;
            Ok(Imported::Document(key))
        })
    }

    fn take_document(
        &self,
        hash: &BlobHash,
        document: &DocumentPacket,
        over_line: bool,
    ) -> Result<Imported, Problem> {
        let us = &self.session().agency;
        let ours = |organ: &Organ| {
            organ
                .code
                .as_ref()
                .is_some_and(|code| *code == us.code || us.other_codes.contains(code))
        };
        if !document.to.iter().any(ours) {
            return Err(OfficeError::NotAddressee.into());
        }
        if document.business.kind == Kind::Recall {
            return self.take_recall(hash, document);
        }
        if let Some(updated) = self.take_update(hash, document)? {
            return Ok(updated);
        }
        let main = document.main_attachment().filter(|file| file.is_pdf());
        let main = main.ok_or(OfficeError::NoMainFile)?;
        let known = match DocumentId::parse(&document.document_id) {
            Some(id) => {
                self.store().find_inbound_by_document_id(&id, document.from.code.as_ref())?
            }
            None => None,
        };
        // A second copy of what is here is no second document (Nghị định 30/2020/NĐ-CP Phụ
        // lục VI: the clerk is warned of a duplicate document code). What was returned may be
        // sent again under the same code, and other words under a known code are for the
        // clerk to see, not for the program to drop.
        let main_hash = BlobHash(hex::encode(Sha256::digest(&main.content)));
        let same = |known: &InboundDocument| {
            known.state != InboundState::Returned
                && known.files.iter().any(|file| file.main && file.blob == main_hash)
        };
        let known = match known.filter(same) {
            Some(known) => Some(known.key),
            // An update says something else of the same bytes.
            None if document.business.kind == Kind::New => {
                self.same_bytes(&main_hash, document.from.code.as_ref())?
            }
            None => None,
        };
        if let Some(known) = known {
            let (sender, outcome) = (&document.from.name, format!("{DUPLICATE}{known}"));
            self.came_again(known, hash, &document.document_id, sender, outcome)?;
            return Ok(Imported::Duplicate(known));
        }
        // Before anything of it is taken apart.
        let files = document.attachments.iter();
        let scanned = self.scan(files.map(|file| (file.name.as_str(), &*file.content)))?;
        refuse_malware(&scanned)?;
        let mut metadata = document.metadata(self.profile());
        if let Some(mark) = secret_field(document) {
            return Err(OfficeError::Secret(mark.stamp().to_owned()).into());
        }
        let pdf: Arc<[u8]> = main.content.clone().into();
        let content = self.text_of(&pdf);
        refuse_secrets(&content)?;
        for enclosed in document.attachments.iter().filter(|file| !std::ptr::eq(*file, main)) {
            self.refuse_secret_file(&enclosed.content)?;
        }
        let expected = expected_of(&metadata, document.from.code.as_ref(), &document.from.name);
        let verdict = self.judge(&pdf, &expected)?;
        let pages = Source::parse(pdf.clone()).and_then(|source| source.page_count()).ok();
        metadata.pages = pages.or(metadata.pages);
        let mut files: Vec<FileRef> = Vec::new();
        for attachment in &document.attachments {
            let is_main = std::ptr::eq(attachment, main);
            let media_type = &attachment.media_type;
            files.push(self.keep_file(
                &attachment.name,
                media_type,
                &attachment.content,
                is_main,
            )?);
        }
        files.sort_by_key(|file| !file.main);
        let looked: Vec<Looked<'_>> = document
            .attachments
            .iter()
            .map(|file| Looked {
                name: &file.name,
                bytes: &file.content,
                main: std::ptr::eq(file, main),
            })
            .collect();
        let gate = self.look(&Evidence {
            metadata: &metadata,
            sender: document.from.code.as_ref(),
            verdict: &verdict,
            packet: Some(Packeted { packet: document, over_line }),
            files: &looked,
            text: &content,
            scanned: &scanned,
        })?;
        let inbound = InboundDocument {
            key: DocumentKey::fresh(),
            state: InboundState::Arrived,
            sender: document.from.code.clone(),
            sender_name: document.from.name.clone(),
            metadata,
            files,
            packet: Some(hash.clone()),
            arrived_at: Timestamp::now(),
            verdict,
            registration: None,
            assignment: None,
            reason: String::new(),
            paper: None,
            demand: None,
        };
        let key = inbound.key;
        let status = self.status_for(&inbound, InboundState::Arrived, "")?;
        // What its sender demanded before it came, and the documents that it replaces.
        let mut demands = self.waited_for(&inbound)?;
        demands.extend(self.replacements(document, key, hash)?);
        let office = self.clone();
        let outcome = format!("{INBOUND}{key}");
        let taken = Change::PacketTaken { packet: hash.clone(), outcome };
        self.store().write(&self.program(), move |writer| {
            writer.append(Change::InboundArrived {
                key,
                sender: inbound.sender,
                sender_name: inbound.sender_name,
                metadata: inbound.metadata,
                files: inbound.files,
                packet: inbound.packet,
                arrived_at: inbound.arrived_at,
                verdict: inbound.verdict,
                text: content,
            })?;
            writer.append(Change::InboundGated { key, gate, verdict: None })?;
            duplicate::note(writer, key)?;
            // Status 01 goes back by itself.
            if let Some(status) = status {
                writer.append(status)?;
            }
            for demand in demands {
                demand.write(&office, writer)?;
            }
            writer.append(taken)?;
            Ok(Imported::Document(key))
        })
    }

    fn take_status(&self, hash: &BlobHash, status: &StatusPacket) -> Result<Imported, Problem> {
        if status.code == StatusCode::RecallAsked {
            return self.take_recall_status(hash, status);
        }
        let about = &status.response_for;
        let known = self.store().find_outbound_by_status_reference(
            about.agency.as_ref(),
            &about.code,
            about.issued,
            &about.document_id,
        )?;
        let missing = || OfficeError::NoSuchDocument(about.code.clone());
        let known = known.ok_or_else(missing)?;
        let speaker = status.from.code.clone().ok_or_else(missing)?;
        // An agency may answer under a former code of its own.
        let mut recipient = None;
        for delivery in &known.deliveries {
            if self.same_agency(Some(&delivery.recipient), Some(&speaker))? {
                recipient = Some(delivery.recipient.clone());
            }
        }
        let recipient =
            recipient.ok_or_else(|| OfficeError::NotRecipient { agency: speaker.to_string() })?;
        let received = Change::StatusReceived {
            key: known.key,
            recipient,
            entry: StatusEntry {
                code: status.code,
                at: status.at.unwrap_or_else(Timestamp::now),
                description: status.description.clone(),
            },
        };
        let outcome = format!("status {} of {}", status.code.digits(), known.key);
        let taken = Change::PacketTaken { packet: hash.clone(), outcome };
        self.store().write(&self.program(), move |writer| {
            writer.append(received)?;
            writer.append(taken)?;
            Ok(Imported::Status)
        })
    }

    pub(super) fn packet_limits(&self) -> packet::Limits {
        let limits = self.profile().limits();
        packet::Limits {
            packet_bytes: limits.packet_bytes(),
            attachments: limits.attachments,
            ..packet::Limits::default()
        }
    }
}

/// Whether bytes are a PDF, or were brought as one and deserve a PDF's messages.
fn looks_like_pdf(name: &str, bytes: &[u8]) -> bool {
    let begins = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let marked = begins.windows(5).any(|part| part == b"%PDF-") && !begins.starts_with(b"<");
    marked || text::fold(name).ends_with(".pdf")
}

/// Whether a problem lies in what was sent, rather than in this computer. Whatever is wrong
/// with a packet, trying it again does not mend it.
fn is_about_the_packet(problem: &Problem) -> bool {
    use crate::domain::problem::Blame;
    problem.kind != ProblemKind::Unavailable
        && problem.blame != Blame::Environment
        && problem.code != CONFLICT
}

/// What a packet was taken for, from the words that were kept then.
fn was_taken(outcome: &str) -> Imported {
    let key = outcome.strip_prefix(INBOUND).or_else(|| outcome.strip_prefix(DUPLICATE));
    match key.and_then(|key| key.parse().ok()) {
        Some(key) => Imported::Duplicate(key),
        None => Imported::Status,
    }
}
