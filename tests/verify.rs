//! `vanthuctl verify` judges a file that lies in the project, without network or office.
//!
//! The same file is judged by the Windows program in `packaging/windows/build`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(target_os = "linux")]
#[path = "verify/large.rs"]
mod large;
mod support;

use std::path::Path;

use serde_json::Value;
use support::{Answer, ctl};

const SIGNED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/signed/two-signatures.pdf");
const TRUST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/signed/trust");
/// The day after the signatures were made.
const AT: &str = "2026-11-24T00:00:00Z";

fn verify(file: &Path, at: &str, trust: &Path) -> Answer {
    let (file, trust) = (file.to_str().unwrap(), trust.to_str().unwrap());
    ctl(&["verify", "--offline", "--at", at, "--trust", trust, file], &[])
}

/// A copy with `from` replaced by `to`, of the same length.
fn changed(dir: &Path, from: &[u8], to: &[u8]) -> std::path::PathBuf {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(SIGNED).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    let path = dir.join("changed.pdf");
    std::fs::write(&path, bytes).unwrap();
    path
}

fn signatures(answer: &Value) -> Vec<(&str, &str, &str)> {
    answer["files"][0]["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let word = |name: &str| one[name].as_str().unwrap();
            (word("kind"), word("level"), word("verdict"))
        })
        .collect()
}

#[test]
fn both_signatures_are_valid() {
    let answer = verify(Path::new(SIGNED), AT, Path::new(TRUST)).done();
    assert_eq!(answer["files"][0]["verdict"], "valid", "{answer:#}");
    assert_eq!(
        signatures(&answer),
        [("personal", "B-B", "valid"), ("organisation", "B-B", "valid")]
    );
}

#[test]
fn one_changed_letter_makes_it_invalid() {
    let dir = tempfile::tempdir().unwrap();
    // The title's first letter, Q, becomes R.
    let file = changed(dir.path(), b"/Title<FEFF0051", b"/Title<FEFF0052");
    let answer = verify(&file, AT, Path::new(TRUST));
    assert_eq!(answer.status, 1, "{}", answer.messages);
    assert_eq!(answer.json["files"][0]["verdict"], "invalid", "{:#}", answer.json);
}

#[test]
fn without_its_root_it_is_not_valid() {
    let dir = tempfile::tempdir().unwrap();
    let answer = verify(Path::new(SIGNED), AT, dir.path());
    assert_eq!(answer.status, 1, "{}", answer.messages);
    assert_ne!(answer.json["files"][0]["verdict"], "valid", "{:#}", answer.json);
}

#[test]
fn before_its_certificates_it_is_not_valid() {
    let answer = verify(Path::new(SIGNED), "2026-11-01T00:00:00Z", Path::new(TRUST));
    assert_eq!(answer.status, 1, "{}", answer.messages);
    assert_ne!(answer.json["files"][0]["verdict"], "valid", "{:#}", answer.json);
}

#[test]
fn the_sender_is_said_by_name_and_code() {
    let told = |senders: &[&str]| {
        let mut line = vec!["verify", "--offline", "--at", AT, "--trust", TRUST, SIGNED];
        line.extend(senders.iter().flat_map(|sender| ["--sender", sender]));
        ctl(&line, &[])
    };
    let organisation = |answer: Answer| {
        let lines = answer.done()["files"][0]["completeness"].as_array().unwrap().clone();
        let line = lines.into_iter().find(|line| line["code"] == "organisation-is-sender").unwrap();
        (line["result"].as_str().unwrap().to_owned(), line["detail"].as_str().unwrap().to_owned())
    };
    let answer = |result: &str, detail: &str| (result.to_owned(), detail.to_owned());
    let (name, code) = ("UBND xã Tân Bình", "000.00.01.H30");
    // The seal of the file has no code: the name decides, and a code alone decides nothing.
    assert_eq!(organisation(told(&[name])), answer("ok", "same-name"));
    assert_eq!(organisation(told(&[code])), answer("unknown", "name-unclear"));
    assert_eq!(organisation(told(&[code, name])), answer("ok", "same-name"));
    let two_names = told(&[name, "UBND xã Tân Hòa"]);
    assert_eq!(two_names.status, 2, "{}", two_names.messages);
}

#[test]
fn a_code_has_a_number_and_a_notation() {
    let told = |code: &str| {
        ctl(&["verify", "--offline", "--at", AT, "--trust", TRUST, "--code", code, SIGNED], &[])
    };
    for half in ["07/", "/QĐ-UBND", " / ", "07"] {
        assert_eq!(told(half).status, 2, "{half}");
    }
    for (code, result) in [("01/QĐ-UBND", "ok"), ("07/QĐ-UBND", "no")] {
        let answer = told(code).done();
        let lines = answer["files"][0]["completeness"].as_array().unwrap();
        let line = lines.iter().find(|line| line["code"] == "number-and-date").unwrap();
        assert_eq!(line["result"], result, "{code}");
    }
}
