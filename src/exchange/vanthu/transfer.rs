//! Packets over the line: up whole where they are small, down piece by piece.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Method, Response};

use super::{Call, Caller, Progress, VanthuLine, answer, id, open};
use crate::exchange::coding::{self, Packer, ZSTD};
use crate::exchange::connection::{self, PIECE, Pace, paced, pieces, transport};
use crate::exchange::wire::{self, Accepted};
use crate::exchange::{Answer, DeliveryState, ExchangeError, InboxItem, OutboxKind, Parcel, Watch};

impl VanthuLine {
    /// Whether the server has a parcel with this key already.
    pub(super) fn sent_before(&self, key: &str) -> Answer<Option<Accepted>> {
        match self.call::<DeliveryState>(Method::GET, format!("/v1/outbox?key={key}"), None) {
            Ok(state) => Ok(Some(Accepted {
                id: state.id,
                received_at: state.received_at,
                receipt: state.receipt,
                number: state.number,
                link: state.link,
            })),
            Err(ExchangeError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn upload(&self, parcel: &Parcel, key: &str, watch: &dyn Watch) -> Answer<Accepted> {
        if parcel.bytes.len() > wire::SMALL {
            return self.upload_in_pieces(parcel, key, watch);
        }
        let (bytes, to) = (Arc::clone(&parcel.bytes), wire::escape_all(&parcel.to));
        let (key, kind) = (key.to_owned(), kind_name(parcel));
        let (size, rate) = (bytes.len() as u64, self.connection.patience.rate);
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
            let mut request = caller.request(&call).header(CONTENT_TYPE, "application/xml");
            let packed = if caller.packs() { coding::packed(&bytes) } else { None };
            let body = match packed {
                None => bytes,
                Some(packed) => {
                    request = request.header(CONTENT_ENCODING, ZSTD);
                    packed.into()
                }
            };
            let response = request
                .header(CONTENT_LENGTH, body.len())
                .body(pieces(body, 0, Pace::new(rate), progress.clone()))
                .send()
                .await
                .map_err(|e| transport(&e))?;
            let response = answer::judge(response, &caller, Some(size)).await?;
            let accepted: Accepted = answer::json(response, &Progress::default()).await?;
            progress.reached(size);
            Ok(accepted)
        })
    }

    pub(super) fn download(
        &self,
        item: &InboxItem,
        begun: &mut Vec<u8>,
        watch: &dyn Watch,
    ) -> Answer<()> {
        // Held elsewhere too, because a call that stalls is ended from this side.
        let held = Arc::new(Mutex::new(std::mem::take(begun)));
        let answer = self.download_onto(item, &held, watch);
        *begun = std::mem::take(&mut *open(&held));
        answer
    }

    fn download_onto(
        &self,
        item: &InboxItem,
        held: &Arc<Mutex<Vec<u8>>>,
        watch: &dyn Watch,
    ) -> Answer<()> {
        let limit = self.connection.patience.packet_limit;
        if item.size > limit {
            return Err(ExchangeError::TooLarge { size: item.size, limit });
        }
        let mut resumed = !open(held).is_empty();
        let mut barren = 0;
        loop {
            let before = open(held).len() as u64;
            if before >= item.size {
                if wire::sha256_hex(&open(held)) == item.sha256 {
                    return Ok(());
                }
                open(held).clear();
                // What an earlier connection left may be at fault: once more, from nothing.
                if !resumed {
                    return Err(ExchangeError::Damaged);
                }
                resumed = false;
                continue;
            }
            let ask = Ask {
                target: format!("/v1/packets/{}", id(&item.id)?),
                size: item.size,
                held: Arc::clone(held),
                rate: self.connection.patience.rate,
            };
            let error = match self.wait(watch, item.size, |caller, progress| async move {
                ask.more(&caller, &progress).await
            }) {
                Ok(()) => continue,
                Err(error @ (ExchangeError::Cut(_) | ExchangeError::Unreachable(_))) => error,
                Err(error) => return Err(error),
            };
            let now = open(held).len() as u64;
            resumed |= now > 0;
            // Any byte more is worth another connection; so the number of rounds is bounded
            // by the size, and a line that brings nothing is left after a few.
            barren = if now > before { 0 } else { barren + 1 };
            if barren >= self.connection.patience.barren {
                return Err(error);
            }
            if barren > 0 {
                std::thread::sleep(self.connection.patience.pause);
            }
        }
    }
}

/// A packet being fetched.
struct Ask {
    target: String,
    size: u64,
    /// What is there so far.
    held: Arc<Mutex<Vec<u8>>>,
    rate: Option<NonZeroU32>,
}

impl Ask {
    /// Appends what one connection brings, to the end of the packet if it holds.
    async fn more(&self, caller: &Caller, progress: &Progress) -> Answer<()> {
        let have = open(&self.held).len() as u64;
        let target = match have {
            0 => self.target.clone(),
            have => format!("{}?from={have}", self.target),
        };
        let request = caller.request(&Call { target: &target, ..Call::default() });
        let response = request.send().await.map_err(|e| transport(&e))?;
        let response = answer::judge(response, caller, None).await?;
        match starts_at(&response) {
            0 => open(&self.held).clear(),
            start if start == have => {}
            _ => return Err(ExchangeError::NotTheServer("it goes on from another byte".into())),
        }
        progress.reached(have);
        let mut pieces = connection::Pieces::of(response, Pace::new(self.rate))?;
        while let Some(piece) = pieces.next().await? {
            let mut held = open(&self.held);
            if (held.len() + piece.len()) as u64 > self.size {
                held.clear();
                return Err(ExchangeError::Damaged);
            }
            held.extend_from_slice(&piece);
            progress.reached(held.len() as u64);
        }
        if open(&self.held).len() as u64 == self.size {
            Ok(())
        } else {
            Err(ExchangeError::Cut("the answer ended early".into()))
        }
    }
}

/// From which byte of the packet an answer begins; one that does not say so is all of it.
fn starts_at(response: &Response) -> u64 {
    let from = response.headers().get(wire::FROM).and_then(|from| from.to_str().ok());
    from.and_then(|from| from.parse().ok()).unwrap_or_default()
}

/// The parcel from a byte on in pieces, packed where the first piece says that this is worth
/// its while.
pub(super) fn packed_pieces(
    bytes: &Arc<[u8]>,
    start: usize,
    rate: Option<NonZeroU32>,
    progress: &Progress,
) -> Option<Body> {
    let mut packer = Packer::new().ok()?;
    let first = bytes.get(start..)?.chunks(PIECE).next()?;
    let packed = packer.pack(first).ok()?;
    coding::is_worth(first.len(), packed.len()).then(|| {
        let (bytes, progress) = (Arc::clone(bytes), progress.clone());
        let mut at = start + first.len();
        let mut packer = Some(packer);
        let rest = std::iter::from_fn(move || {
            let Some(piece) = bytes.get(at..).and_then(|rest| rest.chunks(PIECE).next()) else {
                return packer.take().map(Packer::finish);
            };
            progress.reached(at as u64);
            at += piece.len();
            packer.as_mut().map(|packer| packer.pack(piece))
        });
        paced(std::iter::once(Ok(packed)).chain(rest), Pace::new(rate))
    })
}

pub(super) const fn kind_name(parcel: &Parcel) -> &'static str {
    match parcel.kind {
        OutboxKind::Document if parcel.order => "order",
        OutboxKind::Document => "document",
        OutboxKind::Status => "status",
    }
}
