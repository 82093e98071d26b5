//! Tells as it happens what is plugged in: one thread that sleeps in PC/SC until a reader
//! or a card comes or goes. It outlives a service that stops and starts again.
//!
//! Only what PC/SC itself says is told, at once; who owns a card is for
//! [`list`](super::list), which takes its time off this thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pcsc::{Context, PNP_NOTIFICATION, ReaderState, State};

use super::TokenError;
use super::pcsc::{Reader, establish, names};

/// How long to wait before asking again for a service that does not run.
const RETRY: Duration = Duration::from_millis(500);
/// How long to wait before listing readers again that left while they were looked at.
const AGAIN: Duration = Duration::from_millis(20);
/// A reader that came in the instant between listing and sleeping would be missed where
/// PC/SC counts only from the moment it is asked; so nobody sleeps longer than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// What is plugged in at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plugged {
    /// The PC/SC service does not run.
    NoService,
    /// The readers, with what PC/SC says of the cards in them.
    Readers(Vec<Reader>),
}

/// A running watch. Dropping it ends it.
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    /// What the thread sleeps in, so that it can be woken.
    context: Mutex<Option<Context>>,
    wake: Condvar,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("stopped", &self.stopped).finish_non_exhaustive()
    }
}

/// Calls `report` with what is plugged in now, and again whenever that changes. `report`
/// is called on the watching thread and should hand on quickly.
pub fn watch(report: impl FnMut(Plugged) + Send + 'static) -> Result<Watch, TokenError> {
    let shared = Arc::new(Shared::default());
    let watcher = Watcher { shared: Arc::clone(&shared), report, last: None };
    let thread = thread::Builder::new()
        .name("readers".to_owned())
        .spawn(move || watcher.run())
        .map_err(|error| TokenError::Device { code: error.to_string() })?;
    Ok(Watch { shared, thread: Some(thread) })
}

impl Watch {
    /// Ends the watch; nothing is reported after this returns.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.shared.stopped.store(true, Ordering::Release);
        if thread.thread().id() == thread::current().id() {
            return;
        }
        while !thread.is_finished() {
            // A wake-up that comes just before the thread falls asleep is lost: try again.
            self.shared.wake.notify_all();
            if let Some(context) = &*self.shared.lock() {
                let _ = context.cancel();
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = thread.join();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Context>> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Watcher<F> {
    shared: Arc<Shared>,
    report: F,
    last: Option<Plugged>,
}

impl<F: FnMut(Plugged)> Watcher<F> {
    fn run(mut self) {
        while !self.shared.stopped() {
            if let Ok(context) = establish() {
                *self.shared.lock() = Some(context.clone());
                let error = self.follow(&context);
                tracing::debug!(?error, "the PC/SC service has gone");
                *self.shared.lock() = None;
            }
            if !self.shared.stopped() {
                self.tell(Plugged::NoService);
                let guard = self.shared.lock();
                drop(self.shared.wake.wait_timeout(guard, RETRY));
            }
        }
    }

    /// Follows one connection to the service until it fails, and says how.
    fn follow(&mut self, context: &Context) -> pcsc::Error {
        let mut states = vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)];
        loop {
            let names = match names(context) {
                Ok(names) => names,
                Err(error) => return error,
            };
            // The first state is the pseudo reader's.
            let is_listed = |state: &ReaderState| names.iter().any(|name| **name == *state.name());
            states.retain(|state| state.name() == PNP_NOTIFICATION() || is_listed(state));
            for name in &names {
                if !states.iter().any(|state| state.name() == &**name) {
                    states.push(ReaderState::new(name.clone(), State::UNAWARE));
                }
            }
            match context.get_status_change(Duration::ZERO, &mut states) {
                Ok(()) | Err(pcsc::Error::Timeout) => {}
                // A reader left between the two calls: list again, but never as a busy loop
                // where a service does not know the pseudo reader.
                Err(pcsc::Error::UnknownReader) => {
                    let guard = self.shared.lock();
                    drop(self.shared.wake.wait_timeout(guard, AGAIN));
                    if self.shared.stopped() {
                        return pcsc::Error::Cancelled;
                    }
                    continue;
                }
                Err(error) => return error,
            }
            self.tell(Plugged::Readers(states.iter().skip(1).map(Reader::of).collect()));
            for state in &mut states {
                state.sync_current_state();
            }
            if self.shared.stopped() {
                return pcsc::Error::Cancelled;
            }
            match context.get_status_change(LONGEST_SLEEP, &mut states) {
                Ok(()) | Err(pcsc::Error::Timeout | pcsc::Error::UnknownReader) => {}
                Err(error) => return error,
            }
        }
    }

    fn tell(&mut self, now: Plugged) {
        if self.last.as_ref() != Some(&now) && !self.shared.stopped() {
            self.last = Some(now.clone());
            (self.report)(now);
        }
    }
}
