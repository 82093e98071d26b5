//! An office with its people, and packets of others for it.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::civil::date;
use tempfile::TempDir;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::document::{Code, DocumentId, DocumentKey, Metadata, Recipient};
use vanthu::domain::problem::Problem;
use vanthu::domain::role::Role;
use vanthu::office::{Founding, Imported, Office};
use vanthu::packet::{
    self, Attachment, DocumentPacket, Kind, Outgoing, Packet, Report, Staff, StatusPacket,
};
use vanthu::rules::Profile;
use vanthu::store::Store;
use vanthu::token::Pin;

pub const TAN_BINH: &str = "000.01.05.H30";
pub const PROVINCE: &str = "000.00.00.H30";
pub const STRANGER: &str = "000.00.14.H30";
pub const PROFILE: &str = "hau-giang-2019";

pub fn code(text: &str) -> AgencyCode {
    AgencyCode::new(text).unwrap()
}

pub fn password() -> Pin {
    Pin::new("mật khẩu thử nghiệm")
}

/// An office whose founder may do everything, with a drafter or two.
pub struct World {
    pub dir: TempDir,
    office: Option<Office>,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let founding = Founding {
            agency: Agency::new(code(TAN_BINH), "Ủy ban nhân dân xã Tân Bình"),
            profile: PROFILE.to_owned(),
            user: "be".to_owned(),
            display_name: "Trần Thị Bé".to_owned(),
            roles: vec![Role::Administrator, Role::Clerk],
        };
        let office = Office::found(&dir.path().join("office"), founding, &password()).unwrap();
        let directory = [(PROVINCE, "Ủy ban nhân dân tỉnh"), (STRANGER, "Sở Nội vụ")];
        let agencies =
            directory.into_iter().map(|(code_, name)| Agency::new(code(code_), name)).collect();
        office.put_agencies(agencies).unwrap();
        for (user, name, role) in [
            ("nguyet", "Nguyễn Thị Ánh Nguyệt", Role::Leader),
            ("soan", "Lê Văn Soạn", Role::Drafter),
            ("dat", "Đỗ Tiến Đạt", Role::Drafter),
            ("xem", "Võ Thị Xem", Role::Drafter),
            ("luu", "Huỳnh Văn Lưu", Role::Archivist),
        ] {
            office.add_user(user, name, &[role], &password()).unwrap();
        }
        Self { dir, office: Some(office) }
    }

    /// The founder's door.
    pub fn office(&self) -> &Office {
        self.office.as_ref().unwrap()
    }

    /// Somebody else sits down at the desk.
    pub fn as_user(&mut self, user: &str) -> &Office {
        // One program at a time has the folder open.
        self.office = None;
        let office = Office::open(&self.dir.path().join("office"), user, &password()).unwrap();
        self.office.insert(office)
    }

    /// The store without anybody's door.
    pub fn store(mut self) -> (TempDir, Store) {
        self.office = None;
        let store = Store::open(&self.dir.path().join("office"), "be", &password()).unwrap();
        (self.dir, store)
    }

    #[track_caller]
    pub fn arrives(&self, packet: Vec<u8>) -> DocumentKey {
        match self.takes(packet) {
            Imported::Document(key) => key,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn takes(&self, packet: Vec<u8>) -> Imported {
        self.office().import("goi-tin.edxml", packet).unwrap()
    }

    /// Accepted although the page says other things than the packet: all of them carry the
    /// same page.
    pub fn accept(&self, key: DocumentKey) -> Result<(), Problem> {
        self.office().accept_despite(key, "Đã đối chiếu bản giấy")
    }

    /// Accepted and registered.
    pub fn registered(&self, number: u32) -> DocumentKey {
        let key = self.arrives(new(PROVINCE, number));
        self.accept(key).unwrap();
        self.office().register(key).unwrap();
        key
    }

    /// How many statuses of this code were queued for senders about a document.
    pub fn history(&self, key: DocumentKey) -> Vec<String> {
        self.office().history(key).unwrap().into_iter().map(|entry| entry.text).collect()
    }
}

/// The id by which senders name their document.
pub fn id(from: &str, number: u32) -> DocumentId {
    DocumentId::of_year(code(from), 2026, number)
}

pub fn metadata(from: &str, number: u32) -> Metadata {
    Metadata {
        document_id: Some(id(from, number)),
        code: Code { number: format!("{number:02}"), notation: "QĐ-UBND".to_owned() },
        type_key: "QĐ".to_owned(),
        type_name: "Quyết định".to_owned(),
        subject: format!("Về việc xq{number}"),
        issued: Some(date(2026, 11, 20)),
        place: "Vị Thanh".to_owned(),
        issuer: Some(Recipient { agency: code(from), name: "Cơ quan gửi".to_owned() }),
        ..Metadata::default()
    }
}

/// A document that says little, made once.
pub fn pdf() -> &'static [u8] {
    static PDF: OnceLock<Vec<u8>> = OnceLock::new();
    PDF.get_or_init(|| {
        let sample = vanthu::office::layout::samples().into_iter().next().unwrap();
        vanthu::office::layout::compose(&sample.sheet).unwrap()
    })
}

/// The same with a remark behind it that nobody reads.
pub fn own_pdf(remark: &str) -> Vec<u8> {
    let mut bytes = pdf().to_vec();
    bytes.extend_from_slice(format!("\n% {remark}\n").as_bytes());
    bytes
}

/// A packet of any kind for Tân Bình.
pub fn packet_of(
    from: &str,
    metadata: &Metadata,
    kind: Kind,
    reason: &str,
    with_file: bool,
) -> Vec<u8> {
    // The same document sent again is the same packet, however slow the machine.
    let at = match kind {
        Kind::New => "2026-11-20T02:00:00Z".parse().unwrap(),
        _ => Timestamp::now(),
    };
    let files = if with_file {
        // No two documents are the same bytes: that would be one document that came twice.
        let id = metadata.document_id.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![Attachment::new("quyetdinh.pdf", "chính", own_pdf(&format!("{from} {id}")))]
    } else {
        Vec::new()
    };
    packet_at(from, metadata, kind, reason, files, at)
}

pub fn packet_at(
    from: &str,
    metadata: &Metadata,
    kind: Kind,
    reason: &str,
    attachments: Vec<Attachment>,
    at: Timestamp,
) -> Vec<u8> {
    let profile = Profile::built_in(PROFILE).unwrap();
    let document = DocumentPacket::from_metadata(Outgoing {
        metadata,
        profile: &profile,
        from: &Agency::new(code(from), "Cơ quan gửi"),
        to: &[Agency::new(code(TAN_BINH), "Ủy ban nhân dân xã Tân Bình")],
        kind,
        reason,
        staff: Staff::default(),
        at,
        attachments,
    });
    packet::write(&Packet::Document(document)).unwrap()
}

pub fn new(from: &str, number: u32) -> Vec<u8> {
    packet_of(from, &metadata(from, number), Kind::New, "", true)
}

/// `from` recalls the document `number` of `of`. No two of them are the same bytes.
pub fn recall(from: &str, of: &str, number: u32) -> Vec<u8> {
    static TIMES: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    let time = TIMES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let reason = format!("Thu hồi để sửa, lần {time}");
    packet_of(from, &metadata(of, number), Kind::Recall, &reason, false)
}

/// The document `number` takes the place of `old`.
pub fn replace(from: &str, number: u32, old: u32) -> Vec<u8> {
    let documents =
        vec![packet::Replacement { document_id: id(from, old).to_string(), receivers: Vec::new() }];
    packet_of(from, &metadata(from, number), Kind::Replace { documents }, "Thay thế", true)
}

/// Other fields of a document that is known already.
pub fn update(from: &str, metadata: &Metadata) -> Vec<u8> {
    update_at(from, metadata, Timestamp::now())
}

/// The same, sent at a time.
pub fn update_at(from: &str, metadata: &Metadata, at: Timestamp) -> Vec<u8> {
    let kind =
        Kind::Update { document_changed: true, receivers_changed: false, receivers: Vec::new() };
    packet_at(from, metadata, kind, "Đính chính", Vec::new(), at)
}

/// The same with another main file and an annex.
pub fn update_of_files(from: &str, metadata: &Metadata) -> Vec<u8> {
    let kind =
        Kind::Update { document_changed: true, receivers_changed: false, receivers: Vec::new() };
    let files = vec![
        Attachment::new("dinhchinh.pdf", "chính", own_pdf(&format!("{from} đính chính"))),
        Attachment::new("phuluc.pdf", "phụ lục", own_pdf(&format!("{from} phụ lục"))),
    ];
    packet_at(from, metadata, kind, "Đính chính", files, Timestamp::now())
}

/// A status 13 about a document of `from`.
pub fn recall_status(from: &str, number: u32) -> Vec<u8> {
    let status = StatusPacket::report(Report {
        document: &metadata(from, number),
        issuer: &code(from),
        from: &Agency::new(code(from), "Cơ quan gửi"),
        code: StatusCode::RecallAsked,
        description: "xin lấy lại",
        at: Timestamp::now(),
        staff: Staff::default(),
    });
    packet::write(&Packet::Status(status)).unwrap()
}
