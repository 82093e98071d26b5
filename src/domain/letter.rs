//! Paper letters: what of an electronic document still goes out on paper, and how.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 6 khoản 2: some kinds of documents, and documents to
//! individuals, go on paper as well; Điều 14 khoản 4: whoever is outside the system gets paper.
//! Nghị định 30/2020/NĐ-CP Điều 18 khoản 5: the signed document is printed and stamped.
//! A letter is owed from the moment of issue until it is sent, or until somebody says why it
//! need not be.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::agency::AgencyCode;
use super::document::Metadata;
use super::text::fold;

/// Why a document goes on paper, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaperGround {
    /// văn bản quy phạm pháp luật
    Normative,
    Finance,
    Personnel,
    /// khiếu nại, tố cáo
    Complaints,
    /// Sent to individuals.
    Individuals,
    /// The drafter or the clerk wants it.
    Wanted,
}

impl PaperGround {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Normative => "normative",
            Self::Finance => "finance",
            Self::Personnel => "personnel",
            Self::Complaints => "complaints",
            Self::Individuals => "individuals",
            Self::Wanted => "wanted",
        }
    }
}

/// One addressee on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperLetter {
    /// As the "Nơi nhận" list names it; a document has one letter to each place.
    pub place: String,
    /// An agency that gets the document electronically as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
}

/// How a letter went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperWay {
    /// bưu điện
    Post,
    /// trao tay, giao trực tiếp
    Hand,
    /// giao liên, người của cơ quan
    Courier,
}

impl PaperWay {
    pub const ALL: [Self; 3] = [Self::Post, Self::Hand, Self::Courier];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Hand => "hand",
            Self::Courier => "courier",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.key() == key)
    }
}

/// That a letter was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperSending {
    pub way: PaperWay,
    pub on: Date,
    /// Who took it there, or received it (ký nhận).
    pub by: String,
    /// The post's number of the letter; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reference: String,
}

/// How far a letter is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PaperState {
    /// To be printed, stamped and sent.
    Owed,
    Sent(PaperSending),
    /// Not sent after all, and why.
    Dropped {
        reason: String,
    },
}

/// The letters that a document owes when it is issued: to every agency on its list where paper
/// follows, and to every place that is no electronic recipient. Lines of the list that name
/// nobody (`Như trên`, `Lưu: VT`) owe none.
pub fn owed(metadata: &Metadata) -> Vec<PaperLetter> {
    let agencies = metadata.recipients.iter().filter(|_| metadata.paper_follows);
    let agencies = agencies
        .map(|one| PaperLetter { place: one.name.clone(), agency: Some(one.agency.clone()) });
    let places = metadata.other_places.iter().filter(|place| names_somebody(place));
    let places = places.map(|place| PaperLetter { place: place.clone(), agency: None });
    let mut letters: Vec<PaperLetter> = Vec::new();
    for letter in agencies.chain(places) {
        if !letters.iter().any(|known| known.place == letter.place) {
            letters.push(letter);
        }
    }
    letters
}

fn names_somebody(place: &str) -> bool {
    const NOBODY: [&str; 4] = ["nhu tren", "nhu dieu", "nhu kinh gui", "luu"];
    let folded = fold(place.trim_matches(|c: char| c.is_whitespace() || "-–;.".contains(c)));
    !folded.is_empty()
        && !NOBODY.iter().any(|word| {
            let rest = folded.strip_prefix(word);
            rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        })
}

/// Whether `text` holds the word or words `wanted`, diacritics included: `ông` is not `đông`,
/// nor is `bá` `bà`.
pub fn holds_words(text: &str, wanted: &str) -> bool {
    let plain = |text: &str| {
        let spaced: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { ' ' })
            .collect();
        format!(" {} ", super::text::tidy(&spaced))
    };
    let wanted = plain(wanted);
    !wanted.trim().is_empty() && plain(text).contains(&wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::Recipient;

    #[test]
    fn places_that_name_nobody_get_no_letter() {
        let places = ["Như trên", "- Như Điều 3;", "Lưu: VT, TP.", "Ông Nguyễn Văn A", "Lưu Văn B"];
        let agency = AgencyCode::new("000.00.00.H30").unwrap();
        let mut metadata = Metadata {
            recipients: vec![Recipient { agency, name: "UBND tỉnh".to_owned() }],
            other_places: places.map(str::to_owned).to_vec(),
            ..Metadata::default()
        };
        let names = |metadata: &Metadata| -> Vec<String> {
            owed(metadata).into_iter().map(|letter| letter.place).collect()
        };
        // A person called Lưu is rarer than the line that says where the file copy lies: such
        // a letter is added by hand.
        assert_eq!(names(&metadata), ["Ông Nguyễn Văn A"]);
        metadata.paper_follows = true;
        assert_eq!(names(&metadata), ["UBND tỉnh", "Ông Nguyễn Văn A"]);
    }

    #[test]
    fn words_are_whole_words() {
        assert!(holds_words("Về việc giải quyết khiếu nại, tố cáo", "khiếu nại"));
        assert!(holds_words("Ông/bà Trần Thị B", "bà"));
        assert!(!holds_words("Phòng đông y", "ông"));
        assert!(!holds_words("Bá Thiện", "bà"));
        assert!(!holds_words("x", " "));
    }
}
