//! Signing, numbering, sealing and issuing, whatever happens meanwhile.
//!
//! - `crash`: the program is killed at every durable step of one document's way out and at
//!   random steps of a day; after each restart no number is missing or there twice, nothing
//!   left that was not sealed, and every packet keeps the rules of the wire;
//! - `model`: whatever is done in whatever order, with tokens that fail: the same;
//! - `competence`, `scan`, `paper`: what must stand between a document and its recipients.

// A library that stands before the C library is how Linux lets a test kill at a step.
#![cfg(target_os = "linux")]
// A helper that fails fails its test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/chance.rs"]
mod chance;
#[path = "support/folder.rs"]
mod folder;
#[path = "support/killer.rs"]
mod killer;
#[path = "support/wire.rs"]
mod wire;

#[path = "issuing/copies.rs"]
mod copies;
#[path = "issuing/crash.rs"]
mod crash;
#[path = "issuing/day.rs"]
mod day;
#[path = "issuing/lasting.rs"]
mod lasting;
#[path = "issuing/looks.rs"]
mod looks;
#[path = "issuing/model.rs"]
mod model;
#[path = "issuing/place.rs"]
mod place;
#[path = "issuing/stands.rs"]
mod stands;
#[path = "issuing/truth.rs"]
mod truth;
