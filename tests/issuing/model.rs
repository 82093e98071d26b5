//! Whatever is done in whatever order, by batches too, with a token that fails at times: the
//! books have no gap and no double, and nothing leaves that was not sealed.

use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::outbound::{OutboundState, SignatureKind};
use vanthu::office::batch::{BatchOrder, Cancel};
use vanthu::office::hand::Ready;
use vanthu::office::{Filter, Office};
use vanthu::pki::Certificate;
use vanthu::pki::algorithm::{DigestAlgorithm, SignatureScheme};
use vanthu::rules::facts::NumberTaken;
use vanthu::token::{self, KeyRef, Pin, PinState, Token, TokenCertificate, TokenError};

use crate::place::{Place, drafted, order};
use crate::truth;

/// A good token that does not answer some of the times that it is asked.
struct Flaky {
    inner: Box<dyn Token>,
    fails: Vec<bool>,
    asked: usize,
}

impl Token for Flaky {
    fn label(&self) -> String {
        self.inner.label()
    }

    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        self.inner.certificates()
    }

    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        self.inner.pin_state()
    }

    fn login(&mut self, pin: &Pin) -> Result<(), TokenError> {
        self.inner.login(pin)
    }

    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let fails = self.fails.get(self.asked).copied().unwrap_or(false);
        self.asked += 1;
        if fails {
            return Err(TokenError::Device { code: "6F00".to_owned() });
        }
        self.inner.sign_digest(key, scheme, algorithm, digest)
    }
}

/// The leader's token, unlocked, with its habit of failing.
fn flaky(place: &Place, fails: Vec<bool>) -> Ready {
    let order = order(&place.dir, "leader");
    let mut inner = token::open(&order.token).unwrap();
    inner.login(&order.pin).unwrap();
    let held = inner.certificates().unwrap().remove(0);
    let certificate = Certificate::from_der(&held.der).unwrap();
    Ready::new(Box::new(Flaky { inner, fails, asked: 0 }), held.key, certificate, Vec::new())
}

#[derive(Debug, Clone)]
enum Deed {
    Draft,
    /// All that waits, in one batch, with a token that fails where it says so.
    SignBatch(Vec<bool>),
    Sign(u8),
    Seal(u8),
    SealBatch,
    Issue(u8),
    Abandon(u8),
    Reserve(u32),
    Hold(u8),
    Free(u8),
    GiveUp,
    /// Numbers are taken with the other signature from now on.
    Mode,
}

fn deeds() -> impl Strategy<Value = Deed> {
    let pick = any::<u8>();
    prop_oneof![
        4 => Just(Deed::Draft),
        3 => prop::collection::vec(prop::bool::weighted(0.4), 0..4).prop_map(Deed::SignBatch),
        3 => pick.prop_map(Deed::Sign),
        3 => pick.prop_map(Deed::Seal),
        1 => Just(Deed::SealBatch),
        3 => pick.prop_map(Deed::Issue),
        1 => pick.prop_map(Deed::Abandon),
        2 => (1..4u32).prop_map(Deed::Reserve),
        2 => pick.prop_map(Deed::Hold),
        1 => pick.prop_map(Deed::Free),
        1 => Just(Deed::GiveUp),
    ]
}

fn all_in(office: &Office, state: OutboundState) -> Vec<DocumentKey> {
    let filter = Filter { outbound: Some(state), ..Filter::default() };
    office.outbound(&filter, None, 100).unwrap().into_iter().map(|one| one.key).collect()
}

/// Does it; what does not fit is refused, and that is as good.
fn attempt(place: &Place, office: &Office, deed: &Deed) {
    use OutboundState::{ToIssue, ToSeal, ToSign};
    let of = |states: &[OutboundState], pick: u8| {
        let all: Vec<DocumentKey> =
            states.iter().flat_map(|state| all_in(office, *state)).collect();
        (!all.is_empty()).then(|| all[usize::from(pick) % all.len()])
    };
    let (leader, seal) = (order(&place.dir, "leader"), order(&place.dir, "seal"));
    let batch = |order| BatchOrder { order, hold: Duration::from_secs(60) };
    let free = || office.reserved_numbers().unwrap().into_iter().find(|one| one.held_for.is_none());
    match deed {
        Deed::Draft => drop(drafted(office, "Về việc thử nghiệm", &["Ông Nguyễn Văn A"])),
        Deed::SignBatch(fails) => {
            let (keys, ready) = (all_in(office, ToSign), flaky(place, fails.clone()));
            let told = Mutex::new(0);
            let report = office
                .sign_batch_with(ready, &keys, &batch(leader), &Cancel::default(), &|_| {
                    *told.lock().unwrap() += 1;
                })
                .unwrap();
            assert_eq!((report.fates.len(), *told.lock().unwrap()), (keys.len(), keys.len()));
            // What is said to be done is done, and only that.
            for (key, fate) in &report.fates {
                let state = office.outbound_document(*key).unwrap().state;
                assert_eq!(fate.done().is_some(), state == ToSeal, "{fate:?}");
            }
        }
        Deed::Sign(pick) => {
            if let Some(key) = of(&[ToSign], *pick) {
                let _ = office.sign(key, &leader);
            }
        }
        // Whatever stands where it does: what was not signed is refused.
        Deed::Seal(pick) => {
            if let Some(key) = of(&[ToSeal, ToSign], *pick) {
                let _ = office.seal(key, &seal);
            }
        }
        Deed::SealBatch => {
            let keys = all_in(office, ToSeal);
            let _ = office.seal_batch(&keys, &batch(seal), &Cancel::default(), &|_| {});
        }
        Deed::Issue(pick) => {
            if let Some(key) = of(&[ToIssue, ToSeal], *pick) {
                let _ = office.issue(key);
            }
        }
        Deed::Abandon(pick) => {
            if let Some(key) = of(&[ToSign, ToSeal, ToIssue], *pick) {
                office.submit(key, OutboundState::Abandoned, "Không ban hành nữa").unwrap();
            }
        }
        Deed::Reserve(count) => {
            let numbers = office.reserve_numbers("QĐ", *count, "Hợp đồng viện dẫn").unwrap();
            assert_eq!(numbers.len(), *count as usize);
        }
        Deed::Hold(pick) => {
            if let Some((key, free)) = of(&[ToSign], *pick).zip(free()) {
                office.hold_number(key, &free.book, free.number).unwrap();
            }
        }
        Deed::Free(pick) => {
            if let Some(key) = of(&[ToSign], *pick) {
                let held = office.held_number(key).unwrap().is_some();
                assert_eq!(office.free_number(key).is_ok(), held);
            }
        }
        Deed::GiveUp => {
            if let Some(free) = free() {
                office.give_up_reserved(&free.book, free.number, "Không dùng đến").unwrap();
            }
        }
        Deed::Mode => office.set_number_taken(NumberTaken::OrganisationSignature).unwrap(),
    }
}

fn holds(deeds: &[Deed], begun: &Place, mode_b: bool) {
    let place = begun.copy();
    let office = place.office();
    if mode_b {
        attempt(&place, &office, &Deed::Mode);
    }
    for deed in deeds {
        attempt(&place, &office, deed);
    }
    // In the end everything can still leave.
    for (state, kind) in [
        (OutboundState::ToSign, Some(SignatureKind::Personal)),
        (OutboundState::ToSeal, Some(SignatureKind::Organisation)),
        (OutboundState::ToIssue, None),
    ] {
        for key in all_in(&office, state) {
            match kind {
                Some(SignatureKind::Personal) => {
                    drop(office.sign(key, &order(&place.dir, "leader")).unwrap());
                }
                Some(SignatureKind::Organisation) => {
                    office.seal(key, &order(&place.dir, "seal")).unwrap();
                }
                None => office.issue(key).unwrap(),
            }
        }
    }
    drop(office);
    truth::check(&place.store(), mode_b);
}

#[test]
fn no_gap_and_no_double_whatever_is_done() {
    let begun = Place::new();
    let config =
        ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let strategy = (prop::collection::vec(deeds(), 1..24), any::<bool>());
    runner
        .run(&strategy, |(deeds, mode_b)| {
            holds(&deeds, &begun, mode_b);
            Ok(())
        })
        .unwrap();
}
