//! Signs PDF files without an office.

use jiff::Timestamp;
use serde_json::json;
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::problem::Problem;
use vanthu::office::hand::Hand;
use vanthu::office::{OfficeError, Placement, place};
use vanthu::pdf::appearance::{Appearance, Line};
use vanthu::pdf::render::Renderer;
use vanthu::pdf::structure::Source;
use vanthu::pki::TrustStore;
use vanthu::pki::fetch::HttpFetch;
use vanthu::rules::Profile;
use vanthu::signing::make::{Level, Look};
use vanthu::t;
use vanthu::token::Selector;

use crate::args::{self, As, Global, Sign};
use crate::desk_work::placement;
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
        last_try: door::last_try(&args.token),
        kind,
        holder: None,
        level: level(args.level),
        tsa_urls: &args.tsa,
        trust: &trust,
        fetch: &fetch,
        office: None,
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
