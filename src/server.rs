//! The provincial exchange server: takes packets from offices and keeps them for others.
//!
//! It reads no XML. Who sends is who signed the call, whom a packet goes to stands in the
//! call's head, and the packet itself is bytes with a hash. A packet is accepted only when
//! its bytes *and* its deliveries are durable; what was accepted once under a key is not
//! accepted again, it is answered again.
//!
//! - [`storage`] is the one door to what is kept, with [`sqlite`] or [`postgres`] behind it;
//!   the bytes of packets lie in [`blobs`].
//! - [`api`] holds the routes (`assets/openapi.yaml` describes them, a test compares).
//! - [`listen`] takes up connections, with limits on their number and their slowness.
//!
//! With PostgreSQL any number of instances may serve the same offices: whatever one of them
//! must know of another lies in the storage, so that a caller may come to each with every
//! call. What an instance holds of its own can be lost: calls under way, and who waits at its
//! [`bell`].
//!
//! TLS is ended by the server itself ([`Tls`]), which then may ask offices for certificates,
//! or before it by the province's proxy or balancer; then it speaks plain HTTP and belongs on
//! the loopback address or behind that proxy.

mod api;
mod auth;
mod bell;
pub mod blobs;
mod chain;
mod error;
mod house;
mod key;
mod listen;
mod metrics;
mod notebook;
mod operators;
pub mod postgres;
mod refusal;
mod registry;
mod site;
pub mod sqlite;
mod stall;
pub mod storage;
mod strangers;
mod throttle;
mod tls;
mod uploads;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

pub use self::api::ROUTES;
use self::bell::Bell;
pub use self::blobs::BlobPlace;
use self::blobs::{Blobs, Upload};
pub use self::chain::Chain;
pub use self::error::ServerError;
pub use self::house::Retention;
use self::key::ServerKey;
pub use self::key::fresh_secret;
use self::metrics::Metrics;
use self::notebook::Notebook;
use self::refusal::Refused;
pub use self::registry::{Listed, Registry};
use self::site::Opened;
pub use self::site::{Database, Site};
use self::storage::{Added, Count, Packet, Storage};
pub use self::storage::{OfficeCertificate, Quota};
use self::strangers::Strangers;
use self::throttle::Throttle;
pub use self::tls::{Clients, Tls};
use self::uploads::Uploads;
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::calendar;
use crate::token::Pin;

/// Shortest secret of an agency, in bytes.
pub const MIN_SECRET: usize = 16;

/// How the server is to run.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// `None` where something before the server ends TLS.
    pub tls: Option<Tls>,
    pub site: Site,
    /// Threads that work on calls, at least 1; those that wait for the disk are others.
    pub threads: usize,
    /// Agencies that are to exist, besides those that the database knows.
    pub accounts: Vec<Account>,
    pub limits: Limits,
    /// Addresses of the proxies before it: what they say in `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
    pub retention: Retention,
    /// Where the operators look; `None` for nowhere.
    pub operators: Option<Operators>,
}

/// The operators' own address, with figures and a page.
#[derive(Debug, Clone)]
pub struct Operators {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// What a browser is asked for, with any user's name. Without one the address must be of
    /// this machine alone.
    pub password: Option<Pin>,
}

impl ServerConfig {
    /// Everything in one folder, a thread for each processor.
    pub fn new(listen: SocketAddr, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            tls: None,
            site: Site::folder(data_dir),
            threads: std::thread::available_parallelism().map_or(2, usize::from),
            accounts: Vec::new(),
            limits: Limits::default(),
            proxies: Vec::new(),
            retention: Retention::default(),
            operators: None,
        }
    }
}

/// An agency that may call; without a secret, and as long as no certificate is bound to it,
/// it stands in the directory only and nothing can be sent to it.
#[derive(Debug, Clone)]
pub struct Account {
    pub agency: Agency,
    pub secret: Option<Pin>,
}

/// What one caller may take of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one packet.
    pub packet_bytes: u64,
    /// Connections at once.
    pub connections: usize,
    /// Time for the head of a request.
    pub head: Duration,
    /// Time between two pieces of a body.
    pub idle: Duration,
    /// Time between two pieces of an answer that the caller takes.
    pub stall: Duration,
    /// Time during which a server that is to stop only says so to balancers and still takes
    /// what comes: they look but now and then.
    pub farewell: Duration,
    /// Time that a stopping server gives to calls under way.
    pub drain: Duration,
    /// Calls of one office a minute at each instance; 0 for as many as it likes.
    pub calls_per_minute: u32,
    /// Calls of one address a minute that prove nothing, at each instance; 0 for as many as it
    /// likes.
    pub strangers_per_minute: u32,
    /// What an office may send on a day, unless its own quota says otherwise.
    pub quota: Quota,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet_bytes: 150 * 1024 * 1024,
            connections: 2_048,
            head: Duration::from_secs(20),
            idle: Duration::from_secs(30),
            // A line of one kB a second takes a piece of the system's buffer in less.
            stall: Duration::from_secs(120),
            farewell: Duration::ZERO,
            drain: Duration::from_secs(10),
            calls_per_minute: 3_000,
            strangers_per_minute: 600,
            quota: Quota::default(),
        }
    }
}

/// What the parts of the server share.
pub(crate) struct Shared {
    storage: Arc<dyn Storage>,
    blobs: Blobs,
    uploads: Uploads,
    bell: Arc<Bell>,
    key: ServerKey,
    limits: Limits,
    retention: Retention,
    throttle: Throttle,
    strangers: Strangers,
    metrics: Metrics,
    notebook: Notebook,
    /// Becomes true when the server is to stop: no new callers are wanted.
    leaving: watch::Receiver<bool>,
    /// Becomes true when it takes no more connections.
    stopping: watch::Receiver<bool>,
}

impl Shared {
    /// Makes bytes permanent, which a row is going to speak of.
    async fn keep(&self, upload: Upload) -> Result<(), Refused> {
        // The same bytes may be among those that were given up.
        if !self.storage.spare(&upload.sha256()).await? {
            let soon = Duration::from_secs(60);
            return Err(Refused::busy("the same bytes are just being removed", soon));
        }
        Ok(self.blobs.keep(upload).await?)
    }

    /// Accepts a packet whose bytes are kept, and wakes who waits for it. What counts takes its
    /// place in the day's quota in the same step, however many come at once.
    async fn accept(
        &self,
        new: bool,
        packet: &Packet,
        to: &[AgencyCode],
    ) -> Result<Added, Refused> {
        let day = calendar::local(packet.received_at).date();
        let counts = Self::counts(new, packet.size);
        let count = Count { day, quota: counts.then_some(self.limits.quota) };
        let added = self.storage.add(packet, to, count).await?.ok_or_else(Self::no_room)?;
        if matches!(added, Added::New(_)) {
            self.bell.ring(to);
            self.storage.announce(to);
            self.metrics.accepted(packet.size);
        }
        Ok(added)
    }
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Opens what is kept, binds the address and begins to serve, on threads of its own. When
    /// this returns, calls are answered.
    pub fn start(config: ServerConfig) -> Result<RunningServer, ServerError> {
        let threads = |e: std::io::Error| ServerError::Io("threads".into(), e.to_string());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.threads.max(1))
            .thread_name("vanthu-server")
            .enable_all()
            .build()
            .map_err(threads)?;
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let (stop, leaving) = watch::channel(false);
        let (tell, told) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("vanthu-server".into())
            .spawn(move || {
                runtime.block_on(run(config, leaving, &tell));
                // What still blocks on the disk may finish; nobody waits for its answer.
                runtime.shutdown_timeout(Duration::from_secs(1));
            })
            .map_err(threads)?;
        let gone = |_| ServerError::Io("threads".into(), "the server's thread ended".into());
        let (address, operators) = told.recv().map_err(gone)??;
        tracing::info!(%address, ?operators, "serving");
        Ok(RunningServer { scheme, address, operators, stop, thread: Some(thread) })
    }
}

/// The offices' address, and the operators'.
type Addresses = (SocketAddr, Option<SocketAddr>);

/// A server's life. Tells its addresses once it answers there, or why it never will.
async fn run(
    config: ServerConfig,
    leaving: watch::Receiver<bool>,
    tell: &mpsc::Sender<Result<Addresses, ServerError>>,
) {
    let ServerConfig {
        listen,
        tls,
        site,
        threads: _,
        accounts,
        limits,
        proxies,
        retention,
        operators,
    } = config;
    let (stop, stopping) = watch::channel(false);
    let begun = async {
        let tls = tls.as_ref().map(Tls::acceptor).transpose()?;
        let Opened { storage, blobs, key, lock } = site.open_to_serve().await?;
        for account in &accounts {
            registry::put(&storage, &key, account).await?;
        }
        let offices = bind(listen)?;
        let page = operators.map(|operators| {
            operators.check()?;
            Ok::<_, ServerError>((bind(operators.listen)?, operators.password))
        });
        let page = page.transpose()?;
        let uploads = Uploads::new(Arc::clone(&storage), blobs.clone());
        let bell = Arc::new(Bell::default());
        let shared = Shared {
            storage,
            blobs,
            uploads,
            bell,
            key,
            limits,
            retention,
            throttle: Throttle::new(limits.calls_per_minute),
            strangers: Strangers::new(limits.strangers_per_minute, &proxies),
            metrics: Metrics::default(),
            notebook: Notebook::default(),
            leaving,
            stopping,
        };
        Ok((Arc::new(shared), offices, tls, page, lock))
    };
    let (shared, (offices, address), tls, page, lock) = match begun.await {
        Ok(begun) => begun,
        Err(error) => {
            // Whoever started it waits for this word.
            let _ = tell.send(Err(error));
            return;
        }
    };
    let _ = tell.send(Ok((address, page.as_ref().map(|((_, address), _)| *address))));
    let mut leaving = shared.leaving.clone();
    tokio::spawn(async move {
        listen::told(&mut leaving).await;
        tokio::time::sleep(limits.farewell).await;
        // Fails only where nobody serves any more.
        let _ = stop.send(true);
    });
    let beside = {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let hear = Arc::clone(&shared.storage).hear(Arc::clone(&shared.bell));
            tokio::join!(hear, shared.keep_house(), shared.keep_notes());
        })
    };
    let looked_at = page.map(|((listener, _), password)| {
        let router = operators::router(Arc::clone(&shared), password);
        tokio::spawn(listen::serve(listener, router, Arc::clone(&shared), None))
    });
    let router = api::router(Arc::clone(&shared));
    listen::serve(offices, router, Arc::clone(&shared), tls).await;
    beside.abort();
    if let Some(looked_at) = looked_at {
        looked_at.abort();
    }
    shared.write_notes().await;
    drop(lock);
}

/// Takes an address, and says which it is.
fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServerError> {
    let busy = |e: std::io::Error| ServerError::Listen(address.to_string(), e.to_string());
    let listener = TcpListener::bind(address).map_err(busy)?;
    listener.set_nonblocking(true).map_err(busy)?;
    let address = listener.local_addr().map_err(busy)?;
    Ok((listener, address))
}

impl Operators {
    /// Figures about offices are nobody else's business.
    fn check(&self) -> Result<(), ServerError> {
        if self.password.is_some() || self.listen.ip().is_loopback() {
            Ok(())
        } else {
            Err(ServerError::OpenPage(self.listen.to_string()))
        }
    }
}

/// A server that serves; dropping it stops it.
#[derive(Debug)]
pub struct RunningServer {
    scheme: &'static str,
    address: SocketAddr,
    operators: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl RunningServer {
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS`, or `https://ADDRESS` where the server ends TLS.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// `http://ADDRESS` of the operators' page, if there is one.
    pub fn operators_url(&self) -> Option<String> {
        self.operators.map(|address| format!("http://{address}"))
    }

    /// Says that it is not ready for as long as the farewell takes, then takes no more
    /// connections, gives calls under way the drain time, and ends. Blocks.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // Fails only if the server has ended already.
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the server's thread ended in a panic");
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.end();
    }
}
