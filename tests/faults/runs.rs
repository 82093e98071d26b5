//! One run: lines that fail, processes that are killed, and the quiet after it.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use vanthu::office::SyncReport;
use vanthu::server::Server;

use crate::chance::Chance;
use crate::database;
use crate::killer::{self, Steps};
use crate::life;
use crate::place::{self, OFFICES, Province};
use crate::proxy::{Fault, Proxy};
use crate::truth::{self, Seen};

const TEST: &str = "runs::everything_arrives_once_whatever_fails";
/// Runs if nobody says how many.
const RUNS: u32 = 4;
/// Times that all offices live and are killed.
const ROUNDS: u32 = 3;
/// Connections of an office that something is done to, in a round.
const SPOILT: u32 = 24;
/// Durable steps and writes of a life, at most; many end by themselves before.
const STEPS: u32 = 700;
/// The same of a server.
const SERVER_STEPS: u32 = 300;
/// After so many exchanges everything that travels has come.
const SETTLED: u32 = 14;

fn number(name: &str) -> Option<u32> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

#[test]
fn everything_arrives_once_whatever_fails() {
    if life::lived() {
        return;
    }
    let runs = number("VANTHU_FAULT_RUNS").unwrap_or(RUNS);
    let first = number("VANTHU_FAULT_SEED")
        .unwrap_or_else(|| jiff::Timestamp::now().subsec_nanosecond().unsigned_abs());
    let province = Province::found();
    let mut all = Seen::default();
    let (killed, restarts) = (AtomicU32::new(0), AtomicU32::new(0));
    for seed in (first..).take(runs as usize) {
        // Told before, so that the seed of a failure stands above it.
        println!("VANTHU_FAULT_SEED={seed} VANTHU_FAULT_RUNS=1");
        let run = Run::begin(&province, seed);
        let seen = run.lived(&killed, &restarts);
        println!("{} offices, {seen:?}", run.offices);
        all.documents += seen.documents;
        all.statuses += seen.statuses;
        all.recalls += seen.recalls;
    }
    println!("{runs} runs: {all:?}, killed: offices {killed:?}, servers {restarts:?}");
    assert!(all.documents > 0 && all.statuses > 0, "nothing was exchanged");
    assert!(killed.into_inner() > 0 && restarts.into_inner() > 0, "nobody was killed");
}

struct Run {
    offices: usize,
    province: Province,
    proxies: Vec<Proxy>,
    listen: SocketAddr,
    /// As the server's command line has it; gone with the run.
    database: String,
    seed: u64,
}

impl Drop for Run {
    fn drop(&mut self) {
        // Of a run that has failed everything stays to be looked at, and nothing hides why.
        if !thread::panicking() {
            database::remove(&self.database);
        }
    }
}

impl Run {
    fn begin(founded: &Province, seed: u32) -> Self {
        let mut chance = Chance::new(seed.into());
        let offices = 2 + chance.below(OFFICES.len() as u32 - 1) as usize;
        // A port that is free now; the server takes it again after each of its deaths.
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let proxies: Vec<Proxy> = (0..offices).map(|_| Proxy::before(listen)).collect();
        let urls: Vec<String> = proxies.iter().map(Proxy::url).collect();
        let province = founded.copy(&urls);
        let postgres = seed.is_multiple_of(2).then(database::database).flatten();
        let database = postgres.unwrap_or_else(|| "sqlite".to_owned());
        Self { offices, province, proxies, listen, database, seed: seed.into() }
    }

    fn lived(&self, killed: &AtomicU32, restarts: &AtomicU32) -> Seen {
        let mut chance = Chance::new(self.seed ^ 0x5eed);
        for _ in 0..ROUNDS {
            for proxy in &self.proxies {
                let faults: Vec<Fault> = (0..SPOILT).map(|_| fault(&mut chance)).collect();
                proxy.spoil(faults);
            }
            self.round(&mut chance, killed, restarts);
        }
        for proxy in &self.proxies {
            proxy.spoil([]);
        }
        let config = place::server(self.province.root(), self.listen, &self.database);
        let server = Server::start(config).unwrap();
        self.settle();
        server.stop();
        truth::check(&self.province, self.offices)
    }

    /// Every office lives once, and beside them servers, one after the other.
    fn round(&self, chance: &mut Chance, killed: &AtomicU32, restarts: &AtomicU32) {
        let root = self.province.root();
        let lives: Vec<(u64, u32)> = (0..self.offices)
            .map(|_| (chance.below(u32::MAX).into(), 1 + chance.below(STEPS)))
            .collect();
        let servers: Vec<u32> = (0..64).map(|_| 10 + chance.below(SERVER_STEPS)).collect();
        thread::scope(|scope| {
            let serving = scope.spawn(|| {
                for last in servers {
                    let environment = life::of_server(root, self.listen, &self.database);
                    let life = killer::run(TEST, &environment, Steps::All, last);
                    if life::stop(root).exists() {
                        break;
                    }
                    killer::assert_killed(&life, "a server");
                    restarts.fetch_add(1, Ordering::Relaxed);
                }
            });
            wait_for(self.listen);
            let working: Vec<_> = lives
                .iter()
                .enumerate()
                .map(|(of, (seed, last))| {
                    let dir = self.province.dir(of);
                    scope.spawn(move || {
                        let environment = life::of_office(&dir, *seed);
                        killer::run(TEST, &environment, Steps::All, *last)
                    })
                })
                .collect();
            for life in working {
                let life = life.join().unwrap();
                let failed = life.complaints.contains("panicked");
                assert!(!failed, "{}\n{}", life.said.join("\n"), life.complaints);
                killed.fetch_add(u32::from(life.killed_before.is_some()), Ordering::Relaxed);
            }
            std::fs::write(life::stop(root), "").unwrap();
            serving.join().unwrap();
        });
        std::fs::remove_file(life::stop(root)).unwrap();
    }

    /// Everybody exchanges and answers what is demanded, until nothing moves any more.
    fn settle(&self) {
        for _ in 0..SETTLED {
            let moved: u32 = (0..self.offices).map(|of| self.caught_up(of)).sum();
            if moved == 0 {
                return;
            }
        }
        panic!("something still moves after {SETTLED} exchanges");
    }

    /// How much moved.
    fn caught_up(&self, of: usize) -> u32 {
        let office = self.province.office(of);
        let report: SyncReport = office.sync_now().unwrap();
        assert_eq!((&report.problem, report.wedged), (&None, 0), "{}", OFFICES[of].1);
        let demands = office.demands(50).unwrap();
        for open in &demands {
            office.answer_demand(open.kept.demand.id, true, "").unwrap();
        }
        report.sent + report.received + demands.len() as u32
    }
}

/// Most connections pass.
fn fault(chance: &mut Chance) -> Fault {
    let bytes = |chance: &mut Chance| u64::from(chance.below(40_000));
    match chance.below(24) {
        0 => Fault::CutUp(bytes(chance)),
        1 => Fault::CutDown(bytes(chance)),
        2 => Fault::LoseAnswer(bytes(chance)),
        3 => Fault::LoseAnswer(0),
        4 => Fault::Late(u64::from(chance.below(60))),
        5 => Fault::Drip,
        6 => Fault::Answer([500, 502, 503, 429][chance.below(4) as usize]),
        7 | 8 => Fault::Twice,
        _ => Fault::Pass,
    }
}

fn wait_for(address: SocketAddr) {
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        // A server that is killed while it begins is followed by another.
        assert!(begun.elapsed() < Duration::from_secs(60), "no server on {address}");
        thread::sleep(Duration::from_millis(20));
    }
}
