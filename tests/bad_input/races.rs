//! Two windows of one desk, or a window and the line, at the same moment.

use vanthu::domain::document::DocumentKey;
use vanthu::office::{Imported, Office, Placement, SignOrder};
use vanthu::token::{Pin, Selector};

use crate::place::{Place, decision, p12};
use crate::support::PASSWORD;

fn open(place: &Place, user: &str) -> Office {
    Office::open(&place.office.dir, user, &Pin::new(PASSWORD)).unwrap()
}

/// Does `work` in as many threads as there are items, at once.
fn at_once<I: Send, T: Send>(items: Vec<I>, work: impl Fn(I) -> T + Sync) -> Vec<T> {
    let start = std::sync::Barrier::new(items.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = items
            .into_iter()
            .map(|item| {
                scope.spawn(|| {
                    start.wait();
                    work(item)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn order() -> SignOrder {
    SignOrder {
        token: Selector::parse(&p12("leader")).unwrap(),
        certificate: None,
        pin: Pin::new("test"),
        last_try_confirmed: false,
        placement: Placement::Automatic,
    }
}

#[test]
fn signed_at_once_each_document_has_a_number_of_its_own() {
    let place = Place::new();
    let keys: Vec<DocumentKey> = (0..3).map(|_| place.to_sign().parse().unwrap()).collect();
    let leader = open(&place, "lanhdao");
    // The first one by two windows: it is signed once.
    let signed = at_once([&keys[..], &keys[..1]].concat(), |key| leader.sign(key, &order()));
    drop(leader);
    let (done, refused): (Vec<_>, Vec<_>) = signed.into_iter().partition(Result::is_ok);
    let mut numbers: Vec<u32> = done.into_iter().map(|one| one.unwrap().unwrap().number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3]);
    let codes: Vec<_> = refused.into_iter().map(|one| one.unwrap_err().code).collect();
    assert_eq!(codes, ["office-wrong-state"]);
    assert_eq!(place.state().next_number, 4);
}

#[test]
fn the_same_file_brought_at_once_is_one_document() {
    let place = Place::new();
    let clerk = open(&place, "vanthu");
    let bytes = decision(|_| {});
    let brought = at_once(vec![bytes; 4], |bytes| clerk.import("đến.pdf", bytes).unwrap());
    drop(clerk);
    let new = brought.iter().filter(|one| matches!(one, Imported::Document(_))).count();
    assert_eq!(new, 1, "{brought:?}");
    assert_eq!(place.state().inbound.len(), 1);
}

#[test]
fn registered_at_once_there_is_neither_gap_nor_double() {
    let place = Place::new();
    let clerk = open(&place, "vanthu");
    let keys: Vec<DocumentKey> = (0..4)
        .map(|n| {
            let bytes = decision(|sheet| sheet.subject = format!("Việc thứ {n}"));
            let Imported::Document(key) = clerk.import("đến.pdf", bytes).unwrap() else {
                panic!("not a new document")
            };
            clerk.accept(key).unwrap();
            key
        })
        .collect();
    let twice = [&keys[..], &keys[..]].concat();
    let registered = at_once(twice, |key| clerk.register(key));
    drop(clerk);
    let mut numbers: Vec<u32> =
        registered.iter().flatten().map(|registration| registration.arrival_number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
    for refused in registered.into_iter().filter_map(Result::err) {
        assert_eq!(refused.code, "office-wrong-state");
    }
    assert_eq!(place.state().next_arrival, 5);
}
