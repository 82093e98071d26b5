//! What the tests of the store have in common: a folder, and documents to put into it.

use jiff::Timestamp;
use jiff::civil::date;
use tempfile::TempDir;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::book::BookId;
use vanthu::domain::document::{
    BlobHash, Code, DocumentId, DocumentKey, FileRef, Metadata, Recipient, written_number,
};
use vanthu::domain::inbound::{InboundState, Registration};
use vanthu::domain::operation::{Change, Operation};
use vanthu::domain::outbound::{Numbering, OutboundState, SignatureKind};
use vanthu::domain::role::Role;
use vanthu::domain::verdict::{Verdict, VerdictSummary};
use vanthu::store::{Actor, KdfCost, Store, StoreError, Writer};
use vanthu::token::Pin;

pub const USER: &str = "bé";
pub const YEAR: i16 = 2026;

pub fn password() -> Pin {
    Pin::new("mật khẩu của chị Bé")
}

pub fn clerk() -> Actor {
    Actor::new(USER, Role::Clerk)
}

pub fn created() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create_with(dir.path(), USER, &password(), KdfCost::FAST).unwrap();
    (dir, store)
}

pub fn reopened(dir: &TempDir) -> Store {
    Store::open(dir.path(), USER, &password()).unwrap()
}

pub fn agency(code: &str) -> AgencyCode {
    AgencyCode::new(code).unwrap()
}

pub fn ours() -> Agency {
    Agency::new(agency("000.01.05.H30"), "Ủy ban nhân dân xã Tân Bình")
}

pub fn metadata(subject: &str) -> Metadata {
    Metadata {
        code: Code { number: String::new(), notation: "QĐ-UBND".to_owned() },
        subject: subject.to_owned(),
        issuer: Some(Recipient { agency: ours().code, name: ours().name }),
        recipients: vec![
            Recipient {
                agency: agency("000.00.00.H30"), name: "UBND tỉnh Hậu Giang".to_owned()
            },
            Recipient { agency: agency("000.00.05.H30"), name: "UBND thành phố".to_owned() },
        ],
        ..Metadata::default()
    }
}

pub fn file(blob: BlobHash) -> FileRef {
    FileRef {
        blob,
        name: "văn bản.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size: 3,
        main: true,
    }
}

pub fn arrival(key: DocumentKey, subject: &str, text: &str) -> Change {
    Change::InboundArrived {
        key,
        sender: Some(agency("000.00.00.H30")),
        sender_name: "UBND tỉnh Hậu Giang".to_owned(),
        metadata: metadata(subject),
        files: Vec::new(),
        packet: None,
        arrived_at: Timestamp::now(),
        verdict: VerdictSummary {
            verdict: Verdict::Unsigned,
            reasons: Vec::new(),
            signatures: Vec::new(),
            checked_at: Timestamp::now(),
            checker: "test".to_owned(),
            offline: false,
            completeness: Vec::new(),
        },
        text: text.to_owned(),
    }
}

pub fn draft(key: DocumentKey, subject: &str) -> Change {
    Change::OutboundDrafted {
        key,
        metadata: metadata(subject),
        files: Vec::new(),
        drafted_at: Timestamp::now(),
        text: String::new(),
        source: None,
        accepted_differences: None,
    }
}

pub fn append(store: &Store, change: Change) -> Result<Operation, StoreError> {
    store.write(&clerk(), move |writer| writer.append(change))
}

pub fn arrived(store: &Store, subject: &str) -> DocumentKey {
    let key = DocumentKey::fresh();
    append(store, arrival(key, subject, "")).unwrap();
    key
}

pub fn drafted(store: &Store, subject: &str) -> DocumentKey {
    let key = DocumentKey::fresh();
    append(store, draft(key, subject)).unwrap();
    key
}

pub fn accept(key: DocumentKey) -> Change {
    Change::InboundMoved {
        key,
        from: InboundState::Arrived,
        to: InboundState::Accepted,
        reason: String::new(),
    }
}

/// Takes the next arrival number for an accepted document.
pub fn register(writer: &mut Writer<'_>, key: DocumentKey) -> Result<u32, StoreError> {
    register_in(writer, key, BookId::inbound(YEAR))
}

pub fn register_in(
    writer: &mut Writer<'_>,
    key: DocumentKey,
    book: BookId,
) -> Result<u32, StoreError> {
    let arrival_number = writer.next_number(&book)?;
    let arrival_date = date(YEAR, 11, 23);
    writer.append(Change::InboundRegistered {
        key,
        registration: Registration { book, arrival_number, arrival_date },
    })?;
    Ok(arrival_number)
}

/// A document arrives, is accepted and registered, in one transaction; returns its number.
pub fn arrive_and_register(store: &Store, subject: &str) -> Result<u32, StoreError> {
    let key = DocumentKey::fresh();
    let arrival = arrival(key, subject, "nội dung của văn bản");
    store.write(&clerk(), move |writer| {
        writer.append(arrival)?;
        writer.append(accept(key))?;
        register(writer, key)
    })
}

/// Takes number and date and stores the signature, as the leader's signing does.
pub fn sign(writer: &mut Writer<'_>, key: DocumentKey) -> Result<Numbering, StoreError> {
    let book = BookId::outbound(YEAR, "");
    let number = match writer.held_number(&key)? {
        Some(held) => held.number,
        None => writer.next_number(&book)?,
    };
    let numbering = Numbering { book, number, date: date(YEAR, 11, 23) };
    let mut metadata = writer.outbound(&key)?.unwrap().metadata;
    metadata.code.number = written_number(number);
    metadata.issued = Some(numbering.date);
    metadata.document_id = Some(DocumentId::of_year(ours().code, YEAR, number));
    writer.append(Change::OutboundNumbered { key, numbering: numbering.clone(), metadata })?;
    writer.append(signature(writer, key, SignatureKind::Personal)?)?;
    Ok(numbering)
}

pub fn signature(
    writer: &Writer<'_>,
    key: DocumentKey,
    kind: SignatureKind,
) -> Result<Change, StoreError> {
    let blob = writer.put_blob(format!("{kind:?} {key}").as_bytes())?;
    Ok(Change::OutboundSigned {
        key,
        kind,
        file: file(blob),
        signer: "Nguyễn Văn An".to_owned(),
        serial: "0A".to_owned(),
        signed_at: Timestamp::now(),
        level: None,
    })
}

pub fn to_sign(key: DocumentKey) -> Change {
    Change::OutboundMoved {
        key,
        from: OutboundState::Draft,
        to: OutboundState::ToSign,
        reason: String::new(),
    }
}

/// Nothing is wrong with the chain, and the tables are what it says.
pub fn assert_sound(store: &Store) {
    let report = store.rebuild_and_compare().unwrap();
    assert_eq!(report.problems, []);
}
