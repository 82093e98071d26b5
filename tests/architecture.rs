//! The house keeps its order: imports run one way, each outside library lives in its room,
//! files stay readable, and nothing in the repository points at a machine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // it is a test

#[path = "support/source.rs"]
mod source;

use std::process::Command;

use proc_macro2::{Delimiter, TokenTree};
use source::{Source, is_ident, is_punct, root, sources, tokens};

/// Each room may use the rooms before it (and itself).
const ROOMS: [&str; 13] = [
    "domain", "i18n", "rules", "pdf", "pki", "token", "signing", "packet", "store", "exchange",
    "office", "desk", "server",
];

/// Libraries that only some rooms may know.
const LIBRARIES: [(&str, &[&str]); 9] = [
    ("rusqlite", &["store", "server"]),
    ("tokio_postgres", &["server"]),
    ("deadpool_postgres", &["server"]),
    ("object_store", &["server"]),
    ("iced", &["desk"]),
    ("rfd", &["desk"]),
    ("pcsc", &["token"]),
    ("cryptoki", &["token"]),
    ("reqwest", &["exchange", "pki"]),
];

const MAX_LINES: usize = 700;

/// The macro `t!` belongs to [`i18n`] though it is exported at the root.
const ROOT_MACROS: [(&str, &str); 1] = [("t", "i18n")];

#[test]
fn imports_run_one_way() {
    let faults: Vec<String> = sources().iter().flat_map(imports).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn files_stay_readable() {
    let long: Vec<String> = sources()
        .iter()
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(source, lines)| format!("{}: {lines} lines", source.path))
        .collect();
    assert!(long.is_empty(), "\n{}", long.join("\n"));
}

#[test]
fn modules_lie_beside_their_folders() {
    for source in sources() {
        assert!(!source.path.ends_with("/mod.rs"), "{}", source.path);
    }
}

#[test]
fn nothing_points_at_a_machine() {
    let mut faults = Vec::new();
    for file in tracked() {
        let Ok(bytes) = std::fs::read(root().join(&file)) else { continue };
        let Ok(text) = String::from_utf8(bytes) else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(path) = machine_path(line) {
                faults.push(format!("{file}:{}: {path}", number + 1));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

// What the tests themselves are held to.

#[test]
fn wrong_imports_are_found() {
    let wrong = [
        ("src/pki/path.rs", "use crate::store::Store;"),
        ("src/pki.rs", "fn f() { crate::office::open() }"),
        ("src/pki/a.rs", "use crate::{domain, desk::app};"),
        ("src/pki/a.rs", "use super::super::signing;"),
        ("src/pki/a.rs", "#[cfg(test)] mod tests { use super::super::super::packet::read; }"),
        ("src/pki/a.rs", "use super::{super::store::X, b};"),
        ("src/server/a.rs", "use crate::desk::app;"),
        ("src/domain.rs", "fn f() -> String { crate::t!(\"x\") }"),
        ("src/pki/a.rs", "use crate::cellar::wine;"),
        ("src/office/a.rs", "use rusqlite::Connection;"),
        ("src/office/a.rs", "fn f(c: &rusqlite::Connection) {}"),
        ("src/server/a.rs", "use iced;"),
    ];
    for (path, text) in wrong {
        let found = imports(&Source { path: path.to_owned(), text: text.to_owned() });
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
    }
}

#[test]
fn right_imports_are_left_alone() {
    let right = [
        ("src/pki/path.rs", "use crate::domain::problem::Problem; use crate::pki::chain;"),
        ("src/pki/a.rs", "use super::chain; #[cfg(test)] mod tests { use super::super::chain; }"),
        ("src/office/a.rs", "// use crate::desk\nconst S: &str = \"crate::desk::x\";"),
        ("src/desk/a.rs", "use crate::t; use crate::office::Office;"),
        ("src/store/a.rs", "use rusqlite::Connection;"),
        ("src/office/a.rs", "use crate::token::pcsc::readers;"),
        ("src/bin/vanthuctl.rs", "use vanthu::server;"),
        ("src/lib.rs", "pub mod server;"),
    ];
    for (path, text) in right {
        let found = imports(&Source { path: path.to_owned(), text: text.to_owned() });
        assert!(found.is_empty(), "{path}: {found:?}");
    }
}

#[test]
fn machine_paths_are_found() {
    for (line, found) in [
        (concat!("open(\"/ro", "ot/x\")"), true),
        (concat!("/wo", "rk/a"), true),
        ("http://host/crls/root/latest.crl", false),
        ("a/root/b", false),
        (concat!("url.contains(\"/ro", "ot/\")"), false),
        (concat!("see ~/.car", "go/registry/src"), true),
    ] {
        assert_eq!(machine_path(line).is_some(), found, "{line}");
    }
}

/// Every import of a source file that runs against the order.
fn imports(source: &Source) -> Vec<String> {
    let parts: Vec<&str> =
        source.path.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
    let room = parts.first().copied().unwrap_or_default();
    if matches!(room, "lib" | "bin") {
        return Vec::new();
    }
    let mut scan = Scan { room, path: &source.path, faults: Vec::new() };
    scan.visit(&source.tokens(), parts.len());
    scan.faults
}

struct Scan<'a> {
    room: &'a str,
    path: &'a str,
    faults: Vec<String>,
}

impl Scan<'_> {
    /// `depth` is how many modules lie between here and the root of the crate.
    fn visit(&mut self, tokens: &[TokenTree], depth: usize) {
        for (index, token) in tokens.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| tokens.get(index));
            match token {
                TokenTree::Ident(ident) if ident == "crate" && followed(tokens, index) => {
                    self.path_from(tokens, index + 3, 0);
                }
                TokenTree::Ident(ident)
                    if ident == "super" && followed(tokens, index) && !is_punct(before, ':') =>
                {
                    self.path_from(tokens, index, depth);
                }
                TokenTree::Ident(ident) => {
                    let named = followed(tokens, index) || is_ident(before, "use");
                    if named && !is_punct(before, ':') && !is_punct(before, '.') {
                        self.library(&ident.to_string());
                    }
                }
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let is_module = group.delimiter() == Delimiter::Brace
                        && index >= 2
                        && is_ident(tokens.get(index - 2), "mod");
                    self.visit(&inner, depth + usize::from(is_module));
                }
                _ => {}
            }
        }
    }

    /// Follows a path that starts `up` modules below the root: at 0 the next name is a room.
    fn path_from(&mut self, tokens: &[TokenTree], mut index: usize, mut up: usize) {
        while is_ident(tokens.get(index), "super") && up > 0 {
            up -= 1;
            index += 3;
        }
        match tokens.get(index) {
            Some(TokenTree::Ident(name)) if up == 0 => self.room(&name.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                for item in inner.split(|token| is_punct(Some(token), ',')) {
                    if up == 0 || is_ident(item.first(), "super") {
                        self.path_from(item, 0, up);
                    }
                }
            }
            _ => {}
        }
    }

    fn room(&mut self, name: &str) {
        let name = ROOT_MACROS.iter().find(|(known, _)| *known == name).map_or(name, |(_, r)| r);
        let place = |room: &str| ROOMS.iter().position(|known| *known == room);
        let allowed = match (place(self.room), place(name)) {
            (Some(own), Some(other)) => other <= own && !(self.room == "server" && name == "desk"),
            _ => false,
        };
        if !allowed {
            self.faults.push(format!("{}: {} may not use {name}", self.path, self.room));
        }
    }

    fn library(&mut self, name: &str) {
        if let Some((_, rooms)) = LIBRARIES.iter().find(|(known, _)| *known == name)
            && !rooms.contains(&self.room)
        {
            self.faults
                .push(format!("{}: {} may not use the library {name}", self.path, self.room));
        }
    }
}

/// Whether `::` follows.
fn followed(tokens: &[TokenTree], index: usize) -> bool {
    is_punct(tokens.get(index + 1), ':') && is_punct(tokens.get(index + 2), ':')
}

/// Every file that is, or is about to be, in the repository.
fn tracked() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    let files: Vec<String> = match listed {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .split('\0')
            .filter(|file| !file.is_empty())
            .map(str::to_owned)
            .collect(),
        // A source archive without its history: what is compiled at least.
        _ => sources().into_iter().map(|source| source.path).collect(),
    };
    assert!(files.iter().any(|file| file == "src/lib.rs"), "the repository was not found");
    files
}

/// An absolute path of one machine, if the line names one.
fn machine_path(line: &str) -> Option<&str> {
    // Put together here, so that this file does not name them.
    let patterns = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!(".car", "go/registry/")];
    patterns.iter().find_map(|pattern| {
        line.match_indices(pattern).find_map(|(at, _)| {
            let (before, found) = line.split_at_checked(at)?;
            let after = found.strip_prefix(pattern)?;
            let is_name = |c: char| c.is_alphanumeric() || "._-".contains(c);
            // Part of a longer path, such as that of a URL, or a bare `/…/` to search for.
            let inside = before.ends_with(|c| is_name(c) || c == '}');
            let names_a_file = after.starts_with(is_name);
            (names_a_file && (!inside || !pattern.starts_with('/'))).then_some(found)
        })
    })
}

#[test]
fn the_order_is_that_of_the_crate() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let tokens = tokens(&lib).unwrap();
    let declared: Vec<String> = tokens
        .windows(2)
        .filter(|pair| is_ident(pair.first(), "mod"))
        .map(|pair| pair[1].to_string())
        .collect();
    let mut rooms = ROOMS.map(str::to_owned).to_vec();
    rooms.sort();
    let mut sorted = declared.clone();
    sorted.sort();
    assert_eq!(sorted, rooms);
}
