//! What an answer means: is it the server's, is it a refusal, and of what.

use std::error::Error as _;
use std::io;

use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

use super::{Caller, MAX_ANSWER, Progress, skew};
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
    if ours && status.is_success() {
        return Ok(response);
    }
    if !ours {
        return Err(stranger(status, size));
    }
    let body = read(response, &Progress::default()).await?;
    match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) => Err(refused(refusal, caller, size)),
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
    let body = read(response, progress).await?;
    serde_json::from_slice(&body)
        .map_err(|e| ExchangeError::NotTheServer(format!("an answer that is not as agreed: {e}")))
}

async fn read(mut response: Response, progress: &Progress) -> Answer<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| transport(&e))? {
        if (body.len() + chunk.len()) as u64 > MAX_ANSWER {
            return Err(ExchangeError::NotTheServer("an answer without end".into()));
        }
        body.extend_from_slice(&chunk);
        progress.reached(body.len() as u64);
    }
    Ok(body)
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

fn refused(refusal: Refusal, caller: &Caller, size: Option<u64>) -> ExchangeError {
    let Refusal { status, code, detail, time, recipients, limit } = refusal;
    match code {
        Code::BadCredentials => {
            ExchangeError::BadCredentials { agency: caller.address.agency.clone() }
        }
        Code::ClockSkew => {
            ExchangeError::ClockSkew { seconds: skew(time, (caller.clock)()).as_secs() }
        }
        Code::RecipientUnknown => ExchangeError::RecipientUnknown(recipients),
        Code::TooLarge => {
            ExchangeError::TooLarge { size: size.unwrap_or(0), limit: limit.unwrap_or(0) }
        }
        Code::HashMismatch => ExchangeError::Damaged,
        Code::TimedOut => ExchangeError::Cut(detail),
        Code::Busy => ExchangeError::Busy,
        Code::NotFound => ExchangeError::Missing(detail),
        _ if status >= 500 => ExchangeError::ServerFault { status, detail },
        _ => ExchangeError::Refused { code: code.name().to_owned(), detail },
    }
}

/// A call that got no answer, or not all of it.
pub(super) fn transport(error: &reqwest::Error) -> ExchangeError {
    let mut causes = error.to_string();
    let mut certificate = false;
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        certificate |= is_certificate_fault(cause) || text.contains("invalid peer certificate");
        causes = format!("{causes}: {text}");
        source = cause.source();
    }
    if certificate {
        ExchangeError::Untrusted(causes)
    } else if error.is_builder() {
        ExchangeError::BadAddress(causes)
    } else if error.is_connect() {
        ExchangeError::Unreachable(causes)
    } else {
        ExchangeError::Cut(causes)
    }
}

fn is_certificate_fault(cause: &(dyn std::error::Error + 'static)) -> bool {
    // rustls hands its errors over as InvalidData inside an io::Error.
    cause.downcast_ref::<io::Error>().is_some_and(|e| {
        e.kind() == io::ErrorKind::InvalidData && e.to_string().contains("certificate")
    })
}
