//! Whether the chains hold: each packet's link covers the packet, its recipients and the link
//! before it, and the last one is that which is noted beside the packets.

use super::storage::{Link, Storage, Stored};
use crate::domain::agency::AgencyCode;

/// Packets looked at at once.
const STEP: u32 = 500;

/// What looking through a sender's chain gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    pub office: AgencyCode,
    /// Packets whose links hold, from the first on.
    pub packets: u64,
    /// The number at which it is broken; `None` for a chain that holds.
    pub broken_at: Option<u64>,
}

/// Looks through the chain of a sender, from its first packet on.
pub async fn verify(storage: &dyn Storage, office: AgencyCode) -> Stored<Chain> {
    // Before the packets: one that is accepted meanwhile makes the chain longer, no less.
    let noted = storage.last_link(&office).await?;
    let (mut last, mut seen) = (Link::default(), Link::default());
    loop {
        let step = storage.chain(&office, last.number, STEP).await?;
        let ended = (step.len() as u64) < u64::from(STEP);
        for (packet, to) in step {
            let link = last.next(&packet, &to);
            if packet.link != link {
                let broken_at = Some(link.number);
                return Ok(Chain { office, packets: last.number, broken_at });
            }
            if link.number == noted.number {
                seen = link.clone();
            }
            last = link;
        }
        if ended {
            break;
        }
    }
    // What was cut off at the end, or is not what was noted.
    let broken_at = (seen != noted).then(|| noted.number.min(last.number + 1));
    Ok(Chain { office, packets: last.number, broken_at })
}
