//! What must hold after every restart, and after every deed.

use std::collections::{BTreeMap, BTreeSet};

use vanthu::domain::book::Direction;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::operation::Change;
use vanthu::domain::outbound::{OutboundDocument, OutboundState, SignatureKind};
use vanthu::store::{BookEntry, OutboundFilter, Store};

use crate::wire::broken;

/// All that the children said of one office.
#[derive(Debug, Default)]
pub struct Story {
    did: Vec<Vec<String>>,
}

impl Story {
    /// Takes in what a child said; returns what it was doing when it ended.
    pub fn hear(&mut self, said: &[String]) -> String {
        let mut doing = "open".to_owned();
        for line in said {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            match words.first().map(String::as_str) {
                Some("do") => doing.clone_from(&words[1]),
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
}

pub fn documents(store: &Store) -> Vec<OutboundDocument> {
    store.outbound_page(&OutboundFilter::default(), None, 100_000).unwrap()
}

/// Holds always. `mode_b`: numbers are taken with the seal.
pub fn check(store: &Store, mode_b: bool) {
    let documents = documents(store);
    let mut numbers: BTreeMap<(String, u32), DocumentKey> = BTreeMap::new();
    for document in &documents {
        way(store, document, mode_b);
        if let Some(numbering) = &document.numbering {
            let place = (numbering.book.series.clone(), numbering.number);
            let twice = numbers.insert(place, document.key);
            assert_eq!(twice, None, "one number, two documents: {numbering:?}");
        }
    }
    books(store, &numbers);
    assert_eq!(store.rebuild_and_compare().unwrap().problems, []);
}

/// No number of a book is missing or there twice, each says what became of it, and what it
/// says is what the documents say.
fn books(store: &Store, numbers: &BTreeMap<(String, u32), DocumentKey>) {
    let mut seen = BTreeSet::new();
    for year in store.book_years(Direction::Outbound).unwrap() {
        for book in store.books(Direction::Outbound, year).unwrap() {
            let rows = store.book(&book.id, 0, 100_000).unwrap();
            let present: Vec<u32> = rows.iter().map(|row| row.number).collect();
            assert_eq!(present, (1..=book.last).collect::<Vec<_>>(), "a gap, or a double");
            for row in rows {
                let place = (book.id.series.clone(), row.number);
                match (&row.document, &row.given_up, &row.reserved) {
                    (Some(BookEntry::Outbound(document)), given_up, None) => {
                        assert_eq!(numbers.get(&place), Some(&document.key));
                        let abandoned = document.state == OutboundState::Abandoned;
                        assert_eq!(given_up.is_some(), abandoned, "a silent gap: {document:?}");
                        seen.insert(place);
                    }
                    (None, Some(reason), None) | (None, None, Some(reason)) => {
                        assert!(!reason.is_empty());
                    }
                    other => panic!("{place:?} says {other:?}"),
                }
            }
        }
    }
    assert_eq!(seen.len(), numbers.len(), "a number that no book knows");
}

/// A document stands where its signatures have brought it, and nothing left before.
fn way(store: &Store, document: &OutboundDocument, mode_b: bool) {
    use OutboundState as S;
    let key = document.key;
    let history = store.history(&key).unwrap();
    let made = |wanted: SignatureKind| {
        history.iter().any(|operation| {
            matches!(&operation.change, Change::OutboundSigned { kind, .. } if *kind == wanted)
        })
    };
    let (personal, seal) = (made(SignatureKind::Personal), made(SignatureKind::Organisation));
    match document.state {
        S::Draft | S::InReview | S::InFormatCheck | S::ToSign => assert!(!personal && !seal),
        S::ToSeal => assert!(personal && !seal),
        S::ToIssue | S::Issued | S::Recalled => assert!(personal && seal),
        S::Abandoned => {}
    }
    let numbered = match document.state {
        S::ToSeal => !mode_b,
        S::ToIssue | S::Issued | S::Recalled => true,
        S::Abandoned => document.numbering.is_some(),
        _ => false,
    };
    assert_eq!(document.numbering.is_some(), numbered, "{document:?}");
    let number = document.metadata.code.number.parse::<u32>().ok();
    assert_eq!(number, document.numbering.as_ref().map(|one| one.number));
    for file in &document.files {
        assert_eq!(store.blob(&file.blob).unwrap().len() as u64, file.size);
    }
    // All that is queued of it, or nothing.
    let outbox = store.outbox_of(&key).unwrap();
    let left = matches!(document.state, S::Issued | S::Recalled);
    assert_eq!(outbox.is_empty(), !left);
    assert_eq!(document.deliveries.is_empty(), !left);
    assert_eq!(store.paper_letters(&key).unwrap().is_empty(), !left);
    if left {
        let reached: BTreeSet<_> = outbox.iter().map(|item| &item.recipient).collect();
        assert_eq!(reached.len(), document.deliveries.len());
    }
    for item in outbox {
        let faults = broken(&store.blob(&item.packet).unwrap());
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

/// What the office said to be done is there after a restart.
pub fn claims(store: &Store, story: &Story) {
    let all = documents(store);
    let find = |key: &str| {
        let key: DocumentKey = key.parse().unwrap();
        all.iter().find(|document| document.key == key).unwrap_or_else(|| panic!("{key} is lost"))
    };
    use OutboundState as S;
    for words in &story.did {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["draft", key] => drop(find(key)),
            ["sign", key, number] => {
                let document = find(key);
                assert!(document.state > S::ToSign);
                let taken = document.numbering.as_ref().map(|one| one.number.to_string());
                assert_eq!(taken.as_deref(), Some(*number), "another number than was told");
            }
            ["seal", key] => assert!(find(key).state > S::ToSeal),
            ["issue", key] => assert!(find(key).state >= S::Issued),
            ["abandon", key] => assert_eq!(find(key).state, S::Abandoned),
            _ => {}
        }
    }
}
