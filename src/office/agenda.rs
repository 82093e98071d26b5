//! What must be looked at, whatever its state: overdue, due soon, one's own, demanded back.
//!
//! Nghị định 30/2020/NĐ-CP Điều 24: settling is followed and urged. Clerk and leader look
//! after the whole office, the others after what they, or their units, have in hand.

use jiff::Timestamp;

use super::{Agenda, Office};
use crate::domain::calendar;
use crate::domain::deadline;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::InboundDocument;
use crate::domain::problem::Problem;
use crate::domain::role::Role;
use crate::store::WorkFilter;

/// Nobody leaves more demands than this without an answer.
const MOST_DEMANDS: u32 = 1000;

impl Office {
    /// One page of a list; `after` is the last row of the page before.
    pub(super) fn agenda(
        &self,
        agenda: Agenda,
        words: &str,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<InboundDocument>, Problem> {
        match self.work_filter(agenda)? {
            Some(filter) => {
                let filter = WorkFilter { words: words.to_owned(), ..filter };
                Ok(self.store().work_page(&filter, after, limit)?)
            }
            None => self.demanded(words, after, limit),
        }
    }

    /// How many documents each list holds.
    pub(super) fn agenda_counts(&self) -> Result<Vec<(Agenda, u64)>, Problem> {
        Agenda::ALL.into_iter().map(|agenda| Ok((agenda, self.agenda_count(agenda, "")?))).collect()
    }

    /// How many documents a list holds. Without words a demand counts whose document is not here.
    pub(super) fn agenda_count(&self, agenda: Agenda, words: &str) -> Result<u64, Problem> {
        match self.work_filter(agenda)? {
            Some(filter) => {
                let filter = WorkFilter { words: words.to_owned(), ..filter };
                Ok(self.store().work_count(&filter)?)
            }
            None if words.trim().is_empty() => Ok(self.store().pressing_demand_count()?),
            None => Ok(self.store().demanded(words, MOST_DEMANDS)?.len() as u64),
        }
    }

    /// Whether the person looks after everybody's terms.
    fn looks_after_all(&self) -> bool {
        let roles = &self.session().roles;
        roles.iter().any(|role| matches!(role, Role::Clerk | Role::Leader))
    }

    /// `None` for what does not go by terms.
    fn work_filter(&self, agenda: Agenda) -> Result<Option<WorkFilter>, Problem> {
        let today = calendar::local(Timestamp::now()).date();
        let own = self.own_parties()?;
        let parties = if self.looks_after_all() { None } else { Some(own.clone()) };
        let profile = self.profile();
        Ok(match agenda {
            Agenda::Overdue => {
                let until = Some(today.yesterday().unwrap_or(today));
                Some(WorkFilter { parties, until, ..WorkFilter::default() })
            }
            Agenda::DueSoon => {
                let soon = profile.settling().soon_days;
                let until = Some(deadline::soon_until(today, soon, profile.holidays()));
                Some(WorkFilter { parties, from: Some(today), until, ..WorkFilter::default() })
            }
            Agenda::Mine => Some(WorkFilter { parties: Some(own), ..WorkFilter::default() }),
            Agenda::Demanded => None,
        })
    }

    /// Documents on which a demand is open; a demand whose document is not here has none.
    fn demanded(
        &self,
        words: &str,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<InboundDocument>, Problem> {
        let keys = self.store().demanded(words, MOST_DEMANDS)?;
        let from = match after {
            Some(after) => keys.iter().position(|key| *key == after).map_or(0, |place| place + 1),
            None => 0,
        };
        let mut page = Vec::new();
        for key in keys.iter().skip(from).take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            page.extend(self.store().inbound(key)?);
        }
        Ok(page)
    }
}
