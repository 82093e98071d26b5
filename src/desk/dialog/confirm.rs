//! Issuing: what leaves the office cannot be unsent, so it is shown once more.

use std::sync::Arc;

use iced::widget::{column, row};
use iced::{Center, Task};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::{Element, text};
use crate::domain::document::{DocumentKey, Recipient};
use crate::domain::letter::{PaperLetter, owed};
use crate::domain::problem::Problem;
use crate::domain::text::tidy;
use crate::t;

/// What the office says of a document that no scanner has looked through.
const NOT_SCANNED: &str = "leaving-not-scanned";
const WORDS: &str = "issue-unscanned";

#[derive(Debug)]
pub struct Confirm {
    key: DocumentKey,
    about: String,
    recipients: Vec<Recipient>,
    /// Who gets it on paper.
    letters: Vec<PaperLetter>,
    /// Why it leaves although nothing scanned it; asked for once that is so.
    unscanned: String,
    asked: bool,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Unscanned(String),
    Submit,
    Close,
}

impl Confirm {
    pub fn issue(document: &Document) -> Self {
        Self {
            key: document.key(),
            about: super::about(document),
            recipients: document.metadata().recipients.clone(),
            letters: owed(document.metadata()),
            unscanned: String::new(),
            asked: false,
            stage: Stage::Asking,
        }
    }

    fn is_ready(&self) -> bool {
        !self.stage.is_busy() && (!self.asked || !tidy(&self.unscanned).is_empty())
    }
}

impl Modal for Confirm {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Unscanned(words) => {
                self.unscanned = words;
                Step::None
            }
            Message::Submit if self.is_ready() => {
                Step::Order(Order::Issue(self.key, tidy(&self.unscanned)))
            }
            Message::Submit => Step::None,
            Message::Close => Step::Close,
        }
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match command {
            // Enter outside any button means the one thing that this dialog asks.
            Command::Confirm | Command::Open => self.update(Message::Submit, door),
            _ => Step::None,
        }
    }

    fn failed(&mut self, _: &Arc<dyn Door>) -> Task<Message> {
        let unscanned = |problem: &Problem| problem.code == NOT_SCANNED;
        self.asked |= self.stage.problem().is_some_and(unscanned);
        if self.asked { reach(WORDS) } else { Task::none() }
    }

    fn view(&self) -> Element<'_, Message> {
        let letters = (!self.letters.is_empty()).then(|| {
            let places: Vec<&str> =
                self.letters.iter().map(|letter| letter.place.as_str()).collect();
            row![
                tinted(Icon::FileText, theme::INK_SOFT),
                text(t!("desk-issue-paper", places = places.join("; "))).size(size::BODY)
            ]
            .spacing(space::S)
        });
        let unscanned = self.asked.then(|| {
            let words = line(WORDS, "", &self.unscanned);
            field(
                t!("desk-issue-unscanned"),
                words.on_input(Message::Unscanned).on_submit(Message::Submit),
                None,
            )
        });
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
        .push(letters)
        .push(unscanned)
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
                self.is_ready().then_some(Message::Submit),
            )),
            close: Message::Close,
        })
    }
}
