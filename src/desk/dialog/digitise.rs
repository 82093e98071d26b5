//! Paper on the desk: pages are taken in, put in order, turned, made level and left out, and
//! then become one document.
//!
//! Every change is kept by the office before the next one is: what is seen here is what is
//! offered again after a crash. Pages are drawn one at a time, off the window's thread, and
//! only those that can be seen.

mod pictures;
mod view;

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use futures::channel::mpsc;
use iced::Task;
use iced::widget::operation;
use iced::widget::operation::AbsoluteOffset;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Dialog, Modal, Stage, Step, staged};
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::desk::widget::Element;
use crate::desk::widget::windowed::{reveal, windowed};
use crate::domain::document::DocumentKey;
use crate::domain::paper::{Remark, Sheaf, SheafPage, Workbench};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text::tidy;
use crate::office::batch::Cancel;
use crate::office::scan::{ScannerInfo, Wish};
use crate::office::sheaf::PageLook;
use pictures::Pictures;

const SUBJECT: &str = "digitise-subject";
const LIST: &str = "digitise-pages";
/// Height of a row of the list, and of the list.
const ROW: f32 = 96.0;
const LIST_HEIGHT: f32 = 376.0;

#[derive(Debug)]
pub struct Digitise {
    /// `None` until the office has told what was left from the last time.
    bench: Option<Workbench>,
    /// The pages were there when the dialog opened.
    found: bool,
    subject: String,
    selected: Option<Uuid>,
    pictures: Pictures,
    looks: HashMap<Uuid, PageLook>,
    scanners: Vec<ScannerInfo>,
    /// How a scanner that heeds it is to scan.
    wish: Wish,
    /// What the office is to do with the sheaf, one after the other, so that none of it
    /// overtakes another.
    work: VecDeque<Work>,
    working: bool,
    offset: f32,
    /// Pages done of all, while the document is made.
    progress: Option<(u32, u32)>,
    cancel: Cancel,
    may_seal: bool,
    /// What is not as the regulation wants it, by page, and the article.
    remarks: Vec<(Remark, Vec<u32>)>,
    cite: String,
    stage: Stage,
}

#[derive(Debug, Clone, PartialEq)]
enum Work {
    Add(PathBuf),
    Scan(String, Wish),
    /// Remember how the pages stand by then.
    Keep,
}

#[derive(Debug, Clone)]
pub enum Message {
    Loaded(Result<(Option<Sheaf>, Vec<ScannerInfo>), Problem>),
    Subject(String),
    Select(Uuid),
    /// The chosen page, up or down.
    Move(bool),
    /// Quarter turns clockwise.
    Turn(u8),
    /// Tenths of a degree clockwise, more.
    Lean(i16),
    /// Level by what the page itself proposes, or all pages.
    Level,
    LevelAll,
    Upright,
    DropBlank,
    Remove,
    Undo,
    Browse,
    Browsed(Vec<PathBuf>),
    Scan(String),
    /// Dots per inch.
    Resolution(u32),
    Worked(Result<Vec<SheafPage>, Problem>),
    Picture(pictures::Message),
    Looked(Uuid, Result<PageLook, Problem>),
    Scrolled(f32),
    Submit,
    Progress(u32, u32),
    Ended(Result<DocumentKey, Problem>),
    Stop,
    /// The pages go; their files are where they were.
    Discard,
    Close,
}

impl Digitise {
    /// Begins with what is left from the last time, and with files that were dropped.
    pub fn new(
        paths: Vec<PathBuf>,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let asked = Arc::clone(door);
        let load = crate::desk::ask(move || Ok((asked.sheaf()?, asked.scanners()?)));
        let dialog = Self {
            bench: None,
            found: false,
            subject: String::new(),
            selected: None,
            pictures: Pictures::new(easel),
            looks: HashMap::new(),
            scanners: Vec::new(),
            wish: Wish::default(),
            work: paths.into_iter().map(Work::Add).collect(),
            working: false,
            offset: 0.0,
            progress: None,
            cancel: Cancel::default(),
            may_seal: door.may(Act::Seal),
            remarks: Vec::new(),
            cite: door.paper_cite(),
            stage: Stage::Asking,
        };
        (dialog, Task::perform(load, Message::Loaded))
    }

    /// Something is being taken in or kept; it ends in a moment.
    pub fn is_keeping(&self) -> bool {
        self.working || !self.work.is_empty()
    }

    fn pages(&self) -> &[SheafPage] {
        self.bench.as_ref().map_or(&[], |bench| &bench.sheaf().pages)
    }

    fn place(&self) -> Option<usize> {
        self.bench.as_ref()?.sheaf().place(self.selected?)
    }

    fn page(&self) -> Option<&SheafPage> {
        self.pages().get(self.place()?)
    }

    /// Pages on which nothing is written, by their numbers.
    fn blank(&self) -> Vec<(usize, Uuid)> {
        let blank = |page: &SheafPage| self.looks.get(&page.id).is_some_and(|look| look.blank);
        let pages = (1..).zip(self.pages()).filter(|(_, page)| blank(page));
        pages.map(|(number, page)| (number, page.id)).collect()
    }

    /// Pages that could be level and are not.
    fn leaning(&self) -> Vec<(Uuid, i16)> {
        let proposed = |page: &SheafPage| self.looks.get(&page.id)?.lean;
        let pages = self.pages().iter().filter_map(|page| Some((page, proposed(page)?)));
        pages
            .filter(|(page, lean)| page.tenths != *lean)
            .map(|(page, lean)| (page.id, lean))
            .collect()
    }

    /// What a person does to the pages.
    fn change(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        let (place, blank, leaning) = (self.place(), self.blank(), self.leaning());
        let proposed = self.page().and_then(|page| self.looks.get(&page.id)?.lean);
        let (Some(bench), selected) = (&mut self.bench, self.selected) else { return Step::None };
        let on_page = |bench: &mut Workbench, deed: &dyn Fn(&mut SheafPage)| {
            bench.change(|sheaf| {
                if let Some(page) = selected.and_then(|id| sheaf.page_mut(id)) {
                    deed(page);
                }
            })
        };
        let changed = match message {
            Message::Move(down) => bench.change(|sheaf| {
                if let Some((id, place)) = selected.zip(place) {
                    sheaf.move_to(id, if down { place + 1 } else { place.saturating_sub(1) });
                }
            }),
            Message::Turn(quarters) => on_page(bench, &|page| page.turn(quarters)),
            Message::Lean(tenths) => {
                on_page(bench, &|page| page.straighten(page.tenths.saturating_add(tenths)))
            }
            Message::Level => on_page(bench, &|page| page.straighten(proposed.unwrap_or(0))),
            Message::Upright => on_page(bench, &|page| page.straighten(0)),
            Message::LevelAll => bench.change(|sheaf| {
                for (id, lean) in &leaning {
                    if let Some(page) = sheaf.page_mut(*id) {
                        page.straighten(*lean);
                    }
                }
            }),
            Message::DropBlank => {
                let ids: Vec<_> = blank.iter().map(|(_, id)| *id).collect();
                bench.change(|sheaf| sheaf.remove(&ids))
            }
            Message::Remove => bench.change(|sheaf| sheaf.remove(selected.as_slice())),
            _ => false,
        };
        if !changed {
            return Step::None;
        }
        // The page after the one that was taken out, as in a list of documents.
        if self.place().is_none() {
            let last = self.pages().len().saturating_sub(1);
            self.selected = self.pages().get(place.unwrap_or(0).min(last)).map(|page| page.id);
        }
        Step::Run(self.changed(door))
    }

    fn changed(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        Task::batch([self.keep(door), self.draw(door), self.reveal()])
    }

    fn step(&mut self, by: isize, door: &Arc<dyn Door>) -> Step<Message> {
        let last = self.pages().len().saturating_sub(1);
        let at = self.place().map_or(0, |at| at.saturating_add_signed(by).min(last));
        self.selected = self.pages().get(at).map(|page| page.id);
        Step::Run(Task::batch([self.draw(door), self.reveal()]))
    }

    /// Scrolls until the chosen page can be seen.
    fn reveal(&mut self) -> Task<Message> {
        let Some(offset) =
            self.place().and_then(|place| reveal(place, ROW, self.offset, LIST_HEIGHT))
        else {
            return Task::none();
        };
        self.offset = offset;
        operation::scroll_to(LIST, AbsoluteOffset { x: 0.0, y: offset })
    }

    /// Files were chosen, or dropped on the window.
    pub fn add(&mut self, paths: Vec<PathBuf>, door: &Arc<dyn Door>) -> Task<Message> {
        self.work.extend(paths.into_iter().map(Work::Add));
        self.go_on(door)
    }

    fn keep(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        if !self.work.contains(&Work::Keep) {
            self.work.push_back(Work::Keep);
        }
        self.go_on(door)
    }

    /// Has the office do what comes next, if it is not at it.
    fn go_on(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(bench) = self.bench.as_ref().filter(|_| !self.working) else {
            return Task::none();
        };
        let Some(work) = self.work.pop_front() else { return self.draw(door) };
        self.working = true;
        let door = Arc::clone(door);
        let sheaf = Sheaf { subject: tidy(&self.subject), ..bench.sheaf().clone() };
        let work = crate::desk::ask(move || match work {
            Work::Add(path) => door.add_file_to_sheaf(&path).map_err(|problem| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                tracing::info!(file = name, %problem, "a file of pages was refused");
                problem
            }),
            Work::Scan(id, wish) => door.scan(&id, wish, &mut |_| {}, &Cancel::default()),
            Work::Keep => door.keep_sheaf(&sheaf).map(|()| Vec::new()),
        });
        Task::perform(work, Message::Worked)
    }

    fn worked(
        &mut self,
        answer: Result<Vec<SheafPage>, Problem>,
        door: &Arc<dyn Door>,
    ) -> Step<Message> {
        self.working = false;
        match answer {
            Ok(pages) => {
                if let Some(bench) = &mut self.bench {
                    bench.add(&pages);
                }
                if let Some(first) = pages.first() {
                    self.stage = Stage::Asking;
                    self.selected = Some(first.id);
                    // A scan is mostly called what its file is called, until somebody says
                    // what it is about.
                    if self.subject.is_empty() {
                        let stem = first.name.rsplit_once('.').map_or("", |(stem, _)| stem);
                        self.subject = stem.to_owned();
                    }
                    let show = self.reveal();
                    return Step::Run(Task::batch([self.keep(door), show]));
                }
            }
            Err(problem) => self.stage = Stage::Failed(problem),
        }
        Step::Run(self.go_on(door))
    }

    /// Draws what can be seen and is not drawn, one after the other; then looks at the pages
    /// that nobody has looked at.
    fn draw(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(bench) = self.bench.as_ref().filter(|_| !self.stage.is_busy()) else {
            return Task::none();
        };
        self.remarks = door.paper_of(bench.sheaf()).remarks;
        let pages = &bench.sheaf().pages;
        let seen = windowed(pages.len(), ROW, self.offset, LIST_HEIGHT).rows;
        let chosen = self.selected.and_then(|id| bench.sheaf().place(id));
        let seen = pages.get(seen).unwrap_or_default();
        if let Some(task) = self.pictures.next(chosen.and_then(|at| pages.get(at)), seen, door) {
            return task.map(Message::Picture);
        }
        let unknown = pages.iter().find(|page| !self.looks.contains_key(&page.id));
        let Some(page) = unknown.filter(|_| self.pictures.begin_look()) else {
            return Task::none();
        };
        let (id, page, door) = (page.id, page.clone(), Arc::clone(door));
        Task::perform(crate::desk::ask(move || door.look_at_page(&page)), move |answer| {
            Message::Looked(id, answer)
        })
    }

    fn is_ready(&self) -> bool {
        !self.pages().is_empty()
            && !tidy(&self.subject).is_empty()
            && !self.stage.is_busy()
            && !self.is_keeping()
    }

    fn submit(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        let Some(bench) = self.bench.as_ref().filter(|_| self.is_ready()) else {
            return Step::None;
        };
        let sheaf = Sheaf { subject: tidy(&self.subject), ..bench.sheaf().clone() };
        self.stage = Stage::Busy;
        self.cancel = Cancel::default();
        self.progress = Some((0, u32::try_from(sheaf.pages.len()).unwrap_or(u32::MAX)));
        let (tell, told) = mpsc::unbounded();
        let (door, cancel) = (Arc::clone(door), self.cancel.clone());
        let work = crate::desk::ask(move || {
            let mut progress = |done, all| {
                let _ = tell.unbounded_send(Message::Progress(done, all));
            };
            door.digitise(&sheaf, &mut progress, &cancel)
        });
        Step::Run(Task::batch([Task::run(told, |told| told), Task::perform(work, Message::Ended)]))
    }

    fn ended(
        &mut self,
        answer: Result<DocumentKey, Problem>,
        door: &Arc<dyn Door>,
    ) -> Step<Message> {
        self.progress = None;
        match answer {
            Ok(key) if self.may_seal => {
                let opened = Dialog::copy_of(key, tidy(&self.subject), door);
                Step::Made(key, Some(Box::new(opened)))
            }
            Ok(key) => Step::Made(key, None),
            Err(problem) => {
                self.stage = Stage::Failed(problem);
                Step::Run(self.draw(door))
            }
        }
    }

    fn discard(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        if self.is_keeping() {
            return Step::None;
        }
        // Nothing is asked of the office for what it does not have.
        let door = Arc::clone(door);
        self.working = true;
        self.bench = Some(Workbench::new(Sheaf::begin(Timestamp::now())));
        self.looks.clear();
        self.subject.clear();
        self.selected = None;
        self.found = false;
        let work = crate::desk::ask(move || door.drop_sheaf().map(|()| Vec::new()));
        Step::Run(Task::perform(work, Message::Worked))
    }
}

impl Modal for Digitise {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Loaded(Ok((sheaf, scanners))) => {
                self.scanners = scanners;
                self.found = sheaf.as_ref().is_some_and(|sheaf| !sheaf.pages.is_empty());
                let sheaf = sheaf.unwrap_or_else(|| Sheaf::begin(Timestamp::now()));
                self.subject.clone_from(&sheaf.subject);
                self.selected = sheaf.pages.first().map(|page| page.id);
                self.bench = Some(Workbench::new(sheaf));
                return Step::Run(self.go_on(door));
            }
            Message::Loaded(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Picture(message) => {
                self.pictures.update(message);
                return Step::Run(self.draw(door));
            }
            Message::Looked(id, answer) => {
                // What cannot be looked at proposes nothing.
                self.looks.insert(id, answer.unwrap_or_default());
                self.pictures.looked();
                return Step::Run(self.draw(door));
            }
            Message::Scrolled(offset) => {
                self.offset = offset;
                return Step::Run(self.draw(door));
            }
            Message::Worked(answer) => return self.worked(answer, door),
            Message::Progress(done, all) => self.progress = Some((done, all)),
            Message::Ended(answer) => return self.ended(answer, door),
            Message::Stop => self.cancel.cancel(),
            Message::Close => return Step::Close,
            // While the document is made its pages stay as they are.
            _ if self.stage.is_busy() => {}
            Message::Select(id) => {
                self.selected = Some(id);
                return Step::Run(self.draw(door));
            }
            Message::Subject(subject) => {
                self.subject = subject;
                return Step::Run(self.keep(door));
            }
            Message::Browse => return Step::Run(browse()),
            Message::Browsed(paths) => return Step::Run(self.add(paths, door)),
            Message::Resolution(dpi) => self.wish.dpi = dpi,
            Message::Scan(id) => {
                self.work.push_back(Work::Scan(id, self.wish));
                return Step::Run(self.go_on(door));
            }
            Message::Undo => {
                if self.bench.as_mut().is_some_and(Workbench::undo) {
                    return Step::Run(self.changed(door));
                }
            }
            Message::Submit => return self.submit(door),
            Message::Discard => return self.discard(door),
            message => return self.change(message, door),
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        let message = match command {
            Command::Confirm => Message::Submit,
            Command::Up => return self.step(-1, door),
            Command::Down => return self.step(1, door),
            Command::PageUp => return self.step(-4, door),
            Command::PageDown => return self.step(4, door),
            Command::Home => return self.step(isize::MIN, door),
            Command::End => return self.step(isize::MAX, door),
            Command::MovePageUp => Message::Move(false),
            Command::MovePageDown => Message::Move(true),
            Command::TurnRight => Message::Turn(1),
            Command::TurnLeft => Message::Turn(3),
            Command::LeanRight => Message::Lean(1),
            Command::LeanLeft => Message::Lean(-1),
            Command::RemovePage => Message::Remove,
            Command::TakeBack => Message::Undo,
            Command::Bring => Message::Browse,
            _ => return Step::None,
        };
        self.update(message, door)
    }

    fn dropped(&mut self, path: PathBuf, door: &Arc<dyn Door>) -> Step<Message> {
        Step::Run(self.add(vec![path], door))
    }

    /// Pages that are being kept are kept before the dialog goes.
    fn holds_on(&self) -> bool {
        self.is_keeping()
    }

    fn view(&self) -> Element<'_, Message> {
        self.sheet()
    }
}

/// The system's dialog, for images and PDF files.
fn browse() -> Task<Message> {
    let chosen = async {
        let kinds = [
            "jpg", "jpeg", "png", "tif", "tiff", "pdf", "JPG", "JPEG", "PNG", "TIF", "TIFF", "PDF",
        ];
        let dialog = rfd::AsyncFileDialog::new().add_filter("JPEG, PNG, TIFF, PDF", &kinds);
        let files = dialog.pick_files().await.unwrap_or_default();
        files.into_iter().map(|file| file.path().to_owned()).collect()
    };
    Task::perform(chosen, Message::Browsed)
}
