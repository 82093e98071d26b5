//! Documents that came twice: recognised when they come, shown beside the first, and not
//! registered twice unless the clerk says why.
//!
//! Nghị định 30/2020/NĐ-CP Phụ lục VI, phần I, mục III: the system warns of an equal document
//! code, and of an equal number, notation, issuing agency and date.

use super::demand::Prepared;
use super::{Office, OfficeError};
use crate::domain::document::{BlobHash, DocumentKey};
use crate::domain::duplicate::Ground;
use crate::domain::inbound::{InboundDocument, Registration};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::store::Writer;

/// A document that another one may be, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    pub document: InboundDocument,
    pub grounds: Vec<Ground>,
    /// A clerk has said why both are registered.
    pub allowed: bool,
}

impl Office {
    /// The documents that this one may be, the oldest first.
    pub fn duplicates(&self, key: DocumentKey) -> Result<Vec<Duplicate>, Problem> {
        self.actor(Act::ViewQueues)?;
        self.store().view(|view| {
            let mut found = Vec::new();
            for twin in view.twins(&key)? {
                if let Some(document) = view.inbound(&twin.key)? {
                    let allowed = view.duplicate_allowed(&key, &twin.key)?;
                    found.push(Duplicate { document, grounds: twin.grounds, allowed });
                }
            }
            Ok(found)
        })
    }

    /// Registers a document although one that it may be is registered; the reason is kept
    /// with both numbers. `series` is the book, as in [`Self::register_in`].
    pub fn register_despite(
        &self,
        key: DocumentKey,
        series: Option<&str>,
        reason: &str,
    ) -> Result<Registration, Problem> {
        let actor = self.actor(Act::RegisterInbound)?;
        let reason = text::tidy(reason);
        if reason.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        if reason.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        self.store().write(&actor, move |writer| {
            for twin in writer.twins(&key)? {
                let other = writer.inbound(&twin.key)?;
                if other.is_some_and(|other| other.registration.is_some()) {
                    let (first, reason) = (twin.key, reason.clone());
                    writer.append(Change::DuplicateAllowed { key, first, reason })?;
                }
            }
            Ok::<(), Problem>(())
        })?;
        self.register_in(key, series)
    }
}

/// Refuses to register a document while one that it may be is registered and nobody has said
/// why both are to be. Part of the transaction that takes the number.
pub(super) fn refuse_registered(writer: &Writer<'_>, key: &DocumentKey) -> Result<(), Problem> {
    for twin in writer.twins(key)? {
        let Some(other) = writer.inbound(&twin.key)? else { continue };
        if let Some(registration) = other.registration
            && !writer.duplicate_allowed(key, &twin.key)?
        {
            return Err(OfficeError::DuplicateRegistered {
                number: registration.arrival_number,
                date: registration.arrival_date,
                code: other.metadata.code.to_string(),
            }
            .into());
        }
    }
    Ok(())
}

/// Notes what a document that has just arrived may be, in the transaction of its arrival.
pub(super) fn note(writer: &mut Writer<'_>, key: DocumentKey) -> Result<(), Problem> {
    for twin in writer.twins(&key)? {
        let (first, grounds) = (twin.key, twin.grounds);
        writer.append(Change::DuplicateSeen { key, first, grounds })?;
    }
    Ok(())
}

impl Office {
    /// The same main file came again: the packet is taken, the first document remembers it,
    /// no second one is made, and what the packet demands is taken.
    pub(super) fn came_again(
        &self,
        known: DocumentKey,
        packet: &BlobHash,
        origin: &str,
        (sender_name, outcome): (&str, String),
        demands: Vec<Prepared>,
    ) -> Result<(), Problem> {
        let again = Change::CopyArrived {
            key: known,
            packet: packet.clone(),
            origin: origin.to_owned(),
            sender_name: sender_name.to_owned(),
        };
        let taken = Change::PacketTaken { packet: packet.clone(), outcome };
        let office = self.clone();
        self.store().write(&self.program(), move |writer| {
            writer.append(again)?;
            for demand in demands {
                demand.write(&office, writer)?;
            }
            writer.append(taken)?;
            Ok(())
        })
    }
}
