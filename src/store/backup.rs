//! Backups: a second folder, encrypted and openable like the first.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};

use super::connection::{self, DATABASE, Use};
use super::error::StoreError;
use super::head::HeadFile;
use super::{Store, disk, keys};

/// Pages copied between two breaths: a few milliseconds of work.
const PAGES: i32 = 256;

impl Store {
    /// Copies the data into the empty or new folder `to` while work goes on. The copy opens
    /// with the same users and passwords. `progress` hears how much is done, 0 to 100.
    ///
    /// The database is copied as of one moment, after which the blobs that it names are
    /// copied; blobs are only ever added, so that none is missing.
    pub fn backup_to(&self, to: &Path, mut progress: impl FnMut(u8)) -> Result<(), StoreError> {
        if to.join(DATABASE).exists() {
            return Err(StoreError::AlreadyExists);
        }
        disk::make_dir(to)?;
        let lock = disk::lock(to)?;
        let unfinished = to.join("unfinished.db");
        self.copy_database(&unfinished, &mut progress)?;
        self.copy_blobs(to)?;
        fs::copy(self.dir().join(keys::FILE), to.join(keys::FILE))?;
        // The name comes last: a folder with a database in it is a whole backup.
        disk::settle(&unfinished, &to.join(DATABASE))?;
        drop(lock);
        progress(100);
        Ok(())
    }

    fn copy_database(&self, to: &Path, progress: &mut impl FnMut(u8)) -> Result<(), StoreError> {
        let _ = fs::remove_file(to);
        let source = connection::open(&self.dir().join(DATABASE), self.key(), Use::Read)?;
        let mut target = connection::open(to, self.key(), Use::Create)?;
        // Holding one moment keeps a busy writer from making the copy start over.
        let moment = source.unchecked_transaction()?;
        moment.query_row("SELECT count(*) FROM operation", [], |_| Ok(()))?;
        {
            let backup = Backup::new(&moment, &mut target)?;
            loop {
                let step = backup.step(PAGES)?;
                let state = backup.progress();
                let done = f64::from(state.pagecount - state.remaining)
                    / f64::from(state.pagecount.max(1));
                progress((done * 95.0) as u8);
                match step {
                    StepResult::Done => break,
                    StepResult::More => {}
                    _ => std::thread::sleep(Duration::from_millis(20)),
                }
            }
        }
        if let Some(folder) = to.parent() {
            HeadFile::noted(folder, self.key(), &target)?;
        }
        target.close().map_err(|(_, error)| error)?;
        Ok(fs::OpenOptions::new().write(true).open(to)?.sync_all()?)
    }

    fn copy_blobs(&self, to: &Path) -> Result<(), StoreError> {
        let from = self.blobs().dir();
        for folder in fs::read_dir(from)? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() || folder.file_name() == "incoming" {
                continue;
            }
            let target = to.join("blobs").join(folder.file_name());
            disk::make_dir(&target)?;
            for file in fs::read_dir(folder.path())? {
                let file = file?;
                let copy = target.join(file.file_name());
                fs::copy(file.path(), &copy)?;
                fs::OpenOptions::new().write(true).open(&copy)?.sync_all()?;
            }
            disk::sync_dir(&target)?;
        }
        Ok(())
    }
}
