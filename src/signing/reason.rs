//! Why a signature got its verdict: a closed list with codes that are never renamed.

use std::fmt;

use crate::domain::verdict::Verdict;
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
    /// Revoked after the time that only the signer claims.
    RevokedSince = "revoked-since", Indeterminate;
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

    // Time.
    /// There is a time stamp, and it is not for this signature or is broken.
    TimestampInvalid = "timestamp-invalid", Indeterminate;
    /// The time stamp's service is not trusted: the signer's own time counts.
    TimestampUntrusted = "timestamp-untrusted", Valid;
    /// The signer's clock is seven hours ahead: local time written as UTC.
    ClockSevenHours = "clock-seven-hours", Valid;
}

impl Reason {
    /// The reason with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
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
}
