//! A remark on a document; for whoever has it in hand also how far the work is.

use std::sync::Arc;

use iced::Task;
use iced::widget::{column, row, text_editor};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::orders::Order;
use crate::desk::theme::{BOLD, Weight, size, space};
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::tick::tick;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::handling::Progress;
use crate::domain::problem::Problem;
use crate::domain::text::tidy;
use crate::t;

const WORDS: &str = "note-words";

#[derive(Debug)]
pub struct Note {
    key: DocumentKey,
    about: String,
    words: text_editor::Content,
    private: bool,
    /// The person may say how far the work is.
    working: bool,
    percent: String,
    next: String,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Working(Result<bool, Problem>),
    Words(text_editor::Action),
    Private(bool),
    Percent(String),
    Next(String),
    Submit,
    Close,
}

impl Note {
    pub fn new(document: &Document, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let key = document.key();
        let dialog = Self {
            key,
            about: super::about(document),
            words: text_editor::Content::new(),
            private: false,
            working: false,
            percent: String::new(),
            next: String::new(),
            stage: Stage::Asking,
        };
        let focus = reach(WORDS);
        if !matches!(document, Document::Inbound(_)) {
            return (dialog, focus);
        }
        let door = Arc::clone(door);
        let asked = crate::desk::ask(move || door.may_report(key));
        (dialog, Task::batch([Task::perform(asked, Message::Working), focus]))
    }

    /// `Ok(None)`: nothing was typed; `Err`: no number from 0 to 100.
    fn percent(&self) -> Result<Option<u8>, ()> {
        let typed = self.percent.trim().trim_end_matches('%').trim();
        if typed.is_empty() {
            return Ok(None);
        }
        typed.parse().ok().filter(|percent| *percent <= 100).map(Some).ok_or(())
    }

    /// With a figure or a next step it is a report on the work, else a note.
    fn order(&self) -> Option<Order> {
        let (key, words) = (self.key, tidy(&self.words.text()));
        let (percent, next) = (self.percent().ok()?, tidy(&self.next));
        if self.stage.is_busy() || words.is_empty() {
            return None;
        }
        Some(if percent.is_some() || !next.is_empty() {
            Order::Progress { key, progress: Progress { percent, text: words, next } }
        } else {
            Order::Note { key, words, private: self.private }
        })
    }

    fn heed(&mut self, message: Message) -> Step<Message> {
        match message {
            Message::Working(Ok(working)) => self.working = working,
            Message::Working(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Words(action) if !self.stage.is_busy() => self.words.perform(action),
            Message::Words(_) => {}
            Message::Private(private) => self.private = private,
            Message::Percent(percent) => self.percent = percent,
            Message::Next(next) => self.next = next,
            Message::Submit => {
                if let Some(order) = self.order() {
                    return Step::Order(order);
                }
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }
}

impl Modal for Note {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        self.heed(message)
    }

    fn confirm(&mut self, _: &Arc<dyn Door>) -> Step<Message> {
        self.heed(Message::Submit)
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let reports = !self.percent.trim().is_empty() || !tidy(&self.next).is_empty();
        let work = self.working.then(|| {
            row![
                field(
                    t!("desk-note-percent"),
                    line("note-percent", "0 – 100", &self.percent)
                        .on_input(Message::Percent)
                        .on_submit(Message::Submit)
                        .width(110),
                    self.percent().is_err().then(|| t!("desk-note-percent-wrong")),
                ),
                field(
                    t!("desk-note-next"),
                    line("note-next", &t!("desk-note-next-hint"), &self.next)
                        .on_input(Message::Next)
                        .on_submit(Message::Submit),
                    None,
                ),
            ]
            .spacing(space::M)
        });
        // How far the work is concerns everybody.
        let private = (!reports).then(|| {
            tick(t!("desk-note-private"), self.private, (!busy).then_some(Message::Private))
        });
        let body = column![
            text(&self.about).font(BOLD).size(size::BODY),
            field(
                t!("desk-note-words"),
                lines(WORDS, &self.words, 90.0).on_action(Message::Words),
                None,
            ),
        ]
        .push(work)
        .push(private)
        .spacing(space::M);
        frame(Frame {
            icon: Icon::Pen,
            title: t!("desk-note"),
            width: 600.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!("desk-note-keep")),
                Weight::Primary,
                self.order().map(|_| Message::Submit),
            )),
            close: Message::Close,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog(words: &str) -> Note {
        Note {
            key: DocumentKey::fresh(),
            about: String::new(),
            words: text_editor::Content::with_text(words),
            private: true,
            working: true,
            percent: String::new(),
            next: String::new(),
            stage: Stage::Asking,
        }
    }

    #[test]
    fn a_figure_makes_a_note_a_report() {
        assert!(dialog(" \n ").order().is_none());
        let mut dialog = dialog("Đang soạn");
        assert!(matches!(dialog.order(), Some(Order::Note { private: true, .. })));
        dialog.percent = "40 %".to_owned();
        assert!(matches!(
            dialog.order(),
            Some(Order::Progress { progress: Progress { percent: Some(40), .. }, .. })
        ));
        for wrong in ["101", "-1", "nửa"] {
            dialog.percent = wrong.to_owned();
            assert!(dialog.order().is_none(), "{wrong}");
        }
    }
}
