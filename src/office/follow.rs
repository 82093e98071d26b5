//! Following what was issued, and changing it afterwards: sent again, asked back from some,
//! other recipients, other data.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 8 khoản 2: the sender tracks that a document reached the
//! right receiver, and tells the receivers in the system when it wants it back. QCVN
//! 102:2016/BTTTT `BussinessDocType`: 1 recall, 2 update (of data, of receivers), 3 replace.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::handling::Link;
use super::leaving::LeavingError;
use super::status::item_key;
use super::{Office, OfficeError};
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::{Delivery, SendState};
use crate::domain::document::{BlobHash, DocumentKey, Metadata, Recipient, Urgency};
use crate::domain::follow::{self, Concern, Patience, Stage};
use crate::domain::letter::{PaperLetter, PaperState, owed};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::packet::{self, Kind, ReceiverChange};
use crate::store::OutboxItem;

/// An issued document with how far it is at each recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    pub document: OutboundDocument,
    pub rows: Vec<FollowedRow>,
    /// What of it goes on paper.
    pub letters: Vec<(PaperLetter, PaperState)>,
    /// Inbound documents that answer it.
    pub answers: Vec<Link>,
}

impl Followed {
    /// Whether somebody has to look at it.
    pub fn concerns(&self) -> bool {
        self.rows.iter().any(|row| row.concern.is_some())
    }
}

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedRow {
    pub delivery: Delivery,
    pub stage: Stage,
    /// Since when it stands there.
    pub since: Option<Timestamp>,
    pub concern: Option<Concern>,
    /// What the recipient, or the line, said last.
    pub said: String,
}

/// What of an issued document is told anew. Number, date, signer and file never change: for
/// those the document is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssuedUpdate {
    pub subject: Option<String>,
    /// `Some(None)` takes the term away.
    pub due: Option<Option<Date>>,
    pub urgency: Option<Urgency>,
    pub notes: Option<String>,
    pub other_places: Option<Vec<String>>,
    pub add: Vec<AgencyCode>,
    pub remove: Vec<AgencyCode>,
}

impl Office {
    /// How far one issued document is.
    pub fn follow(&self, key: DocumentKey) -> Result<Followed, Problem> {
        self.actor(Act::ViewQueues)?;
        let document = self.outbound_document(key)?;
        if document.issued_at.is_none() {
            return Err(Self::wrong_state(document.state));
        }
        let (patience, now) = (self.patience(), Timestamp::now());
        let holidays = self.profile().holidays();
        let rows = document.deliveries.iter().cloned().map(|delivery| {
            let stage = follow::stage(&delivery);
            let last = follow::last_said(&delivery);
            FollowedRow {
                stage,
                since: match stage {
                    Stage::RecallAsked => delivery.recall.as_ref().map(|recall| recall.at),
                    _ => last.map(|status| status.at).or(delivery.sent_at),
                },
                concern: follow::concern(&delivery, patience, now, holidays),
                said: match (&delivery.closed, last) {
                    (Some(done), _) => done.clone(),
                    (None, Some(status)) if !status.description.is_empty() => {
                        status.description.clone()
                    }
                    _ => delivery.reason.clone(),
                },
                delivery,
            }
        });
        let rows = rows.collect();
        let letters = self.store().paper_letters(&key)?;
        let answers = self.links(self.store().answers_arrived(&key)?)?;
        Ok(Followed { document, rows, letters, answers })
    }

    /// What is still to be followed, oldest first; with `concerns` only that which somebody has
    /// to look at now. `after` is the last one of the page before.
    pub fn following(
        &self,
        concerns: bool,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<Followed>, Problem> {
        const PAGE: u32 = 100;
        self.actor(Act::ViewQueues)?;
        let (mut found, mut after) = (Vec::new(), after);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        loop {
            let keys = self.store().followed(after, PAGE)?;
            let Some(last) = keys.last().copied() else { return Ok(found) };
            after = Some(last);
            for key in keys {
                let followed = self.follow(key)?;
                if !concerns || followed.concerns() {
                    found.push(followed);
                }
                if found.len() >= limit {
                    return Ok(found);
                }
            }
        }
    }

    /// How long this office waits before it asks.
    fn patience(&self) -> Patience {
        let rule = self.profile().following();
        Patience { arrive: rule.arrive_days, accept: rule.accept_days, recall: rule.recall_days }
    }

    /// Sends the document to these recipients again: what is parked is let go, whoever returned
    /// it or does not seem to have it gets the packet once more.
    pub fn resend(
        &self,
        key: DocumentKey,
        recipients: &[AgencyCode],
        reason: &str,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        let reason = self.reason(reason)?;
        let document = self.standing_issued(key)?;
        let chosen = self.chosen(&document, recipients)?;
        // Whoever has been asked to cancel it gets it by being put on the list again.
        if let Some(gone) = chosen.iter().find(|one| one.recall.is_some()) {
            return Err(LeavingError::AskedBack(gone.name.clone()).into());
        }
        let unsent: Vec<OutboxItem> = self
            .store()
            .outbox_of(&key)?
            .into_iter()
            .filter(|item| {
                item.state != SendState::Sent
                    && item.what == OutboxKind::Document
                    && chosen.iter().any(|one| one.recipient == item.recipient)
            })
            .collect();
        // A document that is on its way already is not sent beside itself, only sooner.
        let under_way =
            |code: &AgencyCode| unsent.iter().any(|item| !item.order && item.recipient == *code);
        let again: Vec<AgencyCode> = chosen
            .iter()
            .map(|one| one.recipient.clone())
            .filter(|code| !under_way(code))
            .collect();
        for item in unsent.iter().filter(|item| item.state == SendState::Waiting) {
            self.store().forget_tries(&item.item)?;
        }
        let parked: Vec<String> = unsent
            .into_iter()
            .filter(|item| item.state == SendState::Wedged)
            .map(|item| item.item)
            .collect();
        let at = Timestamp::now();
        let packet = match again.is_empty() {
            true => None,
            false => Some(self.parcel_of(&document, Kind::New, &reason, &again)?),
        };
        let urgent = document.metadata.urgency > Urgency::Normal;
        self.store().write(&actor, move |writer| {
            for item in parked {
                writer.append(Change::OutboxReleased { item })?;
            }
            let Some(packet) = packet else { return Ok::<(), Problem>(()) };
            let recipients = again.clone();
            writer.append(Change::DeliveryResent { key, recipients, reason })?;
            for recipient in again {
                writer.append(queued("document", key, recipient, &packet, (urgent, at)))?;
            }
            Ok(())
        })
    }

    /// Asks the document back from some of its recipients; from all of them it is recalled.
    pub fn recall_from(
        &self,
        key: DocumentKey,
        recipients: &[AgencyCode],
        reason: &str,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::Recall)?;
        let kept = self.reason(reason)?;
        let document = self.standing_issued(key)?;
        let chosen = self.chosen(&document, recipients)?;
        let asked: BTreeSet<&AgencyCode> = chosen.iter().map(|one| &one.recipient).collect();
        let has_it = |one: &&Delivery| follow::stage(one) != Stage::RecallAgreed;
        if document.deliveries.iter().filter(has_it).all(|one| asked.contains(&one.recipient)) {
            return self.recall(key, reason);
        }
        let codes: Vec<AgencyCode> = chosen.into_iter().map(|one| one.recipient).collect();
        let back = self.asked_back(&document, &codes)?;
        if back.is_empty() {
            return Err(LeavingError::NothingChanged.into());
        }
        let at = Timestamp::now();
        let packet = match back.asked() {
            [] => None,
            asked => Some(self.parcel_of(&document, Kind::Recall, &kept, asked)?),
        };
        self.store().write(&actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            back.append(writer, &now, &kept)?;
            for recipient in back.asked() {
                let Some(packet) = &packet else { continue };
                writer.append(queued("recall", key, recipient.clone(), packet, (true, at)))?;
            }
            Ok::<(), Problem>(())
        })
    }

    /// Changes what was told of an issued document, and to whom it goes. Whoever has it gets
    /// the update, whoever is added the document, whoever is taken off is asked to cancel it.
    /// For whom it has not left yet, the packet that waits is replaced: an update that travels
    /// beside its document may arrive before it. An earlier update that is parked is taken out:
    /// this one says all that it said, and sent again later it would undo this one.
    pub fn update_issued(
        &self,
        key: DocumentKey,
        update: &IssuedUpdate,
        reason: &str,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        if !update.remove.is_empty() {
            self.actor(Act::Recall)?;
        }
        let reason = self.reason(reason)?;
        let document = self.standing_issued(key)?;
        let before = &document.metadata;
        let mut metadata = self.told_anew(before, update)?;
        let removed: Vec<AgencyCode> =
            self.chosen(&document, &update.remove)?.into_iter().map(|one| one.recipient).collect();
        metadata.recipients.retain(|one| !removed.contains(&one.agency));
        let back = self.asked_back(&document, &removed)?;
        let outbox = self.store().outbox_of(&key)?;
        // It was sent, or is on its way; what was taken out before it left is neither.
        let goes_to = |code: &AgencyCode| {
            let carries = |item: &OutboxItem| item.what == OutboxKind::Document && !item.order;
            outbox.iter().any(|item| carries(item) && item.recipient == *code)
        };
        let mut added = Vec::new();
        for code in &update.add {
            let known = self.store().agency(code)?;
            let known = known.ok_or_else(|| OfficeError::UnknownAgency(code.to_string()))?;
            self.must_stand(&known)?;
            let listed = metadata.recipients.iter().any(|one| one.agency == known.code);
            // Whoever was asked to cancel it, or was spared it, gets it anew.
            let asked_back = document
                .deliveries
                .iter()
                .any(|one| one.recipient == known.code && one.recall.is_some());
            let anew = !listed || asked_back || !goes_to(&known.code);
            if anew && !added.contains(&known.code) {
                added.push(known.code.clone());
            }
            if !listed {
                metadata.recipients.push(Recipient { agency: known.code, name: known.name });
            }
        }
        if removed.iter().any(|code| added.contains(code)) {
            return Err(OfficeError::FieldInvalid("recipients").into());
        }
        if metadata == *before && added.is_empty() {
            return Err(LeavingError::NothingChanged.into());
        }
        if metadata.recipients.is_empty() && owed(&metadata).is_empty() {
            return Err(OfficeError::NoRecipient.into());
        }
        let at = Timestamp::now();
        let told = OutboundDocument { metadata: metadata.clone(), ..document.clone() };
        let document_changed = Metadata { recipients: Vec::new(), ..metadata.clone() }
            != Metadata { recipients: Vec::new(), ..before.clone() };
        let receivers = added.iter().map(|code| (code, true));
        let mut receivers: Vec<ReceiverChange> = receivers
            .chain(removed.iter().map(|code| (code, false)))
            .map(|(code, added)| ReceiverChange { code: code.clone(), added })
            .collect();
        // Only who has the document, and was not asked to cancel it, hears of the update.
        let staying: Vec<AgencyCode> = document
            .deliveries
            .iter()
            .filter(|one| one.recall.is_none() && !removed.contains(&one.recipient))
            .filter(|one| goes_to(&one.recipient))
            .map(|one| one.recipient.clone())
            .collect();
        let superseded = self.superseded(&outbox, &staying, &added);
        let document_changed = document_changed || superseded.document_changed;
        for earlier in &superseded.receivers {
            if receivers.iter().all(|one| one.code != earlier.code) {
                receivers.push(earlier.clone());
            }
        }
        let receivers_changed = !receivers.is_empty();
        let kind = Kind::Update { document_changed, receivers_changed, receivers };
        let waiting = self.asked_back(&document, &staying)?;
        let replaced = waiting.spared();
        let (anew, staying): (Vec<_>, Vec<_>) =
            staying.into_iter().partition(|code| replaced.contains(code));
        let mut parcels: Vec<(&str, AgencyCode, BlobHash)> = Vec::new();
        for (what, codes, kind) in [
            ("update", staying, kind.clone()),
            ("document", [anew, added.clone()].concat(), Kind::New),
            ("recall", back.asked().to_vec(), Kind::Recall),
        ] {
            if !codes.is_empty() {
                let packet = self.parcel_of(&told, kind, &reason, &codes)?;
                parcels.extend(codes.into_iter().map(|code| (what, code, packet.clone())));
            }
        }
        let urgent = metadata.urgency > Urgency::Normal;
        let letters: Vec<PaperLetter> = owed(&metadata);
        self.store().write(&actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if now.metadata != document.metadata || now.state != OutboundState::Issued {
                return Err(Self::wrong_state(now.state));
            }
            // Somebody else has asked it back meanwhile.
            let asked_back = |document: &OutboundDocument| -> Vec<bool> {
                document.deliveries.iter().map(|one| one.recall.is_some()).collect()
            };
            if asked_back(&now) != asked_back(&document) {
                return Err(LeavingError::Moved.into());
            }
            back.withdraw(writer, &now)?;
            waiting.take_out(writer, &now)?;
            superseded.take_out(writer, key)?;
            let (metadata, removed) = (Box::new(metadata), back.asked().to_vec());
            writer.append(Change::OutboundUpdated { key, metadata, added, removed, reason, at })?;
            for (what, recipient, packet) in parcels {
                writer.append(queued(what, key, recipient, &packet, (urgent, at)))?;
            }
            if !letters.is_empty() {
                writer.append(Change::PaperOwed { key, letters })?;
            }
            Ok::<(), Problem>(())
        })
    }

    /// Nobody follows this delivery any more, and what was done about it.
    pub fn close_delivery(
        &self,
        key: DocumentKey,
        recipient: &AgencyCode,
        done: &str,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        let reason = self.reason(done)?;
        let document = self.outbound_document(key)?;
        let recipient =
            self.chosen(&document, std::slice::from_ref(recipient))?.remove(0).recipient;
        self.store().write(&actor, move |writer| {
            // What is parked would otherwise be counted for ever.
            for item in writer.outbox_of(&key)? {
                if item.state == SendState::Wedged && item.recipient == recipient {
                    let (item, reason) = (item.item, reason.clone());
                    writer.append(Change::OutboxWithdrawn { item, document: key, reason })?;
                }
            }
            writer.append(Change::DeliveryClosed { key, recipient, reason })?;
            Ok::<(), Problem>(())
        })
    }

    /// The documents of ours that an arriving one answers.
    pub(super) fn answered_by(&self, metadata: &Metadata) -> Result<Vec<DocumentKey>, Problem> {
        let mut answered = BTreeSet::new();
        for about in &metadata.response_for {
            let us = Some(&self.session().agency.code);
            if about.agency.is_some() && !self.same_agency(about.agency.as_ref(), us)? {
                continue;
            }
            let found = self.store().find_outbound_by_status_reference(
                about.agency.as_ref(),
                &about.code,
                about.issued,
                &about.document_id,
            )?;
            answered.extend(found.map(|document| document.key));
        }
        Ok(answered.into_iter().collect())
    }

    fn standing_issued(&self, key: DocumentKey) -> Result<OutboundDocument, Problem> {
        let document = self.outbound_document(key)?;
        if document.state == OutboundState::Issued {
            Ok(document)
        } else {
            Err(Self::wrong_state(document.state))
        }
    }

    /// The deliveries to these agencies, each once; an agency may be named by a former code.
    fn chosen(
        &self,
        document: &OutboundDocument,
        recipients: &[AgencyCode],
    ) -> Result<Vec<Delivery>, Problem> {
        let mut chosen: Vec<Delivery> = Vec::new();
        for code in recipients {
            let mut found = None;
            for delivery in &document.deliveries {
                if self.same_agency(Some(&delivery.recipient), Some(code))? {
                    found = Some(delivery.clone());
                }
            }
            let found = found.ok_or_else(|| LeavingError::NotARecipient(code.to_string()))?;
            if chosen.iter().all(|one| one.recipient != found.recipient) {
                chosen.push(found);
            }
        }
        Ok(chosen)
    }

    /// The fields as they are told from now on.
    fn told_anew(&self, before: &Metadata, update: &IssuedUpdate) -> Result<Metadata, Problem> {
        let mut metadata = before.clone();
        if let Some(subject) = &update.subject {
            metadata.subject = text::tidy(subject);
            let length = metadata.subject.chars().count();
            if length == 0 || length > self.profile().limits().subject {
                return Err(OfficeError::FieldInvalid("subject").into());
            }
            super::draft::refuse_secrets(&metadata.subject)?;
        }
        if let Some(notes) = &update.notes {
            metadata.notes = text::tidy(notes);
            super::draft::refuse_secrets(&metadata.notes)?;
        }
        if let Some(places) = &update.other_places {
            let places = places.iter().map(|place| text::tidy(place));
            metadata.other_places = places.filter(|place| !place.is_empty()).collect();
        }
        metadata.due = update.due.unwrap_or(metadata.due);
        metadata.urgency = update.urgency.unwrap_or(metadata.urgency);
        Ok(metadata)
    }

    /// When the last packet of or about a document was made, as it says itself. Times on the wire
    /// have whole seconds; of two the recipient must see which is the later.
    fn told_last(&self, key: DocumentKey) -> Result<Timestamp, Problem> {
        let outbox = self.store().outbox_of(&key)?;
        let ours = outbox.iter().filter(|item| item.what == OutboxKind::Document);
        // One packet goes to many.
        let packets: BTreeMap<_, _> = ours.map(|item| (&item.packet.0, item)).collect();
        let told = packets.into_values().filter_map(|item| self.order_of(item)?.told_at());
        Ok(told.max().unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// The packet for these recipients alone, kept.
    pub(super) fn parcel_of(
        &self,
        document: &OutboundDocument,
        kind: Kind,
        reason: &str,
        to: &[AgencyCode],
    ) -> Result<BlobHash, Problem> {
        let named = |code: &AgencyCode| {
            let known = document.deliveries.iter().find(|one| one.recipient == *code);
            let listed = document.metadata.recipients.iter().find(|one| one.agency == *code);
            let name = listed.map(|one| &one.name).or(known.map(|one| &one.name));
            Recipient { agency: code.clone(), name: name.cloned().unwrap_or_default() }
        };
        // A new document names everybody who has it; an order only whom it concerns.
        let recipients = match kind {
            Kind::New => document.metadata.recipients.clone(),
            _ => to.iter().map(named).collect(),
        };
        let metadata = Metadata { recipients, ..document.metadata.clone() };
        let told = OutboundDocument { metadata, ..document.clone() };
        let at = Timestamp::now().max(self.told_last(document.key)? + SignedDuration::from_secs(1));
        let packet = self.document_packet(&told, kind, reason, at)?;
        Ok(self.store().put_blob(&packet::write(&packet)?)?)
    }
}

/// An item of its own for each order: the moment is part of its key.
fn queued(
    what: &str,
    key: DocumentKey,
    recipient: AgencyCode,
    packet: &BlobHash,
    (urgent, at): (bool, Timestamp),
) -> Change {
    Change::OutboxQueued {
        item: item_key(&[what, &key.to_string(), recipient.as_str(), &at.to_string()]),
        what: OutboxKind::Document,
        document: key,
        recipient,
        packet: packet.clone(),
        urgent,
        order: what != "document",
    }
}
