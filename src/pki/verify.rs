//! Mathematics of signatures, done by aws-lc.
//!
//! RSA keys from 1024 bit are verified, so that a document signed with one can be told from
//! a forged one; that such a key is too weak is for [`super::path`] to say
//! ([`KeyKind::is_strong_enough`]).

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self as lc, RsaParameters, RsaPssSaltLength, VerificationAlgorithm};

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
    Method { scheme, digest, salt: None }.verify(certificate, message, signature)
}

/// As [`verify_signature`], where only the message's digest is known.
pub fn verify_digest(
    certificate: &Certificate,
    scheme: SignatureScheme,
    digest: DigestAlgorithm,
    message_digest: &[u8],
    signature: &[u8],
) -> bool {
    Method { scheme, digest, salt: None }.verify_digest(certificate, message_digest, signature)
}

/// How a signature is verified: scheme, digest, and for PSS the length of the salt, which
/// is the digest's where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Method {
    pub scheme: SignatureScheme,
    pub digest: DigestAlgorithm,
    pub salt: Option<u16>,
}

impl Method {
    pub(super) fn verify(self, signer: &Certificate, message: &[u8], signature: &[u8]) -> bool {
        let key = signer.public_key();
        self.on(signer, |verifier| verifier.verify_sig(key, message, signature).is_ok())
    }

    /// As [`Self::verify`], where only the message's digest is known.
    pub(super) fn verify_digest(
        self,
        signer: &Certificate,
        message_digest: &[u8],
        signature: &[u8],
    ) -> bool {
        let name = match self.digest {
            DigestAlgorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            DigestAlgorithm::Sha256 => &digest::SHA256,
            DigestAlgorithm::Sha384 => &digest::SHA384,
            DigestAlgorithm::Sha512 => &digest::SHA512,
        };
        let Ok(imported) = Digest::import_less_safe(message_digest, name) else { return false };
        let key = signer.public_key();
        self.on(signer, |verifier| verifier.verify_digest_sig(key, &imported, signature).is_ok())
    }

    fn on(
        self,
        signer: &Certificate,
        verify: impl FnOnce(&dyn VerificationAlgorithm) -> bool,
    ) -> bool {
        use DigestAlgorithm::{Sha1, Sha256, Sha384, Sha512};
        use SignatureScheme::{Ecdsa, RsaPkcs1, RsaPss};
        let salt = self.salt.map_or(RsaPssSaltLength::Digest, RsaPssSaltLength::Custom);
        let pss = |parameters: RsaParameters| parameters.with_pss_salt_length(salt);
        let with_pss;
        let verifier: &dyn VerificationAlgorithm =
            match (signer.key_kind(), self.scheme, self.digest) {
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
                (KeyKind::Rsa(2048..=8192), RsaPss, Sha256 | Sha384 | Sha512) => {
                    with_pss = pss(match self.digest {
                        Sha384 => lc::RSA_PSS_2048_8192_SHA384,
                        Sha512 => lc::RSA_PSS_2048_8192_SHA512,
                        _ => lc::RSA_PSS_2048_8192_SHA256,
                    });
                    &with_pss
                }
                (KeyKind::P256, Ecdsa, Sha1) => &lc::ECDSA_P256_SHA1_ASN1,
                (KeyKind::P256, Ecdsa, Sha256) => &lc::ECDSA_P256_SHA256_ASN1,
                (KeyKind::P256, Ecdsa, Sha384) => &lc::ECDSA_P256_SHA384_ASN1,
                (KeyKind::P256, Ecdsa, Sha512) => &lc::ECDSA_P256_SHA512_ASN1,
                (KeyKind::P384, Ecdsa, Sha256) => &lc::ECDSA_P384_SHA256_ASN1,
                (KeyKind::P384, Ecdsa, Sha384) => &lc::ECDSA_P384_SHA384_ASN1,
                (KeyKind::P384, Ecdsa, Sha512) => &lc::ECDSA_P384_SHA512_ASN1,
                _ => return false,
            };
        verify(verifier)
    }
}
