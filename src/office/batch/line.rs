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

use super::card::{Card, Shared, Unsigned};
use super::{BatchReport, Cancel, Fate, Progress, Tell};
use crate::domain::book::BookId;
use crate::domain::problem::Problem;
use crate::office::OfficeError;
use crate::office::hand::{Ready, Template};
use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};
use crate::token::{KeyRef, TokenError};

/// One at the token, one ready, one being stored.
const THREADS: usize = 3;
/// How often a number is reserved anew because somebody outside the batch took it.
const ATTEMPTS: u32 = 3;
/// How soon a cancellation is noticed by who waits for the token.
const NOTICE: Duration = Duration::from_millis(50);

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
            state.before(index).all(|(at, place)| {
                place.ended || place.numberless || place.reserved.is_some() && !state.overtaken(at)
            })
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

pub(super) struct Line {
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
    /// It came to the token without a number: it has one, or needs none.
    numberless: bool,
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
        let card = Card::new(token, until);
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

    pub fn card(&self) -> MutexGuard<'_, Card> {
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
            place.numberless = false;
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
    pub fn sign(
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
        if let Some(place) = self.state().places.get_mut(index) {
            place.numberless = place.reserved.is_none();
        }
        self.moved.notify_all();
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

#[cfg(test)]
mod tests;
