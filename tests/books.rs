//! Register books, search and the arrival stamp through `vanthuctl`; what is written to files
//! is judged by other programs: poppler, and Python's own readers of CSV and ZIP with XML.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // it is a test

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::Value;
use support::{OfficeDir, PASSWORD};
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::book::{BookId, registration_day};
use vanthu::domain::document::{Code, DocumentId, DocumentKey, Metadata, Recipient};
use vanthu::domain::inbound::{Assignment, InboundState, Registration};
use vanthu::domain::operation::Change;
use vanthu::domain::role::Role;
use vanthu::domain::verdict::{Verdict, VerdictSummary};
use vanthu::packet::{self, Attachment, DocumentPacket, Kind, Outgoing, Packet, Staff};
use vanthu::rules::Profile;
use vanthu::store::{Actor, KdfCost, Store, StoreError};
use vanthu::token::Pin;

const TAN_BINH: &str = "000.12.31.H30";
const PROVINCE: &str = "000.00.00.H30";
const BUREAU: &str = "000.00.05.H30";

struct World {
    _root: tempfile::TempDir,
    root: PathBuf,
    office: OfficeDir,
}

impl World {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("office");
        std::fs::create_dir_all(&dir).unwrap();
        // A key that is cheap to stretch; founding takes up what was begun.
        let pin = Pin::new(PASSWORD);
        drop(Store::create_with(&dir, "quantri", &pin, KdfCost::FAST).unwrap());
        let name = "Ủy ban nhân dân xã Tân Bình";
        let office = OfficeDir::found(root.path(), "office", TAN_BINH, name);
        Self { root: root.path().to_owned(), _root: root, office }
    }

    fn path(&self, name: &str) -> String {
        self.root.join(name).to_str().unwrap().to_owned()
    }

    #[track_caller]
    fn clerk(&self, words: &[&str]) -> Value {
        self.office.as_user("vanthu", words).done()
    }

    /// Brings in a packet and accepts it.
    fn accepted(&self, from: &str, number: u32, subject: &str) -> String {
        let file = self.path(&format!("{number}.edxml"));
        std::fs::write(&file, packet_from(from, number, subject)).unwrap();
        let imported = self.clerk(&["import", &file]);
        let id = imported["files"][0]["id"].as_str().unwrap().to_owned();
        self.clerk(&["receive", &id]);
        id
    }
}

fn code(text: &str) -> AgencyCode {
    AgencyCode::new(text).unwrap()
}

fn packet_from(from: &str, number: u32, subject: &str) -> Vec<u8> {
    let profile = Profile::built_in("hau-giang-2019").unwrap();
    let samples = vanthu::office::layout::samples();
    let mut sheet = samples.into_iter().find(|sample| sample.type_key == "QĐ").unwrap().sheet;
    sheet.subject = subject.to_owned();
    let pdf = vanthu::office::layout::compose(&sheet).unwrap();
    let sender = Agency::new(code(from), "Sở Nội vụ tỉnh Hậu Giang");
    let metadata = Metadata {
        document_id: Some(DocumentId::of_year(code(from), 2026, number)),
        code: Code { number: format!("{number:02}"), notation: "QĐ-SNV".to_owned() },
        type_key: "QĐ".to_owned(),
        type_name: "Quyết định".to_owned(),
        subject: subject.to_owned(),
        issued: Some(date(2026, 11, 20)),
        place: "Vị Thanh".to_owned(),
        issuer: Some(Recipient { agency: code(from), name: sender.name.clone() }),
        ..Metadata::default()
    };
    let document = DocumentPacket::from_metadata(Outgoing {
        metadata: &metadata,
        profile: &profile,
        from: &sender,
        to: &[Agency::new(code(TAN_BINH), "Ủy ban nhân dân xã Tân Bình")],
        kind: Kind::New,
        reason: "",
        staff: Staff::default(),
        at: Timestamp::now(),
        attachments: vec![Attachment::new("quyetdinh.pdf", "chính", pdf)],
    });
    packet::write(&Packet::Document(document)).unwrap()
}

fn run(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn text_of(pdf: &str) -> String {
    run("pdftotext", &["-layout", pdf, "-"])
}

/// What Python's `csv` reads, as JSON.
fn rows_of_csv(path: &str) -> Value {
    let script = "import csv,json,sys\n\
        rows=list(csv.reader(open(sys.argv[1],encoding='utf-8-sig',newline='')))\n\
        print(json.dumps(rows))";
    serde_json::from_str(&run("python3", &["-c", script, path])).unwrap()
}

/// What Python finds in a workbook: names of sheets, print titles, frozen row, and the cells
/// of the first sheet with their kinds.
fn workbook(path: &str) -> Value {
    let script = r"
import json, re, sys, zipfile
import xml.etree.ElementTree as ET
m = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
book = ET.fromstring(z.read('xl/workbook.xml'))
sheet = ET.fromstring(z.read('xl/worksheets/sheet1.xml'))
shared = []
if 'xl/sharedStrings.xml' in z.namelist():
    for si in ET.fromstring(z.read('xl/sharedStrings.xml')).iter(m + 'si'):
        shared.append(''.join(t.text or '' for t in si.iter(m + 't')))
rows = []
for row in sheet.iter(m + 'row'):
    cells = []
    for c in row.iter(m + 'c'):
        v, kind = c.find(m + 'v'), c.get('t', 'n')
        text = ''.join(t.text or '' for t in c.iter(m + 't'))
        if kind == 's': text = shared[int(v.text)]
        elif kind == 'n' and v is not None: text = float(v.text)
        cells.append([kind, text])
    rows.append(cells)
pane = next(sheet.iter(m + 'pane'), None)
print(json.dumps({
    'sheets': [s.get('name') for s in book.iter(m + 'sheet')],
    'titles': [d.text for d in book.iter(m + 'definedName') if d.get('name') == '_xlnm.Print_Titles'],
    'frozen': None if pane is None else pane.get('ySplit'),
    'formulas': len(list(sheet.iter(m + 'f'))),
    'rows': rows}))
";
    serde_json::from_str(&run("python3", &["-c", script, path])).unwrap()
}

#[test]
fn books_are_opened_filled_by_rule_closed_and_written() {
    let world = World::new();
    let opened = world.clerk(&["book", "open", "CT", "--name", "Văn bản cấp trên", "--level", "1"]);
    let year = opened["year"].as_i64().unwrap();
    let upper = world.accepted(PROVINCE, 1, "Về việc khen thưởng năm 2026");
    let lower = world.accepted(BUREAU, 2, "=HYPERLINK(\"http://x\") về việc tập huấn");
    let other = world.accepted(PROVINCE, 3, "Về việc tặng Bằng khen");
    let registered = world.clerk(&["register", &upper]);
    assert_eq!(registered["book"], format!("inbound-{year}-CT"));
    assert_eq!(registered["arrival_number"], 1);
    assert_eq!(world.clerk(&["register", &lower])["book"], format!("inbound-{year}"));
    let given_up = world.clerk(&["book", "give-up", "--reason", "Viết nhầm lên phong bì"]);
    assert_eq!(given_up["number"], 2);
    let chosen = world.clerk(&["register", &other, "--book", ""]);
    assert_eq!(chosen["arrival_number"], 3);
    let again = world.office.as_user("vanthu", &["register", &other]).failed(5);
    assert_eq!(again, "office-wrong-state");

    let listed = world.clerk(&["book", "list"]);
    let last: Vec<_> =
        listed["books"].as_array().unwrap().iter().map(|book| book["last"].clone()).collect();
    assert_eq!(last, [3, 1]);
    assert_eq!(listed["books"][0]["given_up"], 1);
    world.clerk(&["book", "close", "CT", "--reason", "Hết năm"]);
    let more = world.accepted(PROVINCE, 4, "Về việc báo cáo");
    let closed = world.office.as_user("vanthu", &["register", &more, "--book", "CT"]);
    assert_eq!(closed.failed(5), "store-book-closed");
    // By rule it would have gone there; the common book takes it now.
    assert_eq!(world.clerk(&["register", &more])["arrival_number"], 4);

    csv_is_read_by_others(&world);
    workbook_is_read_by_others(&world);
    pdf_is_read_by_others(&world);
    let audit = world.office.as_user("vanthu", &["audit", "verify"]);
    assert_eq!(audit.status, 0, "{}", audit.json);
}

fn csv_is_read_by_others(world: &World) {
    let csv = world.path("so.csv");
    let written = world.clerk(&["book", "export", &csv, "--format", "csv"]);
    assert_eq!((written["lines"].as_u64(), written["neutralised"].as_u64()), (Some(4), Some(0)));
    let rows = rows_of_csv(&csv);
    assert_eq!(rows[0][0], "Ngày đến");
    assert_eq!(rows[0].as_array().unwrap().len(), 10);
    let today = registration_day(Timestamp::now()).to_string();
    assert_eq!((&rows[1][0], &rows[1][1]), (&Value::from(today), &Value::from("1")));
    assert!(rows[1][5].as_str().unwrap().contains("HYPERLINK(\"http://x\")"), "{rows}");
    assert_eq!(rows[2][9], "Số bỏ: Viết nhầm lên phong bì");
    // The subject alone stands in no cell; made to, it is no formula.
    let outbound = world.clerk(&["book", "export", &csv, "--format", "csv", "--words", "tập huấn"]);
    assert_eq!(outbound["lines"], 1);
}

fn workbook_is_read_by_others(world: &World) {
    let xlsx = world.path("so.xlsx");
    world.clerk(&["book", "export", &xlsx, "--format", "xlsx"]);
    let book = workbook(&xlsx);
    assert_eq!(book["sheets"], serde_json::json!(["Sổ đăng ký văn bản đến"]));
    assert_eq!((&book["frozen"], &book["formulas"]), (&Value::from("5"), &Value::from(0)));
    assert!(book["titles"][0].as_str().unwrap().ends_with("$5:$5"), "{book}");
    let rows = book["rows"].as_array().unwrap();
    let first = rows.iter().find(|row| row[1][1] == 1.0).expect("the first number");
    // A date is a number that is shown as a date.
    assert_eq!(first[0][0], "n");
    let days = registration_day(Timestamp::now()) - date(1899, 12, 30);
    assert_eq!(first[0][1], f64::from(days.get_days()));
}

fn pdf_is_read_by_others(world: &World) {
    let pdf = world.path("so.pdf");
    world.clerk(&["book", "export", &pdf, "--format", "pdf"]);
    let info = run("pdfinfo", &[&pdf]);
    assert!(info.contains("841.89 x 595.276") && info.contains("A4"), "{info}");
    let text = text_of(&pdf);
    for words in [
        "ỦY BAN NHÂN DÂN XÃ TÂN BÌNH",
        "SỔ ĐĂNG KÝ VĂN BẢN ĐẾN",
        "Từ số 1 đến số 4",
        "(10)",
        "Sở Nội vụ",
        "Số bỏ:",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let fonts = run("pdffonts", &[&pdf]);
    assert!(fonts.lines().skip(2).all(|line| line.contains(" yes ")), "{fonts}");
}

#[test]
fn documents_are_found_by_words_phrases_and_fields() {
    let world = World::new();
    let praise = world.accepted(BUREAU, 7, "Về việc tặng Bằng khen cho các tập thể");
    let report = world.accepted(PROVINCE, 70, "Về việc báo cáo hộ nghèo");
    world.clerk(&["register", &praise]);
    let found = |words: &[&str]| -> Vec<String> {
        let all = [&["search"], words].concat();
        let answer = world.office.as_user("vanthu", &all);
        assert_eq!(answer.status, i32::from(answer.json["documents"] == serde_json::json!([])));
        let rows = answer.json["documents"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    // The newest first.
    assert_eq!(found(&["quyet", "dinh"]), [report.clone(), praise.clone()]);
    for words in [
        &["bang khen"][..],
        &["số:7"],
        &["số", "đến:1"],
        &["trích yếu:\"tặng bằng\""],
        &["từ:\"sở nội vụ\"", "khen"],
        &["ngày:2026-11", "khen"],
        &["số:07/QĐ-SNV"],
    ] {
        assert_eq!(found(words), std::slice::from_ref(&praise), "{words:?}");
    }
    let today = registration_day(Timestamp::now()).strftime("đến:%d/%m/%Y").to_string();
    assert_eq!(found(&[&today]).len(), 2);
    for words in [&["số:70", "khen"][..], &["\"khen bằng\""], &["người ký:khen"], &["ngày:2025"]]
    {
        assert_eq!(found(words), Vec::<String>::new(), "{words:?}");
    }
    let answer = world.clerk(&["search", "tập thể"]);
    let snippet = answer["documents"][0]["snippet"].as_str().unwrap_or_default();
    assert!(snippet.contains("tập thể"), "{answer:#}");
}

#[test]
fn the_stamp_is_on_the_print_and_never_in_the_document() {
    let world = World::new();
    let id = world.accepted(BUREAU, 9, "Về việc khen thưởng");
    let out = world.path("ban-in.pdf");
    let early = world.office.as_user("vanthu", &["stamp", &id, &out]);
    assert_eq!(early.failed(5), "office-not-registered");
    assert!(!Path::new(&out).exists());
    let before = world.path("truoc.pdf");
    world.clerk(&["export", &id, &before]);
    world.clerk(&["book", "open", "SNV", "--name", "Sở Nội vụ", "--level", "2"]);
    world.clerk(&["register", &id]);
    world.clerk(&["assign", &id, "--to", "soanthao"]);
    world.clerk(&["stamp", &id, &out]);
    let text = text_of(&out);
    let today = registration_day(Timestamp::now()).strftime("%d/%m/%Y").to_string();
    let day = format!("Ngày: {today}");
    for words in ["ĐẾN", "Số: 1-SNV", &day, "Chuyển: Lê Văn Soạn", "BẢN IN từ hệ thống"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    // The document's own words are pictures there: nothing of the file is carried over.
    assert!(!text.contains("khen thưởng"), "{text}");
    let pictures = run("pdfimages", &["-list", &out]);
    assert!(pictures.lines().count() > 2 && pictures.contains(" 200 "), "{pictures}");
    let after = world.path("sau.pdf");
    world.clerk(&["export", &id, &after]);
    assert_eq!(std::fs::read(&before).unwrap(), std::fs::read(&after).unwrap());
}

/// Registers `count` documents straight into the store.
fn fill(office: &OfficeDir, count: u32) -> i16 {
    let store = Store::open(&office.dir, "vanthu", &Pin::new(PASSWORD)).unwrap();
    let today = registration_day(Timestamp::now());
    store
        .write(&Actor::new("vanthu", Role::Clerk), move |writer| {
            for number in 1..=count {
                let key = DocumentKey::fresh();
                let long = "thực hiện nhiệm vụ phát triển kinh tế – xã hội ".repeat(4);
                writer.append(Change::InboundArrived {
                    key,
                    sender: Some(code(BUREAU)),
                    sender_name: "Sở Nội vụ tỉnh Hậu Giang".to_owned(),
                    metadata: Metadata {
                        code: Code { number: number.to_string(), notation: "KH-SNV".to_owned() },
                        type_name: "Kế hoạch".to_owned(),
                        subject: format!("Về việc {long} số thứ tự {number}"),
                        issued: Some(date(2026, 11, 20)),
                        ..Metadata::default()
                    },
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
                    text: String::new(),
                })?;
                let (from, to) = (InboundState::Arrived, InboundState::Accepted);
                writer.append(Change::InboundMoved { key, from, to, reason: String::new() })?;
                let book = BookId::inbound(today.year());
                writer.append(Change::InboundRegistered {
                    key,
                    registration: Registration {
                        book,
                        arrival_number: number,
                        arrival_date: today,
                    },
                })?;
                let assignment = Assignment {
                    user: "soanthao".to_owned(),
                    direction: String::new(),
                    due: Some(date(2026, 12, 20)),
                    parts: Vec::new(),
                };
                writer.append(Change::InboundAssigned { key, assignment })?;
            }
            Ok::<_, StoreError>(())
        })
        .unwrap();
    today.year()
}

#[test]
fn a_long_register_repeats_its_head_and_loses_no_line() {
    let world = World::new();
    let year = fill(&world.office, 250).to_string();
    let pdf = world.path("so.pdf");
    let args = ["book", "export", &pdf, "--year", &year, "--format", "pdf"];
    assert_eq!(world.clerk(&args)["lines"], 250);
    let text = text_of(&pdf);
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(pages.len() > 10, "{}", pages.len());
    for (index, page) in pages.iter().enumerate().skip(1) {
        assert!(page.contains("(10)") && page.contains("Trích yếu") || page.contains("trích yếu"));
        let first = page.lines().find(|line| !line.trim().is_empty()).unwrap();
        assert_eq!(first.trim(), (index + 1).to_string(), "the number of the page");
    }
    let plain = run("pdftotext", &[&pdf, "-"]);
    let plain: String = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    for number in 1..=250 {
        assert!(plain.contains(&format!("số thứ tự {number}")), "{number}");
    }
    // The settlement form has seven columns, and says who has it and until when.
    let args = ["book", "export", &pdf, "--output", "settlement", "--format", "pdf"];
    world.clerk(&args);
    let text = text_of(&pdf);
    assert!(text.contains("SỔ THEO DÕI GIẢI QUYẾT VĂN BẢN ĐẾN") && text.contains("(7)"));
    assert!(text.contains("20/12/2026") && text.contains("Lê Văn") && !text.contains("(8)"));
    // And a day's list is that day's.
    let csv = world.path("ngay.csv");
    let args = ["book", "export", &csv, "--output", "day", "--format", "csv"];
    assert_eq!(world.clerk(&args)["lines"], 250);
    let args = [&args[..], &["--from", "2020-01-01", "--until", "2020-01-01"]].concat();
    assert_eq!(world.clerk(&args)["lines"], 0);
}
