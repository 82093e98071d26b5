//! Search, register books and their printed forms in a full office, each beside the same
//! question asked of a small one: what a list costs must not depend on how much there is. All
//! documents are being worked on, which no office lets happen: the worst of what is due.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::book::{BookId, Direction, registration_day};
use vanthu::domain::document::{Code, DocumentKey, Metadata, Recipient};
use vanthu::domain::inbound::{Assignment, InboundState, Registration};
use vanthu::domain::operation::Change;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::role::Role;
use vanthu::domain::verdict::{Verdict, VerdictSummary};
use vanthu::office::batch::Cancel;
use vanthu::office::book::{BookFilter, Export, Format, Output};
use vanthu::office::{Agenda, Filter, Founding, Office};
use vanthu::store::{Actor, KdfCost, Store, StoreError};
use vanthu::t;
use vanthu::token::Pin;

use super::Folder;
use crate::args::BenchBooks;
use crate::output::Outcome;

/// The small office.
const FEW: u32 = 1000;
/// Documents written in one transaction.
const AT_ONCE: u32 = 500;
/// A question is asked so often; the median counts.
const TIMES: usize = 9;
/// About a page of text.
const PAGE: &str = "Căn cứ Luật Tổ chức chính quyền địa phương; theo đề nghị của Sở Nội vụ về việc \
                    rà soát hộ nghèo, hộ cận nghèo trên địa bàn; ";

struct Row {
    work: &'static str,
    many: Duration,
    few: Duration,
    bytes: Option<u64>,
}

pub fn books(args: &BenchBooks) -> Result<Outcome, Problem> {
    let folder = Folder::new()?;
    let (few, _) = furnished(&folder.0.join("few"), FEW)?;
    let (many, filling) = furnished(&folder.0.join("many"), args.documents)?;
    let mut rows = Vec::new();
    for (work, ask) in QUESTIONS {
        rows.push(Row { work, many: median(&many, ask)?, few: median(&few, ask)?, bytes: None });
    }
    for format in Format::ALL {
        let path = folder.0.join(format!("book.{}", format.ending()));
        let few = written(&few, format, &path)?;
        let many = written(&many, format, &path)?;
        let bytes = std::fs::metadata(&path).ok().map(|about| about.len());
        rows.push(Row { work: format.ending(), many, few, bytes });
    }
    Ok(told(args.documents, filling, &rows))
}

fn told(documents: u32, filling: Duration, rows: &[Row]) -> Outcome {
    let ms = |time: Duration| (time.as_secs_f64() * 100_000.0).round() / 100.0;
    // How many times what the small office takes.
    let ratio = |row: &Row| row.many.as_secs_f64() / row.few.as_secs_f64().max(f64::EPSILON);
    let mut text = format!(
        "{:<26} {:>14} {:>14}",
        t!("ctl-bench-work"),
        documents.to_string(),
        FEW.to_string()
    );
    for row in rows {
        text.push_str(&format!(
            "\n{:<26} {:>11.2} ms {:>11.2} ms {:>7.1}×",
            t!(&format!("ctl-bench-books-{}", row.work)),
            ms(row.many),
            ms(row.few),
            ratio(row)
        ));
    }
    let json: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "work": row.work,
                "ms": ms(row.many),
                "reference_ms": ms(row.few),
                "ratio": (ratio(row) * 10.0).round() / 10.0,
                "bytes": row.bytes,
            })
        })
        .collect();
    let json = json!({
        "bench": "books",
        "documents": documents,
        "reference_documents": FEW,
        "filling_ms": ms(filling),
        "rows": json,
    });
    Outcome::new(json, text)
}

type Question = fn(&Office) -> Result<(), Problem>;

const QUESTIONS: [(&str, Question); 9] = [
    ("list", |office| list(office, "")),
    ("word", |office| list(office, "hộ nghèo")),
    ("field", |office| list(office, "từ:\"sở nội vụ\" ngày:2026-11 khen")),
    ("rare", |office| list(office, "số:777")),
    ("overdue", |office| agenda(office, Agenda::Overdue, "")),
    ("overdue-word", |office| agenda(office, Agenda::Overdue, "hộ nghèo")),
    // What stands beside the names of the lists, whenever something has changed.
    ("counts", |office| office.counts().map(drop)),
    ("snippets", |office| {
        let found = office.inbound(&words("hộ nghèo"), None, 100)?;
        let keys: Vec<DocumentKey> = found.iter().map(|document| document.key).collect();
        office.snippets(&keys, "hộ nghèo").map(drop)
    }),
    ("book", |office| {
        let year = registration_day(Timestamp::now()).year();
        let last = office.books(Direction::Inbound, year)?.first().map_or(0, |book| book.last);
        let book = BookId::inbound(year);
        office.book_lines(&book, &BookFilter::default(), last.saturating_sub(150), 150).map(drop)
    }),
];

fn words(words: &str) -> Filter {
    Filter { words: words.to_owned(), ..Filter::default() }
}

fn list(office: &Office, typed: &str) -> Result<(), Problem> {
    office.inbound(&words(typed), None, 100).map(drop)
}

fn agenda(office: &Office, agenda: Agenda, words: &str) -> Result<(), Problem> {
    let filter = Filter { agenda: Some(agenda), words: words.to_owned(), ..Filter::default() };
    office.inbound(&filter, None, 100).map(drop)
}

fn median(office: &Office, ask: Question) -> Result<Duration, Problem> {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        ask(office)?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times.get(TIMES / 2).copied().unwrap_or_default())
}

fn written(office: &Office, format: Format, path: &Path) -> Result<Duration, Problem> {
    let export = Export {
        output: Output::Inbound,
        book: BookId::inbound(registration_day(Timestamp::now()).year()),
        filter: BookFilter::default(),
        format,
        path: path.to_owned(),
    };
    let begun = Instant::now();
    office.export_book(&export, &Cancel::default(), &|_, _| {})?;
    Ok(begun.elapsed())
}

/// An office with so many registered documents, and how long it took to put them there.
fn furnished(dir: &Path, documents: u32) -> Result<(Office, Duration), Problem> {
    let code = |text: &str| {
        AgencyCode::new(text).ok_or_else(|| Problem::new("ctl-usage", Kind::Usage, Blame::Input))
    };
    let (ours, sender) = (code("000.12.31.H30")?, code("000.00.05.H30")?);
    let pin = Pin::new("bench");
    // A key that is cheap to stretch: guessing passwords is not what is measured.
    drop(Store::create_with(dir, "be", &pin, KdfCost::FAST)?);
    let founding = Founding {
        agency: Agency::new(ours, "UBND xã Tân Bình"),
        profile: "current".to_owned(),
        user: "be".to_owned(),
        display_name: "Trần Thị Bé".to_owned(),
        roles: vec![Role::Clerk],
    };
    drop(Office::found(dir, founding, &pin)?);
    let store = Store::open(dir, "be", &pin)?;
    let begun = Instant::now();
    let mut first = 1;
    while first <= documents {
        let last = documents.min(first + AT_ONCE - 1);
        let sender = sender.clone();
        store.write(&Actor::new("be", Role::Clerk), move |writer| {
            for number in first..=last {
                for change in registered(number, &sender) {
                    writer.append(change)?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
        first = last + 1;
    }
    let filling = begun.elapsed();
    drop(store);
    Ok((Office::open(dir, "be", &pin)?, filling))
}

/// A document on the desk of a unit since it was registered: every day of a year before and
/// after today is some document's term, so that half of them are overdue.
fn registered(number: u32, sender: &AgencyCode) -> [Change; 4] {
    let key = DocumentKey::fresh();
    let today = registration_day(Timestamp::now());
    let subjects = ["khen thưởng năm 2026", "báo cáo kết quả", "tập huấn nghiệp vụ", "kế hoạch"];
    let subject = subjects.get(number as usize % subjects.len()).copied().unwrap_or_default();
    let metadata = Metadata {
        code: Code { number: number.to_string(), notation: "QĐ-SNV".to_owned() },
        type_key: "QĐ".to_owned(),
        type_name: "Quyết định".to_owned(),
        subject: format!("Về việc {subject} trên địa bàn tỉnh, số {number}"),
        issuer: Some(Recipient { agency: sender.clone(), name: "Sở Nội vụ".to_owned() }),
        issued: Some(date(2026, 11, 20)),
        ..Metadata::default()
    };
    [
        Change::InboundArrived {
            key,
            sender: Some(sender.clone()),
            sender_name: "Sở Nội vụ".to_owned(),
            metadata,
            files: Vec::new(),
            packet: None,
            arrived_at: Timestamp::now(),
            verdict: VerdictSummary {
                verdict: Verdict::Unsigned,
                reasons: Vec::new(),
                signatures: Vec::new(),
                checked_at: Timestamp::UNIX_EPOCH,
                checker: String::new(),
                offline: false,
                completeness: Vec::new(),
            },
            text: PAGE.repeat(8),
        },
        Change::InboundMoved {
            key,
            from: InboundState::Arrived,
            to: InboundState::Accepted,
            reason: String::new(),
        },
        Change::InboundRegistered {
            key,
            registration: Registration {
                book: BookId::inbound(today.year()),
                arrival_number: number,
                arrival_date: today,
            },
        },
        Change::InboundAssigned {
            key,
            assignment: Assignment {
                user: "be".to_owned(),
                direction: "Tham mưu trả lời".to_owned(),
                due: today.checked_add(jiff::Span::new().days(i64::from(number % 730) - 365)).ok(),
                parts: Vec::new(),
            },
        },
    ]
}
