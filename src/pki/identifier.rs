//! Algorithm identifiers of X.509 and CMS: read into the product's own names, and written.

use der::asn1::ObjectIdentifier;

use super::algorithm::{DigestAlgorithm, SignatureScheme};
use super::asn1::{self, Element, Malformed};
use super::oid;
use super::verify::Method;

/// A signature algorithm as a certificate, CRL or CMS names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureAlgorithm {
    pub scheme: SignatureScheme,
    /// `None` where the digest is named elsewhere (plain `rsaEncryption` in CMS).
    pub digest: Option<DigestAlgorithm>,
    /// Length of the salt of PSS, where it is not the digest's.
    pub salt: Option<u16>,
}

impl SignatureAlgorithm {
    /// How to verify, where the digest is named here.
    pub(super) fn method(self) -> Option<Method> {
        self.digest.map(|digest| self.method_with(digest))
    }

    /// How to verify with a digest that is named elsewhere.
    pub(super) const fn method_with(self, digest: DigestAlgorithm) -> Method {
        Method { scheme: self.scheme, digest, salt: self.salt }
    }
}

/// The digest that an object identifier names.
pub fn digest_of(oid: &ObjectIdentifier) -> Option<DigestAlgorithm> {
    match *oid {
        oid::SHA1 => Some(DigestAlgorithm::Sha1),
        oid::SHA256 => Some(DigestAlgorithm::Sha256),
        oid::SHA384 => Some(DigestAlgorithm::Sha384),
        oid::SHA512 => Some(DigestAlgorithm::Sha512),
        _ => None,
    }
}

/// The object identifier of a digest.
pub const fn digest_oid(digest: DigestAlgorithm) -> ObjectIdentifier {
    match digest {
        DigestAlgorithm::Sha1 => oid::SHA1,
        DigestAlgorithm::Sha256 => oid::SHA256,
        DigestAlgorithm::Sha384 => oid::SHA384,
        DigestAlgorithm::Sha512 => oid::SHA512,
    }
}

/// Reads an AlgorithmIdentifier of a digest; `Ok(None)` for one that is not known.
pub fn read_digest(identifier: Element<'_>) -> Result<Option<DigestAlgorithm>, Malformed> {
    Ok(digest_of(&identifier.tagged(asn1::SEQUENCE)?.children().expect(asn1::OID)?.oid()?))
}

/// Writes an AlgorithmIdentifier of a digest, without parameters (RFC 5754, 2).
pub fn write_digest(digest: DigestAlgorithm) -> Vec<u8> {
    asn1::sequence(&[&asn1::oid(&digest_oid(digest))])
}

/// Reads an AlgorithmIdentifier of a signature; `Ok(None)` for one that is not known or
/// has parameters that the product does not verify.
pub fn read_signature(identifier: Element<'_>) -> Result<Option<SignatureAlgorithm>, Malformed> {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    use SignatureScheme::{Ecdsa, RsaPkcs1};
    let mut parts = identifier.tagged(asn1::SEQUENCE)?.children();
    let (scheme, digest) = match parts.expect(asn1::OID)?.oid()? {
        oid::RSA_ENCRYPTION => (RsaPkcs1, None),
        oid::SHA1_WITH_RSA => (RsaPkcs1, Some(Sha1)),
        oid::SHA256_WITH_RSA => (RsaPkcs1, Some(Sha256)),
        oid::SHA384_WITH_RSA => (RsaPkcs1, Some(Sha384)),
        oid::SHA512_WITH_RSA => (RsaPkcs1, Some(Sha512)),
        oid::ECDSA_WITH_SHA1 => (Ecdsa, Some(Sha1)),
        oid::ECDSA_WITH_SHA256 => (Ecdsa, Some(Sha256)),
        oid::ECDSA_WITH_SHA384 => (Ecdsa, Some(Sha384)),
        oid::ECDSA_WITH_SHA512 => (Ecdsa, Some(Sha512)),
        oid::RSASSA_PSS => return read_pss(parts.expect(asn1::SEQUENCE)?),
        _ => return Ok(None),
    };
    Ok(Some(SignatureAlgorithm { scheme, digest, salt: None }))
}

/// RSASSA-PSS-params (RFC 4055, 3.1). Only MGF1 with the same digest is known: what
/// everybody makes. Salts are of any length; some programs use the longest that fits.
fn read_pss(parameters: Element<'_>) -> Result<Option<SignatureAlgorithm>, Malformed> {
    let mut parts = parameters.children();
    let mut parameter = |n| -> Result<Option<Element<'_>>, Malformed> {
        parts.optional(asn1::context(n))?.map(|outer| Element::whole(outer.content)).transpose()
    };
    let digest = match parameter(0)? {
        Some(identifier) => read_digest(identifier)?,
        None => Some(DigestAlgorithm::Sha1),
    };
    let mask = match parameter(1)? {
        Some(identifier) => {
            let mut mask = identifier.tagged(asn1::SEQUENCE)?.children();
            match mask.expect(asn1::OID)?.oid()? {
                oid::MGF1 => read_digest(mask.expect(asn1::SEQUENCE)?)?,
                _ => None,
            }
        }
        None => Some(DigestAlgorithm::Sha1),
    };
    let salt = match parameter(2)? {
        Some(length) => length.small()? as usize,
        None => DigestAlgorithm::Sha1.size(),
    };
    let Some(digest) = digest.filter(|digest| mask == Some(*digest)) else { return Ok(None) };
    let salt = match u16::try_from(salt) {
        Ok(length) if usize::from(length) == digest.size() => None,
        Ok(length) => Some(length),
        Err(_) => return Ok(None),
    };
    Ok(Some(SignatureAlgorithm { scheme: SignatureScheme::RsaPss, digest: Some(digest), salt }))
}

/// Writes the AlgorithmIdentifier of a signature for a CMS SignerInfo.
///
/// PKCS#1 v1.5 is named by plain `rsaEncryption`, which every reader must know
/// (RFC 5754, 3.2).
pub fn write_signature(scheme: SignatureScheme, digest: DigestAlgorithm) -> Vec<u8> {
    let null = asn1::element(asn1::NULL, &[]);
    match scheme {
        SignatureScheme::RsaPkcs1 => asn1::sequence(&[&asn1::oid(&oid::RSA_ENCRYPTION), &null]),
        SignatureScheme::RsaPss => {
            let digest_identifier = asn1::sequence(&[&asn1::oid(&digest_oid(digest)), &null]);
            let mask = asn1::sequence(&[&asn1::oid(&oid::MGF1), &digest_identifier]);
            let salt = asn1::unsigned(&digest.size().to_be_bytes());
            let parameters = asn1::sequence(&[
                &asn1::element(asn1::context(0), &digest_identifier),
                &asn1::element(asn1::context(1), &mask),
                &asn1::element(asn1::context(2), &salt),
            ]);
            asn1::sequence(&[&asn1::oid(&oid::RSASSA_PSS), &parameters])
        }
        SignatureScheme::Ecdsa => {
            let name = match digest {
                DigestAlgorithm::Sha1 => oid::ECDSA_WITH_SHA1,
                DigestAlgorithm::Sha256 => oid::ECDSA_WITH_SHA256,
                DigestAlgorithm::Sha384 => oid::ECDSA_WITH_SHA384,
                DigestAlgorithm::Sha512 => oid::ECDSA_WITH_SHA512,
            };
            asn1::sequence(&[&asn1::oid(&name)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for digest in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
            let read = |scheme| {
                let bytes = write_signature(scheme, digest);
                read_signature(Element::whole(&bytes).unwrap()).unwrap().unwrap()
            };
            assert_eq!(read(SignatureScheme::RsaPkcs1).digest, None);
            for scheme in [SignatureScheme::RsaPss, SignatureScheme::Ecdsa] {
                let expected = SignatureAlgorithm { scheme, digest: Some(digest), salt: None };
                assert_eq!(read(scheme), expected);
            }
        }
    }

    #[test]
    fn an_odd_salt_is_not_taken_for_the_usual_one() {
        let mut bytes = write_signature(SignatureScheme::RsaPss, DigestAlgorithm::Sha256);
        *bytes.last_mut().unwrap() = 20;
        let read = read_signature(Element::whole(&bytes).unwrap()).unwrap().unwrap();
        assert_eq!(read.salt, Some(20));
    }
}
