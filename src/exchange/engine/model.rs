//! The engine against a model of server and disk in which every single call may fail, before
//! it had its effect or after (as when the program is killed, or an answer is lost).
//!
//! While it runs, the model itself checks what must hold at every moment: nothing is marked
//! as sent that the server does not have, nothing is confirmed that is not on the disk,
//! nothing is kept twice.

mod line;
mod queues;
mod resting;
mod several;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use proptest::prelude::*;

use super::*;
use crate::domain::problem::{Blame, Kind};
use crate::exchange::wire::{ClosedRecipient, sha256_hex};
use crate::exchange::{DeliveryState, Directory, InboxPage, Listing, Outcome, ServerInfo};

const NOW: i64 = 1_795_000_000;
/// Largest packet that the server takes, in bytes.
const LIMIT: usize = 1000;

#[derive(Default)]
struct World {
    /// What befalls the next calls, oldest first; when they are used up, nothing does.
    faults: Mutex<VecDeque<u8>>,
    server: Mutex<Vec<Packet>>,
    disk: Mutex<Disk>,
    /// So many packets lie at the server before the office is over its quota.
    quota: Option<usize>,
    /// The server has lost the bytes of all packets.
    lost: bool,
}

struct Packet {
    key: String,
    to: Vec<AgencyCode>,
    bytes: Vec<u8>,
    confirmed: bool,
}

#[derive(Default)]
struct Disk {
    outbox: Vec<Row>,
    kept: BTreeMap<String, Vec<u8>>,
    /// What goes up under which key, by item, and which it had before.
    parcels: BTreeMap<String, (String, Vec<String>)>,
    begun: BTreeMap<String, Vec<u8>>,
    unfetched: BTreeMap<String, Unfetched>,
    cursor: Option<String>,
}

struct Row {
    item: OutboxItem,
    bytes: Vec<u8>,
    until: Timestamp,
    done: Option<&'static str>,
}

enum Fault {
    None,
    Before(u8),
    After(u8),
}

impl World {
    fn fault(&self) -> Fault {
        match self.faults.lock().unwrap().pop_front().unwrap_or(0) {
            n @ 1..=9 => Fault::Before(n),
            n @ 10..=19 => Fault::After(n),
            _ => Fault::None,
        }
    }

    fn call<T>(&self, effect: impl FnOnce() -> Answer<T>) -> Answer<T> {
        let error = |n: u8| match n % 6 {
            0 => ExchangeError::Unreachable("model".into()),
            5 => ExchangeError::NotTheServer("model".into()),
            1 => ExchangeError::Cut("model".into()),
            2 => ExchangeError::TimedOut { seconds: 60 },
            3 => ExchangeError::ServerFault { status: 500, detail: "model".into() },
            _ => ExchangeError::Damaged,
        };
        match self.fault() {
            Fault::None => effect(),
            Fault::Before(n) => Err(error(n)),
            Fault::After(n) => effect().and(Err(error(n))),
        }
    }

    fn disk<T>(&self, effect: impl FnOnce(&mut Disk) -> T) -> Kept<T> {
        let full = || Problem::new("store-disk-full", Kind::Unavailable, Blame::Environment);
        let fault = self.fault();
        if matches!(fault, Fault::Before(_)) {
            return Err(full());
        }
        let result = effect(&mut self.disk.lock().unwrap());
        if matches!(fault, Fault::After(_)) { Err(full()) } else { Ok(result) }
    }

    fn row(&self, item: &str, change: impl FnOnce(&mut Row)) -> Kept<()> {
        self.disk(|disk| {
            change(disk.outbox.iter_mut().find(|row| row.item.item == item).unwrap());
        })
    }
}

fn receipt(place: usize) -> Receipt {
    Receipt {
        server_id: format!("id-{place}"),
        received_at: Timestamp::from_second(NOW).unwrap(),
        signed: None,
    }
}

fn us() -> AgencyCode {
    AgencyCode::new("H30").unwrap()
}

/// A world in which these wait for this office itself: content, and whether it is urgent.
fn world(items: &[(u8, bool)], faults: Vec<u8>, cursor: Option<u8>) -> World {
    let items: Vec<_> = items.iter().map(|(content, urgent)| (*content, 0, *urgent)).collect();
    world_to(&items, faults, cursor)
}

/// The same for several offices, of which one is not known and one is no more; 1 is content that is too large.
fn world_to(items: &[(u8, usize, bool)], faults: Vec<u8>, cursor: Option<u8>) -> World {
    let world = World { faults: Mutex::new(faults.into()), ..World::default() };
    let mut disk = world.disk.lock().unwrap();
    disk.cursor = cursor.map(|cursor| cursor.to_string());
    for (n, (content, to, urgent)) in items.iter().enumerate() {
        let to = ["H30", "H31", "H32", "UNKNOWN", "CLOSED"][*to];
        let name = match (content, to) {
            (_, "UNKNOWN" | "CLOSED") => "unknown",
            (1, _) => "large",
            _ => "item",
        };
        let bytes = if *content == 1 { vec![1; 1001] } else { vec![*content; 10] };
        disk.outbox.push(Row {
            item: OutboxItem {
                item: format!("{name}-{n}"),
                kind: OutboxKind::Document,
                order: false,
                to: AgencyCode::new(to).unwrap(),
                packet: BlobHash(sha256_hex(&bytes)),
                urgent: *urgent,
                attempts: 0,
            },
            bytes,
            until: Timestamp::UNIX_EPOCH,
            done: None,
        });
    }
    drop(disk);
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_lost_and_nothing_doubled(
        // Few contents, so that some are for several.
        items in prop::collection::vec((0u8..5, 0usize..5, any::<bool>()), 0..16),
        faults in prop::collection::vec(0u8..60, 0..300),
        // A server restored from a backup numbers anew: the cursor may stand anywhere.
        cursor in prop::option::of(0u8..20),
        // A desk restored from a backup lacks what it had confirmed.
        forgotten in 0u8..8,
    ) {
        let world = world_to(&items, faults, cursor);
        let forgotten = if cursor.is_none() { forgotten } else { 0 };
        for n in 0..forgotten {
            let key = format!("forgotten-{n}");
            let packet = Packet { key, to: vec![us()], bytes: vec![100 + n; 10], confirmed: true };
            world.server.lock().unwrap().push(packet);
        }
        let mut now = Timestamp::from_second(NOW).unwrap();
        // Every run uses up at least one fault.
        for _ in 0..400 {
            let calm = world.faults.lock().unwrap().is_empty();
            let report = sync_once(&world, &world, now, &());
            now += SignedDuration::from_hours(8);
            if calm && report.stopped.is_none() && report.sent + report.received == 0 {
                break;
            }
        }
        prop_assert!(world.faults.lock().unwrap().is_empty(), "the faults were not used up");
        let disk = world.disk.lock().unwrap();
        let server = world.server.lock().unwrap();
        for row in &disk.outbox {
            let expected = if row.item.item.starts_with("item") { "sent" } else { "wedged" };
            prop_assert_eq!(row.done, Some(expected), "{}", row.item.item);
        }
        let sent = disk.outbox.iter().filter(|row| row.done == Some("sent"));
        let there = usize::from(forgotten) + sent.clone().count();
        let had: usize = server.iter().map(|packet| packet.to.len()).sum();
        prop_assert_eq!(had, there, "something is at the server twice");
        for n in 0..forgotten {
            let back = disk.kept.values().any(|bytes| *bytes == [100 + n; 10]);
            prop_assert!(back, "packet {} did not come back", n);
        }
        for row in sent.filter(|row| row.item.to == us()) {
            let copies = disk.kept.values().filter(|bytes| **bytes == row.bytes).count();
            prop_assert_eq!(copies, 1, "{} arrived {} times", row.item.item, copies);
        }
        let ours = |packet: &&Packet| packet.to.contains(&us());
        prop_assert!(server.iter().filter(ours).all(|packet| packet.confirmed));
    }
}

#[test]
fn a_fault_of_the_line_is_not_held_against_the_parcel() {
    // Calls in order: health, due, begin, send. 6 is "unreachable", before any effect; 1 is "cut", 5
    // another's answer. The call after those asks whether the server is still there.
    for (faults, attempts, goes_on) in [
        (vec![6], 0, false),
        (vec![1], 1, true),
        (vec![5], 1, true),
        (vec![1, 0, 6], 1, false),
        (vec![5, 6], 0, false),
    ] {
        let faults = [vec![0; 3], faults].concat();
        let world = world(&[(5, false), (6, false)], faults.clone(), None);
        let report = sync_once(&world, &world, Timestamp::from_second(NOW).unwrap(), &());
        assert!(report.stopped.is_some());
        let disk = world.disk.lock().unwrap();
        assert_eq!(disk.outbox[0].item.attempts, attempts, "{faults:?}");
        assert_eq!(disk.outbox[1].item.attempts, 0, "{faults:?}");
        assert_eq!(disk.outbox[1].done.is_some(), goes_on, "{faults:?}");
    }
}

#[test]
fn a_server_that_fails_is_not_sent_everything_in_vain() {
    let items = [5, 6, 7, 8, 5].map(|content| (content, false));
    // Calls in order: health, due, then for each item begin, send and put off, with another due
    // after two. 3 is "the server failed".
    let world = world(&items, vec![0, 0, 0, 3, 0, 0, 3, 0, 0, 0, 3, 0], None);
    let now = Timestamp::from_second(NOW).unwrap();
    let report = sync_once(&world, &world, now, &());
    assert_eq!((report.sent, report.put_off), (0, 3));
    assert!(matches!(report.stopped, Some(Stop::Line(ExchangeError::ServerFault { .. }))));
    // The next run does not meet the same three first.
    let report = sync_once(&world, &world, now, &());
    assert_eq!((report.sent, report.put_off, report.stopped), (2, 0, None));
}

#[test]
fn what_cannot_be_fetched_rests_and_is_given_up() {
    let world = world(&[], Vec::new(), None);
    for key in ["bad", "good"] {
        let packet =
            Packet { key: key.into(), to: vec![us()], bytes: key.into(), confirmed: false };
        world.server.lock().unwrap().push(packet);
    }
    let mut now = Timestamp::from_second(NOW).unwrap();
    // Calls in order: health, due, unfetched, cursor, list, is_kept, begun, fetch. 4 is
    // "damaged".
    *world.faults.lock().unwrap() = vec![0, 0, 0, 0, 0, 0, 0, 4].into();
    let report = sync_once(&world, &world, now, &());
    assert_eq!((report.received, report.troubled.len(), report.stopped), (1, 1, None));
    // It brought a byte more, so that it does not rest.
    let noted = world.disk.lock().unwrap().unfetched["id-0"].clone();
    assert_eq!((noted.tries, noted.until > now), (0, false), "it brought a byte more");
    let report = sync_once(&world, &world, now, &());
    assert_eq!((report.received, report.troubled.len()), (1, 0));
    assert!(world.disk.lock().unwrap().unfetched.is_empty());
    // One that rests is left alone; of one that is given up the server is told once.
    let packet =
        Packet { key: "never".into(), to: vec![us()], bytes: b"never".to_vec(), confirmed: false };
    world.server.lock().unwrap().push(packet);
    let aside = Unfetched {
        item: world.inbox(Listing::After(None), 10).unwrap().items.remove(2),
        tries: 1,
        until: now + SignedDuration::from_mins(5),
        wish: Wish::Fetch,
    };
    world.disk.lock().unwrap().unfetched.insert("id-2".into(), aside);
    assert_eq!(sync_once(&world, &world, now, &()).received, 0, "it does not rest");
    world.disk.lock().unwrap().unfetched.get_mut("id-2").unwrap().wish = Wish::GiveUp;
    now += SignedDuration::from_hours(8);
    let report = sync_once(&world, &world, now, &());
    assert_eq!((report.received, report.stopped), (0, None));
    assert_eq!(world.disk.lock().unwrap().unfetched["id-2"].wish, Wish::Nothing);
    assert!(world.server.lock().unwrap()[2].confirmed, "the server was not told");
    assert_eq!(sync_once(&world, &world, now, &()).received, 0);
}

#[test]
fn what_is_large_waits_on_a_line_that_costs_unless_it_is_urgent() {
    let world = world(&[(5, false), (6, true)], Vec::new(), None);
    for (key, size) in [("small", 5), ("large", 20)] {
        let packet =
            Packet { key: key.into(), to: vec![us()], bytes: vec![9; size], confirmed: false };
        world.server.lock().unwrap().push(packet);
    }
    let now = Timestamp::from_second(NOW).unwrap();
    let report = sync_small(&world, &world, now, 6, &());
    // Sent to itself, the urgent one comes back as large as it was.
    assert_eq!((report.sent, report.received, report.held), (1, 1, 2));
    assert_eq!(world.disk.lock().unwrap().outbox[0].done, None);
    let report = sync_once(&world, &world, now, &());
    assert_eq!((report.sent, report.received, report.held), (1, 3, 0));
}

#[test]
fn a_parcel_that_breaks_the_call_does_not_stop_the_fetching() {
    let world = world(&[(5, false)], vec![0, 0, 0, 1], None);
    let waiting =
        Packet { key: "before".into(), to: vec![us()], bytes: vec![7; 10], confirmed: false };
    world.server.lock().unwrap().push(waiting);
    let report = sync_once(&world, &world, Timestamp::from_second(NOW).unwrap(), &());
    assert_eq!((report.sent, report.put_off, report.received), (0, 1, 1));
    assert!(matches!(report.stopped, Some(Stop::Line(ExchangeError::Cut(_)))));
}

#[test]
fn work_that_is_called_off_ends_between_two_parcels() {
    struct AfterOne<'a>(&'a World);
    impl Watch for AfterOne<'_> {
        fn cancelled(&self) -> bool {
            !self.0.server.lock().unwrap().is_empty()
        }
    }
    let world = world(&[(5, false), (6, false)], Vec::new(), None);
    let now = Timestamp::from_second(NOW).unwrap();
    let report = sync_once(&world, &world, now, &AfterOne(&world));
    assert_eq!((report.sent, report.put_off), (1, 0));
    assert_eq!(report.stopped, Some(Stop::Line(ExchangeError::Cancelled)));
    assert_eq!(world.disk.lock().unwrap().outbox[1].item.attempts, 0);
}
