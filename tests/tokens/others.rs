//! Other programs that use the same card.

use std::time::{Duration, Instant};

use vanthu::pki::algorithm::DigestAlgorithm::Sha256;
use vanthu::pki::algorithm::SignatureScheme::Ecdsa;
use vanthu::token::{self, TokenError};

use crate::rig::*;

/// Another program's hold on the card.
fn other_program(mode: pcsc::ShareMode) -> pcsc::Card {
    let context = pcsc::Context::establish(pcsc::Scope::User).unwrap();
    let reader = std::ffi::CString::new(env("RIG_LEADER_READER")).unwrap();
    context.connect(&reader, mode, pcsc::Protocols::ANY).unwrap()
}

#[test]
fn a_card_held_exclusively_is_busy() {
    let _rig = Rig::hold();
    // OpenSC's module keeps its connection to the card as long as it is loaded.
    token::pkcs11::finalize();
    let other = other_program(pcsc::ShareMode::Exclusive);
    assert_eq!(token::open(&leader()).err(), Some(TokenError::Busy));
    let _ = other.disconnect(pcsc::Disposition::LeaveCard);
    token::open(&leader()).unwrap();
}

#[test]
fn a_transaction_that_does_not_end_is_not_waited_for_forever() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    let before = rig.signatures();
    let mut other = other_program(pcsc::ShareMode::Shared);
    let transaction = other.transaction().unwrap();
    let started = Instant::now();
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Busy));
    assert!(started.elapsed() < Duration::from_secs(8));
    assert_eq!(sign(&mut *card, "9C"), Err(TokenError::Busy));
    let _ = transaction.end(pcsc::Disposition::LeaveCard);
    // What was given up is not done after all.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(rig.signatures(), before);
    let mut again = token::open(&leader()).unwrap();
    again.login(&pin()).unwrap();
    sign(&mut *again, "9C").unwrap();
}

#[test]
fn a_card_reset_by_another_program_signs_all_the_same() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    for _ in 0..3 {
        let other = other_program(pcsc::ShareMode::Shared);
        let _ = other.disconnect(pcsc::Disposition::ResetCard);
        sign(&mut *card, "9C").unwrap();
        let mut other = other_program(pcsc::ShareMode::Shared);
        let transaction = other.transaction().unwrap();
        let _ = transaction.end(pcsc::Disposition::ResetCard);
        sign_and_verify(&mut *card, "9A", "leader-ec", Ecdsa, Sha256);
    }
    assert_eq!(rig.tries(), 3);
}

#[test]
fn what_our_pin_opened_is_closed_when_we_leave() {
    let _rig = Rig::hold();
    let mut other = other_program(pcsc::ShareMode::Shared);
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    sign(&mut *card, "9C").unwrap();
    drop(card);
    let status = |card: &pcsc::Card| {
        let mut buffer = [0; 64];
        let aid = [0, 0xA4, 4, 0, 9, 0xA0, 0, 0, 3, 8, 0, 0, 0x10, 0, 0];
        card.transmit(&aid, &mut buffer).unwrap();
        card.transmit(&[0, 0x20, 0, 0x80], &mut buffer).unwrap().to_vec()
    };
    other
        .reconnect(pcsc::ShareMode::Shared, pcsc::Protocols::ANY, pcsc::Disposition::LeaveCard)
        .unwrap();
    assert_eq!(status(&other), [0x63, 0xC3]);
}
