//! What proves that an issued document was sent, when the server took it, and how far it came
//! at each recipient.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 6 khoản 3 and Điều 8 khoản 2: the states of sending and
//! receiving are tracked, and the sender sees to it that a document reached the right receiver.
//! All of it comes from the chain of operations, which nobody can write afterwards; only who has
//! fetched is asked of the server, which says so without signing it.

mod page;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Office;
use super::follow::{Followed, FollowedRow};
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::SignedReceipt;
use crate::domain::document::{BlobHash, DocumentKey};
use crate::domain::letter::{PaperLetter, PaperState};
use crate::domain::operation::{Change, Operation, OutboxKind};
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::problem::Problem;
use crate::exchange::RecipientState;
use crate::exchange::wire::Receipted;

/// How an issued document went to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub document: OutboundDocument,
    pub recipients: Vec<RecipientEvidence>,
    /// What was decided about its sending, oldest first.
    pub steps: Vec<Step>,
    pub letters: Vec<(PaperLetter, PaperState)>,
    pub asked: Asked,
}

/// Whether the server was asked who has fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// There is nothing to ask for, or no server to ask.
    Not,
    At(Timestamp),
    /// It did not answer, or not all questions.
    Failed(Problem),
}

/// How it went to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientEvidence {
    pub row: FollowedRow,
    /// What was sent to it, oldest first.
    pub parcels: Vec<ParcelEvidence>,
}

/// One packet for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParcelEvidence {
    pub item: String,
    pub carries: Carries,
    /// SHA-256 of its bytes.
    pub packet: BlobHash,
    pub queued_at: Timestamp,
    pub state: ParcelState,
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    Document,
    /// Other fields or recipients.
    Update,
    /// That the document is asked back.
    Recall,
}

impl Carries {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Update => "update",
            Self::Recall => "recall",
        }
    }
}

/// What became of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParcelState {
    Waiting,
    /// Parked: the code of a problem, and detail.
    Wedged {
        code: String,
        detail: String,
    },
    /// Taken out of the outbox before it had left.
    Withdrawn,
    Accepted(Acceptance),
}

impl ParcelState {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Wedged { .. } => "wedged",
            Self::Withdrawn => "withdrawn",
            Self::Accepted(_) => "accepted",
        }
    }
}

/// That the server took a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// The server's name for it.
    pub server_id: String,
    /// By the server's clock.
    pub at: Timestamp,
    /// `None` where the server signed nothing.
    pub proof: Option<Proof>,
    /// What the server says of its fetching; `None` where it was not asked or does not know.
    pub told: Option<RecipientState>,
}

/// A receipt, and all that it takes to check it without this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What the server signed.
    pub text: String,
    /// Ed25519 (RFC 8032), and the public key; lower-case hex.
    pub signature: String,
    pub key: String,
    /// Whether the signature is that of the key over the text.
    pub holds: bool,
}

impl Proof {
    fn of(signed: SignedReceipt, server_id: &str, packet: &BlobHash, at: Timestamp) -> Self {
        let receipted = Receipted::of(&signed, server_id, &packet.0, at);
        let holds = receipted.is_proved(&signed.signature, &signed.key);
        let text = receipted.text();
        Self { text, holds, signature: signed.signature, key: signed.key }
    }
}

/// One decision about the sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub at: Timestamp,
    pub user: String,
    pub kind: StepKind,
    /// Whom it concerns.
    pub to: Vec<AgencyCode>,
    /// With an update: who was taken off the list.
    pub without: Vec<AgencyCode>,
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    Issued,
    Resent,
    Updated,
    /// Asked back from some or all.
    RecallAsked,
    /// Recalled as a whole, or replaced.
    Recalled,
    /// Nobody follows the delivery any more.
    Closed,
}

impl StepKind {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Resent => "resent",
            Self::Updated => "updated",
            Self::RecallAsked => "recall-asked",
            Self::Recalled => "recalled",
            Self::Closed => "closed",
        }
    }
}

impl Evidence {
    /// Every acceptance, with its recipient.
    pub fn accepted(&self) -> impl Iterator<Item = (&RecipientEvidence, &Acceptance)> {
        self.recipients.iter().flat_map(|one| {
            one.parcels.iter().filter_map(move |parcel| match &parcel.state {
                ParcelState::Accepted(acceptance) => Some((one, acceptance)),
                _ => None,
            })
        })
    }

    /// Whether all receipts that there are hold.
    pub fn holds(&self) -> bool {
        self.accepted().all(|(_, one)| one.proof.as_ref().is_none_or(|proof| proof.holds))
    }
}

impl Office {
    /// What proves the sending of an issued document. Asks the server who has fetched, if one is
    /// set; that it does not answer is no failure.
    pub fn evidence(&self, key: DocumentKey) -> Result<Evidence, Problem> {
        let Followed { document, rows, letters, .. } = self.follow(key)?;
        let recipients =
            rows.into_iter().map(|row| RecipientEvidence { row, parcels: Vec::new() }).collect();
        let mut record = Record { recipients, steps: Vec::new(), orders: BTreeMap::new() };
        for operation in self.store().history(&key)? {
            record.read(operation);
        }
        let Record { mut recipients, steps, .. } = record;
        let asked = self.ask_fetched(&mut recipients);
        Ok(Evidence { document, recipients, steps, letters, asked })
    }

    fn ask_fetched(&self, recipients: &mut [RecipientEvidence]) -> Asked {
        let sent = recipients.iter_mut().flat_map(|one| {
            let to = one.row.delivery.recipient.clone();
            one.parcels.iter_mut().filter_map(move |parcel| match &mut parcel.state {
                ParcelState::Accepted(acceptance) => Some((to.clone(), acceptance)),
                _ => None,
            })
        });
        let mut sent = sent.peekable();
        if sent.peek().is_none() || self.server().is_none() {
            return Asked::Not;
        }
        let line = match self.server_line() {
            Ok(line) => line,
            Err(problem) => return Asked::Failed(problem),
        };
        let at = Timestamp::now();
        let sent: Vec<_> = sent.collect();
        // What went to several at once has one name.
        let ids: BTreeSet<&str> = sent.iter().map(|(_, one)| one.server_id.as_str()).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let mut states = Vec::new();
        let answer = line.deliveries(&ids, &mut states);
        // Of some nothing is told: another server had taken them, or this one knows them no more.
        for (to, acceptance) in sent {
            let state = states.iter().find(|state| state.id == acceptance.server_id);
            let told = state.and_then(|state| state.deliveries.iter().find(|one| one.to == to));
            acceptance.told = told.cloned();
        }
        answer.map_or_else(|error| Asked::Failed(error.into()), |()| Asked::At(at))
    }
}

/// What has been read of a document's operations.
struct Record {
    recipients: Vec<RecipientEvidence>,
    steps: Vec<Step>,
    /// What the next order to a recipient is about, where it is no update.
    orders: BTreeMap<AgencyCode, Carries>,
}

impl Record {
    fn read(&mut self, operation: Operation) {
        let Ok(at) = Timestamp::from_millisecond(operation.time.millis) else { return };
        let user = operation.user;
        let mut step = |kind, to: Vec<AgencyCode>, without: Vec<AgencyCode>, reason: String| {
            self.steps.push(Step { at, user: user.clone(), kind, to, without, reason });
        };
        match operation.change {
            Change::OutboundIssued { recipients, .. } => {
                step(StepKind::Issued, recipients, Vec::new(), String::new());
            }
            Change::DeliveryResent { recipients, reason, .. } => {
                step(StepKind::Resent, recipients, Vec::new(), reason);
            }
            Change::DeliveryClosed { recipient, reason, .. } => {
                step(StepKind::Closed, vec![recipient], Vec::new(), reason);
            }
            Change::OutboundMoved { to: OutboundState::Recalled, reason, .. } => {
                step(StepKind::Recalled, Vec::new(), Vec::new(), reason);
            }
            Change::OutboundUpdated { added, removed, reason, .. } => {
                self.orders = removed.iter().map(|one| (one.clone(), Carries::Recall)).collect();
                step(StepKind::Updated, added, removed, reason);
            }
            Change::RecallAsked { recipients, reason, .. } => {
                let recalled = recipients.iter().map(|one| (one.clone(), Carries::Recall));
                self.orders.extend(recalled);
                step(StepKind::RecallAsked, recipients, Vec::new(), reason);
            }
            // Queued twice is queued once.
            Change::OutboxQueued { item, what, recipient, packet, order, .. }
                if what == OutboxKind::Document && self.parcel(&item).is_none() =>
            {
                let told = self.orders.get(&recipient).copied().unwrap_or(Carries::Update);
                let carries = if order { told } else { Carries::Document };
                let state = ParcelState::Waiting;
                let parcel = ParcelEvidence { item, carries, packet, queued_at: at, state };
                let of_it = |one: &&mut RecipientEvidence| one.row.delivery.recipient == recipient;
                if let Some(one) = self.recipients.iter_mut().find(of_it) {
                    one.parcels.push(parcel);
                }
            }
            Change::OutboxSent { item, server_id, sent_at, receipt } => {
                let Some(parcel) = self.parcel(&item) else { return };
                // Told twice, the first word counts.
                if !matches!(parcel.state, ParcelState::Accepted(_)) {
                    let proof = receipt
                        .map(|signed| Proof::of(signed, &server_id, &parcel.packet, sent_at));
                    let acceptance = Acceptance { server_id, at: sent_at, proof, told: None };
                    parcel.state = ParcelState::Accepted(acceptance);
                }
            }
            Change::OutboxWedged { item, code, detail } => {
                self.becomes(&item, ParcelState::Wedged { code, detail });
            }
            Change::OutboxReleased { item } => self.becomes(&item, ParcelState::Waiting),
            Change::OutboxWithdrawn { item, .. } => self.becomes(&item, ParcelState::Withdrawn),
            _ => {}
        }
    }

    fn parcel(&mut self, item: &str) -> Option<&mut ParcelEvidence> {
        let mut parcels = self.recipients.iter_mut().flat_map(|one| one.parcels.iter_mut());
        parcels.find(|parcel| parcel.item == item)
    }

    fn becomes(&mut self, item: &str, state: ParcelState) {
        if let Some(parcel) = self.parcel(item) {
            parcel.state = state;
        }
    }
}
