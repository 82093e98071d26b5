//! A new office is set up through the window, by keyboard alone: its server, tried before it is
//! saved, and how it signs. Needs no card.

use std::path::PathBuf;

use vanthu::pdf::appearance::demo_seal;

use super::screen::{Display, Window};
use super::support::{OfficeDir, PASSWORD, ServerProcess};
use super::{TAN_BINH, TAN_BINH_NAME};

/// From the secret past trust and certificate to the button that tries, and back.
fn try_it(window: &Window<'_>) {
    window.keys(&["Tab", "Tab", "Tab"]);
    window.changes("what came of the try", || window.keys(&["Return"]));
    window.keys(&["shift+Tab", "shift+Tab", "shift+Tab", "ctrl+a"]);
}

#[test]
fn a_new_office_is_set_up_by_keyboard() {
    let root = tempfile::tempdir().unwrap();
    let office = OfficeDir::found(root.path(), "a", TAN_BINH, TAN_BINH_NAME);
    let server = ServerProcess::start(&root.path().join("server"), &[(TAN_BINH, TAN_BINH_NAME)]);
    let display = Display::start("desk_settings/set-up");
    let window = display.open(&office.dir, "quantri");
    window.sign_in(PASSWORD);

    // The server: what cannot be is said, what is tried is not saved, what is saved is used.
    window.changes("the settings", || window.keys(&["F12"]));
    window.shot("desk");
    window.changes("the server's page", || window.keys(&["alt+2"]));
    window.shot("server-empty");
    window.text("http://10.0.0.1");
    window.stirs("the complaints", || window.keys(&["ctrl+Return"]));
    window.shot("server-complaints");
    window.keys(&["ctrl+a"]);
    window.text(&server.url);
    window.keys(&["Tab", "Tab"]);
    window.text("ma sai");
    try_it(&window);
    window.shot("server-wrong-secret");
    window.text(&format!("secret-of-{TAN_BINH}"));
    try_it(&window);
    window.shot("server-believed");
    window.text(&format!("secret-of-{TAN_BINH}"));
    window.changes("the window", || window.keys(&["ctrl+Return"]));
    window.shot("server-saved");
    window.changes("the settings", || window.keys(&["F12"]));
    window.changes("the server's page", || window.keys(&["alt+2"]));
    window.shot("server-set");
    window.keys(&["Tab"]);
    window.changes("the axis", || window.keys(&["Down"]));
    window.shot("server-axis");
    // The axis' two quirks and the secret come first.
    window.keys(&["Tab", "Tab", "Tab", "Tab", "Down"]);
    window.changes("a file's authorities", || window.keys(&["Down"]));
    window.shot("server-file");
    window.changes("the complaint", || window.keys(&["ctrl+Return"]));
    window.shot("server-no-file");

    // How the office signs.
    window.changes("the page of signing", || window.keys(&["alt+3"]));
    window.shot("signing-empty");
    window.changes("the window", || window.keys(&["Escape"]));
    window.changes("the settings", || window.keys(&["F12"]));
    window.changes("the page of signing", || window.keys(&["alt+3"]));
    window.text("http://tsa.vi-du.vn");
    window.keys(&["Return"]);
    window.text("khong phai");
    window.shot("signing-wrong-service");
    window.keys(&["ctrl+a"]);
    window.text("http://tsa.vi-du.vn");
    window.keys(&["Tab", "Down", "Tab"]);
    window.keys(&["Down"]);
    window.shot("signing-typed");
    window.changes("the window", || window.keys(&["ctrl+Return"]));

    // The clerk's part: the seal.
    let seal: PathBuf = root.path().join("dấu.png");
    std::fs::write(&seal, demo_seal(TAN_BINH_NAME).unwrap()).unwrap();
    let opaque = root.path().join("nền trắng.png");
    image::RgbImage::from_pixel(300, 300, image::Rgb([250, 250, 250])).save(&opaque).unwrap();
    window.become_user("vanthu", PASSWORD);
    window.changes("the settings", || window.keys(&["F12"]));
    window.changes("the page of signing", || window.keys(&["alt+2"]));
    window.shot("seal-none");
    display.will_choose(&opaque);
    window.keys(&["shift+Tab"]);
    window.changes("why it cannot be", || window.keys(&["Return"]));
    window.shot("seal-opaque");
    display.will_choose(&seal);
    window.changes("the seal", || window.keys(&["Return"]));
    window.keys(&["Tab", "Tab"]);
    window.text("35,5");
    window.shot("seal-chosen");
    window.changes("the window", || window.keys(&["ctrl+Return"]));
    window.shot("seal-saved");
    window.changes("English", || window.keys(&["F2"]));
    window.changes("the settings", || window.keys(&["F12"]));
    window.changes("the page of signing", || window.keys(&["alt+2"]));
    window.shot("seal-in-english");
    window.keys(&["shift+Tab"]);
    window.changes("no seal", || window.keys(&["Return"]));
    window.shot("seal-removed");
    window.changes("the window", || window.keys(&["ctrl+Return"]));
    window.become_user("quantri", PASSWORD);
    window.changes("the settings", || window.keys(&["F12"]));
    window.changes("the server's page", || window.keys(&["alt+2"]));
    window.shot("server-in-english");
    window.changes("the page of signing", || window.keys(&["alt+3"]));
    window.shot("signing-in-english");
    assert!(window.close().success());

    let shown = office.as_user("quantri", &["config", "show"]).done();
    assert_eq!(shown["server"], server.url, "{shown:#}");
    assert_eq!(shown["tsa"][0], "http://tsa.vi-du.vn", "{shown:#}");
    assert_eq!(shown["signature_level"], "B-LTA", "{shown:#}");
    assert_eq!(shown["number_at"], "organisation", "{shown:#}");
    // Its size was saved with it, and is kept for the next.
    assert_eq!((&shown["seal_image"], &shown["seal_mm"]), (&false.into(), &35.5.into()));
    // The secret is the one that was typed: the server believes it.
    office.as_user("vanthu", &["sync", "--once"]).done();
}
