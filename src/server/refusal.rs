//! What the server says when it refuses: `application/problem+json` with a code.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::ServerError;
use crate::domain::agency::AgencyCode;
use crate::exchange::wire::{ClosedRecipient, Code, Refusal};

/// A refusal on its way to the caller.
#[derive(Debug)]
pub(super) struct Refused(Box<Refusal>, Option<Duration>);

/// Why a call was refused, for those who count; lies among the answer's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reason(pub &'static str);

impl Refused {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let status = match code {
            Code::BadCredentials | Code::ClockSkew => StatusCode::UNAUTHORIZED,
            Code::CertificateRefused => StatusCode::FORBIDDEN,
            Code::BadRequest | Code::Unknown => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Code::KeyReused => StatusCode::CONFLICT,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::BadRange => StatusCode::RANGE_NOT_SATISFIABLE,
            Code::RecipientUnknown | Code::RecipientClosed | Code::HashMismatch => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Code::OverQuota => StatusCode::TOO_MANY_REQUESTS,
            Code::Busy | Code::TooManyUploads => StatusCode::SERVICE_UNAVAILABLE,
            Code::StorageFailed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(
            Box::new(Refusal {
                status: status.as_u16(),
                code,
                detail: detail.into(),
                time: Timestamp::now(),
                recipients: Vec::new(),
                closed: Vec::new(),
                limit: None,
            }),
            None,
        )
    }

    /// Too much for now; worth another try after a while.
    pub fn busy(detail: &str, after: Duration) -> Self {
        let mut refused = Self::new(Code::Busy, detail).with_status(StatusCode::TOO_MANY_REQUESTS);
        refused.1 = Some(after);
        refused
    }

    /// Nothing more is taken from the office until `after`; other calls are.
    pub fn over_quota(after: Duration) -> Self {
        let mut refused = Self::new(Code::OverQuota, "the office has sent what it may on a day");
        refused.1 = Some(after);
        refused
    }

    /// Another upload may begin when one of those under way has ended.
    pub fn too_many_uploads(after: Duration) -> Self {
        let mut refused = Self::new(Code::TooManyUploads, "end those that are under way first");
        refused.1 = Some(after);
        refused
    }

    pub fn recipients(unknown: Vec<AgencyCode>) -> Self {
        let mut refused = Self::new(Code::RecipientUnknown, "nothing was stored");
        refused.0.recipients = unknown;
        refused
    }

    pub fn closed(closed: Vec<ClosedRecipient>) -> Self {
        let mut refused = Self::new(Code::RecipientClosed, "nothing was stored");
        refused.0.closed = closed;
        refused
    }

    pub fn too_large(limit: u64) -> Self {
        let mut refused = Self::new(Code::TooLarge, format!("at most {limit} bytes"));
        refused.0.limit = Some(limit);
        refused
    }

    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status.as_u16();
        self
    }

    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The recipients that are at fault.
    pub fn at_fault(&self) -> Vec<&str> {
        let closed = self.0.closed.iter().map(|closed| &closed.code);
        self.0.recipients.iter().chain(closed).map(AgencyCode::as_str).collect()
    }
}

impl From<ServerError> for Refused {
    fn from(error: ServerError) -> Self {
        // The cause is the operator's business and stays in the log.
        tracing::error!(%error, "a call failed");
        let refused = Self::new(Code::StorageFailed, "the server's storage failed");
        match error {
            ServerError::DiskFull(_) => refused.with_status(StatusCode::INSUFFICIENT_STORAGE),
            ServerError::Unreachable(_) => refused.with_status(StatusCode::SERVICE_UNAVAILABLE),
            _ => refused,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self.0)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(after) = self.1 {
            // Rounded up: who comes too early is refused again.
            let seconds = HeaderValue::from(after.as_secs() + 1);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response.extensions_mut().insert(Reason(self.0.code.name()));
        response
    }
}
