//! Taking back a decision on an inbound document, where the law allows it.
//!
//! Nothing is ever deleted: taking back is a deed of its own in the chain. It is allowed to
//! the person who decided, for a short time, and only while nothing of the decision has left
//! the office: a status that the sender may have read cannot be unsaid (Quyết định
//! 28/2018/QĐ-TTg Điều 9: the states reported are those of the document). A registration is
//! never taken back: the arrival number was given, and the book has no gaps (Thông tư
//! 01/2019/TT-BNV Điều 4; Nghị định 30/2020/NĐ-CP Điều 22).

use jiff::{SignedDuration, Timestamp};

use super::inbound::{Assignment, InboundState};
use super::operation::{Change, Operation};

/// The last decision on a document, as its history tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDecision {
    pub user: String,
    pub at: Timestamp,
    pub what: Decided,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// Accepted or returned.
    Moved {
        from: InboundState,
        to: InboundState,
    },
    Registered,
    /// Assigned for the first time (`before` is `None`), or to somebody else.
    Assigned {
        user: String,
        before: Option<Assignment>,
    },
    /// Something that has no way back.
    Other,
}

/// What became of the status that the decision owed its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telling {
    /// None was owed.
    Nothing,
    /// It waits, and nobody has begun to send it.
    Waiting { item: String },
    /// It was sent, or may have been.
    Left,
}

/// How a decision is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    pub from: InboundState,
    pub to: InboundState,
    /// The outbox item that is withdrawn with it.
    pub item: Option<String>,
}

/// Why a decision stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoUndo {
    /// There is nothing to take back, or something else came after it.
    Nothing,
    /// Another person decided.
    NotYours {
        user: String,
    },
    TooLate {
        minutes: i64,
    },
    /// The sender has been told, or may have been.
    StatusLeft,
    /// The arrival number was given.
    NumberTaken,
    /// The person who was assigned has looked at it.
    Seen,
}

/// The last decision among a document's operations, oldest first. What only looks, notes or
/// sends decides nothing.
pub fn last_decision(history: &[Operation]) -> Option<LastDecision> {
    let mut assignment: Option<Assignment> = None;
    let mut last = None;
    for operation in history {
        let what = match &operation.change {
            Change::InboundMoved { from, to, .. } => Decided::Moved { from: *from, to: *to },
            Change::InboundRegistered { .. } => Decided::Registered,
            Change::InboundAssigned { assignment: now, .. } => {
                let before = assignment.replace(now.clone());
                Decided::Assigned { user: now.user.clone(), before }
            }
            Change::InboundUndone { .. } => {
                assignment = None;
                Decided::Other
            }
            Change::InboundGated { .. }
            | Change::InboundJudged { .. }
            | Change::ErrorReported { .. }
            | Change::ErrorReportSeen { .. }
            | Change::DocumentSeen { .. }
            | Change::NoteAdded { .. }
            | Change::InboundJoined { .. }
            | Change::OutboxQueued { .. }
            | Change::OutboxSent { .. }
            | Change::OutboxWedged { .. }
            | Change::OutboxReleased { .. }
            | Change::OutboxWithdrawn { .. } => continue,
            _ => Decided::Other,
        };
        let at = Timestamp::from_millisecond(operation.time.millis).unwrap_or_default();
        last = Some(LastDecision { user: operation.user.clone(), at, what });
    }
    last
}

/// Whether somebody else has opened the document since the decision.
pub fn seen_since(history: &[Operation], last: &LastDecision) -> bool {
    let at = last.at.as_millisecond();
    history.iter().any(|operation| {
        matches!(operation.change, Change::DocumentSeen { .. })
            && operation.user != last.user
            && operation.time.millis >= at
    })
}

/// Whether `who` may take the decision back at `now`, and how. `seen` is whether the person
/// who was assigned has looked at the document since.
pub fn undo(
    last: Option<&LastDecision>,
    telling: Telling,
    seen: bool,
    who: &str,
    now: Timestamp,
    window: SignedDuration,
) -> Result<Undo, NoUndo> {
    let last = last.ok_or(NoUndo::Nothing)?;
    let (from, to) = match &last.what {
        Decided::Moved { from, to: to @ (InboundState::Accepted | InboundState::Returned) } => {
            (*to, *from)
        }
        Decided::Assigned { before: None, .. } => {
            (InboundState::Assigned, InboundState::Registered)
        }
        Decided::Registered => return Err(NoUndo::NumberTaken),
        Decided::Moved { .. } | Decided::Assigned { .. } | Decided::Other => {
            return Err(NoUndo::Nothing);
        }
    };
    if last.user != who {
        return Err(NoUndo::NotYours { user: last.user.clone() });
    }
    if now.duration_since(last.at) > window {
        return Err(NoUndo::TooLate { minutes: window.as_mins() });
    }
    if seen && matches!(last.what, Decided::Assigned { .. }) {
        return Err(NoUndo::Seen);
    }
    let item = match telling {
        Telling::Nothing => None,
        Telling::Waiting { item } => Some(item),
        Telling::Left => return Err(NoUndo::StatusLeft),
    };
    Ok(Undo { from, to, item })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn state() -> impl Strategy<Value = InboundState> {
        prop::sample::select(InboundState::ALL.to_vec())
    }

    fn decided() -> impl Strategy<Value = Decided> {
        let assignment = || Assignment {
            user: "dat".to_owned(),
            direction: String::new(),
            due: None,
            parts: Vec::new(),
        };
        prop_oneof![
            (state(), state()).prop_map(|(from, to)| Decided::Moved { from, to }),
            Just(Decided::Registered),
            any::<bool>().prop_map(move |again| Decided::Assigned {
                user: "dat".to_owned(),
                before: again.then(assignment),
            }),
            Just(Decided::Other),
        ]
    }

    fn telling() -> impl Strategy<Value = Telling> {
        prop_oneof![
            Just(Telling::Nothing),
            Just(Telling::Waiting { item: "i".to_owned() }),
            Just(Telling::Left),
        ]
    }

    proptest! {
        #[test]
        fn nothing_is_taken_back_that_left_or_is_anothers_or_old(
            what in decided(),
            telling in telling(),
            seen in any::<bool>(),
            mine in any::<bool>(),
            minutes in 0i64..120,
        ) {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
            let user = if mine { "be" } else { "hoa" }.to_owned();
            let last = LastDecision { user, at: Timestamp::UNIX_EPOCH, what: what.clone() };
            let window = SignedDuration::from_mins(30);
            if let Ok(undo) = undo(Some(&last), telling.clone(), seen, "be", now, window) {
                prop_assert!(mine && minutes <= 30);
                prop_assert_ne!(&telling, &Telling::Left);
                prop_assert_ne!(&what, &Decided::Registered);
                prop_assert_ne!(undo.from, InboundState::Registered);
                // What waits is always withdrawn with the decision.
                let waiting = matches!(telling, Telling::Waiting { .. });
                prop_assert_eq!(undo.item.is_some(), waiting);
                if let Decided::Moved { from, to } = what {
                    prop_assert_eq!((undo.from, undo.to), (to, from));
                }
            }
        }
    }

    #[test]
    fn an_acceptance_is_taken_back_until_its_status_leaves() {
        let (from, to) = (InboundState::Arrived, InboundState::Accepted);
        let last = LastDecision {
            user: "be".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            what: Decided::Moved { from, to },
        };
        let ask = |telling| {
            let window = SignedDuration::from_mins(30);
            undo(Some(&last), telling, false, "be", Timestamp::UNIX_EPOCH, window)
        };
        let item = "i".to_owned();
        let back = Undo { from: to, to: from, item: Some(item.clone()) };
        assert_eq!(ask(Telling::Waiting { item }), Ok(back));
        assert_eq!(ask(Telling::Left), Err(NoUndo::StatusLeft));
    }
}
