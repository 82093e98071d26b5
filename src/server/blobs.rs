//! The bytes of packets, named after their SHA-256, and those of uploads under way.
//!
//! They lie in a folder ([`files`]) or in a store of objects that speaks S3 ([`objects`]);
//! instances that share a database share that place. What comes in goes first into a file of
//! this machine and is hashed on the way; whole and in its place it gets its name, so that a
//! name that is there stands for bytes that are whole.
//!
//! A packet's row is written only after its bytes. A kill between the two leaves bytes
//! without a row; the sender tries again and the row finds its bytes there. If he does not,
//! [`house`](super::house) finds them by their age.

mod files;
mod objects;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use futures::stream::BoxStream;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use self::files::Files;
use self::objects::Objects;
use super::ServerError;
use super::storage::Stored;
use crate::exchange::wire::is_sha256_hex;

/// Bytes on their way out, piece by piece.
pub type Pieces = BoxStream<'static, io::Result<Bytes>>;

/// A file that was not written to for so long is not being written any more: no connection
/// is silent for as long.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// Where the packets' bytes lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlobPlace {
    Folder(PathBuf),
    /// `s3://BUCKET` or `s3://BUCKET/PREFIX`; endpoint, region and credentials come from the
    /// environment, under the names that the AWS command line knows.
    Objects(String),
}

impl BlobPlace {
    /// As an operator writes it: a folder, or an address with `s3:`.
    pub fn of(text: &str) -> Self {
        if text.starts_with("s3:") {
            Self::Objects(text.to_owned())
        } else {
            Self::Folder(text.into())
        }
    }
}

/// The place of the bytes.
#[derive(Debug, Clone)]
pub struct Blobs {
    /// Where files are written before they are whole.
    unfinished: PathBuf,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Files(Files),
    Objects(Objects),
}

impl Blobs {
    /// Opens or creates the place. `data_dir` is a folder of this machine.
    pub fn open(place: &BlobPlace, data_dir: &Path) -> Stored<Self> {
        let (unfinished, place) = match place {
            // On the same disk, so that a whole file needs no copying.
            BlobPlace::Folder(root) => (root.join("unfinished"), Place::Files(Files::open(root)?)),
            BlobPlace::Objects(url) => {
                (data_dir.join("unfinished"), Place::Objects(Objects::open(url)?))
            }
        };
        create_private_dir(&unfinished)?;
        Ok(Self { unfinished, place })
    }

    /// The name of this place, which it keeps itself. Instances compare it: one that looks
    /// into another place finds no packet of the others.
    pub async fn name(&self) -> Stored<String> {
        let fresh = Uuid::now_v7().to_string();
        match &self.place {
            Place::Files(files) => files.name(&fresh).await,
            Place::Objects(objects) => objects.name(&fresh).await,
        }
    }

    /// Whether bytes can be written now.
    pub async fn ready(&self) -> Stored<()> {
        self.begin().await?;
        match &self.place {
            Place::Files(_) => Ok(()),
            Place::Objects(objects) => objects.ready().await,
        }
    }

    /// Removes what was being written when a server ended. `alone` says that no other server
    /// writes here.
    pub fn clear_unfinished(&self, alone: bool) -> Stored<()> {
        let failed = |e: io::Error| ServerError::io(&self.unfinished, &e);
        for entry in std::fs::read_dir(&self.unfinished).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let touched = entry.metadata().and_then(|data| data.modified());
            let old = touched.is_ok_and(|at| {
                SystemTime::now().duration_since(at).is_ok_and(|age| age > ABANDONED)
            });
            if alone || old {
                // Another instance may be doing the same.
                match std::fs::remove_file(entry.path()) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Begins a file.
    pub async fn begin(&self) -> Stored<Upload> {
        let path = self.unfinished.join(Uuid::now_v7().to_string());
        let file = File::create_new(&path).await.map_err(|e| ServerError::io(&path, &e))?;
        Ok(Upload { file, path: Unfinished(path), hash: Sha256::new(), size: 0 })
    }

    /// Makes a finished file permanent under its hash. What is there already is the same.
    pub async fn keep(&self, upload: Upload) -> Stored<()> {
        let Upload { mut file, path, hash, size } = upload;
        let failed = |e: io::Error| ServerError::io(&path.0, &e);
        file.flush().await.map_err(failed)?;
        let name = blob_name(&hex::encode(hash.finalize()))?;
        match &self.place {
            Place::Files(files) => {
                file.sync_all().await.map_err(failed)?;
                drop(file);
                files.adopt(&path.0, &name).await
            }
            Place::Objects(objects) => {
                drop(file);
                objects.adopt(&path.0, &name, size).await
            }
        }
    }

    /// The bytes `from..to` of a blob. What is not there is told now, not in the middle.
    pub async fn read(&self, sha256: &str, from: u64, to: u64) -> Stored<Pieces> {
        self.read_at(&blob_name(sha256)?, from, to).await
    }

    /// Keeps a part of an upload. A power cut may lose it.
    pub async fn put_part(&self, file: &str, bytes: Bytes) -> Stored<()> {
        let name = format!("uploads/{file}");
        match &self.place {
            Place::Files(files) => files.put(&name, &bytes).await,
            Place::Objects(objects) => objects.put(&name, bytes).await,
        }
    }

    /// A part's bytes.
    pub async fn read_part(&self, file: &str, length: u64) -> Stored<Pieces> {
        self.read_at(&format!("uploads/{file}"), 0, length).await
    }

    /// Removes a part; one that is gone already is no failure.
    pub async fn remove_part(&self, file: &str) -> Stored<()> {
        self.remove(&format!("uploads/{file}")).await
    }

    /// The parts that were written before `age` ago.
    pub async fn parts_older_than(&self, age: Duration) -> Stored<Vec<String>> {
        match &self.place {
            Place::Files(files) => files.older_than("uploads", age).await,
            Place::Objects(objects) => objects.older_than("uploads", age).await,
        }
    }

    /// The hashes of blobs that were written before `age` ago, of those that begin with these
    /// eight bits.
    pub async fn blobs_older_than(&self, beginning: u8, age: Duration) -> Stored<Vec<String>> {
        let beginning = format!("{beginning:02x}");
        let folder = format!("blobs/{beginning}");
        let rests = match &self.place {
            Place::Files(files) => files.older_than(&folder, age).await,
            Place::Objects(objects) => objects.older_than(&folder, age).await,
        };
        let hashes = rests?.into_iter().map(|rest| format!("{beginning}{rest}"));
        Ok(hashes.filter(|hash| is_sha256_hex(hash)).collect())
    }

    /// Removes a blob; one that is gone already is no failure.
    pub async fn remove_blob(&self, sha256: &str) -> Stored<()> {
        self.remove(&blob_name(sha256)?).await
    }

    async fn read_at(&self, name: &str, from: u64, to: u64) -> Stored<Pieces> {
        match &self.place {
            Place::Files(files) => files.read(name, from, to).await,
            Place::Objects(objects) => objects.read(name, from, to).await,
        }
    }

    async fn remove(&self, name: &str) -> Stored<()> {
        match &self.place {
            Place::Files(files) => files.remove(name).await,
            Place::Objects(objects) => objects.remove(name).await,
        }
    }
}

/// Where a blob lies: not too many of them in one folder.
fn blob_name(sha256: &str) -> Stored<String> {
    let (folder, rest) = sha256
        .split_at_checked(2)
        .filter(|_| is_sha256_hex(sha256))
        .ok_or_else(|| ServerError::Database("a hash that is none".into()))?;
    Ok(format!("blobs/{folder}/{rest}"))
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
    pub async fn write(&mut self, bytes: &[u8]) -> Stored<()> {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await.map_err(|e| ServerError::io(&self.path.0, &e))
    }

    /// All that was written so far, in memory.
    pub async fn bytes(&mut self) -> Stored<Vec<u8>> {
        let failed = |e: io::Error| ServerError::io(&self.path.0, &e);
        self.file.flush().await.map_err(failed)?;
        tokio::fs::read(&self.path.0).await.map_err(failed)
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
