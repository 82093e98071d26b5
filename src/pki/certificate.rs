//! Certificates, read once and then only asked.
//!
//! A [`Certificate`] keeps its DER unchanged and everything the house wants to know of it,
//! behind an `Arc`: copies are cheap, and two are equal when their DER is. Reading is lenient
//! about form (real certificates have odd names and serial numbers) and strict about what
//! decides trust: basic constraints and key usages that cannot be read refuse the whole
//! certificate.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::algorithm::KeyKind;
use super::asn1;
use super::error::PkiError;
use super::identifier::SignatureAlgorithm;
use super::oid;

mod general;
mod name;
mod owner;
mod read;

use general::{GeneralName, NameConstraints};
pub use name::Name;
pub(super) use name::{directory_name, general_names};
pub use owner::SigningFitness;

/// The largest certificate that is read; real ones have one to three kilobytes.
const MAX_SIZE: usize = 64 * 1024;

/// An X.509 certificate (RFC 5280).
#[derive(Clone)]
pub struct Certificate(Arc<Fields>);

/// What was read; every field of the DER that the house uses.
struct Fields {
    der: Vec<u8>,
    signed: Range<usize>,
    signature: Vec<u8>,
    algorithm: Option<SignatureAlgorithm>,
    serial: Vec<u8>,
    subject: Name,
    issuer: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    spki: Vec<u8>,
    public_key: Vec<u8>,
    key_kind: KeyKind,
    extensions: Extensions,
    /// The first key (SubjectPublicKeyInfo) that was found to have signed it: one path is looked
    /// for several times in one check, and an authority's certificate in every check.
    signed_by: OnceLock<Vec<u8>>,
}

/// The extensions that are understood.
#[derive(Default)]
pub(super) struct Extensions {
    pub ca: bool,
    pub path_length: Option<u32>,
    pub key_usage: Option<KeyUsages>,
    pub extended: Option<Vec<ObjectIdentifier>>,
    pub subject_key_id: Option<Vec<u8>>,
    pub authority_key_id: Option<Vec<u8>>,
    pub ocsp_urls: Vec<String>,
    pub ca_issuer_urls: Vec<String>,
    /// Names of distribution points whose CRL the certificate's issuer signs itself.
    pub crl_points: Vec<String>,
    pub ocsp_no_check: bool,
    /// Critical extensions that are not understood, as dotted numbers.
    pub unknown_critical: Vec<String>,
    pub alternative_names: Vec<GeneralName>,
    pub name_constraints: Option<NameConstraints>,
}

/// The bits of the extension keyUsage (RFC 5280, 4.2.1.3), bit 0 lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsages(pub u16);

impl KeyUsages {
    pub const fn digital_signature(self) -> bool {
        self.0 & 1 != 0
    }

    /// nonRepudiation, since renamed contentCommitment.
    pub const fn non_repudiation(self) -> bool {
        self.0 & 1 << 1 != 0
    }

    pub const fn key_cert_sign(self) -> bool {
        self.0 & 1 << 5 != 0
    }

    pub const fn crl_sign(self) -> bool {
        self.0 & 1 << 6 != 0
    }
}

impl Certificate {
    /// Reads one certificate; anything behind it is refused.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > MAX_SIZE {
            return Err(PkiError::NotACertificate(format!("{} bytes", der.len())));
        }
        read::fields(der).map(|fields| Self(Arc::new(fields)))
    }

    /// Reads a file of certificates: one in DER, any number in PEM, or PKCS#7 (`.p7b`) in
    /// either form. Other PEM blocks, such as keys, are passed over.
    pub fn from_pem_or_der(bytes: &[u8]) -> Result<Vec<Self>, PkiError> {
        let mut found = Vec::new();
        if bytes.first() == Some(&asn1::SEQUENCE) {
            return match super::cms::certificates(bytes) {
                Ok(certificates) if !certificates.is_empty() => Ok(certificates),
                _ => Ok(vec![Self::from_der(bytes)?]),
            };
        }
        for block in x509_parser::pem::Pem::iter_from_buffer(bytes) {
            let block = block.map_err(|e| PkiError::NotACertificate(e.to_string()))?;
            match block.label.as_str() {
                "CERTIFICATE" => found.push(Self::from_der(&block.contents)?),
                "PKCS7" => found.extend(super::cms::certificates(&block.contents)?),
                _ => {}
            }
        }
        if found.is_empty() {
            return Err(PkiError::NotACertificate("no certificate in the file".to_owned()));
        }
        Ok(found)
    }

    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate as a PEM block.
    pub fn to_pem(&self) -> String {
        // Cannot fail: nothing that fits a certificate is too long for PEM.
        der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, self.der())
            .unwrap_or_default()
    }

    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// The serial number as bytes, without the zero that keeps it positive.
    pub fn serial(&self) -> &[u8] {
        asn1::without_leading_zeros(&self.0.serial)
    }

    /// The serial number as an INTEGER in DER, exactly as the certificate has it.
    pub(super) fn serial_integer(&self) -> Vec<u8> {
        asn1::element(asn1::INTEGER, &self.0.serial)
    }

    /// The serial number, two lower-case hexadecimal digits a byte, without zero bytes in
    /// front: `7af2df52182653d3`, `0a1b`, `00` for zero.
    pub fn serial_hex(&self) -> String {
        hex::encode(self.serial())
    }

    /// The first second of validity.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// The last second of validity.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Whether `at` lies within the period of validity, both ends included.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.0.not_before <= at && at.as_second() <= self.0.not_after.as_second()
    }

    pub fn key_kind(&self) -> KeyKind {
        self.0.key_kind
    }

    /// The key itself: RSAPublicKey in DER, or an uncompressed point.
    pub fn public_key(&self) -> &[u8] {
        &self.0.public_key
    }

    /// SubjectPublicKeyInfo in DER.
    pub fn spki(&self) -> &[u8] {
        &self.0.spki
    }

    /// Whether basicConstraints makes it a certification authority.
    pub fn is_ca(&self) -> bool {
        self.0.extensions.ca
    }

    /// The extension keyUsage; `None` where there is none and nothing is limited.
    pub fn key_usage(&self) -> Option<KeyUsages> {
        self.0.extensions.key_usage
    }

    /// Whether extKeyUsage names this purpose (RFC 5280, 4.2.1.12); `false` where there is
    /// no such extension.
    pub fn has_extended_usage(&self, purpose: &ObjectIdentifier) -> bool {
        self.0.extensions.extended.as_ref().is_some_and(|list| list.contains(purpose))
    }

    /// Whether subject and issuer are the same and the key signs its own certificate.
    pub fn is_self_signed(&self) -> bool {
        self.0.subject.matches(&self.0.issuer) && self.is_signed_by(self)
    }

    /// Whether the signature on this certificate was made by `issuer`'s key. Nothing else
    /// is asked.
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        if self.0.signed_by.get().is_some_and(|key| key == issuer.spki()) {
            return true;
        }
        let Some(method) = self.0.algorithm.and_then(SignatureAlgorithm::method) else {
            return false;
        };
        let signed = self.0.der.get(self.0.signed.clone()).unwrap_or_default();
        let is_signed = method.verify(issuer, signed, &self.0.signature);
        if is_signed {
            // Set already where two keys signed it, which changes nothing.
            let _ = self.0.signed_by.set(issuer.spki().to_vec());
        }
        is_signed
    }

    /// SHA-256 of the DER, lower-case hexadecimal.
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(&self.0.der))
    }

    /// Addresses of OCSP responders, `http` and `https` only.
    pub fn ocsp_urls(&self) -> &[String] {
        &self.0.extensions.ocsp_urls
    }

    /// Addresses of CRLs, `http` and `https` only.
    pub fn crl_urls(&self) -> impl Iterator<Item = &str> {
        self.0.extensions.crl_points.iter().map(String::as_str).filter(|name| read::is_http(name))
    }

    /// Addresses of the issuer's certificate, `http` and `https` only.
    pub fn ca_issuer_urls(&self) -> &[String] {
        &self.0.extensions.ca_issuer_urls
    }

    /// The algorithm of the signature on this certificate; `None` if it is not known.
    pub fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.0.algorithm
    }

    pub(super) fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// Whether the extension id-pkix-ocsp-nocheck spares an OCSP signer its own check
    /// (RFC 6960, 4.2.2.2.1).
    pub fn has_ocsp_no_check(&self) -> bool {
        self.0.extensions.ocsp_no_check
    }

    /// Whether the limits that this authority sets to names permit all names of `below`
    /// (RFC 5280, 4.2.1.10).
    pub(super) fn permits_names_of(&self, below: &Self) -> bool {
        self.extensions().name_constraints.as_ref().is_none_or(|limits| limits.permit(below))
    }

    /// Whether extKeyUsage allows time stamping (RFC 3161, 2.3).
    pub fn may_stamp_time(&self) -> bool {
        self.has_extended_usage(&oid::TIME_STAMPING) && self.may_sign_data()
    }

    /// Whether extKeyUsage allows answers about revocation (RFC 6960, 4.2.2.2).
    pub fn may_sign_ocsp(&self) -> bool {
        self.has_extended_usage(&oid::OCSP_SIGNING) && self.may_sign_data()
    }

    fn may_sign_data(&self) -> bool {
        self.key_usage().is_none_or(|usage| usage.digital_signature() || usage.non_repudiation())
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl std::hash::Hash for Certificate {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.der.hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({} {})", self.subject(), self.serial_hex())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_files_are_refused() {
        for bytes in [&b""[..], b"0", b"-----BEGIN CERTIFICATE-----\nMIIB\n", &[0x30; 100_000]] {
            assert!(Certificate::from_pem_or_der(bytes).is_err());
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Certificate::from_der(&bytes);
            let _ = Certificate::from_pem_or_der(&bytes);
        }
    }
}
