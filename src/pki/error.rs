//! What can go wrong with certificates and their services, and what people are told.

use crate::domain::problem::{Blame, Kind, Problem};

use super::asn1::Malformed;
use super::cms::CmsFault;
use super::path::PathReason;
use crate::i18n;

/// Why a certificate, a signature's container or a service could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PkiError {
    #[error("not a certificate: {0}")]
    NotACertificate(String),
    #[error("the trust folder {path} cannot be read: {cause}")]
    TrustUnreadable { path: String, cause: String },
    #[error("the file {file} does not hold the pinned certificate {expected}")]
    PinMismatch { file: String, expected: String },
    #[error("the key {0} cannot sign with this scheme")]
    UnsuitableKey(String),
    #[error("the key {key} is below RSA {rsa_bits} and ECDSA {ecdsa_bits}")]
    KeyTooShort { key: String, rsa_bits: u32, ecdsa_bits: u32 },
    #[error("the signature does not fit the certificate's key")]
    WrongSignature,
    #[error(transparent)]
    Cms(#[from] CmsFault),
    #[error("{url} cannot be reached: {cause}")]
    Unreachable { url: String, cause: String },
    #[error("{url} did not answer in time")]
    TimedOut { url: String },
    #[error("{url} answered with status {status}")]
    BadStatus { url: String, status: u16 },
    #[error("{url} answered with more than {limit} bytes")]
    ReplyTooLarge { url: String, limit: usize },
    #[error("the address {0} is neither http nor https")]
    BadAddress(String),
    #[error("the time-stamp service refused: {0}")]
    TimeStampRefused(String),
    #[error("the time stamp is not for what was sent: {0}")]
    TimeStampWrong(&'static str),
    #[error("the time stamp would not be accepted: {}", codes(.0))]
    TimeStampUntrusted(Vec<PathReason>),
    #[error("the time stamp takes {size} bytes, more than {limit}")]
    TimeStampTooLarge { size: usize, limit: usize },
    #[error("the time stamp is malformed: {0}")]
    TimeStampMalformed(&'static str),
    #[error("demonstration certificates cannot be made: {0}")]
    Demo(String),
}

impl From<Malformed> for PkiError {
    fn from(fault: Malformed) -> Self {
        Self::Cms(fault.into())
    }
}

impl From<PkiError> for Problem {
    fn from(error: PkiError) -> Self {
        use Blame::{Device, Environment, Input, Sender, Server};
        use Kind::{No, Refused, Unavailable, Unreadable, Usage};
        let problem = match &error {
            PkiError::NotACertificate(_) => Self::new("pki-not-a-certificate", Unreadable, Input),
            PkiError::TrustUnreadable { path, .. } => {
                Self::new("pki-trust-unreadable", Unreadable, Environment).with("path", path)
            }
            PkiError::PinMismatch { file, .. } => {
                Self::new("pki-pin-mismatch", Refused, Environment).with("file", file)
            }
            PkiError::UnsuitableKey(key) => {
                Self::new("pki-unsuitable-key", Refused, Device).with("key", key)
            }
            PkiError::KeyTooShort { key, rsa_bits, ecdsa_bits } => {
                Self::new("pki-key-too-short", Refused, Device)
                    .with("key", key)
                    .with("rsa", rsa_bits)
                    .with("ecdsa", ecdsa_bits)
            }
            PkiError::WrongSignature => Self::new("pki-wrong-signature", No, Device),
            PkiError::Cms(fault) => return Self::from(fault.clone()),
            PkiError::Unreachable { url, .. } => {
                Self::new("pki-unreachable", Unavailable, Server).with("url", url)
            }
            PkiError::TimedOut { url } => {
                Self::new("pki-timed-out", Unavailable, Server).with("url", url)
            }
            PkiError::BadStatus { url, status } => Self::new("pki-bad-status", Unavailable, Server)
                .with("url", url)
                .with("status", status),
            PkiError::ReplyTooLarge { url, limit } => {
                Self::new("pki-reply-too-large", Refused, Server)
                    .with("url", url)
                    .with("limit", limit / 1_048_576)
            }
            PkiError::BadAddress(url) => {
                Self::new("pki-bad-address", Usage, Input).with("url", url)
            }
            PkiError::TimeStampRefused(_) => {
                Self::new("pki-time-stamp-refused", Unavailable, Server)
            }
            PkiError::TimeStampWrong(_) => Self::new("pki-time-stamp-wrong", No, Server),
            PkiError::TimeStampUntrusted(reasons) => {
                let why: Vec<String> =
                    reasons.iter().map(|reason| i18n::tr(&reason.message())).collect();
                Self::new("pki-time-stamp-untrusted", No, Server).with("why", why.join(" "))
            }
            PkiError::TimeStampTooLarge { limit, .. } => {
                Self::new("pki-time-stamp-too-large", Refused, Server).with("limit", limit / 1024)
            }
            PkiError::TimeStampMalformed(_) => {
                Self::new("pki-time-stamp-malformed", Unreadable, Sender)
            }
            PkiError::Demo(_) => Self::new("pki-demo", Unavailable, Environment),
        };
        problem.because(error)
    }
}

fn codes(reasons: &[PathReason]) -> String {
    reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>().join(", ")
}
