//! What an answer means: is it the server's, is it a refusal, and of what.

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use super::{Caller, MAX_ANSWER, Progress, skew};
use crate::exchange::connection::{Pace, body};
use crate::exchange::wire::{self, Code, Refusal};
use crate::exchange::{Answer, ExchangeError};

/// Lets a good answer of the server pass; everything else becomes an error. `size` is what
/// was sent, for saying that it was too much.
pub(super) async fn judge(
    response: Response,
    caller: &Caller,
    size: Option<u64>,
) -> Answer<Response> {
    let status = response.status();
    let ours = response.headers().get(wire::SERVER).is_some_and(|v| v == wire::SERVER_VALUE);
    if ours {
        caller.hear(response.headers());
    }
    if ours && status.is_success() {
        return Ok(response);
    }
    if !ours {
        return Err(stranger(status, size));
    }
    let after = response.headers().get(RETRY_AFTER);
    let after = after.and_then(|after| after.to_str().ok()?.parse().ok());
    let body = body(response, MAX_ANSWER, Pace::new(None), &Progress::default()).await?;
    match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) => Err(refused(refusal, caller, size, after)),
        Err(e) if status.is_server_error() => {
            Err(ExchangeError::ServerFault { status: status.as_u16(), detail: e.to_string() })
        }
        Err(e) => {
            Err(ExchangeError::Refused { code: status.as_str().to_owned(), detail: e.to_string() })
        }
    }
}

/// Reads the answer's body as JSON.
pub(super) async fn json<T: DeserializeOwned>(
    response: Response,
    progress: &Progress,
) -> Answer<T> {
    let body = body(response, MAX_ANSWER, Pace::new(None), progress).await?;
    serde_json::from_slice(&body)
        .map_err(|e| ExchangeError::NotTheServer(format!("an answer that is not as agreed: {e}")))
}

/// An answer that does not carry the server's mark. Most come from something that stands
/// before the server (a balancer that finds nothing behind it) or in its place.
fn stranger(status: StatusCode, size: Option<u64>) -> ExchangeError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ExchangeError::TooLarge { size: size.unwrap_or(0), limit: 0 }
        }
        StatusCode::TOO_MANY_REQUESTS => ExchangeError::Busy,
        status if status.is_server_error() => ExchangeError::ServerFault {
            status: status.as_u16(),
            detail: "said by something before the server".into(),
        },
        status => ExchangeError::NotTheServer(format!("status {status} without the mark")),
    }
}

/// `after` is the seconds that the answer asks to wait.
fn refused(
    refusal: Refusal,
    caller: &Caller,
    size: Option<u64>,
    after: Option<u64>,
) -> ExchangeError {
    let Refusal { status, code, detail, time, recipients, closed, limit } = refusal;
    match code {
        Code::BadCredentials => {
            ExchangeError::BadCredentials { agency: caller.address.agency.clone() }
        }
        Code::CertificateRefused => ExchangeError::CertificateRefused(detail),
        Code::ClockSkew => {
            ExchangeError::ClockSkew { seconds: skew(time, (caller.clock)()).as_secs() }
        }
        Code::RecipientUnknown => ExchangeError::RecipientUnknown(recipients),
        Code::RecipientClosed => ExchangeError::RecipientClosed(closed),
        Code::TooLarge => {
            ExchangeError::TooLarge { size: size.unwrap_or(0), limit: limit.unwrap_or(0) }
        }
        Code::HashMismatch => ExchangeError::Damaged,
        Code::TimedOut => ExchangeError::Cut(detail),
        Code::Busy => ExchangeError::Busy,
        Code::OverQuota => ExchangeError::OverQuota { after },
        Code::NotFound => ExchangeError::Missing(detail),
        _ if status >= 500 => ExchangeError::ServerFault { status, detail },
        _ => ExchangeError::Refused { code: code.name().to_owned(), detail },
    }
}
