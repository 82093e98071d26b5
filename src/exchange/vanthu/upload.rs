//! Packets up the line in pieces, over as many connections as it takes (tus 1.0.0).
//!
//! Beginning an upload again finds it and tells how far it is, so every round is two calls:
//! begin, and go on from there. A round that brought the upload further is worth another one;
//! so their number is bounded by the size, and a line that brings nothing is left after a few.

use std::sync::Arc;

use reqwest::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Method, Response, StatusCode};

use super::transfer::{kind_name, packed_pieces};
use super::{Call, VanthuLine, answer};
use crate::exchange::coding::ZSTD;
use crate::exchange::connection::{Pace, Progress, pieces, transport};
use crate::exchange::wire::{self, Accepted};
use crate::exchange::{Answer, ExchangeError, Parcel, Watch};

/// What beginning gave.
enum Begun {
    /// The server has the parcel already.
    Had(Accepted),
    /// Where to go on, and from which byte.
    At(String, u64),
}

impl VanthuLine {
    pub(super) fn upload_in_pieces(
        &self,
        parcel: &Parcel,
        key: &str,
        watch: &dyn Watch,
    ) -> Answer<Accepted> {
        let patience = self.connection.patience;
        let (mut far, mut barren) = (None, 0);
        loop {
            let error = match self.begin_upload(parcel, key, watch) {
                Ok(Begun::Had(accepted)) => return Ok(accepted),
                Ok(Begun::At(place, offset)) => {
                    // The first round brings nothing new by itself.
                    barren = if far.is_none_or(|far| offset > far) { 0 } else { barren + 1 };
                    far = Some(offset);
                    match self.go_on(parcel, &place, offset, watch) {
                        Ok(()) => match self.sent_before(key)? {
                            Some(accepted) => return Ok(accepted),
                            None => ExchangeError::Cut("the upload ended without a packet".into()),
                        },
                        // A connection that seemed dead has ended it meanwhile, or written more
                        // or less than the server had told. That says nothing against the
                        // parcel, and beginning again tells how far it is.
                        Err(ExchangeError::Missing(what)) => {
                            ExchangeError::Cut(format!("the upload is gone: {what}"))
                        }
                        Err(ExchangeError::Refused { code, detail })
                            if code == wire::Code::BadRange.name() =>
                        {
                            ExchangeError::Cut(format!("the upload is elsewhere: {detail}"))
                        }
                        Err(error) => error,
                    }
                }
                Err(error) => {
                    barren += 1;
                    error
                }
            };
            let again = matches!(error, ExchangeError::Cut(_) | ExchangeError::Unreachable(_));
            if !again || barren >= patience.barren {
                return Err(error);
            }
            if barren > 0 {
                std::thread::sleep(patience.pause);
            }
        }
    }

    fn begin_upload(&self, parcel: &Parcel, key: &str, watch: &dyn Watch) -> Answer<Begun> {
        let (bytes, to) = (Arc::clone(&parcel.bytes), wire::escape_all(&parcel.to));
        let (key, kind) = (key.to_owned(), kind_name(parcel));
        self.wait(watch, 0, |caller, _| async move {
            let (sha256, size) = (wire::sha256_hex(&bytes), bytes.len() as u64);
            let call = Call {
                method: Method::POST,
                target: "/v1/uploads",
                sha256: &sha256,
                to: &to,
                kind,
                key: &key,
            };
            let response = caller
                .request(&call)
                .header(wire::TUS_RESUMABLE, wire::TUS_VERSION)
                .header(wire::UPLOAD_LENGTH, size)
                .header(CONTENT_LENGTH, 0)
                .send()
                .await
                .map_err(|e| transport(&e))?;
            let response = answer::judge(response, &caller, Some(size)).await?;
            if response.status() != StatusCode::CREATED {
                let accepted: Accepted = answer::json(response, &Progress::default()).await?;
                return Ok(Begun::Had(accepted));
            }
            let place = text(&response, LOCATION.as_str()).filter(|place| is_place(place));
            let offset = text(&response, wire::UPLOAD_OFFSET).and_then(|text| text.parse().ok());
            match (place, offset.filter(|offset| *offset <= size)) {
                (Some(place), Some(offset)) => Ok(Begun::At(place.to_owned(), offset)),
                _ => Err(ExchangeError::NotTheServer("an upload without a place".into())),
            }
        })
    }

    fn go_on(&self, parcel: &Parcel, place: &str, from: u64, watch: &dyn Watch) -> Answer<()> {
        let (bytes, place) = (Arc::clone(&parcel.bytes), place.to_owned());
        let (size, rate) = (bytes.len() as u64, self.connection.patience.rate);
        self.wait(watch, size, |caller, progress| async move {
            progress.reached(from);
            let call = Call { method: Method::PATCH, target: &place, ..Call::default() };
            let start = usize::try_from(from).unwrap_or(usize::MAX);
            let request = caller
                .request(&call)
                .header(wire::TUS_RESUMABLE, wire::TUS_VERSION)
                .header(wire::UPLOAD_OFFSET, from)
                .header(CONTENT_TYPE, wire::UPLOAD_TYPE);
            let packed =
                if caller.packs() { packed_pieces(&bytes, start, rate, &progress) } else { None };
            let request = match packed {
                Some(body) => request.header(CONTENT_ENCODING, ZSTD).body(body),
                None => request.header(CONTENT_LENGTH, size - from).body(pieces(
                    bytes,
                    start,
                    Pace::new(rate),
                    progress.clone(),
                )),
            };
            let response = request.send().await.map_err(|e| transport(&e))?;
            answer::judge(response, &caller, Some(size)).await?;
            progress.reached(size);
            Ok(())
        })
    }
}

fn text<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// A place that the server gave goes into an address again: it must be one of its uploads.
fn is_place(place: &str) -> bool {
    let name = place.strip_prefix("/v1/uploads/").unwrap_or_default();
    !name.is_empty() && name.len() <= 128 && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_this_server_are_gone_to() {
        assert!(is_place("/v1/uploads/0aF"));
        for other in ["", "/v1/uploads/", "/v1/uploads/../x", "https://x.vn/v1/uploads/a", "//x/a"]
        {
            assert!(!is_place(other), "{other}");
        }
    }
}
