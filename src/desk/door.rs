//! What the window asks of the office: the calls of [`Office`] that it makes, as a trait.
//!
//! The real office stands behind it; tests put one in memory there.

mod copies;
mod draft;
mod gate;
mod layout;
mod leaving;
mod line;
mod paper;
mod set_up;
mod shelf;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::channel::mpsc;
use futures::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::agency::Agency;
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::handling::{Progress, Unit};
use crate::domain::identity::ExpiryWarning;
use crate::domain::inbound::{InboundDocument, Registration};
use crate::domain::outbound::{Numbering, OutboundDocument, OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::verdict::{Level, VerdictSummary};
use crate::i18n::language;
use crate::office::batch::{BatchOrder, BatchReport, Cancel, Made, Tell};
use crate::office::correct::{self, Fault};
use crate::office::doctor::Finding;
use crate::office::extract::{Field, Reading};
use crate::office::head::NumberPreview;
use crate::office::{Assigning, DemandView, Handling};
use crate::office::{AwaitingExtension, ExtensionReport};
use crate::office::{
    Counts, Filter, HistoryEntry, NewDraft, Office, PlaceProposal, Placement, Session, SignOrder,
    SyncReport, TokenChoice, UserInfo,
};
use crate::pdf::{Rect, render};
use crate::token::pkcs11::Candidate;
use crate::token::{self, LastTry, Pin, Plugged, Selector};

pub use copies::CopyDoor;
pub use draft::DraftDoor;
pub use gate::GateDoor;
pub use layout::LayoutDoor;
pub use leaving::LeavingDoor;
pub use line::LineDoor;
pub use paper::PaperDoor;
pub use set_up::SetUpDoor;

/// Who opens the office to a person with a name and a password.
pub trait Doorkeeper: Debug + Send + Sync {
    /// Blocks: derives the key, opens the database.
    fn open(&self, user: &str, password: &Pin) -> Result<Arc<dyn Door>, Problem>;
}

/// One person's open door to the office. Every method may block, except [`Door::session`],
/// [`Door::may`], [`Door::server`] and [`Door::is_demonstration`].
pub trait Door:
    CopyDoor
    + DraftDoor
    + GateDoor
    + LayoutDoor
    + LeavingDoor
    + LineDoor
    + PaperDoor
    + SetUpDoor
    + Shelf
{
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
    /// The main file as it was when the signature in `field` was made.
    fn as_signed(&self, key: DocumentKey, field: &str) -> Result<Arc<[u8]>, Problem>;
    fn history(&self, key: DocumentKey) -> Result<Vec<HistoryEntry>, Problem>;

    fn accept(&self, key: DocumentKey) -> Result<(), Problem>;
    fn register(&self, key: DocumentKey) -> Result<Registration, Problem>;
    fn return_(&self, key: DocumentKey, reason: &str) -> Result<(), Problem>;
    /// Gives a document to people and units; who had it has it no more.
    fn assign_to(&self, key: DocumentKey, given: Assigning) -> Result<(), Problem>;
    /// Passes on what one has in hand.
    fn forward(&self, key: DocumentKey, given: Assigning) -> Result<(), Problem>;
    fn begin(&self, key: DocumentKey) -> Result<(), Problem>;
    fn complete_with(
        &self,
        key: DocumentKey,
        result: &str,
        answer: Option<DocumentKey>,
    ) -> Result<(), Problem>;
    fn note(&self, key: DocumentKey, words: &str, private: bool) -> Result<(), Problem>;
    fn progress(&self, key: DocumentKey, progress: Progress) -> Result<(), Problem>;
    /// Whether the person may say how far the work is.
    fn may_report(&self, key: DocumentKey) -> Result<bool, Problem>;
    /// Notes, once, that whoever has the document in hand has opened it.
    fn see(&self, key: DocumentKey) -> Result<(), Problem>;
    fn handling(&self, key: DocumentKey) -> Result<Handling, Problem>;
    fn units(&self) -> Result<Vec<Unit>, Problem>;
    /// Directions that are often given.
    fn settling_phrases(&self) -> Vec<String>;
    /// Days on which offices are closed.
    fn holidays(&self) -> Vec<Date>;
    /// The term that a document gets where nobody sets one.
    fn proposed_due(&self, key: DocumentKey) -> Result<Option<Date>, Problem>;
    /// What is known beforehand of the answer to an inbound document.
    fn answer_fields(&self, key: DocumentKey) -> Result<Metadata, Problem>;
    fn draft_answer(&self, key: DocumentKey, draft: NewDraft) -> Result<DocumentKey, Problem>;
    /// Inbound documents that an issued one of ours answers and that are not completed.
    fn to_complete(&self, answer: DocumentKey) -> Result<Vec<InboundDocument>, Problem>;
    /// What senders demand and wait for.
    fn demands(&self, limit: u32) -> Result<Vec<DemandView>, Problem>;
    fn answer_demand(&self, id: DocumentKey, agreed: bool, reason: &str) -> Result<(), Problem>;
    /// Demands of which the person has not been told.
    fn untold_demands(&self) -> Result<Vec<DemandView>, Problem>;
    fn demand_noticed(&self, id: DocumentKey) -> Result<(), Problem>;

    /// Reads the fields off the pages; a scan takes seconds, until `cancel`.
    fn read_fields(&self, key: DocumentKey, cancel: &render::Cancel) -> Result<Reading, Problem>;
    /// Fields that the program filled in and nobody has confirmed.
    fn unconfirmed(&self, key: DocumentKey) -> Result<Vec<Field>, Problem>;
    fn correct(&self, key: DocumentKey, metadata: &Metadata, reason: &str) -> Result<(), Problem>;
    /// What is wrong with fields by the rules; does not block.
    fn field_faults(&self, metadata: &Metadata) -> Vec<Fault>;
    /// From which confidence on what is read counts as sure; does not block.
    fn sure_from(&self) -> f32;

    fn draft(&self, draft: NewDraft) -> Result<DocumentKey, Problem>;
    fn submit(&self, key: DocumentKey, to: OutboundState, note: &str) -> Result<(), Problem>;
    fn sign(&self, key: DocumentKey, order: &SignOrder) -> Result<Option<Numbering>, Problem>;
    fn seal(&self, key: DocumentKey, order: &SignOrder) -> Result<(), Problem>;
    fn recall(&self, key: DocumentKey, reason: &str) -> Result<(), Problem>;

    fn sync(&self) -> Result<SyncReport, Problem>;
    /// The same because a person asks: what was put off goes too.
    fn sync_now(&self) -> Result<SyncReport, Problem>;
    fn agencies(&self, words: &str, limit: u32) -> Result<Vec<Agency>, Problem>;
    fn users(&self) -> Result<Vec<UserInfo>, Problem>;
    fn tokens(&self, kind: SignatureKind) -> Result<Vec<TokenChoice>, Problem>;
    /// Where a signature belongs, and how sure that is.
    fn propose_place(
        &self,
        key: DocumentKey,
        kind: SignatureKind,
    ) -> Result<Vec<PlaceProposal>, Problem>;
    /// How durably documents are to be signed here.
    fn wanted_level(&self) -> Result<Level, Problem>;
    /// Number and date that a signature made now would take; refused where the page says
    /// otherwise.
    fn preview_numbering(&self, key: DocumentKey) -> Result<NumberPreview, Problem>;
    /// The placement for a rectangle that was moved on the page as it is shown.
    fn place_at(
        &self,
        key: DocumentKey,
        kind: SignatureKind,
        page: u32,
        rect_shown: Rect,
    ) -> Result<Placement, Problem>;
    /// Signs or seals many documents with one PIN.
    fn batch(
        &self,
        kind: SignatureKind,
        keys: &[DocumentKey],
        order: &BatchOrder,
        cancel: &Cancel,
        tell: Tell<'_, Made>,
    ) -> Result<BatchReport<DocumentKey, Made>, Problem>;
    /// What is plugged in, now and whenever that changes; does not block.
    fn plugged(&self) -> BoxStream<'static, Plugged>;
    fn change_pin(
        &self,
        token: &Selector,
        old: &Pin,
        new: &Pin,
        last_try_confirmed: bool,
    ) -> Result<(), Problem>;
    /// What there is to sign with, what is in the way of it, and how to mend that.
    fn devices(&self, kind: SignatureKind) -> Result<(Vec<TokenChoice>, Vec<Finding>), Problem>;
    /// Linked certificates that end soon.
    fn certificate_warnings(&self) -> Result<Vec<ExpiryWarning>, Problem>;
    /// PKCS#11 modules that this computer may have; those chosen here are marked so.
    fn module_candidates(&self) -> Result<Vec<Candidate>, Problem>;
    /// Uses one more module from now on.
    fn choose_module(&self, path: &Path) -> Result<(), Problem>;
    /// The report on a document's signatures, as a PDF file in the language in force.
    fn verdict_report(&self, key: DocumentKey) -> Result<Vec<u8>, Problem>;
    /// Documents whose signatures wait for a line to be made to last.
    fn awaiting_extension(&self) -> Result<Vec<AwaitingExtension>, Problem>;
    /// Extends what waits, now; `progress` is told how many of how many are done.
    fn extend_waiting(
        &self,
        progress: &mut dyn FnMut(u32, u32),
        cancel: &Cancel,
    ) -> Result<ExtensionReport, Problem>;
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

pub use shelf::Shelf;

/// Passes each call on to the method of the same name.
macro_rules! pass_on {
    ($(fn $name:ident(&self $(, $arg:ident: $type:ty)*) $(-> $answer:ty)?;)*) => {
        $(fn $name(&self $(, $arg: $type)*) $(-> $answer)? {
            Office::$name(self $(, $arg)*)
        })*
    };
}

use pass_on;

impl Door for Office {
    fn plugged(&self) -> BoxStream<'static, Plugged> {
        let (tell, told) = mpsc::unbounded();
        // The watch ends when nobody listens any more.
        match token::watch(move |now| drop(tell.unbounded_send(now))) {
            Ok(watch) => told
                .map(move |now| {
                    let _running = &watch;
                    now
                })
                .boxed(),
            Err(error) => {
                tracing::warn!(%error, "the readers cannot be watched");
                stream::empty().boxed()
            }
        }
    }

    fn batch(
        &self,
        kind: SignatureKind,
        keys: &[DocumentKey],
        order: &BatchOrder,
        cancel: &Cancel,
        tell: Tell<'_, Made>,
    ) -> Result<BatchReport<DocumentKey, Made>, Problem> {
        match kind {
            SignatureKind::Personal => self.sign_batch(keys, order, cancel, tell),
            SignatureKind::Organisation => self.seal_batch(keys, order, cancel, tell),
        }
    }

    fn change_pin(
        &self,
        token: &Selector,
        old: &Pin,
        new: &Pin,
        last_try_confirmed: bool,
    ) -> Result<(), Problem> {
        let last_try = if last_try_confirmed { LastTry::Confirmed } else { LastTry::Keep };
        Ok(token::change_pin(token::open(token)?.as_mut(), old, new, last_try)?)
    }

    fn certificate_warnings(&self) -> Result<Vec<ExpiryWarning>, Problem> {
        Self::certificate_warnings(self, Timestamp::now())
    }

    fn choose_module(&self, path: &Path) -> Result<(), Problem> {
        // It is tried first: what cannot be used is said now, not when somebody signs.
        self.try_module(path)?;
        let mut modules = self.token_modules()?;
        modules.retain(|known| known != path);
        modules.insert(0, path.to_owned());
        self.set_token_modules(&modules)
    }

    fn correct(&self, key: DocumentKey, metadata: &Metadata, reason: &str) -> Result<(), Problem> {
        Self::correct(self, key, metadata.clone(), reason)
    }

    fn field_faults(&self, metadata: &Metadata) -> Vec<Fault> {
        correct::faults(metadata, self.profile(), super::document::today())
    }

    fn sure_from(&self) -> f32 {
        self.profile().extraction().sure
    }

    fn as_signed(&self, key: DocumentKey, field: &str) -> Result<Arc<[u8]>, Problem> {
        self.main_as_signed(key, field)
    }

    fn verdict_report(&self, key: DocumentKey) -> Result<Vec<u8>, Problem> {
        Self::verdict_report(self, key, language())
    }

    fn extend_waiting(
        &self,
        progress: &mut dyn FnMut(u32, u32),
        cancel: &Cancel,
    ) -> Result<ExtensionReport, Problem> {
        Self::extend_waiting(self, progress, &|| cancel.is_cancelled())
    }

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
        fn devices(&self, kind: SignatureKind)
            -> Result<(Vec<TokenChoice>, Vec<Finding>), Problem>;
        fn module_candidates(&self) -> Result<Vec<Candidate>, Problem>;
        fn awaiting_extension(&self) -> Result<Vec<AwaitingExtension>, Problem>;
        fn history(&self, key: DocumentKey) -> Result<Vec<HistoryEntry>, Problem>;
        fn accept(&self, key: DocumentKey) -> Result<(), Problem>;
        fn register(&self, key: DocumentKey) -> Result<Registration, Problem>;
        fn return_(&self, key: DocumentKey, reason: &str) -> Result<(), Problem>;
        fn assign_to(&self, key: DocumentKey, given: Assigning) -> Result<(), Problem>;
        fn forward(&self, key: DocumentKey, given: Assigning) -> Result<(), Problem>;
        fn begin(&self, key: DocumentKey) -> Result<(), Problem>;
        fn complete_with(&self, key: DocumentKey, result: &str, answer: Option<DocumentKey>)
            -> Result<(), Problem>;
        fn note(&self, key: DocumentKey, words: &str, private: bool) -> Result<(), Problem>;
        fn progress(&self, key: DocumentKey, progress: Progress) -> Result<(), Problem>;
        fn may_report(&self, key: DocumentKey) -> Result<bool, Problem>;
        fn see(&self, key: DocumentKey) -> Result<(), Problem>;
        fn handling(&self, key: DocumentKey) -> Result<Handling, Problem>;
        fn units(&self) -> Result<Vec<Unit>, Problem>;
        fn settling_phrases(&self) -> Vec<String>;
        fn holidays(&self) -> Vec<Date>;
        fn proposed_due(&self, key: DocumentKey) -> Result<Option<Date>, Problem>;
        fn answer_fields(&self, key: DocumentKey) -> Result<Metadata, Problem>;
        fn draft_answer(&self, key: DocumentKey, draft: NewDraft)
            -> Result<DocumentKey, Problem>;
        fn to_complete(&self, answer: DocumentKey) -> Result<Vec<InboundDocument>, Problem>;
        fn demands(&self, limit: u32) -> Result<Vec<DemandView>, Problem>;
        fn answer_demand(&self, id: DocumentKey, agreed: bool, reason: &str)
            -> Result<(), Problem>;
        fn untold_demands(&self) -> Result<Vec<DemandView>, Problem>;
        fn demand_noticed(&self, id: DocumentKey) -> Result<(), Problem>;
        fn read_fields(&self, key: DocumentKey, cancel: &render::Cancel)
            -> Result<Reading, Problem>;
        fn unconfirmed(&self, key: DocumentKey) -> Result<Vec<Field>, Problem>;
        fn draft(&self, draft: NewDraft) -> Result<DocumentKey, Problem>;
        fn submit(&self, key: DocumentKey, to: OutboundState, note: &str) -> Result<(), Problem>;
        fn sign(&self, key: DocumentKey, order: &SignOrder) -> Result<Option<Numbering>, Problem>;
        fn seal(&self, key: DocumentKey, order: &SignOrder) -> Result<(), Problem>;
        fn recall(&self, key: DocumentKey, reason: &str) -> Result<(), Problem>;
        fn sync(&self) -> Result<SyncReport, Problem>;
        fn sync_now(&self) -> Result<SyncReport, Problem>;
        fn agencies(&self, words: &str, limit: u32) -> Result<Vec<Agency>, Problem>;
        fn users(&self) -> Result<Vec<UserInfo>, Problem>;
        fn tokens(&self, kind: SignatureKind) -> Result<Vec<TokenChoice>, Problem>;
        fn propose_place(&self, key: DocumentKey, kind: SignatureKind)
            -> Result<Vec<PlaceProposal>, Problem>;
        fn wanted_level(&self) -> Result<Level, Problem>;
        fn preview_numbering(&self, key: DocumentKey) -> Result<NumberPreview, Problem>;
        fn place_at(&self, key: DocumentKey, kind: SignatureKind, page: u32, rect_shown: Rect)
            -> Result<Placement, Problem>;
        fn return_reasons(&self) -> Vec<String>;
        fn document_types(&self) -> Vec<(String, String)>;
    }
}
