//! A try of the line to the server: as it stands on the page, before it is saved.

use std::sync::Arc;

use iced::widget::{column, container, row};
use iced::{Center, Fill, Task};

use super::Message;
use crate::desk::door::Door;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::exchange::ServerInfo;
use crate::office::batch::Cancel;
use crate::office::set_up::{ServerOrder, Tried};
use crate::t;

/// Clocks may differ by so many minutes without a word.
const SKEW: i64 = 2;

#[derive(Debug, Default)]
pub struct Trial {
    /// Numbers the tries: an answer to one that was ended comes too late.
    turn: u64,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    None,
    Running(Cancel),
    Ended(Result<Tried, Problem>),
}

impl Trial {
    pub fn begin(&mut self, order: ServerOrder, door: &Arc<dyn Door>) -> Task<Message> {
        self.forget();
        let (turn, cancel) = (self.turn, Cancel::default());
        self.state = State::Running(cancel.clone());
        let door = Arc::clone(door);
        let work = crate::desk::ask(move || door.try_server(&order, &cancel));
        Task::perform(work, move |answer| Message::Tried(turn, answer))
    }

    pub fn ended(&mut self, turn: u64, answer: Result<Tried, Problem>) {
        if turn == self.turn && self.is_running() {
            if let Err(problem) = &answer {
                tracing::info!(%problem, "a line was tried, and nobody answered");
            }
            self.state = State::Ended(answer);
        }
    }

    /// Ends the try; whether one ran.
    pub fn stop(&mut self) -> bool {
        let ran = self.is_running();
        if ran {
            self.forget();
        }
        ran
    }

    /// What it came to is not said any more.
    pub fn forget(&mut self) {
        if let State::Running(cancel) = &self.state {
            cancel.cancel();
        }
        self.turn += 1;
        self.state = State::None;
    }

    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running(_))
    }

    pub fn view(&self) -> Option<Element<'_, Message>> {
        match &self.state {
            State::None => None,
            State::Running(_) => Some(
                row![
                    tinted(Icon::Hourglass, theme::ACCENT).size(size::TITLE),
                    text(t!("desk-settings-trying")).size(size::BODY).width(Fill),
                    press(None, t!("desk-settings-stop"), Weight::Plain, Some(Message::Stop)),
                ]
                .spacing(space::S)
                .align_y(Center)
                .into(),
            ),
            State::Ended(Err(problem)) => Some(told(problem)),
            State::Ended(Ok(Tried { server, problem })) => {
                let reached = server.as_ref().map(|server| reached(server, problem));
                Some(
                    column![]
                        .push(reached)
                        .push(problem.as_ref().map(told))
                        .spacing(space::S)
                        .into(),
                )
            }
        }
    }
}

/// Who answered, how the clocks stand, and whether this office is believed.
fn reached<'a>(server: &ServerInfo, problem: &Option<Problem>) -> Element<'a, Message> {
    let minutes = server.skew.as_mins();
    let clock = match minutes {
        _ if minutes.abs() < SKEW => (Tone::Good, t!("desk-settings-clock-good")),
        1.. => (Tone::Warn, t!("desk-settings-clock-slow", minutes = minutes)),
        _ => (Tone::Warn, t!("desk-settings-clock-fast", minutes = minutes.abs())),
    };
    let believed = problem.is_none().then(|| {
        column![
            line(Tone::Good, t!("desk-settings-believed")),
            text(t!("desk-settings-tried-not-saved")).size(size::CAPTION)
        ]
        .spacing(space::XS)
    });
    let version = server.version.as_str();
    let answers = if version.is_empty() {
        t!("desk-settings-reached")
    } else {
        t!("desk-settings-reached-version", version = version)
    };
    let tone = if problem.is_none() && clock.0 == Tone::Good { Tone::Good } else { Tone::Info };
    container(
        column![line(Tone::Good, answers), line(clock.0, clock.1)]
            .push(believed)
            .spacing(space::XS),
    )
    .width(Fill)
    .padding(space::M)
    .style(theme::toned(tone))
    .into()
}

fn line<'a>(tone: Tone, words: String) -> Element<'a, Message> {
    let icon = if tone == Tone::Good { Icon::Check } else { Icon::Warning };
    row![
        tinted(icon, tone.ink()).size(size::TITLE),
        text(words).size(size::BODY).font(BOLD).width(Fill)
    ]
    .spacing(space::S)
    .align_y(Center)
    .into()
}
