//! Packets that come in pieces, over several connections and perhaps several instances, for
//! the tus protocol (version 1.0.0) of [`api`](super::api).
//!
//! What an upload is to become and how far it is lies in the storage, its bytes lie as parts
//! beside the packets'. A part becomes one of the upload's only if the upload is as far as
//! the part's beginning and its writer is still the one who goes on with it: of two
//! connections that write the same upload (the line dropped, and the server has not noticed
//! yet) the later one goes on, the earlier is told to stop.
//!
//! Parts are not brought to the disk one by one: after a power cut one may hold less or other
//! than was said, and then the hash at the end does not match and it begins anew.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::TryStreamExt;
use jiff::SignedDuration;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::blobs::{Blobs, Upload};
use super::storage::{Note, Part, Storage, Stored, now};
use crate::exchange::wire;

/// An upload that nobody went on with for so long is removed.
pub const EXPIRY: SignedDuration = SignedDuration::from_hours(48);
/// A part that is so old belongs to an upload, or to none any more.
const ORPHANED: Duration = Duration::from_secs(60 * 60);
/// How long the bytes of a connection that ended are waited for, and how often asked for.
const SETTLE: Duration = Duration::from_millis(600);
const LOOK: Duration = Duration::from_millis(15);
/// What a writer holds in memory at most before it becomes a part.
const PART: usize = 256 * 1024;
/// Uploads of one office under way at once: an office that sends one after the other has that
/// many only after as many days of a bad line, and their bytes are in nobody's quota yet.
const OPEN: u32 = 100;
/// Uploads removed at once.
const SOME: u32 = 100;

/// The uploads under way.
#[derive(Clone)]
pub struct Uploads {
    storage: Arc<dyn Storage>,
    blobs: Blobs,
}

/// The right to go on with an upload until a later connection takes it.
pub struct Writing {
    uploads: Uploads,
    name: String,
    writer: Uuid,
    /// Bytes that are in parts.
    reached: u64,
    /// Those behind them, that are not yet.
    held: Vec<u8>,
}

impl Uploads {
    pub fn new(storage: Arc<dyn Storage>, blobs: Blobs) -> Self {
        Self { storage, blobs }
    }

    /// Begins an upload, or finds the one that was begun; gives its name and how far it is.
    /// `None` if the office has too many under way to begin another.
    ///
    /// From now on somebody is about to write it: should the caller's line break before the
    /// first piece is here, whoever begins it again, perhaps at another instance, waits a
    /// moment for that piece, and does not send it twice.
    pub async fn begin(&self, note: &Note) -> Stored<Option<(String, u64)>> {
        let (name, writer) = (note.name(), Uuid::now_v7());
        loop {
            match self.find(&name).await? {
                None => {
                    let begun = self.storage.begin_upload(note, writer, now(), OPEN).await?;
                    return Ok(begun.then_some((name, 0)));
                }
                Some((_, reached)) => {
                    if self.storage.take_upload(&name, reached, writer, now()).await? {
                        return Ok(Some((name, reached)));
                    }
                    // It has grown between the two.
                }
            }
        }
    }

    /// What an upload is to become, and how many bytes of it are there.
    ///
    /// A line that broke has often left pieces that are still being written: whoever asks
    /// waits for them, for a moment, since every byte of them counts. The end of a
    /// connection that hangs is not waited for.
    pub async fn find(&self, name: &str) -> Stored<Option<(Note, u64)>> {
        if !wire::is_sha256_hex(name) {
            return Ok(None);
        }
        let until = Instant::now() + SETTLE;
        loop {
            match self.storage.upload(name).await? {
                Some(progress) if progress.writing && Instant::now() < until => sleep(LOOK).await,
                found => return Ok(found.map(|progress| (progress.note, progress.reached))),
            }
        }
    }

    /// What an upload is to become, without waiting for anybody.
    pub async fn note(&self, name: &str) -> Stored<Option<Note>> {
        if !wire::is_sha256_hex(name) {
            return Ok(None);
        }
        Ok(self.storage.upload(name).await?.map(|progress| progress.note))
    }

    /// Takes the right to write from `reached` on; `None` if the upload is not that far.
    pub async fn write(&self, name: &str, reached: u64) -> Stored<Option<Writing>> {
        let writer = Uuid::now_v7();
        let taken = self.storage.take_upload(name, reached, writer, now()).await?;
        Ok(taken.then(|| Writing {
            uploads: self.clone(),
            name: name.to_owned(),
            writer,
            reached,
            held: Vec::new(),
        }))
    }

    /// Puts the parts together. `None` if some of them are gone, because another connection
    /// has ended the same upload.
    pub async fn whole(&self, name: &str, length: u64) -> Stored<Option<Upload>> {
        let mut upload = self.blobs.begin().await?;
        for Part { start, length, file } in self.storage.parts(name).await? {
            if start != upload.size() {
                break;
            }
            let Ok(mut pieces) = self.blobs.read_part(&file, length).await else { break };
            while let Ok(Some(piece)) = pieces.try_next().await {
                upload.write(&piece).await?;
            }
        }
        Ok((upload.size() == length).then_some(upload))
    }

    /// Forgets an upload. Parts that cannot be removed now are removed when they are old.
    pub async fn remove(&self, name: &str) -> Stored<()> {
        for part in self.storage.forget_upload(name).await? {
            self.drop_part(&part.file).await;
        }
        Ok(())
    }

    /// Removes uploads that nobody went on with, and parts that belong to none.
    pub async fn expire(&self) -> Stored<()> {
        loop {
            let (count, files) = self.storage.expire_uploads(now() - EXPIRY, SOME).await?;
            for file in files {
                self.drop_part(&file).await;
            }
            if count < SOME as usize {
                break;
            }
        }
        for file in self.blobs.parts_older_than(ORPHANED).await? {
            let upload = file.split('.').next().unwrap_or_default();
            if self.storage.upload(upload).await?.is_none() {
                self.drop_part(&file).await;
            }
        }
        Ok(())
    }

    async fn drop_part(&self, file: &str) {
        if let Err(error) = self.blobs.remove_part(file).await {
            tracing::warn!(%error, file, "a part of an upload stays for now");
        }
    }
}

impl Writing {
    /// Appends bytes; `false` if a later connection has taken over.
    pub async fn append(&mut self, mut bytes: &[u8]) -> Stored<bool> {
        while !bytes.is_empty() {
            let room = PART.saturating_sub(self.held.len()).min(bytes.len());
            let (fits, rest) = bytes.split_at(room);
            self.held.extend_from_slice(fits);
            bytes = rest;
            if self.held.len() >= PART && !self.settle().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Bytes of the upload, those included that are not in a part yet.
    pub const fn reached(&self) -> u64 {
        self.reached + self.held.len() as u64
    }

    /// Makes a part of what is held; `false` if a later connection has taken over.
    pub async fn settle(&mut self) -> Stored<bool> {
        if self.held.is_empty() {
            return Ok(true);
        }
        let (storage, blobs) = (&self.uploads.storage, &self.uploads.blobs);
        let length = self.held.len() as u64;
        // Another writer's part of the same beginning is another file.
        let file = format!("{}.{}", self.name, Uuid::now_v7());
        let part = Part { start: self.reached, length, file };
        let bytes = Bytes::from(std::mem::take(&mut self.held));
        blobs.put_part(&part.file, bytes).await?;
        let mine = storage.grow_upload(&self.name, self.writer, &part, now()).await?;
        if mine {
            self.reached += length;
        } else {
            self.uploads.drop_part(&part.file).await;
        }
        Ok(mine)
    }

    /// Goes on no more.
    pub async fn leave(mut self) -> Stored<()> {
        let settled = self.settle().await;
        self.uploads.storage.leave_upload(&self.name, self.writer).await?;
        settled.map(drop)
    }
}
