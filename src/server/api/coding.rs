//! Packed bodies, both ways (see [`crate::exchange::coding`]), for who takes them.

use std::io;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt, stream};

use super::Answered;
use super::packets::next;
use crate::exchange::coding::{self, Packer, Unpacker, ZSTD};
use crate::exchange::wire::Code;
use crate::server::Shared;
use crate::server::auth::header as text;
use crate::server::blobs::Pieces;
use crate::server::refusal::Refused;

/// Answers in JSON that are smaller, in bytes, go as they are.
const SMALL: u64 = 1024;

/// Whether the caller takes packed answers.
pub(super) fn is_taken(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT_ENCODING).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(coding::is_taken)
}

/// Says of an answer that it is packed.
pub(super) fn mark(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(ZSTD));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
}

/// An answer in JSON, packed where that is worth its while; any other as it is.
pub(super) async fn json(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_json =
        kind.is_some_and(|kind| kind.starts_with("application/") && kind.ends_with("json"));
    if !is_json || body.size_hint().exact().is_none_or(|size| size < SMALL) {
        return Response::from_parts(parts, body);
    }
    // It lies in memory whole already.
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(e) => return Refused::new(Code::StorageFailed, e.to_string()).into_response(),
    };
    match coding::packed(&bytes) {
        None => Response::from_parts(parts, Body::from(bytes)),
        Some(packed) => {
            mark(&mut parts.headers);
            parts.headers.remove(header::CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(packed))
        }
    }
}

/// The pieces of a packet packed, where the first of them says that this is worth its while;
/// else, as the error, as they are.
pub(super) async fn packed(mut pieces: Pieces) -> io::Result<Result<Body, Body>> {
    let Some(first) = pieces.try_next().await? else { return Ok(Err(Body::empty())) };
    let mut packer = Packer::new()?;
    let packed = packer.pack(&first)?;
    if !coding::is_worth(first.len(), packed.len()) {
        let whole = stream::iter([Ok(first)]).chain(pieces);
        return Ok(Err(Body::from_stream(whole)));
    }
    let rest = stream::try_unfold((pieces, Some(packer)), |(mut pieces, packer)| async move {
        let Some(mut packer) = packer else { return Ok::<_, io::Error>(None) };
        Ok(match pieces.try_next().await? {
            Some(piece) => Some((packer.pack(&piece)?, (pieces, Some(packer)))),
            None => Some((packer.finish()?, (pieces, None))),
        })
    });
    Ok(Ok(Body::from_stream(stream::iter([Ok(packed)]).chain(rest))))
}

/// A body on its way in, unpacked.
pub(super) struct Incoming<'a> {
    body: &'a mut BodyDataStream,
    unpacker: Option<Unpacker>,
    /// Bytes that it may still bring, packed or not: packing may not go on without giving.
    left: u64,
}

impl<'a> Incoming<'a> {
    /// A body of whose packet there are `most` bytes. Refused in another coding.
    pub fn of(parts: &Parts, body: &'a mut BodyDataStream, most: u64) -> Answered<Self> {
        let coding = match parts.headers.contains_key(header::CONTENT_ENCODING) {
            true => text(parts, header::CONTENT_ENCODING.as_str()),
            false => "identity",
        };
        let unpacker = match coding {
            "identity" => None,
            ZSTD => Some(Unpacker::new().map_err(|e| broken(&e))?),
            _ => {
                let refused = Refused::new(Code::BadRequest, "a body is packed with zstd or not");
                return Err(refused.with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
            }
        };
        // A body that cannot be packed grows a little.
        let left = most.saturating_add(most / 64).saturating_add(64 * 1024);
        Ok(Self { body, unpacker, left })
    }

    /// The next piece, which must come in time. What has come is not lost when this is given up.
    pub async fn next(&mut self, shared: &Shared) -> Answered<Option<Bytes>> {
        loop {
            if let Some(unpacker) = &mut self.unpacker
                && let Some(piece) = unpacker.take().map_err(|e| broken(&e))?
            {
                return Ok(Some(piece.into()));
            }
            let Some(bytes) = next(shared, self.body).await? else { return Ok(None) };
            let left = self.left.checked_sub(bytes.len() as u64);
            self.left = left.ok_or_else(|| Refused::too_large(shared.limits.packet_bytes))?;
            match &mut self.unpacker {
                None => return Ok(Some(bytes)),
                Some(unpacker) => unpacker.give(&bytes),
            }
        }
    }
}

fn broken(error: &io::Error) -> Refused {
    Refused::new(Code::BadRequest, format!("the body cannot be unpacked: {error}"))
}
