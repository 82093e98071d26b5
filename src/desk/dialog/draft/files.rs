//! Choosing and reading files: the only place where the window touches the disk for a
//! document, and never on its own thread.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::text::safe_file_name;

/// Beyond this a file is not even read into memory; the office's own limit is lower.
const MOST: u64 = 512 * 1024 * 1024;

/// The system's dialog, for one PDF or text document; `None` if none was chosen or the system has none.
pub async fn browse() -> Option<PathBuf> {
    let endings = ["pdf", "PDF", "docx", "DOCX", "odt", "ODT"];
    let dialog = rfd::AsyncFileDialog::new().add_filter("PDF, DOCX, ODT", &endings);
    let chosen = dialog.pick_file().await;
    chosen.map(|file| file.path().to_owned())
}

/// The system's dialog, for attachments of any kind.
pub async fn attach() -> Vec<PathBuf> {
    let chosen = rfd::AsyncFileDialog::new().pick_files().await.unwrap_or_default();
    chosen.into_iter().map(|file| file.path().to_owned()).collect()
}

/// Names and bytes of files. Blocks.
pub fn read_all(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    paths.iter().map(|path| Ok((name(path), bytes(path)?))).collect()
}

pub fn name(path: &Path) -> String {
    safe_file_name(&path.file_name().unwrap_or_default().to_string_lossy())
}

pub fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    bytes_within(path, MOST)
}

/// The same of a file of at most so many bytes, a number of MiB.
pub fn bytes_within(path: &Path, most: u64) -> Result<Vec<u8>, Problem> {
    let unreadable = |error: io::Error| {
        Problem::new("desk-file-unreadable", Kind::Unreadable, Blame::Input)
            .with("file", name(path))
            .because(error)
    };
    let file = File::open(path).map_err(unreadable)?;
    // As long as the file says: what holds a key is not copied while it grows.
    let long = file.metadata().map_or(0, |found| found.len()).min(most) + 1;
    let mut bytes = Vec::new();
    let room = bytes.try_reserve_exact(usize::try_from(long).unwrap_or(usize::MAX));
    room.map_err(|error| unreadable(error.into()))?;
    // One byte more than allowed tells a file that is too large from one that just fits.
    let _count = file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(Problem::new("desk-file-too-large", Kind::Unreadable, Blame::Input)
            .with("file", name(path))
            .with("limit", most / (1024 * 1024)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_a_problem_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let pdf = dir.path().join("quyết định.pdf");
        let problem = bytes(&pdf).unwrap_err();
        assert_eq!(problem.code, "desk-file-unreadable");
        assert_eq!(problem.args, [("file", "quyết định.pdf".to_owned())]);
        // A folder is no file either.
        assert_eq!(bytes(dir.path()).unwrap_err().code, "desk-file-unreadable");

        std::fs::write(&pdf, b"%PDF-").unwrap();
        let read = read_all(std::slice::from_ref(&pdf)).unwrap();
        assert_eq!(read, [("quyết định.pdf".to_owned(), b"%PDF-".to_vec())]);
        assert!(read_all(&[pdf, dir.path().join("phụ lục.xlsx")]).is_err());
    }
}
