//! What can be wrong with a PDF file, and what people are told of it.

use crate::domain::problem::{Blame, Kind, Problem};

/// Why a PDF could not be read, drawn or extended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    #[error("the file is empty")]
    Empty,
    #[error("the file does not begin like a PDF")]
    NotPdf,
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    #[error("the file was changed while it was read")]
    Changed,
    #[error("the PDF is damaged: {0}")]
    Damaged(String),
    #[error("the PDF is encrypted")]
    Encrypted,
    #[error("the file has {size} bytes, more than the limit of {limit}")]
    TooLarge { size: u64, limit: u64 },
    #[error("the file has {pages} pages, more than the limit of {limit}")]
    TooManyPages { pages: u32, limit: u32 },
    #[error("the document forbids what was asked: {0}")]
    Forbidden(String),
    #[error("the page {page} does not exist, the document has {pages}")]
    NoSuchPage { page: u32, pages: u32 },
    #[error("pdfium is not available: {0}")]
    NoRenderer(String),
    #[error("the font or image cannot be used: {0}")]
    BadResource(String),
    #[error("the scanned image cannot be used: {0}")]
    BadImage(String),
    #[error("the image has {pixels} pixels, more than the limit of {limit}")]
    ImageTooLarge { pixels: u64, limit: u64 },
}

impl From<PdfError> for Problem {
    fn from(error: PdfError) -> Self {
        use Blame::{Environment, Input};
        use Kind::{Refused, Unavailable, Unreadable, Usage};
        let problem = match &error {
            PdfError::Empty => Self::new("pdf-empty", Unreadable, Input),
            PdfError::NotPdf => Self::new("pdf-not-pdf", Unreadable, Input),
            PdfError::Unreadable(_) => Self::new("pdf-unreadable", Unreadable, Environment),
            PdfError::Changed => Self::new("pdf-changed", Unreadable, Environment),
            PdfError::Damaged(_) => Self::new("pdf-damaged", Unreadable, Input),
            PdfError::Encrypted => Self::new("pdf-encrypted", Unreadable, Input),
            PdfError::TooLarge { size, limit } => Self::new("pdf-too-large", Refused, Input)
                .with("size", size / 1_048_576)
                .with("limit", limit / 1_048_576),
            PdfError::TooManyPages { pages, limit } => {
                Self::new("pdf-too-many-pages", Refused, Input)
                    .with("pages", pages)
                    .with("limit", limit)
            }
            PdfError::Forbidden(_) => Self::new("pdf-forbidden", Refused, Input),
            PdfError::NoSuchPage { page, pages } => {
                Self::new("pdf-no-such-page", Usage, Input).with("page", page).with("pages", pages)
            }
            PdfError::NoRenderer(_) => Self::new("pdf-no-renderer", Unavailable, Environment),
            PdfError::BadResource(_) => Self::new("pdf-bad-resource", Unreadable, Environment),
            PdfError::BadImage(_) => Self::new("pdf-bad-image", Unreadable, Input),
            PdfError::ImageTooLarge { pixels, limit } => {
                Self::new("pdf-image-too-large", Refused, Input)
                    .with("pixels", pixels / 1_000_000)
                    .with("limit", limit / 1_000_000)
            }
        };
        problem.because(error)
    }
}
