//! What was typed outlives the dialog and the program.

use std::sync::Arc;
use std::time::Duration;

use iced::Task;

use super::raw::Kept;
use super::{Draft, Message, Step};
use crate::desk::door::Door;
use crate::office::KeptForm;

/// What was typed is kept when nobody has typed for so long.
const KEEPING: Duration = Duration::from_millis(1500);

/// What was left half written was begun on a draft that others have changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenOnto {
    /// Their changes are in the form now.
    Theirs,
    /// So they are, but for what was changed here, too.
    Both,
}

impl Draft {
    /// What was left belongs to this form only if it has the same purpose.
    pub(super) fn left(&mut self, forms: Vec<KeptForm>) {
        let slot = self.purpose.slot();
        self.left = forms.into_iter().find(|form| form.slot == slot);
    }

    pub(super) fn take_up(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        // What it was typed into is read first: it would be written over what is taken up.
        if self.keeps_file() && self.begun.is_none() {
            return Step::None;
        }
        let Some(left) = self.left.take() else { return Step::None };
        match serde_json::from_str::<Kept>(&left.body) {
            Ok(kept) => self.take(kept),
            // Of another version of the program: what it says is not understood any more.
            Err(error) => tracing::warn!(%error, "a kept form was not read"),
        }
        self.begin_making(door).map_or(Step::None, Step::Run)
    }

    /// A draft may have been changed by others since somebody began to type.
    pub(super) fn take(&mut self, kept: Kept) {
        let Kept { typed, begun, main } = kept;
        let other_file = main.is_some() && main != self.purpose.main_file();
        let (saved, fields) = match (begun, &self.begun) {
            (Some(begun), Some(present)) if begun != *present => {
                let (saved, both) = typed.onto(&begun, present);
                (saved, Some(both))
            }
            _ => (typed, None),
        };
        if other_file || fields.is_some() {
            let both = fields == Some(true) || (other_file && saved.has_file());
            self.onto = Some(if both { TakenOnto::Both } else { TakenOnto::Theirs });
        }
        self.raw.restore(saved);
    }

    /// The form as it outlives the program.
    fn body(&self) -> Option<String> {
        let (typed, begun) = (self.raw.saved(), self.begun.clone());
        let kept = Kept { typed, begun, main: self.purpose.main_file() };
        serde_json::to_string(&kept).ok()
    }

    pub(super) fn forget(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        self.left = None;
        let (door, slot) = (Arc::clone(door), self.purpose.slot());
        let forget = crate::desk::ask(move || door.drop_form(&slot));
        Step::Run(Task::perform(forget, Message::Kept))
    }

    /// Something was typed: kept soon, unless more comes. What was left before is not
    /// overwritten as long as nobody has said what becomes of it.
    pub(super) fn changed(&mut self) -> Task<Message> {
        if self.left.is_some() || !self.raw.is_begun() {
            return Task::none();
        }
        self.changes += 1;
        let changes = self.changes;
        Task::perform(crate::desk::after(KEEPING), move |()| Message::Keep(changes))
    }

    pub(super) fn keep(&self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(body) = self.body() else { return Task::none() };
        let (door, slot) = (Arc::clone(door), self.purpose.slot());
        let keep = crate::desk::ask(move || door.keep_form(&slot, &body));
        Task::perform(keep, Message::Kept)
    }

    /// The dialog goes: what was typed since the last time is kept now.
    pub(super) fn keep_at_once(&self, door: &Arc<dyn Door>) {
        if self.left.is_some() || self.changes == 0 {
            return;
        }
        let Some(body) = self.body() else { return };
        let (door, slot) = (Arc::clone(door), self.purpose.slot());
        // The dialog is gone when this is done; the log says if it was not.
        drop(std::thread::spawn(move || {
            if let Err(problem) = door.keep_form(&slot, &body) {
                tracing::warn!(%problem, "a form was not kept");
            }
        }));
    }
}
