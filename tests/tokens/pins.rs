//! PINs: wrong, blocked, changed, and never told.

use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex};

use vanthu::domain::problem::Problem;
use vanthu::token::{self, Pin, PinState, TokenError};

use crate::rig::*;

#[test]
fn a_wrong_pin_costs_one_try_and_the_right_one_gives_it_back() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    assert_eq!(card.login(&wrong_pin()), Err(TokenError::WrongPin { tries_left: Some(2) }));
    assert_eq!(card.pin_state(), Ok(PinState::TriesLeft(Some(2))));
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::LoginNeeded));
    assert_eq!(rig.tries(), 2);
    card.login(&pin()).unwrap();
    assert_eq!(rig.tries(), 3);
    sign(&mut *card, "9C").unwrap();
}

#[test]
fn a_pin_of_impossible_length_is_not_sent() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    for text in ["", "1", "12345", "123456789", "một hai ba bốn"] {
        let refused = card.login(&Pin::new(text));
        assert_eq!(refused, Err(TokenError::PinLength { min: 6, max: 8 }), "{text:?}");
    }
    assert_eq!(rig.tries(), 3);
}

#[test]
fn a_blocked_pin_is_told_over_every_way() {
    let rig = Rig::hold();
    rig.leader("block-pin");
    let mut card = token::open(&leader()).unwrap();
    assert_eq!(card.pin_state(), Ok(PinState::Blocked));
    assert_eq!(card.login(&pin()), Err(TokenError::PinBlocked));
    drop(card);
    let mut module = token::open(&opensc()).unwrap();
    assert_eq!(module.pin_state(), Ok(PinState::Blocked));
    assert_eq!(module.login(&pin()), Err(TokenError::PinBlocked));
    let problem = Problem::from(TokenError::PinBlocked);
    assert_eq!(problem.kind.exit_status(), 5);
}

#[test]
fn the_third_wrong_pin_blocks() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    for expected in [
        TokenError::WrongPin { tries_left: Some(2) },
        TokenError::WrongPin { tries_left: Some(1) },
        TokenError::PinBlocked,
        TokenError::PinBlocked,
    ] {
        assert_eq!(card.login(&wrong_pin()), Err(expected));
    }
    assert_eq!(rig.tries(), 0);
}

#[test]
fn modules_tell_a_wrong_pin() {
    let rig = Rig::hold();
    for selector in [softhsm(), opensc()] {
        let mut token = token::open(&selector).unwrap();
        let refused = token.login(&wrong_pin());
        assert!(matches!(refused, Err(TokenError::WrongPin { .. })), "{selector}: {refused:?}");
        assert_eq!(sign(&mut *token, "02"), Err(TokenError::LoginNeeded), "{selector}");
        token.login(&pin()).unwrap();
        sign(&mut *token, "02").unwrap();
    }
    assert_eq!(rig.tries(), 3);
}

#[test]
fn one_login_to_a_modules_token_at_a_time() {
    let _rig = Rig::hold();
    let mut first = token::open(&softhsm()).unwrap();
    let mut second = token::open(&softhsm()).unwrap();
    first.login(&pin()).unwrap();
    assert_eq!(second.login(&wrong_pin()), Err(TokenError::Busy));
    drop(first);
    second.login(&pin()).unwrap();
    sign(&mut *second, "02").unwrap();
}

#[test]
fn the_pin_changed_by_another_program_is_not_tried_again() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    let changed = Command::new("pkcs15-tool")
        .args(["-r", "0", "--change-pin", "--pin", &env("RIG_LEADER_PIN"), "--new-pin", "111111"])
        .output()
        .unwrap();
    assert!(changed.status.success(), "{changed:?}");
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::WrongPin { tries_left: Some(2) }));
    for _ in 0..3 {
        assert_eq!(sign(&mut *card, "9C"), Err(TokenError::LoginNeeded));
    }
    assert_eq!(rig.tries(), 2);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_most_talkative_log_never_holds_the_pin() {
    let rig = Rig::hold();
    let log = Log::default();
    let writer = log.clone();
    // For the whole process: the work with a card is done on threads of its own.
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::level_filters::LevelFilter::TRACE)
        .with_ansi(false)
        // A microsecond may well read 123456.
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let secret = "71530482";
    let mut card = token::open(&leader()).unwrap();
    let wrong = card.login(&Pin::new(secret));
    assert_eq!(wrong, Err(TokenError::WrongPin { tries_left: Some(2) }));
    card.login(&pin()).unwrap();
    sign(&mut *card, "9C").unwrap();
    for selector in [softhsm(), opensc()] {
        let mut token = token::open(&selector).unwrap();
        assert!(token.login(&Pin::new(secret)).is_err());
        token.login(&pin()).unwrap();
        sign(&mut *token, "02").unwrap();
    }
    let mut file = token::open(&p12("leader")).unwrap();
    assert!(file.login(&Pin::new(secret)).is_err());
    assert!(!format!("{:?} {card:?}", Pin::new(secret)).contains(secret));
    rig.leader("set fail-sign 6F00");
    assert!(sign(&mut *card, "9C").is_err());

    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(written.contains("to the card"), "nothing was traced");
    assert!(written.contains("00200080"), "VERIFY was not traced");
    // Six digits also stand by chance in the hexadecimal of a signature, so within a longer run
    // of such digits they are looked for as a card gets them alone.
    let mut words = written.split(|c: char| !c.is_ascii_hexdigit());
    let pins = [secret.to_owned(), env("RIG_LEADER_PIN")];
    assert_eq!(words.find(|word| pins.iter().any(|pin| pin == word)), None, "the log holds a PIN");
    for pin in pins {
        let bytes = hex::encode_upper(&pin);
        assert!(!written.to_uppercase().contains(&bytes), "the log holds a PIN in hex");
    }
}
