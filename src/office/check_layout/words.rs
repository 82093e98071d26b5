//! What was found, in the language in force.

use crate::domain::layout::{Finding, LayoutCheck, Rule, Severity, Standing};
use crate::i18n;
use crate::rules::Profile;
use crate::t;

/// What was found and what is asked, in one sentence; `component` as [`component`] names it.
pub fn sentence(finding: &Finding, component: &str) -> String {
    let mut args: Vec<(&str, String)> = finding
        .args
        .iter()
        .map(|(name, value)| {
            let style = value.starts_with("style-").then(|| format!("layout-{value}"));
            let said = style.and_then(|key| i18n::lookup(i18n::language(), &key, &[]));
            (name.as_str(), said.unwrap_or_else(|| value.clone()))
        })
        .collect();
    args.push(("component", component.to_owned()));
    i18n::tr_args(&format!("layout-found-{}", finding.code), &args)
}

/// The component that a finding concerns, as the profile names it; empty for none.
pub fn component(finding: &Finding, profile: &Profile) -> String {
    let known = profile.layout().component(&finding.component);
    known.map_or_else(|| finding.component.clone(), |known| known.name.to_string())
}

pub fn rule_name(rule: Rule) -> String {
    t!(&format!("layout-rule-{}", rule.key()))
}

pub fn severity_name(severity: Severity) -> String {
    t!(&format!("layout-severity-{}", severity.key()))
}

/// How a check ended, in a sentence.
pub fn standing(check: &LayoutCheck) -> String {
    let mut said = match check.standing() {
        Standing::Clean => t!("layout-standing-clean"),
        Standing::Blind => return t!("layout-standing-blind"),
        Standing::Found(_) => t!(
            "layout-standing-found",
            errors = check.count(Severity::Error),
            warnings = check.count(Severity::Warning),
            hints = check.count(Severity::Hint)
        ),
    };
    if !check.unread.is_empty() {
        let pages: Vec<String> = check.unread.iter().map(|page| (page + 1).to_string()).collect();
        said.push(' ');
        said.push_str(&t!("layout-standing-unread", pages = pages.join(", ")));
    }
    said
}
