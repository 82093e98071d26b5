//! What the checker of layouts asks beside sizes and styles, and how grave each finding is.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::facts::{Component, Layout, Span};
use crate::domain::layout::{Rule, Severity};

/// The words and measures that documents are held against.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutCheckRules {
    /// What a length may be beyond its bounds.
    pub tolerance_mm: f32,
    /// The same for sizes of type.
    pub tolerance_pt: f32,
    /// Spellings of the national title (Quốc hiệu), in capitals; the first is the usual one.
    pub national_title: Vec<String>,
    /// The motto (Tiêu ngữ), hyphens with spaces around them.
    pub motto: String,
    /// Families that may stand for [`Layout::font`].
    pub substitutes: Vec<String>,
    pub substitutes_confirmed: bool,
    /// How long the line under the motto is, in parts of its text.
    pub motto_line: Span,
    /// The same under the issuing agency and the abstract.
    pub short_line: Span,
    /// Marks with which the last of the legal bases may end.
    pub bases_last: Vec<String>,
    /// How the last line of the recipients begins.
    pub file_copy: String,
    /// Marks of authority.
    pub authorities: Vec<String>,
    /// What does not belong before a signer's name.
    pub titles: Vec<String>,
    pub titles_confirmed: bool,
    pub cite: String,
    pub confirmed: bool,
    pub rules: Vec<LayoutRule>,
}

/// How grave a breach of a rule is, and whose rule it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutRule {
    pub key: Rule,
    pub severity: Severity,
    pub cite: String,
    pub confirmed: bool,
}

impl LayoutCheckRules {
    pub fn rule(&self, rule: Rule) -> Option<&LayoutRule> {
        self.rules.iter().find(|row| row.key == rule)
    }
}

impl Layout {
    /// The component of this key, such as `motto`.
    pub fn component(&self, key: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.key == key)
    }
}

/// Components that the checker knows by name.
const NAMED: [&str; 16] = [
    "national-title",
    "motto",
    "superior-agency",
    "issuing-agency",
    "number-notation",
    "place-date",
    "type-name",
    "subject",
    "letter-subject",
    "body",
    "legal-bases",
    "signer-title",
    "signer-name",
    "addressees",
    "recipients-title",
    "recipients",
];

pub(super) fn contradiction(layout: &Layout) -> Option<String> {
    let check = &layout.check;
    let rules: BTreeSet<Rule> = check.rules.iter().map(|row| row.key).collect();
    if rules.len() != check.rules.len() {
        return Some("layout.check.rules: a rule stands there twice".to_owned());
    }
    if let Some(missing) = Rule::ALL.into_iter().find(|rule| !rules.contains(rule)) {
        return Some(format!("layout.check.rules: {} has no row", missing.key()));
    }
    if let Some(missing) = NAMED.into_iter().find(|key| layout.component(key).is_none()) {
        return Some(format!("layout.components: {missing} has no row"));
    }
    let spans = [check.motto_line, check.short_line];
    if spans.iter().any(|span| !(0.0 < span.0 && span.0 <= span.1)) {
        return Some("layout.check: a line's length makes no sense".to_owned());
    }
    let tolerances = [check.tolerance_mm, check.tolerance_pt];
    if tolerances.iter().any(|tolerance| !(0.0..=10.0).contains(tolerance)) {
        return Some("layout.check: a tolerance makes no sense".to_owned());
    }
    if check.national_title.is_empty() || check.bases_last.is_empty() {
        return Some("layout.check: national_title or bases_last is empty".to_owned());
    }
    None
}
