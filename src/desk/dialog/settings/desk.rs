//! What this desk does by itself: notifications of the system, the folder whose files come in,
//! the folder into which a scanner puts its pages, and how much it asks of the line.

use std::num::NonZeroU32;
use std::path::PathBuf;

use iced::widget::{column, row};
use iced::{Center, Fill, Task};

use super::choose;
use crate::desk::door::Door;
use crate::desk::theme::{Weight, space};
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::press;
use crate::desk::widget::tick::tick;
use crate::desk::widget::{Element, means};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::line::LineManner;
use crate::office::set_up::DeskOrder;
use crate::t;

const LIMIT: &str = "settings-limit";

#[derive(Debug)]
pub struct Desk {
    /// As they are kept; `None` until the office has told.
    kept: Option<Kept>,
    notifies: bool,
    watched: String,
    scanned: String,
    paused: bool,
    metered: bool,
    /// KiB per second; empty for none.
    limit: String,
    /// The line is whose may exchange.
    may_sync: bool,
    /// Folders are the clerk's; whoever else sees the notifications alone.
    may_receive: bool,
}

/// The desk's settings as the office keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    notifies: bool,
    watched: Option<PathBuf>,
    scanned: Option<PathBuf>,
    manner: LineManner,
}

/// One of the two folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    Watched,
    Scanned,
}

#[derive(Debug, Clone)]
pub enum Message {
    Notifies(bool),
    Typed(Folder, String),
    Paused(bool),
    Metered(bool),
    Limit(String),
    Browse(Folder),
    Browsed(Folder, Option<PathBuf>),
    Submit,
}

impl Kept {
    pub fn of(door: &dyn Door) -> Result<Self, Problem> {
        Ok(Self {
            notifies: door.notifies(),
            watched: door.watched_folder()?,
            scanned: door.scanned_folder()?,
            manner: door.line_manner()?,
        })
    }
}

impl Desk {
    pub fn new(door: &dyn Door) -> Self {
        Self {
            kept: None,
            notifies: false,
            watched: String::new(),
            scanned: String::new(),
            paused: false,
            metered: false,
            limit: String::new(),
            may_sync: door.may(Act::Sync),
            may_receive: door.may(Act::ReceiveInbound),
        }
    }

    pub fn know(&mut self, kept: Kept) {
        let shown = |folder: &Option<PathBuf>| {
            folder.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default()
        };
        self.notifies = kept.notifies;
        self.watched = shown(&kept.watched);
        self.scanned = shown(&kept.scanned);
        (self.paused, self.metered) = (kept.manner.paused, kept.manner.metered);
        self.limit = kept.manner.limit.map_or(String::new(), |limit| limit.to_string());
        self.kept = Some(kept);
    }

    /// The field that cannot be saved as it is.
    pub fn fault(&self) -> Option<&'static str> {
        self.limit().is_none().then_some(LIMIT)
    }

    /// What is to be otherwise.
    pub fn change(&self) -> DeskOrder {
        let Some(kept) = &self.kept else { return DeskOrder::default() };
        let wanted = self.wanted();
        let folder = |kept: &Option<PathBuf>, wanted: Option<PathBuf>| {
            (self.may_receive && *kept != wanted).then_some(wanted)
        };
        DeskOrder {
            notifies: (kept.notifies != wanted.notifies).then_some(wanted.notifies),
            watched: folder(&kept.watched, wanted.watched),
            scanned: folder(&kept.scanned, wanted.scanned),
            manner: (kept.manner != wanted.manner).then_some(wanted.manner),
        }
    }

    pub fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Notifies(on) => self.notifies = on,
            Message::Typed(folder, typed) => *self.typed(folder) = typed,
            Message::Paused(on) => self.paused = on,
            Message::Metered(on) => self.metered = on,
            Message::Limit(typed) => self.limit = typed,
            Message::Browse(folder) => {
                let browsed = move |path| Message::Browsed(folder, path);
                return Task::perform(choose::folder(), browsed);
            }
            Message::Browsed(folder, Some(path)) => {
                *self.typed(folder) = path.display().to_string();
            }
            // What submits does so for all pages.
            Message::Browsed(_, None) | Message::Submit => {}
        }
        Task::none()
    }

    /// What was typed as the limit; `None` where it is none that can be set.
    fn limit(&self) -> Option<Option<NonZeroU32>> {
        match self.limit.trim() {
            "" => Some(None),
            typed => {
                let limit = typed.parse().ok().filter(|one| LineManner::LIMITS.contains(one))?;
                Some(NonZeroU32::new(limit))
            }
        }
    }

    fn wanted(&self) -> Kept {
        let folder = |typed: &str| {
            let typed = typed.trim();
            (!typed.is_empty()).then(|| PathBuf::from(typed))
        };
        Kept {
            notifies: self.notifies,
            watched: folder(&self.watched),
            scanned: folder(&self.scanned),
            manner: LineManner {
                paused: self.paused,
                metered: self.metered,
                limit: self.limit().unwrap_or_default(),
            },
        }
    }

    fn typed(&mut self, folder: Folder) -> &mut String {
        match folder {
            Folder::Watched => &mut self.watched,
            Folder::Scanned => &mut self.scanned,
        }
    }

    /// How much is asked of the line.
    fn line(&self, busy: bool) -> Element<'_, Message> {
        let pause =
            tick(t!("desk-settings-paused"), self.paused, (!busy).then_some(Message::Paused));
        let metered =
            tick(t!("desk-settings-metered"), self.metered, (!busy).then_some(Message::Metered));
        let typed = line(LIMIT, &t!("desk-settings-no-limit"), &self.limit)
            .on_input_maybe((!busy).then_some(Message::Limit))
            .on_submit(Message::Submit)
            .width(160);
        let fault = self.limit().is_none().then(|| {
            let (least, most) = (*LineManner::LIMITS.start(), *LineManner::LIMITS.end());
            t!("desk-settings-limit-range", least = least, most = most)
        });
        column![
            column![pause, means(t!("desk-settings-paused-means"))].spacing(space::XS),
            column![metered, means(t!("desk-settings-metered-means"))].spacing(space::XS),
            field(t!("desk-settings-limit"), typed, fault),
        ]
        .spacing(space::M)
        .into()
    }

    fn folder(&self, which: Folder, busy: bool) -> Element<'_, Message> {
        let (id, label, hint, typed) = match which {
            Folder::Watched => (
                "settings-watched",
                t!("desk-settings-watched"),
                t!("desk-settings-watched-means"),
                &self.watched,
            ),
            Folder::Scanned => (
                "settings-scanned",
                t!("desk-settings-scanned"),
                t!("desk-settings-scanned-means"),
                &self.scanned,
            ),
        };
        let typing = (!busy).then_some(move |typed| Message::Typed(which, typed));
        let browse = press(
            Some(Icon::Folder),
            t!("desk-settings-browse"),
            Weight::Plain,
            (!busy).then_some(Message::Browse(which)),
        );
        let none = press(
            None,
            t!("desk-settings-none"),
            Weight::Quiet,
            (!busy && !typed.is_empty()).then(|| Message::Typed(which, String::new())),
        );
        let line = line(id, &t!("desk-settings-no-folder"), typed)
            .on_input_maybe(typing)
            .on_submit(Message::Submit)
            .width(Fill);
        field(
            label,
            column![row![line, browse, none].spacing(space::S).align_y(Center), means(hint)]
                .spacing(space::XS),
            None,
        )
    }

    pub fn view(&self, busy: bool) -> Element<'_, Message> {
        let told = column![
            tick(t!("desk-settings-notifies"), self.notifies, (!busy).then_some(Message::Notifies)),
            means(t!("desk-settings-notifies-means"))
        ]
        .spacing(space::XS);
        let folders = self.may_receive.then(|| {
            column![self.folder(Folder::Watched, busy), self.folder(Folder::Scanned, busy)]
                .spacing(space::M)
        });
        let line = self.may_sync.then(|| self.line(busy));
        column![told].push(folders).push(line).spacing(space::L).into()
    }
}
