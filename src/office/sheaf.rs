//! Pages of paper on the desk, before they are a document.
//!
//! What has been scanned is in the store before anybody arranges it: a page that came in is
//! not lost by a crash, and the sheaf is offered again at the next start. The bytes of each
//! page stay as the scanner made them; turning and straightening are notes beside them.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Office, OfficeError};
use crate::domain::document::BlobHash;
use crate::domain::paper::{Ink, Scan, Sheaf, SheafPage};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::pdf::import::{self, Copies, Format, PageFacts, PaperWriter, Turn, look};
use crate::pdf::structure::Source;

/// What a page itself proposes to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageLook {
    /// Nothing is written on it.
    pub blank: bool,
    /// Tenths of a degree clockwise that would make its lines level.
    pub lean: Option<i16>,
}

const MM_PER_POINT: f64 = 25.4 / 72.0;

impl Office {
    /// The pages that this person has scanned and not made a document of.
    pub fn sheaf(&self) -> Result<Option<Sheaf>, Problem> {
        self.actor(Act::ReceiveInbound)?;
        Ok(self.store().sheaf(&self.session().user)?)
    }

    /// Remembers how the pages stand now.
    pub fn keep_sheaf(&self, sheaf: &Sheaf) -> Result<(), Problem> {
        self.actor(Act::ReceiveInbound)?;
        Ok(self.store().keep_sheaf(&self.session().user, sheaf)?)
    }

    /// Lets the pages go; the files that they came from are where they were.
    pub fn drop_sheaf(&self) -> Result<(), Problem> {
        self.actor(Act::ReceiveInbound)?;
        Ok(self.store().drop_sheaf(&self.session().user)?)
    }

    /// Takes a file of scanned pages into the sheaf, which begins with it if need be. When
    /// this returns, the pages are safe.
    pub fn add_to_sheaf(&self, file_name: &str, bytes: &[u8]) -> Result<Vec<SheafPage>, Problem> {
        self.actor(Act::ReceiveInbound)?;
        let pages = self.scan_in(file_name, bytes)?;
        let (user, added) = (self.session().user.clone(), pages.clone());
        self.store().write(&self.program(), move |writer| {
            let known = writer.sheaf(&user)?;
            let mut sheaf = known.unwrap_or_else(|| Sheaf::begin(Timestamp::now()));
            sheaf.pages.extend(added);
            writer.keep_sheaf(&user, &sheaf)?;
            Ok::<(), Problem>(())
        })?;
        Ok(pages)
    }

    /// Keeps the bytes of a file and tells its pages.
    pub(super) fn scan_in(&self, file_name: &str, bytes: &[u8]) -> Result<Vec<SheafPage>, Problem> {
        let name = text::safe_file_name(file_name);
        let limit = self.profile().limits().packet_bytes();
        let size = bytes.len() as u64;
        if size > limit {
            return Err(OfficeError::FileTooLarge { name, size, limit }.into());
        }
        let pages = import::survey(bytes)?;
        // What its issuer has signed is a document, not paper: it comes in whole, and gets no
        // further signature of ours.
        if Format::of(bytes) == Some(Format::Pdf)
            && !Source::parse(bytes.into())?.signature_fields()?.is_empty()
        {
            return Err(OfficeError::SignedPdf { name }.into());
        }
        let blob = self.store().put_blob(bytes)?;
        let described = |(index, facts): (u32, PageFacts)| page(&blob, &name, index, &facts);
        Ok((0..).zip(pages).map(described).collect())
    }

    /// A page as it will stand in the document, as a PDF file of its own.
    pub fn sheaf_page(&self, page: &SheafPage) -> Result<Arc<[u8]>, Problem> {
        self.actor(Act::ReceiveInbound)?;
        let bytes = self.store().blob(&page.blob)?;
        let mut press = Press::new(PaperWriter::begin(Vec::new())?);
        press.add(page, bytes)?;
        Ok(press.writer.finish("")?.into())
    }

    /// Looks at a page: is anything written on it, and does it lean? Blocks for as long as
    /// drawing takes.
    pub fn look_at_page(&self, page: &SheafPage) -> Result<PageLook, Problem> {
        let level = SheafPage { tenths: 0, ..page.clone() };
        let document = self.renderer()?.open(self.sheaf_page(&level)?)?;
        let width = document.pages().first().map_or(1.0, |page| page.width.max(1.0));
        let look = look::look(&document.page(0, look::WIDTH as f32 / width)?);
        Ok(PageLook { blank: look.is_blank(), lean: look.lean })
    }
}

fn page(blob: &BlobHash, name: &str, index: u32, facts: &PageFacts) -> SheafPage {
    SheafPage {
        id: Uuid::now_v7(),
        blob: blob.clone(),
        index,
        name: name.to_owned(),
        width_mm: (facts.width * MM_PER_POINT) as f32,
        height_mm: (facts.height * MM_PER_POINT) as f32,
        scan: facts.image.map(|image| Scan {
            dpi: image.density.least() as f32,
            stated: image.density.stated,
            ink: match image.ink {
                import::Ink::Colour => Ink::Colour,
                import::Ink::Grey => Ink::Grey,
                import::Ink::Bilevel => Ink::Bilevel,
            },
        }),
        quarters: 0,
        tenths: 0,
    }
}

/// Presses pages into one file, one after the other.
pub(super) struct Press {
    pub writer: PaperWriter<Vec<u8>>,
    /// The PDF file whose pages come at the moment, and what has been copied of it.
    open: Option<(BlobHash, Source, Copies)>,
}

impl Press {
    pub fn new(writer: PaperWriter<Vec<u8>>) -> Self {
        Self { writer, open: None }
    }

    /// Whether the next page is of the file that is open, so that its bytes are not needed.
    pub fn has(&self, page: &SheafPage) -> bool {
        self.open.as_ref().is_some_and(|(blob, ..)| *blob == page.blob)
    }

    /// Adds a page; `bytes` are its file's, and are not looked at where [`Press::has`] it.
    pub fn add(&mut self, page: &SheafPage, bytes: Vec<u8>) -> Result<(), Problem> {
        let turn = Turn { quarters: page.quarters, tenths: page.tenths };
        if !self.has(page) {
            self.open = None;
            if Format::of(&bytes) != Some(Format::Pdf) {
                return Ok(self.writer.add_image(&bytes, page.index, turn)?);
            }
            let source = Source::parse(bytes.into())?;
            self.open = Some((page.blob.clone(), source, Copies::default()));
        }
        if let Some((_, source, copies)) = &mut self.open {
            let number = page.index.saturating_add(1);
            self.writer.add_pdf_page(source, number, turn, copies)?;
        }
        Ok(())
    }
}
