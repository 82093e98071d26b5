//! Versions of a document's main file, and what differs between two of them.

use std::sync::Arc;

use crate::domain::difference::{Piece, pieces};
use crate::domain::document::DocumentKey;
use crate::domain::opinion::Version;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::convert::by_lines;
use crate::office::draft::DraftError;
use crate::office::{Office, OfficeError};
use crate::pdf::difference::changed;
use crate::pdf::render::{Bitmap, Cancel, RenderedDocument};
use crate::pdf::{PdfError, Rect};

/// Pixels for a point at which pages are compared: what a reader sees on a screen.
const SCALE: f32 = 1.5;
/// Pages that are compared as pictures; more would be looked at by nobody.
const MOST_PAGES: u32 = 300;

/// What differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionDifference {
    pub old: u32,
    pub new: u32,
    /// The words, in the order in which they are read.
    pub text: Vec<Piece>,
    /// Pages, from 0, whose pictures differ, with the number of places.
    pub pages: Vec<(u32, usize)>,
    /// How many pages the larger version has.
    pub page_count: u32,
}

/// One page of two versions, side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct PagePair {
    /// `None` where that version has no such page.
    pub old: Option<Bitmap>,
    pub new: Option<Bitmap>,
    /// Where they differ, as parts of the page (0 to 1) from its top left.
    pub changed: Vec<Rect>,
}

impl Office {
    /// Every version of a document's main file, oldest first.
    pub fn versions(&self, key: DocumentKey) -> Result<Vec<Version>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().versions(&key)?)
    }

    /// The PDF of a version.
    pub fn version_file(&self, key: DocumentKey, number: u32) -> Result<Arc<[u8]>, Problem> {
        let version = self.version(key, number)?;
        self.file(&version.file)
    }

    /// What a version was made of: the file's name and its bytes.
    pub fn version_source(
        &self,
        key: DocumentKey,
        number: u32,
    ) -> Result<(String, Arc<[u8]>), Problem> {
        let source = self.version(key, number)?.source.ok_or(DraftError::NoSource)?;
        Ok((source.name.clone(), self.file(&source)?))
    }

    /// Compares the words and the pictures of two versions. Blocks; stops where `cancel` says.
    pub fn compare_versions(
        &self,
        key: DocumentKey,
        old: u32,
        new: u32,
        cancel: &Cancel,
    ) -> Result<VersionDifference, Problem> {
        let (before, after) = (self.opened(key, old)?, self.opened(key, new)?);
        let text = pieces(&words(&before, cancel)?, &words(&after, cancel)?);
        let page_count = before.pages().len().max(after.pages().len()) as u32;
        let mut pages = Vec::new();
        for page in 0..page_count.min(MOST_PAGES) {
            if cancel.is_cancelled() {
                return Err(OfficeError::Cancelled.into());
            }
            let pair = pair(&before, &after, page, cancel)?;
            if !pair.changed.is_empty() {
                pages.push((page, pair.changed.len()));
            }
        }
        Ok(VersionDifference { old, new, text, pages, page_count })
    }

    /// One page of two versions, and where they differ.
    pub fn compare_page(
        &self,
        key: DocumentKey,
        old: u32,
        new: u32,
        page: u32,
        cancel: &Cancel,
    ) -> Result<PagePair, Problem> {
        let (before, after) = (self.opened(key, old)?, self.opened(key, new)?);
        if page as usize >= before.pages().len().max(after.pages().len()) {
            return Err(DraftError::NoSuchPage(page.saturating_add(1)).into());
        }
        Ok(pair(&before, &after, page, cancel)?)
    }

    fn version(&self, key: DocumentKey, number: u32) -> Result<Version, Problem> {
        let version = self.versions(key)?.into_iter().find(|version| version.number == number);
        version.ok_or_else(|| DraftError::NoSuchVersion(number).into())
    }

    fn opened(&self, key: DocumentKey, number: u32) -> Result<RenderedDocument, Problem> {
        Ok(self.renderer()?.open(self.version_file(key, number)?)?)
    }
}

/// What a version says, line by line as it is read.
fn words(document: &RenderedDocument, cancel: &Cancel) -> Result<String, Problem> {
    let mut words = String::new();
    for page in 0..document.pages().len().min(MOST_PAGES as usize) {
        if cancel.is_cancelled() {
            return Err(OfficeError::Cancelled.into());
        }
        let page = u32::try_from(page).unwrap_or(u32::MAX);
        words.push_str(&by_lines(&document.text(page)?));
        words.push('\n');
    }
    Ok(words)
}

fn pair(
    before: &RenderedDocument,
    after: &RenderedDocument,
    page: u32,
    cancel: &Cancel,
) -> Result<PagePair, PdfError> {
    let drawn = |document: &RenderedDocument| -> Result<Option<Bitmap>, PdfError> {
        match (page as usize) < document.pages().len() {
            true => document.page_unless(page, SCALE, cancel),
            false => Ok(None),
        }
    };
    let (old, new) = (drawn(before)?, drawn(after)?);
    let changed = match (&old, &new) {
        (Some(old), Some(new)) => changed(old, new),
        (None, None) => Vec::new(),
        // A page that only one has is different from end to end.
        _ => vec![Rect { x: 0.0, y: 0.0, width: 1.0, height: 1.0 }],
    };
    Ok(PagePair { old, new, changed })
}
