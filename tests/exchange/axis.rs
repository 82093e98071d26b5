//! The gateway calls of the axis beside the suite that its line has in common with our own: its
//! offices and ours write to each other, and the server holds to what the axis' published
//! client does.

use std::path::Path;

use reqwest::blocking::{Client, multipart};
use serde_json::Value;
use vanthu::exchange::axis::wire::{self, Fields};
use vanthu::exchange::axis::{AxisLine, Quirks};
use vanthu::exchange::{ExchangeError, Outcome};

use super::filter::{Filter, PAGES};
use super::profiles::gateway;
use super::*;

on_both! {
    gateways_are_spoken_to_in_each_of_their_forms,
    offices_of_both_profiles_write_to_each_other,
    a_name_of_another_gateway_is_nobodys,
    a_client_of_the_axis_is_served,
    what_is_damaged_or_forged_is_refused,
    lists_are_of_the_days_that_are_asked_for,
    the_directory_is_synchronised_by_its_version,
    who_is_refused_leaves_nothing_behind,
    a_recall_reaches_a_closed_office_and_counts_for_nothing,
    the_rest_of_its_calls,
}

const NEW: &[u8] = include_bytes!("../data/axis/new.edxml");
const RECALL: &[u8] = include_bytes!("../data/axis/recall.edxml");

fn axis(server: &RunningServer, agency: &'static str) -> Box<dyn Line> {
    Profile::Axis.line(&server.url(), agency)
}

/// A call as the library makes it: signed fields, and a body of its own.
fn call(server: &RunningServer, path: &str, fields: Fields, body: Vec<u8>) -> Value {
    let mut request = Client::new()
        .post(format!("{}/{path}", gateway(&server.url())))
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

fn gateways_are_spoken_to_in_each_of_their_forms(place: &Place) {
    let mut config = place.config();
    config.limits.packet_bytes = MIB as u64;
    let server = Server::start(config).unwrap();
    let every_form = [
        Quirks::default(),
        Quirks { padded_hash: true, ..Quirks::default() },
        Quirks { multipart: true, ..Quirks::default() },
    ];
    let receiver = axis(&server, PROVINCE);
    for (seed, quirks) in (1..).zip(every_form) {
        let url = gateway(&server.url());
        let address = ServerAddress::new(&url, code(COMMUNE), Pin::new(secret(COMMUNE))).unwrap();
        let sender = AxisLine::with(address, quirks, PATIENCE, Timestamp::now).unwrap();
        // One that ends like the line break that the library puts behind a body.
        let bytes = with_break(&packet(seed, 300_000));
        let receipt = sender.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
        let items = inbox(&*receiver);
        assert_eq!((items.len(), &items[0].id), (1, &receipt.server_id));
        assert_eq!(receiver.fetch(&items[0], &()).unwrap(), bytes);
        receiver.confirm(&items[0].id, Outcome::Kept).unwrap();
        // A refusal is heard although much more was still to come.
        let refused = sender.send(&parcel("l", &[PROVINCE], &packet(seed, 2 * MIB)), &());
        assert!(matches!(refused, Err(ExchangeError::Refused { .. })), "{refused:?}");
    }
}

fn offices_of_both_profiles_write_to_each_other(place: &Place) {
    let server = place.start();
    let lines = Profile::ALL.map(|profile| {
        (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE))
    });
    let [(ours, _), (theirs, _)] = &lines;
    for (seed, (sender, outcome)) in
        (1..).zip([(ours, Outcome::Kept), (theirs, Outcome::Kept), (theirs, Outcome::Refused)])
    {
        for (n, (_, receiver)) in (0..).zip(&lines) {
            let bytes = packet(10 * seed + n, 5_000);
            let key = format!("{seed}.{n}");
            let receipt = sender.send(&parcel(&key, &[PROVINCE], &bytes), &()).unwrap();
            let items = inbox(&**receiver);
            assert_eq!(items.len(), 1);
            assert_eq!(receiver.fetch(&items[0], &()).unwrap(), bytes);
            let far = || sender.delivery(&receipt.server_id).unwrap().deliveries[0].outcome;
            assert_eq!(far(), None);
            receiver.confirm(&items[0].id, outcome).unwrap();
            assert_eq!(far(), Some(outcome), "{key}");
        }
    }
}

fn a_name_of_another_gateway_is_nobodys(place: &Place) {
    let server = place.start();
    let a = axis(&server, COMMUNE);
    let id = "0197f3a2-0000-7000-8000-000000000000";
    for name in [id.to_owned(), format!("{id}@cong.example")] {
        let refused = a.confirm(&name, Outcome::Kept).unwrap_err();
        assert!(matches!(refused, ExchangeError::Refused { .. }), "{name}: {refused}");
    }
    let missing = a.delivery(&format!("{id}@127.0.0.1")).unwrap_err();
    assert!(matches!(missing, ExchangeError::Missing(_)), "{missing}");
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
    let mut request = Client::new().post(format!("{}/sendEdoc", gateway(&server.url())));
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
    let everybody = r#"["000.00.00.H30"]"#;
    let to = Some(everybody);
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
    // In parts, none of which begins.
    let parts = Fields::of(COMMUNE)
        .with("servicetype", "eDoc")
        .with("messagetype", "edoc")
        .with("hash-file", &wire::file_hash(NEW, false))
        .with("from", COMMUNE)
        .with("to", everybody)
        .with("timestamp", &wire::written_time(Timestamp::now()))
        .with("Content-Type", "multipart/form-data; boundary=x");
    let answer = call(&server, "sendEdoc", parts, vec![b'-'; 3 * MIB]);
    assert!(answer["ErrorDesc"].as_str().unwrap().contains("file_doc"), "{answer}");
    failed(answer, "10");
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
    assert!(inbox(&*axis(&server, PROVINCE)).is_empty());
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

/// What the commune sees of what it has sent.
pub fn sent_rows(server: &RunningServer) -> Vec<Value> {
    rows(server, "getSentEdocList", &[]).unwrap()
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
    for (asked, there) in [
        (&[][..], 3),
        (&[("fromDate", yesterday.as_str()), ("toDate", &yesterday)], 1),
        (&[("toDate", &yesterday)], 2),
        (&[("toDate", &long_ago)], 0),
    ] {
        let fields = asked.iter().fold(Fields::of(COMMUNE), |all, (name, day)| all.with(name, day));
        let fields = fields.with("timestamp", &wire::written_time(Timestamp::now()));
        let mut request = Client::new().get(format!("{}/countReceiveEdoc", gateway(&server.url())));
        for (name, value) in fields.signed(secret(COMMUNE).as_bytes()) {
            request = request.header(name, value);
        }
        let answer: Value = request.send().unwrap().json().unwrap();
        assert_eq!(answer["count"], there, "{asked:?}");
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

fn a_recall_reaches_a_closed_office_and_counts_for_nothing(place: &Place) {
    let mut config = place.config();
    config.limits.quota = vanthu::server::Quota { packets: Some(1), bytes: None };
    let server = Server::start(config).unwrap();
    let registry = vanthu::server::Registry::open(&place.site()).unwrap();
    let send = |bytes: &[u8]| {
        let answer = call(&server, "sendEdoc", sending(bytes, Some(PROVINCE)), with_break(bytes));
        answer["ErrorCode"].as_str().unwrap().to_owned()
    };
    assert_eq!(send(NEW), "0");
    registry.close(&[code(PROVINCE)], None, &[], "Nghị quyết").unwrap();
    // New documents to it are refused, packets that nobody can read included.
    let text = String::from_utf8(NEW.to_vec()).unwrap();
    for new in [text.replace("<edXML:Subject>", "<edXML:Subject>2 ").as_bytes(), b"<edXML/>"] {
        assert_ne!(new, NEW);
        assert_eq!(send(new), "23");
    }
    let recall = String::from_utf8(RECALL.to_vec()).unwrap();
    let kind = |number: u8| format!("<edXML:BussinessDocType>{number}</edXML:BussinessDocType>");
    assert!(recall.contains(&kind(1)));
    assert_eq!(send(recall.replace(&kind(1), &kind(0)).as_bytes()), "23");
    assert_eq!(send(recall.replace(&kind(1), &kind(2)).as_bytes()), "0", "an update");
    assert_eq!(send(RECALL), "0");
    // Nor does the day's quota, which is used up, hold a recall back.
    registry.reopen(&code(PROVINCE)).unwrap();
    assert_eq!(send(recall.replace(&kind(1), &kind(0)).as_bytes()), "20");
    assert_eq!(send(recall.replace("</edXML:Subject>", " 2</edXML:Subject>").as_bytes()), "0");
    assert_eq!(inbox(&*axis(&server, PROVINCE)).len(), 4);
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
        let mut request =
            Client::new().request(method, format!("{}/{path}", gateway(&server.url())));
        for (name, value) in fields.signed(secret(COMMUNE).as_bytes()) {
            request = request.header(name, value);
        }
        request.send().unwrap()
    };
    let count: Value = get("countReceiveEdoc", reqwest::Method::GET, None).json().unwrap();
    assert_eq!(count["count"], 1);
    let count: Value = get("countReceiveStatus", reqwest::Method::GET, None).json().unwrap();
    assert_eq!(count["count"], 0);
    let item = inbox(&*a).remove(0);
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
    assert_eq!(inbox(&*a).len(), 1);
    let refused: Value = get("registerAgency", reqwest::Method::POST, None).json().unwrap();
    assert_eq!(refused["status"], "FAIL");
}

#[test]
fn calls_are_those_of_the_recorded_client() {
    let place = Place::sqlite();
    let server = place.start();
    let filter = Filter::before(server.address(), PAGES[0]);
    axis(&server, PROVINCE).send(&parcel("1", &[COMMUNE], NEW), &()).unwrap();
    let a = Profile::Axis.line(&filter.url(), COMMUNE);
    let item = inbox(&*a).remove(0);
    a.fetch(&item, &()).unwrap();
    a.confirm(&item.id, Outcome::Kept).unwrap();
    let _ = a.delivery(&item.id);
    let recorded = std::fs::read_to_string("tests/data/axis/requests.txt").unwrap();
    let length = |head: &str| {
        let line = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().to_owned())
        });
        line.unwrap()
    };
    let heads = filter.heads();
    for call in ["getReceivedEdocList", "getSentEdocList", "getEdoc ", "updateStatus"] {
        let of = |head: &&str| head.starts_with("POST") && head.contains(&format!("/{call}"));
        let theirs = recorded.split("=====").map(str::trim).find(of).unwrap();
        let ours = heads.iter().map(String::as_str).find(of).unwrap();
        assert_eq!(length(ours), length(theirs), "{call}");
    }
}

#[test]
fn a_gateway_is_told_that_fetching_failed() {
    let place = Place::sqlite();
    let server = place.start();
    let filter = Filter::before(server.address(), PAGES[1]);
    axis(&server, PROVINCE).send(&parcel("1", &[COMMUNE], NEW), &()).unwrap();
    let a = Profile::Axis.line(&filter.url(), COMMUNE);
    let item = inbox(&*a).remove(0);
    filter.stop(b"/getEdoc ");
    assert!(matches!(a.fetch(&item, &()), Err(ExchangeError::NotTheServer(_))));
    let said: Vec<_> =
        filter.heads().into_iter().filter(|head| head.contains("updateStatus")).collect();
    let [said] = &said[..] else { panic!("{said:?}") };
    assert!(said.to_lowercase().contains("xroadvnpt-status: fail"), "{said}");
    // It is offered again.
    filter.stop(b"");
    assert_eq!(inbox(&*a)[0], item);
    assert_eq!(a.fetch(&item, &()).unwrap(), NEW);
}

#[test]
fn a_confirmation_that_is_stopped_on_the_way_does_not_end_the_run() {
    let place = Place::sqlite();
    let server = place.start();
    let filter = Filter::before(server.address(), PAGES[0]);
    let a = axis(&server, PROVINCE);
    for seed in 1..=2 {
        a.send(&parcel(&seed.to_string(), &[COMMUNE], &packet(seed, 500)), &()).unwrap();
    }
    let (b, office) = (Profile::Axis.line(&filter.url(), COMMUNE), Office::default());
    filter.stop(b"/updateStatus ");
    let report = sync(&office, &*b);
    assert_eq!((report.received, report.stopped), (2, None));
    let of_packet = |one: &ExchangeError| matches!(one, ExchangeError::Blocked(_));
    assert_eq!(report.troubled.iter().filter(|one| of_packet(&one.error)).count(), 2);
    filter.stop(b"");
    assert_eq!(sync(&office, &*b).confirmed, 2);
}

#[test]
fn lists_of_several_pages_are_read_to_their_end() {
    const MORE: usize = 1_100;
    let place = Place::sqlite();
    let server = place.start();
    let (a, b) = (axis(&server, COMMUNE), axis(&server, PROVINCE));
    let receipt = a.send(&parcel("1", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    let (first, host) = receipt.server_id.split_once('@').unwrap();
    let id = |n: usize| format!("00000000-0000-7000-8000-{n:012x}");
    let rows = (0..MORE).map(|n| {
        format!(
            "INSERT INTO packet (id, sender, key, kind, sha256, size, received_at, number, link)
             VALUES ('{id}', '{COMMUNE}', 'k{n}', 'document', '{n:064}', 8,
                     strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), -{n} - 1, '');
             INSERT INTO delivery (recipient, place, packet) VALUES ('{PROVINCE}', {n} + 10, '{id}');",
            id = id(n),
        )
    });
    place.sql(&format!("BEGIN; {} COMMIT", rows.collect::<String>()));

    let (mut waiting, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = b.inbox(Listing::Waiting(after.as_deref()), 300).unwrap();
        waiting.extend(page.items.into_iter().map(|item| item.id));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let mut expected: Vec<String> = (0..MORE).map(|n| format!("{}@{host}", id(n))).collect();
    expected.push(format!("{first}@{host}"));
    expected.sort_unstable();
    waiting.sort_unstable();
    assert!(waiting == expected, "{} of {}", waiting.len(), expected.len());

    // The newest, the oldest, and one that stands on a page between.
    for sent in [id(0), id(MORE / 2), id(MORE - 1), first.to_owned()] {
        let state = a.delivery(&format!("{sent}@{host}")).unwrap();
        assert_eq!(state.deliveries.len(), 1, "{sent}");
    }
    // All of them at once, in one reading of the list.
    let filter = Filter::before(server.address(), PAGES[0]);
    let asks = Profile::Axis.line(&filter.url(), COMMUNE);
    let ids = [id(0), id(MORE / 2), id(MORE - 1), id(MORE), first.to_owned()];
    let ids = ids.map(|sent| format!("{sent}@{}", filter.host()));
    let mut told = Vec::new();
    asks.deliveries(&ids.each_ref().map(String::as_str), &mut told).unwrap();
    told.sort_by(|one, other| one.id.cmp(&other.id));
    let mut known = [&ids[..3], &ids[4..]].concat();
    known.sort();
    assert_eq!(told.iter().map(|state| state.id.clone()).collect::<Vec<_>>(), known);
    let calls = filter.heads().iter().filter(|head| head.contains("getSentEdocList")).count();
    assert!(calls <= 5, "the list was asked for {calls} times");
    let nobody = a.delivery(&format!("{}@{host}", id(MORE)));
    assert!(matches!(nobody, Err(ExchangeError::Missing(_))));
}
