//! What differs between two texts, word by word.
//!
//! Words and signs are compared, not characters: a reader sees "không" struck out, never "ng"
//! taken off "không". A line's end is a token of its own, so that paragraphs are kept apart, but
//! it never makes a difference by itself: the same text set in another width is the same text.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use super::text;

/// Beyond this the finer search is given up; what is found is still true, only coarser.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a piece of text is to the two that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    Same,
    /// Only in the older text.
    Removed,
    /// Only in the newer text.
    Added,
}

impl Change {
    /// The name in scripts.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Removed => "removed",
            Self::Added => "added",
        }
    }
}

/// A run of words that are all the same, all removed or all added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub change: Change,
    pub text: String,
}

/// A word or a sign of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Token {
    pub text: String,
    /// White space, or a line's end, stands before it.
    pub spaced: bool,
    /// It begins a line.
    pub first: bool,
}

/// Cuts a text into words and signs, composed (NFC); what shows nothing is dropped.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for line in text::compose(source).lines() {
        let mut first = true;
        for word in line.split_whitespace() {
            let mut spaced = true;
            let mut open = false;
            for c in word.chars().filter_map(seen) {
                match tokens.last_mut() {
                    Some(Token { text, .. }) if open && c.is_alphanumeric() => text.push(c),
                    _ => {
                        tokens.push(Token { text: c.to_string(), spaced, first });
                        (spaced, first) = (false, false);
                    }
                }
                open = c.is_alphanumeric();
            }
        }
    }
    tokens
}

/// The character as it is compared; `None` for one that shows nothing.
fn seen(c: char) -> Option<char> {
    match c {
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{FFFC}' => None,
        '\u{2010}' | '\u{2011}' => Some('-'),
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// Which tokens of two texts stand for each other, in order.
pub(crate) fn compared(old: &[Token], new: &[Token]) -> Vec<DiffOp> {
    let words = |tokens: &[Token]| tokens.iter().map(|one| one.text.clone()).collect::<Vec<_>>();
    let until = Instant::now() + PATIENCE;
    capture_diff_slices_deadline(Algorithm::Patience, &words(old), &words(new), Some(until))
}

/// The tokens as a text again.
pub(crate) fn joined(tokens: &[Token]) -> String {
    let mut text = String::new();
    for (place, token) in tokens.iter().enumerate() {
        if place > 0 && token.first {
            text.push('\n');
        } else if place > 0 && token.spaced {
            text.push(' ');
        }
        text.push_str(&token.text);
    }
    text
}

/// What it takes to get from `old` to `new`. Pieces follow each other as they are read; lines
/// are divided by `\n` within them.
pub fn pieces(old: &str, new: &str) -> Vec<Piece> {
    let (old, new) = (tokens(old), tokens(new));
    let mut pieces = Vec::new();
    let mut put = |change, tokens: Option<&[Token]>| {
        let Some(tokens) = tokens.filter(|tokens| !tokens.is_empty()) else { return };
        let before = match tokens.first() {
            Some(token) if pieces.is_empty() || !(token.spaced || token.first) => "",
            Some(token) if token.first => "\n",
            _ => " ",
        };
        pieces.push(Piece { change, text: format!("{before}{}", joined(tokens)) });
    };
    for op in compared(&old, &new) {
        let (before, after) = (op.old_range(), op.new_range());
        match op {
            DiffOp::Equal { .. } => put(Change::Same, new.get(after)),
            _ => {
                put(Change::Removed, old.get(before));
                put(Change::Added, new.get(after));
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(pieces: &[Piece]) -> String {
        let one = |piece: &Piece| match piece.change {
            Change::Same => piece.text.clone(),
            Change::Removed => format!("[-{}-]", piece.text),
            Change::Added => format!("[+{}+]", piece.text),
        };
        pieces.iter().map(one).collect()
    }

    #[test]
    fn a_word_is_replaced_and_a_line_added() {
        let old = "Điều 1. Thành lập Tổ công tác\ngồm 05 người.";
        let new = "Điều 1. Thành lập Ban công tác gồm 05 người.\nĐiều 2. Thi hành.";
        assert_eq!(
            said(&pieces(old, new)),
            "Điều 1. Thành lập[- Tổ-][+ Ban+] công tác gồm 05 người.[+\nĐiều 2. Thi hành.+]"
        );
    }

    #[test]
    fn other_lines_and_composition_are_no_difference() {
        let same =
            pieces("Quye\u{302}\u{301}t định số 1.000\nngày", "Quyết\u{AD} định\nsố 1.000 ngày");
        assert!(same.iter().all(|piece| piece.change == Change::Same), "{same:?}");
        let sum = pieces("1.000 đồng", "1,000 đồng");
        assert!(sum.iter().any(|piece| piece.change == Change::Added), "a sign counts: {sum:?}");
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_off(old in "[a-dđế .\n]{0,40}", new in "[a-dđế .\n]{0,40}") {
            let pieces = pieces(&old, &new);
            let read = |change| -> Vec<String> {
                let text: String = pieces
                    .iter()
                    .filter(|piece| piece.change == Change::Same || piece.change == change)
                    .map(|piece| piece.text.as_str())
                    .collect();
                tokens(&text).into_iter().map(|token| token.text).collect()
            };
            let words = |text: &str| -> Vec<String> {
                tokens(text).into_iter().map(|token| token.text).collect()
            };
            // What stands apart in one text may touch in the other: letters are compared.
            prop_assert_eq!(read(Change::Removed).concat(), words(&old).concat());
            prop_assert_eq!(read(Change::Added).concat(), words(&new).concat());
        }
    }
}
