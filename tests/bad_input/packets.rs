//! Packets of hostile or broken senders: brought in by hand, and arriving over the server.
//! Each is in quarantine with its bytes, and the next good one still arrives.

use std::io::{Cursor, Write};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use jiff::civil::date;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::document::{Code, DocumentId, Metadata, Recipient};
use vanthu::domain::inbound::InboundState;
use vanthu::exchange::vanthu::VanthuLine;
use vanthu::exchange::{Line, OutboxKind, Parcel, ServerAddress};
use vanthu::packet::{
    self, Attachment, DocumentPacket, Kind, Outgoing, Packet, Report, Staff, StatusPacket,
};
use vanthu::rules::Profile;
use vanthu::token::Pin;

use crate::place::{PROVINCE, Place, TAN_BINH, decision, p12};
use crate::support::ServerProcess;

const STRANGER: &str = "000.00.14.H30";

fn code(text: &str) -> AgencyCode {
    AgencyCode::new(text).unwrap()
}

fn metadata(from: &str, number: u32) -> Metadata {
    Metadata {
        document_id: Some(DocumentId::of_year(code(from), 2026, number)),
        code: Code { number: format!("{number:02}"), notation: "QĐ-UBND".to_owned() },
        type_key: "QĐ".to_owned(),
        type_name: "Quyết định".to_owned(),
        subject: "Về việc thử nghiệm".to_owned(),
        issued: Some(date(2026, 11, 20)),
        place: "Vị Thanh".to_owned(),
        issuer: Some(Recipient { agency: code(from), name: "Cơ quan gửi".to_owned() }),
        ..Metadata::default()
    }
}

/// A packet from one agency to another.
fn packet_of(from: &str, to: &str, number: u32, kind: Kind, files: Vec<Attachment>) -> Vec<u8> {
    let profile = Profile::built_in("hau-giang-2019").unwrap();
    let document = DocumentPacket::from_metadata(Outgoing {
        metadata: &metadata(from, number),
        profile: &profile,
        from: &Agency::new(code(from), "Cơ quan gửi"),
        to: &[Agency::new(code(to), "Cơ quan nhận")],
        kind,
        reason: "thu hồi để sửa",
        staff: Staff::default(),
        at: Timestamp::now(),
        attachments: files,
    });
    packet::write(&Packet::Document(document)).unwrap()
}

/// A good packet of the province for Tân Bình; each number is another document.
fn good(number: u32) -> Vec<u8> {
    let pdf = decision(|sheet| sheet.subject = format!("Việc thứ {number}"));
    let note = Attachment::new("ghichu.txt", "ghi chú", b"ghi chu".to_vec());
    let main = Attachment::new("quyetdinh.pdf", "chính", pdf);
    packet_of(PROVINCE, TAN_BINH, number, Kind::New, vec![main, note])
}

fn text(packet: Vec<u8>) -> String {
    String::from_utf8(packet).unwrap()
}

#[track_caller]
fn replaced(packet: &str, from: &str, to: &str) -> Vec<u8> {
    assert!(packet.contains(from), "{from} is not in the packet");
    packet.replacen(from, to, 1).into_bytes()
}

/// `good(1)` with another zipped file in the place of its note.
fn zipped(content: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("ghichu.txt", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(content).unwrap();
    with_last_payload(&text(good(1)), &BASE64.encode(zip.finish().unwrap().into_inner()))
}

/// The packet with other bytes in its last file.
fn with_last_payload(packet: &str, payload: &str) -> Vec<u8> {
    let end = packet.rfind("</edXML:ContentTransferEncoded>").unwrap();
    let start = packet[..end].rfind('>').unwrap() + 1;
    format!("{}{payload}{}", &packet[..start], &packet[end..]).into_bytes()
}

/// What is wrong, the packet, and how it is refused.
fn hostile() -> Vec<(&'static str, Vec<u8>, i32, &'static str)> {
    let whole = text(good(1));
    let root = whole.find("<edXML").unwrap();
    let with_doctype = |doctype: &str, subject: &str| {
        let body = whole[root..].replacen("Về việc thử nghiệm", subject, 1);
        format!("{}{doctype}{body}", &whole[..root]).into_bytes()
    };
    let mut laughs = "<!DOCTYPE edXML [<!ENTITY a0 \"ha\">".to_owned();
    for n in 1..10 {
        laughs += &format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10));
    }
    laughs += "]>";
    let outside = "<!DOCTYPE edXML [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let many = {
        let start = whole.rfind("<Attachment>").unwrap();
        let end = whole.rfind("</Attachment>").unwrap() + "</Attachment>".len();
        let one = &whole[start..end];
        format!("{}{}{}", &whole[..start], one.repeat(10_000), &whole[end..]).into_bytes()
    };
    let mut not_utf8 = whole.clone().into_bytes();
    not_utf8[root + 200] = 0xFF;
    let unseen = Attachment::new("chỉ có chữ.txt", "", b"chu".to_vec());
    vec![
        ("billion laughs", with_doctype(&laughs, "&a9;"), 3, "packet-entity"),
        ("external entity", with_doctype(outside, "&x;"), 3, "packet-entity"),
        ("entity without a definition", with_doctype("", "&x;"), 3, "packet-entity"),
        ("zip bomb", zipped(&vec![0; 60 << 20]), 3, "packet-zip-bomb"),
        ("10,000 attachments", many, 5, "packet-too-many-attachments"),
        ("truncated", whole.as_bytes()[..whole.len() / 2].to_vec(), 3, "packet-truncated"),
        ("not XML", b"khong phai XML".to_vec(), 3, "packet-malformed"),
        ("other XML", b"<html><body>Wi-Fi</body></html>".to_vec(), 3, "packet-not-packet"),
        ("not UTF-8", not_utf8, 3, "packet-not-utf8"),
        ("bad base64", with_last_payload(&whole, "@@@@"), 3, "packet-attachment-damaged"),
        ("a sender without code", replaced(&whole, PROVINCE, ""), 3, "packet-field-missing"),
        (
            "no PDF",
            packet_of(PROVINCE, TAN_BINH, 2, Kind::New, vec![unseen]),
            3,
            "office-no-main-file",
        ),
        (
            "a PDF that is none",
            packet_of(
                PROVINCE,
                TAN_BINH,
                3,
                Kind::New,
                vec![Attachment::new("giả.pdf", "", b"khong phai PDF".to_vec())],
            ),
            3,
            "pdf-not-pdf",
        ),
        (
            "for somebody else",
            packet_of(PROVINCE, STRANGER, 4, Kind::New, vec![pdf()]),
            5,
            "office-not-addressee",
        ),
        (
            "a secret",
            packet_of(PROVINCE, TAN_BINH, 6, Kind::New, vec![stamped()]),
            5,
            "office-secret",
        ),
        (
            "a secret behind a harmless file",
            packet_of(PROVINCE, TAN_BINH, 7, Kind::New, vec![pdf(), stamped()]),
            5,
            "office-secret",
        ),
    ]
}

fn pdf() -> Attachment {
    Attachment::new("văn bản.pdf", "", decision(|_| {}))
}

fn stamped() -> Attachment {
    use vanthu::office::layout::Part;
    let pdf = decision(|sheet| sheet.body.insert(0, Part::Paragraph("TỐI MẬT".to_owned())));
    Attachment::new("phụ lục.pdf", "", pdf)
}

#[test]
fn brought_in_by_hand() {
    let place = Place::new();
    for (what, bytes, status, code) in hostile() {
        eprintln!("{what}");
        let file = place.file("gói.edxml", &bytes);
        if code == "office-secret" {
            let before = place.state();
            assert_eq!(place.run("vanthu", &["import", &file]).failed(status), code);
            assert_eq!(place.state(), before);
            assert_eq!(place.quarantine()[0].code, code);
        } else {
            place.quarantined(&file, status, code);
        }
    }
    let empty = place.file("rỗng.edxml", b"");
    place.quarantined(&empty, 3, "packet-empty");
    let file = place.file("gói.edxml", &good(90));
    assert_eq!(place.run("vanthu", &["import", &file]).done()["files"][0]["outcome"], "document");
}

/// A server with three agencies, one of them ours.
struct World {
    place: Place,
    server: ServerProcess,
}

fn world() -> World {
    let place = Place::new();
    let server = ServerProcess::start(
        &place.root.join("server"),
        &[(TAN_BINH, "Tân Bình"), (PROVINCE, "Tỉnh"), (STRANGER, "Sở")],
    );
    place.office.connect(&server);
    World { place, server }
}

impl World {
    /// Sends bytes as `from`, with its true secret: whoever has one can send anything.
    fn send(&self, from: &str, bytes: &[u8]) {
        let secret = Pin::new(format!("secret-of-{from}"));
        let address = ServerAddress::new(&self.server.url, code(from), secret).unwrap();
        let parcel = Parcel {
            key: format!("{from} {}", hex::encode(<sha2::Sha256 as sha2::Digest>::digest(bytes))),
            kind: OutboxKind::Document,
            order: false,
            to: vec![code(TAN_BINH)],
            bytes: Arc::from(bytes),
            tried: false,
        };
        VanthuLine::new(address).unwrap().send(&parcel, &()).unwrap();
    }

    fn sync(&self) -> serde_json::Value {
        self.place.run("vanthu", &["sync", "--once"]).done()
    }

    /// What `from` sends is quarantined; documents and deliveries stay as they are.
    #[track_caller]
    fn quarantined(&self, from: &str, bytes: &[u8], code: &str) {
        let (before, count) = (self.place.state(), self.place.quarantine().len());
        self.send(from, bytes);
        let sync = self.sync();
        assert_eq!((&sync["received"], &sync["quarantined"]), (&1.into(), &1.into()), "{sync}");
        assert_eq!(self.place.state(), before);
        let rows = self.place.quarantine();
        assert_eq!((rows.len(), rows[0].code.as_str()), (count + 1, code), "{:?}", rows[0]);
        assert_eq!(rows[0].origin, from);
        if code != "office-secret" {
            self.place.assert_kept(&rows[0].hash.0, bytes);
        }
    }
}

#[test]
fn over_the_line() {
    let world = world();
    for (n, (what, bytes, _, code)) in hostile().into_iter().enumerate() {
        eprintln!("{what}");
        world.quarantined(PROVINCE, &bytes, code);
        // The good one behind it arrives, every time.
        world.send(PROVINCE, &good(100 + n as u32));
        let sync = world.sync();
        assert_eq!((&sync["received"], &sync["quarantined"]), (&1.into(), &0.into()), "{sync}");
        assert_eq!(world.place.state().inbound.len(), n + 1);
    }
    // A bare PDF is no packet: it says neither from whom nor to whom.
    world.quarantined(PROVINCE, &decision(|_| {}), "packet-not-packet");
}

#[test]
fn all_at_once_with_a_good_one_last() {
    let world = world();
    let all = hostile();
    for (_, bytes, ..) in &all {
        world.send(PROVINCE, bytes);
    }
    world.send(PROVINCE, &good(90));
    let sync = world.sync();
    assert_eq!(sync["received"], all.len() + 1, "{sync}");
    assert_eq!(sync["quarantined"], all.len(), "{sync}");
    assert_eq!(world.place.state().inbound.len(), 1);
    // Nothing is left to stumble over.
    let again = world.sync();
    assert_eq!((&again["received"], &again["quarantined"]), (&0.into(), &0.into()), "{again}");
}

#[test]
fn a_recall_of_what_never_came_waits_for_it() {
    let world = world();
    // What was sent after its recall may be meant to stand; this was sent before.
    let document = good(5);
    world.send(PROVINCE, &packet_of(PROVINCE, TAN_BINH, 5, Kind::Recall, Vec::new()));
    let sync = world.sync();
    assert_eq!((&sync["received"], &sync["quarantined"]), (&1.into(), &0.into()), "{sync}");
    assert_eq!(world.place.state().inbound.len(), 0);
    world.send(PROVINCE, &document);
    world.sync();
    let state = world.place.state();
    assert_eq!(state.inbound.len(), 1);
    assert_eq!(state.inbound[0].state, InboundState::Recalled);
}

#[test]
fn a_document_of_which_several_things_are_demanded() {
    let world = world();
    world.send(PROVINCE, &good(6));
    world.sync();
    let id = world.place.state().inbound[0].key.to_string();
    world.place.run("vanthu", &["accept", &id, "--despite", "Đã đối chiếu"]).done();
    let update =
        Kind::Update { document_changed: true, receivers_changed: false, receivers: Vec::new() };
    for kind in [update, Kind::Recall] {
        world.send(PROVINCE, &packet_of(PROVINCE, TAN_BINH, 6, kind, Vec::new()));
    }
    world.sync();
    // Whoever means the update would cancel the document.
    let answer = ["recall", "answer", &id, "--agree"];
    world.place.refused("vanthu", &answer, 2, "office-several-demands");
}

#[test]
fn names_that_leave_their_folder() {
    let world = world();
    let whole = text(good(1));
    let packet = whole.replace("quyetdinh.pdf", "../../../evil.pdf");
    let packet = packet.replace("ghichu.txt", "C:\\Windows\\x.txt");
    world.send(PROVINCE, packet.as_bytes());
    world.sync();
    let state = world.place.state();
    let names: Vec<&str> = state.inbound[0].files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["evil.pdf", "x.txt"]);
    let mut beside: Vec<_> =
        std::fs::read_dir(&world.place.root).unwrap().map(|one| one.unwrap().file_name()).collect();
    beside.sort();
    assert_eq!(beside, ["office", "server"]);
}

#[test]
fn nobody_speaks_for_another() {
    let world = world();
    world.send(PROVINCE, &good(1));
    world.sync();
    // A document, and an order to cancel the province's, by one who is not the province.
    world.quarantined(STRANGER, &good(2), "office-other-sender");
    let recall = packet_of(PROVINCE, TAN_BINH, 1, Kind::Recall, Vec::new());
    world.quarantined(STRANGER, &recall, "office-other-sender");
    let own = text(recall.clone()).replace("Cơ quan gửi", "Sở");
    let own = replaced(
        &own,
        &format!("<edXML:OrganId>{PROVINCE}"),
        &format!("<edXML:OrganId>{STRANGER}"),
    );
    // A demand on what its speaker never sent waits, and touches nobody else's document.
    world.send(STRANGER, &own);
    let sync = world.sync();
    assert_eq!((&sync["received"], &sync["quarantined"]), (&1.into(), &0.into()), "{sync}");
    assert_eq!(world.place.state().inbound.len(), 1);
    assert_eq!(world.place.state().inbound[0].state, InboundState::Arrived);

    // The very bytes that a stranger sent first are taken when they come from whom they name.
    world.send(PROVINCE, &good(2));
    world.send(PROVINCE, &recall);
    world.sync();
    let state = world.place.state();
    assert_eq!(state.inbound.len(), 2);
    assert_eq!(state.inbound[1].state, InboundState::Recalled);
}

#[test]
fn an_id_is_not_taken_by_who_comes_first() {
    let world = world();
    // A stranger sends something under the id of a document that the province will send.
    let squat = text(packet_of(STRANGER, TAN_BINH, 8, Kind::New, vec![pdf()]));
    let id = |from: &str| metadata(from, 8).document_id.unwrap().to_string();
    let squat = squat.replace(&id(STRANGER), &id(PROVINCE));
    world.send(STRANGER, squat.as_bytes());
    world.sync();
    world.send(PROVINCE, &good(8));
    world.sync();
    let senders: Vec<_> = world.place.state().inbound.into_iter().map(|one| one.sender).collect();
    assert_eq!(senders, [Some(code(PROVINCE)), Some(code(STRANGER))]);
    // The province's own again is no third document; other words under its id are for the
    // clerk to see.
    world.send(PROVINCE, &text(good(8)).replace("Vị Thanh", "Vị Thanh ").into_bytes());
    world.sync();
    assert_eq!(world.place.state().inbound.len(), 2);
    let other = packet_of(PROVINCE, TAN_BINH, 8, Kind::New, vec![pdf()]);
    world.send(PROVINCE, &other);
    world.sync();
    assert_eq!(world.place.state().inbound.len(), 3);
}

#[test]
fn statuses_of_strangers_change_nothing() {
    let world = world();
    let place = &world.place;
    let id = place.to_sign();
    let (leader, seal) = (p12("leader"), p12("org"));
    place
        .run("lanhdao", &["sign-document", &id, "--token", &leader, "--pin-env", "P12_PIN"])
        .done();
    place.run("vanthu", &["seal", &id, "--token", &seal, "--pin-env", "P12_PIN"]).done();
    place.run("vanthu", &["issue", &id]).done();
    world.sync();
    let document = place.state().outbound.remove(0);
    let status = |from: &str, code_: StatusCode| {
        let report = Report {
            document: &document.metadata,
            issuer: &code(TAN_BINH),
            from: &Agency::new(code(from), "Cơ quan nhận"),
            code: code_,
            description: "đã nhận",
            at: "2026-11-23T08:00:00Z".parse().unwrap(),
            staff: Staff::default(),
        };
        packet::write(&Packet::Status(StatusPacket::report(report))).unwrap()
    };
    world.quarantined(STRANGER, &status(PROVINCE, StatusCode::Returned), "office-other-sender");
    world.quarantined(STRANGER, &status(STRANGER, StatusCode::Returned), "office-not-recipient");
    world.send(PROVINCE, &status(PROVINCE, StatusCode::Accepted));
    world.sync();
    let statuses = place.state().outbound.remove(0).deliveries.remove(0).statuses;
    assert_eq!(statuses.len(), 1);
    assert_eq!(statuses[0].code, StatusCode::Accepted);
    // The same file brought by hand, twice, says nothing new.
    let file = place.file("trạng-thái.edxml", &status(PROVINCE, StatusCode::Accepted));
    let before = (place.state(), place.store().audit().unwrap().operations);
    for _ in 0..2 {
        let outcome = place.run("vanthu", &["import", &file]).done();
        assert_eq!(outcome["files"][0]["outcome"], "status");
    }
    assert_eq!((place.state(), place.store().audit().unwrap().operations), before);
}
