//! Operations: every change of state, told once, in order, chained by hash.
//!
//! They are the audit chain, the history that people read, and what can be replayed
//! elsewhere: the tables of the store are what replaying the operations gives.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::agency::{Agency, AgencyCode};
use super::book::{BookId, BookRule};
use super::clock::Hlc;
use super::copy::{CertifiedCopy, Unsecured};
use super::delivery::{SignedReceipt, StatusEntry};
use super::demand::{Demand, DemandAnswer, Update};
use super::document::{BlobHash, DocumentKey, FileRef, Metadata};
use super::duplicate::Ground;
use super::gate::{Gate, Judgement};
use super::handling::{Answer, Participant, Party, Progress, Unit};
use super::identity::CertificateLink;
use super::inbound::{Assignment, InboundState, Registration};
use super::layout::LayoutCheck;
use super::letter::{PaperLetter, PaperSending};
use super::opinion::{Comment, Opinion};
use super::outbound::{LeavingScan, Numbering, OutboundState, SignatureKind};
use super::paper::{Paper, PaperSeal};
use super::report::ErrorReport;
use super::role::Role;
use super::template::{DraftTemplate, RecipientGroup};
use super::verdict::{Level, VerdictSummary};

/// One change of state.
///
/// A change says what was decided and carries every fact that it needs, numbers included:
/// replaying it never asks for anything. Times inside are those of the deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The office begins: its agency, and the rule profile in force.
    OfficeOpened {
        agency: Agency,
        profile: String,
    },
    /// The rule profile in force from now on.
    ProfileChosen {
        profile: String,
    },
    UserAdded {
        user: String,
        display_name: String,
        roles: Vec<Role>,
    },
    UserRolesSet {
        user: String,
        roles: Vec<Role>,
    },
    UserDisabled {
        user: String,
    },
    /// Whose a certificate is, from now on.
    CertificateLinked {
        link: CertificateLink,
    },
    /// A certificate that signs for nobody here any more.
    CertificateUnlinked {
        fingerprint: String,
    },
    /// A new agency, or new facts about a known one.
    AgencyPut {
        agency: Agency,
    },

    /// A packet's bytes are in the inbox; its meaning is not known yet.
    PacketKept {
        packet: BlobHash,
        size: u64,
        origin: String,
        server_id: String,
    },
    /// A packet has become what `outcome` names (a document, a status).
    PacketTaken {
        packet: BlobHash,
        outcome: String,
    },
    /// A packet (or file) that cannot be used; its bytes stay.
    PacketQuarantined {
        packet: BlobHash,
        code: String,
        detail: String,
    },

    /// An inbound document is stored with its verdict (state [`InboundState::Arrived`]).
    InboundArrived {
        key: DocumentKey,
        sender: Option<AgencyCode>,
        sender_name: String,
        metadata: Metadata,
        files: Vec<FileRef>,
        packet: Option<BlobHash>,
        arrived_at: Timestamp,
        verdict: VerdictSummary,
        /// Text of the document, for search.
        text: String,
    },
    InboundMoved {
        key: DocumentKey,
        from: InboundState,
        to: InboundState,
        reason: String,
    },
    InboundRegistered {
        key: DocumentKey,
        registration: Registration,
    },
    InboundAssigned {
        key: DocumentKey,
        assignment: Assignment,
    },
    /// The fields of an inbound document, as somebody wrote or confirmed them. Once it is
    /// registered this is a correction and says why.
    InboundCorrected {
        key: DocumentKey,
        metadata: Metadata,
        reason: String,
    },
    /// Fields that the program read off the pages and filled in, by their names in scripts;
    /// nobody has confirmed them yet.
    InboundProposed {
        key: DocumentKey,
        metadata: Metadata,
        fields: Vec<String>,
    },

    /// A look at the gate before acceptance; a later one stands in its place.
    InboundGated {
        key: DocumentKey,
        gate: Gate,
        /// The verdict on the signatures, where they were checked anew.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict: Option<VerdictSummary>,
    },
    /// A person judged what no program can.
    InboundJudged {
        key: DocumentKey,
        judgement: Judgement,
    },
    /// A decision was taken back before anything of it left the office.
    InboundUndone {
        key: DocumentKey,
        from: InboundState,
        to: InboundState,
    },
    /// An error in a document was told to its sender or to somebody here.
    ErrorReported {
        key: DocumentKey,
        report: ErrorReport,
    },
    /// The person who was told has read it.
    ErrorReportSeen {
        key: DocumentKey,
        report: Uuid,
    },
    /// The inbound document came on paper and was digitised here.
    PaperDigitised {
        key: DocumentKey,
        paper: Paper,
    },
    /// The organisation signed the digitised copy: `file` is the new version of its main
    /// file, judged anew.
    PaperSealed {
        key: DocumentKey,
        before: BlobHash,
        file: FileRef,
        seal: PaperSeal,
        verdict: VerdictSummary,
        /// How durable all signatures of the file are; not noted in old operations.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
    },
    /// The inbound document may be one that is here already.
    DuplicateSeen {
        key: DocumentKey,
        first: DocumentKey,
        grounds: Vec<Ground>,
    },
    /// The same main file came once more, by `packet`; no second document was made of it.
    CopyArrived {
        key: DocumentKey,
        packet: BlobHash,
        origin: String,
        sender_name: String,
    },
    /// The packet of a document that somebody had brought by hand: its sender is known from
    /// now on and waits for statuses. Its main file is the same; `files` are all there are now.
    InboundJoined {
        key: DocumentKey,
        packet: BlobHash,
        sender: AgencyCode,
        sender_name: String,
        metadata: Metadata,
        files: Vec<FileRef>,
    },
    /// A clerk registers a document although another one that it may be is registered.
    DuplicateAllowed {
        key: DocumentKey,
        first: DocumentKey,
        reason: String,
    },

    /// A unit of the office: a new one, or what is new about a known one.
    UnitPut {
        unit: Unit,
    },
    /// Whoever had a document passed it on.
    HandlingForwarded {
        key: DocumentKey,
        from: Party,
        to: Vec<Participant>,
        direction: String,
        due: Option<Date>,
    },
    /// Somebody who has the document in hand opened it for the first time.
    DocumentSeen {
        key: DocumentKey,
    },
    ProgressNoted {
        key: DocumentKey,
        progress: Progress,
    },
    NoteAdded {
        key: DocumentKey,
        text: String,
        /// Only its writer reads it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        private: bool,
    },
    /// An outbound document of ours answers an inbound one.
    AnswerLinked {
        key: DocumentKey,
        answer: Answer,
    },

    /// The sender of an inbound document demands something of it.
    DemandReceived {
        demand: Box<Demand>,
        /// Who is told: the clerks, the leaders, and whoever works on the document.
        told: Vec<String>,
    },
    /// The document of a demand that waited has come.
    DemandMatched {
        demand: DocumentKey,
        key: DocumentKey,
        told: Vec<String>,
    },
    /// The demand is answered; the status for its sender is queued in the same transaction.
    DemandAnswered {
        demand: DocumentKey,
        answer: DemandAnswer,
    },
    /// One of those who were to be told has read it.
    DemandNoticed {
        demand: DocumentKey,
    },
    /// What the sender's update says, agreed to.
    InboundUpdated {
        key: DocumentKey,
        demand: DocumentKey,
        update: Box<Update>,
    },
    /// The bytes of a cancelled document were opened, by whom the law lets, for a reason.
    SealedOpened {
        key: DocumentKey,
        reason: String,
    },

    OutboundDrafted {
        key: DocumentKey,
        metadata: Metadata,
        files: Vec<FileRef>,
        drafted_at: Timestamp,
        text: String,
        /// What the main file was made of (DOCX, ODT), where it was converted here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<FileRef>,
        /// In how many places the words of both differ, where whoever handed them over has looked
        /// at them and answers for them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted_differences: Option<u32>,
    },
    /// Other fields or files; another main file is a new version.
    OutboundEdited {
        key: DocumentKey,
        metadata: Metadata,
        files: Vec<FileRef>,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<FileRef>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted_differences: Option<u32>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// Who had a draft decided; where that moves it, [`Change::OutboundMoved`] came just before.
    OpinionGiven {
        key: DocumentKey,
        opinion: Opinion,
    },
    CommentMade {
        key: DocumentKey,
        comment: Comment,
    },
    /// An answer to a comment, which may settle it or open it again.
    CommentAnswered {
        key: DocumentKey,
        comment: Uuid,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settles: Option<bool>,
    },
    /// The fields with which drafts of a type begin: new ones, or others than before.
    TemplatePut {
        template: Box<DraftTemplate>,
    },
    TemplateDropped {
        type_key: String,
    },
    /// A group of recipients: a new one, or other members.
    RecipientGroupPut {
        group: RecipientGroup,
    },
    RecipientGroupDropped {
        name: String,
    },
    OutboundMoved {
        key: DocumentKey,
        from: OutboundState,
        to: OutboundState,
        reason: String,
    },
    /// Number and date are taken; `metadata` of the document now carries them.
    OutboundNumbered {
        key: DocumentKey,
        numbering: Numbering,
        metadata: Metadata,
    },
    /// The main file was signed: `file` is the new version.
    OutboundSigned {
        key: DocumentKey,
        kind: SignatureKind,
        file: FileRef,
        signer: String,
        serial: String,
        signed_at: Timestamp,
        /// How durable all signatures of the file are now; not noted in old operations.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
    },
    /// The signatures of a file were made to last longer. `file` is its new version: the old
    /// one, with what proves it appended.
    SignatureExtended {
        /// Of a certified copy: the document that it is a copy of.
        key: DocumentKey,
        /// The file that it was; in old operations the main file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<BlobHash>,
        file: FileRef,
        level: Level,
        /// When the newest archival time stamp ends, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        renew_before: Option<Timestamp>,
        at: Timestamp,
        /// Of a certified copy: the signatures of others that do not last.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unsecured: Vec<Unsecured>,
    },
    /// An attachment that is a file of its own was signed by the organisation: `file` stands
    /// in the place of `before`.
    OutboundAnnexSigned {
        key: DocumentKey,
        before: BlobHash,
        file: FileRef,
        signer: String,
        serial: String,
        signed_at: Timestamp,
        /// How durable all signatures of the file are; not noted in old operations.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
    },
    /// The layout of one version of an outbound document was checked; a later check stands
    /// in its place.
    LayoutChecked {
        key: DocumentKey,
        check: LayoutCheck,
    },
    /// The document leaves; one outbox item per recipient is queued in the same transaction.
    OutboundIssued {
        key: DocumentKey,
        issued_at: Timestamp,
        recipients: Vec<AgencyCode>,
        /// Not noted in old operations.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scan: Option<LeavingScan>,
        /// The document in whose place it comes: its packets are the order to cancel that one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<DocumentKey>,
    },
    /// An issued document is asked back from these; the packets are queued in the same
    /// transaction.
    RecallAsked {
        key: DocumentKey,
        recipients: Vec<AgencyCode>,
        reason: String,
        at: Timestamp,
    },
    /// Fields or recipients of an issued document are others from now on; who has it is told.
    OutboundUpdated {
        key: DocumentKey,
        metadata: Box<Metadata>,
        added: Vec<AgencyCode>,
        removed: Vec<AgencyCode>,
        reason: String,
        at: Timestamp,
    },
    /// The document is sent to these once more.
    DeliveryResent {
        key: DocumentKey,
        recipients: Vec<AgencyCode>,
        reason: String,
    },
    /// Nobody follows this delivery any more, and what was done about it.
    DeliveryClosed {
        key: DocumentKey,
        recipient: AgencyCode,
        reason: String,
    },
    /// An inbound document answers one of ours.
    AnswerArrived {
        key: DocumentKey,
        inbound: DocumentKey,
    },
    /// What of an issued document still goes on paper.
    PaperOwed {
        key: DocumentKey,
        letters: Vec<PaperLetter>,
    },
    /// The letter to `place` was sent; told again, what was told before was wrong.
    PaperSent {
        key: DocumentKey,
        place: String,
        sending: PaperSending,
    },
    /// The letter to `place` is not sent after all.
    PaperDropped {
        key: DocumentKey,
        place: String,
        reason: String,
    },
    /// A certified copy was made of a document; it takes its number with this.
    CopyCertified {
        copy: Box<CertifiedCopy>,
        /// How durable all signatures of the file are; not noted in old operations.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Level>,
    },
    /// The next numbers of a book, from `first`, wait for documents to come.
    NumbersReserved {
        book: BookId,
        first: u32,
        count: u32,
        reason: String,
    },
    /// A reserved number is kept for a document; it takes no other.
    NumberHeld {
        key: DocumentKey,
        book: BookId,
        number: u32,
    },
    /// The reserved number is kept for that document no more.
    NumberFreed {
        key: DocumentKey,
        book: BookId,
        number: u32,
    },
    /// A number that will not be used, with the reason: never a silent gap.
    NumberGivenUp {
        book: BookId,
        number: u32,
        reason: String,
    },

    /// An inbound book beside the common one, from the year of `book` on; told again, its
    /// name and rule are changed.
    BookOpened {
        book: BookId,
        name: String,
        rule: BookRule,
    },
    /// The book of this year takes no number any more; with `for_good` it does not go on in
    /// later years either.
    BookClosed {
        book: BookId,
        reason: String,
        for_good: bool,
    },

    /// Something waits to be sent. `item` is made from content, so that queueing the same
    /// thing twice is queueing it once.
    OutboxQueued {
        item: String,
        what: OutboxKind,
        document: DocumentKey,
        recipient: AgencyCode,
        packet: BlobHash,
        urgent: bool,
        /// It tells a recipient what to do with a document that it has (a recall, an update): how
        /// far the document itself has come does not follow from it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        order: bool,
    },
    /// The server has it and gave `server_id`.
    OutboxSent {
        item: String,
        server_id: String,
        sent_at: Timestamp,
        /// As it came, whether it holds or not; `None` where the server signs none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<SignedReceipt>,
    },
    /// Parked until a person decides.
    OutboxWedged {
        item: String,
        code: String,
        detail: String,
    },
    /// What waited or was parked is not sent after all: the decision behind it was taken back,
    /// or somebody gave it up for the reason that stands here.
    OutboxWithdrawn {
        item: String,
        document: DocumentKey,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A parked item waits again.
    OutboxReleased {
        item: String,
    },

    /// A recipient of an issued document reported how far it is.
    StatusReceived {
        key: DocumentKey,
        recipient: AgencyCode,
        entry: StatusEntry,
    },
}

/// What an outbox item carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxKind {
    Document,
    Status,
}

/// One link of a desk's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    pub id: Uuid,
    /// The desk that did it.
    pub desk: Uuid,
    /// Position in that desk's chain, from 1.
    pub sequence: u64,
    pub user: String,
    /// The role under which it was done; `None` for what the program does by itself.
    pub role: Option<Role>,
    pub time: Hlc,
    pub change: Change,
    /// Hash of the desk's previous operation; 64 zeros for the first.
    pub previous: String,
}

impl Operation {
    /// What the first operation of a chain names as its predecessor.
    pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    /// The bytes that are kept and hashed: JSON with fields in the order of the types.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// SHA-256 over [`Self::canonical`], in lower-case hex.
    pub fn hash_of(canonical: &str) -> String {
        hex::encode(Sha256::digest(canonical.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_survives_its_canonical_form() {
        let operation = Operation {
            id: Uuid::now_v7(),
            desk: Uuid::now_v7(),
            sequence: 1,
            user: "be".to_owned(),
            role: Some(Role::Clerk),
            time: Hlc { millis: 5, counter: 1 },
            change: Change::UserAdded {
                user: "be".to_owned(),
                display_name: "Trần Thị Bé".to_owned(),
                roles: vec![Role::Clerk],
            },
            previous: Operation::GENESIS.to_owned(),
        };
        let text = operation.canonical().unwrap();
        let back: Operation = serde_json::from_str(&text).unwrap();
        assert_eq!(back, operation);
        assert_eq!(back.canonical().unwrap(), text);
    }
}
