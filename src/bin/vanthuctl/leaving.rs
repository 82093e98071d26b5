//! Documents on their way out: numbers, terms, paper.

use serde_json::{Value, json};
use vanthu::domain::book::{BookId, written};
use vanthu::domain::calendar;
use vanthu::domain::letter::{PaperSending, PaperState, PaperWay};
use vanthu::domain::problem::Problem;
use vanthu::domain::reserve::Reserved;
use vanthu::office::leaving::{IssueOrder, PaperTask};
use vanthu::office::{Office, labels};
use vanthu::t;

use crate::args;
use crate::desk_work::{outbound_line, outbound_state};
use crate::door::{self, key};
use crate::output::Outcome;

pub fn issue(office: &Office, args: &args::Issue) -> Result<Outcome, Problem> {
    let id = key(&args.id)?;
    let order = IssueOrder {
        replaces: args.replaces.as_deref().map(key).transpose()?,
        unscanned: args.unscanned.clone(),
    };
    office.issue_with(id, &order)?;
    let mut outcome = outbound_state(office, &args.id)?;
    // The moment to complete what it answers.
    let open = office.to_complete(id)?;
    outcome.json["to_complete"] = open.iter().map(|one| json!(one.key)).collect();
    for one in open {
        let code = one.metadata.code.to_string();
        outcome.text.push('\n');
        outcome.text.push_str(&t!("ctl-to-complete", code = code, id = one.key, answer = args.id));
    }
    let owed = office.paper_task(id)?.owed();
    outcome.json["paper_owed"] = json!(owed);
    if owed > 0 {
        outcome.text.push('\n');
        outcome.text.push_str(&t!("ctl-paper-owed", count = owed, id = args.id));
    }
    Ok(outcome)
}

pub fn unsent(office: &Office) -> Result<Outcome, Problem> {
    let (mut rows, mut text, mut late) = (Vec::new(), Vec::new(), false);
    for one in office.unsent(1000)? {
        let due = calendar::iso(one.due);
        let mark = if one.late { t!("ctl-late") } else { String::new() };
        text.push(format!("{due}\t{mark}\t{}", outbound_line(&one.document)));
        late |= one.late;
        rows.push(json!({
            "id": one.document.key,
            "state": one.document.state.key(),
            "code": one.document.metadata.code.to_string(),
            "subject": one.document.metadata.subject,
            "signed_at": calendar::iso(one.signed_at),
            "due": due,
            "late": one.late,
        }));
    }
    Ok(Outcome::new(json!({"documents": rows}), text.join("\n")).no_if(late))
}

pub fn number(office: &Office, command: &args::NumberCommand) -> Result<Outcome, Problem> {
    use args::NumberCommand as N;
    let year = |year: &Option<i16>| year.unwrap_or_else(|| Office::today().year());
    match command {
        N::List => {}
        N::Reserve { type_key, count, reason } => {
            let numbers = office.reserve_numbers(type_key, *count, reason)?;
            return Ok(reserved(&numbers));
        }
        N::Hold { id, number, series, year: of_year } => {
            let document = office.outbound_document(key(id)?)?;
            let series = match series {
                Some(series) => series.clone(),
                None => office.series_of(&document.metadata.type_key)?,
            };
            let book = BookId::outbound(year(of_year), &series);
            office.hold_number(document.key, &book, *number)?;
        }
        N::Free { id } => office.free_number(key(id)?)?,
        N::GiveUp { number, series, year: of_year, reason } => {
            let book = BookId::outbound(year(of_year), series);
            office.give_up_reserved(&book, *number, reason)?;
        }
        N::Series { type_key, series } => {
            if let Some(type_key) = type_key {
                office.choose_series(type_key, series.as_deref())?;
            }
            return series_of_all(office);
        }
    }
    Ok(reserved(&office.reserved_numbers()?))
}

fn reserved(numbers: &[Reserved]) -> Outcome {
    let text: Vec<String> = numbers
        .iter()
        .map(|one| {
            let held = one.held_for.map(|key| key.to_string()).unwrap_or_default();
            let number = written(&one.book.series, one.number);
            format!("{number}\t{}\t{}\t{held}\t{}", one.book.year, one.by, one.reason)
        })
        .collect();
    let rows: Vec<Value> = numbers
        .iter()
        .map(|one| {
            json!({
                "book": one.book.to_string(),
                "series": one.book.series,
                "year": one.book.year,
                "number": one.number,
                "reason": one.reason,
                "by": one.by,
                "at": calendar::iso(one.at),
                "held_for": one.held_for,
            })
        })
        .collect();
    Outcome::new(json!({"numbers": rows}), text.join("\n"))
}

fn series_of_all(office: &Office) -> Result<Outcome, Problem> {
    let (mut rows, mut text) = (Vec::new(), Vec::new());
    for kind in office.profile().document_types() {
        let series = office.series_of(&kind.key)?;
        let chosen = series != kind.series;
        text.push(format!("{}\t{series}\t{}", kind.key, kind.name));
        rows.push(json!({"type": kind.key, "series": series, "chosen": chosen}));
    }
    Ok(Outcome::new(json!({"types": rows}), text.join("\n")))
}

pub fn paper(office: &Office, command: &args::PaperCommand) -> Result<Outcome, Problem> {
    use args::PaperCommand as P;
    let id = match command {
        P::List { limit } => {
            let tasks = office.paper_tasks(*limit)?;
            let text: Vec<String> = tasks.iter().map(task_text).collect();
            let rows: Vec<Value> = tasks.iter().map(task_json).collect();
            return Ok(Outcome::new(json!({"documents": rows}), text.join("\n")));
        }
        P::Print { id, out } => {
            let bytes = office.print_copy(key(id)?, false)?;
            door::write(out, &bytes)?;
            let json = json!({"id": id, "file": out, "size": bytes.len()});
            return Ok(Outcome::new(json, out.display().to_string()));
        }
        P::Show { id } => id,
        P::Sent { id, place, way, on, by, reference } => {
            let sending = PaperSending {
                way: match way {
                    args::Way::Post => PaperWay::Post,
                    args::Way::Hand => PaperWay::Hand,
                    args::Way::Courier => PaperWay::Courier,
                },
                on: on.unwrap_or_else(Office::today),
                by: by.clone(),
                reference: reference.clone(),
            };
            office.letter_sent(key(id)?, place, sending)?;
            id
        }
        P::Drop { id, place, reason } => {
            office.letter_dropped(key(id)?, place, reason)?;
            id
        }
        P::Add { id, place } => {
            office.add_letter(key(id)?, place)?;
            id
        }
    };
    let task = office.paper_task(key(id)?)?;
    Ok(Outcome::new(task_json(&task), task_text(&task)))
}

fn task_text(task: &PaperTask) -> String {
    let grounds: Vec<String> =
        task.grounds.iter().map(|ground| labels::paper_ground(*ground)).collect();
    let mut lines = vec![format!("{}\t{}", outbound_line(&task.document), grounds.join(", "))];
    for (letter, state) in &task.letters {
        let said = match state {
            PaperState::Owed => t!("paper-state-owed"),
            PaperState::Sent(sending) => format!(
                "{}: {}, {}, {} {}",
                t!("paper-state-sent"),
                labels::paper_way(sending.way),
                sending.on,
                sending.by,
                sending.reference
            ),
            PaperState::Dropped { reason } => format!("{}: {reason}", t!("paper-state-dropped")),
        };
        lines.push(format!("    {}\t{}", letter.place, said.trim_end()));
    }
    lines.join("\n")
}

fn task_json(task: &PaperTask) -> Value {
    let letters: Vec<Value> = task
        .letters
        .iter()
        .map(|(letter, state)| {
            let mut row = json!({"place": letter.place, "agency": letter.agency});
            match state {
                PaperState::Owed => row["state"] = json!("owed"),
                PaperState::Sent(sending) => {
                    row["state"] = json!("sent");
                    row["way"] = json!(sending.way.key());
                    row["on"] = json!(sending.on);
                    row["by"] = json!(sending.by);
                    row["reference"] = json!(sending.reference);
                }
                PaperState::Dropped { reason } => {
                    row["state"] = json!("dropped");
                    row["reason"] = json!(reason);
                }
            }
            row
        })
        .collect();
    json!({
        "id": task.document.key,
        "code": task.document.metadata.code.to_string(),
        "grounds": task.grounds.iter().map(|ground| ground.key()).collect::<Vec<_>>(),
        "letters": letters,
        "owed": task.owed(),
    })
}
