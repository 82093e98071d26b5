//! Issuing a sealed document: one outbox item per recipient, all in one transaction.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 3: the clerk issues what carries both
//! signatures and watches each receiver. Quyết định 28/2018/QĐ-TTg Điều 8.

use jiff::Timestamp;

use super::status::item_key;
use super::{Office, OfficeError};
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::document::{DocumentKey, Urgency};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::outbound::{OutboundDocument, OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::domain::verdict::{Verdict, VerdictSummary};
use crate::packet::{self, Attachment, DocumentPacket, Kind, Outgoing, Packet, Replacement};
use crate::signing::Reason;
use crate::t;

impl Office {
    /// Issues to every electronic recipient.
    ///
    /// Điều 6 khoản 1: the document must carry a personal and an organisation signature;
    /// both are checked again on the very bytes that leave.
    pub fn issue(&self, key: DocumentKey) -> Result<(), Problem> {
        self.issue_as(key, None)
    }

    /// Issues a document in the place of one of ours that is issued already: its recipients
    /// are asked to cancel that one (QCVN 102:2016/BTTTT, `BussinessDocType` 3), which is
    /// recalled here in the same transaction.
    pub fn issue_replacing(&self, key: DocumentKey, old: DocumentKey) -> Result<(), Problem> {
        self.actor(Act::Recall)?;
        let replaced = self.outbound_document(old)?;
        if !replaced.state.may_become(OutboundState::Recalled) {
            return Err(Self::wrong_state(replaced.state));
        }
        self.issue_as(key, Some(replaced))
    }

    fn issue_as(
        &self,
        key: DocumentKey,
        replaced: Option<OutboundDocument>,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        let document = self.outbound_document(key)?;
        if !document.state.may_become(OutboundState::Issued) {
            return Err(Self::wrong_state(document.state));
        }
        if document.metadata.recipients.is_empty() {
            return Err(OfficeError::NoRecipient.into());
        }
        self.extend_before_issue(key)?;
        let document = self.outbound_document(key)?;
        let expected = self.expected_of_ours(&document.metadata);
        let verdict = self.judge(&self.main_file(key)?, &expected)?;
        require_signature(&verdict, SignatureKind::Personal)?;
        require_signature(&verdict, SignatureKind::Organisation)?;

        let kind = match &replaced {
            Some(old) => Kind::Replace {
                documents: vec![Replacement {
                    document_id: old
                        .metadata
                        .document_id
                        .as_ref()
                        .map_or(String::new(), ToString::to_string),
                    receivers: old.metadata.recipients.iter().map(|r| r.agency.clone()).collect(),
                }],
            },
            None => Kind::New,
        };
        let code = document.metadata.code.to_string();
        let because = match &replaced {
            Some(_) => t!("issue-replaced-by", code = code),
            None => String::new(),
        };
        let packet = self.document_packet(&document, kind, &because)?;
        let packet = self.store().put_blob(&packet::write(&packet)?)?;
        let mut left_out = Vec::new();
        let mut recall = packet.clone();
        if let Some(old) = &replaced {
            let reached =
                |code: &AgencyCode| document.metadata.recipients.iter().any(|r| r.agency == *code);
            let old_recipients = old.metadata.recipients.iter().map(|r| &r.agency);
            left_out.extend(old_recipients.filter(|agency| !reached(agency)).cloned());
            if !left_out.is_empty() {
                let order = self.document_packet(old, Kind::Recall, &because)?;
                recall = self.store().put_blob(&packet::write(&order)?)?;
            }
        }
        let issued_at = Timestamp::now();
        let urgent = document.metadata.urgency > Urgency::Normal;
        let recipients: Vec<_> =
            document.metadata.recipients.iter().map(|one| one.agency.clone()).collect();
        self.store().write(&actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if !now.state.may_become(OutboundState::Issued) {
                return Err(Self::wrong_state(now.state));
            }
            writer.append(Change::OutboundIssued {
                key,
                issued_at,
                recipients: recipients.clone(),
            })?;
            for recipient in recipients {
                writer.append(Change::OutboxQueued {
                    item: item_key(&["document", &key.to_string(), recipient.as_str()]),
                    what: OutboxKind::Document,
                    document: key,
                    recipient,
                    packet: packet.clone(),
                    urgent,
                })?;
            }
            if let Some(old) = replaced {
                // Whom the new document does not reach hears of the recall alone.
                for recipient in left_out {
                    writer.append(Change::OutboxQueued {
                        item: item_key(&["recall", &old.key.to_string(), recipient.as_str()]),
                        what: OutboxKind::Document,
                        document: old.key,
                        recipient,
                        packet: recall.clone(),
                        urgent: true,
                    })?;
                }
                writer.append(Change::OutboundMoved {
                    key: old.key,
                    from: old.state,
                    to: OutboundState::Recalled,
                    reason: because,
                })?;
            }
            Ok(())
        })
    }

    /// Recalls an issued document from all recipients (Quyết định 28/2018/QĐ-TTg Điều 8
    /// khoản 2: the sender must notify the receivers in the system).
    pub fn recall(&self, key: DocumentKey, reason: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::Recall)?;
        let reason = text::tidy(reason);
        if reason.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        let document = self.outbound_document(key)?;
        if !document.state.may_become(OutboundState::Recalled) {
            return Err(Self::wrong_state(document.state));
        }
        let packet = self.document_packet(&document, Kind::Recall, &reason)?;
        let packet = self.store().put_blob(&packet::write(&packet)?)?;
        let recipients: Vec<_> =
            document.metadata.recipients.iter().map(|one| one.agency.clone()).collect();
        self.store().write(&actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if !now.state.may_become(OutboundState::Recalled) {
                return Err(Self::wrong_state(now.state));
            }
            for recipient in recipients {
                writer.append(Change::OutboxQueued {
                    item: item_key(&["recall", &key.to_string(), recipient.as_str()]),
                    what: OutboxKind::Document,
                    document: key,
                    recipient,
                    packet: packet.clone(),
                    urgent: true,
                })?;
            }
            writer.append(Change::OutboundMoved {
                key,
                from: now.state,
                to: OutboundState::Recalled,
                reason,
            })?;
            Ok(())
        })
    }

    /// The verdict on the present main file; `None` before it is signed.
    pub fn outbound_verdict(&self, key: DocumentKey) -> Result<Option<VerdictSummary>, Problem> {
        let document = self.outbound_document(key)?;
        use OutboundState::{ToIssue, ToSeal};
        // Where numbers are taken with the seal, what is signed has none yet.
        if document.numbering.is_none() && !matches!(document.state, ToSeal | ToIssue) {
            return Ok(None);
        }
        let expected = self.expected_of_ours(&document.metadata);
        Ok(Some(self.judge(&self.main_file(key)?, &expected)?))
    }

    /// The packet that carries a document, or an order about it, to all its recipients.
    fn document_packet(
        &self,
        document: &OutboundDocument,
        kind: Kind,
        reason: &str,
    ) -> Result<Packet, Problem> {
        let metadata = &document.metadata;
        let mut to = Vec::with_capacity(metadata.recipients.len());
        for recipient in &metadata.recipients {
            let known = self.store().agency(&recipient.agency)?;
            to.push(
                known.unwrap_or_else(|| Agency::new(recipient.agency.clone(), &recipient.name)),
            );
        }
        let mut attachments = Vec::new();
        if kind != Kind::Recall {
            for file in &document.files {
                let bytes = self.file(file)?.to_vec();
                attachments.push(Attachment::new(&file.name, &metadata.subject, bytes));
            }
        }
        Ok(Packet::Document(DocumentPacket::from_metadata(Outgoing {
            metadata,
            profile: self.profile(),
            from: &self.session().agency,
            to: &to,
            kind,
            reason,
            staff: self.staff(),
            at: Timestamp::now(),
            attachments,
        })))
    }
}

/// Refuses a document without a signature of `kind` that holds. A signature that cannot be
/// judged for want of a line (revocation not known) is no obstacle; one that is wrong is.
pub(super) fn require_signature(
    verdict: &VerdictSummary,
    kind: SignatureKind,
) -> Result<(), OfficeError> {
    let only_offline = |codes: &[String]| {
        codes
            .iter()
            .filter_map(|code| Reason::from_code(code))
            .all(|reason| reason == Reason::RevocationUnknown || reason.effect() == Verdict::Valid)
    };
    let holds = verdict.signatures.iter().any(|signature| {
        signature.kind == Some(kind)
            && match signature.verdict {
                Verdict::Valid => true,
                Verdict::Indeterminate => only_offline(&signature.reasons),
                Verdict::Unsigned | Verdict::Invalid => false,
            }
    });
    if holds && verdict.verdict != Verdict::Invalid {
        return Ok(());
    }
    let why = verdict.reasons.join(", ");
    Err(match kind {
        SignatureKind::Personal => OfficeError::PersonalSignature(why),
        SignatureKind::Organisation => OfficeError::OrganisationSignature(why),
    })
}
