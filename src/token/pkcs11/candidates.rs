//! Which modules this computer has, for the search and for whoever chooses one.
//!
//! In this order: the paths that an administrator set, the known names in the known folders,
//! what p11-kit has been told of. Nothing else is ever a candidate; a document or a server
//! cannot name one. Nothing is loaded here.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{binary, known, p11kit};

/// Who named a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Administrator,
    /// A known name in a known folder (`assets/tokens.toml`).
    Known,
    P11Kit,
}

/// Whether a module could be loaded, as far as its file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Loadable,
    Missing,
    /// For another kind of processor, say 32 bits in a program of 64.
    OtherArchitecture {
        found: String,
    },
    NotALibrary,
}

/// A module that could be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub path: PathBuf,
    /// For people: the vendor or the certification authority, where the file's name tells.
    pub vendor: Option<String>,
    /// Serves many kinds of card, and so may show one that PC/SC shows too.
    pub generic: bool,
    pub source: Source,
    pub state: State,
}

/// Every candidate, each library once; `configured` are the administrator's paths.
pub fn candidates(configured: &[PathBuf]) -> Vec<Candidate> {
    let mut found: Vec<(PathBuf, Candidate)> = Vec::new();
    let mut add = |path: PathBuf, source: Source| {
        // The same library under two names is one module.
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if found.iter().any(|(other, _)| *other == real) {
            return;
        }
        let described = known::by_file_name(&path).or_else(|| known::by_file_name(&real));
        let candidate = Candidate {
            vendor: described.map(|(vendor, _)| vendor.to_owned()),
            generic: described.is_some_and(|(_, generic)| generic),
            state: state(&path),
            source,
            path,
        };
        found.push((real, candidate));
    };
    for path in configured {
        add(path.clone(), Source::Administrator);
    }
    for path in known::paths() {
        add(path, Source::Known);
    }
    for path in p11kit::modules(&p11kit::folders(), &known::folders()) {
        if !known::is_ignored(&path) {
            add(path, Source::P11Kit);
        }
    }
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// What the file at `path` is.
pub fn state(path: &Path) -> State {
    let opened = path.metadata().ok().filter(std::fs::Metadata::is_file);
    let Some(file) = opened.and_then(|_| std::fs::File::open(path).ok()) else {
        return State::Missing;
    };
    let mut head = Vec::with_capacity(binary::HEAD);
    if file.take(binary::HEAD as u64).read_to_end(&mut head).is_err() {
        return State::Missing;
    }
    match binary::made_for(&head) {
        None => State::NotALibrary,
        Some(made) if made.is_ours() => State::Loadable,
        Some(made) => State::OtherArchitecture { found: made.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_administrators_paths_come_first_and_say_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("module.so");
        std::fs::write(&text, "text").unwrap();
        let absent = folder.path().join("bit4xpki.dll");
        let found = candidates(&[absent.clone(), text.clone(), text.clone()]);
        let administrators: Vec<_> =
            found.iter().take_while(|one| one.source == Source::Administrator).collect();
        assert_eq!(administrators.len(), 2, "a path named twice is one");
        assert_eq!((&administrators[0].path, &administrators[0].state), (&absent, &State::Missing));
        assert_eq!(administrators[1].path, text);
        assert_eq!(administrators[1].state, State::NotALibrary);
        assert_eq!(administrators[1].vendor, None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_library_for_another_processor_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libold.so");
        let mut head = b"\x7FELF\x01\x01\x01".to_vec();
        head.resize(16, 0);
        head.extend([3, 0, 3, 0]);
        std::fs::write(&path, head).unwrap();
        assert_eq!(state(&path), State::OtherArchitecture { found: "x86, 32 bit".to_owned() });
    }
}
