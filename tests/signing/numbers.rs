//! Number and date drawn with the organisation's signature, as the Government's signing
//! service does: permitted in the revision of the seal, in the fields that the personal
//! signature left empty, and nothing else.

use jiff::Timestamp;
use jiff::civil::date;
use lopdf::{Dictionary, Object, Stream, StringFormat, dictionary};
use vanthu::domain::verdict::Answer;
use vanthu::i18n::Lang;
use vanthu::pdf::appearance::{BLACK, Stamp};
use vanthu::pdf::font::Face;
use vanthu::pdf::import::{PaperWriter, Turn};
use vanthu::pdf::structure::{Source, Update};
use vanthu::pki::DigestAlgorithm;
use vanthu::pki::cms::{SignerParams, prepare};
use vanthu::rules::algorithms::Algorithms;
use vanthu::signing::check::{CheckOptions, Expectation, check, completeness};
use vanthu::signing::report::finding;
use vanthu::signing::{PageStamps, SigningJob};

use super::cases::{Case, Expected};
use super::forms::{content_look, form_font, found, literal, own_font, xobject};
use super::seeds::corpus;
use super::support::*;

/// A decision whose number and date are still to come: the person has signed, and left the
/// fields for them, and one for something else.
fn left_open() -> &'static [u8] {
    static BYTES: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    BYTES.get_or_init(|| {
        let open = append(&letter(), |update, source| {
            let (catalog_id, mut catalog) = source.catalog().unwrap();
            let (page_id, mut page) = source.page(1).unwrap();
            let font = own_font(update, "30");
            let mut fields = Vec::new();
            let common = update.allocate();
            update.set(
                common,
                dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
                "Encoding" => "WinAnsiEncoding" }
                .into(),
            );
            for (name, x, font) in
                [("VtNumber", 100, "VtSerif"), ("VtDay", 300, "VtSerif"), ("Note", 450, "Helv")]
            {
                let (id, look) = (update.allocate(), update.allocate());
                update.set(look, xobject("", Dictionary::new()));
                let with = literal(&format!("/{font} 13 Tf 0 g"));
                update.set(id, dictionary! {
                    "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx", "T" => literal(name),
                    "F" => 132, "Ff" => 1, "P" => page_id, "Q" => 1,
                    "DA" => with, "AP" => dictionary! { "N" => look },
                    "Rect" => vec![x.into(), 700.into(), (x + 100).into(), 720.into()],
                }.into());
                fields.push(Object::Reference(id));
            }
            catalog.set(
                "AcroForm",
                dictionary! {
                    "Fields" => fields.clone(),
                    "DR" => dictionary! {
                        "Font" => dictionary! { "VtSerif" => font, "Helv" => common },
                    },
                },
            );
            page.set("Annots", fields);
            update.set(catalog_id, catalog.into());
            update.set(page_id, page.into());
        });
        corpus().signer("ec").sign_plainly(&open)
    })
}

/// The revision of a signer with whatever else `change` puts into it.
pub fn signed_with(
    bytes: &[u8],
    who: &str,
    change: impl FnOnce(&mut Update<'_>, &Source),
) -> Vec<u8> {
    signed_saying(bytes, who, "", change)
}

/// The same, with something more in the signature's dictionary.
pub fn signed_saying(
    bytes: &[u8],
    who: &str,
    more: &str,
    change: impl FnOnce(&mut Update<'_>, &Source),
) -> Vec<u8> {
    const ROOM: usize = 2500;
    const RANGE: &str = "[0 0000000000 0000000000 0000000000]";
    let mut signed = append(bytes, |update, source| {
        change(update, source);
        let (value, field) = (update.allocate(), update.allocate());
        let contents = "0".repeat(2 * ROOM);
        let body = format!(
            "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached{more}/ByteRange {RANGE}/Contents <{contents}>>>"
        );
        update.set_raw(value, body.into_bytes());
        // As they are after the change.
        let (page_id, catalog_id) = (source.page(1).unwrap().0, source.catalog().unwrap().0);
        let mut page = update.object(page_id).unwrap().as_dict().unwrap().clone();
        let mut catalog = update.object(catalog_id).unwrap().as_dict().unwrap().clone();
        update.set(
            field,
            dictionary! {
                "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "T" => literal("Seal"),
                "V" => value, "P" => page_id, "F" => 132,
                "Rect" => vec![0.into(), 0.into(), 0.into(), 0.into()],
            }
            .into(),
        );
        let mut annotations = page.get(b"Annots").unwrap().as_array().unwrap().clone();
        annotations.push(field.into());
        page.set("Annots", annotations);
        let mut form = catalog.get(b"AcroForm").unwrap().as_dict().unwrap().clone();
        let mut fields = form.get(b"Fields").unwrap().as_array().unwrap().clone();
        fields.push(field.into());
        form.set("Fields", fields);
        catalog.set("AcroForm", form);
        update.set(catalog_id, catalog.into());
        update.set(page_id, page.into());
    });
    let find =
        |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).rposition(|w| w == text).unwrap();
    let hole = find(&signed, b"/Contents <000") + b"/Contents ".len();
    let end = hole + 2 * ROOM + 2;
    let range = format!("[0 {hole} {end} {}]", signed.len() - end);
    let at = find(&signed, RANGE.as_bytes());
    signed
        .splice(at..at + RANGE.len(), format!("{range:<width$}", width = RANGE.len()).into_bytes());
    let mut signer = corpus().signer(who);
    let digest = DigestAlgorithm::Sha256;
    let params = SignerParams {
        certificate: signer.certificate.clone(),
        chain: signer.chain.clone(),
        digest,
        scheme: signer.certificate.key_kind().default_scheme().unwrap(),
    };
    let content = digest.digest(&[&signed[..hole], &signed[end..]].concat());
    let prepared = prepare(&content, &params, Algorithms::current()).unwrap();
    let answer = signer.token.sign_digest(
        &signer.key,
        params.scheme,
        digest,
        &prepared.to_be_signed_digest(),
    );
    let der = prepared.finish(&answer.unwrap()).unwrap().to_der();
    let hex = hex::encode(der);
    signed.splice(hole + 1..hole + 1 + hex.len(), hex.into_bytes());
    signed
}

/// Fills `name` with `value`, drawn by `content` in the font that was signed.
fn number(update: &mut Update<'_>, source: &Source, name: &str, value: &str, content: &str) {
    let field = found(source, name);
    let look = content_look(update, "VtSerif", form_font(source, "VtSerif"), content);
    let mut dictionary = field.dictionary;
    dictionary.set("V", literal(value));
    dictionary.set("AP", dictionary! { "N" => look });
    update.set(field.id, dictionary.into());
}

/// Fills the field that is kept for something else, as anybody may.
fn note(update: &mut Update<'_>, source: &Source) {
    let field = found(source, "Note");
    let content = "/Tx BMC q BT /Helv 12 Tf 0 g 2 5 Td (12) Tj ET Q EMC";
    let look = content_look(update, "Helv", form_font(source, "Helv"), content);
    let mut dictionary = field.dictionary;
    dictionary.set("V", literal("12"));
    dictionary.set("AP", dictionary! { "N" => look });
    update.set(field.id, dictionary.into());
}

fn metadata(update: &mut Update<'_>) {
    let kind = dictionary! { "Type" => "Metadata", "Subtype" => "XML" };
    let xmp = XMP.replace("end='w'", "end='r'");
    update.set((7, 0), Stream::new(kind, xmp.into_bytes()).into());
}

/// What the maker draws for these digits.
fn drawn(digits: &str) -> String {
    let codes: String = digits.bytes().map(|digit| format!("{:04x}", digit - b'0' + 1)).collect();
    format!("/Tx BMC q BT /VtSerif 13 Tf 0 0 0 rg 10 5 Td <{codes}> Tj ET Q EMC")
}

#[test]
fn boxes_that_are_still_open_are_reported() {
    let told = |bytes: &[u8]| {
        let options = CheckOptions { trust: &corpus().trust, at: None, online: None };
        let report = check(bytes.into(), &options).unwrap();
        let lines = completeness(&report, &Expectation::default(), &first_page(bytes));
        let line = lines.into_iter().find(|line| line.code == "number-and-date").unwrap();
        (line.result, line.detail, line.found)
    };
    let answer = |result, detail: &str, found: &str| (result, detail.to_owned(), found.to_owned());
    let open = left_open();
    let both = "VtNumber, VtDay";
    assert_eq!(told(open), answer(Answer::No, "still-open", both));
    let passed_over = signed_with(open, "org", |_, _| {});
    assert_eq!(told(&passed_over), answer(Answer::No, "still-open", both));
    let half = signed_with(open, "org", |update, source| {
        number(update, source, "VtNumber", "07", &drawn("07"));
    });
    assert_eq!(told(&half), answer(Answer::No, "still-open", "VtDay"));
    let whole = signed_with(open, "org", |update, source| {
        number(update, source, "VtNumber", "07", &drawn("07"));
        number(update, source, "VtDay", "23", &drawn("23"));
    });
    let said = answer(Answer::Ok, "with-seal", "VtDay: 23, VtNumber: 07");
    assert_eq!(told(&whole), said);
    let never = corpus().file("table");
    assert_eq!(told(never), answer(Answer::Unknown, "not-on-page", ""));
}

/// The letter with these words at its head, signed.
fn headed(words: &[(&str, f32)]) -> Vec<u8> {
    let stamp = |(text, x): &(&str, f32)| Stamp {
        text: (*text).to_owned(),
        face: Face::Serif,
        size: 13.0,
        colour: BLACK,
        x: *x,
        baseline: 740.0,
    };
    let (bytes, stamps) = (letter(), words.iter().map(stamp).collect());
    let file = source(&bytes);
    let job = SigningJob {
        stamps: vec![PageStamps { page: 1, stamps }],
        ..SigningJob::new(&file, Timestamp::now())
    };
    corpus().signer("ec").sign(&job).unwrap().to_bytes().unwrap()
}

#[test]
fn number_and_date_are_looked_for_on_the_page() {
    const SAID: &str = "Số: 12/QĐ-UBND, ngày 05 tháng 3 năm 2026";
    let number = ("Số: 12/QĐ-UBND", 110.0);
    let day = ("Tân Bình, ngày 05 tháng 3 năm 2026", 310.0);
    let told = |bytes: &[u8], number: &str| {
        let expected = Expectation {
            number: number.to_owned(),
            notation: "QĐ-UBND".to_owned(),
            issued: Some(date(2026, 3, 5)),
            ..Expectation::default()
        };
        let options = CheckOptions { trust: &corpus().trust, at: None, online: None };
        let report = check(bytes.into(), &options).unwrap();
        let lines = completeness(&report, &expected, &first_page(bytes));
        let line = lines.into_iter().find(|line| line.code == "number-and-date").unwrap();
        let said = [Lang::Vi, Lang::En].map(|lang| finding(&line, lang));
        (line.result, line.detail, line.found, said)
    };
    let good = headed(&[number, day]);
    let (result, detail, found, said) = told(&good, "12");
    assert_eq!((result, detail.as_str(), found.as_str()), (Answer::Ok, "before-signature", SAID));
    assert!(said.iter().all(|said| said.contains(SAID)), "{said:?}");
    let (result, detail, found, said) = told(&good, "21");
    assert_eq!((result, detail.as_str(), found.as_str()), (Answer::No, "on-page-otherwise", SAID));
    assert!(said.iter().all(|said| said.contains("21/QĐ-UBND")), "{said:?}");
    let half = headed(&[number]);
    let (result, detail, found, _) = told(&half, "12");
    assert_eq!((result, detail.as_str()), (Answer::Unknown, "on-page-partly"));
    assert!(found.starts_with("Số: 12/QĐ-UBND, ngày …"), "{found}");
    assert_eq!(told(corpus().file("table"), "12").1, "not-on-page");

    // A scan says nothing, and nobody takes that for a fault.
    let mut picture = std::io::Cursor::new(Vec::new());
    let paper = image::GrayImage::from_pixel(60, 84, image::Luma([250]));
    paper.write_to(&mut picture, image::ImageFormat::Png).unwrap();
    let mut scan = PaperWriter::begin(Vec::new()).unwrap();
    scan.add_image(&picture.into_inner(), 0, Turn::default()).unwrap();
    let scan = corpus().signer("ec").sign_plainly(&scan.finish("Quét").unwrap());
    let (result, detail, found, said) = told(&scan, "12");
    assert_eq!((result, detail.as_str()), (Answer::Unknown, "page-without-text"));
    assert!(found.is_empty() && said.iter().all(|said| said.contains("12/QĐ-UBND")), "{said:?}");
}

/// Number and date, drawn with the seal.
pub fn cases() -> Vec<Case> {
    let open = left_open();
    let mut cases = Vec::new();
    let mut add = |name, bytes, expected| {
        cases.push(Case { class: "number and date", name, bytes, expected });
    };
    let field = Expected::Forbidden("field");
    add(
        "number and day with the seal",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "07", &drawn("07"));
            number(update, source, "VtDay", "23", &drawn("23"));
        }),
        Expected::Permitted("number-and-date"),
    );
    add("the seal alone", signed_with(open, "org", |_, _| {}), Expected::Permitted("signature"));
    add(
        "a number without a seal",
        append(open, |update, source| {
            number(update, source, "VtNumber", "07", &drawn("07"));
        }),
        field,
    );
    add(
        "a number before the seal, in a revision of its own",
        {
            let filled = append(open, |update, source| {
                number(update, source, "VtNumber", "07", &drawn("07"))
            });
            corpus().signer("org").sign_plainly(&filled)
        },
        field,
    );
    add(
        "a number with the signature of a person",
        signed_with(open, "ec", |update, source| {
            number(update, source, "VtNumber", "07", &drawn("07"));
        }),
        field,
    );
    add(
        "a second number",
        {
            let once = signed_with(open, "org", |update, source| {
                number(update, source, "VtNumber", "07", &drawn("07"))
            });
            append(&once, |update, source| number(update, source, "VtNumber", "08", &drawn("08")))
        },
        field,
    );
    // Each of these may come with a signature; with a number none may.
    add(
        "another field filled with the seal",
        signed_with(open, "org", note),
        Expected::Permitted("form-filled"),
    );
    add(
        "another field filled with the number",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "07", &drawn("07"));
            note(update, source);
        }),
        field,
    );
    add(
        "metadata changed with the seal",
        signed_with(open, "org", |update, _| metadata(update)),
        Expected::Permitted("metadata"),
    );
    add(
        "metadata changed with the number",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "07", &drawn("07"));
            metadata(update);
        }),
        field,
    );
    add(
        "another number drawn than entered",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "07", &drawn("99"));
        }),
        field,
    );
    add(
        "words instead of digits",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "khong", "BT /VtSerif 13 Tf 0 g 10 5 Td () Tj ET");
        }),
        field,
    );
    add(
        "more digits than a number has",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "1234567", &drawn("1234567"));
        }),
        field,
    );
    add(
        "an image in the box",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "07", &(drawn("07") + " /Im0 Do"));
        }),
        field,
    );
    add(
        "a box painted over",
        signed_with(open, "org", |update, source| {
            number(
                update,
                source,
                "VtNumber",
                "07",
                &("1 g 0 0 100 20 re f ".to_owned() + &drawn("07")),
            );
        }),
        field,
    );
    add(
        "the box made larger over other text",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "07", &drawn("07"));
            let field = found(source, "VtNumber");
            let Object::Dictionary(mut dictionary) = update.object(field.id).unwrap() else {
                panic!()
            };
            dictionary.set("Rect", vec![0.into(), 0.into(), 600.into(), 800.into()]);
            update.set(field.id, dictionary.into());
        }),
        field,
    );
    add(
        "text elsewhere on the page",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "07", &drawn("07"));
            update
                .set((5, 0), Stream::new(Dictionary::new(), b"BT (forged) Tj ET".to_vec()).into());
        }),
        Expected::Forbidden("page-content"),
    );
    add(
        "a font that came along",
        signed_with(open, "org", |update, source| {
            number(update, source, "VtNumber", "07", &drawn("07"));
            let font = own_font(update, "30");
            let field = found(source, "VtNumber");
            let look = content_look(update, "VtSerif", font, &drawn("07"));
            let Object::Dictionary(mut dictionary) = update.object(field.id).unwrap() else {
                panic!()
            };
            dictionary.set("AP", dictionary! { "N" => look });
            update.set(field.id, dictionary.into());
        }),
        field,
    );
    add(
        "a field for a number that came with the seal",
        signed_with(open, "org", |update, source| {
            let (id, mut catalog) = source.catalog().unwrap();
            let extra = update.allocate();
            let look = content_look(update, "VtSerif", form_font(source, "VtSerif"), &drawn("07"));
            update.set(extra, dictionary! {
            "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx", "T" => literal("VtMonth"),
            "V" => Object::String(b"07".to_vec(), StringFormat::Literal), "AP" => dictionary! { "N" => look },
            "Rect" => vec![100.into(), 600.into(), 200.into(), 620.into()],
        }.into());
            let mut form = catalog.get(b"AcroForm").unwrap().as_dict().unwrap().clone();
            let mut fields = form.get(b"Fields").unwrap().as_array().unwrap().clone();
            fields.push(extra.into());
            form.set("Fields", fields);
            catalog.set("AcroForm", form);
            update.set(id, catalog.into());
        }),
        field,
    );
    cases
}
