//! The operators' page as a browser shows it: Chromium, without a screen.

use std::path::{Path, PathBuf};
use std::process::Command;

use vanthu::exchange::Line as _;
use vanthu::server::Operators;

use super::*;

const PASSWORD: &str = "mat-khau-truc-ban";

/// `None`, and said loudly, where Chromium is not installed. With `VANTHU_TEST_BROWSER` set that
/// is a failure.
fn chromium(profile: &Path) -> Option<Command> {
    let is_here = Command::new("chromium").arg("--version").output().is_ok();
    if !is_here {
        assert!(std::env::var_os("VANTHU_TEST_BROWSER").is_none(), "Chromium is not installed");
        eprintln!("SKIPPED: Chromium is not installed");
        return None;
    }
    let mut command = Command::new("chromium");
    // It runs as root in many a test environment, where its sandbox does not work.
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]);
    command.arg(format!("--user-data-dir={}", profile.display()));
    Some(command)
}

/// What stands in the window after the page was loaded, as HTML.
fn shown(profile: &Path, address: &str) -> Option<String> {
    let output = chromium(profile)?.args(["--dump-dom", address]).output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

/// A picture of the window, so many pixels wide.
fn picture(profile: &Path, address: &str, name: &str, width: u32) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let shots = target.join("screenshots").join("operators");
    std::fs::create_dir_all(&shots).unwrap();
    let file = shots.join(name);
    drop(std::fs::remove_file(&file));
    let mut command = chromium(profile)?;
    command.arg(format!("--screenshot={}", file.display()));
    command.arg(format!("--window-size={width},768"));
    assert!(command.arg(address).output().unwrap().status.success());
    Some(file)
}

#[test]
fn the_operators_page_in_a_browser() {
    let place = Place::sqlite();
    let mut config = place.config();
    let listen = "127.0.0.1:0".parse().unwrap();
    config.operators = Some(Operators { listen, password: Some(Pin::new(PASSWORD)) });
    let server = Server::start(config.clone()).unwrap();
    let a = line(&server.url(), COMMUNE);
    a.send(&parcel("1", &[PROVINCE], &packet(1, 3 * MIB)), &()).unwrap();
    assert!(a.send(&parcel("2", &["H99"], b"x"), &()).is_err());
    // What was refused is noted when the server stops, at the latest.
    server.stop();
    let server = Server::start(config).unwrap();

    let profile = tempfile::tempdir().unwrap();
    let profile = profile.path();
    let address = server.operators_url().unwrap();
    let with_password = address.replace("http://", &format!("http://truc:{PASSWORD}@"));
    let vietnamese = format!("{with_password}/?lang=vi");
    let Some(refused) = shown(profile, &address) else { return };
    assert!(!refused.contains("000.00.00.H30"), "without a password: {refused}");
    let page = shown(profile, &vietnamese).unwrap();
    for text in ["Máy chủ liên thông văn bản", "Văn phòng tỉnh", "3,1 MB", "Nơi nhận chưa có"]
    {
        assert!(page.contains(text), "{text} is missing:\n{page}");
    }
    // A browser that asks for English, as this one does, gets it.
    let english = shown(profile, &with_password).unwrap();
    assert!(english.contains("Document exchange server"), "{english}");

    for (name, width) in [("wide.png", 1366), ("narrow.png", 600)] {
        let file = picture(profile, &vietnamese, name, width).unwrap();
        let picture = image::open(&file).unwrap().to_rgb8();
        assert_eq!(picture.width(), width);
        // Something is drawn, and none of it goes over the right edge.
        let paper = picture.get_pixel(width - 1, 0);
        assert!(picture.pixels().filter(|pixel| *pixel != paper).count() > 5_000);
        let mut edge = (0..picture.height()).map(|y| picture.get_pixel(width - 1, y));
        assert!(edge.all(|pixel| pixel == paper), "{name} is cut off");
    }
}
