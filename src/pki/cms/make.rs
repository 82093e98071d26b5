//! Making a detached signature (RFC 5652, 5; CAdES baseline, ETSI EN 319 122-1, 5 and 6).

use crate::pki::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};
use crate::pki::asn1::{self, Element};
use crate::pki::certificate::Certificate;
use crate::pki::error::PkiError;
use crate::pki::{identifier, oid, verify};
use crate::rules::algorithms::Algorithms;

use super::CmsFault;

/// Room that a time-stamp token may take: signature, certificates and content of every
/// service that was seen fit into it twice.
pub const TIME_STAMP_ROOM: usize = 12 * 1024;

/// Who signs, and how.
#[derive(Debug, Clone)]
pub struct SignerParams {
    pub certificate: Certificate,
    /// The authorities above the signer, to be included; order and repetitions do not matter.
    pub chain: Vec<Certificate>,
    pub digest: DigestAlgorithm,
    pub scheme: SignatureScheme,
}

/// A signature that waits for the token.
#[derive(Debug, Clone)]
pub struct Prepared {
    params: SignerParams,
    /// The signed attributes as a DER SET OF, the form that is hashed.
    attributes: Vec<u8>,
}

/// Begins a signature over content with this digest (made with `params.digest`), by the
/// algorithms of a profile.
///
/// The signed attributes are content-type (id-data), message-digest and
/// signing-certificate-v2 (RFC 5035). There is no signing-time: PAdES says the time in the
/// PDF and forbids it here (ETSI EN 319 142-1, 6.3).
///
/// # Errors
/// Those of [`check_by`]; [`CmsFault::DigestMismatch`] if the digest has the wrong length.
pub fn prepare(
    content_digest: &[u8],
    params: &SignerParams,
    rules: &Algorithms,
) -> Result<Prepared, PkiError> {
    check_by(rules, params)?;
    if content_digest.len() != params.digest.size() {
        return Err(CmsFault::DigestMismatch.into());
    }
    let content_type = attribute(&oid::CONTENT_TYPE, &asn1::oid(&oid::DATA));
    let message_digest = attribute(&oid::MESSAGE_DIGEST, &asn1::octets(content_digest));
    let signing_certificate =
        attribute(&oid::SIGNING_CERTIFICATE_V2, &signing_certificate_v2(params));
    let attributes =
        asn1::set_of(asn1::SET, vec![content_type, message_digest, signing_certificate]);
    Ok(Prepared { params: params.clone(), attributes })
}

/// How many bytes a finished signature takes at most, for reserving room in a file.
pub fn estimate_size(params: &SignerParams, time_stamped: bool) -> usize {
    let signature = match params.certificate.key_kind() {
        KeyKind::Rsa(bits) => bits.div_ceil(8) as usize,
        KeyKind::P256 => 72,
        KeyKind::P384 | KeyKind::Other => 104,
    };
    let certificates: usize = included(params).iter().map(|c| c.der().len()).sum();
    // Identifiers, attributes, lengths: under 700 bytes beside the issuer's name.
    let rest = 1024 + params.certificate.issuer().raw.len() + 3 * params.digest.size();
    signature + certificates + rest + if time_stamped { TIME_STAMP_ROOM } else { 0 }
}

/// Whether a profile lets a signature be made so.
///
/// # Errors
/// [`PkiError::UnsuitableKey`] if the certificate's key cannot be used with the scheme, or
/// the digest is SHA-1, which no profile can permit for new signatures;
/// [`PkiError::KeyTooShort`] if the profile asks for a longer key.
pub fn check_by(rules: &Algorithms, params: &SignerParams) -> Result<(), PkiError> {
    let key = params.certificate.key_kind();
    let suits = match params.scheme {
        SignatureScheme::RsaPkcs1 | SignatureScheme::RsaPss => matches!(key, KeyKind::Rsa(_)),
        SignatureScheme::Ecdsa => matches!(key, KeyKind::P256 | KeyKind::P384),
    };
    if suits && params.digest != DigestAlgorithm::Sha1 {
        key.check_by(rules)
    } else {
        Err(PkiError::UnsuitableKey(format!("{key}/{}", params.digest.name())))
    }
}

/// Attribute ::= SEQUENCE { attrType, attrValues SET OF }, with one value.
fn attribute(kind: &der::asn1::ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    asn1::sequence(&[&asn1::oid(kind), &asn1::element(asn1::SET, value)])
}

/// SigningCertificateV2 with the signer's certificate only. The default hash, SHA-256, is
/// left out as DER asks; issuerSerial is left out as ETSI EN 319 122-1, 5.2.2.3 advises.
fn signing_certificate_v2(params: &SignerParams) -> Vec<u8> {
    let hash = asn1::octets(&params.digest.digest(params.certificate.der()));
    let id = match params.digest {
        DigestAlgorithm::Sha256 => asn1::sequence(&[&hash]),
        other => asn1::sequence(&[&identifier::write_digest(other), &hash]),
    };
    asn1::sequence(&[&asn1::sequence(&[&id])])
}

fn included(params: &SignerParams) -> Vec<&Certificate> {
    let mut all = vec![&params.certificate];
    for certificate in &params.chain {
        if !all.contains(&certificate) {
            all.push(certificate);
        }
    }
    all
}

impl Prepared {
    /// The bytes that are signed: the signed attributes as a DER SET OF (RFC 5652, 5.4).
    pub fn to_be_signed(&self) -> &[u8] {
        &self.attributes
    }

    /// Their digest, which goes to the token.
    pub fn to_be_signed_digest(&self) -> Vec<u8> {
        self.params.digest.digest(&self.attributes)
    }

    pub fn digest(&self) -> DigestAlgorithm {
        self.params.digest
    }

    pub fn scheme(&self) -> SignatureScheme {
        self.params.scheme
    }

    /// Puts the signature in. It is verified first: a token that answers with something
    /// else must not spoil a document.
    ///
    /// # Errors
    /// [`PkiError::WrongSignature`].
    pub fn finish(&self, signature: &[u8]) -> Result<SignedDataDer, PkiError> {
        let SignerParams { certificate, digest, scheme, .. } = &self.params;
        if !verify::verify_signature(certificate, *scheme, *digest, &self.attributes, signature) {
            return Err(PkiError::WrongSignature);
        }
        Ok(SignedDataDer {
            prepared: self.clone(),
            signature: signature.to_vec(),
            time_stamp: None,
        })
    }
}

/// A finished signature.
#[derive(Debug, Clone)]
pub struct SignedDataDer {
    prepared: Prepared,
    signature: Vec<u8>,
    time_stamp: Option<Vec<u8>>,
}

impl SignedDataDer {
    /// The signature value, which a time stamp is made over.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Adds a time-stamp token over [`Self::signature`] as unsigned attribute
    /// (id-aa-signatureTimeStampToken, RFC 3161 annex A).
    pub fn with_timestamp(mut self, token: &[u8]) -> Result<Self, PkiError> {
        Element::whole(token)?.tagged(asn1::SEQUENCE)?;
        self.time_stamp = Some(token.to_vec());
        Ok(self)
    }

    /// The ContentInfo in DER.
    pub fn to_der(&self) -> Vec<u8> {
        let params = &self.prepared.params;
        let digest = identifier::write_digest(params.digest);
        let version = asn1::unsigned(&[1]);
        let certificates: Vec<Vec<u8>> =
            included(params).iter().map(|c| c.der().to_vec()).collect();
        let signed_data = asn1::sequence(&[
            &version,
            &asn1::element(asn1::SET, &digest),
            &asn1::sequence(&[&asn1::oid(&oid::DATA)]),
            &asn1::set_of(asn1::context(0), certificates),
            &asn1::element(asn1::SET, &self.signer_info(&version, &digest)),
        ]);
        let content = asn1::element(asn1::context(0), &signed_data);
        asn1::sequence(&[&asn1::oid(&oid::SIGNED_DATA), &content])
    }

    fn signer_info(&self, version: &[u8], digest: &[u8]) -> Vec<u8> {
        let params = &self.prepared.params;
        let signer = asn1::sequence(&[
            &params.certificate.issuer().raw,
            &params.certificate.serial_integer(),
        ]);
        // The same attributes, now under the tag [0] IMPLICIT.
        let mut signed = self.prepared.attributes.clone();
        if let Some(tag) = signed.first_mut() {
            *tag = asn1::context(0);
        }
        let unsigned = self.time_stamp.as_ref().map_or_else(Vec::new, |token| {
            asn1::element(asn1::context(1), &attribute(&oid::SIGNATURE_TIME_STAMP, token))
        });
        asn1::sequence(&[
            version,
            &signer,
            digest,
            &signed,
            &identifier::write_signature(params.scheme, params.digest),
            &asn1::octets(&self.signature),
            &unsigned,
        ])
    }
}
