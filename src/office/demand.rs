//! What senders demand of their documents afterwards: taken in, told to whom it concerns,
//! answered.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2: the receiver cancels a recalled document and
//! reports that this was done. What nobody has accepted yet is cancelled by the program where
//! the profile says so; the rest a clerk or leader answers, and until then nothing else moves
//! the document ([`Office::nothing_demanded`]). Each demand has a status of its own in the
//! outbox: however often a sender demands, each time there is an answer.

mod taking;

use std::cell::Cell;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::status::{distinct, item_key};
use super::{Office, OfficeError};
use crate::domain::agency::AgencyCode;
use crate::domain::demand::{
    Demand, DemandAnswer, DemandState, FieldChange, KeptDemand, Refusal, field_changes,
};
use crate::domain::document::{BlobHash, DocumentId, DocumentKey, FileRef, ResponseFor, Urgency};
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::i18n::tr;
use crate::packet::{Packet, StatusPacket};
use crate::store::{StoreError, Writer};

/// A demand as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandView {
    pub kept: KeptDemand,
    /// The document it is about, as it stands; `None` while it is not here.
    pub document: Option<Box<InboundDocument>>,
    /// What an update changes.
    pub changes: Vec<FieldChange>,
    /// An update brings other files.
    pub files_changed: bool,
}

impl Office {
    /// The answer to a demand with everything that goes with it: the document cancelled or
    /// updated, the status for the sender.
    fn settlement(
        &self,
        demand: &Demand,
        document: Option<&InboundDocument>,
        answer: DemandAnswer,
    ) -> Result<Settlement, Problem> {
        let effect = match document {
            Some(document) if !self.is_overtaken(demand, document)? => {
                effect(demand, document, &answer)
            }
            _ => None,
        };
        let (demand, document) = (demand.clone(), document.cloned().map(Box::new));
        Ok(Settlement { effect, demand, document, answer })
    }

    /// Whether a later update of the document was agreed to, which this one would undo.
    fn is_overtaken(&self, demand: &Demand, document: &InboundDocument) -> Result<bool, Problem> {
        let others = self.store().demands_of(&document.key)?;
        let agreed = |other: &KeptDemand| other.state == DemandState::Agreed;
        Ok(others.iter().any(|other| agreed(other) && demand.is_overtaken_by(&other.demand)))
    }

    /// Answers a demand: status 15 or 16 for its sender. Whoever else claims to be the sender is
    /// told 16 as well.
    ///
    /// Answers do not say what they answer, so that the last is what counts. Made within the
    /// transaction, each is later than all that were given before, by whole seconds as the wire
    /// has them.
    fn answer(
        &self,
        writer: &mut Writer<'_>,
        demand: &Demand,
        document: Option<&InboundDocument>,
        answer: DemandAnswer,
    ) -> Result<(), Problem> {
        let (told, packet) = self.told_answer(writer, demand, document, answer)?;
        let item = queued(demand, document, &told, packet, None);
        writer.append(Change::DemandAnswered { demand: demand.id, answer: told })?;
        writer.append(item)?;
        Ok(())
    }

    /// The status of an answer, and the answer with the time that it tells.
    fn told_answer(
        &self,
        writer: &mut Writer<'_>,
        demand: &Demand,
        document: Option<&InboundDocument>,
        answer: DemandAnswer,
    ) -> Result<(DemandAnswer, BlobHash), Problem> {
        // One document has one name, however those who ask spell it.
        let id = &demand.about.document_id;
        let id = DocumentId::parse(id).map_or_else(|| id.clone(), |id| id.to_string());
        // The document as it stands here names more than most demands do.
        let about = match document {
            Some(document) => ResponseFor {
                agency: Some(demand.sender.clone()),
                code: document.metadata.code.to_string(),
                issued: document.metadata.issued,
                document_id: id,
            },
            None => ResponseFor { document_id: id, ..demand.about.clone() },
        };
        let others = match document {
            Some(document) => writer.demands_of(&document.key)?,
            None => Vec::new(),
        };
        let last = others.iter().filter_map(|other| other.answer.as_ref()).map(|one| one.at).max();
        let after = last.and_then(|at| at.checked_add(SignedDuration::from_secs(1)).ok());
        let said = Cell::new(answer.at);
        let is_queued = |packet: &BlobHash| writer.is_queued(packet);
        let report = distinct(after.map_or(answer.at, |at| at.max(answer.at)), is_queued, |at| {
            said.set(at);
            Ok(Packet::Status(StatusPacket {
                from: (&self.session().agency).into(),
                response_for: about.clone(),
                code: answer.status(),
                description: answer.reason.clone(),
                at: Some(at),
                staff: self.staff(),
            }))
        })?;
        Ok((DemandAnswer { at: said.get(), ..answer }, writer.put_blob(&report)?))
    }

    /// Tells once more that a document is cancelled, where something else that its sender wanted
    /// of it was refused after that: the answer that counts is the last, and this one holds.
    fn last_word(&self, writer: &mut Writer<'_>, key: DocumentKey) -> Result<(), Problem> {
        let gone = |document: &InboundDocument| {
            matches!(document.state, InboundState::Recalled | InboundState::Returned)
        };
        let Some(document) = writer.inbound(&key)?.filter(gone) else { return Ok(()) };
        let demands = writer.demands_of(&key)?;
        let cancels =
            |one: &&KeptDemand| one.demand.kind.cancels() && one.state == DemandState::Agreed;
        let Some(cancelled) = demands.iter().rfind(cancels) else { return Ok(()) };
        // One agency may have asked under two codes, of which the older is closed by now.
        let agency = |code: &AgencyCode| writer.agency(code).map(|found| found.map(|one| one.code));
        let by = agency(&cancelled.demand.sender)?;
        let mut last: Option<(&Demand, &DemandAnswer)> = None;
        for KeptDemand { demand, answer, .. } in &demands {
            let same = demand.sender == cancelled.demand.sender
                || (by.is_some() && agency(&demand.sender)? == by);
            if let Some(answer) = answer.as_ref().filter(|_| same)
                && last.is_none_or(|(_, last)| answer.at >= last.at)
            {
                last = Some((demand, answer));
            }
        }
        let (Some((refused, refusal)), Some(agreed)) = (last, &cancelled.answer) else {
            return Ok(());
        };
        if refusal.agreed {
            return Ok(());
        }
        let demand = Demand { sender: refused.sender.clone(), ..cancelled.demand.clone() };
        let again = DemandAnswer { at: Timestamp::now(), ..agreed.clone() };
        let (told, packet) = self.told_answer(writer, &demand, Some(&document), again)?;
        let change = queued(&demand, Some(&document), &told, packet, Some(refused));
        // Once for each that was refused.
        if let Change::OutboxQueued { item, .. } = &change
            && writer.outbox_item(item)?.is_none()
        {
            writer.append(change)?;
        }
        Ok(())
    }

    /// Answers everything else that is demanded of a document that has just been cancelled by one
    /// demand, as part of the transaction that cancels it.
    fn answer_the_others(
        &self,
        writer: &mut Writer<'_>,
        key: DocumentKey,
        by: DocumentKey,
    ) -> Result<(), Problem> {
        let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
        for other in writer.demands_of(&key)? {
            let demand = other.demand;
            if other.state != DemandState::Open || demand.id == by {
                continue;
            }
            let agreed = demand.kind.cancels();
            let reason =
                if agreed { demand.reason.clone() } else { tr(Refusal::NothingLeft.key()) };
            let answer = DemandAnswer { agreed, reason, at: Timestamp::now(), automatic: true };
            self.answer(writer, &demand, Some(&document), answer)?;
        }
        Ok(())
    }

    // Answering.

    /// What waits for an answer, or for its document, what is due first before the others.
    pub fn demands(&self, limit: u32) -> Result<Vec<DemandView>, Problem> {
        self.actor(Act::ViewQueues)?;
        let kept = self.store().pressing_demands(limit)?;
        kept.into_iter().map(|kept| self.demand_view(kept)).collect()
    }

    pub fn demand(&self, id: DocumentKey) -> Result<DemandView, Problem> {
        self.actor(Act::ViewQueues)?;
        let kept = self.store().demand(&id)?.ok_or(OfficeError::NoSuchDemand(id.to_string()))?;
        self.demand_view(kept)
    }

    /// The demand on a document that waits for an answer, the oldest first.
    pub fn open_demand(&self, key: DocumentKey) -> Result<Option<DemandView>, Problem> {
        self.actor(Act::ViewQueues)?;
        let kept = self.store().demands_of(&key)?;
        let open = kept.into_iter().find(|kept| kept.state == DemandState::Open);
        open.map(|kept| self.demand_view(kept)).transpose()
    }

    fn demand_view(&self, kept: KeptDemand) -> Result<DemandView, Problem> {
        let document = match kept.demand.document {
            Some(key) => self.store().inbound(&key)?.map(Box::new),
            None => None,
        };
        let (mut changes, mut files_changed) = (Vec::new(), false);
        if let (Some(document), Some(update)) = (&document, &kept.demand.update) {
            changes = field_changes(&document.metadata, &update.metadata);
            let blobs = |files: &[FileRef]| -> Vec<BlobHash> {
                files.iter().map(|file| file.blob.clone()).collect()
            };
            files_changed = update
                .content
                .as_ref()
                .is_some_and(|content| blobs(&content.files) != blobs(&document.files));
        }
        Ok(DemandView { kept, document, changes, files_changed })
    }

    /// Answers a demand: 15 or 16 goes back. A refusal needs its reason, since the sender has
    /// a right to the cancellation (Điều 9 khoản 2).
    pub fn answer_demand(
        &self,
        id: DocumentKey,
        agreed: bool,
        reason: &str,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::Recall)?;
        let reason = text::tidy(reason);
        if !agreed && reason.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        if reason.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        let kept = self.store().demand(&id)?.ok_or(OfficeError::NoSuchDemand(id.to_string()))?;
        if kept.state.is_answered() {
            return Err(OfficeError::DemandAnswered.into());
        }
        let document = match kept.demand.document {
            Some(key) => self.store().inbound(&key)?,
            None => None,
        };
        // What went back or is cancelled cannot be updated: that is refused.
        let gone = |one: &InboundDocument| {
            matches!(one.state, InboundState::Returned | InboundState::Recalled)
        };
        if let Some(document) = document.as_ref().filter(|document| gone(document))
            && agreed
            && !kept.demand.kind.cancels()
        {
            return Err(Self::wrong_inbound_state(document.state).into());
        }
        let stood = document.clone();
        let now = Timestamp::now();
        let answer = DemandAnswer { agreed, reason, at: now, automatic: false };
        let settled = self.settlement(&kept.demand, document.as_ref(), answer.clone())?;
        // A refusal answers whoever asked for the same thing twice.
        let mut again = Vec::new();
        if let Some(document) = document.as_ref().filter(|_| !answer.agreed) {
            for other in self.store().demands_of(&document.key)? {
                let same = other.demand.kind == kept.demand.kind && other.demand.id != id;
                if same && other.state == DemandState::Open {
                    let answer = DemandAnswer { automatic: true, ..answer.clone() };
                    again.push(self.settlement(&other.demand, Some(document), answer)?);
                }
            }
        }
        let brings = kept.demand.update.as_ref().is_some_and(|update| update.content.is_some());
        let refiled = kept.demand.document.filter(|_| agreed && brings);
        let office = self.clone();
        self.store().write(&actor, move |writer| {
            if let Some(stood) = &stood {
                let present =
                    writer.inbound(&stood.key)?.ok_or_else(|| Self::missing(stood.key))?;
                if present.state != stood.state {
                    return Err(Self::wrong_inbound_state(present.state).into());
                }
                unmoved(present == *stood, id)?;
            }
            // Its document may have come meanwhile.
            unmoved(writer.demand(&id)?.as_ref() == Some(&kept), id)?;
            settled.write(&office, writer)?;
            for other in again {
                other.write(&office, writer)?;
            }
            stood.map_or(Ok::<(), Problem>(()), |one| office.last_word(writer, one.key))
        })?;
        // Other files are looked at like those of an arrival.
        match refiled {
            Some(key) => {
                let (gate, verdict) = self.look_again(&self.inbound_document(key)?)?;
                self.by_itself(Change::InboundGated { key, gate, verdict: Some(verdict) })
            }
            None => Ok(()),
        }
    }

    /// Refuses every other step while a document's sender waits for an answer that may cancel
    /// it: nobody registers or completes what may be gone tomorrow.
    pub(super) fn nothing_demanded(writer: &Writer<'_>, key: DocumentKey) -> Result<(), Problem> {
        let open =
            |kept: &KeptDemand| kept.state == DemandState::Open && kept.demand.kind.cancels();
        if writer.demands_of(&key)?.iter().any(open) {
            return Err(OfficeError::DemandOpen.into());
        }
        Ok(())
    }

    // Being told.

    /// Demands of which the person at the desk has not been told yet.
    pub fn untold_demands(&self) -> Result<Vec<DemandView>, Problem> {
        let kept = self.store().unnoticed_demands(&self.session().user)?;
        kept.into_iter().map(|kept| self.demand_view(kept)).collect()
    }

    /// The person has read it; that is recorded.
    pub fn demand_noticed(&self, id: DocumentKey) -> Result<(), Problem> {
        let actor = self.actor(Act::ViewQueues)?;
        self.store().write(&actor, move |writer| {
            writer.append(Change::DemandNoticed { demand: id })?;
            Ok(())
        })
    }

    // What is sealed.

    /// The main file of a cancelled document, for whom the law lets look at it: its reason is
    /// kept in the chain and the access in the log.
    pub fn sealed_file(&self, key: DocumentKey, reason: &str) -> Result<Arc<[u8]>, Problem> {
        let actor = self.actor(Act::OpenSealed)?;
        let reason = text::tidy(reason);
        if reason.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        let document = self.inbound_document(key)?;
        if document.state != InboundState::Recalled {
            return Err(Self::wrong_inbound_state(document.state).into());
        }
        self.refuse_infected(key)?;
        let main = document.files.iter().find(|file| file.main);
        let main = main.ok_or_else(|| Self::missing(key))?.clone();
        let user = self.session().user.clone();
        // Noted before anything is handed out.
        self.store().write(&actor, move |writer| {
            writer.append(Change::SealedOpened { key, reason })?;
            writer.log_access(&user, &key, "sealed")?;
            Ok::<(), Problem>(())
        })?;
        self.file(&main)
    }
}

/// What was worked out is true of a demand and its document as they stood.
///
/// # Errors
/// [`StoreError::Conflict`] where they do not stand so any more.
fn unmoved(stands: bool, demand: DocumentKey) -> Result<(), StoreError> {
    let moved = || StoreError::Conflict(format!("demand {demand} or its document was moved"));
    if stands { Ok(()) } else { Err(moved()) }
}

/// A demand with what follows from it at once.
pub(super) struct Prepared {
    received: Option<(Demand, Vec<String>)>,
    /// What waited for its document, as it stood.
    matched: Option<(KeptDemand, DocumentKey, Vec<String>)>,
    /// What an answer of before does to the document.
    effect: Vec<Change>,
    settled: Option<Settlement>,
}

impl Prepared {
    pub(super) fn write(self, office: &Office, writer: &mut Writer<'_>) -> Result<(), Problem> {
        let matched = self.matched.as_ref().map(|(_, key, _)| *key);
        let about = matched.or(self.received.as_ref().and_then(|(demand, _)| demand.document));
        if let Some((demand, told)) = self.received {
            if let Some(stood) = self.settled.as_ref().and_then(|one| one.document.as_deref()) {
                unmoved(writer.inbound(&stood.key)?.as_ref() == Some(stood), demand.id)?;
            }
            writer.append(Change::DemandReceived { demand: Box::new(demand), told })?;
        }
        let by = self.matched.as_ref().map(|(kept, ..)| kept.demand.id);
        if let Some((kept, key, told)) = self.matched {
            let demand = kept.demand.id;
            unmoved(writer.demand(&demand)?.as_ref() == Some(&kept), demand)?;
            writer.append(Change::DemandMatched { demand, key, told })?;
        }
        let cancelled = self.effect.iter().find_map(cancels);
        for change in self.effect {
            writer.append(change)?;
        }
        if let Some((key, by)) = cancelled.zip(by) {
            office.answer_the_others(writer, key, by)?;
        }
        if let Some(settled) = self.settled {
            settled.write(office, writer)?;
        }
        about.map_or(Ok(()), |key| office.last_word(writer, key))
    }
}

/// The answer to a demand and what goes with it, in one transaction.
struct Settlement {
    effect: Option<Change>,
    demand: Demand,
    /// As it stood when it was demanded.
    document: Option<Box<InboundDocument>>,
    answer: DemandAnswer,
}

impl Settlement {
    fn write(self, office: &Office, writer: &mut Writer<'_>) -> Result<(), Problem> {
        let cancelled = self.effect.as_ref().and_then(cancels);
        if let Some(effect) = self.effect {
            writer.append(effect)?;
        }
        if let Some(key) = cancelled {
            office.answer_the_others(writer, key, self.demand.id)?;
        }
        office.answer(writer, &self.demand, self.document.as_deref(), self.answer)
    }
}

/// What an answer does to the document: it is cancelled or updated, or stays as it is.
fn effect(demand: &Demand, document: &InboundDocument, answer: &DemandAnswer) -> Option<Change> {
    if !answer.agreed {
        return None;
    }
    let key = document.key;
    match &demand.update {
        Some(update) if !demand.kind.cancels() => {
            let update = Box::new(update.as_ref().clone().of(&document.metadata));
            Some(Change::InboundUpdated { key, demand: demand.id, update })
        }
        _ if demand.kind.cancels() && document.state.may_become(InboundState::Recalled) => {
            let reason = [&demand.reason, &answer.reason].into_iter().find(|said| !said.is_empty());
            Some(Change::InboundMoved {
                key,
                from: document.state,
                to: InboundState::Recalled,
                reason: reason.cloned().unwrap_or_default(),
            })
        }
        _ => None,
    }
}

/// The document that a change cancels.
fn cancels(change: &Change) -> Option<DocumentKey> {
    match change {
        Change::InboundMoved { key, to: InboundState::Recalled, .. } => Some(*key),
        _ => None,
    }
}

/// The outbox item of a status. Each demand has its own, and one `after` each that was refused
/// later.
fn queued(
    demand: &Demand,
    document: Option<&InboundDocument>,
    answer: &DemandAnswer,
    packet: BlobHash,
    after: Option<&Demand>,
) -> Change {
    let (id, sender) = (demand.id.to_string(), demand.sender.clone());
    let after = after.map(|refused| refused.id.to_string());
    let mut parts = vec!["demand", &id, answer.status().digits(), sender.as_str()];
    parts.extend(after.as_deref());
    Change::OutboxQueued {
        item: item_key(&parts),
        what: OutboxKind::Status,
        document: demand.document.or(document.map(|one| one.key)).unwrap_or(demand.id),
        recipient: sender,
        packet,
        urgent: document.is_some_and(|one| one.metadata.urgency > Urgency::Normal),
        order: false,
    }
}
