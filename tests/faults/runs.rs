//! One run: lines that fail, processes that are killed, and the quiet after it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use vanthu::office::SyncReport;
use vanthu::server::{RunningServer, Server};

use crate::chance::Chance;
use crate::database;
use crate::killer::{self, Steps};
use crate::life;
use crate::place::{self, CALM, Lines, OFFICES, Province};
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
/// The same of a server on SQLite, and of one of several on PostgreSQL, which writes no rows
/// itself.
const SERVER_STEPS: u32 = 300;
const INSTANCE_STEPS: u32 = 40;
/// Servers on one PostgreSQL.
const INSTANCES: usize = 3;
/// In so many runs everything happens that is drawn.
const MANY: u32 = 30;
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
    let (province, lines) = (Province::found(), Lines::make());
    let mut all = Total::default();
    for seed in (first..).take(runs as usize) {
        // Told before, so that the seed of a failure stands above it.
        println!("VANTHU_FAULT_SEED={seed} VANTHU_FAULT_RUNS=1");
        let begun = Instant::now();
        let run = Run::begin(&province, &lines, seed);
        let seen = run.lived(&mut all);
        let (offices, instances) = (run.offices, run.listens.len());
        let took = begun.elapsed().as_secs_f32();
        let axis = if run.axis { ", the axis" } else { "" };
        println!("{offices} offices, {instances} servers{axis}, {seen:?}, {took:.1} s");
    }
    println!("{runs} runs: {all:?}");
    all.assert_that_it_happened(runs);
}

/// What all runs have seen.
#[derive(Debug, Default)]
struct Total {
    seen: Seen,
    killed: u32,
    /// Servers that were killed and started again, where one serves and where several do.
    alone: u32,
    among_several: u32,
    /// How many connections each fault has struck.
    faults: BTreeMap<String, u32>,
}

impl Total {
    /// A proof in which nothing happened proves nothing.
    fn assert_that_it_happened(&self, runs: u32) {
        let Seen { documents, statuses, recalls, updates, replaced, again } = self.seen;
        assert!(documents > 0 && statuses > 0, "nothing was exchanged");
        // A failure that is looked at once more may be of a run in which nobody died.
        if runs >= RUNS {
            assert!(self.killed > 0, "no office was killed");
            assert!(self.alone + self.among_several > 0, "no server was killed");
        }
        if runs < MANY {
            return;
        }
        assert!(recalls > 0, "nothing was recalled");
        assert!(updates > 0 && replaced > 0, "nothing was updated, or replaced");
        assert!(again > 0, "nothing that went back was sent once more");
        assert!(self.alone > 0, "no server on SQLite was killed");
        let several = self.among_several > 0 || !database::is_here();
        assert!(several, "no server on PostgreSQL was killed");
        for fault in FAULTS.map(|draw| draw(&mut Chance::new(0))) {
            let struck = self.faults.get(&fault.name()).copied().unwrap_or_default();
            assert!(struck > 0, "no connection was struck by {fault:?}");
        }
    }
}

struct Run {
    offices: usize,
    province: Province,
    proxies: Vec<Proxy>,
    /// Of each server.
    listens: Vec<SocketAddr>,
    encrypted: bool,
    /// Every second office speaks to the server as to the gateway of the axis.
    axis: bool,
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
    fn begin(founded: &Province, lines: &Lines, seed: u32) -> Self {
        let mut chance = Chance::new(seed.into());
        let offices = 2 + chance.below(OFFICES.len() as u32 - 1) as usize;
        let encrypted = seed.is_multiple_of(3);
        let postgres = seed.is_multiple_of(2).then(database::database).flatten();
        let instances = if postgres.is_some() { INSTANCES } else { 1 };
        // Ports that are free now; the servers take them again after each of their deaths.
        let bind = |_| TcpListener::bind((home(), 0)).unwrap();
        let free: Vec<TcpListener> = (0..instances).map(bind).collect();
        let listens: Vec<SocketAddr> = free.iter().map(|free| free.local_addr().unwrap()).collect();
        let proxy = |_| Proxy::with(listens.clone(), encrypted.then(|| lines.ending.clone()));
        let proxies: Vec<Proxy> = (0..offices).map(proxy).collect();
        let urls: Vec<String> = proxies.iter().map(Proxy::url).collect();
        let axis = seed.is_multiple_of(5);
        let province = founded.copy(&urls, lines, encrypted, axis);
        let database = postgres.unwrap_or_else(|| "sqlite".to_owned());
        Self { offices, province, proxies, listens, encrypted, axis, database, seed: seed.into() }
    }

    fn lived(&self, all: &mut Total) -> Seen {
        let mut chance = Chance::new(self.seed ^ 0x5eed);
        let (killed, restarts) = (AtomicU32::new(0), AtomicU32::new(0));
        for _ in 0..ROUNDS {
            for proxy in &self.proxies {
                proxy.spoil((0..SPOILT).map(|_| self.fault(&mut chance)).collect::<Vec<_>>());
            }
            self.round(&mut chance, &killed, &restarts);
        }
        for proxy in &self.proxies {
            proxy.spoil([]);
            assert_eq!(proxy.deceived(), 0, "a stranger was believed");
            for (fault, struck) in proxy.struck() {
                *all.faults.entry(fault).or_default() += struck;
            }
        }
        let config =
            |listen: &SocketAddr| place::server(self.province.root(), *listen, &self.database);
        let servers: Vec<RunningServer> =
            self.listens.iter().map(|listen| Server::start(config(listen)).unwrap()).collect();
        self.settle();
        servers.into_iter().for_each(RunningServer::stop);
        let site = config(&self.listens[0]).site;
        let seen = truth::check(&self.province, self.offices, &site);
        all.seen.documents += seen.documents;
        all.seen.statuses += seen.statuses;
        all.seen.recalls += seen.recalls;
        all.seen.updates += seen.updates;
        all.seen.replaced += seen.replaced;
        all.seen.again += seen.again;
        all.killed += killed.into_inner();
        let among = if self.listens.len() > 1 { &mut all.among_several } else { &mut all.alone };
        *among += restarts.into_inner();
        seen
    }

    /// Every office lives once, and beside them servers, one after the other at each address.
    fn round(&self, chance: &mut Chance, killed: &AtomicU32, restarts: &AtomicU32) {
        let root = self.province.root();
        let lives: Vec<(u64, u32)> = (0..self.offices)
            .map(|_| (chance.below(u32::MAX).into(), 1 + chance.below(STEPS)))
            .collect();
        let steps = if self.listens.len() > 1 { INSTANCE_STEPS } else { SERVER_STEPS };
        let servers: Vec<Vec<u32>> = (self.listens.iter())
            .map(|_| (0..64).map(|_| 10 + chance.below(steps)).collect())
            .collect();
        thread::scope(|scope| {
            let serving: Vec<_> = (self.listens.iter().zip(&servers))
                .map(|(listen, lives)| scope.spawn(|| self.serve(*listen, lives, restarts)))
                .collect();
            self.listens.iter().for_each(|listen| wait_for(*listen));
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
            let lived: Vec<_> = working.into_iter().map(|life| life.join().unwrap()).collect();
            // Before anything may fail: the servers would be waited for.
            std::fs::write(life::stop(root), "").unwrap();
            for server in serving {
                server.join().unwrap();
            }
            for life in lived {
                let failed = life.complaints.contains("panicked");
                assert!(!failed, "{}\n{}", life.said.join("\n"), life.complaints);
                killed.fetch_add(u32::from(life.killed_before.is_some()), Ordering::Relaxed);
            }
        });
        std::fs::remove_file(life::stop(root)).unwrap();
    }

    /// Servers at one address, each after the death of the one before, until they are to stop.
    fn serve(&self, listen: SocketAddr, lives: &[u32], restarts: &AtomicU32) {
        let root = self.province.root();
        for last in lives {
            let environment = life::of_server(root, listen, &self.database);
            let life = killer::run(TEST, &environment, Steps::All, *last);
            if life::stop(root).exists() {
                return;
            }
            killer::assert_killed(&life, "a server");
            restarts.fetch_add(1, Ordering::Relaxed);
        }
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
        let line = place::line(&office, &self.province.dir(of), CALM);
        let report: SyncReport = office.sync_now_over(&*line).unwrap();
        let parked = office.parked(10).unwrap();
        assert_eq!((&report.problem, &parked[..]), (&None, &[][..]), "{}", OFFICES[of].1);
        let mut answered = 0;
        while life::answer_one(&office, true).unwrap() {
            answered += 1;
        }
        report.sent + report.received + answered
    }

    /// Most connections pass. Where the line is not encrypted there is no stranger to be told
    /// from the server.
    fn fault(&self, chance: &mut Chance) -> Fault {
        match FAULTS.get(chance.below(30) as usize).map(|fault| fault(chance)) {
            Some(Fault::Stranger) if !self.encrypted => Fault::Pass,
            fault => fault.unwrap_or(Fault::Pass),
        }
    }
}

/// What may befall a connection, each as likely as the other.
const FAULTS: [fn(&mut Chance) -> Fault; 13] = [
    |chance| Fault::CutUp(bytes(chance)),
    |chance| Fault::CutDown(bytes(chance)),
    |chance| Fault::LoseAnswer(bytes(chance)),
    |_| Fault::LoseAnswer(0),
    |chance| Fault::HoldUp(bytes(chance)),
    |chance| Fault::HoldDown(bytes(chance)),
    |chance| Fault::Late(u64::from(chance.below(60))),
    |_| Fault::Drip,
    |chance| Fault::Answer([500, 502, 503, 429][chance.below(4) as usize]),
    |_| Fault::Twice,
    |_| Fault::Twice,
    |_| Fault::Stranger,
    |_| Fault::Stranger,
];

/// Within the first calls of a connection, or within the packets that it carries.
fn bytes(chance: &mut Chance) -> u64 {
    let most = [1_500, 40_000][chance.below(2) as usize];
    chance.below(most).into()
}

/// A loopback address of this process alone. Whoever connects comes from 127.0.0.1, so that no
/// connection takes the port of a server that is just dead, and none meets itself there.
fn home() -> Ipv4Addr {
    let [_, b, c, d] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 128 | b, c, d)
}

fn wait_for(address: SocketAddr) {
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        // A server that is killed while it begins is followed by another.
        assert!(begun.elapsed() < Duration::from_secs(60), "no server on {address}");
        thread::sleep(Duration::from_millis(20));
    }
}
