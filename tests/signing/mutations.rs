//! The mutation run: whatever is changed inside what a signature covers, the file is never
//! valid.
//!
//! The last signature of every seed covers the whole file but its own value, so that any change
//! outside that value counts, save white space behind the end of the file. Inside the value,
//! changes count that change what was signed, by whom, or the padding: the zeros behind the
//! container, which must stay zeros. Free are the letter case of hexadecimal digits and those
//! parts of the container that nobody signs and nothing relies upon (RFC 5652: versions, the
//! list of digests, parameters that are null, certificates beside the signer's).
//!
//! `VANTHU_MUTATIONS` sets how many changes are tried, `VANTHU_MUTATION_SEED` where the
//! random numbers begin; a failure names the number of the change that failed.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use vanthu::domain::verdict::Verdict;
use vanthu::pki::cms::SignedData;
use vanthu::signing::{CheckOptions, Report, check};

use super::seeds::{Corpus, corpus};
use super::support::*;

const USUAL: u64 = 100_000;

/// SplitMix64: small, good enough, and the same everywhere.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`, which is not 0.
    pub const fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |value| value.parse().expect("a number"))
}

fn offline(corpus: &Corpus, bytes: Vec<u8>) -> Option<Report> {
    let options = CheckOptions { trust: &corpus.trust, at: None, online: None };
    check(Arc::from(bytes), &options).ok()
}

/// Runs of digits, and names: what a structure-aware change takes hold of.
fn tokens(
    bytes: &[u8],
    first: impl Fn(u8) -> bool,
    rest: impl Fn(u8) -> bool,
) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        if first(bytes[start]) {
            while at < bytes.len() && rest(bytes[at]) {
                at += 1;
            }
            found.push(start..at);
        }
    }
    found
}

struct Seed {
    name: &'static str,
    bytes: Vec<u8>,
    /// The value of the last signature, delimiters included.
    hole: Range<usize>,
    numbers: Vec<Range<usize>>,
    names: Vec<Range<usize>>,
    objects: Vec<Range<usize>>,
}

impl Seed {
    fn new(name: &'static str, bytes: &[u8]) -> Self {
        let source = source(bytes);
        let fields = source.signature_fields().unwrap();
        let holes = fields.into_iter().filter_map(|field| field.value?.contents_at);
        let hole = holes.max_by_key(|hole| hole.end).unwrap();
        let outside = |range: &Range<usize>| range.end <= hole.start || range.start >= hole.end;
        let digit = |byte: u8| byte.is_ascii_digit();
        let letter = |byte: u8| byte.is_ascii_alphanumeric();
        let end = b"endobj";
        let ends = bytes.windows(end.len()).enumerate().filter(|(_, window)| window == end);
        let objects = ends.map(|(at, _)| {
            let start = bytes[..at].windows(4).rposition(|window| window == b" obj").unwrap();
            start + 4..at
        });
        Self {
            name,
            numbers: tokens(bytes, digit, digit).into_iter().filter(outside).collect(),
            names: tokens(bytes, |byte| byte == b'/', letter).into_iter().filter(outside).collect(),
            objects: objects.filter(outside).collect(),
            bytes: bytes.to_vec(),
            hole,
        }
    }

    /// The file with one change.
    fn changed(&self, random: &mut Random) -> (&'static str, Vec<u8>) {
        let mut bytes = self.bytes.clone();
        let at = random.below(bytes.len());
        let what = match random.below(16) {
            0..=6 => {
                bytes[at] ^= 1 + (random.next() % 255) as u8;
                "another byte"
            }
            7 => {
                // Within the value, where a change keeps the file's structure.
                let at = self.hole.start + 1 + random.below(self.hole.len() - 2);
                bytes[at] = b"0123456789abcdefABCDEF"[random.below(22)];
                "another digit of the value"
            }
            8 => {
                bytes.insert(at, b" \n%0</>()"[random.below(9)]);
                "a byte more"
            }
            9 => {
                bytes.remove(at);
                "a byte less"
            }
            10 => {
                let other = random.below(bytes.len());
                bytes.swap(at, other);
                "two bytes changed places"
            }
            11 | 12 => {
                let place = self.numbers[random.below(self.numbers.len())].clone();
                let other = self.numbers[random.below(self.numbers.len())].clone();
                let number = self.bytes[other].to_vec();
                bytes.splice(place, number);
                "another number"
            }
            13 => {
                let place = self.names[random.below(self.names.len())].clone();
                let other = self.names[random.below(self.names.len())].clone();
                let name = self.bytes[other].to_vec();
                bytes.splice(place, name);
                "another name"
            }
            14 => {
                let place = self.objects[random.below(self.objects.len())].clone();
                let other = self.objects[random.below(self.objects.len())].clone();
                let mut object = self.bytes[other].to_vec();
                // As long as the old one, where that can be had, so that all else fits.
                object.resize(object.len().max(place.len()), b' ');
                bytes.splice(place, object);
                "another object"
            }
            _ => {
                let from = at.min(bytes.len() - 1);
                let length = 1 + random.below(200.min(bytes.len() - from));
                let piece = bytes[from..from + length].to_vec();
                let to = random.below(bytes.len());
                bytes.splice(to..to, piece);
                "a piece twice"
            }
        };
        (what, bytes)
    }

    /// Where a changed file begins to differ, with the bytes around it.
    fn first_difference(&self, changed: &[u8]) -> String {
        let at = self.bytes.iter().zip(changed).take_while(|(a, b)| a == b).count();
        let around = |bytes: &[u8]| {
            let piece = &bytes[at.saturating_sub(20)..bytes.len().min(at + 20)];
            piece.escape_ascii().to_string()
        };
        let (length, hole) = (self.bytes.len(), &self.hole);
        format!("{at} of {length} ({hole:?}): {:?} for {:?}", around(changed), around(&self.bytes))
    }

    /// Whether a changed file that is valid says the same under the same signature.
    fn says_the_same(&self, changed: &[u8]) -> bool {
        // White space behind the end is no part of the document (see `differentials`).
        if let Some(behind) = changed.strip_prefix(self.bytes.as_slice()) {
            return behind.iter().all(u8::is_ascii_whitespace);
        }
        let outside = changed.len() == self.bytes.len()
            && changed[..=self.hole.start] == self.bytes[..=self.hole.start]
            && changed[self.hole.end - 1..] == self.bytes[self.hole.end - 1..];
        let value = |bytes: &[u8]| {
            let digits: Vec<u8> = bytes[self.hole.start + 1..self.hole.end - 1].to_vec();
            let nibble = |digit: u8| char::from(digit).to_digit(16).map(|n| n as u8);
            let nibbles: Option<Vec<u8>> = digits.into_iter().map(nibble).collect();
            nibbles.map(|n| n.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect::<Vec<u8>>())
        };
        let (Some(old), Some(new)) = (value(&self.bytes), value(changed)) else { return false };
        let end = old.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let padding = new[end..].iter().all(|byte| *byte == 0);
        let (Ok(old), Ok(new)) = (SignedData::parse(&old), SignedData::parse(&new)) else {
            return false;
        };
        let (a, b) = (&old.signer, &new.signer);
        outside
            && padding
            && a.signature == b.signature
            && a.message_digest == b.message_digest
            && a.content_type == b.content_type
            && a.signing_time == b.signing_time
            && a.signing_certificates == b.signing_certificates
            && (a.digest, a.scheme) == (b.digest, b.scheme)
            && old.signer_certificate() == new.signer_certificate()
    }
}

/// What became of the changed files.
#[derive(Default)]
struct Outcome {
    counts: BTreeMap<String, u64>,
    failures: Vec<String>,
}

fn run(corpus: &Corpus, seeds: &[Seed], numbers: impl Iterator<Item = u64>) -> Outcome {
    let mut outcome = Outcome::default();
    for number in numbers {
        let mut random = Random::new(number);
        let seed = &seeds[random.below(seeds.len())];
        let (what, changed) = seed.changed(&mut random);
        let became = if changed == seed.bytes {
            "the same".to_owned()
        } else {
            match offline(corpus, changed.clone()).map(|report| report.verdict) {
                None => "unreadable".to_owned(),
                Some(Verdict::Valid) if seed.says_the_same(&changed) => {
                    "valid, and the same to everybody".to_owned()
                }
                Some(Verdict::Valid) => {
                    let at = seed.first_difference(&changed);
                    outcome.failures.push(format!("{number}: {} with {what} at {at}", seed.name));
                    "VALID".to_owned()
                }
                Some(verdict) => format!("{verdict:?}").to_lowercase(),
            }
        };
        *outcome.counts.entry(became).or_default() += 1;
    }
    outcome
}

#[test]
fn no_change_of_what_is_signed_is_valid() {
    let corpus = corpus();
    let seeds: Vec<Seed> =
        corpus.files.iter().map(|(name, bytes)| Seed::new(name, bytes)).collect();
    for seed in &seeds {
        let report = offline(corpus, seed.bytes.clone()).unwrap();
        assert_eq!(report.verdict, Verdict::Valid, "{}: {report:?}", seed.name);
    }
    let (count, first) =
        (setting("VANTHU_MUTATIONS", USUAL), setting("VANTHU_MUTATION_SEED", 20_261_123));
    let started = std::time::Instant::now();
    let threads = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let run = |thread: u64| {
            let numbers = (thread..count).step_by(threads as usize);
            run(corpus, &seeds, numbers.map(|number| first + number))
        };
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || run(thread))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (became, number) in outcomes.iter().flat_map(|outcome| &outcome.counts) {
        *counts.entry(became.clone()).or_default() += number;
    }
    println!("{count} changes of {} files in {:.1?}:", seeds.len(), started.elapsed());
    for (became, number) in &counts {
        println!("{number:>8}  {became}");
    }
    let failures: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.failures).collect();
    assert!(failures.is_empty(), "valid after a change (number: file): {failures:?}");
}

/// An update that puts any object in the place of any other, or nothing.
#[test]
fn no_object_takes_the_place_of_another() {
    let corpus = corpus();
    let (mut tried, mut failures) = (0, Vec::new());
    for name in ["table", "stream", "two", "certified"] {
        let bytes = corpus.file(name);
        let before = source(bytes);
        let numbers: Vec<u32> = before
            .entries()
            .map(|(number, _)| number)
            .filter(|number| before.indirect((*number, 0)).is_ok_and(|found| found.is_some()))
            .collect();
        let metadata =
            before.catalog().unwrap().1.get(b"Metadata").unwrap().as_reference().unwrap();
        for number in &numbers {
            for other in numbers.iter().map(|other| Some(*other)).chain([None]) {
                let body = other.map(|other| (before.object((other, 0)).unwrap(), other));
                let same = other == Some(*number);
                let forged = append(bytes, |update, source| match body {
                    None => update.set((*number, 0), lopdf::Object::Null),
                    Some((lopdf::Object::Dictionary(dictionary), other)) => {
                        let stream = source.indirect((other, 0)).unwrap().unwrap().stream;
                        match stream {
                            Some(range) => {
                                let content = source.read(range).unwrap().into_owned();
                                let stream = lopdf::Stream::new(dictionary, content);
                                update.set((*number, 0), stream.into());
                            }
                            None => update.set((*number, 0), dictionary.into()),
                        }
                    }
                    Some((object, _)) => update.set((*number, 0), object),
                });
                tried += 1;
                let valid =
                    offline(corpus, forged).is_some_and(|found| found.verdict == Verdict::Valid);
                // What nobody reaches, and metadata, may be anything.
                let free = same || *number == metadata.0 || is_unreachable(&before, *number);
                if valid && !free {
                    failures.push(format!("{name}: {number} became {other:?}"));
                }
            }
        }
    }
    println!("{tried} objects put in the place of others");
    assert!(tried > 400, "{tried}");
    assert_eq!(failures, Vec::<String>::new());
}

/// The same where an update before has made the security store lead there.
#[test]
fn what_the_security_store_leads_to_stays_as_it_is() {
    let corpus = corpus();
    let bytes = corpus.file("table");
    let before = source(bytes);
    let exists = |number: &u32| before.indirect((*number, 0)).is_ok_and(|found| found.is_some());
    let numbers: Vec<u32> = before.entries().map(|(number, _)| number).filter(exists).collect();
    let metadata = before.catalog().unwrap().1.get(b"Metadata").unwrap().as_reference().unwrap();
    let (mut tried, mut failures) = (0, Vec::new());
    for start in &numbers {
        let store = lopdf::dictionary! { "X" => lopdf::Object::Reference((*start, 0)) };
        let led = super::stores::with_store(bytes, store);
        for number in numbers.iter().filter(|number| **number != metadata.0) {
            let forged = super::stores::with_object(&led, *number, lopdf::Object::Null);
            tried += 1;
            let report = offline(corpus, forged);
            if report.is_some_and(|found| found.verdict == Verdict::Valid) {
                failures.push((*start, *number));
            }
        }
    }
    assert!(tried > 50, "{tried}");
    assert_eq!(failures, Vec::new());
}

/// Cross-reference and object streams are named by no object.
fn is_unreachable(source: &vanthu::pdf::structure::Source, number: u32) -> bool {
    let id = (number, 0);
    let Ok(lopdf::Object::Dictionary(dictionary)) = source.object(id) else { return false };
    dictionary.has_type(b"XRef")
}
