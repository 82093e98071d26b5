//! Does the PDF say what the document said?
//!
//! Words and signs of both are compared in order; what is missing in one place and too much in
//! another has only moved (a footnote, a table's column) and is counted as such. What a word
//! processor adds by itself is told apart: page numbers, repeated headers, and the numbers and
//! bullets of lists, as many as the document has numbered paragraphs.

use std::collections::HashMap;

use similar::DiffOp;

use super::source::SourceText;
use crate::domain::difference::{Token, compared, joined, tokens};
use crate::domain::text;

/// Words shown before and after a difference.
const CONTEXT: usize = 6;
/// Lines at a page's head and foot among which headers and page numbers are looked for.
const MARGIN_LINES: usize = 3;

/// Words that only one of the two has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub text: String,
    pub before: String,
    pub after: String,
}

/// What a comparison of a document and its PDF found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sameness {
    /// Words and signs of the document.
    pub words: usize,
    /// In the document, not on the pages.
    pub missing: Vec<Difference>,
    /// On the pages, not in the document.
    pub added: Vec<Difference>,
    /// Words that stand elsewhere.
    pub moved: usize,
    /// Numbers and bullets that the word processor set.
    pub numbers: u32,
}

impl Sameness {
    /// Compares a document with the texts of the PDF's pages.
    pub fn of(source: &SourceText, pages: &[String]) -> Self {
        let old = tokens(&source.body);
        let new = tokens(&without_margins(pages, &source.repeated));
        let mut gaps = Gaps::default();
        for op in compared(&old, &new) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (before, after) = (op.old_range(), op.new_range());
            let letters = |all: &[Token], range: &std::ops::Range<usize>| {
                let part = all.get(range.clone()).unwrap_or_default();
                part.iter().map(|token| token.text.as_str()).collect::<String>()
            };
            // A word that one of the two has in pieces is the same word.
            if letters(&old, &before) == letters(&new, &after) {
                continue;
            }
            gaps.missing.extend((!before.is_empty()).then_some(before));
            gaps.added.extend((!after.is_empty()).then_some(after));
        }
        let mut numbers = 0;
        gaps.added.retain(|range| {
            let label = numbers < source.numbered && new.get(range.clone()).is_some_and(is_label);
            numbers += u32::from(label);
            !label
        });
        let moved = gaps.cancel(&old, &new);
        let told = |all: &[Token], ranges: Vec<std::ops::Range<usize>>| {
            ranges.into_iter().map(|range| difference(all, range)).collect()
        };
        Self {
            words: old.len(),
            missing: told(&old, gaps.missing),
            added: told(&new, gaps.added),
            moved,
            numbers,
        }
    }

    /// Nothing is missing and nothing was added.
    pub fn is_same(&self) -> bool {
        self.missing.is_empty() && self.added.is_empty()
    }

    /// How many places differ.
    pub fn differences(&self) -> usize {
        self.missing.len() + self.added.len()
    }
}

#[derive(Default)]
struct Gaps {
    missing: Vec<std::ops::Range<usize>>,
    added: Vec<std::ops::Range<usize>>,
}

impl Gaps {
    /// Takes out what is missing here and added there; says how many words that are. Only what
    /// shows a letter or digit moves: a lone sign matches everywhere.
    fn cancel(&mut self, old: &[Token], new: &[Token]) -> usize {
        let count = |all: &[Token], ranges: &[std::ops::Range<usize>]| {
            let mut counts: HashMap<String, usize> = HashMap::new();
            for token in ranges.iter().flat_map(|range| all.get(range.clone()).unwrap_or_default())
            {
                *counts.entry(token.text.clone()).or_default() += 1;
            }
            counts
        };
        let (missing, added) = (count(old, &self.missing), count(new, &self.added));
        let both: HashMap<String, usize> = missing
            .into_iter()
            .filter_map(|(word, n)| added.get(&word).map(|m| (word, n.min(*m))))
            .collect();
        let moved = both.values().sum();
        self.missing = without(old, &self.missing, both.clone());
        self.added = without(new, &self.added, both);
        moved
    }
}

/// The parts of `ranges` whose words are not among `taken`, each as often as it is there.
fn without(
    all: &[Token],
    ranges: &[std::ops::Range<usize>],
    mut taken: HashMap<String, usize>,
) -> Vec<std::ops::Range<usize>> {
    let mut left: Vec<std::ops::Range<usize>> = Vec::new();
    for at in ranges.iter().flat_map(Clone::clone) {
        let Some(token) = all.get(at) else { continue };
        if let Some(n) = taken.get_mut(&token.text).filter(|n| **n > 0) {
            *n -= 1;
            continue;
        }
        match left.last_mut() {
            Some(last) if last.end == at => last.end = at + 1,
            _ => left.push(at..at + 1),
        }
    }
    left
}

fn difference(all: &[Token], range: std::ops::Range<usize>) -> Difference {
    let part =
        |from: usize, to: usize| joined(all.get(from..to.min(all.len())).unwrap_or_default());
    Difference {
        before: part(range.start.saturating_sub(CONTEXT), range.start),
        after: part(range.end, range.end + CONTEXT),
        text: part(range.start, range.end),
    }
}

/// What a list sets before a paragraph: `1.`, `a)`, `Điều 3.`, `1.2.`, a bullet or a dash.
fn is_label(tokens: &[Token]) -> bool {
    const HEADS: [&str; 6] = ["dieu", "chuong", "muc", "phan", "khoan", "phu"];
    const BULLETS: &str = "-–—•·*+●○■□▪\u{F0B7}\u{F0A7}\u{F02D}";
    const LONGEST: usize = 9;
    if tokens.is_empty() || tokens.len() > LONGEST {
        return false;
    }
    if let [bullet] = tokens
        && bullet.text.chars().all(|c| BULLETS.contains(c) || matches!(c, '\u{E000}'..='\u{F8FF}'))
    {
        return true;
    }
    let rest = match tokens.split_first() {
        Some((head, rest)) if HEADS.contains(&text::fold(&head.text).as_str()) => rest,
        _ => tokens,
    };
    let roman = |word: &str| word.chars().all(|c| "IVXLCivxlc".contains(c));
    !rest.is_empty()
        && rest.iter().all(|token| {
            let word = token.text.as_str();
            let signs = word.chars().all(|c| ".)(/:-".contains(c));
            let digits = word.chars().all(|c| c.is_ascii_digit()) && word.len() <= 3;
            signs || digits || roman(word) || word.chars().count() == 1
        })
}

/// The text of the pages without page numbers and without what the document repeats.
fn without_margins(pages: &[String], repeated: &str) -> String {
    let fold = |line: &str| text::fold(&text::tidy(line));
    let repeated: Vec<String> =
        repeated.lines().map(fold).filter(|line| !line.is_empty()).collect();
    let mut whole = String::new();
    for page in pages {
        let lines: Vec<&str> = page.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let marginal = at < MARGIN_LINES || at + MARGIN_LINES >= lines.len();
            let folded = fold(line);
            if marginal && (is_page_number(&folded, pages.len()) || repeated.contains(&folded)) {
                continue;
            }
            whole.push_str(line);
            whole.push('\n');
        }
    }
    whole
}

/// `2`, `- 2 -`, `2/5`, `trang 2`: a line of nothing else, with a number that can be one.
fn is_page_number(folded: &str, pages: usize) -> bool {
    let mut words: Vec<&str> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.first() == Some(&"trang") {
        words.remove(0);
    }
    (1..=2).contains(&words.len())
        && words.iter().all(|word| {
            word.parse::<usize>().is_ok_and(|number| (1..=pages.max(1)).contains(&number))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(body: &str, numbered: u32) -> SourceText {
        SourceText { body: body.to_owned(), repeated: "Đầu trang\n".to_owned(), numbered }
    }

    fn compared_with(body: &str, numbered: u32, pages: &[&str]) -> Sameness {
        let pages: Vec<String> = pages.iter().map(|page| (*page).to_owned()).collect();
        Sameness::of(&source(body, numbered), &pages)
    }

    #[test]
    fn the_same_words_on_other_lines_are_the_same() {
        let same = compared_with(
            "Quyết định thành lập Tổ công tác gồm 05 người.\nThi hành từ ngày ký.",
            0,
            &[
                "Quyết định thành lập\nTổ công tác gồm",
                "ĐẦU TRANG\n2\n05 người. Thi hành từ\nngày ký.",
            ],
        );
        assert!(same.is_same(), "{same:?}");
        assert_eq!(same.moved, 0);
    }

    #[test]
    fn a_lost_word_and_a_changed_sum_are_told_with_their_place() {
        let differs = compared_with(
            "Kinh phí không quá 1.500.000 đồng, chi trả một lần.",
            0,
            &["Kinh phí quá 1.500.000 đồng, chi trả hai lần."],
        );
        assert!(!differs.is_same());
        let missing: Vec<&str> = differs.missing.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(missing, ["không", "một"]);
        assert_eq!(differs.missing[0].before, "Kinh phí");
        assert_eq!(differs.added[0].text, "hai");
        let sign = compared_with("giao 1.500 đồng", 0, &["giao 1,500 đồng"]);
        assert!(!sign.is_same());
    }

    #[test]
    fn numbers_of_lists_are_allowed_as_many_as_there_are() {
        let pages = ["1. Mở đầu\na) Việc một\n• Việc hai"];
        let body = "Mở đầu\nViệc một\nViệc hai";
        let same = compared_with(body, 3, &pages);
        assert!(same.is_same(), "{same:?}");
        assert_eq!(same.numbers, 3);
        assert_eq!(compared_with(body, 2, &pages).added.len(), 1);
        assert!(!compared_with("Mở đầu", 9, &["Mở đầu bỗng dưng"]).is_same());
    }

    #[test]
    fn what_moved_is_counted_and_no_difference() {
        let moved = compared_with("một hai ba bốn năm sáu", 0, &["bốn năm sáu một hai ba"]);
        assert!(moved.is_same() && moved.moved == 3, "{moved:?}");
    }

    #[test]
    fn only_numbers_of_pages_are_page_numbers() {
        assert!(is_page_number("2", 3) && is_page_number("- 2 -", 3));
        assert!(is_page_number("trang 2/3", 3));
        assert!(!is_page_number("4", 3) && !is_page_number("nam 2", 3) && !is_page_number("", 3));
    }
}
