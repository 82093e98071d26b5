//! How fast it is on this machine, each thing beside a reference that is measured in turn
//! with it. Figures without the reference of the same minute would only tell how busy the
//! machine was.

mod books;
mod extract;
mod layout;
mod measure;
mod signatures;
mod tokens;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::t;

use crate::args::Bench;
use crate::output::Outcome;

pub fn bench(which: &Bench) -> Result<Outcome, Problem> {
    match which {
        Bench::Signatures => signatures(),
        Bench::Books(args) => books::books(args),
        Bench::Tokens(args) => tokens::tokens(args),
        Bench::Extract(args) => extract::extract(args),
        Bench::Layout(args) => layout::layout(args),
    }
}

/// Verifying and signing with a key in a file, against the floor.
fn signatures() -> Result<Outcome, Problem> {
    const BUDGET: Duration = Duration::from_secs(2);
    let folder = Folder::new()?;
    let rows = signatures::Setting::make(&folder.0)?.measure(BUDGET)?;
    let mut text = format!(
        "{:<10} {:>11}  {:>21}  {:>21}  {:>6}",
        t!("ctl-bench-work"),
        t!("ctl-bench-bytes"),
        t!("ctl-bench-ours"),
        t!("ctl-bench-floor"),
        t!("ctl-bench-ratio")
    );
    for row in &rows {
        text.push_str(&format!(
            "\n{:<10} {:>11}  {:>21}  {:>21}  {:>6.2}",
            t!(&format!("ctl-bench-{}", row.work)),
            row.size,
            row.ours.shown(),
            row.floor.shown(),
            row.ratio()
        ));
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "work": row.work,
                "bytes": row.size,
                "ours": row.ours.to_json(),
                "floor": row.floor.to_json(),
                "ratio": measure::round(row.ratio()),
            })
        })
        .collect();
    Ok(Outcome::new(json!({"bench": "signatures", "rows": rows}), text))
}

/// A folder of this run's own, gone when the run ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Problem> {
        let name = format!("vanthu-bench-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).map_err(|error| {
            Problem::new("ctl-file-unwritable", Kind::Unavailable, Blame::Environment)
                .with("file", folder.display())
                .because(error)
        })?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
