//! The way of an outbound document.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13 and 14: draft, opinions, layout check, personal
//! signature (number and date are taken), organisation signature, issue, follow.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::book::BookId;
use super::delivery::Delivery;
use super::document::{DocumentKey, FileRef, Metadata};
use super::opinion::Holder;

/// Where an outbound document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboundState {
    /// With its drafter.
    Draft,
    /// With the responsible leader, for the content (Điều 13.2).
    InReview,
    /// With the format checker, for the layout (Điều 13.3).
    InFormatCheck,
    /// With the signer.
    ToSign,
    /// Signed, numbered and dated; with the clerk (Điều 14 khoản 2).
    ToSeal,
    /// Sealed; the clerk issues it.
    ToIssue,
    /// phát hành
    Issued,
    /// thu hồi
    Recalled,
    /// Given up before it was issued.
    Abandoned,
}

impl OutboundState {
    pub const ALL: [Self; 9] = [
        Self::Draft,
        Self::InReview,
        Self::InFormatCheck,
        Self::ToSign,
        Self::ToSeal,
        Self::ToIssue,
        Self::Issued,
        Self::Recalled,
        Self::Abandoned,
    ];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InReview => "in-review",
            Self::InFormatCheck => "in-format-check",
            Self::ToSign => "to-sign",
            Self::ToSeal => "to-seal",
            Self::ToIssue => "to-issue",
            Self::Issued => "issued",
            Self::Recalled => "recalled",
            Self::Abandoned => "abandoned",
        }
    }

    /// Whether the regulation lets a document go from here to `next`.
    ///
    /// Small offices skip opinions: a draft may go straight to the signer. Nothing is
    /// sealed that was not signed, nothing issued that was not sealed.
    pub const fn may_become(self, next: Self) -> bool {
        use OutboundState::*;
        matches!(
            (self, next),
            (Draft, InReview | InFormatCheck | ToSign | Abandoned)
                | (InReview, Draft | InFormatCheck | ToSign | Abandoned)
                | (InFormatCheck, Draft | ToSign | Abandoned)
                | (ToSign, Draft | ToSeal | Abandoned)
                | (ToSeal, ToIssue | Abandoned)
                | (ToIssue, Issued | Abandoned)
                | (Issued, Recalled)
        )
    }

    pub const fn is_final(self) -> bool {
        matches!(self, Self::Recalled | Self::Abandoned)
    }
}

/// An outbound document as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboundDocument {
    pub key: DocumentKey,
    pub state: OutboundState,
    pub metadata: Metadata,
    /// The present version of the main file first, then attachments.
    pub files: Vec<FileRef>,
    pub drafted_by: String,
    pub drafted_at: Timestamp,
    pub numbering: Option<Numbering>,
    pub deliveries: Vec<Delivery>,
    pub issued_at: Option<Timestamp>,
    /// The document in whose place it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<DocumentKey>,
    /// Why it was sent back, recalled or given up.
    pub reason: String,
    /// Who has it: a user, or empty for whoever has the role; `None` once it is signed or given
    /// up.
    #[serde(default)]
    pub held_by: Option<String>,
    /// When it was signed; `None` before that, and once it has left.
    #[serde(default)]
    pub signed_at: Option<Timestamp>,
}

impl OutboundDocument {
    /// Who has the draft; `None` once it is signed or given up.
    pub fn holder(&self) -> Option<Holder> {
        let user = self.held_by.clone()?;
        Some(Holder { state: self.state, user })
    }
}

/// Number and date, taken together (Quyết định 01/2019/QĐ-UBND Điều 14 khoản 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbering {
    pub book: BookId,
    pub number: u32,
    pub date: Date,
}

/// That the bytes were looked through for malware before they left (Quyết định
/// 01/2019/QĐ-UBND Điều 19), or why they left without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum LeavingScan {
    Clean {
        /// The scanner as it names itself.
        by: String,
    },
    Unscanned {
        /// Why nothing was said of them: the code of a problem, or `none` without a scanner.
        code: String,
        reason: String,
    },
}

/// Which of the two signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureKind {
    Personal,
    Organisation,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_unsigned_is_sealed_and_nothing_unsealed_is_issued() {
        for from in OutboundState::ALL {
            if from.may_become(OutboundState::ToSeal) {
                assert_eq!(from, OutboundState::ToSign);
            }
            if from.may_become(OutboundState::ToIssue) {
                assert_eq!(from, OutboundState::ToSeal);
            }
            if from.may_become(OutboundState::Issued) {
                assert_eq!(from, OutboundState::ToIssue);
            }
        }
    }
}
