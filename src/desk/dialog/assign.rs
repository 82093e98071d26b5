//! To whom a document goes, with what direction and until when.

use std::sync::Arc;

use iced::Task;
use iced::widget::{column, operation, row, text_editor};
use iced::{Center, Fill};
use jiff::civil::Date;

use super::{Frame, Stage, Step, frame};
use crate::desk::document::{Document, today};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::{Icon, icon};
use crate::desk::widget::press::wide;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::domain::text::{fold, tidy};
use crate::office::UserInfo;
use crate::t;

const NAME: &str = "assign-name";

#[derive(Debug)]
pub struct Assign {
    key: DocumentKey,
    about: String,
    users: Vec<UserInfo>,
    /// Narrows the list, diacritics or not.
    name: String,
    chosen: Option<String>,
    direction: text_editor::Content,
    due: String,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Users(Result<Vec<UserInfo>, Problem>),
    Name(String),
    Choose(String),
    Direction(text_editor::Action),
    Due(String),
    Submit,
    Close,
}

impl Assign {
    pub fn new(document: &Document, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let dialog = Self {
            key: document.key(),
            about: super::about(document),
            users: Vec::new(),
            name: String::new(),
            chosen: None,
            direction: text_editor::Content::new(),
            due: document.due().map(crate::desk::document::day).unwrap_or_default(),
            stage: Stage::Asking,
        };
        let door = Arc::clone(door);
        let users = Task::perform(crate::desk::ask(move || door.users()), Message::Users);
        (dialog, Task::batch([users, operation::focus(NAME)]))
    }

    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    pub fn update(&mut self, message: Message) -> Step<Message> {
        match message {
            Message::Users(Ok(users)) => {
                self.users = users.into_iter().filter(|user| !user.disabled).collect();
            }
            Message::Users(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Name(name) => {
                self.name = name;
                // One that is left is the one that is meant.
                if let [only] = self.matching().as_slice() {
                    self.chosen = Some(only.user.clone());
                }
            }
            Message::Choose(user) => self.chosen = Some(user),
            Message::Direction(action) if !self.stage.is_busy() => self.direction.perform(action),
            Message::Direction(_) => {}
            Message::Due(due) => self.due = due,
            Message::Submit => {
                if let Some(order) = self.order() {
                    return Step::Order(order);
                }
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }

    pub fn command(&mut self, command: Command) -> Step<Message> {
        match command {
            Command::Confirm => self.update(Message::Submit),
            Command::Down => self.step(true),
            Command::Up => self.step(false),
            _ => Step::None,
        }
    }

    fn step(&mut self, forward: bool) -> Step<Message> {
        let users = self.matching();
        let at = users.iter().position(|user| Some(&user.user) == self.chosen.as_ref());
        let next = match (at, forward) {
            (None, _) => 0,
            (Some(at), true) => (at + 1).min(users.len().saturating_sub(1)),
            (Some(at), false) => at.saturating_sub(1),
        };
        self.chosen = users.get(next).map(|user| user.user.clone());
        Step::None
    }

    fn matching(&self) -> Vec<&UserInfo> {
        let wanted = fold(&tidy(&self.name));
        self.users
            .iter()
            .filter(|user| {
                fold(&user.display_name).contains(&wanted) || fold(&user.user).contains(&wanted)
            })
            .collect()
    }

    fn order(&self) -> Option<Order> {
        if self.stage.is_busy() {
            return None;
        }
        let due = parse_due(&self.due).ok()?;
        Some(Order::Assign {
            key: self.key,
            user: self.chosen.clone()?,
            direction: tidy(&self.direction.text()),
            due,
        })
    }

    pub fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let users = self.matching().into_iter().map(|user| {
            let chosen = self.chosen.as_ref() == Some(&user.user);
            let content = row![
                icon(if chosen { Icon::CheckCircle } else { Icon::User }),
                text(user.display_name.clone()).size(size::BODY),
                text(words::roles(&user.roles))
                    .size(size::CAPTION)
                    .color(theme::INK_SOFT)
                    .width(Fill)
            ]
            .spacing(space::S)
            .align_y(Center);
            wide(content, chosen, (!busy).then(|| Message::Choose(user.user.clone())))
        });
        let due = parse_due(&self.due);
        let complaint = match due {
            Err(()) => Some(t!("desk-due-unreadable")),
            Ok(Some(date)) if date < today() => Some(t!("desk-due-past")),
            Ok(_) => None,
        };
        let body = column![
            text(&self.about).font(BOLD).size(size::BODY),
            field(
                t!("desk-assign-user"),
                column![
                    line(NAME, &t!("desk-assign-user-hint"), &self.name)
                        .on_input(Message::Name)
                        .on_submit(Message::Submit),
                    column(users).spacing(2.0)
                ]
                .spacing(space::XS),
                (self.chosen.is_none() && !self.users.is_empty())
                    .then(|| t!("desk-assign-user-needed"))
            ),
            field(
                t!("desk-assign-direction"),
                lines("assign-direction", &self.direction, 70.0).on_action(Message::Direction),
                None
            ),
            field(
                t!("desk-assign-due"),
                line("assign-due", &t!("desk-date-hint"), &self.due)
                    .on_input(Message::Due)
                    .on_submit(Message::Submit),
                complaint
            ),
        ]
        .spacing(space::M);
        frame(Frame {
            icon: Icon::UserPlus,
            title: t!("desk-deed-assign"),
            width: 600.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!("desk-deed-assign")),
                Weight::Primary,
                self.order().map(|_| Message::Submit),
            )),
            close: Message::Close,
        })
    }
}

/// Reads `6/2/2019`, `06-02-2019` or nothing; `Err` for anything else.
pub(in crate::desk) fn parse_due(text: &str) -> Result<Option<Date>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).map(str::trim).collect();
    let [day, month, year] = parts.as_slice() else { return Err(()) };
    let year: i16 = year.parse().map_err(drop)?;
    let date = Date::new(year, month.parse().map_err(drop)?, day.parse().map_err(drop)?);
    // A year of two digits is a slip, not the first century.
    date.ok().filter(|date| date.year() >= 2000).map(Some).ok_or(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::role::Role;

    fn dialog() -> Assign {
        let user = |user: &str, name: &str| UserInfo {
            user: user.to_owned(),
            display_name: name.to_owned(),
            roles: vec![Role::Drafter],
            disabled: false,
        };
        Assign {
            key: DocumentKey::fresh(),
            about: String::new(),
            users: vec![user("be", "Trần Thị Bé"), user("dat", "Đỗ Tiến Đạt")],
            name: String::new(),
            chosen: None,
            direction: text_editor::Content::new(),
            due: String::new(),
            stage: Stage::Asking,
        }
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        assert_eq!(parse_due(" "), Ok(None));
        assert_eq!(parse_due("6/2/2026"), Ok(Some(date(2026, 2, 6))));
        assert_eq!(parse_due("06-02-2026"), Ok(Some(date(2026, 2, 6))));
        for wrong in ["31/2/2026", "6/2", "6/2/26", "2026-02-06", "mai", "1/1/2026/1"] {
            assert_eq!(parse_due(wrong), Err(()), "{wrong}");
        }
    }

    #[test]
    fn names_are_found_without_diacritics_and_the_only_one_is_taken() {
        let mut dialog = dialog();
        drop(dialog.update(Message::Name("dat".to_owned())));
        assert_eq!(dialog.chosen.as_deref(), Some("dat"));
        assert!(matches!(
            dialog.update(Message::Submit),
            Step::Order(Order::Assign { user, due: None, .. }) if user == "dat"
        ));
    }

    #[test]
    fn nobody_and_no_unreadable_date_is_assigned() {
        let mut dialog = dialog();
        assert!(matches!(dialog.update(Message::Submit), Step::None));
        drop(dialog.update(Message::Choose("be".to_owned())));
        drop(dialog.update(Message::Due("mai".to_owned())));
        assert!(matches!(dialog.update(Message::Submit), Step::None));
    }

    #[test]
    fn arrows_walk_the_list() {
        let mut dialog = dialog();
        drop(dialog.command(Command::Down));
        assert_eq!(dialog.chosen.as_deref(), Some("be"));
        drop(dialog.command(Command::Down));
        drop(dialog.command(Command::Down));
        assert_eq!(dialog.chosen.as_deref(), Some("dat"));
        drop(dialog.command(Command::Up));
        assert_eq!(dialog.chosen.as_deref(), Some("be"));
    }
}
