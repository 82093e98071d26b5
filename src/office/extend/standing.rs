//! Which signed files there are, and where their documents stand.

use crate::domain::inbound::InboundState;
use crate::domain::outbound::OutboundState;
use crate::office::labels;

/// Which file of a document waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedFile {
    Main,
    Annex,
    /// The digitised copy of a document that came on paper.
    Scan,
    /// A certified copy of the document.
    Copy,
}

impl SignedFile {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Annex => "annex",
            Self::Scan => "scan",
            Self::Copy => "copy",
        }
    }
}

/// Where the document of a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Inbound(InboundState),
    Outbound(OutboundState),
}

impl Standing {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Inbound(state) => state.key(),
            Self::Outbound(state) => state.key(),
        }
    }

    /// For people, in the language in force.
    pub fn label(self) -> String {
        match self {
            Self::Inbound(state) => labels::inbound(state),
            Self::Outbound(state) => labels::outbound(state),
        }
    }

    /// Whether its files may be made to last.
    pub(super) const fn lets_extend(self) -> bool {
        match self {
            Self::Inbound(state) => !state.is_gone(),
            Self::Outbound(state) => {
                matches!(state, OutboundState::ToIssue | OutboundState::Issued)
            }
        }
    }
}
