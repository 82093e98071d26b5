//! A file is brought by hand, and its packet comes over the line afterwards: one document, whose
//! sender is told like every other (Quyết định 28/2018/QĐ-TTg Điều 9 khoản 1).

use vanthu::domain::agency::AgencyCode;
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::inbound::{InboundDocument, InboundState};
use vanthu::office::{Imported, Office};
use vanthu::packet::{self, Kind, Limits, Packet};
use vanthu::store::InboundFilter;

use crate::given::{self, PROVINCE, TAN_BINH, code};
use crate::place::{Place, Province};

/// A letter with an enclosure.
const LETTER: u32 = 3;
const SEED: u64 = 7;

/// The main file of a letter, as somebody has it on a stick.
fn main_file(number: u32) -> Vec<u8> {
    given::paper(&format!("Letter {SEED} {number}"), 0)
}

fn by_hand(office: &Office, number: u32) -> DocumentKey {
    match office.import("bản sao.pdf", main_file(number)).unwrap() {
        Imported::Document(key) => key,
        other => panic!("{other:?}"),
    }
}

fn sync(office: &Office) {
    let report = office.sync().unwrap();
    assert_eq!(report.problem, None);
}

/// The codes that the province was told, in the order in which they came.
fn told(province: &Province) -> Vec<StatusCode> {
    let received = province.received();
    let read = received.iter().map(|bytes| packet::read(bytes, &Limits::default()).unwrap());
    read.map(|packet| match packet {
        Packet::Status(status) => {
            assert_eq!(status.response_for.document_id, given::id(LETTER).to_string());
            status.code
        }
        other => panic!("{other:?}"),
    })
    .collect()
}

fn all(place: &Place) -> Vec<InboundDocument> {
    let store = place.store();
    assert_eq!(store.rebuild_and_compare().unwrap().problems, []);
    store.inbound_page(&InboundFilter::default(), None, 100).unwrap()
}

#[test]
fn the_sender_of_what_was_brought_by_hand_gets_its_statuses() {
    let province = Province::new();
    let place = Place::new(Some(&province.url));
    let office = place.office();
    let key = by_hand(&office, LETTER);
    office.accept_despite(key, "Đã đối chiếu với bản giấy").unwrap();
    let number = office.register(key).unwrap();

    province.send("goi", given::letter(SEED, LETTER, 0));
    sync(&office);
    sync(&office);
    assert_eq!(told(&province), [StatusCode::Arrived, StatusCode::Accepted]);
    // What follows is reported as well.
    office.assign(key, "vanthu", "Giải quyết", None).unwrap();
    sync(&office);
    let expected = [StatusCode::Arrived, StatusCode::Accepted, StatusCode::Assigned];
    assert_eq!(told(&province), expected);
    // The same packet in another wrapping is a copy now, and nobody is told again.
    province.send("goi-lai", given::letter(SEED, LETTER, 1));
    sync(&office);
    sync(&office);
    assert_eq!(told(&province), expected);
    let history = office.history(key).unwrap();
    assert!(history.iter().any(|entry| entry.text.contains("Ủy ban nhân dân")), "{history:#?}");
    drop(office);

    let documents = all(&place);
    let [document] = documents.as_slice() else { panic!("{documents:#?}") };
    assert_eq!(document.key, key);
    assert_eq!(document.sender, Some(code(PROVINCE)));
    assert_eq!(document.metadata.document_id, Some(given::id(LETTER)));
    assert_eq!(document.registration.as_ref(), Some(&number), "it keeps its number");
    let names: Vec<&str> = document.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["bản sao.pdf", "phu-luc.pdf"], "what the packet encloses is here too");
}

#[test]
fn what_nobody_has_looked_at_takes_what_its_packet_says() {
    let place = Place::new(None);
    let office = place.office();
    let key = by_hand(&office, LETTER);
    assert!(office.unacknowledged(10).unwrap().is_empty(), "nobody waits for it");
    let joined = office.import("goi.edxml", given::letter(SEED, LETTER, 0)).unwrap();
    assert_eq!(joined, Imported::Joined(key));
    assert_eq!(office.unacknowledged(10).unwrap().len(), 1);
    let again = office.import("goi.edxml", given::letter(SEED, LETTER, 0)).unwrap();
    assert_eq!(again, Imported::Duplicate(key));
    drop(office);
    let documents = all(&place);
    let [document] = documents.as_slice() else { panic!("{documents:#?}") };
    assert_eq!(document.state, InboundState::Arrived);
    assert_eq!(document.metadata.subject, format!("Về việc thứ {LETTER}"));
    assert_eq!(document.metadata.pages, Some(1));
    let store = place.store();
    assert!(store.proposed_fields(&key).unwrap().is_empty());
    let gate = store.gate(&key).unwrap().unwrap();
    assert_eq!(gate.files.len(), 2, "the gate has seen the enclosure: {gate:#?}");
}

/// What a recall waited for is here under its id only when the packet comes.
#[test]
fn a_recall_that_came_before_the_packet_finds_what_was_brought_by_hand() {
    let place = Place::new(None);
    let office = place.office();
    let key = by_hand(&office, LETTER);
    let recall = given::packet(LETTER, TAN_BINH, Kind::Recall, 9, Vec::new());
    office.import("thu-hoi.edxml", recall).unwrap();
    assert_eq!(office.demands(10).unwrap().len(), 1);
    office.import("goi.edxml", given::letter(SEED, LETTER, 0)).unwrap();
    assert!(office.demands(10).unwrap().is_empty());
    drop(office);
    let documents = all(&place);
    assert_eq!(documents.len(), 1);
    assert_eq!((documents[0].key, documents[0].state), (key, InboundState::Recalled));
}

/// A packet that is refused joins nothing: what was brought stays as it is.
#[test]
fn a_secret_packet_is_kept_out() {
    let place = Place::new(None);
    let office = place.office();
    let key = by_hand(&office, LETTER);
    let subject = format!("Về việc thứ {LETTER}");
    let packet = String::from_utf8(given::letter(SEED, LETTER, 0)).unwrap();
    assert!(packet.contains(&subject));
    let secret = packet.replace(&subject, "TUYỆT MẬT").into_bytes();
    let refused = office.import("goi.edxml", secret).unwrap();
    assert!(matches!(refused, Imported::Quarantined(_)), "{refused:?}");
    drop(office);
    let documents = all(&place);
    let [document] = documents.as_slice() else { panic!("{documents:#?}") };
    assert_eq!((document.key, document.sender.as_ref()), (key, None::<&AgencyCode>));
    assert!(place.store().outbox_of(&key).unwrap().is_empty());
}

/// Another agency that sends the same file later has a document of its own.
#[test]
fn only_one_sender_takes_what_was_brought_by_hand() {
    let place = Place::new(None);
    let office = place.office();
    let key = by_hand(&office, LETTER);
    let first = office.import("goi.edxml", given::letter(SEED, LETTER, 0)).unwrap();
    assert_eq!(first, Imported::Joined(key));
    let other = String::from_utf8(given::letter(SEED, LETTER, 0)).unwrap();
    let other = other.replace(PROVINCE, given::STRANGER).into_bytes();
    let second = office.import("goi-khac.edxml", other).unwrap();
    assert!(matches!(second, Imported::Document(_)), "{second:?}");
    // The first sender's copy is still recognised.
    let copy = office.import("goi-lai.edxml", given::letter(SEED, LETTER, 1)).unwrap();
    assert_eq!(copy, Imported::Duplicate(key));
}
