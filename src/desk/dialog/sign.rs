//! Signing and sealing one document: with what on the left, where on the right.

mod spot;

use std::sync::Arc;

use iced::widget::{Space, column, operation, row};
use iced::{Fill, Task};

use super::hand::{self, Hand};
use super::{BODY, Frame, Modal, Stage, Step, frame};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::verdict::Level;
use crate::office::head::NumberPreview;
use crate::t;
use spot::{Chosen, Spot};

#[derive(Debug)]
pub struct Sign {
    kind: SignatureKind,
    key: DocumentKey,
    about: String,
    hand: Hand,
    spot: Spot,
    /// What the signature will take, once it is known.
    numbering: Option<NumberPreview>,
    level: Option<Level>,
    /// Enter was pressed while the place was still being looked for.
    hurried: bool,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Hand(hand::Message),
    Spot(spot::Message),
    Numbering(Result<NumberPreview, Problem>),
    Level(Result<Level, Problem>),
    Submit,
    Close,
}

impl Sign {
    pub fn new(
        kind: SignatureKind,
        document: &Document,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let key = document.key();
        let (hand, looking) = Hand::new(kind, door);
        let (spot, opening) = Spot::new(kind, key, door, easel);
        let about = super::about(document);
        let stage = Stage::Asking;
        let dialog = Self {
            kind,
            key,
            about,
            hand,
            spot,
            numbering: None,
            level: None,
            hurried: false,
            stage,
        };
        let numbering = match kind {
            SignatureKind::Personal => {
                let door = Arc::clone(door);
                let preview = crate::desk::ask(move || door.preview_numbering(key));
                Task::perform(preview, Message::Numbering)
            }
            SignatureKind::Organisation => Task::none(),
        };
        let asked = Arc::clone(door);
        let level = Task::perform(crate::desk::ask(move || asked.wanted_level()), Message::Level);
        let tasks = [looking.map(Message::Hand), opening.map(Message::Spot), numbering, level];
        (dialog, Task::batch(tasks))
    }

    fn is_ready(&self) -> bool {
        !self.stage.is_busy() && self.hand.is_ready() && self.spot.chosen().is_some()
    }

    fn submit(&mut self) -> Step<Message> {
        if !self.is_ready() {
            self.hurried = self.hand.is_ready() && self.spot.is_looking();
            return Step::None;
        }
        let (Some(chosen), Some(ready)) = (self.spot.chosen(), self.hand.take()) else {
            return Step::None;
        };
        let order = ready.order();
        let at = match chosen {
            Chosen::Found => None,
            Chosen::Shown { page, rect } => Some((page, rect)),
        };
        Step::Order(match self.kind {
            SignatureKind::Personal => Order::Sign { key: self.key, order, at },
            SignatureKind::Organisation => Order::Seal { key: self.key, order, at },
        })
    }

    /// The number that the signature will take.
    fn number(&self) -> Element<'_, Message> {
        match &self.numbering {
            Some(NumberPreview { code, date, .. }) => {
                let date = crate::desk::document::day(*date);
                text(t!("desk-sign-number", code = code, date = date)).size(size::BODY).into()
            }
            None => Space::new().into(),
        }
    }

    /// How durable the signature is to be.
    fn durability(&self) -> Element<'_, Message> {
        let words = match self.level {
            None => return Space::new().into(),
            Some(Level::Bb) => t!("desk-sign-level-basic"),
            Some(level) => t!("desk-sign-level", level = level.name()),
        };
        text(words).size(size::CAPTION).color(theme::INK_SOFT).into()
    }
}

impl Modal for Sign {
    type Message = Message;

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        Some(&mut self.stage)
    }

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Hand(hand::Message::Submit) | Message::Submit => self.submit(),
            Message::Hand(message) => {
                // Half a PIN must not go because a whole one was meant to.
                self.hurried = false;
                Step::Run(self.hand.update(message, door).map(Message::Hand))
            }
            Message::Spot(message) => {
                let task = self.spot.update(message);
                if std::mem::take(&mut self.hurried) && self.is_ready() {
                    return self.submit();
                }
                Step::Run(task.map(Message::Spot))
            }
            Message::Numbering(Ok(preview)) => {
                self.numbering = Some(preview);
                Step::None
            }
            Message::Level(Ok(level)) => {
                self.level = Some(level);
                Step::None
            }
            // Said before anybody types a PIN in vain.
            Message::Numbering(Err(problem)) | Message::Level(Err(problem)) => {
                self.stage = Stage::Failed(problem);
                Step::None
            }
            Message::Close => Step::Close,
        }
    }

    fn command(&mut self, command: Command, _: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => self.submit(),
            Command::Down => {
                self.hand.step(true);
                Step::None
            }
            Command::Up => {
                self.hand.step(false);
                Step::None
            }
            _ => Step::None,
        }
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
        let (title, deed, means, symbol) = match self.kind {
            SignatureKind::Personal => {
                (t!("desk-sign-title"), "desk-deed-sign", t!("desk-sign-means"), Icon::Pen)
            }
            SignatureKind::Organisation => {
                (t!("desk-seal-title"), "desk-deed-seal", t!("desk-seal-means"), Icon::Stamp)
            }
        };
        let with_what = column![
            text(&self.about).font(BOLD).size(size::BODY),
            text(means).size(size::BODY).color(theme::INK_SOFT),
            // Always a child: the PIN below must not lose the keyboard when the number is known.
            self.number(),
            self.durability(),
            self.hand.view(busy).map(Message::Hand),
        ]
        .spacing(space::M)
        .width(Fill);
        let body = row![with_what, self.spot.view(busy).map(Message::Spot)].spacing(space::XL);
        frame(Frame {
            icon: symbol,
            title,
            width: 1080.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Enter)", t!(deed)),
                Weight::Primary,
                self.is_ready().then_some(Message::Submit),
            )),
            close: Message::Close,
        })
    }
}
