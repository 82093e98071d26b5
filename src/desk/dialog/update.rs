//! What is told anew of an issued document, and to whom it goes from now on.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9: whoever has it gets the update, whoever is added the
//! document, and whoever is taken off is asked to cancel it. Number, date, signer and file stay:
//! for those a document is replaced by another.

use std::sync::Arc;

use iced::widget::{column, container, row, text_editor};
use iced::{Fill, Task};
use jiff::civil::Date;

use super::draft::UrgencyChoice;
use super::seek::{self, Found, Seek, chip};
use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::{Document, day, today};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::tick::tick;
use crate::desk::widget::{Element, text};
use crate::domain::agency::AgencyCode;
use crate::domain::deadline;
use crate::domain::document::{DocumentKey, Metadata, Recipient, Urgency};
use crate::domain::outbound::OutboundDocument;
use crate::domain::text::tidy;
use crate::office::follow::IssuedUpdate;
use crate::t;

const REASON: &str = "update-reason";
const SEARCH: &str = "update-recipient";

#[derive(Debug)]
pub struct Update {
    key: DocumentKey,
    about: String,
    own: AgencyCode,
    holidays: Vec<Date>,
    /// What was told of it so far.
    before: Metadata,
    subject: text_editor::Content,
    due: String,
    urgency: Urgency,
    notes: String,
    /// Places on the list of recipients that get no electronic document.
    places: String,
    seek: Seek,
    added: Vec<Recipient>,
    removed: Vec<AgencyCode>,
    reason: String,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Subject(text_editor::Action),
    Due(String),
    Urgency(UrgencyChoice),
    Notes(String),
    Places(String),
    Seek(seek::Message),
    Drop(usize),
    /// Whether it still goes to the recipient of this place.
    Keep(usize, bool),
    Reason(String),
    Submit,
    Close,
}

impl Update {
    pub fn new(document: &OutboundDocument, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let before = document.metadata.clone();
        let dialog = Self {
            key: document.key,
            about: super::about(&Document::Outbound(Box::new(document.clone()))),
            own: door.session().agency.code.clone(),
            holidays: door.holidays(),
            subject: text_editor::Content::with_text(&before.subject),
            due: before.due.map(day).unwrap_or_default(),
            urgency: before.urgency,
            notes: before.notes.clone(),
            places: joined(&before.other_places),
            seek: Seek::new(SEARCH),
            added: Vec::new(),
            removed: Vec::new(),
            reason: String::new(),
            before,
            stage: Stage::Asking,
        };
        (dialog, reach(REASON))
    }

    /// The term as it is typed; `Err` where that is no day.
    fn due(&self) -> Result<Option<Date>, deadline::Unreadable> {
        // One that is over already stays as it was told.
        if self.due.trim() == self.before.due.map(day).unwrap_or_default() {
            return Ok(self.before.due);
        }
        deadline::read(&self.due, today(), &self.holidays)
    }

    /// What is told anew; `None` while a field cannot be read.
    fn changes(&self) -> Option<IssuedUpdate> {
        let (subject, notes) = (tidy(&self.subject.text()), tidy(&self.notes));
        let due = self.due().ok()?;
        let before = &self.before;
        // A place may have a semicolon of its own: what nobody touched is not taken apart.
        let places = match self.places == joined(&before.other_places) {
            true => before.other_places.clone(),
            false => {
                let places = self.places.split([';', '\n']).map(tidy);
                places.filter(|place| !place.is_empty()).collect()
            }
        };
        Some(IssuedUpdate {
            subject: (subject != before.subject).then_some(subject),
            due: (due != before.due).then_some(due),
            urgency: (self.urgency != before.urgency).then_some(self.urgency),
            notes: (notes != before.notes).then_some(notes),
            other_places: (places != before.other_places).then_some(places),
            add: self.added.iter().map(|one| one.agency.clone()).collect(),
            remove: self.removed.clone(),
        })
    }

    fn order(&self) -> Option<Order> {
        let update = self.changes().filter(|update| *update != IssuedUpdate::default())?;
        let reason = tidy(&self.reason);
        (!self.stage.is_busy() && !reason.is_empty()).then(|| Order::UpdateIssued {
            key: self.key,
            update: Box::new(update),
            reason,
        })
    }

    fn sought(&mut self, message: seek::Message, door: &Arc<dyn Door>) -> Step<Message> {
        let gets_it = |code: &AgencyCode| {
            let known = self.before.recipients.iter().chain(&self.added);
            *code == self.own || known.into_iter().any(|one| one.agency == *code)
        };
        match self.seek.update(message, gets_it, door) {
            Found::Nothing => {}
            Found::Run(task) => return Step::Run(task.map(Message::Seek)),
            Found::Recipient(recipient) => self.added.push(recipient),
            Found::Failed(problem) => self.stage = Stage::Failed(problem),
        }
        Step::None
    }

    fn recipients(&self, busy: bool) -> Element<'_, Message> {
        let kept = self.before.recipients.iter().enumerate().map(|(index, one)| {
            let kept = !self.removed.contains(&one.agency);
            let toggled = (!busy).then_some(move |kept: bool| Message::Keep(index, kept));
            tick(one.name.clone(), kept, toggled)
        });
        let added = self
            .added
            .iter()
            .enumerate()
            .map(|(index, one)| chip(Icon::Building, one.name.clone(), Message::Drop(index)));
        column(kept)
            .push(row(added).spacing(space::S).wrap().vertical_spacing(space::XS))
            .push(self.seek.view().map(Message::Seek))
            .spacing(space::XS)
            .into()
    }

    fn form(&self, busy: bool) -> Element<'_, Message> {
        let urgency = choice(
            Urgency::ALL.map(UrgencyChoice).to_vec(),
            Some(UrgencyChoice(self.urgency)),
            String::new(),
            Message::Urgency,
        );
        let wrong = self.due().is_err().then(|| t!("desk-draft-due-wrong"));
        let told = column![
            field(
                t!("desk-fact-subject"),
                lines("update-subject", &self.subject, 62.0).on_action(Message::Subject),
                None
            ),
            row![
                container(field(
                    t!("desk-draft-due"),
                    typed("update-due", &self.due, Message::Due),
                    wrong
                ))
                .width(Fill),
                container(field(t!("desk-fact-urgency"), urgency, None)).width(190),
            ]
            .spacing(space::M),
            field(t!("desk-fact-notes"), typed("update-notes", &self.notes, Message::Notes), None),
            field(
                t!("desk-update-places"),
                typed("update-places", &self.places, Message::Places),
                None
            ),
        ]
        .spacing(space::M)
        .width(Fill);
        let whom = field(t!("desk-update-recipients"), self.recipients(busy), None);
        row![told, container(whom).width(Fill)].spacing(space::XL).into()
    }
}

impl Modal for Update {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Close => return Step::Close,
            Message::Seek(message) => return self.sought(message, door),
            // While the office is at it what was asked for stays as it is.
            _ if self.stage.is_busy() => {}
            Message::Subject(action) => self.subject.perform(action),
            Message::Due(due) => self.due = due,
            Message::Urgency(UrgencyChoice(urgency)) => self.urgency = urgency,
            Message::Notes(notes) => self.notes = notes,
            Message::Places(places) => self.places = places,
            Message::Drop(index) => {
                if index < self.added.len() {
                    drop(self.added.remove(index));
                }
            }
            Message::Keep(index, kept) => {
                if let Some(one) = self.before.recipients.get(index) {
                    self.removed.retain(|code| *code != one.agency);
                    if !kept {
                        self.removed.push(one.agency.clone());
                    }
                }
            }
            Message::Reason(reason) => self.reason = reason,
            Message::Submit => return self.order().map_or(Step::None, Step::Order),
        }
        Step::None
    }

    fn command(&mut self, command: Command, _: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => return self.order().map_or(Step::None, Step::Order),
            Command::Down => self.seek.step(true),
            Command::Up => self.seek.step(false),
            _ => {}
        }
        Step::None
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let nothing = self.changes().is_some_and(|update| update == IssuedUpdate::default());
        let needed = match (nothing, tidy(&self.reason).is_empty()) {
            _ if busy => None,
            (true, _) => Some(t!("desk-update-nothing")),
            (false, true) => Some(t!("desk-reason-needed")),
            (false, false) => None,
        };
        let reason = field(
            t!("desk-follow-reason"),
            line(REASON, "", &self.reason).on_input(Message::Reason).on_submit(Message::Submit),
            needed,
        );
        let body = column![
            text(&self.about).font(BOLD).size(size::BODY),
            text(t!("desk-update-means")).size(size::BODY).color(theme::INK_SOFT),
            self.form(busy),
            reason,
        ]
        .spacing(space::M);
        frame(Frame {
            icon: Icon::Pen,
            title: t!("desk-update-title"),
            width: 980.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!("desk-update-go")),
                Weight::Primary,
                self.order().map(|_| Message::Submit),
            )),
            close: Message::Close,
        })
    }
}

fn joined(places: &[String]) -> String {
    places.join("; ")
}

fn typed<'a>(
    id: &'static str,
    value: &str,
    message: fn(String) -> Message,
) -> Element<'a, Message> {
    line(id, "", value).on_input(message).on_submit(Message::Submit).into()
}
