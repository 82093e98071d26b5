//! Packets come in any order that their senders and the line make of them, and come again.

use std::collections::BTreeMap;

use proptest::prelude::*;
use vanthu::domain::delivery::StatusCode;
use vanthu::domain::inbound::InboundState;
use vanthu::packet::{self, Limits, Packet};
use vanthu::store::{InboundFilter, PacketState, Store};

use crate::given::{self, What};
use crate::life::PIECES;
use crate::place::Place;
use crate::truth::hash;

/// Pieces that depend on each other, in the order in which they were sent. What stands in
/// different rows may pass each other on the way.
const CHAINS: [&[u32]; 9] = [
    // A letter with an enclosure, and one with none.
    &[0],
    &[4],
    // Sent twice in packets of their own.
    &[1, 7],
    // Other words under the same id.
    &[2, 8],
    // Recalled.
    &[3, 9],
    // How far the province is with our document; twice.
    &[5],
    &[17],
    // By hand, broken.
    &[6],
    &[10],
];
/// For another office.
const STRAY: u32 = 22;

type Standing = (String, String, Vec<String>, InboundState, Vec<StatusCode>);

/// All that the packets have made of the office, but for times and names of its own.
#[derive(Debug, PartialEq, Eq)]
struct End {
    /// Id, hash of the main file, names of all files, state, and statuses to the sender.
    documents: Vec<Standing>,
    /// By hash: what became of it, and the code of what is wrong with it.
    packets: BTreeMap<String, (PacketState, String, String)>,
    /// What the province reported of our document.
    reported: usize,
}

fn end(store: &Store, numbers: &[u32]) -> End {
    let all = store.inbound_page(&InboundFilter::default(), None, 1000).unwrap();
    let mut documents: Vec<_> = all
        .iter()
        .map(|document| {
            let statuses = store.outbox_of(&document.key).unwrap();
            let mut statuses: Vec<StatusCode> = statuses
                .iter()
                .map(|item| store.blob(&item.packet).unwrap())
                .map(|bytes| match packet::read(&bytes, &Limits::default()).unwrap() {
                    Packet::Status(status) => status.code,
                    other => panic!("{other:?}"),
                })
                .collect();
            statuses.sort_unstable_by_key(|code| code.digits());
            (
                document.metadata.document_id.as_ref().map_or(String::new(), ToString::to_string),
                document.files[0].blob.0.clone(),
                document.files.iter().map(|file| file.name.clone()).collect(),
                document.state,
                statuses,
            )
        })
        .collect();
    documents.sort();
    let packets = numbers
        .iter()
        .map(|number| {
            let hash = hash(&given::piece(PIECES, *number).bytes);
            let row = store.packet(&hash).unwrap().unwrap();
            let became = row.outcome.split(' ').next().unwrap_or_default().to_owned();
            (hash.0, (row.state, became, row.code))
        })
        .collect();
    let ours = given::issued().document_id.unwrap();
    let ours = store.find_outbound_by_document_id(&ours).unwrap().unwrap();
    End { documents, packets, reported: ours.deliveries[0].statuses.len() }
}

/// Brings pieces in this order; the place stays as it is.
fn bring(place: &Place, numbers: &[u32]) {
    let office = place.office();
    for number in numbers {
        let piece = given::piece(PIECES, *number);
        office.import(&piece.name, piece.bytes).unwrap();
    }
}

fn operations(store: &Store) -> u64 {
    let report = store.rebuild_and_compare().unwrap();
    assert_eq!(report.problems, []);
    report.operations
}

/// The numbers of all chains, those of one chain in their order.
fn interleaved(turns: &[usize]) -> Vec<u32> {
    let mut at = [0; CHAINS.len()];
    let mut numbers: Vec<u32> = turns
        .iter()
        .map(|chain| {
            let number = CHAINS[*chain][at[*chain]];
            at[*chain] += 1;
            number
        })
        .collect();
    numbers.insert(numbers.len() / 2, STRAY);
    numbers
}

fn turns() -> Vec<usize> {
    (0..CHAINS.len()).flat_map(|chain| CHAINS[chain].iter().map(move |_| chain)).collect()
}

#[test]
fn the_order_of_what_is_independent_does_not_matter() {
    let begun = Place::new(None);
    let first = interleaved(&turns());
    assert_eq!(
        first.iter().map(|number| given::what(*number)).collect::<Vec<_>>()[2..6],
        [What::Letter, What::Copy(1), What::Letter, What::OtherWords(2)]
    );
    let reference = begun.copy();
    bring(&reference, &first);
    let expected = end(&reference.store(), &first);
    // Five letters, one with other words under its id, and a scan; a copy is none.
    assert_eq!(expected.documents.len(), 7);
    assert_eq!(expected.reported, 2);
    let recalled = expected.documents.iter().filter(|one| one.3 == InboundState::Recalled);
    assert_eq!(recalled.count(), 1);
    let aside = expected.packets.values().filter(|one| one.0 == PacketState::Quarantined);
    assert_eq!(aside.count(), 2);

    let shuffled = || Just(turns()).prop_shuffle();
    let all = Just(first.clone()).prop_shuffle();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) };
    proptest!(config, |(turns in shuffled(), again in all)| {
        let place = begun.copy();
        let numbers = interleaved(&turns);
        bring(&place, &numbers);
        let before = {
            let store = place.store();
            prop_assert_eq!(&end(&store, &first), &expected);
            operations(&store)
        };
        // Whatever is brought again changes nothing and leaves no trace in the chain.
        bring(&place, &again);
        let store = place.store();
        prop_assert_eq!(&end(&store, &first), &expected);
        prop_assert_eq!(operations(&store), before);
    });
}

/// Which of two copies comes first is chance; a letter is one document all the same, and what
/// was refused once may be brought another way.
#[test]
fn a_copy_that_overtakes_its_letter_is_the_letter() {
    let place = Place::new(None);
    bring(&place, &[7, 1, 7, 1]);
    let end = end(&place.store(), &[1, 7]);
    assert_eq!(end.documents.len(), 1);
    let became: Vec<&str> = end.packets.values().map(|packet| packet.1.as_str()).collect();
    assert!(became.contains(&"inbound") && became.contains(&"duplicate"), "{became:?}");
}

/// The order on the wire is not guaranteed: a recall may come before what it recalls.
#[test]
fn a_recall_that_overtakes_its_letter_waits_for_it() {
    let place = Place::new(None);
    bring(&place, &[9, 3, 9, 3]);
    let end = end(&place.store(), &[3, 9]);
    assert_eq!(end.documents.len(), 1);
    let (.., state, statuses) = &end.documents[0];
    assert_eq!(*state, InboundState::Recalled);
    assert_eq!(statuses[..], [StatusCode::Arrived, StatusCode::RecallAgreed]);
}
