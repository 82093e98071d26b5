//! What came over the line and is neither accepted nor returned: the sender is to be told on
//! the same day (Quyết định 01/2019/QĐ-UBND Điều 9 khoản 1).

use std::sync::Arc;

use iced::Task;
use iced::widget::{column, row};
use iced::{Center, Fill};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::{Document, local_time};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::theme::{self, BOLD, Tone, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::wide;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::office::Unacknowledged;
use crate::t;

/// More nobody reads at once; the queue has them all.
pub const MOST: u32 = 200;

#[derive(Debug)]
pub struct List {
    rows: Option<Vec<Unacknowledged>>,
    /// The row that the arrow keys are on.
    at: usize,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Fetched(Result<Vec<Unacknowledged>, Problem>),
    Open(DocumentKey),
    Close,
}

impl List {
    pub fn new(door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let door = Arc::clone(door);
        let fetch =
            Task::perform(crate::desk::ask(move || door.unacknowledged(MOST)), Message::Fetched);
        (Self { rows: None, at: 0, stage: Stage::Asking }, fetch)
    }
}

impl Modal for List {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Fetched(Ok(rows)) => self.rows = Some(rows),
            Message::Fetched(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Open(key) => return Step::Show(key),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, _: &Arc<dyn Door>) -> Step<Message> {
        let last = self.rows.as_ref().map_or(0, |rows| rows.len().saturating_sub(1));
        match command {
            Command::Down => self.at = self.at.saturating_add(1).min(last),
            Command::Up => self.at = self.at.saturating_sub(1),
            Command::Open | Command::Confirm => {
                let row = self.rows.as_ref().and_then(|rows| rows.get(self.at));
                if let Some(row) = row {
                    return Step::Show(row.document.key);
                }
            }
            _ => {}
        }
        Step::None
    }

    fn view(&self) -> Element<'_, Message> {
        let rows: Element<'_, Message> = match &self.rows {
            None => text(t!("desk-loading")).size(size::BODY).into(),
            Some(rows) if rows.is_empty() => row![
                tinted(Icon::CheckCircle, Tone::Good.ink()),
                text(t!("desk-unacknowledged-none")).size(size::BODY)
            ]
            .spacing(space::S)
            .align_y(Center)
            .into(),
            Some(rows) => {
                let lines = rows.iter().enumerate().map(|(index, row)| line(row, index == self.at));
                column(lines).spacing(space::XS).into()
            }
        };
        let body = column![
            text(t!("desk-unacknowledged-means")).size(size::BODY).color(theme::INK_SOFT),
            rows
        ]
        .spacing(space::M);
        frame(Frame {
            icon: Icon::Inbox,
            title: t!("desk-unacknowledged"),
            width: 860.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: None,
            close: Message::Close,
        })
    }
}

fn line(row: &Unacknowledged, at: bool) -> Element<'_, Message> {
    let document = Document::Inbound(Box::new(row.document.clone()));
    let code = document.code();
    let code = if code.is_empty() { t!("desk-no-code") } else { code };
    let due = local_time(row.due);
    let due = if row.late {
        badge(Icon::Warning, t!("desk-unacknowledged-late", due = due), Tone::Bad)
    } else {
        badge(Icon::Clock, t!("desk-unacknowledged-due", due = due), Tone::Info)
    };
    let content = column![
        row![text(code).font(BOLD).size(size::BODY).width(Fill), due]
            .spacing(space::S)
            .align_y(Center),
        text(row.document.metadata.subject.clone()).size(size::BODY),
        text(t!(
            "desk-unacknowledged-from",
            sender = row.document.sender_name,
            time = local_time(row.document.arrived_at)
        ))
        .size(size::CAPTION)
        .color(theme::INK_SOFT),
    ]
    .spacing(2.0);
    wide(content, at, Some(Message::Open(row.document.key)))
}
