//! Modules that p11-kit has been told of, where it is installed: vendors' packages for
//! Linux leave a small file there that names their library (p11-kit's `pkcs11.conf(5)`).
//!
//! Only these files are read; p11-kit itself is not loaded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name by which these files may switch a module on or off for this program.
const PROGRAM: &str = "vanthu";
/// A file that names a module has a few lines.
const MAX_FILE: u64 = 64 * 1024;

/// The libraries named by the files in `folders`; in a later folder a file replaces one of
/// the same name in an earlier one. A name without a folder is looked for in `libraries`.
pub fn modules(folders: &[PathBuf], libraries: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = BTreeMap::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_some_and(|extension| extension == "module")
                && let Some(name) = path.file_name()
            {
                files.insert(name.to_owned(), path);
            }
        }
    }
    let named = files.values().filter_map(|file| module(&read(file)?));
    named.filter_map(|name| find(&name, libraries)).collect()
}

/// The folders where p11-kit looks, the user's own last.
pub fn folders() -> Vec<PathBuf> {
    if cfg!(windows) {
        return Vec::new();
    }
    let mut folders: Vec<PathBuf> =
        ["/usr/share/p11-kit/modules", "/etc/pkcs11/modules"].map(PathBuf::from).to_vec();
    if let Some(home) = std::env::var_os("HOME") {
        folders.push(PathBuf::from(home).join(".config/pkcs11/modules"));
    }
    folders
}

fn read(file: &Path) -> Option<String> {
    let small = std::fs::metadata(file).ok()?.len() <= MAX_FILE;
    small.then(|| std::fs::read_to_string(file).ok())?
}

/// The library that one file names, unless it is switched off for this program.
fn module(text: &str) -> Option<String> {
    let field = |wanted: &str| {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim() == wanted)
            .map(|(_, value)| value.trim())
    };
    let names_us = |list: &str| list.split([',', ' ']).any(|name| name.trim() == PROGRAM);
    let switched_off = field("enable-in").is_some_and(|list| !names_us(list))
        || field("disable-in").is_some_and(names_us);
    let module = field("module").filter(|module| !module.is_empty())?;
    (!switched_off).then(|| module.to_owned())
}

fn find(name: &str, libraries: &[PathBuf]) -> Option<PathBuf> {
    if Path::new(name).is_absolute() {
        return Some(PathBuf::from(name));
    }
    // A name, not a way out of the folder.
    (!name.contains('/'))
        .then(|| libraries.iter().map(|folder| folder.join(name)).find(|path| path.is_file()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_name_modules_and_later_folders_win() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        for folder in ["system", "admin", "lib"] {
            std::fs::create_dir(path(folder)).unwrap();
        }
        let write = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
        write("system/a.module", "# comment: module: no\nmodule: a.so\n");
        write("system/b.module", "module: /opt/b/libb.so\npriority: 3\n");
        write("system/c.module", "module: /opt/c.so\nenable-in: firefox, thunderbird\n");
        write("system/d.module", "module: /opt/d.so\ndisable-in: vanthu\n");
        write("system/e.module", "module: ../lib/a.so\n");
        write("system/f.module", "module: absent.so\n");
        write("system/g.txt", "module: /opt/g.so\n");
        write("admin/b.module", "  module:   /opt/b/new.so  \nenable-in: vanthu\n");
        write("lib/a.so", "");
        let found = modules(&[path("system"), path("admin"), path("none")], &[path("lib")]);
        assert_eq!(found, [path("lib/a.so"), PathBuf::from("/opt/b/new.so")]);
    }
}
