//! This repository's own source, for the tests that read it.

use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

/// The folder of the package.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One file of Rust source.
pub struct Source {
    /// Relative to the package, with `/`.
    pub path: String,
    pub text: String,
}

impl Source {
    /// Its tokens: comments are gone, strings are one token each.
    pub fn tokens(&self) -> Vec<TokenTree> {
        tokens(&self.text).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }
}

pub fn tokens(text: &str) -> Result<Vec<TokenTree>, proc_macro2::LexError> {
    Ok(text.parse::<TokenStream>()?.into_iter().collect())
}

/// Every file below `src`.
pub fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    walk(&root().join("src"), &mut files);
    files.sort();
    let sources: Vec<Source> = files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .map(|file| Source {
            path: file.strip_prefix(root()).unwrap_or(&file).to_string_lossy().replace('\\', "/"),
            text: std::fs::read_to_string(&file)
                .unwrap_or_else(|error| panic!("{file:?}: {error}")),
        })
        .collect();
    assert!(sources.len() > 20, "the source was not found");
    sources
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
        let path = entry.unwrap_or_else(|error| panic!("{folder:?}: {error}")).path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}

pub fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

pub fn is_ident(token: Option<&TokenTree>, wanted: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == wanted)
}

/// The text of a plain string literal.
pub fn string(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let text = literal.to_string();
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(inner.to_owned())
}

/// Every plain string literal in `tokens`, at any depth.
#[allow(dead_code)] // one of the two tests
pub fn strings(tokens: &[TokenTree], found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                strings(&group.stream().into_iter().collect::<Vec<_>>(), found);
            }
            other => found.extend(string(other)),
        }
    }
}
