//! Our PDF files, seen through pdfium.

use vanthu::office::layout;

#[test]
fn dump() {
    let out = std::path::PathBuf::from(std::env::var("OUT").unwrap());
    for s in layout::samples() {
        std::fs::write(out.join(format!("{}.pdf", s.key)), layout::compose(&s.sheet).unwrap())
            .unwrap();
    }
}
