//! What goes over the line by itself and what waits to be asked for; and what the server does
//! not take.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use vanthu::domain::agency::Agency;
use vanthu::domain::document::Urgency;
use vanthu::domain::follow::Stage;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::exchange::engine::Queues;
use vanthu::exchange::{ExchangeError, InboxItem, OutboxKind, Outcome, Receipt, SignedReceipt};
use vanthu::office::follow::IssuedUpdate;
use vanthu::office::line::LineManner;
use vanthu::office::parked::ParkedKind;
use vanthu::office::{Filter, Office};
use vanthu::server::Account;
use vanthu::token::Pin;

use crate::following::stage;
use crate::offices::{Two, exchange, newest, sealed, sealed_whole, sealed_with};
use crate::world::{PROVINCE, code};

fn arrived(office: &Office) -> usize {
    office.inbound(&Filter::default(), None, 10).unwrap().len()
}

#[test]
fn while_paused_nothing_goes_by_itself() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    a.set_line_manner(LineManner { paused: true, ..LineManner::default() }).unwrap();
    let key = sealed(a, &two.tokens, "Văn bản");
    a.issue(key).unwrap();
    let report = a.sync().unwrap();
    assert!(report.paused && report.problem.is_none());
    assert_eq!((report.sent, report.waiting), (0, 1));
    assert!(a.ear().unwrap().is_none(), "it listens");
    // Somebody asks.
    let report = a.sync_now().unwrap();
    assert_eq!((report.paused, report.sent, report.waiting), (false, 1, 0));
    assert_eq!(b.sync().unwrap().received, 1);
    a.set_line_manner(LineManner::default()).unwrap();
    assert!(!a.sync().unwrap().paused && a.ear().unwrap().is_some());
    // What would seem a line that is gone cannot be set.
    for limit in [1, 7] {
        let limit = NonZeroU32::new(limit);
        let refused = a.set_line_manner(LineManner { limit, ..LineManner::default() });
        assert_eq!(refused.unwrap_err().code, "office-bad-setting");
    }
}

#[test]
fn on_a_line_that_costs_what_is_large_waits_to_be_asked_for() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let metered = LineManner { metered: true, ..LineManner::default() };
    a.set_line_manner(metered).unwrap();
    b.set_line_manner(metered).unwrap();
    // Annexes are zipped on the wire: what is left of these digits is large.
    let mut state = 9_u32;
    let digits = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("{state:08x}")
    });
    let annex: String = digits.take(LineManner::SMALL as usize / 3).collect();
    let annexes = vec![("phu-luc.txt".to_owned(), annex.into_bytes())];
    let key = sealed_whole(a, &two.tokens, "Văn bản", &[PROVINCE], Vec::new(), annexes);
    a.issue(key).unwrap();
    assert_eq!(a.sync().unwrap().sent, 0);
    assert_eq!(a.sync_now().unwrap().sent, 1);
    let report = b.sync().unwrap();
    assert_eq!((report.received, report.held), (0, 1));
    let report = b.sync_now().unwrap();
    assert_eq!((report.received, report.held, arrived(b)), (1, 0, 1));
    // The status that follows is small.
    b.accept_despite(newest(b), "Đã đối chiếu").unwrap();
    assert!(b.sync().unwrap().sent > 0);
    assert!(a.sync().unwrap().received > 0);
    assert_eq!(stage(a, key), (Stage::Accepted, None));
}

#[test]
fn an_ear_hears_what_comes() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản");
    b.sync().unwrap();
    let ear = b.ear().unwrap().unwrap();
    let patience = std::time::Duration::from_secs(60);
    let came = std::thread::spawn(move || ear.listen(patience, &()));
    a.issue(key).unwrap();
    a.sync().unwrap();
    assert!(came.join().unwrap());
    assert_eq!(b.sync().unwrap().received, 1);
    // What was fetched is no news, and whoever is not wanted any more ends soon.
    let ear = b.ear().unwrap().unwrap();
    assert!(!ear.listen(std::time::Duration::from_secs(1), &()));
    assert!(!ear.listen(patience, &|| true));
}

#[test]
fn what_the_server_does_not_take_is_let_go_or_given_up() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let other = Agency::new(code("000.00.14.H30"), "Sở Thông tin và Truyền thông");
    a.put_agencies(vec![other.clone()]).unwrap();
    let added = IssuedUpdate { add: vec![other.code.clone()], ..IssuedUpdate::default() };
    let issued = |subject| {
        let key = sealed(a, &two.tokens, subject);
        a.issue(key).unwrap();
        a.update_issued(key, &added, "Thiếu nơi nhận").unwrap();
        key
    };
    let (first, second) = (issued("Văn bản thứ nhất"), issued("Văn bản thứ hai"));
    let report = a.sync().unwrap();
    assert_eq!((report.problem, report.wedged), (None, 2));
    // The others are not held up.
    assert_eq!(b.sync().unwrap().received, 2);
    let parked = a.parked(10).unwrap();
    assert_eq!(parked.len(), 2);
    assert_eq!((parked[0].kind, &parked[0].recipient), (ParkedKind::Document, &other.code));
    assert_eq!(parked[0].recipient_name, other.name);
    let (about, name) = parked[0].document.clone().unwrap();
    assert!(about == first && name.contains("Văn bản thứ nhất"), "{name}");
    assert!(!parked[0].why.is_empty());

    // Too early, it is parked again; then the province has put the agency on its list.
    a.retry_parked(&parked[0].item).unwrap();
    assert_eq!(a.parked(10).unwrap().len(), 1);
    assert_eq!(a.sync().unwrap().wedged, 2);
    let secret = Some(Pin::new("bi-mat-cua-so-thong-tin"));
    two.registry().put(&Account { agency: other.clone(), secret }).unwrap();
    a.retry_parked(&parked[0].item).unwrap();
    let report = a.sync().unwrap();
    assert_eq!((report.sent, report.wedged), (1, 1));
    let again = a.retry_parked(&parked[0].item).unwrap_err();
    assert_eq!(again.code, "office-not-parked");

    // Given up with a reason, it is neither sent nor followed nor counted.
    let item = parked[1].item.as_str();
    assert_eq!(a.give_up_parked(item, " ").unwrap_err().code, "office-reason-missing");
    a.give_up_parked(item, "Đã gửi bản giấy").unwrap();
    let report = a.sync().unwrap();
    assert_eq!((report.sent, report.wedged), (0, 0));
    let document = a.outbound_document(second).unwrap();
    let of_other = document.deliveries.iter().find(|one| one.recipient == other.code).unwrap();
    assert_eq!(of_other.closed.as_deref(), Some("Đã gửi bản giấy"));
    let history = a.history(second).unwrap();
    assert!(history.iter().any(|entry| entry.text.contains("Đã gửi bản giấy")));
    assert!(a.audit().unwrap().is_clean());
}

/// The files below a folder of blobs.
fn files(blobs: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(blobs).unwrap().map(|folder| folder.unwrap().path());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn what_cannot_be_fetched_is_parked_told_and_decided_about() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let [server, _] = two.blobs();
    for subject in ["Văn bản thứ nhất", "Văn bản thứ hai"] {
        a.issue(sealed(a, &two.tokens, subject)).unwrap();
    }
    a.sync().unwrap();
    let lost = files(&server);
    assert_eq!(lost.len(), 2);
    let away = |file: &Path| file.with_extension("mat");
    for file in &lost {
        std::fs::rename(file, away(file)).unwrap();
    }
    // Once may be chance: it rests, and comes by itself.
    let report = b.sync().unwrap();
    assert_eq!((report.problem, report.received, report.wedged), (None, 0, 0));
    assert_eq!(b.sync().unwrap().wedged, 0, "it does not rest");
    // Somebody asks: what rests is tried too.
    let report = b.sync_now().unwrap();
    assert_eq!((report.problem, report.wedged), (None, 2));
    assert_eq!(b.counts().unwrap().unfetched, 2);
    let parked = b.parked(10).unwrap();
    let [first, second] = &parked[..] else { panic!("{parked:#?}") };
    assert_eq!((first.kind, &first.recipient), (ParkedKind::Packet, &code(crate::world::TAN_BINH)));
    assert_eq!(first.recipient_name, "Ủy ban nhân dân xã Tân Bình");
    assert!(!first.why.is_empty() && first.next_try.unwrap() > Timestamp::now());
    assert_eq!(b.parked(1).unwrap().len(), 1);

    // The operators have found them again: one is let go, of the other nobody wants to hear.
    for file in &lost {
        std::fs::rename(away(file), file).unwrap();
    }
    assert_eq!(b.sync().unwrap().received, 0);
    b.retry_parked(&first.item).unwrap();
    assert_eq!(b.give_up_parked(&second.item, " ").unwrap_err().code, "office-reason-missing");
    b.give_up_parked(&second.item, "Đã nhận bản giấy").unwrap();
    let report = b.sync().unwrap();
    assert_eq!((report.received, report.wedged, arrived(b)), (1, 0, 1));
    assert_eq!((b.parked(10).unwrap(), b.counts().unwrap().unfetched), (vec![], 0));
    let again = b.give_up_parked(&second.item, "Đã nhận bản giấy").unwrap_err();
    assert_eq!(again.code, "office-not-parked");
    assert_eq!(b.sync_now().unwrap().received, 0, "what was given up comes after all");
    // Nor when the server has another address.
    let address = b.server().unwrap();
    let other = address.replace("127.0.0.1", "localhost");
    assert_ne!(address, other);
    b.set_server(&other, &crate::offices::secret(PROVINCE)).unwrap();
    let report = b.sync_now().unwrap();
    assert_eq!((report.problem, report.received, report.wedged), (None, 0, 0));
    assert_eq!(Queues::unfetched(b).unwrap().len(), 1, "it is noted anew");
    // Its sender sees that it is refused.
    let documents = a.following(false, None, 10).unwrap();
    let outcomes = documents.iter().map(|followed| {
        let evidence = a.evidence(followed.document.key).unwrap();
        let (_, acceptance) = evidence.accepted().next().unwrap();
        acceptance.told.as_ref().unwrap().outcome.unwrap()
    });
    let refused = outcomes.filter(|outcome| *outcome == Outcome::Refused).count();
    assert_eq!(refused, 1);
}

#[test]
fn a_document_for_several_goes_up_once_and_one_unknown_holds_nobody_up() {
    let two = Two::begin();
    let a = &two.a;
    let [near, far] = ["000.03.05.H30", "000.99.05.H30"];
    let sealed_for =
        |to: &[&str]| sealed_whole(a, &two.tokens, "Văn bản", to, Vec::new(), Vec::new());
    let agencies = [near, far].map(|one| Agency::new(code(one), "UBND xã khác"));
    a.put_agencies(agencies.to_vec()).unwrap();
    let [agency, _] = agencies;
    let secret = Some(Pin::new("bi-mat-cua-xa-khac"));
    two.registry().put(&Account { agency, secret }).unwrap();
    let both = sealed_for(&[PROVINCE, near]);
    a.issue(both).unwrap();
    assert_eq!(
        (a.sync().unwrap().sent, a.outbound_document(both).unwrap().deliveries.len()),
        (2, 2)
    );
    let of_ours = || two.registry().packets(&code(crate::world::TAN_BINH), 10).unwrap();
    let [one] = &of_ours()[..] else { panic!("{:#?}", of_ours()) };
    assert_eq!(one.deliveries.len(), 2);
    // Each recipient has its own evidence, of the same packet.
    assert_eq!(two.b.sync().unwrap().received, 1);
    let evidence = a.evidence(both).unwrap();
    let fetched: Vec<_> = evidence
        .accepted()
        .map(|(_, one)| one.told.as_ref().unwrap().fetched_at.is_some())
        .collect();
    assert!(evidence.holds());
    assert_eq!(fetched, [true, false]);

    // An office that the server does not know is parked; the others get it all the same.
    let three = sealed_for(&[PROVINCE, far, near]);
    a.issue(three).unwrap();
    let report = a.sync().unwrap();
    assert_eq!((report.sent, report.wedged), (2, 1));
    let parked = a.parked(10).unwrap();
    assert_eq!((parked.len(), &parked[0].recipient), (1, &code(far)));
    // So it is with what is ordered about them.
    a.recall(both, "Sai thể thức").unwrap();
    assert_eq!(a.sync().unwrap().sent, 2);
    let orders = of_ours().into_iter().filter(|one| one.deliveries.len() == 2);
    assert_eq!((orders.count(), of_ours().len()), (3, 3));
    assert!(a.audit().unwrap().is_clean());
}

#[test]
fn what_rests_is_told_with_its_next_try_and_may_go_at_once() {
    let two = Two::begin();
    let a = &two.a;
    let key = sealed(a, &two.tokens, "Văn bản");
    a.issue(key).unwrap();
    let item = Queues::due(a, Timestamp::now(), u64::MAX, 10).unwrap().remove(0);
    let until = Timestamp::now() + SignedDuration::from_hours(7);
    let until = Timestamp::from_millisecond(until.as_millisecond()).unwrap();
    let over = ExchangeError::OverQuota { after: Some(7 * 3_600) };
    Queues::put_off(a, std::slice::from_ref(&item.item), until, &over).unwrap();
    let rests = a.parked(10).unwrap();
    let [one] = &rests[..] else { panic!("{rests:#?}") };
    assert_eq!((one.kind, one.next_try), (ParkedKind::Document, Some(until)));
    assert!(one.rests() && one.document.as_ref().is_some_and(|(about, _)| *about == key));
    // In the words that people read.
    assert_eq!(one.why, vanthu::i18n::tell(&Problem::from(over)).what);
    // It needs no decision: it is neither counted nor given up.
    assert_eq!((a.counts().unwrap().outbox_wedged, a.sync().unwrap().wedged), (0, 0));
    let refused = a.give_up_parked(&item.item, "Không gửi nữa").unwrap_err();
    assert_eq!(refused.code, "office-not-parked");
    a.retry_parked(&item.item).unwrap();
    assert_eq!(a.parked(10).unwrap(), []);
    assert_eq!(a.sync().unwrap().sent, 1);
}

#[test]
fn another_key_of_the_servers_receipts_is_told_once() {
    let two = Two::begin();
    let a = &two.a;
    let key = sealed(a, &two.tokens, "Văn bản thứ nhất");
    a.issue(key).unwrap();
    assert_eq!(a.sync().unwrap().problem, None);
    a.issue(sealed(a, &two.tokens, "Văn bản thứ hai")).unwrap();
    let item = Queues::due(a, Timestamp::now(), u64::MAX, 10).unwrap().remove(0);
    let signed = SignedReceipt {
        sender: code(crate::world::TAN_BINH),
        number: 2,
        link: "0".repeat(64),
        signature: "0".repeat(128),
        key: "0".repeat(64),
    };
    let server_id = "khac".to_owned();
    let receipt = Receipt { server_id, received_at: Timestamp::now(), signed: Some(signed) };
    Queues::sent(a, std::slice::from_ref(&item.item), &receipt).unwrap();
    // What runs by itself says it until somebody has asked.
    for _ in 0..2 {
        assert_eq!(a.sync().unwrap().problem.unwrap().code, "office-new-receipt-key");
    }
    assert_eq!(a.sync_now().unwrap().problem.unwrap().code, "office-new-receipt-key");
    assert_eq!(a.sync_now().unwrap().problem, None);
    assert_eq!(a.sync().unwrap().problem, None);
    // The earlier receipt is proved by the key that it was kept with.
    assert!(a.evidence(key).unwrap().holds());
}

#[cfg(unix)]
#[test]
fn a_packet_that_cannot_be_read_here_does_not_stop_the_exchange() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let [_, blobs] = two.blobs();
    let queues: &dyn Queues = b;
    let item = InboxItem {
        cursor: "1".to_owned(),
        id: "hong".to_owned(),
        kind: OutboxKind::Document,
        from: code(crate::world::TAN_BINH),
        sha256: String::new(),
        size: 0,
        received_at: Timestamp::now(),
        confirmed: true,
    };
    queues.keep_packet(&item, &vec![b'x'; vanthu::store::IN_DATABASE + 1]).unwrap();
    // A link to itself where its bytes were: the disk refuses to read them.
    let kept = files(&blobs);
    let [file] = &kept[..] else { panic!("{kept:?}") };
    std::fs::remove_file(file).unwrap();
    std::os::unix::fs::symlink(file, file).unwrap();
    // What waits is sent, what comes is taken, and it is told.
    a.issue(sealed(a, &two.tokens, "Văn bản đến")).unwrap();
    a.sync().unwrap();
    b.issue(sealed_with(b, &two.their_tokens, "Văn bản đi", crate::world::TAN_BINH, Vec::new()))
        .unwrap();
    let report = b.sync().unwrap();
    assert_eq!(report.problem.unwrap().code, "store-io");
    assert_eq!((report.received, arrived(b)), (1, 1));
    assert!(report.sent >= 1);
    // Nor does it go unsaid while the line is paused.
    b.set_line_manner(LineManner { paused: true, ..LineManner::default() }).unwrap();
    let report = b.sync().unwrap();
    assert_eq!((report.paused, report.problem.unwrap().code), (true, "store-io"));
}

#[test]
fn a_later_update_takes_the_place_of_a_parked_one() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    let key = sealed(a, &two.tokens, "Văn bản");
    a.issue(key).unwrap();
    exchange(a, b);
    two.registry().set_disabled(&code(PROVINCE), true).unwrap();
    let notes = IssuedUpdate { notes: Some("Kèm bản giấy".into()), ..IssuedUpdate::default() };
    a.update_issued(key, &notes, "Ghi thiếu ghi chú").unwrap();
    assert_eq!(a.sync().unwrap().wedged, 1);
    let parked = a.parked(10).unwrap();
    assert_eq!(parked[0].kind, ParkedKind::Order);
    assert_eq!(parked[0].issued.as_ref().unwrap().key, key, "it cannot be told anew");
    let urgent = IssuedUpdate { urgency: Some(Urgency::Urgent), ..IssuedUpdate::default() };
    a.update_issued(key, &urgent, "Ghi thiếu độ khẩn").unwrap();
    assert_eq!(a.parked(10).unwrap(), [], "the first would undo the second");
    two.registry().set_disabled(&code(PROVINCE), false).unwrap();
    exchange(a, b);
    let demands = b.demands(10).unwrap();
    let [view] = &demands[..] else { panic!("{demands:#?}") };
    let told = &view.kept.demand.update.as_ref().unwrap().metadata;
    assert_eq!((told.urgency, told.notes.as_str()), (Urgency::Urgent, "Kèm bản giấy"));
    // Two that are parked: the second is let go first, and the first not after it.
    two.registry().set_disabled(&code(PROVINCE), true).unwrap();
    for subject in ["Đính chính lần một", "Đính chính lần hai"] {
        let notes = IssuedUpdate { notes: Some(subject.into()), ..IssuedUpdate::default() };
        a.update_issued(key, &notes, "Ghi sai").unwrap();
    }
    assert_eq!(a.sync().unwrap().wedged, 2);
    two.registry().set_disabled(&code(PROVINCE), false).unwrap();
    let parked = a.parked(10).unwrap();
    a.retry_parked(&parked[1].item).unwrap();
    assert_eq!(a.sync().unwrap().wedged, 1);
    a.retry_parked(&parked[0].item).unwrap();
    exchange(a, b);
    assert_eq!(a.parked(10).unwrap(), []);
    let told = b.demands(10).unwrap().into_iter().map(|view| {
        let update = view.kept.demand.update.unwrap();
        update.metadata.notes
    });
    assert_eq!(told.collect::<Vec<_>>(), ["Kèm bản giấy", "Đính chính lần hai"]);
    // A recall that is parked is no update, and stays.
    two.registry().set_disabled(&code(PROVINCE), true).unwrap();
    a.recall(key, "Ban hành nhầm").unwrap();
    assert_eq!(a.sync().unwrap().wedged, 1);
    assert_eq!(a.parked(10).unwrap()[0].issued, None, "what is recalled is not told anew");
    assert!(a.audit().unwrap().is_clean() && b.audit().unwrap().is_clean());
}

#[test]
fn a_status_that_is_not_taken_is_decided_about_too() {
    let two = Two::begin();
    let (a, b) = (&two.a, &two.b);
    for subject in ["Văn bản thứ nhất", "Văn bản thứ hai"] {
        let key = sealed(a, &two.tokens, subject);
        a.issue(key).unwrap();
    }
    exchange(a, b);
    // Its sender is no office of this server any more.
    let ours = code(crate::world::TAN_BINH);
    two.registry().set_disabled(&ours, true).unwrap();
    for row in b.inbound(&Filter::default(), None, 10).unwrap() {
        b.accept_despite(row.key, "Đã đối chiếu").unwrap();
    }
    let report = b.sync().unwrap();
    let parked = b.parked(10).unwrap();
    assert_eq!((report.problem, parked.len()), (None, 2), "{parked:#?}");
    assert!(parked.iter().all(|one| one.kind == ParkedKind::Status && one.document.is_some()));
    b.give_up_parked(&parked[0].item, "Nơi gửi đã giải thể").unwrap();
    two.registry().set_disabled(&ours, false).unwrap();
    b.retry_parked(&parked[1].item).unwrap();
    let report = b.sync().unwrap();
    assert_eq!((report.sent, report.wedged), (1, 0));
    assert_eq!(a.sync().unwrap().received, 1);
    assert!(b.audit().unwrap().is_clean());
}

#[test]
fn who_follows_a_delivery_no_more_takes_it_out_of_the_way() {
    let two = Two::begin();
    let a = &two.a;
    let key = sealed(a, &two.tokens, "Văn bản");
    two.registry().set_disabled(&code(PROVINCE), true).unwrap();
    a.issue(key).unwrap();
    assert_eq!(a.sync().unwrap().wedged, 1);
    a.close_delivery(key, &code(PROVINCE), "Đã gửi bản giấy").unwrap();
    assert_eq!((a.sync().unwrap().wedged, a.parked(10).unwrap().len()), (0, 0));
    assert!(a.following(false, None, 10).unwrap().is_empty());
    assert!(a.audit().unwrap().is_clean());
}

#[test]
fn what_is_parked_is_spared_a_recall_only_where_the_server_refused_it() {
    let two = Two::begin();
    let a = &two.a;
    for (code, spared) in [("exchange-recipient-unknown", true), ("exchange-refused", false)] {
        let key = sealed(a, &two.tokens, "Văn bản");
        a.issue(key).unwrap();
        let item = Queues::due(a, Timestamp::now(), u64::MAX, 10).unwrap().remove(0);
        assert!(Queues::begin_sending(a, &item.item, 100, Timestamp::now()).unwrap().is_some());
        let problem = Problem::new(code, Kind::Refused, Blame::Server);
        Queues::wedge(a, std::slice::from_ref(&item.item), &problem).unwrap();
        a.recall(key, "Ban hành nhầm").unwrap();
        let delivery = a.outbound_document(key).unwrap().deliveries.remove(0);
        // An earlier try may have brought it there: then it is asked for.
        assert_eq!((delivery.closed.is_some(), delivery.recall.is_some()), (spared, !spared));
        assert_eq!(a.parked(10).unwrap().len(), usize::from(!spared));
    }
}
