//! The settings, by pages: what this desk does by itself, the server, and how the office signs.
//! Each person sees the pages that are theirs to set.
//!
//! All pages are saved at once: what is ordered is looked over as a whole before any of it is
//! written, and if a part cannot be written the others are put back.

mod choose;
mod desk;
mod server;
mod signing;

use std::sync::Arc;

use iced::widget::{Space, column, row};
use iced::{Fill, Task};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::theme::{Weight, size, space};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::press;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::set_up::{ServerLook, SetUp};
use crate::t;
use desk::Desk;
use server::Server;
use signing::Signing;

/// The least height of a page, in logical pixels: going from one to the next moves nothing.
const PAGE: f32 = 470.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Desk,
    Server,
    Signing,
}

#[derive(Debug)]
pub struct Settings {
    pages: Vec<Page>,
    page: Page,
    desk: Desk,
    /// Both are `None` until the office has told, and for whom they do not concern.
    server: Option<Server>,
    signing: Option<Signing>,
    loaded: bool,
    /// What is being saved makes the line another.
    line: bool,
    stage: Stage,
}

/// The settings as the office keeps them, as far as they concern the person.
#[derive(Debug, Clone)]
pub struct Kept {
    desk: desk::Kept,
    server: Option<ServerLook>,
    signing: Option<signing::Kept>,
}

#[derive(Debug, Clone)]
pub enum Message {
    Known(Result<Box<Kept>, Problem>),
    Page(Page),
    Desk(desk::Message),
    Server(server::Message),
    Signing(signing::Message),
    Submit,
    Saved(Result<(), Problem>),
    Close,
}

impl Settings {
    pub fn new(door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let (server, signing) = (door.may(Act::ManageAgencies), signing::concerns(&**door));
        let pages = [(Page::Desk, true), (Page::Server, server), (Page::Signing, signing)];
        let dialog = Self {
            pages: pages.into_iter().filter_map(|(page, is)| is.then_some(page)).collect(),
            page: Page::Desk,
            desk: Desk::new(&**door),
            server: None,
            signing: None,
            loaded: false,
            line: false,
            stage: Stage::Asking,
        };
        let door = Arc::clone(door);
        let known = crate::desk::ask(move || {
            Ok(Box::new(Kept {
                desk: desk::Kept::of(&*door)?,
                server: server.then(|| door.server_look()).transpose()?,
                signing: signing.then(|| signing::Kept::of(&*door)).transpose()?,
            }))
        });
        (dialog, Task::perform(known, Message::Known))
    }

    fn known(&mut self, kept: Kept, door: &Arc<dyn Door>) {
        self.desk.know(kept.desk);
        self.server = kept.server.map(Server::new);
        self.signing = kept.signing.map(|kept| Signing::new(kept, &**door));
        self.loaded = true;
    }

    fn go_to(&mut self, page: Page) -> Step<Message> {
        self.page = page;
        // The keyboard begins where one types first.
        let first = match page {
            Page::Desk => None,
            Page::Server => Some(server::ADDRESS),
            Page::Signing => self.signing.as_ref().and_then(Signing::first),
        };
        first.map_or(Step::None, |first| Step::Run(reach(first)))
    }

    /// The first field that cannot be saved as it is, and its page.
    fn fault(&mut self) -> Option<(Page, &'static str)> {
        let desk = self.desk.fault().map(|field| (Page::Desk, field));
        let server = || Some((Page::Server, self.server.as_mut()?.fault()?));
        let signing = || Some((Page::Signing, self.signing.as_ref()?.fault()?));
        desk.or_else(server).or_else(signing)
    }

    fn submit(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        if !self.loaded || self.stage.is_busy() {
            return Step::None;
        }
        if let Some((page, field)) = self.fault() {
            self.page = page;
            return Step::Run(reach(field));
        }
        let order = SetUp {
            server: self.server.as_ref().and_then(Server::change),
            signing: self.signing.as_ref().map(Signing::change).unwrap_or_default(),
            desk: self.desk.change(),
        };
        if order.is_empty() {
            return Step::Close;
        }
        if let Some(server) = &mut self.server {
            server.stop();
        }
        self.line = order.is_of_the_line();
        self.stage = Stage::Busy;
        let door = Arc::clone(door);
        let work = crate::desk::ask(move || door.set_up(&order));
        Step::Run(Task::perform(work, Message::Saved))
    }

    fn tabs(&self) -> Option<Element<'_, Message>> {
        let tabs = self.pages.iter().zip(1..).map(|(page, place)| {
            let name = match page {
                Page::Desk => t!("desk-settings-page-desk"),
                Page::Server => t!("desk-settings-page-server"),
                Page::Signing => t!("desk-settings-page-signing"),
            };
            let weight = if *page == self.page { Weight::Chosen } else { Weight::Quiet };
            press(None, format!("{name}  Alt+{place}"), weight, Some(Message::Page(*page)))
        });
        (self.pages.len() > 1).then(|| row(tabs).spacing(space::XS).into())
    }

    fn shown(&self, busy: bool) -> Element<'_, Message> {
        match (self.page, &self.server, &self.signing) {
            (Page::Server, Some(server), _) => server.view(busy).map(Message::Server),
            (Page::Signing, _, Some(signing)) => signing.view(busy).map(Message::Signing),
            _ => self.desk.view(busy).map(Message::Desk),
        }
    }
}

impl Modal for Settings {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Known(Ok(kept)) => self.known(*kept, door),
            Message::Known(Err(problem)) | Message::Saved(Err(problem)) => {
                self.stage = Stage::Failed(problem);
            }
            Message::Page(page) => return self.go_to(page),
            Message::Desk(desk::Message::Submit)
            | Message::Server(server::Message::Submit)
            | Message::Signing(signing::Message::Submit)
            | Message::Submit => return self.submit(door),
            Message::Desk(message) => {
                return Step::Run(self.desk.update(message).map(Message::Desk));
            }
            Message::Server(message) => {
                if let Some(server) = &mut self.server {
                    return Step::Run(server.update(message, door).map(Message::Server));
                }
            }
            Message::Signing(message) => {
                if let Some(signing) = &mut self.signing {
                    return Step::Run(signing.update(message).map(Message::Signing));
                }
            }
            Message::Saved(Ok(())) => {
                self.stage = Stage::Asking;
                return Step::Settled { line: self.line };
            }
            Message::Close => return self.leave(door),
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => self.submit(door),
            Command::Part(place) => match self.pages.get(place) {
                Some(page) => self.go_to(*page),
                None => Step::None,
            },
            _ => Step::None,
        }
    }

    /// A try that runs is ended first.
    fn leave(&mut self, _: &Arc<dyn Door>) -> Step<Message> {
        let ended = self.server.as_mut().is_some_and(Server::stop);
        if ended { Step::None } else { Step::Close }
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let body: Element<'_, Message> = if self.loaded {
            self.shown(busy)
        } else {
            text(t!("desk-loading")).size(size::BODY).into()
        };
        let body: Element<'_, Message> = match self.tabs() {
            Some(tabs) => {
                column![tabs, row![body, Space::new().height(PAGE)]].spacing(space::L).into()
            }
            None => body,
        };
        frame(Frame {
            icon: Icon::List,
            title: t!("desk-settings"),
            width: 760.0,
            body: column![body].width(Fill).into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!("desk-settings-go")),
                Weight::Primary,
                self.loaded.then_some(Message::Submit),
            )),
            close: Message::Close,
        })
    }
}
