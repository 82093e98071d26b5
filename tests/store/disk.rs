//! A disk that is full, and blobs on it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use vanthu::store::{Collected, IN_DATABASE, KdfCost, Store, StoreError};

use crate::fixture::*;

/// A file system of a few megabytes, unmounted when dropped; `None` where only root may.
struct Small(tempfile::TempDir);

impl Small {
    fn mounted(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(dir.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("no small file system can be mounted here: skipped");
        }
        mounted.then_some(Self(dir))
    }

    fn grow(&self, size: &str) {
        let grown = Command::new("mount")
            .args(["-o", &format!("remount,size={size}")])
            .arg(self.0.path())
            .status()
            .unwrap();
        assert!(grown.success());
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn blob_files(dir: &Path) -> usize {
    fs::read_dir(dir.join("blobs"))
        .unwrap()
        .map(|folder| fs::read_dir(folder.unwrap().path()).unwrap().count())
        .sum()
}

#[test]
fn a_full_disk_refuses_and_leaves_everything_as_it_was() {
    let Some(disk) = Small::mounted("6m") else { return };
    let store = Store::create_with(disk.path(), USER, &password(), KdfCost::FAST).unwrap();
    let kept = store.put_blob(&vec![1; 200_000]).unwrap();

    // A blob that does not fit.
    let too_large: Vec<u8> = (0..20_000_000u32).map(|i| (i % 251) as u8).collect();
    assert_eq!(store.put_blob(&too_large), Err(StoreError::DiskFull));
    assert_eq!(blob_files(disk.path()), 1);

    // Documents until no more fit.
    let mut numbers = 0;
    let refused = loop {
        match arrive_and_register(&store, &"Đầy ổ đĩa ".repeat(5000)) {
            Ok(_) => numbers += 1,
            Err(error) => break error,
        }
        assert!(numbers < 1000, "the disk never filled");
    };
    assert_eq!(refused, StoreError::DiskFull);
    assert!(numbers > 0);
    assert_eq!(store.put_blob(&vec![3; 40_000]), Err(StoreError::DiskFull));
    let book = vanthu::domain::book::BookId::inbound(YEAR);
    assert_eq!(store.next_number(&book).unwrap(), numbers + 1);
    assert_eq!(store.blob(&kept).unwrap(), vec![1; 200_000]);

    // With room again, work goes on where it stopped, and the chain is whole.
    disk.grow("40m");
    assert_eq!(arrive_and_register(&store, "Có chỗ trống"), Ok(numbers + 1));
    let hash = store.put_blob(&too_large).unwrap();
    assert_eq!(store.blob(&hash).unwrap(), too_large);
    assert_sound(&store);
    drop(store);
    assert_sound(&Store::open(disk.path(), USER, &password()).unwrap());
}

#[test]
fn a_beginning_on_a_full_disk_leaves_nothing() {
    let Some(disk) = Small::mounted("64k") else { return };
    let refused = Store::create_with(disk.path(), USER, &password(), KdfCost::FAST).err();
    assert_eq!(refused, Some(StoreError::DiskFull));
    let left: Vec<_> =
        fs::read_dir(disk.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
    disk.grow("10m");
    Store::create_with(disk.path(), USER, &password(), KdfCost::FAST).unwrap();
}

#[test]
fn blobs_of_all_sizes_survive() {
    let (dir, store) = created();
    let sizes = [
        0,
        1,
        IN_DATABASE,
        IN_DATABASE + 1,
        2 * IN_DATABASE,
        2 * IN_DATABASE + 1,
        5 * IN_DATABASE - 1,
        3_000_000,
    ];
    let blobs: Vec<_> = sizes
        .into_iter()
        .map(|size| {
            let bytes: Vec<u8> = (0..size).map(|i| (i * 31 % 253) as u8).collect();
            let hash = store.put_blob(&bytes).unwrap();
            // Twice is once.
            assert_eq!(store.put_blob(&bytes).unwrap(), hash);
            // However it is written.
            let in_pieces = store.put_written(size, |out| {
                bytes.chunks(10_007).try_for_each(|piece| out.write_all(piece))
            });
            assert_eq!(in_pieces.unwrap(), hash);
            (hash, bytes)
        })
        .collect();
    drop(store);
    let store = reopened(&dir);
    for (hash, bytes) in &blobs {
        assert_eq!(store.blob(hash).unwrap(), *bytes);
        assert_eq!(*store.shared_blob(hash).unwrap(), **bytes);
    }
    assert_eq!(blob_files(dir.path()), 5);
}

#[test]
fn what_was_not_written_to_the_end_leaves_nothing() {
    let (dir, store) = created();
    let broken = store.put_written(300_000, |out| {
        out.write_all(&[4; 200_000])?;
        Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
    });
    assert_eq!(broken, Err(StoreError::DiskFull));
    assert_eq!(files(&dir.path().join("blobs")), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_damaged_or_missing_blob_is_told() {
    let (dir, store) = created();
    let hash = store.put_blob(&vec![5; 200_000]).unwrap();
    let path = files(&dir.path().join("blobs")).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[100_000] ^= 1;
    let swapped = {
        // Two chunks exchanged: each is genuine, their order is not.
        let (head, chunks) = whole.split_at(24);
        let (one, rest) = chunks.split_at(65_552);
        let (two, tail) = rest.split_at(65_552);
        [head, two, one, tail].concat()
    };
    for damaged in [flipped, swapped, whole[..150_000].to_vec(), whole[..10].to_vec(), vec![]] {
        fs::write(&path, &damaged).unwrap();
        let refused = store.blob(&hash);
        assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(store.blob(&hash), Err(StoreError::NoBlob(hash.clone())));
    // Putting it again mends it.
    store.put_blob(&vec![5; 200_000]).unwrap();
    assert_eq!(store.blob(&hash).unwrap(), vec![5; 200_000]);
}

#[test]
fn only_what_no_operation_names_is_collected() {
    let (dir, store) = created();
    let (named, quarantined) = (vec![1; 100_000], b"packet".to_vec());
    let (named, quarantined) =
        (store.put_blob(&named).unwrap(), store.put_blob(&quarantined).unwrap());
    let large = store.put_blob(&vec![2; 100_000]).unwrap();
    let small = store.put_blob(b"orphan").unwrap();
    let mut change = arrival(vanthu::domain::document::DocumentKey::fresh(), "Có tệp", "");
    if let vanthu::domain::operation::Change::InboundArrived { files, .. } = &mut change {
        files.push(file(named.clone()));
    }
    append(&store, change).unwrap();
    append(
        &store,
        vanthu::domain::operation::Change::PacketQuarantined {
            packet: quarantined.clone(),
            code: "packet-broken".to_owned(),
            detail: String::new(),
        },
    )
    .unwrap();

    let nothing = store.collect_orphans(Duration::from_secs(3600)).unwrap();
    assert_eq!(nothing, Collected { rows: 0, files: 0 });
    let collected = store.collect_orphans(Duration::ZERO).unwrap();
    assert_eq!(collected, Collected { rows: 2, files: 1 });
    assert_eq!(store.blob(&named).unwrap().len(), 100_000);
    assert_eq!(store.blob(&quarantined).unwrap(), b"packet");
    for gone in [large, small] {
        assert_eq!(store.blob(&gone), Err(StoreError::NoBlob(gone.clone())));
    }
    assert_eq!(blob_files(dir.path()), 1);
}

#[test]
fn an_operation_never_names_bytes_that_are_not_there() {
    let (_dir, store) = created();
    let unknown = vanthu::domain::document::BlobHash("../../etc/passwd".to_owned());
    let mut change = arrival(vanthu::domain::document::DocumentKey::fresh(), "Thiếu tệp", "");
    if let vanthu::domain::operation::Change::InboundArrived { files, .. } = &mut change {
        files.push(file(unknown.clone()));
    }
    assert_eq!(append(&store, change).err(), Some(StoreError::NoBlob(unknown)));
    assert_eq!(store.audit().unwrap().operations, 0);
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
