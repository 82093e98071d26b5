//! Killed at every step, and at random ones.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;

use vanthu::office::Imported;

use crate::given::{self, Chance, What};
use crate::killer::{self, POINTS, Steps, assert_killed, points, seed};
use crate::life::{self, Deed, Order, PIECES, act, choose};
use crate::place::{Place, Province};

use crate::truth::{self, Story};

/// Lives of one office before another begins, so that looking at all of it stays cheap.
const LIVES: u32 = 25;
/// Of the steps of one way one in so many is tried, each time others; all of them where
/// `VANTHU_CRASH_POINTS` is set.
const SHARE: u32 = 3;
/// Steps of a life, at most.
const STEPS: u32 = 500;

/// Which points died where: deed and step.
pub type Table = BTreeMap<(String, String), u32>;

pub fn print(what: &str, table: &Table) {
    println!("\n{what}: {} points", table.values().sum::<u32>());
    for ((deed, step), count) in table {
        println!("{count:>6}  {deed:<10} before {step}");
    }
}

/// One letter with an enclosure comes over the line and another by hand; they are accepted,
/// registered, assigned, completed; then comes what cannot be used, and a recall.
fn one_way(order: &Order) {
    let office = order.open();
    act(&office, Deed::Sync).unwrap();
    act(&office, Deed::Bring(0)).unwrap();
    for key in office.inbound(&Default::default(), None, 10).unwrap().iter().map(|one| one.key) {
        act(&office, Deed::Accept(key)).unwrap();
        act(&office, Deed::Register(key)).unwrap();
        act(&office, Deed::Assign(key)).unwrap();
        act(&office, Deed::Complete(key)).unwrap();
    }
    for number in [3, 5, 6, 9, 10] {
        act(&office, Deed::Bring(number)).unwrap();
    }
    act(&office, Deed::Sync).unwrap();
}

#[test]
fn killed_at_every_durable_step_of_one_way() {
    const TEST: &str = "crash::killed_at_every_durable_step_of_one_way";
    if let Some(order) = Order::of_this_process() {
        return one_way(&order);
    }
    let province = Province::new();
    let begun = Place::new(Some(&province.url));
    province.send("12", given::piece(PIECES, 12).bytes);
    let mut table = Table::new();
    let share = if std::env::var_os("VANTHU_CRASH_POINTS").is_some() { 1 } else { SHARE };
    let first = 1 + Chance::new(seed()).below(share);
    for last in (first..).step_by(share as usize) {
        let place = begun.copy();
        let mut story = Story::default();
        story.sent.insert(12);
        let order = Order { folder: place.dir.clone(), seed: 0, from: 0 };
        let life = killer::run(TEST, &order.environment(), Steps::Marks, last);
        let doing = story.hear(&life.said);
        let Some(step) = &life.killed_before else {
            assert!(life.complaints.is_empty(), "{}", life.complaints);
            break;
        };
        truth::check(&place.store(), &story);
        // The clerk goes on where it was interrupted, as far as the window shows it.
        let office = place.office();
        office.sync().unwrap();
        for number in [0, 3, 5, 6, 9, 10] {
            story.begin(number);
            let piece = given::piece(PIECES, number);
            let again = office.import(&piece.name, piece.bytes).unwrap();
            let refused = matches!(again, Imported::Quarantined(_));
            assert_eq!(refused, piece.what == What::Broken, "{again:?}");
        }
        for document in office.inbound(&Default::default(), None, 10).unwrap() {
            let _ = office.accept(document.key);
            let _ = office.register(document.key);
        }
        drop(office);
        truth::finish(&place, &story, None);
        let registered = {
            let store = place.store();
            let all = store.inbound_page(&Default::default(), None, 100).unwrap();
            assert_eq!(all.len(), 4, "two letters, one recalled, and a scan");
            all.into_iter().filter(|one| one.registration.is_some()).count()
        };
        assert_eq!(registered, 3, "killed while {doing}, before {step} number {last}");
        *table.entry((doing, step.clone())).or_default() += 1;
    }
    print("every durable step of one way", &table);
    assert!(table.values().sum::<u32>() > 50 / share, "{table:?}");
}

#[test]
fn killed_at_random_steps_of_a_day() {
    const TEST: &str = "crash::killed_at_random_steps_of_a_day";
    if let Some(order) = Order::of_this_process() {
        let office = order.open();
        let mut chance = Chance::new(order.seed);
        let next = AtomicU32::new(order.from);
        loop {
            act(&office, choose(&office, &mut chance, &next, 8)).unwrap();
        }
    }
    let (points, seed) = (points(POINTS), seed());
    let mut table = Table::new();
    let mut chance = Chance::new(seed);
    let mut left = points;
    while left > 0 {
        let province = Province::new();
        let place = Place::new(Some(&province.url));
        let mut story = Story::default();
        for _ in 0..LIVES.min(left) {
            left -= 1;
            let from = story.next();
            // What the province sends meanwhile.
            for number in (from..from + 6).filter(|number| life::over_the_line(*number)) {
                if story.sent.insert(number) {
                    province.send(&number.to_string(), given::piece(PIECES, number).bytes);
                }
            }
            let (own, last) = (u64::from(chance.below(u32::MAX)), 1 + chance.below(STEPS));
            let order = Order { folder: place.dir.clone(), seed: own, from };
            let life = killer::run(TEST, &order.environment(), Steps::All, last);
            let point = format!("seed {seed}, {left} points left");
            let step = assert_killed(&life, &point);
            let doing = story.hear(&life.said);
            println!("{left:>4}: killed while {doing}, before {step} number {last}");
            truth::check(&place.store(), &story);
            *table.entry((doing, step)).or_default() += 1;
        }
        truth::finish(&place, &story, Some(&province));
    }
    print("random steps of a day", &table);
    assert_eq!(table.values().sum::<u32>(), points);
}
