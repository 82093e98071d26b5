//! The six acts of signing, named as the Government's signing service names them.
//!
//! A clerk knows them by these names; each says who signs, where, and how it looks. The act
//! is kept in the signature itself (`/Reason`), as Vietnamese words followed by the name in
//! brackets, so that people and programs read the same thing in every language.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::outbound::SignatureKind;

/// What is done by signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SigningAct {
    /// The competent person signs (Thông tư 01/2019/TT-BNV Điều 12).
    Approve,
    /// The clerk seals for issue (Điều 13).
    Issue,
    /// The clerk signs a scanned inbound document (Điều 6 khoản 2 điểm c).
    Income,
    /// The clerk signs an annex that is a file of its own (Điều 13).
    Appendix,
    /// The clerk signs an electronic copy: sao y, sao lục, trích sao.
    Copy,
    /// A person's opinion on the document.
    Comment,
}

impl SigningAct {
    pub const ALL: [Self; 6] =
        [Self::Approve, Self::Issue, Self::Income, Self::Appendix, Self::Copy, Self::Comment];

    /// The name in scripts and in the signing service.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Issue => "issue",
            Self::Income => "income",
            Self::Appendix => "appendix",
            Self::Copy => "copy",
            Self::Comment => "comment",
        }
    }

    /// Whose signature it is.
    pub const fn kind(self) -> SignatureKind {
        match self {
            Self::Approve | Self::Comment => SignatureKind::Personal,
            Self::Issue | Self::Income | Self::Appendix | Self::Copy => SignatureKind::Organisation,
        }
    }

    /// What a signature of `kind` is, where nothing else is said.
    pub const fn usual(kind: SignatureKind) -> Self {
        match kind {
            SignatureKind::Personal => Self::Approve,
            SignatureKind::Organisation => Self::Issue,
        }
    }

    /// The signature's `/Reason`; never renamed.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Approve => "Ký duyệt văn bản [approve]",
            Self::Issue => "Phát hành văn bản [issue]",
            Self::Income => "Số hóa văn bản đến [income]",
            Self::Appendix => "Ký tệp kèm theo văn bản [appendix]",
            Self::Copy => "Sao văn bản sang định dạng điện tử [copy]",
            Self::Comment => "Cho ý kiến về văn bản [comment]",
        }
    }

    /// The act that a signature's `/Reason` names.
    pub fn from_reason(reason: &str) -> Option<Self> {
        let (_, name) = reason.trim().strip_suffix(']')?.rsplit_once('[')?;
        Self::ALL.into_iter().find(|act| act.key() == name)
    }
}

impl fmt::Display for SigningAct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_is_read_back_from_its_reason() {
        for act in SigningAct::ALL {
            assert_eq!(SigningAct::from_reason(act.reason()), Some(act));
            assert_eq!(SigningAct::usual(act.kind()).kind(), act.kind());
        }
        for other in ["", "approve", "[]", "[Approve]", "Ký duyệt [khác]", "approve]"] {
            assert_eq!(SigningAct::from_reason(other), None, "{other}");
        }
    }
}
