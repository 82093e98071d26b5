//! Which of a token's certificates signs: the right holder, for signing documents rather
//! than logging in, valid today, and of several such the newest.
//!
//! A token often carries an old and a renewed certificate beside one for authentication or
//! encryption; a wrong choice gives a signature that every recipient refuses.

use std::fmt;

use jiff::Timestamp;

use super::TokenCertificate;
use super::certificate::Summary;
use crate::domain::outbound::SignatureKind;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unfit {
    /// The token carries no certificate at all.
    NoCertificate,
    Unreadable,
    /// An authority's certificate, which comes along on many tokens.
    CertificationAuthority,
    /// For authentication or encryption only: no nonRepudiation in its key usage.
    NotForSigning,
    /// A person's where the organisation's is asked for, or the other way round.
    OtherHolder,
    /// Below RSA 2048 or ECDSA 256 (Thông tư 15/2025/TT-BKHCN).
    WeakKey,
    Expired,
    NotYetValid,
}

impl Unfit {
    pub const ALL: [Self; 8] = [
        Self::NoCertificate,
        Self::Unreadable,
        Self::CertificationAuthority,
        Self::NotForSigning,
        Self::OtherHolder,
        Self::WeakKey,
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
pub fn fits(certificate: &Summary, purpose: Purpose, now: Timestamp) -> Result<(), Unfit> {
    let wanted = match purpose {
        Purpose::Personal => Some(SignatureKind::Personal),
        Purpose::Organisation => Some(SignatureKind::Organisation),
        Purpose::Any => None,
    };
    if certificate.authority {
        Err(Unfit::CertificationAuthority)
    } else if !certificate.non_repudiation {
        Err(Unfit::NotForSigning)
    } else if wanted.is_some() && certificate.holder.is_some() && certificate.holder != wanted {
        // A subject that does not tell is left to the person who chooses.
        Err(Unfit::OtherHolder)
    } else if !certificate.key.is_strong_enough() {
        Err(Unfit::WeakKey)
    } else if now > certificate.not_after {
        Err(Unfit::Expired)
    } else if now < certificate.not_before {
        Err(Unfit::NotYetValid)
    } else {
        Ok(())
    }
}

/// The certificate to sign with, and what it says; or why none will do.
pub fn choose(
    certificates: &[TokenCertificate],
    purpose: Purpose,
    now: Timestamp,
) -> Result<(&TokenCertificate, Summary), Unfit> {
    let mut nearest = Unfit::NoCertificate;
    let mut best: Option<(&TokenCertificate, Summary)> = None;
    for certificate in certificates {
        let judged = Summary::read(&certificate.der).ok_or(Unfit::Unreadable);
        match judged.and_then(|summary| fits(&summary, purpose, now).map(|()| summary)) {
            Ok(summary) => {
                // A holder that is told goes before one that is not; then the newest.
                let rank = |summary: &Summary| (summary.holder.is_some(), summary.not_before);
                if best.as_ref().is_none_or(|(_, other)| rank(&summary) > rank(other)) {
                    best = Some((certificate, summary));
                }
            }
            Err(reason) => nearest = nearest.max(reason),
        }
    }
    best.ok_or(nearest)
}

/// The certificate with this serial number in hex, whatever its case and leading zeros.
pub fn by_serial<'a>(
    certificates: &'a [TokenCertificate],
    serial: &str,
) -> Option<&'a TokenCertificate> {
    let wanted = serial.trim().trim_start_matches('0').to_lowercase();
    certificates
        .iter()
        .find(|one| Summary::read(&one.der).is_some_and(|summary| summary.serial == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::algorithm::KeyKind;

    fn at(year: i16) -> Timestamp {
        jiff::civil::date(year, 6, 1).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp()
    }

    fn summary() -> Summary {
        Summary {
            serial: "1".to_owned(),
            owner: "Nguyễn Thị Ánh Nguyệt".to_owned(),
            organisation: String::new(),
            issuer: String::new(),
            not_before: at(2024),
            not_after: at(2029),
            key: KeyKind::Rsa(2048),
            digital_signature: true,
            non_repudiation: true,
            authority: false,
            holder: Some(SignatureKind::Personal),
        }
    }

    #[test]
    fn the_first_reason_that_cannot_be_mended_wins() {
        let good = summary();
        assert_eq!(fits(&good, Purpose::Personal, at(2026)), Ok(()));
        assert_eq!(fits(&good, Purpose::Any, at(2026)), Ok(()));
        assert_eq!(fits(&good, Purpose::Organisation, at(2026)), Err(Unfit::OtherHolder));
        assert_eq!(fits(&good, Purpose::Personal, at(2023)), Err(Unfit::NotYetValid));
        assert_eq!(fits(&good, Purpose::Personal, at(2030)), Err(Unfit::Expired));
        let login = Summary { non_repudiation: false, ..summary() };
        assert_eq!(fits(&login, Purpose::Personal, at(2030)), Err(Unfit::NotForSigning));
        let weak = Summary { key: KeyKind::Rsa(1024), ..summary() };
        assert_eq!(fits(&weak, Purpose::Personal, at(2026)), Err(Unfit::WeakKey));
        let silent = Summary { holder: None, ..summary() };
        assert_eq!(fits(&silent, Purpose::Organisation, at(2026)), Ok(()));
        let authority = Summary { authority: true, ..summary() };
        assert_eq!(fits(&authority, Purpose::Any, at(2026)), Err(Unfit::CertificationAuthority));
    }

    #[test]
    fn an_empty_token_says_so() {
        assert_eq!(choose(&[], Purpose::Any, at(2026)).unwrap_err(), Unfit::NoCertificate);
        let junk =
            TokenCertificate { key: super::super::KeyRef("9C".to_owned()), der: vec![1, 2, 3] };
        assert_eq!(choose(&[junk], Purpose::Any, at(2026)).unwrap_err(), Unfit::Unreadable);
    }
}
