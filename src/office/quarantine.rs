//! What came in and could not be taken: kept as it came, out of sight, until somebody has
//! judged it.

use jiff::Timestamp;

use super::{Office, OfficeError};
use crate::domain::document::BlobHash;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::store::PacketState;

/// A packet or file in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// SHA-256 of the bytes, lower-case hex.
    pub packet: BlobHash,
    /// Bytes.
    pub size: u64,
    /// The sender's code, or the name of the file that was brought.
    pub origin: String,
    /// The code of the problem, and its cause.
    pub code: String,
    pub detail: String,
    pub since: Timestamp,
}

impl Office {
    /// What is in quarantine, newest first.
    pub fn quarantine(&self, limit: u32) -> Result<Vec<Quarantined>, Problem> {
        self.actor(Act::ReceiveInbound)?;
        let rows = self.store().quarantine(limit)?;
        Ok(rows
            .into_iter()
            .map(|row| Quarantined {
                packet: row.hash,
                size: row.size,
                origin: row.origin,
                code: row.code,
                detail: row.detail,
                since: Timestamp::from_millisecond(row.since_millis).unwrap_or_default(),
            })
            .collect())
    }

    /// The bytes of a packet in quarantine, for whoever has to find out what is wrong with
    /// it. What carries a secrecy mark, or malware, is not handed out (Quyết định 28/2018/QĐ-TTg Điều 1
    /// khoản 2: state secrets have their own way).
    pub fn quarantined_bytes(&self, packet: &str) -> Result<Vec<u8>, Problem> {
        self.actor(Act::ReceiveInbound)?;
        let hash = BlobHash(packet.to_ascii_lowercase());
        let row = self.store().packet(&hash)?;
        let row = row
            .filter(|row| row.state == PacketState::Quarantined)
            .ok_or_else(|| OfficeError::NoSuchPacket(packet.to_owned()))?;
        match row.code.as_str() {
            "office-secret" => return Err(OfficeError::SecretKept.into()),
            "office-malware" => {
                let (file, malware) = (row.origin, row.detail);
                return Err(OfficeError::MalwareKept { file, malware }.into());
            }
            _ => {}
        }
        Ok(self.store().blob(&hash)?)
    }
}
