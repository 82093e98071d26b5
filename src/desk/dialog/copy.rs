//! The organisation's signature on a digitised copy. Its place is settled by the regulation
//! (top right of the first page), so only the token and its PIN are asked for.

use std::sync::Arc;

use iced::widget::{column, operation};
use iced::{Fill, Task};

use super::hand::{self, Hand};
use super::{BODY, Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::outbound::SignatureKind;
use crate::t;

#[derive(Debug)]
pub struct Copy {
    key: DocumentKey,
    about: String,
    hand: Hand,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Hand(hand::Message),
    Submit,
    Close,
}

impl Copy {
    pub fn new(document: &Document, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        Self::of(document.key(), super::about(document), door)
    }

    /// For a document that has just been made and is not shown yet.
    pub fn of(key: DocumentKey, about: String, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let (hand, looking) = Hand::new(SignatureKind::Organisation, door);
        (Self { key, about, hand, stage: Stage::Asking }, looking.map(Message::Hand))
    }

    fn is_ready(&self) -> bool {
        !self.stage.is_busy() && self.hand.is_ready()
    }

    fn submit(&mut self) -> Step<Message> {
        let Some(ready) = self.is_ready().then(|| self.hand.take()).flatten() else {
            return Step::None;
        };
        let order = ready.order();
        Step::Order(Order::SealCopy { key: self.key, order })
    }
}

impl Modal for Copy {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Hand(hand::Message::Submit) | Message::Submit => self.submit(),
            Message::Hand(message) => Step::Run(self.hand.update(message, door).map(Message::Hand)),
            // The document is there; it is signed another time.
            Message::Close => Step::Close,
        }
    }

    fn command(&mut self, command: Command, _: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => return self.submit(),
            Command::Down => self.hand.step(true),
            Command::Up => self.hand.step(false),
            _ => {}
        }
        Step::None
    }

    /// A reader or a card came or went. During a signature nobody else talks to the card.
    fn plugged(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        if self.stage.is_busy() {
            return Task::none();
        }
        self.hand.plugged(door).map(Message::Hand)
    }

    fn failed(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        Task::batch([self.hand.again(door).map(Message::Hand), operation::snap_to_end(BODY)])
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let body = column![
            text(&self.about).font(BOLD).size(size::BODY),
            text(t!("desk-copy-means")).size(size::BODY).color(theme::INK_SOFT),
            self.hand.view(busy).map(Message::Hand),
        ]
        .spacing(space::M)
        .width(Fill);
        frame(Frame {
            icon: Icon::Stamp,
            title: t!("desk-copy-title"),
            width: 620.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Enter)", t!("desk-copy-go")),
                Weight::Primary,
                self.is_ready().then_some(Message::Submit),
            )),
            close: Message::Close,
        })
    }
}
