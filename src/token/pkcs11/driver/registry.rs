//! Modules are loaded and initialised once per process: PKCS#11 wants it so, and many
//! vendors' libraries do not survive a second time. The login of a token is one per
//! process too, whatever the session; so only one at a time may hold it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use crate::token::TokenError;

static MODULES: LazyLock<Mutex<HashMap<PathBuf, Pkcs11>>> = LazyLock::new(Mutex::default);
static LOGINS: LazyLock<Mutex<HashSet<(PathBuf, u64)>>> = LazyLock::new(Mutex::default);

/// The module at `path`, initialised.
pub fn module(path: &Path) -> Result<Pkcs11, TokenError> {
    let real = real(path)?;
    let mut modules = lock(&MODULES);
    if let Some(module) = modules.get(&real) {
        return Ok(module.clone());
    }
    let failed =
        |error: Error| TokenError::ModuleFailed { path: path.to_owned(), cause: error.to_string() };
    let module = Pkcs11::new(&real).map_err(failed)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Another part of this process may use the same library.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(failed(error)),
    }
    modules.insert(real, module.clone());
    Ok(module)
}

/// Ends every module; for the end of the program, when no token is open any more.
pub fn finalize() {
    for (path, module) in lock(&MODULES).drain() {
        if let Err(error) = module.finalize() {
            tracing::debug!(path = %path.display(), %error, "finalizing a PKCS#11 module failed");
        }
    }
}

/// The right to log in to one token; given back when dropped.
#[derive(Debug)]
pub struct Login((PathBuf, u64));

impl Login {
    /// `Busy` while another part of this process is logged in to the same token.
    pub fn take(path: &Path, slot: u64) -> Result<Self, TokenError> {
        let key = (real(path)?, slot);
        if lock(&LOGINS).insert(key.clone()) { Ok(Self(key)) } else { Err(TokenError::Busy) }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        lock(&LOGINS).remove(&self.0);
    }
}

fn real(path: &Path) -> Result<PathBuf, TokenError> {
    let missing = || TokenError::ModuleMissing { path: path.to_owned() };
    let real = path.canonicalize().map_err(|_| missing())?;
    if real.is_file() { Ok(real) } else { Err(missing()) }
}

/// What these locks guard is whole after every statement, so a panic elsewhere is no reason
/// to refuse all tokens from then on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
