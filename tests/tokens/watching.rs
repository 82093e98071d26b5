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
    wanted: impl Fn(&Plugged) -> bool,
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
    for (command, present) in [("remove", false), ("insert", true), ("remove", false)] {
        let pcsc = pcsc_says(present);
        rig.leader(command);
        let ours = until(&reports, command, |plugged| has_card(plugged, present));
        let late = ours.saturating_duration_since(pcsc.join().unwrap());
        assert!(late < Duration::from_millis(100), "{command}: {late:?} after PC/SC");
    }
    let started = Instant::now();
    watch.stop();
    assert!(started.elapsed() < Duration::from_secs(1));
    assert!(reports.try_iter().count() < 3);
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
