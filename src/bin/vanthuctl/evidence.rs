//! What proves that an issued document was sent, and how far it came.

use std::path::Path;

use serde_json::{Value, json};
use vanthu::domain::calendar;
use vanthu::domain::problem::Problem;
use vanthu::office::evidence::{
    Acceptance, Asked, Evidence, ParcelEvidence, ParcelState, RecipientEvidence,
};
use vanthu::office::{Office, labels};
use vanthu::{i18n, t};

use crate::door::{self, key};
use crate::outbound;
use crate::output::Outcome;

/// Status 1 if a receipt does not hold.
pub fn evidence(office: &Office, id: &str, out: Option<&Path>) -> Result<Outcome, Problem> {
    let evidence = office.evidence(key(id)?)?;
    if let Some(out) = out {
        door::write(out, &office.print_evidence(&evidence, i18n::language())?)?;
    }
    let mut json = json_of(&evidence);
    json["file"] = json!(out);
    Ok(Outcome::new(json, text_of(&evidence, out)).no_if(!evidence.holds()))
}

fn text_of(evidence: &Evidence, out: Option<&Path>) -> String {
    let document = &evidence.document;
    let mut lines = vec![outbound::head(document)];
    for recipient in &evidence.recipients {
        let row = &recipient.row;
        lines.push(format!("    {}\t{}", row.delivery.name, labels::stage(row.stage)));
        lines.extend(recipient.parcels.iter().map(parcel_line));
    }
    if let Asked::Failed(problem) = &evidence.asked {
        lines.push(t!("evidence-asked-in-vain", why = i18n::tell(problem).what));
    }
    lines.extend(out.map(|out| out.display().to_string()));
    lines.join("\n")
}

fn parcel_line(parcel: &ParcelEvidence) -> String {
    let carries = t!(&format!("evidence-carries-{}", parcel.carries.key()));
    let said = match &parcel.state {
        ParcelState::Accepted(one) => {
            let receipt = match &one.proof {
                Some(proof) if proof.holds => t!("evidence-receipt-holds"),
                Some(_) => t!("evidence-receipt-broken"),
                None => t!("evidence-receipt-none"),
            };
            let accepted = calendar::iso(one.at);
            format!("{accepted}\t{}\t{}: {receipt}", one.server_id, t!("evidence-receipt"))
        }
        state => t!(&format!("evidence-state-{}", state.key())),
    };
    format!("        {carries}\t{}\t{said}", parcel.packet)
}

fn json_of(evidence: &Evidence) -> Value {
    let document = &evidence.document;
    let (asked_at, asked_in_vain) = match &evidence.asked {
        Asked::Not => (None, None),
        Asked::At(at) => (Some(calendar::iso(*at)), None),
        Asked::Failed(problem) => (None, Some(problem.code)),
    };
    json!({
        "id": document.key,
        "state": document.state.key(),
        "code": document.metadata.code.to_string(),
        "subject": document.metadata.subject,
        "issued_at": document.issued_at.map(calendar::iso),
        "holds": evidence.holds(),
        "asked_at": asked_at,
        "asked_in_vain": asked_in_vain,
        "recipients": evidence.recipients.iter().map(recipient).collect::<Vec<_>>(),
        "steps": evidence.steps.iter().map(|step| json!({
            "at": calendar::iso(step.at),
            "user": step.user,
            "kind": step.kind.key(),
            "to": step.to,
            "without": step.without,
            "reason": step.reason,
        })).collect::<Vec<_>>(),
        "letters": evidence.letters.iter().map(|(letter, state)| json!({
            "place": letter.place,
            "sending": state,
        })).collect::<Vec<_>>(),
    })
}

fn recipient(one: &RecipientEvidence) -> Value {
    let delivery = &one.row.delivery;
    json!({
        "recipient": delivery.recipient,
        "name": delivery.name,
        "stage": one.row.stage.key(),
        "closed": delivery.closed,
        "statuses": outbound::statuses(delivery),
        "packets": one.parcels.iter().map(parcel).collect::<Vec<_>>(),
    })
}

fn parcel(one: &ParcelEvidence) -> Value {
    let (code, detail) = match &one.state {
        ParcelState::Wedged { code, detail } => (Some(code), Some(detail)),
        _ => (None, None),
    };
    json!({
        "carries": one.carries.key(),
        "sha256": one.packet,
        "queued_at": calendar::iso(one.queued_at),
        "state": one.state.key(),
        "code": code,
        "detail": detail,
        "accepted": match &one.state {
            ParcelState::Accepted(acceptance) => accepted(acceptance),
            _ => Value::Null,
        },
    })
}

fn accepted(one: &Acceptance) -> Value {
    let told = one.told.as_ref();
    json!({
        "server_id": one.server_id,
        "at": calendar::iso(one.at),
        "receipt": one.proof.as_ref().map(|proof| json!({
            "text": proof.text,
            "signature": proof.signature,
            "key": proof.key,
            "holds": proof.holds,
        })),
        "fetched_at": told.and_then(|told| told.fetched_at).map(calendar::iso),
        "lapsed_at": told.and_then(|told| told.lapsed_at).map(calendar::iso),
        "outcome": told.and_then(|told| told.outcome),
        "confirmed_at": told.and_then(|told| told.confirmed_at).map(calendar::iso),
    })
}
