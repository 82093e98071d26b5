//! Who calls: checks what every call but the health calls proves itself by. That is a
//! signature under the office's secret, or the certificate that the connection was made with,
//! or both; who uses both must be the same by both.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use jiff::civil::Date;

use super::refusal::Refused;
use super::storage::now;
use super::tls::Shown;
use super::{ServerError, Shared};
use crate::domain::agency::{self, Agency, AgencyCode};
use crate::domain::calendar;
use crate::exchange::wire::{self, Claim, ClosedRecipient, Code};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Bytes up to which no quota counts what is not new, which is the sender's own word. A status is
/// of a few kB; an update or recall carries no files, and names a thousand recipients in less.
const FREE: u64 = 512 * 1024;

/// An agency that has proved itself.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub agency: AgencyCode,
    /// The hash of the body, as the call says it; `None` if the call has no body.
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
        let bound = parts.extensions.get::<Bound>().map(|Bound(office)| office.clone());
        let Some(agency) = wire::unescape(claim.agency).or_else(|| bound.clone()) else {
            return Err(Refused::new(Code::BadCredentials, "no agency is named"));
        };
        let signature = header(parts, wire::SIGNATURE);
        // Beside a certificate no signature is needed, but one that is there must hold.
        if bound.is_none() || !signature.is_empty() {
            let proves = |secret: &[u8]| claim.verify(secret, signature).then_some(());
            if shared.prove(&agency, proves).await?.is_none() {
                return Err(Refused::new(
                    Code::BadCredentials,
                    "agency and signature do not match",
                ));
            }
        }
        if bound.is_none() || !claim.time.is_empty() {
            timely(claim.time)?;
        }
        if !sha256.is_empty() && !wire::is_sha256_hex(sha256) {
            return Err(Refused::new(Code::BadRequest, "the hash is not SHA-256 in hex"));
        }
        shared.pace(&agency)?;
        let sha256 = Some(sha256).filter(|text| !text.is_empty()).map(str::to_owned);
        Ok(Self { agency, sha256 })
    }
}

fn timely(time: &str) -> Result<(), Refused> {
    let time: Timestamp =
        time.parse().map_err(|_| Refused::new(Code::BadRequest, "the time is not RFC 3339"))?;
    if time.duration_since(Timestamp::now()).abs() > wire::CLOCK_WINDOW {
        return Err(Refused::new(Code::ClockSkew, "the call's time is too far from now"));
    }
    Ok(())
}

/// The office that the connection's certificate speaks for; lies among the extensions of a call
/// and of its answer.
#[derive(Debug, Clone)]
pub(super) struct Bound(pub AgencyCode);

/// Lets pass calls without a certificate, and those whose certificate speaks for an office
/// that the call does not contradict.
pub(super) async fn certified(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(shown) = request.extensions().get::<Shown>().cloned() {
        let named = named(&request);
        match shared.bound(&shown, &named).await {
            Ok(office) => {
                request.extensions_mut().insert(Bound(office.clone()));
                let mut response = next.run(request).await;
                response.extensions_mut().insert(Bound(office));
                return response;
            }
            Err(refused) => return refused.into_response(),
        }
    }
    next.run(request).await
}

/// The offices that a call names, proved or not, in whichever profile; one, if it is honest.
pub(super) fn named(request: &Request) -> Vec<AgencyCode> {
    let said = |name| {
        let values = request.headers().get_all(name).into_iter();
        values.filter_map(|value: &HeaderValue| value.to_str().ok())
    };
    let here = said(wire::AGENCY).filter_map(wire::unescape);
    here.chain(said("XroadVnpt-systemid").filter_map(AgencyCode::new)).collect()
}

impl Shared {
    /// The office that a certificate speaks for; the call names it and no other, or nobody.
    async fn bound(&self, shown: &Shown, named: &[AgencyCode]) -> Result<AgencyCode, Refused> {
        let refused = |why: &str| Err(Refused::new(Code::CertificateRefused, why));
        let Some(known) = self.storage.certificate(&shown.fingerprint).await? else {
            return refused("the certificate is bound to no office that may call");
        };
        if let Some(fault) = known.fault(now()) {
            return refused(fault);
        }
        if named.iter().any(|named| *named != known.office) {
            return refused("the certificate is another office's than the one that is named");
        }
        Ok(known.office)
    }

    /// Whether an office that has proved itself may call just now.
    pub(super) fn pace(&self, agency: &AgencyCode) -> Result<(), Refused> {
        let taken = self.throttle.take(agency, Instant::now());
        taken.map_err(|after| Refused::busy("too many calls", after))
    }

    /// Whether all of `to` are offices that can be sent to. What is new goes to nobody who is
    /// no more; what becomes of a document that was sent before, a recall above all (Quyết định
    /// 28/2018/QĐ-TTg Điều 8 khoản 2), is still told to his mailbox.
    pub(super) async fn reach(&self, new: bool, to: &[AgencyCode]) -> Result<(), Refused> {
        if new {
            let today = calendar::local(now()).date();
            let ended = self.storage.ended(to, today).await?;
            if !ended.is_empty() {
                return Err(Refused::closed(self.succeeded(ended, today).await?));
            }
        }
        let unknown = self.storage.unknown(to, now()).await?;
        if unknown.is_empty() { Ok(()) } else { Err(Refused::recipients(unknown)) }
    }

    /// Agencies that are no more, with those that go on with their work today.
    async fn succeeded(
        &self,
        ended: Vec<Agency>,
        today: Date,
    ) -> Result<Vec<ClosedRecipient>, Refused> {
        let all = self.storage.agencies(0).await?.agencies;
        let all: HashMap<AgencyCode, Agency> =
            all.into_iter().map(|agency| (agency.code.clone(), agency)).collect();
        let find = |code: &AgencyCode| Ok::<_, Infallible>(all.get(code).cloned());
        let closed = ended.into_iter().filter_map(|agency| {
            let ending = agency.ending?;
            let Ok(successors) = agency::successors(&ending, today, find);
            Some(ClosedRecipient { code: agency.code, since: ending.on, successors })
        });
        Ok(closed.collect())
    }

    /// Whether an office may send a packet of `bytes` today, before its bytes are taken; when
    /// they are here it is asked again, see [`Shared::accept`]. What is more than a whole day's
    /// worth could never be sent, and is refused as too large.
    pub(super) async fn admit(
        &self,
        new: bool,
        sender: &AgencyCode,
        bytes: u64,
    ) -> Result<(), Refused> {
        if !Self::counts(new, bytes) {
            return Ok(());
        }
        let today = calendar::local(now()).date();
        let (sent, own) = self.storage.allowance(sender, today).await?;
        let quota = own.or(self.limits.quota);
        match quota.bytes {
            Some(most) if bytes > most => Err(Refused::too_large(most)),
            _ if quota.has_room(sent, bytes) => Ok(()),
            _ => Err(Self::no_room()),
        }
    }

    /// Whether the day's quota counts a packet. What is not `new` and small is always taken: an
    /// office that has sent much must still acknowledge and recall.
    pub(super) const fn counts(new: bool, bytes: u64) -> bool {
        new || bytes > FREE
    }

    /// Nothing more until midnight in Vietnam.
    pub(super) fn no_room() -> Refused {
        let here = calendar::local(now());
        let midnight = here.tomorrow().and_then(|day| day.start_of_day());
        let left = midnight.map(|midnight| midnight.timestamp().duration_since(now()));
        let left = left.ok().and_then(|left| left.try_into().ok());
        Refused::over_quota(left.unwrap_or(DAY))
    }

    /// What `check` makes of the one of the agency's secrets that it knows. An unknown agency
    /// is answered like a wrong secret, after the same work.
    pub async fn prove<T>(
        &self,
        agency: &AgencyCode,
        check: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, ServerError> {
        let keys = self.storage.keys(agency, now()).await?;
        if keys.is_empty() {
            let _ = check(b"");
        }
        for key in keys {
            let secret = self.key.open(agency, &key.sealed)?;
            if let Some(proved) = check(secret.reveal().as_bytes()) {
                return Ok(Some(proved));
            }
        }
        Ok(None)
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
