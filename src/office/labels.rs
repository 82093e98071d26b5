//! The office's words for states, roles and codes, in the language in force.

use crate::domain::copy::{CopyForm, CopyKind, Unsecured};
use crate::domain::delivery::StatusCode;
use crate::domain::demand::{DemandKind, DemandState};
use crate::domain::document::Urgency;
use crate::domain::duplicate::Ground;
use crate::domain::follow::{Concern, Stage};
use crate::domain::handling::Part;
use crate::domain::inbound::InboundState;
use crate::domain::letter::{PaperGround, PaperWay};
use crate::domain::outbound::OutboundState;
use crate::domain::paper::Remark;
use crate::domain::role::{Act, Role};
use crate::domain::verdict::{LegalValue, Verdict};
use crate::i18n::tr;
use crate::office::parked::ParkedKind;
use crate::t;

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

/// How far an issued document is at a recipient.
pub fn stage(stage: Stage) -> String {
    tr(&format!("stage-{}", stage.key()))
}

/// Why somebody has to look at a delivery.
pub fn concern(concern: Concern) -> String {
    tr(&format!("concern-{}", concern.key()))
}

/// What the line does not take.
pub fn parked(kind: ParkedKind) -> String {
    tr(&format!("parked-{}", kind.key()))
}

/// Which kind of certified copy.
pub fn copy_kind(kind: CopyKind) -> String {
    tr(&format!("copy-kind-{}", kind.key()))
}

/// Signatures of others that do not last, each with whose it is and why.
pub fn unsecured(others: &[Unsecured]) -> String {
    let one = |other: &Unsecured| {
        let signer = match other.signer.as_str() {
            "" => tr("unsecured-nameless"),
            name => name.to_owned(),
        };
        let why: Vec<String> =
            other.reasons.iter().map(|code| tr(&format!("reason-{code}"))).collect();
        let why = if why.is_empty() { tr("unsecured-no-service") } else { why.join(" ") };
        t!("unsecured-one", signer = signer, why = why)
    };
    others.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// From what to what a copy was made.
pub fn copy_form(form: CopyForm) -> String {
    tr(&format!("copy-form-{}", form.key()))
}

/// How a letter on paper went.
pub fn paper_way(way: PaperWay) -> String {
    tr(&format!("paper-way-{}", way.key()))
}

/// Why a document goes on paper as well.
pub fn paper_ground(ground: PaperGround) -> String {
    tr(&format!("paper-ground-{}", ground.key()))
}

pub fn legal_value(value: LegalValue) -> String {
    tr(&format!("legal-{}", value.key()))
}

pub fn urgency(urgency: Urgency) -> String {
    tr(&format!("urgency-{}", urgency.key()))
}
