//! The directory with its history: told as it changes, and no document goes to who is no more.

use jiff::ToSpan as _;
use jiff::civil::Date;
use vanthu::domain::agency::HistoryError;
use vanthu::domain::calendar;
use vanthu::exchange::wire::ClosedRecipient;
use vanthu::exchange::{ExchangeError, Line, Listing};
use vanthu::server::{Registry, ServerError};

use super::*;

on_both! {
    changes_are_told_once_and_histories_stay,
    a_directory_that_was_restored_tells_its_own_version,
    a_document_to_who_is_no_more_names_who_goes_on,
    what_cannot_be_is_refused_whole,
    an_agency_goes_on_under_another_code,
    the_gateway_calls_hold_to_it_too,
}

const NEXT: &str = "000.00.77.H30";
const LAST: &str = "000.00.78.H30";

fn today() -> Date {
    calendar::local(Timestamp::now()).date()
}

/// The administrator's door, with two more agencies that are listed only.
fn registry(place: &Place) -> Registry {
    let registry = Registry::open(&place.site()).unwrap();
    for (code_, name) in [(NEXT, "Sở kế tục"), (LAST, "Sở sau cùng")] {
        registry.put(&Account { agency: Agency::new(code(code_), name), secret: None }).unwrap();
    }
    registry
}

fn changes_are_told_once_and_histories_stay(place: &Place) {
    let server = place.start();
    let registry = registry(place);
    let line = line(&server.url(), COMMUNE);
    let all = line.agencies(0).unwrap();
    let day = Date::constant(2025, 7, 1);
    registry.rename(&code(PROVINCE), "Văn phòng mới", Some(day), "Nghị quyết 1").unwrap();
    let told = line.agencies(all.version).unwrap();
    assert_eq!(told.agencies.len(), 1);
    let province = &told.agencies[0];
    assert_eq!(province.name, "Văn phòng mới");
    assert_eq!(province.name_on(day.yesterday().unwrap()), "Văn phòng tỉnh");
    assert_eq!(province.periods()[1].basis, "Nghị quyết 1");
    // Together, and so under versions that nobody sees half of.
    let both = [code(PROVINCE), code(NEXT)];
    registry.close(&both, Some(today()), &[code(LAST)], "Nghị quyết 2").unwrap();
    let told = line.agencies(told.version).unwrap();
    let ended: Vec<_> = told.agencies.iter().map(|one| one.ended_by(today()).unwrap()).collect();
    assert_eq!(ended.len(), 2);
    assert!(ended.iter().all(|one| one.successors == [code(LAST)]));
    // The same again is no change; nor does another secret, or the same name again, end a
    // history.
    registry.close(&both, Some(today()), &[code(LAST)], "Nghị quyết 2").unwrap();
    let again = Account {
        agency: Agency::new(code(PROVINCE), "Văn phòng mới"),
        secret: Some(Pin::new(secret(PROVINCE))),
    };
    registry.put(&again).unwrap();
    assert!(line.agencies(told.version).unwrap().agencies.is_empty());
    assert_eq!(registry.agency(&code(PROVINCE)).unwrap().periods().len(), 2);
    // Taken back.
    registry.reopen(&code(NEXT)).unwrap();
    let told = line.agencies(told.version).unwrap();
    assert_eq!((told.agencies.len(), told.agencies[0].ending.as_ref()), (1, None));
    // What an instance that starts says of names takes nothing away.
    server.stop();
    drop(place.start());
    assert_eq!(registry.agency(&code(PROVINCE)).unwrap().periods().len(), 2);
}

fn a_directory_that_was_restored_tells_its_own_version(place: &Place) {
    let server = place.start();
    let line = line(&server.url(), COMMUNE);
    let version = line.agencies(0).unwrap().version;
    for since in [version, version + 10] {
        let told = line.agencies(since).unwrap();
        assert_eq!((told.version, told.agencies.len()), (version, 0));
    }
    registry(place);
    let told = line.agencies(version + 10).unwrap();
    assert_eq!((told.version, told.agencies.len()), (version + 2, 0));
}

fn a_document_to_who_is_no_more_names_who_goes_on(place: &Place) {
    let server = place.start();
    let registry = registry(place);
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    a.send(&parcel("truoc", &[PROVINCE], b"truoc"), &()).unwrap();
    // An end that lies ahead is none yet.
    let later = today().checked_add(2.days()).unwrap();
    registry.close(&[code(PROVINCE)], Some(later), &[code(NEXT)], "").unwrap();
    a.send(&parcel("con", &[PROVINCE], b"con"), &()).unwrap();
    let since = today().yesterday().unwrap();
    registry.close(&[code(PROVINCE)], Some(since), &[code(NEXT)], "").unwrap();
    let closed = |successors: &[&str]| {
        Err(ExchangeError::RecipientClosed(vec![ClosedRecipient {
            code: code(PROVINCE),
            since,
            successors: successors.iter().map(|next| code(next)).collect(),
        }]))
    };
    // In one call and in pieces; one among several refuses the whole.
    for (key, size) in [("nho", 10), ("to", 300_000)] {
        let parcel = parcel(key, &[COMMUNE, PROVINCE], &packet(1, size));
        assert_eq!(a.send(&parcel, &()), closed(&[NEXT]));
    }
    // Whoever goes on may be no more himself; and nobody may.
    registry.close(&[code(NEXT)], Some(today()), &[code(LAST)], "").unwrap();
    assert_eq!(a.send(&parcel("nua", &[PROVINCE], b"nua"), &()), closed(&[LAST]));
    registry.close(&[code(LAST)], Some(today()), &[], "").unwrap();
    assert_eq!(a.send(&parcel("nua", &[PROVINCE], b"nua"), &()), closed(&[]));
    // In the sender's queue it alone is parked, and says why.
    let office = Office::default();
    office.queue("1", &code(PROVINCE), b"mot", false);
    office.queue("2", &code(COMMUNE), b"hai", false);
    let report = sync(&office, &a);
    assert_eq!((report.sent, report.wedged, report.stopped), (1, 1, None));
    assert_eq!(office.row("1").wedged.as_deref(), Some("exchange-recipient-closed"));
    // What waits for it stays, what became of an older document is still told to it, and what
    // was accepted before is answered again.
    let status = Parcel { kind: OutboxKind::Status, ..parcel("s", &[PROVINCE], b"<status/>") };
    a.send(&status, &()).unwrap();
    let recall = Parcel { order: true, ..parcel("t", &[PROVINCE], b"<thu-hoi/>") };
    a.send(&recall, &()).unwrap();
    a.send(&parcel("truoc", &[PROVINCE], b"truoc"), &()).unwrap();
    assert_eq!(b.inbox(Listing::Waiting(None), 10).unwrap().items.len(), 4);
    registry.reopen(&code(PROVINCE)).unwrap();
    a.send(&parcel("nua", &[PROVINCE], b"nua"), &()).unwrap();
}

fn an_agency_goes_on_under_another_code(place: &Place) {
    const NEW: &str = "H30.9";
    let server = place.start();
    let registry = registry(place);
    let (a, b) = (line(&server.url(), COMMUNE), line(&server.url(), PROVINCE));
    a.send(&parcel("truoc", &[PROVINCE], b"truoc"), &()).unwrap();
    let day = Date::constant(2025, 7, 1);
    registry.rename(&code(PROVINCE), "Văn phòng mới", Some(day), "Nghị quyết 1").unwrap();
    let version = a.agencies(0).unwrap().version;
    let pin = Pin::new(secret(NEW));
    let recode = |from: &str, to: &str| {
        registry.recode([&code(from), &code(to)], Some(&pin), None, "Quyết định 2")
    };
    assert_eq!(recode(PROVINCE, NEXT), Err(ServerError::CodeTaken(NEXT.into())));
    assert_eq!(recode("H99", NEW), Err(ServerError::UnknownOffice("H99".into())));
    assert!(a.agencies(version).unwrap().agencies.is_empty(), "a refusal changes nothing");
    let quota = |most| vanthu::server::Quota { packets: Some(most), bytes: None };
    registry.set_quota(&code(PROVINCE), quota(100)).unwrap();
    assert_eq!(recode(PROVINCE, NEW), Ok(true));
    let quota_of = |of: &str| {
        let offices = registry.offices().unwrap();
        offices.into_iter().find(|office| office.agency.code == code(of)).unwrap().quota
    };
    assert_eq!(quota_of(NEW), quota(100));
    // Both are told together: who it is now with what it was, and that the old code has ended.
    let told = a.agencies(version).unwrap().agencies;
    let [old, new] = told.try_into().unwrap();
    assert_eq!((old.code.as_str(), new.code.as_str()), (PROVINCE, NEW));
    assert_eq!(old.ended_by(today()).unwrap().successors, [code(NEW)]);
    assert_eq!((new.other_codes.as_slice(), &new.ending), (&[code(PROVINCE)][..], &None));
    assert_eq!(new.name_on(day.yesterday().unwrap()), "Văn phòng tỉnh");
    assert_eq!((new.name.as_str(), new.periods().len()), ("Văn phòng mới", 2));
    let refused = a.send(&parcel("sau", &[PROVINCE], b"sau"), &()).unwrap_err();
    let ExchangeError::RecipientClosed(closed) = refused else { panic!("{refused}") };
    assert_eq!(closed[0].successors, [code(NEW)]);
    a.send(&parcel("sau", &[NEW], b"sau"), &()).unwrap();
    // Each mailbox keeps what is in it, and is opened with the secret of its code.
    let c = line(&server.url(), NEW);
    assert_eq!((inbox(&b).len(), inbox(&c).len()), (1, 1));
    // The same again changes nothing, not what the new code was given since; and what has ended
    // has no other code.
    let version = a.agencies(0).unwrap().version;
    registry.set_quota(&code(NEW), quota(200)).unwrap();
    let other = Pin::new("bi-mat-cua-lan-thu-hai");
    let again = registry.recode([&code(PROVINCE), &code(NEW)], Some(&other), None, "Quyết định 2");
    assert_eq!((again, quota_of(NEW)), (Ok(false), quota(200)));
    assert_eq!(inbox(&c).len(), 1, "its secret still holds");
    assert!(a.agencies(version).unwrap().agencies.is_empty());
    assert!(matches!(recode(PROVINCE, "H30.10"), Err(ServerError::History(..))));
    assert_eq!(recode(NEW, "H30.10"), Ok(true));
    let last = registry.agency(&code("H30.10")).unwrap();
    assert_eq!(last.other_codes, [code(PROVINCE), code(NEW)]);
}

fn what_cannot_be_is_refused_whole(place: &Place) {
    let server = place.start();
    let registry = registry(place);
    let version = line(&server.url(), COMMUNE).agencies(0).unwrap().version;
    let history = |code: &str, error| Err(ServerError::History(code.to_owned(), error));
    let (own, next) = (code(PROVINCE), code(NEXT));
    let later = today().tomorrow().unwrap();
    let renamed = registry.rename(&own, "Tên khác", Some(later), "");
    assert_eq!(renamed, history(PROVINCE, HistoryError::InFuture));
    // Of two the second cannot be: neither is.
    let merged =
        registry.close(&[own.clone(), next.clone()], None, std::slice::from_ref(&next), "");
    assert_eq!(merged, history(NEXT, HistoryError::OwnSuccessor));
    let unknown = Err(ServerError::UnknownOffice("H99".into()));
    assert_eq!(registry.close(&[own.clone(), code("H99")], None, &[], ""), unknown);
    assert_eq!(registry.close(std::slice::from_ref(&own), None, &[code("H99")], ""), unknown);
    let told = line(&server.url(), COMMUNE).agencies(version).unwrap();
    assert!(told.agencies.is_empty(), "{told:?}");
    // Nobody goes on with anything after his own end.
    registry.close(std::slice::from_ref(&next), Some(today()), &[], "").unwrap();
    let late = registry.close(&[own], None, &[next], "");
    assert_eq!(late, history(NEXT, HistoryError::Ended(today())));
}

fn the_gateway_calls_hold_to_it_too(place: &Place) {
    let server = place.start();
    let registry = registry(place);
    let axis = Profile::Axis.line(&server.url(), COMMUNE);
    registry.rename(&code(PROVINCE), "Văn phòng mới", None, "").unwrap();
    let directory = axis.agencies(0).unwrap();
    let names: Vec<_> = directory.agencies.iter().map(|one| one.name.as_str()).collect();
    assert!(names.contains(&"Văn phòng mới"), "{names:?}");
    assert!(directory.version > 0);
    let changed = directory.changed.unwrap();
    assert_eq!(changed[&code(PROVINCE)], Some(today()));
    // Not on the day of its last change, but after it.
    registry.close(&[code(PROVINCE)], None, &[code(NEXT)], "").unwrap_err();
    let tomorrow = today().tomorrow().unwrap();
    registry.close(&[code(PROVINCE)], Some(tomorrow), &[code(NEXT)], "").unwrap();
    let new = include_bytes!("../data/axis/new.edxml");
    axis.send(&parcel("1", &[PROVINCE], new), &()).unwrap();
    registry.close(&[code(COMMUNE)], None, &[code(NEXT)], "").unwrap();
    // Its answers have room for which receiver is locked, not for who goes on.
    let sent = axis.send(&parcel("2", &[COMMUNE], new), &());
    assert_eq!(sent, Err(ExchangeError::RecipientUnknown(vec![code(COMMUNE)])));
}
