//! What the window asks of the office: the calls of [`Office`] that it makes, as a trait.
//!
//! The real office stands behind it; tests put one in memory there.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::Date;

use crate::domain::agency::Agency;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::{InboundDocument, Registration};
use crate::domain::outbound::{Numbering, OutboundDocument, OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::verdict::VerdictSummary;
use crate::office::{
    Counts, Filter, HistoryEntry, NewDraft, Office, Session, SignOrder, SyncReport, TokenChoice,
    UserInfo,
};
use crate::token::Pin;

/// Who opens the office to a person with a name and a password.
pub trait Doorkeeper: Debug + Send + Sync {
    /// Blocks: derives the key, opens the database.
    fn open(&self, user: &str, password: &Pin) -> Result<Arc<dyn Door>, Problem>;
}

/// One person's open door to the office. Every method may block, except [`Door::session`],
/// [`Door::may`], [`Door::server`] and [`Door::is_demonstration`].
pub trait Door: Debug + Send + Sync {
    fn session(&self) -> &Session;
    fn may(&self, act: Act) -> bool;
    /// The provincial server, if one is set.
    fn server(&self) -> Option<String>;
    fn is_demonstration(&self) -> bool;

    fn counts(&self) -> Result<Counts, Problem>;
    fn inbound(
        &self,
        filter: &Filter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<InboundDocument>, Problem>;
    fn outbound(
        &self,
        filter: &Filter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<OutboundDocument>, Problem>;
    fn inbound_document(&self, key: DocumentKey) -> Result<InboundDocument, Problem>;
    fn outbound_document(&self, key: DocumentKey) -> Result<OutboundDocument, Problem>;
    fn outbound_verdict(&self, key: DocumentKey) -> Result<Option<VerdictSummary>, Problem>;
    fn main_file(&self, key: DocumentKey) -> Result<Arc<[u8]>, Problem>;
    fn history(&self, key: DocumentKey) -> Result<Vec<HistoryEntry>, Problem>;

    fn accept(&self, key: DocumentKey) -> Result<(), Problem>;
    fn register(&self, key: DocumentKey) -> Result<Registration, Problem>;
    fn return_(&self, key: DocumentKey, reason: &str) -> Result<(), Problem>;
    fn assign(
        &self,
        key: DocumentKey,
        user: &str,
        direction: &str,
        due: Option<Date>,
    ) -> Result<(), Problem>;
    fn begin(&self, key: DocumentKey) -> Result<(), Problem>;
    fn complete(&self, key: DocumentKey, result: &str) -> Result<(), Problem>;

    fn draft(&self, draft: NewDraft) -> Result<DocumentKey, Problem>;
    fn submit(&self, key: DocumentKey, to: OutboundState, note: &str) -> Result<(), Problem>;
    fn sign(&self, key: DocumentKey, order: &SignOrder) -> Result<Option<Numbering>, Problem>;
    fn seal(&self, key: DocumentKey, order: &SignOrder) -> Result<(), Problem>;
    fn issue(&self, key: DocumentKey) -> Result<(), Problem>;
    fn recall(&self, key: DocumentKey, reason: &str) -> Result<(), Problem>;

    fn sync(&self) -> Result<SyncReport, Problem>;
    fn agencies(&self, words: &str, limit: u32) -> Result<Vec<Agency>, Problem>;
    fn users(&self) -> Result<Vec<UserInfo>, Problem>;
    fn tokens(&self, kind: SignatureKind) -> Result<Vec<TokenChoice>, Problem>;
    fn return_reasons(&self) -> Vec<String>;
    fn document_types(&self) -> Vec<(String, String)>;
}

/// Opens the real office in a folder.
#[derive(Debug, Clone)]
pub struct OfficeKeeper {
    pub data_dir: PathBuf,
}

impl Doorkeeper for OfficeKeeper {
    fn open(&self, user: &str, password: &Pin) -> Result<Arc<dyn Door>, Problem> {
        Ok(Arc::new(Office::open(&self.data_dir, user, password)?))
    }
}

/// Passes each call on to the method of the same name.
macro_rules! pass_on {
    ($(fn $name:ident(&self $(, $arg:ident: $type:ty)*) $(-> $answer:ty)?;)*) => {
        $(fn $name(&self $(, $arg: $type)*) $(-> $answer)? {
            Office::$name(self $(, $arg)*)
        })*
    };
}

impl Door for Office {
    pass_on! {
        fn session(&self) -> &Session;
        fn may(&self, act: Act) -> bool;
        fn server(&self) -> Option<String>;
        fn is_demonstration(&self) -> bool;
        fn counts(&self) -> Result<Counts, Problem>;
        fn inbound(&self, filter: &Filter, after: Option<DocumentKey>, limit: u32)
            -> Result<Vec<InboundDocument>, Problem>;
        fn outbound(&self, filter: &Filter, after: Option<DocumentKey>, limit: u32)
            -> Result<Vec<OutboundDocument>, Problem>;
        fn inbound_document(&self, key: DocumentKey) -> Result<InboundDocument, Problem>;
        fn outbound_document(&self, key: DocumentKey) -> Result<OutboundDocument, Problem>;
        fn outbound_verdict(&self, key: DocumentKey) -> Result<Option<VerdictSummary>, Problem>;
        fn main_file(&self, key: DocumentKey) -> Result<Arc<[u8]>, Problem>;
        fn history(&self, key: DocumentKey) -> Result<Vec<HistoryEntry>, Problem>;
        fn accept(&self, key: DocumentKey) -> Result<(), Problem>;
        fn register(&self, key: DocumentKey) -> Result<Registration, Problem>;
        fn return_(&self, key: DocumentKey, reason: &str) -> Result<(), Problem>;
        fn assign(&self, key: DocumentKey, user: &str, direction: &str, due: Option<Date>)
            -> Result<(), Problem>;
        fn begin(&self, key: DocumentKey) -> Result<(), Problem>;
    fn complete(&self, key: DocumentKey, result: &str) -> Result<(), Problem>;
        fn draft(&self, draft: NewDraft) -> Result<DocumentKey, Problem>;
        fn submit(&self, key: DocumentKey, to: OutboundState, note: &str) -> Result<(), Problem>;
        fn sign(&self, key: DocumentKey, order: &SignOrder) -> Result<Option<Numbering>, Problem>;
        fn seal(&self, key: DocumentKey, order: &SignOrder) -> Result<(), Problem>;
        fn issue(&self, key: DocumentKey) -> Result<(), Problem>;
        fn recall(&self, key: DocumentKey, reason: &str) -> Result<(), Problem>;
        fn sync(&self) -> Result<SyncReport, Problem>;
        fn agencies(&self, words: &str, limit: u32) -> Result<Vec<Agency>, Problem>;
        fn users(&self) -> Result<Vec<UserInfo>, Problem>;
        fn tokens(&self, kind: SignatureKind) -> Result<Vec<TokenChoice>, Problem>;
        fn return_reasons(&self) -> Vec<String>;
        fn document_types(&self) -> Vec<(String, String)>;
    }
}
