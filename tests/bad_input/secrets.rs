//! PINs, passwords and the server's secret are nowhere: not in what the programs print, not
//! in the most talkative log, not in the data folder.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::place::{PROVINCE, Place, SIGNER, TAN_BINH, card, p12};
use crate::rig::{Rig, env};
use crate::support::{PASSWORD, ServerProcess};

const NEW_PASSWORD: &str = "Mot-mat-khau-khac-9731";
const SERVER_SECRET: &str = "secret-of-000.01.05.H30";
const WRONG_PIN: &str = "846153";
const NEW_PIN: &str = "739164";

/// Runs at the most talkative and keeps everything that was printed.
struct Loud {
    place: Place,
    said: Vec<u8>,
}

impl Loud {
    fn run(&mut self, user: &str, words: &[&str]) -> (i32, String) {
        self.run_with(user, PASSWORD, words)
    }

    fn run_with(&mut self, user: &str, password: &str, words: &[&str]) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
            .args(["--json", "--data-dir", self.place.office.dir.to_str().unwrap()])
            .args(["--user", user])
            .args(words)
            .env("VANTHU_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .env("VANTHU_PASSWORD", password)
            .env("NEW_PASSWORD", NEW_PASSWORD)
            .env("SERVER_SECRET", SERVER_SECRET)
            .env("LEADER_PIN", env("RIG_LEADER_PIN"))
            .env("ORG_PIN", env("RIG_ORG_PIN"))
            .env("P12_PIN", "test")
            .env("WRONG_PIN", WRONG_PIN)
            .env("NEW_PIN", NEW_PIN)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        self.said.extend_from_slice(&output.stdout);
        self.said.extend_from_slice(&output.stderr);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().unwrap_or(-1), text)
    }

    #[track_caller]
    fn done(&mut self, user: &str, words: &[&str]) -> serde_json::Value {
        let (status, text) = self.run(user, words);
        assert_eq!(status, 0, "{text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|part| part == needle)
}

fn files(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn secrets_are_nowhere() {
    let _rig = Rig::hold();
    let place = Place::new();
    let server = ServerProcess::start(
        &place.root.join("server"),
        &[(TAN_BINH, "Tân Bình"), (PROVINCE, "Tỉnh")],
    );
    let pdf = place.pdf("du-thao.pdf");
    let free = place.path("ký.pdf");
    let mut loud = Loud { place, said: Vec::new() };

    let add = ["user", "add", "moi", "--roles", "clerk", "--new-password-env", "NEW_PASSWORD"];
    loud.done("quantri", &add);
    assert_eq!(loud.run_with("moi", NEW_PASSWORD, &["queue", "inbound"]).0, 0);
    assert_eq!(loud.run_with("moi", "sai-mat-khau-5512", &["queue", "inbound"]).0, 5);
    loud.done("quantri", &["config", "server", &server.url, "--secret-env", "SERVER_SECRET"]);
    loud.done("quantri", &["config", "show"]);

    let drafted = loud.done("soanthao", &crate::place::draft(&pdf, &[]));
    let id = drafted["id"].as_str().unwrap().to_owned();
    loud.done("soanthao", &["review", &id, "--to", "sign"]);
    let (leader, organisation) = (card("LEADER"), card("ORG"));
    let softhsm = format!("pkcs11:{}#leader", env("RIG_SOFTHSM_MODULE"));
    let sign = ["sign-document", &id, "--pin-env"];
    for token in [&leader, &softhsm, &p12("leader")] {
        let words = [&sign[..], &["WRONG_PIN", "--token", token]].concat();
        assert_eq!(loud.run("lanhdao", &words).0, 5);
    }
    for (token, pin) in
        [(&leader, "LEADER_PIN"), (&softhsm, "LEADER_PIN"), (&p12("leader"), "P12_PIN")]
    {
        let words = [
            "sign",
            &pdf,
            &free,
            "--as",
            "personal",
            "--at-text",
            SIGNER,
            "--token",
            token,
            "--pin-env",
            pin,
        ];
        loud.done("lanhdao", &words);
    }
    // The PIN is changed and changed back, once refused.
    let change = ["tokens", "change-pin", leader.as_str(), "--pin-env"];
    let changes = [
        (["WRONG_PIN", "--new-pin-env", "NEW_PIN"], 5),
        (["LEADER_PIN", "--new-pin-env", "NEW_PIN"], 0),
        (["LEADER_PIN", "--new-pin-env", "NEW_PIN"], 5),
        (["NEW_PIN", "--new-pin-env", "LEADER_PIN"], 0),
    ];
    for (words, status) in changes {
        let (answered, text) = loud.run("lanhdao", &[&change[..], &words].concat());
        assert_eq!(answered, status, "{words:?}: {text}");
    }
    // In a batch, which keeps the PIN for its time.
    let second = loud.done("soanthao", &crate::place::draft(&pdf, &[]));
    let second = second["id"].as_str().unwrap().to_owned();
    loud.done("soanthao", &["review", &second, "--to", "sign"]);
    let batch = ["sign-document", &id, &second, "--hold-pin", "1", "--pin-env", "LEADER_PIN"];
    loud.done("lanhdao", &[&batch[..], &["--token", &leader]].concat());
    loud.done("vanthu", &["seal", &id, "--token", &organisation, "--pin-env", "ORG_PIN"]);
    loud.done("vanthu", &["issue", &id]);
    loud.done("vanthu", &["sync", "--once"]);
    loud.run("vanthu", &["doctor"]);
    loud.run("vanthu", &["doctor", "tokens"]);
    loud.run("vanthu", &["tokens"]);

    // The log did speak: otherwise silence would prove nothing.
    assert!(holds(&loud.said, b"TRACE") || holds(&loud.said, b"DEBUG"), "the log said nothing");
    let (leader_pin, org_pin) = (env("RIG_LEADER_PIN"), env("RIG_ORG_PIN"));
    let secrets = [
        PASSWORD,
        NEW_PASSWORD,
        "sai-mat-khau-5512",
        SERVER_SECRET,
        WRONG_PIN,
        NEW_PIN,
        &leader_pin,
        &org_pin,
    ];
    let mut kept = Vec::new();
    files(&loud.place.office.dir, &mut kept);
    assert!(kept.len() > 3);
    for secret in secrets {
        // As it is, and as an APDU or a careless dump would show it.
        let hex = hex::encode(secret);
        let listed = format!("{:?}", secret.as_bytes());
        let listed = listed.trim_matches(['[', ']']);
        for needle in
            [secret.as_bytes(), hex.as_bytes(), hex.to_uppercase().as_bytes(), listed.as_bytes()]
        {
            let shown = String::from_utf8_lossy(needle).into_owned();
            let mut places = loud.said.windows(needle.len()).enumerate();
            let there = places
                .find(|(at, part)| *part == needle && !by_chance(&loud.said, *at, needle.len()));
            if let Some((at, _)) = there {
                let around = &loud.said[at.saturating_sub(200)..(at + 200).min(loud.said.len())];
                panic!("{shown} was printed: {}", String::from_utf8_lossy(around));
            }
            for file in &kept {
                assert!(!holds(&std::fs::read(file).unwrap(), needle), "{shown} is in {file:?}");
            }
        }
    }
}

/// Whether six digits stand there as they may in any log: within a longer run of hexadecimal
/// digits, or as the fraction of a second. What is no number stands nowhere by chance.
fn by_chance(said: &[u8], at: usize, length: usize) -> bool {
    let hex = |at: Option<usize>| at.and_then(|at| said.get(at)).is_some_and(u8::is_ascii_hexdigit);
    let digits = said[at..at + length].iter().all(u8::is_ascii_digit);
    let second = at >= 4 && said[at - 1] == b'.' && said[at - 4] == b':';
    // A dump's bytes are twice as many digits: those are no chance.
    digits && length < 12 && (second || hex(at.checked_sub(1)) || hex(Some(at + length)))
}
