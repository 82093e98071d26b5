//! Certified copies of a document: those that were made, and one more (Nghị định 30/2020/NĐ-CP
//! Điều 25 to 27).
//!
//! The dialog stays when a copy is made: it stands in the list with its number, its pages can be
//! looked at, and its file is saved or printed. Whoever does not keep the seal looks only.

mod view;

use std::path::PathBuf;
use std::sync::Arc;

use iced::Task;
use iced::widget::operation;

use super::hand::{self, Hand};
use super::leaf::{self, Leaf};
use super::{BODY, Modal, Stage, Step, staged};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::desk::viewer;
use crate::desk::widget::Element;
use crate::desk::widget::tabbing::reach;
use crate::domain::copy::{self, CertifiedCopy, CopyKind};
use crate::domain::document::{DocumentKey, Signer};
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text::{safe_file_name, tidy};
use crate::office::certify::{CopyDesk, CopyOrder};
use crate::t;

/// Width of the page that is looked at, and height of its room.
const PAGE: (f32, f32) = (440.0, 310.0);
const RECIPIENTS: &str = "copies-recipients";

#[derive(Debug)]
pub struct Copies {
    key: DocumentKey,
    about: String,
    desk: Option<Box<CopyDesk>>,
    kind: CopyKind,
    to_paper: bool,
    /// Pages of an extract as they are typed.
    pages: String,
    recipients: String,
    signer: Signer,
    /// For the organisation's signature; `None` for whoever only looks.
    hand: Option<Hand>,
    /// The copy of the list that the buttons are for.
    chosen: Option<DocumentKey>,
    /// Its pages, where they are looked at.
    leaf: Option<Leaf>,
    /// What was done last.
    said: Option<String>,
    easel: Arc<dyn Easel>,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Fetched(Result<Box<CopyDesk>, Problem>),
    Kind(CopyKind),
    ToPaper(bool),
    Pages(String),
    Recipients(String),
    Competence(String),
    Position(String),
    Signer(String),
    Hand(hand::Message),
    Submit,
    Made(Result<Box<CertifiedCopy>, Problem>),
    Choose(DocumentKey),
    Look,
    Leaf(leaf::Message),
    /// Asks where the file goes; one that is to be printed is shown afterwards.
    Save {
        print: bool,
    },
    Place {
        copy: DocumentKey,
        print: bool,
        path: Option<PathBuf>,
    },
    Saved(Result<PathBuf, Problem>),
    Close,
}

impl Copies {
    pub fn new(
        document: &Document,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let key = document.key();
        let (hand, looking) = match door.may(Act::Seal) {
            true => {
                let (hand, looking) = Hand::new(SignatureKind::Organisation, door);
                (Some(hand), looking.map(Message::Hand))
            }
            false => (None, Task::none()),
        };
        let dialog = Self {
            key,
            about: super::about(document),
            desk: None,
            kind: CopyKind::True,
            to_paper: false,
            pages: String::new(),
            recipients: String::new(),
            signer: Signer::default(),
            hand,
            chosen: None,
            leaf: None,
            said: None,
            easel: Arc::clone(easel),
            stage: Stage::Asking,
        };
        let door = Arc::clone(door);
        let fetch = crate::desk::ask(move || door.copy_desk(key).map(Box::new));
        (dialog, Task::batch([Task::perform(fetch, Message::Fetched), looking]))
    }

    fn copies(&self) -> &[CertifiedCopy] {
        self.desk.as_ref().map_or(&[], |desk| desk.copies.as_slice())
    }

    fn copy(&self) -> Option<&CertifiedCopy> {
        let chosen = self.chosen?;
        self.copies().iter().find(|copy| copy.id == chosen)
    }

    fn permits(&self, kind: CopyKind, to_paper: bool) -> bool {
        self.desk.as_ref().is_some_and(|desk| desk.permitted.contains(&(kind, to_paper)))
    }

    /// Takes the other way where the rules do not let a copy of this kind go this one.
    fn settle(&mut self) {
        if !self.permits(self.kind, self.to_paper) && self.permits(self.kind, !self.to_paper) {
            self.to_paper = !self.to_paper;
        }
    }

    /// The pages that an extract takes; `None` while that cannot be read.
    fn pages(&self) -> Option<Vec<u32>> {
        let count = self.desk.as_ref()?.pages;
        copy::pages(&self.pages, count).filter(|pages| !pages.is_empty())
    }

    /// What copy is wanted, once that is clear.
    fn order(&self) -> Option<CopyOrder> {
        if !self.permits(self.kind, self.to_paper) {
            return None;
        }
        let pages = match self.kind {
            CopyKind::Extract => self.pages()?,
            CopyKind::True | CopyKind::Reissued => Vec::new(),
        };
        let signer = if self.to_paper { self.signer.clone() } else { Signer::default() };
        let named = !tidy(&signer.full_name).is_empty() && !tidy(&signer.position).is_empty();
        (named || !self.to_paper).then(|| CopyOrder {
            of: self.key,
            kind: self.kind,
            to_paper: self.to_paper,
            pages,
            recipients: tidy(&self.recipients),
            signer,
        })
    }

    fn is_ready(&self) -> bool {
        let Some(hand) = &self.hand else { return false };
        !self.stage.is_busy() && (self.to_paper || hand.is_ready()) && self.order().is_some()
    }

    fn submit(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        let Some(order) = self.order().filter(|_| self.is_ready()) else { return Step::None };
        let hand = match (order.to_paper, &mut self.hand) {
            (true, _) => None,
            (false, Some(hand)) => hand.take().map(hand::Ready::order),
            (false, None) => return Step::None,
        };
        self.stage = Stage::Busy;
        self.said = None;
        let door = Arc::clone(door);
        let work = crate::desk::ask(move || door.certify_copy(&order, hand.as_ref()).map(Box::new));
        Step::Run(Task::perform(work, Message::Made))
    }

    fn made(
        &mut self,
        answer: Result<Box<CertifiedCopy>, Problem>,
        door: &Arc<dyn Door>,
    ) -> Step<Message> {
        let again = match &mut self.hand {
            Some(hand) if !self.to_paper => hand.again(door).map(Message::Hand),
            _ => Task::none(),
        };
        match answer {
            Ok(copy) => {
                tracing::info!(code = copy.written, "a certified copy was made");
                self.stage = Stage::Asking;
                self.said = Some(t!("desk-copies-done", code = copy.written));
                self.pages.clear();
                let id = copy.id;
                if let Some(desk) = &mut self.desk {
                    desk.copies.push(*copy);
                }
                self.choose(id);
                let shown = self.look(door);
                // The history beside the page has grown.
                Step::Changed(Task::batch([again, shown]))
            }
            Err(problem) => {
                tracing::warn!(%problem, "a certified copy was not made");
                self.stage = Stage::Failed(problem);
                Step::Run(Task::batch([again, operation::snap_to_end(BODY)]))
            }
        }
    }

    fn choose(&mut self, id: DocumentKey) {
        if self.chosen != Some(id) {
            self.chosen = Some(id);
            self.leaf = None;
        }
    }

    /// Shows the pages of the copy that is chosen.
    fn look(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(id) = self.copy().map(|copy| copy.id) else { return Task::none() };
        let door = Arc::clone(door);
        let (leaf, opened) = Leaf::new(&self.easel, PAGE, move || Ok(door.copy_file(id)?.1));
        self.leaf = Some(leaf);
        opened.map(Message::Leaf)
    }

    fn turn(&mut self, to: impl FnOnce(usize) -> usize) -> Step<Message> {
        let Some(leaf) = &mut self.leaf else { return Step::None };
        let to = to(leaf.at());
        Step::Run(leaf.update(leaf::Message::Turn(to)).map(Message::Leaf))
    }

    /// Asks where the chosen copy's file goes.
    fn save(&self, print: bool) -> Step<Message> {
        let Some(copy) = self.copy().filter(|_| !self.stage.is_busy()) else { return Step::None };
        let id = copy.id;
        let code = copy.written.replace('/', "-");
        let name = safe_file_name(&format!("{} {code}.pdf", copy.kind.title()));
        let dialog =
            rfd::AsyncFileDialog::new().set_file_name(name).add_filter("PDF", &["pdf"]).save_file();
        Step::Run(Task::perform(dialog, move |chosen| {
            let path = chosen.map(|file| file.path().to_owned());
            Message::Place { copy: id, print, path }
        }))
    }

    /// Writes the file as it is, so that its signatures stay what they are.
    fn write(
        &mut self,
        copy: DocumentKey,
        print: bool,
        path: PathBuf,
        door: &Arc<dyn Door>,
    ) -> Step<Message> {
        self.said = None;
        let door = Arc::clone(door);
        let work = crate::desk::ask(move || {
            let path = viewer::write(path, &door.copy_file(copy)?.1)?;
            if print {
                viewer::show(&path)?;
            }
            Ok(path)
        });
        Step::Run(Task::perform(work, Message::Saved))
    }
}

impl Modal for Copies {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Fetched(Ok(desk)) => {
                self.chosen = desk.copies.last().map(|copy| copy.id);
                self.signer = desk.signer.clone();
                self.desk = Some(desk);
                self.settle();
                if self.hand.is_some() && !self.to_paper {
                    return Step::Run(hand::focus());
                }
            }
            Message::Fetched(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Made(answer) => return self.made(answer, door),
            Message::Leaf(message) => {
                if let Some(leaf) = &mut self.leaf {
                    return Step::Run(leaf.update(message).map(Message::Leaf));
                }
            }
            Message::Saved(answer) if self.stage.is_busy() => {
                if let Err(problem) = answer {
                    tracing::warn!(%problem, "a copy was not saved while another one was made");
                }
            }
            Message::Saved(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Saved(Ok(path)) => {
                self.stage = Stage::Asking;
                self.said = Some(t!("desk-copies-saved", file = path.display()));
            }
            Message::Place { path: None, .. } => {}
            Message::Place { copy, print, path: Some(path) } => {
                return self.write(copy, print, path, door);
            }
            Message::Hand(hand::Message::Submit) | Message::Submit => return self.submit(door),
            Message::Hand(message) => {
                if let Some(hand) = &mut self.hand {
                    return Step::Run(hand.update(message, door).map(Message::Hand));
                }
            }
            Message::Close => return Step::Close,
            // While a copy is made what was asked for stays as it is.
            _ if self.stage.is_busy() => {}
            Message::Kind(kind) => {
                self.kind = kind;
                self.settle();
            }
            Message::ToPaper(to_paper) => {
                self.to_paper = to_paper;
                return Step::Run(match &mut self.hand {
                    Some(hand) if !to_paper => hand.again(door).map(Message::Hand),
                    _ => reach(RECIPIENTS),
                });
            }
            Message::Pages(pages) => self.pages = pages,
            Message::Recipients(recipients) => self.recipients = recipients,
            Message::Competence(competence) => self.signer.competence = competence,
            Message::Position(position) => self.signer.position = position,
            Message::Signer(name) => self.signer.full_name = name,
            Message::Choose(id) => self.choose(id),
            Message::Look => return Step::Run(self.look(door)),
            Message::Save { print } => return self.save(print),
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        let at = self.copies().iter().position(|copy| Some(copy.id) == self.chosen);
        let to = match command {
            Command::Confirm => return self.submit(door),
            Command::Print => return self.save(true),
            Command::Copies => return Step::Close,
            Command::Part(index) => {
                return match CopyKind::ALL.get(index) {
                    Some(kind) => self.update(Message::Kind(*kind), door),
                    None => Step::None,
                };
            }
            Command::NextPage => return self.turn(|page| page + 1),
            Command::PreviousPage => return self.turn(|page| page.saturating_sub(1)),
            Command::Down => at.map_or(0, |at| at + 1),
            Command::Up => at.map_or(0, |at| at.saturating_sub(1)),
            _ => return Step::None,
        };
        if let Some(id) = self.copies().get(to).map(|copy| copy.id) {
            self.choose(id);
        }
        Step::None
    }

    /// A reader or a card came or went. During a signature nobody else talks to the card.
    fn plugged(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        match &mut self.hand {
            Some(hand) if !self.stage.is_busy() => hand.plugged(door).map(Message::Hand),
            _ => Task::none(),
        }
    }

    fn view(&self) -> Element<'_, Message> {
        self.shown()
    }
}
