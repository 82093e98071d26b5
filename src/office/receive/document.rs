//! The packet of a document: a new one, one that is here already, or the packet of one that
//! somebody brought by hand before it came.

use jiff::Timestamp;

use super::unpack::Unpacked;
use super::{DUPLICATE, INBOUND, Imported, JOINED};
use crate::domain::document::{BlobHash, DocumentId, DocumentKey};
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::office::{Office, OfficeError, duplicate};
use crate::packet::{DocumentPacket, Kind, Organ};
use crate::store::StoreError;

/// How a packet's document is here already.
enum Earlier {
    /// It came from the same sender: this is a copy.
    Copy(DocumentKey),
    /// Somebody brought the same main file, and nobody knew who sends it.
    ByHand(Box<InboundDocument>),
}

impl Office {
    pub(super) fn take_document(
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
        let earlier = self.earlier(document)?;
        if let Some(Earlier::Copy(known)) = earlier {
            let (sender, outcome) = (&document.from.name, format!("{DUPLICATE}{known}"));
            // One sent again as new may have overtaken the one that says what it replaces.
            let replaces = match self.store().replaced_by(&known)?.is_empty() {
                true => self.replacements(document, known, hash)?,
                false => Vec::new(),
            };
            self.came_again(known, hash, &document.document_id, (sender, outcome), replaces)?;
            return Ok(Imported::Duplicate(known));
        }
        let unpacked = self.unpack(document, document.metadata(self.profile()))?;
        match earlier {
            Some(Earlier::ByHand(known)) => self.join(hash, document, &unpacked, *known, over_line),
            _ => self.take_new(hash, document, unpacked, over_line),
        }
    }

    /// Whether a packet's document is here. A second copy of what is here is no second document
    /// (Nghị định 30/2020/NĐ-CP Phụ lục VI: the clerk is warned of a duplicate document code).
    /// What was returned or recalled may be sent again under the same code, and other words under a known
    /// code are for the clerk to see, not for the program to drop.
    fn earlier(&self, document: &DocumentPacket) -> Result<Option<Earlier>, Problem> {
        let main = BlobHash::of(&Self::main_of(document)?.content);
        let sender = document.from.code.as_ref();
        if let Some(id) = DocumentId::parse(&document.document_id) {
            let known = self.store().find_inbound_by_document_id(&id, sender)?;
            let same = |known: &InboundDocument| {
                !known.state.is_gone()
                    && known.files.iter().any(|file| file.main && file.blob == main)
            };
            if let Some(known) = known.filter(same) {
                return Ok(Some(Earlier::Copy(known.key)));
            }
        }
        let mut by_hand = None;
        for key in self.store().with_main_file(&main)? {
            let Some(known) = self.store().inbound(&key)? else { continue };
            // An update or a replacement says something else of the same bytes.
            if known.sender.as_ref() == sender && document.business.kind == Kind::New {
                return Ok(Some(Earlier::Copy(key)));
            }
            // What another agency sends is its own document, shown beside the first: whoever
            // sends a file before its issuer does must not swallow the issuer's, and each
            // sender waits for its statuses.
            if known.sender.is_none() && sender.is_some() {
                by_hand.get_or_insert(known);
            }
        }
        Ok(by_hand.map(|known| Earlier::ByHand(Box::new(known))))
    }

    fn take_new(
        &self,
        hash: &BlobHash,
        document: &DocumentPacket,
        unpacked: Unpacked<'_>,
        over_line: bool,
    ) -> Result<Imported, Problem> {
        let gate = self.gate_of(&unpacked, over_line)?;
        let Unpacked { metadata, files, verdict, text, .. } = unpacked;
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
        // What its sender demanded before it came, and the documents that it replaces.
        let mut demands = self.waited_for(&inbound, document.told_at())?;
        demands.extend(self.replacements(document, key, hash)?);
        let answered = self.answered_by(&inbound.metadata)?;
        let office = self.clone();
        let outcome = format!("{INBOUND}{key}");
        let taken = Change::PacketTaken { packet: hash.clone(), outcome };
        self.store().write(&self.program(), move |writer| {
            let told = inbound.clone();
            writer.append(Change::InboundArrived {
                key,
                sender: inbound.sender,
                sender_name: inbound.sender_name,
                metadata: inbound.metadata,
                files: inbound.files,
                packet: inbound.packet,
                arrived_at: inbound.arrived_at,
                verdict: inbound.verdict,
                text,
            })?;
            writer.append(Change::InboundGated { key, gate, verdict: None })?;
            duplicate::note(writer, key)?;
            office.answer_for_gone(writer, &told)?;
            // Status 01 goes back by itself.
            office.tell(writer, &told, InboundState::Arrived, "")?;
            for demand in demands {
                demand.write(&office, writer)?;
            }
            for ours in answered {
                writer.append(Change::AnswerArrived { key: ours, inbound: key })?;
            }
            writer.append(taken)?;
            Ok(Imported::Document(key))
        })
    }

    /// The packet of a document that somebody had brought by hand: that document gets its
    /// sender, what the packet says of it and encloses, and the sender is told how far it is.
    ///
    /// Quyết định 28/2018/QĐ-TTg Điều 9 khoản 1: whoever sends a document is told that it was
    /// received, however the office came by it first.
    fn join(
        &self,
        hash: &BlobHash,
        document: &DocumentPacket,
        unpacked: &Unpacked<'_>,
        known: InboundDocument,
        over_line: bool,
    ) -> Result<Imported, Problem> {
        let key = known.key;
        let Some(sender) = document.from.code.clone() else { return Err(Self::missing(key)) };
        let gate = self.gate_of(unpacked, over_line)?;
        let history = self.store().history(&key)?;
        let confirmed = known.registration.is_some()
            || history.iter().any(|one| matches!(one.change, Change::InboundCorrected { .. }));
        let stated = unpacked.metadata.clone();
        let metadata = if confirmed { known.metadata.clone().completed_by(stated) } else { stated };
        // The main file may bear the organisation's signature on a copy of paper by now.
        let mut files: Vec<_> = known.files.iter().filter(|file| file.main).cloned().collect();
        files.extend(unpacked.files.iter().filter(|file| !file.main).cloned());
        let joined = InboundDocument {
            sender: Some(sender.clone()),
            sender_name: document.from.name.clone(),
            metadata,
            files,
            packet: Some(hash.clone()),
            ..known.clone()
        };
        let mut demands = self.waited_for(&joined, document.told_at())?;
        demands.extend(self.replacements(document, key, hash)?);
        let answered = self.answered_by(&joined.metadata)?;
        let joins = Change::InboundJoined {
            key,
            packet: hash.clone(),
            sender,
            sender_name: joined.sender_name.clone(),
            metadata: joined.metadata.clone(),
            files: joined.files.clone(),
        };
        let outcome = format!("{JOINED}{key}");
        let taken = Change::PacketTaken { packet: hash.clone(), outcome };
        let (office, verdict) = (self.clone(), unpacked.verdict.clone());
        self.store().write(&self.program(), move |writer| {
            // What was worked out is true of the document as it stood.
            if writer.inbound(&key)?.as_ref() != Some(&known) {
                let moved = format!("inbound {key} was moved while its packet came");
                return Err(StoreError::Conflict(moved).into());
            }
            writer.append(joins)?;
            writer.append(Change::InboundGated { key, gate, verdict: Some(verdict) })?;
            duplicate::note(writer, key)?;
            office.answer_for_gone(writer, &joined)?;
            for state in joined.reported_states() {
                let result =
                    if state == InboundState::Completed { joined.reason.as_str() } else { "" };
                office.tell(writer, &joined, state, result)?;
            }
            for demand in demands {
                demand.write(&office, writer)?;
            }
            for ours in answered {
                writer.append(Change::AnswerArrived { key: ours, inbound: key })?;
            }
            writer.append(taken)?;
            Ok(Imported::Joined(key))
        })
    }
}
