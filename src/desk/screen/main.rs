//! The desk itself: queues on the left, documents in the middle, one document on the
//! right, and at most one dialog over them.

pub mod facts;
pub mod jobs;
pub mod list;
pub mod notices;
pub mod pages;
pub mod queues;
pub mod reader;
pub mod status;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iced::widget::text::Wrapping;
use iced::widget::{Space, column, container, row, rule, stack};
use iced::{Center, Fill, FillPortion, Subscription, Task};
use jiff::Timestamp;

use crate::desk::deeds::{Deed, deeds};
use crate::desk::dialog::{self, Dialog};
use crate::desk::document::Queue;
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::desk::orders::{Order, Outcome};
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::inert::inert;
use crate::desk::widget::press::{press, tool};
use crate::desk::widget::{Element, text};
use crate::domain::outbound::{OutboundState, SignatureKind};
use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::role::Act;
use crate::i18n::{Lang, language};
use crate::office::{Counts, SyncReport};
use crate::t;
use jobs::Jobs;
use list::List;
use notices::{Notice, Notices};
use reader::Reader;

/// How often the desk exchanges with the server by itself.
const EVERY: Duration = Duration::from_secs(60);

/// The desk of one person.
#[derive(Debug)]
pub struct Main {
    door: Arc<dyn Door>,
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
    Help,
    Sync,
    /// The minute's synchronisation, of which only failures matter.
    AutoSync,
    Synced {
        job: u64,
        asked: bool,
        answer: Result<SyncReport, Problem>,
    },
    WhyBroken,
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
        let mut main = Self {
            demonstration: demonstration || door.is_demonstration(),
            queues,
            counts: None,
            counted: 0,
            list: List::new(first),
            reader: Reader::new(easel),
            dialog: None,
            ordered: None,
            jobs: Jobs::default(),
            notices: Notices::default(),
            line,
            syncing: None,
            door,
        };
        let tasks =
            [main.count(), main.list.reload(&main.door).map(Message::List), main.auto_sync()];
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
        !self.jobs.is_idle()
    }

    /// Says that the window goes when the work has ended.
    pub fn say_closing(&mut self) -> Task<Message> {
        self.trouble(Problem::new("desk-closing", Kind::Refused, Blame::Input))
    }

    pub fn subscription(&self) -> Subscription<Message> {
        let exchange = if self.may_sync() {
            iced::time::every(EVERY).map(|_| Message::AutoSync)
        } else {
            Subscription::none()
        };
        let dialog = match &self.dialog {
            Some(dialog) => dialog.subscription().map(Message::Dialog),
            None => Subscription::none(),
        };
        Subscription::batch([exchange, dialog])
    }

    pub fn update(&mut self, message: Message) -> Action {
        Action::Run(match message {
            Message::Queue(queue) => self.list.go(queue, &self.door).map(Message::List),
            Message::Counts(turn, answer) if turn == self.counted => match answer {
                Ok(counts) => {
                    self.counts = Some(counts);
                    Task::none()
                }
                Err(problem) => self.trouble(problem),
            },
            Message::Counts(..) => Task::none(),
            Message::List(message) => {
                let action = self.list.update(message, &self.door);
                self.listed(action)
            }
            Message::Reader(message) => {
                let action = self.reader.update(message, &self.door);
                self.read(action)
            }
            Message::Dialog(message) => self.dialog_update(message),
            Message::Notices(message) => {
                self.notices.update(message);
                Task::none()
            }
            Message::Ordered { job, answer } => self.ordered(job, answer),
            Message::Slow(job) => {
                self.jobs.slow(job);
                Task::none()
            }
            Message::NewDraft => self.new_draft(),
            Message::Help => self.open(Dialog::help()),
            Message::Sync => self.sync(true),
            Message::AutoSync => self.auto_sync(),
            Message::Synced { job, asked, answer } => self.synced(job, asked, answer),
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
            let action = dialog.command(command);
            return Action::Run(self.dialog_action(action));
        }
        match command {
            Command::Help => self.update(Message::Help),
            Command::Sync => self.update(Message::Sync),
            Command::NewDraft => self.update(Message::NewDraft),
            Command::Language => self.update(Message::Language),
            Command::LogOut => self.update(Message::LogOut),
            Command::Queue(index) => match self.queues.get(index) {
                Some(queue) => self.update(Message::Queue(*queue)),
                None => Action::None,
            },
            Command::Deed(deed) => {
                let offered = self.reader.document().is_some_and(|document| {
                    deeds(document, |act| self.door.may(act)).contains(&deed)
                });
                if offered { Action::Run(self.begin(deed)) } else { Action::None }
            }
            Command::Close => {
                if self.notices.dismiss_newest() {
                    Action::None
                } else {
                    self.update(Message::List(list::Message::ClearSearch))
                }
            }
            Command::Search
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
                let action = self.reader.command(command);
                Action::Run(self.read(action))
            }
        }
    }

    /// A file was dropped on the window: it begins a draft, or goes into the open one.
    pub fn dropped(&mut self, path: PathBuf) -> Action {
        let opened = if self.dialog.is_none() { self.new_draft() } else { Task::none() };
        match &mut self.dialog {
            Some(dialog) => {
                let action = dialog.dropped(path);
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

    fn listed(&mut self, action: list::Action) -> Task<Message> {
        match action {
            list::Action::None => Task::none(),
            list::Action::Run(task) => task.map(Message::List),
            list::Action::Show(document, task) => Task::batch([
                task.map(Message::List),
                self.reader.show(*document).map(Message::Reader),
            ]),
            list::Action::Open => {
                let action = self.reader.command(Command::Open);
                self.read(action)
            }
        }
    }

    fn read(&mut self, action: reader::Action) -> Task<Message> {
        match action {
            reader::Action::None => Task::none(),
            reader::Action::Run(task) => task.map(Message::Reader),
            reader::Action::Do(deed) => self.begin(deed),
        }
    }

    /// Begins a deed: at once where nothing is to be asked, with its dialog otherwise.
    fn begin(&mut self, deed: Deed) -> Task<Message> {
        let Some(document) = self.reader.document() else { return Task::none() };
        let key = document.key();
        if self.jobs.busy_with(key) {
            return Task::none();
        }
        let submit = |to| Order::Submit { key, to, note: String::new() };
        let door = Arc::clone(&self.door);
        match deed {
            Deed::Accept => self.order(Order::Accept(key)),
            Deed::Begin => self.order(Order::Begin(key)),
            Deed::Register => self.order(Order::Register(key)),
            Deed::ToReview => self.order(submit(OutboundState::InReview)),
            Deed::ToFormatCheck => self.order(submit(OutboundState::InFormatCheck)),
            Deed::ToSign => self.order(submit(OutboundState::ToSign)),
            Deed::Return | Deed::SendBack | Deed::Abandon | Deed::Recall => {
                let dialog = Dialog::reason(deed, document, &door);
                self.open(dialog)
            }
            Deed::Assign => {
                let dialog = Dialog::assign(document, &door);
                self.open(dialog)
            }
            Deed::Complete => {
                let dialog = Dialog::complete(document);
                self.open(dialog)
            }
            Deed::Sign => {
                let dialog = Dialog::sign(SignatureKind::Personal, document, &door);
                self.open(dialog)
            }
            Deed::Seal => {
                let dialog = Dialog::sign(SignatureKind::Organisation, document, &door);
                self.open(dialog)
            }
            Deed::Issue => {
                let dialog = Dialog::issue(document);
                self.open(dialog)
            }
        }
    }

    fn new_draft(&mut self) -> Task<Message> {
        if self.dialog.is_some() || !self.door.may(Act::Draft) {
            return Task::none();
        }
        let dialog = Dialog::draft(&self.door);
        self.open(dialog)
    }

    fn open(&mut self, (dialog, task): (Dialog, Task<dialog::Message>)) -> Task<Message> {
        self.dialog = Some(dialog);
        self.ordered = None;
        task.map(Message::Dialog)
    }

    fn dialog_update(&mut self, message: dialog::Message) -> Task<Message> {
        let Some(dialog) = &mut self.dialog else { return Task::none() };
        let action = dialog.update(message, &self.door);
        self.dialog_action(action)
    }

    fn dialog_action(&mut self, action: dialog::Action) -> Task<Message> {
        match action {
            dialog::Action::None => Task::none(),
            dialog::Action::Run(task) => task.map(Message::Dialog),
            dialog::Action::Close => {
                self.dialog = None;
                Task::none()
            }
            dialog::Action::Order(order) => {
                if let Some(dialog) = &mut self.dialog {
                    dialog.busy();
                }
                let task = self.order(order);
                self.ordered = self.jobs.newest();
                task
            }
        }
    }

    fn order(&mut self, order: Order) -> Task<Message> {
        let job = self.jobs.begin(order.doing(), order.key());
        let door = Arc::clone(&self.door);
        let work =
            Task::perform(crate::desk::ask(move || order.carry_out(&*door)), move |answer| {
                Message::Ordered { job, answer }
            });
        Task::batch([work, slow(job)])
    }

    fn ordered(&mut self, job: u64, answer: Result<Outcome, Problem>) -> Task<Message> {
        self.jobs.end(job);
        let asked_here = self.ordered == Some(job) && self.dialog.is_some();
        match answer {
            Ok(Outcome { key, said }) => {
                tracing::info!(%key, said, "an order was carried out");
                if asked_here {
                    self.dialog = None;
                    self.ordered = None;
                }
                let shown = self.reader.document().map(|document| document.key());
                let reader = if shown == Some(key) {
                    self.reader.refresh(&self.door)
                } else if shown.is_none() || asked_here {
                    self.list.select(key);
                    self.reader.open(key, &self.door)
                } else {
                    Task::none()
                };
                Task::batch([
                    self.notices.add(Notice::Good(said)).map(Message::Notices),
                    self.count(),
                    self.list.reload(&self.door).map(Message::List),
                    reader.map(Message::Reader),
                ])
            }
            Err(problem) => {
                tracing::warn!(%problem, "an order was not carried out");
                // The document may stand elsewhere by now: look again.
                let again = Task::batch([
                    self.count(),
                    self.list.reload(&self.door).map(Message::List),
                    self.reader.refresh(&self.door).map(Message::Reader),
                ]);
                match (&mut self.dialog, asked_here) {
                    (Some(dialog), true) => {
                        let task = dialog.failed(problem, &self.door).map(Message::Dialog);
                        Task::batch([again, task])
                    }
                    _ => Task::batch([again, self.trouble(problem)]),
                }
            }
        }
    }

    fn trouble(&mut self, problem: Problem) -> Task<Message> {
        self.notices.add(Notice::Trouble(problem)).map(Message::Notices)
    }

    fn count(&mut self) -> Task<Message> {
        self.counted += 1;
        let (turn, door) = (self.counted, Arc::clone(&self.door));
        Task::perform(crate::desk::ask(move || door.counts()), move |answer| {
            Message::Counts(turn, answer)
        })
    }

    fn may_sync(&self) -> bool {
        self.door.may(Act::Sync) && self.line != status::Line::NoServer
    }

    fn auto_sync(&mut self) -> Task<Message> {
        if self.may_sync() { self.sync(false) } else { Task::none() }
    }

    fn sync(&mut self, asked: bool) -> Task<Message> {
        if self.syncing.is_some() || !self.door.may(Act::Sync) {
            return Task::none();
        }
        if self.line == status::Line::NoServer {
            return self.trouble(Problem::new("desk-no-server", Kind::Unavailable, Blame::Input));
        }
        let job = self.jobs.begin(t!("desk-doing-sync"), None);
        self.syncing = Some(job);
        let door = Arc::clone(&self.door);
        let work = Task::perform(crate::desk::ask(move || door.sync()), move |answer| {
            Message::Synced { job, asked, answer }
        });
        Task::batch([work, slow(job)])
    }

    fn synced(
        &mut self,
        job: u64,
        asked: bool,
        answer: Result<SyncReport, Problem>,
    ) -> Task<Message> {
        self.jobs.end(job);
        if self.syncing == Some(job) {
            self.syncing = None;
        }
        self.line.synced(&answer, Timestamp::now());
        let mut tasks = vec![self.count()];
        if let Some(problem) = self.line.problem().cloned() {
            tracing::warn!(%problem, "synchronisation");
            // The indicator says it each minute; a person who asked is told at length.
            if asked {
                tasks.push(self.trouble(problem));
            }
        }
        if let Ok(report) = answer {
            // What the minute brings by itself is worth a line only if it brings something.
            if asked || report.received + report.sent > 0 {
                let SyncReport { sent, received, waiting, .. } = report;
                tracing::info!(sent, received, waiting, "synchronised");
            }
            if report.received + report.sent > 0 {
                tasks.push(self.list.reload(&self.door).map(Message::List));
                tasks.push(self.reader.refresh(&self.door).map(Message::Reader));
            }
            if report.problem.is_none() && (asked || report.received > 0) {
                let said = t!("desk-synced", sent = report.sent, received = report.received);
                tasks.push(self.notices.add(Notice::Good(said)).map(Message::Notices));
            }
        }
        Task::batch(tasks)
    }

    pub fn view(&self) -> Element<'_, Message> {
        let busy =
            self.reader.document().is_some_and(|document| self.jobs.busy_with(document.key()));
        let panes = row![
            queues::view(&self.queues, self.list.queue(), self.counts.as_ref()),
            rule::vertical(1).style(theme::line),
            container(self.list.view().map(Message::List))
                .width(FillPortion(9))
                .height(Fill)
                .style(theme::ground(theme::SURFACE)),
            rule::vertical(1).style(theme::line),
            container(self.reader.view(&*self.door, busy).map(Message::Reader))
                .width(FillPortion(11))
                .height(Fill)
                .style(theme::ground(theme::SURFACE)),
        ]
        .height(Fill);
        let desk = column![
            self.top(),
            rule::horizontal(1).style(theme::line),
            panes,
            rule::horizontal(1).style(theme::line),
            status::view(
                &self.line,
                self.counts.as_ref(),
                &self.jobs,
                self.door.session(),
                self.demonstration
            ),
        ];
        let dialog: Element<'_, Message> = match &self.dialog {
            Some(dialog) => dialog.view().map(Message::Dialog),
            None => Space::new().into(),
        };
        let notices = match self.notices.view() {
            Some(notices) => notices.map(Message::Notices),
            None => Space::new().into(),
        };
        let under = inert(stack![desk, notices], self.dialog.is_some());
        stack![under, dialog].into()
    }

    fn top(&self) -> Element<'_, Message> {
        let session = self.door.session();
        let mark =
            self.demonstration.then(|| badge(Icon::Flask, t!("desk-demonstration"), Tone::Play));
        let draft = self.door.may(Act::Draft).then(|| {
            press(
                Some(Icon::FilePlus),
                t!("desk-new-draft"),
                Weight::Plain,
                Some(Message::NewDraft),
            )
        });
        let sync = self.door.may(Act::Sync).then(|| {
            let (label, message) = match self.syncing {
                Some(_) => (t!("desk-syncing"), None),
                None => (t!("desk-sync"), Some(Message::Sync)),
            };
            press(Some(Icon::Refresh), label, Weight::Plain, message)
        });
        let other = match language() {
            Lang::Vi => "English",
            Lang::En => "Tiếng Việt",
        };
        container(
            row![
                tinted(Icon::Stamp, theme::ACCENT).size(size::HEADLINE),
                text(&session.agency.name).font(BOLD).size(size::TITLE).wrapping(Wrapping::None),
            ]
            .push(mark)
            .push(Space::new().width(Fill))
            .push(draft)
            .push(sync)
            .push(press(Some(Icon::Help), t!("desk-help"), Weight::Quiet, Some(Message::Help)))
            .push(press(None, other, Weight::Quiet, Some(Message::Language)))
            .push(tool(Icon::LogOut, t!("desk-log-out"), Some(Message::LogOut)))
            .spacing(space::S)
            .align_y(Center),
        )
        .padding([space::XS + 2.0, space::M])
        .width(Fill)
        .style(theme::ground(theme::SURFACE))
        .into()
    }
}

fn slow(job: u64) -> Task<Message> {
    Task::perform(crate::desk::after(jobs::PATIENCE), move |()| Message::Slow(job))
}
