//! The gate before acceptance on a real store: packets as the axis carries them come over
//! the line, are looked at, accepted, returned, taken back and reported on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // it is a test

#[path = "gate/console.rs"]
mod console;
#[path = "gate/decisions.rs"]
mod decisions;
#[path = "gate/looks.rs"]
mod looks;
#[path = "gate/place.rs"]
mod place;
#[path = "gate/scanner.rs"]
mod scanner;
