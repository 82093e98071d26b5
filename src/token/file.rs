//! PKCS#12 files as tokens, for demonstrations and tests only: a private key in a file is
//! no qualified means of signing, and everything that shows such a token says so.
//!
//! Unlike a card, the file shows its certificates only after the password.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as ArchiveError;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::pkcs8::DecodePrivateKey;
use rsa::rand_core::OsRng;
use rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey};

use super::{KeyRef, Pin, PinState, Token, TokenCertificate, TokenError, encoding};
use crate::pki::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};
use crate::pki::certificate::Certificate;

/// More is no PKCS#12 file of ours.
const MAX_FILE: u64 = 1024 * 1024;

/// A PKCS#12 file, as a [`Token`].
pub struct FileToken {
    path: PathBuf,
    bytes: Vec<u8>,
    /// `None` before the password.
    entries: Option<Vec<Entry>>,
}

struct Entry {
    certificate: TokenCertificate,
    key: PrivateKey,
}

/// All three wipe themselves when dropped.
enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
}

impl FileToken {
    /// Reads the file; it is opened by [`Token::login`].
    pub fn open(path: &Path) -> Result<Self, TokenError> {
        let bad = |cause: String| TokenError::BadFile { path: path.to_owned(), cause };
        let file = File::open(path).map_err(|error| bad(error.to_string()))?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| bad(error.to_string()))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(bad("too large".to_owned()));
        }
        // A PFX is a SEQUENCE that begins with its version, 3.
        let is_pfx = x509_parser::der_parser::parse_der(&bytes).is_ok_and(|(_, pfx)| {
            pfx.as_sequence().is_ok_and(|parts| {
                parts.first().is_some_and(|version| version.as_u32().is_ok_and(|n| n == 3))
            })
        });
        if !is_pfx {
            return Err(bad("not a PKCS#12 file".to_owned()));
        }
        Ok(Self { path: path.to_owned(), bytes, entries: None })
    }

    fn read(&self, password: &Pin) -> Result<Vec<Entry>, TokenError> {
        let archive =
            Pkcs12Archive::from_pkcs12(&self.bytes, password.reveal()).map_err(|error| {
                match error {
                    // With a MAC the first tells; without one the password shows itself
                    // wrong when what it deciphers is no padding or no key.
                    ArchiveError::MacError(_)
                    | ArchiveError::UnpadError
                    | ArchiveError::Pkcs5Error(_)
                    | ArchiveError::InvalidPrivateKey => TokenError::WrongPassword,
                    error => {
                        TokenError::BadFile { path: self.path.clone(), cause: error.to_string() }
                    }
                }
            })?;
        let mut entries: Vec<Entry> = Vec::new();
        for bag in &archive.keys {
            let Some(key) = PrivateKey::read(bag.key.as_der()) else { continue };
            // Matched by the public key itself: names and ids are optional.
            let certificate =
                archive.certs.iter().map(|bag| bag.cert.as_der()).find(|der| key.belongs_to(der));
            if let Some(der) = certificate {
                let alias = bag.friendly_name.clone().unwrap_or_default();
                let taken = entries.iter().any(|entry| entry.certificate.key.0 == alias);
                let alias = if alias.is_empty() || taken {
                    format!("{}", entries.len() + 1)
                } else {
                    alias
                };
                let certificate = TokenCertificate { key: KeyRef(alias), der: der.to_vec() };
                entries.push(Entry { certificate, key });
            }
        }
        Ok(entries)
    }

    fn entries(&self) -> Result<&[Entry], TokenError> {
        self.entries.as_deref().ok_or(TokenError::LoginNeeded)
    }
}

impl Token for FileToken {
    fn label(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        Ok(self.entries()?.iter().map(|entry| entry.certificate.clone()).collect())
    }

    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        Ok(PinState::TriesLeft(None))
    }

    fn login(&mut self, pin: &Pin) -> Result<(), TokenError> {
        self.entries = None;
        self.entries = Some(self.read(pin)?);
        Ok(())
    }

    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        self.entries()?
            .iter()
            .find(|entry| entry.certificate.key == *key)
            .ok_or_else(|| TokenError::NoSuchKey { key: key.0.clone() })?
            .key
            .sign(scheme, algorithm, digest)
    }

    fn is_demonstration(&self) -> bool {
        true
    }
}

impl PrivateKey {
    fn read(pkcs8: &[u8]) -> Option<Self> {
        if let Ok(key) = RsaPrivateKey::from_pkcs8_der(pkcs8) {
            Some(Self::Rsa(Box::new(key)))
        } else if let Ok(key) = p256::ecdsa::SigningKey::from_pkcs8_der(pkcs8) {
            Some(Self::P256(key))
        } else {
            p384::ecdsa::SigningKey::from_pkcs8_der(pkcs8).ok().map(Self::P384)
        }
    }

    fn belongs_to(&self, certificate: &[u8]) -> bool {
        use rsa::pkcs1::EncodeRsaPublicKey;
        let Ok(certificate) = Certificate::from_der(certificate) else { return false };
        let theirs = certificate.public_key();
        match self {
            Self::Rsa(key) => {
                key.to_public_key().to_pkcs1_der().is_ok_and(|ours| ours.as_bytes() == theirs)
            }
            Self::P256(key) => key.verifying_key().to_encoded_point(false).as_bytes() == theirs,
            Self::P384(key) => key.verifying_key().to_encoded_point(false).as_bytes() == theirs,
        }
    }

    const fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa(_) => KeyKind::Rsa(0),
            Self::P256(_) => KeyKind::P256,
            Self::P384(_) => KeyKind::P384,
        }
    }

    fn sign(
        &self,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let unsupported = || TokenError::Unsupported {
            what: format!("{} {scheme:?} {}", self.kind(), algorithm.name()),
        };
        let signature = match (self, scheme) {
            (Self::Rsa(key), SignatureScheme::RsaPkcs1) => {
                let info = encoding::digest_info(algorithm, digest).ok_or_else(unsupported)?;
                key.sign_with_rng(&mut OsRng, Pkcs1v15Sign::new_unprefixed(), &info).ok()
            }
            (Self::Rsa(key), SignatureScheme::RsaPss) => {
                let padding = match algorithm {
                    DigestAlgorithm::Sha1 => Pss::new::<sha1::Sha1>(),
                    DigestAlgorithm::Sha256 => Pss::new::<sha2::Sha256>(),
                    DigestAlgorithm::Sha384 => Pss::new::<sha2::Sha384>(),
                    DigestAlgorithm::Sha512 => Pss::new::<sha2::Sha512>(),
                };
                (digest.len() == algorithm.size())
                    .then(|| key.sign_with_rng(&mut OsRng, padding, digest).ok())
                    .flatten()
            }
            (Self::P256(key), SignatureScheme::Ecdsa) => {
                let signature: Option<p256::ecdsa::Signature> =
                    key.sign_prehash(&encoding::ecdsa_input(digest, 32)).ok();
                signature.map(|signature| signature.to_der().as_bytes().to_vec())
            }
            (Self::P384(key), SignatureScheme::Ecdsa) => {
                let signature: Option<p384::ecdsa::Signature> =
                    key.sign_prehash(&encoding::ecdsa_input(digest, 48)).ok();
                signature.map(|signature| signature.to_der().as_bytes().to_vec())
            }
            _ => None,
        };
        signature.ok_or_else(unsupported)
    }
}
