//! What can be looked at or done with an outbound document beside the deeds that move it: pure,
//! so that the buttons, the shortcuts and the tests ask the same question.

use super::document::Document;
use super::keys::Command;
use super::widget::icon::Icon;
use crate::domain::outbound::OutboundState;
use crate::office::Session;

/// A look at a draft, or a change of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DraftWish {
    /// Other fields, or a new version of its file.
    Edit,
    /// Comments and decisions.
    Opinion,
    /// Its versions, and what differs between them.
    Versions,
    /// The submission slip, to be printed.
    Slip,
}

impl DraftWish {
    pub const ALL: [Self; 4] = [Self::Opinion, Self::Edit, Self::Versions, Self::Slip];

    /// What is offered for a document to the person of this session. Opinions are for whoever
    /// has the draft, and for its drafter, who reads them and may take it back.
    pub fn offered(document: &Document, session: &Session) -> Vec<Self> {
        let Document::Outbound(outbound) = document else { return Vec::new() };
        let holder = outbound.holder();
        let lets = holder.is_some_and(|holder| holder.lets(&session.user, &session.roles));
        let own = outbound.held_by.is_some() && outbound.drafted_by == session.user;
        let fits = |wish: &Self| match wish {
            Self::Opinion => lets || own,
            Self::Edit => lets,
            Self::Versions | Self::Slip => outbound.state != OutboundState::Abandoned,
        };
        Self::ALL.into_iter().filter(fits).collect()
    }

    /// The key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Edit => "desk-draft-edit",
            Self::Opinion => "desk-opinion-title",
            Self::Versions => "desk-versions-title",
            Self::Slip => "desk-submission",
        }
    }

    pub const fn icon(self) -> Icon {
        match self {
            Self::Edit => Icon::Pen,
            Self::Opinion => Icon::Users,
            Self::Versions => Icon::History,
            Self::Slip => Icon::Clipboard,
        }
    }

    /// The command whose key it has.
    pub const fn command(self) -> Option<Command> {
        match self {
            // One key for the fields, wherever the document comes from.
            Self::Edit => Some(Command::Fields),
            Self::Opinion | Self::Versions => Some(Command::Draft(self)),
            Self::Slip => None,
        }
    }
}
