//! What the gate finds in packets.

use vanthu::domain::delivery::StatusCode;
use vanthu::domain::gate::{CheckName, Gate, Outcome, Way};
use vanthu::domain::verdict::LegalValue;
use vanthu::packet::Attachment;

use crate::place::{NEIGHBOUR, Place, SUPERIOR, document, written};

fn outcome(gate: &Gate, name: CheckName) -> &Outcome {
    &gate.check(name).unwrap().outcome
}

fn codes(gate: &Gate, name: CheckName) -> Vec<&str> {
    gate.check(name).unwrap().facts.iter().map(|fact| fact.code.as_str()).collect()
}

#[test]
fn an_arrival_is_looked_at_and_what_was_found_is_kept() {
    let place = Place::new();
    let key = place.arrived(NEIGHBOUR, 7);
    let view = place.office.gate(key).unwrap();
    let gate = view.gate.unwrap();
    assert_eq!(gate.checks.len(), CheckName::ALL.len());
    assert!(gate.checks.iter().all(|check| !check.article.is_empty()));
    // Unsigned: received for information, and so it is told (Điều 4 khoản 2).
    assert_eq!(outcome(&gate, CheckName::Signature), &Outcome::Warned);
    assert_eq!(gate.legal.value, LegalValue::ForReference);
    assert!(gate.legal.through_system);
    assert_eq!(outcome(&gate, CheckName::Addressee), &Outcome::Passed);
    assert_eq!(outcome(&gate, CheckName::Attachments), &Outcome::Passed);
    assert_eq!(gate.files[0].pages, Some(2));
    assert_eq!(outcome(&gate, CheckName::Formats), &Outcome::Passed);
    // Nobody has looked for malware, and nobody says so.
    assert!(matches!(outcome(&gate, CheckName::Malware), Outcome::NotDone { owed: false, .. }));
    // A neighbour's document may be ours to settle or not.
    assert!(matches!(outcome(&gate, CheckName::Competence), Outcome::NotDone { .. }));
    // What the packet says is what the page says, number and all.
    assert_eq!(field(&gate, "subject"), "field-same");
    assert_eq!(view.way, Way::Open);
    place.sound();
}

/// How a field of the packet stands to the page.
fn field<'a>(gate: &'a Gate, name: &str) -> &'a str {
    let facts = &gate.check(CheckName::Agreement).unwrap().facts;
    facts.iter().find(|fact| fact.place == name).map_or("", |fact| fact.code.as_str())
}

#[test]
fn fields_that_the_page_does_not_bear_out_are_marked() {
    let place = Place::new();
    let mut packet = document(NEIGHBOUR, 13);
    packet.subject = "Về việc phân bổ kinh phí".to_owned();
    place.comes(NEIGHBOUR, &written(packet));
    let view = place.office.gate(place.newest()).unwrap();
    let gate = view.gate.unwrap();
    assert_eq!(outcome(&gate, CheckName::Agreement), &Outcome::Warned);
    assert_eq!(field(&gate, "subject"), "field-differs");
    // A page can be misread: that alone stops nobody.
    assert_eq!(view.way, Way::Open);
}

#[test]
fn the_superiors_document_is_ours_to_settle() {
    let place = Place::new();
    let key = place.arrived(SUPERIOR, 8);
    let gate = place.office.gate(key).unwrap().gate.unwrap();
    assert_eq!(codes(&gate, CheckName::Competence), ["from-superior"]);
}

#[test]
fn what_the_sender_states_is_compared_with_what_came() {
    let place = Place::new();
    let mut packet = document(NEIGHBOUR, 9);
    packet.other.pages = Some(12);
    packet.other.appendixes = vec!["Danh sách".to_owned(), "Dự toán".to_owned()];
    packet.attachments.push(Attachment::new("Danh sách.xlsx", "", b"PK\x03\x04..".to_vec()));
    // A program under a document's name.
    packet.attachments.push(Attachment::new("mau.docx", "", b"MZ\x90\x00".to_vec()));
    packet.other.appendixes.push("Biểu mẫu".to_owned());
    place.comes(NEIGHBOUR, &written(packet));
    let key = place.newest();
    let view = place.office.gate(key).unwrap();
    let gate = view.gate.unwrap();
    let found = codes(&gate, CheckName::Attachments);
    assert!(found.contains(&"annex-missing") && found.contains(&"pages-differ"), "{found:?}");
    assert_eq!(codes(&gate, CheckName::Formats), ["format-mismatch"]);
    assert_eq!(view.way, Way::WithReason(vec![CheckName::Attachments, CheckName::Formats]));
    // The reasons to return it follow from what failed.
    assert_eq!(view.proposed.len(), 2, "{:?}", view.proposed);

    let refused = place.office.accept(key).unwrap_err();
    assert_eq!(refused.code, "office-gate-reason");
    place.office.accept_despite(key, "Nơi gửi đã xác nhận qua điện thoại").unwrap();
    let history = place.office.history(key).unwrap();
    assert!(history.iter().any(|entry| entry.text.contains("xác nhận qua điện thoại")));
    // The reason is the office's own: the sender is told of the acceptance alone.
    let (place, outbox) = place.outbox();
    let told: Vec<_> = outbox.iter().map(|(_, status, _)| status.code).collect();
    assert_eq!(told, [StatusCode::Arrived, StatusCode::Accepted]);
    assert!(outbox.iter().all(|(_, status, _)| status.description.is_empty()));
    place.sound();
}

#[test]
fn a_state_secret_is_kept_out_and_its_sender_told_without_its_content() {
    let place = Place::new();
    let mut packet = document(NEIGHBOUR, 10);
    packet.subject = "Kế hoạch phòng thủ khu vực\nTỐI MẬT".to_owned();
    place.comes(NEIGHBOUR, &written(packet));
    assert_eq!(place.office.counts().unwrap().inbound.iter().map(|(_, n)| n).sum::<u64>(), 0);
    let kept = place.office.quarantine(10).unwrap();
    assert_eq!(kept[0].code, "office-secret");
    let refused = place.office.quarantined_bytes(&kept[0].packet.0).unwrap_err();
    assert_eq!(refused.code, "office-secret-kept");
    // The window says why, and what to do.
    let why = place.office.newest_refusal().unwrap().unwrap();
    assert!(vanthu::i18n::tell(&why).what.contains("TỐI MẬT"), "{why}");
    let (place, outbox) = place.outbox();
    let [(_, status, bytes)] = outbox.as_slice() else { panic!("{outbox:?}") };
    assert_eq!(status.code, StatusCode::Returned);
    assert!(status.description.contains("bí mật nhà nước"), "{}", status.description);
    let sent = String::from_utf8_lossy(bytes);
    assert!(!sent.contains("phòng thủ") && !sent.contains("TỐI MẬT"));
    place.sound();
}

#[test]
fn brought_by_hand_it_says_the_procedure_and_tells_nobody() {
    let place = Place::new();
    let mut packet = document(NEIGHBOUR, 11);
    packet.subject = "MẬT".to_owned();
    let brought = place.office.import("a.edxml", written(packet)).unwrap();
    let vanthu::office::Imported::Quarantined(problem) = brought else { panic!("{brought:?}") };
    assert_eq!(problem.code, "office-secret");
    let said = vanthu::i18n::tell(&problem).next;
    assert!(said.contains("người đứng đầu cơ quan") && said.contains("Điều 1 khoản 2"), "{said}");
    let (_, outbox) = place.outbox();
    assert!(outbox.is_empty());
}

#[test]
fn looking_again_is_a_further_operation() {
    let place = Place::new();
    let key = place.arrived(NEIGHBOUR, 12);
    let first = place.office.gate(key).unwrap().gate.unwrap();
    let again = place.office.check_again(key).unwrap().gate.unwrap();
    assert!(again.checked_at > first.checked_at);
    assert!(again.legal.through_system, "the second look knows the packet as well");
    let results = |gate: &Gate| -> Vec<_> {
        gate.checks.iter().map(|check| (check.name, check.outcome.clone())).collect()
    };
    assert_eq!(results(&again), results(&first));
    let looked = |entry: &vanthu::office::HistoryEntry| entry.text.starts_with("Đã kiểm tra");
    assert_eq!(place.office.history(key).unwrap().iter().filter(|one| looked(one)).count(), 2);
    place.office.judge_check(key, CheckName::Competence, "thuộc lĩnh vực địa chính").unwrap();
    let judged = place.office.gate(key).unwrap().judgements;
    assert_eq!((judged[0].check, judged[0].user.as_str()), (CheckName::Competence, "be"));
    place.sound();
}
