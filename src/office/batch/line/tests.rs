//! The rules of the line, on a token that does as it is told.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::pki::Certificate;
use crate::pki::demo::{Authority, Subject};
use crate::token::{Pin, PinState, Token, TokenCertificate};

/// Answers after `pause`; fails the signatures named, counted from 0.
struct Slow {
    pause: Duration,
    failing: Vec<(u32, TokenError)>,
    made: u32,
    inside: Arc<AtomicU32>,
}

impl Token for Slow {
    fn label(&self) -> String {
        "slow".to_owned()
    }

    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        Ok(Vec::new())
    }

    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        Ok(PinState::TriesLeft(None))
    }

    fn login(&mut self, _: &Pin) -> Result<(), TokenError> {
        Ok(())
    }

    fn sign_digest(
        &mut self,
        _: &KeyRef,
        _: SignatureScheme,
        _: DigestAlgorithm,
        _: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        assert_eq!(self.inside.fetch_add(1, Ordering::SeqCst), 0, "two at the token");
        std::thread::sleep(self.pause);
        self.inside.fetch_sub(1, Ordering::SeqCst);
        let number = self.made;
        self.made += 1;
        match self.failing.iter().find(|(at, _)| *at == number) {
            Some((_, error)) => Err(error.clone()),
            None => Ok(vec![0; 64]),
        }
    }
}

fn certificate() -> Certificate {
    static MADE: OnceLock<Certificate> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let subject = Subject { common_name: "An".to_owned(), ..Subject::default() };
        let authority = Authority::create(Timestamp::now()).unwrap();
        authority.issue(&subject).unwrap().certificate
    });
    made.clone()
}

fn ready(pause: u64, failing: Vec<(u32, TokenError)>) -> Ready {
    let pause = Duration::from_millis(pause);
    let token = Slow { pause, failing, made: 0, inside: Arc::default() };
    Ready::new(Box::new(token), KeyRef("1".to_owned()), certificate(), Vec::new())
}

fn sign(turn: &mut Turn) -> Result<(), Problem> {
    let (scheme, digest) = (SignatureScheme::RsaPkcs1, DigestAlgorithm::Sha256);
    let key = KeyRef("1".to_owned());
    turn.ready().token().sign_digest(&key, scheme, digest, &[0; 32])?;
    Ok(())
}

/// A book that gives a number only to who has read it right.
#[derive(Default)]
struct Book(Mutex<Vec<u32>>);

impl Book {
    fn next(&self) -> u32 {
        self.0.lock().unwrap().last().map_or(1, |last| last + 1)
    }

    fn take(&self, number: u32) -> Result<(), Problem> {
        let mut taken = self.0.lock().unwrap();
        if number != taken.last().map_or(1, |last| last + 1) {
            return Err(OfficeError::NumberMoved.into());
        }
        taken.push(number);
        Ok(())
    }
}

const LONG: Duration = Duration::from_secs(600);

fn device() -> TokenError {
    TokenError::Device { code: "SW 6F00".to_owned() }
}

/// Where a piece fails by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trip {
    No,
    BeforeNumber,
    AfterNumber,
    AfterSignature,
}

fn go(book: &Book, turn: &mut Turn, trip: Trip) -> Result<u32, Problem> {
    let fail = |at| {
        if trip == at { Err(Problem::from(OfficeError::NoPlace(String::new()))) } else { Ok(()) }
    };
    fail(Trip::BeforeNumber)?;
    let number = turn.reserve(&BookId::outbound(2026, "VB"), || Ok(book.next()))?;
    fail(Trip::AfterNumber)?;
    sign(turn)?;
    fail(Trip::AfterSignature)?;
    turn.settle()?;
    book.take(number)?;
    Ok(number)
}

fn all(trips: &[Trip], ready: Ready) -> (BatchReport<Trip, u32>, Vec<u32>) {
    let book = Book::default();
    let report =
        run(ready, trips, LONG, &Cancel::default(), &|_| {}, |trip, turn| go(&book, turn, *trip));
    (report, book.0.into_inner().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_fails_numbers_have_no_gap_and_follow_the_order(
        trips in proptest::collection::vec(
            prop_oneof![
                3 => Just(Trip::No),
                1 => Just(Trip::BeforeNumber),
                1 => Just(Trip::AfterNumber),
                1 => Just(Trip::AfterSignature),
            ],
            0..12,
        ),
        faults in proptest::collection::btree_set(0u32..12, 0..4),
    ) {
        let faults = faults.into_iter().map(|at| (at, device())).collect();
        let (report, taken) = all(&trips, ready(0, faults));
        let done: Vec<u32> =
            report.fates.iter().filter_map(|(_, fate)| fate.done().copied()).collect();
        // As long as the list of who is done, from 1, in their order.
        prop_assert_eq!(&done, &(1..=done.len() as u32).collect::<Vec<_>>());
        prop_assert_eq!(&done, &taken);
        for (trip, fate) in &report.fates {
            prop_assert!(*trip == Trip::No || fate.done().is_none());
            prop_assert!(!matches!(fate, Fate::NotTried(_)), "a fault does not stop a batch");
        }
    }
}

#[test]
fn the_token_is_kept_busy_while_others_prepare_and_store() {
    let work = |_: &usize, turn: &mut Turn| {
        std::thread::sleep(Duration::from_millis(40));
        sign(turn)?;
        std::thread::sleep(Duration::from_millis(40));
        Ok(())
    };
    let pieces: Vec<usize> = (0..10).collect();
    let report = run(ready(100, vec![]), &pieces, LONG, &Cancel::default(), &|_| {}, work);
    assert_eq!(report.done(), 10);
    assert_eq!(report.load.signatures, 10);
    // One after the other it would be 100 of 180; the rest is room for a busy machine.
    assert!(report.load.ratio() > 0.6, "{:?}", report.load);
}

#[test]
fn the_first_pin_error_stops_the_batch() {
    for error in [TokenError::WrongPin { tries_left: Some(2) }, TokenError::Removed] {
        let (report, taken) = all(&[Trip::No; 6], ready(1, vec![(2, error.clone())]));
        assert_eq!(taken, [1, 2]);
        let problem = Problem::from(error);
        for (index, (_, fate)) in report.fates.iter().enumerate() {
            match index {
                0 | 1 => assert_eq!(fate.done(), Some(&(index as u32 + 1))),
                2 => assert_eq!(fate, &Fate::Failed(problem.clone())),
                _ => assert_eq!(fate, &Fate::NotTried(problem.clone())),
            }
        }
        // Not one more PIN was presented.
        assert_eq!(report.load.signatures, 2);
    }
}

#[test]
fn a_cancelled_batch_finishes_what_the_token_has() {
    let cancel = Cancel::default();
    let book = Book::default();
    let told = Mutex::new(BTreeSet::new());
    let tell = |progress: Progress<'_, u32>| {
        assert_eq!(progress.total, 8);
        told.lock().unwrap().insert(progress.index);
        if progress.index == 2 {
            cancel.cancel();
        }
    };
    let trips = [Trip::No; 8];
    let report =
        run(ready(100, vec![]), &trips, LONG, &cancel, &tell, |trip, turn| go(&book, turn, *trip));
    let taken = book.0.into_inner().unwrap();
    assert_eq!(taken.len(), report.done());
    assert!((3..8).contains(&report.done()), "{report:?}");
    assert_eq!(told.into_inner().unwrap().len(), 8, "each is told once");
    let (_, last) = report.fates.last().unwrap();
    assert_eq!(last, &Fate::NotTried(OfficeError::BatchCancelled.into()));
}

#[test]
fn when_the_time_of_the_pin_is_over_the_token_is_closed() {
    let book = Book::default();
    let time = Duration::from_millis(500);
    let trips = [Trip::No; 8];
    let report =
        run(ready(150, vec![]), &trips, time, &Cancel::default(), &|_| {}, |trip, turn| {
            go(&book, turn, *trip)
        });
    assert!((1..8).contains(&report.done()), "{report:?}");
    let (_, last) = report.fates.last().unwrap();
    assert_eq!(last, &Fate::NotTried(OfficeError::BatchTimeOver.into()));
}

#[test]
fn who_needs_no_number_keeps_nobody_from_reserving() {
    let book = Book::default();
    // Every other one has its number already, as with seals of documents old and new.
    let pieces = [false, true, false, true, false, true];
    let work = |numbered: &bool, turn: &mut Turn| {
        std::thread::sleep(Duration::from_millis(40));
        if *numbered {
            return go(&book, turn, Trip::No);
        }
        sign(turn)?;
        std::thread::sleep(Duration::from_millis(40));
        Ok(0)
    };
    let report = run(ready(100, vec![]), &pieces, LONG, &Cancel::default(), &|_| {}, work);
    let done: Vec<u32> = report.fates.iter().filter_map(|(_, f)| f.done().copied()).collect();
    assert_eq!(done, [0, 1, 0, 2, 0, 3]);
    assert!(report.load.ratio() > 0.6, "{:?}", report.load);
}

#[test]
fn a_number_taken_elsewhere_is_read_again() {
    let book = Book::default();
    let once = AtomicU32::new(0);
    let trips = [Trip::No; 4];
    let report = run(ready(1, vec![]), &trips, LONG, &Cancel::default(), &|_| {}, |trip, turn| {
        let number = turn.reserve(&BookId::outbound(2026, "VB"), || Ok(book.next()))?;
        sign(turn)?;
        turn.settle()?;
        // Another window is quicker, once.
        if once.fetch_add(1, Ordering::SeqCst) == 1 {
            book.take(number)?;
        }
        let _ = trip;
        book.take(number)?;
        Ok(number)
    });
    let done: Vec<u32> = report.fates.iter().filter_map(|(_, f)| f.done().copied()).collect();
    assert_eq!(done, [1, 3, 4, 5], "{report:?}");
}

#[test]
fn a_panic_does_not_leave_the_others_waiting() {
    let pieces = [0, 1, 2, 3];
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        run(ready(1, vec![]), &pieces, LONG, &Cancel::default(), &|_| {}, |piece, turn| {
            assert!(*piece != 1, "on purpose");
            sign(turn)
        })
    }));
    assert!(caught.is_err());
}
