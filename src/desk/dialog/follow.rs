//! The board of what is on its way out: what was signed and must leave, how far each issued
//! document is at each recipient, what goes on paper, which numbers are kept back, and what the
//! line does not take.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 3: the clerk watches the states. Arrow keys go from
//! row to row, Alt with a digit to another part; a deed wants its words first, so that nothing
//! is sent again, asked back or given up without a reason.

mod view;

use std::sync::Arc;

use iced::Task;

use super::{Dialog, Modal, Stage, Step};
use crate::desk::document::{Document, today};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::widget::Element;
use crate::desk::widget::tabbing::reach;
use crate::domain::agency::AgencyCode;
use crate::domain::document::DocumentKey;
use crate::domain::letter::{PaperSending, PaperState, PaperWay};
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::problem::Problem;
use crate::domain::reserve::Reserved;
use crate::domain::text::tidy;
use crate::office::follow::Followed;
use crate::office::leaving::{PaperTask, Unsent};
use crate::office::parked::Parked;

/// More nobody reads at once; the console has them all.
const MOST: u32 = 200;
const WORDS: &str = "follow-words";

/// A part of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Unsent,
    Recipients,
    Paper,
    Numbers,
    /// What the line does not take.
    Parked,
}

impl Tab {
    const ALL: [Self; 5] =
        [Self::Unsent, Self::Recipients, Self::Paper, Self::Numbers, Self::Parked];
}

/// What the office found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    unsent: Vec<Unsent>,
    followed: Vec<Followed>,
    paper: Vec<PaperTask>,
    numbers: Vec<Reserved>,
    parked: Vec<Parked>,
}

impl Found {
    fn fetch(door: &dyn Door) -> Result<Self, Problem> {
        Ok(Self {
            unsent: door.unsent(MOST)?,
            followed: door.following(MOST)?,
            paper: door.paper_tasks(MOST)?,
            numbers: door.reserved_numbers()?,
            parked: door.parked(MOST)?,
        })
    }

    /// Deliveries by document and place in its list; what somebody has to look at comes first.
    fn deliveries(&self) -> Vec<(usize, usize)> {
        let all = self.followed.iter().enumerate().flat_map(|(document, followed)| {
            (0..followed.rows.len()).map(move |row| (document, row))
        });
        let mut all: Vec<(usize, usize)> = all.collect();
        all.sort_by_key(|(document, row)| {
            let row = self.followed.get(*document).and_then(|one| one.rows.get(*row));
            row.is_none_or(|row| row.concern.is_none())
        });
        all
    }

    /// Letters that are still owed, by document and place in its list.
    fn letters(&self) -> Vec<(usize, usize)> {
        let all = self.paper.iter().enumerate().flat_map(|(document, task)| {
            let owed = task.letters.iter().enumerate();
            owed.filter(|(_, (_, state))| *state == PaperState::Owed)
                .map(move |(letter, _)| (document, letter))
        });
        all.collect()
    }

    /// How much presses in a part.
    fn pressing(&self, tab: Tab) -> usize {
        match tab {
            Tab::Unsent => self.unsent.len(),
            Tab::Recipients => {
                let rows = self.followed.iter().flat_map(|followed| &followed.rows);
                rows.filter(|row| row.concern.is_some()).count()
            }
            Tab::Paper => self.letters().len(),
            Tab::Numbers => self.numbers.len(),
            Tab::Parked => self.parked.iter().filter(|one| !one.rests()).count(),
        }
    }
}

#[derive(Debug)]
pub struct Board {
    tab: Tab,
    found: Option<Found>,
    at: usize,
    /// The document that is shown, where it can still take a reserved number.
    shown: Option<(DocumentKey, String)>,
    /// The document that is shown, where it was issued.
    issued: Option<Box<OutboundDocument>>,
    /// Reason, or who took a letter.
    words: String,
    reference: String,
    way: PaperWay,
    types: Vec<(String, String)>,
    type_key: String,
    count: String,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Fetched(Result<Found, Problem>),
    Done(Result<(), Problem>),
    Tab(Tab),
    Choose(usize),
    Words(String),
    Reference(String),
    Way(PaperWay),
    Type(String),
    Count(String),
    Do(Deed),
    /// Tells the document of the chosen row anew, or the one that is shown behind the board.
    Update {
        shown: bool,
    },
    /// The evidence of how the document of the chosen row went, or the one that is shown.
    Evidence {
        shown: bool,
    },
    Open,
    Close,
}

/// What can be done with the row that is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Resend,
    RecallFrom,
    CloseDelivery,
    LetterSent,
    LetterDropped,
    Reserve,
    Hold,
    GiveUp,
    Retry,
    GiveUpParked,
}

impl Deed {
    /// Whether it is done only with words.
    const fn wants_words(self) -> bool {
        !matches!(self, Self::Hold | Self::LetterSent | Self::Retry)
    }
}

impl Board {
    pub fn new(shown: Option<&Document>, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        use OutboundState::{Draft, InFormatCheck, InReview, ToSeal, ToSign};
        let issued = shown.and_then(|document| match document {
            Document::Outbound(one) if one.issued_at.is_some() => Some(one.clone()),
            _ => None,
        });
        let shown = shown.and_then(|document| match document {
            Document::Outbound(one)
                if one.numbering.is_none()
                    && matches!(one.state, Draft | InReview | InFormatCheck | ToSign | ToSeal) =>
            {
                Some((one.key, super::about(document)))
            }
            _ => None,
        });
        let types = door.document_types();
        let board = Self {
            tab: Tab::Unsent,
            found: None,
            at: 0,
            shown,
            issued,
            words: String::new(),
            reference: String::new(),
            way: PaperWay::Post,
            type_key: types.first().map(|(key, _)| key.clone()).unwrap_or_default(),
            types,
            count: "1".to_owned(),
            stage: Stage::Asking,
        };
        (board, fetch(door))
    }

    fn rows(&self) -> usize {
        let Some(found) = &self.found else { return 0 };
        match self.tab {
            Tab::Unsent => found.unsent.len(),
            Tab::Recipients => found.deliveries().len(),
            Tab::Paper => found.letters().len(),
            Tab::Numbers => found.numbers.len(),
            Tab::Parked => found.parked.len(),
        }
    }

    /// The delivery that is chosen.
    fn delivery(&self) -> Option<(&Followed, &AgencyCode)> {
        let found = self.found.as_ref().filter(|_| self.tab == Tab::Recipients)?;
        let (document, row) = *found.deliveries().get(self.at)?;
        let followed = found.followed.get(document)?;
        Some((followed, &followed.rows.get(row)?.delivery.recipient))
    }

    /// The letter that is chosen: its document, and the place.
    fn letter(&self) -> Option<(DocumentKey, &str)> {
        let found = self.found.as_ref().filter(|_| self.tab == Tab::Paper)?;
        let (document, letter) = *found.letters().get(self.at)?;
        let task = found.paper.get(document)?;
        Some((task.document.key, task.letters.get(letter)?.0.place.as_str()))
    }

    /// The document of the row that is chosen, or the one that is shown, while nothing is done.
    fn issued(&self, shown: bool) -> Option<&OutboundDocument> {
        match shown {
            _ if self.stage.is_busy() => None,
            true => self.issued.as_deref(),
            false => match self.delivery() {
                Some((followed, _)) => Some(&followed.document),
                None => self.parked()?.issued.as_deref(),
            },
        }
    }

    /// The issued document that would be told anew.
    fn updated(&self, shown: bool) -> Option<&OutboundDocument> {
        self.issued(shown).filter(|document| document.state == OutboundState::Issued)
    }

    fn number(&self) -> Option<&Reserved> {
        let found = self.found.as_ref().filter(|_| self.tab == Tab::Numbers)?;
        found.numbers.get(self.at)
    }

    fn parked(&self) -> Option<&Parked> {
        let found = self.found.as_ref().filter(|_| self.tab == Tab::Parked)?;
        found.parked.get(self.at)
    }

    /// The document of the row that is chosen.
    fn document(&self) -> Option<DocumentKey> {
        let found = self.found.as_ref()?;
        match self.tab {
            Tab::Unsent => found.unsent.get(self.at).map(|row| row.document.key),
            Tab::Recipients => self.delivery().map(|(followed, _)| followed.document.key),
            Tab::Paper => self.letter().map(|(key, _)| key),
            Tab::Numbers => self.number().and_then(|number| number.held_for),
            Tab::Parked => self.parked().and_then(|one| one.document.as_ref().map(|(key, _)| *key)),
        }
    }

    /// What can be done in this part, whatever is still missing for it.
    fn deeds(&self) -> Vec<Deed> {
        match self.tab {
            Tab::Unsent => Vec::new(),
            Tab::Recipients => vec![Deed::Resend, Deed::RecallFrom, Deed::CloseDelivery],
            Tab::Paper => vec![Deed::LetterSent, Deed::LetterDropped],
            Tab::Numbers => vec![Deed::Reserve, Deed::Hold, Deed::GiveUp],
            Tab::Parked => vec![Deed::Retry, Deed::GiveUpParked],
        }
    }

    /// Whether it can be begun now; words may still be missing.
    fn may_begin(&self, deed: Deed) -> bool {
        let free = || self.number().is_some_and(|number| number.held_for.is_none());
        let chosen = match deed {
            Deed::Resend | Deed::RecallFrom | Deed::CloseDelivery => self.delivery().is_some(),
            Deed::LetterSent | Deed::LetterDropped => self.letter().is_some(),
            Deed::Reserve => self.count.trim().parse::<u32>().is_ok_and(|count| count > 0),
            Deed::Hold => self.shown.is_some() && free(),
            Deed::GiveUp => free(),
            Deed::Retry => self.parked().is_some(),
            Deed::GiveUpParked => self.parked().is_some_and(|one| !one.rests()),
        };
        chosen && !self.stage.is_busy()
    }

    fn lacks_words(&self, deed: Deed) -> bool {
        deed.wants_words() && tidy(&self.words).is_empty()
    }

    /// Whether it can be done now.
    fn is_ready(&self, deed: Deed) -> bool {
        self.may_begin(deed) && !self.lacks_words(deed)
    }

    fn carry_out(&mut self, deed: Deed, door: &Arc<dyn Door>) -> Step<Message> {
        if !self.may_begin(deed) {
            return Step::None;
        }
        if self.lacks_words(deed) {
            // They are asked for where they go.
            return Step::Run(reach(WORDS));
        }
        let words = tidy(&self.words);
        type Work = Box<dyn FnOnce(&dyn Door) -> Result<(), Problem> + Send>;
        let work: Option<Work> = match deed {
            Deed::Resend | Deed::RecallFrom | Deed::CloseDelivery => {
                self.delivery().map(|(followed, code)| {
                    let (key, code) = (followed.document.key, code.clone());
                    Box::new(move |door: &dyn Door| match deed {
                        Deed::Resend => door.resend(key, &[code], &words),
                        Deed::RecallFrom => door.recall_from(key, &[code], &words),
                        _ => door.close_delivery(key, &code, &words),
                    }) as Work
                })
            }
            Deed::LetterSent | Deed::LetterDropped => self.letter().map(|(key, place)| {
                let place = place.to_owned();
                let reference = tidy(&self.reference);
                let way = self.way;
                Box::new(move |door: &dyn Door| match deed {
                    Deed::LetterSent => {
                        let sending = PaperSending { way, on: today(), by: words, reference };
                        door.letter_sent(key, &place, sending)
                    }
                    _ => door.letter_dropped(key, &place, &words),
                }) as Work
            }),
            Deed::Reserve => {
                let (key, count) = (self.type_key.clone(), self.count.trim().parse().unwrap_or(0));
                Some(Box::new(move |door: &dyn Door| {
                    door.reserve_numbers(&key, count, &words).map(drop)
                }))
            }
            Deed::Hold | Deed::GiveUp => self.number().cloned().map(|number| {
                let shown = self.shown.as_ref().map(|(key, _)| *key);
                Box::new(move |door: &dyn Door| match (deed, shown) {
                    (Deed::Hold, Some(key)) => door.hold_number(key, &number.book, number.number),
                    _ => door.give_up_reserved(&number.book, number.number, &words),
                }) as Work
            }),
            Deed::Retry | Deed::GiveUpParked => self.parked().map(|one| {
                let item = one.item.clone();
                Box::new(move |door: &dyn Door| match deed {
                    Deed::Retry => door.retry_parked(&item),
                    _ => door.give_up_parked(&item, &words),
                }) as Work
            }),
        };
        let Some(work) = work else { return Step::None };
        self.stage = Stage::Busy;
        let door = Arc::clone(door);
        Step::Run(Task::perform(crate::desk::ask(move || work(&*door)), Message::Done))
    }

    /// Another part, with the keyboard where its words go.
    fn go_to(&mut self, tab: Tab) -> Step<Message> {
        self.tab = tab;
        self.at = 0;
        self.words.clear();
        self.reference.clear();
        if !self.stage.is_busy() {
            self.stage = Stage::Asking;
        }
        Step::Run(reach(WORDS))
    }
}

impl Modal for Board {
    type Message = Message;

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        Some(&mut self.stage)
    }

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Fetched(Ok(found)) => {
                // What presses most is shown first: what is parked goes nowhere by itself.
                if self.found.is_none() {
                    let pressing = |tab: &Tab| found.pressing(*tab) > 0;
                    let first = [Tab::Parked].into_iter().chain(Tab::ALL).find(pressing);
                    self.tab = first.unwrap_or(Tab::Recipients);
                }
                self.found = Some(found);
                self.at = self.at.min(self.rows().saturating_sub(1));
            }
            Message::Done(Ok(())) => {
                self.stage = Stage::Asking;
                self.words.clear();
                self.reference.clear();
                return Step::Changed(Task::batch([fetch(door), reach(WORDS)]));
            }
            Message::Fetched(Err(problem)) | Message::Done(Err(problem)) => {
                self.stage = Stage::Failed(problem);
            }
            Message::Tab(tab) => return self.go_to(tab),
            Message::Choose(index) => {
                self.at = index;
                return Step::Run(reach(WORDS));
            }
            Message::Words(words) => self.words = words,
            Message::Reference(reference) => self.reference = reference,
            Message::Way(way) => self.way = way,
            Message::Type(key) => self.type_key = key,
            Message::Count(count) => self.count = count,
            Message::Do(deed) => return self.carry_out(deed, door),
            Message::Update { shown } => {
                if let Some(document) = self.updated(shown) {
                    return Step::Open(Box::new(Dialog::update_issued(document, door)));
                }
            }
            Message::Evidence { shown } => {
                if let Some(document) = self.issued(shown) {
                    return Step::Evidence(document.key, document.metadata.code.to_string());
                }
            }
            Message::Open => {
                if let Some(key) = self.document() {
                    return Step::ShowLine(key, false);
                }
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        let last = self.rows().saturating_sub(1);
        match command {
            Command::Down => self.at = self.at.saturating_add(1).min(last),
            Command::Up => self.at = self.at.saturating_sub(1),
            Command::Home => self.at = 0,
            Command::End => self.at = last,
            Command::Part(index) => {
                if let Some(tab) = Tab::ALL.get(index) {
                    return self.go_to(*tab);
                }
            }
            Command::Open => return self.update(Message::Open, door),
            Command::Print => {
                let shown = self.delivery().is_none();
                return self.update(Message::Evidence { shown }, door);
            }
            Command::Confirm => {
                // The first deed that can be done is the usual one.
                if let Some(deed) = self.deeds().into_iter().find(|deed| self.is_ready(*deed)) {
                    return self.carry_out(deed, door);
                }
            }
            _ => {}
        }
        Step::None
    }

    fn view(&self) -> Element<'_, Message> {
        self.shown()
    }
}

fn fetch(door: &Arc<dyn Door>) -> Task<Message> {
    let door = Arc::clone(door);
    Task::perform(crate::desk::ask(move || Found::fetch(&*door)), Message::Fetched)
}
