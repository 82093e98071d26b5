//! The way of an inbound document.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 and 10 (processing states), Quyết định
//! 01/2019/QĐ-UBND Điều 8 to 10.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::agency::AgencyCode;
use super::book::BookId;
use super::delivery::StatusCode;
use super::demand::DemandMark;
use super::document::{BlobHash, DocumentKey, FileRef, Metadata};
use super::handling::{Part, Participant};
use super::paper::Paper;
use super::verdict::VerdictSummary;

/// Where an inbound document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundState {
    /// đã đến: stored and checked, the clerk has not decided.
    Arrived,
    /// đã tiếp nhận, not yet registered.
    Accepted,
    /// registered under its arrival number.
    Registered,
    /// chuyển xử lý
    Assigned,
    /// đang xử lý
    InProcess,
    /// đã hoàn thành
    Completed,
    /// từ chối tiếp nhận, trả lại
    Returned,
    /// thu hồi: cancelled on the sender's order
    Recalled,
}

impl InboundState {
    pub const ALL: [Self; 8] = [
        Self::Arrived,
        Self::Accepted,
        Self::Registered,
        Self::Assigned,
        Self::InProcess,
        Self::Completed,
        Self::Returned,
        Self::Recalled,
    ];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Accepted => "accepted",
            Self::Registered => "registered",
            Self::Assigned => "assigned",
            Self::InProcess => "in-process",
            Self::Completed => "completed",
            Self::Returned => "returned",
            Self::Recalled => "recalled",
        }
    }

    /// Whether the regulation lets a document go from here to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        use InboundState::*;
        matches!(
            (self, next),
            (Arrived, Accepted | Returned | Recalled)
                | (Accepted, Registered | Recalled)
                | (Registered, Assigned | Completed | Recalled)
                | (Assigned, InProcess | Completed | Recalled)
                | (InProcess, Completed | Recalled)
                // The law on recalls knows no exception for what is settled already.
                | (Completed, Recalled)
        )
    }

    /// The status that goes back to the sender when a document gets here.
    pub const fn status(self) -> Option<StatusCode> {
        match self {
            Self::Arrived => Some(StatusCode::Arrived),
            Self::Returned => Some(StatusCode::Returned),
            Self::Accepted => Some(StatusCode::Accepted),
            // Registration is the office's own affair; acceptance has been told already.
            Self::Registered => None,
            Self::Assigned => Some(StatusCode::Assigned),
            Self::InProcess => Some(StatusCode::InProcess),
            Self::Completed => Some(StatusCode::Completed),
            Self::Recalled => Some(StatusCode::RecallAgreed),
        }
    }

    /// Whether the office has taken the document for its own.
    pub const fn passed_acceptance(self) -> bool {
        matches!(
            self,
            Self::Accepted | Self::Registered | Self::Assigned | Self::InProcess | Self::Completed
        )
    }

    /// Whether nothing is left of it here: it went back, or is cancelled.
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Returned | Self::Recalled)
    }

    /// Whether nothing more is expected of the office.
    pub const fn is_final(self) -> bool {
        self.is_gone() || matches!(self, Self::Completed)
    }
}

/// An inbound document as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundDocument {
    pub key: DocumentKey,
    pub state: InboundState,
    pub sender: Option<AgencyCode>,
    pub sender_name: String,
    pub metadata: Metadata,
    pub files: Vec<FileRef>,
    /// The packet that brought it; `None` for a document brought in by hand.
    pub packet: Option<BlobHash>,
    pub arrived_at: Timestamp,
    pub verdict: VerdictSummary,
    pub registration: Option<Registration>,
    pub assignment: Option<Assignment>,
    /// Why it was returned or recalled.
    pub reason: String,
    /// That it came on paper; `None` for what came electronically.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
    /// What its sender demands of it, or demanded: what weighs most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<DemandMark>,
}

impl InboundDocument {
    /// The states that its sender is told of where it stands, in the order in which it got
    /// there: what is owed at once to a sender who becomes known later (Quyết định
    /// 28/2018/QĐ-TTg Điều 9).
    pub fn reported_states(&self) -> Vec<InboundState> {
        use InboundState::{Accepted, Arrived, Assigned};
        let mut states = vec![Arrived];
        if self.state.passed_acceptance() {
            states.push(Accepted);
        }
        if self.assignment.is_some() {
            states.push(Assigned);
        }
        if self.state.status().is_some() && !states.contains(&self.state) {
            states.push(self.state);
        }
        states
    }
}

/// The row of the inbound register (Nghị định 30/2020/NĐ-CP Phụ lục VI, phần II, mục II).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    pub book: BookId,
    pub arrival_number: u32,
    pub arrival_date: Date,
}

/// To whom a document was passed, with what direction and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Assignment {
    /// Who leads, or gives direction; empty where a unit leads.
    pub user: String,
    pub direction: String,
    pub due: Option<Date>,
    /// Everybody who takes part. Empty in old operations, where one person leads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Participant>,
}

impl Assignment {
    /// Everybody who takes part, the lead included.
    pub fn participants(&self) -> Vec<Participant> {
        if self.parts.is_empty() { vec![Participant::lead(&self.user)] } else { self.parts.clone() }
    }

    /// Who leads, or gives direction.
    pub fn head(parts: &[Participant]) -> Option<&Participant> {
        parts.iter().find(|one| matches!(one.part, Part::Lead | Part::Direct))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_recall_leaves_a_final_state() {
        use InboundState::{Completed, Recalled};
        for from in InboundState::ALL {
            for to in InboundState::ALL {
                if from.is_final() {
                    let recall = (from, to) == (Completed, Recalled);
                    assert_eq!(from.may_become(to), recall, "{from:?} -> {to:?}");
                }
            }
        }
    }

    #[test]
    fn every_state_is_reached_from_arrival() {
        let mut reached = vec![InboundState::Arrived];
        let mut grew = true;
        while grew {
            grew = false;
            for to in InboundState::ALL {
                if !reached.contains(&to) && reached.iter().any(|from| from.may_become(to)) {
                    reached.push(to);
                    grew = true;
                }
            }
        }
        assert_eq!(reached.len(), InboundState::ALL.len());
    }
}
