//! Who is who: a certificate signs as what it is linked to, and as nothing else; and it is
//! refused before a PIN is asked for.

use vanthu::pki::Certificate;

use crate::place::{Place, card, p12};
use crate::rig::{Rig, pki};

fn pem(name: &str) -> String {
    pki(&format!("certs/{name}.pem")).to_str().unwrap().to_owned()
}

fn serial(name: &str) -> String {
    let der = std::fs::read(pki(&format!("certs/{name}.der"))).unwrap();
    Certificate::from_der(&der).unwrap().serial_hex()
}

/// The wrong PIN is named, so that one that was presented would cost a try.
fn words<'a>(what: &'a str, id: &'a str, token: &'a str) -> Vec<&'a str> {
    vec![what, id, "--token", token, "--pin-env", "WRONG_PIN"]
}

#[test]
fn what_is_linked_signs_as_nothing_else() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let (leader, organisation) = (card("LEADER"), card("ORG"));
    let link = |file: &str, owner: &[&str]| {
        let file = pem(file);
        place.run("quantri", &[&["certificate", "link", &file], owner].concat())
    };

    // Whoever manages people links; the subject must not say otherwise.
    let by_clerk = place.run("vanthu", &["certificate", "link", &pem("org"), "--organisation"]);
    assert_eq!(by_clerk.failed(5), "office-not-permitted");
    assert_eq!(link("leader", &["--organisation"]).failed(5), "token-other-holder");
    assert_eq!(link("org", &["--person", "lanhdao"]).failed(5), "token-other-holder");
    assert_eq!(link("leader", &["--person", "nobody"]).failed(2), "office-no-such-user");
    assert_eq!(link("sub", &["--organisation"]).failed(5), "token-not-for-signing");
    assert_eq!(link("leader-ec", &["--person", "lanhdao"]).failed(5), "token-not-for-signing");

    // Linked to somebody else: she cannot sign with it, PIN or no PIN.
    link("leader", &["--person", "soanthao"]).done();
    assert_eq!(link("leader", &["--person", "lanhdao"]).failed(2), "office-certificate-linked");
    let tries = rig.tries();
    let sign = words("sign-document", &id, &leader);
    let error = place.refused("lanhdao", &sign, 5, "office-certificate-of-another");
    assert_eq!(error["facts"]["owner"], "Lê Văn Soạn");
    let leaders = serial("leader");
    place.run("quantri", &["certificate", "unlink", &leaders]).done();
    assert_eq!(
        place.run("quantri", &["certificate", "unlink", &leaders]).failed(2),
        "office-certificate-not-known"
    );

    // She has another one, and this is not it.
    link("expired", &["--person", "lanhdao"]).done();
    place.refused("lanhdao", &sign, 5, "office-certificate-not-linked");
    place.run("quantri", &["certificate", "unlink", &serial("expired")]).done();

    // A link over her own card, and the seal's.
    let linked =
        place.run("quantri", &["certificate", "link", "--token", &leader, "--person", "lanhdao"]);
    assert_eq!(linked.done()["serial"], leaders.as_str());
    link("org", &["--organisation"]).done();
    let listed = place.run("vanthu", &["certificate", "list"]).done();
    let rows = listed["certificates"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().any(|row| row["owner"] == "person" && row["user"] == "lanhdao"));
    let told = place.refused(
        "lanhdao",
        &words("sign-document", &id, &organisation),
        5,
        "office-certificate-of-organisation",
    );
    assert!(told["message"].as_str().unwrap().contains("tỉnh Thử Nghiệm"), "{told:#}");
    assert_eq!(rig.tries(), tries);
    let right = ["sign-document", &id, "--token", &leader, "--pin-env", "LEADER_PIN"];
    assert_eq!(place.run("lanhdao", &right).done()["code"], "01/QĐ-UBND");

    // And a person's is no seal, though her PIN would be right.
    let seal = ["seal", &id, "--token", &leader, "--pin-env", "LEADER_PIN", "--cert", &leaders];
    let error = place.refused("vanthu", &seal, 5, "office-certificate-of-person");
    assert_eq!(error["facts"]["owner"], "Nguyễn Thị Ánh Nguyệt");
    let seal = ["seal", &id, "--token", &organisation, "--pin-env", "ORG_PIN"];
    place.run("vanthu", &seal).done();
    assert_eq!(place.run("vanthu", &["audit", "verify"]).done()["intact"], true);
}

#[test]
fn a_revoked_or_expired_certificate_signs_nothing() {
    let _rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    for (name, code) in [("revoked", "signing-certificate-revoked"), ("expired", "token-expired")] {
        let token = p12(name);
        // The names of these two are not hers; a link says that they are, and more.
        place.run("quantri", &["certificate", "link", &pem(name), "--person", "lanhdao"]).done();
        let sign = ["sign-document", &id, "--token", &token, "--pin-env", "P12_PIN"];
        place.refused("lanhdao", &sign, 5, code);
        place.run("quantri", &["certificate", "unlink", &serial(name)]).done();
    }
    let token = p12("leader");
    let sign = ["sign-document", &id, "--token", &token, "--pin-env", "P12_PIN"];
    assert_eq!(place.run("lanhdao", &sign).done()["code"], "01/QĐ-UBND");
}

#[test]
fn the_doctor_tells_what_stands_between_a_token_and_a_signature() {
    let rig = Rig::hold();
    let place = Place::new();
    let org = pem("org");
    place.run("quantri", &["certificate", "link", &org, "--organisation"]).done();
    let reader = crate::rig::env("RIG_LEADER_READER");
    let told = |lang: &str| {
        let answer = place.run("vanthu", &["doctor", "tokens", "--lang", lang]);
        let findings = answer.json["findings"].as_array().unwrap().clone();
        for finding in &findings {
            for sentence in ["found", "means"] {
                let text = finding[sentence].as_str().unwrap();
                assert!(!text.is_empty() && !text.contains(['⟦', '$']), "{finding:#}");
            }
            let good = finding["state"] == "ok";
            assert_eq!(good, finding["mend"].as_str().unwrap().is_empty(), "{finding:#}");
        }
        (answer.status, findings)
    };
    let codes = |part: &str| -> Vec<String> {
        let (_, findings) = told("vi");
        findings
            .iter()
            .filter(|one| one["part"] == part && one["subject"].as_str().unwrap().contains(&reader))
            .map(|one| one["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let (_, findings) = told("en");
    let has = |code: &str| findings.iter().any(|one| one["code"] == code);
    for code in [
        "service-running",
        "card-works",
        "pin-good",
        "certificate-signs",
        "certificate-other-use",
        "owner-organisation",
        "owner-not-linked",
        "chain-good",
        "clock-not-compared",
    ] {
        assert!(has(code), "{code}: {findings:#?}");
    }
    assert_eq!(codes("pin"), ["pin-good"]);
    // Looking costs no try, whatever the state.
    let wrong = vanthu::token::Pin::new("000000");
    let spend = || {
        let selector = vanthu::token::Selector::Pcsc { reader: reader.clone() };
        let _ = vanthu::token::open(&selector).unwrap().login(&wrong);
    };
    for code in ["pin-low", "pin-last", "pin-blocked"] {
        spend();
        let tries = rig.tries();
        assert_eq!(codes("pin"), [code]);
        assert_eq!(rig.tries(), tries);
    }
    assert_eq!(told("vi").0, 1, "a blocked PIN is broken");
    rig.leader("remove");
    rig.until_present(false);
    assert_eq!(codes("reader"), ["reader-empty"]);
}
