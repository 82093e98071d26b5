//! What must hold after every restart, whatever was going on when the program died.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use vanthu::domain::book::BookId;
use vanthu::domain::calendar;
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::document::{BlobHash, DocumentKey};
use vanthu::domain::inbound::{InboundDocument, InboundState};
use vanthu::domain::operation::Change;
use vanthu::packet::{self, Limits, Packet};
use vanthu::store::{BookEntry, InboundFilter, PacketState, Store};

use crate::given::{self, What};
use crate::life::PIECES;
use crate::place::{Place, Province};

/// All that the children said of one office, and what the line was given for it.
#[derive(Debug, Default)]
pub struct Story {
    /// Every deed that was said to be done, with what came of it.
    did: Vec<Vec<String>>,
    /// Pieces whose bringing began.
    began: BTreeSet<u32>,
    /// Pieces that the server was given.
    pub sent: BTreeSet<u32>,
}

impl Story {
    /// Takes in what a child said; returns what it was doing when it ended.
    pub fn hear(&mut self, said: &[String]) -> String {
        let mut doing = "open".to_owned();
        for line in said {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            match words.first().map(String::as_str) {
                Some("do") => {
                    doing = words[1].clone();
                    if doing == "bring" {
                        self.began.insert(words[2].parse().unwrap());
                    }
                }
                // The last line may be cut short, but then it has no line's end to follow.
                Some("did") => {
                    doing = "between".to_owned();
                    self.did.push(words[1..].to_vec());
                }
                _ => {}
            }
        }
        doing
    }

    /// The first number that nobody has brought or sent.
    pub fn next(&self) -> u32 {
        self.began.iter().chain(&self.sent).max().map_or(0, |last| last + 1)
    }

    /// The piece of this number is brought by the test itself.
    pub fn begin(&mut self, number: u32) {
        self.began.insert(number);
    }
}

pub fn hash(bytes: &[u8]) -> BlobHash {
    BlobHash(hex::encode(Sha256::digest(bytes)))
}

fn packet_of(number: u32) -> BlobHash {
    hash(&given::piece(PIECES, number).bytes)
}

fn documents(store: &Store) -> Vec<InboundDocument> {
    store.inbound_page(&InboundFilter::default(), None, 100_000).unwrap()
}

/// Holds after every restart.
pub fn check(store: &Store, story: &Story) {
    let documents = documents(store);
    none_twice(store, &documents);
    book(store, &documents);
    statuses(store, &documents);
    claims(store, story);
    for document in documents.iter().take(6) {
        for file in &document.files {
            assert_eq!(store.blob(&file.blob).unwrap().len() as u64, file.size);
        }
    }
    assert_eq!(store.rebuild_and_compare().unwrap().problems, []);
}

/// One packet made one document and says so; one letter is one document, unless it was
/// returned and sent again.
fn none_twice(store: &Store, documents: &[InboundDocument]) {
    let (mut packets, mut letters) = (HashSet::new(), HashSet::new());
    for document in documents {
        let hash = document.packet.as_ref().unwrap();
        assert!(packets.insert(hash), "one packet made two documents: {document:?}");
        let row = store.packet(hash).unwrap().unwrap();
        assert_eq!(row.state, PacketState::Taken);
        assert_eq!(row.outcome, format!("inbound {}", document.key));
        if let Some(id) = &document.metadata.document_id
            && document.state != InboundState::Returned
        {
            assert!(letters.insert((id, &document.files[0].blob)), "twice: {document:?}");
        }
    }
}

/// Numbers from 1 without gap or double, each with its document and each document with its
/// number.
fn book(store: &Store, documents: &[InboundDocument]) {
    let year = calendar::local(Timestamp::now()).date().year();
    let rows = store.book(&BookId::inbound(year), 0, 100_000).unwrap();
    let numbers: Vec<u32> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=u32::try_from(rows.len()).unwrap()).collect::<Vec<_>>());
    let registered: BTreeMap<u32, DocumentKey> = documents
        .iter()
        .filter_map(|document| Some((document.registration.as_ref()?.arrival_number, document.key)))
        .collect();
    let in_book: BTreeMap<u32, DocumentKey> = rows
        .iter()
        .map(|row| match &row.document {
            Some(BookEntry::Inbound(document)) => (row.number, document.key),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(registered, in_book);
    let with_number = documents.iter().filter(|document| document.registration.is_some()).count();
    assert_eq!(with_number, rows.len());
}

/// What a document's history owes its sender is in the outbox, each status once.
fn statuses(store: &Store, documents: &[InboundDocument]) {
    for document in documents {
        let mut owed = Vec::new();
        for operation in store.history(&document.key).unwrap() {
            match operation.change {
                Change::InboundArrived { .. } => owed.extend(InboundState::Arrived.status()),
                // A cancellation answers a demand; see below.
                Change::InboundMoved { to, .. } if to != InboundState::Recalled => {
                    owed.extend(to.status());
                }
                // Whoever is assigned later, the sender is told once.
                Change::InboundAssigned { .. } if !owed.contains(&StatusCode::Assigned) => {
                    owed.push(StatusCode::Assigned);
                }
                _ => {}
            }
        }
        if document.sender.is_none() {
            owed.clear();
        }
        owed.sort_unstable_by_key(|code| code.digits());
        let mut queued = answers(store, document.key);
        queued.retain(|code| !is_answer(*code));
        assert_eq!(queued, owed, "{document:?}");
        // No demand goes without an answer, and none has two.
        let told = answers(store, document.key).into_iter().filter(|code| is_answer(*code));
        let demands = store.demands_of(&document.key).unwrap();
        let settled = demands.iter().filter(|kept| kept.state.is_answered());
        assert_eq!(told.count(), settled.count(), "{document:?}");
        if document.state == InboundState::Recalled {
            assert!(demands.iter().all(|kept| kept.state.is_answered()), "{document:?}");
        }
    }
}

/// Whether a status answers a demand of the sender.
fn is_answer(code: StatusCode) -> bool {
    matches!(code, StatusCode::RecallAgreed | StatusCode::RecallRefused)
}

/// The codes of all statuses about a document that wait or were sent.
fn answers(store: &Store, key: DocumentKey) -> Vec<StatusCode> {
    let items = store.outbox_of(&key).unwrap();
    let mut codes: Vec<StatusCode> = items
        .iter()
        .map(|item| match packet::read(&store.blob(&item.packet).unwrap(), &Limits::default()) {
            Ok(Packet::Status(status)) => status.code,
            other => panic!("{other:?}"),
        })
        .collect();
    codes.sort_unstable_by_key(|code| code.digits());
    codes
}

/// What was said to be done is there.
fn claims(store: &Store, story: &Story) {
    for did in &story.did {
        let words: Vec<&str> = did.iter().map(String::as_str).collect();
        let known = |key: &str| {
            let document = store.inbound(&key.parse().unwrap()).unwrap();
            document.unwrap_or_else(|| panic!("lost: {words:?}"))
        };
        match words.as_slice() {
            ["bring", number, came, ..] => {
                let number: u32 = number.parse().unwrap();
                let row = store.packet(&packet_of(number)).unwrap().unwrap();
                // What is in quarantine may have its chance later, another way.
                let expected = match *came {
                    "quarantined" => [PacketState::Quarantined, PacketState::Taken],
                    _ => [PacketState::Taken; 2],
                };
                assert!(expected.contains(&row.state), "{words:?}: {row:?}");
                if let ["document", key] = words[2..] {
                    let document = known(key);
                    assert_eq!(document.packet, Some(packet_of(number)));
                    assert_eq!(
                        document.metadata.document_id,
                        match given::what(number) {
                            What::Letter => Some(given::id(number)),
                            What::Copy(of) | What::OtherWords(of) => Some(given::id(of)),
                            _ => None,
                        }
                    );
                }
            }
            ["register", key, number] => {
                let registration = known(key).registration.unwrap();
                assert_eq!(registration.arrival_number.to_string(), *number);
            }
            [deed @ ("accept" | "assign" | "complete" | "return"), key] => {
                let code = match *deed {
                    "accept" => StatusCode::Accepted,
                    "assign" => StatusCode::Assigned,
                    "complete" => StatusCode::Completed,
                    _ => StatusCode::Returned,
                };
                let document = known(key);
                let told = answers(store, document.key).contains(&code);
                assert!(told || document.sender.is_none(), "{words:?}: {document:?}");
            }
            ["answer", key] => {
                let document = known(key);
                assert!(answers(store, document.key).into_iter().any(is_answer), "{words:?}");
            }
            ["sync"] => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The end of a story: the office opens once more, works off what is left, and everything is
/// where it belongs, here and at the province.
pub fn finish(place: &Place, story: &Story, province: Option<&Province>) {
    let office = place.office();
    if province.is_some() {
        loop {
            let report = office.sync().unwrap();
            assert_eq!(report.problem, None);
            if report.sent == 0 && report.received == 0 {
                break;
            }
        }
    }
    drop(office);
    let store = place.store();
    check(&store, story);
    let counts = store.counts().unwrap();
    assert_eq!(counts.packets_to_take, 0, "something was kept and never looked at");
    let documents = documents(&store);
    nothing_lost(&store, story, &documents);
    if let Some(province) = province {
        assert_eq!((counts.outbox_waiting, counts.outbox_wedged), (0, 0));
        let outbox = documents.iter().flat_map(|document| store.outbox_of(&document.key).unwrap());
        let mut sent: Vec<BlobHash> = outbox.map(|item| item.packet).collect();
        let mut received: Vec<BlobHash> =
            province.received().iter().map(|bytes| hash(bytes)).collect();
        sent.sort();
        received.sort();
        assert_eq!(received, sent, "the province has every status, and has it once");
    }
    blobs(place, &store, &documents);
}

/// Every piece that was brought or sent is what it should have become.
fn nothing_lost(store: &Store, story: &Story, documents: &[InboundDocument]) {
    let by_packet: HashMap<&BlobHash, &InboundDocument> = documents
        .iter()
        .filter_map(|document| Some((document.packet.as_ref()?, document)))
        .collect();
    for number in story.began.union(&story.sent) {
        let what = given::what(*number);
        let packet = packet_of(*number);
        // What was being brought when the program died may not have been kept yet.
        let Some(row) = store.packet(&packet).unwrap() else {
            assert!(!story.sent.contains(number), "{number}, {what:?} is lost");
            continue;
        };
        let outcome = (row.state, row.outcome.split(' ').next().unwrap_or_default());
        // A packet under which the program died each time is out of sight, and told as such.
        if row.code == "office-packet-ends-program" {
            assert_eq!(outcome.0, PacketState::Quarantined);
            continue;
        }
        // Over the line a bare PDF says neither whose it is nor for whom; a person may.
        if what == What::Scan && story.sent.contains(number) && outcome.1.is_empty() {
            assert_eq!(row.code, "packet-not-packet");
            continue;
        }
        match what {
            What::Scan | What::OtherWords(_) => {
                assert_eq!(outcome, (PacketState::Taken, "inbound"), "{number}, {what:?}");
                assert!(by_packet.contains_key(&packet), "{number}, {what:?}");
            }
            // Whichever of the two came first is the document.
            What::Letter | What::Copy(_) => {
                let key = row.outcome.rsplit(' ').next().unwrap().parse().unwrap();
                let document = store.inbound(&key).unwrap().unwrap();
                let of = if let What::Copy(of) = what { of } else { *number };
                assert_eq!(document.metadata.document_id, Some(given::id(of)));
                let made = by_packet.get(&packet).map(|document| document.key);
                let expected = if made == Some(key) { "inbound" } else { "duplicate" };
                assert_eq!(outcome, (PacketState::Taken, expected), "{number}");
            }
            What::Status => assert_eq!(outcome, (PacketState::Taken, "status"), "{number}"),
            What::Broken | What::Stray => {
                assert_eq!(outcome.0, PacketState::Quarantined, "{number}, {what:?}");
            }
            // Of a letter that has not come, it waits for it.
            What::Recall(_) => assert_eq!(outcome, (PacketState::Taken, "recall"), "{number}"),
        }
    }
    let reported: HashSet<u32> = story
        .began
        .union(&story.sent)
        .filter(|number| given::what(**number) == What::Status)
        .filter(|number| store.packet(&packet_of(**number)).unwrap().is_some())
        .copied()
        .collect();
    let issued = given::issued().document_id.unwrap();
    let issued = store.find_outbound_by_document_id(&issued).unwrap().unwrap();
    assert_eq!(issued.deliveries[0].statuses.len(), reported.len());
}

/// All bytes are there, and none that nobody names.
fn blobs(place: &Place, store: &Store, documents: &[InboundDocument]) {
    store.collect_orphans(Duration::ZERO).unwrap();
    let again = store.collect_orphans(Duration::ZERO).unwrap();
    assert_eq!((again.rows, again.files), (0, 0));
    let mut large = HashSet::new();
    for document in documents {
        let packet = document.packet.iter();
        for blob in document.files.iter().map(|file| &file.blob).chain(packet) {
            if store.blob(blob).unwrap().len() > vanthu::store::IN_DATABASE {
                large.insert(blob);
            }
        }
    }
    let folder = place.dir.join("blobs");
    let files = |name: &std::path::Path| std::fs::read_dir(name).unwrap().count();
    assert_eq!(files(&folder.join("incoming")), 0);
    let kept: usize = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("incoming"))
        .map(|path| files(&path))
        .sum();
    assert!(kept >= large.len(), "{kept} files, {} large blobs", large.len());
}
