//! What proves that a document was sent: kept, printed, and checked by others' tools.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::operation::Change;
use vanthu::exchange::ServerProfile;
use vanthu::exchange::axis::Quirks;
use vanthu::i18n::Lang;
use vanthu::office::Office;
use vanthu::office::evidence::{Acceptance, Asked, Carries, Evidence, ParcelState, StepKind};
use vanthu::store::Actor;

use crate::offices::{Two, exchange, newest, sealed, secret, server};
use crate::world::{PROVINCE, TAN_BINH, code, password};

fn run(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What stands on the printed page.
fn printed(office: &Office, evidence: &Evidence) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phieu.pdf");
    std::fs::write(&path, office.print_evidence(evidence, Lang::Vi).unwrap()).unwrap();
    run("pdftotext", &["-layout", path.to_str().unwrap(), "-"])
}

/// Words in one line, however the page is broken.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn accepted(evidence: &Evidence) -> Vec<Acceptance> {
    evidence.accepted().map(|(_, one)| one.clone()).collect()
}

/// Takes the first receipt off a printed page and has OpenSSL check it.
fn checked_by_openssl(page: &str) -> bool {
    let words: Vec<&str> = page.split_whitespace().collect();
    let begin = words.iter().position(|word| *word == "VANTHU-RECEIPT").unwrap();
    // The name of the scheme and six facts; then two lines of signature, and the key.
    let (text, rest) = words[begin..].split_at(7);
    let hex = |word: &&&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let digits: Vec<&str> = rest.iter().filter(hex).take(3).copied().collect();
    let [first, second, key] = digits[..] else { panic!("{page}") };
    let head = "302a300506032b6570032100";
    assert!(page.contains(head), "the page says how a key is read");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let text = write("text", text.join("\n").into_bytes());
    let signature = write("signature", hex::decode(format!("{first}{second}")).unwrap());
    let key = write("key", hex::decode(format!("{head}{key}")).unwrap());
    let mut words = vec!["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"];
    words.extend(["-inkey", &key, "-in", &text, "-sigfile", &signature]);
    Command::new("openssl").args(words).output().expect("openssl is needed").status.success()
}

#[test]
fn the_evidence_proves_itself_to_others() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản làm chứng");
    assert!(a.evidence(key).is_err(), "not issued");
    a.issue(key).unwrap();
    let waiting = a.evidence(key).unwrap();
    assert_eq!(waiting.recipients[0].parcels[0].state, ParcelState::Waiting);
    assert_eq!((&waiting.asked, waiting.holds()), (&Asked::Not, true));
    assert!(flat(&printed(a, &waiting)).contains("chờ gửi"));

    // Sent, returned, sent again, asked back.
    exchange(a, b);
    b.return_(newest(b), "Thiếu phụ lục").unwrap();
    exchange(a, b);
    a.resend(key, &[code(PROVINCE)], "Đã trao đổi qua điện thoại").unwrap();
    exchange(a, b);
    a.recall(key, "Sai nội dung").unwrap();
    exchange(a, b);
    let evidence = a.evidence(key).unwrap();
    assert!(evidence.holds() && matches!(evidence.asked, Asked::At(_)), "{:?}", evidence.asked);
    let parcels = &evidence.recipients[0].parcels;
    let carried: Vec<Carries> = parcels.iter().map(|parcel| parcel.carries).collect();
    assert_eq!(carried, [Carries::Document, Carries::Document, Carries::Recall]);
    let steps: Vec<StepKind> = evidence.steps.iter().map(|step| step.kind).collect();
    use StepKind::{Issued, RecallAsked, Recalled, Resent};
    assert_eq!(steps, [Issued, Resent, RecallAsked, Recalled]);

    // All of it stands on the page.
    let page = printed(a, &evidence);
    let said = flat(&page);
    for (parcel, acceptance) in parcels.iter().zip(accepted(&evidence)) {
        let fetched = acceptance.told.unwrap().fetched_at.unwrap();
        for at in [parcel.queued_at, acceptance.at, fetched] {
            let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
            let at = at.to_zoned(zone).strftime("%d/%m/%Y %H:%M:%S").to_string();
            assert!(said.contains(&at), "{at}: {page}");
        }
        let proof = acceptance.proof.unwrap();
        assert!(said.contains(&flat(&proof.text)), "{page}");
        for words in [&parcel.packet.0, &acceptance.server_id, &proof.key] {
            assert!(said.contains(words.as_str()), "{words}: {page}");
        }
    }
    for words in ["02 Từ chối tiếp nhận: Thiếu phụ lục", "Đã trao đổi qua điện thoại"]
    {
        assert!(said.contains(words), "{words}: {page}");
    }
    assert!(!said.contains("Hãy gửi lại"));
    let mut lapsed = evidence.clone();
    let ParcelState::Accepted(first) = &mut lapsed.recipients[0].parcels[0].state else { panic!() };
    first.told.as_mut().unwrap().lapsed_at = Some(jiff::Timestamp::now());
    assert!(flat(&printed(a, &lapsed)).contains("Hãy gửi lại"));
    assert!(checked_by_openssl(&page));
    // Of another text it is no receipt.
    assert!(!checked_by_openssl(&page.replace(TAN_BINH, PROVINCE)));

    // The province has another server now, with another key: what was kept proves itself.
    let root = tempfile::tempdir().unwrap();
    let other = server(root.path());
    a.set_server(&other.url(), &secret(TAN_BINH)).unwrap();
    let later = a.evidence(key).unwrap();
    assert!(later.holds() && matches!(later.asked, Asked::At(_)));
    assert!(accepted(&later).iter().all(|one| one.told.is_none()));
    assert!(checked_by_openssl(&printed(a, &later)));
    assert!(a.audit().unwrap().is_clean());
}

#[test]
fn a_receipt_that_does_not_hold_is_told() {
    let two = Two::begin();
    let first = sealed(&two.a, &two.tokens, "Văn bản có biên nhận đúng");
    two.a.issue(first).unwrap();
    exchange(&two.a, &two.b);
    let second = sealed(&two.a, &two.tokens, "Văn bản có biên nhận sai");
    two.a.issue(second).unwrap();
    let (ours, theirs, root) = two.stores();

    // The server gives the receipt of another packet.
    let receipt = ours.history(&first).unwrap().into_iter().find_map(|one| match one.change {
        Change::OutboxSent { receipt, .. } => receipt,
        _ => None,
    });
    assert!(receipt.is_some(), "the first one has one");
    let item = ours.outbox_of(&second).unwrap().remove(0).item;
    let change = Change::OutboxSent {
        item,
        server_id: "0197f3a2-0000-7000-8000-000000000000".to_owned(),
        sent_at: jiff::Timestamp::now(),
        receipt,
    };
    ours.write(&Actor::program(), move |writer| writer.append(change).map(drop)).unwrap();
    drop((ours, theirs));

    let office = Office::open(&root.path().join("a"), "be", &password()).unwrap();
    let evidence = office.evidence(second).unwrap();
    assert!(!evidence.holds());
    // Nobody answers any more, which takes nothing away.
    assert!(matches!(evidence.asked, Asked::Failed(_)), "{:?}", evidence.asked);
    let page = printed(&office, &evidence);
    assert!(flat(&page).contains("KHÔNG ĐÚNG: chữ ký dưới đây không khớp"), "{page}");
    assert!(!checked_by_openssl(&page));
    assert!(office.evidence(first).unwrap().holds());
    drop(office);

    for (key, status, holds) in [(first, 0, true), (second, 1, false)] {
        let out = root.path().join("phieu.pdf");
        let (code, told) = console(&root.path().join("a"), key, &out);
        assert_eq!((code, &told["holds"]), (status, &Value::from(holds)), "{told}");
        let accepted = &told["recipients"][0]["packets"][0]["accepted"];
        assert_eq!(accepted["receipt"]["holds"], holds, "{told}");
        assert!(std::fs::read(&out).unwrap().starts_with(b"%PDF-"));
    }
}

fn console(dir: &Path, key: DocumentKey, out: &Path) -> (i32, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .args(["--json", "evidence", &key.to_string(), out.to_str().unwrap()])
        .env("VANTHU_DATA_DIR", dir)
        .env("VANTHU_USER", "be")
        .env("VANTHU_PASSWORD", password().reveal())
        .output()
        .unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_gateway_of_the_axis_signs_nothing() {
    let two = Two::begin_over("/XrdAdapter", ServerProfile::Axis(Quirks::default()));
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản qua trục");
    a.issue(key).unwrap();
    exchange(a, b);
    let evidence = a.evidence(key).unwrap();
    let [acceptance] = accepted(&evidence).try_into().unwrap();
    assert_eq!((acceptance.proof, evidence.holds()), (None, true));
    let page = flat(&printed(a, &evidence));
    assert!(page.contains("là chứng cứ duy nhất"), "{page}");
    assert!(page.contains(&acceptance.server_id), "{page}");
    assert!(!page.contains("openssl"), "nothing is there to check: {page}");
}
