//! A program that ends for good before a chosen durable step.
//!
//! `killer.c` is loaded into the child before the C library and counts the calls that put
//! something on the disk, SQLite's own included. So the same number kills at the same step,
//! there is a point between any two steps, and the program itself knows nothing of it.
#![allow(dead_code)] // not every area has short lives, or counts its steps so

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Which calls count as steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// Where something becomes durable or changes its name: files synced, renamed, removed,
    /// cut, folders made.
    Marks,
    /// These, and every write into a file; the last one is torn in the middle.
    All,
}

/// How a child's life went.
#[derive(Debug)]
pub struct Life {
    /// What it was about to do when it was killed; `None` if it ended by itself.
    pub killed_before: Option<String>,
    /// Its standard output, line by line.
    pub said: Vec<String>,
    /// Its standard error.
    pub complaints: String,
}

/// Runs `test` of this binary in a process of its own, with `environment`, and kills it
/// before the step number `last` (from 1).
pub fn run(test: &str, environment: &[(&str, String)], steps: Steps, last: u32) -> Life {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env("LD_PRELOAD", library())
        .env("KILL_AT", last.to_string())
        .stdin(Stdio::null());
    if steps == Steps::All {
        command.env("KILL_PAGES", "1");
    }
    let output = command.output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    let step = complaints.lines().find_map(|line| line.strip_prefix("killed before "));
    let killed_before = step.filter(|_| output.status.signal() == Some(9)).map(str::to_owned);
    let said = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    Life { killed_before, said, complaints }
}

/// How many points of a day are tried where a life is short; `VANTHU_CRASH_POINTS` says another
/// number.
pub const POINTS: u32 = 60;

/// How many points are tried.
pub fn points(usual: u32) -> u32 {
    std::env::var("VANTHU_CRASH_POINTS").map_or(usual, |points| points.parse().unwrap())
}

/// From which all choices follow; told, so that a failure can be had again.
pub fn seed() -> u64 {
    let seed = std::env::var("VANTHU_CRASH_SEED").map_or_else(
        |_| u64::from(jiff::Timestamp::now().subsec_nanosecond().unsigned_abs()),
        |seed| seed.parse().unwrap(),
    );
    println!("VANTHU_CRASH_SEED={seed}");
    seed
}

/// A child ends by being killed and by nothing else.
pub fn assert_killed(life: &Life, point: &str) -> String {
    life.killed_before.clone().unwrap_or_else(|| {
        panic!("{point}: it ended by itself:\n{}\n{}", life.said.join("\n"), life.complaints)
    })
}

/// The compiled `killer.c`.
fn library() -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/killer.c");
        let status = Command::new("cc")
            .args(["-Wall", "-shared", "-fPIC", "-O2", source, "-ldl", "-o"])
            .arg(folder.path().join("killer.so"))
            .status();
        assert!(status.unwrap().success(), "killer.c was not compiled");
        folder
    });
    folder.path().join("killer.so")
}
