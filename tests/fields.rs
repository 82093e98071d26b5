//! The fields of documents: read off pages of every kind, measured, and through `vanthuctl`
//! from the arrival of a bare PDF to the correction of the register.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/pages.rs"]
mod pages;
mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::date;
use lopdf::{Document, Object, Stream, dictionary};
use serde_json::Value;
use support::OfficeDir;
use vanthu::office::extract::corpus::cases;
use vanthu::office::extract::measure::{Report, measure};
use vanthu::office::extract::recognise::Recogniser;
use vanthu::office::extract::{Field, Grade, Reading, differences, read_file};
use vanthu::office::layout::{Sheet, compose, samples};
use vanthu::packet::{self, Packet};
use vanthu::pdf::render::Renderer;
use vanthu::rules::Profile;

fn profile() -> Profile {
    Profile::built_in("current").unwrap()
}

fn sheet() -> Sheet {
    let mut sheet = samples().into_iter().find(|sample| sample.type_key == "TTr").unwrap().sheet;
    sheet.code.number = "345".to_owned();
    sheet.date = Some(date(2026, 2, 6));
    sheet
}

fn said(reading: &Reading, field: Field) -> String {
    reading.proposal(field).map(|proposal| proposal.value.shown()).unwrap_or_default()
}

fn read(pdf: Vec<u8>) -> Reading {
    read_file(&Arc::from(pdf), &profile()).unwrap()
}

#[test]
fn however_a_page_lies_on_its_sheet_it_says_the_same() {
    let pdf = compose(&sheet()).unwrap();
    let upright = read(pdf.clone());
    assert_eq!(said(&upright, Field::Number), "345");
    for (name, page) in pages::sheets() {
        let turned = read(pages::laid_out(&pdf, &page));
        let head = [Field::Type, Field::Number, Field::Notation, Field::Date, Field::Issuer];
        for field in head.into_iter().chain([Field::Subject, Field::Place]) {
            assert_eq!(said(&turned, field), said(&upright, field), "{name}");
        }
        // The place is told on the page as it is shown, wherever the sheet has it.
        let spot = |reading: &Reading| {
            reading.proposal(Field::Number).unwrap().spot.as_ref().unwrap().rects[0]
        };
        let (a, b) = (spot(&upright), spot(&turned));
        assert!((a.x - b.x).abs() < 2.0 && (a.y - b.y).abs() < 2.0, "{name}: {a:?} {b:?}");
    }
}

/// A page whose font has lost its Vietnamese letters says little, and nothing wrong surely.
#[test]
fn a_page_with_broken_letters_proves_nothing() {
    let packet = include_bytes!("data/axis/new.edxml");
    let Packet::Document(document) = packet::read(packet, &packet::Limits::default()).unwrap()
    else {
        panic!("not a document");
    };
    let profile = profile();
    let metadata = document.metadata(&profile);
    let reading = read(document.main_attachment().unwrap().content.clone());
    assert!(!reading.is_blind());
    let sure = profile.extraction().sure;
    for one in differences(&metadata, &reading).iter().filter(|one| one.field != Field::Pages) {
        assert!(one.grade != Grade::Differs || one.confidence < sure, "{one:?}");
    }
}

/// Floors a little below what was measured; they fail when the reading gets worse.
#[test]
fn fields_are_read_as_well_as_they_were_measured() {
    let profile = profile();
    let all: Vec<_> = cases(&profile).into_iter().filter(|case| !case.scanned).collect();
    assert!(all.len() >= 60, "{}", all.len());
    let (report, _) = measure(&all, &profile, None, &mut |_, _| {}).unwrap();
    for miss in &report.misses {
        println!("{miss:?}");
    }
    for (field, floor) in [
        (Field::Type, 0.97),
        (Field::Number, 0.98),
        (Field::Notation, 0.98),
        (Field::Date, 0.98),
        (Field::Place, 0.98),
        (Field::Issuer, 0.95),
        (Field::Subject, 0.93),
        (Field::Signer, 0.95),
        (Field::Position, 0.93),
        (Field::Urgency, 0.98),
        (Field::Recipients, 0.9),
    ] {
        let tally = report.fields[&field];
        assert!(tally.accuracy() >= floor, "{field:?}: {tally:?}");
    }
    sure_is_sure(&report, &profile, 0.99);
}

/// What is filled in by itself must be right nearly always.
fn sure_is_sure(report: &Report, profile: &Profile, floor: f64) {
    let (all, right) = report.from(profile.extraction().sure);
    assert!(all > 50, "{all}");
    assert!(f64::from(right) / f64::from(all) >= floor, "{right} of {all}");
}

#[test]
fn scans_are_read_where_there_is_a_program_for_it() {
    let recogniser = match Recogniser::find(None) {
        Ok(recogniser) => recogniser,
        Err(why) => {
            println!("NOT MEASURED: {why}; install tesseract-ocr and tesseract-ocr-vie");
            return;
        }
    };
    let profile = profile();
    let scans: Vec<_> = cases(&profile).into_iter().filter(|case| case.scanned).take(3).collect();
    let (_, report) = measure(&scans, &profile, Some(&recogniser), &mut |_, _| {}).unwrap();
    let report = report.unwrap();
    for miss in &report.misses {
        println!("{miss:?}");
    }
    assert!(report.overall().accuracy() >= 0.7, "{:?}", report.overall());
    let number = report.fields[&Field::Number];
    assert!(number.accuracy() >= 0.6, "{number:?}");
}

/// The pages of a PDF as pictures, without a letter of text, as a scanner makes them.
fn scanned(pdf: Vec<u8>) -> Vec<u8> {
    let document = Renderer::start().unwrap().open(Arc::from(pdf)).unwrap();
    let mut file = Document::with_version("1.7");
    let tree = file.new_object_id();
    let mut kids = Vec::new();
    for (index, size) in document.pages().iter().enumerate() {
        let picture = document.page(index as u32, 200.0 / 72.0).unwrap();
        let grey: Vec<u8> = picture.rgba.chunks_exact(4).map(|pixel| pixel[1]).collect();
        let image = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "ColorSpace" => "DeviceGray",
            "BitsPerComponent" => 8, "Width" => picture.width, "Height" => picture.height,
        };
        let image = file.add_object(Stream::new(image, grey));
        let content = format!("q {} 0 0 {} 0 0 cm /I Do Q", size.width, size.height);
        let content = file.add_object(Stream::new(dictionary! {}, content.into_bytes()));
        kids.push(Object::from(file.add_object(dictionary! {
            "Type" => "Page", "Parent" => tree, "Contents" => content,
            "MediaBox" => vec![0.into(), 0.into(), size.width.into(), size.height.into()],
            "Resources" => dictionary! { "XObject" => dictionary! { "I" => image } },
        })));
    }
    let count = kids.len() as i64;
    let pages = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
    file.objects.insert(tree, Object::Dictionary(pages));
    let catalog = file.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    file.trailer.set("Root", catalog);
    file.compress();
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    bytes
}

fn office(root: &Path) -> OfficeDir {
    let office = OfficeDir::found(root, "o", "000.01.05.H30", "Ủy ban nhân dân xã Tân Bình");
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/agencies/demo.csv");
    office.as_user("quantri", &["agency", "import", directory]).done();
    office
}

fn brought(office: &OfficeDir, root: &Path, name: &str, pdf: &[u8]) -> String {
    let path: PathBuf = root.join(name);
    std::fs::write(&path, pdf).unwrap();
    let answer = office.as_user("vanthu", &["import", path.to_str().unwrap()]).done();
    answer["files"][0]["id"].as_str().unwrap().to_owned()
}

fn field<'a>(extracted: &'a Value, name: &str) -> &'a Value {
    let fields = extracted["fields"].as_array().unwrap();
    fields.iter().find(|field| field["field"] == name).unwrap_or(&Value::Null)
}

#[test]
fn a_bare_pdf_fills_itself_in_is_confirmed_registered_and_corrected() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let office = office(root);
    let id = brought(&office, root, "quet-001.pdf", &compose(&sheet()).unwrap());
    let clerk = |words: &[&str]| office.as_user("vanthu", words);

    // What is sure stands there, marked.
    let shown = clerk(&["show", &id]).done();
    assert_eq!(shown["code"], "345/TTr-UBND");
    assert_eq!(shown["type"], "TTr");
    assert!(shown["subject"].as_str().unwrap().contains("cầu kênh Xáng"), "{shown:#}");
    let read = clerk(&["extract", &id]).done();
    let marked = read["unconfirmed"].as_array().unwrap();
    assert!(marked.iter().any(|name| name == "subject"), "{read:#}");
    assert_eq!(field(&read, "date")["value"], "2026-02-06");
    assert_eq!(field(&read, "issuer")["agency"], "000.01.05.H30");
    assert!(read["differences"].as_array().unwrap().iter().all(|one| one["grade"] != "differs"));

    // Confirmed as it is: no mark is left. Once more is no operation.
    clerk(&["correct", &id]).done();
    assert_eq!(clerk(&["extract", &id]).done()["unconfirmed"].as_array().unwrap().len(), 0);
    clerk(&["correct", &id]).done();

    // Before it is registered the fields are free, within the law's lengths.
    let long = "đ".repeat(501);
    clerk(&["correct", &id, "--subject", &long]).failed(2);
    clerk(&["correct", &id, "--number", "346"]).done();
    clerk(&["receive", &id]).done();
    clerk(&["register", &id]).done();

    // Then a change is a correction.
    let refused = clerk(&["correct", &id, "--signer", "Nguyễn Văn Hoà"]).failed(5);
    assert_eq!(refused, "office-correction-reason-missing");
    let now = clerk(&["correct", &id, "--issuer", "Công ty Hòa Bình", "--reason", "nhập nhầm"]);
    assert_eq!(now.done()["fields"]["issuer"], "Công ty Hòa Bình");
    let shown = clerk(&["show", &id]).done();
    let history: Vec<&str> =
        shown["history"].as_array().unwrap().iter().map(|e| e["text"].as_str().unwrap()).collect();
    let tells =
        |words: &[&str]| history.iter().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(tells(&["chờ văn thư xác nhận", "Trích yếu"]), "{history:#?}");
    assert!(tells(&["Số", "«345» → «346»"]), "{history:#?}");
    assert!(tells(&["xã Tân Bình» → «Công ty Hòa Bình»", "nhập nhầm"]), "{history:#?}");
    // Search follows, and still finds the words of the pages.
    for words in ["cong ty hoa binh", "346/TTr", "lien ap"] {
        let found = clerk(&["queue", "inbound", "--words", words]).done();
        assert_eq!(found["documents"].as_array().unwrap().len(), 1, "{words}");
    }
    assert_eq!(office.as_user("quantri", &["audit", "verify"]).done()["intact"], true);
}

#[test]
fn a_scan_says_whether_it_was_read() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let office = office(root);
    let pdf = scanned(compose(&sheet()).unwrap());
    office.as_user("quantri", &["config", "ocr", "none"]).done();
    let id = brought(&office, root, "khong-doc.pdf", &pdf);
    let read = office.as_user("vanthu", &["extract", &id]).done();
    assert_eq!(read["not_read"], "no-program");
    assert_eq!(read["unread_pages"][0], 1);
    // The page says nothing that could be read: nothing differs, nothing is filled in.
    assert_eq!(read["unconfirmed"].as_array().unwrap().len(), 0);
    assert!(field(&read, "number").is_null());
    assert_eq!(field(&read, "pages")["value"], 2);
    office.as_user("quantri", &["config", "ocr", "/nowhere/tesseract"]).failed(4);

    office.as_user("quantri", &["config", "ocr", "auto"]).done();
    if let Err(why) = Recogniser::find(None) {
        println!("NOT TRIED: {why}; install tesseract-ocr and tesseract-ocr-vie");
        return;
    }
    let read = office.as_user("vanthu", &["extract", &id]).done();
    assert!(read["not_read"].is_null(), "{read:#}");
    assert_eq!(read["recognised_pages"][0], 1);
    assert_eq!(field(&read, "number")["value"], "345", "{read:#}");
    assert_eq!(field(&read, "date")["value"], "2026-02-06");
    let why = field(&read, "number")["why"].as_array().unwrap();
    assert!(why.iter().any(|why| why == "recognised"));
}
