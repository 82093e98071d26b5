//! Reading the fields of a file, and of a document of the store.

use std::sync::Arc;

use super::{Agencies, NoAgencies, Origin, Reading, Sheet, read};
use crate::domain::agency::Agency;
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text::{fold, tidy};
use crate::office::Office;
use crate::office::place::texts;
use crate::pdf::PdfError;
use crate::pdf::render::{RenderedDocument, Renderer};
use crate::pdf::structure::Source;
use crate::rules::Profile;

impl Agencies for Office {
    fn named(&self, words: &str) -> Vec<Agency> {
        let found = self.store().agencies(words, 50).unwrap_or_default();
        if !found.is_empty() {
            return found;
        }
        // A scan may have lost a mark or a letter of one word: the longest will do.
        let words = fold(&tidy(words));
        let longest = words.split(' ').max_by_key(|word| word.len()).unwrap_or_default();
        self.store().agencies(longest, 50).unwrap_or_default()
    }
}

impl Office {
    /// Reads the fields of a document's main file off its pages, inbound or outbound.
    pub fn read_fields(&self, key: DocumentKey) -> Result<Reading, Problem> {
        self.actor(Act::ViewQueues)?;
        let pdf = self.main_file(key)?;
        self.read_fields_of(&pdf)
    }

    /// The same of any PDF.
    pub fn read_fields_of(&self, pdf: &Arc<[u8]>) -> Result<Reading, Problem> {
        let source = Source::parse(pdf.clone())?;
        let document = self.renderer()?.open_source(&source)?;
        let sheets = sheets(&source, &document)?;
        Ok(read(&sheets, source.page_count()?, self.profile(), self))
    }
}

/// Reads the fields of a file that is in no office: no directory is asked.
pub fn read_file(pdf: &Arc<[u8]>, profile: &Profile) -> Result<Reading, Problem> {
    let source = Source::parse(pdf.clone())?;
    let document = Renderer::start()?.open_source(&source)?;
    let sheets = sheets(&source, &document)?;
    Ok(read(&sheets, source.page_count()?, profile, &NoAgencies))
}

/// Fewer characters than this on a page are a stamp on a picture, not a text.
const TEXT: usize = 24;

/// The pages as the file itself says them.
pub fn sheets(source: &Source, document: &RenderedDocument) -> Result<Vec<Sheet>, PdfError> {
    texts(source, document)?
        .into_iter()
        .zip(0..)
        .map(|(text, page)| {
            let visible = text.chars.iter().filter(|glyph| !glyph.ch.is_whitespace()).count();
            let origin = if visible < TEXT { Origin::Unread } else { Origin::Text };
            let size = source.page_geometry(page + 1)?.shown_points();
            Ok(Sheet { page, text, size, origin })
        })
        .collect()
}
