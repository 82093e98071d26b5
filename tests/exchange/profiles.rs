//! The profiles that the suite of the line runs on, and what sets them apart.

use vanthu::exchange::axis::{AxisLine, Quirks};

use super::*;

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Vanthu,
    Axis,
}

/// What our own profile can do beyond what every line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ability {
    SignReceipts,
    TakeKeys,
    AskBack,
    GoOnSending,
    GoOnFetching,
    TellHashes,
    ListTheConfirmed,
    TellTheMissing,
    TellLimits,
    GreetAnybody,
    Wait,
}

/// What the gateway of the axis cannot do, and why. A test that comes upon one of these asserts
/// what the gateway does instead.
const THE_GATEWAY_CANNOT: [(Ability, &str); 11] = [
    (
        Ability::SignReceipts,
        "it signs nothing: the evidence is its own name for the packet, and a time in whole seconds",
    ),
    (
        Ability::TakeKeys,
        "a sending carries no key: other bytes, or others to get them, are another sending",
    ),
    (
        Ability::AskBack,
        "it cannot be asked for a sending whose answer was lost: that goes up once more",
    ),
    (Ability::GoOnSending, "a packet goes up in one call: what broke off goes from its first byte"),
    (Ability::GoOnFetching, "a packet comes down in one call: what broke off comes from its first"),
    (
        Ability::TellHashes,
        "its list names neither size nor hash: whether bytes are whole is for the packet to say",
    ),
    (Ability::ListTheConfirmed, "its list holds what waits, and has no cursor"),
    (
        Ability::TellTheMissing,
        "it has one number for all that it cannot process: what is missing is a fault to it",
    ),
    (
        Ability::TellLimits,
        "it names no limit, and what is above it is not valid like what is damaged",
    ),
    (
        Ability::GreetAnybody,
        "it has no call without credentials: to ask who is there is to prove who asks",
    ),
    (Ability::Wait, "it has no call that waits for something to come"),
];

/// Who calls, and how.
pub struct Seat {
    pub agency: &'static str,
    pub secret: String,
    pub clock: fn() -> Timestamp,
    pub patience: Patience,
}

impl Seat {
    pub fn of(agency: &'static str) -> Self {
        Self { agency, secret: secret(agency), clock: Timestamp::now, patience: PATIENCE }
    }
}

impl Profile {
    pub const ALL: [Self; 2] = [Self::Vanthu, Self::Axis];

    pub fn can(self, what: Ability) -> bool {
        self == Self::Vanthu || THE_GATEWAY_CANNOT.iter().all(|(lacking, _)| *lacking != what)
    }

    /// The line of an agency to the server there.
    pub fn line(self, server: &str, agency: &'static str) -> Box<dyn Line> {
        self.line_from(server, Seat::of(agency))
    }

    pub fn line_from(self, server: &str, seat: Seat) -> Box<dyn Line> {
        let address = |url: &str| ServerAddress::new(url, code(seat.agency), Pin::new(seat.secret));
        match self {
            Self::Vanthu => {
                let address = address(server).unwrap();
                Box::new(VanthuLine::with(address, seat.patience, seat.clock).unwrap())
            }
            Self::Axis => {
                let (address, quirks) = (address(&gateway(server)).unwrap(), Quirks::default());
                Box::new(AxisLine::with(address, quirks, seat.patience, seat.clock).unwrap())
            }
        }
    }
}

/// Where the server there has the gateway's calls.
pub fn gateway(server: &str) -> String {
    format!("{server}/XrdAdapter")
}
