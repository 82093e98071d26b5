//! The store on real encrypted files.

// Helpers outside the test functions panic like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "store/fixture.rs"]
mod fixture;

#[path = "store/bundles.rs"]
mod bundles;
#[path = "store/crash.rs"]
mod crash;
#[path = "store/disk.rs"]
mod disk;
#[path = "store/drafting.rs"]
mod drafting;
#[path = "store/durability.rs"]
mod durability;
#[path = "store/folder.rs"]
mod folder;
#[path = "store/leaving.rs"]
mod leaving;
#[path = "store/path.rs"]
mod path;
#[path = "store/replay.rs"]
mod replay;
