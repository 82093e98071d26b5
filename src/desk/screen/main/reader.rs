//! The right pane: one document, its verdict, and the five parts one can look at.

mod findings;
mod view;

use std::sync::Arc;
use std::time::Duration;

use iced::Task;

use super::pages;
use crate::desk::deeds::Deed;
use crate::desk::document::{Document, State};
use crate::desk::door::Door;
use crate::desk::drafts::DraftWish;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::domain::document::DocumentKey;
use crate::domain::gate::CheckName;
use crate::domain::inbound::InboundState;
use crate::domain::problem::Problem;
use crate::domain::query::Query;
use crate::domain::verdict::VerdictSummary;
use crate::office::extract::Field;
use crate::office::gate::GateView;
use crate::office::{Handling, HistoryEntry};

/// While the arrow keys run through the list, nothing is fetched for rows passed by.
const SETTLING: Duration = Duration::from_millis(120);

#[derive(Debug)]
pub struct Reader {
    document: Option<Document>,
    part: Part,
    /// Numbers the documents shown; answers for an earlier one are dropped.
    turn: u64,
    pages: pages::Pages,
    history: Fetch<Vec<HistoryEntry>>,
    verdict: Fetch<Option<VerdictSummary>>,
    /// What was found at the gate; `None` for an outbound document.
    gate: Fetch<Option<GateView>>,
    /// It is being looked at again.
    looking: bool,
    handling: Fetch<Handling>,
    /// Fields that the program filled in and nobody has confirmed.
    unconfirmed: Vec<Field>,
    /// The arrival stamp is to be seen on the pages.
    stamped: bool,
    /// Why it is not.
    no_stamp: Option<NoStamp>,
    /// Documents that this one may be the same as.
    twins: usize,
    /// What the checker of layouts found.
    findings: findings::Findings,
}

#[derive(Debug)]
enum NoStamp {
    NotRegistered,
    Failed(Problem),
}

#[derive(Debug, Clone)]
pub enum Message {
    Settled(u64),
    History(u64, Result<Vec<HistoryEntry>, Problem>),
    Verdict(u64, Result<Option<VerdictSummary>, Problem>),
    Gate(u64, Box<Result<GateView, Problem>>),
    /// Look at the gate again, signatures included.
    CheckAgain,
    /// A person judges what no program can.
    Judge(CheckName),
    ReportError,
    Handling(u64, Box<Result<Handling, Problem>>),
    Refreshed(u64, Box<Result<Document, Problem>>),
    /// Shows the arrival stamp, or no longer.
    ToggleStamp,
    Stamp(u64, Result<Option<pages::Stamp>, Problem>),
    PrintCopy,
    Pages(pages::Message),
    Layout(findings::Message),
    Part(Part),
    Do(Deed),
    Compare {
        field: String,
        signer: String,
    },
    Report,
    Twins(u64, Result<usize, Problem>),
    ShowTwins,
    Note,
    /// The settlement slip, to a file.
    Slip,
    /// Certified copies.
    Copies,
    /// Open what is cancelled.
    Unseal,
    AnswerDemand,
    /// Another document that this one is linked with.
    Follow(DocumentKey),
    /// Write the fields.
    Fields,
    Draft(DraftWish),
    Unconfirmed(u64, Result<Vec<Field>, Problem>),
}

/// What the pane shows of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Pages,
    Signatures,
    Facts,
    History,
    Handling,
    Deliveries,
}

/// Something asked of the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch<T> {
    Waiting,
    Here(T),
    Failed(Problem),
}

impl<T> From<Result<T, Problem>> for Fetch<T> {
    fn from(answer: Result<T, Problem>) -> Self {
        match answer {
            Ok(value) => Self::Here(value),
            Err(problem) => Self::Failed(problem),
        }
    }
}

pub enum Action {
    None,
    Run(Task<Message>),
    Do(Deed),
    /// Show what was signed in a field beside what is there now.
    Compare {
        field: String,
        signer: String,
    },
    /// Print the report on the signatures.
    Report,
    /// Tell of an error in the document.
    ReportError,
    /// Save a copy to be printed, with the arrival stamp where there is one.
    PrintCopy,
    /// Show the document beside those that it may be the same as.
    Twins,
    /// A remark on the document.
    Note,
    Slip,
    Copies,
    Unseal,
    AnswerDemand,
    Follow(DocumentKey),
    /// Write the fields.
    Fields,
    /// A look at the draft.
    Draft(DraftWish),
}

impl Part {
    pub const ALL: [Self; 6] = [
        Self::Pages,
        Self::Signatures,
        Self::Facts,
        Self::History,
        Self::Deliveries,
        Self::Handling,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::Pages => "desk-part-pages",
            Self::Signatures => "desk-part-signatures",
            Self::Facts => "desk-part-facts",
            Self::History => "desk-part-history",
            Self::Handling => "desk-part-handling",
            Self::Deliveries => "desk-part-deliveries",
        }
    }
}

impl Reader {
    pub fn new(easel: Arc<dyn Easel>) -> Self {
        Self {
            document: None,
            part: Part::Pages,
            turn: 0,
            pages: pages::Pages::new(easel),
            history: Fetch::Waiting,
            verdict: Fetch::Waiting,
            gate: Fetch::Here(None),
            looking: false,
            stamped: false,
            no_stamp: None,
            twins: 0,
            findings: findings::Findings::default(),
            handling: Fetch::Waiting,
            unconfirmed: Vec::new(),
        }
    }

    /// Marks where these words stand on the pages.
    pub fn look_for(&mut self, words: &str) -> Task<Message> {
        self.pages.look_for(Query::parse(words)).map(Message::Pages)
    }

    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }

    /// Shows another document; what it needs is fetched when the choice has settled.
    pub fn show(&mut self, document: Document) -> Task<Message> {
        self.turn += 1;
        let turn = self.turn;
        self.verdict = match document.verdict() {
            Some(verdict) => Fetch::Here(Some(verdict.clone())),
            None => Fetch::Waiting,
        };
        if matches!(document, Document::Inbound(_)) && self.part == Part::Deliveries {
            self.part = Part::Pages;
        }
        self.gate = match &document {
            Document::Inbound(_) => Fetch::Waiting,
            Document::Outbound(_) => Fetch::Here(None),
        };
        self.looking = false;
        self.document = Some(document);
        self.history = Fetch::Waiting;
        self.twins = 0;
        self.findings = findings::Findings::default();
        self.handling = Fetch::Waiting;
        self.unconfirmed.clear();
        self.pages.clear();
        Task::perform(crate::desk::after(SETTLING), move |()| Message::Settled(turn))
    }

    /// Asks for the document again, after something was done with it or it may have moved.
    pub fn refresh(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(document) = &self.document else { return Task::none() };
        let (turn, key, door) = (self.turn, document.key(), Arc::clone(door));
        Task::perform(crate::desk::ask(move || fetch_document(&*door, key)), move |answer| {
            Message::Refreshed(turn, Box::new(answer))
        })
    }

    /// The same, for a document that is not shown yet (a new draft, a line of a book).
    pub fn open(&mut self, key: DocumentKey, door: &Arc<dyn Door>) -> Task<Message> {
        self.turn += 1;
        let (turn, door) = (self.turn, Arc::clone(door));
        Task::perform(crate::desk::ask(move || fetch_document(&*door, key)), move |answer| {
            Message::Refreshed(turn, Box::new(answer))
        })
    }

    pub fn clear(&mut self) {
        self.turn += 1;
        self.document = None;
        self.pages.clear();
    }

    pub fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Action {
        match message {
            Message::Settled(turn) if turn == self.turn => return Action::Run(self.fetch(door)),
            Message::History(turn, answer) if turn == self.turn => self.history = answer.into(),
            Message::Verdict(turn, answer) if turn == self.turn => self.verdict = answer.into(),
            Message::Handling(turn, answer) if turn == self.turn => {
                self.handling = (*answer).into()
            }
            Message::Refreshed(turn, answer) if turn == self.turn => match *answer {
                Ok(document) => return Action::Run(self.refreshed(document, door)),
                Err(problem) => tracing::warn!(%problem, "a document was not read again"),
            },
            Message::Gate(turn, answer) if turn == self.turn => {
                let looked = std::mem::take(&mut self.looking);
                self.gate = match *answer {
                    Ok(view) => Fetch::Here(Some(view)),
                    Err(problem) => Fetch::Failed(problem),
                };
                // The signatures were checked anew with it.
                if looked {
                    return Action::Run(self.refresh(door));
                }
            }
            Message::CheckAgain => return Action::Run(self.check_again(door)),
            Message::Judge(check) => return Action::Run(self.judge(check, door)),
            Message::ReportError => return Action::ReportError,
            Message::ToggleStamp => return Action::Run(self.toggle_stamp(door)),
            Message::Stamp(turn, answer) if turn == self.turn => {
                let stamp = match answer {
                    Ok(Some(stamp)) => Some(stamp),
                    Ok(None) => {
                        self.no_stamp = Some(NoStamp::NotRegistered);
                        None
                    }
                    Err(problem) => {
                        self.no_stamp = Some(NoStamp::Failed(problem));
                        None
                    }
                };
                return Action::Run(self.pages.stamp(stamp).map(Message::Pages));
            }
            Message::PrintCopy => return Action::PrintCopy,
            Message::Unconfirmed(turn, Ok(fields)) if turn == self.turn => {
                self.unconfirmed = fields;
            }
            // Answers for a document that is no longer shown.
            Message::Stamp(..)
            | Message::Gate(..)
            | Message::Settled(_)
            | Message::Unconfirmed(..)
            | Message::History(..)
            | Message::Verdict(..)
            | Message::Handling(..)
            | Message::Refreshed(..) => {}
            Message::Pages(message) => {
                return Action::Run(self.pages.update(message).map(Message::Pages));
            }
            Message::Layout(message) => return Action::Run(self.findings_update(message, door)),
            Message::Part(part) => self.part = part,
            Message::Do(deed) => return Action::Do(deed),
            Message::Report => return Action::Report,
            Message::Twins(turn, answer) if turn == self.turn => match answer {
                Ok(count) => self.twins = count,
                Err(problem) => tracing::warn!(%problem, "duplicates were not looked for"),
            },
            Message::Twins(..) => {}
            Message::ShowTwins => return Action::Twins,
            Message::Note => return Action::Note,
            Message::Slip => return Action::Slip,
            Message::Copies => return Action::Copies,
            Message::Unseal => return Action::Unseal,
            Message::AnswerDemand => return Action::AnswerDemand,
            Message::Follow(key) => return Action::Follow(key),
            Message::Fields => return Action::Fields,
            Message::Draft(wish) => return Action::Draft(wish),
            Message::Compare { field, signer } => return Action::Compare { field, signer },
        }
        Action::None
    }

    fn toggle_stamp(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        self.stamped = !self.stamped;
        self.part = Part::Pages;
        if self.stamped {
            self.fetch_stamp(door)
        } else {
            self.no_stamp = None;
            self.pages.stamp(None).map(Message::Pages)
        }
    }

    /// The stamp is a page of its own, opened like any other.
    fn fetch_stamp(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        self.no_stamp = None;
        let Some(Document::Inbound(document)) = &self.document else { return Task::none() };
        if !self.stamped {
            return Task::none();
        }
        let (turn, key, door) = (self.turn, document.key, Arc::clone(door));
        let easel = self.pages.easel();
        let fetch = crate::desk::ask(move || {
            let Some(stamp) = door.arrival_stamp(key)? else { return Ok(None) };
            Ok(Some(pages::Stamp { canvas: easel.open(stamp.pdf)?, place: stamp.place }))
        });
        Task::perform(fetch, move |answer| Message::Stamp(turn, answer))
    }

    /// The keys of this pane.
    pub fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Action {
        match command {
            Command::Stamp if self.document.is_some() => Action::Run(self.toggle_stamp(door)),
            Command::Findings | Command::NextFinding | Command::PreviousFinding => {
                let message = match command {
                    Command::Findings => findings::Message::Toggle,
                    command => findings::Message::Step { forward: command == Command::NextFinding },
                };
                Action::Run(self.findings_update(message, door))
            }
            Command::Part(index) => {
                if let Some(part) = self.parts().get(index) {
                    self.part = *part;
                }
                Action::None
            }
            Command::Open => {
                self.part = Part::Pages;
                Action::None
            }
            command => Action::Run(self.pages.command(command).map(Message::Pages)),
        }
    }

    /// The window's pixels per logical pixel.
    pub fn scaled(&mut self, scale: f32) -> Task<Message> {
        self.pages.scaled(scale).map(Message::Pages)
    }

    fn check_again(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(Document::Inbound(document)) = &self.document else { return Task::none() };
        if self.looking {
            return Task::none();
        }
        self.looking = true;
        let (turn, key, door) = (self.turn, document.key, Arc::clone(door));
        Task::perform(crate::desk::ask(move || door.check_again(key)), move |answer| {
            Message::Gate(turn, Box::new(answer))
        })
    }

    fn judge(&mut self, check: CheckName, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(Document::Inbound(document)) = &self.document else { return Task::none() };
        let (turn, key, door) = (self.turn, document.key, Arc::clone(door));
        let judge = crate::desk::ask(move || {
            door.judge_check(key, check, "")?;
            door.gate(key)
        });
        Task::perform(judge, move |answer| Message::Gate(turn, Box::new(answer)))
    }

    fn refreshed(&mut self, document: Document, door: &Arc<dyn Door>) -> Task<Message> {
        let same = self.document.as_ref().is_some_and(|shown| {
            main_blob(shown) == main_blob(&document)
                && shown.key() == document.key()
                // What was cancelled meanwhile is not left on the screen.
                && is_sealed(shown) == is_sealed(&document)
        });
        if same {
            // The pages are the same: only the facts around them are fetched anew.
            self.document = Some(document);
            // It may have been registered meanwhile, or passed on: the stamp says so.
            return Task::batch([self.fetch_facts(door), self.fetch_stamp(door)]);
        }
        self.show(document)
    }

    fn fetch(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(document) = &self.document else { return Task::none() };
        let key = document.key();
        let file_door = Arc::clone(door);
        let pages = self.pages.open(move || file_door.main_file(key)).map(Message::Pages);
        Task::batch([pages, self.fetch_facts(door), self.fetch_stamp(door)])
    }

    fn fetch_facts(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(document) = &self.document else { return Task::none() };
        let (turn, key) = (self.turn, document.key());
        let history_door = Arc::clone(door);
        let history =
            Task::perform(crate::desk::ask(move || history_door.history(key)), move |answer| {
                Message::History(turn, answer)
            });
        let verdict = match document {
            Document::Inbound(document) => {
                self.verdict = Fetch::Here(Some(document.verdict.clone()));
                let door = Arc::clone(door);
                let asked = Arc::clone(&door);
                let gate =
                    Task::perform(crate::desk::ask(move || asked.gate(key)), move |answer| {
                        Message::Gate(turn, Box::new(answer))
                    });
                let count = crate::desk::ask(move || Ok(door.duplicates(key)?.len()));
                let twins = Task::perform(count, move |answer| Message::Twins(turn, answer));
                Task::batch([gate, twins])
            }
            Document::Outbound(_) => {
                let door = Arc::clone(door);
                Task::perform(crate::desk::ask(move || door.outbound_verdict(key)), move |answer| {
                    Message::Verdict(turn, answer)
                })
            }
        };
        let findings = self.ask_findings(door).map(Message::Layout);
        let handling_door = Arc::clone(door);
        let handling = crate::desk::ask(move || {
            // Whoever has it in hand has opened it now.
            handling_door.see(key)?;
            handling_door.handling(key)
        });
        let handling =
            Task::perform(handling, move |answer| Message::Handling(turn, Box::new(answer)));
        let unconfirmed = match document {
            Document::Inbound(_) => {
                let door = Arc::clone(door);
                Task::perform(crate::desk::ask(move || door.unconfirmed(key)), move |answer| {
                    Message::Unconfirmed(turn, answer)
                })
            }
            Document::Outbound(_) => Task::none(),
        };
        Task::batch([history, verdict, handling, unconfirmed, findings])
    }

    fn parts(&self) -> &'static [Part] {
        match &self.document {
            // Only an outbound document is delivered to anybody.
            Some(Document::Outbound(_)) => &Part::ALL,
            _ => &[Part::Pages, Part::Signatures, Part::Facts, Part::History, Part::Handling],
        }
    }
}

/// Cancelled on its sender's order: its pages are not shown any more.
fn is_sealed(document: &Document) -> bool {
    matches!(document.state(), State::Inbound(InboundState::Recalled))
}

fn main_blob(document: &Document) -> Option<&crate::domain::document::BlobHash> {
    let files = match document {
        Document::Inbound(document) => &document.files,
        Document::Outbound(document) => &document.files,
    };
    files.iter().find(|file| file.main).map(|file| &file.blob)
}

/// Of either kind: a link leads to both.
fn fetch_document(door: &dyn Door, key: DocumentKey) -> Result<Document, Problem> {
    match door.inbound_document(key) {
        Ok(document) => Ok(Document::Inbound(Box::new(document))),
        Err(_) => Ok(Document::Outbound(Box::new(door.outbound_document(key)?))),
    }
}
