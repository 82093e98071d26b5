//! One decision on many inbound documents: accepted, registered or assigned one after the
//! other, in the order of their arrival.
//!
//! Each is a transaction of its own: a failure is told with its document and does not stop
//! the others, and a cancel leaves what is done. Arrival numbers follow the order of arrival
//! (Nghị định 30/2020/NĐ-CP Điều 22), whatever the order in which rows were marked.

use super::batch::{Cancel, Fate, Progress, Tell};
use super::{Assigning, Office, OfficeError};
use crate::domain::document::{DocumentKey, written_number};
use crate::domain::problem::Problem;
use crate::domain::role::Act;

/// What is decided for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Accept,
    Register,
    /// All to the same people. Without a day each gets its own term: its sender's, else the
    /// usual one.
    Assign(Assigning),
}

/// What became of each document, in the order in which they were taken.
pub type Fates = Vec<(DocumentKey, Fate<String>)>;

impl Office {
    /// Decides on all of `keys`. What was done with each is a word: the arrival number of a
    /// registration, the term of an assignment, else nothing.
    pub fn decide_many(
        &self,
        keys: &[DocumentKey],
        decision: &Decision,
        cancel: &Cancel,
        tell: Tell<'_, String>,
    ) -> Result<Fates, Problem> {
        self.actor(match decision {
            Decision::Accept => Act::ReceiveInbound,
            Decision::Register => Act::RegisterInbound,
            Decision::Assign(_) => Act::AssignInbound,
        })?;
        let ordered = self.in_order_of_arrival(keys)?;
        let total = ordered.len();
        let mut fates = Fates::with_capacity(total);
        for (index, key) in ordered.into_iter().enumerate() {
            let fate = if cancel.is_cancelled() {
                Fate::NotTried(OfficeError::ManyCancelled.into())
            } else {
                match self.decide(key, decision) {
                    Ok(word) => Fate::Done(word),
                    Err(problem) => Fate::Failed(problem),
                }
            };
            tell(Progress { index, finished: index + 1, total, fate: &fate });
            fates.push((key, fate));
        }
        Ok(fates)
    }

    fn decide(&self, key: DocumentKey, decision: &Decision) -> Result<String, Problem> {
        match decision {
            Decision::Accept => self.accept(key).map(|()| String::new()),
            Decision::Register => {
                let registration = self.register(key)?;
                Ok(written_number(registration.arrival_number))
            }
            Decision::Assign(given) => {
                self.assign_to(key, given.clone())?;
                let due = self.inbound_document(key)?.assignment.and_then(|given| given.due);
                Ok(due.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default())
            }
        }
    }

    /// Oldest arrival first, each once; what is not there is told when its turn comes.
    fn in_order_of_arrival(&self, keys: &[DocumentKey]) -> Result<Vec<DocumentKey>, Problem> {
        let mut ordered = Vec::with_capacity(keys.len());
        for key in keys {
            let arrived = self.store().inbound(key)?.map(|document| document.arrived_at);
            if !ordered.iter().any(|(_, known)| known == key) {
                ordered.push((arrived, *key));
            }
        }
        // Stable, and a key grows with time: what arrived within one moment stays in order.
        ordered.sort();
        Ok(ordered.into_iter().map(|(_, key)| key).collect())
    }
}
