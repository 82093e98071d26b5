//! How well fields are read: right, wrong, not proposed; and whether a confidence means
//! what it says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::corpus::Case;
use super::recognise::{DOTS_PER_INCH, Recogniser};
use super::{Field, NoAgencies, Origin, Reading, Sheet, phrase, read, sheets};
use crate::domain::problem::Problem;
use crate::domain::text::tidy;
use crate::pdf::render::{Bitmap, Cancel, Renderer};
use crate::pdf::structure::Source;
use crate::rules::Profile;

const PATIENCE: Duration = Duration::from_secs(1200);

/// What became of one field over many documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// The page says it and it was read so.
    pub right: u32,
    /// Something else was proposed, or something where the page says nothing.
    pub wrong: u32,
    /// The page says it and nothing was proposed.
    pub silent: u32,
}

/// A field that was read wrongly, to be looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    pub case: String,
    pub field: Field,
    pub truth: String,
    /// Empty where nothing was proposed.
    pub read: String,
    pub confidence: f32,
}

/// Proposals of about one confidence, and how many of them were right.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bin {
    /// From here on.
    pub from: f32,
    pub proposals: u32,
    pub right: u32,
}

/// The measure of one corpus.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    pub documents: u32,
    pub fields: BTreeMap<Field, Tally>,
    pub bins: Vec<Bin>,
    pub misses: Vec<Miss>,
}

impl Tally {
    /// Share of what the page says that was read right, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        let said = self.right + self.wrong + self.silent;
        if said == 0 { 1.0 } else { f64::from(self.right) / f64::from(said) }
    }
}

impl Report {
    /// All fields together.
    pub fn overall(&self) -> Tally {
        self.fields.values().fold(Tally::default(), |sum, one| Tally {
            right: sum.right + one.right,
            wrong: sum.wrong + one.wrong,
            silent: sum.silent + one.silent,
        })
    }

    /// Of the proposals of at least `confidence`, how many there are and how many were right.
    pub fn from(&self, confidence: f32) -> (u32, u32) {
        let bins = self.bins.iter().filter(|bin| bin.from >= confidence - 1e-4);
        bins.fold((0, 0), |(all, right), bin| (all + bin.proposals, right + bin.right))
    }

    /// Counts one document in.
    pub fn add(&mut self, name: &str, truth: &dyn Fn(Field) -> String, reading: &Reading) {
        if self.bins.is_empty() {
            let from = |tenth: u8| Bin { from: f32::from(tenth) * 0.05, ..Bin::default() };
            self.bins = (0..20).map(from).collect();
        }
        self.documents += 1;
        for field in Field::ALL.into_iter().filter(|field| *field != Field::Pages) {
            let truth = truth(field);
            let proposal = reading.proposal(field);
            let said = proposal.map(|one| one.value.shown()).unwrap_or_default();
            let confidence = proposal.map_or(0.0, |one| one.confidence);
            let right = same(field, &truth, &said);
            let tally = self.fields.entry(field).or_default();
            match (truth.is_empty(), proposal.is_some()) {
                (true, false) => continue,
                (false, false) => tally.silent += 1,
                (_, true) if right => tally.right += 1,
                (_, true) => tally.wrong += 1,
            }
            if proposal.is_some() {
                let at = ((confidence + 1e-4) / 0.05) as usize;
                if let Some(bin) = self.bins.get_mut(at.min(19)) {
                    bin.proposals += 1;
                    bin.right += u32::from(right);
                }
            }
            if !right {
                let case = name.to_owned();
                self.misses.push(Miss { case, field, truth, read: said, confidence });
            }
        }
    }
}

/// Whether a value is right: letter by letter, but for capitals where the page has nothing
/// else.
fn same(field: Field, truth: &str, said: &str) -> bool {
    let plain = |text: &str| {
        let text = super::names::written_out(text);
        match field {
            Field::Issuer | Field::Position | Field::Competence => text.to_lowercase(),
            _ => tidy(&text),
        }
    };
    plain(truth) == plain(said)
}

/// Reads every document that is no scan, and the scans too where there is a program for it.
/// `tell` is told how far it is.
pub fn measure(
    cases: &[Case],
    profile: &Profile,
    recogniser: Option<&Recogniser>,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<(Report, Option<Report>), Problem> {
    let renderer = Renderer::start()?;
    // What is measured here is how well, not how fast.
    let recogniser = recogniser.map(|found| found.clone().with_patience(PATIENCE));
    let recogniser = recogniser.as_ref();
    let (mut texts, mut scans) = (Report::default(), Report::default());
    for (at, case) in cases.iter().enumerate() {
        tell(at, cases.len());
        if case.scanned && recogniser.is_none() {
            continue;
        }
        let source = Source::parse(Arc::from(case.pdf()?))?;
        let document = renderer.open_source(&source)?;
        let pages = source.page_count()?;
        let truth = |field| case.truth(field);
        let mut sheets = sheets(&source, &document)?;
        match recogniser.filter(|_| case.scanned) {
            None => texts.add(&case.name, &truth, &read(&sheets, pages, profile, &NoAgencies)),
            Some(recogniser) => {
                for sheet in &mut sheets {
                    let picture = document.page(sheet.page, DOTS_PER_INCH / 72.0)?;
                    recognise(recogniser, &worn(&picture), sheet)?;
                }
                scans.add(&case.name, &truth, &read(&sheets, pages, profile, &NoAgencies));
            }
        }
    }
    Ok((texts, recogniser.map(|_| scans)))
}

fn recognise(recogniser: &Recogniser, picture: &Bitmap, sheet: &mut Sheet) -> Result<(), Problem> {
    use crate::office::OfficeError;
    let found = recogniser.read(picture, sheet.size.1, &Cancel::new());
    let found = found.map_err(|error| OfficeError::NoRecogniser(error.to_string()))?;
    sheet.text = found.text;
    sheet.origin = Origin::Recognised { certainty: found.certainty };
    Ok(())
}

/// A picture as a worn scanner gives it: grey paper, specks, soft edges; always the same.
fn worn(picture: &Bitmap) -> Bitmap {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let grey = |x: usize, y: usize| {
        let at = 4 * (y.min(height - 1) * width + x.min(width - 1));
        f32::from(picture.rgba.get(at + 1).copied().unwrap_or(255))
    };
    let mut noise: u32 = 0x2545_f491;
    let mut rgba = Vec::with_capacity(4 * width * height);
    for y in 0..height {
        for x in 0..width {
            let soft = 0.5 * grey(x, y) + 0.25 * (grey(x + 1, y) + grey(x, y + 1));
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            let speck = if noise.is_multiple_of(1500) {
                -170.0
            } else {
                f32::from((noise >> 24) as u8) / 12.0 - 10.0
            };
            let value = (0.86 * soft + 22.0 + speck).clamp(0.0, 255.0) as u8;
            rgba.extend([value, value, value, 255]);
        }
    }
    Bitmap { width: picture.width, height: picture.height, rgba: rgba.into() }
}

/// Whether two texts are nearly the same, for people who look at misses.
pub fn nearly(miss: &Miss) -> bool {
    phrase::skeleton(&miss.truth) == phrase::skeleton(&miss.read)
}
