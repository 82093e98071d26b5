//! Packets over the line: up whole, down piece by piece.

use std::sync::{Arc, Mutex};

use futures::stream;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, IF_RANGE, RANGE};
use reqwest::{Body, Method, Response, StatusCode};

use super::{Call, Caller, Progress, VanthuLine, answer, id, open};
use crate::exchange::wire;
use crate::exchange::{
    Answer, DeliveryState, ExchangeError, InboxItem, OutboxKind, Parcel, Receipt, Watch,
};

/// How the body of an upload is cut, in bytes; also the grain of its progress.
const PIECE: usize = 64 * 1024;

/// The beginning of a packet whose fetching broke off.
pub(super) struct Partial {
    id: String,
    sha256: String,
    bytes: Vec<u8>,
}

impl VanthuLine {
    /// Whether the server has a parcel with this key already.
    pub(super) fn sent_before(&self, key: &str) -> Answer<Option<Receipt>> {
        match self.call::<DeliveryState>(Method::GET, format!("/v1/outbox?key={key}"), None) {
            Ok(state) => Ok(Some(Receipt {
                server_id: state.id,
                received_at: state.received_at,
                mark: state.receipt,
            })),
            Err(ExchangeError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn upload(&self, parcel: &Parcel, key: &str, watch: &dyn Watch) -> Answer<Receipt> {
        let (bytes, to) = (Arc::clone(&parcel.bytes), wire::escape_all(&parcel.to));
        let (key, kind) = (key.to_owned(), kind_name(parcel.kind));
        let size = bytes.len() as u64;
        self.wait(watch, size, |caller, progress| async move {
            let sha256 = wire::sha256_hex(&bytes);
            let call = Call {
                method: Method::POST,
                target: "/v1/packets",
                sha256: &sha256,
                to: &to,
                kind,
                key: &key,
            };
            let response = caller
                .request(&call)
                .header(CONTENT_TYPE, "application/xml")
                .header(CONTENT_LENGTH, size)
                .body(pieces(bytes, progress.clone()))
                .send()
                .await
                .map_err(|e| answer::transport(&e))?;
            let response = answer::judge(response, &caller, Some(size)).await?;
            let accepted: wire::Accepted = answer::json(response, &Progress::default()).await?;
            progress.reached(size);
            Ok(Receipt {
                server_id: accepted.id,
                received_at: accepted.received_at,
                mark: accepted.receipt,
            })
        })
    }

    pub(super) fn download(&self, item: &InboxItem, watch: &dyn Watch) -> Answer<Vec<u8>> {
        let limit = self.patience.packet_limit;
        if item.size > limit {
            return Err(ExchangeError::TooLarge { size: item.size, limit });
        }
        // Held here too, because a call that stalls is ended from this side.
        let held = Arc::new(Mutex::new(self.take_partial(item)));
        let mut resumed = !open(&held).is_empty();
        let mut barren = 0;
        let give_up = |error| {
            self.keep_partial(item, std::mem::take(&mut *open(&held)));
            Err(error)
        };
        loop {
            let before = open(&held).len() as u64;
            if before == item.size {
                let bytes = std::mem::take(&mut *open(&held));
                if wire::sha256_hex(&bytes) == item.sha256 {
                    return Ok(bytes);
                }
                // What an earlier connection left may be at fault: once more, from nothing.
                if !resumed {
                    return Err(ExchangeError::Damaged);
                }
                resumed = false;
            }
            let ask = Ask {
                target: format!("/v1/packets/{}", id(&item.id)?),
                sha256: item.sha256.clone(),
                size: item.size,
                held: Arc::clone(&held),
            };
            let error = match self.wait(watch, item.size, |caller, progress| async move {
                ask.more(&caller, &progress).await
            }) {
                Ok(()) => continue,
                Err(error @ (ExchangeError::Cut(_) | ExchangeError::Unreachable(_))) => error,
                Err(error) => return give_up(error),
            };
            let now = open(&held).len() as u64;
            resumed |= now > 0;
            // Any byte more is worth another connection; so the number of rounds is bounded
            // by the size, and a line that brings nothing is left after a few.
            barren = if now > before { 0 } else { barren + 1 };
            if barren >= self.patience.barren {
                return give_up(error);
            }
            if barren > 0 {
                std::thread::sleep(self.patience.pause);
            }
        }
    }

    fn take_partial(&self, item: &InboxItem) -> Vec<u8> {
        match open(&self.partial).take() {
            Some(part) if part.id == item.id && part.sha256 == item.sha256 => part.bytes,
            _ => Vec::new(),
        }
    }

    fn keep_partial(&self, item: &InboxItem, bytes: Vec<u8>) {
        *open(&self.partial) =
            Some(Partial { id: item.id.clone(), sha256: item.sha256.clone(), bytes });
    }
}

/// A packet being fetched.
struct Ask {
    target: String,
    sha256: String,
    size: u64,
    /// What is there so far.
    held: Arc<Mutex<Vec<u8>>>,
}

impl Ask {
    /// Appends what one connection brings, to the end of the packet if it holds.
    async fn more(&self, caller: &Caller, progress: &Progress) -> Answer<()> {
        let mut request = caller.request(&Call { target: &self.target, ..Call::default() });
        let have = open(&self.held).len() as u64;
        if have > 0 {
            request = request
                .header(RANGE, format!("bytes={have}-"))
                .header(IF_RANGE, format!("\"{}\"", self.sha256));
        }
        let response = request.send().await.map_err(|e| answer::transport(&e))?;
        let mut response = answer::judge(response, caller, None).await?;
        if response.status() != StatusCode::PARTIAL_CONTENT {
            open(&self.held).clear();
        } else if starts_at(&response) != Some(have) {
            return Err(ExchangeError::NotTheServer("it answers another range".into()));
        }
        progress.reached(have);
        while let Some(chunk) = response.chunk().await.map_err(|e| answer::transport(&e))? {
            let mut held = open(&self.held);
            if (held.len() + chunk.len()) as u64 > self.size {
                held.clear();
                return Err(ExchangeError::Damaged);
            }
            held.extend_from_slice(&chunk);
            progress.reached(held.len() as u64);
        }
        if open(&self.held).len() as u64 == self.size {
            Ok(())
        } else {
            Err(ExchangeError::Cut("the answer ended early".into()))
        }
    }
}

/// Where a partial answer begins (`Content-Range: bytes 100-199/200`).
fn starts_at(response: &Response) -> Option<u64> {
    let range = response.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// The parcel in pieces, so that it is seen how far it has come.
fn pieces(bytes: Arc<[u8]>, progress: Progress) -> Body {
    let pieces = stream::unfold(0, move |from: usize| {
        let piece =
            bytes.get(from..).and_then(|rest| rest.chunks(PIECE).next()).map(<[u8]>::to_vec);
        progress.reached(from as u64);
        async move {
            let piece = piece?;
            let next = from + piece.len();
            Some((Ok::<_, std::io::Error>(piece), next))
        }
    });
    Body::wrap_stream(pieces)
}

const fn kind_name(kind: OutboxKind) -> &'static str {
    match kind {
        OutboxKind::Document => "document",
        OutboxKind::Status => "status",
    }
}
