//! What is being done right now, and what is said about it after 300 ms.

use std::time::{Duration, Instant};

use super::Message;
use crate::domain::document::DocumentKey;

/// From here on a person wonders whether anything happens.
pub const PATIENCE: Duration = Duration::from_millis(300);

/// The work that runs off the window's thread.
#[derive(Debug, Default)]
pub struct Jobs {
    next: u64,
    running: Vec<Job>,
}

/// One piece of work.
#[derive(Debug)]
pub struct Job {
    pub id: u64,
    pub words: String,
    pub key: Option<DocumentKey>,
    pub since: Instant,
    pub slow: bool,
    /// What stops it, where it can be stopped.
    pub stop: Option<Message>,
}

impl Jobs {
    pub fn begin(&mut self, words: String, key: Option<DocumentKey>) -> u64 {
        self.add(words, key, None)
    }

    /// The same of work that a person may stop.
    pub fn begin_stoppable(&mut self, words: String, stop: Message) -> u64 {
        self.add(words, None, Some(stop))
    }

    fn add(&mut self, words: String, key: Option<DocumentKey>, stop: Option<Message>) -> u64 {
        self.next += 1;
        let job = Job { id: self.next, words, key, since: Instant::now(), slow: false, stop };
        self.running.push(job);
        self.next
    }

    /// How far it is, in other words than before.
    pub fn say(&mut self, id: u64, words: String) {
        if let Some(job) = self.running.iter_mut().find(|job| job.id == id) {
            job.words = words;
        }
    }

    pub fn end(&mut self, id: u64) {
        self.running.retain(|job| job.id != id);
    }

    /// The job has taken longer than [`PATIENCE`].
    pub fn slow(&mut self, id: u64) {
        if let Some(job) = self.running.iter_mut().find(|job| job.id == id) {
            job.slow = true;
        }
    }

    /// The oldest job worth a word.
    pub fn shown(&self) -> Option<&Job> {
        self.running.iter().find(|job| job.slow)
    }

    /// The job begun last.
    pub fn newest(&self) -> Option<u64> {
        self.running.last().map(|job| job.id)
    }

    pub fn busy_with(&self, key: DocumentKey) -> bool {
        self.running.iter().any(|job| job.key == Some(key))
    }

    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slow_work_is_shown_and_ended_work_is_not() {
        let mut jobs = Jobs::default();
        let key = DocumentKey::fresh();
        let first = jobs.begin("một".to_owned(), Some(key));
        let second = jobs.begin("hai".to_owned(), None);
        assert!(jobs.shown().is_none());
        assert!(jobs.busy_with(key));
        jobs.slow(second);
        assert_eq!(jobs.shown().map(|job| job.id), Some(second));
        jobs.slow(first);
        assert_eq!(jobs.shown().map(|job| job.id), Some(first));
        jobs.end(first);
        jobs.slow(first);
        assert!(!jobs.busy_with(key));
        jobs.end(second);
        assert!(jobs.is_idle());
    }
}
