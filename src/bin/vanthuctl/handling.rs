//! Settling inbound documents, and what their senders demand afterwards.

use jiff::Timestamp;
use serde_json::{Value, json};
use vanthu::domain::calendar;
use vanthu::domain::deadline;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::handling::{Part, Participant, Party, Progress, Unit};
use vanthu::domain::inbound::InboundState;
use vanthu::domain::problem::Problem;
use vanthu::office::many::Decision;
use vanthu::office::{Agenda, Assigning, DemandView, Filter, Office, labels};
use vanthu::t;

use crate::args;
use crate::desk_work::{inbound_json, inbound_line, inbound_state, outbound_state};
use crate::door::{self, key};
use crate::output::Outcome;
use crate::usage;

pub fn assign(office: &Office, args: &args::Assign) -> Result<Outcome, Problem> {
    let given = assigning(office, &args.parts)?;
    let keys: Vec<DocumentKey> = args.ids.iter().map(|id| key(id)).collect::<Result<_, _>>()?;
    if let ([id], [one]) = (args.ids.as_slice(), keys.as_slice()) {
        office.assign_to(*one, given)?;
        return inbound_state(office, id);
    }
    crate::gate::many(office, &keys, &Decision::Assign(given), InboundState::Assigned)
}

pub fn forward(office: &Office, args: &args::Forward) -> Result<Outcome, Problem> {
    office.forward(key(&args.id)?, assigning(office, &args.parts)?)?;
    inbound_state(office, &args.id)
}

fn assigning(office: &Office, args: &args::Parts) -> Result<Assigning, Problem> {
    let named = [
        ("--ask", Part::Direct, args.ask.as_slice()),
        ("--lead", Part::Lead, args.lead.as_slice()),
        ("--cooperate", Part::Cooperate, args.cooperate.as_slice()),
        ("--inform", Part::Inform, args.inform.as_slice()),
    ];
    let mut parts = Vec::new();
    for (option, part, names) in named {
        for name in names {
            let party = Party::parse(name).ok_or_else(|| usage(option, name))?;
            parts.push(Participant { party, part });
        }
    }
    let due = match &args.due {
        Some(text) => {
            let today = calendar::local(Timestamp::now()).date();
            let read = deadline::read(text, today, office.profile().holidays());
            read.map_err(|_| usage("--due", text))?
        }
        None => None,
    };
    Ok(Assigning { parts, direction: args.direction.clone(), due })
}

pub fn unit(office: &Office, command: args::UnitCommand) -> Result<Outcome, Problem> {
    match command {
        args::UnitCommand::Add { key, name, members } => {
            office.put_unit(Unit { key, name, members, closed: false })?;
        }
        args::UnitCommand::Close { key } => {
            let known = office.units()?.into_iter().find(|unit| unit.key == key);
            let unit = known.ok_or_else(|| usage("unit", &key))?;
            office.put_unit(Unit { closed: true, ..unit })?;
        }
        args::UnitCommand::List => {}
    }
    let units = office.units()?;
    let text: Vec<String> = units
        .iter()
        .map(|unit| format!("{}\t{}\t{}", unit.key, unit.name, unit.members.join(", ")))
        .collect();
    Ok(Outcome::new(json!({"units": units}), text.join("\n")))
}

pub fn progress(office: &Office, args: args::Progress) -> Result<Outcome, Problem> {
    let progress = Progress { percent: args.percent, text: args.text, next: args.next };
    office.progress(key(&args.id)?, progress)?;
    inbound_state(office, &args.id)
}

pub fn note(office: &Office, id: &str, text: &str, private: bool) -> Result<Outcome, Problem> {
    office.note(key(id)?, text, private)?;
    handling(office, id)
}

pub fn complete(
    office: &Office,
    id: &str,
    result: &str,
    answer: Option<&str>,
) -> Result<Outcome, Problem> {
    let answer = answer.map(key).transpose()?;
    office.complete_with(key(id)?, result, answer)?;
    inbound_state(office, id)
}

pub fn handling(office: &Office, id: &str) -> Result<Outcome, Problem> {
    let handling = office.handling(key(id)?)?;
    let seen = |party: &Party| -> Value {
        let first = handling.seen.iter().find(|seen| *party == Party::User(seen.user.clone()));
        json!(first.map(|seen| calendar::iso(seen.at)))
    };
    let mut text = Vec::new();
    let mut handlers = Vec::new();
    for one in &handling.handlers {
        let due = one.due.map(|day| day.to_string()).unwrap_or_default();
        let (name, part) = (office.party_name(&one.party), labels::part(one.part));
        let ended = if one.active { "" } else { "–" };
        text.push(format!("{ended}{name}\t{part}\t{due}\t{}", one.direction));
        handlers.push(json!({
            "party": one.party.to_string(),
            "part": one.part.key(),
            "direction": one.direction,
            "due": one.due,
            "given_by": one.given_by,
            "given_at": calendar::iso(one.given_at),
            "active": one.active,
            "seen_at": seen(&one.party),
        }));
    }
    for entry in &handling.progress {
        let said = &entry.progress;
        let percent = said.percent.map(|percent| format!("{percent} % ")).unwrap_or_default();
        text.push(format!("{}\t{}\t{percent}{}", calendar::iso(entry.at), entry.user, said.text));
    }
    for note in &handling.notes {
        text.push(format!("{}\t{}\t{}", calendar::iso(note.at), note.user, note.text));
    }
    for link in handling.links.iter().chain(&handling.replaced_by).chain(&handling.replaces) {
        text.push(format!("{}\t{}\t{}", link.key, link.name, link.state));
    }
    let link = |link: &vanthu::office::Link| json!({"id": link.key, "name": link.name, "state": link.state});
    let json = json!({
        "id": id,
        "due": handling.due,
        "handlers": handlers,
        "progress": handling.progress.iter().map(|entry| json!({
            "at": calendar::iso(entry.at),
            "user": entry.user,
            "percent": entry.progress.percent,
            "text": entry.progress.text,
            "next": entry.progress.next,
        })).collect::<Vec<_>>(),
        "notes": handling.notes.iter().map(|note| json!({
            "at": calendar::iso(note.at),
            "user": note.user,
            "text": note.text,
            "private": note.private,
        })).collect::<Vec<_>>(),
        "links": handling.links.iter().map(link).collect::<Vec<_>>(),
        "replaced_by": handling.replaced_by.as_ref().map(link),
        "replaces": handling.replaces.iter().map(link).collect::<Vec<_>>(),
        "demands": handling.demands.iter().map(|kept| json!({
            "id": kept.demand.id,
            "kind": kept.demand.kind.key(),
            "state": kept.state.key(),
        })).collect::<Vec<_>>(),
    });
    Ok(Outcome::new(json, text.join("\n")))
}

pub fn overdue(office: &Office, args: &args::Overdue) -> Result<Outcome, Problem> {
    let agenda = match (args.soon, args.mine) {
        (true, _) => Agenda::DueSoon,
        (false, true) => Agenda::Mine,
        (false, false) => Agenda::Overdue,
    };
    let filter = Filter { agenda: Some(agenda), ..Filter::default() };
    let (mut rows, mut text) = (Vec::new(), Vec::new());
    for document in office.inbound(&filter, None, args.limit)? {
        let due = Office::due_of(&document);
        text.push(format!(
            "{}\t{}",
            due.map(|day| day.to_string()).unwrap_or_default(),
            inbound_line(&document)
        ));
        let mut row = inbound_json(&document);
        row["due"] = json!(due);
        rows.push(row);
    }
    Ok(Outcome::new(json!({"documents": rows}), text.join("\n")))
}

pub fn recall(office: &Office, args: &args::Recall) -> Result<Outcome, Problem> {
    match &args.command {
        Some(args::RecallCommand::List { limit }) => demands(office, *limit),
        Some(args::RecallCommand::Answer { id, agree, reason, .. }) => {
            let given = key(id)?;
            let demand = match office.demand(given) {
                Ok(view) => view.kept.demand.id,
                // The id of the document is as good where only one thing is demanded of it.
                Err(problem) => office.only_open_demand(given)?.ok_or(problem)?.kept.demand.id,
            };
            office.answer_demand(demand, *agree, reason)?;
            let view = office.demand(demand)?;
            Ok(Outcome::new(demand_json(&view), demand_line(&view)))
        }
        None => {
            let id = args.id.as_deref().unwrap_or_default();
            let reason = args.reason.as_deref().unwrap_or_default();
            if !args.from.is_empty() {
                return crate::follow::recall_from(office, id, &args.from, reason);
            }
            office.recall(key(id)?, reason)?;
            outbound_state(office, id)
        }
    }
}

fn demands(office: &Office, limit: u32) -> Result<Outcome, Problem> {
    let demands = office.demands(limit)?;
    let text: Vec<String> = demands.iter().map(demand_line).collect();
    let rows: Vec<Value> = demands.iter().map(demand_json).collect();
    Ok(Outcome::new(json!({"demands": rows}), text.join("\n")))
}

fn demand_line(view: &DemandView) -> String {
    let demand = &view.kept.demand;
    let mut line = format!(
        "{}\t{}\t{}\t{}\t{}\t{}\t{}",
        demand.id,
        labels::demand(demand.kind),
        labels::demand_state(view.kept.state),
        demand.answer_by,
        demand.sender_name,
        demand.about.document_id,
        demand.reason
    );
    for change in &view.changes {
        let field = t!(&format!("demand-field-{}", change.field));
        line.push_str(&format!("\n    {field}: {} → {}", change.before, change.after));
    }
    line
}

fn demand_json(view: &DemandView) -> Value {
    let demand = &view.kept.demand;
    let document: Option<DocumentKey> = view.document.as_ref().map(|document| document.key);
    json!({
        "id": demand.id,
        "kind": demand.kind.key(),
        "state": view.kept.state.key(),
        "sender": demand.sender,
        "document_id": demand.about.document_id,
        "document": document,
        "document_state": view.document.as_ref().map(|document| document.state.key()),
        "replacement": demand.replacement,
        "reason": demand.reason,
        "received_at": calendar::iso(demand.received_at),
        "answer_by": demand.answer_by,
        "changes": view.changes.iter().map(|change| json!({
            "field": change.field,
            "before": change.before,
            "after": change.after,
        })).collect::<Vec<_>>(),
        "files_changed": view.files_changed,
        "answer": view.kept.answer.as_ref().map(|answer| json!({
            "agreed": answer.agreed,
            "reason": answer.reason,
            "automatic": answer.automatic,
            "at": calendar::iso(answer.at),
        })),
    })
}

pub fn sealed(
    office: &Office,
    id: &str,
    out: &std::path::Path,
    reason: &str,
) -> Result<Outcome, Problem> {
    let bytes = office.sealed_file(key(id)?, reason)?;
    door::write(out, &bytes)?;
    let json = json!({"id": id, "file": out, "size": bytes.len()});
    Ok(Outcome::new(json, out.display().to_string()))
}

pub fn slip(office: &Office, id: &str, out: &std::path::Path) -> Result<Outcome, Problem> {
    let bytes = office.settlement_slip(key(id)?, vanthu::i18n::language())?;
    door::write(out, &bytes)?;
    let json = json!({"id": id, "file": out, "size": bytes.len()});
    Ok(Outcome::new(json, out.display().to_string()))
}
