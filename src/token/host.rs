//! The helper process in which vendors' PKCS#11 modules run.
//!
//! A module is foreign code that crashes, hangs, prints to standard output and keeps a
//! login for the whole process that loaded it. So none is ever loaded into the desk: the
//! program starts itself once more (`vanthu token-host MODULE`), and the two speak over the
//! helper's standard streams. A helper that dies or does not answer in time is ended and
//! the work in hand fails with a sentence that says so; the next piece of work starts a new
//! one.
//!
//! | file | holds |
//! | --- | --- |
//! | `wire` | what is said, framed and bounded; PINs travel beside the JSON, in wiped memory |
//! | `serve` | the helper's side |
//! | `process` | one helper as the desk sees it: question, answer, patience, end |
//! | `pool` | one helper per module, used in turn, kept a while for the next signature |

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use serde::Deserialize;

mod pool;
mod process;
mod serve;
pub(super) mod wire;

pub(super) use pool::{Host, Lease, end_all, host};

/// The first argument that makes a program the helper.
const WORD: &str = "token-host";

/// This program, where its `main` has promised to be the helper when asked.
static OWN: OnceLock<PathBuf> = OnceLock::new();

static PATIENCE: RwLock<Option<Patience>> = RwLock::new(None);

/// Serves as the helper if the command line says so; then the program is to end with the
/// status returned. The first thing in `main` of every program that uses tokens.
pub fn serve_if_asked() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    if words.next().as_deref() == Some(OsStr::new(WORD)) {
        return Some(match (words.next(), words.next()) {
            (Some(module), None) => serve::serve(Path::new(&module)),
            _ => ExitCode::from(2),
        });
    }
    // Remembered now: an update may replace the file while the program runs.
    if let Ok(own) = std::env::current_exe() {
        let _ = OWN.set(own);
    }
    None
}

/// The program to start as the helper: this one, or, in a program that does not serve (a
/// test, a bench), `vanthuctl` beside it or in the folder above.
fn program() -> Option<PathBuf> {
    if let Some(own) = OWN.get() {
        return Some(own.clone());
    }
    let own = std::env::current_exe().ok()?;
    let name = format!("vanthuctl{}", std::env::consts::EXE_SUFFIX);
    own.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

/// How long a module is waited for before it counts as hung. `assets/tokens.toml` has the
/// usual values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Starting the helper.
    pub start: Duration,
    /// Looking for tokens and reading certificates.
    pub list: Duration,
    /// Presenting or changing a PIN.
    pub login: Duration,
    pub sign: Duration,
    /// Whatever has a person type on the reader's keys.
    pub pad: Duration,
    /// How long a helper that nobody uses is kept.
    pub idle: Duration,
}

/// The same in whole seconds, as data has it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatienceSeconds {
    start: u16,
    list: u16,
    login: u16,
    sign: u16,
    pad: u16,
    idle: u16,
}

impl Default for PatienceSeconds {
    fn default() -> Self {
        Self { start: 15, list: 10, login: 30, sign: 60, pad: 120, idle: 30 }
    }
}

impl From<PatienceSeconds> for Patience {
    fn from(seconds: PatienceSeconds) -> Self {
        let of = |seconds: u16| Duration::from_secs(seconds.into());
        Self {
            start: of(seconds.start),
            list: of(seconds.list),
            login: of(seconds.login),
            sign: of(seconds.sign),
            pad: of(seconds.pad),
            idle: of(seconds.idle),
        }
    }
}

/// The patience in force.
pub fn patience() -> Patience {
    let set = *PATIENCE.read().unwrap_or_else(PoisonError::into_inner);
    set.unwrap_or_else(|| super::pkcs11::known::patience().into())
}

/// Another patience from now on; `None` is the usual one.
pub fn set_patience(patience: Option<Patience>) {
    *PATIENCE.write().unwrap_or_else(PoisonError::into_inner) = patience;
}
