//! The `vanthu` profile: our own server's REST interface (`assets/openapi.yaml`).
//!
//! The async work runs on one thread that belongs to the line. A caller waits for it without
//! entering that runtime, so it may itself stand on a plain thread, in `spawn_blocking`, or
//! (though it then holds that thread up) in an async function. While it waits it looks
//! every tenth of a second whether the work was called off or has stalled: what counts is
//! not how long a call takes, for a slow line may take an hour over a large packet, but
//! whether anything still moves.

mod answer;
mod transfer;

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder, redirect};
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};

use self::transfer::Partial;
use super::wire::{self, Claim};
use super::{
    Answer, DeliveryState, Directory, ExchangeError, InboxItem, InboxPage, Line, Listing, Outcome,
    Parcel, Receipt, ServerAddress, ServerInfo, Watch,
};

/// Largest answer other than a packet, in bytes.
const MAX_ANSWER: u64 = 8 * 1024 * 1024;
/// How long the server may take to take up the connection.
const CONNECT: Duration = Duration::from_secs(15);
/// How often a waiting caller looks up.
const LOOK: Duration = Duration::from_millis(100);

/// How patient the line is; the defaults suit an office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Nothing moved for so long: the call is given up.
    pub stall: Duration,
    /// So many broken connections in a row that brought nothing: a fetch is given up.
    pub barren: u32,
    /// Pause after a connection that brought nothing.
    pub pause: Duration,
    /// The largest packet that is taken, in bytes.
    pub packet_limit: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            stall: Duration::from_secs(60),
            barren: 3,
            pause: Duration::from_millis(500),
            packet_limit: 256 * 1024 * 1024,
        }
    }
}

/// The line to a server of the `vanthu` profile.
pub struct VanthuLine {
    caller: Arc<Caller>,
    patience: Patience,
    /// What a broken fetch had brought: the next one goes on from there.
    partial: Mutex<Option<Partial>>,
    /// `Some` until dropped.
    runtime: Option<Runtime>,
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
        let mut builder = Client::builder()
            .user_agent(concat!("vanthu/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // A redirect is how captive portals answer; the server never does.
            .redirect(redirect::Policy::none())
            .pool_idle_timeout(Duration::from_secs(20));
        if let Some(authorities) = address.trust.authorities()? {
            builder = builder.tls_certs_only(authorities);
        }
        if address.url.is_loopback() {
            builder = builder.no_proxy();
        }
        // What fails here is the verifier of certificates; the address is parsed already.
        let client = builder
            .build()
            .map_err(|e| ExchangeError::Untrusted(format!("TLS cannot be set up: {e}")))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("exchange")
            .enable_all()
            .build()
            .map_err(|e| ExchangeError::Unreachable(format!("no thread for the line: {e}")))?;
        let agency_header = wire::escape(&address.agency);
        Ok(Self {
            caller: Arc::new(Caller { client, address, agency_header, clock }),
            patience,
            partial: Mutex::new(None),
            runtime: Some(runtime),
        })
    }

    /// Runs `work` on the line's own thread and waits. `work` reports every step forward to
    /// the [`Progress`] that it is given.
    fn wait<T, F, Fut>(&self, watch: &dyn Watch, of: u64, work: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnOnce(Arc<Caller>, Progress) -> Fut,
        Fut: Future<Output = Answer<T>> + Send + 'static,
    {
        let Some(runtime) = &self.runtime else { return Err(ExchangeError::Cancelled) };
        if watch.cancelled() {
            return Err(ExchangeError::Cancelled);
        }
        let progress = Progress::default();
        let future = work(Arc::clone(&self.caller), progress.clone());
        let (done, answer) = sync_channel(1);
        let task = runtime.spawn(async move {
            // The other end is gone only when the caller gave up waiting.
            let _ = done.send(future.await);
        });
        let (mut seen, mut since) = (progress.steps(), Instant::now());
        loop {
            match answer.recv_timeout(LOOK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(ExchangeError::Cut("the line's thread ended".into()));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if of > 0 {
                watch.bytes(progress.bytes(), of);
            }
            if watch.cancelled() {
                task.abort();
                return Err(ExchangeError::Cancelled);
            }
            let steps = progress.steps();
            if steps != seen {
                (seen, since) = (steps, Instant::now());
            } else if since.elapsed() > self.patience.stall {
                task.abort();
                return Err(ExchangeError::TimedOut { seconds: self.patience.stall.as_secs() });
            }
        }
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
            let response = request.send().await.map_err(|e| answer::transport(&e))?;
            let response = answer::judge(response, &caller, None).await?;
            answer::json(response, &progress).await
        })
    }
}

impl Drop for VanthuLine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Unlike dropping it, this is allowed wherever the line itself is dropped.
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for VanthuLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VanthuLine").field("address", &self.caller.address).finish_non_exhaustive()
    }
}

impl Line for VanthuLine {
    fn health(&self) -> Answer<ServerInfo> {
        self.wait(&(), 0, |caller, progress| async move {
            let asked = (caller.clock)();
            let request = caller.unsigned(Method::GET, "/v1/health");
            let response = request.send().await.map_err(|e| answer::transport(&e))?;
            let response = answer::judge(response, &caller, None).await?;
            let health: wire::Health = answer::json(response, &progress).await?;
            let answered = (caller.clock)();
            if health.name != wire::NAME {
                return Err(ExchangeError::NotTheServer(format!("it is named {:?}", health.name)));
            }
            // The server looked at its clock about half way between asking and hearing.
            let halfway = asked + answered.duration_since(asked) / 2;
            Ok(ServerInfo {
                version: health.version,
                time: health.time,
                skew: health.time.duration_since(halfway),
                packet_limit: health.packet_limit,
            })
        })
    }

    fn send(&self, parcel: &Parcel, watch: &dyn Watch) -> Answer<Receipt> {
        let key = wire::idempotency_key(&parcel.key);
        if parcel.tried
            && let Some(receipt) = self.sent_before(&key)?
        {
            return Ok(receipt);
        }
        match self.upload(parcel, &key, watch) {
            // The answer may have been lost after the parcel had arrived; or the refusal,
            // when the server closed the connection before it had read all of the parcel.
            // Asking costs one small call, where sending again costs the whole parcel.
            Err(ExchangeError::Cut(cause)) => match self.sent_before(&key) {
                Ok(Some(receipt)) => Ok(receipt),
                Err(error @ ExchangeError::BadCredentials { .. }) => Err(error),
                _ => Err(ExchangeError::Cut(cause)),
            },
            answer => answer,
        }
    }

    fn inbox(&self, listing: Listing<'_>, limit: u32) -> Answer<InboxPage> {
        let (after, waiting) = match listing {
            Listing::After(after) => (after, ""),
            Listing::Waiting(after) => (after, "&waiting=true"),
        };
        let after = match after {
            None => String::new(),
            // A cursor is the server's, but it has lain in our database since.
            Some(cursor) if cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                format!("&after={cursor}")
            }
            Some(_) => return Err(refused_here("the cursor is not one of this server")),
        };
        self.call(Method::GET, format!("/v1/inbox?limit={limit}{waiting}{after}"), None)
    }

    fn fetch(&self, item: &InboxItem, watch: &dyn Watch) -> Answer<Vec<u8>> {
        self.download(item, watch)
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

/// Who calls whom; shared with the work on the line's thread.
struct Caller {
    client: Client,
    address: ServerAddress,
    agency_header: String,
    clock: fn() -> Timestamp,
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
    fn unsigned(&self, method: Method, target: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{target}", self.address.url))
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
        let signature = claim.sign(self.address.secret.reveal().as_bytes());
        let mut request = self
            .unsigned(call.method.clone(), call.target)
            .header(wire::AGENCY, &self.agency_header)
            .header(wire::TIME, &time)
            .header(wire::SIGNATURE, signature);
        for (name, value) in [
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

/// How far a piece of work has come, seen from both threads.
#[derive(Clone, Default)]
struct Progress(Arc<(AtomicU64, AtomicU64)>);

impl Progress {
    /// `done` bytes have passed in all.
    fn reached(&self, done: u64) {
        self.0.0.store(done, Ordering::Relaxed);
        self.0.1.fetch_add(1, Ordering::Relaxed);
    }

    fn bytes(&self) -> u64 {
        self.0.0.load(Ordering::Relaxed)
    }

    fn steps(&self) -> u64 {
        self.0.1.load(Ordering::Relaxed)
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
