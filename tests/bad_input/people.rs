//! Who may not come in, who may not do it, and words that mean nothing.

use std::process::{Command, Stdio};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde_json::Value;
use vanthu::domain::document::DocumentKey;

use crate::place::{Place, draft, p12, told, with};
use crate::support::{Answer, PASSWORD, ctl};

/// Runs as `user` with any password.
fn enter(place: &Place, user: &str, password: &str, words: &[&str]) -> Answer {
    let mut all = vec!["--data-dir", place.office.dir.to_str().unwrap(), "--user", user];
    all.extend(words);
    ctl(&all, &[("VANTHU_PASSWORD", password), ("NEW_PASSWORD", "")])
}

#[test]
fn a_wrong_password_an_unknown_and_a_disabled_user() {
    let place = Place::new();
    let before = place.state();
    place.run("quantri", &["user", "disable", "soanthao"]).done();
    let before_operations = place.store().audit().unwrap().operations;
    for (user, password) in
        [("vanthu", "mật khẩu sai"), ("vanthu", ""), ("người lạ", PASSWORD), ("soanthao", PASSWORD)]
    {
        // One answer for all: who works here is nobody's business.
        let queue = |lang| enter(&place, user, password, &with(&["queue", "inbound"], lang));
        told(queue, 5, "store-wrong-password");
    }
    assert_eq!(place.state(), before);
    assert_eq!(place.store().audit().unwrap().operations, before_operations);
    enter(&place, "vanthu", PASSWORD, &["queue", "inbound"]).done();
}

#[test]
fn passwords_that_keep_nothing() {
    let place = Place::new();
    let add = |lang| {
        let words =
            ["user", "add", "moi", "--roles", "clerk", "--new-password-env", "NEW_PASSWORD"];
        enter(&place, "quantri", PASSWORD, &with(&words, lang))
    };
    told(add, 2, "office-field-invalid");
    let change = |lang| {
        let words = ["user", "passwd", "--new-password-env", "NEW_PASSWORD"];
        enter(&place, "vanthu", PASSWORD, &with(&words, lang))
    };
    told(change, 2, "office-field-invalid");
    place.run("vanthu", &["queue", "inbound"]).done();
}

#[test]
fn a_user_whose_adding_was_cut_short_is_added_again() {
    let place = Place::new();
    // The key is there, the user is not: what a power cut between the two leaves.
    place.store().add_key("moi", &vanthu::token::Pin::new("cũ")).unwrap();
    let words = ["user", "add", "moi", "--roles", "clerk", "--new-password-env", "NEW_PASSWORD"];
    place.run("quantri", &words).done();
    place.run("moi", &["queue", "inbound"]).done();
    place.refused("quantri", &words, 2, "office-user-exists");
}

#[test]
fn the_last_administrator_stays() {
    let place = Place::new();
    place.refused("quantri", &["user", "disable", "quantri"], 5, "office-last-administrator");
    place.refused("quantri", &["user", "disable", "ai đó"], 2, "office-no-such-user");
}

#[test]
fn roles_that_do_not_permit() {
    let place = Place::new();
    let id = place.to_sign();
    let pdf = place.pdf("đến.pdf");
    let token = p12("leader");
    for (user, words) in [
        ("soanthao", vec!["import", &pdf]),
        ("lanhdao", vec!["import", &pdf]),
        ("quantri", draft(&pdf, &[])),
        (
            "soanthao",
            vec!["user", "add", "x", "--roles", "clerk", "--new-password-env", "NEW_PASSWORD"],
        ),
        ("vanthu", vec!["user", "disable", "lanhdao"]),
        ("soanthao", vec!["sync", "--once"]),
        ("soanthao", vec!["audit", "verify"]),
        ("lanhdao", vec!["quarantine", "list"]),
        ("vanthu", vec!["trust", "add", &pdf]),
        ("vanthu", vec!["sign-document", &id, "--token", &token, "--pin-env", "P12_PIN"]),
        // Its drafter may take it back; a clerk may not.
        ("vanthu", vec!["review", &id, "--to", "draft", "--note", "sửa"]),
    ] {
        place.refused(user, &words, 5, "office-not-permitted");
    }
}

#[test]
fn what_is_signed_is_the_clerks_to_give_up() {
    let place = Place::new();
    let id = place.to_sign();
    let token = p12("leader");
    place.run("lanhdao", &["sign-document", &id, "--token", &token, "--pin-env", "P12_PIN"]).done();
    let give_up = ["review", &id, "--to", "abandon", "--note", "in sai"];
    for user in ["soanthao", "lanhdao"] {
        place.refused(user, &give_up, 5, "office-not-permitted");
    }
    place.refused("vanthu", &["review", &id, "--to", "abandon"], 5, "office-reason-missing");
    assert_eq!(place.run("vanthu", &give_up).done()["state"], "abandoned");
    // The number stays used: the next document takes the next.
    assert_eq!(place.state().next_number, 2);
}

#[test]
fn steps_that_a_document_cannot_take() {
    let place = Place::new();
    let id = place.to_sign();
    let token = p12("org");
    for words in [
        vec!["seal", &id, "--token", &token, "--pin-env", "P12_PIN"],
        vec!["issue", &id],
        vec!["recall", &id, "--reason", "sai"],
    ] {
        place.refused("vanthu", &words, 5, "office-wrong-state");
    }
    let pdf = place.pdf("đến.pdf");
    let came = place.run("vanthu", &["import", &pdf]).done();
    let came = came["files"][0]["id"].as_str().unwrap();
    place.refused("vanthu", &["register", came], 5, "office-wrong-state");
    place.refused("vanthu", &["assign", came, "--to", "soanthao"], 5, "office-wrong-state");
    place.refused("vanthu", &["return", came, "--reason", "  "], 5, "office-reason-missing");
    place.run("vanthu", &["receive", came]).done();
    place.refused("vanthu", &["receive", came], 5, "office-wrong-state");
    place.refused("vanthu", &["return", came, "--reason", "muộn"], 5, "office-wrong-state");
    place.run("vanthu", &["register", came]).done();
    // Twice would be two numbers for one document.
    place.refused("vanthu", &["register", came], 5, "office-wrong-state");
    assert_eq!(place.state().next_arrival, 2);
    // Assigned in error, it is given to another, and only that one settles it.
    place.run("vanthu", &["assign", came, "--to", "lanhdao"]).done();
    place.refused("soanthao", &["complete", came], 5, "office-not-assigned");
    place.run("vanthu", &["assign", came, "--to", "soanthao"]).done();
    assert_eq!(place.run("soanthao", &["complete", came]).done()["state"], "completed");
    place.refused("vanthu", &["assign", came, "--to", "lanhdao"], 5, "office-wrong-state");
    // An inbound document is no outbound one.
    place.refused("vanthu", &["issue", came], 2, "office-no-such-document");
}

#[test]
fn words_that_mean_nothing() {
    let place = Place::new();
    let id = place.to_sign();
    let unknown = DocumentKey::fresh().to_string();
    let pdf = place.pdf("du-thao.pdf");
    let token = p12("leader");
    let at = |page: &'static str, rect: &'static str| {
        vec![
            "sign-document",
            &id,
            "--token",
            &token,
            "--pin-env",
            "P12_PIN",
            "--page",
            page,
            "--rect",
            rect,
        ]
    };
    let came = place.run("vanthu", &["import", &pdf]).done();
    let came = came["files"][0]["id"].as_str().unwrap().to_owned();
    for user_words in [("vanthu", vec!["receive", &came]), ("vanthu", vec!["register", &came])] {
        place.run(user_words.0, &user_words.1).done();
    }
    for (user, words, status, code) in [
        ("vanthu", vec!["show", "không-phải-mã"], 2, "ctl-usage"),
        ("vanthu", vec!["show", &unknown], 2, "office-no-such-document"),
        ("vanthu", vec!["issue", &unknown], 2, "office-no-such-document"),
        ("vanthu", vec!["receive", &unknown], 2, "office-no-such-document"),
        ("vanthu", vec!["queue", "inbound", "--state", "lạ"], 2, "ctl-usage"),
        ("vanthu", vec!["quarantine", "export", "00", "ra"], 2, "office-no-such-packet"),
        ("vanthu", vec!["assign", &came, "--to", "ai đó"], 2, "office-no-such-user"),
        (
            "vanthu",
            vec!["assign", &came, "--to", "soanthao", "--due", "31/02/2026"],
            2,
            "ctl-usage",
        ),
        (
            "vanthu",
            vec!["assign", &came, "--to", "soanthao", "--due", "2026-02-31"],
            2,
            "ctl-usage",
        ),
        ("lanhdao", at("1", "10,10,100"), 2, "ctl-usage"),
        ("lanhdao", at("1", "10,10,a,50,50"), 2, "ctl-usage"),
        ("lanhdao", at("1", "10,10,-5,50"), 2, "ctl-usage"),
        ("lanhdao", at("1", "NaN,10,50,50"), 2, "ctl-usage"),
        ("lanhdao", at("1", "10,10,inf,50"), 2, "ctl-usage"),
        ("lanhdao", at("0", "10,10,50,50"), 2, "ctl-usage"),
        ("lanhdao", at("99", "10,10,50,50"), 2, "pdf-no-such-page"),
        ("lanhdao", at("1", "5000,5000,50,50"), 5, "office-outside-page"),
        ("soanthao", draft(&pdf, &["--type", "LẠ"]), 2, "office-field-invalid"),
        ("soanthao", draft(&pdf, &["--subject", " "]), 2, "office-field-invalid"),
        ("soanthao", draft(&pdf, &["--signer", " "]), 2, "office-field-invalid"),
        ("soanthao", draft(&pdf, &["--to", "999.99.99.H99"]), 5, "office-unknown-agency"),
        ("soanthao", draft(&pdf, &["--to", "../../x"]), 2, "ctl-usage"),
        ("soanthao", draft(&pdf, &["--urgency", "gấp"]), 2, "ctl-usage"),
        (
            "quantri",
            vec!["config", "server", "ftp://x", "--secret-env", "SERVER_SECRET"],
            2,
            "office-bad-setting",
        ),
        (
            "quantri",
            vec!["config", "server", "http://x", "--secret-env", "KHONG_CO"],
            2,
            "ctl-usage",
        ),
        (
            "quantri",
            vec!["user", "add", "a/b", "--roles", "clerk", "--new-password-env", "NEW_PASSWORD"],
            2,
            "office-field-invalid",
        ),
        (
            "quantri",
            vec!["user", "add", "x", "--roles", "vua", "--new-password-env", "NEW_PASSWORD"],
            2,
            "ctl-usage",
        ),
        ("quantri", vec!["trust", "add", &pdf], 3, "pki-not-a-certificate"),
        ("vanthu", vec!["không-có-lệnh-này"], 2, "ctl-words"),
        ("vanthu", vec!["assign", &came], 2, "office-misgiven-nobody"),
    ] {
        place.refused(user, &words, status, code);
    }
    // One agency named twice is one recipient.
    let province = crate::place::PROVINCE;
    let twice = place.run(
        "soanthao",
        &draft(&pdf, &["--to", province, "--to", "000.00.14.H30", "--to", province]),
    );
    let twice = twice.done()["id"].as_str().unwrap().to_owned();
    let state = place.state();
    let drafted = state.outbound.iter().find(|one| one.key.to_string() == twice).unwrap();
    assert_eq!(drafted.metadata.recipients.len(), 2);
}

#[test]
fn an_unknown_language() {
    let answer = ctl(&["--lang", "fr", "tokens"], &[]);
    assert_eq!(answer.failed(2), "ctl-usage");
}

#[test]
fn a_trust_folder_that_is_none() {
    let place = Place::new();
    let pdf = place.pdf("văn-bản.pdf");
    let nowhere = place.path("không-có");
    let verify = ["verify", &pdf, "--trust", &nowhere];
    told(|lang| ctl(&with(&verify, lang), &[]), 3, "pki-trust-unreadable");
    let broken = place.path("hỏng");
    std::fs::create_dir(&broken).unwrap();
    std::fs::write(format!("{broken}/root.pem"), "không phải chứng thư").unwrap();
    let verify = ["verify", &pdf, "--trust", &broken];
    told(|lang| ctl(&with(&verify, lang), &[]), 3, "pki-not-a-certificate");

    // The office's own: nothing that arrives meanwhile is blamed on its sender.
    let own = place.office.dir.join("trust/hong.pem");
    std::fs::write(&own, "không phải chứng thư").unwrap();
    let before = place.state();
    told(|lang| place.run("vanthu", &with(&["import", &pdf], lang)), 3, "pki-not-a-certificate");
    assert_eq!((place.state(), place.quarantine().len()), (before, 0));
    std::fs::remove_file(own).unwrap();
    // What was brought is kept: the office takes it when it opens, and knows it again.
    assert_eq!(place.run("vanthu", &["import", &pdf]).done()["files"][0]["outcome"], "duplicate");
    assert_eq!(place.state().inbound.len(), 1);
}

#[test]
fn a_folder_that_is_no_office_and_one_that_is() {
    let place = Place::new();
    let empty = place.path("trống");
    std::fs::create_dir(&empty).unwrap();
    let words = ["--data-dir", &empty, "--user", "vanthu", "queue", "inbound"];
    told(|lang| ctl(&with(&words, lang), &[("VANTHU_PASSWORD", PASSWORD)]), 2, "store-missing");
    assert_eq!(std::fs::read_dir(&empty).unwrap().count(), 0);
    let again = ["init", "--agency", crate::place::TAN_BINH, "--name", "Lần hai"];
    place.refused("quantri", &again, 5, "store-exists");
    place.refused("khac", &again, 5, "store-exists");
}

#[test]
fn a_folder_that_another_program_has_open() {
    let place = Place::new();
    let held = place.store();
    let queue = |lang| place.office.as_user("vanthu", &with(&["queue", "inbound"], lang));
    told(queue, 4, "store-already-open");
    drop(held);
    place.run("vanthu", &["queue", "inbound"]).done();

    // A console that keeps syncing holds it just so, and lets it go when it is ended.
    let sync = || {
        Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
            .args(["--data-dir", place.office.dir.to_str().unwrap(), "--user", "vanthu", "sync"])
            .env("VANTHU_PASSWORD", PASSWORD)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let begun = std::time::Instant::now();
    let mut syncing = sync();
    while queue("vi").status != 4 {
        assert!(begun.elapsed().as_secs() < 30, "the loop never opened the office");
        // It may have met one of these very questions, and have been refused itself.
        if syncing.try_wait().unwrap().is_some() {
            syncing = sync();
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    syncing.kill().unwrap();
    syncing.wait().unwrap();
    place.run("vanthu", &["queue", "inbound"]).done();
}

#[test]
fn a_database_of_a_newer_version() {
    let place = Place::new();
    let before = place.state();
    let path = place.office.dir.join("vanthu.db");
    let key = database_key(&place);
    let set_version = |version: u32| {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(&format!("PRAGMA key = \"x'{key}'\";")).unwrap();
        let was: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
        // Everything into the one file, so that its bytes can be compared.
        let _: i64 =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
        was
    };
    let known = set_version(99);
    let bytes = std::fs::read(&path).unwrap();
    let queue = |lang| place.run("vanthu", &with(&["queue", "inbound"], lang));
    let error = told(queue, 3, "store-newer-version");
    assert_eq!(error["facts"]["found"], "99");
    assert!(std::fs::read(&path).unwrap() == bytes, "the file was written to");
    assert_eq!(set_version(known), 99);
    assert_eq!(place.state(), before);
}

/// The database's key in hex, unwrapped with the clerk's password as `keys.json` describes.
fn database_key(place: &Place) -> String {
    let file = std::fs::read(place.office.dir.join("keys.json")).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    let users = file["users"].as_array().unwrap();
    let wrapped = users.iter().find(|one| one["user"] == "vanthu").unwrap();
    let bytes = |name: &str| BASE64.decode(wrapped[name].as_str().unwrap()).unwrap();
    let cost = |name: &str| u32::try_from(wrapped["cost"][name].as_u64().unwrap()).unwrap();
    let params = Params::new(cost("memory_kib"), cost("passes"), cost("lanes"), Some(32)).unwrap();
    let mut wrapping = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(PASSWORD.as_bytes(), &bytes("salt"), &mut wrapping)
        .unwrap();
    let sealed = bytes("key");
    let aad = b"vanthu database key 1\0vanthu";
    let key = XChaCha20Poly1305::new((&wrapping).into())
        .decrypt(XNonce::from_slice(&bytes("nonce")), Payload { msg: &sealed, aad })
        .unwrap();
    hex::encode(key)
}
