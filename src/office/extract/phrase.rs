//! Known words, read through the mistakes of typists and scanners: `0` for `O`, `1` for `l`,
//! marks that are missing or wrong, letters set apart.

use crate::domain::text::{fold, tidy};

/// How much a text is like a known phrase; the better, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// A letter or two differ.
    Near,
    /// Marks, capitals or spaces differ.
    Folded,
    /// The same but for capitals.
    Exact,
}

impl Likeness {
    /// What a confidence loses.
    pub const fn doubt(self) -> f32 {
        match self {
            Self::Exact => 0.0,
            Self::Folded => 0.05,
            Self::Near => 0.15,
        }
    }
}

/// What is left of a text when everything is taken away that a scanner confuses: letters
/// and digits alone, without marks, `O` and `0` as one, `I`, `l` and `1` as one.
pub fn skeleton(text: &str) -> String {
    fold(text).chars().filter_map(bone).collect()
}

/// One character of a [`skeleton`].
fn bone(folded: char) -> Option<char> {
    match folded {
        '0' => Some('o'),
        '1' | 'i' | '|' | '!' => Some('l'),
        // The Icelandic letter that old keyboards give for Đ.
        'ð' => Some('d'),
        other => other.is_alphanumeric().then_some(other),
    }
}

/// Whether `text` is `phrase`, and how exactly.
pub fn alike(text: &str, phrase: &str) -> Option<Likeness> {
    let text = tidy(text);
    if text.to_lowercase() == phrase.to_lowercase() {
        return Some(Likeness::Exact);
    }
    let (said, known) = (skeleton(&text), skeleton(phrase));
    if said.is_empty() {
        return None;
    }
    if said == known {
        return Some(Likeness::Folded);
    }
    let wrong = distance(&said, &known, known.chars().count() / 8);
    wrong.map(|_| Likeness::Near)
}

/// How many letters must be changed, put in or taken out; `None` where more than `most`.
pub fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut before = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (above, y) in row.iter().skip(1).zip(&b) {
            let changed = before + usize::from(x != y);
            before = *above;
            left = changed.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().filter(|wrong| *wrong <= most)
}

/// Index of the character in `chars` where `phrase` begins, read as a [`skeleton`].
pub fn find(chars: &[char], phrase: &str) -> Option<usize> {
    let known: Vec<char> = skeleton(phrase).chars().collect();
    let said: Vec<(usize, char)> = chars
        .iter()
        .enumerate()
        .flat_map(|(at, c)| {
            let folded: Vec<char> = fold(&c.to_string()).chars().filter_map(bone).collect();
            folded.into_iter().map(move |bone| (at, bone))
        })
        .collect();
    if known.is_empty() {
        return None;
    }
    let mut windows = said.windows(known.len());
    let found = windows.find(|window| window.iter().map(|(_, c)| c).eq(known.iter()));
    found.and_then(|window| window.first()).map(|(at, _)| *at)
}

/// Digits out of what stands where only digits belong: `O` is 0, `l` is 1. `None` where
/// anything else stands there.
pub fn digits(text: &str) -> Option<(String, bool)> {
    let mut repaired = false;
    let mut all = String::new();
    for c in text.chars().filter(|c| !c.is_whitespace() && !is_dot(*c)) {
        let digit = match c {
            '0'..='9' => c,
            'O' | 'o' | 'Q' | 'D' => '0',
            'l' | 'I' | '|' | 'i' | '!' => '1',
            'Z' | 'z' => '2',
            'S' | 's' => '5',
            'B' => '8',
            _ => return None,
        };
        repaired |= digit != c;
        all.push(digit);
    }
    (!all.is_empty()).then_some((all, repaired))
}

/// What people and printers put where something is to be filled in.
pub fn is_dot(c: char) -> bool {
    matches!(c, '.' | '…' | '_' | '·' | '‥' | '․' | ',' | '\u{a0}')
}

/// Whether a line is set in capitals; figures and marks do not count.
pub fn is_capital(text: &str) -> bool {
    let (mut upper, mut lower) = (0usize, 0usize);
    for c in text.chars() {
        upper += usize::from(c.is_uppercase());
        lower += usize::from(c.is_lowercase());
    }
    // A scanner makes one small letter out of a worn capital.
    upper >= 2 && lower * 8 <= upper
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn phrases_are_known_through_a_scan() {
        let title = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
        assert_eq!(alike("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", title), Some(Likeness::Exact));
        assert_eq!(alike("C0NG HOA XA H0I CHU NGHIA VIET NAM", title), Some(Likeness::Folded));
        assert_eq!(alike("CONG HOA XÀ HOI GHU NGHIA VIET NAM", title), Some(Likeness::Near));
        assert_eq!(alike("ĐẢNG CỘNG SẢN VIỆT NAM", title), None);
        assert_eq!(alike("Q U Y Ế T  Đ Ị N H", "Quyết định"), Some(Likeness::Folded));
        assert_eq!(alike("QUY CHẾ", "Quy định"), None);
    }

    #[test]
    fn digits_are_read_through_a_scan() {
        assert_eq!(digits("O7"), Some(("07".to_owned(), true)));
        assert_eq!(digits("125"), Some(("125".to_owned(), false)));
        assert_eq!(digits("20…"), Some(("20".to_owned(), false)));
        assert_eq!(digits("mười"), None);
        assert_eq!(digits("…"), None);
    }

    #[test]
    fn a_phrase_is_found_inside_a_row() {
        let row: Vec<char> = "ỦYBANNHÂNDÂNCỘNGHÒAXÃHỘI".chars().collect();
        assert_eq!(find(&row, "Cộng hòa xã hội"), Some(12));
        assert_eq!(find(&row, "Độc lập"), None);
    }

    proptest! {
        #[test]
        fn distances_are_those_of_the_textbook(a in "[abc]{0,8}", b in "[abc]{0,8}") {
            let most = a.len().max(b.len());
            let there = distance(&a, &b, most);
            prop_assert_eq!(there, distance(&b, &a, most));
            prop_assert_eq!(there == Some(0), a == b);
            prop_assert!(there.is_some_and(|wrong| wrong >= a.len().abs_diff(b.len())));
        }

        #[test]
        fn any_text_is_compared(a in any::<String>(), b in any::<String>()) {
            let _ = (alike(&a, &b), digits(&a), is_capital(&a), find(&a.chars().collect::<Vec<_>>(), &b));
        }
    }
}
