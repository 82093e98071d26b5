//! Signing and sealing: one document, or several with one PIN.

use std::time::Duration;

use serde_json::{Value, json};
use vanthu::domain::document::DocumentKey;
use vanthu::domain::problem::Problem;
use vanthu::office::batch::{BatchOrder, BatchReport, Cancel, Fate, Load, Made, Progress};
use vanthu::office::{Office, Placement, SignOrder};
use vanthu::t;
use vanthu::token::Selector;

use crate::args;
use crate::desk_work::placement;
use crate::door::{self, key};
use crate::output::{self, Outcome};

pub fn sign(office: &Office, args: &args::SignDocument) -> Result<Outcome, Problem> {
    let keys = keys(args)?;
    if let [key] = keys.as_slice() {
        // What the page says otherwise is refused before the PIN is asked for.
        office.preview_numbering(*key)?;
        let made = office.sign_one(*key, &order(args)?)?;
        let row = signed(office, *key, &made)?;
        let text = match made.numbering {
            Some(_) => t!("ctl-signed", code = row["code"].as_str().unwrap_or_default()),
            None => t!("ctl-signed-unnumbered"),
        };
        return Ok(Outcome::new(row, format!("{text}\n{}", chosen(&made))));
    }
    let report = office.sign_batch(&keys, &many(args)?, &Cancel::default(), &told)?;
    Ok(outcome(&report, |key, made| {
        let row = signed(office, *key, made);
        row.unwrap_or_else(|problem| json!({"id": key, "error": output::error_json(&problem)}))
    }))
}

pub fn seal(office: &Office, args: &args::SignDocument) -> Result<Outcome, Problem> {
    let keys = keys(args)?;
    if let [key] = keys.as_slice() {
        let made = office.seal_one(*key, &order(args)?)?;
        let row = sealed(office, *key, &made)?;
        let text = row["state"].as_str().unwrap_or_default().to_owned();
        return Ok(Outcome::new(row, format!("{text}\n{}", chosen(&made))));
    }
    let report = office.seal_batch(&keys, &many(args)?, &Cancel::default(), &told)?;
    Ok(outcome(&report, |key, made| {
        let row = sealed(office, *key, made);
        row.unwrap_or_else(|problem| json!({"id": key, "error": output::error_json(&problem)}))
    }))
}

/// One line on standard error for every piece that has found its fate.
pub fn told<T>(progress: Progress<'_, T>) {
    let what = match progress.fate {
        Fate::Done(_) => t!("ctl-batch-done"),
        Fate::Failed(problem) | Fate::NotTried(problem) => vanthu::i18n::tell(problem).what,
    };
    eprintln!("{}/{}\t{what}", progress.finished, progress.total);
}

/// What became of a batch: each piece, and how busy the token was. The status is that of the
/// first piece that is not done.
pub fn outcome<K, T>(report: &BatchReport<K, T>, row: impl Fn(&K, &T) -> Value) -> Outcome
where
    K: serde::Serialize,
{
    let rows: Vec<Value> = report
        .fates
        .iter()
        .map(|(key, fate)| {
            let mut row = match fate {
                Fate::Done(made) => row(key, made),
                Fate::Failed(problem) | Fate::NotTried(problem) => {
                    json!({"id": key, "error": output::error_json(problem)})
                }
            };
            row["outcome"] = match fate {
                Fate::Done(_) => "done",
                Fate::Failed(_) => "failed",
                Fate::NotTried(_) => "not-tried",
            }
            .into();
            row
        })
        .collect();
    let (done, total) = (report.done(), report.fates.len());
    let mut outcome = Outcome::new(
        json!({"documents": rows, "done": done, "token": load(&report.load)}),
        t!("ctl-batch-report", done = done, total = total),
    );
    if let Some(problem) = report.first_problem() {
        output::say(problem);
        outcome.json["error"] = output::error_json(problem);
        outcome.status = problem.kind.exit_status();
    }
    outcome
}

/// How busy the token was, for scripts.
pub fn load(load: &Load) -> Value {
    json!({
        "signatures": load.signatures,
        "busy_ms": load.busy.as_millis() as u64,
        "span_ms": load.span.as_millis() as u64,
        "busy_ratio": (load.ratio() * 1000.0).round() / 1000.0,
    })
}

fn signed(office: &Office, key: DocumentKey, made: &Made) -> Result<Value, Problem> {
    let mut row = sealed(office, key, made)?;
    let document = office.outbound_document(key)?;
    row["code"] = document.metadata.code.to_string().into();
    row["number"] = made.numbering.as_ref().map(|numbering| numbering.number).into();
    row["date"] = json!(made.numbering.as_ref().map(|numbering| numbering.date));
    row["document_id"] = json!(document.metadata.document_id);
    Ok(row)
}

fn sealed(office: &Office, key: DocumentKey, made: &Made) -> Result<Value, Problem> {
    let document = office.outbound_document(key)?;
    Ok(json!({
        "id": key,
        "state": document.state.key(),
        "signer": made.signer,
        "serial": made.serial,
    }))
}

/// Which certificate signed: it may have been chosen from several.
fn chosen(made: &Made) -> String {
    t!("ctl-signed-with", signer = made.signer, serial = made.serial)
}

fn keys(args: &args::SignDocument) -> Result<Vec<DocumentKey>, Problem> {
    args.ids.iter().map(|id| key(id)).collect()
}

fn order(args: &args::SignDocument) -> Result<SignOrder, Problem> {
    Ok(SignOrder { placement: placement(&args.place)?, ..order_of(&args.token)? })
}

/// With what to sign, where the place is found by itself.
pub fn order_of(token: &args::TokenArgs) -> Result<SignOrder, Problem> {
    Ok(SignOrder {
        token: Selector::parse(&token.token)?,
        certificate: token.cert.clone(),
        pin: door::pin(token)?,
        last_try_confirmed: token.last_try,
        placement: Placement::Automatic,
    })
}

fn many(args: &args::SignDocument) -> Result<BatchOrder, Problem> {
    Ok(BatchOrder { order: order(args)?, hold: Duration::from_secs(args.token.hold_pin * 60) })
}
