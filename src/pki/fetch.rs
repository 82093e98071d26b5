//! The way to services on the network: OCSP, CRLs, time stamps, issuers' certificates.
//!
//! [`HttpFetch`] may be called from any thread, one that runs an async executor included:
//! requests run on a small executor of their own, started with the first of them, and the
//! caller waits. [`CachedFetch`] remembers lists, which are fetched for every signature of
//! every document otherwise. Certificates that were issued long ago name hosts that moved
//! since: `assets/trust/hosts.toml` says where to.

use std::collections::HashMap;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::error::PkiError;
use super::revocation::next_update;

/// Fetches bytes. Anything but an answer of status 200 within the limits is an error.
pub trait Fetch: Send + Sync {
    /// # Errors
    /// The network's variants of [`PkiError`].
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError>;

    /// # Errors
    /// The network's variants of [`PkiError`].
    fn post(&self, url: &str, content_type: &str, body: &[u8]) -> Result<Vec<u8>, PkiError>;

    /// Whether the service at `url` has just been out of reach: another is better asked
    /// first.
    fn has_just_failed(&self, _url: &str) -> bool {
        false
    }
}

/// Over HTTP, by the rules of this computer (proxies, trusted TLS roots).
pub struct HttpFetch {
    timeout: Duration,
    limit: usize,
    engine: OnceLock<Result<Engine, String>>,
}

struct Engine {
    /// `None` only while dropping.
    runtime: Option<tokio::runtime::Runtime>,
    client: reqwest::Client,
}

impl HttpFetch {
    /// Longest wait for a whole answer.
    pub const TIMEOUT: Duration = Duration::from_secs(15);
    /// Largest answer in bytes.
    pub const LIMIT: usize = 10 * 1024 * 1024;
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    const MAX_REDIRECTS: usize = 3;

    pub fn new() -> Self {
        Self::with_limits(Self::TIMEOUT, Self::LIMIT)
    }

    /// With another longest wait and largest answer.
    pub fn with_limits(timeout: Duration, limit: usize) -> Self {
        Self { timeout, limit, engine: OnceLock::new() }
    }

    fn engine(&self, url: &str) -> Result<&Engine, PkiError> {
        let start = || -> Result<Engine, String> {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("pki-fetch")
                .enable_all()
                .build()
                .map_err(|e| e.to_string())?;
            let client = reqwest::Client::builder()
                .timeout(self.timeout)
                .connect_timeout(Self::CONNECT_TIMEOUT)
                .redirect(reqwest::redirect::Policy::limited(Self::MAX_REDIRECTS))
                .user_agent(concat!("vanthu/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(|e| e.to_string())?;
            Ok(Engine { runtime: Some(runtime), client })
        };
        self.engine
            .get_or_init(start)
            .as_ref()
            .map_err(|cause| PkiError::Unreachable { url: url.to_owned(), cause: cause.clone() })
    }

    fn run(
        &self,
        url: &str,
        request: impl FnOnce(&reqwest::Client, reqwest::Url) -> reqwest::RequestBuilder,
    ) -> Result<Vec<u8>, PkiError> {
        let address = reqwest::Url::parse(url)
            .ok()
            .filter(|address| matches!(address.scheme(), "http" | "https"))
            .map(moved)
            .ok_or_else(|| PkiError::BadAddress(url.to_owned()))?;
        let engine = self.engine(url)?;
        let Some(runtime) = &engine.runtime else {
            return Err(PkiError::TimedOut { url: url.to_owned() });
        };
        let (answer, answered) = channel();
        let work = read(url.to_owned(), request(&engine.client, address), self.limit);
        runtime.spawn(async move {
            let _ = answer.send(work.await);
        });
        // The client keeps the time; the margin only guards against its failing to.
        match answered.recv_timeout(self.timeout + Self::CONNECT_TIMEOUT) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Err(PkiError::TimedOut { url: url.to_owned() }),
            Err(RecvTimeoutError::Disconnected) => Err(PkiError::Unreachable {
                url: url.to_owned(),
                cause: "the request was abandoned".to_owned(),
            }),
        }
    }
}

impl Default for HttpFetch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Waiting for the threads would panic where this is dropped within an executor.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Fetch for HttpFetch {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        self.run(url, |client, address| client.get(address))
    }

    fn post(&self, url: &str, content_type: &str, body: &[u8]) -> Result<Vec<u8>, PkiError> {
        let body = body.to_vec();
        self.run(url, |client, address| {
            client.post(address).header("content-type", content_type).body(body)
        })
    }
}

/// A host that moved.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Moved {
    from: String,
    to: String,
}

/// The address at which a service is found today.
fn moved(mut address: reqwest::Url) -> reqwest::Url {
    #[derive(serde::Deserialize)]
    struct File {
        host: Vec<Moved>,
    }
    static HOSTS: LazyLock<Vec<Moved>> = LazyLock::new(|| {
        match toml::from_str::<File>(include_str!("../../assets/trust/hosts.toml")) {
            Ok(file) => file.host,
            Err(error) => {
                tracing::error!(%error, "the list of moved hosts is broken");
                Vec::new()
            }
        }
    });
    let host = address.host_str().unwrap_or_default();
    if let Some(row) = HOSTS.iter().find(|row| row.from.eq_ignore_ascii_case(host))
        && address.set_host(Some(&row.to)).is_err()
    {
        tracing::error!(to = row.to, "the list of moved hosts is broken");
    }
    address
}

async fn read(
    url: String,
    request: reqwest::RequestBuilder,
    limit: usize,
) -> Result<Vec<u8>, PkiError> {
    let failed = |error: reqwest::Error| {
        if error.is_timeout() {
            PkiError::TimedOut { url: url.clone() }
        } else {
            PkiError::Unreachable { url: url.clone(), cause: error.without_url().to_string() }
        }
    };
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status();
    if status != reqwest::StatusCode::OK {
        return Err(PkiError::BadStatus { url, status: status.as_u16() });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > limit {
            return Err(PkiError::ReplyTooLarge { url, limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Remembers what was fetched with `get`: for an hour, lists not beyond their nextUpdate.
/// When the service cannot be reached, a list that is still in force is given again.
/// Remembers too which services could not be reached with `post`.
pub struct CachedFetch<F> {
    inner: F,
    lifetime: Duration,
    entries: Mutex<HashMap<String, Entry>>,
    failures: Mutex<HashMap<String, Instant>>,
}

struct Entry {
    body: Vec<u8>,
    fetched: Instant,
    next_update: Option<Timestamp>,
}

impl<F: Fetch> CachedFetch<F> {
    /// How long an answer is given again without asking.
    pub const LIFETIME: Duration = Duration::from_secs(3600);
    /// How long a service that could not be reached is asked after the others.
    const AVOIDED: Duration = Duration::from_secs(300);
    /// When more bytes are held, everything is forgotten.
    const CAPACITY: usize = 64 * 1024 * 1024;

    pub fn new(inner: F) -> Self {
        Self::with_lifetime(inner, Self::LIFETIME)
    }

    /// With another lifetime.
    pub fn with_lifetime(inner: F, lifetime: Duration) -> Self {
        let (entries, failures) = (Mutex::default(), Mutex::default());
        Self { inner, lifetime, entries, failures }
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn is_in_force(&self) -> bool {
        self.next_update.is_none_or(|next| Timestamp::now() < next)
    }
}

impl<F: Fetch> Fetch for CachedFetch<F> {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        if let Some(entry) = self.entries().get(url)
            && entry.fetched.elapsed() < self.lifetime
            && entry.is_in_force()
        {
            return Ok(entry.body.clone());
        }
        // The lock is not held meanwhile: one slow service must not stop the others.
        match self.inner.get(url) {
            Ok(body) => {
                let mut entries = self.entries();
                let held: usize = entries.values().map(|entry| entry.body.len()).sum();
                if held + body.len() > Self::CAPACITY {
                    entries.clear();
                }
                let next_update = next_update(&body);
                let entry = Entry { body: body.clone(), fetched: Instant::now(), next_update };
                entries.insert(url.to_owned(), entry);
                Ok(body)
            }
            Err(error) => match self.entries().get(url) {
                Some(entry) if entry.next_update.is_some() && entry.is_in_force() => {
                    Ok(entry.body.clone())
                }
                _ => Err(error),
            },
        }
    }

    fn post(&self, url: &str, content_type: &str, body: &[u8]) -> Result<Vec<u8>, PkiError> {
        let answer = self.inner.post(url, content_type, body);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.is_err() {
            failures.retain(|_, since| since.elapsed() < Self::AVOIDED);
            failures.insert(url.to_owned(), Instant::now());
        } else {
            failures.remove(url);
        }
        answer
    }

    fn has_just_failed(&self, url: &str) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(url).is_some_and(|since| since.elapsed() < Self::AVOIDED)
    }
}

/// At most for so long in all: what comes after the time is up fails at once.
///
/// For what is done while a person waits and can be done later as well. Each request still
/// ends by the time-out of the fetch inside.
pub struct Hurried<'a> {
    inner: &'a dyn Fetch,
    until: Instant,
}

impl<'a> Hurried<'a> {
    pub fn new(inner: &'a dyn Fetch, time: Duration) -> Self {
        Self { inner, until: Instant::now() + time }
    }

    fn in_time(&self, url: &str) -> Result<(), PkiError> {
        if Instant::now() < self.until {
            Ok(())
        } else {
            Err(PkiError::TimedOut { url: url.to_owned() })
        }
    }
}

impl Fetch for Hurried<'_> {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        self.in_time(url)?;
        self.inner.get(url)
    }

    fn post(&self, url: &str, content_type: &str, body: &[u8]) -> Result<Vec<u8>, PkiError> {
        self.in_time(url)?;
        self.inner.post(url, content_type, body)
    }

    fn has_just_failed(&self, url: &str) -> bool {
        self.inner.has_just_failed(url)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn other_schemes_are_refused_before_anything_is_sent() {
        let fetch = HttpFetch::new();
        for url in ["file:///etc/passwd", "ftp://example.com/a", "ldap://x/cn=a", "nonsense"] {
            assert_eq!(fetch.get(url), Err(PkiError::BadAddress(url.to_owned())));
        }
    }

    #[test]
    fn hosts_that_moved_are_found_again() {
        let at = |url: &str| moved(reqwest::Url::parse(url).unwrap()).to_string();
        assert_eq!(at("http://ocsp.ca.ptc/"), "http://ocsp.ca.gov.vn/");
        assert_eq!(at("http://OCSP.CA.PTC:8080/a?b"), "http://ocsp.ca.gov.vn:8080/a?b");
        assert_eq!(at("http://ocsp.ca.gov.vn/a"), "http://ocsp.ca.gov.vn/a");
        assert_eq!(at("http://x.ocsp.ca.ptc/"), "http://x.ocsp.ca.ptc/");
    }

    struct Counting(AtomicUsize);

    impl Fetch for Counting {
        fn get(&self, _: &str) -> Result<Vec<u8>, PkiError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(b"not a list".to_vec())
        }

        fn post(&self, _: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, PkiError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Vec::new())
        }
    }

    #[test]
    fn what_was_fetched_is_remembered_per_address() {
        let cached = CachedFetch::new(Counting(AtomicUsize::new(0)));
        for url in ["http://a/", "http://a/", "http://b/"] {
            assert_eq!(cached.get(url).unwrap(), b"not a list");
        }
        assert_eq!(cached.inner.0.load(Ordering::Relaxed), 2);
        for _ in 0..2 {
            cached.post("http://a/", "x", b"").unwrap();
        }
        assert_eq!(cached.inner.0.load(Ordering::Relaxed), 4);
    }

    /// Refuses while it is told to.
    struct Refusing(std::sync::atomic::AtomicBool);

    impl Fetch for Refusing {
        fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
            self.post(url, "", b"")
        }

        fn post(&self, url: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, PkiError> {
            match self.0.load(Ordering::Relaxed) {
                true => Err(PkiError::TimedOut { url: url.to_owned() }),
                false => Ok(Vec::new()),
            }
        }
    }

    #[test]
    fn a_service_that_failed_is_remembered_until_it_answers() {
        let cached = CachedFetch::new(Refusing(true.into()));
        assert!(!cached.has_just_failed("http://a/"));
        cached.post("http://a/", "x", b"").unwrap_err();
        assert!(cached.has_just_failed("http://a/") && !cached.has_just_failed("http://b/"));
        cached.inner.0.store(false, Ordering::Relaxed);
        cached.post("http://a/", "x", b"").unwrap();
        assert!(!cached.has_just_failed("http://a/"));
    }

    #[test]
    fn hurry_ends_when_the_time_is_up() {
        let inner = Refusing(false.into());
        let hurried = Hurried::new(&inner, Duration::from_secs(60));
        assert_eq!(hurried.get("http://a/"), Ok(Vec::new()));
        let late = Hurried::new(&inner, Duration::ZERO);
        assert_eq!(
            late.post("http://a/", "", b""),
            Err(PkiError::TimedOut { url: "http://a/".to_owned() })
        );
    }
}
