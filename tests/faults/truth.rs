//! What must hold when the lines are whole again and everybody has caught up.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::delivery::{Delivery, SendState, StatusCode};
use vanthu::domain::demand::{DemandKind, KeptDemand};
use vanthu::domain::document::Metadata;
use vanthu::domain::follow::{self, Stage};
use vanthu::domain::inbound::{InboundDocument, InboundState};
use vanthu::domain::operation::OutboxKind;
use vanthu::domain::outbound::{OutboundDocument, OutboundState};
use vanthu::packet::{self, Kind, Limits, Packet};
use vanthu::rules::Profile;
use vanthu::server::{Chain, Registry, Site};
use vanthu::store::{InboundFilter, OutboundFilter, Store};

use crate::place::{self, OFFICES, Province, code};

/// What was looked at, so that a run in which nothing happened is seen.
#[derive(Debug, Default, Clone, Copy)]
pub struct Seen {
    pub documents: usize,
    pub statuses: usize,
    pub recalls: usize,
    pub updates: usize,
    pub replaced: usize,
    /// Copies that came once more, after one that went back.
    pub again: usize,
}

#[derive(Debug)]
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
                let copies = Copies::of(recipient, sender, document);
                let told = copies.told();
                let known = count(delivery.statuses.iter().map(|one| one.code));
                assert_eq!(known, told, "{} told {} of {copies:#?}", recipient.code, sender.code);
                copies.answered(delivery);
                let (updates, replaced) = orders(sender, document, &copies, delivery);
                seen.again += copies.copies.len() - 1;
                seen.updates += updates;
                seen.replaced += replaced;
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

/// Every order that was sent has become one demand, and the last update is what is known now.
/// Returns how many updates there were, and how many documents of the recipient were replaced.
fn orders(
    sender: &Books,
    document: &OutboundDocument,
    copies: &Copies<'_>,
    delivery: &Delivery,
) -> (usize, usize) {
    let Copies { recipient, demands, .. } = copies;
    let arrived = copies.newest();
    // Of a copy that came before or after what was asked of another, a person is asked again.
    let come = |kind| {
        let asked = demands.iter().filter(|one| one.demand.kind == kind);
        asked.map(|one| &one.demand.packet.0).collect::<BTreeSet<_>>().len()
    };
    let (mut updates, mut recalls, mut replaced) = (0, 0, 0);
    for item in sender.store.outbox_of(&document.key).unwrap() {
        if item.what != OutboxKind::Document || item.recipient != recipient.code {
            continue;
        }
        let bytes = sender.store.blob(&item.packet).unwrap();
        let Packet::Document(told) = packet::read(&bytes, &Limits::default()).unwrap() else {
            panic!("a document is a status: {item:?}")
        };
        match told.business.kind {
            Kind::New => {}
            Kind::Update { .. } => updates += 1,
            Kind::Recall => recalls += 1,
            Kind::Replace { .. } => {
                let old = sender.outbound.iter().find(|old| Some(old.key) == document.replaces);
                let old = old.unwrap();
                if !has(recipient, sender, old) {
                    continue;
                }
                let old = Copies::of(recipient, sender, old);
                let by = |key| copies.copies.iter().any(|copy| Some(copy.key) == key);
                let by_it = old.demands.iter().filter(|one| by(one.demand.replacement));
                let packets: BTreeSet<_> = by_it.map(|one| &one.demand.packet.0).collect();
                assert_eq!(packets.len(), 1, "{arrived:#?} replaces {old:#?}");
                replaced += 1;
            }
        }
    }
    assert_eq!(come(DemandKind::Update), updates, "updates of {document:#?}: {demands:#?}");
    assert_eq!(come(DemandKind::Recall), recalls, "recalls of {document:#?}: {demands:#?}");
    // What is sent once more says all that was updated before.
    let (sent, said) = copies.said();
    if document.state == OutboundState::Issued && delivery.recall.is_none() {
        let of = |one: &Metadata| (one.notes.clone(), one.urgency);
        let updates = demands
            .iter()
            .filter_map(|one| Some((one.demand.told_at, &one.demand.update.as_ref()?.metadata)));
        // Of one second's, an update came after its document.
        let (_, last) =
            [(sent, &said)].into_iter().chain(updates).max_by_key(|(at, _)| *at).unwrap();
        assert_eq!(of(last), of(&document.metadata), "{demands:#?}");
    }
    // What was agreed to is so, also where it was before its document came.
    let agreed = demands.iter().filter(|one| one.demand.document == Some(arrived.key));
    let agreed = agreed.filter_map(|one| {
        one.answer.as_ref().filter(|answer| answer.agreed)?;
        Some((one.demand.told_at, one.demand.update.as_ref()?))
    });
    // Whether one of before it is to be is for a person to say.
    let since = agreed.max_by_key(|(at, _)| *at).filter(|(at, _)| *at >= sent);
    if let Some((_, update)) = since {
        assert_eq!(arrived.metadata.notes, update.metadata.notes, "{demands:#?}");
    }
    (updates, replaced)
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
    let sent = items.filter(|item| item.state == SendState::Sent);
    // What went to several at once has one name at the server.
    sent.map(|item| item.server_id).collect::<BTreeSet<_>>().len() as u64
}

fn has(recipient: &Books, sender: &Books, document: &OutboundDocument) -> bool {
    recipient.inbound.iter().any(|one| {
        one.sender.as_ref() == Some(&sender.code) && one.metadata.code == document.metadata.code
    })
}

/// What a recipient has of a document of somebody's.
#[derive(Debug)]
struct Copies<'a> {
    recipient: &'a Books,
    /// One, and before it those that went back or are cancelled.
    copies: Vec<&'a InboundDocument>,
    /// Of all copies.
    demands: Vec<KeptDemand>,
}

impl<'a> Copies<'a> {
    fn of(recipient: &'a Books, sender: &Books, document: &OutboundDocument) -> Self {
        let same = |one: &&InboundDocument| {
            one.sender.as_ref() == Some(&sender.code) && one.metadata.code == document.metadata.code
        };
        let mut copies: Vec<&InboundDocument> = recipient.inbound.iter().filter(same).collect();
        copies.sort_by_key(|copy| copy.arrived_at);
        let [before @ .., _newest] = copies.as_slice() else {
            panic!("{} has no {} of {}", recipient.code, document.metadata.code, sender.code)
        };
        assert!(before.iter().all(|copy| copy.state.is_gone()), "twice: {copies:#?}");
        let packets: HashSet<_> = copies.iter().map(|copy| &copy.packet).collect();
        assert_eq!(packets.len(), copies.len(), "one packet brought two: {copies:#?}");
        let demands = copies.iter().flat_map(|copy| recipient.store.demands_of(&copy.key).unwrap());
        let demands: Vec<KeptDemand> = demands.collect();
        // What was answered before its copy came may be asked once more as it comes.
        let mut asked = HashSet::new();
        for copy in &copies {
            for KeptDemand { demand, .. } in
                demands.iter().filter(|one| one.demand.document == Some(copy.key))
            {
                let before = demand.received_at < copy.arrived_at;
                assert!(asked.insert((copy.key, &demand.packet, before)), "twice: {demands:#?}");
            }
        }
        Self { recipient, demands, copies }
    }

    fn newest(&self) -> &'a InboundDocument {
        self.copies.last().unwrap()
    }

    /// When the newest was sent, and what it said as it came.
    fn said(&self) -> (Option<Timestamp>, Metadata) {
        let hash = self.newest().packet.as_ref().unwrap();
        let bytes = self.recipient.store.blob(hash).unwrap();
        match packet::read(&bytes, &Limits::default()).unwrap() {
            Packet::Document(packet) => {
                (packet.told_at(), packet.metadata(&Profile::built_in(place::PROFILE).unwrap()))
            }
            Packet::Status(other) => panic!("a document is {other:?}"),
        }
    }

    /// How often the recipient told which status of it.
    fn told(&self) -> BTreeMap<String, usize> {
        // An answer to a demand stands under the demand, which may come before its document.
        let demands = self.demands.iter().map(|one| one.demand.id);
        let about = demands.chain(self.copies.iter().map(|copy| copy.key));
        let items = about.flat_map(|key| self.recipient.store.outbox_of(&key).unwrap());
        count(items.filter(|item| item.what == OutboxKind::Status).map(|item| {
            assert_eq!(item.state, SendState::Sent, "{item:?}");
            let bytes = self.recipient.store.blob(&item.packet).unwrap();
            match packet::read(&bytes, &Limits::default()).unwrap() {
                Packet::Status(status) => status.code,
                Packet::Document(other) => panic!("a status is {other:?}"),
            }
        }))
    }

    /// Whoever asked a document back knows what was answered, whatever else was answered since;
    /// and so it is.
    fn answered(&self, delivery: &Delivery) {
        let recalls = self.demands.iter().filter(|one| one.demand.kind.cancels());
        let answers = recalls.filter_map(|one| one.answer.as_ref());
        let Some(last) = answers.max_by_key(|answer| answer.at) else { return };
        let stage = if last.agreed { Stage::RecallAgreed } else { Stage::RecallRefused };
        if delivery.recall.is_some() {
            assert_eq!(follow::stage(delivery), stage, "{delivery:#?} {self:#?}");
            let state = self.newest().state;
            assert!(!last.agreed || state.is_gone(), "{delivery:#?} {self:#?}");
            assert!(last.agreed || state != InboundState::Recalled, "{delivery:#?} {self:#?}");
        }
    }
}

fn count(codes: impl Iterator<Item = StatusCode>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for code in codes {
        *counted.entry(format!("{code:?}")).or_default() += 1;
    }
    counted
}
