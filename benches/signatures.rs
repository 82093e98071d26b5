//! Verifying and signing, side by side: Văn Thư, pyHanko, and the floor below which nobody
//! gets. `cargo bench --bench signatures`; `vanthuctl bench signatures` is the same without
//! pyHanko, which lives in the environment that `tests/pyhanko-venv` makes.
//!
//! pyHanko's calls are timed within one Python process, on the same files, with its modules
//! loaded and the key read; it signs in place, so that neither side copies the file.

#[allow(dead_code)]
#[path = "../src/bin/vanthuctl/bench/measure.rs"]
mod measure;
#[path = "../src/bin/vanthuctl/bench/signatures.rs"]
mod signatures;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use serde_json::Value;

/// For each line and side.
const BUDGET: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let mut setting = signatures::Setting::make(folder.path())?;
    let rows = setting.measure(BUDGET)?;
    let peer = pyhanko(folder.path())?;
    println!(
        "{:<8} {:>11}  {:>21}  {:>21}  {:>21}  {:>8}  {:>10}",
        "work", "bytes", "Văn Thư", "floor", "pyHanko", "/ floor", "pyHanko /"
    );
    for row in &rows {
        let theirs = &peer[row.work][row.size.to_string()];
        let number = |name: &str| theirs[name].as_f64().ok_or("pyHanko told no time");
        let theirs = measure::Time { median: number("median_us")?, spread: number("spread_us")? };
        println!(
            "{:<8} {:>11}  {:>21}  {:>21}  {:>21}  {:>7.2}x  {:>9.1}x",
            row.work,
            row.size,
            row.ours.shown(),
            row.floor.shown(),
            theirs.shown(),
            row.ratio(),
            theirs.median / row.ours.median
        );
    }
    Ok(())
}

/// pyHanko's times: work, size, `median_us` and `spread_us`.
fn pyhanko(folder: &Path) -> Result<Value, Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = Command::new(root.join("tests/pyhanko-venv")).status()?;
    if !made.success() {
        return Err("tests/pyhanko-venv did not succeed".into());
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")));
    let venv = std::env::var_os("VANTHU_PYVENV").map(PathBuf::from);
    let venv = venv.or_else(|| Some(cache?.join("vanthu/pyvenv"))).ok_or("no home folder")?;
    let sizes = signatures::SIZES.map(|size| size.to_string());
    let output = Command::new(venv.join("bin/python"))
        .arg(root.join("benches/pyhanko_times.py"))
        .arg(folder)
        .args([signatures::PASSWORD, &BUDGET.as_secs().to_string()])
        .args(sizes)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
