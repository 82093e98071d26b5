//! Malware: a daemon that speaks clamd's protocol stands in for ClamAV.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use vanthu::domain::delivery::StatusCode;
use vanthu::domain::gate::{CheckName, Outcome, Way};
use vanthu::packet::Attachment;

use crate::place::{NEIGHBOUR, Place, document, written};

const NEEDLE: &[u8] = b"X5-TEST-NEEDLE";

/// Finds the needle while it `knows` of it; returns its port.
fn daemon(knows: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut command = Vec::new();
            let mut byte = [0];
            while stream.read_exact(&mut byte).is_ok() && byte[0] != 0 {
                command.push(byte[0]);
            }
            if command != b"zINSTREAM" {
                let _ = stream.write_all(b"ClamAV test\0");
                continue;
            }
            let mut bytes = Vec::new();
            let mut length = [0; 4];
            while stream.read_exact(&mut length).is_ok() && length != [0; 4] {
                let mut chunk = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut chunk).unwrap();
                bytes.extend(chunk);
            }
            let found = bytes.windows(NEEDLE.len()).any(|part| part == NEEDLE);
            let _ = stream.write_all(match found && knows.load(Ordering::Relaxed) {
                true => b"stream: Test.Needle FOUND\0",
                false => b"stream: OK\0",
            });
        }
    });
    port
}

fn infected(number: u32) -> Vec<u8> {
    let mut packet = document(NEIGHBOUR, number);
    let content = [&b"%PDF-1.4\n% "[..], NEEDLE].concat();
    packet.attachments.push(Attachment::new("phu-luc.pdf", "", content));
    written(packet)
}

#[test]
fn malware_is_kept_out_and_its_sender_told() {
    let place = Place::new();
    let port = daemon(Arc::new(AtomicBool::new(true)));
    place.office.set_scanner(&format!("clamd:127.0.0.1:{port}")).unwrap();
    place.comes(NEIGHBOUR, &infected(1));
    let kept = place.office.quarantine(10).unwrap();
    assert_eq!(kept[0].code, "office-malware");
    let refused = place.office.quarantined_bytes(&kept[0].packet.0).unwrap_err();
    assert_eq!(refused.code, "office-malware-kept");
    // The same file brought by hand is no way round it.
    let by_hand = [&b"%PDF-1.4\n"[..], NEEDLE].concat();
    let brought = place.office.import("a.pdf", by_hand).unwrap();
    assert!(matches!(brought, vanthu::office::Imported::Quarantined(_)), "{brought:?}");
    let clean = place.arrived(NEIGHBOUR, 2);
    let gate = place.office.gate(clean).unwrap().gate.unwrap();
    assert_eq!(gate.check(CheckName::Malware).unwrap().outcome, Outcome::Passed);
    let (place, outbox) = place.outbox();
    let told: Vec<_> = outbox.iter().map(|(_, status, _)| status.code).collect();
    assert!(
        told.contains(&StatusCode::Returned) && told.contains(&StatusCode::Arrived),
        "{told:?}"
    );
    place.sound();
}

#[test]
fn a_scanner_that_is_down_is_not_a_clean_file() {
    let place = Place::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    place.office.set_scanner(&format!("clamd:127.0.0.1:{free}")).unwrap();
    let key = place.arrived(NEIGHBOUR, 3);
    let view = place.office.gate(key).unwrap();
    assert_eq!(view.way, Way::WithReason(vec![CheckName::Malware]));
    assert_eq!(place.office.accept(key).unwrap_err().code, "office-gate-reason");
    // Once it runs, a second look opens the way.
    let port = daemon(Arc::new(AtomicBool::new(true)));
    place.office.set_scanner(&format!("clamd:127.0.0.1:{port}")).unwrap();
    assert_eq!(place.office.check_again(key).unwrap().way, Way::Open);
    place.office.accept(key).unwrap();
    place.sound();
}

#[test]
fn what_is_known_as_malware_only_later_is_shut_then() {
    let place = Place::new();
    let knows = Arc::new(AtomicBool::new(false));
    let port = daemon(Arc::clone(&knows));
    place.office.set_scanner(&format!("clamd:127.0.0.1:{port}")).unwrap();
    place.comes(NEIGHBOUR, &infected(4));
    let key = place.newest();
    place.office.main_file(key).unwrap();
    knows.store(true, Ordering::Relaxed);
    let view = place.office.check_again(key).unwrap();
    assert_eq!(view.way, Way::Closed(vec![CheckName::Malware]));
    assert_eq!(place.office.main_file(key).unwrap_err().code, "office-malware-kept");
    // No reason helps against a hard stop.
    let refused = place.office.accept_despite(key, "tôi muốn vậy").unwrap_err();
    assert_eq!(refused.code, "office-gate-closed");
    let proposed = place.office.gate(key).unwrap().proposed;
    place.office.return_(key, &proposed[0]).unwrap();
    place.sound();
}
