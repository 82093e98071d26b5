//! What is printed: one JSON document for scripts, or sentences for people.

use std::process::ExitCode;

use serde_json::{Value, json};
use vanthu::domain::problem::{Kind, Problem};
use vanthu::i18n;

/// The result of a command.
pub struct Outcome {
    pub json: Value,
    pub text: String,
    /// Exit status; 0 unless the answer is no or part of the input could not be read.
    pub status: u8,
}

impl Outcome {
    pub fn new(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), status: 0 }
    }

    /// Exit status 1 when `no` holds.
    pub fn no_if(mut self, no: bool) -> Self {
        if no {
            self.status = Kind::No.exit_status();
        }
        self
    }

    pub fn print(self, as_json: bool) -> ExitCode {
        use std::io::Write;
        let text = if as_json { self.json.to_string() } else { self.text };
        // A closed pipe is the reader's choice, not an error.
        let _ = writeln!(std::io::stdout(), "{text}");
        ExitCode::from(self.status)
    }
}

/// Says a problem: sentences on standard error, and its code on standard output for scripts.
pub fn print_problem(problem: &Problem, as_json: bool) -> ExitCode {
    say(problem);
    if as_json {
        Outcome::new(json!({"error": error_json(problem)}), "").print(true);
    }
    ExitCode::from(problem.kind.exit_status())
}

/// What happened, what was kept, and what to do next, for people.
pub fn say(problem: &Problem) {
    let told = i18n::tell(problem);
    eprintln!("{}\n{}\n{}", told.what, told.kept, told.next);
    tracing::info!(%problem);
}

/// The same for scripts.
pub fn error_json(problem: &Problem) -> Value {
    let told = i18n::tell(problem);
    let facts: serde_json::Map<String, Value> = problem
        .args
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::String(value.clone())))
        .collect();
    json!({
        "code": problem.code,
        "message": told.what,
        "kept": told.kept,
        "next": told.next,
        "facts": facts,
    })
}
