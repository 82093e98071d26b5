//! Receiving and registering, whatever happens meanwhile.
//!
//! - `crash`: the program is killed, as by `kill -9` or a power switch, at every durable step
//!   of one document's way and at random steps of a clerk's day; after each restart nothing
//!   is lost, nothing is there twice, and the book has no gap;
//! - `windows`: the same with several windows at work at once;
//! - `left`: what was kept before the end is looked at after it;
//! - `joined`: the packet of a document that somebody had brought by hand;
//! - `order`: packets in any order, and each of them again: the end is the same.

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

#[path = "receiving/crash.rs"]
mod crash;
#[path = "receiving/given.rs"]
mod given;
#[path = "receiving/joined.rs"]
mod joined;
#[path = "receiving/left.rs"]
mod left;
#[path = "receiving/life.rs"]
mod life;
#[path = "receiving/order.rs"]
mod order;
#[path = "receiving/place.rs"]
mod place;
#[path = "receiving/truth.rs"]
mod truth;
#[path = "receiving/windows.rs"]
mod windows;
