//! Files as they come: versions, kinds of cross-references, tags, forms, passwords. Whatever
//! may be signed is signed so that others accept it; what may not is refused untouched.

use jiff::Timestamp;
use lopdf::{Object, dictionary};
use serde_json::json;
use vanthu::domain::problem::Problem;
use vanthu::domain::verdict::Verdict;
use vanthu::pdf::PdfError;
use vanthu::pdf::structure::Source;
use vanthu::signing::{Modifications, SigningJob};

use crate::made::{pdfsig_accepts, place};
use crate::peer::{ask, judgements};
use crate::support::*;

/// Personal and organisation signature, the first one seen on the page.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let file = source(bytes);
    let job = SigningJob { look: place(300.0), ..SigningJob::new(&file, Timestamp::now()) };
    let personal = Signer::new("leader").sign(&job).expect("a signature").to_bytes().unwrap();
    assert!(personal.starts_with(bytes));
    Signer::new("org").sign_plainly(&personal)
}

fn assert_accepted(label: &str, bytes: &[u8]) -> Vec<u8> {
    let sealed = sealed(bytes);
    let report = checked(&sealed);
    assert_eq!(report.verdict, Verdict::Valid, "{label}: {report:?}");
    assert_eq!(report.signatures[0].modifications, Modifications::Permitted, "{label}");
    pdfsig_accepts(&sealed, 2, true);
    sealed
}

fn pyhanko_accepts(label: &str, bytes: &[u8]) {
    for one in judgements(bytes, "online") {
        assert_eq!(one["valid"], true, "{label}: {one:#}");
    }
}

#[test]
fn every_version_is_signed() {
    for version in ["1.4", "1.5", "1.6", "1.7", "2.0"] {
        let mut files = vec![letter()];
        // Object streams came with 1.5.
        files.extend((version > "1.4").then(letter_compressed));
        for mut bytes in files {
            bytes[5..8].copy_from_slice(version.as_bytes());
            let sealed = assert_accepted(version, &bytes);
            pyhanko_accepts(version, &sealed);
        }
    }
}

/// The letter with its font where only readers of 1.5 and later see it.
fn hybrid() -> Vec<u8> {
    let plain = String::from_utf8_lossy(&letter()).replace(['\u{e2}', '\u{e3}'], "a");
    let body = plain.split("xref\n").next().unwrap();
    let font_at = body.find("6 0 obj").unwrap();
    let metadata_at = body.find("7 0 obj").unwrap();
    let font = body[font_at..metadata_at].split("obj\n").nth(1).unwrap();
    let font = font.split("\nendobj").next().unwrap().to_owned();
    let mut text = format!("{}{}", &body[..font_at], &body[metadata_at..]);
    let place = |text: &str, number: u32| text.find(&format!("\n{number} 0 obj")).unwrap() + 1;
    let held = format!("6 0 {font}");
    let objects_at = text.len();
    text += &format!(
        "8 0 obj\n<</Type/ObjStm/N 1/First 4/Length {}>>\nstream\n{held}\nendstream\nendobj\n",
        held.len()
    );
    let stream_at = text.len();
    // Object 6 is the first in stream 8; 8 and 9 stand where they stand. Digits are bytes
    // here, so that the whole file stays text.
    let row = |kind: u8, place: usize, index: u16| {
        [&[kind][..], &u32::try_from(place).unwrap().to_be_bytes(), &index.to_be_bytes()].concat()
    };
    let rows = [row(2, 8, 0), row(1, objects_at, 0), row(1, stream_at, 0)].concat();
    let hex = hex::encode(rows) + ">";
    text += &format!(
        "9 0 obj\n<</Type/XRef/Size 10/Index[6 1 8 2]/W[1 4 2]/Filter/ASCIIHexDecode\
         /Length {}>>\nstream\n{hex}\nendstream\nendobj\n",
        hex.len()
    );
    let table_at = text.len();
    text += "xref\n0 8\n0000000006 65535 f \n";
    for number in 1..=5 {
        text += &format!("{:010} 00000 n \n", place(&text, number));
    }
    text += "0000000000 00000 f \n";
    text += &format!("{:010} 00000 n \n", place(&text, 7));
    text += &format!(
        "trailer\n<</Size 8/Root 1 0 R/XRefStm {stream_at}>>\nstartxref\n{table_at}\n%%EOF\n"
    );
    text.into_bytes()
}

#[test]
fn a_hybrid_file_keeps_what_old_readers_do_not_see() {
    let bytes = hybrid();
    let font = |bytes: &[u8]| match source(bytes).object((6, 0)).unwrap() {
        Object::Dictionary(font) => font.get(b"BaseFont").unwrap().as_name().unwrap().to_vec(),
        other => panic!("no font: {other:?}"),
    };
    assert_eq!(font(&bytes), b"Times-Roman");
    let sealed = assert_accepted("hybrid", &bytes);
    assert_eq!(font(&sealed), b"Times-Roman");
}

#[test]
fn tags_and_forms_stay_as_they_are() {
    for bytes in [letter(), letter_compressed()] {
        let tagged = append(&bytes, |update, source| {
            let (catalog_id, mut catalog) = source.catalog().unwrap();
            let (page_id, mut page) = source.page(1).unwrap();
            let (root, element, field, list, form) = (
                update.allocate(),
                update.allocate(),
                update.allocate(),
                update.allocate(),
                update.allocate(),
            );
            update.set(
                root,
                dictionary! { "Type" => "StructTreeRoot", "K" => vec![element.into()] }.into(),
            );
            update.set(
                element,
                dictionary! { "Type" => "StructElem", "S" => "P", "P" => root, "Pg" => page_id,
                "K" => 0 }
                .into(),
            );
            update.set(
                field,
                dictionary! { "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx",
                "T" => Object::string_literal("So"), "V" => Object::string_literal("12"),
                "P" => page_id, "F" => 4,
                "Rect" => vec![10.into(), 700.into(), 90.into(), 720.into()] }
                .into(),
            );
            // Lists in objects of their own: only these are written anew.
            update.set(list, vec![Object::Reference(field)].into());
            update.set(form, dictionary! { "Fields" => list, "NeedAppearances" => false }.into());
            catalog.set("StructTreeRoot", root);
            catalog.set("MarkInfo", dictionary! { "Marked" => true });
            catalog.set("AcroForm", form);
            page.set("Annots", vec![Object::Reference(field)]);
            page.set("StructParents", 0);
            page.set("Tabs", Object::Name(b"S".to_vec()));
            update.set(catalog_id, catalog.into());
            update.set(page_id, page.into());
        });
        let sealed = assert_accepted("tagged", &tagged);
        pyhanko_accepts("tagged", &sealed);
        let (before, after) = (source(&tagged), source(&sealed));
        let (old, new) = (before.catalog().unwrap().1, after.catalog().unwrap().1);
        for key in [&b"StructTreeRoot"[..], b"MarkInfo", b"Metadata"] {
            assert_eq!(old.get(key).unwrap(), new.get(key).unwrap());
        }
        let (old, new) = (before.page(1).unwrap().1, after.page(1).unwrap().1);
        for key in [&b"StructParents"[..], b"Tabs"] {
            assert_eq!(old.get(key).unwrap(), new.get(key).unwrap());
        }
        let names: Vec<String> =
            after.fields().unwrap().into_iter().map(|field| field.name).collect();
        assert_eq!(names, ["So", "Signature1", "Signature2"]);
    }
}

#[test]
fn a_file_under_a_password_is_refused_even_if_it_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
    std::fs::write(&file, letter()).unwrap();
    ask(&json!({"do": "encrypt", "file": file, "out": out})).unwrap();
    let error = Source::parse(std::fs::read(out).unwrap().into()).unwrap_err();
    assert_eq!(error, PdfError::Encrypted);
    assert_eq!(Problem::from(error).code, "pdf-encrypted");
}
