//! A document that is PDF/A-2b (ISO 19005-2) still is when it is numbered, signed, sealed and
//! made to last. The judge is veraPDF (`tests/verapdf`), which shares nothing with us.

use jiff::Timestamp;
use vanthu::domain::verdict::Verdict;
use vanthu::pdf::Rect;
use vanthu::pdf::appearance::{Appearance, Line, Stamp, TextSide};
use vanthu::pdf::font::Face;
use vanthu::signing::{Level, Look, PageStamps, SigningJob};

use crate::support::*;
use crate::verapdf::judge;

/// A red ring of 40 by 40 pixels, half transparent and all transparent around it.
fn seal() -> Vec<u8> {
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

fn visible(x: f32, appearance: Appearance) -> Look {
    Look::Visible { page: 1, rect: Rect::new(x, 480.0, 120.0, 60.0), appearance }
}

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
