//! What goes to several recipients as one parcel, and when it is parted.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).unwrap()
}

/// To how many each packet at the server is.
fn at_server(world: &World) -> Vec<usize> {
    world.server.lock().unwrap().iter().map(|one| one.to.len()).collect()
}

#[test]
fn what_is_for_several_goes_up_once() {
    // Nine is also for an office that is not known: the others have it all the same.
    for (items, at_server) in [
        (vec![(5, 0, false), (5, 1, false), (6, 1, false), (5, 2, false)], 2),
        (vec![(5, 0, false), (5, 1, true)], 2),
        (vec![(5, 0, false), (5, 0, false), (5, 1, false)], 2),
        (vec![(9, 0, false), (9, 3, false), (9, 1, false)], 1),
        (vec![(9, 3, false), (9, 0, false)], 1),
        // One refusal after the other: the first due is not of what is refused the second time.
        (vec![(9, 4, false), (9, 3, false), (9, 0, false), (9, 1, false)], 1),
    ] {
        let world = world_to(&items, Vec::new(), None);
        let now = Timestamp::from_second(NOW).unwrap();
        let report = sync_once(&world, &world, now, &());
        let known = items.iter().filter(|(_, to, _)| *to < 3).count();
        assert_eq!((report.sent as usize, report.stopped), (known, None), "{items:?}");
        assert_eq!(report.wedged as usize, items.len() - known, "{items:?}");
        assert_eq!(world.server.lock().unwrap().len(), at_server, "{items:?}");
    }
}

#[test]
fn what_was_begun_for_several_stays_so() {
    // Calls in order: health, due, begin, send. The answer is lost after the server has it.
    let world = world_to(&[(5, 0, false), (5, 1, false)], vec![0, 0, 0, 13], None);
    let now = Timestamp::from_second(NOW).unwrap();
    let report = sync_once(&world, &world, now, &());
    assert_eq!((report.sent, report.put_off), (0, 2));
    // A third that comes meanwhile goes by itself: the key stands for the two.
    let mut third = world_to(&[(5, 2, false)], Vec::new(), None).disk.into_inner().unwrap();
    third.outbox[0].item.item = "item-third".into();
    world.disk.lock().unwrap().outbox.append(&mut third.outbox);
    let report = sync_once(&world, &world, now + SignedDuration::from_mins(5), &());
    assert_eq!((report.sent, report.stopped), (3, None));
    let had: Vec<_> = world.server.lock().unwrap().iter().map(|one| one.to.len()).collect();
    assert_eq!(had, [2, 1]);
}

#[test]
fn what_was_parted_may_be_there_already() {
    // Calls in order: health, due, begin, send, whose answer is lost.
    let world = world_to(&[(5, 0, false), (5, 1, false)], vec![0, 0, 0, 13], None);
    assert_eq!(sync_once(&world, &world, at(0), &()).put_off, 2);
    Queues::part(&world, "item-0", &[]).unwrap();
    let report = sync_once(&world, &world, at(300), &());
    assert_eq!((report.sent, report.stopped), (2, None));
    assert_eq!(at_server(&world), [2], "it went once more");
}

#[test]
fn who_has_nothing_for_want_of_quota_was_never_begun() {
    let mut world = world_to(&[(5, 0, false), (5, 1, false)], Vec::new(), None);
    world.quota = Some(0);
    let report = sync_once(&world, &world, at(0), &());
    assert_eq!((report.sent, report.put_off), (0, 2));
    assert!(world.disk.lock().unwrap().parcels.is_empty(), "it is begun");
    // Tomorrow it goes up once, as it would have today.
    world.quota = None;
    assert_eq!(sync_once(&world, &world, at(8 * 3_600), &()).sent, 2);
    assert_eq!(at_server(&world), [2]);
}

#[test]
fn what_never_passes_together_goes_to_each_alone() {
    let world = world_to(&[(5, 0, false), (5, 1, false)], Vec::new(), None);
    for day in 0..i64::from(TOGETHER) {
        // Calls in order: health, due, begin, send. 3 is "the server failed".
        *world.faults.lock().unwrap() = vec![0, 0, 0, 3].into();
        let report = sync_once(&world, &world, at(day * 86_400), &());
        assert_eq!((report.sent, report.put_off), (0, 2), "day {day}");
    }
    let report = sync_once(&world, &world, at(30 * 86_400), &());
    assert_eq!((report.sent, report.stopped), (2, None));
    assert_eq!(at_server(&world), [1, 1]);
}
