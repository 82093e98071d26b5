//! Certificates, services and signatures against the test PKI: its OCSP responder, CRLs and
//! time-stamp service, and against openssl as a second opinion.
//!
//! Needs the rig: start it and source the `env` file that it names.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests are tests

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use vanthu::pki::fetch::Fetch;
use vanthu::pki::path::{self, PathReport, Purpose};
use vanthu::pki::{Certificate, DigestAlgorithm, Evidence, PkiError, TrustStore, tsp};

#[path = "pki/certificates.rs"]
mod certificates;
#[path = "pki/constraints.rs"]
mod constraints;
#[path = "pki/hostile.rs"]
mod hostile;
#[path = "pki/paths.rs"]
mod paths;
#[path = "pki/pinned.rs"]
mod pinned;
#[path = "pki/services.rs"]
mod services;
#[path = "pki/signatures.rs"]
mod signatures;

const CONTENT: &[u8] = "Quyết định của Ủy ban nhân dân xã Tân Bình".as_bytes();

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: start the card rig (RIG_DIR=/tmp/rig start-rig) and source \
             the file $RIG_DIR/env before running these tests"
        )
    })
}

fn file(path: &str) -> PathBuf {
    Path::new(&setting("RIG_PKI")).join(path)
}

fn certificate(name: &str) -> Certificate {
    Certificate::from_der(&std::fs::read(file(&format!("certs/{name}.der"))).unwrap()).unwrap()
}

fn trust() -> TrustStore {
    let mut store = TrustStore::empty();
    store.add(certificate("root"));
    store.add(certificate("sub"));
    store
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn check(name: &str, at: Timestamp, evidence: &Evidence, online: Option<&dyn Fetch>) -> PathReport {
    let leaf = certificate(name);
    path::validate(&leaf, &[], &trust(), at, Purpose::DocumentSigning, evidence, online)
}

fn now(name: &str, online: Option<&dyn Fetch>) -> PathReport {
    check(name, Timestamp::now(), &Evidence::default(), online)
}

fn stamp(url: &str, fetch: &dyn Fetch, message: &[u8]) -> Result<Vec<u8>, PkiError> {
    let digest = DigestAlgorithm::Sha256;
    tsp::request(url, digest, &digest.digest(message), fetch)
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl").current_dir(folder).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
