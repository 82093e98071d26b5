//! From a packet's bytes to an inbound document, or to a status of one of ours.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 1: before accepting, completeness, integrity and
//! authenticity are checked. That check is made here, when the packet arrives, and stored
//! with its time; accepting stays the clerk's decision.

mod document;
mod left;
mod unpack;

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::draft::refuse_secrets;
use super::gate::{Evidence, Looked};
use super::opened::Opened;
use super::refuse::refusal;
use super::scanner::refuse_malware;
use super::{Office, OfficeError, duplicate};
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::{StatusCode, StatusEntry};
use crate::domain::document::{BlobHash, DocumentKey, Metadata};
use crate::domain::operation::Change;
use crate::domain::problem::{Kind as ProblemKind, Problem};
use crate::domain::role::Act;
use crate::domain::text;
use crate::packet::{self, Packet, PacketError, StatusPacket};
use crate::signing::check::Expectation;
use crate::store::{PacketRow, PacketState};

/// How the outcome of a packet that became an inbound document begins.
const INBOUND: &str = "inbound ";
/// How the outcome of a packet begins whose document was here already.
const DUPLICATE: &str = "duplicate of ";
/// How the outcome of a packet begins whose document somebody had brought before it.
const JOINED: &str = "joined ";

/// The code of a change that does not fit what another window has made true meanwhile.
const CONFLICT: &str = "store-conflict";
const DISK_FULL: &str = "store-disk-full";
/// What may concern one packet alone: its bytes or rows cannot be read, its files not be judged.
/// Where no row can be read, the list of what waits cannot either.
const ABOUT_ONE: [&str; 4] = ["store-io", DATABASE, "store-internal", "scanner-no-verdict"];
/// So many packets in a row that the database does not take: each waits long for its lock, and the
/// others would too.
const DATABASE: &str = "store-database";
const LOCKED_OUT: u32 = 3;
/// So often in a row another window may be quicker, about one packet.
const RACES: u32 = 3;

/// What became of the packets that waited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    pub documents: u32,
    /// Packets of documents that somebody had brought by hand.
    pub joined: u32,
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
    /// Somebody had brought its document by hand: that has its sender and its packet now.
    Joined(DocumentKey),
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
        let mut locked_out = 0;
        loop {
            let wanted = BATCH.saturating_add(u32::try_from(stuck.len()).unwrap_or(u32::MAX));
            let mut waiting = self.store().packets_to_take(wanted)?;
            waiting.retain(|row| !stuck.contains(&row.hash));
            if waiting.is_empty() {
                return Ok(total);
            }
            for row in waiting {
                let taken = self.take(&row.hash);
                let of_database = taken.as_ref().is_err_and(|problem| problem.code == DATABASE);
                locked_out = if of_database { locked_out + 1 } else { 0 };
                match taken {
                    Ok(Imported::Document(_)) => {
                        total.documents += 1;
                        total.queued += 1;
                    }
                    Ok(Imported::Joined(_)) => {
                        total.joined += 1;
                        total.queued += 1;
                    }
                    Ok(Imported::Duplicate(_)) => total.duplicates += 1,
                    Ok(Imported::Status) => total.statuses += 1,
                    Ok(Imported::Quarantined(problem)) => {
                        total.quarantined += 1;
                        total.queued += u32::from(refusal(&problem).is_some());
                    }
                    // On a full disk nothing is taken.
                    Err(problem) if problem.code == DISK_FULL => return Err(problem),
                    Err(problem) => {
                        tracing::error!(%problem, packet = %row.hash, "a packet was not taken");
                        let for_all = problem.kind == ProblemKind::Unavailable
                            && !ABOUT_ONE.contains(&problem.code);
                        stuck.insert(row.hash);
                        total.problem.get_or_insert(problem);
                        // What all of them want, such as the scanner, is not there: they wait,
                        // and the exchange goes on without them.
                        if for_all || locked_out >= LOCKED_OUT {
                            return Ok(total);
                        }
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
        Ok(self.store().is_one_agency(one, other)?)
    }

    /// A PDF without a packet: paper that was scanned, or a file handed over.
    fn take_pdf(&self, hash: &BlobHash, origin: &str, pdf: Arc<[u8]>) -> Result<Imported, Problem> {
        let scanned = self.scan([(origin, &*pdf)])?;
        refuse_malware(&scanned)?;
        let opened = Opened::of(self, &pdf);
        let pages = opened.page_count()?;
        let mut content = opened.content();
        refuse_secrets(&content)?;
        // The bytes are those of the main file of a packet that came before.
        if let Some(known) = self.store().with_main_file(hash)?.into_iter().next() {
            let outcome = format!("{DUPLICATE}{known}");
            self.came_again(known, hash, origin, ("", outcome), Vec::new())?;
            return Ok(Imported::Duplicate(known));
        }
        // Nobody states the fields of a bare PDF: they are read off its pages.
        let reading = opened.arrival_fields();
        if let Some(recognised) = reading.as_ref().map(|reading| &reading.recognised_text) {
            refuse_secrets(recognised)?;
            content.push_str(recognised);
        }
        let file = self.keep_file(origin, "application/pdf", &pdf, true)?;
        let subject = origin.rsplit_once('.').map_or(origin, |(stem, _)| stem).to_owned();
        let verdict = self.judge_opened(&opened, &Expectation::default())?;
        let key = DocumentKey::fresh();
        let proposed = reading.and_then(|reading| self.proposed_fields(key, &subject, &reading));
        let metadata = Metadata { subject, pages: Some(pages), ..Metadata::default() };
        let gate = self.look(&Evidence {
            metadata: &metadata,
            sender: None,
            verdict: &verdict,
            packet: None,
            files: &[Looked { name: &file.name, file: &opened, main: true }],
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
    let key = [INBOUND, JOINED, DUPLICATE].iter().find_map(|said| outcome.strip_prefix(said));
    match key.and_then(|key| key.parse().ok()) {
        Some(key) => Imported::Duplicate(key),
        None => Imported::Status,
    }
}
