//! Where what the server keeps lies, and whether all instances look at the same.

use std::fs::File;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use super::ServerError;
use super::blobs::{BlobPlace, Blobs, create_private_dir};
use super::key::ServerKey;
use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::storage::{Storage, Stored};
use crate::token::Pin;

/// Connections to PostgreSQL that an instance keeps, when nothing is said.
const CONNECTIONS: usize = 16;

/// Where what the server keeps lies.
#[derive(Debug, Clone)]
pub struct Site {
    /// A folder of this machine, created if missing: SQLite's file, the packets unless they
    /// lie elsewhere, the key unless it is elsewhere.
    pub data_dir: PathBuf,
    pub database: Database,
    /// `None` for the data folder.
    pub blobs: Option<BlobPlace>,
    /// The file of the server's key; `None` for the one in the data folder. All instances
    /// need the same.
    pub key: Option<PathBuf>,
}

/// The database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file in the data folder, on which one server at a time runs.
    Sqlite,
    /// An address as libpq has it; secret, since it may hold a password.
    Postgres { url: Pin, connections: usize },
}

impl FromStr for Database {
    type Err = ServerError;

    /// `sqlite`, or an address with `postgres:` or `postgresql:`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "sqlite" => Ok(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => {
                Ok(Self::Postgres { url: Pin::new(text), connections: CONNECTIONS })
            }
            _ => Err(ServerError::BadDatabase),
        }
    }
}

/// What was opened.
pub(super) struct Opened {
    pub storage: Arc<dyn Storage>,
    pub blobs: Blobs,
    pub key: ServerKey,
    /// Held while a server runs on a file that only one may run on.
    pub lock: Option<File>,
}

impl Site {
    /// Everything in one folder.
    pub fn folder(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), database: Database::Sqlite, blobs: None, key: None }
    }

    /// Opens database and key. An administrator may do so while servers run.
    pub(super) async fn open(&self) -> Stored<(Arc<dyn Storage>, ServerKey)> {
        create_private_dir(&self.data_dir)?;
        let storage: Arc<dyn Storage> = match &self.database {
            Database::Sqlite => Arc::new(Sqlite::open(&self.data_dir.join("server.db"))?),
            Database::Postgres { url, connections } => {
                Arc::new(Postgres::connect(url.reveal(), *connections).await?)
            }
        };
        let key = self.key(storage.as_ref()).await?;
        Ok((storage, key))
    }

    /// Opens everything, and checks that this instance looks where the others do.
    pub(super) async fn open_to_serve(&self) -> Stored<Opened> {
        create_private_dir(&self.data_dir)?;
        let lock = match self.database {
            Database::Sqlite => Some(self.lock()?),
            Database::Postgres { .. } => None,
        };
        let (storage, key) = self.open().await?;
        let blobs = self.blobs(storage.as_ref()).await?;
        blobs.clear_unfinished(lock.is_some())?;
        Ok(Opened { storage, blobs, key, lock })
    }

    /// Opens the place of packets, which must be that of the database.
    pub(super) async fn blobs(&self, storage: &dyn Storage) -> Stored<Blobs> {
        let place = self.blobs.clone();
        let place = place.unwrap_or_else(|| BlobPlace::Folder(self.data_dir.clone()));
        let blobs = Blobs::open(&place, &self.data_dir)?;
        let name = blobs.name().await?;
        if storage.settle_fact("blobs", &name).await? == name {
            return Ok(blobs);
        }
        Err(ServerError::OtherPlace(match place {
            BlobPlace::Folder(folder) => folder.display().to_string(),
            BlobPlace::Objects(url) => url,
        }))
    }

    /// The key, made if this is the first that anybody needs.
    async fn key(&self, storage: &dyn Storage) -> Stored<ServerKey> {
        let path = self.key.clone().unwrap_or_else(|| self.data_dir.join("server.key"));
        let other = || ServerError::OtherKey(path.display().to_string());
        let key = match storage.fact("key").await? {
            // Where secrets are sealed already a new key would open none of them.
            Some(_) => ServerKey::load(&path)?.ok_or_else(other)?,
            None => ServerKey::load_or_make(&path)?,
        };
        if storage.settle_fact("key", key.mark()).await? == key.mark() {
            Ok(key)
        } else {
            Err(other())
        }
    }

    /// Held while a server runs; a second server is refused.
    fn lock(&self) -> Stored<File> {
        let path = self.data_dir.join("server.lock");
        let io = |e: std::io::Error| ServerError::Io(path.display().to_string(), e.to_string());
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(ServerError::InUse(self.data_dir.display().to_string()))
            }
            Err(std::fs::TryLockError::Error(e)) => Err(io(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_named_and_their_passwords_never_shown() {
        assert!(matches!("sqlite".parse(), Ok(Database::Sqlite)));
        for text in ["postgres://a:mat-khau@b/c", "postgresql://a:mat-khau@b/c"] {
            let database: Database = text.parse().unwrap();
            assert!(matches!(&database, Database::Postgres { .. }));
            assert!(!format!("{database:?}").contains("mat-khau"));
        }
        for text in ["", "mysql://b/c", "sqlite:x", "/tmp/x"] {
            assert_eq!(text.parse::<Database>().err(), Some(ServerError::BadDatabase), "{text}");
        }
    }
}
