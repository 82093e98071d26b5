//! Packets: taken in, given out, confirmed.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::timeout;
use uuid::Uuid;

use super::coding::{self, Incoming};
use super::{Answered, App};
use crate::domain::agency::AgencyCode;
use crate::exchange::OutboxKind;
use crate::exchange::wire::{self, Accepted, Code, Confirmation};
use crate::server::Shared;
use crate::server::auth::{Caller, header as text};
use crate::server::blobs::Upload;
use crate::server::refusal::Refused;
use crate::server::storage::{Added, Fetched, Link, Packet, Sent, now};

/// Bytes of a small JSON body at most.
const MAX_SMALL: u64 = 4 * 1024;
/// Bytes that are still taken from a caller who is refused before his body is read.
const MAX_RUDE: u64 = 1024 * 1024;

/// How much of a body is taken after the answer is known.
enum Heard {
    Nothing,
    Beginning,
    Whole,
}

/// `POST /v1/packets`.
pub(super) async fn send(State(shared): App, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let (response, heard) = match Caller::of(&parts, &shared).await {
        // Whatever was in the way, he has proved nothing.
        Err(refused) => (refused.into_response(), Heard::Beginning),
        Ok(caller) => match accept(&shared, caller, &parts, &mut body).await {
            Ok((status, accepted)) => ((status, Json(accepted)).into_response(), Heard::Whole),
            Err(refused) => {
                let heard = match refused.code() {
                    Code::TimedOut => Heard::Nothing,
                    Code::TooLarge => Heard::Beginning,
                    _ => Heard::Whole,
                };
                (refused.into_response(), heard)
            }
        },
    };
    // A connection closed upon bytes that were not read loses its answer on the way, and the
    // caller would not learn what is wrong.
    match heard {
        Heard::Nothing => {}
        Heard::Beginning => hear_out(&shared, &mut body).await,
        Heard::Whole => drain(&shared, &mut body, shared.limits.packet_bytes).await,
    }
    response
}

async fn accept(
    shared: &Arc<Shared>,
    caller: Caller,
    parts: &Parts,
    body: &mut BodyDataStream,
) -> Answered<(StatusCode, Accepted)> {
    let offer = Offer::read(caller, parts)?;
    let limit = shared.limits.packet_bytes;
    if text(parts, "content-length").parse::<u64>().is_ok_and(|length| length > limit) {
        return Err(Refused::too_large(limit));
    }
    let Packet { sender, key, .. } = &offer.packet;
    if let Some(before) = shared.storage.by_key(sender, key).await? {
        return offer.again(shared, &before);
    }
    shared.reach(offer.new, &offer.to).await?;
    let announced = text(parts, "content-length").parse().unwrap_or_default();
    shared.admit(offer.new, sender, announced).await?;

    let upload = receive(shared, Incoming::of(parts, body, limit)?).await?;
    if upload.size() != announced {
        shared.admit(offer.new, sender, upload.size()).await?;
    }
    if upload.size() == 0 {
        return Err(Refused::new(Code::BadRequest, "the packet is empty"));
    }
    if upload.sha256() != offer.packet.sha256 {
        return Err(Refused::new(Code::HashMismatch, "the bytes are not those that were signed"));
    }
    let packet = Packet { size: upload.size(), received_at: now(), ..offer.packet };
    let mut offer = Offer { packet, ..offer };
    // First the bytes, then the row that speaks of them.
    shared.keep(upload).await?;
    match shared.accept(offer.new, &offer.packet, &offer.to).await? {
        Added::New(link) => {
            offer.packet.link = link;
            Ok((StatusCode::CREATED, accepted(shared, &offer.packet)))
        }
        // The same parcel came over two connections at once.
        Added::Before(before) => offer.again(shared, &before),
    }
}

/// What the head of a sending says.
pub(super) struct Offer {
    pub packet: Packet,
    /// Nothing about a document that was sent before.
    pub new: bool,
    pub to: Vec<AgencyCode>,
}

impl Offer {
    pub fn read(caller: Caller, parts: &Parts) -> Answered<Self> {
        let bad = |detail: &str| Refused::new(Code::BadRequest, detail);
        let (kind, new) = match text(parts, wire::KIND) {
            "document" => (OutboxKind::Document, true),
            "order" => (OutboxKind::Document, false),
            "status" => (OutboxKind::Status, false),
            _ => return Err(bad("the kind is neither document, order nor status")),
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
            link: Link::default(),
        };
        Ok(Self { packet, new, to })
    }

    /// The answer to a key that was used before: the same for the same, a refusal for other
    /// content.
    pub fn again(&self, shared: &Shared, before: &Sent) -> Answered<(StatusCode, Accepted)> {
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
    Accepted {
        id: packet.id.to_string(),
        received_at: packet.received_at,
        receipt: shared.key.receipt(packet),
        number: packet.link.number,
        link: packet.link.hash.clone(),
    }
}

async fn receive(shared: &Shared, mut body: Incoming<'_>) -> Answered<Upload> {
    let limit = shared.limits.packet_bytes;
    let mut upload = shared.blobs.begin().await?;
    while let Some(piece) = body.next(shared).await? {
        if upload.size() + piece.len() as u64 > limit {
            return Err(Refused::too_large(limit));
        }
        upload.write(&piece).await?;
    }
    Ok(upload)
}

/// The next piece of a body, which must come in time.
pub(super) async fn next(shared: &Shared, body: &mut BodyDataStream) -> Answered<Option<Bytes>> {
    match timeout(shared.limits.idle, body.next()).await {
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(None) => Ok(None),
        Ok(Some(Err(e))) => Err(Refused::new(Code::TimedOut, format!("the body broke off: {e}"))),
        Err(_) => Err(Refused::new(Code::TimedOut, "the body does not go on")),
    }
}

/// Takes what still comes of a caller who has proved nothing: not much, and not for long.
pub(super) async fn hear_out<E>(
    shared: &Shared,
    body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
) {
    // Whoever is slower than that does not learn what is wrong.
    let _ = timeout(shared.limits.head, drain(shared, body, MAX_RUDE)).await;
}

/// Takes what still comes, `most` bytes of it, and keeps none.
pub(super) async fn drain<E>(
    shared: &Shared,
    body: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
    most: u64,
) {
    let mut taken = 0;
    while taken < most {
        match timeout(shared.limits.idle, body.next()).await {
            Ok(Some(Ok(piece))) => taken += piece.len() as u64,
            _ => return,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FetchQuery {
    from: Option<u64>,
}

/// `GET /v1/packets/{id}`, whole or from a byte on.
pub(super) async fn fetch(
    State(shared): App,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
    query: Result<Query<FetchQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Answered<Response> {
    let Path(id) = id?;
    let Query(FetchQuery { from: asked }) = query?;
    let packet = shared.storage.fetch(&caller.agency, id, now()).await?;
    let packet = match packet {
        Some(Fetched::Here(packet)) => packet,
        Some(Fetched::Retired(at)) => {
            let refused = Refused::new(Code::NotFound, format!("its bytes were given up at {at}"));
            return Err(refused.with_status(StatusCode::GONE));
        }
        None => return Err(Refused::new(Code::NotFound, "no such packet goes to this agency")),
    };
    let etag = format!("\"{}\"", packet.sha256);
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let range = match (asked, value(header::RANGE), value(header::IF_RANGE)) {
        (Some(from), ..) if from > packet.size => Range::Outside,
        (None, Some(range), None) => Range::parse(range, packet.size),
        (None, Some(range), Some(tag)) if tag == etag => Range::parse(range, packet.size),
        _ => Range::Whole,
    };
    let (status, from, to) = match range {
        Range::Whole => (StatusCode::OK, asked.unwrap_or_default(), packet.size),
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
    let failed = |detail: String| Refused::new(Code::StorageFailed, detail);
    let pieces = shared.blobs.read(&packet.sha256, from, to).await?;
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/xml")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if asked.is_some() {
        response = response.header(wire::FROM, from);
    }
    // A range is one of the packet itself; what is packed has bytes of its own.
    let body = match status == StatusCode::OK && coding::is_taken(&headers) {
        false => Err(Body::from_stream(pieces)),
        true => coding::packed(pieces).await.map_err(|e| failed(e.to_string()))?,
    };
    let body = match body {
        Ok(packed) => {
            if let Some(headers) = response.headers_mut() {
                coding::mark(headers);
            }
            packed
        }
        Err(plain) => {
            response = response
                .header(header::CONTENT_LENGTH, to - from)
                .header(header::ACCEPT_RANGES, "bytes")
                .header(header::ETAG, etag);
            plain
        }
    };
    if status == StatusCode::PARTIAL_CONTENT {
        let part = format!("bytes {from}-{}/{}", to.saturating_sub(1), packet.size);
        response = response.header(header::CONTENT_RANGE, part);
    }
    response.body(body).map_err(|e| failed(e.to_string()))
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
    let stands = shared.storage.confirm(&caller.agency, id, state, now()).await?;
    let Some((state, confirmed_at)) = stands else {
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
