//! Issuing a sealed document: one outbox item per recipient, all in one transaction.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 14 khoản 3: the clerk issues what carries both
//! signatures and watches each receiver. Quyết định 28/2018/QĐ-TTg Điều 8.

use jiff::Timestamp;

use super::asked_back::{AskedBack, all_of};
use super::leaving::IssueOrder;
use super::status::item_key;
use super::{Office, OfficeError};
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::document::{BlobHash, DocumentKey, Urgency};
use crate::domain::letter::owed;
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
    /// both are checked again on the very bytes that leave, and these are scanned for malware
    /// (Điều 19). What goes on paper as well is owed from now on.
    pub fn issue(&self, key: DocumentKey) -> Result<(), Problem> {
        self.issue_with(key, &IssueOrder::default())
    }

    /// The same, as ordered: in the place of one of ours that is issued already, whose
    /// recipients are asked to cancel it (QCVN 102:2016/BTTTT, `BussinessDocType` 3) and which
    /// is recalled here in the same transaction; or with a reason although nothing was scanned.
    pub fn issue_with(&self, key: DocumentKey, order: &IssueOrder) -> Result<(), Problem> {
        let replaced = match order.replaces {
            Some(old) => {
                self.actor(Act::Recall)?;
                let replaced = self.outbound_document(old)?;
                if !replaced.state.may_become(OutboundState::Recalled) {
                    return Err(Self::wrong_state(replaced.state));
                }
                Some(replaced)
            }
            None => None,
        };
        self.issue_as(key, replaced, &order.unscanned)
    }

    fn issue_as(
        &self,
        key: DocumentKey,
        replaced: Option<OutboundDocument>,
        unscanned: &str,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        let document = self.outbound_document(key)?;
        if !document.state.may_become(OutboundState::Issued) {
            return Err(Self::wrong_state(document.state));
        }
        // A document may go on paper alone: to people, to companies (Điều 14 khoản 4).
        if document.metadata.recipients.is_empty() && owed(&document.metadata).is_empty() {
            return Err(OfficeError::NoRecipient.into());
        }
        self.extend_before_issue(key)?;
        let document = self.outbound_document(key)?;
        let expected = self.expected_of_ours(&document.metadata);
        let verdict = self.judge(&self.main_file(key)?, &expected)?;
        require_signature(&verdict, SignatureKind::Personal)?;
        require_signature(&verdict, SignatureKind::Organisation)?;
        let scan = self.scan_leaving(&document, unscanned)?;

        let back = match &replaced {
            Some(old) => self.asked_back(old, &all_of(old))?,
            None => AskedBack::default(),
        };
        // Whoever never had the old one has nothing to cancel, and gets a document like any.
        let kind = match &replaced {
            Some(old) if !back.had_it().is_empty() => Kind::Replace {
                documents: vec![Replacement {
                    document_id: old
                        .metadata
                        .document_id
                        .as_ref()
                        .map_or(String::new(), ToString::to_string),
                    receivers: back.had_it(),
                }],
            },
            _ => Kind::New,
        };
        let orders = matches!(kind, Kind::Replace { .. });
        let code = document.metadata.code.to_string();
        let because = match &replaced {
            Some(_) => t!("issue-replaced-by", code = code),
            None => String::new(),
        };
        let packet = self.document_packet(&document, kind, &because, Timestamp::now())?;
        let packet = self.store().put_blob(&packet::write(&packet)?)?;
        let reached =
            |code: &AgencyCode| document.metadata.recipients.iter().any(|r| r.agency == *code);
        // Whom the new document does not reach hears of the recall alone.
        let left_out: Vec<AgencyCode> =
            back.asked().iter().filter(|agency| !reached(agency)).cloned().collect();
        let order = match &replaced {
            Some(old) if !left_out.is_empty() => {
                Some(self.parcel_of(old, Kind::Recall, &because, &left_out)?)
            }
            _ => None,
        };
        // What orders nothing can be taken out like any document, as long as it waits.
        let replaces = replaced.as_ref().filter(|_| orders).map(|old| old.key);
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
                scan: Some(scan),
                replaces,
            })?;
            Self::owe_letters(writer, &now)?;
            for recipient in recipients {
                writer.append(Change::OutboxQueued {
                    item: item_key(&["document", &key.to_string(), recipient.as_str()]),
                    what: OutboxKind::Document,
                    document: key,
                    recipient,
                    packet: packet.clone(),
                    urgent,
                    order: false,
                })?;
            }
            if let Some(old) = replaced {
                let stands = writer.outbound(&old.key)?.ok_or_else(|| Self::missing(old.key))?;
                back.append(writer, &stands, &because)?;
                for recipient in left_out {
                    let Some(packet) = order.clone() else { continue };
                    writer.append(recall_queued(old.key, recipient, packet))?;
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
        let back = self.asked_back(&document, &all_of(&document))?;
        let order = match back.asked() {
            [] => None,
            asked => Some(self.parcel_of(&document, Kind::Recall, &reason, asked)?),
        };
        self.store().write(&actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if !now.state.may_become(OutboundState::Recalled) {
                return Err(Self::wrong_state(now.state));
            }
            back.append(writer, &now, &reason)?;
            for recipient in back.asked() {
                let Some(packet) = order.clone() else { continue };
                writer.append(recall_queued(key, recipient.clone(), packet))?;
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
    pub(super) fn document_packet(
        &self,
        document: &OutboundDocument,
        kind: Kind,
        reason: &str,
        at: Timestamp,
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
        // An order about a document that its recipients have carries no file.
        if matches!(kind, Kind::New | Kind::Replace { .. }) {
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
            at,
            attachments,
        })))
    }
}

fn recall_queued(document: DocumentKey, recipient: AgencyCode, packet: BlobHash) -> Change {
    Change::OutboxQueued {
        item: item_key(&["recall", &document.to_string(), recipient.as_str()]),
        what: OutboxKind::Document,
        document,
        recipient,
        packet,
        urgent: true,
        order: true,
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
