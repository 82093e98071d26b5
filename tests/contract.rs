//! The command-line contract that scripts rely on: stable keys, stable codes, exit statuses.
//!
//! Needs the card rig (`packaging/test` starts it).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::{OfficeDir, ctl, rig};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn sample(root: &Path) -> PathBuf {
    let sample = vanthu::office::layout::samples().into_iter().next().unwrap();
    let path = root.join("van-ban.pdf");
    std::fs::write(&path, vanthu::office::layout::compose(&sample.sheet).unwrap()).unwrap();
    path
}

fn trust(root: &Path) -> PathBuf {
    let folder = root.join("trust");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["root.pem", "sub.pem"] {
        std::fs::copy(format!("{}/certs/{name}", rig("RIG_PKI")), folder.join(name)).unwrap();
    }
    folder
}

fn sign(input: &Path, output: &Path, who: &str, kind: &str, more: &[&str]) -> support::Answer {
    let token = format!("file:{}/p12/{who}.p12", rig("RIG_PKI"));
    let mut words = vec!["sign", input.to_str().unwrap(), output.to_str().unwrap()];
    words.extend(["--token", &token, "--as", kind, "--pin-env", "PIN"]);
    words.extend(more);
    ctl(&words, &[("PIN", "test")])
}

#[test]
fn verify_speaks_as_agreed() {
    let root = tempfile::tempdir().unwrap();
    let pdf = sample(root.path());
    let trust = trust(root.path());
    let trust = trust.to_str().unwrap();
    let signed = root.path().join("signed.pdf");
    let url = rig("RIG_TSA_URL");
    let made = sign(
        &pdf,
        &signed,
        "leader",
        "personal",
        &["--at-text", "Nguyễn Văn Hòa", "--level", "bt", "--tsa", &url],
    )
    .done();
    assert_eq!(made["level"], "B-T");
    assert_eq!(made["signer"], "Nguyễn Thị Ánh Nguyệt");

    let report = ctl(&["verify", signed.to_str().unwrap(), "--trust", trust], &[]).done();
    let file = &report["files"][0];
    assert_eq!(
        keys(file),
        [
            "checked_at",
            "checker",
            "completeness",
            "file",
            "indication",
            "offline",
            "pages",
            "reasons",
            "signatures",
            "sub_indication",
            "verdict",
        ]
        .into_iter()
        .collect()
    );
    let signature = &file["signatures"][0];
    let expected = [
        "act",
        "change_details",
        "changes",
        "claimed_time",
        "covers",
        "digest",
        "document_timestamp",
        "field",
        "indication",
        "issuer",
        "key",
        "kind",
        "level",
        "modifications",
        "notes",
        "organisation",
        "reasons",
        "revocation",
        "root",
        "serial",
        "signed_length",
        "signer",
        "signing_time",
        "steps",
        "sub_indication",
        "time_source",
        "verdict",
    ];
    assert_eq!(keys(signature), expected.into_iter().collect());
    assert_eq!(signature["kind"], "personal");
    assert_eq!(signature["verdict"], "valid");
    assert_eq!(signature["time_source"], "timestamp");
    assert_eq!(signature["level"], "B-T");
    assert_eq!(signature["covers"], "whole_document");
    assert_eq!(signature["modifications"], "none");
    assert_eq!(signature["digest"], "sha256");
    assert_eq!(signature["key"], "RSA-2048");
    assert!(signature["signing_time"].as_str().unwrap().ends_with("+07:00"));

    // Offline nobody knows of revocations: not a no, but not a yes either.
    let offline = ctl(&["verify", signed.to_str().unwrap(), "--trust", trust, "--offline"], &[]);
    assert_eq!(offline.status, 1);
    assert_eq!(offline.json["files"][0]["verdict"], "indeterminate");
    assert_eq!(
        offline.json["files"][0]["signatures"][0]["reasons"],
        json!(["revocation-unknown", "timestamp-untrusted"])
    );

    // Before the certificate was made nobody could sign with it.
    let unsigned = ctl(&["verify", pdf.to_str().unwrap(), "--trust", trust], &[]);
    assert_eq!(
        (unsigned.status, unsigned.json["files"][0]["verdict"].as_str()),
        (1, Some("unsigned"))
    );

    // One file that cannot be read does not hide the others; the status tells the worst.
    let text = root.path().join("text.pdf");
    std::fs::write(&text, "văn bản").unwrap();
    let both =
        ctl(&["verify", signed.to_str().unwrap(), text.to_str().unwrap(), "--trust", trust], &[]);
    assert_eq!(both.status, 3);
    assert_eq!(both.json["files"][0]["verdict"], "valid");
    assert_eq!(both.json["files"][1]["error"]["code"], "pdf-not-pdf");
}

#[test]
fn each_bad_signer_has_its_reason() {
    let root = tempfile::tempdir().unwrap();
    let pdf = sample(root.path());
    let trust = trust(root.path());
    let signed = root.path().join("signed.pdf");
    // Our own hand refuses an expired certificate before it signs (Nghị định 23/2025 Điều 15).
    let expired = sign(&pdf, &signed, "expired", "personal", &["--invisible"]);
    assert_eq!(expired.status, 5, "{}", expired.json);
    assert!(!signed.exists(), "nothing was left behind");
    for (who, verdict, reason) in [
        ("revoked", "invalid", "certificate-revoked"),
        ("stranger", "indeterminate", "root-untrusted"),
    ] {
        sign(&pdf, &signed, who, "personal", &["--invisible"]).done();
        let words = ["verify", signed.to_str().unwrap(), "--trust", trust.to_str().unwrap()];
        let answer = ctl(&words, &[]);
        assert_eq!(answer.status, 1);
        let signature = &answer.json["files"][0]["signatures"][0];
        assert_eq!(signature["verdict"], verdict, "{signature:#}");
        let reasons = signature["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|one| one == reason || one == "issuer-unknown"), "{reasons:?}");
    }
}

#[test]
fn tokens_lists_cards_with_tries_left() {
    let answer = ctl(&["tokens"], &[]).done();
    let reader = rig("RIG_LEADER_READER");
    let selector = format!("pcsc:{reader}");
    let card = answer["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .find(|token| token["selector"] == selector.as_str())
        .unwrap_or_else(|| panic!("{answer:#}"));
    assert_eq!(card["tries_left"], 3);
    let signing =
        card["certificates"].as_array().unwrap().iter().find(|one| one["key"] == "9C").unwrap();
    assert_eq!(signing["subject"], "Nguyễn Thị Ánh Nguyệt");
    assert_eq!(signing["for_documents"], true);
}

#[test]
fn packets_go_to_json_and_back() {
    let root = tempfile::tempdir().unwrap();
    let original = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/axis/new.edxml");
    let read = ctl(&["packet", "read", original], &[]).done();
    let spec = root.path().join("packet.json");
    std::fs::write(&spec, read.to_string()).unwrap();
    let out = root.path().join("packet.edxml");
    ctl(&["packet", "write", spec.to_str().unwrap(), out.to_str().unwrap()], &[]).done();
    let again = ctl(&["packet", "read", out.to_str().unwrap()], &[]).done();
    assert_eq!(again, read);
}

#[test]
fn doctor_tells_what_works() {
    let root = tempfile::tempdir().unwrap();
    let office = OfficeDir::found(root.path(), "a", "000.01.05.H30", "Ủy ban nhân dân xã Tân Bình");
    let answer = office.as_user("vanthu", &["doctor"]);
    let state = |name: &str| {
        let components = answer.json["components"].as_array().unwrap();
        let found = components.iter().find(|one| one["component"] == name);
        found.map(|one| one["state"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    for name in ["fonts", "pdfium", "pcsc", "readers", "pkcs11", "database"] {
        assert_eq!(state(name), "ok", "{name}: {:#}", answer.json);
    }
    // Nothing was configured yet, and that is said with the way to mend it.
    for name in ["trust", "server"] {
        assert_eq!(state(name), "missing", "{name}");
    }
    for component in answer.json["components"].as_array().unwrap() {
        let mended = component["mend"].as_str().unwrap();
        assert_eq!(mended.is_empty(), component["state"] == "ok", "{component}");
    }
    assert_eq!(answer.status, 0);
}

#[test]
fn help_documents_the_reason_codes() {
    let help =
        Command::new(env!("CARGO_BIN_EXE_vanthuctl")).args(["verify", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for reason in vanthu::signing::Reason::ALL {
        assert!(help.contains(reason.code()), "{} is not in --help", reason.code());
    }
    let words =
        Command::new(env!("CARGO_BIN_EXE_vanthuctl")).arg("no-such-command").output().unwrap();
    assert_eq!(words.status.code(), Some(2));
}

/// A proxy that answers every request with this body, and lets nobody through to TLS.
fn proxy(body: Vec<u8>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines();
            let asked = lines.next().unwrap().unwrap();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let status = if asked.starts_with("GET ") { "200 OK" } else { "502 Bad Gateway" };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        }
    });
    address
}

#[test]
fn published_roots_are_fetched_and_what_is_not_theirs_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let office = OfficeDir::found(root.path(), "a", "000.01.05.H30", "UBND xã Tân Bình");
    let other = std::fs::read(format!("{}/certs/root.der", rig("RIG_PKI"))).unwrap();
    let proxy = proxy(other);
    let (dir, environment) = (
        office.dir.to_str().unwrap(),
        [
            ("http_proxy", proxy.as_str()),
            ("https_proxy", &proxy),
            ("VANTHU_PASSWORD", support::PASSWORD),
        ],
    );
    let words = ["--data-dir", dir, "--user", "quantri", "trust", "fetch"];
    let answer = ctl(&words, &environment);
    assert_eq!(answer.status, 5, "{}\n{}", answer.json, answer.messages);
    let rows = answer.json["certificates"].as_array().unwrap();
    let states: Vec<&str> = rows.iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["other", "other", "no-address", "other", "other", "failed"]);
    let listed = office.as_user("quantri", &["trust", "list"]).done();
    assert_eq!(listed["certificates"], json!([]));
    let file = format!("{}/certs/root.pem", rig("RIG_PKI"));
    let added = office.as_user("quantri", &["trust", "add", &file]).done();
    assert_eq!(added["known"], json!([null]));
    for lang in ["vi", "en"] {
        let told = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
            .args(["--lang", lang])
            .args(words)
            .envs(environment)
            .output()
            .unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        assert_eq!(told.trim().lines().count(), 6, "{told}");
        assert!(!told.contains('⟦'), "{told}");
    }
}
