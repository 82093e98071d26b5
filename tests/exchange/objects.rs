//! Packets in a store of objects, with servers that share nothing else but the database and
//! the key.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use vanthu::exchange::wire::sha256_hex;
use vanthu::exchange::{ExchangeError, Line, Listing};

use super::kills::{Program, add_agency, program};
use super::proxy::{Fault, Proxy};
use super::*;

/// A store in memory, as `tests/s3` starts it; it ends when its standard input does.
struct Store {
    url: String,
    _process: Child,
}

impl Store {
    /// `None`, and said loudly, where it cannot be installed; with `VANTHU_TEST_S3` set that
    /// is a failure.
    fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/s3");
        let mut process = Command::new(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let Some(url) = said.trim().strip_prefix("ready ") else {
            assert_eq!(process.wait().unwrap().code(), Some(4), "tests/s3 did not start");
            assert!(
                std::env::var_os("VANTHU_TEST_S3").is_none(),
                "the store of objects is missing"
            );
            let _ = writeln!(std::io::stderr(), "SKIPPED on S3: moto cannot be installed");
            return None;
        };
        Some(Self { url: url.to_owned(), _process: process })
    }

    /// Makes a bucket; gives how a server is told of it.
    fn bucket(&self, name: &str) -> Vec<(&'static str, String)> {
        let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
        let made = client.put(format!("{}/{name}", self.url)).send().unwrap();
        assert!(made.status().is_success());
        vec![
            ("VANTHU_SERVER_BLOBS", format!("s3://{name}/goi-tin")),
            ("AWS_ENDPOINT", self.url.clone()),
            ("AWS_ALLOW_HTTP", "true".into()),
            ("AWS_REGION", "vn-1".into()),
            ("AWS_ACCESS_KEY_ID", "thu".into()),
            ("AWS_SECRET_ACCESS_KEY", "nghiem".into()),
        ]
    }

    /// The names of what lies in a bucket.
    fn names(&self, bucket: &str) -> Vec<String> {
        let answer = reqwest::blocking::get(format!("{}/{bucket}?list-type=2", self.url));
        let text = answer.unwrap().text().unwrap();
        let keys = text.split("<Key>").skip(1);
        keys.map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    }
}

#[test]
fn packets_lie_in_the_store_and_nowhere_else() {
    let Some(store) = Store::start() else { return };
    let (bucket, place) = (store.bucket("goi"), Place::sqlite());
    for agency in [COMMUNE, PROVINCE] {
        add_agency(&place, agency);
    }
    let server = Program::start_with(&place, &bucket);
    let proxy = Proxy::before(server.address);
    // Nothing moves on the line while the store puts the parts together.
    let patient = |agency: &str| {
        let url = proxy.url();
        let address = ServerAddress::new(&url, code(agency), Pin::new(secret(agency))).unwrap();
        let patience = Patience { stall: Duration::from_secs(60), ..PATIENCE };
        VanthuLine::with(address, patience, Timestamp::now).unwrap()
    };
    let (a, b) = (patient(COMMUNE), patient(PROVINCE));
    // In one call; in pieces over many connections; and so large that the store wants parts.
    let packets = [packet(1, 20_000), packet(2, MIB), packet(3, 20 * MIB)];
    proxy.spoil([Fault::Pass].into_iter().chain([Fault::CutUp(200_000); 6]));
    for (index, bytes) in packets.iter().enumerate() {
        a.send(&parcel(&format!("k{index}"), &[PROVINCE], bytes), &()).unwrap();
    }
    // The same bytes once more are there already.
    a.send(&parcel("k-again", &[PROVINCE], &packets[0]), &()).unwrap();
    let mut names = store.names("goi");
    names.sort_unstable();
    let mut expected: Vec<String> = packets
        .iter()
        .map(|bytes| sha256_hex(bytes))
        .map(|hash| format!("goi-tin/blobs/{}/{}", &hash[..2], &hash[2..]))
        .chain(["goi-tin/place".to_owned()])
        .collect();
    expected.sort_unstable();
    assert_eq!(names, expected, "what is no packet was left behind");
    assert!(!place.path().join("blobs").exists());
    assert_eq!(entries(&place.path().join("unfinished")), 0);

    // Fetched over a line that breaks, too.
    proxy.spoil([Fault::CutDown(3_000_000); 9]);
    let province = Office::default();
    let report = sync(&province, &b);
    // What came a second time is not fetched again.
    assert_eq!((report.received, report.stopped), (3, None));
    let mut received = province.received();
    received.sort_unstable_by_key(Vec::len);
    assert_eq!(received, packets);
}

#[test]
fn instances_share_the_store_and_no_folder() {
    let (Some(store), Some(place)) = (Store::start(), Place::postgres()) else { return };
    let bucket = store.bucket("chung");
    for agency in [COMMUNE, PROVINCE] {
        add_agency(&place, agency);
    }
    let first = Program::start_with(&place, &bucket);
    let other = Place { folder: tempfile::tempdir().unwrap(), url: place.url.clone() };
    std::fs::copy(place.path().join("server.key"), other.path().join("server.key")).unwrap();
    let second = Program::start_with(&other, &bucket);
    let proxy = Proxy::before_all(vec![first.address, second.address]);
    let bytes = packet(4, MIB);
    proxy.spoil([Fault::CutUp(100_000); 20]);
    line(&proxy.url(), COMMUNE).send(&parcel("k", &[PROVINCE], &bytes), &()).unwrap();
    for server in [&first, &second] {
        let b = line(&format!("http://{}", server.address), PROVINCE);
        let item = b.inbox(Listing::After(None), 1).unwrap().items.remove(0);
        assert_eq!(b.fetch(&item, &()).unwrap(), bytes);
    }
    // One that looks into another bucket does not start.
    drop(second);
    let mut wrong = program(&other);
    wrong.envs(store.bucket("khac")).args(["serve", "--listen", "127.0.0.1:0"]);
    let wrong = wrong.output().unwrap();
    assert_eq!(wrong.status.code(), Some(5));
    // And without the store nothing is accepted, and the office hears that it is not its fault.
    let url = format!("http://{}", first.address);
    drop(store);
    let error = line(&url, COMMUNE).send(&parcel("l", &[PROVINCE], b"x"), &()).unwrap_err();
    assert!(matches!(error, ExchangeError::ServerFault { .. } | ExchangeError::TimedOut { .. }));
    assert!(error.is_recoverable());
}
