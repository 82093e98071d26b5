//! Files that leave the window: written where the person wants them, shown by the program that
//! the system has for them.

use std::path::{Path, PathBuf};

use crate::domain::problem::{Blame, Kind, Problem};

/// Writes a file. Blocks.
pub fn write(path: PathBuf, bytes: &[u8]) -> Result<PathBuf, Problem> {
    match std::fs::write(&path, bytes) {
        Ok(()) => Ok(path),
        Err(error) => {
            let code = "desk-broken-save";
            Err(Problem::new(code, Kind::Unavailable, Blame::Environment).because(error))
        }
    }
}

/// Has the system show a file, as a double click would. Printing is that program's.
pub fn show(path: &Path) -> Result<(), Problem> {
    let program = if cfg!(windows) { "explorer.exe" } else { "xdg-open" };
    match std::process::Command::new(program).arg(path).spawn() {
        Ok(mut child) => {
            // It ends when it likes; nothing is left of it.
            std::thread::spawn(move || drop(child.wait()));
            Ok(())
        }
        Err(error) => Err(Problem::new("desk-no-viewer", Kind::Unavailable, Blame::Environment)
            .with("file", path.display())
            .because(error)),
    }
}
