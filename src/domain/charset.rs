//! Text that is not Unicode: what TCVN3 (ABC) and VNI fonts left behind.
//!
//! Documents are Unicode per TCVN 6909:2001 (Quyết định 01/2019/QĐ-UBND Hậu Giang, Điều 11
//! điểm e; Nghị định 30/2020/NĐ-CP Phụ lục I, phần I, mục I.2). Before that, fonts drew
//! Vietnamese letters over the codes of others: `QuyÕt ®Þnh` and `Quyeát ñònh` are both
//! `Quyết định`, and neither is found by a search. Such text is known by the names of its
//! fonts where there are any, else by its words: read one way they are Vietnamese syllables,
//! read the other way they are not.

mod syllable;
mod table;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

pub use syllable::is_syllable;
use table::{CAPITAL, SMALL, TCVN3_CAPITAL};

/// A legacy encoding of Vietnamese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charset {
    /// TCVN 5712:1993, fonts `.Vn…`
    Tcvn3,
    /// VNI for Windows, fonts `VNI-…`
    Vni,
}

impl Charset {
    pub const ALL: [Self; 2] = [Self::Tcvn3, Self::Vni];

    /// The name in scripts.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Tcvn3 => "tcvn3",
            Self::Vni => "vni",
        }
    }

    /// As people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcvn3 => "TCVN3 (ABC)",
            Self::Vni => "VNI",
        }
    }

    /// The encoding of text in a font of this name, without the tag of a subset.
    pub fn of_font(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        let name = name.trim_start_matches('.');
        if name.starts_with("vni-") || name.starts_with("vni ") {
            Some(Self::Vni)
        } else if name.starts_with("vn") && name.len() > 4 && !name.starts_with("vni") {
            Some(Self::Tcvn3)
        } else {
            None
        }
    }

    /// The text in Unicode, composed. Characters that the encoding does not know stay.
    pub fn convert(self, text: &str) -> String {
        let converted: String = match self {
            Self::Tcvn3 => text.chars().map(|c| TCVN3.get(&c).copied().unwrap_or(c)).collect(),
            Self::Vni => from_vni(text),
        };
        converted.nfc().collect()
    }

    /// The text as a document of the nineties would hold it: what [`Self::convert`] undoes.
    /// ABC fonts have no capitals with tones; small letters stand for them.
    pub fn write(self, text: &str) -> String {
        let small = |c: char| SMALL.iter().find(|row| row.0 == c);
        let capital = |c: char| CAPITAL.iter().find(|row| row.0 == c);
        let mut written = String::new();
        for c in text.nfc() {
            match self {
                Self::Tcvn3 => {
                    let own = TCVN3_CAPITAL.iter().find(|row| row.0 == c).map(|row| row.1);
                    let lower = c.to_lowercase().next().unwrap_or(c);
                    let letter = own.or_else(|| small(lower).map(|row| row.1));
                    written.push(letter.unwrap_or(c));
                }
                Self::Vni => {
                    let code = small(c).map(|row| row.2).or_else(|| capital(c).map(|row| row.1));
                    match code {
                        Some(code) => written.push_str(code),
                        None => written.push(c),
                    }
                }
            }
        }
        written
    }

    /// Whether `c` stands for a Vietnamese letter in this encoding and is none in Unicode's
    /// own reading of plain English text.
    fn knows(self, c: char) -> bool {
        match self {
            Self::Tcvn3 => TCVN3.contains_key(&c),
            Self::Vni => VNI_MARKS.contains(&c),
        }
    }
}

/// Whether a font of this name draws small letters as capitals: `.VnTimeH`.
pub fn draws_capitals(name: &str) -> bool {
    Charset::of_font(name) == Some(Charset::Tcvn3) && name.trim().ends_with('H')
}

/// What is wrong with the characters of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is in a legacy encoding; `unicode` is what it means.
    Legacy { charset: Charset, unicode: String },
    /// Letters and their marks are separate characters; `composed` has them together.
    Decomposed { composed: String },
}

/// Looks at a text as it was typed or pasted.
pub fn look(text: &str) -> Option<Fault> {
    if let Some(charset) = detect(text) {
        return Some(Fault::Legacy { charset, unicode: charset.convert(text) });
    }
    decomposed(text).then(|| Fault::Decomposed { composed: text.nfc().collect() })
}

/// Whether composing (NFC) would change the text.
pub fn decomposed(text: &str) -> bool {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => false,
        IsNormalized::No => true,
        IsNormalized::Maybe => text.nfc().ne(text.chars()),
    }
}

/// The legacy encoding that a text is in; `None` for Unicode, for what has no Vietnamese
/// letters, and where a word or two would not tell.
///
/// Judged by words that are not plain ASCII: most of them must be syllables once they are
/// converted, and most must be none as they stand.
pub fn detect(text: &str) -> Option<Charset> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || (c.is_ascii() && !c.is_ascii_alphabetic()))
        .filter(|word| !word.is_ascii() && word.chars().any(char::is_alphabetic))
        .collect();
    // A letter that only Unicode has: the text is Unicode, whatever else it quotes.
    let unicode = words.iter().filter(|word| word.chars().any(|c| u32::from(c) > 0xff)).count();
    let as_it_is = words.iter().filter(|word| is_syllable(word)).count();
    if words.is_empty() || 4 * unicode > words.len() || 2 * as_it_is > words.len() {
        return None;
    }
    let judged = Charset::ALL.into_iter().filter_map(|charset| {
        let touched = words.iter().any(|word| word.chars().any(|c| charset.knows(c)));
        let good = words.iter().filter(|word| is_syllable(&charset.convert(word))).count();
        let most = 10 * good >= 7 * words.len() && good >= as_it_is + words.len().div_ceil(3);
        (touched && most).then_some((charset, good))
    });
    let best = judged.max_by_key(|(_, good)| *good)?.0;
    // One short word may be a name from abroad.
    (words.len() >= 2 || !words.iter().any(|word| is_syllable(word))).then_some(best)
}

static TCVN3: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let small = SMALL.iter().map(|(letter, code, _)| (*code, *letter));
    small.chain(TCVN3_CAPITAL.iter().map(|(letter, code)| (*code, *letter))).collect()
});

static VNI: LazyLock<HashMap<String, char>> = LazyLock::new(|| {
    let mut known: HashMap<String, char> =
        SMALL.iter().map(|(letter, _, code)| ((*code).to_owned(), *letter)).collect();
    for (letter, code) in CAPITAL {
        known.insert(code.to_owned(), letter);
        // `Aùp`: a word with one capital has the mark of its small letter.
        let mut both = code.chars();
        if let (Some(base), Some(mark)) = (both.next(), both.next()) {
            known.entry(format!("{base}{}", mark.to_lowercase())).or_insert(letter);
        }
    }
    known
});

/// Every character above ASCII that VNI uses.
static VNI_MARKS: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut marks: Vec<char> =
        VNI.keys().flat_map(|code| code.chars()).filter(|c| !c.is_ascii()).collect();
    marks.sort_unstable();
    marks.dedup();
    marks
});

/// Two characters before one: `a` and a mark are one letter.
fn from_vni(text: &str) -> String {
    let mut converted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let two: usize = rest.chars().take(2).map(char::len_utf8).sum();
        let one = first.len_utf8();
        let known = |length: usize| rest.get(..length).and_then(|code| VNI.get(code));
        let (letter, length) = match (known(two), known(one)) {
            (Some(letter), _) => (*letter, two),
            (None, Some(letter)) => (*letter, one),
            (None, None) => (first, one),
        };
        converted.push(letter);
        rest = rest.get(length..).unwrap_or_default();
    }
    converted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(charset: Charset, text: &str) -> String {
        charset.write(text)
    }

    const SENTENCES: [&str; 4] = [
        "Quyết định về việc kiện toàn Ban Chỉ đạo phòng, chống thiên tai",
        "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025",
        "ỦY BAN NHÂN DÂN XÃ TÂN BÌNH",
        "Nguyễn Thị Mỹ Duyên, Phường Hưng Lợi",
    ];

    #[test]
    fn both_encodings_are_known_and_read() {
        for sentence in SENTENCES {
            assert_eq!(detect(sentence), None, "{sentence}");
            let vni = written(Charset::Vni, sentence);
            assert_eq!(detect(&vni), Some(Charset::Vni), "{vni}");
            assert_eq!(Charset::Vni.convert(&vni), sentence);
        }
        for sentence in SENTENCES.into_iter().filter(|one| one.to_uppercase() != *one) {
            let abc = written(Charset::Tcvn3, sentence);
            assert_eq!(detect(&abc), Some(Charset::Tcvn3), "{abc}");
            assert_eq!(Charset::Tcvn3.convert(&abc), sentence);
        }
        assert_eq!(Charset::Tcvn3.convert("QuyÕt ®Þnh"), "Quyết định");
        assert_eq!(Charset::Vni.convert("Quyeát ñònh"), "Quyết định");
        assert_eq!(Charset::Vni.convert("Aùp duïng"), "Áp dụng");
    }

    #[test]
    fn other_languages_are_left_alone() {
        for text in [
            "",
            "Plan 2026",
            "Le présent arrêté entre en vigueur",
            "Müller & Söhne",
            "§ 5, 20 °C, ± 3 µm, © 2026",
            "Số: 12/QĐ-UBND",
        ] {
            assert_eq!(detect(text), None, "{text}");
        }
    }

    #[test]
    fn fonts_say_their_encoding() {
        assert_eq!(Charset::of_font(".VnTime"), Some(Charset::Tcvn3));
        assert_eq!(Charset::of_font(".VnTimeH"), Some(Charset::Tcvn3));
        assert!(draws_capitals(".VnTimeH") && !draws_capitals(".VnTime"));
        assert_eq!(Charset::of_font("VNI-Times"), Some(Charset::Vni));
        assert_eq!(Charset::of_font("TimesNewRomanPSMT"), None);
        assert_eq!(Charset::of_font("Verdana"), None);
    }

    #[test]
    fn marks_that_stand_apart_are_put_together() {
        let apart: String = "Quyết định".nfd().collect();
        assert_eq!(look(&apart), Some(Fault::Decomposed { composed: "Quyết định".to_owned() }));
        assert_eq!(look("Quyết định"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at(text in any::<String>()) {
            let _ = (look(&text), Charset::Vni.convert(&text), Charset::Tcvn3.convert(&text));
        }

        #[test]
        fn small_letters_come_back(at in proptest::collection::vec(0usize..SMALL.len(), 1..20)) {
            let text: String = at.iter().map(|at| SMALL[*at].0).collect();
            for charset in Charset::ALL {
                // Apart, so that no letter reads the next one as its mark.
                let spaced: String = text.chars().flat_map(|c| [c, ' ']).collect();
                prop_assert_eq!(charset.convert(&written(charset, &spaced)), spaced);
            }
        }
    }
}
