//! Paper and files that are brought: into a real office, and judged by other programs.
//!
//! Needs poppler's `pdftoppm`, `pdfinfo` and `pdfimages`, and pdfium. No card rig: what is
//! signed here is signed with keys made for the test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "paper/digitise.rs"]
mod digitise;
#[path = "paper/folders.rs"]
mod folders;
#[path = "paper/formats.rs"]
mod formats;
#[path = "paper/scans.rs"]
mod scans;
mod support;
#[path = "paper/twins.rs"]
mod twins;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::identity::Owner;
use vanthu::domain::role::Role;
use vanthu::office::{Founding, Office, Placement, SignOrder};
use vanthu::pki::demo::{Authority, Subject};
use vanthu::token::{Pin, Selector};

pub const OURS: &str = "000.01.05.H30";
pub const PASSWORD: &str = "mật khẩu của chị Bé";

/// An office of one person who is everything, in a folder of its own.
pub struct Desk {
    pub root: tempfile::TempDir,
    office: Option<Office>,
}

impl Desk {
    pub fn found(profile: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let founding = Founding {
            agency: Agency::new(AgencyCode::new(OURS).unwrap(), "Ủy ban nhân dân xã Tân Bình"),
            profile: profile.to_owned(),
            user: "be".to_owned(),
            display_name: "Trần Thị Bé".to_owned(),
            roles: vec![Role::Administrator, Role::Clerk],
        };
        let office =
            Office::found(&root.path().join("data"), founding, &Pin::new(PASSWORD)).unwrap();
        Self { root, office: Some(office) }
    }

    pub fn office(&self) -> &Office {
        self.office.as_ref().unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A folder beside the office's data.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Closes the office and opens it again, as after a crash.
    pub fn reopen(&mut self) {
        drop(self.office.take());
        let dir = self.path("data");
        self.office = Some(Office::open(&dir, "be", &Pin::new(PASSWORD)).unwrap());
    }

    /// The tables are what replaying the chain gives.
    pub fn audit(&self) {
        let report = self.office().audit().unwrap();
        assert_eq!(report.problems, []);
    }

    /// A key of the organisation, trusted by the office, and how to sign with it.
    pub fn seal(&self) -> SignOrder {
        let authority = Authority::create(Timestamp::now()).unwrap();
        let issued = authority
            .issue(&Subject {
                common_name: "Ủy ban nhân dân xã Tân Bình".to_owned(),
                organisation: "Ủy ban nhân dân xã Tân Bình".to_owned(),
                ..Subject::default()
            })
            .unwrap();
        let path = self.path("org.p12");
        std::fs::write(&path, issued.to_pkcs12("org", "test").unwrap()).unwrap();
        self.office().add_trust(authority.root().der()).unwrap();
        self.office().add_trust(authority.sub().der()).unwrap();
        self.office().link_certificate(&issued.certificate, Owner::Organisation).unwrap();
        SignOrder {
            token: Selector::File { path },
            certificate: None,
            pin: Pin::new("test"),
            last_try_confirmed: false,
            placement: Placement::Automatic,
        }
    }
}

/// A file beside the tests.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}
