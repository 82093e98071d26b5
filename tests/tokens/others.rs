//! Other programs that use the same card.

use std::time::{Duration, Instant};

use vanthu::pki::algorithm::DigestAlgorithm::Sha256;
use vanthu::pki::algorithm::SignatureScheme::{Ecdsa, RsaPkcs1};
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
fn a_card_that_another_program_keeps_resetting_signs_or_is_busy() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    let nuisance = std::thread::spawn(|| {
        for _ in 0..10 {
            let other = other_program(pcsc::ShareMode::Shared);
            let _ = other.disconnect(pcsc::Disposition::ResetCard);
        }
    });
    let (mut signed, mut busy) = (0, 0);
    while !nuisance.is_finished() {
        match sign(&mut *card, "9C") {
            Ok(_) => signed += 1,
            Err(TokenError::Busy) => busy += 1,
            Err(error) => panic!("{error}"),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    nuisance.join().unwrap();
    println!("amid ten resets: {signed} signatures, {busy} times busy");
    assert!(signed > 0);
    assert_eq!(rig.tries(), 3);
    sign_and_verify(&mut *card, "9C", "leader", RsaPkcs1, Sha256);
}

#[test]
fn transactions_are_ended_whatever_happens_in_them() {
    let rig = Rig::hold();
    let mut card = token::open(&leader()).unwrap();
    card.login(&pin()).unwrap();
    let mut other = other_program(pcsc::ShareMode::Shared);
    // Only the holder of a transaction is waited for: getting one at once means that none is.
    let mut is_free = || {
        let started = Instant::now();
        let transaction = loop {
            match other.transaction() {
                Ok(transaction) => break transaction,
                Err(pcsc::Error::ResetCard) => {}
                Err(error) => panic!("{error}"),
            }
        };
        let _ = transaction.end(pcsc::Disposition::LeaveCard);
        started.elapsed() < Duration::from_secs(2)
    };
    card.certificates().unwrap();
    assert!(is_free());
    sign(&mut *card, "9C").unwrap();
    assert!(is_free());
    rig.leader("set fail-sign 6F00");
    assert!(sign(&mut *card, "9C").is_err());
    assert!(is_free());
    assert!(card.login(&wrong_pin()).is_err());
    assert!(is_free());
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
