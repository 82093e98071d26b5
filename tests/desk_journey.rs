//! One document travels the whole way again, this time through the real window: by mouse
//! and keyboard on a display of its own, with two cards over PC/SC, a server and two
//! offices. `tests/journey.rs` walks the same path by command.
//!
//! What the window did is read with `vanthuctl` whenever nobody is signed in, which is when
//! the window has let the office go. Pictures of every step are kept in
//! `target/screenshots/desk_journey`. Needs the card rig (`packaging/test` starts it).

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/screen.rs"]
mod screen;
mod support;

#[path = "desk_journey/commune.rs"]
mod commune;
#[path = "desk_journey/doors.rs"]
mod doors;
#[path = "desk_journey/drafting.rs"]
mod drafting;
#[path = "desk_journey/inbound.rs"]
mod inbound;
#[path = "desk_journey/path.rs"]
mod path;
#[path = "desk_journey/settings.rs"]
mod settings;

use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{OfficeDir, ServerProcess, rig};
use vanthu::desk::document::Queue;
use vanthu::domain::role::Role;

const TAN_BINH: &str = "000.01.05.H30";
const PROVINCE: &str = "000.00.00.H30";
const TAN_BINH_NAME: &str = "Ủy ban nhân dân xã Tân Bình";
const PROVINCE_NAME: &str = "Ủy ban nhân dân tỉnh Hậu Giang";

/// Two offices that trust the rig's root, and their server.
struct World {
    root: tempfile::TempDir,
    _server: ServerProcess,
    a: OfficeDir,
    b: OfficeDir,
}

impl World {
    fn begin() -> Self {
        let root = tempfile::tempdir().unwrap();
        let server = ServerProcess::start(
            &root.path().join("server"),
            &[(TAN_BINH, TAN_BINH_NAME), (PROVINCE, PROVINCE_NAME)],
        );
        let a = OfficeDir::found(root.path(), "a", TAN_BINH, TAN_BINH_NAME);
        let b = OfficeDir::found(root.path(), "b", PROVINCE, PROVINCE_NAME);
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/agencies/demo.csv");
        for office in [&a, &b] {
            office.trust_rig();
            office.connect(&server);
            office.as_user("quantri", &["agency", "import", directory]).done();
        }
        Self { root, _server: server, a, b }
    }
}

/// The two cards for this test alone, ready and with all their tries. Other tests that use
/// the rig wait, in whichever program they run.
fn cards() -> File {
    let lock = File::create(Path::new(&rig("RIG_DIR")).join("tests.lock")).unwrap();
    lock.lock().unwrap();
    for card in ["leader", "org"] {
        support::rigctl(&[card, "reset-pin"]);
        support::rigctl(&[card, "insert"]);
    }
    lock
}

/// A decision in correct layout, with blanks for number and date.
fn draft_pdf(root: &Path) -> PathBuf {
    let mut sheet = vanthu::office::layout::samples()
        .into_iter()
        .find(|sample| sample.type_key == "QĐ")
        .unwrap()
        .sheet;
    sheet.signer.full_name = "Nguyễn Thị Ánh Nguyệt".to_owned();
    sheet.date = None;
    let path = root.join("du-thao.pdf");
    std::fs::write(&path, vanthu::office::layout::compose(&sheet).unwrap()).unwrap();
    path
}

/// The documents of a queue of an office that nobody has open.
fn queue(office: &OfficeDir, direction: &str) -> Vec<Value> {
    let answer = office.as_user("vanthu", &["queue", direction]).done();
    answer["documents"].as_array().unwrap().clone()
}

/// The only document of a queue.
#[track_caller]
fn only(office: &OfficeDir, direction: &str) -> Value {
    let documents = queue(office, direction);
    let [document] = documents.as_slice() else { panic!("{documents:#?}") };
    office.as_user("vanthu", &["show", document["id"].as_str().unwrap()]).done()
}

/// Chooses a queue on the left: with its shortcut, or by mouse where it has none.
#[track_caller]
fn go(window: &screen::Window<'_>, role: Role, queue: Queue) {
    let queues = Queue::of_roles(&[role]);
    let place = queues.iter().position(|other| *other == queue).unwrap();
    window.changes("the queue", || {
        if place < 9 {
            window.keys(&[&format!("ctrl+{}", place + 1)]);
        } else {
            // Under what presses (a heading and two lines) and the two headings, a line each.
            // and, for documents of ours, the line of what waits for the person.
            let heading = if queue.is_inbound() { 86 } else { 86 + 30 + 28 };
            window.click(100, 87 + heading + 28 * u16::try_from(place).unwrap());
        }
    });
}

/// Signs out, asks the office by command, and signs in as `user`.
fn between<T>(window: &screen::Window<'_>, user: &str, ask: impl FnOnce() -> T) -> T {
    window.changes("the login", || window.keys(&["ctrl+l"]));
    window.says("signed out");
    let answer = ask();
    window.keys(&["shift+Tab", "ctrl+a"]);
    window.text(user);
    window.keys(&["Tab"]);
    window.sign_in(support::PASSWORD);
    answer
}
