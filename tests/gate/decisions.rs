//! Taking back, reporting, and many at once.

use std::sync::Mutex;

use proptest::prelude::*;
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::handling::Participant;
use vanthu::domain::inbound::InboundState;
use vanthu::domain::operation::OutboxKind;
use vanthu::domain::report::ReportTo;
use vanthu::exchange::Receipt;
use vanthu::exchange::engine::{OutboxItem, Queues};
use vanthu::office::Assigning;
use vanthu::office::batch::{Cancel, Fate};
use vanthu::office::many::Decision;

use crate::place::{NEIGHBOUR, Place, SUPERIOR};

fn begins(place: &Place, item: &OutboxItem) -> bool {
    place.office.begin_sending(&item.item, 100, jiff::Timestamp::now()).unwrap().is_some()
}

/// Begins to send what waits; the line breaks before any receipt.
fn begin_sending(place: &Place) {
    for item in place.office.due(jiff::Timestamp::now(), u64::MAX, 100).unwrap() {
        assert!(begins(place, &item));
    }
}

/// Sends what waits, as the line does, which goes on with the next status about a document once
/// the one before is there.
fn send(place: &Place) {
    let now = jiff::Timestamp::now();
    while let Some(item) = place.office.due(now, u64::MAX, 1).unwrap().pop() {
        assert!(begins(place, &item));
        let (server_id, received_at) = (item.item.clone(), now);
        let receipt = Receipt { server_id, received_at, signed: None };
        place.office.sent(&[item.item], &receipt).unwrap();
    }
}

#[test]
fn an_acceptance_is_taken_back_while_its_status_waits() {
    let place = Place::new();
    let key = place.arrived(NEIGHBOUR, 1);
    send(&place);
    place.office.accept(key).unwrap();
    let due = place.office.due(jiff::Timestamp::now(), u64::MAX, 100).unwrap();
    assert_eq!(place.office.undo(key).unwrap(), InboundState::Arrived);
    assert_eq!(place.office.undo(key).unwrap_err().code, "office-undo-nothing");
    // The line had listed it already: it finds nothing to send.
    assert_eq!(due.len(), 1);
    assert!(!begins(&place, &due[0]));
    // And so it is with a return.
    place.office.return_(key, "Gửi nhầm").unwrap();
    assert_eq!(place.office.undo(key).unwrap(), InboundState::Arrived);
    assert_eq!(place.office.inbound_document(key).unwrap().reason, "");
    // Decided again, the status is owed again.
    place.office.accept(key).unwrap();
    let (place, outbox) = place.outbox();
    let told: Vec<_> = outbox.iter().map(|(_, status, _)| status.code).collect();
    assert_eq!(told, [StatusCode::Accepted]);
    place.sound();
}

#[test]
fn what_left_stays_decided() {
    let place = Place::new();
    let key = place.arrived(NEIGHBOUR, 2);
    send(&place);
    place.office.accept(key).unwrap();
    // Begun, nobody knows whether it is there; sent, it is.
    for leaves in [begin_sending, send] {
        leaves(&place);
        assert_eq!(place.office.undo(key).unwrap_err().code, "office-undo-status-left");
    }
    assert_eq!(place.state(key), InboundState::Accepted);
    place.office.register(key).unwrap();
    assert_eq!(place.office.undo(key).unwrap_err().code, "office-undo-number-taken");
    // Somebody else's decision is not ours to take back.
    let other = place.arrived(NEIGHBOUR, 3);
    place.office.accept(other).unwrap();
    let hoa = [vanthu::domain::role::Role::Clerk];
    let password = vanthu::token::Pin::new(crate::place::PASSWORD);
    place.office.add_user("hoa", "Lê Thị Hoa", &hoa, &password).unwrap();
    let place = place.become_user("hoa");
    assert_eq!(place.office.undo(other).unwrap_err().code, "office-undo-not-yours");
    place.sound();
}

#[test]
fn an_assignment_is_taken_back_until_it_is_opened() {
    let place = Place::new();
    let key = place.arrived(NEIGHBOUR, 4);
    place.office.accept(key).unwrap();
    place.office.register(key).unwrap();
    place.office.assign(key, "an", "", None).unwrap();
    assert_eq!(place.office.undo(key).unwrap(), InboundState::Registered);
    assert!(place.office.inbound_document(key).unwrap().assignment.is_none());
    place.office.assign(key, "an", "", None).unwrap();
    let place = place.become_user("an");
    place.office.main_file(key).unwrap();
    let place = place.become_user("be");
    assert_eq!(place.office.undo(key).unwrap_err().code, "office-undo-seen");
    place.sound();
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Accept,
    Return,
    Register,
    Undo,
    Begin,
    Send,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop::sample::select(vec![
        Step::Accept,
        Step::Return,
        Step::Register,
        Step::Undo,
        Step::Undo,
        Step::Begin,
        Step::Send,
    ]);
    prop::collection::vec(step, 1..12)
}

/// One office for all cases: founding one takes longer than a case.
static OFFICE: Mutex<Option<(Place, u32)>> = Mutex::new(None);

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24, failure_persistence: None, ..ProptestConfig::default()
    })]

    /// Whatever the clerk and the line do: a state that the sender may have been told is never
    /// left backwards, what waits says where the document stands, and the book has no gaps.
    #[test]
    fn no_status_that_left_is_ever_unsaid(steps in steps()) {
        let mut held = OFFICE.lock().unwrap();
        let (place, number) = held.get_or_insert_with(|| (Place::new(), 100));
        *number += 1;
        let key = place.arrived(NEIGHBOUR, *number);
        send(place);
        let mut left = InboundState::Arrived;
        let mut registered = false;
        for step in steps {
            let office = &place.office;
            match step {
                Step::Accept => drop(office.accept(key)),
                Step::Return => drop(office.return_(key, "Gửi nhầm")),
                Step::Register => registered |= office.register(key).is_ok(),
                Step::Undo => drop(office.undo(key)),
                Step::Begin => {
                    begin_sending(place);
                    left = place.state(key);
                }
                Step::Send => {
                    send(place);
                    left = place.state(key);
                }
            }
            let now = place.state(key);
            let forward = |from: InboundState| from == now || reaches(from, now);
            prop_assert!(forward(left), "{left:?} was told, {now:?} stands");
            prop_assert!(!registered || now == InboundState::Registered);
        }
        place.sound();
    }
}

fn reaches(from: InboundState, to: InboundState) -> bool {
    InboundState::ALL
        .into_iter()
        .filter(|next| from.may_become(*next))
        .any(|next| next == to || reaches(next, to))
}

#[test]
fn an_error_is_told_to_the_sender_or_to_a_leader() {
    let place = Place::new();
    let key = place.arrived(SUPERIOR, 5);
    place.office.report_error(key, ReportTo::Sender, "Thiếu trang 2").unwrap();
    place.office.accept(key).unwrap();
    place.office.report_error(key, ReportTo::Sender, "Phụ lục mờ").unwrap();
    let user = ReportTo::User { user: "an".to_owned() };
    place.office.report_error(key, user, "Số trang không khớp").unwrap();
    assert_eq!(
        place.office.report_error(key, ReportTo::Sender, " ").unwrap_err().code,
        "office-reason-missing"
    );
    assert_eq!(place.office.gate(key).unwrap().reports.len(), 3);
    let (place, outbox) = place.outbox();
    let told: Vec<_> =
        outbox.iter().map(|(_, status, _)| (status.code, status.description.as_str())).collect();
    // Nothing untrue is said of the state: the words go with the status that it has.
    assert_eq!(
        told,
        [
            (StatusCode::Arrived, ""),
            (StatusCode::Arrived, "Thiếu trang 2"),
            (StatusCode::Accepted, ""),
            (StatusCode::Accepted, "Phụ lục mờ"),
        ]
    );
    assert!(outbox.iter().all(|(item, ..)| item.what == OutboxKind::Status));
    let place = place.become_user("an");
    let mine = place.office.reported_to_me().unwrap();
    assert_eq!((mine.len(), mine[0].1.text.as_str()), (1, "Số trang không khớp"));
    place.office.report_read(mine[0].1.id).unwrap();
    assert!(place.office.reported_to_me().unwrap().is_empty());
    assert_eq!(place.office.report_read(mine[0].1.id).unwrap_err().code, "office-no-such-report");
}

#[test]
fn many_are_taken_in_the_order_of_their_arrival() {
    let place = Place::new();
    let keys: Vec<DocumentKey> = (10..14).map(|n| place.arrived(NEIGHBOUR, n)).collect();
    place.office.return_(keys[1], "Gửi nhầm").unwrap();
    // Marked in any order, one of them twice.
    let marked = [keys[3], keys[0], keys[2], keys[1], keys[0]];
    let told = Mutex::new(Vec::new());
    let run = |decision: &Decision| {
        place
            .office
            .decide_many(&marked, decision, &Cancel::default(), &|progress| {
                told.lock().unwrap().push((progress.finished, progress.total));
            })
            .unwrap()
    };
    let fates = run(&Decision::Accept);
    assert_eq!(fates.iter().map(|(key, _)| *key).collect::<Vec<_>>(), keys);
    assert_eq!(*told.lock().unwrap(), [(1, 4), (2, 4), (3, 4), (4, 4)]);
    assert!(matches!(&fates[1].1, Fate::Failed(problem) if problem.code == "office-wrong-state"));
    let fates = run(&Decision::Register);
    let numbers: Vec<_> = fates.iter().filter_map(|(_, fate)| fate.done()).cloned().collect();
    assert_eq!(numbers, ["01", "02", "03"]);
    let cancelled = Cancel::default();
    cancelled.cancel();
    let given = |due| Assigning {
        parts: vec![Participant::lead("an")],
        direction: "Tham mưu".to_owned(),
        due,
    };
    let decision = Decision::Assign(given(None));
    let fates = place.office.decide_many(&marked, &decision, &cancelled, &|_| ()).unwrap();
    assert!(fates.iter().all(|(_, fate)| matches!(fate, Fate::NotTried(_))));
    // The one that is still accepted fails by itself; the others have their people and term.
    let fates = run(&Decision::Assign(given(Some(jiff::civil::date(2031, 1, 15)))));
    assert!(matches!(&fates[1].1, Fate::Failed(problem) if problem.code == "office-wrong-state"));
    let terms: Vec<_> = fates.iter().filter_map(|(_, fate)| fate.done()).cloned().collect();
    assert_eq!(terms, ["15/01/2031"; 3]);
    let handlers = place.office.handling(fates[0].0).unwrap().handlers;
    assert_eq!(handlers.len(), 1);
    place.sound();
}

#[test]
fn what_nobody_has_decided_on_is_listed_with_its_deadline() {
    let place = Place::new();
    let keys: Vec<DocumentKey> = (20..23).map(|n| place.arrived(NEIGHBOUR, n)).collect();
    place.office.accept(keys[1]).unwrap();
    // What was brought by hand has no sender who waits.
    let by_hand = crate::place::pdf("Về việc mang đến tận nơi");
    place.office.import("giay.pdf", by_hand).unwrap();
    let waiting = place.office.unacknowledged(10).unwrap();
    let listed: Vec<_> = waiting.iter().map(|one| one.document.key).collect();
    assert_eq!(listed, [keys[0], keys[2]]);
    for one in waiting {
        assert!(one.due > one.document.arrived_at && !one.late);
    }
}
