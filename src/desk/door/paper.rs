//! What the window asks of the office about paper, files that are brought, and documents that
//! came twice.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::document::DocumentKey;
use crate::domain::inbound::Registration;
use crate::domain::paper::{Paper, Sheaf, SheafPage};
use crate::domain::problem::Problem;
use crate::office::batch::{Cancel, Made};
use crate::office::duplicate::Duplicate;
use crate::office::folder::Sweep;
use crate::office::scan::{ScannerInfo, Wish};
use crate::office::sheaf::PageLook;
use crate::office::{Imported, Office, SignOrder};

/// Every method may block, except [`PaperDoor::paper_of`] and [`PaperDoor::paper_cite`].
pub trait PaperDoor {
    /// Brings in a file from the disk.
    fn import_file(&self, path: &Path) -> Result<Imported, Problem>;
    /// The folder whose files come in by themselves.
    fn watched_folder(&self) -> Result<Option<PathBuf>, Problem>;
    /// Looks at it once; `tell` hears how many files of how many are done.
    fn sweep(&self, cancel: &Cancel, tell: &mut dyn FnMut(usize, usize)) -> Result<Sweep, Problem>;
    /// The folder into which a scanner puts its files.
    fn scanned_folder(&self) -> Result<Option<PathBuf>, Problem>;

    /// Pages that were scanned and are not a document yet.
    fn sheaf(&self) -> Result<Option<Sheaf>, Problem>;
    fn add_file_to_sheaf(&self, path: &Path) -> Result<Vec<SheafPage>, Problem>;
    fn keep_sheaf(&self, sheaf: &Sheaf) -> Result<(), Problem>;
    fn drop_sheaf(&self) -> Result<(), Problem>;
    /// A page as it will stand in the document, as a PDF file of its own.
    fn sheaf_page(&self, page: &SheafPage) -> Result<Arc<[u8]>, Problem>;
    fn look_at_page(&self, page: &SheafPage) -> Result<PageLook, Problem>;
    /// What would be remembered of the sheaf now.
    fn paper_of(&self, sheaf: &Sheaf) -> Paper;
    /// The article that says how paper is scanned.
    fn paper_cite(&self) -> String;
    fn scanners(&self) -> Result<Vec<ScannerInfo>, Problem>;
    fn scan(
        &self,
        id: &str,
        wish: Wish,
        progress: &mut dyn FnMut(u32),
        cancel: &Cancel,
    ) -> Result<Vec<SheafPage>, Problem>;
    /// Makes one document of all pages.
    fn digitise(
        &self,
        sheaf: &Sheaf,
        progress: &mut dyn FnMut(u32, u32),
        cancel: &Cancel,
    ) -> Result<DocumentKey, Problem>;
    /// Signs a digitised copy for the organisation.
    fn seal_copy(&self, key: DocumentKey, order: &SignOrder) -> Result<Made, Problem>;

    /// Documents that this one may be.
    fn duplicates(&self, key: DocumentKey) -> Result<Vec<Duplicate>, Problem>;
    fn register_despite(&self, key: DocumentKey, reason: &str) -> Result<Registration, Problem>;
}

impl PaperDoor for Office {
    fn import_file(&self, path: &Path) -> Result<Imported, Problem> {
        Self::import_file(self, path)
    }

    fn watched_folder(&self) -> Result<Option<PathBuf>, Problem> {
        Self::watched_folder(self)
    }

    fn sweep(&self, cancel: &Cancel, tell: &mut dyn FnMut(usize, usize)) -> Result<Sweep, Problem> {
        self.sweep_telling(cancel, tell)
    }

    fn scanned_folder(&self) -> Result<Option<PathBuf>, Problem> {
        Self::scanned_folder(self)
    }

    fn sheaf(&self) -> Result<Option<Sheaf>, Problem> {
        Self::sheaf(self)
    }

    fn add_file_to_sheaf(&self, path: &Path) -> Result<Vec<SheafPage>, Problem> {
        Self::add_file_to_sheaf(self, path)
    }

    fn keep_sheaf(&self, sheaf: &Sheaf) -> Result<(), Problem> {
        Self::keep_sheaf(self, sheaf)
    }

    fn drop_sheaf(&self) -> Result<(), Problem> {
        Self::drop_sheaf(self)
    }

    fn sheaf_page(&self, page: &SheafPage) -> Result<Arc<[u8]>, Problem> {
        Self::sheaf_page(self, page)
    }

    fn look_at_page(&self, page: &SheafPage) -> Result<PageLook, Problem> {
        Self::look_at_page(self, page)
    }

    fn paper_of(&self, sheaf: &Sheaf) -> Paper {
        Self::paper_of(self, sheaf)
    }

    fn paper_cite(&self) -> String {
        self.profile().digitising().cite.clone()
    }

    fn scanners(&self) -> Result<Vec<ScannerInfo>, Problem> {
        Self::scanners(self)
    }

    fn scan(
        &self,
        id: &str,
        wish: Wish,
        progress: &mut dyn FnMut(u32),
        cancel: &Cancel,
    ) -> Result<Vec<SheafPage>, Problem> {
        Self::scan_pages(self, id, wish, progress, cancel)
    }

    fn digitise(
        &self,
        sheaf: &Sheaf,
        progress: &mut dyn FnMut(u32, u32),
        cancel: &Cancel,
    ) -> Result<DocumentKey, Problem> {
        Self::digitise(self, sheaf, progress, cancel)
    }

    fn seal_copy(&self, key: DocumentKey, order: &SignOrder) -> Result<Made, Problem> {
        Self::seal_copy(self, key, order)
    }

    fn duplicates(&self, key: DocumentKey) -> Result<Vec<Duplicate>, Problem> {
        Self::duplicates(self, key)
    }

    fn register_despite(&self, key: DocumentKey, reason: &str) -> Result<Registration, Problem> {
        Self::register_despite(self, key, None, reason)
    }
}
