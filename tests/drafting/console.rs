//! The same by `vanthuctl`: what a script says and reads.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::world::*;

/// Exit status and JSON of a command.
fn ctl(world: &World, user: &str, words: &[&str]) -> (i32, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .arg("--json")
        .arg("--data-dir")
        .arg(world.dir.path().join("office"))
        .args(["--user", user])
        .args(words)
        .env("VANTHU_PASSWORD", password().reveal())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {words:?}\n{}", String::from_utf8_lossy(&output.stderr))
    });
    (output.status.code().unwrap(), json)
}

#[track_caller]
fn done(world: &World, user: &str, words: &[&str]) -> Value {
    let (status, json) = ctl(world, user, words);
    assert_eq!(status, 0, "{words:?}: {json}");
    json
}

#[test]
fn a_script_drafts_comments_edits_and_compares() {
    let mut world = World::new();
    world.leave();
    let file = |name: &str, bytes: &[u8]| {
        let path = world.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let first = file("một.pdf", &pdf("Họp giao ban tháng 11"));
    let second = file("hai.pdf", &pdf("Họp giao ban tháng 12"));
    done(&world, "soan", &["group", "put", "Cấp trên", "--member", PROVINCE, "--member", BUREAU]);
    done(
        &world,
        "soan",
        &[
            "template",
            "set",
            "CV",
            "--group",
            "cap tren",
            "--signer",
            SIGNER,
            "--position",
            "Chủ tịch",
            "--copies",
            "3",
        ],
    );
    let drafted = done(
        &world,
        "soan",
        &["draft", &first, "--type", "CV", "--subject", "Họp giao ban", "--steering", "steering"],
    );
    let id = drafted["id"].as_str().unwrap();
    let places = done(&world, "soan", &["places", id]);
    assert_eq!(places["addressed"].as_array().unwrap().len(), 3);
    assert_eq!(places["received"][2], "- Lưu: VT, 03b.");

    done(&world, "soan", &["review", id, "--to", "review", "--next", "hoa"]);
    let (status, _) = ctl(&world, "nguyet", &["review", id, "--to", "sign"]);
    assert_eq!(status, 5);
    let mine = done(&world, "hoa", &["queue", "outbound", "--mine"]);
    assert_eq!(mine["documents"][0]["id"], id);
    done(
        &world,
        "hoa",
        &["comment", "add", id, "Tháng 12", "--page", "1", "--rect", "0,0,595,842"],
    );
    done(&world, "hoa", &["review", id, "--to", "draft"]);
    let (status, comments) = ctl(&world, "soan", &["comment", "list", id]);
    assert_eq!((status, &comments["open"]), (1, &Value::from(1)));
    assert!(comments["comments"][0]["quoted"].as_str().unwrap().contains("CỘNG HÒA"));

    let edited = done(&world, "soan", &["edit", id, "--file", &second, "--why", "Theo góp ý"]);
    assert_eq!(edited["version"], 2);
    done(&world, "soan", &["comment", "answer", id, "1", "Đã sửa"]);
    let (status, found) = ctl(&world, "soan", &["diff", id, "1", "2"]);
    assert_eq!(status, 1);
    assert_eq!(found["pages"][0]["page"], 1);
    let versions = done(&world, "soan", &["versions", id]);
    assert_eq!(versions["versions"][1]["why"], "Theo góp ý");
    let out = world.dir.path().join("cũ.pdf");
    done(&world, "soan", &["versions", id, "--save", "1", "--out", out.to_str().unwrap()]);
    assert_eq!(std::fs::read(&out).unwrap(), std::fs::read(&first).unwrap());
    done(&world, "soan", &["review", id, "--to", "format-check"]);
    done(&world, "thuc", &["hand-on", id, "be", "--note", "Nhờ chị"]);
    let opinions = done(&world, "be", &["opinions", id]);
    assert_eq!(opinions["holder"]["user"], "be");
    assert_eq!(opinions["opinions"].as_array().unwrap().len(), 4);
    let slip = world.dir.path().join("phiếu.pdf");
    done(&world, "be", &["submission", id, slip.to_str().unwrap()]);
    assert!(std::fs::read(&slip).unwrap().starts_with(b"%PDF-"));
}
