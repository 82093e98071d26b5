//! The lists of addressees that a document shows: "Kính gửi" and "Nơi nhận".
//!
//! Nghị định 30/2020/NĐ-CP Phụ lục I, phần I, mục II.9: an official letter (and a report or a
//! proposal to a superior) names its addressees after "Kính gửi:", one on the same line, several
//! as a list with dashes, semicolons and a full stop at the end; its list of recipients then
//! begins with "Như trên". The last line of "Nơi nhận" says what is kept: "Lưu: VT", the drafting
//! unit's notation and, where there are paper copies, how many.

use super::document::{Metadata, Recipient};
use super::text;

/// How a document names those who get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacesText {
    /// Lines after (and with) "Kính gửi:"; empty for types that have none.
    pub addressed: Vec<String>,
    /// "Nơi nhận:" and the lines below it.
    pub received: Vec<String>,
}

impl PlacesText {
    /// For a document whose type has "Kính gửi" (`letter`) or not.
    pub fn of(metadata: &Metadata, letter: bool) -> Self {
        let addressed = if letter { addressed(&metadata.recipients) } else { Vec::new() };
        let mut lines = vec!["Nơi nhận:".to_owned()];
        let mut places: Vec<String> = Vec::new();
        if addressed.is_empty() {
            places.extend(metadata.recipients.iter().map(|one| text::tidy(&one.name)));
        } else {
            places.push("Như trên".to_owned());
        }
        let (kept, others): (Vec<_>, Vec<_>) = metadata
            .other_places
            .iter()
            .map(|place| bare(place))
            .filter(|place| !place.is_empty())
            .partition(|place| is_kept(place));
        places.extend(others);
        lines.extend(places.into_iter().filter(|place| !place.is_empty()).map(|place| {
            let place = bare(&place);
            format!("- {place};")
        }));
        let last = kept.into_iter().next_back().unwrap_or_else(|| {
            let mut last = "Lưu: VT".to_owned();
            for part in [
                text::tidy(&metadata.drafter_notation),
                metadata.copies.map(|copies| format!("{copies:02}b")).unwrap_or_default(),
            ] {
                if !part.is_empty() {
                    last = format!("{last}, {part}");
                }
            }
            last
        });
        lines.push(format!("- {last}."));
        Self { addressed, received: lines }
    }

    /// "Nơi nhận" as one text.
    pub fn received_text(&self) -> String {
        self.received.join("\n")
    }
}

fn addressed(recipients: &[Recipient]) -> Vec<String> {
    match recipients {
        [] => Vec::new(),
        [only] => vec![format!("Kính gửi: {}.", bare(&only.name))],
        several => {
            let count = several.len();
            let line = |(place, one): (usize, &Recipient)| {
                let end = if place + 1 == count { '.' } else { ';' };
                format!("- {}{end}", bare(&one.name))
            };
            let lines = several.iter().enumerate().map(line);
            std::iter::once("Kính gửi:".to_owned()).chain(lines).collect()
        }
    }
}

/// Without the dash before and the sign behind, which the list sets itself.
fn bare(place: &str) -> String {
    let tidy = text::tidy(place);
    let bare = tidy.trim_start_matches(['-', '–', '•', ' ']);
    bare.trim_end_matches([';', '.', ',', ' ']).to_owned()
}

fn is_kept(place: &str) -> bool {
    text::fold(place).starts_with("luu")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agency::AgencyCode;

    fn metadata(names: &[&str], other: &[&str]) -> Metadata {
        Metadata {
            recipients: names
                .iter()
                .map(|name| Recipient {
                    agency: AgencyCode::new("H30").unwrap(),
                    name: (*name).to_owned(),
                })
                .collect(),
            other_places: other.iter().map(|place| (*place).to_owned()).collect(),
            drafter_notation: "TP".to_owned(),
            copies: Some(2),
            ..Metadata::default()
        }
    }

    #[test]
    fn a_decision_lists_everybody_and_what_is_kept() {
        let text = PlacesText::of(&metadata(&["Sở Nội vụ", "UBND huyện"], &["Như Điều 3;"]), false);
        assert_eq!(text.addressed, Vec::<String>::new());
        assert_eq!(
            text.received_text(),
            "Nơi nhận:\n- Sở Nội vụ;\n- UBND huyện;\n- Như Điều 3;\n- Lưu: VT, TP, 02b."
        );
    }

    #[test]
    fn a_letter_addresses_and_then_says_as_above() {
        let one = PlacesText::of(&metadata(&["Sở Nội vụ"], &[]), true);
        assert_eq!(one.addressed, ["Kính gửi: Sở Nội vụ."]);
        assert_eq!(one.received, ["Nơi nhận:", "- Như trên;", "- Lưu: VT, TP, 02b."]);
        let two = PlacesText::of(&metadata(&["Sở Nội vụ", "Sở Tài chính"], &[]), true);
        assert_eq!(two.addressed, ["Kính gửi:", "- Sở Nội vụ;", "- Sở Tài chính."]);
    }

    #[test]
    fn what_somebody_wrote_about_keeping_stands_last() {
        let text = PlacesText::of(&metadata(&[], &["- Lưu: VT, KTN.", "Công báo"]), false);
        assert_eq!(text.received, ["Nơi nhận:", "- Công báo;", "- Lưu: VT, KTN."]);
    }
}
