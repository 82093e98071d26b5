//! The login: who is at the desk. Nothing of the office is readable before.

use std::path::PathBuf;
use std::sync::Arc;

use iced::task::Handle;
use iced::widget::{column, container, operation, row};
use iced::{Center, Fill, Task};

use crate::desk::door::{Door, Doorkeeper};
use crate::desk::keys::Command;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::i18n::{Lang, language};
use crate::t;
use crate::token::Pin;

const USER: &str = "login-user";
const PASSWORD: &str = "login-password";

#[derive(Debug)]
pub struct Login {
    data_dir: PathBuf,
    demonstration: bool,
    user: String,
    password: Pin,
    state: State,
    /// Numbers the attempts, so that the answer to an old one is dropped.
    attempt: u64,
}

#[derive(Debug, Clone)]
pub enum Message {
    User(String),
    Password(Pin),
    /// Enter in the field of the user.
    ToPassword,
    Submit,
    Opened(u64, Result<Arc<dyn Door>, Problem>),
    Language(Lang),
}

#[derive(Debug)]
enum State {
    Asking,
    Opening { _task: Handle },
    Failed(Problem),
}

pub enum Action {
    None,
    Run(Task<Message>),
    Enter(Arc<dyn Door>),
    Language(Lang),
}

impl Login {
    pub fn new(data_dir: PathBuf, user: String, demonstration: bool) -> (Self, Task<Message>) {
        let first = if user.is_empty() { USER } else { PASSWORD };
        let login = Self {
            data_dir,
            demonstration,
            user,
            password: Pin::new(""),
            state: State::Asking,
            attempt: 0,
        };
        (login, operation::focus(first))
    }

    pub fn update(&mut self, message: Message, doorkeeper: &Arc<dyn Doorkeeper>) -> Action {
        match message {
            Message::User(user) => self.user = user,
            Message::Password(password) => self.password = password,
            Message::ToPassword => return Action::Run(operation::focus(PASSWORD)),
            Message::Submit => return self.submit(doorkeeper),
            Message::Opened(attempt, _) if attempt != self.attempt => {}
            Message::Opened(_, Ok(door)) => {
                self.password = Pin::new("");
                return Action::Enter(door);
            }
            Message::Opened(_, Err(problem)) => {
                tracing::warn!(%problem, "the office was not opened");
                self.password = Pin::new("");
                self.state = State::Failed(problem);
                return Action::Run(operation::focus(PASSWORD));
            }
            Message::Language(lang) => return Action::Language(lang),
        }
        Action::None
    }

    /// The keys that mean something here.
    pub fn command(&mut self, command: Command, doorkeeper: &Arc<dyn Doorkeeper>) -> Action {
        match command {
            Command::Confirm => self.submit(doorkeeper),
            // Deriving the key takes a moment; one may think better of it.
            Command::Close if matches!(self.state, State::Opening { .. }) => {
                self.attempt += 1;
                self.state = State::Asking;
                Action::Run(operation::focus(PASSWORD))
            }
            Command::Language => Action::Language(match language() {
                Lang::Vi => Lang::En,
                Lang::En => Lang::Vi,
            }),
            _ => Action::None,
        }
    }

    fn submit(&mut self, doorkeeper: &Arc<dyn Doorkeeper>) -> Action {
        if !self.complete() {
            return Action::None;
        }
        self.attempt += 1;
        let attempt = self.attempt;
        let (keeper, user) = (Arc::clone(doorkeeper), self.user.trim().to_owned());
        let password = self.password.clone();
        let (task, handle) =
            Task::perform(crate::desk::ask(move || keeper.open(&user, &password)), move |answer| {
                Message::Opened(attempt, answer)
            })
            .abortable();
        self.state = State::Opening { _task: handle.abort_on_drop() };
        Action::Run(task)
    }

    fn complete(&self) -> bool {
        !matches!(self.state, State::Opening { .. })
            && !self.user.trim().is_empty()
            && !self.password.reveal().is_empty()
    }

    pub fn view(&self) -> Element<'_, Message> {
        let opening = matches!(self.state, State::Opening { .. });
        let user = line(USER, &t!("desk-login-user-hint"), &self.user)
            .on_input_maybe((!opening).then_some(Message::User))
            .on_submit(Message::ToPassword);
        let password = line(PASSWORD, "", self.password.reveal())
            .secure(true)
            .on_input_maybe((!opening).then_some(|typed| Message::Password(Pin::new(typed))))
            .on_submit(Message::Submit);
        let submit = if opening { t!("desk-login-opening") } else { t!("desk-login-open") };
        let problem = match &self.state {
            State::Failed(problem) => Some(told(problem)),
            State::Asking | State::Opening { .. } => None,
        };
        let languages = row(Lang::ALL.map(|lang| {
            let weight = if lang == language() { Weight::Chosen } else { Weight::Quiet };
            press(None, t!(language_key(lang)), weight, Some(Message::Language(lang)))
        }))
        .spacing(space::XS);
        let mark =
            self.demonstration.then(|| badge(Icon::Flask, t!("desk-demonstration"), Tone::Play));
        // Nobody should have to read the manual to look at a demonstration.
        let who = self.demonstration.then(|| {
            text(t!("desk-login-demonstration")).size(size::CAPTION).color(theme::INK_SOFT)
        });

        let card = column![
            row![
                tinted(Icon::Stamp, theme::ACCENT).size(28),
                text("Văn Thư").font(BOLD).size(28),
                container(languages).align_right(Fill),
            ]
            .spacing(space::S)
            .align_y(Center),
            text(t!("desk-login-subtitle")).size(size::BODY).color(theme::INK_SOFT),
        ]
        .push(mark)
        .push(who)
        .push(field(t!("desk-login-user"), user, None))
        .push(field(t!("desk-login-password"), password, None))
        .push(problem)
        .push(
            container(press(
                Some(Icon::ArrowRight),
                submit,
                Weight::Primary,
                self.complete().then_some(Message::Submit),
            ))
            .align_right(Fill),
        )
        .push(
            row![
                tinted(Icon::Folder, theme::INK_SOFT),
                text(t!("desk-login-folder", folder = self.data_dir.display()))
                    .size(size::CAPTION)
                    .color(theme::INK_SOFT),
            ]
            .spacing(space::S)
            .align_y(Center),
        )
        .spacing(space::M);
        container(container(card).padding(space::XL).width(480).style(theme::card))
            .padding(space::XL)
            .center(Fill)
            .into()
    }
}

/// The name of a language in itself.
pub const fn language_key(lang: Lang) -> &'static str {
    match lang {
        Lang::Vi => "desk-language-vi",
        Lang::En => "desk-language-en",
    }
}
