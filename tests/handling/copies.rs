//! Several copies of one document: it went back or is cancelled, and is sent again.

use jiff::{SignedDuration, Timestamp};
use vanthu::domain::demand::{DemandKind, DemandState};
use vanthu::domain::document::{DocumentKey, Metadata};
use vanthu::domain::inbound::InboundState;
use vanthu::office::Imported;
use vanthu::packet::{self, Attachment, Kind, Packet};

use crate::demands::{answers, answers_about, demands, state};
use crate::world::*;

/// A document of which two updates are wanted, and which went back.
fn returned_with_updates(world: &World) -> DocumentKey {
    let key = world.arrives(new(PROVINCE, 1));
    for notes in ["Lần một", "Lần hai"] {
        let changed = Metadata { notes: notes.to_owned(), ..metadata(PROVINCE, 1) };
        world.takes(update(PROVINCE, &changed));
    }
    world.office().return_(key, "Thiếu phụ lục").unwrap();
    assert_eq!(demands(world.office(), key), [(DemandKind::Update, DemandState::Open); 2]);
    key
}

#[test]
fn what_is_asked_about_a_returned_copy_is_answered_before_the_next_is_received() {
    let again = Metadata { subject: "Gửi lại".to_owned(), ..metadata(PROVINCE, 1) };
    for by_hand in [false, true] {
        let world = World::new();
        let first = returned_with_updates(&world);
        // Sent again with its annexes, and asked back at once; at times brought by hand as well.
        let second = if by_hand {
            let file = own_pdf("gửi lại");
            let brought = world.office().import("gui-lai.pdf", file.clone()).unwrap();
            let Imported::Document(key) = brought else { panic!("{brought:?}") };
            let files = vec![Attachment::new("quyetdinh.pdf", "chính", file)];
            let packet = packet_at(PROVINCE, &again, Kind::New, "", files, Timestamp::now());
            assert_eq!(world.takes(packet), Imported::Joined(key));
            key
        } else {
            world.arrives(packet_of(PROVINCE, &again, Kind::New, "", true))
        };
        assert_eq!(demands(world.office(), first), [(DemandKind::Update, DemandState::Refused); 2]);
        world.takes(recall(PROVINCE, PROVINCE, 1));
        assert_eq!(state(world.office(), second), InboundState::Recalled);
        assert!(world.office().demands(10).unwrap().is_empty(), "nothing is said after that");
        let (_dir, store) = world.store();
        // Whoever goes by the times reads that it is cancelled.
        assert_eq!(answers_about(&store, &[first, second]), ["16", "16", "15"], "{by_hand}");
        assert!(store.rebuild_and_compare().unwrap().is_clean());
    }
}

#[test]
fn a_returned_copy_is_replaced_under_its_own_id_whatever_else_was_asked() {
    let world = World::new();
    let first = returned_with_updates(&world);
    let documents = vec![packet::Replacement {
        document_id: id(PROVINCE, 1).to_string(),
        receivers: Vec::new(),
    }];
    let changed = Metadata { subject: "Thay thế".to_owned(), ..metadata(PROVINCE, 1) };
    let kind = Kind::Replace { documents };
    let second = world.arrives(packet_of(PROVINCE, &changed, kind, "Thay thế", true));
    assert_eq!(state(world.office(), second), InboundState::Arrived);
    let answered = demands(world.office(), first);
    assert_eq!(answered[2], (DemandKind::Replace, DemandState::Agreed), "{answered:?}");
    assert!(world.office().demands(10).unwrap().is_empty());
    let (_dir, store) = world.store();
    assert_eq!(answers_about(&store, &[first]), ["16", "16", "15"]);
}

/// The document 1 sent so many seconds from now, in words of its own.
fn copy_after(seconds: i64) -> Vec<u8> {
    let at = Timestamp::now() + SignedDuration::from_secs(seconds);
    let files = vec![Attachment::new("quyetdinh.pdf", "chính", own_pdf(&seconds.to_string()))];
    packet_at(PROVINCE, &metadata(PROVINCE, 1), Kind::New, "", files, at)
}

#[test]
fn a_copy_that_a_recall_has_overtaken_is_asked_about_once_more() {
    for returned in [true, false] {
        let world = World::new();
        let first = match returned {
            true => returned_with_updates(&world),
            false => world.arrives(new(PROVINCE, 1)),
        };
        // The copy is larger than what the line fetches at once; the recall is not.
        let (before, after) = (copy_after(-60), copy_after(60));
        world.takes(recall(PROVINCE, PROVINCE, 1));
        let recalled = (DemandKind::Recall, DemandState::Agreed);
        assert_eq!(demands(world.office(), first).last(), Some(&recalled));
        let second = world.arrives(before);
        // Its sender was told that nothing is left of it.
        let open = world.office().open_demand(second).unwrap().unwrap().kept.demand;
        assert_eq!(open.kind, DemandKind::Recall);
        assert_eq!(world.accept(second).unwrap_err().code, "office-demand-open");
        let changed = Metadata { notes: "Đính chính".to_owned(), ..metadata(PROVINCE, 1) };
        world.takes(update(PROVINCE, &changed));
        world.office().answer_demand(open.id, true, "").unwrap();
        assert_eq!(state(world.office(), second), InboundState::Recalled);
        // Whoever sends it once more after that wants it to be here.
        let third = world.arrives(after);
        assert_eq!(state(world.office(), third), InboundState::Arrived);
        assert!(world.office().demands(10).unwrap().is_empty());
        let (_dir, store) = world.store();
        assert_eq!(answers_about(&store, &[first, second]).last(), Some(&"15"), "{returned}");
        assert!(store.rebuild_and_compare().unwrap().is_clean());
    }
}

#[test]
fn somebody_elses_demand_does_not_keep_the_last_word_from_the_sender() {
    let world = World::new();
    let first = returned_with_updates(&world);
    world.takes(recall(PROVINCE, PROVINCE, 1));
    world.takes(recall(STRANGER, PROVINCE, 1));
    world.arrives(copy_after(60));
    let (_dir, store) = world.store();
    // Recall, somebody else's, the two updates, and the recall once more.
    assert_eq!(answers_about(&store, &[first]), ["15", "16", "16", "16", "15"]);
}

#[test]
fn a_copy_sent_after_it_was_asked_back_is_cancelled_only_by_a_person() {
    for waits in [true, false] {
        let world = World::new();
        let later = copy_after(60);
        let recall = recall(PROVINCE, PROVINCE, 1);
        let key = match waits {
            true => {
                world.takes(recall);
                world.arrives(later)
            }
            false => {
                let key = world.arrives(later);
                world.takes(recall);
                key
            }
        };
        assert_eq!(state(world.office(), key), InboundState::Arrived);
        assert_eq!(demands(world.office(), key), [(DemandKind::Recall, DemandState::Open)]);
    }
}

#[test]
fn what_was_agreed_to_before_a_later_copy_came_is_asked_again() {
    let world = World::new();
    let later = copy_after(60);
    let changed = Metadata { notes: "Đính chính".to_owned(), ..metadata(PROVINCE, 1) };
    world.takes(update(PROVINCE, &changed));
    let waiting = world.office().demands(10).unwrap().remove(0).kept.demand.id;
    world.office().answer_demand(waiting, true, "").unwrap();
    let key = world.arrives(later);
    assert_eq!(world.office().inbound_document(key).unwrap().metadata.notes, "");
    let states = [DemandState::Agreed, DemandState::Open].map(|state| (DemandKind::Update, state));
    assert_eq!(demands(world.office(), key), states);
    let open = world.office().open_demand(key).unwrap().unwrap().kept.demand.id;
    world.office().answer_demand(open, true, "").unwrap();
    assert_eq!(world.office().inbound_document(key).unwrap().metadata.notes, "Đính chính");
    assert_eq!(answers(world, key), ["15", "15"]);
}

#[test]
fn what_came_again_after_its_recall_is_cancelled_only_by_a_person() {
    let world = World::new();
    let files = || vec![Attachment::new("quyetdinh.pdf", "chính", own_pdf("một bản"))];
    let sent = |seconds| {
        let at = Timestamp::now() + SignedDuration::from_secs(seconds);
        packet_at(PROVINCE, &metadata(PROVINCE, 1), Kind::New, "", files(), at)
    };
    let key = world.arrives(sent(-60));
    // Put on the list again before its recall was fetched, it is the same copy.
    assert_eq!(world.takes(sent(60)), Imported::Duplicate(key));
    world.takes(recall(PROVINCE, PROVINCE, 1));
    assert_eq!(state(world.office(), key), InboundState::Arrived);
    assert_eq!(demands(world.office(), key), [(DemandKind::Recall, DemandState::Open)]);
}

#[test]
fn what_is_asked_about_a_copy_that_is_gone_is_answered_before_another_is_cancelled() {
    let world = World::new();
    let first = world.registered(1);
    world.takes(recall(PROVINCE, PROVINCE, 1));
    let asked = world.office().open_demand(first).unwrap().unwrap().kept.demand.id;
    // Other words under the same code stand beside it, and go back.
    let second = world.arrives(copy_after(60));
    world.office().return_(second, "Trùng số ký hiệu").unwrap();
    let changed = Metadata { notes: "Đính chính".to_owned(), ..metadata(PROVINCE, 1) };
    world.takes(update(PROVINCE, &changed));
    assert_eq!(demands(world.office(), second), [(DemandKind::Update, DemandState::Open)]);
    world.office().answer_demand(asked, true, "").unwrap();
    assert_eq!(demands(world.office(), second), [(DemandKind::Update, DemandState::Refused)]);
    let (_dir, store) = world.store();
    assert_eq!(answers_about(&store, &[first, second]), ["16", "15"]);
}

#[test]
fn an_update_that_renames_a_document_does_not_hide_that_it_is_asked_back() {
    let world = World::new();
    let key = world.registered(1);
    let changed = Metadata { notes: "Đính chính".to_owned(), ..metadata(PROVINCE, 1) };
    world.takes(update(PROVINCE, &changed));
    let waits = world.office().open_demand(key).unwrap().unwrap().kept.demand.id;
    let renamed = Metadata { document_id: Some(id(PROVINCE, 2)), ..changed };
    let limits = packet::Limits::default();
    let Packet::Document(mut update) = packet::read(&update(PROVINCE, &renamed), &limits).unwrap()
    else {
        panic!("an update is a document")
    };
    update.business.document_id = id(PROVINCE, 1).to_string();
    world.takes(packet::write(&Packet::Document(update)).unwrap());
    let second = world.office().handling(key).unwrap().demands[1].demand.id;
    world.office().answer_demand(second, true, "").unwrap();
    world.takes(recall(PROVINCE, PROVINCE, 2));
    let answered = world.office().answer_demand(waits, true, "").unwrap_err();
    assert_eq!(answered.code, "office-recall-first");
}

#[test]
fn what_others_send_under_its_id_does_not_hide_a_document_from_its_sender() {
    let world = World::new();
    let key = world.arrives(new(PROVINCE, 1));
    for number in 0..21 {
        let words = own_pdf(&format!("giả {number}"));
        let files = vec![Attachment::new("gia.pdf", "chính", words)];
        let at = Timestamp::now();
        world.arrives(packet_at(STRANGER, &metadata(PROVINCE, 1), Kind::New, "", files, at));
    }
    world.takes(recall(PROVINCE, PROVINCE, 1));
    assert_eq!(state(world.office(), key), InboundState::Recalled);
}

#[test]
fn what_replaces_another_says_so_also_where_it_was_sent_again_before_it_came() {
    let world = World::new();
    let old = world.registered(1);
    let fresh = world.arrives(new(PROVINCE, 2));
    // The same as new came first: its sender had not heard that it arrived.
    for _ in 0..2 {
        assert_eq!(world.takes(replace(PROVINCE, 2, 1)), Imported::Duplicate(fresh));
        assert_eq!(demands(world.office(), old), [(DemandKind::Replace, DemandState::Open)]);
    }
    let asked = world.office().open_demand(old).unwrap().unwrap().kept.demand;
    assert_eq!(asked.replacement, Some(fresh));
    world.office().answer_demand(asked.id, true, "").unwrap();
    assert_eq!(state(world.office(), old), InboundState::Recalled);
    assert_eq!(state(world.office(), fresh), InboundState::Arrived);
    let (_dir, store) = world.store();
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}
