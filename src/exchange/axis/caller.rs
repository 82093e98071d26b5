//! One call of the gateway: its headers and body, and what the answer means.

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, USER_AGENT};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response, StatusCode};
use serde::de::DeserializeOwned;

use super::wire::{self, DataAnswer, ErrorCode, Fields, ReceivedRow, Said};
use super::{MAX_ANSWER, Quirks, is_name, moment, refused_here, strange};
use crate::domain::agency::AgencyCode;
use crate::exchange::connection::{Pace, Progress, body, pieces, transport};
use crate::exchange::wire::{Code, Refusal};
use crate::exchange::{Answer, ExchangeError, InboxItem, OutboxKind, ServerAddress};

/// What every call needs.
pub(super) struct Caller {
    pub client: Client,
    pub address: ServerAddress,
    pub quirks: Quirks,
    pub clock: fn() -> Timestamp,
}

/// A packet on its way up.
pub(super) struct Load {
    pub bytes: Arc<[u8]>,
    pub pace: Pace,
    pub progress: Progress,
}

impl Caller {
    pub fn fields(&self) -> Fields {
        Fields::of(self.address.agency.as_str())
    }

    pub fn now(&self) -> String {
        wire::written_time((self.clock)())
    }

    /// All calls are posts. As the library's, lists have no body, and other calls without a packet
    /// one of two bytes.
    pub async fn post(&self, path: &str, fields: Fields, packet: Option<Load>) -> Answer<Response> {
        const JSON: &str = "application/json";
        const BYTES: &str = "application/octet-stream";
        let kind = if packet.is_some() { BYTES } else { JSON };
        let fields = fields.with("Content-Type", kind);
        let mut request = self
            .client
            .post(format!("{}/{path}", self.address.url))
            .header(USER_AGENT, wire::USER_AGENT)
            .header(wire::VERSION, wire::VERSION_VALUE);
        for (name, value) in fields.signed(self.address.secret.reveal().as_bytes()) {
            request = request.header(name, value);
        }
        request = match packet {
            Some(Load { bytes, pace, progress }) if self.quirks.multipart => {
                let size = bytes.len() as u64;
                let part = Part::stream_with_length(pieces(bytes, 0, pace, progress), size);
                let part = part.file_name("packet.edxml").mime_str(BYTES);
                let part = part.map_err(|e| refused_here(&e.to_string()))?;
                request.multipart(Form::new().part(wire::FILE_PART, part))
            }
            Some(Load { bytes, pace, progress }) => {
                // The library ends the body with a line break that the hash does not cover.
                let body: Arc<[u8]> = [&bytes, b"\r\n".as_slice()].concat().into();
                request
                    .header(CONTENT_TYPE, kind)
                    .header(CONTENT_LENGTH, body.len())
                    .body(pieces(body, 0, pace, progress))
            }
            None if path.ends_with("List") => {
                request.header(CONTENT_TYPE, kind).header(CONTENT_LENGTH, 0)
            }
            None => request.header(CONTENT_TYPE, kind).body("{}"),
        };
        let response = request.send().await.map_err(|e| transport(&e))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::TOO_MANY_REQUESTS => Err(ExchangeError::Busy),
            StatusCode::PAYLOAD_TOO_LARGE => Err(ExchangeError::TooLarge { size: 0, limit: 0 }),
            StatusCode::FORBIDDEN if self.address.identity.is_some() => {
                // Our own server says so before it looks at the call; a gateway may mean the
                // secret.
                match json::<Refusal>(response, MAX_ANSWER, &Progress::default()).await {
                    Ok(refusal) if refusal.code == Code::CertificateRefused => {
                        Err(ExchangeError::CertificateRefused(refusal.detail))
                    }
                    _ => Err(self.stranger()),
                }
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.stranger()),
            status if status.is_server_error() => Err(ExchangeError::ServerFault {
                status: status.as_u16(),
                detail: "said by the gateway or by something before it".into(),
            }),
            status => Err(strange(&format!("status {status}"))),
        }
    }

    /// A name that no other gateway gives.
    pub fn named(&self, id: &str) -> String {
        format!("{id}@{}", self.address.url.host())
    }

    /// The gateway's own name again.
    pub fn plain<'i>(&self, id: &'i str) -> Answer<&'i str> {
        let plain = id.split_once('@').filter(|(_, host)| *host == self.address.url.host());
        plain
            .map(|(plain, _)| plain)
            .filter(|plain| is_name(plain))
            .ok_or_else(|| refused_here("the packet's name is not one of this server"))
    }

    /// A row as an item; what names no sender cannot be asked for.
    pub fn item(&self, row: ReceivedRow, kind: OutboxKind) -> Option<InboxItem> {
        let Some(from) = AgencyCode::new(&row.from).filter(|_| is_name(&row.doc_id)) else {
            tracing::warn!(id = row.doc_id, from = row.from, "a row that cannot be asked for");
            return None;
        };
        Some(InboxItem {
            cursor: String::new(),
            id: self.named(&row.doc_id),
            kind,
            from,
            received_at: moment(&row.created_time).unwrap_or(Timestamp::UNIX_EPOCH),
            confirmed: row.status == wire::DONE,
            sha256: String::new(),
            size: 0,
        })
    }

    fn stranger(&self) -> ExchangeError {
        ExchangeError::BadCredentials { agency: self.address.agency.clone() }
    }

    /// What a refusal means. The codes are those of one provincial axis; what is not known is
    /// the server's fault, which waiting may mend.
    pub fn judge(&self, said: &Said) -> Answer<()> {
        if said.is_ok() {
            return Ok(());
        }
        let detail = said.describes.clone();
        Err(match ErrorCode::read(&said.code) {
            Some(ErrorCode::WrongSecret | ErrorCode::UnknownSender) => self.stranger(),
            Some(ErrorCode::UnknownReceiver | ErrorCode::Locked) => {
                let named = detail.split([',', ';', ' ']).filter_map(AgencyCode::new);
                ExchangeError::RecipientUnknown(named.collect())
            }
            Some(ErrorCode::FileNotValid | ErrorCode::WrongFormat) => {
                ExchangeError::Refused { code: said.code.clone(), detail }
            }
            Some(ErrorCode::System | ErrorCode::Processing) | None => ExchangeError::ServerFault {
                status: 200,
                detail: format!("{}: {detail}", said.code),
            },
        })
    }

    pub fn rows<T>(&self, answer: DataAnswer<Vec<T>>) -> Answer<Vec<T>> {
        self.judge(&answer.said)?;
        Ok(answer.data.unwrap_or_default())
    }
}

pub(super) async fn json<T: DeserializeOwned>(
    response: Response,
    most: u64,
    progress: &Progress,
) -> Answer<T> {
    read(&body(response, most, Pace::new(None), progress).await?)
}

pub(super) fn read<T: DeserializeOwned>(answer: &[u8]) -> Answer<T> {
    serde_json::from_slice(answer).map_err(|e| strange(&format!("an answer not as agreed: {e}")))
}

/// The server's clock, as HTTP tells it.
pub(super) fn date(response: &Response) -> Option<Timestamp> {
    let text = response.headers().get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}
