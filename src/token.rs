//! Holders of private keys: smart cards over PC/SC, vendor modules over PKCS#11, and
//! PKCS#12 files for demonstrations and tests.
//!
//! One trait, [`Token`]; a private key never leaves its holder. What is plugged in is a
//! state with reasons ([`Presence`]), which the window turns into a sentence.

use zeroize::Zeroizing;

use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};

/// A PIN or file password: lives for one operation, is wiped when dropped, and never
/// shows itself in `Debug` output.
#[derive(Clone)]
pub struct Pin(Zeroizing<String>);

impl Pin {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The characters themselves, for the call that hands them to the token.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// Which token is meant, as on the command line: `pcsc:READER`, `pkcs11:MODULE#TOKEN`
/// (token label, serial number or `slot=N`) or `file:P12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    Pcsc { reader: String },
    Pkcs11 { module: std::path::PathBuf, token: String },
    File { path: std::path::PathBuf },
}

/// A certificate on a token, with the handle of its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCertificate {
    /// PIV slot (`9C`), PKCS#11 id in hex (`02`), or the PKCS#12 alias.
    pub key: KeyRef,
    /// DER of the certificate.
    pub der: Vec<u8>,
}

/// Names one private key on a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyRef(pub String);

/// What is known of a token's PIN before anybody types it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinState {
    /// So many tries are left; `None` where the token does not tell.
    TriesLeft(Option<u8>),
    Blocked,
    /// Typed on the reader's own keys.
    PinPad,
}

/// What is in a reader or slot right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    Absent,
    Unsupported { reason: String },
    Locked { tries_left: Option<u8> },
    Ready { owner: String },
}

/// A holder of private keys, opened for one piece of work. Dropping it ends its
/// transactions and forgets the PIN.
pub trait Token: Send {
    /// For people: reader and card, module and label, or file name.
    fn label(&self) -> String;

    /// Every certificate whose private key the token holds; empty when there is none.
    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError>;

    /// The PIN's state, read without using up a try.
    fn pin_state(&mut self) -> Result<PinState, TokenError>;

    /// Presents the PIN and keeps it, for keys that want it before every signature,
    /// until the token is dropped.
    fn login(&mut self, pin: &Pin) -> Result<(), TokenError>;

    /// Signs a ready digest. RSA signatures are as long as the modulus; ECDSA signatures
    /// are DER `SEQUENCE { r, s }`.
    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError>;
}

/// Why a token did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("not a token selector: {0}")]
    BadSelector(String),
}
