//! Packets against what the national axis' own library writes, against hostile senders,
//! and against themselves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // it is a test

#[path = "packet/generated.rs"]
mod generated;
#[path = "support/wire.rs"]
mod wire;
#[path = "packet/wire.rs"]
mod wire_rules;

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use jiff::civil::date;
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::document::Urgency;
use vanthu::domain::problem::{Blame, Kind as ProblemKind, Problem};
use vanthu::i18n::{Lang, lookup};
use vanthu::packet::{
    DocumentPacket, Kind, Limits, Packet, PacketError, StatusPacket, json, read, write,
};
use vanthu::rules::Profile;

const NEW: &[u8] = include_bytes!("data/axis/new.edxml");
const RECALL: &[u8] = include_bytes!("data/axis/recall.edxml");
const STATUS_02: &[u8] = include_bytes!("data/axis/status-02.edxml");
const STATUS_03: &[u8] = include_bytes!("data/axis/status-03.edxml");

fn document(bytes: &[u8]) -> DocumentPacket {
    match read(bytes, &Limits::default()) {
        Ok(Packet::Document(packet)) => packet,
        other => panic!("{other:?}"),
    }
}

fn status(bytes: &[u8]) -> StatusPacket {
    match read(bytes, &Limits::default()) {
        Ok(Packet::Status(packet)) => packet,
        other => panic!("{other:?}"),
    }
}

fn fault(bytes: &[u8]) -> PacketError {
    read(bytes, &Limits::default()).expect_err("a fault was expected")
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.contains(from), "{from}");
    text.replace(from, to).into_bytes()
}

// The axis library's packets, field by field.

#[test]
fn a_new_document_says_everything() {
    let packet = document(NEW);
    let from = &packet.from;
    assert_eq!(from.code.as_ref().unwrap().as_str(), "000.01.05.H30");
    assert_eq!(from.in_charge, "UBND tỉnh Hậu Giang");
    assert_eq!(from.name, "Ủy ban nhân dân xã Tân Bình");
    assert_eq!(from.address, "Ấp 1, xã Tân Bình");
    assert_eq!(from.email, "vanthu@example.gov.vn");
    assert_eq!(from.telephone, "02933000000");
    assert_eq!(from.fax, "");
    assert_eq!(from.website, "tanbinh.example.gov.vn");
    let to: Vec<_> =
        packet.to.iter().map(|to| (to.code.as_ref().unwrap().as_str(), to.name.as_str())).collect();
    assert_eq!(
        to,
        [
            ("000.00.00.H30", "Ủy ban nhân dân tỉnh Hậu Giang"),
            ("000.00.14.H30", "Sở Thông tin và Truyền thông")
        ]
    );
    assert_eq!(packet.document_id, "000.01.05.H30,2019,7");
    assert_eq!(packet.code.to_string(), "07/QĐ-UBND");
    assert_eq!(packet.place, "Tân Bình");
    assert_eq!(packet.issued, Some(date(2019, 5, 6)));
    assert_eq!(packet.document_type.number, Some(2));
    assert_eq!(packet.document_type.detail, Some(0));
    assert_eq!(packet.document_type.name, "Quyết định");
    assert_eq!(packet.subject, "Về việc ban hành Quy chế làm việc & \"tiếp công dân\" <năm 2019>");
    assert_eq!(packet.content, "Nội dung trích yếu");
    assert_eq!(packet.signer.competence, "TM. ỦY BAN NHÂN DÂN");
    assert_eq!(packet.signer.position, "Chủ tịch");
    assert_eq!(packet.signer.full_name, "Nguyễn Văn Đạo");
    assert_eq!(packet.due, Some(date(2019, 5, 20)));
    assert_eq!(packet.other.urgency, Urgency::Urgent);
    assert_eq!(packet.other.sphere, "Trong tỉnh");
    assert_eq!(packet.other.drafter_notation, "NVD");
    assert_eq!(packet.other.copies, Some(3));
    assert_eq!(packet.other.pages, Some(2));
    assert!(!packet.other.steering);
    assert_eq!(packet.other.appendixes, ["Phụ lục I"]);
    let [answered] = packet.response_for.as_slice() else { panic!() };
    assert_eq!(answered.agency.as_ref().unwrap().as_str(), "000.00.00.H30");
    assert_eq!(answered.code, "12/CV-UBND");
    assert_eq!(answered.document_id, "000.00.00.H30,2019,12");
    assert_eq!(answered.issued, Some(date(2019, 4, 20)));
    assert_eq!(packet.steering_type, Some(1));
    assert_eq!(packet.to_places, ["Như Điều 3", "Lưu: VT"]);
    assert_eq!(packet.business.kind, Kind::New);
    assert_eq!(packet.business.document_id, "000.01.05.H30,2019,7");
    assert_eq!(packet.business.reason, "Văn bản mới");
    assert!(!packet.business.paper);
    assert_eq!(packet.business.staff.department, "Văn phòng");
    assert_eq!(packet.business.staff.name, "Lê Thị Phượng");
    assert_eq!(packet.business.staff.email, "phuong@example.gov.vn");
    assert_eq!(packet.business.staff.mobile, "0900000000");
    let [hop] = packet.trace.as_slice() else { panic!() };
    assert_eq!(hop.code.as_str(), "000.01.05.H30");
    assert_eq!(hop.at, Some("2019-05-06T09:30:05+07:00".parse::<Timestamp>().unwrap()));
}

#[test]
fn its_files_are_whole() {
    let packet = document(NEW);
    let [pdf, annex] = packet.attachments.as_slice() else { panic!() };
    assert_eq!(
        (pdf.content_id.as_str(), pdf.name.as_str(), pdf.description.as_str()),
        ("qd-1", "qd.pdf", "Quyết định")
    );
    assert_eq!(pdf.media_type, "application/pdf");
    assert_eq!(packet.main_attachment(), Some(pdf));
    let opened = lopdf::Document::load_mem(&pdf.content).unwrap();
    assert!(!opened.get_pages().is_empty());
    assert_eq!((annex.content_id.as_str(), annex.name.as_str()), ("pl-2", "phuluc.txt"));
    assert_eq!(annex.media_type, "text/plain");
    assert_eq!(std::str::from_utf8(&annex.content).unwrap().trim(), "Mẫu biểu kèm theo");
}

#[test]
fn the_register_gets_its_fields() {
    let profile = Profile::built_in("hau-giang-2019").unwrap();
    let metadata = document(NEW).metadata(&profile);
    assert_eq!(metadata.type_key, "QĐ");
    assert_eq!(metadata.document_id.unwrap().to_string(), "000.01.05.H30,2019,7");
    assert_eq!(metadata.issuer.unwrap().name, "Ủy ban nhân dân xã Tân Bình");
    assert_eq!(metadata.recipients.len(), 2);
    assert_eq!(metadata.other_places, ["Như Điều 3", "Lưu: VT"]);
    assert_eq!(metadata.notes, "Nội dung trích yếu");
}

#[test]
fn a_recall_and_two_answers() {
    let recall = document(RECALL);
    assert_eq!(recall.business.kind, Kind::Recall);
    assert_eq!(recall.business.reason, "Lý do của nghiệp vụ 1");
    assert!(recall.attachments.is_empty());

    let returned = status(STATUS_02);
    assert_eq!(returned.code, StatusCode::Returned);
    assert_eq!(returned.description, "Sai thẩm quyền");
    assert_eq!(returned.from.code.as_ref().unwrap().as_str(), "000.00.00.H30");
    assert_eq!(returned.response_for.agency.as_ref().unwrap().as_str(), "000.01.05.H30");
    assert_eq!(returned.response_for.code, "07/QĐ-UBND");
    assert_eq!(returned.response_for.issued, Some(date(2019, 5, 6)));
    assert_eq!(returned.response_for.document_id, "000.01.05.H30,2019,7");
    assert_eq!(returned.staff.name, "Trần Thị Bé");
    assert_eq!(returned.at, Some("2019-05-06T10:01:02+07:00".parse::<Timestamp>().unwrap()));
    assert_eq!(status(STATUS_03).code, StatusCode::Accepted);

    let profile = Profile::built_in("hau-giang-2019").unwrap();
    let sent = document(NEW);
    assert!(returned.is_about(&sent.metadata(&profile), sent.from.code.as_ref().unwrap()));
}

#[test]
fn we_write_what_the_axis_library_writes_byte_for_byte() {
    for bytes in [RECALL, STATUS_02, STATUS_03] {
        let packet = read(bytes, &Limits::default()).unwrap();
        let ours = write(&packet).unwrap();
        assert_eq!(String::from_utf8(ours).unwrap(), std::str::from_utf8(bytes).unwrap());
    }
    // Of a new document everything but the annex' zip file, whose entry has a random name.
    let ours = write(&Packet::Document(document(NEW))).unwrap();
    let ours: Vec<&str> = std::str::from_utf8(&ours).unwrap().split("\r\n").collect();
    let theirs: Vec<&str> = std::str::from_utf8(NEW).unwrap().split("\r\n").collect();
    assert_eq!(ours.len(), theirs.len());
    let differing: Vec<(&&str, &&str)> =
        ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs).collect();
    let [(ours, theirs)] = differing.as_slice() else { panic!("{differing:?}") };
    let opening = "<edXML:ContentTransferEncoded xmlns:edXML=";
    assert!(ours.trim().starts_with(opening) && theirs.trim().starts_with(opening));
    // And what is inside that zip file is the same.
    assert_eq!(document(&write(&Packet::Document(document(NEW))).unwrap()), document(NEW));
}

// What other systems do differently.

#[test]
fn the_order_of_elements_does_not_matter() {
    let id = "        <edXML:DocumentId>000.01.05.H30,2019,7</edXML:DocumentId>\r\n";
    let text = std::str::from_utf8(NEW).unwrap();
    let without = text.replacen(id, "", 1);
    let moved = without.replacen(
        "      </edXML:MessageHeader>",
        &format!("{id}      </edXML:MessageHeader>"),
        1,
    );
    assert_ne!(moved, text);
    assert_eq!(document(moved.as_bytes()), document(NEW));
}

#[test]
fn spellings_and_prefixes_of_other_systems() {
    let expected = document(NEW);
    for (from, to) in [
        ("Bussiness", "Business"),
        (
            "<edXML:ContentTransferEncoded xmlns:edXML=\"http://www.mic.gov.vn/TBT/QCVN_102_2016\">",
            "<ContentTransferEncoded>",
        ),
        ("<ContentId>cid:", "<ContentId>"),
        ("edXML:ContentId>cid:", "edXML:ContentId>"),
        ("2019/05/06</", "06/05/2019</"),
        ("2019/05/06 09:30:05", "06/05/2019 09:30:05"),
        ("http://www.mic.gov.vn/TBT/QCVN_102_2016", "http://www.e-doc.vn/Schema/"),
        ("\r\n", "\n"),
        ("\r\n", ""),
        ("<edXML:Priority>1<", "<edXML:Priority> 01 <"),
    ] {
        let mut bytes = replaced(NEW, from, to);
        if to == "<ContentTransferEncoded>" {
            bytes =
                replaced(&bytes, "</edXML:ContentTransferEncoded>", "</ContentTransferEncoded>");
        }
        assert_eq!(document(&bytes), expected, "{from} -> {to}");
    }
    let without_prefix = replaced(&replaced(NEW, "<edXML:", "<"), "</edXML:", "</");
    assert_eq!(document(&without_prefix), expected);
    let with_mark = [b"\xef\xbb\xbf", NEW].concat();
    assert_eq!(document(&with_mark), expected);
}

#[test]
fn a_file_may_be_named_by_its_reference_alone() {
    let link = "<edXML:Reference xmlns:xlink=\"http://www.w3.org/1999/xlink\" xlink:href=\"cid:qd-1\" xlink:type=\"simple\">";
    let bytes = replaced(
        NEW,
        "<edXML:Reference>\r\n          <edXML:ContentId>cid:qd-1</edXML:ContentId>",
        link,
    );
    assert_eq!(document(&bytes), document(NEW));
}

#[test]
fn an_older_status_in_a_soap_envelope() {
    let old = r#"<?xml version="1.0" encoding="utf-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:edXML="http://schemas.xmlsoap.org/soap/envelope/">
  <SOAP-ENV:Header>
    <edXML:Status>
      <edXML:StatusCode>3</edXML:StatusCode>
      <edXML:Timestamp>07/05/2019 08:00:00</edXML:Timestamp>
      <edXML:From><edXML:OrganId>000.00.14.H20</edXML:OrganId></edXML:From>
      <edXML:ResponseFor>
        <edXML:PromulgationDate>06/05/2019</edXML:PromulgationDate>
        <edXML:OrganId>000.01.05.H30</edXML:OrganId>
        <edXML:Code>07/QĐ-UBND</edXML:Code>
      </edXML:ResponseFor>
    </edXML:Status>
  </SOAP-ENV:Header>
</SOAP-ENV:Envelope>"#;
    let status = status(old.as_bytes());
    assert_eq!(status.code, StatusCode::Accepted);
    assert_eq!(status.at, Some("2019-05-07T08:00:00+07:00".parse::<Timestamp>().unwrap()));
    assert_eq!(status.response_for.issued, Some(date(2019, 5, 6)));
    let profile = Profile::built_in("current").unwrap();
    let sent = document(NEW);
    assert!(status.is_about(&sent.metadata(&profile), sent.from.code.as_ref().unwrap()));
}

// Hostile senders.

#[test]
fn entities_are_refused() {
    let laughs = r#"<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol2 "&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;">]>
<edXML><Subject>&lol2;</Subject></edXML>"#;
    assert!(matches!(fault(laughs.as_bytes()), PacketError::Entity { .. }));
    let external =
        r#"<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><edXML>&xxe;</edXML>"#;
    assert!(matches!(fault(external.as_bytes()), PacketError::Entity { .. }));
    let parameter = r#"<!DOCTYPE x [<!ENTITY % p SYSTEM "http://example.org/x.dtd">%p;]><edXML/>"#;
    assert!(matches!(fault(parameter.as_bytes()), PacketError::Entity { .. }));
    let undefined = replaced(NEW, "Nội dung trích yếu", "&nbsp;");
    assert!(matches!(fault(&undefined), PacketError::Entity { what } if what == "nbsp"));
}

#[test]
fn ten_thousand_attachments_are_too_many() {
    let mut many = String::new();
    for index in 0..10_000 {
        write!(many, "<Attachment><ContentId>{index}</ContentId></Attachment>").unwrap();
    }
    let packet = replaced(
        RECALL,
        "<AttachmentEncoded />",
        &format!("<AttachmentEncoded>{many}</AttachmentEncoded>"),
    );
    assert_eq!(fault(&packet), PacketError::TooManyAttachments { limit: 100 });
    let many =
        many.replace("Attachment>", "edXML:Reference>").replace("ContentId>", "edXML:ContentId>");
    let packet = replaced(
        RECALL,
        "<edXML:edXMLManifest version=\"1.0\" />",
        &format!("<edXML:edXMLManifest version=\"1.0\">{many}</edXML:edXMLManifest>"),
    );
    assert_eq!(fault(&packet), PacketError::TooManyAttachments { limit: 100 });
}

/// The recall, with one file.
fn with_file(name: &str, declared: &str, payload: &str) -> Vec<u8> {
    let file = format!(
        "<AttachmentEncoded><Attachment><ContentId>cid:1</ContentId><AttachmentName>{name}</AttachmentName>\
         <ContentType>{declared}</ContentType><ContentTransferEncoded>{payload}</ContentTransferEncoded>\
         </Attachment></AttachmentEncoded>"
    );
    replaced(RECALL, "<AttachmentEncoded />", &file)
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn zip_bombs_are_not_unpacked() {
    let bomb = zipped(&[("a.txt", &vec![0; 60 << 20])]);
    let packet = with_file("a.txt", "application/zip", &BASE64.encode(&bomb));
    assert_eq!(fault(&packet), PacketError::ZipBomb { name: "a.txt".to_owned() });
    let two = zipped(&[("a.txt", b"a"), ("b.txt", b"b")]);
    let packet = with_file("a.txt", "application/zip", &BASE64.encode(&two));
    assert!(matches!(fault(&packet), PacketError::AttachmentDamaged { .. }));
    // A size that the directory understates does not help it.
    let mut lying = zipped(&[("a.txt", &vec![7; 5 << 20])]);
    let directory = lying.windows(4).rposition(|part| part == b"PK\x01\x02").unwrap();
    lying[directory + 24..directory + 28].copy_from_slice(&10u32.to_le_bytes());
    let packet = with_file("a.txt", "application/zip", &BASE64.encode(&lying));
    match read(&packet, &Limits { zip_ratio: 10, ..Limits::default() }) {
        Err(PacketError::ZipBomb { .. } | PacketError::AttachmentDamaged { .. }) => {}
        Ok(Packet::Document(packet)) => assert!(packet.attachments[0].content.len() <= 1 << 20),
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_from_outside_stay_in_their_folder() {
    let evil = zipped(&[("../../../autostart/x.sh", b"x")]);
    for name in ["../../.bashrc", "C:\\Windows\\x.txt", "", "a/b/c.txt", "nul.txt"] {
        let packet = document(&with_file(name, "application/zip", &BASE64.encode(&evil)));
        let [file] = packet.attachments.as_slice() else { panic!() };
        assert!(!file.name.contains(['/', '\\']), "{}", file.name);
        assert!(!file.name.is_empty() && file.name != ".." && file.name != "nul.txt");
        assert_eq!(file.content, b"x");
    }
}

#[test]
fn sizes_are_held() {
    let limits = Limits { attachment_bytes: 100, ..Limits::default() };
    let packet = with_file("a.pdf", "application/pdf", &BASE64.encode(vec![1; 101]));
    assert!(matches!(
        read(&packet, &limits),
        Err(PacketError::AttachmentTooLarge { limit: 100, .. })
    ));
    let limits = Limits { decoded_bytes: 50_000, ..Limits::default() };
    assert!(matches!(read(NEW, &limits), Err(PacketError::AttachmentsTooLarge { limit: 50_000 })));
    let limits = Limits { packet_bytes: 1000, ..Limits::default() };
    assert!(matches!(read(NEW, &limits), Err(PacketError::TooLarge { limit: 1000, .. })));
    let long = replaced(RECALL, "Nội dung trích yếu", &"à".repeat(40_000));
    assert!(matches!(fault(&long), PacketError::TooComplex { limit: 65_536, .. }));
    let deep = replaced(RECALL, "Nội dung trích yếu", &("<a>".repeat(40) + &"</a>".repeat(40)));
    assert!(matches!(fault(&deep), PacketError::TooComplex { limit: 32, .. }));
    let attributes: String = (0..200_000).fold(String::new(), |mut all, index| {
        let _ = write!(all, " a{index}='x'");
        all
    });
    let wide = replaced(
        RECALL,
        "<edXML:edXMLBody>",
        &format!("<edXML:edXMLBody><Reference{attributes}/>"),
    );
    assert!(read(&wide, &Limits::default()).is_ok());
}

#[test]
fn damage_is_named() {
    assert_eq!(fault(b""), PacketError::Empty);
    assert_eq!(fault(b" \r\n"), PacketError::Empty);
    assert!(matches!(fault(b"%PDF-1.7"), PacketError::Malformed { .. }));
    assert!(matches!(fault(b"\xff\xfe<\x00"), PacketError::NotUtf8 { .. }));
    assert!(matches!(fault(&replaced(NEW, "UTF-8", "UTF-16")), PacketError::NotUtf8 { .. }));
    assert_eq!(fault(b"<html><body/></html>"), PacketError::NotPacket);
    assert!(matches!(fault(&NEW[..NEW.len() / 2]), PacketError::Truncated { .. }));
    assert!(matches!(
        fault(&with_file("a.pdf", "", "JVBE*")),
        PacketError::AttachmentDamaged { .. }
    ));
    assert!(matches!(
        fault(&replaced(NEW, "<ContentId>cid:qd-1<", "<ContentId>cid:qd-9<")),
        PacketError::AttachmentMissing { name } if name == "qd.pdf"
    ));
    for (from, to, field) in [
        ("<edXML:DueDate>2019/05/20<", "<edXML:DueDate>hôm nay<", "DueDate"),
        ("<edXML:PageAmount>2<", "<edXML:PageAmount>hai<", "PageAmount"),
        ("<edXML:OrganId>000.00.14.H30<", "<edXML:OrganId>a,b<", "OrganId"),
        ("DocType>0<", "DocType>9<", "BussinessDocType"),
    ] {
        assert!(
            matches!(fault(&replaced(NEW, from, to)), PacketError::FieldBad { field: told, .. } if told == field),
            "{to}"
        );
    }
    assert!(matches!(
        fault(&replaced(STATUS_02, "<edXML:StatusCode>02<", "<edXML:StatusCode>77<")),
        PacketError::FieldBad { field: "StatusCode", .. }
    ));
    let nobody = replaced(STATUS_02, "<edXML:OrganId>000.00.00.H30</edXML:OrganId>", "");
    assert_eq!(fault(&nobody), PacketError::FieldMissing { field: "From/OrganId" });
}

#[test]
fn every_fault_is_told_in_both_languages() {
    let name = || "a.pdf".to_owned();
    let faults = [
        PacketError::Empty,
        PacketError::TooLarge { size: 5, limit: 4 },
        PacketError::NotUtf8 { offset: 3 },
        PacketError::NotPacket,
        PacketError::Truncated { line: 1 },
        PacketError::Malformed { line: 0, detail: name() },
        PacketError::Entity { what: name() },
        PacketError::TooComplex { what: "elements", limit: 1 },
        PacketError::TooManyAttachments { limit: 100 },
        PacketError::AttachmentTooLarge { name: name(), limit: 1 },
        PacketError::AttachmentsTooLarge { limit: 1 },
        PacketError::AttachmentDamaged { name: name(), detail: name() },
        PacketError::ZipBomb { name: name() },
        PacketError::AttachmentMissing { name: name() },
        PacketError::FieldMissing { field: "From" },
        PacketError::FieldBad { field: "DueDate", value: name() },
        PacketError::Spec { line: 3, detail: name() },
        PacketError::SpecFile { path: name(), detail: name() },
    ];
    for fault in faults {
        let problem = Problem::from(fault.clone());
        assert!(matches!(problem.kind, ProblemKind::Unreadable | ProblemKind::Refused));
        let by_hand = matches!(fault, PacketError::Spec { .. } | PacketError::SpecFile { .. });
        assert_eq!(problem.blame, if by_hand { Blame::Input } else { Blame::Sender });
        let args: Vec<(&str, String)> =
            problem.args.iter().map(|(name, value)| (*name, value.clone())).collect();
        for lang in Lang::ALL {
            for attribute in ["", ".kept", ".next"] {
                let key = format!("{}{attribute}", problem.code);
                let told = lookup(lang, &key, &args).unwrap_or_else(|| panic!("{key}"));
                assert!(!told.contains("{$") && !told.contains("{ $"), "{told}");
            }
        }
    }
}

// JSON.

#[test]
fn json_travels_there_and_back() {
    for bytes in [NEW, RECALL, STATUS_02] {
        let packet = read(bytes, &Limits::default()).unwrap();
        let text = serde_json::to_vec(&json::to_value(&packet, true).unwrap()).unwrap();
        let back = json::from_slice(&text, None, &Limits::default()).unwrap();
        assert_eq!(back, packet);
    }
    let value = json::to_value(&Packet::Document(document(NEW)), false).unwrap();
    assert_eq!(value["packet"], "document");
    assert_eq!(value["attachments"][0]["name"], "qd.pdf");
    assert_eq!(value["attachments"][0]["sha256"].as_str().unwrap().len(), 64);
    assert!(value["attachments"][0].get("content").is_none());
}

#[test]
fn a_description_may_name_its_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("qd.pdf"), b"%PDF-1.7 test").unwrap();
    let spec = r#"{ "packet": "document", "from": { "code": "000.01.05.H30" },
        "code": { "number": "07", "notation": "QĐ-UBND" },
        "attachments": [ { "name": "qd.pdf", "path": "qd.pdf" } ] }"#;
    let read_spec =
        |spec: &str, folder| json::from_slice(spec.as_bytes(), folder, &Limits::default());
    let packet = read_spec(spec, Some(folder.path())).unwrap();
    let Packet::Document(written) = read(&write(&packet).unwrap(), &Limits::default()).unwrap()
    else {
        panic!()
    };
    assert_eq!(written.attachments[0].content, b"%PDF-1.7 test");
    assert!(matches!(read_spec(spec, None), Err(PacketError::Spec { .. })));
    for (from, to) in [
        ("\"path\": \"qd.pdf\"", "\"path\": \"no.pdf\""),
        ("\"path\": \"qd.pdf\"", "\"path\": \"qd.pdf\", \"size\": 1"),
        ("\"path\": \"qd.pdf\"", "\"path\": \"qd.pdf\", \"sha256\": \"00\""),
        ("\"path\": \"qd.pdf\"", "\"content\": \"*\""),
        ("\"number\"", "\"nmuber\""),
        ("\"from\"", "\"form\""),
        ("\"document\"", "\"letter\""),
    ] {
        let wrong = spec.replacen(from, to, 1);
        assert_ne!(wrong, spec);
        assert!(
            matches!(
                read_spec(&wrong, Some(folder.path())),
                Err(PacketError::Spec { .. } | PacketError::SpecFile { .. })
            ),
            "{to}"
        );
    }
    assert!(matches!(
        write(
            &read_spec(&spec.replace("\"code\": \"000.01.05.H30\"", ""), Some(folder.path()))
                .unwrap()
        ),
        Err(PacketError::FieldMissing { field: "From/OrganId" })
    ));
}
