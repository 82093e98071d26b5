//! What goes up as one parcel, and that it stays so.

use jiff::{Timestamp, ToSpan};
use tempfile::TempDir;
use vanthu::domain::document::{BlobHash, DocumentKey};
use vanthu::domain::operation::{Change, OutboxKind};
use vanthu::store::{Bundle, Store, StoreError};

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
        let queued = Change::OutboxQueued {
            item: item.to_owned(),
            what: OutboxKind::Document,
            document: self.document,
            recipient: agency(TO[to]),
            packet: self.packet.clone(),
            urgent,
            order,
        };
        self.store.write(&clerk(), |writer| writer.append(queued).map(|_| ())).unwrap();
    }

    fn begin(&self, item: &str) -> Option<Bundle> {
        self.store.begin_sending(item, Timestamp::now()).unwrap()
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
    assert_eq!(first.items.len(), 2);
    assert!(place.store.outbox_begun("item-1").unwrap(), "it may have left");
    // Whichever is asked about, and whatever came meanwhile.
    place.queue("item-2", 2, false, false);
    place.store.put_off("item-1", &(Timestamp::now() + 1.hour()), "máy chủ bận").unwrap();
    assert_eq!(place.begin("item-1").unwrap(), first);
    assert_eq!(place.begin("item-0").unwrap(), first);
    assert_eq!(place.names("item-2"), ["item-2"]);
    // Parted, each goes under its own name.
    place.store.part("item-1").unwrap();
    for item in ["item-0", "item-1"] {
        let alone = place.begin(item).unwrap();
        assert_eq!((alone.key.as_str(), alone.items.len()), (item, 1));
    }
}

#[test]
fn what_rests_waits_for_another_or_is_more_urgent_does_not_go_along() {
    let place = Place::new();
    place.queue("urgent", 1, true, false);
    place.queue("item-0", 0, false, false);
    place.queue("behind", 1, false, false);
    place.queue("resting", 2, false, false);
    place.store.put_off("resting", &(Timestamp::now() + 1.hour()), "máy chủ bận").unwrap();
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
