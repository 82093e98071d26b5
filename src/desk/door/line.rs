//! What the window asks about the line to the provincial server.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::problem::Problem;
use crate::office::Office;
use crate::office::exchange::Ear;
use crate::office::line::LineManner;
use crate::office::parked::Parked;

/// Every method may block.
pub trait LineDoor: Debug + Send + Sync {
    /// How much this desk asks of the line by itself.
    fn line_manner(&self) -> Result<LineManner, Problem>;
    /// How long to wait before the next exchange, after so many in a row that failed.
    fn until_next_sync(&self, failures: u32) -> Duration;
    /// What hears that something has come; `None` where nothing is to be heard.
    fn ear(&self) -> Result<Option<Arc<Ear>>, Problem>;

    /// What the line does not take, oldest first.
    fn parked(&self, limit: u32) -> Result<Vec<Parked>, Problem>;
    fn retry_parked(&self, item: &str) -> Result<(), Problem>;
    fn give_up_parked(&self, item: &str, reason: &str) -> Result<(), Problem>;
}

impl LineDoor for Office {
    fn ear(&self) -> Result<Option<Arc<Ear>>, Problem> {
        Ok(self.ear()?.map(Arc::new))
    }

    super::pass_on! {
        fn line_manner(&self) -> Result<LineManner, Problem>;
        fn until_next_sync(&self, failures: u32) -> Duration;
        fn parked(&self, limit: u32) -> Result<Vec<Parked>, Problem>;
        fn retry_parked(&self, item: &str) -> Result<(), Problem>;
        fn give_up_parked(&self, item: &str, reason: &str) -> Result<(), Problem>;
    }
}
