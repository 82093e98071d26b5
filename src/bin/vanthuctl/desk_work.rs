//! The clerk's, the leader's and the drafter's work, one command a step.

use serde_json::{Value, json};
use vanthu::domain::follow::last_said;
use vanthu::domain::inbound::{InboundDocument, InboundState};
use vanthu::domain::outbound::{OutboundDocument, OutboundState};
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::office::{Filter, Imported, Office, Placement, labels};
use vanthu::pdf::Rect;
use vanthu::t;

use crate::args::{self, Command, Direction};
use crate::batch;
use crate::door::{self, key};
use crate::draft;
use crate::follow;
use crate::handling;
use crate::leaving;
use crate::outbound;
use crate::output::{self, Outcome};
use crate::paper;
use crate::review;
use crate::usage;

pub fn run(global: &args::Global, command: Command) -> Result<Outcome, Problem> {
    let office = door::open(global)?;
    match command {
        Command::Import { files } => import(&office, &files),
        Command::Queue(args) => queue(&office, &args),
        Command::Show { id } => show(&office, &id),
        Command::Export { id, out, issued } => {
            let id_of = key(&id)?;
            let bytes =
                if issued { office.issued_file(id_of)? } else { office.main_file(id_of)? };
            door::write(&out, &bytes)?;
            Ok(Outcome::new(
                json!({"id": id, "file": out, "size": bytes.len()}),
                out.display().to_string(),
            ))
        }
        Command::Receive { id } => {
            office.accept(key(&id)?)?;
            inbound_state(&office, &id)
        }
        Command::Gate(args) => crate::gate::gate(&office, &args),
        Command::Accept(args) => crate::gate::accept(&office, &args),
        Command::Undo { id } => crate::gate::undo(&office, &id),
        Command::Unacknowledged => crate::gate::unacknowledged(&office),
        Command::Report(command) => crate::gate::report(&office, &command),
        Command::Register { id, book, despite } => {
            let (id_of, book) = (key(&id)?, book.as_deref());
            let registration = match despite {
                Some(reason) => office.register_despite(id_of, book, &reason)?,
                None => office.register_in(id_of, book)?,
            };
            let json = json!({
                "id": id,
                "arrival_number": registration.arrival_number,
                "arrival_date": registration.arrival_date,
                "book": registration.book.to_string(),
            });
            let text = t!(
                "ctl-registered",
                number = registration.arrival_number,
                date = registration.arrival_date.strftime("%d/%m/%Y")
            );
            Ok(Outcome::new(json, text))
        }
        Command::Duplicates { id } => paper::duplicates(&office, &id),
        Command::Digitise(args) => paper::digitise(&office, &args),
        Command::SealCopy(args) => paper::seal_copy(&office, &args),
        Command::Scanners => paper::scanners(&office),
        Command::Watch { once } => paper::watch(&office, once, global.json),
        Command::Return { id, reason } => {
            office.return_(key(&id)?, &reason)?;
            inbound_state(&office, &id)
        }
        Command::Correct(args) => crate::fields::correct(&office, &args),
        Command::Assign(args) => handling::assign(&office, &args),
        Command::Forward(args) => handling::forward(&office, &args),
        Command::Unit(command) => handling::unit(&office, command),
        Command::Progress(args) => handling::progress(&office, args),
        Command::Note { id, text, private } => handling::note(&office, &id, &text, private),
        Command::Handling { id } => handling::handling(&office, &id),
        Command::Slip { id, out } => handling::slip(&office, &id, &out),
        Command::Overdue(args) => handling::overdue(&office, &args),
        Command::Sealed { id, out, reason } => handling::sealed(&office, &id, &out, &reason),
        Command::Begin { id } => {
            office.begin(key(&id)?)?;
            inbound_state(&office, &id)
        }
        Command::Complete { id, result, answer } => {
            handling::complete(&office, &id, &result, answer.as_deref())
        }
        Command::Draft(args) => draft::draft(&office, &args),
        Command::Edit(args) => draft::edit(&office, &args),
        Command::Convert { file, out } => draft::convert(&office, &file, &out),
        Command::Template(command) => draft::template(&office, &command),
        Command::Group(command) => draft::group(&office, &command),
        Command::Places { id } => draft::places(&office, &id),
        Command::Review(args) => review::review(&office, &args),
        Command::HandOn { id, to, note } => review::hand_on(&office, &id, &to, &note),
        Command::Opinions { id } => review::opinions(&office, &id),
        Command::Comment(command) => review::comment(&office, &command),
        Command::Versions(args) => review::versions(&office, &args),
        Command::Diff { id, old, new } => review::diff(&office, &id, old, new),
        Command::Submission { id, out } => review::submission(&office, &id, &out),
        Command::SignDocument(args) => batch::sign(&office, &args),
        Command::Seal(args) => batch::seal(&office, &args),
        Command::Issue(args) => leaving::issue(&office, &args),
        Command::Follow(args) => follow::follow(&office, &args),
        Command::Parked(args) => follow::parked(&office, &args),
        Command::Evidence { id, out } => crate::evidence::evidence(&office, &id, out.as_deref()),
        Command::Resend(args) => follow::resend(&office, &args),
        Command::UpdateIssued(args) => follow::update(&office, &args),
        Command::CloseDelivery(args) => follow::close(&office, &args),
        Command::Copy(command) => crate::copy::copy(&office, &command),
        Command::Unsent => leaving::unsent(&office),
        Command::Number(command) => leaving::number(&office, &command),
        Command::Paper(command) => leaving::paper(&office, &command),
        Command::Recall(args) => handling::recall(&office, &args),
        Command::Book(command) => crate::book::book(&office, &command),
        Command::Search(args) => crate::book::search(&office, &args),
        Command::Stamp { id, out } => crate::book::stamp(&office, &id, &out),
        Command::Quarantine(command) => quarantine(&office, &command),
        Command::Sync { once, now } => sync(&office, once, now, global.json),
        Command::Extend { id, list } => crate::extend::extend(&office, id.as_deref(), list),
        Command::Audit(args::Audit::Verify) => audit(&office),
        // The rest has been answered before an office was needed.
        _ => Err(usage("command", "")),
    }
}

fn import(office: &Office, files: &[std::path::PathBuf]) -> Result<Outcome, Problem> {
    let mut rows = Vec::new();
    let mut text = Vec::new();
    let mut refused = None;
    for file in files {
        let name = door::file_name(file);
        let imported = office.import_file(file).map_err(|problem| match problem.code {
            // Said with its whole path, as of every other command's file.
            "office-file" => door::unreadable(file, problem.cause),
            _ => problem,
        });
        let (outcome, id) = match imported {
            Ok(Imported::Document(key)) => ("document", Some(key)),
            Ok(Imported::Duplicate(key)) => ("duplicate", Some(key)),
            Ok(Imported::Joined(key)) => ("joined", Some(key)),
            Ok(Imported::Status) => ("status", None),
            // What was received is kept, and the one who brought it is told; the other files
            // come in all the same.
            Ok(Imported::Quarantined(problem)) | Err(problem) => {
                if files.len() > 1 {
                    eprint!("{name}: ");
                }
                output::say(&problem);
                rows.push(json!({"file": name, "error": output::error_json(&problem)}));
                refused.get_or_insert(problem);
                continue;
            }
        };
        text.push(format!(
            "{name}\t{}\t{}",
            t!(&format!("ctl-import-{outcome}")),
            id.map(|id| id.to_string()).unwrap_or_default()
        ));
        rows.push(json!({"file": name, "outcome": outcome, "id": id}));
    }
    let mut outcome = Outcome::new(json!({"files": rows}), text.join("\n"));
    if let Some(problem) = refused {
        outcome.json["error"] = output::error_json(&problem);
        outcome.status = problem.kind.exit_status();
    }
    Ok(outcome)
}

fn quarantine(office: &Office, command: &args::Quarantine) -> Result<Outcome, Problem> {
    match command {
        args::Quarantine::List { limit } => {
            let (mut rows, mut text) = (Vec::new(), Vec::new());
            for one in office.quarantine(*limit)? {
                let since = vanthu::domain::calendar::iso(one.since);
                text.push(format!("{}\t{since}\t{}\t{}", one.packet, one.origin, one.code));
                rows.push(json!({
                    "packet": one.packet,
                    "size": one.size,
                    "origin": one.origin,
                    "code": one.code,
                    "detail": one.detail,
                    "since": since,
                }));
            }
            Ok(Outcome::new(json!({"packets": rows}), text.join("\n")))
        }
        args::Quarantine::Export { packet, out } => {
            let bytes = office.quarantined_bytes(packet)?;
            door::write(out, &bytes)?;
            let json = json!({"packet": packet, "file": out, "size": bytes.len()});
            Ok(Outcome::new(json, out.display().to_string()))
        }
    }
}

fn queue(office: &Office, args: &args::Queue) -> Result<Outcome, Problem> {
    let mut filter = Filter { words: args.words.clone(), for_me: args.mine, ..Filter::default() };
    let unknown = |state: &String| usage("--state", state);
    let (rows, text): (Vec<Value>, Vec<String>) = match args.direction {
        Direction::Inbound if args.mine => return Err(usage("--mine", "inbound")),
        Direction::Inbound => {
            if let Some(state) = &args.state {
                let known = InboundState::ALL.into_iter().find(|known| known.key() == state);
                filter.inbound = Some(known.ok_or_else(|| unknown(state))?);
            }
            office
                .inbound(&filter, None, args.limit)?
                .iter()
                .map(|document| (inbound_json(document), inbound_line(document)))
                .unzip()
        }
        Direction::Outbound => {
            if let Some(state) = &args.state {
                let known = OutboundState::ALL.into_iter().find(|known| known.key() == state);
                filter.outbound = Some(known.ok_or_else(|| unknown(state))?);
            }
            office
                .outbound(&filter, None, args.limit)?
                .iter()
                .map(|document| (outbound_json(document), outbound_line(document)))
                .unzip()
        }
    };
    Ok(Outcome::new(json!({"documents": rows}), text.join("\n")))
}

fn show(office: &Office, id: &str) -> Result<Outcome, Problem> {
    let key = key(id)?;
    let (mut json, mut text) = match office.inbound_document(key) {
        Ok(document) => (inbound_json(&document), inbound_line(&document)),
        Err(problem) if problem.code == "office-no-such-document" => {
            let document = office.outbound_document(key)?;
            (outbound_json(&document), outbound_line(&document))
        }
        Err(problem) => return Err(problem),
    };
    let history: Vec<Value> = office
        .history(key)?
        .iter()
        .map(|entry| {
            let at = vanthu::domain::calendar::iso(entry.at);
            text.push_str(&format!("\n  {at}  {}  {}", entry.user, entry.text));
            json!({"at": at, "user": entry.user, "role": entry.role.map(|role| role.key()), "text": entry.text})
        })
        .collect();
    json["history"] = Value::Array(history);
    Ok(Outcome::new(json, text))
}

pub fn inbound_state(office: &Office, id: &str) -> Result<Outcome, Problem> {
    let document = office.inbound_document(key(id)?)?;
    Ok(Outcome::new(
        json!({"id": id, "state": document.state.key()}),
        labels::inbound(document.state),
    ))
}

pub fn outbound_state(office: &Office, id: &str) -> Result<Outcome, Problem> {
    let document = office.outbound_document(key(id)?)?;
    Ok(Outcome::new(
        json!({"id": id, "state": document.state.key()}),
        labels::outbound(document.state),
    ))
}

pub fn inbound_line(document: &InboundDocument) -> String {
    let number = document
        .registration
        .as_ref()
        .map(|registration| registration.arrival_number.to_string())
        .unwrap_or_default();
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}",
        document.key,
        labels::inbound(document.state),
        number,
        document.metadata.code,
        document.sender_name,
        document.metadata.subject
    )
}

pub fn inbound_json(document: &InboundDocument) -> Value {
    json!({
        "id": document.key,
        "state": document.state.key(),
        "sender": document.sender,
        "sender_name": document.sender_name,
        "code": document.metadata.code.to_string(),
        "document_id": document.metadata.document_id,
        "subject": document.metadata.subject,
        "type": document.metadata.type_key,
        "issued": document.metadata.issued,
        "urgency": document.metadata.urgency.key(),
        "arrived_at": vanthu::domain::calendar::iso(document.arrived_at),
        "arrival_number": document.registration.as_ref().map(|r| r.arrival_number),
        "arrival_date": document.registration.as_ref().map(|r| r.arrival_date),
        "assigned_to": document.assignment.as_ref().map(|a| &a.user),
        "due": document.assignment.as_ref().and_then(|a| a.due),
        "verdict": document.verdict.verdict.key(),
        "legal_value": document.verdict.legal_value().key(),
        "signatures": document.verdict.signatures,
        "completeness": document.verdict.completeness,
        "files": document.files,
        "reason": document.reason,
        "paper": document.paper.as_ref().map(paper::paper_json),
        "demand": document.demand.map(|mark| json!({
            "kind": mark.kind.key(),
            "state": mark.state.key(),
        })),
    })
}

pub fn outbound_line(document: &OutboundDocument) -> String {
    let mut line = outbound::head(document);
    for delivery in &document.deliveries {
        let last = last_said(delivery).map(|entry| labels::status(entry.code));
        line.push_str(&format!("\n    {}\t{}", delivery.name, last.unwrap_or_default()));
    }
    line
}

pub fn outbound_json(document: &OutboundDocument) -> Value {
    json!({
        "id": document.key,
        "state": document.state.key(),
        "code": document.metadata.code.to_string(),
        "document_id": document.metadata.document_id,
        "subject": document.metadata.subject,
        "type": document.metadata.type_key,
        "issued": document.metadata.issued,
        "number": document.numbering.as_ref().map(|n| n.number),
        "files": document.files,
        "deliveries": document.deliveries.iter().map(|delivery| json!({
            "recipient": delivery.recipient,
            "name": delivery.name,
            "send": delivery.send,
            "reason": delivery.reason,
            "statuses": outbound::statuses(delivery),
        })).collect::<Vec<_>>(),
        "reason": document.reason,
    })
}

/// Where a signature goes, from the words of the command line.
pub fn placement(args: &args::PlaceArgs) -> Result<Placement, Problem> {
    match (args.invisible, args.page, &args.rect) {
        (true, ..) => Ok(Placement::Invisible),
        (false, Some(page), Some(rect)) => {
            let numbers: Result<Vec<f32>, _> = rect.split(',').map(|n| n.trim().parse()).collect();
            match numbers.as_deref() {
                Ok([x, y, width, height])
                    if page > 0
                        && [x, y, width, height].iter().all(|number| number.is_finite())
                        && *width > 0.0
                        && *height > 0.0 =>
                {
                    let rect = Rect { x: *x, y: *y, width: *width, height: *height };
                    Ok(Placement::At { page: page - 1, rect })
                }
                _ => Err(usage("--rect", rect)),
            }
        }
        _ => Ok(Placement::Automatic),
    }
}

/// Once, or again and again until interrupted; a round that fails is told and the next comes.
fn sync(office: &Office, once: bool, now: bool, as_json: bool) -> Result<Outcome, Problem> {
    let mut failures = 0;
    loop {
        let round = sync_round(office, now);
        if once {
            return round;
        }
        failures = if round.is_ok() { 0 } else { failures + 1 };
        match round {
            Ok(outcome) => outcome.print(as_json),
            Err(problem) => crate::output::print_problem(&problem, as_json),
        };
        std::thread::sleep(office.until_next_sync(failures));
    }
}

fn sync_round(office: &Office, now: bool) -> Result<Outcome, Problem> {
    let report = if now { office.sync_now()? } else { office.sync()? };
    if let Some(problem) = report.problem {
        return Err(problem);
    }
    let json = json!({
        "sent": report.sent,
        "received": report.received,
        "waiting": report.waiting,
        "wedged": report.wedged,
        "quarantined": report.quarantined,
        "extended": report.extended,
        "awaiting_extension": report.awaiting_extension,
        "paused": report.paused,
        "held": report.held,
        "skew_seconds": report.skew.map(|skew| skew.as_secs()),
    });
    let mut text = t!(
        "ctl-synced",
        sent = report.sent,
        received = report.received,
        waiting = report.waiting,
        wedged = report.wedged
    );
    if report.paused {
        text = format!("{text}\n{}", t!("ctl-sync-paused"));
    }
    if report.held > 0 {
        text = format!("{text}\n{}", t!("ctl-sync-held", held = report.held));
    }
    if report.extended > 0 || report.awaiting_extension > 0 {
        let (count, waiting) = (report.extended, report.awaiting_extension);
        text = format!("{text}\n{}", t!("ctl-extended", count = count, waiting = waiting));
    }
    Ok(Outcome::new(json, text))
}

fn audit(office: &Office) -> Result<Outcome, Problem> {
    let report = office.audit()?;
    let json = json!({
        "operations": report.operations,
        "intact": report.problems.is_empty(),
        "problems": report.problems.iter().map(|problem| format!("{problem:?}")).collect::<Vec<_>>(),
    });
    if report.problems.is_empty() {
        Ok(Outcome::new(json, t!("ctl-audit-intact", count = report.operations)))
    } else {
        let problem = Problem::new("ctl-audit-broken", Kind::No, Blame::Environment)
            .with("count", report.problems.len());
        let told = vanthu::i18n::tell(&problem);
        Ok(Outcome::new(json, told.paragraph()).no_if(true))
    }
}
