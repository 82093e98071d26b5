//! Tokens that are not there, do not want, or go away. After each, the document still waits
//! for its signature, and signed it takes the number 01.

use crate::place::{Place, card, p12, told, with};
use crate::rig::{Rig, env};

fn sign<'a>(id: &'a str, token: &'a str, pin: &'a str) -> Vec<&'a str> {
    vec!["sign-document", id, "--token", token, "--pin-env", pin]
}

/// With everything in order again, the document is signed and takes the first number.
#[track_caller]
fn then_takes_the_first_number(place: &Place, id: &str, token: &str, pin: &str) {
    assert_eq!(place.state_of(id), "to-sign");
    assert_eq!(place.state().next_number, 1);
    let signed = place.run("lanhdao", &sign(id, token, pin)).done();
    assert_eq!(signed["code"], "01/QĐ-UBND");
    assert_eq!(place.state_of(id), "to-seal");
    assert_eq!(place.state().next_number, 2);
}

#[test]
fn a_wrong_pin() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let leader = card("LEADER");
    let before = place.state();
    let try_wrong = |lang| {
        rig.leader("reset-pin");
        place.run("lanhdao", &with(&sign(&id, &leader, "WRONG_PIN"), lang))
    };
    let error = told(try_wrong, 5, "token-pin-wrong");
    let tries = error["facts"]["tries"].as_str().unwrap().to_owned();
    assert_eq!(tries, rig.tries().to_string());
    assert!(error["message"].as_str().unwrap().contains(&tries), "{error:#}");
    assert_eq!(place.state(), before);
    then_takes_the_first_number(&place, &id, &leader, "LEADER_PIN");
}

#[test]
fn the_last_try_and_a_blocked_pin() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let leader = card("LEADER");
    let before = place.state();
    rig.leader("reset-pin");
    while rig.tries() > 2 {
        place.run("lanhdao", &sign(&id, &leader, "WRONG_PIN")).failed(5);
    }
    let last = place.run("lanhdao", &sign(&id, &leader, "WRONG_PIN"));
    assert_eq!(last.failed(5), "token-pin-wrong-last");
    // The last one is not used, right or wrong, unless somebody says that it may be.
    for pin in ["WRONG_PIN", "LEADER_PIN"] {
        let kept = sign(&id, &leader, pin);
        told(|lang| place.run("lanhdao", &with(&kept, lang)), 5, "token-last-try");
        assert_eq!(rig.tries(), 1);
    }
    let confirmed = [&sign(&id, &leader, "WRONG_PIN")[..], &["--last-try"]].concat();
    assert_eq!(place.run("lanhdao", &confirmed).failed(5), "token-pin-blocked");
    // Blocked, even the right one is not tried.
    let right = sign(&id, &leader, "LEADER_PIN");
    told(|lang| place.run("lanhdao", &with(&right, lang)), 5, "token-pin-blocked");
    assert_eq!(place.state(), before);
    rig.leader("reset-pin");
    then_takes_the_first_number(&place, &id, &leader, "LEADER_PIN");
}

#[test]
fn a_pin_of_the_wrong_length_uses_no_try() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let tries = rig.tries();
    // `P12_PIN` is four letters.
    place.refused("lanhdao", &sign(&id, &card("LEADER"), "P12_PIN"), 5, "token-pin-length");
    assert_eq!(rig.tries(), tries);
}

#[test]
fn a_wrong_password_of_a_pkcs12_file_and_of_a_pkcs11_token() {
    let place = Place::new();
    let id = place.to_sign();
    place.refused("lanhdao", &sign(&id, &p12("leader"), "WRONG_PIN"), 5, "token-wrong-password");
    let softhsm = format!("pkcs11:{}#leader", env("RIG_SOFTHSM_MODULE"));
    let answer = place.run("lanhdao", &sign(&id, &softhsm, "WRONG_PIN"));
    let code = answer.failed(5);
    assert!(code.starts_with("token-pin-wrong"), "{code}");
    then_takes_the_first_number(&place, &id, &softhsm, "LEADER_PIN");
}

#[test]
fn no_reader_and_no_service() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let leader = card("LEADER");
    rig.pcscd("no-readers");
    place.refused("lanhdao", &sign(&id, &leader, "LEADER_PIN"), 4, "token-no-reader");
    rig.pcscd("stop");
    place.refused("lanhdao", &sign(&id, &leader, "LEADER_PIN"), 4, "token-no-service");
    // What needs no card works all the same.
    place.run("vanthu", &["queue", "outbound"]).done();
    rig.pcscd("start");
    rig.restore();
    then_takes_the_first_number(&place, &id, &leader, "LEADER_PIN");
}

#[test]
fn no_card() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let leader = card("LEADER");
    rig.leader("remove");
    rig.until_present(false);
    place.refused("lanhdao", &sign(&id, &leader, "LEADER_PIN"), 4, "token-no-card");
    rig.restore();
    then_takes_the_first_number(&place, &id, &leader, "LEADER_PIN");
}

#[test]
fn a_card_pulled_out_in_the_middle_of_the_signature() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let leader = card("LEADER");
    let before = place.state();
    let pulled = |lang| {
        rig.restore();
        rig.leader("set sign-delay-ms 300");
        rig.leader("set remove-on-sign 1");
        let answer = place.run("lanhdao", &with(&sign(&id, &leader, "LEADER_PIN"), lang));
        rig.until_present(false);
        answer
    };
    told(pulled, 4, "token-removed");
    assert_eq!(place.state(), before);
    rig.restore();
    then_takes_the_first_number(&place, &id, &leader, "LEADER_PIN");
}

#[test]
fn a_card_that_fails() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let leader = card("LEADER");
    rig.leader("set fail-sign 6F00");
    let words = sign(&id, &leader, "LEADER_PIN");
    let error = place.refused("lanhdao", &words, 4, "token-device");
    assert!(error["facts"]["status"].as_str().unwrap().contains("6F00"), "{error:#}");
    rig.leader("set fail-sign none");
    then_takes_the_first_number(&place, &id, &leader, "LEADER_PIN");
}

/// The leader's key on another card, in the other reader.
fn guest(rig: &Rig) -> String {
    let slot = format!("9C={}", crate::rig::pki_key("leader"));
    rig.guest(&["--slot", &slot]).to_string()
}

#[test]
fn a_card_that_fails_in_other_ways() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let token = guest(&rig);
    let words = sign(&id, &token, "LEADER_PIN");
    for (fault, status, code) in [
        ("fail-sign 6982", 4, "token-device"),
        ("fail-sign 6983", 4, "token-device"),
        ("fail-sign 63C2", 4, "token-device"),
        ("fail-sign 6A82", 4, "token-device"),
        ("fail-verify 6F00", 4, "token-device"),
        ("fail-verify 6983", 5, "token-pin-blocked"),
        ("fail-select 6A82", 4, "token-unsupported-card"),
        ("lie 1", 4, "signing-token-lied"),
    ] {
        rig.card("guest", &format!("set {fault}"));
        place.refused("lanhdao", &words, status, code);
        let (name, _) = fault.split_once(' ').unwrap();
        rig.card("guest", &format!("set {name} {}", if name == "lie" { "0" } else { "none" }));
    }
    assert_eq!(rig.number("guest", "pin-tries"), 3);
    // As slow as a real one, it still signs.
    rig.card("guest", "set sign-delay-ms 800");
    then_takes_the_first_number(&place, &id, &token, "LEADER_PIN");
}

#[test]
fn a_card_pulled_out_as_soon_as_it_has_signed() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let token = guest(&rig);
    rig.card("guest", "set remove-after-sign 1");
    then_takes_the_first_number(&place, &id, &token, "LEADER_PIN");
}

#[test]
fn two_cards_at_once_and_the_wrong_one() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    // The other reader holds the seal: no personal signature, and its PIN is not tried.
    let before = rig.number("org", "pin-tries");
    place.refused("lanhdao", &sign(&id, &card("ORG"), "WRONG_PIN"), 5, "token-other-holder");
    assert_eq!(rig.number("org", "pin-tries"), before);
    // Two cards of the same person: each reader is its own.
    let token = guest(&rig);
    let signatures = rig.signatures();
    then_takes_the_first_number(&place, &id, &token, "LEADER_PIN");
    assert_eq!((rig.signatures(), rig.number("guest", "signatures")), (signatures, 1));
}

#[test]
fn a_measured_token_signs_a_document_or_says_which_software_it_needs() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    let words = ["p15", "--profile", "vgca-b", "--key", &crate::rig::pki_key("leader")];
    let other = rig.guest(&[&words[..], &["--key-reference", "0x02"]].concat()).to_string();
    let error = place.refused("lanhdao", &sign(&id, &other, "LEADER_PIN"), 4, "token-needs-module");
    assert!(error["facts"]["module"].as_str().unwrap().contains("VGCA"), "{error:#}");
    assert_eq!(rig.number("guest", "pin-commands"), 0);
    let token = rig.guest(&words).to_string();
    rig.card("guest", "set fail-sign 6F00");
    place.refused("lanhdao", &sign(&id, &token, "LEADER_PIN"), 4, "token-measured-fault");
    rig.card("guest", "set fail-sign none");
    then_takes_the_first_number(&place, &id, &token, "LEADER_PIN");
}

#[test]
fn a_seal_that_fails_leaves_the_signature() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    place.run("lanhdao", &sign(&id, &p12("leader"), "P12_PIN")).done();
    rig.card("org", "set fail-sign 6F00");
    let organisation = card("ORG");
    let seal = ["seal", &id, "--token", &organisation, "--pin-env", "ORG_PIN"];
    place.refused("vanthu", &seal, 4, "token-device");
    rig.card("org", "set fail-sign none");
    assert_eq!(place.run("vanthu", &seal).done()["state"], "to-issue");
}

#[test]
fn tokens_that_are_no_tokens() {
    let place = Place::new();
    let id = place.to_sign();
    let pdf = place.pdf("không-phải-khóa.p12");
    for (token, status, code) in [
        ("bất kỳ", 2, "token-bad-selector"),
        ("pcsc:Không có đầu đọc này", 4, "token-no-reader"),
        ("pkcs11:/không/có.so#x", 4, "token-module-missing"),
        (&format!("file:{pdf}"), 3, "token-bad-file"),
        (&format!("file:{}", place.path("không-có.p12")), 3, "token-bad-file"),
    ] {
        place.refused("lanhdao", &sign(&id, token, "P12_PIN"), status, code);
    }
}

#[test]
fn the_wrong_persons_certificate() {
    let rig = Rig::hold();
    let place = Place::new();
    let id = place.to_sign();
    // The seal is nobody's personal signature, and a person is no organisation.
    place.refused("lanhdao", &sign(&id, &p12("org"), "P12_PIN"), 5, "token-other-holder");
    let serial = {
        let file = std::fs::read(crate::rig::pki("certs/org.der")).unwrap();
        vanthu::pki::Certificate::from_der(&file).unwrap().serial_hex()
    };
    let mut words = vec!["sign-document", &id, "--token"];
    let organisation = p12("org");
    words.extend([organisation.as_str(), "--cert", &serial, "--pin-env", "P12_PIN"]);
    place.refused("lanhdao", &words, 5, "token-other-holder");
    words[5] = "00ff00ff";
    place.refused("lanhdao", &words, 5, "office-no-certificate");

    // Drafted for another's signature; her card's PIN is not even tried.
    let named = crate::place::decision(|sheet| sheet.signer.full_name = "Trần Văn Khác".to_owned());
    let pdf = place.file("khác.pdf", &named);
    let drafted = place.run("soanthao", &crate::place::draft(&pdf, &["--signer", "Trần Văn Khác"]));
    let other = drafted.done()["id"].as_str().unwrap().to_owned();
    place.run("soanthao", &["review", &other, "--to", "sign"]).done();
    let tries = rig.tries();
    let words = sign(&other, "", "WRONG_PIN");
    let leader = card("LEADER");
    let words: Vec<&str> = words
        .into_iter()
        .map(|word| if word.is_empty() { leader.as_str() } else { word })
        .collect();
    let error = place.refused("lanhdao", &words, 5, "office-other-signer");
    assert_eq!(error["facts"]["signer"], "Trần Văn Khác");
    assert_eq!(rig.tries(), tries);
    then_takes_the_first_number(&place, &id, &leader, "LEADER_PIN");
}

#[test]
fn expired_certificates_sign_nothing() {
    let place = Place::new();
    let id = place.to_sign();
    let expired = p12("expired");
    if !std::path::Path::new(expired.trim_start_matches("file:")).exists() {
        panic!("the rig has no {expired}");
    }
    place.refused("lanhdao", &sign(&id, &expired, "P12_PIN"), 5, "token-expired");
    then_takes_the_first_number(&place, &id, &p12("leader"), "P12_PIN");
}
