//! The clerk's decisions on an inbound document: register, complete; `accept` is beside.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 8 to 10 (Thông tư 01/2019/TT-BNV Điều 4 to 8).

use jiff::Timestamp;

use super::{Office, OfficeError};
use crate::domain::book::{self, BookId, Direction};
use crate::domain::document::DocumentKey;
use crate::domain::handling::Step;
use crate::domain::inbound::{InboundState, Registration};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;

impl Office {
    /// Takes the next arrival number of the book into which the document belongs by rule.
    ///
    /// Điều 8 (Thông tư 01/2019/TT-BNV Điều 4): every inbound document is registered, and
    /// its arrival number is unique in the office's system. The number and the register
    /// row are one transaction, so there is neither a gap nor a double.
    pub fn register(&self, key: DocumentKey) -> Result<Registration, Problem> {
        self.register_in(key, None)
    }

    /// The same in the book that the clerk chose; `""` is the common one.
    pub fn register_in(
        &self,
        key: DocumentKey,
        series: Option<&str>,
    ) -> Result<Registration, Problem> {
        self.register_at(key, series, Timestamp::now())
    }

    /// Which number a document takes is decided inside the transaction, the book included:
    /// it may have been closed meanwhile.
    pub(super) fn register_at(
        &self,
        key: DocumentKey,
        series: Option<&str>,
        now: Timestamp,
    ) -> Result<Registration, Problem> {
        let actor = self.actor(Act::RegisterInbound)?;
        let arrival_date = book::registration_day(now);
        let series = series.map(str::to_owned);
        self.store().write(&actor, move |writer| {
            let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            Self::check_inbound_step(document.state, InboundState::Registered)?;
            super::duplicate::refuse_registered(writer, &key)?;
            Self::nothing_demanded(writer, key)?;
            let year = arrival_date.year();
            let book = match series {
                Some(series) => BookId::inbound_series(year, &series),
                None => Self::belongs_into(&writer.books(Direction::Inbound, year)?, &document)?,
            };
            let registration =
                Registration { arrival_number: writer.next_number(&book)?, book, arrival_date };
            writer.append(Change::InboundRegistered { key, registration: registration.clone() })?;
            Ok(registration)
        })
    }

    /// The person who was assigned begins to work on it; status 05 goes back.
    pub fn begin(&self, key: DocumentKey) -> Result<(), Problem> {
        self.actor(Act::CompleteInbound)?;
        self.check_step(key, Step::Begin)?;
        self.move_inbound(Act::CompleteInbound, key, InboundState::InProcess, String::new(), None)
    }

    /// Completes the handling; status 06 goes back.
    pub fn complete(&self, key: DocumentKey, result: &str) -> Result<(), Problem> {
        self.complete_with(key, result, None)
    }

    /// One step of an inbound document with the status that it owes its sender, in one
    /// transaction; an `assignment` is recorded with it.
    pub(super) fn move_inbound(
        &self,
        act: Act,
        key: DocumentKey,
        to: InboundState,
        reason: String,
        assignment: Option<crate::domain::inbound::Assignment>,
    ) -> Result<(), Problem> {
        let actor = self.actor(act)?;
        let before = self.inbound_document(key)?;
        // Who was assigned in error, or is away, is replaced; the sender was told already.
        let again = assignment.is_some();
        let check = move |state| match state {
            InboundState::Assigned | InboundState::InProcess if again => Ok(()),
            state => Self::check_inbound_step(state, to),
        };
        check(before.state)?;
        let office = self.clone();
        self.store().write(&actor, move |writer| {
            let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            // Another window may have been quicker.
            check(document.state)?;
            if to != InboundState::Returned {
                Self::nothing_demanded(writer, key)?;
            }
            let said = reason.clone();
            writer.append(match assignment {
                Some(assignment) => Change::InboundAssigned { key, assignment },
                None => Change::InboundMoved { key, from: document.state, to, reason },
            })?;
            office.tell(writer, &document, to, &said)
        })
    }

    pub(super) fn check_inbound_step(from: InboundState, to: InboundState) -> Result<(), Problem> {
        if from.may_become(to) {
            Ok(())
        } else {
            Err(OfficeError::WrongState { state: super::labels::inbound(from) }.into())
        }
    }
}
