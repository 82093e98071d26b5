//! The program `vanthu-server` is killed, and stops in good order.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use super::cuts::EndWhen;
use super::proxy::{Fault, Proxy};
use super::*;

on_every! {
    what_was_accepted_survives_a_kill,
}

/// The program `vanthu-server`, killed when it goes out of scope.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

pub fn program(place: &Place) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vanthu-server"));
    command.arg("--data-dir").arg(place.path()).stderr(Stdio::null());
    command.args(["--database", place.database()]);
    command
}

impl Program {
    fn start(place: &Place) -> Self {
        Self::start_with(place, &[])
    }

    /// With its log in a file.
    fn start_logging(place: &Place, log: &Path) -> Self {
        Self::begin(program(place).stderr(std::fs::File::create(log).unwrap()), &[])
    }

    pub fn start_with(place: &Place, environment: &[(&str, String)]) -> Self {
        Self::begin(program(place).envs(environment.iter().cloned()), &[])
    }

    /// With further words of `serve`.
    pub fn start_over(place: &Place, words: &[&str]) -> Self {
        Self::begin(&mut program(place), words)
    }

    fn begin(command: &mut Command, words: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("listening on ");
        let address = address.and_then(|url| url.split_once("://")).map(|(_, address)| address);
        let address = address.unwrap_or_else(|| panic!("it said {said:?}")).parse().unwrap();
        Self { child, address }
    }

    /// As `kill -9`.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn add_agency(place: &Place, agency: &str) {
    let mut child = program(place)
        .args(["agency", "add", agency, "Ủy ban nhân dân", "--secret-stdin"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", secret(agency)).unwrap();
    assert!(child.wait().unwrap().success());
}

fn what_was_accepted_survives_a_kill(profile: Profile, place: &Place) {
    add_agency(place, COMMUNE);
    add_agency(place, PROVINCE);
    let server = Program::start(place);
    let proxy = Proxy::before(server.address);
    let a = profile.line(&proxy.url(), COMMUNE);
    let (commune, province) = (Office::default(), Office::default());
    for n in 0..3 {
        commune.queue(&n.to_string(), &code(PROVINCE), &packet(n, 200_000), false);
    }
    assert_eq!(sync(&commune, &*a).sent, 3);
    // The fourth is under way when the server is killed.
    commune.queue("3", &code(PROVINCE), &packet(3, 4 * MIB), false);
    proxy.spoil([Fault::HoldUp(MIB as u64)]);
    // What the office has handed over may still be on its way.
    let half = || place.under_way() > 500_000;
    let watch = EndWhen::new(&half, Program::kill, server);
    let a = profile.line(&proxy.url(), COMMUNE);
    let report = sync_once(&commune, &*a, Timestamp::now(), &watch);
    assert!(watch.has_ended(), "the server was not killed");
    assert_eq!((report.sent, report.put_off), (0, 1));
    let left = place.under_way();
    assert!(left > 500_000, "the kill left {left} bytes");

    let server = Program::start(place);
    proxy.point_at(server.address);
    let goes_on = profile.can(Ability::GoOnSending);
    // It waits to be gone on with, or it is of no more use: then a server that is alone clears it
    // away at once, and one of several when it is old.
    let kept = place.under_way();
    assert_eq!(kept, if goes_on || place.url.is_some() { left } else { 0 });
    let b = profile.line(&proxy.url(), PROVINCE);
    assert_eq!(sync(&province, &*b).received, 3);
    let up = proxy.up();
    assert_eq!(sync_later(&commune, &*a).sent, 1);
    let again = proxy.up() - up;
    assert_eq!(again < 3 * MIB as u64 + 500_000, goes_on, "{again} bytes went up");
    assert_eq!(place.under_way(), if goes_on { 0 } else { kept });
    // Killed right after it has answered.
    server.kill();
    let server = Program::start(place);
    proxy.point_at(server.address);
    assert_eq!(sync(&province, &*b).received, 1);
    let mut received = province.received();
    received.sort_unstable_by_key(Vec::len);
    assert_eq!(received.len(), 4);
    assert_eq!(received[3], packet(3, 4 * MIB));
}

#[test]
fn a_server_says_that_it_leaves_before_it_does() {
    let place = Place::sqlite();
    let mut config = place.config();
    // Time enough for all that follows, however slow the machine is.
    config.limits.farewell = Duration::from_secs(10);
    let server = Server::start(config).unwrap();
    let url = server.url();
    // On a connection of its own each time, as balancers look.
    let ready = || reqwest::blocking::get(format!("{url}/v1/ready")).map(|told| told.status());
    assert_eq!(ready().unwrap(), 200);
    let (begun, stopping) = (Instant::now(), thread::spawn(move || server.stop()));
    wait_until("the balancer is told", || ready().is_ok_and(|status| status == 503));
    let a = line(&url, COMMUNE);
    a.send(&parcel("1", &[PROVINCE], b"trong luc do"), &()).unwrap();
    assert_eq!(ready().unwrap(), 503);
    drop(a);
    stopping.join().unwrap();
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(10), "{took:?}");
    assert!(ready().is_err(), "it still answers");
}

#[test]
fn the_log_names_who_called() {
    let place = Place::sqlite();
    let log = place.path().join("log");
    add_agency(&place, COMMUNE);
    let server = Program::start_logging(&place, &log);
    let a = line(&format!("http://{}", server.address), COMMUNE);
    a.agencies(0).unwrap();
    let named = format!("path=\"/v1/agencies\" office=\"{COMMUNE}\" status=200");
    wait_until("the call is logged", || std::fs::read_to_string(&log).unwrap().contains(&named));
}

#[test]
#[cfg(unix)]
fn the_program_stops_in_good_order_and_says_what_is_wrong() {
    let place = Place::sqlite();
    let made = program(&place)
        .args(["agency", "add", COMMUNE, "Ủy ban nhân dân xã", "--generate"])
        .output()
        .unwrap();
    let secret = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert!(made.status.success() && secret.len() == 43, "{secret:?}");
    let listed = program(&place).args(["agency", "list"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed, format!("{COMMUNE}\tactive\tỦy ban nhân dân xã\n"));

    let mut server = Program::start_over(&place, &["--farewell", "0"]);
    let a = line_with(&format!("http://{}", server.address), COMMUNE, &secret, Timestamp::now);
    assert_eq!(a.agencies(0).unwrap().agencies.len(), 1);
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(server.child.wait().unwrap().success(), "SIGTERM ends it well");

    let again = Program::start(&place);
    let second = Command::new(env!("CARGO_BIN_EXE_vanthu-server"))
        .args(["serve", "--listen", "127.0.0.1:0", "--lang", "en", "--data-dir"])
        .arg(place.path())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&second.stderr).contains("Another server runs"));
    drop(again);
    for (arguments, status) in [
        (vec!["agency", "add", "../x", "x", "--generate"], 2),
        (vec!["agency", "add", "H31", "x"], 2),
        (vec!["agency", "add", "H31", "x", "--secret-stdin"], 5),
    ] {
        let refused = program(&place).args(&arguments).stdin(Stdio::null()).output().unwrap();
        assert_eq!(refused.status.code(), Some(status), "{arguments:?}");
    }
}
