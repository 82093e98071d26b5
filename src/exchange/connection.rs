//! What every line stands on: an HTTP client, a thread for its async work, and patience.
//!
//! The async work runs on one thread that belongs to the connection. A caller waits for it
//! without entering that runtime, so it may itself stand on a plain thread, in
//! `spawn_blocking`, or (though it then holds that thread up) in an async function. While it
//! waits it looks every tenth of a second whether the work was called off or has stalled:
//! what counts is not how long a call takes, for a slow line may take an hour over a large
//! packet, but whether anything still moves.

use std::error::Error as _;
use std::future::Future;
use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use futures::stream;
use reqwest::header::CONTENT_ENCODING;
use reqwest::{Body, Client, Response, redirect};
use tokio::runtime::{Builder, Runtime};

use super::coding::{Unpacker, ZSTD};
use super::{Answer, ExchangeError, ServerAddress, Watch};

/// How long the server may take to take up the connection.
const CONNECT: Duration = Duration::from_secs(15);
/// How the body of an upload is cut, in bytes; also the grain of its progress.
pub(super) const PIECE: usize = 64 * 1024;
/// How often a waiting caller looks up.
const LOOK: Duration = Duration::from_millis(100);

/// How patient a line is; the defaults suit an office.
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
    /// Bytes per second at most, each way, while a packet goes over the line; `None` is as fast
    /// as it goes.
    pub rate: Option<NonZeroU32>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            stall: Duration::from_secs(60),
            barren: 3,
            pause: Duration::from_millis(500),
            packet_limit: 256 * 1024 * 1024,
            rate: None,
        }
    }
}

/// The client and the thread of one line.
pub(super) struct Connection {
    pub client: Client,
    pub patience: Patience,
    /// `Some` until dropped.
    runtime: Option<Runtime>,
}

impl Connection {
    /// Prepares it; nothing is sent yet.
    pub fn new(address: &ServerAddress, patience: Patience) -> Answer<Self> {
        let mut builder = Client::builder()
            .user_agent(concat!("vanthu/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // A redirect is how captive portals answer; the server never does.
            .redirect(redirect::Policy::none())
            .pool_idle_timeout(Duration::from_secs(20));
        if let Some(authorities) = address.trust.authorities()? {
            builder = builder.tls_certs_only(authorities);
        }
        if let Some(identity) = &address.identity {
            builder = builder.identity(identity.own());
        }
        if address.url.is_loopback() {
            builder = builder.no_proxy();
        }
        // What fails here is the verifier of certificates, or a key that is not our own
        // certificate's; the address is parsed already.
        let client = builder.build().map_err(|e| {
            let cause = format!("TLS cannot be set up: {}", causes(&e));
            match address.identity {
                Some(_) => ExchangeError::BadCertificate(cause),
                None => ExchangeError::Untrusted(cause),
            }
        })?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("exchange")
            .enable_all()
            .build()
            .map_err(|e| ExchangeError::Unreachable(format!("no thread for the line: {e}")))?;
        Ok(Self { client, patience, runtime: Some(runtime) })
    }

    /// Runs `work` on the connection's own thread and waits. `work` reports every step
    /// forward to the [`Progress`] that it is given.
    pub fn wait<T, F, Fut>(&self, watch: &dyn Watch, of: u64, work: F) -> Answer<T>
    where
        T: Send + 'static,
        F: FnOnce(Progress) -> Fut,
        Fut: Future<Output = Answer<T>> + Send + 'static,
    {
        let Some(runtime) = &self.runtime else { return Err(ExchangeError::Cancelled) };
        if watch.cancelled() {
            return Err(ExchangeError::Cancelled);
        }
        let progress = Progress::default();
        let future = work(progress.clone());
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
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Unlike dropping it, this is allowed wherever the line itself is dropped.
            runtime.shutdown_background();
        }
    }
}

/// How far a piece of work has come, seen from both threads.
#[derive(Clone, Default)]
pub(super) struct Progress(Arc<(AtomicU64, AtomicU64)>);

impl Progress {
    /// `done` bytes have passed in all.
    pub fn reached(&self, done: u64) {
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

/// Keeps what goes over the line below so many bytes per second.
pub(super) struct Pace {
    rate: Option<NonZeroU32>,
    began: Instant,
    passed: u64,
}

impl Pace {
    pub fn new(rate: Option<NonZeroU32>) -> Self {
        Self { rate, began: Instant::now(), passed: 0 }
    }

    /// Waits until so many bytes more are due.
    pub async fn pass(&mut self, bytes: usize) {
        let Some(rate) = self.rate else { return };
        self.passed += bytes as u64;
        let due = Duration::from_millis(self.passed.saturating_mul(1000) / u64::from(rate.get()));
        let ahead = due.saturating_sub(self.began.elapsed());
        if !ahead.is_zero() {
            tokio::time::sleep(ahead).await;
        }
    }
}

/// A packet from a byte on in pieces, so that it is seen how far it has come.
pub(super) fn pieces(bytes: Arc<[u8]>, start: usize, pace: Pace, progress: Progress) -> Body {
    let mut from = start;
    let pieces = std::iter::from_fn(move || {
        let piece = bytes.get(from..)?.chunks(PIECE).next()?.to_vec();
        progress.reached(from as u64);
        from += piece.len();
        Some(Ok(piece))
    });
    paced(pieces, pace)
}

/// A request's body of these pieces, one after the other and none too early.
pub(super) fn paced(
    pieces: impl Iterator<Item = io::Result<Vec<u8>>> + Send + 'static,
    pace: Pace,
) -> Body {
    Body::wrap_stream(stream::unfold((pieces, pace), |(mut pieces, mut pace)| async move {
        let piece = pieces.next()?;
        pace.pass(piece.as_ref().map_or(0, Vec::len)).await;
        Some((piece, (pieces, pace)))
    }))
}

/// An answer's body, piece by piece and unpacked.
pub(super) struct Pieces {
    response: Response,
    unpacker: Option<Unpacker>,
    pace: Pace,
}

impl Pieces {
    pub fn of(response: Response, pace: Pace) -> Answer<Self> {
        let strange =
            |what: &str| ExchangeError::NotTheServer(format!("an answer in the coding {what}"));
        let unpacker = match response.headers().get(CONTENT_ENCODING) {
            None => None,
            Some(coding) if coding == ZSTD => {
                Some(Unpacker::new().map_err(|e| strange(&e.to_string()))?)
            }
            Some(other) => return Err(strange(other.to_str().unwrap_or_default())),
        };
        Ok(Self { response, unpacker, pace })
    }

    pub async fn next(&mut self) -> Answer<Option<Vec<u8>>> {
        loop {
            if let Some(unpacker) = &mut self.unpacker
                && let Some(piece) = unpacker.take().map_err(|_| ExchangeError::Damaged)?
            {
                return Ok(Some(piece));
            }
            let chunk = self.response.chunk().await.map_err(|e| transport(&e))?;
            self.pace.pass(chunk.as_ref().map_or(0, |chunk| chunk.len())).await;
            match (chunk, &mut self.unpacker) {
                (None, _) => return Ok(None),
                (Some(chunk), None) => return Ok(Some(chunk.into())),
                (Some(chunk), Some(unpacker)) => unpacker.give(&chunk),
            }
        }
    }
}

/// Reads an answer's body; one of more than `most` bytes is no answer of a server.
pub(super) async fn body(
    response: Response,
    most: u64,
    pace: Pace,
    progress: &Progress,
) -> Answer<Vec<u8>> {
    let body = body_within(response, most, pace, progress).await?;
    body.ok_or_else(|| ExchangeError::NotTheServer("an answer without end".into()))
}

/// The same, where more than `most` bytes may be right: then it is `None`.
pub(super) async fn body_within(
    response: Response,
    most: u64,
    pace: Pace,
    progress: &Progress,
) -> Answer<Option<Vec<u8>>> {
    let mut pieces = Pieces::of(response, pace)?;
    let mut body = Vec::new();
    while let Some(piece) = pieces.next().await? {
        if (body.len() + piece.len()) as u64 > most {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
        progress.reached(body.len() as u64);
    }
    Ok(Some(body))
}

/// A call that got no answer, or not all of it.
pub(super) fn transport(error: &reqwest::Error) -> ExchangeError {
    let mut certificate = false;
    let mut source = error.source();
    while let Some(cause) = source {
        certificate |= is_certificate_fault(cause);
        source = cause.source();
    }
    let causes = causes(error);
    if is_refusal_of_ours(&causes) {
        ExchangeError::CertificateRefused(causes)
    } else if certificate || causes.contains("invalid peer certificate") {
        ExchangeError::Untrusted(causes)
    } else if error.is_builder() {
        ExchangeError::BadAddress(causes)
    } else if error.is_connect() {
        ExchangeError::Unreachable(causes)
    } else {
        ExchangeError::Cut(causes)
    }
}

/// An error with all that is behind it.
fn causes(error: &reqwest::Error) -> String {
    let mut causes = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        causes = format!("{causes}: {cause}");
        source = cause.source();
    }
    causes
}

/// Whether the other side has ended TLS because of our own certificate, or for want of one
/// (the alerts of RFC 8446 section 6.2 that concern it).
fn is_refusal_of_ours(causes: &str) -> bool {
    const ALERTS: [&str; 8] = [
        "BadCertificate",
        "UnsupportedCertificate",
        "CertificateRevoked",
        "CertificateExpired",
        "CertificateUnknown",
        "UnknownCA",
        "AccessDenied",
        "CertificateRequired",
    ];
    let said = causes.split_once("received fatal alert: ");
    said.is_some_and(|(_, alert)| ALERTS.iter().any(|known| alert.starts_with(known)))
}

fn is_certificate_fault(cause: &(dyn std::error::Error + 'static)) -> bool {
    // rustls hands its errors over as InvalidData inside an io::Error.
    cause.downcast_ref::<io::Error>().is_some_and(|e| {
        e.kind() == io::ErrorKind::InvalidData && e.to_string().contains("certificate")
    })
}
