//! Packets travel, and the rules of the profile hold on the way.

use vanthu::exchange::wire::{Receipted, sha256_hex};
use vanthu::exchange::{ExchangeError, Line, Listing, Outcome};
use vanthu::server::{Registry, ServerError};

use super::*;

on_both! {
    a_packet_travels_and_its_sender_sees_how_far,
    nobody_reads_what_goes_to_others,
    the_directory_tells_what_changed,
    the_same_parcel_again_is_the_same_parcel,
    an_unknown_recipient_parks_only_its_own_item,
    the_urgent_go_first,
    a_long_backlog_comes_page_by_page,
    too_much_is_refused_here_and_there,
    a_line_may_be_used_wherever_its_caller_stands,
}

fn a_packet_travels_and_its_sender_sees_how_far(place: &Place) {
    let server = place.start();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let bytes = packet(1, 300_000);

    let info = a.health().unwrap();
    assert!(info.skew.abs() < SignedDuration::from_secs(2));
    assert_eq!(info.version, env!("CARGO_PKG_VERSION"));
    let receipt = a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    // It comes with the key that proves it.
    let signed = receipt.signed.clone().unwrap();
    let (id, sha256) = (&receipt.server_id, sha256_hex(&bytes));
    let receipted = Receipted::of(&signed, id, &sha256, receipt.received_at);
    assert!(receipted.is_proved(&signed.signature, &signed.key));
    assert_eq!((signed.sender, signed.number), (code(COMMUNE), 1));

    let page = b.inbox(Listing::After(None), 10).unwrap();
    assert_eq!(page.next, None);
    let [item] = page.items.as_slice() else { panic!("{page:?}") };
    assert_eq!((item.id.as_str(), item.size), (receipt.server_id.as_str(), 300_000));
    assert_eq!((item.from.as_str(), item.confirmed), (COMMUNE, false));
    assert_eq!(item.sha256, sha256_hex(&bytes));
    assert_eq!(item.received_at, receipt.received_at);
    assert_eq!(b.fetch(item, &()).unwrap(), bytes);

    let state = a.delivery(&receipt.server_id).unwrap();
    assert_eq!(state.receipt, signed.signature);
    assert!(state.deliveries[0].fetched_at.is_some() && state.deliveries[0].outcome.is_none());
    b.confirm(&item.id, Outcome::Kept).unwrap();
    let confirmed = a.delivery(&receipt.server_id).unwrap().deliveries;
    assert_eq!(confirmed[0].outcome, Some(Outcome::Kept));
    // Said again, and said otherwise: the first word stands.
    b.confirm(&item.id, Outcome::Kept).unwrap();
    b.confirm(&item.id, Outcome::Refused).unwrap();
    assert_eq!(a.delivery(&receipt.server_id).unwrap().deliveries, confirmed);

    assert!(b.inbox(Listing::Waiting(None), 10).unwrap().items.is_empty());
    assert_eq!(b.inbox(Listing::After(None), 10).unwrap().items.len(), 1);
    assert!(b.inbox(Listing::After(Some(&item.cursor)), 10).unwrap().items.is_empty());
}

fn nobody_reads_what_goes_to_others(place: &Place) {
    let server = place.start();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let receipt = a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    let item = b.inbox(Listing::After(None), 1).unwrap().items.remove(0);
    let id = &receipt.server_id;
    assert!(matches!(a.fetch(&item, &()), Err(ExchangeError::Missing(_))));
    assert!(matches!(a.confirm(id, Outcome::Kept), Err(ExchangeError::Missing(_))));
    assert!(matches!(b.delivery(id), Err(ExchangeError::Missing(_))));
    assert!(matches!(b.delivery("../health"), Err(ExchangeError::Refused { .. })));
    assert_eq!(b.fetch(&item, &()).unwrap(), b"<edXML/>");
}

fn the_directory_tells_what_changed(place: &Place) {
    let server = place.start();
    let a = line(&server.url(), COMMUNE);
    let all = a.agencies(0).unwrap();
    assert_eq!(all.agencies.len(), 2);
    assert!(a.agencies(all.version).unwrap().agencies.is_empty());

    // The administrator's command, beside the running server.
    let data = Registry::open(&place.site()).unwrap();
    let renamed = Account { agency: Agency::new(code(COMMUNE), "UBND phường"), secret: None };
    data.put(&renamed).unwrap();
    let changed = a.agencies(all.version).unwrap();
    assert_eq!(changed.agencies, vec![renamed.agency.clone()]);
    assert!(changed.version > all.version);
    // The same once more is no change; the secret has stayed.
    data.put(&renamed).unwrap();
    assert!(a.agencies(changed.version).unwrap().agencies.is_empty());

    // Listed only: it may not call, and nothing is sent to it.
    data.put(&Account { agency: Agency::new(code("H30.9"), "Sở"), secret: None }).unwrap();
    assert_eq!(
        a.send(&parcel("k", &["H30.9"], b"x"), &()).unwrap_err(),
        ExchangeError::RecipientUnknown(vec![code("H30.9")])
    );
    let weak = Account { agency: Agency::new(code("H31"), "Sở"), secret: Some(Pin::new("ngan")) };
    assert!(matches!(data.put(&weak), Err(ServerError::WeakSecret { .. })));
}

fn the_same_parcel_again_is_the_same_parcel(place: &Place) {
    let server = place.start();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let mut first = parcel("k", &[PROVINCE, COMMUNE], &packet(1, MIB));
    let receipt = a.send(&first, &()).unwrap();
    assert_eq!(a.send(&first, &()).unwrap(), receipt);
    first.tried = true;
    assert_eq!(a.send(&first, &()).unwrap(), receipt);
    first.tried = false;
    first.to.reverse();
    assert_eq!(a.send(&first, &()).unwrap(), receipt);
    assert_eq!(b.inbox(Listing::After(None), 10).unwrap().items.len(), 1);
    // The key belongs to the sender: another's key of the same name is another key.
    assert_ne!(b.send(&first, &()).unwrap().server_id, receipt.server_id);

    for other in [
        parcel("k", &[PROVINCE, COMMUNE], &packet(2, MIB)),
        parcel("k", &[PROVINCE], &packet(1, MIB)),
    ] {
        let error = a.send(&other, &()).unwrap_err();
        assert!(matches!(&error, ExchangeError::Refused { code, .. } if code == "key-reused"));
        assert!(!error.is_recoverable());
    }
}

fn an_unknown_recipient_parks_only_its_own_item(place: &Place) {
    let server = place.start();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let (commune, province) = (Office::default(), Office::default());
    commune.queue("1", &code(PROVINCE), b"mot", false);
    commune.queue("2", &code("H99"), &packet(2, 2 * MIB), true);
    commune.queue("3", &code(PROVINCE), b"ba", false);
    let report = sync(&commune, &a);
    assert_eq!((report.sent, report.wedged, report.stopped), (2, 1, None));
    assert_eq!(commune.row("2").wedged.as_deref(), Some("exchange-recipient-unknown"));
    assert_eq!(sync(&province, &b).received, 2);

    // One unknown among the known: nothing is stored.
    let mixed = parcel("4", &[PROVINCE, "H98", "H99"], b"bon");
    let unknown = vec![code("H98"), code("H99")];
    assert_eq!(a.send(&mixed, &()).unwrap_err(), ExchangeError::RecipientUnknown(unknown));
    assert_eq!(sync(&province, &b).received, 0);
}

fn the_urgent_go_first(place: &Place) {
    let server = place.start();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let office = Office::default();
    for (item, urgent) in [("1", false), ("2", true), ("3", false), ("4", true)] {
        office.queue(item, &code(PROVINCE), item.as_bytes(), urgent);
    }
    assert_eq!(sync(&office, &a).sent, 4);
    let items = b.inbox(Listing::After(None), 10).unwrap().items;
    let order: Vec<_> = items.iter().map(|item| b.fetch(item, &()).unwrap()).collect();
    assert_eq!(order, [b"2", b"4", b"1", b"3"]);
}

fn a_long_backlog_comes_page_by_page(place: &Place) {
    let server = place.start();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let (commune, province) = (Office::default(), Office::default());
    for n in 0..230 {
        commune.queue(&n.to_string(), &code(PROVINCE), format!("goi {n}").as_bytes(), false);
    }
    assert_eq!(sync(&commune, &a).sent, 230);
    let report = sync(&province, &b);
    assert_eq!((report.received, report.stopped, report.more), (230, None, false));
    assert_eq!(sync(&province, &b).received, 0);
    // A desk that has lost its cursor (an older backup) skips what it has.
    province.forget_cursor();
    let report = sync(&province, &b);
    assert_eq!((report.received, report.confirmed), (0, 0));
    // And an office that has lost everything gets everything, confirmed or not.
    assert_eq!(sync(&Office::default(), &b).received, 230);
}

fn too_much_is_refused_here_and_there(place: &Place) {
    let mut config = place.config();
    config.limits.packet_bytes = MIB as u64;
    let server = Server::start(config).unwrap();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let office = Office::default();
    office.queue("1", &code(PROVINCE), &packet(9, MIB + 1), false);
    office.queue("2", &code(PROVINCE), &packet(9, MIB), false);
    let report = sync(&office, &a);
    assert_eq!((report.sent, report.wedged, report.stopped), (1, 1, None));
    assert_eq!(office.row("1").wedged.as_deref(), Some("exchange-too-large"));
    // A client that did not ask for the limit hears it from the server.
    let error = a.send(&parcel("k", &[PROVINCE], &packet(9, MIB + 1)), &()).unwrap_err();
    assert_eq!(error, ExchangeError::TooLarge { size: MIB as u64 + 1, limit: MIB as u64 });
    assert_eq!(b.inbox(Listing::After(None), 10).unwrap().items.len(), 1);

    // What is larger than this computer will take is left at the server, the rest comes.
    a.send(&parcel("3", &[PROVINCE], b"nho"), &()).unwrap();
    let address = ServerAddress::new(&server.url(), code(PROVINCE), Pin::new(secret(PROVINCE)));
    let small = Patience { packet_limit: 1000, ..PATIENCE };
    let b = VanthuLine::with(address.unwrap(), small, Timestamp::now).unwrap();
    let province = Office::default();
    let report = sync(&province, &b);
    assert_eq!((report.received, report.stopped, report.troubled.len()), (1, None, 1));
    assert_eq!(report.troubled[0].from, code(COMMUNE));
    assert_eq!(sync(&province, &b).troubled.len(), 1, "it is tried again next time");
}

fn a_line_may_be_used_wherever_its_caller_stands(place: &Place) {
    let server = place.start();
    let url = server.url();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let there = url.clone();
        let aside = tokio::task::spawn_blocking(move || line(&there, COMMUNE).health());
        assert!(aside.await.unwrap().is_ok());
        // Also in the middle of an async function, made and dropped there.
        let within = line(&url, COMMUNE);
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
