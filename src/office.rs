//! The use cases, one file each, named after the regulation's verbs; the only door that the
//! window and the console use.
//!
//! Every method blocks (database, token, network) and is called off the window's thread.
//! Every method checks the session's roles first; what it refuses it says as a [`Problem`].

pub mod error;
pub mod labels;
pub mod layout;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::agency::Agency;
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::inbound::{InboundDocument, InboundState, Registration};
use crate::domain::outbound::{Numbering, OutboundDocument, OutboundState};
use crate::domain::problem::Problem;
use crate::domain::role::{Act, Role};
use crate::pdf::Rect;
use crate::token::{Pin, Selector};

/// One person's open door to the office. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Office {}

/// Who is at the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub user: String,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub agency: Agency,
}

/// How many documents stand where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    pub inbound: Vec<(InboundState, u64)>,
    pub outbound: Vec<(OutboundState, u64)>,
    pub outbox_waiting: u64,
    pub outbox_wedged: u64,
    pub quarantined: u64,
}

/// Which documents of a queue are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Index into the state machine: only documents that stand here.
    pub inbound: Option<InboundState>,
    pub outbound: Option<OutboundState>,
    /// Words to search for, diacritics or not; empty for all.
    pub words: String,
}

/// What a clerk gives to begin an outbound document.
#[derive(Debug, Clone)]
pub struct NewDraft {
    pub file_name: String,
    pub pdf: Vec<u8>,
    /// Attachments: name and bytes.
    pub attachments: Vec<(String, Vec<u8>)>,
    pub metadata: Metadata,
}

/// Where a visible signature goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Placement {
    /// Found from the page's text, by the rule profile.
    Automatic,
    At {
        page: u32,
        rect: Rect,
    },
    Invisible,
}

/// How to sign: token, certificate, PIN and place.
#[derive(Debug, Clone)]
pub struct SignOrder {
    pub token: Selector,
    /// Serial number of the certificate in hex; `None` lets the office choose.
    pub certificate: Option<String>,
    pub pin: Pin,
    pub placement: Placement,
}

/// One line of a document's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    pub at: Timestamp,
    pub user: String,
    pub role: Option<Role>,
    /// A sentence in the language in force.
    pub text: String,
}

/// What one synchronisation did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncReport {
    pub sent: u32,
    pub received: u32,
    pub waiting: u32,
    pub wedged: u32,
    pub quarantined: u32,
    /// Why it stopped early, if it did.
    pub problem: Option<Problem>,
}

/// A user, for lists and for choosing whom to assign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInfo {
    pub user: String,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub disabled: bool,
}

#[allow(unused_variables, clippy::todo)]
impl Office {
    /// Opens the office in `data_dir`. Refuses a wrong password, a newer database and a
    /// folder that another program has open.
    pub fn open(data_dir: &Path, user: &str, password: &Pin) -> Result<Self, Problem> {
        todo!()
    }
    pub fn session(&self) -> &Session {
        todo!()
    }
    /// Whether the person at the desk may do `act`; the window offers nothing else.
    pub fn may(&self, act: Act) -> bool {
        todo!()
    }
    pub fn counts(&self) -> Result<Counts, Problem> {
        todo!()
    }
    /// Newest first; `after` is the last row of the page before.
    pub fn inbound(
        &self,
        filter: &Filter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<InboundDocument>, Problem> {
        todo!()
    }
    pub fn outbound(
        &self,
        filter: &Filter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<OutboundDocument>, Problem> {
        todo!()
    }
    pub fn inbound_document(&self, key: DocumentKey) -> Result<InboundDocument, Problem> {
        todo!()
    }
    pub fn outbound_document(&self, key: DocumentKey) -> Result<OutboundDocument, Problem> {
        todo!()
    }
    /// The bytes of the document's main file.
    pub fn main_file(&self, key: DocumentKey) -> Result<Arc<[u8]>, Problem> {
        todo!()
    }
    pub fn history(&self, key: DocumentKey) -> Result<Vec<HistoryEntry>, Problem> {
        todo!()
    }

    // Inbound (Quyết định 01/2019/QĐ-UBND Điều 8 to 10).

    /// Accepts; status 03 goes back.
    pub fn accept(&self, key: DocumentKey) -> Result<(), Problem> {
        todo!()
    }
    /// Takes the next arrival number.
    pub fn register(&self, key: DocumentKey) -> Result<Registration, Problem> {
        todo!()
    }
    /// Returns with a reason; status 02 goes back.
    pub fn return_(&self, key: DocumentKey, reason: &str) -> Result<(), Problem> {
        todo!()
    }
    pub fn assign(
        &self,
        key: DocumentKey,
        user: &str,
        direction: &str,
        due: Option<Date>,
    ) -> Result<(), Problem> {
        todo!()
    }
    pub fn complete(&self, key: DocumentKey, result: &str) -> Result<(), Problem> {
        todo!()
    }

    // Outbound (Điều 11 to 14).

    pub fn draft(&self, draft: NewDraft) -> Result<DocumentKey, Problem> {
        todo!()
    }
    /// Passes a draft on (review, format check, signature) or back to its drafter.
    pub fn submit(&self, key: DocumentKey, to: OutboundState, note: &str) -> Result<(), Problem> {
        todo!()
    }
    /// The leader's personal signature; takes number and date.
    pub fn sign(&self, key: DocumentKey, order: &SignOrder) -> Result<Numbering, Problem> {
        todo!()
    }
    /// The organisation's signature, by the clerk.
    pub fn seal(&self, key: DocumentKey, order: &SignOrder) -> Result<(), Problem> {
        todo!()
    }
    pub fn issue(&self, key: DocumentKey) -> Result<(), Problem> {
        todo!()
    }

    // Exchange.

    /// Sends what waits and fetches what has arrived, once.
    pub fn sync(&self) -> Result<SyncReport, Problem> {
        todo!()
    }
    /// Directory search, diacritics or not.
    pub fn agencies(&self, words: &str, limit: u32) -> Result<Vec<Agency>, Problem> {
        todo!()
    }
    pub fn users(&self) -> Result<Vec<UserInfo>, Problem> {
        todo!()
    }
    /// Tokens that can be chosen now, ready for the signing dialog.
    pub fn tokens(&self) -> Result<Vec<TokenChoice>, Problem> {
        todo!()
    }
}

/// One token of the signing dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenChoice {
    pub selector: Selector,
    /// Reader, label or file, for people.
    pub label: String,
    pub presence: crate::token::Presence,
    /// Owner and issuer of each signing certificate, with its serial number.
    pub certificates: Vec<(String, String)>,
    /// A PKCS#12 file: for demonstrations and tests only, visibly marked.
    pub demonstration: bool,
}
