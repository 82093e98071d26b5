//! Holders of private keys: smart cards over PC/SC, vendor modules over PKCS#11, and
//! PKCS#12 files for demonstrations and tests.
//!
//! One trait, [`Token`]; a private key never leaves its holder. What is plugged in is a
//! state with reasons ([`Presence`]), which the window turns into a sentence.
//!
//! | file | holds |
//! | --- | --- |
//! | [`pcsc`] | cards spoken to by APDU, without a vendor's driver |
//! | [`pkcs11`] | vendors' modules |
//! | [`host`] | the helper process in which those modules run |
//! | `cng` | Windows' certificate store, on Windows only |
//! | [`file`](mod@file) | PKCS#12 files, demonstration only |
//! | [`choose`](mod@choose) | which certificate signs, and why another does not |
//! | [`list`](mod@list), [`watch`](mod@watch) | what is plugged in |
//! | [`unlock`](mod@unlock) | presenting the PIN, and never the last try by mistake |
//! | [`held`] | a PIN that is kept for a stated time |

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub mod choose;
#[cfg(any(windows, test))]
mod cng;
mod encoding;
mod error;
pub mod file;
mod held;
pub mod host;
mod list;
pub mod pcsc;
pub mod pkcs11;
mod proof;
mod selector;
mod unlock;
mod watch;

pub use choose::{Purpose, Unfit, choose};
pub use error::TokenError;
pub use held::HeldPin;
pub use list::{Place, Provider, Sources, Survey, TokenInfo, list, list_from, survey};
pub use proof::sign_proved;
pub use selector::Selector;
pub use unlock::{LastTry, change_pin, unlock};
pub use watch::{Plugged, Watch, watch};

use crate::pki::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};
use crate::pki::certificate::Certificate;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PinState {
    /// So many tries are left; `None` where the token does not tell.
    TriesLeft(Option<u8>),
    /// A wrong PIN has been given since the last right one, and the token does not tell how
    /// many tries are left: the next may be the last but one.
    CountLow,
    Blocked,
    /// Typed on the reader's own keys, or in the vendor's own window (Windows' certificate
    /// store); never in ours.
    PinPad,
}

/// What is in a reader or slot right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// A reader without a card, or gone.
    Absent,
    /// There is something, but it cannot be used now; `reason` is a sentence.
    Unsupported { reason: String },
    /// The PIN is blocked (`Some(0)`), or nothing shows before it is given.
    Locked { tries_left: Option<u8> },
    /// Can sign once the PIN is given.
    Ready { owner: String },
}

/// A holder of private keys, opened for one piece of work. Dropping it ends its
/// transactions and forgets the PIN.
pub trait Token: Send {
    /// For people: reader and card, module and label, or file name.
    fn label(&self) -> String;

    /// Every certificate whose private key the token holds; empty when there is none.
    /// Cards and modules tell before the PIN; a file says [`TokenError::LoginNeeded`].
    /// A module that hides its keys before the login may show certificates without one.
    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError>;

    /// The PIN's state, read without using up a try.
    fn pin_state(&mut self) -> Result<PinState, TokenError>;

    /// Presents the PIN and keeps it, for keys that want it before every signature,
    /// until the token is dropped.
    ///
    /// The PIN appears in no log, error or `Debug` text. A wrong one answers
    /// [`TokenError::WrongPin`] with the tries left where the token tells; a fault of the
    /// device or its driver is never told as a wrong PIN, and nothing is presented twice.
    fn login(&mut self, pin: &Pin) -> Result<(), TokenError>;

    /// The PIN is typed on the reader's own keys ([`PinState::PinPad`]); blocks until it has
    /// been, or answers [`TokenError::Cancelled`]. Nothing is kept: a key that wants the PIN
    /// before every signature has it typed every time.
    fn login_on_pad(&mut self) -> Result<(), TokenError> {
        Err(TokenError::Unsupported { what: "PIN pad".to_owned() })
    }

    /// Replaces the PIN. The old one is counted as a login is: wrong, it costs a try and
    /// says how many are left. Whether `new` can be a PIN of this token at all
    /// ([`TokenError::PinLength`], [`TokenError::NewPin`]) is looked at before the old one is
    /// sent. Afterwards the token is logged out.
    fn change_pin(&mut self, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        let _ = (old, new);
        Err(TokenError::Unsupported { what: "PIN change".to_owned() })
    }

    /// Whether the key wants the PIN right before every signature (PIV's 9C,
    /// `CKA_ALWAYS_AUTHENTICATE`): on a PIN pad a batch means typing it for every document.
    /// Known once [`certificates`](Self::certificates) has been read; `false` if not told.
    fn wants_pin_every_time(&mut self, key: &KeyRef) -> bool {
        let _ = key;
        false
    }

    /// Signs a ready digest. RSA signatures are as long as the modulus; ECDSA signatures
    /// are DER `SEQUENCE { r, s }`.
    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError>;

    /// The card is spoken to as measurements of such cards suggest, without its maker's
    /// software or word for it; that software, over PKCS #11, is the way back.
    fn is_measured(&self) -> bool {
        false
    }

    /// A key in a file: for demonstrations and tests only, to be marked wherever it shows.
    fn is_demonstration(&self) -> bool {
        false
    }
}

impl std::fmt::Debug for dyn Token + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Token").field(&self.label()).finish()
    }
}

/// Opens the token that is meant. No PIN is needed yet.
pub fn open(selector: &Selector) -> Result<Box<dyn Token>, TokenError> {
    Ok(match selector {
        Selector::Pcsc { reader } => Box::new(pcsc::PcscToken::open(reader)?),
        Selector::Pkcs11 { module, token } => Box::new(pkcs11::Pkcs11Token::open(module, token)?),
        #[cfg(windows)]
        Selector::Windows { thumbprint } => Box::new(cng::WindowsToken::open(thumbprint)?),
        #[cfg(not(windows))]
        Selector::Windows { .. } => {
            let what = "windows:".to_owned();
            return Err(TokenError::Unsupported { what });
        }
        Selector::File { path } => Box::new(file::FileToken::open(path)?),
    })
}

/// The kind of a certificate's key.
fn key_kind(certificate: &TokenCertificate) -> Option<KeyKind> {
    Certificate::from_der(&certificate.der).ok().map(|read| read.key_kind())
}

fn random(count: usize) -> Result<Vec<u8>, TokenError> {
    use rand::TryRngCore as _;
    let mut bytes = vec![0; count];
    match rand::rngs::OsRng.try_fill_bytes(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(TokenError::Device { code: error.to_string() }),
    }
}
