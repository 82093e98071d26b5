//! What can sign, where it was looked for, and why a place showed nothing.

use std::path::PathBuf;

use serde_json::{Value, json};
use vanthu::domain::problem::Problem;
use vanthu::i18n;
use vanthu::pki::Certificate;
use vanthu::t;
use vanthu::token::pkcs11::candidates::{Candidate, State};
use vanthu::token::{
    self, LastTry, PinState, Place, Plugged, Provider, Selector, Sources, Survey, TokenInfo, pkcs11,
};

use crate::args::{self, Global};
use crate::doctor::presence;
use crate::door;
use crate::output::Outcome;

pub fn tokens(global: &Global, args: args::Tokens) -> Result<Outcome, Problem> {
    match &args.command {
        Some(args::TokensCommand::ChangePin(args)) => change_pin(args),
        None => list(global, args.watch, args.module),
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
fn list(global: &Global, watch: bool, modules: Vec<PathBuf>) -> Result<Outcome, Problem> {
    let sources = Sources::known().with_modules(modules);
    let found = token::survey(&sources);
    let places = places(&found, &sources);
    let json = json!({
        "tokens": found.tokens.iter().map(row).collect::<Vec<_>>(),
        "places": places.iter().map(Looked::json).collect::<Vec<_>>(),
    });
    let mut text: Vec<String> = found.tokens.iter().map(lines).collect();
    if text.is_empty() {
        text.push(t!("ctl-no-tokens"));
    }
    text.push(String::new());
    text.extend(places.iter().map(Looked::line));
    let outcome = Outcome::new(json, text.join("\n"));
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

/// A place where tokens were looked for, or a module that was passed over.
struct Looked {
    place: &'static str,
    /// A module's path; empty for the rest.
    module: String,
    vendor: Option<String>,
    /// What is written of it: a word for scripts, and sentences.
    state: &'static str,
    told: String,
    next: String,
    tokens: Option<usize>,
}

impl Looked {
    fn of(provider: &Provider) -> Self {
        let module = match &provider.place {
            Place::Module(path) => Some(path),
            Place::Readers | Place::WindowsStore => None,
        };
        let (state, told, next, tokens) = match &provider.outcome {
            Ok(count) => ("ok", t!("ctl-place-found", count = count), String::new(), Some(*count)),
            Err(error) => {
                let told = i18n::tell(&error.clone().into());
                ("failed", told.what, told.next, None)
            }
        };
        let place = match provider.place {
            Place::Readers => "readers",
            Place::Module(_) => "module",
            Place::WindowsStore => "windows-store",
        };
        let vendor = module.and_then(|path| pkcs11::known::vendor(path)).map(str::to_owned);
        let module = module.map(|path| path.display().to_string()).unwrap_or_default();
        Self { place, module, vendor, state, told, next, tokens }
    }

    /// A module of this computer that was not asked, and why.
    fn passed_over(candidate: &Candidate) -> Self {
        let told = match &candidate.state {
            State::Loadable => t!("ctl-place-generic"),
            State::Missing => t!("ctl-place-missing"),
            State::NotALibrary => t!("ctl-place-no-library"),
            State::OtherArchitecture { found } => {
                t!("ctl-place-architecture", found = found, ours = std::env::consts::ARCH)
            }
        };
        Self {
            place: "module",
            module: candidate.path.display().to_string(),
            vendor: candidate.vendor.clone(),
            state: "passed-over",
            told,
            next: String::new(),
            tokens: None,
        }
    }

    fn json(&self) -> Value {
        json!({
            "place": self.place,
            "module": self.module,
            "vendor": self.vendor,
            "state": self.state,
            "tokens": self.tokens,
            "reason": if self.state == "ok" { "" } else { &self.told },
        })
    }

    fn line(&self) -> String {
        let sign = match self.state {
            "ok" => "✓",
            "failed" => "✗",
            _ => "–",
        };
        let name = match (&self.vendor, self.module.is_empty()) {
            (_, true) => t!(&format!("ctl-place-{}", self.place)),
            (Some(vendor), false) => format!("{vendor} ({})", self.module),
            (None, false) => self.module.clone(),
        };
        let next =
            if self.next.is_empty() { String::new() } else { format!("\n    → {}", self.next) };
        format!("{sign} {name}: {}{next}", self.told)
    }
}

/// Every place that was looked at, then the modules that were not.
fn places(found: &Survey, sources: &Sources) -> Vec<Looked> {
    let passed_over = pkcs11::candidates(&sources.modules)
        .into_iter()
        .filter(|candidate| !sources.modules.contains(&candidate.path));
    let asked = found.providers.iter().map(Looked::of);
    asked.chain(passed_over.map(|candidate| Looked::passed_over(&candidate))).collect()
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
