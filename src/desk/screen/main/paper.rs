//! What comes in beside the line: files that are dropped or chosen, the watched folder, and
//! pages that were left on the desk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc;
use iced::{Subscription, Task};

use super::Main;
use super::notices::Notice;
use super::work::slow;
use crate::desk::dialog::Dialog;
use crate::desk::document::{Document, Queue};
use crate::domain::document::DocumentKey;
use crate::domain::paper::Sheaf;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text::fold;
use crate::office::Imported;
use crate::office::batch::Cancel;
use crate::office::folder::Sweep;
use crate::t;

/// How often the watched folder is looked at.
const EVERY: Duration = Duration::from_secs(4);

/// The watched folder, as far as the window knows.
#[derive(Debug, Default)]
pub struct Folder {
    watched: bool,
    looking: bool,
    /// What is being taken, once there is something: the job that says so.
    taking: Option<u64>,
    cancel: Cancel,
    /// It could not be opened at the last look, which has been told.
    gone: bool,
}

#[derive(Debug, Clone)]
pub enum Message {
    /// What was found at the start: a folder to watch, and pages left from the last time.
    Found(Result<(bool, Option<Sheaf>), Problem>),
    Look,
    /// So many files of so many are done.
    Taking(usize, usize),
    /// What is not taken yet is taken at another look.
    Stop,
    Looked(Result<Sweep, Problem>),
}

impl Folder {
    pub fn subscription(&self) -> Subscription<Message> {
        if self.watched {
            iced::time::every(EVERY).map(|_| Message::Look)
        } else {
            Subscription::none()
        }
    }
}

impl Main {
    /// Asks once whether a folder is watched and pages are waiting.
    pub(super) fn look_for_paper(&self) -> Task<super::Message> {
        if !self.door.may(Act::ReceiveInbound) {
            return Task::none();
        }
        let door = Arc::clone(&self.door);
        let ask = crate::desk::ask(move || Ok((door.watched_folder()?.is_some(), door.sheaf()?)));
        Task::perform(ask, Message::Found).map(super::Message::Paper)
    }

    pub(super) fn paper(&mut self, message: Message) -> Task<super::Message> {
        match message {
            Message::Found(Ok((watched, sheaf))) => {
                self.folder.watched = watched;
                match sheaf.map_or(0, |sheaf| sheaf.pages.len()) {
                    0 => Task::none(),
                    count => self.warning(t!("desk-digitise-left", count = count)),
                }
            }
            Message::Found(Err(problem)) => self.trouble(problem),
            Message::Look if self.folder.looking => Task::none(),
            Message::Look => {
                self.folder.looking = true;
                self.folder.cancel = Cancel::default();
                let (cancel, door) = (self.folder.cancel.clone(), Arc::clone(&self.door));
                let (say, said) = mpsc::unbounded();
                let look = crate::desk::ask(move || {
                    door.sweep(&cancel, &mut |done, all| {
                        // Whoever closed the window hears nothing more.
                        let _ = say.unbounded_send(Message::Taking(done, all));
                    })
                });
                Task::batch([Task::run(said, |said| said), Task::perform(look, Message::Looked)])
                    .map(super::Message::Paper)
            }
            Message::Taking(done, all) => {
                let words = t!("desk-folder-taking", number = done + 1, all = all);
                match self.folder.taking {
                    Some(job) => {
                        self.jobs.say(job, words);
                        Task::none()
                    }
                    None => {
                        let stop = super::Message::Paper(Message::Stop);
                        let job = self.jobs.begin_stoppable(words, stop);
                        self.folder.taking = Some(job);
                        slow(job)
                    }
                }
            }
            Message::Stop => {
                self.folder.cancel.cancel();
                Task::none()
            }
            Message::Looked(answer) => self.looked(answer),
        }
    }

    fn looked(&mut self, answer: Result<Sweep, Problem>) -> Task<super::Message> {
        self.folder.looking = false;
        if let Some(job) = self.folder.taking.take() {
            self.jobs.end(job);
        }
        let sweep = match answer {
            Ok(sweep) => sweep,
            // Each look says the same; once is enough until it is there again.
            Err(problem) => {
                let told = std::mem::replace(&mut self.folder.gone, true);
                return if told { Task::none() } else { self.trouble(problem) };
            }
        };
        let mut tasks = Vec::new();
        if std::mem::take(&mut self.folder.gone) {
            let said = t!("desk-folder-back");
            tasks.push(self.notices.add(Notice::Good(said)).map(super::Message::Notices));
        }
        let came = sweep.files.iter().filter(|(_, one)| matches!(one, Imported::Document(_)));
        let (came, known) = (came.count(), sweep.files.len());
        if !sweep.files.is_empty() {
            let said = t!("desk-folder-came", came = came, known = known - came);
            tasks.push(self.notices.add(Notice::Good(said)).map(super::Message::Notices));
            tasks.push(self.count());
            tasks.push(self.list.reload(&self.door).map(super::Message::List));
        }
        if let Some((name, problem)) = sweep.refused.first() {
            let (count, why) = (sweep.refused.len(), crate::i18n::tell(problem).what);
            tasks.push(self.warning(t!(
                "desk-folder-refused",
                count = count,
                name = name,
                why = why
            )));
        }
        if let Some(problem) = sweep.problem {
            tasks.push(self.trouble(problem));
        }
        Task::batch(tasks)
    }

    fn warning(&mut self, said: String) -> Task<super::Message> {
        self.notices.add(Notice::Warning(said)).map(super::Message::Notices)
    }

    /// Brings files in; without any the system's dialog asks for them.
    pub(super) fn bring(&mut self, paths: Vec<PathBuf>) -> Task<super::Message> {
        if self.dialog.is_some() || !self.door.may(Act::ReceiveInbound) {
            return Task::none();
        }
        let dialog = Dialog::bring(paths, &self.door);
        self.open(dialog)
    }

    pub(super) fn digitise(&mut self, paths: Vec<PathBuf>) -> Task<super::Message> {
        if self.dialog.is_some() || !self.door.may(Act::ReceiveInbound) {
            return Task::none();
        }
        let dialog = Dialog::digitise(paths, &self.door, &self.easel);
        self.open(dialog)
    }

    /// Opens the dialog that a dropped file is for: an image is a page of paper; packets come
    /// in, as PDF files do while one looks at what has come; else a PDF begins a draft.
    pub(super) fn receptive_to(&mut self, path: &Path) -> Task<super::Message> {
        let name = fold(&path.file_name().unwrap_or_default().to_string_lossy());
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if !self.door.may(Act::ReceiveInbound) {
            return self.new_draft();
        }
        if ends(&[".jpg", ".jpeg", ".png", ".tif", ".tiff"]) {
            self.digitise(Vec::new())
        } else if ends(&[".edxml", ".xml"]) || self.list.queue().is_inbound() {
            // The dialog gets the file like any that is dropped on it; it does not ask first.
            let (dialog, _asks) = Dialog::bring(Vec::new(), &self.door);
            self.open((dialog, Task::none()))
        } else {
            self.new_draft()
        }
    }

    /// Shows an inbound document, whatever queue is looked at.
    pub(super) fn show_inbound(&mut self, key: DocumentKey) -> Task<super::Message> {
        self.list.select(key);
        Task::batch([
            self.list.go(Queue::Inbound(None), &self.door).map(super::Message::List),
            self.reader.open(key, &self.door).map(super::Message::Reader),
            self.count(),
        ])
    }

    pub(super) fn show_twins(&mut self) -> Task<super::Message> {
        let Some(Document::Inbound(document)) = self.reader.document() else {
            return Task::none();
        };
        let dialog = Dialog::twins(document, &self.door, &self.easel);
        self.open(dialog)
    }
}
