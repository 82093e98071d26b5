//! The register books: any book of any year, read like the book on the shelf, narrowed, and
//! written to a file.
//!
//! Only the rows in sight are built and only the pages scrolled to are fetched. A book opens at
//! its end, where the work is; a number that is asked for is gone to at once.

mod export;
mod view;

pub use export::Message as ExportMessage;
pub(in crate::desk) use view::book_name;

use std::sync::Arc;

use iced::task::Handle;
use iced::widget::operation::{self, AbsoluteOffset};
use iced::{Size, Task};
use jiff::civil::Date;

use super::{Modal, Stage, Step, staged};
use crate::desk::document::today;
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::widget::Element;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::windowed::{page, reveal, windowed};
use crate::domain::book::{Book, BookId, Direction};
use crate::domain::deadline;
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::office::book::{BookFilter, BookLine, Format, Output};
use export::Running;

/// Height of a row.
const ROW: f32 = 30.0;
/// Lines fetched at a time.
const PAGE: u32 = 150;
/// The next page is asked for when so few rows are left below.
const AHEAD: usize = 40;

const ROWS: &str = "book-rows";
const JUMP: &str = "book-jump";

#[derive(Debug)]
pub struct Books {
    output: Output,
    year: i16,
    years: Vec<i16>,
    books: Vec<Book>,
    series: String,
    typed: Typed,
    types: Vec<(String, String)>,
    jump: String,
    lines: Vec<BookLine>,
    /// The lines begin after this number.
    start: u32,
    complete: bool,
    at: usize,
    offset: f32,
    height: f32,
    /// Numbers the questions; an answer to an older one is dropped.
    turn: u64,
    fetching: Option<Handle>,
    running: Option<Running>,
    /// The file that was written last, and what there is to say of it.
    written: Option<export::Written>,
    stage: Stage,
}

/// What stands in the fields that narrow the book.
#[derive(Debug, Default)]
struct Typed {
    from: String,
    until: String,
    party: String,
    to: String,
    type_key: String,
}

#[derive(Debug, Clone)]
pub enum Message {
    Shelf(u64, Result<(Vec<i16>, Vec<Book>), Problem>),
    Loaded {
        turn: u64,
        fresh: bool,
        answer: Result<Vec<BookLine>, Problem>,
    },
    Output(Output),
    Year(i16),
    Book(String),
    From(String),
    Until(String),
    Party(String),
    To(String),
    Type(String),
    /// Asks the book again with what stands in the fields.
    Narrow,
    Widen,
    Jump(String),
    Go,
    Scrolled {
        offset: f32,
        height: f32,
    },
    Sized(Size),
    Select(usize),
    Open,
    Save(Format),
    Export(export::Message),
    Close,
}

impl Books {
    pub fn new(door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let mut dialog = Self {
            output: Output::Inbound,
            year: today().year(),
            years: Vec::new(),
            books: Vec::new(),
            series: String::new(),
            typed: Typed::default(),
            types: door.document_types(),
            jump: String::new(),
            lines: Vec::new(),
            start: 0,
            complete: false,
            at: 0,
            offset: 0.0,
            height: 400.0,
            turn: 0,
            fetching: None,
            running: None,
            written: None,
            stage: Stage::Asking,
        };
        let shelf = dialog.look(door);
        (dialog, Task::batch([shelf, reach(JUMP)]))
    }

    fn id(&self) -> BookId {
        BookId { direction: self.output.direction(), year: self.year, series: self.series.clone() }
    }

    fn book(&self) -> Option<&Book> {
        self.books.iter().find(|book| book.id.series == self.series)
    }

    fn selected(&self) -> Option<&BookLine> {
        self.lines.get(self.at)
    }

    fn selected_key(&self) -> Option<DocumentKey> {
        self.selected()?.key
    }

    /// What the fields ask; `None` while one of them cannot be read.
    fn filter(&self) -> Option<BookFilter> {
        Some(BookFilter {
            from: self.day(&self.typed.from)?,
            until: self.day(&self.typed.until)?,
            party: self.typed.party.trim().to_owned(),
            type_key: self.typed.type_key.clone(),
            to: self.typed.to.trim().to_owned(),
            words: String::new(),
        })
    }

    /// A day as it is typed; `5/2` is one of the book's year.
    fn day(&self, text: &str) -> Option<Option<Date>> {
        let text = text.trim();
        let short = text.split(['/', '-', '.']).count() == 2;
        let whole = if short { format!("{text}/{}", self.year) } else { text.to_owned() };
        deadline::read(&whole, today(), &[]).ok()
    }

    /// Asks which books there are, then for the lines of the one that is chosen.
    fn look(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        self.turn += 1;
        let (turn, year, direction) = (self.turn, self.year, self.output.direction());
        let door = Arc::clone(door);
        let ask = crate::desk::ask(move || {
            Ok((door.book_years(direction)?, door.books(direction, year)?))
        });
        self.wait(Task::perform(ask, move |answer| Message::Shelf(turn, answer)))
    }

    fn shelved(
        &mut self,
        answer: Result<(Vec<i16>, Vec<Book>), Problem>,
        door: &Arc<dyn Door>,
    ) -> Step<Message> {
        match answer {
            Ok((years, books)) => {
                (self.years, self.books) = (years, books);
                if self.book().is_none() {
                    let first = self.books.first().map(|book| book.id.series.clone());
                    self.series = first.unwrap_or_default();
                }
                Step::Run(self.narrowed(door))
            }
            Err(problem) => {
                self.fetching = None;
                self.stage = Stage::Failed(problem);
                Step::None
            }
        }
    }

    /// The lines from where one looks first: the end of a whole book, the beginning of what
    /// was narrowed.
    fn narrowed(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        match self.filter() {
            Some(filter) if filter.is_empty() => self.go_to_end(door),
            Some(_) => self.go_to(0, door),
            None => Task::none(),
        }
    }

    fn go_to_end(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let last = self.book().map_or(0, |book| book.last);
        self.at = usize::MAX;
        self.restart(last.saturating_sub(PAGE / 2), door)
    }

    fn go_to(&mut self, after: u32, door: &Arc<dyn Door>) -> Task<Message> {
        self.at = 0;
        self.restart(after, door)
    }

    fn restart(&mut self, after: u32, door: &Arc<dyn Door>) -> Task<Message> {
        self.lines.clear();
        self.start = after;
        self.offset = 0.0;
        let top = operation::scroll_to(ROWS, AbsoluteOffset { x: None, y: Some(0.0) });
        Task::batch([top, self.fetch(true, door)])
    }

    fn fetch_more(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let visible = windowed(self.lines.len(), ROW, self.offset, self.height).rows.end;
        let enough = visible + AHEAD <= self.lines.len();
        if self.complete || enough || self.fetching.is_some() {
            return Task::none();
        }
        self.fetch(false, door)
    }

    fn fetch(&mut self, fresh: bool, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(filter) = self.filter() else { return Task::none() };
        self.turn += 1;
        let turn = self.turn;
        let after = match self.lines.last() {
            Some(line) if !fresh => line.number,
            _ => self.start,
        };
        self.complete = false;
        let (id, door) = (self.id(), Arc::clone(door));
        let ask = crate::desk::ask(move || door.book_lines(&id, &filter, after, PAGE));
        self.wait(Task::perform(ask, move |answer| Message::Loaded { turn, fresh, answer }))
    }

    /// Leaving, or asking something else, ends the question.
    fn wait(&mut self, task: Task<Message>) -> Task<Message> {
        let (task, handle) = task.abortable();
        self.fetching = Some(handle.abort_on_drop());
        task
    }

    fn loaded(
        &mut self,
        fresh: bool,
        answer: Result<Vec<BookLine>, Problem>,
        door: &Arc<dyn Door>,
    ) -> Task<Message> {
        self.fetching = None;
        match answer {
            Ok(lines) => {
                self.complete = lines.len() < PAGE as usize;
                if fresh {
                    self.lines = lines;
                } else {
                    self.lines.extend(lines);
                }
                let last = self.lines.len().saturating_sub(1);
                let end = self.at > last;
                self.at = self.at.min(last);
                let shown = if end && fresh { self.choose(last) } else { Task::none() };
                Task::batch([shown, self.fetch_more(door)])
            }
            Err(problem) => {
                self.complete = true;
                self.stage = Stage::Failed(problem);
                Task::none()
            }
        }
    }

    fn choose(&mut self, index: usize) -> Task<Message> {
        if self.lines.get(index).is_none() {
            return Task::none();
        }
        self.at = index;
        match reveal(index, ROW, self.offset, self.height) {
            Some(offset) => {
                self.offset = offset;
                operation::scroll_to(ROWS, AbsoluteOffset { x: None, y: Some(offset) })
            }
            None => Task::none(),
        }
    }
}

impl Modal for Books {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Shelf(turn, answer) if turn == self.turn => return self.shelved(answer, door),
            Message::Loaded { turn, fresh, answer } if turn == self.turn => {
                return Step::Run(self.loaded(fresh, answer, door));
            }
            Message::Shelf(..) | Message::Loaded { .. } => {}
            Message::Output(output) => {
                let turned = output.direction() != self.output.direction();
                self.output = output;
                if output == Output::Day
                    && self.typed.from.is_empty()
                    && self.typed.until.is_empty()
                {
                    let day = crate::desk::document::day(today());
                    self.typed.from.clone_from(&day);
                    self.typed.until = day;
                    return Step::Run(self.narrowed(door));
                }
                if turned {
                    self.series.clear();
                    return Step::Run(self.look(door));
                }
            }
            Message::Year(year) => {
                self.year = year;
                return Step::Run(self.look(door));
            }
            Message::Book(series) => {
                self.series = series;
                return Step::Run(self.narrowed(door));
            }
            Message::From(from) => self.typed.from = from,
            Message::Until(until) => self.typed.until = until,
            Message::Party(party) => self.typed.party = party,
            Message::To(to) => self.typed.to = to,
            Message::Type(type_key) => {
                self.typed.type_key = type_key;
                return Step::Run(self.narrowed(door));
            }
            Message::Narrow => return Step::Run(self.narrowed(door)),
            Message::Widen => {
                self.typed = Typed::default();
                return Step::Run(self.narrowed(door));
            }
            Message::Jump(jump) => self.jump = jump,
            Message::Go => {
                // Enter goes to the number that was typed; a second time it opens its document.
                let jump = std::mem::take(&mut self.jump);
                return match jump.trim().parse::<u32>() {
                    Ok(number) => Step::Run(self.go_to(number.saturating_sub(1), door)),
                    Err(_) => self.update(Message::Open, door),
                };
            }
            Message::Scrolled { offset, height } => {
                self.offset = offset;
                self.height = height;
                return Step::Run(self.fetch_more(door));
            }
            Message::Sized(size) => {
                self.height = size.height;
                return Step::Run(self.fetch_more(door));
            }
            Message::Select(index) => return Step::Run(self.choose(index)),
            Message::Open => {
                if let Some(key) = self.selected_key() {
                    let inbound = self.output.direction() == Direction::Inbound;
                    return Step::ShowLine(key, inbound);
                }
            }
            Message::Save(format) => return self.save(format),
            Message::Export(message) => return self.exported(message, door),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        let last = self.lines.len().saturating_sub(1);
        let whole = page(ROW, self.height);
        let to = match command {
            Command::Print => return self.save(Format::Pdf),
            Command::Open | Command::Confirm => return self.update(Message::Open, door),
            Command::Down => self.at.saturating_add(1),
            Command::Up => self.at.saturating_sub(1),
            Command::PageDown => self.at.saturating_add(whole),
            Command::PageUp => self.at.saturating_sub(whole),
            // The beginning of the book, not of what happens to be fetched.
            Command::Home if self.start > 0 => return Step::Run(self.go_to(0, door)),
            Command::Home => 0,
            Command::End if self.complete => last,
            Command::End => return Step::Run(self.go_to_end(door)),
            _ => return Step::None,
        };
        Step::Run(self.choose(to.min(last)))
    }

    fn view(&self) -> Element<'_, Message> {
        self.sheet()
    }
}
