//! The tables, and who may make them.

use tokio_postgres::error::SqlState;

use super::{Fault, Postgres, Tries, get};
use crate::server::ServerError;
use crate::server::storage::Stored;

/// Every version of the tables; the row of `schema_version` says how many were applied.
const MIGRATIONS: &[&str] = &[
    include_str!("1.sql"),
    include_str!("2.sql"),
    include_str!("3.sql"),
    // When an agency ends, out of its entry.
    "ALTER TABLE agency ADD COLUMN IF NOT EXISTS ended_on TEXT;",
    include_str!("5.sql"),
];
/// The advisory lock of those who change the tables: "vanthu" in ASCII.
const LOCK: i64 = 0x7661_6e74_6875;

/// An index on a table of years takes as long as it takes, and so do those who wait for it:
/// what is cut off would be begun anew, and cut off again, at every start.
const PATIENTLY: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0";

impl Postgres {
    /// Brings the tables up to date; of several instances that start at once, one does it.
    ///
    /// They queue at an advisory lock. An engine without such locks refuses the call, or
    /// knows it and does nothing; there the row of `schema_version` is what they queue at.
    /// Its table is the one thing that two may then make at the same moment, and to whom
    /// that happens is told so by the engine, and comes again.
    pub(super) async fn migrate(&self) -> Stored<()> {
        let (mut tries, mut advisory) = (Tries::default(), true);
        loop {
            match self.migrate_once(advisory).await {
                Ok(()) => return Ok(()),
                Err(Attempt::NoAdvisoryLocks) => advisory = false,
                Err(Attempt::Failed(fault)) => tries.after(fault).await?,
            }
        }
    }

    async fn migrate_once(&self, advisory: bool) -> Result<(), Attempt> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        tx.batch_execute(PATIENTLY).await?;
        if advisory {
            match tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await {
                Err(e) if lacking(&e) => return Err(Attempt::NoAdvisoryLocks),
                done => done?,
            };
        }
        tx.batch_execute(
            "CREATE TABLE IF NOT EXISTS schema_version (
                 one BIGINT PRIMARY KEY, version BIGINT NOT NULL);
             INSERT INTO schema_version (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING",
        )
        .await?;
        let sql = "SELECT version FROM schema_version WHERE one = 1 FOR UPDATE";
        let found: i64 = get(&tx.query_one(sql, &[]).await?, 0)?;
        let known = MIGRATIONS.len() as i64;
        if found > known {
            return Err(Fault::from(ServerError::NewerDatabase { found, known }).into());
        }
        for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
            tx.batch_execute(migration).await?;
        }
        if found < known {
            tx.execute("UPDATE schema_version SET version = $1 WHERE one = 1", &[&known]).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

enum Attempt {
    NoAdvisoryLocks,
    Failed(Fault),
}

impl From<Fault> for Attempt {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl From<tokio_postgres::Error> for Attempt {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Whether the engine says that it has no such thing.
pub(super) fn lacking(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(code) if [
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::SYNTAX_ERROR,
    ].contains(code))
}
