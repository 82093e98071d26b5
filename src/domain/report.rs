//! An error in an inbound document, told to its sender or to a leader.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 9 khoản 2: the clerk who finds that something is missing
//! or wrong tells the sender, or reports to the person responsible.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Whom the clerk tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum ReportTo {
    /// The packets of QCVN 102:2016/BTTTT know no message of their own for this: the text
    /// goes as the description of a status that the document already has, so that nothing is
    /// said of its state that is not true.
    Sender,
    /// A person of this office.
    User { user: String },
}

/// One error that was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    pub id: Uuid,
    #[serde(flatten)]
    pub to: ReportTo,
    pub text: String,
    pub by: String,
    pub at: Timestamp,
}
