//! Signs PDF files without an office.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::problem::Problem;
use vanthu::office::batch::{self, BatchReport, Cancel, Turn};
use vanthu::office::hand::Hand;
use vanthu::office::{OfficeError, Placement, place};
use vanthu::pdf::PdfError;
use vanthu::pdf::appearance::{Appearance, Line};
use vanthu::pdf::render::Renderer;
use vanthu::pdf::structure::Source;
use vanthu::pki::TrustStore;
use vanthu::pki::fetch::HttpFetch;
use vanthu::rules::Profile;
use vanthu::signing::make::Look;
use vanthu::t;
use vanthu::token::Selector;

use crate::args::{As, Global, Sign};
use crate::batch::{outcome, told};
use crate::desk_work::placement;
use crate::door;
use crate::output::Outcome;
use crate::usage;

pub fn sign_files(global: &Global, args: &Sign) -> Result<Outcome, Problem> {
    let pairs = in_and_out(args)?;
    let style = Style::of(global, args)?;
    let selector = Selector::parse(&args.token.token)?;
    // What cannot be opened or has no place for the signature is said before the PIN.
    let alone = match pairs.as_slice() {
        [pair] => Some(style.sheet(&pair.0, args)?),
        _ => None,
    };
    let pin = door::pin(&args.token)?;
    let trust = trust_of(global)?;
    let fetch = HttpFetch::new();
    let hand = Hand {
        token: &selector,
        certificate: args.token.cert.as_deref(),
        pin: &pin,
        last_try: door::last_try(&args.token),
        kind: match args.as_ {
            As::Personal => SignatureKind::Personal,
            As::Organisation => SignatureKind::Organisation,
        },
        holder: None,
        level: args.level.into(),
        digest: args.digest.into(),
        scheme: args.scheme.map(Into::into),
        or_lower: false,
        tsa_urls: &args.tsa,
        trust: &trust,
        fetch: &fetch,
        office: None,
    };
    let ready = hand.ready(Timestamp::now())?;
    if let (Some(sheet), [(_, out)]) = (alone, pairs.as_slice()) {
        let row = batch::alone(ready, |turn| style.sign(&hand, &sheet, out, turn))?;
        let text = t!(
            "ctl-file-signed",
            file = out.display(),
            signer = row["signer"].as_str().unwrap_or_default()
        );
        return Ok(Outcome::new(row, text));
    }
    let hold = Duration::from_secs(args.token.hold_pin * 60);
    let report = batch::run(ready, &pairs, hold, &Cancel::default(), &told, |(file, out), turn| {
        style.sign(&hand, &style.sheet(file, args)?, out, turn)
    });
    let fates = report.fates.into_iter().map(|((file, _), fate)| (file, fate)).collect();
    Ok(outcome(&BatchReport { fates, load: report.load }, |_, row| row.clone()))
}

/// The files, each with where it goes: `IN OUT`, or every file into a folder.
fn in_and_out(args: &Sign) -> Result<Vec<(PathBuf, PathBuf)>, Problem> {
    let Some(folder) = &args.out_dir else {
        return match args.files.as_slice() {
            [file, out] => Ok(vec![(file.clone(), out.clone())]),
            files => Err(usage("IN OUT | IN... --out-dir", files.len())),
        };
    };
    let mut pairs: Vec<(PathBuf, PathBuf)> = Vec::with_capacity(args.files.len());
    for file in &args.files {
        let name = file.file_name().ok_or_else(|| usage("IN", file.display()))?;
        let out = folder.join(name);
        // Two of one name would overwrite each other, and no file overwrites itself.
        if pairs.iter().any(|(_, other)| *other == out) || out == *file {
            return Err(usage("IN... --out-dir", out.display()));
        }
        pairs.push((file.clone(), out));
    }
    Ok(pairs)
}

/// What all signatures of one command share.
struct Style {
    profile: Profile,
    image: Option<Vec<u8>>,
    renderer: OnceLock<Result<Renderer, PdfError>>,
}

/// A file, opened, with the page (from 0) and rectangle of its signature; `None` for an
/// invisible one.
struct Sheet {
    source: Source,
    place: Option<(u32, vanthu::pdf::Rect)>,
}

impl Style {
    fn of(global: &Global, args: &Sign) -> Result<Self, Problem> {
        Ok(Self {
            profile: Profile::built_in(global.profile.as_deref().unwrap_or("current"))?,
            image: args.image.as_deref().map(door::read).transpose()?,
            renderer: OnceLock::new(),
        })
    }

    fn sheet(&self, file: &Path, args: &Sign) -> Result<Sheet, Problem> {
        let source = door::open_pdf(file)?;
        let place = self.spot(&source, args)?;
        Ok(Sheet { source, place })
    }

    /// Page (from 0) and rectangle; `None` for an invisible signature.
    fn spot(
        &self,
        source: &Source,
        args: &Sign,
    ) -> Result<Option<(u32, vanthu::pdf::Rect)>, Problem> {
        match (placement(&args.place)?, &args.at_text) {
            (Placement::Invisible, _) => Ok(None),
            (Placement::At { page, rect }, _) => Ok(Some((page, rect))),
            (Placement::Automatic, Some(text)) => {
                let renderer = self.renderer.get_or_init(Renderer::start).as_ref();
                let document = renderer.map_err(Clone::clone)?.open_source(source)?;
                let found = place::above_text(&document, text, &self.profile)?;
                Ok(Some(found.ok_or(OfficeError::NoPlace)?))
            }
            (Placement::Automatic, None) => {
                Err(usage("--at-text | --page --rect | --invisible", ""))
            }
        }
    }

    fn sign(
        &self,
        hand: &Hand<'_>,
        sheet: &Sheet,
        out: &Path,
        turn: &mut Turn,
    ) -> Result<Value, Problem> {
        let at = Timestamp::now();
        let certificate = turn.ready().certificate.clone();
        let signer = certificate.subject().label();
        let look = match sheet.place {
            None => Look::Invisible,
            Some((page, rect)) => Look::Visible {
                page: page + 1,
                rect,
                appearance: match &self.image {
                    Some(png) => Appearance { image: Some(png.clone()), ..Appearance::default() },
                    None => Appearance {
                        lines: vec![
                            Line::new(signer.clone(), 10.0),
                            Line::new(vanthu::domain::calendar::iso(at), 8.0),
                        ],
                        ..Appearance::default()
                    },
                },
            },
        };
        let signed = door::write_with(out, |copy| {
            hand.sign_to(turn.ready(), &sheet.source, look, Vec::new(), at, copy)
        })?;
        for failed in &signed.failed {
            eprintln!("{}", t!("ctl-tsa-failed", url = failed.url, why = failed.why));
        }
        Ok(json!({
            "file": out,
            "field": signed.field,
            "level": signed.level.name(),
            "signer": signer,
            "serial": certificate.serial_hex(),
            "failed_services": signed.failed.iter().map(|one| &one.url).collect::<Vec<_>>(),
        }))
    }
}

fn trust_of(global: &Global) -> Result<TrustStore, Problem> {
    let folder = door::data_dir(global)?.join("trust");
    if folder.is_dir() { Ok(TrustStore::from_dir(&folder)?) } else { Ok(TrustStore::empty()) }
}
