//! An office of which everything that must not change can be compared.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use vanthu::domain::book::BookId;
use vanthu::domain::calendar;
use vanthu::domain::inbound::InboundDocument;
use vanthu::domain::outbound::OutboundDocument;
use vanthu::rules::Profile;
use vanthu::store::{InboundFilter, KdfCost, OutboundFilter, PacketRow, Store, StoreError};
use vanthu::token::Pin;

use crate::support::{Answer, OfficeDir, PASSWORD, rig};

pub const TAN_BINH: &str = "000.01.05.H30";
pub const PROVINCE: &str = "000.00.00.H30";
pub const SIGNER: &str = "Nguyễn Thị Ánh Nguyệt";

/// UBND xã Tân Bình, founded, with people, directory and trust, in a folder of its own.
pub struct Place {
    _root: tempfile::TempDir,
    pub root: PathBuf,
    pub office: OfficeDir,
}

/// What a refusal must leave as it was.
#[derive(Debug, PartialEq)]
pub struct State {
    pub inbound: Vec<InboundDocument>,
    pub outbound: Vec<OutboundDocument>,
    pub next_arrival: u32,
    pub next_number: u32,
    pub outbox_waiting: u64,
}

impl Place {
    pub fn new() -> Self {
        Self::of(TAN_BINH, "Ủy ban nhân dân xã Tân Bình")
    }

    pub fn of(code: &'static str, name: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("office");
        if code == TAN_BINH {
            // Founding takes a dozen commands; the folder is as good when it is copied.
            static TEMPLATE: OnceLock<tempfile::TempDir> = OnceLock::new();
            let template = TEMPLATE.get_or_init(|| {
                let folder = tempfile::tempdir().unwrap();
                found(folder.path(), code, name);
                folder
            });
            copy(&template.path().join("office"), &dir);
        } else {
            found(root.path(), code, name);
        }
        Self { root: root.path().to_owned(), _root: root, office: OfficeDir { dir, code } }
    }

    pub fn run(&self, user: &str, words: &[&str]) -> Answer {
        patiently(
            || self.office.as_user(user, words),
            |answer| answer.json["error"]["code"] == "store-already-open",
        )
    }

    pub fn path(&self, name: &str) -> String {
        self.root.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file beside the office and returns its path.
    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.root.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A decision in correct layout, with blanks for number and date.
    pub fn pdf(&self, name: &str) -> String {
        self.file(name, &decision(|_| {}))
    }

    /// A document that waits for the leader's signature.
    pub fn to_sign(&self) -> String {
        let pdf = self.pdf("du-thao.pdf");
        let answer = self.run("soanthao", &draft(&pdf, &[])).done();
        let id = answer["id"].as_str().unwrap().to_owned();
        self.run("soanthao", &["review", &id, "--to", "sign"]).done();
        id
    }

    pub fn state_of(&self, id: &str) -> String {
        self.run("vanthu", &["show", id]).done()["state"].as_str().unwrap().to_owned()
    }

    /// `words` are refused in both languages, and nothing has changed.
    #[track_caller]
    pub fn refused(&self, user: &str, words: &[&str], status: i32, code: &str) -> Value {
        let before = (self.state(), self.quarantine().len());
        let error = told(|lang| self.run(user, &with(words, lang)), status, code);
        assert_eq!((self.state(), self.quarantine().len()), before);
        error
    }

    /// `words` bring something in that is refused, in both languages: nothing has changed,
    /// and its bytes are in quarantine under that code, as they came.
    #[track_caller]
    pub fn quarantined(&self, file: &str, status: i32, code: &str) -> Value {
        let (before, count) = (self.state(), self.quarantine().len());
        let error = told(|lang| self.run("vanthu", &with(&["import", file], lang)), status, code);
        assert_eq!(self.state(), before);
        let rows = self.quarantine();
        assert_eq!(rows.len(), count + 1);
        assert_eq!(rows[0].code, code);
        self.assert_kept(&rows[0].hash.0, &std::fs::read(file).unwrap());
        error
    }

    /// The clerk can have the bytes out again, unless they are secret.
    #[track_caller]
    pub fn assert_kept(&self, packet: &str, bytes: &[u8]) {
        let listed = self.run("vanthu", &["quarantine", "list"]).done();
        let rows = listed["packets"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["packet"] == packet), "{listed:#}");
        let out = self.path("quarantined");
        self.run("vanthu", &["quarantine", "export", packet, &out]).done();
        assert!(std::fs::read(&out).unwrap() == bytes, "the bytes differ");
    }

    pub fn store(&self) -> Store {
        let open = || Store::open(&self.office.dir, "vanthu", &Pin::new(PASSWORD));
        patiently(open, |opened| opened.as_ref().err() == Some(&StoreError::AlreadyOpen)).unwrap()
    }

    pub fn quarantine(&self) -> Vec<PacketRow> {
        self.store().quarantine(1000).unwrap()
    }

    /// The state as the store has it; the chain of operations holds and tells the same.
    #[track_caller]
    pub fn state(&self) -> State {
        let store = self.store();
        assert_eq!(store.rebuild_and_compare().unwrap().problems, []);
        let year = calendar::local(Timestamp::now()).date().year();
        let profile = Profile::built_in("hau-giang-2019").unwrap();
        let outbound = BookId::outbound(year, profile.book_series("QĐ"));
        State {
            inbound: store.inbound_page(&InboundFilter::default(), None, 1000).unwrap(),
            outbound: store.outbound_page(&OutboundFilter::default(), None, 1000).unwrap(),
            next_arrival: store.next_number(&BookId::inbound(year)).unwrap(),
            next_number: store.next_number(&outbound).unwrap(),
            outbox_waiting: store.counts().unwrap().outbox_waiting,
        }
    }
}

/// Tries again for a while where the folder is open. A program that another test is just
/// starting holds for a moment what this process has open, the lock of a folder too.
fn patiently<T>(mut work: impl FnMut() -> T, is_open: impl Fn(&T) -> bool) -> T {
    let begun = Instant::now();
    loop {
        let done = work();
        if !is_open(&done) || begun.elapsed() > Duration::from_secs(5) {
            return done;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn found(root: &Path, code: &'static str, name: &str) {
    let dir = root.join("office");
    std::fs::create_dir_all(&dir).unwrap();
    // A key that is cheap to stretch, so that a hundred commands take seconds. Founding takes
    // up what was begun, as after a power cut.
    let begun = Store::create_with(&dir, "quantri", &Pin::new(PASSWORD), KdfCost::FAST);
    drop(begun.unwrap());
    let office = OfficeDir::found(root, "office", code, name);
    office.trust_rig();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/agencies/demo.csv");
    office.as_user("quantri", &["agency", "import", directory]).done();
}

pub fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(done.success());
}

/// The words of a command with a language.
pub fn with<'a>(words: &[&'a str], lang: &'a str) -> Vec<&'a str> {
    [words, &["--lang", lang]].concat()
}

/// Runs in both languages; the exit status, the code and the sentences are as promised.
#[track_caller]
pub fn told(mut run: impl FnMut(&'static str) -> Answer, status: i32, code: &str) -> Value {
    let mut sentences = Vec::new();
    let mut error = Value::Null;
    for lang in ["vi", "en"] {
        let answer = run(lang);
        assert_eq!(answer.status, status, "{lang}: {:#}\n{}", answer.json, answer.messages);
        // A check of several files has an error for each.
        error = match &answer.json["error"] {
            Value::Null => answer.json["files"][0]["error"].clone(),
            whole => whole.clone(),
        };
        assert_eq!(error["code"], code, "{lang}: {:#}\n{}", answer.json, answer.messages);
        let parts = ["message", "kept", "next"].map(|part| {
            let sentence = error[part].as_str().unwrap_or_default().to_owned();
            assert!(sentence.chars().count() > 5, "{code}, {lang}, {part}: {sentence:?}");
            assert!(!sentence.contains(['⟦', '$']), "{code}, {lang}, {part}: {sentence}");
            assert!(answer.messages.contains(&sentence), "{}", answer.messages);
            sentence
        });
        sentences.push(parts);
    }
    for (vi, en) in sentences[0].iter().zip(&sentences[1]) {
        assert_ne!(vi, en, "{code} is told in one language only");
        assert!(!vi.is_ascii(), "{code} in Vietnamese: {vi}");
    }
    error
}

/// The words that draft `pdf`, to the province; `more` comes last.
pub fn draft<'a>(pdf: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let usual = [
        "draft",
        pdf,
        "--type",
        "QĐ",
        "--subject",
        "Về việc thử nghiệm",
        "--to",
        PROVINCE,
        "--competence",
        "TM. ỦY BAN NHÂN DÂN",
        "--position",
        "CHỦ TỊCH",
        "--signer",
        SIGNER,
        "--place",
        "Tân Bình",
    ];
    let replaced: Vec<&str> = more.iter().filter(|word| word.starts_with("--")).copied().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(word) = usual.get(at) {
        if replaced.contains(word) && *word != "--attach" {
            at += 2;
            continue;
        }
        words.push(*word);
        at += 1;
    }
    words.extend(more);
    words
}

/// A decision, changed by `change` before it is set.
pub fn decision(change: impl FnOnce(&mut vanthu::office::layout::Sheet)) -> Vec<u8> {
    let samples = vanthu::office::layout::samples();
    let mut sheet = samples.into_iter().find(|sample| sample.type_key == "QĐ").unwrap().sheet;
    sheet.signer.full_name = SIGNER.to_owned();
    sheet.date = None;
    change(&mut sheet);
    vanthu::office::layout::compose(&sheet).unwrap()
}

/// The rig's PKCS#12 file of `leader` or `org`.
pub fn p12(name: &str) -> String {
    format!("file:{}/p12/{name}.p12", rig("RIG_PKI"))
}

pub fn card(name: &str) -> String {
    format!("pcsc:{}", rig(&format!("RIG_{name}_READER")))
}
