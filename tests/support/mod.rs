//! What the tests of whole programs share: an office driven by `vanthuctl`, a provincial
//! server as its own process, and the card rig's settings.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A setting of the card rig; without it nothing here can be tested, and that is a failure.
pub fn rig(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: start the card rig (RIG_DIR=/tmp/rig tests/rig/start-rig; \
             . /tmp/rig/env), or run packaging/test"
        )
    })
}

/// A command of the rig, such as `["leader", "insert"]`.
pub fn rigctl(words: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/rigctl");
    let status = Command::new(script).args(words).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "rigctl {words:?}");
}

/// What `vanthuctl` answered.
#[derive(Debug)]
pub struct Answer {
    pub status: i32,
    pub json: Value,
    pub messages: String,
}

impl Answer {
    /// The JSON of a command that succeeded.
    #[track_caller]
    pub fn done(self) -> Value {
        assert_eq!(self.status, 0, "{}\n{}", self.json, self.messages);
        self.json
    }

    /// The code of the error of a command that failed with `status`.
    #[track_caller]
    pub fn failed(self, status: i32) -> String {
        assert_eq!(self.status, status, "{}\n{}", self.json, self.messages);
        assert!(!self.messages.contains('⟦'), "a sentence is missing: {}", self.messages);
        self.json["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Runs `vanthuctl --json` with `words` and an environment.
pub fn ctl(words: &[&str], environment: &[(&str, &str)]) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .arg("--json")
        .args(words)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    answer(output)
}

fn answer(output: Output) -> Answer {
    let text = String::from_utf8(output.stdout).unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    let json = if text.trim().is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{messages}"))
    };
    Answer { status: output.status.code().unwrap_or(-1), json, messages }
}

pub const PASSWORD: &str = "mật khẩu thử nghiệm";

/// One office in a folder of its own.
pub struct OfficeDir {
    pub dir: PathBuf,
    pub code: &'static str,
}

impl OfficeDir {
    /// Founds an office with a clerk, a leader and an administrator.
    pub fn found(root: &Path, folder: &str, code: &'static str, name: &str) -> Self {
        let office = Self { dir: root.join(folder), code };
        office
            .as_user(
                "quantri",
                &["init", "--agency", code, "--name", name, "--profile", "hau-giang-2019"],
            )
            .done();
        office
            .as_user("quantri", &["config", "issue-unscanned", "Bản thử nghiệm, không có máy quét"])
            .done();
        for (user, display, roles) in [
            ("vanthu", "Trần Thị Bé", "clerk"),
            ("lanhdao", "Nguyễn Thị Ánh Nguyệt", "leader"),
            ("soanthao", "Lê Văn Soạn", "drafter"),
        ] {
            office
                .as_user(
                    "quantri",
                    &[
                        "user",
                        "add",
                        user,
                        "--display-name",
                        display,
                        "--roles",
                        roles,
                        "--new-password-env",
                        "NEW_PASSWORD",
                    ],
                )
                .done();
        }
        office
    }

    /// Runs `vanthuctl` in this office as one of its users.
    pub fn as_user(&self, user: &str, words: &[&str]) -> Answer {
        let dir = self.dir.to_str().unwrap();
        let mut all = vec!["--data-dir", dir, "--user", user];
        all.extend(words);
        let secret = format!("secret-of-{}", self.code);
        ctl(
            &all,
            &[
                ("VANTHU_PASSWORD", PASSWORD),
                ("NEW_PASSWORD", PASSWORD),
                ("SERVER_SECRET", &secret),
                ("LEADER_PIN", &std::env::var("RIG_LEADER_PIN").unwrap_or_default()),
                ("ORG_PIN", &std::env::var("RIG_ORG_PIN").unwrap_or_default()),
                ("P12_PIN", "test"),
                ("WRONG_PIN", "000000"),
            ],
        )
    }

    /// Trusts the rig's root and knows its subordinate CA.
    pub fn trust_rig(&self) {
        for name in ["root", "sub"] {
            let file = format!("{}/certs/{name}.pem", rig("RIG_PKI"));
            self.as_user("quantri", &["trust", "add", &file]).done();
        }
    }

    /// Connects to a server.
    pub fn connect(&self, server: &ServerProcess) {
        self.as_user(
            "quantri",
            &["config", "server", &server.url, "--secret-env", "SERVER_SECRET"],
        )
        .done();
    }
}

/// `vanthu-server` as its own process.
pub struct ServerProcess {
    child: Child,
    pub url: String,
    dir: PathBuf,
}

impl ServerProcess {
    /// Adds the agencies, each with the secret `secret-of-CODE`, and starts serving.
    pub fn start(dir: &Path, agencies: &[(&str, &str)]) -> Self {
        for (code, name) in agencies {
            let mut child = Command::new(env!("CARGO_BIN_EXE_vanthu-server"))
                .args([
                    "--data-dir",
                    dir.to_str().unwrap(),
                    "agency",
                    "add",
                    code,
                    name,
                    "--secret-stdin",
                ])
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            use std::io::Write;
            writeln!(child.stdin.take().unwrap(), "secret-of-{code}").unwrap();
            assert!(child.wait().unwrap().success());
        }
        Self::serve(dir, "127.0.0.1:0")
    }

    fn serve(dir: &Path, listen: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vanthu-server"))
            .args(["--data-dir", dir.to_str().unwrap(), "serve", "--listen", listen])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
            .expect("the server names its address");
        // Keep reading, so that the server never blocks on a full pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, url, dir: dir.to_owned() }
    }

    /// Kills the server as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again at the same address, on the same data.
    pub fn restart(&mut self) {
        self.kill();
        let listen = self.url.trim_start_matches("http://").to_owned();
        *self = Self::serve(&self.dir.clone(), &listen);
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// pyHanko's command line, installed by `tests/pyhanko-venv`.
pub fn pyhanko() -> PathBuf {
    let venv = std::env::var("VANTHU_PYVENV").map(PathBuf::from).unwrap_or_else(|_| {
        let cache = std::env::var("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .unwrap_or_else(|_| PathBuf::from(std::env::var("HOME").unwrap()).join(".cache"));
        cache.join("vanthu/pyvenv")
    });
    let program = venv.join("bin/pyhanko");
    assert!(program.exists(), "pyHanko is missing: run tests/pyhanko-venv");
    program
}
