//! The lines of a book: what Phụ lục IV of Nghị định 30/2020/NĐ-CP has a register say of each
//! number.

use std::collections::HashMap;

use jiff::civil::Date;

use super::super::{Office, labels};
use crate::domain::book::{BookId, written};
use crate::domain::calendar;
use crate::domain::copy::CertifiedCopy;
use crate::domain::document::{DocumentKey, Metadata, Urgency};
use crate::domain::handling::{Part, Party};
use crate::domain::inbound::{Assignment, InboundDocument, InboundState};
use crate::domain::letter::{PaperLetter, PaperState};
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text::fold;
use crate::store::{BookEntry, BookRow, View};
use crate::t;

/// The names of people and units, as the book writes them.
type Names = HashMap<Party, String>;

/// One number of a book.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookLine {
    pub number: u32,
    /// The number as stamps and registers write it.
    pub written: String,
    /// When it was taken (ngày đến); `None` for a number given up unused.
    pub date: Option<Date>,
    pub key: Option<DocumentKey>,
    /// Issuing agency (tác giả); the recipients in an outbound book.
    pub party: String,
    /// Number and notation of the document.
    pub code: String,
    pub issued: Option<Date>,
    pub type_key: String,
    /// Name of the type and subject.
    pub title: String,
    /// Unit or person that has it.
    pub to: String,
    /// Until when it is to be settled.
    pub due: Option<Date>,
    /// How far it is, in words.
    pub state: String,
    /// The day on which it was first passed on; for an outbound one that of its issue.
    pub forwarded: Option<Date>,
    /// The parts of `code`.
    pub code_number: String,
    pub code_notation: String,
    pub type_name: String,
    pub subject: String,
    /// Full name of the signer, and position.
    pub signer: String,
    pub position: String,
    pub urgency: Urgency,
    /// What the leader directed.
    pub direction: String,
    pub pages: Option<u32>,
    pub copies: Option<u32>,
    /// Notes, recall, and why a number was given up.
    pub note: String,
    /// The number will not be used.
    pub given_up: bool,
    /// The number waits for a document.
    pub reserved: bool,
    /// What is shown was corrected after registration.
    pub corrected: bool,
    /// What came of it, once it is settled.
    pub result: String,
    /// Number and notation of the documents that answer it.
    pub answers: String,
    /// Everybody who settles it now, those for whom it is only information left out.
    pub handlers: String,
    /// How far the work is, while it is under way and somebody said so.
    pub percent: Option<u8>,
}

/// Which lines are wanted; what is empty asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BookFilter {
    /// First and last day on which numbers were taken.
    pub from: Option<Date>,
    pub until: Option<Date>,
    /// Part of the issuing agency's name (of a recipient's in an outbound book).
    pub party: String,
    /// Key of the document type.
    pub type_key: String,
    /// Part of the name of the unit or person that has it.
    pub to: String,
    /// Part of the subject, or of number and notation.
    pub words: String,
}

impl BookFilter {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A number given up has no document; it shows wherever its place in the book does.
    pub fn takes(&self, line: &BookLine) -> bool {
        let day = |date: Date| {
            self.from.is_none_or(|from| from <= date)
                && self.until.is_none_or(|until| date <= until)
        };
        let days = match line.date {
            Some(date) => day(date),
            None => self.from.is_none() && self.until.is_none(),
        };
        let part = |wanted: &str, there: &str| {
            let wanted = fold(wanted.trim());
            wanted.is_empty() || fold(there).contains(&wanted)
        };
        days && part(&self.party, &line.party)
            && part(&self.to, &line.to)
            && (self.type_key.is_empty() || self.type_key == line.type_key)
            && (part(&self.words, &line.title) || part(&self.words, &line.code))
    }
}

/// Numbers read at a time.
const PAGE: u32 = 200;

impl Office {
    /// Lines of a book in the order of its numbers, after the number `after` (0 for the
    /// beginning), at most `limit`.
    pub fn book_lines(
        &self,
        book: &BookId,
        filter: &BookFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<BookLine>, Problem> {
        let mut lines = Vec::new();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.each_line(book, filter, after, &mut |line| {
            lines.push(line);
            Ok(lines.len() < limit)
        })?;
        Ok(lines)
    }

    /// Hands over each line until `each` says that it is enough. Pages of numbers are read,
    /// so that a book of any size costs the same memory.
    pub(super) fn each_line(
        &self,
        book: &BookId,
        filter: &BookFilter,
        after: u32,
        each: &mut dyn FnMut(BookLine) -> Result<bool, Problem>,
    ) -> Result<(), Problem> {
        self.actor(Act::ViewQueues)?;
        let users = self.store().users()?.into_iter();
        let users = users.map(|user| (Party::User(user.name), user.display_name));
        let units = self.store().units()?.into_iter();
        let units = units.map(|unit| (Party::Unit(unit.key), unit.name));
        let names: Names = users.chain(units).collect();
        let mut after = after;
        loop {
            let lines = self.store().view(|view| {
                let rows = view.book(book, after, PAGE)?;
                rows.into_iter()
                    .map(|row| {
                        let (mut forwarded, mut corrected) = (None, false);
                        let (mut answers, mut work) = (Vec::new(), Work::default());
                        let mut letters = Vec::new();
                        if let Some(BookEntry::Outbound(document)) = &row.document {
                            letters = view.paper_letters(&document.key)?;
                        }
                        if let Some(BookEntry::Inbound(document)) = &row.document {
                            work = Work::of(&view, document, &names)?;
                            forwarded = view.forwarded_at(&document.key)?;
                            corrected = view.corrected_in_book(&document.key)?;
                            for answer in view.answers(&document.key)? {
                                // One without a number has not gone out.
                                let numbered = view
                                    .outbound(&answer)?
                                    .map(|answer| answer.metadata.code)
                                    .filter(|code| !code.number.is_empty());
                                answers.extend(numbered.map(|code| code.to_string()));
                            }
                        }
                        let forwarded = forwarded.map(|at| calendar::local(at).date());
                        let line = line(book, row, forwarded, &names);
                        let note = [line.note.clone(), on_paper(&letters)];
                        let note: Vec<String> =
                            note.into_iter().filter(|part| !part.is_empty()).collect();
                        Ok::<_, Problem>(BookLine {
                            corrected,
                            answers: answers.join("; "),
                            handlers: work.handlers,
                            percent: work.percent,
                            note: note.join("; "),
                            ..line
                        })
                    })
                    .collect::<Result<Vec<_>, _>>()
            })?;
            let Some(last) = lines.last().map(|line| line.number) else { return Ok(()) };
            after = last;
            for line in lines {
                if filter.takes(&line) && !each(line)? {
                    return Ok(());
                }
            }
        }
    }
}

/// Who works on a document, and how far.
#[derive(Default)]
struct Work {
    handlers: String,
    percent: Option<u8>,
}

impl Work {
    fn of(view: &View<'_>, document: &InboundDocument, names: &Names) -> Result<Self, Problem> {
        // Nobody has what was never given.
        if document.assignment.is_none() {
            return Ok(Self::default());
        }
        let handlers = view.handlers(&document.key)?;
        let names: Vec<String> = handlers
            .into_iter()
            .filter(|one| one.active && one.part != Part::Inform)
            .map(|one| names.get(&one.party).cloned().unwrap_or_else(|| one.party.to_string()))
            .collect();
        let mut percent = None;
        if !document.state.is_final() {
            let said = view.progress(&document.key)?;
            percent = said.iter().rev().find_map(|entry| entry.progress.percent);
        }
        Ok(Self { handlers: names.join("; "), percent })
    }
}

fn line(book: &BookId, row: BookRow, forwarded: Option<Date>, names: &Names) -> BookLine {
    let mut line = BookLine {
        number: row.number,
        written: written(&book.series, row.number),
        date: row.date,
        forwarded,
        given_up: row.given_up.is_some(),
        reserved: row.reserved.is_some(),
        ..BookLine::default()
    };
    match row.document {
        Some(BookEntry::Inbound(document)) => inbound(&mut line, *document, names),
        Some(BookEntry::Outbound(document)) => outbound(&mut line, *document),
        Some(BookEntry::Copy(one)) => copy(&mut line, *one),
        None => {}
    }
    if let Some(reason) = row.given_up {
        line.note = t!("book-given-up", reason = reason);
    }
    if let Some(reason) = row.reserved {
        line.note = t!("book-reserved", reason = reason);
    }
    line
}

/// What of a document went on paper, and what is still to.
fn on_paper(letters: &[(PaperLetter, PaperState)]) -> String {
    let said = letters.iter().filter_map(|(letter, state)| match state {
        PaperState::Owed => Some(format!("{} ({})", letter.place, t!("paper-state-owed"))),
        PaperState::Sent(sending) => Some(format!(
            "{} ({} {})",
            letter.place,
            labels::paper_way(sending.way),
            sending.on.strftime("%d/%m/%Y")
        )),
        PaperState::Dropped { .. } => None,
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() { String::new() } else { t!("book-paper", places = said.join(", ")) }
}

fn inbound(line: &mut BookLine, document: InboundDocument, names: &Names) {
    facts(line, document.key, &document.metadata);
    line.party = match document.metadata.issuer_name() {
        "" => document.sender_name.clone(),
        issuer => issuer.to_owned(),
    };
    line.state = labels::inbound(document.state);
    line.due = document.metadata.due;
    if let Some(assignment) = &document.assignment {
        // A unit leads as well as a person does.
        let parts = assignment.participants();
        line.to = match Assignment::head(&parts).map(|head| &head.party) {
            Some(party) => names.get(party).unwrap_or(&assignment.user).clone(),
            None => assignment.user.clone(),
        };
        line.due = assignment.due.or(line.due);
        line.direction.clone_from(&assignment.direction);
    }
    match document.state {
        InboundState::Recalled => line.note = t!("book-recalled", reason = document.reason),
        InboundState::Completed => line.result.clone_from(&document.reason),
        _ => {}
    }
}

fn outbound(line: &mut BookLine, document: OutboundDocument) {
    facts(line, document.key, &document.metadata);
    let metadata = &document.metadata;
    let names = metadata.recipients.iter().map(|recipient| recipient.name.as_str());
    let names: Vec<&str> = names.chain(metadata.other_places.iter().map(String::as_str)).collect();
    line.party = names.join("; ");
    line.state = labels::outbound(document.state);
    line.forwarded = document.issued_at.map(|at| calendar::local(at).date());
    if document.state == OutboundState::Recalled {
        line.note = t!("book-recalled", reason = document.reason);
    }
}

/// A copy in the book of copies: what it is a copy of, who signs it and who gets it.
fn copy(line: &mut BookLine, copy: CertifiedCopy) {
    line.key = Some(copy.of);
    line.code = copy.written;
    line.issued = Some(copy.numbering.date);
    line.type_key = copy.kind.type_key().to_owned();
    line.type_name = copy.kind.title().to_owned();
    line.title = format!("{}. {} – {}", copy.kind.title(), copy.code, copy.subject);
    line.subject = copy.subject;
    line.signer = copy.signer.full_name;
    line.position = copy.signer.position;
    line.party = copy.recipients;
    line.forwarded = Some(copy.numbering.date);
    line.note = labels::copy_form(copy.form);
}

fn facts(line: &mut BookLine, key: DocumentKey, metadata: &Metadata) {
    line.key = Some(key);
    let code = metadata.code.to_string();
    line.code = if code == "/" { String::new() } else { code };
    line.issued = metadata.issued;
    line.type_key.clone_from(&metadata.type_key);
    line.title = match (metadata.type_name.trim(), metadata.subject.trim()) {
        ("", subject) => subject.to_owned(),
        (name, "") => name.to_owned(),
        // A subject that begins with the type's name does not say it twice.
        (name, subject) if fold(subject).starts_with(&fold(name)) => subject.to_owned(),
        (name, subject) => format!("{name}. {subject}"),
    };
    line.code_number.clone_from(&metadata.code.number);
    line.code_notation.clone_from(&metadata.code.notation);
    line.type_name.clone_from(&metadata.type_name);
    line.subject.clone_from(&metadata.subject);
    line.signer.clone_from(&metadata.signer.full_name);
    line.position.clone_from(&metadata.signer.position);
    line.urgency = metadata.urgency;
    line.pages = metadata.pages;
    line.copies = metadata.copies;
    line.note.clone_from(&metadata.notes);
}
