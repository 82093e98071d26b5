//! What the window remembers of itself: its size, the language, the zoom.
//!
//! Kept in `window.json` in the data folder. A missing field gets its default, a strange
//! value is brought back into bounds, an unreadable file counts as none: settings never
//! keep the program from starting.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::i18n::Lang;

const FILE: &str = "window.json";
/// The smallest window in which nothing is cut off.
pub const SMALLEST: (f32, f32) = (1024.0, 640.0);
const LARGEST: (f32, f32) = (7680.0, 4320.0);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Logical pixels.
    pub width: f32,
    pub height: f32,
    /// `vi` or `en`.
    pub language: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { width: 1366.0, height: 730.0, language: Lang::Vi.tag().to_owned() }
    }
}

impl Settings {
    pub fn load(data_dir: &Path) -> Self {
        let settings = fs::read(path(data_dir))
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok())
            .unwrap_or_default();
        settings.sanitised()
    }

    /// Writes to a name beside and renames, so that a crash leaves the old file.
    pub fn save(&self, data_dir: &Path) {
        let beside = data_dir.join("window.json.tmp");
        let saved = serde_json::to_vec_pretty(self)
            .map_err(std::io::Error::other)
            .and_then(|bytes| fs::write(&beside, bytes))
            .and_then(|()| fs::rename(&beside, path(data_dir)));
        if let Err(error) = saved {
            tracing::warn!(%error, "the window's settings were not saved");
        }
    }

    pub fn lang(&self) -> Lang {
        Lang::from_tag(&self.language).unwrap_or_default()
    }

    fn sanitised(mut self) -> Self {
        let fresh = Self::default();
        let within = |value: f32, least: f32, most: f32, default: f32| {
            if value.is_finite() { value.clamp(least, most) } else { default }
        };
        self.width = within(self.width, SMALLEST.0, LARGEST.0, fresh.width);
        self.height = within(self.height, SMALLEST.1, LARGEST.1, fresh.height);
        self
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_and_damage_does_not_stop_the_start() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Settings::load(dir.path()), Settings::default());
        let mine = Settings { width: 1600.0, height: 900.0, language: "en".to_owned() };
        mine.save(dir.path());
        assert_eq!(Settings::load(dir.path()), mine);
        for damage in ["", "[]", "{\"width\":\"wide\"}", "\0\0"] {
            fs::write(dir.path().join(FILE), damage).unwrap();
            assert_eq!(Settings::load(dir.path()), Settings::default(), "{damage:?}");
        }
        fs::write(dir.path().join(FILE), r#"{"width":1,"height":1e30,"news":true}"#).unwrap();
        let settings = Settings::load(dir.path());
        assert_eq!((settings.width, settings.height), (SMALLEST.0, LARGEST.1));
        assert_eq!(settings.lang(), Lang::Vi);
    }
}
