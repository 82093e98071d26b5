//! The fields that not every document needs, and groups of recipients.

use std::sync::Arc;

use iced::widget::{column, container, row, text_editor};
use iced::{Center, Fill, Task};

use super::choices::SteeringChoice;
use super::raw::Complaint;
use super::view::said;
use super::{Draft, Stage, Step};
use crate::desk::door::Door;
use crate::desk::theme::{Weight, space};
use crate::desk::widget::Element;
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::press;
use crate::desk::widget::tick::tick;
use crate::domain::document::Steering;
use crate::domain::problem::Problem;
use crate::domain::text::tidy;
use crate::t;

#[derive(Debug, Clone)]
pub enum Message {
    Due(String),
    Copies(String),
    Notation(String),
    Drafter(String),
    Place(String),
    Circulation(String),
    Steering(SteeringChoice),
    Places(text_editor::Action),
    Notes(String),
    Paper(bool),
    GroupName(String),
    PutGroup,
    GroupPut(Result<(), Problem>),
}

impl Draft {
    pub(super) fn more_said(
        &mut self,
        message: Message,
        door: &Arc<dyn Door>,
    ) -> Step<super::Message> {
        let raw = &mut self.raw;
        match message {
            Message::Due(text) => raw.due = text,
            Message::Copies(text) => raw.copies = text,
            Message::Notation(text) => raw.notation = text,
            Message::Drafter(text) => raw.drafter = text,
            Message::Place(text) => raw.place = text,
            Message::Circulation(text) => raw.circulation = text,
            Message::Steering(SteeringChoice(steering)) => raw.steering = steering,
            Message::Places(action) => raw.other_places.perform(action),
            Message::Notes(text) => raw.notes = text,
            Message::Paper(paper) => raw.paper = paper,
            Message::GroupName(name) => self.group_name = name,
            Message::PutGroup => return self.put_group(door),
            Message::GroupPut(Ok(())) => {
                self.group_name.clear();
                return Step::Run(self.ask_groups(door));
            }
            Message::GroupPut(Err(problem)) => self.stage = Stage::Failed(problem),
        }
        Step::None
    }

    fn put_group(&mut self, door: &Arc<dyn Door>) -> Step<super::Message> {
        let (name, members) = (tidy(&self.group_name), self.raw.recipients.clone());
        if name.is_empty() || members.is_empty() {
            return Step::None;
        }
        let door = Arc::clone(door);
        let put = crate::desk::ask(move || door.put_group(&name, &members));
        Step::Run(Task::perform(put, |put| super::Message::More(Message::GroupPut(put))))
    }

    pub(super) fn further(&self, complaints: &[Complaint]) -> Element<'_, Message> {
        let raw = &self.raw;
        let complaint = |which: Complaint| complaints.contains(&which).then(|| said(which));
        let steering = choice(
            Steering::ALL.map(SteeringChoice).to_vec(),
            Some(SteeringChoice(raw.steering)),
            String::new(),
            Message::Steering,
        );
        let typed = |id, hint: String, value: &str, said: fn(String) -> Message| {
            line(id, &hint, value).on_input(said).into()
        };
        let group = row![
            line("draft-group", &t!("desk-draft-group-hint"), &self.group_name)
                .on_input(Message::GroupName)
                .on_submit(Message::PutGroup),
            press(
                Some(Icon::Users),
                t!("desk-draft-group-put"),
                Weight::Plain,
                (!tidy(&self.group_name).is_empty() && !raw.recipients.is_empty())
                    .then_some(Message::PutGroup),
            ),
        ]
        .spacing(space::S)
        .align_y(Center);
        column![
            field(
                t!("desk-draft-places"),
                lines("draft-places", &raw.other_places, 62.0).on_action(Message::Places),
                None
            ),
            row![
                wide_field(
                    t!("desk-draft-due"),
                    typed("draft-due", t!("desk-draft-due-hint"), &raw.due, Message::Due),
                    complaint(Complaint::Due)
                ),
                wide_field(
                    t!("desk-draft-copies"),
                    typed("draft-copies", String::new(), &raw.copies, Message::Copies),
                    complaint(Complaint::Copies)
                ),
                wide_field(
                    t!("desk-draft-drafter"),
                    typed("draft-drafter", String::new(), &raw.drafter, Message::Drafter),
                    None
                ),
                wide_field(
                    t!("desk-draft-place"),
                    typed("draft-place", String::new(), &raw.place, Message::Place),
                    None
                ),
            ]
            .spacing(space::S),
            row![
                wide_field(
                    t!("desk-draft-notation"),
                    typed(
                        "draft-notation",
                        t!("desk-draft-notation-hint"),
                        &raw.notation,
                        Message::Notation
                    ),
                    None
                ),
                wide_field(t!("desk-draft-steering"), steering, None),
                wide_field(
                    t!("desk-draft-circulation"),
                    typed(
                        "draft-circulation",
                        t!("desk-draft-circulation-hint"),
                        &raw.circulation,
                        Message::Circulation
                    ),
                    None
                ),
            ]
            .spacing(space::S),
            field(
                t!("desk-draft-notes"),
                line("draft-notes", "", &raw.notes).on_input(Message::Notes),
                None
            ),
            field(t!("desk-draft-group"), group, None),
            tick(t!("desk-draft-paper"), raw.paper, Some(Message::Paper)),
        ]
        .spacing(space::S)
        .into()
    }
}

/// A field that takes its share of the row.
fn wide_field<'a>(
    name: String,
    control: Element<'a, Message>,
    wrong: Option<String>,
) -> Element<'a, Message> {
    container(field(name, control, wrong)).width(Fill).into()
}
