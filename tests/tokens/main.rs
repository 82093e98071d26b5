//! Tokens on the card rig (tests/rig): two PIV cards in virtual readers, SoftHSM and OpenSC
//! as PKCS#11 modules, PKCS#12 files; and everything that goes wrong with them.
//!
//!     RIG_DIR=/tmp/rig tests/rig/start-rig && . /tmp/rig/env
//!     cargo test --test tokens -- --test-threads=1
//!
//! Every test holds the rig for itself and leaves the cards as they were started.

// The rig runs on Debian only.
#![cfg(unix)]
// A test that cannot go on fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod applications;
mod faults;
mod modules;
mod others;
mod pins;
mod rig;
mod shown;
mod signing;
mod watching;
