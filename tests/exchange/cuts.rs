//! Connections break, servers stop.

use std::num::NonZeroU32;
use std::sync::Mutex;

use vanthu::exchange::engine::Stop;
use vanthu::exchange::wire::sha256_hex;
use vanthu::exchange::{ExchangeError, Watch};

use super::proxy::{Fault, Proxy};
use super::*;

on_every! {
    a_fetch_cut_every_64_kib_still_ends,
    a_lost_answer_is_not_a_second_delivery,
    what_goes_up_twice_is_delivered_once,
    an_upload_cut_every_64_kib_still_ends,
    two_connections_with_one_packet_do_not_mix,
    a_broken_upload_leaves_nothing_and_goes_again,
    a_line_that_dawdles_parks_nothing,
    the_server_stops_during_a_download,
    the_server_stops_during_an_upload,
    a_fetch_goes_on_in_the_next_run,
    a_limited_line_takes_its_time,
    a_lost_blob_does_not_hold_up_the_others,
    nor_do_many_of_them,
    what_is_given_up_is_told_to_the_server,
}

/// Goes up in one call.
const SMALL: usize = 30_000;

/// How many times the bytes of a packet came down.
fn carried(proxy: &Proxy, bytes: &[u8]) -> f64 {
    proxy.down() as f64 / bytes.len() as f64
}

fn a_fetch_cut_every_64_kib_still_ends(profile: Profile, place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let bytes = packet(3, MIB);
    let a = profile.line(&server.url(), COMMUNE);
    a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();

    let b = profile.line(&proxy.url(), PROVINCE);
    proxy.spoil([Fault::CutDown(64 * 1024); 40]);
    let province = Office::default();
    let report = sync(&province, &*b);
    if profile.can(Ability::GoOnFetching) {
        assert_eq!((report.received, report.stopped), (1, None));
        assert!(proxy.connections() >= 16, "{} connections", proxy.connections());
        let carried = carried(&proxy, &bytes);
        assert!(carried < 1.05, "{carried} times the packet came down");
    } else {
        // It ends when it gets through in one.
        assert_eq!((report.received, report.troubled.len()), (0, 1));
        assert!(matches!(report.troubled[0].error, ExchangeError::Cut(_)), "{report:?}");
        proxy.spoil([]);
        assert_eq!(sync(&province, &*b).received, 0, "it does not rest");
        assert_eq!(sync_later(&province, &*b).received, 1);
    }
    assert_eq!(province.received(), [bytes]);
}

fn a_lost_answer_is_not_a_second_delivery(profile: Profile, place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, b) = (profile.line(&proxy.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let (commune, province) = (Office::default(), Office::default());
    commune.queue("1", &code(PROVINCE), &packet(4, SMALL), false);

    // The answer to the parcel is lost, and so are those to the questions after it.
    proxy.spoil([Fault::LoseAnswer(SMALL as u64), Fault::LoseAnswer(0), Fault::LoseAnswer(0)]);
    let report = sync(&commune, &*a);
    assert_eq!((report.sent, report.put_off), (0, 1));
    assert_eq!(commune.row("1").item.attempts, 1);
    assert_eq!(sync(&province, &*b).received, 1, "the server has it");

    proxy.spoil([]);
    let up = proxy.up();
    let report = sync_later(&commune, &*a);
    assert_eq!((report.sent, report.stopped), (1, None));
    let up = proxy.up() - up;
    assert_eq!(up < 10_000, profile.can(Ability::AskBack), "{up} bytes went up");
    let report = sync(&province, &*b);
    assert_eq!((report.received, province.received().len()), (0, 1));

    for (item, size) in [("2", SMALL), ("3", MIB)] {
        commune.queue(item, &code(PROVINCE), &packet(5, size), false);
        let a = profile.line(&proxy.url(), COMMUNE);
        proxy.spoil([Fault::LoseAnswer(size as u64)]);
        let report = sync(&commune, &*a);
        if profile.can(Ability::AskBack) {
            // Where only that one answer is lost, it is not even an error.
            assert_eq!((report.sent, report.stopped), (1, None), "{size} bytes");
        } else {
            assert_eq!((report.sent, report.put_off), (0, 1), "{size} bytes");
            assert_eq!(sync_later(&commune, &*a).sent, 1, "{size} bytes");
        }
        assert_eq!(sync(&province, &*b).received, 1);
    }
}

fn what_goes_up_twice_is_delivered_once(profile: Profile, place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (commune, province) = (Office::default(), Office::default());
    for (n, size) in (1..).zip([100, SMALL, 200_000]) {
        commune.queue(&n.to_string(), &code(PROVINCE), &packet(n, size), false);
    }
    // All goes up again when the connection has ended: also what was asked and said of packets.
    let twice = |office: &Office, agency| {
        proxy.spoil([Fault::Twice; 10]);
        let line = profile.line(&proxy.url(), agency);
        let report = sync(office, &*line);
        drop(line);
        thread::sleep(Duration::from_millis(500));
        report
    };
    let report = twice(&commune, COMMUNE);
    assert_eq!((report.sent, report.stopped), (3, None));
    for received in [3, 0] {
        let report = twice(&province, PROVINCE);
        assert_eq!((report.received, report.stopped), (received, None));
    }
    assert!(proxy.struck()["Twice"] >= 3);
    assert!(inbox(&*profile.line(&server.url(), PROVINCE)).is_empty());
}

fn an_upload_cut_every_64_kib_still_ends(profile: Profile, place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, b) = (profile.line(&proxy.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let bytes = packet(3, MIB);
    let parcel = parcel("k", &[PROVINCE], &bytes);
    proxy.spoil([Fault::CutUp(64 * 1024); 40]);
    let receipt = if profile.can(Ability::GoOnSending) {
        let receipt = a.send(&parcel, &()).unwrap();
        assert!(proxy.connections() >= 16, "{} connections", proxy.connections());
        let carried = proxy.up() as f64 / MIB as f64;
        assert!(carried < 1.05, "{carried} times the packet went up");
        receipt
    } else {
        // It ends when it gets through in one.
        for _ in 0..3 {
            let error = a.send(&parcel, &()).unwrap_err();
            assert!(matches!(error, ExchangeError::Cut(_)), "{error}");
        }
        proxy.spoil([]);
        a.send(&parcel, &()).unwrap()
    };
    let items = inbox(&*b);
    assert_eq!((items.len(), &items[0].id), (1, &receipt.server_id));
    assert_eq!(b.fetch(&items[0], &()).unwrap(), bytes);
    wait_until("nothing of it is left", || place.under_way() == 0);
    assert_eq!(entries(&place.path().join("uploads")), 0);
}

fn two_connections_with_one_packet_do_not_mix(profile: Profile, place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let bytes = packet(9, MIB);
    // The first connection hangs in the middle, and the server cannot know that it is dead.
    proxy.spoil([Fault::HoldUp(400_000)]);
    let hung = {
        let (a, bytes) = (profile.line(&proxy.url(), COMMUNE), bytes.clone());
        thread::spawn(move || a.send(&parcel("k", &[PROVINCE], &bytes), &()))
    };
    wait_until("half of it is there", || place.under_way() > 300_000);
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let receipt = a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    let error = hung.join().unwrap().unwrap_err();
    assert!(matches!(error, ExchangeError::TimedOut { .. }), "{error}");
    let again = Parcel { tried: true, ..parcel("k", &[PROVINCE], &bytes) };
    assert_eq!(a.send(&again, &()).unwrap().server_id, receipt.server_id);
    let items = inbox(&*b);
    assert_eq!(items.len(), 1);
    assert_eq!(b.fetch(&items[0], &()).unwrap(), bytes);
}

fn a_broken_upload_leaves_nothing_and_goes_again(profile: Profile, place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, b) = (profile.line(&proxy.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let commune = Office::default();
    commune.queue("1", &code(PROVINCE), &packet(6, SMALL), false);
    commune.queue("2", &code(PROVINCE), b"hai", false);
    proxy.spoil([Fault::CutUp(SMALL as u64 / 2)]);
    let report = sync(&commune, &*a);
    // The parcel that broke the line waits, since the server is still there; the one behind it
    // goes.
    assert_eq!((report.sent, report.put_off), (1, 1));
    assert!(matches!(report.stopped, Some(Stop::Line(ExchangeError::Cut(_)))));
    assert_eq!(inbox(&*b).len(), 1);
    assert_eq!(sync(&commune, &*a).put_off, 0, "it does not rest");
    assert_eq!(sync_later(&commune, &*a).sent, 1);
    assert_eq!(sync(&Office::default(), &*b).received, 2);
    wait_until("unfinished uploads are gone", || entries(&place.path().join("unfinished")) == 0);
}

fn a_line_that_dawdles_parks_nothing(profile: Profile, place: &Place) {
    let mut config = place.config();
    config.limits.idle = Duration::from_millis(300);
    let server = Server::start(config).unwrap();
    let proxy = Proxy::before(server.address());
    let commune = Office::default();
    commune.queue("1", &code(PROVINCE), &packet(6, SMALL), false);
    // Half of it comes, and then the server has waited long enough and says so.
    proxy.spoil([Fault::HoldUp(SMALL as u64 / 2)]);
    let a = profile.line(&proxy.url(), COMMUNE);
    let report = sync(&commune, &*a);
    assert_eq!((report.sent, report.put_off, report.wedged), (0, 1, 0), "{report:?}");
    let report = sync_later(&commune, &*a);
    assert_eq!((report.sent, report.stopped), (1, None));
}

/// Ends a server in its own way as soon as it is time.
pub struct EndWhen<'a, S> {
    time: &'a (dyn Fn() -> bool + Sync),
    end: fn(S),
    server: Mutex<Option<S>>,
}

impl<'a, S: Send> EndWhen<'a, S> {
    pub fn new(time: &'a (dyn Fn() -> bool + Sync), end: fn(S), server: S) -> Self {
        Self { time, end, server: Mutex::new(Some(server)) }
    }

    pub fn has_ended(&self) -> bool {
        self.server.lock().unwrap().is_none()
    }
}

impl<S: Send> Watch for EndWhen<'_, S> {
    /// Asked often, whatever a profile tells of how far it has come.
    fn cancelled(&self) -> bool {
        if (self.time)()
            && let Some(server) = self.server.lock().unwrap().take()
        {
            (self.end)(server);
        }
        false
    }
}

fn the_server_stops_during_a_download(profile: Profile, place: &Place) {
    let server = place.start();
    let bytes = packet(7, 2 * MIB);
    let a = profile.line(&server.url(), COMMUNE);
    a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    let proxy = Proxy::before(server.address());
    let (b, province) = (profile.line(&proxy.url(), PROVINCE), Office::default());
    proxy.spoil([Fault::HoldDown(MIB as u64)]);
    let half = || proxy.down() >= MIB as u64;
    let watch = EndWhen::new(&half, RunningServer::stop, server);
    let report = sync_once(&province, &*b, Timestamp::now(), &watch);
    assert!(watch.has_ended(), "the server was not stopped");
    assert_eq!((report.received, report.troubled.len()), (0, 1), "{report:?}");
    assert!(province.received().is_empty());

    let server = place.start();
    proxy.point_at(server.address());
    let report = sync_later(&province, &*b);
    assert_eq!((report.received, report.stopped), (1, None));
    let carried = carried(&proxy, &bytes);
    assert_eq!(carried < 1.05, profile.can(Ability::GoOnFetching), "{carried} times");
    assert_eq!(province.received(), [bytes]);
    assert_eq!(sync(&province, &*b).received, 0);
}

fn a_fetch_goes_on_in_the_next_run(profile: Profile, place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let bytes = packet(11, MIB);
    let a = profile.line(&server.url(), COMMUNE);
    a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    // Each run has a line of its own, as after a restart, and gives up after some of it.
    let province = Office::default();
    for day in 1..=3 {
        proxy.spoil([Fault::CutDown(300_000)].into_iter().chain([Fault::CutDown(0); 8]));
        let line = profile.line(&proxy.url(), PROVINCE);
        // Where each brings more there is no pause between them.
        let pause = if profile.can(Ability::GoOnFetching) { 0 } else { 24 * day };
        let now = Timestamp::now() + SignedDuration::from_hours(pause);
        let report = sync_once(&province, &*line, now, &());
        assert!(report.troubled.len() == 1 && report.received == 0, "{report:?}");
    }
    proxy.spoil([]);
    let pause = if profile.can(Ability::GoOnFetching) { 0 } else { 96 };
    let now = Timestamp::now() + SignedDuration::from_hours(pause);
    let report = sync_once(&province, &*profile.line(&proxy.url(), PROVINCE), now, &());
    assert_eq!((report.received, report.stopped), (1, None));
    let carried = carried(&proxy, &bytes);
    assert_eq!(carried < 1.05, profile.can(Ability::GoOnFetching), "{carried} times");
    assert_eq!(province.received(), [bytes]);
}

fn a_limited_line_takes_its_time(profile: Profile, place: &Place) {
    const RATE: u32 = 100 * 1024;
    let server = place.start();
    let limited = |agency: &'static str| {
        let patience = Patience { rate: NonZeroU32::new(RATE), ..PATIENCE };
        profile.line_from(&server.url(), Seat { patience, ..Seat::of(agency) })
    };
    let bytes = packet(12, 300 * 1024);
    // Never sooner than bytes and rate allow; slower it may be for other reasons.
    let least = Duration::from_millis(2_900);
    let began = Instant::now();
    limited(COMMUNE).send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    assert!(began.elapsed() >= least, "sent in {:?}", began.elapsed());
    let (province, began) = (Office::default(), Instant::now());
    assert_eq!(sync(&province, &*limited(PROVINCE)).received, 1);
    assert!(began.elapsed() >= least, "fetched in {:?}", began.elapsed());
    assert_eq!(province.received(), [bytes]);
}

fn the_server_stops_during_an_upload(profile: Profile, place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, commune) = (profile.line(&proxy.url(), COMMUNE), Office::default());
    let bytes = packet(8, 16 * MIB);
    commune.queue("1", &code(PROVINCE), &bytes, false);
    proxy.spoil([Fault::HoldUp(MIB as u64)]);
    let some = || proxy.up() >= MIB as u64;
    let watch = EndWhen::new(&some, RunningServer::stop, server);
    let report = sync_once(&commune, &*a, Timestamp::now(), &watch);
    assert!(watch.has_ended(), "the server was not stopped");
    assert_eq!((report.sent, report.put_off), (0, 1));

    let server = place.start();
    proxy.point_at(server.address());
    assert_eq!(sync(&commune, &*a).sent, 0, "it waits its minute");
    assert_eq!(sync_later(&commune, &*a).sent, 1);
    let province = Office::default();
    assert_eq!(sync(&province, &*profile.line(&server.url(), PROVINCE)).received, 1);
    assert_eq!(province.received(), [bytes]);
}

fn a_lost_blob_does_not_hold_up_the_others(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let damaged = packet(1, 1000);
    a.send(&parcel("1", &[PROVINCE], b"mat tep"), &()).unwrap();
    a.send(&parcel("2", &[PROVINCE], &damaged), &()).unwrap();
    a.send(&parcel("3", &[PROVINCE], b"con nguyen"), &()).unwrap();
    let blob = |bytes: &[u8]| blob(place, bytes);
    std::fs::remove_file(blob(b"mat tep")).unwrap();
    std::fs::write(blob(&damaged), packet(2, 1000)).unwrap();
    let province = Office::default();
    let report = sync(&province, &*b);
    assert_eq!(report.stopped, None);
    assert!(province.received().contains(&b"con nguyen".to_vec()));
    let errors: Vec<_> = report.troubled.into_iter().map(|trouble| trouble.error).collect();
    assert!(matches!(errors[0], ExchangeError::ServerFault { .. }), "{errors:?}");
    // Mended by the operators from a backup: once it is their time they come, past the cursor or
    // not.
    assert!(sync(&province, &*b).troubled.is_empty(), "they do not rest");
    std::fs::write(blob(b"mat tep"), b"mat tep").unwrap();
    std::fs::write(blob(&damaged), &damaged).unwrap();
    if profile.can(Ability::TellHashes) {
        assert_eq!(errors[1..], [ExchangeError::Damaged]);
        assert_eq!((report.received, sync_later(&province, &*b).received), (1, 2));
    } else {
        // What is damaged comes as it is.
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(province.received().contains(&packet(2, 1000)));
        assert_eq!((report.received, sync_later(&province, &*b).received), (2, 1));
    }
}

/// Where the server keeps these bytes.
fn blob(place: &Place, bytes: &[u8]) -> std::path::PathBuf {
    let hash = sha256_hex(bytes);
    place.path().join("blobs").join(&hash[..2]).join(&hash[2..])
}

fn nor_do_many_of_them(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let lost: Vec<_> = (1..=7).map(|seed| packet(seed, 1000)).collect();
    for (key, bytes) in lost.iter().enumerate() {
        a.send(&parcel(&key.to_string(), &[PROVINCE], bytes), &()).unwrap();
        std::fs::remove_file(blob(place, bytes)).unwrap();
    }
    a.send(&parcel("con", &[PROVINCE], b"con nguyen"), &()).unwrap();
    let province = Office::default();
    let report = sync(&province, &*b);
    assert_eq!((report.received, report.troubled.len(), report.stopped), (1, 7, None));
    let report = sync(&province, &*b);
    assert_eq!((report.received, report.troubled.len(), report.stopped), (0, 0, None));
    for bytes in &lost {
        std::fs::write(blob(place, bytes), bytes).unwrap();
    }
    let report = sync_later(&province, &*b);
    assert_eq!((report.received, report.stopped), (7, None));
    assert_eq!(province.unfetched(), []);
}

fn what_is_given_up_is_told_to_the_server(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let lost = packet(1, 1000);
    let sent = a.send(&parcel("1", &[PROVINCE], &lost), &()).unwrap();
    std::fs::remove_file(blob(place, &lost)).unwrap();
    let province = Office::default();
    assert_eq!(sync(&province, &*b).troubled.len(), 1);
    let [noted] = &province.unfetched()[..] else { panic!("nothing is noted") };
    assert_eq!((noted.tries, noted.item.from.clone()), (1, code(COMMUNE)));
    province.give_up(&noted.item.id);
    for _ in 0..2 {
        let report = sync_later(&province, &*b);
        assert_eq!((report.received, report.troubled.len(), report.stopped), (0, 0, None));
    }
    let state = a.delivery(&sent.server_id).unwrap();
    assert_eq!(state.deliveries[0].outcome, Some(vanthu::exchange::Outcome::Refused));
    assert!(inbox(&*b).is_empty());
    // Seen from the first byte of the list on, it is not wanted any more either.
    province.forget_cursor();
    std::fs::write(blob(place, &lost), &lost).unwrap();
    assert_eq!(sync_later(&province, &*b).received, 0);
}
