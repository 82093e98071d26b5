//! Mathematics of signatures, done by aws-lc.
//!
//! RSA keys from 1024 bit are verified, so that a document signed with one can be told from
//! a forged one; that such a key is too weak is for [`super::path`] to say
//! ([`KeyKind::is_strong_enough`]).

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self as lc, UnparsedPublicKey, VerificationAlgorithm};

use super::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};
use super::certificate::Certificate;

/// Whether `signature` over `message` was made by the key in `certificate`.
///
/// `false` too for combinations that nobody should use: RSA below 1024 bit, PSS or
/// P-384 with SHA-1, keys of other kinds.
pub fn verify_signature(
    certificate: &Certificate,
    scheme: SignatureScheme,
    digest: DigestAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    verifier(certificate.key_kind(), scheme, digest).is_some_and(|algorithm| {
        UnparsedPublicKey::new(algorithm, certificate.public_key())
            .verify(message, signature)
            .is_ok()
    })
}

/// As [`verify_signature`], where only the message's digest is known.
pub fn verify_digest(
    certificate: &Certificate,
    scheme: SignatureScheme,
    digest: DigestAlgorithm,
    message_digest: &[u8],
    signature: &[u8],
) -> bool {
    let name = match digest {
        DigestAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        DigestAlgorithm::Sha256 => &digest::SHA256,
        DigestAlgorithm::Sha384 => &digest::SHA384,
        DigestAlgorithm::Sha512 => &digest::SHA512,
    };
    let Ok(imported) = digest::Digest::import_less_safe(message_digest, name) else {
        return false;
    };
    verifier(certificate.key_kind(), scheme, digest).is_some_and(|algorithm| {
        UnparsedPublicKey::new(algorithm, certificate.public_key())
            .verify_digest(&imported, signature)
            .is_ok()
    })
}

fn verifier(
    key: KeyKind,
    scheme: SignatureScheme,
    digest: DigestAlgorithm,
) -> Option<&'static dyn VerificationAlgorithm> {
    use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
    use SignatureScheme::{Ecdsa, RsaPkcs1, RsaPss};
    Some(match (key, scheme, digest) {
        (KeyKind::Rsa(2048..=8192), RsaPkcs1, Sha256) => &lc::RSA_PKCS1_2048_8192_SHA256,
        (KeyKind::Rsa(2048..=8192), RsaPkcs1, Sha384) => &lc::RSA_PKCS1_2048_8192_SHA384,
        (KeyKind::Rsa(2048..=8192), RsaPkcs1, Sha512) => &lc::RSA_PKCS1_2048_8192_SHA512,
        (KeyKind::Rsa(1024..=8192), RsaPkcs1, Sha1) => {
            &lc::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
        }
        (KeyKind::Rsa(1024..2048), RsaPkcs1, Sha256) => {
            &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY
        }
        (KeyKind::Rsa(1024..2048), RsaPkcs1, Sha512) => {
            &lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY
        }
        (KeyKind::Rsa(2048..=8192), RsaPss, Sha256) => &lc::RSA_PSS_2048_8192_SHA256,
        (KeyKind::Rsa(2048..=8192), RsaPss, Sha384) => &lc::RSA_PSS_2048_8192_SHA384,
        (KeyKind::Rsa(2048..=8192), RsaPss, Sha512) => &lc::RSA_PSS_2048_8192_SHA512,
        (KeyKind::P256, Ecdsa, Sha1) => &lc::ECDSA_P256_SHA1_ASN1,
        (KeyKind::P256, Ecdsa, Sha256) => &lc::ECDSA_P256_SHA256_ASN1,
        (KeyKind::P256, Ecdsa, Sha384) => &lc::ECDSA_P256_SHA384_ASN1,
        (KeyKind::P256, Ecdsa, Sha512) => &lc::ECDSA_P256_SHA512_ASN1,
        (KeyKind::P384, Ecdsa, Sha256) => &lc::ECDSA_P384_SHA256_ASN1,
        (KeyKind::P384, Ecdsa, Sha384) => &lc::ECDSA_P384_SHA384_ASN1,
        (KeyKind::P384, Ecdsa, Sha512) => &lc::ECDSA_P384_SHA512_ASN1,
        _ => return None,
    })
}
