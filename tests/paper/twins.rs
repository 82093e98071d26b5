//! Documents that came twice, by whatever way.

use jiff::civil::date;
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::document::{Code, DocumentKey};
use vanthu::domain::duplicate::Ground;
use vanthu::domain::inbound::InboundState;
use vanthu::office::{Filter, Imported, Office};
use vanthu::packet;

use crate::support::ctl;
use crate::{Desk, OURS, data};

/// A packet for us from the province: a document id, a number, and a PDF.
fn packet(id: &str, number: &str, pdf: &[u8]) -> Vec<u8> {
    let spec = serde_json::json!({
        "packet": "document",
        "from": {"code": "000.00.00.H30", "name": "Ủy ban nhân dân tỉnh Hậu Giang"},
        "to": [{"code": OURS, "name": "Ủy ban nhân dân xã Tân Bình"}],
        "document_id": id,
        "code": {"number": number, "notation": "UBND-NC"},
        "issued": date(2026, 11, 23),
        "document_type": {"number": 1, "detail": 0, "name": "Công văn"},
        "subject": "V/v tăng cường kỷ luật, kỷ cương hành chính",
        "attachments": [{
            "name": "cong-van.pdf",
            "media_type": "application/pdf",
            "content": base64(pdf),
        }],
    });
    let text = serde_json::to_vec(&spec).unwrap();
    let packet = packet::json::from_slice(&text, None, &packet::Limits::default()).unwrap();
    packet::write(&packet).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn document(imported: Imported) -> DocumentKey {
    match imported {
        Imported::Document(key) => key,
        other => panic!("{other:?}"),
    }
}

fn pdf(name: &str) -> Vec<u8> {
    std::fs::read(data(&format!("drafts/{name}.pdf"))).unwrap()
}

fn count(office: &Office) -> usize {
    office.inbound(&Filter::default(), None, 100).unwrap().len()
}

const ID: &str = "000.00.00.H30,2026,112";

#[test]
fn the_same_bytes_are_never_a_second_document() {
    let desk = Desk::found("current");
    let office = desk.office();
    let letter = pdf("cong-van");
    let first = document(office.import("công văn.pdf", letter.clone()).unwrap());
    // Brought by hand, then by the line, then by hand under another name.
    let joined = office.import("gói.edxml", packet(ID, "112", &letter)).unwrap();
    assert_eq!(joined, Imported::Joined(first));
    let again =
        office.import("khác.edxml", packet("000.00.00.H30,2026,113", "113", &letter)).unwrap();
    assert_eq!(again, Imported::Duplicate(first));
    assert_eq!(office.import("tên khác.pdf", letter).unwrap(), Imported::Duplicate(first));
    assert_eq!(count(office), 1);
    let history: Vec<_> =
        office.history(first).unwrap().into_iter().map(|entry| entry.text).collect();
    let again = history.iter().filter(|text| text.contains("lần nữa")).count();
    // The first packet gave the document its sender; the second was the same once more.
    assert_eq!(again, 1, "{history:?}");
    desk.audit();
}

#[test]
fn a_packet_first_and_its_pdf_by_hand_later_is_one_document() {
    let desk = Desk::found("current");
    let letter = pdf("cong-van");
    let first = document(desk.office().import("gói.edxml", packet(ID, "112", &letter)).unwrap());
    let again = desk.office().import("công văn.pdf", letter.clone()).unwrap();
    assert_eq!(again, Imported::Duplicate(first));
    // What went back to its sender may come again.
    desk.office().return_(first, "thiếu phụ lục").unwrap();
    let second = document(desk.office().import("lại.edxml", packet(ID, "0112", &letter)).unwrap());
    assert_ne!(first, second);
    assert_eq!(desk.office().duplicates(second).unwrap(), []);
    desk.audit();
}

#[test]
fn other_bytes_under_a_known_code_are_shown_and_not_registered_twice() {
    let desk = Desk::found("current");
    let office = desk.office();
    let first = document(office.import("một.edxml", packet(ID, "112", &pdf("cong-van"))).unwrap());
    let second = document(office.import("hai.edxml", packet(ID, "112", &pdf("to-trinh"))).unwrap());
    let third = document(
        office
            .import("ba.edxml", packet("000.00.00.H30,2026,9", "0112", &pdf("quyet-dinh")))
            .unwrap(),
    );
    let other = document(
        office
            .import("bốn.edxml", packet("000.00.00.H30,2026,7", "7", &pdf("giay-moi-ngang")))
            .unwrap(),
    );
    let grounds = |key| -> Vec<(DocumentKey, Vec<Ground>)> {
        let found = office.duplicates(key).unwrap();
        found.into_iter().map(|found| (found.document.key, found.grounds)).collect()
    };
    assert_eq!(
        grounds(second),
        [(first, vec![Ground::Id, Ground::Code]), (third, vec![Ground::Code])]
    );
    assert_eq!(grounds(other), []);
    // Seen when it came, too: the history of the later one says so.
    let history = office.history(second).unwrap();
    assert!(history.iter().any(|entry| entry.text.contains("112/UBND-NC")), "{history:?}");

    for key in [first, second, third, other] {
        office.accept(key).unwrap();
    }
    assert_eq!(office.register(first).unwrap().arrival_number, 1);
    let refused = office.register(second).unwrap_err();
    assert_eq!(refused.code, "office-duplicate-registered");
    assert!(refused.args.contains(&("number", "1".to_owned())), "{refused:?}");
    assert_eq!(
        office.register_despite(second, None, " ").unwrap_err().code,
        "office-reason-missing"
    );
    assert_eq!(office.inbound_document(second).unwrap().state, InboundState::Accepted);
    // No number was lost on the way.
    let reason = "Bản sau có chữ ký bổ sung";
    assert_eq!(office.register_despite(second, None, reason).unwrap().arrival_number, 2);
    assert_eq!(office.register(other).unwrap().arrival_number, 3);
    assert!(office.duplicates(second).unwrap()[0].allowed);
    let history = office.history(second).unwrap();
    assert!(history.iter().any(|entry| entry.text.contains(reason)), "{history:?}");
    desk.audit();
}

#[test]
fn two_agencies_may_use_one_number() {
    use vanthu::domain::document::{Metadata, Recipient};
    use vanthu::domain::duplicate::{code_key, same_issuer};
    let metadata = |name: &str, code: &str| Metadata {
        code: Code { number: "07".to_owned(), notation: "QĐ-UBND".to_owned() },
        issued: Some(date(2026, 11, 23)),
        issuer: Some(Recipient { agency: AgencyCode::new(code).unwrap(), name: name.to_owned() }),
        ..Metadata::default()
    };
    let (one, other) =
        (metadata("UBND xã A", "000.01.05.H30"), metadata("UBND xã B", "000.02.05.H30"));
    assert_eq!(code_key(&one), code_key(&other));
    assert!(!same_issuer(&one, "", &other, ""));
}

#[test]
fn vanthuctl_tells_each_file_and_the_twins() {
    let desk = Desk::found("current");
    let [one, two, broken] = ["một.edxml", "hai.edxml", "hỏng.edxml"].map(|name| desk.path(name));
    std::fs::write(&one, packet(ID, "112", &pdf("cong-van"))).unwrap();
    std::fs::write(&two, packet(ID, "112", &pdf("to-trinh"))).unwrap();
    std::fs::write(&broken, b"<edXML>").unwrap();
    let data_dir = desk.path("data");
    drop(desk.office);
    let ctl = |words: &[&str]| {
        let mut all = vec!["--data-dir", data_dir.to_str().unwrap(), "--user", "be"];
        all.extend(words);
        ctl(&all, &[("VANTHU_PASSWORD", crate::PASSWORD)])
    };
    let paths = [&one, &broken, &two].map(|path| path.to_str().unwrap());
    let answer = ctl(&["import", paths[0], paths[1], paths[2], paths[0]]);
    let files = answer.json["files"].as_array().unwrap().clone();
    let outcomes: Vec<_> =
        files.iter().map(|file| file["outcome"].as_str().unwrap_or("error")).collect();
    assert_eq!(outcomes, ["document", "error", "document", "duplicate"], "{}", answer.json);
    assert_ne!(answer.status, 0);
    let ids = [&files[0], &files[2]].map(|file| file["id"].as_str().unwrap().to_owned());
    let twins = ctl(&["duplicates", &ids[1]]).done();
    assert_eq!(twins["duplicates"][0]["id"], *ids[0]);
    assert_eq!(twins["duplicates"][0]["grounds"], serde_json::json!(["id", "code"]));
    for id in &ids {
        ctl(&["receive", id]).done();
    }
    ctl(&["register", &ids[0]]).done();
    assert_eq!(ctl(&["register", &ids[1]]).failed(5), "office-duplicate-registered");
    let done = ctl(&["register", &ids[1], "--despite", "Bản bổ sung"]).done();
    assert_eq!(done["arrival_number"], 2);
    ctl(&["audit", "verify"]).done();
}
