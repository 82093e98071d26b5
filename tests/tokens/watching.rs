//! The watch over readers and cards.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use vanthu::token::{self, Plugged, Sources};

use crate::rig::*;

/// Reports of a watch, each with the moment it came.
fn watched() -> (token::Watch, Receiver<(Instant, Plugged)>) {
    let (tell, hear) = channel();
    let watch = token::watch(move |plugged| {
        let _ = tell.send((Instant::now(), plugged));
    });
    (watch.unwrap(), hear)
}

fn until(
    reports: &Receiver<(Instant, Plugged)>,
    what: &str,
    mut wanted: impl FnMut(&Plugged) -> bool,
) -> Instant {
    loop {
        match reports.recv_timeout(Duration::from_secs(10)) {
            Ok((at, plugged)) if wanted(&plugged) => return at,
            Ok(_) => {}
            Err(_) => panic!("not reported: {what}"),
        }
    }
}

fn has_card(plugged: &Plugged, present: bool) -> bool {
    let reader = env("RIG_LEADER_READER");
    matches!(plugged, Plugged::Readers(readers)
        if readers.iter().any(|r| r.name == reader && r.atr.is_some() == present))
}

/// The moment at which PC/SC itself tells a program that sleeps in it.
fn pcsc_says(present: bool) -> std::thread::JoinHandle<Instant> {
    let context = pcsc::Context::establish(pcsc::Scope::User).unwrap();
    let reader = std::ffi::CString::new(env("RIG_LEADER_READER")).unwrap();
    let mut states = [pcsc::ReaderState::new(reader, pcsc::State::UNAWARE)];
    context.get_status_change(Duration::ZERO, &mut states).unwrap();
    std::thread::spawn(move || {
        while states[0].event_state().contains(pcsc::State::PRESENT) != present {
            states[0].sync_current_state();
            context.get_status_change(Duration::from_secs(10), &mut states).unwrap();
        }
        Instant::now()
    })
}

#[test]
fn cards_that_come_and_go_are_reported_at_once() {
    let rig = Rig::hold();
    let (watch, reports) = watched();
    until(&reports, "the card at the start", |plugged| has_card(plugged, true));
    let mut delays = Vec::new();
    for (command, present) in [("remove", false), ("insert", true), ("remove", false)] {
        let pcsc = pcsc_says(present);
        rig.leader(command);
        let ours = until(&reports, command, |plugged| has_card(plugged, present));
        delays.push(ours.saturating_duration_since(pcsc.join().unwrap()));
    }
    // On a machine that is busy with other things a thread may be woken late; not always.
    println!("reported after PC/SC: {delays:?}");
    assert!(delays.iter().min() < Some(&Duration::from_millis(100)), "{delays:?}");
    let started = Instant::now();
    watch.stop();
    assert!(started.elapsed() < Duration::from_secs(1));
    assert!(reports.try_iter().count() < 3);
}

#[test]
fn every_reader_is_watched() {
    let rig = Rig::hold();
    let (_watch, reports) = watched();
    let cards = |plugged: &Plugged| match plugged {
        Plugged::Readers(readers) => readers.iter().map(|r| r.atr.is_some()).collect(),
        Plugged::NoService => Vec::new(),
    };
    until(&reports, "both cards", |plugged| cards(plugged) == [true, true]);
    for name in ["leader", "org"] {
        rig.card(name, "remove");
    }
    until(&reports, "no card", |plugged| cards(plugged) == [false, false]);
    rig.card("org", "insert");
    until(&reports, "org's card", |plugged| cards(plugged) == [false, true]);
    rig.leader("insert");
    until(&reports, "both again", |plugged| cards(plugged) == [true, true]);
}

/// A card exchanged faster than anybody looks has another answer to reset, or at least
/// another count of events.
#[test]
fn a_card_exchanged_for_another_is_news() {
    let rig = Rig::hold();
    let (_watch, reports) = watched();
    let reader = env("RIG_ORG_READER");
    let seen = |plugged: &Plugged| match plugged {
        Plugged::Readers(readers) => {
            let reader = readers.iter().find(|one| one.name == reader)?;
            reader.atr.clone().map(|atr| (atr, reader.events))
        }
        Plugged::NoService => None,
    };
    let mut before = None;
    until(&reports, "a card", |plugged| {
        before = seen(plugged);
        before.is_some()
    });
    rig.guest(&["p15", "--key", &pki_key("leader")]);
    until(&reports, "the other card", |plugged| {
        seen(plugged).is_some_and(|now| before.as_ref().is_some_and(|before| now.0 != before.0))
    });
}

#[test]
fn looking_at_a_card_is_not_news() {
    let _rig = Rig::hold();
    let (_watch, reports) = watched();
    until(&reports, "the card at the start", |plugged| has_card(plugged, true));
    token::list_from(&Sources::default());
    assert!(reports.recv_timeout(Duration::from_millis(900)).is_err());
}

#[test]
fn a_watch_outlives_the_service() {
    let rig = Rig::hold();
    let (watch, reports) = watched();
    until(&reports, "the card at the start", |plugged| has_card(plugged, true));
    rig.pcscd("stop");
    until(&reports, "no service", |plugged| *plugged == Plugged::NoService);
    rig.pcscd("no-readers");
    until(&reports, "no readers", |plugged| *plugged == Plugged::Readers(Vec::new()));
    rig.pcscd("start");
    until(&reports, "the card again", |plugged| has_card(plugged, true));
    rig.pcscd("stop");
    until(&reports, "no service again", |plugged| *plugged == Plugged::NoService);
    let started = Instant::now();
    drop(watch);
    assert!(started.elapsed() < Duration::from_secs(1));
}
