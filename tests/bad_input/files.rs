//! Files that are not what they should be.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::{Place, draft, p12, told, with};
use crate::support::{ctl, pyhanko};

/// A file is refused by all that read PDF files: `verify`, `sign`, `draft`, `import`.
#[track_caller]
fn refused_everywhere(place: &Place, file: &str, status: i32, code: &str) {
    told(|lang| ctl(&with(&["verify", file], lang), &[]), status, code);
    let out = place.path("ra.pdf");
    let (token, pin) = (p12("leader"), ["--token", "", "--pin-env", "P12_PIN"]);
    let mut words = vec!["sign", file, &out, "--as", "personal", "--invisible"];
    words.extend(pin);
    let at = words.iter().position(|word| word.is_empty()).unwrap();
    words[at] = &token;
    place.refused("lanhdao", &words, status, code);
    assert!(!std::path::Path::new(&out).exists());
    place.refused("soanthao", &draft(file, &[]), status, code);
    place.quarantined(file, status, code);
}

#[test]
fn not_a_pdf() {
    let place = Place::new();
    let file = place.file("giả.pdf", "Đây không phải là tệp PDF.".as_bytes());
    refused_everywhere(&place, &file, 3, "pdf-not-pdf");
    // Cut in the middle, it begins like one.
    let whole = std::fs::read(place.pdf("whole.pdf")).unwrap();
    let file = place.file("cụt.pdf", &whole[..whole.len() / 3]);
    refused_everywhere(&place, &file, 3, "pdf-damaged");
}

#[test]
fn an_empty_file() {
    let place = Place::new();
    let file = place.file("rỗng.pdf", b"");
    refused_everywhere(&place, &file, 3, "pdf-empty");
}

#[test]
fn no_file_and_no_regular_file() {
    let place = Place::new();
    let missing = place.path("không-có.pdf");
    for words in [draft(&missing, &[]), vec!["import", &missing]] {
        place.refused("vanthu", &words, 3, "ctl-file-unreadable");
    }
    let folder = place.root.to_str().unwrap();
    place.refused("vanthu", &["import", folder], 3, "ctl-file-unreadable");
    told(|lang| ctl(&with(&["verify", &missing], lang), &[]), 3, "ctl-file-unreadable");
}

#[test]
fn an_encrypted_pdf() {
    let place = Place::new();
    let plain = place.pdf("rõ.pdf");
    let file = place.path("khóa.pdf");
    let done = Command::new(pyhanko())
        .args(["encrypt", "--password", "matkhau", &plain, &file])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    refused_everywhere(&place, &file, 3, "pdf-encrypted");
}

#[test]
fn a_pdf_encrypted_with_an_empty_password() {
    let place = Place::new();
    let plain = place.pdf("rõ.pdf");
    let file = place.path("khóa.pdf");
    let script = "import sys; from pyhanko.pdf_utils.reader import PdfFileReader; \
                  from pyhanko.pdf_utils.writer import copy_into_new_writer; \
                  w = copy_into_new_writer(PdfFileReader(open(sys.argv[1], 'rb'))); \
                  w.encrypt('chu so huu', user_pass=''); w.write(open(sys.argv[2], 'wb'))";
    let python = pyhanko().with_file_name("python");
    let done = Command::new(python).args(["-c", script, &plain, &file]).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    // Everybody can look at it; signing or issuing it would still seal what nobody can check.
    refused_everywhere(&place, &file, 3, "pdf-encrypted");
}

#[test]
fn two_hundred_megabytes() {
    let place = Place::new();
    let sparse = |name: &str, size: u64| {
        let path = place.path(name);
        File::create(&path).unwrap().set_len(size).unwrap();
        path
    };
    let pdf = sparse("lớn.pdf", 200_000_000);
    for words in [draft(&pdf, &[]), vec!["import", &pdf]] {
        let error = place.refused("vanthu", &words, 5, "office-file-too-large");
        assert_eq!(error["facts"]["limit"], "50", "{error:#}");
        assert_eq!(error["facts"]["size"], "191", "{error:#}");
        assert!(error["message"].as_str().unwrap().contains("50 MB"));
    }
    // One that a scanner wrote: it begins and ends like a PDF, with zeros between.
    let whole = std::fs::read(place.pdf("whole.pdf")).unwrap();
    let mut padded = vec![0; 200_000_000];
    padded[..whole.len()].copy_from_slice(&whole);
    let end = padded.len() - 40;
    padded[end..end + 29].copy_from_slice(b"startxref\n199999000\n%%EOF\n   ");
    let padded = place.file("đệm.pdf", &padded);
    let packet = sparse("lớn.edxml", (200 << 20) + 1);
    let error = place.refused("vanthu", &["import", &packet], 5, "office-file-too-large");
    assert_eq!(error["facts"]["limit"], "200");

    let out = place.path("ra.pdf");
    let token = p12("leader");
    for file in [&pdf, &padded] {
        for words in [
            vec!["verify", file],
            vec![
                "sign",
                file,
                &out,
                "--as",
                "personal",
                "--invisible",
                "--token",
                &token,
                "--pin-env",
                "P12_PIN",
            ],
        ] {
            let (status, peak, took) = measured(&words);
            assert_eq!(status, 3, "{words:?}");
            assert!(peak < 900 << 10, "{words:?} took {peak} KiB");
            assert!(took < Duration::from_secs(30), "{words:?} took {took:?}");
        }
    }
    assert!(!std::path::Path::new(&out).exists());
}

/// Runs `vanthuctl`; its exit status, its largest resident size in KiB, and its time.
fn measured(words: &[&str]) -> (i32, u64, Duration) {
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .args(words)
        .env("P12_PIN", "test")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let status = loop {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(size.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(peak > 0, "the memory was never seen");
    (status.code().unwrap_or(-1), peak, begun.elapsed())
}

#[test]
fn names_stay_in_their_folder() {
    let place = Place::new();
    let pdf = place.pdf("du-thao.pdf");
    let odd: Vec<String> = ["..\\..\\evil.pdf", "C:\\x.pdf", "nul.pdf", "bản\u{202e}fdp.pdf"]
        .iter()
        .map(|name| place.pdf(name))
        .collect();
    let before = tree(&place);
    let attach: Vec<&str> = odd.iter().flat_map(|file| ["--attach", file.as_str()]).collect();
    let id = place.run("soanthao", &draft(&pdf, &attach)).done()["id"].clone();
    let shown = place.run("soanthao", &["show", id.as_str().unwrap()]).done();
    let names: Vec<&str> = shown["files"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|file| file["name"].as_str())
        .collect();
    assert_eq!(names, ["du-thao.pdf", "evil.pdf", "x.pdf", "_nul.pdf", "bản_fdp.pdf"]);
    assert_eq!(tree(&place), before);
}

/// Names of all files beside the office's own folder.
fn tree(place: &Place) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        std::fs::read_dir(&place.root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn an_attachment_of_no_permitted_format() {
    let place = Place::new();
    let pdf = place.pdf("du-thao.pdf");
    let program = place.file("chay.exe", b"MZ\x90\x00");
    let disguised = place.file("anh.pdf", b"MZ\x90\x00");
    place.refused("soanthao", &draft(&pdf, &["--attach", &program]), 5, "rules-format-forbidden");
    place.refused("soanthao", &draft(&pdf, &["--attach", &disguised]), 5, "rules-format-mismatch");
}

#[test]
fn a_secrecy_mark() {
    use vanthu::office::layout::Part;
    let place = Place::new();
    let stamped = crate::place::decision(|sheet| {
        sheet.body.insert(0, Part::Paragraph("TUYỆT MẬT".to_owned()));
    });
    let file = place.file("mật.pdf", &stamped);
    let error = place.refused("soanthao", &draft(&file, &[]), 5, "office-secret-draft");
    assert_eq!(error["facts"]["mark"], "TUYỆT MẬT");
    let pdf = place.pdf("thường.pdf");
    // Behind a harmless main file, and in the abstract alone.
    place.refused("soanthao", &draft(&pdf, &["--attach", &file]), 5, "office-secret-draft");
    let subject = draft(&pdf, &["--subject", "Độ mật: TỐI MẬT"]);
    place.refused("soanthao", &subject, 5, "office-secret-draft");

    // Brought in, it is kept, and handed out to nobody.
    let before = place.state();
    told(|lang| place.run("vanthu", &with(&["import", &file], lang)), 5, "office-secret");
    assert_eq!(place.state(), before);
    let rows = place.quarantine();
    assert_eq!((rows.len(), rows[0].code.as_str()), (1, "office-secret"));
    let out = place.path("ra.pdf");
    let words = ["quarantine", "export", &rows[0].hash.0, &out];
    place.refused("vanthu", &words, 5, "office-secret-kept");
    assert!(!std::path::Path::new(&out).exists());
}

#[test]
fn one_bad_file_does_not_keep_the_others() {
    let place = Place::new();
    let (first, bad, last) =
        (place.pdf("một.pdf"), place.file("hai.pdf", b"x"), place.file("ba.pdf", &other()));
    let answer = place.run("vanthu", &["import", &first, &bad, &last]);
    assert_eq!(answer.status, 3, "{:#}", answer.json);
    assert_eq!(answer.json["error"]["code"], "pdf-not-pdf");
    let outcomes: Vec<_> =
        (0..3).map(|n| answer.json["files"][n]["outcome"].as_str().unwrap_or("-")).collect();
    assert_eq!(outcomes, ["document", "-", "document"]);
    // Brought again, each is what it was, and no operation more is written.
    let count = place.store().audit().unwrap().operations;
    let again = place.run("vanthu", &["import", &first, &last]).done();
    assert_eq!(again["files"][1]["outcome"], "duplicate");
    assert_eq!(place.store().audit().unwrap().operations, count);
    assert_eq!(place.state().inbound.len(), 2);
}

fn other() -> Vec<u8> {
    crate::place::decision(|sheet| sheet.subject = "Một việc khác".to_owned())
}

#[test]
fn a_file_that_cannot_be_written() {
    let place = Place::new();
    let id = place.to_sign();
    let nowhere = place.path("không-có/ra.pdf");
    place.refused("vanthu", &["export", &id, &nowhere], 4, "ctl-file-unwritable");
}
