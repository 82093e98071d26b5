//! Passing an inbound document to the person who settles it.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 9 and 10; Nghị định 30/2020/NĐ-CP Điều 23: the same day,
//! at the latest the next working day; the leader's direction and the due date are recorded.

use jiff::civil::Date;

use super::{Office, OfficeError};
use crate::domain::document::DocumentKey;
use crate::domain::inbound::{Assignment, InboundState};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;

impl Office {
    /// Assigns to a user with a direction and a due date (status 04 goes back).
    pub fn assign(
        &self,
        key: DocumentKey,
        user: &str,
        direction: &str,
        due: Option<Date>,
    ) -> Result<(), Problem> {
        let known = self.users()?.into_iter().any(|info| info.user == user && !info.disabled);
        if !known {
            return Err(OfficeError::NoSuchUser(user.to_owned()).into());
        }
        let assignment =
            Assignment { user: user.to_owned(), direction: text::tidy(direction), due };
        self.move_inbound(
            Act::AssignInbound,
            key,
            InboundState::Assigned,
            String::new(),
            Some(assignment),
        )
    }
}
