//! Orders: a deed with everything that it needs, ready to be carried out by the office.

use super::dialog::draft::{slot_of_answer, slot_of_edit, slot_of_new};
use super::document::State;
use super::door::Door;
use crate::domain::book;
use crate::domain::document::{DocumentKey, Metadata, written_number};
use crate::domain::handling::Progress;
use crate::domain::inbound::InboundDocument;
use crate::domain::outbound::{OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::report::ReportTo;
use crate::i18n::tr;
use crate::office::follow::IssuedUpdate;
use crate::office::leaving::IssueOrder;
use crate::office::{Assigning, DraftEdit, NewDraft, Passing, SignOrder};
use crate::pdf::Rect;
use crate::t;
use crate::token::{Pin, Selector};

/// What the office is to do.
#[derive(Debug, Clone)]
pub enum Order {
    Accept(DocumentKey),
    /// Although something stands against it at the gate.
    AcceptDespite(DocumentKey, String),
    /// Takes the last decision back.
    Undo(DocumentKey),
    ReportError {
        key: DocumentKey,
        to: ReportTo,
        words: String,
    },
    Register(DocumentKey),
    /// In the book of this key.
    RegisterIn(DocumentKey, String),
    Return(DocumentKey, String),
    Assign {
        key: DocumentKey,
        given: Assigning,
    },
    Forward {
        key: DocumentKey,
        given: Assigning,
    },
    Begin(DocumentKey),
    Complete {
        key: DocumentKey,
        result: String,
        answer: Option<DocumentKey>,
    },
    Note {
        key: DocumentKey,
        words: String,
        private: bool,
    },
    Progress {
        key: DocumentKey,
        progress: Progress,
    },
    /// `key` is the document, if it is here.
    AnswerDemand {
        demand: DocumentKey,
        key: Option<DocumentKey>,
        agreed: bool,
        reason: String,
    },
    /// The answer to the inbound document `key`.
    DraftAnswer {
        key: DocumentKey,
        draft: Box<NewDraft>,
    },
    /// Other fields, or the same ones confirmed.
    Correct {
        key: DocumentKey,
        metadata: Box<Metadata>,
        reason: String,
    },
    Submit {
        key: DocumentKey,
        to: OutboundState,
        note: String,
    },
    /// A decision on a draft, perhaps to somebody named.
    Pass {
        key: DocumentKey,
        passing: Passing,
    },
    HandOn {
        key: DocumentKey,
        user: String,
        note: String,
    },
    /// Other fields, or a new version, of a draft.
    EditDraft {
        key: DocumentKey,
        edit: Box<DraftEdit>,
    },
    /// `at` is where the person put it: page from 0, points from the top left as shown.
    Sign {
        key: DocumentKey,
        order: SignOrder,
        at: Option<(u32, Rect)>,
    },
    Seal {
        key: DocumentKey,
        order: SignOrder,
        at: Option<(u32, Rect)>,
    },
    /// With the reason why nothing scanned it, where that is so.
    Issue(DocumentKey, String),
    Recall(DocumentKey, String),
    /// What is told anew of an issued document, and why.
    UpdateIssued {
        key: DocumentKey,
        update: Box<IssuedUpdate>,
        reason: String,
    },
    Draft(Box<NewDraft>),
    /// The organisation's signature on a digitised copy.
    SealCopy {
        key: DocumentKey,
        order: SignOrder,
    },
    /// Although the same document is registered.
    RegisterDespite {
        key: DocumentKey,
        reason: String,
    },
    ChangePin {
        token: Selector,
        old: Pin,
        new: Pin,
        last_try_confirmed: bool,
    },
}

/// What was done: a sentence for the person, and the document that it concerns, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub key: Option<DocumentKey>,
    pub said: String,
    /// An inbound document that is to be completed next: the one issued answers it.
    pub then: Option<Box<InboundDocument>>,
}

impl Order {
    /// The document whose decision can be taken back when this is done.
    pub fn reversible(&self) -> Option<DocumentKey> {
        match self {
            Self::Accept(key)
            | Self::AcceptDespite(key, _)
            | Self::Return(key, _)
            | Self::Assign { key, .. } => Some(*key),
            _ => None,
        }
    }

    /// The document concerned; none for a draft that does not exist yet.
    pub fn key(&self) -> Option<DocumentKey> {
        match self {
            Self::Accept(key)
            | Self::AcceptDespite(key, _)
            | Self::Undo(key)
            | Self::ReportError { key, .. }
            | Self::Register(key)
            | Self::RegisterIn(key, _)
            | Self::Return(key, _)
            | Self::Assign { key, .. }
            | Self::Begin(key)
            | Self::Forward { key, .. }
            | Self::Complete { key, .. }
            | Self::Note { key, .. }
            | Self::Progress { key, .. }
            | Self::Correct { key, .. }
            | Self::Submit { key, .. }
            | Self::Pass { key, .. }
            | Self::HandOn { key, .. }
            | Self::EditDraft { key, .. }
            | Self::Sign { key, .. }
            | Self::Seal { key, .. }
            | Self::Issue(key, _)
            | Self::SealCopy { key, .. }
            | Self::RegisterDespite { key, .. }
            | Self::UpdateIssued { key, .. }
            | Self::Recall(key, _) => Some(*key),
            Self::AnswerDemand { key, .. } => *key,
            Self::Draft(_) | Self::DraftAnswer { .. } | Self::ChangePin { .. } => None,
        }
    }

    /// What is said while it runs.
    pub fn doing(&self) -> String {
        tr(match self {
            Self::Accept(_) | Self::AcceptDespite(..) => "desk-doing-accept",
            Self::Undo(_) => "desk-doing-undo",
            Self::ReportError { .. } => "desk-doing-report-error",
            Self::Register(_) | Self::RegisterIn(..) => "desk-doing-register",
            Self::Return(..) => "desk-doing-return",
            Self::Assign { .. } => "desk-doing-assign",
            Self::Begin(_) => "desk-doing-begin",
            Self::Forward { .. } => "desk-doing-forward",
            Self::Complete { .. } => "desk-doing-complete",
            Self::Note { .. } | Self::Progress { .. } => "desk-doing-note",
            Self::AnswerDemand { .. } => "desk-doing-demand",
            Self::Correct { .. } => "desk-doing-correct",
            Self::Submit { .. } | Self::Pass { .. } | Self::HandOn { .. } => "desk-doing-submit",
            Self::EditDraft { .. } => "desk-doing-draft",
            Self::Sign { .. } => "desk-doing-sign",
            Self::Seal { .. } => "desk-doing-seal",
            Self::Issue(..) => "desk-doing-issue",
            Self::Recall(..) => "desk-doing-recall",
            Self::UpdateIssued { .. } => "desk-doing-update-issued",
            Self::SealCopy { .. } => "desk-doing-seal",
            Self::RegisterDespite { .. } => "desk-doing-register",
            Self::Draft(_) | Self::DraftAnswer { .. } => "desk-doing-draft",
            Self::ChangePin { .. } => "desk-doing-change-pin",
        })
    }

    /// Has the office do it. Blocks.
    pub fn carry_out(&self, door: &dyn Door) -> Result<Outcome, Problem> {
        let (key, said) = match self {
            Self::Accept(key) => {
                door.accept(*key)?;
                (*key, tr("desk-done-accept"))
            }
            Self::AcceptDespite(key, reason) => {
                door.accept_despite(*key, reason)?;
                (*key, tr("desk-done-accept"))
            }
            Self::Undo(key) => {
                let state = State::Inbound(door.undo(*key)?);
                (*key, t!("desk-done-undo", state = super::words::state(state)))
            }
            Self::ReportError { key, to, words } => {
                door.report_error(*key, to.clone(), words)?;
                (*key, tr("desk-done-report-error"))
            }
            Self::Register(key) => {
                let registration = door.register(*key)?;
                let number = written_number(registration.arrival_number);
                (*key, t!("desk-done-register", number = number))
            }
            Self::RegisterIn(key, series) => {
                let registration = door.register_in_book(*key, series)?;
                let number = book::written(series, registration.arrival_number);
                (*key, t!("desk-done-register", number = number))
            }
            Self::RegisterDespite { key, reason } => {
                let registration = door.register_despite(*key, reason)?;
                let number = written_number(registration.arrival_number);
                (*key, t!("desk-done-register", number = number))
            }
            Self::SealCopy { key, order } => {
                door.seal_copy(*key, order)?;
                (*key, tr("desk-done-seal-copy"))
            }
            Self::Return(key, reason) => {
                door.return_(*key, reason)?;
                (*key, tr("desk-done-return"))
            }
            Self::Assign { key, given } => {
                door.assign_to(*key, given.clone())?;
                (*key, tr("desk-done-assign"))
            }
            Self::Forward { key, given } => {
                door.forward(*key, given.clone())?;
                (*key, tr("desk-done-forward"))
            }
            Self::Note { key, words, private } => {
                door.note(*key, words, *private)?;
                (*key, tr("desk-done-note"))
            }
            Self::Progress { key, progress } => {
                door.progress(*key, progress.clone())?;
                (*key, tr("desk-done-progress"))
            }
            Self::AnswerDemand { demand, key, agreed, reason } => {
                door.answer_demand(*demand, *agreed, reason)?;
                let said = if *agreed { "desk-done-agreed" } else { "desk-done-refused" };
                return Ok(Outcome { key: *key, said: tr(said), then: None });
            }
            Self::DraftAnswer { key, draft } => {
                let made = door.draft_answer(*key, (**draft).clone())?;
                handed_over(door, &slot_of_answer(*key));
                (made, tr("desk-done-draft-answer"))
            }
            Self::Begin(key) => {
                door.begin(*key)?;
                (*key, tr("desk-done-begin"))
            }
            Self::Complete { key, result, answer } => {
                door.complete_with(*key, result, *answer)?;
                (*key, tr("desk-done-complete"))
            }
            Self::Correct { key, metadata, reason } => {
                door.correct(*key, metadata, reason)?;
                (*key, tr("desk-done-correct"))
            }
            Self::Submit { key, to, note } => {
                door.submit(*key, *to, note)?;
                (*key, tr("desk-done-submit"))
            }
            Self::Pass { key, passing } => {
                door.pass(*key, passing.clone())?;
                (*key, tr("desk-done-submit"))
            }
            Self::HandOn { key, user, note } => {
                door.hand_on(*key, user, note)?;
                (*key, tr("desk-done-submit"))
            }
            Self::EditDraft { key, edit } => {
                door.edit_draft(*key, (**edit).clone())?;
                handed_over(door, &slot_of_edit(*key));
                (*key, tr("desk-done-edit-draft"))
            }
            Self::Sign { key, order, at } => {
                let order = placed(door, *key, SignatureKind::Personal, order, *at)?;
                let said = match door.sign(*key, &order)? {
                    Some(numbering) => {
                        let number = written_number(numbering.number);
                        let date = super::document::day(numbering.date);
                        t!("desk-done-sign", number = number, date = date)
                    }
                    None => tr("desk-done-sign-unnumbered"),
                };
                (*key, said)
            }
            Self::Seal { key, order, at } => {
                let order = placed(door, *key, SignatureKind::Organisation, order, *at)?;
                door.seal(*key, &order)?;
                (*key, tr("desk-done-seal"))
            }
            Self::Issue(key, unscanned) => {
                let order = IssueOrder { unscanned: unscanned.clone(), ..IssueOrder::default() };
                door.issue_with(*key, &order)?;
                // What it answers can be completed now.
                let then = door.to_complete(*key)?.into_iter().next().map(Box::new);
                return Ok(Outcome { key: Some(*key), said: tr("desk-done-issue"), then });
            }
            Self::Recall(key, reason) => {
                door.recall(*key, reason)?;
                (*key, tr("desk-done-recall"))
            }
            Self::UpdateIssued { key, update, reason } => {
                door.update_issued(*key, update, reason)?;
                (*key, tr("desk-done-update-issued"))
            }
            Self::Draft(draft) => {
                let made = door.draft((**draft).clone())?;
                handed_over(door, &slot_of_new());
                (made, tr("desk-done-draft"))
            }
            Self::ChangePin { token, old, new, last_try_confirmed } => {
                door.change_pin(token, old, new, *last_try_confirmed)?;
                return Ok(Outcome { key: None, said: tr("desk-done-change-pin"), then: None });
            }
        };
        Ok(Outcome { key: Some(key), said, then: None })
    }
}

/// What was typed is in the office now and need not be kept as a form.
fn handed_over(door: &dyn Door, slot: &str) {
    if let Err(problem) = door.drop_form(slot) {
        tracing::warn!(%problem, "a form that was handed over stays");
    }
}

/// The order with the place that the person chose on the page as it is shown.
fn placed(
    door: &dyn Door,
    key: DocumentKey,
    kind: SignatureKind,
    order: &SignOrder,
    at: Option<(u32, Rect)>,
) -> Result<SignOrder, Problem> {
    let mut order = order.clone();
    if let Some((page, rect)) = at {
        order.placement = door.place_at(key, kind, page, rect)?;
    }
    Ok(order)
}
