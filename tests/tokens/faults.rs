//! Faults of cards, readers, the service, modules and files: each is told for what it is,
//! and the next try works.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vanthu::domain::problem::Problem;
use vanthu::pki::algorithm::DigestAlgorithm::Sha256;
use vanthu::pki::algorithm::SignatureScheme::{Ecdsa, RsaPkcs1};
use vanthu::token::{self, Pin, Presence, Selector, Sources, Token, TokenCertificate, TokenError};

use crate::rig::*;

#[test]
fn a_card_pulled_out_during_the_signature() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    rig.leader("set sign-delay-ms 300");
    rig.leader("set remove-on-sign 1");
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Removed));
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Removed));
    rig.until_present(false);
    let absent = TokenError::NoCard { reader: env("RIG_LEADER_READER") };
    assert_eq!(token::open(&leader()).err(), Some(absent.clone()));
    assert_eq!(Problem::from(absent).kind.exit_status(), 4);
    rig.leader("set remove-on-sign 0");
    rig.leader("insert");
    rig.until_present(true);
    // The old handle stays dead; a new one signs at once.
    assert!(sign(&mut *card, "9C").is_err());
    let mut again = token::open(&leader()).unwrap();
    again.login(&pin()).unwrap();
    sign(&mut *again, "9C").unwrap();
}

#[test]
fn a_card_pulled_out_under_a_module() {
    let rig = Rig::hold();
    let mut module = token::open(&opensc()).unwrap();
    module.login(&pin()).unwrap();
    rig.leader("set sign-delay-ms 300");
    rig.leader("set remove-on-sign 1");
    let lost = sign(&mut *module, "02");
    assert!(matches!(lost, Err(TokenError::Removed | TokenError::Device { .. })), "{lost:?}");
    rig.until_present(false);
    assert_eq!(sign(&mut *module, "02"), Err(TokenError::Removed));
    rig.leader("insert");
    rig.until_present(true);
    // A login does not outlive its card.
    assert_eq!(sign(&mut *module, "02"), Err(TokenError::Removed));
    drop(module);
    let mut again = token::open(&opensc()).unwrap();
    again.login(&pin()).unwrap();
    sign(&mut *again, "02").unwrap();
    assert_eq!(rig.tries(), 3);
}

#[test]
fn a_card_pulled_out_between_login_and_signature_is_not_given_the_pin_again() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    rig.leader("remove");
    rig.until_present(false);
    rig.leader("insert");
    rig.until_present(true);
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Removed));
}

#[test]
fn a_card_that_fails_is_not_a_wrong_pin() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    for status in ["6F00", "6982", "6A80"] {
        rig.leader(&format!("set fail-sign {status}"));
        let code = format!("SW {status}");
        assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Device { code }));
    }
    rig.leader("set fail-sign none");
    sign(&mut *card, "9C").unwrap();
    assert_eq!(rig.tries(), 3);

    // The same through a module, which has its own words for it.
    let mut module = token::open(&opensc()).unwrap();
    module.login(&pin()).unwrap();
    rig.leader("set fail-sign 6F00");
    let failed = sign(&mut *module, "02");
    assert!(matches!(failed, Err(TokenError::Device { .. })), "{failed:?}");
    rig.leader("set fail-sign none");
    sign(&mut *module, "02").unwrap();
    assert_eq!(rig.tries(), 3);
}

#[test]
fn a_slow_card_is_waited_for() {
    let rig = Rig::hold();
    rig.leader("set sign-delay-ms 800");
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    let started = Instant::now();
    sign_and_verify(&mut *card, "9C", "leader", RsaPkcs1, Sha256);
    assert!(started.elapsed() >= Duration::from_millis(800));
}

#[test]
fn an_empty_reader_and_a_wrong_name() {
    let rig = Rig::hold();
    rig.leader("remove");
    rig.until_present(false);
    let absent = TokenError::NoCard { reader: env("RIG_LEADER_READER") };
    assert_eq!(token::open(&leader()).err(), Some(absent));
    let listed = token::list_from(&Sources::default());
    let empty = listed.iter().find(|info| info.selector == leader()).unwrap();
    assert_eq!(empty.presence, Presence::Absent);
    for name in ["Virtual PCD 00 07", "đầu đọc", "x"] {
        let selector = Selector::Pcsc { reader: name.to_owned() };
        let missing = TokenError::NoReader { reader: name.to_owned() };
        assert_eq!(token::open(&selector).err(), Some(missing));
    }
}

#[test]
fn the_service_stopped_and_started_again() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    rig.pcscd("stop");
    assert_eq!(token::open(&leader()).err(), Some(TokenError::NoService));
    assert_eq!(token::pcsc::readers(), Err(TokenError::NoService));
    assert_eq!(token::list_from(&Sources::default()), []);
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::NoService));
    assert_eq!(Problem::from(TokenError::NoService).kind.exit_status(), 4);

    rig.pcscd("no-readers");
    assert_eq!(token::pcsc::readers(), Ok(Vec::new()));
    let missing = TokenError::NoReader { reader: env("RIG_LEADER_READER") };
    assert_eq!(token::open(&leader()).err(), Some(missing));

    rig.pcscd("start");
    rig.until_present(true);
    let mut again = token::open(&leader()).unwrap();
    again.login(&pin()).unwrap();
    sign(&mut *again, "9C").unwrap();
    drop(again);
    let mut module = token::open(&opensc()).unwrap();
    module.login(&pin()).unwrap();
    sign(&mut *module, "02").unwrap();
}

#[test]
fn a_module_that_is_not_there_or_none() {
    let _rig = Rig::hold();
    let open = |module: &Path, token: &str| {
        let selector = Selector::Pkcs11 { module: module.into(), token: token.to_owned() };
        token::open(&selector).err().unwrap()
    };
    let missing = Path::new("/nonexistent/module.so");
    assert_eq!(open(missing, "x"), TokenError::ModuleMissing { path: missing.into() });
    let folder = Path::new("/tmp");
    assert_eq!(open(folder, "x"), TokenError::ModuleMissing { path: folder.into() });
    for not_a_module in ["/bin/true".into(), pki("certs/leader.pem")] {
        let error = open(&not_a_module, "x");
        assert!(matches!(error, TokenError::ModuleFailed { .. }), "{error:?}");
    }
    let softhsm = PathBuf::from(env("RIG_SOFTHSM_MODULE"));
    for name in ["nobody", "slot=4711", "slot=x"] {
        assert_eq!(open(&softhsm, name), TokenError::NotFound { token: name.to_owned() });
    }
}

#[test]
fn a_file_that_does_not_open() {
    let _rig = Rig::hold();
    let mut token = token::open(&p12("leader")).unwrap();
    for password in ["", "Test", "sai mật khẩu"] {
        assert_eq!(token.login(&Pin::new(password)), Err(TokenError::WrongPassword));
        assert_eq!(token.certificates(), Err(TokenError::LoginNeeded));
    }
    for path in [PathBuf::from("/nonexistent.p12"), pki("certs/leader.der"), "/tmp".into()] {
        let error = token::open(&Selector::File { path }).err().unwrap();
        assert!(matches!(error, TokenError::BadFile { .. }), "{error:?}");
        assert_eq!(Problem::from(error).kind.exit_status(), 3);
    }
    let whole = std::fs::read(pki("p12/leader.p12")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for size in [0, 1, 4, 10, whole.len() / 2, whole.len() - 1] {
        let path = folder.path().join("cut.p12");
        std::fs::write(&path, &whole[..size]).unwrap();
        let opened = token::open(&Selector::File { path: path.clone() });
        let error = opened.and_then(|mut token| token.login(&Pin::new("test"))).unwrap_err();
        assert!(matches!(error, TokenError::BadFile { .. }), "{size}: {error:?}");
    }
}

/// The leader's keys on a card that knows all faults.
fn piv(rig: &Rig) -> Selector {
    let slot = format!("9C={}", pki_key("leader"));
    rig.guest(&["--slot", &slot])
}

fn chosen(token: &mut dyn Token) -> TokenCertificate {
    token.certificates().unwrap().remove(0)
}

fn proved(token: &mut dyn Token) -> Result<Vec<u8>, TokenError> {
    let certificate = chosen(token);
    token::sign_proved(token, &certificate, RsaPkcs1, Sha256, &Sha256.digest(MESSAGE))
}

#[test]
fn every_status_is_told_for_what_it_is_and_the_next_try_works() {
    let rig = Rig::hold();
    let guest = piv(&rig);
    let mut card = token::open(&guest).unwrap();
    // While presenting the PIN: only what the card says of the PIN is about the PIN.
    for (status, error) in [
        ("6F00", TokenError::Device { code: "SW 6F00".to_owned() }),
        ("6982", TokenError::Device { code: "SW 6982".to_owned() }),
        ("6A82", TokenError::Device { code: "SW 6A82".to_owned() }),
        ("6983", TokenError::PinBlocked),
        ("63C1", TokenError::WrongPin { tries_left: Some(1) }),
        ("63C0", TokenError::PinBlocked),
    ] {
        rig.card("guest", &format!("set fail-verify {status}"));
        assert_eq!(card.login(&pin()), Err(error), "{status}");
        assert_eq!(sign(&mut *card, "9C"), Err(TokenError::LoginNeeded), "{status}");
    }
    rig.card("guest", "set fail-verify none");
    card.login(&pin()).unwrap();
    // While signing, nothing is about the PIN: it has just been accepted.
    for status in ["6F00", "6982", "6983", "63C1", "6A82", "6A80", "6700"] {
        rig.card("guest", &format!("set fail-sign {status}"));
        let code = format!("SW {status}");
        assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Device { code }));
        rig.card("guest", "set fail-sign none");
        proved(&mut *card).unwrap_or_else(|error| panic!("after {status}: {error}"));
    }
    // The application itself does not answer: no PIN is sent.
    let before = rig.number("guest", "pin-commands");
    for status in ["6A82", "6F00", "6999"] {
        rig.card("guest", &format!("set fail-select {status}"));
        let refused = token::open(&guest).map(|card| card.label());
        assert!(matches!(refused, Err(TokenError::UnsupportedCard { .. })), "{refused:?}");
        let code = format!("SW {status}");
        assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Device { code }));
    }
    assert_eq!(rig.number("guest", "pin-commands"), before);
    rig.card("guest", "set fail-select none");
    proved(&mut *card).unwrap();
    assert_eq!(rig.number("guest", "pin-tries"), 3);
}

#[test]
fn a_token_that_lies_signs_nothing() {
    let rig = Rig::hold();
    let curve = format!("9A={}", pki_key("leader-ec"));
    let rsa = format!("9C={}", pki_key("leader"));
    let chipdoc = pki_key("leader");
    for words in [
        &["--slot", rsa.as_str()][..],
        &["--slot", &curve],
        &["p15", "--profile", "vgca-b", "--key", &chipdoc],
    ] {
        let guest = rig.guest(words);
        let mut card = token::open(&guest).unwrap();
        card.login(&pin()).unwrap();
        let certificate = chosen(&mut *card);
        let scheme = if words.contains(&curve.as_str()) { Ecdsa } else { RsaPkcs1 };
        let mut proved = || {
            let digest = Sha256.digest(MESSAGE);
            token::sign_proved(&mut *card, &certificate, scheme, Sha256, &digest)
        };
        rig.card("guest", "set lie 1");
        assert_eq!(proved(), Err(TokenError::BadSignature), "{words:?}");
        rig.card("guest", "set lie 0");
        proved().unwrap();
    }
}

#[test]
fn a_measured_card_that_fails_leads_to_its_makers_module() {
    let rig = Rig::hold();
    let words = ["p15", "--profile", "vgca-b", "--key", &pki_key("leader")];
    let mut card = token::open(&rig.guest(&words)).unwrap();
    card.login(&pin()).unwrap();
    for status in ["6F00", "6982", "6A80", "6A88"] {
        rig.card("guest", &format!("set fail-sign {status}"));
        let failed = sign(&mut *card, "BE72ECF5").unwrap_err();
        assert!(
            matches!(&failed, TokenError::Measured { status: told, module }
                if told.contains(status) && module.contains("VGCA")),
            "{failed:?}"
        );
        assert_eq!(Problem::from(failed).code, "token-measured-fault");
    }
    rig.card("guest", "set fail-sign none");
    proved(&mut *card).unwrap();
    assert_eq!(rig.number("guest", "pin-tries"), 3);
}

#[test]
fn a_card_pulled_out_right_after_the_signature_has_signed() {
    let rig = Rig::hold();
    let guest = piv(&rig);
    let mut card = token::open(&guest).unwrap();
    card.login(&pin()).unwrap();
    let certificate = chosen(&mut *card);
    rig.card("guest", "set remove-after-sign 1");
    token::sign_proved(&mut *card, &certificate, RsaPkcs1, Sha256, &Sha256.digest(MESSAGE))
        .unwrap();
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Removed));
    drop(card);
    rig.card("guest", "insert");
    rig.until_answering(&env("RIG_ORG_READER"));
    let mut again = token::open(&guest).unwrap();
    again.login(&pin()).unwrap();
    proved(&mut *again).unwrap();
}

#[test]
fn a_card_exchanged_for_another_is_not_given_the_first_ones_pin() {
    let rig = Rig::hold();
    let mut card = token::open(&piv(&rig)).unwrap();
    card.login(&pin()).unwrap();
    proved(&mut *card).unwrap();
    let slot = format!("9C={}", pki_key("org"));
    let other = rig.guest(&["--slot", &slot, "--pin", "654321"]);
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Removed));
    assert_eq!(rig.number("guest", "pin-commands"), 0);
    // The right PIN of the wrong card is a wrong PIN, and counted.
    let mut other = token::open(&other).unwrap();
    assert_eq!(other.login(&pin()), Err(TokenError::WrongPin { tries_left: Some(2) }));
    other.login(&Pin::new("654321")).unwrap();
    assert_eq!(rig.number("guest", "pin-tries"), 3);
}

#[test]
fn two_tokens_sign_at_the_same_time() {
    let rig = Rig::hold();
    let slot = format!("9C={}", pki_key("org"));
    let guest = rig.guest(&["--slot", &slot, "--sign-delay-ms", "800"]);
    rig.leader("set sign-delay-ms 800");
    let started = Instant::now();
    let sign = |selector: Selector, name: &'static str| {
        std::thread::spawn(move || {
            let mut card = token::open(&selector).unwrap();
            card.login(&pin()).unwrap();
            sign_and_verify(&mut *card, "9C", name, RsaPkcs1, Sha256);
        })
    };
    let both = [sign(leader(), "leader"), sign(guest, "org")];
    for one in both {
        one.join().unwrap();
    }
    println!("two cards of 800 ms each: {:?}", started.elapsed());
    assert_eq!((rig.tries(), rig.number("guest", "pin-tries")), (3, 3));
}
