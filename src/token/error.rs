//! Why a token did not do what it was asked, told apart by what the person can do about it.
//!
//! A driver's fault is never shown as a wrong PIN, and a wrong PIN always says how many
//! tries are left where the token tells.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::choose::Unfit;
use crate::domain::problem::{Blame, Kind, Problem};

/// Why a token did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum TokenError {
    #[error("not a token selector: {0}")]
    BadSelector(String),
    /// The PC/SC service (pcscd, Windows' Smart Card service) does not run.
    #[error("the PC/SC service is not available")]
    NoService,
    #[error("no reader called {reader:?}")]
    NoReader { reader: String },
    #[error("no card in reader {reader:?}")]
    NoCard { reader: String },
    /// A module has no token of this label, serial number or slot.
    #[error("no token {token:?}")]
    NotFound { token: String },
    /// Several tokens carry the label: a PIN must not be tried on the wrong one.
    #[error("several tokens are called {token:?}")]
    Ambiguous { token: String },
    /// No card application that we speak; `module` is the vendor's library, if known.
    #[error("unsupported card, ATR {atr}")]
    UnsupportedCard { atr: String, module: Option<String> },
    /// `None`: the token does not tell how many tries are left.
    #[error("wrong PIN, tries left: {tries_left:?}")]
    WrongPin { tries_left: Option<u8> },
    #[error("the PIN is blocked")]
    PinBlocked,
    /// The PIN cannot be right because of its length; it was not sent, no try was used.
    #[error("a PIN has {min} to {max} characters")]
    PinLength { min: u8, max: u8 },
    /// One try is left, and nobody has confirmed that it may be used; nothing was sent.
    #[error("the last try of the PIN is not used without confirmation")]
    LastTry,
    /// The new PIN is not one that the token accepts; the old one stays.
    #[error("the token does not accept the new PIN")]
    NewPin,
    /// The operation needs [`Token::login`](super::Token::login) first.
    #[error("the PIN is needed first")]
    LoginNeeded,
    #[error("the card was removed")]
    Removed,
    /// Another program holds the card or the token.
    #[error("another program holds the card")]
    Busy,
    #[error("the card does not answer")]
    NotAnswering,
    #[error("no key {key} on the token")]
    NoSuchKey { key: String },
    /// The key or the module cannot make this kind of signature.
    #[error("not supported by the token: {what}")]
    Unsupported { what: String },
    /// A status word (`SW 6F00`), a PKCS#11 code (`CKR_…`) or a PC/SC error.
    #[error("the device failed: {code}")]
    Device { code: String },
    /// The token's answer does not verify with the certificate's public key.
    #[error("the token's signature does not verify")]
    BadSignature,
    #[error("no PKCS#11 module at {}", path.display())]
    ModuleMissing { path: PathBuf },
    #[error("PKCS#11 module {} does not load: {cause}", path.display())]
    ModuleFailed { path: PathBuf, cause: String },
    /// A library for another kind of processor, say 32 bits in a program of 64.
    #[error("PKCS#11 module {} is made for {found}", path.display())]
    ModuleArchitecture { path: PathBuf, found: String },
    /// The module took its helper process down; the desk goes on.
    #[error("PKCS#11 module {} crashed: {cause}", path.display())]
    ModuleCrashed { path: PathBuf, cause: String },
    /// The module did not answer in time and was ended.
    #[error("PKCS#11 module {} does not answer", path.display())]
    ModuleHung { path: PathBuf },
    /// What the module's helper says cannot be understood.
    #[error("PKCS#11 module {} answers nonsense: {cause}", path.display())]
    ModuleNonsense { path: PathBuf, cause: String },
    /// The helper process itself does not start, or is of another version.
    #[error("the helper process does not start: {cause}")]
    NoHelper { cause: String },
    #[error("cannot read {}: {cause}", path.display())]
    BadFile { path: PathBuf, cause: String },
    #[error("wrong password of the PKCS#12 file")]
    WrongPassword,
    #[error("cancelled on the reader")]
    Cancelled,
    /// No certificate on the token suits the purpose.
    #[error("no suitable certificate: {0}")]
    NoCertificate(Unfit),
}

impl TokenError {
    /// Whether the next signature had better not be tried: the PIN was not taken, and a try
    /// may be lost with every further one; or the token is gone.
    pub const fn stops_a_batch(&self) -> bool {
        use TokenError as E;
        matches!(
            self,
            E::WrongPin { .. }
                | E::PinBlocked
                | E::PinLength { .. }
                | E::LastTry
                | E::LoginNeeded
                | E::WrongPassword
                | E::Cancelled
                | E::NoService
                | E::NoReader { .. }
                | E::NoCard { .. }
                | E::NotFound { .. }
                | E::Removed
                | E::ModuleCrashed { .. }
                | E::ModuleHung { .. }
                | E::NoHelper { .. }
        )
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        use TokenError as E;
        let device = |code| Problem::new(code, Kind::Unavailable, Blame::Device);
        let here = |code| Problem::new(code, Kind::Unavailable, Blame::Environment);
        let refused = |code| Problem::new(code, Kind::Refused, Blame::Input);
        let problem = match &error {
            E::BadSelector(text) => {
                Problem::new("token-bad-selector", Kind::Usage, Blame::Input).with("text", text)
            }
            E::NoService => here("token-no-service"),
            E::NoReader { reader } => device("token-no-reader").with("reader", reader),
            E::NoCard { reader } => device("token-no-card").with("reader", reader),
            E::NotFound { token } => device("token-not-found").with("token", token),
            E::Ambiguous { token } => {
                Problem::new("token-ambiguous", Kind::Usage, Blame::Input).with("token", token)
            }
            E::UnsupportedCard { atr, module: None } => {
                device("token-unsupported-card").with("atr", atr)
            }
            E::UnsupportedCard { atr, module: Some(module) } => {
                device("token-needs-module").with("atr", atr).with("module", module)
            }
            E::WrongPin { tries_left: Some(1) } => refused("token-pin-wrong-last"),
            E::WrongPin { tries_left: Some(tries) } => {
                refused("token-pin-wrong").with("tries", tries)
            }
            E::WrongPin { tries_left: None } => refused("token-pin-wrong-unknown"),
            E::PinBlocked => Problem::new("token-pin-blocked", Kind::Refused, Blame::Device),
            E::PinLength { min, max } => {
                refused("token-pin-length").with("min", min).with("max", max)
            }
            E::LastTry => refused("token-last-try"),
            E::NewPin => refused("token-new-pin"),
            E::LoginNeeded => refused("token-login-needed"),
            E::Removed => device("token-removed"),
            E::Busy => here("token-busy"),
            E::NotAnswering => device("token-not-answering"),
            E::NoSuchKey { key } => device("token-no-such-key").with("key", key),
            E::Unsupported { what } => device("token-unsupported").with("what", what),
            E::Device { code } => device("token-device").with("status", code),
            E::BadSignature => device("token-bad-signature"),
            E::ModuleMissing { path } => here("token-module-missing").with("path", path.display()),
            E::ModuleFailed { path, .. } => {
                here("token-module-failed").with("path", path.display())
            }
            E::ModuleArchitecture { path, found } => here("token-module-architecture")
                .with("path", path.display())
                .with("found", found)
                .with("ours", std::env::consts::ARCH),
            E::ModuleCrashed { path, .. } => {
                device("token-module-crashed").with("path", path.display())
            }
            E::ModuleHung { path } => device("token-module-hung").with("path", path.display()),
            E::ModuleNonsense { path, .. } => {
                device("token-module-nonsense").with("path", path.display())
            }
            E::NoHelper { .. } => here("token-no-helper"),
            E::BadFile { path, .. } => {
                Problem::new("token-bad-file", Kind::Unreadable, Blame::Input)
                    .with("path", path.display())
            }
            E::WrongPassword => refused("token-wrong-password"),
            E::Cancelled => refused("token-cancelled"),
            E::NoCertificate(unfit) => match unfit {
                Unfit::NoCertificate => device("token-no-certificate"),
                Unfit::Unreadable => device("token-certificate-unreadable"),
                Unfit::CertificationAuthority | Unfit::NotForSigning => {
                    refused("token-not-for-signing")
                }
                Unfit::NotYetValid => refused("token-not-yet-valid"),
                Unfit::Expired => refused("token-expired"),
                Unfit::WeakKey => refused("token-weak-key"),
                Unfit::OtherHolder => refused("token-other-holder"),
            },
        };
        problem.because(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{Lang, lookup};

    fn every_error() -> Vec<TokenError> {
        use TokenError as E;
        let text = || "x".to_owned();
        let path = || PathBuf::from("x");
        let mut all = vec![
            E::BadSelector(text()),
            E::NoService,
            E::NoReader { reader: text() },
            E::NoCard { reader: text() },
            E::NotFound { token: text() },
            E::Ambiguous { token: text() },
            E::UnsupportedCard { atr: text(), module: None },
            E::UnsupportedCard { atr: text(), module: Some(text()) },
            E::WrongPin { tries_left: Some(2) },
            E::WrongPin { tries_left: Some(1) },
            E::WrongPin { tries_left: None },
            E::PinBlocked,
            E::PinLength { min: 6, max: 8 },
            E::LastTry,
            E::NewPin,
            E::LoginNeeded,
            E::Removed,
            E::Busy,
            E::NotAnswering,
            E::NoSuchKey { key: text() },
            E::Unsupported { what: text() },
            E::Device { code: text() },
            E::BadSignature,
            E::ModuleMissing { path: path() },
            E::ModuleFailed { path: path(), cause: text() },
            E::ModuleArchitecture { path: path(), found: text() },
            E::ModuleCrashed { path: path(), cause: text() },
            E::ModuleHung { path: path() },
            E::ModuleNonsense { path: path(), cause: text() },
            E::NoHelper { cause: text() },
            E::BadFile { path: path(), cause: text() },
            E::WrongPassword,
            E::Cancelled,
        ];
        all.extend(Unfit::ALL.map(E::NoCertificate));
        all
    }

    #[test]
    fn every_error_is_told_in_three_sentences_in_both_languages() {
        for error in every_error() {
            let problem = Problem::from(error);
            let args: Vec<(&str, String)> = problem.args.clone();
            for lang in Lang::ALL {
                for part in ["", ".kept", ".next"] {
                    let key = format!("{}{part}", problem.code);
                    let told = lookup(lang, &key, &args);
                    assert!(told.is_some(), "{key} in {}", lang.tag());
                    assert!(!told.unwrap_or_default().contains("{$"), "{key} lacks a fact");
                }
            }
        }
    }

    #[test]
    fn a_wrong_pin_is_refused_and_a_missing_device_unavailable() {
        assert_eq!(Problem::from(TokenError::PinBlocked).kind.exit_status(), 5);
        assert_eq!(Problem::from(TokenError::WrongPin { tries_left: Some(2) }).kind, Kind::Refused);
        assert_eq!(Problem::from(TokenError::NoService).kind.exit_status(), 4);
        assert_eq!(Problem::from(TokenError::Removed).kind.exit_status(), 4);
    }
}
