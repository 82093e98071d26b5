//! What an administrator types at the server and at an office: a certificate instead of a
//! secret, and agencies that change.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use der::asn1::Ia5String;
use serde_json::Value;
use vanthu::exchange::{Line, Listing, Outcome};
use x509_cert::ext::pkix::name::GeneralName;

use super::authority::{SERVER, here, issued};
use super::certificates::{PROVINCES, Pki, key_pem, pem, year};
use super::kills::{Program, add_agency, program};
use super::*;

const NEXT: &str = "000.00.77.H30";

/// What `vanthu-server` says to these words; its exit status is `status`.
fn administer(place: &Place, words: &[&str], status: i32) -> String {
    let output = program(place).args(words).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(status), "{words:?}: {said}");
    said
}

/// What `vanthuctl --json` says in the office's folder; its exit status is `status`.
fn ctl(office: &Path, ca: &Path, words: &[&str], status: i32) -> Value {
    // Where the system's roots are looked for.
    ctl_with(office, &[("SSL_CERT_FILE", ca.to_str().unwrap())], words, status)
}

fn ctl_with(office: &Path, environment: &[(&str, &str)], words: &[&str], status: i32) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .arg("--json")
        .args(words)
        .env("VANTHU_DATA_DIR", office)
        .env("VANTHU_USER", "quantri")
        .env("VANTHU_PASSWORD", "mat khau cua quan tri")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{words:?}: {messages}");
    assert!(!messages.contains('⟦'), "a sentence is missing: {messages}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn an_office_is_set_up_by_its_certificate_and_learns_of_changes() {
    let (place, pki) = (Place::sqlite(), Pki::new());
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let own = issued(&pki.name, PROVINCES, "vanban", SERVER, year(), Some(here()));
    let (ca, cert) = (file("ca.pem", pem(&pki.root)), file("may-chu.pem", pem(&own)));
    let key = file("may-chu.key", key_pem(SERVER));
    let (office_cert, office_key) =
        (file("xa.pem", pem(&pki.office(10))), file("xa.key", key_pem(10)));

    administer(&place, &["office", "add", COMMUNE, "UBND xã Tân Bình", "--no-secret"], 0);
    administer(&place, &["office", "add", NEXT, "UBND xã mới", "--generate"], 0);
    assert!(administer(&place, &["office", "list"], 0).contains(&format!("{COMMUNE}\tlisted\t")));
    let bound = administer(&place, &["agency", "certificate", COMMUNE, &office_cert], 0);
    assert!(bound.contains("\tholds\t"), "{bound}");
    assert!(administer(&place, &["office", "list"], 0).contains(&format!("{COMMUNE}\tactive\t")));
    let tls = ["--tls-cert", &cert, "--tls-key", &key, "--client-ca", &ca];
    let server =
        Program::start_over(&place, &[&tls[..], &["--require-client-certificate"]].concat());
    let url = format!("https://{}", server.address);

    let office = files.path().join("office");
    let ask = |words: &[&str], status| ctl(&office, Path::new(&ca), words, status);
    ask(&["init", "--agency", COMMUNE, "--name", "UBND xã Tân Bình"], 0);
    // Without a certificate a secret is needed.
    ask(&["config", "server", &url], 2);
    ask(&["config", "line", &office_cert], 2);
    let shown = ask(&["config", "line", &office_cert, "--key", &office_key], 0);
    let fingerprint = shown["line_certificate"]["sha256"].as_str().unwrap();
    assert!(bound.contains(fingerprint), "{bound}");
    ask(&["config", "server", &url], 0);
    let config = ask(&["config", "show"], 0);
    assert_eq!(config["line_certificate"]["sha256"], fingerprint);
    assert!(!config.to_string().contains("PRIVATE KEY"));
    // It is all that proves the office.
    ask(&["config", "line", "none"], 2);

    assert_eq!(ask(&["directory", "sync"], 0)["changed"], 1);
    let day = ["--on", "2026-07-01", "--basis", "Nghị quyết 1"];
    administer(&place, &[&["office", "rename", NEXT, "UBND phường mới"][..], &day].concat(), 0);
    administer(&place, &["office", "close", NEXT, "--successor", COMMUNE, "--on", "2026-08-01"], 0);
    let history = administer(&place, &["office", "history", NEXT], 0);
    let lines: Vec<_> = history.lines().collect();
    assert_eq!(
        lines,
        [
            "-\t2026-07-01\tUBND xã mới\t".to_owned(),
            "2026-07-01\t2026-08-01\tUBND phường mới\tNghị quyết 1".to_owned(),
            format!("2026-08-01\tclosed\t{COMMUNE}\t"),
        ]
    );
    assert_eq!(ask(&["directory", "sync"], 0)["changed"], 1);
    let shown = ask(&["directory", "show", NEXT], 0);
    assert_eq!(shown["periods"][0]["until"], "2026-07-01");
    assert_eq!(shown["ending"]["successors"][0], COMMUNE);
    assert_eq!(shown["present"][0]["agency"], COMMUNE);
    ask(&["directory", "show", "H99"], 5);
    let again = ["office", "rename", NEXT, "Tên khác"];
    administer(&place, &again, 5);

    administer(&place, &["office", "certificate", COMMUNE, "--revoke", fingerprint], 0);
    let refused = ask(&["directory", "sync"], 5);
    assert_eq!(refused["error"]["code"], "exchange-certificate-refused");
    assert!(administer(&place, &["office", "certificate", COMMUNE], 0).contains("revoked"));
}

/// A proxy of the system: whoever asks for the server, by whatever name, is led to it.
fn system_proxy(server: SocketAddr) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let mut head = BufReader::new(client.try_clone().unwrap());
            let mut first = String::new();
            head.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                if head.read_line(&mut line).unwrap() == 0 || line.trim().is_empty() {
                    break;
                }
            }
            let target = first.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
            seen.lock().unwrap().push(target.unwrap_or(&first).to_owned());
            let server = TcpStream::connect(server).unwrap();
            let carry = |mut from: TcpStream, mut to: TcpStream| {
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            };
            (&client).write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            carry(client.try_clone().unwrap(), server.try_clone().unwrap());
            carry(server, client);
        }
    });
    (url, asked)
}

#[test]
fn an_office_goes_through_the_systems_proxy_and_believes_its_province_alone() {
    const NAME: &str = "vanban.tinh.example";
    let (place, pki) = (Place::sqlite(), Pki::new());
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let name = GeneralName::DnsName(Ia5String::new(NAME).unwrap());
    let own = issued(&pki.name, PROVINCES, "vanban", SERVER, year(), Some(name));
    let (ca, cert) = (file("ca.pem", pem(&pki.root)), file("may-chu.pem", pem(&own)));
    let key = file("may-chu.key", key_pem(SERVER));
    add_agency(&place, COMMUNE);
    let server = Program::start_over(&place, &["--tls-cert", &cert, "--tls-key", &key]);
    let (proxy, asked) = system_proxy(server.address);

    let office = files.path().join("office");
    let own_secret = secret(COMMUNE);
    let environment = [("HTTPS_PROXY", proxy.as_str()), ("SECRET", own_secret.as_str())];
    let ask = |words: &[&str], status| ctl_with(&office, &environment, words, status);
    ask(&["init", "--agency", COMMUNE, "--name", "UBND xã Tân Bình", "--roles", ROLES], 0);
    let url = format!("https://{NAME}");
    let server_is = ["config", "server", &url, "--secret-env", "SECRET"];
    ask(&server_is, 0);
    // Nobody on this computer vouches for that authority.
    assert_eq!(ask(&["sync", "--once"], 5)["error"]["code"], "exchange-untrusted");
    ask(&[&server_is[..], &["--ca", &file("khac.pem", "khong phai".to_owned())]].concat(), 5);
    ask(&[&server_is[..], &["--ca", &ca]].concat(), 0);
    assert_eq!(ask(&["config", "show"], 0)["server_trust"], "pinned");
    assert_eq!(ask(&["sync", "--once"], 0)["sent"], 0);
    let asked = asked.lock().unwrap();
    assert!(asked.len() > 1 && asked.iter().all(|one| *one == format!("{NAME}:443")), "{asked:?}");
}

const ROLES: &str = "administrator,clerk";

#[test]
fn what_was_sent_is_listed_with_its_times() {
    let place = Place::sqlite();
    let server = place.start();
    let a = line(&server.url(), COMMUNE);
    let receipt = a.send(&parcel("1", &[PROVINCE, COMMUNE], b"<edXML/>"), &()).unwrap();
    let listed = || {
        let said = administer(&place, &["packets", COMMUNE], 0);
        let lines = said.lines().map(|line| line.split('\t').map(str::to_owned).collect());
        lines.collect::<Vec<Vec<String>>>()
    };
    let received = receipt.received_at.to_string();
    let tail = [COMMUNE, "document"];
    let head = [received.as_str(), receipt.server_id.as_str(), "1", "8"];
    // A line for each recipient, by its code.
    let [to_province, to_commune] = listed().try_into().unwrap();
    assert_eq!(to_province, [&head[..], &[PROVINCE, "waiting", "-", "-"], &tail].concat());
    assert_eq!(to_commune, [&head[..], &[COMMUNE, "waiting", "-", "-"], &tail].concat());
    let b = line(&server.url(), PROVINCE);
    let item = b.inbox(Listing::After(None), 1).unwrap().items.remove(0);
    b.fetch(&item, &()).unwrap();
    let fetched = a.delivery(&receipt.server_id).unwrap().deliveries[0].fetched_at.unwrap();
    let fetched = fetched.to_string();
    assert_eq!(listed()[0], [&head[..], &[PROVINCE, "fetched", &fetched, "-"], &tail].concat());
    b.confirm(&item.id, Outcome::Kept).unwrap();
    let confirmed = a.delivery(&receipt.server_id).unwrap().deliveries[0].confirmed_at.unwrap();
    let confirmed = confirmed.to_string();
    assert_eq!(listed()[0], [&head[..], &[PROVINCE, "kept", &fetched, &confirmed], &tail].concat());
    // By the packet, and by who receives.
    let (by_id, by_code) =
        (["packets", "--id", &receipt.server_id], administer(&place, &["packets", COMMUNE], 0));
    assert_eq!(administer(&place, &by_id, 0), by_code);
    b.send(&parcel("2", &[COMMUNE], b"<edXML/>"), &()).unwrap();
    let came = |to: &str, limit: &str| {
        let said = administer(&place, &["packets", "--to", to, "--limit", limit], 0);
        let columns = |line: &str| {
            let columns: Vec<&str> = line.split('\t').collect();
            [columns[4], columns[5], columns[8]].join(" ")
        };
        said.lines().map(columns).collect::<Vec<_>>()
    };
    assert_eq!(came(PROVINCE, "9"), [format!("{PROVINCE} kept {COMMUNE}")]);
    let [newest, first] = [PROVINCE, COMMUNE].map(|from| format!("{COMMUNE} waiting {from}"));
    assert_eq!(came(COMMUNE, "9"), [newest.clone(), first]);
    assert_eq!(came(COMMUNE, "1"), [newest]);
    administer(&place, &["packets", "--to", "H99"], 5);
    administer(&place, &["packets", "--id", "0197f3a2-0000-7000-8000-000000000000"], 5);
    for wrong in [&["packets"][..], &["packets", COMMUNE, "--to", PROVINCE]] {
        administer(&place, wrong, 2);
    }
    // Without a thread nothing would ever be answered.
    administer(&place, &["serve", "--threads", "0"], 2);
}

#[test]
fn an_office_reaches_a_server_by_ipv6() {
    // A machine without the protocol has nothing to try it with.
    if TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let place = Place::sqlite();
    let listen = "[::1]:0".parse().unwrap();
    let server = Server::start(ServerConfig { listen, ..place.config() }).unwrap();
    assert!(server.url().starts_with("http://[::1]:"), "{}", server.url());
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    let bytes = packet(1, 100_000);
    a.send(&parcel("1", &[PROVINCE], &bytes), &()).unwrap();
    let item = b.inbox(Listing::After(None), 1).unwrap().items.remove(0);
    assert_eq!(b.fetch(&item, &()).unwrap(), bytes);
}
