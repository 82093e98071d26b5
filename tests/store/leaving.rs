//! Numbers kept back and letters on paper: what may be done with them, and what may not.

use jiff::civil::date;
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::book::{BookId, Direction};
use vanthu::domain::copy::{CertifiedCopy, CopyForm, CopyKind};
use vanthu::domain::document::{DocumentKey, Metadata, Signer};
use vanthu::domain::letter::{PaperLetter, PaperSending, PaperState, PaperWay};
use vanthu::domain::operation::Change;
use vanthu::domain::outbound::{LeavingScan, Numbering, OutboundState};
use vanthu::store::{Store, StoreError};

use crate::fixture::*;

/// How many things [`leave`] knows to do.
pub const HOWS: u8 = 13;

fn book() -> BookId {
    BookId::outbound(YEAR, "")
}

/// A copy that is a file of its own.
pub fn electronic_copy(store: &Store, of: DocumentKey) -> Result<Change, StoreError> {
    copied(store, of, 1)
}

fn copied(store: &Store, of: DocumentKey, pick: usize) -> Result<Change, StoreError> {
    let book = BookId::outbound(YEAR, "BS");
    let number = store.next_number(&book)?;
    let blob = store.put_blob(format!("copy {number}").as_bytes())?;
    Ok(Change::CopyCertified {
        copy: Box::new(CertifiedCopy {
            id: DocumentKey::fresh(),
            kind: CopyKind::ALL[pick % 3],
            form: CopyForm::of(pick.is_multiple_of(2), pick.is_multiple_of(3)),
            of,
            code: String::new(),
            subject: String::new(),
            issuer: None,
            pages: Vec::new(),
            numbering: Numbering { book, number, date: date(YEAR, 3, 4) },
            written: format!("{number}/SY"),
            recipients: String::new(),
            signer: Signer::default(),
            file: file(blob),
            by: USER.to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            unsecured: Vec::new(),
        }),
        level: None,
    })
}

fn recipients(pick: usize) -> Vec<AgencyCode> {
    vec![agency(["000.00.00.H30", "000.00.05.H30"][pick % 2])]
}

fn letter(place: &str) -> PaperLetter {
    PaperLetter { place: place.to_owned(), agency: None }
}

fn sending() -> PaperSending {
    let (by, reference) = ("bà Sáu".to_owned(), String::new());
    PaperSending { way: PaperWay::Post, on: date(YEAR, 3, 4), by, reference }
}

pub fn scan(pick: usize) -> Option<LeavingScan> {
    match pick % 3 {
        0 => None,
        1 => Some(LeavingScan::Clean { by: "clamd".to_owned() }),
        _ => Some(LeavingScan::Unscanned { code: "none".to_owned(), reason: "x".to_owned() }),
    }
}

/// Does one thing, whether it fits or not.
pub fn leave(
    store: &Store,
    key: Option<DocumentKey>,
    pick: usize,
    how: u8,
) -> Result<(), StoreError> {
    let reserved = store.reserved_numbers()?;
    let chosen = (!reserved.is_empty()).then(|| reserved[pick % reserved.len()].clone());
    let (book, number) = match &chosen {
        Some(chosen) => (chosen.book.clone(), chosen.number),
        None => (book(), 1),
    };
    let place = if pick.is_multiple_of(2) { "Ông A" } else { "Bà B" }.to_owned();
    let reason = "vì thế".to_owned();
    let at = jiff::Timestamp::UNIX_EPOCH;
    let change = match (how, key) {
        (0, _) | (_, None) => {
            let (book, count) = (self::book(), u32::try_from(pick % 3).unwrap() + 1);
            Change::NumbersReserved { first: store.next_number(&book)?, book, count, reason }
        }
        (1, Some(key)) => Change::NumberHeld { key, book, number },
        (2, Some(key)) => Change::NumberFreed { key, book, number },
        (3, Some(_)) if chosen.is_some() => Change::NumberGivenUp { book, number, reason },
        (3 | 4, Some(key)) => Change::PaperOwed { key, letters: vec![letter(&place)] },
        (5, Some(key)) => Change::PaperSent { key, place, sending: sending() },
        (6, Some(key)) => Change::PaperDropped { key, place, reason },
        (7, Some(key)) => Change::RecallAsked { key, recipients: recipients(pick), reason, at },
        (8, Some(key)) => Change::DeliveryResent { key, recipients: recipients(pick), reason },
        (9, Some(key)) => {
            Change::DeliveryClosed { key, recipient: recipients(pick).remove(0), reason }
        }
        (10, Some(key)) => Change::AnswerArrived { key, inbound: DocumentKey::fresh() },
        (11, Some(key)) => copied(store, key, pick)?,
        (_, Some(key)) => {
            let metadata = Box::new(Metadata { notes: place, ..metadata("cập nhật") });
            let (added, removed) = (Vec::new(), recipients(pick));
            Change::OutboundUpdated { key, metadata, added, removed, reason, at }
        }
    };
    append(store, change).map(drop)
}

/// Every number of an outbound book is taken, given up, or waits; none is missing or there
/// twice.
pub fn assert_gapless(store: &Store) {
    for book in store.books(Direction::Outbound, YEAR).unwrap() {
        let rows = store.book(&book.id, 0, 1000).unwrap();
        let numbers: Vec<u32> = rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=book.last).collect::<Vec<_>>());
        for row in rows {
            let said = [row.document.is_some(), row.given_up.is_some(), row.reserved.is_some()];
            assert!(said.contains(&true), "{} of {} says nothing", row.number, book.id);
            assert!(!(said[0] && said[2]), "{} is taken and waits", row.number);
        }
    }
}

fn reserved(store: &Store, count: u32) {
    let (book, reason) = (book(), "Hợp đồng viện dẫn".to_owned());
    let first = store.next_number(&book).unwrap();
    append(store, Change::NumbersReserved { book, first, count, reason }).unwrap();
}

#[test]
fn a_reserved_number_is_taken_by_its_document_and_no_other() {
    let (dir, store) = created();
    let (one, other) = (drafted(&store, "một"), drafted(&store, "hai"));
    reserved(&store, 2);
    assert_eq!(store.next_number(&book()).unwrap(), 3);
    append(&store, Change::NumberHeld { key: one, book: book(), number: 2 }).unwrap();
    // It is kept for one document, and a document is kept one.
    let again = Change::NumberHeld { key: other, book: book(), number: 2 };
    assert!(matches!(append(&store, again), Err(StoreError::Conflict(_))));
    for key in [one, other] {
        append(&store, to_sign(key)).unwrap();
    }
    // The other takes the next one, behind those that wait.
    let numbering = store.write(&clerk(), move |writer| sign(writer, other)).unwrap();
    assert_eq!(numbering.number, 3);
    let numbering = store.write(&clerk(), move |writer| sign(writer, one)).unwrap();
    assert_eq!(numbering.number, 2);
    assert_gapless(&store);
    let waits: Vec<u32> =
        store.reserved_numbers().unwrap().iter().map(|reserved| reserved.number).collect();
    assert_eq!(waits, [1]);
    // And what is not needed is struck out with its reason.
    let (number, reason) = (1, "Không ban hành nữa".to_owned());
    append(&store, Change::NumberGivenUp { book: book(), number, reason }).unwrap();
    let rows = store.book(&book(), 0, 10).unwrap();
    assert_eq!(rows[0].given_up.as_deref(), Some("Không ban hành nữa"));
    assert!(store.reserved_numbers().unwrap().is_empty());
    assert_gapless(&store);
    assert_sound(&store);
    drop(store);
    assert_sound(&reopened(&dir));
}

#[test]
fn a_document_given_up_lets_its_number_wait_again() {
    let (_dir, store) = created();
    let key = drafted(&store, "thôi");
    reserved(&store, 1);
    append(&store, Change::NumberHeld { key, book: book(), number: 1 }).unwrap();
    // While it is kept for a document nobody gives it up.
    let give_up = Change::NumberGivenUp { book: book(), number: 1, reason: "x".to_owned() };
    assert!(matches!(append(&store, give_up.clone()), Err(StoreError::Conflict(_))));
    let (from, to) = (OutboundState::Draft, OutboundState::Abandoned);
    append(&store, Change::OutboundMoved { key, from, to, reason: "y".to_owned() }).unwrap();
    assert_eq!(store.held_number(&key).unwrap(), None);
    append(&store, give_up).unwrap();
    assert_gapless(&store);
    assert_sound(&store);
}

#[test]
fn a_letter_is_owed_until_it_is_sent_or_dropped() {
    let (_dir, store) = created();
    let key = drafted(&store, "giấy");
    let owed = Change::PaperOwed { key, letters: vec![letter("Ông A"), letter("Bà B")] };
    // Nothing is owed of what has not left.
    assert!(matches!(append(&store, owed.clone()), Err(StoreError::Conflict(_))));
    append(&store, to_sign(key)).unwrap();
    store.write(&clerk(), move |writer| sign(writer, key)).unwrap();
    assert_eq!(store.unsent(10).unwrap().len(), 1);
    store
        .write(&clerk(), move |writer| {
            use vanthu::domain::outbound::SignatureKind;
            let change = signature(writer, key, SignatureKind::Organisation)?;
            writer.append(change)?;
            let issued_at = jiff::Timestamp::now();
            writer.append(Change::OutboundIssued {
                key,
                issued_at,
                recipients: Vec::new(),
                scan: scan(1),
                replaces: None,
            })?;
            writer.append(owed.clone())?;
            writer.append(owed)
        })
        .unwrap();
    assert!(store.unsent(10).unwrap().is_empty());
    assert_eq!(store.owing_paper(10).unwrap(), [key]);
    let place = "Ông A".to_owned();
    append(&store, Change::PaperSent { key, place, sending: sending() }).unwrap();
    assert_eq!(store.owing_paper(10).unwrap(), [key]);
    let (place, reason) = ("Bà B".to_owned(), "Đến nhận tại trụ sở".to_owned());
    append(&store, Change::PaperDropped { key, place, reason }).unwrap();
    assert!(store.owing_paper(10).unwrap().is_empty());
    let states: Vec<PaperState> =
        store.paper_letters(&key).unwrap().into_iter().map(|(_, state)| state).collect();
    assert!(matches!(states.as_slice(), [PaperState::Sent(_), PaperState::Dropped { .. }]));
    let place = "Bà C".to_owned();
    let unknown = append(&store, Change::PaperSent { key, place, sending: sending() });
    assert!(matches!(unknown, Err(StoreError::Conflict(_))));
    assert_sound(&store);
}
