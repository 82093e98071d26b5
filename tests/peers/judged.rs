//! What pyHanko makes, judged by us.

use jiff::Timestamp;
use serde_json::{Value, json};
use vanthu::domain::verdict::Verdict;
use vanthu::signing::{Change, Level, Modifications, SigningError, SigningJob};

use crate::keys::Key;
use crate::peer::{forced, signed};
use crate::support::*;

fn with(mut step: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        step[key] = value.clone();
    }
    step
}

#[test]
fn every_key_at_every_level_of_both_kinds_is_valid() {
    let files = [letter(), letter_compressed()];
    for (index, key) in Key::ALL.into_iter().enumerate() {
        for (turn, level) in Level::ALL.into_iter().enumerate() {
            for subfilter in ["pades", "adobe"] {
                // Adobe's kind knows a time stamp; the rest is of PAdES.
                if subfilter == "adobe" && level > Level::Bt {
                    continue;
                }
                let label = format!("{subfilter} {key:?} {}", level.name());
                let step = key.step("Ky", subfilter, level.name());
                let step = with(step, json!({"box": [300, 100, 420, 140]}));
                let bytes = signed(&files[(index + turn) % 2], &[step]);
                let bytes = bytes.unwrap_or_else(|error| panic!("{label}: {error}"));
                let report = checked(&bytes);
                let found = &report.signatures[0];
                assert_eq!(report.verdict, Verdict::Valid, "{label}: {report:?}");
                assert_eq!(found.field, "Ky", "{label}");
                let expected = (subfilter == "pades").then_some(level);
                assert_eq!(found.level, expected, "{label}: {report:?}");
                assert_eq!(found.time_stamped, level >= Level::Bt, "{label}");
                assert_eq!(found.digest, Some(key.digest()), "{label}");
                assert_eq!(report.to_json("x")["signatures"][0]["key"], key.name(), "{label}");
                if level >= Level::Blt {
                    // The signature itself needs no line any more.
                    let report = checked_offline(&bytes);
                    assert_eq!(report.signatures[0].verdict, Verdict::Valid, "{label}");
                }
            }
        }
    }
}

#[test]
fn one_to_five_signatures_are_valid() {
    let kinds = [
        ("pades", Key::Rsa, "B-B"),
        ("adobe", Key::P256, "B-T"),
        ("pades", Key::Pss, "B-LT"),
        ("adobe", Key::Rsa, "B-B"),
        ("pades", Key::P384, "B-T"),
    ];
    for bytes in [letter(), letter_compressed()] {
        let mut file = bytes;
        for (index, (subfilter, key, level)) in kinds.into_iter().enumerate() {
            let x = 20 + 110 * index;
            let step = key.step(&format!("Ky{index}"), subfilter, level);
            let step = with(step, json!({"box": [x, 100, x + 100, 140]}));
            file = signed(&file, &[step]).unwrap();
            let report = checked(&file);
            assert_eq!(report.signatures.len(), index + 1);
            assert_eq!(report.verdict, Verdict::Valid, "{index}: {report:?}");
            for earlier in report.signatures.iter().take(index) {
                assert_eq!(earlier.modifications, Modifications::Permitted, "{earlier:?}");
            }
        }
    }
}

#[test]
fn certified_documents_permit_what_they_say() {
    let level = "B-T";
    for (permission, open) in [(1, false), (2, true), (3, true)] {
        let step =
            with(Key::Rsa.step("Chung nhan", "pades", level), json!({"certify": permission}));
        let certified = signed(&letter(), &[step]).unwrap();
        let report = checked(&certified);
        assert_eq!(report.verdict, Verdict::Valid, "{permission}: {report:?}");
        // We sign it if it permits that, and say who forbids it.
        let file = source(&certified);
        match Signer::new("org").sign(&SigningJob::new(&file, Timestamp::now())) {
            Ok(sealed) => {
                assert!(open, "{permission}");
                let report = checked(&sealed.to_bytes().unwrap());
                assert_eq!(report.verdict, Verdict::Valid, "{permission}: {report:?}");
            }
            Err(error) => {
                assert!(!open, "{permission}");
                assert_eq!(error, SigningError::Locked { by: "Chung nhan".to_owned() });
            }
        }
        // Whoever signs a closed one all the same breaks the certification.
        let again = forced(&certified, &[Key::P256.step("Them", "pades", "B-B")]).unwrap();
        let report = checked(&again);
        if open {
            assert_eq!(report.verdict, Verdict::Valid, "{permission}: {report:?}");
        } else {
            assert_eq!(reasons(&report), ["changed-after-signing"], "{report:?}");
            assert!(report.signatures[0].changes.contains(&Change::Locked("Them".to_owned())));
        }
    }
}

#[test]
fn locked_fields_stay_locked() {
    for (lock, open) in [
        (json!({"lock": "all"}), false),
        (json!({"lock": "include", "fields": ["Them"]}), false),
        (json!({"lock": "include", "fields": ["Khac"]}), true),
        (json!({"lock": "exclude", "fields": ["Them"]}), true),
        (json!({"lock": "include", "fields": ["Khac"], "p": 1}), false),
        (json!({"lock": "include", "fields": ["Khac"], "p": 2}), true),
    ] {
        let step = with(Key::Rsa.step("Khoa", "pades", "B-B"), lock.clone());
        let locked = signed(&letter(), &[step]).unwrap();
        assert_eq!(checked(&locked).verdict, Verdict::Valid, "{lock}: {:?}", checked(&locked));
        let file = source(&locked);
        let job = SigningJob {
            field: Some("Them".to_owned()),
            ..SigningJob::new(&file, Timestamp::now())
        };
        let ours = Signer::new("org").sign(&job);
        assert_eq!(ours.is_ok(), open, "{lock}: {ours:?}");
        if let Err(error) = ours {
            assert_eq!(error, SigningError::Locked { by: "Khoa".to_owned() }, "{lock}");
        }
        let theirs = forced(&locked, &[Key::P256.step("Them", "pades", "B-B")]);
        if let Ok(bytes) = theirs {
            let valid = checked(&bytes).verdict == Verdict::Valid;
            assert_eq!(valid, open, "{lock}: {:?}", checked(&bytes));
        } else {
            assert!(!open, "{lock}: {theirs:?}");
        }
    }
}
