//! Signatures that wait to be made to last.

use serde_json::{Value, json};
use vanthu::domain::calendar;
use vanthu::domain::problem::Problem;
use vanthu::office::{AwaitingExtension, Office};
use vanthu::t;

use crate::door::key;
use crate::output::{self, Outcome};

/// Extends one document, or all that wait; with `list`, only tells which wait.
pub fn extend(office: &Office, id: Option<&str>, list: bool) -> Result<Outcome, Problem> {
    if let Some(id) = id {
        let level = office.extend(key(id)?)?.name();
        return Ok(Outcome::new(json!({"id": id, "level": level}), t!("ctl-level", level = level)));
    }
    let report = if list { None } else { Some(office.extend_waiting(&mut |_, _| (), &|| false)?) };
    let waiting = office.awaiting_extension()?;
    let mut lines: Vec<String> = waiting.iter().map(line).collect();
    let mut json = json!({"waiting": waiting.iter().map(row).collect::<Vec<Value>>()});
    let mut status = 0;
    if let Some(report) = report {
        lines.insert(0, t!("ctl-extended", count = report.extended, waiting = report.waiting));
        json["extended"] = report.extended.into();
        if let Some(problem) = report.problem {
            output::say(&problem);
            json["error"] = output::error_json(&problem);
            status = problem.kind.exit_status();
        }
    }
    let mut outcome = Outcome::new(json, lines.join("\n"));
    outcome.status = status;
    Ok(outcome)
}

fn row(waiting: &AwaitingExtension) -> Value {
    json!({
        "id": waiting.key,
        "code": waiting.code,
        "subject": waiting.subject,
        "what": waiting.what.key(),
        "file": waiting.file.name,
        "state": waiting.state.key(),
        "level": waiting.level.name(),
        "wanted": waiting.wanted.name(),
        "renew_before": waiting.renew_before.map(calendar::iso),
        "tries": waiting.tries,
        "last_attempt": waiting.last_attempt.map(calendar::iso),
        "not_before": waiting.not_before.map(calendar::iso),
        "last_problem": waiting.last_problem,
    })
}

fn line(waiting: &AwaitingExtension) -> String {
    format!(
        "{}\t{}\t{}\t{}\t{} → {}\t{}",
        waiting.key,
        waiting.state.label(),
        waiting.code,
        waiting.file.name,
        waiting.level.name(),
        waiting.wanted.name(),
        waiting.last_problem.as_deref().unwrap_or_default()
    )
}
