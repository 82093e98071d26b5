//! Whom the office trusts: roots, and authorities below them that are kept at hand.
//!
//! Many signed documents carry the signer's certificate only, so the certificates of the
//! authorities lie in a folder of the office. A folder can be written to by mistake or by
//! malice: files that are given as the Government Cipher Committee's are compared with the
//! fingerprints in `assets/trust/pins.toml`.

use std::path::Path;

use super::certificate::{Certificate, Name};
use super::error::PkiError;
use super::fetch::Fetch;
use super::revocation::Evidence;

/// Larger files in the trust folder are not certificates.
const MAX_FILE: u64 = 1024 * 1024;

/// Trusted roots, and what helps to reach a conclusion about those below them: intermediate
/// authorities and revocation data that are at hand. Only the roots are trusted.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    pub roots: Vec<Certificate>,
    pub intermediates: Vec<Certificate>,
    /// Kept from earlier checks; counts as what comes with a document does.
    pub evidence: Evidence,
}

impl TrustStore {
    /// A store that trusts nobody.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Reads all certificates (`.pem`, `.crt`, `.cer`, `.der`, `.p7b`) of a folder: what signed
    /// itself becomes a root, everything else an intermediate.
    ///
    /// A file that bears the name of a pinned one must hold the pinned certificate.
    pub fn from_dir(path: &Path) -> Result<Self, PkiError> {
        let unreadable = |at: &Path, cause: std::io::Error| PkiError::TrustUnreadable {
            path: at.display().to_string(),
            cause: cause.to_string(),
        };
        let mut store = Self::empty();
        let entries = std::fs::read_dir(path).map_err(|e| unreadable(path, e))?;
        let mut files = Vec::new();
        for entry in entries {
            files.push(entry.map_err(|e| unreadable(path, e))?.path());
        }
        files.sort();
        for file in files {
            let suffix = file.extension().and_then(|s| s.to_str()).map(str::to_ascii_lowercase);
            if !matches!(suffix.as_deref(), Some("pem" | "crt" | "cer" | "der" | "p7b")) {
                continue;
            }
            let size = std::fs::metadata(&file).map_err(|e| unreadable(&file, e))?.len();
            if size > MAX_FILE {
                return Err(PkiError::NotACertificate(file.display().to_string()));
            }
            let bytes = std::fs::read(&file).map_err(|e| unreadable(&file, e))?;
            let certificates = Certificate::from_pem_or_der(&bytes)
                .map_err(|e| PkiError::NotACertificate(format!("{}: {e}", file.display())))?;
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            for certificate in certificates {
                check_pin(name, &certificate)?;
                store.add(certificate);
            }
        }
        Ok(store)
    }

    /// Adds a certificate: as a root if it signed itself, else as an intermediate.
    pub fn add(&mut self, certificate: Certificate) {
        let list =
            if certificate.is_self_signed() { &mut self.roots } else { &mut self.intermediates };
        if !list.contains(&certificate) {
            list.push(certificate);
        }
    }

    /// Whether this very certificate is a trusted root.
    pub fn is_root(&self, certificate: &Certificate) -> bool {
        self.roots.contains(certificate)
    }

    pub fn is_empty(&self) -> bool {
        self.roots.is_empty() && self.intermediates.is_empty()
    }
}

/// One pinned certificate of `assets/trust/pins.toml`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Pin {
    /// For people.
    pub name: String,
    /// Names of the file under which the authority publishes it.
    pub files: Vec<String>,
    /// Where it is published.
    #[serde(default)]
    pub url: String,
    /// SHA-256 of the DER, lower-case hexadecimal.
    pub sha256: String,
}

/// The pinned certificates of the Government's and the national authorities.
pub fn pins() -> Vec<Pin> {
    #[derive(serde::Deserialize)]
    struct File {
        pin: Vec<Pin>,
    }
    match toml::from_str::<File>(include_str!("../../assets/trust/pins.toml")) {
        Ok(file) => file.pin,
        Err(error) => {
            tracing::error!(%error, "the list of pinned certificates is broken");
            Vec::new()
        }
    }
}

/// The pin that this certificate fulfils.
pub fn pinned(certificate: &Certificate) -> Option<Pin> {
    let fingerprint = certificate.fingerprint();
    pins().into_iter().find(|pin| pin.sha256 == fingerprint)
}

/// What came of fetching a pinned certificate from where it is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It is at hand already; nobody was asked.
    Known,
    /// The pinned certificate itself.
    Genuine(Certificate),
    /// Nobody says where it is published.
    NoAddress,
    /// Something else stands there, with these fingerprints; none if it is no certificate.
    Other(Vec<String>),
    Failed(PkiError),
}

/// Fetches a pinned certificate. The line need not be trusted, and few authorities publish
/// over TLS: from what comes only the pinned certificate is taken.
pub fn fetch(pin: &Pin, known: &TrustStore, line: &dyn Fetch) -> Fetched {
    let mut at_hand = known.roots.iter().chain(&known.intermediates);
    if at_hand.any(|certificate| certificate.fingerprint() == pin.sha256) {
        return Fetched::Known;
    }
    if pin.url.is_empty() {
        return Fetched::NoAddress;
    }
    let bytes = match line.get(&pin.url) {
        Ok(bytes) => bytes,
        Err(error) => return Fetched::Failed(error),
    };
    let found = Certificate::from_pem_or_der(&bytes).unwrap_or_default();
    let fingerprints = found.iter().map(Certificate::fingerprint).collect();
    let genuine = found.into_iter().find(|one| one.fingerprint() == pin.sha256);
    genuine.map_or(Fetched::Other(fingerprints), Fetched::Genuine)
}

/// The pins of the authorities that bear this name, with an address to fetch them from.
pub(super) fn published(issuer: &Name) -> Vec<Pin> {
    let Some(name) = issuer.common_name.as_deref() else { return Vec::new() };
    pins().into_iter().filter(|pin| pin.name == name && !pin.url.is_empty()).collect()
}

/// Refuses a file that bears a pinned certificate's name and holds another one.
fn check_pin(file: &str, certificate: &Certificate) -> Result<(), PkiError> {
    let all = pins();
    let named: Vec<&Pin> = all
        .iter()
        .filter(|pin| pin.files.iter().any(|name| name.eq_ignore_ascii_case(file)))
        .collect();
    let fingerprint = certificate.fingerprint();
    match named.first() {
        Some(first) if !named.iter().any(|pin| pin.sha256 == fingerprint) => {
            Err(PkiError::PinMismatch { file: file.to_owned(), expected: first.sha256.clone() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_well_formed() {
        let pins = pins();
        assert_eq!(pins.len(), 6);
        for pin in pins {
            assert_eq!(hex::decode(&pin.sha256).map(|b| b.len()), Ok(32), "{}", pin.name);
            assert_eq!(pin.sha256, pin.sha256.to_lowercase());
            assert!(!pin.files.is_empty());
        }
    }
}
