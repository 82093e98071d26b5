//! The `axis` profile: the gateway calls of the national document axis (Trục liên thông văn
//! bản quốc gia), as its published client library makes them.
//!
//! No public text describes the gateway; this is written from requests that the library made
//! (`tests/data/axis/requests.txt`). Where versions are known to differ, [`Quirks`] chooses.
//!
//! What the gateway cannot do shapes this line, and a clerk should know it:
//!
//! - It takes no key that would make a sending repeatable. What broke off goes again; our own
//!   server knows the same bytes to the same recipients, another gateway may deliver them
//!   twice, and the recipients know them by the document id.
//! - A packet goes to each recipient by itself: no answer to a list of them is on record, and what
//!   one of them spoils would be sent to all again.
//! - Its list names neither size nor hash. What was fetched is known by the gateway's own name
//!   for it (with its host behind, since two gateways may count alike), and whether the bytes
//!   are whole is for the packet itself to say.
//! - Its list holds what waits. There is no going back to what was confirmed before.
//! - It signs no receipt: the evidence is the gateway's own name for the packet.

mod caller;
mod directory;
pub mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use self::caller::{Caller, Load, date, json, read};
use self::wire::{DataAnswer, Fields, ReceivedRow, Said, SentAnswer, SentRow};
use super::connection::{Connection, Pace, Patience, Progress, body_within};
use super::{
    Answer, DeliveryState, Directory, ExchangeError, InboxItem, InboxPage, Line, Listing,
    OutboxKind, Outcome, Parcel, Receipt, RecipientState, ServerAddress, ServerInfo, Watch,
};
use crate::domain::agency::AgencyCode;

/// Largest answer other than a packet, in bytes.
const MAX_ANSWER: u64 = 32 * 1024 * 1024;
/// Pages of a list that are asked for, at most.
const MOST_PAGES: u32 = 1000;
/// What stands around a packet in an answer, in bytes at most.
const ENVELOPE: u64 = 64 * 1024;
/// Largest packet that gateways are known to take, in bytes.
const PACKET_LIMIT: u64 = 50 * 1024 * 1024;

/// In what gateways are known to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quirks {
    /// Hashes are written with all their zeros.
    pub padded_hash: bool,
    /// The packet goes as the part `file_doc` of a multipart body, not as the body itself.
    pub multipart: bool,
}

impl Quirks {
    /// The words by which a setting names them.
    pub fn words(self) -> Vec<&'static str> {
        [("padded-hash", self.padded_hash), ("multipart", self.multipart)]
            .into_iter()
            .filter_map(|(word, on)| on.then_some(word))
            .collect()
    }

    /// Reads [`words`](Self::words); `None` if one is not known.
    pub fn read<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<Self> {
        let mut quirks = Self::default();
        for word in words {
            match word {
                "padded-hash" => quirks.padded_hash = true,
                "multipart" => quirks.multipart = true,
                _ => return None,
            }
        }
        Some(quirks)
    }
}

/// The line to a gateway of the axis.
pub struct AxisLine {
    caller: Arc<Caller>,
    connection: Connection,
}

impl AxisLine {
    /// Prepares the line; nothing is sent yet.
    pub fn new(address: ServerAddress, quirks: Quirks) -> Answer<Self> {
        Self::with(address, quirks, Patience::default(), Timestamp::now)
    }

    /// The same with other limits and another clock.
    pub fn with(
        address: ServerAddress,
        quirks: Quirks,
        patience: Patience,
        clock: fn() -> Timestamp,
    ) -> Answer<Self> {
        let connection = Connection::new(&address, patience)?;
        let client = connection.client.clone();
        Ok(Self { caller: Arc::new(Caller { client, address, quirks, clock }), connection })
    }

    /// A call whose parameters are all in its headers.
    fn call<T>(&self, path: &'static str, fields: Fields) -> Answer<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let caller = Arc::clone(&self.caller);
        self.connection.wait(&(), 0, |progress| async move {
            let response = caller.post(path, fields, None).await?;
            json(response, MAX_ANSWER, &progress).await
        })
    }

    fn fields(&self) -> Fields {
        self.caller.fields()
    }

    fn say(&self, server_id: &str, status: &str) -> Answer<()> {
        let fields = self
            .fields()
            .with("docid", self.caller.plain(server_id)?)
            .with("timestamp", &self.caller.now())
            .with("status", status);
        let said: Said = self.call("updateStatus", fields)?;
        self.caller.judge(&said)
    }

    /// To ask who is there is to prove who asks: where that is believed, a status that refuses
    /// one packet's call is not about the secret.
    fn of_this_packet(&self, error: ExchangeError) -> ExchangeError {
        match error {
            ExchangeError::BadCredentials { .. } if self.health().is_ok() => {
                strange("it refuses this call alone")
            }
            error => error,
        }
    }

    /// A list page by page, for as long as `take` wants more.
    fn pages<R>(
        &self,
        path: &'static str,
        kind: OutboxKind,
        mut take: impl FnMut(Vec<R>) -> bool,
    ) -> Answer<()>
    where
        R: DeserializeOwned + Clone + PartialEq + Send + 'static,
    {
        let mut begins = None;
        for page in 1..=MOST_PAGES {
            let fields = self
                .fields()
                .with("servicetype", "eDoc")
                .with("messagetype", message_type(kind))
                .with("timestamp", &self.caller.now());
            let fields = match page {
                1 => fields,
                _ => fields.with("pageIndex", &page.to_string()),
            };
            let answer: DataAnswer<Vec<R>> = self.call(path, fields)?;
            let rows = self.caller.rows(answer)?;
            let first = rows.first().cloned();
            // A gateway that knows no pages gives the first again.
            if first.is_none() || first == begins || !take(rows) {
                break;
            }
            begins = first;
        }
        Ok(())
    }
}

impl std::fmt::Debug for AxisLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AxisLine").field("address", &self.caller.address).finish_non_exhaustive()
    }
}

impl Line for AxisLine {
    /// The gateway has no call for this: the list of what was received is asked for, and what
    /// answers it as agreed is the gateway. Its clock stands in the answer's `Date`.
    fn health(&self) -> Answer<ServerInfo> {
        let caller = Arc::clone(&self.caller);
        let limit = PACKET_LIMIT.min(self.connection.patience.packet_limit);
        self.connection.wait(&(), 0, |progress| async move {
            let asked = (caller.clock)();
            let fields = caller
                .fields()
                .with("servicetype", "eDoc")
                .with("messagetype", message_type(OutboxKind::Status))
                .with("timestamp", &caller.now());
            let response = caller.post("getReceivedEdocList", fields, None).await?;
            let answered = (caller.clock)();
            let halfway = asked + answered.duration_since(asked) / 2;
            let told = date(&response);
            // A date is told in whole seconds: what is less than that is no difference.
            let skew = told
                .map(|told| told.duration_since(halfway))
                .filter(|skew| skew.abs() > SignedDuration::from_secs(1))
                .unwrap_or_default();
            let answer: DataAnswer<serde_json::Value> =
                json(response, MAX_ANSWER, &progress).await?;
            match caller.judge(&answer.said) {
                // A clock that is wrong is refused with the number of a wrong secret.
                Err(ExchangeError::BadCredentials { .. }) if skew.abs() > wire::CLOCK_WINDOW => {
                    return Err(ExchangeError::ClockSkew { seconds: skew.as_secs() });
                }
                judged => judged?,
            }
            let time = told.unwrap_or(answered);
            Ok(ServerInfo { version: "axis".to_owned(), time, skew, packet_limit: limit })
        })
    }

    fn send(&self, parcel: &Parcel, watch: &dyn Watch) -> Answer<Receipt> {
        let size = parcel.bytes.len() as u64;
        let to: Vec<&str> = parcel.to.iter().map(AgencyCode::as_str).collect();
        let to = serde_json::to_string(&to).map_err(|e| refused_here(&e.to_string()))?;
        let (bytes, kind) = (Arc::clone(&parcel.bytes), message_type(parcel.kind));
        let rate = self.connection.patience.rate;
        let caller = Arc::clone(&self.caller);
        let sent = self.connection.wait(watch, size, |progress| async move {
            let hash = wire::file_hash(&bytes, caller.quirks.padded_hash);
            let fields = caller
                .fields()
                .with("servicetype", "eDoc")
                .with("messagetype", kind)
                .with("hash-file", &hash)
                .with("from", caller.address.agency.as_str())
                .with("to", &to)
                .with("timestamp", &caller.now());
            let load = Load { bytes, pace: Pace::new(rate), progress: progress.clone() };
            let response = caller.post("sendEdoc", fields, Some(load)).await?;
            progress.reached(size);
            let received_at = date(&response).unwrap_or_else(|| (caller.clock)());
            let answer: SentAnswer = json(response, MAX_ANSWER, &Progress::default()).await?;
            caller.judge(&answer.said)?;
            let server_id = answer
                .doc_id
                .filter(|id| is_name(id))
                .map(|id| caller.named(&id))
                .ok_or_else(|| strange("it accepted a packet without naming it"))?;
            Ok(Receipt { server_id, received_at, signed: None })
        });
        sent.map_err(|error| self.of_this_packet(error))
    }

    /// What waits, documents first. The gateway takes what is confirmed off its list: a page
    /// begins behind the last of the one before where that still waits, and else at the head.
    fn inbox(&self, listing: Listing<'_>, limit: u32) -> Answer<InboxPage> {
        let Listing::Waiting(after) = listing else {
            return Ok(InboxPage { items: Vec::new(), next: None });
        };
        let (mut items, mut sought) = (Vec::new(), after);
        for kind in [OutboxKind::Document, OutboxKind::Status] {
            self.pages("getReceivedEdocList", kind, |rows: Vec<ReceivedRow>| {
                items.extend(rows.into_iter().filter_map(|row| self.caller.item(row, kind)));
                let of = |item: &InboxItem| Some(item.id.as_str()) == sought;
                if let Some(last) = items.iter().position(of) {
                    items.drain(..=last);
                    sought = None;
                }
                sought.is_some() || items.len() <= limit as usize
            })?;
        }
        let full = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| full).map(|last| last.id.clone());
        Ok(InboxPage { items, next })
    }

    /// From nothing each time: the gateway gives a packet whole.
    fn go_on_fetching(
        &self,
        item: &InboxItem,
        begun: &mut Vec<u8>,
        watch: &dyn Watch,
    ) -> Answer<()> {
        let rate = self.connection.patience.rate;
        let limit = self.connection.patience.packet_limit;
        let id = self.caller.plain(&item.id)?;
        let fields = self.fields().with("docId", id).with("timestamp", &self.caller.now());
        let caller = Arc::clone(&self.caller);
        let missing = item.id.clone();
        let fetched = self.connection.wait(watch, 0, |progress| async move {
            let response = caller.post("getEdoc", fields, None).await?;
            // How large a packet is shows when it comes, a third longer in base64.
            let most = limit.saturating_mul(4) / 3 + ENVELOPE;
            let too_large = |size| ExchangeError::TooLarge { size, limit };
            let bytes = body_within(response, most, Pace::new(rate), &progress).await?;
            let answer: DataAnswer<String> = read(&bytes.ok_or(too_large(most / 4 * 3))?)?;
            caller.judge(&answer.said)?;
            let text = answer.data.ok_or(ExchangeError::Missing(missing))?;
            let packet = BASE64.decode(text.trim()).map_err(|_| ExchangeError::Damaged)?;
            let size = packet.len() as u64;
            if size > limit { Err(too_large(size)) } else { Ok(packet) }
        });
        match fetched.map_err(|error| self.of_this_packet(error)) {
            Ok(bytes) => {
                *begun = bytes;
                Ok(())
            }
            Err(error) => {
                // What was answered and is of no use: said so, it is offered again.
                let answered = matches!(
                    error,
                    ExchangeError::Damaged
                        | ExchangeError::NotTheServer(_)
                        | ExchangeError::TooLarge { .. }
                );
                if answered && let Err(unheard) = self.say(&item.id, wire::FAIL) {
                    tracing::debug!(id = item.id, error = %unheard, "not told that fetching failed");
                }
                Err(error)
            }
        }
    }

    fn confirm(&self, server_id: &str, outcome: Outcome) -> Answer<()> {
        let status = match outcome {
            Outcome::Kept => wire::DONE,
            Outcome::Refused => wire::REJECTED,
        };
        self.say(server_id, status).map_err(|error| self.of_this_packet(error))
    }

    /// What has changed; from a gateway without that call all of them, whose list knows no
    /// versions.
    fn agencies(&self, since: u64) -> Answer<Directory> {
        match self.changed_agencies(since) {
            // It may list only what has ever changed.
            Ok(told) if since == 0 => self.all_agencies().map(|all| all.with(told)),
            Ok(told) => Ok(told),
            Err(
                ExchangeError::ServerFault { .. }
                | ExchangeError::NotTheServer(_)
                | ExchangeError::Refused { .. },
            ) => self.all_agencies(),
            Err(error) => Err(error),
        }
    }

    fn delivery(&self, server_id: &str) -> Answer<DeliveryState> {
        self.caller.plain(server_id)?;
        let mut told = Vec::new();
        self.deliveries(&[server_id], &mut told)?;
        told.pop().ok_or_else(|| ExchangeError::Missing(server_id.to_owned()))
    }

    /// The gateway tells it in its list of all that was sent, which is read once for all of them.
    fn deliveries(&self, server_ids: &[&str], told: &mut Vec<DeliveryState>) -> Answer<()> {
        let named = server_ids.iter().filter_map(|id| Some((self.caller.plain(id).ok()?, *id)));
        let mut sought: BTreeMap<&str, &str> = named.collect();
        for kind in [OutboxKind::Document, OutboxKind::Status] {
            let mut found: BTreeMap<&str, Vec<SentRow>> = BTreeMap::new();
            let read = if sought.is_empty() {
                Ok(())
            } else {
                self.pages("getSentEdocList", kind, |rows: Vec<SentRow>| {
                    // Rows of one packet, one for each recipient, may go on in the next page.
                    let last = rows.last().map(|last| last.sender_doc_id.clone());
                    let goes_on = last.is_some_and(|last| sought.contains_key(last.as_str()));
                    for row in rows {
                        if let Some((name, _)) = sought.get_key_value(row.sender_doc_id.as_str()) {
                            found.entry(name).or_default().push(row);
                        }
                    }
                    goes_on || found.len() < sought.len()
                })
            };
            for (name, rows) in found {
                told.extend(sought.remove(name).and_then(|id| delivery(id, kind, rows)));
            }
            read?;
        }
        Ok(())
    }
}

/// How far a parcel has come, from its rows.
fn delivery(server_id: &str, kind: OutboxKind, rows: Vec<SentRow>) -> Option<DeliveryState> {
    let received_at = moment(&rows.first()?.sent_time).unwrap_or(Timestamp::UNIX_EPOCH);
    let deliveries = rows.into_iter().filter_map(|row| {
        let outcome = match row.receive_status.as_str() {
            wire::DONE | wire::ACCEPTED => Some(Outcome::Kept),
            wire::REJECTED => Some(Outcome::Refused),
            _ => None,
        };
        let at = moment(&row.received_time);
        Some(RecipientState {
            to: AgencyCode::new(&row.to_code)?,
            fetched_at: at,
            outcome,
            confirmed_at: outcome.and(at),
            lapsed_at: None,
        })
    });
    Some(DeliveryState {
        id: server_id.to_owned(),
        kind,
        sha256: String::new(),
        size: 0,
        received_at,
        receipt: String::new(),
        number: 0,
        link: String::new(),
        deliveries: deliveries.collect(),
    })
}

/// A time in a list; its form is not fixed anywhere.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local = jiff::civil::DateTime::strptime("%Y/%m/%d %H:%M:%S", text)
            .or_else(|_| jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text));
        Some(local.ok()?.to_zoned(crate::domain::calendar::vietnam()).ok()?.timestamp())
    })
}

const fn message_type(kind: OutboxKind) -> &'static str {
    match kind {
        OutboxKind::Document => "edoc",
        OutboxKind::Status => "status",
    }
}

/// A name given by the gateway goes into a header again: plain characters alone.
fn is_name(id: &str) -> bool {
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
    plain && !id.is_empty() && id.len() <= 128
}

fn refused_here(why: &str) -> ExchangeError {
    ExchangeError::Refused { code: "bad-request".into(), detail: why.to_owned() }
}

fn strange(why: &str) -> ExchangeError {
    ExchangeError::NotTheServer(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_are_named_and_read() {
        let all = Quirks { padded_hash: true, multipart: true };
        for quirks in [Quirks::default(), all, Quirks { multipart: true, ..Quirks::default() }] {
            assert_eq!(Quirks::read(quirks.words()), Some(quirks));
        }
        assert_eq!(Quirks::read(["another"]), None);
    }

    #[test]
    fn names_fit_into_headers() {
        assert!(is_name("0199-abc_7"));
        for wrong in ["", "a b", "a\r\nb", "ệ", "a@b"] {
            assert!(!is_name(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn times_of_lists_are_vietnams() {
        assert_eq!(moment("2026/11/23 12:00:30"), "2026-11-23T05:00:30Z".parse().ok());
        assert_eq!(moment("2026-11-23 12:00:30"), "2026-11-23T05:00:30Z".parse().ok());
        assert_eq!(moment("2026-11-23T05:00:30Z"), "2026-11-23T05:00:30Z".parse().ok());
        assert_eq!(moment("hôm qua"), None);
    }
}
