//! The fields of an inbound document beside its page: what stands there, what the page says,
//! and how sure that is.
//!
//! The keyboard goes down the form. Enter takes what the page says in the field that is
//! being written, or goes on where it is taken already; Page Down takes everything that is
//! sure. The page on the right shows where the field stands. Nothing is kept before it is
//! saved; saving also confirms what the program had filled in by itself.

mod form;
mod view;

use std::sync::Arc;
use std::time::Duration;

use iced::Task;
use iced::widget::text_editor;

use super::leaf::{self, Leaf};
use super::{Modal, Stage, Step, staged};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::widget::Element;
use crate::desk::widget::tabbing::reach;
use crate::domain::agency::Agency;
use crate::domain::document::{DocumentKey, Metadata, Recipient};
use crate::domain::problem::Problem;
use crate::office::correct::{Fault, changed};
use crate::office::extract::{Field, Proposal, Reading, Spot};
use crate::pdf::render::Cancel;
use form::Form;

/// Width of the page, large enough to be read, and height of its room, in logical pixels.
const PAGE: (f32, f32) = (560.0, 500.0);
const REASON: &str = "fields-reason";
const TYPING: Duration = Duration::from_millis(150);
/// By then Ctrl+Enter has been heard as what it is.
const NO_CTRL: Duration = Duration::from_millis(40);
/// Agencies offered while one types.
const OFFERED: u32 = 5;

/// The order in which the keyboard goes through the form.
const ORDER: [Field; 13] = [
    Field::Type,
    Field::Number,
    Field::Notation,
    Field::Date,
    Field::Issuer,
    Field::Subject,
    Field::Signer,
    Field::Position,
    Field::Competence,
    Field::Urgency,
    Field::Place,
    Field::Pages,
    Field::Recipients,
];

#[derive(Debug)]
pub struct Fields {
    key: DocumentKey,
    about: String,
    /// What stands there now.
    base: Metadata,
    registered: bool,
    types: Vec<(String, String)>,
    form: Form,
    reading: Looking,
    /// Filled in by the program, confirmed by nobody.
    unconfirmed: Vec<Field>,
    /// The field that is being written.
    at: Option<Field>,
    page: Leaf,
    /// Where the field stands that is being written.
    spot: Option<Spot>,
    offered: Vec<Agency>,
    /// Numbers the questions to the directory.
    asked: u64,
    /// Numbers the presses of Enter.
    entered: u64,
    /// Complaints are shown once somebody has tried to save.
    faults: Vec<Fault>,
    /// What is taken without looking: a confidence of at least this.
    sure: f32,
    stage: Stage,
    _cancel: Leaving,
}

/// Where the reading of the pages is.
#[derive(Debug)]
enum Looking {
    Waiting,
    Here(Box<Reading>),
    Failed(Problem),
}

/// Leaving the dialog stops the reading, which may be optical recognition.
#[derive(Debug)]
struct Leaving(Cancel);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

#[derive(Debug, Clone)]
pub enum Message {
    Types(Result<Vec<(String, String)>, Problem>),
    Read(Result<Box<Reading>, Problem>),
    Unconfirmed(Result<Vec<Field>, Problem>),
    Type(view::Kind),
    Urgency(view::Urgent),
    Typed(Field, String),
    Subject(text_editor::Action),
    Reason(String),
    /// Enter in a field: takes what the page says, or goes on.
    Enter(Field),
    /// The same, when it is sure that it was not Ctrl+Enter.
    Entered(u64, Field),
    Take(Field),
    TakeSure,
    /// Shows where a field stands.
    Show(Field),
    Ask(u64),
    Offered(u64, Result<Vec<Agency>, Problem>),
    TakeAgency(usize),
    Page(leaf::Message),
    Submit,
    Close,
}

impl Fields {
    pub fn new(
        document: &Document,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let key = document.key();
        let opening = Arc::clone(door);
        let (page, opened) = Leaf::new(easel, PAGE, move || opening.main_file(key));
        let registered = match document {
            Document::Inbound(inbound) => inbound.registration.is_some(),
            Document::Outbound(_) => false,
        };
        let cancel = Cancel::new();
        let dialog = Self {
            key,
            about: super::about(document),
            base: document.metadata().clone(),
            registered,
            types: Vec::new(),
            form: Form::of(document.metadata()),
            reading: Looking::Waiting,
            unconfirmed: Vec::new(),
            at: None,
            page,
            spot: None,
            offered: Vec::new(),
            asked: 0,
            entered: 0,
            faults: Vec::new(),
            sure: door.sure_from(),
            stage: Stage::Asking,
            _cancel: Leaving(cancel.clone()),
        };
        let ask = |door: &Arc<dyn Door>| Arc::clone(door);
        let (reader, marks, kinds) = (ask(door), ask(door), ask(door));
        let tasks = [
            opened.map(Message::Page),
            Task::perform(
                crate::desk::ask(move || Ok(Box::new(reader.read_fields(key, &cancel)?))),
                Message::Read,
            ),
            Task::perform(crate::desk::ask(move || marks.unconfirmed(key)), Message::Unconfirmed),
            Task::perform(crate::desk::ask(move || Ok(kinds.document_types())), Message::Types),
            reach(id(Field::Number)),
        ];
        (dialog, Task::batch(tasks))
    }

    /// To the field after or before, by the order of the form.
    fn walk(&mut self, forward: bool) -> Step<Message> {
        let lines: Vec<Field> =
            ORDER.into_iter().filter(|field| self.form.text(*field).is_some()).collect();
        let at = self.at.and_then(|at| lines.iter().position(|field| *field == at));
        let next = match (at, forward) {
            (None, _) => Some(0),
            (Some(at), true) => Some(at + 1),
            (Some(at), false) => at.checked_sub(1),
        };
        match next.and_then(|next| lines.get(next)) {
            Some(field) => self.go(*field),
            None if forward && self.registered => Step::Run(reach(REASON)),
            None => Step::None,
        }
    }

    fn go(&mut self, field: Field) -> Step<Message> {
        let focus = reach(id(field));
        match self.show(field) {
            Step::Run(task) => Step::Run(Task::batch([focus, task])),
            _ => Step::Run(focus),
        }
    }

    fn show(&mut self, field: Field) -> Step<Message> {
        self.at = Some(field);
        self.spot = self.proposal(field).and_then(|proposal| proposal.spot.clone());
        let Some(spot) = &self.spot else { return Step::Run(Task::none()) };
        let top = spot.rects.iter().map(|rect| rect.y).fold(f32::INFINITY, f32::min);
        Step::Run(self.page.point_at(spot.page as usize, top).map(Message::Page))
    }

    fn typed(&mut self, field: Field, text: String) -> Step<Message> {
        if let Some(line) = self.form.text_mut(field) {
            *line = text;
        }
        let shown = self.show(field);
        if field != Field::Issuer {
            return shown;
        }
        // Another name is another agency, until the directory says which.
        self.form.agency = None;
        self.asked += 1;
        let asked = self.asked;
        let wait = Task::perform(crate::desk::after(TYPING), move |()| Message::Ask(asked));
        match shown {
            Step::Run(task) => Step::Run(Task::batch([task, wait])),
            _ => Step::Run(wait),
        }
    }

    fn ask(&self, door: &Arc<dyn Door>) -> Step<Message> {
        let (asked, words, door) = (self.asked, self.form.issuer.clone(), Arc::clone(door));
        if words.trim().is_empty() {
            return Step::None;
        }
        let find = crate::desk::ask(move || door.agencies(&words, OFFERED));
        Step::Run(Task::perform(find, move |answer| Message::Offered(asked, answer)))
    }

    fn offer(&mut self, offered: Vec<Agency>) {
        let typed = crate::domain::text::tidy(&self.form.issuer);
        // What was typed in full is meant.
        if let Some(agency) = offered.iter().find(|agency| agency.name == typed) {
            let (agency, name) = (agency.code.clone(), agency.name.clone());
            self.form.agency = Some(Recipient { agency, name });
            self.offered.clear();
            return;
        }
        self.offered = offered;
    }

    fn enter(&mut self, field: Field) -> Step<Message> {
        let fresh = self.proposal(field).is_some_and(|one| !self.form.says(&one.value));
        if fresh {
            self.take(field);
            return self.show(field);
        }
        self.at = Some(field);
        self.walk(true)
    }

    fn take(&mut self, field: Field) {
        if let Some(proposal) = self.proposal(field).cloned() {
            self.form.take(&proposal.value);
            self.offered.clear();
            self.faults.retain(|fault| fault.field != field);
        }
    }

    /// Everything that is sure, in the place of what stands there.
    fn take_sure(&mut self) {
        let Looking::Here(reading) = &self.reading else { return };
        let values: Vec<_> = reading
            .proposals
            .iter()
            .filter(|proposal| proposal.confidence >= self.sure)
            .map(|proposal| proposal.value.clone())
            .collect();
        for value in values {
            self.form.take(&value);
        }
        self.offered.clear();
    }

    fn proposal(&self, field: Field) -> Option<&Proposal> {
        match &self.reading {
            Looking::Here(reading) => reading.proposal(field),
            Looking::Waiting | Looking::Failed(_) => None,
        }
    }

    /// Whether a reason is asked for: something of the register changes.
    fn needs_reason(&self) -> bool {
        let changes =
            self.form.read(&self.base).is_ok_and(|now| !changed(&self.base, &now).is_empty());
        self.registered && (changes || !self.unconfirmed.is_empty())
    }

    fn submit(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        let read = self.form.read(&self.base);
        self.faults = match &read {
            Ok(metadata) => door.field_faults(metadata),
            Err(faults) => faults.clone(),
        };
        let (Ok(metadata), true) = (read, self.faults.is_empty()) else {
            let first = self.faults.first().map(|fault| fault.field);
            return first.map_or(Step::None, |field| self.go(field));
        };
        if self.needs_reason() && self.form.reason.trim().is_empty() {
            return Step::Run(reach(REASON));
        }
        let (key, metadata) = (self.key, Box::new(metadata));
        Step::Order(Order::Correct { key, metadata, reason: self.form.reason.clone() })
    }
}

impl Modal for Fields {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Types(Ok(types)) => self.types = types,
            Message::Read(Ok(reading)) => {
                self.reading = Looking::Here(reading);
                let at = self.at.unwrap_or(Field::Number);
                return self.show(at);
            }
            Message::Read(Err(problem)) => self.reading = Looking::Failed(problem),
            Message::Unconfirmed(Ok(fields)) => self.unconfirmed = fields,
            Message::Types(Err(problem)) | Message::Unconfirmed(Err(problem)) => {
                self.stage = Stage::Failed(problem);
            }
            _ if self.stage.is_busy() => {}
            Message::Type(kind) => {
                self.form.kind = Some(kind.0);
                return self.show(Field::Type);
            }
            Message::Urgency(urgent) => {
                self.form.urgency = urgent.0;
                return self.show(Field::Urgency);
            }
            Message::Typed(field, text) => return self.typed(field, text),
            Message::Subject(action) => {
                self.form.subject.perform(action);
                return self.show(Field::Subject);
            }
            Message::Reason(reason) => self.form.reason = reason,
            Message::Enter(field) => {
                // A field hears Ctrl+Enter as Enter, and before the dialog does: what was
                // typed must be saved then, not replaced.
                self.entered += 1;
                let entered = self.entered;
                let wait = crate::desk::after(NO_CTRL);
                return Step::Run(Task::perform(wait, move |()| Message::Entered(entered, field)));
            }
            Message::Entered(entered, field) if entered == self.entered => {
                return self.enter(field);
            }
            Message::Entered(..) => {}
            Message::Take(field) => {
                self.take(field);
                return self.show(field);
            }
            Message::TakeSure => self.take_sure(),
            Message::Show(field) => return self.show(field),
            Message::Ask(asked) if asked == self.asked => return self.ask(door),
            Message::Offered(asked, Ok(offered)) if asked == self.asked => self.offer(offered),
            // Answers for words that were typed before.
            Message::Ask(_) | Message::Offered(..) => {}
            Message::TakeAgency(at) => {
                if let Some(agency) = self.offered.get(at).cloned() {
                    self.form.issuer = agency.name.clone();
                    self.form.agency = Some(Recipient { agency: agency.code, name: agency.name });
                    self.offered.clear();
                }
            }
            Message::Page(message) => {
                return Step::Run(self.page.update(message).map(Message::Page));
            }
            Message::Submit => {
                self.entered += 1;
                return self.submit(door);
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => self.update(Message::Submit, door),
            Command::PageDown => self.update(Message::TakeSure, door),
            Command::Down => self.walk(true),
            Command::Up => self.walk(false),
            _ => Step::None,
        }
    }

    fn view(&self) -> Element<'_, Message> {
        self.sheet()
    }
}

/// The name of a field's control.
const fn id(field: Field) -> &'static str {
    match field {
        Field::Type => "fields-type",
        Field::Number => "fields-number",
        Field::Notation => "fields-notation",
        Field::Date => "fields-date",
        Field::Issuer => "fields-issuer",
        Field::Subject => "fields-subject",
        Field::Pages => "fields-pages",
        Field::Position => "fields-position",
        Field::Signer => "fields-signer",
        Field::Competence => "fields-competence",
        Field::Urgency => "fields-urgency",
        Field::Secrecy => "fields-secrecy",
        Field::Place => "fields-place",
        Field::Recipients => "fields-recipients",
    }
}
