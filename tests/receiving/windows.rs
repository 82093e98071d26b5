//! Several windows of one program at work on the same documents, and the program killed in
//! the middle of it.

use std::process::exit;
use std::sync::atomic::AtomicU32;

use crate::crash::{Table, print};
use crate::given::Chance;
use crate::killer::{self, Steps};
use crate::killer::{POINTS, assert_killed, points, seed};
use crate::life::{Order, act, choose};
use crate::place::Place;
use crate::truth::{self, Story};

/// Of the points of a day, every second is tried with several windows too.
const SHARE: u32 = 2;
/// That they meet is left to chance: they go on until they have, for so many points at most.
const MOST: u32 = 10 * POINTS;
const WINDOWS: u64 = 3;
/// Steps that the windows make together, at most.
const STEPS: u32 = 400;

/// One window. What another window was quicker with is refused, and nothing else.
fn window(order: &Order, office: &vanthu::office::Office, number: u64, next: &AtomicU32) {
    let mut chance = Chance::new(order.seed.wrapping_add(number));
    loop {
        // Among few documents the windows meet often.
        let deed = choose(office, &mut chance, next, 2);
        match act(office, deed) {
            Ok(()) => {}
            Err(problem)
                if ["office-wrong-state", "office-demand-answered"].contains(&problem.code) =>
            {
                println!("\nrefused");
            }
            Err(problem) if problem.code == "office-no-server" => {}
            Err(problem) => {
                eprintln!("{deed:?}: {problem}");
                // The other windows would go on for ever.
                exit(1);
            }
        }
    }
}

#[test]
fn killed_while_several_windows_work() {
    const TEST: &str = "windows::killed_while_several_windows_work";
    if let Some(order) = Order::of_this_process() {
        let office = order.open();
        let next = AtomicU32::new(order.from);
        std::thread::scope(|scope| {
            for number in 0..WINDOWS {
                let (order, office, next) = (&order, office.clone(), &next);
                scope.spawn(move || window(order, &office, number, next));
            }
        });
    }
    let seed = seed();
    let mut table = Table::new();
    let mut chance = Chance::new(seed);
    let (place, mut story, mut refused) = (Place::new(None), Story::default(), 0);
    let mut tried = 0;
    while tried < points(POINTS) / SHARE || (refused == 0 && tried < MOST) {
        tried += 1;
        let (own, last) = (u64::from(chance.below(u32::MAX)), 1 + chance.below(STEPS));
        let order = Order { folder: place.dir.clone(), seed: own, from: story.next() };
        let life = killer::run(TEST, &order.environment(), Steps::All, last);
        let step = assert_killed(&life, &format!("seed {seed}"));
        let doing = story.hear(&life.said);
        refused += life.said.iter().filter(|line| *line == "refused").count();
        truth::check(&place.store(), &story);
        *table.entry((doing, step)).or_default() += 1;
    }
    truth::finish(&place, &story, None);
    print("several windows", &table);
    println!("{refused} deeds were refused because another window was quicker");
    assert!(refused > 0, "the windows never met");
}
