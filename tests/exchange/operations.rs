//! What the operators of a province do: keys that are replaced, quotas, receipts and chains
//! that hold, old packets, and the page that they look at.

use jiff::civil::Date;
use reqwest::blocking::Client;
use serde_json::Value;
use vanthu::exchange::wire::{Receipted, sha256_hex};
use vanthu::exchange::{ExchangeError, Line, Listing, Outcome};
use vanthu::server::{Operators, Quota, Registry, Retention, ServerError};

use super::profile::Call;
use super::*;

on_both! {
    a_key_is_replaced_while_both_hold,
    a_disabled_office_neither_calls_nor_is_sent_to,
    more_than_the_quota_waits_for_tomorrow,
    an_office_over_its_quota_still_receives,
    too_many_calls_are_told_to_wait,
    a_receipt_is_proved_by_anybody,
    a_chain_tells_what_was_done_to_it,
    what_is_old_is_given_up_and_its_row_stays,
    what_lapses_is_told_to_operators_and_sender,
    what_was_kept_and_never_accepted_is_found,
    the_operators_see_what_waits_and_what_fails,
    an_office_with_a_certificate_alone_is_waited_for,
}

fn with_secret(server: &RunningServer, secret: &str) -> Result<(), ExchangeError> {
    line_with(&server.url(), COMMUNE, secret, Timestamp::now).agencies(0).map(drop)
}

fn a_key_is_replaced_while_both_hold(place: &Place) {
    let server = place.start();
    let registry = Registry::open(&place.site()).unwrap();
    let (old, new, newest) = (secret(COMMUNE), "ma-bi-mat-thu-hai", "ma-bi-mat-thu-ba");
    let week = Timestamp::now() + SignedDuration::from_hours(7 * 24);
    registry.rotate(&code(COMMUNE), &Pin::new(new), week).unwrap();
    for secret in [old.as_str(), new] {
        with_secret(&server, secret).unwrap();
    }
    let keys = |of: &str| {
        let offices = registry.offices().unwrap();
        offices.into_iter().find(|office| office.agency.code.as_str() == of).unwrap().keys
    };
    assert_eq!(keys(COMMUNE).len(), 2);
    assert_eq!((keys(COMMUNE)[0], keys(COMMUNE)[1].is_some()), (None, true));
    // Two at a time: a third ends the first.
    registry.rotate(&code(COMMUNE), &Pin::new(newest), week).unwrap();
    let refused = with_secret(&server, &old);
    assert!(matches!(refused, Err(ExchangeError::BadCredentials { .. })), "{refused:?}");
    for secret in [new, newest] {
        with_secret(&server, secret).unwrap();
    }
    // One that ends at once, and one that has ended by itself.
    registry.rotate(&code(COMMUNE), &Pin::new(old.clone()), Timestamp::now()).unwrap();
    assert!(with_secret(&server, newest).is_err());
    with_secret(&server, &old).unwrap();
    let soon = Timestamp::now() + SignedDuration::from_secs(8);
    registry.rotate(&code(COMMUNE), &Pin::new(new), soon).unwrap();
    with_secret(&server, &old).unwrap();
    wait_until("the key has ended", || with_secret(&server, &old).is_err());
    with_secret(&server, new).unwrap();
    // Others are not concerned, and an office that is not there has no key.
    assert_eq!(keys(PROVINCE), [None]);
    let nobody = registry.rotate(&code("H99"), &Pin::new(new), week);
    assert_eq!(nobody, Err(ServerError::UnknownOffice("H99".into())));
    let weak = registry.rotate(&code(COMMUNE), &Pin::new("ngan"), week);
    assert!(matches!(weak, Err(ServerError::WeakSecret { .. })));
}

fn a_disabled_office_neither_calls_nor_is_sent_to(place: &Place) {
    let server = place.start();
    let registry = Registry::open(&place.site()).unwrap();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    a.send(&parcel("1", &[PROVINCE], b"truoc"), &()).unwrap();
    registry.set_disabled(&code(PROVINCE), true).unwrap();
    assert!(matches!(b.agencies(0), Err(ExchangeError::BadCredentials { .. })));
    assert_eq!(
        a.send(&parcel("2", &[PROVINCE], b"sau"), &()),
        Err(ExchangeError::RecipientUnknown(vec![code(PROVINCE)]))
    );
    registry.set_disabled(&code(PROVINCE), false).unwrap();
    let items = b.inbox(Listing::Waiting(None), 10).unwrap().items;
    assert_eq!(items.len(), 1, "what waited for it has stayed");
    a.send(&parcel("2", &[PROVINCE], b"sau"), &()).unwrap();
}

fn more_than_the_quota_waits_for_tomorrow(place: &Place) {
    let mut config = place.config();
    config.limits.quota = Quota { packets: Some(3), bytes: Some(1_000_000) };
    let server = Server::start(config).unwrap();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    a.send(&parcel("1", &[PROVINCE], &packet(1, 600_000)), &()).unwrap();
    // In one call and in pieces.
    for size in [450_000, 29_999 + 400_000] {
        let error = a.send(&parcel("2", &[PROVINCE], &packet(2, size)), &()).unwrap_err();
        assert!(matches!(error, ExchangeError::OverQuota { after: Some(_) }), "{size}: {error}");
        assert!(error.is_recoverable());
    }
    a.send(&parcel("3", &[PROVINCE], b"nho"), &()).unwrap();
    a.send(&parcel("4", &[PROVINCE], b"nho nua"), &()).unwrap();
    let call = Call::packet(b"qua so", "khoa-cua-goi-thu-nam");
    let refused = call.send_to(&server.url());
    assert_eq!(refused.status().as_u16(), 429);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=24 * 60 * 60 + 1).contains(&wait), "{wait}");
    // What was accepted is answered again, not counted again.
    a.send(&parcel("4", &[PROVINCE], b"nho nua"), &()).unwrap();
    // Each office has its own, and may have another.
    b.send(&parcel("1", &[COMMUNE], b"cua tinh"), &()).unwrap();
    let registry = Registry::open(&place.site()).unwrap();
    let more = Quota { packets: Some(100), bytes: None };
    registry.set_quota(&code(COMMUNE), more).unwrap();
    a.send(&parcel("5", &[PROVINCE], b"duoc"), &()).unwrap();
    assert!(a.send(&parcel("6", &[PROVINCE], &packet(3, 450_000)), &()).is_err());
}

fn an_office_over_its_quota_still_receives(place: &Place) {
    let mut config = place.config();
    config.limits.quota = Quota { packets: None, bytes: Some(500_000) };
    let server = Server::start(config).unwrap();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    b.send(&parcel("1", &[COMMUNE], b"cho xa"), &()).unwrap();
    let office = Office::default();
    let (whole, half, more) = (packet(1, 500_001), packet(2, 300_000), packet(3, 300_000));
    for (item, bytes) in [("1", &whole), ("2", &half), ("3", &more)] {
        office.queue(item, &code(PROVINCE), bytes, false);
    }
    let now = Timestamp::now();
    let report = sync_once(&office, &a, now, &());
    // What no day has room for is parked, what today has none for waits; the rest goes on.
    assert_eq!((report.wedged, report.sent, report.put_off, report.received), (1, 1, 1, 1));
    assert_eq!(office.row("1").wedged.as_deref(), Some("exchange-too-large"));
    assert!(office.row("2").server_id.is_some());
    assert_eq!(report.problem().unwrap().code, "exchange-over-quota");
    assert_eq!(office.received(), [b"cho xa"]);
    let here = vanthu::domain::calendar::local(now);
    let midnight = here.tomorrow().unwrap().start_of_day().unwrap().timestamp();
    let until = office.row("3").until.unwrap();
    assert!(until >= midnight, "{until}");
    // Until then it is left alone, and nothing is wrong.
    let report = sync_once(&office, &a, now, &());
    assert_eq!((report.put_off, report.problem()), (0, None));
    // Then it goes; here the operators have let it.
    let registry = Registry::open(&place.site()).unwrap();
    registry.set_quota(&code(COMMUNE), Quota { packets: None, bytes: Some(1_000_000) }).unwrap();
    let report = sync_once(&office, &a, until, &());
    assert_eq!((report.sent, report.problem()), (1, None));
}

fn too_many_calls_are_told_to_wait(place: &Place) {
    let mut config = place.config();
    config.limits.calls_per_minute = 20;
    let server = Server::start(config).unwrap();
    let a = line(&server.url(), COMMUNE);
    let until = (0..40).find(|_| a.agencies(0).is_err()).unwrap();
    assert!((20..23).contains(&until), "{until} calls");
    assert_eq!(a.agencies(0), Err(ExchangeError::Busy));
    assert!(line(&server.url(), PROVINCE).agencies(0).is_ok(), "another pays for it");
    // Whoever only names the office uses nothing up: it calls again when it may.
    thread::sleep(Duration::from_millis(3_200));
    for _ in 0..30 {
        assert!(with_secret(&server, "khong-phai-ma-bi-mat").is_err());
    }
    assert!(a.agencies(0).is_ok());
}

/// The answer to a sending, as it came.
fn send(server: &RunningServer, bytes: &[u8], key: &str) -> Value {
    Call::packet(bytes, key).send_to(&server.url()).json().unwrap()
}

fn a_receipt_is_proved_by_anybody(place: &Place) {
    let server = place.start();
    let health: Value =
        reqwest::blocking::get(format!("{}/v1/health", server.url())).unwrap().json().unwrap();
    let key = health["receipt_key"].as_str().unwrap();
    let sender = code(COMMUNE);
    let mut before = String::new();
    for (number, bytes) in (1..).zip([b"mot".as_slice(), b"hai", b"ba"]) {
        let accepted = send(&server, bytes, &format!("khoa-cua-goi-so-{number}"));
        assert_eq!(accepted["number"], number);
        let text = |name: &str| accepted[name].as_str().unwrap();
        let receipted = Receipted {
            id: text("id"),
            sender: &sender,
            sha256: &sha256_hex(bytes),
            received_at: text("received_at").parse().unwrap(),
            number,
            link: text("link"),
        };
        assert!(receipted.is_proved(text("receipt"), key));
        // It says this and nothing else.
        for other in [
            Receipted { sha256: &sha256_hex(b"khac"), ..receipted },
            Receipted { number: number + 1, ..receipted },
            Receipted { sender: &code(PROVINCE), ..receipted },
            Receipted { link: &before, ..receipted },
        ] {
            assert!(!other.is_proved(text("receipt"), key));
        }
        before = text("link").to_owned();
    }
    // The same after a restart, and as the sender is told later.
    let again = send(&server, b"ba", "khoa-cua-goi-so-3");
    let target = format!("/v1/outbox/{}", again["id"].as_str().unwrap());
    server.stop();
    let server = place.start();
    let told: Value = Call::get(&target).send_to(&server.url()).json().unwrap();
    for name in ["receipt", "number", "link"] {
        assert_eq!(told[name], again[name], "{name}");
    }
}

fn a_chain_tells_what_was_done_to_it(place: &Place) {
    let server = place.start();
    for number in 1..=5 {
        send(&server, format!("goi {number}").as_bytes(), &format!("khoa-cua-goi-so-{number}"));
    }
    let registry = Registry::open(&place.site()).unwrap();
    let chain = |expected: (u64, Option<u64>)| {
        let chains = registry.verify_chains(Some(&code(COMMUNE))).unwrap();
        assert_eq!((chains[0].packets, chains[0].broken_at), expected);
    };
    chain((5, None));
    assert_eq!(registry.verify_chains(None).unwrap().len(), 2);
    let third = format!("WHERE sender = '{COMMUNE}' AND number = 3");
    // What a packet weighs, and to whom it went.
    place.sql(&format!("UPDATE packet SET size = size + 1 {third}"));
    chain((2, Some(3)));
    place.sql(&format!("UPDATE packet SET size = size - 1 {third}"));
    chain((5, None));
    let delivery = format!(
        "UPDATE delivery SET recipient = 'TO' WHERE packet IN (SELECT id FROM packet {third})"
    );
    place.sql(&delivery.replace("TO", COMMUNE).replace("SET", "SET outcome = NULL,"));
    chain((2, Some(3)));
    place.sql(&delivery.replace("TO", PROVINCE));
    chain((5, None));
    // A packet taken out of the middle, and one off the end.
    for (number, expected) in [(5, (4, Some(5))), (2, (1, Some(2)))] {
        place.sql(&format!(
            "DELETE FROM delivery WHERE packet IN
                 (SELECT id FROM packet WHERE sender = '{COMMUNE}' AND number = {number});
             DELETE FROM packet WHERE sender = '{COMMUNE}' AND number = {number}"
        ));
        chain(expected);
    }
}

fn what_is_old_is_given_up_and_its_row_stays(place: &Place) {
    let server = place.start();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let (kept, waiting) = (packet(1, 5_000), packet(2, 5_000));
    let first = a.send(&parcel("1", &[PROVINCE], &kept), &()).unwrap();
    b.confirm(&first.server_id, Outcome::Kept).unwrap();
    let second = a.send(&parcel("2", &[PROVINCE], &waiting), &()).unwrap();
    let has = |bytes: &[u8]| {
        let hash = sha256_hex(bytes);
        place.path().join("blobs").join(&hash[..2]).join(&hash[2..]).exists()
    };
    let registry = Registry::open(&place.site()).unwrap();
    let clear = |confirmed_days, days, grace| {
        let retention = Retention { confirmed_days, days };
        registry.clear_old(&place.site(), retention, grace).unwrap()
    };
    // Nothing is old yet; then what was confirmed is, and lies for a day.
    assert_eq!(clear(None, None, None), (0, 0));
    assert_eq!(clear(Some(1), Some(1), None), (0, 0));
    assert_eq!(clear(Some(0), None, None), (1, 0));
    assert!(has(&kept) && has(&waiting));
    let target = format!("/v1/packets/{}", first.server_id);
    let gone = Call::get(&target).of(PROVINCE).send_to(&server.url());
    assert_eq!(gone.status().as_u16(), 410);
    assert_eq!(clear(Some(0), None, Some(SignedDuration::ZERO)), (0, 1));
    assert!(!has(&kept) && has(&waiting));
    // The sender still sees what became of it, and the same bytes may be sent again.
    assert_eq!(a.delivery(&first.server_id).unwrap().deliveries[0].outcome, Some(Outcome::Kept));
    let again = a.send(&parcel("3", &[PROVINCE], &kept), &()).unwrap();
    let items = b.inbox(Listing::After(None), 10).unwrap().items;
    let ids: Vec<_> = items.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, [second.server_id.as_str(), again.server_id.as_str()]);
    assert_eq!(b.fetch(&items[1], &()).unwrap(), kept);

    // What is doomed and needed again meanwhile stays.
    assert_eq!(clear(None, Some(0), None), (2, 0));
    assert!(b.inbox(Listing::Waiting(None), 10).unwrap().items.is_empty());
    a.send(&parcel("4", &[PROVINCE], &waiting), &()).unwrap();
    assert_eq!(clear(None, None, Some(SignedDuration::ZERO)), (0, 1));
    assert_eq!(clear(Some(0), None, Some(SignedDuration::ZERO)), (0, 0));
    assert!(has(&waiting) && !has(&kept));
    assert_eq!(registry.verify_chains(Some(&code(COMMUNE))).unwrap()[0].broken_at, None);
}

fn what_lapses_is_told_to_operators_and_sender(place: &Place) {
    let mut config = place.config();
    config.operators = Some(Operators { listen: "127.0.0.1:0".parse().unwrap(), password: None });
    let server = Server::start(config).unwrap();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let receipt = a.send(&parcel("1", &[PROVINCE, COMMUNE], b"cho mai"), &()).unwrap();
    a.confirm(&receipt.server_id, Outcome::Kept).unwrap();
    let lapsed = || {
        let deliveries = a.delivery(&receipt.server_id).unwrap().deliveries;
        deliveries.iter().map(|one| one.lapsed_at.is_some()).collect::<Vec<_>>()
    };
    let page = || look(&server, "/?lang=en", None).1;
    assert_eq!(lapsed(), [false, false]);
    assert!(page().contains("<li><b>0</b> packets given up before they were fetched"));
    let registry = Registry::open(&place.site()).unwrap();
    let retention = Retention { confirmed_days: None, days: Some(0) };
    assert_eq!(registry.clear_old(&place.site(), retention, None).unwrap().0, 1);
    // By code: the province has not fetched it, the commune has.
    assert_eq!(lapsed(), [true, false]);
    assert!(inbox(&b).is_empty());
    let shown = page();
    assert!(shown.contains("<li class=\"bad\"><b>1</b> packets given up"), "{shown}");
    assert!(shown.contains("<small>000.00.00.H30</small>"), "{shown}");
    assert!(shown.contains("lapsed: 1"), "{shown}");
    assert!(!shown.contains("<small>000.01.05.H30</small>"), "{shown}");
    // For a sender by way of the axis' gateway, too.
    let rows = super::axis::sent_rows(&server);
    let states: Vec<_> = rows.iter().map(|row| row["receiveStatus"].as_str().unwrap()).collect();
    assert_eq!(states, ["fail", "done"]);
    // After a month the page has told it for long enough.
    let month = Timestamp::now() - SignedDuration::from_hours(31 * 24);
    place.sql(&format!("UPDATE packet SET retired_at = '{month}'"));
    assert!(page().contains("<li><b>0</b> packets given up"));
    assert_eq!(lapsed(), [true, false]);
}

fn what_was_kept_and_never_accepted_is_found(place: &Place) {
    let server = place.start();
    let a = line(&server.url(), COMMUNE);
    // In one call and in pieces; as if the server had died before it wrote the row.
    let (small, large, good) = (packet(1, 5_000), packet(2, 200_000), packet(3, 5_000));
    place.sql("ALTER TABLE chain RENAME TO chain_away");
    for (key, bytes) in [("1", &small), ("2", &large)] {
        assert!(a.send(&parcel(key, &[PROVINCE], bytes), &()).is_err());
    }
    place.sql("ALTER TABLE chain_away RENAME TO chain");
    a.send(&parcel("3", &[PROVINCE], &good), &()).unwrap();
    let there = || {
        [&small, &large, &good].map(|bytes| {
            let hash = sha256_hex(bytes);
            place.path().join("blobs").join(&hash[..2]).join(&hash[2..]).exists()
        })
    };
    assert_eq!(there(), [true; 3]);
    let registry = Registry::open(&place.site()).unwrap();
    let clear = |grace| registry.clear_old(&place.site(), Retention::default(), grace).unwrap();
    // What is younger than a day may be just on its way to its row.
    assert_eq!([clear(None), clear(None)], [(0, 0); 2]);
    let now = Some(SignedDuration::ZERO);
    assert_eq!(clear(now), (0, 0), "found, and given the time that all is given");
    // Sent again meanwhile it is needed.
    a.send(&parcel("1", &[PROVINCE], &small), &()).unwrap();
    assert_eq!(clear(now), (0, 1));
    assert_eq!(there(), [true, false, true]);
    a.send(&parcel("2", &[PROVINCE], &large), &()).unwrap();
    assert_eq!((clear(now), clear(now), there()), ((0, 0), (0, 0), [true; 3]));
}

/// What the operators get at `path`, with a password or without.
fn look(server: &RunningServer, path: &str, password: Option<&str>) -> (u16, String) {
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}{path}", server.operators_url().unwrap()));
    let request = match password {
        Some(password) => request.basic_auth("truc", Some(password)),
        None => request,
    };
    let response = request.send().unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    (response.status().as_u16(), response.text().unwrap())
}

fn the_operators_see_what_waits_and_what_fails(place: &Place) {
    let mut config = place.config();
    let listen = "127.0.0.1:0".parse().unwrap();
    config.operators =
        Some(Operators { listen, password: Some(Pin::new("mật khẩu trực ban")) });
    let server = Server::start(config.clone()).unwrap();
    let a = line(&server.url(), COMMUNE);
    let receipt = a.send(&parcel("1", &[PROVINCE], &packet(1, 100_000)), &()).unwrap();
    assert!(a.inbox(Listing::Waiting(None), 10).unwrap().items.is_empty());
    assert!(with_secret(&server, "khong-phai-ma-bi-mat").is_err());
    assert!(a.send(&parcel("2", &["H99"], b"x"), &()).is_err());

    for wrong in [None, Some("sai")] {
        for path in ["/", "/metrics"] {
            assert_eq!(look(&server, path, wrong).0, 401);
        }
    }
    // Nor is any of it where the offices call.
    for path in ["/metrics", "/"] {
        assert_eq!(
            reqwest::blocking::get(format!("{}{path}", server.url())).unwrap().status(),
            404
        );
    }
    let password = Some("mật khẩu trực ban");
    let (status, text) = look(&server, "/metrics", password);
    assert_eq!(status, 200);
    for line in [
        "vanthu_packets_total 1",
        "vanthu_packet_bytes_total 100000",
        "vanthu_refusals_total{reason=\"bad-credentials\"} 1",
        "vanthu_refusals_total{reason=\"recipient-unknown\"} 1",
        "vanthu_ready 1",
        "vanthu_deliveries_waiting 1",
        "vanthu_uploads_open 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing:\n{text}");
    }
    // What was gathered is noted when the server stops, at the latest.
    server.stop();
    let server = Server::start(config).unwrap();
    let (_, page) = look(&server, "/", password);
    for text in [
        "Máy chủ liên thông văn bản",
        "Văn phòng tỉnh <small>000.00.00.H30</small>",
        "chưa từng",
        "100,0 kB",
        "Sai mã bí mật",
        "Nơi nhận chưa có",
    ] {
        assert!(page.contains(text), "{text} is missing:\n{page}");
    }
    let (_, page) = look(&server, "/?lang=en", password);
    assert!(page.contains("Document exchange server") && page.contains("100.0 kB"), "{page}");
    // Once it has fetched, nothing waits; and it has been seen.
    line(&server.url(), PROVINCE).confirm(&receipt.server_id, Outcome::Kept).unwrap();
    let (_, page) = look(&server, "/", password);
    assert!(page.contains("Mọi cơ quan đã nhận hết"), "{page}");
}

fn an_office_with_a_certificate_alone_is_waited_for(place: &Place) {
    let mut config = place.config();
    config.operators = Some(Operators { listen: "127.0.0.1:0".parse().unwrap(), password: None });
    let server = Server::start(config).unwrap();
    let a = line(&server.url(), COMMUNE);
    a.send(&parcel("1", &[PROVINCE], b"cho tinh"), &()).unwrap();
    let is_listed = || look(&server, "/", None).1.contains("<small>000.00.00.H30</small>");
    assert!(is_listed());
    place.sql(&format!("DELETE FROM office_key WHERE agency = '{PROVINCE}'"));
    assert!(!is_listed(), "it can neither call nor be sent to");
    place.sql(&format!(
        "INSERT INTO office_certificate (fingerprint, agency, subject, begins_at, ends_at)
         VALUES ('{}', '{PROVINCE}', 'x', '2026-01-01T00:00:00Z', '2099-01-01T00:00:00Z')",
        "0".repeat(64)
    ));
    assert!(is_listed());
    place.sql("UPDATE office_certificate SET revoked_at = '2026-01-02T00:00:00Z'");
    assert!(!is_listed());
}

#[test]
fn the_page_is_not_opened_to_the_world_without_a_password() {
    let place = Place::sqlite();
    let mut config = place.config();
    config.operators = Some(Operators { listen: "0.0.0.0:0".parse().unwrap(), password: None });
    assert!(matches!(Server::start(config), Err(ServerError::OpenPage(_))));
}

#[test]
fn days_are_those_of_vietnam() {
    let place = Place::sqlite();
    let server = place.start();
    send(&server, b"mot", "khoa-cua-goi-so-mot");
    let day: String = rusqlite::Connection::open(place.path().join("server.db"))
        .unwrap()
        .query_row("SELECT day FROM volume", [], |row| row.get(0))
        .unwrap();
    let here = vanthu::domain::calendar::local(Timestamp::now()).date();
    assert_eq!(day.parse::<Date>().unwrap(), here);
}
