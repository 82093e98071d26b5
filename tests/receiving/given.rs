//! What is given to the office: letters, copies, recalls, and what no office can use. Each
//! piece follows from its number and the seed alone, so that parent and child of a test, and
//! a later run of it, speak of the same bytes.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::date;
use lopdf::{Document, Stream, dictionary};
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::document::{Code, DocumentId, Metadata, Recipient};
use vanthu::packet::{
    self, Attachment, DocumentPacket, Kind, Outgoing, Packet, Report, Staff, StatusPacket,
};
use vanthu::rules::Profile;

pub use crate::chance::Chance;

pub const TAN_BINH: &str = "000.01.05.H30";
pub const PROVINCE: &str = "000.00.00.H30";
pub const STRANGER: &str = "000.00.14.H30";

/// Of the document that Tân Bình has issued before.
pub const ISSUED_NUMBER: u32 = 1;

/// What a piece is, and so what must become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// A new document of the province.
    Letter,
    /// The letter of that number once more, in another packet.
    Copy(u32),
    /// Other words under the id of the letter of that number.
    OtherWords(u32),
    /// An order to cancel the letter of that number.
    Recall(u32),
    /// How far the province is with our own document.
    Status,
    /// A sheet without a packet, brought by hand.
    Scan,
    /// A packet that broke off on the way.
    Broken,
    /// A packet for another office.
    Stray,
}

/// One piece, as it is brought.
#[derive(Debug, Clone)]
pub struct Piece {
    pub what: What,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What the piece of this number is. Of twelve, six are letters.
pub fn what(number: u32) -> What {
    let earlier = number - number % 12;
    match number % 12 {
        7 => What::Copy(earlier + 1),
        8 => What::OtherWords(earlier + 2),
        // Of a letter that has been here for a while; the first ones, of one that just came.
        9 => What::Recall(earlier.checked_sub(24).map_or(earlier + 3, |before| before + 4)),
        5 => What::Status,
        6 => What::Scan,
        10 if number % 24 == 10 => What::Broken,
        10 => What::Stray,
        _ => What::Letter,
    }
}

pub fn piece(seed: u64, number: u32) -> Piece {
    let what = what(number);
    let bytes = match what {
        What::Letter => letter(seed, number, 0),
        What::Copy(of) => letter(seed, of, 1),
        What::OtherWords(of) => {
            let pdf = paper(&format!("Other words {seed} {number}"), 0);
            packet(of, TAN_BINH, Kind::New, 2, vec![Attachment::new("khac.pdf", "", pdf)])
        }
        What::Recall(of) => packet(of, TAN_BINH, Kind::Recall, 3 + number, Vec::new()),
        What::Status => status(number),
        What::Scan => paper(&format!("Scan {seed} {number}"), 0),
        What::Broken => {
            let mut bytes = letter(seed, number, 0);
            bytes.truncate(bytes.len() / 2);
            bytes
        }
        What::Stray => packet(number, STRANGER, Kind::New, 0, vec![main(seed, number)]),
    };
    let name = if what == What::Scan { "quet.pdf" } else { "goi.edxml" };
    Piece { what, name: format!("{number}-{name}"), bytes }
}

/// The id of the letter of this number.
pub fn id(number: u32) -> DocumentId {
    DocumentId::of_year(code(PROVINCE), 2026, number + 1)
}

pub fn code(text: &str) -> AgencyCode {
    AgencyCode::new(text).unwrap()
}

pub fn agency(text: &str) -> Agency {
    Agency::new(code(text), "Ủy ban nhân dân")
}

fn main(seed: u64, number: u32) -> Attachment {
    Attachment::new("cong-van.pdf", "", paper(&format!("Letter {seed} {number}"), 0))
}

/// A letter; every third has an enclosure too large for a row of the database. Sent a second
/// time, the packet says a later time and holds the same files.
pub fn letter(seed: u64, number: u32, sending: u32) -> Vec<u8> {
    let mut files = vec![main(seed, number)];
    if number.is_multiple_of(3) {
        let pdf = paper(&format!("Enclosure {seed} {number}"), 70_000);
        files.push(Attachment::new("phu-luc.pdf", "Phụ lục", pdf));
    }
    packet(number, TAN_BINH, Kind::New, sending, files)
}

pub fn packet(number: u32, to: &str, kind: Kind, sending: u32, files: Vec<Attachment>) -> Vec<u8> {
    static PROFILE: LazyLock<Profile> =
        LazyLock::new(|| Profile::built_in("hau-giang-2019").unwrap());
    let metadata = Metadata {
        document_id: Some(id(number)),
        code: Code { number: format!("{:02}", number + 1), notation: "UBND-VP".to_owned() },
        type_key: "CV".to_owned(),
        type_name: "Công văn".to_owned(),
        subject: format!("Về việc thứ {number}"),
        issued: Some(date(2026, 11, 20)),
        place: "Vị Thanh".to_owned(),
        issuer: Some(Recipient { agency: code(PROVINCE), name: "Ủy ban nhân dân".to_owned() }),
        ..Metadata::default()
    };
    let document = DocumentPacket::from_metadata(Outgoing {
        metadata: &metadata,
        profile: &PROFILE,
        from: &agency(PROVINCE),
        to: &[agency(to)],
        kind,
        reason: "thu hồi để sửa",
        staff: Staff::default(),
        at: moment(sending),
        attachments: files,
    });
    packet::write(&Packet::Document(document)).unwrap()
}

fn status(number: u32) -> Vec<u8> {
    let status = StatusPacket::report(Report {
        document: &issued(),
        issuer: &code(TAN_BINH),
        from: &agency(PROVINCE),
        code: StatusCode::Accepted,
        description: "",
        at: moment(number),
        staff: Staff::default(),
    });
    packet::write(&Packet::Status(status)).unwrap()
}

/// The document that Tân Bình has issued.
pub fn issued() -> Metadata {
    Metadata {
        document_id: Some(DocumentId::of_year(code(TAN_BINH), 2026, ISSUED_NUMBER)),
        code: Code { number: "01".to_owned(), notation: "UBND-VP".to_owned() },
        type_key: "CV".to_owned(),
        type_name: "Công văn".to_owned(),
        subject: "Báo cáo".to_owned(),
        issued: Some(date(2026, 11, 19)),
        issuer: Some(Recipient { agency: code(TAN_BINH), name: "Ủy ban nhân dân".to_owned() }),
        recipients: vec![Recipient {
            agency: code(PROVINCE), name: "Ủy ban nhân dân".to_owned()
        }],
        ..Metadata::default()
    }
}

fn moment(second: u32) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + i64::from(second)).unwrap()
}

/// A page with these words; `weight` bytes more that no filter makes smaller.
pub fn paper(words: &str, weight: usize) -> Vec<u8> {
    let mut file = Document::with_version("1.7");
    let font = file.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
    });
    let shown = format!("BT /F 12 Tf 72 720 Td ({words}) Tj ET");
    let content = file.add_object(Stream::new(dictionary! {}, shown.into_bytes()));
    let mut chance = Chance::new(weight as u64);
    let ballast: Vec<u8> = (0..weight).map(|_| u8::try_from(chance.below(256)).unwrap()).collect();
    let ballast = file.add_object(Stream::new(dictionary! {}, ballast));
    let pages = file.new_object_id();
    let page = file.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Resources" => dictionary! { "Font" => dictionary! { "F" => font } },
    });
    file.set_object(
        pages,
        dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 },
    );
    let catalog =
        file.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages, "VTB" => ballast });
    file.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    bytes
}
