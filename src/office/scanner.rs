//! Scanning what comes in for malware, by a scanner that the office already has.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 19: what is exchanged is free of viruses. Three answers
//! are kept apart all the way to the clerk: clean, found, and *not scanned*. A scanner that
//! cannot be asked has said nothing, so that is never clean.
//!
//! Two kinds are spoken to: ClamAV's daemon ([`clamd`]) and the command line of Windows
//! Defender ([`defender`]). Which one is a setting of this desk: the scanner belongs to the
//! computer, not to the office.

mod clamd;
mod defender;

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use super::{Office, OfficeError};
use crate::domain::gate::looks::Scanned;
use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::role::Act;

const SCANNER: &str = "scanner";

/// What a scanner said of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Clean,
    /// What the scanner calls it.
    Malware(String),
}

/// Something that knows malware.
pub trait Scanner: Debug + Send + Sync {
    /// As it names itself, with its version where it tells one.
    fn name(&self) -> String;
    /// Blocks until it has looked through `bytes`.
    fn scan(&self, bytes: &[u8]) -> Result<Finding, ScanError>;
}

/// Why nothing was said of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    #[error("the scanner cannot be reached: {0}")]
    Unreachable(String),
    #[error("the scanner gave no verdict: {0}")]
    NoVerdict(String),
    #[error("this computer has no such scanner")]
    Absent,
    #[error("no scanner is named {0}")]
    BadSetting(String),
}

impl From<ScanError> for Problem {
    fn from(error: ScanError) -> Self {
        use Blame::{Environment, Input};
        let problem = match &error {
            ScanError::Unreachable(_) => {
                Self::new("scanner-unreachable", Kind::Unavailable, Environment)
            }
            ScanError::NoVerdict(_) => {
                Self::new("scanner-no-verdict", Kind::Unavailable, Environment)
            }
            ScanError::Absent => Self::new("scanner-absent", Kind::Unavailable, Environment),
            ScanError::BadSetting(said) => {
                Self::new("scanner-bad-setting", Kind::Usage, Input).with("setting", said)
            }
        };
        problem.because(error)
    }
}

/// Which scanner this desk uses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ScannerSetting {
    #[default]
    None,
    /// `clamd:HOST:PORT`
    Clamd { host: String, port: u16 },
    /// `unix:PATH`, the socket of clamd on this computer.
    ClamdSocket(PathBuf),
    /// Windows Defender.
    Defender,
}

impl ScannerSetting {
    /// Reads `clamd:HOST:PORT`, `unix:PATH`, `defender` or `none`.
    pub fn parse(text: &str) -> Result<Self, ScanError> {
        let text = text.trim();
        let bad = || ScanError::BadSetting(text.to_owned());
        match text.split_once(':') {
            None if text == "none" => Ok(Self::None),
            None if text == "defender" => Ok(Self::Defender),
            Some(("unix", path)) if !path.is_empty() => Ok(Self::ClamdSocket(path.into())),
            Some(("clamd", rest)) => {
                let (host, port) = rest.rsplit_once(':').ok_or_else(bad)?;
                let port: u16 = port.parse().map_err(|_| bad())?;
                if host.is_empty() || port == 0 {
                    return Err(bad());
                }
                Ok(Self::Clamd { host: host.to_owned(), port })
            }
            _ => Err(bad()),
        }
    }

    /// The scanner; `None` where none is set. `folder` is where a scanner that reads files
    /// finds them for the moment.
    fn open(&self, folder: &Path) -> Option<Box<dyn Scanner>> {
        match self {
            Self::None => None,
            Self::Clamd { host, port } => Some(Box::new(clamd::Clamd::tcp(host, *port))),
            Self::ClamdSocket(path) => Some(Box::new(clamd::Clamd::socket(path))),
            Self::Defender => Some(Box::new(defender::Defender::of_this_computer(folder))),
        }
    }
}

impl std::fmt::Display for ScannerSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Clamd { host, port } => write!(f, "clamd:{host}:{port}"),
            Self::ClamdSocket(path) => write!(f, "unix:{}", path.display()),
            Self::Defender => f.write_str("defender"),
        }
    }
}

impl Office {
    pub fn scanner(&self) -> Result<ScannerSetting, Problem> {
        let chosen = self.store().setting(SCANNER)?;
        Ok(match chosen {
            Some(chosen) => ScannerSetting::parse(&chosen)?,
            None => ScannerSetting::None,
        })
    }

    /// Sets it. A scanner that does not answer now is set all the same: it may be started
    /// later, and until then everything is visibly not scanned.
    pub fn set_scanner(&self, setting: &str) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        let setting = ScannerSetting::parse(setting)?;
        Ok(self.store().set_setting(SCANNER, &setting.to_string())?)
    }

    /// Has the files looked through, and stops at the first that holds malware.
    pub(super) fn scan<'a>(
        &self,
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Scanned, Problem> {
        let Some(scanner) = self.scanner()?.open(self.data_dir()) else {
            return Ok(Scanned::NotSet);
        };
        Ok(scan_all(scanner.as_ref(), files))
    }
}

fn scan_all<'a>(
    scanner: &dyn Scanner,
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Scanned {
    let by = scanner.name();
    let mut broken = None;
    for (file, bytes) in files {
        match scanner.scan(bytes) {
            Ok(Finding::Clean) => {}
            Ok(Finding::Malware(malware)) => {
                return Scanned::Found { by, file: file.to_owned(), malware };
            }
            Err(error) => {
                tracing::warn!(%error, file, "a file was not scanned");
                broken.get_or_insert(error);
                // The others may hold what a broken answer hid; only a scanner that cannot
                // be reached at all is not asked again.
                if matches!(broken, Some(ScanError::Unreachable(_) | ScanError::Absent)) {
                    break;
                }
            }
        }
    }
    match broken {
        None => Scanned::Clean { by },
        Some(error) => Scanned::Broken { by, code: Problem::from(error).code.to_owned() },
    }
}

/// Refuses files in which malware was found.
pub(super) fn refuse_malware(scanned: &Scanned) -> Result<(), OfficeError> {
    match scanned {
        Scanned::Found { file, malware, .. } => {
            Err(OfficeError::Malware { file: file.clone(), malware: malware.clone() })
        }
        Scanned::NotSet | Scanned::Clean { .. } | Scanned::Broken { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Scripted(Vec<Result<Finding, ScanError>>, std::sync::atomic::AtomicUsize);

    impl Scanner for Scripted {
        fn name(&self) -> String {
            "scripted".to_owned()
        }

        fn scan(&self, _: &[u8]) -> Result<Finding, ScanError> {
            let at = self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            self.0[at].clone()
        }
    }

    fn scanned(script: Vec<Result<Finding, ScanError>>) -> Scanned {
        let files: Vec<_> = script.iter().map(|_| ("a.pdf", &b"x"[..])).collect();
        scan_all(&Scripted(script, Default::default()), files)
    }

    #[test]
    fn settings_are_read_as_they_are_written() {
        for text in ["none", "defender", "clamd:127.0.0.1:3310", "unix:/run/clamav/clamd.ctl"] {
            assert_eq!(ScannerSetting::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "clamd", "clamd:host", "clamd::1", "clamd:h:0", "unix:", "norton"] {
            assert!(ScannerSetting::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn malware_behind_a_broken_answer_is_still_found() {
        let no_verdict = || Err(ScanError::NoVerdict("limit".to_owned()));
        let found = Ok(Finding::Malware("Eicar".to_owned()));
        assert!(matches!(scanned(vec![no_verdict(), found]), Scanned::Found { .. }));
        assert!(matches!(scanned(vec![no_verdict(), Ok(Finding::Clean)]), Scanned::Broken { .. }));
        assert!(matches!(scanned(vec![Ok(Finding::Clean)]), Scanned::Clean { .. }));
    }
}
