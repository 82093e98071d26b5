//! Bytes, addressed by their SHA-256.
//!
//! Up to 64 KiB live in the database. Larger ones are files `blobs/ab/cdef…`, encrypted in
//! chunks (STREAM over XChaCha20-Poly1305) under a key of their own made from the
//! database's, so that a file of 200 MB is never held twice. A file's name is a keyed
//! hash of the content's address: from the folder nobody can tell whether a known document
//! is in it.
//!
//! A file is written under a temporary name, synced and renamed before its row goes in, and
//! [`Writer::append`](super::Writer::append) refuses a change that names bytes without a
//! row: no operation ever speaks of bytes that could be lost. What no operation named is
//! collected at the next start, an hour after it was put, unless it is a page of a sheaf.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::stream::{DecryptorBE32, EncryptorBE32};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest as _, Sha256};

use super::disk;
use super::error::StoreError;
use super::keys::{self, Key};
use super::row;
use crate::domain::document::BlobHash;

/// Up to here bytes live in the database.
pub const IN_DATABASE: usize = 64 * 1024;
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const MAGIC: &[u8; 5] = b"VTB1\n";
/// XChaCha20's 24 bytes less STREAM's counter and last-chunk flag.
const NONCE: usize = 19;

/// How long bytes that no operation names are left alone.
pub(super) const GRACE: Duration = Duration::from_secs(3600);

/// The folder of large blobs, and the keys to it.
#[derive(Clone)]
pub(super) struct Blobs {
    dir: PathBuf,
    content: Key,
    names: Key,
}

/// A large blob that is on the disk but not yet in its place.
pub(super) struct Staged {
    waiting: Waiting,
    pub address: BlobHash,
    size: usize,
}

/// A file in the waiting room; gone when this is dropped, unless it went to its place.
struct Waiting(PathBuf);

/// Where a blob's bytes are.
enum Found {
    Here(Vec<u8>),
    Folder { file: File, size: usize },
}

/// Encrypts what is written to it, chunk by chunk. The last chunk is kept back: only who
/// calls knows that it is the last.
struct Sealer {
    out: BufWriter<File>,
    seal: EncryptorBE32<XChaCha20Poly1305>,
    chunk: Vec<u8>,
    address: Sha256,
    size: usize,
}

impl Write for Sealer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.chunk.len() == CHUNK && !bytes.is_empty() {
            self.seal
                .encrypt_next_in_place(MAGIC, &mut self.chunk)
                .map_err(|_| std::io::Error::other("sealing a blob"))?;
            self.out.write_all(&self.chunk)?;
            self.chunk.clear();
        }
        let taken = bytes.get(..CHUNK - self.chunk.len()).unwrap_or(bytes);
        self.chunk.extend_from_slice(taken);
        self.address.update(taken);
        self.size += taken.len();
        Ok(taken.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a collection of orphans removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    pub rows: u64,
    pub files: u64,
}

impl Blobs {
    /// Opens the folder and empties its waiting room, which nobody can be using now.
    pub fn open(dir: &Path, key: &Key) -> Result<Self, StoreError> {
        let blobs = Self {
            dir: dir.join("blobs"),
            content: key.derive("vanthu blob content 1"),
            names: key.derive("vanthu blob names 1"),
        };
        disk::make_dir(&blobs.incoming())?;
        for entry in fs::read_dir(blobs.incoming())? {
            let _ = fs::remove_file(entry?.path());
        }
        Ok(blobs)
    }

    fn incoming(&self) -> PathBuf {
        self.dir.join("incoming")
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the blob of this address lies, if it is a large one.
    pub fn path(&self, hash: &BlobHash) -> PathBuf {
        let name = hex::encode(self.names.mac(hash.0.as_bytes()));
        let (folder, file) = name.split_at(2);
        self.dir.join(folder).join(file)
    }

    /// Encrypts large bytes into the waiting room while `feed` writes them, and syncs them.
    pub fn stage(
        &self,
        feed: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<Staged, StoreError> {
        let waiting = Waiting(self.incoming().join(hex::encode(keys::random::<16>()?)));
        let nonce: [u8; NONCE] = keys::random()?;
        let mut out = BufWriter::with_capacity(4 * CHUNK, disk::create(&waiting.0)?);
        out.write_all(MAGIC)?;
        out.write_all(&nonce)?;
        let key = self.content.bytes().into();
        let mut sealer = Sealer {
            out,
            seal: EncryptorBE32::<XChaCha20Poly1305>::new(key, nonce.as_slice().into()),
            chunk: Vec::with_capacity(CHUNK + TAG),
            address: Sha256::new(),
            size: 0,
        };
        feed(&mut sealer)?;
        let Sealer { mut out, seal, mut chunk, address, size } = sealer;
        seal.encrypt_last_in_place(MAGIC, &mut chunk)
            .map_err(|_| StoreError::Internal("sealing a blob".to_owned()))?;
        out.write_all(&chunk)?;
        let file = out.into_inner().map_err(|error| StoreError::from(error.into_error()))?;
        file.sync_all()?;
        Ok(Staged { waiting, address: BlobHash(hex::encode(address.finalize())), size })
    }

    /// Puts bytes into the store as part of a transaction; large ones as `staged`.
    pub fn put(
        &self,
        connection: &Connection,
        hash: &BlobHash,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        if bytes.len() <= IN_DATABASE {
            insert(connection, hash, bytes.len(), Some(bytes))
        } else {
            let staged = self.stage(|out| out.write_all(bytes))?;
            self.put_staged(connection, &staged)
        }
    }

    pub fn put_staged(&self, connection: &Connection, staged: &Staged) -> Result<(), StoreError> {
        let path = self.path(&staged.address);
        if let Some(folder) = path.parent()
            && !folder.exists()
        {
            disk::make_dir(folder)?;
            disk::sync_dir(&self.dir)?;
        }
        disk::settle(&staged.waiting.0, &path)?;
        insert(connection, &staged.address, staged.size, None)
    }

    /// The bytes of this address, checked against it.
    pub fn get(&self, connection: &Connection, hash: &BlobHash) -> Result<Vec<u8>, StoreError> {
        let bytes = match self.find(connection, hash)? {
            Found::Here(bytes) => bytes,
            Found::Folder { file, size } => {
                let mut bytes = vec![0; size];
                self.read(hash, file, &mut bytes)?;
                bytes
            }
        };
        if BlobHash::of(&bytes) == *hash {
            Ok(bytes)
        } else {
            Err(StoreError::damaged("blob", hash))
        }
    }

    /// The same, read where many can share them: a large file is never held twice.
    pub fn share(&self, connection: &Connection, hash: &BlobHash) -> Result<Arc<[u8]>, StoreError> {
        let bytes = match self.find(connection, hash)? {
            Found::Here(bytes) => bytes.into(),
            Found::Folder { file, size } => {
                let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
                self.read(hash, file, Arc::make_mut(&mut bytes))?;
                bytes
            }
        };
        if BlobHash::of(&bytes) == *hash {
            Ok(bytes)
        } else {
            Err(StoreError::damaged("blob", hash))
        }
    }

    fn find(&self, connection: &Connection, hash: &BlobHash) -> Result<Found, StoreError> {
        let row: Option<(i64, Option<Vec<u8>>)> = connection
            .prepare_cached("SELECT size, bytes FROM blob WHERE hash = ?1")?
            .query_row([&hash.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let size = match row {
            None => return Err(StoreError::NoBlob(hash.clone())),
            Some((_, Some(bytes))) => return Ok(Found::Here(bytes)),
            Some((size, None)) => row::unsigned(size),
        };
        let file = match File::open(self.path(hash)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::NoBlob(hash.clone()));
            }
            Err(error) => return Err(error.into()),
        };
        // The row's size is our own, but memory is not taken on a row's word alone.
        let is_there = size <= file.metadata()?.len();
        let size = usize::try_from(size).ok().filter(|_| is_there);
        let size = size.ok_or_else(|| StoreError::damaged("blob", hash))?;
        Ok(Found::Folder { file, size })
    }

    /// Decrypts a large blob into as much room as it takes.
    fn read(&self, hash: &BlobHash, file: File, into: &mut [u8]) -> Result<(), StoreError> {
        let damaged = || StoreError::damaged("blob", hash);
        let stored = file.metadata()?.len();
        let mut source = BufReader::with_capacity(4 * CHUNK, file);
        let mut header = [0; MAGIC.len() + NONCE];
        source.read_exact(&mut header).map_err(|_| damaged())?;
        let (magic, nonce) = header.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(damaged());
        }
        let mut open =
            DecryptorBE32::<XChaCha20Poly1305>::new(self.content.bytes().into(), nonce.into());
        let mut left = stored.saturating_sub(header.len() as u64);
        let mut buffer = Vec::with_capacity(CHUNK + TAG);
        let mut room = into.chunks_mut(CHUNK);
        let mut put = |bytes: &[u8]| {
            let place = room.next().filter(|place| place.len() == bytes.len());
            place.ok_or_else(damaged).map(|place| place.copy_from_slice(bytes))
        };
        loop {
            buffer.clear();
            let taken = left.min((CHUNK + TAG) as u64);
            (&mut source).take(taken).read_to_end(&mut buffer)?;
            left -= taken;
            if left == 0 {
                open.decrypt_last_in_place(MAGIC, &mut buffer).map_err(|_| damaged())?;
                put(&buffer)?;
                return if room.next().is_none() { Ok(()) } else { Err(damaged()) };
            }
            open.decrypt_next_in_place(MAGIC, &mut buffer).map_err(|_| damaged())?;
            put(&buffer)?;
        }
    }

    /// Removes what no operation names and nobody has put within `grace`. Runs on the
    /// writer thread, so that nothing is put meanwhile.
    pub fn collect(
        &self,
        connection: &Connection,
        grace: Duration,
    ) -> Result<Collected, StoreError> {
        let grace_millis = i64::try_from(grace.as_millis()).unwrap_or(i64::MAX);
        let before = Timestamp::now().as_millisecond().saturating_sub(grace_millis);
        let rows = connection
            .prepare_cached(
                "DELETE FROM blob WHERE at_millis <= ?1
                     AND NOT EXISTS (SELECT 1 FROM named_blob n WHERE n.hash = blob.hash)
                     AND NOT EXISTS (SELECT 1 FROM sheaf_blob s WHERE s.hash = blob.hash)
                     AND NOT EXISTS (SELECT 1 FROM begun_packet b WHERE b.hash = blob.hash)",
            )?
            .execute([before])?;
        let known: std::collections::HashSet<PathBuf> = connection
            .prepare_cached("SELECT hash FROM blob WHERE bytes IS NULL")?
            .query_map([], |row| row.get(0).map(|hash| self.path(&BlobHash(hash))))?
            .collect::<Result<_, _>>()?;
        let mut files = 0;
        for folder in fs::read_dir(&self.dir)? {
            let folder = folder?.path();
            if !folder.is_dir() || folder == self.incoming() {
                continue;
            }
            for file in fs::read_dir(&folder)? {
                let file = file?;
                let old = file.metadata()?.modified()?.elapsed().is_ok_and(|age| age >= grace);
                if old && !known.contains(&file.path()) {
                    fs::remove_file(file.path())?;
                    files += 1;
                }
            }
        }
        Ok(Collected { rows: rows as u64, files })
    }
}

impl Drop for Waiting {
    /// What was not settled leaves no trace; after settling there is nothing under the name.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Bytes that are there already begin their grace anew.
fn insert(
    connection: &Connection,
    hash: &BlobHash,
    size: usize,
    bytes: Option<&[u8]>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO blob (hash, size, at_millis, bytes) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET at_millis = excluded.at_millis",
        )?
        .execute(params![
            hash.0,
            row::signed(size as u64),
            Timestamp::now().as_millisecond(),
            bytes
        ])?;
    Ok(())
}
