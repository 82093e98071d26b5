//! Whom an office trusts: certificates brought, fetched and listed.

use serde_json::{Value, json};
use vanthu::domain::problem::{Kind, Problem};
use vanthu::i18n::tell;
use vanthu::pki::Certificate;
use vanthu::pki::trust::{Fetched, Pin, pinned, pins};
use vanthu::t;

use crate::args;
use crate::door;
use crate::output::{self, Outcome};

pub fn trust(global: &args::Global, command: &args::Trust) -> Result<Outcome, Problem> {
    let office = door::open(global)?;
    match command {
        args::Trust::Add { file } => {
            let added = office.add_trust(&door::read(file)?)?;
            let owners: Vec<String> = added.iter().map(|one| one.subject().label()).collect();
            let known: Vec<_> = added.iter().map(|one| pinned(one).map(|pin| pin.name)).collect();
            let mut text = vec![t!("ctl-trust-added", owners = owners.join("; "))];
            text.extend(added.iter().zip(&known).map(|(one, known)| match known {
                Some(name) => t!("ctl-trust-is-pinned", name = name),
                None => t!(
                    "ctl-trust-not-pinned",
                    owner = one.subject().label(),
                    sha256 = one.fingerprint()
                ),
            }));
            Ok(Outcome::new(json!({"added": owners, "known": known}), text.join("\n")))
        }
        args::Trust::Fetch => {
            let pins = pins();
            let fetched = office.fetch_trust(&pins)?;
            Ok(fates(&pins, &fetched))
        }
        args::Trust::List => {
            let trust = office.trust()?;
            let line = |kind: &str, one: &Certificate| {
                json!({
                    "kind": kind,
                    "subject": one.subject().common_name,
                    "sha256": one.fingerprint(),
                    "known": pinned(one).map(|pin| pin.name),
                })
            };
            let rows: Vec<_> = trust
                .roots
                .iter()
                .map(|one| line("root", one))
                .chain(trust.intermediates.iter().map(|one| line("intermediate", one)))
                .collect();
            let text: Vec<String> = rows
                .iter()
                .map(|row| {
                    let known =
                        row["known"].as_str().map(|name| t!("ctl-trust-known", name = name));
                    format!(
                        "{}\t{}\t{}\t{}",
                        row["kind"].as_str().unwrap_or_default(),
                        row["subject"].as_str().unwrap_or_default(),
                        row["sha256"].as_str().unwrap_or_default(),
                        known.unwrap_or_default()
                    )
                })
                .collect();
            Ok(Outcome::new(json!({"certificates": rows}), text.join("\n")))
        }
    }
}

/// What became of each pinned certificate. A wrong one is refused (5), and weighs more than
/// one that could not be had (4).
fn fates(pins: &[Pin], fetched: &[Fetched]) -> Outcome {
    let (mut rows, mut text, mut status) = (Vec::new(), Vec::new(), 0);
    for (pin, fetched) in pins.iter().zip(fetched) {
        let (name, url) = (&pin.name, &pin.url);
        let mut row = json!({"name": name, "sha256": pin.sha256, "url": url});
        let (state, sentence) = match fetched {
            Fetched::Known => ("known", t!("ctl-trust-fetch-known", name = name)),
            Fetched::Genuine(_) => ("kept", t!("ctl-trust-fetch-kept", name = name, url = url)),
            Fetched::NoAddress => ("no-address", t!("ctl-trust-fetch-no-address", name = name)),
            Fetched::Other(found) => {
                status = status.max(Kind::Refused.exit_status());
                row["found"] = json!(found);
                let found = if found.is_empty() { "–".to_owned() } else { found.join(", ") };
                let sentence = t!("ctl-trust-fetch-other", name = name, url = url, found = found);
                ("other", sentence)
            }
            Fetched::Failed(error) => {
                let problem = Problem::from(error.clone());
                status = status.max(problem.kind.exit_status());
                row["error"] = output::error_json(&problem);
                let why = tell(&problem).what;
                ("failed", t!("ctl-trust-fetch-failed", name = name, why = why))
            }
        };
        row["state"] = Value::from(state);
        rows.push(row);
        text.push(sentence);
    }
    let mut outcome = Outcome::new(json!({"certificates": rows}), text.join("\n"));
    outcome.status = status;
    outcome
}
