//! Signatures that last: made without a line and extended later, renewed, with services that
//! fail; and documents that forbid a further signature.

use jiff::Timestamp;
use lopdf::{Dictionary, Object, dictionary};
use vanthu::domain::verdict::Verdict;
use vanthu::pdf::structure::{Source, validation_key};
use vanthu::pki::PkiError;
use vanthu::pki::path::PathReason;
use vanthu::signing::{
    FailedService, Level, Modifications, Reason, Report, Services, SigningError, SigningJob,
    extend, renew_before,
};

use super::support::*;

fn levels(report: &Report) -> Vec<&'static str> {
    report.signatures.iter().map(|found| found.level_name()).collect()
}

fn lengthened(bytes: &[u8], level: Level) -> Vec<u8> {
    let urls = [rig("RIG_TSA_URL")];
    let services = Services { tsa_urls: &urls, fetch: &*LINE };
    extend(&source(bytes), level, &trust(), &services).expect("extended").to_bytes().unwrap()
}

/// `/VRI` of a file.
fn entries(file: &Source) -> Dictionary {
    let (_, catalog) = file.catalog().unwrap();
    let dss = file.member_dictionary(&catalog, b"DSS").unwrap().expect("a security store");
    file.member_dictionary(&dss, b"VRI").unwrap().expect("entries of signatures")
}

/// The items of one entry.
fn items(file: &Source, entry: &Dictionary, key: &str) -> Vec<Vec<u8>> {
    let list = file.member_array(entry, key.as_bytes()).unwrap().unwrap_or_default();
    let id = |item: &Object| item.as_reference().unwrap();
    list.iter().map(|item| file.stream_decoded(id(item)).unwrap().unwrap()).collect()
}

#[test]
fn what_was_signed_without_a_line_is_extended_when_it_is_back() {
    for bytes in [letter(), letter_compressed()] {
        let personal = Signer::new("leader").sign_plainly(&bytes);
        let sealed = Signer::new("org").sign_plainly(&personal);
        assert_eq!(levels(&checked(&sealed)), ["B-B", "B-B"]);

        let stamped = lengthened(&sealed, Level::Bt);
        assert!(stamped.starts_with(&sealed));
        let report = checked(&stamped);
        assert_eq!((report.verdict, levels(&report)), (Verdict::Valid, vec!["B-T", "B-T", "none"]));
        let [one, two, stamp] = &report.signatures[..] else { panic!("two and a time stamp") };
        for found in [one, two] {
            assert_eq!(found.signing_time, stamp.signing_time);
            // The hour that the signer wrote is still only the signer's word.
            assert!(found.time_stamped && found.claimed_time <= found.signing_time);
            assert_eq!(found.modifications, Modifications::Permitted);
        }
        // What is there already is not made again.
        assert_eq!(lengthened(&stamped, Level::Bt), stamped);

        let proved = lengthened(&stamped, Level::Blt);
        let report = checked_offline(&proved);
        assert_eq!(
            (report.verdict, levels(&report)),
            (Verdict::Valid, vec!["B-LT", "B-LT", "none"]),
            "{report:?}"
        );
        assert_eq!(checked(&proved).verdict, Verdict::Valid);
        assert_eq!(lengthened(&proved, Level::Blt), proved);

        let archived = lengthened(&proved, Level::Blta);
        let report = checked(&archived);
        assert_eq!(levels(&report), ["B-LTA", "B-LTA", "none", "none"], "{report:?}");
        assert_eq!(report.verdict, Verdict::Valid);
        assert_eq!(
            renew_before(&report),
            Some(certificate("tsa").not_after().min(certificate("root").not_after()))
        );
        // At once from nothing to everything, and a renewal.
        assert_eq!(levels(&checked(&lengthened(&sealed, Level::Blta))), levels(&report));
        let renewed = lengthened(&archived, Level::Blta);
        let report = checked(&renewed);
        assert_eq!(levels(&report), ["B-LTA", "B-LTA", "none", "none", "none"]);
        assert_eq!(report.verdict, Verdict::Valid);
    }
}

#[test]
fn every_signature_has_its_entry_in_the_security_store() {
    for bytes in [letter(), letter_compressed()] {
        let sealed = Signer::new("org").sign_plainly(&Signer::new("leader").sign_plainly(&bytes));
        let first = source(&lengthened(&sealed, Level::Blt));
        let again = source(&lengthened(
            &lengthened(&first.read(0..first.size()).unwrap(), Level::Blta),
            Level::Blta,
        ));
        for (file, named) in [(first, 3), (again, 4)] {
            let all = entries(&file);
            assert_eq!(all.len(), named, "all but a time stamp that nothing has proved yet");
            let store = file.security_store().unwrap();
            let fields = file.signature_fields().unwrap();
            for field in fields.iter().take(named) {
                let contents = field.value.as_ref().unwrap().contents.as_ref().unwrap();
                let entry = all.get(validation_key(contents).as_bytes()).expect(&field.name);
                let entry = entry.as_dict().unwrap();
                assert_eq!(entry.get(b"Type").unwrap().as_name().unwrap(), b"VRI");
                let certificates = items(&file, entry, "Cert");
                let own = if field.name.starts_with("Timestamp") { "tsa" } else { "sub" };
                assert!(certificates.contains(&certificate(own).der().to_vec()), "{}", field.name);
                assert!(certificates.iter().all(|der| store.certificates.contains(der)));
                let (crls, ocsps) = (items(&file, entry, "CRL"), items(&file, entry, "OCSP"));
                assert!(!crls.is_empty() || !ocsps.is_empty(), "{}", field.name);
                assert!(crls.iter().all(|der| store.crls.contains(der)));
                assert!(ocsps.iter().all(|der| store.ocsps.contains(der)));
            }
            // Each thing once, however many signatures rest on it.
            let mut once = store.certificates.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), store.certificates.len());
        }
    }
}

#[test]
fn services_that_fail_are_named_and_the_next_one_is_asked() {
    let (bytes, trust) = (letter(), trust());
    let file = source(&bytes);
    let dead = format!("{}/status-503/x", rig("RIG_PKI_URL"));
    let silent = "http://127.0.0.1:9/tsa".to_owned();
    let urls = vec![dead.clone(), silent.clone(), rig("RIG_TSA_URL")];
    let job = SigningJob {
        level: Level::Blta,
        tsa_urls: urls.clone(),
        trust: Some(&trust),
        ..SigningJob::new(&file, Timestamp::now())
    };
    // A line that has not met them yet.
    let line = vanthu::pki::fetch::CachedFetch::new(vanthu::pki::fetch::HttpFetch::new());
    let mut leader = Signer::new("leader");
    let signed = leader.sign_over(&job, &line).unwrap();
    let failed: Vec<&str> = signed.failed.iter().map(|one| one.url.as_str()).collect();
    assert_eq!(failed, [&dead, &silent], "each once: the second stamp asks the living one first");
    assert_eq!(checked(&signed.to_bytes().unwrap()).verdict, Verdict::Valid);
    // Where a lower level is good for now, it is made, and later not even asked for.
    let wish = SigningJob {
        or_lower: true,
        level: Level::Bt,
        tsa_urls: vec![dead.clone()],
        ..job.clone()
    };
    let signed = leader.sign_over(&wish, &line).unwrap();
    assert_eq!((signed.level, signed.failed.len()), (Level::Bb, 0));
    let fresh = vanthu::pki::fetch::HttpFetch::new();
    let signed = leader.sign_over(&wish, &fresh).unwrap();
    assert_eq!((signed.level, signed.failed.len()), (Level::Bb, 1));
    assert_eq!(checked(&signed.to_bytes().unwrap()).signatures[0].level, Some(Level::Bb));
    // All of them dead: which, and why.
    let job = SigningJob { tsa_urls: vec![dead.clone(), silent.clone()], ..job };
    let Err(SigningError::NoTimestamp(why)) = leader.sign_over(&job, &line) else {
        panic!("no time stamp")
    };
    assert!(why.contains(&dead) && why.contains(&silent) && why.contains("503"), "{why}");
}

#[test]
fn a_stamp_that_no_check_would_accept_is_no_stamp() {
    let mine = Brief::new();
    let own = mine.trust();
    let long = format!("nsComment={}", "a".repeat(13_000));
    let (expired, large) = (Brief::lasting(-1, ""), Brief::lasting(30, &long));
    let untrusted = |reason| PkiError::TimeStampUntrusted(vec![reason]);
    let all = [
        (&mine, trust(), untrusted(PathReason::IssuerUnknown)),
        (&expired, expired.trust(), untrusted(PathReason::CertificateExpired)),
    ];
    let bytes = letter();
    let file = source(&bytes);
    let urls = vec![Brief::URL.to_owned(), rig("RIG_TSA_URL")];
    let mut leader = Signer::new("leader");
    for (line, trust, why) in all {
        let job = SigningJob {
            level: Level::Bt,
            tsa_urls: urls.clone(),
            tsa_trust: Some(&trust),
            ..SigningJob::new(&file, Timestamp::now())
        };
        let signed = leader.sign_over(&job, line).unwrap();
        let failed = [FailedService { url: Brief::URL.to_owned(), why: why.clone() }];
        assert_eq!((signed.level, &signed.failed[..]), (Level::Bt, &failed[..]));
        let report = checked(&signed.to_bytes().unwrap());
        assert_eq!((report.verdict, levels(&report)), (Verdict::Valid, vec!["B-T"]));
        // What was signed without a line, too, is stamped by the next service.
        let plain = leader.sign_plainly(&bytes);
        let services = Services { tsa_urls: &urls, fetch: line };
        let stamped = extend(&source(&plain), Level::Bt, &trust, &services).unwrap();
        assert_eq!(&stamped.failed[..], &failed[..]);
        assert_eq!(checked(&stamped.to_bytes().unwrap()).verdict, Verdict::Valid);
        // Where there is no other: a lower level if that will do, else why not.
        let job = SigningJob { tsa_urls: vec![urls[0].clone()], ..job };
        let lower = leader.sign_over(&SigningJob { or_lower: true, ..job.clone() }, line).unwrap();
        assert_eq!((lower.level, &lower.failed[..]), (Level::Bb, &failed[..]));
        let refused = leader.sign_over(&job, line).unwrap_err();
        assert_eq!(refused, SigningError::NoTimestamp(format!("{}: {why}", urls[0])));
        // Whom nobody can judge is taken at its word.
        let job = SigningJob { tsa_trust: None, ..job };
        assert_eq!(leader.sign_over(&job, line).unwrap().level, Level::Bt);
    }
    // One of its own root is as good as another.
    let job = SigningJob {
        level: Level::Bt,
        tsa_urls: urls,
        tsa_trust: Some(&own),
        ..SigningJob::new(&file, Timestamp::now())
    };
    assert_eq!(leader.sign_over(&job, &mine).unwrap().failed, []);
    // A stamp for which there is no room is not the end either, trusted or not.
    for tsa_trust in [None, Some(&large.trust())] {
        let signed = leader.sign_over(&SigningJob { tsa_trust, ..job.clone() }, &large).unwrap();
        let [failed] = &signed.failed[..] else { panic!("{:?}", signed.failed) };
        assert!(matches!(failed.why, PkiError::TimeStampTooLarge { .. }), "{}", failed.why);
        assert_eq!(checked(&signed.to_bytes().unwrap()).verdict, Verdict::Valid);
    }
}

#[test]
fn what_is_not_valid_is_not_made_to_last() {
    let urls = [rig("RIG_TSA_URL")];
    let services = Services { tsa_urls: &urls, fetch: &*LINE };
    let refused = |bytes: &[u8]| {
        extend(&source(bytes), Level::Blta, &trust(), &services).expect_err("not extended")
    };
    let because = |reason| SigningError::NotProvable(vec![reason]);
    assert_eq!(refused(&letter()), SigningError::NotSigned);
    let stranger = Signer::new("stranger").sign_plainly(&letter());
    assert_eq!(refused(&stranger), because(Reason::RootUntrusted));
    let revoked = Signer::new("revoked").sign_plainly(&letter());
    assert_eq!(refused(&revoked), because(Reason::CertificateRevoked));
    let signed = Signer::new("leader").sign_plainly(&letter());
    let forged = append(&signed, |update, source| {
        let (id, mut page) = source.page(1).unwrap();
        page.set("Rotate", 180);
        update.set(id, page.into());
    });
    assert_eq!(refused(&forged), because(Reason::ChangedAfterSigning));
}

/// The letter with an empty field whose signing locks what `lock` says.
fn lockable(lock: Dictionary) -> Vec<u8> {
    append(&letter(), |update, source| {
        let (catalog_id, mut catalog) = source.catalog().unwrap();
        let (page_id, mut page) = source.page(1).unwrap();
        let field = update.allocate();
        update.set(
            field,
            dictionary! {
                "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "F" => 132, "P" => page_id,
                "T" => Object::string_literal("Khoa"), "Rect" => vec![0.into(); 4], "Lock" => lock,
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
fn a_lock_is_kept_by_us_too() {
    let name = |name: &str| Object::string_literal(name);
    for (lock, open) in [
        (dictionary! { "Action" => "All" }, false),
        (dictionary! { "Action" => "Include", "Fields" => vec![name("Dau")] }, false),
        (dictionary! { "Action" => "Exclude", "Fields" => vec![name("Dau")] }, true),
        (dictionary! { "Action" => "Include", "Fields" => vec![name("So")], "P" => 1 }, false),
        (dictionary! { "Action" => "Include", "Fields" => vec![name("So")], "P" => 2 }, true),
    ] {
        let bytes = lockable(lock.clone());
        let file = source(&bytes);
        let job = SigningJob {
            field: Some("Khoa".to_owned()),
            ..SigningJob::new(&file, Timestamp::now())
        };
        let signed = Signer::new("leader").sign(&job).unwrap().to_bytes().unwrap();
        assert_eq!(checked(&signed).verdict, Verdict::Valid);
        let file = source(&signed);
        let job = SigningJob {
            field: Some("Dau".to_owned()),
            ..SigningJob::new(&file, Timestamp::now())
        };
        match Signer::new("org").sign(&job) {
            Ok(sealed) => {
                assert!(open, "{lock:?}");
                assert_eq!(
                    checked(&sealed.to_bytes().unwrap()).verdict,
                    Verdict::Valid,
                    "{lock:?}"
                );
            }
            Err(error) => {
                assert!(!open, "{lock:?}");
                assert_eq!(error, SigningError::Locked { by: "Khoa".to_owned() });
            }
        }
        // What proves the signature is permitted always.
        assert_eq!(checked(&lengthened(&signed, Level::Blta)).verdict, Verdict::Valid, "{lock:?}");
    }
}

#[test]
fn a_new_field_says_what_it_is_to_whoever_hears_the_page() {
    let sealed = lengthened(&Signer::new("leader").sign_plainly(&letter()), Level::Bt);
    let file = source(&sealed);
    let said: Vec<String> = file
        .fields()
        .unwrap()
        .iter()
        .map(|field| lopdf::decode_text_string(field.dictionary.get(b"TU").unwrap()).unwrap())
        .collect();
    assert_eq!(said, ["Chữ ký số", "Dấu thời gian"]);
}
