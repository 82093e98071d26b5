//! An office with a clerk, a leader and a superior, into which packets are put as the line
//! would bring them.

use std::path::PathBuf;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::delivery::SendState;
use vanthu::domain::document::{Code, DocumentKey};
use vanthu::domain::inbound::InboundState;
use vanthu::domain::operation::OutboxKind;
use vanthu::domain::role::Role;
use vanthu::exchange::InboxItem;
use vanthu::exchange::engine::Queues;
use vanthu::office::{Filter, Founding, Office};
use vanthu::packet::{self, Attachment, DocumentPacket, Organ, OtherInfo, Packet, StatusPacket};
use vanthu::store::{OutboxItem, Store};
use vanthu::token::Pin;

pub const PASSWORD: &str = "mat khau";
pub const US: &str = "000.01.05.H30";
pub const SUPERIOR: &str = "000.00.00.H30";
pub const NEIGHBOUR: &str = "000.02.05.H30";

pub fn agency(code: &str, name: &str) -> Agency {
    Agency::new(AgencyCode::new(code).unwrap(), name)
}

pub struct Place {
    _root: tempfile::TempDir,
    pub dir: PathBuf,
    pub office: Office,
}

impl Place {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("office");
        let mut us = agency(US, "Ủy ban nhân dân xã Tân Bình");
        us.parent = AgencyCode::new(SUPERIOR);
        let founding = Founding {
            agency: us,
            profile: "hau-giang-2019".to_owned(),
            user: "be".to_owned(),
            display_name: "Trần Thị Bé".to_owned(),
            roles: vec![Role::Clerk, Role::Administrator],
        };
        let office = Office::found(&dir, founding, &Pin::new(PASSWORD)).unwrap();
        office
            .put_agencies(vec![
                agency(SUPERIOR, "Ủy ban nhân dân tỉnh Hậu Giang"),
                agency(NEIGHBOUR, "Ủy ban nhân dân xã Đại Thành"),
            ])
            .unwrap();
        office.add_user("an", "Nguyễn Văn An", &[Role::Leader], &Pin::new(PASSWORD)).unwrap();
        // Nobody listens there: what waits stays, what has come is taken.
        office.set_server("http://127.0.0.1:1", &Pin::new("x")).unwrap();
        Self { _root: root, dir, office }
    }

    /// Puts a packet into the inbox as the line does, and has it taken.
    pub fn comes(&self, from: &str, bytes: &[u8]) {
        let sha256 = hex::encode(Sha256::digest(bytes));
        let item = InboxItem {
            cursor: sha256.clone(),
            id: sha256.clone(),
            kind: OutboxKind::Document,
            from: AgencyCode::new(from).unwrap(),
            sha256,
            size: bytes.len() as u64,
            received_at: Timestamp::now(),
            confirmed: false,
        };
        self.office.keep_packet(&item, bytes).unwrap();
        // Takes first, and then finds nobody at the other end.
        let report = self.office.sync().unwrap();
        assert!(report.problem.is_some());
    }

    /// The newest arrival.
    pub fn newest(&self) -> DocumentKey {
        self.office.inbound(&Filter::default(), None, 1).unwrap()[0].key
    }

    /// A document that has just come from `from`.
    pub fn arrived(&self, from: &str, number: u32) -> DocumentKey {
        self.comes(from, &written(document(from, number)));
        self.newest()
    }

    pub fn state(&self, key: DocumentKey) -> InboundState {
        self.office.inbound_document(key).unwrap().state
    }

    /// Signs in as somebody else, on the same folder.
    pub fn become_user(self, user: &str) -> Self {
        let Self { _root, dir, office } = self;
        drop(office);
        let office = Office::open(&dir, user, &Pin::new(PASSWORD)).unwrap();
        Self { _root, dir, office }
    }

    /// Does `work` while nobody has the folder open.
    pub fn closed<T>(self, work: impl FnOnce() -> T) -> (Self, T) {
        let Self { _root, dir, office } = self;
        drop(office);
        let done = work();
        let office = Office::open(&dir, "be", &Pin::new(PASSWORD)).unwrap();
        (Self { _root, dir, office }, done)
    }

    /// What waits to be sent, read from the store itself; the statuses in it.
    pub fn outbox(self) -> (Self, Vec<(OutboxItem, StatusPacket, Vec<u8>)>) {
        let Self { _root, dir, office } = self;
        drop(office);
        let store = Store::open(&dir, "be", &Pin::new(PASSWORD)).unwrap();
        // The first about each document is due, the others once that is sent.
        let due = store.outbox_due(Timestamp::now(), u64::MAX, 100).unwrap();
        let about: Vec<DocumentKey> = due.iter().map(|item| item.document).collect();
        let about = about.iter().enumerate().filter(|(at, key)| !about[..*at].contains(key));
        let waiting = about
            .flat_map(|(_, key)| store.outbox_of(key).unwrap())
            .filter(|item| item.state == SendState::Waiting)
            .map(|item| {
                let bytes = store.blob(&item.packet).unwrap();
                match packet::read(&bytes, &packet::Limits::default()).unwrap() {
                    Packet::Status(status) => (item, status, bytes),
                    Packet::Document(_) => panic!("a document in the outbox"),
                }
            })
            .collect();
        drop(store);
        let office = Office::open(&dir, "be", &Pin::new(PASSWORD)).unwrap();
        (Self { _root, dir, office }, waiting)
    }

    /// The chain is whole and the tables are what it gives.
    pub fn sound(&self) {
        let report = self.office.audit().unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
    }
}

/// A decision as its issuer would send it, unsigned.
pub fn pdf(subject: &str) -> Vec<u8> {
    let samples = vanthu::office::layout::samples();
    let mut sheet = samples.into_iter().find(|sample| sample.type_key == "QĐ").unwrap().sheet;
    sheet.subject = subject.to_owned();
    vanthu::office::layout::compose(&sheet).unwrap()
}

pub fn subject(number: u32) -> String {
    format!("Về việc thành lập tổ công tác số {number}")
}

/// A packet of `from` to us with one PDF.
pub fn document(from: &str, number: u32) -> DocumentPacket {
    let organ = |code: &str, name: &str| Organ {
        code: AgencyCode::new(code),
        name: name.to_owned(),
        ..Organ::default()
    };
    DocumentPacket {
        from: organ(from, "Nơi gửi"),
        to: vec![organ(US, "Ủy ban nhân dân xã Tân Bình")],
        document_id: format!("{from},2026,{number}"),
        code: Code { number: number.to_string(), notation: "QĐ-UBND".to_owned() },
        subject: subject(number),
        other: OtherInfo { pages: Some(2), ..OtherInfo::default() },
        attachments: vec![Attachment::new("qd.pdf", "", pdf(&subject(number)))],
        ..DocumentPacket::default()
    }
}

pub fn written(document: DocumentPacket) -> Vec<u8> {
    packet::write(&Packet::Document(document)).unwrap()
}
