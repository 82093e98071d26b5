//! The line in which documents go to the token and come back.
//!
//! A few threads each take the next document and carry it all the way: lay out, hash, sign,
//! verify, store. They share the token through [`Turn`], which lets one document in at a
//! time, in order; so one thread is at the token while the next has its document ready and
//! the third stores the one before. Nothing of a single signature's code knows of this.
//!
//! Numbers stay without gaps although a number stands on the page before the one before it
//! is taken: they are *reserved* here in the order of the documents, and taken in the
//! transaction that stores the signed bytes, in the same order. Where a document fails after
//! it reserved one, those behind it are *overtaken*: what was prepared for them is thrown
//! away, and they reserve again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{BatchReport, Cancel, Fate, Progress, Tell};
use crate::domain::book::BookId;
use crate::domain::problem::Problem;
use crate::office::OfficeError;
use crate::office::hand::{Ready, Template};
use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};
use crate::token::{KeyRef, Pin, PinState, Token, TokenCertificate, TokenError};

/// One at the token, one ready, one being stored.
const THREADS: usize = 3;
/// How often a number is reserved anew because somebody outside the batch took it.
const ATTEMPTS: u32 = 3;
/// How soon a cancellation is noticed by who waits for the token.
const NOTICE: Duration = Duration::from_millis(50);

/// How busy a token was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    pub signatures: u32,
    /// How long the token worked.
    pub busy: Duration,
    /// From the beginning of its first signature to the end of its last.
    pub span: Duration,
}

impl Load {
    /// The share of its time that the token worked, from 0 to 1.
    pub fn ratio(&self) -> f64 {
        if self.span.is_zero() { 0.0 } else { self.busy.as_secs_f64() / self.span.as_secs_f64() }
    }
}

/// Sends `pieces` through the line to the token of `ready`, which is closed at the end, or
/// when `time` is over.
pub fn run<K: Clone + Sync, T: Send>(
    ready: Ready,
    pieces: &[K],
    time: Duration,
    cancel: &Cancel,
    tell: Tell<'_, T>,
    work: impl Fn(&K, &mut Turn) -> Result<T, Problem> + Sync,
) -> BatchReport<K, T> {
    let until = Instant::now().checked_add(super::hold(time));
    let (line, ready) = Line::new(ready, pieces.len(), until, cancel.clone());
    let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let fates: Vec<Mutex<Option<Fate<T>>>> = pieces.iter().map(|_| Mutex::new(None)).collect();
    let one_thread = || {
        while let Some((index, piece, cell)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            pieces.get(index).zip(fates.get(index)).map(|(piece, cell)| (index, piece, cell))
        } {
            let fate = line.carry(&ready, index, |turn| work(piece, turn));
            let finished = finished.fetch_add(1, Ordering::Relaxed) + 1;
            tell(Progress { index, finished, total: pieces.len(), fate: &fate });
            *cell.lock().unwrap_or_else(PoisonError::into_inner) = Some(fate);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..THREADS.min(pieces.len()) {
            scope.spawn(one_thread);
        }
        one_thread();
    });
    let load = line.card().load;
    let fate = |cell: Mutex<Option<Fate<T>>>| {
        let fate = cell.into_inner().unwrap_or_else(PoisonError::into_inner);
        fate.unwrap_or_else(|| Fate::NotTried(OfficeError::BatchCancelled.into()))
    };
    let fates = pieces.iter().cloned().zip(fates.into_iter().map(fate)).collect();
    BatchReport { fates, load }
}

/// One piece of work by itself, on this thread.
pub fn alone<T>(
    ready: Ready,
    work: impl Fn(&mut Turn) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let (line, ready) = Line::new(ready, 1, None, Cancel::default());
    match line.carry(&ready, 0, work) {
        Fate::Done(done) => Ok(done),
        Fate::Failed(problem) | Fate::NotTried(problem) => Err(problem),
    }
}

/// A document's place in the line.
pub struct Turn {
    line: Arc<Line>,
    index: usize,
    ready: Ready,
}

impl Turn {
    /// The token and the certificate. Its signatures wait until all before have been at it.
    pub fn ready(&mut self) -> &mut Ready {
        &mut self.ready
    }

    /// The number that this document will take in `book`. Waits until all before have
    /// reserved theirs; `next` says what the book gives next, and is asked only where none
    /// of them could know.
    pub fn reserve(
        &self,
        book: &BookId,
        next: impl FnOnce() -> Result<u32, Problem>,
    ) -> Result<u32, Problem> {
        let mut state = self.line.wait(self.index, |state, index| {
            state
                .before(index)
                .all(|(at, place)| place.ended || place.reserved.is_some() && !state.overtaken(at))
        })?;
        let number = match state.next.get(book) {
            Some(number) => *number,
            None => next()?,
        };
        state.next.insert(book.clone(), number.saturating_add(1));
        let seen = state.voids.len();
        if let Some(place) = state.places.get_mut(self.index) {
            place.reserved = Some(Reserved { book: book.clone(), number, seen });
        }
        self.line.moved.notify_all();
        Ok(number)
    }

    /// Waits until all before have been stored or have failed. An error means that the
    /// number is no longer this document's: everything is done anew.
    pub fn settle(&self) -> Result<(), Problem> {
        self.line
            .wait(self.index, |state, index| state.before(index).all(|(_, place)| place.ended))
            .map(drop)
    }
}

struct Line {
    state: Mutex<State>,
    moved: Condvar,
    card: Mutex<Card>,
    cancel: Cancel,
}

#[derive(Default)]
struct State {
    places: Vec<Place>,
    /// The number that the next document of a book will reserve.
    next: HashMap<BookId, u32>,
    /// Who gave a reserved number up, in the order of time.
    voids: Vec<(usize, BookId)>,
    /// Why nothing more goes to the token.
    stopped: Option<Problem>,
}

#[derive(Default)]
struct Place {
    reserved: Option<Reserved>,
    /// The token has signed it.
    signed: bool,
    /// It is stored, or has failed.
    ended: bool,
    /// It was turned away before the token.
    turned_away: bool,
}

struct Reserved {
    book: BookId,
    number: u32,
    /// How many numbers had been given up by then.
    seen: usize,
}

struct Card {
    token: Option<Box<dyn Token>>,
    until: Option<Instant>,
    began: Option<Instant>,
    load: Load,
}

impl State {
    fn before(&self, index: usize) -> impl Iterator<Item = (usize, &Place)> {
        self.places.iter().enumerate().take(index)
    }

    /// Whether one before gave its number up since this one reserved.
    fn overtaken(&self, index: usize) -> bool {
        let Some(reserved) = self.places.get(index).and_then(|place| place.reserved.as_ref())
        else {
            return false;
        };
        let since = self.voids.get(reserved.seen..).unwrap_or_default();
        since.iter().any(|(at, book)| *at < index && *book == reserved.book)
    }

    /// Gives up what `index` has reserved, if it still counts.
    fn give_up(&mut self, index: usize) {
        if !self.overtaken(index)
            && let Some(reserved) =
                self.places.get_mut(index).and_then(|place| place.reserved.take())
        {
            self.next.insert(reserved.book.clone(), reserved.number);
            self.voids.push((index, reserved.book));
        }
    }
}

impl Line {
    /// The line to the token of `ready`, and `ready` with nothing but its certificates.
    fn new(
        ready: Ready,
        count: usize,
        until: Option<Instant>,
        cancel: Cancel,
    ) -> (Arc<Self>, Template) {
        let (token, template) = ready.part();
        let card = Card { token: Some(token), until, began: None, load: Load::default() };
        let places = (0..count).map(|_| Place::default()).collect();
        let line = Self {
            state: Mutex::new(State { places, ..State::default() }),
            moved: Condvar::new(),
            card: Mutex::new(card),
            cancel,
        };
        (Arc::new(line), template)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn card(&self) -> MutexGuard<'_, Card> {
        self.card.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries one piece through: again where it was overtaken, at most a few times where
    /// somebody else takes numbers.
    fn carry<T>(
        self: &Arc<Self>,
        ready: &Template,
        index: usize,
        work: impl Fn(&mut Turn) -> Result<T, Problem>,
    ) -> Fate<T> {
        // Whatever happens, those behind must not wait for ever.
        let _end = End { line: self, index };
        let mut attempts = 0;
        loop {
            if let Some(stopped) = self.begin(index) {
                return Fate::NotTried(stopped);
            }
            let token = Shared { line: Arc::clone(self), index };
            let mut turn = Turn {
                line: Arc::clone(self),
                index,
                ready: Ready::assemble(Box::new(token), ready),
            };
            let problem = match work(&mut turn) {
                Ok(done) => {
                    // What was taken is not given up.
                    if let Some(place) = self.state().places.get_mut(index) {
                        place.reserved = None;
                    }
                    return Fate::Done(done);
                }
                Err(problem) => problem,
            };
            let mut state = self.state();
            if state.places.get(index).is_some_and(|place| place.turned_away) {
                return Fate::NotTried(state.stopped.clone().unwrap_or(problem));
            }
            if state.overtaken(index) {
                continue;
            }
            attempts += 1;
            if problem.code == "office-number-moved" && attempts < ATTEMPTS {
                let book = state.places.get(index).and_then(|place| place.reserved.as_ref());
                if let Some(book) = book.map(|reserved| reserved.book.clone()) {
                    state.give_up(index);
                    // The book itself must be asked.
                    state.next.remove(&book);
                    drop(state);
                    self.moved.notify_all();
                    continue;
                }
            }
            return Fate::Failed(problem);
        }
    }

    /// Begins (again) with a piece; the reason where nothing more is begun.
    fn begin(&self, index: usize) -> Option<Problem> {
        let mut state = self.state();
        if self.cancel.is_cancelled() && state.stopped.is_none() {
            state.stopped = Some(OfficeError::BatchCancelled.into());
        }
        if let Some(place) = state.places.get_mut(index) {
            place.signed = false;
            place.reserved = None;
        }
        state.stopped.clone()
    }

    /// Waits until `come` holds for the piece. An error where it was overtaken, or where the
    /// batch has stopped and the token has not signed it.
    fn wait(
        &self,
        index: usize,
        come: impl Fn(&State, usize) -> bool,
    ) -> Result<MutexGuard<'_, State>, Problem> {
        let mut state = self.state();
        loop {
            if self.cancel.is_cancelled() && state.stopped.is_none() {
                state.stopped = Some(OfficeError::BatchCancelled.into());
                self.moved.notify_all();
            }
            if state.overtaken(index) {
                return Err(OfficeError::NumberMoved.into());
            }
            let stopped = state.stopped.clone();
            if let (Some(stopped), Some(place)) = (stopped, state.places.get_mut(index))
                && !place.signed
            {
                place.turned_away = true;
                return Err(stopped);
            }
            if come(&state, index) {
                return Ok(state);
            }
            let waited = self.moved.wait_timeout(state, NOTICE);
            state = waited.map_or_else(|error| error.into_inner().0, |(state, _)| state);
        }
    }

    /// Lets the piece's digest to the token when its turn has come.
    fn sign(
        &self,
        index: usize,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let come = |state: &State, index: usize| {
            state
                .before(index)
                .all(|(at, place)| place.ended || place.signed && !state.overtaken(at))
        };
        // What is told in the end is the reason of the line, not this word.
        drop(self.wait(index, come).map_err(|_| TokenError::Cancelled)?);
        let answer = self.card().sign(key, scheme, algorithm, digest);
        let mut state = self.state();
        let answer = match answer {
            Ok(answer) => answer,
            Err(reason) => {
                if reason.stops_a_batch() && state.stopped.is_none() {
                    state.stopped = Some(reason.problem());
                }
                if matches!(reason, Unsigned::TimeOver)
                    && let Some(place) = state.places.get_mut(index)
                {
                    place.turned_away = true;
                }
                self.moved.notify_all();
                return Err(reason.error());
            }
        };
        if let Some(place) = state.places.get_mut(index) {
            place.signed = true;
        }
        self.moved.notify_all();
        Ok(answer)
    }
}

/// Why the token did not sign.
enum Unsigned {
    /// The time is over for which the PIN was given.
    TimeOver,
    Token(TokenError),
}

impl Unsigned {
    fn stops_a_batch(&self) -> bool {
        match self {
            Self::TimeOver => true,
            Self::Token(error) => error.stops_a_batch(),
        }
    }

    fn problem(&self) -> Problem {
        match self {
            Self::TimeOver => OfficeError::BatchTimeOver.into(),
            Self::Token(error) => error.clone().into(),
        }
    }

    fn error(self) -> TokenError {
        match self {
            Self::TimeOver => TokenError::LoginNeeded,
            Self::Token(error) => error,
        }
    }
}

impl Card {
    fn sign(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, Unsigned> {
        let begun = Instant::now();
        if self.until.is_some_and(|until| until <= begun) {
            // Closing the token wipes the PIN that it keeps.
            self.token = None;
        }
        let token = self.token.as_mut().ok_or(Unsigned::TimeOver)?;
        let answer = token.sign_digest(key, scheme, algorithm, digest).map_err(Unsigned::Token)?;
        self.load.signatures += 1;
        self.load.busy += begun.elapsed();
        self.load.span = self.began.get_or_insert(begun).elapsed();
        Ok(answer)
    }
}

/// Ends a piece's place in the line however its work ends.
struct End<'a> {
    line: &'a Line,
    index: usize,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut state = self.line.state();
        state.give_up(self.index);
        if let Some(place) = state.places.get_mut(self.index) {
            place.ended = true;
        }
        drop(state);
        self.line.moved.notify_all();
    }
}

/// The token of the line, as one piece of work sees it.
struct Shared {
    line: Arc<Line>,
    index: usize,
}

impl Shared {
    fn with<T>(
        &self,
        ask: impl FnOnce(&mut dyn Token) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        ask(self.line.card().token.as_mut().ok_or(TokenError::LoginNeeded)?.as_mut())
    }
}

impl Token for Shared {
    fn label(&self) -> String {
        self.with(|token| Ok(token.label())).unwrap_or_default()
    }

    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        self.with(|token| token.certificates())
    }

    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        self.with(|token| token.pin_state())
    }

    /// The token is open already, and its PIN is nobody's business here.
    fn login(&mut self, _: &Pin) -> Result<(), TokenError> {
        Err(TokenError::Unsupported { what: "login".to_owned() })
    }

    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        self.line.sign(self.index, key, scheme, algorithm, digest)
    }

    fn wants_pin_every_time(&mut self, key: &KeyRef) -> bool {
        self.with(|token| Ok(token.wants_pin_every_time(key))).unwrap_or(false)
    }

    fn is_measured(&self) -> bool {
        self.with(|token| Ok(token.is_measured())).unwrap_or(false)
    }

    fn is_demonstration(&self) -> bool {
        self.with(|token| Ok(token.is_demonstration())).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::OnceLock;
    use std::sync::atomic::AtomicU32;

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::pki::Certificate;
    use crate::pki::demo::{Authority, Subject};

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
            if trip == at {
                Err(Problem::from(OfficeError::NoPlace(String::new())))
            } else {
                Ok(())
            }
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
        let report = run(ready, trips, LONG, &Cancel::default(), &|_| {}, |trip, turn| {
            go(&book, turn, *trip)
        });
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
            std::thread::sleep(Duration::from_millis(20));
            sign(turn)?;
            std::thread::sleep(Duration::from_millis(20));
            Ok(())
        };
        let pieces: Vec<usize> = (0..10).collect();
        let report = run(ready(50, vec![]), &pieces, LONG, &Cancel::default(), &|_| {}, work);
        assert_eq!(report.done(), 10);
        assert_eq!(report.load.signatures, 10);
        // One after the other it would be 50 of 90; the rest is room for a busy machine.
        assert!(report.load.ratio() > 0.7, "{:?}", report.load);
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
        let report = run(ready(5, vec![]), &trips, LONG, &cancel, &tell, |trip, turn| {
            go(&book, turn, *trip)
        });
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
        let time = Duration::from_millis(60);
        let trips = [Trip::No; 8];
        let report =
            run(ready(25, vec![]), &trips, time, &Cancel::default(), &|_| {}, |trip, turn| {
                go(&book, turn, *trip)
            });
        assert!((1..8).contains(&report.done()), "{report:?}");
        let (_, last) = report.fates.last().unwrap();
        assert_eq!(last, &Fate::NotTried(OfficeError::BatchTimeOver.into()));
    }

    #[test]
    fn a_number_taken_elsewhere_is_read_again() {
        let book = Book::default();
        let once = AtomicU32::new(0);
        let trips = [Trip::No; 4];
        let report =
            run(ready(1, vec![]), &trips, LONG, &Cancel::default(), &|_| {}, |trip, turn| {
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
}
