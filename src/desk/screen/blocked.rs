//! The program cannot work here: why, what was kept, what to do, and what still works.

use iced::widget::{column, container};
use iced::{Center, Fill, Task};

use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::press;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::t;

/// A start that cannot succeed.
#[derive(Debug)]
pub struct Blocked {
    problem: Problem,
}

#[derive(Debug, Clone)]
pub enum Message {
    Quit,
}

#[derive(Debug)]
pub enum Action {
    Quit,
}

impl Blocked {
    pub fn new(problem: Problem) -> (Self, Task<Message>) {
        (Self { problem }, Task::none())
    }

    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Quit => Action::Quit,
        }
    }

    pub fn view(&self) -> Element<'_, Message> {
        let card = column![
            text(t!("desk-blocked-title")).font(BOLD).size(size::HEADLINE),
            told(&self.problem),
            text(t!("desk-blocked-still")).font(BOLD).size(size::BODY),
            text(t!("desk-blocked-works")).size(size::BODY),
            container(press(
                Some(Icon::LogOut),
                t!("desk-quit"),
                Weight::Primary,
                Some(Message::Quit)
            ))
            .align_right(Fill),
        ]
        .spacing(space::M);
        container(container(card).padding(space::XL).max_width(640).style(theme::card))
            .padding(space::XL)
            .center(Fill)
            .align_x(Center)
            .into()
    }
}
