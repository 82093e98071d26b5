//! An office with everybody of Điều 13, and documents to draft.

use tempfile::TempDir;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::document::{Metadata, Recipient, Signer};
use vanthu::domain::role::Role;
use vanthu::office::{Founding, NewDraft, Office, layout};
use vanthu::token::Pin;

pub use crate::docx::docx;

pub const TAN_BINH: &str = "000.01.05.H30";
pub const PROVINCE: &str = "000.00.00.H30";
pub const BUREAU: &str = "000.00.14.H30";
pub const SIGNER: &str = "Nguyễn Thị Ánh Nguyệt";

pub fn code(text: &str) -> AgencyCode {
    AgencyCode::new(text).unwrap()
}

pub fn password() -> Pin {
    Pin::new("mật khẩu thử nghiệm")
}

pub struct World {
    pub dir: TempDir,
    office: Option<Office>,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let founding = Founding {
            agency: Agency::new(code(TAN_BINH), "Ủy ban nhân dân xã Tân Bình"),
            profile: "hau-giang-2019".to_owned(),
            user: "be".to_owned(),
            display_name: "Trần Thị Bé".to_owned(),
            roles: vec![Role::Administrator, Role::Clerk],
        };
        let office = Office::found(&dir.path().join("office"), founding, &password()).unwrap();
        let directory = [(PROVINCE, "Ủy ban nhân dân tỉnh"), (BUREAU, "Sở Nội vụ")];
        let agencies =
            directory.into_iter().map(|(code_, name)| Agency::new(code(code_), name)).collect();
        office.put_agencies(agencies).unwrap();
        for (user, name, role) in [
            ("nguyet", SIGNER, Role::Leader),
            ("hoa", "Nguyễn Văn Hòa", Role::Leader),
            ("soan", "Lê Văn Soạn", Role::Drafter),
            ("dat", "Đỗ Tiến Đạt", Role::Drafter),
            ("thuc", "Phạm Văn Thức", Role::FormatChecker),
        ] {
            office.add_user(user, name, &[role], &password()).unwrap();
        }
        Self { dir, office: Some(office) }
    }

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

    /// Nobody has the folder open.
    pub fn leave(&mut self) {
        self.office = None;
    }

    /// The chain is whole, and the tables are what it says.
    pub fn assert_sound(&mut self) {
        assert_eq!(self.as_user("be").audit().unwrap().problems, []);
    }
}

/// The page of a sample with this as its subject.
pub fn pdf(subject: &str) -> Vec<u8> {
    let mut sheet = layout::samples().into_iter().next().unwrap().sheet;
    sheet.subject = subject.to_owned();
    sheet.date = None;
    layout::compose(&sheet).unwrap()
}

pub fn metadata(subject: &str) -> Metadata {
    Metadata {
        type_key: "CV".to_owned(),
        subject: subject.to_owned(),
        signer: Signer {
            competence: "TM. ỦY BAN NHÂN DÂN".to_owned(),
            position: "Chủ tịch".to_owned(),
            full_name: SIGNER.to_owned(),
        },
        recipients: vec![Recipient { agency: code(PROVINCE), name: String::new() }],
        ..Metadata::default()
    }
}

pub fn draft(subject: &str) -> NewDraft {
    NewDraft {
        file_name: "du-thao.pdf".to_owned(),
        pdf: pdf(subject),
        source: None,
        attachments: Vec::new(),
        metadata: metadata(subject),
    }
}
