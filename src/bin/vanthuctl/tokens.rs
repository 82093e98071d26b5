//! What can sign: listed, watched, and its PIN changed.

use serde_json::{Value, json};
use vanthu::domain::problem::Problem;
use vanthu::pki::Certificate;
use vanthu::t;
use vanthu::token::{self, LastTry, PinState, Plugged, Selector, TokenInfo};

use crate::args::{self, Global};
use crate::doctor::presence;
use crate::door;
use crate::output::Outcome;

pub fn tokens(global: &Global, args: &args::Tokens) -> Result<Outcome, Problem> {
    match &args.command {
        Some(args::TokensCommand::ChangePin(args)) => change_pin(args),
        None => list(global, args.watch),
    }
}

/// Both PINs come by the same way: two lines of standard input, two variables, or asked for.
fn change_pin(args: &args::ChangePin) -> Result<Outcome, Problem> {
    let selector = Selector::parse(&args.token)?;
    let mut token = token::open(&selector)?;
    let (old, new) = door::old_and_new_pin(args)?;
    let last_try = if args.last_try { LastTry::Confirmed } else { LastTry::Keep };
    token::change_pin(token.as_mut(), &old, &new, last_try)?;
    let json = json!({"token": selector.to_string(), "changed": true});
    Ok(Outcome::new(json, t!("ctl-pin-changed", token = token.label())))
}

/// Lists what can sign; with `watch`, goes on to report what is plugged in and pulled out.
fn list(global: &Global, watch: bool) -> Result<Outcome, Problem> {
    let found = token::list();
    let rows: Vec<Value> = found.iter().map(row).collect();
    let text = if found.is_empty() {
        t!("ctl-no-tokens")
    } else {
        found.iter().map(lines).collect::<Vec<_>>().join("\n")
    };
    let outcome = Outcome::new(json!({"tokens": rows}), text);
    if !watch {
        return Ok(outcome);
    }
    outcome.print(global.json);
    let as_json = global.json;
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let watching = token::watch(move |plugged| {
        // The sender lives as long as the watch; the receiver waits for its end.
        let _ = &stop;
        happened(&plugged).print(as_json);
    })?;
    let _ = stopped.recv();
    watching.stop();
    Ok(Outcome::new(Value::Null, ""))
}

/// One line of `tokens --watch`.
fn happened(plugged: &Plugged) -> Outcome {
    match plugged {
        Plugged::NoService => {
            Outcome::new(json!({"event": "no-service"}), t!("ctl-watch-no-service"))
        }
        Plugged::Readers(readers) => {
            let rows: Vec<Value> = readers
                .iter()
                .map(|reader| json!({"reader": reader.name, "card": reader.atr.is_some()}))
                .collect();
            let text: Vec<String> = readers
                .iter()
                .map(|reader| match reader.atr {
                    Some(_) => t!("ctl-watch-card", reader = reader.name),
                    None => t!("ctl-watch-no-card", reader = reader.name),
                })
                .collect();
            let text = if text.is_empty() { t!("ctl-no-tokens") } else { text.join("\n") };
            Outcome::new(json!({"event": "readers", "readers": rows}), text)
        }
    }
}

fn tries(info: &TokenInfo) -> Option<u8> {
    match info.pin {
        Some(PinState::TriesLeft(tries)) => tries,
        Some(PinState::Blocked) => Some(0),
        _ => None,
    }
}

fn row(info: &TokenInfo) -> Value {
    json!({
        "selector": info.selector.to_string(),
        "label": info.label,
        "state": presence(&info.presence),
        "tries_left": tries(info),
        "demonstration": info.demonstration,
        "certificates": certificates(info).map(|(key, one)| json!({
            "key": key,
            "subject": one.subject().common_name,
            "organisation": one.subject().organisation,
            "issuer": one.issuer().common_name,
            "serial": one.serial_hex(),
            "not_before": one.not_before(),
            "not_after": one.not_after(),
            "for_documents": one.may_sign_documents(),
        })).collect::<Vec<_>>(),
    })
}

fn certificates(info: &TokenInfo) -> impl Iterator<Item = (String, Certificate)> {
    info.certificates
        .iter()
        .filter_map(|one| Some((one.key.0.clone(), Certificate::from_der(&one.der).ok()?)))
}

fn lines(info: &TokenInfo) -> String {
    let mut lines = vec![format!("{}  [{}]", info.label, presence(&info.presence))];
    lines.push(format!("    {}", info.selector));
    if info.demonstration {
        lines.push(format!("    {}", t!("ctl-demonstration")));
    }
    for (key, one) in certificates(info) {
        lines.push(format!(
            "    {key}  {}  ({})  {}",
            one.subject().label(),
            one.issuer().label(),
            one.serial_hex()
        ));
    }
    lines.join("\n")
}
