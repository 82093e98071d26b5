//! Our PDF files, seen through pdfium and poppler: what is written comes out again, what is
//! drawn is seen, what is broken is refused.
//!
//! Needs the library that `packaging/fetch-pdfium` brings, and `pdftotext`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;
use std::sync::Arc;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use proptest::prelude::*;
use vanthu::domain::document::Signer;
use vanthu::domain::text::tidy;
use vanthu::office::layout::{self, Part, Sheet};
use vanthu::pdf::appearance::{Appearance, Line, TextSide, demo_seal, demo_signature, overlay};
use vanthu::pdf::appearance::{BLACK, RED, Stamp, picture_rect};
use vanthu::pdf::blanks::{
    Blank, IssueHead, Opening, SEAL_MM, Signatory, SignatureBlock, Slot, Wanted,
    find_signature_blocks, read_issue_head, seal_rect,
};
use vanthu::pdf::font::Face;
use vanthu::pdf::intent::Colours;
use vanthu::pdf::render::{Bitmap, Cancel, RenderedDocument, Renderer};
use vanthu::pdf::structure::Source;
use vanthu::pdf::text::PageText;
use vanthu::pdf::{POINTS_PER_MM, PdfError, Rect};

#[path = "pdf/drafts.rs"]
mod drafts;
#[path = "support/pages.rs"]
mod pages;

fn renderer() -> Renderer {
    Renderer::start().expect("pdfium is missing: run packaging/fetch-pdfium")
}

fn open(bytes: Vec<u8>) -> RenderedDocument {
    renderer().open(bytes.into()).unwrap()
}

fn texts(document: &RenderedDocument) -> Vec<PageText> {
    (0..document.pages().len() as u32).map(|page| document.text(page).unwrap()).collect()
}

/// The texts of the pages as they are shown, in points.
fn shown(bytes: &[u8]) -> Vec<PageText> {
    let source = Source::parse(bytes.into()).unwrap();
    let pages = texts(&open(bytes.to_vec()));
    let geometry = |index: usize| source.page_geometry(index as u32 + 1).unwrap();
    pages.iter().enumerate().map(|(index, page)| page.shown(&geometry(index))).collect()
}

/// The best place for a signature.
fn best(pages: &[PageText], signer: &Signer) -> SignatureBlock {
    let signatory = Signatory {
        full_name: &signer.full_name,
        position: &signer.position,
        authority: &signer.competence,
    };
    find_signature_blocks(pages, &signatory).into_iter().next().unwrap()
}

/// The samples as drafts of the year that [`wanted`] says.
fn samples() -> impl Iterator<Item = layout::Sample> {
    layout::samples().into_iter().map(|mut sample| {
        sample.sheet.year = Some(2026);
        sample
    })
}

fn wanted(notation: &str) -> Wanted<'_> {
    Wanted { number: "128", notation, day: "06", month: "02", year: "2026" }
}

fn room(slot: &Option<Slot>) -> Blank {
    match slot {
        Some(Slot::Blank(blank)) => *blank,
        other => panic!("{other:?}"),
    }
}

fn stamps(head: &IssueHead, wanted: &Wanted<'_>) -> Vec<Stamp> {
    head.openings(wanted).iter().map(Opening::stamp).collect()
}

/// Without white space, so that line ends do not matter.
fn squeezed(text: &str) -> String {
    tidy(text).split_whitespace().collect()
}

/// Everything that a sheet says, piece by piece, as it must stand on the pages.
fn pieces(sheet: &Sheet) -> Vec<String> {
    let mut pieces = vec![
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".to_owned(),
        "Độc lập - Tự do - Hạnh phúc".to_owned(),
        sheet.issuer.to_uppercase(),
        sheet.superior.to_uppercase(),
        sheet.type_name.to_uppercase(),
        sheet.subject.clone(),
        sheet.authority.to_uppercase(),
        sheet.enacting.to_uppercase(),
        sheet.signer.competence.to_uppercase(),
        sheet.signer.position.to_uppercase(),
        sheet.signer.full_name.clone(),
        sheet.drafter.clone(),
        format!("/{}", sheet.code.notation),
        "Nơi nhận:".to_owned(),
    ];
    pieces.extend(sheet.addressees.clone());
    pieces.extend(sheet.bases.clone());
    pieces.extend(sheet.recipients.iter().map(|name| format!("- {name}")));
    let mut article = 0;
    for part in &sheet.body {
        match part {
            Part::Paragraph(text) | Part::Heading(text) | Part::Subheading(text) => {
                pieces.push(text.clone());
            }
            Part::Article(text) => {
                article += 1;
                pieces.push(format!("Điều {article}. {text}"));
            }
            Part::Table { rows, .. } => pieces.extend(rows.iter().flatten().cloned()),
        }
    }
    pieces.iter().map(|piece| squeezed(piece)).collect()
}

#[test]
fn every_sample_reads_back_as_it_was_written() {
    for sample in layout::samples() {
        let document = open(layout::compose(&sample.sheet).unwrap());
        let mut whole = String::new();
        for (index, page) in texts(&document).iter().enumerate() {
            let text = page.plain();
            // From page 2 on the page number stands first.
            let number = (index + 1).to_string();
            let text = match (index, text.split_once('\n')) {
                (1.., Some((first, rest))) => {
                    assert_eq!(first, number, "{}", sample.key);
                    rest.to_owned()
                }
                _ => text,
            };
            whole.push_str(&squeezed(&text));
        }
        for piece in pieces(&sample.sheet) {
            assert!(whole.contains(&piece), "{}: {piece}\n\n{whole}", sample.key);
        }
    }
}

#[test]
fn poppler_reads_the_same_characters() {
    let folder = tempfile::tempdir().unwrap();
    for sample in layout::samples() {
        let file = folder.path().join("sample.pdf");
        std::fs::write(&file, layout::compose(&sample.sheet).unwrap()).unwrap();
        let output = Command::new("pdftotext").args(["-enc", "UTF-8"]).arg(&file).arg("-").output();
        let output = output.expect("pdftotext is missing: install poppler-utils");
        assert!(output.status.success() && output.stderr.is_empty(), "{}", sample.key);
        let whole = squeezed(&String::from_utf8(output.stdout).unwrap());
        for piece in [&sample.sheet.signer.full_name, &sample.sheet.subject] {
            assert!(whole.contains(&squeezed(piece)), "{}: {piece}", sample.key);
        }
        let count = |text: &str| text.chars().filter(|c| !c.is_ascii()).count();
        let ours: usize = texts(&open(std::fs::read(&file).unwrap()))
            .iter()
            .map(|page| count(&squeezed(&page.plain())))
            .sum();
        assert_eq!(count(&whole.replace('\u{c}', "")), ours, "{}", sample.key);
    }
}

#[test]
fn decomposed_text_is_written_composed() {
    let mut sheet = layout::samples().swap_remove(0).sheet;
    sheet.subject = "Ve\u{302}\u{300} vie\u{323}\u{302}c kie\u{323}\u{302}n toa\u{300}n".into();
    let page = open(layout::compose(&sheet).unwrap()).text(0).unwrap();
    assert!(page.plain().contains("Về việc kiện toàn"));
    assert_eq!(page.find("Về việc kiện toàn").len(), 1);
}

#[test]
fn blanks_and_signature_block_are_found_in_every_sample() {
    for sample in samples() {
        let pages = shown(&layout::compose(&sample.sheet).unwrap());
        let head = read_issue_head(&pages[0]);
        assert!(head.missing().is_empty(), "{}: {head:?}", sample.key);
        let (number, day) = (room(&head.number), room(&head.day));
        assert!(number.rect.width > 15.0 && number.rect.x < 200.0, "{}: {number:?}", sample.key);
        assert!(day.rect.width > 10.0 && day.rect.x > 280.0, "{}: {day:?}", sample.key);
        assert!((number.baseline - day.baseline).abs() < 1.0, "{}", sample.key);

        let signer = &sample.sheet.signer;
        let block = best(&pages, signer);
        assert_eq!(block.page as usize, pages.len() - 1, "{}", sample.key);
        assert!(block.confidence >= 0.95, "{}: {block:?}", sample.key);
        assert!(block.rect.height > 60.0, "{}: {block:?}", sample.key);
        assert!((block.rect.middle() - block.name.middle()).abs() < 1.0, "{}", sample.key);
        // Nothing is written where the signature goes.
        let inside = pages[block.page as usize].lines().into_iter().find(|line| {
            line.rect.x < block.rect.right()
                && line.rect.right() > block.rect.x
                && line.baseline > block.rect.y
                && line.baseline < block.rect.top()
        });
        assert!(inside.is_none(), "{}: {inside:?}", sample.key);
        // Filled documents have no blanks.
        let mut written = sample.sheet.clone();
        written.code.number = "07".into();
        written.date = Some(jiff::civil::date(2026, 2, 6));
        let head = read_issue_head(&shown(&layout::compose(&written).unwrap())[0]);
        let same = Wanted { number: "07", ..wanted(&sample.sheet.code.notation) };
        assert_eq!(head.differing(&same), [], "{}", sample.key);
        assert_eq!(head.openings(&same), [], "{}", sample.key);
    }
}

#[test]
fn number_and_date_are_stamped_into_their_blanks() {
    for sample in samples() {
        let bytes = layout::compose(&sample.sheet).unwrap();
        let head = read_issue_head(&shown(&bytes)[0]);
        let stamps = stamps(&head, &wanted(&sample.sheet.code.notation));
        let page = shown(&stamped(&bytes, &stamps)).swap_remove(0);
        let texts: Vec<String> =
            page.lines().into_iter().map(|line| squeezed(&line.text)).collect();
        let number = format!("Số:128/{}", sample.sheet.code.notation);
        let date = format!("{},ngày06tháng02năm2026", squeezed(&sample.sheet.place));
        assert!(texts.contains(&number), "{}: {texts:?}", sample.key);
        assert!(texts.contains(&date), "{}: {texts:?}", sample.key);
    }
}

/// Applies an overlay to the first page.
fn stamped(bytes: &[u8], stamps: &[Stamp]) -> Vec<u8> {
    let geometry = Source::parse(bytes.into()).unwrap().page_geometry(1).unwrap();
    let mut file = Document::load_mem(bytes).unwrap();
    let stamped = overlay(stamps, &geometry, file.max_id + 1, &Colours::default()).unwrap();
    for (id, object) in stamped.objects {
        file.max_id = file.max_id.max(id.0);
        file.objects.insert(id, object);
    }
    let page = file.page_iter().next().unwrap();
    let Object::Dictionary(forms) = file.get_or_create_resources(page).unwrap() else {
        panic!("resources are no dictionary")
    };
    forms.set("XObject", dictionary! { stamped.name => stamped.form });
    let page = file.get_dictionary_mut(page).unwrap();
    let content = page.get(b"Contents").unwrap().clone();
    let mut contents = vec![stamped.before.into()];
    match content {
        Object::Array(parts) => contents.extend(parts),
        part => contents.push(part),
    }
    contents.push(stamped.after.into());
    page.set("Contents", contents);
    saved(&mut file)
}

fn saved(file: &mut Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    bytes
}

/// Puts an appearance on the first page as the widget of a signature field.
fn with_widget(bytes: &[u8], appearance: &Appearance, rect: Rect) -> Vec<u8> {
    let mut file = Document::load_mem(bytes).unwrap();
    let built = appearance.build(file.max_id + 1, &Colours::default()).unwrap();
    for (id, object) in built.objects {
        file.max_id = file.max_id.max(id.0);
        file.objects.insert(id, object);
    }
    let page = file.page_iter().next().unwrap();
    let corners = [rect.x, rect.y, rect.right(), rect.top()].map(Object::Real).to_vec();
    let widget = file.add_object(dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Sig",
        "T" => Object::string_literal("ChuKy1"),
        "F" => 132,
        "Rect" => corners,
        "P" => page,
        "AP" => dictionary! { "N" => built.form },
    });
    file.get_dictionary_mut(page).unwrap().set("Annots", vec![Object::Reference(widget)]);
    let form = dictionary! { "SigFlags" => 3, "Fields" => vec![Object::Reference(widget)] };
    file.catalog_mut().unwrap().set("AcroForm", form);
    saved(&mut file)
}

/// Pixels of the page that are clearly of this colour, and the box that holds them.
fn inked(bitmap: &Bitmap, colour: fn([u8; 3]) -> bool) -> (usize, [u32; 4]) {
    let mut hull = [u32::MAX, u32::MAX, 0, 0];
    let mut count = 0;
    for (index, pixel) in bitmap.rgba.chunks_exact(4).enumerate() {
        if colour([pixel[0], pixel[1], pixel[2]]) {
            let (x, y) = (index as u32 % bitmap.width, index as u32 / bitmap.width);
            hull = [hull[0].min(x), hull[1].min(y), hull[2].max(x), hull[3].max(y)];
            count += 1;
        }
    }
    (count, hull)
}

fn blue([r, _, b]: [u8; 3]) -> bool {
    b > 120 && r < 90
}

fn red([r, g, b]: [u8; 3]) -> bool {
    r > 150 && g < 90 && b < 90
}

fn any_ink([r, g, b]: [u8; 3]) -> bool {
    r < 128 || g < 128 || b < 128
}

#[test]
fn visible_signatures_are_drawn_where_they_belong() {
    let sample = layout::samples().into_iter().find(|s| s.key.contains("khen-thuong")).unwrap();
    let bytes = layout::compose(&sample.sheet).unwrap();
    let plain = open(bytes.clone());
    let signer = &sample.sheet.signer;
    let block = best(&texts(&plain), signer);
    let png = demo_signature(3).unwrap();
    let rect = picture_rect(&png, block.rect).unwrap();
    assert_eq!(inked(&plain.page(0, 1.0).unwrap(), blue).0, 0);

    let appearance = Appearance::picture((rect.width, rect.height), png);
    let signed = open(with_widget(&bytes, &appearance, rect));
    let bitmap = signed.page(0, 2.0).unwrap();
    let (count, hull) = inked(&bitmap, blue);
    assert!(count > 200, "{count} blue pixels");
    let shown = signed.geometry(0).unwrap().to_shown(rect);
    assert!(hull[0] as f32 >= shown.x * 2.0 - 2.0);
    assert!(hull[1] as f32 >= shown.y * 2.0 - 2.0);
    assert!(hull[2] as f32 <= (shown.x + shown.width) * 2.0 + 2.0);
    assert!(hull[3] as f32 <= (shown.y + shown.height) * 2.0 + 2.0);

    let paper = Rect::new(0.0, 0.0, 595.3, 841.9);
    let diameter = SEAL_MM * POINTS_PER_MM;
    let seal = seal_rect(rect, (diameter, diameter), 1.0 / 3.0, paper);
    let png = demo_seal("Ủy ban nhân dân tỉnh Hậu Giang").unwrap();
    let appearance = Appearance::picture((seal.width, seal.height), png);
    let bitmap = open(with_widget(&bytes, &appearance, seal)).page(0, 2.0).unwrap();
    let (count, hull) = inked(&bitmap, red);
    assert!(count > 1000, "{count} red pixels");
    let width = (hull[2] - hull[0]) as f32 / 2.0 / POINTS_PER_MM;
    assert!((width - SEAL_MM).abs() < 1.0, "the seal is {width} mm wide");
}

#[test]
fn text_appearances_read_back() {
    let bytes = layout::compose(&layout::samples().swap_remove(0).sheet).unwrap();
    let lines = vec![
        Line::new("Ủy ban nhân dân xã Tân Bình", 10.0),
        Line::new("07/QĐ-UBND", 10.0),
        Line { colour: RED, ..Line::new("2026-11-23T16:05:09+07:00", 10.0) },
    ];
    let rect = Rect::new(380.0, 520.0, 150.0, 100.0);
    for side in [TextSide::Below, TextSide::Right, TextSide::Over] {
        for image in [None, Some(demo_signature(1).unwrap())] {
            let drawn = if image.is_some() { 50 } else { 0 };
            let appearance = Appearance {
                size_pt: (rect.width, rect.height),
                image,
                lines: lines.clone(),
                side,
                page_rotation: 0,
            };
            let signed = open(with_widget(&bytes, &appearance, rect));
            let bitmap = signed.page(0, 2.0).unwrap();
            assert!(inked(&bitmap, blue).0 >= drawn, "{side:?}");
            assert!(inked(&bitmap, red).0 > 20, "{side:?}: the time is written in red");
        }
    }
}

#[test]
fn signatures_stand_upright_on_rotated_pages() {
    // Red over blue, as shown; wider than high.
    let mut png = std::io::Cursor::new(Vec::new());
    let image = image::RgbaImage::from_fn(80, 40, |_, y| {
        image::Rgba(if y < 20 { [220, 0, 0, 255] } else { [0, 0, 220, 255] })
    });
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    for rotation in [0u16, 90, 180, 270] {
        let mut file = blank_file(|page| {
            page.set("Rotate", i64::from(rotation));
            page.set("MediaBox", [-30.0, -60.0, 500.0, 700.0].map(Object::Real).to_vec());
            page.set("CropBox", [10.0, -20.0, 410.0, 580.0].map(Object::Real).to_vec());
        });
        let bytes = saved(&mut file);
        let geometry = open(bytes.clone()).geometry(0).unwrap();
        assert_eq!(geometry.rotation, rotation);
        let wanted = Rect::new(40.0, 60.0, 160.0, 80.0);
        let appearance = Appearance {
            page_rotation: rotation,
            ..Appearance::picture((wanted.width, wanted.height), png.get_ref().clone())
        };
        let signed = open(with_widget(&bytes, &appearance, geometry.to_user(wanted)));
        let size = signed.pages()[0];
        assert_eq!(size.width > size.height, rotation % 180 == 90, "{rotation}");
        let bitmap = signed.page(0, 1.0).unwrap();
        let (_, top) = inked(&bitmap, red);
        let (_, bottom) = inked(&bitmap, blue);
        let near = |a: u32, b: f32| (a as f32 - b).abs() <= 2.0;
        assert!(near(top[0], 40.0) && near(top[1], 60.0), "{rotation}: {top:?}");
        assert!(near(top[2], 200.0) && near(top[3], 100.0), "{rotation}: {top:?}");
        assert!(near(bottom[1], 100.0) && near(bottom[3], 140.0), "{rotation}: {bottom:?}");
    }
}

#[test]
fn text_is_placed_on_every_page_as_it_is_shown() {
    for rotation in [0, 90, 180, 270] {
        let mut file = blank_file(|page| {
            page.set("Rotate", rotation);
            page.set("CropBox", [10.0, 20.0, 390.0, 580.0].map(Object::Real).to_vec());
        });
        let stamp = Stamp {
            text: "Tân Bình".into(),
            face: Face::Serif,
            size: 14.0,
            colour: BLACK,
            x: 100.0,
            baseline: 300.0,
        };
        let page = shown(&stamped(&saved(&mut file), &[stamp])).swap_remove(0);
        let glyph = page.chars.iter().find(|glyph| glyph.ch == 'T').unwrap();
        assert!((glyph.baseline - 300.0).abs() < 0.1, "{rotation}: {glyph:?}");
        assert!((glyph.rect.x - 100.0).abs() < 0.5, "{rotation}: {glyph:?}");
        assert!((glyph.size - 14.0).abs() < 0.1, "{rotation}: {glyph:?}");
    }
}

/// A file with one empty page.
fn blank_file(change: impl FnOnce(&mut Dictionary)) -> Document {
    let mut file = Document::with_version("1.7");
    let tree: ObjectId = file.new_object_id();
    let content = file.add_object(Stream::new(Dictionary::new(), Vec::new()));
    let mut page = dictionary! {
        "Type" => "Page",
        "Parent" => tree,
        "MediaBox" => vec![0.into(), 0.into(), 400.into(), 600.into()],
        "Resources" => Dictionary::new(),
        "Contents" => content,
    };
    change(&mut page);
    let page = file.add_object(page);
    let pages =
        dictionary! { "Type" => "Pages", "Kids" => vec![Object::Reference(page)], "Count" => 1 };
    file.objects.insert(tree, pages.into());
    let catalog = file.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    file.trailer.set("Root", catalog);
    file
}

#[test]
fn pictures_are_cached_bounded_and_cancelled() {
    let document = open(layout::compose(&layout::samples().swap_remove(2).sheet).unwrap());
    let first = document.page(0, 1.0).unwrap();
    assert_eq!((first.width, first.height), (595, 842));
    assert!(inked(&first, any_ink).0 > 2_000, "the page is not empty");
    assert!(Arc::ptr_eq(&first.rgba, &document.page(0, 1.0).unwrap().rgba), "from the cache");

    let cancel = Cancel::new();
    cancel.cancel();
    assert_eq!(document.page_unless(0, 1.5, &cancel).unwrap(), None);
    assert!(document.page_unless(0, 1.0, &cancel).unwrap().is_some(), "cached pictures are free");

    let huge = document.page(0, 1e9).unwrap();
    assert!(u64::from(huge.width) * u64::from(huge.height) <= 16 << 20);
    let pages = document.pages().len() as u32;
    let beyond = Err(PdfError::NoSuchPage { page: pages + 1, pages });
    assert_eq!(document.page(pages, 1.0), beyond);
    assert!(document.text(u32::MAX).is_err());
}

#[test]
fn many_threads_share_the_one_library() {
    let bytes: Arc<[u8]> = layout::compose(&layout::samples().swap_remove(2).sheet).unwrap().into();
    let renderer = renderer();
    let threads: Vec<_> = (0..8)
        .map(|i| {
            let (renderer, bytes) = (renderer.clone(), Arc::clone(&bytes));
            std::thread::spawn(move || {
                let document = renderer.open(bytes).unwrap();
                for page in 0..document.pages().len() as u32 {
                    assert!(document.page(page, 0.3 + i as f32 * 0.01).unwrap().width > 100);
                    assert!(!document.text(page).unwrap().chars.is_empty());
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

fn error_of(bytes: impl Into<Arc<[u8]>>) -> Option<PdfError> {
    renderer().open(bytes.into()).err()
}

#[test]
fn what_is_not_a_pdf_is_refused() {
    assert_eq!(error_of([]), Some(PdfError::Empty));
    assert_eq!(error_of(*b"PK\x03\x04 a Word document"), Some(PdfError::NotPdf));
    assert_eq!(error_of(vec![0u8; 1 << 20]), Some(PdfError::NotPdf));
    let mut late = vec![b' '; 5_000];
    late.extend(b"%PDF-1.7");
    assert_eq!(error_of(late), Some(PdfError::NotPdf));
}

#[test]
fn damaged_files_are_refused_or_mended() {
    let whole = layout::compose(&layout::samples().swap_remove(0).sheet).unwrap();
    assert!(matches!(error_of(*b"%PDF-1.7\n"), Some(PdfError::Damaged(_))));
    assert!(matches!(error_of(whole[..whole.len() / 3].to_vec()), Some(PdfError::Damaged(_))));
    // A page tree without pages.
    let mut file = blank_file(|_| {});
    let tree = file.catalog().unwrap().get(b"Pages").unwrap().as_reference().unwrap();
    let tree = file.get_dictionary_mut(tree).unwrap();
    tree.set("Kids", Object::Array(Vec::new()));
    tree.set("Count", 0);
    assert!(matches!(error_of(saved(&mut file)), Some(PdfError::Damaged(_))));
    // A wrong table of objects is mended by every reader.
    let text_of = |bytes: Vec<u8>| open(bytes).text(0).unwrap().plain();
    let mut shifted = whole.clone();
    shifted.splice(9..9, *b"%one more line\n");
    assert_eq!(text_of(shifted), text_of(whole));
}

#[test]
fn encrypted_files_are_refused() {
    let mut file =
        Document::load_mem(&layout::compose(&layout::samples().swap_remove(0).sheet).unwrap())
            .unwrap();
    let version = lopdf::EncryptionVersion::V2 {
        document: &file,
        owner_password: "chu",
        user_password: "nguoi-dung",
        key_length: 128,
        permissions: lopdf::Permissions::empty(),
    };
    let state = lopdf::EncryptionState::try_from(version).unwrap();
    file.encrypt(&state).unwrap();
    assert_eq!(error_of(saved(&mut file)), Some(PdfError::Encrypted));

    // With an empty user password it can be shown, and says that it is encrypted.
    let mut file =
        Document::load_mem(&layout::compose(&layout::samples().swap_remove(0).sheet).unwrap())
            .unwrap();
    let version = lopdf::EncryptionVersion::V2 {
        document: &file,
        owner_password: "chu",
        user_password: "",
        key_length: 128,
        permissions: lopdf::Permissions::empty(),
    };
    let state = lopdf::EncryptionState::try_from(version).unwrap();
    file.encrypt(&state).unwrap();
    let document = open(saved(&mut file));
    assert!(document.is_encrypted());
    assert!(document.text(0).unwrap().plain().contains("QUYẾT ĐỊNH"));
    assert!(!open(saved(&mut blank_file(|_| {}))).is_encrypted());
}

#[test]
fn senseless_page_sizes_are_survived() {
    for corners in [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1e12, 1e-6], [500.0, 700.0, 0.0, 0.0]] {
        let mut file = blank_file(|page| {
            page.set("MediaBox", corners.map(Object::Real).to_vec());
        });
        let document = open(saved(&mut file));
        let bitmap = document.page(0, 2.0).unwrap();
        assert!(bitmap.width >= 1 && bitmap.height >= 1);
        assert!(u64::from(bitmap.width) * u64::from(bitmap.height) <= 16 << 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let mut pdf = b"%PDF-1.7\n".to_vec();
        pdf.extend(&bytes);
        for bytes in [bytes, pdf] {
            if let Ok(document) = renderer().open(bytes.into()) {
                let _ = (document.page(0, 0.5), document.text(0), document.geometry(0));
            }
        }
    }

    #[test]
    fn files_with_broken_bytes_never_panic(
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        let mut bytes = layout::compose(&layout::samples().swap_remove(4).sheet).unwrap();
        for (place, byte) in places {
            let index = place.index(bytes.len());
            bytes[index] = byte;
        }
        if let Ok(document) = renderer().open(bytes.into()) {
            for page in 0..document.pages().len().min(3) as u32 {
                let _ = (document.page(page, 0.5), document.text(page), document.geometry(page));
            }
        }
    }
}
