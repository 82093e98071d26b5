//! The server's memory in PostgreSQL: for a province, and for as many instances as it takes.
//!
//! The SQL keeps to what the distributed engines that speak PostgreSQL's protocol run, too
//! (YugabyteDB, CockroachDB): plain tables, row locks, `ON CONFLICT`, `RETURNING`,
//! `SKIP LOCKED`. Such an engine may end a transaction and ask to run it again, and so may
//! PostgreSQL after a deadlock; every transaction here is written as one that may
//! (`transaction!`). What they lack is done without where it is missing: advisory locks
//! ([`schema`]) and `LISTEN` ([`wake`]).

mod certificates;
mod keeping;
mod mail;
mod offices;
mod schema;
mod uploads;
mod wake;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Client, GenericClient, Hook, HookError, Manager, ManagerConfig, Pool, PoolError,
    RecyclingMethod, Runtime,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::sleep;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::wake::Announcer;
use super::ServerError;
use super::bell::Bell;
use super::storage::{Storage, Stored, Work};
use crate::domain::agency::AgencyCode;

/// How long a connection is waited for.
const CONNECT: Duration = Duration::from_secs(10);
/// After so long without a word a connection counts as broken.
const SILENCE: Duration = Duration::from_secs(30);
/// How often a transaction is run again, at most.
const TRIES: u32 = 8;
/// Ends what hangs on a lock, or is left open by an instance that hangs.
const LIMITS: &str =
    "SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'";

/// Storage in a PostgreSQL database.
pub struct Postgres {
    pool: Pool,
    config: Config,
    tls: Option<MakeRustlsConnect>,
    announcer: Announcer,
}

impl Postgres {
    /// Connects and brings the tables up to date. `url` is as libpq has it
    /// (`postgres://user:password@host/database`), several hosts included; `connections` is
    /// how many are kept at most. With `sslmode=require` the server's certificate is checked
    /// against the system's roots; without, nothing is encrypted.
    pub async fn connect(url: &str, connections: usize) -> Stored<Self> {
        // The error would quote the address, which may hold a password.
        let mut config: Config = url.parse().map_err(|_| ServerError::BadDatabase)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("vanthu-server");
        }
        let tls = tls(&config)?;
        let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match &tls {
            Some(tls) => Manager::from_config(config.clone(), tls.clone(), how),
            None => Manager::from_config(config.clone(), NoTls, how),
        };
        let pool = Pool::builder(manager)
            .max_size(connections.max(1))
            .wait_timeout(Some(CONNECT))
            .create_timeout(Some(CONNECT))
            .runtime(Runtime::Tokio1)
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(
                    async move { client.batch_execute(LIMITS).await.map_err(HookError::Backend) },
                )
            }))
            .build()
            .map_err(|e| ServerError::Database(e.to_string()))?;
        let storage = Self { pool, config, tls, announcer: Announcer::default() };
        storage.migrate().await?;
        Ok(storage)
    }

    async fn client(&self) -> Result<Client, Fault> {
        Ok(self.pool.get().await?)
    }
}

/// What a connection is encrypted with, if it is to be.
fn tls(config: &Config) -> Stored<Option<MakeRustlsConnect>> {
    if config.get_ssl_mode() != SslMode::Require {
        return Ok(None);
    }
    match MakeRustlsConnect::with_native_certs() {
        Ok((tls, _)) => Ok(Some(tls)),
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Err(ServerError::Unreachable(format!("no root certificates: {}", errors.join("; "))))
        }
    }
}

impl Storage for Postgres {
    fn ready(&self) -> Work<'_, ()> {
        Box::pin(async move {
            // A replica answers, too, but takes no rows.
            let client = self.client().await?;
            let sql = "UPDATE directory SET version = version WHERE one = 0";
            execute(&client, sql, &[]).await?;
            Ok(())
        })
    }

    fn fact<'a>(&'a self, name: &'a str) -> Work<'a, Option<String>> {
        Box::pin(async move {
            let client = self.client().await?;
            Ok(fact(&client, name).await?)
        })
    }

    fn settle_fact<'a>(&'a self, name: &'a str, value: &'a str) -> Work<'a, String> {
        Box::pin(async move {
            let client = self.client().await?;
            let sql = "INSERT INTO fact (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            execute(&client, sql, &[&name, &value]).await?;
            Ok(fact(&client, name).await?.unwrap_or_default())
        })
    }

    fn announce(&self, to: &[AgencyCode]) {
        self.announcer.take(to);
    }

    fn hear(
        self: Arc<Self>,
        bell: Arc<Bell>,
    ) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move { self.carry(&bell).await })
    }
}

async fn fact(client: &Client, name: &str) -> Result<Option<String>, Fault> {
    let row = one(client, "SELECT value FROM fact WHERE name = $1", &[&name]).await?;
    row.map(|row| get(&row, 0)).transpose()
}

/// Why a piece of work failed, and whether it is worth running again.
#[derive(Debug)]
struct Fault {
    error: ServerError,
    again: bool,
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        let code = error.code();
        // A connection that broke says nothing about whether the commit had been done; what
        // is done here may be done twice.
        let broken = error.is_closed() || code == Some(&SqlState::ADMIN_SHUTDOWN);
        let again = broken
            || matches!(code, Some(code) if [
                SqlState::T_R_SERIALIZATION_FAILURE,
                SqlState::T_R_DEADLOCK_DETECTED,
                SqlState::UNIQUE_VIOLATION,
            ].contains(code));
        // The error's own text leaves out what the server said.
        let said = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
        let error = if code == Some(&SqlState::DISK_FULL) {
            ServerError::DiskFull("the database".into())
        } else if broken {
            ServerError::Unreachable(said)
        } else {
            ServerError::Database(said)
        };
        Self { error, again }
    }
}

impl From<ServerError> for Fault {
    fn from(error: ServerError) -> Self {
        Self { error, again: false }
    }
}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        // With the cause, which says what was tried in vain.
        let mut said = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            said = format!("{said}: {error}");
            cause = error.source();
        }
        Self { error: ServerError::Unreachable(said), again: false }
    }
}

impl From<Fault> for ServerError {
    fn from(fault: Fault) -> Self {
        fault.error
    }
}

/// How often something was run.
#[derive(Debug, Default)]
struct Tries(u32);

impl Tries {
    /// Waits before it is run again; the fault, if it should not be.
    async fn after(&mut self, fault: Fault) -> Stored<()> {
        self.0 += 1;
        if !fault.again || self.0 >= TRIES {
            return Err(fault.error);
        }
        tracing::debug!(error = %fault.error, tries = self.0, "run again");
        // Those that were in each other's way should not come back at the same moment.
        let most = 10_u64 << self.0;
        let millis = rand::Rng::random_range(&mut rand::rng(), most / 2..=most);
        sleep(Duration::from_millis(millis)).await;
        Ok(())
    }
}

/// Runs a block in a transaction and commits it; again, if the engine asks for it. Within the
/// block `?` leaves the transaction without a trace.
///
/// A macro, since the block's futures borrow both the transaction and what stands around it,
/// which a closure's type cannot say of futures that must be `Send`.
macro_rules! transaction {
    ($storage:expr, |$tx:ident| $work:block) => {
        Box::pin(async move {
            let mut tries = $crate::server::postgres::Tries::default();
            loop {
                let mut client = $storage.client().await?;
                let attempt: Result<_, $crate::server::postgres::Fault> = async {
                    let $tx = client.transaction().await?;
                    let result = $work;
                    $tx.commit().await?;
                    Ok(result)
                }
                .await;
                match attempt {
                    Ok(result) => return Ok(result),
                    Err(fault) => tries.after(fault).await?,
                }
            }
        })
    };
}

/// The same for a block that only reads, or is a single statement.
macro_rules! statement {
    ($storage:expr, |$client:ident| $work:block) => {
        Box::pin(async move {
            let mut tries = $crate::server::postgres::Tries::default();
            loop {
                let $client = $storage.client().await?;
                let attempt: Result<_, $crate::server::postgres::Fault> = async { Ok($work) }.await;
                match attempt {
                    Ok(result) => return Ok(result),
                    Err(fault) => tries.after(fault).await?,
                }
            }
        })
    };
}

use {statement, transaction};

type Values<'v> = &'v [&'v (dyn ToSql + Sync)];

async fn execute(on: &impl GenericClient, sql: &str, values: Values<'_>) -> Result<u64, Fault> {
    let statement = on.prepare_cached(sql).await?;
    Ok(on.execute(&statement, values).await?)
}

async fn rows(on: &impl GenericClient, sql: &str, values: Values<'_>) -> Result<Vec<Row>, Fault> {
    let statement = on.prepare_cached(sql).await?;
    Ok(on.query(&statement, values).await?)
}

async fn one(on: &impl GenericClient, sql: &str, values: Values<'_>) -> Result<Option<Row>, Fault> {
    let statement = on.prepare_cached(sql).await?;
    Ok(on.query_opt(&statement, values).await?)
}

fn get<T: FromSqlOwned>(row: &Row, column: usize) -> Result<T, Fault> {
    Ok(row.try_get(column)?)
}

/// PostgreSQL counts in 64 bits with a sign; nothing here comes near their end.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(row: &Row, column: usize) -> Result<u64, Fault> {
    Ok(get::<i64>(row, column)?.unsigned_abs())
}

fn code(row: &Row, column: usize) -> Result<AgencyCode, Fault> {
    let text: String = get(row, column)?;
    Ok(AgencyCode::new(&text).ok_or(ServerError::BadCode(text))?)
}

fn texts(codes: &[AgencyCode]) -> Vec<&str> {
    codes.iter().map(AgencyCode::as_str).collect()
}

fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, Fault> {
    let text: String = get(row, column)?;
    Ok(serde_json::from_str(&text).map_err(|e| ServerError::Database(e.to_string()))?)
}

/// An enum's word on the wire is its word in the table.
fn word<T: Serialize>(value: &T) -> Result<String, Fault> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(ServerError::Database("a value without a word".into()).into()),
    }
}

fn from_word<T: DeserializeOwned>(word: String) -> Result<T, Fault> {
    Ok(serde_json::from_value(serde_json::Value::String(word))
        .map_err(|e| ServerError::Database(e.to_string()))?)
}
