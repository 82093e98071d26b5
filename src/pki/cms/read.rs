//! Reading and verifying a SignedData (RFC 5652, 5).

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};
use crate::pki::asn1::{self, Element, Malformed, Reader};
use crate::pki::certificate::{Certificate, Name};
use crate::pki::revocation::Evidence;
use crate::pki::verify::Method;
use crate::pki::{identifier, oid};

use super::CmsFault;

/// More certificates, lists or attributes than this in one container is an attack.
const MAX_PARTS: usize = 128;

/// A signature's container, read but not yet verified.
#[derive(Debug, Clone)]
pub struct SignedData {
    /// What is said to be signed: id-data, or id-ct-TSTInfo in a time stamp.
    pub content_type: ObjectIdentifier,
    /// The content, where it is inside.
    pub content: Option<Vec<u8>>,
    /// Certificates that could be read; others are passed over.
    pub certificates: Vec<Certificate>,
    /// CRLs and OCSP answers that came along, in the signed attribute of Adobe too.
    pub evidence: Evidence,
    pub signer: SignerInfo,
}

/// How the signer's certificate is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerId {
    /// The serial number without leading zeros.
    IssuerAndSerial {
        issuer: Box<Name>,
        serial: Vec<u8>,
    },
    SubjectKeyId(Vec<u8>),
}

/// The hash of the signer's certificate that the signer signed (RFC 2634, RFC 5035).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateHash {
    pub algorithm: DigestAlgorithm,
    pub hash: Vec<u8>,
}

/// What the one signer says.
#[derive(Debug, Clone)]
pub struct SignerInfo {
    pub id: SignerId,
    pub digest: DigestAlgorithm,
    pub scheme: SignatureScheme,
    pub signature: Vec<u8>,
    /// Attribute message-digest.
    pub message_digest: Option<Vec<u8>>,
    /// Attribute content-type.
    pub content_type: Option<ObjectIdentifier>,
    /// Attribute signing-time, the signer's own clock.
    pub signing_time: Option<Timestamp>,
    /// Attributes signing-certificate and signing-certificate-v2, whichever there are.
    pub signing_certificates: Vec<CertificateHash>,
    /// Time-stamp tokens over the signature, in the order they stand.
    pub timestamps: Vec<Vec<u8>>,
    /// Length of the salt of PSS, where it is not the digest's.
    salt: Option<u16>,
    /// Content of the signed attributes, as it came; `None` where there are none.
    attributes: Option<Vec<u8>>,
}

impl SignerInfo {
    /// The first time-stamp token.
    pub fn timestamp(&self) -> Option<&[u8]> {
        self.timestamps.first().map(Vec::as_slice)
    }

    /// Whether every hash of a certificate that the signer signed is this one's.
    fn means(&self, certificate: &Certificate) -> bool {
        let mut hashes = self.signing_certificates.iter();
        hashes.all(|named| named.algorithm.digest(certificate.der()) == named.hash)
    }
}

/// The certificates of a SignedData that may have no signer at all: a `.p7b` or `.p7c`
/// file, as authorities publish them.
pub(in crate::pki) fn certificates(bytes: &[u8]) -> Result<Vec<Certificate>, CmsFault> {
    Ok(Outer::read(&asn1::to_definite(bytes)?)?.certificates)
}

/// SignedData ::= SEQUENCE { version, digestAlgorithms, encapContentInfo, certificates [0],
/// crls [1], signerInfos }, within its ContentInfo.
struct Outer<'a> {
    content_type: ObjectIdentifier,
    content: Option<Vec<u8>>,
    certificates: Vec<Certificate>,
    evidence: Evidence,
    signers: Vec<Element<'a>>,
}

impl<'a> Outer<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, CmsFault> {
        let outer = Reader::new(bytes).expect(asn1::SEQUENCE)?;
        if bytes.get(outer.raw.len()..).unwrap_or_default().iter().any(|byte| *byte != 0) {
            return Err(CmsFault::Malformed("bytes behind the signature"));
        }
        let mut info = outer.children();
        if info.expect(asn1::OID)?.oid()? != oid::SIGNED_DATA {
            return Err(CmsFault::NotSignedData);
        }
        let explicit = info.expect(asn1::context(0))?;
        let mut parts = Element::whole(explicit.content)?.tagged(asn1::SEQUENCE)?.children();
        parts.expect(asn1::INTEGER)?;
        parts.expect(asn1::SET)?;
        let mut encapsulated = parts.expect(asn1::SEQUENCE)?.children();
        let content_type = encapsulated.expect(asn1::OID)?.oid()?;
        let content = match encapsulated.optional(asn1::context(0))? {
            Some(outer) => {
                let inner = Element::whole(outer.content)?.tagged(asn1::OCTET_STRING)?;
                Some(inner.content.to_vec())
            }
            None => None,
        };
        let mut certificates = Vec::new();
        if let Some(set) = parts.optional(asn1::context(0))? {
            for element in bounded(set.children())? {
                if element.tag == asn1::SEQUENCE
                    && let Ok(certificate) = Certificate::from_der(element.raw)
                {
                    certificates.push(certificate);
                }
            }
        }
        let mut evidence = Evidence::default();
        if let Some(set) = parts.optional(asn1::context(1))? {
            for element in bounded(set.children())? {
                read_revocation(element, &mut evidence)?;
            }
        }
        let signers = parts.expect(asn1::SET)?.children().all()?;
        Ok(Self { content_type, content, certificates, evidence, signers })
    }
}

impl SignedData {
    /// Reads a ContentInfo with a SignedData. BER with indefinite lengths is accepted,
    /// zeros behind it too (a PDF pads its hole with them), nothing else.
    pub fn parse(bytes: &[u8]) -> Result<Self, CmsFault> {
        let bytes = asn1::to_definite(bytes)?;
        let Outer { content_type, content, certificates, mut evidence, signers } =
            Outer::read(&bytes)?;
        let signer = match signers[..] {
            [signer] => signer.tagged(asn1::SEQUENCE)?,
            [] => return Err(CmsFault::NoSigner),
            _ => return Err(CmsFault::SeveralSigners(signers.len())),
        };
        let signer = read_signer(signer.children(), &mut evidence)?;
        Ok(Self { content_type, content, certificates, evidence, signer })
    }

    /// The signer's certificate among those included. Where several bear the issuer and
    /// number that the signer names, the one whose hash the signer signed.
    pub fn signer_certificate(&self) -> Option<&Certificate> {
        let named = || self.certificates.iter().filter(|c| self.signer.id.names(c));
        named().find(|c| self.signer.means(c)).or_else(|| named().next())
    }

    /// Verifies against the digest of the content (made with `self.signer.digest`), with
    /// the certificate that is included. Whether that one is to be trusted is another
    /// question, for [`crate::pki::path::validate`].
    pub fn verify(&self, content_digest: &[u8]) -> Result<(), CmsFault> {
        let certificate = self.signer_certificate().ok_or(CmsFault::CertificateMissing)?;
        self.verify_by(certificate, content_digest)
    }

    /// As [`Self::verify`], with a certificate from elsewhere.
    pub fn verify_by(
        &self,
        certificate: &Certificate,
        content_digest: &[u8],
    ) -> Result<(), CmsFault> {
        let signer = &self.signer;
        let method = Method { scheme: signer.scheme, digest: signer.digest, salt: signer.salt };
        if !signer.means(certificate) {
            return Err(CmsFault::CertificateMismatch);
        }
        let Some(attributes) = &signer.attributes else {
            // Without attributes the content itself is signed, which must then be plain
            // data (RFC 5652, 5.3), or attributes could be passed off as content.
            if self.content_type != oid::DATA {
                return Err(CmsFault::AttributeMissing("content-type"));
            }
            return if method.verify_digest(certificate, content_digest, &signer.signature) {
                Ok(())
            } else {
                Err(CmsFault::SignatureWrong)
            };
        };
        let named = signer.content_type.ok_or(CmsFault::AttributeMissing("content-type"))?;
        if named != self.content_type {
            return Err(CmsFault::ContentTypeMismatch);
        }
        let digest =
            signer.message_digest.as_deref().ok_or(CmsFault::AttributeMissing("message-digest"))?;
        let fits = |signed: &[u8]| method.verify(certificate, signed, &signer.signature);
        // What is signed is the DER SET OF; a writer that did not sort its attributes may
        // have hashed them sorted or as they stand.
        let as_they_stand = asn1::element(asn1::SET, attributes);
        let signed = fits(&as_they_stand) || {
            let sorted = Reader::new(attributes).all()?.iter().map(|a| a.raw.to_vec()).collect();
            let sorted = asn1::set_of(asn1::SET, sorted);
            sorted != as_they_stand && fits(&sorted)
        };
        if !signed {
            return Err(CmsFault::SignatureWrong);
        }
        if digest == content_digest { Ok(()) } else { Err(CmsFault::DigestMismatch) }
    }
}

impl SignerId {
    fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                certificate.serial() == serial.as_slice() && certificate.issuer().matches(issuer)
            }
            Self::SubjectKeyId(id) => {
                certificate.extensions().subject_key_id.as_deref() == Some(id.as_slice())
            }
        }
    }
}

fn bounded(reader: Reader<'_>) -> Result<Vec<Element<'_>>, CmsFault> {
    let all = reader.all()?;
    if all.len() > MAX_PARTS { Err(CmsFault::Malformed("too many parts")) } else { Ok(all) }
}

/// RevocationInfoChoice: a CRL, or `[1]` another format, of which OCSP is known (RFC 5940).
fn read_revocation(element: Element<'_>, evidence: &mut Evidence) -> Result<(), CmsFault> {
    if element.tag == asn1::SEQUENCE {
        evidence.crls.push(element.raw.to_vec());
    } else if element.tag == asn1::context(1) {
        let mut other = element.children();
        if other.expect(asn1::OID)?.oid()? == oid::OCSP_RESPONSE_INFO {
            evidence.ocsps.push(other.expect(asn1::SEQUENCE)?.raw.to_vec());
        }
    }
    Ok(())
}

fn read_signer(mut parts: Reader<'_>, evidence: &mut Evidence) -> Result<SignerInfo, CmsFault> {
    parts.expect(asn1::INTEGER)?;
    let named = parts.next()?;
    let id = match named.tag {
        asn1::SEQUENCE => {
            let mut pair = named.children();
            SignerId::IssuerAndSerial {
                issuer: Box::new(Name::from_der(pair.expect(asn1::SEQUENCE)?.raw)?),
                serial: pair.expect(asn1::INTEGER)?.magnitude()?.to_vec(),
            }
        }
        tag if tag == asn1::context_primitive(0) => SignerId::SubjectKeyId(named.content.to_vec()),
        _ => return Err(CmsFault::Malformed("signer identifier")),
    };
    let digest_identifier = parts.expect(asn1::SEQUENCE)?;
    let digest = identifier::read_digest(digest_identifier)?
        .ok_or_else(|| unsupported(digest_identifier))?;
    let attributes = parts.optional(asn1::context(0))?;
    let algorithm_identifier = parts.expect(asn1::SEQUENCE)?;
    let algorithm = identifier::read_signature(algorithm_identifier)?
        .ok_or_else(|| unsupported(algorithm_identifier))?;
    // RFC 5652, 5.4: one digest for content and attributes.
    if algorithm.digest.is_some_and(|other| other != digest) {
        return Err(CmsFault::Malformed("two different digest algorithms"));
    }
    let mut signer = SignerInfo {
        id,
        digest,
        scheme: algorithm.scheme,
        salt: algorithm.salt,
        signature: parts.expect(asn1::OCTET_STRING)?.content.to_vec(),
        message_digest: None,
        content_type: None,
        signing_time: None,
        signing_certificates: Vec::new(),
        timestamps: Vec::new(),
        attributes: attributes.map(|set| set.content.to_vec()),
    };
    if let Some(set) = attributes {
        read_signed_attributes(set.children(), &mut signer, evidence)?;
    }
    if let Some(set) = parts.optional(asn1::context(1))? {
        for attribute in bounded(set.children())? {
            let (kind, values) = read_attribute(attribute)?;
            if kind == oid::SIGNATURE_TIME_STAMP {
                signer.timestamps.extend(values.iter().map(|token| token.raw.to_vec()));
            }
        }
    }
    Ok(signer)
}

fn unsupported(identifier: Element<'_>) -> CmsFault {
    let name = identifier.children().expect(asn1::OID).and_then(Element::oid);
    CmsFault::UnsupportedAlgorithm(name.map_or_else(|_| "?".to_owned(), |oid| oid.to_string()))
}

fn read_attribute(
    attribute: Element<'_>,
) -> Result<(ObjectIdentifier, Vec<Element<'_>>), CmsFault> {
    let mut parts = attribute.tagged(asn1::SEQUENCE)?.children();
    let kind = parts.expect(asn1::OID)?.oid()?;
    Ok((kind, bounded(parts.expect(asn1::SET)?.children())?))
}

fn read_signed_attributes(
    set: Reader<'_>,
    signer: &mut SignerInfo,
    evidence: &mut Evidence,
) -> Result<(), CmsFault> {
    let mut seen = Vec::new();
    for attribute in bounded(set)? {
        let (kind, values) = read_attribute(attribute)?;
        // RFC 5652, 11: these occur once with one value. Two of a kind would let a signer
        // mean one and a reader take the other.
        if seen.contains(&kind) {
            return Err(CmsFault::Malformed("an attribute twice"));
        }
        seen.push(kind);
        let one = || match values[..] {
            [value] => Ok(value),
            _ => Err(CmsFault::Malformed("an attribute with several values")),
        };
        match kind {
            oid::CONTENT_TYPE => signer.content_type = Some(one()?.oid()?),
            oid::MESSAGE_DIGEST => {
                let value = one()?.tagged(asn1::OCTET_STRING)?;
                signer.message_digest = Some(value.content.to_vec());
            }
            oid::SIGNING_TIME => signer.signing_time = Some(one()?.time()?),
            oid::SIGNING_CERTIFICATE => {
                let mut id = first_certificate_id(one()?)?;
                let hash = id.expect(asn1::OCTET_STRING)?.content.to_vec();
                let algorithm = DigestAlgorithm::Sha1;
                signer.signing_certificates.push(CertificateHash { algorithm, hash });
            }
            oid::SIGNING_CERTIFICATE_V2 => {
                let mut id = first_certificate_id(one()?)?;
                let algorithm = match id.optional(asn1::SEQUENCE)? {
                    Some(identifier) => identifier::read_digest(identifier)?
                        .ok_or_else(|| unsupported(identifier))?,
                    None => DigestAlgorithm::Sha256,
                };
                let hash = id.expect(asn1::OCTET_STRING)?.content.to_vec();
                signer.signing_certificates.push(CertificateHash { algorithm, hash });
            }
            oid::ADOBE_REVOCATION_INFO => read_archival(one()?, evidence)?,
            _ => {}
        }
    }
    Ok(())
}

/// The first ESSCertID, which is the signer's (RFC 5035, 3).
fn first_certificate_id(value: Element<'_>) -> Result<Reader<'_>, Malformed> {
    let mut ids = value.tagged(asn1::SEQUENCE)?.children().expect(asn1::SEQUENCE)?.children();
    Ok(ids.expect(asn1::SEQUENCE)?.children())
}

/// RevocationInfoArchival ::= SEQUENCE { crl [0], ocsp [1], otherRevInfo [2] }.
fn read_archival(value: Element<'_>, evidence: &mut Evidence) -> Result<(), CmsFault> {
    let mut parts = value.tagged(asn1::SEQUENCE)?.children();
    let mut list = |n| -> Result<Vec<Vec<u8>>, CmsFault> {
        let Some(outer) = parts.optional(asn1::context(n))? else { return Ok(Vec::new()) };
        let inner = Element::whole(outer.content)?.tagged(asn1::SEQUENCE)?;
        Ok(bounded(inner.children())?.iter().map(|element| element.raw.to_vec()).collect())
    };
    evidence.crls.extend(list(0)?);
    evidence.ocsps.extend(list(1)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_signed_data_is_read() {
        let data = asn1::sequence(&[
            &asn1::oid(&oid::DATA),
            &asn1::element(asn1::context(0), &asn1::octets(b"x")),
        ]);
        assert_eq!(SignedData::parse(&data).unwrap_err(), CmsFault::NotSignedData);
        assert!(matches!(SignedData::parse(b"").unwrap_err(), CmsFault::Malformed(_)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = SignedData::parse(&bytes);
        }
    }
}
