//! The words of ETSI EN 319 102-1 for the outcome of a check (clause 5.1.3, tables 5 and 6).

use super::reason::Reason;
use crate::domain::verdict::Verdict;

/// The status indication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Indication {
    TotalPassed,
    TotalFailed,
    Indeterminate,
}

impl Indication {
    pub const fn name(self) -> &'static str {
        match self {
            Self::TotalPassed => "TOTAL-PASSED",
            Self::TotalFailed => "TOTAL-FAILED",
            Self::Indeterminate => "INDETERMINATE",
        }
    }
}

/// The sub-indication, as far as this program reaches them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubIndication {
    FormatFailure,
    HashFailure,
    SigCryptoFailure,
    Revoked,
    Expired,
    NotYetValid,
    SigConstraintsFailure,
    ChainConstraintsFailure,
    CertificateChainGeneralFailure,
    CryptoConstraintsFailure,
    TimestampOrderFailure,
    NoSigningCertificateFound,
    NoCertificateChainFound,
    RevokedNoPoe,
    RevokedCaNoPoe,
    OutOfBoundsNoPoe,
    CryptoConstraintsFailureNoPoe,
    TryLater,
}

impl SubIndication {
    pub const fn name(self) -> &'static str {
        match self {
            Self::FormatFailure => "FORMAT_FAILURE",
            Self::HashFailure => "HASH_FAILURE",
            Self::SigCryptoFailure => "SIG_CRYPTO_FAILURE",
            Self::Revoked => "REVOKED",
            Self::Expired => "EXPIRED",
            Self::NotYetValid => "NOT_YET_VALID",
            Self::SigConstraintsFailure => "SIG_CONSTRAINTS_FAILURE",
            Self::ChainConstraintsFailure => "CHAIN_CONSTRAINTS_FAILURE",
            Self::CertificateChainGeneralFailure => "CERTIFICATE_CHAIN_GENERAL_FAILURE",
            Self::CryptoConstraintsFailure => "CRYPTO_CONSTRAINTS_FAILURE",
            Self::TimestampOrderFailure => "TIMESTAMP_ORDER_FAILURE",
            Self::NoSigningCertificateFound => "NO_SIGNING_CERTIFICATE_FOUND",
            Self::NoCertificateChainFound => "NO_CERTIFICATE_CHAIN_FOUND",
            Self::RevokedNoPoe => "REVOKED_NO_POE",
            Self::RevokedCaNoPoe => "REVOKED_CA_NO_POE",
            Self::OutOfBoundsNoPoe => "OUT_OF_BOUNDS_NO_POE",
            Self::CryptoConstraintsFailureNoPoe => "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
            Self::TryLater => "TRY_LATER",
        }
    }

    /// The status indication under which the standard lists it.
    pub const fn indication(self) -> Indication {
        match self {
            Self::FormatFailure
            | Self::HashFailure
            | Self::SigCryptoFailure
            | Self::Revoked
            | Self::Expired
            | Self::NotYetValid => Indication::TotalFailed,
            _ => Indication::Indeterminate,
        }
    }
}

/// The standard's outcome for these reasons. Of several, one that fails the signature comes
/// first, then one that decides the office's verdict, then the first of them.
pub(super) fn conclude(reasons: &[Reason], proven: bool) -> (Indication, Option<SubIndication>) {
    let counted = |reason: &Reason| {
        let sub = reason.sub_indication(proven)?;
        let rank = (
            sub.indication() != Indication::TotalFailed,
            reason.effect() != Verdict::Invalid,
            *reason,
        );
        Some((rank, sub))
    };
    let worst = reasons.iter().filter_map(counted).min_by_key(|(rank, _)| *rank);
    match worst {
        Some((_, sub)) => (sub.indication(), Some(sub)),
        None => (Indication::TotalPassed, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_reason_speaks() {
        let said = |reasons: &[Reason], proven| {
            let (indication, sub) = conclude(reasons, proven);
            (indication.name(), sub.map(SubIndication::name))
        };
        assert_eq!(said(&[], false), ("TOTAL-PASSED", None));
        assert_eq!(said(&[Reason::TimestampUntrusted], false), ("TOTAL-PASSED", None));
        let open = [Reason::RootUntrusted, Reason::RevocationUnknown];
        assert_eq!(said(&open, true), ("INDETERMINATE", Some("NO_CERTIFICATE_CHAIN_FOUND")));
        let forged = [Reason::IntegrityBroken, Reason::RevocationUnknown];
        assert_eq!(said(&forged, true), ("TOTAL-FAILED", Some("HASH_FAILURE")));
        let above = [Reason::AuthorityRevoked, Reason::RevocationUnknown];
        assert_eq!(said(&above, true), ("INDETERMINATE", Some("REVOKED_CA_NO_POE")));
        let used = [Reason::CertificateExpired, Reason::KeyUsageWrong];
        assert_eq!(said(&used, true), ("TOTAL-FAILED", Some("EXPIRED")));
        let weak = [Reason::WeakAlgorithm];
        assert_eq!(said(&weak, true).1, Some("CRYPTO_CONSTRAINTS_FAILURE"));
        assert_eq!(said(&weak, false).1, Some("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"));
    }
}
