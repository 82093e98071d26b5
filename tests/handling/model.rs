//! Random work on random arrivals, against a model: no path registers twice, none loses a
//! document, none leaves a demand without an answer.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use vanthu::domain::demand::{DemandKind, DemandState};
use vanthu::domain::document::DocumentKey;
use vanthu::domain::handling::{Part, Participant, Party, Progress};
use vanthu::domain::inbound::InboundState as S;
use vanthu::office::{Assigning, Imported, Office};

use crate::world::*;

/// Documents that a case speaks of.
const DOCUMENTS: usize = 3;

#[derive(Debug, Clone)]
enum Deed {
    Send(usize),
    /// By the sender, or by somebody else.
    Recall(usize, bool),
    Update(usize),
    /// A new document in the place of this one.
    Replace(usize),
    Accept(usize),
    Register(usize),
    Return(usize),
    Assign(usize),
    Forward(usize),
    Begin(usize),
    Progress(usize),
    Complete(usize),
    /// The oldest demand that waits for an answer.
    Answer(bool),
}

fn deeds() -> impl Strategy<Value = Deed> {
    let which = 0..DOCUMENTS;
    prop_oneof![
        5 => which.clone().prop_map(Deed::Send),
        4 => (which.clone(), prop::bool::weighted(0.8))
            .prop_map(|(which, sender)| Deed::Recall(which, sender)),
        2 => which.clone().prop_map(Deed::Update),
        2 => which.clone().prop_map(Deed::Replace),
        4 => which.clone().prop_map(Deed::Accept),
        4 => which.clone().prop_map(Deed::Register),
        1 => which.clone().prop_map(Deed::Return),
        3 => which.clone().prop_map(Deed::Assign),
        2 => which.clone().prop_map(Deed::Forward),
        2 => which.clone().prop_map(Deed::Begin),
        2 => which.clone().prop_map(Deed::Progress),
        3 => which.prop_map(Deed::Complete),
        4 => any::<bool>().prop_map(Deed::Answer),
    ]
}

/// What should stand in the office. Written without the office's own rules.
#[derive(Debug, Default, Clone)]
struct Model {
    documents: Vec<Known>,
    demands: Vec<Asked>,
}

#[derive(Debug, Clone)]
struct Known {
    number: u32,
    key: DocumentKey,
    state: S,
    arrival: Option<u32>,
}

#[derive(Debug, Clone)]
struct Asked {
    number: u32,
    kind: DemandKind,
    state: DemandState,
}

impl Model {
    fn of(&mut self, number: u32) -> Option<&mut Known> {
        self.documents.iter_mut().rev().find(|known| known.number == number)
    }

    /// Whether a demand that may cancel the document waits for its answer.
    fn held(&self, number: u32) -> bool {
        self.demands.iter().any(|asked| {
            asked.number == number
                && asked.kind != DemandKind::Update
                && matches!(asked.state, DemandState::Open | DemandState::Waiting)
        })
    }

    fn step(&mut self, number: u32, from: &[S], to: S) -> bool {
        let held = self.held(number) && to != S::Returned;
        match self.of(number) {
            Some(known) if from.contains(&known.state) && !held => {
                known.state = to;
                true
            }
            _ => false,
        }
    }

    /// What follows when a demand meets a document in this state.
    fn meets(&mut self, number: u32, kind: DemandKind) -> DemandState {
        use DemandKind::Update;
        let Some(known) = self.of(number) else { return DemandState::Waiting };
        match (kind, known.state) {
            (Update, S::Returned | S::Recalled) => DemandState::Refused,
            (Update, _) => DemandState::Open,
            (_, S::Arrived) => {
                known.state = S::Recalled;
                self.close(number);
                DemandState::Agreed
            }
            (_, S::Returned | S::Recalled) => DemandState::Agreed,
            _ => DemandState::Open,
        }
    }

    /// The document is cancelled: what else was demanded of it is answered with that.
    fn close(&mut self, number: u32) {
        let open = |asked: &&mut Asked| asked.number == number && asked.state == DemandState::Open;
        for asked in self.demands.iter_mut().filter(open) {
            asked.state = match asked.kind {
                DemandKind::Update => DemandState::Refused,
                DemandKind::Recall | DemandKind::Replace => DemandState::Agreed,
            };
        }
    }

    fn ask(&mut self, number: u32, kind: DemandKind) {
        let state = self.meets(number, kind);
        self.demands.push(Asked { number, kind, state });
    }

    fn arrive(&mut self, number: u32, key: DocumentKey) {
        self.documents.push(Known { number, key, state: S::Arrived, arrival: None });
        for place in 0..self.demands.len() {
            let asked = self.demands[place].clone();
            if asked.number != number {
                continue;
            }
            match asked.state {
                DemandState::Waiting => {
                    self.demands[place].state = self.meets(number, asked.kind);
                }
                // What was agreed to before the document came holds for it.
                DemandState::Agreed if asked.kind != DemandKind::Update => {
                    self.of(number).unwrap().state = S::Recalled;
                    self.close(number);
                }
                _ => {}
            }
        }
    }

    /// Whether the oldest waiting demand of this kind can be answered so.
    fn answer(&mut self, number: u32, kind: DemandKind, agreed: bool) -> bool {
        let state = self.of(number).map(|known| known.state);
        let gone = matches!(state, Some(S::Returned | S::Recalled));
        let cancels = kind != DemandKind::Update;
        if agreed && gone && !cancels {
            return false;
        }
        // The sender would take it for the answer to the recall.
        if !cancels && self.held(number) {
            return false;
        }
        let here = state.is_some();
        let mut first = true;
        for asked in &mut self.demands {
            let waits = matches!(asked.state, DemandState::Open | DemandState::Waiting);
            if asked.number != number || asked.kind != kind || !waits {
                continue;
            }
            if first {
                asked.state = if agreed { DemandState::Agreed } else { DemandState::Refused };
                first = false;
            } else if here && !agreed {
                asked.state = DemandState::Refused;
            }
        }
        if agreed && cancels && here && state != Some(S::Returned) {
            self.of(number).unwrap().state = S::Recalled;
            self.close(number);
        }
        true
    }
}

struct Run<'w> {
    world: &'w World,
    model: Model,
    /// Numbers of this case; no other case uses them.
    base: u32,
    /// Numbers of replacing documents.
    next: u32,
    arrivals: &'w Cell<u32>,
}

impl Run<'_> {
    fn office(&self) -> &Office {
        self.world.office()
    }

    fn number(&self, which: usize) -> u32 {
        self.base + u32::try_from(which).unwrap()
    }

    /// Does it in the office and in the model; both must agree whether it can be done.
    fn does(&mut self, deed: &Deed) {
        match *deed {
            Deed::Send(which) => {
                let number = self.number(which);
                let standing = self.model.of(number).map(|known| known.state);
                match self.world.takes(new(PROVINCE, number)) {
                    Imported::Document(key) => {
                        // The same packet again is the same packet.
                        assert!(standing.is_none(), "{standing:?}");
                        self.model.arrive(number, key);
                    }
                    Imported::Duplicate(key) => {
                        assert_eq!(self.model.of(number).map(|known| known.key), Some(key));
                    }
                    other => panic!("{other:?}"),
                }
            }
            Deed::Recall(which, true) => {
                let number = self.number(which);
                self.world.takes(recall(PROVINCE, PROVINCE, number));
                self.model.ask(number, DemandKind::Recall);
            }
            Deed::Recall(which, false) => {
                // Nothing of the province's moves.
                let number = self.number(which);
                if self.model.of(number).is_some() {
                    self.world.takes(recall(STRANGER, PROVINCE, number));
                }
            }
            Deed::Update(which) => {
                let number = self.number(which);
                let mut fresh = metadata(PROVINCE, number);
                self.next += 1;
                fresh.notes = format!("Đính chính {}", self.next);
                self.world.takes(update(PROVINCE, &fresh));
                self.model.ask(number, DemandKind::Update);
            }
            Deed::Replace(which) => {
                let number = self.number(which);
                let fresh = self.base + 1_000 + self.next;
                self.next += 1;
                let key = self.world.arrives(replace(PROVINCE, fresh, number));
                self.model.arrive(fresh, key);
                self.model.ask(number, DemandKind::Replace);
            }
            Deed::Accept(which) => self.moves(which, &[S::Arrived], S::Accepted, |office, key| {
                office.accept_despite(key, "Đã đối chiếu")
            }),
            Deed::Return(which) => {
                self.moves(which, &[S::Arrived], S::Returned, |office, key| {
                    office.return_(key, "Thiếu phụ lục")
                });
            }
            Deed::Register(which) => {
                let number = self.number(which);
                let Some(known) = self.model.of(number) else { return };
                let key = known.key;
                let may = self.model.step(number, &[S::Accepted], S::Registered);
                let registered = self.office().register(key);
                assert_eq!(registered.is_ok(), may, "{registered:?}");
                if let Ok(registration) = registered {
                    self.arrivals.set(self.arrivals.get() + 1);
                    assert_eq!(registration.arrival_number, self.arrivals.get(), "no gap");
                    let known = self.model.of(number).unwrap();
                    assert_eq!(known.arrival.replace(registration.arrival_number), None);
                }
            }
            Deed::Assign(which) => {
                let number = self.number(which);
                let now = self.model.of(number).map(|known| known.state);
                let to = if now == Some(S::InProcess) { S::InProcess } else { S::Assigned };
                let from = [S::Registered, S::Assigned, S::InProcess];
                self.moves(which, &from, to, |office, key| {
                    let lead = Participant::lead("dat");
                    office.assign_to(key, Assigning { parts: vec![lead], ..Assigning::default() })
                });
            }
            Deed::Forward(which) => {
                let Some(known) = self.model.of(self.number(which)) else { return };
                let key = known.key;
                let active = self.office().handling(key).unwrap().handlers;
                let head = active.into_iter().find(|one| one.heads());
                let other = match head.as_ref().map(|one| &one.party) {
                    Some(Party::User(user)) if user == "dat" => "soan",
                    _ => "dat",
                };
                let state = known_state(&mut self.model, self.base, which);
                let both = [S::Assigned, S::InProcess];
                self.moves(which, &both, state, |office, key| {
                    let parts = vec![
                        Participant::lead(other),
                        Participant::new(Party::User("xem".to_owned()), Part::Inform),
                    ];
                    office.forward(key, Assigning { parts, ..Assigning::default() })
                });
            }
            Deed::Begin(which) => self.moves(which, &[S::Assigned], S::InProcess, Office::begin),
            Deed::Progress(which) => {
                let number = self.number(which);
                let state = known_state(&mut self.model, self.base, which);
                // A word about work that has begun is no step: it is never held up.
                let begun = state == S::InProcess;
                let Some(known) = self.model.of(number) else { return };
                let key = known.key;
                let may = begun || self.model.step(number, &[S::Assigned], S::InProcess);
                let progress = Progress {
                    percent: Some(50),
                    text: "Đang làm".to_owned(),
                    next: String::new(),
                };
                let said = self.office().progress(key, progress);
                assert_eq!(said.is_ok(), may, "{said:?}");
            }
            Deed::Complete(which) => {
                let from = [S::Registered, S::Assigned, S::InProcess];
                self.moves(which, &from, S::Completed, |office, key| office.complete(key, "Xong"));
            }
            Deed::Answer(agreed) => {
                let mine = |number: u32| (self.base..self.base + 10_000).contains(&number);
                let open = self.office().demands(100).unwrap();
                let Some(view) = open.into_iter().find(|view| mine(number_of(view))) else {
                    return;
                };
                let demand = &view.kept.demand;
                let answered = self.office().answer_demand(demand.id, agreed, "Đã xem xét");
                let may = self.model.answer(number_of(&view), demand.kind, agreed);
                assert_eq!(answered.is_ok(), may, "{answered:?}");
            }
        }
    }

    fn moves(
        &mut self,
        which: usize,
        from: &[S],
        to: S,
        act: impl Fn(&Office, DocumentKey) -> Result<(), vanthu::domain::problem::Problem>,
    ) {
        let number = self.number(which);
        let Some(known) = self.model.of(number) else { return };
        let key = known.key;
        let may = self.model.step(number, from, to);
        let done = act(self.office(), key);
        assert_eq!(done.is_ok(), may, "{done:?}");
    }

    /// Office and model say the same, and every demand is in a queue or answered.
    fn agree(&self) {
        let office = self.office();
        for known in &self.model.documents {
            let document = office.inbound_document(known.key).unwrap();
            assert_eq!(document.state, known.state, "{known:?}");
            let arrival = document.registration.map(|registration| registration.arrival_number);
            assert_eq!(arrival, known.arrival, "{known:?}");
            let handling = office.handling(known.key).unwrap();
            let ours =
                |kept: &&vanthu::domain::demand::KeptDemand| kept.demand.sender == code(PROVINCE);
            let states: Vec<_> = handling
                .demands
                .iter()
                .filter(ours)
                .map(|kept| (kept.demand.kind, kept.state))
                .collect();
            let mut expected: Vec<_> = self
                .model
                .demands
                .iter()
                .filter(|asked| asked.number == known.number)
                .map(|asked| (asked.kind, asked.state))
                .collect();
            let mut told = states.clone();
            told.sort_unstable();
            expected.sort_unstable();
            assert_eq!(told, expected, "{known:?}");
            // Each answer has gone into the outbox; what was answered before its document came
            // has a history of its own.
            let told = |key| {
                let history = office.history(key).unwrap();
                history.iter().filter(|entry| entry.text.contains("trạng thái")).count()
            };
            let apart: usize = handling.demands.iter().map(|kept| told(kept.demand.id)).sum();
            let answers = handling.demands.iter().filter(|kept| kept.answer.is_some()).count();
            let closed = handling.demands.iter().filter(|kept| kept.state.is_answered()).count();
            assert_eq!(answers, closed);
            let queued = told(known.key) + apart;
            assert!(queued > answers, "01 and {answers} answers, but {queued}");
            let heads = handling.handlers.iter().filter(|one| one.heads()).count();
            assert!(heads <= 1);
        }
        let waiting = self
            .model
            .demands
            .iter()
            .filter(|asked| matches!(asked.state, DemandState::Open | DemandState::Waiting));
        let range = self.base..self.base + 10_000;
        let open = office.demands(1000).unwrap();
        let open = open.iter().filter(|view| range.contains(&number_of(view)));
        assert_eq!(open.count(), waiting.count(), "none is left out of the queue");
    }
}

fn known_state(model: &mut Model, base: u32, which: usize) -> S {
    let number = base + u32::try_from(which).unwrap();
    model.of(number).map_or(S::Arrived, |known| known.state)
}

fn number_of(view: &vanthu::office::DemandView) -> u32 {
    let id = &view.kept.demand.about.document_id;
    id.rsplit(',').next().unwrap().parse().unwrap()
}

#[test]
fn no_way_loses_a_document_or_leaves_a_demand_unanswered() {
    let world = World::new();
    let (cases, arrivals) = (Cell::new(1u32), Cell::new(0u32));
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(deeds(), 1..40), |deeds| {
            let base = cases.get() * 10_000;
            cases.set(cases.get() + 1);
            let model = Model::default();
            let mut run = Run { world: &world, model, base, next: 0, arrivals: &arrivals };
            for deed in &deeds {
                run.does(deed);
            }
            run.agree();
            Ok(())
        })
        .unwrap();
    let (_dir, store) = world.store();
    assert!(store.audit().unwrap().is_clean());
    assert!(store.rebuild_and_compare().unwrap().is_clean());
}
