//! Five offices with sealed documents that wait to be issued, and the server between them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use der::EncodePem;
use der::pem::LineEnding;
use jiff::Timestamp;
use p256::pkcs8::EncodePrivateKey;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::document::{Metadata, Recipient, Signer};
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::role::Role;
use vanthu::exchange::axis::Quirks;
use vanthu::exchange::{Line, Patience, ServerAddress, ServerProfile, Trust};
use vanthu::office::{Founding, NewDraft, Office, Placement, SignOrder};
use vanthu::pki::demo::{Authority, Subject};
use vanthu::server::{Account, ServerConfig, Tls};
use vanthu::store::{KdfCost, Store, StoreError};
use vanthu::token::{Pin, Selector};

use crate::authority::{self, SERVER, ending, here, issued, week};
use crate::folder::{copy, patiently};
use crate::proxy::Ending;

const USER: &str = "vanthu";
const LEADER: &str = "Nguyễn Thị Ánh Nguyệt";
const PIN: &str = "123456";

/// The rules by which all of them work.
pub const PROFILE: &str = "hau-giang-2019";

/// Every office that there is; a run takes the first few.
pub const OFFICES: [(&str, &str); 5] = [
    ("000.01.05.H30", "Ủy ban nhân dân xã Tân Bình"),
    ("000.00.00.H30", "Ủy ban nhân dân tỉnh Hậu Giang"),
    ("000.02.05.H30", "Ủy ban nhân dân xã Hiệp Hưng"),
    ("000.00.05.H30", "Ủy ban nhân dân huyện Phụng Hiệp"),
    ("000.03.05.H30", "Ủy ban nhân dân xã Hòa Mỹ"),
];

/// Whom the offices believe, in the folder of a run.
const AUTHORITY: &str = "authority.pem";
/// The server's certificate and key; not there where the line is not encrypted.
const SERVER_FILE: &str = "server.pem";

/// A folder in memory where there is such a thing: who is killed here is a program, and what
/// it has written stays, brought to a disk or not.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// While things fail: nothing is waited for long, for something else is to fail, too. But longer
/// than a server waits for the writer of an upload who was killed.
pub const HASTY: Patience = Patience {
    stall: Duration::from_millis(900),
    barren: 3,
    pause: Duration::from_millis(20),
    packet_limit: 64 * 1024 * 1024,
    rate: None,
};
/// While nothing fails: what still takes long is this machine.
pub const CALM: Patience = Patience { stall: Duration::from_secs(60), ..HASTY };

pub fn password() -> Pin {
    Pin::new("mật khẩu của chị Bé")
}

pub fn code(of: usize) -> AgencyCode {
    AgencyCode::new(OFFICES[of].0).unwrap()
}

fn secret(of: usize) -> Pin {
    Pin::new(format!("bi-mat-cua-{}", OFFICES[of].0))
}

fn agency(of: usize) -> Agency {
    Agency::new(code(of), OFFICES[of].1)
}

/// The server of a run, to be started on `listen`; `database` as its command line has it.
pub fn server(root: &Path, listen: SocketAddr, database: &str) -> ServerConfig {
    let mut config = ServerConfig::new(listen, root.join("server"));
    config.site.database = database.parse().unwrap();
    let account = |of| Account { agency: agency(of), secret: Some(secret(of)) };
    config.accounts = (0..OFFICES.len()).map(account).collect();
    // Less than a hasty office waits: it hears from the server that nothing more came.
    config.limits.idle = Duration::from_millis(300);
    config.tls = std::fs::read_to_string(root.join(SERVER_FILE)).ok().map(|pem| Tls {
        certificate: pem.clone().into_bytes(),
        key: Pin::new(pem),
        clients: None,
    });
    config
}

/// The line of the office in `dir`, to be tried with `patience`.
pub fn line(office: &Office, dir: &Path, patience: Patience) -> Box<dyn Line> {
    let setting = office.server_setting().unwrap().unwrap();
    let code = office.session().agency.code.clone();
    let mut address = ServerAddress::new(&setting.url, code, setting.secret).unwrap();
    let authority = dir.parent().unwrap().join(AUTHORITY);
    address.trust = Trust::Pinned(std::fs::read(authority).unwrap());
    setting.profile.line(address, patience).unwrap()
}

/// Who ends the encrypted lines of all runs.
pub struct Lines {
    authority: String,
    server: String,
    pub ending: Ending,
}

impl Lines {
    pub fn make() -> Self {
        let (root, name) = authority::authority("So Thong tin tinh", 1);
        let (_, stranger) = authority::authority("Ke khac", 2);
        let own = |issuer, seed| issued(issuer, seed, "vanban", SERVER, week(), Some(here()));
        let (right, wrong) = (own(&name, 1), own(&stranger, 2));
        let key = authority::key(SERVER).to_pkcs8_pem(LineEnding::LF).unwrap();
        Self {
            authority: root.to_pem(LineEnding::LF).unwrap(),
            server: right.to_pem(LineEnding::LF).unwrap() + &key,
            ending: Ending { server: ending(&right), stranger: ending(&wrong) },
        }
    }
}

/// The offices' folders, one below the other's side.
pub struct Province {
    root: tempfile::TempDir,
}

impl Province {
    /// Founds all of them; each has one document for everybody and one for its neighbour.
    pub fn found() -> Self {
        let root = folder();
        let authority = Authority::create(Timestamp::now()).unwrap();
        for of in 0..OFFICES.len() {
            found(&root.path().join(of.to_string()), of, &authority);
        }
        Self { root }
    }

    /// The same again, with as many of them as there are `urls`, to which their lines go; where
    /// some speak the calls of the axis, every second does.
    pub fn copy(&self, urls: &[String], lines: &Lines, encrypted: bool, axis: bool) -> Self {
        let root = folder();
        std::fs::write(root.path().join(AUTHORITY), &lines.authority).unwrap();
        if encrypted {
            std::fs::write(root.path().join(SERVER_FILE), &lines.server).unwrap();
        }
        let fresh = Self { root };
        for (of, url) in urls.iter().enumerate() {
            copy(&self.dir(of), &fresh.dir(of));
            let office = fresh.office(of);
            if axis && of % 2 == 1 {
                office.set_server(&format!("{url}/XrdAdapter"), &secret(of)).unwrap();
                office.set_server_profile(ServerProfile::Axis(Quirks::default())).unwrap();
            } else {
                office.set_server(url, &secret(of)).unwrap();
            }
        }
        fresh
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn dir(&self, of: usize) -> PathBuf {
        self.root().join(of.to_string())
    }

    pub fn office(&self, of: usize) -> Office {
        open(&self.dir(of))
    }

    pub fn store(&self, of: usize) -> Store {
        let open = || Store::open(&self.dir(of), USER, &password());
        patiently(open, |error| *error == StoreError::AlreadyOpen)
    }
}

pub fn open(dir: &Path) -> Office {
    let open = || Office::open(dir, USER, &password());
    patiently(open, |problem| problem.code == "store-already-open")
}

fn found(dir: &Path, of: usize, authority: &Authority) {
    // A key that is cheap to stretch. Founding takes up what was begun.
    drop(Store::create_with(dir, USER, &password(), KdfCost::FAST).unwrap());
    let founding = Founding {
        agency: agency(of),
        profile: PROFILE.to_owned(),
        user: USER.to_owned(),
        display_name: LEADER.to_owned(),
        roles: vec![Role::Administrator, Role::Clerk, Role::Leader, Role::Drafter],
    };
    let office = Office::found(dir, founding, &password()).unwrap();
    office.put_agencies((0..OFFICES.len()).map(agency).collect()).unwrap();
    office.set_unscanned_reason("Bản thử nghiệm").unwrap();
    for certificate in [authority.root(), authority.sub()] {
        office.add_trust(certificate.der()).unwrap();
    }
    let seal = Subject {
        common_name: OFFICES[of].1.to_owned(),
        organisation: OFFICES[of].1.to_owned(),
        uid: "MST:0000000000".to_owned(),
        ..Subject::default()
    };
    let person = Subject {
        common_name: LEADER.to_owned(),
        title: "Chủ tịch".to_owned(),
        uid: "CCCD:000000000000".to_owned(),
        ..seal.clone()
    };
    let token = |name: &str, subject: &Subject| {
        let path = dir.join(format!("{name}.p12"));
        let issued = authority.issue(subject).unwrap();
        std::fs::write(&path, issued.to_pkcs12(name, PIN).unwrap()).unwrap();
        SignOrder {
            token: Selector::File { path },
            certificate: None,
            pin: Pin::new(PIN),
            last_try_confirmed: false,
            // Places are found elsewhere.
            placement: Placement::Invisible,
        }
    };
    let (leader, seal) = (token("leader", &person), token("seal", &seal));
    let everybody: Vec<usize> = (0..OFFICES.len()).filter(|other| *other != of).collect();
    // The first two offices are in every run.
    for recipients in [everybody, vec![(of + 1) % 2]] {
        let key = office.draft(draft(&recipients)).unwrap();
        office.submit(key, OutboundState::ToSign, "").unwrap();
        office.sign(key, &leader).unwrap();
        office.seal(key, &seal).unwrap();
    }
}

fn draft(recipients: &[usize]) -> NewDraft {
    let mut sheet = vanthu::office::layout::samples()
        .into_iter()
        .find(|sample| sample.type_key == "QĐ")
        .unwrap()
        .sheet;
    sheet.signer.full_name = LEADER.to_owned();
    sheet.date = None;
    let recipient = |of: &usize| Recipient { agency: code(*of), name: String::new() };
    NewDraft {
        file_name: "du-thao.pdf".to_owned(),
        pdf: vanthu::office::layout::compose(&sheet).unwrap(),
        source: None,
        attachments: Vec::new(),
        metadata: Metadata {
            type_key: "QĐ".to_owned(),
            subject: format!("Về việc thử đường truyền, gửi {} nơi", recipients.len()),
            signer: Signer {
                competence: "TM. ỦY BAN NHÂN DÂN".to_owned(),
                position: "CHỦ TỊCH".to_owned(),
                full_name: LEADER.to_owned(),
            },
            place: "Tân Bình".to_owned(),
            recipients: recipients.iter().map(recipient).collect(),
            ..Metadata::default()
        },
    }
}
