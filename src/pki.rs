//! Certificates, paths, revocation, time stamps and CMS.
//!
//! | module | holds |
//! | --- | --- |
//! | [`certificate`] | certificates, read once and then only asked |
//! | [`trust`] | the office's roots and authorities, and the pinned fingerprints |
//! | [`path`] | whether a certificate was good at a time, with reasons |
//! | [`revocation`] | CRLs and OCSP answers |
//! | [`kept`] | what was fetched, for the days without a line |
//! | [`fetch`] | the way to services on the network |
//! | [`tsp`] | time stamps |
//! | [`cms`] | the container of a signature, made and read |
//! | [`verify`] | the mathematics |
//! | [`demo`] | authorities and signers for demonstrations |
//!
//! Nothing here knows of PDF. The clock is an argument wherever it decides something.

pub mod algorithm;
mod asn1;
pub mod certificate;
pub mod cms;
pub mod demo;
mod error;
pub mod fetch;
mod identifier;
pub mod kept;
pub mod oid;
pub mod path;
pub mod revocation;
pub mod trust;
pub mod tsp;
pub mod verify;

pub use algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};
pub use certificate::{Certificate, Name, SigningFitness};
pub use error::PkiError;
pub use identifier::SignatureAlgorithm;
pub use path::{PathReason, PathReport, PathStatus, Purpose};
pub use revocation::Evidence;
pub use trust::TrustStore;
