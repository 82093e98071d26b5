//! Signs one PDF file without an office; lists tokens.

use jiff::Timestamp;
use serde_json::{Value, json};
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::problem::Problem;
use vanthu::office::hand::Hand;
use vanthu::office::{OfficeError, Placement, place};
use vanthu::pdf::appearance::{Appearance, Line};
use vanthu::pdf::render::Renderer;
use vanthu::pdf::structure::Source;
use vanthu::pki::fetch::HttpFetch;
use vanthu::pki::{Certificate, TrustStore};
use vanthu::rules::Profile;
use vanthu::signing::make::{Level, Look};
use vanthu::t;
use vanthu::token::{self, PinState, Plugged, Selector, TokenInfo};

use crate::args::{self, As, Global, Sign};
use crate::desk_work::placement;
use crate::doctor::presence;
use crate::door;
use crate::output::Outcome;
use crate::usage;

pub fn sign_file(global: &Global, args: &Sign) -> Result<Outcome, Problem> {
    let source = door::open_pdf(&args.input)?;
    let profile = Profile::built_in(global.profile.as_deref().unwrap_or("current"))?;
    let kind = match args.as_ {
        As::Personal => SignatureKind::Personal,
        As::Organisation => SignatureKind::Organisation,
    };
    let image = args.image.as_deref().map(door::read).transpose()?;
    let at = Timestamp::now();
    let selector = Selector::parse(&args.token.token)?;
    let place = spot(&source, args, &profile)?;
    let pin = door::pin(&args.token)?;
    let trust = trust_of(global)?;
    let fetch = HttpFetch::new();
    let hand = Hand {
        token: &selector,
        certificate: args.token.cert.as_deref(),
        pin: &pin,
        kind,
        holder: None,
        level: level(args.level),
        tsa_urls: &args.tsa,
        trust: &trust,
        fetch: &fetch,
    };
    let mut ready = hand.ready(at)?;
    let look = match place {
        None => Look::Invisible,
        Some((page, rect)) => Look::Visible {
            page: page + 1,
            rect,
            appearance: match image {
                Some(png) => Appearance { image: Some(png), ..Appearance::default() },
                None => Appearance {
                    lines: vec![
                        Line::new(ready.certificate.subject().label(), 10.0),
                        Line::new(vanthu::domain::calendar::iso(at), 8.0),
                    ],
                    ..Appearance::default()
                },
            },
        },
    };
    let signed = door::write_with(&args.output, |out| {
        hand.sign_to(&mut ready, &source, look, Vec::new(), at, out)
    })?;
    let signer = ready.certificate.subject().label();
    let json = json!({
        "file": args.output,
        "field": signed.field,
        "level": signed.level.name(),
        "signer": signer,
        "serial": ready.certificate.serial_hex(),
    });
    Ok(Outcome::new(json, t!("ctl-file-signed", file = args.output.display(), signer = signer)))
}

/// Page (from 0) and rectangle; `None` for an invisible signature.
fn spot(
    source: &Source,
    args: &Sign,
    profile: &Profile,
) -> Result<Option<(u32, vanthu::pdf::Rect)>, Problem> {
    match (placement(&args.place)?, &args.at_text) {
        (Placement::Invisible, _) => Ok(None),
        (Placement::At { page, rect }, _) => Ok(Some((page, rect))),
        (Placement::Automatic, Some(text)) => {
            let document = Renderer::start()?.open_source(source)?;
            Ok(Some(
                place::above_text(source, &document, text, profile)?
                    .ok_or_else(|| OfficeError::NoPlace(String::new()))?,
            ))
        }
        (Placement::Automatic, None) => Err(usage("--at-text | --page --rect | --invisible", "")),
    }
}

fn trust_of(global: &Global) -> Result<TrustStore, Problem> {
    let folder = door::data_dir(global)?.join("trust");
    if folder.is_dir() { Ok(TrustStore::from_dir(&folder)?) } else { Ok(TrustStore::empty()) }
}

const fn level(level: args::Level) -> Level {
    match level {
        args::Level::Bb => Level::Bb,
        args::Level::Bt => Level::Bt,
        args::Level::Blt => Level::Blt,
        args::Level::Blta => Level::Blta,
    }
}

/// Lists what can sign; with `watch`, goes on to report what is plugged in and pulled out.
pub fn tokens(global: &Global, watch: bool) -> Result<Outcome, Problem> {
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
