//! A document as somebody signed it beside the document as it is now, page by page.

use std::sync::Arc;

use iced::widget::{column, container, row};
use iced::{Fill, Task};

use super::{Frame, Modal, Step, frame};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::desk::screen::main::pages::{self, Pages};
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::{Element, text};
use crate::t;

#[derive(Debug)]
pub struct Compare {
    about: String,
    signer: String,
    then: Pages,
    now: Pages,
}

#[derive(Debug, Clone)]
pub enum Message {
    Then(pages::Message),
    Now(pages::Message),
    Close,
}

impl Compare {
    /// `field` names the signature whose revision is wanted.
    pub fn new(
        field: String,
        signer: String,
        document: &Document,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let key = document.key();
        let mut then = Pages::beside(Arc::clone(easel), "pages-then");
        let mut now = Pages::beside(Arc::clone(easel), "pages-now");
        let (signed, present) = (Arc::clone(door), Arc::clone(door));
        let tasks = [
            then.open(move || signed.as_signed(key, &field)).map(Message::Then),
            now.open(move || present.main_file(key)).map(Message::Now),
        ];
        (Self { about: super::about(document), signer, then, now }, Task::batch(tasks))
    }

    fn both(&mut self, then: Option<pages::Message>, now: Option<pages::Message>) -> Task<Message> {
        let then = then.map(|message| self.then.update(message).map(Message::Then));
        let now = now.map(|message| self.now.update(message).map(Message::Now));
        Task::batch(then.into_iter().chain(now))
    }
}

impl Modal for Compare {
    type Message = Message;

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        Step::Run(match message {
            // Both sides turn and zoom together.
            Message::Then(message) => {
                let other = if message.is_wish() { Some(message.clone()) } else { None };
                self.both(Some(message), other)
            }
            Message::Now(message) => {
                let other = if message.is_wish() { Some(message.clone()) } else { None };
                self.both(other, Some(message))
            }
            Message::Close => return Step::Close,
        })
    }

    fn command(&mut self, command: Command, _: &Arc<dyn Door>) -> Step<Message> {
        Step::Run(Task::batch([
            self.then.command(command).map(Message::Then),
            self.now.command(command).map(Message::Now),
        ]))
    }

    fn view(&self) -> Element<'_, Message> {
        let body = column![
            text(&self.about).size(size::BODY).color(theme::INK_SOFT),
            row![
                side(
                    t!("desk-compare-then", signer = self.signer),
                    self.then.view().map(Message::Then)
                ),
                side(t!("desk-compare-now"), self.now.view().map(Message::Now)),
            ]
            .spacing(space::M)
        ]
        .spacing(space::S);
        frame(Frame {
            icon: Icon::FileText,
            title: t!("desk-compare-title"),
            width: 1320.0,
            body: body.into(),
            stage: None,
            go: None::<(String, Weight, Option<Message>)>,
            close: Message::Close,
        })
    }
}

fn side<'a>(title: String, pages: Element<'a, Message>) -> Element<'a, Message> {
    column![
        text(title).font(BOLD).size(size::BODY),
        container(pages).width(Fill).height(470).style(theme::framed)
    ]
    .spacing(space::XS)
    .width(Fill)
    .into()
}
