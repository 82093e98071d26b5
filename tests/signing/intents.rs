//! A document that is PDF/A-2b stays so whatever colours its output intent is about: what is
//! drawn in red, green and blue says by which profile (ISO 19005-2, 6.2.4.3). The judge is
//! veraPDF (`tests/verapdf`), which shares nothing with us.

use jiff::Timestamp;
use lopdf::{Document, Object, Stream, dictionary};
use vanthu::domain::verdict::Verdict;
use vanthu::pdf::Rect;
use vanthu::pdf::appearance::{Appearance, Line, RED, Stamp, TextSide};
use vanthu::pdf::blanks::{Blank, Opening, Part};
use vanthu::pdf::font::Face;
use vanthu::signing::{CheckOptions, PageStamps, SigningJob, check};

use super::seeds::corpus;
use super::support::*;
use super::verapdf::{judge, seal, visible};

const GIVEN: &[u8] = include_bytes!("../data/pdfa/quyet-dinh.pdf");

/// As much of an output profile as tells its space: the header (ICC.1:2001-04, 6.1).
fn profile(space: &str) -> Vec<u8> {
    let mut header = vec![0; 132];
    header[..4].copy_from_slice(&132_u32.to_be_bytes());
    header[8..10].copy_from_slice(&[2, 0x40]);
    header[12..16].copy_from_slice(b"prtr");
    header[16..20].copy_from_slice(space.as_bytes());
    header[20..24].copy_from_slice(b"XYZ ");
    header[36..40].copy_from_slice(b"acsp");
    header
}

/// The decision with another output intent, or without one. What the page itself draws in red,
/// green and blue is by the profile that was the intent's.
fn intended(space: Option<(&str, i64)>) -> Vec<u8> {
    let mut document = Document::load_mem(GIVEN).unwrap();
    let profiles = document.objects.values().find_map(|object| {
        let intent = object.as_dict().ok()?;
        intent.get(b"DestOutputProfile").and_then(Object::as_reference).ok()
    });
    let srgb = profiles.expect("the profile of the intent");
    let page = document.page_iter().next().unwrap();
    let page = document.get_dictionary(page).unwrap();
    let resources = page.get(b"Resources").and_then(Object::as_reference).unwrap();
    let based = vec!["ICCBased".into(), Object::Reference(srgb)];
    let resources = document.get_object_mut(resources).unwrap().as_dict_mut().unwrap();
    resources.set("ColorSpace", dictionary! { "DefaultRGB" => based });
    let intents = space.map(|(space, inks)| {
        let stream = Stream::new(dictionary! { "N" => inks }, profile(space));
        let profile = document.add_object(stream);
        Object::from(dictionary! {
            "Type" => "OutputIntent", "S" => "GTS_PDFA1",
            "OutputConditionIdentifier" => Object::string_literal("Custom"),
            "Info" => Object::string_literal(space), "DestOutputProfile" => profile,
        })
    });
    let catalog = document.catalog_mut().unwrap();
    match intents {
        Some(intent) => catalog.set("OutputIntents", vec![intent]),
        None => drop(catalog.remove(b"OutputIntents")),
    }
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn signed(bytes: &[u8], who: &str, change: impl FnOnce(&mut SigningJob<'_>)) -> Vec<u8> {
    // Made with the first call: its certificates are no older than that.
    let mut signer = corpus().signer(who);
    let file = source(bytes);
    let mut job = SigningJob::new(&file, Timestamp::now());
    change(&mut job);
    signer.sign(&job).expect("a signature").to_bytes().unwrap()
}

fn number() -> Stamp {
    Stamp {
        text: "Số: 12/QĐ-UBND, ngày 05 tháng 3".to_owned(),
        face: Face::Serif,
        size: 13.0,
        colour: [0, 0, 0],
        x: 80.0,
        baseline: 400.0,
    }
}

fn opening() -> Opening {
    let rect = Rect::new(80.0, 396.0, 40.0, 16.0);
    let blank = Blank { rect, baseline: 400.0, font_size: 13.0, dotted: false };
    Opening { part: Part::Number, blank, text: "12".to_owned(), face: Face::Serif }
}

/// Everything that is drawn into a document, in both orders in which its number may come: the
/// file after the leader and after the seal.
fn drawn_into(given: &[u8]) -> [Vec<u8>; 4] {
    let name = Line { colour: RED, ..Line::new("Nguyễn Thị Ánh Nguyệt", 10.0) };
    let text = Appearance::text((120.0, 60.0), vec![name]);
    let both = Appearance {
        image: Some(seal()),
        lines: vec![Line::new("Ủy ban nhân dân xã Tân Bình", 8.0)],
        side: TextSide::Below,
        ..Appearance::default()
    };
    let numbered = signed(given, "ec", |job| {
        job.stamps = vec![PageStamps { page: 1, stamps: vec![number()] }];
        job.look = visible(330.0, text.clone());
    });
    let sealed = signed(&numbered, "org", |job| job.look = visible(200.0, both.clone()));
    let open = signed(given, "ec", |job| {
        job.keep_open = vec![opening()];
        job.look = visible(330.0, text);
    });
    let filled = signed(&open, "org", |job| {
        job.fill = vec![opening()];
        job.look = visible(200.0, both);
    });
    [numbered, sealed, open, filled]
}

/// Profiles that we put into a file: those of others have no alternate here.
fn profiles(bytes: &[u8]) -> usize {
    let document = Document::load_mem(bytes).unwrap();
    let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    streams.filter(|stream| stream.dict.has(b"Alternate")).count()
}

#[test]
fn pdf_a_stays_pdf_a_whatever_its_output_intent() {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, space) in [("cmyk", Some(("CMYK", 4))), ("gray", Some(("GRAY", 1))), ("none", None)]
    {
        let given = intended(space);
        let drawn = drawn_into(&given);
        for bytes in &drawn {
            let options = CheckOptions { trust: &corpus().trust, at: None, online: None };
            let report = check(bytes.as_slice().into(), &options).unwrap();
            assert_eq!(report.verdict, Verdict::Valid, "{name}: {:?}", report.signatures);
        }
        // One for each revision that draws; the seal's figures are by the one before it.
        assert_eq!(drawn.each_ref().map(|bytes| profiles(bytes)), [1, 2, 1, 2], "{name}");
        let invisible = signed(&given, "ec", |_| {});
        assert_eq!(profiles(&invisible), 0);
        files.push((format!("{name}-given.pdf"), given));
        let steps = ["numbered", "sealed", "open", "filled"];
        files.extend(steps.iter().zip(drawn).map(|(step, it)| (format!("{name}-{step}.pdf"), it)));
    }
    let files: Vec<_> = files.iter().map(|(name, it)| (name.as_str(), it.clone())).collect();
    let Some(said) = judge(&files) else { return };
    for ((name, _), (good, broken)) in files.iter().zip(said) {
        assert!(good, "{name} breaks\n{broken}");
    }
}

#[test]
fn where_the_intent_is_rgb_nothing_is_added() {
    for given in [GIVEN.to_vec(), letter()] {
        for bytes in drawn_into(&given) {
            assert_eq!(profiles(&bytes), 0);
            assert!(!String::from_utf8_lossy(&bytes).contains("DefaultRGB"));
        }
    }
}
