//! The provincial exchange server: takes packets from offices and keeps them for others.
//!
//! It reads no XML. Who sends is who signed the call, whom a packet goes to stands in the
//! call's head, and the packet itself is bytes with a hash. A packet is accepted only when
//! its bytes *and* its deliveries are durable; what was accepted once under a key is not
//! accepted again, it is answered again.
//!
//! - [`storage`] is the one door to what is kept, with [`sqlite`] behind it; the bytes of
//!   packets lie in [`blobs`]. PostgreSQL goes behind the same trait later; nothing above the
//!   trait knows of SQLite.
//! - [`api`] holds the routes (`assets/openapi.yaml` describes them, a test compares).
//! - [`listen`] takes up connections, with limits on their number and their slowness.
//!
//! TLS is ended before the server, by the province's proxy or balancer; the server itself
//! speaks plain HTTP and belongs on the loopback address or behind that proxy.

mod api;
mod auth;
pub mod blobs;
mod error;
mod key;
mod listen;
mod refusal;
pub mod sqlite;
pub mod storage;

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

pub use self::api::ROUTES;
use self::blobs::Blobs;
pub use self::error::ServerError;
use self::key::ServerKey;
use self::sqlite::Sqlite;
use self::storage::Storage;
use crate::domain::agency::Agency;
use crate::token::Pin;

/// Shortest secret of an agency, in bytes.
pub const MIN_SECRET: usize = 16;

/// How the server is to run.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Created if missing. One server at a time runs on it.
    pub data_dir: PathBuf,
    /// Agencies that are to exist, besides those that the data folder knows.
    pub accounts: Vec<Account>,
    pub limits: Limits,
}

impl ServerConfig {
    pub fn new(listen: SocketAddr, data_dir: impl Into<PathBuf>) -> Self {
        Self { listen, data_dir: data_dir.into(), accounts: Vec::new(), limits: Limits::default() }
    }
}

/// An agency that may call; without a secret it stands in the directory only and nothing
/// can be sent to it.
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
    /// Time that a stopping server gives to calls under way.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet_bytes: 150 * 1024 * 1024,
            connections: 2_048,
            head: Duration::from_secs(20),
            idle: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

/// What the parts of the server share.
pub(crate) struct Shared {
    storage: Arc<dyn Storage>,
    blobs: Blobs,
    key: ServerKey,
    limits: Limits,
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Opens the data folder, binds the address and begins to serve, on threads of its own.
    /// When this returns, calls are answered.
    pub fn start(config: ServerConfig) -> Result<RunningServer, ServerError> {
        let data = DataDir::open(&config.data_dir)?;
        let lock = data.lock()?;
        for account in &config.accounts {
            data.put(account)?;
        }
        let blobs = Blobs::open(&config.data_dir)?;
        blobs.clear_unfinished()?;

        let busy =
            |e: std::io::Error| ServerError::Listen(config.listen.to_string(), e.to_string());
        let listener = TcpListener::bind(config.listen).map_err(busy)?;
        listener.set_nonblocking(true).map_err(busy)?;
        let address = listener.local_addr().map_err(busy)?;

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("vanthu-server")
            .enable_all()
            .build()
            .map_err(|e| ServerError::Io("threads".into(), e.to_string()))?;
        let shared =
            Arc::new(Shared { storage: data.storage, blobs, key: data.key, limits: config.limits });
        let (stop, stopped) = watch::channel(false);
        let drain = config.limits.drain;
        let thread = std::thread::Builder::new()
            .name("vanthu-server".into())
            .spawn(move || {
                runtime.block_on(listen::serve(listener, shared, stopped));
                // What still blocks on the disk may finish; nobody waits for its answer.
                runtime.shutdown_timeout(drain);
                drop(lock);
            })
            .map_err(|e| ServerError::Io("threads".into(), e.to_string()))?;
        tracing::info!(%address, "serving");
        Ok(RunningServer { address, stop, thread: Some(thread) })
    }
}

/// A server that serves; dropping it stops it.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl RunningServer {
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more connections, gives calls under way the drain time, then ends. Blocks.
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

/// The server's folder: database, blobs, key. Also what the administrator's commands open;
/// they may do so while a server runs on it.
pub struct DataDir {
    path: PathBuf,
    storage: Arc<dyn Storage>,
    key: ServerKey,
}

impl DataDir {
    pub fn open(path: &Path) -> Result<Self, ServerError> {
        blobs::create_private_dir(path)?;
        let storage = Arc::new(Sqlite::open(&path.join("server.db"))?);
        let key = ServerKey::load_or_make(&path.join("server.key"))?;
        Ok(Self { path: path.to_owned(), storage, key })
    }

    /// Adds an agency, or gives a known one a new name or secret. Without a secret a known
    /// agency keeps the one it has.
    pub fn put(&self, account: &Account) -> Result<(), ServerError> {
        let sealed = match &account.secret {
            Some(secret) if secret.reveal().len() < MIN_SECRET => {
                return Err(ServerError::WeakSecret { least: MIN_SECRET });
            }
            Some(secret) => Some(self.key.seal(&account.agency.code, secret)?),
            None => None,
        };
        // Sealing is randomised: the same secret again must not count as a change.
        let known = self.storage.secret(&account.agency.code)?;
        let same = known.as_deref().is_some_and(|known| {
            let open = |sealed| self.key.open(&account.agency.code, sealed).ok();
            match (open(known), &account.secret) {
                (Some(old), Some(new)) => old.reveal() == new.reveal(),
                _ => false,
            }
        });
        let sealed = if same { None } else { sealed };
        self.storage.put_agency(&account.agency, sealed.as_deref())?;
        Ok(())
    }

    /// Every agency, and whether it has a secret.
    pub fn agencies(&self) -> Result<Vec<(Agency, bool)>, ServerError> {
        let directory = self.storage.agencies(0)?;
        directory
            .agencies
            .into_iter()
            .map(|agency| {
                let secret = self.storage.secret(&agency.code)?.is_some();
                Ok((agency, secret))
            })
            .collect()
    }

    /// A secret that nobody can guess: 32 random bytes in base64url.
    pub fn fresh_secret() -> Result<Pin, ServerError> {
        key::fresh_secret()
    }

    /// Held while a server runs; a second server is refused.
    fn lock(&self) -> Result<File, ServerError> {
        let path = self.path.join("server.lock");
        let io = |e: std::io::Error| ServerError::Io(path.display().to_string(), e.to_string());
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(ServerError::InUse(self.path.display().to_string()))
            }
            Err(std::fs::TryLockError::Error(e)) => Err(io(e)),
        }
    }
}

impl std::fmt::Debug for DataDir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataDir").field("path", &self.path).finish_non_exhaustive()
    }
}
