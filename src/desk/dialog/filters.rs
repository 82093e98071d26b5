//! Kept searches: going to one by the beginning of its name, renaming and deleting them; and
//! keeping the search of the moment.

use std::sync::Arc;

use iced::widget::{column, operation, row};
use iced::{Center, Fill, Task};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::Queue;
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::{Icon, icon};
use crate::desk::widget::press::{press, tool, wide};
use crate::desk::widget::shortened::shortened;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::problem::Problem;
use crate::domain::text::{fold, tidy};
use crate::office::search::{LONGEST_NAME, SavedFilter};
use crate::t;

const NAME: &str = "filter-name";

#[derive(Debug)]
pub struct Filters {
    kept: Option<Vec<SavedFilter>>,
    /// Narrows the list, diacritics or not.
    typed: String,
    at: usize,
    aim: Aim,
    stage: Stage,
}

/// What the dialog is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Aim {
    Go,
    /// Another name for the one of this name.
    Rename(String),
    /// A name for the search of the moment.
    Keep {
        queue: Queue,
        words: String,
    },
}

#[derive(Debug, Clone)]
pub enum Message {
    Fetched(Result<Vec<SavedFilter>, Problem>),
    Typed(String),
    Choose(usize),
    Rename,
    Delete,
    Changed(Result<(), Problem>),
    Submit,
    Close,
}

impl Filters {
    /// Goes to a kept search.
    pub fn go(door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        Self::begin(Aim::Go, door)
    }

    /// Keeps a search.
    pub fn keep(queue: Queue, words: String, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        Self::begin(Aim::Keep { queue, words }, door)
    }

    fn begin(aim: Aim, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let dialog = Self { kept: None, typed: String::new(), at: 0, aim, stage: Stage::Asking };
        (dialog, Task::batch([fetch(door), reach(NAME)]))
    }

    /// The list once more, after something was changed.
    pub fn refetch(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        Task::batch([fetch(door), reach(NAME)])
    }

    fn submit(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        if self.stage.is_busy() {
            return Step::None;
        }
        let name = tidy(&self.typed);
        match self.aim.clone() {
            Aim::Go => match self.chosen() {
                Some(filter) => Step::GoTo(filter.clone()),
                None => Step::None,
            },
            Aim::Rename(from) => self.change(door, move |door| door.rename_filter(&from, &name)),
            Aim::Keep { queue, words } if !name.is_empty() => {
                let filter = SavedFilter { name, queue: queue.key(), words };
                self.change(door, move |door| door.save_filter(&filter))
            }
            Aim::Keep { .. } => Step::None,
        }
    }

    fn change(
        &mut self,
        door: &Arc<dyn Door>,
        change: impl FnOnce(&dyn Door) -> Result<(), Problem> + Send + 'static,
    ) -> Step<Message> {
        self.stage = Stage::Busy;
        let door = Arc::clone(door);
        Step::Run(Task::perform(crate::desk::ask(move || change(&*door)), Message::Changed))
    }

    fn matching(&self) -> Vec<&SavedFilter> {
        let wanted = match self.aim {
            Aim::Go => fold(&tidy(&self.typed)),
            Aim::Rename(_) | Aim::Keep { .. } => String::new(),
        };
        let fits = |filter: &&SavedFilter| fold(&filter.name).contains(&wanted);
        let mut matching: Vec<&SavedFilter> = self.kept.iter().flatten().filter(fits).collect();
        // What begins as was typed comes first: that is what a quick hand takes.
        matching.sort_by_key(|filter| !fold(&filter.name).starts_with(&wanted));
        matching
    }

    fn chosen(&self) -> Option<&SavedFilter> {
        self.matching().get(self.at).copied()
    }

    /// What is being kept.
    fn about(&self) -> Option<Element<'_, Message>> {
        let Aim::Keep { queue, words } = &self.aim else { return None };
        let words =
            if words.trim().is_empty() { t!("desk-filter-no-words") } else { words.clone() };
        Some(
            text(format!("{} · {words}", words::queue(*queue)))
                .size(size::BODY)
                .color(theme::INK_SOFT)
                .into(),
        )
    }

    fn list(&self) -> Element<'_, Message> {
        let Some(kept) = &self.kept else {
            return text(t!("desk-loading")).size(size::BODY).into();
        };
        if kept.is_empty() {
            return text(t!("desk-filter-none")).size(size::BODY).color(theme::INK_SOFT).into();
        }
        let busy = self.stage.is_busy();
        let lines = self.matching().into_iter().enumerate().map(|(index, filter)| {
            let queue = Queue::from_key(&filter.queue).map(words::queue).unwrap_or_default();
            let about: Vec<&str> = [queue.as_str(), filter.words.as_str()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
            let content = row![
                icon(Icon::Search),
                text(filter.name.clone()).size(size::BODY).font(BOLD),
                shortened(about.join(" · "), size::CAPTION, theme::REGULAR, Some(theme::INK_SOFT))
            ]
            .spacing(space::S)
            .align_y(Center);
            wide(content, index == self.at, (!busy).then_some(Message::Choose(index)))
        });
        let some = self.chosen().is_some() && !busy;
        column![
            column(lines).spacing(2.0),
            row![
                press(
                    Some(Icon::Pen),
                    t!("desk-filter-rename"),
                    Weight::Plain,
                    some.then_some(Message::Rename)
                ),
                tool(Icon::Trash, t!("desk-filter-delete"), some.then_some(Message::Delete)),
            ]
            .spacing(space::S)
            .width(Fill)
        ]
        .spacing(space::M)
        .into()
    }
}

impl Modal for Filters {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Fetched(Ok(kept)) => self.kept = Some(kept),
            Message::Fetched(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Typed(typed) => {
                self.typed = typed;
                self.at = 0;
            }
            Message::Choose(index) => {
                self.at = index;
                return self.submit(door);
            }
            Message::Rename => {
                if let Some(name) = self.chosen().map(|filter| filter.name.clone()) {
                    self.typed.clone_from(&name);
                    self.aim = Aim::Rename(name);
                    return Step::Run(Task::batch([reach(NAME), operation::select_all(NAME)]));
                }
            }
            Message::Delete => {
                if let Some(name) = self.chosen().map(|filter| filter.name.clone()) {
                    return self.change(door, move |door| door.forget_filter(&name));
                }
            }
            Message::Changed(Ok(())) => match self.aim {
                Aim::Keep { .. } => return Step::FiltersChanged(true),
                Aim::Go | Aim::Rename(_) => {
                    self.aim = Aim::Go;
                    self.typed.clear();
                    self.at = 0;
                    self.stage = Stage::Asking;
                    return Step::FiltersChanged(false);
                }
            },
            Message::Changed(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Submit => return self.submit(door),
            Message::Close if matches!(self.aim, Aim::Rename(_)) => {
                self.aim = Aim::Go;
                self.typed.clear();
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        let last = self.matching().len().saturating_sub(1);
        match command {
            Command::Confirm => return self.submit(door),
            Command::Down => self.at = (self.at + 1).min(last),
            Command::Up => self.at = self.at.saturating_sub(1),
            _ => {}
        }
        Step::None
    }

    /// Who renames a search goes back to the list of them.
    fn leave(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        self.update(Message::Close, door)
    }

    fn view(&self) -> Element<'_, Message> {
        let title = match self.aim {
            Aim::Go => t!("desk-filter-go"),
            Aim::Rename(_) => t!("desk-filter-rename"),
            Aim::Keep { .. } => t!("desk-filter-keep"),
        };
        let label = match self.aim {
            Aim::Go => t!("desk-filter-begin"),
            Aim::Rename(_) | Aim::Keep { .. } => t!("desk-filter-name"),
        };
        let name = tidy(&self.typed);
        let naming = self.aim != Aim::Go;
        let complaint = (naming && name.chars().count() > LONGEST_NAME)
            .then(|| t!("desk-filter-too-long", most = LONGEST_NAME));
        let replaces = matches!(self.aim, Aim::Keep { .. })
            && self.kept.iter().flatten().any(|filter| filter.name == name);
        let ready = match self.aim {
            Aim::Go => self.chosen().is_some(),
            Aim::Rename(_) | Aim::Keep { .. } => !name.is_empty() && complaint.is_none(),
        };
        let body = column![field(
            label,
            line(NAME, "", &self.typed).on_input(Message::Typed).on_submit(Message::Submit),
            complaint
        )]
        .push(self.about())
        .push(replaces.then(|| text(t!("desk-filter-replaces")).size(size::CAPTION)))
        .push((self.aim == Aim::Go).then(|| self.list()))
        .spacing(space::M);
        let go = match self.aim {
            Aim::Go => t!("desk-filter-show"),
            Aim::Rename(_) | Aim::Keep { .. } => t!("desk-filter-save"),
        };
        frame(Frame {
            icon: Icon::Search,
            title,
            width: 620.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((format!("{go} (Enter)"), Weight::Primary, ready.then_some(Message::Submit))),
            close: Message::Close,
        })
    }
}

fn fetch(door: &Arc<dyn Door>) -> Task<Message> {
    let door = Arc::clone(door);
    Task::perform(crate::desk::ask(move || door.saved_filters()), Message::Fetched)
}
