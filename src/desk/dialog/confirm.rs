//! Issuing: what leaves the office cannot be unsent, so it is shown once more.

use iced::Center;
use iced::widget::{column, row};

use super::{Frame, Stage, Step, frame};
use crate::desk::document::Document;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::{Element, text};
use crate::domain::document::{DocumentKey, Recipient};
use crate::t;

#[derive(Debug)]
pub struct Confirm {
    key: DocumentKey,
    about: String,
    recipients: Vec<Recipient>,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Submit,
    Close,
}

impl Confirm {
    pub fn issue(document: &Document) -> Self {
        Self {
            key: document.key(),
            about: super::about(document),
            recipients: document.metadata().recipients.clone(),
            stage: Stage::Asking,
        }
    }

    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    pub fn update(&mut self, message: Message) -> Step<Message> {
        match message {
            Message::Submit if !self.stage.is_busy() => Step::Order(Order::Issue(self.key)),
            Message::Submit => Step::None,
            Message::Close => Step::Close,
        }
    }

    pub fn command(&mut self, command: Command) -> Step<Message> {
        match command {
            // Enter outside any button means the one thing that this dialog asks.
            Command::Confirm | Command::Open => self.update(Message::Submit),
            _ => Step::None,
        }
    }

    pub fn view(&self) -> Element<'_, Message> {
        let recipients = self.recipients.iter().map(|recipient| {
            row![
                tinted(Icon::Building, theme::INK_SOFT),
                text(&recipient.name).size(size::BODY),
                text(recipient.agency.as_str()).size(size::CAPTION).color(theme::INK_SOFT)
            ]
            .spacing(space::S)
            .align_y(Center)
            .into()
        });
        let body = column![
            text(&self.about).font(BOLD).size(size::BODY),
            text(t!("desk-issue-to", count = self.recipients.len())).size(size::BODY),
            column(recipients).spacing(space::XS),
            row![
                tinted(Icon::Warning, Tone::Warn.ink()),
                text(t!("desk-issue-means")).size(size::BODY)
            ]
            .spacing(space::S),
        ]
        .spacing(space::M);
        frame(Frame {
            icon: Icon::Send,
            title: t!("desk-deed-issue"),
            width: 560.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Enter)", t!("desk-deed-issue")),
                Weight::Primary,
                Some(Message::Submit),
            )),
            close: Message::Close,
        })
    }
}
