//! Passing an inbound document to the person who settles it.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 9 and 10; Nghị định 30/2020/NĐ-CP Điều 23: the same day,
//! at the latest the next working day; the leader's direction and the due date are recorded.

use jiff::civil::Date;

use super::{Assigning, Office};
use crate::domain::document::DocumentKey;
use crate::domain::handling::Participant;
use crate::domain::problem::Problem;

impl Office {
    /// Assigns to one user, who leads, with a direction and a due date (status 04 goes back).
    pub fn assign(
        &self,
        key: DocumentKey,
        user: &str,
        direction: &str,
        due: Option<Date>,
    ) -> Result<(), Problem> {
        let parts = vec![Participant::lead(user)];
        self.assign_to(key, Assigning { parts, direction: direction.to_owned(), due })
    }
}
