//! Who calls: checks the signature that every call but the health calls carries.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::Shared;
use super::api::blocking;
use super::refusal::Refused;
use crate::domain::agency::AgencyCode;
use crate::exchange::wire::{self, Claim, Code};

/// An agency that has proved itself.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub agency: AgencyCode,
    /// The hash of the body, as signed; `None` if the call has no body.
    pub sha256: Option<String>,
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        Self::of(parts, shared).await
    }
}

impl Caller {
    /// Checks signature, then clock: a clock is worth correcting only for who has the secret.
    pub async fn of(parts: &Parts, shared: &Arc<Shared>) -> Result<Self, Refused> {
        let sha256 = header(parts, wire::SHA256);
        let claim = Claim {
            method: parts.method.as_str(),
            target: parts.uri.path_and_query().map_or("", |target| target.as_str()),
            agency: header(parts, wire::AGENCY),
            time: header(parts, wire::TIME),
            sha256,
            to: header(parts, wire::TO),
            kind: header(parts, wire::KIND),
            key: header(parts, wire::IDEMPOTENCY_KEY),
        };
        let Some(agency) = wire::unescape(claim.agency) else {
            return Err(Refused::new(Code::BadCredentials, "no agency is named"));
        };
        let secret = {
            let agency = agency.clone();
            blocking(shared, move |shared| {
                let sealed = shared.storage.secret(&agency)?;
                sealed.map(|sealed| shared.key.open(&agency, &sealed)).transpose()
            })
            .await?
        };
        // An unknown agency is answered like a wrong secret, after the same work.
        let known = secret.is_some();
        let secret = secret.as_ref().map_or("", |secret| secret.reveal());
        if !claim.verify(secret.as_bytes(), header(parts, wire::SIGNATURE)) || !known {
            return Err(Refused::new(Code::BadCredentials, "agency and signature do not match"));
        }
        let time: Timestamp = claim
            .time
            .parse()
            .map_err(|_| Refused::new(Code::BadRequest, "the time is not RFC 3339"))?;
        if time.duration_since(Timestamp::now()).abs() > wire::CLOCK_WINDOW {
            return Err(Refused::new(Code::ClockSkew, "the call's time is too far from now"));
        }
        if !sha256.is_empty() && !wire::is_sha256_hex(sha256) {
            return Err(Refused::new(Code::BadRequest, "the hash is not SHA-256 in hex"));
        }
        let sha256 = Some(sha256).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Self { agency, sha256 })
    }
}

/// A header's text; empty if it is absent, repeated or not plain text.
pub(super) fn header<'a>(parts: &'a Parts, name: &str) -> &'a str {
    let mut values = parts.headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or(""),
        _ => "",
    }
}
