//! What senders demand of their documents afterwards: taken in, told to whom it concerns,
//! answered.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2: the receiver cancels a recalled document and
//! reports that this was done. What nobody has accepted yet is cancelled by the program where
//! the profile says so; the rest a clerk or leader answers, and until then nothing else moves
//! the document ([`Office::nothing_demanded`]). Each demand has a status of its own in the
//! outbox: however often a sender demands, each time there is an answer.

mod taking;
mod telling;

use std::sync::Arc;

use jiff::Timestamp;

use super::{Office, OfficeError};
use crate::domain::demand::{
    Demand, DemandAnswer, DemandState, FieldChange, KeptDemand, field_changes,
};
use crate::domain::document::{BlobHash, DocumentKey, FileRef};
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
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
            match stood {
                Some(stood) => office.last_word(writer, stood.key, &kept.demand.sender),
                None => Ok::<(), Problem>(()),
            }
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
        let received = self.received.as_ref().map(|(demand, _)| demand);
        let about = match &self.matched {
            Some((kept, key, _)) => Some((*key, kept.demand.sender.clone())),
            None => received.and_then(|demand| Some((demand.document?, demand.sender.clone()))),
        };
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
        match about {
            Some((key, sender)) => office.last_word(writer, key, &sender),
            None => Ok(()),
        }
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
