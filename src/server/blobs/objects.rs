//! Bytes in a store of objects that speaks S3 (the province's own MinIO or Ceph, say).
//!
//! An object appears whole or not at all, and is durable when the store has said so.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Key;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutPayload, RetryConfig, WriteMultipart,
};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::Pieces;
use crate::server::ServerError;
use crate::server::storage::Stored;

/// Bytes of one request, either way. A slow office holds no connection to the store: its
/// bytes are asked for as it takes them.
const PIECE: u64 = 1024 * 1024;
/// What is larger goes up in parts, of which S3 wants 5 MiB at least.
const PART: usize = 8 * 1024 * 1024;
/// Parts on the way at once.
const PARTS: usize = 4;
/// The store is asked again for so long; the office's own patience is longer.
const RETRY: Duration = Duration::from_secs(20);

/// A bucket, or what lies under a prefix in it.
#[derive(Debug, Clone)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    prefix: String,
}

impl Objects {
    /// `url` is `s3://BUCKET/PREFIX`; the rest comes from the environment (`AWS_ENDPOINT`,
    /// `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_ALLOW_HTTP` …).
    pub(super) fn open(url: &str) -> Stored<Self> {
        let bad = || ServerError::BadPlace(url.to_owned());
        let rest = url.strip_prefix("s3://").ok_or_else(bad)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(bad());
        }
        let retry = RetryConfig { max_retries: 4, retry_timeout: RETRY, ..RetryConfig::default() };
        let store = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_retry(retry)
            .build()
            .map_err(|e| ServerError::BadPlace(format!("{url}: {e}")))?;
        Ok(Self { store: Arc::new(store), prefix: prefix.trim_matches('/').to_owned() })
    }

    pub(super) async fn name(&self, fresh: &str) -> Stored<String> {
        let key = self.key("place");
        let named = PutPayload::from(fresh.to_owned());
        match self.store.put_opts(&key, named, PutMode::Create.into()).await {
            Ok(_) | Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {}
            Err(e) => return Err(failed(e)),
        }
        let bytes = self.store.get(&key).await.map_err(failed)?.bytes().await.map_err(failed)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    pub(super) async fn ready(&self) -> Stored<()> {
        self.store.head(&self.key("place")).await.map(drop).map_err(failed)
    }

    /// Brings a file of this machine into the store, unless it is there.
    pub(super) async fn adopt(&self, from: &Path, name: &str, size: u64) -> Stored<()> {
        let key = self.key(name);
        match self.store.head(&key).await {
            Ok(_) => return Ok(()),
            Err(Error::NotFound { .. }) => {}
            Err(e) => return Err(failed(e)),
        }
        let unread = |e: io::Error| ServerError::io(from, &e);
        let mut file = File::open(from).await.map_err(unread)?;
        if size <= PART as u64 {
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
            file.read_to_end(&mut bytes).await.map_err(unread)?;
            return self.store.put(&key, bytes.into()).await.map(drop).map_err(failed);
        }
        let parts = self.store.put_multipart(&key).await.map_err(failed)?;
        let mut parts = WriteMultipart::new_with_chunk_size(parts, PART);
        loop {
            let mut piece = Vec::with_capacity(256 * 1024);
            match file.read_buf(&mut piece).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(e) => {
                    // What is left behind the store expires by itself.
                    let _ = parts.abort().await;
                    return Err(unread(e));
                }
            }
            parts.wait_for_capacity(PARTS).await.map_err(failed)?;
            parts.put(piece.into());
        }
        parts.finish().await.map(drop).map_err(failed)
    }

    pub(super) async fn read(&self, name: &str, from: u64, to: u64) -> Stored<Pieces> {
        let key = self.key(name);
        if from >= to {
            return Ok(stream::empty().boxed());
        }
        let end = |from: u64| to.min(from.saturating_add(PIECE));
        let first = self.store.get_range(&key, from..end(from)).await.map_err(failed)?;
        let store = Arc::clone(&self.store);
        let rest = stream::try_unfold(end(from), move |from| {
            let (store, key) = (Arc::clone(&store), key.clone());
            async move {
                if from >= to {
                    return Ok(None);
                }
                let end = to.min(from.saturating_add(PIECE));
                let piece = store.get_range(&key, from..end).await.map_err(io::Error::other)?;
                Ok(Some((piece, end)))
            }
        });
        Ok(stream::once(async move { Ok(first) }).chain(rest).boxed())
    }

    pub(super) async fn put(&self, name: &str, bytes: Bytes) -> Stored<()> {
        self.store.put(&self.key(name), bytes.into()).await.map(drop).map_err(failed)
    }

    pub(super) async fn remove(&self, name: &str) -> Stored<()> {
        match self.store.delete(&self.key(name)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(failed(e)),
        }
    }

    /// Names within a folder whose objects were written before `age` ago.
    pub(super) async fn older_than(&self, folder: &str, age: Duration) -> Stored<Vec<String>> {
        let before = Timestamp::now().as_second() - i64::try_from(age.as_secs()).unwrap_or(0);
        let list = self.store.list(Some(&self.key(folder)));
        list.map_err(failed)
            .try_filter_map(|object| async move {
                let old = object.last_modified.timestamp() < before;
                let name = object.location.filename().map(str::to_owned);
                Ok(name.filter(|_| old))
            })
            .try_collect()
            .await
    }

    fn key(&self, name: &str) -> Key {
        Key::from(format!("{}/{name}", self.prefix))
    }
}

fn failed(error: Error) -> ServerError {
    ServerError::Objects(error.to_string())
}
