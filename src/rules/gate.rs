//! What a profile says of the gate before acceptance: on which article each check rests,
//! which of them is a hard stop, what to do with a state secret, and when the office closes.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::Time;
use serde::Deserialize;

use super::Profile;
use super::facts::{ReturnReason, Text};
use crate::domain::gate::{CheckName, Gate, looks};

/// The section `gate` of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateRules {
    /// For how long a decision can be taken back while nothing has left the office.
    pub undo_minutes: u16,
    pub cite: String,
    pub confirmed: bool,
    /// Each check once.
    pub checks: Vec<CheckRule>,
}

/// What the law says of one check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRule {
    #[serde(rename = "key")]
    pub check: CheckName,
    /// Whether a document that fails it cannot be accepted at all.
    #[serde(default)]
    pub stop: bool,
    pub cite: String,
    pub confirmed: bool,
}

/// The section `secrecy`: what to do when a state secret was sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecrecyRules {
    pub procedure: Text,
    pub cite: String,
    pub confirmed: bool,
}

/// The section `office_hours`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeHours {
    /// `HH:MM`, by the clocks of Việt Nam.
    pub opens: Time,
    pub closes: Time,
    /// So long before it closes, what is not acknowledged is reminded of.
    pub remind_minutes: u16,
    pub cite: String,
    pub confirmed: bool,
}

impl OfficeHours {
    /// Whether the office closes soon, or has closed: what is left of the day is due.
    pub fn is_reminding(&self, time: Time) -> bool {
        let before = SignedDuration::from_mins(self.remind_minutes.into());
        time >= self.closes.saturating_sub(before).max(self.opens)
    }
}

impl Profile {
    pub fn gate(&self) -> &GateRules {
        &self.gate
    }

    /// The checks that nobody can accept against.
    pub fn gate_stops(&self) -> Vec<CheckName> {
        self.gate.checks.iter().filter(|rule| rule.stop).map(|rule| rule.check).collect()
    }

    /// The article on which a check rests; every check has its row.
    pub fn gate_article(&self, check: CheckName) -> &str {
        let row = self.gate.checks.iter().find(|rule| rule.check == check);
        row.map_or("", |rule| rule.cite.as_str())
    }

    pub fn secrecy(&self) -> &SecrecyRules {
        &self.secrecy
    }

    pub fn office_hours(&self) -> &OfficeHours {
        &self.office_hours
    }

    /// Reasons to return a document that follow from what failed at the gate, in the order
    /// of the profile's list.
    pub fn proposed_reasons(&self, gate: &Gate) -> Vec<&ReturnReason> {
        let failed: BTreeSet<&str> = gate.failures().map(|fact| fact.code.as_str()).collect();
        self.return_reasons()
            .iter()
            .filter(|reason| reason.after.iter().any(|code| failed.contains(code.as_str())))
            .collect()
    }
}

/// What contradicts itself in these sections.
pub(super) fn contradiction(profile: &Profile) -> Option<String> {
    let rows = &profile.gate.checks;
    let named: BTreeSet<CheckName> = rows.iter().map(|rule| rule.check).collect();
    if rows.len() != CheckName::ALL.len() || named.len() != rows.len() {
        return Some("gate: every check needs its row, once".to_owned());
    }
    let hours = &profile.office_hours;
    if hours.opens >= hours.closes {
        return Some("office_hours: the office closes before it opens".to_owned());
    }
    let known = |code: &String| looks::FAILURES.contains(&code.as_str());
    let unknown = profile.return_reasons().iter().flat_map(|row| &row.after).find(|c| !known(c));
    unknown.map(|code| format!("return_reasons: no check fails as {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: &str = include_str!("../../assets/rules/current.toml");

    #[test]
    fn every_failure_proposes_a_reason_to_return() {
        for name in Profile::names() {
            let profile = Profile::built_in(name).unwrap();
            for code in looks::FAILURES {
                let proposes = |row: &&ReturnReason| row.after.iter().any(|after| after == code);
                assert!(profile.return_reasons().iter().find(proposes).is_some(), "{name}: {code}");
            }
        }
    }

    #[test]
    fn the_last_hour_reminds() {
        let hours = Profile::built_in("current").unwrap().office_hours().clone();
        let at = |hour, minute| hours.is_reminding(jiff::civil::time(hour, minute, 0, 0));
        assert!(!at(8, 0) && !at(15, 59));
        assert!(at(16, 0) && at(16, 59) && at(17, 30));
    }

    #[test]
    fn malware_and_secrets_are_hard_stops() {
        for name in Profile::names() {
            let stops = Profile::built_in(name).unwrap().gate_stops();
            for check in [CheckName::Malware, CheckName::Secrecy] {
                assert!(stops.contains(&check), "{name}: {check:?}");
            }
            assert!(!stops.contains(&CheckName::Agreement), "{name}");
        }
    }

    #[test]
    fn contradictions_are_refused() {
        for (from, to) in [
            ("closes = \"17:00\"", "closes = \"06:00\""),
            ("after = [\"secret\"]", "after = [\"secrets\"]"),
            ("{ key = \"malware\", stop = true", "{ key = \"secrecy\", stop = true"),
        ] {
            assert!(CURRENT.contains(from), "{from}");
            assert!(Profile::parse(&CURRENT.replacen(from, to, 1)).is_err(), "{from}");
        }
    }
}
