//! Into which book a document goes, where the office keeps several.

use std::sync::Arc;

use iced::widget::{column, row};
use iced::{Center, Fill, Task};

use super::books::book_name;
use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::{Document, today};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::icon::{Icon, icon};
use crate::desk::widget::press::wide;
use crate::desk::widget::{Element, text};
use crate::domain::book::{Book, BookId, Direction, written};
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::t;

#[derive(Debug)]
pub struct Register {
    key: DocumentKey,
    about: String,
    /// Those that are open.
    books: Vec<Book>,
    /// The book that the rules name.
    ruled: String,
    chosen: usize,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Fetched(Result<(Vec<Book>, BookId), Problem>),
    Choose(usize),
    Submit,
    Close,
}

impl Register {
    pub fn new(document: &Document, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let key = document.key();
        let dialog = Self {
            key,
            about: super::about(document),
            books: Vec::new(),
            ruled: String::new(),
            chosen: 0,
            stage: Stage::Asking,
        };
        let door = Arc::clone(door);
        let fetch = crate::desk::ask(move || {
            Ok((door.books(Direction::Inbound, today().year())?, door.book_for(key)?))
        });
        (dialog, Task::perform(fetch, Message::Fetched))
    }

    fn order(&self) -> Option<Order> {
        let book = self.books.get(self.chosen).filter(|_| !self.stage.is_busy())?;
        Some(Order::RegisterIn(self.key, book.id.series.clone()))
    }
}

impl Modal for Register {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Fetched(Ok((books, ruled))) => {
                self.books = books.into_iter().filter(|book| book.closed.is_none()).collect();
                let at = self.books.iter().position(|book| book.id.series == ruled.series);
                self.chosen = at.unwrap_or_default();
                self.ruled = ruled.series;
            }
            Message::Fetched(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Choose(index) => self.chosen = index,
            Message::Submit => {
                if let Some(order) = self.order() {
                    return Step::Order(order);
                }
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        let last = self.books.len().saturating_sub(1);
        match command {
            Command::Confirm | Command::Open => return self.update(Message::Submit, door),
            Command::Down => self.chosen = (self.chosen + 1).min(last),
            Command::Up => self.chosen = self.chosen.saturating_sub(1),
            _ => {}
        }
        Step::None
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let lines = self.books.iter().enumerate().map(|(index, book)| {
            let chosen = index == self.chosen;
            let next = written(&book.id.series, book.last.saturating_add(1));
            let content =
                row![
                    icon(if chosen { Icon::CheckCircle } else { Icon::Book }),
                    text(book_name(book)).size(size::BODY).width(Fill),
                    text(t!("desk-book-next", number = next)).size(size::BODY).font(BOLD),
                ]
                .push((book.id.series == self.ruled).then(|| {
                    text(t!("desk-book-by-rule")).size(size::CAPTION).color(theme::INK_SOFT)
                }))
                .spacing(space::S)
                .align_y(Center);
            wide(content, chosen, (!busy).then_some(Message::Choose(index)))
        });
        let body = column![
            text(&self.about).font(BOLD).size(size::BODY),
            text(t!("desk-book-which")).size(size::BODY),
            column(lines).spacing(2.0),
        ]
        .spacing(space::M);
        frame(Frame {
            icon: Icon::Book,
            title: t!("desk-deed-register"),
            width: 620.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Enter)", t!("desk-deed-register")),
                Weight::Primary,
                self.order().map(|_| Message::Submit),
            )),
            close: Message::Close,
        })
    }
}
