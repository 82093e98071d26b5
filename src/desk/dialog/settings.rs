//! What this desk does by itself: notifications of the system, the folder whose files come in,
//! the folder into which a scanner puts its pages, and how much it asks of the line.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use iced::widget::{column, row};
use iced::{Center, Fill, Task};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::door::Door;
use crate::desk::theme::{self, Weight, size, space};
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::press;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::tick::tick;
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::line::LineManner;
use crate::t;

const LIMIT: &str = "settings-limit";

#[derive(Debug)]
pub struct Settings {
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
    stage: Stage,
}

/// The settings as the office keeps them.
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
    Known(Result<Kept, Problem>),
    Notifies(bool),
    Typed(Folder, String),
    Paused(bool),
    Metered(bool),
    Limit(String),
    Browse(Folder),
    Browsed(Folder, Option<PathBuf>),
    Submit,
    Saved(Result<(), Problem>),
    Close,
}

impl Settings {
    pub fn new(door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let dialog = Self {
            kept: None,
            notifies: false,
            watched: String::new(),
            scanned: String::new(),
            paused: false,
            metered: false,
            limit: String::new(),
            may_sync: door.may(Act::Sync),
            may_receive: door.may(Act::ReceiveInbound),
            stage: Stage::Asking,
        };
        let door = Arc::clone(door);
        let known = crate::desk::ask(move || {
            Ok(Kept {
                notifies: door.notifies(),
                watched: door.watched_folder()?,
                scanned: door.scanned_folder()?,
                manner: door.line_manner()?,
            })
        });
        (dialog, Task::perform(known, Message::Known))
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

    fn submit(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        let Some(kept) = self.kept.clone().filter(|_| !self.stage.is_busy()) else {
            return Step::None;
        };
        if self.limit().is_none() {
            return Step::Run(reach(LIMIT));
        }
        let wanted = self.wanted();
        if kept == wanted {
            return Step::Close;
        }
        self.stage = Stage::Busy;
        let (may_receive, door) = (self.may_receive, Arc::clone(door));
        let work = crate::desk::ask(move || save(&*door, &kept, &wanted, may_receive));
        Step::Run(Task::perform(work, Message::Saved))
    }

    /// How much is asked of the line.
    fn line(&self, busy: bool) -> Element<'_, Message> {
        let means = |words: String| text(words).size(size::CAPTION).color(theme::INK_SOFT);
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
            column![
                row![line, browse, none].spacing(space::S).align_y(Center),
                text(hint).size(size::CAPTION).color(theme::INK_SOFT)
            ]
            .spacing(space::XS),
            None,
        )
    }
}

impl Modal for Settings {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Known(Ok(kept)) => {
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
            Message::Known(Err(problem)) | Message::Saved(Err(problem)) => {
                self.stage = Stage::Failed(problem);
            }
            Message::Notifies(on) => self.notifies = on,
            Message::Typed(folder, typed) => *self.typed(folder) = typed,
            Message::Paused(on) => self.paused = on,
            Message::Metered(on) => self.metered = on,
            Message::Limit(typed) => self.limit = typed,
            Message::Browse(folder) => return Step::Run(browse(folder)),
            Message::Browsed(folder, Some(path)) => {
                *self.typed(folder) = path.display().to_string();
            }
            Message::Browsed(_, None) => {}
            Message::Submit => return self.submit(door),
            Message::Saved(Ok(())) => {
                self.stage = Stage::Asking;
                return Step::Settled;
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn confirm(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        self.submit(door)
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let body: Element<'_, Message> = if self.kept.is_none() {
            text(t!("desk-loading")).size(size::BODY).into()
        } else {
            let told = column![
                tick(
                    t!("desk-settings-notifies"),
                    self.notifies,
                    (!busy).then_some(Message::Notifies)
                ),
                text(t!("desk-settings-notifies-means")).size(size::CAPTION).color(theme::INK_SOFT)
            ]
            .spacing(space::XS);
            let folders = self.may_receive.then(|| {
                column![self.folder(Folder::Watched, busy), self.folder(Folder::Scanned, busy)]
                    .spacing(space::M)
            });
            let line = self.may_sync.then(|| self.line(busy));
            column![told].push(folders).push(line).spacing(space::L).into()
        };
        frame(Frame {
            icon: Icon::List,
            title: t!("desk-settings"),
            width: 760.0,
            body,
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!("desk-settings-go")),
                Weight::Primary,
                self.kept.is_some().then_some(Message::Submit),
            )),
            close: Message::Close,
        })
    }
}

/// What is the same is left alone: a folder that is out of reach today stays as it is set.
fn save(door: &dyn Door, kept: &Kept, wanted: &Kept, may_receive: bool) -> Result<(), Problem> {
    // Given up before it is taken for the other: one folder cannot be both.
    let changes = |folder: fn(&Kept) -> Option<&Path>| {
        (may_receive && folder(kept) != folder(wanted)).then(|| folder(wanted))
    };
    let watched = changes(|kept| kept.watched.as_deref());
    let scanned = changes(|kept| kept.scanned.as_deref());
    if watched.is_some() {
        door.watch_folder(None)?;
    }
    if let Some(folder) = scanned {
        door.scan_from_folder(folder)?;
    }
    if let Some(folder) = watched
        && let Err(problem) = door.watch_folder(folder)
    {
        // What was watched before is watched still.
        door.watch_folder(kept.watched.as_deref())?;
        return Err(problem);
    }
    if kept.manner != wanted.manner {
        door.set_line_manner(wanted.manner)?;
    }
    if kept.notifies != wanted.notifies {
        door.set_notifies(wanted.notifies)?;
    }
    Ok(())
}

/// The system's dialog.
fn browse(folder: Folder) -> Task<Message> {
    let chosen = async {
        let chosen = rfd::AsyncFileDialog::new().pick_folder().await;
        chosen.map(|folder| folder.path().to_owned())
    };
    Task::perform(chosen, move |path| Message::Browsed(folder, path))
}
