//! Orders: a deed with everything that it needs, ready to be carried out by the office.

use jiff::civil::Date;

use super::door::Door;
use crate::domain::document::{DocumentKey, written_number};
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::i18n::tr;
use crate::office::{NewDraft, SignOrder};
use crate::t;

/// What the office is to do.
#[derive(Debug, Clone)]
pub enum Order {
    Accept(DocumentKey),
    Register(DocumentKey),
    Return(DocumentKey, String),
    Assign { key: DocumentKey, user: String, direction: String, due: Option<Date> },
    Begin(DocumentKey),
    Complete(DocumentKey, String),
    Submit { key: DocumentKey, to: OutboundState, note: String },
    Sign(DocumentKey, SignOrder),
    Seal(DocumentKey, SignOrder),
    Issue(DocumentKey),
    Recall(DocumentKey, String),
    Draft(Box<NewDraft>),
}

/// What was done: a sentence for the person, and the document that it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub key: DocumentKey,
    pub said: String,
}

impl Order {
    /// The document concerned; none for a draft that does not exist yet.
    pub fn key(&self) -> Option<DocumentKey> {
        match self {
            Self::Accept(key)
            | Self::Register(key)
            | Self::Return(key, _)
            | Self::Assign { key, .. }
            | Self::Begin(key)
            | Self::Complete(key, _)
            | Self::Submit { key, .. }
            | Self::Sign(key, _)
            | Self::Seal(key, _)
            | Self::Issue(key)
            | Self::Recall(key, _) => Some(*key),
            Self::Draft(_) => None,
        }
    }

    /// What is said while it runs.
    pub fn doing(&self) -> String {
        tr(match self {
            Self::Accept(_) => "desk-doing-accept",
            Self::Register(_) => "desk-doing-register",
            Self::Return(..) => "desk-doing-return",
            Self::Assign { .. } => "desk-doing-assign",
            Self::Begin(_) => "desk-doing-begin",
            Self::Complete(..) => "desk-doing-complete",
            Self::Submit { .. } => "desk-doing-submit",
            Self::Sign(..) => "desk-doing-sign",
            Self::Seal(..) => "desk-doing-seal",
            Self::Issue(_) => "desk-doing-issue",
            Self::Recall(..) => "desk-doing-recall",
            Self::Draft(_) => "desk-doing-draft",
        })
    }

    /// Has the office do it. Blocks.
    pub fn carry_out(&self, door: &dyn Door) -> Result<Outcome, Problem> {
        let (key, said) = match self {
            Self::Accept(key) => {
                door.accept(*key)?;
                (*key, tr("desk-done-accept"))
            }
            Self::Register(key) => {
                let registration = door.register(*key)?;
                let number = written_number(registration.arrival_number);
                (*key, t!("desk-done-register", number = number))
            }
            Self::Return(key, reason) => {
                door.return_(*key, reason)?;
                (*key, tr("desk-done-return"))
            }
            Self::Assign { key, user, direction, due } => {
                door.assign(*key, user, direction, *due)?;
                (*key, tr("desk-done-assign"))
            }
            Self::Begin(key) => {
                door.begin(*key)?;
                (*key, tr("desk-done-begin"))
            }
            Self::Complete(key, result) => {
                door.complete(*key, result)?;
                (*key, tr("desk-done-complete"))
            }
            Self::Submit { key, to, note } => {
                door.submit(*key, *to, note)?;
                (*key, tr("desk-done-submit"))
            }
            Self::Sign(key, order) => {
                let said = match door.sign(*key, order)? {
                    Some(numbering) => {
                        let number = written_number(numbering.number);
                        let date = super::document::day(numbering.date);
                        t!("desk-done-sign", number = number, date = date)
                    }
                    None => tr("desk-done-sign-unnumbered"),
                };
                (*key, said)
            }
            Self::Seal(key, order) => {
                door.seal(*key, order)?;
                (*key, tr("desk-done-seal"))
            }
            Self::Issue(key) => {
                door.issue(*key)?;
                (*key, tr("desk-done-issue"))
            }
            Self::Recall(key, reason) => {
                door.recall(*key, reason)?;
                (*key, tr("desk-done-recall"))
            }
            Self::Draft(draft) => (door.draft((**draft).clone())?, tr("desk-done-draft")),
        };
        Ok(Outcome { key, said })
    }
}
