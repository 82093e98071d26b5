//! What cards speak: PIV in all its lengths and protocols, PKCS#15, and the Government Cipher
//! Committee's tokens as they were measured; and cards that nearly are one of them.

use std::process::Command;

use vanthu::domain::problem::Problem;
use vanthu::pki::algorithm::DigestAlgorithm::{Sha256, Sha384, Sha512};
use vanthu::pki::algorithm::SignatureScheme::{Ecdsa, RsaPkcs1, RsaPss};
use vanthu::token::{self, KeyRef, Pin, PinState, Presence, Sources, TokenError};

use crate::rig::*;

fn guest_pin() -> Pin {
    Pin::new("123456")
}

/// OpenSC's word on the card in org's reader.
fn opensc_says(tool: &str, words: &[&str]) -> String {
    let done = Command::new(tool).args(["-r", &env("RIG_ORG_READER")]).args(words).output();
    let done = done.unwrap();
    assert!(done.status.success(), "{tool} {words:?}: {done:?}");
    String::from_utf8(done.stdout).unwrap()
}

/// What OpenSC says when it presents a PIN to the card in org's reader; nothing if all is well.
fn opensc_verifies(pin: &str) -> String {
    let done = Command::new("pkcs15-tool")
        .args(["-r", &env("RIG_ORG_READER"), "--verify-pin", "--pin", pin])
        .output()
        .unwrap();
    String::from_utf8(done.stderr)
        .unwrap()
        .replace("Using reader with a card: ", "")
        .replace(&env("RIG_ORG_READER"), "")
        .trim()
        .to_owned()
}

fn opensc_certificate(id: &str) -> Vec<u8> {
    let pem = opensc_says("pkcs15-tool", &["--read-certificate", id]);
    vanthu::pki::Certificate::from_pem_or_der(pem.as_bytes()).unwrap().remove(0).der().to_vec()
}

#[test]
fn a_standard_pkcs15_card_is_read_and_signs_as_opensc_does() {
    let rig = Rig::hold();
    let (rsa, curve) = (pki_key("leader"), pki_key("leader-ec"));
    let guest = rig.guest(&["p15", "--key", &rsa, "--key", &curve]);
    let mut card = token::open(&guest).unwrap();
    assert!(card.label().contains("Test PKCS#15 card, PKCS#15"), "{}", card.label());
    assert!(!card.is_measured());
    // The key for documents comes first.
    let read: Vec<_> =
        card.certificates().unwrap().into_iter().map(|one| (one.key, one.der)).collect();
    assert_eq!(
        read,
        [
            (KeyRef("BE72ECF5".to_owned()), certificate("leader")),
            (KeyRef("46".to_owned()), certificate("leader-ec")),
        ]
    );
    for (key, der) in &read {
        assert_eq!(opensc_certificate(&key.0), *der);
    }
    assert_eq!(card.pin_state(), Ok(PinState::TriesLeft(Some(3))));
    assert_eq!(rig.number("guest", "pin-commands"), 0);

    // A try that OpenSC uses up is one that we see gone.
    assert!(opensc_verifies("000000").contains("PIN code or key incorrect"));
    assert_eq!(card.pin_state(), Ok(PinState::TriesLeft(Some(2))));
    let wrong = card.login(&Pin::new("0000"));
    assert_eq!(wrong, Err(TokenError::WrongPin { tries_left: Some(1) }));
    card.login(&guest_pin()).unwrap();
    assert_eq!(opensc_verifies("123456"), "");
    for algorithm in [Sha256, Sha384, Sha512] {
        sign_and_verify(&mut *card, "BE72ECF5", "leader", RsaPkcs1, algorithm);
    }
    sign_and_verify(&mut *card, "46", "leader-ec", Ecdsa, Sha256);
    let pss = card.sign_digest(&read[0].0, RsaPss, Sha256, &[0; 32]);
    assert!(matches!(pss, Err(TokenError::Unsupported { .. })), "{pss:?}");
    drop(card);

    // RSA PKCS#1 has one right answer: OpenSC's is ours.
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("digest"), Sha256.digest(MESSAGE)).unwrap();
    let (input, output) = (path("digest"), path("signature"));
    let words = ["-s", "--sha-256", "--pkcs1", "-k", "BE72ECF5", "--pin", "123456", "-R"];
    opensc_says("pkcs15-crypt", &[&words[..], &["-i", &input, "-o", &output]].concat());
    let mut card = token::open(&guest).unwrap();
    card.login(&guest_pin()).unwrap();
    assert_eq!(sign(&mut *card, "BE72ECF5").unwrap(), std::fs::read(output).unwrap());

    // And what we block, it finds blocked.
    for _ in 0..3 {
        assert!(card.login(&Pin::new("0000")).is_err());
    }
    assert_eq!(card.pin_state(), Ok(PinState::Blocked));
    assert!(opensc_verifies("123456").contains("method blocked"));
}

#[test]
fn pkcs15_cards_of_other_habits() {
    let rig = Rig::hold();
    let (rsa, curve) = (pki_key("leader"), pki_key("leader-ec"));
    // T=0, the PIN before every signature, packed certificates.
    let words = ["p15", "--protocol", "t0", "--always", "--packing", "gzip", "--key", &rsa];
    let mut card = token::open(&rig.guest(&words)).unwrap();
    assert!(card.wants_pin_every_time(&KeyRef("BE72ECF5".to_owned())));
    card.login(&guest_pin()).unwrap();
    for _ in 0..2 {
        sign_and_verify(&mut *card, "BE72ECF5", "leader", RsaPkcs1, Sha256);
    }
    // 6Cxx, bare ECDSA numbers, a certificate in its directory, short commands.
    let words = ["p15", "--strict-length", "--length", "short", "--bare-ecdsa", "--direct"];
    let mut card =
        token::open(&rig.guest(&[&words[..], &["--key", &rsa, "--key", &curve]].concat())).unwrap();
    assert_eq!(card.certificates().unwrap()[1].der, certificate("leader-ec"));
    card.login(&guest_pin()).unwrap();
    sign_and_verify(&mut *card, "46", "leader-ec", Ecdsa, Sha256);
    sign_and_verify(&mut *card, "BE72ECF5", "leader", RsaPkcs1, Sha256);
    assert_eq!(rig.number("guest", "pin-tries"), 3);
}

#[test]
fn the_government_cipher_committees_cards_sign_without_their_driver() {
    let rig = Rig::hold();
    let folder = tempfile::tempdir().unwrap();
    let (jcop, jcop_der) = made(folder.path(), "jcop", &["rsa:3072"]);
    let chipdoc = pki_key("leader");
    let chain = pki("certs/sub.pem").display().to_string();
    for packing in ["zlib", "gzip", "deflate", "none"] {
        let words = ["p15", "--profile", "vgca-a", "--packing", packing, "--key", &jcop];
        let guest = rig.guest(&words);
        let mut card = token::open(&guest).unwrap();
        assert_eq!(card.certificates().unwrap().remove(0).der, jcop_der, "{packing}");
        if packing != "zlib" {
            continue;
        }
        assert!(card.is_measured());
        assert_eq!(card.pin_state(), Ok(PinState::TriesLeft(Some(3))));
        let listed = token::list_from(&Sources::default());
        let listed = listed.into_iter().find(|info| info.selector == guest).unwrap();
        assert!(listed.measured);
        assert_eq!(listed.presence, Presence::Ready { owner: "jcop".to_owned() });
        assert_eq!(card.login(&Pin::new("123")), Err(TokenError::PinLength { min: 4, max: 16 }));
        assert_eq!(rig.number("guest", "pin-commands"), 0);
        card.login(&guest_pin()).unwrap();
        for algorithm in [Sha256, Sha512] {
            sign_and_verify_with(&mut *card, "BE72ECF5", &jcop_der, RsaPkcs1, algorithm);
        }
    }
    let words =
        ["p15", "--profile", "vgca-b", "--key", &chipdoc, "--chain", &chain, "--chain", &chain];
    let mut card = token::open(&rig.guest(&words)).unwrap();
    assert!(card.is_measured());
    assert_eq!(card.certificates().unwrap().len(), 1, "the chain is not the holder's");
    assert_eq!(
        card.login(&Pin::new("mật khẩu sai")),
        Err(TokenError::WrongPin { tries_left: Some(2) })
    );
    card.login(&guest_pin()).unwrap();
    sign_and_verify(&mut *card, "BE72ECF5", "leader", RsaPkcs1, Sha256);
    // The new PIN is padded like the old one.
    card.change_pin(&guest_pin(), &Pin::new("4711")).unwrap();
    assert_eq!(sign(&mut *card, "BE72ECF5"), Err(TokenError::LoginNeeded));
    card.login(&Pin::new("4711")).unwrap();
    sign(&mut *card, "BE72ECF5").unwrap();
    assert_eq!(rig.number("guest", "pin-tries"), 3);
}

/// Cards that differ from a measured one in one thing: all are left to the vendor's module,
/// and no PIN, not even a question about it that costs something, goes to them.
#[test]
fn a_card_that_is_nearly_a_measured_one_is_never_sent_a_pin() {
    let rig = Rig::hold();
    let folder = tempfile::tempdir().unwrap();
    let (jcop, _) = made(folder.path(), "jcop", &["rsa:3072"]);
    let (smaller, chipdoc) = (pki_key("leader"), pki_key("org"));
    let a = ["p15", "--profile", "vgca-a", "--key"];
    let b = ["p15", "--profile", "vgca-b", "--key", &chipdoc];
    let a = |differs: &'static [&str]| [&a[..], &[jcop.as_str()], differs].concat();
    let b = |differs: &'static [&str]| [&b[..], differs].concat();
    let cards = [
        (a(&["--atr", "3BFF1800008131FE45006B150C03020101014234441031810C"]), false),
        (a(&["--application", "E828BD080F014E585031"]), true),
        (a(&["--label", "VGCA token"]), true),
        (a(&["--pin-reference", "0x04"]), true),
        (a(&["--pin-p2", "0x84"]), true),
        (a(&["--key-reference", "0x11"]), true),
        (a(&["--without", "7004"]), true),
        (a(&["--packing", "noise"]), true),
        (a(&["--packing", "bomb"]), true),
        (["p15", "--profile", "vgca-a", "--key", &smaller].to_vec(), true),
        (b(&["--without", "0001"]), true),
    ];
    for (words, known) in cards {
        let guest = rig.guest(&words);
        let error = token::open(&guest).map(|card| card.label()).unwrap_err();
        assert!(
            matches!(&error, TokenError::UnsupportedCard { module, .. } if module.is_some() == known),
            "{words:?}: {error:?}"
        );
        let code = if known { "token-needs-module" } else { "token-unsupported-card" };
        assert_eq!(Problem::from(error).code, code);
        assert_eq!(rig.number("guest", "pin-commands"), 0, "{words:?}");
        assert_eq!(rig.number("guest", "pin-tries"), 3);
    }
}

#[test]
fn a_card_without_any_application_of_ours_is_not_sent_a_pin() {
    let rig = Rig::hold();
    let words = ["p15", "--application", "A00000000101", "--without", "2F00", "--key"];
    let guest = rig.guest(&[&words[..], &[&pki_key("leader")]].concat());
    let refused = token::open(&guest).map(|card| card.label());
    assert!(
        matches!(refused, Err(TokenError::UnsupportedCard { module: None, .. })),
        "{refused:?}"
    );
    assert_eq!(rig.number("guest", "pin-commands"), 0);
}

#[test]
fn a_piv_card_over_t0_and_with_exact_lengths() {
    let rig = Rig::hold();
    let folder = tempfile::tempdir().unwrap();
    let (large, large_der) = made(folder.path(), "large", &["rsa:4096"]);
    let large = format!("9C={large}");
    let small = format!("9A={}", pki_key("leader-ec"));
    for way in [["--protocol", "t0"], ["--strict-length", "--gzip"]] {
        let words = [&way[..], &["--length", "short", "--slot", &large, "--slot", &small]].concat();
        let mut card = token::open(&rig.guest(&words)).unwrap();
        assert_eq!(card.certificates().unwrap()[0].der, large_der);
        card.login(&guest_pin()).unwrap();
        sign_and_verify_with(&mut *card, "9C", &large_der, RsaPkcs1, Sha256);
        sign_and_verify_with(&mut *card, "9C", &large_der, RsaPss, Sha256);
        sign_and_verify(&mut *card, "9A", "leader-ec", Ecdsa, Sha256);
    }
}

#[test]
fn all_slots_of_a_piv_card_are_found_with_and_without_a_key_history() {
    let rig = Rig::hold();
    let (rsa, curve) = (pki_key("leader"), pki_key("leader-ec"));
    let slots = ["9A", "9C", "9D", "9E", "82", "83", "95"];
    let options: Vec<String> = slots
        .iter()
        .map(|slot| format!("{slot}={}", if *slot == "9C" { &rsa } else { &curve }))
        .collect();
    let options: Vec<&str> = options.iter().flat_map(|option| ["--slot", option]).collect();
    let found = |guest| {
        let certificates = token::open(&guest).unwrap().certificates().unwrap();
        certificates.into_iter().map(|one| one.key.0).collect::<Vec<_>>()
    };
    let all = ["9C", "9A", "9D", "9E", "82", "83", "95"];
    assert_eq!(found(rig.guest(&options)), all);
    // A history of two retired keys: what lies behind is not looked for.
    let guest = rig.guest(&[&["--key-history", "2"], &options[..]].concat());
    assert_eq!(found(guest.clone()), all[..6]);
    // OpenSC sees the same two retired certificates.
    for (id, der) in
        [("02", "leader"), ("01", "leader-ec"), ("05", "leader-ec"), ("06", "leader-ec")]
    {
        assert_eq!(opensc_certificate(id), certificate(der), "{id}");
    }
    let mut card = token::open(&guest).unwrap();
    // 9E is the only slot whose key wants no PIN; 9C wants it every time.
    sign_and_verify(&mut *card, "9E", "leader-ec", Ecdsa, Sha256);
    let every_time = |slot: &str| KeyRef(slot.to_owned());
    assert!(card.wants_pin_every_time(&every_time("9C")));
    assert!(!card.wants_pin_every_time(&every_time("9A")));
    card.login(&guest_pin()).unwrap();
    for (slot, name, scheme) in
        [("9C", "leader", RsaPkcs1), ("83", "leader-ec", Ecdsa), ("9C", "leader", RsaPss)]
    {
        sign_and_verify(&mut *card, slot, name, scheme, Sha256);
    }
}

#[test]
fn the_pin_of_a_piv_card_is_changed() {
    let rig = Rig::hold();
    let slot = format!("9C={}", pki_key("leader"));
    let guest = rig.guest(&["--slot", &slot]);
    let mut card = token::open(&guest).unwrap();
    let new = Pin::new("87654321");
    let length = Err(TokenError::PinLength { min: 6, max: 8 });
    assert_eq!(card.change_pin(&guest_pin(), &Pin::new("12345")), length);
    assert_eq!(card.change_pin(&guest_pin(), &guest_pin()), Err(TokenError::NewPin));
    assert_eq!(rig.number("guest", "pin-commands"), 0);
    // The card takes digits only.
    assert_eq!(card.change_pin(&guest_pin(), &Pin::new("mật mã")), length);
    assert_eq!(card.change_pin(&guest_pin(), &Pin::new("letters")), Err(TokenError::NewPin));
    let wrong = card.change_pin(&Pin::new("000000"), &new);
    assert_eq!(wrong, Err(TokenError::WrongPin { tries_left: Some(2) }));
    card.change_pin(&guest_pin(), &new).unwrap();
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::LoginNeeded));
    assert_eq!(card.login(&guest_pin()), Err(TokenError::WrongPin { tries_left: Some(2) }));
    card.login(&new).unwrap();
    sign(&mut *card, "9C").unwrap();
    drop(card);
    assert_eq!(opensc_verifies("87654321"), "");
    assert_eq!(rig.number("guest", "pin-tries"), 3);
}
