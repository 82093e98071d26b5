//! What the line does not take, or does not bring: parked with its reason until somebody decides.
//! It waits beside the others and holds none of them up.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Office, OfficeError};
use crate::domain::agency::AgencyCode;
use crate::domain::calendar;
use crate::domain::delivery::SendState;
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::operation::{Change, OutboxKind};
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::exchange::InboxItem;
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
    /// What the server has for this office and cannot be fetched; it is tried again by itself.
    Packet,
}

impl ParkedKind {
    pub const ALL: [Self; 4] = [Self::Document, Self::Order, Self::Status, Self::Packet];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Order => "order",
            Self::Status => "status",
            Self::Packet => "packet",
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
    /// Its key in the outbox; of a packet, the server's name for it.
    pub item: String,
    pub kind: ParkedKind,
    /// The document that it is about, and how people name it; `None` where none is here, as
    /// when a packet was refused.
    pub document: Option<(DocumentKey, String)>,
    /// That document, where it is one of ours that stands: it can be told anew.
    pub issued: Option<Box<OutboundDocument>>,
    /// For whom it is; of a packet, who sent it.
    pub recipient: AgencyCode,
    pub recipient_name: String,
    /// Why the line did not take it, or bring it.
    pub why: String,
    /// When it is tried again by itself.
    pub next_try: Option<Timestamp>,
}

impl Parked {
    /// It goes by itself at its next try: nobody has to decide.
    pub fn rests(&self) -> bool {
        self.next_try.is_some() && self.kind != ParkedKind::Packet
    }
}

impl Office {
    /// What is parked, oldest first: what is to be sent, then what is to be fetched; and behind
    /// it what only rests until its next try.
    pub fn parked(&self, limit: u32) -> Result<Vec<Parked>, Problem> {
        self.actor(Act::ViewQueues)?;
        let now = Timestamp::now();
        let today = calendar::local(now).date();
        let mut parked = Vec::new();
        for row in self.store().outbox_wedged(limit)? {
            parked.push(self.parked_row(row, today)?);
        }
        let left = |parked: &Vec<Parked>| {
            limit.saturating_sub(u32::try_from(parked.len()).unwrap_or(u32::MAX))
        };
        let server = self.server().unwrap_or_default();
        for row in self.store().unfetched_stuck(&server, left(&parked))? {
            let Ok(listed) = serde_json::from_str::<InboxItem>(&row.item) else { continue };
            parked.push(Parked {
                item: row.server_id,
                kind: ParkedKind::Packet,
                document: None,
                issued: None,
                recipient_name: self.agency_name(&listed.from, today),
                recipient: listed.from,
                why: if row.detail.is_empty() { row.code } else { row.detail },
                next_try: Some(row.not_before),
            });
        }
        for row in self.store().outbox_resting(now, left(&parked))? {
            let (next_try, why) = (row.not_before, row.last_reason.clone());
            parked.push(Parked { next_try, why, ..self.parked_row(row, today)? });
        }
        Ok(parked)
    }

    /// An item of the outbox.
    fn parked_row(&self, row: OutboxItem, today: Date) -> Result<Parked, Problem> {
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
            next_try: None,
        })
    }

    /// How many packets the server has for this office that cannot be fetched.
    pub(super) fn unfetched_count(&self) -> Result<u64, Problem> {
        Ok(self.store().unfetched_stuck_count(&self.server().unwrap_or_default())?)
    }

    /// Whether this names a packet that is not here and wanted.
    fn is_unfetched(&self, server: &str, item: &str) -> Result<bool, Problem> {
        let row = self.store().unfetched_one(server, item)?;
        Ok(row.is_some_and(|row| row.given_up.is_empty()))
    }

    /// Lets something go again, or come, with the next exchange. An order that something later about its document has
    /// overtaken is taken out instead: sent now, it would undo that.
    pub fn retry_parked(&self, item: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::Sync)?;
        let server = self.server().unwrap_or_default();
        if self.is_unfetched(&server, item)? {
            return Ok(self.store().make_fetching_due(&server, item)?);
        }
        let item = item.to_owned();
        self.store().write(&actor, move |writer| {
            let waits = writer.outbox_item(&item)?.filter(|row| row.state == SendState::Waiting);
            if waits.is_some_and(|row| row.tries > 0) {
                return Ok(writer.make_item_due(&item)?);
            }
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
    /// document that never left any more. Of a packet the server is told with the next exchange
    /// that it is refused, which its sender sees.
    pub fn give_up_parked(&self, item: &str, reason: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::Sync)?;
        let reason = text::tidy(reason);
        if reason.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        if reason.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        let server = self.server().unwrap_or_default();
        if self.is_unfetched(&server, item)? {
            let user = self.session().user.as_str();
            tracing::info!(item, user, "a packet that cannot be fetched is given up");
            return Ok(self.store().give_up_unfetched(&server, item, user, &reason)?);
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
    let row = writer.outbox_item(item)?.filter(|row| row.state == SendState::Wedged);
    row.ok_or_else(|| OfficeError::NotParked.into())
}
