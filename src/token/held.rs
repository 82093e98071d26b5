//! A PIN that is kept for a while, because somebody chose that and said for how long.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Pin, Selector};

/// A PIN kept for one token until a stated time. It is wiped then, even if nobody asks for
/// it again, and when this is dropped. Never made but by a person's choice.
pub struct HeldPin {
    token: Selector,
    until: Instant,
    cell: Arc<Cell>,
}

struct Cell {
    pin: Mutex<Option<Pin>>,
    wiped: Condvar,
}

impl Cell {
    fn lock(&self) -> MutexGuard<'_, Option<Pin>> {
        self.pin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HeldPin {
    /// Nobody's PIN is kept longer.
    pub const LONGEST: Duration = Duration::from_secs(30 * 60);

    /// Keeps `pin` for `token`, for `time` but no longer than [`Self::LONGEST`]. Where no
    /// thread can be started that wipes it, nothing is kept.
    pub fn hold(token: Selector, pin: Pin, time: Duration) -> Self {
        let until = Instant::now() + time.min(Self::LONGEST);
        let cell = Arc::new(Cell { pin: Mutex::new(Some(pin)), wiped: Condvar::new() });
        let watched = Arc::clone(&cell);
        let watch = move || {
            let mut pin = watched.lock();
            while pin.is_some() {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    *pin = None;
                    break;
                }
                let waited = watched.wiped.wait_timeout(pin, left);
                pin = waited.map_or_else(|error| error.into_inner().0, |(pin, _)| pin);
            }
        };
        if std::thread::Builder::new().name("held-pin".to_owned()).spawn(watch).is_err() {
            *cell.lock() = None;
        }
        Self { token, until, cell }
    }

    /// The PIN, if its time is not over and `token` is the one that it was given for: one
    /// token's PIN is never tried on another.
    pub fn pin(&self, token: &Selector) -> Option<Pin> {
        if *token != self.token || self.time_left().is_zero() {
            return None;
        }
        self.cell.lock().clone()
    }

    /// How much longer it is kept; zero when it has been wiped.
    pub fn time_left(&self) -> Duration {
        if self.cell.lock().is_none() {
            return Duration::ZERO;
        }
        self.until.saturating_duration_since(Instant::now())
    }

    /// Forgets the PIN at once: the token refused it, or was pulled out.
    pub fn forget(&self) {
        *self.cell.lock() = None;
        self.cell.wiped.notify_all();
    }
}

impl Drop for HeldPin {
    fn drop(&mut self) {
        self.forget();
    }
}

impl std::fmt::Debug for HeldPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldPin").field("token", &self.token).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str) -> Selector {
        Selector::Pcsc { reader: name.to_owned() }
    }

    #[test]
    fn a_pin_is_kept_for_its_token_only() {
        let held = HeldPin::hold(token("a"), Pin::new("246813"), Duration::from_secs(60));
        assert_eq!(held.pin(&token("a")).unwrap().reveal(), "246813");
        assert!(held.pin(&token("b")).is_none());
        assert!(!format!("{held:?}").contains("246813"));
        held.forget();
        assert!(held.pin(&token("a")).is_none());
        assert_eq!(held.time_left(), Duration::ZERO);
    }

    #[test]
    fn a_pin_is_wiped_when_its_time_is_over() {
        let held = HeldPin::hold(token("a"), Pin::new("246813"), Duration::from_millis(30));
        let begun = Instant::now();
        // By itself, with nobody asking for it.
        while held.cell.lock().is_some() {
            assert!(begun.elapsed() < Duration::from_secs(5));
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(begun.elapsed() >= Duration::from_millis(30));
        assert!(held.pin(&token("a")).is_none());
    }

    #[test]
    fn nobody_keeps_a_pin_for_a_day() {
        let day = Duration::from_secs(86_400);
        let held = HeldPin::hold(token("a"), Pin::new("246813"), day);
        assert!(held.time_left() <= HeldPin::LONGEST);
    }
}
