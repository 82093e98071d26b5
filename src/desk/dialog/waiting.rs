//! Documents that were signed without a line and wait for one, so that their signatures are
//! made to last: time stamps and proofs of validity.

use std::sync::Arc;

use iced::widget::{column, container, row};
use iced::{Center, Fill, Task};

use super::{Frame, Stage, Step, frame};
use crate::desk::document::local_time;
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::office::AwaitingExtension;
use crate::t;

#[derive(Debug)]
pub struct Waiting {
    rows: Option<Vec<AwaitingExtension>>,
    may: bool,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Fetched(Result<Vec<AwaitingExtension>, Problem>),
    Submit,
    Close,
}

impl Waiting {
    /// `may`: whether the person here may extend by hand.
    pub fn new(may: bool, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        (Self { rows: None, may, stage: Stage::Asking }, fetch(door))
    }

    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    pub fn update(&mut self, message: Message) -> Step<Message> {
        match message {
            Message::Fetched(Ok(rows)) => self.rows = Some(rows),
            Message::Fetched(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Submit if self.is_ready() => return Step::Order(Order::Extend),
            Message::Submit => {}
            Message::Close => return Step::Close,
        }
        Step::None
    }

    pub fn command(&mut self, command: Command) -> Step<Message> {
        match command {
            Command::Confirm => self.update(Message::Submit),
            _ => Step::None,
        }
    }

    /// Each document says by itself what its last try came to.
    pub fn failed(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        fetch(door)
    }

    fn is_ready(&self) -> bool {
        let some = self.rows.as_ref().is_some_and(|rows| !rows.is_empty());
        self.may && some && !self.stage.is_busy()
    }

    pub fn view(&self) -> Element<'_, Message> {
        let rows: Element<'_, Message> = match &self.rows {
            None => text(t!("desk-loading")).size(size::BODY).into(),
            Some(rows) if rows.is_empty() => text(t!("desk-waiting-none")).size(size::BODY).into(),
            Some(rows) => column(rows.iter().map(line)).spacing(space::S).into(),
        };
        let body =
            column![text(t!("desk-waiting-means")).size(size::BODY).color(theme::INK_SOFT), rows]
                .spacing(space::M);
        frame(Frame {
            icon: Icon::History,
            title: t!("desk-waiting"),
            width: 860.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: self.may.then(|| {
                let submit = self.is_ready().then_some(Message::Submit);
                (format!("{} (Ctrl+Enter)", t!("desk-waiting-go")), Weight::Primary, submit)
            }),
            close: Message::Close,
        })
    }
}

fn fetch(door: &Arc<dyn Door>) -> Task<Message> {
    let door = Arc::clone(door);
    Task::perform(crate::desk::ask(move || door.awaiting_extension()), Message::Fetched)
}

fn line(waiting: &AwaitingExtension) -> Element<'_, Message> {
    let levels = format!("{} → {}", waiting.level.name(), waiting.wanted.name());
    let caption = |words: String| text(words).size(size::CAPTION).color(theme::INK_SOFT);
    let tried = match (waiting.tries, waiting.last_attempt) {
        (0, _) | (_, None) => t!("desk-waiting-untried"),
        (tries, Some(at)) => t!("desk-waiting-tried", tries = tries, time = local_time(at)),
    };
    let problem = waiting.last_problem.as_ref().map(|problem| {
        row![
            tinted(Icon::Warning, Tone::Warn.ink()).size(size::CAPTION),
            text(problem).size(size::CAPTION).color(Tone::Warn.ink()).width(Fill)
        ]
        .spacing(space::XS)
    });
    let renew =
        waiting.renew_before.map(|at| caption(t!("desk-waiting-renew", time = local_time(at))));
    container(
        column![
            row![
                text(&waiting.code).font(BOLD).size(size::BODY).width(Fill),
                badge(Icon::Clock, levels, Tone::Info)
            ]
            .spacing(space::S)
            .align_y(Center),
            text(&waiting.subject).size(size::BODY),
            caption(tried),
        ]
        .push(renew)
        .push(problem)
        .spacing(2.0),
    )
    .padding(space::S)
    .width(Fill)
    .style(theme::framed)
    .into()
}
