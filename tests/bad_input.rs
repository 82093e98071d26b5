//! Bad input, and everything around the office that can fail, driven through the programs as
//! a clerk or a script drives them.
//!
//! Each refusal is asked for in both languages and must have the exit status of the
//! contract, a stable code, and three sentences that differ between the languages; and
//! everything must be as it was: documents, numbers, and an audit chain that holds. What
//! was received is in quarantine. Needs the card rig and root (a full disk is a small file
//! system that has to be mounted).

// The rig runs on Debian only.
#![cfg(unix)]
// Helpers outside the test functions panic like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

#[path = "bad_input/place.rs"]
mod place;
#[allow(dead_code)] // shared with tests/tokens
#[path = "tokens/rig.rs"]
mod rig;

#[path = "bad_input/devices.rs"]
mod devices;
#[path = "bad_input/disk.rs"]
mod disk;
#[path = "bad_input/files.rs"]
mod files;
#[path = "bad_input/heads.rs"]
mod heads;
#[path = "bad_input/line.rs"]
mod line;
#[path = "bad_input/packets.rs"]
mod packets;
#[path = "bad_input/people.rs"]
mod people;
#[path = "bad_input/races.rs"]
mod races;
#[path = "bad_input/secrets.rs"]
mod secrets;
