//! What each of the six acts of signing puts on a page, and where.

use jiff::Timestamp;
use vanthu::domain::act::SigningAct;
use vanthu::domain::calendar;
use vanthu::domain::document::Code;
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::problem::Problem;
use vanthu::office::corner::{self, Words};
use vanthu::office::hand::Work;
use vanthu::office::place::{self, StampImage};
use vanthu::office::{Placement, head};
use vanthu::pdf::Rect;
use vanthu::pdf::appearance::{Appearance, Line};
use vanthu::pdf::blanks::IssueHead;
use vanthu::pdf::render::Renderer;
use vanthu::pdf::structure::Source;
use vanthu::rules::Profile;
use vanthu::signing::make::Look;

use crate::args::{self, As, Sign};
use crate::desk_work::placement;
use crate::usage;

/// The act that a command names, and whose signature it is.
pub fn named(args: &Sign) -> Result<(Option<SigningAct>, SignatureKind), Problem> {
    let act = args.act.map(act);
    let kind = match (args.as_, act) {
        (Some(As::Personal), _) => SignatureKind::Personal,
        (Some(As::Organisation), _) => SignatureKind::Organisation,
        (None, act) => act.map_or(SignatureKind::Personal, SigningAct::kind),
    };
    match act {
        Some(act) if act.kind() != kind => Err(usage("--as, --act", act)),
        act => Ok((act, kind)),
    }
}

/// A file that is to be signed, and what is to be seen of it.
pub struct Page<'a> {
    pub source: &'a Source,
    pub args: &'a Sign,
    pub profile: &'a Profile,
    pub image: Option<&'a [u8]>,
    pub renderer: &'a dyn Fn() -> Result<Renderer, Problem>,
    pub at: Timestamp,
}

impl Page<'_> {
    /// Everything that the signature writes.
    pub fn work(&self, act: Option<SigningAct>, signer: &str) -> Result<Work, Problem> {
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
        let document = (self.renderer)()?.open_source(self.source)?;
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
        let stamp = self.image.map(|png| StampImage { png, width_mm: mm });
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
                let chosen = match self.spot() {
                    _ if automatic => Placement::Automatic,
                    found => match found? {
                        Some((page, rect)) => Placement::At { page, rect },
                        None => Placement::Invisible,
                    },
                };
                place::seal(self.source, &chosen, self.profile, organisation, stamp, self.at)
            }
            _ => Ok(match self.spot()? {
                None => Look::Invisible,
                Some((page, rect)) => {
                    Look::Visible { page: page + 1, rect, appearance: self.appearance(signer) }
                }
            }),
        }
    }

    /// Page (from 0) and rectangle; `None` for an invisible signature.
    fn spot(&self) -> Result<Option<(u32, Rect)>, Problem> {
        match (placement(&self.args.place)?, &self.args.at_text) {
            (Placement::Invisible, _) => Ok(None),
            (Placement::At { page, rect }, _) => Ok(Some((page, rect))),
            (Placement::Automatic, Some(text)) => {
                let document = (self.renderer)()?.open_source(self.source)?;
                Ok(Some(place::above_text(self.source, &document, text, self.profile)?))
            }
            (Placement::Automatic, None) => {
                Err(usage("--at-text | --page --rect | --invisible", ""))
            }
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
        let image = self.image.map(<[u8]>::to_vec);
        Appearance { image, lines, ..Appearance::default() }
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
