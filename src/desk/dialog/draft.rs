//! A new outbound document, or a changed draft: its file, what it is called, who signs, to whom
//! it goes.
//!
//! In two stages: `Raw` is what was typed; [`Raw::read`] makes of it what the office
//! takes, or says field by field what is missing. Files are read when the draft is
//! handed over, off the window's thread. What is typed is kept all the while, so that neither
//! a power cut nor a wrong key costs anybody their work.

mod choices;
pub mod files;
mod handing;
mod keeping;
mod making;
mod more;
mod raw;
mod view;

use std::path::PathBuf;
use std::sync::Arc;

use iced::Task;
use iced::widget::text_editor;
use jiff::civil::Date;

use super::seek::{self, Found, Seek};
use super::{Modal, Stage, Step};
use crate::desk::document::today;
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::widget::Element;
use crate::desk::widget::tabbing::reach;
use crate::domain::agency::AgencyCode;
use crate::domain::document::{DocumentKey, Metadata, Recipient};
use crate::domain::problem::Problem;
use crate::domain::role::Role;
use crate::domain::template::{DraftTemplate, RecipientGroup};
use crate::domain::text::fold;
use crate::office::{DraftBase, KeptForm, UserInfo};

pub use choices::UrgencyChoice;
pub use handing::{slot_of_answer, slot_of_edit, slot_of_new};

use choices::{LeaderChoice, TypeChoice};
use handing::{MainSource, Purpose, handed};
use keeping::TakenOnto;
use making::Making;
use raw::{Complaint, Form, Raw, Saved};

const PATH: &str = "draft-path";
const SEARCH: &str = "draft-recipient";

#[derive(Debug)]
pub struct Draft {
    own: AgencyCode,
    purpose: Purpose,
    types: Vec<TypeChoice>,
    leaders: Vec<UserInfo>,
    holidays: Vec<Date>,
    raw: Raw,
    /// Who else is to get it.
    seek: Seek,
    groups: Vec<Group>,
    /// Under which name the recipients are to be kept as a group.
    group_name: String,
    /// Fields that few documents need are shown.
    more: bool,
    /// Later drafts of this type begin with these fields.
    remember: bool,
    making: Making,
    easel: Arc<dyn Easel>,
    /// What was left half written the last time.
    left: Option<KeptForm>,
    /// What the form of a draft that is changed began with.
    begun: Option<Saved>,
    /// What was left half written was begun on an older state of the draft.
    onto: Option<TakenOnto>,
    /// Numbers the changes, so that only the last one is kept.
    changes: u64,
    /// Complaints are shown once somebody has tried to hand the draft over.
    tried: bool,
    stage: Stage,
}

/// A group of recipients with its members.
type Group = (RecipientGroup, Vec<Recipient>);

#[derive(Debug, Clone)]
pub enum Message {
    Types(Result<Vec<(String, String)>, Problem>),
    Users(Result<Vec<UserInfo>, Problem>),
    Groups(Result<Vec<Group>, Problem>),
    Left(Result<Vec<KeptForm>, Problem>),
    /// What is known of an answer beforehand.
    Answer(Result<Box<Metadata>, Problem>),
    /// What a draft that is to be changed says.
    Present(Result<Box<DraftBase>, Problem>),
    Template(Result<Option<Box<DraftTemplate>>, Problem>),
    Path(String),
    Browse,
    Browsed(Option<PathBuf>),
    Attach,
    Attached(Vec<PathBuf>),
    Detach(usize),
    /// An attachment that was there before.
    DetachKept(usize),
    Type(TypeChoice),
    Subject(text_editor::Action),
    Urgency(UrgencyChoice),
    /// Convert what was typed in a legacy encoding.
    ToUnicode,
    Competence(String),
    Position(String),
    FullName(String),
    Leader(LeaderChoice),
    Seek(seek::Message),
    /// Everybody of a group.
    TakeGroup(usize),
    Drop(usize),
    More(more::Message),
    ShowMore(bool),
    /// Why a draft is changed.
    Why(String),
    Remember(bool),
    Making(making::Message),
    /// Continues what was left, or forgets it.
    TakeUp,
    Forget,
    /// So many changes ago it was typed: kept if nothing has come since.
    Keep(u64),
    Kept(Result<(), Problem>),
    Submit,
    Read(Result<Box<Order>, Problem>),
    Close,
}

impl Draft {
    pub fn new(door: &Arc<dyn Door>, easel: &Arc<dyn Easel>) -> (Self, Task<Message>) {
        Self::for_purpose(Purpose::New, door, easel)
    }

    /// The same for the answer to an inbound document: it goes to its sender, and names it.
    pub fn answering(
        key: DocumentKey,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let (dialog, task) = Self::for_purpose(Purpose::Answer(key), door, easel);
        let door = Arc::clone(door);
        let known = crate::desk::ask(move || door.answer_fields(key).map(Box::new));
        (dialog, Task::batch([task, Task::perform(known, Message::Answer)]))
    }

    /// A draft that is changed.
    pub fn editing(
        key: DocumentKey,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let purpose = Purpose::Edit { key, base: None, kept: Vec::new() };
        let (dialog, task) = Self::for_purpose(purpose, door, easel);
        let door = Arc::clone(door);
        let present = crate::desk::ask(move || door.draft_to_edit(key).map(Box::new));
        (dialog, Task::batch([task, Task::perform(present, Message::Present)]))
    }

    fn for_purpose(
        purpose: Purpose,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let dialog = Self {
            own: door.session().agency.code.clone(),
            purpose,
            types: Vec::new(),
            leaders: Vec::new(),
            holidays: door.holidays(),
            raw: Raw::default(),
            seek: Seek::new(SEARCH),
            groups: Vec::new(),
            group_name: String::new(),
            more: false,
            remember: false,
            making: Making::Nothing,
            easel: Arc::clone(easel),
            left: None,
            begun: None,
            onto: None,
            changes: 0,
            tried: false,
            stage: Stage::Asking,
        };
        let (asked, users, left) = (Arc::clone(door), Arc::clone(door), Arc::clone(door));
        let tasks = [
            Task::perform(crate::desk::ask(move || Ok(asked.document_types())), Message::Types),
            Task::perform(crate::desk::ask(move || users.users()), Message::Users),
            dialog.ask_groups(door),
            Task::perform(crate::desk::ask(move || left.kept_forms()), Message::Left),
            reach(PATH),
        ];
        (dialog, Task::batch(tasks))
    }

    fn ask_groups(&self, door: &Arc<dyn Door>) -> Task<Message> {
        let door = Arc::clone(door);
        Task::perform(crate::desk::ask(move || door.groups()), Message::Groups)
    }

    fn users(&mut self, users: Vec<UserInfo>) {
        self.leaders = users
            .into_iter()
            .filter(|user| !user.disabled && user.roles.contains(&Role::Leader))
            .collect();
        if let ([only], true) = (self.leaders.as_slice(), self.raw.full_name.is_empty()) {
            self.raw.full_name = only.display_name.clone();
        }
    }

    fn sought(&mut self, message: seek::Message, door: &Arc<dyn Door>) -> Step<Message> {
        let group = self.offered_groups().next().map(|(index, _)| index);
        // Where no agency is called so, a group may be.
        if let (seek::Message::TakeChosen, Some(group), false) =
            (&message, group, self.seek.offers_any())
        {
            self.take_group(group);
            return Step::None;
        }
        let taken = |agency: &AgencyCode| is_taken(&self.own, &self.raw.recipients, agency);
        match self.seek.update(message, taken, door) {
            Found::Nothing => Step::None,
            Found::Run(task) => Step::Run(task.map(Message::Seek)),
            Found::Recipient(recipient) => {
                self.raw.recipients.push(recipient);
                Step::None
            }
            Found::Failed(problem) => {
                self.stage = Stage::Failed(problem);
                Step::None
            }
        }
    }

    fn take_group(&mut self, index: usize) {
        let Some((_, members)) = self.groups.get(index) else { return };
        for member in members.clone() {
            if !is_taken(&self.own, &self.raw.recipients, &member.agency) {
                self.raw.recipients.push(member);
            }
        }
        self.seek.clear();
    }

    /// Groups that the typed words mean, by place; a group's name without capitals and
    /// diacritics.
    fn offered_groups(&self) -> impl Iterator<Item = (usize, &Group)> {
        let words = fold(self.seek.words());
        self.groups
            .iter()
            .enumerate()
            .filter(move |(_, (group, _))| !words.is_empty() && fold(&group.name).contains(&words))
    }

    fn keeps_file(&self) -> bool {
        matches!(self.purpose, Purpose::Edit { .. })
    }

    fn read(&self) -> Result<Form, Vec<Complaint>> {
        let form = self.raw.read(self.keeps_file(), today(), &self.holidays);
        if self.making.waits_for_a_look(self.raw.file()) {
            let mut complaints = form.err().unwrap_or_default();
            complaints.push(Complaint::Differs);
            return Err(complaints);
        }
        form
    }

    fn submit(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        self.tried = true;
        // A draft that is to be changed has to be known first.
        if self.stage.is_busy() || (self.keeps_file() && self.begun.is_none()) {
            return Step::None;
        }
        if let Some(task) = self.begin_making(door) {
            // Shown, looked at, and handed over with the next press.
            return Step::Run(task);
        }
        let Ok(form) = self.read() else { return Step::None };
        let Ok(main) = self.main_file(&form) else {
            // The PDF is still being made.
            return Step::None;
        };
        self.stage = Stage::Busy;
        let remember = self.remember.then(|| DraftTemplate::of(&form.metadata));
        let (door, purpose) = (Arc::clone(door), self.purpose.clone());
        let read = crate::desk::ask(move || {
            let order = handed(form, main, purpose)?;
            if let Some(template) = remember {
                door.put_draft_template(template)?;
            }
            Ok(Box::new(order))
        });
        Step::Run(Task::perform(read, Message::Read))
    }

    /// What the file will be made of, if it is known: the path, or the PDF that was made.
    fn main_file(&self, form: &Form) -> Result<Option<MainSource>, ()> {
        let Some(path) = &form.path else { return Ok(None) };
        let file = self.raw.file();
        if self.making.runs_for(file) || self.making.is_needed(file) {
            return Err(());
        }
        Ok(Some(match self.making.made(file) {
            Some(made) => MainSource::Made(making::main_file(path, Some(made)).map_err(drop)?),
            None => MainSource::Path(path.clone()),
        }))
    }

    /// Begins to make a PDF of the file, where it is a text document and none was made.
    fn begin_making(&mut self, door: &Arc<dyn Door>) -> Option<Task<Message>> {
        let path = self.raw.file().to_owned();
        self.making.is_needed(&path).then(|| self.making.begin(&path, door).map(Message::Making))
    }

    fn complaints(&self) -> Vec<Complaint> {
        if self.tried { self.read().err().unwrap_or_default() } else { Vec::new() }
    }

    /// A file was chosen, or dropped on the window.
    fn take_file(&mut self, path: PathBuf, door: &Arc<dyn Door>) -> Step<Message> {
        // The first file is the document, further ones are attachments.
        if self.raw.file().is_empty() {
            return self.take_document(path, door);
        }
        if !self.raw.attachments.contains(&path) {
            self.raw.attachments.push(path);
        }
        Step::None
    }

    fn take_document(&mut self, path: PathBuf, door: &Arc<dyn Door>) -> Step<Message> {
        self.raw.path = path.display().to_string();
        self.begin_making(door).map_or(Step::None, Step::Run)
    }

    /// What a message does, but for keeping what was typed.
    fn react(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Types(Ok(types)) => {
                self.types =
                    types.into_iter().map(|(key, name)| TypeChoice { key, name }).collect();
            }
            Message::Users(Ok(users)) => self.users(users),
            Message::Groups(Ok(groups)) => self.groups = groups,
            Message::Left(Ok(forms)) => self.left(forms),
            Message::Answer(Ok(known)) => {
                self.raw.urgency = known.urgency;
                self.raw.recipients = known.recipients;
            }
            Message::Present(Ok(present)) => {
                let known = &present.metadata;
                self.raw.put(known);
                let (key, name) = (known.type_key.clone(), known.type_name.clone());
                self.raw.kind = Some(TypeChoice { key, name });
                self.begun = Some(self.raw.saved());
                if let Purpose::Edit { base, kept, .. } = &mut self.purpose {
                    *kept = present.files.iter().filter(|file| !file.main).cloned().collect();
                    *base = Some(present);
                }
            }
            Message::Template(Ok(Some(template))) => self.raw.fill(&template),
            Message::Template(Ok(None)) => {}
            Message::Types(Err(problem))
            | Message::Users(Err(problem))
            | Message::Groups(Err(problem))
            | Message::Left(Err(problem))
            | Message::Answer(Err(problem))
            | Message::Present(Err(problem))
            | Message::Template(Err(problem))
            | Message::Read(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Path(path) => self.raw.path = path,
            Message::Browse => return Step::Run(Task::perform(files::browse(), Message::Browsed)),
            Message::Browsed(Some(path)) => return self.take_document(path, door),
            Message::Browsed(None) => {}
            Message::Attach => return Step::Run(Task::perform(files::attach(), Message::Attached)),
            Message::Attached(paths) => {
                for path in paths {
                    if !self.raw.attachments.contains(&path) {
                        self.raw.attachments.push(path);
                    }
                }
            }
            Message::Detach(index) if index < self.raw.attachments.len() => {
                drop(self.raw.attachments.remove(index));
            }
            Message::DetachKept(index) => {
                if let Purpose::Edit { kept, .. } = &mut self.purpose
                    && index < kept.len()
                {
                    drop(kept.remove(index));
                }
            }
            Message::Type(kind) => {
                let (asked, key) = (Arc::clone(door), kind.key.clone());
                self.raw.kind = Some(kind);
                let ask = crate::desk::ask(move || Ok(asked.draft_template(&key)?.map(Box::new)));
                return Step::Run(Task::perform(ask, Message::Template));
            }
            Message::Subject(action) if !self.stage.is_busy() => self.raw.subject.perform(action),
            Message::Urgency(UrgencyChoice(urgency)) => self.raw.urgency = urgency,
            Message::ToUnicode => self.raw.convert_legacy(),
            Message::Competence(text) => self.raw.competence = text,
            Message::Position(text) => self.raw.position = text,
            Message::FullName(text) => self.raw.full_name = text,
            Message::Leader(LeaderChoice(name)) => self.raw.full_name = name,
            Message::Seek(message) => return self.sought(message, door),
            Message::TakeGroup(index) => self.take_group(index),
            Message::Drop(index) if index < self.raw.recipients.len() => {
                drop(self.raw.recipients.remove(index));
            }
            Message::More(message) => return self.more_said(message, door),
            Message::ShowMore(more) => self.more = more,
            Message::Why(why) => self.raw.why = why,
            Message::Remember(remember) => self.remember = remember,
            Message::Making(message) => {
                return Step::Run(self.making.update(message, &self.easel).map(Message::Making));
            }
            Message::TakeUp => return self.take_up(door),
            Message::Forget => return self.forget(door),
            Message::Keep(changes) if changes == self.changes => {
                return Step::Run(self.keep(door));
            }
            // The draft is more than its safety copy: that none was kept is in the log.
            Message::Kept(Err(problem)) => tracing::warn!(%problem, "a form was not kept"),
            Message::Submit => return self.submit(door),
            Message::Read(Ok(order)) => return Step::Order(*order),
            Message::Close => return self.leave(door),
            Message::Detach(_)
            | Message::Subject(_)
            | Message::Drop(_)
            | Message::Keep(_)
            | Message::Kept(Ok(())) => {}
        }
        Step::None
    }
}

impl Modal for Draft {
    type Message = Message;

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        Some(&mut self.stage)
    }

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        // What the office says is no work of the person's that could be lost.
        let typed = !matches!(
            message,
            Message::Types(_) | Message::Users(_) | Message::Answer(_) | Message::Present(_)
        );
        let before = self.raw.saved();
        let step = self.react(message, door);
        if !typed || self.raw.saved() == before {
            return step;
        }
        let keep = self.changed();
        match step {
            Step::None => Step::Run(keep),
            Step::Run(task) => Step::Run(Task::batch([task, keep])),
            step => step,
        }
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => return self.submit(door),
            Command::Down => self.seek.step(true),
            Command::Up => self.seek.step(false),
            _ => {}
        }
        Step::None
    }

    /// What was typed stays, to be taken up again.
    fn leave(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        self.making.stop();
        self.keep_at_once(door);
        Step::Close
    }

    fn dropped(&mut self, path: PathBuf, door: &Arc<dyn Door>) -> Step<Message> {
        self.take_file(path, door)
    }

    fn view(&self) -> Element<'_, Message> {
        self.sheet()
    }
}

/// Whoever gets it already, and oneself.
fn is_taken(own: &AgencyCode, recipients: &[Recipient], agency: &AgencyCode) -> bool {
    agency == own || recipients.iter().any(|one| one.agency == *agency)
}

#[cfg(test)]
mod tests;
