//! What the office in memory knows of settling: terms, who has what, notes, demands.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use vanthu::domain::demand::{
    Demand, DemandAnswer, DemandKind, DemandMark, DemandState, KeptDemand,
};
use vanthu::domain::document::{BlobHash, DocumentKey, ResponseFor};
use vanthu::domain::handling::{Handler, Note, Part, Party, Progress, ProgressEntry, Seen, Unit};
use vanthu::domain::inbound::{Assignment, InboundDocument, InboundState};
use vanthu::office::{Agenda, Assigning, DemandView, Handling, Link, Office};

use crate::fake::Books;

/// Whether a document stands in one of the lists that go by terms.
pub fn holds(agenda: Agenda, document: &InboundDocument) -> bool {
    let today: Date = vanthu::desk::document::today();
    let due = Office::due_of(document).filter(|_| !document.state.is_final());
    match agenda {
        Agenda::Overdue => due.is_some_and(|due| due < today),
        Agenda::DueSoon => due.is_some_and(|due| due >= today && due <= today.tomorrow().unwrap()),
        Agenda::Mine => {
            !document.state.is_final()
                && document.assignment.as_ref().is_some_and(|given| given.user == "dat")
        }
        Agenda::Demanded => document.demand.is_some_and(|mark| !mark.state.is_answered()),
    }
}

pub fn units() -> Vec<Unit> {
    vec![Unit {
        key: "tu-phap".to_owned(),
        name: "Bộ phận Tư pháp – Hộ tịch".to_owned(),
        members: vec!["dat".to_owned(), "hoa".to_owned()],
        closed: false,
    }]
}

/// Others have the document from now on.
pub fn give(books: &mut Books, key: DocumentKey, given: Assigning) {
    for (_, handler) in books.handlers.iter_mut().filter(|(other, _)| *other == key) {
        handler.active = false;
    }
    for one in &given.parts {
        books.handlers.push((key, handler(one.party.clone(), one.part, &given)));
    }
    let lead = given.parts.iter().find(|one| matches!(one.part, Part::Lead | Part::Direct));
    let user = match lead.map(|one| &one.party) {
        Some(Party::User(user)) => user.clone(),
        _ => String::new(),
    };
    if let Some(document) = books.inbound.iter_mut().find(|d| d.key == key) {
        let Assigning { parts, direction, due } = given;
        document.assignment = Some(Assignment { user, direction, due, parts });
    }
}

fn handler(party: Party, part: Part, given: &Assigning) -> Handler {
    Handler {
        party,
        part,
        direction: given.direction.clone(),
        due: given.due,
        given_by: "be".to_owned(),
        given_at: Timestamp::now(),
        active: true,
    }
}

pub fn note(user: &str, text: &str, private: bool) -> Note {
    Note { at: Timestamp::now(), user: user.to_owned(), text: text.to_owned(), private }
}

pub fn entry(user: &str, progress: Progress) -> ProgressEntry {
    ProgressEntry { at: Timestamp::now(), user: user.to_owned(), progress }
}

/// What is shown of a document's settling.
pub fn of(books: &Books, key: DocumentKey) -> Handling {
    fn mine<T: Clone>(list: &[(DocumentKey, T)], key: DocumentKey) -> Vec<T> {
        list.iter().filter(|(other, _)| *other == key).map(|(_, one)| one.clone()).collect()
    }
    let names = [
        ("be", "Trần Thị Bé"),
        ("dat", "Đỗ Tiến Đạt"),
        ("hoa", "Lê Thị Hoa"),
        ("an", "Nguyễn Văn An"),
    ];
    let mut names: std::collections::BTreeMap<Party, String> = names
        .into_iter()
        .map(|(user, name)| (Party::User(user.to_owned()), name.to_owned()))
        .collect();
    for unit in units() {
        names.insert(Party::Unit(unit.key), unit.name);
    }
    let answers = mine(&books.answers, key);
    let link = |key| Link { key, name: "…/UBND".to_owned(), state: "Dự thảo".to_owned() };
    Handling {
        handlers: mine(&books.handlers, key),
        seen: vec![Seen { user: "dat".to_owned(), at: Timestamp::now() }],
        progress: mine(&books.progress, key),
        notes: mine(&books.notes, key),
        links: answers.into_iter().map(link).collect(),
        demands: books
            .demands
            .iter()
            .filter(|view| view.kept.demand.document == Some(key))
            .map(|view| view.kept.clone())
            .collect(),
        names,
        ..Handling::default()
    }
}

/// The sender of what is being worked on wants it back.
pub fn recall(books: &mut Books) {
    let working = |document: &&mut InboundDocument| document.state == InboundState::InProcess;
    let document = books.inbound.iter_mut().find(working).unwrap();
    document.demand = Some(DemandMark { kind: DemandKind::Recall, state: DemandState::Open });
    let demand = Demand {
        id: DocumentKey::fresh(),
        kind: DemandKind::Recall,
        sender: document.sender.clone().unwrap(),
        sender_name: document.sender_name.clone(),
        about: ResponseFor {
            agency: document.sender.clone(),
            code: document.metadata.code.to_string(),
            issued: document.metadata.issued,
            document_id: "000.00.00.H30,2026,7".to_owned(),
        },
        reason: "Ban hành nhầm phụ lục".to_owned(),
        received_at: Timestamp::now(),
        told_at: None,
        answer_by: date(2026, 11, 30),
        packet: BlobHash(String::new()),
        document: Some(document.key),
        replacement: None,
        update: None,
    };
    let view = DemandView {
        kept: KeptDemand { demand, state: DemandState::Open, answer: None },
        document: Some(Box::new(document.clone())),
        changes: Vec::new(),
        files_changed: false,
    };
    books.demands.push(view.clone());
    books.untold.push(view);
}

pub fn answer(books: &mut Books, id: DocumentKey, agreed: bool, reason: &str) {
    let view = books.demands.iter_mut().find(|view| view.kept.demand.id == id).unwrap();
    let answer =
        DemandAnswer { agreed, reason: reason.to_owned(), at: Timestamp::now(), automatic: false };
    view.kept.state = answer.state();
    let mark = DemandMark { kind: view.kept.demand.kind, state: answer.state() };
    view.kept.answer = Some(answer);
    let key = view.kept.demand.document;
    if let Some(document) = books.inbound.iter_mut().find(|d| Some(d.key) == key) {
        document.demand = Some(mark);
        if agreed {
            document.state = InboundState::Recalled;
        }
    }
    books.deeds.push(format!("demand answered: {agreed} {reason}"));
}
