//! What is packed on the wire: packets both ways and long answers, over lines that break, and
//! few bytes that hold too many.

use std::io::{Read, Write};
use std::net::TcpListener;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::blocking::Client;
use vanthu::exchange::coding::{self, Unpacker, ZSTD};
use vanthu::exchange::wire::{self, Code, sha256_hex};
use vanthu::exchange::{ExchangeError, InboxItem, Line, Listing};

use super::profile::{Call, no, refusal};
use super::proxy::{Fault, Proxy};
use super::*;

on_both! {
    a_packet_goes_packed_both_ways,
    a_packed_line_cut_every_64_kib_still_ends,
    a_rest_and_a_range_count_the_packet_itself,
    a_long_list_comes_packed,
    few_bytes_that_hold_too_many_are_refused,
}

const KEY: &str = "khoa-cua-goi-tin-nen";

/// As packets are: files that cannot be packed, in Base64.
fn document(seed: u32, size: usize) -> Vec<u8> {
    let file = BASE64.encode(packet(seed, size / 4 * 3));
    format!("<edXML><AttachmentEncoded>{file}</AttachmentEncoded></edXML>").into_bytes()
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let (mut unpacker, mut all) = (Unpacker::new().unwrap(), Vec::new());
    unpacker.give(bytes);
    while let Some(piece) = unpacker.take().unwrap() {
        all.extend(piece);
    }
    all
}

fn a_packet_goes_packed_both_ways(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, b) = (line(&proxy.url(), COMMUNE), line(&proxy.url(), PROVINCE));
    a.health().unwrap();
    b.health().unwrap();
    // In one call and in pieces.
    for (key, size) in [("1", 30_000), ("2", MIB)] {
        let bytes = document(1, size);
        let (up, down) = (proxy.up(), proxy.down());
        a.send(&parcel(key, &[PROVINCE], &bytes), &()).unwrap();
        let item = b.inbox(Listing::Waiting(None), 10).unwrap().items.pop().unwrap();
        assert_eq!((item.size, &item.sha256), (bytes.len() as u64, &sha256_hex(&bytes)));
        assert_eq!(b.fetch(&item, &()).unwrap(), bytes);
        // Heads of the calls weigh the same for both.
        let heads = 5_000.0;
        for carried in [proxy.up() - up, proxy.down() - down] {
            let part = (carried as f64 - heads) / bytes.len() as f64;
            assert!(part < 0.77, "{part} of {size} bytes");
        }
    }
    // What cannot be packed goes as it is.
    let dense = packet(2, MIB);
    a.send(&parcel("3", &[PROVINCE], &dense), &()).unwrap();
    let item = b.inbox(Listing::Waiting(None), 10).unwrap().items.pop().unwrap();
    assert_eq!(b.fetch(&item, &()).unwrap(), dense);
}

fn a_packed_line_cut_every_64_kib_still_ends(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let bytes = document(3, MIB);
    let size = bytes.len() as f64;
    let (a, b) = (line(&proxy.url(), COMMUNE), line(&proxy.url(), PROVINCE));
    proxy.spoil([Fault::CutUp(64 * 1024); 40]);
    let up = proxy.up();
    a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    // Three quarters, and what the cuts cost.
    let carried = (proxy.up() - up) as f64 / size;
    assert!(carried < 0.82, "{carried} times the packet went up");

    proxy.spoil([Fault::CutDown(64 * 1024); 40]);
    let (down, before) = (proxy.down(), proxy.connections());
    let province = Office::default();
    let report = sync(&province, &b);
    assert_eq!((report.received, report.stopped), (1, None));
    assert_eq!(province.received(), [bytes]);
    assert!(proxy.connections() - before >= 11, "it was hardly cut");
    let carried = (proxy.down() - down) as f64 / size;
    assert!(carried < 0.82, "{carried} times the packet came down");
}

fn a_rest_and_a_range_count_the_packet_itself(place: &Place) {
    let server = place.start();
    let bytes = document(4, 200_000);
    let call = Call::packet(&bytes, KEY);
    let accepted: serde_json::Value = call.send_to(&server.url()).json().unwrap();
    let target = format!("/v1/packets/{}", accepted["id"].as_str().unwrap());
    let ask = |target: &str, extra: &[(&str, &str)]| {
        let response = Call { extra, ..Call::get(target).of(PROVINCE) }.send_to(&server.url());
        let header = |name: &str| {
            response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
        };
        let (coding, from) = (header("content-encoding"), header(wire::FROM));
        (response.status().as_u16(), coding, from, response.bytes().unwrap().to_vec())
    };
    let zstd = ("accept-encoding", "gzip, zstd");
    let (status, coding, from, body) = ask(&target, &[zstd]);
    assert_eq!((status, coding.as_deref(), from), (200, Some(ZSTD), None));
    assert!(body.len() < 160_000);
    assert_eq!(unpacked(&body), bytes);
    // Not for who has not asked for it, or refuses it.
    for extra in [&[][..], &[("accept-encoding", "zstd;q=0")]] {
        assert_eq!(ask(&target, extra), (200, None, None, bytes.clone()));
    }
    // The rest, packed or not; a range never is.
    let rest = format!("{target}?from=70000");
    assert_eq!(ask(&rest, &[]), (200, None, Some("70000".to_owned()), bytes[70_000..].to_vec()));
    let (status, coding, from, body) = ask(&rest, &[zstd]);
    assert_eq!((status, coding.as_deref(), from.as_deref()), (200, Some(ZSTD), Some("70000")));
    assert_eq!(unpacked(&body), bytes[70_000..]);
    let range = [zstd, ("range", "bytes=70000-70099")];
    assert_eq!(ask(&target, &range), (206, None, None, bytes[70_000..70_100].to_vec()));
    assert_eq!(ask(&format!("{target}?from=999999"), &[]).0, 416);
    assert_eq!(ask(&format!("{target}?from=x"), &[]).0, 400);
}

fn a_long_list_comes_packed(place: &Place) {
    let server = place.start();
    let a = line(&server.url(), COMMUNE);
    for number in 0..10 {
        let (key, bytes) = (number.to_string(), format!("gói {number}"));
        a.send(&parcel(&key, &[PROVINCE], bytes.as_bytes()), &()).unwrap();
    }
    let list = |extra: &[(&str, &str)]| {
        let call = Call { extra, ..Call::get("/v1/inbox").of(PROVINCE) };
        let response = call.send_to(&server.url());
        let packed = response.headers().get("content-encoding").is_some();
        (packed, response.bytes().unwrap().to_vec())
    };
    let (no, plain) = list(&[]);
    let (yes, body) = list(&[("accept-encoding", ZSTD)]);
    assert_eq!((no, yes), (false, true));
    assert!(body.len() < plain.len() / 2, "{} of {}", body.len(), plain.len());
    assert_eq!(unpacked(&body), plain);
    let items = line(&server.url(), PROVINCE).inbox(Listing::After(None), 10).unwrap().items;
    assert_eq!(items.len(), 10);
}

fn few_bytes_that_hold_too_many_are_refused(place: &Place) {
    let mut config = place.config();
    config.limits.packet_bytes = MIB as u64;
    let server = Server::start(config).unwrap();
    let zeros = vec![0; 64 * MIB];
    let bomb = coding::packed(&zeros).unwrap();
    assert!(bomb.len() < 20_000, "{}", bomb.len());
    let zstd = [("content-encoding", ZSTD)];
    // Signed for what it says that it holds: only unpacking shows how much that is.
    let call = Call { extra: &zstd, sha256: sha256_hex(&zeros), ..Call::packet(&bomb, KEY) };
    assert_eq!(refusal(call.send_to(&server.url())), no(413, Code::TooLarge));
    let whole = coding::packed(&document(5, 300_000)).unwrap();
    for (coding, body, expected) in [
        ("gzip", &bomb[..], no(415, Code::BadRequest)),
        (ZSTD, b"<edXML/>", no(400, Code::BadRequest)),
        // Half of it: what came is not what was signed.
        (ZSTD, &whole[..whole.len() / 2], no(422, Code::HashMismatch)),
    ] {
        let extra = [("content-encoding", coding)];
        let call =
            Call { extra: &extra, sha256: sha256_hex(b"<edXML/>"), ..Call::packet(body, KEY) };
        assert_eq!(refusal(call.send_to(&server.url())), expected, "{coding}");
    }
    wait_until("nothing is left", || entries(&place.path().join("unfinished")) == 0);

    // An upload that announced less.
    let extra = [(wire::TUS_RESUMABLE, wire::TUS_VERSION), (wire::UPLOAD_LENGTH, "5000")];
    let begin = Call {
        target: "/v1/uploads",
        extra: &extra,
        sha256: sha256_hex(&zeros[..5000]),
        ..Call::packet(b"", KEY)
    };
    let begin = begin.send_to(&server.url());
    assert_eq!(begin.status().as_u16(), 201);
    let place_of_it = begin.headers()["location"].to_str().unwrap().to_owned();
    let piece = |body: &[u8]| {
        let extra = [
            (wire::TUS_RESUMABLE, wire::TUS_VERSION),
            (wire::UPLOAD_OFFSET, "0"),
            ("content-type", wire::UPLOAD_TYPE),
            ("content-encoding", ZSTD),
        ];
        let call = Call { method: "PATCH", extra: &extra, body, ..Call::get(&place_of_it) };
        call.send_to(&server.url())
    };
    assert_eq!(refusal(piece(&bomb)), no(413, Code::TooLarge));
    // The rest of it is what was announced.
    let packed = coding::packed(&zeros[..5000]).unwrap();
    assert_eq!(piece(&packed).status().as_u16(), 204);
    let client = Client::builder().no_proxy().build().unwrap();
    let health = client.get(format!("{}/v1/health", server.url())).send().unwrap();
    assert_eq!(health.headers()["accept-encoding"], ZSTD);
}

#[test]
fn an_office_unpacks_no_more_than_was_promised() {
    // Whatever it is asked, it answers with few bytes that hold many.
    let bomb = coding::packed(&vec![b' '; 64 * MIB]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\n{}: {}\r\nContent-Encoding: zstd\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n",
                wire::SERVER,
                wire::SERVER_VALUE,
                bomb.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&bomb));
        }
    });
    let b = line(&format!("http://{address}"), PROVINCE);
    assert!(matches!(b.health(), Err(ExchangeError::NotTheServer(_))));
    let item = InboxItem {
        cursor: "1".to_owned(),
        id: "0197f3a2-0000-7000-8000-000000000000".to_owned(),
        kind: OutboxKind::Document,
        from: code(COMMUNE),
        sha256: sha256_hex(b"x"),
        size: 5_000_000,
        received_at: Timestamp::now(),
        confirmed: false,
    };
    assert_eq!(b.fetch(&item, &()), Err(ExchangeError::Damaged));
}
