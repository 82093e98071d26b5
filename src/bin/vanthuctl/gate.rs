//! The gate before acceptance on the command line.

use serde_json::{Value, json};
use vanthu::domain::calendar;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::gate::{Check, CheckName, Outcome as Result_, Way};
use vanthu::domain::inbound::InboundState;
use vanthu::domain::problem::Problem;
use vanthu::domain::report::ReportTo;
use vanthu::office::batch::{Cancel, Fate};
use vanthu::office::gate::{GateView, check_name, evidence, fact, outcome};
use vanthu::office::many::Decision;
use vanthu::office::{Office, labels};
use vanthu::t;

use crate::args;
use crate::door::key;
use crate::output::{self, Outcome};
use crate::usage;

pub fn gate(office: &Office, args: &args::Gate) -> Result<Outcome, Problem> {
    let id = key(&args.id)?;
    if let Some(check) = &args.judge {
        let check = CheckName::from_key(check).ok_or_else(|| usage("--judge", check))?;
        office.judge_check(id, check, &args.note)?;
    }
    let view = if args.again { office.check_again(id)? } else { office.gate(id)? };
    Ok(told(&args.id, &view))
}

fn told(id: &str, view: &GateView) -> Outcome {
    let way = match &view.way {
        Way::Open => "open",
        Way::WithReason(_) => "with-reason",
        Way::Closed(_) => "closed",
    };
    let Some(gate) = &view.gate else {
        let json = json!({"id": id, "checked": false});
        return Outcome::new(json, t!("ctl-gate-never"));
    };
    let mut text = vec![t!("gate-title")];
    for check in &gate.checks {
        text.push(format!("{}\t{}", check_name(check.name), outcome(&check.outcome)));
        text.extend(check.facts.iter().map(|one| format!("\t{}", fact(one))));
    }
    text.push(labels::legal_value(gate.legal.value));
    text.extend(gate.legal.signatures.iter().map(|one| format!("\t{}", evidence(one))));
    let judged = view.judgements.iter();
    text.extend(judged.map(|one| {
        t!("ctl-gate-judged", check = check_name(one.check), user = one.user, note = one.note)
    }));
    let mut answer = Outcome::new(
        json!({
            "id": id,
            "checked": true,
            "checked_at": calendar::iso(gate.checked_at),
            "way": way,
            "checks": gate.checks.iter().map(check_json).collect::<Vec<_>>(),
            "files": gate.files,
            "legal": gate.legal,
            "judgements": view.judgements,
            "reports": view.reports,
            "proposed_reasons": view.proposed,
        }),
        text.join("\n"),
    );
    // Status 1: the answer to «may it be accepted as it is?» is no.
    answer.status = u8::from(view.way != Way::Open);
    answer
}

fn check_json(check: &Check) -> Value {
    let why = match &check.outcome {
        Result_::NotDone { why, .. } => Some(why),
        _ => None,
    };
    json!({
        "check": check.name.key(),
        "result": check.outcome.key(),
        "why": why,
        "article": check.article,
        "facts": check.facts,
    })
}

/// One alone fails like every command; of several, each is told.
pub fn accept(office: &Office, args: &args::Accept) -> Result<Outcome, Problem> {
    let keys: Vec<DocumentKey> = args.ids.iter().map(|id| key(id)).collect::<Result<_, _>>()?;
    if let ([id], [one]) = (args.ids.as_slice(), keys.as_slice()) {
        office.accept_despite(*one, &args.despite)?;
        return super::desk_work::inbound_state(office, id);
    }
    if !args.despite.is_empty() {
        // A reason is for one document: what stands against another is another matter.
        return Err(usage("--despite", &args.despite));
    }
    many(office, &keys, &Decision::Accept, InboundState::Accepted)
}

/// One decision on several documents, each of which is told; one that goes wrong does not stop
/// the others. `to` is where those that go well stand afterwards.
pub fn many(
    office: &Office,
    keys: &[DocumentKey],
    decision: &Decision,
    to: InboundState,
) -> Result<Outcome, Problem> {
    let fates = office.decide_many(keys, decision, &Cancel::default(), &|_| ())?;
    let mut text = Vec::new();
    let mut rows = Vec::new();
    let mut first = None;
    for (key, fate) in &fates {
        match fate {
            Fate::Done(word) => {
                text.push(format!("{key}\t{}\t{word}", labels::inbound(to)).trim_end().to_owned());
                rows.push(json!({"id": key.to_string(), "state": to}));
            }
            Fate::Failed(problem) | Fate::NotTried(problem) => {
                eprint!("{key}: ");
                output::say(problem);
                let error = output::error_json(problem);
                rows.push(json!({"id": key.to_string(), "error": error}));
                first.get_or_insert(problem);
            }
        }
    }
    let mut answer = Outcome::new(json!({"documents": rows}), text.join("\n"));
    if let Some(problem) = first {
        answer.json["error"] = output::error_json(problem);
        answer.status = problem.kind.exit_status();
    }
    Ok(answer)
}

pub fn undo(office: &Office, id: &str) -> Result<Outcome, Problem> {
    office.undo(key(id)?)?;
    super::desk_work::inbound_state(office, id)
}

/// Status 1 where something is late.
pub fn unacknowledged(office: &Office) -> Result<Outcome, Problem> {
    const SHOWN: u32 = 1000;
    let waiting = office.unacknowledged(SHOWN)?;
    let late = waiting.iter().any(|one| one.late);
    let rows: Vec<Value> = waiting
        .iter()
        .map(|one| {
            json!({
                "id": one.document.key.to_string(),
                "sender": one.document.sender_name,
                "code": one.document.metadata.code.to_string(),
                "subject": one.document.metadata.subject,
                "arrived_at": calendar::iso(one.document.arrived_at),
                "due": calendar::iso(one.due),
                "late": one.late,
            })
        })
        .collect();
    let text: Vec<String> = waiting
        .iter()
        .map(|one| {
            let mark = if one.late { t!("ctl-late") } else { String::new() };
            let due = calendar::local(one.due).strftime("%d/%m/%Y %H:%M").to_string();
            let document = &one.document;
            let code = &document.metadata.code;
            format!("{}\t{due}\t{code}\t{}\t{mark}", document.key, document.sender_name)
        })
        .collect();
    let mut answer = Outcome::new(json!({"documents": rows}), text.join("\n"));
    answer.status = u8::from(late);
    Ok(answer)
}

pub fn report(office: &Office, command: &args::Report) -> Result<Outcome, Problem> {
    match command {
        args::Report::Error { id, text, to } => {
            let to = match to {
                Some(user) => ReportTo::User { user: user.clone() },
                None => ReportTo::Sender,
            };
            office.report_error(key(id)?, to, text)?;
            Ok(Outcome::new(json!({"id": id, "reported": true}), t!("ctl-error-reported")))
        }
        args::Report::ToMe => {
            let mine = office.reported_to_me()?;
            let rows: Vec<Value> = mine
                .iter()
                .map(|(key, report)| json!({"document": key.to_string(), "report": report}))
                .collect();
            let text: Vec<String> = mine
                .iter()
                .map(|(key, report)| {
                    format!("{}\t{key}\t{}\t{}", report.id, report.by, report.text)
                })
                .collect();
            Ok(Outcome::new(json!({"reports": rows}), text.join("\n")))
        }
        args::Report::Read { report } => {
            office.report_read(report.parse().map_err(|_| usage("REPORT", report))?)?;
            Ok(Outcome::new(json!({"report": report, "read": true}), t!("ctl-report-read")))
        }
    }
}
