//! What answers is not the server, or who calls is not an office.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

use vanthu::domain::problem::Problem;
use vanthu::exchange::engine::Stop;
use vanthu::exchange::{ExchangeError, Line, Watch};

use super::*;

on_both! {
    a_wrong_secret_parks_nothing,
    a_clock_that_is_wrong_is_told_by_how_much,
    the_slow_and_the_rude_are_not_waited_for,
}

fn a_wrong_secret_parks_nothing(place: &Place) {
    let server = place.start();
    let office = Office::default();
    office.queue("1", &code(PROVINCE), &packet(1, 4 * MIB), false);
    for (agency, secret) in [(COMMUNE, "bi-mat-cua-ke-khac"), ("H99", "bi-mat-cua-H99")] {
        let wrong = line_with(&server.url(), agency, secret, Timestamp::now);
        let report = sync(&office, &wrong);
        let expected = ExchangeError::BadCredentials { agency: code(agency) };
        assert_eq!(report.stopped, Some(Stop::Line(expected)));
        let row = office.row("1");
        assert_eq!((row.item.attempts, row.until, row.wedged), (0, None, None));
    }
    // Once the secret is right, everything goes at once.
    assert_eq!(sync(&office, &line(&server.url(), COMMUNE)).sent, 1);
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
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\nConnection: close\r\n\r\n\
         <html>Wi-Fi khach</html>\r\n",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/login\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Vanthu-Server: vanthu/1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    ] {
        let report = sync(&office, &line(&format!("http://{}", portal(answer)), COMMUNE));
        assert!(
            matches!(report.stopped, Some(Stop::Line(ExchangeError::NotTheServer(_)))),
            "{:?}",
            report.stopped
        );
        let row = office.row("1");
        assert_eq!((row.item.attempts, row.until, row.wedged), (0, None, None));
    }
    // A balancer with nothing behind it is the server's trouble, not another's place.
    let gone = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let error = line(&format!("http://{}", portal(gone)), COMMUNE).health().unwrap_err();
    assert!(matches!(error, ExchangeError::ServerFault { status: 502, .. }), "{error}");
}

#[test]
fn nobody_there_and_nobody_answering() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = line(&format!("http://{closed}"), COMMUNE).health().unwrap_err();
    assert!(matches!(error, ExchangeError::Unreachable(_)), "{error}");
    assert_eq!(Problem::from(error).code, "exchange-unreachable");

    // It takes up the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let begun = Instant::now();
    let error = line(&url, COMMUNE).health().unwrap_err();
    assert_eq!(error, ExchangeError::TimedOut { seconds: 3 });
    assert!(begun.elapsed() < Duration::from_secs(6));

    struct Impatient;
    impl Watch for Impatient {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let begun = Instant::now();
    let report = sync_once(&Office::default(), &line(&url, COMMUNE), Timestamp::now(), &Impatient);
    // Asking who is there is short and not called off; what would follow it is.
    assert!(report.stopped.is_some() && begun.elapsed() < Duration::from_secs(6));
}

fn a_clock_that_is_wrong_is_told_by_how_much(place: &Place) {
    let server = place.start();
    let office = Office::default();
    office.queue("1", &code(PROVINCE), b"mot", false);
    for (hours, clock) in [
        (1, (|| Timestamp::now() + SignedDuration::from_hours(1)) as fn() -> Timestamp),
        (-1, || Timestamp::now() - SignedDuration::from_hours(1)),
    ] {
        let wrong = line_with(&server.url(), COMMUNE, &secret(COMMUNE), clock);
        let report = sync(&office, &wrong);
        let skew = report.skew.unwrap().as_secs();
        assert!((skew + hours * 3600).abs() <= 2, "{skew}");
        let Some(Stop::Line(ExchangeError::ClockSkew { seconds })) = report.stopped else {
            panic!("{:?}", report.stopped)
        };
        assert!((seconds + hours * 3600).abs() <= 2, "{seconds}");
    }
    let within = line_with(&server.url(), COMMUNE, &secret(COMMUNE), || {
        Timestamp::now() + SignedDuration::from_mins(14)
    });
    // Nothing was held against the parcel: with the clock right it goes at once.
    let report = sync(&office, &within);
    assert_eq!((report.sent, report.stopped), (1, None));
}

fn the_slow_and_the_rude_are_not_waited_for(place: &Place) {
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
    assert!(line(&server.url(), COMMUNE).health().is_ok());
    for stream in &mut slow {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    }
}
