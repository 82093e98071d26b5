//! The server's own key: seals the agencies' secrets in the database and signs receipts.
//!
//! It lies in a file beside the database, so that a copy of the database alone opens no
//! account. An HMAC secret must be known in clear by who checks it; that is why it is sealed
//! and not hashed.

use std::io::Write as _;
use std::path::Path;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use super::ServerError;
use super::storage::Packet;
use crate::domain::agency::AgencyCode;
use crate::exchange::wire::Receipted;
use crate::token::Pin;

const NONCE: usize = 24;

/// 32 bytes that never leave the server.
pub struct ServerKey {
    sealing: Zeroizing<[u8; 32]>,
    receipts: Ed25519KeyPair,
    mark: String,
}

impl ServerKey {
    /// Reads the key from its file, or makes both.
    pub fn load_or_make(path: &Path) -> Result<Self, ServerError> {
        match Self::load(path)? {
            Some(key) => Ok(key),
            None => Self::make(path),
        }
    }

    /// Reads the key from its file; `None` if there is none.
    pub fn load(path: &Path) -> Result<Option<Self>, ServerError> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let text = Zeroizing::new(text);
                let mut master = Zeroizing::new([0; 32]);
                hex::decode_to_slice(text.trim(), master.as_mut_slice())
                    .map_err(|e| ServerError::Key(e.to_string()))?;
                Self::of(&master).map(Some)
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(ServerError::io(path, &e)),
        }
    }

    fn make(path: &Path) -> Result<Self, ServerError> {
        let master = Zeroizing::new(random::<32>()?);
        let failed = |e: std::io::Error| ServerError::io(path, &e);
        // Another program may be making one, on this machine or on another.
        let unfinished = path.with_extension(format!("{}.tmp", uuid::Uuid::now_v7()));
        let mut file = std::fs::File::options()
            .create_new(true)
            .write(true)
            .open(&unfinished)
            .map_err(failed)?;
        super::blobs::make_private(&unfinished)?;
        file.write_all(Zeroizing::new(hex::encode(master.as_slice())).as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        drop(file);
        // Never over a key that another program has just made: what is sealed with that one
        // could not be opened again.
        let linked = std::fs::hard_link(&unfinished, path);
        std::fs::remove_file(&unfinished).map_err(failed)?;
        match linked {
            Ok(()) => Self::of(&master),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Self::load_or_make(path),
            Err(e) => Err(failed(e)),
        }
    }

    fn of(master: &[u8; 32]) -> Result<Self, ServerError> {
        let derive = |purpose: &str| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, master);
            hmac::sign(&key, purpose.as_bytes())
        };
        let mut sealing = Zeroizing::new([0; 32]);
        for (to, from) in sealing.iter_mut().zip(derive("vanthu server: secrets").as_ref()) {
            *to = *from;
        }
        // The private key of RFC 8032 is any 32 bytes that nobody else knows.
        let receipts =
            Ed25519KeyPair::from_seed_unchecked(derive("vanthu server: receipts").as_ref())
                .map_err(|e| ServerError::Key(e.to_string()))?;
        let mark = hex::encode(derive("vanthu server: mark"));
        Ok(Self { sealing, receipts, mark })
    }

    /// By what it is known, without giving it away. Instances compare it: what is sealed with
    /// another key none of them could open.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// Seals an agency's secret, bound to the agency.
    pub fn seal(&self, code: &AgencyCode, secret: &Pin) -> Result<Vec<u8>, ServerError> {
        let nonce = random::<NONCE>()?;
        let payload = Payload { msg: secret.reveal().as_bytes(), aad: code.as_str().as_bytes() };
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| ServerError::Key("sealing failed".into()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Self::seal`] gave for the same agency.
    pub fn open(&self, code: &AgencyCode, sealed: &[u8]) -> Result<Pin, ServerError> {
        let other = || ServerError::Key("a secret was sealed with another key".into());
        let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(other)?;
        let payload = Payload { msg: sealed, aad: code.as_str().as_bytes() };
        let open =
            self.cipher().decrypt(XNonce::from_slice(nonce), payload).map_err(|_| other())?;
        String::from_utf8(open).map(Pin::new).map_err(|_| other())
    }

    /// The receipt for a packet: an Ed25519 signature, lower-case hex. The same packet has the
    /// same receipt, whenever it is asked for.
    pub fn receipt(&self, packet: &Packet) -> String {
        let receipted = Receipted {
            id: &packet.id.to_string(),
            sender: &packet.sender,
            sha256: &packet.sha256,
            received_at: packet.received_at,
            number: packet.link.number,
            link: &packet.link.hash,
        };
        hex::encode(self.receipts.sign(receipted.text().as_bytes()))
    }

    /// The key with which anybody checks receipts, lower-case hex.
    pub fn receipt_key(&self) -> String {
        hex::encode(self.receipts.public_key())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(Key::from_slice(self.sealing.as_slice()))
    }
}

/// A secret that nobody can guess.
pub fn fresh_secret() -> Result<Pin, ServerError> {
    Ok(Pin::new(URL_SAFE_NO_PAD.encode(random::<32>()?)))
}

fn random<const N: usize>() -> Result<[u8; N], ServerError> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|e| ServerError::Key(e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_for_its_agency_and_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.key");
        let key = ServerKey::load_or_make(&path).unwrap();
        let (ours, other) = (AgencyCode::new("H30").unwrap(), AgencyCode::new("H31").unwrap());
        let sealed = key.seal(&ours, &Pin::new("mật khẩu của xã")).unwrap();
        assert!(!sealed.windows(4).any(|w| w == "khẩu".as_bytes().split_at(4).0));

        let again = ServerKey::load_or_make(&path).unwrap();
        assert_eq!(again.open(&ours, &sealed).unwrap().reveal(), "mật khẩu của xã");
        assert!(again.open(&other, &sealed).is_err());
        assert!(again.open(&ours, &sealed[..10]).is_err());
        let elsewhere = ServerKey::load_or_make(&folder.path().join("other.key")).unwrap();
        assert!(elsewhere.open(&ours, &sealed).is_err());
        assert_eq!((key.mark(), key.receipt_key()), (again.mark(), again.receipt_key()));
        assert_ne!(key.mark(), elsewhere.mark());
        assert_ne!(key.receipt_key(), elsewhere.receipt_key());
    }

    #[test]
    fn a_broken_key_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.key");
        std::fs::write(&path, "không phải khóa").unwrap();
        assert!(matches!(ServerKey::load_or_make(&path), Err(ServerError::Key(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "không phải khóa");
    }
}
