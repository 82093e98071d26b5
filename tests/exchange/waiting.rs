//! Calls that wait: whoever has nothing in its mailbox hears as soon as it has.

use std::sync::mpsc;

use super::profile::Call;
use super::*;

on_every! {
    a_line_waits_where_it_can,
}

on_both! {
    who_waits_hears_at_once,
    who_waits_in_vain_is_answered_in_time,
    what_is_there_already_is_not_waited_for,
    a_server_that_stops_lets_nobody_wait,
}

fn a_line_waits_where_it_can(profile: Profile, place: &Place) {
    let server = place.start();
    let (a, b) = (profile.line(&server.url(), COMMUNE), profile.line(&server.url(), PROVINCE));
    let in_vain = b.listen(None, Duration::from_secs(1), &());
    assert_eq!(in_vain, profile.can(Ability::Wait).then_some(Ok(false)));
    a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    let heard = b.listen(None, Duration::from_secs(20), &());
    assert_eq!(heard, profile.can(Ability::Wait).then_some(Ok(true)));
}

/// The names of what an inbox shows, and how long the answer took.
fn ask(server: &str, target: &str) -> (Vec<String>, Duration) {
    let begun = Instant::now();
    let call = Call::get(target).of(PROVINCE);
    let page: serde_json::Value = call.send_to(server).json().unwrap();
    let id = |item: &serde_json::Value| item["id"].as_str().unwrap().to_owned();
    (page["items"].as_array().unwrap().iter().map(id).collect(), begun.elapsed())
}

/// Asks on a thread of its own, and gives the answer when it is there.
pub fn ask_beside(server: &str, target: &str) -> mpsc::Receiver<(Vec<String>, Duration)> {
    let (tell, told) = mpsc::channel();
    let (server, target) = (server.to_owned(), target.to_owned());
    thread::spawn(move || tell.send(ask(&server, &target)));
    // So that it is asked before what comes next.
    thread::sleep(Duration::from_millis(300));
    told
}

fn who_waits_hears_at_once(place: &Place) {
    let server = place.start();
    let waiting = ask_beside(&server.url(), "/v1/inbox?wait=20");
    let other = ask_beside(&server.url(), "/v1/inbox?waiting=true&wait=20");
    assert!(waiting.try_recv().is_err(), "it did not wait");
    let a = line(&server.url(), COMMUNE);
    let receipt = a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    for told in [waiting, other] {
        let (items, after) = told.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(items, [receipt.server_id.as_str()]);
        assert!(after < Duration::from_secs(10), "{after:?}");
    }
}

fn who_waits_in_vain_is_answered_in_time(place: &Place) {
    let server = place.start();
    let waiting = ask_beside(&server.url(), "/v1/inbox?wait=1");
    // What goes to others wakes nobody here.
    let b = line(&server.url(), PROVINCE);
    b.send(&parcel("k", &[COMMUNE], b"<edXML/>"), &()).unwrap();
    let (items, after) = waiting.recv_timeout(Duration::from_secs(30)).unwrap();
    assert!(items.is_empty());
    assert!((1_000..20_000).contains(&after.as_millis()), "{after:?}");
}

fn what_is_there_already_is_not_waited_for(place: &Place) {
    let server = place.start();
    let a = line(&server.url(), COMMUNE);
    let receipt = a.send(&parcel("k", &[PROVINCE], b"<edXML/>"), &()).unwrap();
    let (items, after) = ask(&server.url(), "/v1/inbox?wait=20");
    assert_eq!(items, [receipt.server_id.as_str()]);
    assert!(after < Duration::from_secs(10), "{after:?}");
    line(&server.url(), PROVINCE)
        .confirm(&receipt.server_id, vanthu::exchange::Outcome::Kept)
        .unwrap();
    let (items, after) = ask(&server.url(), "/v1/inbox?waiting=true&wait=1");
    assert!(items.is_empty() && after >= Duration::from_secs(1));
}

fn a_server_that_stops_lets_nobody_wait(place: &Place) {
    let mut config = place.config();
    config.limits.drain = Duration::from_secs(10);
    let server = Server::start(config).unwrap();
    let waiting = ask_beside(&server.url(), "/v1/inbox?wait=50");
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    // It was answered, not cut off.
    assert!(waiting.recv_timeout(Duration::from_secs(30)).unwrap().0.is_empty());
}
