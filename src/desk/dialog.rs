//! The dialogs, one file each, and the frame they share.
//!
//! A dialog gathers what a deed needs and hands over an [`Order`]; while the office
//! carries it out the dialog waits, and if it fails the dialog says why and everything
//! typed is still there.

pub mod assign;
pub mod batch;
pub mod books;
pub mod bring;
pub mod compare;
pub mod confirm;
pub mod copies;
pub mod copy;
pub mod demand;
pub mod devices;
pub mod digitise;
pub mod draft;
pub mod fields;
pub mod filters;
pub mod follow;
pub mod hand;
pub mod help;
mod leaf;
pub mod many;
pub mod note;
mod open;
pub mod opinion;
pub mod pin;
pub mod reason;
pub mod register;
pub mod report_error;
pub mod seek;
pub mod settings;
pub mod sign;
pub mod twins;
pub mod unacknowledged;
pub mod unseal;
pub mod update;
pub mod versions;
pub mod waiting;

use std::path::PathBuf;
use std::sync::Arc;

use iced::widget::{Space, column, container, opaque, row, scrollable};
use iced::{Center, Fill, Task};

use super::document::Document;
use super::door::Door;
use super::keys::Command;
use super::orders::Order;
use super::theme::{self, BOLD, Weight, size, space};
use super::widget::icon::{Icon, tinted};
use super::widget::press::press;
use super::widget::sheet::sheet;
use super::widget::told::told;
use super::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::office::search::SavedFilter;
use crate::t;

/// What every dialog is to its frame.
trait Modal: 'static {
    type Message: Clone + std::fmt::Debug + Send + 'static;

    /// Where it is on its way; `None` for one that only shows.
    fn stage(&self) -> Option<&Stage> {
        None
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        None
    }

    fn update(&mut self, message: Self::Message, door: &Arc<dyn Door>) -> Step<Self::Message>;

    /// A shortcut.
    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Self::Message> {
        if command == Command::Confirm { self.confirm(door) } else { Step::None }
    }

    /// What the dialog is for is to be done.
    fn confirm(&mut self, _: &Arc<dyn Door>) -> Step<Self::Message> {
        Step::None
    }

    /// The person wants out.
    fn leave(&mut self, _: &Arc<dyn Door>) -> Step<Self::Message> {
        Step::Close
    }

    /// A reader or a card came or went.
    fn plugged(&mut self, _: &Arc<dyn Door>) -> Task<Self::Message> {
        Task::none()
    }

    /// A file was dropped on the window.
    fn dropped(&mut self, _: PathBuf, _: &Arc<dyn Door>) -> Step<Self::Message> {
        Step::None
    }

    /// The order was not carried out; the task puts the keyboard where it is needed.
    fn failed(&mut self, _: &Arc<dyn Door>) -> Task<Self::Message> {
        Task::none()
    }

    /// Whether something must end before it may go, beside what the stage says.
    fn holds_on(&self) -> bool {
        false
    }

    fn view(&self) -> Element<'_, Self::Message>;
}

/// The stage of a [`Modal`] that keeps it in a field of that name.
macro_rules! staged {
    () => {
        fn stage(&self) -> Option<&Stage> {
            Some(&self.stage)
        }

        fn stage_mut(&mut self) -> Option<&mut Stage> {
            Some(&mut self.stage)
        }
    };
}

use staged;

/// A [`Modal`] that has its place among the dialogs.
trait Listed: Modal + Sized {
    fn dialog(self) -> Dialog;
    fn message(message: Self::Message) -> Message;
}

/// The table of all dialogs: name here, and type.
macro_rules! dialogs {
    ($($name:ident: $module:ident::$form:ident,)*) => {
        /// The one that is open.
        #[derive(Debug)]
        pub enum Dialog {
            $($name(Box<$module::$form>),)*
        }

        #[derive(Debug, Clone)]
        pub enum Message {
            $($name($module::Message),)*
        }

        $(impl Listed for $module::$form {
            fn dialog(self) -> Dialog {
                Dialog::$name(Box::new(self))
            }

            fn message(message: Self::Message) -> Message {
                Message::$name(message)
            }
        })*

        impl Dialog {
            fn turn(&mut self, message: Message, door: &Arc<dyn Door>) -> Action {
                match (self, message) {
                    $((Self::$name(form), Message::$name(message)) => {
                        form.update(message, door).lift(Message::$name)
                    })*
                    // An answer for a dialog that has been closed.
                    _ => Action::None,
                }
            }

            fn key(&mut self, command: Command, door: &Arc<dyn Door>) -> Action {
                match self {
                    $(Self::$name(form) => form.command(command, door).lift(Message::$name),)*
                }
            }

            fn leave(&mut self, door: &Arc<dyn Door>) -> Action {
                match self {
                    $(Self::$name(form) => form.leave(door).lift(Message::$name),)*
                }
            }

            /// A reader or a card came or went.
            pub fn plugged(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
                match self {
                    $(Self::$name(form) => form.plugged(door).map(Message::$name),)*
                }
            }

            /// A file was dropped on the window.
            pub fn dropped(&mut self, path: PathBuf, door: &Arc<dyn Door>) -> Action {
                match self {
                    $(Self::$name(form) => form.dropped(path, door).lift(Message::$name),)*
                }
            }

            fn after_failure(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
                match self {
                    $(Self::$name(form) => form.failed(door).map(Message::$name),)*
                }
            }

            fn stage(&self) -> Option<&Stage> {
                match self {
                    $(Self::$name(form) => form.stage(),)*
                }
            }

            fn stage_mut(&mut self) -> Option<&mut Stage> {
                match self {
                    $(Self::$name(form) => form.stage_mut(),)*
                }
            }

            fn holds_on(&self) -> bool {
                match self {
                    $(Self::$name(form) => form.holds_on(),)*
                }
            }

            pub fn view(&self) -> Element<'_, Message> {
                match self {
                    $(Self::$name(form) => form.view().map(Message::$name),)*
                }
            }
        }
    };
}

dialogs! {
    Reason: reason::Reason,
    Assign: assign::Assign,
    Note: note::Note,
    Demands: demand::Demands,
    Sign: sign::Sign,
    Confirm: confirm::Confirm,
    Draft: draft::Draft,
    Fields: fields::Fields,
    Compare: compare::Compare,
    ChangePin: pin::ChangePin,
    Batch: batch::Batch,
    Devices: devices::Devices,
    Waiting: waiting::Waiting,
    Many: many::Many,
    Unacknowledged: unacknowledged::List,
    ReportError: report_error::ReportError,
    Books: books::Books,
    Follow: follow::Board,
    Filters: filters::Filters,
    Register: register::Register,
    Bring: bring::Bring,
    Digitise: digitise::Digitise,
    Copy: copy::Copy,
    Twins: twins::Twins,
    Settings: settings::Settings,
    Unseal: unseal::Unseal,
    Help: help::Help,
    Opinion: opinion::Opinion,
    Versions: versions::Versions,
    Copies: copies::Copies,
    Update: update::Update,
}

pub enum Action {
    None,
    Run(Task<Message>),
    Close,
    Order(Order),
    /// Documents have moved.
    Changed(Task<Message>),
    /// Another dialog takes the place of this one.
    Open(Box<Opened>),
    /// An inbound document is to be shown instead.
    Show(DocumentKey),
    /// The dialog goes, and this document, a line of a book, is shown.
    ShowLine {
        key: DocumentKey,
        inbound: bool,
    },
    /// The dialog goes, and this search is shown.
    GoTo(SavedFilter),
    /// Kept searches have changed; the dialog goes if `close`.
    FiltersChanged {
        close: bool,
    },
    /// An inbound document was made, and this comes next.
    Made(DocumentKey, Option<Box<Opened>>),
    /// The settings of this desk are others, among them maybe those of the line; the dialog goes.
    Settled {
        line: bool,
    },
    /// The dialog goes, and this cancelled document is saved where the person wants it.
    Unseal(DocumentKey, String),
    /// The evidence of sending this document, known by its code, is saved where the person
    /// wants it.
    Evidence(DocumentKey, String),
}

/// What the dialog of a deed asks its frame for; each has its own `Message`.
pub enum Step<M> {
    None,
    Run(Task<M>),
    Close,
    Order(Order),
    Changed(Task<M>),
    Open(Box<Opened>),
    Show(DocumentKey),
    /// A document, and whether it is inbound.
    ShowLine(DocumentKey, bool),
    GoTo(SavedFilter),
    /// Whether the dialog goes.
    FiltersChanged(bool),
    Made(DocumentKey, Option<Box<Opened>>),
    /// The settings of this desk are others, among them maybe those of the line; the dialog goes.
    Settled {
        line: bool,
    },
    /// A cancelled document is to be opened for this reason.
    Unseal(DocumentKey, String),
    /// The evidence of sending a document with this code.
    Evidence(DocumentKey, String),
}

impl<M: Send + 'static> Step<M> {
    fn lift(self, f: impl Fn(M) -> Message + Send + 'static) -> Action {
        match self {
            Self::None => Action::None,
            Self::Run(task) => Action::Run(task.map(f)),
            Self::Close => Action::Close,
            Self::Order(order) => Action::Order(order),
            Self::Changed(task) => Action::Changed(task.map(f)),
            Self::Open(opened) => Action::Open(opened),
            Self::Show(key) => Action::Show(key),
            Self::ShowLine(key, inbound) => Action::ShowLine { key, inbound },
            Self::GoTo(filter) => Action::GoTo(filter),
            Self::FiltersChanged(close) => Action::FiltersChanged { close },
            Self::Made(key, next) => Action::Made(key, next),
            Self::Settled { line } => Action::Settled { line },
            Self::Unseal(key, reason) => Action::Unseal(key, reason),
            Self::Evidence(key, code) => Action::Evidence(key, code),
        }
    }
}

/// Where a dialog is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    Asking,
    /// The office is at it.
    Busy,
    Failed(Problem),
}

impl Stage {
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Failed(problem) => Some(problem),
            Self::Asking | Self::Busy => None,
        }
    }

    pub fn is_busy(&self) -> bool {
        *self == Self::Busy
    }
}

/// A dialog and the task that it begins with.
pub type Opened = (Dialog, Task<Message>);

impl Dialog {
    pub fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Action {
        let action = self.turn(message, door);
        self.held(action)
    }

    /// The keys of dialogs.
    pub fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Action {
        let action = match command {
            Command::Close => self.leave(door),
            command => self.key(command, door),
        };
        self.held(action)
    }

    /// What the office has begun it ends; the dialog then says how.
    fn held(&self, action: Action) -> Action {
        match action {
            Action::Close if self.is_busy() => Action::None,
            action => action,
        }
    }

    pub fn is_busy(&self) -> bool {
        self.holds_on() || self.stage().is_some_and(Stage::is_busy)
    }

    pub fn busy(&mut self) {
        if let Some(stage) = self.stage_mut() {
            *stage = Stage::Busy;
        }
    }

    /// The order was not carried out; the task puts the keyboard where it is needed.
    pub fn failed(&mut self, problem: Problem, door: &Arc<dyn Door>) -> Task<Message> {
        if let Some(stage) = self.stage_mut() {
            *stage = Stage::Failed(problem);
        }
        self.after_failure(door)
    }
}

/// The part of a dialog that scrolls where the window is low.
const BODY: &str = "dialog-body";

/// Code and subject of the document that a dialog is about.
fn about(document: &Document) -> String {
    let (code, subject) = (document.code(), &document.metadata().subject);
    if code.is_empty() { subject.clone() } else { format!("{code} – {subject}") }
}

/// The frame: title, content that scrolls if it must, what went wrong, and the buttons.
struct Frame<'a, M> {
    icon: Icon,
    title: String,
    width: f32,
    body: Element<'a, M>,
    stage: Option<&'a Stage>,
    /// Name, look and message of the button that does it.
    go: Option<(String, Weight, Option<M>)>,
    close: M,
}

fn frame<'a, M: Clone + 'a>(frame: Frame<'a, M>) -> Element<'a, M> {
    let busy = frame.stage.is_some_and(Stage::is_busy);
    let title = row![
        tinted(frame.icon, theme::ACCENT).size(size::HEADLINE),
        text(frame.title).font(BOLD).size(size::TITLE).width(Fill)
    ]
    .spacing(space::S)
    .align_y(Center);
    let leave = if frame.go.is_some() { t!("desk-cancel") } else { t!("desk-close") };
    let leave =
        press(None, format!("{leave} (Esc)"), Weight::Plain, (!busy).then_some(frame.close));
    let go = frame.go.map(|(name, weight, message)| {
        let name = if busy { t!("desk-busy") } else { name };
        press(None, name, weight, message.filter(|_| !busy))
    });
    let buttons =
        row![Space::new().width(Fill)].push(leave).push(go).spacing(space::S).align_y(Center);
    let problem = frame.stage.and_then(Stage::problem).map(told);
    let body = scrollable(container(frame.body).padding(iced::Padding::new(2.0).right(14.0)))
        .id(BODY)
        .style(theme::scroll);
    let foot = column![].push(problem).push(buttons).spacing(space::M);
    let card = sheet(title.into(), body.into(), foot.into(), space::M);
    opaque(
        container(container(card).padding(space::L).max_width(frame.width).style(theme::card))
            .padding(space::L)
            .center(Fill)
            .style(theme::veil),
    )
}
