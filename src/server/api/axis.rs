//! The gateway calls of the national axis, for clients that were written for it.
//!
//! The system of a call is an agency, its secret the same as in our own profile. What a
//! client may do is what it may do there: act as itself, no more. See
//! [`exchange::axis`](crate::exchange::axis) for what the calls are and where that is from.
//!
//! Every answer has status 200, refusals too, for that is what such clients read.

mod agencies;
mod packets;
mod window;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

pub(super) use self::agencies::{list as agencies, not_here, units};
pub(super) use self::packets::{download, get, send};
use self::window::Window;
use super::App;
use crate::domain::agency::AgencyCode;
use crate::domain::calendar;
use crate::exchange::axis::wire::{
    self, DataAnswer, ErrorCode, Fields, ReceivedRow, Said, SentRow,
};
use crate::exchange::wire::Code;
use crate::exchange::{OutboxKind, Outcome, RecipientState};
use crate::server::ServerError;
use crate::server::Shared;
use crate::server::refusal::{Reason, Refused};
use crate::server::storage::{Arrived, Packet, Sent, now};

/// Rows of a list when nothing is said, and at most.
const ROWS: u32 = 500;
/// Deliveries looked through at once for those of a kind.
const STEP: u32 = 500;

/// A refusal in the gateway's form, and the name that it has in our own profile, under which it
/// is counted.
pub(super) struct Failed {
    said: Said,
    reason: Code,
}

pub(super) type Answered<T> = Result<T, Failed>;

impl Failed {
    fn new(code: ErrorCode, describes: impl Into<String>) -> Self {
        let reason = match code {
            ErrorCode::WrongSecret => Code::BadCredentials,
            ErrorCode::UnknownReceiver => Code::RecipientUnknown,
            ErrorCode::Locked => Code::RecipientClosed,
            ErrorCode::System => Code::TimedOut,
            ErrorCode::FileNotValid
            | ErrorCode::UnknownSender
            | ErrorCode::Processing
            | ErrorCode::WrongFormat => Code::BadRequest,
        };
        Self { said: Said::fail(code, describes), reason }
    }

    /// The same, counted under another name.
    fn counted_as(self, reason: Code) -> Self {
        Self { reason, ..self }
    }

    fn no_packet() -> Self {
        Self::new(ErrorCode::Processing, "there is no such packet").counted_as(Code::NotFound)
    }

    fn of_secret() -> Self {
        Self::new(ErrorCode::WrongSecret, "systemid and signature do not match")
    }
}

impl From<Refused> for Failed {
    /// What failed inside is logged already, and no caller's business.
    fn from(refused: Refused) -> Self {
        let receivers = |code| Self::new(code, refused.at_fault().join(", "));
        let failed = match refused.code() {
            Code::RecipientUnknown => receivers(ErrorCode::UnknownReceiver),
            Code::RecipientClosed => receivers(ErrorCode::Locked),
            Code::Busy => Self::new(ErrorCode::System, "too much for now, try again later"),
            Code::OverQuota => Self::new(ErrorCode::System, "that is enough for today"),
            Code::TooLarge => {
                Self::new(ErrorCode::FileNotValid, "more than the office may send on a day")
            }
            _ => Self::new(ErrorCode::System, "the server's storage failed"),
        };
        failed.counted_as(refused.code())
    }
}

impl From<ServerError> for Failed {
    fn from(error: ServerError) -> Self {
        Refused::from(error).into()
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let mut response = Json(self.said).into_response();
        response.extensions_mut().insert(Reason(self.reason.name()));
        response
    }
}

/// An agency that has proved itself, and what it asks.
pub(super) struct Asked {
    pub agency: AgencyCode,
    pub fields: Fields,
}

impl Asked {
    /// Checks signature, then clock.
    pub(super) async fn of(headers: &HeaderMap, shared: &Arc<Shared>) -> Answered<Self> {
        let system = value(headers, "XroadVnpt-systemid");
        let agency = system.and_then(AgencyCode::new).ok_or_else(Failed::of_secret)?;
        let fields = shared
            .prove(&agency, |secret| Fields::verify(|name| value(headers, name), secret).ok());
        let fields = fields.await?.ok_or_else(Failed::of_secret)?;
        // The signature must cover who is asking.
        if fields.get("systemid") != Some(agency.as_str()) {
            return Err(Failed::of_secret());
        }
        let time = fields.get("timestamp").and_then(wire::read_time);
        let time = time.ok_or_else(|| Failed::new(ErrorCode::WrongSecret, "no timestamp"))?;
        if time.duration_since(Timestamp::now()).abs() > wire::CLOCK_WINDOW {
            let here = wire::written_time(Timestamp::now());
            let why = format!("it is {here} here");
            return Err(Failed::new(ErrorCode::WrongSecret, why).counted_as(Code::ClockSkew));
        }
        shared.pace(&agency)?;
        Ok(Self { agency, fields })
    }

    /// What the list or packet is of.
    fn kind(&self) -> Answered<OutboxKind> {
        match self.fields.get("messagetype") {
            Some("edoc") => Ok(OutboxKind::Document),
            Some("status") => Ok(OutboxKind::Status),
            _ => Err(Failed::new(ErrorCode::Processing, "messagetype is neither edoc nor status")),
        }
    }

    /// A packet by the name that a field gives it.
    fn packet(&self) -> Answered<Uuid> {
        let name = self.fields.get("docid").and_then(|name| name.parse().ok());
        name.ok_or_else(Failed::no_packet)
    }

    /// How many rows, and how many pages of them before.
    fn page(&self) -> (u32, u32) {
        let number = |name| self.fields.get(name).and_then(|text| text.parse::<u32>().ok());
        let size = number("pageSize").unwrap_or(ROWS).clamp(1, ROWS);
        (size, number("pageIndex").unwrap_or(1).saturating_sub(1))
    }
}

/// A header's text, if it is there once and plain.
fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// `getReceivedEdocList`: what waits, of what came between `fromDate` and `toDate`.
pub(super) async fn received(State(shared): App, headers: HeaderMap) -> Answered<Response> {
    let asked = Asked::of(&headers, &shared).await?;
    let (kind, window) = (asked.kind()?, Window::of(&asked.fields)?);
    let (size, pages) = asked.page();
    let skipped = u64::from(size) * u64::from(pages);
    shared.notebook.seen(&asked.agency, now());
    let (mut rows, mut after, mut passed) = (Vec::new(), 0, 0);
    loop {
        let step = shared.storage.inbox(&asked.agency, after, true, STEP).await?;
        let ended = (step.len() as u64) < u64::from(STEP);
        for arrived in step {
            after = arrived.place;
            if arrived.packet.kind != kind || !window.has(arrived.packet.received_at) {
                continue;
            }
            if passed < skipped {
                passed += 1;
            } else if rows.len() < size as usize {
                rows.push(received_row(&arrived, &asked.agency));
            }
        }
        if ended || rows.len() >= size as usize {
            return Ok(data(rows));
        }
    }
}

/// `countReceiveEdoc` and `countReceiveStatus`: of what came between `fromDate` and `toDate`.
pub(super) async fn count(
    shared: Arc<Shared>,
    headers: HeaderMap,
    kind: OutboxKind,
) -> Answered<Response> {
    #[derive(Serialize)]
    struct Counted {
        #[serde(flatten)]
        said: Said,
        count: u64,
    }
    let asked = Asked::of(&headers, &shared).await?;
    let window = Window::of(&asked.fields)?;
    let (mut after, mut count) = (0, 0);
    loop {
        let step = shared.storage.inbox(&asked.agency, after, true, STEP).await?;
        let ended = (step.len() as u64) < u64::from(STEP);
        for arrived in step {
            after = arrived.place;
            let Packet { kind: found, received_at, .. } = arrived.packet;
            count += u64::from(found == kind && window.has(received_at));
        }
        if ended {
            return Ok(Json(Counted { said: Said::ok(), count }).into_response());
        }
    }
}

/// `getSentEdocList`: newest first, one row for each recipient, of what was sent between
/// `fromDate` and `toDate`.
pub(super) async fn sent(State(shared): App, headers: HeaderMap) -> Answered<Response> {
    let asked = Asked::of(&headers, &shared).await?;
    let (kind, window) = (asked.kind()?, Window::of(&asked.fields)?);
    let (size, pages) = asked.page();
    let skipped = u64::from(size) * u64::from(pages);
    let (mut rows, mut seen, mut passed) = (Vec::new(), 0, 0);
    loop {
        let step = shared.storage.outbox(&asked.agency, kind, seen, STEP).await?;
        seen = seen.saturating_add(STEP);
        let ended = (step.len() as u64) < u64::from(STEP)
            || step.last().is_some_and(|oldest| window.is_after(oldest.packet.received_at));
        let within = step.iter().filter(|sent| window.has(sent.packet.received_at));
        for sent in within {
            if passed >= skipped && passed < skipped + u64::from(size) {
                rows.extend(sent_rows(sent));
            }
            passed += 1;
        }
        if ended || passed >= skipped + u64::from(size) {
            return Ok(data(rows));
        }
    }
}

/// `updateStatus`: `done` and `rejection` end the wait; any other word leaves the packet where it
/// is and says that it was fetched.
pub(super) async fn update_status(State(shared): App, headers: HeaderMap) -> Answered<Response> {
    let asked = Asked::of(&headers, &shared).await?;
    let id = asked.packet()?;
    let outcome = match asked.fields.get("status") {
        Some(wire::DONE | wire::ACCEPTED) => Some(Outcome::Kept),
        Some(wire::REJECTED) => Some(Outcome::Refused),
        Some(wire::FAIL | "processing" | "inbox") => None,
        _ => return Err(Failed::new(ErrorCode::Processing, "the status is not one of the list")),
    };
    let (storage, agency) = (&shared.storage, &asked.agency);
    let there = match outcome {
        Some(outcome) => storage.confirm(agency, id, outcome, now()).await?.is_some(),
        None => storage.fetch(agency, id, now()).await?.is_some(),
    };
    if !there {
        return Err(Failed::no_packet());
    }
    Ok(Json(Said::ok()).into_response())
}

fn data<T: Serialize>(rows: Vec<T>) -> Response {
    Json(DataAnswer { said: Said::ok(), data: Some(rows) }).into_response()
}

fn local(at: Timestamp) -> String {
    calendar::local(at).strftime("%Y/%m/%d %H:%M:%S").to_string()
}

const fn message_type(kind: OutboxKind) -> &'static str {
    match kind {
        OutboxKind::Document => "edoc",
        OutboxKind::Status => "status",
    }
}

fn received_row(arrived: &Arrived, to: &AgencyCode) -> ReceivedRow {
    let packet = &arrived.packet;
    ReceivedRow {
        doc_id: packet.id.to_string(),
        service_type: "eDoc".into(),
        message_type: message_type(packet.kind).into(),
        created_time: local(packet.received_at),
        updated_time: local(packet.received_at),
        from: packet.sender.to_string(),
        to: to.to_string(),
        status: "inbox".into(),
        status_desc: "Chờ nhận".into(),
    }
}

fn sent_rows(sent: &Sent) -> Vec<SentRow> {
    let packet = &sent.packet;
    let row = |delivery: &RecipientState| {
        let RecipientState { outcome, fetched_at, lapsed_at, .. } = delivery;
        let (status, describes) = match (outcome, lapsed_at, fetched_at) {
            (Some(Outcome::Kept), ..) => (wire::DONE, "Đã nhận"),
            (Some(Outcome::Refused), ..) => (wire::REJECTED, "Từ chối"),
            (None, Some(_), _) => (wire::FAIL, "Hết hạn lưu mà chưa nhận"),
            (None, None, Some(_)) => ("processing", "Đang nhận"),
            (None, None, None) => ("inbox", "Chờ nhận"),
        };
        let received = delivery.confirmed_at.or(delivery.fetched_at);
        SentRow {
            service_type: "eDoc".into(),
            sender_doc_id: packet.id.to_string(),
            receiver_doc_id: packet.id.to_string(),
            from_code: packet.sender.to_string(),
            to_code: delivery.to.to_string(),
            message_type: message_type(packet.kind).into(),
            sent_time: local(packet.received_at),
            received_time: received.map(local).unwrap_or_default(),
            send_status: wire::DONE.into(),
            send_status_desc: "Đã gửi".into(),
            receive_status: status.into(),
            receive_status_desc: describes.into(),
            // The server does not read what it carries.
            title: String::new(),
            notation: String::new(),
        }
    };
    sent.deliveries.iter().map(row).collect()
}
