//! What a child does until it is killed, and how it tells.
//!
//! Before each deed it says a line that begins with `do`, and when the office has said that
//! the deed is done, the same line with `did`, followed by what came of it. What was said to
//! be done must be there after a restart; what was not must be there whole or not at all.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use vanthu::domain::document::DocumentKey;
use vanthu::domain::inbound::InboundState;
use vanthu::domain::problem::Problem;
use vanthu::office::{Filter, Imported, Office};

use crate::given::{self, Chance};
use crate::place::{USER, password};

const FOLDER: &str = "VANTHU_TEST_OFFICE";
const SEED: &str = "VANTHU_TEST_SEED";
const FROM: &str = "VANTHU_TEST_FROM";

/// What a child is told to do.
#[derive(Debug, Clone)]
pub struct Order {
    pub folder: PathBuf,
    /// From which its choices follow.
    pub seed: u64,
    /// The first of the numbers whose pieces nobody has brought yet.
    pub from: u32,
}

impl Order {
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            (FOLDER, self.folder.to_str().unwrap().to_owned()),
            (SEED, self.seed.to_string()),
            (FROM, self.from.to_string()),
        ]
    }

    /// The order, if this process is a child.
    pub fn of_this_process() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os(FOLDER)?);
        let number = |name| std::env::var(name).unwrap().parse().unwrap();
        let from = u32::try_from(number(FROM)).unwrap();
        Some(Self { folder, seed: number(SEED), from })
    }

    pub fn open(&self) -> Office {
        open(&self.folder)
    }
}

pub fn open(folder: &Path) -> Office {
    Office::open(folder, USER, &password()).unwrap()
}

/// Whether the pieces of this number come over the line; the others are brought by hand.
pub fn over_the_line(number: u32) -> bool {
    number / 12 % 2 == 1
}

/// The seed from which all pieces of a story follow; that of a child's choices is its own.
pub const PIECES: u64 = 4;

/// One deed of a clerk.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    Bring(u32),
    Accept(DocumentKey),
    Register(DocumentKey),
    Assign(DocumentKey),
    Complete(DocumentKey),
    Return(DocumentKey),
    Sync,
}

/// Does it, and tells. What its sender demands back is given back first: nobody works on it
/// while that waits for an answer.
pub fn act(office: &Office, deed: Deed) -> Result<(), Problem> {
    match (deed, attempt(office, deed)) {
        (
            Deed::Accept(key)
            | Deed::Register(key)
            | Deed::Assign(key)
            | Deed::Complete(key)
            | Deed::Return(key),
            Err(problem),
        ) if problem.code == "office-demand-open" => {
            let Some(open) = office.open_demand(key)? else { return Ok(()) };
            println!("\ndo answer {key}");
            office.answer_demand(open.kept.demand.id, true, "")?;
            println!("\ndid answer {key}");
            Ok(())
        }
        (_, done) => done,
    }
}

fn attempt(office: &Office, deed: Deed) -> Result<(), Problem> {
    let done = |what: String, work: &dyn Fn() -> Result<String, Problem>| {
        println!("\ndo {what}");
        let came = work()?;
        println!("\ndid {what} {came}");
        Ok(())
    };
    let plain = |done: Result<(), Problem>| done.map(|()| String::new());
    match deed {
        Deed::Bring(number) => done(format!("bring {number}"), &|| {
            let piece = given::piece(PIECES, number);
            Ok(match office.import(&piece.name, piece.bytes)? {
                Imported::Document(key) => format!("document {key}"),
                Imported::Duplicate(key) => format!("duplicate {key}"),
                Imported::Joined(key) => format!("joined {key}"),
                Imported::Quarantined(problem) => format!("quarantined {}", problem.code),
                _ => "status".to_owned(),
            })
        }),
        Deed::Accept(key) => done(format!("accept {key}"), &|| plain(office.accept(key))),
        Deed::Register(key) => done(format!("register {key}"), &|| {
            let registered = match office.register(key) {
                // Other words under one code: the clerk says that both are meant.
                Err(problem) if problem.code == "office-duplicate-registered" => {
                    office.register_despite(key, None, "hai văn bản khác nhau")
                }
                registered => registered,
            };
            Ok(registered?.arrival_number.to_string())
        }),
        Deed::Assign(key) => {
            done(format!("assign {key}"), &|| plain(office.assign(key, USER, "Xử lý", None)))
        }
        Deed::Complete(key) => {
            done(format!("complete {key}"), &|| plain(office.complete(key, "Đã trả lời")))
        }
        Deed::Return(key) => {
            done(format!("return {key}"), &|| plain(office.return_(key, "Sai thẩm quyền")))
        }
        Deed::Sync => done("sync".to_owned(), &|| match office.sync()?.problem {
            Some(problem) => Err(problem),
            None => Ok(String::new()),
        }),
    }
}

/// One of the `among` newest documents that stand in `state`.
fn one_in(
    office: &Office,
    chance: &mut Chance,
    state: InboundState,
    among: u32,
) -> Option<DocumentKey> {
    let filter = Filter { inbound: Some(state), ..Filter::default() };
    let documents = office.inbound(&filter, None, among).unwrap();
    chance.of(&documents).map(|document| document.key)
}

/// What a clerk might do now with one of the `among` newest documents of a state. `next`
/// counts the pieces that were brought.
pub fn choose(office: &Office, chance: &mut Chance, next: &AtomicU32, among: u32) -> Deed {
    use InboundState::{Accepted, Arrived, Assigned, Registered};
    loop {
        let (state, deed): (_, fn(DocumentKey) -> Deed) = match chance.below(18) {
            // What comes over the line is not brought.
            0..=5 => {
                let mut number = next.fetch_add(1, Ordering::Relaxed);
                while over_the_line(number) {
                    number = next.fetch_add(1, Ordering::Relaxed);
                }
                return Deed::Bring(number);
            }
            6 => return Deed::Bring(chance.below(next.load(Ordering::Relaxed) + 1)),
            7..=9 => (Arrived, Deed::Accept),
            10..=12 => (Accepted, Deed::Register),
            13 | 14 => (Registered, Deed::Assign),
            15 => (Assigned, Deed::Complete),
            16 => (Arrived, Deed::Return),
            _ => return Deed::Sync,
        };
        if let Some(key) = one_in(office, chance, state, among) {
            return deed(key);
        }
    }
}
