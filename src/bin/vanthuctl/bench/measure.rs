//! Time, measured so that a busy machine does not decide the result.
//!
//! What is compared takes turns, so that a slow moment hits all of it alike; of the runs the
//! median is told, and with it how far the runs lie apart.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Runs of everything that is compared, at least and at most.
const RUNS: std::ops::RangeInclusive<usize> = 7..=400;

/// How long one run takes, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Time {
    pub median: f64,
    /// Median of the distances from the median.
    pub spread: f64,
}

impl Time {
    fn of(runs: &[f64]) -> Self {
        let median = median(runs.to_vec());
        Self { median, spread: median_distance(runs, median) }
    }

    pub fn to_json(self) -> Value {
        json!({"median_us": round(self.median), "spread_us": round(self.spread)})
    }

    /// In milliseconds, for people.
    pub fn shown(self) -> String {
        format!("{:.3} ±{:.3} ms", self.median / 1e3, self.spread / 1e3)
    }
}

pub fn round(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// Measures pieces of work in turns for about `budget` in all.
pub fn in_turns<T, E>(
    budget: Duration,
    works: &mut [&mut dyn FnMut() -> Result<T, E>],
) -> Result<Vec<Time>, E> {
    // Once unmeasured: files come into the system's cache, tables are built.
    for work in works.iter_mut() {
        black_box(work()?);
    }
    let mut runs: Vec<Vec<f64>> = vec![Vec::new(); works.len()];
    let begun = Instant::now();
    for round in 0..*RUNS.end() {
        if round >= *RUNS.start() && begun.elapsed() > budget {
            break;
        }
        for (work, runs) in works.iter_mut().zip(&mut runs) {
            let started = Instant::now();
            let done = work()?;
            runs.push(started.elapsed().as_secs_f64() * 1e6);
            black_box(done);
        }
    }
    Ok(runs.iter().map(|runs| Time::of(runs)).collect())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

fn median_distance(runs: &[f64], from: f64) -> f64 {
    median(runs.iter().map(|run| (run - from).abs()).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_slow_run_does_not_count() {
        let time = super::Time::of(&[10.0, 11.0, 9.0, 500.0, 10.0]);
        assert_eq!(time, super::Time { median: 10.0, spread: 1.0 });
    }

    #[test]
    fn everything_is_measured_equally_often() {
        let (mut first, mut second) = (0, 0);
        let times = super::in_turns::<(), ()>(
            std::time::Duration::ZERO,
            &mut [
                &mut || {
                    first += 1;
                    Ok(())
                },
                &mut || {
                    second += 1;
                    Ok(())
                },
            ],
        );
        assert_eq!(times.map(|times| times.len()), Ok(2));
        assert_eq!((first, second), (super::RUNS.start() + 1, super::RUNS.start() + 1));
    }
}
