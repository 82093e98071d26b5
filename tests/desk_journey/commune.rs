//! The demonstration's commune under the window, and what `vanthuctl` says of it while nobody is
//! signed in. Its tokens are files, so that no card is needed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::screen::{Display, Log, Window};
use super::support::ctl;

/// Everybody's password, and the PIN of every token.
const DEMO: &str = "demo";
/// Founding two offices takes seconds; on a busy machine more.
const PREPARING: Duration = Duration::from_secs(300);

pub struct Commune {
    root: tempfile::TempDir,
}

impl Commune {
    /// The demonstration begins, and its window waits for a password.
    pub fn begin(display: &Display) -> (Self, Window<'_>) {
        let commune = Self { root: tempfile::tempdir().unwrap() };
        let dir = commune.root.path().join("demo");
        let words = ["--demo", "--demo-office", "tan-binh", "--demo-dir", dir.to_str().unwrap()];
        let mut demo = display.program(&words);
        // Nobody's cards: what is proposed first is then always a file.
        let nowhere = commune.root.path().join("no-cards");
        demo.env("PCSCLITE_CSOCK_NAME", &nowhere).env("SOFTHSM2_CONF", &nowhere);
        let demo = demo.stdout(Stdio::null()).spawn().unwrap();
        let window = display.window_of(demo, Log::of(&commune.office()), PREPARING);
        window.says("first frame");
        window.focus();
        (commune, window)
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    fn office(&self) -> PathBuf {
        self.root.path().join("demo/tan-binh")
    }

    /// Asks the office by command. The window must have let it go.
    #[track_caller]
    pub fn ask(&self, user: &str, words: &[&str]) -> Value {
        asked(&self.office(), user, words)
    }

    /// Signs or seals with one of the commune's tokens: `leader` or `seal`.
    #[track_caller]
    pub fn sign(&self, user: &str, deed: &str, id: &str, token: &str) {
        let path = self.office().join("tokens").join(format!("{token}.p12"));
        let token = format!("file:{}", path.display());
        self.ask(user, &[deed, id, "--token", &token, "--pin-env", "PIN"]);
    }

    /// The same of the province, as its clerk.
    #[track_caller]
    pub fn ask_province(&self, words: &[&str]) -> Value {
        asked(&self.root.path().join("demo/tinh"), "vanthu", words)
    }

    /// The id at the province of a document that it has issued.
    #[track_caller]
    pub fn issued_by_province(&self, code: &str) -> String {
        let answer = self.ask_province(&["queue", "outbound"]);
        let documents = answer["documents"].as_array().unwrap();
        let found = documents.iter().find(|one| one["code"] == code);
        found.unwrap_or_else(|| panic!("no {code}: {answer:#}"))["id"].as_str().unwrap().to_owned()
    }

    /// The ids of the inbound documents that stand in `state`.
    #[track_caller]
    pub fn inbound(&self, state: &str) -> Vec<String> {
        self.standing("inbound", state)
    }

    /// The ids of the outbound documents that stand in `state`.
    #[track_caller]
    pub fn outbound(&self, state: &str) -> Vec<String> {
        self.standing("outbound", state)
    }

    #[track_caller]
    fn standing(&self, direction: &str, state: &str) -> Vec<String> {
        let answer = self.ask("vanthu", &["queue", direction, "--state", state]);
        let documents = answer["documents"].as_array().unwrap().iter();
        documents.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[track_caller]
fn asked(dir: &Path, user: &str, words: &[&str]) -> Value {
    let mut all = vec!["--data-dir", dir.to_str().unwrap(), "--user", user];
    all.extend(words);
    ctl(&all, &[("VANTHU_PASSWORD", DEMO), ("PIN", DEMO)]).done()
}

/// The user's name stands in the field already; another one is typed over it.
#[track_caller]
pub fn sign_in(window: &Window<'_>, user: &str) {
    window.keys(&["shift+Tab", "ctrl+a"]);
    window.text(user);
    window.keys(&["Tab"]);
    window.sign_in(DEMO);
}

/// Signs out, asks, and signs in as `user`.
#[track_caller]
pub fn between<T>(window: &Window<'_>, user: &str, ask: impl FnOnce() -> T) -> T {
    window.changes("the login", || window.keys(&["ctrl+l"]));
    window.says("signed out");
    let answer = ask();
    sign_in(window, user);
    answer
}
