//! What an administrator types at the server and at an office: a certificate instead of a
//! secret, and agencies that change.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use vanthu::exchange::{Line, Listing, Outcome};

use super::authority::{SERVER, here, issued};
use super::certificates::{PROVINCES, Pki, key_pem, pem, year};
use super::cuts::{Program, program};
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
    let output = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .arg("--json")
        .args(words)
        .env("VANTHU_DATA_DIR", office)
        .env("VANTHU_USER", "quantri")
        .env("VANTHU_PASSWORD", "mat khau cua quan tri")
        // Where the system's roots are looked for.
        .env("SSL_CERT_FILE", ca)
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
    let head = [received.as_str(), receipt.server_id.as_str(), "1", "8"];
    // A line for each recipient, by its code.
    let [to_province, to_commune] = listed().try_into().unwrap();
    assert_eq!(to_province, [&head[..], &[PROVINCE, "waiting", "-", "-"]].concat());
    assert_eq!(to_commune, [&head[..], &[COMMUNE, "waiting", "-", "-"]].concat());
    let b = line(&server.url(), PROVINCE);
    let item = b.inbox(Listing::After(None), 1).unwrap().items.remove(0);
    b.fetch(&item, &()).unwrap();
    let fetched = a.delivery(&receipt.server_id).unwrap().deliveries[0].fetched_at.unwrap();
    let fetched = fetched.to_string();
    assert_eq!(listed()[0], [&head[..], &[PROVINCE, "fetched", &fetched, "-"]].concat());
    b.confirm(&item.id, Outcome::Kept).unwrap();
    let confirmed = a.delivery(&receipt.server_id).unwrap().deliveries[0].confirmed_at.unwrap();
    let confirmed = confirmed.to_string();
    assert_eq!(listed()[0], [&head[..], &[PROVINCE, "kept", &fetched, &confirmed]].concat());
    // Without a thread nothing would ever be answered.
    administer(&place, &["serve", "--threads", "0"], 2);
}
