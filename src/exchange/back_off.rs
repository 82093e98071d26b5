//! When to try again: pure functions of what has happened.
//!
//! A parcel that could not pass waits 1 minute, then 5, 30, 120 and from then on 360. Up to a
//! fifth is added at random, so that five hundred offices do not return in one second when
//! the server comes back. "Random" is a hash of what is known anyway: the same parcel after
//! the same number of attempts waits equally long on every computer and in every test.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// The pauses, by the number of failed attempts.
pub const STEPS: [SignedDuration; 5] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
];

/// Time between two synchronisations while all is well.
pub const EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The same on a line that costs by what goes over it.
pub const METERED: SignedDuration = SignedDuration::from_mins(15);

/// How long `item` waits after its `failures`-th failed attempt (counted from 1; 0 counts as
/// 1). Between a step of [`STEPS`] and that step and a fifth.
pub fn pause(item: &str, failures: u32) -> SignedDuration {
    let index = (failures.max(1) as usize - 1).min(STEPS.len() - 1);
    let step = STEPS.get(index).copied().unwrap_or(SignedDuration::from_hours(6));
    step + jitter(step, item, failures)
}

/// When `item` is due again.
pub fn retry_at(now: Timestamp, item: &str, failures: u32) -> Timestamp {
    now.checked_add(pause(item, failures)).unwrap_or(Timestamp::MAX)
}

/// When `item` is due again if the server asked to be left alone with it for `wait`; some
/// minutes more, since it asks all offices to come at the same midnight.
pub fn after(now: Timestamp, item: &str, wait: SignedDuration) -> Timestamp {
    let later = now.checked_add(wait).and_then(|at| at.checked_add(jitter(STEPS[2], item, 0)));
    later.unwrap_or(Timestamp::MAX)
}

/// How long an office waits before it synchronises again after `failures` whole runs that
/// failed in a row; 0 after one that went well. Never longer than the second step, because the
/// line usually comes back sooner than a server, and asking costs one small call.
pub fn until_next_sync(office: &str, failures: u32) -> SignedDuration {
    match failures {
        0 => EVERY + jitter(EVERY, office, 0),
        n => pause(office, n.min(2)),
    }
}

/// The same on a line that costs by what goes over it.
pub fn until_next_metered_sync(office: &str) -> SignedDuration {
    METERED + jitter(METERED, office, 0)
}

/// Up to a fifth of `step`, to the millisecond.
fn jitter(step: SignedDuration, item: &str, failures: u32) -> SignedDuration {
    let mut hash = Sha256::new();
    hash.update(failures.to_be_bytes());
    hash.update(item.as_bytes());
    let [a, b, c, d, ..]: [u8; 32] = hash.finalize().into();
    let share = i128::from(u32::from_be_bytes([a, b, c, d]));
    let millis = step.as_millis() / 5 * share / i128::from(u32::MAX);
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_steps_are_those_promised() {
        for (failures, minutes) in [(0, 1), (1, 1), (2, 5), (3, 30), (4, 120), (5, 360), (99, 360)]
        {
            let pause = pause("item", failures);
            let step = SignedDuration::from_mins(minutes);
            assert!(pause >= step && pause <= step + step / 5, "{failures}: {pause:?}");
        }
    }

    #[test]
    fn what_the_server_asks_is_waited_for_and_a_little_more() {
        let now: Timestamp = "2026-11-23T01:00:00Z".parse().unwrap();
        let wait = SignedDuration::from_hours(7);
        let more = after(now, "item", wait).duration_since(now) - wait;
        assert!(more >= SignedDuration::ZERO && more <= STEPS[2] / 5, "{more:?}");
    }

    #[test]
    fn offices_do_not_return_together() {
        let mut times: Vec<_> =
            (0..500).map(|n| until_next_sync(&format!("H30.{n}"), 0).as_millis()).collect();
        times.sort_unstable();
        let span = times.last().unwrap() - times.first().unwrap();
        assert!(span > 11_000, "500 offices return within {span} ms");
        let crowd = times.windows(50).filter(|w| w[49] - w[0] < 500).count();
        assert_eq!(crowd, 0, "50 offices within half a second");
    }

    proptest! {
        #[test]
        fn pauses_never_shrink_and_stay_in_bounds(item in ".{0,40}", failures in 0u32..1000) {
            let (one, next) = (pause(&item, failures), pause(&item, failures + 1));
            prop_assert!(one >= SignedDuration::from_mins(1));
            prop_assert!(one <= SignedDuration::from_mins(432));
            // Within the last step only the random part changes.
            if (1..STEPS.len() as u32).contains(&failures) {
                prop_assert!(next > one);
            }
            prop_assert_eq!(one, pause(&item, failures));
        }

        #[test]
        fn the_end_of_time_does_not_overflow(failures in 0u32..10) {
            prop_assert_eq!(retry_at(Timestamp::MAX, "x", failures), Timestamp::MAX);
            prop_assert_eq!(after(Timestamp::MAX, "x", SignedDuration::MAX), Timestamp::MAX);
        }
    }
}
