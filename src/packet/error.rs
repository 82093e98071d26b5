//! What can be wrong with a packet, and what people are told of it.

use crate::domain::problem::{Blame, Kind, Problem};

/// Why a packet could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    #[error("the packet is empty")]
    Empty,
    #[error("the packet has {size} bytes, more than {limit}")]
    TooLarge { size: u64, limit: u64 },
    #[error("not UTF-8 at byte {offset}")]
    NotUtf8 { offset: usize },
    #[error("neither a document nor a status packet")]
    NotPacket,
    #[error("the packet ends before its time, at line {line}")]
    Truncated { line: usize },
    #[error("not well-formed XML at line {line}: {detail}")]
    Malformed { line: usize, detail: String },
    #[error("document type definitions and entities are refused: {what}")]
    Entity { what: String },
    #[error("too complex: more than {limit} {what}")]
    TooComplex { what: &'static str, limit: usize },
    #[error("more than {limit} attachments")]
    TooManyAttachments { limit: usize },
    #[error("the attachment {name} has more than {limit} bytes")]
    AttachmentTooLarge { name: String, limit: u64 },
    #[error("the attachments have together more than {limit} bytes")]
    AttachmentsTooLarge { limit: u64 },
    #[error("the attachment {name} is damaged: {detail}")]
    AttachmentDamaged { name: String, detail: String },
    #[error("the attachment {name} is a zip bomb")]
    ZipBomb { name: String },
    #[error("the packet announces {name} but does not hold it")]
    AttachmentMissing { name: String },
    #[error("{field} is missing")]
    FieldMissing { field: &'static str },
    #[error("{field} cannot be read: {value:?}")]
    FieldBad { field: &'static str, value: String },
    #[error("line {line} of the description: {detail}")]
    Spec { line: usize, detail: String },
    #[error("{path} cannot be read: {detail}")]
    SpecFile { path: String, detail: String },
}

impl From<PacketError> for Problem {
    fn from(error: PacketError) -> Self {
        use Blame::{Input, Sender};
        use Kind::{Refused, Unreadable};
        const MEGABYTE: u64 = 1 << 20;
        let unreadable = |code| Self::new(code, Unreadable, Sender);
        let refused = |code| Self::new(code, Refused, Sender);
        let problem = match &error {
            PacketError::Empty => unreadable("packet-empty"),
            PacketError::TooLarge { size, limit } => refused("packet-too-large")
                .with("size", size.div_ceil(MEGABYTE))
                .with("limit", limit / MEGABYTE),
            PacketError::NotUtf8 { .. } => unreadable("packet-not-utf8"),
            PacketError::NotPacket => unreadable("packet-not-packet"),
            PacketError::Truncated { .. } => unreadable("packet-truncated"),
            PacketError::Malformed { line, .. } => {
                unreadable("packet-malformed").with("line", line)
            }
            PacketError::Entity { .. } => unreadable("packet-entity"),
            PacketError::TooComplex { .. } => unreadable("packet-too-complex"),
            PacketError::TooManyAttachments { limit } => {
                refused("packet-too-many-attachments").with("limit", limit)
            }
            PacketError::AttachmentTooLarge { name, limit } => {
                refused("packet-attachment-too-large")
                    .with("name", name)
                    .with("limit", limit / MEGABYTE)
            }
            PacketError::AttachmentsTooLarge { limit } => {
                refused("packet-attachments-too-large").with("limit", limit / MEGABYTE)
            }
            PacketError::AttachmentDamaged { name, .. } => {
                unreadable("packet-attachment-damaged").with("name", name)
            }
            PacketError::ZipBomb { name } => unreadable("packet-zip-bomb").with("name", name),
            PacketError::AttachmentMissing { name } => {
                unreadable("packet-attachment-missing").with("name", name)
            }
            PacketError::FieldMissing { field } => {
                unreadable("packet-field-missing").with("field", field)
            }
            PacketError::FieldBad { field, value } => {
                unreadable("packet-field-bad").with("field", field).with("value", value)
            }
            PacketError::Spec { line, detail } => Self::new("packet-spec", Unreadable, Input)
                .with("line", line)
                .with("detail", detail),
            PacketError::SpecFile { path, .. } => {
                Self::new("packet-spec-file", Unreadable, Input).with("path", path)
            }
        };
        problem.because(error)
    }
}
