//! Inbound documents from arrival to completed work, on real stores: who has them in hand,
//! what is due, and what their senders demand of them afterwards.
//!
//! - `world`: an office, its people, packets that come to it;
//! - `settling`: given to people and units, passed on, noted on, answered, completed;
//! - `demands`: recall, update and replacement, whatever the order on the wire;
//! - `copies`: the same of a document that is here several times;
//! - `model`: random work on random arrivals against a model;
//! - `directory`: agencies that are renamed or merged;
//! - `offices`, `following`: two offices over the real server;
//! - `evidence`: what proves that a document was sent;
//! - `set_up`: the server and the signing, tried and set at once;
//! - `line`: what goes by itself, and what the server does not take.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "handling/copies.rs"]
mod copies;
#[path = "handling/demands.rs"]
mod demands;
#[path = "handling/directory.rs"]
mod directory;
#[path = "handling/evidence.rs"]
mod evidence;
#[path = "handling/following.rs"]
mod following;
#[path = "handling/line.rs"]
mod line;
#[path = "handling/model.rs"]
mod model;
#[path = "handling/offices.rs"]
mod offices;
#[path = "handling/set_up.rs"]
mod set_up;
#[path = "handling/settling.rs"]
mod settling;
#[path = "support/wire.rs"]
mod wire;
#[path = "handling/world.rs"]
mod world;
