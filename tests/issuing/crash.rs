//! Killed at every step, and at random ones.

use std::collections::BTreeMap;

use vanthu::domain::outbound::OutboundState;
use vanthu::office::{Filter, Office};

use crate::chance::Chance;
use crate::day::{Deed, Order, act, choose};
use crate::killer::{self, Steps, assert_killed, points, seed};
use crate::place::{Place, order};
use crate::truth::{self, Story};

/// Lives of one office before another begins, so that looking at all of it stays cheap.
const LIVES: u32 = 20;
/// Steps of a life, at most.
const STEPS: u32 = 260;
/// Points of a day. Signing makes a life long, so it is fewer than elsewhere;
/// `VANTHU_CRASH_POINTS=500` asks for more.
const POINTS: u32 = 60;
/// Of the steps of one way every so-many-th; `VANTHU_CRASH_STRIDE=1` tries each.
const STRIDE: usize = 9;

/// Two documents go out, one under a reserved number, and a third is given up.
fn one_way(order: &Order) {
    let office = order.open();
    act(&office, order, Deed::Reserve).unwrap();
    for _ in 0..3 {
        act(&office, order, Deed::Draft).unwrap();
    }
    let filter = Filter { outbound: Some(OutboundState::ToSign), ..Filter::default() };
    let keys: Vec<_> =
        office.outbound(&filter, None, 10).unwrap().into_iter().map(|one| one.key).collect();
    act(&office, order, Deed::Hold(keys[0])).unwrap();
    for key in &keys {
        act(&office, order, Deed::Sign(*key)).unwrap();
    }
    act(&office, order, Deed::Abandon(keys[2])).unwrap();
    for key in &keys[..2] {
        act(&office, order, Deed::Seal(*key)).unwrap();
        act(&office, order, Deed::Issue(*key)).unwrap();
    }
    act(&office, order, Deed::GiveUp).unwrap();
}

/// Everything that still waits goes its way.
fn finish(place: &Place, office: &Office) {
    let all = |state| {
        let filter = Filter { outbound: Some(state), ..Filter::default() };
        office.outbound(&filter, None, 1000).unwrap().into_iter().map(|one| one.key)
    };
    for key in all(OutboundState::Draft) {
        office.submit(key, OutboundState::ToSign, "").unwrap();
    }
    for key in all(OutboundState::ToSign) {
        office.sign(key, &order(&place.dir, "leader")).unwrap();
    }
    for key in all(OutboundState::ToSeal) {
        office.seal(key, &order(&place.dir, "seal")).unwrap();
    }
    for key in all(OutboundState::ToIssue) {
        office.issue(key).unwrap();
    }
}

fn tell(what: &str, table: &BTreeMap<(String, String), u32>) {
    println!("\n{what}: {} points", table.values().sum::<u32>());
    for ((deed, step), count) in table {
        println!("{count:>6}  {deed:<10} before {step}");
    }
}

#[test]
fn killed_at_every_durable_step_of_one_way() {
    const TEST: &str = "crash::killed_at_every_durable_step_of_one_way";
    if let Some(order) = Order::of_this_process() {
        return one_way(&order);
    }
    let begun = Place::new();
    let mut table = BTreeMap::new();
    let stride = std::env::var("VANTHU_CRASH_STRIDE").map_or(STRIDE, |n| n.parse().unwrap());
    for (turn, last) in (1..).step_by(stride).enumerate() {
        let place = begun.copy();
        let mut story = Story::default();
        let order = Order { folder: place.dir.clone(), seed: 0 };
        let life = killer::run(TEST, &order.environment(), Steps::Marks, last);
        let doing = story.hear(&life.said);
        let Some(step) = life.killed_before else {
            assert!(life.complaints.is_empty(), "{}", life.complaints);
            break;
        };
        {
            let store = place.store();
            truth::check(&store, false);
            truth::claims(&store, &story);
        }
        // Signing takes its time, and random points end all the same.
        if turn % 5 == 4 {
            finish(&place, &place.office());
            truth::check(&place.store(), false);
        }
        *table.entry((doing, step)).or_default() += 1;
    }
    tell("every durable step of one way out", &table);
    // More than thirty durable steps, whatever share of them was tried.
    let tried = table.values().sum::<u32>() as usize;
    assert!(tried * stride > 30, "{table:?}");
}

#[test]
fn killed_at_random_steps_of_a_day() {
    const TEST: &str = "crash::killed_at_random_steps_of_a_day";
    if let Some(order) = Order::of_this_process() {
        let office = order.open();
        let mut chance = Chance::new(order.seed);
        loop {
            act(&office, &order, choose(&office, &mut chance)).unwrap();
        }
    }
    let (points, seed) = (points(POINTS), seed());
    let mut table = BTreeMap::new();
    let mut chance = Chance::new(seed);
    let begun = Place::new();
    let mut left = points;
    while left > 0 {
        let place = begun.copy();
        let mut story = Story::default();
        for _ in 0..LIVES.min(left) {
            left -= 1;
            let (own, last) = (u64::from(chance.below(u32::MAX)), 1 + chance.below(STEPS));
            let order = Order { folder: place.dir.clone(), seed: own };
            let life = killer::run(TEST, &order.environment(), Steps::All, last);
            let step = assert_killed(&life, &format!("seed {seed}, {left} points left"));
            let doing = story.hear(&life.said);
            println!("{left:>4}: killed while {doing}, before {step} number {last}");
            let store = place.store();
            truth::check(&store, false);
            truth::claims(&store, &story);
            *table.entry((doing, step)).or_default() += 1;
        }
        finish(&place, &place.office());
        truth::check(&place.store(), false);
    }
    tell("random steps of a day", &table);
    assert_eq!(table.values().sum::<u32>(), points);
}
