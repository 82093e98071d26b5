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

pub use make::{
    Prepared, SignedDataDer, SignerParams, TIME_STAMP_ROOM, check_by, estimate_size, prepare,
};
pub(super) use read::certificates;
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

#[cfg(test)]
mod tests {
    use aws_lc_rs::{rand::SystemRandom, signature as lc};
    use jiff::Timestamp;

    use super::*;
    use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};
    use crate::pki::asn1::{self, Element};
    use crate::pki::demo::{Authority, Issued, Subject};
    use crate::pki::oid;
    use crate::rules::algorithms::Algorithms;

    const DIGEST: DigestAlgorithm = DigestAlgorithm::Sha256;

    fn signer() -> &'static Issued {
        static SIGNER: std::sync::OnceLock<Issued> = std::sync::OnceLock::new();
        SIGNER.get_or_init(|| {
            let subject = Subject { common_name: "Lê Văn Ký".to_owned(), ..Subject::default() };
            Authority::create(Timestamp::now()).unwrap().issue(&subject).unwrap()
        })
    }

    fn sign(message: &[u8]) -> Vec<u8> {
        let pair = lc::RsaKeyPair::from_pkcs8(&signer().key).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&lc::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }

    fn finished() -> Vec<u8> {
        let params = SignerParams {
            certificate: signer().certificate.clone(),
            chain: signer().chain.clone(),
            digest: DIGEST,
            scheme: SignatureScheme::RsaPkcs1,
        };
        let prepared = prepare(&DIGEST.digest(b"content"), &params, Algorithms::current()).unwrap();
        prepared.finish(&sign(prepared.to_be_signed())).unwrap().to_der()
    }

    fn attribute(kind: &der::asn1::ObjectIdentifier, value: &[u8]) -> Vec<u8> {
        asn1::sequence(&[&asn1::oid(kind), &asn1::element(asn1::SET, value)])
    }

    /// A signature over these attributes, in this order.
    fn with_attributes(attributes: &[Vec<u8>], signed: &[u8]) -> Vec<u8> {
        let certificate = &signer().certificate;
        let digest = crate::pki::identifier::write_digest(DIGEST);
        let version = asn1::unsigned(&[1]);
        let id = asn1::sequence(&[&certificate.issuer().raw, &certificate.serial_integer()]);
        let info = asn1::sequence(&[
            &version,
            &id,
            &digest,
            &asn1::element(asn1::context(0), &attributes.concat()),
            &crate::pki::identifier::write_signature(SignatureScheme::RsaPkcs1, DIGEST),
            &asn1::octets(&sign(signed)),
        ]);
        let data = asn1::sequence(&[
            &version,
            &asn1::element(asn1::SET, &digest),
            &asn1::sequence(&[&asn1::oid(&oid::DATA)]),
            &asn1::element(asn1::context(0), certificate.der()),
            &asn1::element(asn1::SET, &info),
        ]);
        asn1::sequence(&[&asn1::oid(&oid::SIGNED_DATA), &asn1::element(asn1::context(0), &data)])
    }

    fn usual() -> Vec<Vec<u8>> {
        vec![
            attribute(&oid::MESSAGE_DIGEST, &asn1::octets(&DIGEST.digest(b"content"))),
            attribute(&oid::CONTENT_TYPE, &asn1::oid(&oid::DATA)),
        ]
    }

    fn verdict(der: &[u8]) -> Result<(), CmsFault> {
        SignedData::parse(der)?.verify(&DIGEST.digest(b"content"))
    }

    #[test]
    fn every_byte_of_signature_and_attributes_counts() {
        let der = finished();
        assert_eq!(verdict(&der), Ok(()));
        // Everything behind the certificates: the signer info.
        let last = signer().chain.iter().chain([&signer().certificate]);
        let begin = last
            .map(|c| {
                let at = der.windows(c.der().len()).position(|w| w == c.der()).unwrap();
                at + c.der().len()
            })
            .max()
            .unwrap();
        for place in begin..der.len() {
            let mut changed = der.clone();
            changed[place] ^= 0x01;
            // The null parameters of the signature algorithm, the version and the digest
            // list are not signed; what they say is not used either.
            if verdict(&changed).is_ok() {
                let same = SignedData::parse(&changed).unwrap();
                let original = SignedData::parse(&der).unwrap();
                assert_eq!(same.signer.signature, original.signer.signature);
                assert_eq!(same.signer.message_digest, original.signer.message_digest);
                assert_eq!(same.signer.digest, original.signer.digest);
                assert_eq!(same.signer_certificate(), original.signer_certificate());
            }
        }
    }

    #[test]
    fn attributes_out_of_order_are_tolerated_as_signed() {
        let attributes = usual();
        let as_they_stand = asn1::element(asn1::SET, &attributes.concat());
        let sorted = asn1::set_of(asn1::SET, attributes.clone());
        assert_ne!(as_they_stand, sorted);
        assert_eq!(verdict(&with_attributes(&attributes, &as_they_stand)), Ok(()));
        assert_eq!(verdict(&with_attributes(&attributes, &sorted)), Ok(()));
        let wrong = with_attributes(&attributes, b"something else");
        assert_eq!(verdict(&wrong), Err(CmsFault::SignatureWrong));
    }

    #[test]
    fn attributes_must_be_there_once() {
        let check = |attributes: &[Vec<u8>]| {
            let set = asn1::element(asn1::SET, &attributes.concat());
            verdict(&with_attributes(attributes, &set))
        };
        let all = usual();
        assert_eq!(check(&all[1..]), Err(CmsFault::AttributeMissing("message-digest")));
        assert_eq!(check(&all[..1]), Err(CmsFault::AttributeMissing("content-type")));
        let twice = [all.clone(), usual()[..1].to_vec()].concat();
        assert_eq!(check(&twice), Err(CmsFault::Malformed("an attribute twice")));
        let other = attribute(&oid::CONTENT_TYPE, &asn1::oid(&oid::TST_INFO));
        let mismatch = vec![all[0].clone(), other];
        assert_eq!(check(&mismatch), Err(CmsFault::ContentTypeMismatch));
        let hash =
            asn1::sequence(&[&asn1::sequence(&[&asn1::sequence(&[&asn1::octets(&[7; 32])])])]);
        let named = [all, vec![attribute(&oid::SIGNING_CERTIFICATE_V2, &hash)]].concat();
        assert_eq!(check(&named), Err(CmsFault::CertificateMismatch));
    }

    #[test]
    fn a_certificate_file_without_a_signer_is_read() {
        let data = asn1::sequence(&[
            &asn1::unsigned(&[1]),
            &asn1::element(asn1::SET, &[]),
            &asn1::sequence(&[&asn1::oid(&oid::DATA)]),
            &asn1::element(asn1::context(0), signer().certificate.der()),
            &asn1::element(asn1::SET, &[]),
        ]);
        let content = asn1::element(asn1::context(0), &data);
        let p7b = asn1::sequence(&[&asn1::oid(&oid::SIGNED_DATA), &content]);
        assert!(Element::whole(&p7b).is_ok());
        assert_eq!(SignedData::parse(&p7b).unwrap_err(), CmsFault::NoSigner);
        let read = crate::pki::Certificate::from_pem_or_der(&p7b).unwrap();
        assert_eq!(read, [signer().certificate.clone()]);
    }
}
