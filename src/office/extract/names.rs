//! From the capitals of a head back to the way a name is written in a text: `ỦY BAN NHÂN DÂN
//! XÃ TÂN BÌNH` is `Ủy ban nhân dân xã Tân Bình`.
//!
//! Which words are common nouns follows Nghị định 30/2020/NĐ-CP Phụ lục II (viết hoa): the
//! kind of an agency begins with a capital, so does its field, places are capital in every
//! syllable. What is not listed is taken for a name.

use crate::domain::text::{fold, tidy};

/// Words that are written just so, longer ones before what they begin with.
const TERMS: &[&str] = &[
    "Ủy ban Mặt trận Tổ quốc Việt Nam",
    "Ủy ban Mặt trận Tổ quốc",
    "Ủy ban nhân dân",
    "Hội đồng nhân dân",
    "Tòa án nhân dân",
    "Viện kiểm sát nhân dân",
    "Văn hóa, Thể thao và Du lịch",
    "Văn hóa và Thông tin",
    "Văn hóa - Xã hội",
    "Văn hóa - Thông tin",
    "Thông tin và Truyền thông",
    "Tài nguyên và Môi trường",
    "Nông nghiệp và Phát triển nông thôn",
    "Nông nghiệp và Môi trường",
    "Giáo dục và Đào tạo",
    "Lao động - Thương binh và Xã hội",
    "Kế hoạch và Đầu tư",
    "Khoa học và Công nghệ",
    "Tài chính - Kế hoạch",
    "Kinh tế và Hạ tầng",
    "Kinh tế, Hạ tầng và Đô thị",
    "Dân tộc và Tôn giáo",
    "Phục vụ hành chính công",
    "Phát triển quỹ đất",
    "Giao thông vận tải",
    "Bảo hiểm xã hội",
    "Kho bạc Nhà nước",
    "Ngân hàng Nhà nước",
    "Ban Chỉ huy Quân sự",
    "Bộ Chỉ huy Quân sự",
    "Ban Quản lý dự án",
    "Ban Chỉ đạo",
    "Ban Quản lý",
    "Trung học cơ sở",
    "Trung học phổ thông",
    "Tiểu học",
    "Mầm non",
    "Trung tâm Y tế",
    "Y tế",
    "Nội vụ",
    "Tài chính",
    "Tư pháp",
    "Xây dựng",
    "Công Thương",
    "Kinh tế",
    "Tổng cục",
    "Chi cục",
    "Cục",
    "Thống kê",
    "Thuế",
    "Kiểm lâm",
    "Thủy lợi",
    "Văn phòng",
    "Trung tâm",
    "Thanh tra",
    "Công an",
    "Đảng ủy",
    "Tỉnh ủy",
    "Huyện ủy",
    "Trường",
    "Phòng",
    "Hạt",
    "Trạm",
    "Ban",
    "Bộ",
    "Sở",
    "Hội",
    "Viện",
    "thị trấn",
    "thành phố",
    "thị xã",
    "phường",
    "huyện",
    "quận",
    "tỉnh",
    "xã",
    "khu vực",
    "và",
    "thuộc",
    "số",
    // Positions.
    "Phó Chủ tịch Thường trực",
    "Phó Chủ tịch",
    "Chủ tịch",
    "Phó Chánh Văn phòng",
    "Chánh Văn phòng",
    "Phó Tổng Giám đốc",
    "Tổng Giám đốc",
    "Phó Giám đốc",
    "Giám đốc",
    "Phó Hiệu trưởng",
    "Hiệu trưởng",
    "Phó Trưởng phòng",
    "Trưởng phòng",
    "Phó Trưởng ban",
    "Trưởng ban",
    "Phó Trưởng Công an",
    "Trưởng Công an",
    "Phó Chi cục trưởng",
    "Chi cục trưởng",
    "Phó Cục trưởng",
    "Cục trưởng",
    "Chỉ huy trưởng",
    "Thứ trưởng",
    "Bộ trưởng",
    "Phó Bí thư Thường trực",
    "Phó Bí thư",
    "Bí thư",
    "Phó Chánh Thanh tra",
    "Chánh Thanh tra",
    "Phó Viện trưởng",
    "Viện trưởng",
    "Phó Chánh án",
    "Chánh án",
    "Trạm trưởng",
    "Trưởng đoàn",
    "Thủ tướng",
];

/// Abbreviations that heads use, and what they stand for.
const SHORT: &[(&str, &str)] = &[
    ("UBMTTQVN", "Ủy ban Mặt trận Tổ quốc Việt Nam"),
    ("UBMTTQ", "Ủy ban Mặt trận Tổ quốc"),
    ("UBND", "Ủy ban nhân dân"),
    ("HĐND", "Hội đồng nhân dân"),
    ("TP.", "thành phố"),
    ("TP", "thành phố"),
    ("TT.", "thị trấn"),
    ("THCS", "Trung học cơ sở"),
    ("THPT", "Trung học phổ thông"),
];

/// The name with its abbreviations written out.
pub fn written_out(name: &str) -> String {
    let words: Vec<String> = tidy(name)
        .split(' ')
        .map(|word| {
            let whole = SHORT.iter().find(|(short, _)| *short == word.to_uppercase());
            whole.map_or_else(|| word.to_owned(), |(_, whole)| (*whole).to_owned())
        })
        .collect();
    words.join(" ")
}

/// A name in capitals as it is written in a text. What is no capital is left as it is.
pub fn natural(capitals: &str) -> String {
    let words: Vec<String> = written_out(capitals).split(' ').map(str::to_owned).collect();
    let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let mut natural: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let rest = folded.get(at..).unwrap_or_default();
        let term = TERMS.iter().find_map(|term| {
            let parts: Vec<&str> = term.split(' ').collect();
            let fits = parts.len() <= rest.len()
                && parts.iter().zip(rest).all(|(part, word)| fold(part) == *word)
                // The same letters with other marks are another word, unless marks are lost.
                && parts.iter().zip(words.get(at..).unwrap_or_default()).all(|(part, word)| {
                    part.to_lowercase() == word.to_lowercase() || word.is_ascii()
                });
            fits.then_some((*term, parts.len()))
        });
        match term {
            Some((term, taken)) => {
                natural.push(term.to_owned());
                at += taken;
            }
            None => {
                natural.push(capitalised(word));
                at += 1;
            }
        }
    }
    let name = natural.join(" ");
    // The first letter of a name is always a capital.
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A syllable of a name; Roman numbers and what is mixed already stay as they are.
fn capitalised(word: &str) -> String {
    let roman = word.chars().all(|c| "IVX".contains(c));
    let mixed = word.chars().any(char::is_lowercase);
    if mixed || (roman && !word.is_empty()) || word.chars().count() == 1 {
        return word.to_owned();
    }
    let mut letters = word.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    first + &letters.as_str().to_lowercase()
}

/// A person's name in capitals as it is written in a text.
pub fn person(capitals: &str) -> String {
    capitals.split_whitespace().map(capitalised).collect::<Vec<_>>().join(" ")
}

/// Words with which the name of an agency begins, folded.
const BEGINNINGS: &[&str] = &[
    "uy ban",
    "ubnd",
    "ubmttq",
    "hdnd",
    "hoi dong",
    "so ",
    "bo ",
    "cuc ",
    "tong cuc",
    "chi cuc",
    "phong ",
    "ban ",
    "van phong",
    "trung tam",
    "cong an",
    "truong ",
    "bao hiem",
    "kho bac",
    "toa an",
    "vien ",
    "thanh tra",
    "dang uy",
    "huyen uy",
    "tinh uy",
    "thanh uy",
    "thi uy",
    "mat tran",
    "hoi ",
    "lien doan",
    "doan ",
    "chinh phu",
    "quoc hoi",
    "thu tuong",
    "ngan hang",
    "cong ty",
    "tap doan",
    "hat ",
    "tram ",
    "to ",
    "dai ",
    "doi ",
    "benh vien",
    "quy ",
    "thue ",
    "thong ke",
    "dang bo",
    "chi bo",
    "cong doan",
    "quan doi",
    "bo chi huy",
    "dien luc",
];

/// Whether a line of a head begins the name of an agency, rather than carrying one on.
pub fn begins_agency(line: &str) -> bool {
    let said = format!("{} ", fold(&tidy(line)));
    BEGINNINGS.iter().any(|beginning| said.starts_with(beginning))
}

/// Whether a name wants more: its kind stands there, but not whose or of what.
pub fn wants_more(name: &str) -> bool {
    let said = fold(&tidy(name));
    let alone = [
        "uy ban nhan dan",
        "hoi dong nhan dan",
        "ubnd",
        "hdnd",
        "van phong",
        "so",
        "bo",
        "phong",
        "ban",
        "trung tam",
        "cuc",
        "chi cuc",
        "ban quan ly",
        "ban quan ly du an",
        "ban chi dao",
        "cong an",
        "truong",
        "thanh tra",
        "dang uy",
        "bao hiem xa hoi",
        "kho bac nha nuoc",
        "hoi dong nhan dan va uy ban nhan dan",
        "van phong hoi dong nhan dan",
    ];
    let open = said.ends_with(" va") || said.ends_with(" -") || said.ends_with(',');
    open || alone.contains(&said.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_in_a_text() {
        for (head, text) in [
            ("ỦY BAN NHÂN DÂN XÃ TÂN BÌNH", "Ủy ban nhân dân xã Tân Bình"),
            ("UBND TỈNH HẬU GIANG", "Ủy ban nhân dân tỉnh Hậu Giang"),
            ("SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "Sở Thông tin và Truyền thông"),
            (
                "VĂN PHÒNG ỦY BAN NHÂN DÂN TỈNH HẬU GIANG",
                "Văn phòng Ủy ban nhân dân tỉnh Hậu Giang",
            ),
            ("PHÒNG LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", "Phòng Lao động - Thương binh và Xã hội"),
            ("PHÓ CHỦ TỊCH", "Phó Chủ tịch"),
            ("CHÁNH VĂN PHÒNG", "Chánh Văn phòng"),
            ("TRƯỞNG PHÒNG KINH TẾ", "Trưởng phòng Kinh tế"),
            ("UY BAN NHAN DAN XA TAN BINH", "Ủy ban nhân dân xã Tan Binh"),
        ] {
            assert_eq!(natural(head), text);
        }
        assert_eq!(person("NGUYỄN VĂN HÒA"), "Nguyễn Văn Hòa");
        assert_eq!(natural(""), "");
    }

    #[test]
    fn lines_of_a_head_are_begun_or_carried_on() {
        assert!(begins_agency("SỞ NỘI VỤ") && begins_agency("UBND HUYỆN"));
        assert!(!begins_agency("XÃ TÂN BÌNH") && !begins_agency("VÀ TRUYỀN THÔNG"));
        assert!(wants_more("VĂN PHÒNG") && wants_more("SỞ THÔNG TIN VÀ"));
        assert!(!wants_more("SỞ NỘI VỤ"));
    }
}
