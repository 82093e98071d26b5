//! The same on the command line, by its contract: one JSON document, and an exit status that
//! says what a script may conclude.

use std::process::{Command, Stdio};

use serde_json::Value;
use vanthu::domain::document::DocumentKey;

use crate::place::{NEIGHBOUR, PASSWORD, Place, document, written};

/// Runs `vanthuctl` on the office, which is closed meanwhile.
fn ctl(place: Place, words: &[&str]) -> (Place, i32, Value) {
    let dir = place.dir.clone();
    let (place, (status, json)) = place.closed(|| {
        let output = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
            .args(["--json", "--lang", "en", "--user", "be", "--data-dir"])
            .arg(&dir)
            .args(words)
            .env("VANTHU_PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap_or(-1), json)
    });
    (place, status, json)
}

#[test]
fn the_gate_is_walked_by_a_script() {
    let place = Place::new();
    let mut bad = document(NEIGHBOUR, 1);
    bad.attachments.push(vanthu::packet::Attachment::new("mau.docx", "", b"MZ".to_vec()));
    place.comes(NEIGHBOUR, &written(bad));
    let bad: DocumentKey = place.newest();
    let good: Vec<String> =
        (2..4).map(|number| place.arrived(NEIGHBOUR, number).to_string()).collect();
    let bad = bad.to_string();

    let (place, status, json) = ctl(place, &["unacknowledged"]);
    assert_eq!((status, json["documents"].as_array().unwrap().len()), (0, 3));
    assert_eq!(json["documents"][0]["id"], bad.as_str(), "oldest first");

    let (place, status, json) = ctl(place, &["gate", &good[0]]);
    assert_eq!((status, json["way"].as_str()), (0, Some("open")));
    let checks = json["checks"].as_array().unwrap();
    let malware = checks.iter().find(|check| check["check"] == "malware").unwrap();
    assert_eq!((&malware["result"], &malware["why"]), (&"not-done".into(), &"no-scanner".into()));
    let (place, status, json) = ctl(place, &["gate", &bad, "--again"]);
    assert_eq!((status, json["way"].as_str()), (1, Some("with-reason")));
    assert_eq!(json["proposed_reasons"].as_array().unwrap().len(), 1);

    // Several: each is told, and the refusal of one is the exit status of all.
    let (place, status, json) = ctl(place, &["accept", &bad, &good[0]]);
    assert_eq!(status, 5);
    assert_eq!(json["documents"][0]["error"]["code"], "office-gate-reason");
    assert_eq!(json["documents"][1]["state"], "accepted");
    let (place, status, json) = ctl(place, &["accept", &bad, "--despite", "đã hỏi nơi gửi"]);
    assert_eq!((status, json["state"].as_str()), (0, Some("accepted")));

    let (place, status, json) = ctl(place, &["undo", &bad]);
    assert_eq!((status, json["state"].as_str()), (0, Some("arrived")));
    let (place, status, json) = ctl(place, &["undo", &bad]);
    assert_eq!((status, json["error"]["code"].as_str()), (5, Some("office-undo-nothing")));

    let (place, status, _) = ctl(place, &["report", "error", &good[1], "--text", "Thiếu trang"]);
    assert_eq!(status, 0);
    let (place, _, json) = ctl(place, &["gate", &good[1]]);
    assert_eq!(json["reports"][0]["to"], "sender");

    let (place, status, _) = ctl(place, &["config", "scanner", "clamd:127.0.0.1:1"]);
    assert_eq!(status, 0);
    let (place, status, json) = ctl(place, &["config", "scanner", "norton"]);
    assert_eq!((status, json["error"]["code"].as_str()), (2, Some("scanner-bad-setting")));
    let (place, _, json) = ctl(place, &["config", "show"]);
    assert_eq!(json["scanner"], "clamd:127.0.0.1:1");
    place.sound();
}
