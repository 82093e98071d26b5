//! Drafts: made of text documents, changed, commented on, passed on, and what is kept of it all.
//!
//! Conversions want LibreOffice (Debian `libreoffice-writer-nogui`); where it is missing those
//! tests say so and prove nothing.

// Helpers outside the test functions panic like the tests themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/docx.rs"]
mod docx;

#[path = "drafting/console.rs"]
mod console;
#[path = "drafting/convert.rs"]
mod convert;
#[path = "drafting/opinions.rs"]
mod opinions;
#[path = "drafting/prefill.rs"]
mod prefill;
#[path = "drafting/world.rs"]
mod world;
