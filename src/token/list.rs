//! Every token that could sign now, for `vanthuctl tokens` and the signing dialog.
//!
//! Nothing here needs a PIN, and nothing costs a try. The readers, each module and Windows'
//! certificate store are looked at side by side, so that a slow one delays no other, and
//! each says how it went ([`Provider`]).

use std::path::{Path, PathBuf};
use std::thread;

use jiff::Timestamp;

use super::choose::{Purpose, choose};
use super::file::FileToken;
use super::pcsc::{self, PcscToken};
use super::pkcs11::{self, Pkcs11Token};
use super::{PinState, Presence, Selector, Token, TokenCertificate, TokenError};
use crate::i18n::tell;
use crate::pki::certificate::Certificate;

/// One reader, token or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenInfo {
    pub selector: Selector,
    /// Reader and application, token and module, or file name.
    pub label: String,
    pub presence: Presence,
    /// `None` where there is nothing to ask.
    pub pin: Option<PinState>,
    pub certificates: Vec<TokenCertificate>,
    /// A PKCS#12 file: for demonstrations and tests only.
    pub demonstration: bool,
    /// Spoken to as measured, without its maker's software
    /// ([`Token::is_measured`](super::Token::is_measured)).
    pub measured: bool,
    /// Why the token cannot be used, where it cannot.
    pub error: Option<TokenError>,
}

/// Where to look beside the PC/SC readers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    /// PKCS#11 modules; loading one runs its vendor's code.
    pub modules: Vec<PathBuf>,
    /// PKCS#12 files.
    pub files: Vec<PathBuf>,
}

impl Sources {
    /// The modules of `assets/tokens.toml` that this computer has, without the generic
    /// ones: their cards show themselves over PC/SC already.
    pub fn known() -> Self {
        let modules = pkcs11::modules().into_iter().filter(|module| !module.generic);
        Self { modules: modules.map(|module| module.path).collect(), files: Vec::new() }
    }

    /// The same with the modules that an administrator has set before the rest, each library
    /// once.
    #[must_use]
    pub fn with_modules(mut self, configured: Vec<PathBuf>) -> Self {
        let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
        let named: Vec<PathBuf> = configured.iter().map(real).collect();
        self.modules.retain(|known| !named.contains(&real(known)));
        self.modules.splice(0..0, configured);
        self
    }
}

/// Where was looked, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    pub place: Place,
    /// How many tokens it showed, or why it could show none.
    pub outcome: Result<usize, TokenError>,
}

/// A place that may show tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The readers of the PC/SC service.
    Readers,
    Module(PathBuf),
    /// Windows' certificate store.
    WindowsStore,
}

/// Everything that was found, and where was looked for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    pub tokens: Vec<TokenInfo>,
    pub providers: Vec<Provider>,
}

/// Every token that could sign now: readers, known modules.
pub fn list() -> Vec<TokenInfo> {
    list_from(&Sources::known())
}

/// Every reader, and every token of `sources`. A service that does not run or a module
/// that does not load hides nothing else.
pub fn list_from(sources: &Sources) -> Vec<TokenInfo> {
    survey(sources).tokens
}

/// The same, with what became of each place.
pub fn survey(sources: &Sources) -> Survey {
    let mut places = vec![Place::Readers];
    places.extend(sources.modules.iter().cloned().map(Place::Module));
    if cfg!(windows) {
        places.push(Place::WindowsStore);
    }
    let looked: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = places
            .iter()
            .map(|place| {
                thread::Builder::new()
                    .name("tokens".to_owned())
                    .spawn_scoped(scope, || look(place))
                    .map_err(|error| TokenError::Device { code: error.to_string() })
            })
            .collect();
        let lost = |_| Err(TokenError::Device { code: "panic".to_owned() });
        started.into_iter().map(|look| look?.join().unwrap_or_else(lost)).collect()
    });
    let mut survey = Survey::default();
    for (place, looked) in places.into_iter().zip(looked) {
        let outcome = looked.map(|found| {
            let count = found.len();
            survey.tokens.extend(found);
            count
        });
        if let Err(error) = &outcome {
            tracing::warn!(?place, %error, "no tokens from there");
        }
        survey.providers.push(Provider { place, outcome });
    }
    survey.tokens.extend(sources.files.iter().map(|path| {
        let selector = Selector::File { path: path.clone() };
        let label = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        describe(selector, label, FileToken::open(path))
    }));
    survey
}

fn look(place: &Place) -> Result<Vec<TokenInfo>, TokenError> {
    match place {
        Place::Readers => Ok(pcsc::readers()?.iter().map(card).collect()),
        Place::Module(path) => {
            Ok(pkcs11::tokens(path)?.iter().map(|token| module_token(path, token)).collect())
        }
        Place::WindowsStore => windows_store(),
    }
}

#[cfg(windows)]
fn windows_store() -> Result<Vec<TokenInfo>, TokenError> {
    let named = super::cng::thumbprints()?.into_iter().map(|thumbprint| {
        let opened = super::cng::WindowsToken::open(&thumbprint);
        let label = thumbprint.clone();
        describe(Selector::Windows { thumbprint }, label, opened)
    });
    Ok(named.collect())
}

#[cfg(not(windows))]
fn windows_store() -> Result<Vec<TokenInfo>, TokenError> {
    Ok(Vec::new())
}

fn card(reader: &pcsc::Reader) -> TokenInfo {
    let selector = Selector::Pcsc { reader: reader.name.clone() };
    let opened = match &reader.atr {
        None => Err(TokenError::NoCard { reader: reader.name.clone() }),
        Some(_) if reader.mute => Err(TokenError::NotAnswering),
        Some(_) => PcscToken::open(&reader.name),
    };
    // What the card itself does not tell, its reader's name may.
    let opened = opened.map_err(|error| match error {
        TokenError::UnsupportedCard { atr, module: None } => {
            let likely = pkcs11::known::likely(reader.atr.as_deref().unwrap_or(&[]), &reader.name);
            let module = (!likely.is_empty()).then(|| likely.join(", "));
            TokenError::UnsupportedCard { atr, module }
        }
        error => error,
    });
    describe(selector, reader.name.clone(), opened)
}

fn module_token(path: &Path, token: &pkcs11::Shown) -> TokenInfo {
    // The slot is the one name that is never shared; serial numbers outlive a replugging.
    let name =
        if token.serial.is_empty() { format!("slot={}", token.slot) } else { token.serial.clone() };
    let opened = Pkcs11Token::open(path, &name);
    let selector = Selector::Pkcs11 { module: path.to_owned(), token: name };
    describe(selector, token.label.clone(), opened)
}

fn describe<T: Token>(
    selector: Selector,
    label: String,
    opened: Result<T, TokenError>,
) -> TokenInfo {
    let demonstration = matches!(selector, Selector::File { .. });
    let mut info = TokenInfo {
        selector,
        label,
        presence: Presence::Absent,
        pin: None,
        certificates: Vec::new(),
        demonstration,
        measured: false,
        error: None,
    };
    let looked = opened.and_then(|mut token| {
        info.label = token.label();
        info.measured = token.is_measured();
        info.pin = Some(token.pin_state()?);
        info.certificates = token.certificates()?;
        Ok(())
    });
    match looked {
        Ok(()) => info.presence = presence(info.pin, &info.certificates),
        // A file shows nothing before its password.
        Err(TokenError::LoginNeeded) => info.presence = Presence::Locked { tries_left: None },
        Err(error) => {
            info.presence = match &error {
                TokenError::NoCard { .. } | TokenError::NoReader { .. } | TokenError::Removed => {
                    Presence::Absent
                }
                error => Presence::Unsupported { reason: tell(&error.clone().into()).what },
            };
            info.error = Some(error);
        }
    }
    info
}

fn presence(pin: Option<PinState>, certificates: &[TokenCertificate]) -> Presence {
    if pin == Some(PinState::Blocked) {
        return Presence::Locked { tries_left: Some(0) };
    }
    // The owner is whoever would sign today; else whoever is named at all.
    let owner = match choose(certificates, Purpose::Any, Timestamp::now()) {
        Ok((_, chosen)) => Some(chosen),
        Err(_) => certificates.iter().find_map(|one| Certificate::from_der(&one.der).ok()),
    };
    let owner = owner.and_then(|certificate| certificate.subject().common_name.clone());
    match (owner, pin) {
        (Some(owner), _) => Presence::Ready { owner },
        (None, Some(PinState::TriesLeft(tries_left))) => Presence::Locked { tries_left },
        (None, _) => Presence::Locked { tries_left: None },
    }
}
