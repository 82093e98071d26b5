//! Demands as they arrive: by packets of their own, by a status, with the document that
//! replaces another, before or after the document that they are about.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{Prepared, Received, Settlement, cancels, effect_of};
use crate::domain::agency::AgencyCode;
use crate::domain::calendar;
use crate::domain::deadline;
use crate::domain::demand::{
    Decision, Demand, DemandAnswer, DemandKind, DemandState, KeptDemand, Refusal, Update,
    UpdatedContent, decide,
};
use crate::domain::document::{BlobHash, DocumentId, DocumentKey, ResponseFor};
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::i18n::tr;
use crate::office::draft::refuse_secrets;
use crate::office::{Imported, Office, OfficeError};
use crate::packet::{self, DocumentPacket, Kind, StatusPacket};

/// Which document a demand is about.
enum Target {
    Known(Box<InboundDocument>),
    /// It came from somebody else.
    Foreign(Box<InboundDocument>),
    /// Not here, or not yet.
    Unknown,
}

/// The facts of a demand, before its document is looked for.
struct Told {
    kind: DemandKind,
    sender: AgencyCode,
    sender_name: String,
    about: ResponseFor,
    reason: String,
    told_at: Option<Timestamp>,
    replacement: Option<DocumentKey>,
    update: Option<Box<Update>>,
}

impl Office {
    /// A recall of its own (`BussinessDocType` 1).
    pub(in crate::office) fn take_recall(
        &self,
        hash: &BlobHash,
        recall: &DocumentPacket,
    ) -> Result<Imported, Problem> {
        let told = self.told(DemandKind::Recall, recall)?;
        self.take_demand(hash, told)
    }

    /// An update (2). One that takes us off the recipients recalls the document from us; one
    /// that puts us on them brings a new document. `Ok(None)`: take it as a new one.
    pub(in crate::office) fn take_update(
        &self,
        hash: &BlobHash,
        packet: &DocumentPacket,
    ) -> Result<Option<Imported>, Problem> {
        let Kind::Update { receivers_changed, receivers, .. } = &packet.business.kind else {
            return Ok(None);
        };
        let us = &self.session().agency;
        let ours = receivers
            .iter()
            .find(|change| change.code == us.code || us.other_codes.contains(&change.code));
        if *receivers_changed && ours.is_some_and(|change| !change.added) {
            let told = self.told(DemandKind::Recall, packet)?;
            return self.take_demand(hash, told).map(Some);
        }
        let mut told = self.told(DemandKind::Update, packet)?;
        let target = self.target(&told)?;
        let whole = packet.main_attachment().is_some_and(packet::Attachment::is_pdf);
        let here = match &target {
            Target::Known(known) => !known.state.is_gone(),
            Target::Foreign(_) => true,
            Target::Unknown => false,
        };
        if !here && whole && ours.is_some_and(|change| change.added) {
            return Ok(None);
        }
        let mut metadata = packet.metadata(self.profile());
        let content = if whole {
            let unpacked = self.unpack(packet, metadata)?;
            metadata = unpacked.metadata;
            let (files, verdict, text) = (unpacked.files, unpacked.verdict, unpacked.text);
            Some(UpdatedContent { files, verdict, text })
        } else {
            refuse_secrets(&metadata.subject)?;
            None
        };
        let update = Update { metadata, content };
        told.update = Some(Box::new(match &target {
            Target::Known(known) => update.of(&known.metadata),
            _ => update,
        }));
        self.take_demand(hash, told).map(Some)
    }

    /// A status 13: the sender asks for a document back without a packet of its own kind.
    pub(in crate::office) fn take_recall_status(
        &self,
        hash: &BlobHash,
        status: &StatusPacket,
    ) -> Result<Imported, Problem> {
        let sender = status.from.code.clone();
        let sender =
            sender.ok_or_else(|| OfficeError::NoSuchDocument(status.response_for.code.clone()))?;
        let told = Told {
            kind: DemandKind::Recall,
            sender,
            sender_name: text::tidy(&status.from.name),
            about: status.response_for.clone(),
            reason: text::tidy(&status.description),
            told_at: status.at,
            replacement: None,
            update: None,
        };
        self.take_demand(hash, told)
    }

    /// The demands that a replacing document (`BussinessDocType` 3) brings with it, one for
    /// each document of ours that it takes the place of.
    pub(in crate::office) fn replacements(
        &self,
        packet: &DocumentPacket,
        replacement: DocumentKey,
        hash: &BlobHash,
    ) -> Result<Vec<Prepared>, Problem> {
        let Kind::Replace { documents } = &packet.business.kind else { return Ok(Vec::new()) };
        let us = &self.session().agency;
        let mut ids: Vec<String> = documents
            .iter()
            .filter(|one| {
                one.receivers.is_empty()
                    || one.receivers.iter().any(|to| *to == us.code || us.other_codes.contains(to))
            })
            .map(|one| one.document_id.clone())
            .collect();
        // Some systems name the document only where the procedure stands.
        if documents.is_empty() && packet.business.document_id != packet.document_id {
            ids.push(packet.business.document_id.clone());
        }
        // Each document once, however often it is named and spelt.
        let mut seen = HashSet::new();
        ids.retain(|id| DocumentId::parse(id).is_some_and(|id| seen.insert(id)));
        let mut prepared = Vec::new();
        for id in ids {
            let mut told = self.told(DemandKind::Replace, packet)?;
            told.about =
                ResponseFor { document_id: id, code: String::new(), issued: None, ..told.about };
            told.replacement = Some(replacement);
            prepared.push(self.prepare(told, hash)?);
        }
        Ok(prepared)
    }

    fn told(&self, kind: DemandKind, packet: &DocumentPacket) -> Result<Told, Problem> {
        let id = [&packet.business.document_id, &packet.document_id]
            .into_iter()
            .find(|id| DocumentId::parse(id).is_some());
        let missing = || OfficeError::NoSuchDocument(packet.business.document_id.clone());
        let id = id.ok_or_else(missing)?;
        let sender = packet.from.code.clone().ok_or_else(missing)?;
        Ok(Told {
            kind,
            about: ResponseFor {
                agency: Some(sender.clone()),
                code: packet.code.to_string(),
                issued: packet.issued,
                document_id: id.clone(),
            },
            sender,
            sender_name: text::tidy(&packet.from.name),
            reason: text::tidy(&packet.business.reason),
            told_at: packet.told_at(),
            replacement: None,
            update: None,
        })
    }

    /// The document that is meant. An id is only as good as who gives it.
    fn target(&self, told: &Told) -> Result<Target, Problem> {
        let Some(id) = DocumentId::parse(&told.about.document_id) else {
            return Ok(Target::Unknown);
        };
        let mut foreign = None;
        for document in self.store().inbound_of_id(&id)? {
            // A replacement may come under the very id of what it replaces.
            if Some(document.key) == told.replacement {
                continue;
            }
            if self.same_agency(document.sender.as_ref(), Some(&told.sender))? {
                return Ok(Target::Known(Box::new(document)));
            }
            foreign.get_or_insert(document);
        }
        Ok(foreign.map_or(Target::Unknown, |document| Target::Foreign(Box::new(document))))
    }

    fn take_demand(&self, hash: &BlobHash, told: Told) -> Result<Imported, Problem> {
        let outcome = format!("{} of {}", told.kind.key(), told.about.document_id);
        let prepared = self.prepare(told, hash)?;
        let taken = Change::PacketTaken { packet: hash.clone(), outcome };
        let office = self.clone();
        self.store().write(&self.program(), move |writer| {
            prepared.write(&office, writer)?;
            writer.append(taken)?;
            Ok(Imported::Status)
        })
    }

    /// Everything that a demand leads to, worked out before the transaction begins.
    fn prepare(&self, told: Told, hash: &BlobHash) -> Result<Prepared, Problem> {
        let now = Timestamp::now();
        let target = self.target(&told)?;
        let profile = self.profile();
        let rule = profile.recall_rule();
        let document = match &target {
            Target::Known(known) | Target::Foreign(known) => Some(known),
            Target::Unknown => None,
        };
        let today = calendar::local(now).date();
        let demand = Demand {
            id: DocumentKey::fresh(),
            kind: told.kind,
            sender: told.sender,
            sender_name: told.sender_name,
            about: told.about,
            reason: told.reason,
            received_at: now,
            told_at: told.told_at,
            answer_by: deadline::term(today, rule.answer_days, profile.holidays()),
            packet: hash.clone(),
            document: document.map(|known| known.key),
            replacement: told.replacement,
            update: told.update,
        };
        let decision = match &target {
            Target::Foreign(_) => Decision::Refuse(Refusal::NotTheSender),
            Target::Known(known) => {
                // Only what nobody has accepted is ever cancelled without asking.
                let arrived = known.state == InboundState::Arrived;
                let automatic = rule.automatic && arrived && !self.may_stand(known, &demand);
                decide(demand.kind, Some(known.state), automatic)
            }
            Target::Unknown => decide(demand.kind, None, rule.automatic),
        };
        let others = self.store().demands_beside(&demand)?;
        // It came after one that was sent later: what that says stays, and nobody is asked twice.
        let later = others.iter().rfind(|other| demand.is_overtaken_by(&other.demand));
        let answer = match (decision, later) {
            // While it is asked back, its sender would take this for the answer to that.
            (Decision::Ask | Decision::Refuse(Refusal::NothingLeft), _)
                if self.store().is_asked_back(&demand)? =>
            {
                None
            }
            (Decision::Ask, Some(later)) => {
                // While that waits for its answer nobody knows whether either will be so.
                Some((later.state == DemandState::Agreed, tr(Refusal::Overtaken.key())))
            }
            _ => by_itself(decision, &demand),
        };
        let settled = answer.map(|(agreed, reason)| {
            let answer = DemandAnswer { agreed, reason, at: now, automatic: true };
            Settlement::of(&demand, document.map(|known| &**known), answer, later.is_some())
        });
        let told = self.concerned(demand.document)?;
        let received = Some((demand, told, document.cloned()));
        Ok(Prepared { received, matched: None, effect: Vec::new(), settled })
    }

    /// What waited for this very document, whose id has just become known: it is about to be
    /// stored, or its packet, which was `sent` then, joins what was brought by hand.
    pub(in crate::office) fn waited_for(
        &self,
        document: &InboundDocument,
        sent: Option<Timestamp>,
    ) -> Result<Vec<Prepared>, Problem> {
        let Some(id) = &document.metadata.document_id else { return Ok(Vec::new()) };
        let mut prepared = Vec::new();
        let mut stands = true;
        if let Some(demand) = self.asked_back_meanwhile(id, document, sent)? {
            let received = Some(self.asked_again(demand, document)?);
            prepared.push(Prepared { received, matched: None, effect: Vec::new(), settled: None });
        }
        let mut waiting = self.store().unmatched_demands(id)?;
        // As they were sent, in whichever order they came.
        let told = |kept: &KeptDemand| kept.demand.told_at.unwrap_or(kept.demand.received_at);
        waiting.sort_by_key(told);
        for kept in waiting {
            let demand = kept.demand.clone();
            if !self.same_agency(document.sender.as_ref(), Some(&demand.sender))? {
                continue;
            }
            let answer = kept.answer.clone();
            let matched = Some((kept, document.key, self.concerned(Some(document.key))?));
            // Sent after it was told, the copy may be meant to stand as it is.
            let later = stands && demand.was_told_before(sent);
            // Somebody has answered already: what was agreed to holds.
            if let Some(answer) = answer {
                let again = (later && answer.agreed).then(|| demand.clone());
                let received =
                    again.map(|demand| self.asked_again(demand, document)).transpose()?;
                let effect = match stands && !later {
                    true => self.effect_on_arrival(&demand, document, &answer)?,
                    false => Vec::new(),
                };
                stands &= effect.iter().find_map(cancels).is_none();
                prepared.push(Prepared { received, matched, effect, settled: None });
                continue;
            }
            let automatic = self.profile().recall_rule().automatic && !later;
            let state = if stands { document.state } else { InboundState::Recalled };
            let answer = by_itself(decide(demand.kind, Some(state), automatic), &demand);
            let now = Timestamp::now();
            let settled = answer.map(|(agreed, reason)| {
                let answer = DemandAnswer { agreed, reason, at: now, automatic: true };
                let here = InboundDocument { state, ..document.clone() };
                stands &= !(agreed && demand.kind.cancels());
                Settlement::of(&demand, Some(&here), answer, false)
            });
            prepared.push(Prepared { received: None, matched, effect: Vec::new(), settled });
        }
        Ok(prepared)
    }

    /// The recall that has overtaken this copy: an earlier one was here alone, and went back or was
    /// cancelled, so that its sender was told that nothing is left of the document. A person
    /// looks at it once more: clocks differ, and what is cancelled stays so.
    fn asked_back_meanwhile(
        &self,
        id: &DocumentId,
        document: &InboundDocument,
        sent: Option<Timestamp>,
    ) -> Result<Option<Demand>, Problem> {
        for earlier in self.store().inbound_of_id(id)? {
            let gone = earlier.state.is_gone();
            let theirs = self.same_agency(earlier.sender.as_ref(), document.sender.as_ref())?;
            if !gone || !theirs || earlier.key == document.key {
                continue;
            }
            for KeptDemand { demand, state, .. } in self.store().demands_of(&earlier.key)? {
                let later = demand.told_at.zip(sent).is_some_and(|(told, sent)| told >= sent);
                if later && demand.kind.cancels() && state != DemandState::Refused {
                    return Ok(Some(demand));
                }
            }
        }
        Ok(None)
    }

    /// The same asked of a copy that is about to be stored, and who is told.
    fn asked_again(&self, demand: Demand, document: &InboundDocument) -> Result<Received, Problem> {
        let (now, profile) = (Timestamp::now(), self.profile());
        let today = calendar::local(now).date();
        let demand = Demand {
            id: DocumentKey::fresh(),
            received_at: now,
            answer_by: deadline::term(today, profile.recall_rule().answer_days, profile.holidays()),
            document: Some(document.key),
            ..demand
        };
        Ok((demand, self.concerned(Some(document.key))?, None))
    }

    /// Whether a document was sent after it was asked back, and so may be meant to stand. Where its
    /// packet cannot be read any more nobody knows, and what is cancelled stays so.
    fn may_stand(&self, document: &InboundDocument, demand: &Demand) -> bool {
        demand.kind.cancels()
            && match self.sent_at(document) {
                Ok(sent) => demand.was_told_before(sent),
                Err(problem) => {
                    tracing::warn!(%problem, key = %document.key, "its packet is not read");
                    true
                }
            }
    }

    /// What was answered before the document came does to it now. Other files are looked at like
    /// those of an arrival.
    fn effect_on_arrival(
        &self,
        demand: &Demand,
        document: &InboundDocument,
        answer: &DemandAnswer,
    ) -> Result<Vec<Change>, Problem> {
        let mut changes: Vec<Change> = effect_of(demand, document, answer).into_iter().collect();
        if let Some(Change::InboundUpdated { key, update, .. }) = changes.first()
            && let Some(content) = &update.content
        {
            let (metadata, files) = (update.metadata.clone(), content.files.clone());
            let updated = InboundDocument { metadata, files, ..document.clone() };
            let (gate, verdict) = self.look_again(&updated)?;
            changes.push(Change::InboundGated { key: *key, gate, verdict: Some(verdict) });
        }
        Ok(changes)
    }
}

/// What is answered without asking anybody: whether it is agreed to, and why.
fn by_itself(decision: Decision, demand: &Demand) -> Option<(bool, String)> {
    match decision {
        Decision::Wait | Decision::Ask => None,
        Decision::Agree => Some((true, demand.reason.clone())),
        Decision::Refuse(why) => Some((false, tr(why.key()))),
    }
}

#[cfg(test)]
mod tests;
