//! One document travels the whole way, on real parts: cards, server, database, line.
//!
//! Drives `vanthuctl` as a script would. Needs the card rig (`packaging/test` starts it).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "journey/lasting.rs"]
mod lasting;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{OfficeDir, ServerProcess, ctl, pyhanko, rig};

const TAN_BINH: &str = "000.01.05.H30";
const PROVINCE: &str = "000.00.00.H30";

struct World {
    _root: tempfile::TempDir,
    root: PathBuf,
    server: ServerProcess,
    a: OfficeDir,
    b: OfficeDir,
}

/// Two offices, a server, trust in the rig's root, and the agency directory.
fn world() -> World {
    let root = tempfile::tempdir().unwrap();
    let server = ServerProcess::start(
        &root.path().join("server"),
        &[(TAN_BINH, "Ủy ban nhân dân xã Tân Bình"), (PROVINCE, "Ủy ban nhân dân tỉnh Hậu Giang")],
    );
    let a = OfficeDir::found(root.path(), "a", TAN_BINH, "Ủy ban nhân dân xã Tân Bình");
    let b = OfficeDir::found(root.path(), "b", PROVINCE, "Ủy ban nhân dân tỉnh Hậu Giang");
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/agencies/demo.csv");
    for office in [&a, &b] {
        office.trust_rig();
        office.connect(&server);
        office.as_user("quantri", &["agency", "import", directory]).done();
    }
    World { root: root.path().to_owned(), _root: root, server, a, b }
}

/// A decision in correct layout, with blanks for number and date, signed by the rig's leader.
fn draft_pdf(root: &Path) -> PathBuf {
    let mut sheet = vanthu::office::layout::samples()
        .into_iter()
        .find(|sample| sample.type_key == "QĐ")
        .unwrap()
        .sheet;
    sheet.signer.full_name = "Nguyễn Thị Ánh Nguyệt".to_owned();
    sheet.date = None;
    let path = root.join("du-thao.pdf");
    std::fs::write(&path, vanthu::office::layout::compose(&sheet).unwrap()).unwrap();
    path
}

fn draft(world: &World, pdf: &Path, subject: &str) -> String {
    let answer = world
        .a
        .as_user(
            "soanthao",
            &[
                "draft",
                pdf.to_str().unwrap(),
                "--type",
                "QĐ",
                "--subject",
                subject,
                "--to",
                PROVINCE,
                "--competence",
                "TM. ỦY BAN NHÂN DÂN",
                "--position",
                "CHỦ TỊCH",
                "--signer",
                "Nguyễn Thị Ánh Nguyệt",
                "--place",
                "Tân Bình",
            ],
        )
        .done();
    let id = answer["id"].as_str().unwrap().to_owned();
    world.a.as_user("soanthao", &["review", &id, "--to", "sign"]).done();
    id
}

fn sign_and_seal(world: &World, id: &str, leader: &str, org: &str, pins: [&str; 2]) -> Value {
    let signed = world
        .a
        .as_user("lanhdao", &["sign-document", id, "--token", leader, "--pin-env", pins[0]])
        .done();
    let sealed =
        world.a.as_user("vanthu", &["seal", id, "--token", org, "--pin-env", pins[1]]).done();
    assert_eq!(sealed["state"], "to-issue");
    signed
}

/// Issues at A, lets B receive, accept and register, and A learn of it. Returns B's arrival
/// number and the sealed file as A keeps it.
fn travel(world: &World, id: &str) -> (u64, PathBuf) {
    let sealed = world.root.join(format!("{id}.pdf"));
    world.a.as_user("vanthu", &["export", id, sealed.to_str().unwrap()]).done();
    assert_eq!(world.a.as_user("vanthu", &["issue", id]).done()["state"], "issued");
    let sync = world.a.as_user("vanthu", &["sync", "--once"]).done();
    assert_eq!((sync["sent"].as_u64(), sync["waiting"].as_u64()), (Some(1), Some(0)));

    let sync = world.b.as_user("vanthu", &["sync", "--once"]).done();
    assert_eq!(sync["received"], 1);
    let queue = world.b.as_user("vanthu", &["queue", "inbound", "--state", "arrived"]).done();
    let arrived = &queue["documents"][0];
    assert_eq!(queue["documents"].as_array().unwrap().len(), 1);
    assert_eq!(arrived["verdict"], "valid", "{arrived:#}");
    assert_eq!(arrived["legal_value"], "same-as-paper");
    assert_eq!(arrived["sender"], TAN_BINH);
    // What the regulation asks is stored with the verdict: the rig's seal is another agency's.
    let answers: Vec<(&str, &str)> = arrived["completeness"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["code"].as_str().unwrap(), line["result"].as_str().unwrap()))
        .collect();
    for expected in [
        ("personal-signature", "ok"),
        ("organisation-signature", "ok"),
        ("organisation-is-sender", "no"),
        ("signer-is-named", "ok"),
        ("personal-before-seal", "ok"),
    ] {
        assert!(answers.contains(&expected), "{expected:?}: {:#}", arrived["completeness"]);
    }
    let kinds: Vec<&str> = arrived["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|signature| signature["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["personal", "organisation"]);
    let inbound = arrived["id"].as_str().unwrap();

    assert_eq!(world.b.as_user("vanthu", &["receive", inbound]).done()["state"], "accepted");
    let registered = world.b.as_user("vanthu", &["register", inbound]).done();
    world.b.as_user("vanthu", &["sync", "--once"]).done();
    world.a.as_user("vanthu", &["sync", "--once"]).done();
    let shown = world.a.as_user("vanthu", &["show", id]).done();
    let statuses: Vec<&str> = shown["deliveries"][0]["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|status| status["code"].as_str())
        .collect();
    assert_eq!(statuses, ["01", "03"]);
    // Whoever synchronises again finds nothing new: nothing is doubled.
    for office in [&world.a, &world.b] {
        let sync = office.as_user("vanthu", &["sync", "--once"]).done();
        assert_eq!((sync["sent"].as_u64(), sync["received"].as_u64()), (Some(0), Some(0)));
    }
    (registered["arrival_number"].as_u64().unwrap(), sealed)
}

/// pyHanko and poppler's pdfsig, which share no code with us, accept the sealed file.
fn others_accept(sealed: &Path) {
    let root = format!("{}/certs/root.pem", rig("RIG_PKI"));
    let sub = format!("{}/certs/sub.pem", rig("RIG_PKI"));
    let output = Command::new(pyhanko())
        .args(["sign", "validate", "--pretty-print", "--no-strict-syntax", "--trust", &root])
        .args(["--other-certs", &sub])
        .arg(sealed)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.matches("The signature is judged VALID.").count(), 2, "{text}");

    let output = Command::new("pdfsig").arg("-nocert").arg(sealed).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.matches("Signature is Valid.").count(), 2, "{text}");
    assert!(text.contains("Total document signed"), "{text}");
}

fn ours_accepts(file: &Path) -> Value {
    let trust = rig("RIG_PKI") + "/certs";
    let trust_dir = tempfile::tempdir().unwrap();
    for name in ["root.pem", "sub.pem"] {
        std::fs::copy(Path::new(&trust).join(name), trust_dir.path().join(name)).unwrap();
    }
    ctl(&["verify", file.to_str().unwrap(), "--trust", trust_dir.path().to_str().unwrap()], &[])
        .done()
}

#[test]
fn a_document_travels_with_cards_over_pcsc() {
    let world = world();
    let pdf = draft_pdf(&world.root);
    let id = draft(&world, &pdf, "Về việc ban hành Quy chế làm việc");
    let leader = format!("pcsc:{}", rig("RIG_LEADER_READER"));
    let org = format!("pcsc:{}", rig("RIG_ORG_READER"));
    let signed = sign_and_seal(&world, &id, &leader, &org, ["LEADER_PIN", "ORG_PIN"]);
    assert_eq!(signed["code"], "01/QĐ-UBND");

    let (arrival_number, sealed) = travel(&world, &id);
    assert_eq!(arrival_number, 1);
    others_accept(&sealed);
    let report = ours_accepts(&sealed);
    let file = &report["files"][0];
    assert_eq!(file["verdict"], "valid", "{report:#}");
    assert_eq!(file["signatures"][0]["modifications"], "permitted");
    assert_eq!(file["signatures"][1]["covers"], "whole_document");

    // The number and the date stand in the page, written before the personal signature.
    let text = Command::new("pdftotext")
        .args(["-layout", sealed.to_str().unwrap(), "-"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.replace(' ', "").contains("Số:01/QĐ-UBND"), "{text}");
    let date = signed["date"].as_str().unwrap();
    let day = date.rsplit('-').next().unwrap();
    let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeezed.contains(&format!("ngày {day} tháng")), "{text}");

    for office in [&world.a, &world.b] {
        let audit = office.as_user("vanthu", &["audit", "verify"]).done();
        assert_eq!(audit["intact"], true);
    }
}

#[test]
fn a_document_travels_with_pkcs11_tokens() {
    let world = world();
    let pdf = draft_pdf(&world.root);
    let id = draft(&world, &pdf, "Về việc phân công nhiệm vụ");
    let module = rig("RIG_SOFTHSM_MODULE");
    let leader = format!("pkcs11:{module}#leader");
    let org = format!("pkcs11:{module}#org");
    sign_and_seal(&world, &id, &leader, &org, ["LEADER_PIN", "ORG_PIN"]);
    let (_, sealed) = travel(&world, &id);
    others_accept(&sealed);
}

#[test]
fn a_document_travels_with_file_tokens() {
    let world = world();
    let pdf = draft_pdf(&world.root);
    let id = draft(&world, &pdf, "Về việc khen thưởng");
    let pki = rig("RIG_PKI");
    let leader = format!("file:{pki}/p12/leader.p12");
    let org = format!("file:{pki}/p12/org.p12");
    sign_and_seal(&world, &id, &leader, &org, ["P12_PIN", "P12_PIN"]);
    let (_, sealed) = travel(&world, &id);
    others_accept(&sealed);
}

#[test]
fn the_server_stops_in_the_middle_and_nothing_is_lost_or_doubled() {
    let mut world = world();
    let pdf = draft_pdf(&world.root);
    let pki = rig("RIG_PKI");
    let (leader, org) = (format!("file:{pki}/p12/leader.p12"), format!("file:{pki}/p12/org.p12"));
    let ids: Vec<String> = (0..2)
        .map(|n| {
            let id = draft(&world, &pdf, &format!("Văn bản thứ {n}"));
            sign_and_seal(&world, &id, &leader, &org, ["P12_PIN", "P12_PIN"]);
            id
        })
        .collect();

    world.server.kill();
    for id in &ids {
        world.a.as_user("vanthu", &["issue", id]).done();
    }
    // The line is down: said clearly, and everything waits.
    let code = world.a.as_user("vanthu", &["sync", "--once"]).failed(4);
    assert!(code.starts_with("exchange-"), "{code}");
    world.server.restart();
    let sent = world.a.as_user("vanthu", &["sync", "--once"]).done();
    assert_eq!((sent["sent"].as_u64(), sent["waiting"].as_u64()), (Some(2), Some(0)), "{sent}");

    world.server.restart();
    world.b.as_user("vanthu", &["sync", "--once"]).done();
    world.server.restart();
    world.b.as_user("vanthu", &["sync", "--once"]).done();
    let queue = world.b.as_user("vanthu", &["queue", "inbound"]).done();
    assert_eq!(queue["documents"].as_array().unwrap().len(), 2);

    world.server.kill();
    let mut numbers: Vec<u64> = queue["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| {
            let id = document["id"].as_str().unwrap();
            world.b.as_user("vanthu", &["receive", id]).done();
            world.b.as_user("vanthu", &["register", id]).done()["arrival_number"].as_u64().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2], "arrival numbers have neither gap nor double");
    world.b.as_user("vanthu", &["sync", "--once"]).failed(4);
    world.server.restart();
    world.b.as_user("vanthu", &["sync", "--once"]).done();
    world.a.as_user("vanthu", &["sync", "--once"]).done();
    for id in &ids {
        let shown = world.a.as_user("vanthu", &["show", id]).done();
        let statuses: Vec<&str> = shown["deliveries"][0]["statuses"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|status| status["code"].as_str())
            .collect();
        assert_eq!(statuses, ["01", "03"]);
    }
}

#[test]
fn packets_of_the_axis_library_arrive() {
    let world = world();
    let packet = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/axis/new.edxml");
    // It is addressed to the province, by Tân Bình.
    let answer = world.b.as_user("vanthu", &["import", packet]).done();
    assert_eq!(answer["files"][0]["outcome"], "document");
    let id = answer["files"][0]["id"].as_str().unwrap();
    let shown = world.b.as_user("vanthu", &["show", id]).done();
    assert_eq!(shown["code"], "07/QĐ-UBND");
    assert_eq!(shown["document_id"], "000.01.05.H30,2019,7");
    // Signed under an authority that this office does not know.
    assert_eq!(shown["verdict"], "indeterminate");
    assert_eq!(shown["legal_value"], "for-reference");
    assert_eq!(shown["files"].as_array().unwrap().len(), 2);
    // The same packet again is recognised, never registered twice.
    let again = world.b.as_user("vanthu", &["import", packet]).done();
    assert_eq!(again["files"][0]["outcome"], "duplicate");
    assert_eq!(again["files"][0]["id"].as_str(), Some(id));
    // It is not addressed to Tân Bình: kept in quarantine, told to whoever brought it.
    assert_eq!(world.a.as_user("vanthu", &["import", packet]).failed(5), "office-not-addressee");
}

#[test]
fn roles_decide() {
    let world = world();
    let pdf = draft_pdf(&world.root);
    let id = draft(&world, &pdf, "Về việc phân quyền");
    let token = format!("file:{}/p12/leader.p12", rig("RIG_PKI"));
    let words = ["sign-document", &id, "--token", &token, "--pin-env", "P12_PIN"];
    for user in ["vanthu", "soanthao", "quantri"] {
        assert_eq!(world.a.as_user(user, &words).failed(5), "office-not-permitted");
    }
    // A clerk may seal, but not what nobody has signed.
    let words = ["seal", &id, "--token", &token, "--pin-env", "P12_PIN"];
    assert_eq!(world.a.as_user("vanthu", &words).failed(5), "office-wrong-state");
    assert_eq!(world.a.as_user("vanthu", &["issue", &id]).failed(5), "office-wrong-state");
    assert_eq!(world.a.as_user("lanhdao", &words).failed(5), "office-not-permitted");
}

#[test]
fn a_file_that_pyhanko_signed_is_accepted() {
    let root = tempfile::tempdir().unwrap();
    let pdf = draft_pdf(root.path());
    let signed = root.path().join("pyhanko.pdf");
    let pki = rig("RIG_PKI");
    let output = Command::new(pyhanko())
        .args(["sign", "addsig", "--field", "Sig1", "--use-pades", "pemder"])
        .args([
            "--key",
            &format!("{pki}/keys/leader.pem"),
            "--cert",
            &format!("{pki}/certs/leader.pem"),
        ])
        .args(["--chain", &format!("{pki}/certs/sub.pem"), "--no-pass"])
        .args([&pdf, &signed])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = ours_accepts(&signed);
    let signature = &report["files"][0]["signatures"][0];
    assert_eq!(report["files"][0]["verdict"], "valid", "{report:#}");
    assert_eq!(signature["signer"], "Nguyễn Thị Ánh Nguyệt");
    assert_eq!(signature["level"], "B-B");
}
