//! Our own signatures, verified before anybody relies on them: a token whose answer does
//! not fit its certificate has signed nothing.

use aws_lc_rs::digest::{Digest, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::certificate::key_kind_of;
use super::{Token, TokenCertificate, TokenError};
use crate::pki::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};

/// Signs with the key of `certificate` and verifies the answer with its public key.
pub fn sign_proved(
    token: &mut dyn Token,
    certificate: &TokenCertificate,
    scheme: SignatureScheme,
    algorithm: DigestAlgorithm,
    digest: &[u8],
) -> Result<Vec<u8>, TokenError> {
    let signature = token.sign_digest(&certificate.key, scheme, algorithm, digest)?;
    if verifies(&certificate.der, scheme, algorithm, digest, &signature) {
        Ok(signature)
    } else {
        Err(TokenError::BadSignature)
    }
}

/// Whether `signature` over a ready digest verifies with the public key of a DER certificate.
pub fn verifies(
    certificate: &[u8],
    scheme: SignatureScheme,
    algorithm: DigestAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    let Some(verifier) = key_kind_of(certificate).and_then(|key| verifier(key, scheme, algorithm))
    else {
        return false;
    };
    let function = match algorithm {
        DigestAlgorithm::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
        DigestAlgorithm::Sha256 => &SHA256,
        DigestAlgorithm::Sha384 => &SHA384,
        DigestAlgorithm::Sha512 => &SHA512,
    };
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return false };
    match (
        ParsedPublicKey::new(verifier, parsed.public_key().raw),
        Digest::import_less_safe(digest, function),
    ) {
        (Ok(key), Ok(digest)) => key.verify_digest_sig(&digest, signature).is_ok(),
        _ => false,
    }
}

fn verifier(
    key: KeyKind,
    scheme: SignatureScheme,
    algorithm: DigestAlgorithm,
) -> Option<&'static dyn VerificationAlgorithm> {
    use DigestAlgorithm as D;
    Some(match (key, scheme, algorithm) {
        (KeyKind::Rsa(_), SignatureScheme::RsaPkcs1, D::Sha256) => {
            &signature::RSA_PKCS1_2048_8192_SHA256
        }
        (KeyKind::Rsa(_), SignatureScheme::RsaPkcs1, D::Sha384) => {
            &signature::RSA_PKCS1_2048_8192_SHA384
        }
        (KeyKind::Rsa(_), SignatureScheme::RsaPkcs1, D::Sha512) => {
            &signature::RSA_PKCS1_2048_8192_SHA512
        }
        (KeyKind::Rsa(_), SignatureScheme::RsaPss, D::Sha256) => {
            &signature::RSA_PSS_2048_8192_SHA256
        }
        (KeyKind::Rsa(_), SignatureScheme::RsaPss, D::Sha384) => {
            &signature::RSA_PSS_2048_8192_SHA384
        }
        (KeyKind::Rsa(_), SignatureScheme::RsaPss, D::Sha512) => {
            &signature::RSA_PSS_2048_8192_SHA512
        }
        (KeyKind::P256, SignatureScheme::Ecdsa, D::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeyKind::P256, SignatureScheme::Ecdsa, D::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (KeyKind::P384, SignatureScheme::Ecdsa, D::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (KeyKind::P384, SignatureScheme::Ecdsa, D::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        _ => return None,
    })
}
