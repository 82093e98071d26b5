//! Packets between offices: edXML of QCVN 102:2016/BTTTT, read and written.
//!
//! What comes in is hostile until it is a [`Packet`]: [`read`] holds every input to
//! [`Limits`], refuses document type definitions and entities, and never unpacks more than
//! it was allowed to. Past it nothing needs to be checked again. It reads by local names
//! and in any order, because senders differ: with and without the prefix, `Business` and
//! `Bussiness`, `cid:` and none, `2019/05/06` and `06/05/2019`, the older SOAP envelopes.
//!
//! [`write`] is not so free: it writes what the published Java library of the national
//! axis writes, element by element, with the literal prefix `edXML:` (receivers reject
//! packets without it) and lines that end with CRLF.
//!
//! The packet's own XML signature is neither read nor written: it is made with SHA-1 and
//! proves nothing; the signatures inside the PDF files do.

mod attachment;
mod convert;
mod date;
mod error;
pub mod json;
mod model;
mod reader;
mod tree;
mod writer;

pub use attachment::media_type_of;
pub use convert::{Outgoing, Report};
pub use error::PacketError;
pub use model::{
    Attachment, Business, DocumentPacket, Hop, Kind, Organ, OtherInfo, ReceiverChange, Replacement,
    Staff, StatusPacket, TypeRef,
};
pub use writer::write;

use crate::rules;
use serde::{Deserialize, Serialize};

/// What one office sends another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "packet", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant)] // one at a time, never in bulk
pub enum Packet {
    Document(DocumentPacket),
    Status(StatusPacket),
}

impl Packet {
    /// Who sent it.
    pub fn sender(&self) -> &Organ {
        match self {
            Self::Document(packet) => &packet.from,
            Self::Status(packet) => &packet.from,
        }
    }
}

/// How much a packet may hold. Everything beyond is an error, never a truncation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the packet itself.
    pub packet_bytes: u64,
    /// Elements inside one another.
    pub depth: usize,
    pub elements: usize,
    /// Bytes of text in one field.
    pub field_bytes: usize,
    pub attachments: usize,
    /// Bytes of one attachment, decoded and unzipped.
    pub attachment_bytes: u64,
    /// Bytes of all attachments together.
    pub decoded_bytes: u64,
    /// How many times larger an unzipped attachment may be than its zip file.
    pub zip_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            packet_bytes: 200 << 20,
            depth: 32,
            elements: 100_000,
            field_bytes: 64 << 10,
            attachments: 100,
            attachment_bytes: 50 << 20,
            decoded_bytes: 200 << 20,
            zip_ratio: 200,
        }
    }
}

impl From<&rules::facts::Limits> for Limits {
    /// The limits of a rule profile.
    fn from(rules: &rules::facts::Limits) -> Self {
        Self {
            packet_bytes: rules.packet_bytes(),
            // The document itself comes as an attachment too.
            attachments: rules.attachments.saturating_add(1),
            attachment_bytes: rules.attachment_bytes().max(rules.main_file_bytes()),
            decoded_bytes: rules.packet_bytes(),
            ..Self::default()
        }
    }
}

/// Reads a packet, document or status, whatever its envelope.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Packet, PacketError> {
    let size = bytes.len() as u64;
    if size > limits.packet_bytes {
        return Err(PacketError::TooLarge { size, limit: limits.packet_bytes });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(PacketError::Empty);
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| PacketError::NotUtf8 { offset: error.valid_up_to() })?;
    let root = tree::parse(text, limits)?;
    reader::packet(&root, limits)
}
