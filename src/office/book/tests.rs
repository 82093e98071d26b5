//! Numbers of several books and years, however many windows ask for them at once.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicI16, Ordering};

use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::calendar;
use crate::domain::document::{Metadata, Recipient};
use crate::domain::inbound::{InboundState, Registration};
use crate::domain::role::Role;
use crate::domain::verdict::{Verdict, VerdictSummary};
use crate::office::Founding;
use crate::office::batch::Cancel;
use crate::token::Pin;

fn founded() -> (tempfile::TempDir, Office) {
    let dir = tempfile::tempdir().unwrap();
    let founding = Founding {
        agency: Agency::new(AgencyCode::new("000.12.31.H30").unwrap(), "UBND xã Tân Bình"),
        profile: "current".to_owned(),
        user: "be".to_owned(),
        display_name: "Trần Thị Bé".to_owned(),
        roles: vec![Role::Clerk, Role::Administrator],
    };
    let office = Office::found(dir.path(), founding, &Pin::new("mật khẩu dài")).unwrap();
    (dir, office)
}

/// An accepted document of a type from a sender.
fn accepted(office: &Office, sender: &str, type_key: &str) -> DocumentKey {
    let key = DocumentKey::fresh();
    let agency = AgencyCode::new(sender).unwrap();
    let metadata = Metadata {
        type_key: type_key.to_owned(),
        type_name: "Quyết định".to_owned(),
        subject: "Về việc khen thưởng".to_owned(),
        issuer: Some(Recipient { agency: agency.clone(), name: "Sở Nội vụ".to_owned() }),
        issued: Some(date(2026, 11, 20)),
        ..Metadata::default()
    };
    let arrived = Change::InboundArrived {
        key,
        sender: Some(agency),
        sender_name: "Sở Nội vụ".to_owned(),
        metadata,
        files: Vec::new(),
        packet: None,
        arrived_at: "2026-12-30T02:00:00Z".parse().unwrap(),
        verdict: VerdictSummary {
            verdict: Verdict::Unsigned,
            reasons: Vec::new(),
            signatures: Vec::new(),
            checked_at: Timestamp::UNIX_EPOCH,
            checker: String::new(),
            offline: false,
            completeness: Vec::new(),
        },
        text: "toàn văn".to_owned(),
    };
    office
        .store()
        .write(&office.program(), move |writer| {
            writer.append(arrived)?;
            writer.append(Change::InboundMoved {
                key,
                from: InboundState::Arrived,
                to: InboundState::Accepted,
                reason: String::new(),
            })?;
            Ok::<_, Problem>(())
        })
        .unwrap();
    key
}

fn on(day: Date, hour: i8) -> Timestamp {
    day.at(hour, 0, 0, 0).to_zoned(calendar::vietnam()).unwrap().timestamp()
}

#[test]
fn a_december_arrival_registered_in_january_takes_januarys_number() {
    let (_dir, office) = founded();
    let keys: Vec<_> = (0..3).map(|_| accepted(&office, "000.00.05.H30", "QĐ")).collect();
    let take = |key, now| office.register_at(key, None, now).unwrap();
    assert_eq!(take(keys[0], on(date(2026, 12, 31), 23)).arrival_number, 1);
    let january = take(keys[1], on(date(2027, 1, 1), 0));
    assert_eq!((january.book.year, january.arrival_number), (2027, 1));
    assert_eq!(take(keys[2], on(date(2027, 1, 4), 8)).arrival_number, 2);
}

#[test]
fn a_rule_sends_documents_into_their_book_and_the_clerk_may_choose_another() {
    let (_dir, office) = founded();
    let upper = BookRule { levels: vec![1], types: Vec::new() };
    office.open_book("CT", "Văn bản cấp trên", upper).unwrap();
    let key = |sender: &str| accepted(&office, sender, "QĐ");
    let book = |registration: Registration| {
        book::written(&registration.book.series, registration.arrival_number)
    };
    assert_eq!(book(office.register(key("000.00.00.H30")).unwrap()), "1-CT");
    assert_eq!(book(office.register(key("000.00.05.H30")).unwrap()), "1");
    assert_eq!(book(office.register_in(key("000.00.00.H30"), Some("")).unwrap()), "2");
    let unknown = office.register_in(key("000.00.00.H30"), Some("XX")).unwrap_err();
    assert_eq!(unknown.code, "store-no-book");
    assert_eq!(
        office.open_book("a b", "Sổ", BookRule::default()).unwrap_err().code,
        "office-bad-series"
    );
    let strange = BookRule { levels: Vec::new(), types: vec!["không có".to_owned()] };
    assert_eq!(office.open_book("KN", "Sổ", strange).unwrap_err().code, "office-field-invalid");
}

#[test]
fn a_closed_book_gives_no_number_and_goes_on_next_year() {
    let (_dir, office) = founded();
    let id = office.open_book("KN", "Khiếu nại", BookRule::default()).unwrap();
    let next_year = on(date(id.year + 1, 1, 5), 8);
    let keys: Vec<_> = (0..4).map(|_| accepted(&office, "000.00.05.H30", "QĐ")).collect();
    office.register_in(keys[0], Some("KN")).unwrap();
    assert_eq!(office.close_book(&id, " ", false).unwrap_err().code, "office-reason-missing");
    office.close_book(&id, "Hết năm", false).unwrap();
    assert_eq!(office.register_in(keys[1], Some("KN")).unwrap_err().code, "store-book-closed");
    assert_eq!(office.give_up_number("KN", "viết nhầm").unwrap_err().code, "store-book-closed");
    let next = office.register_at(keys[1], Some("KN"), next_year).unwrap();
    assert_eq!((next.book.year, next.arrival_number), (id.year + 1, 1));
    // Ended for good, it does not.
    office.close_book(&next.book, "Nhập vào sổ chung", true).unwrap();
    let later = on(date(id.year + 2, 1, 5), 8);
    let ended = office.register_at(keys[2], Some("KN"), later).unwrap_err();
    assert_eq!(ended.code, "store-no-book");
    // And when the common book is closed as well, registering says so instead of guessing.
    office.close_book(&BookId::inbound(id.year), "Hết năm", false).unwrap();
    assert_eq!(office.register(keys[2]).unwrap_err().code, "office-no-open-book");
    let audit = office.audit().unwrap();
    assert!(audit.is_clean(), "{:?}", audit.problems);
}

#[test]
fn a_number_given_up_stays_in_the_book_with_its_reason() {
    let (dir, office) = founded();
    let first = accepted(&office, "000.00.05.H30", "QĐ");
    let third = accepted(&office, "000.00.05.H30", "QĐ");
    let registration = office.register(first).unwrap();
    assert_eq!(office.give_up_number("", "Đóng dấu nhầm").unwrap(), 2);
    assert_eq!(office.register(third).unwrap().arrival_number, 3);
    office.assign(third, "be", "Tham mưu", Some(date(2026, 12, 4))).unwrap();
    let lines = office.book_lines(&registration.book, &BookFilter::default(), 0, 100).unwrap();
    assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(lines[1].given_up && lines[1].note.contains("Đóng dấu nhầm"), "{:?}", lines[1]);
    assert_eq!(lines[0].forwarded, None);
    assert_eq!(lines[2].to, "Trần Thị Bé");
    assert_eq!(lines[2].forwarded, Some(book::registration_day(Timestamp::now())));
    assert_eq!(lines[2].title, "Quyết định. Về việc khen thưởng");
    // Filters leave out what does not fit, and days leave out what has none.
    let asked = |filter: BookFilter| -> Vec<u32> {
        let lines = office.book_lines(&registration.book, &filter, 0, 100).unwrap();
        lines.iter().map(|line| line.number).collect()
    };
    assert_eq!(asked(BookFilter { to: "tran thi".to_owned(), ..BookFilter::default() }), [3]);
    let today = lines[0].date;
    assert_eq!(asked(BookFilter { from: today, until: today, ..BookFilter::default() }), [1, 3]);
    assert_eq!(
        asked(BookFilter { party: "so noi vu".to_owned(), ..BookFilter::default() }),
        [1, 3]
    );
    // Written to a file, all of it; given up, none.
    let export = Export {
        output: Output::Inbound,
        book: registration.book,
        filter: BookFilter::default(),
        format: Format::Csv,
        path: dir.path().join("sổ.csv"),
    };
    let cancelled = Cancel::default();
    cancelled.cancel();
    let refused = office.export_book(&export, &cancelled, &|_, _| {}).unwrap_err();
    assert_eq!((refused.code, export.path.exists()), ("office-cancelled", false));
    let done = office.export_book(&export, &Cancel::default(), &|_, _| {}).unwrap();
    assert_eq!(done.lines, 3);
    assert!(std::fs::read_to_string(&export.path).unwrap().contains("Số bỏ: Đóng dấu nhầm"));
}

/// Which book, in which of two years, and how often a document is asked to be registered.
type Asked = Vec<(usize, bool, u8)>;

#[test]
fn whoever_asks_at_once_no_book_of_any_year_has_a_gap_or_a_double() {
    let (_dir, office) = founded();
    for series in ["CT", "KN"] {
        office.open_book(series, "Sổ", BookRule::default()).unwrap();
    }
    let years = AtomicI16::new(2030);
    let asked = prop::collection::vec((0..3usize, any::<bool>(), 1..3u8), 4..14);
    let mut runner = TestRunner::new(Config { cases: 12, ..Config::default() });
    runner
        .run(&asked, |asked: Asked| race(&office, years.fetch_add(2, Ordering::Relaxed), &asked))
        .unwrap();
    assert!(office.audit().unwrap().is_clean());
}

fn race(office: &Office, year: i16, asked: &Asked) -> Result<(), TestCaseError> {
    let series = ["", "CT", "KN"];
    let work: Vec<(DocumentKey, &str, Timestamp)> = asked
        .iter()
        .flat_map(|(book, later, times)| {
            let key = accepted(office, "000.00.05.H30", "QĐ");
            // The last hour of one year, and the first of the next.
            let now = if *later { on(date(year + 1, 1, 1), 0) } else { on(date(year, 12, 31), 23) };
            std::iter::repeat_n((key, series[*book], now), usize::from(*times))
        })
        .collect();
    let start = Barrier::new(work.len());
    let taken: Vec<(DocumentKey, Result<Registration, Problem>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = work
            .iter()
            .map(|(key, series, now)| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    (*key, office.register_at(*key, Some(series), *now))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut numbers: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    let mut registered = Vec::new();
    for (key, one) in taken {
        match one {
            Ok(registration) => {
                prop_assert!(!registered.contains(&key), "registered twice");
                registered.push(key);
                let book = registration.book.to_string();
                numbers.entry(book).or_default().push(registration.arrival_number);
            }
            Err(problem) => prop_assert_eq!(problem.code, "office-wrong-state"),
        }
    }
    prop_assert_eq!(registered.len(), asked.len());
    for (book, mut numbers) in numbers {
        numbers.sort_unstable();
        let expected: Vec<u32> = (1..).take(numbers.len()).collect();
        prop_assert_eq!(numbers, expected, "{}", book);
    }
    Ok(())
}
