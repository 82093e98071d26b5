//! The line and the provincial server, over real sockets: what is sent arrives once,
//! whatever is cut.
//!
//! The suite of the line, once for every profile (`profiles` says where they differ):
//!
//! - `journey`: packets travel, and the rules of the exchange hold on the way;
//! - `cuts`: connections break, servers stop;
//! - `kills`: servers are killed;
//! - `strangers`: what answers is not the server, or who calls is not an office;
//! - `waiting`: calls that wait for something to come.
//!
//! What concerns one profile, or no profile at all:
//!
//! - `bounds`: what one caller may take of the server;
//! - `browser`: the operators' page in Chromium;
//! - `certificates`: the server ends TLS itself, and offices prove themselves by certificates;
//! - `directory`: agencies are renamed, merged and closed;
//! - `axis`: the gateway calls of the national axis, both sides;
//! - `objects`: packets in a store that speaks S3;
//! - `operations`: keys, quotas, receipts and chains, retention, and the operators' page;
//! - `packed`: what is packed on the wire, both ways;
//! - `profile`: raw calls, and the description in `assets/openapi.yaml`;
//! - `programs`: what an administrator types, at the server and at an office;
//! - `resuming`: uploads of our own profile that go on where they broke off;
//! - `several`: several instances of the server on one PostgreSQL;
//! - `trust`: TLS and whose certificates are believed.
//!
//! What concerns the server's storage runs on SQLite and on PostgreSQL.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// Makes tests of functions that take a [`Place`]: one on SQLite, one on PostgreSQL.
macro_rules! on_both {
    ($($name:ident,)+) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(&super::Place::sqlite());
            })+
        }
        mod postgres {
            $(#[test]
            fn $name() {
                if let Some(place) = super::Place::postgres() {
                    super::$name(&place);
                }
            })+
        }
    };
}

/// Makes tests of functions that take a [`Profile`] and a [`Place`]: one for each profile on
/// each database.
macro_rules! on_every {
    ($($name:ident,)+) => {
        on_every! { @on_vanthu Vanthu $($name,)+ }
        on_every! { @on_axis Axis $($name,)+ }
    };
    (@$module:ident $profile:ident $($name:ident,)+) => {
        mod $module {
            use super::Place;
            $(fn $name(place: &Place) {
                super::$name(super::Profile::$profile, place);
            })+
            on_both! { $($name,)+ }
        }
    };
}

#[path = "support/authority.rs"]
mod authority;
#[path = "exchange/axis.rs"]
mod axis;
#[path = "exchange/bounds.rs"]
mod bounds;
#[path = "exchange/browser.rs"]
mod browser;
#[path = "exchange/certificates.rs"]
mod certificates;
#[path = "exchange/cuts.rs"]
mod cuts;
#[path = "support/postgres.rs"]
mod database;
#[path = "exchange/directory.rs"]
mod directory;
#[path = "exchange/filter.rs"]
mod filter;
#[path = "exchange/journey.rs"]
mod journey;
#[path = "exchange/kills.rs"]
mod kills;
#[path = "exchange/objects.rs"]
mod objects;
#[path = "exchange/office.rs"]
mod office;
#[path = "exchange/operations.rs"]
mod operations;
#[path = "exchange/packed.rs"]
mod packed;
#[path = "exchange/profile.rs"]
mod profile;
#[path = "exchange/profiles.rs"]
mod profiles;
#[path = "exchange/programs.rs"]
mod programs;
#[path = "support/proxy.rs"]
mod proxy;
#[path = "exchange/resuming.rs"]
mod resuming;
#[path = "exchange/several.rs"]
mod several;
#[path = "exchange/strangers.rs"]
mod strangers;
#[path = "exchange/trust.rs"]
mod trust;
#[path = "exchange/waiting.rs"]
mod waiting;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use office::Office;
use profiles::{Ability, Profile, Seat};
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::exchange::engine::{SyncReport, sync_once};
use vanthu::exchange::vanthu::{Patience, VanthuLine};
use vanthu::exchange::{InboxItem, Line, Listing, OutboxKind, Parcel, ServerAddress};
use vanthu::server::{Account, Database, Limits, RunningServer, Server, ServerConfig, Site};
use vanthu::token::Pin;

const COMMUNE: &str = "000.01.05.H30";

const PROVINCE: &str = "000.00.00.H30";

const MIB: usize = 1024 * 1024;

fn code(text: &str) -> AgencyCode {
    AgencyCode::new(text).unwrap()
}

fn secret(code: &str) -> String {
    format!("bi-mat-cua-{code}")
}

/// Where a server keeps what it keeps; gone when dropped.
struct Place {
    folder: tempfile::TempDir,
    /// The address of a database; `None` for SQLite.
    url: Option<String>,
}

impl Place {
    fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), url: None }
    }

    /// `None` where PostgreSQL is not installed.
    fn postgres() -> Option<Self> {
        Some(Self { folder: tempfile::tempdir().unwrap(), url: Some(database::database()?) })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn database(&self) -> &str {
        self.url.as_deref().unwrap_or("sqlite")
    }

    fn site(&self) -> Site {
        let database: Database = self.database().parse().unwrap();
        Site { database, ..Site::folder(self.path()) }
    }

    fn config(&self) -> ServerConfig {
        ServerConfig { site: self.site(), ..config(self.path()) }
    }

    fn start(&self) -> RunningServer {
        Server::start(self.config()).unwrap()
    }

    /// Changes rows behind the server's back.
    fn sql(&self, sql: &str) {
        match &self.url {
            Some(url) => drop(database::run(url, sql)),
            None => {
                let file = self.path().join("server.db");
                rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
            }
        }
    }

    /// Bytes that have come up of packets that are not whole yet.
    fn under_way(&self) -> u64 {
        let folders = ["uploads", "unfinished"].map(|name| self.path().join(name));
        let files = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        files.flatten().map(|file| file.metadata().map_or(0, |data| data.len())).sum()
    }
}

fn config(data_dir: &Path) -> ServerConfig {
    let account = |code_: &str, name: &str| Account {
        agency: Agency::new(code(code_), name),
        secret: Some(Pin::new(secret(code_))),
    };
    let mut config = ServerConfig::new("127.0.0.1:0".parse().unwrap(), data_dir);
    config.accounts =
        vec![account(COMMUNE, "Ủy ban nhân dân xã Tân Bình"), account(PROVINCE, "Văn phòng tỉnh")];
    config.limits = Limits { drain: Duration::from_millis(200), ..Limits::default() };
    config
}

fn start(data_dir: &Path) -> RunningServer {
    Server::start(config(data_dir)).unwrap()
}

/// Gives up soon, because loopback does not dawdle.
const PATIENCE: Patience = Patience {
    stall: Duration::from_secs(3),
    barren: 3,
    pause: Duration::from_millis(20),
    packet_limit: 64 * 1024 * 1024,
    rate: None,
};

fn line(url: &str, agency: &str) -> VanthuLine {
    line_with(url, agency, &secret(agency), Timestamp::now)
}

fn line_with(url: &str, agency: &str, secret: &str, clock: fn() -> Timestamp) -> VanthuLine {
    let address = ServerAddress::new(url, code(agency), Pin::new(secret)).unwrap();
    VanthuLine::with(address, PATIENCE, clock).unwrap()
}

fn sync(office: &Office, line: &dyn Line) -> SyncReport {
    sync_once(office, line, Timestamp::now(), &())
}

/// After every pause is over.
fn sync_later(office: &Office, line: &dyn Line) -> SyncReport {
    sync_once(office, line, Timestamp::now() + SignedDuration::from_hours(24), &())
}

/// What waits for an office.
fn inbox(line: &dyn Line) -> Vec<InboxItem> {
    line.inbox(Listing::Waiting(None), 10).unwrap().items
}

/// Bytes that no compression shortens, different for each seed.
fn packet(seed: u32, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut bytes = Vec::with_capacity(size);
    for _ in 0..size {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes.push(state.to_le_bytes()[0]);
    }
    bytes
}

fn parcel(key: &str, to: &[&str], bytes: &[u8]) -> Parcel {
    Parcel {
        key: key.to_owned(),
        kind: OutboxKind::Document,
        order: false,
        to: to.iter().map(|to| code(to)).collect(),
        bytes: Arc::from(bytes),
        tried: false,
    }
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

fn wait_until(what: &str, is: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if is() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("in half a minute not reached: {what}");
}
