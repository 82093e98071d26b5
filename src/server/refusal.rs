//! What the server says when it refuses: `application/problem+json` with a code.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::ServerError;
use crate::domain::agency::AgencyCode;
use crate::exchange::wire::{Code, Refusal};

/// A refusal on its way to the caller.
#[derive(Debug)]
pub(super) struct Refused(Box<Refusal>);

impl Refused {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let status = match code {
            Code::BadCredentials | Code::ClockSkew => StatusCode::UNAUTHORIZED,
            Code::BadRequest | Code::Unknown => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Code::KeyReused => StatusCode::CONFLICT,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::BadRange => StatusCode::RANGE_NOT_SATISFIABLE,
            Code::RecipientUnknown | Code::HashMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Code::StorageFailed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(Box::new(Refusal {
            status: status.as_u16(),
            code,
            detail: detail.into(),
            time: Timestamp::now(),
            recipients: Vec::new(),
            limit: None,
        }))
    }

    pub fn recipients(unknown: Vec<AgencyCode>) -> Self {
        let mut refused = Self::new(Code::RecipientUnknown, "nothing was stored");
        refused.0.recipients = unknown;
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
}

impl From<ServerError> for Refused {
    fn from(error: ServerError) -> Self {
        // The cause is the operator's business and stays in the log.
        tracing::error!(%error, "a call failed");
        let refused = Self::new(Code::StorageFailed, "the server's storage failed");
        match error {
            ServerError::DiskFull(_) => refused.with_status(StatusCode::INSUFFICIENT_STORAGE),
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
        response
    }
}
