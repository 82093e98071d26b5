//! What a child does until it is killed, and how it tells.

use std::path::PathBuf;

use vanthu::domain::document::DocumentKey;
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::problem::Problem;
use vanthu::office::{Filter, Office};
use vanthu::token::Pin;

use crate::chance::Chance;
use crate::place::{USER, drafted, order, password};

const FOLDER: &str = "VANTHU_TEST_OFFICE";
const SEED: &str = "VANTHU_TEST_SEED";

/// What a child is told to do.
#[derive(Debug, Clone)]
pub struct Order {
    pub folder: PathBuf,
    /// From which its choices follow.
    pub seed: u64,
}

impl Order {
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![(FOLDER, self.folder.to_str().unwrap().to_owned()), (SEED, self.seed.to_string())]
    }

    /// The order, if this process is a child.
    pub fn of_this_process() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os(FOLDER)?);
        let seed = std::env::var(SEED).unwrap().parse().unwrap();
        Some(Self { folder, seed })
    }

    pub fn open(&self) -> Office {
        Office::open(&self.folder, USER, &password()).unwrap()
    }
}

/// One deed on the way out.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    Draft,
    Sign(DocumentKey),
    /// With a wrong PIN: nothing comes of it.
    FailToSign(DocumentKey),
    Seal(DocumentKey),
    Issue(DocumentKey),
    Abandon(DocumentKey),
    Reserve,
    Hold(DocumentKey),
    GiveUp,
}

/// Before each deed a line that begins with `do`, and when the office has said that it is
/// done, the same line with `did` and what came of it.
pub fn act(office: &Office, order_of: &Order, deed: Deed) -> Result<(), Problem> {
    let dir = &order_of.folder;
    let done = |what: String, work: &dyn Fn() -> Result<String, Problem>| {
        println!("\ndo {what}");
        let came = work()?;
        println!("\ndid {what} {came}");
        Ok::<(), Problem>(())
    };
    let plain = |done: Result<(), Problem>| done.map(|()| String::new());
    match deed {
        Deed::Draft => done("draft".to_owned(), &|| {
            Ok(drafted(office, "Về việc thử nghiệm", &["Ông Nguyễn Văn A"]).to_string())
        }),
        Deed::Sign(key) => done(format!("sign {key}"), &|| {
            let numbering = office.sign(key, &order(dir, "leader"))?;
            Ok(numbering.map_or_else(String::new, |one| one.number.to_string()))
        }),
        Deed::FailToSign(key) => done(format!("fail {key}"), &|| {
            let mut wrong = order(dir, "leader");
            wrong.pin = Pin::new("000000");
            assert!(office.sign(key, &wrong).is_err());
            Ok(String::new())
        }),
        Deed::Seal(key) => {
            done(format!("seal {key}"), &|| plain(office.seal(key, &order(dir, "seal"))))
        }
        Deed::Issue(key) => done(format!("issue {key}"), &|| plain(office.issue(key))),
        Deed::Abandon(key) => done(format!("abandon {key}"), &|| {
            plain(office.submit(key, OutboundState::Abandoned, "Không ban hành nữa"))
        }),
        Deed::Reserve => done("reserve".to_owned(), &|| {
            let numbers = office.reserve_numbers("QĐ", 2, "Hợp đồng viện dẫn")?;
            let numbers: Vec<String> = numbers.iter().map(|one| one.number.to_string()).collect();
            Ok(numbers.join(","))
        }),
        Deed::Hold(key) => {
            let free = office.reserved_numbers()?.into_iter().find(|one| one.held_for.is_none());
            let Some(free) = free else { return Ok(()) };
            done(format!("hold {key}"), &|| {
                office.hold_number(key, &free.book, free.number)?;
                Ok(free.number.to_string())
            })
        }
        Deed::GiveUp => {
            let free = office.reserved_numbers()?.into_iter().find(|one| one.held_for.is_none());
            let Some(free) = free else { return Ok(()) };
            done(format!("give-up {}", free.number), &|| {
                plain(office.give_up_reserved(&free.book, free.number, "Không dùng đến"))
            })
        }
    }
}

/// A document that stands in `state`.
pub fn one_in(office: &Office, chance: &mut Chance, state: OutboundState) -> Option<DocumentKey> {
    let filter = Filter { outbound: Some(state), ..Filter::default() };
    let documents = office.outbound(&filter, None, 8).unwrap();
    chance.of(&documents).map(|document| document.key)
}

/// What somebody might do now.
pub fn choose(office: &Office, chance: &mut Chance) -> Deed {
    use OutboundState::{ToIssue, ToSeal, ToSign};
    loop {
        let (state, deed): (_, fn(DocumentKey) -> Deed) = match chance.below(16) {
            0..=2 => return Deed::Draft,
            3 => return Deed::Reserve,
            4 => return Deed::GiveUp,
            5 => (ToSign, Deed::Hold),
            6 => (ToSign, Deed::FailToSign),
            7 => ([ToSign, ToSeal, ToIssue][chance.below(3) as usize], Deed::Abandon),
            8..=10 => (ToSign, Deed::Sign),
            11..=13 => (ToSeal, Deed::Seal),
            _ => (ToIssue, Deed::Issue),
        };
        if let Some(key) = one_in(office, chance, state) {
            return deed(key);
        }
    }
}
