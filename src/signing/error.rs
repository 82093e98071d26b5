//! Why a document was not signed, or could not be checked at all.

use jiff::Timestamp;

use crate::domain::problem::{Blame, Kind, Problem};
use crate::pdf::PdfError;
use crate::pki::PkiError;
use crate::pki::cms::CmsFault;
use crate::token::TokenError;

use super::reason::Reason;

/// Nothing was changed anywhere, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    #[error(transparent)]
    Pdf(#[from] PdfError),
    #[error(transparent)]
    Pki(#[from] PkiError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("no field of number and date was left open for the seal")]
    NothingLeftOpen,
    #[error("the certificate expired at {since}")]
    CertificateExpired { since: Timestamp },
    #[error("the certificate is valid only from {until}")]
    CertificateNotYetValid { until: Timestamp },
    #[error("the certificate is not for signing documents")]
    CertificateUnfit,
    #[error("a certificate above the signer's is not valid now")]
    AuthorityExpired,
    #[error("the token answered with something that is not its signature")]
    TokenLied,
    #[error("no time-stamp service is set")]
    NoTimestampService,
    #[error("no usable time stamp was had: {0}")]
    NoTimestamp(String),
    #[error("the certificate is revoked")]
    CertificateRevoked,
    #[error("no trusted roots are set")]
    NoTrust,
    #[error("the signatures cannot be proved for the long term: {0:?}")]
    NotProvable(Vec<Reason>),
    #[error("the file carries no signature")]
    NotSigned,
    #[error("the field {0} is signed already or is of another kind")]
    FieldTaken(String),
    #[error("the signature in the field {by} forbids a further one here")]
    Locked { by: String },
    #[error("the certification in the field {by} permits no new field that shows")]
    CertifiedAgainst { by: String },
    #[error("the signature would stand outside page {page}")]
    OutsidePage { page: u32 },
    #[error("number and date would break an earlier signature")]
    WouldBreakEarlier,
    #[error("the signature takes {needed} bytes, more than was reserved")]
    DoesNotFit { needed: usize },
    #[error("the signed file cannot be written: {0}")]
    Unwritable(String),
    #[error("{count} signatures, more than the limit of {limit}")]
    TooManySignatures { count: usize, limit: usize },
}

impl From<CmsFault> for SigningError {
    fn from(fault: CmsFault) -> Self {
        Self::Pki(fault.into())
    }
}

impl From<SigningError> for Problem {
    fn from(error: SigningError) -> Self {
        use Blame::{Device, Environment, Input, Sender, Server};
        use Kind::{No, Refused, Unavailable, Unreadable, Usage};
        let problem = match &error {
            SigningError::Pdf(error) => return error.clone().into(),
            SigningError::Pki(error) => return error.clone().into(),
            SigningError::Token(error) => return error.clone().into(),
            SigningError::CertificateExpired { since } => {
                Self::new("signing-certificate-expired", Refused, Device).with("date", day(*since))
            }
            SigningError::CertificateNotYetValid { until } => {
                Self::new("signing-certificate-not-yet-valid", Refused, Device)
                    .with("date", day(*until))
            }
            SigningError::CertificateUnfit => {
                Self::new("signing-certificate-unfit", Refused, Device)
            }
            SigningError::AuthorityExpired => {
                Self::new("signing-authority-expired", Refused, Environment)
            }
            SigningError::TokenLied => Self::new("signing-token-lied", Unavailable, Device),
            SigningError::NoTimestampService => {
                Self::new("signing-no-timestamp-service", Usage, Input)
            }
            SigningError::NoTimestamp(_) => Self::new("signing-no-timestamp", Unavailable, Server),
            SigningError::CertificateRevoked => {
                Self::new("signing-certificate-revoked", Refused, Device)
            }
            SigningError::NoTrust => Self::new("signing-no-trust", Usage, Environment),
            SigningError::NotProvable(reasons) => {
                let why: Vec<String> = reasons.iter().map(|reason| reason.sentence()).collect();
                // The services that tell of revocation come back; the rest is for good, and so
                // is a valid file whose certificates name no service to prove them with.
                let unknown = |reason: &Reason| *reason == Reason::RevocationUnknown;
                let passing = !reasons.is_empty() && reasons.iter().all(unknown);
                let kind = if passing { Unavailable } else { No };
                Self::new("signing-not-provable", kind, Environment).with("why", why.join(" "))
            }
            SigningError::NotSigned => Self::new("signing-not-signed", No, Input),
            SigningError::FieldTaken(field) => {
                Self::new("signing-field-taken", Refused, Input).with("field", field)
            }
            SigningError::Locked { by } => {
                Self::new("signing-locked", Refused, Sender).with("field", by)
            }
            SigningError::CertifiedAgainst { by } => {
                Self::new("signing-certified-against", Refused, Sender).with("field", by)
            }
            SigningError::OutsidePage { page } => {
                Self::new("signing-outside-page", Usage, Input).with("page", page)
            }
            SigningError::NothingLeftOpen => Self::new("signing-nothing-left-open", Refused, Input),
            SigningError::WouldBreakEarlier => {
                Self::new("signing-would-break-earlier", Refused, Input)
            }
            SigningError::DoesNotFit { .. } => {
                Self::new("signing-does-not-fit", Unavailable, Environment)
            }
            SigningError::Unwritable(_) => {
                Self::new("signing-unwritable", Unavailable, Environment)
            }
            SigningError::TooManySignatures { count, limit } => {
                Self::new("signing-too-many", Unreadable, Sender)
                    .with("count", count)
                    .with("limit", limit)
            }
        };
        problem.because(error)
    }
}

/// A day as people write it, in Việt Nam's time.
fn day(at: Timestamp) -> String {
    let vietnam = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(7));
    at.to_zoned(vietnam).strftime("%d/%m/%Y").to_string()
}
