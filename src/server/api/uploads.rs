//! Uploads that survive the line: the core of the tus protocol, version 1.0.0, with its
//! extensions *creation*, *termination* and *expiration* (<https://tus.io/protocols/resumable-upload>).
//!
//! Beginning an upload says everything that `POST /v1/packets` says, with the same signature;
//! beginning it again finds it and tells how far it is. When the last byte is there the
//! packet is accepted as if it had come whole, and its receipt is asked for by its key.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, BodyDataStream};
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;

use super::coding::Incoming;
use super::packets::{Offer, drain, hear_out};
use super::{Answered, App};
use crate::exchange::OutboxKind;
use crate::exchange::wire::{self, Code};
use crate::server::Shared;
use crate::server::auth::{Caller, header as text};
use crate::server::refusal::Refused;
use crate::server::storage::{Added, Link, Note, Packet, now};
use crate::server::uploads::{EXPIRY, Writing};

/// Bytes that are still taken from a caller who is refused.
const MAX_RUDE: u64 = 1024 * 1024;
/// What has come is made a part when nothing more comes for so long: less than whoever goes
/// on with it is kept waiting.
const PAUSE: Duration = Duration::from_millis(200);

/// The versions that are spoken, and when an upload is removed that nobody goes on with.
const TUS_VERSIONS: &str = "tus-version";
const UPLOAD_EXPIRES: &str = "upload-expires";
/// When an office with too many uploads under way may try to begin another.
const LATER: Duration = Duration::from_secs(10 * 60);

/// `POST /v1/uploads`.
pub(super) async fn begin(State(shared): App, request: Request) -> Answered<Response> {
    let (parts, _) = request.into_parts();
    let caller = Caller::of(&parts, &shared).await?;
    version(&parts.headers)?;
    let offer = Offer::read(caller, &parts)?;
    let limit = shared.limits.packet_bytes;
    let length = number(&parts, wire::UPLOAD_LENGTH)
        .filter(|length| *length > 0)
        .ok_or_else(|| Refused::new(Code::BadRequest, "the upload's length is missing"))?;
    if length > limit {
        return Err(Refused::too_large(limit));
    }
    let Packet { sender, key, .. } = &offer.packet;
    if let Some(before) = shared.storage.by_key(sender, key).await? {
        let (status, before) = offer.again(&shared, &before)?;
        return Ok((status, Json(before)).into_response());
    }
    shared.reach(offer.new, &offer.to).await?;
    shared.admit(offer.new, sender, length).await?;
    let Offer { packet, to, new } = offer;
    let Packet { sender, key, kind, sha256, .. } = packet;
    let order = kind == OutboxKind::Document && !new;
    let note = Note { sender, key, kind, order, to, sha256, length };
    let begun = shared.uploads.begin(&note).await?;
    let (name, offset) = begun.ok_or_else(|| Refused::too_many_uploads(LATER))?;
    let mut response = far(StatusCode::CREATED, offset, Some(length));
    expires(&mut response);
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/uploads/{name}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// `HEAD /v1/uploads/{name}`.
pub(super) async fn look(
    State(shared): App,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answered<Response> {
    version(&headers)?;
    let found = shared.uploads.find(&name).await?;
    let (note, offset) =
        found.filter(|(note, _)| note.sender == caller.agency).ok_or_else(none_such)?;
    let mut response = far(StatusCode::OK, offset, Some(note.length));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `DELETE /v1/uploads/{name}`.
pub(super) async fn end(
    State(shared): App,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Answered<Response> {
    version(&headers)?;
    own_note(&shared, &caller, &name).await?;
    shared.uploads.remove(&name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `PATCH /v1/uploads/{name}`.
///
/// On a task of its own, which outlives the connection: what a broken line has brought is
/// still made a part.
pub(super) async fn go_on(
    State(shared): App,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let work = tokio::spawn(async move {
        let (parts, body) = request.into_parts();
        let mut body = body.into_data_stream();
        // A connection closed upon bytes that were not read loses its answer.
        let caller = match Caller::of(&parts, &shared).await {
            Ok(caller) => caller,
            // Whatever was in the way, he has proved nothing.
            Err(refused) => {
                hear_out(&shared, &mut body).await;
                return refused.into_response();
            }
        };
        match append(&shared, &caller, &parts, &name, &mut body).await {
            Ok(response) => response,
            Err(refused) => {
                if refused.code() != Code::TimedOut {
                    drain(&shared, &mut body, MAX_RUDE).await;
                }
                refused.into_response()
            }
        }
    });
    // It ends otherwise only when it panics, or when the server is being stopped.
    let ended = |e: tokio::task::JoinError| Refused::new(Code::StorageFailed, e.to_string());
    work.await.map_err(ended).unwrap_or_else(IntoResponse::into_response)
}

async fn append(
    shared: &Arc<Shared>,
    caller: &Caller,
    parts: &Parts,
    name: &str,
    body: &mut BodyDataStream,
) -> Answered<Response> {
    let bad = |detail: &str| Refused::new(Code::BadRequest, detail);
    version(&parts.headers)?;
    let note = own_note(shared, caller, name).await?;
    if text(parts, header::CONTENT_TYPE.as_str()) != wire::UPLOAD_TYPE {
        let refused = bad("the pieces of an upload are application/offset+octet-stream");
        return Err(refused.with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let offset = number(parts, wire::UPLOAD_OFFSET).ok_or_else(|| bad("no offset"))?;
    let mut body = Incoming::of(parts, body, note.length)?;
    let mut writing = shared.uploads.write(name, offset).await?.ok_or_else(|| {
        Refused::new(Code::BadRange, "the upload is not that far").with_status(StatusCode::CONFLICT)
    })?;
    let filled = fill(shared, &mut body, &mut writing, name, &note).await;
    let reached = writing.reached();
    let left = writing.leave().await;
    filled?;
    left?;
    let mut response = far(StatusCode::NO_CONTENT, reached, None);
    expires(&mut response);
    Ok(response)
}

/// Takes what comes, and accepts the packet if that was the rest of it.
async fn fill(
    shared: &Arc<Shared>,
    body: &mut Incoming<'_>,
    writing: &mut Writing,
    name: &str,
    note: &Note,
) -> Answered<()> {
    let taken_over = || Refused::new(Code::TimedOut, "another connection goes on with it");
    loop {
        let piece = match timeout(PAUSE, body.next(shared)).await {
            Ok(piece) => piece?,
            Err(_) => {
                if !writing.settle().await? {
                    return Err(taken_over());
                }
                body.next(shared).await?
            }
        };
        let Some(piece) = piece else { break };
        if writing.reached() + piece.len() as u64 > note.length {
            return Err(Refused::too_large(note.length));
        }
        if !writing.append(&piece).await? {
            return Err(taken_over());
        }
    }
    if writing.reached() < note.length {
        return Ok(());
    }
    if !writing.settle().await? {
        return Err(taken_over());
    }
    accept(shared, name, note).await
}

/// The last byte is there.
async fn accept(shared: &Arc<Shared>, name: &str, note: &Note) -> Answered<()> {
    let Note { sender, key, kind, order, to, sha256, length } = note.clone();
    let new = kind == OutboxKind::Document && !order;
    let packet = Packet {
        id: uuid::Uuid::now_v7(),
        sender,
        key,
        kind,
        sha256,
        size: length,
        received_at: now(),
        link: Link::default(),
    };
    let whole = shared.uploads.whole(name, length).await?;
    let Some(upload) = whole.filter(|upload| upload.sha256() == packet.sha256) else {
        // Another connection has ended it meanwhile; or else these are not the bytes.
        if let Some(before) = shared.storage.by_key(&packet.sender, &packet.key).await? {
            return Offer { packet, new: false, to }.again(shared, &before).map(drop);
        }
        shared.uploads.remove(name).await?;
        return Err(Refused::new(Code::HashMismatch, "the bytes are not those that were signed"));
    };
    // A day that has no room for it leaves the upload as it is: tomorrow it takes no byte more.
    shared.admit(new, &packet.sender, length).await?;
    shared.keep(upload).await?;
    let added = shared.accept(new, &packet, &to).await?;
    if let Err(error) = shared.uploads.remove(name).await {
        // It expires; the packet is accepted all the same.
        tracing::warn!(%error, "an upload that has ended stays for now");
    }
    match added {
        Added::New(_) => Ok(()),
        // It came whole over another connection.
        Added::Before(before) => Offer { packet, new: false, to }.again(shared, &before).map(drop),
    }
}

/// `OPTIONS /v1/uploads`: what of the protocol is spoken here.
pub(super) async fn options(State(shared): App) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    for (name, value) in [
        (TUS_VERSIONS, wire::TUS_VERSION.to_owned()),
        ("tus-extension", "creation,termination,expiration".to_owned()),
        ("tus-max-size", shared.limits.packet_bytes.to_string()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// The caller's upload of this name; another's is none.
async fn own_note(shared: &Arc<Shared>, caller: &Caller, name: &str) -> Answered<Note> {
    let note = shared.uploads.note(name).await?;
    note.filter(|note| note.sender == caller.agency).ok_or_else(none_such)
}

fn none_such() -> Refused {
    Refused::new(Code::NotFound, "the agency has no such upload")
}

fn version(headers: &HeaderMap) -> Answered<()> {
    let said = headers.get(wire::TUS_RESUMABLE);
    if said.is_some_and(|said| said == wire::TUS_VERSION) {
        return Ok(());
    }
    let refused = Refused::new(Code::BadRequest, "the upload protocol is tus 1.0.0");
    Err(refused.with_status(StatusCode::PRECONDITION_FAILED))
}

fn number(parts: &Parts, name: &str) -> Option<u64> {
    let digits = text(parts, name);
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Says on every answer, refusals too, which version is spoken; who spoke another is told which
/// there are (tus 1.0.0, Tus-Resumable and Tus-Version).
pub(super) fn mark(response: &mut Response) {
    let version = HeaderValue::from_static(wire::TUS_VERSION);
    if response.status() == StatusCode::PRECONDITION_FAILED {
        response.headers_mut().insert(HeaderName::from_static(TUS_VERSIONS), version.clone());
    }
    response.headers_mut().insert(HeaderName::from_static(wire::TUS_RESUMABLE), version);
}

/// Says when the upload is removed if nobody goes on with it (tus 1.0.0, Upload-Expires).
fn expires(response: &mut Response) {
    let end = (now() + EXPIRY).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(end) = HeaderValue::from_str(&end) {
        response.headers_mut().insert(HeaderName::from_static(UPLOAD_EXPIRES), end);
    }
}

fn far(status: StatusCode, offset: u64, length: Option<u64>) -> Response {
    let mut response = (status, Body::empty()).into_response();
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static(wire::UPLOAD_OFFSET), HeaderValue::from(offset));
    if let Some(length) = length {
        headers.insert(HeaderName::from_static(wire::UPLOAD_LENGTH), HeaderValue::from(length));
    }
    response
}
