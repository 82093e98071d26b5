//! Register books, kept searches and print copies, as the desk asks the office for them.

use std::sync::Arc;

use iced::Task;

use super::work::{save_as, slow};
use super::{Main, Message};
use crate::desk::dialog::Dialog;
use crate::desk::document::{Document, Queue, today};
use crate::domain::book::Direction;
use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::role::Act;
use crate::office::search::SavedFilter;
use crate::t;

impl Main {
    pub(super) fn fetch_filters(&self) -> Task<Message> {
        let door = Arc::clone(&self.door);
        Task::perform(crate::desk::ask(move || door.saved_filters()), Message::Filters)
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
