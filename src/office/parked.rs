//! What the line does not take: parked with its reason until somebody decides. It waits beside
//! the others and holds none of them up.

use jiff::Timestamp;

use super::{Office, OfficeError};
use crate::domain::agency::AgencyCode;
use crate::domain::calendar;
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::store::{OutboxItem, Writer};
use crate::t;

/// What is parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParkedKind {
    Document,
    /// A recall or an update.
    Order,
    /// What a sender is told of its document.
    Status,
}

impl ParkedKind {
    pub const ALL: [Self; 3] = [Self::Document, Self::Order, Self::Status];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Order => "order",
            Self::Status => "status",
        }
    }

    fn of(item: &OutboxItem) -> Self {
        match item.what {
            OutboxKind::Status => Self::Status,
            OutboxKind::Document if item.order => Self::Order,
            OutboxKind::Document => Self::Document,
        }
    }
}

/// Something that is parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Its key in the outbox.
    pub item: String,
    pub kind: ParkedKind,
    /// The document that it is about, and how people name it; `None` where none is here, as
    /// when a packet was refused.
    pub document: Option<(DocumentKey, String)>,
    /// That document, where it is one of ours that stands: it can be told anew.
    pub issued: Option<Box<OutboundDocument>>,
    pub recipient: AgencyCode,
    pub recipient_name: String,
    /// Why the line did not take it.
    pub why: String,
}

impl Office {
    /// What is parked, oldest first.
    pub fn parked(&self, limit: u32) -> Result<Vec<Parked>, Problem> {
        self.actor(Act::ViewQueues)?;
        let today = calendar::local(Timestamp::now()).date();
        let rows = self.store().outbox_wedged(limit)?.into_iter().map(|row| {
            let ours = self.store().outbound(&row.document)?;
            let metadata = match &ours {
                Some(document) => Some(document.metadata.clone()),
                None => self.store().inbound(&row.document)?.map(|document| document.metadata),
            };
            let stands = |document: &OutboundDocument| document.state == OutboundState::Issued;
            Ok(Parked {
                kind: ParkedKind::of(&row),
                document: metadata.map(|metadata| (row.document, named(metadata))),
                issued: ours.filter(stands).map(Box::new),
                recipient_name: self.agency_name(&row.recipient, today),
                why: if row.detail.is_empty() { row.code } else { row.detail },
                recipient: row.recipient,
                item: row.item,
            })
        });
        rows.collect()
    }

    /// Lets something parked go again. An order that something later about its document has
    /// overtaken is taken out instead: sent now, it would undo that.
    pub fn retry_parked(&self, item: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::Sync)?;
        let item = item.to_owned();
        self.store().write(&actor, move |writer| {
            let row = parked_item(writer, &item)?;
            if row.order && is_overtaken(writer, &row)? {
                let (document, reason) = (row.document, t!("parked-overtaken"));
                writer.append(Change::OutboxWithdrawn { item, document, reason })?;
                return Ok(());
            }
            writer.forget_tries(&item)?;
            writer.append(Change::OutboxReleased { item })?;
            Ok::<(), Problem>(())
        })
    }

    /// Gives something parked up: it is not sent, and the reason is kept. Nobody follows a
    /// document that never left any more.
    pub fn give_up_parked(&self, item: &str, reason: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::Sync)?;
        let reason = text::tidy(reason);
        if reason.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        if reason.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        let item = item.to_owned();
        self.store().write(&actor, move |writer| {
            let row = parked_item(writer, &item)?;
            let (document, kept) = (row.document, reason.clone());
            writer.append(Change::OutboxWithdrawn { item, document, reason: kept })?;
            if ParkedKind::of(&row) == ParkedKind::Document {
                let (key, recipient) = (row.document, row.recipient);
                writer.append(Change::DeliveryClosed { key, recipient, reason })?;
            }
            Ok::<(), Problem>(())
        })
    }
}

/// How people name a document: its number, else its subject.
fn named(Metadata { code, subject, .. }: Metadata) -> String {
    if code.number.is_empty() { subject } else { format!("{code} – {subject}") }
}

/// Whether its recipient is told something later about the document.
fn is_overtaken(writer: &Writer<'_>, row: &OutboxItem) -> Result<bool, Problem> {
    let all = writer.outbox_of(&row.document)?;
    let later = all.iter().skip_while(|other| other.item != row.item).skip(1);
    let to_it =
        |other: &OutboxItem| other.what == OutboxKind::Document && other.recipient == row.recipient;
    Ok(later.into_iter().any(to_it))
}

/// The item, if it is parked still.
fn parked_item(writer: &Writer<'_>, item: &str) -> Result<OutboxItem, Problem> {
    use crate::domain::delivery::SendState;
    let row = writer.outbox_item(item)?.filter(|row| row.state == SendState::Wedged);
    row.ok_or_else(|| OfficeError::NotParked.into())
}
