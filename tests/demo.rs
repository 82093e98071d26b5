//! The demonstration: what it prints, what it shows, and that nothing of it stays behind.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/screen.rs"]
mod screen;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use screen::{Display, Log, SOON, until};
use serde_json::Value;

/// Preparing a demonstration takes seconds; on a busy machine more.
const PREPARING: Duration = Duration::from_secs(120);

/// `vanthu` without a display, with its temporary folders in `tmp`.
fn vanthu(words: &[&str], tmp: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vanthu"))
        .args(words)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("TMPDIR", tmp)
        .output()
        .unwrap()
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

/// The process ids of everything that mentions `words` on its command line.
fn processes(words: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(words) {
            found.push(id);
        }
    }
    found
}

#[test]
fn the_walk_needs_no_window_and_tells_its_steps() {
    let tmp = tempfile::tempdir().unwrap();
    let output = vanthu(&["--demo", "--headless-walk"], tmp.path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}{:?}", String::from_utf8(output.stderr));
    let mut steps = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    for step in ["1.", "2.", "3.", "4.", "5.", "6.", "7.", "8.", "9.", "9.", "10."] {
        let line = steps.next().unwrap_or_default();
        assert!(line.starts_with(&format!("{step} ")), "{step} is missing:\n{text}");
    }
    assert_eq!(steps.next(), None);
    assert!(text.contains("Hợp lệ — Có giá trị như bản giấy"), "{text}");
    let statuses: Vec<_> = text.lines().filter(|line| line.starts_with("9.")).collect();
    assert!(statuses[0].contains(" 01 ") && statuses[1].contains(" 03 "), "{text}");
    assert!(is_empty(tmp.path()), "the temporary folder stayed");
}

#[test]
fn an_office_that_the_demonstration_does_not_have_is_refused() {
    let tmp = tempfile::tempdir().unwrap();
    let output = vanthu(&["--demo", "--demo-office", "nowhere"], tmp.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("«nowhere»") && said.contains("tan-binh"), "{said}");
    assert!(is_empty(tmp.path()));
}

#[test]
fn without_a_display_it_says_so_at_once() {
    let tmp = tempfile::tempdir().unwrap();
    let office = tmp.path().join("office");
    for words in
        [&["--demo"][..], &["--demo", "--lang", "en"], &["--data-dir", office.to_str().unwrap()]]
    {
        let output = vanthu(words, tmp.path());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{words:?}: {said}");
        let expected =
            if words.contains(&"en") { "No window" } else { "Không mở được cửa sổ" };
        assert!(said.starts_with(expected), "{words:?}: {said}");
        // Nothing was prepared for nobody to see.
        assert!(is_empty(tmp.path()), "{words:?}");
    }
}

#[test]
fn one_office_shows_a_document_in_every_stage() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("demo");
    let display = Display::start("demo");
    let demo = display
        .program(&["--demo", "--demo-office", "tan-binh", "--demo-dir", dir.to_str().unwrap()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let office = dir.join("tan-binh");
    let window = display.window_of(demo, Log::of(&office), PREPARING);
    assert_eq!(window.title(), "[TRÌNH DIỄN] Văn Thư");
    window.says("first frame");
    window.focus();
    window.shot("login");
    window.sign_in("demo");
    window.until_title("[TRÌNH DIỄN] Văn Thư — Ủy ban nhân dân xã Tân Bình");
    window.shot("queues");
    // The demonstration ends with its only window.
    assert!(window.close().success());
    assert_eq!(processes(dir.to_str().unwrap()), Vec::<u32>::new());

    for member in ["tan-binh", "tinh"] {
        let states = |direction: &str| {
            let output = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
                .args(["--json", "--user", "vanthu", "--data-dir"])
                .arg(dir.join(member))
                .args(["queue", direction, "--limit", "200"])
                .env("VANTHU_PASSWORD", "demo")
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
            let queue: Value = serde_json::from_slice(&output.stdout).unwrap();
            let states = queue["documents"].as_array().unwrap().iter();
            states.map(|one| one["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (inbound, outbound) = (states("inbound"), states("outbound"));
        for state in
            ["arrived", "returned", "accepted", "registered", "assigned", "in-process", "completed"]
        {
            assert!(inbound.iter().any(|one| one == state), "{member}: {state}: {inbound:?}");
        }
        for state in
            ["draft", "in-review", "in-format-check", "to-sign", "to-seal", "to-issue", "issued"]
        {
            assert!(outbound.iter().any(|one| one == state), "{member}: {state}: {outbound:?}");
        }
    }
}

#[test]
fn asked_to_stop_it_leaves_nothing_behind() {
    let tmp = tempfile::tempdir().unwrap();
    let display = Display::start("demo_stop");
    let mut demo = display
        .program(&["--demo"])
        .env("TMPDIR", tmp.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("both windows", PREPARING, || (display.windows().len() == 2).then_some(()));
    let running = processes(tmp.path().to_str().unwrap());
    assert_eq!(running.len(), 2, "each office has its own process: {running:?}");
    let kill = |id: u32, signal: &str| {
        assert!(Command::new("kill").args([signal, &id.to_string()]).status().unwrap().success());
    };
    kill(demo.id(), "-TERM");
    let status = until("the end", SOON, || demo.try_wait().unwrap());
    assert!(status.success(), "{status}");
    assert_eq!(processes(tmp.path().to_str().unwrap()), Vec::<u32>::new());
    assert!(is_empty(tmp.path()), "the temporary folder stayed");
    assert_eq!(display.windows(), Vec::<u32>::new());
}

#[test]
fn ended_from_outside_its_windows_go_with_it() {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().join("demo");
    let display = Display::start("demo_kill");
    let mut demo = display
        .program(&["--demo", "--demo-office", "tinh", "--demo-dir", dir.to_str().unwrap()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("the window", PREPARING, || display.windows().first().copied());
    demo.kill().unwrap();
    demo.wait().unwrap();
    until("no process", SOON, || processes(dir.to_str().unwrap()).is_empty().then_some(()));
    // And it begins again where it stood, with the same documents.
    let again = display
        .program(&["--demo", "--demo-office", "tinh", "--demo-dir", dir.to_str().unwrap()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let window = display.window_of(again, Log::of(&dir.join("tinh")), PREPARING);
    window.says("first frame");
    window.focus();
    window.sign_in("demo");
    window.shot("again");
    assert!(window.close().success());
}

#[test]
fn asked_to_stop_while_it_prepares_it_tidies_up() {
    let tmp = tempfile::tempdir().unwrap();
    let display = Display::start("demo_early");
    let mut demo = display
        .program(&["--demo"])
        .env("TMPDIR", tmp.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the preparation", SOON, || (!is_empty(tmp.path())).then_some(()));
    assert!(Command::new("kill").arg(demo.id().to_string()).status().unwrap().success());
    let status = until("the end", PREPARING, || demo.try_wait().unwrap());
    assert_eq!(status.code(), Some(1), "{status}");
    assert!(is_empty(tmp.path()), "the temporary folder stayed");
}
