//! What the window asks about documents on their way out: terms, recipients, paper, numbers.

use std::fmt::Debug;

use jiff::Timestamp;

use crate::domain::agency::AgencyCode;
use crate::domain::book::BookId;
use crate::domain::document::DocumentKey;
use crate::domain::letter::PaperSending;
use crate::domain::outbound::OutboundDocument;
use crate::domain::problem::Problem;
use crate::domain::reserve::Reserved;
use crate::office::Office;
use crate::office::follow::{Followed, IssuedUpdate};
use crate::office::leaving::{IssueOrder, PaperTask, Unsent};

/// Every method may block, except [`LeavingDoor::sending_term`].
pub trait LeavingDoor: Debug + Send + Sync {
    /// What was signed and has not left, what is due first before the others.
    fn unsent(&self, limit: u32) -> Result<Vec<Unsent>, Problem>;
    /// Until when a document that is signed must leave; `None` for one that is not, or has left.
    fn sending_term(&self, document: &OutboundDocument) -> Option<Timestamp>;
    /// Issued documents that somebody still has to follow, oldest first.
    fn following(&self, limit: u32) -> Result<Vec<Followed>, Problem>;
    /// Documents of which something is still to be printed and sent.
    fn paper_tasks(&self, limit: u32) -> Result<Vec<PaperTask>, Problem>;
    /// What proves the sending of an issued document, as a PDF file in the language in force.
    fn evidence_page(&self, key: DocumentKey) -> Result<Vec<u8>, Problem>;
    /// Numbers that wait for their documents.
    fn reserved_numbers(&self) -> Result<Vec<Reserved>, Problem>;

    fn issue_with(&self, key: DocumentKey, order: &IssueOrder) -> Result<(), Problem>;
    fn resend(&self, key: DocumentKey, to: &[AgencyCode], reason: &str) -> Result<(), Problem>;
    fn recall_from(
        &self,
        key: DocumentKey,
        from: &[AgencyCode],
        reason: &str,
    ) -> Result<(), Problem>;
    /// Tells an issued document anew: to whoever has it, whoever is added, whoever is taken off.
    fn update_issued(
        &self,
        key: DocumentKey,
        update: &IssuedUpdate,
        reason: &str,
    ) -> Result<(), Problem>;
    fn close_delivery(&self, key: DocumentKey, to: &AgencyCode, done: &str) -> Result<(), Problem>;
    fn letter_sent(
        &self,
        key: DocumentKey,
        place: &str,
        sending: PaperSending,
    ) -> Result<(), Problem>;
    fn letter_dropped(&self, key: DocumentKey, place: &str, why: &str) -> Result<(), Problem>;
    fn reserve_numbers(
        &self,
        type_key: &str,
        count: u32,
        reason: &str,
    ) -> Result<Vec<Reserved>, Problem>;
    fn hold_number(&self, key: DocumentKey, book: &BookId, number: u32) -> Result<(), Problem>;
    fn give_up_reserved(&self, book: &BookId, number: u32, reason: &str) -> Result<(), Problem>;
}

impl LeavingDoor for Office {
    fn following(&self, limit: u32) -> Result<Vec<Followed>, Problem> {
        self.following(false, None, limit)
    }

    fn evidence_page(&self, key: DocumentKey) -> Result<Vec<u8>, Problem> {
        self.print_evidence(&self.evidence(key)?, crate::i18n::language())
    }

    super::pass_on! {
        fn unsent(&self, limit: u32) -> Result<Vec<Unsent>, Problem>;
        fn sending_term(&self, document: &OutboundDocument) -> Option<Timestamp>;
        fn paper_tasks(&self, limit: u32) -> Result<Vec<PaperTask>, Problem>;
        fn reserved_numbers(&self) -> Result<Vec<Reserved>, Problem>;
        fn issue_with(&self, key: DocumentKey, order: &IssueOrder) -> Result<(), Problem>;
        fn resend(&self, key: DocumentKey, to: &[AgencyCode], reason: &str)
            -> Result<(), Problem>;
        fn recall_from(&self, key: DocumentKey, from: &[AgencyCode], reason: &str)
            -> Result<(), Problem>;
        fn update_issued(&self, key: DocumentKey, update: &IssuedUpdate, reason: &str)
            -> Result<(), Problem>;
        fn close_delivery(&self, key: DocumentKey, to: &AgencyCode, done: &str)
            -> Result<(), Problem>;
        fn letter_sent(&self, key: DocumentKey, place: &str, sending: PaperSending)
            -> Result<(), Problem>;
        fn letter_dropped(&self, key: DocumentKey, place: &str, why: &str)
            -> Result<(), Problem>;
        fn reserve_numbers(&self, type_key: &str, count: u32, reason: &str)
            -> Result<Vec<Reserved>, Problem>;
        fn hold_number(&self, key: DocumentKey, book: &BookId, number: u32)
            -> Result<(), Problem>;
        fn give_up_reserved(&self, book: &BookId, number: u32, reason: &str)
            -> Result<(), Problem>;
    }
}
