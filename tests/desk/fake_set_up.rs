//! The server and the signing of the office in memory. Whoever answers at `https://may-chu.vn`
//! believes the secret `dung`.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use vanthu::desk::door::{Door, SetUpDoor};
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::role::Act;
use vanthu::exchange::ServerInfo;
use vanthu::office::batch::Cancel;
use vanthu::office::line::LineLook;
use vanthu::office::set_up::{
    Proof, ServerLook, ServerOrder, SetUp, SigningLook, SigningOrder, Tried,
};
use vanthu::rules::facts::NumberTaken;
use vanthu::token::Pin;

use super::{FakeDoor, FakeKeeper};

/// Where the fake server answers, and the secret that it believes.
pub const SERVER: &str = "https://may-chu.vn";
pub const SECRET: &str = "dung";

/// What was ordered, newest last.
#[derive(Debug, Default)]
pub struct SetUpBooks {
    pub orders: Vec<SetUp>,
    pub tries: Vec<ServerOrder>,
    look: ServerLook,
}

impl FakeKeeper {
    /// The last order, if there was any.
    pub fn set_up(&self) -> Option<SetUp> {
        self.books().set_up.orders.last().cloned()
    }

    pub fn orders(&self) -> usize {
        self.books().set_up.orders.len()
    }

    pub fn signing_order(&self) -> SigningOrder {
        self.set_up().map(|order| order.signing).unwrap_or_default()
    }

    pub fn tries(&self) -> usize {
        self.books().set_up.tries.len()
    }
}

fn revealed(proof: &Proof) -> &str {
    match proof {
        Proof::New(secret) => secret.reveal(),
        Proof::Kept | Proof::None => "",
    }
}

impl SetUpDoor for FakeDoor {
    fn server_look(&self) -> Result<ServerLook, Problem> {
        assert!(self.may(Act::ManageAgencies));
        Ok(self.keeper.enter()?.set_up.look.clone())
    }

    fn signing_look(&self) -> Result<SigningLook, Problem> {
        drop(self.keeper.enter()?);
        Ok(SigningLook {
            signature_image: None,
            seal_image: None,
            seal_mm: None,
            tsa: Vec::new(),
            level: None,
            number_taken: NumberTaken::PersonalSignature,
        })
    }

    fn set_up(&self, order: &SetUp) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.set_up_folders(&order.desk)?;
        books.gate.notifies = order.desk.notifies.unwrap_or(books.gate.notifies);
        books.manner = order.desk.manner.unwrap_or(books.manner);
        if let Some(server) = &order.server {
            let has_secret = books.set_up.look.has_secret || !revealed(&server.secret).is_empty();
            let (url, profile) = (server.url.clone(), server.profile);
            books.set_up.look = ServerLook { url, has_secret, profile, ..ServerLook::default() };
        }
        books.set_up.orders.push(order.clone());
        Ok(())
    }

    fn try_server(&self, order: &ServerOrder, cancel: &Cancel) -> Result<Tried, Problem> {
        let down = self.keeper.troubles.server_down.load(Ordering::Relaxed);
        let mut books = self.keeper.enter()?;
        books.set_up.tries.push(order.clone());
        if cancel.is_cancelled() {
            return Err(Problem::new("exchange-cancelled", Kind::Unavailable, Blame::Input));
        }
        if down || order.url != SERVER {
            return Err(Problem::new("exchange-unreachable", Kind::Unavailable, Blame::Server));
        }
        let server = ServerInfo {
            version: "1.2.3".to_owned(),
            time: Timestamp::now(),
            skew: SignedDuration::from_mins(7),
            packet_limit: 1 << 20,
        };
        let problem = (revealed(&order.secret) != SECRET).then(|| {
            Problem::new("exchange-bad-credentials", Kind::Refused, Blame::Input)
                .with("agency", &self.session.agency.code)
        });
        Ok(Tried { server: Some(server), problem })
    }

    fn fit_line_certificate(&self, _: &Pin) -> Result<LineLook, Problem> {
        Ok(LineLook { subject: "UBND xã Tân Bình".to_owned(), until: Timestamp::MAX })
    }
}
