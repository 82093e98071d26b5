//! Register books, kept searches and print copies, as the desk asks the office for them.

use std::sync::Arc;

use iced::Task;

use super::work::{save_as, slow};
use super::{Main, Message};
use crate::desk::dialog::Dialog;
use crate::desk::document::{Document, Queue, State, today};
use crate::desk::door::Door;
use crate::domain::book::Direction;
use crate::domain::copy::{may_copy_inbound, may_copy_outbound};
use crate::domain::document::DocumentKey;
use crate::domain::inbound::InboundState;
use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::role::Act;
use crate::office::search::SavedFilter;
use crate::t;

/// Kept searches are counted up to here; "99+" is enough to know.
pub const MOST: u32 = 100;

/// Whether the person may open what its sender has called back.
pub fn may_unseal(document: &Document, door: &dyn Door) -> bool {
    matches!(document.state(), State::Inbound(InboundState::Recalled)) && door.may(Act::OpenSealed)
}

/// Whether certified copies are made of a document where it stands.
pub fn may_be_copied(document: &Document) -> bool {
    match document.state() {
        State::Inbound(state) => may_copy_inbound(state),
        State::Outbound(state) => may_copy_outbound(state),
    }
}

impl Main {
    pub(super) fn fetch_filters(&self) -> Task<Message> {
        let door = Arc::clone(&self.door);
        Task::perform(crate::desk::ask(move || door.saved_filters()), Message::Filters)
    }

    /// How much each kept search finds now.
    pub(super) fn count_filters(&self) -> Task<Message> {
        if self.filters.is_empty() {
            return Task::none();
        }
        let (filters, door) = (self.filters.clone(), Arc::clone(&self.door));
        let count = crate::desk::ask(move || {
            Ok(filters
                .iter()
                .map(|filter| {
                    let queue = Queue::from_key(&filter.queue)?;
                    let asked = queue.filter(&filter.words);
                    let counted = if queue.is_inbound() {
                        door.inbound_count(&asked, MOST)
                    } else {
                        door.outbound_count(&asked, MOST)
                    };
                    counted
                        .inspect_err(|problem| tracing::warn!(%problem, "a search was not counted"))
                        .ok()
                })
                .collect())
        });
        Task::perform(count, |counts: Result<_, Problem>| {
            Message::FilterCounts(counts.unwrap_or_default())
        })
    }

    /// Saves the settlement slip of the document shown, to be printed or kept.
    pub(super) fn slip(&mut self) -> Task<Message> {
        let Some(Document::Inbound(document)) = self.reader.document() else {
            return Task::none();
        };
        let Some(registration) = &document.registration else { return Task::none() };
        let key = document.key;
        let number = registration.arrival_number;
        let name = format!("{} {number}.pdf", t!("desk-slip-file"));
        let job = self.jobs.begin(t!("desk-doing-slip"), None);
        let door = Arc::clone(&self.door);
        let work = save_as(name, move || door.slip(key));
        let work = Task::perform(work, move |answer| Message::Reported { job, answer });
        Task::batch([work, slow(job)])
    }

    /// Asks why a cancelled document is to be opened, where the person may.
    pub(super) fn unseal(&mut self) -> Task<Message> {
        match self.reader.document() {
            Some(document) if may_unseal(document, &*self.door) => {
                let dialog = Dialog::unseal(document);
                self.open(dialog)
            }
            _ => Task::none(),
        }
    }

    /// Saves the main file of a cancelled document where the person wants it.
    pub(super) fn save_unsealed(&mut self, key: DocumentKey, reason: String) -> Task<Message> {
        let code = self.reader.document().map(Document::code).unwrap_or_default();
        let name = format!("{} {code}.pdf", t!("desk-unseal-file"));
        let job = self.jobs.begin(t!("desk-doing-unseal"), None);
        let door = Arc::clone(&self.door);
        let work = save_as(name, move || Ok(door.sealed_file(key, &reason)?.to_vec()));
        let work = Task::perform(work, move |answer| Message::Reported { job, answer });
        Task::batch([work, slow(job)])
    }

    /// Has the evidence of a document's sending made, and asks where to keep it.
    pub(super) fn save_evidence(&mut self, key: DocumentKey, code: &str) -> Task<Message> {
        let name = format!("{} {code}.pdf", t!("desk-evidence-file"));
        let job = self.jobs.begin(t!("desk-doing-evidence"), None);
        let door = Arc::clone(&self.door);
        let work = save_as(name, move || door.evidence_page(key));
        let work = Task::perform(work, move |answer| Message::Reported { job, answer });
        Task::batch([work, slow(job)])
    }

    /// Certified copies of the document shown, where there may be any.
    pub(super) fn copies(&mut self) -> Task<Message> {
        match self.reader.document() {
            Some(document) if may_be_copied(document) => {
                let dialog = Dialog::copies(document, &self.door, &self.easel);
                self.open(dialog)
            }
            _ => Task::none(),
        }
    }

    /// Who does not register need not know into how many books one could.
    pub(super) fn count_books(&self) -> Task<Message> {
        if !self.door.may(Act::RegisterInbound) {
            return Task::none();
        }
        let door = Arc::clone(&self.door);
        let count = crate::desk::ask(move || {
            let books = door.books(Direction::Inbound, today().year())?;
            Ok(books.iter().filter(|book| book.closed.is_none()).count())
        });
        Task::perform(count, Message::OpenBooks)
    }

    /// Shows a kept search. One that looks into a queue of an earlier program says so.
    pub(super) fn go_to(&mut self, filter: &SavedFilter) -> Task<Message> {
        let Some(queue) = Queue::from_key(&filter.queue) else {
            return self.trouble(
                Problem::new("desk-filter-no-queue", Kind::Refused, Blame::Environment)
                    .with("name", &filter.name),
            );
        };
        let listed = self.list.search(queue, &filter.words, &self.door).map(Message::List);
        let marked = self.reader.look_for(self.list.words()).map(Message::Reader);
        Task::batch([listed, marked])
    }

    pub(super) fn keep_filter(&mut self) -> Task<Message> {
        let words = self.list.words().trim().to_owned();
        let dialog = Dialog::keep_filter(self.list.queue(), words, &self.door);
        self.open(dialog)
    }

    pub(super) fn filters_changed(&mut self, close: bool) -> Task<Message> {
        let fetched = self.fetch_filters();
        if close {
            self.dialog = None;
            return fetched;
        }
        let listed = match &mut self.dialog {
            Some(Dialog::Filters(dialog)) => {
                let task = dialog.refetch(&self.door);
                task.map(|message| Message::Dialog(crate::desk::dialog::Message::Filters(message)))
            }
            _ => Task::none(),
        };
        Task::batch([fetched, listed])
    }

    /// Saves a copy to be printed where the person wants it: with the arrival stamp, where the
    /// document has a number.
    pub(super) fn print_copy(&mut self) -> Task<Message> {
        let Some(document) = self.reader.document() else { return Task::none() };
        let key = document.key();
        let stamped = match document {
            Document::Inbound(document) => document.registration.is_some(),
            Document::Outbound(_) => false,
        };
        let name = format!("{} {}.pdf", t!("desk-print-file"), document.code());
        let job = self.jobs.begin(t!("desk-doing-print-copy"), None);
        let door = Arc::clone(&self.door);
        let work = save_as(name, move || door.print_copy(key, stamped));
        let work = Task::perform(work, move |answer| Message::Reported { job, answer });
        Task::batch([work, slow(job)])
    }
}
