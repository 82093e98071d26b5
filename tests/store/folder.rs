//! Making, opening, locking and copying the data folder.

use std::fs;
use std::path::Path;

use vanthu::domain::problem::{Kind, Problem};
use vanthu::i18n::{Lang, lookup};
use vanthu::store::{KdfCost, Store, StoreError};
use vanthu::token::Pin;

use crate::fixture::*;

/// Whether any file below `dir` holds `needle`.
fn holds(dir: &Path, needle: &[u8]) -> bool {
    fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holds(&path, needle)
        } else {
            // The last connection to end takes its log with it while one looks.
            let bytes = match fs::read(&path) {
                Err(gone) if gone.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                read => read.unwrap(),
            };
            bytes.windows(needle.len()).any(|bytes| bytes == needle)
        }
    })
}

#[test]
fn what_is_written_is_there_again() {
    let (dir, store) = created();
    let key = arrived(&store, "Về việc phòng chống dịch");
    let desk = store.desk();
    drop(store);
    let store = reopened(&dir);
    assert_eq!(store.inbound(&key).unwrap().unwrap().metadata.subject, "Về việc phòng chống dịch");
    assert_eq!(store.desk(), desk);
    assert_sound(&store);
}

#[test]
fn the_standard_cost_opens_too() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::create(dir.path(), USER, &password()).unwrap());
    let store = reopened(&dir);
    assert_eq!(store.key_holders().unwrap(), [USER]);
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let (dir, store) = created();
    drop(store);
    for (user, password) in [(USER, "sai"), ("không có", "sai"), (USER, "")] {
        let refused = Store::open(dir.path(), user, &Pin::new(password)).err();
        assert_eq!(refused, Some(StoreError::WrongPassword));
    }
    reopened(&dir);
}

#[test]
fn a_second_beginning_is_refused_and_changes_nothing() {
    let (dir, store) = created();
    let key = arrived(&store, "Giữ nguyên");
    let refused = Store::create_with(dir.path(), "khác", &password(), KdfCost::FAST).err();
    assert_eq!(refused, Some(StoreError::AlreadyOpen));
    drop(store);
    let refused = Store::create_with(dir.path(), "khác", &password(), KdfCost::FAST).err();
    assert_eq!(refused, Some(StoreError::AlreadyExists));
    assert!(reopened(&dir).inbound(&key).unwrap().is_some());
}

#[test]
fn an_empty_folder_is_told_as_such() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Store::open(dir.path(), USER, &password()).err(), Some(StoreError::NoDatabase));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_is_open_once() {
    let (dir, store) = created();
    let second = Store::open(dir.path(), USER, &password()).err();
    assert_eq!(second, Some(StoreError::AlreadyOpen));
    let clone = store.clone();
    drop(store);
    assert_eq!(Store::open(dir.path(), USER, &password()).err(), Some(StoreError::AlreadyOpen));
    drop(clone);
    reopened(&dir);
}

#[test]
fn no_file_holds_plain_text() {
    let (dir, store) = created();
    let subject = "Kế hoạch mật danh Bông Sen";
    let text = "Toàn văn của kế hoạch ".repeat(8000);
    append(&store, arrival(vanthu::domain::document::DocumentKey::fresh(), subject, &text))
        .unwrap();
    let hash = store.put_blob(text.as_bytes()).unwrap();
    store.set_setting("may-chu", "truc-lien-thong.example").unwrap();
    let check = || {
        for needle in [
            subject.as_bytes(),
            b"bong sen".as_slice(),
            "Toàn văn của kế hoạch".as_bytes(),
            b"truc-lien-thong",
            b"SQLite format 3",
            b"CREATE TABLE",
            hash.0.as_bytes(),
            password().reveal().as_bytes(),
        ] {
            assert!(!holds(dir.path(), needle), "{}", String::from_utf8_lossy(needle));
        }
        // The control: what is known to be plain is found.
        assert!(holds(dir.path(), b"\"users\""));
    };
    check();
    drop(store);
    check();
}

#[test]
fn a_damaged_database_is_told_and_kept() {
    let (dir, store) = created();
    for number in 0..50 {
        arrived(&store, &format!("Văn bản {number}"));
    }
    drop(store);
    let path = dir.path().join("vanthu.db");
    let whole = fs::read(&path).unwrap();
    let mut header = whole.clone();
    header[100..200].fill(0);
    let mut body = whole.clone();
    for byte in &mut body[8192..] {
        *byte ^= 1;
    }
    for damaged in [header, body, whole[..1000].to_vec(), b"not a database".repeat(1000)] {
        fs::write(&path, &damaged).unwrap();
        let refused = Store::open(dir.path(), USER, &password())
            .and_then(|store| store.audit().map(|_| store));
        assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
        assert_eq!(fs::read(&path).unwrap(), damaged);
    }
    fs::write(&path, &whole).unwrap();
    assert_sound(&reopened(&dir));

    for keys in ["", "{", "{\"format\":1,\"users\":[]}", "{\"format\":9,\"users\":[]}"] {
        fs::write(dir.path().join("keys.json"), keys).unwrap();
        assert!(Store::open(dir.path(), USER, &password()).is_err(), "{keys}");
        assert_eq!(fs::read_to_string(dir.path().join("keys.json")).unwrap(), keys);
    }
    fs::remove_file(dir.path().join("keys.json")).unwrap();
    let refused = Store::open(dir.path(), USER, &password());
    assert!(matches!(refused, Err(StoreError::Damaged { .. })));
}

#[test]
fn users_come_and_go_and_change_their_passwords() {
    let (dir, store) = created();
    let (old, new) = (Pin::new("cũ"), Pin::new("mới"));
    store.add_key("an", &old).unwrap();
    assert_eq!(store.add_key("an", &new), Err(StoreError::KeyExists));
    assert_eq!(store.change_password("an", &new, &new), Err(StoreError::WrongPassword));
    store.change_password("an", &old, &new).unwrap();
    drop(store);
    assert_eq!(Store::open(dir.path(), "an", &old).err(), Some(StoreError::WrongPassword));
    let store = Store::open(dir.path(), "an", &new).unwrap();
    store.reset_password(USER, &old).unwrap();
    store.remove_key("an").unwrap();
    assert_eq!(store.remove_key(USER), Err(StoreError::LastKey));
    assert!(matches!(store.reset_password("an", &old), Err(StoreError::NotFound(_))));
    drop(store);
    assert_eq!(Store::open(dir.path(), "an", &new).err(), Some(StoreError::WrongPassword));
    Store::open(dir.path(), USER, &old).unwrap();
}

#[test]
fn a_backup_opens_like_the_first() {
    let (dir, store) = created();
    let small = store.put_blob(b"small").unwrap();
    let large = store.put_blob(&vec![7; 300_000]).unwrap();
    let key = arrived(&store, "Sao lưu");
    let target = tempfile::tempdir().unwrap();
    let to = target.path().join("sao lưu");
    let mut heard = Vec::new();
    store.backup_to(&to, |done| heard.push(done)).unwrap();
    assert_eq!(heard.last(), Some(&100));
    assert!(heard.is_sorted());
    // Both at once: they are two folders.
    let copy = Store::open(&to, USER, &password()).unwrap();
    assert!(copy.inbound(&key).unwrap().is_some());
    assert_eq!(copy.blob(&small).unwrap(), b"small");
    assert_eq!(copy.blob(&large).unwrap(), vec![7; 300_000]);
    assert_sound(&copy);
    arrived(&copy, "Chỉ ở bản sao");
    assert!(store.backup_to(&to, |_| {}).is_err());
    assert_eq!(store.counts().unwrap().inbound[0].1, 1);
    drop(dir);
}

#[test]
fn every_refusal_has_its_sentences_in_both_languages() {
    let book = vanthu::domain::book::BookId::inbound(YEAR);
    let hash = vanthu::domain::document::BlobHash("00".to_owned());
    let refusals = [
        StoreError::AlreadyExists,
        StoreError::NoDatabase,
        StoreError::WrongPassword,
        StoreError::AlreadyOpen,
        StoreError::NewerVersion { found: 9, known: 1 },
        StoreError::Damaged { part: "database", detail: String::new() },
        StoreError::DiskFull,
        StoreError::Io(String::new()),
        StoreError::Database(String::new()),
        StoreError::Conflict(String::new()),
        StoreError::NumberTaken { book: book.clone(), number: 7 },
        StoreError::NumberGap { book, number: 9, next: 8 },
        StoreError::NotFound(String::new()),
        StoreError::NoBlob(hash),
        StoreError::KeyExists,
        StoreError::LastKey,
        StoreError::Internal(String::new()),
    ];
    for refusal in refusals {
        let problem = Problem::from(refusal);
        assert_ne!(problem.kind, Kind::No);
        for lang in Lang::ALL {
            for part in ["", ".kept", ".next"] {
                let key = format!("{}{part}", problem.code);
                let sentence = lookup(lang, &key, &problem.args).expect(&key);
                assert!(!sentence.contains('$'), "{sentence}");
            }
        }
    }
}
