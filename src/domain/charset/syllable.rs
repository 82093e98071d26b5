//! Whether a word can be a Vietnamese syllable: an onset, a rime, at most one tone, and with
//! a stop at its end only the tones that such syllables have.

use unicode_normalization::UnicodeNormalization;

const ONSETS: [&str; 29] = [
    "", "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh",
    "nh", "p", "ph", "qu", "r", "s", "t", "th", "tr", "v", "x", "q",
];

/// Without tones.
const RIMES: &[&str] = &[
    "a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", "ăc", "ăm",
    "ăn", "ăng", "ăp", "ăt", "âc", "âm", "ân", "âng", "âp", "ât", "âu", "ây", "e", "ec", "em",
    "en", "eng", "eo", "ep", "et", "ê", "êch", "êm", "ên", "êng", "ênh", "êp", "êt", "êu", "i",
    "ia", "ich", "iêc", "iêm", "iên", "iêng", "iêp", "iêt", "iêu", "im", "in", "inh", "ip", "it",
    "iu", "o", "oa", "oac", "oach", "oai", "oam", "oan", "oang", "oanh", "oao", "oap", "oat",
    "oay", "oăc", "oăm", "oăn", "oăng", "oăt", "oc", "oe", "oen", "oeo", "oet", "oi", "om", "on",
    "ong", "ooc", "oong", "op", "ot", "ô", "ôc", "ôi", "ôm", "ôn", "ông", "ôp", "ôt", "ơ", "ơi",
    "ơm", "ơn", "ơp", "ơt", "u", "ua", "uân", "uâng", "uât", "uây", "uc", "uê", "uêch", "uênh",
    "ui", "um", "un", "ung", "uơ", "up", "ut", "uôc", "uôi", "uôm", "uôn", "uông", "uôt", "uy",
    "uya", "uych", "uyên", "uyêt", "uynh", "uyt", "uyu", "uyn", "ư", "ưa", "ưc", "ưi", "ưm", "ưng",
    "ưt", "ưu", "ươc", "ươi", "ươm", "ươn", "ương", "ươp", "ươt", "ươu", "y", "ych", "yêm", "yên",
    "yêng", "yêt", "yêu", "ynh", "yt",
];

const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];
/// Sắc and nặng, all that a syllable with a stop at its end can have.
const CHECKED: [char; 2] = ['\u{301}', '\u{323}'];

/// Whether `word` can be a Vietnamese syllable, in small letters, in capitals, or with one
/// capital at its head. Punctuation around it does not count.
pub fn is_syllable(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphabetic());
    let mut letters = word.chars();
    let Some(first) = letters.next() else { return false };
    let rest = letters.as_str();
    let small = rest.chars().all(char::is_lowercase);
    let capital = first.is_uppercase() && rest.chars().all(char::is_uppercase);
    if !(small || capital) {
        return false;
    }
    let mut tones = Vec::new();
    let plain: String = word
        .to_lowercase()
        .nfd()
        .filter(|c| {
            let tone = TONES.contains(c);
            if tone {
                tones.push(*c);
            }
            !tone
        })
        .nfc()
        .collect();
    let stopped = plain.ends_with(['c', 'p', 't']) || plain.ends_with("ch");
    let toned = match tones.as_slice() {
        // Without a tone such a syllable is none, but abbreviations are written so.
        [] => true,
        [tone] => !stopped || CHECKED.contains(tone),
        _ => false,
    };
    toned
        && ONSETS
            .iter()
            .any(|onset| plain.strip_prefix(onset).is_some_and(|rime| RIMES.contains(&rime)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_told_from_other_words() {
        let text = "Căn cứ Luật Tổ chức chính quyền địa phương quốc gì giữa giêng huỳnh khuỷu \
                    nghiêng ngoằn ĐỘC LẬP TỰ DO HẠNH PHÚC yếu ớt quỹ thuở";
        for word in text.split_whitespace() {
            assert!(is_syllable(word), "{word}");
        }
        for word in ["QuyÕt", "Quyeát", "ñònh", "présent", "strong", "UBNDx", "", "12", "tảc"]
        {
            assert!(!is_syllable(word), "{word}");
        }
    }
}
