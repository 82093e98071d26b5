//! Certified copies: sao y, sao lục, trích sao.
//!
//! Nghị định 30/2020/NĐ-CP Điều 25 to 27 and Phụ lục I, phần II. A copy is numbered in a series
//! of its own, common to all kinds, from 01 on 1 January. On its way into an electronic form the
//! organisation signs it in the corner of its first page; on paper it carries a block of its
//! own: kind, number, place and date, recipients, signer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::agency::AgencyCode;
use super::document::{DocumentKey, FileRef, Signer};
use super::inbound::InboundState;
use super::outbound::{Numbering, OutboundState};

/// Which kind of copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyKind {
    /// sao y: of an original or an official copy, whole
    True,
    /// sao lục: of a copy, whole
    Reissued,
    /// trích sao: a part
    Extract,
}

impl CopyKind {
    pub const ALL: [Self; 3] = [Self::True, Self::Reissued, Self::Extract];

    /// The key of its document type in the rule profile.
    pub const fn type_key(self) -> &'static str {
        match self {
            Self::True => "SY",
            Self::Reissued => "SL",
            Self::Extract => "TrS",
        }
    }

    /// As the copy says it (Phụ lục I, phần II).
    pub const fn title(self) -> &'static str {
        match self {
            Self::True => "SAO Y",
            Self::Reissued => "SAO LỤC",
            Self::Extract => "TRÍCH SAO",
        }
    }

    pub const fn key(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::Reissued => "reissued",
            Self::Extract => "extract",
        }
    }
}

/// From what to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyForm {
    ElectronicToElectronic,
    PaperToElectronic,
    ElectronicToPaper,
    PaperToPaper,
}

impl CopyForm {
    /// From paper, or not, to paper, or not.
    pub const fn of(from_paper: bool, to_paper: bool) -> Self {
        match (from_paper, to_paper) {
            (false, false) => Self::ElectronicToElectronic,
            (true, false) => Self::PaperToElectronic,
            (false, true) => Self::ElectronicToPaper,
            (true, true) => Self::PaperToPaper,
        }
    }

    pub const fn is_paper(self) -> bool {
        matches!(self, Self::ElectronicToPaper | Self::PaperToPaper)
    }

    pub const fn key(self) -> &'static str {
        match self {
            Self::ElectronicToElectronic => "electronic-to-electronic",
            Self::PaperToElectronic => "paper-to-electronic",
            Self::ElectronicToPaper => "electronic-to-paper",
            Self::PaperToPaper => "paper-to-paper",
        }
    }
}

/// Whether an inbound document may be copied where it stands: what nobody has accepted, what went
/// back and what its sender called back is copied by nobody.
pub const fn may_copy_inbound(state: InboundState) -> bool {
    use InboundState::{Arrived, Recalled, Returned};
    !matches!(state, Arrived | Recalled | Returned)
}

/// The same of a document of ours: before it is issued there is nothing to copy, and what was
/// recalled must not go on.
pub const fn may_copy_outbound(state: OutboundState) -> bool {
    matches!(state, OutboundState::Issued)
}

/// A copy as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertifiedCopy {
    /// Its own key.
    pub id: DocumentKey,
    pub kind: CopyKind,
    pub form: CopyForm,
    /// The document of this office that was copied.
    pub of: DocumentKey,
    /// What that is: number and notation, and subject, as they were then.
    pub code: String,
    pub subject: String,
    pub issuer: Option<AgencyCode>,
    /// Pages that an extract holds, from 1; empty for the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<u32>,
    pub numbering: Numbering,
    /// As it is written: `01/SY`.
    pub written: String,
    /// Who gets it.
    pub recipients: String,
    /// Who signs the copy on paper.
    pub signer: Signer,
    pub file: FileRef,
    pub by: String,
    pub at: Timestamp,
    /// Signatures of others in it that could not be made to last with our own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsecured: Vec<Unsecured>,
}

/// A signature that does not last, in a file that was made to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsecured {
    /// Whose it is, by the certificate; empty where there is none.
    pub signer: String,
    /// Why, as reason codes of `vanthuctl verify`; empty where it holds, but its certificates
    /// name no service that would prove it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// Reads `1, 3-5` into pages of a document that has `count`; `None` for what is no such list.
pub fn pages(text: &str, count: u32) -> Option<Vec<u32>> {
    let mut pages = Vec::new();
    for part in text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last): (u32, u32) = match part.split_once(['-', '–']) {
            Some((first, last)) => (first.trim().parse().ok()?, last.trim().parse().ok()?),
            None => (part.parse().ok()?, part.parse().ok()?),
        };
        if first == 0 || first > last || last > count {
            return None;
        }
        pages.extend(first..=last);
    }
    pages.sort_unstable();
    pages.dedup();
    Some(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_read_as_people_write_them() {
        assert_eq!(pages("1, 3-5", 9), Some(vec![1, 3, 4, 5]));
        assert_eq!(pages(" 2 ; 2 – 3 ", 3), Some(vec![2, 3]));
        assert_eq!(pages("", 3), Some(Vec::new()));
        for wrong in ["0", "4", "3-2", "a", "1-", "1-9"] {
            assert_eq!(pages(wrong, 3), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_not_here_or_gone_is_not_copied() {
        let inbound = InboundState::ALL.into_iter().filter(|state| !may_copy_inbound(*state));
        let outbound = OutboundState::ALL.into_iter().filter(|state| may_copy_outbound(*state));
        use InboundState::{Arrived, Recalled, Returned};
        assert!(inbound.eq([Arrived, Returned, Recalled]));
        assert!(outbound.eq([OutboundState::Issued]));
    }
}
