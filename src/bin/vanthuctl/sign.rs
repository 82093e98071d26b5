//! Signs PDF files without an office.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use vanthu::domain::act::SigningAct;
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::problem::Problem;
use vanthu::office::batch::{self, BatchReport, Cancel, Turn};
use vanthu::office::hand::{Hand, Work};
use vanthu::office::settings::{ImageWarning, fit_image};
use vanthu::pdf::PdfError;
use vanthu::pdf::render::Renderer;
use vanthu::pdf::structure::Source;
use vanthu::pki::TrustStore;
use vanthu::pki::fetch::HttpFetch;
use vanthu::rules::Profile;
use vanthu::t;
use vanthu::token::Selector;

use crate::act::{self, Page};
use crate::args::{Global, Sign};
use crate::batch::{outcome, told};
use crate::door;
use crate::output::Outcome;
use crate::usage;

pub fn sign_files(global: &Global, args: &Sign) -> Result<Outcome, Problem> {
    let pairs = in_and_out(args)?;
    let style = Style::of(global, args)?;
    let selector = Selector::parse(&args.token.token)?;
    // What cannot be opened or has no place for the signature is said before the PIN.
    let alone = match pairs.as_slice() {
        [pair] => Some(style.open(&pair.0, args)?),
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
        kind: style.kind,
        holder: None,
        level: args.level.into(),
        digest: Some(args.digest.into()),
        scheme: args.scheme.map(Into::into),
        rsa: None,
        algorithms: style.profile.algorithms(),
        or_lower: false,
        tsa_urls: &args.tsa,
        trust: &trust,
        fetch: &fetch,
        office: None,
    };
    let ready = hand.ready(Timestamp::now())?;
    if let (Some(source), [(_, out)]) = (alone, pairs.as_slice()) {
        let row = batch::alone(ready, |turn| style.sign(&hand, &source, args, out, turn))?;
        let signer = row["signer"].as_str().unwrap_or_default();
        let mut text = vec![t!("ctl-file-signed", file = out.display(), signer = signer)];
        text.extend(style.warnings.iter().map(|warning| warning.sentence()));
        return Ok(Outcome::new(row, text.join("\n")));
    }
    let hold = Duration::from_secs(args.token.hold_pin * 60);
    let report = batch::run(ready, &pairs, hold, &Cancel::default(), &told, |(file, out), turn| {
        style.sign(&hand, &style.open(file, args)?, args, out, turn)
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
    /// What is not as the regulation wants the image to be.
    warnings: Vec<ImageWarning>,
    act: Option<SigningAct>,
    kind: SignatureKind,
    renderer: OnceLock<Result<Renderer, PdfError>>,
}

impl Style {
    fn of(global: &Global, args: &Sign) -> Result<Self, Problem> {
        let (act, kind) = act::named(args)?;
        let image = args.image.as_deref().map(door::read).transpose()?;
        let warnings = match &image {
            Some(png) => ImageWarning::of(&fit_image(png)?, kind),
            None => Vec::new(),
        };
        let profile = Profile::built_in(global.profile.as_deref().unwrap_or("current"))?;
        Ok(Self { profile, image, warnings, act, kind, renderer: OnceLock::new() })
    }

    /// A file, opened; what has no place for the signature is refused here already.
    fn open(&self, file: &Path, args: &Sign) -> Result<Source, Problem> {
        let source = door::open_pdf(file)?;
        self.work(&source, args, "", Timestamp::now())?;
        Ok(source)
    }

    fn work(
        &self,
        source: &Source,
        args: &Sign,
        signer: &str,
        at: Timestamp,
    ) -> Result<Work, Problem> {
        let renderer = || {
            let renderer = self.renderer.get_or_init(Renderer::start).as_ref();
            Ok(renderer.map_err(Clone::clone)?.clone())
        };
        let (profile, image) = (&self.profile, self.image.as_deref());
        let page = Page { source, args, profile, image, renderer: &renderer, at };
        page.work(self.act, signer)
    }

    fn sign(
        &self,
        hand: &Hand<'_>,
        source: &Source,
        args: &Sign,
        out: &Path,
        turn: &mut Turn,
    ) -> Result<Value, Problem> {
        let at = Timestamp::now();
        let certificate = turn.ready().certificate.clone();
        let signer = certificate.subject().label();
        let work = self.work(source, args, &signer, at)?;
        let act = work.act;
        let signed = door::write_with(out, |copy| {
            hand.carry_out(turn.ready(), source, work.clone(), at, copy)
        })?;
        for failed in &signed.failed {
            eprintln!("{}", t!("ctl-tsa-failed", url = failed.url, why = failed.why));
        }
        Ok(json!({
            "file": out,
            "field": signed.field,
            "level": signed.level.name(),
            "act": act.key(),
            "signer": signer,
            "serial": certificate.serial_hex(),
            "warnings": self.warnings.iter().map(|one| one.code()).collect::<Vec<_>>(),
            "failed_services": signed.failed.iter().map(|one| &one.url).collect::<Vec<_>>(),
        }))
    }
}

fn trust_of(global: &Global) -> Result<TrustStore, Problem> {
    let folder = door::data_dir(global)?.join("trust");
    if folder.is_dir() { Ok(TrustStore::from_dir(&folder)?) } else { Ok(TrustStore::empty()) }
}
