//! Checks the signatures of PDF files.

use serde_json::{Value, json};
use vanthu::domain::problem::{Kind, Problem};
use vanthu::domain::verdict::Verdict;
use vanthu::office::labels;
use vanthu::pki::TrustStore;
use vanthu::pki::fetch::{CachedFetch, HttpFetch};
use vanthu::signing::Report;
use vanthu::signing::check::{self, CheckOptions};
use vanthu::t;

use crate::args::{Global, Verify};
use crate::door;
use crate::output::{self, Outcome};
use crate::usage;

/// Every file gets its entry; one that cannot be read makes the exit status 3, one that is
/// not valid makes it 1.
pub fn verify(global: &Global, args: &Verify) -> Result<Outcome, Problem> {
    let trust = match &args.trust {
        Some(dir) => TrustStore::from_dir(dir)?,
        None => own_trust(global)?,
    };
    let at = match &args.at {
        Some(text) => Some(text.parse().map_err(|_| usage("--at", text))?),
        None => None,
    };
    let fetch = CachedFetch::new(HttpFetch::new());
    let online = (!args.offline).then_some(&fetch as &dyn vanthu::pki::fetch::Fetch);
    let options = CheckOptions { trust: &trust, at, online };
    let mut rows: Vec<Value> = Vec::new();
    let mut text = Vec::new();
    let mut status = 0;
    for file in &args.files {
        let name = file.display().to_string();
        let checked: Result<Report, Problem> = door::open_pdf(file)
            .and_then(|source| check::check_source(&source, &options).map_err(Problem::from));
        match checked {
            Ok(report) => {
                if report.verdict != Verdict::Valid {
                    status = status.max(Kind::No.exit_status());
                }
                text.push(sentences(&name, &report));
                rows.push(report.to_json(&name));
            }
            Err(problem) => {
                status = status.max(problem.kind.exit_status());
                eprint!("{name}: ");
                output::say(&problem);
                rows.push(json!({"file": name, "error": output::error_json(&problem)}));
            }
        }
    }
    let mut outcome = Outcome::new(json!({"files": rows}), text.join("\n"));
    outcome.status = status;
    Ok(outcome)
}

/// The certificates that the office in the data folder trusts; they are public, so that
/// nobody has to log in for them.
fn own_trust(global: &Global) -> Result<TrustStore, Problem> {
    let folder = door::data_dir(global)?.join("trust");
    if folder.is_dir() { Ok(TrustStore::from_dir(&folder)?) } else { Ok(TrustStore::empty()) }
}

fn sentences(name: &str, report: &Report) -> String {
    let mut lines = vec![format!("{name}: {}", labels::verdict(report.verdict))];
    for signature in &report.summary().signatures {
        let kind = match signature.kind {
            Some(vanthu::domain::outbound::SignatureKind::Personal) => t!("ctl-kind-personal"),
            Some(vanthu::domain::outbound::SignatureKind::Organisation) => {
                t!("ctl-kind-organisation")
            }
            None => t!("ctl-kind-unknown"),
        };
        lines.push(format!(
            "  {}",
            t!(
                "ctl-verify-signature",
                kind = kind,
                signer = signature.signer,
                verdict = labels::verdict(signature.verdict)
            )
        ));
        for reason in &signature.reasons {
            lines.push(format!("    {}", t!(&format!("reason-{reason}"))));
        }
    }
    lines.join("\n")
}
