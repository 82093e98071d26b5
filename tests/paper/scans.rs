//! What a scanner would leave: drafts drawn by poppler in every format.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::data;

/// Runs a program of poppler and returns what it prints.
pub fn poppler(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().unwrap_or_else(|error| {
        panic!("{program}: {error}; poppler-utils is needed for these tests")
    });
    assert!(
        output.status.success(),
        "{program} {words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Draws the first page of a draft: `how` are options of `pdftoppm`.
pub fn scan(folder: &Path, name: &str, draft: &str, dpi: u32, how: &[&str]) -> PathBuf {
    let draft = data(&format!("drafts/{draft}.pdf"));
    let stem = folder.join(name);
    let dpi = dpi.to_string();
    let mut words = vec!["-r", &dpi, "-singlefile"];
    words.extend(how);
    words.extend([draft.to_str().unwrap(), stem.to_str().unwrap()]);
    poppler("pdftoppm", &words);
    let end = match how {
        ["-jpeg", ..] => "jpg",
        ["-png", ..] => "png",
        _ => "tif",
    };
    let path = folder.join(format!("{name}.{end}"));
    assert!(path.exists(), "{}", path.display());
    path
}

pub fn jpeg(folder: &Path, name: &str) -> PathBuf {
    scan(folder, name, "cong-van", 200, &["-jpeg"])
}

/// A page without colour, as PNG that says how dense it is.
pub fn grey(folder: &Path, name: &str, draft: &str, dpi: u32) -> PathBuf {
    let path = scan(folder, name, draft, dpi, &["-png"]);
    image::open(&path).unwrap().to_luma8().save(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let per_metre = (f64::from(dpi) / 0.0254).round() as u32;
    let mut chunk = b"pHYs".to_vec();
    chunk.extend(per_metre.to_be_bytes());
    chunk.extend(per_metre.to_be_bytes());
    chunk.push(1);
    let mut sum = flate2::Crc::new();
    sum.update(&chunk);
    // After the head, which is the first chunk.
    let at = 8 + 12 + 13;
    let chunk = [&9_u32.to_be_bytes()[..], &chunk, &sum.sum().to_be_bytes()].concat();
    bytes.splice(at..at, chunk);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The same JPEG, with a camera's note of how it was held.
pub fn held(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut note = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    note.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(note.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length[..], &note, &jpeg[2..]].concat()
}

/// What `pdfinfo` says of page `number`: width and height in points, and rotation.
pub fn page_size(pdf: &Path, number: u32) -> (f64, f64, u32) {
    let number = number.to_string();
    let text = poppler("pdfinfo", &["-f", &number, "-l", &number, pdf.to_str().unwrap()]);
    let line = |name: &str| {
        let line = text.lines().find(|line| line.contains(name));
        line.unwrap_or_else(|| panic!("{name}: {text}")).to_owned()
    };
    let size = line(" size:");
    let numbers: Vec<f64> = size.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [.., width, height] = numbers[..] else { panic!("{size}") };
    let rotation = line(" rot:").split_whitespace().last().unwrap().parse().unwrap();
    (width, height, rotation)
}

/// One line of `pdfimages -list`.
#[derive(Debug)]
pub struct Image {
    pub page: u32,
    pub colour: String,
    pub components: u32,
    pub bits: u32,
    pub packing: String,
    pub dpi: (u32, u32),
}

pub fn images(pdf: &Path) -> Vec<Image> {
    let text = poppler("pdfimages", &["-list", pdf.to_str().unwrap()]);
    text.lines()
        .skip(2)
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let number = |at: usize| words[at].parse().unwrap();
            Image {
                page: number(0),
                colour: words[5].to_owned(),
                components: number(6),
                bits: number(7),
                packing: words[8].to_owned(),
                dpi: (number(12), number(13)),
            }
        })
        .collect()
}

/// Millimetres of points.
pub fn mm(points: f64) -> f64 {
    points / 72.0 * 25.4
}
