//! How durably documents are signed: who waits, what a new version replaces, what is noted.

use jiff::{SignedDuration, Timestamp, ToSpan};
use vanthu::domain::document::{BlobHash, DocumentKey, FileRef};
use vanthu::domain::inbound::InboundState;
use vanthu::domain::operation::Change;
use vanthu::domain::outbound::{OutboundState, SignatureKind};
use vanthu::domain::paper::{Paper, PaperSeal, Sheaf};
use vanthu::domain::verdict::Level;
use vanthu::store::{Store, StoreError};

use crate::fixture::*;

fn sealed(store: &Store, subject: &str) -> DocumentKey {
    let key = drafted(store, subject);
    append(store, to_sign(key)).unwrap();
    store
        .write(&clerk(), move |writer| {
            sign(writer, key)?;
            let seal = signature(writer, key, SignatureKind::Organisation)?;
            writer.append(seal)
        })
        .unwrap();
    key
}

fn extended(store: &Store, key: DocumentKey, level: Level, days: i64) -> Change {
    extended_file(store, key, None, level, days)
}

fn extended_file(
    store: &Store,
    key: DocumentKey,
    before: Option<BlobHash>,
    level: Level,
    days: i64,
) -> Change {
    let blob = store.put_blob(format!("{level:?} {days} {key} {before:?}").as_bytes()).unwrap();
    let at = Timestamp::now();
    let renew_before = (level == Level::Blta).then(|| at + (24 * days).hours());
    let (file, unsecured) = (file(blob), Vec::new());
    Change::SignatureExtended { key, before, file, level, renew_before, at, unsecured }
}

fn waiting(store: &Store, wanted: Level) -> Vec<DocumentKey> {
    let soon = Timestamp::now() + (24 * 90).hours();
    let rows = store.awaiting_extension(wanted, soon, 100).unwrap();
    rows.into_iter().map(|row| row.document).collect()
}

#[test]
fn sealed_documents_wait_until_they_last_and_again_before_that_ends() {
    let (_dir, store) = created();
    let open = drafted(&store, "Chưa ký");
    let (one, two) = (sealed(&store, "Một"), sealed(&store, "Hai"));
    assert_eq!(store.durability(&open).unwrap(), []);
    assert_eq!(waiting(&store, Level::Bb), []);
    assert_eq!(waiting(&store, Level::Blt), [one, two]);

    let before = store.outbound(&one).unwrap().unwrap();
    append(&store, extended(&store, one, Level::Blt, 0)).unwrap();
    let after = store.outbound(&one).unwrap().unwrap();
    assert_eq!(after.state, before.state);
    assert_ne!(after.files, before.files);
    assert_eq!(after.files.len(), before.files.len());
    // The version before stays.
    store.blob(&before.files[0].blob).unwrap();
    assert_eq!(waiting(&store, Level::Blt), [two]);
    assert_eq!(waiting(&store, Level::Blta), [two, one]);
    // Never back, and not what is not sealed.
    let refused = append(&store, extended(&store, one, Level::Bt, 0));
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    let refused = append(&store, extended(&store, open, Level::Blt, 0));
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    // An archival time stamp that ends soon is renewed; one that does not is left.
    append(&store, extended(&store, one, Level::Blta, 30)).unwrap();
    append(&store, extended(&store, two, Level::Blta, 300)).unwrap();
    assert_eq!(waiting(&store, Level::Blta), [one]);
    append(&store, extended(&store, one, Level::Blta, 900)).unwrap();
    assert_eq!(waiting(&store, Level::Blta), []);
    // What is given up is left as it is.
    let abandoned = Change::OutboundMoved {
        key: two,
        from: OutboundState::ToIssue,
        to: OutboundState::Abandoned,
        reason: "Thôi".to_owned(),
    };
    append(&store, abandoned).unwrap();
    assert_eq!(store.durability(&two).unwrap(), []);
    assert_sound(&store);
}

/// The files of a sealed document with an annex, a scan and a copy, each with its durability.
fn all_four(store: &Store) -> (DocumentKey, DocumentKey) {
    let ours = DocumentKey::fresh();
    let mut drafted = draft(ours, "Có phụ lục");
    if let Change::OutboundDrafted { files, .. } = &mut drafted {
        let annex = FileRef { main: false, ..file(store.put_blob(b"annex").unwrap()) };
        files.push(annex);
    }
    append(store, drafted).unwrap();
    append(store, to_sign(ours)).unwrap();
    store
        .write(&clerk(), move |writer| {
            sign(writer, ours)?;
            let before = writer.outbound(&ours)?.unwrap();
            let before = before.files.into_iter().find(|file| !file.main).unwrap();
            let blob = writer.put_blob("phụ lục đã ký".as_bytes())?;
            writer.append(Change::OutboundAnnexSigned {
                key: ours,
                before: before.blob.clone(),
                file: FileRef { blob, ..before },
                signer: "Văn thư".to_owned(),
                serial: "1".to_owned(),
                signed_at: Timestamp::UNIX_EPOCH,
                level: Some(Level::Bt),
            })?;
            let seal = signature(writer, ours, SignatureKind::Organisation)?;
            writer.append(seal)
        })
        .unwrap();
    let theirs = DocumentKey::fresh();
    let mut arrival = arrival(theirs, "Công văn giấy", "");
    if let Change::InboundArrived { files, .. } = &mut arrival {
        files.push(file(store.put_blob("chưa ký".as_bytes()).unwrap()));
    }
    append(store, arrival).unwrap();
    let paper =
        Paper::of(&Sheaf::begin(Timestamp::UNIX_EPOCH), USER, Timestamp::UNIX_EPOCH, 200.0, true);
    append(store, Change::PaperDigitised { key: theirs, paper }).unwrap();
    let document = store.inbound(&theirs).unwrap().unwrap();
    let before = document.files.iter().find(|file| file.main).unwrap().clone();
    let seal = PaperSeal {
        signer: "Văn thư".to_owned(),
        serial: "1".to_owned(),
        signed_at: Timestamp::UNIX_EPOCH,
    };
    let sealed = Change::PaperSealed {
        key: theirs,
        before: before.blob.clone(),
        file: FileRef { blob: store.put_blob(b"scan").unwrap(), ..before },
        seal,
        verdict: document.verdict,
        level: None,
    };
    append(store, sealed).unwrap();
    let copied = crate::leaving::electronic_copy(store, theirs).unwrap();
    append(store, copied).unwrap();
    (ours, theirs)
}

#[test]
fn every_file_that_the_organisation_signed_is_followed_by_itself() {
    let (_dir, store) = created();
    let (ours, theirs) = all_four(&store);
    let levels = |key: DocumentKey| {
        let mut levels: Vec<Level> =
            store.durability(&key).unwrap().into_iter().map(|one| one.level).collect();
        levels.sort();
        levels
    };
    assert_eq!(levels(ours), [Level::Bb, Level::Bt]);
    assert_eq!(levels(theirs), [Level::Bb, Level::Bb]);
    assert_eq!(waiting(&store, Level::Blt).len(), 4);
    let document = store.inbound(&theirs).unwrap().unwrap();
    let scan = document.files.iter().find(|file| file.main).unwrap().blob.clone();
    let copy = store.copies_of(&theirs).unwrap().remove(0);
    let annex = store.outbound(&ours).unwrap().unwrap();
    let annex = annex.files.into_iter().find(|file| !file.main).unwrap().blob;
    // Each in its own place, the others as they were.
    for (key, before) in [(ours, &annex), (theirs, &scan), (theirs, &copy.file.blob)] {
        let change = extended_file(&store, key, Some(before.clone()), Level::Blt, 0);
        let Change::SignatureExtended { file, .. } = &change else { panic!("{change:?}") };
        let (after, again) = (file.blob.clone(), change.clone());
        append(&store, change).unwrap();
        assert!(matches!(append(&store, again), Err(StoreError::Conflict(_))), "twice");
        let followed = store.durability(&key).unwrap();
        assert!(followed.iter().any(|one| one.blob == after && one.level == Level::Blt));
        assert!(followed.iter().all(|one| one.blob != *before));
        store.blob(before).expect("the version before stays");
    }
    assert_eq!(waiting(&store, Level::Blt), [ours], "its main file");
    let main = |key| store.inbound(&key).unwrap().unwrap().files;
    assert!(main(theirs).iter().filter(|file| file.main).all(|file| file.blob != scan));
    let now = store.copies_of(&theirs).unwrap().remove(0);
    assert_ne!(now.file.blob, copy.file.blob);
    assert_eq!((now.id, now.written), (copy.id, copy.written));
    // What its sender called back is left as it is.
    let from = store.inbound(&theirs).unwrap().unwrap().state;
    assert_eq!(waiting(&store, Level::Blta), [ours, ours, theirs, theirs]);
    let to = InboundState::Recalled;
    append(&store, Change::InboundMoved { key: theirs, from, to, reason: "x".to_owned() }).unwrap();
    assert_eq!(waiting(&store, Level::Blta), [ours, ours]);
    assert_sound(&store);
}

#[test]
fn what_was_tried_longest_ago_comes_first() {
    let (_dir, store) = created();
    let keys = [sealed(&store, "Một"), sealed(&store, "Hai"), sealed(&store, "Ba")];
    let blob = |key: DocumentKey| store.durability(&key).unwrap().remove(0).blob;
    let at = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
    for (hours, key) in [(2, keys[0]), (1, keys[1])] {
        let at = at + SignedDuration::from_hours(hours);
        store.extension_failed(&key, &blob(key), &at, &at, "signing-no-timestamp", "[]").unwrap();
    }
    assert_eq!(waiting(&store, Level::Blt), [keys[2], keys[1], keys[0]]);
    let rows = store.awaiting_extension(Level::Blt, at, 1).unwrap();
    assert_eq!(rows[0].document, keys[2], "those behind the limit come when others were tried");
}

#[test]
fn failures_are_kept_until_they_are_forgotten() {
    let (_dir, store) = created();
    let key = sealed(&store, "Một");
    let blob = store.durability(&key).unwrap().remove(0).blob;
    assert_eq!(store.failed_extension(&key, &blob).unwrap(), None);
    let at = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
    store.extension_failed(&key, &blob, &at, &at, "signing-no-timestamp", "[]").unwrap();
    let later = at + 1.hour();
    let (until, args) = (later + 2.hours(), r#"[["why","x"]]"#);
    store.extension_failed(&key, &blob, &later, &until, "signing-not-provable", args).unwrap();
    let failed = store.failed_extension(&key, &blob).unwrap().unwrap();
    assert_eq!((failed.tries, failed.at, failed.not_before), (2, later, until));
    assert_eq!(failed.code, "signing-not-provable");
    assert_eq!(failed.args, [("why".to_owned(), "x".to_owned())]);
    store.forget_failed_extension(&key, &blob).unwrap();
    assert_eq!(store.failed_extension(&key, &blob).unwrap(), None);
    assert_sound(&store);
}
