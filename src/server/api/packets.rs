//! Packets: taken in, given out, confirmed.

use std::io;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Answered, App, blocking};
use crate::domain::agency::AgencyCode;
use crate::exchange::wire::{self, Accepted, Code, Confirmation};
use crate::exchange::{OutboxKind, Outcome};
use crate::server::Shared;
use crate::server::auth::{Caller, header as text};
use crate::server::blobs::Upload;
use crate::server::refusal::Refused;
use crate::server::storage::{Added, Packet, Sent};

/// Bytes read from a file at once.
const PIECE: usize = 64 * 1024;
/// Bytes of a small JSON body at most.
const MAX_SMALL: u64 = 4 * 1024;
/// Bytes that are still taken from a caller who is refused before his body is read.
const MAX_RUDE: u64 = 1024 * 1024;

/// `POST /v1/packets`.
pub(super) async fn send(State(shared): App, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let (response, rest) = match accept(&shared, &parts, &mut body).await {
        Ok((status, accepted)) => {
            ((status, Json(accepted)).into_response(), shared.limits.packet_bytes)
        }
        Err(refused) => {
            let rest = match refused.code() {
                Code::TimedOut => 0,
                Code::BadCredentials | Code::ClockSkew | Code::TooLarge => MAX_RUDE,
                _ => shared.limits.packet_bytes,
            };
            (refused.into_response(), rest)
        }
    };
    // A connection closed upon bytes that were not read loses its answer on the way, and the
    // caller would not learn what is wrong.
    drain(&shared, &mut body, rest).await;
    response
}

async fn accept(
    shared: &Arc<Shared>,
    parts: &Parts,
    body: &mut BodyDataStream,
) -> Answered<(StatusCode, Accepted)> {
    let caller = Caller::of(parts, shared).await?;
    let offer = Offer::read(caller, parts)?;
    let limit = shared.limits.packet_bytes;
    if text(parts, "content-length").parse::<u64>().is_ok_and(|length| length > limit) {
        return Err(Refused::too_large(limit));
    }
    let (sender, key) = (offer.packet.sender.clone(), offer.packet.key.clone());
    if let Some(before) = blocking(shared, move |s| s.storage.by_key(&sender, &key)).await? {
        return offer.again(shared, &before);
    }
    let to = offer.to.clone();
    let unknown = blocking(shared, move |shared| shared.storage.unknown(&to)).await?;
    if !unknown.is_empty() {
        return Err(Refused::recipients(unknown));
    }

    let upload = receive(shared, body).await?;
    if upload.size() == 0 {
        return Err(Refused::new(Code::BadRequest, "the packet is empty"));
    }
    if upload.sha256() != offer.packet.sha256 {
        return Err(Refused::new(Code::HashMismatch, "the bytes are not those that were signed"));
    }
    let packet = Packet { size: upload.size(), received_at: Timestamp::now(), ..offer.packet };
    // First the bytes, then the row that speaks of them.
    shared.blobs.keep(upload).await?;
    let offer = Offer { packet: packet.clone(), to: offer.to };
    let to = offer.to.clone();
    match blocking(shared, move |shared| shared.storage.add(&packet, &to)).await? {
        Added::New => Ok((StatusCode::CREATED, accepted(shared, &offer.packet))),
        // The same parcel came over two connections at once.
        Added::Before(before) => offer.again(shared, &before),
    }
}

/// What the head of a sending says.
struct Offer {
    packet: Packet,
    to: Vec<AgencyCode>,
}

impl Offer {
    fn read(caller: Caller, parts: &Parts) -> Answered<Self> {
        let bad = |detail: &str| Refused::new(Code::BadRequest, detail);
        let kind = match text(parts, wire::KIND) {
            "document" => OutboxKind::Document,
            "status" => OutboxKind::Status,
            _ => return Err(bad("the kind is neither document nor status")),
        };
        let to = wire::unescape_all(text(parts, wire::TO))
            .ok_or_else(|| bad("the recipients are not a list of agency codes"))?;
        let key = text(parts, wire::IDEMPOTENCY_KEY);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
        if !(16..=128).contains(&key.len()) || !key.bytes().all(plain) {
            return Err(bad("the idempotency key is missing or unfit"));
        }
        let sha256 = caller.sha256.ok_or_else(|| bad("the packet's hash is missing"))?;
        let packet = Packet {
            id: Uuid::now_v7(),
            sender: caller.agency,
            key: key.to_owned(),
            kind,
            sha256,
            size: 0,
            received_at: Timestamp::UNIX_EPOCH,
        };
        Ok(Self { packet, to })
    }

    /// The answer to a key that was used before: the same for the same, a refusal for other
    /// content.
    fn again(&self, shared: &Shared, before: &Sent) -> Answered<(StatusCode, Accepted)> {
        let same = before.packet.sha256 == self.packet.sha256
            && before.packet.kind == self.packet.kind
            && before.deliveries.len() == self.to.len()
            && before.deliveries.iter().all(|delivery| self.to.contains(&delivery.to));
        if same {
            Ok((StatusCode::OK, accepted(shared, &before.packet)))
        } else {
            Err(Refused::new(Code::KeyReused, "the key was used for another packet"))
        }
    }
}

fn accepted(shared: &Shared, packet: &Packet) -> Accepted {
    let id = packet.id.to_string();
    let receipt = shared.key.receipt(&id, &packet.sender, &packet.sha256, packet.received_at);
    Accepted { id, received_at: packet.received_at, receipt }
}

async fn receive(shared: &Shared, body: &mut BodyDataStream) -> Answered<Upload> {
    let limit = shared.limits.packet_bytes;
    let mut upload = shared.blobs.begin().await?;
    while let Some(piece) = next(shared, body).await? {
        if upload.size() + piece.len() as u64 > limit {
            return Err(Refused::too_large(limit));
        }
        upload.write(&piece).await?;
    }
    Ok(upload)
}

/// The next piece of a body, which must come in time.
async fn next(shared: &Shared, body: &mut BodyDataStream) -> Answered<Option<Bytes>> {
    match timeout(shared.limits.idle, body.next()).await {
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(None) => Ok(None),
        Ok(Some(Err(e))) => Err(Refused::new(Code::TimedOut, format!("the body broke off: {e}"))),
        Err(_) => Err(Refused::new(Code::TimedOut, "the body does not go on")),
    }
}

async fn drain(shared: &Shared, body: &mut BodyDataStream, most: u64) {
    let mut taken = 0;
    while taken < most {
        match next(shared, body).await {
            Ok(Some(piece)) => taken += piece.len() as u64,
            _ => return,
        }
    }
}

/// `GET /v1/packets/{id}`, whole or from a byte on.
pub(super) async fn fetch(
    State(shared): App,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    headers: HeaderMap,
) -> Answered<Response> {
    let Path(id) = id?;
    let packet =
        blocking(&shared, move |shared| shared.storage.fetch(&caller.agency, id, Timestamp::now()))
            .await?
            .ok_or_else(|| Refused::new(Code::NotFound, "no such packet goes to this agency"))?;
    let etag = format!("\"{}\"", packet.sha256);
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let range = match (value(header::RANGE), value(header::IF_RANGE)) {
        (Some(range), None) => Range::parse(range, packet.size),
        (Some(range), Some(tag)) if tag == etag => Range::parse(range, packet.size),
        _ => Range::Whole,
    };
    let (status, from, to) = match range {
        Range::Whole => (StatusCode::OK, 0, packet.size),
        Range::Part { from, to } => (StatusCode::PARTIAL_CONTENT, from, to),
        Range::Outside => {
            let refused = Refused::new(Code::BadRange, "the packet is not that long");
            let mut response = refused.into_response();
            if let Ok(value) = format!("bytes */{}", packet.size).parse() {
                response.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            return Ok(response);
        }
    };
    let file = shared.blobs.read(&packet.sha256, from).await?;
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/xml")
        .header(header::CONTENT_LENGTH, to - from)
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, etag)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if status == StatusCode::PARTIAL_CONTENT {
        let part = format!("bytes {from}-{}/{}", to.saturating_sub(1), packet.size);
        response = response.header(header::CONTENT_RANGE, part);
    }
    response
        .body(pieces(file, to - from))
        .map_err(|e| Refused::new(Code::StorageFailed, e.to_string()))
}

fn pieces(file: File, left: u64) -> Body {
    Body::from_stream(stream::try_unfold((file, left), |(mut file, left)| async move {
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
    }))
}

/// Which bytes are wanted (RFC 9110 section 14.2), the end not included.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// Also for what is not understood, as the RFC asks.
    Whole,
    Part {
        from: u64,
        to: u64,
    },
    Outside,
}

impl Range {
    fn parse(text: &str, size: u64) -> Self {
        let Some((first, last)) = text.strip_prefix("bytes=").and_then(|r| r.split_once('-'))
        else {
            return Self::Whole;
        };
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if plain { digits.parse::<u64>().ok() } else { None }
        };
        match (number(first), number(last)) {
            (Some(from), _) if from >= size && (last.is_empty() || number(last).is_some()) => {
                Self::Outside
            }
            (Some(from), None) if last.is_empty() => Self::Part { from, to: size },
            (Some(from), Some(last)) if last >= from => {
                Self::Part { from, to: size.min(last.saturating_add(1)) }
            }
            (None, Some(0)) if first.is_empty() => Self::Outside,
            (None, Some(tail)) if first.is_empty() => {
                Self::Part { from: size.saturating_sub(tail), to: size }
            }
            _ => Self::Whole,
        }
    }
}

/// `POST /v1/packets/{id}/receipt`.
pub(super) async fn confirm(
    State(shared): App,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    request: Request,
) -> Answered<Json<serde_json::Value>> {
    let Path(id) = id?;
    let body = small(&shared, &caller, request.into_body()).await?;
    let Confirmation { state } =
        serde_json::from_slice(&body).map_err(|e| Refused::new(Code::BadRequest, e.to_string()))?;
    let now = Timestamp::now();
    let stands =
        blocking(&shared, move |shared| shared.storage.confirm(&caller.agency, id, state, now))
            .await?;
    let Some((state, confirmed_at)): Option<(Outcome, Timestamp)> = stands else {
        return Err(Refused::new(Code::NotFound, "no such packet goes to this agency"));
    };
    Ok(Json(serde_json::json!({ "state": state, "confirmed_at": confirmed_at })))
}

/// A small body, checked against the hash that was signed.
async fn small(shared: &Shared, caller: &Caller, body: Body) -> Answered<Vec<u8>> {
    let (mut stream, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(piece) = next(shared, &mut stream).await? {
        if (bytes.len() + piece.len()) as u64 > MAX_SMALL {
            return Err(Refused::too_large(MAX_SMALL));
        }
        bytes.extend_from_slice(&piece);
    }
    if caller.sha256.as_deref() != Some(wire::sha256_hex(&bytes).as_str()) {
        return Err(Refused::new(Code::HashMismatch, "the body is not the one that was signed"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let part = |from, to| Range::Part { from, to };
        for (text, range) in [
            ("bytes=0-", part(0, 10)),
            ("bytes=4-", part(4, 10)),
            ("bytes=4-4", part(4, 5)),
            ("bytes=4-99", part(4, 10)),
            ("bytes=-3", part(7, 10)),
            ("bytes=-99", part(0, 10)),
            ("bytes=10-", Range::Outside),
            ("bytes=10-12", Range::Outside),
            ("bytes=-0", Range::Outside),
            ("bytes=5-4", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=+1-", Range::Whole),
            ("items=0-", Range::Whole),
            ("", Range::Whole),
        ] {
            assert_eq!(Range::parse(text, 10), range, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_part_lies_within(text in "bytes=[0-9]{0,25}-[0-9]{0,25}", size in 0u64..) {
            if let Range::Part { from, to } = Range::parse(&text, size) {
                prop_assert!(from <= to && to <= size);
            }
        }
    }
}
