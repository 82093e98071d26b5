//! The log: one file a day in `logs/` of the data folder, the last fourteen kept.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Mutex;

use jiff::Timestamp;
use tracing_subscriber::EnvFilter;

const KEPT: usize = 14;

/// Sends the log to today's file, and panics into the log. Level `info`, or what
/// `VANTHU_LOG` says.
pub fn begin(data_dir: &Path) -> io::Result<()> {
    let file = open(&data_dir.join("logs"), &day_of(Timestamp::now()))?;
    let filter = EnvFilter::try_from_env("VANTHU_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,vanthu=info"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init();
    if let Err(error) = started {
        // Somebody (a test, the demonstration) logs already: theirs is used.
        tracing::debug!(%error, "the log had begun");
    }
    let former = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!(%panic, "panic");
        former(panic);
    }));
    Ok(())
}

fn day_of(now: Timestamp) -> String {
    now.strftime("%Y-%m-%d").to_string()
}

fn open(folder: &Path, day: &str) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(format!("vanthu-{day}.log")))?;
    tidy(folder)?;
    Ok(file)
}

/// Removes all but the newest files; only names that this module gives.
fn tidy(folder: &Path) -> io::Result<()> {
    let mut names: Vec<_> = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("vanthu-") && name.ends_with(".log"))
        .collect();
    names.sort_unstable();
    let surplus = names.len().saturating_sub(KEPT);
    for name in names.into_iter().take(surplus) {
        fs::remove_file(folder.join(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_days_go_and_other_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("mine.txt"), "x").unwrap();
        for day in 1..=20 {
            open(dir.path(), &format!("2026-11-{day:02}")).unwrap();
        }
        let left: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(left.len(), KEPT + 1);
        assert!(left.contains(&"vanthu-2026-11-20.log".to_owned()));
        assert!(!left.contains(&"vanthu-2026-11-06.log".to_owned()));
    }
}
