//! A folder of an office: copied, and opened although a program that is just starting holds it.

use std::path::Path;
use std::time::{Duration, Instant};

/// Opens, and tries again for a while if the folder is open: a program that this process is
/// just starting holds for a moment what this process has open.
pub fn patiently<T, E: std::fmt::Debug>(
    open: impl Fn() -> Result<T, E>,
    is_open: impl Fn(&E) -> bool,
) -> T {
    let begun = Instant::now();
    loop {
        match open() {
            Err(error) if is_open(&error) && begun.elapsed() < Duration::from_secs(5) => {
                std::thread::sleep(Duration::from_millis(5));
            }
            opened => return opened.unwrap(),
        }
    }
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
