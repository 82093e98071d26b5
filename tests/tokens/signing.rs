//! Signatures of every kind of token, verified by strangers.

use std::process::Command;

use jiff::Timestamp;
use vanthu::domain::outbound::SignatureKind;
use vanthu::office::hand::Hand;
use vanthu::pki::algorithm::DigestAlgorithm::{Sha256, Sha384, Sha512};
use vanthu::pki::algorithm::SignatureScheme::{self, Ecdsa, RsaPkcs1, RsaPss};
use vanthu::pki::fetch::HttpFetch;
use vanthu::pki::{Certificate, TrustStore};
use vanthu::rules::algorithms::Algorithms;
use vanthu::signing::Level;
use vanthu::token::{self, KeyRef, LastTry, Pin, Selector, Token, TokenError};

use crate::rig::*;

fn sign_all(token: &mut dyn Token, rsa: &str, ec: &str) {
    for algorithm in [Sha256, Sha384, Sha512] {
        sign_and_verify(token, rsa, "leader", RsaPkcs1, algorithm);
        sign_and_verify(token, rsa, "leader", RsaPss, algorithm);
    }
    sign_and_verify(token, ec, "leader-ec", Ecdsa, Sha256);
    sign_and_verify(token, ec, "leader-ec", Ecdsa, Sha384);
}

#[test]
fn a_card_signs_over_pcsc() {
    let rig = Rig::hold();
    let before = rig.signatures();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    sign_all(&mut *card, "9C", "9A");
    assert_eq!(rig.signatures() - before, 8);
    let chosen = card.certificates().unwrap().remove(0);
    let digest = Sha256.digest(MESSAGE);
    token::sign_proved(&mut *card, &chosen, RsaPss, Sha256, &digest).unwrap();
}

#[test]
fn softhsm_signs_over_pkcs11() {
    let _rig = Rig::hold();
    let mut token = token::open(&softhsm()).unwrap();
    token.login(&pin()).unwrap();
    sign_all(&mut *token, "02", "01");
}

#[test]
fn a_card_signs_over_opensc() {
    let _rig = Rig::hold();
    let mut token = token::open(&opensc()).unwrap();
    token.login(&pin()).unwrap();
    sign_all(&mut *token, "02", "01");
}

#[test]
fn a_file_signs_and_is_marked_as_a_demonstration() {
    let _rig = Rig::hold();
    let mut token = token::open(&p12("leader")).unwrap();
    assert!(token.is_demonstration());
    assert_eq!(token.certificates(), Err(TokenError::LoginNeeded));
    token.login(&Pin::new("test")).unwrap();
    let key = token.certificates().unwrap().remove(0).key;
    for algorithm in [Sha256, Sha384, Sha512] {
        sign_and_verify(&mut *token, &key.0, "leader", RsaPkcs1, algorithm);
        sign_and_verify(&mut *token, &key.0, "leader", RsaPss, algorithm);
    }
    for name in ["org", "revoked", "expired", "stranger"] {
        let mut other = token::open(&p12(name)).unwrap();
        other.login(&Pin::new("test")).unwrap();
        assert_eq!(ders(&mut *other)[0].1, certificate(name));
    }
}

#[test]
fn a_file_with_a_key_on_a_curve_signs() {
    let _rig = Rig::hold();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ec.p12");
    let made = Command::new("openssl")
        .args(["pkcs12", "-export", "-passout", "pass:mật khẩu", "-inkey"])
        .arg(pki("keys/leader-ec.pem"))
        .arg("-in")
        .arg(pki("certs/leader-ec.pem"))
        .arg("-out")
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let mut token = token::open(&Selector::File { path }).unwrap();
    token.login(&Pin::new("mật khẩu")).unwrap();
    let key = token.certificates().unwrap().remove(0).key;
    sign_and_verify(&mut *token, &key.0, "leader-ec", Ecdsa, Sha256);
    sign_and_verify(&mut *token, &key.0, "leader-ec", Ecdsa, Sha384);
}

#[test]
fn no_token_signs_before_the_pin() {
    let _rig = Rig::hold();
    for (selector, key) in
        [(leader(), "9C"), (softhsm(), "02"), (opensc(), "02"), (p12("leader"), "leader")]
    {
        let mut token = token::open(&selector).unwrap();
        assert_eq!(sign(&mut *token, key), Err(TokenError::LoginNeeded), "{selector}");
    }
}

#[test]
fn a_key_that_is_not_there_is_named() {
    let _rig = Rig::hold();
    for (selector, secret) in
        [(leader(), pin()), (softhsm(), pin()), (p12("leader"), Pin::new("test"))]
    {
        let mut token = token::open(&selector).unwrap();
        token.login(&secret).unwrap();
        let missing = TokenError::NoSuchKey { key: "77".to_owned() };
        assert_eq!(sign(&mut *token, "77"), Err(missing), "{selector}");
    }
}

#[test]
fn cards_of_every_kind_sign() {
    let rig = Rig::hold();
    let folder = tempfile::tempdir().unwrap();
    let curve = ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
    let cards = [
        ("rsa-3072", &["rsa:3072"][..], "9C", "extended"),
        ("rsa-4096", &["rsa:4096"][..], "9D", "short"),
        ("p-384", &curve[..], "9E", "pretended"),
        ("retired", &["rsa:2048"][..], "95", "short"),
    ];
    for (name, kind, slot, length) in cards {
        let (files, certificate) = made(folder.path(), name, kind);
        let option = format!("{slot}={files}");
        let guest = rig.guest(&["--gzip", "--length", length, "--slot", &option]);
        let mut card = token::open(&guest).unwrap();
        let certificates = card.certificates().unwrap();
        assert_eq!(certificates.len(), 1, "{name}");
        assert_eq!(certificates[0].key, KeyRef(slot.to_owned()), "{name}");
        assert_eq!(certificates[0].der, certificate, "{name}");
        // 9E is the slot whose key wants no PIN.
        if slot != "9E" {
            card.login(&Pin::new("123456")).unwrap();
        }
        let schemes: &[SignatureScheme] =
            if name == "p-384" { &[Ecdsa] } else { &[RsaPkcs1, RsaPss] };
        for scheme in schemes {
            for algorithm in [Sha256, Sha384, Sha512] {
                let digest = algorithm.digest(MESSAGE);
                token::sign_proved(&mut *card, &certificates[0], *scheme, algorithm, &digest)
                    .unwrap_or_else(|error| panic!("{name} {scheme:?} {algorithm:?}: {error}"));
            }
        }
    }
}

#[test]
fn a_key_below_the_profile_is_refused_before_the_pin() {
    let rig = Rig::hold();
    let mut strict = Algorithms::current().clone();
    strict.rsa_bits = 3072;
    strict.ecdsa_bits = 384;
    let (selector, wrong) = (leader(), Pin::new("654321"));
    let (trust, line) = (TrustStore::empty(), HttpFetch::new());
    let hand = |certificate| Hand {
        token: &selector,
        certificate,
        pin: &wrong,
        last_try: LastTry::Keep,
        kind: SignatureKind::Personal,
        holder: None,
        level: Level::Bb,
        digest: Some(Sha256),
        scheme: None,
        rsa: None,
        algorithms: &strict,
        or_lower: false,
        tsa_urls: &[],
        trust: &trust,
        fetch: &line,
        office: None,
    };
    let tries = rig.tries();
    let serial = Certificate::from_der(&certificate("leader")).unwrap().serial_hex();
    for named in [None, Some(serial.as_str())] {
        let problem = hand(named).ready(Timestamp::now()).err().unwrap();
        assert_eq!(problem.code, "pki-key-too-short", "{problem}");
    }
    assert_eq!(rig.tries(), tries);
}
