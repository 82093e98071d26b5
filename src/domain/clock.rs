//! The time of a desk's operations.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Hybrid logical clock: never runs backwards on one desk, whatever the PC's clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hlc {
    /// Milliseconds since 1970, the larger of the wall clock and all times seen.
    pub millis: i64,
    /// Distinguishes what happens within one millisecond.
    pub counter: u32,
}

impl Hlc {
    pub const ZERO: Self = Self { millis: 0, counter: 0 };

    /// The time of the next operation after `self`, when the wall clock says `now`.
    pub fn tick(self, now: Timestamp) -> Self {
        let wall = now.as_millisecond();
        if wall > self.millis {
            Self { millis: wall, counter: 0 }
        } else {
            Self { millis: self.millis, counter: self.counter.saturating_add(1) }
        }
    }
}

impl fmt::Display for Hlc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:013}.{:06}", self.millis, self.counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_runs_backwards() {
        let later: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let earlier: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let first = Hlc::ZERO.tick(later);
        let second = first.tick(earlier);
        assert!(second > first);
        assert!(second.tick(later) > second);
    }
}
