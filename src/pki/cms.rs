//! Cryptographic Message Syntax (RFC 5652): the container of a signature.
//!
//! [`prepare`] makes one in the steps that a token imposes: attributes first, then the
//! token signs their digest, then the whole is put together and, if wanted, time-stamped.
//! [`SignedData`] reads what anybody made. Attributes and certificates keep the bytes they
//! came with, since those were signed.

use crate::domain::problem::{Blame, Kind, Problem};

use super::asn1::Malformed;

mod make;
mod read;

pub use make::{Prepared, SignedDataDer, SignerParams, estimate_size, prepare};
pub use read::{CertificateHash, SignedData, SignerId, SignerInfo};

/// Why a signature's container does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CmsFault {
    #[error("malformed: {0}")]
    Malformed(&'static str),
    #[error("not a SignedData")]
    NotSignedData,
    #[error("no signer")]
    NoSigner,
    #[error("{0} signers, where one is supported")]
    SeveralSigners(usize),
    #[error("the algorithm {0} is not supported")]
    UnsupportedAlgorithm(String),
    #[error("the signer's certificate is not included")]
    CertificateMissing,
    #[error("the attribute {0} is missing")]
    AttributeMissing(&'static str),
    #[error("the content was changed after it was signed")]
    DigestMismatch,
    #[error("the signature does not fit the certificate's key")]
    SignatureWrong,
    #[error("the signature names another certificate than the one included")]
    CertificateMismatch,
    #[error("the signature is for another type of content")]
    ContentTypeMismatch,
}

impl CmsFault {
    /// A stable code for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::NotSignedData | Self::NoSigner => "signature-malformed",
            Self::SeveralSigners(_) => "several-signers",
            Self::UnsupportedAlgorithm(_) => "algorithm-unsupported",
            Self::CertificateMissing => "certificate-missing",
            Self::AttributeMissing(_) => "attribute-missing",
            Self::DigestMismatch => "digest-mismatch",
            Self::SignatureWrong => "signature-wrong",
            Self::CertificateMismatch => "certificate-mismatch",
            Self::ContentTypeMismatch => "content-type-mismatch",
        }
    }
}

impl From<Malformed> for CmsFault {
    fn from(fault: Malformed) -> Self {
        Self::Malformed(fault.0)
    }
}

impl From<CmsFault> for Problem {
    fn from(fault: CmsFault) -> Self {
        use Blame::Sender;
        use Kind::{No, Unreadable};
        let problem = match &fault {
            CmsFault::Malformed(_) | CmsFault::NotSignedData | CmsFault::NoSigner => {
                Self::new("pki-signature-malformed", Unreadable, Sender)
            }
            CmsFault::SeveralSigners(count) => {
                Self::new("pki-several-signers", Unreadable, Sender).with("count", count)
            }
            CmsFault::UnsupportedAlgorithm(algorithm) => {
                Self::new("pki-algorithm-unsupported", Unreadable, Sender)
                    .with("algorithm", algorithm)
            }
            CmsFault::CertificateMissing => Self::new("pki-certificate-missing", No, Sender),
            CmsFault::AttributeMissing(name) => {
                Self::new("pki-attribute-missing", No, Sender).with("attribute", name)
            }
            CmsFault::DigestMismatch => Self::new("pki-digest-mismatch", No, Sender),
            CmsFault::SignatureWrong => Self::new("pki-signature-wrong", No, Sender),
            CmsFault::CertificateMismatch => Self::new("pki-certificate-mismatch", No, Sender),
            CmsFault::ContentTypeMismatch => Self::new("pki-content-type-mismatch", No, Sender),
        };
        problem.because(fault)
    }
}
