//! What is typed, and what it means.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn fields(typed: &str) -> Vec<(Field, String, bool)> {
    let terms = Query::parse(typed).terms;
    terms.into_iter().map(|term| (term.field, term.words.join(" "), term.prefix)).collect()
}

#[test]
fn words_phrases_and_fields_are_told_apart() {
    assert_eq!(
        fields("quyết \"định khen\" số:07/QĐ-UBND từ:\"Sở Nội vụ\" người ký:ánh"),
        [
            (Field::Any, "quyet".to_owned(), false),
            (Field::Any, "dinh khen".to_owned(), false),
            (Field::Code, "7 qd ubnd".to_owned(), false),
            (Field::From, "so noi vu".to_owned(), false),
            (Field::Signer, "anh".to_owned(), true),
        ]
    );
}

#[test]
fn a_name_may_be_followed_by_a_space_and_written_without_diacritics() {
    assert_eq!(fields("so den: 15"), [(Field::ArrivalNumber, "15".to_owned(), false)]);
    assert_eq!(fields("Số đến:15-KNTC"), [(Field::ArrivalNumber, "15".to_owned(), false)]);
    assert_eq!(fields("noi nhan:xã"), [(Field::To, "xa".to_owned(), true)]);
    assert_eq!(fields("bên gửi:\"sở y tế\""), [(Field::Sender, "so y te".to_owned(), false)]);
    // A recipient is no sender, though one word is in both names.
    assert_eq!(fields("gửi:xã"), [(Field::To, "xa".to_owned(), true)]);
}

#[test]
fn what_is_no_name_is_a_word() {
    assert_eq!(
        fields("V/v: họp 12:30"),
        [
            (Field::Any, "v v".to_owned(), false),
            (Field::Any, "hop".to_owned(), false),
            (Field::Any, "12 30".to_owned(), true),
        ]
    );
    assert!(Query::parse("  ").is_empty());
    assert!(Query::parse("- * /").is_void);
}

#[test]
fn numbers_of_documents_do_not_go_on() {
    assert_eq!(fields("số:7"), [(Field::Code, "7".to_owned(), false)]);
    assert_eq!(fields("số:7/q"), [(Field::Code, "7 q".to_owned(), true)]);
    assert_eq!(fields("\"đang gõ"), [(Field::Any, "dang go".to_owned(), false)]);
}

#[test]
fn dates_are_days_months_years_and_ranges() {
    let days = |typed: &str| Query::parse(typed).terms.first().and_then(|term| term.days);
    let november = Some((date(2026, 11, 1), date(2026, 11, 30)));
    assert_eq!(days("ngày:2026-11"), november);
    assert_eq!(days("ngày:11/2026"), november);
    assert_eq!(days("đến:23/11/2026"), Some((date(2026, 11, 23), date(2026, 11, 23))));
    assert_eq!(days("hạn:11/2026"), november);
    assert_eq!(days("thời hạn:2026-11"), november);
    assert_eq!(days("date:2026"), Some((date(2026, 1, 1), date(2026, 12, 31))));
    assert_eq!(days("ngày:2026-11-20..2026-12-02"), Some((date(2026, 11, 20), date(2026, 12, 2))));
    assert_eq!(days("ngày:31/02/2026"), None);
}

#[test]
#[allow(clippy::single_range_in_vec_init)] // the ranges themselves are compared
fn what_was_found_is_marked_with_its_diacritics() {
    let query = Query::parse("bang khen");
    let terms = query.marked_in(&[Field::Any]);
    let text = "tặng Bằng khen; bảng khenh";
    let marked: Vec<&str> = marks(text, &terms).into_iter().map(|range| &text[range]).collect();
    assert_eq!(marked, ["Bằng", "khen", "bảng", "khenh"]);
    let query = Query::parse("\"bằng khen\"");
    let terms = query.marked_in(&[Field::Any]);
    assert_eq!(marks(text, &terms), ["tặng ".len().."tặng Bằng khen".len()]);
    let query = Query::parse("bang");
    let terms = query.marked_in(&[Field::Any]);
    let decomposed = "Ba\u{306}\u{300}ng";
    assert_eq!(marks(decomposed, &terms), [0..decomposed.len()]);
    let code = Query::parse("số:7/QĐ-UBND");
    let terms = code.marked_in(&[Field::Code]);
    assert_eq!(marks("07/QĐ-UBND", &terms), [0.."07/QĐ-UBND".len()]);
}

#[test]
fn a_snippet_stands_around_what_was_found() {
    let query = Query::parse("\"hộ nghèo\"");
    let terms = query.marked_in(&[Field::Any]);
    let text =
        format!("{}\nrà soát hộ nghèo {}", "đầu trang ".repeat(30), "và tiếp tục ".repeat(30));
    let snippet = snippet(&text, &terms).unwrap();
    assert!(snippet.text.starts_with("… ") && snippet.text.ends_with(" …"), "{snippet:?}");
    assert!(snippet.text.contains("rà soát hộ nghèo") && snippet.text.chars().count() < 230);
    let marked: Vec<&str> = snippet.marks.iter().map(|r| &snippet.text[r.clone()]).collect();
    assert_eq!(marked, ["hộ nghèo"]);
    assert_eq!(super::snippet("không có", &terms), None);
}

proptest! {
    #[test]
    fn whatever_is_typed_is_read(typed in any::<String>(), text in any::<String>()) {
        let query = Query::parse(&typed);
        let terms: Vec<&Term> = query.terms.iter().collect();
        for range in marks(&text, &terms) {
            prop_assert!(text.get(range).is_some_and(|piece| !piece.is_empty()));
        }
        if let Some(found) = snippet(&text, &terms) {
            for range in found.marks {
                prop_assert!(found.text.get(range).is_some());
            }
        }
    }

    #[test]
    fn parts_of_the_calendar_are_all_its_days(from in 0i32..3000, length in 0i32..1500) {
        let first = date(2020, 1, 1).checked_add(from.days()).unwrap();
        let last = first.checked_add(length.days()).unwrap();
        let parts = calendar_parts(first, last);
        let mut day = first;
        while day <= last {
            let held = ["%Y", "%Y%m", "%Y%m%d"]
                .iter()
                .filter(|form| parts.contains(&day.strftime(form).to_string()))
                .count();
            prop_assert_eq!(held, 1, "{}", day);
            day = day.checked_add(1.day()).unwrap();
        }
        prop_assert!(parts.len() <= 2 * (30 + 11) + 6, "{:?}", parts);
    }
}
