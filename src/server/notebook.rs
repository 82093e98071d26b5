//! Who was here and what was refused, gathered for a moment before the storage notes it: a
//! row for each call would cost more than the call. What an instance has gathered when it is
//! killed is lost, and so these are figures to look at, no evidence.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::storage::Notes;
use crate::domain::agency::AgencyCode;

/// Refusals are told apart for so many offices and reasons at most until they are noted: the
/// names in calls that prove nothing are anybody's.
const MANY: usize = 2_000;
/// An office's visit is noted so often at most.
const VISIT: SignedDuration = SignedDuration::from_mins(3);

/// What is to be noted.
#[derive(Debug, Default)]
pub struct Notebook {
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    /// When each office's visit was last handed on.
    noted: HashMap<AgencyCode, Timestamp>,
    seen: BTreeMap<AgencyCode, Timestamp>,
    refused: BTreeMap<(AgencyCode, &'static str), u64>,
}

impl Notebook {
    /// An office looks into its mailbox.
    pub fn seen(&self, agency: &AgencyCode, now: Timestamp) {
        let mut pages = self.lock();
        let lately = pages.noted.get(agency).is_some_and(|at| now.duration_since(*at) < VISIT);
        if !lately {
            pages.noted.insert(agency.clone(), now);
            pages.seen.insert(agency.clone(), now);
        }
    }

    /// A call in an office's name was refused.
    pub fn refused(&self, agency: AgencyCode, reason: &'static str) {
        let mut pages = self.lock();
        let key = (agency, reason);
        if pages.refused.len() < MANY || pages.refused.contains_key(&key) {
            *pages.refused.entry(key).or_default() += 1;
        }
    }

    /// What was gathered since it was last taken; `None` if nothing was.
    pub fn take(&self) -> Option<Notes> {
        let mut pages = self.lock();
        let seen: Vec<_> = std::mem::take(&mut pages.seen).into_iter().collect();
        let refused = std::mem::take(&mut pages.refused).into_iter();
        let refused: Vec<_> =
            refused.map(|((agency, reason), count)| (agency, reason.to_owned(), count)).collect();
        let some = !seen.is_empty() || !refused.is_empty();
        some.then_some(Notes { seen, refused })
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        // Nothing that holds it can panic half way.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_somebody_makes_up_fill_no_memory() {
        let notebook = Notebook::default();
        for n in 0..MANY + 500 {
            notebook.refused(AgencyCode::new(&format!("H{n}")).unwrap(), "bad-credentials");
        }
        notebook.refused(AgencyCode::new("H0").unwrap(), "bad-credentials");
        let refused = notebook.take().unwrap().refused;
        assert_eq!(refused.len(), MANY);
        assert!(refused.iter().any(|(agency, _, count)| agency.as_str() == "H0" && *count == 2));
    }

    #[test]
    fn visits_are_handed_on_now_and_then_and_refusals_added_up() {
        let (notebook, begun) = (Notebook::default(), Timestamp::UNIX_EPOCH);
        let code = |text| AgencyCode::new(text).unwrap();
        notebook.seen(&code("H30"), begun);
        notebook.refused(code("H30"), "too-large");
        notebook.refused(code("H30"), "too-large");
        notebook.seen(&code("H30"), begun + SignedDuration::from_secs(60));
        let notes = notebook.take().unwrap();
        assert_eq!(notes.seen, [(code("H30"), begun)]);
        assert_eq!(notes.refused, [(code("H30"), "too-large".to_owned(), 2)]);
        notebook.seen(&code("H30"), begun + SignedDuration::from_secs(120));
        assert_eq!(notebook.take(), None);
        let later = begun + SignedDuration::from_mins(4);
        notebook.seen(&code("H30"), later);
        assert_eq!(notebook.take().unwrap().seen, [(code("H30"), later)]);
    }
}
