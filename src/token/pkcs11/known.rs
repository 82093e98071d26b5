//! Which PKCS#11 modules there are in the world, and which of them on this computer.
//!
//! The knowledge is data: `assets/tokens.toml`. Only names from there, and paths that an
//! administrator gives, are ever loaded.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde::Deserialize;

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
    /// Hex, with or without spaces.
    atr: String,
    /// Names of the modules that speak to it.
    pub modules: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Table {
    folders: Folders,
    module: Vec<KnownModule>,
    card: Vec<KnownCard>,
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

/// The known modules that exist on this computer, vendors' own before the generic ones.
/// Nothing is loaded.
pub fn modules() -> Vec<Module> {
    let table = table();
    let folders = here(&table.folders.windows, &table.folders.linux, &table.folders.macos);
    let system = std::env::var("SystemRoot").unwrap_or_else(|_| r"C:\Windows".to_owned());
    let mut found: Vec<Module> = Vec::new();
    for module in &table.module {
        for file in here(&module.windows, &module.linux, &module.macos) {
            for folder in folders {
                let folder =
                    folder.replace("{arch}", std::env::consts::ARCH).replace("{system}", &system);
                let path = PathBuf::from(folder).join(file);
                // The same library under two names is one module.
                let Ok(real) = path.canonicalize() else { continue };
                if real.is_file()
                    && !found
                        .iter()
                        .any(|other| other.path.canonicalize().ok().as_ref() == Some(&real))
                {
                    found.push(Module { name: module.name.clone(), path, generic: module.generic });
                }
            }
        }
    }
    found.sort_by_key(|module| module.generic);
    found
}

/// What is known of a card with this answer to reset.
pub fn card(atr: &[u8]) -> Option<&'static KnownCard> {
    let atr = hex::encode_upper(atr);
    table().card.iter().find(|card| card.atr.replace(' ', "") == atr)
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
            let atr = hex::decode(card.atr.replace(' ', "")).unwrap();
            assert!((2..=33).contains(&atr.len()), "{}", card.name);
            for name in &card.modules {
                assert!(table.module.iter().any(|module| module.name == *name), "{name}");
            }
        }
    }

    #[test]
    fn the_government_cipher_committees_cards_are_known() {
        let atr = hex::decode("3BFF1800008131FE45006B150C03020101014234441031800D").unwrap();
        assert!(card(&atr).unwrap().name.contains("VGCA"));
        assert_eq!(card(&[0x3B, 0x00]), None);
    }
}
