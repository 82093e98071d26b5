//! The encrypted database: the only room with SQL.
//!
//! A data folder holds
//!
//! | file | what |
//! | --- | --- |
//! | `vanthu.db` | SQLite behind SQLCipher: operations, tables, small blobs |
//! | `keys.json` | the database's key, wrapped for each user |
//! | `blobs/` | large files, encrypted |
//! | `head.json` | the last operation's hash, noted a second time |
//! | `lock` | held by the one program that has the folder open |
//!
//! A [`Store`] is a handle that can be cloned and shared. Reads come from a small pool of
//! connections and see the last committed state; writes go to one thread and are
//! transactions ([`Store::write`]). Everything that other desks must know happens by
//! [`Writer::append`], which adds an operation to the desk's chain and applies it to the
//! tables; see `apply` for what each change does. What belongs to this desk alone has
//! methods of its own (`set_setting`, `put_off`, `log_access`, …).
//!
//! Neither a write nor [`Store::put_blob`] may be called from inside a write: the writer
//! thread would wait for itself. Both are refused with [`StoreError::Internal`]; inside a
//! transaction use the [`Writer`]'s methods.

mod agency;
mod apply;
mod audit;
mod backup;
mod blob;
mod book;
mod connection;
mod copy;
mod correction;
mod demand;
mod disk;
mod duplicate;
mod durability;
mod error;
mod filter;
mod follow;
mod gate;
mod handling;
mod head;
mod identity;
mod inbound;
mod keys;
mod layout;
mod letter;
mod local;
mod opinion;
mod outbound;
mod outbox;
mod packet;
mod paper;
mod pool;
mod register;
mod reserve;
mod row;
mod search;
mod table;
mod template;
mod unfetched;
mod user;
mod view;
mod writer;

use std::fmt;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::domain::document::BlobHash;
use crate::token::Pin;
use blob::Blobs;
use connection::{DATABASE, MIGRATIONS, Use};
use head::HeadFile;
use keys::{Key, KeyFile};
use pool::Pool;
use writer::{Desk, Job};

pub use audit::{AuditProblem, AuditProblemKind, AuditReport, MOST_PROBLEMS};
pub use blob::{Collected, IN_DATABASE};
pub use durability::{Durability, FailedExtension};
pub use error::StoreError;
pub use filter::SavedFilter;
pub use handling::WorkFilter;
pub use inbound::InboundFilter;
pub use keys::KdfCost;
pub use local::Access;
pub use opinion::DraftFilter;
pub use outbound::OutboundFilter;
pub use outbox::OutboxItem;
pub use packet::{PacketRow, PacketState};
pub use register::{BookEntry, BookRow};
pub use template::KeptForm;
pub use unfetched::UnfetchedRow;
pub use user::UserRow;
pub use view::{Counts, Found, View};
pub use writer::{Actor, Writer};

/// A database in the making.
const UNFINISHED: &str = "unfinished.db";

/// A handle to the open data folder. The folder is released when the last one is dropped.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    key: Key,
    cost: KdfCost,
    blobs: Blobs,
    desk: Uuid,
    readers: Pool,
    /// `keys.json` is changed by one at a time.
    key_file: Mutex<()>,
    jobs: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl Store {
    /// Begins a new database in `dir`, which is made if need be, with `user` as the first
    /// who can open it.
    pub fn create(dir: &Path, user: &str, password: &Pin) -> Result<Self, StoreError> {
        Self::create_with(dir, user, password, KdfCost::STANDARD)
    }

    /// [`Store::create`] with another cost of guessing passwords.
    pub fn create_with(
        dir: &Path,
        user: &str,
        password: &Pin,
        cost: KdfCost,
    ) -> Result<Self, StoreError> {
        disk::make_dir(dir)?;
        let lock = disk::lock(dir)?;
        // Blobs without a database are somebody's lost data, not a place to begin.
        if dir.join(DATABASE).exists() || dir.join("blobs").exists() {
            return Err(StoreError::AlreadyExists);
        }
        let begun = Self::begin(dir, user, password, cost)
            .and_then(|key| Self::start(dir, key, cost, lock));
        if begun.is_err() {
            // Nothing was in this folder before us: leave nothing, so that one can begin again.
            for file in [DATABASE, UNFINISHED, keys::FILE] {
                for part in ["", "-wal", "-shm"] {
                    let _ = fs::remove_file(dir.join(format!("{file}{part}")));
                }
            }
            let _ = fs::remove_dir_all(dir.join("blobs"));
        }
        begun
    }

    /// Makes the database and its key. It appears under its name only when it is whole, so
    /// that after a power cut, too, one can begin again.
    fn begin(dir: &Path, user: &str, password: &Pin, cost: KdfCost) -> Result<Key, StoreError> {
        let key = Key::random()?;
        let mut keys = KeyFile::empty();
        keys.put(user, password, &key, cost)?;
        keys.write(dir)?;
        let unfinished = dir.join(UNFINISHED);
        for part in ["-wal", "-shm"] {
            let _ = fs::remove_file(dir.join(format!("{UNFINISHED}{part}")));
        }
        disk::create(&unfinished)?;
        let connection = connection::open(&unfinished, &key, Use::Create)?;
        connection::migrate(&connection, &unfinished, MIGRATIONS)?;
        connection
            .execute("INSERT INTO desk VALUES (1, ?1)", [Uuid::now_v7().as_bytes().as_slice()])?;
        connection.close().map_err(|(_, error)| error)?;
        disk::settle(&unfinished, &dir.join(DATABASE))?;
        Ok(key)
    }

    /// Opens the database in `dir`. The order of refusals: no database, wrong password,
    /// opened elsewhere, damaged or newer; none of them changes anything.
    pub fn open(dir: &Path, user: &str, password: &Pin) -> Result<Self, StoreError> {
        if !dir.join(DATABASE).exists() {
            return Err(StoreError::NoDatabase);
        }
        let keys = KeyFile::read(dir)?;
        let key = keys.unwrap(user, password)?;
        let lock = disk::lock(dir)?;
        Self::start(dir, key, keys.cost(), lock)
    }

    /// Whether `dir` holds a database, so that one would log in rather than begin.
    pub fn exists(dir: &Path) -> bool {
        dir.join(DATABASE).exists()
    }

    fn start(dir: &Path, key: Key, cost: KdfCost, lock: File) -> Result<Self, StoreError> {
        let path = dir.join(DATABASE);
        let connection = connection::open(&path, &key, Use::Write)?;
        connection::migrate(&connection, &path, MIGRATIONS)?;
        search::bring_up(&connection)?;
        let desk: Option<Vec<u8>> =
            connection.query_row("SELECT id FROM desk", [], |row| row.get(0)).optional()?;
        let desk = desk.ok_or_else(|| StoreError::damaged("database", "the desk has no name"))?;
        let desk = row::uuid(&desk)?;
        let blobs = Blobs::open(dir, &key)?;
        let head = HeadFile::open(dir, &key, &connection)?;
        let (jobs, queue) = channel::<Job>();
        let worker = Desk { connection, id: desk, blobs: blobs.clone(), head };
        let writer = thread::Builder::new().name("store-writer".to_owned()).spawn(move || {
            worker.work(&queue);
            // Released only when the last connection is closed.
            drop(lock);
        })?;
        let store = Self(Arc::new(Inner {
            dir: dir.to_owned(),
            readers: Pool::new(path, key.clone()),
            key,
            cost,
            blobs,
            desk,
            key_file: Mutex::new(()),
            jobs: Some(jobs),
            writer: Some(writer),
        }));
        store.collect_in_background()?;
        Ok(store)
    }

    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// This desk, as its operations name it.
    pub fn desk(&self) -> Uuid {
        self.0.desk
    }

    fn key(&self) -> &Key {
        &self.0.key
    }

    fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    // Writing.

    /// Runs `f` in one transaction on the writer thread: all of it is kept, durably, if it
    /// returns `Ok`; nothing of it if it returns `Err` or panics.
    pub fn write<T, E>(
        &self,
        actor: &Actor,
        f: impl FnOnce(&mut Writer<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let actor = actor.clone();
        self.run(move |desk| desk.transaction(&actor, f))
    }

    /// A transaction over local tables alone.
    fn write_local(
        &self,
        f: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.write(&Actor::program(), move |writer| f(writer.connection))
    }

    fn run<T, E>(&self, f: impl FnOnce(&mut Desk) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        if self.is_writer_thread() {
            let error = StoreError::Internal("a write inside a write".to_owned());
            return Err(error.into());
        }
        let gone = || StoreError::Internal("the writer thread has ended".to_owned());
        let (answer, answered) = sync_channel(1);
        let job: Job = Box::new(move |desk| {
            let _ = answer.send(f(desk));
        });
        match &self.0.jobs {
            Some(jobs) => jobs.send(job).map_err(|_| gone())?,
            None => return Err(gone().into()),
        }
        answered.recv().unwrap_or_else(|_| Err(gone().into()))
    }

    fn is_writer_thread(&self) -> bool {
        self.0.writer.as_ref().is_some_and(|writer| writer.thread().id() == thread::current().id())
    }

    /// Notes the chain's head now rather than within half a second.
    fn note_head(&self) -> Result<(), StoreError> {
        self.run(|desk| desk.head.write())
    }

    // Reading.

    /// Runs `f` over one consistent sight of the tables.
    pub fn view<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(View<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.readers.with(|connection| {
            let moment = connection.unchecked_transaction().map_err(StoreError::from)?;
            f(View { connection: &moment })
        })
    }

    // Blobs.

    /// Keeps bytes and returns their address. They are durable when this returns; if no
    /// operation names them within an hour, the next start collects them.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<BlobHash, StoreError> {
        self.put_written(bytes.len(), |out| out.write_all(bytes))
    }

    /// The same for `size` bytes that `feed` writes: a large file need not be in memory.
    pub fn put_written(
        &self,
        size: usize,
        feed: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<BlobHash, StoreError> {
        if size <= IN_DATABASE {
            let mut bytes = Vec::with_capacity(size);
            feed(&mut bytes)?;
            let hash = BlobHash::of(&bytes);
            let address = hash.clone();
            self.write(&Actor::program(), move |writer| {
                writer.blobs.put(writer.connection, &address, &bytes)
            })?;
            Ok(hash)
        } else {
            // Encrypting and syncing happen here; only the renaming waits for the writer.
            let staged = self.blobs().stage(feed)?;
            let hash = staged.address.clone();
            self.write(&Actor::program(), move |writer| {
                writer.blobs.put_staged(writer.connection, &staged)
            })?;
            Ok(hash)
        }
    }

    /// The bytes at an address, checked against it.
    pub fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>, StoreError> {
        self.view(|view| self.blobs().get(view.connection, hash))
    }

    /// The same, for several to share; a large file is not held twice on the way.
    pub fn shared_blob(&self, hash: &BlobHash) -> Result<Arc<[u8]>, StoreError> {
        self.view(|view| self.blobs().share(view.connection, hash))
    }

    /// Removes bytes that no operation names and that were put longer than `grace` ago.
    pub fn collect_orphans(&self, grace: Duration) -> Result<Collected, StoreError> {
        self.run(move |desk| {
            let blobs = desk.blobs.clone();
            desk.transaction(&Actor::program(), |writer| blobs.collect(writer.connection, grace))
        })
    }

    /// The writer's first work after a start; nobody waits for it.
    fn collect_in_background(&self) -> Result<(), StoreError> {
        let job: Job = Box::new(|desk| {
            let blobs = desk.blobs.clone();
            let collected = desk.transaction(&Actor::program(), |writer| {
                blobs.collect(writer.connection, blob::GRACE)
            });
            match collected {
                Ok(Collected { rows: 0, files: 0 }) => {}
                Ok(collected) => tracing::info!(?collected, "orphaned blobs were collected"),
                Err(error) => tracing::warn!(%error, "orphaned blobs were not collected"),
            }
        });
        if let Some(jobs) = &self.0.jobs {
            let _ = jobs.send(job);
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// The bytes at an address, checked against it.
    pub fn blob(&self, hash: &BlobHash) -> Result<Vec<u8>, StoreError> {
        self.blobs.get(self.connection, hash)
    }

    /// Keeps bytes as part of this transaction.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<BlobHash, StoreError> {
        self.must_be_alive()?;
        let hash = BlobHash::of(bytes);
        self.blobs.put(self.connection, &hash, bytes)?;
        Ok(hash)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("dir", &self.0.dir).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Readers close first, so that the writer's connection is the last and folds the
        // WAL into the database.
        self.readers.close();
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take()
            && writer.thread().id() != thread::current().id()
        {
            let _ = writer.join();
        }
    }
}

/// A lock whose data stay sound even if a holder panicked: they are changed in one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operation::Change;

    fn made() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::create_with(dir.path(), "be", &Pin::new("x"), KdfCost::FAST).unwrap();
        (dir, store)
    }

    fn put_agency(store: &Store, name: &str) -> Result<(), StoreError> {
        let code = crate::domain::agency::AgencyCode::new("H30").unwrap();
        let agency = crate::domain::agency::Agency::new(code, name);
        store.write(&Actor::program(), |writer| {
            writer.append(Change::AgencyPut { agency })?;
            Ok(())
        })
    }

    #[test]
    fn a_database_of_a_newer_version_is_refused_untouched() {
        let (dir, store) = made();
        let path = dir.path().join(DATABASE);
        store
            .run(|desk| {
                desk.connection.pragma_update(None, "user_version", 999)?;
                Ok::<_, StoreError>(())
            })
            .unwrap();
        drop(store);
        let before = fs::read(&path).unwrap();
        let refused = Store::open(dir.path(), "be", &Pin::new("x")).err();
        let known = u32::try_from(MIGRATIONS.len()).unwrap();
        assert_eq!(refused, Some(StoreError::NewerVersion { found: 999, known }));
        assert_eq!(fs::read(&path).unwrap(), before);
        assert!(!dir.path().join("vanthu.db-wal").exists());
    }

    #[test]
    fn a_full_database_refuses_and_goes_on_when_there_is_room() {
        let (_dir, store) = made();
        let limit = |pages: u32| {
            store
                .run(move |desk| {
                    let sql = format!("PRAGMA max_page_count = {pages}");
                    desk.connection.query_row(&sql, [], |_| Ok(()))?;
                    Ok::<_, StoreError>(())
                })
                .unwrap();
        };
        put_agency(&store, "Ủy ban").unwrap();
        limit(1);
        let mut written = 0;
        let refused = loop {
            match put_agency(&store, &format!("{written} {}", "tên rất dài ".repeat(2000))) {
                Ok(()) => written += 1,
                Err(error) => break error,
            }
            assert!(written < 100);
        };
        assert_eq!(refused, StoreError::DiskFull);
        assert_eq!(store.put_blob(&[1; 60_000]), Err(StoreError::DiskFull));
        // Whoever ignores the refusal inside a transaction writes nothing after it.
        let ignored = store.write(&Actor::program(), |writer| {
            let long = "tên rất dài ".repeat(20_000);
            let code = crate::domain::agency::AgencyCode::new("H31").unwrap();
            let agency = crate::domain::agency::Agency::new(code, &long);
            assert_eq!(writer.append(Change::AgencyPut { agency }), Err(StoreError::DiskFull));
            let _ = writer.set_setting("ghi", "lén");
            Err::<(), _>(StoreError::DiskFull)
        });
        assert_eq!(ignored, Err(StoreError::DiskFull));
        assert_eq!(store.setting("ghi").unwrap(), None);
        limit(1_000_000);
        put_agency(&store, "Có chỗ").unwrap();
        let report = store.rebuild_and_compare().unwrap();
        assert_eq!(report.problems, []);
        assert_eq!(report.operations, written + 2);
    }

    #[test]
    fn a_handle_shows_no_secret() {
        let (_dir, store) = made();
        let shown = format!("{store:?}");
        assert!(!shown.contains(&hex::encode(store.key().bytes())));
        assert!(shown.starts_with("Store { dir:"));
    }

    #[test]
    fn the_last_handle_may_be_dropped_on_the_writer_thread() {
        let (dir, store) = made();
        let held = store.clone();
        let (go, wait) = channel::<()>();
        let job: Job = Box::new(move |_| {
            let _ = wait.recv();
            drop(held);
        });
        store.0.jobs.as_ref().unwrap().send(job).unwrap();
        drop(store);
        go.send(()).unwrap();
        // The thread ends by itself and releases the folder.
        let opened = (0..100).find_map(|_| {
            thread::sleep(Duration::from_millis(20));
            Store::open(dir.path(), "be", &Pin::new("x")).ok()
        });
        assert!(opened.is_some());
    }
}
