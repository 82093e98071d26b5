//! Opinions on a draft: the page with its comments, and what is decided.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13 khoản 2 and 3. The page is on the left: a rectangle that
//! is drawn on it is where the next comment belongs. Comments stand beside it, to be answered
//! and settled; below them the decision, with who has the draft next.

mod view;

use std::fmt;
use std::sync::Arc;

use iced::widget::text_editor;
use iced::{Rectangle, Task};
use uuid::Uuid;

use super::{Modal, Stage, Step, leaf};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::widget::Element;
use crate::domain::document::DocumentKey;
use crate::domain::opinion::{Decision, act_in};
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::domain::text::tidy;
use crate::office::{OpinionDesk, Passing, UserInfo, Way, labels};
use crate::pdf::Rect;
use crate::t;

/// Width of the page, large enough to be read, and height of its room, in logical pixels.
const PAGE: (f32, f32) = (560.0, 500.0);

#[derive(Debug)]
pub struct Opinion {
    key: DocumentKey,
    about: String,
    desk: Option<Box<OpinionDesk>>,
    page: leaf::Leaf,
    /// Where the next comment belongs: page from 0, points from its top left.
    mark: Option<(usize, Rectangle)>,
    words: text_editor::Content,
    /// The comment that was chosen, and what is typed as its answer.
    chosen: Option<Uuid>,
    answer: String,
    way: Option<WayChoice>,
    person: Option<Person>,
    note: text_editor::Content,
    /// A comment or an answer is on its way.
    keeping: bool,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Desk(Result<Box<OpinionDesk>, Problem>),
    Page(leaf::Message),
    Unmark,
    Words(text_editor::Action),
    Comment,
    Kept(Result<(), Problem>),
    Choose(Uuid),
    Answer(String),
    /// Answers the chosen comment; `Some` settles it or opens it again.
    Reply(Option<bool>),
    Way(WayChoice),
    Person(Person),
    Note(text_editor::Action),
    Decide,
    Close,
}

/// A way on in the picker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WayChoice {
    decision: Decision,
    to: OutboundState,
}

impl fmt::Display for WayChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decision = t!(&format!("decision-{}", self.decision.key()));
        match self.decision {
            Decision::Submit | Decision::Approve => {
                write!(f, "{decision} → {}", labels::outbound(self.to))
            }
            _ => f.write_str(&decision),
        }
    }
}

/// Somebody in the picker; without a user name whoever has the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    user: String,
    name: String,
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Opinion {
    pub fn new(
        document: &Document,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let key = document.key();
        let opening = Arc::clone(door);
        let (page, opened) = leaf::Leaf::new(easel, PAGE, move || opening.main_file(key));
        let dialog = Self {
            key,
            about: super::about(document),
            desk: None,
            page,
            mark: None,
            words: text_editor::Content::new(),
            chosen: None,
            answer: String::new(),
            way: None,
            person: None,
            note: text_editor::Content::new(),
            keeping: false,
            stage: Stage::Asking,
        };
        let desk = dialog.look(door);
        (dialog, Task::batch([desk, opened.map(Message::Page)]))
    }

    fn look(&self, door: &Arc<dyn Door>) -> Task<Message> {
        let (door, key) = (Arc::clone(door), self.key);
        let look = crate::desk::ask(move || door.opinion_desk(key).map(Box::new));
        Task::perform(look, Message::Desk)
    }

    /// Whether a comment may be made here and now.
    fn may_comment(&self) -> bool {
        self.desk.as_ref().is_some_and(|desk| act_in(desk.state).is_some())
    }

    fn ways(&self) -> &[Way] {
        self.desk.as_ref().map_or(&[], |desk| desk.ways.as_slice())
    }

    fn people(&self) -> Vec<Person> {
        let Some(choice) = self.way else { return Vec::new() };
        let same = |way: &&Way| way.decision == choice.decision && way.to == choice.to;
        let Some(way) = self.ways().iter().find(same) else { return Vec::new() };
        let named =
            |user: &UserInfo| Person { user: user.user.clone(), name: user.display_name.clone() };
        let mut people: Vec<Person> = way.people.iter().map(named).collect();
        if choice.decision != Decision::HandOn && !people.is_empty() {
            let name = t!("desk-opinion-anybody");
            people.insert(0, Person { user: String::new(), name });
        }
        people
    }

    /// What was decided, if it may be carried out as it stands.
    fn order(&self) -> Option<Order> {
        let choice = self.way.filter(|_| !self.stage.is_busy())?;
        let note = tidy(&self.note.text());
        let user = self.person.as_ref().map(|one| one.user.clone()).unwrap_or_default();
        if choice.decision == Decision::HandOn {
            return (!user.is_empty()).then_some(Order::HandOn { key: self.key, user, note });
        }
        // A return may leave its reason to the comments; the office looks whether there are any.
        let unsaid = note.is_empty() && choice.decision == Decision::TakeBack;
        let passing = Passing { to: choice.to, user, note };
        (!unsaid).then_some(Order::Pass { key: self.key, passing })
    }

    fn comment(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        let words = self.words.text().trim().to_owned();
        if words.is_empty() || self.keeping || !self.may_comment() {
            return Step::None;
        }
        self.keeping = true;
        let at = self.mark.and_then(|(page, rect)| {
            let Rectangle { x, y, width, height } = rect;
            Some((u32::try_from(page).ok()?, Rect { x, y, width, height }))
        });
        let (door, key) = (Arc::clone(door), self.key);
        let keep = crate::desk::ask(move || door.comment_shown(key, at, &words).map(drop));
        Step::Run(Task::perform(keep, Message::Kept))
    }

    fn reply(&mut self, settles: Option<bool>, door: &Arc<dyn Door>) -> Step<Message> {
        let answer = self.answer.trim().to_owned();
        let Some(comment) = self.chosen.filter(|_| !self.keeping) else { return Step::None };
        if answer.is_empty() && settles.is_none() {
            return Step::None;
        }
        self.keeping = true;
        let (door, key) = (Arc::clone(door), self.key);
        let keep = crate::desk::ask(move || door.answer_comment(key, comment, &answer, settles));
        Step::Run(Task::perform(keep, Message::Kept))
    }

    /// Shows where a comment was made.
    fn point_at(&mut self, comment: Uuid) -> Task<Message> {
        let looks = self.desk.iter().flat_map(|desk| &desk.comments);
        let at = looks.filter(|look| look.kept.comment.id == comment).find_map(|look| look.at);
        match at {
            Some((page, rect)) => self.page.point_at(page as usize, rect.y).map(Message::Page),
            None => Task::none(),
        }
    }

    /// The comments of the page that is shown, in the order of their marks.
    fn on_page(&self) -> impl Iterator<Item = &crate::office::CommentLook> {
        let page = self.page.at();
        self.desk
            .iter()
            .flat_map(|desk| &desk.comments)
            .filter(move |look| look.at.is_some_and(|(at, _)| at as usize == page))
    }
}

impl Modal for Opinion {
    type Message = Message;

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        Some(&mut self.stage)
    }

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Desk(Ok(desk)) => {
                self.desk = Some(desk);
                if self.way.is_none() {
                    let first = self.ways().first();
                    self.way = first.map(|way| WayChoice { decision: way.decision, to: way.to });
                    self.person = self.people().into_iter().next();
                }
            }
            Message::Page(leaf::Message::Marked(rect)) => {
                self.mark = Some((self.page.at(), rect));
            }
            Message::Page(leaf::Message::Picked(index)) => {
                let picked = self.on_page().nth(index).map(|look| look.kept.comment.id);
                self.chosen = picked.or(self.chosen);
            }
            Message::Page(message) => {
                return Step::Run(self.page.update(message).map(Message::Page));
            }
            Message::Unmark => self.mark = None,
            Message::Words(action) => self.words.perform(action),
            Message::Comment => return self.comment(door),
            Message::Kept(answer) => {
                self.keeping = false;
                match answer {
                    Ok(()) => {
                        tracing::info!(key = %self.key, "a comment was kept");
                        self.stage = Stage::Asking;
                        self.mark = None;
                        self.words = text_editor::Content::new();
                        self.answer.clear();
                        // The history beside the page has grown.
                        return Step::Changed(self.look(door));
                    }
                    Err(problem) => self.stage = Stage::Failed(problem),
                }
            }
            Message::Choose(comment) => {
                self.answer.clear();
                self.chosen = Some(comment);
                return Step::Run(self.point_at(comment));
            }
            Message::Answer(answer) => self.answer = answer,
            Message::Reply(settles) => return self.reply(settles, door),
            Message::Way(way) => {
                self.way = Some(way);
                self.person = self.people().into_iter().next();
            }
            Message::Person(person) => self.person = Some(person),
            Message::Note(action) if !self.stage.is_busy() => self.note.perform(action),
            Message::Note(_) => {}
            Message::Decide => return self.order().map_or(Step::None, Step::Order),
            Message::Desk(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, _: &Arc<dyn Door>) -> Step<Message> {
        let to = match command {
            Command::Confirm => return self.order().map_or(Step::None, Step::Order),
            Command::NextPage => self.page.at() + 1,
            Command::PreviousPage => self.page.at().saturating_sub(1),
            _ => return Step::None,
        };
        Step::Run(self.page.update(leaf::Message::Turn(to)).map(Message::Page))
    }

    fn view(&self) -> Element<'_, Message> {
        self.shown()
    }
}
