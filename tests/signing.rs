//! Signatures made and checked on real parts: the rig's keys, certificates and services,
//! pyHanko and poppler.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "signing/acts.rs"]
mod acts;
#[path = "signing/annotations.rs"]
mod annotations;
#[path = "signing/attacks.rs"]
mod attacks;
#[path = "signing/cases.rs"]
mod cases;
#[path = "signing/covers.rs"]
mod covers;
#[path = "signing/differentials.rs"]
mod differentials;
#[path = "signing/forms.rs"]
mod forms;
#[path = "signing/intents.rs"]
mod intents;
#[path = "signing/lasting.rs"]
mod lasting;
#[path = "signing/looks.rs"]
mod looks;
#[path = "signing/mutations.rs"]
mod mutations;
#[path = "signing/numbers.rs"]
mod numbers;
#[path = "support/pages.rs"]
mod pages;
#[path = "signing/readers.rs"]
mod readers;
#[path = "signing/repairs.rs"]
mod repairs;
#[path = "signing/seeds.rs"]
mod seeds;
#[path = "signing/seen.rs"]
mod seen;
#[path = "signing/smoke.rs"]
mod smoke;
#[path = "signing/stores.rs"]
mod stores;
#[path = "signing/support.rs"]
mod support;
#[path = "signing/twice.rs"]
mod twice;
#[path = "support/verapdf.rs"]
mod verapdf;
#[path = "signing/verdicts.rs"]
mod verdicts;

use jiff::{SignedDuration, Timestamp};
use lopdf::{Object, dictionary};
use support::*;
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::verdict::{LegalValue, Verdict};
use vanthu::pdf::appearance::{Appearance, Line, Stamp};
use vanthu::pdf::font::Face;
use vanthu::pdf::{PdfError, Rect};
use vanthu::pki::{DigestAlgorithm, PkiError, SignatureScheme};
use vanthu::rules::algorithms::Algorithms;
use vanthu::signing::{
    Change, Covers, Level, Look, Modifications, PageStamps, Reason, Services, SigningError,
    SigningJob, extend,
};
use vanthu::token::{KeyRef, Pin, PinState, Token, TokenCertificate, TokenError};

fn place(x: f32, y: f32) -> Look {
    Look::Visible {
        page: 1,
        rect: Rect::new(x, y, 120.0, 40.0),
        appearance: Appearance::text((120.0, 40.0), vec![Line::new("Nguyễn Thị Ánh Nguyệt", 10.0)]),
    }
}

#[test]
fn every_scheme_on_every_kind_of_file_is_valid() {
    let mut leader = Signer::new("leader");
    for bytes in [letter(), letter_compressed()] {
        for (scheme, digest) in [
            (SignatureScheme::RsaPkcs1, DigestAlgorithm::Sha256),
            (SignatureScheme::RsaPkcs1, DigestAlgorithm::Sha512),
            (SignatureScheme::RsaPss, DigestAlgorithm::Sha256),
            (SignatureScheme::RsaPss, DigestAlgorithm::Sha384),
        ] {
            let source = source(&bytes);
            let job = SigningJob {
                scheme: Some(scheme),
                digest,
                look: place(300.0, 100.0),
                reason: Some("Ký duyệt".to_owned()),
                ..SigningJob::new(&source, Timestamp::now())
            };
            let signed = leader.sign(&job).unwrap();
            let whole = signed.to_bytes().unwrap();
            assert!(whole.starts_with(&bytes), "the old bytes stay");
            let report = checked(&whole);
            assert_eq!(report.verdict, Verdict::Valid, "{scheme:?} {:?}", report.signatures);
            let found = &report.signatures[0];
            assert_eq!(found.field, "Signature1");
            assert_eq!(found.kind, Some(SignatureKind::Personal));
            assert_eq!(found.signer(), "Nguyễn Thị Ánh Nguyệt");
            assert_eq!(found.covers, Covers::WholeDocument);
            assert_eq!(found.modifications, Modifications::None);
            assert_eq!(found.level, Some(Level::Bb));
            assert_eq!(found.digest, Some(digest));
            assert_eq!(found.stated_reason.as_deref(), Some("Ký duyệt"));
            assert!(!found.time_stamped);
            assert_eq!(report.pages, 2);
        }
    }
}

#[test]
fn personal_then_organisation_both_stay_valid() {
    for bytes in [letter(), letter_compressed()] {
        let first = source(&bytes);
        let job = SigningJob {
            look: place(300.0, 100.0),
            level: Level::Bt,
            // The first service fails, the second answers.
            tsa_urls: vec![format!("{}/status-503/x", rig("RIG_PKI_URL")), rig("RIG_TSA_URL")],
            ..SigningJob::new(&first, Timestamp::now())
        };
        let personal = Signer::new("leader").sign(&job).unwrap().to_bytes().unwrap();
        let second = source(&personal);
        let job = SigningJob {
            look: place(260.0, 100.0),
            level: Level::Bt,
            tsa_urls: vec![rig("RIG_TSA_URL")],
            ..SigningJob::new(&second, Timestamp::now())
        };
        let sealed = Signer::new("org").sign(&job).unwrap().to_bytes().unwrap();
        assert!(sealed.starts_with(&personal));

        let report = checked(&sealed);
        assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
        let [one, two] = &report.signatures[..] else { panic!("two signatures") };
        assert_eq!((one.covers, one.modifications), (Covers::Revision, Modifications::Permitted));
        assert_eq!((two.covers, two.modifications), (Covers::WholeDocument, Modifications::None));
        assert_eq!(one.signed_length, Some(personal.len()));
        assert_eq!(two.kind, Some(SignatureKind::Organisation));
        assert!(one.time_stamped && two.time_stamped);
        assert_eq!(one.level, Some(Level::Bt));
        assert_eq!(report.summary().legal_value(), LegalValue::SameAsPaper);

        let json = report.to_json("a.pdf");
        assert_eq!(json["file"], "a.pdf");
        assert_eq!(json["verdict"], "valid");
        assert_eq!(json["signatures"][0]["kind"], "personal");
        assert_eq!(json["signatures"][0]["modifications"], "permitted");
        assert_eq!(json["signatures"][0]["time_source"], "timestamp");
        assert_eq!(json["signatures"][1]["level"], "B-T");
        assert_eq!(json["signatures"][1]["covers"], "whole_document");
        assert_eq!(json["signatures"][1]["digest"], "sha256");
        assert_eq!(json["signatures"][1]["key"], "RSA-2048");
        let time = json["signatures"][1]["signing_time"].as_str().unwrap();
        assert!(time.ends_with("+07:00"), "{time}");
    }
}

#[test]
fn number_and_date_are_written_before_the_signature_and_never_after() {
    let stamps = vec![PageStamps {
        page: 1,
        stamps: vec![Stamp {
            text: "Số: 12/QĐ-UBND".to_owned(),
            face: Face::Serif,
            size: 13.0,
            colour: [0, 0, 0],
            x: 80.0,
            baseline: 760.0,
        }],
    }];
    for bytes in [letter(), letter_compressed()] {
        let before = source(&bytes);
        let job = SigningJob {
            stamps: stamps.clone(),
            look: place(300.0, 100.0),
            ..SigningJob::new(&before, Timestamp::now())
        };
        let signed = Signer::new("leader").sign(&job).unwrap().to_bytes().unwrap();
        assert_eq!(checked(&signed).verdict, Verdict::Valid);
        let after = source(&signed);
        let (_, page) = after.page(1).unwrap();
        let contents = page.get(b"Contents").unwrap().as_array().unwrap();
        assert_eq!(contents.len(), 3, "a stream before, the page's own, a stream after");
        let again =
            SigningJob { stamps: stamps.clone(), ..SigningJob::new(&after, Timestamp::now()) };
        assert_eq!(Signer::new("org").sign(&again).unwrap_err(), SigningError::WouldBreakEarlier);
    }
}

#[test]
fn a_signature_stands_upright_on_a_turned_page() {
    let bytes = letter();
    let file = source(&bytes);
    let geometry = file.page_geometry(2).unwrap();
    let rect = geometry.to_user_space(Rect::new(20.0, 30.0, 150.0, 50.0));
    let look = Look::Visible {
        page: 2,
        rect,
        appearance: Appearance::text((1.0, 1.0), vec![Line::new("Ký", 12.0)]),
    };
    let job = SigningJob { look, ..SigningJob::new(&file, Timestamp::now()) };
    let signed = Signer::new("leader").sign(&job).unwrap().to_bytes().unwrap();
    assert_eq!(checked(&signed).verdict, Verdict::Valid);
    let signed = source(&signed);
    let field = &signed.signature_fields().unwrap()[0];
    let found = field.rect.unwrap();
    assert!((found.width - 50.0).abs() < 0.01 && (found.height - 150.0).abs() < 0.01, "{found:?}");
    let Object::Dictionary(widget) = signed.object(field.id).unwrap() else { panic!("a widget") };
    assert_eq!(widget.get(b"F").unwrap().as_i64().unwrap(), 132);
    let look = signed.member_dictionary(&widget, b"AP").unwrap().unwrap();
    let look = signed.member_dictionary(&look, b"N").unwrap().unwrap();
    let numbers = |key: &[u8]| -> Vec<f32> {
        let array = look.get(key).unwrap().as_array().unwrap();
        array.iter().map(|number| number.as_float().unwrap()).collect()
    };
    assert_eq!(numbers(b"Matrix"), [0.0, 1.0, -1.0, 0.0, 0.0, 0.0]);
    assert_eq!(numbers(b"BBox"), [0.0, 0.0, 150.0, 50.0]);
}

#[test]
fn an_empty_field_that_the_document_brings_is_signed_with_its_lock() {
    let bytes = append(&letter(), |update, source| {
        let (catalog_id, mut catalog) = source.catalog().unwrap();
        let (page_id, mut page) = source.page(1).unwrap();
        let (field, other) = (update.allocate(), update.allocate());
        update.set(
            field,
            dictionary! {
                "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "F" => 4, "P" => page_id,
                "T" => Object::string_literal("Lanh dao"),
                "Rect" => vec![100.into(), 100.into(), 220.into(), 140.into()],
                "Lock" => dictionary! { "Type" => "SigFieldLock", "Action" => "Include",
                    "Fields" => vec![Object::string_literal("So")] },
            }
            .into(),
        );
        update.set(
            other,
            dictionary! {
                "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx", "P" => page_id,
                "T" => Object::string_literal("So"), "V" => Object::string_literal("12"),
                "Rect" => vec![10.into(), 700.into(), 90.into(), 720.into()],
            }
            .into(),
        );
        catalog.set(
            "AcroForm",
            dictionary! {
                "Fields" => vec![Object::Reference(field), Object::Reference(other)],
            },
        );
        page.set("Annots", vec![Object::Reference(field), Object::Reference(other)]);
        update.set(catalog_id, catalog.into());
        update.set(page_id, page.into());
    });
    let empty = source(&bytes);
    let named = |source, name: &str| SigningJob {
        field: Some(name.to_owned()),
        look: place(0.0, 0.0),
        ..SigningJob::new(source, Timestamp::now())
    };
    let mut leader = Signer::new("leader");
    let signed = leader.sign(&named(&empty, "Lanh dao")).unwrap().to_bytes().unwrap();
    let report = checked(&signed);
    assert_eq!((report.verdict, report.signatures.len()), (Verdict::Valid, 1), "{report:?}");
    assert_eq!(report.signatures[0].field, "Lanh dao");

    let again = source(&signed);
    let taken = leader.sign(&named(&again, "Lanh dao")).unwrap_err();
    assert_eq!(taken, SigningError::FieldTaken("Lanh dao".to_owned()));
    assert!(matches!(leader.sign(&named(&again, "So")), Err(SigningError::FieldTaken(_))));
    // A further signature in a field of its own is permitted; the text field's value is not.
    let sealed = Signer::new("org").sign_plainly(&signed);
    let report = checked(&sealed);
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    let forged = append(&signed, |update, source| {
        let field = source.fields().unwrap().into_iter().find(|field| field.name == "So").unwrap();
        let mut dictionary = field.dictionary;
        dictionary.set("V", Object::string_literal("99"));
        update.set(field.id, dictionary.into());
    });
    assert_eq!(reasons(&checked(&forged)), ["changed-after-signing"]);
}

#[test]
fn a_certificate_that_may_not_sign_is_refused_before_the_token_is_asked() {
    let bytes = letter();
    let file = source(&bytes);
    let job = SigningJob::new(&file, Timestamp::now());
    let mut expired = Signer::new("expired");
    assert!(matches!(expired.sign(&job), Err(SigningError::CertificateExpired { .. })));
    let early = SigningJob::new(&file, "2020-06-01T00:00:00Z".parse().unwrap());
    let mut leader = Signer::new("leader");
    assert!(matches!(leader.sign(&early), Err(SigningError::CertificateNotYetValid { .. })));
    leader.certificate = certificate("leader-ec");
    assert_eq!(leader.sign(&job).unwrap_err(), SigningError::CertificateUnfit);
}

#[test]
fn a_key_below_the_profile_is_refused_before_the_token_is_asked() {
    // Made before the time of signing is taken: its certificates are not valid before.
    let mut person = seeds::corpus().signer("ec");
    let mut strict = Algorithms::current().clone();
    strict.rsa_bits = 3072;
    let bytes = letter();
    let file = source(&bytes);
    let job = SigningJob { algorithms: &strict, ..SigningJob::new(&file, Timestamp::now()) };
    let mut leader = Signer::new("leader");
    // Asked, it would give noise, and that would be said.
    leader.token = Box::new(Broken(Ok(vec![7; 256])));
    let short = |ecdsa_bits| {
        let key = "RSA-2048".to_owned();
        SigningError::Pki(PkiError::KeyTooShort { key, rsa_bits: 3072, ecdsa_bits })
    };
    assert_eq!(leader.sign(&job).unwrap_err(), short(256));
    let told = vanthu::i18n::tell(&short(256).into());
    assert!(told.what.contains("RSA-2048") && told.what.contains("3072"), "{}", told.what);
    // A key on a curve is as good as before, until that is asked for too.
    assert!(person.sign(&job).is_ok());
    strict.ecdsa_bits = 384;
    let job = SigningJob { algorithms: &strict, ..SigningJob::new(&file, Timestamp::now()) };
    let refused = person.sign(&job).unwrap_err();
    assert!(matches!(refused, SigningError::Pki(PkiError::KeyTooShort { .. })), "{refused}");
}

/// A token that answers with noise, or not at all.
struct Broken(Result<Vec<u8>, TokenError>);

impl Token for Broken {
    fn label(&self) -> String {
        "broken".to_owned()
    }
    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        Ok(Vec::new())
    }
    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        Ok(PinState::TriesLeft(None))
    }
    fn login(&mut self, _: &Pin) -> Result<(), TokenError> {
        Ok(())
    }
    fn sign_digest(
        &mut self,
        _: &KeyRef,
        _: SignatureScheme,
        _: DigestAlgorithm,
        _: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        self.0.clone()
    }
}

#[test]
fn devices_and_services_that_fail_leave_nothing_behind() {
    let bytes = letter();
    let file = source(&bytes);
    let job = SigningJob::new(&file, Timestamp::now());
    let mut leader = Signer::new("leader");
    leader.token = Box::new(Broken(Ok(vec![7; 256])));
    assert_eq!(leader.sign(&job).unwrap_err(), SigningError::TokenLied);
    leader.token = Box::new(Broken(Err(TokenError::Removed)));
    assert_eq!(leader.sign(&job).unwrap_err(), SigningError::Token(TokenError::Removed));

    let mut leader = Signer::new("leader");
    let dead = format!("{}/status-500/x", rig("RIG_PKI_URL"));
    let job = SigningJob { level: Level::Bt, tsa_urls: vec![dead], ..job };
    assert!(matches!(leader.sign(&job), Err(SigningError::NoTimestamp(_))));
    let job = SigningJob { tsa_urls: Vec::new(), ..job };
    assert_eq!(leader.sign(&job).unwrap_err(), SigningError::NoTimestampService);
    let nowhere = Look::Visible {
        page: 1,
        rect: Rect::new(2000.0, 0.0, 10.0, 10.0),
        appearance: Appearance::default(),
    };
    let job = SigningJob { look: nowhere, level: Level::Bb, ..job };
    assert_eq!(leader.sign(&job).unwrap_err(), SigningError::OutsidePage { page: 1 });
}

#[test]
fn documents_that_may_not_be_extended_are_refused() {
    let encrypted = letter_with("", "", "/Encrypt<</Filter/Standard>>");
    let refused = vanthu::pdf::structure::Source::parse(encrypted.into()).unwrap_err();
    assert_eq!(refused, PdfError::Encrypted);
}

#[test]
fn a_signature_lasts_with_what_proves_it_in_the_file() {
    let trust = trust();
    let urls = [rig("RIG_TSA_URL")];
    let services = Services { tsa_urls: &urls, fetch: &*LINE };
    for bytes in [letter(), letter_compressed()] {
        // At once, by the leader; the clerk seals without a time stamp's services behind it.
        let plain = source(&bytes);
        let job = SigningJob {
            level: Level::Blt,
            tsa_urls: urls.to_vec(),
            trust: Some(&trust),
            ..SigningJob::new(&plain, Timestamp::now())
        };
        let personal = Signer::new("leader").sign(&job).unwrap();
        assert_eq!(personal.level, Level::Blt);
        let personal = personal.to_bytes().unwrap();
        // With the line cut, the file proves itself.
        let report = checked_offline(&personal);
        assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
        assert_eq!(report.signatures[0].level, Some(Level::Blt));
        assert_eq!(report.signatures[0].changes, [Change::ValidationData]);

        let signed = source(&personal);
        let job = SigningJob {
            level: Level::Bt,
            tsa_urls: urls.to_vec(),
            ..SigningJob::new(&signed, Timestamp::now())
        };
        let sealed = Signer::new("org").sign(&job).unwrap().to_bytes().unwrap();
        let report = checked_offline(&sealed);
        assert_eq!(report.verdict, Verdict::Indeterminate, "the seal is not proved yet");

        // Later, when the line is back.
        let later = extend(&source(&sealed), Level::Blta, &trust, &services).unwrap();
        assert_eq!(later.field, "Timestamp1");
        let later = later.to_bytes().unwrap();
        let report = checked_offline(&later);
        let levels: Vec<_> = report.signatures.iter().map(|found| found.level_name()).collect();
        assert_eq!(levels, ["B-LTA", "B-LTA", "none"], "{report:?}");
        assert!(report.signatures[2].is_document_timestamp);
        // The time stamp itself is proved by its service, as long as that lasts.
        assert_eq!(checked(&later).verdict, Verdict::Valid, "{:?}", checked(&later));
        assert_eq!(report.summary().signatures.len(), 2);
        // Nothing is added twice.
        let again = extend(&source(&later), Level::Blta, &trust, &services).unwrap();
        assert_eq!(checked(&again.to_bytes().unwrap()).verdict, Verdict::Valid);
    }
    let plain = letter();
    let plain = source(&plain);
    let job = SigningJob { trust: Some(&trust), ..SigningJob::new(&plain, Timestamp::now()) };
    assert_eq!(Signer::new("revoked").sign(&job).unwrap_err(), SigningError::CertificateRevoked);
}

#[test]
fn the_certificate_decides_the_verdict() {
    let signed = |name: &str, at: Timestamp| {
        let bytes = letter();
        let file = source(&bytes);
        Signer::new(name).sign(&SigningJob::new(&file, at)).unwrap().to_bytes().unwrap()
    };
    let now = Timestamp::now();
    let stranger = checked(&signed("stranger", now));
    assert_eq!(stranger.verdict, Verdict::Indeterminate);
    assert_eq!(reasons(&stranger), ["root-untrusted"]);
    let revoked = checked(&signed("revoked", now));
    assert_eq!(revoked.verdict, Verdict::Invalid);
    assert_eq!(reasons(&revoked), ["certificate-revoked"]);
    // Dated back to before the revocation, and nothing but the signer's word for it.
    let backdated = checked(&signed("revoked", "2024-06-01T00:00:00Z".parse().unwrap()));
    assert_eq!(backdated.verdict, Verdict::Indeterminate);
    assert_eq!(reasons(&backdated), ["revoked-since"]);
    // Without a line nothing is known of revocation, and the report says so.
    let offline = checked_offline(&signed("leader", now));
    assert_eq!(offline.verdict, Verdict::Indeterminate);
    assert_eq!(reasons(&offline), ["revocation-unknown"]);
    assert!(offline.offline);
    // A clock that writes local time as UTC is remarked, not punished.
    let ahead = checked(&signed("leader", now + SignedDuration::from_hours(7)));
    assert_eq!(ahead.verdict, Verdict::Valid);
    assert_eq!(reasons(&ahead), <[&str; 0]>::default());
    assert_eq!(ahead.signatures[0].notes, [Reason::ClockSevenHours]);
    assert_eq!(checked(&letter()).verdict, Verdict::Unsigned);
}
