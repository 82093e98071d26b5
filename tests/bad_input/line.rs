//! The provincial server is not there, is another, or does not know us. What waits keeps
//! waiting, and goes as soon as the line is right.

use std::io::{Read, Write};
use std::net::TcpListener;

use jiff::{SignedDuration, Timestamp};
use vanthu::exchange::wire::{Code, Health, NAME, Refusal, SERVER, SERVER_VALUE};

use crate::place::{PROVINCE, Place, TAN_BINH, p12};
use crate::support::ServerProcess;

/// An office with one document in the outbox, and a server.
fn waiting() -> (Place, ServerProcess) {
    let place = Place::new();
    let server = ServerProcess::start(
        &place.root.join("server"),
        &[(TAN_BINH, "Tân Bình"), (PROVINCE, "Tỉnh")],
    );
    let id = place.to_sign();
    let (leader, seal) = (p12("leader"), p12("org"));
    place
        .run("lanhdao", &["sign-document", &id, "--token", &leader, "--pin-env", "P12_PIN"])
        .done();
    place.run("vanthu", &["seal", &id, "--token", &seal, "--pin-env", "P12_PIN"]).done();
    place.run("vanthu", &["issue", &id]).done();
    (place, server)
}

fn connect(place: &Place, url: &str, secret: &str) {
    place.run("quantri", &["config", "server", url, "--secret-env", secret]).done();
}

#[track_caller]
fn then_it_goes(place: &Place, server: &ServerProcess) {
    assert_eq!(place.state().outbox_waiting, 1);
    place.office.connect(server);
    let sync = place.run("vanthu", &["sync", "--once"]).done();
    assert_eq!((&sync["sent"], &sync["waiting"]), (&1.into(), &0.into()), "{sync}");
}

#[test]
fn no_server_is_set() {
    let (place, server) = waiting();
    place.refused("vanthu", &["sync", "--once"], 4, "office-no-server");
    then_it_goes(&place, &server);
}

#[test]
fn a_wrong_secret() {
    let (place, server) = waiting();
    connect(&place, &server.url, "WRONG_PIN");
    place.refused("vanthu", &["sync", "--once"], 5, "exchange-bad-credentials");
    then_it_goes(&place, &server);
}

#[test]
fn the_server_is_down() {
    let (place, mut server) = waiting();
    place.office.connect(&server);
    server.kill();
    place.refused("vanthu", &["sync", "--once"], 4, "exchange-unreachable");
    server.restart();
    then_it_goes(&place, &server);
}

#[test]
fn an_address_that_is_not_encrypted() {
    let (place, server) = waiting();
    let words = ["config", "server", "http://may-chu.example", "--secret-env", "SERVER_SECRET"];
    place.refused("quantri", &words, 5, "exchange-not-encrypted");
    then_it_goes(&place, &server);
}

#[test]
fn a_captive_portal() {
    let (place, server) = waiting();
    let portal = answering(|_| {
        let page = "<html>Wi-Fi khách: mời đăng nhập</html>";
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{page}",
            page.len()
        )
    });
    connect(&place, &portal, "SERVER_SECRET");
    place.refused("vanthu", &["sync", "--once"], 4, "exchange-not-the-server");
    then_it_goes(&place, &server);
}

#[test]
fn a_clock_that_is_wrong() {
    let (place, server) = waiting();
    // A server whose clock is two hours ahead; what it says is what the real one says then.
    let ahead = answering(|request| {
        let time = Timestamp::now() + SignedDuration::from_hours(2);
        let (status, body) = if request.starts_with("GET /v1/health") {
            let health = Health {
                name: NAME.to_owned(),
                version: "1".to_owned(),
                time,
                packet_limit: 1 << 20,
                receipt_key: String::new(),
            };
            ("200 OK", serde_json::to_string(&health).unwrap())
        } else {
            let refusal = Refusal {
                status: 401,
                code: Code::ClockSkew,
                detail: "the call's time is too far from now".to_owned(),
                time,
                recipients: Vec::new(),
                closed: Vec::new(),
                limit: None,
            };
            ("401 Unauthorized", serde_json::to_string(&refusal).unwrap())
        };
        format!(
            "HTTP/1.1 {status}\r\n{SERVER}: {SERVER_VALUE}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    });
    connect(&place, &ahead, "SERVER_SECRET");
    let error = place.refused("vanthu", &["sync", "--once"], 4, "exchange-clock-skew");
    assert_eq!(error["facts"]["minutes"], "120", "{error:#}");
    assert_eq!(error["facts"]["direction"], "slow");
    // Who looks for the cause is told it, too.
    let doctor = place.run("vanthu", &["doctor"]).json;
    let clock =
        doctor["components"].as_array().unwrap().iter().find(|one| one["component"] == "clock");
    assert_eq!(clock.unwrap()["state"], "broken");
    then_it_goes(&place, &server);
}

/// Answers every connection as `answer` says; returns the address.
fn answering(answer: fn(&str) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut request = vec![0; 64 << 10];
                let size = stream.read(&mut request).unwrap_or(0);
                let text = answer(&String::from_utf8_lossy(&request[..size]));
                let _ = stream.write_all(text.as_bytes());
                // The rest of a long request is read, or the answer would be lost with it.
                let _ = stream.shutdown(std::net::Shutdown::Write);
                while stream.read(&mut request).is_ok_and(|size| size > 0) {}
            });
        }
    });
    url
}
