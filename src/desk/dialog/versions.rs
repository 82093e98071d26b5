//! The versions of a document's file: who made which when and why, and what differs between
//! two of them, in words and page by page.

mod view;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use iced::Task;
use iced::task::Handle;
use iced::widget::image;

use super::{Modal, Stage, Step};
use crate::desk::document::{Document, local_time};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::widget::Element;
use crate::domain::document::DocumentKey;
use crate::domain::opinion::Version;
use crate::domain::problem::Problem;
use crate::office::{PagePair, VersionDifference};
use crate::pdf::Rect;
use crate::pdf::render::{Bitmap, Cancel};
use crate::t;

#[derive(Debug)]
pub struct Versions {
    key: DocumentKey,
    about: String,
    /// With the names of those who made them.
    versions: Vec<(Version, String)>,
    old: Option<u32>,
    new: Option<u32>,
    found: Option<Box<VersionDifference>>,
    /// Words, or pages.
    shows: Shows,
    page: u32,
    pair: Option<Pair>,
    /// Numbers the questions; an older answer is of no use.
    turn: u64,
    /// Stops the comparison that is under way.
    cancel: Cancel,
    _work: Option<Handle>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    Words,
    Pages,
}

#[derive(Debug)]
struct Pair {
    old: Option<Side>,
    new: Option<Side>,
    changed: Vec<Rect>,
}

#[derive(Debug)]
struct Side {
    handle: image::Handle,
    width: f32,
    height: f32,
}

#[derive(Debug, Clone)]
pub enum Message {
    Versions(Result<Vec<(Version, String)>, Problem>),
    Old(VersionChoice),
    New(VersionChoice),
    Found(u64, Result<Box<VersionDifference>, Problem>),
    Show(Shows),
    Turn(u32),
    Drawn(u64, Result<Box<PagePair>, Problem>),
    Close,
}

/// A version in the picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionChoice {
    number: u32,
    words: String,
}

impl fmt::Display for VersionChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Versions {
    pub fn new(document: &Document, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let key = document.key();
        let dialog = Self {
            key,
            about: super::about(document),
            versions: Vec::new(),
            old: None,
            new: None,
            found: None,
            shows: Shows::Words,
            page: 0,
            pair: None,
            turn: 0,
            cancel: Cancel::new(),
            _work: None,
            stage: Stage::Asking,
        };
        let door = Arc::clone(door);
        let ask = crate::desk::ask(move || door.versions(key));
        (dialog, Task::perform(ask, Message::Versions))
    }

    fn choices(&self) -> Vec<VersionChoice> {
        let words = |(version, by): &(Version, String)| {
            let kind = t!(&format!("version-{}", version.kind.key()));
            let at = local_time(version.at);
            let said = format!("{}. {kind} · {by} · {at}", version.number);
            match version.why.is_empty() {
                true => said,
                false => format!("{said} · {}", version.why),
            }
        };
        self.versions
            .iter()
            .map(|one| VersionChoice { number: one.0.number, words: words(one) })
            .collect()
    }

    /// Begins a comparison; the one that is under way ends.
    fn compare(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        self.cancel.cancel();
        self.cancel = Cancel::new();
        self.found = None;
        self.pair = None;
        self.page = 0;
        self.stage = Stage::Asking;
        let (Some(old), Some(new)) = (self.old, self.new) else { return Step::None };
        self.turn += 1;
        let (turn, key, door, cancel) =
            (self.turn, self.key, Arc::clone(door), self.cancel.clone());
        let work =
            crate::desk::ask(move || door.compare_versions(key, old, new, &cancel).map(Box::new));
        let (task, handle) =
            Task::perform(work, move |answer| Message::Found(turn, answer)).abortable();
        self._work = Some(handle.abort_on_drop());
        Step::Run(task)
    }

    fn draw(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        let (Some(old), Some(new)) = (self.old, self.new) else { return Step::None };
        self.pair = None;
        self.turn += 1;
        let (turn, key, page) = (self.turn, self.key, self.page);
        let (door, cancel) = (Arc::clone(door), self.cancel.clone());
        let work =
            crate::desk::ask(move || door.compare_page(key, old, new, page, &cancel).map(Box::new));
        Step::Run(Task::perform(work, move |answer| Message::Drawn(turn, answer)))
    }

    fn turn_to(&mut self, page: u32, door: &Arc<dyn Door>) -> Step<Message> {
        let count = self.found.as_ref().map_or(0, |found| found.page_count);
        self.page = page.min(count.saturating_sub(1));
        self.draw(door)
    }

    /// The next page after (or before) the one that is shown on which something differs.
    fn differing(&self, forward: bool) -> Option<u32> {
        let pages = self.found.as_ref()?.pages.iter().map(|(page, _)| *page);
        if forward {
            pages.into_iter().find(|page| *page > self.page)
        } else {
            pages.into_iter().rfind(|page| *page < self.page)
        }
    }
}

impl Drop for Versions {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Modal for Versions {
    type Message = Message;

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        Some(&mut self.stage)
    }

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Versions(Ok(versions)) => {
                // The last step first: what did it change?
                let number = |at: Option<usize>| Some(versions.get(at?)?.0.number);
                self.new = number(versions.len().checked_sub(1));
                self.old = number(versions.len().checked_sub(2)).or(self.new);
                self.versions = versions;
                return self.compare(door);
            }
            Message::Old(choice) => {
                self.old = Some(choice.number);
                return self.compare(door);
            }
            Message::New(choice) => {
                self.new = Some(choice.number);
                return self.compare(door);
            }
            Message::Found(turn, answer) if turn == self.turn => match answer {
                Ok(found) => {
                    tracing::info!(pages = found.pages.len(), "versions were compared");
                    self.page = found.pages.first().map_or(0, |(page, _)| *page);
                    self.found = Some(found);
                    if self.shows == Shows::Pages {
                        return self.draw(door);
                    }
                }
                Err(problem) => self.stage = Stage::Failed(problem),
            },
            Message::Drawn(turn, answer) if turn == self.turn => match answer {
                Ok(pair) => {
                    let PagePair { old, new, changed } = *pair;
                    self.pair = Some(Pair { old: old.map(side), new: new.map(side), changed });
                }
                Err(problem) => self.stage = Stage::Failed(problem),
            },
            Message::Found(..) | Message::Drawn(..) => {}
            Message::Show(shows) => {
                self.shows = shows;
                if shows == Shows::Pages && self.pair.is_none() && self.found.is_some() {
                    return self.draw(door);
                }
            }
            Message::Turn(page) => return self.turn_to(page, door),
            Message::Versions(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match (command, self.shows) {
            (Command::NextPage, Shows::Pages) => self.turn_to(self.page + 1, door),
            (Command::PreviousPage, Shows::Pages) => {
                self.turn_to(self.page.saturating_sub(1), door)
            }
            _ => Step::None,
        }
    }

    fn view(&self) -> Element<'_, Message> {
        self.shown()
    }
}

fn side(bitmap: Bitmap) -> Side {
    let (width, height) = (bitmap.width as f32, bitmap.height as f32);
    let pixels = Bytes::from_owner(bitmap.rgba);
    Side {
        handle: image::Handle::from_rgba(bitmap.width, bitmap.height, pixels),
        width: width.max(1.0),
        height: height.max(1.0),
    }
}
