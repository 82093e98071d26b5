//! A document that is PDF/A-2b (ISO 19005-2) still is when it is numbered, signed, sealed and
//! made to last. The judge is veraPDF (`tests/verapdf`), which shares nothing with us.

use jiff::Timestamp;
use vanthu::domain::verdict::Verdict;
use vanthu::pdf::appearance::{Appearance, Line, Stamp, TextSide};
use vanthu::pdf::font::Face;
use vanthu::signing::{Level, Look, PageStamps, SigningJob};

use crate::support::*;
use crate::verapdf::{judge, seal, visible};

fn signed(bytes: &[u8], name: &str, level: Level, look: Look, stamps: Vec<PageStamps>) -> Vec<u8> {
    let (trust, file) = (trust(), source(bytes));
    let job = SigningJob {
        look,
        stamps,
        level,
        reason: Some("Ký duyệt".to_owned()),
        tsa_urls: vec![rig("RIG_TSA_URL")],
        trust: Some(&trust),
        ..SigningJob::new(&file, Timestamp::now())
    };
    Signer::new(name).sign(&job).expect("a signature").to_bytes().unwrap()
}

#[test]
fn what_is_pdf_a_stays_pdf_a() {
    let given = include_bytes!("../data/pdfa/quyet-dinh.pdf").to_vec();
    let number = vec![PageStamps {
        page: 1,
        stamps: vec![Stamp {
            text: "Số: 12/QĐ-UBND, ngày 05 tháng 3".to_owned(),
            face: Face::Serif,
            size: 13.0,
            colour: [0, 0, 0],
            x: 80.0,
            baseline: 400.0,
        }],
    }];
    let text = Appearance::text((120.0, 60.0), vec![Line::new("Nguyễn Thị Ánh Nguyệt", 10.0)]);
    let picture = Appearance { image: Some(seal()), ..Appearance::default() };
    let both = Appearance {
        image: Some(seal()),
        lines: vec![Line::new("Ủy ban nhân dân xã Tân Bình", 8.0)],
        side: TextSide::Below,
        ..Appearance::default()
    };
    let written = signed(&given, "leader", Level::Bb, visible(330.0, text), number);
    let pictured = signed(&written, "org", Level::Bt, visible(200.0, picture), Vec::new());
    let lasting = signed(&pictured, "leader", Level::Blta, visible(60.0, both), Vec::new());
    assert_eq!(checked(&lasting).verdict, Verdict::Valid, "{:?}", checked(&lasting));
    let files = [
        ("given.pdf", given),
        ("written.pdf", written),
        ("pictured.pdf", pictured),
        ("lasting.pdf", lasting),
        // Without embedded fonts, so that the judge is seen to say no.
        ("letter.pdf", letter()),
    ];
    let Some(said) = judge(&files) else { return };
    for ((name, _), (good, broken)) in files.iter().zip(said) {
        assert_eq!(good, *name != "letter.pdf", "{name} breaks\n{broken}");
    }
}
