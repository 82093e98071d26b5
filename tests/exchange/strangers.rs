//! What answers is not the server, or who calls is not an office.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use vanthu::domain::problem::Problem;
use vanthu::exchange::engine::Stop;
use vanthu::exchange::{ExchangeError, Outcome, Watch};

use super::filter::{Filter, PAGES};
use super::proxy::{Fault, Proxy};
use super::*;

on_every! {
    a_wrong_secret_parks_nothing,
    what_is_called_off_ends_soon_and_parks_nothing,
    a_clock_that_is_wrong_is_told_by_how_much,
    the_slow_and_the_rude_are_not_waited_for,
    what_is_stopped_on_the_way_does_not_hold_up_the_others,
}

fn a_wrong_secret_parks_nothing(profile: Profile, place: &Place) {
    let server = place.start();
    let office = Office::default();
    office.queue("1", &code(PROVINCE), &packet(1, 4 * MIB), false);
    let small = parcel("k", &[PROVINCE], b"x");
    for (agency, secret) in [(COMMUNE, "bi-mat-cua-ke-khac"), ("H99", "bi-mat-cua-H99")] {
        let seat = Seat { secret: secret.to_owned(), ..Seat::of(agency) };
        let wrong = profile.line_from(&server.url(), seat);
        let expected = ExchangeError::BadCredentials { agency: code(agency) };
        assert_eq!(wrong.health().is_ok(), profile.can(Ability::GreetAnybody));
        assert_eq!(wrong.send(&small, &()).unwrap_err(), expected);
        assert_eq!(wrong.inbox(Listing::Waiting(None), 1).unwrap_err(), expected);
        assert_eq!(wrong.agencies(0).unwrap_err(), expected);
        let report = sync(&office, &*wrong);
        assert_eq!(report.stopped, Some(Stop::Line(expected)));
        let row = office.row("1");
        assert_eq!((row.item.attempts, row.until, row.wedged), (0, None, None));
    }
    // Once the secret is right, everything goes at once.
    assert_eq!(sync(&office, &*profile.line(&server.url(), COMMUNE)).sent, 1);
    // Nothing came of what was tried, and whoever may not call confirms nothing either.
    let item = inbox(&*profile.line(&server.url(), PROVINCE)).remove(0);
    let seat = Seat { secret: "bi-mat-cua-ke-khac".to_owned(), ..Seat::of(PROVINCE) };
    let wrong = profile.line_from(&server.url(), seat);
    let expected = ExchangeError::BadCredentials { agency: code(PROVINCE) };
    assert_eq!(wrong.fetch(&item, &()).unwrap_err(), expected);
    assert_eq!(wrong.confirm(&item.id, Outcome::Kept).unwrap_err(), expected);
    assert_eq!(inbox(&*profile.line(&server.url(), PROVINCE)), [item]);
}

/// Answers every connection with `answer`, whatever is asked.
fn portal(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().take(20).flatten() {
            thread::spawn(move || {
                let mut stream = stream;
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    address
}

#[test]
fn a_captive_portal_is_not_the_server() {
    let office = Office::default();
    office.queue("1", &code(PROVINCE), b"mat", false);
    for (profile, answer) in Profile::ALL.into_iter().flat_map(|profile| {
        [
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\
             Connection: close\r\n\r\n<html>Wi-Fi khach</html>\r\n",
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/login\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX-Vanthu-Server: vanthu/1\r\nContent-Length: 2\r\n\
             Connection: close\r\n\r\n{}",
        ]
        .map(|answer| (profile, answer))
    }) {
        let report = sync(&office, &*profile.line(&format!("http://{}", portal(answer)), COMMUNE));
        assert!(
            matches!(report.stopped, Some(Stop::Line(ExchangeError::NotTheServer(_)))),
            "{profile:?} {:?}",
            report.stopped
        );
        let row = office.row("1");
        assert_eq!((row.item.attempts, row.until, row.wedged), (0, None, None));
    }
    // A balancer with nothing behind it is the server's trouble, not another's place.
    let gone = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for profile in Profile::ALL {
        let line = profile.line(&format!("http://{}", portal(gone)), COMMUNE);
        let error = line.health().unwrap_err();
        assert!(matches!(error, ExchangeError::ServerFault { status: 502, .. }), "{error}");
    }
}

#[test]
fn nobody_there_and_nobody_answering() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // It takes up the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    for profile in Profile::ALL {
        let error = profile.line(&format!("http://{closed}"), COMMUNE).health().unwrap_err();
        assert!(matches!(error, ExchangeError::Unreachable(_)), "{error}");
        assert_eq!(Problem::from(error).code, "exchange-unreachable");

        let begun = Instant::now();
        let error = profile.line(&url, COMMUNE).health().unwrap_err();
        assert_eq!(error, ExchangeError::TimedOut { seconds: 3 });
        assert!(begun.elapsed() < Duration::from_secs(6));

        let begun = Instant::now();
        let line = profile.line(&url, COMMUNE);
        let report = sync_once(&Office::default(), &*line, Timestamp::now(), &|| true);
        // Asking who is there is short and not called off; what would follow it is.
        assert!(report.stopped.is_some() && begun.elapsed() < Duration::from_secs(6));
    }
}

fn what_is_called_off_ends_soon_and_parks_nothing(profile: Profile, place: &Place) {
    /// Calls off once something has passed.
    struct Impatient<'a>(&'a Proxy);
    impl Watch for Impatient<'_> {
        fn cancelled(&self) -> bool {
            self.0.up() + self.0.down() > 300_000
        }
    }
    let server = place.start();
    let bytes = packet(1, MIB);
    let office = Office::default();
    office.queue("1", &code(PROVINCE), &bytes, false);
    for (agency, fault) in [(COMMUNE, Fault::HoldUp(400_000)), (PROVINCE, Fault::HoldDown(400_000))]
    {
        let proxy = Proxy::before(server.address());
        proxy.spoil([fault]);
        let (line, begun) = (profile.line(&proxy.url(), agency), Instant::now());
        let report = sync_once(&office, &*line, Timestamp::now(), &Impatient(&proxy));
        assert_eq!(report.stopped, Some(Stop::Line(ExchangeError::Cancelled)));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        let row = office.row("1");
        assert_eq!((row.item.attempts, row.until, row.wedged), (0, None, None));
        // It goes, and comes, as soon as it may.
        let line = profile.line(&server.url(), agency);
        let report = sync(&office, &*line);
        assert_eq!((report.sent + report.received, report.stopped), (1, None));
    }
    assert_eq!(office.received(), [bytes]);
}

fn what_is_stopped_on_the_way_does_not_hold_up_the_others(profile: Profile, place: &Place) {
    let server = place.start();
    let (commune, province) = (Office::default(), Office::default());
    for (seed, page) in (1..).step_by(10).zip(PAGES) {
        let filter = Filter::before(server.address(), page);
        let b = profile.line(&server.url(), PROVINCE);
        b.send(&parcel(&seed.to_string(), &[COMMUNE], &packet(seed, 500)), &()).unwrap();
        // Sending: the first of three does not pass, once as one call and once in pieces.
        let sizes = if seed == 1 { [1_000; 3] } else { [100_000; 3] };
        let packets: Vec<_> =
            (seed + 1..).zip(sizes).map(|(seed, size)| packet(seed, size)).collect();
        for (n, bytes) in packets.iter().enumerate() {
            commune.queue(&format!("{seed}-{n}"), &code(PROVINCE), bytes, false);
        }
        let stopped = format!("{seed}-0");
        filter.stop(&packets[0][..64]);
        let a = profile.line(&filter.url(), COMMUNE);
        let report = sync(&commune, &*a);
        assert_eq!((report.sent, report.put_off, report.received), (2, 1, 1), "{report:?}");
        let told = report.stopped.clone();
        assert!(matches!(told, Some(Stop::Line(ExchangeError::Blocked(_)))), "{report:?}");
        let row = commune.row(&stopped);
        assert_eq!((row.item.attempts, row.wedged), (1, None));
        // It rests meanwhile, and nothing is wrong with the line.
        let report = sync(&commune, &*a);
        assert_eq!((report.sent, report.put_off, report.stopped), (0, 0, None));
        filter.stop(b"");
        assert_eq!(sync_later(&commune, &*a).sent, 1);

        // Fetching: likewise.
        let items = b.inbox(Listing::Waiting(None), 10).unwrap().items;
        assert_eq!(items.len(), 3);
        let name = items[0].id.split('@').next().unwrap().to_owned();
        filter.stop(name.as_bytes());
        let b = profile.line(&filter.url(), PROVINCE);
        let report = sync(&province, &*b);
        assert_eq!((report.received, report.stopped), (2, None));
        let troubled: Vec<_> = report.troubled.into_iter().map(|one| one.error).collect();
        assert!(matches!(troubled[..], [ExchangeError::Blocked(_)]), "{troubled:?}");
        let report = sync(&province, &*b);
        assert_eq!((report.troubled.len(), report.stopped), (0, None), "it does not rest");
        filter.stop(b"");
        assert_eq!(sync_later(&province, &*b).received, 1);
    }
    assert_eq!(province.received().len(), 6);
}

fn a_clock_that_is_wrong_is_told_by_how_much(profile: Profile, place: &Place) {
    let server = place.start();
    let office = Office::default();
    office.queue("1", &code(PROVINCE), b"mot", false);
    let by = |clock| profile.line_from(&server.url(), Seat { clock, ..Seat::of(COMMUNE) });
    for (hours, clock) in [
        (1, (|| Timestamp::now() + SignedDuration::from_hours(1)) as fn() -> Timestamp),
        (-1, || Timestamp::now() - SignedDuration::from_hours(1)),
    ] {
        let report = sync(&office, &*by(clock));
        // Where nobody is greeted the refusal alone tells it.
        assert_eq!(report.skew.is_some(), profile.can(Ability::GreetAnybody));
        let skew = report.skew.map_or(-hours * 3600, |skew| skew.as_secs());
        assert!((skew + hours * 3600).abs() <= 2, "{skew}");
        let Some(Stop::Line(ExchangeError::ClockSkew { seconds })) = report.stopped else {
            panic!("{:?}", report.stopped)
        };
        assert!((seconds + hours * 3600).abs() <= 2, "{seconds}");
        let row = office.row("1");
        assert_eq!((row.item.attempts, row.until, row.wedged), (0, None, None));
    }
    // Nothing was held against the parcel: with the clock right it goes at once.
    let report = sync(&office, &*by(|| Timestamp::now() + SignedDuration::from_mins(14)));
    assert_eq!((report.sent, report.stopped), (1, None));
}

fn the_slow_and_the_rude_are_not_waited_for(profile: Profile, place: &Place) {
    let mut config = place.config();
    config.limits.head = Duration::from_millis(300);
    config.limits.idle = Duration::from_millis(300);
    config.limits.connections = 4;
    let server = Server::start(config).unwrap();
    // More connections than there are places, each with half a head: they are closed in
    // time, and those who wait behind them are served.
    let mut slow: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            stream.write_all(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n").unwrap();
            stream
        })
        .collect();
    assert!(profile.line(&server.url(), COMMUNE).health().is_ok());
    for stream in &mut slow {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    }
}
