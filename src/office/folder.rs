//! Folders that are looked at again and again: files that somebody puts there come in by
//! themselves, and what a scanner leaves there waits to be arranged.
//!
//! Looking (rather than being told by the system) is the same on every disk and on network
//! shares. A file is taken only when two looks found it alike, so that half a file that is
//! still being copied is left alone. What has been taken moves to `taken`, what cannot be
//! used to `refused` with the reason beside it; nothing is ever deleted. After a crash
//! between taking and moving the file is taken once more, and known by its bytes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::batch::Cancel;
use super::set_up::{DeskOrder, Row};
use super::settings::row;
use super::{Imported, Office, OfficeError};
use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::role::Act;
use crate::i18n::tell;

const TAKEN: &str = "taken";
const REFUSED: &str = "refused";
const WATCHED: &str = "folder.watched";
const SCANNED: &str = "folder.scanned";

/// How long a file must have been alike.
pub const SETTLED: Duration = Duration::from_secs(2);

/// What a look at the watched folder brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sweep {
    /// File by file.
    pub files: Vec<(String, Imported)>,
    pub refused: Vec<(String, Problem)>,
    /// Files that are still being written, or were seen for the first time.
    pub waiting: u32,
    /// Why it stopped early, if it did; what is left is taken at another look.
    pub problem: Option<Problem>,
}

impl Sweep {
    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.refused.is_empty() && self.problem.is_none()
    }
}

/// A file as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    size: u64,
    changed: Option<SystemTime>,
}

/// What earlier looks saw.
#[derive(Debug, Default)]
pub(super) struct Looks {
    seen: HashMap<PathBuf, (Seen, Instant)>,
    /// Taken, but could not be moved: not to be taken at every look.
    stuck: HashMap<PathBuf, Seen>,
}

impl Looks {
    /// The files of a folder that have stopped growing, by name, and how many have not.
    pub fn settled(&mut self, folder: &Path, now: Instant) -> Result<(Vec<PathBuf>, u32), Problem> {
        let gone = |error: std::io::Error| {
            Problem::from(OfficeError::FolderGone(folder.display().to_string())).because(error)
        };
        let mut ready = Vec::new();
        let mut waiting = 0;
        let mut there = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(gone)? {
            let path = entry.map_err(gone)?.path();
            let Ok(facts) = std::fs::metadata(&path) else { continue };
            if !facts.is_file() || is_passing(&path) {
                continue;
            }
            let seen = Seen { size: facts.len(), changed: facts.modified().ok() };
            there.push(path.clone());
            if self.stuck.get(&path) == Some(&seen) {
                continue;
            }
            let (known, since) = *self.seen.entry(path.clone()).or_insert((seen, now));
            if known != seen {
                self.seen.insert(path, (seen, now));
                waiting += 1;
            } else if seen.size == 0 || now.duration_since(since) < SETTLED {
                waiting += 1;
            } else {
                ready.push(path);
            }
        }
        self.seen.retain(|path, _| path.parent() != Some(folder) || there.contains(path));
        self.stuck.retain(|path, _| path.parent() != Some(folder) || there.contains(path));
        ready.sort();
        Ok((ready, waiting))
    }

    /// Moves a file that has been dealt with.
    fn away(&mut self, path: &Path, to: &str) -> Result<PathBuf, Problem> {
        let moved = away(path, to);
        if moved.is_err()
            && let Some((seen, _)) = self.seen.get(path)
        {
            self.stuck.insert(path.to_owned(), *seen);
        }
        self.seen.remove(path);
        moved
    }
}

/// Whether a file is somebody's half-way house: hidden, or of a program that is at work.
fn is_passing(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let ends = [".tmp", ".part", ".partial", ".crdownload", ".filepart"];
    name.starts_with('.')
        || name.starts_with("~$")
        || name == "thumbs.db"
        || name == "desktop.ini"
        || ends.iter().any(|end| name.ends_with(end))
}

/// Moves a file into a folder beside it, under a name that is free there.
fn away(path: &Path, to: &str) -> Result<PathBuf, Problem> {
    let failed = |error: std::io::Error| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Problem::from(OfficeError::FileStays(name)).because(error)
    };
    let folder = path.parent().unwrap_or(Path::new("")).join(to);
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy()));
    let end = end.unwrap_or_default();
    for count in 1..10_000 {
        let name =
            if count == 1 { format!("{stem}{end}") } else { format!("{stem} ({count}){end}") };
        let target = folder.join(name);
        if !target.exists() {
            std::fs::rename(path, &target).map_err(failed)?;
            return Ok(target);
        }
    }
    Err(failed(std::io::ErrorKind::AlreadyExists.into()))
}

/// Reads a file that somebody named, up to `limit` bytes.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Problem> {
    use std::io::Read;
    let failed = |error: std::io::Error| Problem::from(OfficeError::File(error.to_string()));
    let file = std::fs::File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let too_large = |size| OfficeError::FileTooLarge { name: name_of(path), size, limit };
    if size > limit {
        return Err(too_large(size).into());
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit { Err(too_large(bytes.len() as u64).into()) } else { Ok(bytes) }
}

pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl Office {
    /// The folder whose files come in by themselves, if one is set.
    pub fn watched_folder(&self) -> Result<Option<PathBuf>, Problem> {
        self.folder(WATCHED)
    }

    /// The folder into which a scanner puts its files, if one is set.
    pub fn scanned_folder(&self) -> Result<Option<PathBuf>, Problem> {
        self.folder(SCANNED)
    }

    fn folder(&self, name: &str) -> Result<Option<PathBuf>, Problem> {
        let folder = self.store().setting(name)?;
        Ok(folder.filter(|folder| !folder.is_empty()).map(PathBuf::from))
    }

    /// Watches a folder from now on; `None` no longer.
    pub fn set_watched_folder(&self, folder: Option<&Path>) -> Result<(), Problem> {
        let watched = Some(folder.map(Path::to_owned));
        self.set_up_desk(DeskOrder { watched, ..DeskOrder::default() })
    }

    pub fn set_scanned_folder(&self, folder: Option<&Path>) -> Result<(), Problem> {
        let scanned = Some(folder.map(Path::to_owned));
        self.set_up_desk(DeskOrder { scanned, ..DeskOrder::default() })
    }

    /// The settings of the folders that are to be others. One folder cannot be both: a page would
    /// come in alone before the sheaf is whole.
    pub(super) fn folder_rows(&self, order: &DeskOrder) -> Result<Vec<Row>, Problem> {
        let mut rows = Vec::new();
        if order.watched.is_none() && order.scanned.is_none() {
            return Ok(rows);
        }
        self.actor(Act::ReceiveInbound)?;
        let mut used = Vec::new();
        for (name, wanted) in [(WATCHED, &order.watched), (SCANNED, &order.scanned)] {
            let folder = match wanted {
                Some(wanted) => wanted.as_deref().map(|path| self.fit_folder(path)).transpose()?,
                None => self.folder(name)?,
            };
            if wanted.is_some() {
                // What is no text in the system's own names could not be found again.
                let path = folder.as_deref().unwrap_or(Path::new("")).to_str();
                rows.push(row(name, path.ok_or(OfficeError::BadSetting("folder"))?));
            }
            used.extend(folder);
        }
        match used.as_slice() {
            [one, other] if one == other => {
                Err(OfficeError::FolderTwice(one.display().to_string()).into())
            }
            _ => Ok(rows),
        }
    }

    /// A folder whose files can be read, which has nothing to do with our own.
    fn fit_folder(&self, folder: &Path) -> Result<PathBuf, Problem> {
        let gone = |error: std::io::Error| {
            Problem::from(OfficeError::FolderGone(folder.display().to_string())).because(error)
        };
        let folder = std::path::absolute(folder).map_err(gone)?;
        std::fs::read_dir(&folder).map_err(gone)?;
        let inside = folder.starts_with(self.data_dir()) || self.data_dir().starts_with(&folder);
        if inside {
            return Err(OfficeError::FolderOfProgram(folder.display().to_string()).into());
        }
        Ok(folder)
    }

    /// Brings in one file from the disk; it stays where it is.
    pub fn import_file(&self, path: &Path) -> Result<Imported, Problem> {
        self.actor(Act::ReceiveInbound)?;
        let bytes = read(path, self.profile().limits().packet_bytes())?;
        self.import(&name_of(path), bytes)
    }

    /// Takes a file of scanned pages from the disk into the sheaf; it stays where it is.
    pub fn add_file_to_sheaf(
        &self,
        path: &Path,
    ) -> Result<Vec<crate::domain::paper::SheafPage>, Problem> {
        self.actor(Act::ReceiveInbound)?;
        let bytes = read(path, self.profile().limits().packet_bytes())?;
        self.add_to_sheaf(&name_of(path), &bytes)
    }

    /// Looks at the watched folder once and takes what has come. Called again and again; a
    /// file is taken at the earliest [`SETTLED`] after it was first seen.
    pub fn sweep(&self, cancel: &Cancel) -> Result<Sweep, Problem> {
        self.sweep_telling(cancel, &mut |_, _| {})
    }

    /// The same; `tell` hears how many files of how many are done, if there are any.
    pub fn sweep_telling(
        &self,
        cancel: &Cancel,
        tell: &mut dyn FnMut(usize, usize),
    ) -> Result<Sweep, Problem> {
        let Some(folder) = self.watched_folder()? else { return Ok(Sweep::default()) };
        self.actor(Act::ReceiveInbound)?;
        let mut looks = self.looks();
        let (ready, waiting) = looks.settled(&folder, Instant::now())?;
        let mut sweep = Sweep { waiting, ..Sweep::default() };
        let all = ready.len();
        for (done, path) in ready.into_iter().enumerate() {
            if cancel.is_cancelled() {
                break;
            }
            tell(done, all);
            let name = name_of(&path);
            let outcome = match self.import_file(&path) {
                // Opened by whoever writes it, or pulled out with its stick: another look.
                Err(problem) if problem.code == "office-file" => {
                    sweep.waiting += 1;
                    continue;
                }
                // This computer's trouble, not the file's.
                Err(problem)
                    if problem.kind == Kind::Unavailable || problem.blame == Blame::Environment =>
                {
                    sweep.problem = Some(problem);
                    break;
                }
                outcome => outcome,
            };
            let moved = match outcome {
                Ok(Imported::Quarantined(problem)) | Err(problem) => {
                    let moved = looks.away(&path, REFUSED);
                    if let Ok(target) = &moved {
                        say_why(target, &problem);
                    }
                    sweep.refused.push((name, problem));
                    moved
                }
                Ok(imported) => {
                    sweep.files.push((name, imported));
                    looks.away(&path, TAKEN)
                }
            };
            if let Err(problem) = moved {
                sweep.problem.get_or_insert(problem);
            }
        }
        Ok(sweep)
    }

    /// Files of the scanner that have stopped growing, by name.
    pub fn scanned_files(&self) -> Result<Vec<PathBuf>, Problem> {
        Ok(self.scanned_now()?.0)
    }

    /// The same with a second look where the first found files and none that had settled: a
    /// person who has just scanned presses the button once.
    pub(super) fn scanned_soon(&self, cancel: &Cancel) -> Result<Vec<PathBuf>, Problem> {
        const GLANCE: Duration = Duration::from_millis(100);
        let (mut files, waiting) = self.scanned_now()?;
        if !files.is_empty() || waiting == 0 {
            return Ok(files);
        }
        let end = Instant::now() + SETTLED + GLANCE;
        while Instant::now() < end && !cancel.is_cancelled() {
            std::thread::sleep(GLANCE);
        }
        files.extend(self.scanned_now()?.0);
        Ok(files)
    }

    /// Files of the scanner that have stopped growing, and how many have not.
    fn scanned_now(&self) -> Result<(Vec<PathBuf>, u32), Problem> {
        self.actor(Act::ReceiveInbound)?;
        let Some(folder) = self.scanned_folder()? else { return Ok((Vec::new(), 0)) };
        self.looks().settled(&folder, Instant::now())
    }

    /// Gives a file of the scanner's folder to `take`, and then moves it to `taken`; one that
    /// cannot be used goes to `refused`.
    pub(super) fn take_scanned(
        &self,
        path: &Path,
        take: impl FnOnce(&[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let bytes = read(path, self.profile().limits().packet_bytes());
        let taken = bytes.and_then(|bytes| take(&bytes));
        match &taken {
            Ok(_) => drop(self.looks().away(path, TAKEN)?),
            Err(problem) if problem.code == "office-file" => {}
            Err(problem)
                if problem.kind == Kind::Unavailable || problem.blame == Blame::Environment => {}
            Err(problem) => {
                let target = self.looks().away(path, REFUSED)?;
                say_why(&target, problem);
            }
        }
        taken
    }
}

/// Writes the reason beside a refused file; that it cannot be written refuses nothing more.
fn say_why(target: &Path, problem: &Problem) {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".txt");
    // Notepad of old Windows knows UTF-8 by its mark and lines by two characters.
    let text = format!("\u{feff}{}\r\n", tell(problem).paragraph());
    if let Err(error) = std::fs::write(target.with_file_name(name), text) {
        tracing::warn!(%error, "the reason of a refused file was not written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_ready_when_it_has_been_alike_for_a_while() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("công văn.pdf");
        let mut looks = Looks::default();
        let begin = Instant::now();
        std::fs::write(&path, b"one").unwrap();
        assert_eq!(looks.settled(dir.path(), begin).unwrap(), (vec![], 1));
        // It grew.
        std::fs::write(&path, b"one and more").unwrap();
        let later = begin + SETTLED;
        assert_eq!(looks.settled(dir.path(), later).unwrap(), (vec![], 1));
        let settled = looks.settled(dir.path(), later + SETTLED).unwrap();
        assert_eq!(settled, (vec![path.clone()], 0));
        // Dealt with, and put there anew.
        assert_eq!(looks.away(&path, TAKEN).unwrap(), dir.path().join("taken/công văn.pdf"));
        std::fs::write(&path, b"one and more").unwrap();
        assert_eq!(looks.settled(dir.path(), later + SETTLED * 2).unwrap(), (vec![], 1));
        assert_eq!(looks.away(&path, TAKEN).unwrap(), dir.path().join("taken/công văn (2).pdf"));
    }

    #[test]
    fn what_is_half_way_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".an.pdf", "~$mo.docx", "tai.pdf.part", "a.TMP", "Thumbs.db", "rỗng.pdf"] {
            let content: &[u8] = if name == "rỗng.pdf" { b"" } else { b"x" };
            std::fs::write(dir.path().join(name), content).unwrap();
        }
        std::fs::create_dir(dir.path().join("taken")).unwrap();
        let mut looks = Looks::default();
        let now = Instant::now();
        looks.settled(dir.path(), now).unwrap();
        assert_eq!(looks.settled(dir.path(), now + SETTLED * 3).unwrap(), (vec![], 1));
    }

    #[test]
    fn a_folder_that_is_gone_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let problem = Looks::default().settled(&dir.path().join("gone"), Instant::now());
        assert_eq!(problem.unwrap_err().code, "office-folder-gone");
    }
}
