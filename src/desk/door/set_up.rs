//! What the window asks to set up the server, how the office signs, and the desk itself.

use std::fmt::Debug;

use crate::domain::problem::Problem;
use crate::office::Office;
use crate::office::batch::Cancel;
use crate::office::line::LineLook;
use crate::office::set_up::{ServerLook, ServerOrder, SetUp, SigningLook, Tried};
use crate::token::Pin;

/// Every method may block.
pub trait SetUpDoor: Debug + Send + Sync {
    fn server_look(&self) -> Result<ServerLook, Problem>;
    fn signing_look(&self) -> Result<SigningLook, Problem>;
    /// Sets all of it up, or nothing.
    fn set_up(&self, order: &SetUp) -> Result<(), Problem>;
    /// Asks the server who it is and whether it believes this office; keeps nothing.
    fn try_server(&self, order: &ServerOrder, cancel: &Cancel) -> Result<Tried, Problem>;
    /// Whether this PEM can be shown on the line; writes nothing.
    fn fit_line_certificate(&self, pem: &Pin) -> Result<LineLook, Problem>;
}

impl SetUpDoor for Office {
    fn try_server(&self, order: &ServerOrder, cancel: &Cancel) -> Result<Tried, Problem> {
        Self::try_server(self, order, &|| cancel.is_cancelled())
    }

    fn fit_line_certificate(&self, pem: &Pin) -> Result<LineLook, Problem> {
        Self::fit_line_certificate(self, pem).map(|own| LineLook::of(&own))
    }

    super::pass_on! {
        fn server_look(&self) -> Result<ServerLook, Problem>;
        fn signing_look(&self) -> Result<SigningLook, Problem>;
        fn set_up(&self, order: &SetUp) -> Result<(), Problem>;
    }
}
