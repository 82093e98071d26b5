//! What must stand between a document and its recipients: a competent signer, a file that
//! nobody touched, a scan, the paper that goes beside.

use std::io::{Read, Write};
use std::net::TcpListener;

use vanthu::domain::document::DocumentKey;
use vanthu::domain::identity::Owner;
use vanthu::domain::letter::{PaperGround, PaperSending, PaperState, PaperWay};
use vanthu::domain::operation::Change;
use vanthu::domain::outbound::{LeavingScan, OutboundState, SignatureKind};
use vanthu::domain::role::Role;
use vanthu::office::leaving::IssueOrder;
use vanthu::office::{Filter, Office};
use vanthu::pki::Certificate;
use vanthu::store::Actor;

use crate::place::{LEADER, Place, USER, drafted, order};

fn signed(place: &Place, office: &Office) -> DocumentKey {
    let key = drafted(office, "Về việc thử nghiệm", &[]);
    office.sign(key, &order(&place.dir, "leader")).unwrap();
    key
}

fn sealed(place: &Place, office: &Office) -> DocumentKey {
    let key = signed(place, office);
    office.seal(key, &order(&place.dir, "seal")).unwrap();
    key
}

#[track_caller]
fn refused(done: Result<(), vanthu::domain::problem::Problem>, code: &str) {
    assert_eq!(done.map_err(|problem| problem.code), Err(code));
}

#[test]
fn only_what_a_leader_signed_is_sealed() {
    let place = Place::new();
    let office = place.office();
    let key = drafted(&office, "Về việc thử nghiệm", &[]);
    let good = signed(&place, &office);
    let (file, serial) = {
        let document = office.outbound_document(good).unwrap();
        let verdict = office.outbound_verdict(good).unwrap().unwrap();
        (document.files[0].clone(), verdict.signatures[0].serial.clone())
    };
    drop(office);
    // The chain says that a drafter signed: with whatever certificate, that is no signature of
    // a competent person.
    let store = place.store();
    let numbering = {
        let book = vanthu::domain::book::BookId::outbound(Office::today().year(), "");
        let number = store.next_number(&book).unwrap();
        vanthu::domain::outbound::Numbering { book, number, date: Office::today() }
    };
    store
        .write(&Actor::new(USER, Role::Drafter), move |writer| {
            let metadata = writer.outbound(&key)?.unwrap().metadata;
            writer.append(Change::OutboundNumbered { key, numbering, metadata })?;
            writer.append(Change::OutboundSigned {
                key,
                kind: SignatureKind::Personal,
                file,
                signer: LEADER.to_owned(),
                serial,
                signed_at: jiff::Timestamp::now(),
                level: None,
            })?;
            Ok::<_, vanthu::store::StoreError>(())
        })
        .unwrap();
    drop(store);
    let office = place.office();
    refused(office.seal(key, &order(&place.dir, "seal")), "leaving-not-competent");
    assert_eq!(office.outbound_document(key).unwrap().state, OutboundState::ToSeal);
}

#[test]
fn a_certificate_that_is_anothers_seals_nothing() {
    let place = Place::new();
    let office = place.office();
    let key = signed(&place, &office);
    // Afterwards it turns out whose certificate the leader's is not.
    let der = std::fs::read(place.dir.join("tokens/stranger.der")).unwrap();
    let stranger = Certificate::from_der(&der).unwrap();
    office.link_certificate(&stranger, Owner::Person(USER.to_owned())).unwrap();
    refused(office.seal(key, &order(&place.dir, "seal")), "leaving-certificate-not-theirs");
    // With the right one linked as well it is the leader's.
    let der = std::fs::read(place.dir.join("tokens/leader.der")).unwrap();
    let leader = Certificate::from_der(&der).unwrap();
    office.link_certificate(&leader, Owner::Person(USER.to_owned())).unwrap();
    office.seal(key, &order(&place.dir, "seal")).unwrap();
}

/// A daemon of ClamAV as far as it is asked here: answers every stream with `answer`.
fn clamd(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
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
            let mut length = [0; 4];
            while stream.read_exact(&mut length).is_ok() && length != [0; 4] {
                let mut chunk = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut chunk).unwrap();
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("clamd:{address}")
}

fn scan_of(place: &Place, key: DocumentKey) -> Option<LeavingScan> {
    place.store().history(&key).unwrap().into_iter().find_map(|operation| match operation.change {
        Change::OutboundIssued { scan, .. } => scan,
        _ => None,
    })
}

#[test]
fn nothing_leaves_unscanned_and_malware_never() {
    let place = Place::new();
    let office = place.office();
    let key = sealed(&place, &office);

    office.set_scanner(&clamd("stream: Eicar-Test-Signature FOUND\0")).unwrap();
    let excuse = IssueOrder { unscanned: "Gấp".to_owned(), ..IssueOrder::default() };
    // No reason helps against what was found.
    refused(office.issue_with(key, &excuse), "leaving-infected");
    assert_eq!(office.outbound_document(key).unwrap().state, OutboundState::ToIssue);

    // A scanner that is set and does not answer has said nothing; the office's standing
    // reason is for an office without one.
    office.set_scanner("clamd:127.0.0.1:1").unwrap();
    refused(office.issue(key), "leaving-not-scanned");
    office.issue_with(key, &excuse).unwrap();

    let clean = sealed(&place, &office);
    office.set_scanner(&clamd("stream: OK\0")).unwrap();
    office.issue(clean).unwrap();

    office.set_scanner("none").unwrap();
    let standing = sealed(&place, &office);
    office.set_unscanned_reason("").unwrap();
    refused(office.issue(standing), "leaving-not-scanned");
    office.set_unscanned_reason("Chưa có máy quét").unwrap();
    office.issue(standing).unwrap();
    drop(office);
    assert!(
        matches!(scan_of(&place, key), Some(LeavingScan::Unscanned { reason, .. }) if reason == "Gấp")
    );
    assert!(matches!(scan_of(&place, clean), Some(LeavingScan::Clean { .. })));
    assert!(
        matches!(scan_of(&place, standing), Some(LeavingScan::Unscanned { code, .. }) if code == "none")
    );
}

#[test]
fn what_goes_on_paper_is_followed_until_it_is_sent() {
    let place = Place::new();
    let office = place.office();
    let key = drafted(&office, "Về việc giải quyết khiếu nại", &["Ông Nguyễn Văn A", "Lưu: VT"]);
    let task = office.paper_task(key).unwrap();
    assert_eq!(task.grounds, [PaperGround::Complaints, PaperGround::Individuals]);
    assert!(office.outbound_document(key).unwrap().metadata.paper_follows);
    office.sign(key, &order(&place.dir, "leader")).unwrap();
    // Signed, and not sent: the term runs.
    let unsent = office.unsent(10).unwrap();
    assert_eq!((unsent.len(), unsent[0].document.key, unsent[0].late), (1, key, false));
    // Every list knows it, too.
    let term = |office: &Office| {
        office.sending_term(&office.outbound(&Filter::default(), None, 1).unwrap()[0])
    };
    assert_eq!(term(&office), Some(unsent[0].due));
    office.seal(key, &order(&place.dir, "seal")).unwrap();
    office.issue(key).unwrap();
    assert!(office.unsent(10).unwrap().is_empty());
    assert_eq!(term(&office), None);

    let task = office.paper_tasks(10).unwrap().remove(0);
    let places: Vec<&str> = task.letters.iter().map(|(letter, _)| letter.place.as_str()).collect();
    assert_eq!(
        places,
        ["Ủy ban nhân dân tỉnh Hậu Giang", "Sở Thông tin và Truyền thông", "Ông Nguyễn Văn A"]
    );
    assert!(!office.print_copy(key, false).unwrap().is_empty());
    let sending = |on| PaperSending {
        way: PaperWay::Hand,
        on,
        by: " bà  Sáu ".to_owned(),
        reference: String::new(),
    };
    let tomorrow = Office::today().tomorrow().unwrap();
    refused(office.letter_sent(key, "Ông Nguyễn", sending(tomorrow)), "leaving-wrong-day");
    refused(office.letter_sent(key, "Bà B", sending(Office::today())), "leaving-no-such-letter");
    office.letter_sent(key, "ong nguyen", sending(Office::today())).unwrap();
    refused(office.letter_dropped(key, "Sở", ""), "office-reason-missing");
    office.letter_dropped(key, "Sở", "Nhận tại trụ sở").unwrap();
    let task = office.paper_task(key).unwrap();
    assert_eq!(task.owed(), 1);
    assert!(matches!(&task.letters[2].1, PaperState::Sent(sent) if sent.by == "bà Sáu"));
    office.letter_dropped(key, "tỉnh", "Nhận tại trụ sở").unwrap();
    assert!(office.paper_tasks(10).unwrap().is_empty());
}

#[test]
fn a_number_of_another_series_is_not_held() {
    let place = Place::new();
    let office = place.office();
    let key = drafted(&office, "Về việc thử nghiệm", &[]);
    office.choose_series("CV", Some("CV")).unwrap();
    let other = office.reserve_numbers("CV", 1, "Giữ số").unwrap().remove(0);
    refused(office.hold_number(key, &other.book, other.number), "leaving-reserved-other-series");
    let own = office.reserve_numbers("QĐ", 2, "Giữ số").unwrap().remove(1);
    office.hold_number(key, &own.book, own.number).unwrap();
    let numbering = office.sign(key, &order(&place.dir, "leader")).unwrap().unwrap();
    assert_eq!(numbering.number, 2);
    assert_eq!(office.outbound_document(key).unwrap().metadata.code.number, "02");
    refused(office.give_up_reserved(&own.book, own.number, "Không dùng"), "leaving-not-reserved");
}
