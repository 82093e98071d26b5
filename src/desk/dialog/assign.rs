//! To whom a document goes, in what part, with what direction and until when: an assignment,
//! or passing on what one has.
//!
//! From the keyboard: type a few letters, Enter gives the part that is next (the lead first,
//! then those who cooperate), and Ctrl+Enter does it. What is left alone by the letters typed
//! is taken for the lead if nobody has been named.

use std::sync::Arc;

use iced::Task;
use iced::widget::{column, row, text_editor};
use iced::{Center, Fill};
use jiff::civil::Date;

use super::{Dialog, Frame, Modal, Stage, Step, frame, staged};
use crate::desk::deeds::Deed;
use crate::desk::document::{Document, day, today};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::{Icon, icon};
use crate::desk::widget::press::{press, wide};
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::deadline;
use crate::domain::document::DocumentKey;
use crate::domain::handling::{Part, Participant, Party, Unit, check_parts};
use crate::domain::problem::Problem;
use crate::domain::role::Role;
use crate::domain::text::{fold, tidy};
use crate::office::{Assigning, UserInfo};
use crate::t;

const NAME: &str = "assign-name";

#[derive(Debug)]
pub struct Assign {
    key: DocumentKey,
    /// All that were marked, where they go to the same people; else none.
    many: Vec<Document>,
    /// Passing on, rather than giving it anew.
    forward: bool,
    about: String,
    people: Vec<Person>,
    phrases: Vec<String>,
    holidays: Vec<Date>,
    /// Narrows the list, diacritics or not.
    name: String,
    /// The line that the arrow keys are on.
    chosen: Option<Party>,
    parts: Vec<Participant>,
    direction: text_editor::Content,
    due: String,
    stage: Stage,
}

/// Somebody to whom a document can go: a person or a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    party: Party,
    name: String,
    /// Roles, or how many people work there.
    detail: String,
    leader: bool,
}

/// What the dialog asks the office for.
#[derive(Debug, Clone)]
pub struct Known {
    pub users: Vec<UserInfo>,
    pub units: Vec<Unit>,
    pub phrases: Vec<String>,
    pub holidays: Vec<Date>,
    pub due: Option<Date>,
}

#[derive(Debug, Clone)]
pub enum Message {
    Known(Result<Box<Known>, Problem>),
    Name(String),
    /// Enter in the field of names.
    Take,
    Choose(Party),
    Part(Party, Part),
    Phrase(String),
    Direction(text_editor::Action),
    Due(String),
    Submit,
    Close,
}

impl Assign {
    pub fn new(document: &Document, forward: bool, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let due = document.due().map(day).unwrap_or_default();
        Self::begin(document.key(), Vec::new(), super::about(document), due, forward, door)
    }

    /// Gives all of `documents` to the same people. Where no day is set each has its own term.
    pub fn many(documents: Vec<Document>, door: &Arc<dyn Door>) -> Option<(Self, Task<Message>)> {
        let key = documents.first()?.key();
        let about = t!("desk-assign-many", count = documents.len());
        Some(Self::begin(key, documents, about, String::new(), false, door))
    }

    fn begin(
        key: DocumentKey,
        many: Vec<Document>,
        about: String,
        due: String,
        forward: bool,
        door: &Arc<dyn Door>,
    ) -> (Self, Task<Message>) {
        let alone = many.is_empty();
        let dialog = Self {
            key,
            many,
            forward,
            about,
            people: Vec::new(),
            phrases: Vec::new(),
            holidays: Vec::new(),
            name: String::new(),
            chosen: None,
            parts: Vec::new(),
            direction: text_editor::Content::new(),
            due,
            stage: Stage::Asking,
        };
        let door = Arc::clone(door);
        let known = crate::desk::ask(move || {
            Ok(Box::new(Known {
                users: door.users()?,
                units: door.units()?,
                phrases: door.settling_phrases(),
                holidays: door.holidays(),
                due: if alone { door.proposed_due(key)? } else { None },
            }))
        });
        let known = Task::perform(known, Message::Known);
        (dialog, Task::batch([known, reach(NAME)]))
    }

    fn know(&mut self, known: Known) {
        let units = known.units.into_iter().filter(|unit| !unit.closed).map(|unit| Person {
            detail: t!("desk-assign-members", count = unit.members.len()),
            party: Party::Unit(unit.key),
            name: unit.name,
            leader: false,
        });
        let users = known.users.into_iter().filter(|user| !user.disabled).map(|user| Person {
            detail: words::roles(&user.roles),
            leader: user.roles.contains(&Role::Leader),
            party: Party::User(user.user),
            name: user.display_name,
        });
        self.people = units.chain(users).collect();
        self.phrases = known.phrases;
        self.holidays = known.holidays;
        if self.due.is_empty() {
            self.due = known.due.map(day).unwrap_or_default();
        }
    }

    fn step(&mut self, forward: bool) -> Step<Message> {
        let people = self.matching();
        let at = people.iter().position(|one| Some(&one.party) == self.chosen.as_ref());
        let next = match (at, forward) {
            (None, _) => 0,
            (Some(at), true) => (at + 1).min(people.len().saturating_sub(1)),
            (Some(at), false) => at.saturating_sub(1),
        };
        self.chosen = people.get(next).map(|one| one.party.clone());
        Step::None
    }

    /// Enter: the chosen one gets the part that is next, and the letters make room for others.
    /// The field takes Ctrl+Enter for Enter, too: without letters nobody is meant by it.
    fn take(&mut self) -> Step<Message> {
        let Some(party) = self.chosen.clone() else { return Step::None };
        let has_part = self.parts.iter().any(|one| one.party == party);
        if self.name.trim().is_empty() || has_part {
            self.name.clear();
            return Step::None;
        }
        let led = self.parts.iter().any(|one| one.part == Part::Lead);
        self.give(party, if led { Part::Cooperate } else { Part::Lead });
        self.name.clear();
        Step::None
    }

    /// Gives a part, or takes it away where it was given before; there is one lead, and who
    /// is asked for direction is asked before anybody leads.
    fn give(&mut self, party: Party, part: Part) {
        let had = self.parts.iter().any(|one| one.party == party && one.part == part);
        self.parts.retain(|one| one.party != party);
        if had {
            return;
        }
        match part {
            Part::Lead => {
                self.parts.retain(|one| !matches!(one.part, Part::Lead | Part::Direct));
            }
            Part::Direct => self.parts.retain(|one| one.part == Part::Inform),
            Part::Cooperate => self.parts.retain(|one| one.part != Part::Direct),
            Part::Inform => {}
        }
        self.parts.push(Participant::new(party, part));
    }

    /// Who gets it: as named, else the one that is chosen, for the lead.
    fn given(&self) -> Vec<Participant> {
        match (&self.chosen, self.parts.is_empty()) {
            (Some(party), true) => vec![Participant::new(party.clone(), Part::Lead)],
            _ => self.parts.clone(),
        }
    }

    fn matching(&self) -> Vec<&Person> {
        let wanted = fold(&tidy(&self.name));
        let key = |party: &Party| match party {
            Party::User(name) | Party::Unit(name) => fold(name).contains(&wanted),
        };
        self.people
            .iter()
            .filter(|one| fold(&one.name).contains(&wanted) || key(&one.party))
            .collect()
    }

    fn read_due(&self) -> Result<Option<Date>, deadline::Unreadable> {
        deadline::read(&self.due, today(), &self.holidays)
    }

    fn due_hint(&self) -> String {
        if self.many.is_empty() { t!("desk-assign-due-hint") } else { t!("desk-assign-due-each") }
    }

    /// Whoever cooperates passes on to others who do; the office knows the sender's own part.
    fn is_whole(&self) -> bool {
        let given = self.given();
        let asks_nothing = given.iter().all(|one| one.part >= Part::Cooperate);
        check_parts(&given).is_ok() || (self.forward && !given.is_empty() && asks_nothing)
    }

    fn assigning(&self) -> Option<Assigning> {
        if self.stage.is_busy() || !self.is_whole() {
            return None;
        }
        Some(Assigning {
            parts: self.given(),
            direction: tidy(&self.direction.text()),
            due: self.read_due().ok()?,
        })
    }

    fn order(&self) -> Option<Order> {
        let given = self.assigning()?;
        let key = self.key;
        Some(if self.forward {
            Order::Forward { key, given }
        } else {
            Order::Assign { key, given }
        })
    }

    /// A line of the list: name, what they are, and the parts they can have.
    fn person<'a>(&self, one: &Person) -> Element<'a, Message> {
        let busy = self.stage.is_busy();
        let has = self.given().into_iter().find(|given| given.party == one.party);
        let symbol = match (&one.party, &has) {
            (_, Some(_)) => Icon::CheckCircle,
            (Party::User(_), None) => Icon::User,
            (Party::Unit(_), None) => Icon::Users,
        };
        let named = row![
            icon(symbol),
            text(one.name.clone()).size(size::BODY),
            text(one.detail.clone()).size(size::CAPTION).color(theme::INK_SOFT).width(Fill)
        ]
        .spacing(space::S)
        .align_y(Center);
        let chosen = self.chosen.as_ref() == Some(&one.party);
        let name = wide(named, chosen, (!busy).then(|| Message::Choose(one.party.clone())));
        // Direction is given by leaders, and by nobody else.
        let parts = Part::ALL.into_iter().filter(|part| *part != Part::Direct || one.leader);
        let buttons = parts.map(|part| {
            let weight = match &has {
                Some(given) if given.part == part => Weight::Chosen,
                _ => Weight::Quiet,
            };
            let message = Message::Part(one.party.clone(), part);
            press(None, words::part_short(part), weight, (!busy).then_some(message))
        });
        row![name].extend(buttons).spacing(2.0).align_y(Center).into()
    }

    fn heed(&mut self, message: Message) -> Step<Message> {
        match message {
            Message::Known(Ok(known)) => self.know(*known),
            Message::Known(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Name(name) => {
                self.name = name;
                // One that is left is the one that is meant.
                if let [only] = self.matching().as_slice() {
                    self.chosen = Some(only.party.clone());
                }
            }
            Message::Take => return self.take(),
            Message::Choose(party) => self.chosen = Some(party),
            Message::Part(party, part) => self.give(party, part),
            Message::Phrase(phrase) => {
                self.direction = text_editor::Content::with_text(&phrase);
            }
            Message::Direction(action) if !self.stage.is_busy() => self.direction.perform(action),
            Message::Direction(_) => {}
            Message::Due(due) => self.due = due,
            Message::Submit => {
                if let Some(order) = self.order() {
                    return Step::Order(order);
                }
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn key(&mut self, command: Command) -> Step<Message> {
        match command {
            Command::Down => self.step(true),
            Command::Up => self.step(false),
            _ => Step::None,
        }
    }
}

impl Modal for Assign {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            // What becomes of each shows in a dialog of its own.
            Message::Submit if !self.many.is_empty() => match self.assigning() {
                Some(given) => Step::Open(Box::new(Dialog::assigning(given, &self.many, door))),
                None => Step::None,
            },
            message => self.heed(message),
        }
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => self.update(Message::Submit, door),
            command => self.key(command),
        }
    }

    fn view(&self) -> Element<'_, Message> {
        let people = column(self.matching().into_iter().map(|one| self.person(one))).spacing(2.0);
        let due = self.read_due();
        let complaint = match due {
            Err(_) => Some(t!("desk-due-unreadable")),
            Ok(Some(date)) if date < today() => Some(t!("desk-due-past")),
            Ok(_) => None,
        };
        // What `+5` comes to is said before it is ordered.
        let meant = match due {
            Ok(Some(date)) if self.due.trim_start().starts_with('+') => {
                Some(text(t!("desk-due-meant", date = day(date))).size(size::CAPTION))
            }
            _ => None,
        };
        let phrases = (!self.phrases.is_empty()).then(|| {
            choice(self.phrases.clone(), None, t!("desk-assign-phrases"), Message::Phrase)
        });
        let body = column![
            text(&self.about).font(BOLD).size(size::BODY),
            field(
                t!("desk-assign-user"),
                column![
                    line(NAME, &t!("desk-assign-user-hint"), &self.name)
                        .on_input(Message::Name)
                        .on_submit(Message::Take),
                    people
                ]
                .spacing(space::XS),
                (!self.is_whole() && !self.people.is_empty())
                    .then(|| t!("desk-assign-user-needed"))
            ),
            field(
                t!("desk-assign-direction"),
                column![]
                    .push(phrases)
                    .push(
                        lines("assign-direction", &self.direction, 64.0)
                            .on_action(Message::Direction)
                    )
                    .spacing(space::XS),
                None
            ),
            field(
                t!("desk-assign-due"),
                column![
                    line("assign-due", &self.due_hint(), &self.due)
                        .on_input(Message::Due)
                        .on_submit(Message::Submit)
                ]
                .push(meant)
                .spacing(space::XS),
                complaint
            ),
        ]
        .spacing(space::M);
        let deed = if self.forward { Deed::Forward } else { Deed::Assign };
        frame(Frame {
            icon: deed.icon(),
            title: t!(deed.key()),
            width: 760.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!(deed.key())),
                Weight::Primary,
                self.assigning().map(|_| Message::Submit),
            )),
            close: Message::Close,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog() -> Assign {
        let person = |user: &str, name: &str| Person {
            party: Party::User(user.to_owned()),
            name: name.to_owned(),
            detail: String::new(),
            leader: user == "nguyet",
        };
        Assign {
            key: DocumentKey::fresh(),
            many: Vec::new(),
            forward: false,
            about: String::new(),
            people: vec![
                person("be", "Trần Thị Bé"),
                person("dat", "Đỗ Tiến Đạt"),
                person("nguyet", "Nguyễn Thị Ánh Nguyệt"),
            ],
            phrases: Vec::new(),
            holidays: Vec::new(),
            name: String::new(),
            chosen: None,
            parts: Vec::new(),
            direction: text_editor::Content::new(),
            due: String::new(),
            stage: Stage::Asking,
        }
    }

    fn user(name: &str) -> Party {
        Party::User(name.to_owned())
    }

    fn ordered(dialog: &mut Assign) -> Option<Assigning> {
        match dialog.heed(Message::Submit) {
            Step::Order(Order::Assign { given, .. }) => Some(given),
            _ => None,
        }
    }

    #[test]
    fn names_are_found_without_diacritics_and_the_only_one_leads() {
        let mut dialog = dialog();
        drop(dialog.heed(Message::Name("dat".to_owned())));
        let given = ordered(&mut dialog).unwrap();
        assert_eq!((given.parts, given.due), (vec![Participant::lead("dat")], None));
    }

    #[test]
    fn nobody_and_no_unreadable_date_is_assigned() {
        let mut dialog = dialog();
        assert_eq!(ordered(&mut dialog), None);
        drop(dialog.heed(Message::Choose(user("be"))));
        drop(dialog.heed(Message::Due("mai".to_owned())));
        assert_eq!(ordered(&mut dialog), None);
        drop(dialog.heed(Message::Due("+5".to_owned())));
        let due = ordered(&mut dialog).unwrap().due.unwrap();
        assert!(due > today());
    }

    #[test]
    fn enter_gives_the_lead_first_and_then_what_cooperates() {
        let mut dialog = dialog();
        for name in ["dat", "be"] {
            drop(dialog.heed(Message::Name(name.to_owned())));
            drop(dialog.heed(Message::Take));
            assert_eq!(dialog.name, "", "room for the next");
            // Once more changes nothing.
            drop(dialog.heed(Message::Take));
        }
        drop(dialog.heed(Message::Part(user("nguyet"), Part::Inform)));
        let parts = ordered(&mut dialog).unwrap().parts;
        let told: Vec<_> = parts.iter().map(|one| (one.party.to_string(), one.part)).collect();
        assert_eq!(
            told,
            [
                ("user:dat".to_owned(), Part::Lead),
                ("user:be".to_owned(), Part::Cooperate),
                ("user:nguyet".to_owned(), Part::Inform)
            ]
        );
        // Another lead takes the place of the first; the same part again is none.
        drop(dialog.heed(Message::Part(user("be"), Part::Lead)));
        drop(dialog.heed(Message::Part(user("nguyet"), Part::Inform)));
        assert_eq!(ordered(&mut dialog).unwrap().parts, [Participant::lead("be")]);
        // Who is asked for direction is asked before anybody leads.
        drop(dialog.heed(Message::Part(user("nguyet"), Part::Direct)));
        let parts = ordered(&mut dialog).unwrap().parts;
        assert_eq!(parts, [Participant::new(user("nguyet"), Part::Direct)]);
    }

    #[test]
    fn who_cooperates_may_pass_on_without_a_lead() {
        let mut dialog = dialog();
        drop(dialog.heed(Message::Part(user("be"), Part::Cooperate)));
        assert_eq!(ordered(&mut dialog), None);
        dialog.forward = true;
        assert!(matches!(
            dialog.heed(Message::Submit),
            Step::Order(Order::Forward { given, .. }) if given.parts[0].part == Part::Cooperate
        ));
    }

    #[test]
    fn arrows_walk_the_list() {
        let mut dialog = dialog();
        for expected in ["be", "dat", "nguyet", "nguyet"] {
            drop(dialog.key(Command::Down));
            assert_eq!(dialog.chosen, Some(user(expected)));
        }
        drop(dialog.key(Command::Up));
        assert_eq!(dialog.chosen, Some(user("dat")));
    }
}
