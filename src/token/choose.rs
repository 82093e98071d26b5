//! Which of a token's certificates signs: the right holder, for signing documents rather
//! than logging in, valid today, and of several such the newest.
//!
//! A token often carries an old and a renewed certificate beside one for authentication or
//! encryption; a wrong choice gives a signature that every recipient refuses.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::TokenCertificate;
use crate::domain::outbound::SignatureKind;
use crate::pki::certificate::{Certificate, SigningFitness};

/// What the signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The leader's or another person's signature.
    Personal,
    /// The organisation's signature, in the place of the seal.
    Organisation,
    Any,
}

impl From<SignatureKind> for Purpose {
    fn from(kind: SignatureKind) -> Self {
        match kind {
            SignatureKind::Personal => Self::Personal,
            SignatureKind::Organisation => Self::Organisation,
        }
    }
}

/// Why a certificate does not suit, from what can be mended least to what can be mended
/// most easily; of several certificates the reason of the nearest miss is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Unfit {
    /// The token carries no certificate at all.
    NoCertificate,
    Unreadable,
    /// An authority's certificate, which comes along on many tokens.
    CertificationAuthority,
    /// Below RSA 2048 or ECDSA 256 (Thông tư 15/2025/TT-BKHCN).
    WeakKey,
    /// For authentication or encryption only.
    NotForSigning,
    /// A person's where the organisation's is asked for, or the other way round.
    OtherHolder,
    Expired,
    NotYetValid,
}

impl Unfit {
    pub const ALL: [Self; 8] = [
        Self::NoCertificate,
        Self::Unreadable,
        Self::CertificationAuthority,
        Self::WeakKey,
        Self::NotForSigning,
        Self::OtherHolder,
        Self::Expired,
        Self::NotYetValid,
    ];
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "the token has no certificate",
            Self::Unreadable => "the certificate cannot be read",
            Self::CertificationAuthority => "the certificate is an authority's",
            Self::NotForSigning => "the certificate is not for signing documents",
            Self::OtherHolder => "the certificate belongs to another kind of holder",
            Self::WeakKey => "the key is too short",
            Self::Expired => "the certificate has expired",
            Self::NotYetValid => "the certificate is not yet valid",
        })
    }
}

/// Whether one certificate suits `purpose` at `now`.
pub fn fits(certificate: &Certificate, purpose: Purpose, now: Timestamp) -> Result<(), Unfit> {
    let wanted = match purpose {
        Purpose::Personal => Some(SignatureKind::Personal),
        Purpose::Organisation => Some(SignatureKind::Organisation),
        Purpose::Any => None,
    };
    let holder = certificate.owner_kind();
    if certificate.is_ca() {
        Err(Unfit::CertificationAuthority)
    } else if !certificate.key_kind().is_strong_enough() {
        Err(Unfit::WeakKey)
    } else if !certificate.may_sign_documents() {
        Err(Unfit::NotForSigning)
    } else if wanted.is_some() && holder.is_some() && holder != wanted {
        // A subject that does not tell is left to the person who chooses.
        Err(Unfit::OtherHolder)
    } else if now < certificate.not_before() {
        Err(Unfit::NotYetValid)
    } else if !certificate.is_valid_at(now) {
        Err(Unfit::Expired)
    } else {
        Ok(())
    }
}

/// The certificate to sign with, and what it says; or why none will do.
pub fn choose(
    certificates: &[TokenCertificate],
    purpose: Purpose,
    now: Timestamp,
) -> Result<(&TokenCertificate, Certificate), Unfit> {
    let mut nearest = Unfit::NoCertificate;
    let mut best: Option<(&TokenCertificate, Certificate)> = None;
    for one in certificates {
        let read = Certificate::from_der(&one.der).map_err(|_| Unfit::Unreadable);
        match read.and_then(|read| fits(&read, purpose, now).map(|()| read)) {
            Ok(read) => {
                if best.as_ref().is_none_or(|(_, other)| rank(&read) > rank(other)) {
                    best = Some((one, read));
                }
            }
            Err(reason) => nearest = nearest.max(reason),
        }
    }
    best.ok_or(nearest)
}

/// How a certificate stands among those of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// This one signs.
    Chosen,
    /// It would do, but another suits better.
    Older,
    Unfit(Unfit),
}

/// Every certificate that can be read, with why it is chosen or not, in the token's order:
/// the choice is told, not only made.
pub fn standings(
    certificates: &[TokenCertificate],
    purpose: Purpose,
    now: Timestamp,
) -> Vec<(Certificate, Standing)> {
    let chosen = choose(certificates, purpose, now).ok().map(|(one, _)| one);
    certificates
        .iter()
        .filter_map(|one| {
            let read = Certificate::from_der(&one.der).ok()?;
            let standing = match fits(&read, purpose, now) {
                Ok(()) if chosen == Some(one) => Standing::Chosen,
                Ok(()) => Standing::Older,
                Err(unfit) => Standing::Unfit(unfit),
            };
            Some((read, standing))
        })
        .collect()
}

/// Made for signing before merely allowed, a holder that is told before one that is not,
/// then the newest.
fn rank(certificate: &Certificate) -> (SigningFitness, bool, Timestamp) {
    let told = certificate.owner_kind().is_some();
    (certificate.signing_fitness(), told, certificate.not_before())
}

/// The certificate with this serial number in hex, whatever its case and leading zeros.
pub fn by_serial<'a>(
    certificates: &'a [TokenCertificate],
    serial: &str,
) -> Option<&'a TokenCertificate> {
    let number = |hex: &str| hex.trim().trim_start_matches('0').to_lowercase();
    let wanted = number(serial);
    certificates.iter().find(|one| {
        Certificate::from_der(&one.der).is_ok_and(|read| number(&read.serial_hex()) == wanted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::KeyRef;

    #[test]
    fn an_empty_token_says_so() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(choose(&[], Purpose::Any, now).unwrap_err(), Unfit::NoCertificate);
        let junk = TokenCertificate { key: KeyRef("9C".to_owned()), der: vec![1, 2, 3] };
        assert_eq!(by_serial(std::slice::from_ref(&junk), "1"), None);
        assert_eq!(choose(&[junk], Purpose::Any, now).unwrap_err(), Unfit::Unreadable);
    }

    #[test]
    fn reasons_are_ordered_as_listed() {
        assert!(Unfit::ALL.is_sorted());
    }
}
