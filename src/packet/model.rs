//! What packets say, in types (QCVN 102:2016/BTTTT; names of elements in brackets).
//!
//! Texts are NFC, trimmed, without control characters, with `\n` between lines.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::agency::AgencyCode;
use crate::domain::delivery::StatusCode;
use crate::domain::document::{Code, ResponseFor, Signer, Urgency};

/// An agency as a packet writes it (`From`, `To`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Organ {
    /// `OrganId`; a sender always has one.
    pub code: Option<AgencyCode>,
    /// `OrganizationInCharge`: the superior agency.
    pub in_charge: String,
    pub name: String,
    pub address: String,
    pub email: String,
    pub telephone: String,
    pub fax: String,
    pub website: String,
}

/// The type of a document (`DocumentType`). Senders disagree about the numbers: go by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypeRef {
    pub number: Option<u32>,
    pub detail: Option<u32>,
    pub name: String,
}

/// `OtherInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OtherInfo {
    pub urgency: Urgency,
    /// `SphereOfPromulgation`: phạm vi lưu hành.
    pub sphere: String,
    /// `TyperNotation`: ký hiệu người soạn thảo.
    pub drafter_notation: String,
    /// `PromulgationAmount`: số lượng bản phát hành.
    pub copies: Option<u32>,
    /// `PageAmount`.
    pub pages: Option<u32>,
    /// `Direction`: văn bản chỉ đạo.
    pub steering: bool,
    pub reply_fors: Vec<String>,
    pub reference_codes: Vec<String>,
    /// Names of annexes.
    pub appendixes: Vec<String>,
}

/// `StaffInfo`: who can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Staff {
    pub department: String,
    pub department_id: String,
    pub name: String,
    pub staff_id: String,
    pub email: String,
    pub mobile: String,
}

/// A recipient that an update adds or takes away (`ReceiverType`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiverChange {
    pub code: AgencyCode,
    pub added: bool,
}

/// A document that is replaced, and for whom (`ReplacementInfo`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Replacement {
    pub document_id: String,
    pub receivers: Vec<AgencyCode>,
}

/// What the sender wants with the packet (`BussinessDocType`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// 0 văn bản mới
    #[default]
    New,
    /// 1 thu hồi
    Recall,
    /// 2 cập nhật
    Update {
        #[serde(default)]
        document_changed: bool,
        #[serde(default)]
        receivers_changed: bool,
        #[serde(default)]
        receivers: Vec<ReceiverChange>,
    },
    /// 3 thay thế
    Replace {
        #[serde(default)]
        documents: Vec<Replacement>,
    },
}

impl Kind {
    /// The number on the wire.
    pub const fn number(&self) -> u8 {
        match self {
            Self::New => 0,
            Self::Recall => 1,
            Self::Update { .. } => 2,
            Self::Replace { .. } => 3,
        }
    }
}

/// `Bussiness` (so spelt on the wire): the procedure that the packet is part of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Business {
    pub kind: Kind,
    /// The document to be recalled, updated or replaced; for a new one its own id.
    pub document_id: String,
    pub reason: String,
    /// Paper follows.
    pub paper: bool,
    pub staff: Staff,
}

/// One system that the packet passed (`TraceHeader`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hop {
    pub code: AgencyCode,
    pub at: Option<Timestamp>,
}

/// A file of a packet, decoded and, where the packet had zipped it, unzipped.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Attachment {
    /// Without `cid:`.
    pub content_id: String,
    /// A safe file name, without any path.
    pub name: String,
    pub description: String,
    pub field_name: String,
    pub media_type: String,
    pub content: Vec<u8>,
}

impl Attachment {
    /// An attachment of this name; its content id is made when it is written.
    pub fn new(name: &str, description: &str, content: Vec<u8>) -> Self {
        let name = crate::domain::text::safe_file_name(name);
        Self {
            media_type: super::media_type_of(&name).to_owned(),
            name,
            description: description.to_owned(),
            content,
            ..Self::default()
        }
    }

    pub fn is_pdf(&self) -> bool {
        self.media_type == "application/pdf" || self.content.starts_with(b"%PDF-")
    }
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attachment")
            .field("content_id", &self.content_id)
            .field("name", &self.name)
            .field("description", &self.description)
            .field("media_type", &self.media_type)
            .field("bytes", &self.content.len())
            .finish_non_exhaustive()
    }
}

/// A document on its way, or an order about one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentPacket {
    pub from: Organ,
    pub to: Vec<Organ>,
    /// As written; [`crate::domain::document::DocumentId`] reads it.
    pub document_id: String,
    pub code: Code,
    /// Place of issue.
    pub place: String,
    pub issued: Option<Date>,
    pub document_type: TypeRef,
    pub subject: String,
    pub content: String,
    pub signer: Signer,
    pub due: Option<Date>,
    pub other: OtherInfo,
    pub response_for: Vec<ResponseFor>,
    /// `SteeringType`: 1 not steering, 2 steering, 3 report on steering.
    pub steering_type: Option<u8>,
    /// Task codes of the Government's task tracking.
    pub tasks: Vec<String>,
    pub application_type: String,
    /// Places of the `Nơi nhận` list that are not electronic recipients.
    pub to_places: Vec<String>,
    pub business: Business,
    pub trace: Vec<Hop>,
    /// In the order of the manifest.
    #[serde(skip)]
    pub attachments: Vec<Attachment>,
}

impl DocumentPacket {
    /// When its sender sent it, as the packet itself says (`TraceHeader`, whole seconds).
    pub fn told_at(&self) -> Option<Timestamp> {
        let own = self.trace.iter().filter(|hop| Some(&hop.code) == self.from.code.as_ref());
        own.filter_map(|hop| hop.at).min()
    }

    /// The document itself: the first PDF, else the first file. Packets do not mark it.
    pub fn main_attachment(&self) -> Option<&Attachment> {
        self.attachments.iter().find(|file| file.is_pdf()).or_else(|| self.attachments.first())
    }
}

/// What became of a document at a recipient, or a sender's wish to have it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusPacket {
    /// Who reports.
    #[serde(default)]
    pub from: Organ,
    /// The document that is meant.
    pub response_for: ResponseFor,
    pub code: StatusCode,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub at: Option<Timestamp>,
    #[serde(default)]
    pub staff: Staff,
}
