//! The provincial server, measured from outside: `cargo bench --bench server`.
//!
//!   cargo bench --bench server -- postgres        on a PostgreSQL of its own (tests/postgres)
//!   cargo bench --bench server -- sqlite          on SQLite
//!
//! Behind it may stand which parts: `packets` (a second of packets of 100 kB and 5 MB, beside
//! a bare loop that does the same writes), `waiting` (`VANTHU_BENCH_OFFICES` offices that
//! wait, 2,000 when nothing is said: what each costs, how soon one hears), and `growth` (time
//! per call as the packets that are kept grow to `VANTHU_BENCH_PACKETS`, a million when
//! nothing is said).
//!
//! The server is a process of its own, so that its time and memory are its own: the processor
//! time of all its threads, and the pages that no file stands behind (RssAnon). Everything
//! is brought to the disk, as in earnest. Offices that wait are connections: for ten thousand
//! of them `ulimit -n 65536` comes first.

#[path = "server/call.rs"]
mod call;
#[path = "server/growth.rs"]
mod growth;
#[path = "server/packets.rs"]
mod packets;
#[path = "server/place.rs"]
mod place;
#[path = "server/waiting.rs"]
mod waiting;

use std::process::ExitCode;

type Done<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let has = |word: &str| words.iter().any(|said| said == word);
    let parts = ["packets", "waiting", "growth"];
    let all = !parts.iter().any(|part| has(part));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let run = || -> Done<()> {
        let place = place::Place::new(!has("sqlite"))?;
        if all || has("packets") {
            packets::measure(&place, &runtime)?;
        }
        if all || has("waiting") {
            waiting::measure(&place, &runtime)?;
        }
        if all || has("growth") {
            growth::measure(&place, &runtime)?;
        }
        Ok(())
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
