//! Scanners: where pages of paper come from.
//!
//! A scanner is anything that hands over files of pages. The folder into which a network
//! scanner or its own program puts what it scanned is one on every system; what each page is,
//! the office finds out from its bytes. On Windows those that are plugged in are asked through
//! Windows Image Acquisition, too.

#[cfg(windows)]
mod wia;

use std::fmt::Debug;
use std::path::PathBuf;

use super::batch::Cancel;
use super::folder::name_of;
use super::{Office, OfficeError};
use crate::domain::paper::SheafPage;
use crate::domain::problem::Problem;
use crate::domain::role::Act;

/// What pages are wanted of a scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Dots per inch: 200 is what the regulation asks for, 300 reads small print.
    pub dpi: u32,
    pub colour: bool,
}

impl Wish {
    /// The resolutions that are offered.
    pub const RESOLUTIONS: [u32; 2] = [200, 300];
}

impl Default for Wish {
    fn default() -> Self {
        Self { dpi: 200, colour: true }
    }
}

/// A scanner as people choose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannerInfo {
    /// Stays the same from one look to the next.
    pub id: String,
    pub name: String,
    /// How it scans is asked of it; else it is set at the device.
    pub heeds: bool,
}

/// Keeps a file of pages: its name, and its bytes.
pub type Take<'a> = dyn FnMut(&str, &[u8]) -> Result<(), Problem> + 'a;

/// A device, or a folder, that pages come from. Every method may block.
pub trait Scanner: Debug + Send + Sync {
    fn info(&self) -> ScannerInfo;

    /// Hands over file after file. What `take` was given and kept, a scanner that can
    /// forgets; what was not kept stays where it was.
    fn scan(&self, wish: Wish, take: &mut Take<'_>, cancel: &Cancel) -> Result<(), Problem>;
}

/// The folder of a scanner that works by itself; how it scans is set at the device.
#[derive(Debug)]
struct Folder {
    office: Office,
    folder: PathBuf,
}

impl Scanner for Folder {
    fn info(&self) -> ScannerInfo {
        ScannerInfo {
            id: "folder".to_owned(),
            name: self.folder.display().to_string(),
            heeds: false,
        }
    }

    fn scan(&self, _: Wish, take: &mut Take<'_>, cancel: &Cancel) -> Result<(), Problem> {
        let mut failed = None;
        let files = self.office.scanned_soon(cancel)?;
        if files.is_empty() && !cancel.is_cancelled() {
            return Err(OfficeError::NothingScanned(self.info().name).into());
        }
        for path in files {
            if cancel.is_cancelled() {
                break;
            }
            let taken = self.office.take_scanned(&path, |bytes| take(&name_of(&path), bytes));
            // One bad file does not keep the pages after it.
            if let Err(problem) = taken {
                failed.get_or_insert(problem);
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

impl Office {
    /// What pages can be had from here, now.
    pub fn scanners(&self) -> Result<Vec<ScannerInfo>, Problem> {
        Ok(self.devices_for_paper()?.iter().map(|scanner| scanner.info()).collect())
    }

    fn devices_for_paper(&self) -> Result<Vec<Box<dyn Scanner>>, Problem> {
        self.actor(Act::ReceiveInbound)?;
        let mut all: Vec<Box<dyn Scanner>> = Vec::new();
        if let Some(folder) = self.scanned_folder()? {
            all.push(Box::new(Folder { office: self.clone(), folder }));
        }
        #[cfg(windows)]
        for device in wia::devices() {
            all.push(Box::new(device));
        }
        Ok(all)
    }

    /// Has a scanner hand over its pages into the sheaf; `progress` is told of each file how
    /// many pages there are by now. What came before a failure stays.
    pub fn scan_pages(
        &self,
        id: &str,
        wish: Wish,
        progress: &mut dyn FnMut(u32),
        cancel: &Cancel,
    ) -> Result<Vec<SheafPage>, Problem> {
        let scanners = self.devices_for_paper()?;
        let scanner = scanners.iter().find(|scanner| scanner.info().id == id);
        let scanner = scanner.ok_or_else(|| OfficeError::NoScanner(id.to_owned()))?;
        let mut pages = Vec::new();
        let mut take = |name: &str, bytes: &[u8]| {
            pages.extend(self.add_to_sheaf(name, bytes)?);
            progress(u32::try_from(pages.len()).unwrap_or(u32::MAX));
            Ok(())
        };
        match scanner.scan(wish, &mut take, cancel) {
            Err(problem) if pages.is_empty() => Err(problem),
            // What came is worth more than why no more came; the folder keeps the reason.
            Err(problem) => {
                tracing::warn!(%problem, "a scanner broke off");
                Ok(pages)
            }
            Ok(()) => Ok(pages),
        }
    }
}
