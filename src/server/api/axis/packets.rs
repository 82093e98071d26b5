//! Packets through the gateway: taken in and given out.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, ready};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tokio::time::timeout;
use uuid::Uuid;

use super::super::packets::{drain, hear_out};
use super::{Answered, App, Asked, Failed, value};
use crate::domain::agency::AgencyCode;
use crate::exchange::OutboxKind;
use crate::exchange::axis::wire::{self, ErrorCode, Said, SentAnswer};
use crate::exchange::wire::Code;
use crate::packet::{self, Kind, Packet as Content};
use crate::server::Shared;
use crate::server::blobs::{Pieces, Upload};
use crate::server::refusal::Refused;
use crate::server::storage::{Added, Fetched, Link, Packet, now};

/// Bytes around the packet in a body of parts, at most.
const MAX_AROUND: u64 = 64 * 1024;

/// `sendEdoc`: the packet is the body with a line break behind it, or the part `file_doc`.
///
/// The same bytes to the same recipients are the same sending: it is answered like the first.
pub(in crate::server::api) async fn send(
    State(shared): App,
    headers: HeaderMap,
    request: Request,
) -> Answered<Response> {
    let mut body = request.into_body().into_data_stream();
    let (asked, kind) = match asked(&headers, &shared).await {
        Ok(asked) => asked,
        Err(failed) => {
            hear_out(&shared, &mut body).await;
            return Err(failed);
        }
    };
    let hash = asked.fields.get("hash-file").unwrap_or_default().to_ascii_lowercase();
    let boundary =
        value(&headers, "content-type").and_then(|kind| multer::parse_boundary(kind).ok());
    let mut upload = match boundary {
        Some(boundary) => from_part(&shared, body, boundary, &hash).await?,
        None => from_body(&shared, body, &hash).await?,
    };
    if upload.size() == 0 {
        return Err(Failed::new(ErrorCode::FileNotValid, "the packet is empty"));
    }
    let (sha256, size) = (upload.sha256(), upload.size());
    let to = match asked.fields.get("to") {
        Some(text) => named(text),
        None => addressed(&mut upload).await?,
    };
    let to = to.ok_or_else(|| Failed::new(ErrorCode::UnknownReceiver, "no receiver is named"))?;
    let key = content_key(&sha256, kind, &to);
    if let Some(before) = shared.storage.by_key(&asked.agency, &key).await? {
        return Ok(sent_as(before.packet.id));
    }
    let mut new = kind == OutboxKind::Document;
    if let Err(refused) = allow(&shared, new, &asked.agency, size, &to).await {
        // The call does not say what our own profile's does; where that matters the packet is
        // asked. A recall is no new sending (Quyết định 28/2018/QĐ-TTg Điều 8 khoản 2).
        let matters =
            matches!(refused.code(), Code::RecipientClosed | Code::OverQuota | Code::TooLarge);
        if !(new && matters && is_order(&mut upload).await?) {
            return Err(refused.into());
        }
        new = false;
        allow(&shared, new, &asked.agency, size, &to).await?;
    }
    // Nothing that is refused is kept.
    shared.keep(upload).await?;
    let packet = Packet {
        id: Uuid::now_v7(),
        sender: asked.agency,
        key,
        kind,
        sha256,
        size,
        received_at: now(),
        link: Link::default(),
    };
    let id = match shared.accept(new, &packet, &to).await? {
        Added::New(_) => packet.id,
        Added::Before(before) => before.packet.id,
    };
    Ok(sent_as(id))
}

/// Whether the receivers and the day's quota let a packet pass.
async fn allow(
    shared: &Shared,
    new: bool,
    sender: &AgencyCode,
    size: u64,
    to: &[AgencyCode],
) -> Result<(), Refused> {
    shared.reach(new, to).await?;
    shared.admit(new, sender, size).await
}

/// Who sends what, as the head of the call says.
async fn asked(headers: &HeaderMap, shared: &Arc<Shared>) -> Answered<(Asked, OutboxKind)> {
    let asked = Asked::of(headers, shared).await?;
    let kind = asked.kind()?;
    if asked.fields.get("from").is_some_and(|from| from != asked.agency.as_str()) {
        return Err(Failed::new(ErrorCode::UnknownSender, "an agency sends as itself"));
    }
    Ok((asked, kind))
}

fn sent_as(id: Uuid) -> Response {
    Json(SentAnswer { said: Said::ok(), doc_id: Some(id.to_string()) }).into_response()
}

/// The key that such a client does not give, made from what it sends.
fn content_key(sha256: &str, kind: OutboxKind, to: &[AgencyCode]) -> String {
    let mut codes: Vec<&str> = to.iter().map(AgencyCode::as_str).collect();
    codes.sort_unstable();
    let text = format!("axis\n{}\n{sha256}\n{}", super::message_type(kind), codes.join("\n"));
    crate::exchange::wire::idempotency_key(&text)
}

/// The receivers of the header `to`: a JSON array, or one code alone.
fn named(text: &str) -> Option<Vec<AgencyCode>> {
    let texts: Vec<String> =
        serde_json::from_str(text).unwrap_or_else(|_| vec![text.trim().to_owned()]);
    let mut codes = Vec::with_capacity(texts.len());
    for text in texts {
        let code = AgencyCode::new(text.trim())?;
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    Some(codes)
        .filter(|codes| !codes.is_empty() && codes.len() <= crate::exchange::wire::MAX_RECIPIENTS)
}

/// What the packet says, if it says anything.
async fn content(upload: &mut Upload) -> Answered<Option<Content>> {
    let bytes = upload.bytes().await?;
    let read =
        tokio::task::spawn_blocking(move || packet::read(&bytes, &packet::Limits::default()));
    Ok(read.await.ok().and_then(Result::ok))
}

/// Whether the packet is about a document that was sent before: it recalls or updates it
/// (`BussinessDocType` 1 and 2).
async fn is_order(upload: &mut Upload) -> Answered<bool> {
    Ok(matches!(
        content(upload).await?,
        Some(Content::Document(document))
            if matches!(document.business.kind, Kind::Recall | Kind::Update { .. })
    ))
}

/// Where the call names nobody, the packet does.
async fn addressed(upload: &mut Upload) -> Answered<Option<Vec<AgencyCode>>> {
    let Some(content) = content(upload).await? else { return Ok(None) };
    let codes: Option<Vec<AgencyCode>> = match content {
        Content::Document(document) => document.to.into_iter().map(|organ| organ.code).collect(),
        // A status goes to whose document it is about.
        Content::Status(status) => Some(status.response_for.agency.into_iter().collect()),
    };
    let codes = codes.map(|mut codes| {
        codes.sort_unstable();
        codes.dedup();
        codes
    });
    Ok(codes.filter(|codes| !codes.is_empty()))
}

/// Whether a hash is the one that the call named, in either of its forms.
fn is_hash(sha256: &str, named: &str) -> bool {
    named == sha256
        || hex::decode(sha256).is_ok_and(|bytes| wire::hash_text(&bytes, false) == named)
}

fn damaged() -> Failed {
    let why = "the bytes are not those that were signed";
    Failed::new(ErrorCode::FileNotValid, why).counted_as(Code::HashMismatch)
}

async fn from_body(
    shared: &Arc<Shared>,
    mut body: impl Stream<Item = Result<Bytes, axum::Error>> + Unpin,
    hash: &str,
) -> Answered<Upload> {
    const BREAK: &[u8] = b"\r\n";
    let mut upload = begin(shared).await?;
    // The last two bytes may be the line break, which is no part of the packet.
    let mut held = Vec::new();
    while let Some(piece) = next(shared, &mut body).await? {
        held.extend_from_slice(&piece);
        let ready = held.len().saturating_sub(BREAK.len());
        let rest = held.split_off(ready);
        write(shared, &mut upload, &held, &mut body).await?;
        held = rest;
    }
    if held == BREAK && is_hash(&upload.sha256(), hash) {
        return Ok(upload);
    }
    write(shared, &mut upload, &held, &mut body).await?;
    if is_hash(&upload.sha256(), hash) { Ok(upload) } else { Err(damaged()) }
}

async fn from_part(
    shared: &Arc<Shared>,
    body: impl Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
    boundary: String,
    hash: &str,
) -> Answered<Upload> {
    let found = Arc::new(AtomicBool::new(false));
    let body = piecewise(body, Arc::clone(&found), shared.limits.packet_bytes);
    // As much again is heard out where a packet is too large.
    let most = shared.limits.packet_bytes.saturating_mul(2).saturating_add(MAX_AROUND);
    let most = multer::SizeLimit::new().whole_stream(most);
    let limits = multer::Constraints::new().size_limit(most);
    let mut parts = multer::Multipart::with_constraints(body, boundary, limits);
    let idle = shared.limits.idle;
    while let Some(mut part) =
        timeout(idle, parts.next_field()).await.map_err(|_| slow())?.map_err(broken)?
    {
        if part.name() != Some(wire::FILE_PART) {
            continue;
        }
        found.store(true, Ordering::Relaxed);
        let mut upload = begin(shared).await?;
        while let Some(piece) =
            timeout(idle, part.chunk()).await.map_err(|_| slow())?.map_err(broken)?
        {
            write(shared, &mut upload, &piece, &mut part).await?;
        }
        return if is_hash(&upload.sha256(), hash) { Ok(upload) } else { Err(damaged()) };
    }
    Err(Failed::new(ErrorCode::FileNotValid, "no part is named file_doc"))
}

/// Gives a body piece by piece, because the reader of parts keeps in memory whatever is ready, and
/// all that stands before a part. Where no packet begins the rest is heard out, `most` bytes of it,
/// and not given.
fn piecewise(
    body: impl Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
    found: Arc<AtomicBool>,
    most: u64,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let (mut body, mut passed, mut given) = (Box::pin(body), 0_u64, false);
    stream::poll_fn(move |context| {
        if std::mem::take(&mut given) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            let piece = ready!(body.as_mut().poll_next(context));
            let is_around = passed <= MAX_AROUND || found.load(Ordering::Relaxed);
            match piece {
                Some(Ok(piece)) if is_around => {
                    passed += piece.len() as u64;
                    given = true;
                    return Poll::Ready(Some(Ok(piece)));
                }
                Some(Ok(piece)) if passed < most => passed += piece.len() as u64,
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                None if is_around => return Poll::Ready(None),
                _ => {
                    let why = "no part named file_doc begins";
                    return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::InvalidData, why))));
                }
            }
        }
    })
}

/// What the reader of parts says: a body that broke off may come again, one that is not as agreed
/// will not be better.
fn broken(error: multer::Error) -> Failed {
    use multer::Error::{
        IncompleteFieldData, IncompleteHeaders, IncompleteStream, StreamReadFailed,
    };
    let is_ours = |cause: &io::Error| cause.kind() == io::ErrorKind::InvalidData;
    let code = match &error {
        IncompleteFieldData { .. } | IncompleteHeaders | IncompleteStream => ErrorCode::System,
        StreamReadFailed(cause) if !cause.downcast_ref().is_some_and(is_ours) => ErrorCode::System,
        _ => ErrorCode::FileNotValid,
    };
    let detail = match &error {
        StreamReadFailed(cause) => cause.to_string(),
        other => other.to_string(),
    };
    Failed::new(code, detail)
}

async fn begin(shared: &Arc<Shared>) -> Answered<Upload> {
    Ok(shared.blobs.begin().await?)
}

/// Writes a piece. Where that is refused the rest is heard out all the same: a connection closed
/// upon bytes that were not read loses its answer on the way.
async fn write<E>(
    shared: &Arc<Shared>,
    upload: &mut Upload,
    bytes: &[u8],
    rest: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin),
) -> Answered<()> {
    let most = shared.limits.packet_bytes;
    let written = if upload.size() + bytes.len() as u64 > most {
        let why = "the packet is too large";
        Err(Failed::new(ErrorCode::FileNotValid, why).counted_as(Code::TooLarge))
    } else {
        upload.write(bytes).await.map_err(Failed::from)
    };
    if written.is_err() {
        drain(shared, rest, most).await;
    }
    written
}

/// A line that dawdles says nothing against the packet: it may come again.
fn slow() -> Failed {
    Failed::new(ErrorCode::System, "the body does not go on")
}

/// The next piece of a body, which must come in time.
async fn next(
    shared: &Arc<Shared>,
    body: &mut (impl Stream<Item = Result<Bytes, axum::Error>> + Unpin),
) -> Answered<Option<Bytes>> {
    match timeout(shared.limits.idle, body.next()).await {
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(None) => Ok(None),
        Ok(Some(Err(_))) | Err(_) => Err(slow()),
    }
}

/// `getEdoc`: the packet in base64 within JSON, written as it is read.
pub(in crate::server::api) async fn get(
    State(shared): App,
    headers: HeaderMap,
) -> Answered<Response> {
    let (_, pieces) = found(&shared, &headers).await?;
    // The text of an answer with empty data, cut where the data stands.
    const HEAD: &[u8] = br#"{"status":"OK","ErrorCode":"0","ErrorDesc":"success","data":""#;
    const FOOT: &[u8] = br#""}"#;
    let whole = |bytes: &'static [u8]| stream::once(async move { Ok(Bytes::from_static(bytes)) });
    let text = whole(HEAD).chain(encoded(pieces)).chain(whole(FOOT));
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(text)).into_response())
}

/// `downloadEdoc`: the bytes as they are.
pub(in crate::server::api) async fn download(
    State(shared): App,
    headers: HeaderMap,
) -> Answered<Response> {
    let (packet, pieces) = found(&shared, &headers).await?;
    let head = [
        (header::CONTENT_TYPE, "application/xml".to_owned()),
        (header::CONTENT_LENGTH, packet.size.to_string()),
    ];
    Ok((StatusCode::OK, head, Body::from_stream(pieces)).into_response())
}

async fn found(shared: &Arc<Shared>, headers: &HeaderMap) -> Answered<(Packet, Pieces)> {
    let asked = Asked::of(headers, shared).await?;
    let id = asked.packet()?;
    let packet = shared.storage.fetch(&asked.agency, id, now()).await?;
    let packet = match packet {
        Some(Fetched::Here(packet)) => packet,
        Some(Fetched::Retired(_)) => {
            let why = "the packet has grown old and is gone";
            return Err(Failed::new(ErrorCode::Processing, why).counted_as(Code::NotFound));
        }
        None => return Err(Failed::no_packet()),
    };
    let pieces = shared.blobs.read(&packet.sha256, 0, packet.size).await;
    Ok((packet, pieces?))
}

/// In base64 as one text: three bytes give four characters, so what is left over of a piece
/// goes with the next.
fn encoded(pieces: Pieces) -> impl Stream<Item = Result<Bytes, io::Error>> {
    stream::try_unfold((pieces, Vec::new(), false), |(mut pieces, mut held, ended)| async move {
        if ended {
            return Ok(None);
        }
        let piece = pieces.try_next().await?;
        let ended = piece.is_none();
        held.extend_from_slice(&piece.unwrap_or_default());
        let whole = if ended { held.len() } else { held.len() - held.len() % 3 };
        let rest = held.split_off(whole);
        Ok(Some((Bytes::from(BASE64.encode(held)), (pieces, rest, ended))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_are_named_in_json_or_alone() {
        let code = |text| AgencyCode::new(text).unwrap();
        assert_eq!(named(r#"["H30","H31","H30"]"#), Some(vec![code("H30"), code("H31")]));
        assert_eq!(named("H30"), Some(vec![code("H30")]));
        assert_eq!(named("[]"), None);
        assert_eq!(named(r#"["H 30\n"]"#), None);
    }

    #[tokio::test]
    async fn base64_does_not_depend_on_how_the_bytes_come() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        for size in [1, 2, 3, 7, 64, 999, 1_000] {
            let pieces: Vec<_> =
                bytes.chunks(size).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            let text: Vec<Bytes> =
                encoded(stream::iter(pieces).boxed()).try_collect().await.unwrap();
            assert_eq!(text.concat(), BASE64.encode(&bytes).into_bytes(), "{size}");
        }
    }

    #[test]
    fn hashes_are_known_in_both_forms() {
        let sha256 = crate::exchange::wire::sha256_hex(b"abc");
        let short = wire::file_hash(b"abc", false);
        assert!(is_hash(&sha256, &sha256) && is_hash(&sha256, &short));
        assert_ne!(sha256, short);
        assert!(!is_hash(&sha256, &wire::file_hash(b"abd", false)));
    }
}
