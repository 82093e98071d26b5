//! Several instances on one PostgreSQL: a caller comes to each of them with every call.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use vanthu::exchange::wire::sha256_hex;
use vanthu::exchange::{Line, Listing, Outcome};
use vanthu::server::ServerError;

use super::proxy::{Fault, Proxy};
use super::waiting::ask_beside;
use super::*;

/// Instances that started at the same moment, on an empty database.
fn start_together(place: &Place, count: usize) -> Vec<RunningServer> {
    let starting: Vec<_> = (0..count)
        .map(|_| {
            let config = place.config();
            thread::spawn(move || Server::start(config))
        })
        .collect();
    starting.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
}

fn addresses(servers: &[RunningServer]) -> Vec<SocketAddr> {
    servers.iter().map(RunningServer::address).collect()
}

/// A place with PostgreSQL; where there is none, the test is over.
macro_rules! place {
    () => {
        match Place::postgres() {
            Some(place) => place,
            None => return,
        }
    };
}

#[test]
fn offices_exchange_by_way_of_three() {
    let place = place!();
    let servers = start_together(&place, 3);
    let proxy = Proxy::before_all(addresses(&servers));
    let senders: Vec<_> = (0..2)
        .map(|sender| {
            let url = proxy.url();
            thread::spawn(move || {
                let (from, to) =
                    if sender == 0 { (COMMUNE, PROVINCE) } else { (PROVINCE, COMMUNE) };
                let office = Office::default();
                for n in 0..30 {
                    // Every fifth goes up in pieces.
                    let size = if n % 5 == 0 { 400_000 } else { 3_000 };
                    let bytes = packet(1 + n * 2 + sender, size);
                    office.queue(&n.to_string(), &code(to), &bytes, n % 3 == 0);
                }
                // A line of its own each time: it comes to another instance.
                for _ in 0..30 {
                    sync_later(&office, &line(&url, from));
                }
                (0..30).all(|n: u32| office.row(&n.to_string()).server_id.is_some())
            })
        })
        .collect();
    for sender in senders {
        assert!(sender.join().unwrap(), "not everything was sent");
    }
    for (office, sender) in [(PROVINCE, 0), (COMMUNE, 1)] {
        let received = Office::default();
        for _ in 0..3 {
            let report = sync(&received, &line(&proxy.url(), office));
            assert_eq!(report.problem(), None);
        }
        let received: BTreeSet<_> =
            received.received().iter().map(|bytes| sha256_hex(bytes)).collect();
        let sent: BTreeSet<_> = (0..30)
            .map(|n| {
                let size = if n % 5 == 0 { 400_000 } else { 3_000 };
                sha256_hex(&packet(1 + n * 2 + sender, size))
            })
            .collect();
        assert_eq!(received, sent);
    }
}

#[test]
fn an_upload_goes_on_at_another_instance() {
    let place = place!();
    let servers = start_together(&place, 3);
    let proxy = Proxy::before_all(addresses(&servers));
    let bytes = packet(3, MIB);
    proxy.spoil([Fault::CutUp(64 * 1024); 40]);
    let a = line(&proxy.url(), COMMUNE);
    let receipt = a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    assert!(proxy.connections() >= 16, "{} connections", proxy.connections());
    let carried = proxy.up() as f64 / MIB as f64;
    assert!(carried < 1.05, "{carried} times the packet went up");
    for server in &servers {
        let b = line(&server.url(), PROVINCE);
        let item = b.inbox(Listing::After(None), 1).unwrap().items.remove(0);
        assert_eq!(item.id, receipt.server_id);
        assert_eq!(b.fetch(&item, &()).unwrap(), bytes);
    }
    assert_eq!(place.under_way(), 0);
}

/// Servers listen to each other soon after they have started.
fn until_they_listen(place: &Place, servers: usize) {
    const WHO: &str = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%'
        AND datname = current_database()";
    wait_until("they listen", || database::run(place.database(), WHO).len() >= servers);
}

#[test]
fn who_waits_at_one_hears_of_what_another_took() {
    let place = place!();
    let servers = start_together(&place, 2);
    until_they_listen(&place, 2);
    for round in 0..3 {
        let waiting = ask_beside(&servers[0].url(), "/v1/inbox?waiting=true&wait=20");
        let a = line(&servers[1].url(), COMMUNE);
        let key = format!("k{round}");
        let receipt = a.send(&parcel(&key, &[PROVINCE], key.as_bytes()), &()).unwrap();
        let (items, after) = waiting.recv_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(items, [receipt.server_id.as_str()]);
        // By word; who has a word coming looks for itself every fifteen seconds.
        assert!(after < Duration::from_secs(8), "{after:?}");
        line(&servers[0].url(), PROVINCE).confirm(&receipt.server_id, Outcome::Kept).unwrap();
    }
}

#[test]
fn who_hears_nothing_looks_for_itself() {
    let place = place!();
    let servers = start_together(&place, 2);
    until_they_listen(&place, 2);
    // The connection on which it listens is cut, and cut again whenever it comes back.
    let url = place.database().to_owned();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    assert!(!database::run(&url, cut).is_empty(), "nobody listens");
    let waiting = ask_beside(&servers[0].url(), "/v1/inbox?wait=20");
    let a = line(&servers[1].url(), COMMUNE);
    database::run(&url, cut);
    let receipt = a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    let (items, after) = waiting.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(items, [receipt.server_id.as_str()]);
    assert!(after < Duration::from_secs(10), "{after:?}");
}

/// Many parcels at once from many senders to the same recipients, over three instances: each
/// is there once, no cursor passes one, and each sender's chain has no gap.
#[test]
fn a_cursor_passes_nothing_and_a_chain_has_no_gap() {
    const EACH: usize = 25;
    let place = place!();
    let servers = start_together(&place, 3);
    let reading = {
        let b = line(&servers[0].url(), PROVINCE);
        thread::spawn(move || {
            let (mut cursor, mut seen) = (None::<String>, Vec::new());
            while seen.len() < 6 * EACH {
                let page = b.inbox(Listing::After(cursor.as_deref()), 7).unwrap();
                cursor = page.items.last().map(|item| item.cursor.clone()).or(cursor);
                seen.extend(page.items.into_iter().map(|item| item.id));
            }
            seen
        })
    };
    let writing: Vec<_> = (0..6)
        .map(|writer| {
            let from = if writer % 2 == 0 { COMMUNE } else { PROVINCE };
            let a = line(&servers[writer % 3].url(), from);
            thread::spawn(move || {
                for n in 0..EACH {
                    let key = format!("{writer}-{n}");
                    // Named in another order each time: nobody waits for each other.
                    let to = if n % 2 == 0 { [PROVINCE, COMMUNE] } else { [COMMUNE, PROVINCE] };
                    a.send(&parcel(&key, &to, key.as_bytes()), &()).unwrap();
                }
            })
        })
        .collect();
    for writer in writing {
        writer.join().unwrap();
    }
    let seen = reading.join().unwrap();
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 6 * EACH);
    let url = place.database();
    for agency in [COMMUNE, PROVINCE] {
        let sql = format!("SELECT number FROM packet WHERE sender = '{agency}' ORDER BY number");
        let numbers: Vec<usize> =
            database::run(url, &sql).iter().map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers, (1..=3 * EACH).collect::<Vec<_>>());
    }
}

#[test]
fn the_same_parcel_at_several_instances_is_one_parcel() {
    let place = place!();
    let servers = start_together(&place, 3);
    let bytes = packet(5, 20_000);
    let sending: Vec<_> = (0..9)
        .map(|n| {
            let (a, bytes) = (line(&servers[n % 3].url(), COMMUNE), bytes.clone());
            thread::spawn(move || a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap())
        })
        .collect();
    let receipts: Vec<_> = sending.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(receipts.iter().all(|receipt| receipt == &receipts[0]), "{receipts:?}");
    let b = line(&servers[0].url(), PROVINCE);
    assert_eq!(b.inbox(Listing::After(None), 10).unwrap().items.len(), 1);
}

#[test]
fn one_that_looks_elsewhere_does_not_start() {
    let place = place!();
    let first = place.start();
    let elsewhere = tempfile::tempdir().unwrap();
    // Another key: it could open no office's secret.
    let mut config = place.config();
    config.site.data_dir = elsewhere.path().join("a");
    assert!(matches!(Server::start(config), Err(ServerError::OtherKey(_))));
    assert!(!elsewhere.path().join("a/server.key").exists(), "a key that opens nothing was made");
    // The key, but another place for packets: it could give out none of the others'.
    let mut config = place.config();
    config.site.data_dir = elsewhere.path().join("b");
    config.site.key = Some(place.path().join("server.key"));
    assert!(matches!(Server::start(config.clone()), Err(ServerError::OtherPlace(_))));
    config.site.blobs = Some(vanthu::server::BlobPlace::Folder(place.path().to_owned()));
    let second = Server::start(config).unwrap();
    let a = line(&first.url(), COMMUNE);
    a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    let b = line(&second.url(), PROVINCE);
    let item = b.inbox(Listing::After(None), 1).unwrap().items.remove(0);
    assert_eq!(b.fetch(&item, &()).unwrap(), b"<edXML/>");
}

#[test]
fn a_database_that_is_away_is_waited_for() {
    let place = place!();
    let server = place.start();
    let a = line(&server.url(), COMMUNE);
    let url = place.database();
    a.send(&parcel("1", &[PROVINCE], b"mot"), &()).unwrap();
    // As after a restart of the database: every connection that is kept is dead.
    let name = url.rsplit('/').next().unwrap();
    let cut = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    );
    assert!(!database::run(url, &cut).is_empty());
    a.send(&parcel("2", &[PROVINCE], b"hai"), &()).unwrap();
    // A newer server has been here.
    database::run(url, "UPDATE schema_version SET version = 99");
    let newer = Server::start(place.config());
    assert!(matches!(newer, Err(ServerError::NewerDatabase { found: 99, .. })), "{newer:?}");
    let nowhere = "postgres://nobody@%2Fnonexistent/x".parse().unwrap();
    let mut config = place.config();
    config.site.database = nowhere;
    assert!(matches!(Server::start(config), Err(ServerError::Unreachable(_))));
}
