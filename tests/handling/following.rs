//! What was issued, followed over the real server: arrived, returned, sent again, updated,
//! answered, asked back.

use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::delivery::SendState;
use vanthu::domain::demand::DemandKind;
use vanthu::domain::document::{DocumentKey, ResponseFor, Urgency};
use vanthu::domain::follow::{Concern, Stage};
use vanthu::domain::inbound::InboundState;
use vanthu::domain::outbound::OutboundState;
use vanthu::office::evidence::{Carries, ParcelState};
use vanthu::office::follow::IssuedUpdate;
use vanthu::office::leaving::IssueOrder;
use vanthu::office::{Filter, Office};
use vanthu::packet::{self, Packet};

use crate::offices::{Two, exchange, newest, sealed, sealed_with};
use crate::wire::broken;
use crate::world::{PROVINCE, TAN_BINH, code};

pub fn stage(office: &Office, key: DocumentKey) -> (Stage, Option<Concern>) {
    let row = office.follow(key).unwrap().rows.remove(0);
    (row.stage, row.concern)
}

fn province() -> Vec<AgencyCode> {
    vec![code(PROVINCE)]
}

#[test]
fn an_issued_document_is_followed_until_it_is_there() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);

    // Sent, arrived, accepted: nothing is left to follow.
    let first = sealed(a, &two.tokens, "Văn bản thứ nhất");
    a.issue(first).unwrap();
    assert_eq!(stage(a, first), (Stage::Waiting, None));
    exchange(a, b);
    assert_eq!(stage(a, first), (Stage::Arrived, None));
    assert_eq!(a.following(false, None, 10).unwrap().len(), 1);
    assert!(a.following(true, None, 10).unwrap().is_empty());
    let there = newest(b);
    b.accept_despite(there, "Đã đối chiếu").unwrap();
    exchange(a, b);
    assert_eq!(stage(a, first), (Stage::Accepted, None));
    assert!(a.following(false, None, 10).unwrap().is_empty());

    // What it says is told anew; whoever has it agrees.
    let update = IssuedUpdate { urgency: Some(Urgency::Urgent), ..IssuedUpdate::default() };
    assert!(a.update_issued(first, &update, "").is_err(), "without a reason");
    a.update_issued(first, &update, "Ghi thiếu độ khẩn").unwrap();
    let again = a.update_issued(first, &update, "Ghi thiếu độ khẩn");
    assert_eq!(again.unwrap_err().code, "leaving-nothing-changed");
    exchange(a, b);
    let demand = b.open_demand(there).unwrap().unwrap().kept.demand;
    assert_eq!((demand.kind, demand.reason.as_str()), (DemandKind::Update, "Ghi thiếu độ khẩn"));
    b.answer_demand(demand.id, true, "").unwrap();
    exchange(a, b);
    assert_eq!(b.inbound_document(there).unwrap().metadata.urgency, Urgency::Urgent);
    // Agreed to an update is not cancelled.
    assert_eq!(stage(a, first), (Stage::Accepted, None));

    // The answer is linked by what it says that it answers.
    let about = a.outbound_document(first).unwrap().metadata;
    let response = ResponseFor {
        agency: Some(code(TAN_BINH)),
        code: about.code.to_string(),
        issued: about.issued,
        document_id: String::new(),
    };
    let answer = sealed_with(b, &two.their_tokens, "Trả lời", TAN_BINH, vec![response]);
    b.issue(answer).unwrap();
    exchange(b, a);
    let answers = a.follow(first).unwrap().answers;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].key, newest(a));

    // Returned: somebody decides, and sends it again.
    let second = sealed(a, &two.tokens, "Văn bản thứ hai");
    a.issue(second).unwrap();
    exchange(a, b);
    let returned = newest(b);
    b.return_(returned, "Thiếu phụ lục").unwrap();
    exchange(a, b);
    assert_eq!(stage(a, second), (Stage::Returned, Some(Concern::Returned)));
    let concerns = a.following(true, None, 10).unwrap();
    assert_eq!((concerns.len(), concerns[0].rows[0].said.as_str()), (1, "Thiếu phụ lục"));
    a.resend(second, &province(), "Đã trao đổi qua điện thoại").unwrap();
    assert_eq!(stage(a, second), (Stage::Waiting, None));
    exchange(a, b);
    assert_ne!(newest(b), returned);
    assert_eq!(stage(a, second), (Stage::Arrived, None));

    // Taken off the list it is cancelled there, and may be put on it again.
    let removed = IssuedUpdate { remove: province(), ..IssuedUpdate::default() };
    let nobody = a.update_issued(second, &removed, "Nhầm nơi nhận");
    assert_eq!(nobody.unwrap_err().code, "office-no-recipient");
    let places = vec!["Ông Nguyễn Văn A".to_owned()];
    let removed = IssuedUpdate { other_places: Some(places), ..removed };
    a.update_issued(second, &removed, "Nhầm nơi nhận").unwrap();
    assert_eq!(a.paper_task(second).unwrap().owed(), 1);
    exchange(a, b);
    assert_eq!(stage(a, second), (Stage::RecallAgreed, None));
    let refused = a.resend(second, &province(), "Gửi lại");
    assert_eq!(refused.unwrap_err().code, "leaving-asked-back");
    let added = IssuedUpdate { add: province(), ..IssuedUpdate::default() };
    a.update_issued(second, &added, "Đúng là nơi nhận").unwrap();
    assert_eq!(stage(a, second), (Stage::Waiting, None));
    let cancelled = newest(b);
    exchange(a, b);
    assert_ne!(newest(b), cancelled, "it comes again");
    assert_eq!(stage(a, second), (Stage::Arrived, None));

    // Asked back from all that have it, it is recalled.
    a.recall_from(first, &province(), "Sai nội dung").unwrap();
    assert_eq!(a.outbound_document(first).unwrap().state, OutboundState::Recalled);
    exchange(a, b);
    assert_eq!(stage(a, first).0, Stage::RecallAsked);
    let demand = b.open_demand(there).unwrap().unwrap().kept.demand;
    b.answer_demand(demand.id, false, "Đã thực hiện xong").unwrap();
    exchange(a, b);
    assert_eq!(stage(a, first), (Stage::RecallRefused, Some(Concern::RecallRefused)));
    a.close_delivery(first, &code(PROVINCE), "Đã trao đổi, giữ nguyên").unwrap();
    assert_eq!(stage(a, first), (Stage::RecallRefused, None));

    assert!(a.audit().unwrap().is_clean() && b.audit().unwrap().is_clean());
    // All that left, orders included, keeps the rules of the wire.
    let (ours, theirs, _root) = two.stores();
    for (store, keys) in [(ours, [first, second]), (theirs, [answer, there])] {
        for key in keys {
            let outbox = store.outbox_of(&key).unwrap();
            assert!(!outbox.is_empty());
            for item in outbox {
                let faults = broken(&store.blob(&item.packet).unwrap());
                assert_eq!(faults, Vec::<String>::new());
            }
        }
    }
}

/// The document goes to one more, whose office is at nobody's desk here.
fn also_to(office: &Office, key: DocumentKey) -> Agency {
    let other = Agency::new(code("000.00.14.H30"), "Sở Thông tin và Truyền thông");
    office.put_agencies(vec![other.clone()]).unwrap();
    let added = IssuedUpdate { add: vec![other.code.clone()], ..IssuedUpdate::default() };
    office.update_issued(key, &added, "Thiếu nơi nhận").unwrap();
    other
}

#[test]
fn a_recall_is_told_after_all_that_brought_its_document() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản thứ nhất");
    a.issue(key).unwrap();
    exchange(a, b);
    // Each is a packet of its own, and the wire has whole seconds.
    for _ in 0..3 {
        a.resend(key, &province(), "Chưa thấy báo đã đến").unwrap();
        exchange(a, b);
    }
    a.recall(key, "Ban hành nhầm").unwrap();
    exchange(a, b);
    let arrived = newest(b);
    assert_eq!(b.inbound_document(arrived).unwrap().state, InboundState::Recalled);
    let (ours, _theirs, _root) = two.stores();
    let mut told = Vec::new();
    for item in ours.outbox_of(&key).unwrap() {
        let bytes = ours.blob(&item.packet).unwrap();
        match packet::read(&bytes, &packet::Limits::default()).unwrap() {
            Packet::Document(packet) => told.push(packet.told_at()),
            Packet::Status(_) => panic!("a document is sent"),
        }
    }
    assert!(told.len() == 5 && told.is_sorted_by(|one, next| one < next), "{told:?}");
}

#[test]
fn what_has_not_left_is_neither_raced_nor_doubled() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let arrived = || b.inbound(&Filter::default(), None, 10).unwrap().len();

    // Sent again while it waits: it leaves once.
    let first = sealed(a, &two.tokens, "Văn bản thứ nhất");
    a.issue(first).unwrap();
    a.resend(first, &province(), "Chưa thấy báo đã đến").unwrap();
    exchange(a, b);
    assert_eq!((arrived(), stage(a, first)), (1, (Stage::Arrived, None)));

    // Recalled before it has left: it never arrives, and nobody is asked.
    let second = sealed(a, &two.tokens, "Văn bản thứ hai");
    a.issue(second).unwrap();
    a.recall(second, "Ban hành nhầm").unwrap();
    exchange(a, b);
    assert_eq!((arrived(), b.demands(10).unwrap().len()), (1, 0));
    let recalled = a.outbound_document(second).unwrap();
    assert_eq!(recalled.state, OutboundState::Recalled);
    assert!(recalled.deliveries[0].recall.is_none() && recalled.deliveries[0].closed.is_some());
    assert_eq!(stage(a, second).1, None);

    // The same from one of two, who may get it after all.
    let third = sealed(a, &two.tokens, "Văn bản thứ ba");
    a.issue(third).unwrap();
    exchange(a, b);
    let other = also_to(a, third);
    let of_other = |office: &Office| {
        let document = office.outbound_document(third).unwrap();
        document.deliveries.into_iter().find(|one| one.recipient == other.code).unwrap()
    };
    let there = std::slice::from_ref(&other.code);
    a.recall_from(third, there, "Nhầm nơi nhận").unwrap();
    assert!(of_other(a).recall.is_none() && of_other(a).closed.is_some());
    let nobody = a.recall_from(third, there, "Nhầm nơi nhận").unwrap_err();
    assert_eq!(nobody.code, "leaving-nothing-changed");
    a.resend(third, there, "Đúng là nơi nhận").unwrap();
    assert!(of_other(a).closed.is_none());

    // Taken off the list before it has left: nothing leaves, nobody is asked.
    let fourth = sealed(a, &two.tokens, "Văn bản thứ tư");
    a.issue(fourth).unwrap();
    also_to(a, fourth);
    let removed = IssuedUpdate { remove: there.to_vec(), ..IssuedUpdate::default() };
    a.update_issued(fourth, &removed, "Nhầm nơi nhận").unwrap();
    let document = a.outbound_document(fourth).unwrap();
    let gone = document.deliveries.iter().find(|one| one.recipient == other.code).unwrap();
    assert!(gone.recall.is_none() && gone.closed.is_some(), "{gone:#?}");
    assert!(document.metadata.recipients.iter().all(|one| one.agency != other.code));
    // Who is followed no more by hand still gets what waits, and so the update, too.
    a.close_delivery(fourth, &province()[0], "Đã gửi tay").unwrap();
    let urgent = IssuedUpdate { urgency: Some(Urgency::Urgent), ..IssuedUpdate::default() };
    a.update_issued(fourth, &urgent, "Ghi thiếu độ khẩn").unwrap();

    assert!(a.audit().unwrap().is_clean() && b.audit().unwrap().is_clean());
    let (ours, _, _root) = two.stores();
    let waits = |key: &DocumentKey| ours.outbox_of(key).unwrap();
    assert_eq!(waits(&first).len(), 1, "{:#?}", waits(&first));
    assert!(waits(&second).is_empty(), "{:#?}", waits(&second));
    let to_other = waits(&third).into_iter().filter(|item| item.recipient == other.code);
    assert_eq!(to_other.filter(|item| !item.order).count(), 1);
    let of_fourth: Vec<_> =
        waits(&fourth).into_iter().map(|item| (item.recipient, item.order)).collect();
    // The document alone, as it is told last.
    assert_eq!(of_fourth, [(province().remove(0), false)]);
}

#[test]
fn what_waits_is_changed_where_it_waits() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản");
    a.issue(key).unwrap();
    let urgent = IssuedUpdate { urgency: Some(Urgency::Urgent), ..IssuedUpdate::default() };
    a.update_issued(key, &urgent, "Ghi thiếu độ khẩn").unwrap();
    // It was there and is told; in its place waits another document, and no update beside it.
    let evidence = a.evidence(key).unwrap();
    let [old, new] = evidence.recipients[0].parcels.as_slice() else { panic!("{evidence:#?}") };
    assert_eq!((&old.state, &new.state), (&ParcelState::Withdrawn, &ParcelState::Waiting));
    assert_eq!((old.carries, new.carries), (Carries::Document, Carries::Document));
    assert_ne!(old.packet, new.packet);
    let notes = IssuedUpdate { notes: Some("Kèm bản giấy".into()), ..IssuedUpdate::default() };
    a.update_issued(key, &notes, "Ghi thiếu ghi chú").unwrap();
    exchange(a, b);

    // One document, which needs no update.
    let arrived = b.inbound(&Filter::default(), None, 10).unwrap();
    assert_eq!((arrived.len(), b.demands(10).unwrap().len()), (1, 0));
    let there = b.inbound_document(newest(b)).unwrap().metadata;
    assert_eq!((there.urgency, there.notes.as_str()), (Urgency::Urgent, "Kèm bản giấy"));
    assert_eq!(stage(a, key), (Stage::Arrived, None));

    // From now on it hears of what changes.
    let due = IssuedUpdate { urgency: Some(Urgency::Express), ..IssuedUpdate::default() };
    a.update_issued(key, &due, "Ghi nhầm độ khẩn").unwrap();
    exchange(a, b);
    assert_eq!(b.demands(10).unwrap().len(), 1);
    assert!(a.audit().unwrap().is_clean() && b.audit().unwrap().is_clean());
}

#[test]
fn a_replacement_that_waits_still_replaces() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let replaced = |subject, by| {
        let old = sealed(a, &two.tokens, subject);
        a.issue(old).unwrap();
        exchange(a, b);
        let there = newest(b);
        b.accept_despite(there, "Đã đối chiếu").unwrap();
        b.register(there).unwrap();
        let fresh = sealed(a, &two.tokens, by);
        let order = IssueOrder { replaces: Some(old), ..IssueOrder::default() };
        a.issue_with(fresh, &order).unwrap();
        (there, old, fresh)
    };
    let kind = |key| b.open_demand(key).unwrap().map(|open| open.kept.demand.kind);
    // Its packet is the order to cancel the old one: an update goes beside it.
    let (old, ours, fresh) = replaced("Văn bản cũ", "Văn bản thay thế");
    let urgent = IssuedUpdate { urgency: Some(Urgency::Urgent), ..IssuedUpdate::default() };
    a.update_issued(fresh, &urgent, "Ghi thiếu độ khẩn").unwrap();
    exchange(a, b);
    assert_eq!(kind(old), Some(DemandKind::Replace));
    assert_eq!(kind(newest(b)), Some(DemandKind::Update));
    let place = format!("thay thế {}", a.outbound_document(ours).unwrap().metadata.code);
    assert!(a.history(fresh).unwrap().iter().any(|entry| entry.text.contains(&place)), "{place}");
    // And so does a recall.
    let (old, _, fresh) = replaced("Văn bản cũ thứ hai", "Văn bản thay thế thứ hai");
    a.recall(fresh, "Thay thế nhầm").unwrap();
    exchange(a, b);
    assert_eq!(kind(old), Some(DemandKind::Replace));
    assert_eq!(a.outbound_document(fresh).unwrap().deliveries[0].closed, None);
    assert!(a.audit().unwrap().is_clean() && b.audit().unwrap().is_clean());
}

#[test]
fn what_is_sent_again_is_neither_overtaken_by_an_update_nor_left_by_a_recall() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let sent_again = |subject| {
        let key = sealed(a, &two.tokens, subject);
        a.issue(key).unwrap();
        exchange(a, b);
        b.return_(newest(b), "Thiếu phụ lục").unwrap();
        exchange(a, b);
        a.resend(key, &province(), "Đã trao đổi").unwrap();
        (key, newest(b))
    };
    let (first, returned) = sent_again("Văn bản thứ nhất");
    let urgent = IssuedUpdate { urgency: Some(Urgency::Urgent), ..IssuedUpdate::default() };
    a.update_issued(first, &urgent, "Ghi thiếu độ khẩn").unwrap();
    exchange(a, b);
    assert_ne!(newest(b), returned);
    let demand = b.open_demand(newest(b)).unwrap().unwrap().kept.demand;
    b.answer_demand(demand.id, true, "").unwrap();
    assert_eq!(b.inbound_document(newest(b)).unwrap().metadata.urgency, Urgency::Urgent);
    // Recalled before it left once more, it does not.
    let (second, returned) = sent_again("Văn bản thứ hai");
    a.recall(second, "Ban hành nhầm").unwrap();
    let delivery = a.outbound_document(second).unwrap().deliveries.remove(0);
    assert!(delivery.send == SendState::Sent && delivery.sent_at.is_some(), "it went before");
    exchange(a, b);
    assert_eq!(newest(b), returned);
    assert_eq!(stage(a, second), (Stage::RecallAgreed, None));
    assert!(a.audit().unwrap().is_clean() && b.audit().unwrap().is_clean());
}

#[test]
fn who_agrees_to_a_recall_with_an_update_unanswered_is_known_to_agree() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản");
    a.issue(key).unwrap();
    exchange(a, b);
    b.accept_despite(newest(b), "Đã đối chiếu").unwrap();
    let urgent = IssuedUpdate { urgency: Some(Urgency::Urgent), ..IssuedUpdate::default() };
    a.update_issued(key, &urgent, "Ghi thiếu độ khẩn").unwrap();
    a.recall(key, "Ban hành nhầm").unwrap();
    exchange(a, b);
    let demands = b.demands(10).unwrap();
    let recall = demands.iter().find(|view| view.kept.demand.kind == DemandKind::Recall).unwrap();
    b.answer_demand(recall.kept.demand.id, true, "").unwrap();
    assert_eq!(b.demands(10).unwrap(), [], "the update is answered with it");
    exchange(a, b);
    assert_eq!(stage(a, key), (Stage::RecallAgreed, None));
    assert!(a.audit().unwrap().is_clean() && b.audit().unwrap().is_clean());
}

#[test]
fn a_replacement_is_no_order_to_whoever_never_had_the_old_document() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let old = sealed(a, &two.tokens, "Văn bản cũ");
    let fresh = sealed(a, &two.tokens, "Văn bản thay thế");
    a.issue(old).unwrap();
    let order = IssueOrder { replaces: Some(old), ..IssueOrder::default() };
    a.issue_with(fresh, &order).unwrap();
    exchange(a, b);
    // The old one never left; the new one is like any other there.
    assert_eq!(b.demands(10).unwrap(), []);
    let arrived = b.inbound(&Filter::default(), None, 10).unwrap();
    let subjects: Vec<_> = arrived.iter().map(|one| one.metadata.subject.as_str()).collect();
    assert_eq!(subjects, ["Văn bản thay thế"]);
    assert_eq!(a.outbound_document(old).unwrap().state, OutboundState::Recalled);
    // And where it waits it is stopped like any.
    let old = sealed(a, &two.tokens, "Văn bản cũ thứ hai");
    let fresh = sealed(a, &two.tokens, "Văn bản thay thế thứ hai");
    a.issue(old).unwrap();
    a.issue_with(fresh, &IssueOrder { replaces: Some(old), ..order }).unwrap();
    a.recall(fresh, "Thay thế nhầm").unwrap();
    exchange(a, b);
    assert_eq!(b.inbound(&Filter::default(), None, 10).unwrap().len(), 1);
    assert!(a.audit().unwrap().is_clean() && b.audit().unwrap().is_clean());
}

#[test]
fn updates_arrive_in_their_order() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản");
    a.issue(key).unwrap();
    exchange(a, b);
    let notes = IssuedUpdate { notes: Some("Kèm bản giấy".into()), ..IssuedUpdate::default() };
    a.update_issued(key, &notes, "Ghi thiếu ghi chú").unwrap();
    // The second is urgent and does not overtake the first, which says that it is not.
    let urgent = IssuedUpdate { urgency: Some(Urgency::Urgent), ..IssuedUpdate::default() };
    a.update_issued(key, &urgent, "Ghi thiếu độ khẩn").unwrap();
    exchange(a, b);
    let mut demands = b.demands(10).unwrap();
    demands.sort_by_key(|view| view.kept.demand.id);
    let told = demands.into_iter().map(|view| {
        let metadata = view.kept.demand.update.unwrap().metadata;
        (metadata.urgency, metadata.notes)
    });
    let notes = "Kèm bản giấy".to_owned();
    assert_eq!(
        told.collect::<Vec<_>>(),
        [(Urgency::Normal, notes.clone()), (Urgency::Urgent, notes)]
    );
}

#[test]
fn an_update_leaves_a_partial_recall_as_it_is() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản");
    a.issue(key).unwrap();
    exchange(a, b);
    also_to(a, key);
    a.recall_from(key, &province(), "Nhầm nơi nhận").unwrap();
    assert_eq!(stage(a, key).0, Stage::RecallAsked);
    let urgent = IssuedUpdate { urgency: Some(Urgency::Urgent), ..IssuedUpdate::default() };
    a.update_issued(key, &urgent, "Ghi thiếu độ khẩn").unwrap();
    assert_eq!(stage(a, key).0, Stage::RecallAsked, "the update has undone the recall");
    // Whoever is wanted again is named.
    let again = IssuedUpdate { add: province(), ..IssuedUpdate::default() };
    a.update_issued(key, &again, "Đúng là nơi nhận").unwrap();
    assert_eq!(stage(a, key).0, Stage::Waiting);
    assert!(a.audit().unwrap().is_clean());
}
