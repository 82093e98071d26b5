//! The line of the office in memory.

use std::sync::Arc;
use std::time::Duration;

use vanthu::desk::door::LineDoor;
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::outbound::{OutboundDocument, OutboundState};
use vanthu::domain::problem::Problem;
use vanthu::office::exchange::Ear;
use vanthu::office::line::LineManner;
use vanthu::office::parked::{Parked, ParkedKind};

use super::{FakeDoor, FakeKeeper};

impl LineDoor for FakeDoor {
    fn line_manner(&self) -> Result<LineManner, Problem> {
        Ok(self.keeper.enter()?.manner)
    }

    fn until_next_sync(&self, _: u32) -> Duration {
        Duration::from_secs(60)
    }

    fn ear(&self) -> Result<Option<Arc<Ear>>, Problem> {
        Ok(None)
    }

    fn parked(&self, _: u32) -> Result<Vec<Parked>, Problem> {
        Ok(self.keeper.enter()?.parked.clone())
    }

    fn retry_parked(&self, item: &str) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.deeds.push(format!("retry {item}"));
        books.parked.retain(|one| one.item != item);
        Ok(())
    }

    fn give_up_parked(&self, item: &str, reason: &str) -> Result<(), Problem> {
        assert!(!reason.is_empty());
        let mut books = self.keeper.enter()?;
        books.deeds.push(format!("give up {item}: {reason}"));
        books.parked.retain(|one| one.item != item);
        Ok(())
    }
}

impl FakeKeeper {
    pub fn line_manner(&self) -> LineManner {
        self.books().manner
    }

    /// A status for this agency that the server does not take; it is about no document here.
    pub fn park(&self, item: &str, recipient: &str) {
        self.park_of(item, ParkedKind::Status, recipient, None);
    }

    /// The same with an update of a document that is issued.
    pub fn park_update(&self, item: &str, recipient: &str) {
        let stands = |one: &&OutboundDocument| one.state == OutboundState::Issued;
        let issued = self.books().outbound.iter().find(stands).cloned();
        self.park_of(item, ParkedKind::Order, recipient, issued);
    }

    /// A packet of this agency that cannot be fetched.
    pub fn park_packet(&self, item: &str, sender: &str) {
        self.park_of(item, ParkedKind::Packet, sender, None);
        let parked = &mut self.books().parked;
        let packet = parked.last_mut().unwrap();
        packet.why = "Gói tin nhận về không đúng với mã băm.".to_owned();
        packet.next_try = "2026-11-23T05:00:00Z".parse().ok();
    }

    /// A status for this agency that failed lately and goes by itself later.
    pub fn put_off(&self, item: &str, recipient: &str) {
        self.park_of(item, ParkedKind::Status, recipient, None);
        let parked = &mut self.books().parked;
        parked.last_mut().unwrap().next_try = "2026-11-23T17:05:00Z".parse().ok();
    }

    fn park_of(
        &self,
        item: &str,
        kind: ParkedKind,
        recipient: &str,
        issued: Option<OutboundDocument>,
    ) {
        self.books().parked.push(Parked {
            item: item.to_owned(),
            kind,
            document: issued.as_ref().map(|one| (one.key, one.metadata.subject.clone())),
            issued: issued.map(Box::new),
            recipient: AgencyCode::new("000.00.14.H30").unwrap(),
            recipient_name: recipient.to_owned(),
            why: "Máy chủ không biết nơi nhận này.".to_owned(),
            next_try: None,
        });
    }
}
