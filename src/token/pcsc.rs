//! Smart cards over PC/SC, spoken to by APDU without any vendor's driver.
//!
//! What a card can do is its *application* ([`CardApplication`]):
//!
//! | file | holds |
//! | --- | --- |
//! | [`piv`] | PIV cards (NIST SP 800-73-4) |
//! | [`pkcs15`] | cards that describe themselves (ISO/IEC 7816-15) |
//! | [`measured`] | the Government Cipher Committee's tokens, as others measured them |
//! | [`apdu`], [`tlv`], [`files`], [`objects`], [`packed`], [`pin`] | what they are made of |
//! | [`channel`], [`readers`], [`atr`] | the way to the card |
//!
//! A card that answers as none of them is never sent a PIN. Every piece of work is one
//! transaction that begins by selecting the application, so that other programs may use
//! the card in between.

use std::sync::Arc;

mod apdu;
mod atr;
mod channel;
mod files;
mod measured;
mod objects;
mod packed;
mod pin;
mod piv;
mod pkcs15;
mod readers;
mod replay;
mod tlv;

pub use readers::{Reader, reader, readers};
pub(crate) use readers::{establish, names};
#[doc(hidden)]
pub use replay::replay;

use apdu::Wire;
use channel::Channel;
use pin::CardPin;

use super::{KeyRef, Pin, PinState, Token, TokenCertificate, TokenError, key_kind, pkcs11};
use crate::pki::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};

/// When a key wants the PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PinPolicy {
    Never,
    Once,
    /// Right before every use.
    Always,
}

/// What the card says of its PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PinStatus {
    Verified,
    TriesLeft(u8),
    Blocked,
}

/// A way that cards hold certificates and keys. What takes a wire wants `select` before it.
trait CardApplication: Send + Sync {
    /// For people.
    fn name(&self) -> &str;

    /// Known from measurements of such cards, not from their maker.
    fn is_measured(&self) -> bool {
        false
    }

    fn select(&self, wire: &mut dyn Wire) -> Result<(), Failure>;

    /// The signing certificate first.
    fn certificates(&self, wire: &mut dyn Wire) -> Result<Vec<TokenCertificate>, Failure>;

    /// The PIN that opens the keys.
    fn pin(&self) -> CardPin;

    fn policy(&self, key: &KeyRef) -> PinPolicy;

    fn sign(
        &self,
        wire: &mut dyn Wire,
        key: &KeyRef,
        kind: KeyKind,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, Failure>;
}

/// What the card speaks; `None` if nothing that we do. A card with a measured card's answer
/// to reset is that card exactly, or left to its vendor's module.
fn recognise(wire: &mut dyn Wire, atr: &[u8]) -> Result<Option<Arc<dyn CardApplication>>, Failure> {
    fn shared(card: impl CardApplication + 'static) -> Arc<dyn CardApplication> {
        Arc::new(card)
    }
    if let Some(profile) = measured::profile(atr) {
        return Ok(measured::recognise(wire, profile)?.map(shared));
    }
    if let Some(piv) = piv::Piv::recognise(wire)? {
        return Ok(Some(shared(piv)));
    }
    Ok(pkcs15::Pkcs15::recognise(wire)?.map(shared))
}

/// Why work with a card did not end well.
#[derive(Debug, Clone)]
enum Failure {
    Token(TokenError),
    /// Another program has reset the card; the work may be done again.
    Reset,
    /// Contact was lost; whether card, reader or service is gone must be looked up.
    Lost(String),
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

/// A card in a reader, as a [`Token`].
pub struct PcscToken {
    channel: Channel,
    application: Arc<dyn CardApplication>,
    certificates: Option<Vec<TokenCertificate>>,
    /// A PIN that this very card has accepted.
    pin: Option<Pin>,
    /// A PIN has been accepted at some time.
    opened: bool,
}

impl PcscToken {
    /// Opens the card in a reader and finds out what it speaks.
    pub fn open(reader: &str) -> Result<Self, TokenError> {
        let mut channel = Channel::open(reader)?;
        let atr = channel.atr().to_vec();
        let mut recognised = channel.run(move |wire| recognise(wire, &atr));
        if recognised.is_err() && channel.format().extended {
            // Some readers choke on commands that their card would take.
            channel = Channel::open(reader)?;
            channel.keep_short();
            let atr = channel.atr().to_vec();
            recognised = channel.run(move |wire| recognise(wire, &atr));
        }
        let application = recognised?.ok_or_else(|| unsupported(channel.atr()))?;
        Ok(Self { channel, application, certificates: None, pin: None, opened: false })
    }

    /// Does `work` with the card's PIN.
    fn with_pin<T: Send + 'static>(
        &mut self,
        work: impl Fn(CardPin, &mut dyn Wire) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, TokenError> {
        let application = Arc::clone(&self.application);
        self.channel.run(move |wire| {
            application.select(wire)?;
            work(application.pin(), wire)
        })
    }

    fn key_kind(&mut self, key: &KeyRef) -> Result<KeyKind, TokenError> {
        self.certificates()?
            .iter()
            .find(|certificate| certificate.key == *key)
            .and_then(key_kind)
            .ok_or_else(|| TokenError::NoSuchKey { key: key.0.clone() })
    }
}

impl Token for PcscToken {
    fn label(&self) -> String {
        format!("{} ({})", self.channel.reader(), self.application.name())
    }

    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        if let Some(certificates) = &self.certificates {
            return Ok(certificates.clone());
        }
        let application = Arc::clone(&self.application);
        let certificates = self.channel.run(move |wire| {
            application.select(wire)?;
            application.certificates(wire)
        })?;
        self.certificates = Some(certificates.clone());
        Ok(certificates)
    }

    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        let status = self.with_pin(|pin, wire| pin.status(wire))?;
        Ok(match status {
            PinStatus::Verified => PinState::TriesLeft(None),
            PinStatus::TriesLeft(tries) => PinState::TriesLeft(Some(tries)),
            PinStatus::Blocked => PinState::Blocked,
        })
    }

    fn login(&mut self, pin: &Pin) -> Result<(), TokenError> {
        self.application.pin().check(pin)?;
        self.pin = None;
        let given = pin.clone();
        self.with_pin(move |pin, wire| pin.verify(wire, &given))?;
        self.pin = Some(pin.clone());
        self.opened = true;
        Ok(())
    }

    fn change_pin(&mut self, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        let pin = self.application.pin();
        pin.check(old)?;
        pin.check(new)?;
        if old.reveal() == new.reveal() {
            return Err(TokenError::NewPin);
        }
        self.pin = None;
        self.opened = true;
        let (old, new) = (old.clone(), new.clone());
        self.with_pin(move |pin, wire| pin.change(wire, &old, &new))
    }

    fn wants_pin_every_time(&mut self, key: &KeyRef) -> bool {
        self.application.policy(key) == PinPolicy::Always
    }

    fn is_measured(&self) -> bool {
        self.application.is_measured()
    }

    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let kind = self.key_kind(key)?;
        let policy = self.application.policy(key);
        let pin = self.pin.clone();
        if pin.is_none() && policy != PinPolicy::Never {
            return Err(TokenError::LoginNeeded);
        }
        let application = Arc::clone(&self.application);
        let (key, digest) = (key.clone(), digest.to_vec());
        let result = self.channel.run(move |wire| {
            application.select(wire)?;
            // The PIN has been accepted by this very card: a card taken out takes its
            // connection along, so presenting it again risks no try.
            if let Some(pin) = &pin {
                let due = match policy {
                    PinPolicy::Never => false,
                    PinPolicy::Always => true,
                    PinPolicy::Once => application.pin().status(wire)? != PinStatus::Verified,
                };
                if due {
                    application.pin().verify(wire, pin)?;
                }
            }
            application.sign(wire, &key, kind, scheme, algorithm, &digest)
        });
        if matches!(result, Err(TokenError::WrongPin { .. } | TokenError::PinBlocked)) {
            // Somebody changed the PIN meanwhile: it must not be presented again.
            self.pin = None;
        }
        result
    }
}

impl Drop for PcscToken {
    fn drop(&mut self) {
        // What our PIN opened must not stay open for the next program.
        self.channel.close(self.opened);
    }
}

/// The error for a card that we do not speak to, with its vendor's module where known.
pub(crate) fn unsupported(atr: &[u8]) -> TokenError {
    TokenError::UnsupportedCard {
        atr: atr::display(atr),
        module: pkcs11::known::card(atr).map(|card| card.modules.join(", ")),
    }
}
