//! Why a server does not start, or cannot do what was asked of it.

use crate::domain::agency::HistoryError;
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
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    #[error("the database's address is not understood")]
    BadDatabase,
    #[error("the packets' place fails: {0}")]
    Objects(String),
    #[error("the packets' place is not understood: {0}")]
    BadPlace(String),
    #[error("the packets of this database lie elsewhere than in {0}")]
    OtherPlace(String),
    #[error("the server's key is unusable: {0}")]
    Key(String),
    #[error("the secrets in the database are sealed with another key than {0}")]
    OtherKey(String),
    #[error("{0} is not an address of this machine alone, and there is no password")]
    OpenPage(String),
    #[error("the chain of {office} is broken at {number}")]
    BrokenChain { office: String, number: u64 },
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    #[error("the certificate cannot be bound: {0}")]
    BadCertificate(String),
    #[error("certificate {0} is another office's, or was revoked")]
    CertificateTaken(String),
    #[error("{office} has no certificate {fingerprint}")]
    UnknownCertificate { office: String, fingerprint: String },
    #[error("the history of {0}: {1}")]
    History(String, HistoryError),
    #[error("{0} is not known here")]
    UnknownOffice(String),
    #[error("{0} is another agency's code")]
    CodeTaken(String),
    #[error("there is no packet {0} here")]
    UnknownPacket(String),
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
        use Kind::{No, Refused, Unavailable, Unreadable, Usage};
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
            ServerError::Unreachable(_) => {
                Self::new("server-unreachable", Unavailable, Environment)
            }
            ServerError::BadDatabase => Self::new("server-bad-database", Usage, Input),
            ServerError::Objects(_) => Self::new("server-objects", Unavailable, Environment),
            ServerError::BadPlace(place) => {
                Self::new("server-bad-place", Usage, Input).with("place", place)
            }
            ServerError::OtherPlace(place) => {
                Self::new("server-other-place", Refused, Environment).with("place", place)
            }
            ServerError::Key(_) => Self::new("server-key", Unreadable, Environment),
            ServerError::OtherKey(place) => {
                Self::new("server-other-key", Refused, Environment).with("place", place)
            }
            ServerError::OpenPage(address) => {
                Self::new("server-open-page", Refused, Input).with("address", address)
            }
            ServerError::BrokenChain { office, number } => {
                Self::new("server-broken-chain", No, Environment)
                    .with("office", office)
                    .with("number", number)
            }
            ServerError::Tls(_) => Self::new("server-tls", Unreadable, Input),
            ServerError::BadCertificate(_) => {
                Self::new("server-bad-certificate", Unreadable, Input)
            }
            ServerError::CertificateTaken(fingerprint) => {
                Self::new("server-certificate-taken", Refused, Input)
                    .with("fingerprint", fingerprint)
            }
            ServerError::UnknownCertificate { office, fingerprint } => {
                Self::new("server-unknown-certificate", Refused, Input)
                    .with("office", office)
                    .with("fingerprint", fingerprint)
            }
            ServerError::History(code, error) => {
                let day = error.day().map(|day| day.strftime("%d/%m/%Y").to_string());
                Self::new("server-history", Refused, Input)
                    .with("code", code)
                    .with("why", error.key())
                    .with("day", day.unwrap_or_default())
            }
            ServerError::UnknownOffice(code) => {
                Self::new("server-unknown-office", Refused, Input).with("code", code)
            }
            ServerError::CodeTaken(code) => {
                Self::new("server-code-taken", Refused, Input).with("code", code)
            }
            ServerError::UnknownPacket(id) => {
                Self::new("server-unknown-packet", Refused, Input).with("id", id)
            }
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
            ServerError::Unreachable(text()),
            ServerError::BadDatabase,
            ServerError::Objects(text()),
            ServerError::BadPlace(text()),
            ServerError::OtherPlace(text()),
            ServerError::Key(text()),
            ServerError::OtherKey(text()),
            ServerError::OpenPage(text()),
            ServerError::BrokenChain { office: text(), number: 3 },
            ServerError::Tls(text()),
            ServerError::BadCertificate(text()),
            ServerError::CertificateTaken(text()),
            ServerError::UnknownCertificate { office: text(), fingerprint: text() },
            ServerError::History(text(), HistoryError::SameName),
            ServerError::UnknownOffice(text()),
            ServerError::CodeTaken(text()),
            ServerError::UnknownPacket(text()),
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
