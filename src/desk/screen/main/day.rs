//! The duties of the day at the gate: what is to be acknowledged, the reminder before the
//! office closes, one decision on many, taking back, and errors that were reported.

use std::sync::Arc;

use iced::Task;
use jiff::Timestamp;
use uuid::Uuid;

use super::list;
use super::notices::Notice;
use super::{Main, Message, status};
use crate::desk::deeds::Deed;
use crate::desk::dialog::Dialog;
use crate::desk::dialog::unacknowledged::MOST;
use crate::desk::document::{Document, Queue, State, today};
use crate::desk::orders::Order;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::InboundState;
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::domain::report::ErrorReport;
use crate::domain::role::Act;
use crate::office::Agenda;
use crate::t;

const fn overdue() -> Queue {
    Queue::Agenda(Agenda::Overdue)
}

/// How much of the day is left to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owing {
    pub count: usize,
    pub late: bool,
    /// On its way out: to be sent, looked at, or put on paper.
    pub leaving: usize,
    pub overdue: usize,
}

impl Main {
    pub(super) fn owed(&self) -> status::Owed {
        status::Owed {
            awaiting: self.awaiting,
            unacknowledged: self.owing.count,
            late: self.owing.late,
            leaving: self.owing.leaving,
            overdue: self.owing.overdue,
        }
    }

    /// Only who accepts is asked to.
    pub(super) fn count_owing(&self) -> Task<Message> {
        if !self.door.may(Act::ReceiveInbound) {
            return Task::none();
        }
        let door = Arc::clone(&self.door);
        let count = crate::desk::ask(move || {
            let waiting = door.unacknowledged(MOST)?;
            let (unsent, followed) = (door.unsent(MOST)?, door.following(MOST)?);
            let rows = followed.iter().flat_map(|one| &one.rows);
            let concerns = rows.filter(|row| row.concern.is_some()).count();
            let paper: usize = door.paper_tasks(MOST)?.iter().map(|task| task.owed()).sum();
            let late = unsent.iter().filter(|one| one.late).count();
            Ok(Owing {
                count: waiting.len(),
                late: waiting.iter().any(|one| one.late),
                leaving: unsent.len() + concerns + paper,
                overdue: late + concerns,
            })
        });
        Task::perform(count, Message::Owing)
    }

    pub(super) fn owing(&mut self, answer: Result<Owing, Problem>) -> Task<Message> {
        match answer {
            Ok(owing) => {
                let arrived = owing.count.saturating_sub(self.owing.count);
                // What a person took back is no arrival: only what the line brought counts.
                if std::mem::take(&mut self.brought) && arrived > 0 {
                    let words = t!("desk-notify-arrived", count = arrived);
                    self.notify(t!("desk-notify-arrived-title"), words);
                }
                self.owing = owing;
                self.remind(Timestamp::now())
            }
            // The queues are counted with it, and say to the person what is wrong.
            Err(problem) => {
                tracing::warn!(%problem, "what is to be acknowledged was not counted");
                Task::none()
            }
        }
    }

    /// Once a day, before the office closes, what is not acknowledged is reminded of: in the
    /// window, and by the system for whoever looks elsewhere.
    fn remind(&mut self, now: Timestamp) -> Task<Message> {
        let day = today();
        let due = self.owing.count + self.owing.overdue > 0
            && self.reminded != Some(day)
            && self.door.is_reminding_time(now);
        if !due {
            return Task::none();
        }
        self.reminded = Some(day);
        let mut said = Vec::new();
        if self.owing.count > 0 {
            said.push(t!("desk-remind", count = self.owing.count));
        }
        if self.owing.overdue > 0 {
            said.push(t!("desk-remind-leaving", count = self.owing.overdue));
        }
        let said = said.join(" ");
        self.notify(t!("desk-remind-title"), said.clone());
        self.notices.add(Notice::Warning(said)).map(Message::Notices)
    }

    /// Once a day, whoever has work past its term is told by the system; in the window the
    /// lists and the bottom line say it all day long.
    pub(super) fn tell_overdue(&mut self) {
        let count = self.counts.as_ref().map_or(0, |counts| overdue().count(counts));
        let day = today();
        if count == 0 || self.told_overdue == Some(day) {
            return;
        }
        self.told_overdue = Some(day);
        let (title, words) =
            (t!("desk-notify-overdue-title"), t!("desk-notify-overdue", count = count));
        let door = Arc::clone(&self.door);
        let _ = std::thread::Builder::new().name("notify".to_owned()).spawn(move || {
            match door.notifies().then(|| door.tells_overdue(day)) {
                Some(Ok(true)) => crate::desk::notify(title, words),
                Some(Err(problem)) => {
                    tracing::warn!(%problem, "what is overdue was not told");
                }
                Some(Ok(false)) | None => {}
            }
        });
    }

    /// A notification of the system, where it is not switched off.
    pub(super) fn notify(&self, title: String, words: String) {
        let door = Arc::clone(&self.door);
        // The setting is read from the database.
        let _ = std::thread::Builder::new().name("notify".to_owned()).spawn(move || {
            if door.notifies() {
                crate::desk::notify(title, words);
            }
        });
    }

    /// The board of what is on its way out.
    pub(super) fn follow(&mut self) -> Task<Message> {
        if !self.door.may(Act::Issue) {
            return Task::none();
        }
        let dialog = Dialog::follow(self.reader.document(), &self.door);
        self.open(dialog)
    }

    pub(super) fn unacknowledged(&mut self) -> Task<Message> {
        if !self.door.may(Act::ReceiveInbound) {
            return Task::none();
        }
        let dialog = Dialog::unacknowledged(&self.door);
        self.open(dialog)
    }

    /// Shows an arrival that a dialog named.
    pub(super) fn show_arrival(&mut self, key: DocumentKey) -> Task<Message> {
        self.dialog = None;
        let queue = Queue::Inbound(Some(InboundState::Arrived));
        let listed =
            if self.list.queue() == queue { Task::none() } else { self.list.go(queue, &self.door) };
        self.list.select(key);
        Task::batch([
            listed.map(Message::List),
            self.reader.open(key, &self.door).map(Message::Reader),
        ])
    }

    /// Why the last packet was kept out, and the procedure to follow.
    pub(super) fn ask_refusal(&self) -> Task<Message> {
        if !self.door.may(Act::ReceiveInbound) {
            return Task::none();
        }
        let door = Arc::clone(&self.door);
        Task::perform(crate::desk::ask(move || door.newest_refusal()), Message::Refused)
    }

    pub(super) fn refused(&mut self, answer: Result<Option<Problem>, Problem>) -> Task<Message> {
        match answer {
            Ok(None) => Task::none(),
            Ok(Some(problem)) | Err(problem) => self.trouble(problem),
        }
    }

    /// One decision on all that are marked.
    pub(super) fn many(&mut self, deed: Deed) -> Task<Message> {
        let marked = self.list.marked();
        if !list::offered(&marked, |act| self.door.may(act)).contains(&deed) {
            return Task::none();
        }
        let dialog = match deed {
            Deed::Assign => Dialog::assign_many(marked, &self.door),
            deed => Dialog::many(deed, &marked),
        };
        dialog.map_or_else(Task::none, |dialog| self.open(dialog))
    }

    /// Takes the newest decision of this session back.
    pub(super) fn undo(&mut self) -> Task<Message> {
        match self.decided.pop() {
            Some(key) if !self.jobs.busy_with(key) => self.order(Order::Undo(key)),
            Some(key) => {
                self.decided.push(key);
                Task::none()
            }
            None => {
                let problem = Problem::new(
                    "office-undo-nothing",
                    crate::domain::problem::Kind::Refused,
                    crate::domain::problem::Blame::Input,
                );
                self.trouble(problem)
            }
        }
    }

    pub(super) fn report_error(&mut self) -> Task<Message> {
        match self.reader.document() {
            Some(document @ Document::Inbound(_)) if self.door.may(Act::ReceiveInbound) => {
                let me = self.door.session().user.clone();
                let dialog = Dialog::report_error(document, &me, &self.door);
                self.open(dialog)
            }
            _ => Task::none(),
        }
    }

    /// Errors that were reported to whoever is here.
    pub(super) fn ask_reports(&self) -> Task<Message> {
        let door = Arc::clone(&self.door);
        Task::perform(crate::desk::ask(move || door.reported_to_me()), Message::Reports)
    }

    pub(super) fn reports(
        &mut self,
        answer: Result<Vec<(DocumentKey, ErrorReport)>, Problem>,
    ) -> Task<Message> {
        match answer {
            Ok(reports) => Task::batch(reports.into_iter().map(|(_, report)| {
                let said = t!("desk-reported-to-you", by = report.by, words = report.text);
                self.notices.add(Notice::Report(report.id, said)).map(Message::Notices)
            })),
            Err(problem) => {
                tracing::warn!(%problem, "reports of errors were not read");
                Task::none()
            }
        }
    }

    pub(super) fn report_was_read(&self, id: Uuid) -> Task<Message> {
        let door = Arc::clone(&self.door);
        Task::perform(crate::desk::ask(move || door.report_read(id)), |answer| match answer {
            Ok(()) => Message::Reports(Ok(Vec::new())),
            Err(problem) => Message::Reports(Err(problem)),
        })
    }

    /// Acceptance needs a reason: it is asked for, beside what stands against it.
    pub(super) fn ask_why_accept(&mut self, key: DocumentKey) -> Option<Task<Message>> {
        let document = self.reader.document().filter(|shown| shown.key() == key)?;
        let dialog = Dialog::reason(Deed::Accept, document, &self.door);
        Some(self.open(dialog))
    }

    /// Passing a document on with errors of layout asks for a reason.
    pub(super) fn ask_why_pass(&mut self) -> Option<Task<Message>> {
        let document = self.reader.document()?;
        let checking = State::Outbound(OutboundState::InFormatCheck);
        if document.state() != checking {
            return None;
        }
        let dialog = Dialog::reason(Deed::ToSign, document, &self.door);
        Some(self.open(dialog))
    }
}
