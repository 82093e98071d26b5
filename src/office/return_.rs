//! Returning an inbound document to its sender.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 5 khoản 4 and Điều 9 khoản 1: the receiver may refuse a
//! document that breaks the requirements, is responsible for it, and tells the sender
//! through the system.

use super::{Office, OfficeError};
use crate::domain::document::DocumentKey;
use crate::domain::inbound::InboundState;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;

impl Office {
    /// Returns with a reason (status 02). The reason is required, because the sender has to
    /// mend what is wrong.
    pub fn return_(&self, key: DocumentKey, reason: &str) -> Result<(), Problem> {
        let reason = text::tidy(reason);
        if reason.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        let limit = self.profile().limits().reason;
        if reason.chars().count() > limit {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        self.move_inbound(Act::ReturnInbound, key, InboundState::Returned, reason, None)
    }
}
