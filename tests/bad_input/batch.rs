//! Many documents with one PIN, on the rig's cards: whatever happens to one of them or to the
//! card, the numbers have no gap and what was not signed waits.
//!
//! Small by default; `VANTHU_BATCH` says how many documents the long run signs.

use std::sync::Mutex;
use std::time::Duration;

use vanthu::domain::document::DocumentKey;
use vanthu::office::batch::{BatchOrder, BatchReport, Cancel, Fate, Made, Progress};
use vanthu::office::{Office, Placement, SignOrder};
use vanthu::token::{Pin, Selector};

use crate::place::{Place, SIGNER, card, p12};
use crate::rig::{Rig, env};
use crate::support::PASSWORD;

fn order(token: &str, pin: &str) -> BatchOrder {
    BatchOrder {
        order: SignOrder {
            token: Selector::parse(token).unwrap(),
            certificate: None,
            pin: Pin::new(pin),
            last_try_confirmed: false,
            placement: Placement::Automatic,
        },
        hold: Duration::from_secs(600),
    }
}

fn leaders_card() -> BatchOrder {
    order(&card("LEADER"), &env("RIG_LEADER_PIN"))
}

fn open(place: &Place, user: &str) -> Office {
    Office::open(&place.office.dir, user, &Pin::new(PASSWORD)).unwrap()
}

/// Drafts `count` documents that wait for the leader; quicker than by the console.
fn waiting(place: &Place, count: usize) -> Vec<DocumentKey> {
    let pdf = std::fs::read(place.pdf("du-thao.pdf")).unwrap();
    let drafter = open(place, "soanthao");
    (0..count)
        .map(|number| {
            let mut metadata = vanthu::domain::document::Metadata {
                type_key: "QĐ".to_owned(),
                subject: format!("Văn bản thứ {number}"),
                ..Default::default()
            };
            metadata.signer.full_name = SIGNER.to_owned();
            metadata.signer.position = "CHỦ TỊCH".to_owned();
            let key = drafter
                .draft(vanthu::office::NewDraft {
                    file_name: format!("{number}.pdf"),
                    pdf: pdf.clone(),
                    source: None,
                    attachments: Vec::new(),
                    metadata,
                })
                .unwrap();
            let to_sign = vanthu::domain::outbound::OutboundState::ToSign;
            drafter.submit(key, to_sign, "").unwrap();
            key
        })
        .collect()
}

fn numbers(report: &BatchReport<DocumentKey, Made>) -> Vec<Option<u32>> {
    let number = |fate: &Fate<Made>| fate.done()?.numbering.as_ref().map(|one| one.number);
    report.fates.iter().map(|(_, fate)| number(fate)).collect()
}

fn quiet(_: Progress<'_, Made>) {}

/// Does something once, when the document at `index` has found its fate.
fn after(index: usize, deed: impl Fn() + Sync) -> impl Fn(Progress<'_, Made>) + Sync {
    move |progress| {
        if progress.index == index {
            deed();
        }
    }
}

#[test]
fn a_batch_has_one_pin_and_keeps_the_card_busy() {
    let rig = Rig::hold();
    let place = Place::new();
    let count = std::env::var("VANTHU_BATCH").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let keys = waiting(&place, count);
    rig.leader("set sign-delay-ms 300");
    let before = rig.signatures();
    let leader = open(&place, "lanhdao");
    let told = Mutex::new(Vec::new());
    let tell = |progress: Progress<'_, Made>| told.lock().unwrap().push(progress.finished);
    let report = leader.sign_batch(&keys, &leaders_card(), &Cancel::default(), &tell).unwrap();
    let wanted: Vec<Option<u32>> = (1..=count as u32).map(Some).collect();
    assert_eq!(numbers(&report), wanted, "{report:?}");
    assert_eq!(rig.signatures() - before, count as u32, "each was signed once");
    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    assert_eq!(told, (1..=count).collect::<Vec<_>>());
    println!(
        "{count} documents, {:?}: the card was busy {:.1} %",
        report.load.span,
        report.load.ratio() * 100.0
    );
    // How busy says little of a debug build on a shared machine; `vanthuctl bench tokens` holds
    // a release to 97 %.

    drop(leader);
    // The clerk seals them all, with one PIN too.
    let clerk = open(&place, "vanthu");
    let seal = order(&card("ORG"), &env("RIG_ORG_PIN"));
    let sealed = clerk.seal_batch(&keys, &seal, &Cancel::default(), &quiet).unwrap();
    assert_eq!(sealed.done(), count, "{sealed:?}");
    drop(clerk);
    assert_eq!(place.state().next_number, count as u32 + 1);
}

#[test]
fn one_that_fails_stops_no_other_and_takes_no_number() {
    let _rig = Rig::hold();
    let place = Place::new();
    let mut keys = waiting(&place, 4);
    // Not drafted for her; and one that exists nowhere.
    let named = crate::place::decision(|sheet| sheet.signer.full_name = "Trần Văn Khác".to_owned());
    let pdf = place.file("khác.pdf", &named);
    let words = crate::place::draft(&pdf, &["--signer", "Trần Văn Khác"]);
    let other = place.run("soanthao", &words).done()["id"].as_str().unwrap().to_owned();
    place.run("soanthao", &["review", &other, "--to", "sign"]).done();
    keys.insert(1, other.parse().unwrap());
    keys.insert(3, "01890000-0000-7000-8000-000000000000".parse().unwrap());
    // Named twice is signed once.
    keys.push(keys[0]);
    let leader = open(&place, "lanhdao");
    let report = leader.sign_batch(&keys, &leaders_card(), &Cancel::default(), &quiet).unwrap();
    assert_eq!(numbers(&report), [Some(1), None, Some(2), None, Some(3), Some(4)]);
    let code = |index: usize| report.fates[index].1.problem().unwrap().code;
    assert_eq!(code(1), "office-other-signer");
    assert_eq!(code(3), "office-no-such-document");
    assert!(report.fates.iter().all(|(_, fate)| !matches!(fate, Fate::NotTried(_))));
    drop(leader);
    assert_eq!(place.state().next_number, 5);
}

#[test]
fn a_fault_of_the_card_costs_its_document_only() {
    let rig = Rig::hold();
    let place = Place::new();
    let keys = waiting(&place, 4);
    rig.leader("set sign-delay-ms 500");
    let leader = open(&place, "lanhdao");
    // The next signature fails, and the rest goes well again.
    let trouble = after(0, || {
        rig.leader("set fail-sign 6F00x1");
    });
    let report = leader.sign_batch(&keys, &leaders_card(), &Cancel::default(), &trouble).unwrap();
    let taken: Vec<u32> = numbers(&report).into_iter().flatten().collect();
    assert_eq!(taken, (1..=taken.len() as u32).collect::<Vec<_>>(), "{report:?}");
    assert_eq!(taken.len(), 3, "{report:?}");
    assert!(!report.fates.iter().any(|(_, fate)| matches!(fate, Fate::NotTried(_))), "{report:?}");
    // What failed waits, and the next batch goes on with the next number.
    let again = leader.sign_batch(&keys, &leaders_card(), &Cancel::default(), &quiet).unwrap();
    let mut all: Vec<u32> = numbers(&again).into_iter().flatten().chain(taken).collect();
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3, 4]);
}

#[test]
fn a_card_that_is_pulled_out_or_blocked_stops_the_batch() {
    let rig = Rig::hold();
    for (deed, mend, code) in
        [("remove", "insert", "token-"), ("block-pin", "reset-pin", "token-pin-blocked")]
    {
        let place = Place::new();
        let keys = waiting(&place, 5);
        rig.leader("set sign-delay-ms 500");
        let leader = open(&place, "lanhdao");
        let trouble = after(1, || {
            rig.leader(deed);
        });
        let report =
            leader.sign_batch(&keys, &leaders_card(), &Cancel::default(), &trouble).unwrap();
        let done = report.done();
        assert!((2..5).contains(&done), "{deed}: {report:?}");
        let taken: Vec<u32> = numbers(&report).into_iter().flatten().collect();
        assert_eq!(taken, (1..=done as u32).collect::<Vec<_>>());
        let problem = report.first_problem().unwrap();
        assert!(problem.code.starts_with(code), "{deed}: {problem:?}");
        let (_, last) = report.fates.last().unwrap();
        if done < 4 {
            assert!(matches!(last, Fate::NotTried(_)), "{deed}: {report:?}");
        }
        rig.leader("set sign-delay-ms 0");
        rig.leader(mend);
        rig.until_present(true);
        rig.until_answering(&env("RIG_LEADER_READER"));
        let again = leader.sign_batch(&keys, &leaders_card(), &Cancel::default(), &quiet).unwrap();
        assert_eq!(again.done(), 5 - done, "{deed}: {again:?}");
        drop(leader);
        assert_eq!(place.state().next_number, 6);
    }
}

#[test]
fn by_the_console() {
    let rig = Rig::hold();
    let place = Place::new();
    let keys: Vec<String> = waiting(&place, 3).iter().map(ToString::to_string).collect();
    let leader = card("LEADER");
    let mut words = vec!["sign-document"];
    words.extend(keys.iter().map(String::as_str));
    words.extend(["--token", &leader, "--pin-env"]);
    // A wrong PIN costs one try for all of them, not one each.
    place.refused("lanhdao", &[&words[..], &["P12_PIN"]].concat(), 5, "token-pin-length");
    assert_eq!(
        place.run("lanhdao", &[&words[..], &["WRONG_PIN"]].concat()).failed(5),
        "token-pin-wrong"
    );
    assert_eq!(rig.tries(), 2);
    let signed = place.run("lanhdao", &[&words[..], &["LEADER_PIN"]].concat()).done();
    assert_eq!(signed["done"], 3);
    for (index, row) in signed["documents"].as_array().unwrap().iter().enumerate() {
        assert_eq!(row["outcome"], "done");
        assert_eq!(row["id"], keys[index].as_str());
        assert_eq!(row["number"], index + 1);
        assert_eq!(row["signer"], SIGNER);
        assert!(!row["serial"].as_str().unwrap().is_empty(), "the choice is told");
    }
    // Again: each is refused for itself, and no PIN is presented for that.
    rig.leader("block-pin");
    let again = place.run("lanhdao", &[&words[..], &["LEADER_PIN"]].concat());
    assert_eq!(again.json["documents"][2]["outcome"], "failed");
    assert_eq!(again.failed(5), "office-wrong-state");

    // Files without an office; one of them is none.
    let files = [place.pdf("một.pdf"), place.file("hai.pdf", b"no PDF"), place.pdf("ba.pdf")];
    let out = place.path("ra");
    std::fs::create_dir(&out).unwrap();
    let key = p12("leader");
    let mut words = vec!["sign"];
    words.extend(files.iter().map(String::as_str));
    words.extend(["--out-dir", &out, "--as", "personal", "--invisible"]);
    words.extend(["--token", &key, "--pin-env", "P12_PIN"]);
    let answer = place.run("vanthu", &words);
    assert_eq!(answer.status, 3, "{:#}", answer.json);
    let rows = answer.json["documents"].as_array().unwrap();
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "failed", "done"]);
    for (name, exists) in [("một.pdf", true), ("hai.pdf", false), ("ba.pdf", true)] {
        let path = std::path::Path::new(&out).join(name);
        assert_eq!(path.exists(), exists, "{name}");
    }
}
