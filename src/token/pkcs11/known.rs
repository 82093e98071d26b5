//! Which PKCS#11 modules there are in the world, and which of them on this computer.
//!
//! The knowledge is data: `assets/tokens.toml`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::Deserialize;

use super::candidates::{State, candidates};
use crate::token::host::PatienceSeconds;

/// A module found on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// For people: the vendor or the certification authority.
    pub name: String,
    pub path: PathBuf,
    /// Serves many kinds of card, and so may show one that PC/SC shows too.
    pub generic: bool,
}

/// A card known by its answer to reset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownCard {
    pub name: String,
    /// Hex, with or without spaces; `.` is any digit.
    atr: String,
    /// Names of the modules that speak to it.
    pub modules: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Table {
    patience: PatienceSeconds,
    folders: Folders,
    /// File names that p11-kit lists and that hold no keys to sign with.
    ignored: Vec<String>,
    module: Vec<KnownModule>,
    card: Vec<KnownCard>,
    reader: Vec<KnownReader>,
}

/// A reader or token whose name gives its vendor away.
#[derive(Debug, Deserialize)]
struct KnownReader {
    /// Any of these in the reader's name, whatever the case.
    contains: Vec<String>,
    modules: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Folders {
    windows: Vec<String>,
    linux: Vec<String>,
    macos: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct KnownModule {
    name: String,
    #[serde(default)]
    generic: bool,
    #[serde(default)]
    windows: Vec<String>,
    #[serde(default)]
    linux: Vec<String>,
    #[serde(default)]
    macos: Vec<String>,
}

impl KnownCard {
    fn has(&self, atr: &str) -> bool {
        let mut wanted = self.atr.chars().filter(|digit| *digit != ' ');
        let mut digits = atr.chars();
        loop {
            match (wanted.next(), digits.next()) {
                (None, None) => return true,
                (Some(wanted), Some(digit)) if wanted == '.' || wanted == digit => {}
                _ => return false,
            }
        }
    }
}

impl KnownModule {
    fn files(&self) -> &[String] {
        here(&self.windows, &self.linux, &self.macos)
    }
}

/// The modules of this computer that could be loaded, vendors' own before the generic ones.
/// Nothing is loaded.
pub fn modules() -> Vec<Module> {
    let mut found: Vec<Module> = candidates(&[])
        .into_iter()
        .filter(|candidate| candidate.state == State::Loadable)
        .map(|candidate| Module {
            name: candidate.vendor.unwrap_or_else(|| file_name(&candidate.path)),
            path: candidate.path,
            generic: candidate.generic,
        })
        .collect();
    found.sort_by_key(|module| module.generic);
    found
}

/// What is known of a card with this answer to reset.
pub fn card(atr: &[u8]) -> Option<&'static KnownCard> {
    let atr = hex::encode_upper(atr);
    table().card.iter().find(|card| card.has(&atr))
}

/// The modules that a card probably needs: by its answer to reset, else by its reader's
/// name. Empty where nothing is known.
pub fn likely(atr: &[u8], reader: &str) -> &'static [String] {
    if let Some(card) = card(atr) {
        return &card.modules;
    }
    let reader = reader.to_lowercase();
    let named = |known: &&KnownReader| {
        known.contains.iter().any(|word| reader.contains(&word.to_lowercase()))
    };
    table().reader.iter().find(named).map_or(&[], |known| &known.modules)
}

/// Known files in known folders that exist.
pub(super) fn paths() -> Vec<PathBuf> {
    let folders = folders();
    let files = table().module.iter().flat_map(KnownModule::files);
    let paths = files.flat_map(|file| folders.iter().map(move |folder| folder.join(file)));
    paths.filter(|path| path.is_file()).collect()
}

/// The folders where vendors install their modules on this system.
pub(super) fn folders() -> Vec<PathBuf> {
    let folders = &table().folders;
    let system = std::env::var("SystemRoot").unwrap_or_else(|_| r"C:\Windows".to_owned());
    here(&folders.windows, &folders.linux, &folders.macos)
        .iter()
        .map(|folder| folder.replace("{arch}", std::env::consts::ARCH).replace("{system}", &system))
        .map(PathBuf::from)
        .collect()
}

/// The vendor of a module, by the library's name.
pub fn vendor(path: &Path) -> Option<&'static str> {
    by_file_name(path).map(|(vendor, _)| vendor)
}

/// Vendor, and whether the module serves many kinds of card, by the library's name.
pub(super) fn by_file_name(path: &Path) -> Option<(&'static str, bool)> {
    let name = file_name(path);
    let known =
        |module: &&KnownModule| module.files().iter().any(|file| file.eq_ignore_ascii_case(&name));
    table().module.iter().find(known).map(|module| (module.name.as_str(), module.generic))
}

pub(super) fn is_ignored(path: &Path) -> bool {
    table().ignored.iter().any(|name| path.file_name() == Some(OsStr::new(name)))
}

/// How long modules are waited for, unless somebody has set something else.
pub(in crate::token) fn patience() -> PatienceSeconds {
    table().patience
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

const fn here<'a>(windows: &'a [String], linux: &'a [String], macos: &'a [String]) -> &'a [String] {
    if cfg!(windows) {
        windows
    } else if cfg!(target_os = "macos") {
        macos
    } else {
        linux
    }
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        toml::from_str(include_str!("../../../assets/tokens.toml")).unwrap_or_else(|error| {
            tracing::error!(%error, "assets/tokens.toml cannot be read");
            Table::default()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let table: Table = toml::from_str(include_str!("../../../assets/tokens.toml")).unwrap();
        assert!(table.module.len() >= 8);
        for module in &table.module {
            assert!(!module.windows.is_empty(), "{} has no library on Windows", module.name);
        }
        for card in &table.card {
            let atr = hex::decode(card.atr.replace(' ', "").replace('.', "0")).unwrap();
            assert!((2..=33).contains(&atr.len()), "{}", card.name);
        }
        let cards = table.card.iter().flat_map(|card| &card.modules);
        for name in cards.chain(table.reader.iter().flat_map(|reader| &reader.modules)) {
            assert!(table.module.iter().any(|module| module.name == *name), "{name}");
        }
    }

    #[test]
    fn the_government_cipher_committees_cards_are_known() {
        let atr = hex::decode("3BFF1800008131FE45006B150C03020101014234441031800D").unwrap();
        assert!(card(&atr).unwrap().name.contains("VGCA"));
        assert_eq!(card(&[0x3B, 0x00]), None);
        assert!(likely(&atr, "any reader")[0].contains("VGCA"));
        let other = hex::decode("3B9F958131FE9F006646530510001171DF0000006A825E").unwrap();
        assert_eq!(card(&other).unwrap().name, "Feitian ePass2003");
        assert_eq!(card(&other[..22]), None);
    }

    #[test]
    fn a_readers_name_tells_the_vendor_of_an_unknown_card() {
        assert!(likely(&[0x3B], "Feitian ePass2003 00 00")[0].contains("Feitian"));
        assert!(likely(&[0x3B], "BIT4ID TokenME EVO v2 0")[0].contains("Bit4id"));
        assert!(likely(&[0x3B], "Virtual PCD 00 00").is_empty());
    }
}
