//! Applying operations: the only way into the replicated tables, so that replaying the
//! chain gives the same tables again.
//!
//! # What moves a document
//!
//! Some deeds move a document by themselves, and only they lead to those states:
//!
//! | change | moves |
//! | --- | --- |
//! | `InboundArrived` | to *arrived* |
//! | `InboundRegistered` | *accepted* to *registered* |
//! | `InboundAssigned` | *registered* to *assigned*; later it names other people |
//! | `HandlingForwarded` | nothing; others have the document |
//! | `DemandAnswered` | nothing; an `InboundMoved` to *recalled* goes with it |
//! | `InboundUndone` | back to where it stood before the decision that is taken back |
//! | `InboundProposed`, `InboundCorrected` | nothing; its fields are others |
//! | `InboundJoined` | nothing; its sender is known, and what the packet says of it |
//! | `OutboundDrafted` | to *draft* |
//! | `OpinionGiven` | nothing; the `OutboundMoved` before it did; another has the draft |
//! | `OutboundSigned`, personal | *to sign* to *to seal* (a signature before is an initial and moves nothing) |
//! | `OutboundSigned`, organisation | *to seal* to *to issue*; wants a number |
//! | `OutboundAnnexSigned` | *to seal* or *to issue*; moves nothing |
//! | `PaperSealed` | nothing; an inbound document that came on paper has its main file replaced |
//! | `SignatureExtended` | nothing; a signed file of a sealed document, of a digitised one or of a certified copy is replaced; what does not last in a copy stands with it |
//! | `NumberHeld`, `NumberFreed` | nothing; a reserved number is kept for the document, or no more |
//! | `OutboundIssued` | *to issue* to *issued*, and opens one delivery per recipient |
//!
//! `InboundMoved` and `OutboundMoved` do all the others. `from` must be the present state
//! and the domain must allow the step, else it is a [`StoreError::Conflict`].
//!
//! What is told twice counts once: a packet kept again, an outbox item queued again, a
//! send reported again under the same server id, a status received again.

use rusqlite::{Connection, OptionalExtension};

use super::error::StoreError;
use super::row;
use super::{
    book, copy, correction, demand, duplicate, durability, follow, gate, handling, identity,
    inbound, layout, letter, opinion, outbound, outbox, packet, paper, register, reserve, template,
    user,
};
use crate::domain::demand::Update;
use crate::domain::document::{BlobHash, DocumentKey, FileRef};
use crate::domain::operation::{Change, Operation};

/// Applies one operation to the replicated tables, or refuses it.
pub(super) fn apply(connection: &Connection, operation: &Operation) -> Result<(), StoreError> {
    for blob in named_blobs(&operation.change) {
        connection
            .prepare_cached("INSERT INTO named_blob VALUES (?1) ON CONFLICT DO NOTHING")?
            .execute([&blob.0])?;
    }
    match &operation.change {
        Change::OfficeOpened { agency, profile } => {
            user::office_opened(connection, operation, agency, profile)
        }
        Change::ProfileChosen { profile } => user::profile_chosen(connection, profile),
        Change::UserAdded { user, display_name, roles } => {
            user::added(connection, user, display_name, roles)
        }
        Change::UserRolesSet { user, roles } => user::roles_set(connection, user, roles),
        Change::UserDisabled { user } => user::disabled(connection, user),
        Change::CertificateLinked { link } => identity::linked(connection, link),
        Change::CertificateUnlinked { fingerprint } => identity::unlinked(connection, fingerprint),
        Change::AgencyPut { agency } => super::agency::put(connection, operation, agency),

        Change::PacketKept { packet, size, origin, server_id } => {
            packet::kept(connection, operation, packet, *size, origin, server_id)
        }
        Change::PacketTaken { packet, outcome } => {
            packet::taken(connection, operation, packet, outcome)
        }
        Change::PacketQuarantined { packet, code, detail } => {
            packet::quarantined(connection, operation, packet, code, detail)
        }

        change @ Change::InboundArrived { .. } => inbound::arrived(connection, change),
        Change::InboundMoved { key, from, to, reason } => {
            inbound::moved(connection, key, *from, *to, reason)
        }
        Change::InboundRegistered { key, registration } => {
            inbound::registered(connection, key, registration)
        }
        Change::InboundAssigned { key, assignment } => {
            inbound::assigned(connection, operation, key, assignment)?;
            register::forwarded(connection, operation, key)
        }
        Change::InboundGated { key, gate, verdict } => {
            gate::gated(connection, key, gate, verdict.as_ref())
        }
        Change::InboundJudged { key, judgement } => gate::judged(connection, key, judgement),
        Change::InboundUndone { key, from, to } => {
            inbound::undone(connection, key, *from, *to)?;
            register::not_forwarded(connection, key)
        }
        Change::ErrorReported { key, report } => gate::error_reported(connection, key, report),
        Change::ErrorReportSeen { report, .. } => gate::error_report_seen(connection, *report),

        Change::PaperDigitised { key, paper } => paper::digitised(connection, key, paper),
        Change::PaperSealed { key, before, file, seal, verdict, level } => {
            paper::sealed(connection, key, before, file, seal, verdict)?;
            durability::followed(connection, key, &file.blob, *level)
        }
        Change::DuplicateSeen { key, first, grounds } => {
            duplicate::seen(connection, key, first, grounds)
        }
        Change::CopyArrived { key, packet, origin, .. } => {
            duplicate::came_again(connection, operation, key, packet, origin)
        }
        change @ Change::InboundJoined { .. } => correction::joined(connection, change),
        Change::DuplicateAllowed { key, first, reason } => {
            duplicate::allowed(connection, key, first, reason)
        }
        Change::UnitPut { unit } => handling::unit_put(connection, unit),
        change @ Change::HandlingForwarded { .. } => {
            handling::forwarded(connection, operation, change)
        }
        Change::DocumentSeen { key } => handling::document_seen(connection, operation, key),
        Change::ProgressNoted { key, progress } => {
            handling::progress_noted(connection, operation, key, progress)
        }
        Change::NoteAdded { key, text, private } => {
            handling::note_added(connection, operation, key, text, *private)
        }
        Change::AnswerLinked { key, answer } => handling::answer_linked(connection, key, answer),
        Change::DemandReceived { demand, told } => demand::received(connection, demand, told),
        Change::DemandMatched { demand, key, told } => {
            demand::matched(connection, demand, key, told)
        }
        Change::DemandAnswered { demand, answer } => demand::answered(connection, demand, answer),
        Change::DemandNoticed { demand } => demand::noticed(connection, operation, demand),
        Change::InboundUpdated { key, update, .. } => demand::updated(connection, key, update),
        // The chain is where this is kept.
        Change::SealedOpened { .. } => Ok(()),
        Change::InboundCorrected { key, metadata, reason } => {
            correction::corrected(connection, key, metadata, reason)
        }
        Change::InboundProposed { key, metadata, fields } => {
            correction::proposed(connection, key, metadata, fields)
        }

        change @ Change::OutboundDrafted { .. } => {
            outbound::drafted(connection, &operation.user, change)?;
            opinion::drafted(connection, operation, change)
        }
        Change::OutboundEdited { key, metadata, files, text, .. } => {
            outbound::edited(connection, key, metadata, files, text)?;
            opinion::edited(connection, operation, &operation.change)
        }
        Change::OpinionGiven { key, opinion } => {
            opinion::given(connection, operation, key, opinion)
        }
        Change::CommentMade { key, comment } => {
            opinion::commented(connection, operation, key, comment)
        }
        Change::CommentAnswered { key, comment, text, settles } => {
            opinion::answered(connection, operation, key, *comment, text, *settles)
        }
        Change::TemplatePut { template } => template::put(connection, template),
        Change::TemplateDropped { type_key } => template::dropped(connection, type_key),
        Change::RecipientGroupPut { group } => template::group_put(connection, group),
        Change::RecipientGroupDropped { name } => template::group_dropped(connection, name),
        Change::OutboundMoved { key, from, to, reason } => {
            outbound::moved(connection, key, *from, *to, reason)
        }
        Change::OutboundNumbered { key, numbering, metadata } => {
            outbound::numbered(connection, key, numbering, metadata)
        }
        Change::OutboundSigned { key, kind, file, level, signed_at, .. } => {
            outbound::signed(connection, key, *kind, file, *level, *signed_at)?;
            opinion::signed(connection, operation, key, *kind, file)
        }
        Change::SignatureExtended { key, before, file, level, renew_before, unsecured, .. } => {
            let until = *renew_before;
            durability::extended(connection, key, before.as_ref(), file, *level, until, unsecured)
        }
        Change::OutboundAnnexSigned { key, before, file, level, .. } => {
            outbound::annex_signed(connection, key, before, file, *level)
        }
        Change::LayoutChecked { key, check } => layout::checked(connection, key, check),
        Change::OutboundIssued { key, issued_at, replaces, recipients, .. } => {
            outbound::issued(connection, key, *issued_at, replaces.as_ref(), recipients)
        }
        Change::RecallAsked { key, recipients, reason, at } => {
            follow::recall_asked(connection, key, recipients, reason, *at)
        }
        Change::OutboundUpdated { key, metadata, added, removed, reason, at } => {
            follow::updated(connection, key, metadata, (added, removed), reason, *at)
        }
        Change::DeliveryResent { key, recipients, .. } => {
            follow::resent(connection, key, recipients)
        }
        Change::DeliveryClosed { key, recipient, reason } => {
            follow::closed(connection, key, recipient, reason)
        }
        Change::AnswerArrived { key, inbound } => follow::answered(connection, key, inbound),
        Change::PaperOwed { key, letters } => letter::owed(connection, key, letters),
        Change::PaperSent { key, place, sending } => letter::sent(connection, key, place, sending),
        Change::PaperDropped { key, place, reason } => {
            letter::dropped(connection, key, place, reason)
        }
        Change::CopyCertified { copy, level } => {
            copy::certified(connection, copy)?;
            if copy.form.is_paper() {
                return Ok(());
            }
            durability::followed(connection, &copy.of, &copy.file.blob, *level)
        }
        Change::NumbersReserved { book, first, count, reason } => {
            reserve::reserved(connection, operation, book, *first, *count, reason)
        }
        Change::NumberHeld { key, book, number } => reserve::held(connection, key, book, *number),
        Change::NumberFreed { key, book, number } => reserve::freed(connection, key, book, *number),
        Change::NumberGivenUp { book, number, reason } => {
            register::given_up(connection, book, *number, reason)
        }
        Change::BookOpened { book, name, rule } => book::opened(connection, book, name, rule),
        Change::BookClosed { book, reason, for_good } => {
            book::closed(connection, operation, book, reason, *for_good)
        }

        change @ Change::OutboxQueued { .. } => outbox::queued(connection, change),
        // The receipt is kept where it cannot be changed unseen: in the chain.
        Change::OutboxSent { item, server_id, sent_at, .. } => {
            outbox::sent(connection, item, server_id, *sent_at)
        }
        Change::OutboxWedged { item, code, detail } => {
            outbox::wedged(connection, item, code, detail)
        }
        Change::OutboxWithdrawn { item, .. } => outbox::withdrawn(connection, item),
        Change::OutboxReleased { item } => outbox::released(connection, item),

        Change::StatusReceived { key, recipient, entry } => {
            outbound::status_received(connection, key, recipient, entry)
        }
    }
}

/// The bytes that a change names; they are kept for ever.
pub(super) fn named_blobs(change: &Change) -> Vec<&BlobHash> {
    fn of(files: &[FileRef]) -> impl Iterator<Item = &BlobHash> {
        files.iter().map(|file| &file.blob)
    }
    fn updated(update: Option<&Update>) -> impl Iterator<Item = &BlobHash> {
        let content = update.and_then(|update| update.content.as_ref());
        content.into_iter().flat_map(|content| of(&content.files))
    }
    match change {
        Change::PacketKept { packet, .. }
        | Change::PacketTaken { packet, .. }
        | Change::PacketQuarantined { packet, .. }
        | Change::CopyArrived { packet, .. }
        | Change::OutboxQueued { packet, .. } => vec![packet],
        Change::InboundArrived { files, packet, .. } => of(files).chain(packet).collect(),
        Change::InboundJoined { files, packet, .. } => of(files).chain([packet]).collect(),
        Change::OutboundDrafted { files, source, .. }
        | Change::OutboundEdited { files, source, .. } => {
            of(files).chain(source.iter().map(|source| &source.blob)).collect()
        }
        Change::OutboundSigned { file, .. } | Change::SignatureExtended { file, .. } => {
            vec![&file.blob]
        }
        Change::OutboundAnnexSigned { before, file, .. }
        | Change::PaperSealed { before, file, .. } => vec![before, &file.blob],
        Change::DemandReceived { demand, .. } => {
            std::iter::once(&demand.packet).chain(updated(demand.update.as_deref())).collect()
        }
        Change::InboundUpdated { update, .. } => updated(Some(update)).collect(),
        Change::CopyCertified { copy, .. } => vec![&copy.file.blob],
        _ => Vec::new(),
    }
}

/// The document whose history a change belongs to.
pub(super) fn document_of(
    connection: &Connection,
    change: &Change,
) -> Result<Option<DocumentKey>, StoreError> {
    match change {
        Change::InboundArrived { key, .. }
        | Change::InboundMoved { key, .. }
        | Change::InboundRegistered { key, .. }
        | Change::InboundAssigned { key, .. }
        | Change::InboundGated { key, .. }
        | Change::InboundJudged { key, .. }
        | Change::InboundUndone { key, .. }
        | Change::ErrorReported { key, .. }
        | Change::ErrorReportSeen { key, .. }
        | Change::OutboxWithdrawn { document: key, .. }
        | Change::PaperDigitised { key, .. }
        | Change::PaperSealed { key, .. }
        | Change::DuplicateSeen { key, .. }
        | Change::CopyArrived { key, .. }
        | Change::DuplicateAllowed { key, .. }
        | Change::InboundJoined { key, .. }
        | Change::HandlingForwarded { key, .. }
        | Change::DocumentSeen { key }
        | Change::ProgressNoted { key, .. }
        | Change::NoteAdded { key, .. }
        | Change::AnswerLinked { key, .. }
        | Change::DemandMatched { key, .. }
        | Change::InboundUpdated { key, .. }
        | Change::SealedOpened { key, .. }
        | Change::InboundCorrected { key, .. }
        | Change::InboundProposed { key, .. }
        | Change::OutboundDrafted { key, .. }
        | Change::OutboundEdited { key, .. }
        | Change::OutboundMoved { key, .. }
        | Change::OpinionGiven { key, .. }
        | Change::CommentMade { key, .. }
        | Change::CommentAnswered { key, .. }
        | Change::OutboundNumbered { key, .. }
        | Change::OutboundSigned { key, .. }
        | Change::OutboundAnnexSigned { key, .. }
        | Change::SignatureExtended { key, .. }
        | Change::LayoutChecked { key, .. }
        | Change::OutboundIssued { key, .. }
        | Change::RecallAsked { key, .. }
        | Change::OutboundUpdated { key, .. }
        | Change::DeliveryResent { key, .. }
        | Change::DeliveryClosed { key, .. }
        | Change::AnswerArrived { key, .. }
        | Change::PaperOwed { key, .. }
        | Change::PaperSent { key, .. }
        | Change::PaperDropped { key, .. }
        | Change::NumberHeld { key, .. }
        | Change::NumberFreed { key, .. }
        | Change::StatusReceived { key, .. }
        | Change::OutboxQueued { document: key, .. } => Ok(Some(*key)),
        Change::CopyCertified { copy, .. } => Ok(Some(copy.of)),
        // A demand whose document is not here has a history of its own.
        Change::DemandReceived { demand, .. } => Ok(Some(demand.document.unwrap_or(demand.id))),
        Change::DemandAnswered { demand, .. } => demand::document_of(connection, demand),
        Change::OutboxSent { item, .. }
        | Change::OutboxWedged { item, .. }
        | Change::OutboxReleased { item } => {
            let document: Option<Vec<u8>> = connection
                .prepare_cached("SELECT document FROM outbox WHERE item = ?1")?
                .query_row([item], |row| row.get(0))
                .optional()?;
            document.as_deref().map(row::from_key).transpose()
        }
        Change::NumberGivenUp { book, number, .. } => register::holder(connection, book, *number),
        Change::OfficeOpened { .. }
        | Change::ProfileChosen { .. }
        | Change::UserAdded { .. }
        | Change::UserRolesSet { .. }
        | Change::UserDisabled { .. }
        | Change::CertificateLinked { .. }
        | Change::CertificateUnlinked { .. }
        | Change::AgencyPut { .. }
        | Change::BookOpened { .. }
        | Change::BookClosed { .. }
        | Change::NumbersReserved { .. }
        | Change::UnitPut { .. }
        | Change::TemplatePut { .. }
        | Change::TemplateDropped { .. }
        | Change::RecipientGroupPut { .. }
        | Change::RecipientGroupDropped { .. }
        | Change::DemandNoticed { .. }
        | Change::PacketKept { .. }
        | Change::PacketTaken { .. }
        | Change::PacketQuarantined { .. } => Ok(None),
    }
}
