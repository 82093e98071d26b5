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
pub mod copy;
pub mod demand;
pub mod devices;
pub mod digitise;
pub mod draft;
pub mod fields;
pub mod filters;
pub mod hand;
pub mod help;
pub mod many;
pub mod note;
pub mod pin;
pub mod reason;
pub mod register;
pub mod report_error;
pub mod sign;
pub mod twins;
pub mod unacknowledged;
pub mod waiting;

use std::path::PathBuf;
use std::sync::Arc;

use iced::widget::{Space, column, container, opaque, row, scrollable};
use iced::{Center, Fill, Task};

use super::deeds::Deed;
use super::document::{Document, Queue};
use super::door::Door;
use super::easel::Easel;
use super::keys::Command;
use super::orders::Order;
use super::theme::{self, BOLD, Weight, size, space};
use super::widget::icon::{Icon, tinted};
use super::widget::press::press;
use super::widget::sheet::sheet;
use super::widget::told::told;
use super::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::inbound::InboundDocument;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::office::TokenChoice;
use crate::office::search::SavedFilter;
use crate::t;

/// The one that is open.
#[derive(Debug)]
pub enum Dialog {
    Reason(reason::Reason),
    Assign(Box<assign::Assign>),
    Note(note::Note),
    Demands(Box<demand::Demands>),
    Sign(Box<sign::Sign>),
    Confirm(confirm::Confirm),
    Draft(Box<draft::Draft>),
    Fields(Box<fields::Fields>),
    Compare(Box<compare::Compare>),
    ChangePin(pin::ChangePin),
    Batch(Box<batch::Batch>),
    Devices(devices::Devices),
    Waiting(waiting::Waiting),
    Many(many::Many),
    Unacknowledged(unacknowledged::List),
    ReportError(report_error::ReportError),
    Books(Box<books::Books>),
    Filters(filters::Filters),
    Register(register::Register),
    Bring(bring::Bring),
    Digitise(Box<digitise::Digitise>),
    Copy(copy::Copy),
    Twins(Box<twins::Twins>),
    Help,
}

#[derive(Debug, Clone)]
pub enum Message {
    Reason(reason::Message),
    Assign(assign::Message),
    Note(note::Message),
    Demands(demand::Message),
    Sign(sign::Message),
    Confirm(confirm::Message),
    Draft(draft::Message),
    Fields(fields::Message),
    Compare(compare::Message),
    ChangePin(pin::Message),
    Batch(batch::Message),
    Devices(devices::Message),
    Waiting(waiting::Message),
    Many(many::Message),
    Unacknowledged(unacknowledged::Message),
    ReportError(report_error::Message),
    Books(books::Message),
    Filters(filters::Message),
    Register(register::Message),
    Bring(bring::Message),
    Digitise(digitise::Message),
    Copy(copy::Message),
    Twins(twins::Message),
    Close,
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
    pub fn reason(deed: Deed, document: &Document, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = reason::Reason::new(deed, document, door);
        (Self::Reason(dialog), task.map(Message::Reason))
    }

    pub fn complete(document: &Document, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = reason::Reason::completing(document, door);
        (Self::Reason(dialog), task.map(Message::Reason))
    }

    pub fn assign(document: &Document, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = assign::Assign::new(document, false, door);
        (Self::Assign(Box::new(dialog)), task.map(Message::Assign))
    }

    pub fn forward(document: &Document, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = assign::Assign::new(document, true, door);
        (Self::Assign(Box::new(dialog)), task.map(Message::Assign))
    }

    pub fn note(document: &Document, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = note::Note::new(document, door);
        (Self::Note(dialog), task.map(Message::Note))
    }

    /// What senders demand: of one document, or of all.
    pub fn demands(about: Option<DocumentKey>, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = demand::Demands::new(about, door);
        (Self::Demands(Box::new(dialog)), task.map(Message::Demands))
    }

    /// The answer to an inbound document.
    pub fn answer(document: &Document, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = draft::Draft::answering(document.key(), door);
        (Self::Draft(Box::new(dialog)), task.map(Message::Draft))
    }

    pub fn sign(
        kind: SignatureKind,
        document: &Document,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> Opened {
        let (dialog, task) = sign::Sign::new(kind, document, door, easel);
        (Self::Sign(Box::new(dialog)), task.map(Message::Sign))
    }

    pub fn issue(document: &Document) -> Opened {
        (Self::Confirm(confirm::Confirm::issue(document)), Task::none())
    }

    pub fn draft(door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = draft::Draft::new(door);
        (Self::Draft(Box::new(dialog)), task.map(Message::Draft))
    }

    /// The fields of an inbound document beside its page.
    pub fn fields(document: &Document, door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> Opened {
        let (dialog, task) = fields::Fields::new(document, door, easel);
        (Self::Fields(Box::new(dialog)), task.map(Message::Fields))
    }

    /// The document as it was signed in `field` beside what it is now.
    pub fn compare(
        field: String,
        signer: String,
        document: &Document,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> Opened {
        let (dialog, task) = compare::Compare::new(field, signer, document, door, easel);
        (Self::Compare(Box::new(dialog)), task.map(Message::Compare))
    }

    /// What there is to sign with, and what is in the way.
    pub fn devices(kind: SignatureKind, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = devices::Devices::new(kind, door);
        (Self::Devices(dialog), task.map(Message::Devices))
    }

    /// What waits to be made to last.
    pub fn waiting(may: bool, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = waiting::Waiting::new(may, door);
        (Self::Waiting(dialog), task.map(Message::Waiting))
    }

    /// Signs or seals many documents.
    pub fn batch(kind: SignatureKind, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = batch::Batch::new(kind, door);
        (Self::Batch(Box::new(dialog)), task.map(Message::Batch))
    }

    /// The register books.
    pub fn books(door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = books::Books::new(door);
        (Self::Books(Box::new(dialog)), task.map(Message::Books))
    }

    /// Goes to a kept search.
    pub fn filters(door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = filters::Filters::go(door);
        (Self::Filters(dialog), task.map(Message::Filters))
    }

    /// Keeps the search of the moment.
    pub fn keep_filter(queue: Queue, words: String, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = filters::Filters::keep(queue, words, door);
        (Self::Filters(dialog), task.map(Message::Filters))
    }

    /// Into which book a document goes.
    pub fn register(document: &Document, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = register::Register::new(document, door);
        (Self::Register(dialog), task.map(Message::Register))
    }

    pub fn change_pin(kind: SignatureKind, token: &TokenChoice) -> Opened {
        let (dialog, task) = pin::ChangePin::new(kind, token);
        (Self::ChangePin(dialog), task.map(Message::ChangePin))
    }

    /// One decision on the documents that were marked; `None` where it is none for many.
    pub fn many(deed: Deed, documents: &[Document]) -> Option<Opened> {
        Some((Self::Many(many::Many::new(deed, documents)?), Task::none()))
    }

    /// What is to be acknowledged today.
    pub fn unacknowledged(door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = unacknowledged::List::new(door);
        (Self::Unacknowledged(dialog), task.map(Message::Unacknowledged))
    }

    pub fn report_error(document: &Document, me: &str, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = report_error::ReportError::new(document, me, door);
        (Self::ReportError(dialog), task.map(Message::ReportError))
    }

    /// Brings files in; without any the system asks for them.
    pub fn bring(paths: Vec<PathBuf>, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = bring::Bring::new(paths, door);
        (Self::Bring(dialog), task.map(Message::Bring))
    }

    /// Makes a document of scanned pages.
    pub fn digitise(paths: Vec<PathBuf>, door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> Opened {
        let (dialog, task) = digitise::Digitise::new(paths, door, easel);
        (Self::Digitise(Box::new(dialog)), task.map(Message::Digitise))
    }

    /// The organisation's signature on a digitised copy.
    pub fn copy(document: &Document, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = copy::Copy::new(document, door);
        (Self::Copy(dialog), task.map(Message::Copy))
    }

    fn copy_of(key: DocumentKey, about: String, door: &Arc<dyn Door>) -> Opened {
        let (dialog, task) = copy::Copy::of(key, about, door);
        (Self::Copy(dialog), task.map(Message::Copy))
    }

    /// A document beside those that it may be the same as.
    pub fn twins(
        document: &InboundDocument,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> Opened {
        let (dialog, task) = twins::Twins::new(document, door, easel);
        (Self::Twins(Box::new(dialog)), task.map(Message::Twins))
    }

    pub fn help() -> Opened {
        (Self::Help, Task::none())
    }

    /// A reader or a card came or went.
    pub fn plugged(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        match self {
            Self::Sign(dialog) => dialog.plugged(door).map(Message::Sign),
            Self::Batch(dialog) => dialog.plugged(door).map(Message::Batch),
            Self::Devices(dialog) => dialog.plugged(door).map(Message::Devices),
            Self::Copy(dialog) => dialog.plugged(door).map(Message::Copy),
            _ => Task::none(),
        }
    }

    pub fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Action {
        match (self, message) {
            (dialog, Message::Close) => dialog.close(),
            (Self::Reason(dialog), Message::Reason(m)) => dialog.update(m).lift(Message::Reason),
            (Self::Assign(dialog), Message::Assign(m)) => dialog.update(m).lift(Message::Assign),
            (Self::Note(dialog), Message::Note(m)) => dialog.update(m).lift(Message::Note),
            (Self::Demands(dialog), Message::Demands(m)) => dialog.update(m).lift(Message::Demands),
            (Self::Sign(dialog), Message::Sign(m)) => dialog.update(m, door).lift(Message::Sign),
            (Self::Confirm(dialog), Message::Confirm(m)) => dialog.update(m).lift(Message::Confirm),
            (Self::Draft(dialog), Message::Draft(m)) => dialog.update(m, door).lift(Message::Draft),
            (Self::Fields(dialog), Message::Fields(m)) => {
                dialog.update(m, door).lift(Message::Fields)
            }
            (Self::Compare(dialog), Message::Compare(m)) => dialog.update(m).lift(Message::Compare),
            (Self::ChangePin(dialog), Message::ChangePin(m)) => {
                dialog.update(m).lift(Message::ChangePin)
            }
            (Self::Batch(dialog), Message::Batch(m)) => dialog.update(m, door).lift(Message::Batch),
            (Self::Devices(dialog), Message::Devices(m)) => {
                dialog.update(m, door).lift(Message::Devices)
            }
            (Self::Waiting(dialog), Message::Waiting(m)) => {
                dialog.update(m, door).lift(Message::Waiting)
            }
            (Self::Many(dialog), Message::Many(m)) => dialog.update(m, door).lift(Message::Many),
            (Self::Unacknowledged(dialog), Message::Unacknowledged(m)) => {
                dialog.update(m).lift(Message::Unacknowledged)
            }
            (Self::ReportError(dialog), Message::ReportError(m)) => {
                dialog.update(m).lift(Message::ReportError)
            }
            (Self::Books(dialog), Message::Books(m)) => dialog.update(m, door).lift(Message::Books),
            (Self::Filters(dialog), Message::Filters(m)) => {
                dialog.update(m, door).lift(Message::Filters)
            }
            (Self::Register(dialog), Message::Register(m)) => {
                dialog.update(m).lift(Message::Register)
            }
            (Self::Bring(dialog), Message::Bring(m)) => dialog.update(m, door).lift(Message::Bring),
            (Self::Digitise(dialog), Message::Digitise(m)) => {
                dialog.update(m, door).lift(Message::Digitise)
            }
            (Self::Copy(dialog), Message::Copy(m)) => dialog.update(m, door).lift(Message::Copy),
            (Self::Twins(dialog), Message::Twins(m)) => dialog.update(m, door).lift(Message::Twins),
            // An answer for a dialog that has been closed.
            _ => Action::None,
        }
    }

    /// The keys of dialogs.
    pub fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Action {
        match command {
            // Who renames a search goes back to the list of them.
            Command::Close if matches!(self, Self::Filters(_)) && !self.is_busy() => {
                self.update(Message::Filters(filters::Message::Close), door)
            }
            Command::Close => self.close(),
            Command::Help if matches!(self, Self::Help) => Action::Close,
            command => match self {
                Self::Reason(dialog) => dialog.command(command).lift(Message::Reason),
                Self::Assign(dialog) => dialog.command(command).lift(Message::Assign),
                Self::Note(dialog) => dialog.command(command).lift(Message::Note),
                Self::Demands(dialog) => dialog.command(command).lift(Message::Demands),
                Self::Sign(dialog) => dialog.command(command).lift(Message::Sign),
                Self::Confirm(dialog) => dialog.command(command).lift(Message::Confirm),
                Self::Draft(dialog) => dialog.command(command).lift(Message::Draft),
                Self::Fields(dialog) => dialog.command(command, door).lift(Message::Fields),
                Self::Compare(dialog) => dialog.command(command).lift(Message::Compare),
                Self::ChangePin(dialog) => dialog.command(command).lift(Message::ChangePin),
                Self::Batch(dialog) => dialog.command(command, door).lift(Message::Batch),
                Self::Devices(dialog) => dialog.command(command, door).lift(Message::Devices),
                Self::Waiting(dialog) => dialog.command(command, door).lift(Message::Waiting),
                Self::Many(dialog) => dialog.command(command, door).lift(Message::Many),
                Self::Unacknowledged(dialog) => {
                    dialog.command(command).lift(Message::Unacknowledged)
                }
                Self::ReportError(dialog) => dialog.command(command).lift(Message::ReportError),
                Self::Books(dialog) => dialog.command(command, door).lift(Message::Books),
                Self::Filters(dialog) => dialog.command(command, door).lift(Message::Filters),
                Self::Register(dialog) => dialog.command(command).lift(Message::Register),
                Self::Digitise(dialog) => dialog.command(command, door).lift(Message::Digitise),
                Self::Copy(dialog) => dialog.command(command).lift(Message::Copy),
                Self::Twins(dialog) => dialog.command(command, door).lift(Message::Twins),
                Self::Bring(_) | Self::Help => Action::None,
            },
        }
    }

    /// A file was dropped on the window.
    pub fn dropped(&mut self, path: PathBuf, door: &Arc<dyn Door>) -> Action {
        match self {
            Self::Bring(dialog) => Action::Run(dialog.add(vec![path], door).map(Message::Bring)),
            Self::Digitise(dialog) => {
                Action::Run(dialog.add(vec![path], door).map(Message::Digitise))
            }
            Self::Draft(dialog) => dialog.dropped(path).lift(Message::Draft),
            _ => Action::None,
        }
    }

    fn close(&mut self) -> Action {
        // What the office has begun it ends; the dialog then says how.
        if self.is_busy() { Action::None } else { Action::Close }
    }

    pub fn is_busy(&self) -> bool {
        // Pages that are being kept are kept before the dialog goes.
        matches!(self, Self::Digitise(dialog) if dialog.is_keeping())
            || self.stage().is_some_and(Stage::is_busy)
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
        match self {
            Self::Sign(dialog) => dialog.failed(door).map(Message::Sign),
            Self::Copy(dialog) => dialog.failed(door).map(Message::Copy),
            Self::ChangePin(dialog) => dialog.failed(door).map(Message::ChangePin),
            _ => Task::none(),
        }
    }

    fn stage(&self) -> Option<&Stage> {
        match self {
            Self::Reason(dialog) => Some(dialog.stage()),
            Self::Assign(dialog) => Some(dialog.stage()),
            Self::Note(dialog) => Some(dialog.stage()),
            Self::Demands(dialog) => Some(dialog.stage()),
            Self::Sign(dialog) => Some(dialog.stage()),
            Self::Confirm(dialog) => Some(dialog.stage()),
            Self::Draft(dialog) => Some(dialog.stage()),
            Self::Fields(dialog) => Some(dialog.stage()),
            Self::ChangePin(dialog) => Some(dialog.stage()),
            Self::Batch(dialog) => Some(dialog.stage()),
            Self::Devices(dialog) => Some(dialog.stage()),
            Self::Waiting(dialog) => Some(dialog.stage()),
            Self::Many(dialog) => Some(dialog.stage()),
            Self::Unacknowledged(dialog) => Some(dialog.stage()),
            Self::ReportError(dialog) => Some(dialog.stage()),
            Self::Books(dialog) => Some(dialog.stage()),
            Self::Filters(dialog) => Some(dialog.stage()),
            Self::Register(dialog) => Some(dialog.stage()),
            Self::Bring(dialog) => Some(dialog.stage()),
            Self::Digitise(dialog) => Some(dialog.stage()),
            Self::Copy(dialog) => Some(dialog.stage()),
            Self::Twins(dialog) => Some(dialog.stage()),
            Self::Compare(_) | Self::Help => None,
        }
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        match self {
            Self::Reason(dialog) => Some(&mut dialog.stage),
            Self::Assign(dialog) => Some(&mut dialog.stage),
            Self::Note(dialog) => Some(&mut dialog.stage),
            Self::Demands(dialog) => Some(&mut dialog.stage),
            Self::Sign(dialog) => Some(&mut dialog.stage),
            Self::Confirm(dialog) => Some(&mut dialog.stage),
            Self::Draft(dialog) => Some(&mut dialog.stage),
            Self::Fields(dialog) => Some(&mut dialog.stage),
            Self::ChangePin(dialog) => Some(&mut dialog.stage),
            Self::Batch(dialog) => Some(&mut dialog.stage),
            Self::Devices(dialog) => Some(&mut dialog.stage),
            Self::Waiting(dialog) => Some(&mut dialog.stage),
            Self::Many(dialog) => Some(&mut dialog.stage),
            Self::Unacknowledged(dialog) => Some(&mut dialog.stage),
            Self::ReportError(dialog) => Some(&mut dialog.stage),
            Self::Books(dialog) => Some(&mut dialog.stage),
            Self::Filters(dialog) => Some(&mut dialog.stage),
            Self::Register(dialog) => Some(&mut dialog.stage),
            Self::Bring(dialog) => Some(&mut dialog.stage),
            Self::Digitise(dialog) => Some(&mut dialog.stage),
            Self::Copy(dialog) => Some(&mut dialog.stage),
            Self::Twins(dialog) => Some(&mut dialog.stage),
            Self::Compare(_) | Self::Help => None,
        }
    }

    pub fn view(&self) -> Element<'_, Message> {
        match self {
            Self::Reason(dialog) => dialog.view().map(wrap_reason),
            Self::Assign(dialog) => dialog.view().map(wrap_assign),
            Self::Note(dialog) => dialog.view().map(wrap_note),
            Self::Demands(dialog) => dialog.view().map(wrap_demands),
            Self::Sign(dialog) => dialog.view().map(wrap_sign),
            Self::Confirm(dialog) => dialog.view().map(wrap_confirm),
            Self::Draft(dialog) => dialog.view().map(wrap_draft),
            Self::Fields(dialog) => dialog.view().map(wrap_fields),
            Self::Compare(dialog) => dialog.view().map(wrap_compare),
            Self::ChangePin(dialog) => dialog.view().map(wrap_pin),
            Self::Batch(dialog) => dialog.view().map(wrap_batch),
            Self::Devices(dialog) => dialog.view().map(wrap_devices),
            Self::Waiting(dialog) => dialog.view().map(wrap_waiting),
            Self::Many(dialog) => dialog.view().map(wrap_many),
            Self::Unacknowledged(dialog) => dialog.view().map(wrap_unacknowledged),
            Self::ReportError(dialog) => dialog.view().map(wrap_report_error),
            Self::Books(dialog) => dialog.view().map(wrap_books),
            Self::Filters(dialog) => dialog.view().map(Message::Filters),
            Self::Register(dialog) => dialog.view().map(wrap_register),
            Self::Bring(dialog) => dialog.view().map(wrap_bring),
            Self::Digitise(dialog) => dialog.view().map(wrap_digitise),
            Self::Copy(dialog) => dialog.view().map(wrap_copy),
            Self::Twins(dialog) => dialog.view().map(wrap_twins),
            Self::Help => help::view(),
        }
    }
}

macro_rules! wraps {
    ($($name:ident, $module:ident, $variant:ident;)*) => {
        $(fn $name(message: $module::Message) -> Message {
            match message {
                $module::Message::Close => Message::Close,
                message => Message::$variant(message),
            }
        })*
    };
}

wraps! {
    wrap_reason, reason, Reason;
    wrap_assign, assign, Assign;
    wrap_note, note, Note;
    wrap_demands, demand, Demands;
    wrap_sign, sign, Sign;
    wrap_confirm, confirm, Confirm;
    wrap_draft, draft, Draft;
    wrap_fields, fields, Fields;
    wrap_compare, compare, Compare;
    wrap_pin, pin, ChangePin;
    wrap_batch, batch, Batch;
    wrap_devices, devices, Devices;
    wrap_waiting, waiting, Waiting;
    wrap_many, many, Many;
    wrap_unacknowledged, unacknowledged, Unacknowledged;
    wrap_report_error, report_error, ReportError;
    wrap_books, books, Books;
    wrap_register, register, Register;
    wrap_bring, bring, Bring;
    wrap_digitise, digitise, Digitise;
    wrap_copy, copy, Copy;
    wrap_twins, twins, Twins;
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
