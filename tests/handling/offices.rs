//! Two offices over the real server: recall agreed and refused, and a replacement.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use vanthu::domain::agency::Agency;
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::demand::{DemandKind, DemandState};
use vanthu::domain::document::{DocumentKey, Metadata, Recipient, ResponseFor, Signer};
use vanthu::domain::inbound::InboundState;
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::role::Role;
use vanthu::exchange::ServerProfile;
use vanthu::exchange::axis::Quirks;
use vanthu::office::leaving::IssueOrder;
use vanthu::office::{Filter, Founding, NewDraft, Office, Placement, SignOrder};
use vanthu::pki::demo::{Authority, Subject};
use vanthu::server::{Account, Registry, RunningServer, Server, ServerConfig, Site};
use vanthu::store::Store;
use vanthu::token::{Pin, Selector};

use crate::world::{PROFILE, PROVINCE, TAN_BINH, code, password};

const LEADER: &str = "Nguyễn Thị Ánh Nguyệt";
const NAMES: [(&str, &str); 2] =
    [(TAN_BINH, "Ủy ban nhân dân xã Tân Bình"), (PROVINCE, "Ủy ban nhân dân tỉnh Hậu Giang")];

pub fn secret(agency: &str) -> Pin {
    Pin::new(format!("bi-mat-cua-{agency}"))
}

fn founded(dir: &Path, agency: &str, name: &str, authority: &Authority, url: &str) -> Office {
    let founding = Founding {
        agency: Agency::new(code(agency), name),
        profile: PROFILE.to_owned(),
        user: "be".to_owned(),
        display_name: LEADER.to_owned(),
        roles: vec![Role::Administrator, Role::Clerk, Role::Leader, Role::Drafter],
    };
    let office = Office::found(dir, founding, &password()).unwrap();
    let agencies = NAMES.into_iter().map(|(code_, name)| Agency::new(code(code_), name)).collect();
    office.put_agencies(agencies).unwrap();
    for certificate in [authority.root(), authority.sub()] {
        office.add_trust(certificate.der()).unwrap();
    }
    office.set_server(url, &secret(agency)).unwrap();
    office.set_unscanned_reason("Bản thử nghiệm").unwrap();
    office
}

pub struct Tokens {
    leader: PathBuf,
    seal: PathBuf,
}

fn tokens(dir: &Path, name: &str, authority: &Authority) -> Tokens {
    let write = |file: &str, subject: Subject| {
        let path = dir.join(file);
        let issued = authority.issue(&subject).unwrap();
        std::fs::write(&path, issued.to_pkcs12(file, "123456").unwrap()).unwrap();
        path
    };
    let person = Subject {
        common_name: LEADER.to_owned(),
        organisation: name.to_owned(),
        title: "Chủ tịch".to_owned(),
        uid: "CCCD:000000000000".to_owned(),
        ..Subject::default()
    };
    let seal = Subject {
        common_name: name.to_owned(),
        organisation: name.to_owned(),
        uid: "MST:0000000000".to_owned(),
        ..Subject::default()
    };
    Tokens { leader: write("leader.p12", person), seal: write("seal.p12", seal) }
}

fn order(token: &Path) -> SignOrder {
    SignOrder {
        token: Selector::File { path: token.to_owned() },
        certificate: None,
        pin: Pin::new("123456"),
        last_try_confirmed: false,
        placement: Placement::Automatic,
    }
}

/// Signed and sealed, ready to be issued to the province.
pub fn sealed(office: &Office, tokens: &Tokens, subject: &str) -> DocumentKey {
    sealed_with(office, tokens, subject, PROVINCE, Vec::new())
}

pub fn sealed_with(
    office: &Office,
    tokens: &Tokens,
    subject: &str,
    to: &str,
    response_for: Vec<ResponseFor>,
) -> DocumentKey {
    sealed_whole(office, tokens, subject, &[to], response_for, Vec::new())
}

pub fn sealed_whole(
    office: &Office,
    tokens: &Tokens,
    subject: &str,
    to: &[&str],
    response_for: Vec<ResponseFor>,
    attachments: Vec<(String, Vec<u8>)>,
) -> DocumentKey {
    let mut sheet = vanthu::office::layout::samples()
        .into_iter()
        .find(|sample| sample.type_key == "QĐ")
        .unwrap()
        .sheet;
    sheet.signer.full_name = LEADER.to_owned();
    sheet.date = None;
    let key = office
        .draft(NewDraft {
            file_name: "du-thao.pdf".to_owned(),
            pdf: vanthu::office::layout::compose(&sheet).unwrap(),
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
                recipients: to
                    .iter()
                    .map(|to| Recipient { agency: code(to), name: String::new() })
                    .collect(),
                response_for,
                ..Metadata::default()
            },
        })
        .unwrap();
    office.submit(key, OutboundState::ToSign, "").unwrap();
    office.sign(key, &order(&tokens.leader)).unwrap();
    office.seal(key, &order(&tokens.seal)).unwrap();
    key
}

/// Both offices exchange until nothing new travels.
pub fn exchange(a: &Office, b: &Office) {
    for _ in 0..2 {
        for office in [a, b] {
            let report = office.sync().unwrap();
            assert_eq!((report.problem, report.wedged), (None, 0));
        }
    }
}

pub fn newest(office: &Office) -> DocumentKey {
    office.inbound(&Filter::default(), None, 1).unwrap()[0].key
}

fn statuses(office: &Office, key: DocumentKey) -> Vec<StatusCode> {
    let document = office.outbound_document(key).unwrap();
    document.deliveries[0].statuses.iter().map(|entry| entry.code).collect()
}

/// A server that knows both offices, and has a key of its own.
pub fn server(dir: &Path) -> RunningServer {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut config = ServerConfig::new(local, dir);
    for (code_, name) in NAMES {
        let agency = Agency::new(code(code_), name);
        config.accounts.push(Account { agency, secret: Some(secret(code_)) });
    }
    Server::start(config).unwrap()
}

/// Two offices with their tokens, and the server between them.
pub struct Two {
    pub a: Office,
    pub b: Office,
    pub tokens: Tokens,
    pub their_tokens: Tokens,
    _server: RunningServer,
    root: tempfile::TempDir,
}

impl Two {
    /// The stores of both, once nobody has the offices open.
    pub fn stores(self) -> (Store, Store, tempfile::TempDir) {
        let Self { a, b, root, .. } = self;
        drop((a, b));
        let open = |of: &str| Store::open(&root.path().join(of), "be", &password()).unwrap();
        (open("a"), open("b"), root)
    }

    /// The same after `change` was made to the store of the first while nobody had it open.
    pub fn changed(self, change: impl FnOnce(&Store)) -> Self {
        let Self { a, b, tokens, their_tokens, _server, root } = self;
        drop(a);
        let folder = root.path().join("a");
        change(&Store::open(&folder, "be", &password()).unwrap());
        let a = Office::open(&folder, "be", &password()).unwrap();
        Self { a, b, tokens, their_tokens, _server, root }
    }

    /// The administrator's door to the server.
    pub fn registry(&self) -> Registry {
        Registry::open(&Site::folder(self.root.path().join("server"))).unwrap()
    }

    /// Where the server keeps packets, and where the office B does.
    pub fn blobs(&self) -> [PathBuf; 2] {
        ["server", "b"].map(|of| self.root.path().join(of).join("blobs"))
    }

    pub fn begin() -> Self {
        Self::begin_over("", ServerProfile::Vanthu)
    }

    /// With a server that is spoken to in `profile`, below `path`.
    pub fn begin_over(path: &str, profile: ServerProfile) -> Self {
        let root = tempfile::tempdir().unwrap();
        let server = server(&root.path().join("server"));
        let authority = Authority::create(Timestamp::now()).unwrap();
        let url = format!("{}{path}", server.url());
        let [ours, theirs] = NAMES;
        let a = founded(&root.path().join("a"), ours.0, ours.1, &authority, &url);
        let b = founded(&root.path().join("b"), theirs.0, theirs.1, &authority, &url);
        for office in [&a, &b] {
            office.set_server_profile(profile).unwrap();
        }
        let tokens_of = |name: &str, folder: &str| {
            let folder = root.path().join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            tokens(&folder, name, &authority)
        };
        let (tokens, their_tokens) = (tokens_of(ours.1, "ours"), tokens_of(theirs.1, "theirs"));
        Self { a, b, tokens, their_tokens, _server: server, root }
    }
}

#[test]
fn what_the_sender_demands_is_answered_over_the_server() {
    answered_over("", ServerProfile::Vanthu);
}

#[test]
fn and_so_it_is_over_the_gateway_of_the_axis() {
    answered_over("/XrdAdapter", ServerProfile::Axis(Quirks::default()));
}

fn answered_over(path: &str, profile: ServerProfile) {
    let two = Two::begin_over(path, profile);
    let Two { a, b, tokens, .. } = &two;

    // Recalled before anybody accepted it: agreed by itself.
    let first = sealed(a, tokens, "Văn bản thứ nhất");
    a.issue(first).unwrap();
    exchange(a, b);
    let there = newest(b);
    a.recall(first, "Sai thể thức").unwrap();
    exchange(a, b);
    assert_eq!(b.inbound_document(there).unwrap().state, InboundState::Recalled);
    assert_eq!(statuses(a, first), [StatusCode::Arrived, StatusCode::RecallAgreed]);

    // Recalled when it is registered: refused with a reason, which the sender reads.
    let second = sealed(a, tokens, "Văn bản thứ hai");
    a.issue(second).unwrap();
    exchange(a, b);
    let there = newest(b);
    b.accept_despite(there, "Đã đối chiếu").unwrap();
    b.register(there).unwrap();
    b.complete(there, "Đã triển khai").unwrap();
    exchange(a, b);
    a.recall(second, "Nhầm nơi nhận").unwrap();
    exchange(a, b);
    let demand = b.open_demand(there).unwrap().unwrap().kept.demand;
    assert_eq!(demand.reason, "Nhầm nơi nhận");
    b.answer_demand(demand.id, false, "Đã hoàn thành việc này").unwrap();
    exchange(a, b);
    use StatusCode::{Accepted, Arrived, Completed, RecallRefused};
    assert_eq!(statuses(a, second), [Arrived, Accepted, Completed, RecallRefused]);
    let delivery = &a.outbound_document(second).unwrap().deliveries[0];
    assert_eq!(delivery.statuses.last().unwrap().description, "Đã hoàn thành việc này");

    // Replaced: linked there, the old one answered for here.
    let third = sealed(a, tokens, "Văn bản thứ ba");
    a.issue(third).unwrap();
    exchange(a, b);
    let old = newest(b);
    b.accept_despite(old, "Đã đối chiếu").unwrap();
    let arrival = b.register(old).unwrap().arrival_number;
    let fourth = sealed(a, tokens, "Văn bản thứ ba, thay thế");
    let order = IssueOrder { replaces: Some(third), ..IssueOrder::default() };
    a.issue_with(fourth, &order).unwrap();
    assert_eq!(a.outbound_document(third).unwrap().state, OutboundState::Recalled);
    exchange(a, b);
    let fresh = newest(b);
    assert_ne!(fresh, old);
    let kept = b.open_demand(old).unwrap().unwrap().kept;
    assert_eq!((kept.demand.kind, kept.state), (DemandKind::Replace, DemandState::Open));
    b.answer_demand(kept.demand.id, true, "").unwrap();
    exchange(a, b);
    assert_eq!(statuses(a, third), [Arrived, Accepted, StatusCode::RecallAgreed]);
    assert_eq!(statuses(a, fourth), [Arrived]);
    assert_eq!(b.handling(old).unwrap().replaced_by.unwrap().key, fresh);
    let registration = b.inbound_document(old).unwrap().registration;
    assert_eq!(registration.unwrap().arrival_number, arrival);
    assert_eq!((a.demands(10).unwrap().len(), b.demands(10).unwrap().len()), (0, 0));
    assert!(a.audit().unwrap().is_clean() && b.audit().unwrap().is_clean());
}
