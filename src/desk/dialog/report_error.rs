//! An error in an inbound document, told to its sender or to somebody here, with what the
//! program found as a first draft of the words.

use std::sync::Arc;

use iced::widget::{column, row, text_editor};
use iced::{Center, Task};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::orders::Order;
use crate::desk::theme::{BOLD, Tone, Weight, size, space};
use crate::desk::widget::field::{field, lines};
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::press::wide;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::gate::Outcome;
use crate::domain::problem::Problem;
use crate::domain::report::ReportTo;
use crate::domain::role::Role;
use crate::domain::text::tidy;
use crate::office::UserInfo;
use crate::office::gate::{GateView, fact};
use crate::t;

const WORDS: &str = "report-words";

#[derive(Debug)]
pub struct ReportError {
    key: DocumentKey,
    about: String,
    /// There is a sender on the line who can be told.
    has_sender: bool,
    people: Vec<UserInfo>,
    to: Option<ReportTo>,
    words: text_editor::Content,
    /// Somebody has typed: what was found no longer takes the place of the words.
    typed: bool,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Found(Box<Result<(GateView, Vec<UserInfo>), Problem>>),
    To(ReportTo),
    Words(text_editor::Action),
    Submit,
    Close,
}

impl ReportError {
    pub fn new(document: &Document, me: &str, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let key = document.key();
        let has_sender = matches!(document, Document::Inbound(one) if one.sender.is_some());
        let (asked, me) = (Arc::clone(door), me.to_owned());
        let found = Task::perform(
            crate::desk::ask(move || {
                let mut people = asked.users()?;
                people.retain(|one| !one.disabled && one.user != me);
                // The leader first: they answer for the document.
                people.sort_by_key(|one| !one.roles.contains(&Role::Leader));
                Ok((asked.gate(key)?, people))
            }),
            |answer| Message::Found(Box::new(answer)),
        );
        let dialog = Self {
            key,
            about: super::about(document),
            has_sender,
            people: Vec::new(),
            to: has_sender.then_some(ReportTo::Sender),
            words: text_editor::Content::new(),
            typed: false,
            stage: Stage::Asking,
        };
        (dialog, Task::batch([found, reach(WORDS)]))
    }

    fn order(&self) -> Option<Order> {
        let words = tidy(&self.words.text());
        if self.stage.is_busy() || words.is_empty() {
            return None;
        }
        Some(Order::ReportError { key: self.key, to: self.to.clone()?, words })
    }
}

impl Modal for ReportError {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Found(found) => match *found {
                Ok((view, people)) => {
                    self.people = people;
                    if self.to.is_none() {
                        let first = self.people.first();
                        self.to = first.map(|one| ReportTo::User { user: one.user.clone() });
                    }
                    if !self.typed {
                        self.words = text_editor::Content::with_text(&proposed(&view));
                    }
                }
                Err(problem) => self.stage = Stage::Failed(problem),
            },
            Message::To(to) => self.to = Some(to),
            Message::Words(action) if !self.stage.is_busy() => {
                self.typed |= action.is_edit();
                self.words.perform(action);
            }
            Message::Words(_) => {}
            Message::Submit => {
                if let Some(order) = self.order() {
                    return Step::Order(order);
                }
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn confirm(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        self.update(Message::Submit, door)
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let choice = |to: ReportTo, name: String, symbol: Icon| {
            let chosen = self.to.as_ref() == Some(&to);
            let mark = if chosen { Icon::CheckCircle } else { Icon::Dot };
            let content = row![icon(mark), icon(symbol), text(name).size(size::BODY)]
                .spacing(space::S)
                .align_y(Center);
            wide(content, chosen, (!busy).then_some(Message::To(to)))
        };
        let sender = self
            .has_sender
            .then(|| choice(ReportTo::Sender, t!("desk-report-to-sender"), Icon::Building));
        let people = self.people.iter().map(|one| {
            let to = ReportTo::User { user: one.user.clone() };
            let name = format!("{} ({})", one.display_name, crate::desk::words::roles(&one.roles));
            choice(to, name, Icon::User)
        });
        // What the line can say is little, and that is said before it is sent.
        let means = match &self.to {
            Some(ReportTo::Sender) => t!("desk-report-sender-means"),
            Some(ReportTo::User { .. }) => t!("desk-report-user-means"),
            None => t!("desk-report-nobody"),
        };
        let needed = tidy(&self.words.text()).is_empty() && !busy;
        let body = column![text(&self.about).font(BOLD).size(size::BODY)]
            .push(column![].push(sender).extend(people).spacing(2.0))
            .push(field(
                t!("desk-report-words"),
                lines(WORDS, &self.words, 120.0).on_action(Message::Words),
                needed.then(|| t!("desk-report-needed")),
            ))
            .push(
                row![tinted(Icon::Info, Tone::Info.ink()), text(means).size(size::CAPTION)]
                    .spacing(space::S),
            )
            .spacing(space::M);
        let submit = self.order().map(|_| Message::Submit);
        frame(Frame {
            icon: Icon::Flag,
            title: t!("desk-report-error"),
            width: 640.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((format!("{} (Ctrl+Enter)", t!("desk-report-go")), Weight::Primary, submit)),
            close: Message::Close,
        })
    }
}

/// What was found and needs a word, one line each.
fn proposed(view: &GateView) -> String {
    let Some(gate) = &view.gate else { return String::new() };
    let lines: Vec<String> = gate
        .checks
        .iter()
        .filter(|check| matches!(check.outcome, Outcome::Failed | Outcome::Warned))
        .flat_map(|check| &check.facts)
        .filter(|one| TOLD.contains(&one.code.as_str()))
        .map(fact)
        .collect();
    lines.join("\n")
}

/// What is an error of the sender's; that something is as it should be is none.
const TOLD: [&str; 12] = [
    "signature-none",
    "signature-invalid",
    "signature-changed",
    "personal-missing",
    "organisation-missing",
    "annex-missing",
    "file-empty",
    "pages-differ",
    "format-forbidden",
    "format-mismatch",
    "field-differs",
    "field-not-found",
];
