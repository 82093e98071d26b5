//! The layout (thể thức, kỹ thuật trình bày) of an outbound document as it was checked: what
//! was found, where, and against which rule.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13 khoản 3: a person is responsible for the layout. What
//! the program finds is shown to that person and never decides: a document may pass with
//! errors, with the reason in the chain.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::BlobHash;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// May be meant so.
    Hint,
    /// Against the rules, and the document is still what it says.
    Warning,
    /// Against the rules: to be mended, or passed with a reason.
    Error,
}

impl Severity {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What is looked at. How grave each is, and on which article it rests, is data of the rule
/// profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The paper (khổ giấy).
    PageSize,
    /// The edges of the page (định lề trang).
    Margin,
    /// The typeface (phông chữ).
    Font,
    /// A component that every document of the kind has is not there.
    Missing,
    /// National title and motto, word for word.
    Wording,
    /// The size of a component's type (cỡ chữ).
    Size,
    /// Bold, italic or upright (kiểu chữ).
    Style,
    /// Capitals or small letters.
    Capitals,
    /// The line under a component: there, and as long as it should be.
    Underline,
    /// The motto is one size larger than the national title.
    Pairing,
    /// In the middle under what stands above it.
    Centred,
    /// How the number is written.
    Number,
    /// The notation against type and fields.
    Notation,
    /// How place and date are written.
    Date,
    /// The name of the type against notation and fields.
    Kind,
    /// The marks at the ends of legal bases.
    Bases,
    /// The first line of a paragraph.
    Indent,
    /// Room between paragraphs.
    ParagraphSpacing,
    /// Distance of lines.
    LineSpacing,
    /// Text reaches both edges.
    Justified,
    /// How an article begins.
    Article,
    /// The signer's name without titles.
    SignerName,
    /// TM., KT., TL., TUQ., Q. over the position.
    Authority,
    /// Dashes and marks of the list of recipients.
    Recipients,
    /// The last line of that list, `Lưu: VT`.
    FileCopy,
    /// Page numbers: there, in their place, not on page 1.
    PageNumber,
    /// The head of an annex.
    Annex,
    /// The mark of urgency.
    Urgency,
    /// Text in a legacy encoding.
    Legacy,
    /// Letters whose marks are separate characters.
    Decomposed,
}

impl Rule {
    /// In the order of a page, from the paper to the characters.
    pub const ALL: [Self; 30] = [
        Self::PageSize,
        Self::Margin,
        Self::Font,
        Self::Missing,
        Self::Wording,
        Self::Size,
        Self::Style,
        Self::Capitals,
        Self::Underline,
        Self::Pairing,
        Self::Centred,
        Self::Number,
        Self::Notation,
        Self::Date,
        Self::Kind,
        Self::Bases,
        Self::Indent,
        Self::ParagraphSpacing,
        Self::LineSpacing,
        Self::Justified,
        Self::Article,
        Self::SignerName,
        Self::Authority,
        Self::Recipients,
        Self::FileCopy,
        Self::PageNumber,
        Self::Annex,
        Self::Urgency,
        Self::Legacy,
        Self::Decomposed,
    ];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::PageSize => "page-size",
            Self::Margin => "margin",
            Self::Font => "font",
            Self::Missing => "missing",
            Self::Wording => "wording",
            Self::Size => "size",
            Self::Style => "style",
            Self::Capitals => "capitals",
            Self::Underline => "underline",
            Self::Pairing => "pairing",
            Self::Centred => "centred",
            Self::Number => "number",
            Self::Notation => "notation",
            Self::Date => "date",
            Self::Kind => "kind",
            Self::Bases => "bases",
            Self::Indent => "indent",
            Self::ParagraphSpacing => "paragraph-spacing",
            Self::LineSpacing => "line-spacing",
            Self::Justified => "justified",
            Self::Article => "article",
            Self::SignerName => "signer-name",
            Self::Authority => "authority",
            Self::Recipients => "recipients",
            Self::FileCopy => "file-copy",
            Self::PageNumber => "page-number",
            Self::Annex => "annex",
            Self::Urgency => "urgency",
            Self::Legacy => "legacy",
            Self::Decomposed => "decomposed",
        }
    }
}

/// A rectangle on a page as it is shown, in tenths of a point from its **top left**, y
/// downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Counted from 0.
    pub page: u32,
    /// Empty for the whole page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<Area>,
}

/// One thing that is not as the law asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: Rule,
    pub severity: Severity,
    /// Its sentence is `layout-found-…`; mostly the key of the rule.
    pub code: String,
    /// Key of the component in the rule profile; empty where it concerns none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub component: String,
    /// `None` for what stands nowhere.
    pub place: Option<Place>,
    /// What the sentence names: `found`, `asked` and others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<(String, String)>,
    /// The law that asks, as the profile cited it then.
    pub cite: String,
}

impl Finding {
    /// What the sentence names so.
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    Clean,
    /// There are findings; this is the gravest.
    Found(Severity),
    /// The first page is a picture: nothing can be said.
    Blind,
}

/// A check of one version of a document's main file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutCheck {
    /// The version that was checked.
    pub file: BlobHash,
    /// The rule profile that was asked.
    pub profile: String,
    pub checked_at: Timestamp,
    pub pages: u32,
    /// Pages (from 0) that are pictures, where nothing could be checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<u32>,
    /// By page, from the top.
    pub findings: Vec<Finding>,
}

impl LayoutCheck {
    pub fn standing(&self) -> Standing {
        if self.unread.contains(&0) {
            return Standing::Blind;
        }
        match self.findings.iter().map(|finding| finding.severity).max() {
            Some(gravest) => Standing::Found(gravest),
            None => Standing::Clean,
        }
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether passing the document on needs a reason: there are errors.
    pub fn needs_reason(&self) -> bool {
        self.standing() == Standing::Found(Severity::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unread: Vec<u32>, severities: &[Severity]) -> LayoutCheck {
        let finding = |severity: &Severity| Finding {
            rule: Rule::Size,
            severity: *severity,
            code: "size".to_owned(),
            component: "motto".to_owned(),
            place: Some(Place { page: 0, areas: vec![Area { x: 1, y: 2, width: 3, height: 4 }] }),
            args: vec![("found".to_owned(), "12".to_owned())],
            cite: "Phụ lục I".to_owned(),
        };
        LayoutCheck {
            file: BlobHash("00".to_owned()),
            profile: "current".to_owned(),
            checked_at: Timestamp::UNIX_EPOCH,
            pages: 1,
            unread,
            findings: severities.iter().map(finding).collect(),
        }
    }

    #[test]
    fn a_picture_is_never_clean_and_never_asks_for_a_reason() {
        assert_eq!(check(vec![], &[]).standing(), Standing::Clean);
        assert_eq!(check(vec![0], &[]).standing(), Standing::Blind);
        assert!(!check(vec![0], &[Severity::Error]).needs_reason());
        let mixed = check(vec![1], &[Severity::Hint, Severity::Error, Severity::Warning]);
        assert_eq!(mixed.standing(), Standing::Found(Severity::Error));
        assert!(mixed.needs_reason() && !check(vec![], &[Severity::Warning]).needs_reason());
    }

    #[test]
    fn keys_are_what_is_written() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.key());
        }
        let kept = check(vec![], &[Severity::Warning]);
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<LayoutCheck>(&text).unwrap(), kept);
    }
}
