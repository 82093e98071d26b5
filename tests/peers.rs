//! Other programs judge what we sign, and we judge what they sign.
//!
//! pyHanko and poppler's pdfsig share no code with us; neither does veraPDF, which says
//! whether a document that was PDF/A still is when it is signed. All on the rig's real keys,
//! certificates and services. One Python process serves the whole run (`peers/peer.py`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "peers/inputs.rs"]
mod inputs;
#[path = "peers/judged.rs"]
mod judged;
#[path = "peers/keys.rs"]
mod keys;
#[path = "peers/made.rs"]
mod made;
#[path = "peers/pdfa.rs"]
mod pdfa;
#[path = "peers/peer.rs"]
mod peer;
#[allow(dead_code)]
#[path = "signing/support.rs"]
mod support;
#[path = "support/verapdf.rs"]
mod verapdf;
