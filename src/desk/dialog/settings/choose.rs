//! The system's dialogs for folders and files, and the reading of what was chosen there.

use std::path::{Path, PathBuf};

use rfd::AsyncFileDialog;
use zeroize::Zeroizing;

use crate::desk::dialog::draft::files;
use crate::domain::problem::Problem;

/// No image and no certificate is longer, in bytes; what the office keeps of each is less.
const MOST: u64 = 16 * 1024 * 1024;

pub async fn folder() -> Option<PathBuf> {
    AsyncFileDialog::new().pick_folder().await.map(|folder| folder.path().to_owned())
}

pub async fn image() -> Option<PathBuf> {
    let dialog = AsyncFileDialog::new().add_filter("PNG", &["png", "PNG"]);
    dialog.pick_file().await.map(|file| file.path().to_owned())
}

/// One file of authorities.
pub async fn authorities() -> Option<PathBuf> {
    certificates().pick_file().await.map(|file| file.path().to_owned())
}

/// A certificate and its key: in one file, or in two.
pub async fn certificate_and_key() -> Vec<PathBuf> {
    let files = certificates().pick_files().await.unwrap_or_default();
    files.into_iter().map(|file| file.path().to_owned()).collect()
}

fn certificates() -> AsyncFileDialog {
    AsyncFileDialog::new().add_filter("PEM", &["pem", "crt", "cer", "key", "PEM", "CRT", "CER"])
}

/// The bytes of a file; wiped when dropped, since it may hold a key. Blocks.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Problem> {
    files::bytes_within(path, MOST).map(Zeroizing::new)
}
