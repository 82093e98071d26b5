//! The door to the bytes of a cancelled document, for whom the law lets look at it: why, and
//! then where to.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2 has it cancelled at the office; the audit may need
//! to see what it was. Who opened it, when and why stays in the chain.

use std::sync::Arc;

use iced::Task;
use iced::widget::{column, row, text_editor};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::theme::{BOLD, Tone, Weight, size, space};
use crate::desk::widget::field::{field, lines};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::text::tidy;
use crate::t;

const WORDS: &str = "unseal-words";

#[derive(Debug)]
pub struct Unseal {
    key: DocumentKey,
    about: String,
    words: text_editor::Content,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Words(text_editor::Action),
    Submit,
    Close,
}

impl Unseal {
    pub fn new(document: &Document) -> (Self, Task<Message>) {
        let dialog = Self {
            key: document.key(),
            about: super::about(document),
            words: text_editor::Content::new(),
            stage: Stage::Asking,
        };
        (dialog, reach(WORDS))
    }

    fn reason(&self) -> Option<String> {
        Some(tidy(&self.words.text())).filter(|reason| !reason.is_empty())
    }
}

impl Modal for Unseal {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Words(action) => self.words.perform(action),
            Message::Submit => {
                if let Some(reason) = self.reason() {
                    return Step::Unseal(self.key, reason);
                }
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn confirm(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        self.update(Message::Submit, door)
    }

    fn view(&self) -> Element<'_, Message> {
        let reason = self.reason();
        let means = row![
            tinted(Icon::Lock, Tone::Warn.ink()),
            text(t!("desk-unseal-means")).size(size::BODY)
        ]
        .spacing(space::S);
        let body = column![
            text(&self.about).font(BOLD).size(size::BODY),
            means,
            field(
                t!("desk-reason-words"),
                lines(WORDS, &self.words, 84.0).on_action(Message::Words),
                reason.is_none().then(|| t!("desk-reason-needed")),
            )
        ]
        .spacing(space::M);
        frame(Frame {
            icon: Icon::Archive,
            title: t!("desk-unseal"),
            width: 600.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!("desk-unseal-go")),
                Weight::Primary,
                reason.map(|_| Message::Submit),
            )),
            close: Message::Close,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_opened_without_a_reason() {
        let mut dialog = Unseal {
            key: DocumentKey::fresh(),
            about: String::new(),
            words: text_editor::Content::with_text(" \n "),
            stage: Stage::Asking,
        };
        assert_eq!(dialog.reason(), None);
        dialog.words = text_editor::Content::with_text("Thanh tra\nyêu cầu");
        assert_eq!(dialog.reason().as_deref(), Some("Thanh tra yêu cầu"));
    }
}
