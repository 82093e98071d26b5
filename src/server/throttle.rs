//! How often an office may call: a bucket of tokens for each, which fills again by and by.
//!
//! Each instance counts what comes to it and knows nothing of the others: with three of them
//! an office may call three times as often. That bounds what a client gone wild does to an
//! instance, which is what it is for; how much may be sent is bounded by the quota, which
//! lies in the storage.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::agency::AgencyCode;

/// Buckets that are full again are forgotten when there are more than so many.
const MANY: usize = 4_096;

/// The buckets of all who have called lately.
#[derive(Debug)]
pub struct Throttle {
    /// Calls a minute, and at once; 0 for as many as one likes.
    per_minute: u32,
    buckets: Mutex<HashMap<AgencyCode, Bucket>>,
}

/// Tokens, and when they were counted.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub fn full(per_minute: u32, now: Instant) -> Self {
        Self { tokens: f64::from(per_minute), at: now }
    }

    /// Tokens at `now`.
    fn filled(&self, per_minute: u32, now: Instant) -> f64 {
        let most = f64::from(per_minute);
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        (self.tokens + since * most / 60.0).min(most)
    }

    /// Takes a token at `now`; how long to wait for the next one if there is none.
    pub fn take(&mut self, per_minute: u32, now: Instant) -> Result<(), Duration> {
        *self = Self { tokens: self.filled(per_minute, now), at: now };
        if self.tokens < 1.0 {
            let left = (1.0 - self.tokens) * 60.0 / f64::from(per_minute);
            return Err(Duration::from_secs_f64(left));
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

impl Throttle {
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute, buckets: Mutex::default() }
    }

    /// Takes a token for a call at `now`; how long to wait for the next one if there is none.
    pub fn take(&self, agency: &AgencyCode, now: Instant) -> Result<(), Duration> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let most = f64::from(self.per_minute);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MANY {
            buckets.retain(|_, bucket| bucket.filled(self.per_minute, now) < most);
        }
        let full = || Bucket::full(self.per_minute, now);
        buckets.entry(agency.clone()).or_insert_with(full).take(self.per_minute, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let (throttle, begun) = (Throttle::new(60), Instant::now());
        let code = |text| AgencyCode::new(text).unwrap();
        for _ in 0..60 {
            assert_eq!(throttle.take(&code("H30"), begun), Ok(()));
        }
        let wait = throttle.take(&code("H30"), begun).unwrap_err();
        assert!((wait.as_secs_f64() - 1.0).abs() < 0.01, "{wait:?}");
        // Others have their own.
        assert_eq!(throttle.take(&code("H31"), begun), Ok(()));
        let later = begun + Duration::from_secs(10);
        for _ in 0..10 {
            assert_eq!(throttle.take(&code("H30"), later), Ok(()));
        }
        assert!(throttle.take(&code("H30"), later).is_err());
        assert_eq!(Throttle::new(0).take(&code("H30"), begun), Ok(()));
    }

    #[test]
    fn who_is_long_gone_is_forgotten() {
        let (throttle, begun) = (Throttle::new(60), Instant::now());
        let name = |n: usize| AgencyCode::new(&format!("H{n}")).unwrap();
        for n in 0..=MANY {
            throttle.take(&name(n), begun).unwrap();
        }
        throttle.take(&name(0), begun + Duration::from_secs(120)).unwrap();
        assert_eq!(throttle.buckets.lock().unwrap().len(), 1);
    }
}
