//! What senders demand of their documents afterwards: taken in, told to whom it concerns,
//! answered.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2: the receiver cancels a recalled document and
//! reports that this was done. What nobody has accepted yet is cancelled by the program where
//! the profile says so and no times speak against it; the rest a clerk or leader answers, and
//! until then nothing but returning it moves the document ([`Office::nothing_demanded`]). Each
//! demand has a status of its own in the outbox: however often a sender demands, each time there is an answer.

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

    /// The demand on a document that waits for an answer: one that holds the document before an
    /// update, the oldest first.
    pub fn open_demand(&self, key: DocumentKey) -> Result<Option<DemandView>, Problem> {
        self.actor(Act::ViewQueues)?;
        let kept = self.store().demands_of(&key)?;
        let open = kept.into_iter().filter(|kept| kept.state == DemandState::Open);
        open.min_by_key(|kept| !kept.demand.kind.cancels())
            .map(|kept| self.demand_view(kept))
            .transpose()
    }

    /// The one demand on a document that waits for an answer.
    ///
    /// # Errors
    /// [`OfficeError::SeveralDemands`] where more than one does: whoever names the document may
    /// not know of the one that came last, and what is cancelled stays so.
    pub fn only_open_demand(&self, key: DocumentKey) -> Result<Option<DemandView>, Problem> {
        self.actor(Act::ViewQueues)?;
        let kept = self.store().demands_of(&key)?;
        let mut open = kept.into_iter().filter(|kept| kept.state == DemandState::Open);
        match (open.next(), open.next()) {
            (Some(_), Some(_)) => Err(OfficeError::SeveralDemands.into()),
            (one, _) => one.map(|kept| self.demand_view(kept)).transpose(),
        }
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
        let office = self.clone();
        let refiled = self.store().write(&actor, move |writer| {
            let at = Timestamp::now();
            let answer = DemandAnswer { agreed, reason, at, automatic: false };
            office.answer_as_asked(writer, id, answer)
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

    /// Writes what a person answers; the key of the document whose files become others by it.
    fn answer_as_asked(
        &self,
        writer: &mut Writer<'_>,
        id: DocumentKey,
        answer: DemandAnswer,
    ) -> Result<Option<DocumentKey>, Problem> {
        let kept = writer.demand(&id)?.ok_or(OfficeError::NoSuchDemand(id.to_string()))?;
        if kept.state.is_answered() {
            return Err(OfficeError::DemandAnswered.into());
        }
        let demand = kept.demand;
        // Its sender would take this for the answer to the recall.
        if !demand.kind.cancels() && writer.is_asked_back(&demand)? {
            return Err(OfficeError::RecallFirst.into());
        }
        let others = writer.demands_beside(&demand)?;
        let document = match demand.document {
            Some(key) => Some(writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?),
            None => None,
        };
        let document = document.as_ref();
        // What went back or is cancelled cannot be updated: that is refused.
        let gone = document.filter(|one| one.state.is_gone());
        if let Some(gone) = gone.filter(|_| answer.agreed && !demand.kind.cancels()) {
            return Err(Self::wrong_inbound_state(gone.state).into());
        }
        // A refusal answers whoever asked for the same thing twice.
        let again = |other: &&KeptDemand| {
            let same = other.demand.kind == demand.kind && other.demand.id != id;
            !answer.agreed && same && other.state == DemandState::Open
        };
        // A later update that was agreed to is not undone by one of before.
        let overtaken = others.iter().any(|other| {
            other.state == DemandState::Agreed && demand.is_overtaken_by(&other.demand)
        });
        let mut settled = vec![Settlement::of(&demand, document, answer.clone(), overtaken)];
        settled.extend(others.iter().filter(again).map(|other| {
            let answer = DemandAnswer { automatic: true, ..answer.clone() };
            Settlement::of(&other.demand, document, answer, false)
        }));
        for one in settled {
            one.write(self, writer)?;
        }
        self.last_word(writer, &demand)?;
        let brings = demand.update.as_ref().is_some_and(|update| update.content.is_some());
        Ok(demand.document.filter(|_| answer.agreed && brings))
    }

    /// Refuses every other step while a document's sender waits for an answer that may cancel
    /// it: nobody registers or completes what may be gone tomorrow.
    pub(super) fn nothing_demanded(writer: &Writer<'_>, key: DocumentKey) -> Result<(), Problem> {
        if writer.demands_of(&key)?.iter().any(KeptDemand::holds) {
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

/// What was worked out of a demand and its document is true of them as they stood.
///
/// # Errors
/// [`StoreError::Conflict`] where they do not stand so any more.
fn unmoved(stands: bool, demand: DocumentKey) -> Result<(), StoreError> {
    let moved = || StoreError::Conflict(format!("demand {demand} or its document was moved"));
    if stands { Ok(()) } else { Err(moved()) }
}

/// A demand as it comes, who is told of it, and its document as that stood.
type Received = (Demand, Vec<String>, Option<Box<InboundDocument>>);

/// A demand with what follows from it at once.
pub(super) struct Prepared {
    received: Option<Received>,
    /// What waited for its document, as it stood.
    matched: Option<(KeptDemand, DocumentKey, Vec<String>)>,
    /// What an answer of before does to the document.
    effect: Vec<Change>,
    settled: Option<Settlement>,
}

impl Prepared {
    pub(super) fn write(self, office: &Office, writer: &mut Writer<'_>) -> Result<(), Problem> {
        let mut about = None;
        if let Some((demand, told, stood)) = self.received {
            if let Some(stood) = stood {
                // What is demanded of it beside this comes only from the same exchange, and what a
                // person answers meanwhile leaves at worst a question more.
                let present = writer.inbound(&stood.key)?;
                let present = present.map(|one| InboundDocument { demand: stood.demand, ..one });
                unmoved(present.as_ref() == Some(&*stood), demand.id)?;
            }
            about = demand.document.map(|_| demand.clone());
            writer.append(Change::DemandReceived { demand: Box::new(demand), told })?;
        }
        let by = self.matched.as_ref().map(|(kept, ..)| kept.demand.id);
        if let Some((kept, key, told)) = self.matched {
            let demand = kept.demand.id;
            unmoved(writer.demand(&demand)?.as_ref() == Some(&kept), demand)?;
            writer.append(Change::DemandMatched { demand, key, told })?;
            about = Some(Demand { document: Some(key), ..kept.demand });
        }
        let cancelled = self.effect.iter().find_map(cancels);
        for change in self.effect {
            writer.append(change)?;
        }
        if let Some(key) = cancelled {
            office.cancelled(writer, key, by)?;
        }
        if let Some(settled) = self.settled {
            settled.write(office, writer)?;
        }
        match about {
            Some(demand) => office.last_word(writer, &demand),
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
    /// What an answer leads to: nothing for the document where something later says already what
    /// is to be said (`overtaken`).
    fn of(
        demand: &Demand,
        document: Option<&InboundDocument>,
        answer: DemandAnswer,
        overtaken: bool,
    ) -> Self {
        let effect = document.filter(|_| !overtaken);
        let effect = effect.and_then(|document| effect_of(demand, document, &answer));
        Self { effect, demand: demand.clone(), document: document.cloned().map(Box::new), answer }
    }

    fn write(self, office: &Office, writer: &mut Writer<'_>) -> Result<(), Problem> {
        let cancelled = self.effect.as_ref().and_then(cancels);
        if let Some(effect) = self.effect {
            writer.append(effect)?;
        }
        if let Some(key) = cancelled {
            office.cancelled(writer, key, Some(self.demand.id))?;
        }
        office.answer(writer, &self.demand, self.document.as_deref(), self.answer)
    }
}

/// What an answer does to the document: it is cancelled or updated, or stays as it is.
fn effect_of(demand: &Demand, document: &InboundDocument, answer: &DemandAnswer) -> Option<Change> {
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
