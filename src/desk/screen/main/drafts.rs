//! Drafts in the window: their dialogs, their slip, and what was left half written.

use std::sync::Arc;

use iced::Task;

use super::notices::Notice;
use super::work::{save_as, slow};
use super::{Main, Message};
use crate::desk::dialog::Dialog;
use crate::desk::document::local_time;
use crate::desk::drafts::DraftWish;
use crate::domain::outbound::OutboundDocument;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::KeptForm;
use crate::t;

impl Main {
    /// What is wished of the draft that is shown, where it is offered.
    pub(super) fn draft(&mut self, wish: DraftWish) -> Task<Message> {
        let Some(document) = self.reader.document() else { return Task::none() };
        let offered = DraftWish::offered(document, self.door.session());
        if !offered.contains(&wish) || self.jobs.busy_with(document.key()) {
            return Task::none();
        }
        let dialog = match wish {
            DraftWish::Edit => Dialog::edit_draft(document.key(), &self.door, &self.easel),
            DraftWish::Opinion => Dialog::opinion(document, &self.door, &self.easel),
            DraftWish::Versions => Dialog::versions(document, &self.door),
            DraftWish::Slip => return self.submission_slip(),
        };
        self.open(dialog)
    }

    /// Has the submission slip made, and asks where to keep it.
    fn submission_slip(&mut self) -> Task<Message> {
        let Some(document) = self.reader.document() else { return Task::none() };
        let key = document.key();
        let name = format!("{} {}.pdf", t!("desk-submission"), document.metadata().subject);
        let job = self.jobs.begin(t!("desk-doing-submission"), None);
        let door = Arc::clone(&self.door);
        let work = save_as(name, move || door.submission_slip(key));
        let work = Task::perform(work, move |answer| Message::Reported { job, answer });
        Task::batch([work, slow(job)])
    }

    /// Asks which drafts have come to the person; one question at a time, since each draft is
    /// told once.
    pub(super) fn ask_reached(&mut self) -> Task<Message> {
        if std::mem::replace(&mut self.asking_drafts, true) {
            return Task::none();
        }
        let door = Arc::clone(&self.door);
        Task::perform(crate::desk::ask(move || door.drafts_reaching_me()), Message::Reached)
    }

    /// Tells of them in the window, and by the system for whoever looks elsewhere.
    pub(super) fn reached(
        &mut self,
        answer: Result<Vec<OutboundDocument>, Problem>,
    ) -> Task<Message> {
        self.asking_drafts = false;
        let said = match answer.as_deref() {
            Ok([]) => return Task::none(),
            Ok([only]) => t!("desk-draft-reached", subject = only.metadata.subject),
            Ok(several) => t!("desk-drafts-reached", count = several.len()),
            Err(problem) => {
                tracing::warn!(%problem, "it was not asked which drafts have come");
                return Task::none();
            }
        };
        tracing::info!(said, "drafts have come");
        self.notify(t!("desk-draft-reached-title"), said.clone());
        self.notices.add(Notice::Warning(said)).map(Message::Notices)
    }

    /// Asks, at the login, whether something was left half written.
    pub(super) fn ask_left(&self) -> Task<Message> {
        if !self.door.may(Act::Draft) {
            return Task::none();
        }
        let door = Arc::clone(&self.door);
        Task::perform(crate::desk::ask(move || door.kept_forms()), Message::Left)
    }

    pub(super) fn left(&mut self, answer: Result<Vec<KeptForm>, Problem>) -> Task<Message> {
        match answer {
            Ok(forms) => match forms.into_iter().find(|form| form.slot == "new") {
                Some(form) => {
                    let said = t!("desk-draft-left-notice", at = local_time(form.at));
                    self.notices.add(Notice::Warning(said)).map(Message::Notices)
                }
                None => Task::none(),
            },
            Err(problem) => self.trouble(problem),
        }
    }
}
