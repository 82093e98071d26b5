//! What we make, judged by pyHanko and pdfsig.

use std::process::Command;

use jiff::Timestamp;
use lopdf::{Object, dictionary};
use serde_json::{Value, json};
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::verdict::Verdict;
use vanthu::office::hand::{Hand, Ready};
use vanthu::pdf::Rect;
use vanthu::pdf::appearance::{Appearance, Line};
use vanthu::pki::cms::SignedData;
use vanthu::pki::{DigestAlgorithm, SignatureScheme};
use vanthu::rules::algorithms::Algorithms;
use vanthu::signing::{Level, Look, Services, SigningError, SigningJob, extend};
use vanthu::token::{LastTry, Pin, Selector};

use crate::keys::{Key, path};
use crate::peer::{judgements, pyhanko};
use crate::support::*;

pub fn place(x: f32) -> Look {
    Look::Visible {
        page: 1,
        rect: Rect::new(x, 100.0, 120.0, 40.0),
        appearance: Appearance::text((120.0, 40.0), vec![Line::new("Nguyễn Thị Ánh Nguyệt", 10.0)]),
    }
}

fn signed(bytes: &[u8], signer: &mut Signer, key: Key, level: Level, x: f32) -> Vec<u8> {
    let (trust, file) = (trust(), source(bytes));
    let job = SigningJob {
        look: place(x),
        level,
        scheme: Some(key.scheme()),
        digest: key.digest(),
        tsa_urls: vec![rig("RIG_TSA_URL")],
        trust: Some(&trust),
        ..SigningJob::new(&file, Timestamp::now())
    };
    signer.sign(&job).expect("a signature").to_bytes().unwrap()
}

pub fn pdfsig_accepts(bytes: &[u8], signatures: usize, is_whole: bool) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let output = Command::new("pdfsig").args(["-nocert", path(file.path())]).output();
    let text = printed(&output.expect("pdfsig of poppler-utils"));
    assert_eq!(text.matches("Signature is Valid.").count(), signatures, "{text}");
    assert_eq!(text.contains("Total document signed"), is_whole, "{text}");
}

/// What pyHanko must say of a signature at this level.
fn assert_accepted(one: &Value, level: Level, label: &str) {
    assert_eq!(one["valid"], true, "{label}: {one:#}");
    assert_eq!(one["trusted"], true, "{label}: {one:#}");
    if one["stamp"] == false {
        assert_eq!(one["stamped"], level >= Level::Bt, "{label}: {one:#}");
        if level >= Level::Blt {
            let entry = one["entry"].as_array().unwrap_or_else(|| panic!("{label}: no VRI"));
            assert!(entry.contains(&json!("/Cert")), "{label}: {one:#}");
            assert!(entry.contains(&json!("/CRL")) || entry.contains(&json!("/OCSP")), "{label}");
        }
    }
}

#[test]
fn pyhanko_and_pdfsig_accept_every_key_at_every_level() {
    let files = [letter(), letter_compressed()];
    for (index, key) in Key::ALL.into_iter().enumerate() {
        let mut signer = key.signer();
        for (turn, level) in Level::ALL.into_iter().enumerate() {
            let label = format!("{key:?} {}", level.name());
            // Classic and compressed files by turns.
            let bytes = &files[(index + turn) % 2];
            let signed = signed(bytes, &mut signer, key, level, 300.0);
            let report = checked(&signed);
            assert_eq!(report.verdict, Verdict::Valid, "{label}: {report:?}");
            assert_eq!(report.signatures[0].level, Some(level), "{label}: {report:?}");
            assert_eq!(report.to_json("x")["signatures"][0]["key"], key.name());
            let mode = match level {
                Level::Bb | Level::Bt => "online",
                // From B-LT on, the file proves itself.
                Level::Blt => "offline",
                Level::Blta => "archival",
            };
            let found = judgements(&signed, mode);
            assert_eq!(found.len(), if level == Level::Blta { 2 } else { 1 }, "{label}");
            for one in &found {
                assert_accepted(one, level, &label);
            }
            if level == Level::Blta {
                assert_eq!(found[0]["past"], "passed", "{label}: {found:#?}");
            }
            // Of a document time stamp poppler says nothing but what it covers; the data for
            // checking alone come after everything that is signed.
            pdfsig_accepts(&signed, 1, level != Level::Blt);
        }
    }
}

#[test]
fn pyhanko_accepts_both_signatures_and_what_is_added_later() {
    let urls = [rig("RIG_TSA_URL")];
    let (trust, services) = (trust(), Services { tsa_urls: &urls, fetch: &*LINE });
    let lengthened = |bytes: &[u8], level| {
        extend(&source(bytes), level, &trust, &services).expect("extended").to_bytes().unwrap()
    };
    for bytes in [letter(), letter_compressed()] {
        // Each with its own validation data, and one more of another kind of key.
        let level = Level::Blt;
        let one = signed(&bytes, &mut Signer::new("leader"), Key::Rsa, level, 300.0);
        let two = signed(&one, &mut Signer::new("org"), Key::Pss, level, 170.0);
        let three = signed(&two, &mut Key::P384.signer(), Key::P384, level, 40.0);
        for one in judgements(&three, "offline") {
            assert_accepted(&one, level, "three");
        }
        // Signed without a line, extended later, renewed.
        let plain = signed(&bytes, &mut Signer::new("leader"), Key::Rsa, Level::Bb, 300.0);
        let sealed = signed(&plain, &mut Signer::new("org"), Key::Rsa, Level::Bb, 170.0);
        let archived = lengthened(&sealed, Level::Blta);
        let renewed = lengthened(&archived, Level::Blta);
        // By what the file brings: pyHanko's way for archives wants a time stamp within each
        // signature, which cannot be had later without changing what was issued.
        let proved = lengthened(&sealed, Level::Blt);
        for (file, stamps) in [(&proved, 1), (&archived, 2), (&renewed, 3)] {
            // The newest time stamp is proved by its service alone.
            let mode = if stamps == 1 { "offline" } else { "online" };
            let found = judgements(file, mode);
            assert_eq!(found.len(), 2 + stamps);
            for one in &found {
                assert_eq!(
                    (&one["valid"], &one["trusted"]),
                    (&json!(true), &json!(true)),
                    "{one:#}"
                );
                assert!(one["stamp"] == true || one["entry"].is_array(), "{one:#}");
            }
        }
    }
}

/// Once by its own command line, as an administrator would.
#[test]
fn pyhanko_says_so_on_its_command_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let root = rig_file("certs/root.pem");
    for level in [Level::Bt, Level::Blt, Level::Blta] {
        let one = signed(&letter(), &mut Signer::new("leader"), Key::Rsa, level, 300.0);
        let two = signed(&one, &mut Signer::new("org"), Key::Rsa, level, 170.0);
        std::fs::write(file.path(), two).unwrap();
        for command in ["validate", "adesverify"] {
            let output = pyhanko(&[
                "sign",
                command,
                "--pretty-print",
                "--trust",
                path(&root),
                "--trust-replace",
                path(file.path()),
            ]);
            let text = printed(&output);
            let label = format!("{command} {}: {text}", level.name());
            assert!(output.status.success(), "{label}");
            assert_eq!(text.matches("The signature is judged VALID.").count(), 2, "{label}");
            // Only a time stamp over the file proves what was there.
            let is_unproved = text.contains("without past proof of existence");
            assert!(level < Level::Blta || !is_unproved, "{label}");
        }
    }
}

#[test]
fn pyhanko_accepts_what_the_office_chooses() {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    use SignatureScheme::{Ecdsa, RsaPkcs1, RsaPss};
    let trust = trust();
    // The key, what is set of digest and RSA, and what is made.
    for (key, digest, rsa, made) in [
        (Key::Rsa, None, None, (Sha256, RsaPkcs1)),
        (Key::Rsa, Some(Sha512), Some(RsaPss), (Sha512, RsaPss)),
        (Key::P256, None, Some(RsaPss), (Sha256, Ecdsa)),
        (Key::P384, None, Some(RsaPss), (Sha384, Ecdsa)),
        (Key::P384, Some(Sha512), None, (Sha512, Ecdsa)),
    ] {
        let pin = Pin::new("test");
        let selector = Selector::File { path: "none".into() };
        let hand = Hand {
            token: &selector,
            certificate: None,
            pin: &pin,
            last_try: LastTry::Keep,
            kind: SignatureKind::Personal,
            holder: None,
            level: Level::Bb,
            digest,
            scheme: None,
            rsa,
            algorithms: Algorithms::current(),
            or_lower: false,
            tsa_urls: &[],
            trust: &trust,
            fetch: &*LINE,
            office: None,
        };
        let Signer { token, key: handle, certificate, chain } = key.signer();
        let mut ready = Ready::new(token, handle, certificate, chain);
        let file = source(&letter());
        let signed = hand.sign(&mut ready, &file, Look::Invisible, Vec::new(), Timestamp::now());
        let signed = signed.unwrap().to_bytes().unwrap();
        let fields = source(&signed).signature_fields().unwrap();
        let contents = fields[0].value.as_ref().unwrap().contents.clone().unwrap();
        let signer = SignedData::parse(&contents).unwrap().signer;
        assert_eq!((signer.digest, signer.scheme), made, "{key:?}");
        for one in judgements(&signed, "online") {
            assert_accepted(&one, Level::Bb, &format!("{key:?} {made:?}"));
        }
    }
}

/// The letter with an empty field on its first page.
fn with_an_empty_field() -> Vec<u8> {
    append(&letter(), |update, source| {
        let (catalog_id, mut catalog) = source.catalog().unwrap();
        let (page_id, mut page) = source.page(1).unwrap();
        let field = update.allocate();
        let corners = [300, 300, 420, 340].map(Object::Integer).to_vec();
        update.set(
            field,
            dictionary! {
                "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "F" => 132, "P" => page_id,
                "T" => Object::string_literal("Cho ky"), "Rect" => corners,
            }
            .into(),
        );
        catalog.set("AcroForm", dictionary! { "Fields" => vec![Object::Reference(field)] });
        page.set("Annots", vec![Object::Reference(field)]);
        update.set(catalog_id, catalog.into());
        update.set(page_id, page.into());
    })
}

#[test]
fn pyhanko_accepts_what_is_signed_after_a_certification() {
    for permission in [2, 3] {
        let mut step = Key::Rsa.step("Chung nhan", "pades", "B-B");
        step["certify"] = json!(permission);
        let certified = crate::peer::signed(&with_an_empty_field(), &[step]).unwrap();
        let file = source(&certified);
        let job = |field: Option<&str>, look| SigningJob {
            field: field.map(str::to_owned),
            look,
            ..SigningJob::new(&file, Timestamp::now())
        };
        let mut seal = Signer::new("org");
        for job in [job(Some("Cho ky"), place(300.0)), job(None, Look::Invisible)] {
            let signed = seal.sign(&job).unwrap().to_bytes().unwrap();
            assert_eq!(checked(&signed).verdict, Verdict::Valid, "{permission}");
            let found = judgements(&signed, "online");
            assert_eq!(found.len(), 2);
            for one in &found {
                assert_accepted(one, Level::Bb, &format!("{permission} {:?}", job.field));
            }
        }
        // A new field that shows is what it would reject.
        let refused = seal.sign(&job(None, place(40.0))).unwrap_err();
        assert_eq!(refused, SigningError::CertifiedAgainst { by: "Chung nhan".to_owned() });
    }
}
