//! What rests, on its way out or in: until when, what goes on meanwhile, and what the server hears
//! of a packet that is given up.

use super::*;

/// A world with these packets at the server; the first of them is noted as not here.
fn noted(packets: &[&str], tries: u32, wish: Wish) -> World {
    let world = world(&[], Vec::new(), None);
    for key in packets {
        let packet =
            Packet { key: (*key).into(), to: vec![us()], bytes: (*key).into(), confirmed: false };
        world.server.lock().unwrap().push(packet);
    }
    let item = world.inbox(Listing::After(None), 10).unwrap().items.remove(0);
    let one = Unfetched { item, tries, until: Timestamp::UNIX_EPOCH, wish };
    world.disk.lock().unwrap().unfetched.insert("id-0".into(), one);
    world
}

fn first_noted(world: &World) -> Unfetched {
    world.disk.lock().unwrap().unfetched["id-0"].clone()
}

#[test]
fn what_came_another_way_is_not_refused() {
    for wish in [Wish::GiveUp, Wish::Fetch] {
        let world = noted(&["stick"], 9, wish);
        let now = Timestamp::from_second(NOW).unwrap();
        {
            let mut disk = world.disk.lock().unwrap();
            disk.kept.insert("by hand".into(), b"stick".to_vec());
            disk.unfetched.get_mut("id-0").unwrap().until = now + SignedDuration::from_hours(6);
        }
        let report = sync_once(&world, &world, now, &());
        assert_eq!((report.confirmed, report.stopped), (1, None));
        assert!(world.disk.lock().unwrap().unfetched.is_empty());
        assert!(world.server.lock().unwrap()[0].confirmed);
    }
}

#[test]
fn giving_up_that_the_server_does_not_understand_ends() {
    let world = noted(&["unheard of"], 0, Wish::GiveUp);
    let mut now = Timestamp::from_second(NOW).unwrap();
    for tries in 1..=5 {
        // Calls in order: health, due, unfetched, cursor, list, the first time the cursor, list,
        // is_kept, confirm. 3 is "the server failed".
        let calls = if tries == 1 { 8 } else { 7 };
        *world.faults.lock().unwrap() = [vec![0; calls], vec![3]].concat().into();
        let report = sync_once(&world, &world, now, &());
        assert_eq!((report.troubled.len(), report.stopped), (1, None), "{tries}");
        let one = first_noted(&world);
        assert_eq!((one.tries, one.until > now), (tries, true));
        assert_eq!(one.wish == Wish::Nothing, tries == 5);
        let report = sync_once(&world, &world, now, &());
        assert_eq!(report.troubled.len(), 0, "it does not rest");
        assert!(!world.server.lock().unwrap()[0].confirmed, "it does not rest");
        now += SignedDuration::from_hours(8);
    }
    // Since it is listed all the same, it is told again.
    assert_eq!(sync_once(&world, &world, now, &()).stopped, None);
    assert!(world.server.lock().unwrap()[0].confirmed);
}

#[test]
fn a_server_that_was_restored_is_told_again_but_rarely() {
    let world = noted(&["given up"], 1, Wish::Nothing);
    let now = Timestamp::from_second(NOW).unwrap();
    let is_told = |hours| {
        world.server.lock().unwrap()[0].confirmed = false;
        let report = sync_once(&world, &world, now + SignedDuration::from_hours(hours), &());
        assert_eq!((report.received, report.stopped), (0, None));
        assert_eq!(first_noted(&world).wish, Wish::Nothing);
        world.server.lock().unwrap()[0].confirmed
    };
    assert_eq!([is_told(0), is_told(1), is_told(8)], [true, false, true]);
}

#[test]
fn progress_does_not_make_a_bad_packet_a_good_one() {
    let world = noted(&["damaged"], 2, Wish::Fetch);
    let now = Timestamp::from_second(NOW).unwrap();
    // Calls in order: health, due, unfetched, cursor, list, cursor, list, is_kept, is_kept, begun,
    // fetch. 4 is "damaged", with a byte more.
    *world.faults.lock().unwrap() = [vec![0; 10], vec![4]].concat().into();
    assert_eq!(sync_once(&world, &world, now, &()).troubled.len(), 1);
    let one = first_noted(&world);
    assert_eq!((one.tries, one.until), (2, now));
}

#[test]
fn an_outage_keeps_no_packet_away_for_long() {
    let now = Timestamp::from_second(NOW).unwrap();
    // 1 is "cut", 2 "timed out", 3 "the server failed", 4 "damaged".
    for (fault, least, most) in [(1, 30, 36), (2, 30, 36), (3, 30, 36), (4, 360, 432)] {
        let world = noted(&["here"], 9, Wish::Fetch);
        // What is begun cannot grow.
        world.disk.lock().unwrap().begun.insert("id-0".into(), b"here".to_vec());
        *world.faults.lock().unwrap() = [vec![0; 10], vec![fault]].concat().into();
        assert_eq!(sync_once(&world, &world, now, &()).troubled.len(), 1);
        let one = first_noted(&world);
        let pause = one.until.duration_since(now);
        let bounds = SignedDuration::from_mins(least)..=SignedDuration::from_mins(most);
        assert!(one.tries == 10 && bounds.contains(&pause), "{fault}: {one:?}");
    }
}

#[test]
fn a_server_that_fails_is_not_asked_for_everything_in_vain() {
    let mut world = world(&[], Vec::new(), None);
    world.lost = true;
    for n in 0..25_u8 {
        let packet =
            Packet { key: n.to_string(), to: vec![us()], bytes: vec![n; 10], confirmed: false };
        world.server.lock().unwrap().push(packet);
    }
    let now = Timestamp::from_second(NOW).unwrap();
    // Each run comes to those behind, since these rest.
    for (asked, stops) in [(10, true), (10, true), (5, false)] {
        let report = sync_once(&world, &world, now, &());
        assert_eq!((report.troubled.len(), report.stopped.is_some()), (asked, stops));
    }
    world.lost = false;
    let later = now + SignedDuration::from_mins(2);
    assert_eq!(sync_once(&world, &world, later, &()).received, 25);
}

#[test]
fn documents_over_the_quota_do_not_hold_up_what_is_not_counted() {
    let items = [5, 6, 7, 8, 4].map(|content| (content, false));
    let mut world = world(&items, Vec::new(), None);
    world.quota = Some(1);
    {
        let outbox = &mut world.disk.lock().unwrap().outbox;
        outbox[3].item.kind = OutboxKind::Status;
        outbox[4].item.order = true;
    }
    let now = Timestamp::from_second(NOW).unwrap();
    let report = sync_once(&world, &world, now, &());
    assert_eq!((report.sent, report.put_off), (3, 2));
    assert!(matches!(report.stopped, Some(Stop::Line(ExchangeError::OverQuota { .. }))));
    // Both rest as long as the server asks.
    let disk = world.disk.lock().unwrap();
    assert!(disk.outbox[1..3].iter().all(|row| row.until > now + SignedDuration::from_mins(59)));
}
