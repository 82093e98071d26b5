//! Folders that are looked at: half files, broken files, sticks that are pulled out, crashes.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vanthu::office::batch::Cancel;
use vanthu::office::folder::{SETTLED, Sweep};
use vanthu::office::scan::Wish;
use vanthu::office::{Filter, Imported};

use crate::scans::jpeg;
use crate::{Desk, PASSWORD, data};

fn wait() {
    std::thread::sleep(SETTLED + Duration::from_millis(150));
}

/// Two looks with time between them.
fn swept(desk: &Desk) -> Sweep {
    desk.office().sweep(&Cancel::default()).unwrap();
    wait();
    desk.office().sweep(&Cancel::default()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .map(|entries| {
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}

fn documents(desk: &Desk) -> usize {
    desk.office().inbound(&Filter::default(), None, 1000).unwrap().len()
}

#[test]
fn files_come_in_by_themselves_and_none_is_deleted() {
    let desk = Desk::found("current");
    let folder = desk.folder("đến");
    desk.office().set_watched_folder(Some(&folder)).unwrap();
    let letter = fs::read(data("drafts/cong-van.pdf")).unwrap();
    fs::write(folder.join("công văn.pdf"), &letter).unwrap();
    fs::write(folder.join("bản hai.pdf"), &letter).unwrap();
    fs::write(folder.join("hỏng.pdf"), b"%PDF-1.4\nbroken").unwrap();
    fs::write(folder.join("lạ.docx"), b"PK\x03\x04").unwrap();
    let sweep = swept(&desk);
    assert_eq!(sweep.problem, None);
    let outcomes: Vec<_> = sweep
        .files
        .iter()
        .map(|(name, outcome)| (name.as_str(), matches!(outcome, Imported::Document(_))))
        .collect();
    assert_eq!(outcomes, [("bản hai.pdf", true), ("công văn.pdf", false)]);
    assert_eq!(names(&folder), ["refused", "taken"]);
    assert_eq!(names(&folder.join("taken")), ["bản hai.pdf", "công văn.pdf"]);
    assert_eq!(
        names(&folder.join("refused")),
        ["hỏng.pdf", "hỏng.pdf.txt", "lạ.docx", "lạ.docx.txt"]
    );
    let why = fs::read_to_string(folder.join("refused/hỏng.pdf.txt")).unwrap();
    assert!(!why.contains('⟦') && why.len() > 60, "{why}");
    assert_eq!(documents(&desk), 1);
    // A further look finds nothing to do.
    assert!(swept(&desk).is_empty());
}

#[test]
fn who_takes_many_files_says_how_many_and_can_be_stopped() {
    let desk = Desk::found("current");
    let folder = desk.folder("đến");
    desk.office().set_watched_folder(Some(&folder)).unwrap();
    let letter = fs::read(data("drafts/cong-van.pdf")).unwrap();
    for name in ["a.pdf", "b.pdf", "c.pdf"] {
        fs::write(folder.join(name), &letter).unwrap();
    }
    desk.office().sweep(&Cancel::default()).unwrap();
    wait();
    let (cancel, mut told) = (Cancel::default(), Vec::new());
    let sweep = desk.office().sweep_telling(&cancel, &mut |done, all| {
        told.push((done, all));
        if done == 1 {
            cancel.cancel();
        }
    });
    assert_eq!(told, [(0, 3), (1, 3)]);
    // What was begun is finished; the rest lies there for another look.
    assert_eq!(sweep.unwrap().files.len(), 2);
    assert_eq!(names(&folder), ["c.pdf", "taken"]);
}

#[test]
fn half_a_file_is_left_alone_until_it_is_whole() {
    let desk = Desk::found("current");
    let folder = desk.folder("đến");
    desk.office().set_watched_folder(Some(&folder)).unwrap();
    let letter = fs::read(data("drafts/cong-van.pdf")).unwrap();
    let path = folder.join("chậm.pdf");
    let mut file = fs::File::create(&path).unwrap();
    for part in letter.chunks(letter.len() / 3 + 1) {
        file.write_all(part).unwrap();
        file.sync_all().unwrap();
        let sweep = desk.office().sweep(&Cancel::default()).unwrap();
        assert_eq!((sweep.files.len(), sweep.waiting), (0, 1));
        wait();
    }
    drop(file);
    // The last part was seen once so far, and has been alike since.
    let sweep = desk.office().sweep(&Cancel::default()).unwrap();
    assert!(matches!(sweep.files[..], [(_, Imported::Document(_))]), "{sweep:?}");
}

#[test]
fn a_stick_that_is_pulled_out_is_told_and_taken_up_again() {
    let desk = Desk::found("current");
    let folder = desk.folder("usb");
    desk.office().set_watched_folder(Some(&folder)).unwrap();
    fs::remove_dir(&folder).unwrap();
    let gone = desk.office().sweep(&Cancel::default()).unwrap_err();
    assert_eq!(gone.code, "office-folder-gone");
    fs::create_dir(&folder).unwrap();
    fs::copy(data("drafts/cong-van.pdf"), folder.join("a.pdf")).unwrap();
    assert_eq!(swept(&desk).files.len(), 1);
    // What cannot be a folder of files is refused when it is set.
    let own = desk.office().set_watched_folder(Some(&desk.path("data"))).unwrap_err();
    assert_eq!(own.code, "office-folder-of-program");
    let missing = desk.office().set_watched_folder(Some(&desk.path("không có"))).unwrap_err();
    assert_eq!(missing.code, "office-folder-gone");
    desk.office().set_watched_folder(None).unwrap();
    assert_eq!(desk.office().watched_folder().unwrap(), None);
}

#[test]
fn a_kill_at_any_moment_makes_no_document_twice_and_loses_no_file() {
    let mut desk = Desk::found("current");
    let folder = desk.folder("đến");
    desk.office().set_watched_folder(Some(&folder)).unwrap();
    let mut given = 0;
    for name in ["cong-van", "to-trinh", "quyet-dinh", "giay-moi-ngang", "ke-hoach-hai-trang"] {
        fs::copy(data(&format!("drafts/{name}.pdf")), folder.join(format!("{name}.pdf"))).unwrap();
        given += 1;
    }
    let data_dir = desk.path("data");
    // Each life is ended without a word, at another moment after it has taken one more.
    for (more, millis) in (1..).zip([0, 3, 9, 30]) {
        drop(desk.office.take());
        let mut child = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
            .args(["--data-dir", data_dir.to_str().unwrap(), "--user", "be", "watch"])
            .env("VANTHU_PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while names(&folder.join("taken")).len() < more {
            assert!(began.elapsed() < Duration::from_secs(60), "nothing was taken");
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
        desk.reopen();
        let taken = names(&folder.join("taken")).len();
        let left = names(&folder).iter().filter(|name| name.ends_with(".pdf")).count();
        assert_eq!(taken + left, given, "a file is lost");
        assert!(documents(&desk) >= taken && documents(&desk) <= given);
    }
    // A crash between taking and moving: the file is there, and so is its document.
    fs::copy(
        folder.join("taken").join(names(&folder.join("taken"))[0].clone()),
        folder.join("lần nữa.pdf"),
    )
    .unwrap();
    let last = swept(&desk);
    assert!(last.files.iter().any(|(_, outcome)| matches!(outcome, Imported::Duplicate(_))));
    assert_eq!(documents(&desk), given);
    desk.audit();
}

#[test]
fn a_scanner_folder_hands_over_its_pages_in_order() {
    let desk = Desk::found("current");
    let folder = desk.folder("quét");
    let office = desk.office();
    assert!(office.scanners().unwrap().is_empty());
    office.set_scanned_folder(Some(&folder)).unwrap();
    let both = office.set_watched_folder(Some(&folder)).unwrap_err();
    assert_eq!(both.code, "office-folder-twice");
    jpeg(&folder, "scan002");
    fs::copy(data("paper/hai-trang-g4.tif"), folder.join("scan001.tif")).unwrap();
    fs::write(folder.join("scan003.jpg"), b"\xff\xd8\xff\xe0 cut").unwrap();
    let scanner = &office.scanners().unwrap()[0];
    let scan = || office.scan_pages(&scanner.id, Wish::default(), &mut |_| {}, &Cancel::default());
    // One press is enough: it looks twice, since the files may still be growing.
    let pages = scan().unwrap();
    let from: Vec<_> = pages.iter().map(|page| (page.name.as_str(), page.index)).collect();
    assert_eq!(from, [("scan001.tif", 0), ("scan001.tif", 1), ("scan002.jpg", 0)]);
    assert_eq!(office.sheaf().unwrap().unwrap().pages.len(), 3);
    assert_eq!(names(&folder.join("taken")), ["scan001.tif", "scan002.jpg"]);
    assert_eq!(names(&folder.join("refused")), ["scan003.jpg", "scan003.jpg.txt"]);
    assert_eq!(scan().unwrap_err().code, "office-nothing-scanned");
    let none = office.scan_pages("wia:0", Wish::default(), &mut |_| {}, &Cancel::default());
    assert_eq!(none.unwrap_err().code, "office-no-scanner");
}
