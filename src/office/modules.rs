//! The PKCS#11 modules that an administrator has chosen for this desk, beside those that are
//! found by themselves.
//!
//! A module is a program of its vendor's: only an administrator may try one or set its path,
//! and nothing that comes from a document or a server ever becomes one.

use std::path::{Path, PathBuf};

use super::{Office, OfficeError};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::token::Sources;
use crate::token::pkcs11::{self, Candidate, Shown};

const MODULES: &str = "token.modules";

impl Office {
    /// The paths that were set, in the order in which they are asked.
    pub fn token_modules(&self) -> Result<Vec<PathBuf>, Problem> {
        let paths = self.store().setting(MODULES)?.unwrap_or_default();
        Ok(paths.lines().map(PathBuf::from).collect())
    }

    /// Sets the paths; one that could not be loaded on this computer is refused with the
    /// reason, and the earlier ones stay. An empty list leaves what is found by itself.
    pub fn set_token_modules(&self, paths: &[PathBuf]) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        let lines: Option<Vec<&str>> = paths
            .iter()
            .map(|path| path.to_str().filter(|text| path.is_absolute() && !text.contains('\n')))
            .collect();
        let lines = lines.ok_or(OfficeError::BadSetting(MODULES))?;
        for path in paths {
            pkcs11::check(path)?;
        }
        Ok(self.store().set_setting(MODULES, &lines.join("\n"))?)
    }

    /// The modules to choose from, those that were set first; nothing is loaded.
    pub fn module_candidates(&self) -> Result<Vec<Candidate>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(pkcs11::candidates(&self.token_modules()?))
    }

    /// Loads a module in a helper process and tells which tokens it shows now; whoever
    /// chooses one sees whether it is the right one. Waits at most as long as
    /// [`patience`](crate::token::host::patience) says.
    pub fn try_module(&self, path: &Path) -> Result<Vec<Shown>, Problem> {
        self.actor(Act::ManageAgencies)?;
        Ok(pkcs11::try_module(path)?)
    }

    /// Where this desk looks for tokens beside the readers.
    pub(super) fn token_sources(&self) -> Result<Sources, Problem> {
        Ok(Sources::known().with_modules(self.token_modules()?))
    }
}
