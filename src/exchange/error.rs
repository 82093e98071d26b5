//! What can go wrong on the line, and what follows from it.
//!
//! Two questions decide everything. *Does waiting help?* If so the queue waits and nobody
//! needs to do anything ([`ExchangeError::is_recoverable`]). *What does it concern?* One
//! parcel, one call, or the whole line ([`Scope`]): a refused parcel is parked and the next
//! one goes, while a wrong secret says nothing against any parcel and parks none.

use jiff::SignedDuration;

use super::wire::ClosedRecipient;
use crate::domain::agency::AgencyCode;
use crate::domain::problem::{Blame, Kind, Problem};

/// Why something was not sent or fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    #[error("nothing came for {seconds} seconds")]
    TimedOut { seconds: u64 },
    #[error("the connection broke: {0}")]
    Cut(String),
    #[error("what answered is not the server: {0}")]
    NotTheServer(String),
    #[error("something on the way does not let this packet pass: {0}")]
    Blocked(String),
    #[error("the server's certificate is not trusted: {0}")]
    Untrusted(String),
    #[error("the server failed with status {status}: {detail}")]
    ServerFault { status: u16, detail: String },
    #[error("the server has too much to do")]
    Busy,
    #[error("this office has sent what it may on a day")]
    OverQuota {
        /// Seconds until it may send again; `None` where the server does not say.
        after: Option<u64>,
    },
    #[error("this computer's clock differs from the server's by {seconds} seconds")]
    ClockSkew { seconds: i64 },
    #[error("the bytes do not have the promised hash")]
    Damaged,
    #[error("called off")]
    Cancelled,
    #[error("the server does not accept agency {agency} with its secret")]
    BadCredentials { agency: AgencyCode },
    #[error("the server does not accept this office's certificate: {0}")]
    CertificateRefused(String),
    #[error("this office's certificate cannot be used: {0}")]
    BadCertificate(String),
    #[error("the server's address cannot be used: {0}")]
    BadAddress(String),
    #[error("the address {0} is not encrypted")]
    NotEncrypted(String),
    #[error("the server does not know the recipients {0:?}")]
    RecipientUnknown(Vec<AgencyCode>),
    #[error("the recipients {0:?} are no more")]
    RecipientClosed(Vec<ClosedRecipient>),
    #[error("{size} bytes are more than the limit of {limit}")]
    TooLarge { size: u64, limit: u64 },
    #[error("the server has no packet {0}")]
    Missing(String),
    #[error("the server refuses ({code}): {detail}")]
    Refused { code: String, detail: String },
}

/// What a failure concerns, and so what may go on in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This parcel or packet: the others go on.
    Item,
    /// This call: the parcel or packet rests, then it is tried again.
    Call,
    /// Everything on this line.
    Line,
}

impl ExchangeError {
    /// Whether waiting may mend it, without anybody doing anything.
    pub const fn is_recoverable(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::TimedOut { .. }
            | Self::Cut(_)
            | Self::NotTheServer(_)
            | Self::Blocked(_)
            | Self::ServerFault { .. }
            | Self::Busy
            | Self::OverQuota { .. }
            | Self::ClockSkew { .. }
            | Self::Damaged
            | Self::Cancelled => true,
            Self::Untrusted(_)
            | Self::BadCredentials { .. }
            | Self::CertificateRefused(_)
            | Self::BadCertificate(_)
            | Self::BadAddress(_)
            | Self::NotEncrypted(_)
            | Self::RecipientUnknown(_)
            | Self::RecipientClosed(_)
            | Self::TooLarge { .. }
            | Self::Missing(_)
            | Self::Refused { .. } => false,
        }
    }

    /// How long the server asks to be left alone with the same, if it does.
    pub fn asks_to_wait(&self) -> Option<SignedDuration> {
        match self {
            Self::OverQuota { after: Some(seconds) } => {
                Some(SignedDuration::from_secs(i64::try_from(*seconds).unwrap_or(i64::MAX)))
            }
            _ => None,
        }
    }

    /// Whether it is about this recipient.
    pub fn names(&self, to: &AgencyCode) -> bool {
        match self {
            Self::RecipientUnknown(unknown) => unknown.contains(to),
            Self::RecipientClosed(closed) => closed.iter().any(|one| one.code == *to),
            _ => false,
        }
    }

    /// What it concerns.
    pub const fn scope(&self) -> Scope {
        match self {
            Self::RecipientUnknown(_)
            | Self::RecipientClosed(_)
            | Self::TooLarge { .. }
            | Self::Missing(_)
            | Self::Refused { .. } => Scope::Item,
            Self::TimedOut { .. }
            | Self::Cut(_)
            | Self::Blocked(_)
            | Self::ServerFault { .. }
            | Self::OverQuota { .. }
            | Self::Damaged => Scope::Call,
            Self::Unreachable(_)
            | Self::NotTheServer(_)
            | Self::Untrusted(_)
            | Self::Busy
            | Self::ClockSkew { .. }
            | Self::Cancelled
            | Self::BadCredentials { .. }
            | Self::CertificateRefused(_)
            | Self::BadCertificate(_)
            | Self::BadAddress(_)
            | Self::NotEncrypted(_) => Scope::Line,
        }
    }
}

impl From<ExchangeError> for Problem {
    fn from(error: ExchangeError) -> Self {
        use Blame::{Environment, Input, Server};
        use Kind::{Refused, Unavailable, Unreadable, Usage};
        let problem = match &error {
            ExchangeError::Unreachable(_) => Self::new("exchange-unreachable", Unavailable, Server),
            ExchangeError::TimedOut { seconds } => {
                Self::new("exchange-timed-out", Unavailable, Server).with("seconds", seconds)
            }
            ExchangeError::Cut(_) => Self::new("exchange-cut", Unavailable, Server),
            ExchangeError::NotTheServer(_) => {
                Self::new("exchange-not-the-server", Unavailable, Server)
            }
            ExchangeError::Blocked(_) => Self::new("exchange-blocked", Unavailable, Environment),
            ExchangeError::Untrusted(_) => Self::new("exchange-untrusted", Refused, Server),
            ExchangeError::ServerFault { status, .. } => {
                Self::new("exchange-server-fault", Unavailable, Server).with("status", status)
            }
            ExchangeError::Busy => Self::new("exchange-busy", Unavailable, Server),
            ExchangeError::OverQuota { after } => {
                Self::new("exchange-over-quota", Unavailable, Server)
                    .with("hours", after.unwrap_or_default().div_ceil(3_600))
            }
            ExchangeError::ClockSkew { seconds } => {
                Self::new("exchange-clock-skew", Unavailable, Environment)
                    .with("minutes", seconds.unsigned_abs().div_ceil(60))
                    .with("direction", if *seconds > 0 { "slow" } else { "fast" })
            }
            ExchangeError::Damaged => Self::new("exchange-damaged", Unreadable, Server),
            ExchangeError::Cancelled => Self::new("exchange-cancelled", Unavailable, Input),
            ExchangeError::BadCredentials { agency } => {
                Self::new("exchange-bad-credentials", Refused, Input).with("agency", agency)
            }
            ExchangeError::CertificateRefused(_) => {
                Self::new("exchange-certificate-refused", Refused, Input)
            }
            ExchangeError::BadCertificate(_) => Self::new("exchange-bad-certificate", Usage, Input),
            ExchangeError::BadAddress(_) => Self::new("exchange-bad-address", Usage, Input),
            ExchangeError::NotEncrypted(address) => {
                Self::new("exchange-not-encrypted", Refused, Input).with("address", address)
            }
            ExchangeError::RecipientUnknown(agencies) => {
                let names: Vec<&str> = agencies.iter().map(AgencyCode::as_str).collect();
                Self::new("exchange-recipient-unknown", Refused, Input)
                    .with("agencies", names.join(", "))
            }
            ExchangeError::RecipientClosed(closed) => {
                let codes: Vec<&str> = closed.iter().map(|one| one.code.as_str()).collect();
                let next: Vec<&str> = closed
                    .iter()
                    .flat_map(|one| one.successors.iter().map(AgencyCode::as_str))
                    .collect();
                Self::new("exchange-recipient-closed", Refused, Input)
                    .with("agencies", codes.join(", "))
                    .with("count", next.len())
                    .with("successors", next.join(", "))
            }
            ExchangeError::TooLarge { size, limit } => {
                Self::new("exchange-too-large", Refused, Input)
                    .with("size", size.div_ceil(1_048_576))
                    .with("limit", limit / 1_048_576)
            }
            ExchangeError::Missing(id) => {
                Self::new("exchange-missing", Unavailable, Server).with("id", id)
            }
            ExchangeError::Refused { code, .. } => {
                Self::new("exchange-refused", Refused, Server).with("code", code)
            }
        };
        problem.because(error)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;
    use crate::i18n::{Lang, lookup};

    fn all() -> Vec<ExchangeError> {
        let agency = AgencyCode::new("H30").unwrap();
        vec![
            ExchangeError::Unreachable("x".into()),
            ExchangeError::TimedOut { seconds: 60 },
            ExchangeError::Cut("x".into()),
            ExchangeError::NotTheServer("x".into()),
            ExchangeError::Blocked("x".into()),
            ExchangeError::Untrusted("x".into()),
            ExchangeError::ServerFault { status: 500, detail: "x".into() },
            ExchangeError::Busy,
            ExchangeError::OverQuota { after: Some(3_600) },
            ExchangeError::ClockSkew { seconds: -3600 },
            ExchangeError::Damaged,
            ExchangeError::Cancelled,
            ExchangeError::BadCredentials { agency: agency.clone() },
            ExchangeError::CertificateRefused("x".into()),
            ExchangeError::BadCertificate("x".into()),
            ExchangeError::BadAddress("x".into()),
            ExchangeError::NotEncrypted("http://x".into()),
            ExchangeError::RecipientUnknown(vec![agency.clone()]),
            ExchangeError::RecipientClosed(vec![ClosedRecipient {
                code: agency,
                since: Date::constant(2026, 11, 1),
                successors: Vec::new(),
            }]),
            ExchangeError::TooLarge { size: 2, limit: 1 },
            ExchangeError::Missing("x".into()),
            ExchangeError::Refused { code: "x".into(), detail: "x".into() },
        ]
    }

    #[test]
    fn every_error_is_told_in_both_languages() {
        for error in all() {
            let problem = Problem::from(error);
            for lang in Lang::ALL {
                for key in ["", ".kept", ".next"] {
                    let key = format!("{}{key}", problem.code);
                    let text = lookup(lang, &key, &problem.args);
                    let text = text.unwrap_or_else(|| panic!("{key} is missing in {lang:?}"));
                    assert!(!text.contains("{ $"), "{key} in {lang:?} lacks a fact: {text}");
                }
            }
        }
    }

    #[test]
    fn what_is_parked_is_never_what_waiting_mends() {
        for error in all() {
            if error.scope() == Scope::Item {
                assert!(!error.is_recoverable(), "{error}");
            }
            if error.scope() == Scope::Call {
                assert!(error.is_recoverable(), "{error}");
            }
        }
    }
}
