//! Taking back one's own last decision on an inbound document.
//!
//! The decision whether that may be is the domain's ([`undo`]); here the facts for it are
//! read and the compensating operations appended, in one transaction: the document goes back
//! and its status leaves the outbox, or neither.

use jiff::{SignedDuration, Timestamp};

use super::status::status_item;
use super::{Office, OfficeError};
use crate::domain::delivery::SendState;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::undo::{
    Decided, LastDecision, NoUndo, Telling, last_decision, seen_since, undo,
};
use crate::store::Writer;

/// That somebody opened the document; see [`Office::main_file`].
pub(super) const OPENED: &str = "opened";

impl Office {
    /// Takes back the last decision on a document, and says where it stands again.
    pub fn undo(&self, key: DocumentKey) -> Result<InboundState, Problem> {
        let state = self.inbound_document(key)?.state;
        let actor = self.actor(match state {
            InboundState::Returned => Act::ReturnInbound,
            InboundState::Assigned => Act::AssignInbound,
            _ => Act::ReceiveInbound,
        })?;
        let who = self.session().user.clone();
        let window = SignedDuration::from_mins(self.profile().gate().undo_minutes.into());
        self.store().write(&actor, move |writer| {
            let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            let history = writer.view().history(&key)?;
            let last = last_decision(&history);
            let telling = telling(writer, &document)?;
            let seen = seen(writer, &document, last.as_ref())?
                || last.as_ref().is_some_and(|last| seen_since(&history, last));
            let back = undo(last.as_ref(), telling, seen, &who, Timestamp::now(), window)
                .map_err(OfficeError::from)?;
            writer.append(Change::InboundUndone { key, from: back.from, to: back.to })?;
            if let Some(item) = back.item {
                writer.append(Change::OutboxWithdrawn {
                    item,
                    document: key,
                    reason: String::new(),
                })?;
            }
            Ok(back.to)
        })
    }
}

impl Office {
    /// Notes that the person to whom a document was assigned has opened it: from then on the
    /// assignment is no longer taken back behind their back.
    pub(super) fn note_opened(
        &self,
        key: DocumentKey,
        assigned_to: Option<String>,
    ) -> Result<(), Problem> {
        let user = &self.session().user;
        if assigned_to.as_ref() != Some(user) {
            return Ok(());
        }
        let known = self.store().accesses(&key, 1)?;
        if known.iter().any(|access| access.user == *user && access.what == OPENED) {
            return Ok(());
        }
        Ok(self.store().log_access(user, &key, OPENED)?)
    }
}

/// What became of the status of the document's present state.
fn telling(writer: &Writer<'_>, document: &InboundDocument) -> Result<Telling, Problem> {
    let Some((code, sender)) = document.state.status().zip(document.sender.as_ref()) else {
        return Ok(Telling::Nothing);
    };
    let item = status_item(document.key, code, sender);
    let begun = writer.outbox_begun(&item)?;
    Ok(match writer.outbox_item(&item)? {
        None => Telling::Nothing,
        Some(row) if row.state == SendState::Waiting && row.tries == 0 && !begun => {
            Telling::Waiting { item }
        }
        Some(_) => Telling::Left,
    })
}

/// Whether the person who was assigned has opened the document since.
fn seen(
    writer: &Writer<'_>,
    document: &InboundDocument,
    last: Option<&LastDecision>,
) -> Result<bool, Problem> {
    const LOOKED_AT: u32 = 200;
    let Some(LastDecision { at, what: Decided::Assigned { user, .. }, .. }) = last else {
        return Ok(false);
    };
    let accesses = writer.view().accesses(&document.key, LOOKED_AT)?;
    Ok(accesses.iter().any(|access| access.user == *user && access.at >= *at))
}

impl From<NoUndo> for OfficeError {
    fn from(no: NoUndo) -> Self {
        match no {
            NoUndo::Nothing => Self::UndoNothing,
            NoUndo::NotYours { user } => Self::UndoNotYours { user },
            NoUndo::TooLate { minutes } => Self::UndoTooLate { minutes },
            NoUndo::StatusLeft => Self::UndoStatusLeft,
            NoUndo::NumberTaken => Self::UndoNumberTaken,
            NoUndo::Seen => Self::UndoSeen,
        }
    }
}
