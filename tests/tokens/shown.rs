//! What is there, without a PIN.

use std::path::Path;

use vanthu::token::{self, KeyRef, PinState, Presence, Purpose, Selector, Sources, Unfit};

use crate::rig::*;

#[test]
fn a_card_shows_its_certificates_without_a_pin() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    let expected =
        [("9A".to_owned(), certificate("leader-ec")), ("9C".to_owned(), certificate("leader"))];
    assert_eq!(ders(&mut *card), expected);
    assert_eq!(card.pin_state(), Ok(PinState::TriesLeft(Some(3))));
    assert!(card.label().contains(&env("RIG_LEADER_READER")));
    assert!(!card.is_demonstration());
    assert_eq!(rig.tries(), 3);
}

#[test]
fn modules_show_the_same_certificates_before_and_after_the_login() {
    let _rig = Rig::hold();
    let expected =
        [("01".to_owned(), certificate("leader-ec")), ("02".to_owned(), certificate("leader"))];
    for selector in [softhsm(), opensc()] {
        let mut token = token::open(&selector).unwrap();
        assert_eq!(ders(&mut *token), expected, "{selector}");
        token.login(&pin()).unwrap();
        assert_eq!(ders(&mut *token), expected, "{selector}");
    }
}

#[test]
fn everything_that_could_sign_is_listed() {
    let rig = Rig::hold();
    rig.card("org", "block-pin");
    let sources = Sources {
        modules: vec![env("RIG_SOFTHSM_MODULE").into(), "/nonexistent/module.so".into()],
        files: vec![pki("p12/leader.p12")],
    };
    let listed = token::list_from(&sources);
    let find = |selector: &Selector| {
        listed
            .iter()
            .find(|info| info.selector == *selector)
            .unwrap_or_else(|| panic!("{selector} is not in {listed:#?}"))
    };
    let card = find(&leader());
    assert_eq!(card.presence, Presence::Ready { owner: "Nguyễn Thị Ánh Nguyệt".to_owned() });
    assert_eq!(card.pin, Some(PinState::TriesLeft(Some(3))));
    assert_eq!(card.certificates.len(), 2);
    assert!(!card.demonstration);
    let org = find(&Selector::Pcsc { reader: env("RIG_ORG_READER") });
    assert_eq!(org.presence, Presence::Locked { tries_left: Some(0) });
    assert_eq!(org.pin, Some(PinState::Blocked));
    let soft = listed.iter().filter(|info| matches!(info.selector, Selector::Pkcs11 { .. }));
    assert_eq!(soft.count(), 2);
    let file = find(&p12("leader"));
    assert!(file.demonstration);
    assert_eq!(file.presence, Presence::Locked { tries_left: None });
    // What is listed can be opened by the name it was listed under.
    for info in &listed {
        token::open(&Selector::parse(&info.selector.to_string()).unwrap()).unwrap();
    }
    assert_eq!(rig.tries(), 3);
}

#[test]
fn known_modules_are_found_on_this_computer() {
    let modules = token::pkcs11::modules();
    for wanted in [env("RIG_SOFTHSM_MODULE"), env("RIG_OPENSC_MODULE")] {
        let wanted = Path::new(&wanted).canonicalize().unwrap();
        assert!(
            modules.iter().any(|module| module.path.canonicalize().unwrap() == wanted),
            "{wanted:?} is not in {modules:?}"
        );
    }
}

#[test]
fn the_right_certificate_is_chosen_or_the_reason_is_told() {
    let _rig = Rig::hold();
    let now = jiff::Timestamp::now();
    let mut card = token::open(&leader()).unwrap();
    let certificates = card.certificates().unwrap();
    let (chosen, read) = token::choose(&certificates, Purpose::Personal, now).unwrap();
    assert_eq!(chosen.key, KeyRef("9C".to_owned()));
    assert_eq!(read.subject().common_name.as_deref(), Some("Nguyễn Thị Ánh Nguyệt"));
    let serial = format!("00{}", read.serial_hex().to_uppercase());
    let by_serial = token::choose::by_serial(&certificates, &serial);
    assert_eq!(by_serial, Some(chosen));
    let refused = token::choose(&certificates, Purpose::Organisation, now).unwrap_err();
    assert_eq!(refused, Unfit::OtherHolder);

    let alone = |name: &str, purpose| {
        let key = KeyRef("02".to_owned());
        let one = [token::TokenCertificate { key, der: certificate(name) }];
        token::choose(&one, purpose, now).map(|_| ())
    };
    assert!(alone("org", Purpose::Organisation).is_ok());
    assert_eq!(alone("org", Purpose::Personal), Err(Unfit::OtherHolder));
    assert_eq!(alone("expired", Purpose::Personal), Err(Unfit::Expired));
    assert_eq!(alone("leader-ec", Purpose::Personal), Err(Unfit::NotForSigning));
    assert_eq!(alone("sub", Purpose::Any), Err(Unfit::CertificationAuthority));
}
