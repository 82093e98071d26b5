//! What the window asks of the PDF room: pages as pictures.

use std::fmt::Debug;
use std::sync::Arc;

use crate::domain::problem::Problem;
use crate::domain::query::{Query, Term};
use crate::pdf::Rect;
use crate::pdf::render::{RenderedDocument, Renderer};

/// One page, drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    /// Red, green, blue, alpha; row by row from the top.
    pub rgba: Arc<[u8]>,
}

impl Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

/// Opens PDF files for showing. Blocks.
pub trait Easel: Debug + Send + Sync {
    fn open(&self, pdf: Arc<[u8]>) -> Result<Arc<dyn Canvas>, Problem>;
}

/// An open PDF file. Blocks, except for [`Canvas::pages`].
pub trait Canvas: Debug + Send + Sync {
    /// Width and height of each page in points, as shown (rotation applied).
    fn pages(&self) -> &[(f32, f32)];
    /// Page `index` (from 0) as a picture `width` pixels wide.
    fn draw(&self, index: usize, width: u32) -> Result<Picture, Problem>;
    /// Where on page `index` the words of a query stand: for each place its lines, in points
    /// from the top left of the page as shown.
    fn find(&self, _index: usize, _query: &Query) -> Result<Vec<Vec<Rect>>, Problem> {
        Ok(Vec::new())
    }
}

/// Draws with pdfium, which starts with the first file.
#[derive(Debug, Clone, Copy, Default)]
pub struct PdfEasel;

impl Easel for PdfEasel {
    fn open(&self, pdf: Arc<[u8]>) -> Result<Arc<dyn Canvas>, Problem> {
        let document = Renderer::start()?.open(pdf)?;
        let pages = document.pages().iter().map(|page| (page.width, page.height)).collect();
        Ok(Arc::new(PdfCanvas { document, pages }))
    }
}

#[derive(Debug)]
struct PdfCanvas {
    document: RenderedDocument,
    pages: Vec<(f32, f32)>,
}

impl Canvas for PdfCanvas {
    fn pages(&self) -> &[(f32, f32)] {
        &self.pages
    }

    fn draw(&self, index: usize, width: u32) -> Result<Picture, Problem> {
        let points = self.pages.get(index).map_or(1.0, |(width, _)| width.max(1.0));
        let page = u32::try_from(index).unwrap_or(u32::MAX);
        let bitmap = self.document.page(page, width as f32 / points)?;
        Ok(Picture { width: bitmap.width, height: bitmap.height, rgba: bitmap.rgba })
    }

    fn find(&self, index: usize, query: &Query) -> Result<Vec<Vec<Rect>>, Problem> {
        let page = u32::try_from(index).unwrap_or(u32::MAX);
        let text = self.document.text(page)?;
        let geometry = self.document.geometry(page)?;
        let terms: Vec<&Term> = query.terms.iter().filter(|term| !term.words.is_empty()).collect();
        let shown = |found: Vec<Rect>| found.into_iter().map(|r| geometry.to_shown(r)).collect();
        Ok(text.find_words(&terms).into_iter().map(shown).collect())
    }
}
