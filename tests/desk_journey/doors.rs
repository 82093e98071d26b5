//! Getting in: wrong passwords, a second start, the other language.

use std::path::Path;
use std::process::Stdio;

use super::screen::{Display, SOON, until};
use super::support::{OfficeDir, PASSWORD};
use super::{TAN_BINH, TAN_BINH_NAME};

fn office(root: &Path) -> OfficeDir {
    OfficeDir::found(root, "a", TAN_BINH, TAN_BINH_NAME)
}

#[test]
fn a_wrong_password_is_said_and_the_right_one_lets_in_afterwards() {
    let root = tempfile::tempdir().unwrap();
    let office = office(root.path());
    let display = Display::start("desk_doors/password");
    let window = display.open(&office.dir, "vanthu");
    window.changes("the refusal", || {
        window.text("mật khẩu sai");
        window.keys(&["Return"]);
        window.says("the office was not opened");
    });
    window.shot("wrong-password");
    // The field is empty and has the keyboard: one just types on.
    window.sign_in(PASSWORD);
    assert_eq!(window.title(), format!("Văn Thư — {TAN_BINH_NAME}"));
    window.shot("signed-in");
    // While the window has the office, nobody else gets it.
    let code = office.as_user("vanthu", &["queue", "inbound"]).failed(4);
    assert_eq!(code, "store-already-open");
    assert!(window.close().success());
    office.as_user("vanthu", &["queue", "inbound"]).done();
}

#[test]
fn a_second_start_brings_the_first_to_the_front_and_ends() {
    let root = tempfile::tempdir().unwrap();
    let office = office(root.path());
    let display = Display::start("desk_doors/second");
    let window = display.open(&office.dir, "vanthu");
    assert!(!display.was_raised(window.id()));
    let second = display
        .program(&["--data-dir", office.dir.to_str().unwrap()])
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert!(second.status.success());
    let said = String::from_utf8(second.stdout).unwrap();
    assert!(said.contains("đang mở với thư mục dữ liệu này"), "{said}");
    window.says("started once more");
    until("the first at the front", SOON, || display.was_raised(window.id()).then_some(()));
    assert_eq!(display.windows(), [window.id()]);
    assert!(window.close().success());
}

#[test]
fn the_window_speaks_english_and_remembers_it() {
    let root = tempfile::tempdir().unwrap();
    let office = office(root.path());
    let display = Display::start("desk_doors/english");
    let window = display.open(&office.dir, "vanthu");
    window.changes("the other language", || window.keys(&["F2"]));
    window.shot("login");
    window.sign_in(PASSWORD);
    window.shot("queues");
    window.changes("the help", || window.keys(&["F1"]));
    window.shot("help");
    assert!(window.close().success());
    let settings = std::fs::read_to_string(office.dir.join("window.json")).unwrap();
    assert!(settings.contains("\"en\""), "{settings}");
    // Next time it begins so, in the window and in what the program prints.
    let window = display.open(&office.dir, "vanthu");
    window.shot("login-next-time");
    assert!(window.close().success());
}
