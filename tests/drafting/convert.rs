//! DOCX and ODT become PDF, by the LibreOffice that is installed.

use std::io::{Cursor, Read, Write};
use std::time::{Duration, Instant};

use vanthu::office::{DraftEdit, MadeOf, MainFile, NewDraft};
use vanthu::pdf::render::Cancel;
use zip::write::SimpleFileOptions;

use crate::world::*;

const PAGES: [&str; 6] = [
    "ỦY BAN NHÂN DÂN XÃ TÂN BÌNH",
    "Về việc rà soát hộ nghèo, hộ cận nghèo năm 2026",
    "# Giao Công chức Văn hóa – Xã hội chủ trì, phối hợp với các ấp thực hiện.",
    "# Kinh phí không quá 1.500.000 đồng, chi từ nguồn “không tự chủ”.",
    "# Quyết định này có hiệu lực từ ngày ký.",
    "Nơi nhận: như Điều 3; Lưu: VT.",
];

/// Whether there is something to test with; said where there is not.
fn converts(world: &World) -> bool {
    let found = world.office().converter();
    if let Err(error) = &found {
        eprintln!("skipped, nothing was proved: {error}");
    }
    found.is_ok()
}

fn made_of(name: &str, bytes: Vec<u8>, accepted: bool) -> MadeOf {
    MadeOf { name: name.to_owned(), bytes, accepted }
}

/// The document with one of its parts changed.
fn altered(docx: &[u8], part: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..old.len() {
        let mut file = old.by_index(at).unwrap();
        let name = file.name().to_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let text = if name == part { change(&text) } else { text };
        new.start_file(name, SimpleFileOptions::default()).unwrap();
        new.write_all(text.as_bytes()).unwrap();
    }
    new.finish().unwrap().into_inner()
}

#[test]
fn a_docx_becomes_a_pdf_of_the_same_words_and_is_kept_with_the_draft() {
    let mut world = World::new();
    if !converts(&world) {
        return;
    }
    let source = docx(&PAGES, "Dự thảo lần 1");
    let office = world.as_user("soan");
    let made = office.convert("công văn.docx", &source, &Cancel::new()).unwrap();
    assert!(made.sameness.is_same(), "{:?}", made.sameness);
    assert_eq!(made.sameness.numbers, 3, "Điều 1. to Điều 3. are LibreOffice's");
    assert_eq!((made.pages, made.by), (1, "LibreOffice"));
    assert!(made.sameness.words > 60);

    let new = NewDraft {
        pdf: made.pdf.to_vec(),
        source: Some(made_of("công văn.docx", source.clone(), false)),
        ..draft("Rà soát hộ nghèo")
    };
    let key = office.draft(new).unwrap();
    let (name, bytes) = office.version_source(key, 1).unwrap();
    assert_eq!((name.as_str(), &*bytes), ("công văn.docx", source.as_slice()));
    let document = office.outbound_document(key).unwrap();
    assert_eq!(document.files.len(), 1, "what it was made of is never sent");
    world.assert_sound();
}

#[test]
fn what_the_pages_say_otherwise_is_shown() {
    let mut world = World::new();
    if !converts(&world) {
        return;
    }
    let office = world.as_user("soan");
    // Words that were deleted with changes tracked are printed, struck out.
    let tracked = altered(&docx(&PAGES, "x"), "word/document.xml", |text| {
        text.replace(
            "<w:sectPr>",
            "<w:p><w:del w:id=\"1\" w:author=\"a\" w:date=\"2026-11-01T00:00:00Z\"><w:r><w:delText>\
             Bãi bỏ Điều 2.</w:delText></w:r></w:del></w:p><w:sectPr>",
        )
    });
    let made = office.convert("a.docx", &tracked, &Cancel::new()).unwrap();
    let added: String = made.sameness.added.iter().map(|one| one.text.as_str()).collect();
    assert!(added.contains("Bãi bỏ"), "{:?}", made.sameness);
    assert!(!made.sameness.is_same());
}

#[test]
fn what_is_no_text_document_is_refused_and_nothing_stays() {
    let mut world = World::new();
    let office = world.as_user("soan");
    let refused =
        |name: &str, bytes: &[u8]| office.convert(name, bytes, &Cancel::new()).unwrap_err().code;
    assert_eq!(refused("a.pdf", b"%PDF-1.7"), "convert-not-text");
    assert_eq!(refused("a.docx", b"PK\x03\x04 not whole"), "convert-damaged");
    assert_eq!(refused("a.docx", b"MZ"), "rules-format-mismatch");
    if !converts(&world) {
        return;
    }
    let office = world.as_user("soan");
    let cancel = Cancel::new();
    cancel.cancel();
    let begun = Instant::now();
    let cancelled = office.convert("a.docx", &docx(&PAGES, "x"), &cancel).unwrap_err();
    assert_eq!(cancelled.code, "convert-cancelled");
    assert!(begun.elapsed() < Duration::from_secs(60));
    let left = std::fs::read_dir(office.data_dir()).unwrap();
    let names: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !names.iter().any(|name| name.to_string_lossy().starts_with("converting")),
        "{names:?}"
    );
}

#[test]
fn a_secret_mark_in_the_source_keeps_the_draft_out() {
    let mut world = World::new();
    let office = world.as_user("soan");
    let secret = docx(&["TUYỆT MẬT", "Nội dung"], "x");
    let new = NewDraft {
        source: Some(made_of("a.docx", secret, true)),
        ..draft("Không ghi dấu trên trang")
    };
    assert_eq!(office.draft(new).unwrap_err().code, "office-secret-draft");
}

#[test]
fn differences_are_accepted_by_somebody_and_that_is_kept() {
    let mut world = World::new();
    let office = world.as_user("soan");
    // No word processor is needed to say other words than the page does.
    let source = docx(&["Về việc tiêm phòng dại", "Nội dung khác hẳn"], "x");
    let new = |accepted| NewDraft {
        source: Some(made_of("công văn.docx", source.clone(), accepted)),
        ..draft("Rà soát hộ nghèo")
    };
    let refused = office.draft(new(false)).unwrap_err();
    assert_eq!(refused.code, "draft-differs");
    let count = &refused.args[0].1;
    assert!(count.parse::<u32>().unwrap() > 0);
    let key = office.draft(new(true)).unwrap();
    let said = |office: &vanthu::office::Office| {
        let history = office.history(key).unwrap();
        let words = format!("({count} chỗ khác");
        history.iter().filter(|entry| entry.text.contains(&words)).count()
    };
    assert_eq!(said(office), 1, "{:?}", office.history(key).unwrap());

    // A new version of its own; fields alone have nothing to accept.
    let base = office.draft_to_edit(key).unwrap();
    let subject = "Rà soát hộ nghèo";
    let file = |accepted| MainFile {
        name: "ban-2.pdf".to_owned(),
        pdf: pdf(subject),
        source: Some(made_of("công văn.docx", source.clone(), accepted)),
    };
    let edit = |file| DraftEdit {
        base: base.clone(),
        metadata: vanthu::domain::document::Metadata {
            notes: "Bản 2".to_owned(),
            ..base.metadata.clone()
        },
        file,
        attachments: Vec::new(),
        why: "Sửa theo góp ý".to_owned(),
    };
    let refused = office.edit_draft(key, edit(Some(file(false)))).unwrap_err();
    assert_eq!(refused.code, "draft-differs");
    office.edit_draft(key, edit(Some(file(true)))).unwrap();
    assert_eq!(said(office), 2, "{:?}", office.history(key).unwrap());
    let base = office.draft_to_edit(key).unwrap();
    let mut metadata = base.metadata.clone();
    metadata.notes = "Bản 3".to_owned();
    office.edit_draft(key, DraftEdit { base, metadata, ..edit(None) }).unwrap();
    assert_eq!(said(office), 2);
    world.assert_sound();
}
