//! Telling of an error in an inbound document: to its sender, or to somebody here.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 9 khoản 2. What the line can carry is little: the packets
//! of QCVN 102:2016/BTTTT have nine statuses and none of them means «there is an error». To
//! give a document back there is status 02. To tell of an error in a document that one keeps,
//! the status that it already has is sent once more with the text as its description: that
//! says nothing untrue of the document's state, and every system shows the description.

use jiff::Timestamp;
use uuid::Uuid;

use super::accept::wrong_state;
use super::status::item_key;
use super::{Office, OfficeError};
use crate::domain::delivery::StatusCode;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::report::{ErrorReport, ReportTo};
use crate::domain::role::Act;
use crate::domain::text;

/// The last status that the sender of a document was told.
fn told(state: InboundState) -> Option<StatusCode> {
    match state {
        // Registration is told to nobody.
        InboundState::Registered => InboundState::Accepted.status(),
        // These are the end: the sender has it back, or took it back.
        InboundState::Returned | InboundState::Recalled => None,
        state => state.status(),
    }
}

impl Office {
    /// Tells of an error, and keeps that it was told.
    pub fn report_error(&self, key: DocumentKey, to: ReportTo, words: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::ReceiveInbound)?;
        let document = self.inbound_document(key)?;
        let words = text::tidy(words);
        if words.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        if words.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        let id = Uuid::now_v7();
        let status = match &to {
            ReportTo::Sender => Some(self.telling(&document, id, &words)?),
            ReportTo::User { user } => {
                let known =
                    self.users()?.into_iter().any(|info| info.user == *user && !info.disabled);
                if !known {
                    return Err(OfficeError::NoSuchUser(user.clone()).into());
                }
                None
            }
        };
        let by = self.session().user.clone();
        let report = ErrorReport { id, to, text: words, by, at: Timestamp::now() };
        self.store().write(&actor, move |writer| {
            writer.append(Change::ErrorReported { key, report })?;
            if let Some(status) = status {
                writer.append(status)?;
            }
            Ok(())
        })
    }

    fn telling(
        &self,
        document: &InboundDocument,
        id: Uuid,
        words: &str,
    ) -> Result<Change, Problem> {
        let code = told(document.state).ok_or_else(|| wrong_state(document.state))?;
        let item = item_key(&["error", &id.to_string()]);
        let status = self.status_as(item, document, code, words)?;
        status.ok_or_else(|| OfficeError::NobodyToTell.into())
    }

    /// Errors that were reported to the person at the desk and not read yet, oldest first.
    pub fn reported_to_me(&self) -> Result<Vec<(DocumentKey, ErrorReport)>, Problem> {
        const SHOWN: u32 = 100;
        self.actor(Act::ViewQueues)?;
        Ok(self.store().unseen_error_reports(&self.session().user, SHOWN)?)
    }

    /// The person at the desk has read a report that is theirs.
    pub fn report_read(&self, id: Uuid) -> Result<(), Problem> {
        let actor = self.actor(Act::ViewQueues)?;
        let mine = self.reported_to_me()?;
        let (key, report) = mine
            .into_iter()
            .find(|(_, report)| report.id == id)
            .ok_or_else(|| OfficeError::NoSuchReport(id.to_string()))?;
        self.store().write(&actor, move |writer| {
            writer.append(Change::ErrorReportSeen { key, report: report.id })?;
            Ok(())
        })
    }
}
