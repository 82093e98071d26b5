//! Names of the digest and signature algorithms that the product makes and reads.
//!
//! Thông tư 15/2025/TT-BKHCN: RSA of at least 2048 bit, ECDSA of at least 256 bit,
//! SHA-256 or better. SHA-1 is known by name only, so that it can be refused by name.

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::error::PkiError;
use crate::rules::algorithms::Algorithms;

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DigestAlgorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl DigestAlgorithm {
    /// The digest of `bytes`.
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        }
    }

    /// Length of a digest in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// `sha256` and so on.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The DER prefix that turns a digest into a PKCS#1 `DigestInfo` (RFC 8017, 9.2 note 1).
    pub const fn digest_info_prefix(self) -> &'static [u8] {
        match self {
            Self::Sha1 => &[
                0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04,
                0x14,
            ],
            Self::Sha256 => &[
                0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                0x01, 0x05, 0x00, 0x04, 0x20,
            ],
            Self::Sha384 => &[
                0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                0x02, 0x05, 0x00, 0x04, 0x30,
            ],
            Self::Sha512 => &[
                0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
                0x03, 0x05, 0x00, 0x04, 0x40,
            ],
        }
    }
}

/// How a digest is turned into a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2).
    RsaPkcs1,
    /// RSASSA-PSS, MGF1 with the same digest, salt as long as the digest (RFC 8017, 8.1).
    RsaPss,
    /// ECDSA; signatures are DER `SEQUENCE { r, s }` (RFC 3279, 2.2.3).
    Ecdsa,
}

/// The kind and size of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyKind {
    /// RSA with the modulus' length in bits.
    Rsa(u32),
    P256,
    P384,
    Other,
}

impl KeyKind {
    /// The scheme to sign with by default; `None` for keys that the product cannot use.
    pub const fn default_scheme(self) -> Option<SignatureScheme> {
        match self {
            Self::Rsa(_) => Some(SignatureScheme::RsaPkcs1),
            Self::P256 | Self::P384 => Some(SignatureScheme::Ecdsa),
            Self::Other => None,
        }
    }

    /// The digest to sign with by default: as strong as the key (NIST SP 800-57, 5.6.1).
    pub const fn default_digest(self) -> DigestAlgorithm {
        match self {
            Self::P384 => DigestAlgorithm::Sha384,
            Self::Rsa(_) | Self::P256 | Self::Other => DigestAlgorithm::Sha256,
        }
    }

    /// Whether the law's minimum is met (Thông tư 15/2025/TT-BKHCN: RSA 2048, ECDSA 256).
    pub const fn is_strong_enough(self) -> bool {
        matches!(self, Self::Rsa(2048..) | Self::P256 | Self::P384)
    }

    /// Whether a profile lets such a key make new signatures. It may ask for longer keys than
    /// the law, and never for less.
    ///
    /// # Errors
    /// [`PkiError::KeyTooShort`].
    pub fn check_by(self, rules: &Algorithms) -> Result<(), PkiError> {
        let asked = match self {
            Self::Rsa(bits) => bits >= rules.rsa_bits,
            Self::P256 => rules.ecdsa_bits <= 256,
            Self::P384 => rules.ecdsa_bits <= 384,
            Self::Other => false,
        };
        if asked && self.is_strong_enough() {
            return Ok(());
        }
        let (key, rsa_bits, ecdsa_bits) = (self.to_string(), rules.rsa_bits, rules.ecdsa_bits);
        Err(PkiError::KeyTooShort { key, rsa_bits, ecdsa_bits })
    }
}

impl std::fmt::Display for KeyKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA-{bits}"),
            Self::P256 => f.write_str("P-256"),
            Self::P384 => f.write_str("P-384"),
            Self::Other => f.write_str("unknown"),
        }
    }
}
