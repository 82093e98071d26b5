//! The middle pane: the documents of a queue, of which only the visible rows are built
//! and only the pages scrolled to are fetched.

use std::sync::Arc;
use std::time::Duration;

use entry::{Found, empty, row_view};
use iced::task::Handle;
use iced::widget::operation::{self, AbsoluteOffset};
use iced::widget::{Space, column, container, row, scrollable, sensor};
use iced::{Center, Fill, Size, Task};

use super::jobs::PATIENCE;
use super::marks::{self, Marks};
use crate::desk::deeds::Deed;
use crate::desk::document::{Document, Queue};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::theme::{self, Weight, size, space};
use crate::desk::widget::field::line;
use crate::desk::widget::focus::focus;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{press, tool};
use crate::desk::widget::told::told;
use crate::desk::widget::windowed::{page, reveal, windowed};
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::document::DocumentKey;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::query::{Query, Snippet};
use crate::t;

mod entry;

pub use super::marks::offered;

/// Height of a row.
const ROW: f32 = 74.0;
/// Documents fetched at a time.
const PAGE: u32 = 100;
/// The next page is asked for when so few rows are left below.
const AHEAD: usize = 30;
/// A pause in typing after which the search begins.
const TYPING: Duration = Duration::from_millis(180);

const SEARCH: &str = "search";
const ROWS: &str = "rows";

#[derive(Debug)]
pub struct List {
    queue: Queue,
    words: String,
    rows: Vec<Document>,
    /// Where in their texts the words were found.
    snippets: Vec<(DocumentKey, Snippet)>,
    /// Everything has been fetched.
    complete: bool,
    state: State,
    /// Numbers the questions; an answer to an older one is dropped.
    turn: u64,
    typed: u64,
    selected: Option<DocumentKey>,
    marks: Marks,
    /// Where the selected row is or was, so that the arrow keys go on from there when it
    /// has left the queue.
    at: usize,
    offset: f32,
    height: f32,
}

#[derive(Debug, Clone)]
pub enum Message {
    Typed(String),
    Search(u64),
    Loaded {
        turn: u64,
        fresh: bool,
        answer: Result<Fetched, Problem>,
    },
    Slow(u64),
    Scrolled {
        offset: f32,
        height: f32,
    },
    Sized(Size),
    Select(usize),
    Open(usize),
    Retry,
    ClearSearch,
    /// Sign or seal many of them.
    Batch,
    /// The symbol of a row was pressed.
    Mark(usize),
    /// One decision on those that are marked.
    Many(Deed),
    ClearMarks,
}

/// One page of a queue.
#[derive(Debug, Clone)]
pub struct Fetched {
    rows: Vec<Document>,
    snippets: Vec<(DocumentKey, Snippet)>,
    /// There is nothing after it.
    end: bool,
}

#[derive(Debug)]
enum State {
    Idle,
    Loading { slow: bool, _task: Handle },
    Failed(Problem),
}

pub enum Action {
    None,
    Run(Task<Message>),
    /// Another row was chosen.
    Show(Box<Document>, Task<Message>),
    /// The chosen row was opened (Enter, double click).
    Open,
    /// Many are to be signed or sealed.
    Batch,
    /// One decision on those that are marked.
    Many(Deed),
}

impl List {
    pub fn new(queue: Queue) -> Self {
        Self {
            queue,
            words: String::new(),
            rows: Vec::new(),
            snippets: Vec::new(),
            complete: false,
            state: State::Idle,
            turn: 0,
            typed: 0,
            selected: None,
            marks: Marks::default(),
            at: 0,
            offset: 0.0,
            height: 560.0,
        }
    }

    pub fn queue(&self) -> Queue {
        self.queue
    }

    /// What is searched for.
    pub fn words(&self) -> &str {
        &self.words
    }

    pub fn rows(&self) -> &[Document] {
        &self.rows
    }

    pub fn selected(&self) -> Option<DocumentKey> {
        self.selected
    }

    /// Goes to another queue; words searched for stay behind.
    pub fn go(&mut self, queue: Queue, door: &Arc<dyn Door>) -> Task<Message> {
        self.queue = queue;
        self.marks.clear();
        self.words.clear();
        self.typed += 1;
        self.restart(door)
    }

    /// Goes to another queue with words searched for.
    pub fn search(&mut self, queue: Queue, words: &str, door: &Arc<dyn Door>) -> Task<Message> {
        self.queue = queue;
        words.clone_into(&mut self.words);
        self.typed += 1;
        self.restart(door)
    }

    /// Fetches what is shown once more, and keeps place and selection.
    pub fn reload(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let shown = u32::try_from(self.rows.len()).unwrap_or(u32::MAX).clamp(PAGE, 5 * PAGE);
        self.fetch(door, true, shown)
    }

    /// The rows that are marked.
    pub fn marked(&self) -> Vec<Document> {
        self.marks.among(&self.rows)
    }

    /// Takes all marks away; whether there were any.
    pub fn clear_marks(&mut self) -> bool {
        let some = !self.marks.is_empty();
        self.marks.clear();
        some
    }

    pub fn select(&mut self, key: DocumentKey) {
        self.selected = Some(key);
        self.find_selected();
    }

    pub fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Action {
        match message {
            Message::Typed(words) => {
                self.words = words;
                self.typed += 1;
                let typed = self.typed;
                return Action::Run(Task::perform(crate::desk::after(TYPING), move |()| {
                    Message::Search(typed)
                }));
            }
            Message::Search(typed) if typed == self.typed => {
                return Action::Run(self.restart(door));
            }
            Message::ClearSearch if !self.words.is_empty() => {
                self.words.clear();
                self.typed += 1;
                return Action::Run(self.restart(door));
            }
            Message::Loaded { turn, fresh, answer } if turn == self.turn => {
                self.loaded(fresh, answer);
                return Action::Run(self.fetch_more(door));
            }
            Message::Slow(turn) if turn == self.turn => {
                if let State::Loading { slow, .. } = &mut self.state {
                    *slow = true;
                }
            }
            // Answers and timers of questions that no longer matter.
            Message::Search(_)
            | Message::ClearSearch
            | Message::Loaded { .. }
            | Message::Slow(_) => {}
            Message::Scrolled { offset, height } => {
                self.offset = offset;
                self.height = height;
                return Action::Run(self.fetch_more(door));
            }
            Message::Sized(size) => {
                self.height = size.height;
                return Action::Run(self.fetch_more(door));
            }
            Message::Select(index) => return self.choose(index),
            Message::Open(index) => {
                if self.rows.get(index).map(Document::key) == self.selected {
                    return Action::Open;
                }
                return self.choose(index);
            }
            Message::Retry => return Action::Run(self.restart(door)),
            Message::Batch => return Action::Batch,
            Message::Mark(index) => {
                if let Some(row) = self.rows.get(index) {
                    self.marks.toggle(row.key());
                }
            }
            Message::Many(deed) => return Action::Many(deed),
            Message::ClearMarks => self.marks.clear(),
        }
        Action::None
    }

    /// The keys of a list.
    pub fn command(&mut self, command: Command) -> Action {
        let last = self.rows.len().saturating_sub(1);
        let listed = self.selected.is_some_and(|key| self.index_of(key).is_some());
        let page = page(ROW, self.height);
        let to = match command {
            Command::Search => {
                return Action::Run(Task::batch([
                    operation::focus(SEARCH),
                    operation::select_all(SEARCH),
                ]));
            }
            Command::Open => return Action::Open,
            Command::Mark => {
                if let Some(key) = self.selected.filter(|_| listed) {
                    self.marks.toggle(key);
                }
                return Action::None;
            }
            Command::MarkAll => {
                self.marks.toggle_all(&self.rows);
                return Action::None;
            }
            // The first key press lands on a row; what left the queue is succeeded by the
            // row that took its place.
            Command::Down | Command::Up if !listed => self.at,
            Command::Down => self.at.saturating_add(1),
            Command::Up => self.at.saturating_sub(1),
            Command::PageDown => self.at.saturating_add(page),
            Command::PageUp => self.at.saturating_sub(page),
            Command::Home => 0,
            Command::End => last,
            _ => return Action::None,
        };
        self.choose(to.min(last))
    }

    fn choose(&mut self, index: usize) -> Action {
        let Some(document) = self.rows.get(index) else { return Action::None };
        self.at = index;
        let scroll = match reveal(index, ROW, self.offset, self.height) {
            Some(offset) => {
                self.offset = offset;
                operation::scroll_to(ROWS, AbsoluteOffset { x: None, y: Some(offset) })
            }
            None => Task::none(),
        };
        if self.selected == Some(document.key()) {
            return Action::Run(scroll);
        }
        self.selected = Some(document.key());
        Action::Show(Box::new(document.clone()), scroll)
    }

    fn restart(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        self.rows.clear();
        self.at = 0;
        self.offset = 0.0;
        let top = operation::scroll_to(ROWS, AbsoluteOffset { x: None, y: Some(0.0) });
        Task::batch([top, self.fetch(door, true, PAGE)])
    }

    fn fetch_more(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let visible = windowed(self.rows.len(), ROW, self.offset, self.height).rows.end;
        let enough = visible + AHEAD <= self.rows.len();
        if self.complete || enough || !matches!(self.state, State::Idle) {
            return Task::none();
        }
        self.fetch(door, false, PAGE)
    }

    fn fetch(&mut self, door: &Arc<dyn Door>, fresh: bool, limit: u32) -> Task<Message> {
        self.turn += 1;
        let turn = self.turn;
        let door = Arc::clone(door);
        let filter = self.queue.filter(self.words.trim());
        let inbound = self.queue.is_inbound();
        let after = if fresh { None } else { self.rows.last().map(Document::key) };
        self.complete = false;
        let ask = crate::desk::ask(move || {
            let rows: Vec<Document> = if inbound {
                let rows = door.inbound(&filter, after, limit)?;
                rows.into_iter().map(|row| Document::Inbound(Box::new(row))).collect()
            } else {
                let rows = door.outbound(&filter, after, limit)?;
                rows.into_iter().map(|row| Document::Outbound(Box::new(row))).collect()
            };
            let snippets = if filter.words.is_empty() {
                Vec::new()
            } else {
                let keys: Vec<DocumentKey> = rows.iter().map(Document::key).collect();
                door.snippets(&keys, &filter.words)?
            };
            Ok(Fetched { end: rows.len() < limit as usize, rows, snippets })
        });
        let (task, handle) =
            Task::perform(ask, move |answer| Message::Loaded { turn, fresh, answer }).abortable();
        self.state = State::Loading { slow: false, _task: handle.abort_on_drop() };
        let slow = Task::perform(crate::desk::after(PATIENCE), move |()| Message::Slow(turn));
        Task::batch([task, slow])
    }

    fn loaded(&mut self, fresh: bool, answer: Result<Fetched, Problem>) {
        match answer {
            Ok(Fetched { rows, snippets, end }) => {
                self.complete = end;
                if fresh {
                    self.rows = rows;
                    self.snippets = snippets;
                } else {
                    self.snippets.extend(snippets);
                    self.rows.extend(rows);
                }
                self.state = State::Idle;
                self.marks.keep(&self.rows);
                self.find_selected();
            }
            Err(problem) => {
                tracing::warn!(%problem, "a queue was not read");
                self.state = State::Failed(problem);
            }
        }
    }

    fn find_selected(&mut self) {
        if let Some(index) = self.selected.and_then(|key| self.index_of(key)) {
            self.at = index;
        }
        self.at = self.at.min(self.rows.len().saturating_sub(1));
    }

    fn index_of(&self, key: DocumentKey) -> Option<usize> {
        self.rows.iter().position(|row| row.key() == key)
    }

    /// `batch`: as what all of it may be signed by the person here; `may`: what they may do.
    pub fn view(&self, batch: Option<SignatureKind>, door: &dyn Door) -> Element<'_, Message> {
        let batch = batch.filter(|_| self.rows.len() > 1).map(|kind| {
            let (symbol, label) = match kind {
                SignatureKind::Personal => (Icon::Pen, t!("desk-batch-sign-short")),
                SignatureKind::Organisation => (Icon::Stamp, t!("desk-batch-seal-short")),
            };
            press(Some(symbol), label, Weight::Plain, Some(Message::Batch))
        });
        let search = row![
            tinted(Icon::Search, theme::INK_SOFT),
            line(SEARCH, &t!("desk-search-hint"), &self.words).on_input(Message::Typed),
        ]
        .push(
            (!self.words.is_empty())
                .then(|| tool(Icon::Cross, t!("desk-search-clear"), Some(Message::ClearSearch))),
        )
        .push(batch)
        .spacing(space::S)
        .align_y(Center);
        let top =
            container(search).padding([space::S, space::M]).style(theme::ground(theme::CANVAS));
        let body = sensor(self.body(door)).on_show(Message::Sized).on_resize(Message::Sized);
        let marked = (!self.marks.is_empty()).then(|| {
            let marked = self.marked();
            marks::bar(marked.len(), &marks::offered(&marked, |act| door.may(act)))
        });
        column![top].push(marked).push(body).into()
    }

    fn body(&self, door: &dyn Door) -> Element<'_, Message> {
        match &self.state {
            State::Failed(problem) if self.rows.is_empty() => container(
                column![
                    told(problem),
                    press(
                        Some(Icon::Refresh),
                        t!("desk-retry"),
                        Weight::Plain,
                        Some(Message::Retry)
                    )
                ]
                .spacing(space::M),
            )
            .padding(space::L)
            .height(Fill)
            .into(),
            State::Loading { slow, .. } if self.rows.is_empty() => {
                if *slow {
                    empty(Icon::Hourglass, t!("desk-loading"), None)
                } else {
                    Space::new().width(Fill).height(Fill).into()
                }
            }
            _ if self.rows.is_empty() && !self.words.trim().is_empty() => empty(
                Icon::Search,
                t!("desk-search-nothing", words = self.words.trim()),
                Some(t!("desk-search-elsewhere")),
            ),
            _ if self.rows.is_empty() => {
                empty(words::queue_icon(self.queue), words::empty_queue(self.queue), None)
            }
            _ => self.rows_view(door),
        }
    }

    fn rows_view(&self, door: &dyn Door) -> Element<'_, Message> {
        let window = windowed(self.rows.len(), ROW, self.offset, self.height);
        let first = window.rows.start;
        let all = matches!(
            self.queue,
            Queue::Inbound(None) | Queue::Outbound(None) | Queue::Agenda(_) | Queue::Mine
        );
        let rows = self.rows.get(window.rows.clone()).unwrap_or_default();
        let query = Query::parse(&self.words);
        let built = rows.iter().enumerate().map(|(i, document)| {
            let index = first + i;
            let selected = self.selected == Some(document.key());
            let mark = (!self.marks.is_empty()).then(|| self.marks.has(document.key()));
            let snippet = self.snippets.iter().find(|(key, _)| *key == document.key());
            let found = Found { query: &query, snippet: snippet.map(|(_, snippet)| snippet) };
            let leaves = match document {
                Document::Outbound(outbound) => door.sending_term(outbound),
                Document::Inbound(_) => None,
            };
            row_view((document, leaves), index, selected, all, mark, &found)
        });
        let foot = match &self.state {
            State::Failed(problem) => Some(
                container(
                    column![
                        told(problem),
                        press(
                            Some(Icon::Refresh),
                            t!("desk-retry"),
                            Weight::Plain,
                            Some(Message::Retry)
                        )
                    ]
                    .spacing(space::S),
                )
                .padding(space::M)
                .into(),
            ),
            State::Loading { slow: true, .. } => Some(
                container(text(t!("desk-loading-more")).size(size::CAPTION))
                    .padding(space::M)
                    .center_x(Fill)
                    .into(),
            ),
            State::Loading { .. } | State::Idle => None::<Element<'_, Message>>,
        };
        let content = column![Space::new().height(window.above)]
            .extend(built)
            .push(Space::new().height(window.below))
            .push(foot)
            .width(Fill);
        let list = scrollable(content)
            .id(ROWS)
            .on_scroll(|viewport| Message::Scrolled {
                offset: viewport.absolute_offset().y,
                height: viewport.bounds().height,
            })
            .width(Fill)
            .height(Fill)
            .style(theme::scroll);
        focus(list).inset().into()
    }
}
