use proptest::prelude::*;

use super::*;
use crate::pdf::text::tests::set;

const WANTED: Wanted<'static> =
    Wanted { number: "07", notation: "QĐ-UBND", day: "06", month: "02", year: "2026" };

fn page(number: &str, date: &str) -> PageText {
    let mut chars = set("ỦY BAN NHÂN DÂN", 90.0, 780.0, 13.0);
    chars.extend(set("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 270.0, 780.0, 13.0));
    chars.extend(set(number, 110.0, 740.0, 13.0));
    chars.extend(set(date, 310.0, 740.2, 13.0));
    chars.extend(set("Căn cứ Luật ngày 16 tháng 6 năm 2025, ngày   tháng", 90.0, 700.0, 14.0));
    PageText::new(chars)
}

fn head(number: &str, date: &str) -> IssueHead {
    read_issue_head(&page(number, date))
}

fn texts(head: &IssueHead) -> Vec<(Part, String)> {
    head.openings(&WANTED).into_iter().map(|one| (one.part, one.text)).collect()
}

fn blank_of(slot: &Option<Slot>) -> Blank {
    match slot {
        Some(Slot::Blank(blank) | Slot::Begun { blank, .. }) => *blank,
        other => panic!("{other:?}"),
    }
}

#[test]
fn blanks_of_number_and_date_are_found() {
    let head = head("Số:         /QĐ-UBND", "Tân Bình, ngày      tháng      năm 2026");
    assert!(head.missing().is_empty() && head.differing(&WANTED).is_empty());
    let expected = [(Part::Number, "07"), (Part::Day, "06"), (Part::Month, "02")];
    assert_eq!(texts(&head), expected.map(|(part, text)| (part, text.to_owned())));
    let number = blank_of(&head.number);
    assert_eq!((number.baseline, number.font_size, number.dotted), (740.0, 13.0, false));
    let left = 110.0 + Face::Serif.width("Số:", 13.0);
    let right = left + Face::Serif.width("         ", 13.0);
    assert!(number.rect.x > left && number.rect.right() < right);
    assert!(blank_of(&head.day).rect.right() < blank_of(&head.month).rect.x);
    assert_eq!(head.as_written(), "Số: …/QĐ-UBND, ngày … tháng … năm 2026");
}

#[test]
fn dots_and_underscores_are_blanks_too() {
    for (number, date) in [
        ("Số: ……/QĐ-UBND", "Tân Bình, ngày .... tháng …… năm 2026"),
        ("Số:_____/QĐ-UBND", "Tân Bình, ngày ___ tháng ___ năm 2026"),
        ("Số …./QĐ-UBND", "Tân Bình, ngày … tháng … năm 2026."),
    ] {
        let head = head(number, date);
        assert!(head.missing().is_empty(), "{number}: {head:?}");
        assert_eq!(texts(&head).len(), 3, "{number}");
        assert!(blank_of(&head.number).dotted && blank_of(&head.day).dotted);
    }
}

#[test]
fn what_is_written_is_compared_and_not_stamped() {
    let same = head("Số: 7/QĐ-UBND", "Tân Bình, ngày 06 tháng 2 năm 2026");
    assert!(same.differing(&WANTED).is_empty() && same.missing().is_empty());
    assert_eq!(texts(&same), []);
    let other = head("Số: 123/QĐ-UBND", "Tân Bình, ngày 16 tháng 11 năm 2025");
    assert_eq!(other.differing(&WANTED), [Part::Number, Part::Day, Part::Month, Part::Year]);
    assert_eq!(other.as_written(), "Số: 123/QĐ-UBND, ngày 16 tháng 11 năm 2025");
    assert_eq!(texts(&other), []);
    let typed = head("Số: 12a/TB-UBND", "Tân Bình, ngày 6 tháng 2 năm 2026");
    assert_eq!(typed.differing(&WANTED), [Part::Number, Part::Notation]);
}

#[test]
fn half_a_blank_is_compared_and_filled() {
    let head = head("Số:       /QĐ-UBND", "Tân Bình, ngày      tháng 11 năm 20…");
    assert_eq!(head.differing(&WANTED), [Part::Month]);
    let wanted = Wanted { month: "11", ..WANTED };
    assert!(head.differing(&wanted).is_empty());
    let texts: Vec<_> = head.openings(&wanted).into_iter().map(|one| one.text).collect();
    assert_eq!(texts, ["07", "06", "26"]);
    assert_eq!(head.differing(&Wanted { year: "1999", ..wanted }), [Part::Year]);
    assert_eq!(head.as_written(), "Số: …/QĐ-UBND, ngày … tháng 11 năm 20…");
}

#[test]
fn a_notation_is_compared_filled_or_written_with_the_number() {
    let open = head("Số: 07/……", "Tân Bình, ngày 06 tháng 02 năm 2026");
    assert_eq!(texts(&open), [(Part::Notation, "QĐ-UBND".to_owned())]);
    let none = head("Số: …………………", "Tân Bình, ngày 06 tháng 02 năm 2026");
    assert_eq!(texts(&none), [(Part::Number, "07/QĐ-UBND".to_owned())]);
    let other = head("Số:      /TB-UBND", "Tân Bình, ngày 06 tháng 02 năm 2026");
    assert_eq!(other.differing(&WANTED), [Part::Notation]);
    // The letter that old keyboards give, and another hyphen.
    let old = head("Số:      /QÐ–UBND", "Tân Bình, ngày 06 tháng 02 năm 2026");
    assert!(old.differing(&WANTED).is_empty(), "{old:?}");
}

#[test]
fn no_room_is_no_place() {
    let head = head("Số: /QĐ-UBND", "Tân Bình, ngày       tháng 02 năm 2026");
    assert_eq!(head.missing(), [Part::Number]);
    assert_eq!(IssueHead::default().missing().len(), 4);
}

#[test]
fn a_date_in_the_text_is_not_the_date_of_the_document() {
    let mut chars = page("Số: 07/UBND-VX", "Tân Bình").chars;
    chars.extend(set("Cuộc họp, ngày       tháng       năm 2026", 90.0, 650.0, 14.0));
    let head = read_issue_head(&PageText::new(chars));
    assert_eq!(head.missing(), [Part::Day, Part::Month, Part::Year]);
    // Nor is a number in a sentence the number of the document.
    let text = set("theo Luật số: 15/2026 và Số 7/QĐ-UBND", 90.0, 700.0, 13.0);
    assert_eq!(read_issue_head(&PageText::new(text)), IssueHead::default());
}

#[test]
fn a_blank_year_is_found() {
    let head = head("Số:      /TB-UBND", "Tân Bình, ngày     tháng     năm      ");
    let year = blank_of(&head.year);
    assert!(year.rect.width >= Face::SerifItalic.width("2026", year.font_size));
}

#[test]
fn long_numbers_are_squeezed_into_their_blank() {
    let head = head("Số:     /QĐ-UBND", "Tân Bình, ngày      tháng      năm 2026");
    let rect = blank_of(&head.number).rect;
    for number in ["7", "1234", "123456789012"] {
        let stamp = head.openings(&Wanted { number, ..WANTED })[0].stamp();
        assert!(stamp.x >= rect.x - 0.01);
        assert!(stamp.x + stamp.face.width(number, stamp.size) <= rect.right() + 0.01);
    }
}

proptest! {
    #[test]
    fn any_page_is_survived(
        raw in proptest::collection::vec((prop::sample::select("Số:/,ngàythángnăm.…2_07".chars().collect::<Vec<_>>()), any::<f32>(), -5f32..5.0, any::<f32>()), 0..40),
    ) {
        let page = PageText::new(raw.into_iter().map(|(ch, x, y, size)| Glyph {
            ch, rect: Rect::new(x, y, size, size), pen: x, baseline: y, size, face: 0, }));
        let head = read_issue_head(&page);
        let _ = (head.openings(&WANTED), head.differing(&WANTED), head.as_written());
    }

    #[test]
    fn room_for_the_number_is_found_whatever_its_width(spaces in 4usize..30, size in 11f32..15.0) {
        let text = format!("Số:{}/UBND-VX", " ".repeat(spaces));
        let page = PageText::new(set(&text, 100.0, 700.0, size));
        let blank = blank_of(&read_issue_head(&page).number);
        let room = Face::Serif.width(&" ".repeat(spaces), size);
        prop_assert!((blank.rect.width - (room - 0.24 * size)).abs() < 0.01);
    }

    #[test]
    fn a_written_number_is_read_as_it_stands(number in 1u32..99_999, day in 1u32..32) {
        let page = page(&format!("Số: {number}/QĐ-UBND"), &format!("Tân Bình, ngày {day:02} tháng 02 năm 2026"));
        let head = read_issue_head(&page);
        let (number, day) = (number.to_string(), day.to_string());
        let wanted = Wanted { number: &number, day: &day, ..WANTED };
        prop_assert!(head.differing(&wanted).is_empty());
        prop_assert!(head.openings(&wanted).is_empty());
        let other = format!("{number}1");
        prop_assert_eq!(head.differing(&Wanted { number: &other, ..wanted }), vec![Part::Number]);
    }
}
