//! Recall, update and replacement, whatever the order on the wire.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use vanthu::domain::copy::CopyKind;
use vanthu::domain::demand::{DemandKind, DemandMark, DemandState};
use vanthu::domain::document::{BlobHash, DocumentKey, Metadata, Signer};
use vanthu::domain::handling::Participant;
use vanthu::domain::inbound::InboundState;
use vanthu::domain::operation::Change;
use vanthu::domain::role::Role;
use vanthu::office::certify::CopyOrder;
use vanthu::office::{Agenda, Assigning, Filter, Imported, Office};
use vanthu::packet::{self, Kind, Packet, ReceiverChange};
use vanthu::store::{Actor, Store};

use crate::world::*;

pub fn state(office: &Office, key: DocumentKey) -> InboundState {
    office.inbound_document(key).unwrap().state
}

/// Kind and state of every demand on a document.
pub fn demands(office: &Office, key: DocumentKey) -> Vec<(DemandKind, DemandState)> {
    let demands = office.handling(key).unwrap().demands;
    demands.into_iter().map(|kept| (kept.demand.kind, kept.state)).collect()
}

/// Statuses queued for the sender, as the history tells them.
fn told(office: &Office, key: DocumentKey) -> usize {
    let history = office.history(key).unwrap();
    history.iter().filter(|entry| entry.text.contains("trạng thái")).count()
}

#[test]
fn what_nobody_has_accepted_is_cancelled_by_itself_and_its_bytes_are_sealed() {
    let mut world = World::new();
    let key = world.arrives(new(PROVINCE, 1));
    assert_eq!(world.takes(recall(PROVINCE, PROVINCE, 1)), Imported::Status);
    let office = world.office();
    assert_eq!(state(office, key), InboundState::Recalled);
    assert_eq!(demands(office, key), [(DemandKind::Recall, DemandState::Agreed)]);
    let document = office.inbound_document(key).unwrap();
    let mark = DemandMark { kind: DemandKind::Recall, state: DemandState::Agreed };
    assert_eq!(document.demand, Some(mark));
    assert_eq!(told(office, key), 2, "01 and 15");
    // The clerk is told, and it is recorded that she was.
    let untold = office.untold_demands().unwrap();
    assert_eq!(untold.len(), 1);
    office.demand_noticed(untold[0].kept.demand.id).unwrap();
    assert_eq!(office.untold_demands().unwrap().len(), 0);
    // Ordinary users do not open it, in no way and no state.
    assert_eq!(office.main_file(key).unwrap_err().code, "office-sealed");
    assert_eq!(office.main_as_signed(key, "x").unwrap_err().code, "office-sealed");
    let lang = vanthu::i18n::Lang::Vi;
    assert_eq!(office.verdict_report(key, lang).unwrap_err().code, "office-sealed");
    let office = world.as_user("soan");
    assert_eq!(office.sealed_file(key, "xem thử").unwrap_err().code, "office-not-permitted");
    // The archivist does, with a reason, and both are kept.
    let office = world.as_user("luu");
    assert_eq!(office.sealed_file(key, "  ").unwrap_err().code, "office-reason-missing");
    let bytes = office.sealed_file(key, "Đoàn thanh tra yêu cầu").unwrap();
    assert_eq!(&*bytes, own_pdf(&format!("{PROVINCE} {}", id(PROVINCE, 1))));
    let history = world.history(key);
    assert!(history.iter().any(|text| text.contains("Đoàn thanh tra yêu cầu")), "{history:#?}");
    let other = world.arrives_later(2);
    assert!(world.as_user("luu").sealed_file(other, "x").is_err(), "what stands is not sealed");
    let (_dir, store) = world.store();
    let accesses = store.accesses(&key, 10).unwrap();
    assert_eq!((accesses.len(), accesses[0].what.as_str()), (1, "sealed"));
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}

impl World {
    /// A document arrives while the clerk is at the desk.
    fn arrives_later(&mut self, number: u32) -> DocumentKey {
        self.as_user("be");
        self.arrives(new(PROVINCE, number))
    }
}

#[test]
fn work_in_progress_is_answered_by_a_person_and_stops_meanwhile() {
    let mut world = World::new();
    let key = world.registered(1);
    let given = Assigning { parts: vec![Participant::lead("dat")], ..Assigning::default() };
    world.office().assign_to(key, given.clone()).unwrap();
    world.takes(recall(PROVINCE, PROVINCE, 1));
    let office = world.office();
    assert_eq!(state(office, key), InboundState::Assigned);
    let mark = DemandMark { kind: DemandKind::Recall, state: DemandState::Open };
    assert_eq!(office.inbound_document(key).unwrap().demand, Some(mark));
    let listed = Filter { agenda: Some(Agenda::Demanded), ..Filter::default() };
    assert_eq!(office.inbound(&listed, None, 10).unwrap()[0].key, key);
    assert_eq!(told(office, key), 3, "01, 03, 04, and no answer yet");
    // Nothing else moves it until the sender is answered.
    for refused in [
        office.begin(key),
        office.complete(key, "xong"),
        office.assign_to(key, given.clone()),
        office.forward(key, Assigning { parts: vec![Participant::lead("soan")], ..given.clone() }),
    ] {
        assert_eq!(refused.unwrap_err().code, "office-demand-open");
    }
    // Whoever works on it is told, and so are clerk and leader; nobody else.
    for (user, count) in [("dat", 1), ("nguyet", 1), ("soan", 0)] {
        assert_eq!(world.as_user(user).untold_demands().unwrap().len(), count, "{user}");
    }
    // A drafter does not answer for the office.
    let office = world.as_user("dat");
    let demand = office.open_demand(key).unwrap().unwrap().kept.demand.id;
    assert_eq!(office.answer_demand(demand, true, "").unwrap_err().code, "office-not-permitted");

    let office = world.as_user("be");
    assert_eq!(office.answer_demand(demand, false, " ").unwrap_err().code, "office-reason-missing");
    office.answer_demand(demand, false, "Đã tổ chức thực hiện xong").unwrap();
    assert_eq!(office.answer_demand(demand, true, "").unwrap_err().code, "office-demand-answered");
    assert_eq!(told(office, key), 4, "16");
    assert_eq!(office.inbound(&listed, None, 10).unwrap(), []);
    // The work goes on; a second recall is a demand of its own, answered on its own.
    office.begin(key).unwrap();
    world.takes(recall(PROVINCE, PROVINCE, 1));
    world.takes(recall(PROVINCE, PROVINCE, 1));
    let office = world.office();
    let number = office.inbound_document(key).unwrap().registration.unwrap().arrival_number;
    let demand = office.open_demand(key).unwrap().unwrap().kept.demand.id;
    office.answer_demand(demand, true, "").unwrap();
    use DemandState::{Agreed, Refused};
    let kind = DemandKind::Recall;
    assert_eq!(demands(office, key), [(kind, Refused), (kind, Agreed), (kind, Agreed)]);
    let document = office.inbound_document(key).unwrap();
    assert_eq!(document.state, InboundState::Recalled);
    assert_eq!(document.registration.unwrap().arrival_number, number, "its number stays taken");
    // Asked once more, the sender hears once more that it is done.
    let before = told(office, key);
    world.takes(recall(PROVINCE, PROVINCE, 1));
    assert_eq!(told(world.office(), key), before + 1);
    assert_eq!(world.office().demands(10).unwrap().len(), 0);
    let (_dir, store) = world.store();
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}

#[test]
fn completed_work_is_recalled_only_by_a_person() {
    let world = World::new();
    let office = world.office();
    let key = world.registered(1);
    let copy = office.certify_copy(&on_paper(key), None).unwrap();
    assert!(office.copy_file(copy.id).is_ok());
    office.complete(key, "Lưu").unwrap();
    world.takes(recall_status(PROVINCE, 1));
    assert_eq!(demands(office, key), [(DemandKind::Recall, DemandState::Open)]);
    let demand = office.open_demand(key).unwrap().unwrap();
    assert_eq!(demand.kept.demand.reason, "xin lấy lại");
    office.answer_demand(demand.kept.demand.id, true, "").unwrap();
    assert_eq!(state(office, key), InboundState::Recalled);
    // What is not opened any more is not read from its copies either, and not copied again.
    assert_eq!(office.copy_file(copy.id).unwrap_err().code, "office-sealed");
    let again = office.certify_copy(&on_paper(key), None);
    assert_eq!(again.unwrap_err().code, "office-wrong-state");
}

/// A whole copy to be printed.
fn on_paper(of: DocumentKey) -> CopyOrder {
    let signer = Signer {
        position: "Công chức Văn phòng".to_owned(),
        full_name: "Trần Thị Bé".to_owned(),
        ..Signer::default()
    };
    let (kind, recipients) = (CopyKind::True, "Trạm y tế".to_owned());
    CopyOrder { of, kind, to_paper: true, pages: Vec::new(), recipients, signer }
}

#[test]
fn a_recall_may_come_before_its_document_and_from_nobody_else() {
    let world = World::new();
    world.takes(recall(PROVINCE, PROVINCE, 7));
    let office = world.office();
    let waiting = office.demands(10).unwrap();
    assert_eq!(waiting[0].kept.state, DemandState::Waiting);
    assert_eq!(office.counts().unwrap().agenda.last().unwrap().1, 1, "it is counted");
    // The same id from somebody else is another document.
    let strangers = world.arrives(packet_of(STRANGER, &metadata(PROVINCE, 7), Kind::New, "", true));
    assert_eq!(state(office, strangers), InboundState::Arrived);
    // A stranger who recalls the province's document is refused at once, and told so.
    let key = world.arrives(new(PROVINCE, 8));
    world.takes(recall(STRANGER, PROVINCE, 8));
    assert_eq!(state(office, key), InboundState::Arrived);
    assert_eq!(demands(office, key), [(DemandKind::Recall, DemandState::Refused)]);
    assert_eq!(told(office, key), 2, "01 to the province, 16 to the stranger");
    world.accept(key).unwrap();

    // The document comes, and is cancelled as it arrives.
    let key = world.arrives(new(PROVINCE, 7));
    assert_eq!(state(office, key), InboundState::Recalled);
    assert_eq!(demands(office, key), [(DemandKind::Recall, DemandState::Agreed)]);
    assert_eq!(told(office, key), 2, "01 and 15");
    assert_eq!(office.demands(10).unwrap().len(), 0);

    // One whose document never comes is answered by the clerk.
    world.takes(recall(PROVINCE, PROVINCE, 99));
    let demand = office.demands(10).unwrap().remove(0).kept.demand.id;
    office.answer_demand(demand, false, "Không nhận được văn bản này").unwrap();
    assert_eq!(told(office, demand), 1);
    let key = world.arrives(new(PROVINCE, 99));
    assert_eq!(state(office, key), InboundState::Arrived, "it was refused");
}

/// As many packets wait as statuses: to whoever is told, the same bytes are one packet.
fn told_apart(store: &Store, key: DocumentKey, statuses: usize) {
    let told = store.outbox_of(&key).unwrap();
    let packets: HashSet<&BlobHash> = told.iter().map(|item| &item.packet).collect();
    assert_eq!((told.len(), packets.len()), (statuses, statuses));
}

#[test]
fn two_answers_in_one_breath_are_two_packets() {
    let world = World::new();
    let key = world.registered(1);
    for notes in ["", "Nhầm nơi nhận"] {
        let about = Metadata { notes: notes.to_owned(), ..metadata(PROVINCE, 1) };
        world.takes(packet_of(PROVINCE, &about, Kind::Recall, "Ban hành nhầm", false));
    }
    let office = world.office();
    let demand = office.open_demand(key).unwrap().unwrap().kept.demand.id;
    // The clerk agrees in the very words of the demand; the other is answered with it.
    office.answer_demand(demand, true, "Ban hành nhầm").unwrap();
    let agreed = (DemandKind::Recall, DemandState::Agreed);
    assert_eq!(demands(office, key), [agreed, agreed]);
    let (_dir, store) = world.store();
    // 01, 03 and twice 15.
    told_apart(&store, key, 4);
}

#[test]
fn what_replaces_a_document_twice_replaces_it_once() {
    let world = World::new();
    let [first, second] = [1, 2].map(|number| world.arrives(new(PROVINCE, number)));
    let id = |number| id(PROVINCE, number).to_string();
    let named = [id(1), id(2), id(1), format!(" {}", id(2).replace(',', " , "))];
    let documents = named
        .into_iter()
        .map(|document_id| packet::Replacement { document_id, receivers: Vec::new() })
        .collect();
    let fresh =
        packet_of(PROVINCE, &metadata(PROVINCE, 3), Kind::Replace { documents }, "Thay thế", true);
    let key = world.arrives(fresh);
    assert_eq!(state(world.office(), key), InboundState::Arrived);
    for old in [first, second] {
        assert_eq!(state(world.office(), old), InboundState::Recalled);
        let agreed = (DemandKind::Replace, DemandState::Agreed);
        assert_eq!(demands(world.office(), old), [agreed]);
    }
}

#[test]
fn what_comes_late_does_not_unsay_that_a_document_was_cancelled() {
    let mut world = World::new();
    let key = world.arrives(new(PROVINCE, 1));
    let changed = Metadata { notes: "Đính chính".to_owned(), ..metadata(PROVINCE, 1) };
    let before = update(PROVINCE, &changed);
    world.takes(recall(PROVINCE, PROVINCE, 1));
    // What was wanted before it comes after it, twice and once from somebody else, and somebody
    // else is at the desk by then.
    world.takes(before);
    world.office().add_user("hoa", "Lê Thị Hoa", &[Role::Clerk], &password()).unwrap();
    world.as_user("hoa");
    world.takes(update(PROVINCE, &Metadata { notes: "Lần hai".to_owned(), ..changed.clone() }));
    world.takes(update(STRANGER, &changed));
    assert_eq!(state(world.office(), key), InboundState::Recalled);
    let (_dir, store) = world.store();
    told_apart(&store, key, 7);
    let told = store.outbox_of(&key).unwrap().into_iter().map(|item| {
        match packet::read(&store.blob(&item.packet).unwrap(), &packet::Limits::default()).unwrap()
        {
            Packet::Status(status) => (item.recipient, status.code, status.at, status.description),
            Packet::Document(_) => panic!("a status is told"),
        }
    });
    let (theirs, others): (Vec<_>, Vec<_>) = told.partition(|(to, ..)| *to == code(PROVINCE));
    let codes: Vec<&str> = theirs.iter().map(|(_, code, ..)| code.digits()).collect();
    assert_eq!(codes, ["01", "15", "16", "15", "16", "15"], "the last is that it is cancelled");
    // By time, too; and none says word for word what another has said.
    assert_eq!(theirs.iter().max_by_key(|(.., at, _)| *at).unwrap().1.digits(), "15");
    let words: HashSet<_> = theirs.iter().map(|(_, code, at, said)| (code, at, said)).collect();
    assert_eq!(words.len(), theirs.len(), "{theirs:?}");
    assert_eq!(others.len(), 1);
    assert_eq!(others[0].1.digits(), "16");
}

/// The answers to what was demanded of a document, in the order of their times.
pub fn answers(world: World, key: DocumentKey) -> Vec<&'static str> {
    let asked = world.office().handling(key).unwrap().demands;
    let (_dir, store) = world.store();
    let about: Vec<_> = asked.iter().map(|kept| kept.demand.id).chain([key]).collect();
    answers_about(&store, &about)
}

/// The answers that the outbox holds about these, in the order of their times.
pub fn answers_about(store: &Store, about: &[DocumentKey]) -> Vec<&'static str> {
    let told = about.iter().flat_map(|key| store.outbox_of(key).unwrap()).map(|item| {
        let bytes = store.blob(&item.packet).unwrap();
        match packet::read(&bytes, &packet::Limits::default()).unwrap() {
            Packet::Status(status) => (status.at, status.code.digits()),
            Packet::Document(_) => panic!("a status is told"),
        }
    });
    let mut told: Vec<_> = told.filter(|(_, code)| ["15", "16"].contains(code)).collect();
    told.sort();
    let times: HashSet<_> = told.iter().map(|(at, _)| *at).collect();
    assert_eq!(times.len(), told.len(), "each is later than the one before: {told:?}");
    told.into_iter().map(|(_, code)| code).collect()
}

/// What waits for its document: an update, and a recall that was sent later.
fn demanded_before_it_came(world: &World) -> [DocumentKey; 2] {
    let at = Timestamp::now() - SignedDuration::from_mins(5);
    let changed = Metadata { notes: "Đính chính".to_owned(), ..metadata(PROVINCE, 1) };
    world.takes(update_at(PROVINCE, &changed, at));
    world.takes(recall(PROVINCE, PROVINCE, 1));
    let waiting = world.office().demands(10).unwrap();
    [DemandKind::Update, DemandKind::Recall].map(|kind| {
        let found = waiting.iter().find(|view| view.kept.demand.kind == kind);
        found.unwrap().kept.demand.id
    })
}

#[test]
fn what_was_agreed_to_before_the_document_came_has_the_last_word_too() {
    for refused_by_hand in [false, true] {
        let world = World::new();
        let [update, recall] = demanded_before_it_came(&world);
        let before = world.office().answer_demand(update, true, "").unwrap_err();
        assert_eq!(before.code, "office-recall-first");
        world.office().answer_demand(recall, true, "").unwrap();
        if refused_by_hand {
            world.office().answer_demand(update, false, "Không rõ nội dung").unwrap();
        }
        let key = world.arrives(new(PROVINCE, 1));
        assert_eq!(state(world.office(), key), InboundState::Recalled);
        assert_eq!(answers(world, key), ["15", "16", "15"], "{refused_by_hand}");
    }
}

#[test]
fn an_update_agreed_to_does_not_read_as_a_recall_agreed_to() {
    let world = World::new();
    let key = world.registered(1);
    let sent = Timestamp::now();
    let changed = |notes: &str, after| {
        let fresh = Metadata { notes: notes.to_owned(), ..metadata(PROVINCE, 1) };
        update_at(PROVINCE, &fresh, sent + SignedDuration::from_secs(after))
    };
    world.takes(changed("Đính chính", 2));
    world.takes(recall(PROVINCE, PROVINCE, 1));
    let office = world.office();
    let asked = office.handling(key).unwrap().demands;
    // Until the recall is answered, 15 or 16 would be taken for the answer to that: neither a
    // person nor the program says it of an update, not of one that was overtaken either.
    world.takes(changed("Lần trước", 1));
    assert_eq!(demands(office, key).last(), Some(&(DemandKind::Update, DemandState::Open)));
    assert_eq!(office.open_demand(key).unwrap().unwrap().kept.demand.kind, DemandKind::Recall);
    let update = asked.iter().find(|kept| kept.demand.kind == DemandKind::Update).unwrap();
    for agreed in [true, false] {
        let answered = office.answer_demand(update.demand.id, agreed, "Đã thi hành");
        assert_eq!(answered.unwrap_err().code, "office-recall-first");
    }
    for (kind, agreed) in [(DemandKind::Recall, false), (DemandKind::Update, true)] {
        let demand = asked.iter().find(|kept| kept.demand.kind == kind).unwrap();
        office.answer_demand(demand.demand.id, agreed, "Đã thi hành").unwrap();
    }
    assert_eq!(office.inbound_document(key).unwrap().metadata.notes, "Đính chính");
    // Asked back once more within the second: what was told again is earlier than this answer.
    world.takes(recall(PROVINCE, PROVINCE, 1));
    let again = office.open_demand(key).unwrap().unwrap().kept.demand.id;
    office.answer_demand(again, true, "").unwrap();
    assert_eq!(answers(world, key), ["16", "15", "16", "16", "15"]);
}

#[test]
fn nobody_elses_update_is_the_later_one() {
    let world = World::new();
    let key = world.registered(1);
    let changed = Metadata { notes: "Đính chính".to_owned(), ..metadata(PROVINCE, 1) };
    let at = Timestamp::now() + SignedDuration::from_hours(24);
    world.takes(update_at(STRANGER, &changed, at));
    world.takes(update(PROVINCE, &changed));
    let states = [DemandState::Refused, DemandState::Open].map(|state| (DemandKind::Update, state));
    assert_eq!(demands(world.office(), key), states);
}

#[test]
fn a_recall_is_answered_after_the_updates_that_it_ends() {
    let world = World::new();
    let key = world.registered(1);
    for notes in ["Lần một", "Lần hai", "Lần ba"] {
        let changed = Metadata { notes: notes.to_owned(), ..metadata(PROVINCE, 1) };
        world.takes(update(PROVINCE, &changed));
    }
    world.takes(recall(PROVINCE, PROVINCE, 1));
    let office = world.office();
    let asked = office.demands(10).unwrap();
    let recall = asked.iter().find(|view| view.kept.demand.kind == DemandKind::Recall).unwrap();
    office.answer_demand(recall.kept.demand.id, true, "").unwrap();
    assert_eq!(state(office, key), InboundState::Recalled);
    let told = answers(world, key);
    assert_eq!(told.last(), Some(&"15"), "{told:?}");
    assert_eq!(told.iter().filter(|code| **code == "16").count(), 3);
}

#[test]
fn two_recalls_that_waited_for_their_document_are_answered_twice() {
    let world = World::new();
    // Asked back with the same words, from some and then from all.
    for notes in ["", "Nhầm nơi nhận"] {
        let about = Metadata { notes: notes.to_owned(), ..metadata(PROVINCE, 42) };
        world.takes(packet_of(PROVINCE, &about, Kind::Recall, "Ban hành nhầm", false));
    }
    let key = world.arrives(new(PROVINCE, 42));
    let agreed = (DemandKind::Recall, DemandState::Agreed);
    assert_eq!(demands(world.office(), key), [agreed, agreed]);
    let (_dir, store) = world.store();
    // 01 and twice 15.
    told_apart(&store, key, 3);
}

#[test]
fn an_update_is_shown_and_applied_only_when_agreed_to() {
    let world = World::new();
    let office = world.office();
    let key = world.registered(1);
    let fresh = Metadata {
        subject: "Về việc đã đính chính".to_owned(),
        due: Some(jiff::civil::date(2099, 12, 1)),
        ..metadata(PROVINCE, 1)
    };
    world.takes(update(PROVINCE, &fresh));
    assert_eq!(office.inbound_document(key).unwrap().metadata.subject, "Về việc xq1");
    let view = office.open_demand(key).unwrap().unwrap();
    let changed: Vec<_> = view.changes.iter().map(|change| change.field).collect();
    assert_eq!(changed, ["subject", "due"]);
    assert!(!view.files_changed);
    // An update does not stop the work.
    office
        .assign_to(key, Assigning { parts: vec![Participant::lead("dat")], ..Assigning::default() })
        .unwrap();
    office.answer_demand(view.kept.demand.id, true, "").unwrap();
    let document = office.inbound_document(key).unwrap();
    assert_eq!(document.metadata.subject, "Về việc đã đính chính");
    assert!(document.registration.is_some() && document.state == InboundState::Assigned);
    assert_eq!(told(office, key), 4, "01, 03, 04, 15");
    let found = |words: &str| {
        let filter = Filter { words: words.to_owned(), ..Filter::default() };
        office.inbound(&filter, None, 10).unwrap().len()
    };
    assert_eq!((found("da dinh chinh"), found("xq1")), (1, 0));

    // Taken off the recipients, the document is recalled from us.
    let receivers = vec![ReceiverChange { code: code(TAN_BINH), added: false }];
    let kind = Kind::Update { document_changed: false, receivers_changed: true, receivers };
    world.takes(packet_of(PROVINCE, &metadata(PROVINCE, 1), kind, "Gửi nhầm", false));
    assert_eq!(demands(office, key).last(), Some(&(DemandKind::Recall, DemandState::Open)));
    let demand = office.open_demand(key).unwrap().unwrap().kept.demand.id;
    office.answer_demand(demand, true, "").unwrap();
    assert_eq!(state(office, key), InboundState::Recalled);
    // Nothing is left to update: the sender is told so.
    let again = Metadata { subject: "Lần nữa".to_owned(), ..fresh };
    world.takes(update(PROVINCE, &again));
    assert_eq!(demands(office, key).last(), Some(&(DemandKind::Update, DemandState::Refused)));

    // Put on the recipients, we get a new document; so we do where the one that was is cancelled.
    for number in [5, 1] {
        let receivers = vec![ReceiverChange { code: code(TAN_BINH), added: true }];
        let kind = Kind::Update { document_changed: false, receivers_changed: true, receivers };
        let packet = packet_of(PROVINCE, &metadata(PROVINCE, number), kind, "Bổ sung", true);
        assert_eq!(state(office, world.arrives(packet)), InboundState::Arrived);
    }
    let (_dir, store) = world.store();
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}

#[test]
fn an_update_agreed_to_before_its_document_came_is_applied_when_it_comes() {
    let world = World::new();
    let office = world.office();
    for notes in ["Kèm một phụ lục", "Kèm hai phụ lục"] {
        let fresh = Metadata { notes: notes.to_owned(), ..metadata(PROVINCE, 1) };
        world.takes(update(PROVINCE, &fresh));
    }
    for view in office.demands(10).unwrap() {
        assert_eq!(view.kept.state, DemandState::Waiting);
        office.answer_demand(view.kept.demand.id, true, "").unwrap();
    }
    // What was refused is not.
    let other = Metadata { notes: "Không kèm".to_owned(), ..metadata(PROVINCE, 2) };
    world.takes(update(PROVINCE, &other));
    let refused = office.demands(10).unwrap().remove(0).kept.demand.id;
    office.answer_demand(refused, false, "Chưa nhận được văn bản").unwrap();
    let notes = |number| {
        let key = world.arrives(new(PROVINCE, number));
        office.inbound_document(key).unwrap().metadata.notes
    };
    assert_eq!((notes(1).as_str(), notes(2).as_str()), ("Kèm hai phụ lục", ""));
    let (_dir, store) = world.store();
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}

#[test]
fn the_files_of_an_update_are_looked_at_whenever_it_is_agreed_to() {
    let world = World::new();
    let office = world.office();
    // As the register and the gate have them.
    let files = |key| {
        let kept = office.inbound_document(key).unwrap().files;
        let looked = office.gate(key).unwrap().gate.unwrap().files;
        let kept: Vec<_> =
            kept.into_iter().map(|file| (file.name, file.blob.to_string())).collect();
        let looked: Vec<_> = looked.into_iter().map(|file| (file.name, file.sha256)).collect();
        assert_eq!(kept, looked);
        kept.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let after = |key| {
        let open = office.open_demand(key).unwrap().unwrap();
        assert!(open.files_changed);
        office.answer_demand(open.kept.demand.id, true, "").unwrap();
        files(key)
    };
    let key = world.registered(1);
    assert_eq!(files(key), ["quyetdinh.pdf"]);
    world.takes(update_of_files(PROVINCE, &metadata(PROVINCE, 1)));
    assert_eq!(after(key), ["dinhchinh.pdf", "phuluc.pdf"]);

    // Before the document is here.
    world.takes(update_of_files(PROVINCE, &metadata(PROVINCE, 2)));
    let waiting = office.demands(10).unwrap().remove(0).kept.demand.id;
    office.answer_demand(waiting, true, "").unwrap();
    let key = world.arrives(new(PROVINCE, 2));
    assert_eq!(files(key), ["dinhchinh.pdf", "phuluc.pdf"]);
    let (_dir, store) = world.store();
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}

#[test]
fn files_that_nobody_has_looked_at_are_looked_at_before_they_are_accepted() {
    let world = World::new();
    let key = world.arrives(new(PROVINCE, 1));
    world.takes(update_of_files(PROVINCE, &metadata(PROVINCE, 1)));
    let demand = world.office().open_demand(key).unwrap().unwrap().kept.demand;
    // The power fails after the answer and before the look that follows it.
    let (dir, store) = world.store();
    let update = demand.update.unwrap();
    let updated = Change::InboundUpdated { key, demand: demand.id, update };
    store.write(&Actor::new("be", Role::Clerk), |writer| writer.append(updated)).unwrap();
    drop(store);
    let office = Office::open(&dir.path().join("office"), "be", &password()).unwrap();
    let of_these = || {
        let files = office.inbound_document(key).unwrap().files;
        office.gate(key).unwrap().gate.unwrap().is_of(&files)
    };
    assert!(!of_these());
    office.accept_despite(key, "Đã đối chiếu").unwrap();
    assert!(of_these());
}

#[test]
fn the_document_alone_names_a_demand_only_where_no_other_waits() {
    let world = World::new();
    let key = world.registered(1);
    let office = world.office();
    assert_eq!(office.only_open_demand(key).unwrap(), None);
    let changed = Metadata { notes: "Đính chính".to_owned(), ..metadata(PROVINCE, 1) };
    world.takes(update(PROVINCE, &changed));
    let only = office.only_open_demand(key).unwrap().unwrap();
    assert_eq!(only.kept.demand.kind, DemandKind::Update);
    world.takes(recall(PROVINCE, PROVINCE, 1));
    assert_eq!(office.only_open_demand(key).unwrap_err().code, "office-several-demands");
}

#[test]
fn an_update_that_was_overtaken_on_its_way_undoes_nothing() {
    let world = World::new();
    let office = world.office();
    let mut at = Timestamp::now();
    let mut told = |number, notes: &str| {
        // Times on the wire have whole seconds.
        at += SignedDuration::from_secs(1);
        let fresh = Metadata { notes: notes.to_owned(), ..metadata(PROVINCE, number) };
        update_at(PROVINCE, &fresh, at)
    };
    let key = world.registered(1);
    let (first, late, second) = (told(1, "Lần một"), told(1, "Lần sau"), told(1, "Lần hai"));
    world.takes(second);
    world.takes(first);
    let states = [DemandState::Open, DemandState::Refused].map(|state| (DemandKind::Update, state));
    assert_eq!(demands(office, key), states, "nobody is asked about the first");
    assert_eq!(office.inbound_document(key).unwrap().metadata.notes, "");
    let open = office.open_demand(key).unwrap().unwrap().kept.demand.id;
    office.answer_demand(open, true, "").unwrap();
    assert_eq!(office.inbound_document(key).unwrap().metadata.notes, "Lần hai");
    // What comes late after that is so already, as far as it is to be.
    world.takes(late);
    assert_eq!(demands(office, key).last(), Some(&(DemandKind::Update, DemandState::Agreed)));
    assert_eq!(office.inbound_document(key).unwrap().metadata.notes, "Lần hai");
    // Once that is agreed to, none from before it changes anything; one from after it does.
    let (third, fourth) = (told(1, "Lần ba"), told(1, "Lần bốn"));
    world.takes(third);
    world.takes(fourth);
    let open = office.demands(10).unwrap().into_iter().map(|view| view.kept.demand.id);
    for id in open.collect::<Vec<_>>().into_iter().rev() {
        office.answer_demand(id, true, "").unwrap();
    }
    assert_eq!(office.inbound_document(key).unwrap().metadata.notes, "Lần bốn");

    // One from before what was refused is refused as well.
    let key = world.registered(3);
    let (first, second) = (told(3, "Lần một"), told(3, "Lần hai"));
    world.takes(second);
    let open = office.open_demand(key).unwrap().unwrap().kept.demand.id;
    office.answer_demand(open, false, "Đã thi hành").unwrap();
    world.takes(first);
    assert_eq!(demands(office, key), [(DemandKind::Update, DemandState::Refused); 2]);
    assert_eq!(office.inbound_document(key).unwrap().metadata.notes, "");

    // The same before the document is here.
    let (first, second) = (told(2, "Lần một"), told(2, "Lần hai"));
    world.takes(second);
    world.takes(first);
    for view in office.demands(10).unwrap() {
        office.answer_demand(view.kept.demand.id, true, "").unwrap();
    }
    let key = world.arrives(new(PROVINCE, 2));
    assert_eq!(office.inbound_document(key).unwrap().metadata.notes, "Lần hai");
    let (_dir, store) = world.store();
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}

#[test]
fn a_replacement_is_linked_both_ways_and_the_old_one_keeps_its_number() {
    let world = World::new();
    let office = world.office();
    let old = world.registered(1);
    let fresh = world.arrives(replace(PROVINCE, 2, 1));
    assert_eq!(state(office, fresh), InboundState::Arrived);
    assert_eq!(demands(office, old), [(DemandKind::Replace, DemandState::Open)]);
    assert_eq!(office.complete(old, "x").unwrap_err().code, "office-demand-open");
    let demand = office.open_demand(old).unwrap().unwrap().kept.demand.id;
    office.answer_demand(demand, true, "").unwrap();
    let handling = office.handling(old).unwrap();
    assert_eq!(handling.replaced_by.unwrap().key, fresh);
    assert_eq!(office.handling(fresh).unwrap().replaces[0].key, old);
    let document = office.inbound_document(old).unwrap();
    assert_eq!(document.state, InboundState::Recalled);
    assert_eq!(document.registration.unwrap().arrival_number, 1);
    world.accept(fresh).unwrap();
    assert_eq!(office.register(fresh).unwrap().arrival_number, 2);

    // What nobody has accepted goes by itself; what comes late goes as it comes.
    let unread = world.arrives(new(PROVINCE, 3));
    world.arrives(replace(PROVINCE, 4, 3));
    assert_eq!(state(office, unread), InboundState::Recalled);
    world.arrives(replace(PROVINCE, 6, 5));
    assert_eq!(office.demands(10).unwrap()[0].kept.state, DemandState::Waiting);
    let late = world.arrives(new(PROVINCE, 5));
    assert_eq!(state(office, late), InboundState::Recalled);
    assert_eq!(office.demands(10).unwrap().len(), 0);
    let (_dir, store) = world.store();
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}

#[test]
fn what_is_demanded_is_searched_and_counted_by_words() {
    let world = World::new();
    let office = world.office();
    let [first, second] = [1, 2].map(|number| world.registered(number));
    for number in [1, 2, 1] {
        world.takes(recall(PROVINCE, PROVINCE, number));
    }
    // One more, of a document that is not here: nothing says what it is about.
    world.takes(recall(PROVINCE, PROVINCE, 77));
    let found = |words: &str| {
        let filter =
            Filter { agenda: Some(Agenda::Demanded), words: words.to_owned(), ..Filter::default() };
        let listed = office.inbound(&filter, None, 10).unwrap();
        let keys: Vec<DocumentKey> = listed.into_iter().map(|document| document.key).collect();
        (keys, office.inbound_count(&filter, 10).unwrap())
    };
    let (keys, count) = found("");
    assert_eq!((keys.len(), count), (2, 4), "every demand counts while nobody searches");
    assert_eq!(found("xq2"), (vec![second], 1));
    assert_eq!(found("\"việc xq1\""), (vec![first], 1));
    assert_eq!(found("xq77"), (Vec::new(), 0));
    // Page by page, as without words.
    let filter =
        Filter { agenda: Some(Agenda::Demanded), words: "xq".to_owned(), ..Filter::default() };
    let page = office.inbound(&filter, None, 1).unwrap();
    let rest = office.inbound(&filter, Some(page[0].key), 10).unwrap();
    assert_eq!((page.len(), rest.len()), (1, 1));
    assert_ne!(page[0].key, rest[0].key);
}
