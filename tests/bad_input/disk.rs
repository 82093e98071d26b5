//! A disk that is full.

use std::path::Path;
use std::process::Command;

use crate::place::{Place, copy, draft, p12};

/// A file system of a few megabytes, unmounted when dropped.
struct Small(std::path::PathBuf);

impl Small {
    fn mounted(at: &Path) -> Self {
        std::fs::create_dir(at).unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(at)
            .output()
            .unwrap();
        assert!(done.status.success(), "only root may mount: {done:?}");
        Self(at.to_owned())
    }

    fn free(&self) -> u64 {
        let output = Command::new("df").args(["--output=avail", "-B1"]).arg(&self.0).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        text.lines().nth(1).unwrap().trim().parse().unwrap()
    }

    /// Leaves so many bytes.
    fn fill(&self, left: u64) {
        let size = usize::try_from(self.free().saturating_sub(left)).unwrap();
        std::fs::write(self.0.join("đầy"), vec![1; size]).unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("đầy")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// A PDF of `megabytes` that cannot be made smaller: a comment behind its end, and the end
/// once more.
fn large(megabytes: usize) -> Vec<u8> {
    let mut pdf = crate::place::decision(|_| {});
    let end = pdf.windows(9).rposition(|part| part == b"startxref").unwrap();
    let end = pdf[end..].to_vec();
    let mut state = 1u64;
    for line in 0..(megabytes << 20) / 64 {
        pdf.extend_from_slice(b"\n%");
        for _ in 0..31 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(line as u64 | 1);
            pdf.extend_from_slice(format!("{:02x}", state >> 56).as_bytes());
        }
    }
    pdf.push(b'\n');
    pdf.extend(end);
    pdf
}

#[test]
fn a_full_disk() {
    let mut place = Place::new();
    let disk = Small::mounted(&place.root.join("small"));
    let id = place.to_sign();
    copy(&place.office.dir, &disk.0.join("office"));
    place.office.dir = disk.0.join("office");
    let pdf = place.file("lớn.pdf", &large(5));

    disk.fill(2 << 20);
    place.refused("soanthao", &draft(&pdf, &[]), 4, "store-disk-full");
    place.refused("vanthu", &["import", &pdf], 4, "store-disk-full");
    let small = place.pdf("nhỏ.pdf");
    place.refused("soanthao", &draft(&small, &["--attach", &pdf]), 4, "store-disk-full");
    // What needs little room goes on.
    place.run("vanthu", &["queue", "outbound"]).done();

    // Every byte taken: not even the signature fits, and no number is.
    disk.make_room();
    let before = place.state();
    disk.fill(0);
    let token = p12("leader");
    let sign = ["sign-document", &id, "--token", &token, "--pin-env", "P12_PIN"];
    let code = place.run("lanhdao", &sign).failed(4);
    assert_eq!(code, "store-disk-full");
    disk.make_room();
    assert_eq!(place.state(), before);

    // With room again everything works, and the number is the first.
    place.run("soanthao", &draft(&pdf, &[])).done();
    assert_eq!(place.run("vanthu", &["import", &pdf]).done()["files"][0]["outcome"], "document");
    assert_eq!(place.run("lanhdao", &sign).done()["code"], "01/QĐ-UBND");
    let audit = place.run("vanthu", &["audit", "verify"]).done();
    assert_eq!(audit["intact"], true);
}

#[test]
fn an_office_founded_on_a_full_disk() {
    let mut place = Place::new();
    let disk = Small::mounted(&place.root.join("small"));
    place.office.dir = disk.0.join("mới");
    let found = ["init", "--agency", crate::place::TAN_BINH, "--name", "Tân Bình"];
    disk.fill(64 << 10);
    let code = place.run("quantri", &found).failed(4);
    assert_eq!(code, "store-disk-full");
    disk.make_room();
    place.run("quantri", &found).done();
    place.run("quantri", &["user", "list"]).done();
}

#[test]
fn a_file_written_to_a_full_disk() {
    let place = Place::new();
    let disk = Small::mounted(&place.root.join("small"));
    let id = place.to_sign();
    disk.fill(4 << 10);
    let out = disk.0.join("ra.pdf");
    place.refused("vanthu", &["export", &id, out.to_str().unwrap()], 4, "ctl-file-unwritable");
    let names: Vec<_> =
        std::fs::read_dir(&disk.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["đầy"], "no half of a file is left");
}
