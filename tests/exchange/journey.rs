//! Packets travel, and the rules of the exchange hold on the way.

use vanthu::exchange::engine::Queues as _;
use vanthu::exchange::wire::{Receipted, sha256_hex};
use vanthu::exchange::{ExchangeError, Outcome, Receipt};
use vanthu::server::{Registry, ServerError};

use super::*;

on_every! {
    a_packet_travels_and_its_sender_sees_how_far,
    what_is_refused_waits_no_more,
    nobody_reads_what_goes_to_others,
    the_directory_tells_what_changed,
    the_same_parcel_again_is_the_same_parcel,
    an_unknown_recipient_parks_only_its_own_item,
    the_urgent_go_first,
    a_long_backlog_comes_page_by_page,
    what_was_kept_and_not_confirmed_is_only_confirmed,
    too_much_is_refused_here_and_there,
    what_cannot_be_taken_does_not_hide_the_rest,
    a_line_may_be_used_wherever_its_caller_stands,
}

fn a_packet_travels_and_its_sender_sees_how_far(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let bytes = packet(1, 300_000);

    let info = a.health().unwrap();
    assert!(info.skew.abs() < SignedDuration::from_secs(2));
    let version =
        if profile.can(Ability::GreetAnybody) { env!("CARGO_PKG_VERSION") } else { "axis" };
    assert_eq!(info.version, version);
    let receipt = a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    let (id, sha256) = (&receipt.server_id, sha256_hex(&bytes));
    assert_eq!(receipt.signed.is_some(), profile.can(Ability::SignReceipts));
    if let Some(signed) = &receipt.signed {
        // It comes with the key that proves it.
        let receipted = Receipted::of(signed, id, &sha256, receipt.received_at);
        assert!(receipted.is_proved(&signed.signature, &signed.key));
        assert_eq!((&signed.sender, signed.number), (&code(COMMUNE), 1));
    }

    let page = b.inbox(Listing::Waiting(None), 10).unwrap();
    assert_eq!(page.next, None);
    let [item] = page.items.as_slice() else { panic!("{page:?}") };
    assert_eq!((&item.id, item.kind), (id, OutboxKind::Document));
    assert_eq!((item.from.as_str(), item.confirmed), (COMMUNE, false));
    let told = profile.can(Ability::TellHashes);
    let (size, hash) = if told { (300_000, sha256.as_str()) } else { (0, "") };
    assert_eq!((item.size, item.sha256.as_str()), (size, hash));
    let apart = item.received_at.duration_since(receipt.received_at).abs();
    let signs = profile.can(Ability::SignReceipts);
    assert!(apart <= SignedDuration::from_secs(if signs { 0 } else { 1 }), "{apart}");
    assert_eq!(b.fetch(item, &()).unwrap(), bytes);

    let state = a.delivery(id).unwrap();
    assert_eq!(state.receipt, receipt.signed.map(|signed| signed.signature).unwrap_or_default());
    assert!(state.deliveries[0].fetched_at.is_some() && state.deliveries[0].outcome.is_none());
    b.confirm(&item.id, Outcome::Kept).unwrap();
    let confirmed = a.delivery(id).unwrap().deliveries;
    assert_eq!(confirmed[0].outcome, Some(Outcome::Kept));
    // Said again, and said otherwise: the first word stands.
    b.confirm(&item.id, Outcome::Kept).unwrap();
    b.confirm(&item.id, Outcome::Refused).unwrap();
    assert_eq!(a.delivery(id).unwrap().deliveries, confirmed);

    assert!(inbox(&*b).is_empty());
    let all = b.inbox(Listing::After(None), 10).unwrap().items;
    assert_eq!(all.len(), usize::from(profile.can(Ability::ListTheConfirmed)));
    assert!(b.inbox(Listing::After(Some(&item.cursor)), 10).unwrap().items.is_empty());
}

fn what_is_refused_waits_no_more(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let receipt = a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    b.confirm(&receipt.server_id, Outcome::Refused).unwrap();
    assert!(inbox(&*b).is_empty());
    let states = a.delivery(&receipt.server_id).unwrap().deliveries;
    assert_eq!(states[0].outcome, Some(Outcome::Refused));
}

fn nobody_reads_what_goes_to_others(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let receipt = a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    let item = inbox(&*b).remove(0);
    let id = &receipt.server_id;
    let missing = |error| match error {
        ExchangeError::Missing(_) => profile.can(Ability::TellTheMissing),
        ExchangeError::ServerFault { .. } => !profile.can(Ability::TellTheMissing),
        _ => false,
    };
    assert!(missing(a.fetch(&item, &()).unwrap_err()));
    assert!(missing(a.confirm(id, Outcome::Kept).unwrap_err()));
    assert!(matches!(b.delivery(id), Err(ExchangeError::Missing(_))));
    assert!(matches!(b.delivery("../health"), Err(ExchangeError::Refused { .. })));
    assert_eq!(inbox(&*b).len(), 1);
    assert_eq!(b.fetch(&item, &()).unwrap(), b"<edXML/>");
}

fn the_directory_tells_what_changed(profile: Profile, place: &Place) {
    let server = place.start();
    let a = profile.line(&server.url(), COMMUNE);
    let all = a.agencies(0).unwrap();
    assert_eq!(all.agencies.len(), 2);
    assert!(all.version > 0);
    assert_eq!(a.agencies(all.version).unwrap().agencies, []);

    // The administrator's command, beside the running server.
    let data = Registry::open(&place.site()).unwrap();
    let renamed = Account { agency: Agency::new(code(COMMUNE), "UBND phường"), secret: None };
    data.put(&renamed).unwrap();
    let changed = a.agencies(all.version).unwrap();
    assert_eq!(changed.agencies, std::slice::from_ref(&renamed.agency));
    assert!(changed.version > all.version);
    // The same once more is no change; the secret has stayed.
    data.put(&renamed).unwrap();
    assert_eq!(a.agencies(changed.version).unwrap().agencies, []);

    // Listed only: it may not call, and nothing is sent to it.
    data.put(&Account { agency: Agency::new(code("H30.9"), "Sở"), secret: None }).unwrap();
    assert_eq!(
        a.send(&parcel("k", &["H30.9"], b"x"), &()).unwrap_err(),
        ExchangeError::RecipientUnknown(vec![code("H30.9")])
    );
    let weak = Account { agency: Agency::new(code("H31"), "Sở"), secret: Some(Pin::new("ngan")) };
    assert!(matches!(data.put(&weak), Err(ServerError::WeakSecret { .. })));
}

fn the_same_parcel_again_is_the_same_parcel(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let mut first = parcel("k", &[PROVINCE, COMMUNE], &packet(1, MIB));
    let receipt = a.send(&first, &()).unwrap();
    // The gateway's receipt has the time of its answer.
    let signs = profile.can(Ability::SignReceipts);
    let same = |again: Receipt| again == receipt || !signs && again.server_id == receipt.server_id;
    assert!(same(a.send(&first, &()).unwrap()));
    first.tried = true;
    assert!(same(a.send(&first, &()).unwrap()));
    first.tried = false;
    first.to.reverse();
    assert!(same(a.send(&first, &()).unwrap()));
    assert_eq!(inbox(&*b).len(), 1);
    // The key belongs to the sender: another's key of the same name is another key.
    assert_ne!(b.send(&first, &()).unwrap().server_id, receipt.server_id);

    for other in [
        parcel("k", &[PROVINCE, COMMUNE], &packet(2, MIB)),
        parcel("k", &[PROVINCE], &packet(1, MIB)),
    ] {
        match a.send(&other, &()) {
            Ok(another) => {
                assert!(!profile.can(Ability::TakeKeys));
                assert_ne!(another.server_id, receipt.server_id);
            }
            Err(error) => {
                assert!(profile.can(Ability::TakeKeys), "{error}");
                assert!(
                    matches!(&error, ExchangeError::Refused { code, .. } if code == "key-reused")
                );
                assert!(!error.is_recoverable());
            }
        }
    }
}

fn an_unknown_recipient_parks_only_its_own_item(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let (commune, province) = (Office::default(), Office::default());
    commune.queue("1", &code(PROVINCE), b"mot", false);
    commune.queue("2", &code("H99"), &packet(2, 2 * MIB), true);
    commune.queue("3", &code(PROVINCE), b"ba", false);
    let report = sync(&commune, &*a);
    assert_eq!((report.sent, report.wedged, report.stopped), (2, 1, None));
    assert_eq!(commune.row("2").wedged.as_deref(), Some("exchange-recipient-unknown"));
    assert_eq!(sync(&province, &*b).received, 2);

    // One unknown among the known: nothing is stored.
    let mixed = parcel("4", &[PROVINCE, "H98", "H99"], b"bon");
    let unknown = vec![code("H98"), code("H99")];
    assert_eq!(a.send(&mixed, &()).unwrap_err(), ExchangeError::RecipientUnknown(unknown));
    assert_eq!(sync(&province, &*b).received, 0);
}

fn the_urgent_go_first(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let office = Office::default();
    for (item, urgent) in [("1", false), ("2", true), ("3", false), ("4", true)] {
        office.queue(item, &code(PROVINCE), item.as_bytes(), urgent);
    }
    assert_eq!(sync(&office, &*a).sent, 4);
    let order: Vec<_> = inbox(&*b).iter().map(|item| b.fetch(item, &()).unwrap()).collect();
    assert_eq!(order, [b"2", b"4", b"1", b"3"]);
}

fn a_long_backlog_comes_page_by_page(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let (commune, province) = (Office::default(), Office::default());
    for n in 0..230 {
        commune.queue(&n.to_string(), &code(PROVINCE), format!("goi {n}").as_bytes(), false);
    }
    assert_eq!(sync(&commune, &*a).sent, 230);
    let report = sync(&province, &*b);
    assert_eq!((report.received, report.stopped, report.more), (230, None, false));
    assert_eq!(sync(&province, &*b).received, 0);
    // A desk that has lost its cursor (an older backup) skips what it has.
    province.forget_cursor();
    let report = sync(&province, &*b);
    assert_eq!((report.received, report.confirmed), (0, 0));
    // And an office that has lost everything gets everything, confirmed or not.
    let again = if profile.can(Ability::ListTheConfirmed) { 230 } else { 0 };
    assert_eq!(sync(&Office::default(), &*b).received, again);
}

fn what_was_kept_and_not_confirmed_is_only_confirmed(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    // The power failed between keeping and confirming.
    let office = Office::default();
    let item = inbox(&*b).remove(0);
    office.keep_packet(&item, &b.fetch(&item, &()).unwrap()).unwrap();
    let report = sync(&office, &*b);
    assert_eq!((report.received, report.confirmed), (0, 1));
    assert!(inbox(&*b).is_empty());
}

fn too_much_is_refused_here_and_there(profile: Profile, place: &Place) {
    let mut config = place.config();
    config.limits.packet_bytes = MIB as u64;
    let server = Server::start(config).unwrap();
    let a = profile.line(&server.url(), COMMUNE);
    let tells = profile.can(Ability::TellLimits);
    let office = Office::default();
    office.queue("1", &code(PROVINCE), &packet(9, MIB + 1), false);
    // So much that it is refused while it is still going up.
    office.queue("2", &code(PROVINCE), &packet(8, 2 * MIB), false);
    office.queue("3", &code(PROVINCE), &packet(9, MIB), false);
    let report = sync(&office, &*a);
    assert_eq!((report.sent, report.wedged, report.stopped), (1, 2, None));
    let why = if tells { "exchange-too-large" } else { "exchange-refused" };
    for item in ["1", "2"] {
        assert_eq!(office.row(item).wedged.as_deref(), Some(why));
    }
    // A client that did not ask for the limit hears it from the server.
    let error = a.send(&parcel("k", &[PROVINCE], &packet(9, MIB + 1)), &()).unwrap_err();
    match error {
        ExchangeError::TooLarge { size, limit } => {
            assert!(tells);
            assert_eq!((size, limit), (MIB as u64 + 1, MIB as u64));
        }
        ExchangeError::Refused { .. } => assert!(!tells),
        other => panic!("{other}"),
    }
    let b = profile.line(&server.url(), PROVINCE);
    assert_eq!(inbox(&*b).len(), 1);
    assert_eq!(place.under_way(), 0);
}

/// A line that takes no packet of more than a thousand bytes.
fn narrow(profile: Profile, server: &RunningServer) -> Box<dyn Line> {
    let patience = Patience { packet_limit: 1_000, ..PATIENCE };
    profile.line_from(&server.url(), Seat { patience, ..Seat::of(PROVINCE) })
}

fn what_cannot_be_taken_does_not_hide_the_rest(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), narrow(profile, &server));
    // What is larger than this computer will take is left at the server, the rest comes: also
    // where it is more than a page, and much larger.
    a.send(&parcel("0", &[PROVINCE], &packet(1, 400_000)), &()).unwrap();
    for n in 1..=120 {
        a.send(&parcel(&n.to_string(), &[PROVINCE], &packet(n, 1_001)), &()).unwrap();
    }
    a.send(&parcel("nho", &[PROVINCE], b"nho"), &()).unwrap();
    let province = Office::default();
    let report = sync(&province, &*b);
    assert_eq!((report.received, report.stopped, report.troubled.len()), (1, None, 121));
    assert_eq!(report.troubled[0].from, code(COMMUNE));
    let too_large = |error: &ExchangeError| matches!(error, ExchangeError::TooLarge { .. });
    assert!(report.troubled.iter().all(|trouble| too_large(&trouble.error)));
    // They rest, without a call for each, and are tried again later.
    assert_eq!(sync(&province, &*b).troubled.len(), 0);
    assert_eq!(sync_later(&province, &*b).troubled.len(), 121);
}

fn a_line_may_be_used_wherever_its_caller_stands(profile: Profile, place: &Place) {
    let server = place.start();
    let url = server.url();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let there = url.clone();
        let aside = tokio::task::spawn_blocking(move || profile.line(&there, COMMUNE).health());
        assert!(aside.await.unwrap().is_ok());
        // Also in the middle of an async function, made and dropped there.
        let within = profile.line(&url, COMMUNE);
        assert!(within.health().is_ok());
        drop(within);
    });
}

#[test]
fn one_server_per_folder() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let second = Server::start(config(folder.path()));
    assert!(matches!(second, Err(ServerError::InUse(_))), "{second:?}");
    let mut elsewhere = config(tempfile::tempdir().unwrap().path());
    elsewhere.listen = server.address();
    assert!(matches!(Server::start(elsewhere), Err(ServerError::Listen(..))));
    server.stop();
    start(folder.path()).stop();

    let database = rusqlite::Connection::open(folder.path().join("server.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let newer = Server::start(config(folder.path()));
    assert!(matches!(newer, Err(ServerError::NewerDatabase { found: 99, .. })), "{newer:?}");
}
