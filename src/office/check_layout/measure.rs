//! How well faults are found: what was put in and found, put in and not found, found and not
//! put in; rule by rule.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::corpus::Case;
use super::{Asked, check_file};
use crate::domain::layout::{Finding, Rule};
use crate::domain::problem::Problem;
use crate::rules::Profile;

/// What became of one rule over many documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub found: u32,
    pub overlooked: u32,
    /// Found where nothing was put in.
    pub wrongly: u32,
}

impl Tally {
    /// Share of what was found that is there, 0 to 1; 1 where nothing was found.
    pub fn precision(&self) -> f64 {
        share(self.found, self.wrongly)
    }

    /// Share of what is there that was found, 0 to 1; 1 where nothing is there.
    pub fn recall(&self) -> f64 {
        share(self.found, self.overlooked)
    }
}

fn share(right: u32, wrong: u32) -> f64 {
    let all = right + wrong;
    if all == 0 { 1.0 } else { f64::from(right) / f64::from(all) }
}

/// Something that went wrong, to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    pub case: String,
    pub rule: Rule,
    pub component: String,
    /// What was found wrongly; `None` where a fault was overlooked.
    pub finding: Option<Finding>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    pub documents: u32,
    /// Documents without a fault in which nothing was found, and all of them.
    pub clean: (u32, u32),
    pub rules: BTreeMap<Rule, Tally>,
    pub misses: Vec<Miss>,
}

impl Report {
    pub fn overall(&self) -> Tally {
        self.rules.values().fold(Tally::default(), |sum, one| Tally {
            found: sum.found + one.found,
            overlooked: sum.overlooked + one.overlooked,
            wrongly: sum.wrongly + one.wrongly,
        })
    }

    /// Counts one document in. A breach counts once, however many findings name it;
    /// `consequences` may be found or not.
    pub fn add<'b>(
        &mut self,
        name: &str,
        breaches: impl IntoIterator<Item = (Rule, &'b str)>,
        consequences: impl IntoIterator<Item = (Rule, &'b str)>,
        findings: &[Finding],
    ) {
        let breaches: BTreeSet<(Rule, &str)> = breaches.into_iter().collect();
        let consequences: BTreeSet<(Rule, &str)> = consequences.into_iter().collect();
        self.documents += 1;
        for (rule, component) in &breaches {
            let hit = findings.iter().any(|one| one.rule == *rule && one.component == *component);
            let tally = self.rules.entry(*rule).or_default();
            if hit {
                tally.found += 1;
            } else {
                tally.overlooked += 1;
                self.misses.push(Miss {
                    case: name.to_owned(),
                    rule: *rule,
                    component: (*component).to_owned(),
                    finding: None,
                });
            }
        }
        let mut told = BTreeSet::new();
        for finding in findings {
            let breach = (finding.rule, finding.component.as_str());
            let known = breaches.contains(&breach) || consequences.contains(&breach);
            if known || !told.insert(breach) {
                continue;
            }
            self.rules.entry(finding.rule).or_default().wrongly += 1;
            self.misses.push(Miss {
                case: name.to_owned(),
                rule: finding.rule,
                component: finding.component.clone(),
                finding: Some(finding.clone()),
            });
        }
        if breaches.is_empty() {
            self.clean.1 += 1;
            self.clean.0 += u32::from(findings.is_empty());
        }
    }
}

/// Checks every document; `tell` is told how far it is.
pub fn measure(
    cases: &[Case],
    profile: &Profile,
    tell: &mut dyn FnMut(usize, usize),
) -> Result<Report, Problem> {
    let mut report = Report::default();
    for (at, case) in cases.iter().enumerate() {
        tell(at, cases.len());
        let check = check_file(&case.pdf()?, case.asked(), profile)?;
        report.add(&case.name, case.breaches(), case.consequences(), &check.findings);
    }
    Ok(report)
}

/// A document that another program set, with what is wrong in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    pub name: String,
    pub pdf: Arc<[u8]>,
    pub type_key: String,
    pub notation: String,
    pub breaches: Vec<(Rule, String)>,
    pub consequences: Vec<(Rule, String)>,
}

/// The same for documents of other programs.
pub fn measure_foreign(cases: &[Foreign], profile: &Profile) -> Result<Report, Problem> {
    let mut report = Report::default();
    for case in cases {
        let asked = Asked {
            type_key: Some(&case.type_key).filter(|key| !key.is_empty()).map(String::as_str),
            notation: Some(&case.notation),
            urgency: None,
        };
        let check = check_file(&case.pdf, asked, profile)?;
        report.add(
            &case.name,
            case.breaches.iter().map(|(rule, component)| (*rule, component.as_str())),
            case.consequences.iter().map(|(rule, component)| (*rule, component.as_str())),
            &check.findings,
        );
    }
    Ok(report)
}
