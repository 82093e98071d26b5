//! veraPDF, which judges whether a file is PDF/A-2b (`tests/verapdf`).

use std::path::Path;
use std::process::Command;

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
