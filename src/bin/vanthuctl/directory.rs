//! The directory with its history.

use jiff::civil::Date;
use serde_json::json;
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::problem::Problem;
use vanthu::office::AgencyHistory;
use vanthu::t;

use crate::args;
use crate::door;
use crate::output::Outcome;
use crate::usage;

pub fn run(global: &args::Global, command: &args::Directory) -> Result<Outcome, Problem> {
    match command {
        args::Directory::Show { code } => {
            let code = AgencyCode::new(code).ok_or_else(|| usage("code", code))?;
            Ok(show(&door::open(global)?.agency_history(&code)?))
        }
        args::Directory::Sync => {
            let count = door::open(global)?.sync_directory()?;
            Ok(Outcome::new(json!({"changed": count}), t!("ctl-directory-synced", count = count)))
        }
    }
}

fn show(history: &AgencyHistory) -> Outcome {
    let AgencyHistory { agency, present } = history;
    let day = |day: Option<Date>| day.map_or("–".to_owned(), |day| day.to_string());
    let said = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    let periods = agency.periods();
    let mut lines: Vec<String> = periods
        .iter()
        .map(|one| format!("{}\t{}\t{}\t{}", day(one.from), day(one.until), one.name, one.basis))
        .collect();
    if let Some(ending) = &agency.ending {
        let names: Vec<String> =
            present.iter().map(|next| format!("{} ({})", next.name, next.agency)).collect();
        lines.push(t!(
            "ctl-directory-ended",
            date = ending.on.strftime("%d/%m/%Y"),
            basis = said(&ending.basis),
            present = said(&names.join("; "))
        ));
    }
    let json = json!({
        "code": agency.code,
        "name": agency.name,
        "periods": periods,
        "ending": agency.ending,
        "present": present,
    });
    Outcome::new(json, lines.join("\n"))
}
