//! What a check of signatures concluded, and the legal value that follows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::act::SigningAct;
use super::outbound::SignatureKind;

/// hợp lệ, không hợp lệ, không đủ cơ sở xác định; or no signature at all.
///
/// Ordered from best to worst: a file's verdict is its worst signature's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Valid,
    Unsigned,
    Indeterminate,
    Invalid,
}

impl Verdict {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unsigned => "unsigned",
            Self::Indeterminate => "indeterminate",
            Self::Invalid => "invalid",
        }
    }
}

/// How long a signature is meant to last (ETSI EN 319 142-1, clause 6).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Level {
    /// The signature alone.
    #[default]
    #[serde(rename = "B-B")]
    Bb,
    /// With proof of when it was there: a time stamp over it.
    #[serde(rename = "B-T")]
    Bt,
    /// With certificates and revocation data in the file.
    #[serde(rename = "B-LT")]
    Blt,
    /// With a time stamp over all of that.
    #[serde(rename = "B-LTA")]
    Blta,
}

impl Level {
    pub const ALL: [Self; 4] = [Self::Bb, Self::Bt, Self::Blt, Self::Blta];

    /// `B-B` and so on.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bb => "B-B",
            Self::Bt => "B-T",
            Self::Blt => "B-LT",
            Self::Blta => "B-LTA",
        }
    }

    /// The level of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Legal value of an inbound e-document (Quyết định 28/2018/QĐ-TTg Điều 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalValue {
    /// có giá trị như bản giấy (khoản 1)
    SameAsPaper,
    /// chỉ để biết, tham khảo (khoản 2)
    ForReference,
}

impl LegalValue {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::SameAsPaper => "same-as-paper",
            Self::ForReference => "for-reference",
        }
    }
}

/// One of the things that are looked at in a signature (Thông tư 41/2017/TT-BTTTT: the
/// certificate and its path, revocation, the time, the document's integrity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// The bytes are those that were signed.
    Integrity,
    /// The value was made with the key of the certificate.
    Signature,
    /// The signer's certificate: period of validity, purpose.
    Certificate,
    /// Its path to a trusted root.
    Chain,
    Revocation,
    /// The time stamp; without one, the signer's own word.
    Time,
    /// Algorithms and lengths of keys.
    Algorithms,
    /// What was done to the file after signing.
    Changes,
}

impl StepName {
    pub const ALL: [Self; 8] = [
        Self::Integrity,
        Self::Signature,
        Self::Certificate,
        Self::Chain,
        Self::Revocation,
        Self::Time,
        Self::Algorithms,
        Self::Changes,
    ];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Integrity => "integrity",
            Self::Signature => "signature",
            Self::Certificate => "certificate",
            Self::Chain => "chain",
            Self::Revocation => "revocation",
            Self::Time => "time",
            Self::Algorithms => "algorithms",
            Self::Changes => "changes",
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    Passed,
    Failed,
    /// There was not enough to tell.
    Unknown,
    /// Not looked at, since an earlier step had failed.
    Skipped,
    /// There is nothing to look at: no time stamp.
    Absent,
}

impl StepResult {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::Absent => "absent",
        }
    }
}

/// A step with what was found in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub step: StepName,
    pub result: StepResult,
    /// Reason codes of `vanthuctl verify`.
    pub reasons: Vec<String>,
}

/// The answer to one question of completeness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Ok,
    /// There was not enough to tell.
    Unknown,
    No,
}

impl Answer {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::No => "no",
        }
    }
}

/// One question that the regulation asks of a signed document, with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletenessLine {
    /// Stable; the sentence is `complete-…`.
    pub code: String,
    /// The law that asks, by article.
    pub article: String,
    pub result: Answer,
    /// What was found, as a code; the sentence is `found-…`.
    pub detail: String,
    /// What stands in the document, where the detail is about names.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub found: String,
    /// What should stand there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
}

/// One signature, for lists and panels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureSummary {
    /// `None` where the certificate does not tell a person from an organisation.
    pub kind: Option<SignatureKind>,
    pub verdict: Verdict,
    /// Reason codes of `vanthuctl verify`.
    pub reasons: Vec<String>,
    pub signer: String,
    pub organisation: String,
    pub issuer: String,
    pub serial: String,
    pub signed_at: Option<Timestamp>,
    /// The time comes from a time stamp, not from the signer's clock.
    pub time_stamped: bool,
    /// `B-B`, `B-T`, `B-LT`, `B-LTA` or `none`.
    pub level: String,
    /// Absent in verdicts of early versions, and then left out again: the audit chain keeps
    /// operations in the very words in which they were written.
    #[serde(default, skip_serializing_if = "SignatureDetail::is_empty")]
    pub detail: SignatureDetail,
}

impl SignatureSummary {
    /// It holds, and yet readers see something that the signer did not.
    pub fn shows_more(&self) -> bool {
        self.verdict == Verdict::Valid && self.detail.change_details.iter().any(|one| one.visible)
    }
}

/// What a panel shows of a signature beyond its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SignatureDetail {
    /// The signature field, by which the page can be shown as it was signed.
    pub field: String,
    /// The words of ETSI EN 319 102-1, such as `INDETERMINATE` and `TRY_LATER`.
    pub indication: String,
    pub sub_indication: String,
    pub steps: Vec<Step>,
    /// Remarks that bear on nothing; codes like those of reasons.
    pub notes: Vec<String>,
    /// What was done to the file since, as codes.
    pub changes: Vec<String>,
    /// The same with where and what, each change once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub change_details: Vec<ChangeDetail>,
    pub act: Option<SigningAct>,
    /// The trusted root, where the path reaches one.
    pub root: String,
}

/// One change since a signature; what does not belong to its kind is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeDetail {
    pub code: String,
    /// The form field.
    pub field: String,
    /// What the field says now, or of which kind the comment is.
    pub text: String,
    /// Counted from 1.
    pub page: Option<u32>,
    /// Permitted, and yet readers see something that the signer did not.
    pub visible: bool,
}

impl SignatureDetail {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The verdict on a document, stored with the time it was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictSummary {
    pub verdict: Verdict,
    pub reasons: Vec<String>,
    pub signatures: Vec<SignatureSummary>,
    pub checked_at: Timestamp,
    /// Program and version that checked.
    pub checker: String,
    /// Nothing was asked of the network.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offline: bool,
    /// What the regulation asks beyond the signatures themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completeness: Vec<CompletenessLine>,
}

impl VerdictSummary {
    /// Điều 4 with Quyết định 01/2019/QĐ-UBND Điều 6 khoản 1: same value as paper only
    /// with a valid personal **and** a valid organisation signature.
    pub fn legal_value(&self) -> LegalValue {
        let has = |kind| {
            self.signatures.iter().any(|s| s.kind == Some(kind) && s.verdict == Verdict::Valid)
        };
        if self.verdict == Verdict::Valid
            && has(SignatureKind::Personal)
            && has(SignatureKind::Organisation)
        {
            LegalValue::SameAsPaper
        } else {
            LegalValue::ForReference
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(kind: SignatureKind, verdict: Verdict) -> SignatureSummary {
        SignatureSummary {
            kind: Some(kind),
            verdict,
            reasons: Vec::new(),
            signer: String::new(),
            organisation: String::new(),
            issuer: String::new(),
            serial: String::new(),
            signed_at: None,
            time_stamped: false,
            level: "B-B".to_owned(),
            detail: SignatureDetail::default(),
        }
    }

    #[test]
    fn both_signatures_make_a_document_as_good_as_paper() {
        let mut summary = VerdictSummary {
            verdict: Verdict::Valid,
            reasons: Vec::new(),
            signatures: vec![signature(SignatureKind::Personal, Verdict::Valid)],
            checked_at: Timestamp::UNIX_EPOCH,
            checker: String::new(),
            offline: false,
            completeness: Vec::new(),
        };
        assert_eq!(summary.legal_value(), LegalValue::ForReference);
        summary.signatures.push(signature(SignatureKind::Organisation, Verdict::Valid));
        assert_eq!(summary.legal_value(), LegalValue::SameAsPaper);
        summary.verdict = Verdict::Invalid;
        assert_eq!(summary.legal_value(), LegalValue::ForReference);
    }

    #[test]
    fn verdicts_of_early_versions_are_still_read() {
        let old = r#"{"verdict":"valid","reasons":[],"signatures":[{"kind":"personal",
            "verdict":"valid","reasons":[],"signer":"A","organisation":"B","issuer":"C",
            "serial":"01","signed_at":null,"time_stamped":false,"level":"B-B"}],
            "checked_at":"2026-01-01T00:00:00Z","checker":"vanthu 0.1.0"}"#;
        let read: VerdictSummary = serde_json::from_str(old).unwrap();
        assert_eq!(read.signatures[0].detail, SignatureDetail::default());
        assert!(read.completeness.is_empty());
        let again = serde_json::to_value(&read).unwrap();
        let as_it_was: serde_json::Value = serde_json::from_str(old).unwrap();
        assert_eq!(again, as_it_was);
    }
}
