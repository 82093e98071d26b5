//! What an earlier run kept and did not get to: after a power cut, or because the packet
//! itself ended the program.
//!
//! Bytes are kept before anybody looks into them, so a program that ends in between leaves
//! them waiting. They are looked at when the office is opened again, so that no document
//! depends on somebody remembering it. A packet that was looked at again and again while the
//! program died each time goes into quarantine unread: one bad file must not keep the office
//! shut.

use super::{Imported, Office, OfficeError};
use crate::domain::document::BlobHash;
use crate::domain::operation::Change;
use crate::domain::problem::{Kind, Problem};
use crate::store::PacketRow;

/// This desk's note of the packet that it is looking at again: how often, and which.
const UNDER_WAY: &str = "receive.again";
/// So many lives of the program one packet may cost.
const TRIES: u32 = 3;

impl Office {
    /// Takes what somebody brought before the program ended; what came over the line has
    /// its turn in the next synchronisation. What cannot be taken stays and says why.
    pub(in crate::office) fn take_what_was_left(&self) -> Result<(), Problem> {
        for row in self.store().packets_to_take(u32::MAX)? {
            if !row.server_id.is_empty() {
                continue;
            }
            match self.take_again(&row) {
                Ok(_) => {}
                Err(problem) if problem.kind == Kind::Unavailable => return Err(problem),
                Err(problem) => {
                    tracing::error!(%problem, packet = %row.hash, "a packet was not taken");
                }
            }
        }
        Ok(())
    }

    fn take_again(&self, row: &PacketRow) -> Result<Imported, Problem> {
        let tried = self.store().setting(UNDER_WAY)?.map_or(0, |note| tries(&note, &row.hash));
        if tried >= TRIES {
            let problem: Problem =
                OfficeError::PacketEndsProgram { name: row.origin.clone() }.into();
            self.by_itself(Change::PacketQuarantined {
                packet: row.hash.clone(),
                code: problem.code.to_owned(),
                detail: problem.cause.clone(),
            })?;
            return Ok(Imported::Quarantined(problem));
        }
        self.store().set_setting(UNDER_WAY, &format!("{} {}", tried + 1, row.hash))?;
        let taken = self.take(&row.hash);
        self.store().set_setting(UNDER_WAY, "")?;
        taken
    }
}

/// How often the note says that this packet was tried.
fn tries(note: &str, packet: &BlobHash) -> u32 {
    note.split_once(' ')
        .filter(|(_, noted)| *noted == packet.0)
        .and_then(|(tried, _)| tried.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_noted_packet_was_tried() {
        let (one, other) = (BlobHash("aa".to_owned()), BlobHash("bb".to_owned()));
        assert_eq!(tries("2 aa", &one), 2);
        assert_eq!(tries("2 aa", &other), 0);
        assert_eq!(tries("", &one), 0);
        assert_eq!(tries("x aa", &one), 0);
    }
}
