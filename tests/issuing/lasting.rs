//! Whatever the organisation signed is made to last: the main file, annexes, copies of paper and
//! certified copies, with a server or without. Needs the rig's time stamps.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use vanthu::domain::copy::CopyKind;
use vanthu::domain::document::{DocumentKey, Signer};
use vanthu::domain::paper::Sheaf;
use vanthu::domain::verdict::{Level, Verdict};
use vanthu::office::batch::Cancel;
use vanthu::office::certify::CopyOrder;
use vanthu::office::{Imported, Office, SignedFile};
use vanthu::pdf::structure::Source;
use vanthu::pki::demo::{Authority, Subject};
use vanthu::pki::fetch::{CachedFetch, HttpFetch};
use vanthu::pki::{Certificate, TrustStore};
use vanthu::signing::check::{CheckOptions, check};
use vanthu::signing::make::{Services, extend_copy, reached};
use vanthu::signing::{SigningError, SigningJob, sign};
use vanthu::token::{Pin, Selector, open};

use crate::place::{Place, drafted, drafted_with, order, pdf};

fn rig(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: start the rig"))
}

/// A document with an annex and a certified copy, and a copy of paper, all signed without a line.
fn signed(place: &Place, office: &Office) -> (DocumentKey, DocumentKey, DocumentKey) {
    let annex = ("phu-luc.pdf".to_owned(), pdf());
    let ours = drafted_with(office, "Về việc thử nghiệm", &[], vec![annex]);
    let seal = order(&place.dir, "seal");
    office.sign(ours, &order(&place.dir, "leader")).unwrap();
    office.seal(ours, &seal).unwrap();
    office.issue(ours).unwrap();
    let copy = CopyOrder {
        of: ours,
        kind: CopyKind::True,
        to_paper: false,
        pages: Vec::new(),
        recipients: String::new(),
        signer: Signer::default(),
    };
    let copy = office.certify_copy(&copy, Some(&seal)).unwrap();
    let mut page = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(827, 1169, image::Rgb([240, 240, 240]))
        .write_to(&mut page, image::ImageFormat::Png)
        .unwrap();
    let sheaf = office.sheaf_of(&[("a.png".to_owned(), page.into_inner())]).unwrap();
    let sheaf = Sheaf { subject: "Công văn giấy".to_owned(), ..sheaf };
    let scan = office.digitise(&sheaf, &mut |_, _| (), &Cancel::default()).unwrap();
    office.seal_copy(scan, &seal).unwrap();
    (ours, scan, copy.id)
}

fn stamps(place: &Place, office: &Office) {
    for name in ["root", "sub"] {
        let file = format!("{}/certs/{name}.pem", rig("RIG_PKI"));
        office.add_trust(&std::fs::read(file).unwrap()).unwrap();
    }
    office.set_tsa_urls(&[rig("RIG_TSA_URL")]).unwrap();
    // The certificates of this office name no service that would tell of revocation.
    office.set_wanted_level(Level::Bt).unwrap();
    assert!(place.dir.join("trust").is_dir());
}

#[test]
fn every_file_that_was_signed_without_a_line_is_made_to_last() {
    let place = Place::new();
    let office = place.office();
    let (ours, scan, copy) = signed(&place, &office);
    let bytes = |office: Office| -> BTreeMap<&str, Arc<[u8]>> {
        let files = office.outbound_document(ours).unwrap().files;
        let (main, scan) = (office.main_file(ours).unwrap(), office.main_file(scan).unwrap());
        let copy = office.copy_file(copy).unwrap().1;
        drop(office);
        let annex = files.into_iter().find(|file| !file.main).unwrap();
        let annex = place.store().blob(&annex.blob).unwrap().into();
        BTreeMap::from([("main", main), ("annex", annex), ("scan", scan), ("copy", copy)])
    };
    let issued = office.issued_file(ours).unwrap();
    let before = bytes(office);
    let office = place.office();
    // Nothing more can be had without a service, so nothing waits; with one, all four do.
    assert_eq!(office.awaiting_extension().unwrap(), []);
    stamps(&place, &office);
    let mut waiting: Vec<&str> =
        office.awaiting_extension().unwrap().iter().map(|one| one.what.key()).collect();
    waiting.sort_unstable();
    assert_eq!(waiting, ["annex", "copy", "main", "scan"]);
    // No exchange server is set: that is told, and the rest is done all the same.
    assert_eq!(office.sync().unwrap_err().code, "office-no-server");
    assert_eq!(office.awaiting_extension().unwrap(), []);
    let trust = TrustStore::from_dir(&place.dir.join("trust")).unwrap();
    let line = CachedFetch::new(HttpFetch::new());
    for (name, after) in bytes(office) {
        assert!(after.starts_with(&before[name]) && after.len() > before[name].len(), "{name}");
        // Of its own time stamp a file of this level knows no more than its service says.
        let options = CheckOptions { trust: &trust, at: None, online: Some(&line) };
        let report = check(after, &options).unwrap();
        assert_eq!((report.verdict, reached(&report)), (Verdict::Valid, Level::Bt), "{name}");
    }
    let office = place.office();
    assert_eq!(office.issued_file(ours).unwrap(), issued);
    assert_eq!(office.extend(ours).unwrap(), Level::Bt);
    assert_eq!(office.extend(scan).unwrap(), Level::Bt);
    // What stands at the gate is of the file as it is now.
    let document = office.inbound_document(scan).unwrap();
    assert_eq!(document.verdict.verdict, Verdict::Valid);
    drop(office);
    assert_eq!(place.store().rebuild_and_compare().unwrap().problems, []);
}

#[test]
fn what_leaves_takes_its_lasting_annexes_along() {
    let place = Place::new();
    let office = place.office();
    let annex = ("phu-luc.pdf".to_owned(), pdf());
    let key = drafted_with(&office, "Về việc thử nghiệm", &[], vec![annex]);
    office.sign(key, &order(&place.dir, "leader")).unwrap();
    office.seal(key, &order(&place.dir, "seal")).unwrap();
    stamps(&place, &office);
    assert_eq!(office.awaiting_extension().unwrap().len(), 2);
    office.issue(key).unwrap();
    assert_eq!(office.awaiting_extension().unwrap(), []);
    assert_eq!(office.issued_file(key).unwrap(), office.main_file(key).unwrap());
    drop(office);
    let levels: Vec<Level> =
        place.store().durability(&key).unwrap().iter().map(|one| one.level).collect();
    assert_eq!(levels, [Level::Bt, Level::Bt]);
}

#[test]
fn what_no_service_can_mend_rests_before_it_is_tried_again() {
    let place = Place::new();
    let office = place.office();
    let key = drafted(&office, "Về việc thử nghiệm", &[]);
    office.sign(key, &order(&place.dir, "leader")).unwrap();
    office.seal(key, &order(&place.dir, "seal")).unwrap();
    stamps(&place, &office);
    // Whom the office trusted it trusts no more.
    for file in std::fs::read_dir(place.dir.join("trust")).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    let tried = |office: &Office| {
        let rows = office.awaiting_extension().unwrap();
        let [row] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!(row.what, SignedFile::Main);
        (row.tries, row.not_before, row.last_attempt)
    };
    let run = || office.extend_due(&|| false).unwrap();
    assert_eq!(tried(&office), (0, None, None));
    assert_eq!((run().extended, tried(&office).0), (0, 1));
    let (_, until, last) = tried(&office);
    assert!(until.unwrap().duration_since(last.unwrap()).as_mins() >= 59);
    // The next runs leave it alone; whoever asks is not put off.
    run();
    assert_eq!(tried(&office).0, 1);
    office.extend_waiting(&mut |_, _| (), &|| false).unwrap();
    assert_eq!(tried(&office).0, 2);
    assert!(tried(&office).1.unwrap() > Timestamp::now() + (2 * 59 * SignedDuration::from_mins(1)));
}

#[test]
fn what_its_certificates_let_nobody_prove_rests_too() {
    let place = Place::new();
    let office = place.office();
    let key = drafted(&office, "Về việc thử nghiệm", &[]);
    office.sign(key, &order(&place.dir, "leader")).unwrap();
    office.seal(key, &order(&place.dir, "seal")).unwrap();
    stamps(&place, &office);
    // Valid, and yet B-LT can never be reached: no service is named.
    office.set_wanted_level(Level::Blt).unwrap();
    for _ in 0..2 {
        assert_eq!(office.extend_due(&|| false).unwrap().problem, None);
        assert_eq!(office.awaiting_extension().unwrap()[0].tries, 1);
    }
}

/// The decision as somebody signed it at that time whom this office does not trust.
fn foreign(authority: &Authority, name: &str, at: Timestamp) -> Vec<u8> {
    signed_by(authority, name, at, pdf())
}

fn signed_by(authority: &Authority, name: &str, at: Timestamp, bytes: Vec<u8>) -> Vec<u8> {
    let subject = Subject {
        common_name: name.to_owned(),
        uid: "CCCD:000000000001".to_owned(),
        ..Subject::default()
    };
    let issued = authority.issue(&subject).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.p12");
    std::fs::write(&path, issued.to_pkcs12("foreign", "123456").unwrap()).unwrap();
    let mut token = open(&Selector::File { path }).unwrap();
    token.login(&Pin::new("123456")).unwrap();
    let key = token.certificates().unwrap().remove(0).key;
    let source = Source::parse(bytes.into()).unwrap();
    let (job, line) = (SigningJob::new(&source, at), CachedFetch::new(HttpFetch::new()));
    let signed = sign(&job, &mut *token, &key, &issued.certificate, &issued.chain, &line);
    signed.unwrap().to_bytes().unwrap()
}

/// An inbound document of these bytes, and a certified copy of it.
fn copied(place: &Place, office: &Office, bytes: Vec<u8>) -> (DocumentKey, DocumentKey) {
    let brought = office.import("den.pdf", bytes).unwrap();
    let Imported::Document(of) = brought else { panic!("{brought:?}") };
    office.accept_despite(of, "Bản thử nghiệm").unwrap();
    let copy = CopyOrder {
        of,
        kind: CopyKind::True,
        to_paper: false,
        pages: Vec::new(),
        recipients: String::new(),
        signer: Signer::default(),
    };
    (of, office.certify_copy(&copy, Some(&order(&place.dir, "seal"))).unwrap().id)
}

#[test]
fn a_copy_does_not_wait_for_signatures_of_others_that_nothing_mends() {
    let place = Place::new();
    let office = place.office();
    let then = Timestamp::now() - SignedDuration::from_hours(6 * 366 * 24);
    let gone = foreign(&Authority::create(then).unwrap(), "Người Xa", then);
    let (of, copy) = copied(&place, &office, gone);
    let before = office.copy_file(copy).unwrap().1;
    stamps(&place, &office);
    assert_eq!(office.awaiting_extension().unwrap()[0].what, SignedFile::Copy);
    assert_eq!(office.extend_due(&|| false).unwrap().problem, None);
    assert_eq!(office.awaiting_extension().unwrap(), []);
    let (kept, after) = office.copy_file(copy).unwrap();
    assert!(after.starts_with(&before) && after.len() > before.len());
    let trust = TrustStore::from_dir(&place.dir.join("trust")).unwrap();
    let line = CachedFetch::new(HttpFetch::new());
    let options = CheckOptions { trust: &trust, at: None, online: Some(&line) };
    let report = check(after, &options).unwrap();
    let [theirs, ours, _stamp] = &report.signatures[..] else { panic!("{report:#?}") };
    assert_ne!(theirs.verdict, Verdict::Valid);
    assert_eq!((ours.verdict, ours.level), (Verdict::Valid, Some(Level::Bt)));
    // What is not secured is told with the copy and in the document's history.
    let [other] = &kept.unsecured[..] else { panic!("{kept:?}") };
    assert!(other.signer.contains("Người Xa") && !other.reasons.is_empty(), "{other:?}");
    let told = office.history(of).unwrap();
    assert!(told.iter().any(|entry| entry.text.contains("Người Xa")), "{told:#?}");
    drop(office);
    assert_eq!(place.store().rebuild_and_compare().unwrap().problems, []);
}

#[test]
fn a_copy_waits_as_long_as_the_signatures_of_others_may_still_hold() {
    let place = Place::new();
    let office = place.office();
    let authority = Authority::create(Timestamp::now()).unwrap();
    let (_, copy) = copied(&place, &office, foreign(&authority, "Người Lạ", Timestamp::now()));
    stamps(&place, &office);
    let before = office.copy_file(copy).unwrap().1;
    assert_eq!(office.extend_due(&|| false).unwrap().extended, 0);
    let rows = office.awaiting_extension().unwrap();
    assert_eq!((rows.len(), rows[0].tries), (1, 1));
    assert_eq!(office.copy_file(copy).unwrap().1, before);
    // Once its root is trusted it holds, and lasts with ours.
    office.add_trust(authority.root().der()).unwrap();
    assert_eq!(office.extend_waiting(&mut |_, _| (), &|| false).unwrap().extended, 1);
    assert_eq!(office.awaiting_extension().unwrap(), []);
    assert_eq!(office.copy_file(copy).unwrap().0.unsecured, []);
}

#[test]
fn a_copy_waits_for_a_month_and_no_longer() {
    let day = |days: i64| Timestamp::now() - SignedDuration::from_hours(24 * days);
    let theirs = Authority::create(day(60)).unwrap();
    let ours = Authority::create(day(60)).unwrap();
    let mut trust = TrustStore::empty();
    trust.add(ours.root().clone());
    for name in ["root", "sub"] {
        let pem = std::fs::read(format!("{}/certs/{name}.pem", rig("RIG_PKI"))).unwrap();
        for certificate in Certificate::from_pem_or_der(&pem).unwrap() {
            trust.add(certificate);
        }
    }
    let (urls, line) = ([rig("RIG_TSA_URL")], CachedFetch::new(HttpFetch::new()));
    let services = Services { tsa_urls: &urls, fetch: &line };
    let extended = |days: i64, level: Level| {
        let theirs = foreign(&theirs, "Người Lạ", day(days + 1));
        let copy = signed_by(&ours, "Ủy ban nhân dân xã Tân Bình", day(days), theirs);
        extend_copy(&Source::parse(copy.into()).unwrap(), level, &trust, &services)
    };
    let waits = extended(20, Level::Bt).unwrap_err();
    assert!(matches!(&waits, SigningError::NotProvable(_)), "{waits:?}");
    // Our own was made a month ago: that the time stamp is of today makes it no younger.
    let lasting = extended(40, Level::Bt).unwrap().to_bytes().unwrap();
    let options = CheckOptions { trust: &trust, at: None, online: Some(&line) };
    let report = check(lasting.into(), &options).unwrap();
    let levels: Vec<_> = report.signatures.iter().map(|one| (one.verdict, one.level)).collect();
    assert_ne!(levels[0].0, Verdict::Valid);
    assert_eq!(levels[1], (Verdict::Valid, Some(Level::Bt)));
}
