//! The gate before acceptance: what is looked at in a document that has arrived, how each
//! look ended, and what the clerk may do then.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 1 and Quyết định 01/2019/QĐ-UBND Điều 9 khoản 1:
//! before accepting, completeness, integrity and authenticity are checked. A look that was
//! not made is a result of its own ([`Outcome::NotDone`]) and never counts as passed: a
//! clerk who accepts sees what nobody has looked at.
//!
//! Which check rests on which article, and which of them is a hard stop, is data of the
//! rule profile; the looks themselves are in [`looks`].

pub mod looks;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::FileRef;
use super::outbound::SignatureKind;
use super::verdict::{LegalValue, Verdict, VerdictSummary};

/// One thing that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// The signatures hold (Thông tư 41/2017/TT-BTTTT).
    Signature,
    /// It was sent to us.
    Addressee,
    /// It is ours to settle.
    Competence,
    /// What the sender names came with it: files, annexes, pages.
    Attachments,
    /// Every file is of a permitted format, by its content.
    Formats,
    Malware,
    /// The fields of the packet say what the page says.
    Agreement,
    /// No state secret.
    Secrecy,
}

impl CheckName {
    /// In the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Signature,
        Self::Addressee,
        Self::Competence,
        Self::Attachments,
        Self::Formats,
        Self::Malware,
        Self::Agreement,
        Self::Secrecy,
    ];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Addressee => "addressee",
            Self::Competence => "competence",
            Self::Attachments => "attachments",
            Self::Formats => "formats",
            Self::Malware => "malware",
            Self::Agreement => "agreement",
            Self::Secrecy => "secrecy",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.key() == key)
    }
}

/// How a look ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    /// Nothing stands against acceptance, but somebody should know.
    Warned,
    Failed,
    /// Nobody looked; `why` is a code, its sentence is `gate-why-…`.
    NotDone {
        why: String,
        /// The office wants it done and it could not be (the scanner did not answer): who
        /// accepts all the same says why.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        owed: bool,
    },
}

impl Outcome {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Failed => "failed",
            Self::NotDone { .. } => "not-done",
        }
    }

    fn undone(why: &str) -> Self {
        Self::NotDone { why: why.to_owned(), owed: false }
    }
}

/// What was found in a look: a code, whose sentence is `gate-found-…`, and what it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub code: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<(String, String)>,
    /// Where: the name of a file, of a field or of a signer; empty for the whole document.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
}

impl Fact {
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), args: Vec::new(), place: String::new() }
    }

    /// Adds something that the sentence names as `{ $name }`.
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn at(mut self, place: &str) -> Self {
        place.clone_into(&mut self.place);
        self
    }
}

/// One look with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub name: CheckName,
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The law that asks, as the profile cited it then.
    pub article: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
}

impl Check {
    /// Whether acceptance needs a reason because of it.
    pub fn stands_against(&self) -> bool {
        matches!(self.outcome, Outcome::Failed | Outcome::NotDone { owed: true, .. })
    }
}

/// A file as it was counted (Quyết định 01/2019/QĐ-UBND Điều 9 khoản 2: the number of
/// documents, and the pages of each).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedFile {
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Only PDF files have pages that can be counted.
    pub pages: Option<u32>,
    pub main: bool,
}

/// Everything that was looked at, with what was found and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    pub checks: Vec<Check>,
    pub files: Vec<CountedFile>,
    pub legal: LegalFinding,
    pub checked_at: Timestamp,
}

/// What the clerk may do with a document that stands at the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Accepting needs a reason, because of these.
    WithReason(Vec<CheckName>),
    /// It cannot be accepted, because of these.
    Closed(Vec<CheckName>),
}

impl Gate {
    /// Whether it was these files, and no others, that were looked at.
    pub fn is_of(&self, files: &[FileRef]) -> bool {
        let mut looked: Vec<_> = self.files.iter().map(|file| file.sha256.as_str()).collect();
        let mut here: Vec<_> = files.iter().map(|file| file.blob.0.as_str()).collect();
        looked.sort_unstable();
        here.sort_unstable();
        looked == here
    }

    pub fn check(&self, name: CheckName) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// The way on; `stops` are the checks that the profile makes hard stops.
    pub fn way(&self, stops: &[CheckName]) -> Way {
        let named = |wanted: &dyn Fn(&Check) -> bool| -> Vec<CheckName> {
            self.checks.iter().filter(|check| wanted(check)).map(|check| check.name).collect()
        };
        let stopped =
            named(&|check| check.outcome == Outcome::Failed && stops.contains(&check.name));
        if !stopped.is_empty() {
            return Way::Closed(stopped);
        }
        let against = named(&Check::stands_against);
        if against.is_empty() { Way::Open } else { Way::WithReason(against) }
    }

    /// The codes of what failed, for proposing a reason to return the document.
    pub fn failures(&self) -> impl Iterator<Item = &Fact> {
        self.checks
            .iter()
            .filter(|check| check.outcome == Outcome::Failed)
            .flat_map(|check| &check.facts)
    }
}

/// A clerk's own judgement where no program can judge: whose it is, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub check: CheckName,
    pub user: String,
    pub note: String,
    pub at: Timestamp,
}

/// Where the time of a signature comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// A time stamp.
    TimeStamp,
    /// The signer's own clock.
    Claimed,
    Unknown,
}

impl TimeSource {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::TimeStamp => "time-stamp",
            Self::Claimed => "claimed",
            Self::Unknown => "unknown",
        }
    }
}

/// A signature on which the legal value rests, or fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalEvidence {
    pub kind: Option<SignatureKind>,
    pub signer: String,
    pub serial: String,
    pub verdict: Verdict,
    pub signed_at: Option<Timestamp>,
    pub time_source: TimeSource,
}

/// The legal value of an inbound document with what it rests on (Quyết định 28/2018/QĐ-TTg
/// Điều 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalFinding {
    pub value: LegalValue,
    /// It was sent and received through the document system, as khoản 1 asks.
    pub through_system: bool,
    pub verdict: Verdict,
    pub signatures: Vec<LegalEvidence>,
    /// When the signatures were checked, and by which program.
    pub judged_at: Timestamp,
    pub checker: String,
}

/// Điều 4: the same value as paper for what is digitally signed as the law requires **and**
/// sent and received through the document system (khoản 1); everything else is for
/// information only (khoản 2).
pub fn legal_finding(verdict: &VerdictSummary, through_system: bool) -> LegalFinding {
    let value = if through_system { verdict.legal_value() } else { LegalValue::ForReference };
    LegalFinding {
        value,
        through_system,
        verdict: verdict.verdict,
        signatures: verdict
            .signatures
            .iter()
            .map(|signature| LegalEvidence {
                kind: signature.kind,
                signer: signature.signer.clone(),
                serial: signature.serial.clone(),
                verdict: signature.verdict,
                signed_at: signature.signed_at,
                time_source: match (signature.signed_at, signature.time_stamped) {
                    (None, _) => TimeSource::Unknown,
                    (Some(_), true) => TimeSource::TimeStamp,
                    (Some(_), false) => TimeSource::Claimed,
                },
            })
            .collect(),
        judged_at: verdict.checked_at,
        checker: verdict.checker.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop_oneof![
            Just(Outcome::Passed),
            Just(Outcome::Warned),
            Just(Outcome::Failed),
            any::<bool>().prop_map(|owed| Outcome::NotDone { why: "x".to_owned(), owed }),
        ]
    }

    fn gate(outcomes: Vec<Outcome>) -> Gate {
        let checks = CheckName::ALL.into_iter().zip(outcomes).map(|(name, outcome)| Check {
            name,
            outcome,
            article: "Điều 9".to_owned(),
            facts: vec![Fact::new("x").with("name", 7).at("a.pdf")],
        });
        Gate {
            checks: checks.collect(),
            files: Vec::new(),
            legal: LegalFinding {
                value: LegalValue::ForReference,
                through_system: false,
                verdict: Verdict::Unsigned,
                signatures: Vec::new(),
                judged_at: Timestamp::UNIX_EPOCH,
                checker: String::new(),
            },
            checked_at: Timestamp::UNIX_EPOCH,
        }
    }

    proptest! {
        #[test]
        fn the_way_is_open_only_where_nothing_stands_against_it(
            outcomes in prop::collection::vec(outcome(), 8),
            stops in prop::sample::subsequence(CheckName::ALL.to_vec(), 0..8),
        ) {
            let gate = gate(outcomes);
            let failed = |name: &CheckName| gate.check(*name).unwrap().outcome == Outcome::Failed;
            match gate.way(&stops) {
                Way::Open => prop_assert!(!gate.checks.iter().any(Check::stands_against)),
                Way::WithReason(names) => {
                    prop_assert!(!names.is_empty());
                    // No hard stop hides behind a reason.
                    prop_assert!(!stops.iter().any(failed));
                    // Every check that stands against it is named.
                    for check in &gate.checks {
                        prop_assert_eq!(names.contains(&check.name), check.stands_against());
                    }
                }
                Way::Closed(names) => {
                    prop_assert!(!names.is_empty());
                    prop_assert!(names.iter().all(|name| stops.contains(name) && failed(name)));
                }
            }
        }

        #[test]
        fn making_a_result_worse_never_opens_the_way(
            outcomes in prop::collection::vec(outcome(), 8),
            which in 0usize..8,
            stops in prop::sample::subsequence(CheckName::ALL.to_vec(), 0..8),
        ) {
            let rank = |way: &Way| match way {
                Way::Open => 0,
                Way::WithReason(_) => 1,
                Way::Closed(_) => 2,
            };
            let before = gate(outcomes.clone()).way(&stops);
            let mut worse = outcomes;
            worse[which] = Outcome::Failed;
            prop_assert!(rank(&gate(worse).way(&stops)) >= rank(&before));
        }

        #[test]
        fn a_gate_survives_being_written(outcomes in prop::collection::vec(outcome(), 8)) {
            let gate = gate(outcomes);
            let text = serde_json::to_string(&gate).unwrap();
            let back: Gate = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&back, &gate);
            prop_assert_eq!(serde_json::to_string(&back).unwrap(), text);
        }
    }

    #[test]
    fn what_did_not_come_through_the_system_never_replaces_paper() {
        use crate::domain::verdict::{SignatureDetail, SignatureSummary};
        let signature = |kind, stamped| SignatureSummary {
            kind: Some(kind),
            verdict: Verdict::Valid,
            reasons: Vec::new(),
            signer: "Nguyễn Văn An".to_owned(),
            organisation: String::new(),
            issuer: String::new(),
            serial: "01".to_owned(),
            signed_at: Some(Timestamp::UNIX_EPOCH),
            time_stamped: stamped,
            level: "B-B".to_owned(),
            detail: SignatureDetail::default(),
        };
        let verdict = VerdictSummary {
            verdict: Verdict::Valid,
            reasons: Vec::new(),
            signatures: vec![
                signature(SignatureKind::Personal, false),
                signature(SignatureKind::Organisation, true),
            ],
            checked_at: Timestamp::UNIX_EPOCH,
            checker: "vanthu".to_owned(),
            offline: false,
            completeness: Vec::new(),
        };
        let through = legal_finding(&verdict, true);
        assert_eq!(through.value, LegalValue::SameAsPaper);
        let sources: Vec<_> = through.signatures.iter().map(|one| one.time_source).collect();
        assert_eq!(sources, [TimeSource::Claimed, TimeSource::TimeStamp]);
        assert_eq!(legal_finding(&verdict, false).value, LegalValue::ForReference);
    }
}
