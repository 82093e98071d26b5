//! What must hold when the lines are whole again and everybody has caught up.

use std::collections::BTreeMap;

use vanthu::domain::agency::AgencyCode;
use vanthu::domain::delivery::{SendState, StatusCode};
use vanthu::domain::inbound::InboundDocument;
use vanthu::domain::operation::OutboxKind;
use vanthu::domain::outbound::OutboundDocument;
use vanthu::packet::{self, Limits, Packet};
use vanthu::server::{Chain, Registry, Site};
use vanthu::store::{InboundFilter, OutboundFilter, Store};

use crate::place::{OFFICES, Province, code};

/// What was looked at, so that a run in which nothing happened is seen.
#[derive(Debug, Default, Clone, Copy)]
pub struct Seen {
    pub documents: usize,
    pub statuses: usize,
    pub recalls: usize,
}

struct Books {
    store: Store,
    code: AgencyCode,
    inbound: Vec<InboundDocument>,
    outbound: Vec<OutboundDocument>,
}

/// Looks at the first `offices` and at the server's `site`; fails with what is not as it must
/// be.
pub fn check(province: &Province, offices: usize, site: &Site) -> Seen {
    let books: Vec<Books> = (0..offices)
        .map(|of| {
            let store = province.store(of);
            let inbound = store.inbound_page(&InboundFilter::default(), None, 1000).unwrap();
            let outbound = store.outbound_page(&OutboundFilter::default(), None, 1000).unwrap();
            Books { store, code: code(of), inbound, outbound }
        })
        .collect();
    let mut seen = Seen::default();
    for sender in &books {
        assert_eq!(sender.store.rebuild_and_compare().unwrap().problems, [], "{}", sender.code);
        assert_eq!(sender.store.outbox_wedged(10).unwrap(), [], "{}", sender.code);
        for document in &sender.outbound {
            for delivery in &document.deliveries {
                let Some(recipient) = books.iter().find(|one| one.code == delivery.recipient)
                else {
                    continue;
                };
                // Recalled before anything had left.
                if delivery.closed.is_some() {
                    assert!(!has(recipient, sender, document), "{document:#?}");
                    continue;
                }
                assert_eq!(delivery.send, SendState::Sent, "{document:#?}");
                let arrived = arrived(recipient, sender, document);
                let told = told(recipient, arrived);
                let known = count(delivery.statuses.iter().map(|one| one.code));
                assert_eq!(known, told, "{} told {} of {arrived:#?}", recipient.code, sender.code);
                seen.documents += 1;
                seen.statuses += delivery.statuses.len();
                seen.recalls += usize::from(delivery.recall.is_some());
            }
        }
    }
    // Nothing came from nowhere.
    for (of, recipient) in books.iter().enumerate() {
        for document in &recipient.inbound {
            let sender = books.iter().find(|one| Some(&one.code) == document.sender.as_ref());
            let sender = sender.unwrap_or_else(|| panic!("{}: {document:#?}", OFFICES[of].1));
            let sent = |one: &&OutboundDocument| one.metadata.code == document.metadata.code;
            assert_eq!(sender.outbound.iter().filter(sent).count(), 1, "{document:#?}");
        }
    }
    chains(&books, site);
    seen
}

/// The server's chain of every sender holds, and has what the sender knows to have sent: no
/// more, no less.
fn chains(books: &[Books], site: &Site) {
    let chains = Registry::open(site).unwrap().verify_chains(None).unwrap();
    for Chain { office, packets, broken_at } in chains {
        assert_eq!(broken_at, None, "the server's chain of {office}");
        let sent = books.iter().find(|one| one.code == office).map_or(0, sent);
        assert_eq!(packets, sent, "packets of {office} at the server");
    }
}

/// What an office knows to have sent.
fn sent(books: &Books) -> u64 {
    let inbound = books.inbound.iter().flat_map(|document| {
        let demands = books.store.demands_of(&document.key).unwrap();
        demands.into_iter().map(|one| one.demand.id).chain([document.key])
    });
    let keys = inbound.chain(books.outbound.iter().map(|document| document.key));
    let items = keys.flat_map(|key| books.store.outbox_of(&key).unwrap());
    items.filter(|item| item.state == SendState::Sent).count() as u64
}

fn has(recipient: &Books, sender: &Books, document: &OutboundDocument) -> bool {
    recipient.inbound.iter().any(|one| {
        one.sender.as_ref() == Some(&sender.code) && one.metadata.code == document.metadata.code
    })
}

/// The one document at the recipient that is this one.
fn arrived<'a>(
    recipient: &'a Books,
    sender: &Books,
    document: &OutboundDocument,
) -> &'a InboundDocument {
    let same = |one: &&InboundDocument| {
        one.sender.as_ref() == Some(&sender.code) && one.metadata.code == document.metadata.code
    };
    let found: Vec<&InboundDocument> = recipient.inbound.iter().filter(same).collect();
    match found.as_slice() {
        [one] => one,
        other => panic!(
            "{} has {} of {} {}",
            recipient.code,
            other.len(),
            sender.code,
            document.metadata.code
        ),
    }
}

/// How often the recipient told which status of a document.
fn told(recipient: &Books, document: &InboundDocument) -> BTreeMap<String, usize> {
    // An answer to a demand stands under the demand, which may come before its document.
    let demands = recipient.store.demands_of(&document.key).unwrap();
    let about = demands.iter().map(|one| one.demand.id).chain([document.key]);
    let items = about.flat_map(|key| recipient.store.outbox_of(&key).unwrap());
    count(items.filter(|item| item.what == OutboxKind::Status).map(|item| {
        assert_eq!(item.state, SendState::Sent, "{item:?}");
        let bytes = recipient.store.blob(&item.packet).unwrap();
        match packet::read(&bytes, &Limits::default()).unwrap() {
            Packet::Status(status) => status.code,
            Packet::Document(other) => panic!("a status is {other:?}"),
        }
    }))
}

fn count(codes: impl Iterator<Item = StatusCode>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for code in codes {
        *counted.entry(format!("{code:?}")).or_default() += 1;
    }
    counted
}
