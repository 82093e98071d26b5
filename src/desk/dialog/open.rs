//! How each dialog is opened.

use std::path::PathBuf;
use std::sync::Arc;

use iced::Task;

use super::{
    Dialog, Listed, Opened, assign, batch, books, bring, compare, confirm, copies, copy, demand,
    devices, digitise, draft, fields, filters, follow, help, many, note, opinion, pin, reason,
    register, report_error, settings, sign, twins, unacknowledged, unseal, update, versions,
    waiting,
};
use crate::desk::deeds::Deed;
use crate::desk::document::{Document, Queue};
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::InboundDocument;
use crate::domain::outbound::{OutboundDocument, SignatureKind};
use crate::office::{Assigning, TokenChoice};

fn listed<F: Listed>((form, task): (F, Task<F::Message>)) -> Opened {
    (form.dialog(), task.map(F::message))
}

impl Dialog {
    pub fn reason(deed: Deed, document: &Document, door: &Arc<dyn Door>) -> Opened {
        listed(reason::Reason::new(deed, document, door))
    }

    pub fn complete(document: &Document, door: &Arc<dyn Door>) -> Opened {
        listed(reason::Reason::completing(document, door))
    }

    pub fn assign(document: &Document, door: &Arc<dyn Door>) -> Opened {
        listed(assign::Assign::new(document, false, door))
    }

    /// All that were marked go to the same people; `None` where none is marked.
    pub fn assign_many(documents: Vec<Document>, door: &Arc<dyn Door>) -> Option<Opened> {
        Some(listed(assign::Assign::many(documents, door)?))
    }

    pub(super) fn assigning(
        given: Assigning,
        documents: &[Document],
        door: &Arc<dyn Door>,
    ) -> Opened {
        listed(many::Many::assigning(given, documents, door))
    }

    pub fn forward(document: &Document, door: &Arc<dyn Door>) -> Opened {
        listed(assign::Assign::new(document, true, door))
    }

    pub fn note(document: &Document, door: &Arc<dyn Door>) -> Opened {
        listed(note::Note::new(document, door))
    }

    /// What senders demand: of one document, or of all.
    pub fn demands(about: Option<DocumentKey>, door: &Arc<dyn Door>) -> Opened {
        listed(demand::Demands::new(about, door))
    }

    /// The answer to an inbound document.
    pub fn answer(document: &Document, door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> Opened {
        listed(draft::Draft::answering(document.key(), door, easel))
    }

    pub fn sign(
        kind: SignatureKind,
        document: &Document,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> Opened {
        listed(sign::Sign::new(kind, document, door, easel))
    }

    pub fn issue(document: &Document) -> Opened {
        listed((confirm::Confirm::issue(document), Task::none()))
    }

    pub fn draft(door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> Opened {
        listed(draft::Draft::new(door, easel))
    }

    /// Other fields, or a new version, of a draft.
    pub fn edit_draft(key: DocumentKey, door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> Opened {
        listed(draft::Draft::editing(key, door, easel))
    }

    /// Comments and decisions on a draft.
    pub fn opinion(document: &Document, door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> Opened {
        listed(opinion::Opinion::new(document, door, easel))
    }

    /// The versions of a document's file.
    pub fn versions(document: &Document, door: &Arc<dyn Door>) -> Opened {
        listed(versions::Versions::new(document, door))
    }

    /// The fields of an inbound document beside its page.
    pub fn fields(document: &Document, door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> Opened {
        listed(fields::Fields::new(document, door, easel))
    }

    /// The document as it was signed in `field` beside what it is now.
    pub fn compare(
        field: String,
        signer: String,
        document: &Document,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> Opened {
        listed(compare::Compare::new(field, signer, document, door, easel))
    }

    /// What there is to sign with, and what is in the way.
    pub fn devices(kind: SignatureKind, door: &Arc<dyn Door>) -> Opened {
        listed(devices::Devices::new(kind, door))
    }

    /// What waits to be made to last.
    pub fn waiting(may: bool, door: &Arc<dyn Door>) -> Opened {
        listed(waiting::Waiting::new(may, door))
    }

    /// Signs or seals many documents.
    pub fn batch(kind: SignatureKind, door: &Arc<dyn Door>) -> Opened {
        listed(batch::Batch::new(kind, door))
    }

    /// The register books.
    pub fn books(door: &Arc<dyn Door>) -> Opened {
        listed(books::Books::new(door))
    }

    /// What is on its way out; `shown` is the document beside it.
    pub fn follow(shown: Option<&Document>, door: &Arc<dyn Door>) -> Opened {
        listed(follow::Board::new(shown, door))
    }

    /// Tells an issued document anew.
    pub(super) fn update_issued(document: &OutboundDocument, door: &Arc<dyn Door>) -> Opened {
        listed(update::Update::new(document, door))
    }

    /// Goes to a kept search.
    pub fn filters(door: &Arc<dyn Door>) -> Opened {
        listed(filters::Filters::go(door))
    }

    /// Keeps the search of the moment.
    pub fn keep_filter(queue: Queue, words: String, door: &Arc<dyn Door>) -> Opened {
        listed(filters::Filters::keep(queue, words, door))
    }

    /// Into which book a document goes.
    pub fn register(document: &Document, door: &Arc<dyn Door>) -> Opened {
        listed(register::Register::new(document, door))
    }

    pub fn change_pin(kind: SignatureKind, token: &TokenChoice) -> Opened {
        listed(pin::ChangePin::new(kind, token))
    }

    /// One decision on the documents that were marked; `None` where it is none for many.
    pub fn many(deed: Deed, documents: &[Document]) -> Option<Opened> {
        Some(listed((many::Many::new(deed, documents)?, Task::none())))
    }

    /// What is to be acknowledged today.
    pub fn unacknowledged(door: &Arc<dyn Door>) -> Opened {
        listed(unacknowledged::List::new(door))
    }

    pub fn report_error(document: &Document, me: &str, door: &Arc<dyn Door>) -> Opened {
        listed(report_error::ReportError::new(document, me, door))
    }

    /// Brings files in; without any the system asks for them.
    pub fn bring(paths: Vec<PathBuf>, door: &Arc<dyn Door>) -> Opened {
        listed(bring::Bring::new(paths, door))
    }

    /// Makes a document of scanned pages.
    pub fn digitise(paths: Vec<PathBuf>, door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> Opened {
        listed(digitise::Digitise::new(paths, door, easel))
    }

    /// The organisation's signature on a digitised copy.
    pub fn copy(document: &Document, door: &Arc<dyn Door>) -> Opened {
        listed(copy::Copy::new(document, door))
    }

    pub(super) fn copy_of(key: DocumentKey, about: String, door: &Arc<dyn Door>) -> Opened {
        listed(copy::Copy::of(key, about, door))
    }

    /// Certified copies: those that were made, and one more.
    pub fn copies(document: &Document, door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> Opened {
        listed(copies::Copies::new(document, door, easel))
    }

    /// A document beside those that it may be the same as.
    pub fn twins(
        document: &InboundDocument,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> Opened {
        listed(twins::Twins::new(document, door, easel))
    }

    /// What this desk does by itself.
    pub fn settings(door: &Arc<dyn Door>) -> Opened {
        listed(settings::Settings::new(door))
    }

    /// The bytes of a cancelled document.
    pub fn unseal(document: &Document) -> Opened {
        listed(unseal::Unseal::new(document))
    }

    pub fn help() -> Opened {
        listed((help::Help, Task::none()))
    }
}
