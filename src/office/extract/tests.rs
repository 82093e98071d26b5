//! Whole pages: as the program sets them, and as another program did.

use std::sync::{Arc, LazyLock};

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::office::layout::{compose, samples};
use crate::pdf::text::Glyph;

fn profile() -> &'static Profile {
    static PROFILE: LazyLock<Profile> = LazyLock::new(|| Profile::built_in("current").unwrap());
    &PROFILE
}

fn of(pdf: Vec<u8>) -> Reading {
    read_file(&Arc::from(pdf), profile()).unwrap()
}

fn draft(name: &str) -> Reading {
    of(std::fs::read(format!("{}/tests/data/drafts/{name}.pdf", env!("CARGO_MANIFEST_DIR")))
        .unwrap())
}

fn said(reading: &Reading, field: Field) -> String {
    reading.proposal(field).map(|proposal| proposal.value.shown()).unwrap_or_default()
}

#[test]
fn every_sample_is_read_as_it_was_written() {
    for sample in samples() {
        let mut sheet = sample.sheet.clone();
        sheet.code.number = "09".into();
        sheet.date = Some(date(2026, 2, 6));
        let reading = of(compose(&sheet).unwrap());
        let key = &sample.key;
        let kind = match reading.proposal(Field::Type).map(|one| &one.value) {
            Some(Value::Type { key, .. }) => key.clone(),
            _ => String::new(),
        };
        assert_eq!(kind, sample.type_key, "{key}");
        assert_eq!(said(&reading, Field::Number), "09", "{key}");
        assert_eq!(said(&reading, Field::Notation), sheet.code.notation, "{key}");
        assert_eq!(said(&reading, Field::Date), "06/02/2026", "{key}");
        assert_eq!(said(&reading, Field::Place), sheet.place, "{key}");
        assert_eq!(said(&reading, Field::Subject), sheet.subject, "{key}");
        assert_eq!(said(&reading, Field::Signer), sheet.signer.full_name, "{key}");
        assert_eq!(said(&reading, Field::Position), sheet.signer.position, "{key}");
        let competence = sheet.signer.competence.trim().to_owned();
        assert_eq!(said(&reading, Field::Competence), competence, "{key}");
        for proposal in &reading.proposals {
            assert!(proposal.confidence > 0.7, "{key}: {proposal:?}");
        }
    }
}

#[test]
fn a_place_is_where_it_is_drawn() {
    let mut sheet = samples().swap_remove(0).sheet;
    sheet.code.number = "112".into();
    let reading = of(compose(&sheet).unwrap());
    let number = reading.proposal(Field::Number).unwrap().spot.clone().unwrap();
    let [rect] = number.rects.as_slice() else { panic!("{number:?}") };
    // Upper left quarter, three digits of thirteen points.
    assert_eq!(number.page, 0);
    assert!(rect.x > 80.0 && rect.right() < 260.0, "{rect:?}");
    assert!(rect.y > 56.0 && rect.y + rect.height < 180.0, "{rect:?}");
    assert!((rect.width - 19.5).abs() < 2.0, "{rect:?}");
    let signer = reading.proposal(Field::Signer).unwrap().spot.clone().unwrap();
    assert_eq!(signer.page, 1);
    assert!(signer.rects[0].x > 300.0);
}

#[test]
fn drafts_of_another_program_are_read() {
    let letter = draft("cong-van");
    assert_eq!(said(&letter, Field::Type), "Công văn");
    assert_eq!(
        said(&letter, Field::Subject),
        "báo cáo kết quả thực hiện cải cách hành chính quý IV"
    );
    assert_eq!(said(&letter, Field::Signer), "Trần Thị Mỹ Duyên");
    assert_eq!(said(&letter, Field::Competence), "TM. Ủy ban nhân dân\nKT. Chủ tịch");
    let landscape = draft("giay-moi-ngang");
    assert_eq!(said(&landscape, Field::Number), "123");
    assert_eq!(said(&landscape, Field::Date), "05/11/2026");
    let annexed = draft("ke-hoach-hai-trang");
    assert_eq!(said(&annexed, Field::Signer), "Nguyễn Văn Hòa");
    assert_eq!(annexed.proposal(Field::Signer).unwrap().spot.as_ref().unwrap().page, 1);
    // Two sign; nobody can tell which of them is meant.
    let both = draft("bien-ban-a3");
    assert!(both.proposal(Field::Signer).unwrap().confidence < 0.7);
}

#[test]
fn what_is_left_blank_is_not_proposed() {
    for name in ["cong-van", "quyet-dinh", "to-trinh", "ke-hoach-hai-trang"] {
        let reading = draft(name);
        // The dates of the legal bases below are not the document's.
        assert_eq!(said(&reading, Field::Date), "", "{name}");
        assert_eq!(said(&reading, Field::Number), "", "{name}");
        assert_eq!(said(&reading, Field::Secrecy), "", "{name}");
    }
}

#[test]
fn an_agency_of_the_directory_is_found_under_its_superior() {
    let agency = |code: &str, name: &str, over: &str| {
        let code = crate::domain::agency::AgencyCode::new(code).unwrap();
        Agency { in_charge: over.into(), ..Agency::new(code, name) }
    };
    let list = [
        agency("H30.11", "Sở Nội vụ", "UBND tỉnh Hậu Giang"),
        agency("H59.11", "Sở Nội vụ", "UBND tỉnh Sóc Trăng"),
    ];
    let mut sheet = samples().swap_remove(0).sheet;
    sheet.superior = "UBND tỉnh Hậu Giang".into();
    sheet.issuer = "Sở Nội vụ".into();
    let pdf: Arc<[u8]> = compose(&sheet).unwrap().into();
    let source = crate::pdf::structure::Source::parse(pdf).unwrap();
    let document = crate::pdf::render::Renderer::start().unwrap().open_source(&source).unwrap();
    let sheets = sheets(&source, &document).unwrap();
    let reading = read(&sheets, 1, profile(), list.as_slice());
    let Some(Value::Issuer { agency: Some(agency), superiors, .. }) =
        reading.proposal(Field::Issuer).map(|one| one.value.clone())
    else {
        panic!("{reading:?}")
    };
    assert_eq!(agency.agency.as_str(), "H30.11");
    assert_eq!(superiors, ["Ủy ban nhân dân tỉnh Hậu Giang"]);
    let mut metadata = Metadata::default();
    let filled = reading.fill(&mut metadata, 0.9);
    assert!(filled.contains(&Field::Issuer) && filled.contains(&Field::Subject), "{filled:?}");
    assert_eq!(metadata.issuer, Some(agency));
    assert!(
        differences(&metadata, &reading)
            .iter()
            .all(|one| one.grade == Grade::Agrees || one.stated.is_empty())
    );
}

proptest! {
    /// Whatever stands wherever on whatever paper: no panic, confidences in their bounds.
    #[test]
    fn any_page_is_survived(
        boxes in proptest::collection::vec(
            (
                prop_oneof![
                    "[A-ZĐa-zà-ỹ0-9/:.-]{1,12}",
                    Just("Số:".to_owned()),
                    Just("CỘNG HÒA XÃ HỘI".to_owned()),
                    Just("ngày 05 tháng 11 năm 2026".to_owned()),
                    Just("TM. ỦY BAN".to_owned()),
                    Just("V/v".to_owned()),
                    Just("QUYẾT ĐỊNH".to_owned()),
                    Just("Nơi nhận:".to_owned()),
                    Just("Nguyễn Văn Hòa".to_owned()),
                    ".{0,6}",
                ],
                prop_oneof![-50f32..900.0, any::<f32>()],
                prop_oneof![-50f32..1200.0, any::<f32>()],
                prop_oneof![4f32..20.0, any::<f32>()],
            ),
            0..30,
        ),
        size in (1f32..2000.0, 1f32..2000.0),
        certainty in any::<f32>(),
    ) {
        let chars = boxes.iter().flat_map(|(text, x, y, size)| {
            text.chars().enumerate().map(move |(at, ch)| {
                let x = x + 0.5 * size * at as f32;
                let rect = Rect::new(x, *y, 0.5 * size, *size);
                Glyph { ch, rect, pen: x, baseline: *y, size: *size, face: 0 }
            })
        });
        let text = PageText::new(chars);
        for origin in [Origin::Text, Origin::Recognised { certainty }, Origin::Unread] {
            let sheet = Sheet { page: 0, text: text.clone(), size, origin };
            let reading = read(&[sheet], 1, profile(), &NoAgencies);
            for proposal in &reading.proposals {
                prop_assert!((0.0..=1.0).contains(&proposal.confidence));
            }
            let mut metadata = Metadata::default();
            let _ = reading.fill(&mut metadata, 0.0);
            let _ = differences(&metadata, &reading);
        }
    }
}
