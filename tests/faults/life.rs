//! What a process does until it is killed: an office that works, and the server.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vanthu::domain::agency::AgencyCode;
use vanthu::domain::demand::DemandKind;
use vanthu::domain::document::{DocumentKey, Urgency};
use vanthu::domain::follow::{self, Stage};
use vanthu::domain::inbound::InboundState;
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::problem::{Kind, Problem};
use vanthu::office::follow::IssuedUpdate;
use vanthu::office::leaving::IssueOrder;
use vanthu::office::{Filter, Office};
use vanthu::server::Server;

use crate::chance::Chance;
use crate::place::{self, HASTY, OFFICES, code};

const FOLDER: &str = "VANTHU_TEST_FOLDER";
const SEED: &str = "VANTHU_TEST_SEED";
const LISTEN: &str = "VANTHU_TEST_LISTEN";
const DATABASE: &str = "VANTHU_TEST_DATABASE";

/// As when it is asked back from whoever has cancelled it already.
const NO_CHANGE: &str = "leaving-nothing-changed";

/// Deeds of one life, if it is not cut short.
const DEEDS: u32 = 14;

pub fn of_office(folder: &Path, seed: u64) -> Vec<(&'static str, String)> {
    vec![(FOLDER, folder.to_str().unwrap().to_owned()), (SEED, seed.to_string())]
}

pub fn of_server(root: &Path, listen: SocketAddr, database: &str) -> Vec<(&'static str, String)> {
    let folder = root.to_str().unwrap().to_owned();
    vec![(FOLDER, folder), (LISTEN, listen.to_string()), (DATABASE, database.to_owned())]
}

/// The file that ends a server's life.
pub fn stop(root: &Path) -> PathBuf {
    root.join("stop")
}

/// Lives the life that this process was started for; `false` if it was started for none.
pub fn lived() -> bool {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return false };
    match std::env::var(LISTEN) {
        Ok(listen) => serve(&folder, listen.parse().unwrap()),
        Err(_) => work(&folder, std::env::var(SEED).unwrap().parse().unwrap()),
    }
    true
}

/// Serves until the file is there, and ends without a farewell.
fn serve(root: &Path, listen: SocketAddr) {
    let database = std::env::var(DATABASE).unwrap();
    let _server = Server::start(place::server(root, listen, &database)).unwrap();
    while !stop(root).exists() {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::process::abort();
}

fn work(folder: &Path, seed: u64) {
    let office = place::open(folder);
    let mut chance = Chance::new(seed);
    for _ in 0..DEEDS {
        match deed(&office, folder, &mut chance) {
            Ok(()) => {}
            // The office says no: another deed came before, or a demand must be answered first.
            Err(problem) if problem.kind == Kind::Refused || problem.code == NO_CHANGE => {
                println!("\nno: {}", problem.code);
            }
            Err(problem) => panic!("{problem}: {}", problem.cause),
        }
    }
}

fn inbound(office: &Office, state: InboundState) -> Vec<DocumentKey> {
    let filter = Filter { inbound: Some(state), ..Filter::default() };
    office.inbound(&filter, None, 50).unwrap().into_iter().map(|one| one.key).collect()
}

pub fn outbound(office: &Office, state: OutboundState) -> Vec<DocumentKey> {
    let filter = Filter { outbound: Some(state), ..Filter::default() };
    office.outbound(&filter, None, 50).unwrap().into_iter().map(|one| one.key).collect()
}

fn deed(office: &Office, folder: &Path, chance: &mut Chance) -> Result<(), Problem> {
    let of = |chance: &mut Chance, keys: Vec<DocumentKey>| chance.of(&keys).copied();
    match chance.below(24) {
        0..=2 => match of(chance, outbound(office, OutboundState::ToIssue)) {
            Some(key) => office.issue(key),
            None => Ok(()),
        },
        3 | 4 => match of(chance, inbound(office, InboundState::Arrived)) {
            Some(key) => office.accept_despite(key, "Đã đối chiếu"),
            None => Ok(()),
        },
        5 | 6 => match of(chance, inbound(office, InboundState::Accepted)) {
            Some(key) => office.register(key).map(drop),
            None => Ok(()),
        },
        7 => match of(chance, inbound(office, InboundState::Registered)) {
            Some(key) => office.complete(key, "Đã thực hiện"),
            None => Ok(()),
        },
        8 => match of(chance, inbound(office, InboundState::Arrived)) {
            Some(key) => office.return_(key, "Sai thẩm quyền"),
            None => Ok(()),
        },
        9 => match of(chance, outbound(office, OutboundState::Issued)) {
            Some(key) => office.recall(key, "Ban hành nhầm"),
            None => Ok(()),
        },
        10 => answer_one(office, chance.below(2) == 0).map(drop),
        11 | 12 => match of(chance, outbound(office, OutboundState::Issued)) {
            Some(key) => {
                let notes = Some(format!("Bản {}", chance.below(u32::MAX)));
                let urgency = Some([Urgency::Normal, Urgency::Urgent][chance.below(2) as usize]);
                let update = IssuedUpdate { notes, urgency, ..IssuedUpdate::default() };
                office.update_issued(key, &update, "Ghi thiếu")
            }
            None => Ok(()),
        },
        13 => match of(chance, outbound(office, OutboundState::Issued)) {
            Some(key) => {
                let deliveries = office.outbound_document(key)?.deliveries;
                let some = chance.of(&deliveries).map(|one| one.recipient.clone());
                office.recall_from(key, some.as_slice(), "Nhầm nơi nhận")
            }
            None => Ok(()),
        },
        14 => match of(chance, outbound(office, OutboundState::Issued)) {
            Some(key) => also_to(office, key, chance),
            None => Ok(()),
        },
        15 => {
            let old = of(chance, outbound(office, OutboundState::Issued));
            match (old, of(chance, outbound(office, OutboundState::ToIssue))) {
                (Some(old), Some(fresh)) => {
                    let order = IssueOrder { replaces: Some(old), ..IssueOrder::default() };
                    office.issue_with(fresh, &order)
                }
                _ => Ok(()),
            }
        }
        16 | 17 => match of(chance, outbound(office, OutboundState::Issued)) {
            Some(key) => once_more(office, key, chance),
            None => Ok(()),
        },
        // What stops a run of the line is its own affair; the office goes on.
        _ => office.sync_now_over(&*place::line(office, folder, HASTY)).map(drop),
    }
}

/// Once more to a recipient: to who sent it back before others.
fn once_more(office: &Office, key: DocumentKey, chance: &mut Chance) -> Result<(), Problem> {
    let deliveries = office.outbound_document(key)?.deliveries;
    let (back, others): (Vec<_>, Vec<_>) =
        deliveries.into_iter().partition(|one| follow::stage(one) == Stage::Returned);
    let Some(one) = chance.of(if back.is_empty() { &others } else { &back }) else {
        return Ok(());
    };
    office.resend(key, std::slice::from_ref(&one.recipient), "Gửi lại theo yêu cầu")
}

/// One recipient more.
fn also_to(office: &Office, key: DocumentKey, chance: &mut Chance) -> Result<(), Problem> {
    let to = office.outbound_document(key)?.metadata.recipients;
    let us = &office.session().agency.code;
    let free = |code: &AgencyCode| code != us && to.iter().all(|one| one.agency != *code);
    let others: Vec<AgencyCode> = (0..OFFICES.len()).map(code).filter(free).collect();
    let Some(one) = chance.of(&others) else { return Ok(()) };
    let update = IssuedUpdate { add: vec![one.clone()], ..IssuedUpdate::default() };
    office.update_issued(key, &update, "Thiếu nơi nhận")
}

/// Answers the demand that waits longest, or what holds its document; whether one does. What went
/// back is not updated.
pub fn answer_one(office: &Office, agreed: bool) -> Result<bool, Problem> {
    let Some(mut open) = office.demands(1)?.into_iter().next() else { return Ok(false) };
    if let Some(first) = open.document.as_ref().map(|document| office.open_demand(document.key)) {
        open = first?.unwrap_or(open);
    }
    let demand = open.kept.demand;
    let gone = open.document.is_some_and(|document| document.state == InboundState::Returned);
    let agreed = agreed && !(gone && demand.kind == DemandKind::Update);
    office.answer_demand(demand.id, agreed, "Đã thi hành")?;
    Ok(true)
}
