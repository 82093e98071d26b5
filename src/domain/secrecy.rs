//! State secrets must not enter the system.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 1 khoản 2; Quyết định 28/2018/QĐ-TTg Điều 1 khoản 2.

use super::text::tidy;

/// A secrecy mark (độ mật).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecrecyMark {
    /// MẬT
    Secret,
    /// TỐI MẬT
    MostSecret,
    /// TUYỆT MẬT
    TopSecret,
}

impl SecrecyMark {
    /// The stamp's text.
    pub const fn stamp(self) -> &'static str {
        match self {
            Self::Secret => "MẬT",
            Self::MostSecret => "TỐI MẬT",
            Self::TopSecret => "TUYỆT MẬT",
        }
    }
}

/// Finds a secrecy stamp in a document's text: a line that holds nothing but the mark, in
/// capitals, perhaps after `Độ mật:`. A mention inside a sentence is no stamp.
pub fn find_mark(text: &str) -> Option<SecrecyMark> {
    text.lines()
        .filter_map(|line| {
            let line = tidy(line);
            let line = line.strip_prefix("Độ mật:").map_or(line.as_str(), str::trim);
            let line = line.trim_matches(|c: char| !c.is_alphabetic());
            [SecrecyMark::TopSecret, SecrecyMark::MostSecret, SecrecyMark::Secret]
                .into_iter()
                .find(|mark| line == mark.stamp())
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_found_and_mentions_are_not() {
        assert_eq!(find_mark("UBND XÃ\n  TUYỆT  MẬT \nQuyết định"), Some(SecrecyMark::TopSecret));
        assert_eq!(find_mark("[MẬT]"), Some(SecrecyMark::Secret));
        assert_eq!(find_mark("Độ mật: TỐI MẬT"), Some(SecrecyMark::MostSecret));
        assert_eq!(find_mark("về bảo vệ bí mật nhà nước; độ MẬT của văn bản"), None);
        assert_eq!(find_mark("Mật ong Tân Bình"), None);
    }
}
