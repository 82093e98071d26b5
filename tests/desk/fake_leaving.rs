//! What is on its way out of the office in memory.

use jiff::{SignedDuration, Timestamp};
use vanthu::desk::door::LeavingDoor;
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::book::BookId;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::follow::{Concern, Stage, stage};
use vanthu::domain::letter::PaperSending;
use vanthu::domain::outbound::{OutboundDocument, OutboundState};
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::reserve::Reserved;
use vanthu::office::follow::{Followed, FollowedRow, IssuedUpdate};
use vanthu::office::leaving::{IssueOrder, PaperTask, Unsent};

use super::{FakeDoor, deliveries};

impl LeavingDoor for FakeDoor {
    fn unsent(&self, _: u32) -> Result<Vec<Unsent>, Problem> {
        let books = self.keeper.enter()?;
        let signed_at = Timestamp::now();
        let waits = books.outbound.iter().filter(|document| {
            matches!(document.state, OutboundState::ToSeal | OutboundState::ToIssue)
        });
        let waits = waits.cloned().map(|document| {
            let due = signed_at + SignedDuration::from_hours(20);
            Unsent { document, signed_at, due, late: false }
        });
        Ok(waits.collect())
    }

    fn sending_term(&self, document: &OutboundDocument) -> Option<Timestamp> {
        document.signed_at.map(|at| at + SignedDuration::from_hours(20))
    }

    fn following(&self, _: u32) -> Result<Vec<Followed>, Problem> {
        let books = self.keeper.enter()?;
        let issued = books.outbound.iter().filter(|one| one.state == OutboundState::Issued);
        let followed = issued.cloned().map(|document| {
            let rows = document.deliveries.iter().cloned().map(|delivery| {
                let stage = stage(&delivery);
                let concern = (stage == Stage::Wedged).then_some(Concern::Wedged);
                let (since, said) = (delivery.sent_at, delivery.reason.clone());
                FollowedRow { delivery, stage, since, concern, said }
            });
            let rows = rows.collect();
            Followed { document, rows, letters: Vec::new(), answers: Vec::new() }
        });
        Ok(followed.collect())
    }

    fn paper_tasks(&self, _: u32) -> Result<Vec<PaperTask>, Problem> {
        Ok(Vec::new())
    }

    fn evidence_page(&self, _: DocumentKey) -> Result<Vec<u8>, Problem> {
        self.keeper.enter()?.deeds.push("evidence".to_owned());
        Ok(b"%PDF-1.7".to_vec())
    }

    fn reserved_numbers(&self) -> Result<Vec<Reserved>, Problem> {
        Ok(Vec::new())
    }

    fn issue_with(&self, key: DocumentKey, _: &IssueOrder) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.move_outbound(key, OutboundState::Issued, "")?;
        if let Some(document) = books.outbound.iter_mut().find(|d| d.key == key) {
            let now = Timestamp::now();
            document.issued_at = Some(now);
            document.deliveries = deliveries(&document.metadata.recipients, now);
        }
        Ok(())
    }

    fn resend(&self, key: DocumentKey, to: &[AgencyCode], reason: &str) -> Result<(), Problem> {
        assert!(!reason.is_empty() && !to.is_empty());
        let mut books = self.keeper.enter()?;
        for document in books.outbound.iter_mut().filter(|document| document.key == key) {
            for delivery in document.deliveries.iter_mut().filter(|d| to.contains(&d.recipient)) {
                delivery.send = vanthu::domain::delivery::SendState::Sent;
                delivery.reason.clear();
                delivery.sent_at = Some(Timestamp::now());
            }
        }
        Ok(())
    }

    fn recall_from(&self, _: DocumentKey, _: &[AgencyCode], reason: &str) -> Result<(), Problem> {
        assert!(!reason.is_empty());
        Err(Problem::new("leaving-not-a-recipient", Kind::Usage, Blame::Input).with("code", "x"))
    }

    fn update_issued(
        &self,
        key: DocumentKey,
        update: &IssuedUpdate,
        reason: &str,
    ) -> Result<(), Problem> {
        assert!(!reason.is_empty() && *update != IssuedUpdate::default());
        let mut books = self.keeper.enter()?;
        books.deeds.push(format!(
            "update +{} -{}: {reason}",
            update.add.len(),
            update.remove.len()
        ));
        for document in books.outbound.iter_mut().filter(|document| document.key == key) {
            if let Some(subject) = &update.subject {
                document.metadata.subject.clone_from(subject);
            }
            document.metadata.urgency = update.urgency.unwrap_or(document.metadata.urgency);
        }
        Ok(())
    }

    fn close_delivery(&self, _: DocumentKey, _: &AgencyCode, _: &str) -> Result<(), Problem> {
        Ok(())
    }

    fn letter_sent(&self, _: DocumentKey, _: &str, _: PaperSending) -> Result<(), Problem> {
        Ok(())
    }

    fn letter_dropped(&self, _: DocumentKey, _: &str, _: &str) -> Result<(), Problem> {
        Ok(())
    }

    fn reserve_numbers(&self, _: &str, _: u32, _: &str) -> Result<Vec<Reserved>, Problem> {
        Ok(Vec::new())
    }

    fn hold_number(&self, _: DocumentKey, _: &BookId, _: u32) -> Result<(), Problem> {
        Ok(())
    }

    fn give_up_reserved(&self, _: &BookId, _: u32, _: &str) -> Result<(), Problem> {
        Ok(())
    }
}
