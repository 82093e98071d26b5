//! Refusing what may not even stand at the gate: state secrets, malware, packets without a
//! document. The bytes go into quarantine and the sender is told, in one transaction.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 5 khoản 4 and Điều 9 khoản 1: the receiver is responsible
//! for a refusal and tells the sender in time, through the system. Nothing of the content
//! goes back with it, not even its subject.

use jiff::Timestamp;

use super::receive::Imported;
use super::status::{distinct, item_key};
use super::{Office, OfficeError};
use crate::domain::delivery::StatusCode;
use crate::domain::document::{BlobHash, DocumentKey, Metadata};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::problem::Problem;
use crate::packet::{DocumentPacket, Packet, Report, StatusPacket};

/// How a refusal that the sender is told of is called at the gate; `None` for a problem that
/// is between us and the server.
pub(super) fn refusal(problem: &Problem) -> Option<&'static str> {
    match problem.code {
        "office-secret" => Some("secret"),
        "office-malware" => Some("malware-found"),
        "office-no-main-file" => Some("format-forbidden"),
        _ => None,
    }
}

impl Office {
    /// Quarantines a packet that came over the line and has status 02 go back, if its sender
    /// is to be told of `problem`; else hands the problem on.
    pub(super) fn refuse(
        &self,
        hash: &BlobHash,
        document: &DocumentPacket,
        problem: Problem,
    ) -> Result<Imported, Problem> {
        let told = refusal(&problem).zip(document.from.code.clone());
        let Some((after, sender)) = told else { return Err(problem) };
        let reasons = self.profile().return_reasons();
        let reason = reasons.iter().find(|row| row.after.iter().any(|code| code == after));
        // The sender is an agency here, whatever language this window speaks.
        let description = reason.map(|row| row.text.vi.clone()).unwrap_or_default();
        // By number, day and document id the sender knows it; the rest stays here.
        let whole = document.metadata(self.profile());
        let meant = Metadata {
            document_id: whole.document_id,
            code: whole.code,
            issued: whole.issued,
            ..Metadata::default()
        };
        let is_queued = |packet: &BlobHash| self.store().is_queued(packet);
        let (_, status) = distinct(Timestamp::now(), is_queued, |at| {
            Ok(Packet::Status(StatusPacket::report(Report {
                document: &meant,
                issuer: &sender,
                from: &self.session().agency,
                code: StatusCode::Returned,
                description: &description,
                at,
                staff: self.staff(),
            })))
        })?;
        let queued = Change::OutboxQueued {
            item: item_key(&["refused", &hash.0, sender.as_str()]),
            what: OutboxKind::Status,
            document: DocumentKey::fresh(),
            recipient: sender,
            packet: self.store().put_blob(&status)?,
            urgent: true,
            order: false,
        };
        let quarantined = Change::PacketQuarantined {
            packet: hash.clone(),
            code: problem.code.to_owned(),
            detail: problem.cause.clone(),
        };
        self.store().write(&self.program(), move |writer| {
            writer.append(quarantined)?;
            writer.append(queued)?;
            Ok::<(), Problem>(())
        })?;
        Ok(Imported::Quarantined(problem))
    }

    /// Why the packet that went into quarantine last is there, and what to do about it.
    pub fn newest_refusal(&self) -> Result<Option<Problem>, Problem> {
        let Some(row) = self.quarantine(1)?.pop() else { return Ok(None) };
        // The words that were kept with it name the mark, or the file and the malware.
        let problem: Problem = match row.code.as_str() {
            "office-secret" => {
                let mark = row.detail.rsplit_once("mark ").map_or("", |(_, mark)| mark);
                OfficeError::Secret(mark.to_owned()).into()
            }
            "office-malware" => {
                let said = row.detail.strip_prefix("the file ").unwrap_or_default();
                let (file, malware) = said.split_once(" holds malware: ").unwrap_or((said, ""));
                let (file, malware) = (file.to_owned(), malware.to_owned());
                OfficeError::Malware { file, malware }.into()
            }
            _ => OfficeError::Quarantined { origin: row.origin, code: row.code }.into(),
        };
        Ok(Some(self.with_procedure(problem)))
    }

    /// Adds the procedure of the profile to the problem of a state secret.
    pub(super) fn with_procedure(&self, mut problem: Problem) -> Problem {
        if problem.code == "office-secret" {
            let rules = self.profile().secrecy();
            problem.args.retain(|(name, _)| *name != "procedure");
            problem = problem.with("procedure", format!("{} ({})", rules.procedure, rules.cite));
        }
        problem
    }
}
