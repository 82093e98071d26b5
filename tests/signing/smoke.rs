//! The fuzz targets, for a moment: their bodies on their seeds and on what becomes of the
//! seeds by a few changes. Longer runs are cargo-fuzz's (`fuzz/README.md`).

use std::path::Path;
use std::time::{Duration, Instant};

use super::mutations::Random;
use super::stores::{with_object, with_store};
use super::support::source;

#[path = "../../fuzz/bodies.rs"]
mod bodies;

/// Seconds for all targets together; `VANTHU_FUZZ_SECONDS` sets others.
const TIME: u64 = 6;
/// One input must not take longer; the machine may be busy with other tests.
const LONGEST: Duration = Duration::from_secs(10);
/// Seeds above this take long: each is changed so often, whatever the time, and then they
/// take their turn with the others.
const LARGE: usize = 20_000;
const TURNS: usize = 3;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// A few changes of the kinds that find something: bytes, pieces out, twice and from others.
fn changed(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    const TELLING: &[u8] =
        &[0x00, 0x01, 0x7f, 0x80, 0x82, 0x84, 0xff, b'0', b'9', b'<', b'>', b'/'];
    let mut bytes = seed.to_vec();
    for _ in 0..=random.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        let length = 1 + random.below(32.min(bytes.len() - at));
        match random.below(6) {
            0 => bytes[at] = random.next() as u8,
            1 => bytes[at] = TELLING[random.below(TELLING.len())],
            2 => drop(bytes.drain(at..at + length)),
            3 => {
                let piece = bytes[at..at + length].to_vec();
                bytes.splice(at..at, piece);
            }
            4 if !other.is_empty() => {
                let from = random.below(other.len());
                let piece = other[from..other.len().min(from + 64)].to_vec();
                bytes.splice(at..at + length, piece);
            }
            _ => bytes.truncate(at + 1),
        }
    }
    bytes
}

#[test]
fn the_fuzz_targets_hold_for_a_moment() {
    let seconds = std::env::var("VANTHU_FUZZ_SECONDS");
    let time = Duration::from_secs(seconds.map_or(TIME, |text| text.parse().expect("a number")));
    for (name, body) in bodies::ALL {
        let all = seeds(name);
        assert!(!all.is_empty(), "{name} has no seeds");
        for seed in &all {
            body(seed);
        }
        let large: Vec<&Vec<u8>> = all.iter().filter(|seed| seed.len() > LARGE).collect();
        let started = Instant::now();
        let mut tried = 0;
        while tried < TURNS * large.len() || started.elapsed() < time / bodies::ALL.len() as u32 {
            let mut random = Random::new(tried as u64);
            let seed = match large.get(tried / TURNS) {
                Some(seed) => seed,
                None => &all[random.below(all.len())],
            };
            let other = &all[random.below(all.len())];
            let input = changed(seed, other, &mut random);
            let begun = Instant::now();
            let held = std::panic::catch_unwind(|| body(&input));
            assert!(held.is_ok(), "{name}: input {tried}");
            assert!(begun.elapsed() < LONGEST, "{name}: input {tried} takes too long");
            tried += 1;
        }
        println!("{name:<12} {tried} inputs, {} of them of large seeds", TURNS * large.len());
    }
}

/// The body of `check` compares what the pages show, which differs here, whatever the check says.
#[test]
fn an_update_through_the_security_store_is_told_by_the_fuzz_target() {
    let seed = seeds("check").into_iter().min_by_key(Vec::len).unwrap();
    let page = source(&seed).page(1).unwrap();
    let contents = page.1.get(b"Contents").unwrap().as_reference().unwrap();
    let store = lopdf::dictionary! { "X" => lopdf::Object::Reference(page.0) };
    let forged = with_object(&with_store(&seed, store), contents.0, lopdf::Object::Null);
    assert!(bodies::shown(&source(&seed)) != bodies::shown(&source(&forged)));
    bodies::whole_check(&forged);
}

/// What earlier runs found, each under the name of its target.
#[test]
fn what_fuzzing_found_stays_mended() {
    for (name, body) in bodies::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(name);
        let Ok(files) = std::fs::read_dir(folder) else { continue };
        for file in files {
            body(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
