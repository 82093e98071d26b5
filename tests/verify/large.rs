//! A file of five hundred megabytes is signed and checked in the memory of a small one.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use vanthu::pki::demo;

/// As the product promises: bytes of memory, beside what signing appends.
const MEMORY: u64 = 64 << 20;
const SIZE: u64 = 500 << 20;
const PAGES: u64 = 100;
const PASSWORD: (&str, &str) = ("LARGE_PIN", "test");

/// Writes a scanned file: a picture on every page, and small objects between them. The
/// pictures are holes in the file, so that only the program under test fills the disk.
fn scanned(path: &Path) {
    let mut file = File::create(path).unwrap();
    let mut places = Vec::new();
    let kids: String = (0..PAGES).map(|page| format!("{} 0 R ", 3 + page * 3)).collect();
    let mut object = |file: &mut File, body: &str, hole: u64| {
        places.push(file.stream_position().unwrap());
        write!(file, "{} 0 obj\n{body}", places.len()).unwrap();
        if hole > 0 {
            file.write_all(b"\nstream\n").unwrap();
            file.seek(SeekFrom::Current(i64::try_from(hole).unwrap())).unwrap();
            file.write_all(b"\nendstream").unwrap();
        }
        file.write_all(b"\nendobj\n").unwrap();
    };
    file.write_all(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n").unwrap();
    object(&mut file, "<</Type/Catalog/Pages 2 0 R>>", 0);
    let pages = format!("<</Type/Pages/Kids[{kids}]/Count {PAGES}/MediaBox[0 0 595 842]>>");
    object(&mut file, &pages, 0);
    let hole = SIZE / PAGES;
    for page in 0..PAGES {
        let (content, picture) = (4 + page * 3, 5 + page * 3);
        let resources = format!("/Resources<</XObject<</Scan {picture} 0 R>>>>");
        let text = format!("<</Type/Page/Parent 2 0 R/Contents {content} 0 R{resources}>>");
        object(&mut file, &text, 0);
        object(
            &mut file,
            "<</Length 35>>\nstream\nq 595 0 0 842 0 0 cm /Scan Do Q     \nendstream",
            0,
        );
        let picture = format!(
            "<</Type/XObject/Subtype/Image/Width 2480/Height 2114/BitsPerComponent 8\
             /ColorSpace/DeviceGray/Length {hole}>>"
        );
        object(&mut file, &picture, hole);
    }
    let (at, size) = (file.stream_position().unwrap(), places.len() + 1);
    let mut table = format!("xref\n0 {size}\n0000000000 65535 f \n");
    places.iter().for_each(|place| table += &format!("{place:010} 00000 n \n"));
    table += &format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n");
    file.write_all(table.as_bytes()).unwrap();
}

fn start(words: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .arg("--json")
        .args(words)
        .env(PASSWORD.0, PASSWORD.1)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What `vanthuctl` answered, its exit status, and the most memory it had, in bytes.
fn measured(words: &[&str]) -> (Value, Option<i32>, u64) {
    let mut child = start(words);
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = 0;
    // Never falls while the process lives; what the last moment adds is less than a piece.
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        peak = peak.max(number.unwrap_or(0) * 1024);
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    assert!(peak > 0, "its memory was not measured");
    let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (json, output.status.code(), peak)
}

#[test]
fn half_a_gigabyte_is_signed_and_checked_in_little_memory() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (input, output, key, trust) =
        (at("scan.pdf"), at("signed.pdf"), at("key.p12"), at("trust"));
    let authority = demo::Authority::create(Timestamp::now()).unwrap();
    let subject =
        demo::Subject { common_name: "Nguyễn Văn Mẫu".to_owned(), ..Default::default() };
    let issued = authority.issue(&subject).unwrap();
    std::fs::write(&key, issued.to_pkcs12("key", PASSWORD.1).unwrap()).unwrap();
    std::fs::create_dir(&trust).unwrap();
    std::fs::write(at("trust/root.der"), authority.root().der()).unwrap();
    scanned(Path::new(&input));
    let size = std::fs::metadata(&input).unwrap().len();

    let token = format!("file:{key}");
    let mut sign = vec!["sign", &input, &output, "--token", &token, "--as", "personal"];
    sign.extend(["--invisible", "--pin-env", PASSWORD.0]);
    let (answer, status, peak) = measured(&sign);
    assert_eq!(status, Some(0), "{answer}");
    let appended = std::fs::metadata(&output).unwrap().len() - size;
    assert!(appended < 1 << 20, "{appended} bytes were appended");
    println!("signing {size} bytes took {} KiB of memory", peak / 1024);
    assert!(peak < MEMORY + appended, "signing took {peak} bytes of memory");
    assert!(!Path::new(&at("signed.pdf.part")).exists());

    let verify = ["verify", "--offline", "--trust", &trust, &output];
    let (answer, _, peak) = measured(&verify);
    let found = &answer["files"][0]["signatures"][0];
    assert_eq!(found["covers"], "whole_document", "{answer}");
    assert_ne!(found["verdict"], "invalid", "{answer}");
    println!("checking took {} KiB of memory", peak / 1024);
    assert!(peak < MEMORY + appended, "checking took {peak} bytes of memory");

    // One byte in the middle of a picture: every byte counts.
    let changed = File::options().write(true).open(&output).unwrap();
    changed.write_all_at(b"x", size / 2).unwrap();
    let (answer, status, _) = measured(&verify);
    assert_eq!((status, &answer["files"][0]["verdict"]), (Some(1), &Value::from("invalid")));
    let reasons = answer["files"][0]["reasons"].as_array().unwrap();
    assert!(reasons.contains(&Value::from("integrity-broken")), "{answer}");

    // Killed in the midst of it, the program leaves nothing that looks like a signed file.
    std::fs::remove_file(&output).unwrap();
    let mut child = start(&sign);
    while !Path::new(&at("signed.pdf.part")).exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(!Path::new(&output).exists());
}
