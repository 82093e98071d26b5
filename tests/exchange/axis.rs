//! The axis profile: our line and our server speak it to each other and to our own profile,
//! and the server holds to what the axis' published client does.

use std::path::Path;

use reqwest::blocking::{Client, multipart};
use serde_json::Value;
use vanthu::exchange::axis::wire::{self, Fields};
use vanthu::exchange::axis::{AxisLine, Quirks};
use vanthu::exchange::engine::Queues as _;
use vanthu::exchange::{ExchangeError, Line, Listing, Outcome};

use super::*;

on_both! {
    a_packet_travels_over_the_gateway_and_beside_it,
    whole_offices_exchange_over_it_and_nothing_comes_twice,
    what_was_kept_and_not_confirmed_is_only_confirmed,
    the_same_sending_again_is_the_same_sending,
    refusals_are_understood,
    nobody_reads_what_goes_to_others,
    a_client_of_the_axis_is_served,
    what_is_damaged_or_forged_is_refused,
    lists_are_of_the_days_that_are_asked_for,
    the_directory_is_synchronised_by_its_version,
    who_is_refused_leaves_nothing_behind,
    the_rest_of_its_calls,
}

const NEW: &[u8] = include_bytes!("../data/axis/new.edxml");

fn gateway(server: &RunningServer) -> String {
    format!("{}/XrdAdapter", server.url())
}

fn axis(server: &RunningServer, agency: &str) -> AxisLine {
    axis_with(server, agency, &secret(agency), Quirks::default())
}

fn axis_with(server: &RunningServer, agency: &str, secret: &str, quirks: Quirks) -> AxisLine {
    let address = ServerAddress::new(&gateway(server), code(agency), Pin::new(secret)).unwrap();
    AxisLine::with(address, quirks, PATIENCE, Timestamp::now).unwrap()
}

/// A call as the library makes it: signed fields, and a body of its own.
fn call(server: &RunningServer, path: &str, fields: Fields, body: Vec<u8>) -> Value {
    let mut request = Client::new()
        .post(format!("{}/{path}", gateway(server)))
        .header("content-type", fields.get("content-type").unwrap())
        .header(wire::VERSION, wire::VERSION_VALUE);
    for (name, value) in fields.signed(secret(COMMUNE).as_bytes()) {
        request = request.header(name, value);
    }
    let response = request.body(body).send().unwrap();
    assert_eq!(response.status().as_u16(), 200, "such clients read nothing else");
    response.json().unwrap()
}

fn sending(bytes: &[u8], to: Option<&str>) -> Fields {
    let fields = Fields::of(COMMUNE)
        .with("servicetype", "eDoc")
        .with("messagetype", "edoc")
        .with("hash-file", &wire::file_hash(bytes, false))
        .with("from", COMMUNE);
    let fields = match to {
        Some(to) => fields.with("to", to),
        None => fields,
    };
    fields
        .with("timestamp", &wire::written_time(Timestamp::now()))
        .with("Content-Type", "application/octet-stream")
}

fn with_break(bytes: &[u8]) -> Vec<u8> {
    [bytes, b"\r\n"].concat()
}

fn a_packet_travels_over_the_gateway_and_beside_it(place: &Place) {
    let server = place.start();
    let every_form = [
        Quirks::default(),
        Quirks { padded_hash: true, ..Quirks::default() },
        Quirks { multipart: true, ..Quirks::default() },
    ];
    for (seed, quirks) in (1..).zip(every_form) {
        let sender = axis_with(&server, COMMUNE, &secret(COMMUNE), quirks);
        let receiver = axis(&server, PROVINCE);
        // One that ends like the line break that the library puts behind a body.
        let bytes = with_break(&packet(seed, 300_000));
        assert!(sender.health().unwrap().skew.abs() < SignedDuration::from_secs(3));
        let receipt = sender.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();

        let page = receiver.inbox(Listing::Waiting(None), 10).unwrap();
        let [item] = page.items.as_slice() else { panic!("{page:?}") };
        assert_eq!(item.id, receipt.server_id);
        assert_eq!((item.from.as_str(), item.kind), (COMMUNE, OutboxKind::Document));
        assert_eq!(receiver.fetch(item, &()).unwrap(), bytes);
        let far = |line: &AxisLine| line.delivery(&receipt.server_id).unwrap().deliveries;
        assert_eq!(far(&sender)[0].outcome, None);
        receiver.confirm(&item.id, Outcome::Kept).unwrap();
        assert_eq!(far(&sender)[0].outcome, Some(Outcome::Kept));
        assert!(receiver.inbox(Listing::Waiting(None), 10).unwrap().items.is_empty());

        // An office of our own profile gets the same, and is heard the same.
        let other = line(&server.url(), PROVINCE);
        let bytes = packet(100 + seed, 5_000);
        sender.send(&parcel("k2", &[PROVINCE], &bytes), &()).unwrap();
        let page = other.inbox(Listing::Waiting(None), 10).unwrap();
        assert_eq!(other.fetch(&page.items[0], &()).unwrap(), bytes);
        other.confirm(&page.items[0].id, Outcome::Kept).unwrap();
        let back = packet(200 + seed, 5_000);
        other.send(&parcel(&format!("k{seed}"), &[COMMUNE], &back), &()).unwrap();
        let page = sender.inbox(Listing::Waiting(None), 10).unwrap();
        assert_eq!(sender.fetch(&page.items[0], &()).unwrap(), back);
        sender.confirm(&page.items[0].id, Outcome::Kept).unwrap();
    }
}

fn whole_offices_exchange_over_it_and_nothing_comes_twice(place: &Place) {
    let server = place.start();
    let (here, there) = (Office::default(), Office::default());
    let mut sent: Vec<Vec<u8>> = (0..40).map(|seed| packet(seed + 1, 2_000)).collect();
    for (index, bytes) in sent.iter().enumerate() {
        here.queue(&format!("k{index}"), &code(PROVINCE), bytes, index % 3 == 0);
    }
    let (a, b) = (axis(&server, COMMUNE), axis(&server, PROVINCE));
    let report = sync_once(&here, &a, Timestamp::now(), &());
    assert_eq!((report.sent, report.problem()), (40, None));
    let report = sync_once(&there, &b, Timestamp::now(), &());
    assert_eq!((report.received, report.problem()), (40, None));
    let again = sync_once(&there, &b, Timestamp::now(), &());
    assert_eq!((again.received, again.confirmed), (0, 0));
    let mut received = there.received();
    received.sort();
    sent.sort();
    assert_eq!(received, sent);
}

fn what_was_kept_and_not_confirmed_is_only_confirmed(place: &Place) {
    let server = place.start();
    let (a, b) = (axis(&server, COMMUNE), axis(&server, PROVINCE));
    a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    // The power failed between keeping and confirming.
    let office = Office::default();
    let item = b.inbox(Listing::Waiting(None), 1).unwrap().items.remove(0);
    office.keep_packet(&item, &b.fetch(&item, &()).unwrap()).unwrap();
    let report = sync_once(&office, &b, Timestamp::now(), &());
    assert_eq!((report.received, report.confirmed), (0, 1));
}

fn the_same_sending_again_is_the_same_sending(place: &Place) {
    let server = place.start();
    let (a, b) = (axis(&server, COMMUNE), axis(&server, PROVINCE));
    let mut first = parcel("k", &[PROVINCE, COMMUNE], &packet(1, MIB));
    let receipt = a.send(&first, &()).unwrap();
    first.tried = true;
    assert_eq!(a.send(&first, &()).unwrap().server_id, receipt.server_id);
    first.to.reverse();
    assert_eq!(a.send(&first, &()).unwrap().server_id, receipt.server_id);
    assert_eq!(b.inbox(Listing::Waiting(None), 10).unwrap().items.len(), 1);
    let another = parcel("k", &[PROVINCE], &packet(2, MIB));
    assert_ne!(a.send(&another, &()).unwrap().server_id, receipt.server_id);
}

fn refusals_are_understood(place: &Place) {
    let server = place.start();
    let a = axis(&server, COMMUNE);
    let wrong = axis_with(&server, COMMUNE, "mat-khau-khac", Quirks::default());
    let stranger = axis_with(&server, "H99", &secret("H99"), Quirks::default());
    for line in [&wrong, &stranger] {
        let parcel = parcel("k", &[PROVINCE], b"x");
        for error in [
            line.health().unwrap_err(),
            line.send(&parcel, &()).unwrap_err(),
            line.inbox(Listing::Waiting(None), 1).unwrap_err(),
            line.agencies(0).unwrap_err(),
        ] {
            assert!(matches!(error, ExchangeError::BadCredentials { .. }), "{error}");
        }
    }
    assert_eq!(
        a.send(&parcel("k", &[PROVINCE, "H30.9"], b"x"), &()).unwrap_err(),
        ExchangeError::RecipientUnknown(vec![code("H30.9")])
    );
    let id = "0197f3a2-0000-7000-8000-000000000000";
    assert!(a.confirm(id, Outcome::Kept).is_err(), "a name without its host is nobody's");
    assert!(a.delivery(&format!("{id}@127.0.0.1")).is_err());
    // A clock that stands wrong is told apart from nothing: the server says what time it is.
    let behind = || Timestamp::now() - SignedDuration::from_hours(3);
    let address =
        ServerAddress::new(&gateway(&server), code(COMMUNE), Pin::new(secret(COMMUNE))).unwrap();
    let line = AxisLine::with(address, Quirks::default(), PATIENCE, behind).unwrap();
    assert!(line.health().is_err());
}

fn nobody_reads_what_goes_to_others(place: &Place) {
    let server = place.start();
    let (a, b) = (axis(&server, COMMUNE), axis(&server, PROVINCE));
    a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    let item = b.inbox(Listing::Waiting(None), 1).unwrap().items.remove(0);
    assert!(a.fetch(&item, &()).is_err());
    assert!(a.confirm(&item.id, Outcome::Kept).is_err());
    assert!(b.delivery(&item.id).is_err());
    assert_eq!(b.inbox(Listing::Waiting(None), 1).unwrap().items.len(), 1);
    assert_eq!(b.fetch(&item, &()).unwrap(), b"<edXML/>");
}

fn a_client_of_the_axis_is_served(place: &Place) {
    let server = place.start();
    let answer =
        call(&server, "sendEdoc", sending(NEW, Some(r#"["000.00.00.H30"]"#)), with_break(NEW));
    assert_eq!((&answer["status"], &answer["ErrorCode"]), (&Value::from("OK"), &Value::from("0")));
    let name = answer["DocId"].as_str().unwrap().to_owned();
    // Without the break it is the same sending.
    let again = call(&server, "sendEdoc", sending(NEW, Some(PROVINCE)), NEW.to_vec());
    assert_eq!(again["DocId"], answer["DocId"], "{again}");
    // Without a header for the receivers the packet's own stand: one of them is not known here.
    let own = call(&server, "sendEdoc", sending(NEW, None), with_break(NEW));
    assert_eq!(
        (&own["ErrorCode"], &own["ErrorDesc"]),
        (&Value::from("18"), &Value::from("000.00.14.H30"))
    );
    // And as a part.
    let fields = sending(NEW, Some(PROVINCE));
    let mut request = Client::new().post(format!("{}/sendEdoc", gateway(&server)));
    for (name, value) in fields.signed(secret(COMMUNE).as_bytes()) {
        request = request.header(name, value);
    }
    let part = multipart::Part::bytes(NEW.to_vec()).file_name("new.edxml");
    let form = multipart::Form::new().text("about", "x").part(wire::FILE_PART, part);
    let again: Value = request.multipart(form).send().unwrap().json().unwrap();
    assert_eq!(again["DocId"], answer["DocId"], "{again}");

    // What lies there is what was sent, byte for byte, whoever asks in whichever profile.
    let b = line(&server.url(), PROVINCE);
    let page = b.inbox(Listing::After(None), 10).unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(
        (page.items[0].id.as_str(), b.fetch(&page.items[0], &()).unwrap()),
        (name.as_str(), NEW.to_vec())
    );

    let list = |kind: &str| {
        let fields = Fields::of(COMMUNE)
            .with("servicetype", "eDoc")
            .with("messagetype", kind)
            .with("timestamp", &wire::written_time(Timestamp::now()))
            .with("Content-Type", "application/json");
        call(&server, "getSentEdocList", fields, Vec::new())
    };
    let rows = list("edoc");
    assert_eq!(rows["data"].as_array().unwrap().len(), 1);
    assert_eq!(rows["data"][0]["toCode"], PROVINCE);
    assert_eq!(rows["data"][0]["receiveStatus"], "processing", "it was fetched");
    assert_eq!(list("status")["data"].as_array().unwrap().len(), 0);
    assert_eq!(list("another")["status"], "FAIL");
}

fn what_is_damaged_or_forged_is_refused(place: &Place) {
    let server = place.start();
    let to = Some(r#"["000.00.00.H30"]"#);
    let failed = |answer: Value, code: &str| {
        assert_eq!(
            (&answer["status"], &answer["ErrorCode"]),
            (&Value::from("FAIL"), &Value::from(code)),
            "{answer}"
        );
    };
    let mut cut = NEW.to_vec();
    cut.truncate(NEW.len() - 100);
    failed(call(&server, "sendEdoc", sending(NEW, to), cut), "10");
    failed(call(&server, "sendEdoc", sending(b"", to), Vec::new()), "10");
    failed(call(&server, "sendEdoc", sending(NEW, Some("[]")), with_break(NEW)), "18");
    // In another's name.
    let other = sending(NEW, to);
    let spoofed = Fields::of(COMMUNE)
        .with("servicetype", "eDoc")
        .with("messagetype", "edoc")
        .with("hash-file", other.get("hash-file").unwrap())
        .with("from", PROVINCE)
        .with("to", COMMUNE)
        .with("timestamp", &wire::written_time(Timestamp::now()))
        .with("Content-Type", "application/octet-stream");
    failed(call(&server, "sendEdoc", spoofed, with_break(NEW)), "19");
    // Recorded an hour ago and played again.
    let hour = Timestamp::now() - SignedDuration::from_hours(1);
    let old = Fields::of(COMMUNE)
        .with("servicetype", "eDoc")
        .with("messagetype", "edoc")
        .with("timestamp", &wire::written_time(hour))
        .with("Content-Type", "application/json");
    failed(call(&server, "getReceivedEdocList", old, Vec::new()), "15");
    assert!(axis(&server, PROVINCE).inbox(Listing::Waiting(None), 10).unwrap().items.is_empty());
    assert_eq!(entries(&Path::new(place.path()).join("unfinished")), 0);
}

/// The rows of a list that is asked with these fields, or why there are none.
fn rows(server: &RunningServer, path: &str, asked: &[(&str, &str)]) -> Result<Vec<Value>, String> {
    let fields = Fields::of(COMMUNE).with("servicetype", "eDoc").with("messagetype", "edoc");
    let fields = asked.iter().fold(fields, |fields, (name, value)| fields.with(name, value));
    let fields = fields
        .with("timestamp", &wire::written_time(Timestamp::now()))
        .with("Content-Type", "application/json");
    let answer = call(server, path, fields, Vec::new());
    match answer["data"].as_array() {
        Some(rows) => Ok(rows.clone()),
        None => Err(answer["ErrorCode"].as_str().unwrap().to_owned()),
    }
}

fn lists_are_of_the_days_that_are_asked_for(place: &Place) {
    let server = place.start();
    let (a, b) = (axis(&server, COMMUNE), axis(&server, PROVINCE));
    for n in 0..3 {
        a.send(&parcel(&format!("a{n}"), &[PROVINCE], &packet(1 + n, 100)), &()).unwrap();
        b.send(&parcel(&format!("b{n}"), &[COMMUNE], &packet(9 + n, 100)), &()).unwrap();
    }
    // Of each sender one is of yesterday, one of last month; the newest is of today.
    let today = vanthu::domain::calendar::local(Timestamp::now()).date();
    let noon = |days: i64| {
        let day = today.saturating_sub(jiff::Span::new().days(days));
        day.at(12, 0, 0, 0).to_zoned(vanthu::domain::calendar::vietnam()).unwrap().timestamp()
    };
    for (nth, days) in [(2, 1), (1, 30)] {
        place
            .sql(&format!("UPDATE packet SET received_at = '{}' WHERE number = {nth}", noon(days)));
    }
    let day = |days: i64| {
        let day = today.saturating_sub(jiff::Span::new().days(days));
        day.strftime("%Y/%m/%d").to_string()
    };
    let (now, yesterday, long_ago) = (day(0), day(1), day(40));
    for path in ["getReceivedEdocList", "getSentEdocList"] {
        let count = |asked: &[(&str, &str)]| rows(&server, path, asked).map(|rows| rows.len());
        for (asked, there) in [
            (&[][..], 3),
            (&[("fromDate", now.as_str())], 1),
            (&[("fromDate", &yesterday)], 2),
            (&[("toDate", &yesterday)], 2),
            (&[("fromDate", &yesterday), ("toDate", &yesterday)], 1),
            (&[("fromDate", &long_ago), ("toDate", &now)], 3),
            (&[("toDate", &long_ago)], 0),
            (&[("fromDate", &yesterday), ("pageSize", "1")], 1),
            (&[("fromDate", &yesterday), ("pageSize", "1"), ("pageIndex", "2")], 1),
            (&[("fromDate", &yesterday), ("pageSize", "1"), ("pageIndex", "3")], 0),
        ] {
            assert_eq!(count(asked), Ok(there), "{path} {asked:?}");
        }
        assert_eq!(count(&[("fromDate", "hom qua")]), Err("21".to_owned()));
    }
}

fn the_directory_is_synchronised_by_its_version(place: &Place) {
    let server = place.start();
    let registry = vanthu::server::Registry::open(&place.site()).unwrap();
    let ask = |version: &str| rows(&server, "getSynchronizeUnit", &[("version", version)]);
    let all = ask("").unwrap();
    assert_eq!(all.len(), 2);
    let unit = |rows: &[Value], code: &str| {
        rows.iter().find(|row| row["code"] == code).cloned().unwrap_or_default()
    };
    let province = unit(&all, PROVINCE);
    assert_eq!((&province["name"], &province["id"]), (&"Văn phòng tỉnh".into(), &PROVINCE.into()));
    assert_eq!((&province["deleted"], &province["isAgency"]), (&false.into(), &true.into()));
    let version = province["version"].to_string();
    assert_eq!(ask(&version).unwrap(), [Value::Null; 0], "nothing has changed since");
    registry.close(&[code(PROVINCE)], None, &[], "Nghị quyết").unwrap();
    let changed = ask(&version).unwrap();
    assert_eq!(changed.len(), 1);
    let today = vanthu::domain::calendar::local(Timestamp::now()).strftime("%Y/%m/%d").to_string();
    let ended = unit(&changed, PROVINCE);
    assert_eq!((&ended["deleted"], &ended["modifyDate"]), (&true.into(), &today.into()));
    assert!(ended["version"].as_u64() > province["version"].as_u64());
    assert_eq!(ask("moi nhat"), Err("21".to_owned()));
}

/// Files below a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

fn who_is_refused_leaves_nothing_behind(place: &Place) {
    let mut config = place.config();
    config.limits.quota = vanthu::server::Quota { packets: None, bytes: Some(200_000) };
    let server = Server::start(config).unwrap();
    // A receiver that is not known, in the call or in the packet alone, or none at all.
    for to in [Some("H99"), None, Some("[]")] {
        let refused = call(&server, "sendEdoc", sending(NEW, to), with_break(NEW));
        assert_eq!(refused["ErrorCode"], "18", "{refused}");
    }
    // Never possible, and not today.
    let (whole, half) = (packet(1, 200_001), packet(2, 150_000));
    let send = |bytes: &[u8]| {
        let answer = call(&server, "sendEdoc", sending(bytes, Some(PROVINCE)), with_break(bytes));
        answer["ErrorCode"].as_str().unwrap().to_owned()
    };
    assert_eq!(send(&whole), "10");
    assert_eq!(files(&place.path().join("blobs")), 0, "something was kept");
    assert_eq!(send(&half), "0");
    assert_eq!(send(&packet(3, 150_000)), "20");
    assert_eq!(send(&half), "0", "the same again takes nothing");
    assert_eq!(files(&place.path().join("blobs")), 1);
    assert_eq!(entries(&place.path().join("unfinished")), 0);
}

fn the_rest_of_its_calls(place: &Place) {
    let server = place.start();
    let (a, b) = (axis(&server, COMMUNE), axis(&server, PROVINCE));
    let directory = a.agencies(0).unwrap();
    assert_eq!(directory.agencies.len(), 2);
    b.send(&parcel("k", &[COMMUNE], NEW), &()).unwrap();
    let get = |path: &str, method: reqwest::Method, id: Option<&str>| {
        let fields = Fields::of(COMMUNE);
        let fields = id.into_iter().fold(fields, |fields, id| fields.with("docId", id));
        let fields = fields.with("timestamp", &wire::written_time(Timestamp::now()));
        let mut request = Client::new().request(method, format!("{}/{path}", gateway(&server)));
        for (name, value) in fields.signed(secret(COMMUNE).as_bytes()) {
            request = request.header(name, value);
        }
        request.send().unwrap()
    };
    let count: Value = get("countReceiveEdoc", reqwest::Method::GET, None).json().unwrap();
    assert_eq!(count["count"], 1);
    let count: Value = get("countReceiveStatus", reqwest::Method::GET, None).json().unwrap();
    assert_eq!(count["count"], 0);
    let item = a.inbox(Listing::Waiting(None), 10).unwrap().items.remove(0);
    let id = item.id.split_once('@').unwrap().0;
    let bytes = get("downloadEdoc", reqwest::Method::POST, Some(id)).bytes().unwrap();
    assert_eq!(bytes, NEW);
    // The fetching failed: it is offered again.
    let failed = Fields::of(COMMUNE)
        .with("docid", id)
        .with("timestamp", &wire::written_time(Timestamp::now()))
        .with("status", wire::FAIL)
        .with("Content-Type", "application/json");
    assert_eq!(call(&server, "updateStatus", failed, Vec::new())["status"], "OK");
    assert_eq!(a.inbox(Listing::Waiting(None), 10).unwrap().items.len(), 1);
    let refused: Value = get("registerAgency", reqwest::Method::POST, None).json().unwrap();
    assert_eq!(refused["status"], "FAIL");
}
