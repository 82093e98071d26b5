//! The bytes of packets: files named after their SHA-256.
//!
//! A file is written under a temporary name, brought to the disk, renamed, and its folder
//! brought to the disk: a name that is there stands for bytes that are whole. What lies
//! under a temporary name when the server starts is what a cut had left, and goes.
//!
//! A packet's row is written only after its file. A kill between the two leaves a file
//! without a row; the sender tries again and the row finds its file there.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::fs::{self, File};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use uuid::Uuid;

use super::ServerError;
use crate::exchange::wire::is_sha256_hex;

/// Content-addressed files below one folder.
#[derive(Debug, Clone)]
pub struct Blobs {
    blobs: PathBuf,
    unfinished: PathBuf,
}

impl Blobs {
    /// Opens or creates the folders below `data_dir`.
    pub fn open(data_dir: &Path) -> Result<Self, ServerError> {
        let (blobs, unfinished) = (data_dir.join("blobs"), data_dir.join("unfinished"));
        create_private_dir(&blobs)?;
        create_private_dir(&unfinished)?;
        Ok(Self { blobs, unfinished })
    }

    /// Removes what was being written when the last server ended.
    pub fn clear_unfinished(&self) -> Result<(), ServerError> {
        let failed = |e: io::Error| ServerError::io(&self.unfinished, &e);
        for entry in std::fs::read_dir(&self.unfinished).map_err(failed)? {
            std::fs::remove_file(entry.map_err(failed)?.path()).map_err(failed)?;
        }
        Ok(())
    }

    /// Begins a file.
    pub async fn begin(&self) -> Result<Upload, ServerError> {
        let path = self.unfinished.join(Uuid::now_v7().to_string());
        let file = File::create_new(&path).await.map_err(|e| ServerError::io(&path, &e))?;
        Ok(Upload { file, path: Unfinished(path), hash: Sha256::new(), size: 0 })
    }

    /// Makes a finished file permanent under its hash. A file that is there already is the
    /// same file.
    pub async fn keep(&self, upload: Upload) -> Result<(), ServerError> {
        let Upload { mut file, path, hash, .. } = upload;
        let failed = |e: io::Error| ServerError::io(&path.0, &e);
        file.flush().await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        drop(file);
        let target = self.path(&hex::encode(hash.finalize()))?;
        if let Some(folder) = target.parent() {
            create_private_dir(folder)?;
            // Windows does not rename over a file that somebody reads.
            if !fs::try_exists(&target).await.map_err(failed)? {
                fs::rename(&path.0, &target).await.map_err(failed)?;
            }
            sync_dir(folder).await?;
            sync_dir(&self.blobs).await?;
        }
        Ok(())
    }

    /// Opens a blob at a byte.
    pub async fn read(&self, sha256: &str, from: u64) -> Result<File, ServerError> {
        let path = self.path(sha256)?;
        let failed = |e: io::Error| ServerError::io(&path, &e);
        let mut file = File::open(&path).await.map_err(failed)?;
        if from > 0 {
            file.seek(io::SeekFrom::Start(from)).await.map_err(failed)?;
        }
        Ok(file)
    }

    fn path(&self, sha256: &str) -> Result<PathBuf, ServerError> {
        let (folder, rest) = sha256
            .split_at_checked(2)
            .filter(|_| is_sha256_hex(sha256))
            .ok_or_else(|| ServerError::Database("a hash that is none".into()))?;
        Ok(self.blobs.join(folder).join(rest))
    }
}

/// A file being written; dropped without being kept, it is removed.
#[derive(Debug)]
pub struct Upload {
    file: File,
    path: Unfinished,
    hash: Sha256,
    size: u64,
}

impl Upload {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ServerError> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await.map_err(|e| ServerError::io(&self.path.0, &e))
    }

    /// Bytes so far.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// SHA-256 of the bytes so far, lower-case hex.
    pub fn sha256(&self) -> String {
        hex::encode(self.hash.clone().finalize())
    }
}

/// Removes its file when dropped; after the renaming there is none of that name.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Creates a folder (and those above it) that only this user may enter.
pub fn create_private_dir(path: &Path) -> Result<(), ServerError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|e| ServerError::io(path, &e))
}

/// Takes a file's rights from everyone else. On Windows they are those of its folder.
pub fn make_private(path: &Path) -> Result<(), ServerError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let rights = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path, rights).map_err(|e| ServerError::io(path, &e))?;
    }
    let _ = path;
    Ok(())
}

/// Brings a renaming to the disk. Windows has no such call for folders and needs none: NTFS
/// journals the renaming.
async fn sync_dir(path: &Path) -> Result<(), ServerError> {
    if cfg!(unix) {
        let folder = File::open(path).await.map_err(|e| ServerError::io(path, &e))?;
        folder.sync_all().await.map_err(|e| ServerError::io(path, &e))?;
    }
    Ok(())
}
