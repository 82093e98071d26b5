//! Answers to demands, as their senders are told them: status 15 or 16.
//!
//! These do not say what they answer, so that the last is what counts. Each is made within the
//! transaction that gives it, later than all that were given before about the document, and
//! what was said of a recall is said again where something else was answered otherwise since.

use jiff::{SignedDuration, Timestamp};

use super::super::Office;
use super::super::status::{distinct, item_key};
use crate::domain::demand::{Demand, DemandAnswer, DemandState, Refusal, to_tell_again};
use crate::domain::document::{BlobHash, DocumentId, DocumentKey, ResponseFor, Urgency};
use crate::domain::inbound::InboundDocument;
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::problem::Problem;
use crate::i18n::tr;
use crate::packet::{Packet, StatusPacket};
use crate::store::Writer;

/// How much later an answer is than the last before it. The wire has whole seconds (QCVN
/// 102:2016/BTTTT); the one between is for what is told again after that last one, of which no
/// time is kept.
const AFTER_THE_LAST: SignedDuration = SignedDuration::from_secs(2);
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(1);

impl Office {
    /// Answers a demand: status 15 or 16 for its sender. Whoever else claims to be the sender is
    /// told 16 as well.
    pub(super) fn answer(
        &self,
        writer: &mut Writer<'_>,
        demand: &Demand,
        document: Option<&InboundDocument>,
        answer: DemandAnswer,
    ) -> Result<(), Problem> {
        let (told, packet) = self.told_answer(writer, demand, document, answer, AFTER_THE_LAST)?;
        let item = answer_item(demand, &told, None);
        writer.append(Change::DemandAnswered { demand: demand.id, answer: told })?;
        writer.append(queued(item, demand, document, packet))?;
        Ok(())
    }

    /// The status of an answer, and the answer with the time that it tells: `after` all that were
    /// given before about any copy of the document.
    fn told_answer(
        &self,
        writer: &mut Writer<'_>,
        demand: &Demand,
        document: Option<&InboundDocument>,
        answer: DemandAnswer,
        after: SignedDuration,
    ) -> Result<(DemandAnswer, BlobHash), Problem> {
        // One document has one name, however those who ask spell it.
        let id = DocumentId::parse(&demand.about.document_id);
        let others = writer.demands_about(id.as_ref(), document.map(|one| &one.key))?;
        let document_id = id.map_or_else(|| demand.about.document_id.clone(), |id| id.to_string());
        // The document as it stands here names more than most demands do.
        let about = match document {
            Some(document) => ResponseFor {
                agency: Some(demand.sender.clone()),
                code: document.metadata.code.to_string(),
                issued: document.metadata.issued,
                document_id,
            },
            None => ResponseFor { document_id, ..demand.about.clone() },
        };
        let last = others.iter().filter_map(|other| other.answer.as_ref()).map(|one| one.at).max();
        let earliest = last.and_then(|at| at.checked_add(after).ok());
        let at = earliest.map_or(answer.at, |at| at.max(answer.at));
        let is_queued = |packet: &BlobHash| writer.is_queued(packet);
        let (at, report) = distinct(at, is_queued, |at| {
            Ok(Packet::Status(StatusPacket {
                from: (&self.session().agency).into(),
                response_for: about.clone(),
                code: answer.status(),
                description: answer.reason.clone(),
                at: Some(at),
                staff: self.staff(),
            }))
        })?;
        Ok((DemandAnswer { at, ..answer }, writer.put_blob(&report)?))
    }

    /// Sees to it that the last word on a document that was asked back is the answer to that
    /// ([`to_tell_again`]). `answered` is what was just answered, or has just come, with the
    /// document that it is about; its sender is told.
    pub(super) fn last_word(
        &self,
        writer: &mut Writer<'_>,
        answered: &Demand,
    ) -> Result<(), Problem> {
        // One agency may have asked under two codes, of which the older is closed by now.
        let theirs = writer.demands_beside(answered)?;
        let Some((recall, last)) = to_tell_again(&theirs) else { return Ok(()) };
        let (Some(said), Some(before)) = (&recall.answer, &last.answer) else { return Ok(()) };
        let document = match answered.document {
            Some(key) => writer.inbound(&key)?,
            None => None,
        };
        let again = DemandAnswer { at: before.at, ..said.clone() };
        let demand = Demand { sender: answered.sender.clone(), ..recall.demand.clone() };
        let item = answer_item(&demand, &again, Some(&last.demand));
        // Once after each that was answered otherwise.
        if writer.outbox_item(&item)?.is_none() {
            let (_, packet) =
                self.told_answer(writer, &demand, document.as_ref(), again, AGAIN_AFTER)?;
            writer.append(queued(item, &demand, document.as_ref(), packet))?;
        }
        Ok(())
    }

    /// Answers what is still asked about other copies of a document, of which nothing is left here.
    /// Said later, its sender would take it for a word about this one.
    pub(in crate::office) fn answer_for_gone(
        &self,
        writer: &mut Writer<'_>,
        document: &InboundDocument,
    ) -> Result<(), Problem> {
        let Some((id, sender)) =
            document.metadata.document_id.as_ref().zip(document.sender.as_ref())
        else {
            return Ok(());
        };
        for gone in writer.inbound_of_id(id)? {
            let Some(by) = gone.sender.as_ref().filter(|_| gone.key != document.key) else {
                continue;
            };
            if !gone.state.is_gone() || !writer.is_one_agency(by, sender)? {
                continue;
            }
            self.answer_the_others(writer, &gone, None)?;
            // Somebody else's demand may be the last that is kept under it.
            for asked in writer.demands_of(&gone.key)?.iter().rev() {
                if writer.is_one_agency(&asked.demand.sender, sender)? {
                    self.last_word(writer, &asked.demand)?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Answers everything else that is demanded of a document that has just been cancelled by one
    /// demand, and of its copies that are gone, as part of the transaction that does it.
    pub(super) fn cancelled(
        &self,
        writer: &mut Writer<'_>,
        key: DocumentKey,
        by: Option<DocumentKey>,
    ) -> Result<(), Problem> {
        let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
        self.answer_for_gone(writer, &document)?;
        self.answer_the_others(writer, &document, by)
    }

    /// Answers everything that is demanded of a document that is gone, except for one demand.
    fn answer_the_others(
        &self,
        writer: &mut Writer<'_>,
        document: &InboundDocument,
        by: Option<DocumentKey>,
    ) -> Result<(), Problem> {
        for other in writer.demands_of(&document.key)? {
            let demand = other.demand;
            if other.state != DemandState::Open || Some(demand.id) == by {
                continue;
            }
            let agreed = demand.kind.cancels();
            let reason =
                if agreed { demand.reason.clone() } else { tr(Refusal::NothingLeft.key()) };
            let answer = DemandAnswer { agreed, reason, at: Timestamp::now(), automatic: true };
            self.answer(writer, &demand, Some(document), answer)?;
        }
        Ok(())
    }
}

/// The outbox item of an answer. Each demand has its own, and one `after` each that was answered
/// otherwise later.
fn answer_item(demand: &Demand, answer: &DemandAnswer, after: Option<&Demand>) -> String {
    let id = demand.id.to_string();
    let after = after.map(|later| later.id.to_string());
    let mut parts = vec!["demand", &id, answer.status().digits(), demand.sender.as_str()];
    parts.extend(after.as_deref());
    item_key(&parts)
}

fn queued(
    item: String,
    demand: &Demand,
    document: Option<&InboundDocument>,
    packet: BlobHash,
) -> Change {
    Change::OutboxQueued {
        item,
        what: OutboxKind::Status,
        document: demand.document.or(document.map(|one| one.key)).unwrap_or(demand.id),
        recipient: demand.sender.clone(),
        packet,
        urgent: document.is_some_and(|one| one.metadata.urgency > Urgency::Normal),
        order: false,
    }
}
