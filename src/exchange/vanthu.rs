//! The `vanthu` profile: our own server's REST interface (`assets/openapi.yaml`).

mod answer;
mod receipt;
mod transfer;
mod upload;

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder};
use serde::de::DeserializeOwned;

pub use super::connection::Patience;
use super::connection::{Connection, Progress, transport};
use super::wire::{self, Claim};
use super::{
    Answer, DeliveryState, Directory, ExchangeError, InboxItem, InboxPage, Line, Listing, Outcome,
    Parcel, Receipt, ServerAddress, ServerInfo, Watch, coding,
};

/// How long one call waits for something to come; the server allows 55 seconds.
const LISTENS: Duration = Duration::from_secs(50);
/// Largest answer other than a packet, in bytes.
const MAX_ANSWER: u64 = 8 * 1024 * 1024;

/// The line to a server of the `vanthu` profile.
pub struct VanthuLine {
    caller: Arc<Caller>,
    connection: Connection,
    /// The key of the server's receipts, as it named it last.
    receipt_key: Mutex<String>,
}

impl VanthuLine {
    /// Prepares the line; nothing is sent yet.
    pub fn new(address: ServerAddress) -> Answer<Self> {
        Self::with(address, Patience::default(), Timestamp::now)
    }

    /// The same with other limits and another clock.
    pub fn with(
        address: ServerAddress,
        patience: Patience,
        clock: fn() -> Timestamp,
    ) -> Answer<Self> {
        let connection = Connection::new(&address, patience)?;
        let agency_header = wire::escape(&address.agency);
        let client = connection.client.clone();
        Ok(Self {
            caller: Arc::new(Caller {
                client,
                address,
                agency_header,
                clock,
                unpacks: AtomicBool::new(false),
            }),
            connection,
            receipt_key: Mutex::new(String::new()),
        })
    }

    /// Runs `work` on the line's own thread and waits.
    fn wait<T, F, Fut>(&self, watch: &dyn Watch, of: u64, work: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnOnce(Arc<Caller>, Progress) -> Fut,
        Fut: Future<Output = Answer<T>> + Send + 'static,
    {
        let caller = Arc::clone(&self.caller);
        self.connection.wait(watch, of, |progress| work(caller, progress))
    }

    /// A small call: request and answer in JSON, or neither.
    fn call<T>(&self, method: Method, target: String, body: Option<Vec<u8>>) -> Answer<T>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.wait(&(), 0, |caller, progress| async move {
            let call = Call { method, target: &target, ..Call::default() };
            let sha256 = body.as_deref().map(wire::sha256_hex).unwrap_or_default();
            let mut request = caller.request(&Call { sha256: &sha256, ..call });
            if let Some(body) = body {
                request = request.header(CONTENT_TYPE, "application/json").body(body);
            }
            let response = request.send().await.map_err(|e| transport(&e))?;
            let response = answer::judge(response, &caller, None).await?;
            answer::json(response, &progress).await
        })
    }
}

impl std::fmt::Debug for VanthuLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VanthuLine").field("address", &self.caller.address).finish_non_exhaustive()
    }
}

impl Line for VanthuLine {
    fn health(&self) -> Answer<ServerInfo> {
        let (info, receipt_key) = self.wait(&(), 0, |caller, progress| async move {
            let asked = (caller.clock)();
            let request = caller.unsigned(Method::GET, "/v1/health");
            let response = request.send().await.map_err(|e| transport(&e))?;
            let response = answer::judge(response, &caller, None).await?;
            let health: wire::Health = answer::json(response, &progress).await?;
            let answered = (caller.clock)();
            if health.name != wire::NAME {
                return Err(ExchangeError::NotTheServer(format!("it is named {:?}", health.name)));
            }
            // The server looked at its clock about half way between asking and hearing.
            let halfway = asked + answered.duration_since(asked) / 2;
            let info = ServerInfo {
                version: health.version,
                time: health.time,
                skew: health.time.duration_since(halfway),
                packet_limit: health.packet_limit,
            };
            Ok((info, health.receipt_key))
        })?;
        *open(&self.receipt_key) = receipt_key;
        Ok(info)
    }

    fn send(&self, parcel: &Parcel, watch: &dyn Watch) -> Answer<Receipt> {
        let key = wire::idempotency_key(&parcel.key);
        let before = if parcel.tried { self.sent_before(&key)? } else { None };
        let accepted = match before {
            Some(accepted) => accepted,
            None => match self.upload(parcel, &key, watch) {
                // The answer may have been lost after the parcel had arrived; or the refusal,
                // when the server closed the connection before it had read all of the parcel.
                // Asking costs one small call, where sending again costs the whole parcel.
                Err(ExchangeError::Cut(cause)) => match self.sent_before(&key) {
                    Ok(Some(accepted)) => accepted,
                    Err(
                        error @ (ExchangeError::BadCredentials { .. }
                        | ExchangeError::CertificateRefused(_)),
                    ) => return Err(error),
                    _ => return Err(ExchangeError::Cut(cause)),
                },
                answer => answer?,
            },
        };
        Ok(self.receipt(accepted, &wire::sha256_hex(&parcel.bytes)))
    }

    /// Their codes stand in one line of the head.
    fn most_recipients(&self) -> u32 {
        100
    }

    fn accepted(&self, key: &str, bytes: &[u8]) -> Answer<Option<Receipt>> {
        let accepted = self.sent_before(&wire::idempotency_key(key))?;
        Ok(accepted.map(|accepted| self.receipt(accepted, &wire::sha256_hex(bytes))))
    }

    fn inbox(&self, listing: Listing<'_>, limit: u32) -> Answer<InboxPage> {
        let (after, waiting) = match listing {
            Listing::After(after) => (after, ""),
            Listing::Waiting(after) => (after, "&waiting=true"),
        };
        let after = parameter(after)?;
        self.call(Method::GET, format!("/v1/inbox?limit={limit}{waiting}{after}"), None)
    }

    fn go_on_fetching(
        &self,
        item: &InboxItem,
        begun: &mut Vec<u8>,
        watch: &dyn Watch,
    ) -> Answer<()> {
        self.download(item, begun, watch)
    }

    fn listen(
        &self,
        after: Option<&str>,
        at_most: Duration,
        watch: &dyn Watch,
    ) -> Option<Answer<bool>> {
        // A call in which nothing moves for too long would be taken for a line that is gone.
        let longest = LISTENS.min(self.connection.patience.stall / 2);
        let began = Instant::now();
        Some(loop {
            let left = at_most.saturating_sub(began.elapsed());
            match self.listen_once(after, left.min(longest), watch) {
                Ok(false) if left > longest => {}
                answer => break answer,
            }
        })
    }

    fn confirm(&self, server_id: &str, outcome: Outcome) -> Answer<()> {
        let body = serde_json::to_vec(&wire::Confirmation { state: outcome })
            .map_err(|e| refused_here(&e.to_string()))?;
        let target = format!("/v1/packets/{}/receipt", id(server_id)?);
        self.call::<serde_json::Value>(Method::POST, target, Some(body)).map(drop)
    }

    fn agencies(&self, since: u64) -> Answer<Directory> {
        self.call(Method::GET, format!("/v1/agencies?since={since}"), None)
    }

    fn delivery(&self, server_id: &str) -> Answer<DeliveryState> {
        self.call(Method::GET, format!("/v1/outbox/{}", id(server_id)?), None)
    }
}

impl VanthuLine {
    fn listen_once(
        &self,
        after: Option<&str>,
        at_most: Duration,
        watch: &dyn Watch,
    ) -> Answer<bool> {
        let (after, wait) = (parameter(after)?, at_most.as_secs());
        let target = format!("/v1/inbox?limit=1&wait={wait}{after}");
        self.wait(watch, 0, |caller, progress| async move {
            let call = Call { method: Method::GET, target: &target, ..Call::default() };
            let response = caller.request(&call).send().await.map_err(|e| transport(&e))?;
            let response = answer::judge(response, &caller, None).await?;
            let page: InboxPage = answer::json(response, &progress).await?;
            Ok(!page.items.is_empty())
        })
    }
}

/// Where a list begins. A cursor is the server's, but it has lain in our database since.
fn parameter(after: Option<&str>) -> Answer<String> {
    match after {
        None => Ok(String::new()),
        Some(cursor) if cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
            Ok(format!("&after={cursor}"))
        }
        Some(_) => Err(refused_here("the cursor is not one of this server")),
    }
}

/// Who calls whom; shared with the work on the line's thread.
struct Caller {
    client: Client,
    address: ServerAddress,
    agency_header: String,
    clock: fn() -> Timestamp,
    /// The server has said that it takes packed bodies.
    unpacks: AtomicBool,
}

/// What decides the signature of a call.
#[derive(Default)]
struct Call<'a> {
    method: Method,
    target: &'a str,
    sha256: &'a str,
    to: &'a str,
    kind: &'a str,
    key: &'a str,
}

impl Caller {
    /// Notes what an answer says of the server (RFC 9110 section 12.5.3).
    fn hear(&self, headers: &HeaderMap) {
        let accept = headers.get(ACCEPT_ENCODING).and_then(|accept| accept.to_str().ok());
        self.unpacks.store(accept.is_some_and(coding::is_taken), Ordering::Relaxed);
    }

    /// Whether packed bodies may be sent.
    fn packs(&self) -> bool {
        self.unpacks.load(Ordering::Relaxed)
    }

    fn unsigned(&self, method: Method, target: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{target}", self.address.url))
            .header(ACCEPT_ENCODING, coding::ZSTD)
    }

    /// A request with its signature; the body is the caller's to add.
    fn request(&self, call: &Call<'_>) -> RequestBuilder {
        let time = (self.clock)().to_string();
        let claim = Claim {
            method: call.method.as_str(),
            target: call.target,
            agency: &self.agency_header,
            time: &time,
            sha256: call.sha256,
            to: call.to,
            kind: call.kind,
            key: call.key,
        };
        let secret = self.address.secret.reveal();
        // Where there is none the certificate alone says who calls.
        let signature =
            if secret.is_empty() { String::new() } else { claim.sign(secret.as_bytes()) };
        let mut request = self
            .unsigned(call.method.clone(), call.target)
            .header(wire::AGENCY, &self.agency_header)
            .header(wire::TIME, &time);
        for (name, value) in [
            (wire::SIGNATURE, signature.as_str()),
            (wire::SHA256, call.sha256),
            (wire::TO, call.to),
            (wire::KIND, call.kind),
            (wire::IDEMPOTENCY_KEY, call.key),
        ] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        request
    }
}

/// A name given by the server, before it goes into a path again.
fn id(server_id: &str) -> Answer<&str> {
    let plain = server_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain && !server_id.is_empty() && server_id.len() <= 64 {
        Ok(server_id)
    } else {
        Err(refused_here("the packet's name is not one of this server"))
    }
}

fn refused_here(why: &str) -> ExchangeError {
    ExchangeError::Refused { code: "bad-request".into(), detail: why.to_owned() }
}

/// A poisoned lock only says that a thread ended while it held what is in it: here a part of
/// a packet, whose hash is checked in any case.
fn open<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How the clocks stand, from a refusal's own time.
fn skew(server: Timestamp, here: Timestamp) -> SignedDuration {
    server.duration_since(here)
}
