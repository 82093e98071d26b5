//! Passing a draft on: opinions, layout check, to the signer, or back.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13: drafter, responsible leader, format checker, signer.

use super::{Office, OfficeError, labels};
use crate::domain::document::DocumentKey;
use crate::domain::operation::Change;
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;

impl Office {
    /// Moves a document that is not signed yet to `to`; sending it back and giving it up
    /// need a note.
    pub fn submit(&self, key: DocumentKey, to: OutboundState, note: &str) -> Result<(), Problem> {
        use OutboundState::{Abandoned, Draft, InFormatCheck, InReview, ToIssue, ToSeal, ToSign};
        let note = text::tidy(note);
        let before = self.outbound_document(key)?;
        // Whoever holds the document passes it on (Điều 13 khoản 1 to 3).
        let act = match before.state {
            InReview => Act::ReviewContent,
            InFormatCheck => Act::CheckFormat,
            ToSign => Act::SignPersonally,
            // After the personal signature the document is the clerk's (Điều 14 khoản 2).
            ToSeal | ToIssue => Act::Issue,
            _ => Act::Draft,
        };
        let actor = self.actor(act)?;
        if !matches!(to, Draft | InReview | InFormatCheck | ToSign | Abandoned) {
            return Err(Self::wrong_state(before.state));
        }
        if matches!(to, Draft | Abandoned) && note.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        self.store().write(&actor, move |writer| {
            let document = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if document.state != before.state || !document.state.may_become(to) {
                return Err(Self::wrong_state(document.state));
            }
            // A number that will not be used is never a silent gap.
            if let (Abandoned, Some(numbering)) = (to, &document.numbering) {
                writer.append(Change::NumberGivenUp {
                    book: numbering.book.clone(),
                    number: numbering.number,
                    reason: note.clone(),
                })?;
            }
            writer.append(Change::OutboundMoved { key, from: document.state, to, reason: note })?;
            Ok(())
        })
    }

    pub(super) fn wrong_state(state: OutboundState) -> Problem {
        OfficeError::WrongState { state: labels::outbound(state) }.into()
    }
}
