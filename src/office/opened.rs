//! A PDF file opened once for everybody who looks at it: its pages are counted, its text is
//! read for search and for marks of secrecy, its signatures are judged, its fields are taken
//! off the pages. Each of them asks for what it needs; what one has opened serves the next.

use std::cell::OnceCell;
use std::sync::Arc;

use super::draft::refuse_secrets;
use super::extract::{Reading, Sheet, look, page_sheet, read};
use super::place::TEXT_PAGES;
use super::{Office, OfficeError};
use crate::domain::problem::Problem;
use crate::pdf::PdfError;
use crate::pdf::render::{Cancel, RenderedDocument};
use crate::pdf::structure::Source;
use crate::pdf::text::PageText;
use crate::signing::check::FirstPage;

/// The bytes of a file, a PDF or not, with what was found out about them so far.
pub(super) struct Opened<'a> {
    office: &'a Office,
    bytes: &'a [u8],
    shared: OnceCell<Arc<[u8]>>,
    source: OnceCell<Result<Source, PdfError>>,
    rendered: OnceCell<Result<RenderedDocument, Problem>>,
    texts: OnceCell<Vec<Result<PageText, PdfError>>>,
}

impl<'a> Opened<'a> {
    pub fn new(office: &'a Office, bytes: &'a [u8]) -> Self {
        Self {
            office,
            bytes,
            shared: OnceCell::new(),
            source: OnceCell::new(),
            rendered: OnceCell::new(),
            texts: OnceCell::new(),
        }
    }

    /// The same of bytes that are shared already and need not be copied.
    pub fn of(office: &'a Office, bytes: &'a Arc<[u8]>) -> Self {
        Self { shared: OnceCell::from(Arc::clone(bytes)), ..Self::new(office, bytes) }
    }

    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether the bytes begin as those of a PDF file do.
    pub fn is_pdf(&self) -> bool {
        self.bytes.starts_with(b"%PDF-")
    }

    fn shared(&self) -> Arc<[u8]> {
        Arc::clone(self.shared.get_or_init(|| self.bytes.into()))
    }

    pub fn source(&self) -> Result<&Source, PdfError> {
        let source = self.source.get_or_init(|| Source::parse(self.shared()));
        source.as_ref().map_err(Clone::clone)
    }

    pub fn page_count(&self) -> Result<u32, PdfError> {
        self.source()?.page_count()
    }

    pub fn rendered(&self) -> Result<&RenderedDocument, Problem> {
        let open = || Ok(self.office.renderer()?.open(self.shared())?);
        self.rendered.get_or_init(open).as_ref().map_err(Clone::clone)
    }

    /// The text of the pages, each in its user space; an annex may have thousands of pages,
    /// but what is looked for stands on the first [`TEXT_PAGES`].
    fn texts(&self) -> Result<&[Result<PageText, PdfError>], Problem> {
        let rendered = self.rendered()?;
        let pages = (0..).zip(rendered.pages()).take(TEXT_PAGES);
        Ok(self.texts.get_or_init(|| pages.map(|(page, _)| rendered.text(page)).collect()))
    }

    /// The text, for search and for the secrecy check; empty where no renderer is installed or
    /// the pages hold only pictures.
    pub fn content(&self) -> String {
        let Ok(texts) = self.texts() else { return String::new() };
        let mut content = String::new();
        for page in texts.iter().flatten() {
            content.push_str(&page.plain());
            content.push('\n');
        }
        content
    }

    /// Refuses a PDF whose text carries a mark of secrecy.
    pub fn refuse_secrets(&self) -> Result<(), OfficeError> {
        if self.is_pdf() { refuse_secrets(&self.content()) } else { Ok(()) }
    }

    /// The pages as the file itself says them.
    fn sheets(&self) -> Result<Vec<Sheet>, Problem> {
        let source = self.source()?;
        let pages = source.page_count()? as usize;
        let texts = self.texts()?.iter().take(pages);
        let sheets = (0..)
            .zip(texts)
            .map(|(page, text)| page_sheet(source, page, text.as_ref().map_err(Clone::clone)?));
        Ok(sheets.collect::<Result<_, PdfError>>()?)
    }

    /// What its first page says of number and date.
    pub fn first_page(&self) -> FirstPage {
        let read = || -> Result<FirstPage, Problem> {
            let text = self.texts()?.first().ok_or(PdfError::Empty)?;
            let geometry = self.source()?.page_geometry(1)?;
            Ok(FirstPage::of(&text.as_ref().map_err(Clone::clone)?.shown(&geometry)))
        };
        read().unwrap_or_else(|problem| {
            tracing::info!(%problem, "the text of the first page was not read");
            FirstPage::Unread
        })
    }

    /// The fields that the file itself says, without optical recognition.
    pub fn text_fields(&self) -> Result<Reading, Problem> {
        let sheets = self.sheets()?;
        Ok(read(&sheets, self.page_count()?, self.office.profile(), self.office))
    }

    /// The fields, those of scanned pages included, which takes seconds; it stops where
    /// `cancel` says so.
    pub fn fields(&self, cancel: &Cancel) -> Result<Reading, Problem> {
        let recogniser = || self.office.recogniser();
        let seen = look(self.sheets()?, self.rendered()?, &recogniser, cancel)?;
        Ok(seen.read(self.page_count()?, self.office.profile(), self.office))
    }

    /// The same of what arrives: best effort, a document is never refused for it.
    pub fn arrival_fields(&self) -> Option<Reading> {
        let reading = self.fields(&Cancel::new());
        reading.inspect_err(|problem| tracing::warn!(%problem, "an arrival was not read")).ok()
    }
}

#[cfg(test)]
mod tests;
