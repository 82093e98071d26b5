//! A program that is killed in the middle of its work.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use vanthu::domain::book::BookId;
use vanthu::store::{BookEntry, Store};

use crate::fixture::*;

const FOLDER: &str = "VANTHU_TEST_STORE_FOLDER";

/// Not a test of its own: what the killed child runs. It registers documents for ever and
/// tells each number when the store says that it is durable.
#[test]
#[ignore = "run as a child by a_killed_program_loses_nothing_that_it_reported"]
fn child() {
    let folder = std::env::var_os(FOLDER).expect("only as a child");
    let store = Store::open(Path::new(&folder), USER, &password()).unwrap();
    loop {
        let number = arrive_and_register(&store, "Viết trong lúc mất điện").unwrap();
        store.put_blob(&vec![number as u8; 100_000]).unwrap();
        println!("number {number}");
    }
}

#[test]
fn a_killed_program_loses_nothing_that_it_reported() {
    let (dir, store) = created();
    drop(store);
    for _ in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "crash::child", "--nocapture"])
            .env(FOLDER, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut reported: Vec<u32> = lines
            .map_while(Result::ok)
            // The harness's own words may stand before the first on the line.
            .filter_map(|line| line.rsplit_once("number ")?.1.parse().ok())
            .take(25)
            .collect();
        child.kill().unwrap();
        child.wait().unwrap();

        let store = reopened(&dir);
        let rows = store.book(&BookId::inbound(YEAR), 0, 10_000).unwrap();
        let numbers: Vec<u32> = rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, (1..=numbers.len() as u32).collect::<Vec<_>>(), "no gap, none twice");
        let last = reported.pop().expect("the child has worked");
        assert!(numbers.len() as u32 >= last);
        for row in &rows {
            let Some(BookEntry::Inbound(document)) = &row.document else { panic!("{row:?}") };
            assert_eq!(document.registration.as_ref().unwrap().arrival_number, row.number);
        }
        assert_sound(&store);
    }
}
