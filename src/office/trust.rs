//! Whom this office trusts.
//!
//! Trusted certificates are plain files beside the database, in `trust/` of the data folder:
//! they are public, and an administrator should see them. A new office trusts nobody. The
//! certificates of the Government Cipher Committee and of the national root authority are
//! known by their fingerprints and fetched from where they are published, or brought on a
//! stick where there is no line.

use std::path::PathBuf;

use super::{Office, OfficeError};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::pki::trust::{self, Fetched, Pin};
use crate::pki::{Certificate, TrustStore};

impl Office {
    /// Whom this office trusts: the certificates in `trust/` of its data folder.
    pub fn trust(&self) -> Result<TrustStore, Problem> {
        let folder = self.trust_folder();
        if folder.is_dir() { Ok(TrustStore::from_dir(&folder)?) } else { Ok(TrustStore::empty()) }
    }

    /// Trusts the certificates of a PEM or DER file from now on; returns them.
    pub fn add_trust(&self, bytes: &[u8]) -> Result<Vec<Certificate>, Problem> {
        self.actor(Act::ManageAgencies)?;
        let certificates = Certificate::from_pem_or_der(bytes)?;
        for certificate in &certificates {
            self.keep_trusted(certificate)?;
        }
        Ok(certificates)
    }

    /// Fetches the pinned certificates that are not at hand, and trusts those that come with
    /// the pinned fingerprint. Each has its own fate.
    ///
    /// # Errors
    /// Only where this person may not, or the folder cannot be read or written.
    pub fn fetch_trust(&self, pins: &[Pin]) -> Result<Vec<Fetched>, Problem> {
        self.actor(Act::ManageAgencies)?;
        let known = self.trust()?;
        pins.iter()
            .map(|pin| {
                let fetched = trust::fetch(pin, &known, &self.0.fetch);
                if let Fetched::Genuine(certificate) = &fetched {
                    self.keep_trusted(certificate)?;
                }
                Ok(fetched)
            })
            .collect()
    }

    fn keep_trusted(&self, certificate: &Certificate) -> Result<(), Problem> {
        let folder = self.trust_folder();
        let path = folder.join(format!("{}.der", certificate.fingerprint()));
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(path, certificate.der()))
            .map_err(|error| OfficeError::File(error.to_string()).into())
    }

    fn trust_folder(&self) -> PathBuf {
        self.data_dir().join("trust")
    }
}
