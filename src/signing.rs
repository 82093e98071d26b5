//! PAdES signatures: made ([`make`]) and checked ([`check`]).
//!
//! The maker appends, the checker distrusts. Both stand on `pdf::structure`, which knows
//! every byte's place, and on `pki`, which knows certificates and time; this room brings
//! the two together and says in the words of the regulation what it found
//! ([`Report`], [`Reason`]).

pub mod check;
mod error;
mod indication;
pub mod make;
mod reason;
pub mod report;

use aws_lc_rs::digest as lc;

use crate::pki::DigestAlgorithm;

pub use check::{Change, CheckOptions, check, check_source};
pub use error::SigningError;
pub use indication::{Indication, SubIndication};
pub use make::{
    FailedService, Level, Look, PageStamps, Services, Signed, SigningJob, extend, field_name,
    renew_before, sign, sign_to,
};
pub use reason::Reason;
pub use report::{Covers, Modifications, Proof, Report, RevocationSource, SignatureReport};

/// A hash over a document, fed piece by piece.
fn hasher(algorithm: DigestAlgorithm) -> lc::Context {
    lc::Context::new(match algorithm {
        DigestAlgorithm::Sha1 => &lc::SHA1_FOR_LEGACY_USE_ONLY,
        DigestAlgorithm::Sha256 => &lc::SHA256,
        DigestAlgorithm::Sha384 => &lc::SHA384,
        DigestAlgorithm::Sha512 => &lc::SHA512,
    })
}
