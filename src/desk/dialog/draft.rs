//! A new outbound document: its PDF, what it is called, who signs, to whom it goes.
//!
//! In two stages: `Raw` is what was typed; [`Raw::read`] makes of it what the office
//! takes, or says field by field what is missing. The file is read when the draft is
//! handed over, off the window's thread.

mod files;
mod view;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use iced::Task;
use iced::widget::{operation, text_editor};

use super::{Stage, Step};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::words;
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::document::{DocumentKey, Metadata, Recipient, Signer, Urgency};
use crate::domain::problem::Problem;
use crate::domain::role::Role;
use crate::domain::text::tidy;
use crate::office::{NewDraft, UserInfo};

const PATH: &str = "draft-path";
const SEARCH: &str = "draft-recipient";
const TYPING: Duration = Duration::from_millis(150);
/// Agencies offered while one types.
const OFFERED: u32 = 6;
/// Nghị định 30/2020/NĐ-CP Phụ lục VI: trích yếu.
const SUBJECT_LENGTH: usize = 500;

#[derive(Debug)]
pub struct Draft {
    own: AgencyCode,
    /// The inbound document that it answers.
    answers: Option<DocumentKey>,
    types: Vec<TypeChoice>,
    leaders: Vec<UserInfo>,
    raw: Raw,
    /// What is typed to find a recipient, and what the directory offers for it.
    words: String,
    offered: Vec<Agency>,
    at: usize,
    /// Numbers the questions to the directory.
    asked: u64,
    /// Complaints are shown once somebody has tried to hand the draft over.
    tried: bool,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Types(Result<Vec<(String, String)>, Problem>),
    Users(Result<Vec<UserInfo>, Problem>),
    /// What is known of an answer beforehand.
    Answer(Result<Box<Metadata>, Problem>),
    Path(String),
    Browse,
    Browsed(Option<PathBuf>),
    Attach,
    Attached(Vec<PathBuf>),
    Detach(usize),
    Type(TypeChoice),
    Subject(text_editor::Action),
    Urgency(UrgencyChoice),
    Competence(String),
    Position(String),
    FullName(String),
    Leader(LeaderChoice),
    Words(String),
    Ask(u64),
    Offered(u64, Result<Vec<Agency>, Problem>),
    Take(usize),
    /// Enter in the field of the recipients.
    TakeOffered,
    Drop(usize),
    Submit,
    Read(Result<Box<NewDraft>, Problem>),
    Close,
}

/// What was typed.
#[derive(Debug, Default)]
struct Raw {
    path: String,
    attachments: Vec<PathBuf>,
    kind: Option<TypeChoice>,
    subject: text_editor::Content,
    urgency: Urgency,
    competence: String,
    position: String,
    full_name: String,
    recipients: Vec<Recipient>,
}

/// What the office takes, before the files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Form {
    path: PathBuf,
    attachments: Vec<PathBuf>,
    metadata: Metadata,
}

/// What is missing or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Complaint {
    Path,
    Type,
    Subject,
    SubjectLength,
    Signer,
    Recipients,
}

/// A document type in the picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeChoice {
    pub key: String,
    pub name: String,
}

impl fmt::Display for TypeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.key)
    }
}

/// An urgency in the picker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrgencyChoice(pub Urgency);

impl fmt::Display for UrgencyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&words::urgency(self.0))
    }
}

/// A leader in the picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaderChoice(pub String);

impl fmt::Display for LeaderChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Raw {
    /// Field by field: everything that is wrong, or the form.
    fn read(&self) -> Result<Form, Vec<Complaint>> {
        let mut complaints = Vec::new();
        let subject = tidy(&self.subject.text());
        let full_name = tidy(&self.full_name);
        let path = self.path.trim().trim_matches('"').trim();
        let mut need = |fine: bool, complaint| {
            if !fine {
                complaints.push(complaint);
            }
        };
        need(!path.is_empty(), Complaint::Path);
        need(self.kind.is_some(), Complaint::Type);
        need(!subject.is_empty(), Complaint::Subject);
        need(subject.chars().count() <= SUBJECT_LENGTH, Complaint::SubjectLength);
        need(!full_name.is_empty(), Complaint::Signer);
        need(!self.recipients.is_empty(), Complaint::Recipients);
        let Some(kind) = self.kind.as_ref().filter(|_| complaints.is_empty()) else {
            return Err(complaints);
        };
        Ok(Form {
            path: PathBuf::from(path),
            attachments: self.attachments.clone(),
            metadata: Metadata {
                type_key: kind.key.clone(),
                type_name: kind.name.clone(),
                subject,
                urgency: self.urgency,
                signer: Signer {
                    competence: tidy(&self.competence),
                    position: tidy(&self.position),
                    full_name,
                },
                recipients: self.recipients.clone(),
                ..Metadata::default()
            },
        })
    }
}

impl Draft {
    pub fn new(door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let dialog = Self {
            own: door.session().agency.code.clone(),
            answers: None,
            types: Vec::new(),
            leaders: Vec::new(),
            raw: Raw::default(),
            words: String::new(),
            offered: Vec::new(),
            at: 0,
            asked: 0,
            tried: false,
            stage: Stage::Asking,
        };
        let (types_door, users_door) = (Arc::clone(door), Arc::clone(door));
        let types = Task::perform(
            crate::desk::ask(move || Ok(types_door.document_types())),
            Message::Types,
        );
        let users = Task::perform(crate::desk::ask(move || users_door.users()), Message::Users);
        (dialog, Task::batch([types, users, operation::focus(PATH)]))
    }

    /// The same for the answer to an inbound document: it goes to its sender, and names it.
    pub fn answering(key: DocumentKey, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let (mut dialog, task) = Self::new(door);
        dialog.answers = Some(key);
        let door = Arc::clone(door);
        let known = crate::desk::ask(move || door.answer_fields(key).map(Box::new));
        (dialog, Task::batch([task, Task::perform(known, Message::Answer)]))
    }

    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    pub fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Types(Ok(types)) => {
                self.types =
                    types.into_iter().map(|(key, name)| TypeChoice { key, name }).collect();
            }
            Message::Users(Ok(users)) => self.users(users),
            Message::Answer(Ok(known)) => {
                self.raw.urgency = known.urgency;
                self.raw.recipients = known.recipients;
            }
            Message::Types(Err(problem))
            | Message::Users(Err(problem))
            | Message::Answer(Err(problem)) => {
                self.stage = Stage::Failed(problem);
            }
            Message::Path(path) => self.raw.path = path,
            Message::Browse => return Step::Run(Task::perform(files::browse(), Message::Browsed)),
            Message::Browsed(Some(path)) => self.raw.path = path.display().to_string(),
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
            Message::Detach(_) => {}
            Message::Type(kind) => self.raw.kind = Some(kind),
            Message::Subject(action) if !self.stage.is_busy() => self.raw.subject.perform(action),
            Message::Subject(_) => {}
            Message::Urgency(UrgencyChoice(urgency)) => self.raw.urgency = urgency,
            Message::Competence(text) => self.raw.competence = text,
            Message::Position(text) => self.raw.position = text,
            Message::FullName(text) => self.raw.full_name = text,
            Message::Leader(LeaderChoice(name)) => self.raw.full_name = name,
            Message::Words(words) => return self.typed(words),
            Message::Ask(asked) if asked == self.asked => return self.ask(door),
            Message::Offered(asked, answer) if asked == self.asked => self.offer(answer),
            Message::Ask(_) | Message::Offered(..) => {}
            Message::Take(index) => self.take(index),
            Message::TakeOffered => self.take(self.at),
            Message::Drop(index) if index < self.raw.recipients.len() => {
                drop(self.raw.recipients.remove(index));
            }
            Message::Drop(_) => {}
            Message::Submit => return self.submit(),
            Message::Read(Ok(draft)) => {
                return Step::Order(match self.answers {
                    Some(key) => Order::DraftAnswer { key, draft },
                    None => Order::Draft(draft),
                });
            }
            Message::Read(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    pub fn command(&mut self, command: Command) -> Step<Message> {
        match command {
            Command::Confirm => return self.submit(),
            Command::Down => self.at = (self.at + 1).min(self.offered.len().saturating_sub(1)),
            Command::Up => self.at = self.at.saturating_sub(1),
            _ => {}
        }
        Step::None
    }

    pub fn dropped(&mut self, path: PathBuf) -> Step<Message> {
        // The first file is the document, further ones are attachments.
        if self.raw.path.trim().is_empty() {
            self.raw.path = path.display().to_string();
        } else if !self.raw.attachments.contains(&path) {
            self.raw.attachments.push(path);
        }
        Step::None
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

    fn typed(&mut self, words: String) -> Step<Message> {
        self.words = words;
        self.asked += 1;
        let asked = self.asked;
        if self.words.trim().is_empty() {
            self.offered.clear();
            return Step::None;
        }
        Step::Run(Task::perform(crate::desk::after(TYPING), move |()| Message::Ask(asked)))
    }

    fn ask(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        let (asked, door) = (self.asked, Arc::clone(door));
        let words = self.words.trim().to_owned();
        Step::Run(Task::perform(
            crate::desk::ask(move || door.agencies(&words, OFFERED)),
            move |answer| Message::Offered(asked, answer),
        ))
    }

    fn offer(&mut self, answer: Result<Vec<Agency>, Problem>) {
        self.at = 0;
        match answer {
            Ok(agencies) => {
                let taken = |agency: &Agency| {
                    agency.code == self.own
                        || self.raw.recipients.iter().any(|r| r.agency == agency.code)
                };
                self.offered = agencies.into_iter().filter(|agency| !taken(agency)).collect();
            }
            Err(problem) => self.stage = Stage::Failed(problem),
        }
    }

    fn take(&mut self, index: usize) {
        if index >= self.offered.len() {
            return;
        }
        let agency = self.offered.remove(index);
        self.raw.recipients.push(Recipient { agency: agency.code, name: agency.name });
        self.words.clear();
        self.offered.clear();
        self.at = 0;
        self.asked += 1;
    }

    fn submit(&mut self) -> Step<Message> {
        self.tried = true;
        if self.stage.is_busy() {
            return Step::None;
        }
        match self.raw.read() {
            Ok(form) => {
                self.stage = Stage::Busy;
                let read = crate::desk::ask(move || files::read(form));
                Step::Run(Task::perform(read, |draft| Message::Read(draft.map(Box::new))))
            }
            Err(_) => Step::None,
        }
    }

    fn complaints(&self) -> Vec<Complaint> {
        if self.tried { self.raw.read().err().unwrap_or_default() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> Raw {
        Raw {
            path: " \"/tmp/quyết định.pdf\" ".to_owned(),
            kind: Some(TypeChoice { key: "QĐ".to_owned(), name: "Quyết định".to_owned() }),
            subject: text_editor::Content::with_text("Về việc  thành lập\nTổ công tác"),
            full_name: "Nguyễn Văn An".to_owned(),
            recipients: vec![Recipient {
                agency: AgencyCode::new("H30.1").unwrap(),
                name: "Sở Nội vụ".to_owned(),
            }],
            ..Raw::default()
        }
    }

    #[test]
    fn what_was_typed_becomes_a_form() {
        let form = raw().read().unwrap();
        assert_eq!(form.path, PathBuf::from("/tmp/quyết định.pdf"));
        assert_eq!(form.metadata.subject, "Về việc thành lập Tổ công tác");
        assert_eq!(form.metadata.type_key, "QĐ");
    }

    #[test]
    fn every_gap_is_named() {
        let all = Raw::default().read().unwrap_err();
        assert_eq!(
            all,
            [
                Complaint::Path,
                Complaint::Type,
                Complaint::Subject,
                Complaint::Signer,
                Complaint::Recipients
            ]
        );
        let long = Raw {
            subject: text_editor::Content::with_text(&"ă".repeat(SUBJECT_LENGTH + 1)),
            ..raw()
        };
        assert_eq!(long.read().unwrap_err(), [Complaint::SubjectLength]);
    }

    #[test]
    fn recipients_are_offered_once_and_never_oneself() {
        let own = AgencyCode::new("H30.0").unwrap();
        let mut dialog = Draft {
            answers: None,
            own: own.clone(),
            types: Vec::new(),
            leaders: Vec::new(),
            raw: raw(),
            words: "so".to_owned(),
            offered: Vec::new(),
            at: 0,
            asked: 7,
            tried: false,
            stage: Stage::Asking,
        };
        let agency = |code: &str| Agency::new(AgencyCode::new(code).unwrap(), code);
        dialog.offer(Ok(vec![Agency::new(own, "UBND"), agency("H30.1"), agency("H30.2")]));
        assert_eq!(dialog.offered, [agency("H30.2")]);
        dialog.take(5);
        assert_eq!(dialog.raw.recipients.len(), 1);
        dialog.take(0);
        assert_eq!(dialog.raw.recipients.len(), 2);
        assert_eq!((dialog.words.as_str(), dialog.asked), ("", 8));
    }

    #[test]
    fn the_first_file_dropped_is_the_document() {
        let mut raw = raw();
        raw.path.clear();
        let mut dialog = Draft {
            answers: None,
            own: AgencyCode::new("H30.0").unwrap(),
            types: Vec::new(),
            leaders: Vec::new(),
            raw,
            words: String::new(),
            offered: Vec::new(),
            at: 0,
            asked: 0,
            tried: false,
            stage: Stage::Asking,
        };
        for name in ["a.pdf", "b.xlsx", "b.xlsx"] {
            drop(dialog.dropped(PathBuf::from(name)));
        }
        assert_eq!(dialog.raw.path, "a.pdf");
        assert_eq!(dialog.raw.attachments, [PathBuf::from("b.xlsx")]);
    }
}
