//! Why a signature got its verdict: a closed list with codes that are never renamed.
//!
//! Each reason belongs to one step of the check and to one indication of ETSI EN 319 102-1
//! (clauses 5.1.3 and 5.2.6). The office's verdict follows the standard's, and is stricter
//! where the law is: what was signed with a certificate that must not sign documents, with a
//! chain that breaks its own limits or with an algorithm that is forbidden is «không hợp lệ»
//! though the standard's word is INDETERMINATE.

use std::fmt;

use super::indication::SubIndication;
use crate::domain::verdict::{StepName, Verdict};
use crate::i18n;
use crate::pki::path::PathReason;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $effect:ident;)*) => {
        /// One reason. What it does to the verdict is [`Reason::effect`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code in `vanthuctl verify` and in stored verdicts.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The best verdict that a signature with this reason can have; `Valid` for
            /// what is only remarked.
            pub const fn effect(self) -> Verdict {
                match self { $(Self::$name => Verdict::$effect,)* }
            }
        }
    };
}

reasons! {
    // The bytes.
    /// What is signed is not what stands there now.
    IntegrityBroken = "integrity-broken", Invalid;
    /// The signature value was not made with the certificate's key.
    SignatureWrong = "signature-wrong", Invalid;
    /// `/ByteRange` leaves out more than the signature value, or does not end where a
    /// revision ends.
    ByteRangeInvalid = "byte-range-invalid", Invalid;
    /// `/Contents` is not one hex string in one place.
    ContentsMalformed = "contents-malformed", Invalid;
    /// What was signed can be read in two ways: two readers may see two documents.
    AmbiguousStructure = "ambiguous-structure", Indeterminate;
    /// The file was changed after signing in a way that signing does not permit.
    ChangedAfterSigning = "changed-after-signing", Invalid;

    // The container.
    /// The signature value is not a CMS SignedData that can be read.
    CmsMalformed = "cms-malformed", Invalid;
    /// One value, several signers: nobody could say who signed.
    SeveralSigners = "several-signers", Invalid;
    /// The signer's certificate is neither in the signature nor known.
    SignerCertificateMissing = "signer-certificate-missing", Indeterminate;
    /// The signature names another certificate as the signer's, or none.
    SigningCertificateMismatch = "signing-certificate-mismatch", Invalid;
    /// A kind of signature that this program does not know.
    Unsupported = "unsupported", Indeterminate;

    // The certificate and its path; the words of `pki::path`.
    CertificateRevoked = "certificate-revoked", Invalid;
    /// An authority above the signer was revoked; nothing proves that what it certified is older.
    AuthorityRevoked = "authority-revoked", Indeterminate;
    /// Revoked after the time that only the signer claims.
    RevokedSince = "revoked-since", Indeterminate;
    /// Expired since the time that only the signer claims.
    ExpiredSince = "expired-since", Indeterminate;
    CertificateExpired = "certificate-expired", Invalid;
    CertificateNotYetValid = "certificate-not-yet-valid", Invalid;
    KeyUsageWrong = "key-usage-wrong", Invalid;
    ConstraintViolated = "constraint-violated", Invalid;
    ChainBroken = "chain-broken", Invalid;
    RootUntrusted = "root-untrusted", Indeterminate;
    IssuerUnknown = "issuer-unknown", Indeterminate;
    /// RSA below 2048 bit or ECDSA below 256 bit (Thông tư 15/2025/TT-BKHCN).
    WeakKey = "weak-key", Indeterminate;
    /// SHA-1.
    WeakAlgorithm = "weak-algorithm", Indeterminate;
    RevocationUnknown = "revocation-unknown", Indeterminate;
    /// Signed with an algorithm or a key that the law no longer let be used on that day.
    AlgorithmForbidden = "algorithm-forbidden", Invalid;

    // Time.
    /// There is a time stamp, and it is not for this signature or is broken.
    TimestampInvalid = "timestamp-invalid", Indeterminate;
    /// The time stamp's service is not trusted: the signer's own time counts.
    TimestampUntrusted = "timestamp-untrusted", Valid;
    /// What must have been stamped first was stamped last.
    TimestampOrder = "timestamp-order", Indeterminate;

    // Remarks.
    /// The signer's clock is seven hours ahead: local time written as UTC.
    ClockSevenHours = "clock-seven-hours", Valid;
    /// The time-stamp service's certificate ended, and no later time stamp proves that this
    /// one is older: the signer's own time counts.
    TimestampExpired = "timestamp-expired", Valid;
    /// An algorithm or key that was good on the day that a time stamp proves.
    AlgorithmOutdated = "algorithm-outdated", Valid;
    /// The time is that of a document time stamp over the signature, not of one in it.
    TimeFromDocument = "time-from-document", Valid;
}

impl Reason {
    /// The reason with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }

    /// Whether it only remarks something, and stands in `notes`.
    pub const fn is_note(self) -> bool {
        matches!(
            self,
            Self::ClockSevenHours
                | Self::TimestampExpired
                | Self::AlgorithmOutdated
                | Self::TimeFromDocument
        )
    }

    /// The step of the check to which it belongs.
    pub const fn step(self) -> StepName {
        match self {
            Self::IntegrityBroken
            | Self::ByteRangeInvalid
            | Self::ContentsMalformed
            | Self::AmbiguousStructure => StepName::Integrity,
            Self::ChangedAfterSigning => StepName::Changes,
            Self::SignatureWrong
            | Self::CmsMalformed
            | Self::SeveralSigners
            | Self::SigningCertificateMismatch
            | Self::Unsupported => StepName::Signature,
            Self::SignerCertificateMissing
            | Self::CertificateExpired
            | Self::ExpiredSince
            | Self::CertificateNotYetValid
            | Self::KeyUsageWrong => StepName::Certificate,
            Self::ConstraintViolated
            | Self::ChainBroken
            | Self::RootUntrusted
            | Self::IssuerUnknown => StepName::Chain,
            Self::CertificateRevoked
            | Self::AuthorityRevoked
            | Self::RevokedSince
            | Self::RevocationUnknown => StepName::Revocation,
            Self::WeakKey
            | Self::WeakAlgorithm
            | Self::AlgorithmForbidden
            | Self::AlgorithmOutdated => StepName::Algorithms,
            Self::TimestampInvalid
            | Self::TimestampUntrusted
            | Self::TimestampOrder
            | Self::ClockSevenHours
            | Self::TimestampExpired
            | Self::TimeFromDocument => StepName::Time,
        }
    }

    /// The standard's sub-indication; `None` for remarks. `proven` tells whether a time stamp
    /// proves when the signature was there.
    pub const fn sub_indication(self, proven: bool) -> Option<SubIndication> {
        use SubIndication as Sub;
        Some(match self {
            Self::IntegrityBroken => Sub::HashFailure,
            Self::SignatureWrong => Sub::SigCryptoFailure,
            Self::ByteRangeInvalid
            | Self::ContentsMalformed
            | Self::ChangedAfterSigning
            | Self::CmsMalformed
            | Self::SeveralSigners => Sub::FormatFailure,
            Self::SignerCertificateMissing | Self::SigningCertificateMismatch => {
                Sub::NoSigningCertificateFound
            }
            Self::AmbiguousStructure | Self::Unsupported | Self::TimestampInvalid => {
                Sub::SigConstraintsFailure
            }
            Self::CertificateRevoked => Sub::Revoked,
            Self::AuthorityRevoked => Sub::RevokedCaNoPoe,
            Self::RevokedSince => Sub::RevokedNoPoe,
            Self::CertificateExpired => Sub::Expired,
            Self::ExpiredSince => Sub::OutOfBoundsNoPoe,
            Self::CertificateNotYetValid => Sub::NotYetValid,
            Self::KeyUsageWrong | Self::ConstraintViolated => Sub::ChainConstraintsFailure,
            Self::ChainBroken => Sub::CertificateChainGeneralFailure,
            Self::RootUntrusted | Self::IssuerUnknown => Sub::NoCertificateChainFound,
            Self::WeakKey | Self::WeakAlgorithm if proven => Sub::CryptoConstraintsFailure,
            Self::WeakKey | Self::WeakAlgorithm => Sub::CryptoConstraintsFailureNoPoe,
            Self::AlgorithmForbidden => Sub::CryptoConstraintsFailure,
            Self::RevocationUnknown => Sub::TryLater,
            Self::TimestampOrder => Sub::TimestampOrderFailure,
            Self::TimestampUntrusted
            | Self::ClockSevenHours
            | Self::TimestampExpired
            | Self::AlgorithmOutdated
            | Self::TimeFromDocument => return None,
        })
    }

    /// The sentence for people, in the language in force.
    pub fn sentence(self) -> String {
        i18n::tr(&format!("reason-{}", self.code()))
    }
}

impl From<PathReason> for Reason {
    fn from(reason: PathReason) -> Self {
        match reason {
            PathReason::CertificateRevoked => Self::CertificateRevoked,
            PathReason::AuthorityRevoked => Self::AuthorityRevoked,
            PathReason::CertificateExpired => Self::CertificateExpired,
            PathReason::CertificateNotYetValid => Self::CertificateNotYetValid,
            PathReason::KeyUsageWrong => Self::KeyUsageWrong,
            PathReason::ConstraintViolated => Self::ConstraintViolated,
            PathReason::ChainBroken => Self::ChainBroken,
            PathReason::RootUntrusted => Self::RootUntrusted,
            PathReason::IssuerUnknown => Self::IssuerUnknown,
            PathReason::WeakKey => Self::WeakKey,
            PathReason::WeakAlgorithm => Self::WeakAlgorithm,
            PathReason::RevocationUnknown => Self::RevocationUnknown,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::i18n::Lang;
    use crate::pki::path::PathStatus;

    #[test]
    fn every_reason_has_its_code_and_its_sentence() {
        let codes: HashSet<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
            for lang in Lang::ALL {
                let key = format!("reason-{}", reason.code());
                assert!(i18n::lookup(lang, &key, &[]).is_some(), "{key} in {}", lang.tag());
            }
        }
    }

    #[test]
    fn reasons_of_paths_keep_their_codes_and_their_weight() {
        for path in PathReason::ALL {
            let reason = Reason::from(path);
            assert_eq!(reason.code(), path.code());
            let expected = match path.status() {
                PathStatus::Valid => Verdict::Valid,
                PathStatus::Invalid => Verdict::Invalid,
                PathStatus::Indeterminate => Verdict::Indeterminate,
            };
            assert_eq!(reason.effect(), expected);
        }
    }

    #[test]
    fn every_reason_that_counts_has_its_indication() {
        use crate::signing::indication::Indication;
        for reason in Reason::ALL {
            for proven in [false, true] {
                let sub = reason.sub_indication(proven);
                assert_eq!(sub.is_none(), reason.effect() == Verdict::Valid, "{reason}");
                // What the standard calls failed is never better than invalid here.
                if sub.is_some_and(|sub| sub.indication() == Indication::TotalFailed) {
                    assert_eq!(reason.effect(), Verdict::Invalid, "{reason}");
                }
            }
            assert!(!reason.is_note() || reason.effect() == Verdict::Valid, "{reason}");
        }
    }
}
