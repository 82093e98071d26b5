//! An agency is merged into another one: the office learns of it from the server, its old
//! documents keep their names, and nothing new is written to who is no more.

use jiff::Timestamp;
use vanthu::domain::agency::{Agency, Named};
use vanthu::domain::calendar;
use vanthu::domain::delivery::SendState;
use vanthu::domain::document::{Metadata, Recipient, Signer};
use vanthu::exchange::ServerProfile;
use vanthu::exchange::axis::Quirks;
use vanthu::office::NewDraft;
use vanthu::office::follow::IssuedUpdate;
use vanthu::server::Account;
use vanthu::token::Pin;

use crate::offices::{Two, exchange, newest, sealed};
use crate::world::{PROVINCE, code};

const NEXT: &str = "000.00.77.H30";
const OLD_NAME: &str = "Ủy ban nhân dân tỉnh Hậu Giang";

#[test]
fn a_merged_agency_is_told_refused_and_succeeded() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let first = sealed(a, &two.tokens, "Văn bản thứ nhất");
    let late = sealed(a, &two.tokens, "Văn bản ký trước khi sáp nhập");
    a.issue(first).unwrap();
    exchange(a, b);
    a.put_recipient_group("Tỉnh", vec![code(PROVINCE)]).unwrap();

    let registry = two.registry();
    let next = Agency::new(code(NEXT), "Ủy ban nhân dân thành phố Cần Thơ");
    let secret = Some(Pin::new("bi-mat-cua-noi-ke-tuc"));
    registry.put(&Account { agency: next, secret }).unwrap();
    registry.close(&[code(PROVINCE)], None, &[code(NEXT)], "Nghị quyết 202/2025/QH15").unwrap();
    assert_eq!(a.sync_directory().unwrap(), 2);
    assert_eq!(a.sync_directory().unwrap(), 0, "what was told is not told again");

    let history = a.agency_history(&code(PROVINCE)).unwrap();
    assert_eq!(history.agency.ending.as_ref().unwrap().basis, "Nghị quyết 202/2025/QH15");
    assert_eq!(history.present[0].agency, code(NEXT));
    // Found by its name, with who goes on right behind it.
    let found = a.agencies("tinh hau giang", 6).unwrap();
    let codes: Vec<_> = found.iter().map(|agency| agency.code.as_str()).collect();
    assert_eq!(codes[..2], [PROVINCE, NEXT]);
    let group = a.recipient_groups().unwrap().remove(0);
    assert_eq!(a.group_recipients(&group).unwrap()[0].agency, code(NEXT));

    // Nothing new is written to it.
    let metadata = Metadata {
        type_key: "QĐ".to_owned(),
        subject: "Văn bản mới".to_owned(),
        signer: Signer { full_name: "Nguyễn Văn Hòa".to_owned(), ..Signer::default() },
        recipients: vec![Recipient { agency: code(PROVINCE), name: String::new() }],
        ..Metadata::default()
    };
    let sheet = vanthu::office::layout::samples().remove(0).sheet;
    let draft = NewDraft {
        file_name: "du-thao.pdf".to_owned(),
        pdf: vanthu::office::layout::compose(&sheet).unwrap(),
        source: None,
        attachments: Vec::new(),
        metadata,
    };
    let refused = a.draft(draft).unwrap_err();
    assert_eq!(refused.code, "office-agency-ended");
    assert!(refused.args.iter().any(|(name, said)| *name == "successors" && said.contains(NEXT)));
    let update = IssuedUpdate { add: vec![code(PROVINCE)], ..IssuedUpdate::default() };
    let refused = a.update_issued(first, &update, "Bổ sung nơi nhận").unwrap_err();
    assert_eq!(refused.code, "office-agency-ended");

    // What was signed before goes its way, and is parked with who goes on beside it.
    a.issue(late).unwrap();
    let report = a.sync().unwrap();
    assert_eq!((report.problem, report.wedged), (None, 1));
    let delivery = a.outbound_document(late).unwrap().deliveries.remove(0);
    assert_eq!(delivery.send, SendState::Wedged);
    assert!(delivery.reason.contains(NEXT), "{}", delivery.reason);
    assert_eq!(delivery.name, OLD_NAME);
    // What came before is worked on as ever, and told to it.
    b.accept_despite(newest(b), "Đã đối chiếu").unwrap();
    b.sync().unwrap();
    assert!(a.sync().unwrap().problem.is_none());

    // As the message advises: who goes on gets it, and nothing stays parked.
    let instead = IssuedUpdate {
        add: vec![code(NEXT)],
        remove: vec![code(PROVINCE)],
        ..IssuedUpdate::default()
    };
    a.update_issued(late, &instead, "Nơi nhận đã sáp nhập").unwrap();
    let report = a.sync().unwrap();
    assert_eq!((report.problem, report.wedged), (None, 0));
    let late = a.outbound_document(late).unwrap();
    let old = late.deliveries.iter().find(|one| one.recipient == code(PROVINCE)).unwrap();
    assert!(old.recall.is_none() && old.closed.is_some(), "{old:#?}");
    assert_eq!(old.send, SendState::Waiting);
    // What had reached it before is recalled from it all the same.
    a.recall(first, "Ban hành nhầm").unwrap();
    assert_eq!(a.sync().unwrap().problem, None);
    exchange(a, b);
    assert_eq!(b.demands(10).unwrap().len(), 1);
    assert!(a.audit().unwrap().is_clean());
}

#[test]
fn a_server_that_was_restored_tells_what_it_changes_since() {
    let two = Two::begin();
    two.a.sync_directory().unwrap();
    // The server has forgotten its last ten changes, and is asked again.
    let two = two.changed(|store| {
        let asked = store.setting("directory.asked").unwrap().unwrap();
        let words: Vec<&str> = asked.splitn(3, ' ').collect();
        let version = words[0].parse::<u64>().unwrap() + 10;
        let asked = format!("{version} 1970-01-01T00:00:00Z {}", words[2]);
        store.set_setting("directory.asked", &asked).unwrap();
    });
    two.registry().rename(&code(PROVINCE), "Tên mới", None, "Nghị quyết").unwrap();
    assert_eq!(two.a.sync().unwrap().problem, None);
    assert_eq!(two.a.agency_history(&code(PROVINCE)).unwrap().agency.name, "Tên mới");
}

#[test]
fn the_axis_tells_of_a_new_name_and_of_an_end() {
    let two = Two::begin_over("/XrdAdapter", ServerProfile::Axis(Quirks::default()));
    let (a, registry) = (&two.a, two.registry());
    a.sync_directory().unwrap();
    assert!(!a.agency_history(&code(PROVINCE)).unwrap().agency.has_history());
    let today = calendar::local(Timestamp::now()).date();
    let renamed = today.yesterday().unwrap();
    registry.rename(&code(PROVINCE), "Tên mới", Some(renamed), "Nghị quyết").unwrap();
    assert_eq!((a.sync_directory().unwrap(), a.sync_directory().unwrap()), (1, 0));
    let known = || a.agency_history(&code(PROVINCE)).unwrap().agency;
    let before = renamed.yesterday().unwrap();
    assert_eq!((known().name_on(before), known().name_on(renamed)), (OLD_NAME, "Tên mới"));
    // Its end comes with the day, without who goes on.
    registry.close(&[code(PROVINCE)], None, &[], "Nghị quyết").unwrap();
    assert_eq!((a.sync_directory().unwrap(), a.sync_directory().unwrap()), (1, 0));
    assert_eq!(known().ending.unwrap().on, today);
    assert_eq!(known().former_names().collect::<Vec<_>>(), [OLD_NAME]);
    assert!(a.audit().unwrap().is_clean());
}

#[test]
fn an_old_document_shows_the_old_name() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản cũ");
    a.issue(key).unwrap();
    exchange(a, b);
    let tomorrow = calendar::local(Timestamp::now()).date().tomorrow().unwrap();
    let renamed = Agency {
        names: vec![
            Named { name: OLD_NAME.to_owned(), from: None, basis: String::new() },
            Named { name: "Tên mới".to_owned(), from: Some(tomorrow), basis: String::new() },
        ],
        ..Agency::new(code(PROVINCE), "Tên mới")
    };
    a.put_agencies(vec![renamed]).unwrap();
    let told: Vec<String> = a.history(key).unwrap().into_iter().map(|one| one.text).collect();
    assert!(told.iter().any(|text| text.contains(OLD_NAME)), "{told:?}");
    assert!(!told.iter().any(|text| text.contains("Tên mới")), "{told:?}");
    // The one that came keeps what its packet said.
    let sent = b.inbound_document(newest(b)).unwrap();
    assert_eq!(sent.metadata.issuer.unwrap().name, "Ủy ban nhân dân xã Tân Bình");
    assert_eq!(a.outbound_document(key).unwrap().deliveries[0].name, OLD_NAME);
    // A list without histories, imported again, takes none away; former names are found.
    a.put_agencies(vec![Agency::new(code(PROVINCE), "Tên mới")]).unwrap();
    let found = a.agencies("hau giang", 6).unwrap();
    assert!(found.iter().any(|agency| agency.name == "Tên mới" && agency.names.len() == 2));
}
