//! Connections break, servers stop and are killed.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use vanthu::exchange::engine::Stop;
use vanthu::exchange::wire::sha256_hex;
use vanthu::exchange::{ExchangeError, Line, Listing, Watch};

use super::proxy::{Fault, Proxy};
use super::*;

on_both! {
    a_fetch_cut_every_64_kib_still_ends,
    a_lost_answer_is_not_a_second_delivery,
    an_upload_cut_every_64_kib_still_ends,
    two_connections_on_one_upload_do_not_mix,
    what_a_power_cut_left_of_an_upload_is_told_by_its_hash,
    a_broken_upload_leaves_nothing_and_goes_again,
    the_server_stops_during_a_download,
    the_server_stops_during_an_upload,
    an_upload_that_is_gone_is_begun_anew,
    a_fetch_goes_on_in_the_next_run,
    a_limited_line_takes_its_time,
    a_lost_blob_does_not_hold_up_the_others,
    what_was_accepted_survives_a_kill,
}

/// Goes up in one call.
const SMALL: usize = 30_000;

fn a_fetch_cut_every_64_kib_still_ends(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let bytes = packet(3, MIB);
    line(&server.url(), COMMUNE).send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();

    let b = line(&proxy.url(), PROVINCE);
    proxy.spoil([Fault::CutDown(64 * 1024); 40]);
    let province = Office::default();
    let report = sync(&province, &b);
    assert_eq!((report.received, report.stopped), (1, None));
    assert_eq!(province.received(), [bytes]);
    assert!(proxy.connections() >= 16, "{} connections", proxy.connections());
    let carried = proxy.down() as f64 / MIB as f64;
    assert!(carried < 1.05, "{carried} times the packet came down");
}

fn a_lost_answer_is_not_a_second_delivery(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, b) = (line(&proxy.url(), COMMUNE), line(&server.url(), PROVINCE));
    let (commune, province) = (Office::default(), Office::default());
    commune.queue("1", &code(PROVINCE), &packet(4, SMALL), false);

    // The answer to the parcel is lost, and so are those to the questions after it.
    proxy.spoil([Fault::LoseAnswer(SMALL as u64), Fault::LoseAnswer(0), Fault::LoseAnswer(0)]);
    let report = sync(&commune, &a);
    assert_eq!((report.sent, report.put_off), (0, 1));
    assert_eq!(commune.row("1").item.attempts, 1);
    assert_eq!(sync(&province, &b).received, 1, "the server has it");

    let up = proxy.up();
    let report = sync_later(&commune, &a);
    assert_eq!((report.sent, report.stopped), (1, None));
    assert!(proxy.up() - up < 10_000, "the parcel went up again");
    let report = sync(&province, &b);
    assert_eq!((report.received, province.received().len()), (0, 1));

    // Where only that one answer is lost, it is not even an error.
    for (item, size) in [("2", SMALL), ("3", MIB)] {
        commune.queue(item, &code(PROVINCE), &packet(5, size), false);
        let a = line(&proxy.url(), COMMUNE);
        proxy.spoil([Fault::LoseAnswer(size as u64)]);
        let report = sync(&commune, &a);
        assert_eq!((report.sent, report.stopped), (1, None), "{size} bytes");
        assert_eq!(sync(&province, &b).received, 1);
    }
}

fn an_upload_cut_every_64_kib_still_ends(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, b) = (line(&proxy.url(), COMMUNE), line(&server.url(), PROVINCE));
    let bytes = packet(3, MIB);
    proxy.spoil([Fault::CutUp(64 * 1024); 40]);
    let receipt = a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    assert!(proxy.connections() >= 16, "{} connections", proxy.connections());
    let carried = proxy.up() as f64 / MIB as f64;
    assert!(carried < 1.05, "{carried} times the packet went up");
    let item = b.inbox(Listing::After(None), 1).unwrap().items.remove(0);
    assert_eq!(item.id, receipt.server_id);
    assert_eq!(b.fetch(&item, &()).unwrap(), bytes);
    assert_eq!(entries(&place.path().join("uploads")), 0);

    // A line that brings nothing is left after a few rounds; what came stays for the next.
    proxy.spoil([Fault::CutUp(300_000)].into_iter().chain([Fault::CutUp(100); 40]));
    let bytes = packet(4, MIB);
    let error = a.send(&parcel("l", &[PROVINCE], &bytes), &()).unwrap_err();
    assert!(matches!(error, ExchangeError::Cut(_)), "{error}");
    proxy.spoil([]);
    let up = proxy.up();
    line(&proxy.url(), COMMUNE).send(&parcel("l", &[PROVINCE], &bytes), &()).unwrap();
    assert!(proxy.up() - up < 900_000, "{} bytes went up again", proxy.up() - up);
}

fn two_connections_on_one_upload_do_not_mix(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let bytes = packet(9, MIB);
    // The first connection hangs in the middle, and the server cannot know that it is dead.
    proxy.spoil([Fault::HoldUp(400_000)]);
    let hung = {
        let (a, bytes) = (line(&proxy.url(), COMMUNE), bytes.clone());
        thread::spawn(move || a.send(&parcel("k", &[PROVINCE], &bytes), &()))
    };
    wait_until("half of it is there", || place.under_way() > 300_000);
    let receipt =
        line(&server.url(), COMMUNE).send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    let error = hung.join().unwrap().unwrap_err();
    assert!(matches!(error, ExchangeError::TimedOut { .. }), "{error}");
    let again = Parcel { tried: true, ..parcel("k", &[PROVINCE], &bytes) };
    assert_eq!(line(&server.url(), COMMUNE).send(&again, &()).unwrap(), receipt);
    let b = line(&server.url(), PROVINCE);
    let items = b.inbox(Listing::After(None), 10).unwrap().items;
    assert_eq!(items.len(), 1);
    assert_eq!(b.fetch(&items[0], &()).unwrap(), bytes);
}

fn what_a_power_cut_left_of_an_upload_is_told_by_its_hash(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, bytes) = (line(&proxy.url(), COMMUNE), packet(10, MIB));
    proxy.spoil([Fault::CutUp(500_000)].into_iter().chain([Fault::CutUp(0); 40]));
    assert!(a.send(&parcel("k", &[PROVINCE], &bytes), &()).is_err());
    let files = std::fs::read_dir(place.path().join("uploads")).unwrap().flatten();
    let part = files.max_by_key(|file| file.metadata().unwrap().len()).unwrap().path();
    let length = usize::try_from(part.metadata().unwrap().len()).unwrap();
    std::fs::write(&part, vec![0; length]).unwrap();
    proxy.spoil([]);
    let a = line(&proxy.url(), COMMUNE);
    assert_eq!(a.send(&parcel("k", &[PROVINCE], &bytes), &()), Err(ExchangeError::Damaged));
    // Nothing of it is left, so the next sending begins anew.
    a.send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
}

fn a_broken_upload_leaves_nothing_and_goes_again(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, b) = (line(&proxy.url(), COMMUNE), line(&server.url(), PROVINCE));
    let commune = Office::default();
    commune.queue("1", &code(PROVINCE), &packet(6, SMALL), false);
    commune.queue("2", &code(PROVINCE), b"hai", false);
    proxy.spoil([Fault::CutUp(SMALL as u64 / 2)]);
    let report = sync(&commune, &a);
    assert_eq!((report.sent, report.put_off), (0, 1));
    assert!(matches!(report.stopped, Some(Stop::Line(ExchangeError::Cut(_)))));
    assert!(b.inbox(Listing::After(None), 1).unwrap().items.is_empty());

    // The parcel that broke the line waits; the one behind it goes.
    let report = sync(&commune, &a);
    assert_eq!((report.sent, report.stopped), (1, None));
    assert_eq!(sync_later(&commune, &a).sent, 1);
    assert_eq!(sync(&Office::default(), &b).received, 2);
    wait_until("unfinished uploads are gone", || entries(&place.path().join("unfinished")) == 0);
}

/// Stops a server once so many bytes have passed.
struct StopAt {
    bytes: u64,
    server: Mutex<Option<RunningServer>>,
}

impl Watch for StopAt {
    fn bytes(&self, done: u64, _of: u64) {
        if done >= self.bytes
            && let Some(server) = self.server.lock().unwrap().take()
        {
            server.stop();
        }
    }
}

fn the_server_stops_during_a_download(place: &Place) {
    let server = place.start();
    let bytes = packet(7, 2 * MIB);
    line(&server.url(), COMMUNE).send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    let proxy = Proxy::before(server.address());
    let (b, province) = (line(&proxy.url(), PROVINCE), Office::default());
    proxy.spoil([Fault::HoldDown(MIB as u64)]);
    let watch = StopAt { bytes: 900_000, server: Mutex::new(Some(server)) };
    let report = sync_once(&province, &b, Timestamp::now(), &watch);
    assert!(watch.server.lock().unwrap().is_none(), "the server was not stopped");
    assert_eq!(report.received, 0);
    assert!(report.stopped.is_some() && province.received().is_empty());

    let server = place.start();
    proxy.point_at(server.address());
    let report = sync(&province, &b);
    assert_eq!((report.received, report.stopped), (1, None));
    assert_eq!(province.received(), [bytes]);
    let carried = proxy.down() as f64 / (2 * MIB) as f64;
    assert!(carried < 1.05, "{carried} times the packet came down");
    assert_eq!(sync(&province, &b).received, 0);
}

fn an_upload_that_is_gone_is_begun_anew(place: &Place) {
    /// Ends the upload behind the back of whoever goes on with it.
    struct EndAll<'a>(&'a Place, Mutex<bool>);
    impl Watch for EndAll<'_> {
        fn bytes(&self, _done: u64, _of: u64) {
            let ended = std::mem::replace(&mut *self.1.lock().unwrap(), true);
            if !ended {
                self.0.sql("DELETE FROM upload");
            }
        }
    }
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let bytes = packet(13, 80_000);
    // So late that the end comes before the bytes.
    proxy.spoil([Fault::Late(250)]);
    let watch = EndAll(place, Mutex::new(false));
    let receipt = line(&proxy.url(), COMMUNE).send(&parcel("k", &[PROVINCE], &bytes), &watch);
    let receipt = receipt.unwrap();
    assert!(*watch.1.lock().unwrap(), "it was not ended");
    let b = line(&server.url(), PROVINCE);
    let items = b.inbox(Listing::After(None), 10).unwrap().items;
    assert_eq!((items.len(), &items[0].id), (1, &receipt.server_id));
    assert_eq!(b.fetch(&items[0], &()).unwrap(), bytes);
}

fn a_fetch_goes_on_in_the_next_run(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let bytes = packet(11, MIB);
    line(&server.url(), COMMUNE).send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    // Each run has a line of its own, as after a restart, and gives up after some of it.
    let province = Office::default();
    for _ in 0..3 {
        proxy.spoil([Fault::CutDown(300_000)].into_iter().chain([Fault::CutDown(0); 8]));
        let report = sync(&province, &line(&proxy.url(), PROVINCE));
        assert!(report.troubled.len() == 1 && report.received == 0, "{report:?}");
    }
    proxy.spoil([]);
    let report = sync(&province, &line(&proxy.url(), PROVINCE));
    assert_eq!((report.received, report.stopped), (1, None));
    assert_eq!(province.received(), [bytes]);
    let carried = proxy.down() as f64 / MIB as f64;
    assert!(carried < 1.05, "{carried} times the packet came down");
}

fn a_limited_line_takes_its_time(place: &Place) {
    const RATE: u32 = 100 * 1024;
    let server = place.start();
    let limited = |agency: &str| {
        let address =
            ServerAddress::new(&server.url(), code(agency), Pin::new(secret(agency))).unwrap();
        let patience = Patience { rate: NonZeroU32::new(RATE), ..PATIENCE };
        VanthuLine::with(address, patience, Timestamp::now).unwrap()
    };
    let bytes = packet(12, 300 * 1024);
    // Never sooner than bytes and rate allow; slower it may be for other reasons.
    let least = Duration::from_millis(2_900);
    let began = Instant::now();
    limited(COMMUNE).send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    assert!(began.elapsed() >= least, "sent in {:?}", began.elapsed());
    let (province, began) = (Office::default(), Instant::now());
    assert_eq!(sync(&province, &limited(PROVINCE)).received, 1);
    assert!(began.elapsed() >= least, "fetched in {:?}", began.elapsed());
    assert_eq!(province.received(), [bytes]);
}

fn the_server_stops_during_an_upload(place: &Place) {
    let server = place.start();
    let proxy = Proxy::before(server.address());
    let (a, commune) = (line(&proxy.url(), COMMUNE), Office::default());
    let bytes = packet(8, 16 * MIB);
    commune.queue("1", &code(PROVINCE), &bytes, false);
    proxy.spoil([Fault::HoldUp(MIB as u64)]);
    let watch = StopAt { bytes: MIB as u64, server: Mutex::new(Some(server)) };
    let report = sync_once(&commune, &a, Timestamp::now(), &watch);
    assert!(watch.server.lock().unwrap().is_none(), "the server was not stopped");
    assert_eq!((report.sent, report.put_off), (0, 1));

    let server = place.start();
    proxy.point_at(server.address());
    assert_eq!(sync(&commune, &a).sent, 0, "it waits its minute");
    assert_eq!(sync_later(&commune, &a).sent, 1);
    let province = Office::default();
    assert_eq!(sync(&province, &line(&server.url(), PROVINCE)).received, 1);
    assert_eq!(province.received(), [bytes]);
}

fn a_lost_blob_does_not_hold_up_the_others(place: &Place) {
    let server = place.start();
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let damaged = packet(1, 1000);
    a.send(&parcel("1", &[PROVINCE], b"mat tep"), &()).unwrap();
    a.send(&parcel("2", &[PROVINCE], &damaged), &()).unwrap();
    a.send(&parcel("3", &[PROVINCE], b"con nguyen"), &()).unwrap();
    let blob = |bytes: &[u8]| {
        let hash = sha256_hex(bytes);
        place.path().join("blobs").join(&hash[..2]).join(&hash[2..])
    };
    std::fs::remove_file(blob(b"mat tep")).unwrap();
    std::fs::write(blob(&damaged), packet(2, 1000)).unwrap();
    let province = Office::default();
    let report = sync(&province, &b);
    assert_eq!((report.received, report.stopped), (1, None));
    assert_eq!(province.received(), [b"con nguyen"]);
    let errors: Vec<_> = report.troubled.into_iter().map(|trouble| trouble.error).collect();
    assert!(
        matches!(
            errors.as_slice(),
            [ExchangeError::ServerFault { status: 500, .. }, ExchangeError::Damaged]
        ),
        "{errors:?}"
    );
    // Mended by the operators from a backup: the next run has them, past the cursor or not.
    std::fs::write(blob(b"mat tep"), b"mat tep").unwrap();
    std::fs::write(blob(&damaged), &damaged).unwrap();
    assert_eq!(sync(&province, &b).received, 2);
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

fn what_was_accepted_survives_a_kill(place: &Place) {
    add_agency(place, COMMUNE);
    add_agency(place, PROVINCE);
    let server = Program::start(place);
    let proxy = Proxy::before(server.address);
    let a = line(&proxy.url(), COMMUNE);
    let (commune, province) = (Office::default(), Office::default());
    for n in 0..3 {
        commune.queue(&n.to_string(), &code(PROVINCE), &packet(n, 200_000), false);
    }
    assert_eq!(sync(&commune, &a).sent, 3);
    // The fourth is under way when the server is killed.
    commune.queue("3", &code(PROVINCE), &packet(3, 4 * MIB), false);
    proxy.spoil([Fault::HoldUp(MIB as u64)]);
    // What the office has handed over may still be on its way.
    struct KillAt<'a>(Mutex<Option<Program>>, &'a Place);
    impl Watch for KillAt<'_> {
        fn bytes(&self, _done: u64, _of: u64) {
            if self.1.under_way() > 500_000
                && let Some(server) = self.0.lock().unwrap().take()
            {
                server.kill();
            }
        }
    }
    let watch = KillAt(Mutex::new(Some(server)), place);
    let a = line(&proxy.url(), COMMUNE);
    let report = sync_once(&commune, &a, Timestamp::now(), &watch);
    assert!(watch.0.lock().unwrap().is_none(), "the server was not killed");
    assert_eq!((report.sent, report.put_off), (0, 1));
    let left = place.under_way();
    assert!(left > 500_000, "the kill left {left} bytes");

    let server = Program::start(place);
    proxy.point_at(server.address);
    assert_eq!(place.under_way(), left, "it waits to be gone on with");
    let b = line(&proxy.url(), PROVINCE);
    assert_eq!(sync(&province, &b).received, 3);
    let up = proxy.up();
    assert_eq!(sync_later(&commune, &a).sent, 1);
    assert!(proxy.up() - up < 3 * MIB as u64 + 500_000, "what was there went up again");
    assert_eq!(entries(&place.path().join("uploads")), 0);
    // Killed right after it has answered.
    server.kill();
    let server = Program::start(place);
    proxy.point_at(server.address);
    assert_eq!(sync(&province, &b).received, 1);
    let mut received = province.received();
    received.sort_unstable_by_key(Vec::len);
    assert_eq!(received.len(), 4);
    assert_eq!(received[3], packet(3, 4 * MIB));
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

    let mut server = Program::start(&place);
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
