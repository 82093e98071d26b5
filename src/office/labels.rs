//! The office's words for states, roles and codes, in the language in force.

use crate::domain::delivery::StatusCode;
use crate::domain::demand::{DemandKind, DemandState};
use crate::domain::document::Urgency;
use crate::domain::duplicate::Ground;
use crate::domain::handling::Part;
use crate::domain::inbound::InboundState;
use crate::domain::outbound::OutboundState;
use crate::domain::paper::Remark;
use crate::domain::role::{Act, Role};
use crate::domain::verdict::{LegalValue, Verdict};
use crate::i18n::tr;

pub fn inbound(state: InboundState) -> String {
    tr(&format!("inbound-{}", state.key()))
}

pub fn outbound(state: OutboundState) -> String {
    tr(&format!("outbound-{}", state.key()))
}

pub fn role(role: Role) -> String {
    tr(&format!("role-{}", role.key()))
}

pub fn act(act: Act) -> String {
    tr(&format!("act-{}", act.key()))
}

pub fn status(code: StatusCode) -> String {
    tr(&format!("status-{}", code.digits()))
}

pub fn demand(kind: DemandKind) -> String {
    tr(&format!("demand-{}", kind.key()))
}

pub fn demand_state(state: DemandState) -> String {
    tr(&format!("demand-state-{}", state.key()))
}

pub fn part(part: Part) -> String {
    tr(&format!("part-{}", part.key()))
}

pub fn verdict(verdict: Verdict) -> String {
    tr(&format!("verdict-{}", verdict.key()))
}

/// By what a document is known to have come twice.
pub fn grounds(grounds: &[Ground]) -> String {
    let said = grounds.iter().map(|ground| tr(&format!("duplicate-ground-{}", ground.key())));
    said.collect::<Vec<_>>().join(", ")
}

/// What is not as the regulation wants a scan.
pub fn remark(remark: Remark) -> String {
    tr(&format!("paper-remark-{}", remark.key()))
}

pub fn legal_value(value: LegalValue) -> String {
    tr(&format!("legal-{}", value.key()))
}

pub fn urgency(urgency: Urgency) -> String {
    tr(&format!("urgency-{}", urgency.key()))
}
