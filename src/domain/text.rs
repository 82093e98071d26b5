//! Text as the regulation wants it: Unicode per TCVN 6909:2001, composed (NFC).
//!
//! Quyết định 01/2019/QĐ-UBND Hậu Giang, Điều 11 điểm e.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Composes (NFC), trims, and turns every run of white space into one space.
pub fn tidy(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Composes (NFC) and leaves the lines as they are.
pub fn compose(text: &str) -> String {
    text.nfc().collect()
}

/// Folds for search: lower case, no diacritics, `đ` to `d`.
///
/// SQLite's own `remove_diacritics` leaves `đ` alone, so index and query both pass here.
pub fn fold(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect()
}

/// A file name without any path, without control characters, and never empty, so that a
/// name from a packet can never leave the folder it is put into.
pub fn safe_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .nfc()
        .map(|c| if c.is_control() || turns(c) || "<>:\"|?*".contains(c) { '_' } else { c })
        .collect();
    let clean = clean.trim().trim_end_matches('.').trim();
    // Windows keeps these names for devices, whatever follows the dot.
    let stem = clean.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let reserved = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (stem.len() == 4
            && (stem.starts_with("COM") || stem.starts_with("LPT"))
            && stem.ends_with(|c: char| c.is_ascii_digit()));
    match clean {
        "" | "." | ".." => "_".to_owned(),
        _ if reserved => format!("_{clean}"),
        _ => clean.chars().take(120).collect(),
    }
}

/// Characters that are not seen or turn the order of what follows: `vănbản\u{202E}fdp.exe`
/// reads like a PDF.
const fn turns(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folds_what_clerks_type() {
        assert_eq!(fold("Quyết định ĐẠI THÀNH"), "quyet dinh dai thanh");
        assert_eq!(fold("Ủy ban nhân dân"), "uy ban nhan dan");
    }

    #[test]
    fn tidies_decomposed_text() {
        assert_eq!(tidy("  Quye\u{302}\u{301}t \n định "), "Quyết định");
    }

    #[test]
    fn names_stay_in_their_folder() {
        assert_eq!(safe_file_name("../../etc/passwd"), "passwd");
        assert_eq!(safe_file_name("C:\\Windows\\quyết định.pdf"), "quyết định.pdf");
        assert_eq!(safe_file_name("a/.."), "_");
        assert_eq!(safe_file_name("nul.pdf"), "_nul.pdf");
        assert_eq!(safe_file_name(""), "_");
        assert_eq!(safe_file_name("bản\u{202E}fdp.exe"), "bản_fdp.exe");
    }

    proptest! {
        #[test]
        fn no_name_holds_a_separator(name in any::<String>()) {
            let safe = safe_file_name(&name);
            prop_assert!(!safe.is_empty());
            let has_separator = safe.contains(['/', '\\', '\0']);
            prop_assert!(!has_separator);
            prop_assert_ne!(safe, "..");
        }

        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
        }
    }
}
