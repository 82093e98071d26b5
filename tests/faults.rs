//! Two to five offices and their server exchange over lines that fail in every way, while
//! either side is killed at random. They issue, update, add recipients, ask back from all or from
//! some, replace, receive, register, return and answer. In the end every document is where it was
//! sent, once, every order has become one demand there, and every status is known to whom it was
//! told. The server keeps what it has in SQLite where the
//! seed is odd. Where it is even three instances serve on one PostgreSQL, each office comes to
//! another with every connection, and each instance is killed on its own. Every third run goes
//! over TLS, which the server ends itself, and somebody else may answer in its stead. In every
//! fifth run every second office speaks to the server as to the gateway of the axis.
//!
//! One run follows from its seed, except for what the threads of the processes decide among
//! themselves; a failure prints the seed. `VANTHU_FAULT_RUNS` says how many runs,
//! `VANTHU_FAULT_SEED` with which seed they begin.
//!
//! - `place`: the offices, made once and copied for each run, and the server;
//! - `life`: what an office does until it is killed;
//! - `runs`: the run itself;
//! - `truth`: what must hold in the end.

// A library that stands before the C library is how Linux lets a test kill at a step.
#![cfg(target_os = "linux")]
// A helper that fails fails its test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/authority.rs"]
mod authority;
#[path = "support/chance.rs"]
mod chance;
#[path = "support/postgres.rs"]
mod database;
#[path = "support/folder.rs"]
mod folder;
#[path = "support/killer.rs"]
mod killer;
#[path = "support/proxy.rs"]
mod proxy;

#[path = "faults/life.rs"]
mod life;
#[path = "faults/place.rs"]
mod place;
#[path = "faults/runs.rs"]
mod runs;
#[path = "faults/truth.rs"]
mod truth;
