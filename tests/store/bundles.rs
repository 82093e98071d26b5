//! What goes up as one parcel, and that it stays so.

use jiff::{Timestamp, ToSpan};
use tempfile::TempDir;
use vanthu::domain::bundle::Bundle;
use vanthu::domain::document::{BlobHash, DocumentKey};
use vanthu::domain::operation::{Change, OutboxKind};
use vanthu::store::{Store, StoreError};

use crate::fixture::*;

const TO: [&str; 3] = ["000.00.00.H30", "000.00.05.H30", "000.00.07.H30"];

struct Place {
    _dir: TempDir,
    store: Store,
    document: DocumentKey,
    packet: BlobHash,
}

impl Place {
    fn new() -> Self {
        let (dir, store) = created();
        let document = drafted(&store, "Về việc gửi nhiều nơi");
        let packet = store.put_blob(b"<edXML/>").unwrap();
        Self { _dir: dir, store, document, packet }
    }

    fn queue(&self, item: &str, to: usize, urgent: bool, order: bool) {
        self.queue_as(OutboxKind::Document, item, to, urgent, order);
    }

    fn queue_as(&self, what: OutboxKind, item: &str, to: usize, urgent: bool, order: bool) {
        let queued = Change::OutboxQueued {
            item: item.to_owned(),
            what,
            document: self.document,
            recipient: agency(TO[to]),
            packet: self.packet.clone(),
            urgent,
            order,
        };
        self.store.write(&clerk(), |writer| writer.append(queued).map(|_| ())).unwrap();
    }

    /// What is due now, in its order.
    fn due(&self) -> Vec<String> {
        let due = self.store.outbox_due(Timestamp::now(), u64::MAX, 10).unwrap();
        due.into_iter().map(|one| one.item).collect()
    }

    fn begin(&self, item: &str) -> Option<Bundle> {
        self.store.begin_sending(item, 100, Timestamp::now()).unwrap()
    }

    fn names(&self, item: &str) -> Vec<String> {
        let bundle = self.begin(item).unwrap();
        bundle.items.into_iter().map(|(item, _)| item).collect()
    }
}

#[test]
fn the_same_packet_for_several_goes_up_at_once_and_stays_together() {
    let place = Place::new();
    for to in 0..2 {
        place.queue(&format!("item-{to}"), to, false, false);
    }
    let first = place.begin("item-0").unwrap();
    assert_eq!((first.items.len(), first.fresh), (2, true));
    let first = Bundle { fresh: false, ..first };
    assert!(place.store.outbox_begun("item-1").unwrap(), "it may have left");
    // Whichever is asked about, and whatever came meanwhile.
    place.queue("item-2", 2, false, false);
    place
        .store
        .put_off(&["item-1".to_owned()], &(Timestamp::now() + 1.hour()), "máy chủ bận")
        .unwrap();
    assert_eq!(place.begin("item-1").unwrap(), first);
    assert_eq!(place.begin("item-0").unwrap(), first);
    assert_eq!(place.names("item-2"), ["item-2"]);
    // Parted, each goes under its own name, and may have arrived under the one before.
    place.store.part("item-1", &[]).unwrap();
    for item in ["item-0", "item-1"] {
        let alone = place.begin(item).unwrap();
        assert_eq!((alone.key.as_str(), alone.items.len()), (item, 1));
        assert_eq!(alone.former, std::slice::from_ref(&first.key));
    }
}

#[test]
fn one_is_taken_out_of_what_goes_together() {
    let place = Place::new();
    for to in 0..3 {
        place.queue(&format!("item-{to}"), to, false, false);
    }
    let whole = place.begin("item-0").unwrap();
    place.store.part("item-0", &["item-1".to_owned()]).unwrap();
    let rest = place.begin("item-2").unwrap();
    assert_eq!(place.names("item-2"), ["item-0", "item-2"]);
    assert!(rest.key != whole.key && rest.former == [whole.key]);
    assert_eq!(place.names("item-1"), ["item-1"]);
    // Where the server has none of it, nothing was begun.
    place.store.forget_begun_sending(&[rest.items[0].0.clone(), rest.items[1].0.clone()]).unwrap();
    assert!(!place.store.outbox_begun("item-0").unwrap());
    assert!(place.begin("item-0").unwrap().fresh);
}

#[test]
fn no_more_go_together_than_a_server_takes() {
    let place = Place::new();
    for to in 0..3 {
        place.queue(&format!("item-{to}"), to, false, false);
    }
    let now = Timestamp::now();
    let pair = place.store.begin_sending("item-0", 2, now).unwrap().unwrap();
    assert_eq!(pair.items.len(), 2);
    // Another server takes one at a time.
    let alone = place.store.begin_sending("item-0", 1, now).unwrap().unwrap();
    assert_eq!((alone.key.as_str(), alone.former), ("item-0", vec![pair.key]));
}

#[test]
fn who_waits_for_something_earlier_holds_nobody_up() {
    let place = Place::new();
    place.queue("document", 1, false, false);
    let item = "document".to_owned();
    let (code, detail) = ("exchange-refused".to_owned(), String::new());
    append(&place.store, Change::OutboxWedged { item: item.clone(), code, detail }).unwrap();
    for to in 0..2 {
        place.queue(&format!("order-{to}"), to, true, true);
    }
    assert_eq!(place.begin("order-0").unwrap().items.len(), 2);
    // It is let go again: the order goes before it to nobody.
    append(&place.store, Change::OutboxReleased { item }).unwrap();
    assert_eq!(place.names("order-0"), ["order-0"]);
    assert_eq!(place.due(), ["order-0", "document"]);
}

#[test]
fn statuses_about_a_document_keep_their_order_until_the_first_has_failed_three_times() {
    let place = Place::new();
    for (item, to) in [("01", 0), ("03", 0), ("elsewhere", 1)] {
        place.queue_as(OutboxKind::Status, item, to, false, false);
    }
    let resting: [&[&str]; 3] = [&["elsewhere"], &["elsewhere"], &["03", "elsewhere"]];
    for due in resting {
        assert_eq!(place.due(), ["01", "elsewhere"]);
        let later = Timestamp::now() + 1.hour();
        place.store.put_off(&["01".to_owned()], &later, "máy chủ bận").unwrap();
        assert_eq!(place.due(), due, "while the first rests");
        place.store.make_due().unwrap();
    }
    assert_eq!(place.due(), ["01", "03", "elsewhere"]);
}

#[test]
fn what_rests_waits_for_another_or_is_more_urgent_does_not_go_along() {
    let place = Place::new();
    place.queue("urgent", 1, true, false);
    place.queue("item-0", 0, false, false);
    place.queue("behind", 1, false, false);
    place.queue("resting", 2, false, false);
    place
        .store
        .put_off(&["resting".to_owned()], &(Timestamp::now() + 1.hour()), "máy chủ bận")
        .unwrap();
    assert_eq!(place.names("item-0"), ["item-0"]);
    place.queue("order", 0, false, true);
    assert_eq!(place.names("urgent"), ["urgent"]);
    assert_eq!(place.names("order"), ["order"]);
}

#[test]
fn what_is_withdrawn_is_neither_begun_nor_taken_along() {
    let place = Place::new();
    for to in 0..3 {
        place.queue(&format!("item-{to}"), to, false, false);
    }
    let (item, document) = ("item-1".to_owned(), place.document);
    let withdrawn = Change::OutboxWithdrawn { item, document, reason: String::new() };
    place
        .store
        .write(&clerk(), |writer| writer.append(withdrawn).map(|_| ()))
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!(place.begin("item-1"), None);
    assert_eq!(place.names("item-2"), ["item-0", "item-2"]);
}
