//! A document's history, told from its operations.

use jiff::Timestamp;
use jiff::civil::Date;

use super::correct::changed;
use super::extract::Field;
use super::{HistoryEntry, Office, labels};
use crate::domain::agency::AgencyCode;
use crate::domain::calendar;
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::handling::Participant;
use crate::domain::operation::{Change, Operation, OutboxKind};
use crate::domain::opinion::Decision;
use crate::domain::outbound::{LeavingScan, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::report::ReportTo;
use crate::domain::role::Act;
use crate::t;

impl Office {
    /// Everything that happened to a document, oldest first.
    pub fn history(&self, key: DocumentKey) -> Result<Vec<HistoryEntry>, Problem> {
        self.actor(Act::ViewQueues)?;
        let operations = self.store().history(&key)?;
        // What a correction changed is told against the fields before it.
        let mut before = Metadata::default();
        let mut entries = Vec::new();
        for operation in operations {
            let after = match &operation.change {
                Change::InboundArrived { metadata, .. }
                | Change::InboundProposed { metadata, .. }
                | Change::InboundJoined { metadata, .. }
                | Change::InboundCorrected { metadata, .. } => Some(metadata.clone()),
                Change::InboundUpdated { update, .. } => Some(update.metadata.clone()),
                _ => None,
            };
            entries.extend(self.entry(operation, &before));
            before = after.unwrap_or(before);
        }
        Ok(entries)
    }

    fn entry(&self, operation: Operation, before: &Metadata) -> Option<HistoryEntry> {
        let at = Timestamp::from_millisecond(operation.time.millis).ok()?;
        let text = match &operation.change {
            Change::InboundCorrected { metadata, reason, .. } => {
                corrected(before, metadata, reason)
            }
            change => self.sentence(change, calendar::local(at).date())?,
        };
        Some(HistoryEntry { at, user: operation.user, role: operation.role, text })
    }

    /// What a change means to a reader, with agencies as they were called on its day; `None`
    /// for what only the program cares about.
    fn sentence(&self, change: &Change, day: Date) -> Option<String> {
        let moved = |from: String, to: String, reason: &str| {
            if reason.is_empty() {
                t!("history-moved", from = from, to = to)
            } else {
                t!("history-moved-reason", from = from, to = to, reason = reason)
            }
        };
        Some(match change {
            Change::InboundArrived { verdict, .. } => {
                t!("history-arrived", verdict = labels::verdict(verdict.verdict))
            }
            Change::InboundMoved { from, to, reason, .. } => {
                moved(labels::inbound(*from), labels::inbound(*to), reason)
            }
            Change::InboundRegistered { registration, .. }
                if !registration.book.series.is_empty() =>
            {
                t!(
                    "history-registered-in",
                    number = registration.arrival_number,
                    series = registration.book.series,
                    date = registration.arrival_date.strftime("%d/%m/%Y")
                )
            }
            Change::InboundRegistered { registration, .. } => t!(
                "history-registered",
                number = registration.arrival_number,
                date = registration.arrival_date.strftime("%d/%m/%Y")
            ),
            Change::InboundAssigned { assignment, .. } => self.given(
                "history-assigned",
                &assignment.participants(),
                &assignment.direction,
                assignment.due,
            ),
            Change::InboundGated { gate, .. } => {
                let failed = gate.checks.iter().filter(|check| check.stands_against()).count();
                t!("history-gated", failed = failed)
            }
            Change::LayoutChecked { check, .. } => {
                t!("history-layout", found = super::check_layout::standing(check))
            }
            Change::InboundJudged { judgement, .. } => t!(
                "history-judged",
                check = super::gate::check_name(judgement.check),
                note = judgement.note
            ),
            Change::InboundUndone { from, to, .. } => {
                t!("history-undone", from = labels::inbound(*from), to = labels::inbound(*to))
            }
            Change::ErrorReported { report, .. } => match &report.to {
                ReportTo::Sender => t!("history-error-sender", words = report.text),
                ReportTo::User { user } => {
                    t!("history-error-user", user = self.display_name(user), words = report.text)
                }
            },
            Change::ErrorReportSeen { .. } => t!("history-error-seen"),
            Change::OutboxWithdrawn { reason, .. } if !reason.is_empty() => {
                t!("history-given-up", reason = reason)
            }
            Change::OutboxWithdrawn { .. } => t!("history-withdrawn"),
            Change::PaperDigitised { paper, .. } => t!("history-digitised", pages = paper.pages),
            Change::PaperSealed { seal, .. } => {
                t!("history-copy-signed", signer = seal.signer)
            }
            Change::DuplicateSeen { first, grounds, .. } => t!(
                "history-duplicate",
                first = self.known_as(*first),
                grounds = labels::grounds(grounds)
            ),
            Change::CopyArrived { origin, .. } => t!("history-came-again", origin = origin),
            Change::InboundJoined { sender_name, .. } => {
                t!("history-joined", sender = sender_name)
            }
            Change::DuplicateAllowed { first, reason, .. } => {
                t!("history-duplicate-allowed", first = self.known_as(*first), reason = reason)
            }
            Change::HandlingForwarded { from, to, direction, due, .. } => {
                let given = self.given("history-forwarded", to, direction, *due);
                format!("{} {given}", t!("history-forwarded-from", from = self.party_name(from)))
            }
            Change::DocumentSeen { .. } => t!("history-seen"),
            Change::ProgressNoted { progress, .. } => {
                let mut said = t!("history-progress", text = progress.text);
                if let Some(percent) = progress.percent {
                    said = format!("{said} ({percent} %)");
                }
                if !progress.next.is_empty() {
                    said = format!("{said} {}", t!("history-progress-next", next = progress.next));
                }
                said
            }
            // What is one's own is shown to oneself, among the notes.
            Change::NoteAdded { private: true, .. } => return None,
            Change::NoteAdded { text, .. } => t!("history-note", text = text),
            Change::AnswerLinked { answer, .. } => {
                let known = self.store().outbound(answer).ok().flatten();
                let name = known.map_or_else(String::new, |one| match one.metadata.code.number {
                    number if number.is_empty() => one.metadata.subject,
                    _ => one.metadata.code.to_string(),
                });
                t!("history-answer", answer = name)
            }
            Change::DemandReceived { demand, .. } => t!(
                "history-demand",
                kind = labels::demand(demand.kind),
                sender = demand.sender_name,
                reason = demand.reason
            ),
            Change::DemandMatched { .. } => t!("history-demand-matched"),
            Change::DemandAnswered { answer, .. } => {
                let key = match (answer.agreed, answer.automatic) {
                    (true, false) => "history-demand-agreed",
                    (true, true) => "history-demand-agreed-itself",
                    (false, false) => "history-demand-refused",
                    (false, true) => "history-demand-refused-itself",
                };
                t!(key, reason = answer.reason)
            }
            Change::InboundUpdated { .. } => t!("history-updated"),
            Change::SealedOpened { reason, .. } => t!("history-sealed-opened", reason = reason),
            Change::InboundProposed { fields, .. } => {
                let named = fields.iter().filter_map(|name| Field::from_key(name));
                let fields = named.map(Field::label).collect::<Vec<_>>().join(", ");
                t!("history-proposed", fields = fields)
            }
            Change::OutboundDrafted { accepted_differences, .. } => {
                made_of(t!("history-drafted"), *accepted_differences)
            }
            Change::OutboundEdited { why, accepted_differences, .. } => {
                let said = match why.is_empty() {
                    true => t!("history-edited"),
                    false => t!("history-edited-why", why = why),
                };
                made_of(said, *accepted_differences)
            }
            // Where it went is told by the move before it.
            Change::OpinionGiven { opinion, .. } if opinion.to.is_empty() => return None,
            Change::OpinionGiven { opinion, .. } if opinion.decision == Decision::HandOn => {
                t!("history-handed-on", user = self.display_name(&opinion.to), note = opinion.note)
            }
            Change::OpinionGiven { opinion, .. } => {
                t!("history-given-to", user = self.display_name(&opinion.to))
            }
            Change::CommentMade { comment, .. } => match &comment.anchor {
                Some(anchor) => {
                    t!("history-commented-at", page = anchor.page + 1, text = comment.text)
                }
                None => t!("history-commented", text = comment.text),
            },
            Change::CommentAnswered { text, settles, .. } => match settles {
                Some(true) => t!("history-comment-settled", text = text),
                Some(false) => t!("history-comment-reopened", text = text),
                None => t!("history-comment-answered", text = text),
            },
            Change::OutboundMoved { from, to, reason, .. } => {
                moved(labels::outbound(*from), labels::outbound(*to), reason)
            }
            Change::OutboundNumbered { numbering, metadata, .. } => t!(
                "history-numbered",
                number = metadata.code,
                date = numbering.date.strftime("%d/%m/%Y")
            ),
            Change::OutboundSigned { kind: SignatureKind::Personal, signer, .. } => {
                t!("history-signed-personal", signer = signer)
            }
            Change::OutboundSigned { kind: SignatureKind::Organisation, signer, .. } => {
                t!("history-signed-organisation", signer = signer)
            }
            Change::OutboundAnnexSigned { file, signer, .. } => {
                t!("history-signed-annex", file = file.name, signer = signer)
            }
            Change::SignatureExtended { file, level, unsecured, .. } => {
                let said = t!("history-extended", file = file.name, level = level.name());
                match unsecured.as_slice() {
                    [] => said,
                    others => {
                        let others = labels::unsecured(others);
                        t!("history-extended-but", said = said, others = others)
                    }
                }
            }
            Change::OutboundIssued { recipients, scan, replaces, .. } => {
                let issued = t!("history-issued", count = recipients.len());
                let issued = match replaces {
                    Some(old) => {
                        format!(
                            "{issued} {}",
                            t!("history-issued-replacing", code = self.code_of(*old))
                        )
                    }
                    None => issued,
                };
                match scan {
                    None => issued,
                    Some(LeavingScan::Clean { by }) => {
                        format!("{issued} {}", t!("history-issued-clean", by = by))
                    }
                    Some(LeavingScan::Unscanned { reason, .. }) => {
                        format!("{issued} {}", t!("history-issued-unscanned", reason = reason))
                    }
                }
            }
            Change::RecallAsked { recipients, reason, .. } => {
                t!("history-recall-asked", names = self.names_of(recipients, day), reason = reason)
            }
            Change::OutboundUpdated { added, removed, reason, .. } => t!(
                "history-issued-updated",
                added = self.names_of(added, day),
                removed = self.names_of(removed, day),
                reason = reason
            ),
            Change::DeliveryResent { recipients, reason, .. } => {
                t!("history-resent", names = self.names_of(recipients, day), reason = reason)
            }
            Change::DeliveryClosed { recipient, reason, .. } => t!(
                "history-delivery-closed",
                recipient = self.agency_name(recipient, day),
                reason = reason
            ),
            Change::AnswerArrived { inbound, .. } => {
                t!("history-answer-arrived", answer = self.known_as(*inbound))
            }
            Change::CopyCertified { copy, .. } => {
                t!("history-copied", kind = copy.kind.title(), code = copy.written)
            }
            Change::PaperOwed { letters, .. } => t!("history-paper-owed", count = letters.len()),
            Change::PaperSent { place, sending, .. } => t!(
                "history-paper-sent",
                place = place,
                way = labels::paper_way(sending.way),
                date = sending.on.strftime("%d/%m/%Y"),
                by = sending.by
            ),
            Change::PaperDropped { place, reason, .. } => {
                t!("history-paper-dropped", place = place, reason = reason)
            }
            Change::NumberHeld { number, .. } => t!("history-number-held", number = number),
            Change::NumberFreed { number, .. } => t!("history-number-freed", number = number),
            Change::OutboxQueued { what, recipient, .. } => {
                let recipient = self.agency_name(recipient, day);
                match what {
                    OutboxKind::Document => t!("history-queued-document", recipient = recipient),
                    OutboxKind::Status => t!("history-queued-status", recipient = recipient),
                }
            }
            Change::OutboxSent { .. } => t!("history-sent"),
            Change::OutboxWedged { detail, .. } => t!("history-wedged", detail = detail),
            Change::OutboxReleased { .. } => t!("history-released"),
            Change::StatusReceived { recipient, entry, .. } => t!(
                "history-status",
                recipient = self.agency_name(recipient, day),
                status = labels::status(entry.code)
            ),
            _ => return None,
        })
    }

    /// An issued document by its number and notation.
    fn code_of(&self, key: DocumentKey) -> String {
        match self.store().outbound(&key) {
            Ok(Some(document)) => document.metadata.code.to_string(),
            _ => key.to_string(),
        }
    }

    /// A document as people would name it: its arrival number, else its code, else its subject.
    fn known_as(&self, key: DocumentKey) -> String {
        let Ok(Some(document)) = self.store().inbound(&key) else { return key.to_string() };
        match document.registration {
            Some(registration) => t!(
                "history-arrival-number",
                number = registration.arrival_number,
                date = registration.arrival_date.strftime("%d/%m/%Y")
            ),
            None if !document.metadata.code.number.is_empty() => document.metadata.code.to_string(),
            None => document.metadata.subject,
        }
    }

    /// Who got a document, in what part, with what direction and until when.
    fn given(
        &self,
        key: &str,
        parts: &[Participant],
        direction: &str,
        due: Option<Date>,
    ) -> String {
        let names: Vec<_> = parts
            .iter()
            .map(|one| format!("{} ({})", self.party_name(&one.party), labels::part(one.part)))
            .collect();
        let mut said = t!(key, user = names.join(", "), direction = direction);
        if let Some(due) = due {
            said = format!("{said} {}", t!("history-due", date = due.strftime("%d/%m/%Y")));
        }
        said
    }

    pub(super) fn display_name(&self, user: &str) -> String {
        match self.store().user(user) {
            Ok(Some(known)) => known.display_name,
            _ => user.to_owned(),
        }
    }

    fn names_of(&self, codes: &[AgencyCode], day: Date) -> String {
        let names: Vec<String> = codes.iter().map(|code| self.agency_name(code, day)).collect();
        if names.is_empty() { "–".to_owned() } else { names.join("; ") }
    }
}

/// What was done with a draft, and that its file says other words than what it was made of.
fn made_of(said: String, accepted: Option<u32>) -> String {
    match accepted {
        Some(count) => format!("{said} {}", t!("history-differences-accepted", count = count)),
        None => said,
    }
}

/// Each field with what stood there before and what stands there now, and why.
fn corrected(before: &Metadata, after: &Metadata, reason: &str) -> String {
    let none = t!("history-correction-empty");
    let said = |text: String| if text.is_empty() { none.clone() } else { text };
    let changes: Vec<String> = changed(before, after)
        .into_iter()
        .map(|(field, before, after)| {
            t!(
                "history-correction-field",
                field = field.label(),
                before = said(before),
                after = said(after)
            )
        })
        .collect();
    match (changes.is_empty(), reason.is_empty()) {
        (true, _) => t!("history-confirmed"),
        (false, true) => t!("history-filled", changes = changes.join("; ")),
        (false, false) => {
            t!("history-corrected", changes = changes.join("; "), reason = reason)
        }
    }
}
