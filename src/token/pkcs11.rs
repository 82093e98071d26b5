//! Vendors' modules through PKCS#11 (version 2.40): what nearly all tokens of Vietnamese
//! certification authorities come with.
//!
//! A module never runs in this process. [`Pkcs11Token`] asks the helper process
//! ([`host`](super::host)) that has loaded it; `driver` is what runs there.
//!
//! | file | holds |
//! | --- | --- |
//! | [`known`] | modules and cards that are known, as data |
//! | [`candidates`](mod@candidates) | which modules this computer has, and whether they could load |
//! | `p11kit`, `binary` | where other programs find modules; what a library is made for |
//! | `driver` | the module at work, inside the helper |

use std::path::{Path, PathBuf};
use std::sync::Arc;

mod binary;
pub mod candidates;
pub(super) mod driver;
pub mod known;
mod p11kit;

pub use super::host::wire::Shown;
pub use candidates::{Candidate, Source, State, candidates};
pub use known::{KnownCard, Module, modules};

use super::host::wire::{Answer, Request};
use super::host::{self, Host, Lease, patience};
use super::{KeyRef, Pin, PinState, Token, TokenCertificate, TokenError};
use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};

/// The tokens that the module at `path` shows now.
pub fn tokens(path: &Path) -> Result<Vec<Shown>, TokenError> {
    fit(path)?;
    let host = host::host(path)?;
    match host.ask(&Request::List, patience().list)? {
        Answer::Tokens(shown) => Ok(shown),
        answer => Err(host.nonsense(&answer)),
    }
}

/// Loads the module at `path` in a helper and tells which tokens it shows, for whoever
/// chooses a module. A module that shows none may still be the right one.
pub fn try_module(path: &Path) -> Result<Vec<Shown>, TokenError> {
    tokens(path)
}

/// Ends the helpers; for the end of the program, when no token is open any more.
pub fn finalize() {
    host::end_all();
}

/// Says of a library that cannot be loaded here why, before a loader fails with less.
fn fit(path: &Path) -> Result<(), TokenError> {
    match candidates::state(path) {
        State::Missing => Err(TokenError::ModuleMissing { path: path.to_owned() }),
        State::OtherArchitecture { found } => {
            Err(TokenError::ModuleArchitecture { path: path.to_owned(), found })
        }
        State::NotALibrary => Err(TokenError::ModuleFailed {
            path: path.to_owned(),
            cause: "not a shared library".to_owned(),
        }),
        State::Loadable => Ok(()),
    }
}

/// A token of a module.
#[derive(Debug)]
pub struct Pkcs11Token {
    path: PathBuf,
    host: Arc<Host>,
    lease: Lease,
    label: String,
    /// The PIN is typed on the reader, and people need their time.
    pad: bool,
}

impl Pkcs11Token {
    /// Opens the token called `token`: its label, its serial number or `slot=N`.
    pub fn open(path: &Path, token: &str) -> Result<Self, TokenError> {
        fit(path)?;
        let host = host::host(path)?;
        let (lease, label, pad) = host.open(token, patience().list)?;
        Ok(Self { path: path.to_owned(), host, lease, label, pad })
    }

    fn ask(
        &self,
        request: &Request,
        pins: &[&Pin],
        patience: std::time::Duration,
    ) -> Result<Answer, TokenError> {
        self.lease.ask(request, pins, patience)
    }

    /// Asks for something that is done or not.
    fn act(
        &self,
        request: &Request,
        pins: &[&Pin],
        patience: std::time::Duration,
    ) -> Result<(), TokenError> {
        match self.ask(request, pins, patience)? {
            Answer::Done => Ok(()),
            answer => Err(self.host.nonsense(&answer)),
        }
    }

    /// `usual`, or longer where a person types on the reader.
    fn patience(&self, usual: std::time::Duration) -> std::time::Duration {
        if self.pad { usual.max(patience().pad) } else { usual }
    }
}

impl Token for Pkcs11Token {
    fn label(&self) -> String {
        let module = self.path.file_name().unwrap_or_default().to_string_lossy();
        format!("{} ({module})", self.label)
    }

    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        let request = Request::Certificates { token: self.lease.handle() };
        match self.ask(&request, &[], patience().list)? {
            Answer::Certificates(shared) => Ok(shared
                .into_iter()
                .map(|one| TokenCertificate { key: KeyRef(one.key), der: one.der })
                .collect()),
            answer => Err(self.host.nonsense(&answer)),
        }
    }

    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        let request = Request::PinState { token: self.lease.handle() };
        match self.ask(&request, &[], patience().list)? {
            Answer::PinState(state) => Ok(state),
            answer => Err(self.host.nonsense(&answer)),
        }
    }

    fn login(&mut self, pin: &Pin) -> Result<(), TokenError> {
        let request = Request::Login { token: self.lease.handle() };
        self.act(&request, &[pin], self.patience(patience().login))
    }

    fn login_on_pad(&mut self) -> Result<(), TokenError> {
        let request = Request::LoginOnPad { token: self.lease.handle() };
        self.act(&request, &[], self.patience(patience().login))
    }

    fn change_pin(&mut self, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        let request = Request::ChangePin { token: self.lease.handle() };
        self.act(&request, &[old, new], self.patience(patience().login))
    }

    fn wants_pin_every_time(&mut self, key: &KeyRef) -> bool {
        let request = Request::WantsPinEveryTime { token: self.lease.handle(), key: key.0.clone() };
        matches!(self.ask(&request, &[], patience().list), Ok(Answer::Told(true)))
    }

    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let request = Request::Sign {
            token: self.lease.handle(),
            key: key.0.clone(),
            scheme,
            algorithm,
            digest: digest.to_vec(),
        };
        match self.ask(&request, &[], self.patience(patience().sign))? {
            Answer::Signature(signature) => Ok(signature),
            answer => Err(self.host.nonsense(&answer)),
        }
    }
}
