//! An office that drafts, signs, seals and issues, with the tokens of a leader and of the
//! organisation as files.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::document::{DocumentKey, Metadata, Recipient, Signer};
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::role::Role;
use vanthu::office::{Founding, NewDraft, Office, Placement, SignOrder};
use vanthu::pki::demo::{Authority, Subject};
use vanthu::store::{KdfCost, Store, StoreError};
use vanthu::token::{Pin, Selector};

use crate::folder::{copy, patiently};

pub const USER: &str = "vanthu";
pub const LEADER: &str = "Nguyễn Thị Ánh Nguyệt";
pub const NAME: &str = "Ủy ban nhân dân xã Tân Bình";
const TAN_BINH: &str = "000.01.05.H30";
pub const RECIPIENTS: [(&str, &str); 2] = [
    ("000.00.00.H30", "Ủy ban nhân dân tỉnh Hậu Giang"),
    ("000.00.14.H30", "Sở Thông tin và Truyền thông"),
];

pub fn password() -> Pin {
    Pin::new("mật khẩu của chị Bé")
}

pub fn code(text: &str) -> AgencyCode {
    AgencyCode::new(text).unwrap()
}

/// The office's folder, with its tokens in `tokens/`.
pub struct Place {
    _root: tempfile::TempDir,
    pub dir: PathBuf,
}

impl Place {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("office");
        // A key that is cheap to stretch. Founding takes up what was begun.
        drop(Store::create_with(&dir, USER, &password(), KdfCost::FAST).unwrap());
        let founding = Founding {
            agency: Agency::new(code(TAN_BINH), NAME),
            profile: "hau-giang-2019".to_owned(),
            user: USER.to_owned(),
            display_name: LEADER.to_owned(),
            roles: vec![Role::Administrator, Role::Clerk, Role::Leader, Role::Drafter],
        };
        let office = Office::found(&dir, founding, &password()).unwrap();
        let agencies = RECIPIENTS.map(|(of, name)| Agency::new(code(of), name)).to_vec();
        office.put_agencies(agencies).unwrap();
        office.set_unscanned_reason("Bản thử nghiệm").unwrap();
        let authority = Authority::create(Timestamp::now()).unwrap();
        for certificate in [authority.root(), authority.sub()] {
            office.add_trust(certificate.der()).unwrap();
        }
        let person = Subject {
            common_name: LEADER.to_owned(),
            organisation: NAME.to_owned(),
            title: "Chủ tịch".to_owned(),
            uid: "CCCD:000000000000".to_owned(),
            ..Subject::default()
        };
        let stranger = Subject { common_name: "Trần Văn Khác".to_owned(), ..person.clone() };
        let seal = Subject {
            common_name: NAME.to_owned(),
            organisation: NAME.to_owned(),
            uid: "MST:0000000000".to_owned(),
            ..Subject::default()
        };
        let tokens = dir.join("tokens");
        std::fs::create_dir_all(&tokens).unwrap();
        for (name, subject) in [("leader", person), ("seal", seal), ("stranger", stranger)] {
            let issued = authority.issue(&subject).unwrap();
            let bytes = issued.to_pkcs12(name, "123456").unwrap();
            std::fs::write(tokens.join(format!("{name}.p12")), bytes).unwrap();
            std::fs::write(tokens.join(format!("{name}.der")), issued.certificate.der()).unwrap();
        }
        Self { _root: root, dir }
    }

    /// Another office that is as this one is now.
    pub fn copy(&self) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("office");
        copy(&self.dir, &dir);
        Self { _root: root, dir }
    }

    pub fn store(&self) -> Store {
        let open = || Store::open(&self.dir, USER, &password());
        patiently(open, |error| *error == StoreError::AlreadyOpen)
    }

    pub fn office(&self) -> Office {
        let open = || Office::open(&self.dir, USER, &password());
        patiently(open, |problem| problem.code == "store-already-open")
    }
}

/// The PDF that all documents are drafted from: a decision with blanks for number and date.
pub fn pdf() -> Vec<u8> {
    let mut sheet = vanthu::office::layout::samples()
        .into_iter()
        .find(|sample| sample.type_key == "QĐ")
        .unwrap()
        .sheet;
    sheet.signer.full_name = LEADER.to_owned();
    sheet.date = None;
    vanthu::office::layout::compose(&sheet).unwrap()
}

/// A document on its way to the signer.
pub fn drafted(office: &Office, subject: &str, places: &[&str]) -> DocumentKey {
    drafted_with(office, subject, places, Vec::new())
}

/// The same with attachments.
pub fn drafted_with(
    office: &Office,
    subject: &str,
    places: &[&str],
    attachments: Vec<(String, Vec<u8>)>,
) -> DocumentKey {
    let key = office
        .draft(NewDraft {
            file_name: "du-thao.pdf".to_owned(),
            pdf: pdf(),
            source: None,
            attachments,
            metadata: Metadata {
                type_key: "QĐ".to_owned(),
                subject: subject.to_owned(),
                signer: Signer {
                    competence: "TM. ỦY BAN NHÂN DÂN".to_owned(),
                    position: "CHỦ TỊCH".to_owned(),
                    full_name: LEADER.to_owned(),
                },
                place: "Tân Bình".to_owned(),
                recipients: RECIPIENTS
                    .map(|(of, _)| Recipient { agency: code(of), name: String::new() })
                    .to_vec(),
                other_places: places.iter().map(|place| (*place).to_owned()).collect(),
                ..Metadata::default()
            },
        })
        .unwrap();
    office.submit(key, OutboundState::ToSign, "").unwrap();
    key
}

/// Signs with a token of the office's folder, invisibly: places are found elsewhere.
pub fn order(dir: &Path, token: &str) -> SignOrder {
    SignOrder {
        token: Selector::File { path: dir.join("tokens").join(format!("{token}.p12")) },
        certificate: None,
        pin: Pin::new("123456"),
        last_try_confirmed: false,
        placement: Placement::Invisible,
    }
}
