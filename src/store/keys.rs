//! Who can open the database: `keys.json`.
//!
//! The database is encrypted with one random key of 256 bits. For each user that key is
//! wrapped with XChaCha20-Poly1305 under a key that Argon2id (RFC 9106) makes of the
//! login password. Nothing else opens the data: no password, no data.
//!
//! Removing a user's key keeps that user out of *this* folder. It does not re-encrypt the
//! database: whoever kept a copy of the old `keys.json` and knows the old password can
//! still open an old copy of the data, as with any copy taken while access was rightful.

use std::path::Path;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::disk;
use super::error::StoreError;
use super::{Store, locked};
use crate::domain::text;
use crate::token::Pin;

pub(super) const FILE: &str = "keys.json";
const FORMAT: u32 = 1;

/// What one guess of a password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KdfCost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl KdfCost {
    /// 64 MiB, three passes: the second recommendation of RFC 9106 section 4, with one
    /// lane, since the desks are small machines.
    pub const STANDARD: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// For demonstrations and tests, where the password guards nothing.
    pub const FAST: Self = Self { memory_kib: 64, passes: 1, lanes: 1 };

    /// A cost that a file names is obeyed only within bounds, lest a forged file eat the
    /// memory.
    fn params(self) -> Result<Params, StoreError> {
        if self.memory_kib > 1024 * 1024 || self.passes > 64 || self.lanes > 16 {
            return Err(StoreError::damaged("key file", "unbelievable cost"));
        }
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|error| StoreError::damaged("key file", error))
    }
}

/// A key of 256 bits, wiped when dropped.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(super) fn random() -> Result<Self, StoreError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key for one other purpose, made from this one (HMAC-SHA-256 as a PRF).
    pub(super) fn derive(&self, purpose: &str) -> Self {
        Self(Zeroizing::new(self.mac(purpose.as_bytes())))
    }

    /// HMAC-SHA-256 of `data`.
    pub(super) fn mac(&self, data: &[u8]) -> [u8; 32] {
        self.hmac(data).finalize().into_bytes().into()
    }

    /// Whether `tag` is the HMAC of `data`, in constant time.
    pub(super) fn verifies(&self, data: &[u8], tag: &[u8]) -> bool {
        self.hmac(data).verify_slice(tag).is_ok()
    }

    fn hmac(&self, data: &[u8]) -> Hmac<Sha256> {
        // HMAC pads a short key with zeros to its block of 64 bytes; done here, since a key
        // of exactly that length cannot fail.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(self.0.as_slice());
        let mut hmac = <Hmac<Sha256> as hmac::digest::KeyInit>::new((&*block).into());
        hmac.update(data);
        hmac
    }
}

/// Random bytes from the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|error| StoreError::Io(error.to_string()))?;
    Ok(bytes)
}

/// The database's key, wrapped for one user.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Wrapped {
    user: String,
    cost: KdfCost,
    salt: String,
    nonce: String,
    key: String,
}

/// The file beside the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct KeyFile {
    format: u32,
    users: Vec<Wrapped>,
}

impl KeyFile {
    pub(super) fn empty() -> Self {
        Self { format: FORMAT, users: Vec::new() }
    }

    pub(super) fn read(dir: &Path) -> Result<Self, StoreError> {
        let bytes = match std::fs::read(dir.join(FILE)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::damaged("key file", "it is missing"));
            }
            Err(error) => return Err(error.into()),
        };
        let file: Self = serde_json::from_slice(&bytes)
            .map_err(|error| StoreError::damaged("key file", error))?;
        if file.format > FORMAT {
            return Err(StoreError::NewerVersion { found: file.format, known: FORMAT });
        }
        Ok(file)
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        disk::replace(&dir.join(FILE), &bytes)
    }

    /// Names of all who have a key.
    pub(super) fn users(&self) -> Vec<String> {
        self.users.iter().map(|wrapped| wrapped.user.clone()).collect()
    }

    /// What new passwords are stretched with: what the first key was, since the folder's
    /// maker chose it.
    pub(super) fn cost(&self) -> KdfCost {
        self.users.first().map_or(KdfCost::STANDARD, |first| first.cost)
    }

    pub(super) fn has(&self, user: &str) -> bool {
        let user = name(user);
        self.users.iter().any(|wrapped| wrapped.user == user)
    }

    /// Gives `user` the key under `password`; an earlier one is replaced.
    pub(super) fn put(
        &mut self,
        user: &str,
        password: &Pin,
        key: &Key,
        cost: KdfCost,
    ) -> Result<(), StoreError> {
        let user = name(user);
        if user.is_empty() {
            return Err(StoreError::conflict("a user needs a name"));
        }
        let salt: [u8; 16] = random()?;
        let nonce: [u8; 24] = random()?;
        let wrapping = stretch(password, &salt, cost)?;
        let sealed = XChaCha20Poly1305::new(wrapping.bytes().into())
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: key.bytes(), aad: &context(&user) })
            .map_err(|_| StoreError::Internal("sealing the key".to_owned()))?;
        self.users.retain(|wrapped| wrapped.user != user);
        self.users.push(Wrapped {
            user,
            cost,
            salt: BASE64.encode(salt),
            nonce: BASE64.encode(nonce),
            key: BASE64.encode(sealed),
        });
        Ok(())
    }

    pub(super) fn remove(&mut self, user: &str) -> Result<(), StoreError> {
        let user = name(user);
        if !self.has(&user) {
            return Err(StoreError::NotFound(format!("key of {user}")));
        }
        if self.users.len() == 1 {
            return Err(StoreError::LastKey);
        }
        self.users.retain(|wrapped| wrapped.user != user);
        Ok(())
    }

    /// The database's key, if the password is right. An unknown user costs as much time
    /// as a wrong password and gives the same answer.
    pub(super) fn unwrap(&self, user: &str, password: &Pin) -> Result<Key, StoreError> {
        let user = name(user);
        let Some(wrapped) = self.users.iter().find(|wrapped| wrapped.user == user) else {
            stretch(password, &[0; 16], self.cost())?;
            return Err(StoreError::WrongPassword);
        };
        let decode = |text: &str| {
            BASE64.decode(text).map_err(|error| StoreError::damaged("key file", error))
        };
        let (salt, nonce, sealed) =
            (decode(&wrapped.salt)?, decode(&wrapped.nonce)?, decode(&wrapped.key)?);
        if nonce.len() != 24 || salt.len() < 8 {
            return Err(StoreError::damaged("key file", "a salt or nonce is too short"));
        }
        let wrapping = stretch(password, &salt, wrapped.cost)?;
        let opened = XChaCha20Poly1305::new(wrapping.bytes().into())
            .decrypt(XNonce::from_slice(&nonce), Payload { msg: &sealed, aad: &context(&user) })
            .map_err(|_| StoreError::WrongPassword)?;
        let opened = Zeroizing::new(opened);
        let key = <[u8; 32]>::try_from(opened.as_slice())
            .map_err(|_| StoreError::damaged("key file", "a key of the wrong length"))?;
        Ok(Key(Zeroizing::new(key)))
    }
}

impl Store {
    /// Names of all who have a key.
    pub fn key_holders(&self) -> Result<Vec<String>, StoreError> {
        Ok(KeyFile::read(self.dir())?.users())
    }

    /// Lets `user` open the database with `password`.
    pub fn add_key(&self, user: &str, password: &Pin) -> Result<(), StoreError> {
        self.change_keys(|keys| {
            if keys.has(user) {
                return Err(StoreError::KeyExists);
            }
            keys.put(user, password, self.key(), self.0.cost)
        })
    }

    /// Changes a password by the one who knows the old one.
    pub fn change_password(&self, user: &str, old: &Pin, new: &Pin) -> Result<(), StoreError> {
        self.change_keys(|keys| {
            keys.unwrap(user, old)?;
            keys.put(user, new, self.key(), self.0.cost)
        })
    }

    /// Sets a new password for one who forgot the old one.
    pub fn reset_password(&self, user: &str, new: &Pin) -> Result<(), StoreError> {
        self.change_keys(|keys| {
            if !keys.has(user) {
                return Err(StoreError::NotFound(format!("key of {user}")));
            }
            keys.put(user, new, self.key(), self.0.cost)
        })
    }

    /// Takes a user's key away; the last one stays.
    pub fn remove_key(&self, user: &str) -> Result<(), StoreError> {
        self.change_keys(|keys| keys.remove(user))
    }

    fn change_keys(
        &self,
        change: impl FnOnce(&mut KeyFile) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let _one_at_a_time = locked(&self.0.key_file);
        let mut keys = KeyFile::read(self.dir())?;
        change(&mut keys)?;
        keys.write(self.dir())
    }
}

/// Binds a wrapped key to its user, so that rows of the file cannot be exchanged.
fn context(user: &str) -> Vec<u8> {
    format!("vanthu database key 1\0{user}").into_bytes()
}

fn name(user: &str) -> String {
    text::tidy(user)
}

/// Argon2id over the password in NFC: input methods compose `ế` in more ways than one.
fn stretch(password: &Pin, salt: &[u8], cost: KdfCost) -> Result<Key, StoreError> {
    let composed = Zeroizing::new(text::compose(password.reveal()));
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params()?)
        .hash_password_into(composed.as_bytes(), salt, key.as_mut_slice())
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    Ok(Key(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (KeyFile, Key) {
        let key = Key::random().unwrap();
        let mut file = KeyFile::empty();
        file.put("bé", &Pin::new("mật khẩu"), &key, KdfCost::FAST).unwrap();
        (file, key)
    }

    #[test]
    fn only_the_right_password_opens() {
        let (file, key) = file();
        let opened = file.unwrap("bé", &Pin::new("mật khẩu")).unwrap();
        assert_eq!(opened.bytes(), key.bytes());
        for (user, password) in [("bé", "mat khau"), ("be", "mật khẩu"), ("ai", "x")] {
            let result = file.unwrap(user, &Pin::new(password));
            assert_eq!(result.err(), Some(StoreError::WrongPassword));
        }
    }

    #[test]
    fn a_decomposed_password_is_the_same_password() {
        let (file, _) = file();
        let decomposed = "ma\u{323}\u{302}t kha\u{302}\u{309}u";
        assert!(file.unwrap("be\u{301}", &Pin::new(decomposed)).is_ok());
    }

    #[test]
    fn keys_of_two_users_cannot_be_exchanged() {
        let (mut file, key) = file();
        file.put("an", &Pin::new("khác"), &key, KdfCost::FAST).unwrap();
        file.users[0].user = "an".to_owned();
        file.users[1].user = "bé".to_owned();
        assert!(file.unwrap("an", &Pin::new("mật khẩu")).is_err());
    }

    #[test]
    fn a_forged_cost_is_refused_at_once() {
        let (mut file, _) = file();
        file.users[0].cost.memory_kib = u32::MAX;
        let result = file.unwrap("bé", &Pin::new("mật khẩu"));
        assert!(matches!(result, Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn the_last_key_stays() {
        let (mut file, key) = file();
        assert_eq!(file.remove("bé"), Err(StoreError::LastKey));
        file.put("an", &Pin::new("x"), &key, KdfCost::FAST).unwrap();
        assert_eq!(file.remove("bé"), Ok(()));
        assert_eq!(file.users(), ["an"]);
    }
}
