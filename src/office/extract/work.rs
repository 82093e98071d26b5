//! Reading the fields of a file, and of a document of the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::recognise::{DOTS_PER_INCH, NotRead, Recogniser};
use super::{Agencies, NoAgencies, Origin, Reading, Sheet, read};
use crate::domain::agency::Agency;
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text::{fold, tidy};
use crate::office::opened::Opened;
use crate::office::place::texts;
use crate::office::{Office, OfficeError};
use crate::pdf::PdfError;
use crate::pdf::render::{Cancel, RenderedDocument, Renderer};
use crate::pdf::structure::Source;
use crate::pdf::text::PageText;
use crate::rules::Profile;

/// The setting that names the program for optical recognition; `none` for none.
const OCR_PROGRAM: &str = "ocr.program";
const NONE: &str = "none";

impl Agencies for Office {
    fn named(&self, words: &str) -> Vec<Agency> {
        // A reading without the directory is still a reading; that it failed is in the log.
        let search = |words: &str| {
            self.store().agencies(words, 50).unwrap_or_else(|error| {
                tracing::warn!(%error, "the directory could not be searched");
                Vec::new()
            })
        };
        let found = search(words);
        if !found.is_empty() {
            return found;
        }
        // A scan may have lost a mark or a letter of one word: the longest will do.
        let words = fold(&tidy(words));
        let longest = words.split(' ').max_by_key(|word| word.len()).unwrap_or_default();
        search(longest)
    }
}

impl Office {
    /// Reads the fields of a document's main file off its pages, inbound or outbound. A scan
    /// takes seconds; it stops where `cancel` says so.
    pub fn read_fields(&self, key: DocumentKey, cancel: &Cancel) -> Result<Reading, Problem> {
        self.actor(Act::ViewQueues)?;
        let pdf = self.main_file(key)?;
        self.read_fields_of(&pdf, cancel)
    }

    /// The same of any PDF.
    pub fn read_fields_of(&self, pdf: &Arc<[u8]>, cancel: &Cancel) -> Result<Reading, Problem> {
        Opened::of(self, pdf).fields(cancel)
    }

    /// The program for optical recognition that this desk uses, or why there is none.
    pub fn recogniser(&self) -> Result<Recogniser, NotRead> {
        let chosen = self.store().setting(OCR_PROGRAM).ok().flatten();
        match chosen.as_deref().filter(|chosen| !chosen.is_empty()) {
            Some(NONE) => Err(NotRead::NoProgram),
            Some(program) => Recogniser::find(Some(Path::new(program))),
            None => Recogniser::find(None),
        }
    }

    /// The program that was chosen, if one was; `none` where none is to be used.
    pub fn ocr_program(&self) -> Result<Option<String>, Problem> {
        Ok(self.store().setting(OCR_PROGRAM)?.filter(|chosen| !chosen.is_empty()))
    }

    /// Chooses the program for optical recognition: a file, `none` for none, `None` for the
    /// one that is found by itself. One that does not work is refused.
    pub fn set_ocr_program(&self, program: Option<&str>) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        if let Some(program) = program.filter(|program| *program != NONE) {
            let found = Recogniser::find(Some(&PathBuf::from(program)));
            found.map_err(|error| OfficeError::NoRecogniser(error.to_string()))?;
        }
        Ok(self.store().set_setting(OCR_PROGRAM, program.unwrap_or_default())?)
    }
}

/// Reads the fields of a file that is in no office: no directory is asked.
pub fn read_file(pdf: &Arc<[u8]>, profile: &Profile) -> Result<Reading, Problem> {
    let source = Source::parse(pdf.clone())?;
    let document = Renderer::start()?.open_source(&source)?;
    let sheets = sheets(&source, &document)?;
    let seen = look(sheets, &document, &|| Recogniser::find(None), &Cancel::new())?;
    Ok(seen.read(source.page_count()?, profile, &NoAgencies))
}

/// A document's pages with what could be read of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub sheets: Vec<Sheet>,
    /// Why pages that are pictures were not read.
    pub not_read: Option<NotRead>,
}

impl Seen {
    /// The fields of a document of `pages` pages.
    pub fn read<A: Agencies + ?Sized>(
        &self,
        pages: u32,
        profile: &Profile,
        agencies: &A,
    ) -> Reading {
        let mut reading = read(&self.sheets, pages, profile, agencies);
        let recognised =
            self.sheets.iter().filter(|sheet| matches!(sheet.origin, Origin::Recognised { .. }));
        for sheet in recognised {
            let lines = sheet.text.lines();
            let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
            reading.recognised_text.push_str(&text.join("\n"));
            reading.recognised_text.push('\n');
        }
        reading.not_read = self.not_read.clone();
        reading
    }
}

/// Fewer characters than this on a page are a stamp on a picture, not a text.
const TEXT: usize = 24;

/// Whether a page's characters are its text, and no mere stamp on a picture.
pub fn is_read(text: &PageText) -> bool {
    text.chars.iter().filter(|glyph| !glyph.ch.is_whitespace()).count() >= TEXT
}

/// The pages as the file itself says them.
pub fn sheets(source: &Source, document: &RenderedDocument) -> Result<Vec<Sheet>, PdfError> {
    let texts = texts(source, document)?.into_iter();
    texts.zip(0..).map(|(text, page)| sheet(source, page, text)).collect()
}

/// A page (from 0) with its text in user space.
pub(in crate::office) fn page_sheet(
    source: &Source,
    page: u32,
    text: &PageText,
) -> Result<Sheet, PdfError> {
    sheet(source, page, text.shown(&source.page_geometry(page + 1)?))
}

/// A page with its text as it is shown.
fn sheet(source: &Source, page: u32, text: PageText) -> Result<Sheet, PdfError> {
    let origin = if is_read(&text) { Origin::Text } else { Origin::Unread };
    let size = source.page_geometry(page + 1)?.shown_points();
    Ok(Sheet { page, text, size, origin })
}

/// The pages of a document, pictures included: the first of them and the last two go through
/// optical recognition, since the fields stand there; a scanned book would take an hour.
pub fn look(
    mut sheets: Vec<Sheet>,
    document: &RenderedDocument,
    recogniser: &dyn Fn() -> Result<Recogniser, NotRead>,
    cancel: &Cancel,
) -> Result<Seen, PdfError> {
    let silent: Vec<usize> = sheets
        .iter()
        .enumerate()
        .filter(|(_, sheet)| sheet.origin == Origin::Unread)
        .map(|(at, _)| at)
        .collect();
    // A blank back of a page behind a text is nothing to be read.
    let scanned = silent.first() == Some(&0);
    let mut wanted: Vec<usize> = silent.first().filter(|_| scanned).copied().into_iter().collect();
    wanted.extend(silent.iter().rev().take(2).filter(|at| **at != 0 && scanned));
    if wanted.is_empty() {
        return Ok(Seen { sheets, not_read: None });
    }
    let recogniser = match recogniser() {
        Ok(recogniser) => recogniser,
        Err(why) => return Ok(Seen { sheets, not_read: Some(why) }),
    };
    let mut not_read = None;
    for at in wanted {
        let Some(sheet) = sheets.get_mut(at) else { continue };
        let drawn = document.page_unless(sheet.page, DOTS_PER_INCH / 72.0, cancel)?;
        let answer = match drawn {
            Some(picture) => recogniser.read(&picture, sheet.size.1, cancel),
            None => Err(NotRead::Cancelled),
        };
        match answer {
            Ok(found) if found.text.chars.is_empty() => {}
            Ok(found) => {
                sheet.text = found.text;
                sheet.origin = Origin::Recognised { certainty: found.certainty };
            }
            Err(why) => {
                tracing::warn!(%why, page = sheet.page, "a page was not recognised");
                not_read.get_or_insert(why);
            }
        }
    }
    Ok(Seen { sheets, not_read })
}
