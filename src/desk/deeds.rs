//! What can be done with a document here and now: pure, so that the action bar, the
//! shortcuts and the tests ask the same question.

use crate::desk::document::{Document, State};
use crate::desk::theme::Weight;
use crate::desk::widget::icon::Icon;
use crate::domain::inbound::InboundState;
use crate::domain::outbound::OutboundState;
use crate::domain::role::{Act, acting_role};
use crate::office::Session;

/// Something done to one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    Accept,
    Return,
    Register,
    Assign,
    /// Whoever has it passes it on.
    Forward,
    /// The person assigned takes it up.
    Begin,
    /// Drafts the answer.
    Answer,
    Complete,
    /// For opinions (Điều 13.2).
    ToReview,
    /// To the format checker (Điều 13.3).
    ToFormatCheck,
    /// To the signer.
    ToSign,
    /// Back to the drafter.
    SendBack,
    Abandon,
    Sign,
    Seal,
    Issue,
    Recall,
}

impl Deed {
    /// In the order of the action bar: what leads on first.
    pub const ALL: [Self; 17] = [
        Self::Accept,
        Self::Register,
        Self::Assign,
        Self::Begin,
        Self::Complete,
        Self::Forward,
        Self::Answer,
        Self::Sign,
        Self::Seal,
        Self::Issue,
        Self::ToSign,
        Self::ToFormatCheck,
        Self::ToReview,
        Self::Return,
        Self::SendBack,
        Self::Recall,
        Self::Abandon,
    ];

    /// Whether the regulation allows it for a document that stands in `state`.
    pub fn fits(self, state: State) -> bool {
        match state {
            State::Inbound(InboundState::Assigned | InboundState::InProcess)
                if matches!(self, Self::Forward | Self::Answer) =>
            {
                true
            }
            State::Inbound(state) => self.inbound_goal().is_some_and(|goal| state.may_become(goal)),
            State::Outbound(state) => {
                self.outbound_goal().is_some_and(|goal| state.may_become(goal))
            }
        }
    }

    /// The act whose permission it needs, for a document that stands in `state`.
    pub fn act(self, state: State) -> Act {
        match self {
            Self::Accept => Act::ReceiveInbound,
            Self::Return => Act::ReturnInbound,
            Self::Register => Act::RegisterInbound,
            Self::Assign => Act::AssignInbound,
            Self::Begin | Self::Complete | Self::Forward => Act::CompleteInbound,
            Self::Answer => Act::Draft,
            Self::Sign => Act::SignPersonally,
            Self::Seal => Act::Seal,
            Self::Issue => Act::Issue,
            Self::Recall => Act::Recall,
            // Whoever holds the document passes it on.
            Self::ToReview
            | Self::ToFormatCheck
            | Self::ToSign
            | Self::SendBack
            | Self::Abandon => match state {
                State::Outbound(OutboundState::InReview) => Act::ReviewContent,
                State::Outbound(OutboundState::InFormatCheck) => Act::CheckFormat,
                State::Outbound(OutboundState::ToSign) => Act::SignPersonally,
                State::Outbound(OutboundState::ToSeal | OutboundState::ToIssue) => Act::Issue,
                _ => Act::Draft,
            },
        }
    }

    /// Where an outbound document goes.
    pub const fn outbound_goal(self) -> Option<OutboundState> {
        match self {
            Self::ToReview => Some(OutboundState::InReview),
            Self::ToFormatCheck => Some(OutboundState::InFormatCheck),
            Self::ToSign => Some(OutboundState::ToSign),
            Self::SendBack => Some(OutboundState::Draft),
            Self::Abandon => Some(OutboundState::Abandoned),
            Self::Sign => Some(OutboundState::ToSeal),
            Self::Seal => Some(OutboundState::ToIssue),
            Self::Issue => Some(OutboundState::Issued),
            Self::Recall => Some(OutboundState::Recalled),
            Self::Accept
            | Self::Return
            | Self::Register
            | Self::Assign
            | Self::Forward
            | Self::Begin
            | Self::Answer
            | Self::Complete => None,
        }
    }

    const fn inbound_goal(self) -> Option<InboundState> {
        match self {
            Self::Accept => Some(InboundState::Accepted),
            Self::Return => Some(InboundState::Returned),
            Self::Register => Some(InboundState::Registered),
            Self::Assign => Some(InboundState::Assigned),
            Self::Begin => Some(InboundState::InProcess),
            Self::Complete => Some(InboundState::Completed),
            _ => None,
        }
    }

    /// The key of its name; `.doing` is what is said while it runs, `.done` afterwards.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Accept => "desk-deed-accept",
            Self::Return => "desk-deed-return",
            Self::Register => "desk-deed-register",
            Self::Assign => "desk-deed-assign",
            Self::Forward => "desk-deed-forward",
            Self::Begin => "desk-deed-begin",
            Self::Answer => "desk-deed-answer",
            Self::Complete => "desk-deed-complete",
            Self::ToReview => "desk-deed-to-review",
            Self::ToFormatCheck => "desk-deed-to-format-check",
            Self::ToSign => "desk-deed-to-sign",
            Self::SendBack => "desk-deed-send-back",
            Self::Abandon => "desk-deed-abandon",
            Self::Sign => "desk-deed-sign",
            Self::Seal => "desk-deed-seal",
            Self::Issue => "desk-deed-issue",
            Self::Recall => "desk-deed-recall",
        }
    }

    pub const fn icon(self) -> Icon {
        match self {
            Self::Accept => Icon::Check,
            Self::Return | Self::SendBack => Icon::Undo,
            Self::Register => Icon::Book,
            Self::Assign => Icon::UserPlus,
            Self::Forward => Icon::ArrowRight,
            Self::Begin => Icon::Hourglass,
            Self::Answer => Icon::FilePlus,
            Self::Complete => Icon::CheckCircle,
            Self::ToReview => Icon::Users,
            Self::ToFormatCheck => Icon::Clipboard,
            Self::ToSign => Icon::ArrowRight,
            Self::Abandon => Icon::Trash,
            Self::Sign => Icon::Pen,
            Self::Seal => Icon::Stamp,
            Self::Issue => Icon::Send,
            Self::Recall => Icon::Ban,
        }
    }

    /// How its button looks when it is not the first.
    pub const fn weight(self) -> Weight {
        match self {
            Self::Return | Self::SendBack | Self::Abandon | Self::Recall => Weight::Danger,
            _ => Weight::Plain,
        }
    }
}

/// What the person of this session can do with `document`, most likely first.
pub fn deeds(document: &Document, session: &Session) -> Vec<Deed> {
    let state = document.state();
    let may = |act| acting_role(&session.roles, act).is_some();
    // A draft that lies with somebody else is that person's to decide on.
    if let Document::Outbound(outbound) = document
        && outbound.holder().is_some_and(|holder| !holder.lets(&session.user, &session.roles))
    {
        return Vec::new();
    }
    // Until a sender who wants it back is answered, the document may only go back.
    if let Document::Inbound(inbound) = document
        && inbound.demand.is_some_and(|mark| mark.holds())
    {
        let returns = Deed::Return.fits(state) && may(Act::ReturnInbound);
        return if returns { vec![Deed::Return] } else { Vec::new() };
    }
    let mut deeds: Vec<Deed> =
        Deed::ALL.into_iter().filter(|deed| deed.fits(state) && may(deed.act(state))).collect();
    // Thông tư 01/2019/TT-BNV Điều 6 khoản 2 điểm c: what was digitised here is signed here.
    if is_unsigned_copy(document) && may(Act::Seal) {
        deeds.push(Deed::Seal);
    }
    deeds
}

/// A copy of paper that the organisation has not signed yet.
pub fn is_unsigned_copy(document: &Document) -> bool {
    let Document::Inbound(inbound) = document else { return false };
    let gone = inbound.state.is_gone();
    !gone && inbound.paper.as_ref().is_some_and(|paper| paper.seal.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::{Role, permits};

    fn offered(state: State, role: Role) -> Vec<Deed> {
        Deed::ALL
            .into_iter()
            .filter(|deed| deed.fits(state) && permits(role, deed.act(state)))
            .collect()
    }

    #[test]
    fn a_new_arrival_is_accepted_or_returned_by_the_clerk_alone() {
        let state = State::Inbound(InboundState::Arrived);
        assert_eq!(offered(state, Role::Clerk), [Deed::Accept, Deed::Return]);
        for role in [Role::Leader, Role::Drafter, Role::FormatChecker, Role::Archivist] {
            assert_eq!(offered(state, role), [], "{role:?}");
        }
    }

    #[test]
    fn only_the_leader_signs_and_only_the_clerk_seals_and_issues() {
        let to_sign = State::Outbound(OutboundState::ToSign);
        assert_eq!(offered(to_sign, Role::Leader).first(), Some(&Deed::Sign));
        assert!(!offered(to_sign, Role::Clerk).contains(&Deed::Sign));
        let to_seal = State::Outbound(OutboundState::ToSeal);
        assert_eq!(offered(to_seal, Role::Clerk).first(), Some(&Deed::Seal));
        assert_eq!(offered(to_seal, Role::Leader), []);
        let to_issue = State::Outbound(OutboundState::ToIssue);
        assert_eq!(offered(to_issue, Role::Clerk).first(), Some(&Deed::Issue));
    }

    #[test]
    fn what_is_final_offers_nothing() {
        for role in Role::ALL {
            for state in InboundState::ALL.into_iter().filter(|s| s.is_final()) {
                assert_eq!(offered(State::Inbound(state), role), []);
            }
            for state in OutboundState::ALL.into_iter().filter(|s| s.is_final()) {
                assert_eq!(offered(State::Outbound(state), role), []);
            }
        }
    }

    #[test]
    fn inbound_deeds_never_touch_outbound_documents() {
        for state in OutboundState::ALL {
            assert!(!Deed::Accept.fits(State::Outbound(state)));
            assert!(!Deed::Register.fits(State::Outbound(state)));
        }
        for state in InboundState::ALL {
            assert!(!Deed::Seal.fits(State::Inbound(state)));
        }
    }
}
