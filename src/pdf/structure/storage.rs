//! Where a file's bytes are: in memory, or on the disk and read by pieces.
//!
//! A scanned project file has hundreds of megabytes, and a clerk's computer has better uses
//! for them. So of a large file only windows are read: small blocks around the objects that
//! are asked for, of which the latest are kept, and, for hashing and copying, one piece
//! after the other. What is being appended stays in memory behind either.
//!
//! A file on the disk may change while it is read. That is noticed by its size and its time
//! of change, and whatever cannot be read counts: [`Storage::intact`] tells at the end of a
//! piece of work whether all of it was read from one and the same file.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::{Deref, Range};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::SystemTime;

use super::damaged;
use crate::pdf::PdfError;

/// Bytes that are read around an object, and how many such blocks are kept (4 MiB).
const BLOCK: usize = 16 << 10;
const BLOCKS: usize = 256;
/// Bytes that are hashed or copied at a time: they fit into a core's own cache.
const PIECE: usize = 256 << 10;
/// From so many bytes on, reading ahead is worth a thread.
const AHEAD: usize = 8 * PIECE;
/// Bytes that are read ahead at a time, at most. Waking the other thread costs the same for a
/// small piece as for a large one, and two such pieces still lie in the cache that the cores
/// share.
const LARGE: usize = 1 << 20;
/// A file up to this size is read whole at once: nothing can change under us then.
const SMALL: u64 = 4 << 20;
/// Bytes that are read into memory in one piece, on behalf of a file that may lie.
const MAX_READ: usize = 64 << 20;

/// The first `len` bytes of a file. Clones share it.
#[derive(Clone)]
pub(super) struct Storage {
    base: Arc<Base>,
    /// What follows the base.
    tail: Arc<[u8]>,
    len: usize,
}

enum Base {
    Memory(Arc<[u8]>),
    Disk(Disk),
}

struct Disk {
    file: File,
    len: usize,
    modified: Option<SystemTime>,
    block: usize,
    /// Number and content, the latest last.
    blocks: Mutex<VecDeque<(usize, Arc<[u8]>)>>,
    /// The first thing that went wrong.
    fault: OnceLock<PdfError>,
}

/// Some bytes that stand together.
#[derive(Clone)]
pub(super) enum Window<'a> {
    Lent(&'a [u8]),
    Kept(Arc<[u8]>),
}

impl Deref for Window<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            Self::Kept(bytes) => bytes,
        }
    }
}

impl From<Arc<[u8]>> for Storage {
    fn from(bytes: Arc<[u8]>) -> Self {
        let len = bytes.len();
        Self { base: Arc::new(Base::Memory(bytes)), tail: Arc::default(), len }
    }
}

impl Storage {
    /// Opens a file; a small one is read whole.
    pub fn open(path: &Path) -> Result<Self, PdfError> {
        let mut file = File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        // A pipe or a device says nothing of its size and may never end.
        if !about.is_file() {
            return Err(PdfError::Unreadable("not a regular file".to_owned()));
        }
        if about.len() > SMALL {
            return Self::on_disk(file, BLOCK);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or_default());
        (&mut file).take(SMALL + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 != about.len() {
            return Err(PdfError::Changed);
        }
        Ok(Self::from(Arc::from(bytes)))
    }

    /// A file that is read by blocks of `block` bytes.
    pub fn on_disk(file: File, block: usize) -> Result<Self, PdfError> {
        let about = file.metadata().map_err(unreadable)?;
        let len = usize::try_from(about.len()).map_err(unreadable)?;
        let disk = Disk {
            file,
            len,
            modified: about.modified().ok(),
            block,
            blocks: Mutex::default(),
            fault: OnceLock::new(),
        };
        Ok(Self { base: Arc::new(Base::Disk(disk)), tail: Arc::default(), len })
    }

    pub const fn len(&self) -> usize {
        self.len
    }

    /// The same, without what stands behind the first `len` bytes.
    pub fn until(&self, len: usize) -> Self {
        Self { len: len.min(self.len), ..self.clone() }
    }

    /// The same with `bytes` after it.
    pub fn with_appended(&self, bytes: &[u8]) -> Result<Self, PdfError> {
        let own = self.len.checked_sub(self.base.len());
        let own = own.and_then(|own| self.tail.get(..own));
        let own = own.ok_or_else(|| damaged("nothing is appended to a part of a file"))?;
        let tail: Arc<[u8]> = [own, bytes].concat().into();
        Ok(Self { base: Arc::clone(&self.base), len: self.base.len() + tail.len(), tail })
    }

    /// The bytes around `at`, as many as are at hand, and where they begin; `None` behind the
    /// end, or where they cannot be read.
    pub fn window(&self, at: usize) -> Option<(usize, Window<'_>)> {
        if at >= self.len {
            return None;
        }
        let end = self.base.len();
        if at >= end {
            return Some((end, Window::Lent(self.tail.get(..self.len - end)?)));
        }
        match &*self.base {
            Base::Memory(bytes) => Some((0, Window::Lent(bytes.get(..self.len.min(end))?))),
            Base::Disk(disk) => {
                let (start, block) = disk.block(at)?;
                // The view may end within the block.
                let shown = (self.len - start).min(block.len());
                let cut = shown < block.len();
                let window = if cut {
                    Window::Kept(block.get(..shown)?.into())
                } else {
                    Window::Kept(block)
                };
                Some((start, window))
            }
        }
    }

    /// The bytes of a range, bounded.
    pub fn read(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, PdfError> {
        let size = range.len();
        if range.start > range.end || range.end > self.len {
            return Err(damaged("something stands outside the file"));
        }
        if let Base::Memory(bytes) = &*self.base
            && let Some(bytes) = bytes.get(range.clone())
        {
            return Ok(Cow::Borrowed(bytes));
        }
        if size > MAX_READ {
            return Err(damaged("something in the file is too large"));
        }
        let mut bytes = Vec::with_capacity(size);
        self.feed(range, |piece| bytes.extend_from_slice(piece))?;
        Ok(Cow::Owned(bytes))
    }

    /// Gives the bytes of a range piece by piece.
    pub fn feed(&self, range: Range<usize>, mut sink: impl FnMut(&[u8])) -> Result<(), PdfError> {
        self.each(range, |piece| {
            sink(piece);
            true
        })
    }

    /// Whether `good` holds of every byte of a range; not where one cannot be read.
    pub fn all(&self, range: Range<usize>, good: impl Fn(u8) -> bool) -> bool {
        let mut all = true;
        let read = self.each(range, |piece| {
            all = piece.iter().copied().all(&good);
            all
        });
        all && read.is_ok()
    }

    /// Whether two ranges hold the same bytes; not where one cannot be read.
    pub fn same(&self, range: Range<usize>, other: &Self, theirs: Range<usize>) -> bool {
        let mut at = theirs.start;
        let mut same = range.len() == theirs.len();
        let read = self.each(range, |piece| {
            let next = at.saturating_add(piece.len());
            same = same && other.read(at..next).is_ok_and(|their| *their == *piece);
            at = next;
            same
        });
        same && read.is_ok()
    }

    /// Gives the bytes of a range piece by piece until `sink` has enough.
    fn each(
        &self,
        range: Range<usize>,
        mut sink: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), PdfError> {
        if range.start > range.end || range.end > self.len {
            return Err(damaged("something stands outside the file"));
        }
        let middle = self.base.len().clamp(range.start, range.end);
        let mut wants = true;
        match &*self.base {
            Base::Memory(bytes) => {
                for piece in bytes.get(range.start..middle).unwrap_or_default().chunks(PIECE) {
                    wants = wants && sink(piece);
                }
            }
            Base::Disk(disk) => wants = disk.each(range.start..middle, &mut sink)?,
        }
        let end = self.base.len();
        let tail = self.tail.get(middle.max(end) - end..range.end.max(end) - end);
        if wants && range.end > end {
            sink(tail.unwrap_or_default());
        }
        Ok(())
    }

    /// # Errors
    /// What could not be read so far, or [`PdfError::Changed`] if it is not the file any more
    /// that was opened.
    pub fn intact(&self) -> Result<(), PdfError> {
        match &*self.base {
            Base::Memory(_) => Ok(()),
            Base::Disk(disk) => disk.intact(),
        }
    }

    /// Reads from the beginning, and from anywhere else.
    pub fn reader(&self) -> Reader {
        Reader { storage: self.clone(), at: 0 }
    }
}

impl Base {
    fn len(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::Disk(disk) => disk.len,
        }
    }
}

impl Disk {
    /// The block in which `at` lies, and where it begins.
    fn block(&self, at: usize) -> Option<(usize, Arc<[u8]>)> {
        let number = at / self.block;
        let start = number * self.block;
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let known = blocks.iter().rposition(|(known, _)| *known == number);
        if let Some(found) = known.and_then(|place| blocks.remove(place)) {
            let block = Arc::clone(&found.1);
            blocks.push_back(found);
            return Some((start, block));
        }
        let mut bytes = vec![0; self.block.min(self.len.checked_sub(start)?)];
        self.read(&mut bytes, start).ok()?;
        let block: Arc<[u8]> = bytes.into();
        if blocks.len() >= BLOCKS {
            blocks.pop_front();
        }
        blocks.push_back((number, Arc::clone(&block)));
        Some((start, block))
    }

    /// Gives the bytes of a range piece by piece; tells whether `sink` wants still more.
    fn each(
        &self,
        range: Range<usize>,
        sink: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<bool, PdfError> {
        if range.len() > AHEAD {
            return self.each_ahead(range, sink);
        }
        let mut buffer = vec![0; PIECE.min(range.len())];
        for at in range.clone().step_by(PIECE) {
            let piece = buffer.get_mut(..PIECE.min(range.end - at)).unwrap_or_default();
            self.read(piece, at)?;
            if !sink(piece) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same, with another thread that reads the next piece meanwhile: neither waits for
    /// the other longer than it must.
    fn each_ahead(
        &self,
        range: Range<usize>,
        sink: &mut impl FnMut(&[u8]) -> bool,
    ) -> Result<bool, PdfError> {
        thread::scope(|scope| {
            let (give_back, given_back) = mpsc::channel();
            let (give, given) = mpsc::channel();
            for _ in 0..2 {
                let _ = give_back.send(Vec::with_capacity(LARGE));
            }
            scope.spawn(move || {
                // Small at first, so that the hashing begins at once.
                let (mut at, mut size) = (range.start, PIECE);
                while at < range.end {
                    // Ends when nobody wants more.
                    let Ok(mut piece) = given_back.recv() else { return };
                    let next = range.end.min(at + size);
                    piece.resize(next - at, 0);
                    let read = self.read(&mut piece, at).map(|()| piece);
                    if give.send(read).is_err() {
                        return;
                    }
                    (at, size) = (next, LARGE.min(2 * size));
                }
            });
            for piece in given {
                let piece: Vec<u8> = piece?;
                if !sink(&piece) {
                    return Ok(false);
                }
                let _ = give_back.send(piece);
            }
            Ok(true)
        })
    }

    fn read(&self, mut into: &mut [u8], mut at: usize) -> Result<(), PdfError> {
        while !into.is_empty() {
            match read_at(&self.file, into, at as u64) {
                // It ends where it did not end before.
                Ok(0) => return Err(self.failed(PdfError::Changed)),
                Ok(read) => {
                    into = into.get_mut(read..).unwrap_or_default();
                    at += read;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(unreadable(error))),
            }
        }
        Ok(())
    }

    fn failed(&self, error: PdfError) -> PdfError {
        self.fault.get_or_init(|| error).clone()
    }

    fn intact(&self) -> Result<(), PdfError> {
        if let Some(fault) = self.fault.get() {
            return Err(fault.clone());
        }
        let about = self.file.metadata().map_err(unreadable)?;
        if about.len() != self.len as u64 || about.modified().ok() != self.modified {
            return Err(self.failed(PdfError::Changed));
        }
        Ok(())
    }
}

/// The bytes of a file as a stream that others can read, pdfium among them.
#[derive(Clone)]
pub struct Reader {
    storage: Storage,
    at: usize,
}

impl Reader {
    /// Bytes in all.
    pub const fn size(&self) -> usize {
        self.storage.len
    }

    /// As [`Source::intact`](super::Source::intact).
    pub fn intact(&self) -> io::Result<()> {
        self.storage.intact().map_err(io::Error::other)
    }

    /// A reader of bytes in memory.
    pub fn of(bytes: Arc<[u8]>) -> Self {
        Storage::from(bytes).reader()
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("size", &self.size()).finish_non_exhaustive()
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let end = self.at.saturating_add(into.len()).min(self.storage.len);
        let start = self.at.min(end);
        let mut done = 0;
        let copied = self.storage.feed(start..end, |piece| {
            if let Some(place) = into.get_mut(done..done + piece.len()) {
                place.copy_from_slice(piece);
            }
            done += piece.len();
        });
        copied.map_err(io::Error::other)?;
        self.at = end.max(self.at);
        Ok(done)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (0, i64::try_from(at).unwrap_or(i64::MAX)),
            SeekFrom::Current(by) => (self.at, by),
            SeekFrom::End(by) => (self.storage.len, by),
        };
        let at = isize::try_from(by).ok().and_then(|by| from.checked_add_signed(by));
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at as u64)
    }
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, at)
}

#[cfg(windows)]
fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, at)
}

fn unreadable(error: impl std::fmt::Display) -> PdfError {
    PdfError::Unreadable(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    /// A file of its own with these bytes, read by blocks of this size.
    fn on_disk(bytes: &[u8], block: usize) -> (Storage, File) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        (Storage::on_disk(file.try_clone().unwrap(), block).unwrap(), file)
    }

    #[test]
    fn a_file_that_changes_is_noticed() {
        let (storage, mut file) = on_disk(&[7; 100], 16);
        assert_eq!(storage.intact(), Ok(()));
        file.write_all(b"more").unwrap();
        assert_eq!(storage.intact(), Err(PdfError::Changed));

        let (storage, file) = on_disk(&[7; 100], 16);
        file.set_len(50).unwrap();
        assert!(storage.window(90).is_none());
        file.set_len(100).unwrap();
        // Even though it is as long as before.
        assert_eq!(storage.intact(), Err(PdfError::Changed));
        assert!(!storage.all(0..100, |byte| byte == 7));
    }

    #[test]
    fn a_reader_reads_and_seeks() {
        let (storage, _file) = on_disk(b"0123456789", 4);
        let mut reader = storage.with_appended(b"abc").unwrap().reader();
        reader.seek(SeekFrom::End(-5)).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "89abc");
        assert!(reader.seek(SeekFrom::Current(-99)).is_err());
        assert_eq!(reader.seek(SeekFrom::Start(99)).unwrap(), 99);
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
    }

    #[test]
    fn a_long_range_is_read_ahead_and_may_be_left() {
        let bytes: Vec<u8> = (0..AHEAD + 3 * LARGE + 5).map(|n| (n % 251) as u8).collect();
        let (storage, file) = on_disk(&bytes, BLOCK);
        let mut read = Vec::new();
        storage.feed(3..bytes.len(), |piece| read.extend_from_slice(piece)).unwrap();
        assert!(read == bytes[3..]);
        assert!(!storage.all(0..bytes.len(), |byte| byte == 0));
        file.set_len(bytes.len() as u64 / 2).unwrap();
        assert_eq!(storage.feed(0..bytes.len(), |_| ()), Err(PdfError::Changed));
    }

    proptest! {
        #[test]
        fn disk_and_memory_tell_the_same(
            bytes in proptest::collection::vec(any::<u8>(), 1..200),
            tail in proptest::collection::vec(any::<u8>(), 0..40),
            block in 1_usize..40,
            a in any::<prop::sample::Index>(),
            b in any::<prop::sample::Index>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let (disk, _file) = on_disk(&bytes, block);
            let whole = [bytes.clone(), tail.clone()].concat();
            let len = cut.index(whole.len() + 1);
            let (a, b) = (a.index(len + 1), b.index(len + 1));
            let range = a.min(b)..a.max(b);
            let memory = Storage::from(Arc::from(bytes));
            for storage in [memory, disk] {
                let storage = storage.with_appended(&tail).unwrap().until(len);
                prop_assert_eq!(&*storage.read(range.clone()).unwrap(), &whole[range.clone()]);
                prop_assert!(storage.read(0..len + 1).is_err());
                for at in 0..len + 2 {
                    let byte = storage.window(at).map(|(start, window)| {
                        assert!(start + window.len() <= len);
                        window[at - start]
                    });
                    prop_assert_eq!(byte, whole[..len].get(at).copied());
                }
            }
        }
    }
}
