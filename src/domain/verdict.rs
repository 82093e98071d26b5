//! What a check of signatures concluded, and the legal value that follows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
        };
        assert_eq!(summary.legal_value(), LegalValue::ForReference);
        summary.signatures.push(signature(SignatureKind::Organisation, Verdict::Valid));
        assert_eq!(summary.legal_value(), LegalValue::SameAsPaper);
        summary.verdict = Verdict::Invalid;
        assert_eq!(summary.legal_value(), LegalValue::ForReference);
    }
}
