//! veraPDF, which judges whether a file is PDF/A-2b (`tests/verapdf`), and what is drawn into the
//! files that it judges.

use std::path::Path;
use std::process::Command;

use vanthu::pdf::Rect;
use vanthu::pdf::appearance::Appearance;
use vanthu::signing::Look;

/// For each file, in order: whether it is PDF/A-2b, and the rules it breaks. `None` where
/// there is no veraPDF.
pub fn judge(files: &[(&str, Vec<u8>)]) -> Option<Vec<(bool, String)>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = Command::new(here.join("tests/verapdf")).output().expect("tests/verapdf");
    if !found.status.success() {
        let why = String::from_utf8_lossy(&found.stderr);
        println!("skipped, veraPDF is not to be had: {why}");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = files.iter().map(|(name, _)| folder.path().join(name)).collect();
    for (path, (_, bytes)) in paths.iter().zip(files) {
        std::fs::write(path, bytes).unwrap();
    }
    let jar = String::from_utf8(found.stdout).unwrap();
    let output = Command::new("java")
        .args(["-cp", jar.trim()])
        .arg(here.join("tests/peers/PdfA.java"))
        .args(&paths)
        .output()
        .expect("java");
    let text = String::from_utf8(output.stdout).unwrap();
    let said: Vec<(bool, String)> =
        text.split_inclusive('\n').fold(Vec::new(), |mut all: Vec<(bool, String)>, line| {
            match line
                .strip_prefix("yes ")
                .map(|_| true)
                .or(line.strip_prefix("no ").map(|_| false))
            {
                Some(answer) => all.push((answer, String::new())),
                None => all.last_mut().expect("an answer first").1 += line,
            }
            all
        });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.len(), files.len(), "{text}{errors}");
    Some(said)
}

/// A red ring of 40 by 40 pixels, half transparent and all transparent around it.
pub fn seal() -> Vec<u8> {
    let image = image::RgbaImage::from_fn(40, 40, |x, y| {
        let from_middle = (f64::from(x) - 20.0).hypot(f64::from(y) - 20.0);
        let alpha = match from_middle {
            near if near < 12.0 => 0,
            near if near < 18.0 => 255,
            near if near < 20.0 => 128,
            _ => 0,
        };
        image::Rgba([200, 16, 16, alpha])
    });
    let mut png = std::io::Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

pub fn visible(x: f32, appearance: Appearance) -> Look {
    Look::Visible { page: 1, rect: Rect::new(x, 480.0, 120.0, 60.0), appearance }
}
