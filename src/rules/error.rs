//! What can be wrong with a profile, a directory or a file, and what people are told of it.

use crate::domain::problem::{Blame, Kind, Problem};

/// Why a profile or directory was not taken, or a file is against the profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    #[error("no built-in profile is called {name}")]
    UnknownProfile { name: String },
    #[error("the profile {path} cannot be read: {detail}")]
    ProfileFile { path: String, detail: String },
    /// `line` is 0 where the fault has no line of its own.
    #[error("line {line} of the profile: {detail}")]
    Profile { line: usize, detail: String },
    #[error("line {line} of the agency directory: {detail}")]
    Directory { line: usize, detail: String },
    #[error("{file}: the format is not one of the permitted {permitted}")]
    FormatForbidden { file: String, permitted: String },
    #[error("{file}: the contents are not {extension}")]
    FormatMismatch { file: String, extension: String },
    #[error("{file}: {size} bytes, more than {limit}")]
    TooLarge { file: String, size: u64, limit: u64 },
}

impl From<RulesError> for Problem {
    fn from(error: RulesError) -> Self {
        use Blame::Input;
        use Kind::{Refused, Unreadable, Usage};
        const MEGABYTE: u64 = 1 << 20;
        let problem = match &error {
            RulesError::UnknownProfile { name } => {
                Self::new("rules-profile-unknown", Usage, Input).with("name", name)
            }
            RulesError::ProfileFile { path, .. } => {
                Self::new("rules-profile-unreadable", Unreadable, Input).with("path", path)
            }
            RulesError::Profile { line, detail } => {
                Self::new("rules-profile-invalid", Unreadable, Input)
                    .with("line", line)
                    .with("detail", detail)
            }
            RulesError::Directory { line, detail } => {
                Self::new("rules-directory-invalid", Unreadable, Input)
                    .with("line", line)
                    .with("detail", detail)
            }
            RulesError::FormatForbidden { file, permitted } => {
                Self::new("rules-format-forbidden", Refused, Input)
                    .with("file", file)
                    .with("permitted", permitted)
            }
            RulesError::FormatMismatch { file, extension } => {
                Self::new("rules-format-mismatch", Refused, Input)
                    .with("file", file)
                    .with("extension", extension)
            }
            RulesError::TooLarge { file, size, limit } => {
                Self::new("rules-file-too-large", Refused, Input)
                    .with("file", file)
                    .with("size", size.div_ceil(MEGABYTE))
                    .with("limit", limit / MEGABYTE)
            }
        };
        problem.because(error)
    }
}
