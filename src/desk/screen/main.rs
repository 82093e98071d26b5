//! The desk itself: queues on the left, documents in the middle, one document on the
//! right, and at most one dialog over them.

mod actions;
pub mod day;
mod dialogs;
mod drafts;
pub mod facts;
pub mod gate;
pub mod handling;
pub mod jobs;
pub mod list;
mod marks;
pub mod notices;
pub mod pages;
pub mod paper;
pub mod queues;
pub mod reader;
mod shelf;
pub mod status;
pub mod token;
mod view;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iced::task::Handle;
use iced::{Subscription, Task};
use jiff::civil::Date;

use crate::desk::deeds::deeds;
use crate::desk::dialog::{self, Dialog};
use crate::desk::document::Queue;
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::desk::orders::Outcome;
use crate::domain::document::DocumentKey;
use crate::domain::identity::ExpiryWarning;
use crate::domain::outbound::{OutboundDocument, SignatureKind};
use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::report::ErrorReport;
use crate::domain::role::Act;
use crate::i18n::{Lang, language};
use crate::office::search::SavedFilter;
use crate::office::{Agenda, Counts, DemandView, KeptForm};
use crate::t;
use crate::token::Plugged;
use jobs::Jobs;
use list::List;
use notices::Notices;
use reader::Reader;

/// How often the desk exchanges with the server by itself.
const EVERY: Duration = Duration::from_secs(60);
/// How often the clock is looked at for reminders; not the same as [`EVERY`], or the two would
/// be one subscription.
const MINUTE: Duration = Duration::from_secs(61);

/// The desk of one person.
#[derive(Debug)]
pub struct Main {
    door: Arc<dyn Door>,
    easel: Arc<dyn Easel>,
    demonstration: bool,
    queues: Vec<Queue>,
    counts: Option<Counts>,
    /// Numbers the questions for counts.
    counted: u64,
    list: List,
    reader: Reader,
    dialog: Option<Dialog>,
    /// The job whose end the open dialog waits for.
    ordered: Option<u64>,
    jobs: Jobs,
    notices: Notices,
    line: status::Line,
    syncing: Option<u64>,
    /// Exchanges in a row that failed, and how long to wait before the next.
    failures: u32,
    pause: Duration,
    /// The next exchange is made because something was said to have come.
    heard: bool,
    /// The exchange that runs is over a line that is set otherwise by now.
    anew: bool,
    listening: Option<Handle>,
    token: token::Chip,
    /// Files that wait to be made to last.
    awaiting: usize,
    /// What is to be acknowledged today, and on which day that was reminded of.
    owing: day::Owing,
    reminded: Option<Date>,
    /// On which day the system was asked to tell of what is overdue.
    told_overdue: Option<Date>,
    /// It is being asked which drafts have come to the person.
    asking_drafts: bool,
    /// The line brought something since that was counted.
    brought: bool,
    /// Jobs whose decision can be taken back once they are done.
    reversible: Vec<(u64, DocumentKey)>,
    /// Decisions of this session that may be taken back, newest last.
    decided: Vec<DocumentKey>,
    /// The searches that the person keeps.
    filters: Vec<SavedFilter>,
    /// How much each of them finds, as far as that is known.
    filter_counts: Vec<Option<u64>>,
    /// Inbound books that are open: with several, registering asks into which.
    open_books: usize,
    folder: paper::Folder,
    /// Listens to the readers for as long as the person is here.
    _watch: Handle,
}

#[derive(Debug, Clone)]
pub enum Message {
    Queue(Queue),
    Counts(u64, Result<Counts, Problem>),
    List(list::Message),
    Reader(reader::Message),
    Dialog(dialog::Message),
    Notices(notices::Message),
    /// An order has been carried out, or not.
    Ordered {
        job: u64,
        answer: Result<Outcome, Problem>,
    },
    /// A job has taken longer than people wait without a word.
    Slow(u64),
    NewDraft,
    Bring,
    Digitise,
    Paper(paper::Message),
    Help,
    Settings,
    Sync,
    /// The minute's synchronisation, of which only failures matter.
    AutoSync,
    Synced {
        job: u64,
        asked: bool,
        round: work::Round,
    },
    /// Something has come, or nothing more is to be heard.
    Heard(bool),
    WhyBroken,
    /// A minute has passed.
    Minute,
    /// What is to be acknowledged today.
    Unacknowledged,
    Follow,
    Owing(Result<day::Owing, Problem>),
    /// Why is something in quarantine?
    AskRefusal,
    Refused(Result<Option<Problem>, Problem>),
    /// Errors that were reported to the person here.
    Reports(Result<Vec<(DocumentKey, ErrorReport)>, Problem>),
    /// A reader or a card came or went.
    Plugged(Plugged),
    Token(token::Message),
    /// The chips of the bottom line.
    Devices,
    Awaiting,
    /// How many documents wait to be made to last.
    Awaited(Result<usize, Problem>),
    /// They were made so, as far as the line permits; so many are left.
    /// The report on signatures has been made, and saved where somebody chose a file.
    Reported {
        job: u64,
        answer: Result<Option<PathBuf>, Problem>,
    },
    /// Certificates that end soon.
    Warned(Result<Vec<ExpiryWarning>, Problem>),
    /// How much each kept search finds, in their order.
    FilterCounts(Vec<Option<u64>>),
    /// Kept searches, and how many inbound books are open.
    Filters(Result<Vec<SavedFilter>, Problem>),
    OpenBooks(Result<usize, Problem>),
    GoTo(SavedFilter),
    KeepFilter,
    FindFilter,
    Books,
    /// What senders demand, of which the person had not been told.
    Told(Result<Vec<DemandView>, Problem>),
    /// Drafts that have come to the person.
    Reached(Result<Vec<OutboundDocument>, Problem>),
    /// What the person left half written.
    Left(Result<Vec<KeptForm>, Problem>),
    Language,
    LogOut,
}

pub enum Action {
    None,
    Run(Task<Message>),
    Language(Lang),
    LogOut,
}

impl Main {
    pub fn new(
        door: Arc<dyn Door>,
        easel: Arc<dyn Easel>,
        demonstration: bool,
    ) -> (Self, Task<Message>) {
        let queues = Queue::of_roles(&door.session().roles);
        let first = queues.first().copied().unwrap_or(Queue::Inbound(None));
        let line = status::Line::new(door.server().as_deref());
        let (watching, watch) = Task::run(door.plugged(), Message::Plugged).abortable();
        let mut main = Self {
            demonstration: demonstration || door.is_demonstration(),
            queues,
            counts: None,
            counted: 0,
            list: List::new(first),
            reader: Reader::new(Arc::clone(&easel)),
            easel,
            dialog: None,
            ordered: None,
            jobs: Jobs::default(),
            notices: Notices::default(),
            line,
            syncing: None,
            failures: 0,
            pause: EVERY,
            heard: false,
            anew: false,
            listening: None,
            token: token::Chip::new(&*door),
            awaiting: 0,
            owing: day::Owing::default(),
            reminded: None,
            told_overdue: None,
            asking_drafts: false,
            brought: false,
            reversible: Vec::new(),
            decided: Vec::new(),
            filters: Vec::new(),
            filter_counts: Vec::new(),
            open_books: 1,
            folder: paper::Folder::default(),
            _watch: watch.abort_on_drop(),
            door,
        };
        let tasks = [
            main.count(),
            main.list.reload(&main.door).map(Message::List),
            main.auto_sync(),
            watching,
            main.count_awaiting(),
            main.warn(),
            main.ask_reports(),
            main.fetch_filters(),
            main.count_books(),
            main.look_for_paper(),
            main.ask_untold(),
            main.ask_left(),
        ];
        (main, Task::batch(tasks))
    }

    pub fn title(&self) -> String {
        t!("desk-title-office", office = self.door.session().agency.name)
    }

    pub fn is_demonstration(&self) -> bool {
        self.demonstration
    }

    /// Whether something runs that must not be cut off by closing the window.
    pub fn is_busy(&self) -> bool {
        !self.jobs.is_idle() || self.dialog.as_ref().is_some_and(Dialog::is_busy)
    }

    /// Says that the window goes when the work has ended.
    pub fn say_closing(&mut self) -> Task<Message> {
        self.trouble(Problem::new("desk-closing", Kind::Refused, Blame::Input))
    }

    pub fn subscription(&self) -> Subscription<Message> {
        let line = if self.door.may(Act::Sync) {
            // Two of the same length would be one subscription.
            let pause = if self.pause == MINUTE { EVERY } else { self.pause };
            iced::time::every(pause).map(|_| Message::AutoSync)
        } else {
            Subscription::none()
        };
        Subscription::batch([
            line,
            iced::time::every(MINUTE).map(|_| Message::Minute),
            self.folder.subscription().map(Message::Paper),
        ])
    }

    pub fn update(&mut self, message: Message) -> Action {
        Action::Run(match message {
            Message::Queue(queue) => self.list.go(queue, &self.door).map(Message::List),
            Message::Counts(turn, answer) if turn == self.counted => match answer {
                Ok(counts) => {
                    self.counts = Some(counts);
                    self.tell_overdue();
                    self.count_filters()
                }
                Err(problem) => self.trouble(problem),
            },
            Message::Counts(..) => Task::none(),
            Message::List(message) => {
                let action = self.list.update(message, &self.door);
                let marked = self.reader.look_for(self.list.words()).map(Message::Reader);
                Task::batch([self.listed(action), marked])
            }
            Message::Reader(message) => {
                let action = self.reader.update(message, &self.door);
                self.read(action)
            }
            Message::Dialog(message) => self.dialog_update(message),
            Message::Notices(message) => {
                let asked = message.clone();
                self.notices.update(message);
                match asked {
                    notices::Message::Dismiss(_) => Task::none(),
                    notices::Message::Undo(_) => self.undo(),
                    notices::Message::Read(_, report) => self.report_was_read(report),
                }
            }
            Message::Minute => self.count_owing(),
            Message::Unacknowledged => self.unacknowledged(),
            Message::Follow => self.follow(),
            Message::Owing(answer) => self.owing(answer),
            Message::Reports(answer) => self.reports(answer),
            Message::AskRefusal => self.ask_refusal(),
            Message::Refused(answer) => self.refused(answer),
            Message::Ordered { job, answer } => self.ordered(job, answer),
            Message::Slow(job) => {
                self.jobs.slow(job);
                Task::none()
            }
            Message::NewDraft => self.new_draft(),
            Message::Bring => self.bring(Vec::new()),
            Message::Digitise => self.digitise(Vec::new()),
            Message::Paper(message) => self.paper(message),
            Message::Help => self.open(Dialog::help()),
            Message::Settings => {
                let dialog = Dialog::settings(&self.door);
                self.open(dialog)
            }
            Message::FilterCounts(counts) => {
                self.filter_counts = counts;
                Task::none()
            }
            Message::Sync => self.sync(true),
            Message::AutoSync => self.auto_sync(),
            Message::Synced { job, asked, round } => self.synced(job, asked, round),
            Message::Heard(came) => self.heard(came),
            Message::Plugged(now) => self.plugged(now),
            Message::Devices => {
                let kind = self.token.kind().unwrap_or(SignatureKind::Organisation);
                let dialog = Dialog::devices(kind, &self.door);
                self.open(dialog)
            }
            Message::Awaiting => {
                let dialog = Dialog::waiting(self.door.may(Act::Sync), &self.door);
                self.open(dialog)
            }
            Message::Awaited(Ok(count)) => {
                self.awaiting = count;
                Task::none()
            }
            Message::Awaited(Err(problem)) => self.trouble(problem),
            Message::Reported { job, answer } => self.reported(job, answer),
            Message::Warned(answer) => self.warned(answer),
            Message::Filters(Ok(filters)) => {
                self.filters = filters;
                self.filter_counts.clear();
                self.count_filters()
            }
            Message::OpenBooks(Ok(count)) => {
                self.open_books = count;
                Task::none()
            }
            Message::Filters(Err(problem)) | Message::OpenBooks(Err(problem)) => {
                self.trouble(problem)
            }
            Message::GoTo(filter) => self.go_to(&filter),
            Message::KeepFilter => self.keep_filter(),
            Message::FindFilter => {
                let dialog = Dialog::filters(&self.door);
                self.open(dialog)
            }
            Message::Books => {
                let dialog = Dialog::books(&self.door);
                self.open(dialog)
            }
            Message::Told(answer) => self.told(answer),
            Message::Reached(answer) => self.reached(answer),
            Message::Left(answer) => self.left(answer),
            Message::Token(message) => {
                self.token.update(message);
                Task::none()
            }
            Message::WhyBroken => match self.line.problem().cloned() {
                Some(problem) => self.trouble(problem),
                None => Task::none(),
            },
            Message::Language => {
                return Action::Language(match language() {
                    Lang::Vi => Lang::En,
                    Lang::En => Lang::Vi,
                });
            }
            Message::LogOut if self.is_busy() => {
                self.trouble(Problem::new("desk-still-busy", Kind::Refused, Blame::Input))
            }
            Message::LogOut => return Action::LogOut,
        })
    }

    /// A shortcut. With a dialog open, only its own keys work.
    pub fn command(&mut self, command: Command) -> Action {
        if let Some(dialog) = &mut self.dialog {
            let action = dialog.command(command, &self.door);
            return Action::Run(self.dialog_action(action));
        }
        match command {
            Command::Help => self.update(Message::Help),
            Command::Sync => self.update(Message::Sync),
            Command::NewDraft => self.update(Message::NewDraft),
            Command::Devices => self.update(Message::Devices),
            Command::Bring => self.update(Message::Bring),
            Command::Digitise => self.update(Message::Digitise),
            Command::Batch => Action::Run(self.batch()),
            Command::Books => self.update(Message::Books),
            Command::Follow => self.update(Message::Follow),
            Command::KeepFilter => self.update(Message::KeepFilter),
            Command::Filters => self.update(Message::FindFilter),
            Command::Note => Action::Run(self.note()),
            Command::Slip => Action::Run(self.slip()),
            Command::Copies => Action::Run(self.copies()),
            Command::Unseal => Action::Run(self.unseal()),
            Command::Settings => self.update(Message::Settings),
            Command::AnswerDemand => Action::Run(self.answer_demand()),
            // Once for what is overdue, once more for what is due soon.
            Command::Overdue => {
                let agenda = match self.list.queue() {
                    Queue::Agenda(Agenda::Overdue) => Agenda::DueSoon,
                    _ => Agenda::Overdue,
                };
                self.update(Message::Queue(Queue::Agenda(agenda)))
            }
            Command::Fields => Action::Run(self.fields()),
            Command::Draft(wish) => Action::Run(self.draft(wish)),
            Command::Language => self.update(Message::Language),
            Command::LogOut => self.update(Message::LogOut),
            Command::Queue(index) => match self.queues.get(index) {
                Some(queue) => self.update(Message::Queue(*queue)),
                None => Action::None,
            },
            Command::Undo => Action::Run(self.undo()),
            Command::Unacknowledged => self.update(Message::Unacknowledged),
            Command::ReportError => Action::Run(self.report_error()),
            Command::Deed(deed) if !self.list.marked().is_empty() => Action::Run(self.many(deed)),
            Command::Deed(deed) => {
                let offered = self
                    .reader
                    .document()
                    .is_some_and(|document| deeds(document, self.door.session()).contains(&deed));
                if offered { Action::Run(self.begin(deed)) } else { Action::None }
            }
            Command::Close => {
                if self.list.clear_marks() || self.notices.dismiss_newest() {
                    Action::None
                } else {
                    self.update(Message::List(list::Message::ClearSearch))
                }
            }
            Command::Search
            | Command::Mark
            | Command::MarkAll
            | Command::Open
            | Command::Up
            | Command::Down
            | Command::PageUp
            | Command::PageDown
            | Command::Home
            | Command::End => {
                let action = self.list.command(command);
                Action::Run(self.listed(action))
            }
            command => {
                let action = self.reader.command(command, &self.door);
                Action::Run(self.read(action))
            }
        }
    }

    /// A file was dropped on the window: it goes into the open dialog, comes in, or begins a
    /// draft.
    pub fn dropped(&mut self, path: PathBuf) -> Action {
        let opened = if self.dialog.is_none() { self.receptive_to(&path) } else { Task::none() };
        match &mut self.dialog {
            Some(dialog) => {
                let action = dialog.dropped(path, &self.door);
                let task = self.dialog_action(action);
                Action::Run(Task::batch([opened, task]))
            }
            None => Action::Run(opened),
        }
    }

    pub fn scaled(&mut self, scale: f32) -> Action {
        let task = self.reader.scaled(scale);
        Action::Run(task.map(Message::Reader))
    }

    /// The chip says at once what PC/SC says; whose card it is takes a look at it, which
    /// waits while a signature is being made.
    fn plugged(&mut self, now: Plugged) -> Task<Message> {
        self.token.plugged(now);
        match &mut self.dialog {
            // It looks at the card itself.
            Some(dialog) => dialog.plugged(&self.door).map(Message::Dialog),
            None => self.look_at_token(),
        }
    }

    /// Not while a dialog is open: the dialogs that sign look by themselves, and during a
    /// signature nobody else talks to the card.
    fn look_at_token(&mut self) -> Task<Message> {
        if self.dialog.is_some() {
            return Task::none();
        }
        self.token.look(&self.door).map(Message::Token)
    }

    fn listed(&mut self, action: list::Action) -> Task<Message> {
        match action {
            list::Action::None => Task::none(),
            list::Action::Run(task) => task.map(Message::List),
            list::Action::Show(document, task) => Task::batch([
                task.map(Message::List),
                self.reader.show(*document).map(Message::Reader),
            ]),
            list::Action::Batch => self.batch(),
            list::Action::Many(deed) => self.many(deed),
            list::Action::Open => {
                let action = self.reader.command(Command::Open, &self.door);
                self.read(action)
            }
        }
    }

    fn read(&mut self, action: reader::Action) -> Task<Message> {
        match action {
            reader::Action::None => Task::none(),
            reader::Action::Run(task) => task.map(Message::Reader),
            reader::Action::Do(deed) => self.begin(deed),
            reader::Action::Report => self.report(),
            reader::Action::ReportError => self.report_error(),
            reader::Action::PrintCopy => self.print_copy(),
            reader::Action::Twins => self.show_twins(),
            reader::Action::Note => self.note(),
            reader::Action::Slip => self.slip(),
            reader::Action::Copies => self.copies(),
            reader::Action::Unseal => self.unseal(),
            reader::Action::AnswerDemand => self.answer_demand(),
            reader::Action::Follow(key) => {
                self.list.select(key);
                self.reader.open(key, &self.door).map(Message::Reader)
            }
            reader::Action::Fields => self.fields(),
            reader::Action::Draft(wish) => self.draft(wish),
            reader::Action::Compare { field, signer } => match self.reader.document() {
                Some(document) => {
                    let dialog = Dialog::compare(field, signer, document, &self.door, &self.easel);
                    self.open(dialog)
                }
                None => Task::none(),
            },
        }
    }
}
