//! A document as the window shows it, inbound or outbound, and the queues it stands in.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::outbound::{OutboundDocument, OutboundState, SignatureKind};
use crate::domain::role::Role;
use crate::domain::verdict::VerdictSummary;
use crate::office::{Agenda, Counts, Filter};

/// Either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    Inbound(Box<InboundDocument>),
    Outbound(Box<OutboundDocument>),
}

/// Where a document of either kind stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Inbound(InboundState),
    Outbound(OutboundState),
}

impl Document {
    pub fn key(&self) -> DocumentKey {
        match self {
            Self::Inbound(document) => document.key,
            Self::Outbound(document) => document.key,
        }
    }

    pub fn state(&self) -> State {
        match self {
            Self::Inbound(document) => State::Inbound(document.state),
            Self::Outbound(document) => State::Outbound(document.state),
        }
    }

    pub fn metadata(&self) -> &Metadata {
        match self {
            Self::Inbound(document) => &document.metadata,
            Self::Outbound(document) => &document.metadata,
        }
    }

    /// The stored verdict; outbound documents are judged when they are shown.
    pub fn verdict(&self) -> Option<&VerdictSummary> {
        match self {
            Self::Inbound(document) => Some(&document.verdict),
            Self::Outbound(_) => None,
        }
    }

    /// Number and notation, or the notation alone before a number is taken.
    pub fn code(&self) -> String {
        let code = &self.metadata().code;
        match (code.number.is_empty(), code.notation.is_empty()) {
            (false, _) => code.to_string(),
            (true, false) => format!("…/{}", code.notation),
            (true, true) => String::new(),
        }
    }

    /// Who sent it, or to whom it goes.
    pub fn party(&self) -> String {
        match self {
            Self::Inbound(document) => match document.metadata.issuer_name() {
                "" => document.sender_name.clone(),
                issuer => issuer.to_owned(),
            },
            Self::Outbound(document) => {
                let names: Vec<_> =
                    document.metadata.recipients.iter().map(|r| r.name.as_str()).collect();
                names.join("; ")
            }
        }
    }

    /// When it came, or when it was drafted (issued, once it is).
    pub fn when(&self) -> Timestamp {
        match self {
            Self::Inbound(document) => document.arrived_at,
            Self::Outbound(document) => document.issued_at.unwrap_or(document.drafted_at),
        }
    }

    /// The day until which it must be dealt with.
    pub fn due(&self) -> Option<Date> {
        match self {
            Self::Inbound(document) => {
                document.assignment.as_ref().and_then(|a| a.due).or(document.metadata.due)
            }
            Self::Outbound(document) => document.metadata.due,
        }
    }
}

/// A time as people here read it, `06/02/2019 14:05`.
pub fn local_time(at: Timestamp) -> String {
    local(at).strftime("%d/%m/%Y %H:%M").to_string()
}

/// The day of a time here, `06/02/2019`.
pub fn local_day(at: Timestamp) -> String {
    local(at).strftime("%d/%m/%Y").to_string()
}

/// A date as people here read it, `06/02/2019`.
pub fn day(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// Today, here.
pub fn today() -> Date {
    local(Timestamp::now()).date()
}

/// A time as the clocks here show it.
pub fn local(at: Timestamp) -> jiff::Zoned {
    // Asia/Ho_Chi_Minh has been at +07:00 without daylight saving since 1975.
    at.to_zoned(TimeZone::fixed(jiff::tz::offset(7)))
}

/// A queue of the left pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// `None`: every inbound document.
    Inbound(Option<InboundState>),
    /// `None`: every outbound document.
    Outbound(Option<OutboundState>),
    /// Inbound documents by their terms rather than their state.
    Agenda(Agenda),
    /// Drafts that lie with the person, whatever their state.
    Mine,
}

impl Queue {
    pub fn is_inbound(self) -> bool {
        matches!(self, Self::Inbound(_) | Self::Agenda(_))
    }

    /// Its name in scripts and kept searches, such as `inbound-arrived`.
    pub fn key(self) -> String {
        match self {
            Self::Inbound(None) => "inbound".to_owned(),
            Self::Inbound(Some(state)) => format!("inbound-{}", state.key()),
            Self::Outbound(None) => "outbound".to_owned(),
            Self::Outbound(Some(state)) => format!("outbound-{}", state.key()),
            Self::Agenda(agenda) => format!("agenda-{}", agenda.key()),
            Self::Mine => "mine".to_owned(),
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        let inbound = InboundState::ALL.into_iter().map(Some).chain([None]).map(Self::Inbound);
        let outbound = OutboundState::ALL.into_iter().map(Some).chain([None]).map(Self::Outbound);
        let agenda = Agenda::ALL.into_iter().map(Self::Agenda);
        inbound.chain(outbound).chain(agenda).chain([Self::Mine]).find(|queue| queue.key() == key)
    }

    /// The store's question for this queue.
    pub fn filter(self, words: &str) -> Filter {
        let words = words.to_owned();
        match self {
            Self::Inbound(inbound) => Filter { inbound, words, ..Filter::default() },
            Self::Outbound(outbound) => Filter { outbound, words, ..Filter::default() },
            Self::Agenda(agenda) => Filter { agenda: Some(agenda), words, ..Filter::default() },
            Self::Mine => Filter { for_me: true, words, ..Filter::default() },
        }
    }

    /// As what everything in this queue is signed next.
    pub fn batch(self) -> Option<SignatureKind> {
        match self {
            Self::Outbound(Some(OutboundState::ToSign)) => Some(SignatureKind::Personal),
            Self::Outbound(Some(OutboundState::ToSeal)) => Some(SignatureKind::Organisation),
            _ => None,
        }
    }

    /// Whether a document in `state` stands in this queue.
    pub fn holds(self, state: State) -> bool {
        match (self, state) {
            (Self::Inbound(queue), State::Inbound(state)) => queue.is_none_or(|q| q == state),
            (Self::Outbound(queue), State::Outbound(state)) => queue.is_none_or(|q| q == state),
            _ => false,
        }
    }

    /// How many documents stand here.
    pub fn count(self, counts: &Counts) -> u64 {
        match self {
            Self::Inbound(queue) => counts
                .inbound
                .iter()
                .filter(|(state, _)| queue.is_none_or(|q| q == *state))
                .map(|(_, count)| count)
                .sum(),
            Self::Outbound(queue) => counts
                .outbound
                .iter()
                .filter(|(state, _)| queue.is_none_or(|q| q == *state))
                .map(|(_, count)| count)
                .sum(),
            Self::Agenda(agenda) => counts
                .agenda
                .iter()
                .filter(|(known, _)| *known == agenda)
                .map(|(_, count)| count)
                .sum(),
            Self::Mine => counts.drafts_for_me,
        }
    }

    /// The queues that matter to somebody with these roles, in the order of the work.
    /// Everybody may look at everything (`Act::ViewQueues`); these are shown.
    pub fn of_roles(roles: &[Role]) -> Vec<Self> {
        use InboundState as I;
        use OutboundState as O;
        let wanted = |list: &[Role]| list.iter().any(|role| roles.contains(role));
        let everything = wanted(&[Role::Clerk, Role::Administrator, Role::Archivist]);
        let mut queues = Vec::new();
        for state in I::ALL {
            let shown = match state {
                I::Arrived | I::Accepted | I::Returned | I::Recalled => false,
                I::Registered => wanted(&[Role::Leader]),
                I::Assigned | I::InProcess | I::Completed => wanted(&[Role::Leader, Role::Drafter]),
            };
            if everything || shown {
                queues.push(Self::Inbound(Some(state)));
            }
        }
        if everything || wanted(&[Role::Leader, Role::Drafter]) {
            queues.push(Self::Inbound(None));
        }
        for state in O::ALL {
            let shown = match state {
                O::Draft | O::Abandoned => wanted(&[Role::Drafter]),
                O::InReview | O::ToSign => wanted(&[Role::Leader, Role::Drafter]),
                O::InFormatCheck => wanted(&[Role::FormatChecker, Role::Drafter]),
                O::ToSeal | O::ToIssue => false,
                O::Issued | O::Recalled => wanted(&[Role::Leader, Role::Drafter]),
            };
            if everything || shown {
                queues.push(Self::Outbound(Some(state)));
            }
        }
        queues.push(Self::Outbound(None));
        // Shown above the others, but last for the keys: Ctrl+1 … 9 stay with the work.
        queues.extend(
            Agenda::ALL
                .into_iter()
                .filter(|agenda| everything || agenda.is_everybodys())
                .map(Self::Agenda),
        );
        if wanted(&[Role::Clerk, Role::Leader, Role::Drafter, Role::FormatChecker]) {
            queues.push(Self::Mine);
        }
        queues
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_sees_its_own_work() {
        let sees = |role, queue| Queue::of_roles(&[role]).contains(&queue);
        assert!(sees(Role::Clerk, Queue::Inbound(Some(InboundState::Arrived))));
        assert!(sees(Role::Clerk, Queue::Outbound(Some(OutboundState::ToSeal))));
        assert!(sees(Role::Leader, Queue::Outbound(Some(OutboundState::ToSign))));
        assert!(sees(Role::Leader, Queue::Inbound(Some(InboundState::Registered))));
        assert!(!sees(Role::Leader, Queue::Outbound(Some(OutboundState::ToSeal))));
        assert!(sees(Role::Drafter, Queue::Outbound(Some(OutboundState::Draft))));
        assert!(sees(Role::FormatChecker, Queue::Outbound(Some(OutboundState::InFormatCheck))));
        for role in Role::ALL {
            assert!(!Queue::of_roles(&[role]).is_empty());
        }
    }

    #[test]
    fn the_whole_counts_its_parts() {
        let counts = Counts {
            inbound: vec![(InboundState::Arrived, 3), (InboundState::Completed, 4)],
            ..Counts::default()
        };
        assert_eq!(Queue::Inbound(None).count(&counts), 7);
        assert_eq!(Queue::Inbound(Some(InboundState::Arrived)).count(&counts), 3);
        assert_eq!(Queue::Outbound(None).count(&counts), 0);
    }

    #[test]
    fn queues_are_known_by_their_names() {
        for queue in Queue::of_roles(&Role::ALL) {
            assert_eq!(Queue::from_key(&queue.key()), Some(queue));
        }
        assert_eq!(Queue::from_key("inbound-nowhere"), None);
    }

    #[test]
    fn times_are_shown_in_vietnam() {
        let at: Timestamp = "2026-12-31T17:30:00Z".parse().unwrap();
        assert_eq!(local_time(at), "01/01/2027 00:30");
    }
}
