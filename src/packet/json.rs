//! Packets as JSON, for `vanthuctl packet read` and `vanthuctl packet write`.
//!
//! One object. `"packet"` is `"document"` or `"status"`; the other keys are the fields of
//! [`super::DocumentPacket`] or [`super::StatusPacket`]. Dates are `2019-05-06`, times
//! RFC 3339, codes strings, a missing text is `""`, a missing value `null`. On writing every
//! key but the following may be left out, and an unknown key is an error:
//!
//! - document: `from.code`;
//! - status: `from.code`, `response_for` (`agency`, `code`, `issued`, `document_id`), `code`
//!   (two digits).
//!
//! ```json
//! { "packet": "document",
//!   "from": { "code": "000.01.05.H30", "name": "Ủy ban nhân dân xã Tân Bình" },
//!   "to": [ { "code": "000.00.00.H30", "name": "Ủy ban nhân dân tỉnh Hậu Giang" } ],
//!   "document_id": "000.01.05.H30,2019,7",
//!   "code": { "number": "07", "notation": "QĐ-UBND" },
//!   "issued": "2019-05-06",
//!   "document_type": { "number": 2, "detail": 0, "name": "Quyết định" },
//!   "subject": "Về việc ban hành Quy chế làm việc",
//!   "other": { "urgency": "normal", "pages": 2 },
//!   "business": { "kind": { "type": "new" }, "reason": "Văn bản mới" },
//!   "attachments": [ { "name": "qd.pdf", "description": "Quyết định", "path": "qd.pdf" } ] }
//! ```
//!
//! `business.kind.type` is `new`, `recall`, `update` (with `document_changed`,
//! `receivers_changed`, `receivers`: `[{"code","added"}]`) or `replace` (with `documents`:
//! `[{"document_id","receivers"}]`).
//!
//! An attachment has `content_id`, `name`, `description`, `field_name`, `media_type`,
//! `size` (bytes), `sha256` (lower-case hex) and `content` (base64). On writing `path`, a
//! file beside the description, may stand for `content`; `size` and `sha256`, where given,
//! are checked.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::model::Attachment;
use super::{Limits, Packet, PacketError, attachment, media_type_of};
use crate::domain::text;

/// Longer descriptions are a mistake.
const MAX_BYTES: usize = 512 << 20;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    content_id: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    field_name: String,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
}

/// The packet as a JSON value. Without `contents` the files are described, not included.
pub fn to_value(packet: &Packet, contents: bool) -> Result<Value, PacketError> {
    let mut value = serde_json::to_value(packet).map_err(|error| spec(&error))?;
    if let (Packet::Document(document), Value::Object(fields)) = (packet, &mut value) {
        let files: Vec<File> =
            document.attachments.iter().map(|file| described(file, contents)).collect();
        let files = serde_json::to_value(files).map_err(|error| spec(&error))?;
        fields.insert("attachments".to_owned(), files);
    }
    Ok(value)
}

/// Reads a description. `path` of an attachment is taken relative to `folder`; without a
/// folder it is refused.
pub fn from_slice(
    bytes: &[u8],
    folder: Option<&Path>,
    limits: &Limits,
) -> Result<Packet, PacketError> {
    if bytes.len() > MAX_BYTES {
        let size = bytes.len() as u64;
        return Err(PacketError::TooLarge { size, limit: MAX_BYTES as u64 });
    }
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| spec(&error))?;
    let files = value.as_object_mut().and_then(|fields| fields.remove("attachments"));
    let mut packet: Packet = serde_json::from_value(value).map_err(|error| spec(&error))?;
    let files: Vec<File> =
        files.map_or(Ok(Vec::new()), serde_json::from_value).map_err(|error| spec(&error))?;
    match &mut packet {
        Packet::Document(document) => {
            if files.len() > limits.attachments {
                return Err(PacketError::TooManyAttachments { limit: limits.attachments });
            }
            document.attachments = files
                .into_iter()
                .map(|file| loaded(file, folder, limits))
                .collect::<Result<_, _>>()?;
        }
        Packet::Status(_) if files.is_empty() => {}
        Packet::Status(_) => {
            let detail = "a status has no attachments".to_owned();
            return Err(PacketError::Spec { line: 0, detail });
        }
    }
    Ok(packet)
}

fn described(file: &Attachment, contents: bool) -> File {
    File {
        content_id: file.content_id.clone(),
        name: file.name.clone(),
        description: file.description.clone(),
        field_name: file.field_name.clone(),
        media_type: file.media_type.clone(),
        size: Some(file.content.len() as u64),
        sha256: Some(hex::encode(Sha256::digest(&file.content))),
        content: contents.then(|| attachment::to_text(&file.content)),
        path: None,
    }
}

fn loaded(file: File, folder: Option<&Path>, limits: &Limits) -> Result<Attachment, PacketError> {
    let fault =
        |detail: &str| PacketError::Spec { line: 0, detail: format!("{}: {detail}", file.name) };
    let content = match (&file.content, &file.path) {
        (Some(content), None) => attachment::from_text(content).map_err(|error| fault(&error))?,
        (None, Some(path)) => {
            let folder = folder.ok_or_else(|| fault("a path makes no sense here"))?;
            let path = folder.join(path);
            std::fs::read(&path).map_err(|error| PacketError::SpecFile {
                path: path.display().to_string(),
                detail: error.to_string(),
            })?
        }
        _ => return Err(fault("either content or path is wanted")),
    };
    if content.len() as u64 > limits.attachment_bytes {
        let limit = limits.attachment_bytes;
        return Err(PacketError::AttachmentTooLarge { name: file.name, limit });
    }
    if file.size.is_some_and(|size| size != content.len() as u64) {
        return Err(fault("the size is another"));
    }
    let told = file.sha256.as_deref();
    if told.is_some_and(|told| !told.eq_ignore_ascii_case(&hex::encode(Sha256::digest(&content)))) {
        return Err(fault("the SHA-256 is another"));
    }
    let name = text::safe_file_name(&file.name);
    let media_type = match file.media_type {
        told if told.is_empty() => media_type_of(&name).to_owned(),
        told => told,
    };
    Ok(Attachment {
        content_id: file.content_id,
        name,
        description: file.description,
        field_name: file.field_name,
        media_type,
        content,
    })
}

fn spec(error: &serde_json::Error) -> PacketError {
    PacketError::Spec { line: error.line(), detail: error.to_string() }
}
