//! Whether two names are of one agency, or of one person, however they are written: with the
//! tone on another letter (`uỷ`, `ủy`), in capitals, abbreviated, without diacritics.
//!
//! Careful rather than clever: `xã Tân Phước` and `xã Tân Phước Hưng` are two communes, and so
//! are `Tân Hòa` and `Tân Hóa`.

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::text;
use crate::domain::verdict::Answer;

/// Grave, acute, tilde, hook, dot: the tones of Vietnamese.
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

const ABBREVIATIONS: [(&str, &str); 8] = [
    ("ubnd", "ủy ban nhân dân"),
    ("hđnd", "hội đồng nhân dân"),
    ("hdnd", "hội đồng nhân dân"),
    ("ubmttq", "ủy ban mặt trận tổ quốc"),
    ("vp", "văn phòng"),
    ("tp", "thành phố"),
    ("tx", "thị xã"),
    ("tt", "thị trấn"),
];

/// With these the name of the place begins to which an agency belongs.
const PLACES: [&str; 8] =
    ["tỉnh", "huyện", "quận", "xã", "phường", "thành phố", "thị xã", "thị trấn"];

/// Every place has one of these: without the place they name nobody.
const EVERYWHERE: [&str; 2] = ["ủy ban", "hội đồng"];

const TITLES: [&str; 9] = ["ông", "bà", "ts", "ths", "gs", "pgs", "bs", "ks", "cn"];

/// Whether both are names of one agency: the same words, one of them perhaps with the place
/// to which the agency belongs added (`Sở Nội vụ`, `Sở Nội vụ tỉnh Hậu Giang`). Where without
/// the place many could be meant (`Ủy ban nhân dân`), nobody can tell.
pub(super) fn same_agency(one: &str, other: &str) -> Answer {
    const FEWEST: usize = 3;
    let (one, other, plain) = pair(one, other);
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let Some(rest) = long.strip_prefix(short.as_slice()).filter(|_| !short.is_empty()) else {
        return Answer::No;
    };
    let is = |name: &&str, part: &[String]| part.starts_with(&words(name, plain));
    let has_place = (0..short.len()).any(|from| {
        let part = short.get(from..).unwrap_or_default();
        PLACES.iter().any(|place| is(place, part))
    });
    if rest.is_empty() {
        Answer::Ok
    } else if !PLACES.iter().any(|place| is(place, rest)) {
        Answer::No
    } else if has_place
        || (short.len() >= FEWEST && !EVERYWHERE.iter().any(|name| is(name, &short)))
    {
        Answer::Ok
    } else {
        Answer::Unknown
    }
}

/// Whether both are names of one person, forms of address left aside.
pub(super) fn same_person(one: &str, other: &str) -> bool {
    let (one, other, plain) = pair(one, other);
    let titles: Vec<String> = TITLES.iter().flat_map(|title| words(title, plain)).collect();
    let bare = |name: &[String]| -> Vec<String> {
        name.iter().skip_while(|word| titles.contains(word)).cloned().collect()
    };
    !one.is_empty() && (one == other || (!bare(&one).is_empty() && bare(&one) == bare(&other)))
}

/// Both in words; without diacritics where one of them has none.
fn pair(one: &str, other: &str) -> (Vec<String>, Vec<String>, bool) {
    let plain = [one, other].iter().any(|name| outside_brackets(name).is_ascii());
    (words(one, plain), words(other, plain), plain)
}

/// Lower-case words, abbreviations written out, each with its tone at the end.
fn words(name: &str, plain: bool) -> Vec<String> {
    let lower = text::compose(&outside_brackets(name)).to_lowercase();
    let mut found = Vec::new();
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let whole = ABBREVIATIONS.iter().find(|(short, _)| *short == word);
        found.extend(
            whole
                .map_or(word, |(_, whole)| whole)
                .split(' ')
                .map(|word| if plain { text::fold(word) } else { tone_last(word) }),
        );
    }
    found
}

fn tone_last(word: &str) -> String {
    let (tones, letters): (Vec<char>, Vec<char>) = word.nfd().partition(|c| TONES.contains(c));
    letters.into_iter().chain(tones).collect()
}

/// What stands in brackets is a remark: a title, an age of the infrastructure, a warning.
fn outside_brackets(name: &str) -> String {
    let mut depth = 0_u32;
    let keep = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    name.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn both(one: &str, other: &str) -> [Answer; 2] {
        [same_agency(one, other), same_agency(other, one)]
    }

    #[test]
    fn one_agency_in_many_spellings() {
        let name = "Ủy ban nhân dân xã Tân Bình";
        for same in [
            name,
            "UỶ BAN NHÂN DÂN XÃ TÂN BÌNH",
            "UBND xã Tân Bình",
            "UBND XA TAN BINH",
            "Ủy ban nhân dân xã Tân Bình, huyện Phụng Hiệp",
            "Ủy ban nhân dân xã Tân Bình (THỬ NGHIỆM)",
        ] {
            assert_eq!(both(name, same), [Answer::Ok; 2], "{same}");
        }
        for other in [
            "Ủy ban nhân dân xã Tân Bình Thạnh",
            "Ủy ban nhân dân xã Tân Bính",
            "Văn phòng Ủy ban nhân dân xã Tân Bình",
            "Hội đồng nhân dân xã Tân Bình",
            "",
        ] {
            assert_eq!(both(name, other), [Answer::No; 2], "{other}");
        }
        assert_eq!(both(name, "Ủy ban nhân dân"), [Answer::Unknown; 2]);
        assert_eq!(same_agency("Sở Nội vụ", "Sở Nội vụ tỉnh Hậu Giang"), Answer::Ok);
        let city = "Ủy ban nhân dân thành phố Cần Thơ";
        assert_eq!(same_agency("UBND TP Cần Thơ", city), Answer::Ok);
        assert_eq!(same_agency("", ""), Answer::No);
    }

    #[test]
    fn one_person_in_many_spellings() {
        let name = "Nguyễn Thị Ánh Nguyệt";
        for same in [
            name,
            "NGUYỄN THỊ ÁNH NGUYỆT",
            "NGUYEN THI ANH NGUYET",
            "Bà Nguyễn Thị Ánh Nguyệt",
            "ThS. Nguyễn Thị Ánh Nguyệt (Chủ tịch)",
        ] {
            assert!(same_person(name, same) && same_person(same, name), "{same}");
        }
        for other in ["Nguyễn Thị Ánh", "Nguyễn Thị Anh Nguyệt", "Trần Văn An", "", "Bà"]
        {
            assert!(!same_person(name, other) && !same_person(other, name), "{other}");
        }
        assert!(same_person("Hoà", "Hòa"));
    }

    proptest! {
        #[test]
        fn a_name_is_its_own(name in "[A-Za-zĐđÀ-ỹ ,()]{0,40}") {
            let empty = words(&name, false).is_empty();
            prop_assert_eq!(same_agency(&name, &name) == Answer::Ok, !empty);
            prop_assert_eq!(same_person(&name, &name), !empty);
        }
    }
}
