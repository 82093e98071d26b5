//! The ways of documents through the store, and what it refuses.

use std::thread;

use jiff::{Timestamp, ToSpan};
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::book::BookId;
use vanthu::domain::delivery::{SendState, StatusCode, StatusEntry};
use vanthu::domain::document::DocumentKey;
use vanthu::domain::inbound::{Assignment, InboundState, Registration};
use vanthu::domain::operation::{Change, OutboxKind};
use vanthu::domain::outbound::{OutboundState, SignatureKind};
use vanthu::domain::role::Role;
use vanthu::store::{
    Actor, BookEntry, Found, InboundFilter, OutboundFilter, PacketState, Store, StoreError,
};

use crate::fixture::*;

fn inbound_count(store: &Store, state: InboundState) -> u64 {
    store.counts().unwrap().inbound.iter().find(|(s, _)| *s == state).unwrap().1
}

#[test]
fn an_inbound_document_goes_its_way() {
    let (_dir, store) = created();
    let key = arrived(&store, "Về việc phòng chống dịch");
    append(&store, accept(key)).unwrap();
    let number = store.write(&clerk(), move |writer| register(writer, key)).unwrap();
    assert_eq!(number, 1);
    let assignment = Assignment {
        user: "an".to_owned(),
        direction: "Xử lý gấp".to_owned(),
        ..Assignment::default()
    };
    let again = Assignment { user: "tư".to_owned(), ..assignment.clone() };
    append(&store, Change::InboundAssigned { key, assignment }).unwrap();
    append(&store, Change::InboundAssigned { key, assignment: again.clone() }).unwrap();
    let finish =
        |from, to| Change::InboundMoved { key, from, to, reason: "Đã trả lời".to_owned() };
    append(&store, finish(InboundState::Assigned, InboundState::Completed)).unwrap();

    let document = store.inbound(&key).unwrap().unwrap();
    assert_eq!(document.state, InboundState::Completed);
    assert_eq!(document.registration.unwrap().arrival_number, 1);
    assert_eq!(document.assignment, Some(again));
    assert_eq!(document.reason, "Đã trả lời");
    assert_eq!(inbound_count(&store, InboundState::Completed), 1);
    assert_eq!(inbound_count(&store, InboundState::Arrived), 0);

    let history = store.history(&key).unwrap();
    assert_eq!(history.len(), 6);
    assert!(history.is_sorted_by(|a, b| a.time < b.time && a.sequence < b.sequence));
    assert!(history.iter().all(|operation| operation.user == USER));
    assert!(matches!(history[0].change, Change::InboundArrived { .. }));
    assert_sound(&store);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let (_dir, store) = created();
    let key = arrived(&store, "Một lần");
    append(&store, accept(key)).unwrap();
    let before = store.audit().unwrap().operations;
    let refused = |change| append(&store, change).unwrap_err();
    let conflict = |change| assert!(matches!(refused(change), StoreError::Conflict(_)));
    // Somebody else was faster.
    conflict(accept(key));
    conflict(arrival(key, "Lần nữa", ""));
    // Steps that the regulation does not know, or that have a deed of their own.
    let moved = |from, to| Change::InboundMoved { key, from, to, reason: String::new() };
    conflict(moved(InboundState::Accepted, InboundState::Completed));
    conflict(moved(InboundState::Accepted, InboundState::Registered));
    let stranger = DocumentKey::fresh();
    assert!(matches!(refused(accept(stranger)), StoreError::NotFound(_)));
    // Numbers out of order.
    let registration = |arrival_number| Change::InboundRegistered {
        key,
        registration: Registration {
            book: BookId::inbound(YEAR),
            arrival_number,
            arrival_date: jiff::civil::date(YEAR, 1, 2),
        },
    };
    assert!(matches!(refused(registration(2)), StoreError::NumberGap { next: 1, .. }));
    assert!(matches!(refused(registration(0)), StoreError::NumberTaken { .. }));
    append(&store, registration(1)).unwrap();
    let other = arrived(&store, "Văn bản khác");
    append(&store, accept(other)).unwrap();
    let taken = Change::InboundRegistered {
        key: other,
        registration: store.inbound(&key).unwrap().unwrap().registration.unwrap(),
    };
    assert!(matches!(refused(taken), StoreError::NumberTaken { number: 1, .. }));
    assert_eq!(store.audit().unwrap().operations, before + 3);
    assert_sound(&store);
}

#[test]
fn an_outbound_document_goes_its_way() {
    let (_dir, store) = created();
    let key = drafted(&store, "Về việc khen thưởng");
    append(&store, to_sign(key)).unwrap();
    let numbering = store.write(&clerk(), move |writer| sign(writer, key)).unwrap();
    assert_eq!(numbering.number, 1);
    let seal = move |writer: &mut vanthu::store::Writer<'_>| {
        writer.append(signature(writer, key, SignatureKind::Organisation)?)
    };
    store.write(&clerk(), seal).unwrap();
    let again = store.write(&clerk(), seal);
    assert!(matches!(again, Err(StoreError::Conflict(_))));

    let recipients = [agency("000.00.00.H30"), agency("000.00.05.H30")];
    let packet = store.put_blob(b"<edXML/>").unwrap();
    let to = recipients.clone();
    store
        .write(&clerk(), move |writer| {
            writer.append(Change::OutboundIssued {
                key,
                issued_at: Timestamp::now(),
                recipients: to.to_vec(),
                scan: None,
                replaces: None,
            })?;
            for recipient in to {
                let queued = Change::OutboxQueued {
                    item: format!("{key}-{recipient}"),
                    what: OutboxKind::Document,
                    document: key,
                    recipient,
                    packet: packet.clone(),
                    urgent: false,
                    order: false,
                };
                writer.append(queued.clone())?;
                writer.append(queued)?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let now = Timestamp::now();
    let due = store.outbox_due(now, u64::MAX, 10).unwrap();
    assert_eq!(due.len(), 2, "queued twice is queued once");
    assert_eq!(store.counts().unwrap().outbox_waiting, 2);

    // One is put off, one is sent, then the first is parked and released.
    store.put_off(std::slice::from_ref(&due[0].item), &(now + 1.minute()), "máy chủ bận").unwrap();
    assert_eq!(store.outbox_due(now, u64::MAX, 10).unwrap(), due[1..]);
    let later = store.outbox_due(now + 2.minutes(), u64::MAX, 10).unwrap();
    assert_eq!((later.len(), later[0].tries, later[0].last_reason.as_str()), (2, 1, "máy chủ bận"));
    let sent = |id: &str| Change::OutboxSent {
        item: due[1].item.clone(),
        server_id: id.to_owned(),
        sent_at: now,
        receipt: None,
    };
    append(&store, sent("s-1")).unwrap();
    append(&store, sent("s-1")).unwrap();
    assert!(matches!(append(&store, sent("s-2")), Err(StoreError::Conflict(_))));
    let item = due[0].item.clone();
    let wedged = Change::OutboxWedged {
        item: item.clone(),
        code: "exchange-unknown-recipient".to_owned(),
        detail: "404".to_owned(),
    };
    append(&store, wedged).unwrap();
    let counts = store.counts().unwrap();
    assert_eq!((counts.outbox_waiting, counts.outbox_wedged), (0, 1));
    assert_eq!(store.outbox_wedged(5).unwrap()[0].detail, "404");
    let document = store.outbound(&key).unwrap().unwrap();
    let sends: Vec<SendState> = document.deliveries.iter().map(|d| d.send).collect();
    assert_eq!(sends, [SendState::Wedged, SendState::Sent]);
    append(&store, Change::OutboxReleased { item }).unwrap();

    // Statuses come back; the same one twice counts once.
    let entry = |code| StatusEntry { code, at: now, description: "Đã đến".to_owned() };
    let status =
        |code| Change::StatusReceived { key, recipient: recipients[1].clone(), entry: entry(code) };
    append(&store, status(StatusCode::Arrived)).unwrap();
    append(&store, status(StatusCode::Arrived)).unwrap();
    append(&store, status(StatusCode::Accepted)).unwrap();
    let stranger =
        Change::StatusReceived { key, recipient: agency("H01"), entry: entry(StatusCode::Arrived) };
    assert!(matches!(append(&store, stranger), Err(StoreError::Conflict(_))));

    let document = store.outbound(&key).unwrap().unwrap();
    assert_eq!(document.state, OutboundState::Issued);
    assert_eq!(document.numbering, Some(numbering));
    assert_eq!(document.drafted_by, USER);
    assert_eq!(document.deliveries[0].name, "UBND tỉnh Hậu Giang");
    assert_eq!(document.deliveries[0].send, SendState::Waiting);
    assert_eq!(document.deliveries[1].statuses.len(), 2);
    assert_eq!(document.deliveries[1].statuses.last().unwrap().code, StatusCode::Accepted);
    let file = store.blob(&document.files[0].blob).unwrap();
    assert_eq!(file, format!("Organisation {key}").into_bytes());
    // Sending and parking are part of the document's history.
    let history = store.history(&key).unwrap();
    assert!(history.iter().any(|o| matches!(o.change, Change::OutboxWedged { .. })));
    assert_sound(&store);
}

#[test]
fn nothing_is_sealed_or_edited_out_of_turn() {
    let (_dir, store) = created();
    let key = drafted(&store, "Chưa ký");
    let sign_as = |kind| store.write(&clerk(), move |w| w.append(signature(w, key, kind)?));
    assert!(matches!(sign_as(SignatureKind::Organisation), Err(StoreError::Conflict(_))));
    append(&store, to_sign(key)).unwrap();
    // Signed without a number: the clerk cannot seal it.
    sign_as(SignatureKind::Personal).unwrap();
    assert!(matches!(sign_as(SignatureKind::Organisation), Err(StoreError::Conflict(_))));
    let edited = Change::OutboundEdited {
        key,
        metadata: metadata("Sửa sau khi ký"),
        files: Vec::new(),
        text: String::new(),
        source: None,
        accepted_differences: None,
        why: String::new(),
    };
    assert!(matches!(append(&store, edited), Err(StoreError::Conflict(_))));
    assert_sound(&store);
}

#[test]
fn a_failed_or_panicking_write_never_happened() {
    let (_dir, store) = created();
    let key = DocumentKey::fresh();
    let failed: Result<(), StoreError> = store.write(&clerk(), move |writer| {
        writer.append(arrival(key, "Không còn", ""))?;
        Err(StoreError::Conflict("đổi ý".to_owned()))
    });
    assert_eq!(failed, Err(StoreError::Conflict("đổi ý".to_owned())));
    let panicked: Result<(), StoreError> = store.write(&clerk(), move |writer| {
        writer.append(arrival(key, "Không còn", ""))?;
        panic!("on purpose")
    });
    assert!(matches!(panicked, Err(StoreError::Internal(_))));
    assert_eq!(store.inbound(&key).unwrap(), None);
    assert_eq!(store.audit().unwrap().operations, 0);
    // A refused change inside a transaction that goes on leaves no trace either.
    store
        .write(&clerk(), move |writer| {
            assert!(writer.append(accept(key)).is_err());
            writer.append(arrival(key, "Còn", ""))
        })
        .unwrap();
    assert_eq!(store.history(&key).unwrap().len(), 1);
    // A write inside a write is refused rather than waiting for itself.
    let inner = store.clone();
    let nested = store.write(&clerk(), move |_| append(&inner, accept(key)));
    assert!(matches!(nested, Err(StoreError::Internal(_))));
    assert_sound(&store);
}

#[test]
fn numbers_from_many_threads_are_unique_and_gapless() {
    let (_dir, store) = created();
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            thread::spawn(move || {
                (0..10)
                    .map(|_| arrive_and_register(&store, "Song song").unwrap())
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let mut numbers: Vec<u32> =
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=80).collect::<Vec<_>>());
    assert_sound(&store);
}

#[test]
fn a_number_given_up_is_neither_taken_again_nor_forgotten() {
    let (_dir, store) = created();
    let book = BookId::outbound(YEAR, "");
    let key = drafted(&store, "Bỏ");
    append(&store, to_sign(key)).unwrap();
    store.write(&clerk(), move |writer| sign(writer, key)).unwrap();
    let give_up = |number| Change::NumberGivenUp {
        book: BookId::outbound(YEAR, ""),
        number,
        reason: "Ký nhầm".to_owned(),
    };
    append(&store, give_up(1)).unwrap();
    append(&store, give_up(2)).unwrap();
    assert!(matches!(append(&store, give_up(2)), Err(StoreError::NumberTaken { .. })));
    assert!(matches!(append(&store, give_up(9)), Err(StoreError::NumberGap { .. })));
    assert_eq!(store.next_number(&book).unwrap(), 3);
    let rows = store.book(&book, 0, 10).unwrap();
    assert_eq!(rows.len(), 2);
    assert!(matches!(&rows[0].document, Some(BookEntry::Outbound(d)) if d.key == key));
    assert_eq!(rows[0].given_up.as_deref(), Some("Ký nhầm"));
    assert_eq!((rows[1].date, &rows[1].document), (None, &None));
    assert!(store.book(&book, 2, 10).unwrap().is_empty());
    // Another series and another year begin at one.
    assert_eq!(store.next_number(&BookId::outbound(YEAR, "QPPL")).unwrap(), 1);
    assert_eq!(store.next_number(&BookId::outbound(YEAR + 1, "")).unwrap(), 1);
    assert_sound(&store);
}

#[test]
fn pages_follow_each_other_newest_first() {
    let (_dir, store) = created();
    let keys: Vec<DocumentKey> =
        (0..25).map(|i| arrived(&store, &format!("Văn bản {i}"))).collect();
    for key in keys.iter().step_by(2) {
        append(&store, accept(*key)).unwrap();
    }
    for (state, expected) in [
        (None, keys.iter().rev().copied().collect::<Vec<_>>()),
        (Some(InboundState::Accepted), keys.iter().step_by(2).rev().copied().collect()),
    ] {
        for words in ["", "van ban"] {
            let filter = InboundFilter { state, words: words.to_owned() };
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = store.inbound_page(&filter, after, 4).unwrap();
                let Some(last) = page.last() else { break };
                after = Some(last.key);
                seen.extend(page.iter().map(|document| document.key));
            }
            assert_eq!(seen, expected, "{filter:?}");
        }
    }
    let stranger = store.inbound_page(&InboundFilter::default(), Some(DocumentKey::fresh()), 4);
    assert!(matches!(stranger, Err(StoreError::NotFound(_))));
}

#[test]
fn search_finds_words_with_and_without_diacritics() {
    let (_dir, store) = created();
    let key = DocumentKey::fresh();
    append(&store, arrival(key, "Về việc điều động cán bộ xã", "toàn văn: nghỉ phép năm")).unwrap();
    arrived(&store, "Về việc khác");
    let outbound = drafted(&store, "Quyết định khen thưởng");
    let found = |words: &str| {
        store
            .inbound_page(&InboundFilter { state: None, words: words.to_owned() }, None, 10)
            .unwrap()
            .iter()
            .map(|d| d.key)
            .collect::<Vec<_>>()
    };
    for words in
        ["điều động", "dieu dong", "ĐIỀU ĐỘ", "xã cán bộ", "nghi phep", "hau giang dieu dong"]
    {
        assert_eq!(found(words), [key], "{words}");
    }
    for words in ["điều động không có", "-", "\"", "NEAR(", "a OR b"] {
        assert!(found(words).is_empty(), "{words}");
    }
    assert_eq!(found("  ").len(), 2);
    // An edited draft is found by its new words only, a numbered one by its code.
    let edited = Change::OutboundEdited {
        key: outbound,
        metadata: metadata("Quyết định kỷ luật"),
        files: Vec::new(),
        text: "Điều 1. Thi hành".to_owned(),
        source: None,
        accepted_differences: None,
        why: "Sửa tên loại".to_owned(),
    };
    append(&store, edited).unwrap();
    append(&store, to_sign(outbound)).unwrap();
    store.write(&clerk(), move |writer| sign(writer, outbound)).unwrap();
    let found = |words: &str| {
        let filter = OutboundFilter { state: None, words: words.to_owned() };
        store.outbound_page(&filter, None, 10).unwrap().len()
    };
    assert_eq!(found("khen thưởng"), 0);
    assert_eq!(found("kỷ luật"), 1);
    assert_eq!(found("01/QĐ-UBND"), 1);
    assert_eq!(found("thi hanh"), 1);
    assert!(matches!(store.search("ky luat", 5).unwrap().as_slice(), [Found::Outbound(_)]));
    assert_sound(&store);
}

#[test]
fn a_status_finds_its_document() {
    let (_dir, store) = created();
    let key = drafted(&store, "Gửi đi");
    append(&store, to_sign(key)).unwrap();
    store.write(&clerk(), move |writer| sign(writer, key)).unwrap();
    let document = store.outbound(&key).unwrap().unwrap();
    let id = document.metadata.document_id.clone().unwrap();
    assert_eq!(store.find_outbound_by_document_id(&id).unwrap().unwrap().key, key);
    let us = ours().code;
    let day = document.metadata.issued;
    let find = |agency: Option<&AgencyCode>, code: &str, date, id: &str| {
        store.find_outbound_by_status_reference(agency, code, date, id).unwrap().map(|d| d.key)
    };
    assert_eq!(find(None, "", None, &id.to_string()), Some(key));
    assert_eq!(find(Some(&us), "1/QĐ-UBND", day, ""), Some(key));
    assert_eq!(find(Some(&us), "01/qđ-ubnd", None, "unknown"), Some(key));
    assert_eq!(find(Some(&agency("H01")), "01/QĐ-UBND", day, ""), None);
    assert_eq!(find(Some(&us), "02/QĐ-UBND", day, ""), None);
    assert_eq!(find(Some(&us), "01/QĐ-UBND", Some(jiff::civil::date(2020, 1, 1)), ""), None);
}

#[test]
fn an_inbound_document_is_found_by_its_id() {
    let (_dir, store) = created();
    let id = vanthu::domain::document::DocumentId::parse("000.00.00.H30,2026,7").unwrap();
    let key = DocumentKey::fresh();
    let mut change = arrival(key, "Có mã", "");
    if let Change::InboundArrived { metadata, .. } = &mut change {
        metadata.document_id = Some(id.clone());
    }
    let (sender, stranger) = (agency("000.00.00.H30"), agency("000.09.09.H30"));
    let find = |sender| store.find_inbound_by_document_id(&id, sender).unwrap();
    assert!(find(Some(&sender)).is_none());
    append(&store, change).unwrap();
    assert_eq!(find(Some(&sender)).unwrap().key, key);
    // Another agency's document of the same id is another document.
    assert!(find(Some(&stranger)).is_none());
    assert!(find(None).is_none());
}

#[test]
fn packets_are_kept_taken_or_put_into_quarantine() {
    let (_dir, store) = created();
    let (good, bad) = (store.put_blob(b"good").unwrap(), store.put_blob(b"bad").unwrap());
    let kept = |packet: &vanthu::domain::document::BlobHash| Change::PacketKept {
        packet: packet.clone(),
        size: 4,
        origin: "trục".to_owned(),
        server_id: "7".to_owned(),
    };
    let (one, two) = (kept(&good), kept(&bad));
    let fetched = good.clone();
    store
        .write(&Actor::program(), move |writer| {
            writer.append(one)?;
            writer.append(two)?;
            writer.remember_fetched("truc", "7", &fetched)?;
            writer.set_cursor("truc", "c-2")
        })
        .unwrap();
    assert!(store.has_packet(&good).unwrap());
    assert_eq!(store.fetched("truc", "7").unwrap().as_ref(), Some(&good));
    assert_eq!(store.fetched("truc", "8").unwrap(), None);
    assert_eq!(store.cursor("truc").unwrap().as_deref(), Some("c-2"));
    assert_eq!(store.packets_to_take(10).unwrap().len(), 2);
    let taken = Change::PacketTaken { packet: good.clone(), outcome: "inbound".to_owned() };
    append(&store, taken.clone()).unwrap();
    assert!(matches!(append(&store, taken), Err(StoreError::Conflict(_))));
    let quarantined = |packet: &vanthu::domain::document::BlobHash| Change::PacketQuarantined {
        packet: packet.clone(),
        code: "packet-bomb".to_owned(),
        detail: "entity".to_owned(),
    };
    append(&store, quarantined(&bad)).unwrap();
    assert!(matches!(append(&store, quarantined(&good)), Err(StoreError::Conflict(_))));
    // Received again, it stays what it is.
    append(&store, kept(&good)).unwrap();
    assert_eq!(store.packet(&good).unwrap().unwrap().state, PacketState::Taken);
    assert_eq!(store.quarantine(10).unwrap()[0].code, "packet-bomb");
    let counts = store.counts().unwrap();
    assert_eq!((counts.packets_to_take, counts.quarantined), (0, 1));
    assert_sound(&store);
}

#[test]
fn people_and_agencies_are_kept_with_their_past() {
    let (_dir, store) = created();
    assert_eq!(store.office().unwrap(), None);
    let opened = || Change::OfficeOpened { agency: ours(), profile: "hau-giang-2019".to_owned() };
    append(&store, opened()).unwrap();
    assert!(matches!(append(&store, opened()), Err(StoreError::Conflict(_))));
    append(&store, Change::ProfileChosen { profile: "current".to_owned() }).unwrap();
    assert_eq!(store.office().unwrap(), Some((ours(), "current".to_owned())));

    let added = || Change::UserAdded {
        user: USER.to_owned(),
        display_name: "Trần Thị Bé".to_owned(),
        roles: vec![Role::Clerk],
    };
    append(&store, added()).unwrap();
    assert!(matches!(append(&store, added()), Err(StoreError::Conflict(_))));
    let roles = vec![Role::Clerk, Role::Administrator];
    append(&store, Change::UserRolesSet { user: USER.to_owned(), roles: roles.clone() }).unwrap();
    append(&store, Change::UserDisabled { user: USER.to_owned() }).unwrap();
    let user = store.user(USER).unwrap().unwrap();
    assert_eq!((user.roles.clone(), user.disabled), (roles, true));
    assert_eq!(store.users().unwrap(), [user]);
    assert_eq!(store.user("ai").unwrap(), None);

    // An agency under a new code answers to the old one.
    let mut province = Agency::new(agency("H30"), "Ủy ban nhân dân tỉnh Hậu Giang");
    append(&store, Change::AgencyPut { agency: province.clone() }).unwrap();
    province.name = "Ủy ban nhân dân thành phố Cần Thơ".to_owned();
    province.other_codes = vec![agency("000.00.00.H30")];
    append(&store, Change::AgencyPut { agency: province.clone() }).unwrap();
    assert_eq!(store.agency(&agency("000.00.00.H30")).unwrap().as_ref(), Some(&province));
    assert_eq!(store.agency(&agency("H31")).unwrap(), None);
    let names: Vec<String> =
        store.agency_versions(&agency("H30")).unwrap().into_iter().map(|a| a.name).collect();
    assert_eq!(names, ["Ủy ban nhân dân tỉnh Hậu Giang", "Ủy ban nhân dân thành phố Cần Thơ"]);
    assert_eq!(store.agencies("can tho", 10).unwrap(), [province.clone()]);
    assert_eq!(store.agencies("hau giang", 10).unwrap(), []);
    assert_eq!(store.agencies("", 1).unwrap(), [ours()]);
    assert_sound(&store);
}

#[test]
fn accesses_are_counted() {
    let (_dir, store) = created();
    let key = arrived(&store, "Xem nhiều");
    store.log_access(USER, &key, "view").unwrap();
    store.log_access("an", &key, "print").unwrap();
    assert_eq!(store.access_count(&key).unwrap(), 2);
    let last = store.accesses(&key, 1).unwrap().pop().unwrap();
    assert_eq!((last.user.as_str(), last.what.as_str()), ("an", "print"));
    assert_eq!(store.setting("theme").unwrap(), None);
    store.set_setting("theme", "dark").unwrap();
    store.set_setting("theme", "light").unwrap();
    assert_eq!(store.setting("theme").unwrap().as_deref(), Some("light"));
}
