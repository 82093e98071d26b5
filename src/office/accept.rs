//! Accepting an inbound document, and what is not acknowledged yet.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 9 khoản 1 (Nghị định 30/2020/NĐ-CP Điều 21 khoản 2): the
//! sender is told on the same day that the document was received, or gets it back.

use jiff::Timestamp;
use jiff::civil::Date;

use super::set_up::{DeskOrder, Row};
use super::{Office, OfficeError, gate, labels, settings};
use crate::domain::calendar;
use crate::domain::document::{DocumentKey, Urgency};
use crate::domain::gate::Way;
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::store::StoreError;

const NOTIFICATIONS: &str = "notifications";
const OFF: &str = "off";
/// On which day a person was told of what is overdue.
const OVERDUE_TOLD: &str = "overdue.told";

pub(super) fn notifies_row(on: bool) -> Row {
    settings::row(NOTIFICATIONS, if on { "on" } else { OFF })
}

/// A document whose sender waits to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unacknowledged {
    pub document: InboundDocument,
    /// Until when, by the profile.
    pub due: Timestamp,
    pub late: bool,
}

impl Office {
    /// Accepts; status 03 goes back to the sender. Refused where something stands against it
    /// at the gate.
    pub fn accept(&self, key: DocumentKey) -> Result<(), Problem> {
        self.accept_despite(key, "")
    }

    /// Accepts with a reason, where a check failed that is no hard stop. The reason stays in
    /// the office: the sender is told only that the document was accepted.
    pub fn accept_despite(&self, key: DocumentKey, reason: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::ReceiveInbound)?;
        let before = self.inbound_document(key)?;
        Self::check_inbound_step(before.state, InboundState::Accepted)?;
        let reason = text::tidy(reason);
        if reason.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        self.look_if_due(&before)?;
        let (stops, office) = (self.profile().gate_stops(), self.clone());
        self.store().write(&actor, move |writer| {
            let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            Self::check_inbound_step(document.state, InboundState::Accepted)?;
            Self::nothing_demanded(writer, key)?;
            // As it stands now: another window may have looked again meanwhile.
            let gate = writer.gate(&key)?.ok_or_else(|| Self::missing(key))?;
            if !gate.is_of(&document.files) {
                let updated = format!("inbound {key} was updated while it was accepted");
                return Err(StoreError::Conflict(updated).into());
            }
            match gate.way(&stops) {
                Way::Open => {}
                Way::WithReason(_) if !reason.is_empty() => {}
                Way::WithReason(checks) => {
                    return Err(OfficeError::GateReason { checks: gate::names(&checks) }.into());
                }
                Way::Closed(checks) => {
                    return Err(OfficeError::GateClosed { checks: gate::names(&checks) }.into());
                }
            }
            let (from, to) = (document.state, InboundState::Accepted);
            writer.append(Change::InboundMoved { key, from, to, reason })?;
            office.tell(writer, &document, to, "")
        })
    }

    /// What came over the line and is neither accepted nor returned, oldest first.
    pub fn unacknowledged(&self, limit: u32) -> Result<Vec<Unacknowledged>, Problem> {
        self.actor(Act::ViewQueues)?;
        let now = Timestamp::now();
        let deadline = &self.profile().deadlines().acknowledge;
        let waiting = self.store().unacknowledged(limit)?;
        Ok(waiting
            .into_iter()
            .map(|document| {
                let urgent = document.metadata.urgency > Urgency::Normal;
                let due = if urgent { deadline.urgent } else { deadline.normal };
                let due = due.after(document.arrived_at, self.profile().holidays());
                Unacknowledged { due, late: due < now, document }
            })
            .collect())
    }

    /// Whether what is left of the day is to be reminded of: on a working day, from an hour
    /// or so before the office closes.
    pub fn is_reminding_time(&self, now: Timestamp) -> bool {
        let here = calendar::local(now);
        calendar::is_working_day(here.date(), self.profile().holidays())
            && self.profile().office_hours().is_reminding(here.time())
    }

    /// Whether this desk tells of things through the system's notifications; it does unless
    /// somebody switched that off.
    pub fn notifies(&self) -> bool {
        !matches!(self.store().setting(NOTIFICATIONS), Ok(Some(off)) if off == OFF)
    }

    pub fn set_notifies(&self, on: bool) -> Result<(), Problem> {
        self.set_up_desk(DeskOrder { notifies: Some(on), ..DeskOrder::default() })
    }

    /// Whether the person at the desk is to be told today of what is overdue: once a day, however
    /// often the program is started. Whoever asks tells.
    pub fn tells_overdue(&self, today: Date) -> Result<bool, Problem> {
        self.actor(Act::ViewQueues)?;
        let name = format!("{OVERDUE_TOLD}.{}", self.session().user);
        let today = today.to_string();
        if self.store().setting(&name)?.as_deref() == Some(today.as_str()) {
            return Ok(false);
        }
        self.store().set_setting(&name, &today)?;
        Ok(true)
    }

    /// Refuses to open what malware was found in, even if only a later look found it.
    pub(super) fn refuse_infected(&self, key: DocumentKey) -> Result<(), Problem> {
        use crate::domain::gate::{CheckName, Outcome};
        let gate = self.store().gate(&key)?;
        let check = gate.as_ref().and_then(|gate| gate.check(CheckName::Malware));
        match check {
            Some(check) if check.outcome == Outcome::Failed => {
                let found = check.facts.first();
                let file = found.map(|fact| fact.place.clone()).unwrap_or_default();
                let name = found.and_then(|fact| fact.args.first()).map(|(_, name)| name.clone());
                let malware = name.unwrap_or_default();
                Err(OfficeError::MalwareKept { file, malware }.into())
            }
            _ => Ok(()),
        }
    }
}

/// Why a state does not let something be done, as a problem.
pub(super) fn wrong_state(state: InboundState) -> Problem {
    OfficeError::WrongState { state: labels::inbound(state) }.into()
}
