//! Annexes: where they begin, and what stands at their heads (Phụ lục I, phần I, mục III).

use super::leaf::Leaf;
use super::{Report, is_upper};
use crate::domain::layout::Rule;
use crate::domain::text::fold;
use crate::office::extract::phrase;
use crate::pdf::text::TextLine;

/// The pages before the first annex.
pub(super) fn main_part(leaves: &[Leaf]) -> &[Leaf] {
    let end = leaves.iter().skip(1).position(begins).map_or(leaves.len(), |at| at + 1);
    leaves.get(..end).unwrap_or(leaves)
}

/// Whether a page begins an annex: `Phụ lục`, `PHỤ LỤC II`.
pub(super) fn begins(leaf: &Leaf) -> bool {
    leaf.text_lines().next().is_some_and(|line| heading(line).is_some())
}

/// What follows `Phụ lục` on a line that says no more than a number.
fn heading(line: &TextLine) -> Option<String> {
    let said = fold(&line.text);
    let rest = said.strip_prefix("phu luc")?.trim_matches([' ', '.', ':']).to_owned();
    let numbered = rest.chars().all(|c| c.is_ascii_digit() || "ivxlc".contains(c));
    (numbered || rest.chars().count() <= 3).then_some(rest)
}

pub(super) fn check(leaves: &[Leaf], main: usize, report: &mut Report<'_>) {
    let annexes: Vec<&Leaf> = leaves.iter().skip(main).filter(|leaf| begins(leaf)).collect();
    let several = annexes.len() > 1;
    for leaf in annexes {
        let mut lines = leaf.text_lines();
        let Some(head) = lines.next() else { continue };
        let number = heading(head).unwrap_or_default();
        let place = || Some(leaf.place([head.rect]));
        let roman = !number.is_empty() && number.chars().all(|c| "ivxlc".contains(c));
        if (several && number.is_empty()) || (!number.is_empty() && !roman) {
            report.add(Rule::Annex, "annex-number", place()).with("found", &head.text);
        }
        let rest: Vec<&TextLine> = lines.take(8).collect();
        let guide = rest.iter().position(|line| fold(&line.text).starts_with("(kem theo"));
        let Some(guide) = guide else {
            report.add(Rule::Annex, "annex-guide", place());
            continue;
        };
        let title: Vec<TextLine> =
            rest.get(..guide).unwrap_or_default().iter().map(|line| (*line).clone()).collect();
        let rects = title.iter().map(|line| line.rect);
        if title.is_empty() {
            report.add(Rule::Annex, "annex-title-missing", place());
        } else if !title.iter().all(|line| is_upper(&line.text)) {
            report.add(Rule::Annex, "annex-title", Some(leaf.place(rects)));
        }
        if let Some(line) = rest.get(guide)
            && leaf.set(&line.glyphs).is_some_and(|set| set.italic < 0.5)
        {
            report.add(Rule::Annex, "annex-italic", Some(leaf.place([line.rect])));
        }
        let central = |line: &TextLine| {
            phrase::is_capital(&line.text) && (line.rect.middle() / leaf.width() - 0.53).abs() > 0.1
        };
        if title.iter().any(central) {
            let rects = title.iter().map(|line| line.rect);
            report.add(Rule::Annex, "annex-centred", Some(leaf.place(rects)));
        }
    }
}
