//! What one caller may take of the server, whichever way he goes about it.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::blocking::Response;
use vanthu::exchange::Outcome;
use vanthu::exchange::wire::{self, Code, sha256_hex};
use vanthu::server::{Quota, Registry};

use super::profile::{Call, no, refusal};
use super::*;

on_both! {
    what_ends_at_once_shares_one_quota,
    a_quota_binds_new_documents_alone,
    too_many_uploads_are_told_to_wait,
    a_refused_upload_is_not_heard_out_for_ever,
    who_reads_nothing_is_left,
    every_answer_about_an_upload_is_as_tus_says,
    figures_tell_what_is_under_way_and_why_calls_fail,
    an_address_that_proves_nothing_is_not_listened_to,
}

/// Begins an upload of `bytes`.
fn begin(server: &RunningServer, bytes: &[u8], kind: &str, key: &str) -> Response {
    let length = bytes.len().to_string();
    let extra = [(wire::TUS_RESUMABLE, wire::TUS_VERSION), (wire::UPLOAD_LENGTH, length.as_str())];
    let call = Call {
        target: "/v1/uploads",
        body: b"",
        sha256: sha256_hex(bytes),
        kind,
        extra: &extra,
        ..Call::packet(b"", key)
    };
    call.send_to(&server.url())
}

fn place_of(begun: &Response) -> String {
    assert_eq!(begun.status().as_u16(), 201);
    begun.headers()["location"].to_str().unwrap().to_owned()
}

/// Goes on with an upload from a byte on.
fn go_on(server: &RunningServer, place: &str, from: usize, bytes: &[u8]) -> Response {
    let from = from.to_string();
    let extra = [
        (wire::TUS_RESUMABLE, wire::TUS_VERSION),
        (wire::UPLOAD_OFFSET, from.as_str()),
        ("content-type", wire::UPLOAD_TYPE),
    ];
    let call = Call { method: "PATCH", body: bytes, extra: &extra, ..Call::get(place) };
    call.send_to(&server.url())
}

fn what_ends_at_once_shares_one_quota(place: &Place) {
    const ALL: u32 = 8;
    const ROOM: u64 = 3;
    let mut config = place.config();
    config.limits.quota = Quota { packets: Some(ROOM), bytes: None };
    let server = Server::start(config).unwrap();
    let bytes = |n: u32| packet(n + 1, 20_000);
    let key = |n: u32| format!("khoa-cua-goi-tin-{n}");
    let places: Vec<String> =
        (0..ALL).map(|n| place_of(&begin(&server, &bytes(n), "document", &key(n)))).collect();
    let all_at_once = |call: &(dyn Fn(u32) -> Response + Sync)| {
        thread::scope(|scope| {
            let calls: Vec<_> = (0..ALL).map(|n| scope.spawn(move || call(n))).collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect::<Vec<_>>()
        })
    };
    let ended = all_at_once(&|n| go_on(&server, &places[n as usize], 0, &bytes(n)));
    let mut left = Vec::new();
    for (n, response) in (0..ALL).zip(ended) {
        if response.status().as_u16() != 204 {
            assert!(response.headers().contains_key("retry-after"));
            assert_eq!(refusal(response), no(429, Code::OverQuota));
            left.push(n);
        }
    }
    let got_in = || inbox(&line(&server.url(), PROVINCE)).len() as u64;
    assert_eq!((left.len(), got_in()), ((u64::from(ALL) - ROOM) as usize, ROOM));
    // Nor in one call each.
    let whole = all_at_once(&|n| Call::packet(&bytes(n), &key(n)).send_to(&server.url()));
    let taken = whole.iter().filter(|response| response.status().is_success()).count() as u64;
    assert_eq!((taken, got_in()), (ROOM, ROOM), "what was accepted is answered again");
    // What came up has stayed: on a day with room it takes no byte more.
    let registry = Registry::open(&place.site()).unwrap();
    registry.set_quota(&code(COMMUNE), Quota { packets: Some(100), bytes: None }).unwrap();
    for n in left {
        let response = go_on(&server, &places[n as usize], 20_000, b"");
        assert_eq!(response.status().as_u16(), 204, "{}", response.text().unwrap());
    }
    assert_eq!(got_in(), u64::from(ALL));
}

fn a_quota_binds_new_documents_alone(place: &Place) {
    let mut config = place.config();
    config.limits.quota = Quota { packets: Some(1), bytes: Some(50_000) };
    let server = Server::start(config).unwrap();
    let send = |kind: &str, size: usize, key: &str| {
        let bytes = packet(u32::try_from(size).unwrap(), size);
        let call = Call { kind, ..Call::packet(&bytes, key) };
        call.send_to(&server.url()).status().as_u16()
    };
    // What binds nobody takes no room either.
    assert_eq!(send("order", 40_000, "khoa-cua-goi-tin-0"), 201);
    assert_eq!(send("document", 20_000, "khoa-cua-goi-tin-1"), 201);
    assert_eq!(send("document", 20_001, "khoa-cua-goi-tin-2"), 429);
    assert_eq!(send("status", 30_000, "khoa-cua-goi-tin-3"), 201);
    assert_eq!(send("order", 60_000, "khoa-cua-goi-tin-4"), 201);
    // What is large counts, whatever the sender calls it.
    for kind in ["status", "order"] {
        assert_eq!(send(kind, 512 * 1024 + 1, "khoa-cua-goi-tin-8"), 413, "{kind}");
        let begun = begin(&server, &packet(8, 512 * 1024 + 1), kind, "khoa-cua-goi-tin-8");
        assert_eq!(refusal(begun), no(413, Code::TooLarge), "{kind}");
    }
    assert_eq!(send("order", 512 * 1024, "khoa-cua-goi-tin-9"), 201);
    // And in pieces.
    for (kind, key) in [("status", "khoa-cua-goi-tin-5"), ("order", "khoa-cua-goi-tin-6")] {
        let bytes = packet(7, 45_000);
        let place = place_of(&begin(&server, &bytes, kind, key));
        assert_eq!(go_on(&server, &place, 0, &bytes).status().as_u16(), 204, "{kind}");
    }
    assert_eq!(inbox(&line(&server.url(), PROVINCE)).len(), 7);
    // The largest packet is the largest of every kind.
    server.stop();
    let mut config = place.config();
    config.limits.packet_bytes = 10_000;
    let server = Server::start(config).unwrap();
    let bytes = packet(9, 10_001);
    for kind in ["status", "order"] {
        let call = Call { kind, ..Call::packet(&bytes, "khoa-cua-goi-tin-7") };
        assert_eq!(refusal(call.send_to(&server.url())), no(413, Code::TooLarge), "{kind}");
    }
}

fn too_many_uploads_are_told_to_wait(place: &Place) {
    let server = place.start();
    let key = |n: u32| format!("khoa-cua-goi-tin-{n}");
    let begun = |n: u32| begin(&server, &packet(n + 1, 100), "document", &key(n));
    let places: Vec<String> = (0..100).map(|n| place_of(&begun(n))).collect();
    let refused = begun(100);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refusal(refused), no(503, Code::TooManyUploads));
    // Those that are begun are found again, and others have their own.
    assert_eq!(place_of(&begun(99)), places[99]);
    let b = line(&server.url(), PROVINCE);
    b.send(&parcel("1", &[COMMUNE], &packet(1, 100_000)), &()).unwrap();
    // An office parks nothing for it, and still receives.
    let office = Office::default();
    office.queue("1", &code(PROVINCE), &packet(200, 100_000), false);
    let a = line(&server.url(), COMMUNE);
    let report = sync(&office, &a);
    assert_eq!((report.put_off, report.wedged, report.received), (1, 0, 1));
    assert!(report.problem().is_some());
    // One that ends makes room for another.
    assert_eq!(go_on(&server, &places[0], 0, &packet(1, 100)).status().as_u16(), 204);
    assert_eq!(sync_later(&office, &a).sent, 1);
}

/// Sends a head that anybody can write, then a byte now and then, each in time; the answer, once
/// the connection has ended.
fn answered_in_the_end(server: &RunningServer, line: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n{}: {COMMUNE}\r\n{}: 00\r\n\r\n",
        wire::AGENCY,
        wire::SIGNATURE,
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let (mut answer, mut piece, begun) = (Vec::new(), [0; 4096], Instant::now());
    loop {
        assert!(begun.elapsed() < Duration::from_secs(30), "{line} is still heard");
        let _ = stream.write_all(b"x");
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&piece[..read]),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn a_refused_upload_is_not_heard_out_for_ever(place: &Place) {
    let mut config = place.config();
    config.limits.head = Duration::from_millis(600);
    let server = Server::start(config).unwrap();
    let lines = [format!("PATCH /v1/uploads/{}", "0".repeat(64)), "POST /v1/packets".to_owned()];
    for line in &lines {
        let answer = answered_in_the_end(&server, line);
        assert!(answer.starts_with("HTTP/1.1 401 "), "{line}: {answer}");
    }
    // Nor where it cannot be told who calls.
    place.sql("ALTER TABLE office_key RENAME TO office_key_gone");
    for line in &lines {
        let answer = answered_in_the_end(&server, line);
        assert!(answer.starts_with("HTTP/1.1 5"), "{line}: {answer}");
    }
}

fn who_reads_nothing_is_left(place: &Place) {
    let server = place.start();
    let bytes = packet(1, 16 * MIB);
    let receipt =
        line(&server.url(), COMMUNE).send(&parcel("1", &[PROVINCE], &bytes), &()).unwrap();
    server.stop();
    let mut config = place.config();
    config.limits.stall = Duration::from_millis(500);
    config.limits.connections = 1;
    let server = Server::start(config).unwrap();
    let target = format!("/v1/packets/{}", receipt.server_id);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(Call::get(&target).of(PROVINCE).head().as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(200));
    // The only place is taken, until the server has had enough.
    let (next, begun) = (line(&server.url(), COMMUNE), Instant::now());
    while next.health().is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the place is still taken");
    }
    drop(stream);
}

fn every_answer_about_an_upload_is_as_tus_says(place: &Place) {
    let server = place.start();
    let (bytes, tus) = (packet(1, 5_000), (wire::TUS_RESUMABLE, wire::TUS_VERSION));
    let spoken = |response: &Response| {
        assert_eq!(response.headers()[wire::TUS_RESUMABLE], wire::TUS_VERSION);
        response.status().as_u16()
    };
    let expires = |response: &Response| {
        let text = response.headers()["upload-expires"].to_str().unwrap();
        let end = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).unwrap();
        assert!(text.ends_with(" GMT"), "{text}");
        end.duration_since(Timestamp::now()).as_hours()
    };
    let begun = begin(&server, &bytes, "document", "khoa-cua-goi-tin-1");
    assert_eq!((spoken(&begun), expires(&begun)), (201, 47));
    let upload = place_of(&begun);
    let further = go_on(&server, &upload, 0, &bytes[..2_000]);
    assert_eq!((spoken(&further), expires(&further)), (204, 47));
    // Refusals say it, too, and another version is told which there are.
    fn with(
        server: &RunningServer,
        method: &str,
        target: &str,
        extra: &[(&str, &str)],
    ) -> Response {
        Call { method, extra, ..Call::get(target) }.send_to(&server.url())
    }
    assert_eq!(spoken(&go_on(&server, &upload, 1, b"x")), 409);
    let plain = [tus, (wire::UPLOAD_OFFSET, "2000"), ("content-type", "application/xml")];
    assert_eq!(spoken(&with(&server, "PATCH", &upload, &plain)), 415);
    for method in ["HEAD", "PATCH", "DELETE"] {
        for extra in [&[][..], &[(wire::TUS_RESUMABLE, "0.2.2")]] {
            let response = with(&server, method, &upload, extra);
            assert_eq!(spoken(&response), 412, "{method}");
            assert_eq!(response.headers()["tus-version"], wire::TUS_VERSION);
        }
    }
    let looked = with(&server, "HEAD", &upload, &[tus]);
    assert_eq!(
        (spoken(&looked), &looked.headers()[wire::UPLOAD_OFFSET]),
        (200, &"2000".parse().unwrap())
    );
    assert_eq!(spoken(&with(&server, "DELETE", &upload, &[tus])), 204);
    assert_eq!(spoken(&with(&server, "HEAD", &upload, &[tus])), 404);
    let options = with(&server, "OPTIONS", "/v1/uploads", &[]);
    assert!(options.headers().contains_key("tus-extension"));
    assert!(
        !options.headers().contains_key(wire::TUS_RESUMABLE),
        "the protocol leaves it out here"
    );
}

fn an_address_that_proves_nothing_is_not_listened_to(place: &Place) {
    let mut config = place.config();
    config.limits.strangers_per_minute = 1;
    config.proxies = vec![[127, 0, 0, 1].into()];
    let server = Server::start(config).unwrap();
    let call = |agency, from: &'static str, path| {
        let extra = [("x-forwarded-for", from)];
        Call { extra: &extra, ..Call::get(path).of(agency) }.send_to(&server.url())
    };
    let inbox = |agency, from| call(agency, from, "/v1/inbox");
    assert_eq!(inbox(PROVINCE, "203.0.113.7").status().as_u16(), 200);
    // Nobody knows H99; what stands before the last address is anybody's word.
    let from = "198.51.100.9, 203.0.113.7";
    assert_eq!(refusal(inbox("H99", from)), no(401, Code::BadCredentials));
    let refused = inbox("H99", "203.0.113.7:5678");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(refusal(refused), no(429, Code::Busy));
    assert_eq!(inbox(COMMUNE, "203.0.113.7").status().as_u16(), 429);
    assert_eq!(call(COMMUNE, "203.0.113.7", "/v1/ready").status().as_u16(), 200);
    // Whoever has proved himself from there before is heard all the same.
    assert_eq!(inbox(PROVINCE, "203.0.113.7").status().as_u16(), 200);
    // Who proves himself uses nothing up, however many share an address.
    for agency in [COMMUNE, PROVINCE].into_iter().cycle().take(10) {
        assert_eq!(inbox(agency, "198.51.100.9").status().as_u16(), 200);
    }
    // The axis' gateway counts the same; without a word of the proxy it is nobody.
    let gateway = |from: Option<&str>| {
        let url = format!("{}/XrdAdapter/getReceivedEdocList", server.url());
        let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
        let call = client.post(url).header("XroadVnpt-systemid", "H99");
        let call = from.into_iter().fold(call, |call, from| call.header("x-forwarded-for", from));
        call.send().unwrap().status().as_u16()
    };
    assert_eq!([Some("192.0.2.5"); 2].map(gateway), [200, 429]);
    assert_eq!([None; 3].map(gateway), [200; 3]);
}

fn figures(server: &RunningServer) -> String {
    let url = format!("{}/metrics", server.operators_url().unwrap());
    reqwest::blocking::get(url).unwrap().text().unwrap()
}

fn looked_at(place: &Place) -> ServerConfig {
    let listen = "127.0.0.1:0".parse().unwrap();
    let operators = Some(vanthu::server::Operators { listen, password: None });
    ServerConfig { operators, ..place.config() }
}

fn figures_tell_what_is_under_way_and_why_calls_fail(place: &Place) {
    let server = Server::start(looked_at(place)).unwrap();
    let a = line(&server.url(), COMMUNE);
    a.send(&parcel("1", &[PROVINCE, COMMUNE], b"mot"), &()).unwrap();
    place_of(&begin(&server, &packet(1, 100), "document", "khoa-cua-goi-tin-1"));
    let hour = Timestamp::now() - SignedDuration::from_hours(1);
    place.sql(&format!("UPDATE packet SET received_at = '{hour}'"));
    // By way of the axis' gateway each failure has its own name, too.
    let axis = |agency| Profile::Axis.line(&server.url(), agency);
    assert!(axis(COMMUNE).send(&parcel("2", &["H99"], b"hai"), &()).is_err());
    let seat = Seat { secret: "khong-phai-ma-bi-mat".to_owned(), ..Seat::of(COMMUNE) };
    let stranger = Profile::Axis.line_from(&server.url(), seat);
    assert!(stranger.inbox(Listing::Waiting(None), 1).is_err());
    let text = figures(&server);
    for line in [
        "vanthu_deliveries_waiting 2",
        "vanthu_uploads_open 1",
        "vanthu_refusals_total{reason=\"recipient-unknown\"} 1",
        "vanthu_refusals_total{reason=\"bad-credentials\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing:\n{text}");
    }
    let wait = text.lines().find_map(|line| line.strip_prefix("vanthu_oldest_delivery_seconds "));
    let wait: f64 = wait.unwrap().parse().unwrap();
    assert!((3_600.0..3_660.0).contains(&wait), "{wait}");
    // Nothing waits any more.
    for agency in [PROVINCE, COMMUNE] {
        let line = line(&server.url(), agency);
        line.confirm(&inbox(&line)[0].id, Outcome::Kept).unwrap();
    }
    let text = figures(&server);
    for line in ["vanthu_deliveries_waiting 0", "vanthu_oldest_delivery_seconds 0"] {
        assert!(text.lines().any(|found| found == line), "{line} is missing:\n{text}");
    }
}

#[test]
fn what_changes_the_tables_is_given_all_the_time() {
    let Some(place) = Place::postgres() else { return };
    // Whatever is made is asked under which limits.
    place.sql(
        "CREATE FUNCTION unlimited() RETURNS event_trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF current_setting('statement_timeout') <> '0' OR current_setting('lock_timeout') <> '0'
                OR current_setting('idle_in_transaction_session_timeout') <> '0' THEN
                 RAISE EXCEPTION 'cut off after %', current_setting('statement_timeout');
             END IF;
         END $$;
         CREATE EVENT TRIGGER unlimited ON ddl_command_start EXECUTE FUNCTION unlimited()",
    );
    let database = place.database().rsplit('/').next().unwrap();
    place.sql(&format!("ALTER DATABASE {database} SET lock_timeout = '5s'"));
    let server = place.start();
    assert!(line(&server.url(), COMMUNE).health().is_ok());
}

#[test]
fn what_callers_make_up_fills_no_metrics() {
    let place = Place::sqlite();
    let server = Server::start(looked_at(&place)).unwrap();
    for n in 0..20 {
        for path in ["/v1/health", "/XrdAdapter", "/v1/packets", "/none"] {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            let head =
                format!("MAKE{n} {path}/{n} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).unwrap();
            stream.read_to_string(&mut String::new()).unwrap();
        }
    }
    let text = figures(&server);
    let series: Vec<_> =
        text.lines().filter(|line| line.starts_with("vanthu_calls_total{")).collect();
    assert!((1..5).contains(&series.len()), "{series:#?}");
    assert!(series.iter().all(|line| line.contains("method=\"OTHER\"")), "{series:#?}");
}
