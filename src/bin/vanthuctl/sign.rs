//! Signs PDF files without an office.

use jiff::Timestamp;
use serde_json::json;
use vanthu::domain::act::SigningAct;
use vanthu::domain::calendar;
use vanthu::domain::document::Code;
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::problem::Problem;
use vanthu::office::corner::{self, Words};
use vanthu::office::hand::{Hand, Work};
use vanthu::office::place::{self, StampImage};
use vanthu::office::settings::{ImageWarning, fit_image};
use vanthu::office::{OfficeError, Placement, head};
use vanthu::pdf::appearance::{Appearance, Line};
use vanthu::pdf::blanks::IssueHead;
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
    let act = args.act.map(act);
    let kind = match (args.as_, act) {
        (Some(As::Personal), _) => SignatureKind::Personal,
        (Some(As::Organisation), _) => SignatureKind::Organisation,
        (None, act) => act.map_or(SignatureKind::Personal, SigningAct::kind),
    };
    if act.is_some_and(|act| act.kind() != kind) {
        return Err(usage("--as, --act", ""));
    }
    let image = args.image.as_deref().map(door::read).transpose()?;
    let warnings = match &image {
        Some(png) => ImageWarning::of(&fit_image(png)?, kind),
        None => Vec::new(),
    };
    let at = Timestamp::now();
    let selector = Selector::parse(&args.token.token)?;
    // What the page does not allow is said before the PIN is asked for.
    let page = Page { source: &source, args, profile: &profile, image, at };
    let mut work = page.work(act, "")?;
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
    let signer = ready.certificate.subject().label();
    work.look = page.look(act, &signer)?;
    let signed = door::write_with(&args.output, |out| {
        hand.carry_out(&mut ready, &source, work.clone(), at, out)
    })?;
    let json = json!({
        "file": args.output,
        "field": signed.field,
        "level": signed.level.name(),
        "act": act.unwrap_or(SigningAct::usual(kind)).key(),
        "signer": signer,
        "serial": ready.certificate.serial_hex(),
        "warnings": warnings.iter().map(|warning| warning.code()).collect::<Vec<_>>(),
    });
    let mut text = vec![t!("ctl-file-signed", file = args.output.display(), signer = signer)];
    text.extend(warnings.iter().map(|warning| warning.sentence()));
    Ok(Outcome::new(json, text.join("\n")))
}

/// A file that is to be signed, and what is to be seen of it.
struct Page<'a> {
    source: &'a Source,
    args: &'a Sign,
    profile: &'a Profile,
    image: Option<Vec<u8>>,
    at: Timestamp,
}

impl Page<'_> {
    /// Everything that the signature writes.
    fn work(&self, act: Option<SigningAct>, signer: &str) -> Result<Work, Problem> {
        let usual = match self.args.as_ {
            Some(As::Organisation) => SigningAct::Issue,
            _ => SigningAct::Approve,
        };
        let mut work = Work::new(act.unwrap_or(usual), self.look(act, signer)?);
        let words = &self.args.words;
        match act {
            Some(SigningAct::Approve) if words.number_later => {
                (work.stamps, work.keep_open) = head::left_open(&Code::default(), &self.head()?)?;
            }
            Some(SigningAct::Approve) => {
                if let Some(entry) = self.entry() {
                    work.stamps = entry.stamps(&self.head()?)?;
                }
            }
            Some(SigningAct::Issue) => {
                if let Some(entry) = self.entry() {
                    work.fill = entry.openings(&self.head()?)?;
                }
            }
            _ => {}
        }
        Ok(work)
    }

    fn head(&self) -> Result<IssueHead, Problem> {
        let document = Renderer::start()?.open_source(self.source)?;
        Ok(head::read(self.source, &document)?)
    }

    /// Number and date as they were given.
    fn entry(&self) -> Option<head::Entry> {
        let words = &self.args.words;
        let (number, notation) = words
            .number
            .as_deref()?
            .split_once('/')
            .unwrap_or_else(|| (words.number.as_deref().unwrap_or_default(), ""));
        let code = Code { number: number.trim().to_owned(), notation: notation.trim().to_owned() };
        let date = words.date.unwrap_or_else(|| calendar::local(self.at).date());
        Some(head::Entry::new(code, date))
    }

    fn look(&self, act: Option<SigningAct>, signer: &str) -> Result<Look, Problem> {
        let words = &self.args.words;
        let mm = words.seal_mm.unwrap_or(self.profile.seal_geometry().diameter_mm);
        let stamp = self.image.as_deref().map(|png| StampImage { png, width_mm: mm });
        let organisation = words.organisation.as_deref().unwrap_or(signer);
        let corner = |rule, code: &str, copy_kind: &str| {
            let words = Words { code, organisation, copy_kind };
            corner::look(self.source, rule, &words, stamp, self.at)
        };
        let chosen = placement(&self.args.place)?;
        let automatic = chosen == Placement::Automatic && self.args.at_text.is_none();
        let code = words.number.as_deref().unwrap_or_default();
        let rules = self.profile.signatures();
        match act {
            Some(SigningAct::Appendix) if automatic => corner(&rules.annex, code, ""),
            Some(SigningAct::Income) if automatic => corner(&rules.copy, "", ""),
            Some(SigningAct::Copy) if automatic => corner(&rules.copy, code, &words.copy_kind),
            Some(SigningAct::Issue) if chosen != Placement::Invisible => {
                let chosen = match spot(self.source, self.args, self.profile) {
                    _ if automatic => Placement::Automatic,
                    found => match found? {
                        Some((page, rect)) => Placement::At { page, rect },
                        None => Placement::Invisible,
                    },
                };
                place::seal(self.source, &chosen, self.profile, organisation, stamp, self.at)
            }
            _ => Ok(match spot(self.source, self.args, self.profile)? {
                None => Look::Invisible,
                Some((page, rect)) => {
                    Look::Visible { page: page + 1, rect, appearance: self.appearance(signer) }
                }
            }),
        }
    }

    /// What a signature shows whose place was given.
    fn appearance(&self, signer: &str) -> Appearance {
        let time = Line::new(calendar::iso(self.at), 8.0);
        let name = Line::new(signer, 10.0);
        let lines = match (&self.args.words.comment, &self.image) {
            (Some(comment), _) => vec![Line::new(comment.as_str(), 11.0), name, time],
            (None, Some(_)) => Vec::new(),
            (None, None) => vec![name, time],
        };
        Appearance { image: self.image.clone(), lines, ..Appearance::default() }
    }
}

const fn act(act: args::Act) -> SigningAct {
    match act {
        args::Act::Approve => SigningAct::Approve,
        args::Act::Issue => SigningAct::Issue,
        args::Act::Income => SigningAct::Income,
        args::Act::Appendix => SigningAct::Appendix,
        args::Act::Copy => SigningAct::Copy,
        args::Act::Comment => SigningAct::Comment,
    }
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
