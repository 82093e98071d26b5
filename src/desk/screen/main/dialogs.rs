//! What opens a dialog, and what becomes of the one that is open.

use std::sync::Arc;

use iced::Task;

use super::notices::Notice;
use super::{Main, Message, actions};
use crate::desk::deeds::{Deed, is_unsigned_copy};
use crate::desk::dialog::{self, Dialog};
use crate::desk::drafts::DraftWish;
use crate::desk::orders::Order;
use crate::domain::outbound::{OutboundState, SignatureKind};
use crate::domain::role::Act;
use crate::t;

impl Main {
    /// Begins a deed: at once where nothing is to be asked, with its dialog otherwise.
    pub(super) fn begin(&mut self, deed: Deed) -> Task<Message> {
        let Some(document) = self.reader.document() else { return Task::none() };
        let key = document.key();
        if self.jobs.busy_with(key) {
            return Task::none();
        }
        let submit = |to| Order::Submit { key, to, note: String::new() };
        let door = Arc::clone(&self.door);
        match deed {
            Deed::Accept => self.order(Order::Accept(key)),
            Deed::Begin => self.order(Order::Begin(key)),
            Deed::Register if self.open_books > 1 => {
                let dialog = Dialog::register(document, &door);
                self.open(dialog)
            }
            Deed::Register => self.order(Order::Register(key)),
            Deed::ToReview => self.order(submit(OutboundState::InReview)),
            Deed::ToFormatCheck => self.order(submit(OutboundState::InFormatCheck)),
            Deed::ToSign => self.order(submit(OutboundState::ToSign)),
            Deed::Return | Deed::SendBack | Deed::Abandon | Deed::Recall => {
                let dialog = Dialog::reason(deed, document, &door);
                self.open(dialog)
            }
            Deed::Assign => {
                let dialog = Dialog::assign(document, &door);
                self.open(dialog)
            }
            Deed::Forward => {
                let dialog = Dialog::forward(document, &door);
                self.open(dialog)
            }
            Deed::Answer => {
                let dialog = Dialog::answer(document, &door, &self.easel);
                self.open(dialog)
            }
            Deed::Complete => {
                let dialog = Dialog::complete(document, &door);
                self.open(dialog)
            }
            Deed::Sign => {
                let dialog = Dialog::sign(SignatureKind::Personal, document, &door, &self.easel);
                self.open(dialog)
            }
            Deed::Seal if is_unsigned_copy(document) => {
                let dialog = Dialog::copy(document, &door);
                self.open(dialog)
            }
            Deed::Seal => {
                let dialog =
                    Dialog::sign(SignatureKind::Organisation, document, &door, &self.easel);
                self.open(dialog)
            }
            Deed::Issue => {
                let dialog = Dialog::issue(document);
                self.open(dialog)
            }
        }
    }

    /// As what the person may sign all of the queue.
    pub(super) fn may_batch(&self) -> Option<SignatureKind> {
        let kind = self.list.queue().batch()?;
        let act = match kind {
            SignatureKind::Personal => Act::SignPersonally,
            SignatureKind::Organisation => Act::Seal,
        };
        self.door.may(act).then_some(kind)
    }

    /// Signs or seals what stands in the queue, where the person may.
    pub(super) fn batch(&mut self) -> Task<Message> {
        let Some(kind) = self.may_batch() else { return Task::none() };
        let dialog = Dialog::batch(kind, &self.door);
        self.open(dialog)
    }

    /// The fields of the inbound document that is shown, where the person may write them.
    pub(super) fn fields(&mut self) -> Task<Message> {
        match self.reader.document() {
            Some(document) if actions::has_fields(document, &*self.door) => {
                let dialog = Dialog::fields(document, &self.door, &self.easel);
                self.open(dialog)
            }
            Some(_) => self.draft(DraftWish::Edit),
            None => Task::none(),
        }
    }

    pub(super) fn new_draft(&mut self) -> Task<Message> {
        if self.dialog.is_some() || !self.door.may(Act::Draft) {
            return Task::none();
        }
        let dialog = Dialog::draft(&self.door, &self.easel);
        self.open(dialog)
    }

    pub(super) fn open(
        &mut self,
        (dialog, task): (Dialog, Task<dialog::Message>),
    ) -> Task<Message> {
        self.dialog = Some(dialog);
        self.ordered = None;
        task.map(Message::Dialog)
    }

    pub(super) fn dialog_update(&mut self, message: dialog::Message) -> Task<Message> {
        let Some(dialog) = &mut self.dialog else { return Task::none() };
        let action = dialog.update(message, &self.door);
        self.dialog_action(action)
    }

    pub(super) fn dialog_action(&mut self, action: dialog::Action) -> Task<Message> {
        match action {
            dialog::Action::None => Task::none(),
            dialog::Action::Run(task) => task.map(Message::Dialog),
            dialog::Action::Close => {
                self.dialog = None;
                self.look_at_token()
            }
            dialog::Action::Open(opened) => self.open(*opened),
            dialog::Action::Show(key) => self.show_arrival(key),
            dialog::Action::ShowLine { key, .. } => {
                self.dialog = None;
                self.reader.open(key, &self.door).map(Message::Reader)
            }
            dialog::Action::GoTo(filter) => {
                self.dialog = None;
                self.go_to(&filter)
            }
            dialog::Action::FiltersChanged { close } => self.filters_changed(close),
            dialog::Action::Made(key, next) => {
                self.dialog = None;
                let shown = self.show_inbound(key);
                let next = next.map_or_else(Task::none, |next| self.open(*next));
                Task::batch([shown, next])
            }
            dialog::Action::Changed(task) => Task::batch([
                task.map(Message::Dialog),
                self.count(),
                self.count_awaiting(),
                self.list.reload(&self.door).map(Message::List),
                self.reader.refresh(&self.door).map(Message::Reader),
            ]),
            dialog::Action::Settled { line } => {
                self.dialog = None;
                let said = self.notices.add(Notice::Good(t!("desk-settings-kept")));
                let exchange = if line { self.exchange_anew() } else { Task::none() };
                Task::batch([said.map(Message::Notices), self.look_for_paper(), exchange])
            }
            dialog::Action::Unseal(key, reason) => {
                self.dialog = None;
                self.save_unsealed(key, reason)
            }
            dialog::Action::Evidence(key, code) => self.save_evidence(key, &code),
            dialog::Action::Order(order) => {
                if let Some(dialog) = &mut self.dialog {
                    dialog.busy();
                }
                let task = self.order(order);
                self.ordered = self.jobs.newest();
                task
            }
        }
    }
}
