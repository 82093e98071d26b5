//! How durably documents are signed: who waits, what a new version replaces, what is noted.

use jiff::{Timestamp, ToSpan};
use vanthu::domain::document::DocumentKey;
use vanthu::domain::operation::Change;
use vanthu::domain::outbound::{OutboundState, SignatureKind};
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
    let blob = store.put_blob(format!("{level:?} {days} {key}").as_bytes()).unwrap();
    let at = Timestamp::now();
    let renew_before = (level == Level::Blta).then(|| at + (24 * days).hours());
    Change::SignatureExtended { key, file: file(blob), level, renew_before, at }
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
    assert_eq!(store.durability(&open).unwrap(), None);
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
    assert_eq!(store.durability(&two).unwrap(), None);
    assert_sound(&store);
}

#[test]
fn failures_are_kept_until_they_are_forgotten() {
    let (_dir, store) = created();
    let key = sealed(&store, "Một");
    assert_eq!(store.failed_extension(&key).unwrap(), None);
    let at = Timestamp::from_millisecond(1_700_000_000_000).unwrap();
    store.extension_failed(&key, &at, "signing-no-timestamp", "[]").unwrap();
    let later = at + 1.hour();
    store.extension_failed(&key, &later, "signing-not-provable", r#"[["why","x"]]"#).unwrap();
    let failed = store.failed_extension(&key).unwrap().unwrap();
    assert_eq!((failed.tries, failed.at), (2, later));
    assert_eq!(failed.code, "signing-not-provable");
    assert_eq!(failed.args, [("why".to_owned(), "x".to_owned())]);
    store.forget_failed_extension(&key).unwrap();
    assert_eq!(store.failed_extension(&key).unwrap(), None);
    assert_sound(&store);
}
