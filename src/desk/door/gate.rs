//! What the window asks about the gate before acceptance, taking back, and many at once.

use std::fmt::Debug;

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::domain::document::DocumentKey;
use crate::domain::gate::CheckName;
use crate::domain::inbound::InboundState;
use crate::domain::problem::Problem;
use crate::domain::report::{ErrorReport, ReportTo};
use crate::office::batch::{Cancel, Tell};
use crate::office::gate::GateView;
use crate::office::many::{Decision, Fates};
use crate::office::{Office, Unacknowledged};

/// The part of the door that leads to the gate. Every method may block, except
/// [`GateDoor::is_reminding_time`].
pub trait GateDoor: Debug + Send + Sync {
    fn gate(&self, key: DocumentKey) -> Result<GateView, Problem>;
    fn check_again(&self, key: DocumentKey) -> Result<GateView, Problem>;
    fn judge_check(&self, key: DocumentKey, check: CheckName, note: &str) -> Result<(), Problem>;
    /// Accepts although something stands against it.
    fn accept_despite(&self, key: DocumentKey, reason: &str) -> Result<(), Problem>;
    /// Takes the last decision back; where the document stands again.
    fn undo(&self, key: DocumentKey) -> Result<InboundState, Problem>;
    /// What is neither accepted nor returned, oldest first.
    fn unacknowledged(&self, limit: u32) -> Result<Vec<Unacknowledged>, Problem>;
    fn report_error(&self, key: DocumentKey, to: ReportTo, words: &str) -> Result<(), Problem>;
    /// Errors that were reported to the person here and not read yet.
    fn reported_to_me(&self) -> Result<Vec<(DocumentKey, ErrorReport)>, Problem>;
    fn report_read(&self, id: Uuid) -> Result<(), Problem>;
    fn decide_many(
        &self,
        keys: &[DocumentKey],
        decision: &Decision,
        cancel: &Cancel,
        tell: Tell<'_, String>,
    ) -> Result<Fates, Problem>;
    /// Why what went into quarantine last is there, and what to do about it.
    fn newest_refusal(&self) -> Result<Option<Problem>, Problem>;
    /// Whether the office closes soon, so that what is left of the day is reminded of.
    fn is_reminding_time(&self, now: Timestamp) -> bool;
    /// Whether this desk tells of things through the system's notifications.
    fn notifies(&self) -> bool;
    /// Whether the person is to be told today of what is overdue; whoever asks tells.
    fn tells_overdue(&self, today: Date) -> Result<bool, Problem>;
}

impl GateDoor for Office {
    fn gate(&self, key: DocumentKey) -> Result<GateView, Problem> {
        Self::gate(self, key)
    }

    fn check_again(&self, key: DocumentKey) -> Result<GateView, Problem> {
        Self::check_again(self, key)
    }

    fn judge_check(&self, key: DocumentKey, check: CheckName, note: &str) -> Result<(), Problem> {
        Self::judge_check(self, key, check, note)
    }

    fn accept_despite(&self, key: DocumentKey, reason: &str) -> Result<(), Problem> {
        Self::accept_despite(self, key, reason)
    }

    fn undo(&self, key: DocumentKey) -> Result<InboundState, Problem> {
        Self::undo(self, key)
    }

    fn unacknowledged(&self, limit: u32) -> Result<Vec<Unacknowledged>, Problem> {
        Self::unacknowledged(self, limit)
    }

    fn report_error(&self, key: DocumentKey, to: ReportTo, words: &str) -> Result<(), Problem> {
        Self::report_error(self, key, to, words)
    }

    fn reported_to_me(&self) -> Result<Vec<(DocumentKey, ErrorReport)>, Problem> {
        Self::reported_to_me(self)
    }

    fn report_read(&self, id: Uuid) -> Result<(), Problem> {
        Self::report_read(self, id)
    }

    fn decide_many(
        &self,
        keys: &[DocumentKey],
        decision: &Decision,
        cancel: &Cancel,
        tell: Tell<'_, String>,
    ) -> Result<Fates, Problem> {
        Self::decide_many(self, keys, decision, cancel, tell)
    }

    fn newest_refusal(&self) -> Result<Option<Problem>, Problem> {
        Self::newest_refusal(self)
    }

    fn is_reminding_time(&self, now: Timestamp) -> bool {
        Self::is_reminding_time(self, now)
    }

    fn notifies(&self) -> bool {
        Self::notifies(self)
    }

    fn tells_overdue(&self, today: Date) -> Result<bool, Problem> {
        Self::tells_overdue(self, today)
    }
}
