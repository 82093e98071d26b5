//! Smart cards over PC/SC, spoken to by APDU without any vendor's driver.
//!
//! What a card can do is its *application* ([`CardApplication`]); today that is [`piv`].
//! A card that answers as none of them is never sent a PIN. Every piece of work is one
//! transaction that begins by selecting the application, so that other programs may use
//! the card in between.

use std::sync::Arc;

mod apdu;
mod atr;
mod channel;
mod piv;
mod readers;
mod replay;
mod tlv;

pub use readers::{Reader, reader, readers};
pub(crate) use readers::{establish, names};
#[doc(hidden)]
pub use replay::replay;

use apdu::Wire;
use channel::Channel;

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

/// A way that cards hold certificates and keys. All but `recognise` begin with `select`.
trait CardApplication: Send + Sync {
    fn name(&self) -> &'static str;

    fn select(&self, wire: &mut dyn Wire) -> Result<(), Failure>;

    /// The signing certificate first.
    fn certificates(&self, wire: &mut dyn Wire) -> Result<Vec<TokenCertificate>, Failure>;

    /// Least and most bytes of a PIN.
    fn pin_length(&self) -> (u8, u8);

    /// Asks without using up a try.
    fn pin_status(&self, wire: &mut dyn Wire) -> Result<PinStatus, Failure>;

    fn verify(&self, wire: &mut dyn Wire, pin: &Pin) -> Result<(), Failure>;

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
}

impl PcscToken {
    /// Opens the card in a reader and finds out what it speaks.
    pub fn open(reader: &str) -> Result<Self, TokenError> {
        let mut channel = Channel::open(reader)?;
        let mut recognised = channel.run(piv::Piv::recognise);
        if recognised.is_err() && channel.format().extended {
            // Some readers choke on commands that their card would take.
            channel = Channel::open(reader)?;
            channel.keep_short();
            recognised = channel.run(piv::Piv::recognise);
        }
        match recognised? {
            Some(piv) => {
                Ok(Self { channel, application: Arc::new(piv), certificates: None, pin: None })
            }
            None => Err(unsupported(channel.atr())),
        }
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
        let application = Arc::clone(&self.application);
        let status = self.channel.run(move |wire| {
            application.select(wire)?;
            application.pin_status(wire)
        })?;
        Ok(match status {
            PinStatus::Verified => PinState::TriesLeft(None),
            PinStatus::TriesLeft(tries) => PinState::TriesLeft(Some(tries)),
            PinStatus::Blocked => PinState::Blocked,
        })
    }

    fn login(&mut self, pin: &Pin) -> Result<(), TokenError> {
        let (min, max) = self.application.pin_length();
        if !(usize::from(min)..=usize::from(max)).contains(&pin.reveal().len()) {
            return Err(TokenError::PinLength { min, max });
        }
        self.pin = None;
        let application = Arc::clone(&self.application);
        let given = pin.clone();
        self.channel.run(move |wire| {
            application.select(wire)?;
            application.verify(wire, &given)
        })?;
        self.pin = Some(pin.clone());
        Ok(())
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
                    PinPolicy::Once => application.pin_status(wire)? != PinStatus::Verified,
                };
                if due {
                    application.verify(wire, pin)?;
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
        self.channel.close(self.pin.is_some());
    }
}

/// The error for a card that we do not speak to, with its vendor's module where known.
pub(crate) fn unsupported(atr: &[u8]) -> TokenError {
    TokenError::UnsupportedCard {
        atr: atr::display(atr),
        module: pkcs11::known::card(atr).map(|card| card.modules.join(", ")),
    }
}
