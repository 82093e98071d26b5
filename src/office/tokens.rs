//! What can sign right now, for the signing dialog.

use std::path::PathBuf;

use super::{Office, TokenChoice};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::pki::Certificate;
use crate::token::{self, Sources};

impl Office {
    /// Cards in readers, PKCS#11 tokens, and the demonstration's files.
    pub fn tokens(&self) -> Result<Vec<TokenChoice>, Problem> {
        self.actor(Act::ViewQueues)?;
        let files = self.demonstration_tokens();
        let sources = Sources { files, ..Sources::known() };
        Ok(token::list_from(&sources)
            .into_iter()
            .map(|info| TokenChoice {
                selector: info.selector,
                label: info.label,
                presence: info.presence,
                certificates: info
                    .certificates
                    .iter()
                    .filter_map(|one| Certificate::from_der(&one.der).ok())
                    .map(|one| {
                        (
                            format!("{} ({})", one.subject().label(), one.issuer().label()),
                            one.serial_hex(),
                        )
                    })
                    .collect(),
                demonstration: info.demonstration,
            })
            .collect())
    }

    /// PKCS#12 files of the demonstration; an office without `tokens/` has none.
    fn demonstration_tokens(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.data_dir().join("tokens")) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "p12"))
            .collect();
        files.sort();
        files
    }

    /// Whether this office is the demonstration's.
    pub fn is_demonstration(&self) -> bool {
        !self.demonstration_tokens().is_empty()
    }
}
