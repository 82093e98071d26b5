//! The words of the standard for every fault, time stamps that outlive their services,
//! authorities that have to be fetched, and the regulation's own questions.

use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use vanthu::domain::verdict::{Answer, CompletenessLine, StepName, StepResult, Verdict};
use vanthu::i18n::Lang;
use vanthu::pki::demo::{Authority, Subject};
use vanthu::pki::fetch::{Fetch, HttpFetch};
use vanthu::pki::kept::Kept;
use vanthu::pki::{PkiError, TrustStore};
use vanthu::signing::check::{Expectation, FirstPage, as_signed, check, completeness};
use vanthu::signing::report::{FileFacts, printable};
use vanthu::signing::{
    CheckOptions, Level, Reason, Report, RevocationSource, Services, SigningJob, extend, sign,
};

use super::support::*;

const NOTHING: [&str; 0] = [];

fn signed_at(name: &str, at: Timestamp) -> Vec<u8> {
    let bytes = letter();
    let file = source(&bytes);
    Signer::new(name).sign(&SigningJob::new(&file, at)).unwrap().to_bytes().unwrap()
}

/// Checked as of a time, with the rig's trust and whatever line.
fn judged(bytes: &[u8], at: &str, online: Option<&dyn Fetch>) -> Report {
    let trust = trust();
    let at = Some(at.parse().unwrap());
    check(bytes.into(), &CheckOptions { trust: &trust, at, online }).unwrap()
}

fn standard(report: &Report) -> (&'static str, Option<&'static str>) {
    let (indication, sub) = report.indication().expect("a signature");
    (indication.name(), sub.map(|sub| sub.name()))
}

fn notes(report: &Report) -> Vec<&'static str> {
    report.signatures[0].notes.iter().map(|note| note.code()).collect()
}

fn step(report: &Report, name: StepName) -> StepResult {
    let steps = report.signatures[0].steps();
    steps.iter().find(|step| step.step == name).expect("every step").result
}

#[test]
fn each_fault_has_its_words_in_the_standard() {
    let now = Timestamp::now();
    let good = signed_at("leader", now);
    let report = checked(&good);
    assert_eq!((report.verdict, standard(&report)), (Verdict::Valid, ("TOTAL-PASSED", None)));
    for name in StepName::ALL {
        let expected = if name == StepName::Time { StepResult::Absent } else { StepResult::Passed };
        assert_eq!(step(&report, name), expected, "{name:?}");
    }
    assert_eq!(report.signatures[0].revocation, Some(RevocationSource::Network));

    let mut broken = good.clone();
    let at = broken.windows(9).position(|part| part == b"(Cong hoa").unwrap();
    broken[at + 1] = b'X';
    let report = checked(&broken);
    assert_eq!(standard(&report), ("TOTAL-FAILED", Some("HASH_FAILURE")));
    assert_eq!(step(&report, StepName::Integrity), StepResult::Failed);
    assert_eq!(step(&report, StepName::Chain), StepResult::Skipped);
    assert_eq!(step(&report, StepName::Revocation), StepResult::Skipped);

    let trailing = [good.as_slice(), b"evil"].concat();
    assert_eq!(standard(&checked(&trailing)), ("TOTAL-FAILED", Some("FORMAT_FAILURE")));
    let revoked = checked(&signed_at("revoked", now));
    assert_eq!(standard(&revoked), ("TOTAL-FAILED", Some("REVOKED")));
    assert_eq!(step(&revoked, StepName::Revocation), StepResult::Failed);
    let stranger = checked(&signed_at("stranger", now));
    assert_eq!(standard(&stranger), ("INDETERMINATE", Some("NO_CERTIFICATE_CHAIN_FOUND")));
    assert_eq!(step(&stranger, StepName::Revocation), StepResult::Skipped);
    let offline = checked_offline(&good);
    assert_eq!(standard(&offline), ("INDETERMINATE", Some("TRY_LATER")));
    assert_eq!(step(&offline, StepName::Revocation), StepResult::Unknown);
    let early = judged(&good, "2023-06-01T00:00:00Z", None);
    assert_eq!(standard(&early), ("TOTAL-FAILED", Some("NOT_YET_VALID")));
    let backdated = checked(&signed_at("revoked", "2024-06-01T00:00:00Z".parse().unwrap()));
    assert_eq!(standard(&backdated), ("INDETERMINATE", Some("REVOKED_NO_POE")));
}

#[test]
fn a_certificate_for_logging_in_signs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, signed) = (folder.path().join("0.pdf"), folder.path().join("1.pdf"));
    std::fs::write(&plain, letter()).unwrap();
    let (key, pem) = (rig_file("keys/leader-ec.pem"), rig_file("certs/leader-ec.pem"));
    let sub = rig_file("certs/sub.pem");
    let [plain, signed, key, pem, sub] =
        [&plain, &signed, &key, &pem, &sub].map(|path| path.to_str().unwrap().to_owned());
    let output = pyhanko(&[
        "sign",
        "addsig",
        "--field",
        "1/300,100,420,140/X",
        "--use-pades",
        "pemder",
        "--key",
        &key,
        "--cert",
        &pem,
        "--chain",
        &sub,
        "--no-pass",
        &plain,
        &signed,
    ]);
    assert!(output.status.success(), "{}", printed(&output));
    let report = checked(&std::fs::read(signed).unwrap());
    assert_eq!((report.verdict, reasons(&report)), (Verdict::Invalid, vec!["key-usage-wrong"]));
    // The standard leaves it open; the law does not (Nghị định 23/2025/NĐ-CP).
    assert_eq!(standard(&report), ("INDETERMINATE", Some("CHAIN_CONSTRAINTS_FAILURE")));
    assert_eq!(step(&report, StepName::Certificate), StepResult::Failed);
}

#[test]
fn what_the_law_no_longer_permits_is_not_valid() {
    const SCRIPT: &str = "
import sys
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
key, cert, chain, source, target = sys.argv[1:]
signer = signers.SimpleSigner.load(key, cert, ca_chain_files=(chain,))
meta = signers.PdfSignatureMetadata(field_name='Old', md_algorithm='sha1')
with open(source, 'rb') as f, open(target, 'wb') as out:
    signers.sign_pdf(IncrementalPdfFileWriter(f), meta, signer=signer, output=out)
";
    let folder = tempfile::tempdir().unwrap();
    let (plain, signed) = (folder.path().join("0.pdf"), folder.path().join("1.pdf"));
    std::fs::write(&plain, letter()).unwrap();
    let rig = ["keys/leader.pem", "certs/leader.pem", "certs/sub.pem"].map(rig_file);
    let output =
        python().args(["-c", SCRIPT]).args(rig).args([&plain, &signed]).output().expect("Python");
    assert!(output.status.success(), "{}", printed(&output));
    let signed = std::fs::read(signed).unwrap();
    let report = checked(&signed);
    assert_eq!((report.verdict, reasons(&report)), (Verdict::Invalid, vec!["algorithm-forbidden"]));
    assert_eq!(standard(&report), ("INDETERMINATE", Some("CRYPTO_CONSTRAINTS_FAILURE")));
    assert_eq!(step(&report, StepName::Algorithms), StepResult::Failed);
    // As of a day on which it was doubtful and not yet forbidden.
    let report = judged(&signed, "2025-01-01T00:00:00Z", Some(&*LINE));
    assert_eq!(
        (report.verdict, reasons(&report)),
        (Verdict::Indeterminate, vec!["weak-algorithm"])
    );
}

/// Has the rig's services answer as of another time.
struct AsOf(String);

impl AsOf {
    fn send(&self, request: reqwest::blocking::RequestBuilder) -> Result<Vec<u8>, PkiError> {
        let answer = request.header("X-Certomancer-Fake-Time", &self.0).send().unwrap();
        assert_eq!(answer.status(), 200);
        Ok(answer.bytes().unwrap().to_vec())
    }
}

impl Fetch for AsOf {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        self.send(reqwest::blocking::Client::new().get(url))
    }

    fn post(&self, url: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, PkiError> {
        let request = reqwest::blocking::Client::new().post(url);
        self.send(request.header("content-type", kind).body(body.to_vec()))
    }
}

#[test]
fn what_was_only_claimed_ends_with_the_certificate() {
    let bytes = letter();
    let file = source(&bytes);
    let at: Timestamp = "2021-06-01T00:00:00Z".parse().unwrap();
    let then = AsOf("2021-06-01T00:00:00+00:00".to_owned());
    let mut signer = Signer::new("expired");
    let claimed = signer.sign(&SigningJob::new(&file, at)).unwrap().to_bytes().unwrap();
    // While it lasted.
    let report = judged(&claimed, "2021-06-01T00:00:00Z", Some(&then));
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    // Since: nobody knows any more when that was.
    let report = judged(&claimed, "2023-06-01T00:00:00Z", Some(&then));
    assert!(reasons(&report).contains(&"expired-since"), "{:?}", reasons(&report));
    assert_eq!(standard(&report), ("INDETERMINATE", Some("OUT_OF_BOUNDS_NO_POE")));

    // Stamped, with everything that proves it, it lasts as long as the service's certificate.
    let trust = trust();
    let job = SigningJob {
        level: Level::Blt,
        tsa_urls: vec![rig("RIG_TSA_URL")],
        trust: Some(&trust),
        ..SigningJob::new(&file, at)
    };
    let Signer { token, key, certificate, chain } = &mut signer;
    let stamped = sign(&job, &mut **token, key, certificate, chain, &then).unwrap();
    let stamped = stamped.to_bytes().unwrap();
    let report = judged(&stamped, "2039-06-01T00:00:00Z", None);
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    assert_eq!(report.signatures[0].revocation, Some(RevocationSource::Document));
    assert_eq!(step(&report, StepName::Time), StepResult::Passed);
    let report = judged(&stamped, "2041-06-01T00:00:00Z", None);
    assert_eq!(notes(&report), ["timestamp-expired"]);
    assert_eq!(report.verdict, Verdict::Indeterminate);
    assert_eq!(standard(&report), ("INDETERMINATE", Some("OUT_OF_BOUNDS_NO_POE")));
    assert_eq!(step(&report, StepName::Time), StepResult::Unknown);
}

#[test]
fn a_time_stamp_outlives_its_service_only_under_another() {
    let brief = Brief::new();
    let trust = brief.trust();
    let bytes = letter();
    let file = source(&bytes);
    let now = Timestamp::now();
    let job = SigningJob {
        level: Level::Blt,
        tsa_urls: vec![Brief::URL.to_owned()],
        trust: Some(&trust),
        ..SigningJob::new(&file, now)
    };
    let Signer { mut token, key, certificate, chain } = Signer::new("leader");
    let lasting = sign(&job, &mut *token, &key, &certificate, &chain, &brief).unwrap();
    let lasting = lasting.to_bytes().unwrap();
    let judged = |bytes: &[u8], at: Timestamp| {
        check(bytes.into(), &CheckOptions { trust: &trust, at: Some(at), online: None }).unwrap()
    };
    let later = now + SignedDuration::from_hours(24 * 365);
    let report = judged(&lasting, now);
    assert_eq!((report.verdict, report.signatures[0].level_name()), (Verdict::Valid, "B-LT"));
    let report = judged(&lasting, later);
    assert_eq!(notes(&report), ["timestamp-expired"]);
    assert!(!report.signatures[0].time_stamped);

    let urls = [rig("RIG_TSA_URL")];
    let services = Services { tsa_urls: &urls, fetch: &brief };
    let archived = extend(&source(&lasting), Level::Blta, &trust, &services).unwrap();
    let archived = archived.to_bytes().unwrap();
    // The outermost time stamp is asked about on the line, as of that day.
    let day = AsOf(later.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string());
    let options = CheckOptions { trust: &trust, at: Some(later), online: Some(&day) };
    let report = check(archived.as_slice().into(), &options).unwrap();
    assert_eq!((report.verdict, notes(&report)), (Verdict::Valid, vec![]));
    let [signature, stamp] = &report.signatures[..] else { panic!("a signature and a stamp") };
    assert!(signature.time_stamped && signature.signing_time <= stamp.signing_time);
    assert_eq!(signature.level_name(), "B-LTA");
    // A document time stamp alone proves a plain signature's time as well.
    let plain = signed_at("leader", now);
    let stamped = extend(&source(&plain), Level::Bt, &trust, &services).unwrap();
    let report = checked(&stamped.to_bytes().unwrap());
    if report.signatures.len() > 1 {
        assert_eq!(report.signatures[0].level_name(), "B-T");
        assert_eq!(notes(&report), ["time-from-document"]);
    }
}

/// The rig's services without OCSP.
struct ListsOnly;

impl Fetch for ListsOnly {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        HttpFetch::new().get(url)
    }

    fn post(&self, url: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, PkiError> {
        Err(PkiError::TimedOut { url: url.to_owned() })
    }
}

/// A line on which nothing answers.
struct Dead;

impl Fetch for Dead {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        Err(PkiError::TimedOut { url: url.to_owned() })
    }

    fn post(&self, url: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, PkiError> {
        Err(PkiError::TimedOut { url: url.to_owned() })
    }
}

#[test]
fn a_lone_certificate_finds_its_authority_and_the_office_remembers_it() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::in_folder(folder.path());
    let bytes = letter();
    let file = source(&bytes);
    let mut signer = Signer::new("leader");
    signer.chain.clear();
    let now = Timestamp::now();
    let lone = signer.sign(&SigningJob::new(&file, now)).unwrap().to_bytes().unwrap();
    let judged = |trust: &TrustStore, online: Option<&dyn Fetch>| {
        check(lone.as_slice().into(), &CheckOptions { trust, at: None, online }).unwrap()
    };
    let unknown = judged(&trust(), None);
    assert_eq!(reasons(&unknown), ["issuer-unknown"]);
    assert_eq!(standard(&unknown), ("INDETERMINATE", Some("NO_CERTIFICATE_CHAIN_FOUND")));
    let dead = judged(&trust(), Some(&Dead));
    assert_eq!(reasons(&dead), ["issuer-unknown"]);
    // The responder is down: the list tells as well.
    let online = judged(&trust(), Some(&ListsOnly));
    assert_eq!(online.verdict, Verdict::Valid, "{online:?}");
    assert!(online.signatures[0].proof.evidence.ocsps.is_empty());

    let proof = &online.signatures[0].proof;
    kept.keep(&proof.certificates, &proof.evidence, now);
    let mut remembering = trust();
    kept.add_to(&mut remembering, now);
    assert_eq!(remembering.roots.len(), 1, "what is kept is trusted no more than before");
    let offline = judged(&remembering, None);
    assert_eq!(offline.verdict, Verdict::Valid, "{offline:?}");
    assert!(offline.offline);
    assert_eq!(offline.signatures[0].revocation, Some(RevocationSource::Kept));
    // Lists are honoured until their next update and not beyond.
    let mut stale = trust();
    kept.add_to(&mut stale, now + SignedDuration::from_hours(24 * 365));
    assert!(stale.evidence.is_empty());
}

/// The letter, signed and sealed by the rig's people in this order, with these words.
fn by(signers: &[(&str, &str)]) -> Vec<u8> {
    signers.iter().fold(letter(), |bytes, (name, words)| {
        let file = source(&bytes);
        let reason = (!words.is_empty()).then(|| (*words).to_owned());
        let job = SigningJob { reason, ..SigningJob::new(&file, Timestamp::now()) };
        Signer::new(name).sign(&job).unwrap().to_bytes().unwrap()
    })
}

fn expected() -> Expectation {
    Expectation {
        sender_name: "UBND tỉnh Thử Nghiệm".to_owned(),
        signer_name: "NGUYỄN THỊ ÁNH NGUYỆT".to_owned(),
        position: "Chủ tịch".to_owned(),
        ..Expectation::default()
    }
}

fn answers(lines: &[CompletenessLine]) -> Vec<(&str, Answer, &str)> {
    lines.iter().map(|line| (line.code.as_str(), line.result, line.detail.as_str())).collect()
}

#[test]
fn the_regulations_questions_are_answered() {
    let bytes = by(&[("leader", ""), ("org", "Phát hành văn bản")]);
    let good = checked(&bytes);
    let lines = completeness(&good, &expected(), &first_page(&bytes));
    assert_eq!(
        answers(&lines),
        [
            ("personal-signature", Answer::Ok, "valid"),
            ("organisation-signature", Answer::Ok, "valid"),
            ("organisation-is-sender", Answer::Ok, "same-name"),
            ("signer-is-named", Answer::Ok, "same-name"),
            ("position-is-named", Answer::Ok, "same-name"),
            ("personal-before-seal", Answer::Ok, "in-order"),
            ("number-and-date", Answer::Unknown, "not-on-page"),
            ("acts", Answer::Ok, "acts-named"),
        ]
    );
    assert_eq!(lines[7].found, "approve, issue");
    assert!(lines.iter().all(|line| line.article.contains("Điều")));

    // Whatever nobody said stays unknown.
    let unknown = completeness(&good, &Expectation::default(), &FirstPage::Unread);
    for line in &unknown[2..5] {
        assert_eq!(line.result, Answer::Unknown, "{line:?}");
    }
    let other = Expectation {
        sender_name: "UBND tỉnh Khác".to_owned(),
        signer_name: "Trần Văn An".to_owned(),
        position: "Giám đốc".to_owned(),
        ..Expectation::default()
    };
    for line in &completeness(&good, &other, &FirstPage::Unread)[2..5] {
        assert_eq!((line.result, line.detail.as_str()), (Answer::No, "other-name"), "{line:?}");
    }

    // The seal first, and then nobody knows what the seal was for.
    let reversed = checked(&by(&[("org", ""), ("leader", "")]));
    let lines = completeness(&reversed, &expected(), &FirstPage::Unread);
    assert_eq!(answers(&lines)[5], ("personal-before-seal", Answer::No, "seal-first"));
    assert_eq!(answers(&lines)[7], ("acts", Answer::Unknown, "acts-unknown"));

    // One of the two is missing, or does not hold.
    let lines = completeness(&checked(&by(&[("leader", "")])), &expected(), &FirstPage::Unread);
    assert_eq!(answers(&lines)[1], ("organisation-signature", Answer::No, "missing"));
    let lines = completeness(&checked(&by(&[("revoked", "")])), &expected(), &FirstPage::Unread);
    assert_eq!(answers(&lines)[0], ("personal-signature", Answer::No, "not-valid"));
    let offline = checked_offline(&by(&[("leader", "")]));
    let lines = completeness(&offline, &expected(), &FirstPage::Unread);
    assert_eq!(answers(&lines)[0], ("personal-signature", Answer::Unknown, "not-settled"));
}

/// The letter with the seal of an agency that all provinces have, with this user id.
fn sealed_as(uid: &str) -> Report {
    let authority = Authority::create(Timestamp::now()).unwrap();
    let subject =
        Subject {
            common_name: "Sở Nội vụ".to_owned(), uid: uid.to_owned(), ..Subject::default()
        };
    let issued = authority.issue(&subject).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let p12 = folder.path().join("seal.p12");
    std::fs::write(&p12, issued.to_pkcs12("seal", "test").unwrap()).unwrap();
    let mut signer = Signer::open(p12, issued.certificate, issued.chain);
    checked_offline(&signer.sign_plainly(&letter()))
}

#[test]
fn the_code_in_a_seal_tells_more_than_the_name() {
    let told = |seal: &Report, expected: &Expectation| {
        let line = completeness(seal, expected, &FirstPage::Unread).remove(2);
        assert_eq!(line.code, "organisation-is-sender");
        (line.result, line.detail, line.found, line.expected)
    };
    let answer = |result, detail: &str, found: &str, expected: &str| {
        (result, detail.to_owned(), found.to_owned(), expected.to_owned())
    };
    let name = "Sở Nội vụ";
    let from = |code: &str| Expectation {
        sender_name: name.to_owned(),
        sender_code: code.to_owned(),
        ..Expectation::default()
    };
    let own = "000.00.05.H30";
    let seal = sealed_as(&format!("MDD:{own}"));
    assert_eq!(told(&seal, &from(own)), answer(Answer::Ok, "same-code", own, own));
    // The same name in another province.
    let other = "000.00.05.H29";
    assert_eq!(told(&seal, &from(other)), answer(Answer::No, "other-code", own, other));
    let named_twice = Expectation { issuer_name: name.to_owned(), ..from(other) };
    assert_eq!(told(&seal, &named_twice), answer(Answer::No, "other-code", own, other));
    // Passed on for another agency, whose seal it is.
    let passed_on = |issuer_code: &str| Expectation {
        sender_name: "Ủy ban nhân dân tỉnh Hậu Giang".to_owned(),
        issuer_name: name.to_owned(),
        issuer_code: issuer_code.to_owned(),
        ..from("000.00.01.H30")
    };
    assert_eq!(told(&seal, &passed_on(own)), answer(Answer::Ok, "same-code", own, own));
    assert_eq!(told(&seal, &passed_on("")).1, "same-name");
    assert_eq!(told(&seal, &passed_on(other)).1, "other-code");
    // Its code is another since, and its certificate older than that.
    let renumbered =
        Expectation { sender_other_codes: vec![own.to_owned()], ..from("000.00.99.H30") };
    assert_eq!(told(&seal, &renumbered).1, "same-code");
    // The code is right and the name another: one agency under two names, or no agency's code.
    let other_name = "Sở Tư pháp tỉnh Hậu Giang";
    let renamed = Expectation { sender_name: other_name.to_owned(), ..from(own) };
    let (shown, both) = (format!("{name} (THỬ NGHIỆM)"), format!("{other_name} ({own})"));
    assert_eq!(told(&seal, &renamed), answer(Answer::Ok, "same-code-other-name", &shown, &both));
    // A code of the other regulation, a tax number: then the name is all there is.
    assert_eq!(told(&seal, &from("H30.5")).1, "same-name");
    let taxed = sealed_as("MST:6300012345");
    assert_eq!(told(&taxed, &from(own)).1, "same-name");
    let only_code = Expectation { sender_name: String::new(), ..from(own) };
    assert_eq!(told(&taxed, &only_code).0, Answer::Unknown);
}

#[test]
fn a_valid_signature_says_what_is_seen_since() {
    let signed = Signer::new("leader").sign_plainly(&super::forms::form());
    let filled = append(&signed, |update, source| {
        let field = super::forms::found(source, "Dong y");
        let mut dictionary = field.dictionary;
        dictionary.set("V", "Yes");
        dictionary.set("AS", "Yes");
        update.set(field.id, dictionary.into());
    });
    let report = checked(&filled);
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    let json = report.to_json("x");
    let one = &json["signatures"][0];
    assert_eq!(one["changes"], json!(["form-filled"]));
    let expected = json!({"code": "form-filled", "field": "Dong y", "text": "Yes", "page": null, "visible": true});
    assert_eq!(one["change_details"], json!([expected]));
    assert_eq!(
        serde_json::to_value(report.summary()).unwrap()["signatures"][0]["detail"]["change_details"],
        one["change_details"]
    );
    let folder = tempfile::tempdir().unwrap();
    let file = FileFacts { name: "a.pdf".to_owned(), size: 1, sha256: String::new() };
    for (lang, words) in [
        (Lang::Vi, ["ô “Dong y” nay ghi “Yes”", "người ký chưa nhìn thấy"]),
        (Lang::En, ["field “Dong y” now says “Yes”", "more than the signer saw"]),
    ] {
        let pdf = folder.path().join("report.pdf");
        let text = |report: &Report| {
            std::fs::write(&pdf, printable(report, &file, &[], lang).unwrap()).unwrap();
            text_of(&pdf).split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let (seen, untouched) = (text(&report), text(&checked(&signed)));
        for word in words {
            assert!(seen.contains(word), "{word} in {seen}");
            assert!(!untouched.contains(word), "{word} in {untouched}");
        }
    }
}

#[test]
fn the_file_is_shown_as_each_signer_saw_it() {
    let first = by(&[("leader", "")]);
    let file = source(&first);
    let both = Signer::new("org").sign(&SigningJob::new(&file, Timestamp::now())).unwrap();
    let both = source(&both.to_bytes().unwrap());
    let bytes = |field: &str| {
        let then = as_signed(&both, field).unwrap().expect("a signature");
        then.read(0..then.size()).unwrap().into_owned()
    };
    assert_eq!(bytes("Signature1"), first);
    assert_eq!(bytes("Signature2").len(), both.size());
    assert!(as_signed(&both, "Signature3").unwrap().is_none());
}

fn text_of(pdf: &Path) -> String {
    let output = Command::new("pdftotext").args(["-layout"]).arg(pdf).arg("-").output().unwrap();
    assert!(output.status.success(), "{}", printed(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_report_can_be_printed_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let signed = by(&[("leader", ""), ("org", "Phát hành"), ("revoked", "")]);
    let report = checked(&signed);
    let changed = checked(&append(&signed, |update, source| {
        let (id, mut page) = source.page(1).unwrap();
        page.set("Rotate", 90);
        update.set(id, page.into());
    }));
    let file = FileFacts {
        name: "Quyết định về việc kiện toàn Ban Chỉ đạo chuyển đổi số.pdf ".repeat(8),
        size: signed.len() as u64,
        sha256: "0123456789abcdef".repeat(4),
    };
    let lines = completeness(&report, &expected(), &FirstPage::Unread);
    for (report, lang, words) in [
        (&report, Lang::Vi, ["KHÔNG HỢP LỆ", "Nguyễn Thị Ánh Nguyệt", "đã bị thu hồi"]),
        (&report, Lang::En, ["NOT VALID", "Nguyễn Thị Ánh Nguyệt", "had been revoked"]),
        (&changed, Lang::Vi, ["KHÔNG HỢP LỆ", "đã bị sửa sau khi ký", "Không kiểm tra"]),
    ] {
        let pdf = folder.path().join("report.pdf");
        std::fs::write(&pdf, printable(report, &file, &lines, lang).unwrap()).unwrap();
        let text = text_of(&pdf);
        assert!(!text.contains('⟦'), "{text}");
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(flat.contains(word), "{word} in:\n{text}");
        }
        let unsigned = checked(&letter());
        assert!(printable(&unsigned, &file, &[], lang).is_ok());
    }
}

#[test]
fn what_is_stored_keeps_what_the_panel_needs() {
    let report = checked(&by(&[("leader", ""), ("org", "Phát hành")]));
    let mut summary = report.summary();
    summary.completeness = completeness(&report, &expected(), &FirstPage::Unread);
    let read: Value = serde_json::to_value(&summary).unwrap();
    let detail = &read["signatures"][0]["detail"];
    assert_eq!(detail["field"], "Signature1");
    assert_eq!(detail["indication"], "TOTAL-PASSED");
    assert_eq!(detail["act"], "approve");
    assert_eq!(detail["steps"].as_array().unwrap().len(), StepName::ALL.len());
    assert_eq!(detail["changes"][0], "signature");
    assert_eq!(read["completeness"][0]["result"], "ok");
    assert_eq!(
        serde_json::from_value::<vanthu::domain::verdict::VerdictSummary>(read).unwrap(),
        summary
    );
    assert_eq!(reasons(&report), NOTHING);
    assert!(Reason::ALL.iter().any(|reason| reason.is_note()));
}
