//! Bytes in a folder, which instances may share over the network.
//!
//! A file is brought to the disk, renamed, and its folder brought to the disk.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use futures::{StreamExt, stream};
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::{Pieces, create_private_dir};
use crate::server::ServerError;
use crate::server::storage::Stored;

/// Bytes read from a file at once.
const PIECE: usize = 64 * 1024;

/// Files below one folder.
#[derive(Debug, Clone)]
pub(super) struct Files {
    root: PathBuf,
}

impl Files {
    pub(super) fn open(root: &Path) -> Stored<Self> {
        for folder in ["blobs", "uploads"] {
            create_private_dir(&root.join(folder))?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// The folder's name, `fresh` if it has none yet. Of several who name it at once one wins.
    pub(super) async fn name(&self, fresh: &str) -> Stored<String> {
        let (path, made) = (self.root.join("place"), self.root.join("place").with_extension(fresh));
        let failed = |e: io::Error| ServerError::io(&path, &e);
        if !fs::try_exists(&path).await.map_err(failed)? {
            fs::write(&made, fresh).await.map_err(failed)?;
            let linked = fs::hard_link(&made, &path).await;
            fs::remove_file(&made).await.map_err(failed)?;
            match linked {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Ok(()) => {}
                // A folder of another system's, where a file has one name: the loser of two
                // who come at once reads half a name there, and says that it does not fit.
                Err(_) => fs::write(&path, fresh).await.map_err(failed)?,
            }
        }
        Ok(fs::read_to_string(&path).await.map_err(failed)?.trim().to_owned())
    }

    /// Gives a file that is on the disk its name.
    pub(super) async fn adopt(&self, from: &Path, name: &str) -> Stored<()> {
        let failed = |e: io::Error| ServerError::io(from, &e);
        let target = self.root.join(name);
        if let Some(folder) = target.parent() {
            create_private_dir(folder)?;
            // Windows does not rename over a file that somebody reads.
            if !fs::try_exists(&target).await.map_err(failed)? {
                fs::rename(from, &target).await.map_err(failed)?;
            }
            sync_dir(folder).await?;
            if let Some(above) = folder.parent() {
                sync_dir(above).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn read(&self, name: &str, from: u64, to: u64) -> Stored<Pieces> {
        let path = self.root.join(name);
        let failed = |e: io::Error| ServerError::io(&path, &e);
        let mut file = File::open(&path).await.map_err(failed)?;
        if from > 0 {
            file.seek(io::SeekFrom::Start(from)).await.map_err(failed)?;
        }
        let left = to.saturating_sub(from);
        let pieces = stream::try_unfold((file, left), |(mut file, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let mut piece = Vec::with_capacity(PIECE);
            let most = left.min(PIECE as u64);
            let read = (&mut file).take(most).read_buf(&mut piece).await?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            Ok(Some((Bytes::from(piece), (file, left.saturating_sub(read as u64)))))
        });
        Ok(pieces.boxed())
    }

    /// Writes a file of its own name, not brought to the disk.
    pub(super) async fn put(&self, name: &str, bytes: &[u8]) -> Stored<()> {
        let path = self.root.join(name);
        let failed = |e: io::Error| ServerError::io(&path, &e);
        let mut file = File::create_new(&path).await.map_err(failed)?;
        file.write_all(bytes).await.map_err(failed)?;
        file.flush().await.map_err(failed)
    }

    pub(super) async fn remove(&self, name: &str) -> Stored<()> {
        let path = self.root.join(name);
        match fs::remove_file(&path).await {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ServerError::io(&path, &e)),
            _ => Ok(()),
        }
    }

    /// Names within a folder, if there is one, whose files were last written before `age` ago.
    pub(super) async fn older_than(&self, folder: &str, age: Duration) -> Stored<Vec<String>> {
        let path = self.root.join(folder);
        let failed = |e: io::Error| ServerError::io(&path, &e);
        let mut names = Vec::new();
        let mut entries = match fs::read_dir(&path).await {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(names),
            entries => entries.map_err(failed)?,
        };
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            // One that has just gone is nobody's business.
            let Ok(touched) = entry.metadata().await.and_then(|data| data.modified()) else {
                continue;
            };
            let old = SystemTime::now().duration_since(touched).is_ok_and(|since| since > age);
            if old && let Some(name) = entry.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }
}

/// Brings a renaming to the disk. Windows has no such call for folders and needs none: NTFS
/// journals the renaming.
async fn sync_dir(path: &Path) -> Stored<()> {
    if cfg!(unix) {
        let folder = File::open(path).await.map_err(|e| ServerError::io(path, &e))?;
        folder.sync_all().await.map_err(|e| ServerError::io(path, &e))?;
    }
    Ok(())
}
