//! Given to people and units, passed on, noted on, answered, completed.

use jiff::civil::date;
use vanthu::domain::document::{Metadata, Signer};
use vanthu::domain::handling::{Part, Participant, Party, Progress, Step, Unit};
use vanthu::domain::inbound::InboundState;
use vanthu::office::batch::Cancel;
use vanthu::office::book::{BookFilter, Export, Format, Output};
use vanthu::office::{Agenda, Assigning, Filter, NewDraft};

use crate::world::*;

fn user(name: &str) -> Party {
    Party::User(name.to_owned())
}

fn to(parts: &[(&str, Part)]) -> Assigning {
    let parts = parts
        .iter()
        .map(|(who, part)| Participant::new(Party::parse(who).unwrap(), *part))
        .collect();
    Assigning { parts, direction: "Tham mưu trả lời".to_owned(), due: None }
}

fn unit(key: &str, members: &[&str]) -> Unit {
    Unit {
        key: key.to_owned(),
        name: "Tư pháp – Hộ tịch".to_owned(),
        members: members.iter().map(|name| (*name).to_owned()).collect(),
        closed: false,
    }
}

fn said(text: &str) -> Progress {
    Progress { percent: Some(40), text: text.to_owned(), next: "Trình ký".to_owned() }
}

fn draft(subject: &str) -> NewDraft {
    NewDraft {
        file_name: "tra-loi.pdf".to_owned(),
        pdf: pdf().to_vec(),
        source: None,
        attachments: Vec::new(),
        metadata: Metadata {
            type_key: "CV".to_owned(),
            subject: subject.to_owned(),
            signer: Signer {
                full_name: "Nguyễn Thị Ánh Nguyệt".to_owned(), ..Signer::default()
            },
            ..Metadata::default()
        },
    }
}

#[test]
fn a_document_goes_from_the_leader_through_a_unit_to_its_answer() {
    let mut world = World::new();
    let office = world.office();
    office.put_unit(unit("tu-phap", &["soan", "dat"])).unwrap();
    assert!(office.put_unit(unit("ma", &["khong-co"])).is_err());
    let key = world.registered(1);

    // To the leader for direction; then to a unit that leads.
    office.assign_to(key, to(&[("nguyet", Part::Direct)])).unwrap();
    let office = world.as_user("nguyet");
    office.see(key).unwrap();
    office.see(key).unwrap();
    let given = to(&[("unit:tu-phap", Part::Lead), ("xem", Part::Inform)]);
    office.forward(key, given).unwrap();
    let handling = office.handling(key).unwrap();
    assert_eq!(handling.seen.len(), 1, "once, however often it is opened");
    let active: Vec<_> =
        handling.handlers.iter().filter(|one| one.active).map(|one| one.part).collect();
    assert_eq!(active, [Part::Lead, Part::Inform]);
    // Usual terms are counted from the day on which it was given.
    assert!(handling.due.is_some() && handling.pressure.is_some());

    // A member of the unit passes it on to a colleague and keeps nothing.
    let office = world.as_user("soan");
    office.forward(key, to(&[("dat", Part::Lead), ("soan", Part::Cooperate)])).unwrap();
    // Who cooperates notes and drafts, and does not complete.
    office.progress(key, said("Đã thu thập số liệu")).unwrap();
    assert_eq!(office.inbound_document(key).unwrap().state, InboundState::Assigned);
    assert_eq!(office.complete(key, "xong").unwrap_err().code, "office-not-assigned");
    assert!(office.own_standing(key).unwrap().may(Step::Answer));
    let answer = office.draft_answer(key, draft("Trả lời về việc thứ nhất")).unwrap();
    let outbound = office.outbound_document(answer).unwrap();
    assert_eq!(outbound.metadata.recipients[0].agency, code(PROVINCE));
    let answered = &outbound.metadata.response_for[0];
    assert_eq!(answered.document_id, id(PROVINCE, 1).to_string());
    assert_eq!(answered.code, "01/QĐ-UBND");
    // Both sides show it.
    assert_eq!(office.handling(key).unwrap().links[0].key, answer);
    assert_eq!(office.handling(answer).unwrap().links[0].key, key);
    assert_eq!(office.to_complete(answer).unwrap(), [], "not before it is issued");

    // Who is merely informed may do neither; they may write a note, like everybody.
    let office = world.as_user("xem");
    assert_eq!(office.progress(key, said("x")).unwrap_err().code, "office-not-assigned");
    assert_eq!(
        office.forward(key, to(&[("dat", Part::Lead)])).unwrap_err().code,
        "office-not-assigned"
    );
    assert!(office.draft_answer(key, draft("y")).is_err());
    office.note(key, "Liên quan hồ sơ Nguyễn Văn Tèo", false).unwrap();
    office.note(key, "riêng của tôi", true).unwrap();
    assert_eq!(office.handling(key).unwrap().notes.len(), 2);

    // Who leads begins with the first word and completes.
    let office = world.as_user("dat");
    assert_eq!(office.handling(key).unwrap().notes.len(), 1, "another's own note is not read");
    office.progress(key, said("Đang soạn trả lời")).unwrap();
    assert_eq!(office.inbound_document(key).unwrap().state, InboundState::InProcess);
    office.complete_with(key, "Đã trả lời", Some(answer)).unwrap();
    let document = office.inbound_document(key).unwrap();
    assert_eq!((document.state, document.reason.as_str()), (InboundState::Completed, "Đã trả lời"));
    assert!(office.progress(key, said("nữa")).is_err());
    assert!(office.forward(key, to(&[("soan", Part::Lead)])).is_err());

    // Notes and progress are found; what is somebody's own is not.
    let found = |words: &str| {
        let filter = Filter { words: words.to_owned(), ..Filter::default() };
        office.inbound(&filter, None, 10).unwrap().len()
    };
    assert_eq!((found("ho so nguyen van teo"), found("thu thập số liệu")), (1, 1));
    assert_eq!((found("riêng của tôi"), found("xq1")), (0, 1));

    // Each status went back exactly once: 01, 03, 04, 05 and 06.
    let history = world.history(key);
    let statuses = history.iter().filter(|text| text.contains("trạng thái")).count();
    assert_eq!(statuses, 5, "{history:#?}");
    let (_dir, store) = world.store();
    assert!(store.audit().unwrap().is_clean());
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}

#[test]
fn what_cannot_be_given_is_refused_and_stays() {
    let world = World::new();
    let office = world.office();
    office.put_unit(unit("dong", &["dat"])).unwrap();
    office.put_unit(Unit { closed: true, ..unit("dong", &["dat"]) }).unwrap();
    let key = world.registered(1);
    for (parts, code) in [
        (vec![], "office-misgiven-nobody"),
        (vec![("dat", Part::Inform)], "office-misgiven-not-one-lead"),
        (vec![("dat", Part::Lead), ("dat", Part::Inform)], "office-misgiven-twice"),
        (vec![("ai-do", Part::Lead)], "office-no-such-user"),
        (vec![("unit:dong", Part::Lead)], "office-no-such-unit"),
        (vec![("unit:la", Part::Lead)], "office-no-such-unit"),
    ] {
        assert_eq!(office.assign_to(key, to(&parts)).unwrap_err().code, code);
    }
    assert_eq!(office.inbound_document(key).unwrap().state, InboundState::Registered);
    // Before it is given to anybody nobody passes it on.
    assert!(office.forward(key, to(&[("dat", Part::Lead)])).is_err());
    office.assign_to(key, to(&[("dat", Part::Lead)])).unwrap();
    assert_eq!(
        office.forward(key, to(&[("dat", Part::Lead)])).unwrap_err().code,
        "office-misgiven-to-oneself"
    );
    // The clerk gives it to somebody else; the sender is not told again.
    office.assign_to(key, to(&[("soan", Part::Lead), ("dat", Part::Cooperate)])).unwrap();
    let handlers = office.handling(key).unwrap().handlers;
    let now: Vec<_> = handlers.iter().filter(|one| one.active).map(|one| &one.party).collect();
    assert_eq!(now, [&user("soan"), &user("dat")]);
    assert_eq!(handlers.len(), 3, "who had it before is not forgotten");
}

#[test]
fn what_is_due_is_listed_by_its_term_for_whom_it_concerns() {
    let mut world = World::new();
    let office = world.office();
    let long_ago = date(2026, 1, 5);
    let (mut late, mut later) = (Vec::new(), Vec::new());
    for number in 1..=4u32 {
        let key = world.registered(number);
        let who = if number % 2 == 0 { "dat" } else { "soan" };
        let due = jiff::civil::date(2026, 1, 5 + i8::try_from(5 - number).unwrap());
        office.assign_to(key, Assigning { due: Some(due), ..to(&[(who, Part::Lead)]) }).unwrap();
        late.push(key);
    }
    for number in 5..=6 {
        let key = world.registered(number);
        let due = Some(date(2099, 1, 5));
        office.assign_to(key, Assigning { due, ..to(&[("dat", Part::Lead)]) }).unwrap();
        later.push(key);
    }
    let list = |office: &vanthu::office::Office, agenda| {
        // Page by page, two at a time.
        let filter = Filter { agenda: Some(agenda), ..Filter::default() };
        let mut keys = Vec::new();
        loop {
            let page = office.inbound(&filter, keys.last().copied(), 2).unwrap();
            keys.extend(page.iter().map(|document| document.key));
            if page.len() < 2 {
                return keys;
            }
        }
    };
    let count = |office: &vanthu::office::Office, agenda| {
        let counts = office.counts().unwrap().agenda;
        counts.into_iter().find(|(known, _)| *known == agenda).unwrap().1
    };
    late.reverse();
    assert_eq!(list(office, Agenda::Overdue), late, "what is due first before the others");
    assert_eq!(count(office, Agenda::Overdue), 4);
    assert_eq!(count(office, Agenda::DueSoon), 0);
    assert_eq!(count(office, Agenda::Mine), 0, "the clerk has none in hand");
    office.complete(late[0], "xong").unwrap();
    assert_eq!(count(office, Agenda::Overdue), 3);
    // A term that is moved moves the document.
    let moved = Assigning { due: Some(long_ago), ..to(&[("soan", Part::Lead)]) };
    office.assign_to(late[3], moved).unwrap();
    assert_eq!(list(office, Agenda::Overdue), [late[3], late[1], late[2]]);

    let office = world.as_user("dat");
    assert_eq!(count(office, Agenda::Overdue), 1);
    assert_eq!(list(office, Agenda::Mine).len(), 3);
    let words = Filter { agenda: Some(Agenda::Mine), words: "xq5".to_owned(), ..Filter::default() };
    let found = office.inbound(&words, None, 10).unwrap();
    assert_eq!(found.iter().map(|one| one.key).collect::<Vec<_>>(), [later[0]]);
}

#[test]
fn the_tracking_book_has_its_seven_columns() {
    let world = World::new();
    let office = world.office();
    let key = world.registered(1);
    let due = Some(date(2026, 12, 31));
    office
        .assign_to(key, Assigning { due, ..to(&[("dat", Part::Lead), ("xem", Part::Inform)]) })
        .unwrap();
    office.progress(key, said("Đang làm")).unwrap();
    let year = vanthu::domain::calendar::local(jiff::Timestamp::now()).year();
    let book = vanthu::domain::book::BookId::inbound(year);
    let printed = |name: &str| {
        let path = world.dir.path().join(name);
        let (filter, format) = (BookFilter::default(), Format::Csv);
        let (output, book) = (Output::Settlement, book.clone());
        let export = Export { output, book, filter, format, path: path.clone() };
        office.export_book(&export, &Cancel::default(), &|_, _| {}).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().nth(1).unwrap().split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    let row = printed("truoc.csv");
    assert_eq!(row.len(), 7, "{row:?}");
    assert_eq!((&*row[0], &*row[2], &*row[3]), ("1", "Đỗ Tiến Đạt", "2026-12-31"));
    for said in ["01/QĐ-UBND", "20/11/2026", "Cơ quan gửi"] {
        assert!(row[1].contains(said), "{row:?}");
    }
    assert!(row[4].ends_with("(40 %)"), "{row:?}");
    assert_eq!((&*row[5], &*row[6]), ("", ""));
    office.complete(key, "Đã trả lời dân").unwrap();
    let row = printed("sau.csv");
    assert_eq!((&*row[2], &*row[6]), ("Đỗ Tiến Đạt", "Đã trả lời dân"));
    assert!(!row[4].contains('%'), "{row:?}");

    // The slip of Phụ lục IV says who has it, until when, and what was written.
    let slip = office.settlement_slip(key, vanthu::i18n::Lang::Vi).unwrap();
    let path = world.dir.path().join("phieu.pdf");
    std::fs::write(&path, slip).unwrap();
    let read = std::process::Command::new("pdftotext").arg(&path).arg("-").output().unwrap();
    let text = String::from_utf8(read.stdout).unwrap();
    for words in ["PHIẾU GIẢI QUYẾT VĂN BẢN ĐẾN", "chủ trì: Đỗ Tiến Đạt", "31/12/2026", "Đang làm"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let unregistered = world.arrives(new(PROVINCE, 2));
    assert!(office.settlement_slip(unregistered, vanthu::i18n::Lang::Vi).is_err());
}

#[test]
fn what_is_overdue_is_told_once_a_day() {
    let mut world = World::new();
    let day = date(2026, 12, 1);
    let office = world.office();
    assert!(office.tells_overdue(day).unwrap());
    assert!(!office.tells_overdue(day).unwrap());
    // However often the program is started; and each person for themselves.
    assert!(!world.as_user("be").tells_overdue(day).unwrap());
    assert!(world.as_user("dat").tells_overdue(day).unwrap());
    assert!(world.as_user("be").tells_overdue(day.tomorrow().unwrap()).unwrap());
}

#[test]
fn a_search_is_counted_up_to_a_limit() {
    let world = World::new();
    let office = world.office();
    for number in 1..=4 {
        world.registered(number);
    }
    let count = |words: &str, most| {
        let filter = Filter { words: words.to_owned(), ..Filter::default() };
        office.inbound_count(&filter, most).unwrap()
    };
    assert_eq!((count("", 100), count("", 3)), (4, 3));
    assert_eq!((count("xq2", 100), count("nothing of the kind", 100)), (1, 0));
    let overdue = Filter { agenda: Some(Agenda::Overdue), ..Filter::default() };
    assert_eq!(office.inbound_count(&overdue, 100).unwrap(), 0);
    assert_eq!(office.outbound_count(&Filter::default(), 100).unwrap(), 0);
}

#[test]
fn a_term_is_searched_for_as_it_stands_now() {
    let world = World::new();
    let office = world.office();
    let key = world.registered(1);
    let found = |words: &str| {
        let filter = Filter { words: words.to_owned(), ..Filter::default() };
        !office.inbound(&filter, None, 10).unwrap().is_empty()
    };
    assert!(!found("hạn:2031-01"));
    let due = |day| Assigning { due: Some(day), ..to(&[("dat", Part::Lead)]) };
    office.assign_to(key, due(date(2031, 1, 15))).unwrap();
    assert!(found("hạn:15/01/2031") && found("due:2031"));
    office.assign_to(key, due(date(2031, 2, 3))).unwrap();
    assert!(found("hạn:2031-02") && !found("hạn:2031-01"));
    assert!(found("bên gửi:\"cơ quan gửi\"") && !found("bên gửi:đạt"));
}
