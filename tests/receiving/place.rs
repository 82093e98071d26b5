//! An office with a server beside it: what is killed, and what stays.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use vanthu::domain::book::BookId;
use vanthu::domain::document::{DocumentKey, FileRef};
use vanthu::domain::operation::Change;
use vanthu::domain::outbound::{Numbering, OutboundState, SignatureKind};
use vanthu::domain::role::Role;
use vanthu::exchange::vanthu::VanthuLine;
use vanthu::exchange::{Line, Listing, OutboxKind, Parcel, ServerAddress};
use vanthu::office::{Founding, Office};
use vanthu::server::{Account, RunningServer, Server, ServerConfig};
use vanthu::store::{Actor, KdfCost, Store, StoreError, Writer};
use vanthu::token::Pin;

use crate::folder::{copy, patiently};
use crate::given::{self, PROVINCE, STRANGER, TAN_BINH, agency, code};

pub const USER: &str = "vanthu";

pub fn password() -> Pin {
    Pin::new("mật khẩu của chị Bé")
}

fn secret(agency: &str) -> Pin {
    Pin::new(format!("bi-mat-cua-{agency}"))
}

/// The provincial server, in this process: it is never killed.
pub struct Province {
    pub url: String,
    line: VanthuLine,
    _server: RunningServer,
    _folder: tempfile::TempDir,
}

impl Province {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = ServerConfig::new("127.0.0.1:0".parse().unwrap(), folder.path());
        config.accounts = [TAN_BINH, PROVINCE, STRANGER]
            .map(|code| Account { agency: agency(code), secret: Some(secret(code)) })
            .to_vec();
        let server = Server::start(config).unwrap();
        let url = format!("http://{}", server.address());
        let address = ServerAddress::new(&url, code(PROVINCE), secret(PROVINCE)).unwrap();
        let line = VanthuLine::new(address).unwrap();
        Self { url, line, _server: server, _folder: folder }
    }

    /// Sends bytes to Tân Bình.
    pub fn send(&self, name: &str, bytes: Vec<u8>) {
        let parcel = Parcel {
            key: name.to_owned(),
            kind: OutboxKind::Document,
            order: false,
            to: vec![code(TAN_BINH)],
            bytes: Arc::from(bytes),
            tried: false,
        };
        self.line.send(&parcel, &()).unwrap();
    }

    /// All that the province was sent.
    pub fn received(&self) -> Vec<Vec<u8>> {
        let (mut bytes, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.line.inbox(Listing::After(cursor.as_deref()), 100).unwrap();
            for item in &page.items {
                bytes.push(self.line.fetch(item, &()).unwrap());
            }
            match page.items.last() {
                Some(last) => cursor = Some(last.cursor.clone()),
                None => return bytes,
            }
        }
    }
}

/// UBND xã Tân Bình in a folder of its own, with one document issued and the server set.
pub struct Place {
    _root: tempfile::TempDir,
    pub dir: PathBuf,
}

impl Place {
    pub fn new(server: Option<&str>) -> Self {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("office");
        // A key that is cheap to stretch. Founding takes up what was begun.
        drop(Store::create_with(&dir, USER, &password(), KdfCost::FAST).unwrap());
        let founding = Founding {
            agency: agency(TAN_BINH),
            profile: "hau-giang-2019".to_owned(),
            user: USER.to_owned(),
            display_name: "Trần Thị Bé".to_owned(),
            roles: vec![Role::Clerk, Role::Leader, Role::Administrator],
        };
        let office = Office::found(&dir, founding, &password()).unwrap();
        office.put_agencies(vec![agency(PROVINCE), agency(STRANGER)]).unwrap();
        if let Some(url) = server {
            office.set_server(url, &secret(TAN_BINH)).unwrap();
        }
        drop(office);
        let place = Self { _root: root, dir };
        place.store().write(&Actor::new(USER, Role::Clerk), issue).unwrap();
        place
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

/// One document went out earlier; the province reports how far it is with it.
fn issue(writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let key = DocumentKey::fresh();
    let metadata = given::issued();
    let pdf = given::paper("Report", 0);
    let file = FileRef {
        blob: writer.put_blob(&pdf)?,
        name: "bao-cao.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size: pdf.len() as u64,
        main: true,
    };
    let signed = |kind| Change::OutboundSigned {
        key,
        kind,
        file: file.clone(),
        signer: "Nguyễn Văn An".to_owned(),
        serial: "0A".to_owned(),
        signed_at: Timestamp::now(),
        level: None,
    };
    let moved = |from, to| Change::OutboundMoved { key, from, to, reason: String::new() };
    let numbering = Numbering {
        book: BookId::outbound(2026, ""),
        number: given::ISSUED_NUMBER,
        date: date(2026, 11, 19),
    };
    for change in [
        Change::OutboundDrafted {
            key,
            metadata: metadata.clone(),
            files: vec![file.clone()],
            drafted_at: Timestamp::now(),
            text: String::new(),
            source: None,
            accepted_differences: None,
        },
        moved(OutboundState::Draft, OutboundState::ToSign),
        Change::OutboundNumbered { key, numbering, metadata },
        signed(SignatureKind::Personal),
        signed(SignatureKind::Organisation),
        Change::OutboundIssued {
            key,
            issued_at: Timestamp::now(),
            recipients: vec![code(PROVINCE)],
            scan: None,
            replaces: None,
        },
    ] {
        writer.append(change)?;
    }
    Ok(())
}
