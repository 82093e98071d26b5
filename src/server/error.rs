//! Why a server does not start, or cannot do what was asked of it.

use crate::domain::problem::{Blame, Kind, Problem};

/// What goes wrong on the server's own side. What it tells callers is another matter, see
/// `refusal`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    #[error("cannot listen on {0}: {1}")]
    Listen(String, String),
    #[error("{0}: {1}")]
    Io(String, String),
    #[error("the disk is full: {0}")]
    DiskFull(String),
    #[error("another server runs on {0}")]
    InUse(String),
    #[error("the database fails: {0}")]
    Database(String),
    #[error("the database is of version {found}, this program knows up to {known}")]
    NewerDatabase { found: i64, known: i64 },
    #[error("the server's key is unusable: {0}")]
    Key(String),
    #[error("{0:?} is not an agency code")]
    BadCode(String),
    #[error("a secret needs {least} bytes")]
    WeakSecret { least: usize },
}

impl ServerError {
    /// From a failure of the file system at `path`.
    pub(crate) fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        let place = path.display().to_string();
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::DiskFull(place)
            }
            _ => Self::Io(place, error.to_string()),
        }
    }
}

impl From<ServerError> for Problem {
    fn from(error: ServerError) -> Self {
        use Blame::{Environment, Input};
        use Kind::{Refused, Unavailable, Unreadable, Usage};
        let problem = match &error {
            ServerError::Listen(address, _) => {
                Self::new("server-listen", Unavailable, Environment).with("address", address)
            }
            ServerError::Io(place, _) => {
                Self::new("server-io", Unavailable, Environment).with("place", place)
            }
            ServerError::DiskFull(place) => {
                Self::new("server-disk-full", Unavailable, Environment).with("place", place)
            }
            ServerError::InUse(place) => {
                Self::new("server-in-use", Refused, Environment).with("place", place)
            }
            ServerError::Database(_) => Self::new("server-database", Unavailable, Environment),
            ServerError::NewerDatabase { found, known } => {
                Self::new("server-newer-database", Refused, Environment)
                    .with("found", found)
                    .with("known", known)
            }
            ServerError::Key(_) => Self::new("server-key", Unreadable, Environment),
            ServerError::BadCode(code) => {
                Self::new("server-bad-code", Usage, Input).with("code", code)
            }
            ServerError::WeakSecret { least } => {
                Self::new("server-weak-secret", Refused, Input).with("least", least)
            }
        };
        problem.because(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{Lang, lookup};

    #[test]
    fn every_error_is_told_in_both_languages() {
        let text = || "x".to_owned();
        for error in [
            ServerError::Listen(text(), text()),
            ServerError::Io(text(), text()),
            ServerError::DiskFull(text()),
            ServerError::InUse(text()),
            ServerError::Database(text()),
            ServerError::NewerDatabase { found: 2, known: 1 },
            ServerError::Key(text()),
            ServerError::BadCode(text()),
            ServerError::WeakSecret { least: 16 },
        ] {
            let problem = Problem::from(error);
            for lang in Lang::ALL {
                for key in ["", ".kept", ".next"] {
                    let key = format!("{}{key}", problem.code);
                    assert!(lookup(lang, &key, &problem.args).is_some(), "{key} in {lang:?}");
                }
            }
        }
    }
}
