//! The help: every shortcut there is, straight from the table that makes them work.

use std::sync::Arc;

use iced::Fill;
use iced::widget::{column, container, row};

use super::{Frame, Modal, Step, frame};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::keys::{Part, Shortcut, TABLE};
use crate::desk::theme::{self, BOLD, size, space};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::{Element, text};
use crate::t;

/// Shows itself, and goes.
#[derive(Debug)]
pub struct Help;

/// Nothing can be asked of it but to go.
#[derive(Debug, Clone)]
pub struct Message;

impl Modal for Help {
    type Message = Message;

    fn update(&mut self, Message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        Step::Close
    }

    fn command(&mut self, command: Command, _: &Arc<dyn Door>) -> Step<Message> {
        if command == Command::Help { Step::Close } else { Step::None }
    }

    fn view(&self) -> Element<'_, Message> {
        let (left, right) = Part::ALL.split_at(3);
        // Under the shorter half, so that all of it shows in the smallest usual window.
        let notes = column![
            text(t!("desk-help-search")).size(size::CAPTION).color(theme::INK_SOFT),
            text(t!("desk-help-data")).size(size::CAPTION).color(theme::INK_SOFT),
            text(t!("desk-help-reader")).size(size::CAPTION).color(theme::INK_SOFT),
            text(t!("desk-help-version", version = env!("CARGO_PKG_VERSION")))
                .size(size::CAPTION)
                .color(theme::INK_SOFT),
        ]
        .spacing(space::S);
        let body = column![
            text(t!("desk-help-intro")).size(size::BODY),
            row![parts(left), column![parts(right), notes].spacing(space::M).width(Fill)]
                .spacing(space::XL),
        ]
        .spacing(space::M);
        frame(Frame {
            icon: Icon::Keyboard,
            title: t!("desk-help"),
            width: 1000.0,
            body: body.into(),
            stage: None,
            go: None,
            close: Message,
        })
    }
}

fn parts<'a>(which: &[Part]) -> Element<'a, Message> {
    column(which.iter().map(|part| section(*part))).spacing(space::S).width(Fill).into()
}

fn section<'a>(part: Part) -> Element<'a, Message> {
    let lines = TABLE
        .iter()
        .filter(move |line| line.part == part && !line.written.is_empty())
        .map(shortcut);
    column![text(t!(part.key())).font(BOLD).size(size::BODY)].extend(lines).spacing(2.0).into()
}

fn shortcut<'a>(line: &Shortcut) -> Element<'a, Message> {
    row![
        container(text(line.written).size(size::BODY).font(BOLD)).width(150),
        text(t!(line.says)).size(size::BODY).width(Fill)
    ]
    .spacing(space::S)
    .into()
}
